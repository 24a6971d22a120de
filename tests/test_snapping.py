"""Snapping: by hand, and against looking at every edge in turn."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.geodesy import WGS84, transformer
from lifecircle.network import StreetNetwork, Streets, street_network
from lifecircle.snapping import snap, snapping_findings
from lifecircle.travel import travel_time
from tests.conftest import demand_at, facilities_at, m, points, streets_of
from tests.oracle import snap_by_hand


def test_a_place_goes_to_the_nearest_point_of_the_nearest_edge(town: StreetNetwork) -> None:
    found = snap(points([30], [-40]), town).iloc[0]
    assert found["edge"] == 0  # 0–1
    assert found["fraction"] == pytest.approx(0.3, abs=1e-6)
    assert found["distance_m"] == pytest.approx(40, rel=1e-3)


def test_a_place_beyond_an_end_goes_to_the_node(town: StreetNetwork) -> None:
    found = snap(points([-30], [-40]), town).iloc[0]
    assert found["fraction"] in (0.0, 1.0)
    assert found["distance_m"] == pytest.approx(50, rel=1e-3)


def test_a_tie_goes_to_the_lowest_edge(town: StreetNetwork) -> None:
    # Node 4 in the middle belongs to edges 2 (3–4), 3 (4–5), 7 (1–4) and 10 (4–7).
    assert snap(points([100], [100]), town)["edge"].tolist() == [2]


def in_any_order(network: StreetNetwork) -> Iterator[StreetNetwork]:
    """The same streets in every order, each drawn either way."""
    for order in itertools.permutations(range(len(network.u))):
        for turned in itertools.product((False, True), repeat=len(order)):
            u, v = network.u[list(order)], network.v[list(order)]
            u, v = np.where(turned, v, u), np.where(turned, u, v)
            streets = Streets.plain(network.lon, network.lat, u, v)
            yield street_network(streets, crs=network.crs)


def test_a_place_where_a_bridge_crosses_a_street_stands_on_the_same_one_in_any_order() -> None:
    # 0–1–2 runs east; 3–4–5 runs north over it, and node 4 lies on node 1 without being it.
    x, y = [-100, 0, 100, 0, 0, 0], [0, 0, 0, -100, 0, 100]
    drawn = streets_of(x, y, [(0, 1), (1, 2), (3, 4), (4, 5)])
    place, clinic = demand_at([0], [0]), facilities_at([100], [0])
    for network in in_any_order(drawn):
        here = snap(place, network, min_component_m=0)
        edge = here["edge"].iloc[0]
        # Edge 0–1 lies farthest west; the lowest of those that meet at node 1 is taken.
        met = [i for i, ends in enumerate(zip(network.u, network.v, strict=True)) if 1 in ends]
        assert edge == min(met)
        there = snap(clinic, network, min_component_m=0)
        taken = travel_time(network, here, there, services=["health"]).minutes["health"]
        assert taken.iloc[0] == pytest.approx(m(network, 1, 2) * 60 / 4000, abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_a_place_half_way_between_two_streets_goes_to_the_same_one_in_any_order(seed: int) -> None:
    # In degrees the plane is exact: the northern street mirrors the southern one at the place.
    x1, x2, y1, y2 = np.random.default_rng(seed).uniform([-9, 3, 2, 2], [-3, 9, 9, 9]) / 10_000
    lon, lat = np.array([x1, x2, x1, x2]), np.array([y1, y2, -y1, -y2])
    drawn = street_network(
        Streets.plain(lon, lat, np.array([0, 2]), np.array([1, 3])), crs=pyproj.CRS(WGS84)
    )
    place = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0.0], [0.0]), crs=WGS84)
    found = [snap(place, network, min_component_m=0) for network in in_any_order(drawn)]
    # Both start as far west; the southern end comes first.
    assert [each["street_lat"].iloc[0] < 0 for each in found] == [True] * 8
    # and equally near they are, for either alone is chosen at the same distance
    assert np.ptp([each["distance_m"].iloc[0] for each in found]) < 1e-9


def test_of_two_streets_between_the_same_nodes_the_lower_one_is_taken() -> None:
    network = streets_of([0, 100], [0, 0], [(1, 0), (0, 1)])
    assert snap(points([40, 0], [10, 0]), network)["edge"].tolist() == [0, 0]


def test_too_far_is_unsnapped_and_keeps_its_row(town: StreetNetwork) -> None:
    found = snap(points([100, 100], [-150, -250]), town, max_snap_m=200)
    assert found["edge"].tolist() == [0, -1]
    assert found["distance_m"].isna().tolist() == [False, True]
    assert found["fraction"].isna().tolist() == [False, True]


def test_index_and_columns_of_the_caller_stay(town: StreetNetwork) -> None:
    frame = points([0, 50], [0, 0], colour=["red", "blue"]).set_index([["x", "y"]])
    found = snap(frame, town)
    assert found.index.tolist() == ["x", "y"]
    assert found["colour"].tolist() == ["red", "blue"]
    assert "edge" not in frame


# A long street (3 km) and, north of it, an island of 100 m; heights in metres.
def with_island(height: float) -> StreetNetwork:
    return streets_of([0, 3000, 1000, 1100], [0, 0, height, height], [(0, 1), (2, 3)])


def test_an_island_gives_way_to_a_larger_piece_at_most_200_m_farther() -> None:
    network = with_island(150)
    found = snap(points([1050], [150]), network)  # on the island, 150 m from the long street
    assert found["edge"].tolist() == [0]
    assert found["moved"].tolist() == [True]
    assert found["distance_m"].iloc[0] == pytest.approx(150, rel=1e-3)


def test_an_island_is_kept_when_the_larger_piece_is_too_far() -> None:
    found = snap(points([1050], [210]), with_island(210))
    assert found["edge"].tolist() == [1]
    assert found["moved"].tolist() == [False]


def test_a_moved_place_may_lie_beyond_max_snap() -> None:
    # 20 m from the island, 210 m from the long street: not farther than max_snap from any street.
    found = snap(points([1050], [210]), with_island(190), max_snap_m=200)
    assert found["edge"].tolist() == [0]
    assert found["distance_m"].iloc[0] == pytest.approx(210, rel=1e-3)


def test_the_limit_holds_for_an_island_too() -> None:
    # 200.1 m from the island, 350 m from the long street: farther than max_snap from any street.
    found = snap(points([1050], [350.1]), with_island(150), max_snap_m=200)
    assert found["edge"].tolist() == [-1]
    assert found["moved"].tolist() == [False]


def test_a_plane_that_stretches_does_not_shorten_the_limit() -> None:
    stretched = pyproj.CRS("+proj=tmerc +lon_0=120 +k=1.04 +x_0=500000 +ellps=WGS84 +units=m")
    lon, lat = transformer(stretched, WGS84).transform(
        [5e5, 503e3, 501e3], [3.45e6] * 2 + [3450204]
    )
    streets = Streets.plain(np.array(lon[:2]), np.array(lat[:2]), np.array([0]), np.array([1]))
    place = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon[2:], lat[2:]), crs=WGS84)
    found = snap(place, street_network(streets, crs=stretched), max_snap_m=200)
    assert found["distance_m"].iloc[0] == pytest.approx(204 / 1.04, abs=0.01)


def test_without_the_island_rule_the_nearest_edge_is_taken() -> None:
    found = snap(points([1050], [150]), with_island(150), min_component_m=0)
    assert found["edge"].tolist() == [1]


def test_the_largest_component_is_never_an_island(town: StreetNetwork) -> None:
    assert town.component_m[0] < 2000
    assert snap(points([50], [0]), town, min_component_m=2000)["edge"].tolist() == [0]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 300.0, 2000.0]))
def test_snapping_agrees_with_looking_at_every_edge(seed: int, min_component_m: float) -> None:
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(2, 30))
    x, y = rng.uniform(0, 800, (2, nodes)).round().tolist()
    ends = rng.integers(0, nodes, (int(rng.integers(1, 25)), 2))
    ends = ends[ends[:, 0] != ends[:, 1]]
    if not len(ends):
        return
    network = streets_of(x, y, [tuple(pair) for pair in ends.tolist()])
    frame = points(*rng.uniform(-300, 1100, (2, 12)).tolist())
    found = snap(frame, network, max_snap_m=200, min_component_m=min_component_m)
    for point, row in zip(frame.geometry, found.itertuples(), strict=True):
        edge, fraction, leg_m = snap_by_hand(
            network, point.x, point.y, max_snap_m=200, min_component_m=min_component_m
        )
        assert (edge < 0) == (row.edge < 0)
        # Equally near edges may differ in the last digit: position and leg decide.
        assert row.distance_m == pytest.approx(leg_m, abs=1e-6, nan_ok=True)
        if edge == row.edge:
            assert row.fraction == pytest.approx(fraction, abs=1e-9, nan_ok=True)


def test_findings_name_who_is_off_the_streets_or_moved() -> None:
    network = with_island(150)
    demand = demand_at([1050, 0, 0], [150, 0, 5000], weight=[1, 2, 4])
    found = {
        f.code: f.message.text("en")
        for f in snapping_findings(
            snap(demand, network),
            network,
            layer="people",
            source="x",
            max_snap_m=200,
            min_component_m=2000,
        )
    }
    assert (
        "1 places lie more than 200 m from any street; demand there (4)"
        in (found["network.unsnapped"])
    )
    assert "1 places were put on a larger" in found["network.moved"]
    lost = snapping_findings(
        snap(facilities_at([0, 3000, 1500], [9999, -401, 0]), network),
        network,
        layer="clinics",
        source="x",
        max_snap_m=200,
        min_component_m=2000,
    )
    assert [(f.code, f.severity) for f in lost] == [("network.facility_beyond", "info")]
    assert "serve nobody here: f0, f1." in lost[0].message.text("en")


def test_a_single_facility_beyond_the_streets_is_a_warning() -> None:
    network = streets_of([0, 3000], [0, 0], [(0, 1)])
    found = snapping_findings(
        snap(facilities_at([10, 1500, 15_000], [0, 0, 0]), network),
        network,
        layer="clinics",
        source="clinics.csv",
        max_snap_m=200,
        min_component_m=2000,
    )
    assert [(f.code, f.severity, f.row, f.source) for f in found] == [
        ("network.facility_beyond", "warning", "f2", "clinics.csv")
    ]


def test_a_facility_amid_the_streets_but_far_from_each_is_a_warning() -> None:
    network = streets_of([0, 3000, 3000, 0], [0, 0, 3000, 3000], [(0, 1), (1, 2), (2, 3)])
    found = snapping_findings(
        snap(facilities_at([1000], [1500]), network),
        network,
        layer="clinics",
        source="x",
        max_snap_m=200,
        min_component_m=2000,
    )
    assert [(f.code, f.severity) for f in found] == [("network.facility_unsnapped", "warning")]
    assert "cannot be reached: f0" in found[0].message.text("en")


def test_findings_count_places_left_on_islands() -> None:
    network = with_island(500)
    found = snapping_findings(
        snap(demand_at([1050], [500]), network), network, layer="people",
        source="x",
        max_snap_m=200, min_component_m=2000,
    )  # fmt: skip
    assert [f.code for f in found] == ["network.on_small_component"]
