"""The zones' outlines for the page's map: fewer corners, borders still shared, as short text."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from lifecircle.report import packing
from lifecircle.report.mercator import Box

Geometries = npt.NDArray[Any]

SIMPLE_M = 15.0
"""Corners of outlines may move by about so much …"""
SIMPLE_PART = 2000
"""… and by no more than this part of the map's extent."""
METRES_PER_DEGREE = 111_320.0
LABEL_DECIMALS = 5
_LABEL_PART = 100


def zone_outlines(zones: gpd.GeoDataFrame) -> dict[str, Any]:
    """Per zone, in order: `label`, a point inside it, and `geo`, its outline; `bounds` of all."""
    west, south, east, north = box_of(zones)
    shapes = simplified(zones.geometry.to_numpy())
    return {
        "label": label_points(shapes),
        "geo": [packing.polygons(shape) for shape in shapes],
        "bounds": [[south, west], [north, east]],
    }


def box_of(zones: gpd.GeoDataFrame) -> Box:
    """The box of all zones, degrees."""
    west, south, east, north = (float(value) for value in zones.total_bounds)
    return west, south, east, north


def simplified(shapes: Geometries) -> Geometries:
    """Polygons in degrees with fewer corners, in the same order.

    Neighbours keep the same border. Zones whose borders do not fit those of their neighbours are
    simplified each for itself.
    """
    shapes = np.array([_sound(shape) for shape in shapes], dtype=object)
    west, south, east, north = shapely.total_bounds(shapes)
    if not math.isfinite(west):
        return shapes
    # Equal scales both ways, in metres; roughly, which is enough to drop corners.
    middle = math.radians((south + north) / 2)
    scale = METRES_PER_DEGREE * np.array([max(math.cos(middle), 0.01), 1.0])
    flat = shapely.transform(shapes, lambda degrees: degrees * scale)
    extent_m = float(np.max(np.array([east - west, north - south]) * scale))
    tolerance = min(SIMPLE_M, extent_m / SIMPLE_PART)
    alone = ~shapely.is_empty(shapely.coverage_invalid_edges(flat))
    found = flat.copy()
    found[~alone] = shapely.coverage_simplify(flat[~alone], tolerance)
    found[alone] = [_sound(shape) for shape in shapely.simplify(flat[alone], tolerance)]
    return np.asarray(shapely.transform(found, lambda metres: metres / scale))


def _sound(shape: shapely.Geometry | None) -> shapely.Geometry:
    """The valid polygons of a shape, perhaps none."""
    if shape is None:
        return shapely.MultiPolygon()
    if not shapely.is_valid(shape):
        shape = shapely.make_valid(shape)
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = shapely.get_parts(shape)
    flat = shapely.get_parts(parts[shapely.get_dimensions(parts) == 2])
    return shapely.union_all(flat) if len(flat) else shapely.MultiPolygon()


def label_points(shapes: Geometries) -> list[list[float] | None]:
    """A point well inside each shape, degrees; `None` where there is no shape."""
    found: list[list[float] | None] = [None] * len(shapes)
    for at, shape in enumerate(shapes):
        if shapely.is_empty(shape):
            continue
        point = _middle(shape)
        lon, lat = (round(float(value), LABEL_DECIMALS) for value in (point.x, point.y))
        if not shapely.contains_xy(shape, lon, lat):
            point = shapely.point_on_surface(shape)
            lon, lat = (float(value) for value in (point.x, point.y))
        found[at] = [lon, lat]
    return found


def _middle(shape: shapely.Geometry) -> shapely.Point:
    """The point farthest from the outline."""
    west, south, east, north = shapely.bounds(shape)
    tolerance = max(east - west, north - south) / _LABEL_PART
    if not tolerance > 0 or not shapely.area(shape) > 0:
        return shapely.point_on_surface(shape)
    circle = shapely.maximum_inscribed_circle(shape, tolerance)
    return shapely.get_point(circle, 0)
