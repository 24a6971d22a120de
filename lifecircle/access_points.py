"""Where a facility that is an area is entered (contract §4).

At its entrances and gates where they are known, else where a walkable street crosses its outline,
else at its representative point; parks, gardens and squares anywhere on their outline.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from lifecircle.network import StreetNetwork, segments

Geometries = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

OUTLINE_SPACING_M = 20.0
"""Distance between access points along an outline (contract §4)."""

_SAME_POINT_M = 0.001
"""Crossings nearer to each other than this are one: two segments meet on the outline."""


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

    >>> street = shapely.linestrings([[50, -50], [50, 50]])
    >>> owner, points = street_crossings(np.array([shapely.box(0, 0, 100, 100)]), np.array([street]))
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


def enter(
    areas: gpd.GeoDataFrame, network: StreetNetwork, entrances: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """The access points of areas: the same columns, one row for each point.

    Parameters
    ----------
    areas
        Polygons; column `access` says how each is entered: `entrance` (entrances, else crossings,
        else the representative point), `crossing`, `outline` or `point`.
    entrances
        Points with the column `facility` of the area they belong to.

    Returns
    -------
        In the areas' order and CRS, RangeIndex, without the column `access`.
    """
    areas = areas.reset_index(drop=True)
    metric = areas.geometry.to_crs(network.crs).to_numpy()
    access = areas["access"].to_numpy()
    found = [_known_entrances(areas, entrances)] if entrances is not None else []
    entered = (
        np.isin(np.arange(len(areas)), found[0].index) if found else np.zeros(len(areas), bool)
    )

    outline = np.flatnonzero(access == "outline")
    owner, points = outline_points(metric[outline])
    found.append(_located(outline[owner], points, network, areas))

    crossed = np.flatnonzero(np.isin(access, ["entrance", "crossing"]) & ~entered)
    owner, points = street_crossings(metric[crossed], segments(network))
    found.append(_located(crossed[owner], points, network, areas))

    done = np.concatenate([points.index.to_numpy() for points in found])
    rest = np.setdiff1d(np.arange(len(areas)), done)
    found.append(_located(rest, shapely.point_on_surface(metric[rest]), network, areas))

    located = pd.concat(found).sort_index(kind="stable")
    columns = areas.drop(columns=["access", "geometry"]).loc[located.index]
    return gpd.GeoDataFrame(columns, geometry=located).reset_index(drop=True)


def _known_entrances(areas: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Entrances by the position of the area they belong to."""
    entered = areas.loc[areas["access"] == "entrance", ["facility"]].reset_index(names="position")
    joined = entered.merge(entrances[["facility", "geometry"]], on="facility")
    return gpd.GeoSeries(
        joined["geometry"].to_numpy(), index=joined["position"].to_numpy(), crs=areas.crs
    )


def _located(
    position: Ints, points: Geometries, network: StreetNetwork, areas: gpd.GeoDataFrame
) -> gpd.GeoSeries:
    return gpd.GeoSeries(points, index=position, crs=network.crs).to_crs(areas.crs)
