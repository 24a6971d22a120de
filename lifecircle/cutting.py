"""A run cut into cells of demand places, and what lies within reach around each.

A cell is searched by itself, with the streets and facilities of a margin that no way within the
search limit leaves. What is found for its places is then what the whole network would give.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyproj
from scipy.spatial import KDTree

from lifecircle.chains import along_space
from lifecircle.geodesy import WGS84, transformer
from lifecircle.network import Bools, Floats, Ints, StreetNetwork, metres_per_minute

LEAST_STRETCH = 0.1
"""More than a metric CRS stretches distances anywhere in a city."""
SLACK_M = 1.0
BLOCK_M = 1000.0
BLOCK_EDGES = 1024

Box = tuple[float, float, float, float]
"""West, south, east, north in the metric CRS."""


@dataclass(frozen=True, eq=False)
class Spans:
    """Where each edge lies in the metric CRS: the least and greatest of its two ends.

    Edges stand along space; `order` are their positions in the network. `blocks` are the bounds of
    every so many of them in a row.
    """

    order: Ints
    west: Floats
    south: Floats
    east: Floats
    north: Floats
    blocks: tuple[Floats, Floats, Floats, Floats]


def spans_of(network: StreetNetwork) -> Spans:
    """Where the edges of a network lie."""
    x, y, u, v = network.x, network.y, network.u, network.v
    least = np.minimum(x[u], x[v]), np.minimum(y[u], y[v])
    greatest = np.maximum(x[u], x[v]), np.maximum(y[u], y[v])
    middle = ((low + high) / 2 for low, high in zip(least, greatest, strict=True))
    order = np.argsort(along_space(*middle), kind="stable")
    west, south, east, north = (each[order] for each in (*least, *greatest))
    starts = np.arange(0, len(order), BLOCK_EDGES)
    blocks = (
        np.minimum.reduceat(west, starts),
        np.minimum.reduceat(south, starts),
        np.maximum.reduceat(east, starts),
        np.maximum.reduceat(north, starts),
    )
    return Spans(order, west, south, east, north, blocks)


def edges_in(spans: Spans, box: Box) -> int:
    """How many edges may come into the box: those whose own box touches it."""
    near, inside = _touches(spans.blocks, box), _lies_in(spans.blocks, box)
    whole, partly = np.flatnonzero(near & inside), np.flatnonzero(near & ~inside)
    last = len(spans.blocks[0]) - 1
    rest = len(spans.order) - last * BLOCK_EDGES
    count = len(whole) * BLOCK_EDGES - (BLOCK_EDGES - rest) * int(last in whole)
    some = (partly[:, None] * BLOCK_EDGES + np.arange(BLOCK_EDGES)).ravel()
    some = some[some < len(spans.order)]
    bounds = spans.west[some], spans.south[some], spans.east[some], spans.north[some]
    return count + int(_touches(bounds, box).sum())


def _touches(bounds: tuple[Floats, Floats, Floats, Floats], box: Box) -> Bools:
    """Which of some boxes touch this one."""
    west, south, east, north = bounds
    return np.asarray((east >= box[0]) & (west <= box[2]) & (north >= box[1]) & (south <= box[3]))


def _lies_in(bounds: tuple[Floats, Floats, Floats, Floats], box: Box) -> Bools:
    """Which of some boxes lie in this one."""
    west, south, east, north = bounds
    return np.asarray((west >= box[0]) & (east <= box[2]) & (south >= box[1]) & (north <= box[3]))


def margin_m(
    network: StreetNetwork, places: pd.DataFrame, search_minutes: float, *, snap_m: float = 0.0
) -> float:
    """Metres of the plane within which all ways of a search stay, from any of the places.

    Costs are metres at the network's speed: where a street is quicker than that, the same limit
    leads farther in proportion. A place's own position on the streets is always within, and every
    street to which it might be moved, `snap_m` away.

    Examples
    --------
    Half an hour at 4 km/h is 2,000 m, and the plane may stretch them by a tenth:

    >>> from lifecircle.sample import town
    >>> from lifecircle.network import street_network
    >>> import pyproj
    >>> streets = street_network(town().streets, crs=pyproj.CRS("EPSG:4549"))
    >>> none = pd.DataFrame({"distance_m": [5.0, np.nan]})
    >>> round(margin_m(streets, none, 30.0))
    2201
    """
    length_m = network.length_m
    quickest_m = np.fmin(network.forward_m, network.backward_m)
    known = (length_m > 0) & np.isfinite(quickest_m)
    quicker = float((quickest_m[known] / length_m[known]).min(initial=1.0))
    leg_m = float(places["distance_m"].max()) if places["distance_m"].notna().any() else 0.0
    limit_m = search_minutes * metres_per_minute(network.speed_kmh)
    # A quickness of zero would be a street that takes no time; then everything is near.
    reach_m = limit_m / quicker if quicker > 0 else np.inf
    return max(reach_m, leg_m, snap_m) * (1 + _stretch(network)) + SLACK_M


def _stretch(network: StreetNetwork) -> float:
    """By how much the metric CRS may stretch a distance: much where a country is one zone."""
    west, south, east, north = box_of(network.x, network.y)
    across, up = np.linspace(west, east, 9), np.linspace(south, north, 9)
    x, y = (each.ravel() for each in np.meshgrid(across, up))
    lon, lat = transformer(network.crs, WGS84).transform(x, y)
    factors = pyproj.Proj(network.crs).get_factors(np.asarray(lon), np.asarray(lat))
    scales = np.append(factors.meridional_scale, factors.parallel_scale)
    # A little more than at the worst of these points, for what lies between them.
    return max(
        LEAST_STRETCH, 1.1 * float(np.max(scales, where=np.isfinite(scales), initial=1.0) - 1)
    )


def cells(
    x: Floats,
    y: Floats,
    *,
    size: Callable[[Box, int], float],
    most: float,
    parts: int | None = None,
    narrowest_m: float = 0.0,
) -> list[Ints]:
    """Positions of places, cell by cell: halved across their longer side while they are too large.

    The same places give the same cells, whoever searches them.

    Parameters
    ----------
    size
        What a cell of this box and number of places weighs.
    most
        Cells that weigh more are halved, unless they are as narrow as `narrowest_m`.
    parts
        As many cells instead, whatever they weigh, the largest being halved first.

    Examples
    --------
    >>> row = np.array([0.0, 30.0, 10.0, 20.0])
    >>> [c.tolist() for c in cells(row, 0 * row, size=lambda box, count: count, most=2)]
    [[0, 2], [1, 3]]
    """
    if not len(x):
        return []
    waiting = [_weighed(np.arange(len(x)), x, y, size, 0)]
    done: list[tuple[int, Ints]] = []
    made = 1
    while waiting:
        weight, number, rows = heapq.heappop(waiting)
        enough = len(waiting) + len(done) + 1 >= parts if parts else -weight <= most
        if enough or len(rows) < 2 or (not parts and _side(x, y, rows) <= narrowest_m):
            done.append((number, rows))
            continue
        for half in _halves(x, y, rows):
            heapq.heappush(waiting, _weighed(half, x, y, size, made))
            made += 1
    return [rows for _, rows in sorted(done, key=lambda cell: int(cell[1][0]))]


def _weighed(
    rows: Ints, x: Floats, y: Floats, size: Callable[[Box, int], float], number: int
) -> tuple[float, int, Ints]:
    """A cell for the heap: the heaviest first, of equals the one made first."""
    return -size(box_of(x[rows], y[rows]), len(rows)), number, rows


def _side(x: Floats, y: Floats, rows: Ints) -> float:
    west, south, east, north = box_of(x[rows], y[rows])
    return max(east - west, north - south)


def _halves(x: Floats, y: Floats, rows: Ints) -> tuple[Ints, Ints]:
    """The cell cut across its longer side, with as many places in one half as in the other."""
    west, south, east, north = box_of(x[rows], y[rows])
    along = x[rows] if east - west >= north - south else y[rows]
    order = np.argsort(along, kind="stable")
    middle = len(rows) // 2
    return np.sort(rows[order[:middle]]), np.sort(rows[order[middle:]])


def widened(box: Box, by_m: float) -> Box:
    """The box with a margin on every side.

    >>> widened((0.0, 0.0, 1.0, 2.0), 3.0)
    (-3.0, -3.0, 4.0, 5.0)
    """
    west, south, east, north = box
    return west - by_m, south - by_m, east + by_m, north + by_m


def box_of(x: Floats, y: Floats) -> Box:
    """The least box around points."""
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def blocks_of(places: Floats) -> tuple[Floats, Floats]:
    """The middles of blocks of places, and how far from it a block's places are at most.

    Places are positions in metres in space, a row each.
    """
    block = pd.DataFrame(np.floor(places / BLOCK_M)).groupby([0, 1, 2]).ngroup().to_numpy()
    count = np.bincount(block)
    middle = np.column_stack([np.bincount(block, axis) / count for axis in places.T])
    radius = np.zeros(len(count))
    np.maximum.at(radius, block, np.sqrt(((places - middle[block]) ** 2).sum(axis=1)))
    return middle, radius


def nearest_among(tree: KDTree, blocks: tuple[Floats, Floats]) -> Ints:
    """Of the points of a tree those among which is the nearest of every place, and some more.

    From the middle c of a block, none of whose places is farther from it than r, the nearest point
    is d away; none of them then has its nearest farther than r + d, at most 2 r + d from c.
    """
    middle, radius = blocks
    if not tree.n or not len(middle):
        return np.empty(0, np.int64)
    reach = (2 * radius + tree.query(middle)[0]) * (1 + 1e-9) + SLACK_M
    near = tree.query_ball_point(middle, reach)
    return np.unique(np.concatenate(near).astype(np.int64))
