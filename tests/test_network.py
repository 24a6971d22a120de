"""The street network: lengths, components, parallel edges, the rim."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pyproj
import pytest
import shapely

from lifecircle.errors import InputError
from lifecircle.network import (
    StreetNetwork,
    Streets,
    adjacency,
    network_findings,
    street_network,
    with_rim,
)
from tests.conftest import CRS, streets_of


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


# A street of three nodes; its ends are dead ends.
def chain() -> StreetNetwork:
    return streets_of([0, 500, 1000], [0, 0, 0], [(0, 1), (1, 2)])


def test_rim_is_dead_ends_outside_the_box() -> None:
    network = chain()
    middle = float(network.lon[1])
    rim = with_rim(network, box=(middle - 1, 30.0, middle, 32.0)).rim
    assert rim.tolist() == [False, False, True]


def test_rim_without_a_box_is_near_the_hull() -> None:
    # A square of streets with a spur inwards: its end is a dead end 300 m from the hull.
    square = streets_of(
        [0, 1000, 1000, 0, 500, -50],
        [0, 0, 1000, 1000, 300, 0],
        [(0, 1), (1, 2), (2, 3), (3, 0), (0, 4), (0, 5)],
    )
    assert with_rim(square).rim.tolist() == [False, False, False, False, False, True]


def test_extent_overrides_the_box() -> None:
    network = chain()
    everything = shapely.box(100, 0, 140, 60)
    nothing = (0.0, 0.0, 1.0, 1.0)
    assert not with_rim(network, box=nothing, extent=everything).rim.any()


def test_a_doubled_dead_end_is_still_a_dead_end() -> None:
    network = streets_of([0, 500], [0, 0], [(0, 1), (1, 0)])
    assert with_rim(network, box=(0.0, 0.0, 1.0, 1.0)).rim.all()


def test_findings_count_pieces_and_steps() -> None:
    network = streets_of([0, 3000, 0, 100], [0, 0, 50, 50], [(0, 1), (2, 3)])
    found = {f.code: f for f in network_findings(network, source="x", min_component_m=2000)}
    assert found["network.components"].severity == "warning"
    assert "2 unconnected pieces" in found["network.components"].message.text("en")
    assert "1 pieces have less than 2,000 m" in found["network.components"].message.text("en")
    assert "network.rim" not in found
