"""Where the names of zones may stand: in their zone, none over another, the largest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely

from lifecircle.printed.fonts import Fonts
from lifecircle.printed.page import Paper
from lifecircle.printed.typeset import LABEL_LEADING, MM_PER_POINT, shortened, width_mm, wrapped

Array = npt.NDArray[Any]
Kind = Literal["name", "number", "short", "mark"]

SIZES = (8.0, 7.0, 6.0)
"""Sizes of names in points, the largest that fits."""
SMALLEST = 5.5
WIDEST_MM = 42.0
WIDEST = {"name": "✗ 100.0 %", "number": "✗ 100.0"}
INSIDE: dict[Kind, float] = {"name": 0.96, "number": 0.92, "short": 0.8, "mark": 0.0}
"""The share of a label that must lie in its zone."""
STEPS = 9


@dataclass(frozen=True)
class Label:
    """A zone's label: its name or number above its mark and rate, or less where there is no room.

    `lines` are those above the last one; `x` is its middle, `y` its upper edge, in millimetres.
    """

    at: int
    kind: Kind
    lines: tuple[str, ...]
    size: float
    x: float
    y: float


@dataclass(frozen=True)
class _Try:
    kind: Kind
    lines: tuple[str, ...]
    size: float
    wide: float
    high: float


def place_labels(
    zones: Array, names: Sequence[str], fonts: Fonts, paper: Paper
) -> tuple[Label, ...]:
    """A label for every zone that has room for at least its mark, in the order of the zones.

    Parameters
    ----------
    zones
        Outlines on the paper, in millimetres.
    """
    taken: list[tuple[float, float, float, float]] = []
    found: dict[int, Label] = {}
    for at in np.argsort(-shapely.area(zones), kind="stable").tolist():
        spots = _spots(zones[at])
        for each in _tries(names[at], at, fonts, paper):
            place = _free_place(zones[at], spots, each, np.array(taken).reshape(-1, 4))
            if place is not None:
                x, y = place
                half = each.wide / 2
                taken.append((x - half, y - each.high / 2, x + half, y + each.high / 2))
                found[at] = Label(at, each.kind, each.lines, each.size, x, y + each.high / 2)
                break
    return tuple(found[at] for at in sorted(found))


def _tries(name: str, at: int, fonts: Fonts, paper: Paper) -> Iterator[_Try]:
    """What a label may be, the best first."""
    name, number = fonts.printable(name), str(at + 1)
    for size in (size * paper.grow for size in SIZES):
        whole = shortened(fonts, name, size, WIDEST_MM * paper.grow)
        yield _sized("name", [whole], WIDEST["name"], size, fonts)
        halves = wrapped(fonts, whole, size, width_mm(fonts, whole, size) * 0.62)
        if len(halves) == 2:
            yield _sized("name", halves, WIDEST["name"], size, fonts)
    smallest = SMALLEST * paper.grow
    for size in (SIZES[-1] * paper.grow, smallest):
        yield _sized("number", [number], WIDEST["number"], size, fonts)
    yield _sized("short", [], f"{number} ✗", smallest, fonts)
    yield _sized("mark", [], "✗", smallest, fonts)


def _sized(kind: Kind, lines: Sequence[str], last: str, size: float, fonts: Fonts) -> _Try:
    wide = max(width_mm(fonts, text, size) for text in (*lines, last)) * 1.04 + 0.6
    high = (len(lines) + 1) * size * MM_PER_POINT * LABEL_LEADING
    return _Try(kind, tuple(lines), size, wide, high)


def label_texts(label: Label, mark: str, percent: str) -> tuple[str, ...]:
    """The lines of a label for one service's mark and rate (without its sign; it may be empty).

    >>> label_texts(Label(11, "name", ("Fontvieille",), 8.0, 0.0, 0.0), "✗", "74.9")
    ('Fontvieille', '✗ 74.9 %')
    >>> label_texts(Label(11, "number", ("12",), 6.0, 0.0, 0.0), "✗", "74.9")
    ('12', '✗ 74.9')
    >>> label_texts(Label(11, "short", (), 5.5, 0.0, 0.0), "✗", "74.9")
    ('12 ✗',)
    """
    if label.kind == "short":
        return (f"{label.at + 1} {mark}",)
    if label.kind == "mark":
        return (mark,)
    sign = " %" if percent and label.kind == "name" else ""
    return (*label.lines, f"{mark} {percent}{sign}".strip())


def _spots(zone: shapely.Geometry) -> Array:
    """Places inside a zone where a label may have its middle, the widest first."""
    centre = shapely.get_coordinates(
        shapely.get_point(shapely.maximum_inscribed_circle(zone, tolerance=0.2), 0)
    )[0]
    west, south, east, north = shapely.bounds(zone)
    share = (np.arange(STEPS) + 0.5) / STEPS
    x, y = np.meshgrid(west + share * (east - west), south + share * (north - south))
    grid = np.column_stack([x.ravel(), y.ravel()])
    grid = grid[shapely.contains_xy(zone, grid)]
    far = np.hypot(*(grid - centre).T)
    return np.vstack([centre, grid[np.argsort(far, kind="stable")]])


def _free_place(
    zone: shapely.Geometry, spots: Array, each: _Try, taken: Array
) -> tuple[float, float] | None:
    """The spot where the label lies best in its zone and over no other; the nearest of equals."""
    half = np.array([each.wide / 2, each.high / 2])
    low, high = spots - half, spots + half
    free = np.ones(len(spots), dtype=bool)
    for box in taken:
        free &= ~((low < box[2:]).all(axis=1) & (high > box[:2]).all(axis=1))
    if not free.any():
        return None
    low, high, spots = low[free], high[free], spots[free]
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    inside = shapely.area(shapely.intersection(boxes, zone)) / (each.wide * each.high)
    best = int(np.argmax(np.floor(inside * 50)))
    if inside[best] < INSIDE[each.kind]:
        return None
    return float(spots[best, 0]), float(spots[best, 1])
