"""Metres on the ellipsoid."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from lifecircle.errors import CRSError
from lifecircle.geodesy import distance_m, earth_centred, lonlat

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
