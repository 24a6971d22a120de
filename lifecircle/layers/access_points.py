"""Where a facility that is an area is entered (contract §4).

At its entrances and gates where they are known, else where a walkable street crosses its outline,
else at its representative point; parks, gardens and squares anywhere on their outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from lifecircle.findings import Finding, Source
from lifecircle.geodesy import WGS84
from lifecircle.network import StreetNetwork, segments

Geometries = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

OUTLINE_SPACING_M = 20.0
"""Distance between access points along an outline (contract §4)."""

_SAME_POINT_M = 0.001
"""Crossings nearer to each other than this are one: two segments meet on the outline."""

PLACE_COLUMNS = ["facility", "service", "name", "layer", "site", "capacity", "access", "geometry"]


@dataclass(frozen=True, eq=False)
class Places:
    """Facilities of one source before they are entered: points and areas.

    `frame` has `PLACE_COLUMNS`, one row per place and service; `access` says how an area is
    entered: `entrance` (entrances, else crossings, else the representative point), `crossing` (the
    same without entrances), `outline` or `point`; attributes (`attr:<column>`) may follow.
    `entrances` are those that are known, with the `facility` they lead into. `asked` are the
    services that the source was asked for, `columns` those of a file.
    """

    frame: gpd.GeoDataFrame
    entrances: gpd.GeoDataFrame
    asked: frozenset[str]
    findings: tuple[Finding, ...] = ()
    sources: tuple[Source, ...] = ()
    columns: tuple[str, ...] = ()


def no_entrances() -> gpd.GeoDataFrame:
    """An empty frame of entrances."""
    return gpd.GeoDataFrame({"facility": pd.Series(dtype="str")}, geometry=[], crs=WGS84)


def outline_points(
    areas: Geometries, *, spacing: float = OUTLINE_SPACING_M
) -> tuple[Ints, Geometries]:
    """Points every `spacing` metres along the outline of each area, from each ring's first point.

    Returns the position of the area and the point; areas are in a metric CRS.

    >>> owner, points = outline_points(np.array([shapely.box(0, 0, 100, 100)]))
    >>> len(points)
    20
    """
    parts, part_owner = shapely.get_parts(areas, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    length_m = shapely.length(rings)
    # Not one point more for a perimeter that is a multiple of the spacing but for rounding.
    count = np.maximum(np.ceil(length_m / spacing - 1e-6), 1).astype(np.int64)
    ring = np.repeat(np.arange(len(rings)), count)
    along = (np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)) * spacing
    return part_owner[ring_part[ring]], shapely.line_interpolate_point(rings[ring], along)


def street_crossings(areas: Geometries, streets: Geometries) -> tuple[Ints, Geometries]:
    """Points where a street crosses or touches the outline of each area.

    A street that runs along the outline gives the ends of the common stretch. Returns the position
    of the area and the point, without duplicates; both inputs are in one metric CRS.

    >>> park = np.array([shapely.box(0, 0, 100, 100)])
    >>> street = np.array([shapely.linestrings([[50, -50], [50, 50]])])
    >>> owner, points = street_crossings(park, street)
    >>> shapely.get_coordinates(points).tolist()
    [[50.0, 0.0]]
    """
    outlines = shapely.boundary(areas)
    area, street = shapely.STRtree(streets).query(outlines, predicate="intersects")
    common = shapely.intersection(outlines[area], streets[street])
    xy, pair = shapely.get_coordinates(common, return_index=True)
    owner = area[pair]
    cell = np.column_stack([owner, np.round(xy / _SAME_POINT_M).astype(np.int64)])
    first = np.unique(cell, axis=0, return_index=True)[1]
    return owner[first], shapely.points(xy[first])


def enter(places: Places, network: StreetNetwork) -> gpd.GeoDataFrame:
    """Access points: a point as it is, an area where it is entered.

    The columns of `places.frame` but `access`, in its order and CRS, one row per access point.
    """
    frame = places.frame.reset_index(drop=True)
    point = frame.geom_type == "Point"
    entries = pd.concat(
        [frame.geometry[point], _entries(frame[~point], places.entrances, network)]
    ).sort_index(kind="stable")
    columns = frame.drop(columns=["access", "geometry"]).loc[entries.index]
    return gpd.GeoDataFrame(columns, geometry=entries, crs=frame.crs).reset_index(drop=True)


def _entries(
    areas: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame, network: StreetNetwork
) -> gpd.GeoSeries:
    """Points where areas are entered, by the index of the area."""
    metric = areas.geometry.to_crs(network.crs)
    access = areas["access"]
    known = _known_entrances(areas[access == "entrance"], entrances)

    along = metric[access == "outline"]
    owner, points = outline_points(along.to_numpy())
    outline = gpd.GeoSeries(points, index=along.index[owner], crs=network.crs)

    crossed = metric[access.isin(["entrance", "crossing"]) & ~metric.index.isin(known.index)]
    owner, points = street_crossings(crossed.to_numpy(), segments(network))
    crossing = gpd.GeoSeries(points, index=crossed.index[owner], crs=network.crs)

    found = pd.concat([known, pd.concat([outline, crossing]).to_crs(areas.crs)])
    # In degrees, as demand's, so that the choice of a metric CRS moves no access point.
    rest = areas.geometry.drop(found.index.unique()).representative_point()
    return pd.concat([found, rest])


def _known_entrances(areas: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Entrances by the index of the area they lead into."""
    joined = areas[["facility"]].reset_index(names="area").merge(entrances, on="facility")
    return gpd.GeoSeries(
        joined["geometry"].to_numpy(), index=joined["area"].to_numpy(), crs=areas.crs
    )
