"""The first sheet: what comes out, for every definition, in formulas over its matrix."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lifecircle.outputs.columns import words
from lifecircle.outputs.matrix import Matrix
from lifecircle.outputs.matrix_sheets import floored, floored_formula
from lifecircle.outputs.sheets import (
    HEADER_HEIGHT,
    Pen,
    display_width,
    print_setup,
    target_look,
    write,
    write_prose,
)
from lifecircle.outputs.verdict_rules import Judged, colour, looks
from lifecircle.report.cells import Cell, minutes_up
from lifecircle.report.naming import limit_words
from lifecircle.report.summary import scope_sentence, short_sentence, sum_unit, verdict_sentence
from lifecircle.report.words import words as report_words
from lifecircle.standards import ALL
from lifecircle.verdicts import MARKS, Verdict

WIDTHS = {
    "service": 16, "limit": 11, "facilities": 8, "target": 8, "demand": 13, "covered": 13,
    "rate": 10, "status": 22, "certainty": 9, "gap": 12, "failing": 9, "judged": 9,
    "zone_gap": 14, "at_target": 11, "exact_rate": 19, "exact_gap": 15, "exact_zone_gap": 15,
}  # fmt: skip
"""Columns of a definition's table; the exact ones are what the rounded ones are made from."""
TEXTS = ("service", "status", "certainty")
LETTER = {name: chr(ord("A") + at) for at, name in enumerate(WIDTHS)}
EXACT = ("exact_rate", "exact_gap", "exact_zone_gap")
"""Columns for those who check, which are not printed."""
ACROSS = (len(WIDTHS) - len(EXACT), sum(n for name, n in WIDTHS.items() if name not in EXACT))
LEGEND: tuple[Verdict, ...] = ("pass", "fail_1", "fail_2", "fail_3", "undecided", "not_in_scope")


@dataclass(frozen=True, eq=False)
class Line:
    """A row of the table, as spreadsheets number it: a service of a definition."""

    matrix: Matrix
    service: str
    row: int

    @property
    def cell(self) -> Cell:
        """What the coverage table says of it."""
        return self.matrix.rates.head.cells[self.service]

    @property
    def zones(self) -> list[Cell]:
        """The same service in every zone."""
        return [zone.cells[self.service] for zone in self.matrix.rates.zones]

    def at(self, column: str) -> str:
        """A cell of this row, as formulas write it."""
        return f"{LETTER[column]}{self.row}"


def rounded_up(gap: str) -> str:
    """The formula of a gap as people see it.

    >>> rounded_up("A1")
    '=ROUNDUP(MAX(0,A1-1E-9),0)'
    """
    return f"=ROUNDUP(MAX(0,{gap}-1E-9),0)"


def shown_gap(gap: float) -> float:
    """A gap as people see it: whole, rounded up; `NaN` where there is none."""
    return math.ceil(max(0.0, gap - 1e-9)) if math.isfinite(gap) else math.nan


def short_of(cells: Sequence[Cell]) -> float:
    """What failing cells lack together."""
    return math.fsum(cell.gap for cell in cells if cell.fails and math.isfinite(cell.gap))


def write_summary(
    pen: Pen,
    sheet: Any,
    matrices: Sequence[tuple[Matrix, str]],
    facts: Sequence[str],
    counts: Mapping[str, int],
) -> None:
    """Write the verdicts of every definition.

    Parameters
    ----------
    matrices
        With each its definition in words.
    facts
        What to say of the whole: its dates, its version.
    counts
        How many facilities there are, by service.
    """
    for position, width in enumerate(WIDTHS.values()):
        sheet.set_column(position, position, width)
    write_prose(pen, sheet, 0, pen.title, columns=ACROSS, look="title")
    for row, text in enumerate(facts, start=1):
        write_prose(pen, sheet, row, text, columns=ACROSS, look="note")
    row = len(facts) + 1
    _legend(pen, sheet, row)
    row += 2
    for matrix, text in matrices:
        row = _definition(pen, sheet, matrix, text, row)
        row = _table(pen, sheet, matrix, row, counts) + 1
    sheet.print_area(0, 0, row - 1, ACROSS[0] - 1)
    print_setup(pen, sheet, header=None)


def _legend(pen: Pen, sheet: Any, row: int) -> None:
    """What colours and marks mean, each in as many columns as it needs."""
    widths, first = list(WIDTHS.values()), 0
    for kind in LEGEND:
        text = f"{MARKS[kind]} {pen.word(f'workbook.legend_{kind}')}"
        last = first
        while sum(widths[first : last + 1]) < display_width(text) + 2:
            last += 1
        look = pen.formats[f"{kind} legend"]
        if last > first:
            sheet.merge_range(row, first, row, last, text, look)
        else:
            sheet.write_string(row, first, text, look)
        first = last + 1


def _definition(pen: Pen, sheet: Any, matrix: Matrix, text: str, row: int) -> int:
    """A definition's name, its words and its verdict; the next row."""
    rates = matrix.rates
    sentences = [text, pen.said(verdict_sentence(rates)), pen.said(short_sentence(rates))]
    scope = scope_sentence(rates)
    if scope is not None:
        sentences.insert(1, pen.said(scope))
    write_prose(pen, sheet, row, matrix.title, columns=ACROSS, look="heading")
    for below, sentence in enumerate(sentences, start=1):
        look = "verdict" if below == len(sentences) - 1 else "prose"
        write_prose(pen, sheet, row + below, sentence, columns=ACROSS, look=look)
    return row + 1 + len(sentences)


def _table(pen: Pen, sheet: Any, matrix: Matrix, row: int, counts: Mapping[str, int]) -> int:
    """Every service with its figures; below the sums, apart, all services at once."""
    unit, sums = pen.said(matrix.rates.unit), pen.said(sum_unit(matrix.rates))
    for position, name in enumerate(WIDTHS):
        of = sums if name.endswith("zone_gap") else unit
        title = pen.word(f"workbook.s_{name}", unit=of)
        look = "header" if name in TEXTS else "header number"
        write(pen, sheet, (row, position), title, look)
    sheet.set_row(row, HEADER_HEIGHT)
    plain = matrix.rates.plain_services
    lines = [Line(matrix, key, row + 2 + at) for at, key in enumerate(plain)]
    total = row + 2 + len(plain)
    if ALL in matrix.rates.services:
        lines.append(Line(matrix, ALL, total + 1))
    for line in lines:
        _figures(pen, sheet, line)
        _of_zones(pen, sheet, line)
        if line.service in counts and line.cell.status != "no data":
            _put(pen, sheet, line, "facilities", counts[line.service], look="amount")
    _totals(pen, sheet, lines[: len(plain)], total)
    _colours(pen, sheet, row + 2, lines[-1].row)
    return max(total, lines[-1].row)


def _put(
    pen: Pen, sheet: Any, line: Line, column: str, value: object, *, look: str, formula: str = ""
) -> None:
    """A cell of a line: a formula with its result, or what stands there."""
    at = (line.row - 1, list(WIDTHS).index(column))
    if formula:
        sheet.write_formula(*at, formula, pen.formats[look], value)
    else:
        write(pen, sheet, at, value, look)


def _figures(pen: Pen, sheet: Any, line: Line) -> None:
    """What a service has in the row that the target is for."""
    cell, matrix, rates = line.cell, line.matrix, line.matrix.rates
    limit = pen.said(limit_words(rates.standard, rates.definition, line.service))
    _put(pen, sheet, line, "service", matrix.services[line.service], look="text")
    _put(pen, sheet, line, "limit", limit, look="right")
    _put(pen, sheet, line, "target", cell.target, look=target_look(cell.target))
    demand = f"={matrix.cell('demand', line.service, matrix.head)}"
    _put(pen, sheet, line, "demand", cell.demand, look="amount", formula=demand)
    word = f"{MARKS[cell.verdict]} {pen.said(cell.word)}"
    if math.isnan(cell.rate):
        _put(pen, sheet, line, "status", word, look="status")
        return
    covered = f"={matrix.cell('covered', line.service, matrix.head)}"
    _put(pen, sheet, line, "covered", cell.covered, look="amount", formula=covered)
    share = f"{line.at('covered')}/{line.at('demand')}"
    _put(pen, sheet, line, "rate", floored(cell.rate), look="rate",
         formula=f'=IF({line.at("demand")}>0,{floored_formula(share)},"")')  # fmt: skip
    _put(pen, sheet, line, "exact_rate", cell.rate, look="faint exact",
         formula=f'=IF({line.at("demand")}>0,{share},"")')  # fmt: skip
    _put(pen, sheet, line, "status", word, look="status", formula=_status(pen, line))
    if not cell.judged:
        return
    certainty = words("coverage.csv", "certainty", pen.language)
    # Where no margin was computed, nothing is said of certainty.
    known = "undecided" if cell.verdict == "undecided" else "" if math.isnan(cell.low) else "clear"
    _put(pen, sheet, line, "certainty", certainty.get(known, ""), look="status")
    gap = f"=MAX(0,{line.at('target')}*{line.at('demand')}-{line.at('covered')})"
    _put(pen, sheet, line, "exact_gap", cell.gap, look="faint amount", formula=gap)
    _put(pen, sheet, line, "gap", shown_gap(cell.gap), look="amount",
         formula=rounded_up(line.at("exact_gap")))  # fmt: skip
    minutes = minutes_up(cell.minutes_at_target)
    _put(pen, sheet, line, "at_target", float(minutes) if minutes else "–", look="minutes")


def _status(pen: Pen, line: Line) -> str:
    """The formula of a judged service's status, in words; nothing for others."""
    if not line.cell.judged:
        return ""
    unsure = line.cell.verdict == "undecided"
    passes, fails = (
        f'"{MARKS["undecided"] if unsure else mark} '
        f'{pen.said(report_words(f"v_undecided_{status}" if unsure else f"v_{status}"))}"'
        for status, mark in (("pass", MARKS["pass"]), ("fail", MARKS["fail_1"]))
    )
    return f"=IF({line.at('exact_rate')}>={line.at('target')}-1E-12,{passes},{fails})"


def _of_zones(pen: Pen, sheet: Any, line: Line) -> None:
    """How many zones fail of those that are judged, and what these lack together."""
    matrix, key, zones = line.matrix, line.service, line.zones
    if not line.cell.has_target or math.isnan(line.cell.covered):
        return
    statuses = words("coverage.csv", "status", pen.language)
    of_zones = f'{matrix.levels()},"{words("coverage.csv", "level", pen.language)["zone"]}"'
    failing, passing = (
        f'COUNTIFS({of_zones},{matrix.down("status", key)},"{statuses[status]}")'
        for status in ("fail", "pass")
    )
    fails, judged = sum(zone.fails for zone in zones), sum(zone.judged for zone in zones)
    _put(pen, sheet, line, "failing", fails, look="amount", formula=f"={failing}")
    _put(pen, sheet, line, "judged", judged, look="amount",
         formula=f"={line.at('failing')}+{passing}")  # fmt: skip
    lacking = (
        f"=SUMPRODUCT(({of_zones.replace(',', '=')})"
        f'*({matrix.down("status", key)}="{statuses["fail"]}")'
        f"*({line.at('target')}*{matrix.down('demand', key)}-{matrix.down('covered', key)}))"
    )
    short = short_of(zones)
    _put(pen, sheet, line, "exact_zone_gap", short, look="faint amount", formula=lacking)
    _put(pen, sheet, line, "zone_gap", shown_gap(short), look="amount",
         formula=rounded_up(line.at("exact_zone_gap")))  # fmt: skip


def _totals(pen: Pen, sheet: Any, lines: Sequence[Line], row: int) -> None:
    """Sums over services: cells that fail, cells that are judged, and what they lack."""
    total = Line(lines[0].matrix, "", row)
    cells = [cell for line in lines for cell in line.zones]
    short = short_of(cells)
    values = {
        "failing": sum(cell.fails for cell in cells),
        "judged": sum(cell.judged for cell in cells),
        "exact_zone_gap": short,
    }
    for position, name in enumerate(WIDTHS):
        sheet.write_blank(row - 1, position, None, pen.formats["amount sum"])
        if name in values:
            down = f"=SUM({lines[0].at(name)}:{lines[-1].at(name)})"
            look = "faint sum" if name.startswith("exact") else "amount sum"
            _put(pen, sheet, total, name, values[name], look=look, formula=down)
    _put(pen, sheet, total, "service", pen.word("workbook.total"), look="text sum")
    _put(pen, sheet, total, "zone_gap", shown_gap(short), look="amount sum",
         formula=rounded_up(total.at("exact_zone_gap")))  # fmt: skip


def _colours(pen: Pen, sheet: Any, first: int, last: int) -> None:
    """Rates and statuses in the colours of what the status says."""
    status, rate, target = (
        f"${LETTER[each]}{first}" for each in ("status", "exact_rate", "target")
    )
    says = {kind: f'LEFT({status},1)="{MARKS[kind]}"' for kind in LEGEND}
    judged = Judged(
        passes=says["pass"],
        fails=says["fail_1"],
        below=f"{target}-{rate}",
        undecided=says["undecided"],
        unjudged=says["not_in_scope"],
    )
    styles = looks(pen, numbers=False)
    for column in ("rate", "status"):
        position = list(WIDTHS).index(column)
        colour(sheet, (first - 1, position, last - 1, position), judged, styles)
