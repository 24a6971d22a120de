"""The compiled search beside the library's, and the faults that streets and lists may have."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lifecircle as lc
from lifecircle import kernel, nearest
from lifecircle.compiled import COMPILED
from lifecircle.crs import metric_crs
from lifecircle.nearest import at_nodes, bucket_width, nearest_targets
from lifecircle.network import StreetNetwork, street_network
from lifecircle.sample import CENTRE, city
from lifecircle.search import Seeds, links_to, nearest_facility, search
from lifecircle.snapping import snap
from tests.test_search import INF, cities, directed, position

needs_numba = pytest.mark.skipif(not COMPILED, reason="numba is not installed")


def by_library(
    network: StreetNetwork, places: pd.DataFrame, targets: pd.DataFrame, limit_m: float
) -> nearest.Nearest:
    return nearest_facility(network, places, targets, links=links_to(network), limit_m=limit_m)


def snapped(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["edge"] >= 0]


@needs_numba
@settings(max_examples=150, deadline=None)
@given(cities(), st.sampled_from([0.0, 50.0, 400.0, 3000.0, INF]))
def test_both_engines_agree_on_tangled_streets(found, limit_m):
    network, demand, facilities, _ = found
    places, targets = snap(demand, network), snapped(snap(facilities, network))
    ((metres, target),) = nearest_targets(network, places, [targets], limit_m=limit_m)
    expected, other = by_library(network, places, targets, limit_m)
    near = np.isclose(metres, limit_m, rtol=0, atol=1e-9) | np.isclose(expected, limit_m, atol=1e-9)
    np.testing.assert_allclose(metres[~near], expected[~near], rtol=0, atol=1e-9)
    assert ((target < 0) == (other < 0))[~near].all()
    # who it is may differ between facilities that are equally near
    for place in np.flatnonzero((target >= 0) & (target != other) & ~near):
        alone = targets.iloc[[target[place]]]
        again, _ = by_library(network, places.iloc[[place]], alone, limit_m)
        assert again[0] == pytest.approx(metres[place], abs=1e-9)


@needs_numba
@pytest.mark.parametrize("seed", [0, 1])
def test_both_engines_agree_on_a_city(seed):
    made = city(nodes=6000, seed=seed, services=3)
    network = street_network(made.streets, crs=metric_crs("auto", *CENTRE))
    places, targets = snap(made.demand, network), snapped(snap(made.facilities, network))
    for limit_m in (300.0, 1000.0, 4000.0):
        offered = [group for _, group in targets.groupby("service")]
        for each, found in zip(
            offered, nearest_targets(network, places, offered, limit_m=limit_m), strict=True
        ):
            expected, other = by_library(network, places, each, limit_m)
            np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-9)
            assert (found[1] == other).mean() > 0.999  # ties apart


def test_without_numba_the_library_serves(monkeypatch):
    made = city(nodes=1000, seed=2, services=2)
    network = street_network(made.streets, crs=metric_crs("auto", *CENTRE))
    places, targets = snap(made.demand, network), snap(made.facilities, network)
    compiled = lc.travel_time(network, places, targets)
    monkeypatch.setattr(nearest, "COMPILED", False)
    plain = lc.travel_time(network, places, targets)
    np.testing.assert_allclose(compiled.minutes, plain.minutes, rtol=0, atol=1e-9)
    np.testing.assert_allclose(compiled.rim, plain.rim, rtol=0, atol=1e-9)
    pd.testing.assert_frame_equal(compiled.facility, plain.facility)


def test_of_equally_near_facilities_the_first_is_taken():
    # the place stands in the middle of a street of 200 m between two facilities, then reversed
    network = directed([0, 100, 200], [0, 0, 0], [(0, 1), (1, 2)], [1, 1], [1, 1])
    ends = pd.concat([position(0, 0.0), position(1, 1.0)], ignore_index=True)
    middle = position(0, 1.0)
    network = dataclasses.replace(
        network, forward_m=np.array([100.0, 100.0]), backward_m=np.array([100.0, 100.0])
    )
    for targets in (ends, ends.iloc[::-1]):
        ((metres, target),) = nearest_targets(network, middle, [targets], limit_m=500.0)
        assert (metres.tolist(), target.tolist()) == ([100.0], [0])


def test_nobody_offers_anything():
    network = directed([0, 100], [0, 0], [(0, 1)], [1], [1])
    nothing = position(0, 0.0).iloc[:0]
    places = pd.concat([position(0, 0.5), position(-1, np.nan, np.nan)], ignore_index=True)
    ((metres, target),) = nearest_targets(network, places, [nothing], limit_m=500.0)
    assert target.tolist() == [-1, -1]
    np.testing.assert_array_equal(metres, [np.inf, np.nan])
    assert nearest_targets(network, places, [], limit_m=500.0) == []
    ((metres, _),) = nearest_targets(network, nothing, [position(0, 0.5)], limit_m=500.0)
    assert len(metres) == 0


def test_within_no_metres_only_what_stands_at_the_door_is_reached():
    network = directed([0, 100], [0, 0], [(0, 1)], [1], [1])
    places = pd.concat([position(0, 0.5), position(0, 0.5, 1.0), position(0, 0.6)])
    ((metres, _),) = nearest_targets(network, places, [position(0, 0.5)], limit_m=0.0)
    assert metres.tolist() == [0.0, np.inf, np.inf]


def test_a_facility_inside_a_chain_serves_both_its_sides():
    # 0 -100- 1 -100- 2 -100- 3 without a crossing: the facility in the middle edge, places around
    network = directed(
        [0, 100, 200, 300], [0] * 4, [(0, 1), (1, 2), (2, 3)], [1] * 3, [1] * 3
    )  # fmt: skip
    network = dataclasses.replace(
        network, forward_m=np.full(3, 100.0), backward_m=np.full(3, 100.0)
    )
    places = pd.concat([position(0, 0.75), position(1, 0.25), position(1, 0.9), position(2, 0.5)])
    ((metres, _),) = nearest_targets(network, places, [position(1, 0.5, 3.0)], limit_m=500.0)
    assert metres == pytest.approx([25 + 50 + 3, 25 + 3, 40 + 3, 50 + 50 + 3])


def test_a_one_way_ring_is_gone_round():
    # 0 → 1 → 2 → 0, each 100 m: from fraction 0.6 of the first edge to its fraction 0.5 it is 290 m
    network = directed(
        [0, 100, 50], [0, 0, 80], [(0, 1), (1, 2), (2, 0)], [1] * 3, [INF] * 3
    )  # fmt: skip
    network = dataclasses.replace(network, forward_m=np.full(3, 100.0))
    ((metres, _),) = nearest_targets(network, position(0, 0.6), [position(0, 0.5)], limit_m=500.0)
    assert metres == pytest.approx([290.0])


def test_pieces_of_street_do_not_reach_each_other():
    network = directed([0, 100, 200, 300], [0] * 4, [(0, 1), (2, 3)], [1, 1], [1, 1])
    ((metres, _),) = nearest_targets(network, position(1, 0.5), [position(0, 0.5)], limit_m=INF)
    assert metres.tolist() == [np.inf]


@needs_numba
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_the_number_of_threads_changes_nothing(threads, monkeypatch):
    made = city(nodes=3000, seed=3, services=5)
    network = street_network(made.streets, crs=metric_crs("auto", *CENTRE))
    places, targets = snap(made.demand, network), snap(made.facilities, network)
    once = lc.travel_time(network, places, targets)
    monkeypatch.setattr(nearest, "cores", lambda: threads)
    again = lc.travel_time(network, places, targets)
    pd.testing.assert_frame_equal(once.minutes, again.minutes, check_exact=True)
    pd.testing.assert_frame_equal(once.facility, again.facility)


@needs_numba
@settings(max_examples=60, deadline=None)
@given(cities(), st.sampled_from([0.01, 1.0, 37.0, 1e6]))
def test_the_width_of_a_bucket_changes_nothing(found, width_m):
    network, _, facilities, _ = found
    targets = snapped(snap(facilities, network))
    chains = network.chains
    at = nearest.positions_of(chains, (network.forward_m, network.backward_m), targets)
    seeds = nearest.seeds_at(chains, at, 0, len(targets))
    metres = []
    for width in (width_m, bucket_width(chains, 2000.0)):
        front = kernel.new_front(len(chains.arcs.start) - 1, 2000.0, width)
        kernel.spread(chains.arcs, front, seeds, 2000.0, width)
        metres.append(front.metres)
    np.testing.assert_array_equal(*metres)


@pytest.mark.parametrize("bad", [-1.0, np.nan])
def test_no_length_of_a_network_is_negative_or_unknown(bad):
    with pytest.raises(lc.InputError, match="1 of 2 street segments"):
        directed([0, 100, 200], [0, 0, 0], [(0, 1), (1, 2)], [1, bad], [1, 1])


def test_nodes_as_places():
    network = directed([0, 100, 200], [0, 0, 0], [(0, 1), (1, 2)], [1, 1], [1, 1])
    places = at_nodes(network, np.array([2, 0, 1]))
    ends = np.where(places["fraction"] == 0, network.u[places["edge"]], network.v[places["edge"]])
    assert ends.tolist() == [2, 0, 1]
    assert (places["distance_m"] == 0).all()


def test_a_search_of_seeds_takes_the_nearest():
    network = directed([0, 100, 200], [0, 0, 0], [(0, 1), (1, 2)], [1, 1], [1, 1])
    seeds = Seeds(np.array([0, 2, 2]), np.array([0.0, 30.0, 20.0]), np.array([7, 8, 9]))
    metres, owner = search(links_to(network), seeds, 500.0)
    assert owner.tolist()[0::2] == [7, 9]
    assert metres[2] == 20.0
