"""The synthetic city: the same each time, as large as asked, and valid as any checked layer."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from lifecircle.errors import InputError
from lifecircle.links import adjacency
from lifecircle.network import Streets, street_network
from lifecircle.sample import SampleCity, city, town

CRS = pyproj.CRS("EPSG:4549")


@pytest.fixture(scope="module")
def middling() -> SampleCity:
    return city(nodes=30_000, seed=3, services=9)


def same(a: Streets, b: Streets) -> bool:
    fields = [field.name for field in dataclasses.fields(Streets)]
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in fields)


def test_the_same_arguments_give_the_same_city():
    first, again = (city(nodes=3_000, seed=7) for _ in range(2))
    assert same(first.streets, again.streets)
    for layer in ("zones", "demand", "facilities"):
        assert_geodataframe_equal(getattr(first, layer), getattr(again, layer))
    assert first.standard == again.standard


def test_another_seed_gives_another_city():
    a, b = city(nodes=3_000, seed=1).streets, city(nodes=3_000, seed=2).streets
    assert not np.array_equal(a.lon, b.lon)


@pytest.mark.parametrize("nodes", [100, 101, 1_234, 20_000])
def test_a_city_has_exactly_the_nodes_asked_for_and_every_one_is_on_a_street(nodes):
    streets = city(nodes=nodes).streets
    assert len(streets.lon) == len(streets.lat) == nodes
    assert np.array_equal(np.unique(np.append(streets.u, streets.v)), np.arange(nodes))


@pytest.mark.parametrize(("nodes", "services"), [(99, 4), (1_000, 0)])
def test_too_small_a_city_is_refused(nodes, services):
    with pytest.raises(InputError, match=f"got {nodes} nodes and {services} services"):
        city(nodes=nodes, services=services)


def test_blocks_are_as_described(middling):
    network = street_network(middling.streets, crs=CRS)
    degree = np.diff(adjacency(network).indptr)
    # 17 % of 2 streets a junction are missing, so dead ends are there but few;
    # more nodes are bends than junctions.
    assert 0.005 < (degree == 1).mean() < 0.1
    assert (degree == 2).mean() > 0.5
    # Streets are 60 to 120 m between junctions and have 0.7 bends on average: 90 / 1.7 = 53 m.
    assert network.length_m.mean() == pytest.approx(53, abs=3)
    assert network.length_m.max() < 120 + 2 * 6 * np.sqrt(2) + 8
    assert 0.005 < network.steps.mean() < 0.02
    assert network.tunnel.any()


def test_there_are_islands_large_and_small(middling):
    component_m = street_network(middling.streets, crs=CRS).component_m
    # Beyond the river lie 6 % of the city; an island of two by three junctions has 7 streets.
    assert component_m[1] == pytest.approx(0.06 * component_m.sum(), rel=0.3)
    assert component_m[0] + component_m[1] > 0.98 * component_m.sum()
    assert (component_m < 7 * 130).sum() >= 3


@pytest.mark.parametrize(("nodes", "zones"), [(100, 4), (30_000, 6), (55_000, 11)])
def test_zones_tile_the_city(nodes, zones):
    made = city(nodes=nodes, services=1)
    assert len(made.zones) == zones
    assert made.zones.index.is_unique
    assert made.zones.index.name == "zone"
    whole = made.zones.union_all()
    areas = shapely.area(made.zones.geometry.to_numpy())
    assert areas.sum() == pytest.approx(whole.area, rel=1e-9)
    assert shapely.area(shapely.envelope(whole)) == pytest.approx(whole.area, rel=1e-9)
    assert shapely.contains_xy(whole, made.streets.lon, made.streets.lat).all()


def test_zones_have_parents_and_area_types(middling):
    assert set(middling.zones["area_type"]) == {"urban", "new_town", "town", "rural"}
    assert 1 < middling.zones["parent"].nunique() < len(middling.zones)


def test_people_live_in_the_zone_that_covers_them(middling):
    joined = gpd.sjoin(middling.demand[["zone", "geometry"]], middling.zones, predicate="within")
    assert len(joined) == len(middling.demand)
    assert (joined["zone_left"] == joined["zone_right"]).all()


def test_age_groups_are_whole_persons_and_parts_of_all(middling):
    people = middling.demand
    assert (people["weight"] > 0).all()
    assert people["weight"].sum() == pytest.approx(25 * 30_000, rel=0.01)
    assert (people["aged_80"] <= people["aged_60"]).all()
    assert (people["aged_60"] + people["age_0_14"] <= people["weight"]).all()
    for group in ("aged_60", "aged_80", "age_0_14"):
        assert (people[group] >= 0).all()
        assert (people[group] % 1 == 0).all()
    assert 0.15 < people["aged_60"].sum() / people["weight"].sum() < 0.3


def test_facilities_are_those_of_the_standard(middling):
    facilities = middling.facilities
    assert list(facilities["service"].drop_duplicates()) == list(middling.standard.keys)
    assert len(middling.standard.keys) == 9
    assert middling.standard.all == middling.standard.keys
    per_service = facilities.groupby("service")["facility"].nunique()
    assert per_service["health"] == 100  # 30,000 / 300
    assert per_service["service_9"] == 27  # 30,000 / 1,100
    assert facilities.groupby("facility")["service"].nunique().max() == 1
    assert facilities.duplicated("facility").any()  # second entrances
    assert facilities["capacity"].isna().any()
    inside = shapely.covers(shapely.buffer(middling.zones.union_all(), 0.001), facilities.geometry)
    assert inside.all()


def test_layers_have_the_columns_and_indexes_that_the_package_works_on(middling):
    for made in (middling, town()):
        assert list(made.zones.columns) == ["name", "parent", "area_type", "geometry"]
        assert list(made.demand.columns) == [
            "id", "zone", "weight", "aged_60", "aged_80", "age_0_14", "geometry"
        ]  # fmt: skip
        assert list(made.facilities.columns) == [
            "facility", "service", "name", "layer", "site", "capacity", "geometry"
        ]  # fmt: skip
        for layer in (made.demand, made.facilities):
            assert isinstance(layer.index, pd.RangeIndex)
            assert layer.crs == "EPSG:4326"
        assert made.demand["id"].is_unique
        assert set(made.demand["zone"]) <= set(made.zones.index)


def test_every_block_of_the_town_is_100_m():
    network = street_network(town().streets, crs=CRS)
    assert len(network.lon) == 9
    assert network.length_m == pytest.approx([100.0] * 12, abs=1e-6)


def test_the_museum_stands_half_way_between_corners_5_and_8():
    made = town()
    corner = made.demand.geometry
    assert made.facilities.geometry[0] == corner[0]
    assert made.facilities.geometry[1] == corner[4]
    geod = pyproj.Geod(ellps="WGS84")
    museum = made.facilities.geometry[2]
    for end in (5, 8):
        _, _, away = geod.inv(museum.x, museum.y, corner[end].x, corner[end].y)
        assert away == pytest.approx(50, abs=1e-3)


def test_the_town_s_people_live_in_the_zone_that_covers_them():
    made = town()
    joined = gpd.sjoin(made.demand[["zone", "geometry"]], made.zones, predicate="within")
    assert len(joined) == 9
    assert (joined["zone_left"] == joined["zone_right"]).all()
    assert made.demand.groupby("zone")["weight"].sum().to_dict() == {"west": 60, "east": 30}


def test_a_city_of_three_hundred_thousand_nodes_is_made_whole():
    made = city(nodes=300_000, services=8)
    assert len(made.streets.lon) == 300_000
    assert len(made.zones) == 60
