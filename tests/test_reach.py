"""Reached streets by hand and against the minutes; areas against the streets they surround."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pyproj import Geod

from lifecircle import isochrone_rows, reach
from lifecircle.errors import InputError
from lifecircle.network import StreetNetwork, street_network
from lifecircle.reach import buffered_isochrones, reached_edges
from lifecircle.sample import city
from lifecircle.snapping import position, snap
from lifecircle.standards import Service, Standard
from lifecircle.travel import travel_time
from tests.conftest import CRS, facilities_at, m, streets_of

# A line in degrees is straight elsewhere than one in the plane, by less than 0.1 mm a block; so
# lengths are compared to 1e-4 m, and a place is on a street if it is within 1 mm of it.
GEOD = Geod(ellps="WGS84")
PACE = 4000 / 60  # metres a minute at 4 km/h


def standard(minutes: float, *keys: str, **by_area: float) -> Standard:
    services = (
        Service(key, key, key, minutes, 0.85, minutes_by_area=by_area) for key in keys or ["health"]
    )
    return Standard("test", "test", "test", 0.85, tuple(services))


def metres(lines: gpd.GeoDataFrame, row: int = 0) -> float:
    return GEOD.geometry_length(lines.geometry.iloc[row])


def reached(network: StreetNetwork, facilities: gpd.GeoDataFrame, minutes: float) -> float:
    """Metres of street within the minutes of all facilities together."""
    lines = reached_edges(network, snap(facilities, network, min_component_m=0), standard(minutes))
    return metres(lines[lines["kind"] == "service"])


# Lines, by hand on the grid town of conftest -----------------------------------------------------


def test_streets_are_cut_exactly_at_the_limit(town):
    # 150 m from corner 0: the blocks to 1 and 3, then what is left of the two blocks beyond each.
    expected = m(town, 0, 1) + m(town, 0, 3) + 2 * (150 - m(town, 0, 1)) + 2 * (150 - m(town, 0, 3))
    assert reached(town, facilities_at([0], [0]), 150 / PACE) == pytest.approx(expected, abs=1e-4)


def test_an_edge_is_reached_from_both_ends(town):
    # 210 m from corner 0: all four corners nearer than that; of the blocks that end at 2, 4 and 6
    # all is reached, beyond them only the rest of 210 m.
    beyond = sum(210 - m(town, *way) for way in [(0, 1, 2), (0, 3, 6), (0, 1, 4), (0, 1, 4)])
    inner = sum(m(town, *block) for block in [(0, 1), (1, 2), (0, 3), (3, 6), (1, 4), (3, 4)])
    found = reached(town, facilities_at([0], [0]), 210 / PACE)
    assert found == pytest.approx(inner + beyond, abs=0.01)


def test_a_facility_may_reach_neither_end_of_its_edge(town):
    assert reached(town, facilities_at([50], [0]), 20 / PACE) == pytest.approx(40, abs=1e-4)


def test_the_access_leg_is_walked_first(town):
    # 20 m south of the street: 30 m of 50 are left to either side.
    facility = facilities_at([50], [-20])
    leg_m = snap(facility, town)["distance_m"].iloc[0]
    assert leg_m == pytest.approx(20, rel=1e-3)
    assert reached(town, facility, 50 / PACE) == pytest.approx(2 * (50 - leg_m), abs=1e-4)


def test_streets_reached_twice_are_counted_once(town):
    # 30 m to either side of x = 40 and of x = 60: from 10 to 90.
    two = facilities_at([40, 60], [0, 0])
    assert reached(town, two, 30 / PACE) == pytest.approx(80, abs=0.1)


def test_everything_is_reached_in_time_and_nothing_is_in_none(town):
    everything = town.length_m.sum()
    assert reached(town, facilities_at([0], [0]), 60) == pytest.approx(everything, abs=1e-4)
    corner = snap(facilities_at([0], [-10]), town)
    assert reached_edges(town, corner, standard(5 / PACE)).empty


def test_other_pieces_of_street_are_not_reached():
    network = streets_of([0, 100, 0, 100], [0, 0, 30, 30], [(0, 1), (2, 3)])
    assert reached(network, facilities_at([50], [0]), 60) == pytest.approx(m(network, 0, 1))


def test_twice_the_speed_reaches_as_far_in_half_the_time(town):
    quick = dataclasses.replace(town, speed_kmh=8.0)
    facility = facilities_at([30], [0])
    assert reached(quick, facility, 1.5) == pytest.approx(reached(town, facility, 3), abs=1e-9)


def test_parallel_edges_are_reached_by_the_shorter_one():
    # A detour 0–2–1 beside the straight street: both are walked, the far end by the shorter.
    network = streets_of([0, 100, 50], [0, 0, 50], [(0, 1), (0, 2), (2, 1)])
    assert reached(network, facilities_at([0], [0]), 110 / PACE) == pytest.approx(
        m(network, 0, 1) + 110 + (110 - m(network, 0, 1)), abs=1e-4
    )


def test_reach_is_whence_people_come(town):
    # A one-way row of two streets to the east: who comes to its middle comes from the west.
    row = streets_of([0, 100, 200], [0, 0, 0], [(0, 1), (1, 2)])
    oneway = dataclasses.replace(row, backward_m=np.full(2, np.inf))
    lines = reached_edges(oneway, snap(facilities_at([100], [0]), oneway), standard(60 / PACE))
    west, _, east, _ = lines.total_bounds
    assert metres(lines) == pytest.approx(60, abs=1e-4)
    assert east == pytest.approx(oneway.lon[1], abs=1e-9)
    assert west > oneway.lon[0]


def test_reach_goes_farther_on_quick_streets_and_not_along_closed_ones():
    # 60 m at the network's speed: 120 m of the quick street in the west, none of the closed one.
    row = streets_of([0, 200, 400, 200], [0, 0, 0, 200], [(0, 1), (1, 2), (1, 3)])
    paces = row.length_m * np.array([0.5, np.inf, 1.0])
    network = dataclasses.replace(row, forward_m=paces, backward_m=paces)
    assert reached(network, facilities_at([200], [0]), 60 / PACE) == pytest.approx(180, abs=1e-4)
    assert reached(network, facilities_at([200], [0]), 60) == pytest.approx(400, rel=1e-3)


# What stands in the table -----------------------------------------------------------------------


def test_rows_are_facilities_and_services_by_limit(town):
    facilities = facilities_at([0, 200, 100], [0, 0, 100], ["health", "health", "culture"])
    asked = standard(1.0, "culture", "health", rural=2.0)
    lines = reached_edges(town, snap(facilities, town), asked)
    assert lines.crs == "EPSG:4326"
    assert lines.drop(columns="geometry").to_numpy().tolist() == [
        ["f2", "culture", 1.0, "facility"],
        ["", "culture", 1.0, "service"],
        ["f2", "culture", 2.0, "facility"],
        ["", "culture", 2.0, "service"],
        ["f0", "health", 1.0, "facility"],
        ["f1", "health", 1.0, "facility"],
        ["", "health", 1.0, "service"],
        ["f0", "health", 2.0, "facility"],
        ["f1", "health", 2.0, "facility"],
        ["", "health", 2.0, "service"],
    ]
    # Corners 0 and 2 are too far apart to share a street within a minute.
    assert metres(lines, 6) == pytest.approx(metres(lines, 4) + metres(lines, 5), abs=1e-4)


def test_entrances_of_one_facility_are_one_row(town):
    entrances = facilities_at([0, 200], [0, 200]).assign(facility="park")
    lines = reached_edges(town, snap(entrances, town), standard(60 / PACE))
    assert lines["facility"].tolist() == ["park", ""]
    assert metres(lines) == pytest.approx(4 * 60, abs=1e-4)


def test_a_facility_of_two_services_reaches_the_same_for_both(town):
    both = facilities_at([0, 0], [0, 0], ["culture", "health"]).assign(facility="hub")
    lines = reached_edges(town, snap(both, town), standard(1, "culture", "health"))
    assert lines["service"].tolist() == ["culture", "culture", "health", "health"]
    assert metres(lines, 0) == metres(lines, 2) == pytest.approx(2 * PACE, abs=1e-4)


def test_facilities_off_the_streets_or_of_other_services_are_left_out(town):
    facilities = facilities_at([0, 900, 100], [0, 900, 0], ["health", "health", "zoo"])
    lines = reached_edges(town, snap(facilities, town), standard(1))
    assert lines["facility"].tolist() == ["f0", ""]


@pytest.mark.parametrize("function", [reached_edges, buffered_isochrones])
def test_without_facilities_there_are_no_rows(town, function):
    none = function(town, snap(facilities_at([], []), town), standard(1))
    assert none.empty
    assert list(none.columns) == ["facility", "service", "minutes", "kind", "geometry"]
    assert none.crs == "EPSG:4326"


@pytest.mark.parametrize("function", [reached_edges, buffered_isochrones])
def test_facilities_must_be_snapped(town, function):
    with pytest.raises(InputError, match=r"missing: edge, fraction, distance_m.* Give what"):
        function(town, facilities_at([0], [0]), standard(1))


@pytest.mark.parametrize("buffer_m", [0.0, -5.0, float("nan")])
def test_the_band_must_have_a_width(town, buffer_m):
    with pytest.raises(InputError, match="buffer_m must be more than 0"):
        buffered_isochrones(
            town, snap(facilities_at([0], [0]), town), standard(1), buffer_m=buffer_m
        )


def test_many_facilities_are_searched_in_several_turns(monkeypatch):
    made = city(nodes=1_000, seed=4, services=4)
    network = street_network(made.streets, crs=CRS)
    snapped = snap(made.facilities, network)
    at_once = reached_edges(network, snapped, made.standard)
    monkeypatch.setattr(reach, "CELLS_AT_ONCE", 1)
    assert snapped["facility"].nunique() > 8
    assert_geodataframe_equal(reached_edges(network, snapped, made.standard), at_once)


# Against the minutes ----------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class OnStreets:
    """A random city, its facilities, and places exactly on its streets with their minutes."""

    network: StreetNetwork
    facilities: gpd.GeoDataFrame
    standard: Standard
    places: gpd.GeoDataFrame
    minutes: pd.DataFrame


@pytest.fixture(scope="module", params=[1, 2, 3])
def on_streets(request) -> OnStreets:
    made = city(nodes=1_500, seed=request.param, services=2)
    network = street_network(made.streets, crs=CRS)
    facilities = snap(made.facilities, network)
    rng = np.random.default_rng(request.param)
    edge = rng.integers(0, len(network.u), 3_000)
    fraction = rng.random(3_000)
    places = gpd.GeoDataFrame(
        {"edge": edge, "fraction": fraction, "distance_m": 0.0},
        geometry=gpd.points_from_xy(*position(edge, fraction, network)),
        crs=4326,
    )
    found = travel_time(network, places, facilities, services=["health", "elderly"])
    return OnStreets(network, facilities, made.standard.at(7), places, found.minutes)


def test_a_place_on_a_street_is_reached_exactly_when_its_minutes_say_so(on_streets):
    lines = reached_edges(on_streets.network, on_streets.facilities, on_streets.standard)
    unions = lines[lines["kind"] == "service"].set_index("service").to_crs(CRS)
    points = on_streets.places.to_crs(CRS).geometry.to_numpy()
    for service, minutes in on_streets.minutes.items():
        on_line = shapely.distance(points, unions.geometry[service]) < 1e-3
        assert 0.1 < on_line.mean() < 0.9
        assert np.array_equal(on_line, (minutes <= 7).to_numpy())


def test_areas_hold_every_place_on_a_street_within_the_limit(on_streets):
    areas = buffered_isochrones(on_streets.network, on_streets.facilities, on_streets.standard)
    unions = areas[areas["kind"] == "service"].set_index("service")
    points = on_streets.places.geometry.to_numpy()
    for service, minutes in on_streets.minutes.items():
        inside = shapely.covers(unions.geometry[service], points)
        assert inside[minutes.to_numpy() <= 7].all()
        # Beyond the limit lies at most the round end of the band, and streets beside others.
        assert not inside[minutes.to_numpy() > 7 + 100 / PACE].any()


def test_areas_follow_their_streets_at_the_width_asked_for(on_streets):
    asked = (on_streets.network, on_streets.facilities, on_streets.standard)
    lines = reached_edges(*asked).to_crs(CRS)
    areas = buffered_isochrones(*asked, buffer_m=30).to_crs(CRS)
    assert areas[isochrone_rows.COLUMNS].equals(lines[isochrone_rows.COLUMNS])
    assert areas.is_valid.all()
    # 30 m, but 27.7 m where an eight-sided cap is flat, and outlines are simplified by 1 m.
    assert lines.buffer(26).within(areas.geometry).all()
    assert areas.within(lines.buffer(33)).all()


def test_a_service_s_area_is_that_of_its_facilities_together(on_streets):
    asked = (on_streets.network, on_streets.facilities, on_streets.standard)
    lines, areas = reached_edges(*asked).to_crs(CRS), buffered_isochrones(*asked).to_crs(CRS)
    for frame in (lines, areas):
        each = frame[frame["kind"] == "facility"].dissolve("service").geometry
        together = frame[frame["kind"] == "service"].set_index("service").geometry
        for service in ("health", "elderly"):
            apart = shapely.hausdorff_distance(each[service], together[service])
            assert apart < (1e-3 if frame is lines else 5)


def test_the_area_around_one_street_is_a_band_with_eight_sided_ends():
    network = streets_of([0, 200], [0, 0], [(0, 1)])
    facility = snap(facilities_at([100], [0]), network)
    area = buffered_isochrones(network, facility, standard(60 / PACE)).to_crs(CRS).geometry.iloc[0]
    # 120 m by 50 m, and half an octagon of radius 25 m at either end (2 √2 r² both).
    assert area.area == pytest.approx(120 * 50 + 2 * np.sqrt(2) * 25**2, rel=1e-3)


def test_rows_of_single_facilities_can_be_left_out(on_streets):
    asked = (on_streets.network, on_streets.facilities, on_streets.standard)
    every = buffered_isochrones(*asked)
    unions = buffered_isochrones(*asked, each_facility=False)
    assert unions["kind"].tolist() == ["service", "service"]
    expected = every[every["kind"] == "service"].reset_index(drop=True)
    assert_geodataframe_equal(unions, expected)
