"""Metres on the WGS 84 ellipsoid: the only ruler of the package."""

from __future__ import annotations

import functools
import os
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Geod, Transformer

from lifecircle.errors import CRSError

FloatArray = NDArray[np.float64]

WGS84 = "EPSG:4326"
_ELLIPSOID = Geod(ellps="WGS84")
_LINES_AT_ONCE = 20_000


def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> FloatArray:
    """Metres along the ellipsoid between points given in degrees; the four arrays broadcast.

    >>> float(distance_m(0.0, 0.0, 1.0, 0.0).round())  # one degree of the equator
    111319.0
    """
    degrees = np.broadcast_arrays(lon1, lat1, lon2, lat2)
    west, south, east, north = (np.array(each, dtype=float).ravel() for each in degrees)
    metres: FloatArray = np.empty(len(west))

    def measure(start: int) -> None:
        some = slice(start, start + _LINES_AT_ONCE)
        ends = west[some], south[some], east[some], north[some]
        metres[some] = _ELLIPSOID.inv(*ends)[2]

    if len(metres) <= _LINES_AT_ONCE:
        measure(0)
    else:  # PROJ lets other threads run meanwhile
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            list(threads.map(measure, range(0, len(metres), _LINES_AT_ONCE)))
    return metres.reshape(degrees[0].shape)


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
