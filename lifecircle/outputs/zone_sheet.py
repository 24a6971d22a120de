"""One row per zone, to sort and filter: how many services pass, what is short, each rate."""

from __future__ import annotations

import math

from lifecircle.outputs.columns import columns
from lifecircle.outputs.matrix import Matrix
from lifecircle.outputs.matrix_sheets import floored
from lifecircle.outputs.sheets import A3, Column, Pen, new_sheet, print_setup, write, write_table
from lifecircle.outputs.summary_sheet import short_of, shown_gap
from lifecircle.report.cells import Cell, Row
from lifecircle.report.summary import sum_unit
from lifecircle.verdicts import Verdict

HEADER = 2
"""The row of the titles."""


def write_zones(pen: Pen, matrix: Matrix, area_types: dict[str, str]) -> None:
    """Write the zones of the main definition; `area_types` are their labels."""
    sheet = new_sheet(pen, pen.word("workbook.zones"), colour="#2b6cb0")
    write(pen, sheet, (0, 0), f"{pen.title} · {matrix.title}", "title")
    write(pen, sheet, (1, 0), pen.word("workbook.zones_note"), "label")
    table = [*_who(pen, matrix, area_types), *_counts(pen, matrix), *_rates(pen, matrix)]
    length = write_table(pen, sheet, table, top=HEADER)
    sheet.freeze_panes(HEADER + 1, 2)
    sheet.autofilter(HEADER, 0, HEADER + length, len(table) - 1)
    print_setup(pen, sheet, header=HEADER, paper=A3)


def _who(pen: Pen, matrix: Matrix, area_types: dict[str, str]) -> list[Column]:
    """Code, name, parent, area type and demand."""
    zones = matrix.rates.zones
    fields = ["zone", "name", "parent", "demand"]
    code, name, parent, demand = (
        each.titles[pen.language] for each in columns("coverage.csv", fields)
    )
    found = [
        Column(code, [zone.key for zone in zones]),
        Column(name, [zone.name or zone.key for zone in zones]),
    ]
    if any(zone.parent for zone in zones):
        found.append(Column(parent, [zone.parent for zone in zones]))
    if any(area_types.values()):
        kinds = [area_types.get(zone.key, "") for zone in zones]
        found.append(Column(pen.word("workbook.area_type"), kinds))
    if matrix.rates.scoped:
        scope = [pen.word("workbook.yes" if zone.in_scope else "workbook.no") for zone in zones]
        found.append(Column(pen.word("workbook.in_scope"), scope))
    if matrix.alike:
        title = pen.word("workbook.with_unit", name=demand, unit=pen.said(matrix.rates.unit))
        amounts = [next(iter(zone.cells.values())).demand for zone in zones]
        found.append(Column(title, amounts, "amount", width=13))
    return found


def _counts(pen: Pen, matrix: Matrix) -> list[Column]:
    """Services that pass, fail or are undecided; what is short in all; the worst service."""
    zones, keys = matrix.rates.zones, matrix.rates.plain_services
    cells = [[zone.cells[key] for key in keys] for zone in zones]
    worst = [_worst(zone, keys) for zone in zones]
    unit = pen.said(sum_unit(matrix.rates))
    short = pen.word("workbook.with_unit", name=pen.word("workbook.short"), unit=unit)
    return [
        Column(pen.word("workbook.passing"), _count(cells, "pass"), "number", width=9),
        Column(
            pen.word("workbook.failing"), _count(cells, "fail_1", "fail_2", "fail_3"), "number",
            width=9,
        ),
        Column(pen.word("workbook.unsure"), _count(cells, "undecided"), "number", width=9),
        Column(short, [shown_gap(short_of(each)) for each in cells], "amount", width=14),
        Column(
            pen.word("workbook.worst"),
            [matrix.services[key] if key else "" for key in worst],
            width=14,
        ),
        Column(
            pen.word("workbook.worst_rate"),
            [
                floored(zone.cells[key].rate) if key else math.nan
                for zone, key in zip(zones, worst, strict=True)
            ],
            [
                f"{zone.cells[key].verdict} rate" if key else "text"
                for zone, key in zip(zones, worst, strict=True)
            ],
            width=11,
        ),
    ]  # fmt: skip


def _count(cells: list[list[Cell]], *kinds: Verdict) -> list[int]:
    return [sum(cell.verdict in kinds for cell in each) for each in cells]


def _worst(zone: Row, keys: tuple[str, ...]) -> str:
    """The service with the lowest rate, of those that are judged where some are."""
    rated = [key for key in keys if math.isfinite(zone.cells[key].rate)]
    judged = [key for key in rated if zone.cells[key].judged]
    return min(judged or rated, key=lambda key: zone.cells[key].rate, default="")


def _rates(pen: Pen, matrix: Matrix) -> list[Column]:
    """The rates, all services at once last; in words why there is none."""
    found = []
    for key in matrix.rates.services:
        cells = [zone.cells[key] for zone in matrix.rates.zones]
        values = [
            floored(cell.rate) if math.isfinite(cell.rate) else pen.said(cell.word)
            for cell in cells
        ]
        kinds = [f"{cell.verdict} rate" if math.isfinite(cell.rate) else "absent" for cell in cells]
        found.append(Column(matrix.services[key], values, kinds, width=11.5))
    return found
