"""Cells of land: squares of the project grid, of which some are cut by the outline of the land.

Cells are halved as often as is asked, and a cell never has more ground than lies in it: the areas
of all cells sum to the land.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from lifecircle.layers.land import CRUMB_M2
from lifecircle.layers.outlines import polygonal

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[Any]

_WHOLE = 1 - 1e-12
_ONE, _HALF, _LOW = np.uint64(1), np.uint64(32), np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of the grid, each with the ground of one piece of land.

    A cell of `level` n is the grid's spacing halved n times; its south-west corner is `column` and
    `row` times that. `land` is the ground itself, `None` where it fills the cell.
    """

    piece: Ints
    level: Ints
    column: Ints
    row: Ints
    area_m2: Floats
    land: Geometries

    def __len__(self) -> int:
        return len(self.piece)

    def at(self, where: Bools | Ints) -> Cells:
        """Some of the cells."""
        return Cells(
            self.piece[where], self.level[where], self.column[where], self.row[where],
            self.area_m2[where], self.land[where],
        )  # fmt: skip


def joined(*parts: Cells) -> Cells:
    """Cells together, in the order given."""
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return Cells(*(np.concatenate(column) for column in columns))


def sizes(cells: Cells, spacing: float) -> Floats:
    """Side of each cell, metres."""
    return np.asarray(np.ldexp(spacing, -cells.level))


def cells_of(pieces: Geometries, spacing: float) -> Cells:
    """The cells of the grid that hold land, piece by piece.

    Parameters
    ----------
    pieces
        Polygons in a metric CRS.
    spacing
        Side of a cell, metres.

    >>> land = cells_of(np.array([shapely.box(0, 0, 75, 50)]), spacing=50)
    >>> land.column.tolist(), land.area_m2.tolist()
    ([0, 1], [2500.0, 1250.0])
    """
    bounds = shapely.bounds(pieces).reshape(-1, 4)
    extent = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    # From squares as large as the piece, so that its outline is cut into ever shorter bits.
    level = -np.ceil(np.log2(np.maximum(extent / spacing, 1.0))).astype(np.int64)
    size = np.ldexp(spacing, -level)[:, None]
    (west, south), (east, north) = (
        np.floor(bounds[:, side] / size).astype(np.int64).T for side in (slice(0, 2), slice(2, 4))
    )
    columns, rows = east - west + 1, north - south + 1
    count = columns * rows
    piece = np.repeat(np.arange(len(pieces)), count)
    position = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    column = west[piece] + position % columns[piece]
    row = south[piece] + position // columns[piece]
    cells = _cut(piece, level[piece], column, row, pieces[piece], spacing=spacing)
    while (large := cells.level < 0).any():
        cells = joined(cells.at(~large), quartered(cells.at(large), spacing))
    return cells.at(np.lexsort((cells.column, cells.row, cells.piece)))


def quartered(cells: Cells, spacing: float) -> Cells:
    """The four quarters of each cell, those without land left out."""
    parent = np.repeat(np.arange(len(cells)), 4)
    column = 2 * cells.column[parent] + np.tile([0, 1, 0, 1], len(cells))
    row = 2 * cells.row[parent] + np.tile([0, 0, 1, 1], len(cells))
    level = cells.level[parent] + 1
    return _cut(cells.piece[parent], level, column, row, cells.land[parent], spacing=spacing)


def _cut(
    piece: Ints, level: Ints, column: Ints, row: Ints, land: Geometries, *, spacing: float
) -> Cells:
    """Cells with what of `land` lies in each; without land it is all land."""
    size = np.ldexp(spacing, -level)
    area_m2 = size**2
    cut = np.flatnonzero(~shapely.is_missing(land))
    west, south, side = column[cut] * size[cut], row[cut] * size[cut], size[cut]
    squares = shapely.box(west, south, (column[cut] + 1) * side, (row[cut] + 1) * side)
    inside = shapely.intersection(land[cut], squares)
    mixed = ~np.isin(shapely.get_type_id(inside), (3, 6))
    inside[mixed] = polygonal(inside[mixed])
    inside_m2 = shapely.area(inside)
    whole = inside_m2 >= _WHOLE * area_m2[cut]
    inside[whole] = None
    land = land.copy()
    land[cut], area_m2[cut] = inside, np.where(whole, area_m2[cut], inside_m2)
    return Cells(piece, level, column, row, area_m2, land).at(area_m2 > CRUMB_M2)


def points_of(cells: Cells, spacing: float) -> tuple[Floats, Floats]:
    """A point of the land in each cell: the centre of a cell of level 0, any of a halved one.

    Halved cells have their point at a place that differs from cell to cell, the same in every run:
    of centres in line with the rim of what is reached, all would lie on one side of it, and the
    error of one cell would be that of all. Where the point is no land, one that is takes its place.
    """
    size = sizes(cells, spacing)
    east, north = _scattered(cells)
    x = (cells.column + np.where(cells.level == 0, 0.5, east)) * size
    y = (cells.row + np.where(cells.level == 0, 0.5, north)) * size
    cut = np.flatnonzero(~shapely.is_missing(cells.land))
    off = cut[~shapely.intersects_xy(cells.land[cut], x[cut], y[cut])]
    inside = shapely.point_on_surface(cells.land[off])
    x[off], y[off] = shapely.get_x(inside), shapely.get_y(inside)
    return x, y


def _scattered(cells: Cells) -> tuple[Floats, Floats]:
    """Where in its cell each point lies, from 0 to 1 east and north: as if at random.

    Of four quarters each has a column and a row of the sixteenths of their cell to itself, which
    brings the error along a rim that crosses them down by a quarter.
    """
    turn = _random_bits(cells.column >> 1, cells.row >> 1, cells.level)
    chance = _random_bits(cells.column, cells.row, cells.level)
    east = (cells.row & 1) ^ (turn >> _HALF & _ONE).astype(np.int64)
    north = (cells.column & 1) ^ (turn & _ONE).astype(np.int64)
    return (east + (chance >> _HALF) / 2.0**32) / 2, (north + (chance & _LOW) / 2.0**32) / 2


def _random_bits(column: Ints, row: Ints, level: Ints) -> npt.NDArray[np.uint64]:
    """Sixty-four bits for each cell that look random and are the same in every run (SplitMix64)."""
    bits = column.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    bits += row.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    bits += level.astype(np.uint64)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(bits ^ (bits >> np.uint64(31)))
