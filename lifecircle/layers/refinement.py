"""Land measured by its area within reach: cells of the grid, ever finer where coverage changes.

Every cell of land stands for its exact area. One that is reached while a neighbour is not lies on
the rim of what is reached: it is split in four, and so are its quarters, until a cell is small
enough for its point to speak for it. Only new points are measured. In the end the parts of a first
cell that reach the same are one demand place again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from lifecircle.geodesy import WGS84, transformer
from lifecircle.layers.cells import Cells, cells_of, joined, points_of, quartered, sizes
from lifecircle.layers.land import Pieces, metric, pieces_by_zone, single
from lifecircle.layers.neighbours import Frame, edge_of, frame_of, words_of
from lifecircle.layers.zones import OUTSIDE

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FINEST_M = 3.0
"""Cells are not split to less than this, metres."""

_NEGLIGIBLE = 1e-5
"""Share of the land that may stay on the rim in cells larger than those of a step."""

Covered = Callable[[gpd.GeoDataFrame], Bools]
"""For demand places whether each service is reached in time: places × services."""


@dataclass(frozen=True, eq=False)
class Refined:
    """Land as demand places, and how its shares settled.

    `places` are in EPSG:4326 with a RangeIndex: `id`, `zone` and `weight`, further amounts and
    `kind` where the polygons have them; the places of a polygon share its `id`. Of a first cell
    they are as many as its parts reach different services. `steps` has a row for each resolution:
    `spacing_m`, the number of `cells`, of the land in the zones the share in cells on the rim (of
    any service: `rim`), and for each service the share that is reached.
    """

    places: gpd.GeoDataFrame
    steps: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _Ground:
    """Land in pieces of one zone; `labels` and `density` (amounts per m²) are by piece."""

    pieces: Pieces
    labels: pd.DataFrame
    density: pd.DataFrame
    crs: pyproj.CRS
    spacing: float


@dataclass(frozen=True, eq=False)
class _Measured:
    """Cells with the point that speaks for each, and what it reaches.

    `probed`: its corners were looked at too. `split`: numbers of cells that are quartered by now.
    """

    cells: Cells
    x: Floats
    y: Floats
    covered: Bools
    probed: Bools
    split: Ints


def resolutions(spacing: float, finest_m: float = FINEST_M) -> list[float]:
    """The sides of cells from `spacing` on, halved while not below `finest_m`.

    >>> resolutions(25.0)
    [25.0, 12.5, 6.25, 3.125]
    """
    sides = [spacing]
    while sides[-1] / 2 >= finest_m:
        sides.append(sides[-1] / 2)
    return sides


def refined(
    polygons: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    crs: pyproj.CRS,
    spacing: float,
    covered: Covered,
    services: Sequence[str],
    finest_m: float = FINEST_M,
) -> Refined:
    """Polygons as demand places whose covered area is exact to the finest cell on the rim.

    Parameters
    ----------
    polygons
        Areas with `id`. With `zone` (or `(outside)`) they belong there, else they are cut along the
        borders of `zones`. Their number columns (`weight`, groups) are spread over the ground
        evenly; without `weight` it is m². A text column `kind` is kept.
    zones
        Polygons by id.
    crs
        Metric system of the grid and of areas.
    spacing
        Side of the first cells, metres.
    covered
        Asked for new places, as in `Refined.places`: is each service reached in time? It is asked
        for points beside the land too.
    services
        What the columns of `covered` are called in `steps`.

    Returns
    -------
        Weights of a polygon's places sum to its own.

    Notes
    -----
    A cell is on the rim if any of its eight neighbours is covered by other services, or, where
    there is no land on a side, if its own corners are. Cells of every size are compared, so that
    the rim is followed wherever it leads.
    """
    ground = _ground(polygons, zones, crs, spacing)
    start = cells_of(ground.pieces.shapes, spacing)
    frame = frame_of(start)
    measured = _asked(start, ground, covered, len(services))
    steps = []
    for level, side in enumerate(resolutions(spacing, finest_m)):
        measured, mixed = _sharpened(measured, level, ground, frame, covered)
        steps.append({"spacing_m": side, **_shares(measured, mixed, ground, services)})
    return Refined(_places(ground, *_together(measured, frame)), pd.DataFrame(steps))


def _ground(
    polygons: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, crs: pyproj.CRS, spacing: float
) -> _Ground:
    shapes = metric(polygons, crs)
    if "zone" in polygons:
        pieces = single(shapes, np.arange(len(shapes)), polygons["zone"].to_numpy(dtype=object))
    else:
        pieces = pieces_by_zone(shapes, zones, crs=crs)
    texts = [name for name in ("id", "kind") if name in polygons]
    known = ["zone", *texts, polygons.geometry.name]
    amounts = pd.DataFrame(polygons.drop(columns=known, errors="ignore"))
    if "weight" not in amounts:
        amounts.insert(0, "weight", shapely.area(shapes))
    labels = pd.DataFrame(polygons[texts]).iloc[pieces.owner].reset_index(drop=True)
    labels.insert(1, "zone", pd.Series(pieces.zone, dtype="str"))
    density = amounts.div(shapely.area(shapes), axis=0).iloc[pieces.owner].reset_index(drop=True)
    return _Ground(pieces, labels, density, crs, spacing)


def _places(
    ground: _Ground, piece: Ints, area_m2: Floats, x: Floats, y: Floats
) -> gpd.GeoDataFrame:
    """Demand places that stand for some m² of a piece each."""
    lon, lat = transformer(ground.crs, WGS84).transform(x, y)
    labels = ground.labels.iloc[piece].reset_index(drop=True)
    amounts = ground.density.iloc[piece].mul(area_m2, axis=0).reset_index(drop=True)
    columns = ["id", "zone", *amounts, *labels.columns[2:]]
    frame = pd.concat([labels, amounts], axis=1)[columns]
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(lon, lat), crs=WGS84)


def _asked(cells: Cells, ground: _Ground, covered: Covered, services: int) -> _Measured:
    """New cells, measured at the point that speaks for each."""
    x, y = points_of(cells, ground.spacing)
    reached = np.zeros((len(cells), services), dtype=bool)
    if len(cells):
        reached[:] = covered(_places(ground, cells.piece, cells.area_m2, x, y))
    none = np.zeros(len(cells), dtype=bool)
    return _Measured(cells, x, y, reached, none, np.empty(0, dtype=np.int64))


def _sharpened(
    measured: _Measured, level: int, ground: _Ground, frame: Frame, covered: Covered
) -> tuple[_Measured, Bools]:
    """Cells split until none larger than those of `level` is on the rim, and which of them are."""
    while True:
        cells = measured.cells
        edge = edge_of(cells, measured.covered, frame, split=measured.split)
        mixed = edge.mixed.copy()
        unsure = (cells.level < level) & edge.open & ~mixed & ~measured.probed
        mixed[unsure] = _corners_differ(measured, np.flatnonzero(unsure), ground, covered)
        measured = dataclasses.replace(measured, probed=measured.probed | unsure)
        splits = mixed & (cells.level < level)
        if cells.area_m2[splits].sum() <= _NEGLIGIBLE * cells.area_m2.sum():
            return measured, mixed
        parts = quartered(cells.at(splits), ground.spacing)
        new = _asked(parts, ground, covered, measured.covered.shape[1])
        gone = np.sort(np.append(measured.split, frame.of(cells.at(splits))))
        measured = _with(measured, ~splits, new, gone)


def _with(measured: _Measured, kept: Bools, new: _Measured, split: Ints) -> _Measured:
    """The kept cells and the new ones."""
    return _Measured(
        cells=joined(measured.cells.at(kept), new.cells),
        x=np.append(measured.x[kept], new.x),
        y=np.append(measured.y[kept], new.y),
        covered=np.concatenate([measured.covered[kept], new.covered]),
        probed=np.append(measured.probed[kept], new.probed),
        split=split,
    )


def _corners_differ(measured: _Measured, at: Ints, ground: _Ground, covered: Covered) -> Bools:
    """Whether any corner of a cell is covered by other services than its point."""
    if not len(at):
        return np.zeros(0, dtype=bool)
    cells = measured.cells.at(at)
    size = sizes(cells, ground.spacing)
    column = (cells.column[:, None] + [0, 1, 0, 1]) * size[:, None]
    row = (cells.row[:, None] + [0, 0, 1, 1]) * size[:, None]
    alike = pd.factorize(_limits(ground.labels))[0]
    corners = pd.DataFrame(
        {"x": column.ravel(), "y": row.ravel(), "alike": np.repeat(alike[cells.piece], 4)}
    )
    code = corners.groupby(["x", "y", "alike"], sort=False).ngroup().to_numpy()
    first = np.unique(code, return_index=True)[1]
    piece = np.repeat(cells.piece, 4)[first]
    x, y = corners["x"].to_numpy()[first], corners["y"].to_numpy()[first]
    reached = np.asarray(covered(_places(ground, piece, np.zeros(len(first)), x, y)), dtype=bool)
    differ = (reached[code].reshape(len(at), 4, -1) != measured.covered[at][:, None]).any(axis=2)
    return np.asarray(differ.any(axis=1))


def _together(measured: _Measured, frame: Frame) -> tuple[Ints, Floats, Floats, Floats]:
    """Piece, area and point of each place: parts of a first cell that reach the same are one.

    Its point is that of its largest part, so that it reaches what they do.
    """
    cells = measured.cells
    words = words_of(measured.covered)
    first = np.zeros(len(cells), dtype=np.int64)
    key = frame.keys(first, cells.column >> cells.level, cells.row >> cells.level)
    order = np.lexsort((-cells.area_m2, *words.T, key, cells.piece))
    parts = np.column_stack([cells.piece, key, words.view(np.int64)])[order]
    start = np.flatnonzero(np.append(True, (parts[1:] != parts[:-1]).any(axis=1))[: len(parts)])
    at = order[start]
    area_m2 = np.add.reduceat(cells.area_m2[order], start) if len(at) else cells.area_m2
    return cells.piece[at], area_m2, measured.x[at], measured.y[at]


def _limits(labels: pd.DataFrame) -> Any:
    """What limits may depend on: the zone, and the kind of place where there is one."""
    return labels["zone"] + "\0" + labels["kind"] if "kind" in labels else labels["zone"]


def _shares(
    measured: _Measured, mixed: Bools, ground: _Ground, services: Sequence[str]
) -> dict[str, Any]:
    """How many cells there are, and of the land in the zones what is on the rim and reached."""
    inside = (ground.labels["zone"] != OUTSIDE).to_numpy()[measured.cells.piece]
    area_m2 = np.where(inside, measured.cells.area_m2, 0.0)
    total_m2 = area_m2.sum() or np.nan
    reached = area_m2 @ measured.covered / total_m2
    rim = float(area_m2 @ mixed / total_m2)
    shares = dict(zip(services, reached.tolist(), strict=True))
    return {"cells": len(mixed), "rim": rim, **shares}
