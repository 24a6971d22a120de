"""The truth: NetworkX, on the whole city or, in a large one, on parts of it.

In a part everything within reach is there, so that what is computed for its inner nodes is exact.
Places and access points become nodes that split their edges; access legs are edges like others.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import networkx as nx
import numpy as np
from _benchmark_city import City, Places
from scipy.spatial import cKDTree

from lifecircle.network import Bools, Floats, Ints, StreetNetwork

WHOLE = 100_000
"""A city of so many nodes is checked from end to end."""
PARTS = 4
BEYOND = 1.2
"""How far, in limits, the truth knows more than an answer should."""
_PLANE_STRETCH = 1.01


@dataclass(frozen=True, eq=False)
class Exact:
    """Exact metres (rows: services or sources) to nodes or places at these positions.

    `complete` says that these are all there are (of places: all on the streets).
    """

    at: Ints
    metres: Floats
    complete: bool


def part(city: City, *, around: Floats | None = None) -> tuple[Bools, Bools]:
    """Nodes to be checked, and nodes that matter for them: all, or squares of the city.

    The squares are around these positions, or around nodes drawn by lot.
    """
    n = city.nodes
    if n <= WHOLE:
        return np.ones(n, dtype=bool), np.ones(n, dtype=bool)
    if around is None:
        around = city.xy[np.random.default_rng(4).choice(n, PARTS, replace=False)]
    area = np.prod(np.ptp(city.xy, axis=0))
    half = np.sqrt(area * WHOLE / PARTS / n) / 2
    away = np.min([np.abs(city.xy - each).max(axis=1) for each in around], axis=0)
    inner: Bools = away <= half
    outer: Bools = away <= half + city.limit_m * _PLANE_STRETCH
    return inner, outer


def near(city: City, nodes: Ints, metres: float) -> Bools:
    """Nodes that may be within so many metres of one of these."""
    far = metres * _PLANE_STRETCH
    away = cKDTree(city.xy[nodes]).query(city.xy, distance_upper_bound=far)[0]
    return np.asarray(np.isfinite(away))


def graph_of(network: StreetNetwork, among: Bools | None = None) -> nx.Graph:
    """The streets between these nodes, of parallel ones the shortest, with `length` in metres."""
    u, v, length = network.u, network.v, network.length_m
    if among is not None:
        kept = among[u] & among[v]
        u, v, length = u[kept], v[kept], length[kept]
    graph = nx.Graph()
    nodes = np.arange(len(network.lon)) if among is None else np.flatnonzero(among)
    graph.add_nodes_from(nodes.tolist())
    # Of two edges between the same nodes the one that is added last stays.
    order = np.argsort(-length, kind="stable")
    rows = zip(u[order].tolist(), v[order].tolist(), length[order].tolist(), strict=True)
    graph.add_weighted_edges_from(rows, weight="length")
    return graph


def nearest(city: City) -> Exact:
    """Metres from street nodes to the nearest seed of every service."""
    inner, outer = part(city)
    graph, at = graph_of(city.network, outer), np.flatnonzero(inner)
    metres = np.full((len(city.seeds), len(at)), np.inf)
    for row, seeds in enumerate(city.seeds.values()):
        here = seeds[outer[seeds]].tolist()
        if here:
            found = nx.multi_source_dijkstra_path_length(
                graph, set(here), cutoff=city.limit_m, weight="length"
            )
            metres[row] = [found.get(node, np.inf) for node in at.tolist()]
    return Exact(at, metres, complete=bool(inner.all()))


def reached(city: City, sources: Ints) -> dict[int, dict[int, float]]:
    """By source, the nodes around it and the metres to them, somewhat beyond the limit."""
    cutoff = BEYOND * city.limit_m
    graph = graph_of(city.network, near(city, sources, cutoff))
    return {
        source: nx.single_source_dijkstra_path_length(graph, source, cutoff, weight="length")
        for source in sources.tolist()
    }


def places(city: City, asked: Places, *, around: Floats | None = None) -> Exact:
    """Metres from demand places to the nearest facility of every service, along split edges."""
    inner, outer = part(city, around=around)
    demand, facilities = asked.demand, asked.facilities
    edge = demand["edge"].to_numpy()
    on = edge >= 0
    on[on] = inner[city.network.u[edge[on]]] & inner[city.network.v[edge[on]]]
    at = np.flatnonzero(on)
    graph = split_graph(city.network, outer, {"place": demand.iloc[at], "facility": facilities})
    service = facilities["service"].to_numpy()
    metres = np.full((len(city.seeds), len(at)), np.inf)
    for row, key in enumerate(city.seeds):
        every = (("facility", i) for i in np.flatnonzero(service == key).tolist())
        here = {node for node in every if node in graph}
        if here:
            found = nx.multi_source_dijkstra_path_length(
                graph, here, cutoff=city.limit_m, weight="length"
            )
            metres[row] = [found.get(("place", i), np.inf) for i in range(len(at))]
    return Exact(at, metres, complete=bool(inner.all()))


def split_graph(
    network: StreetNetwork, among: Bools, beside: dict[str, gpd.GeoDataFrame]
) -> nx.Graph:
    """The streets between these nodes, split where something stands beside them.

    What stands beside a street is the node (kind, row), at the end of its access leg.
    """
    stops: dict[int, list[tuple[float, object]]] = defaultdict(list)
    graph = nx.Graph()
    inside = among[network.u] & among[network.v]
    for kind, frame in beside.items():
        rows = zip(frame["edge"], frame["fraction"], frame["distance_m"], strict=True)
        for i, (edge, fraction, leg_m) in enumerate(rows):
            if edge >= 0 and inside[edge]:
                stops[int(edge)].append((float(fraction), ("at", kind, i)))
                graph.add_edge((kind, i), ("at", kind, i), length=float(leg_m))
    for a, b, length in _pieces(network, np.flatnonzero(inside), stops):
        if length < graph.get_edge_data(a, b, {"length": np.inf})["length"]:
            graph.add_edge(a, b, length=length)
    return graph


def _pieces(
    network: StreetNetwork, edges: Ints, stops: dict[int, list[tuple[float, object]]]
) -> Iterator[tuple[object, object, float]]:
    """Between one stop of an edge and the next: both, and the metres."""
    ends = zip(network.u[edges].tolist(), network.v[edges].tolist(), strict=True)
    for edge, length, (u, v) in zip(
        edges.tolist(), network.length_m[edges].tolist(), ends, strict=True
    ):
        between = sorted(stops.get(edge, ()), key=lambda stop: stop[0])
        for (start, a), (stop, b) in itertools.pairwise([(0.0, u), *between, (1.0, v)]):
            yield a, b, (stop - start) * length


def off_by(city: City, metres: Floats, exact: Floats) -> float:
    """The largest difference in minutes; beyond the limit counts as the limit."""
    if not metres.size:
        return 0.0
    limit = city.limit_m
    return float(np.abs(np.fmin(metres, limit) - np.fmin(exact, limit)).max() / city.pace)
