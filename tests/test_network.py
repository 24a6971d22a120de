"""The street network: lengths, components, parallel edges, directions, closed edges."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pyproj
import pytest

from lifecircle.errors import InputError
from lifecircle.links import adjacency
from lifecircle.network import (
    StreetNetwork,
    Streets,
    street_network,
    turned,
    without,
)
from tests.conftest import CRS, degrees, streets_of


def test_lengths_are_ellipsoidal() -> None:
    # One minute of longitude at the equator of WGS 84: 6378137 m × 2π / 21600.
    flat = Streets.plain(np.array([0, 1 / 60]), np.zeros(2), np.array([0]), np.array([1]))
    network = street_network(flat, crs=pyproj.CRS("EPSG:32631"))
    assert network.length_m[0] == pytest.approx(6378137 * 2 * np.pi / 21600, abs=1e-6)


def test_minutes_follow_the_speed(town: StreetNetwork) -> None:
    np.testing.assert_allclose(town.minutes, town.length_m / (4000 / 60))


def test_components_are_ranked_by_street_not_by_nodes() -> None:
    # Four nodes with 30 m of street, and two nodes with 500 m.
    network = streets_of(
        [0, 10, 20, 30, 0, 500], [0, 0, 0, 0, 99, 99], [(0, 1), (1, 2), (2, 3), (4, 5)]
    )
    assert network.component.tolist() == [1, 1, 1, 1, 0, 0]
    assert network.component_m == pytest.approx([500, 30], rel=1e-3)


def test_components_agree_with_networkx() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 1000, (2, 60)).tolist()
    edges = [tuple(pair) for pair in rng.integers(0, 60, (40, 2)).tolist() if pair[0] != pair[1]]
    network = streets_of(x, y, edges)
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(60))
    ours = {frozenset(np.flatnonzero(network.component == c).tolist()) for c in range(60)}
    assert {frozenset(part) for part in nx.connected_components(graph)} == ours - {frozenset()}


def test_adjacency_keeps_the_shorter_of_parallel_edges_and_zeros() -> None:
    network = streets_of([0, 100, 100], [0, 0, 0], [(0, 1), (1, 0), (1, 2)])
    links = adjacency(network)
    assert links.nnz == 4  # 0–1 once each way, 1–2 with an explicit zero each way
    assert links[0, 1] == pytest.approx(100, rel=1e-3)
    assert links[[1], [2]].item() == 0.0


def test_self_loops_are_dropped() -> None:
    network = streets_of([0, 100], [0, 0], [(0, 0), (0, 1)])
    assert len(network.u) == 1


@pytest.mark.parametrize(
    ("lon", "u", "v", "words"),
    [
        ([121.0, 121.1], [], [], "no street"),
        ([121.0, 121.1], [0], [0], "no street"),
        ([121.0, np.nan], [0], [1], "1 nodes whose coordinates"),
        ([121.0, 121.1], [0], [2], "node 2, but there are only 2"),
    ],
)
def test_impossible_streets_are_refused(
    lon: list[float], u: list[int], v: list[int], words: str
) -> None:
    streets = Streets.plain(
        np.array(lon), np.full(2, 31.0), np.array(u, dtype=int), np.array(v, dtype=int)
    )
    with pytest.raises(InputError, match=words):
        street_network(streets, crs=CRS)


# What an edge takes, by direction --------------------------------------------------------------


def directed(forward: list[float], backward: list[float]) -> StreetNetwork:
    """Streets of 100 m in a row, a metre of which takes so many there and back."""
    count = len(forward)
    lon, lat = degrees(100.0 * np.arange(count + 1), np.zeros(count + 1))
    streets = Streets.plain(lon, lat, np.arange(count), np.arange(1, count + 1))
    return street_network(streets, crs=CRS, forward=np.array(forward), backward=np.array(backward))


def test_walking_takes_its_length_both_ways(town: StreetNetwork) -> None:
    assert town.forward_m is town.length_m
    assert town.backward_m is town.length_m
    assert not town.closed.any()


def test_links_lead_one_way_where_streets_do() -> None:
    network = directed([0.5, np.inf, 2.0], [3.0, 1.0, np.inf])
    length = network.length_m
    links = adjacency(network).toarray()
    expected = np.zeros((4, 4))
    expected[0, 1], expected[1, 0] = 0.5 * length[0], 3 * length[0]
    expected[2, 1], expected[2, 3] = length[1], 2 * length[2]
    np.testing.assert_allclose(links, expected)
    np.testing.assert_allclose(adjacency(turned(network)).toarray(), expected.T)
    assert network.component.tolist() == [0] * 4  # one piece, though not all of it can be reached


def test_a_self_loop_takes_its_factor_with_it() -> None:
    lon, lat = degrees(np.array([0.0, 100.0]), np.zeros(2))
    streets = Streets.plain(lon, lat, np.array([0, 0]), np.array([0, 1]))
    network = street_network(
        streets, crs=CRS, forward=np.array([7.0, 2.0]), backward=np.array([7.0, 3.0])
    )
    assert (network.forward_m / network.length_m).tolist() == [2.0]
    assert (network.backward_m / network.length_m).tolist() == [3.0]


def test_a_closed_street_without_length_is_closed() -> None:
    lon, lat = degrees(np.array([0.0, 0.0, 50.0]), np.zeros(3))
    streets = Streets.plain(lon, lat, np.array([0, 1]), np.array([1, 2]))
    factor = np.array([np.inf, 1.0])
    network = street_network(streets, crs=CRS, forward=factor, backward=factor)
    assert network.length_m[0] == 0.0
    assert network.closed.tolist() == [True, False]
    assert without(network, np.array([True, True])).closed.all()


def test_steps_are_barred_unless_the_streets_say_otherwise() -> None:
    lon, lat = degrees(np.array([0.0, 100.0, 200.0]), np.zeros(3))
    stairs, none = np.array([True, False]), np.array([False, False])
    u, v = np.array([0, 1]), np.array([1, 2])
    assert street_network(Streets(lon, lat, u, v, stairs, none), crs=CRS).barred.tolist() == [
        True,
        False,
    ]
    told = Streets(lon, lat, u, v, stairs, none, barred=np.array([False, True]))
    assert street_network(told, crs=CRS).barred.tolist() == [False, True]


def test_without_closed_edges_the_pieces_are_those_of_the_rest(town: StreetNetwork) -> None:
    # The town loses the streets 0–3, 1–4 and 2–5: its southern street is a piece of its own.
    across = {(0, 3), (1, 4), (2, 5)}
    closed = np.array([pair in across for pair in zip(town.u, town.v, strict=True)])
    cut = without(town, closed)
    assert cut.component.tolist() == [1, 1, 1] + [0] * 6
    south = town.length_m[:2].sum()
    assert cut.component_m == pytest.approx([town.length_m[~closed].sum() - south, south])
    assert np.isinf(cut.forward_m[closed]).all() and np.isinf(cut.backward_m[closed]).all()
    assert cut.forward_m[~closed].tolist() == town.length_m[~closed].tolist()
    assert (cut.u.tolist(), cut.v.tolist()) == (town.u.tolist(), town.v.tolist())
    assert adjacency(cut).nnz == 2 * (~closed).sum()
    # a node that lost all its streets is a piece without street
    alone = without(town, (town.u == 0) | (town.v == 0))
    assert alone.component_m.tolist()[1:] == [0.0]
    # closing twice is closing once, and the network itself is as before
    np.testing.assert_array_equal(without(cut, closed).component, cut.component)
    assert len(town.component_m) == 1
