"""The walking time everywhere: a picture per service, in which a pixel is its nearest place.

A value is minutes rounded up, from 21 on in steps of two; the page gives it the colour that the
limit in question makes it.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.spatial import cKDTree

from lifecircle.measured import COVERED_TOLERANCE_MIN
from lifecircle.report.mercator import Box, Grid, grid, mercator
from lifecircle.report.palette_png import palette_png

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

MOST_PIXELS = 800
"""Of the longer side."""
LEAST_M = 10.0
"""The least side of a pixel, metres on the ground."""
REACH_M = 75.0
"""A pixel shows its nearest place within so many metres, or a pixel's diagonal."""
COARSE = 20
MORE, NOTHING = 31, 32
"""Values of a pixel: more than 30 minutes; no place there."""
GREY_STEP = 7

GRID_SHARE = 0.5
"""So many places must be as far from their nearest as is usual for them to stand in a grid."""
_FEWEST, _ASKED = 30, 2000


def surface(
    lon: Floats, lat: Floats, minutes: Mapping[str, Floats], box: Box
) -> dict[str, Any] | None:
    """The pictures of all services; `None` where there is no place in the box, or no service.

    Parameters
    ----------
    lon, lat
        Of demand places.
    minutes
        From these to each service; `inf` beyond what was searched, `NaN` off the network.
    box
        Of the zones; places outside it are not shown.

    Returns
    -------
        `bounds`, `width` and `height` of the pictures, `reach_m`, and `png` by service. Where
        places stand in a grid that is coarser than usual, `reach_m` is longer, so that it is filled.
    """  # noqa: E501
    west, south, east, north = box
    shown = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    if not minutes or not shown.any():
        return None
    lon, lat = lon[shown], lat[shown]
    around = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    pixels = grid(around, most=MOST_PIXELS, least_m=LEAST_M, margin_m=REACH_M)
    places = np.column_stack(mercator(lon, lat))
    tree = cKDTree(places, balanced_tree=False, compact_nodes=False)
    reach_m = _reach_m(tree, pixels)
    nearest = _nearest(tree, pixels, reach_m)
    return {
        "bounds": pixels.bounds,
        "width": pixels.width,
        "height": pixels.height,
        "reach_m": reach_m,
        "png": {
            service: png(np.append(coded(taken[shown]), np.uint8(NOTHING))[nearest])
            for service, taken in minutes.items()
        },
    }


def _reach_m(tree: cKDTree, pixels: Grid) -> float:
    """How far from a place pixels show it: far enough for no holes in a grid of places."""
    reach_m = max(pixels.side * pixels.ground * np.sqrt(2.0), REACH_M)
    if tree.n < _FEWEST:
        return float(reach_m)
    asked = tree.data[:: max(1, tree.n // _ASKED)]
    apart_m = tree.query(asked, k=2)[0][:, 1] * pixels.ground
    usual_m = float(np.median(apart_m))
    if np.mean(np.abs(apart_m - usual_m) <= 0.02 * usual_m) >= GRID_SHARE:
        # The middle of a cell is 0.71 of its side from the corners.
        reach_m = max(reach_m, 0.75 * usual_m)
    return float(reach_m)


def _nearest(tree: cKDTree, pixels: Grid, reach_m: float) -> npt.NDArray[np.int64]:
    """The place that each pixel shows, row by row; the number of places where it shows none."""
    _, nearest = tree.query(pixels.centres(), distance_upper_bound=reach_m / pixels.ground)
    return np.asarray(nearest, dtype=np.int64).reshape(pixels.height, pixels.width)


def coded(minutes: Floats) -> Bytes:
    """The value of a pixel for these minutes.

    >>> coded(np.array([0.0, 14.2, 15.0, 20.5, 30.0, 30.1, np.inf, np.nan])).tolist()
    [0, 15, 15, 22, 30, 31, 31, 32]
    """
    exact = np.where(np.isnan(minutes), 0.0, np.minimum(minutes, 99.0)) - COVERED_TOLERANCE_MIN
    value = np.maximum(np.ceil(exact), 0.0)
    value = np.where(value > COARSE, 2 * np.ceil(exact / 2), value)
    value = np.where(value >= MORE, MORE, value)
    return np.where(np.isnan(minutes), NOTHING, value).astype(np.uint8)


def png(values: Bytes) -> str:
    """A picture of these values as a data address; a value is 7 times as much grey."""
    greys = np.repeat(np.arange(NOTHING + 1, dtype=np.uint8) * GREY_STEP, 3)
    return data_address(palette_png(values, greys))


def data_address(file: bytes) -> str:
    """A PNG as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(file).decode("ascii")


def halved(surfaces: Mapping[str, Any]) -> dict[str, Any]:
    """The same pictures with half as many pixels each way, within the same edges."""
    return {
        **surfaces,
        "width": surfaces["width"] // 2,
        "height": surfaces["height"] // 2,
        "png": {service: png(values(text)[::2, ::2]) for service, text in surfaces["png"].items()},
    }


def values(address: str) -> Bytes:
    """The values of a picture's pixels."""
    raw = base64.b64decode(address.partition(",")[2])
    with Image.open(io.BytesIO(raw)) as image:
        return np.asarray(image, dtype=np.uint8)
