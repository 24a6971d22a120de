"""Residential buildings of an extract and their floor area."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from lifecircle.findings import Finding, finding
from lifecircle.osm.areas import broken_finding, carries, read_areas, values

HOUSES = frozenset({"house", "detached", "semidetached_house", "terrace", "bungalow", "farm"})
"""Values of `building` that have one storey unless they say otherwise."""

RESIDENTIAL = HOUSES | {"apartments", "residential", "dormitory"}
"""Values of `building` that people live in."""

HOUSE_LEVELS, OTHER_LEVELS = 1.0, 3.0
"""Storeys where no building of the same value in the extract is tagged."""

MOST_LEVELS = 200
"""More storeys than any building has: such a value is no number of storeys."""


_LAND = "landuse=residential"
_KEEP = ("building", "building:levels", "building:part", "landuse")


@dataclass(frozen=True, eq=False)
class OsmBuildings:
    """Buildings that people live in.

    `frame` has `osm`, `building` (the value), `levels`, `imputed` (the levels are assumed),
    `footprint_m2`, `floor_area_m2` and the polygon. `imputed_share` is the share of floor area
    whose levels are assumed, `NaN` without buildings. `unused_yes` counts buildings with no more
    than `building=yes` that were not taken, `unused_yes_m2` their ground. `broken` lists buildings
    and residential land whose outline could not be put together.
    """

    frame: gpd.GeoDataFrame
    imputed_share: float
    unused_yes: int
    unused_yes_m2: float
    broken: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_buildings(
    path: Path, *, crs: CRS, yes_in_residential: bool = False, layer: str = "osm:buildings"
) -> OsmBuildings:
    """Residential buildings of an extract, with floor area = footprint × levels.

    Parameters
    ----------
    path
        `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2`.
    crs
        Metric system for areas.
    yes_in_residential
        Take `building=yes` too where it stands inside `landuse=residential`.
    layer
        What findings call this layer.

    Notes
    -----
    Missing levels are the median of the tagged buildings of the same value in the extract, else 1
    for `HOUSES` and 3 for others. Building parts are not buildings.

    Raises
    ------
    InputError
        If the file cannot be read to its end.
    """
    wanted = [f"building={value}" for value in sorted(RESIDENTIAL | {"yes"})]
    areas, broken = read_areas(path, [*wanted, _LAND], keep=_KEEP)
    buildings = _with_floor_area(areas, crs)
    unused = buildings["building"] == "yes"
    if yes_in_residential:
        unused &= ~_stand_on(buildings, areas.loc[_is_land(areas)])
    columns = ["osm", "building", "levels", "imputed", "footprint_m2", "floor_area_m2", "geometry"]
    frame = buildings.loc[~unused, columns].reset_index(drop=True)
    floor_area = frame["floor_area_m2"]
    share = float(floor_area[frame["imputed"]].sum() / floor_area.sum()) if len(frame) else np.nan
    unused_m2 = float(buildings.loc[unused, "footprint_m2"].sum())
    found = OsmBuildings(frame, share, int(unused.sum()), unused_m2, broken, ())
    return replace(found, findings=_findings(found, layer, path.name))


def read_residential_land(path: Path) -> gpd.GeoDataFrame:
    """Areas tagged `landuse=residential`: `osm` and the polygon.

    Raises
    ------
    InputError
        If the file cannot be read to its end.
    """
    land, _ = read_areas(path, [_LAND])
    return land


def storeys(text: str) -> float:
    """The number of storeys in a `building:levels` tag; `NaN` if it is not one plain number.

    >>> storeys("3"), storeys(" 3.5"), storeys("3;4"), storeys("0")
    (3.0, 3.5, nan, nan)
    """
    if not re.fullmatch(r"\d+(\.\d+)?", text.strip(), re.ASCII):
        return np.nan
    number = float(text)
    return number if 0 < number <= MOST_LEVELS else np.nan


def _with_floor_area(areas: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """The buildings among the areas, with their levels, footprint and floor area."""
    building = areas["building"].map(_residential_value)
    is_building = (building != "") & areas["building:part"].isin(["", "no"])
    buildings = areas.assign(building=building).loc[is_building].reset_index(drop=True)
    given = buildings["building:levels"].map(storeys).astype(float)
    usual = given.groupby(buildings["building"]).transform("median")
    rest = buildings["building"].isin(HOUSES).map({True: HOUSE_LEVELS, False: OTHER_LEVELS})
    levels = given.fillna(usual).fillna(rest)
    footprint = buildings.geometry.to_crs(crs).area
    return buildings.assign(
        levels=levels,
        imputed=given.isna(),
        footprint_m2=footprint,
        floor_area_m2=footprint * levels,
    )


def _residential_value(building: str) -> str:
    """The value of a `building` tag that people live in, else `yes`, else none.

    >>> _residential_value("retail;apartments"), _residential_value("church")
    ('apartments', '')
    """
    candidates = [value for value in values({"building": building}, "building") if value]
    known = [value for value in candidates if value in RESIDENTIAL]
    return known[0] if known else "yes" if candidates == ["yes"] else ""


def _is_land(areas: gpd.GeoDataFrame) -> pd.Series[bool]:
    """Areas that are residential land."""
    is_land = [carries({"landuse": value}, [_LAND]) for value in areas["landuse"]]
    return pd.Series(is_land, index=areas.index, dtype=bool)


def _stand_on(buildings: gpd.GeoDataFrame, land: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Whether a point inside each building lies on the land."""
    tree = shapely.STRtree(land.geometry.to_numpy())
    inside = np.zeros(len(buildings), dtype=np.bool_)
    points = buildings.geometry.representative_point().to_numpy()
    inside[tree.query(points, predicate="intersects")[0]] = True
    return inside


def _findings(found: OsmBuildings, layer: str, source: str) -> tuple[Finding, ...]:
    """What a reviewer should know about the buildings."""
    imputed = int(found.frame["imputed"].sum())
    findings = broken_finding(layer, source, found.broken)
    if imputed:
        findings.append(
            finding(
                layer,
                "osm.imputed_levels",
                source=source,
                column="building:levels",
                count=imputed,
                total=len(found.frame),
                share=found.imputed_share,
            )
        )
    if found.unused_yes:
        findings.append(
            finding(
                layer,
                "osm.unused_yes",
                source=source,
                column="building",
                count=found.unused_yes,
                area_m2=found.unused_yes_m2,
            )
        )
    return tuple(findings)
