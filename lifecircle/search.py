"""The search along streets: from every facility at once, against the direction of travel.

Places go to facilities. A search that starts from all facilities of a service therefore runs on the
network with every direction turned about, and gives every street node its nearest; a place then
reads the two ends of its own edge. Distances are metres at the network's speed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from lifecircle.links import adjacency
from lifecircle.network import Bools, Floats, Ints, StreetNetwork, turned


@dataclass(frozen=True, eq=False)
class Seeds:
    """Where a search starts: nodes, metres already made there, and whose they are."""

    node: Ints
    metres: Floats
    owner: Ints


def links_to(network: StreetNetwork) -> sparse.csr_array:
    """What leads to each node: metres to each row's node from each column's."""
    return adjacency(turned(network))


def nearest_facility(
    network: StreetNetwork,
    places: pd.DataFrame,
    targets: pd.DataFrame,
    *,
    links: sparse.csr_array,
    limit_m: float,
) -> tuple[Floats, Ints]:
    """Metres from each snapped place to the nearest snapped target, and the target's position.

    `inf` and -1 beyond `limit_m`, `NaN` and -1 where the place is unsnapped. `links` are
    `links_to(network)`.
    """
    metres, owner = search(links, seeds_to(network, targets), limit_m)
    result, target = read_off(network, places, metres, owner)
    along, neighbour = _same_edge(network, places, targets)
    shorter = along < result
    result[shorter], target[shorter] = along[shorter], neighbour[shorter]
    beyond = ~(result <= limit_m)
    result[beyond], target[beyond] = np.inf, -1
    result[places["edge"].to_numpy() < 0] = np.nan
    return result, target


def seeds_from(network: StreetNetwork, places: pd.DataFrame) -> Seeds:
    """Both end nodes of each snapped place's edge, with access leg and way to them."""
    u, v, to_u, to_v = _ends(network, places)
    return Seeds(
        node=np.concatenate([u, v]),
        metres=np.concatenate([to_u, to_v]),
        owner=np.tile(np.arange(len(u)), 2),
    )


def _ends(network: StreetNetwork, places: pd.DataFrame) -> tuple[Ints, Ints, Floats, Floats]:
    """The nodes of each place's edge, and the metres to them with the access leg.

    From fraction f of an edge one gets to `v` by (1 - f) `forward_m`, to `u` by f `backward_m`.
    """
    edge = places["edge"].to_numpy()
    fraction, leg_m = places["fraction"].to_numpy(), places["distance_m"].to_numpy()
    to_u = leg_m + part(fraction, network.backward_m[edge])
    to_v = leg_m + part(1 - fraction, network.forward_m[edge])
    return network.u[edge], network.v[edge], to_u, to_v


def seeds_to(network: StreetNetwork, places: pd.DataFrame) -> Seeds:
    """Both end nodes of each snapped place's edge, with the way from them and access leg."""
    return seeds_from(turned(network), places)


def part(fraction: Floats, metres: Floats) -> Floats:
    """What a fraction of an edge takes; to stand at its end takes nothing, even if it is closed.

    >>> part(np.array([0.0, 0.5]), np.array([np.inf, 10.0])).tolist()
    [0.0, 5.0]
    """
    return np.multiply(fraction, metres, out=np.zeros(len(metres)), where=fraction > 0)


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
    n, seeds = links.shape[0], _best_per_node(seeds)
    if not len(seeds.node):
        return np.full(n, np.inf), np.full(n, -1, dtype=np.int64)
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
    """One seed a node: the cheapest, of equals the lowest owner; none that is out of reach."""
    order = np.lexsort((seeds.owner, seeds.metres, seeds.node))
    order = order[np.isfinite(seeds.metres[order])]
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


def read_off(
    network: StreetNetwork, places: pd.DataFrame, metres: Floats, owner: Ints
) -> tuple[Floats, Ints]:
    """The better of the two ends of each place's edge, with the place's own access leg."""
    u, v, to_u, to_v = _ends(network, places)
    by_u, by_v = to_u + metres[u], to_v + metres[v]
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
    edge, way = pairs["edge"].to_numpy(), (pairs["to"] - pairs["at"]).to_numpy()
    pairs["metres"] = pairs["leg"] + along_edge(network, edge, way) + pairs["last_leg"]
    best = pairs.sort_values(["place", "metres", "target"]).drop_duplicates("place")
    metres = np.full(len(places), np.inf)
    target = np.full(len(places), -1, dtype=np.int64)
    metres[best["place"]] = best["metres"]
    target[best["place"]] = best["target"]
    return metres, target


def along_edge(network: StreetNetwork, edge: Ints, way: Floats) -> Floats:
    """Metres for this fraction of each edge, positive from `u` to `v`, negative from `v` to `u`."""
    metres = np.where(way > 0, network.forward_m[edge], network.backward_m[edge])
    return part(np.abs(way), metres)


def unserved(network: StreetNetwork, places: pd.DataFrame, targets: pd.DataFrame) -> Bools:
    """Snapped places on a component that holds no target."""
    served = np.zeros(len(network.component_m), dtype=bool)
    served[network.component[network.u[targets["edge"].to_numpy()]]] = True
    edge = places["edge"].to_numpy()
    return np.asarray((edge >= 0) & ~served[network.component[network.u[edge]]])
