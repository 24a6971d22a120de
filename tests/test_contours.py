"""Isochrones as contours: by hand on single streets, and against the minutes of every place."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
import shapely

import lifecircle as lc
from lifecircle import contours, nearest, pairs, snapping
from lifecircle.network import street_network
from lifecircle.sample import city
from lifecircle.snapping import snap
from lifecircle.standards import Service
from lifecircle.travel import travel_time
from tests.conftest import CRS, facilities_at, points, streets_of
from tests.test_reach import PACE, standard
from tests.test_search import INF, directed


def drawn(network, facilities, metres, **options) -> gpd.GeoDataFrame:
    """Isochrones of so many metres, in the plane."""
    on = snap(facilities, network, min_component_m=0)
    options = {"min_component_m": 0, **options}
    return lc.isochrones(network, on, standard(metres / PACE), **options).to_crs(CRS)


def union(areas: gpd.GeoDataFrame) -> shapely.Geometry:
    return areas.geometry[areas["kind"] == "service"].iloc[0]


def test_around_a_straight_street_lies_a_diamond():
    # A place d beside the street at s along it is |s| + |d| away: 150 m make a diamond.
    street = streets_of([-500, 500], [0, 0], [(0, 1)])
    area = union(drawn(street, facilities_at([0], [0]), 150, resolution_m=5))
    assert area.area == pytest.approx(2 * 150**2, rel=0.01)
    west, south, east, north = area.bounds
    here = np.array(facilities_at([0], [0]).to_crs(CRS).geometry.iloc[0].coords[0])
    assert np.array([west, south]) - here == pytest.approx([-150, -150], abs=1)
    assert np.array([east, north]) - here == pytest.approx([150, 150], abs=1)


def test_the_facility_s_own_access_leg_counts():
    street = streets_of([-500, 500], [0, 0], [(0, 1)])
    area = union(drawn(street, facilities_at([0], [40]), 150, resolution_m=5))
    assert area.area == pytest.approx(2 * 110**2, rel=0.01)


def test_what_is_far_from_every_street_is_no_one_s():
    # a ring of 600 m to a side: its middle is 300 m from every street, places go 200 m
    ring = streets_of([0, 600, 600, 0], [0, 0, 600, 600], [(0, 1), (1, 2), (2, 3), (3, 0)])
    area = union(drawn(ring, facilities_at([0], [300]), 5000, resolution_m=10))
    middle = points([300], [300]).to_crs(CRS).geometry.iloc[0]
    hole = 600 - 2 * 200 - 10  # give or take a step of the grid
    assert not area.covers(middle)
    assert area.convex_hull.area - area.area == pytest.approx(hole**2, rel=0.12)
    assert sum(len(part.interiors) for part in area.geoms) == 1


def test_a_river_is_not_crossed():
    # two streets 300 m apart that do not meet
    banks = streets_of([0, 600, 0, 600], [0, 0, 300, 300], [(0, 1), (2, 3)])
    area = union(drawn(banks, facilities_at([300], [0]), 1000, resolution_m=10))
    beyond = points(np.arange(0, 601, 50), [300] * 13).to_crs(CRS).geometry.to_numpy()
    assert not shapely.covers(area, beyond).any()
    # half-way people begin to go to the other street; a step of the grid lies between
    north = area.bounds[3] - points([0], [0]).to_crs(CRS).geometry.iloc[0].y
    assert north == pytest.approx(150, abs=10)


def test_people_come_to_the_facility():
    # one-way eastwards: who stands west of the facility gets there, who stands east does not
    network = directed([-500, 500], [0, 0], [(0, 1)], [1], [INF])
    on = snap(facilities_at([0], [0]), network, min_component_m=0)
    area = union(lc.isochrones(network, on, standard(150 / PACE), resolution_m=5).to_crs(CRS))
    west = points([-100], [0]).to_crs(CRS).geometry.iloc[0]
    east = points([20], [0]).to_crs(CRS).geometry.iloc[0]
    assert area.covers(west)
    assert not area.covers(east)
    assert area.area == pytest.approx(150**2, rel=0.07)


@pytest.fixture(scope="module")
def on_streets():
    made = city(nodes=2500, seed=8, services=2)
    network = street_network(made.streets, crs=CRS)
    return network, snap(made.facilities, network), made.standard


def test_a_point_of_the_grid_lies_inside_exactly_when_its_minutes_say_so(on_streets):
    network, facilities, asked = on_streets
    areas = lc.isochrones(network, facilities, asked.at(6), resolution_m=20, each_facility=False)
    areas = areas.to_crs(CRS).set_index("service").geometry
    x, y = (each.ravel() for each in np.meshgrid(
        np.arange(np.ceil(network.x.min() / 20) * 20, network.x.max(), 20),
        np.arange(np.ceil(network.y.min() / 20) * 20, network.y.max(), 20),
    ))  # fmt: skip
    grid = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=CRS)
    minutes = travel_time(network, snap(grid, network), facilities).minutes
    for service, area in areas.items():
        inside = shapely.covers(area, grid.geometry.to_numpy())
        within = (minutes[service] <= 6).to_numpy()
        sure = (np.abs(minutes[service] - 6) > 1 / PACE).to_numpy()
        assert 0.05 < within.mean() < 0.95
        np.testing.assert_array_equal(inside[sure], within[sure])


def test_areas_nest_by_limit_and_lie_in_those_of_their_service(on_streets):
    network, facilities, asked = on_streets
    services = tuple(
        dataclasses.replace(service, minutes=9.0, minutes_by_area={"a": 3.0, "b": 6.0})
        for service in asked.services
    )
    three = dataclasses.replace(asked, services=services)
    areas = lc.isochrones(network, facilities, three, resolution_m=30).to_crs(CRS)
    assert areas.is_valid.all()
    assert (areas.geom_type == "MultiPolygon").all()
    table = areas.set_index(["service", "facility", "minutes"]).geometry
    compared = 0
    for (service, facility, minutes), area in table.items():
        for wider in ((service, facility, minutes + 3), (service, "", minutes)):
            if wider in table.index:
                assert area.difference(table[wider]).area < 1e-6 * area.area + 1e-3
                compared += 1
    assert compared > 50


def test_the_grid_of_25_m_is_fine_enough(on_streets):
    network, facilities, asked = on_streets
    options = {"each_facility": False}
    coarse, fine = (
        lc.isochrones(network, facilities, asked.at(10), resolution_m=step, **options).to_crs(CRS)
        for step in (25, 5)
    )
    assert coarse.area.to_numpy() == pytest.approx(fine.area.to_numpy(), rel=0.01)


def test_rows_are_those_of_the_streets_reached(on_streets):
    network, facilities, asked = on_streets
    areas = lc.isochrones(network, facilities, asked)
    lines = lc.reached_edges(network, facilities, asked)
    columns = ["facility", "service", "minutes", "kind"]
    assert areas[columns].equals(lines[columns])
    alone = lc.isochrones(network, facilities, asked, each_facility=False)
    assert set(alone["kind"]) == {"service"}


def test_entrances_are_one_area():
    street = streets_of([-500, 500], [0, 0], [(0, 1)])
    twice = facilities_at([-300, 300], [0, 0]).assign(facility="park")
    areas = drawn(street, twice, 60, resolution_m=5)
    assert areas["facility"].tolist() == ["park", ""]
    assert areas.area.to_numpy() == pytest.approx([4 * 60**2] * 2, rel=0.03)
    assert [len(area.geoms) for area in areas.geometry] == [2, 2]


def test_nobody_offers_anything(town):
    nothing = facilities_at([], [])
    assert drawn(town, nothing, 100).empty
    far = facilities_at([9000], [9000])
    assert drawn(town, far, 100).empty


def test_in_no_time_one_gets_nowhere(town):
    assert drawn(town, facilities_at([30], [7]), 0.001, resolution_m=9).empty


def test_by_default_the_grid_has_not_too_many_points(on_streets, monkeypatch):
    network, facilities, _ = on_streets
    monkeypatch.setattr(contours, "MOST_POINTS", 500)
    box = contours._extent(network, facilities.iloc[:5], 1000.0)
    step_m = contours._step_m(box)
    assert step_m > contours.RESOLUTION_M
    assert len(contours._ground(network, box, step_m, (200.0, 0.0)).points) <= 500 * 1.2


@pytest.mark.parametrize("resolution_m", [0, -5, np.nan])
def test_the_grid_must_have_a_spacing(town, resolution_m):
    with pytest.raises(lc.InputError, match="resolution_m must be more than 0"):
        drawn(town, facilities_at([0], [0]), 100, resolution_m=resolution_m)


def test_facilities_must_be_snapped(town):
    with pytest.raises(lc.InputError, match="no position on the streets"):
        lc.isochrones(town, facilities_at([0], [0]), standard(5))


def test_without_numba_libraries_serve(on_streets, monkeypatch):
    network, facilities, asked = on_streets
    few = facilities.iloc[:3]
    once = lc.isochrones(network, few, asked.at(5), resolution_m=50).to_crs(CRS)
    for module in (pairs, nearest, snapping):
        monkeypatch.setattr(module, "COMPILED", False)
    again = lc.isochrones(network, few, asked.at(5), resolution_m=50).to_crs(CRS)
    assert once.drop(columns="geometry").equals(again.drop(columns="geometry"))
    apart = once.geometry.symmetric_difference(again.geometry, align=False).area
    assert (apart < 1e-3).all()


def test_limits_of_area_types_have_rows_of_their_own(town):
    service = Service("health", "h", "h", 1.0, 0.85, minutes_by_area={"rural": 2.0})
    both = dataclasses.replace(standard(1), services=(service,))
    on = snap(facilities_at([100], [100]), town, min_component_m=0)
    areas = lc.isochrones(town, on, both, resolution_m=10, each_facility=False)
    assert areas["minutes"].tolist() == [1.0, 2.0]
