"""Streets between crossings: chains of edges that a search takes in one step.

A node at which exactly two edges meet, both open the same ways, is no place to choose: its two
edges belong to one chain. Searches walk from junction to junction, and what lies within a chain is
read off its two ends. Nothing is lost by it: a chain's metres are the sums of its edges'.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lifecircle.compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

ORDER_BITS = 16


class Arcs(NamedTuple):
    """What leads to each junction: `start[j]:start[j + 1]` are its arcs.

    `origin` is the junction an arc comes from, `metres` what it takes from there.
    """

    start: Int32s
    origin: Int32s
    metres: Floats


class Chains(NamedTuple):
    """A network as chains of edges between junctions, which are numbered along space.

    Per chain: `first` and `last`, its junctions; `forward_m` and `backward_m`, the metres from
    first to last and back, `inf` where nobody may go. Per edge: `chain`; `rank`, its position in
    it; `flipped`, whether it leads from last to first; `ahead_m` and `behind_m`, the chain's metres
    forward and backward between its first junction and the edge, 0 where nobody may go.
    """

    first: Int32s
    last: Int32s
    forward_m: Floats
    backward_m: Floats
    edges: Int32s
    chain: Int32s
    rank: Int32s
    flipped: Bools
    ahead_m: Floats
    behind_m: Floats
    arcs: Arcs


def chains_of(
    x: Floats,
    y: Floats,
    ends: tuple[Ints, Ints],
    costs: tuple[Floats, Floats],
    *,
    kinds: Ints | None = None,
) -> Chains:
    """The chains of a network.

    Parameters
    ----------
    x, y
        Of each node, metres.
    ends
        Nodes `u` and `v` of each edge, no edge from a node to itself.
    costs
        Metres of each edge from `u` to `v` and from `v` to `u`, `inf` where nobody may go.
    kinds
        Of each edge; only edges of one kind are put together.

    Examples
    --------
    Three edges in a row, the second drawn the other way, are one chain:

    >>> at, metres = np.array([0.0, 1.0, 2.0, 3.0]), np.array([10.0, 20.0, 30.0])
    >>> ends = np.array([0, 2, 2]), np.array([1, 1, 3])
    >>> row = chains_of(at, 0 * at, ends, (metres, metres))
    >>> row.forward_m.tolist(), row.rank.tolist(), row.flipped.tolist(), row.ahead_m.tolist()
    ([60.0], [0, 1, 2], [False, True, False], [0.0, 10.0, 30.0])
    """
    u, v = ends
    meets = _meetings(len(x), u, v)
    kinds = np.zeros(len(u), np.int64) if kinds is None else kinds
    through = _passed_through(meets, u, v, costs, kinds)
    order = np.argsort(along_space(x, y), kind="stable")
    # Who is passed through starts a chain only on a ring that nothing else has walked.
    starts = np.concatenate([order[~through[order]], order[through[order]]])
    between, chain, rank, flipped = _walk(meets, through, starts, u, v)
    edges = np.bincount(chain).astype(np.int32)
    used = np.zeros(len(x), np.bool_)
    used[between] = True
    number = np.empty(len(x), np.int32)
    number[order] = np.cumsum(used[order]) - 1
    first, last = number[between]
    up, down = (np.where(flipped, costs[1 - way], costs[way]) for way in (0, 1))
    row = walked(chain, rank, edges)
    final = row[np.cumsum(edges) - 1]
    ahead_m, behind_m = _before(row, rank, up), _before(row, rank, down)
    forward_m, backward_m = ahead_m[final] + up[final], behind_m[final] + down[final]
    arcs = _arcs(first, last, forward_m, backward_m, int(used.sum()))
    return Chains(
        first, last, forward_m, backward_m, edges, chain, rank, flipped, ahead_m, behind_m, arcs
    )


def along_space(x: Floats, y: Floats) -> npt.NDArray[np.uint64]:
    """Numbers that sort points so that neighbours mostly stand together (Morton's order).

    >>> corners = along_space(np.array([3.0, 0.0, 3.0, 0.0]), np.array([3.0, 3.0, 0.0, 0.0]))
    >>> corners.argsort().tolist()
    [3, 2, 1, 0]
    """
    if not len(x):
        return np.empty(0, np.uint64)
    scale = (2**ORDER_BITS - 1) / max(np.ptp(x), np.ptp(y), 1e-9)
    code = np.zeros(len(x), np.uint64)
    for shift, values in enumerate((x, y)):
        spread = ((values - values.min()) * scale).astype(np.uint64)
        for step, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
            spread = (spread | (spread << np.uint64(step))) & np.uint64(mask)
        code |= spread << np.uint64(shift)
    return code


@compiled
def _meetings(nodes: int, u: Ints, v: Ints) -> tuple[Int32s, Int32s]:
    """The edges that meet at each node: where its list starts, and all lists in a row."""
    start = np.zeros(nodes + 1, np.int32)
    for edge in range(len(u)):
        start[u[edge] + 1] += 1
        start[v[edge] + 1] += 1
    for node in range(nodes):
        start[node + 1] += start[node]
    at, edges = start[:-1].copy(), np.empty(2 * len(u), np.int32)
    for edge in range(len(u)):
        for node in (u[edge], v[edge]):
            edges[at[node]] = edge
            at[node] += 1
    return start, edges


@compiled
def _passed_through(
    meets: tuple[Int32s, Int32s], u: Ints, v: Ints, costs: tuple[Floats, Floats], kinds: Ints
) -> Bools:
    """Whether two edges of a kind meet at a node and lead through it, open the same ways."""
    start, edges = meets
    through = np.zeros(len(start) - 1, np.bool_)
    for node in range(len(through)):
        if start[node + 1] - start[node] != 2:
            continue
        one, other = edges[start[node]], edges[start[node] + 1]
        come, leave = (0, 1) if v[one] == node else (1, 0)
        onward, back = (0, 1) if u[other] == node else (1, 0)
        there = np.isfinite(costs[come][one])
        home = np.isfinite(costs[leave][one])
        through[node] = (
            kinds[one] == kinds[other]
            and (there or home)
            and there == np.isfinite(costs[onward][other])
            and home == np.isfinite(costs[back][other])
        )
    return through


@compiled
def _walk(
    meets: tuple[Int32s, Int32s], through: Bools, starts: Ints, u: Ints, v: Ints
) -> tuple[Int32s, Int32s, Int32s, Bools]:
    """Chains from one node to the next that is not passed through, starting from each in turn.

    The nodes at both ends of each chain (2, chains); per edge its chain, position, direction.
    """
    start, edges = meets
    ends = np.empty((2, len(u)), np.int32)
    chain, rank = np.full(len(u), -1, np.int32), np.empty(len(u), np.int32)
    flipped = np.empty(len(u), np.bool_)
    chains = 0
    for node in starts:
        for place in range(start[node], start[node + 1]):
            edge, here, count = edges[place], node, 0
            if chain[edge] >= 0:
                continue
            while count == 0 or (through[here] and here != node):
                if count > 0:
                    one, other = edges[start[here]], edges[start[here] + 1]
                    edge = other if one == edge else one
                chain[edge], rank[edge], flipped[edge] = chains, count, v[edge] == here
                here = u[edge] if flipped[edge] else v[edge]
                count += 1
            ends[0, chains], ends[1, chains] = node, here
            chains += 1
    return ends[:, :chains].copy(), chain, rank, flipped


@compiled
def walked(chain: Int32s, rank: Int32s, edges: Int32s) -> Int32s:
    """The edges of all chains in a row, each chain's in order."""
    start = np.zeros(len(edges) + 1, np.int32)
    for own in range(len(edges)):
        start[own + 1] = start[own] + edges[own]
    row = np.empty(len(chain), np.int32)
    for edge in range(len(chain)):
        row[start[chain[edge]] + rank[edge]] = edge
    return row


@compiled
def _before(row: Int32s, rank: Int32s, metres: Floats) -> Floats:
    """Metres between the start of each edge's chain and the edge; what is closed counts nothing."""
    before, sum_m = np.empty(len(row)), 0.0
    for edge in row:
        sum_m = sum_m if rank[edge] else 0.0
        before[edge] = sum_m
        sum_m += metres[edge] if np.isfinite(metres[edge]) else 0.0
    return before


@compiled
def _arcs(
    first: Int32s, last: Int32s, forward_m: Floats, backward_m: Floats, junctions: int
) -> Arcs:
    """The chains as arcs that lead to each junction, closed ones and loops left out."""
    start = np.zeros(junctions + 1, np.int32)
    for chain in range(len(first)):
        if first[chain] != last[chain]:
            start[last[chain] + 1] += np.isfinite(forward_m[chain])
            start[first[chain] + 1] += np.isfinite(backward_m[chain])
    for junction in range(junctions):
        start[junction + 1] += start[junction]
    at = start[:-1].copy()
    origin, metres = np.empty(start[-1], np.int32), np.empty(start[-1], np.float64)
    for chain in range(len(first)):
        if first[chain] == last[chain]:
            continue
        if np.isfinite(forward_m[chain]):
            place = at[last[chain]]
            origin[place], metres[place] = first[chain], forward_m[chain]
            at[last[chain]] += 1
        if np.isfinite(backward_m[chain]):
            place = at[first[chain]]
            origin[place], metres[place] = last[chain], backward_m[chain]
            at[first[chain]] += 1
    return Arcs(start, origin, metres)
