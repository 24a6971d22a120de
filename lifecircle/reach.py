"""Where one gets within the limit: the streets reached from facilities, and areas around them.

For looking only. Rates never come from these areas but from minutes at the places (contract §4):
an area drawn around streets disagrees with the minutes off the streets, by construction.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from lifecircle.bands import SIMPLIFY_M, Geometries, fewest, unite
from lifecircle.errors import InputError
from lifecircle.geodesy import WGS84, transformer
from lifecircle.isochrone_rows import asked, framed
from lifecircle.links import adjacency
from lifecircle.network import (
    Bools,
    Floats,
    Ints,
    StreetNetwork,
    metres_per_minute,
    segments,
    turned,
)
from lifecircle.snapping import position
from lifecircle.standards import Standard

CELLS_AT_ONCE = 1_000_000


def reached_edges(
    network: StreetNetwork,
    facilities: pd.DataFrame,
    standard: Standard,
    *,
    each_facility: bool = True,
) -> gpd.GeoDataFrame:
    """The streets within each service's limits of its facilities, cut exactly at the limit.

    Minutes count as everywhere: from a point of the street to the facility, the way along the
    streets and the facility's access leg, at the network's speed.

    Parameters
    ----------
    facilities
        Access points with `facility` and `service`, snapped to `network` (see `lifecircle.snap`).
        Those that are not on the network are left out.
    standard
        Its services and limits; `standard.at(10)` asks for ten minutes of each.
    each_facility
        Whether every facility gets rows of its own, besides those of its service.

    Returns
    -------
        One row per facility, service and limit (`kind` "facility"), and one per service and limit
        for all its facilities together (`kind` "service", `facility` empty): columns `facility`,
        `service`, `minutes`, `kind`, `geometry` (lines, EPSG:4326). Who reaches no street has none.

    Raises
    ------
    InputError
        If the facilities are not snapped.

    Examples
    --------
    Within 3 minutes of a corner at 4 km/h lie two blocks of 100 m in every direction:

    >>> import pyproj
    >>> from lifecircle.network import street_network
    >>> from lifecircle.sample import town
    >>> from lifecircle.snapping import snap
    >>> network = street_network(town().streets, crs=pyproj.CRS("EPSG:4549"))
    >>> clinic = snap(town().facilities.iloc[[0]], network)
    >>> lines = reached_edges(network, clinic, town().standard.at(3))
    >>> lines[["facility", "service", "minutes", "kind"]].values.tolist()
    [['health-1', 'health', 3.0, 'facility'], ['', 'health', 3.0, 'service']]
    >>> geod = pyproj.Geod(ellps="WGS84")
    >>> round(geod.geometry_length(lines.geometry[0]), 3)
    600.0
    """
    split, rows, access = _ask(network, facilities, standard, each_facility)
    lonlat = np.column_stack([split.lon, split.lat])
    lines = shapely.linestrings(lonlat[np.column_stack([split.u, split.v])])

    def draw(whole: Bools, edge: Ints, part: Floats) -> Any:
        pieces = np.append(lines[whole], _cut(lonlat, split, edge, part))
        return shapely.line_merge(shapely.multilinestrings(pieces))

    return framed(rows, _draw(split, rows, access, draw))


def buffered_isochrones(
    network: StreetNetwork,
    facilities: pd.DataFrame,
    standard: Standard,
    *,
    buffer_m: float = 25.0,
    each_facility: bool = True,
) -> gpd.GeoDataFrame:
    """Areas around the streets within each service's limits of its facilities.

    The streets of `reached_edges`, each `buffer_m` metres to either side, with eight-sided caps and
    outlines simplified by 1 m. To compare with `isochrones`, which walk the access legs: here,
    whether a place off the streets lies inside depends on `buffer_m` alone.

    Parameters
    ----------
    buffer_m
        Half the width of the band around a street; the rest is as for `reached_edges`.

    Returns
    -------
        The rows and columns of `reached_edges`; `geometry` is a polygon or several.

    Raises
    ------
    InputError
        If the facilities are not snapped or `buffer_m` is not more than 0.
    """
    if not buffer_m > 0:
        raise InputError.of("isochrones.no_width", buffer_m=buffer_m)
    split, rows, access = _ask(network, facilities, standard, each_facility)
    plane, lines = np.column_stack([split.x, split.y]), segments(split)
    order = np.argsort(gpd.GeoSeries(lines).hilbert_distance().to_numpy(), kind="stable")
    levels = unite(shapely.buffer(lines[order], buffer_m, quad_segs=2))

    def draw(whole: Bools, edge: Ints, part: Floats) -> Any:
        ends = shapely.buffer(_cut(plane, split, edge, part), buffer_m, quad_segs=2)
        area = shapely.union_all(np.append(fewest(levels, whole[order]), ends))
        return shapely.simplify(area, SIMPLIFY_M)

    areas = _draw(split, rows, access, draw)
    unproject = transformer(network.crs, WGS84)
    degrees = shapely.transform(areas, lambda xy: np.column_stack(unproject.transform(*xy.T)))
    return framed(rows, degrees)


def _ask(
    network: StreetNetwork, facilities: pd.DataFrame, standard: Standard, each_facility: bool
) -> tuple[StreetNetwork, pd.DataFrame, pd.DataFrame]:
    """The network with a node at each access point; what to draw; who starts where.

    The network is turned about, for people come to the facilities. Who starts where has `source`,
    `node` and `leg_m`, sorted; for what to draw see `asked`.
    """
    rows, starts = asked(facilities, standard, each_facility=each_facility)
    access = facilities.iloc[starts["access"].to_numpy()]
    split, node = _split(turned(network), access["edge"].to_numpy(), access["fraction"].to_numpy())
    starts = starts.assign(node=node, leg_m=access["distance_m"].to_numpy())
    return split, rows, starts.groupby(["source", "node"])["leg_m"].min().reset_index()


def _split(network: StreetNetwork, edge: Ints, fraction: Floats) -> tuple[StreetNetwork, Ints]:
    """The network with its edges cut at these positions, and the node at each position."""
    n, edges = len(network.lon), np.arange(len(network.u))
    inner = (fraction > 0) & (fraction < 1)
    both = np.column_stack([edge, fraction])[inner]
    cuts, which = np.unique(both, axis=0, return_inverse=True)
    node = np.where(fraction <= 0, network.u[edge], network.v[edge])
    node[inner] = n + which.ravel()
    on, at = cuts[:, 0].astype(np.int64), cuts[:, 1]
    # Along an edge: its start, the cuts in order, its end.
    every, fresh = np.append(edges, on), n + np.arange(len(on))
    start, stop = np.append(np.zeros(len(edges)), at), np.append(np.ones(len(edges)), at)
    first, last = np.lexsort((start, every)), np.lexsort((stop, every))
    parent = every[first]
    lon, lat = position(on, at, network)
    u, v = network.u[on], network.v[on]
    split = dataclasses.replace(
        network,
        lon=np.append(network.lon, lon),
        lat=np.append(network.lat, lat),
        x=np.append(network.x, network.x[u] + at * (network.x[v] - network.x[u])),
        y=np.append(network.y, network.y[u] + at * (network.y[v] - network.y[u])),
        component=np.append(network.component, network.component[u]),
        rim=np.append(network.rim, np.zeros(len(on), dtype=bool)),
        u=np.append(network.u, fresh)[first],
        v=np.append(network.v, fresh)[last],
        length_m=network.length_m[parent] * (stop[last] - start[first]),
        forward_m=network.forward_m[parent] * (stop[last] - start[first]),
        backward_m=network.backward_m[parent] * (stop[last] - start[first]),
        steps=network.steps[parent],
        tunnel=network.tunnel[parent],
        barred=network.barred[parent],
    )
    return split, node


def _draw(
    network: StreetNetwork,
    rows: pd.DataFrame,
    access: pd.DataFrame,
    draw: Callable[[Bools, Ints, Floats], Any],
) -> Geometries:
    """One geometry per row of `rows`, drawn from the edges reached whole and in part."""
    wanted = rows.groupby(["source", "minutes"]).ngroup().to_numpy()
    todo = rows.iloc[np.unique(wanted, return_index=True)[1]]
    pace = metres_per_minute(network.speed_kmh)
    drawn = np.empty(len(todo), dtype=object)

    def one(task: tuple[Floats, float]) -> Any:
        metres, minutes = task
        return draw(*_reach(network, metres, minutes * pace))

    farthest = float(rows["minutes"].max()) * pace if len(rows) else 0.0
    # Geometry work releases the interpreter's lock, so threads run side by side.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = 0
        for sources, metres in _distances(network, access, farthest):
            here = todo[todo["source"].isin(sources)]
            from_each = metres[np.searchsorted(sources, here["source"])]
            tasks = zip(from_each, here["minutes"], strict=True)
            drawn[done : done + len(here)] = list(pool.map(one, tasks))
            done += len(here)
    return drawn[wanted]


def _distances(
    network: StreetNetwork, access: pd.DataFrame, limit_m: float
) -> Iterator[tuple[Ints, Floats]]:
    """Some sources at a time, in order, and the metres from each to every node (`inf` beyond)."""
    links, n = adjacency(network), len(network.lon)
    sources, counts = np.unique(access["source"], return_counts=True)
    # Each source is one more node that reaches its access points at the cost of their legs.
    graph = sparse.csr_array(
        (
            np.append(links.data, access["leg_m"]),
            np.append(links.indices, access["node"]),
            np.append(links.indptr, links.indptr[-1] + np.cumsum(counts)),
        ),
        shape=(n + len(sources), n + len(sources)),
    )
    at_once = max(8, CELLS_AT_ONCE // n)
    for start in range(0, len(sources), at_once):
        some = np.arange(start, min(start + at_once, len(sources)))
        metres = csgraph.dijkstra(graph, indices=n + some, limit=limit_m)
        yield sources[some], metres[:, :n]


def _reach(network: StreetNetwork, metres: Floats, limit_m: float) -> tuple[Bools, Ints, Floats]:
    """Edges reached whole; edges reached in part, and which part as two fractions."""
    left, length_m = np.maximum(limit_m - metres, 0.0), network.length_m
    from_u = left[network.u] * _stretch(length_m, network.forward_m)
    from_v = left[network.v] * _stretch(length_m, network.backward_m)
    whole = (from_u + from_v >= network.length_m - 1e-9) & (from_u + from_v > 0)
    some_u, some_v = np.flatnonzero(~whole & (from_u > 0)), np.flatnonzero(~whole & (from_v > 0))
    until = from_u[some_u] / network.length_m[some_u]
    since = 1 - from_v[some_v] / network.length_m[some_v]
    part = np.concatenate(
        [np.column_stack([0 * until, until]), np.column_stack([since, 0 * since + 1])]
    )
    return whole, np.concatenate([some_u, some_v]), part


def _stretch(length_m: Floats, taking_m: Floats) -> Floats:
    """Metres of each edge for each metre at the network's speed, 0 where nobody may go."""
    return np.divide(length_m, taking_m, out=np.ones(len(length_m)), where=taking_m > 0)


def _cut(nodes: Floats, network: StreetNetwork, edge: Ints, part: Floats) -> Geometries:
    """These parts of edges as lines, in the coordinates of `nodes`."""
    start, stop = nodes[network.u[edge], None], nodes[network.v[edge], None]
    return np.asarray(shapely.linestrings(start + part[:, :, None] * (stop - start)))
