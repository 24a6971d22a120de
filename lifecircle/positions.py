"""Places on streets as positions in the chains of a network, and what a search tells them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from lifecircle.chains import Chains, Floats, Int32s, Ints
from lifecircle.compiled import compiled
from lifecircle.kernel import Front, Seeds

NOWHERE = -1


class Positions(NamedTuple):
    """Places on the chains of a network.

    `chain` is -1 off the streets; `along` counts edges from the chain's first junction, `ahead_m`
    and `behind_m` are the metres from there to the place and back, 0 where nobody may go; `leg_m`
    is the access leg.
    """

    chain: Int32s
    along: Floats
    ahead_m: Floats
    behind_m: Floats
    leg_m: Floats


class Targets(NamedTuple):
    """Where ways end: positions, the lowest target on each chain (-1: none), the next after each.

    Targets that are not posted at their chains are none.
    """

    at: Positions
    first: Int32s
    after: Int32s


def positions_of(chains: Chains, costs: tuple[Floats, Floats], places: pd.DataFrame) -> Positions:
    """Where snapped places are (`edge`, `fraction`, `distance_m`).

    Parameters
    ----------
    costs
        Metres of each edge from `u` to `v` and from `v` to `u`, as the chains were made of.
    """
    edge, fraction = places["edge"].to_numpy(np.int64), places["fraction"].to_numpy(float)
    return Positions(*_locate(chains, costs, edge, fraction), places["distance_m"].to_numpy(float))


@compiled
def some_of(places: Positions, rows: Ints) -> Positions:
    """These of the places, in this order."""
    chain, along, ahead_m, behind_m, leg_m = places
    return Positions(chain[rows], along[rows], ahead_m[rows], behind_m[rows], leg_m[rows])


@compiled
def _locate(
    chains: Chains, costs: tuple[Floats, Floats], edge: Ints, fraction: Floats
) -> tuple[Int32s, Floats, Floats, Floats]:
    chain_of, rank, flipped = chains.chain, chains.rank, chains.flipped
    ahead_of, behind_of = chains.ahead_m, chains.behind_m
    up, down = costs
    n = len(edge)
    chain, along = np.full(n, NOWHERE, np.int32), np.zeros(n)
    ahead_m, behind_m = np.zeros(n), np.zeros(n)
    for place in range(n):
        at = edge[place]
        if at < 0:
            continue
        there, home, part = up[at], down[at], fraction[place]
        if flipped[at]:
            there, home, part = home, there, 1.0 - part
        chain[place], along[place] = chain_of[at], rank[at] + part
        ahead_m[place] = ahead_of[at] + (part * there if np.isfinite(there) else 0.0)
        behind_m[place] = behind_of[at] + (part * home if np.isfinite(home) else 0.0)
    return chain, along, ahead_m, behind_m


@compiled
def _beginning(total_m: float, before_m: float, along: float) -> float:
    """Metres of a chain from its first junction, or back; to stand at it takes nothing."""
    return before_m if along == 0.0 or np.isfinite(total_m) else np.inf


@compiled
def _rest(total_m: float, before_m: float, left: float) -> float:
    """Metres of a chain to its last junction, or back; to stand at it takes nothing."""
    return total_m - before_m if left > 0.0 else 0.0


@compiled
def seeds_at(chains: Chains, at: Positions, start: int, stop: int) -> Seeds:
    """Both junctions of some targets' chains, with the way from them and the access leg."""
    n = 2 * (stop - start)
    junction, owner = np.empty(n, np.int32), np.empty(n, np.int32)
    metres = np.empty(n)
    for target in range(start, stop):
        own, along, leg_m = at.chain[target], at.along[target], at.leg_m[target]
        there, home = chains.forward_m[own], chains.backward_m[own]
        one, other = 2 * (target - start), 2 * (target - start) + 1
        junction[one], junction[other] = chains.first[own], chains.last[own]
        metres[one] = leg_m + _beginning(there, at.ahead_m[target], along)
        metres[other] = leg_m + _rest(home, at.behind_m[target], chains.edges[own] - along)
        owner[one] = owner[other] = target
    return Seeds(junction, metres, owner)


@compiled
def targets_on(chains: Chains, at: Positions) -> Targets:
    """Targets at these positions, none posted yet."""
    first = np.full(len(chains.first), NOWHERE, np.int32)
    return Targets(at, first, np.empty(len(at.chain), np.int32))


@compiled
def post(targets: Targets, start: int, stop: int) -> None:
    """Post some of the targets at their chains, where none is yet, the lowest first."""
    chain, first, after = targets.at.chain, targets.first, targets.after
    for target in range(stop - 1, start - 1, -1):
        after[target] = first[chain[target]]
        first[chain[target]] = target


@compiled
def read_off(
    chains: Chains, places: Positions, some: Ints, found: Front, targets: Targets
) -> tuple[Floats, Ints]:
    """Metres from some of the places to the nearest posted target, and which; `inf`, -1 if none.

    The best of the ways by either end of the place's chain and of those along it to a target on it;
    of equals the lowest target. `NaN` and -1 for places off the streets.
    """
    first, last = chains.first, chains.last
    forward_m, backward_m, edges = chains.forward_m, chains.backward_m, chains.edges
    chain_of, along_of, ahead_of, behind_of, leg_of = places
    _, there_along, there_ahead, there_behind, there_leg = targets.at
    metres, owner = found.metres, found.owner
    posted, after = targets.first, targets.after
    result, nearest = np.full(len(some), np.nan), np.full(len(some), NOWHERE, np.int64)
    for row in range(len(some)):
        place = some[row]
        chain = chain_of[place]
        if chain < 0:
            continue
        along, ahead_m, behind_m = along_of[place], ahead_of[place], behind_of[place]
        there, home = forward_m[chain], backward_m[chain]
        best = _beginning(home, behind_m, along) + metres[first[chain]]
        whose = owner[first[chain]]
        way = _rest(there, ahead_m, edges[chain] - along) + metres[last[chain]]
        if way < best or (way == best and owner[last[chain]] < whose):
            best, whose = way, owner[last[chain]]
        target = posted[chain]
        while target != NOWHERE:
            way = there_leg[target]
            if there_along[target] > along:
                way += there_ahead[target] - ahead_m if there < np.inf else np.inf
            elif there_along[target] < along:
                way += behind_m - there_behind[target] if home < np.inf else np.inf
            if way < best or (way == best and target < whose):
                best, whose = way, target
            target = after[target]
        result[row], nearest[row] = best + leg_of[place], whose if best < np.inf else NOWHERE
    return result, nearest
