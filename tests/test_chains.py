"""Chains of streets, drawn and counted by hand, and what must hold of those of any network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from lifecircle.chains import Chains, along_space, chains_of
from tests.test_search import INF, cities, directed


def chains(
    edges: list[tuple[int, int]], forward: list[float], backward: list[float] | None = None
) -> Chains:
    """Chains of edges between nodes on a line, at these costs."""
    u, v = np.array(edges, np.int64).T
    at = np.arange(u.max() + 1.0) if u.max() > v.max() else np.arange(v.max() + 1.0)
    return chains_of(at, 0 * at, (u, v), (np.array(forward), np.array(backward or forward)))


def test_a_street_with_bends_is_one_chain():
    # 0 -10- 1 -20- 2 -30- 3, the middle edge drawn from 2 to 1
    row = chains([(0, 1), (2, 1), (2, 3)], [10.0, 20.0, 30.0], [1.0, 2.0, 3.0])
    assert row.edges.tolist() == [3]
    assert row.chain.tolist() == [0, 0, 0]
    assert row.flipped.tolist() == [False, True, False]
    # forwards 10, then the middle one from v to u (2), then 30; backwards 1, 20, 3
    assert (row.forward_m.tolist(), row.backward_m.tolist()) == ([42.0], [24.0])
    assert (row.ahead_m.tolist(), row.behind_m.tolist()) == ([0.0, 10.0, 12.0], [0.0, 1.0, 21.0])


def test_chains_end_at_crossings_and_dead_ends():
    # a star of three streets around node 1, one of them with a bend at 3
    star = chains([(0, 1), (1, 2), (1, 3), (3, 4)], [1.0, 2.0, 3.0, 4.0])
    assert sorted(star.forward_m.tolist()) == [1.0, 2.0, 7.0]
    assert len(star.arcs.start) - 1 == 4  # junctions 0, 1, 2, 4


def test_a_ring_without_a_crossing_is_a_chain_from_a_node_to_itself():
    ring = chains([(0, 1), (1, 2), (2, 0)], [1.0, 2.0, 3.0])
    assert ring.forward_m.tolist() == [6.0]
    assert ring.first.tolist() == ring.last.tolist() == [0]
    assert len(ring.arcs.metres) == 0  # it leads nowhere else


def test_a_loop_at_the_end_of_a_street():
    # a lollipop: 0 - 1, and a ring 1, 2, 3
    loop = chains([(0, 1), (1, 2), (2, 3), (3, 1)], [1.0, 2.0, 3.0, 4.0])
    assert sorted(loop.forward_m.tolist()) == [1.0, 9.0]
    round_about = int(np.argmax(loop.forward_m))
    assert loop.first[round_about] == loop.last[round_about]


def test_two_streets_between_the_same_two_nodes_are_a_ring():
    twins = chains([(0, 1), (1, 0)], [5.0, 7.0])
    assert twins.forward_m.tolist() == [12.0]


@pytest.mark.parametrize(
    ("forward", "backward", "count"),
    [
        ([1.0, 1.0], [1.0, INF], 2),  # one-way from the middle on
        ([1.0, 1.0], [INF, INF], 1),  # one-way all along
        ([INF, INF], [INF, INF], 2),  # closed: nothing is passed through
        ([1.0, INF], [INF, 1.0], 2),  # against each other
        ([1.0, 0.0], [1.0, 0.0], 1),  # of no length
    ],
)
def test_a_chain_is_open_the_same_ways_all_along(forward, backward, count):
    found = chains([(0, 1), (1, 2)], forward, backward)
    assert len(found.first) == count


def test_only_edges_of_a_kind_are_put_together():
    at, metres = np.arange(4.0), np.ones(3)
    ends = np.array([0, 1, 2]), np.array([1, 2, 3])
    found = chains_of(at, 0 * at, ends, (metres, metres), kinds=np.array([0, 0, 1]))
    assert sorted(found.forward_m.tolist()) == [1.0, 2.0]


def test_a_node_without_a_street_is_nowhere():
    found = chains([(0, 3)], [1.0])
    assert len(found.arcs.start) - 1 == 2


@settings(max_examples=100, deadline=None)
@given(cities())
def test_every_edge_is_in_one_chain_and_every_chain_is_the_sum_of_its_edges(city):
    network = city[0]
    found = network.chains
    assert np.bincount(found.chain, minlength=len(found.first)).tolist() == found.edges.tolist()
    for chain in range(len(found.first)):
        row = np.flatnonzero(found.chain == chain)
        row = row[np.argsort(found.rank[row])]
        assert found.rank[row].tolist() == list(range(len(row)))
        forward, backward = network.forward_m[row], network.backward_m[row]
        flipped = found.flipped[row]
        there = np.where(flipped, backward, forward)
        home = np.where(flipped, forward, backward)
        assert found.forward_m[chain] == pytest.approx(there.sum())
        assert found.backward_m[chain] == pytest.approx(home.sum())
        # each edge begins where the one before ends
        starts = np.where(flipped, network.v[row], network.u[row])
        stops = np.where(flipped, network.u[row], network.v[row])
        assert starts[1:].tolist() == stops[:-1].tolist()


def test_neighbours_stand_together():
    # a square of 64 by 64 points: in their order most steps are short
    x, y = (each.ravel().astype(float) for each in np.meshgrid(np.arange(64), np.arange(64)))
    order = np.argsort(along_space(x, y))
    steps = np.hypot(np.diff(x[order]), np.diff(y[order]))
    assert np.median(steps) == 1.0
    assert steps.mean() < 2.0
    assert len(along_space(np.empty(0), np.empty(0))) == 0


def test_chains_are_put_together_once():
    network = directed([0, 100, 200], [0, 0, 0], [(0, 1), (1, 2)], [1, 1], [1, 1])
    assert network.chains is network.chains
