"""Tables on paper: cells broken to their columns, rows that never cross the foot of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lifecircle.printed.edition import Edition
from lifecircle.printed.legend import HATCHES, ink_on
from lifecircle.printed.page import DARK, GREY, LINE, Look, Page, leading_mm, line, rectangle, write
from lifecircle.printed.typeset import wrapped
from lifecircle.report.grid import Entry, Part
from lifecircle.verdicts import COLOURS, Verdict

PAD_MM = 1.0
MOST_LINES = 6
"""Of a cell; the rest is cut, and stands in the report and the workbook."""


@dataclass(frozen=True)
class Setting:
    """How a table is set: widths of its columns in millimetres on the page, size in points."""

    widths: tuple[float, ...]
    size: float = 7.0
    tight: bool = False


def widths_for(page: Page, shares: Sequence[float]) -> tuple[float, ...]:
    """Columns that share the width of the page in these proportions."""
    whole = (page.right - page.left) / sum(shares)
    return tuple(share * whole for share in shares)


def draw_table(
    page: Page,
    part: Part,
    setting: Setting,
    edition: Edition,
    *,
    room: tuple[float, float],
    first: int = 0,
) -> tuple[int, float]:
    """Head and rows from the row `first` on, as many as fit between `room`'s upper and lower edge.

    Returns
    -------
        The row that comes next, and where it would stand.
    """
    y, lowest = room
    y = _draw_row(page, part.heads, setting, edition, y, head=True)
    line(page, [page.left, page.left + sum(setting.widths)], [y, y], width=0.9)
    for at in range(first, len(part.rows)):
        row = part.rows[at]
        fits = y - _height(page, row, setting, edition) >= lowest
        if not fits and at > first:
            return at, y
        y = _draw_row(page, row, setting, edition, y)
        edges = [page.left, page.left + sum(setting.widths)]
        line(page, edges, [y, y], colour="#d5dadf", width=0.4)
    return len(part.rows), y


def _look(entry: Entry, setting: Setting, *, head: bool) -> Look:
    bold = head or entry.look == "b"
    colour = ink_on(_verdict(entry)) if entry.chip else GREY if entry.look == "mono" else DARK
    align = "right" if "r" in entry.look.split() else "left"
    return Look(setting.size, colour, bold, align, halo=entry.chip == "undecided")  # type: ignore[arg-type]


def _verdict(entry: Entry) -> Verdict:
    return entry.chip  # type: ignore[return-value]


def _lines(page: Page, entry: Entry, setting: Setting, edition: Edition, wide: float) -> list[str]:
    text = page.fonts.printable(edition.plain(entry.text))
    size = setting.size * page.paper.grow
    return wrapped(
        page.fonts, text, size, wide - 2 * PAD_MM, most=1 if setting.tight else MOST_LINES
    )


def _height(page: Page, row: Sequence[Entry], setting: Setting, edition: Edition) -> float:
    most = max(
        len(_lines(page, entry, setting, edition, wide))
        for entry, wide in zip(row, setting.widths, strict=True)
    )
    return most * leading_mm(page, Look(setting.size)) + PAD_MM


def _draw_row(
    page: Page,
    row: Sequence[Entry],
    setting: Setting,
    edition: Edition,
    y: float,
    *,
    head: bool = False,
) -> float:
    """A row with its upper edge at `y`; its lower edge."""
    loose = Setting(setting.widths, setting.size) if head else setting
    high = _height(page, row, loose, edition)
    step = leading_mm(page, Look(setting.size))
    x = page.left
    for entry, wide in zip(row, setting.widths, strict=True):
        look = _look(entry, setting, head=head)
        if entry.chip:
            _fill(page, (x, y - high, wide, high), _verdict(entry))
        lines = _lines(page, entry, loose, edition, wide)
        below = (high - PAD_MM - len(lines) * step) if head else 0.0
        at = y - PAD_MM / 2 - step * 0.76 - below
        for text in lines:
            write(page, x + (wide - PAD_MM if look.align == "right" else PAD_MM), at, text, look)
            at -= step
        x += wide
    return y - high


def _fill(page: Page, box: tuple[float, float, float, float], verdict: Verdict) -> None:
    rectangle(page, box, fill=COLOURS[verdict], edge="white", width=0.8, zorder=2)
    if verdict == "undecided":
        hatch, colour = HATCHES[verdict]
        rectangle(page, box, edge=colour, hatch=hatch, width=0, zorder=3)
    rectangle(page, box, edge=LINE, width=0.2, zorder=4)
