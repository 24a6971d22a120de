"""Every place that reaches each of many sources within a limit: one small search a source."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lifecircle.chains import Chains, Floats, Int32s, Ints
from lifecircle.compiled import compiled
from lifecircle.kernel import NOBODY, new_front, spread
from lifecircle.positions import (
    NOWHERE,
    Positions,
    post,
    read_off,
    seeds_at,
    targets_on,
)


class Inhabited(NamedTuple):
    """Places, those on each chain, and at each junction the chains with places.

    `chains[at[j]:at[j + 1]]` are those of junction j; `places[on[c]:on[c + 1]]` those of chain c.
    """

    positions: Positions
    at: Int32s
    chains: Int32s
    on: Int32s
    places: Int32s


class Sources(NamedTuple):
    """Targets by source: `first[s]:first[s + 1]` are the access points of source s."""

    at: Positions
    first: Ints


class Pairs(NamedTuple):
    """Places and the sources they reach, source by source, with the metres between them."""

    source: Int32s
    place: Int32s
    metres: Floats


@compiled
def inhabited(chains: Chains, places: Positions) -> Inhabited:
    """Which chains hold places, and where they meet."""
    n = len(chains.first)
    on = np.zeros(n + 1, np.int32)
    for chain in places.chain:
        if chain >= 0:
            on[chain + 1] += 1
    at = np.zeros(len(chains.arcs.start), np.int32)
    for chain in range(n):
        if on[chain + 1]:
            at[chains.first[chain] + 1] += 1
            at[chains.last[chain] + 1] += 1
        on[chain + 1] += on[chain]
    for junction in range(len(at) - 1):
        at[junction + 1] += at[junction]
    row, here = np.empty(on[-1], np.int32), on[:-1].copy()
    for place in range(len(places.chain)):
        chain = places.chain[place]
        if chain >= 0:
            row[here[chain]] = place
            here[chain] += 1
    meeting, there = np.empty(at[-1], np.int32), at[:-1].copy()
    for chain in range(n):
        if on[chain + 1] > on[chain]:
            for junction in (chains.first[chain], chains.last[chain]):
                meeting[there[junction]] = chain
                there[junction] += 1
    return Inhabited(places, at, meeting, on, row)


@compiled
def pairs_within(
    chains: Chains,
    homes: Inhabited,
    sources: Sources,
    span: tuple[int, int],
    limits: tuple[float, float, int],
) -> tuple[Pairs, int]:
    """Pairs of places and sources of a span, as many as fit, and the source to go on with.

    Parameters
    ----------
    limits
        Metres to search, metres of a bucket, and how many pairs fit: no fewer than places.
    """
    limit_m, width_m, most = limits
    at, first = sources
    targets, front = targets_on(chains, at), new_front(len(homes.at) - 1, limit_m, width_m)
    seen = np.full(len(chains.first), NOWHERE, np.int32)
    pairs = Pairs(np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most))
    count, source = 0, span[0]
    while source < span[1] and count + len(homes.places) <= most:
        start, stop = first[source], first[source + 1]
        post(targets, start, stop)
        seeds = seeds_at(chains, at, start, stop)
        reached = front.reached[: spread(chains.arcs, front, seeds, limit_m, width_m)]
        some = _places_near(homes, reached, at.chain[start:stop], seen, source)
        metres, _ = read_off(chains, homes.positions, some, front, targets)
        for row in range(len(some)):
            if metres[row] <= limit_m:
                pairs.source[count], pairs.place[count] = source, some[row]
                pairs.metres[count] = metres[row]
                count += 1
        for junction in reached:
            front.metres[junction], front.owner[junction] = np.inf, NOBODY
        for chain in at.chain[start:stop]:
            targets.first[chain] = NOWHERE
        source += 1
    done = Pairs(
        pairs.source[:count].copy(), pairs.place[:count].copy(), pairs.metres[:count].copy()
    )
    return done, source


@compiled
def _places_near(
    homes: Inhabited, junctions: Int32s, own: Int32s, seen: Int32s, source: int
) -> Ints:
    """The places on chains that meet at the junctions, or are among a source's own."""
    near = np.empty(64, np.int64)
    count = 0
    for step in range(len(junctions) + 1):
        meeting = own
        if step < len(junctions):
            meeting = homes.chains[homes.at[junctions[step]] : homes.at[junctions[step] + 1]]
        for chain in meeting:
            if seen[chain] == source:
                continue
            seen[chain] = source
            start, stop = homes.on[chain], homes.on[chain + 1]
            if count + stop - start > len(near):
                near = np.append(near, np.empty(len(near) + stop - start, np.int64))
            for place in homes.places[start:stop]:
                near[count] = place
                count += 1
    return near[:count]
