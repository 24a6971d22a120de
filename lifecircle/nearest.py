"""The nearest of many targets, for every place: compiled where that can be, else by SciPy.

Both agree in metres to a rounding, and in which target except where two are equally near.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from lifecircle import search
from lifecircle.chains import Chains
from lifecircle.compiled import COMPILED
from lifecircle.kernel import new_front, spread
from lifecircle.network import Floats, Ints, StreetNetwork
from lifecircle.positions import Positions, positions_of, post, read_off, seeds_at, targets_on

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
    there = [positions_of(chains, costs, each) for each in targets]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(lambda each: _nearest(chains, here, each, limit_m), there))


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
    # No shortest way is longer than all streets together.
    legs_m = seeds.metres[np.isfinite(seeds.metres)].max(initial=0.0)
    search_m = min(limit_m, float(chains.arcs.metres.sum() + legs_m))
    width_m = bucket_width(chains, search_m)
    front = new_front(len(chains.arcs.start) - 1, search_m, width_m)
    spread(chains.arcs, front, seeds, search_m, width_m)
    metres, nearest = read_off(chains, places, np.arange(len(places.chain)), front, targets)
    beyond = metres > limit_m
    metres[beyond], nearest[beyond] = np.inf, -1
    return metres, nearest
