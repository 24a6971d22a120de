"""The layers of a run as one GeoPackage for QGIS: zones with rates, facilities, streets, demand.

What is not known is empty, never `inf` or `NaN`; why it is empty stands in a column beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import pyproj
import shapely

from lifecircle.crs import read_crs
from lifecircle.geodesy import WGS84, distance_m
from lifecircle.network import StreetNetwork
from lifecircle.qgis_styles import STYLES, style_table
from lifecircle.travel import TravelTime

LAYERS = "layers.gpkg"

MOST_PLACES = 100_000
"""Above this many demand places, the layer shows cells of 100 m instead."""

_CELL_M = 100.0
_MULTI = {"zones": "MultiPolygon", "isochrones": "MultiPolygon"}
_SIMPLE = {"facilities": "Point", "streets": "LineString", "demand": "Unknown"}
_DATE = "2000-01-01T00:00:00.000Z"  # fixed, so that the same layers are the same bytes


def write_geopackage(
    path: Path, layers: Mapping[str, gpd.GeoDataFrame], *, crs: str, language: str
) -> None:
    """Write layers (`zones`, `facilities`, `streets`, `demand`, `isochrones`) and their QGIS styles.

    Parameters
    ----------
    layers
        Frames in EPSG:4326 by layer name.
    crs
        Coordinate system of the file, as `[project] output_crs` gives it.
    language
        Language of the legends.
    """
    target = read_crs(crs)
    with _fixed_date():
        for name, layer in layers.items():
            pyogrio.write_dataframe(
                _finite(layer).to_crs(target),
                path,
                layer=name,
                driver="GPKG",
                geometry_type=_MULTI.get(name, _SIMPLE.get(name)),
                promote_to_multi=name in _MULTI,
            )
        styles = style_table({name: layer.columns for name, layer in layers.items()}, language)
        pyogrio.write_dataframe(styles, path, layer=STYLES, driver="GPKG", FID="id")


def layer_names(path: Path) -> list[str]:
    """Names of the layers in a GeoPackage of ours, without its styles."""
    return [str(name) for name, _ in pyogrio.list_layers(path) if name != STYLES]


def read_zones(path: Path) -> gpd.GeoDataFrame:
    """The zones of a GeoPackage of ours: by id, `name`, `parent`, `area_type`, in EPSG:4326."""
    columns = ["zone", "name", "parent", "area_type"]
    zones = pyogrio.read_dataframe(path, layer="zones", columns=columns).to_crs(WGS84)
    return zones.astype(dict.fromkeys(columns, "str")).set_index("zone").rename_geometry("geometry")


def read_facilities(path: Path) -> gpd.GeoDataFrame:
    """The facilities' access points of a GeoPackage of ours, in EPSG:4326."""
    facilities = pyogrio.read_dataframe(path, layer="facilities").to_crs(WGS84)
    texts = ["facility", "service", "name", "layer", "site"]
    types = dict.fromkeys(texts, "str") | {"capacity": float}
    return facilities.astype(types).rename_geometry("geometry")


def zone_layer(
    zones: gpd.GeoDataFrame, coverage: pd.DataFrame, definition: str
) -> gpd.GeoDataFrame:
    """Zones with the rates of one definition side by side: `rate_`, `status_`, `gap_` per service."""
    rows = coverage[(coverage["definition"] == definition) & (coverage["level"] == "zone")]
    services = list(dict.fromkeys(rows["service"]))
    wide = rows.pivot_table(
        index="zone", columns="service", values=["rate", "status", "gap"], aggfunc="first",
        dropna=False, observed=True,
    )  # fmt: skip
    demand = rows.groupby("zone", sort=False)["demand"].first()
    columns = {
        f"{kind}_{service}": wide[kind, service].reindex(zones.index)
        for service in services
        for kind in ("rate", "status", "gap")
    }
    types = {
        name: "str" if name.startswith("status_") else float for name in columns
    }
    known = zones[["name", "parent", "area_type"]]
    table = known.assign(definition=definition, demand=demand.reindex(zones.index), **columns)
    return gpd.GeoDataFrame(
        table.astype(types).rename_axis("zone").reset_index(),
        geometry=zones.geometry.to_numpy(),
        crs=zones.crs,
    )


def facility_layer(facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The facilities' access points, with their access legs where they are on streets."""
    columns = ["facility", "service", "name", "layer", "site", "capacity", "distance_m"]
    kept = [column for column in columns if column in facilities]
    return facilities[[*kept, facilities.geometry.name]].reset_index(drop=True)


def street_layer(network: StreetNetwork) -> gpd.GeoDataFrame:
    """The streets as lines from junction to junction, with length and connected piece.

    Segments are joined where exactly two of the same kind meet.
    """
    ends = np.stack([network.u, network.v], axis=1)
    # The node rides along as the third coordinate, which joining does not look at.
    position = np.stack([network.lon[ends], network.lat[ends], ends.astype(float)], axis=-1)
    segments = shapely.linestrings(position)
    kind = network.steps * 2 + network.tunnel
    merged = [
        shapely.get_parts(shapely.line_merge(shapely.multilinestrings(segments[kind == which])))
        for which in np.unique(kind)
    ]
    lines = np.concatenate(merged)
    count = [len(part) for part in merged]
    which = np.repeat(np.unique(kind), count)
    points, line = shapely.get_coordinates(lines, include_z=True, return_index=True)
    return gpd.GeoDataFrame(
        {
            "component": network.component[points[np.unique(line, return_index=True)[1], 2].astype(int)],
            "length_m": _lengths_m(points, line),
            "steps": which >= 2,
            "tunnel": which % 2 == 1,
        },
        geometry=shapely.force_2d(lines),
        crs=WGS84,
    )


def demand_layer(
    demand: gpd.GeoDataFrame, travel_time: TravelTime, *, crs: pyproj.CRS, most: int = MOST_PLACES
) -> gpd.GeoDataFrame:
    """Demand places with minutes and state per service; above `most` places, cells of 100 m.

    A cell shows the weighted median place of each service: half of its demand is served no worse.

    Parameters
    ----------
    crs
        The metric coordinate system in which cells are drawn.
    """
    places = demand[["id", "zone", "weight", demand.geometry.name]].assign(places=1)
    states = {
        service: _states(travel_time, service) for service in travel_time.minutes.columns
    }
    if len(demand) > most:
        return _cells(places, travel_time, states, crs)
    minutes = travel_time.minutes.where(np.isfinite(travel_time.minutes))
    nearest = {
        f"{kind}_{service}": values
        for service, state in states.items()
        for kind, values in (("min", minutes[service]), ("state", state))
    }
    return places[["id", "zone", "places", "weight", demand.geometry.name]].assign(**nearest)


def _states(travel_time: TravelTime, service: str) -> pd.Series[str]:
    """`reached`, `beyond`, `cut_off` or `unsnapped`, in place of `inf` and `NaN`."""
    minutes, cut_off = travel_time.minutes[service], travel_time.cut_off[service]
    state = np.select(
        [minutes.isna(), np.isfinite(minutes), cut_off], ["unsnapped", "reached", "cut_off"], "beyond"
    )
    return pd.Series(state, minutes.index, dtype="str")


def _cells(
    places: gpd.GeoDataFrame,
    travel_time: TravelTime,
    states: Mapping[str, pd.Series[str]],
    crs: pyproj.CRS,
) -> gpd.GeoDataFrame:
    """Demand places by squares of 100 m of `crs`, whose corners are multiples of 100 m."""
    metric = places.geometry.to_crs(crs)
    column, row = (np.floor(metric.x / _CELL_M), np.floor(metric.y / _CELL_M))
    cell = pd.Series(pd.MultiIndex.from_arrays([column, row]).to_flat_index(), places.index)
    code, corners = pd.factorize(cell, sort=True)
    weight = places["weight"].to_numpy()
    zone = places["zone"].to_numpy()[_medians(code, pd.factorize(places["zone"])[0], weight)]
    table = pd.DataFrame(
        {
            "id": "",
            "zone": zone,
            "places": np.bincount(code),
            "weight": np.bincount(code, weights=weight),
        }
    )
    for service, state in states.items():
        minutes = travel_time.minutes[service].to_numpy()
        middle = _medians(code, np.nan_to_num(minutes, nan=np.inf, posinf=np.inf), weight)
        shown = minutes[middle]
        table[f"min_{service}"] = np.where(np.isfinite(shown), shown, np.nan)
        table[f"state_{service}"] = state.to_numpy()[middle]
    x, y = np.array(corners.tolist()).T * _CELL_M
    squares = gpd.GeoSeries(shapely.box(x, y, x + _CELL_M, y + _CELL_M), crs=crs)
    return gpd.GeoDataFrame(table, geometry=squares.to_crs(WGS84), crs=WGS84)
