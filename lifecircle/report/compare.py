"""The same area under each definition, side by side; country and town beside each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from lifecircle import verdicts
from lifecircle.definitions import Definition
from lifecircle.report.cells import Cell, Row, Sheet
from lifecircle.report.content import ReportContent
from lifecircle.report.grid import NONE, Entry, Part, Section, entry, heads, number
from lifecircle.report.naming import (
    demand_name,
    limits_words,
    modes_and_speeds,
    scope_words,
    service_name,
    standard_with_status,
    target_words,
    unit_of,
)
from lifecircle.report.words import Both, both, joined, percent_of, words
from lifecircle.standards import Standard

RURAL = "rural"
"""The kind of zones that are country; all others with a kind are town."""


def side_by_side(
    content: ReportContent, sheets: Sequence[Sheet], names: Mapping[str, Both]
) -> Section | None:
    """Every definition in a column: what it is, and each service's rate and verdict."""
    if len(sheets) < 2:
        return None
    rows = [
        (entry(words(code)), *(entry(said(content, one)) for one in sheets))
        for code, said in PARTICULARS.items()
        if any(said(content, one).zh for one in sheets)
    ]
    for key in dict.fromkeys(key for one in sheets for key in one.services):
        name = next(service_name(one.standard, key) for one in sheets if key in one.services)
        rows.append((entry(name), *(_rate(one, sheets[0], key) for one in sheets)))
    flips = [entry(_flips(one, sheets[0])) for one in sheets[1:]]
    rows.append((entry(words("c_flips")), entry(words("main_definition")), *flips))
    part = Part(
        heads=heads("definition", *(names[one.definition.key] for one in sheets)), rows=tuple(rows)
    )
    return Section("def", words("h_definitions"), words("definitions_note"), (part,))


def _what(content: ReportContent, one: Sheet) -> Both:
    name = demand_name(content.project, one.standard, one.definition)
    return words("with_unit", name=name, unit=unit_of(one.definition))


def _scope(content: ReportContent, one: Sheet) -> Both:
    """The area types that the target is for; of the rates too, where it leaves zones out."""
    if not content.standard_of(one.definition).scope:
        return words("scope_everywhere")
    code = "scope_part" if one.scoped else "scope_whole"
    return words(code, types=scope_words(one.standard))


def _source(_: ReportContent, one: Sheet) -> Both:
    definition: Definition = one.definition
    if not definition.source:
        return both("")
    return words("with_status", name=definition.source, status=words(f"status_{definition.status}"))


def _limits(_: ReportContent, one: Sheet) -> Both:
    return joined(limits_words(one.standard), "，", ", ")


def _modes(content: ReportContent, one: Sheet) -> Both:
    parts = [modes_and_speeds(content.project, one.definition)]
    if one.definition.steps == "avoid":
        parts.append(words("step_free"))
    return joined(parts, "，", ", ")


PARTICULARS: Mapping[str, Callable[[ReportContent, Sheet], Both]] = {
    "c_what": _what,
    "c_metric": lambda _, one: words(f"short_{one.definition.metric}"),
    "c_mode": _modes,
    "c_limits": _limits,
    "c_target": lambda _, one: target_words(one.standard.services),
    "c_scope": _scope,
    "h_standard": lambda _, one: standard_with_status(one.standard),
    "c_definition_source": _source,
}
"""What is said of every definition, by the words of its row."""


def _rate(one: Sheet, main: Sheet, key: str) -> Entry:
    """A service's rate with its verdict and the difference to the main definition."""
    if key not in one.services:
        return entry(NONE)
    cell = one.head.cells[key]
    if not cell.percent:
        return Entry(cell.word, "nw")
    parts = [words("rate_and_verdict", rate=percent_of(cell.percent), verdict=_verdict(cell))]
    if one is not main and key in main.services:
        difference = points(cell.rate - main.head.cells[key].rate)
        if difference:
            parts.append(words("by_points", points=difference))
    return Entry(joined(parts, " ", " "), "", cell.verdict)


def _verdict(cell: Cell) -> Both:
    return words("marked", mark=verdicts.MARKS[cell.verdict], word=cell.word)


def points(share: float) -> str:
    """A difference of two shares in percentage points, with its sign; rounded to the nearest.

    >>> points(0.0312), points(-0.20), points(0.0004), points(float("nan"))
    ('+3.1', '−20.0', '±0.0', '')
    """
    if not math.isfinite(share):
        return ""
    text = f"{abs(share) * 100:.1f}"
    if text == "0.0":
        return "±0.0"
    return f"{'+' if share > 0 else '−'}{text}"


def _flips(one: Sheet, main: Sheet) -> Both:
    """How many verdicts of zones are other than under the main definition, of those in both."""
    changed, compared = flips(one, main)
    return words("flips", n=changed, all=compared) if compared else both(NONE)


def flips(one: Sheet, main: Sheet) -> tuple[int, int]:
    """Zone verdicts that differ between two definitions, and how many both have."""
    by_zone = {row.key: row for row in main.zones}
    pairs = [
        (row.cells[key], by_zone[row.key].cells[key])
        for row in one.zones
        if row.key in by_zone
        for key in one.plain_services
        if key in main.plain_services
    ]
    both_judged = [(mine, other) for mine, other in pairs if mine.judged and other.judged]
    return sum(mine.status != other.status for mine, other in both_judged), len(both_judged)


def urban_and_rural(
    content: ReportContent, sheets: Sequence[Sheet], names: Mapping[str, Both]
) -> Section | None:
    """Rates of rural zones beside all others together, from people, never averages of rates."""
    kinds = kinds_of(content.zones)
    parts = []
    for one in sheets:
        types = one.level("area_type")
        rural = [row for row in types if kinds.get(row.key) == RURAL]
        others = [row for row in types if kinds.get(row.key) != RURAL]
        if rural and others:
            rows = tuple(_compared(one.standard, key, rural, others) for key in one.services)
            columns = heads("c_service", "c_rural", "c_others", "c_difference", numbers=3)
            parts.append(Part(columns, rows, one.definition.key, names[one.definition.key]))
    if not parts:
        return None
    return Section("rural", words("h_rural"), words("rural_note"), tuple(parts))


def kinds_of(zones: pd.DataFrame) -> dict[str, str]:
    """What each area type is to a standard, by the layer's own label."""
    kind = zones["area_kind"] if "area_kind" in zones else zones["area_type"]
    return dict(zip(zones["area_type"].astype(str), kind.astype(str), strict=True))


def _compared(
    standard: Standard, key: str, rural: list[Row], others: list[Row]
) -> tuple[Entry, ...]:
    mine, theirs = _share(rural, key), _share(others, key)
    return (
        entry(service_name(standard, key)),
        number(percent_of(verdicts.percent(mine))),
        number(percent_of(verdicts.percent(theirs))),
        number(points(mine - theirs)),
    )


def _share(rows: list[Row], key: str) -> float:
    """The rate of several places together."""
    cells = [row.cells[key] for row in rows]
    demand = math.fsum(cell.demand for cell in cells)
    covered = math.fsum(cell.covered for cell in cells)
    return covered / demand if demand > 0 else math.nan
