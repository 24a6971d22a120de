"""What is undecided, by what, and what the margins cover."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from lifecircle import verdicts
from lifecircle.certainty import BAND_SD
from lifecircle.confidence import LONG_LEG_M
from lifecircle.grounds import POINT_M, POSITION_M, SPREAD_PEOPLE
from lifecircle.project.tables import ConfidenceTable
from lifecircle.report.cells import Cell, Row, Sheet
from lifecircle.report.grid import Entry, Part, Section, entry, heads, number, verdict_chip
from lifecircle.report.naming import service_name
from lifecircle.report.words import Both, known, percent_of, words

MOST = 60
"""Rows of undecided cases for each definition; the workbook has them all."""

WIDTH = 200
"""Of a margin's picture, from 0 to 100 %."""


def undecided(sheets: Sequence[Sheet], names: Mapping[str, Both]) -> Section | None:
    """Cells whose margin spans the target: the headline first, then zones by their demand."""
    parts = []
    for one in sheets:
        cases = list(_cases(one))
        if cases:
            rows = tuple(_row(one, *case) for case in cases[:MOST])
            more = words("more_rows", n=len(cases) - MOST)
            key = one.definition.key
            notes = (more,) if len(cases) > MOST else ()
            parts.append(Part(COLUMNS, rows, key, names[key], notes))
    if not parts:
        return None
    return Section("und", words("h_undecided"), words("undecided_note"), tuple(parts))


COLUMNS = (
    *heads("c_zone", "c_service"),
    *heads("c_rate_short", "c_margin", numbers=2),
    *heads("c_margin_picture"),
    *heads("c_target", numbers=1),
    *heads("c_status", "c_undecided_by"),
)


def _cases(one: Sheet) -> Iterator[tuple[Row, str]]:
    """Places and services that are undecided."""
    zones = sorted(one.zones, key=lambda row: -_demand(row))
    for row in (one.head, *one.level("parent"), *zones):
        for key in one.services:
            if row.cells[key].verdict == "undecided":
                yield row, key


def _demand(row: Row) -> float:
    return max(cell.demand for cell in row.cells.values())


def _row(one: Sheet, row: Row, key: str) -> tuple[Entry, ...]:
    cell = row.cells[key]
    return (
        entry(row.title),
        entry(service_name(one.standard, key)),
        number(percent_of(cell.percent)),
        number(margin(cell)),
        entry(_picture(cell), "picture"),
        number(percent_of(verdicts.target_percent(cell.target))),
        verdict_chip(cell),
        entry(known(f"by_{cell.undecided_by}", cell.undecided_by)),
    )


def margin(cell: Cell) -> str:
    """The ends of a margin as text."""
    low, high = verdicts.percent(cell.low), verdicts.percent(cell.high)
    return percent_of(f"{low} – {high}") if low and high else ""


def _picture(cell: Cell) -> Markup:
    """The margin as a line on an axis of 0 to 100 %, its rate a dot, the target across."""
    low, high, rate, target = (
        round(value * WIDTH, 1) if math.isfinite(value) else 0.0
        for value in (cell.low, cell.high, cell.rate, cell.target)
    )
    return Markup(
        '<svg viewBox="-3 0 206 14" aria-hidden="true"><path class="axis" d="M0 7H200"/>'
        '<path class="band" d="M{} 7H{}"/><path class="goal" d="M{} 0V14"/>'
        '<circle cx="{}" cy="7" r="3"/></svg>'
    ).format(low, high, target, rate)


def confidence_words(table: ConfidenceTable, sheets: Sequence[Sheet]) -> list[Both]:
    """What the margins cover and what not; nothing where there are none."""
    cells = (cell for one in sheets for row in one.rows for cell in row.cells.values())
    if not any(math.isfinite(cell.low) for cell in cells):
        return []
    usual = table.facility_m
    facilities = (
        words("sigma_facility", m=f"{usual:g}")
        if usual is not None
        else words("sigma_facilities", **{kind: f"{m:g}" for kind, m in POSITION_M.items()})
    )
    places = (
        words("sigma_demand", m=f"{table.demand_m:g}")
        if table.demand_m is not None
        else words("sigma_demands", m=f"{POINT_M:g}")
    )
    people = (
        words("sigma_allocation", share=f"{table.allocation:g}")
        if isinstance(table.allocation, float)
        else words("sigma_allocations", share=f"{SPREAD_PEOPLE:g}")
    )
    return [
        words("m_band", sd=f"{BAND_SD:g}", leg=f"{LONG_LEG_M:g}"),
        words(
            "m_sigmas",
            facilities=facilities,
            places=places,
            network=percent_of(f"{table.network * 100:g}"),
            people=people,
        ),
        words("m_not_covered"),
    ]
