"""GCJ-02 and BD-09, the shifted coordinates of Chinese web maps, to and from WGS 84.

GCJ-02 (Amap, Tencent) moves a point by 100 to 700 m, BD-09 (Baidu) by up to a kilometre more. The
shift cannot be seen in the numbers, so it is never guessed: a table says `crs = "GCJ-02"`.
Outside the rectangle around China GCJ-02 is the same as WGS 84; BD-09 is a shift of GCJ-02
everywhere. All functions take degrees as arrays and give new arrays.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
Conversion = Callable[[ArrayLike, ArrayLike], tuple[FloatArray, FloatArray]]

# Krasovsky 1940, as the published algorithm has it: half axis in metres, squared eccentricity.
_AXIS_M = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
# Each step gains two digits or more; nine reach the last bit of a double.
_STEPS = 9


def gcj02_from_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """GCJ-02 degrees of WGS 84 degrees; unchanged outside China's rectangle.

    >>> lon, lat = gcj02_from_wgs84([121.4737, 7.42], [31.2304, 43.74])
    >>> lon.round(4).tolist(), lat.round(4).tolist()
    ([121.4782, 7.42], [31.2285, 43.74])
    """
    lon, lat = _degrees(lon, lat)
    inside = _in_china(lon, lat)
    east, north = _gcj02_shift(lon, lat)
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def wgs84_from_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """WGS 84 degrees of GCJ-02 degrees: the exact inverse, by fixed-point iteration.

    >>> lon, lat = wgs84_from_gcj02(*gcj02_from_wgs84([121.4737], [31.2304]))
    >>> lon.round(9).tolist(), lat.round(9).tolist()
    ([121.4737], [31.2304])
    """
    lon, lat = _degrees(lon, lat)
    guess_lon, guess_lat = lon, lat
    for _ in range(_STEPS):
        # The shift is a polynomial: clipped, it cannot run away far from China.
        near_lon = np.clip(guess_lon, _WEST - 1, _EAST + 1)
        near_lat = np.clip(guess_lat, _SOUTH - 1, _NORTH + 1)
        east, north = _gcj02_shift(near_lon, near_lat)
        guess_lon, guess_lat = lon - east, lat - north
    inside = _in_china(guess_lon, guess_lat)
    return np.where(inside, guess_lon, lon), np.where(inside, guess_lat, lat)


def bd09_from_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """BD-09 degrees of WGS 84 degrees.

    >>> lon, lat = bd09_from_wgs84([121.4737], [31.2304])
    >>> lon.round(4).tolist(), lat.round(4).tolist()
    ([121.4848], [31.2343])
    """
    lon, lat = gcj02_from_wgs84(lon, lat)
    east, north = _bd09_shift(lon, lat)
    return lon + east, lat + north


def wgs84_from_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """WGS 84 degrees of BD-09 degrees: the exact inverse, by fixed-point iteration.

    >>> lon, lat = wgs84_from_bd09(*bd09_from_wgs84([121.4737], [31.2304]))
    >>> lon.round(9).tolist(), lat.round(9).tolist()
    ([121.4737], [31.2304])
    """
    lon, lat = _degrees(lon, lat)
    guess_lon, guess_lat = lon, lat
    for _ in range(_STEPS):
        east, north = _bd09_shift(guess_lon, guess_lat)
        guess_lon, guess_lat = lon - east, lat - north
    return wgs84_from_gcj02(guess_lon, guess_lat)


def shifted_datum(text: str) -> Conversion | None:
    """The conversion to WGS 84 that a `crs` text asks for, if it names GCJ-02 or BD-09.

    >>> shifted_datum("gcj02") is wgs84_from_gcj02, shifted_datum("EPSG:4326") is None
    (True, True)
    """
    names: dict[str, Conversion] = {
        "gcj02": wgs84_from_gcj02,
        "bd09": wgs84_from_bd09,
        "bd09ll": wgs84_from_bd09,
    }
    return names.get(re.sub(r"[\s_-]", "", text).lower())


def _degrees(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)


def _in_china(lon: FloatArray, lat: FloatArray) -> NDArray[np.bool_]:
    return (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)


def _gcj02_shift(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Degrees that GCJ-02 adds to WGS 84, whether in China or not."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    both = 20 * (_wave(x, 6) + _wave(x, 2))
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m += (
        both + 20 * _wave(y, 1) + 40 * _wave(y, 1 / 3) + 160 * _wave(y, 1 / 12)
    ) * 2 / 3 + 320 * _wave(y, 1 / 30) * 2 / 3
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m += (
        both + 20 * _wave(x, 1) + 40 * _wave(x, 1 / 3) + 150 * _wave(x, 1 / 12)
    ) * 2 / 3 + 300 * _wave(x, 1 / 30) * 2 / 3
    latitude = np.radians(lat)
    flattening = 1 - _ECCENTRICITY2 * np.sin(latitude) ** 2
    along_meridian_m = _AXIS_M * (1 - _ECCENTRICITY2) / flattening**1.5
    along_parallel_m = _AXIS_M / np.sqrt(flattening) * np.cos(latitude)
    return np.degrees(east_m / along_parallel_m), np.degrees(north_m / along_meridian_m)


def _wave(degrees: FloatArray, frequency: float) -> FloatArray:
    return np.sin(degrees * frequency * np.pi)


def _bd09_shift(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Degrees that BD-09 adds to GCJ-02."""
    fine = 3000 * np.pi / 180
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * fine)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * fine)
    return radius * np.cos(angle) + 0.0065 - lon, radius * np.sin(angle) + 0.006 - lat
