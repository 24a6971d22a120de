"""All services side by side on one page, each as a small map."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from matplotlib.transforms import Affine2D

from lifecircle.printed.edition import Edition
from lifecircle.printed.legend import swatch
from lifecircle.printed.page import GREY, SMALL, STRONG, Look, Page, blank_page, rectangle, write
from lifecircle.printed.plate import Plate, draw_edges, draw_fills
from lifecircle.printed.scene import Box, map_frame
from lifecircle.printed.service_map import draw_foot, page_head
from lifecircle.printed.typeset import shortened
from lifecircle.report.cells import Cell, Sheet
from lifecircle.report.naming import service_name
from lifecircle.report.words import Both, percent_of, words
from lifecircle.verdicts import Verdict

FOOT_MM, GAP_MM, TITLE_MM = 17.0, 5.0, 6.0


@dataclass(frozen=True)
class Key:
    """An entry of a legend."""

    verdict: Verdict
    text: Both


def overview_page(plate: Plate, edition: Edition, one: Sheet) -> Page:
    """A page with a small map of every service."""
    page = blank_page(plate.layout.paper, plate.fonts)
    grow = page.paper.grow
    y = page_head(page, edition)
    write(page, page.left, y, edition.plain(words("h_maps")), Look(14.0, bold=True), gid="title")
    lower = page.paper.margin + FOOT_MM * grow
    area = (page.left, lower, page.right - page.left, y - 4 * grow - lower)
    for key, box in zip(one.services, _boxes(page, plate, len(one.services), area), strict=True):
        _draw_small(page, plate, edition, one, key, box=box)
    _draw_keys(page, edition, one)
    draw_foot(page, edition)
    return page


def _boxes(page: Page, plate: Plate, count: int, area: Box) -> list[Box]:
    """The boxes in which the maps are largest."""
    left, lower, wide, high = area
    gap, title = GAP_MM * page.paper.grow, TITLE_MM * page.paper.grow
    west, south, east, north = plate.scene.bounds
    shape = max(north - south, 1.0) / max(east - west, 1.0)

    def size(across: int) -> tuple[float, float]:
        down = math.ceil(count / across)
        return (wide - gap * (across - 1)) / across, (high - gap * (down - 1)) / down

    def scale(across: int) -> float:
        w, h = size(across)
        return min(w, (h - title) / shape)

    across = max(range(1, count + 1), key=scale)
    w, h = size(across)
    return [
        (left + at % across * (w + gap), lower + high - at // across * (h + gap) - h, w, h)
        for at in range(count)
    ]


def _draw_small(
    page: Page, plate: Plate, edition: Edition, one: Sheet, key: str, *, box: Box
) -> None:
    """One service: its zones, name, mark and rate."""
    left, lower, wide, high = box
    grow = page.paper.grow
    large, small = (
        plate.layout.frame,
        map_frame(plate.scene, (left, lower, wide, high - TITLE_MM * grow)),
    )
    ratio = small.mm_per_m / large.mm_per_m
    origin = small.on_paper_of(large)
    moved = Affine2D().translate(-large.box[0], -large.box[1]).scale(ratio).translate(*origin)
    outlines = [outline.transformed(moved) for outline in plate.outlines]
    frame = rectangle(page, small.box, zorder=0)
    cells = [row.cells[key] for row in one.zones]
    draw_fills(page, outlines, [cell.verdict for cell in cells], frame)
    draw_edges(page, outlines, frame, width=0.3)
    whole = one.head.cells[key]
    top = lower + high - 3.6 * grow
    result = f"{whole.mark} {percent_of(whole.percent)}".strip()
    write(page, left + wide, top, result, Look(8.0, align="right"))
    name = page.fonts.printable(edition.plain(service_name(one.standard, key)))
    fitting = shortened(page.fonts, name, 8.0 * grow, wide - 20 * grow)
    write(page, left, top, fitting, STRONG, gid="small-title")


def legend(cells: Iterable[Cell]) -> list[Key]:
    """The verdicts that occur and their words, in the order of the legend."""
    seen = {(cell.verdict, cell.has_target) for cell in cells}
    order = {verdict: at for at, verdict in enumerate(get_args(Verdict))}
    keys = [
        (verdict, words(f"l_{verdict}" if target or verdict != "not_in_scope" else "l_no_target"))
        for verdict, target in sorted(seen, key=lambda one: (order[one[0]], not one[1]))
    ]
    return [Key(verdict, text) for verdict, text in dict.fromkeys(keys)]


def _draw_keys(page: Page, edition: Edition, one: Sheet) -> None:
    """The kinds that occur, in one line."""
    grow = page.paper.grow
    x, y = page.left, page.paper.margin + 10.0 * grow
    keys = legend(cell for row in one.zones for cell in row.cells.values())
    step = (page.right - page.left) / max(len(keys), 4)
    for key in keys:
        swatch(page, (x, y - 1.0 * grow, 6.0 * grow, 3.6 * grow), key.verdict)
        text = edition.plain(key.text)
        if key.verdict.startswith("fail"):
            text = edition.say("fail_by", by=text)
        size = SMALL.size * grow
        fitting = shortened(page.fonts, page.fonts.printable(text), size, step - 9 * grow)
        write(page, x + 7.5 * grow, y, fitting, Look(SMALL.size, GREY))
        x += step
