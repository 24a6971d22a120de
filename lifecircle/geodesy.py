"""Metres on the WGS 84 ellipsoid: the only ruler of the package."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Geod, Transformer

from lifecircle.compiled import cores
from lifecircle.errors import CRSError

FloatArray = NDArray[np.float64]

WGS84 = "EPSG:4326"
_ELLIPSOID = Geod(ellps="WGS84")

_SHORT_DEGREES = (0.01, 0.005)
"""Differences of longitude and latitude, within which half a kilometre lies outside the Arctic."""

_BLOCK = 8192
"""Distances measured at a time, so that what is between stays near the processor."""


def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> FloatArray:
    """Metres along the ellipsoid between points given in degrees; the four arrays broadcast.

    >>> float(distance_m(0.0, 0.0, 1.0, 0.0).round())  # one degree of the equator
    111319.0
    """
    degrees = np.broadcast_arrays(lon1, lat1, lon2, lat2)
    west, south, east, north = (np.array(each, dtype=float).ravel() for each in degrees)
    across, up = _SHORT_DEGREES
    # Whatever is unknown is not short.
    long = ~((np.abs(east - west) <= across) & (np.abs(north - south) <= up))
    metres = np.empty(len(west))
    for start in range(0, len(west), _BLOCK):
        block = slice(start, start + _BLOCK)
        metres[block] = _short_m(east[block] - west[block], south[block], north[block])
    metres[long] = _long_m(west[long], south[long], east[long], north[long])
    return metres.reshape(degrees[0].shape)


def _long_m(west: FloatArray, south: FloatArray, east: FloatArray, north: FloatArray) -> FloatArray:
    """Metres of any distance; PROJ lets other threads run meanwhile."""
    metres = np.empty(len(west))

    def measure(start: int) -> None:
        some = slice(start, start + _BLOCK)
        metres[some] = _ELLIPSOID.inv(west[some], south[some], east[some], north[some])[2]

    starts = range(0, len(metres), _BLOCK)
    with ThreadPoolExecutor(min(len(starts), cores()) or 1) as threads:
        list(threads.map(measure, starts))
    return metres


def _short_m(across: FloatArray, south: FloatArray, north: FloatArray) -> FloatArray:
    """Metres over some hundred metres, given the difference of longitude and both latitudes.

    The chord through the earth, from the radii of curvature half way, and what the arc is longer.
    Nearer to the truth than `Geod.inv`, which is some nanometres off on such distances, and faster.
    """
    half_up, half_across = np.radians(north - south) / 2, np.radians(across) / 2
    sine2 = np.sin(np.radians((south + north) / 2)) ** 2
    flat = 1 - _ELLIPSOID.es * sine2
    across_r2 = _ELLIPSOID.a**2 / flat  # radius of curvature from west to east, squared
    along_r2 = across_r2 * ((1 - _ELLIPSOID.es) / flat) ** 2  # and along the meridian
    # Sines of angles so small need two terms.
    up2 = (half_up * (1 - half_up**2 / 6)) ** 2
    across2 = (half_across * (1 - half_across**2 / 6)) ** 2 * (1 - sine2 - up2)
    chord = 2 * np.sqrt(along_r2 * up2 + across_r2 * across2)
    metres: FloatArray = chord * (1 + (up2 + across2) / 6)
    return metres


def lonlat(points: gpd.GeoSeries | gpd.GeoDataFrame) -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes (EPSG:4326) of point geometries; `NaN` where one is missing.

    Raises
    ------
    CRSError
        If the points have no coordinate system.

    Examples
    --------
    >>> lon, lat = lonlat(gpd.GeoSeries.from_xy([121.5], [31.2], crs="EPSG:4326"))
    >>> float(lon[0]), float(lat[0])
    (121.5, 31.2)
    """
    geometry = points.geometry
    if geometry.crs is None:
        raise CRSError.of("crs.missing")
    if geometry.crs != WGS84:
        geometry = geometry.to_crs(WGS84)
    shapes = geometry.to_numpy()
    return shapely.get_x(shapes), shapely.get_y(shapes)


@functools.lru_cache(maxsize=32)
def transformer(source: str | CRS, target: str | CRS) -> Transformer:
    """The transformation between two systems, x before y; kept, for each takes 0.1 s to look up."""
    return Transformer.from_crs(source, target, always_xy=True)


def earth_centred(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Positions on the ellipsoid in metres from the earth's centre, one row of x, y, z a point.

    The straight chord between two of them orders neighbours within a city as the ellipsoidal
    distance does, which makes them fit for a search tree.

    >>> earth_centred(np.array([0.0]), np.array([0.0])).round(0).tolist()
    [[6378137.0, 0.0, 0.0]]
    """
    geocentric = transformer("EPSG:4979", "EPSG:4978")
    return np.column_stack(geocentric.transform(lon, lat, np.zeros_like(lon)))
