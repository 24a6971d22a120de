"""Residential buildings of an extract and their floor area."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from osmium.filter import EntityFilter, KeyFilter
from osmium.osm import AREA, RELATION, WAY
from osmium.osm.types import Area
from pyproj import CRS

from lifecircle.findings import Finding, finding
from lifecircle.osm.areas import (
    Element,
    element,
    frame_of,
    labels,
    outline_wkb,
    polygons,
    should_be_area,
)
from lifecircle.osm.extract import objects
from lifecircle.osm.features import broken_finding, values

HOUSES = frozenset({"house", "detached", "semidetached_house", "terrace", "bungalow", "farm"})
"""Values of `building` that have one storey unless they say otherwise."""

RESIDENTIAL = HOUSES | {"apartments", "residential", "dormitory"}
"""Values of `building` that people live in."""

HOUSE_LEVELS, OTHER_LEVELS = 1.0, 3.0
"""Storeys where no building of the same value in the extract is tagged."""

MOST_LEVELS = 200
"""More storeys than any building has: such a value is no number of storeys."""


@dataclass(frozen=True, eq=False)
class OsmBuildings:
    """Buildings that people live in.

    `frame` has `osm`, `building` (the value), `levels`, `imputed` (the levels are assumed),
    `footprint_m2`, `floor_area_m2` and the polygon. `imputed_share` is the share of floor area whose
    levels are assumed, `NaN` without buildings. `unused_yes` counts buildings with no more than
    `building=yes` that were not taken, `unused_yes_m2` their ground. `broken` lists buildings whose
    outline could not be put together.
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
    Missing levels are the median of the tagged buildings of the same value in the extract, else 1 for
    `HOUSES` and 3 for others. Building parts are not buildings.

    Raises
    ------
    InputError
        If the file cannot be read to its end.
    """
    areas, broken = _read(path)
    known = areas["building"].isin(RESIDENTIAL | {"yes"}) & ~areas["part"]
    buildings = areas.loc[known].reset_index(drop=True)
    footprint = buildings.geometry.to_crs(crs).area
    levels, imputed = _levels(buildings)
    buildings = buildings.assign(
        levels=levels,
        imputed=imputed,
        footprint_m2=footprint,
        floor_area_m2=footprint * levels,
    )
    bare = buildings["building"] == "yes"
    unused = bare
    if yes_in_residential:
        unused = bare & ~_inside(buildings, areas.loc[areas["residential_land"]])
    columns = ["osm", "building", "levels", "imputed", "footprint_m2", "floor_area_m2", "geometry"]
    frame = buildings.loc[~unused, columns].reset_index(drop=True)
    share = _share(frame["floor_area_m2"], frame["imputed"])
    n, area_m2 = int(unused.sum()), float(footprint[unused].sum())
    findings = [
        *_imputed_finding(layer, path, frame, share),
        *_unused_finding(layer, path, n, area_m2),
        *broken_finding(layer, path, broken),
    ]
    return OsmBuildings(frame, share, n, area_m2, broken, tuple(findings))


def read_residential_land(path: Path) -> gpd.GeoDataFrame:
    """Areas tagged `landuse=residential`: `osm` and the polygon.

    Raises
    ------
    InputError
        If the file cannot be read to its end.
    """
    areas, _ = _read(path, keys=("landuse",))
    return areas.loc[areas["residential_land"], ["osm", "geometry"]].reset_index(drop=True)


def storeys(text: str) -> float:
    """The number of storeys in a `building:levels` tag; `NaN` if it is not one plain number.

    >>> storeys("3"), storeys(" 3.5"), storeys("3;4"), storeys("0")
    (3.0, 3.5, nan, nan)
    """
    if not re.fullmatch(r"\d+(\.\d+)?", text.strip(), re.ASCII):
        return np.nan
    number = float(text)
    return number if 0 < number <= MOST_LEVELS else np.nan


def _read(
    path: Path, keys: Collection[str] = ("building", "landuse")
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """All building and land use areas with the little of their tags that matters; the broken ones."""
    rows: dict[Element, tuple[str, str, bool, bool, str]] = {}
    expected: set[Element] = set()
    filters = EntityFilter(WAY | RELATION | AREA), KeyFilter(*keys)
    for entity in objects(path, *filters, areas=KeyFilter(*keys)):
        tags = entity.tags
        building = _residential_value(dict(tags))
        land = "residential" in values(dict(tags), "landuse")
        if not (building or land):
            continue
        if isinstance(entity, Area):
            if wkb := outline_wkb(entity):
                part = (tags.get("building:part") or "no") != "no"
                levels = tags.get("building:levels") or ""
                rows[element(entity)] = building, levels, part, land, wkb
        elif should_be_area(entity):
            expected.add(element(entity))
    order = sorted(rows)
    building, levels, part, land, wkb = zip(*(rows[each] for each in order), strict=True)
    return frame_of({}, []), ()
