"""The nearest of many targets, for every place: compiled where that can be, else by SciPy.

Both agree in metres to a rounding, and in which target except where two are equally near.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from lifecircle import search
from lifecircle.chains import Chains, Int32s
from lifecircle.compiled import COMPILED, compiled, cores
from lifecircle.kernel import new_front, spread
from lifecircle.network import Floats, Ints, StreetNetwork
from lifecircle.positions import (
    Positions,
    positions_of,
    post,
    read_off,
    seeds_at,
    some_of,
    targets_on,
)

Nearest = tuple[Floats, Ints]
"""Metres to the nearest target of each place, and the target's position in its table."""

MOST_BUCKETS = 4_000_000


def nearest_targets(
    network: StreetNetwork,
    places: pd.DataFrame,
    targets: Sequence[pd.DataFrame],
    *,
    limit_m: float,
) -> list[Nearest]:
    """Metres from each snapped place to the nearest of each of several sets of targets.

    Parameters
    ----------
    places, targets
        Snapped to `network`: `edge`, `fraction`, `distance_m`. Targets off the streets may not be
        among them.

    Returns
    -------
        For each set `inf` and -1 where none is within `limit_m`, `NaN` and -1 for places off the
        streets; of equally near targets the first.
    """
    if not COMPILED:
        links = search.links_to(network)
        return [
            search.nearest_facility(network, places, each, links=links, limit_m=limit_m)
            for each in targets
        ]
    chains, costs = network.chains, (network.forward_m, network.backward_m)
    here = positions_of(chains, costs, places)
    # Along the chains, and so along space, what is read for one place serves the next.
    order = _by_chain(here.chain, len(chains.first))
    here = some_of(here, order)
    there = [positions_of(chains, costs, each) for each in targets]
    with ThreadPoolExecutor(cores()) as threads:
        found = threads.map(lambda each: _nearest(chains, here, each, limit_m), there)
        return [_put_back(order, *each, limit_m) for each in found]


def at_nodes(network: StreetNetwork, nodes: Ints) -> pd.DataFrame:
    """Nodes as places that stand on them."""
    edge = np.empty(len(network.lon), np.int64)
    positions = np.arange(len(network.u))
    edge[network.v], edge[network.u] = positions, positions
    fraction = (network.u[edge[nodes]] != nodes).astype(float)
    return pd.DataFrame({"edge": edge[nodes], "fraction": fraction, "distance_m": 0.0})


def bucket_width(chains: Chains, limit_m: float) -> float:
    """Metres of a bucket: a third of a chain, and not too many of them."""
    usual_m = float(chains.arcs.metres.mean()) / 3 if len(chains.arcs.metres) else 1.0
    return max(usual_m, limit_m / MOST_BUCKETS, 1e-3)


def _nearest(chains: Chains, places: Positions, at: Positions, limit_m: float) -> Nearest:
    targets, count = targets_on(chains, at), len(at.chain)
    post(targets, 0, count)
    seeds = seeds_at(chains, at, 0, count)
    search_m = max(limit_m, 0.0)
    if np.isinf(limit_m):  # no shortest way is longer than all streets together
        legs_m = seeds.metres[np.isfinite(seeds.metres)].max(initial=0.0)
        search_m = float(chains.arcs.metres.sum() + legs_m)
    width_m = bucket_width(chains, search_m)
    front = new_front(len(chains.arcs.start) - 1, search_m, width_m)
    spread(chains.arcs, front, seeds, search_m, width_m)
    return read_off(chains, places, np.arange(len(places.chain)), front, targets)


@compiled
def _by_chain(chain: Int32s, chains: int) -> Ints:
    """The places chain by chain, those off the streets first."""
    start = np.zeros(chains + 2, np.int64)
    for own in chain:
        start[own + 2] += 1
    for own in range(chains + 1):
        start[own + 1] += start[own]
    order = np.empty(len(chain), np.int64)
    for place in range(len(chain)):
        order[start[chain[place] + 1]] = place
        start[chain[place] + 1] += 1
    return order


@compiled
def _put_back(order: Ints, metres: Floats, nearest: Ints, limit_m: float) -> Nearest:
    """What was found of each place, in the places' own order; nothing beyond the limit."""
    found, target = np.empty(len(order)), np.empty(len(order), np.int64)
    for row in range(len(order)):
        beyond = metres[row] > limit_m
        found[order[row]] = np.inf if beyond else metres[row]
        target[order[row]] = -1 if beyond else nearest[row]
    return found, target
