"""Points of the project grid inside polygons: where demand that is known by area is put.

The grid has cell corners at multiples of the spacing in the metric CRS, so that the same city has
the same points whatever the extent of its layers; a cell's centre is its point (contract §5).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[Any]


def points_inside(
    polygons: Geometries, *, spacing: float, exclusive: bool = False
) -> tuple[Ints, Floats, Floats]:
    """Centres of the grid's cells inside each polygon, its boundary included.

    Parameters
    ----------
    polygons
        Polygons in a metric CRS.
    spacing
        Side of a cell, metres.
    exclusive
        A centre in several polygons belongs to the first of them only.

    Returns
    -------
        Position of the polygon, x and y of each point: polygon by polygon, from the south-west
        row by row. A polygon that catches no centre has its representative point.

    >>> square = shapely.box(0, 0, 100, 50)
    >>> owner, x, y = points_inside(np.array([square]), spacing=50)
    >>> x.tolist(), y.tolist()
    ([25.0, 75.0], [25.0, 25.0])
    """
    owner, column, row = _cells_around(polygons, spacing)
    x, y = (column + 0.5) * spacing, (row + 0.5) * spacing
    shapely.prepare(polygons)
    inside = shapely.intersects_xy(polygons[owner], x, y)
    owner, x, y = owner[inside], x[inside], y[inside]
    if exclusive:
        cell = (column[inside] << 32) + row[inside]
        first = np.sort(np.unique(cell, return_index=True)[1])
        owner, x, y = owner[first], x[first], y[first]
    return _with_representatives(polygons, owner, x, y)


def _cells_around(polygons: Geometries, spacing: float) -> tuple[Ints, Ints, Ints]:
    """Polygon, column and row of every cell whose centre may lie in the polygon's box."""
    bounds = shapely.bounds(polygons).reshape(-1, 4) / spacing - 0.5
    # One cell more on each side, lest a rounded quotient lose a centre on the boundary.
    west, south = np.floor(bounds[:, :2]).astype(np.int64).T
    east, north = np.ceil(bounds[:, 2:]).astype(np.int64).T
    columns, rows = east - west + 1, north - south + 1
    cells = columns * rows
    owner = np.repeat(np.arange(len(polygons)), cells)
    position = np.arange(cells.sum()) - np.repeat(np.cumsum(cells) - cells, cells)
    width = columns[owner]
    return owner, west[owner] + position % width, south[owner] + position // width


def _with_representatives(
    polygons: Geometries, owner: Ints, x: Floats, y: Floats
) -> tuple[Ints, Floats, Floats]:
    missed = np.setdiff1d(np.arange(len(polygons)), owner)
    points = shapely.point_on_surface(polygons[missed])
    owner = np.concatenate([owner, missed])
    order = np.argsort(owner, kind="stable")
    x = np.concatenate([x, shapely.get_x(points)])
    y = np.concatenate([y, shapely.get_y(points)])
    return owner[order], x[order], y[order]


def shared(total: Floats, owner: Ints) -> Floats:
    """Each polygon's total in equal parts over its points.

    >>> shared(np.array([10.0, 3.0]), np.array([0, 0, 1])).tolist()
    [5.0, 5.0, 3.0]
    """
    return np.asarray(total[owner] / np.bincount(owner, minlength=len(total))[owner])
