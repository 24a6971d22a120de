"""The checks of every run must be able to fail."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest

from lifecircle.errors import BrokenIdentityError
from lifecircle.geodesy import WGS84, transformer
from lifecircle.identities import MINUTES, check_all, check_snapped, check_straight, check_sums
from lifecircle.network import Streets, street_network
from lifecircle.rates import coverage
from lifecircle.snapping import snap
from lifecircle.straight import straight_time
from lifecircle.travel import travel_time
from tests.test_rates import DEFINITION, people, standard, taken, zones_of


@pytest.fixture
def table() -> pd.DataFrame:
    demand = people(["a", "b"], [10, 20])
    return coverage(
        taken(demand, health=[1.0, 20.0], culture=[1.0, 1.0]), demand,
        zones_of(a=("p", ""), b=("q", "")), standard(health=15, culture=15), DEFINITION,
    )  # fmt: skip


@pytest.mark.parametrize(("level", "zone"), [("city", ""), ("parent", "p"), ("zone", "b")], ids=str)
def test_a_sum_that_is_off_is_found(table: pd.DataFrame, level: str, zone: str) -> None:
    zones = zones_of(a=("p", ""), b=("q", ""))
    check_sums(table, zones)
    table.loc[(table["level"] == level) & (table["zone"] == zone), "covered"] += 1e-6
    with pytest.raises(BrokenIdentityError, match="do not sum"):
        check_sums(table, zones)


def test_all_above_a_service_is_found(table: pd.DataFrame) -> None:
    check_all(table, standard(health=15, culture=15))
    table.loc[table["service"] == "all", "covered"] += 1
    with pytest.raises(BrokenIdentityError, match="all ≤ health"):
        check_all(table, standard(health=15, culture=15))


def test_more_covered_than_there_is_is_found(table: pd.DataFrame) -> None:
    table.loc[0, "covered"] = table.loc[0, "demand"] + 1
    with pytest.raises(BrokenIdentityError, match="covered ≤ demand"):
        check_all(table, standard(health=15, culture=15))


def test_walking_less_than_the_straight_line_is_found() -> None:
    minutes = taken(people(["a"], [1]), health=[5.0])
    check_straight(minutes, pd.DataFrame({"health": [5.0]}))
    with pytest.raises(BrokenIdentityError, match="1 places reach a facility in less"):
        check_straight(minutes, pd.DataFrame({"health": [5.1]}))


def test_the_scale_of_the_plane_is_no_shorter_way() -> None:
    # 1.5 km on one straight edge, 130 km from the central meridian, place and facility on it.
    far = pyproj.CRS("EPSG:4549")
    x, y = 630_000, 3_450_000
    to_degrees = transformer(far, WGS84)
    lon, lat = to_degrees.transform([x, x + 1500], [y, y])
    streets = Streets.plain(np.array(lon), np.array(lat), np.array([0]), np.array([1]))
    network = street_network(streets, crs=far)
    at = to_degrees.transform([x + 100, x + 700], [y, y])
    on = snap(gpd.GeoDataFrame(geometry=gpd.points_from_xy(*at), crs=WGS84), network)
    home, clinic = on.iloc[[0]], on.iloc[[1]].assign(facility="clinic", service="health")
    minutes = travel_time(network, home, clinic)
    straight, _ = straight_time(home, clinic, services=["health"], speed_kmh=network.speed_kmh)
    assert (straight["health"] - minutes.minutes["health"] > MINUTES).all()
    check_straight(minutes, straight)


def test_half_unsnapped_is_found() -> None:
    demand = people(["a"], [1])
    check_snapped(taken(demand, health=[float("nan")]))
    broken = taken(demand, health=[1.0], culture=[float("nan")])
    with pytest.raises(BrokenIdentityError, match="snapped and unsnapped"):
        check_snapped(broken)
