"""Numbers as short text for the page: arrays in base64, and whole numbers in as few bytes as fit.

All arrays are little-endian. Whole numbers go by zigzag (0, -1, 1, -2 … become 0, 1, 2, 3 …) and
then seven bits a byte, the lowest first, the eighth bit set where more follow.
"""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PER_DEGREE = 100_000
"""Positions are whole numbers of this part of a degree, about a metre."""
SHARE_STEPS = 65_534
UNKNOWN_SHARE = 65_535
"""Stands for a share that nobody knows."""

_MOST_BYTES = 10
_LARGEST = 2**31


def varints(values: npt.ArrayLike) -> str:
    """Whole numbers as zigzag varints in base64.

    >>> varints([0, -1, 1, 63, -64, 64]) == base64.b64encode(bytes([0, 1, 2, 126, 127, 128, 1])).decode()
    True
    """  # noqa: E501
    signed = np.asarray(values, dtype=np.int64).ravel()
    folded = ((signed << 1) ^ (signed >> 63)).view(np.uint64)
    length = np.ones(len(folded), dtype=np.int64)
    for bits in range(7, 64, 7):
        length += folded >= np.uint64(1 << bits)
    start = np.cumsum(length) - length
    written = np.empty(int(length.sum()), dtype=np.uint8)
    for byte in range(int(length.max(initial=0))):
        here = length > byte
        seven = (folded[here] >> np.uint64(7 * byte)) & np.uint64(127)
        more = np.where(length[here] > byte + 1, 128, 0)
        written[start[here] + byte] = seven.astype(np.uint8) | more.astype(np.uint8)
    return _text(written.tobytes())


def encoded_list(values: Floats) -> dict[str, Any]:
    """Numbers in a row, exact: one for all, whole numbers, or as they are.

    >>> encoded_list(np.array([2.0, 2.0])), encoded_list(np.array([1.0, 2.0]))
    ({'all': 2}, {'v': 'AgQ='})
    """
    values = np.asarray(values, dtype=float)
    if len(values) and _alike(values, values[:1]) and not np.isinf(values[0]):
        return {"all": number(values[0])}
    if np.all((values == np.rint(values)) & (np.abs(values) < _LARGEST)):
        return {"v": varints(values)}
    return {"f8": _doubles(values)}


def encoded_matrix(values: Floats) -> dict[str, Any]:
    """A table of numbers, exact: as a list row by row, or one a column, whatever is shorter.

    >>> encoded_matrix(np.array([[1.0, np.nan], [1.0, np.nan]]))
    {'columns': [1, None]}
    """
    values = np.asarray(values, dtype=float)
    listed = encoded_list(values.ravel())
    if not values.size or np.isinf(values[0]).any() or not _alike(values, values[:1]):
        return listed
    columns = {"columns": [number(value) for value in values[0]]}
    return min(listed, columns, key=lambda found: len(json.dumps(found)))


def number(value: float) -> int | float | None:
    """A number as JSON has it: whole ones without a fraction, `None` where there is none.

    >>> number(15.0), number(7.5), number(float("nan"))
    (15, 7.5, None)
    """
    value = float(value)
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() else value


def shares(values: Floats) -> str:
    """Shares of 0 to 1 in two bytes each; what is not known is `UNKNOWN_SHARE`.

    >>> np.frombuffer(base64.b64decode(shares(np.array([0.0, 1.0, np.nan]))), "<u2").tolist()
    [0, 65534, 65535]
    """
    known = np.isfinite(values)
    steps = np.rint(np.clip(np.where(known, values, 0.0), 0.0, 1.0) * SHARE_STEPS)
    return _text(np.where(known, steps, UNKNOWN_SHARE).astype("<u2").tobytes())


def points(lon: Floats, lat: Floats) -> str:
    """Positions, each as its step from the one before, the first from 0, 0."""
    return varints(_steps(_whole(np.column_stack([lon, lat]))))


def line(path: shapely.LineString) -> str:
    """A line: how many points it has, then these."""
    corners = _whole(shapely.get_coordinates(path))
    return varints(np.append(len(corners), _steps(corners)))


def polygons(shape: shapely.Geometry | None) -> str:
    """The polygons of a shape in degrees: their number; for each the number of its rings; for each
    the number of its points, then these.

    A ring's last point, which is its first, is left out. Each point is its step from the one
    before, whatever ring that is in. What vanishes in rounding is left out.
    """  # noqa: D205
    parts = [
        [corners for ring in shapely.get_rings(part) if len(corners := _corners(ring)) >= 3]
        for part in shapely.get_parts(shape)
        if len(_corners(shapely.get_exterior_ring(part))) >= 3
    ]
    rings = [ring for part in parts for ring in part]
    if not rings:
        return varints([0])
    steps = _steps(np.concatenate(rings))
    ends = np.cumsum([2 * len(ring) for ring in rings])
    coded = iter(np.split(steps, ends[:-1]))
    written = [np.array([len(parts)])]
    for part in parts:
        written.append(np.array([len(part)]))
        for ring in part:
            written += [np.array([len(ring)]), next(coded)]
    return varints(np.concatenate(written))


def _corners(ring: shapely.LinearRing) -> Ints:
    """The corners of a ring in whole steps, none twice in a row, the last not the first."""
    corners = _whole(shapely.get_coordinates(ring))
    moved = np.any(corners != np.roll(corners, 1, axis=0), axis=1)
    return corners[moved]


def _whole(degrees: Floats) -> Ints:
    return np.rint(degrees * PER_DEGREE).astype(np.int64)


def _steps(corners: Ints) -> Ints:
    """East and north from each point to the next, in turn."""
    return np.diff(corners, axis=0, prepend=0).ravel()


def _alike(values: Floats, first: Floats) -> bool:
    """Whether all are the same as `first`, where nothing is the same as nothing."""
    return bool(np.all((values == first) | (np.isnan(values) & np.isnan(first))))


def _doubles(values: Floats) -> str:
    return _text(np.ascontiguousarray(values, dtype="<f8").tobytes())


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
