"""One place explained: where it meets the street, which way it goes, and which facility it reaches.

For the reviewer who wants to recompute a single number by hand. Only the streets around the place
are searched, so that it takes no longer in a large city.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from lifecircle.errors import InputError
from lifecircle.links import adjacency
from lifecircle.nearest import nearest_targets
from lifecircle.network import Bools, Floats, Ints, StreetNetwork, metres_per_minute
from lifecircle.search import (
    along_edge,
    search_tree,
    seeds_from,
    seeds_to,
)

ROUNDING_M = 1e-6
PER_NODE = ("lon", "lat", "x", "y", "component", "rim")
PER_EDGE = (
    "u", "v", "length_m", "forward_m", "backward_m", "steps", "tunnel", "barred",
)  # fmt: skip
LEAST_DEGREE_M = 110_000.0
"""Metres of a degree of latitude, or of longitude at the equator, are never fewer."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """How the minutes from one place to its nearest facility of a service come about.

    `minutes` are those of the legs `access_m` and `facility_access_m` at the network's speed and
    `path_minutes`, what the `path_m` metres along the streets take: on foot as long at that speed,
    otherwise by their classes and slopes. `path` runs along the streets in degrees, from the
    place's position on its edge to the facility's.
    """

    place: str
    service: str
    facility: str
    name: str
    minutes: float
    access_m: float
    path_m: float
    facility_access_m: float
    edge: int
    fraction: float
    path: shapely.LineString
    path_minutes: float


def explain(
    network: StreetNetwork,
    demand: pd.DataFrame,
    facilities: pd.DataFrame,
    place: str,
    service: str,
    *,
    search_minutes: float = 30.0,
) -> Explanation:
    """The way from the demand place with id `place` to its nearest facility of `service`.

    Raises
    ------
    InputError
        If there is no such place, it is not on the network, or no facility is within reach.
    """
    here = demand[demand["id"] == place]
    offering = facilities[(facilities["service"] == service) & (facilities["edge"] >= 0)]
    if here.empty:
        raise InputError.of("explain.no_such_place", place=place, count=len(demand))
    here = here.iloc[:1]
    if here["edge"].iloc[0] < 0:
        raise InputError.of("explain.unsnapped", place=place)
    pace = metres_per_minute(network.speed_kmh)
    limit_m = search_minutes * pace
    edge = int(here["edge"].iloc[0])
    network, here, offering = _around(network, here, offering, limit_m)
    ((metres, target),) = nearest_targets(network, here, [offering], limit_m=limit_m)
    if not np.isfinite(metres[0]):
        raise InputError.of("explain.beyond", place=place, service=service, minutes=search_minutes)
    goal = offering.iloc[[target[0]]]
    nodes = _nodes_between(network, here, goal, float(metres[0]))
    lon = [here["street_lon"].iloc[0], *network.lon[nodes], goal["street_lon"].iloc[0]]
    lat = [here["street_lat"].iloc[0], *network.lat[nodes], goal["street_lat"].iloc[0]]
    access_m, last_m = float(here["distance_m"].iloc[0]), float(goal["distance_m"].iloc[0])
    return Explanation(
        place=place,
        service=service,
        facility=str(goal["facility"].iloc[0]),
        name=str(goal["name"].iloc[0]),
        minutes=float(metres[0]) / pace,
        access_m=access_m,
        path_m=_length_m(network, here, goal, nodes),
        facility_access_m=last_m,
        edge=edge,
        fraction=float(here["fraction"].iloc[0]),
        path=shapely.LineString(np.column_stack([lon, lat])),
        path_minutes=(float(metres[0]) - access_m - last_m) / pace,
    )


def _around(
    network: StreetNetwork, here: pd.DataFrame, offering: pd.DataFrame, limit_m: float
) -> tuple[StreetNetwork, pd.DataFrame, pd.DataFrame]:
    """The streets within `limit_m` of a place, with it and the facilities on them.

    Nodes and edges keep their order, not their positions.
    """
    near = _within(network, here, limit_m)
    kept = near[network.u] | near[network.v]
    kept[here["edge"].to_numpy()] = True
    edges = np.flatnonzero(kept)
    nodes = np.unique(np.append(network.u[edges], network.v[edges]))
    by_node = {name: getattr(network, name)[nodes] for name in PER_NODE}
    by_edge = {name: getattr(network, name)[edges] for name in PER_EDGE}
    ends = {name: np.searchsorted(nodes, by_edge[name]) for name in ("u", "v")}
    part = dataclasses.replace(network, **{**by_node, **by_edge, **ends})
    offering = offering[kept[offering["edge"].to_numpy()]]

    def moved(places: pd.DataFrame) -> pd.DataFrame:
        return places.assign(edge=np.searchsorted(edges, places["edge"].to_numpy()))

    return part, moved(here), moved(offering)


def _within(network: StreetNetwork, here: pd.DataFrame, limit_m: float) -> Bools:
    """Nodes in a box around a place that holds all that is within `limit_m` along streets."""
    # A metre at the network's speed may lead farther, downhill or along a fast street.
    fastest = min(
        np.min(taken[network.length_m > 0] / network.length_m[network.length_m > 0], initial=1.0)
        for taken in (network.forward_m, network.backward_m)
    )
    lon, lat = float(here["street_lon"].iloc[0]), float(here["street_lat"].iloc[0])
    north = limit_m / max(float(fastest), 1e-9) / LEAST_DEGREE_M
    east = north / max(np.cos(np.radians(min(abs(lat) + north, 90.0))), 1e-9)
    apart = np.abs(network.lon - lon)
    near: Bools = np.minimum(apart, 360.0 - apart) <= east
    return near & (np.abs(network.lat - lat) <= north)


def _nodes_between(
    network: StreetNetwork, here: pd.DataFrame, goal: pd.DataFrame, metres: float
) -> Ints:
    """Nodes of the shortest path between two positions; none where it stays on one edge."""
    # The same sum from the other end may be longer by a rounding.
    limit_m = metres + ROUNDING_M
    reached, before = search_tree(adjacency(network), seeds_from(network, here), limit_m)
    ends = seeds_to(network, goal)
    totals = reached[ends.node] + ends.metres
    best = int(np.argmin(totals))
    if here["edge"].iloc[0] == goal["edge"].iloc[0]:
        way = goal["fraction"].to_numpy() - here["fraction"].to_numpy()
        along = along_edge(network, here["edge"].to_numpy(), way)[0]
        if along + here["distance_m"].iloc[0] + goal["distance_m"].iloc[0] <= totals[best]:
            return np.empty(0, dtype=np.int64)
    node, path = int(ends.node[best]), []
    while node != len(network.lon):
        path.append(node)
        node = int(before[node])
    return np.array(path[::-1], dtype=np.int64)


def _length_m(network: StreetNetwork, here: pd.DataFrame, goal: pd.DataFrame, nodes: Ints) -> float:
    """Metres along the streets from one position by way of these nodes to the other."""
    start, end = float(here["fraction"].iloc[0]), float(goal["fraction"].iloc[0])
    edge, last_edge = int(here["edge"].iloc[0]), int(goal["edge"].iloc[0])
    if not len(nodes):
        return abs(end - start) * float(network.length_m[edge])
    first = start if nodes[0] == network.u[edge] else 1 - start
    last = end if nodes[-1] == network.u[last_edge] else 1 - end
    parts = first * network.length_m[edge] + last * network.length_m[last_edge]
    return float(parts + _lengths(network, nodes[:-1], nodes[1:]).sum())


def _lengths(network: StreetNetwork, start: Ints, end: Ints) -> Floats:
    """Length of the quickest edge from each node to the other."""
    near = np.flatnonzero(np.isin(network.u, start) & np.isin(network.v, end))
    back = np.flatnonzero(np.isin(network.v, start) & np.isin(network.u, end))
    edges = pd.DataFrame(
        {
            "from": np.append(network.u[near], network.v[back]),
            "to": np.append(network.v[near], network.u[back]),
            "metres": np.append(network.forward_m[near], network.backward_m[back]),
            "length_m": np.append(network.length_m[near], network.length_m[back]),
        }
    )
    wanted = pd.DataFrame({"from": start, "to": end, "step": np.arange(len(start))})
    found = edges.merge(wanted, on=["from", "to"]).sort_values(["step", "metres"])
    return found.drop_duplicates("step")["length_m"].to_numpy()
