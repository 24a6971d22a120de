"""The search on streets that differ by direction: by hand, and against NetworkX place by place."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.explanation import explain
from lifecircle.geodesy import distance_m
from lifecircle.network import StreetNetwork, Streets, street_network
from lifecircle.rim import with_rim
from lifecircle.search import along_edge, part, seeds_from, seeds_to
from lifecircle.snapping import snap
from lifecircle.travel import travel_time
from tests.conftest import CRS, degrees, demand_at, facilities_at
from tests.oracle import directed_minutes

INF = np.inf
Factors = tuple[np.ndarray, np.ndarray]


def directed(
    x: list[float],
    y: list[float],
    edges: list[tuple[int, int]],
    forward: list[float],
    backward: list[float],
) -> StreetNetwork:
    """A network in metres from the town's corner; a metre of an edge takes so many each way."""
    lon, lat = degrees(np.array(x), np.array(y))
    u, v = np.array(edges, dtype=np.int64).T
    return street_network(
        Streets.plain(lon, lat, u, v),
        crs=CRS,
        forward=np.array(forward, float),
        backward=np.array(backward, float),
    )


def position(edge: int, fraction: float, leg_m: float = 0.0, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"edge": [edge], "fraction": [fraction], "distance_m": [leg_m], **columns})


def test_leaving_and_arriving_at_an_edge():
    # 100 m from node 0 to node 1, twice as long going back.
    network = directed([0, 100], [0, 0], [(0, 1)], [1], [2])
    length = network.length_m[0]
    leaving = seeds_from(network, position(0, 0.25, 7.0))
    assert leaving.node.tolist() == [0, 1]
    assert leaving.metres == pytest.approx([7 + 0.25 * 2 * length, 7 + 0.75 * length])
    arriving = seeds_to(network, position(0, 0.25, 7.0))
    assert arriving.metres == pytest.approx([7 + 0.25 * length, 7 + 0.75 * 2 * length])


def test_a_place_at_a_node_stands_there_even_on_a_closed_edge():
    network = directed([0, 100, 200], [0, 0, 0], [(0, 1), (1, 2)], [INF, 1], [INF, 1])
    assert seeds_from(network, position(0, 1.0)).metres.tolist() == [INF, 0.0]
    assert seeds_to(network, position(0, 0.0)).metres.tolist() == [0.0, INF]
    assert part(np.array([0.0, 1.0, np.nan]), np.array([INF, INF, 1.0])).tolist() == [0, INF, 0]


def test_along_one_edge_the_direction_counts():
    network = directed([0, 100], [0, 0], [(0, 1)], [1], [INF])
    edge, way = np.zeros(3, dtype=np.int64), np.array([0.5, -0.5, 0.0])
    assert along_edge(network, edge, way) == pytest.approx([network.length_m[0] / 2, INF, 0])


def test_the_rim_is_travelled_to(town):
    # A one-way street out of the data in the east, and one in from the west.
    network = directed([0, 100, 200], [0, 0, 0], [(0, 1), (1, 2)], [1, 1], [INF, INF])
    box = (float(network.lon[0]) + 1e-5, 30.0, float(network.lon[2]) - 1e-5, 32.0)
    network = with_rim(network, box=box)
    assert network.rim.tolist() == [True, False, True]
    places = snap(demand_at([50], [0]), network, min_component_m=0)
    nobody = snap(facilities_at([50], [0]), network, min_component_m=0).iloc[:0]
    # 150 m east, not 50 m west against the one-way street
    taken = travel_time(network, places, nobody, services=[])
    expected = 0.5 * network.length_m[0] + network.length_m[1]
    assert taken.rim.iloc[0] * 4000 / 60 == pytest.approx(expected, abs=1e-5)


@st.composite
def cities(
    draw: st.DrawFn,
) -> tuple[StreetNetwork, gpd.GeoDataFrame, gpd.GeoDataFrame, Factors]:
    """A random tangle of streets that differ by direction, with places and facilities."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    nodes, count = draw(st.integers(2, 30)), draw(st.integers(1, 70))
    x, y = rng.uniform(0, 900, nodes).round(-1), rng.uniform(0, 900, nodes).round(-1)
    ends = rng.integers(0, nodes, (count, 2))
    ends = ends[ends[:, 0] != ends[:, 1]]
    if not len(ends):
        ends = np.array([[0, 1]])
    closed = draw(st.sampled_from([0.0, 0.2, 0.6]))
    factors = rng.choice([0.3, 1.0, 1.0, 2.5], (2, len(ends)))
    factors[rng.random(factors.shape) < closed] = INF
    edges = [tuple(pair) for pair in ends.tolist()]
    network = directed(x.tolist(), y.tolist(), edges, *factors.tolist())

    def somewhere(size: int) -> tuple[list[float], list[float]]:
        at_node = rng.random(size) < 0.3
        node = rng.integers(0, nodes, size)
        px = np.where(at_node, x[node], rng.uniform(-100, 1000, size))
        py = np.where(at_node, y[node], rng.uniform(-100, 1000, size))
        return px.tolist(), py.tolist()

    demand = demand_at(*somewhere(draw(st.integers(1, 20))))
    facilities = facilities_at(*somewhere(draw(st.integers(0, 8))))
    return network, demand, facilities, (factors[0], factors[1])


@settings(max_examples=150, deadline=None)
@given(cities(), st.sampled_from([0.0, 500.0]), st.sampled_from([4.0, 15.0, 60.0]))
def test_random_directed_cities_agree_with_networkx(city, min_component_m, search_minutes):
    network, demand, facilities, factors = city
    places = snap(demand, network, min_component_m=min_component_m)
    targets = snap(facilities, network, min_component_m=min_component_m)
    ours = travel_time(
        network, places, targets, services=["health"], search_minutes=search_minutes
    ).minutes["health"]
    truth = directed_minutes(
        network, places, targets,
        service="health", search_minutes=search_minutes, factors=factors,
    )  # fmt: skip
    # A place exactly at the search limit may fall on either side in the last digit.
    near = np.isclose(np.where(np.isinf(truth), search_minutes, truth), search_minutes, atol=1e-9)
    np.testing.assert_allclose(ours[~near], truth[~near], rtol=0, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(cities())
def test_explanations_of_directed_cities_add_up(city):
    network, demand, facilities, _ = city
    places, targets = snap(demand, network), snap(facilities, network)
    taken = travel_time(network, places, targets, services=["health"])
    reached = np.isfinite(taken.minutes["health"].to_numpy())
    for place in places.loc[reached, "id"]:
        found = explain(network, places, targets, place, "health")
        row = taken.minutes.index[places["id"] == place][0]
        assert found.minutes == pytest.approx(taken.minutes.loc[row, "health"], abs=1e-9)
        assert found.facility == taken.facility.loc[row, "health"]
        legs_m = found.access_m + found.facility_access_m
        assert found.minutes == pytest.approx(legs_m / (4000 / 60) + found.path_minutes, abs=1e-9)
        # the path as drawn is as long as is said; fractions are of the plane, hence 1e-3 m
        lon, lat = np.array(found.path.coords).T
        drawn = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum()
        assert drawn == pytest.approx(found.path_m, abs=1e-3)


def test_an_explanation_goes_the_way_round():
    # A ring of 400 m, one-way: from the west side to the south side it is 350 m, not 50 m.
    network = directed(
        [0, 100, 100, 0], [0, 0, 100, 100], [(0, 1), (1, 2), (2, 3), (3, 0)], [0.5] * 4, [INF] * 4
    )
    places, targets = snap(demand_at([40], [0]), network), snap(facilities_at([10], [0]), network)
    found = explain(network, places, targets, "0", "health")
    ring_m = network.length_m.sum()
    assert found.path_m == pytest.approx(ring_m - 0.3 * network.length_m[0], abs=1e-6)
    assert found.path_minutes == pytest.approx(found.path_m / 2 / (4000 / 60))
    # by nodes 1, 2, 3, 0 from and to its own edge
    assert len(found.path.coords) == 6


@settings(max_examples=40, deadline=None)
@given(cities())
def test_a_city_of_one_factor_is_that_much_slower(city):
    network, demand, facilities, _ = city
    plain = dataclasses.replace(network, forward_m=network.length_m, backward_m=network.length_m)
    slow = dataclasses.replace(
        network, forward_m=2 * network.length_m, backward_m=2 * network.length_m
    )
    places, targets = snap(demand, network), snap(facilities, network)
    legs = {"services": ["health"], "search_minutes": 200}
    quick = travel_time(
        plain, places.assign(distance_m=0.0), targets.assign(distance_m=0.0), **legs
    )
    twice = travel_time(slow, places.assign(distance_m=0.0), targets.assign(distance_m=0.0), **legs)
    on = (places["edge"] >= 0).to_numpy()
    np.testing.assert_allclose(
        twice.minutes.loc[on, "health"], 2 * quick.minutes.loc[on, "health"], atol=1e-9
    )
