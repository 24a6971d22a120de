"""Metres on the ellipsoid."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import pytest
import shapely

from lifecircle.errors import CRSError
from lifecircle.geodesy import distance_m, earth_centred, lonlat

LongDoubles = npt.NDArray[np.longdouble]
LONG_PI = "3.14159265358979323846264338327950288"

# Quarter meridian and equatorial degree of WGS 84, from the ellipsoid's definition.
QUARTER_MERIDIAN_M = 10_001_965.729
EQUATOR_M = 2 * np.pi * 6_378_137.0


def test_a_degree_of_the_equator_and_the_quarter_meridian() -> None:
    metres = distance_m([0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 90.0])
    assert metres == pytest.approx([EQUATOR_M / 360, QUARTER_MERIDIAN_M], abs=0.01)


def test_distances_broadcast_one_point_against_many() -> None:
    metres = distance_m(121.0, 31.0, np.array([[121.0, 121.1], [121.2, 121.3]]), 31.0)
    assert metres.shape == (2, 2)
    assert metres[0, 0] == 0.0
    assert (np.diff(metres.ravel()) > 0).all()


def test_no_points_have_no_distances() -> None:
    empty = np.array([])
    assert distance_m(empty, empty, empty, empty).shape == (0,)


def test_an_unknown_place_has_an_unknown_distance() -> None:
    assert np.isnan(distance_m([np.nan], [31.0], [121.0], [31.0])).all()


def test_points_of_a_projected_layer_come_back_in_degrees() -> None:
    points = gpd.GeoSeries([shapely.Point(500_000, 0), None], crs="EPSG:4549")
    lon, lat = lonlat(points)
    assert lon[0] == pytest.approx(120.0, abs=1e-9)
    assert lat[0] == pytest.approx(0.0, abs=1e-9)
    assert np.isnan([lon[1], lat[1]]).all()


def test_a_frame_gives_what_its_geometry_gives() -> None:
    frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.Point(7.4, 43.7)], crs="EPSG:4326")
    assert [axis.tolist() for axis in lonlat(frame)] == [[7.4], [43.7]]


def test_points_without_a_system_are_refused() -> None:
    with pytest.raises(CRSError, match="no coordinate system"):
        lonlat(gpd.GeoSeries([shapely.Point(1, 2)]))


def test_the_chord_of_near_points_is_their_distance() -> None:
    lon, lat = np.array([121.47, 121.48]), np.array([31.23, 31.24])
    chord = np.linalg.norm(np.diff(earth_centred(lon, lat), axis=0))
    assert chord == pytest.approx(distance_m(lon[0], lat[0], lon[1], lat[1]), rel=1e-6)


@pytest.mark.parametrize("latitude", [0.0, 31.0, -45.0, 60.0, 80.0])
@pytest.mark.parametrize("reach_m", [0.01, 1.0, 50.0, 500.0])
def test_short_distances_are_those_of_pyproj(latitude: float, reach_m: float) -> None:
    rng = np.random.default_rng(int(reach_m))
    geod = pyproj.Geod(ellps="WGS84")
    lon, lat = rng.uniform(-179, 179, 2000), latitude + rng.uniform(-1, 1, 2000)
    there = geod.fwd(lon, lat, rng.uniform(0, 360, 2000), rng.uniform(0, reach_m, 2000))
    expected = geod.inv(lon, lat, there[0], there[1])[2]
    # `Geod.inv` itself is 3e-9 m off on a metre.
    assert distance_m(lon, lat, there[0], there[1]) == pytest.approx(expected, rel=1e-10, abs=5e-9)


def chord_m(lon: LongDoubles, lat: LongDoubles) -> LongDoubles:
    """From the first to the last of two rows of points, straight through the earth."""
    flattening = 1 / np.longdouble("298.257223563")
    square = flattening * (2 - flattening)
    lon, lat = lon * (np.longdouble(LONG_PI) / 180), lat * (np.longdouble(LONG_PI) / 180)
    normal = 6_378_137 / np.sqrt(1 - square * np.sin(lat) ** 2)
    x, y = normal * np.cos(lat) * np.cos(lon), normal * np.cos(lat) * np.sin(lon)
    z = normal * (1 - square) * np.sin(lat)
    return np.sqrt(sum(np.diff(axis, axis=0)[0] ** 2 for axis in (x, y, z)))


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="no numbers of 80 bits")
@pytest.mark.parametrize("latitude", [0.0, 31.0, -45.0, 60.0, 80.0])
def test_a_short_distance_is_within_a_nanometre_of_the_truth(latitude: float) -> None:
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(-179, 179, 5000), latitude + rng.uniform(-1, 1, 5000)
    # Up to 200 m each way, where an arc is 8e-9 m longer than its chord on any sphere of our size.
    up = rng.uniform(-200, 200, 5000) / 111_000
    across = rng.uniform(-200, 200, 5000) / 111_000 / np.cos(np.radians(latitude + 1.01))
    lons, lats = np.stack([lon, lon + across]), np.stack([lat, lat + up])
    chord = chord_m(lons.astype(np.longdouble), lats.astype(np.longdouble))
    truth = chord * (1 + (chord / 6_371_000) ** 2 / 24)
    found = distance_m(lons[0], lats[0], lons[1], lats[1])
    assert np.abs(found - truth).max() < 1e-9


def test_short_long_and_unknown_distances_stand_together_in_their_order() -> None:
    east = np.array([121.001, 122.0, np.nan, 121.0])
    expected = [pyproj.Geod(ellps="WGS84").inv(121.0, 31.0, each, 31.0)[2] for each in east]
    found = distance_m(121.0, 31.0, east, 31.0)
    assert found == pytest.approx(expected, abs=1e-8, nan_ok=True)
    assert found[3] == 0.0


def test_over_the_date_line_it_is_not_far() -> None:
    assert distance_m(179.999, 0.0, -179.999, 0.0) == pytest.approx(EQUATOR_M / 360 * 0.002)
