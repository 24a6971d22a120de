"""Minutes: by hand on the grid town, against brute-force NetworkX on random cities and Monaco."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.errors import InputError
from lifecircle.geodesy import distance_m
from lifecircle.network import StreetNetwork, Streets, street_network
from lifecircle.rim import with_rim
from lifecircle.snapping import snap
from lifecircle.straight import straight_time
from lifecircle.travel import travel_time
from tests.conftest import demand_at, facilities_at, m, streets_of
from tests.oracle import minutes_by_networkx

PACE = 4000 / 60  # metres a minute at 4 km/h


def minutes(
    network: StreetNetwork, demand: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, **keys: float
) -> pd.DataFrame:
    taken = travel_time(
        network,
        snap(demand, network, max_snap_m=keys.pop("max_snap_m", 200.0), min_component_m=0),
        snap(facilities, network, min_component_m=0),
        services=["health"],
        **keys,
    )
    return taken.minutes


def leg(network: StreetNetwork, frame: gpd.GeoDataFrame, row: int) -> float:
    """Access leg measured here, from the point to its position on the street."""
    snapped = snap(frame, network, min_component_m=0).iloc[row]
    point = frame.geometry.iloc[row]
    return float(distance_m(point.x, point.y, snapped["street_lon"], snapped["street_lat"]))


def test_minutes_are_leg_path_and_leg(town: StreetNetwork) -> None:
    demand = demand_at([50], [-20])  # on 0–1, half way, 20 m south of it
    facilities = facilities_at([150], [210])  # on 7–8, half way, 10 m north
    # half of 0–1, then 1–4–7, then half of 7–8
    path = m(town, 0, 1) / 2 + m(town, 1, 4, 7) + m(town, 7, 8) / 2
    expected = (leg(town, demand, 0) + path + leg(town, facilities, 0)) / PACE
    assert minutes(town, demand, facilities).loc[0, "health"] == pytest.approx(expected, abs=1e-9)


def test_two_places_on_one_edge_walk_along_it(town: StreetNetwork) -> None:
    demand, facilities = demand_at([20], [0]), facilities_at([70], [0])
    expected = 0.5 * m(town, 0, 1) / PACE  # not back to node 0 and round the block
    assert minutes(town, demand, facilities).loc[0, "health"] == pytest.approx(expected, abs=1e-7)


def test_a_detour_is_taken_when_it_is_shorter_than_the_shared_edge() -> None:
    # A long loop 0–1 (north, 400 m round) would be one edge in a simplified graph; here a short
    # cut joins its ends, so going round by node 0 and 1 is shorter than along the loop.
    network = streets_of([0, 100, 100, 0], [0, 0, 300, 300], [(0, 1), (1, 2), (2, 3), (3, 0)])
    demand, facilities = demand_at([100], [40]), facilities_at([0], [40])
    by_south = 80 + 100  # metres on the plane; north: 260 + 100 + 260
    assert minutes(network, demand, facilities).loc[0, "health"] * PACE == pytest.approx(
        by_south, rel=1e-3
    )


def test_parallel_edges_use_the_shorter_one() -> None:
    network = streets_of([0, 100, 50], [0, 0, 80], [(0, 2), (2, 1), (0, 1), (0, 1)])
    demand, facilities = demand_at([-1], [0]), facilities_at([101], [0])
    assert minutes(network, demand, facilities).loc[0, "health"] * PACE == pytest.approx(
        102, rel=1e-3
    )


def test_nearest_facility_is_named(town: StreetNetwork) -> None:
    demand = snap(demand_at([10, 190], [0, 200]), town)
    facilities = snap(facilities_at([0, 200], [0, 200]), town)
    taken = travel_time(town, demand, facilities, services=["health"])
    assert taken.facility["health"].tolist() == ["f0", "f1"]


def test_equal_facilities_go_to_the_first(town: StreetNetwork) -> None:
    demand = snap(demand_at([50], [0]), town)
    facilities = snap(facilities_at([0, 0], [0, 0]), town)
    taken = travel_time(town, demand, facilities, services=["health"])
    assert taken.facility.loc[0, "health"] == "f0"


def test_a_facility_on_a_node_costs_nothing_there(town: StreetNetwork) -> None:
    taken = minutes(town, demand_at([100], [100]), facilities_at([100], [100]))
    assert taken.loc[0, "health"] == pytest.approx(0.0, abs=1e-9)


def test_beyond_the_search_is_inf_and_unsnapped_is_nan(town: StreetNetwork) -> None:
    demand = demand_at([0, 5000], [0, 5000])
    taken = minutes(town, demand, facilities_at([200], [200]), search_minutes=5.0)
    assert np.isinf(taken.loc[0, "health"])  # 400 m are 6 minutes
    assert np.isnan(taken.loc[1, "health"])


def test_the_search_limit_itself_is_reached(town: StreetNetwork) -> None:
    demand, facilities = demand_at([0], [0]), facilities_at([200], [0])
    exact = m(town, 0, 1, 2) / PACE
    assert np.isfinite(
        minutes(town, demand, facilities, search_minutes=exact + 1e-9).loc[0, "health"]
    )
    assert np.isinf(minutes(town, demand, facilities, search_minutes=exact - 1e-3).loc[0, "health"])


def test_another_component_is_cut_off() -> None:
    network = streets_of([0, 100, 0, 100], [0, 0, 50, 50], [(0, 1), (2, 3)])
    demand = snap(demand_at([10, 10], [0, 50]), network, min_component_m=0)
    facilities = snap(facilities_at([90], [0]), network, min_component_m=0)
    taken = travel_time(network, demand, facilities, services=["health", "culture"])
    assert taken.cut_off["health"].tolist() == [False, True]
    assert taken.cut_off["culture"].tolist() == [True, True]
    assert np.isinf(taken.minutes["culture"]).all()
    assert taken.facility["culture"].tolist() == ["", ""]


def test_a_service_without_facilities_keeps_its_column(town: StreetNetwork) -> None:
    taken = minutes(town, demand_at([0], [0]), facilities_at([], []))
    assert np.isinf(taken.loc[0, "health"])


def test_places_must_be_on_the_streets(town: StreetNetwork) -> None:
    facilities = snap(facilities_at([0], [0]), town)
    with pytest.raises(InputError, match=r"demand places have no position.*edge, fraction"):
        travel_time(town, demand_at([0], [0]), facilities)


def test_zero_length_streets_connect() -> None:
    network = streets_of([0, 100, 100, 200], [0] * 4, [(0, 1), (1, 2), (2, 3)])
    assert network.length_m[1] == 0.0
    taken = minutes(network, demand_at([0], [0]), facilities_at([200], [0]))
    assert taken.loc[0, "health"] * PACE == pytest.approx(200, rel=1e-3)


def test_minutes_to_the_rim(town: StreetNetwork) -> None:
    # One dead end sticks out east of node 2, beyond a box that ends at x = 250.
    network = streets_of([0, 200, 300], [0, 0, 0], [(0, 1), (1, 2)])
    west, east = network.lon[0] - 0.01, (network.lon[1] + network.lon[2]) / 2
    network = with_rim(network, box=(west, 30.0, east, 32.0))
    assert network.rim.tolist() == [False, False, True]
    demand = snap(demand_at([150], [0]), network)
    taken = travel_time(network, demand, snap(facilities_at([0], [0]), network), services=[])
    expected = (0.25 * m(network, 0, 1) + m(network, 1, 2)) / PACE
    assert taken.rim.loc[0] == pytest.approx(expected, abs=1e-6)


def test_straight_time_is_the_ellipsoidal_line(town: StreetNetwork) -> None:
    demand, facilities = demand_at([0], [0]), facilities_at([200, 150], [200, 200])
    straight, nearest = straight_time(demand, facilities, services=["health"], speed_kmh=4.0)
    here, there = demand.geometry.iloc[0], facilities.geometry.iloc[1]
    expected = float(distance_m(here.x, here.y, there.x, there.y)) / PACE
    assert straight.loc[0, "health"] == pytest.approx(expected, abs=1e-12)
    assert nearest.loc[0, "health"] == "f1"


@st.composite
def cities(
    draw: st.DrawFn, spacing: int = 10
) -> tuple[StreetNetwork, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """A random tangle of streets with places and facilities, some on nodes, some far off.

    Nodes stand on a grid of `spacing` metres: where it is wide, several share a position, and
    streets cross and cover each other without meeting.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    nodes = draw(st.integers(2, 40))
    count = draw(st.integers(1, 80))
    x, y = (rng.uniform(0, 900, (2, nodes)) / spacing).round() * spacing
    ends = rng.integers(0, nodes, (count, 2))
    ends = ends[ends[:, 0] != ends[:, 1]]
    if not len(ends):
        ends = np.array([[0, 1]])
    network = streets_of(x.tolist(), y.tolist(), [tuple(pair) for pair in ends.tolist()])

    def somewhere(size: int) -> tuple[list[float], list[float]]:
        at_node = rng.random(size) < 0.2
        node = rng.integers(0, nodes, size)
        px = np.where(at_node, x[node], rng.uniform(-300, 1200, size))
        py = np.where(at_node, y[node], rng.uniform(-300, 1200, size))
        return px.tolist(), py.tolist()

    demand = demand_at(*somewhere(draw(st.integers(1, 25))))
    facilities = facilities_at(*somewhere(draw(st.integers(0, 8))))
    return network, demand, facilities


@settings(max_examples=120, deadline=None)
@given(cities(), st.sampled_from([0.0, 500.0, 2000.0]), st.sampled_from([3.0, 12.0, 60.0]))
def test_random_cities_agree_with_networkx(
    city: tuple[StreetNetwork, gpd.GeoDataFrame, gpd.GeoDataFrame],
    min_component_m: float,
    search_minutes: float,
) -> None:
    network, demand, facilities = city
    places = snap(demand, network, min_component_m=min_component_m)
    targets = snap(facilities, network, min_component_m=min_component_m)
    ours = travel_time(
        network, places, targets, services=["health"], search_minutes=search_minutes
    ).minutes["health"]
    truth = minutes_by_networkx(
        network, places, targets, service="health", search_minutes=search_minutes
    )
    # A place exactly at the search limit may fall on either side in the last digit.
    near = np.isclose(np.where(np.isinf(truth), search_minutes, truth), search_minutes, atol=1e-9)
    np.testing.assert_allclose(ours[~near], truth[~near], rtol=0, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(cities())
def test_nobody_walks_less_than_the_straight_line(
    city: tuple[StreetNetwork, gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    network, demand, facilities = city
    places, targets = snap(demand, network), snap(facilities, network)
    ours = travel_time(network, places, targets, services=["health"]).minutes["health"]
    straight, _ = straight_time(demand, facilities, services=["health"], speed_kmh=4.0)
    known = ours.notna()
    assert (ours[known] >= straight.loc[known, "health"] - 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(cities() | cities(spacing=150), st.randoms(use_true_random=False))
def test_order_of_streets_and_facilities_does_not_matter(
    city: tuple[StreetNetwork, gpd.GeoDataFrame, gpd.GeoDataFrame], random: object
) -> None:
    network, demand, facilities = city
    rng = np.random.default_rng(random.randrange(2**32))  # type: ignore[attr-defined]
    order = rng.permutation(len(network.u))
    turned = rng.random(len(order)) < 0.5
    u, v = np.where(turned, (network.v, network.u), (network.u, network.v))[:, order]
    streets = Streets.plain(network.lon, network.lat, u, v)
    shuffled = street_network(streets, crs=pyproj.CRS("EPSG:4549"))
    mixed = facilities.iloc[rng.permutation(len(facilities))]
    first = minutes(network, demand, facilities)
    second = minutes(shuffled, demand, mixed)
    # Ties between edges that meet at a node may go to another one: the minutes stay the same.
    np.testing.assert_allclose(second["health"], first["health"], rtol=0, atol=1e-6)
