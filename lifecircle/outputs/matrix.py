"""Where everything stands on a definition's matrix sheet, so that others can refer to it.

Left of the rates stands the place and its demand; right of them, block by block and in the same
order of services, what the rates and their colours are made from: covered demand, status,
certainty, and demand where services count different people.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.utility import quote_sheetname, xl_col_to_name

from lifecircle.outputs.sheets import Pen, new_sheet
from lifecircle.report.cells import Row, Sheet
from lifecircle.report.data import reading_order
from lifecircle.report.naming import service_name

TITLE, LINE, NOTE, LIMIT, TARGET, HEADER, FIRST = range(7)
"""Rows: what stands above the table, and its first row."""
PARENT, NAME, CODE, LEVEL, AREA, SCOPE, DEMAND, RATES = range(8)
"""Columns: of the place, and the first of the rates."""
BLOCKS = ("rate", "covered", "status", "certainty", "demand")
BODY = ("zone", "parent")
"""Levels of the rows that the whole area is summed from; parents in it are passed over."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """A definition's sheet and its rows, in the order in which they stand there.

    `title` is what the definition is called, `services` what each of its services is.
    """

    sheet: Any
    title: str
    services: Mapping[str, str]
    rates: Sheet
    rows: tuple[Row, ...]

    @functools.cached_property
    def name(self) -> str:
        """The sheet's name as formulas of other sheets write it."""
        return f"{quote_sheetname(self.sheet.get_name())}!"

    @functools.cached_property
    def alike(self) -> bool:
        """Whether all services count the same demand, which then stands in one column."""
        return all(
            len({cell.demand for cell in row.cells.values()}) == 1 for row in self.rates.rows
        )

    @functools.cached_property
    def line_of(self) -> dict[tuple[str, str], int]:
        """The row of a place as spreadsheets number it, by level and key."""
        return {(row.level, row.key): FIRST + 1 + at for at, row in enumerate(self.rows)}

    @property
    def head(self) -> int:
        """The row that the target is for."""
        return self.line_of[self.rates.head.level, self.rates.head.key]

    @functools.cached_property
    def body(self) -> tuple[int, int]:
        """The first and last row of zones and their parents."""
        lines = [self.line_of[row.level, row.key] for row in self.rows if row.level in BODY]
        return min(lines), max(lines)

    @functools.cached_property
    def members(self) -> dict[str, tuple[int, ...]]:
        """The rows of the zones of each parent, which stand together."""
        found: dict[str, tuple[int, ...]] = {}
        for row in self.rows:
            if row.level == "zone":
                found[row.parent] = (*found.get(row.parent, ()), self.line_of["zone", row.key])
        return found

    @property
    def last(self) -> int:
        """The last row."""
        return FIRST + len(self.rows)

    def position(self, block: str, service: str) -> int:
        """The column of a service in a block, from 0."""
        services = self.rates.services
        return RATES + BLOCKS.index(block) * (len(services) + 1) + services.index(service)

    def letter(self, block: str, service: str) -> str:
        """The column of a service in a block, as formulas write it."""
        if block == "demand" and self.alike:
            return column_letter(DEMAND)
        return column_letter(self.position(block, service))

    def down(self, block: str, service: str) -> str:
        """A service's cells of a block in all rows of zones and parents, for other sheets."""
        return self._down(self.letter(block, service))

    def levels(self) -> str:
        """The levels of all rows of zones and parents, for other sheets."""
        return self._down(column_letter(LEVEL))

    def cell(self, block: str, service: str, line: int) -> str:
        """One cell, for other sheets."""
        return f"{self.name}${self.letter(block, service)}${line}"

    def _down(self, letter: str) -> str:
        first, last = self.body
        return f"{self.name}${letter}${first}:${letter}${last}"


def column_letter(position: int) -> str:
    """A column, from 0, as formulas write it.

    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    return str(xl_col_to_name(position))


def matrix(pen: Pen, title: str, rates: Sheet) -> Matrix:
    """A new sheet for a definition: parents before their zones, the whole area on top."""
    named = {key: pen.said(service_name(rates.standard, key)) for key in rates.services}
    sheet = new_sheet(pen, pen.word("workbook.matrix", name=title), colour="#8fbfe0")
    rows = _upright([rates.rows[at] for at in reading_order(rates)])
    return Matrix(sheet, title, named, rates, tuple(rows))


def _upright(rows: Sequence[Row]) -> list[Row]:
    """Rows in reading order, each zone below its parent, the others below them."""
    order = {"scope": 0, "city": 1, "parent": 2, "zone": 2, "area_type": 3, "outside": 4}
    return sorted(rows, key=lambda row: order[row.level])
