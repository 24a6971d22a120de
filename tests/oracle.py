"""The independent truth: brute force over NetworkX, sharing nothing with the package's search.

Every place and facility becomes a node of its own that splits its edge, so that neither access legs
nor the same-edge rule need any rule here: they are edges like all others.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Geod, Transformer

from lifecircle.network import StreetNetwork

GEOD = Geod(ellps="WGS84")


@functools.cache
def projection(crs: CRS) -> Transformer:
    """Degrees to metres; kept, for each takes 0.1 s to look up."""
    return Transformer.from_crs("EPSG:4326", crs, always_xy=True)


@dataclass(frozen=True)
class Link:
    """Part of an edge in its own direction, or (without an edge) an access leg."""

    start: object
    end: object
    metres: float
    share: float = 0.0
    edge: int = -1


def links(network: StreetNetwork, places: pd.DataFrame, facilities: pd.DataFrame) -> Iterator[Link]:
    """Nodes 0…n-1, ("at", kind, i) on an edge, (kind, i) beside it at the end of the access leg."""
    on_edge: dict[int, list[tuple[float, tuple[str, str, int]]]] = defaultdict(list)
    for kind, frame in (("place", places), ("facility", facilities)):
        columns = zip(frame["edge"], frame["fraction"], frame["distance_m"], strict=True)
        for i, (edge, fraction, leg_m) in enumerate(columns):
            if edge >= 0:
                on_edge[int(edge)].append((float(fraction), ("at", kind, i)))
                yield Link((kind, i), ("at", kind, i), float(leg_m))
    for edge, (u, v) in enumerate(zip(network.u.tolist(), network.v.tolist(), strict=True)):
        lon, lat = network.lon, network.lat
        length = GEOD.inv(lon[u], lat[u], lon[v], lat[v])[2]
        stops = [(0.0, u), *sorted(on_edge[edge], key=lambda stop: stop[0]), (1.0, v)]
        for (here, a), (there, b) in itertools.pairwise(stops):
            yield Link(a, b, (there - here) * length, there - here, edge)


def split_graph(
    network: StreetNetwork, places: pd.DataFrame, facilities: pd.DataFrame
) -> nx.MultiGraph:
    """All links, both ways."""
    graph = nx.MultiGraph()
    for link in links(network, places, facilities):
        graph.add_edge(link.start, link.end, metres=link.metres)
    return graph


def directed_graph(
    network: StreetNetwork,
    places: pd.DataFrame,
    facilities: pd.DataFrame,
    factors: tuple[np.ndarray, np.ndarray],
) -> nx.MultiDiGraph:
    """All links, each way at its own cost: per edge so many metres for each metre, or closed."""
    forward, backward = (factor.tolist() for factor in factors)
    graph = nx.MultiDiGraph()
    for link in links(network, places, facilities):
        there, back = (1.0, 1.0) if link.edge < 0 else (forward[link.edge], backward[link.edge])
        for start, end, factor in (
            (link.start, link.end, there),
            (link.end, link.start, back),
        ):
            stays = link.edge >= 0 and link.share == 0  # two positions that are one
            if stays or math.isfinite(factor):
                graph.add_edge(start, end, metres=0.0 if stays else link.metres * factor)
    return graph


def minutes_by_networkx(
    network: StreetNetwork,
    places: pd.DataFrame,
    facilities: pd.DataFrame,
    *,
    service: str,
    search_minutes: float,
) -> np.ndarray:
    """Minutes from each snapped place to the nearest snapped facility of the service."""
    graph = split_graph(network, places, facilities)
    offering = np.flatnonzero((facilities["service"] == service) & (facilities["edge"] >= 0))
    metres_a_minute = network.speed_kmh * 1000 / 60
    sources = {("facility", int(i)) for i in offering}
    metres = (
        nx.multi_source_dijkstra_path_length(graph, sources, weight="metres") if sources else {}
    )
    result = np.full(len(places), math.inf)
    for i, edge in enumerate(places["edge"]):
        minutes = metres.get(("place", i), math.inf) / metres_a_minute
        result[i] = math.nan if edge < 0 else minutes if minutes <= search_minutes else math.inf
    return result


def directed_minutes(
    network: StreetNetwork,
    places: pd.DataFrame,
    facilities: pd.DataFrame,
    *,
    service: str,
    search_minutes: float,
    factors: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Minutes from each snapped place to the nearest facility, one search from each place."""
    graph = directed_graph(network, places, facilities, factors)
    offering = np.flatnonzero((facilities["service"] == service) & (facilities["edge"] >= 0))
    metres_a_minute = network.speed_kmh * 1000 / 60
    result = np.full(len(places), math.inf)
    for i, edge in enumerate(places["edge"]):
        if edge < 0:
            result[i] = math.nan
            continue
        metres = nx.single_source_dijkstra_path_length(
            graph, ("place", i), weight="metres", cutoff=(search_minutes + 1e-6) * metres_a_minute
        )
        reached = [metres.get(("facility", int(f)), math.inf) for f in offering]
        minutes = min(reached, default=math.inf) / metres_a_minute
        result[i] = minutes if minutes <= search_minutes else math.inf
    return result


def snap_by_hand(
    network: StreetNetwork,
    lon: float,
    lat: float,
    *,
    max_snap_m: float = 200.0,
    min_component_m: float = 2000.0,
) -> tuple[int, float, float]:
    """Edge, fraction and access leg of one point, by looking at every edge in turn."""
    project = projection(network.crs)
    point = shapely.Point(*project.transform(lon, lat))
    component_m: dict[int, float] = defaultdict(float)
    for edge in range(len(network.u)):
        component_m[int(network.component[network.u[edge]])] += float(network.length_m[edge])
    largest = max(component_m, key=lambda key: component_m[key])
    best: dict[str, tuple[float, int]] = {}
    for edge, (u, v) in enumerate(zip(network.u, network.v, strict=True)):
        line = shapely.LineString([(network.x[u], network.y[u]), (network.x[v], network.y[v])])
        found = (line.distance(point), edge)
        component = int(network.component[u])
        best["any"] = min(best.get("any", (math.inf, -1)), found)
        if component_m[component] >= min_component_m or component == largest:
            best["large"] = min(best.get("large", (math.inf, -1)), found)
    chosen = best["any"]
    if best["large"][0] <= best["any"][0] + 200.0:
        chosen = best["large"]

    def leg(edge: int) -> tuple[float, float]:
        u, v = network.u[edge], network.v[edge]
        line = shapely.LineString([(network.x[u], network.y[u]), (network.x[v], network.y[v])])
        along = line.project(point)
        foot = line.interpolate(along)
        foot_lon, foot_lat = project.transform(foot.x, foot.y, direction="INVERSE")
        fraction = along / line.length if line.length else 0.0
        return fraction, GEOD.inv(lon, lat, foot_lon, foot_lat)[2]

    if leg(best["any"][1])[1] > max_snap_m:
        return -1, math.nan, math.nan
    return (chosen[1], *leg(chosen[1]))
