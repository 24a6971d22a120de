"""Minutes from demand to service: the hinge between the streets and every number.

One bounded search per service, started from all its facilities at once, gives every street node its
nearest; a place then reads the two ends of its own edge. Distances are searched in metres, so that
one table holds for any speed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from lifecircle.errors import InputError
from lifecircle.network import Floats, Ints, StreetNetwork, adjacency, metres_per_minute


@dataclass(frozen=True, eq=False)
class TravelTime:
    """Minutes from every demand place to the nearest facility of every service.

    All frames have the demand's index. `minutes` and `facility` have one column per service:
    `inf` and "" beyond `search_minutes`, `NaN` and "" where the place is not on the network.
    `access_m` is the place's own access leg, `rim` the minutes to where the data end, `cut_off`
    whether the place's piece of network holds no facility of the service.
    """

    minutes: pd.DataFrame
    facility: pd.DataFrame
    access_m: pd.Series[float]
    rim: pd.Series[float]
    cut_off: pd.DataFrame
    speed_kmh: float
    search_minutes: float

    @property
    def metric(self) -> Literal["network", "radius"]:
        """How the minutes were measured; only straight lines are known at any distance."""
        return "radius" if np.isinf(self.search_minutes) else "network"

    def __repr__(self) -> str:
        return (
            f"<TravelTime: {len(self.minutes):,} places to {', '.join(self.minutes.columns)}, "
            f"{self.speed_kmh:g} km/h, searched {self.search_minutes:g} minutes>"
        )


@dataclass(frozen=True, eq=False)
class Seeds:
    """Where a search starts: nodes, metres already walked there, and whose they are."""

    node: Ints
    metres: Floats
    owner: Ints


def travel_time(
    network: StreetNetwork,
    demand: pd.DataFrame,
    facilities: pd.DataFrame,
    *,
    services: Sequence[str] | None = None,
    search_minutes: float = 30.0,
) -> TravelTime:
    """Minutes from each place to the nearest facility of each service, exact along edges.

    Access leg at the place, shortest path entering and leaving edges at the exact position, access
    leg at the facility, all at the network's speed. Two places on one edge may walk along it.

    Parameters
    ----------
    demand
        Places snapped to `network` (see `lifecircle.snap`).
    facilities
        Access points snapped to `network`, with their `service` and `facility` columns.
    services
        Columns of the result, in order; by default those the facilities offer. A service without
        facilities is `inf` everywhere.
    search_minutes
        Nothing is searched farther than this.

    Raises
    ------
    InputError
        If places or facilities are not snapped.
    """
    _check_snapped(demand, "demand places", "需求点")
    _check_snapped(facilities, "facilities", "设施")
    if services is None:
        services = list(facilities["service"].unique())
    pace = metres_per_minute(network.speed_kmh)
    limit_m = search_minutes * pace
    links = adjacency(network)
    minutes, nearest, cut_off = {}, {}, {}
    for service in services:
        offering = facilities[(facilities["service"] == service) & (facilities["edge"] >= 0)]
        metres, target = nearest_facility(network, demand, offering, links=links, limit_m=limit_m)
        names = np.append(offering["facility"].to_numpy(object), "")
        minutes[service] = metres / pace
        nearest[service] = pd.Series(names[target], index=demand.index, dtype="str")
        cut_off[service] = _cut_off(network, demand, offering)
    return TravelTime(
        minutes=pd.DataFrame(minutes, index=demand.index, columns=list(services), dtype=float),
        facility=pd.DataFrame(nearest, index=demand.index, columns=list(services), dtype="str"),
        access_m=demand["distance_m"].astype(float),
        rim=pd.Series(_rim_metres(network, demand, links, limit_m) / pace, index=demand.index),
        cut_off=pd.DataFrame(cut_off, index=demand.index, columns=list(services), dtype=bool),
        speed_kmh=network.speed_kmh,
        search_minutes=search_minutes,
    )


def _check_snapped(places: pd.DataFrame, what: str, what_zh: str) -> None:
    missing = [name for name in ("edge", "fraction", "distance_m") if name not in places]
    if missing:
        columns = ", ".join(missing)
        raise InputError.of("network.not_snapped", what=what, what_zh=what_zh, columns=columns)


def nearest_facility(
    network: StreetNetwork,
    places: pd.DataFrame,
    targets: pd.DataFrame,
    *,
    links: sparse.csr_array,
    limit_m: float,
) -> tuple[Floats, Ints]:
    """Metres from each snapped place to the nearest snapped target, and the target's position.

    `inf` and -1 beyond `limit_m`, `NaN` and -1 where the place is unsnapped.
    """
    metres, owner = search(links, seeds_of(network, targets), limit_m)
    result, target = _read_off(network, places, metres, owner)
    along, neighbour = _same_edge(network, places, targets)
    shorter = along < result
    result[shorter], target[shorter] = along[shorter], neighbour[shorter]
    beyond = ~(result <= limit_m)
    result[beyond], target[beyond] = np.inf, -1
    result[places["edge"].to_numpy() < 0] = np.nan
    return result, target


def seeds_of(network: StreetNetwork, places: pd.DataFrame) -> Seeds:
    """Both end nodes of each snapped place's edge, with access leg and part of the edge."""
    edge = places["edge"].to_numpy()
    fraction, leg_m = places["fraction"].to_numpy(), places["distance_m"].to_numpy()
    length_m = network.length_m[edge]
    return Seeds(
        node=np.concatenate([network.u[edge], network.v[edge]]),
        metres=np.concatenate([leg_m + fraction * length_m, leg_m + (1 - fraction) * length_m]),
        owner=np.tile(np.arange(len(edge)), 2),
    )


def search(links: sparse.csr_array, seeds: Seeds, limit_m: float) -> tuple[Floats, Ints]:
    """Metres from each node to the nearest seed within `limit_m`, and that seed's owner or -1.

    Of equally near owners at one seed node the lowest is kept.
    """
    n = links.shape[0]
    seeds = _best_per_node(seeds)
    metres, before = search_tree(links, seeds, limit_m)
    start = np.full(n, -1, dtype=np.int64)
    start[seeds.node] = seeds.owner
    root = _roots(before, n)
    return metres, np.where(root >= 0, start[root], -1)


def search_tree(links: sparse.csr_array, seeds: Seeds, limit_m: float) -> tuple[Floats, Ints]:
    """Metres from each node to the nearest seed within `limit_m`, and the node before it.

    The node before is the number of nodes at a seed itself, and negative where nothing reaches.
    """
    n = links.shape[0]
    if not len(seeds.node):
        return np.full(n, np.inf), np.full(n, -1, dtype=np.int64)
    seeds = _best_per_node(seeds)
    # One more node that reaches every seed at its cost; explicit zeros stay edges.
    graph = sparse.csr_array(
        (
            np.concatenate([links.data, seeds.metres]),
            np.concatenate([links.indices, seeds.node]),
            np.append(links.indptr, links.indptr[-1] + len(seeds.node)),
        ),
        shape=(n + 1, n + 1),
    )
    reached, before = csgraph.dijkstra(
        graph, directed=True, indices=n, limit=limit_m, return_predecessors=True
    )
    return reached[:n], before[:n].astype(np.int64)


def _best_per_node(seeds: Seeds) -> Seeds:
    """One seed a node: the cheapest, of equals the lowest owner."""
    order = np.lexsort((seeds.owner, seeds.metres, seeds.node))
    node, first = np.unique(seeds.node[order], return_index=True)
    return Seeds(node, seeds.metres[order][first], seeds.owner[order][first])


def _roots(before: Ints, source: int) -> Ints:
    """The seed node each node was reached from (-1 if none), by doubling along predecessors."""
    here = np.arange(len(before))
    step = np.where(before == source, here, before)
    step[before < 0] = -1
    while True:
        further = np.where(step >= 0, step[step], -1)
        if np.array_equal(further, step):
            return step
        step = further


def _read_off(
    network: StreetNetwork, places: pd.DataFrame, metres: Floats, owner: Ints
) -> tuple[Floats, Ints]:
    """The better of the two ends of each place's edge, with the place's own access leg."""
    edge = places["edge"].to_numpy()
    fraction, leg_m = places["fraction"].to_numpy(), places["distance_m"].to_numpy()
    u, v, length_m = network.u[edge], network.v[edge], network.length_m[edge]
    by_u = leg_m + fraction * length_m + metres[u]
    by_v = leg_m + (1 - fraction) * length_m + metres[v]
    return np.fmin(by_u, by_v), np.where(by_v < by_u, owner[v], owner[u])


def _same_edge(
    network: StreetNetwork, places: pd.DataFrame, targets: pd.DataFrame
) -> tuple[Floats, Ints]:
    """Metres along the shared edge to the nearest target on it (`inf` without one), and which."""
    here = pd.DataFrame(
        {
            "edge": places["edge"].to_numpy(),
            "at": places["fraction"].to_numpy(),
            "leg": places["distance_m"].to_numpy(),
            "place": np.arange(len(places)),
        }
    )
    there = pd.DataFrame(
        {
            "edge": targets["edge"].to_numpy(),
            "to": targets["fraction"].to_numpy(),
            "last_leg": targets["distance_m"].to_numpy(),
            "target": np.arange(len(targets)),
        }
    )
    pairs = here[here["edge"] >= 0].merge(there, on="edge")
    pairs["metres"] = (
        pairs["leg"]
        + (pairs["at"] - pairs["to"]).abs() * network.length_m[pairs["edge"]]
        + pairs["last_leg"]
    )
    best = pairs.sort_values(["place", "metres", "target"]).drop_duplicates("place")
    metres = np.full(len(places), np.inf)
    target = np.full(len(places), -1, dtype=np.int64)
    metres[best["place"]] = best["metres"]
    target[best["place"]] = best["target"]
    return metres, target


def _cut_off(
    network: StreetNetwork, demand: pd.DataFrame, offering: pd.DataFrame
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Snapped places on a component that holds no facility."""
    served = np.zeros(len(network.component_m), dtype=bool)
    served[network.component[network.u[offering["edge"].to_numpy()]]] = True
    edge = demand["edge"].to_numpy()
    return np.asarray((edge >= 0) & ~served[network.component[network.u[edge]]])


def _rim_metres(
    network: StreetNetwork, demand: pd.DataFrame, links: sparse.csr_array, limit_m: float
) -> Floats:
    """Metres to the nearest rim node, as to a facility that stands on it."""
    node = np.flatnonzero(network.rim)
    seeds = Seeds(node, np.zeros(len(node)), np.arange(len(node)))
    metres, _ = _read_off(network, demand, *search(links, seeds, limit_m))
    metres[metres > limit_m] = np.inf
    return metres
