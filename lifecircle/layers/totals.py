"""Known totals spread over demand places: of the whole city, of each zone, or of each parent.

What is spread sums to the totals; how it is spread inside a zone is an assumption that the report
shows beside every rate.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from scipy.spatial import KDTree

from lifecircle.errors import InputError
from lifecircle.findings import Finding, Layer, finding
from lifecircle.geodesy import WGS84
from lifecircle.layers.demand_places import residential_buildings
from lifecircle.layers.grid import points_inside, shared
from lifecircle.layers.zones import OUTSIDE, assign_zones
from lifecircle.messages import some
from lifecircle.osm.buildings import read_residential_land
from lifecircle.project.tables import DemandTable
from lifecircle.readers.quantities import codes, column, numbers
from lifecircle.readers.tables import AttributeTable, read_table

Floats = npt.NDArray[np.float64]

CITY = "city"
"""Label of the one unit of a total that is a number."""

_FAR_APART_M = 1e9
_CARRIERS_ZH = {"buildings": "居住建筑", "residential_land": "居住用地"}


@dataclass(frozen=True, eq=False)
class _Totals:
    """Amounts by unit, the unit of each zone by its id, and what messages call them."""

    amounts: pd.Series[float]
    unit: pd.Series[str]
    column: str

    def of(self, places: pd.DataFrame) -> pd.Series[str]:
        """The unit of each place."""
        return places["zone"].map(self.unit)


def spread_totals(
    places: Layer,
    table: DemandTable,
    zones: gpd.GeoDataFrame,
    *,
    crs: pyproj.CRS,
    extract: Path | None,
) -> Layer:
    """The places with the table's total as their weight, and its groups as their group columns.

    Over a grid people are spread evenly, or by the buildings or the residential land nearest to
    each point in its zone; over other places by their own weight. Groups are spread as people are.

    Raises
    ------
    InputError
        If a total is missing or negative, or no place can carry it.
    """
    inside = places.frame["zone"] != OUTSIDE
    frame = places.frame[inside].reset_index(drop=True)
    found = _left_out(int((~inside).sum()), table)
    census = _census(table)
    total = _totals(table.total, table, zones, census)
    share = _share(frame, table, zones, crs=crs, extract=extract)
    if table.source.startswith("grid:"):
        share, bare = _with_fallback(share, total, frame, table)
        found += bare
    frame["weight"] = _spread(total, frame, share, table)
    for group, value in table.groups.items():
        part = _totals(value, table, zones, census)
        found += _exceeding(part, frame, table, group)
        frame[group] = _spread(part, frame, frame["weight"], table)
    frame = frame[share > 0].reset_index(drop=True)
    read = census or AttributeTable(pd.DataFrame())
    kind = [name for name in frame if name == "kind"]
    columns = ["id", "zone", "weight", *table.groups, *kind, "geometry"]
    sources = tuple(dataclasses.replace(s, rows_used=len(frame)) for s in places.sources)
    found = [*places.findings, *read.findings, *found]
    return Layer(frame[columns], tuple(found), (*sources, *read.sources))


def _left_out(count: int, table: DemandTable) -> list[Finding]:
    if not count:
        return []
    found = finding(
        table.name,
        "demand.total_outside",
        severity="info",
        source=Path(table.source).name,
        count=count,
    )
    return [found]


def _census(table: DemandTable) -> AttributeTable | None:
    """The table of totals by parent, if there is one."""
    if table.total_source is None:
        return None
    census = read_table(table.total_source, layer=f"{table.name}.total")
    dated = tuple(dataclasses.replace(s, date=table.date or "") for s in census.sources)
    return dataclasses.replace(census, sources=dated)


def _totals(
    value: str | float | None,
    table: DemandTable,
    zones: gpd.GeoDataFrame,
    census: AttributeTable | None,
) -> _Totals:
    """What `total` or a group says: a number, a column by parent, or a column of the zones."""
    if not isinstance(value, str):
        amounts, unit = pd.Series({CITY: value}), pd.Series(CITY, index=zones.index)
        source = "project"
    elif census is None:
        amounts, unit = zones[value], pd.Series(zones.index, index=zones.index)
        source = "zones"
    else:
        amounts, unit = _by_parent(value, census, table, zones), zones["parent"]
        source = Path(str(table.total_source)).name
    faulty = amounts[~(amounts >= 0)]
    if len(faulty):
        values = {"layer": table.name, "source": source, "column": value}
        raise InputError.of("demand.total_missing", units=some(list(faulty.index)), **values)
    return _Totals(amounts.astype("float64"), unit, str(value))


def _by_parent(
    name: str, census: AttributeTable, table: DemandTable, zones: gpd.GeoDataFrame
) -> pd.Series[float]:
    """The census column of each parent of the zones."""
    nameless = zones.index[zones["parent"] == ""].tolist()
    if nameless:
        raise InputError.of("demand.no_parent", layer=table.name, zones=some(nameless))
    where = {"layer": f"{table.name}.total", "source": Path(str(table.total_source)).name}
    labels = codes(column(census.frame, str(table.total_key), **where))
    mine = labels.isin(zones["parent"])
    double = labels[mine & labels.duplicated(keep=False)].unique().tolist()
    if double:
        values = {**where, "column": table.total_key}
        raise InputError.of("demand.total_double", units=some(double), **values)
    amounts = numbers(census.frame[mine], name, **where)
    return amounts.set_axis(labels[mine]).reindex(np.unique(zones["parent"]))


def _share(
    places: gpd.GeoDataFrame,
    table: DemandTable,
    zones: gpd.GeoDataFrame,
    *,
    crs: pyproj.CRS,
    extract: Path | None,
) -> pd.Series[float]:
    """In what proportion places carry people."""
    if not table.source.startswith("grid:"):
        return pd.Series(places["weight"])
    if table.spread == "even":
        return pd.Series(1.0, index=places.index)
    if table.spread == "buildings":
        buildings = residential_buildings(table, crs=crs, extract=extract).frame
        weight = buildings["floor_area_m2"].to_numpy()
        points = buildings.geometry.representative_point()
    else:
        points, weight = _residential_land(table, crs=crs, extract=extract)
    carriers = gpd.GeoDataFrame({"weight": weight}, geometry=points)
    carriers["zone"] = assign_zones(carriers, zones)
    carriers = carriers[carriers["zone"] != OUTSIDE]
    nearest = _nearest_in_zone(carriers, places, zones, crs)
    share = np.bincount(nearest, weights=carriers["weight"], minlength=len(places))
    return pd.Series(share, index=places.index)


def _residential_land(
    table: DemandTable, *, crs: pyproj.CRS, extract: Path | None
) -> tuple[gpd.GeoSeries, Floats]:
    """Points inside residential land, and the m² that each stands for."""
    if extract is None:
        raise InputError.of("demand.needs_extract", layer=table.name, what="residential_land")
    polygons = read_residential_land(extract).geometry.to_crs(crs).to_numpy()
    owner, x, y = points_inside(polygons, spacing=table.spacing)
    points = gpd.GeoSeries(shapely.points(x, y), crs=crs).to_crs(WGS84)
    return points, shared(shapely.area(polygons), owner)


def _nearest_in_zone(
    carriers: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    crs: pyproj.CRS,
) -> npt.NDArray[np.int64]:
    """Position of the place of its zone that is nearest to each carrier."""

    def position(points: gpd.GeoDataFrame) -> Floats:
        # A third axis keeps the zones apart, so that one tree serves them all.
        apart = zones.index.get_indexer(points["zone"]) * _FAR_APART_M
        metric = points.geometry.to_crs(crs)
        return np.column_stack([metric.x, metric.y, apart])

    return np.asarray(KDTree(position(places)).query(position(carriers))[1], dtype=np.int64)


def _with_fallback(
    share: pd.Series[float], total: _Totals, places: gpd.GeoDataFrame, table: DemandTable
) -> tuple[pd.Series[float], list[Finding]]:
    """Even shares in units that have people but nothing that carries them."""
    unit = total.of(places)
    carried = share.groupby(unit).sum().reindex(total.amounts.index, fill_value=0.0)
    bare = total.amounts.index[(carried == 0) & (total.amounts > 0)]
    if bare.empty:
        return share, []
    fallback = finding(
        table.name,
        "demand.spread_fallback",
        source=Path(table.source).name,
        carrier=table.spread.replace("_", " "),
        carrier_zh=_CARRIERS_ZH[table.spread],
        units=some(bare.tolist()),
    )
    return share.where(~unit.isin(bare), 1.0), [fallback]


def _spread(
    total: _Totals, places: gpd.GeoDataFrame, share: pd.Series[float], table: DemandTable
) -> pd.Series[float]:
    """Each unit's amount over its places in proportion to `share`."""
    unit = total.of(places)
    carried = share.groupby(unit).sum().reindex(total.amounts.index, fill_value=0.0)
    bare = total.amounts.index[(carried == 0) & (total.amounts > 0)].tolist()
    if bare:
        values = {"layer": table.name, "column": total.column, "units": some(bare)}
        raise InputError.of("demand.unspreadable", **values)
    per_share = total.amounts / carried.where(carried > 0, 1.0)
    return unit.map(per_share) * share


def _exceeding(
    part: _Totals, places: gpd.GeoDataFrame, table: DemandTable, group: str
) -> list[Finding]:
    """Units where a group is larger than all people together."""
    people = places["weight"].groupby(part.of(places)).sum()
    people = people.reindex(part.amounts.index, fill_value=0.0)
    larger = part.amounts.index[part.amounts > people * (1 + 1e-9)].tolist()
    if not larger:
        return []
    found = finding(
        table.name,
        "demand.group_exceeds",
        source=Path(table.source).name,
        group=group,
        count=len(larger),
        units=some(larger),
    )
    return [found]
