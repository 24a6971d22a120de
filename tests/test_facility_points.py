"""Facilities on the page's map: one point each, on one of its own entrances."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from lifecircle.report.facility_points import facility_points, packed_facilities
from tests.report_block import unpacked_list, unpacked_points

# Three entrances of a park, one of which is a clinic too; one clinic without a name.
FACILITIES = gpd.GeoDataFrame(
    {
        "service": ["green", "green", "green", "health", "health"],
        "facility": ["park", "park", "park", "park", "clinic"],
        "name": ["Park\nof\r\nthe  lake", "Park\nof\r\nthe  lake", "Park\nof\r\nthe  lake", "", ""],
    },
    geometry=gpd.points_from_xy(
        [121.0, 121.01, 121.05, 121.05, 121.2], [31.0, 31.0, 31.0, 31.0, 31.1]
    ),
    crs="EPSG:4326",
)
CATCHMENTS = pd.DataFrame(
    {
        "service": ["green", "health", "health"],
        "facility": ["park", "park", "clinic"],
        "name": "",
        "demand": [10.5, 7.0, 0.0],
        "within": [4.25, 7.0, 0.0],
    }
)


def test_a_facility_stands_at_the_access_point_nearest_to_their_middle():
    points = facility_points(FACILITIES).set_index(["service", "facility"])
    assert len(points) == 3
    # The middle of 0, 1 and 5 is 2: the second is nearest.
    assert points.loc[("green", "park"), "lon"] == 121.01
    assert points.loc[("health", "park"), "lon"] == 121.05


def test_nearest_is_meant_in_metres():
    # At 60° north a degree of longitude is half as long. The middle is 10, 60.01: to the first two
    # it is 0.01 east and 0.01 south, to the last 0.02 north; in degrees 0.022 and 0.02.
    frame = gpd.GeoDataFrame(
        {"service": "a", "facility": ["f", "f", "f"], "name": ""},
        geometry=gpd.points_from_xy([10.02, 9.98, 10.0], [60.0, 60.0, 60.03]),
        crs="EPSG:4326",
    )
    assert facility_points(frame)["lat"].tolist() == [60.0]


def test_facilities_come_with_names_and_people():
    found = packed_facilities(FACILITIES, ["green", "health", "culture"], CATCHMENTS)
    assert list(found) == ["green", "health"]
    green, health = found["green"], found["health"]
    assert green["n"] == 1
    assert unpacked_points(green["xy"], 1) == [(12_101_000, 3_100_000)]
    assert green["names"] == "Park of the lake"
    assert unpacked_list(green["people"], 1) == [10.5]
    assert unpacked_list(green["within"], 1) == [4.25]
    assert health["names"] is None
    order = [lon for lon, _ in unpacked_points(health["xy"], 2)]
    people = dict(zip(order, unpacked_list(health["people"], 2), strict=True))
    assert people == {12_105_000: 7.0, 12_120_000: 0.0}


def test_names_stay_in_line_with_points():
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(121, 121.5, 200), rng.uniform(31, 31.5, 200)
    names = ["" if n % 3 else f"</script>{n}\u2028{n}" for n in range(200)]
    frame = gpd.GeoDataFrame(
        {"service": "a", "facility": [str(n) for n in range(200)], "name": names},
        geometry=gpd.points_from_xy(lon, lat),
        crs="EPSG:4326",
    )
    found = packed_facilities(frame, ["a"], None)["a"]
    shown = found["names"].split("\n")
    assert len(shown) == 200
    at = {
        (round(x * 1e5), round(y * 1e5)): n for n, (x, y) in enumerate(zip(lon, lat, strict=True))
    }
    for point, name in zip(unpacked_points(found["xy"], 200), shown, strict=True):
        assert name == names[at[point]].replace("\u2028", " ")


def test_people_nobody_knows_are_none():
    found = packed_facilities(FACILITIES, ["health"], None)["health"]
    assert found["people"] == {"all": None}
    some = packed_facilities(FACILITIES, ["health"], CATCHMENTS.iloc[:2])["health"]
    assert sorted(unpacked_list(some["people"], 2), key=str) == pytest.approx(
        [7.0, np.nan], nan_ok=True
    )


def test_missing_names_are_empty():
    frame = FACILITIES.assign(name=[None, "x", np.nan, "y", None])
    found = packed_facilities(frame, ["health"], None)["health"]
    assert sorted(found["names"].split("\n")) == ["", "y"]
