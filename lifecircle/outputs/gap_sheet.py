"""The list of gaps (短板清单): where most people lack which service, first the certain cases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lifecircle.outputs.columns import columns
from lifecircle.outputs.matrix import Matrix
from lifecircle.outputs.matrix_sheets import floored, floored_formula
from lifecircle.outputs.sheets import (
    HEADER_HEIGHT,
    Pen,
    fitting_width,
    new_sheet,
    print_setup,
    target_look,
    write,
)
from lifecircle.outputs.summary_sheet import rounded_up, shown_gap
from lifecircle.report.cells import Cell, Row, minutes_up
from lifecircle.report.naming import limit_words
from lifecircle.report.summary import sum_unit
from lifecircle.report.words import known
from lifecircle.verdicts import MARKS, TOLERANCE

WIDTHS = {
    "definition": 0, "parent": 0, "name": 0, "zone": 0, "service": 0, "limit": 10, "demand": 13,
    "covered": 13, "rate": 9, "target": 8, "status": 22, "gap": 13, "share": 10, "at_target": 11,
    "rate_low": 9, "rate_high": 9, "undecided_by": 24, "exact_gap": 15,
}  # fmt: skip
"""Columns; the width of those that hold names is that of the names."""
LETTER = {name: chr(ord("A") + at) for at, name in enumerate(WIDTHS)}


@dataclass(frozen=True, eq=False)
class Case:
    """A zone that fails in a service, under a definition."""

    matrix: Matrix
    zone: Row
    service: str

    @property
    def cell(self) -> Cell:
        """What the coverage table says of it."""
        return self.zone.cells[self.service]

    @property
    def undecided(self) -> bool:
        """Whether its margin spans the target."""
        return self.cell.verdict == "undecided"


def cases(matrix: Matrix) -> list[Case]:
    """Failing zones and services of a definition, the undecided last, the largest gap first."""
    found = [
        Case(matrix, zone, service)
        for zone in matrix.rates.zones
        for service in matrix.rates.plain_services
        if zone.cells[service].fails and math.isfinite(zone.cells[service].gap)
    ]
    return sorted(found, key=lambda case: (case.undecided, -case.cell.gap))


def write_gaps(pen: Pen, matrices: Sequence[Matrix]) -> None:
    """Write the list, above it what each definition lacks in all."""
    sheet = new_sheet(pen, pen.word("workbook.gaps"), colour="#96390a")
    blocks = {matrix: cases(matrix) for matrix in matrices}
    write(pen, sheet, (0, 0), f"{pen.title} · {pen.word('workbook.gaps')}", "title")
    write(pen, sheet, (1, 0), pen.word("workbook.gaps_note"), "label")
    _sum_heads(pen, sheet)
    header = 4 + len(blocks)
    for titles in (2, header):
        sheet.set_row(titles, HEADER_HEIGHT)
    _heads(pen, sheet, header, [case for found in blocks.values() for case in found])
    row = header + 1
    for at, (matrix, found) in enumerate(blocks.items()):
        _sums(pen, sheet, (3 + at, row), matrix, found)
        total = math.fsum(case.cell.gap for case in found)
        reached = 0.0
        last = row + len(found)
        for line, case in enumerate(found, start=row + 1):
            reached += case.cell.gap
            _case(pen, sheet, line, case)
            gap = LETTER["exact_gap"]
            share = f"SUM({gap}${row + 1}:{gap}{line})/SUM({gap}${row + 1}:{gap}${last})"
            value = math.floor((reached / total + TOLERANCE) * 1000) / 1000 if total > 0 else 0
            formula = f"=IF(SUM({gap}${row + 1}:{gap}${last})>0,{floored_formula(share)},0)"
            _put(pen, sheet, line, "share", value, look="rate", formula=formula)
        row = last
    sheet.freeze_panes(header + 1, list(WIDTHS).index("limit"))
    if row > header + 1:
        sheet.autofilter(header, 0, row - 1, len(WIDTHS) - 1)
    sheet.print_area(0, 0, max(row - 1, header), len(WIDTHS) - 2)
    print_setup(pen, sheet, header=header)


def _heads(pen: Pen, sheet: Any, row: int, listed: Sequence[Case]) -> None:
    """The titles of the columns, and their widths."""
    texts = {
        "definition": [case.matrix.title for case in listed[:1]],
        "parent": [case.zone.parent for case in listed],
        "name": [case.zone.name for case in listed],
        "zone": [case.zone.key for case in listed],
        "service": [case.matrix.services[case.service] for case in listed],
    }
    described = ("definition", "parent", "name", "zone", "service", "rate_low", "rate_high",
                 "undecided_by")  # fmt: skip
    titles = {each.name: each.titles[pen.language] for each in columns("coverage.csv", described)}
    for position, (name, width) in enumerate(WIDTHS.items()):
        title = titles.get(name) or pen.word(f"workbook.g_{name}")
        look = "header" if name in (*texts, "status", "undecided_by") else "header number"
        write(pen, sheet, (row, position), title, look)
        fitting = fitting_width(title, texts.get(name, []), most=30)
        hidden = {"hidden": name == "parent" and not any(texts["parent"])}
        sheet.set_column(position, position, width or fitting, None, hidden)


def _put(
    pen: Pen, sheet: Any, line: int, column: str, value: object, *, look: str, formula: str = ""
) -> None:
    """A cell of a line: a formula with its result, or what stands there."""
    at = (line - 1, list(WIDTHS).index(column))
    if formula:
        sheet.write_formula(*at, formula, pen.formats[look], value)
    else:
        write(pen, sheet, at, value, look)


def _case(pen: Pen, sheet: Any, line: int, case: Case) -> None:
    """A case of the list."""
    cell, rates = case.cell, case.matrix.rates
    at = {name: f"{letter}{line}" for name, letter in LETTER.items()}
    minutes = minutes_up(cell.minutes_at_target)
    values: list[tuple[str, object, str]] = [
        ("definition", case.matrix.title, "text"),
        ("parent", case.zone.parent, "text"),
        ("name", case.zone.name or case.zone.key, "text"),
        ("zone", case.zone.key, "text"),
        ("service", case.matrix.services[case.service], "text"),
        ("limit", cell.minutes if math.isfinite(cell.minutes)
         else pen.said(limit_words(rates.standard, rates.definition, case.service)), "number"),
        ("demand", cell.demand, "amount"),
        ("covered", cell.covered, "amount"),
        ("target", cell.target, target_look(cell.target)),
        ("status", f"{MARKS[cell.verdict]} {pen.said(cell.word)}", "status"),
        ("at_target", float(minutes) if minutes else "–", "minutes"),
        ("rate_low", floored(cell.low) if case.undecided else "", "rate"),
        ("rate_high", floored(cell.high) if case.undecided else "", "rate"),
        ("undecided_by", _because(pen, case), "status"),
    ]  # fmt: skip
    for name, value, look in values:
        _put(pen, sheet, line, name, value, look=look)
    share = f"{at['covered']}/{at['demand']}"
    _put(pen, sheet, line, "rate", floored(cell.rate), look=f"{cell.verdict} rate",
         formula=f"=IF({at['demand']}>0,{floored_formula(share)},\"\")")  # fmt: skip
    lacking = f"=MAX(0,{at['target']}*{at['demand']}-{at['covered']})"
    _put(pen, sheet, line, "exact_gap", cell.gap, look="faint amount", formula=lacking)
    _put(pen, sheet, line, "gap", shown_gap(cell.gap), look="amount",
         formula=rounded_up(at["exact_gap"]))  # fmt: skip


def _because(pen: Pen, case: Case) -> str:
    """What an undecided case hangs on."""
    by = case.cell.undecided_by
    return pen.said(known(f"by_{by}", by)) if case.undecided and by else ""


def _sum_heads(pen: Pen, sheet: Any) -> None:
    """The titles of what each definition lacks in all."""
    write(pen, sheet, (2, 0), pen.word("workbook.definition"), "header")
    for name in ("name", "zone", "demand", "covered", "gap"):
        title = pen.word(f"workbook.gaps_{name}")
        write(pen, sheet, (2, list(WIDTHS).index(name)), title, "header number")


def _sums(
    pen: Pen, sheet: Any, rows: tuple[int, int], matrix: Matrix, found: Sequence[Case]
) -> None:
    """How many cases a definition has, and what they lack: certain, undecided, in all."""
    line, first = rows[0] + 1, rows[1] + 1
    certain = [case.cell.gap for case in found if not case.undecided]
    unsure = [case.cell.gap for case in found if case.undecided]
    middle, last = first + len(certain), first + len(found)

    def down(name: str, start: int, end: int) -> str:
        return f"{LETTER[name]}{start}:{LETTER[name]}{end - 1}"

    unit = pen.said(sum_unit(matrix.rates))
    _put(pen, sheet, line, "definition", f"{matrix.title} ({unit})", look="text")
    for name, start, end, values in (
        ("name", first, last, found), ("zone", middle, last, unsure),
    ):  # fmt: skip
        formula = f"=COUNTA({down('service', start, end)})" if values else ""
        _put(pen, sheet, line, name, len(values), look="amount", formula=formula)
    for name, start, end, gaps in (
        ("demand", first, middle, certain), ("covered", middle, last, unsure),
        ("gap", first, last, [*certain, *unsure]),
    ):  # fmt: skip
        formula = rounded_up(f"SUM({down('exact_gap', start, end)})") if gaps else ""
        _put(pen, sheet, line, name, shown_gap(math.fsum(gaps)), look="amount", formula=formula)
