"""Where how much is missing: circles whose areas are as the demand still to cover."""

from __future__ import annotations

import math
from collections.abc import Sequence

import shapely
from matplotlib.patches import Circle, Rectangle

from lifecircle import verdicts
from lifecircle.printed.edition import Edition
from lifecircle.printed.labels import Label
from lifecircle.printed.legend import HATCHES
from lifecircle.printed.page import (
    GREY,
    SMALL,
    STRONG,
    Page,
    blank_page,
    line,
    rectangle,
    write,
    write_paragraph,
)
from lifecircle.printed.plate import Plate, draw_edges, draw_fills, draw_labels
from lifecircle.printed.scene import round_distance
from lifecircle.printed.service_map import draw_numbered, finish
from lifecircle.report.cells import Cell, Sheet
from lifecircle.report.naming import service_name
from lifecircle.verdicts import COLOURS, Verdict

LARGEST_MM = 11.0
"""Radius of the largest circle."""


def has_gap(one: Sheet, key: str) -> bool:
    """Whether anything is missing in a service."""
    return any(_gap(row.cells[key]) > 0 for row in one.zones)


def _gap(cell: Cell) -> float:
    return cell.gap if cell.fails and math.isfinite(cell.gap) else 0.0


def gap_page(plate: Plate, edition: Edition, one: Sheet, key: str) -> Page:
    """A sheet with a circle in every zone that lacks something of a service."""
    page = blank_page(plate.layout.paper, plate.fonts)
    cells = [row.cells[key] for row in one.zones]
    frame = rectangle(page, plate.layout.frame.box, edge=GREY, width=0.6, zorder=7)
    draw_fills(page, plate.outlines, [_ground(cell) for cell in cells], frame)
    draw_edges(page, plate.outlines, frame, width=0.5)
    _draw_circles(page, plate, cells, frame)

    def texts(label: Label) -> tuple[str, ...]:
        if label.kind == "short":  # its amount is in the list
            return (str(label.at + 1),)
        return (*label.lines, _short(cells[label.at]))

    draw_labels(page, [label for label in plate.labels if label.kind != "mark"], texts)
    end = _draw_legend(page, plate, edition, one, cells)
    draw_numbered(page, plate, edition, list(map(_short, cells)), end)
    name = edition.say("gap_title", service=edition.plain(service_name(one.standard, key)))
    finish(page, plate, edition, one, key, title=name)
    return page


def _ground(cell: Cell) -> Verdict:
    """Zones that lack something are left white, below their circles."""
    return "no_demand" if _gap(cell) > 0 else cell.verdict


def _short(cell: Cell) -> str:
    return verdicts.shortfall(_gap(cell)) if _gap(cell) > 0 else cell.mark


def _radius(page: Page, gap: float, largest: float) -> float:
    return LARGEST_MM * page.paper.grow * math.sqrt(gap / largest)


def _draw_circles(page: Page, plate: Plate, cells: Sequence[Cell], frame: Rectangle) -> None:
    """The largest first, so that none hides a smaller one."""
    largest = max(map(_gap, cells))
    for at in sorted(range(len(cells)), key=lambda at: -_gap(cells[at])):
        gap = _gap(cells[at])
        if gap <= 0:
            break
        middle = shapely.get_point(shapely.maximum_inscribed_circle(plate.zones[at], 0.2), 0)
        striped: Verdict = "undecided" if cells[at].verdict == "undecided" else "fail_2"
        drawn = _circle(middle.x, middle.y, _radius(page, gap, largest), striped)
        drawn.set_gid(f"gap-{at}")
        page.axes.add_patch(drawn)
        drawn.set_clip_path(frame)


def _circle(x: float, y: float, radius: float, verdict: Verdict) -> Circle:
    hatch, edge = HATCHES["undecided"] if verdict == "undecided" else (None, COLOURS["fail_3"])
    return Circle(
        (x, y), radius, facecolor=COLOURS[verdict], edgecolor=edge, linewidth=0.6, hatch=hatch,
        zorder=4, alpha=0.9,
    )  # fmt: skip


def _draw_legend(
    page: Page, plate: Plate, edition: Edition, one: Sheet, cells: Sequence[Cell]
) -> float:
    """Circles of round amounts within each other; where the legend ends."""
    left, lower, _, high = plate.layout.legend
    grow = page.paper.grow
    largest = max(map(_gap, cells))
    y = lower + high - 3.2 * grow
    write(page, left, y, edition.say("gap_zones", n=sum(_gap(c) > 0 for c in cells)), STRONG)
    foot = y - 3.0 * grow - 2 * LARGEST_MM * grow
    middle = left + LARGEST_MM * grow
    amounts = (round_distance(max(largest / part, 1.0)) for part in (1, 5, 40))
    for amount in dict.fromkeys(amounts):
        radius = _radius(page, amount, largest)
        key = _circle(middle, foot + radius, radius, "fail_2")
        key.set_gid("gap-key")
        page.axes.add_patch(key)
        top = foot + 2 * radius
        end = left + (2 * LARGEST_MM + 2) * grow
        line(page, [middle, end], [top, top], colour=GREY, width=0.5)
        unit = edition.plain(one.unit)
        said = edition.say("gap_key", n=verdicts.amount(amount), unit=unit)
        write(page, end + 1, top - 0.9 * grow, said, gid="gap-amount")
    y = foot - 5.0 * grow
    wide = plate.layout.legend[2]
    return write_paragraph(page, left, y, edition.say("gap_note"), SMALL, room=wide) - 1.5 * grow
