"""The streets behind the map, as one picture of two greys: where there are some, and many."""

from __future__ import annotations

import io
import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lifecircle.network import StreetNetwork
from lifecircle.report.mercator import Box, Grid, grid, mercator
from lifecircle.report.surface import data_address

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_PIXELS = 2048
"""Of the longer side."""
LEAST_M = 2.0
"""The least side of a pixel, metres on the ground."""
FINER = 2
"""Streets are drawn so many times as fine; how much of a pixel they take is its grey."""
DARK_PARTS = 3
"""Of the four parts of a pixel, how many are taken where it is dark."""
COLOURS = ((0, 0, 0, 0), (84, 95, 107, 190), (58, 68, 80, 255))
"""Red, green, blue and opacity: nothing, some street, much street."""


def streets_picture(network: StreetNetwork | None, box: Box) -> dict[str, Any] | None:
    """The streets inside a box; `None` where there are none.

    Parameters
    ----------
    box
        Of the zones, degrees.

    Returns
    -------
        `bounds`, and `png` as a data address.
    """
    if network is None:
        return None
    pixels = grid(box, most=MOST_PIXELS, least_m=LEAST_M)
    drawn = _drawn(network, pixels)
    if not drawn.any():
        return None
    image = Image.fromarray(_shade(drawn))
    image.putpalette(bytes(part for colour in COLOURS for part in colour[:3]))
    opacity = bytes(colour[3] for colour in COLOURS)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True, transparency=opacity, bits=2)
    return {"bounds": pixels.bounds, "png": data_address(file.getvalue())}


def _shade(drawn: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The colour of each pixel, by how many of its parts are drawn on."""
    taken = sum(
        drawn[down::FINER, across::FINER] for down in range(FINER) for across in range(FINER)
    )
    return np.minimum(taken, 1) + (taken >= DARK_PARTS)


def _drawn(network: StreetNetwork, pixels: Grid) -> npt.NDArray[np.uint8]:
    """One where a street runs through a part of a pixel."""
    width, height = pixels.width * FINER, pixels.height * FINER
    column, row = pixels.columns_and_rows(*mercator(network.lon, network.lat))
    column, row = column * FINER, row * FINER
    open_edges = np.flatnonzero(~network.closed)
    u, v = network.u[open_edges], network.v[open_edges]
    seen = (
        (np.maximum(column[u], column[v]) >= 0)
        & (np.minimum(column[u], column[v]) < width)
        & (np.maximum(row[u], row[v]) >= 0)
        & (np.minimum(row[u], row[v]) < height)
    )
    u, v = u[seen], v[seen]
    drawn = np.zeros(width * height, dtype=np.uint8)
    # A point at both ends and at every part of a pixel between them.
    count = np.ceil(np.maximum(np.abs(column[v] - column[u]), np.abs(row[v] - row[u]))) + 1
    for some in _batches(count.astype(np.int64)):
        of, share = _spread(count[some].astype(np.int64))
        start, end = u[some][of], v[some][of]
        across = np.floor(column[start] + share * (column[end] - column[start])).astype(np.int64)
        down = np.floor(row[start] + share * (row[end] - row[start])).astype(np.int64)
        inside = (across >= 0) & (across < width) & (down >= 0) & (down < height)
        drawn[down[inside] * width + across[inside]] = 1
    return drawn.reshape(height, width)


MOST_POINTS = 4_000_000
"""Points that are worked on at once, for the sake of memory."""


def _batches(count: Ints) -> list[slice]:
    """Segments in turn, so many that their points are few enough."""
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    cuts = np.searchsorted(ends, np.arange(MOST_POINTS, total, MOST_POINTS))
    edges = np.unique([0, *cuts.tolist(), len(count)])
    return [slice(int(a), int(b)) for a, b in itertools.pairwise(edges)]


def _spread(count: Ints) -> tuple[Ints, Floats]:
    """For so many points a segment: the segment of each, and which share of the way it is at."""
    of = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    return of, nth / np.maximum(count - 1, 1)[of]
