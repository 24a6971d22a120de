"""GCJ-02 and BD-09: published values, a second implementation, and there-and-back."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecircle.datum import (
    bd09_from_wgs84,
    gcj02_from_wgs84,
    shifted_datum,
    wgs84_from_bd09,
    wgs84_from_gcj02,
)
from lifecircle.geodesy import distance_m

# WGS 84 and GCJ-02 of Shanghai, Shenzhen and Beijing, as several public converters test themselves.
PUBLISHED = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]
# GCJ-02 and BD-09 of a point in Beijing, likewise.
PUBLISHED_BAIDU = ((116.404, 39.915), (116.41036949371029, 39.92133699351021))

# The rectangle of GCJ-02, less the kilometre in which the shift crosses its rim.
china_lon = st.floats(72.02, 137.82)
china_lat = st.floats(0.84, 55.81)


def scalar_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The shift told another way: as sums of sines over metres, on the Krasovsky ellipsoid."""
    x, y = lon - 105, lat - 35
    east_terms = {1: 20, 1 / 3: 40, 1 / 12: 150, 1 / 30: 300}
    north_terms = {1: 20, 1 / 3: 40, 1 / 12: 160, 1 / 30: 320}
    common = sum(20 * math.sin(math.pi * k * x) for k in (6, 2))
    east = 300 + x + 2 * y + x * (x + y) / 10 + math.sqrt(abs(x)) / 10
    east += (common + sum(a * math.sin(math.pi * k * x) for k, a in east_terms.items())) / 1.5
    north = -100 + 2 * x + 3 * y + y * (2 * y + x) / 10 + math.sqrt(abs(x)) / 5
    north += (common + sum(a * math.sin(math.pi * k * y) for k, a in north_terms.items())) / 1.5
    half_axis, eccentricity2 = 6378245.0, 0.00669342162296594323
    sine, cosine = math.sin(math.radians(lat)), math.cos(math.radians(lat))
    prime_vertical = half_axis / math.sqrt(1 - eccentricity2 * sine * sine)
    meridian = prime_vertical**3 * (1 - eccentricity2) / half_axis**2
    return (
        lon + math.degrees(east / (prime_vertical * cosine)),
        lat + math.degrees(north / meridian),
    )


def scalar_bd09(lon: float, lat: float) -> tuple[float, float]:
    """Baidu's shift of GCJ-02 in the complex plane."""
    fine = math.pi * 3000 / 180
    radius, angle = cmath.polar(complex(lon, lat))
    radius += 2e-5 * math.sin(lat * fine)
    angle += 3e-6 * math.cos(lon * fine)
    turned = cmath.rect(radius, angle) + complex(0.0065, 0.006)
    return turned.real, turned.imag


@pytest.mark.parametrize(("wgs84", "gcj02"), PUBLISHED)
def test_published_points_agree_to_the_last_digit(
    wgs84: tuple[float, float], gcj02: tuple[float, float]
) -> None:
    assert np.array(gcj02_from_wgs84(*wgs84)) == pytest.approx(gcj02, abs=1e-13)
    assert np.array(wgs84_from_gcj02(*gcj02)) == pytest.approx(wgs84, abs=1e-12)


def test_a_published_baidu_point_agrees_to_the_last_digit() -> None:
    gcj02, bd09 = PUBLISHED_BAIDU
    wgs84 = wgs84_from_gcj02(*gcj02)
    assert np.array(bd09_from_wgs84(*wgs84)) == pytest.approx(bd09, abs=1e-12)
    assert np.array(wgs84_from_bd09(*bd09)) == pytest.approx(np.array(wgs84), abs=1e-12)


@given(china_lon, china_lat)
def test_a_second_implementation_agrees(lon: float, lat: float) -> None:
    gcj02 = scalar_gcj02(lon, lat)
    assert np.array(gcj02_from_wgs84(lon, lat)) == pytest.approx(gcj02, abs=1e-12)
    assert np.array(bd09_from_wgs84(lon, lat)) == pytest.approx(scalar_bd09(*gcj02), abs=1e-12)


@given(china_lon, china_lat)
def test_there_and_back_is_the_same_place_to_a_micrometre(lon: float, lat: float) -> None:
    for there, back in ((gcj02_from_wgs84, wgs84_from_gcj02), (bd09_from_wgs84, wgs84_from_bd09)):
        assert distance_m(lon, lat, *back(*there(lon, lat))) < 1e-6
        assert distance_m(lon, lat, *there(*back(lon, lat))) < 1e-6


@pytest.mark.parametrize("lon", [105.0, 105.0 + 1e-12, 105.0 - 1e-13])
def test_the_meridian_where_the_root_has_no_slope_comes_back_too(lon: float) -> None:
    assert distance_m(lon, 29.5, *wgs84_from_gcj02(*gcj02_from_wgs84(lon, 29.5))) < 1e-6


@pytest.mark.parametrize("place", [(7.42, 43.74), (-74.0, 40.7), (151.2, -33.9), (-180.0, 90.0)])
def test_outside_china_gcj02_is_wgs84(place: tuple[float, float]) -> None:
    assert tuple(map(float, gcj02_from_wgs84(*place))) == place
    assert tuple(map(float, wgs84_from_gcj02(*place))) == place


def test_the_shifts_in_shanghai_are_hundreds_of_metres() -> None:
    lon, lat = 121.4737, 31.2304
    assert 400 < distance_m(lon, lat, *gcj02_from_wgs84(lon, lat)) < 600
    assert 1000 < distance_m(lon, lat, *bd09_from_wgs84(lon, lat)) < 1300


def test_arrays_keep_their_shape_and_are_not_changed() -> None:
    lon, lat = np.array([[121.0, 7.0]]), np.array([[31.0, 43.0]])
    shifted, _ = gcj02_from_wgs84(lon, lat)
    assert shifted.shape == (1, 2)
    assert lon.tolist() == [[121.0, 7.0]]


def test_an_unknown_coordinate_stays_unknown() -> None:
    assert np.isnan(wgs84_from_gcj02([np.nan], [31.0])[0]).all()


@pytest.mark.parametrize(
    ("text", "conversion"),
    [
        ("GCJ-02", wgs84_from_gcj02),
        ("gcj02", wgs84_from_gcj02),
        ("BD-09", wgs84_from_bd09),
        ("bd09ll", wgs84_from_bd09),
        ("EPSG:4326", None),
        ("", None),
    ],
)
def test_only_the_two_names_mean_a_shift(text: str, conversion: object) -> None:
    assert shifted_datum(text) is conversion
