"""One place explained: where it meets the street, which way it goes, and which facility it reaches.

For the reviewer who wants to recompute a single number by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from lifecircle.errors import InputError
from lifecircle.network import Ints, StreetNetwork, adjacency, metres_per_minute
from lifecircle.travel import nearest_facility, search_tree, seeds_of


@dataclass(frozen=True, eq=False)
class Explanation:
    """How the minutes from one place to its nearest facility of a service come about.

    `minutes` is (`access_m` + `path_m` + `facility_access_m`) at the network's speed; `path` runs
    along the streets in degrees, from the place's position on its edge to the facility's.
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
    links = adjacency(network)
    metres, target = nearest_facility(
        network, here, offering, links=links, limit_m=search_minutes * pace
    )
    if not np.isfinite(metres[0]):
        raise InputError.of("explain.beyond", place=place, service=service, minutes=search_minutes)
    goal = offering.iloc[[target[0]]]
    nodes = _nodes_between(network, here, goal, float(metres[0]), links)
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
        path_m=float(metres[0]) - access_m - last_m,
        facility_access_m=last_m,
        edge=int(here["edge"].iloc[0]),
        fraction=float(here["fraction"].iloc[0]),
        path=shapely.LineString(np.column_stack([lon, lat])),
    )


def _nodes_between(
    network: StreetNetwork,
    here: pd.DataFrame,
    goal: pd.DataFrame,
    metres: float,
    links: sparse.csr_array,
) -> Ints:
    """Nodes of the shortest path between two positions; none where it stays on one edge."""
    reached, before = search_tree(links, seeds_of(network, here), metres)
    ends = seeds_of(network, goal)
    totals = reached[ends.node] + ends.metres
    best = int(np.argmin(totals))
    edge, last_edge = int(here["edge"].iloc[0]), int(goal["edge"].iloc[0])
    if edge == last_edge:
        along = abs(here["fraction"].iloc[0] - goal["fraction"].iloc[0]) * network.length_m[edge]
        legs = here["distance_m"].iloc[0] + goal["distance_m"].iloc[0]
        if along + legs <= totals[best]:
            return np.empty(0, dtype=np.int64)
    node, path = int(ends.node[best]), []
    while node != len(network.lon):
        path.append(node)
        node = int(before[node])
    return np.array(path[::-1], dtype=np.int64)
