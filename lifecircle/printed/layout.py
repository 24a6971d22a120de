"""How a map's sheet is divided: head, map, signs beside or below it, foot."""

from __future__ import annotations

from dataclasses import dataclass

from lifecircle.printed.page import Paper, upright
from lifecircle.printed.scene import Box, MapFrame, Scene, map_frame

HEAD_MM, FOOT_MM, GAP_MM = 30.0, 9.5, 4.0
COLUMN_MM, NARROW_MM, SCALE_MM = 56.0, 50.0, 22.0
KEY_MM, OTHER_KEYS_MM = 5.6, 26.0
"""Height of a kind of zone in the legend, and of all else in it."""


@dataclass(frozen=True)
class Layout:
    """A sheet with the boxes on it: the map, its legend, its list of numbers, scale and north."""

    paper: Paper
    frame: MapFrame
    legend: Box
    numbers: Box | None
    scale: Box


def best_layout(scene: Scene, paper: Paper, kinds: int) -> Layout:
    """Across or upright, whichever shows the area larger; pictures are never upright.

    Parameters
    ----------
    kinds
        How many kinds of zones a legend may have to list.
    """
    across = _beside(scene, paper)
    if not paper.dressed:
        return across
    below = _below(scene, upright(paper), kinds)
    return below if below.frame.mm_per_m > across.frame.mm_per_m * 1.05 else across


def _room(paper: Paper) -> Box:
    """What head and foot leave."""
    head = HEAD_MM * paper.grow if paper.dressed else 0.0
    foot = FOOT_MM * paper.grow if paper.dressed else 0.0
    margin = paper.margin
    return (
        margin,
        margin + foot,
        paper.width - 2 * margin,
        paper.height - 2 * margin - head - foot,
    )


def _beside(scene: Scene, paper: Paper) -> Layout:
    left, lower, wide, high = _room(paper)
    column = (COLUMN_MM if paper.dressed else NARROW_MM) * paper.grow
    scale = SCALE_MM * paper.grow
    right = left + wide - column
    frame = map_frame(scene, (left, lower, wide - column - GAP_MM, high))
    return Layout(
        paper,
        frame,
        (right, lower + scale, column, high - scale),
        None,
        (right, lower, column, scale),
    )


def _below(scene: Scene, paper: Paper, kinds: int) -> Layout:
    left, lower, wide, high = _room(paper)
    strip = (OTHER_KEYS_MM + KEY_MM * kinds) * paper.grow
    frame = map_frame(scene, (left, lower + strip + GAP_MM, wide, high - strip - GAP_MM))
    legend, scale = 52.0 * paper.grow, 46.0 * paper.grow
    numbers = wide - legend - scale - 4 * GAP_MM
    high = SCALE_MM * paper.grow
    return Layout(
        paper,
        frame,
        (left, lower, legend, strip),
        (left + legend + 2 * GAP_MM, lower, numbers, strip),
        (left + wide - scale, lower + strip - high, scale, high),
    )
