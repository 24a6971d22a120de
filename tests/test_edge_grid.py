"""The compiled search for the nearest edge: the same edge as shapely's, to the last digit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle import edge_grid as module
from lifecircle import snapping
from lifecircle.compiled import COMPILED
from lifecircle.crs import metric_crs
from lifecircle.edge_grid import edge_grid, nearest_edges
from lifecircle.network import StreetNetwork, street_network
from lifecircle.sample import CENTRE, city
from lifecircle.snapping import snap
from tests.conftest import points, streets_of

pytestmark = pytest.mark.skipif(not COMPILED, reason="numba is not installed")


def flat(x, y, edges) -> StreetNetwork:
    """A network whose metric places are exactly these."""
    x, y = np.array(x, float), np.array(y, float)
    drawn = streets_of(np.arange(len(x)) % 7 * 10.0, np.arange(len(x)) // 7 * 10.0, edges)
    return dataclasses.replace(drawn, x=x, y=y)


def by_both(network, x, y, *, allowed=None, reach_m=np.inf):
    """What both find: edges and distances."""
    everything = np.ones(len(network.u), bool) if allowed is None else allowed
    x, y = np.asarray(x, float), np.asarray(y, float)
    ours = nearest_edges(network.grid, x, y, allowed=everything, reach_m=reach_m)
    reach_m = min(reach_m, 1e9)  # shapely knows no infinite distance
    tree = snapping._nearest_by_tree(np.column_stack([x, y]), network, everything, reach_m)
    return ours, tree


def assert_same(network, x, y, **how):
    ours, tree = by_both(network, x, y, **how)
    np.testing.assert_array_equal(ours[1], tree[1])
    np.testing.assert_array_equal(ours[0], tree[0])


@st.composite
def crossings(draw):
    """Streets between points of a small lattice, where almost every point has ties."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    side = draw(st.integers(2, 6))
    scale = draw(st.sampled_from([1.0, 0.1, 100.0]))
    x, y = (each.ravel() * scale for each in np.meshgrid(np.arange(side), np.arange(side)))
    edges = rng.integers(0, side * side, (draw(st.integers(1, 40)), 2))
    edges = edges[edges[:, 0] != edges[:, 1]]
    edges = edges if len(edges) else np.array([[0, 1]])
    network = flat(x, y, [tuple(edge) for edge in edges.tolist()])
    px = rng.integers(-4, 4 * side, 60) / 2 * scale
    py = rng.integers(-4, 4 * side, 60) / 2 * scale
    return network, px, py, rng.random(len(network.u)) < 0.7


@settings(max_examples=200, deadline=None)
@given(crossings(), st.sampled_from([np.inf, 50.0, 0.2718]))
def test_ties_go_where_shapely_and_the_rule_send_them(drawn, reach_m):
    network, x, y, allowed = drawn
    assert_same(network, x, y, reach_m=reach_m)
    assert_same(network, x, y, allowed=allowed, reach_m=reach_m)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_city_is_snapped_as_by_shapely(seed):
    made = city(nodes=8000, seed=seed)
    network = street_network(made.streets, crs=metric_crs("auto", *CENTRE))
    rng = np.random.default_rng(seed)
    x = rng.uniform(network.x.min() - 300, network.x.max() + 300, 20_000)
    y = rng.uniform(network.y.min() - 300, network.y.max() + 300, 20_000)
    # a good part exactly on corners, where edges are equally near
    x[:5000], y[:5000] = network.x[:5000], network.y[:5000]
    assert_same(network, x, y, reach_m=220.01)
    assert_same(network, x, y, reach_m=220.01, allowed=rng.random(len(network.u)) < 0.2)


@pytest.mark.parametrize(
    ("x", "y", "edges"),
    [
        ([0, 30_000, 0, 10], [0, 20_000, 5, 5], [(0, 1), (2, 3)]),  # a bridge of 36 km
        ([0, 1e6, 1e6 + 10, 10], [0, 1e6, 1e6, 0], [(0, 3), (1, 2)]),  # two ends of a country
        ([0, 5000], [0, 0], [(0, 1)]),  # a single straight street
        ([0, 0], [0, 5000], [(0, 1)]),
        ([7, 7, 9], [3, 3, 3], [(0, 1), (1, 2)]),  # of no length
        ([0, 10, 0, 10], [0, 0, 0, 0], [(0, 1), (2, 3), (1, 0)]),  # three in one place
    ],
)
def test_streets_of_any_extent(x, y, edges):
    network = flat(x, y, edges)
    assert len(network.grid.edges) <= 20 * len(network.u) + 300
    assert network.grid.columns * network.grid.rows <= 20 * len(network.u) + 300
    rng = np.random.default_rng(0)
    px = rng.uniform(min(x) - 50, max(x) + 50, 500)
    py = rng.uniform(min(y) - 50, max(y) + 50, 500)
    assert_same(network, np.append(px, x), np.append(py, y))
    assert_same(network, np.append(px, x), np.append(py, y), reach_m=30.0)


def test_a_point_far_from_everything_is_near_nothing():
    network = flat([0, 100], [0, 0], [(0, 1)])
    far = np.array([1e9, -1e9, 50.0, np.nan]), np.array([0.0, 1e9, 300.0, 0.0])
    found, away_m = nearest_edges(network.grid, *far, allowed=np.ones(1, bool), reach_m=200.0)
    assert found.tolist() == [-1] * 4
    assert np.isinf(away_m).all()


def test_no_point_and_no_street():
    network = flat([0, 100], [0, 0], [(0, 1)])
    nobody = np.empty(0)
    found, _ = nearest_edges(network.grid, nobody, nobody, allowed=np.ones(1, bool), reach_m=9.0)
    assert len(found) == 0
    none = np.empty(0, np.int64)
    grid = edge_grid(network.x, network.y, none, none)
    found, _ = nearest_edges(grid, *np.zeros((2, 3)), allowed=np.ones(0, bool), reach_m=9.0)
    assert found.tolist() == [-1, -1, -1]


def test_neither_threads_nor_blocks_change_an_edge(monkeypatch):
    made = city(nodes=3000, seed=2)
    network = street_network(made.streets, crs=metric_crs("auto", *CENTRE))
    once = snap(made.demand, network)
    monkeypatch.setattr(module, "POINTS_AT_ONCE", 17)
    monkeypatch.setattr(module, "cores", lambda: 5)
    again = snap(made.demand, network)
    for name in snapping.SNAPPED_COLUMNS:
        np.testing.assert_array_equal(once[name], again[name])


def test_without_numba_shapely_serves(monkeypatch):
    made = city(nodes=2000, seed=3)
    network = street_network(made.streets, crs=metric_crs("auto", *CENTRE))
    once = snap(made.demand, network)
    monkeypatch.setattr(snapping, "COMPILED", False)
    again = snap(made.demand, network)
    for name in snapping.SNAPPED_COLUMNS:
        np.testing.assert_array_equal(once[name], again[name])


def test_all_places_at_one_point(town):
    found = snap(points([130] * 50, [-3] * 50), town)
    assert len(set(found["edge"])) == 1
    assert np.ptp(found["fraction"]) == 0
