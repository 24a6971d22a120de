"""Sheets of a workbook in which text stays text and only our own totals are formulas."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_range

from lifecircle.messages import message
from lifecircle.verdicts import COLOURS, MARKS

MOST_ROWS = 1_048_000
"""Rows of a table that a sheet holds, with room for what stands above."""

LONGEST_TEXT = 32_767
"""Characters that a cell holds."""

FORMATS: dict[str, dict[str, Any]] = {
    "note": {"font_color": "#52606d"},
    "header": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
    "text": {"num_format": "@"},
    "number": {"num_format": "General"},
    "amount": {"num_format": "[>=100]#,##0;General"},
    "exact": {"num_format": "0.0##############"},  # no share below its target is shown as it
    "total": {"num_format": "[>=100]#,##0;General", "bold": True},
    **{
        f"rate {kind}": {
            "num_format": f'0.0%" {MARKS[kind]}"',
            "bg_color": colour,
            "font_color": "#ffffff" if kind == "fail_3" else "#1f2933",
            "align": "right",
        }
        for kind, colour in COLOURS.items()
    },
}
"""How cells look, by name."""


@dataclass(frozen=True)
class Pen:
    """A workbook being written, its formats by name, and its language."""

    book: Any
    formats: Mapping[str, Any]
    language: str

    def word(self, code: str, **values: object) -> str:
        """Words of the workbook in its language."""
        return message(code, **values).text(self.language)


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its header, its values, and how they look (all alike, or one each).

    With `total`, the row of the total sums the rows above instead of stating a number.
    """

    header: str
    values: Iterable[object]
    look: str | Sequence[str] = "text"
    width: float = 14
    total: bool = False


def write_sheet(
    pen: Pen,
    name: str,
    table: Sequence[Column],
    *,
    notes: Sequence[str] = (),
    frozen: int = 0,
    filters: bool = False,
    totals: tuple[int, int] = (0, 0),
) -> None:
    """Write a table as a new sheet below its notes, with a header that stays in sight.

    Parameters
    ----------
    frozen
        How many columns stay in sight too.
    filters
        Whether the header filters rows.
    totals
        How many rows, from the first, the total sums; and the position of its row.
    """
    sheet = pen.book.add_worksheet(name)
    top = len(notes)
    for row, note in enumerate(notes):
        _write(pen, sheet, (row, 0), note, "note")
    lengths = {0}
    for position, column in enumerate(table):
        values = list(column.values)
        lengths.add(len(values))
        looks = [column.look] * len(values) if isinstance(column.look, str) else column.look
        sheet.set_column(position, position, column.width)
        _write(pen, sheet, (top, position), column.header, "header")
        for row, (value, look) in enumerate(zip(values[:MOST_ROWS], looks, strict=False)):
            if column.total and row == totals[1]:
                summed = f"=SUM({xl_range(top + 1, position, top + totals[0], position)})"
                at = (top + 1 + row, position)
                sheet.write_formula(*at, summed, pen.formats["total"], value)
            else:
                _write(pen, sheet, (top + 1 + row, position), value, look)
    if max(lengths) > MOST_ROWS:
        more = pen.word("workbook.more_rows", rows=max(lengths))
        _write(pen, sheet, (top + 1 + MOST_ROWS, 0), more, "note")
    sheet.freeze_panes(top + 1, frozen)
    if filters:
        sheet.autofilter(top, 0, top + min(max(lengths), MOST_ROWS), len(table) - 1)


def _write(pen: Pen, sheet: Any, at: tuple[int, int], value: object, look: str) -> None:
    """A cell: text as text, finite numbers as numbers, anything else empty."""
    if isinstance(value, str):
        sheet.write_string(*at, value[:LONGEST_TEXT], pen.formats[look])
    elif isinstance(value, int | float | np.number) and math.isfinite(value):
        sheet.write_number(*at, value, pen.formats[look])
    else:
        sheet.write_blank(*at, None, pen.formats[look])
