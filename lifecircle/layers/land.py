"""Land as pieces of ground: none of it twice, each piece in one zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from lifecircle.layers.outlines import polygonal
from lifecircle.layers.zones import OUTSIDE

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[Any]

CRUMB_M2 = 1e-6
"""Land of less than this is what rounding leaves along a cut, and is no land."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Polygons of a single part in a metric CRS, each with its zone.

    `owner` is the position of the polygon that a piece was cut from, `zone` the label.
    """

    shapes: Geometries
    owner: Ints
    zone: npt.NDArray[Any]


def metric(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> Geometries:
    """The polygons of a frame in `crs`; what the projection made invalid is repaired."""
    shapes = frame.geometry.to_crs(crs).to_numpy()
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        shapes = shapes.copy()
        shapes[broken] = polygonal(shapely.make_valid(shapes[broken]))
    return np.asarray(shapes)


def exclusive(polygons: Geometries) -> Geometries:
    """Each polygon without the ground that those before it cover; empty where nothing is left.

    >>> overlapping = np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 4, 2)])
    >>> shapely.area(exclusive(overlapping)).tolist()
    [4.0, 4.0]
    """
    later, earlier = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    later, earlier = later[earlier < later], earlier[earlier < later]
    # Neighbours that only touch take nothing from each other.
    overlap = shapely.area(shapely.intersection(polygons[later], polygons[earlier])) > 0
    owner, taken = _united(polygons[earlier[overlap]], later[overlap])
    left = polygons.copy()
    left[owner] = polygonal(shapely.difference(polygons[owner], taken))
    return left


def smaller_first(polygons: Geometries) -> Geometries:
    """As `exclusive`, in place: ground in several polygons belongs to the smallest of them.

    Of equals it belongs to the first. So an estate drawn inside a residential quarter keeps its
    ground and the quarter has a hole.
    """
    order = np.argsort(shapely.area(polygons), kind="stable")
    left = np.empty_like(polygons)
    left[order] = exclusive(polygons[order])
    return left


def _united(polygons: Geometries, owner: Ints) -> tuple[Ints, Geometries]:
    """The union of each owner's polygons, and the owners in order."""
    if not len(owner):
        return owner, polygons
    order = np.argsort(owner, kind="stable")
    owners, code = np.unique(owner[order], return_inverse=True)
    together = shapely.geometrycollections(polygons[order], indices=code)
    return owners, np.asarray(shapely.union_all(together[:, None], axis=1))


def pieces_by_zone(polygons: Geometries, zones: gpd.GeoDataFrame, *, crs: pyproj.CRS) -> Pieces:
    """Polygons cut along the borders of the zones; what lies in none is `(outside)`.

    Ground in several zones belongs to the smallest id.

    Parameters
    ----------
    polygons
        In `crs`.
    zones
        Polygons by id, with their own CRS.

    Returns
    -------
        The pieces of each polygon sum to its area.
    """
    zones = zones.sort_index()
    borders = exclusive(metric(zones, crs))
    zone, owner = shapely.STRtree(polygons).query(borders, predicate="intersects")
    shapely.prepare(borders)
    inside = shapely.covers(borders[zone], polygons[owner])
    shapes = polygons[owner].copy()
    cut = ~inside
    shapes[cut] = polygonal(shapely.intersection(polygons[owner[cut]], borders[zone[cut]]))
    rest_owner, rest = _outside(polygons, shapes, owner)
    labels = np.append(zones.index.to_numpy(dtype=object), OUTSIDE)
    label = labels[np.concatenate([zone, np.full(len(rest), len(zones))])]
    return single(np.concatenate([shapes, rest]), np.concatenate([owner, rest_owner]), label)


def _outside(polygons: Geometries, pieces: Geometries, owner: Ints) -> tuple[Ints, Geometries]:
    """What the pieces leave of the polygons."""
    inside_m2 = np.bincount(owner, shapely.area(pieces), minlength=len(polygons))
    short = np.flatnonzero(shapely.area(polygons) - inside_m2 > CRUMB_M2)
    near = np.isin(owner, short)
    cut, taken = _united(pieces[near], owner[near])
    left = polygons.copy()
    left[cut] = polygonal(shapely.difference(polygons[cut], taken))
    return short, left[short]


def single(shapes: Geometries, owner: Ints, zone: npt.NDArray[Any]) -> Pieces:
    """Shapes in single parts, polygon by polygon, without crumbs."""
    parts, shape = shapely.get_parts(shapes, return_index=True)
    land = shapely.area(parts) > CRUMB_M2
    parts, shape = parts[land], shape[land]
    order = np.argsort(owner[shape], kind="stable")
    return Pieces(parts[order], owner[shape][order], zone[shape][order])
