"""Putting places on streets: each goes to the nearest point of the nearest street edge.

A place whose nearest street belongs to a small unconnected piece goes to the nearest larger piece
instead, if that is not much farther (the island rule, contract §4). A tie goes to the lowest edge
of those that meet there; between edges that do not meet, the order of the streets decides nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from lifecircle.compiled import COMPILED
from lifecircle.edge_grid import nearest_edges
from lifecircle.findings import Finding, finding
from lifecircle.geodesy import WGS84, distance_m, lonlat, transformer
from lifecircle.messages import some
from lifecircle.network import Bools, Floats, Ints, StreetNetwork, segments

ISLAND_DETOUR_M = 200.0
"""A larger piece of street is preferred up to this much farther away (contract §4)."""

MAX_SNAP_M = 200.0
MIN_COMPONENT_M = 2000.0

_PLANE_STRETCH = 0.1
"""More than any metric CRS that `crs.metric_crs` lets through stretches a short distance."""

SNAPPED_COLUMNS = ["edge", "fraction", "distance_m", "street_lon", "street_lat", "moved"]


def snap(
    points: gpd.GeoDataFrame,
    network: StreetNetwork,
    *,
    max_snap_m: float = MAX_SNAP_M,
    min_component_m: float = MIN_COMPONENT_M,
) -> gpd.GeoDataFrame:
    """The points with their positions on the streets.

    Parameters
    ----------
    points
        Points in any coordinate system.
    max_snap_m
        A point farther than this from every street is unsnapped.
    min_component_m
        A piece of street shorter than this is an island; 0 turns the island rule off.

    Returns
    -------
        The points with further columns: `edge` (position, -1 where unsnapped), `fraction` along it
        from `u` to `v`, `distance_m` (the access leg, ellipsoidal), `street_lon` and `street_lat`
        of the position on the street, `moved` (by the island rule). `NaN` where unsnapped.
    """
    lon, lat = lonlat(points)
    x, y = transformer(WGS84, network.crs).transform(lon, lat)
    nearest, edge = choose_edges(x, y, network, max_snap_m, min_component_m)
    places, found = np.array([lon, lat, x, y]), np.flatnonzero(edge >= 0)
    columns = np.full((4, len(edge)), np.nan)
    columns[:, found] = _foot(places[:, found], edge[found], network)
    # The limit holds for the nearest street, to which a place on an island need not go.
    moved = np.flatnonzero((edge >= 0) & (edge != nearest))
    leg_m = columns[1].copy()
    leg_m[moved] = _foot(places[:, moved], nearest[moved], network)[1]
    too_far = leg_m > max_snap_m
    edge[too_far], columns[:, too_far] = -1, np.nan
    values = [edge, *columns, (edge >= 0) & (edge != nearest)]
    return points.assign(**dict(zip(SNAPPED_COLUMNS, values, strict=True)))


def _foot(places: Floats, edge: Ints, network: StreetNetwork) -> list[Floats]:
    """Fraction, access leg, longitude and latitude of each point's foot on its edge.

    `places` are longitudes, latitudes, x and y of the points.
    """
    lon, lat, x, y = places
    fraction = fraction_on(x, y, edge, network)
    street_lon, street_lat = position(edge, fraction, network)
    return [fraction, distance_m(lon, lat, street_lon, street_lat), street_lon, street_lat]


def position(edge: Ints, fraction: Floats, network: StreetNetwork) -> tuple[Floats, Floats]:
    """Longitude and latitude of positions on edges; the fraction is taken in the metric CRS."""
    u, v = network.u[edge], network.v[edge]
    x = network.x[u] + fraction * (network.x[v] - network.x[u])
    y = network.y[u] + fraction * (network.y[v] - network.y[u])
    lon, lat = transformer(network.crs, WGS84).transform(x, y)
    return np.asarray(lon), np.asarray(lat)


def choose_edges(
    x: Floats, y: Floats, network: StreetNetwork, max_snap_m: float, min_component_m: float
) -> tuple[Ints, Ints]:
    """Nearest edge of each point (-1 without one within reach), and the edge it goes to.

    `x` and `y` are metres in the network's system, which may stretch the reach a little.
    """
    # The plane may stretch distances; the exact limit is applied to the leg.
    reach_m = max_snap_m * (1 + _PLANE_STRETCH) + 0.01
    everywhere: Bools = np.ones(len(network.u), dtype=bool)
    nearest, away_m = _nearest(x, y, network, allowed=everywhere, reach_m=reach_m)
    edge = nearest.copy()
    large = network.component_m >= min_component_m
    large[0] = True
    on_island = edge >= 0
    on_island[on_island] = ~large[network.component[network.u[edge[on_island]]]]
    if on_island.any():
        kept = large[network.component[network.u]]
        where, farther_m = np.flatnonzero(on_island), reach_m + ISLAND_DETOUR_M
        other, other_m = _nearest(x[where], y[where], network, allowed=kept, reach_m=farther_m)
        better = (other >= 0) & (other_m <= away_m[where] + ISLAND_DETOUR_M)
        edge[where[better]] = other[better]
    return nearest, edge


def _nearest(
    x: Floats, y: Floats, network: StreetNetwork, *, allowed: Bools, reach_m: float
) -> tuple[Ints, Floats]:
    """The nearest allowed edge to each point, and its distance; -1 and inf beyond reach."""
    if COMPILED:
        return nearest_edges(network.grid, x, y, allowed=allowed, reach_m=reach_m)
    return _nearest_by_tree(np.column_stack([x, y]), network, allowed, reach_m)


def _nearest_by_tree(
    xy: Floats, network: StreetNetwork, allowed: Bools, reach_m: float
) -> tuple[Ints, Floats]:
    """The same by shapely's tree."""
    lines, among = segments(network), np.flatnonzero(allowed)
    tree = shapely.STRtree(lines[among])
    (which, edge), away = tree.query_nearest(
        shapely.points(xy), max_distance=reach_m, return_distance=True, all_matches=True
    )
    edge = among[edge]
    order = np.lexsort((edge, which))
    which, edge, away = which[order], edge[order], away[order]
    first = _first(which)
    tied = np.flatnonzero(~(first & np.append(first[1:], True)))
    chosen = tied[_of_equals(xy[which[tied]], which[tied], edge[tied], lines, network)]
    first[tied] = False
    first[chosen] = True
    nearest = np.full(len(xy), -1, dtype=np.int64)
    distance = np.full(len(xy), np.inf)
    nearest[which[first]] = edge[first]
    distance[which[first]] = away[first]
    return nearest, distance


def _of_equals(
    xy: Floats, which: Ints, edge: Ints, lines: npt.NDArray[Any], network: StreetNetwork
) -> Ints:
    """Of the equally near edges of each point (`which`, ascending) the row of the one it goes to.

    Edges that meet where the point stands lead the same ways from there: the lowest is as good as
    any. Others do not (a bridge and the street below it), and where they lie decides, from west to
    east, not the order in which they happen to come.
    """
    u, v = network.u[edge], network.v[edge]
    at = fraction_on(xy[:, 0], xy[:, 1], edge, network)
    foot = np.where(at <= 0, u, np.where(at >= 1, v, -1 - edge))
    lie = shapely.get_coordinates(lines[edge]).reshape(-1, 4).T
    order = np.lexsort((np.maximum(u, v), np.minimum(u, v), *lie[::-1], which))
    best = order[_first(which[order])]
    meets = np.flatnonzero(foot == foot[best][np.cumsum(_first(which)) - 1])
    return meets[_first(which[meets])]


def _first(which: Ints) -> npt.NDArray[np.bool_]:
    """Whether each of these, of which equals stand together, is the first of its kind."""
    return np.append(True, which[1:] != which[:-1])[: len(which)]


def fraction_on(x: Floats, y: Floats, edge: Ints, network: StreetNetwork) -> Floats:
    """Where on its edge the point's foot lies, 0 at `u` and 1 at `v`."""
    u, v = network.u[edge], network.v[edge]
    along_x, along_y = network.x[v] - network.x[u], network.y[v] - network.y[u]
    square = along_x**2 + along_y**2
    dot = (x - network.x[u]) * along_x + (y - network.y[u]) * along_y
    return np.clip(np.divide(dot, square, out=np.zeros_like(dot), where=square > 0), 0.0, 1.0)


def snapping_findings(
    snapped: gpd.GeoDataFrame,
    network: StreetNetwork,
    *,
    layer: str,
    source: str,
    max_snap_m: float,
    min_component_m: float,
) -> list[Finding]:
    """What of a layer is off the streets, was moved by the island rule, or stands on an island.

    That most of a list lies beyond the street data is worth a note, that a few do a warning.
    """
    told = functools.partial(finding, layer, source=source)
    off = snapped["edge"] < 0
    on = snapped["edge"][~off].to_numpy()
    component = network.component[network.u[on]]
    stranded = (network.component_m[component] < min_component_m) & (component != 0)
    found = []
    if off.any() and "weight" in snapped:
        lost = snapped[off]
        found.append(
            told(
                "network.unsnapped",
                row=some(lost["id"].tolist()),
                count=len(lost),
                limit_m=max_snap_m,
                weight=lost["weight"].sum(),
            )
        )
    elif off.any():
        found += _lost_facilities(snapped, network, told, max_snap_m)
    for code, count in (
        ("network.moved", int(snapped["moved"].sum())),
        ("network.on_small_component", int(stranded.sum())),
    ):
        if count:
            found.append(told(code, severity="info", count=count, limit_m=min_component_m))
    return found


def _lost_facilities(
    snapped: gpd.GeoDataFrame,
    network: StreetNetwork,
    told: Callable[..., Finding],
    max_snap_m: float,
) -> list[Finding]:
    """Access points far from every street, and those outside the street data altogether."""
    lost = snapped[snapped["edge"] < 0]
    beyond = _beyond_the_streets(lost, network, max_snap_m)
    most_are = beyond.sum() > len(snapped) / 2
    cases = (
        ("network.facility_unsnapped", "warning", lost[~beyond]),
        ("network.facility_beyond", "info" if most_are else "warning", lost[beyond]),
    )
    return [
        told(
            code,
            severity=severity,
            row=some(points["facility"].tolist()),
            count=len(points),
            limit_m=max_snap_m,
            names=some(points["name"].where(points["name"] != "", points["facility"]).tolist()),
        )
        for code, severity, points in cases
        if len(points)
    ]


def _beyond_the_streets(
    lost: gpd.GeoDataFrame, network: StreetNetwork, max_snap_m: float
) -> npt.NDArray[np.bool_]:
    """Where a list simply reaches farther than the street data: outside their hull."""
    x, y = transformer(WGS84, network.crs).transform(*lonlat(lost))
    hull = shapely.convex_hull(shapely.multipoints(np.column_stack([network.x, network.y])))
    return np.asarray(shapely.distance(shapely.points(x, y), hull) > max_snap_m)
