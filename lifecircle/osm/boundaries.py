"""Administrative boundaries of an extract, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
from osmium.filter import KeyFilter
from osmium.osm import RELATION, WAY
from osmium.osm.types import Relation

from lifecircle.errors import InputError
from lifecircle.messages import Message, message, some
from lifecircle.osm.areas import read_areas, should_be_area
from lifecircle.osm.extract import objects

_BOUNDARY = "boundary=administrative"


@dataclass(frozen=True)
class _Boundary:
    """A boundary relation: its tags, the ways it is made of, and those the extract lacks."""

    number: int
    level: int
    tags: dict[str, str]
    ways: frozenset[int]
    missing: tuple[int, ...] = ()

    @property
    def osm(self) -> str:
        return f"relation/{self.number}"

    @property
    def name(self) -> str:
        return self.tags.get("name", "")


def read_boundaries(path: Path, admin_level: int) -> gpd.GeoDataFrame:
    """Administrative areas of one level.

    Parameters
    ----------
    path
        `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2`.
    admin_level
        OSM's level: in China 6 is a district or county, 8 a street or town.

    Returns
    -------
        `osm` (`relation/3`), `name` and `ref` (empty if unknown), `tags` (a dictionary) and the
        polygon, by relation id.

    Raises
    ------
    InputError
        If the file cannot be read to its end; if it has no boundary of the level; if any boundary
        of the level is not whole, naming each, for a city without some of its parts is another.
    """
    known = _boundaries(path)
    chosen = [each for each in known if each.level == admin_level]
    if not chosen:
        levels = some(sorted({each.level for each in known}), most=20) or "–"
        raise InputError.of("osm.no_boundaries", file=path.name, level=admin_level, levels=levels)
    areas = _areas(path)
    faults = [_fault(path, each) for each in chosen if each.missing or each.osm not in areas.index]
    if faults:
        raise InputError(*faults)
    labels = [each.osm for each in chosen]
    columns = {
        "osm": labels,
        "name": [each.name for each in chosen],
        "ref": [each.tags.get("ref", "") for each in chosen],
        "tags": [each.tags for each in chosen],
    }
    return gpd.GeoDataFrame(columns, geometry=areas.loc[labels].to_numpy(), crs="EPSG:4326")


def list_admin_levels(path: Path) -> pd.DataFrame:
    """Every administrative boundary that an extract names, and whether it is whole.

    Returns
    -------
        `level`, `name`, `osm`, `whole`, `missing` (ids of the member ways that the extract lacks),
        by level and relation id. A boundary that lacks no way and is not whole does not close.

    Raises
    ------
    InputError
        If the file cannot be read to its end.
    """
    known = sorted(_boundaries(path), key=lambda each: (each.level, each.number))
    closed = _areas(path).index
    return pd.DataFrame(
        {
            "level": pd.Series([each.level for each in known], dtype="int64"),
            "name": pd.Series([each.name for each in known], dtype="str"),
            "osm": pd.Series([each.osm for each in known], dtype="str"),
            "whole": pd.Series(
                [not each.missing and each.osm in closed for each in known], dtype="bool"
            ),
            "missing": pd.Series([each.missing for each in known], dtype="object"),
        }
    )


def _boundaries(path: Path) -> list[_Boundary]:
    """Boundary relations by id; those whose level is not a number are no level."""
    found = []
    for relation in objects(path, KeyFilter("admin_level"), entities=RELATION):
        tags = dict(relation.tags)
        level = tags["admin_level"].strip()
        is_boundary = tags.get("boundary") == "administrative" and should_be_area(relation)
        if isinstance(relation, Relation) and is_boundary and level.isdecimal():
            ways = frozenset(member.ref for member in relation.members if member.type == "w")
            found.append(_Boundary(relation.id, int(level), tags, ways))
    wanted = frozenset().union(*(each.ways for each in found))
    present = wanted.intersection(way.id for way in objects(path, entities=WAY))
    return [
        replace(each, missing=tuple(sorted(each.ways - present)))
        for each in sorted(found, key=lambda each: each.number)
    ]


def _areas(path: Path) -> gpd.GeoSeries:
    """Outlines of all boundaries that close, by element."""
    areas, _ = read_areas(path, [_BOUNDARY])
    return areas.set_index("osm").geometry


def _fault(path: Path, boundary: _Boundary) -> Message:
    """Why a boundary is not whole."""
    about = {"file": path.name, "osm": boundary.osm, "name": boundary.name or "–"}
    if boundary.missing:
        return message("osm.boundary_not_whole", ways=some(boundary.missing), **about)
    return message("osm.boundary_open", **about)
