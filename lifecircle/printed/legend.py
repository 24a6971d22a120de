"""Beside the map: what its signs mean, how many zones are of each kind, scale and north."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from matplotlib.patches import Polygon
from matplotlib.text import Text

from lifecircle.printed.edition import Edition
from lifecircle.printed.page import (
    BODY,
    DARK,
    GREY,
    SMALL,
    STREET,
    STRONG,
    Look,
    Page,
    leading_mm,
    line,
    rectangle,
    write,
    write_paragraph,
)
from lifecircle.printed.scene import Box, MapFrame, distance_text, round_distance
from lifecircle.printed.typeset import shortened
from lifecircle.report.cells import Cell
from lifecircle.report.words import words
from lifecircle.verdicts import COLOURS, MARKS, Verdict

HATCHES: dict[Verdict, tuple[str, str]] = {
    "fail_1": ("..", "#c8813f"),
    "undecided": ("//////", "#9aa4ad"),
    "no_data": ("xxx", "#dfe3e7"),
}
"""Patterns with their colours, so that print without colour tells kinds apart."""
ON_DARK = "#ffffff"
SWATCH_MM = 7.0


@dataclass(frozen=True)
class Signs:
    """What a map shows besides its zones: facilities inside the frame, and whether streets."""

    facilities: int | None
    streets: bool


def ink_on(verdict: Verdict) -> str:
    """The colour of text upon a verdict's fill."""
    return ON_DARK if verdict == "fail_3" else DARK


def draw_legend(
    page: Page, box: Box, edition: Edition, cells: Sequence[Cell], signs: Signs
) -> float:
    """The kinds of zones that occur with their number, then the other signs; where it ends."""
    grow = page.paper.grow
    left, lower, wide, high = box
    y = lower + high - 3.2 * grow
    write(page, left, y, edition.say("zones_counted", n=len(cells)), STRONG)
    y -= 6.6 * grow
    counts = Counter((cell.verdict, cell.has_target) for cell in cells)
    order = get_args(Verdict)
    for verdict, target in sorted(counts, key=lambda kind: (order.index(kind[0]), not kind[1])):
        swatch(page, (left, y - 1.1 * grow, SWATCH_MM * grow, 4.2 * grow), verdict)
        unset = verdict == "not_in_scope" and not target
        text = edition.plain(words("l_no_target" if unset else f"l_{verdict}"))
        if verdict.startswith("fail"):
            text = edition.say("fail_by", by=text)
        if verdict == "undecided":
            failing = sum(cell.verdict == verdict and cell.fails for cell in cells)
            text = edition.say("undecided_of", fail=failing)
        write(page, left + (SWATCH_MM + 2) * grow, y, text, gid="legend")
        number = Look(align="right")
        write(page, left + wide, y, str(counts[verdict, target]), number, gid="legend-count")
        y -= 5.6 * grow
    return _other_signs(page, (left, y, wide, 0.0), edition, signs)


def _other_signs(page: Page, box: Box, edition: Edition, signs: Signs) -> float:
    grow = page.paper.grow
    left, y, wide, _ = box
    middle = left + SWATCH_MM * grow / 2
    room = wide - (SWATCH_MM + 2) * grow
    if signs.facilities is not None:
        dot(page, middle, y + 0.9 * grow)
        said = edition.say("facility_key", n=f"{signs.facilities:,}")
        y = write_paragraph(page, left + (SWATCH_MM + 2) * grow, y, said, room=room) - 0.9 * grow
    if signs.streets:
        at = y + 0.9 * grow
        line(page, [left, left + SWATCH_MM * grow], [at, at], colour=STREET, width=0.7 * grow)
        write(page, left + (SWATCH_MM + 2) * grow, y, edition.say("street_key"))
        y -= 5.2 * grow
    write(page, left, y, edition.say("rounding"), SMALL)
    return y - 5.2 * grow


def swatch(page: Page, box: Box, verdict: Verdict) -> None:
    """A verdict's fill with its mark."""
    left, lower, wide, high = box
    rectangle(page, box, fill=COLOURS[verdict])
    if verdict in HATCHES:
        hatch, colour = HATCHES[verdict]
        rectangle(page, box, edge=colour, hatch=hatch, width=0)
    rectangle(page, box, edge=GREY, width=0.5)
    look = Look(7.5, ink_on(verdict), align="center", halo=verdict in HATCHES)
    write(page, left + wide / 2, lower + high / 2 - 0.95 * page.paper.grow, MARKS[verdict], look)


def dot(page: Page, x: float, y: float) -> None:
    """The sign of a facility."""
    (drawn,) = page.axes.plot([x], [y], zorder=8, **dot_look(page, 1))
    drawn.set_clip_on(False)


def dot_look(page: Page, number: int) -> dict[str, Any]:
    """How facilities look: smaller where there are very many of them."""
    size = (4.2 if number <= 300 else 3.0 if number <= 1500 else 2.0) * page.paper.grow
    return {
        "marker": "o", "linestyle": "none", "markersize": size, "markerfacecolor": DARK,
        "markeredgecolor": "white", "markeredgewidth": size / 7,
    }  # fmt: skip


def draw_numbers(page: Page, box: Box, edition: Edition, rows: Sequence[tuple[str, str]]) -> None:
    """The zones that the map shows by number: each with its name and result, as many as fit."""
    grow = page.paper.grow
    left, lower, wide, high = box
    step = leading_mm(page, SMALL) * 0.97
    top = lower + high - 3.2 * grow
    down, across = int((top - lower) / step), max(1, int(wide / (42.0 * grow)))
    if not rows or down < 2:
        return
    write(page, left, top, edition.say("by_number"), STRONG)
    shown = rows if len(rows) <= down * across else rows[: down * across - 1]
    if len(shown) < len(rows):
        shown = [*shown, (edition.say("more_numbers", n=len(rows) - len(shown)), "")]
    column = wide / across
    size = SMALL.size * grow
    for at, (name, result) in enumerate(shown):
        x, y = left + at // down * column, top - (at % down + 1) * step
        room = column - (15.0 if result else 2.0) * grow
        write(page, x, y, shortened(page.fonts, page.fonts.printable(name), size, room), SMALL)
        right = Look(SMALL.size, GREY, align="right")
        write(page, x + column - 2 * grow, y, result, right)


def draw_scale(page: Page, box: Box, frame: MapFrame) -> tuple[float, Text]:
    """A bar of a round distance, true on the ground in the middle of the map; its metres."""
    left, lower, wide, _ = box
    grow = page.paper.grow
    mm_per_ground_m = frame.mm_per_m / frame.ground
    metres = round_distance(wide * 0.92 / mm_per_ground_m)
    long = metres * mm_per_ground_m
    y, high = lower, 1.3 * grow
    for part in range(4):
        fill = DARK if part % 2 == 0 else "white"
        x = left + part * long / 4
        rectangle(page, (x, y, long / 4, high), fill=fill, edge=DARK, width=0.5)
    line(page, [left, left + long], [y, y], width=0.6, gid="scale")
    write(page, left, y + high + 1.2 * grow, "0", Look(6.5, align="center"))
    end = write(
        page, left + long, y + high + 1.2 * grow, distance_text(metres),
        Look(6.5, align="center"), gid="scale-text",
    )  # fmt: skip
    return metres, end


def draw_north(page: Page, x: float, y: float, frame: MapFrame, letter: str) -> None:
    """An arrow to true north with its foot at `x`, `y`."""
    grow = page.paper.grow
    long, half = 9.0 * grow, 2.2 * grow
    angle = math.radians(frame.north)
    east, north = (math.cos(angle), -math.sin(angle)), (math.sin(angle), math.cos(angle))

    def at(across: float, along: float) -> tuple[float, float]:
        return x + across * east[0] + along * north[0], y + across * east[1] + along * north[1]

    notch, tip = at(0, long * 0.22), at(0, long)
    for side, fill in ((-half, DARK), (half, "white")):
        arrow = Polygon(
            [tip, at(side, 0), notch], closed=True, facecolor=fill, edgecolor=DARK, linewidth=0.6,
            zorder=6,
        )  # fmt: skip
        arrow.set_gid("north")
        page.axes.add_patch(arrow)
    write(page, *at(0, long + 1.3 * grow), letter, Look(BODY.size, bold=True, align="center"))
