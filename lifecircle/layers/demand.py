"""Demand: who or what should be covered, as weighted points.

Points come from a file (its polygons become points of the project grid), from residential buildings
or land of an OSM extract, or from a grid over the zones; a known total may then be spread over
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import pyproj

from lifecircle.errors import InputError
from lifecircle.findings import Finding, Layer, finding
from lifecircle.layers.demand_places import (
    RESIDENTIAL_LAND,
    buildings_as_places,
    grid_as_places,
    grid_spacing,
    residential_land,
    residential_land_as_places,
)
from lifecircle.layers.demand_tables import read_demand_polygons, read_demand_table
from lifecircle.layers.refinement import resolutions
from lifecircle.layers.totals import spread_totals
from lifecircle.layers.zones import OUTSIDE
from lifecircle.messages import Message, message
from lifecircle.project.tables import DemandTable

_ANYWHERE = {"name", "source", "unit", "date"}
_TOTAL = {"total", "total_source", "total_key", "groups"}
_FILE_ONLY = {"layer", "crs", "encoding", "where", "x", "y", "id", "zone", "weight"}
_FILE_ONLY |= {"missing_weight", "spacing", "groups", "kind"}

RESERVED = frozenset(
    {
        "demand", "id", "zone", "weight", "kind", "geometry", "row", "lon", "lat", "access_m",
        "edge", "fraction", "distance_m", "street_lon", "street_lat", "moved",
    }
)  # fmt: skip
"""Columns of demand places that no group may be called."""

_SPREAD_NOTES = {
    "even": "demand.note_even",
    "buildings": "demand.note_buildings",
    "residential_land": "demand.note_residential_land",
}


def load_demand(
    table: DemandTable,
    zones: gpd.GeoDataFrame,
    *,
    crs: pyproj.CRS,
    extract: Path | None = None,
) -> Layer:
    """The demand places of one `[[demand]]` table.

    Parameters
    ----------
    zones
        Polygons in EPSG:4326 by id; totals by zone or parent are read from their columns.
    crs
        Metric system of the run: its grid, and areas.
    extract
        The network's OSM extract, for buildings and residential land.

    Returns
    -------
        Points in EPSG:4326, RangeIndex; `id`, `zone` (or `(outside)`), `weight`, then a column for
        each group, and `kind` where the table names one. Points of one polygon share its `id`.

    Raises
    ------
    InputError
        If a weight is missing or negative, an id is double, a zone or kind unknown, or a total
        cannot be spread; names the rows.
    """
    _check_keys(table)
    if table.source == "osm:buildings":
        places = buildings_as_places(table, zones, crs=crs, extract=extract)
    elif table.source == RESIDENTIAL_LAND:
        places = residential_land_as_places(table, zones, crs=crs, extract=extract)
    elif _is_grid(table):
        places = grid_as_places(table, zones, crs=crs)
    elif table.source.startswith("osm:"):
        raise InputError.of("demand.unknown_source", layer=table.name, source=table.source)
    else:
        places = read_demand_table(table, zones, crs=crs)
    if table.total is not None:
        places = spread_totals(places, table, zones, crs=crs, extract=extract)
    note = demand_note(table)
    notes = [Finding(table.name, note, "info", Path(table.source).name)] if note else []
    return places.adding(*notes, *_outside(places.frame, table))


def demand_polygons(
    table: DemandTable, zones: gpd.GeoDataFrame, *, crs: pyproj.CRS, extract: Path | None = None
) -> gpd.GeoDataFrame:
    """The polygons behind the places of a table with `refine = true`, for `refinement.refined`.

    Arguments and errors as `load_demand`, which says what was found in them.

    Returns
    -------
        Polygons in EPSG:4326, RangeIndex; `id`, `weight`, groups and `kind` as the places have
        them, and `zone` where the layer itself names it.
    """
    _check_keys(table)
    if table.source == RESIDENTIAL_LAND:
        return residential_land(table, crs=crs, extract=extract).frame
    return read_demand_polygons(table, zones, crs=crs)


def demand_unit(table: DemandTable) -> str:
    """The unit of a layer: as written, else m² where its weight is an area.

    >>> demand_unit(DemandTable(name="land", source="osm:residential_land"))
    'm²'
    """
    area = _is_grid(table) or table.weight == "area"
    area |= table.source in ("osm:buildings", RESIDENTIAL_LAND)
    return table.unit or ("m²" if area and table.total is None else "")


def zone_totals(tables: Iterable[DemandTable]) -> tuple[str, ...]:
    """Columns of the zones layer that demand tables spread as totals.

    >>> zone_totals([DemandTable(name="people", source="grid:50", total="population")])
    ('population',)
    """
    columns = [
        value
        for table in tables
        if table.total is not None and table.total_source is None
        for value in (table.total, *table.groups.values())
        if isinstance(value, str)
    ]
    return tuple(dict.fromkeys(columns))


def _is_grid(table: DemandTable) -> bool:
    return table.source.startswith("grid:")


def demand_note(table: DemandTable) -> Message | None:
    """What a reader must know of how the demand was made, beside every rate; none for a file."""
    if _is_grid(table):
        code = "demand.note_area" if table.total is None else _SPREAD_NOTES[table.spread]
        return message(code, layer=table.name, spacing=grid_spacing(table))
    if table.total is not None:
        return message("demand.note_rescaled", layer=table.name)
    if table.source == "osm:buildings":
        return message("demand.note_floor_area", layer=table.name)
    if table.source != RESIDENTIAL_LAND and table.weight != "area":
        return None
    sides = resolutions(table.spacing)
    if table.source == RESIDENTIAL_LAND:
        what = "land_refined" if table.refine else "land"
    else:
        what = "polygons_refined" if table.refine else "polygons"
    return message(f"demand.note_{what}", layer=table.name, spacing=sides[0], finest=sides[-1])


def _check_keys(table: DemandTable) -> None:
    """Refuse keys that would be read and then ignored."""
    known = set(_ANYWHERE)
    if not table.source.startswith(("grid:", "osm:")):
        known |= _FILE_ONLY
    if table.total is not None:
        known |= _TOTAL
    if _is_grid(table) and table.total is not None:
        known.add("spread")
    if table.source == "osm:buildings" or table.spread == "buildings":
        known.add("yes_in_residential")
    if table.spread == "residential_land" or table.source == RESIDENTIAL_LAND:
        known.add("spacing")
    if table.kind is not None:
        known.add("kinds")
    if table.weight == "area" and table.source == RESIDENTIAL_LAND:
        known.add("weight")
    if table.total is None and (table.weight == "area" or table.source == RESIDENTIAL_LAND):
        known.add("refine")
    unused = sorted(key for key in table.model_fields_set - known if _is_set(table, key))
    unused += [f"groups.{key}" for key, value in table.groups.items() if _is_lost(table, value)]
    if unused:
        values = {"layer": table.name, "source": Path(table.source).name}
        raise InputError.of("demand.unused_keys", keys=", ".join(unused), **values)
    taken = sorted(RESERVED & table.groups.keys())
    if taken:
        raise InputError.of("demand.reserved_group", layer=table.name, groups=", ".join(taken))
    if (table.total_source is None) != (table.total_key is None) or (
        table.total_source is not None and not isinstance(table.total, str)
    ):
        raise InputError.of("demand.total_key", layer=table.name)


def _is_set(table: DemandTable, key: str) -> bool:
    """Whether a key says more than its default."""
    return bool(getattr(table, key) != DemandTable.model_fields[key].get_default())


def _is_lost(table: DemandTable, group: str | float) -> bool:
    """A group that is a number is part of a total and means nothing without one."""
    return table.total is None and not isinstance(group, str)


def _outside(places: gpd.GeoDataFrame, table: DemandTable) -> list[Finding]:
    """How many places no zone covers."""
    outside = places["zone"] == OUTSIDE
    if not outside.any():
        return []
    values = {
        "count": int(outside.sum()),
        "total": len(places),
        "weight": places.loc[outside, "weight"].sum(),
        "all": places["weight"].sum(),
        "unit": table.unit,
    }
    source = Path(table.source).name
    return [finding(table.name, "demand.outside", severity="info", source=source, **values)]
