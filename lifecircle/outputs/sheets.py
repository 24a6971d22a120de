"""Sheets of a workbook in which text stays text, and which print as they look."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from xlsxwriter.worksheet import Worksheet

from lifecircle.messages import message
from lifecircle.outputs.sheet_names import plain_text, sheet_name
from lifecircle.report.words import Both
from lifecircle.verdicts import COLOURS, MARKS

MOST_ROWS = 1_048_000
"""Rows of a table that a sheet holds, with room for what stands above."""

LONGEST_TEXT = 32_767
"""Characters that a cell holds."""
HEADER_HEIGHT = 30
"""Of a row of titles that may need two lines, in points."""
LONGEST_TITLE = 80
"""Characters of a title that a page's foot holds."""
A3, A4 = 8, 9
"""Sizes of paper, as spreadsheets number them."""

_GREY, _LINE, _SHADE = "#52606d", "#9aa5b1", "#f0f3f6"
_AMOUNT = "[>=100]#,##0;General"
_EXACT = "0.0##############"  # no share below its target is shown as it
_RATE = {"num_format": "0.0%", "align": "right", "border": 1, "border_color": "#ffffff"}
FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14, "valign": "vcenter"},
    "heading": {"bold": True, "font_size": 12, "valign": "vcenter", "bottom": 2},
    "note": {"font_color": _GREY, "text_wrap": True, "valign": "top"},
    "label": {"font_color": _GREY},
    "verdict": {"text_wrap": True, "valign": "top", "bold": True},
    "faint sum": {"num_format": "General", "font_color": _LINE, "bg_color": _SHADE},
    "right": {"num_format": "@", "align": "right"},
    "prose": {"text_wrap": True, "valign": "top"},
    "header": {
        "bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": _SHADE,
    },
    "header number": {
        "bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": _SHADE,
        "align": "right",
    },
    "text": {"num_format": "@"},
    "status": {"num_format": "@", "indent": 1},
    "text sum": {"num_format": "@", "bold": True, "bg_color": _SHADE},
    "wrapped": {"num_format": "@", "text_wrap": True, "valign": "top"},
    "number": {"num_format": "General"},
    "amount": {"num_format": _AMOUNT},
    "amount sum": {"num_format": _AMOUNT, "bold": True, "bg_color": _SHADE},
    "exact": {"num_format": _EXACT},
    "faint exact": {"num_format": _EXACT, "font_color": _LINE},
    "faint amount": {"num_format": "General", "font_color": _LINE},
    "target": {"num_format": "0%", "align": "right"},
    "fine target": {"num_format": "0.0##%", "align": "right"},
    "minutes": {"num_format": "0.0", "align": "right"},
    "rate": _RATE,
    "rate sum": {**_RATE, "bold": True, "bg_color": _SHADE},
    "absent": {"font_color": _LINE, "align": "right"},
    "absent sum": {"font_color": _LINE, "align": "right", "bg_color": _SHADE},
}  # fmt: skip
"""How cells look, by name."""


def verdict_formats() -> dict[str, dict[str, Any]]:
    """How rates look that do not change, by their verdict, and the same without a number."""
    found: dict[str, dict[str, Any]] = {}
    for kind, colour in COLOURS.items():
        look = {"bg_color": colour, "font_color": "#ffffff" if kind == "fail_3" else "#1f2933"}
        number = {**_RATE, "num_format": f'0.0%" {MARKS[kind]}"'}
        found |= {f"{kind} legend": look, f"{kind} rate": look | number}
    return found


@dataclass(frozen=True)
class Pen:
    """A workbook being written, its formats by name, its language, the title of its pages."""

    book: Any
    formats: Mapping[str, Any]
    language: str
    title: str = ""

    def word(self, code: str, **values: object) -> str:
        """Words of the workbook in its language."""
        return message(code, **values).text(self.language)

    def said(self, text: Both) -> str:
        """Words of the report in the workbook's language; no name in them turns the rest around."""
        return plain_text(text.plain(self.language))


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its header, its values, and how they look (all alike, or one each)."""

    header: str
    values: Iterable[object]
    look: str | Sequence[str] = "text"
    width: float = 0
    """As wide as its longest text where it is not given."""


class PlainSheet(Worksheet):  # type: ignore[misc]
    """A sheet that takes formulas as they are written.

    Otherwise each is searched for thirty functions that are newer than the format, none of them
    ours, which takes a third of the time of a workbook.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:  # noqa: ARG002
        return formula.removeprefix("=")


def new_sheet(pen: Pen, wanted: str, *, colour: str = "") -> Any:
    """An empty sheet of that name, or of one as near as can be."""
    taken = [sheet.get_name() for sheet in pen.book.worksheets()]
    sheet = pen.book.add_worksheet(sheet_name(wanted, taken), PlainSheet)
    if colour:
        sheet.set_tab_color(colour)
    return sheet


def write_sheet(
    pen: Pen,
    name: str,
    table: Sequence[Column],
    *,
    notes: Sequence[str] = (),
    frozen: int = 0,
    filters: bool = False,
) -> None:
    """Write a table as a new sheet below its notes, with a header that stays in sight.

    Parameters
    ----------
    frozen
        How many columns stay in sight too.
    filters
        Whether the header filters rows.
    """
    sheet = new_sheet(pen, name)
    for row, note in enumerate(notes):
        write(pen, sheet, (row, 0), note, "label")
    length = write_table(pen, sheet, table, top=len(notes))
    sheet.freeze_panes(len(notes) + 1, frozen)
    if filters and length:
        sheet.autofilter(len(notes), 0, len(notes) + length, len(table) - 1)
    print_setup(pen, sheet, header=len(notes))


def write_table(pen: Pen, sheet: Any, table: Sequence[Column], *, top: int) -> int:
    """Write a table with its header in row `top`; how many rows stand below it."""
    lengths = {0}
    sheet.set_row(top, HEADER_HEIGHT)
    for position, column in enumerate(table):
        values = column.values.tolist() if isinstance(column.values, pd.Series) else column.values
        values = list(values)
        lengths.add(len(values))
        sheet.set_column(position, position, column.width or fitting_width(column.header, values))
        numeric = bool(values) and not any(isinstance(value, str) for value in values)
        header = "header number" if numeric else "header"
        write(pen, sheet, (top, position), column.header, header)
        _write_down(pen, sheet, (top + 1, position), values[:MOST_ROWS], column.look)
    if max(lengths) > MOST_ROWS:
        more = pen.word("workbook.more_rows", rows=max(lengths))
        write(pen, sheet, (top + 1 + MOST_ROWS, 0), more, "label")
    return min(max(lengths), MOST_ROWS)


def _write_down(
    pen: Pen, sheet: Any, at: tuple[int, int], values: Sequence[object], look: str | Sequence[str]
) -> None:
    """Cells of a column, as `write` writes each."""
    if not isinstance(look, str):
        for row, (value, own) in enumerate(zip(values, look, strict=True), at[0]):
            write(pen, sheet, (row, at[1]), value, own)
        return
    # Most cells of a workbook stand in such columns: what can be looked up before is.
    formatted, position = pen.formats[look], at[1]
    number, text, isfinite = sheet.write_number, sheet.write_string, math.isfinite
    for row, value in enumerate(values, at[0]):
        if isinstance(value, float):
            if isfinite(value):
                number(row, position, value, formatted)
        elif isinstance(value, str):
            if value:
                text(row, position, value[:LONGEST_TEXT], formatted)
        elif isinstance(value, int | np.integer):
            number(row, position, value, formatted)


def write(pen: Pen, sheet: Any, at: tuple[int, int], value: object, look: str) -> None:
    """A cell: text as text, finite numbers as numbers, anything else empty."""
    if isinstance(value, str):
        if value:
            sheet.write_string(*at, value[:LONGEST_TEXT], pen.formats[look])
    elif isinstance(value, int | float | np.number) and math.isfinite(value):
        sheet.write_number(*at, value, pen.formats[look])


def write_prose(
    pen: Pen, sheet: Any, row: int, text: str, *, columns: tuple[int, float], look: str = "prose"
) -> None:
    """A paragraph across the first columns of a row, which is as high as it needs.

    Parameters
    ----------
    columns
        How many columns it runs across, and how wide these are together.
    """
    count, width = columns
    if count > 1:
        sheet.merge_range(row, 0, row, count - 1, "", pen.formats[look])
    write(pen, sheet, (row, 0), text, look)
    size = pen.formats[look].font_size / 10
    lines = math.ceil(display_width(text) * size * 1.08 / width) if text else 1
    sheet.set_row(row, round(15 * size * max(1, min(lines, 25))))


def target_look(target: float) -> str:
    """How a target looks: with decimals only where it has some.

    >>> target_look(0.85), target_look(0.925)
    ('target', 'fine target')
    """
    return "target" if math.isnan(target) or round(target * 100, 9) % 1 == 0 else "fine target"


def display_width(text: str) -> int:
    """How wide a text is, in Latin letters; a Chinese character takes two.

    >>> display_width("街镇"), display_width("ab")
    (4, 2)
    """
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(each) in "WFA" else 1 for each in text)


def fitting_width(header: str, values: Sequence[object], *, most: int = 36) -> float:
    """A column's width for its first texts, neither too narrow to read nor too wide to print."""
    widest = max((display_width(each) for each in values[:400] if isinstance(each, str)), default=0)
    words = max(map(display_width, header.split()), default=0)
    return min(max(10, widest + 2, min(words, 20) + 2), most)


def print_setup(
    pen: Pen, sheet: Any, *, header: int | None, paper: int = A4, landscape: bool = True
) -> None:
    """Pages as wide as the sheet, with the header row on each; title and number at the foot."""
    sheet.set_paper(paper)
    if landscape:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    title = plain_text(pen.title)[:LONGEST_TITLE].replace("&", "&&")
    sheet.set_footer(f"&L{title}&C&P / &N&R&A")
    if header is not None:
        sheet.repeat_rows(header)
