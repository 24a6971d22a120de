"""The result in words and few numbers: verdict, figures, services."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lifecircle import verdicts
from lifecircle.report.cells import Cell, Sheet
from lifecircle.report.naming import limit_words, scope_words, service_name
from lifecircle.report.words import Both, joined, listed, percent_of, words
from lifecircle.standards import ALL


@dataclass(frozen=True)
class Figure:
    """One of the four large numbers, and what it counts."""

    value: str
    label: Both


@dataclass(frozen=True)
class ServiceRow:
    """A line of the table of services."""

    key: str
    name: Both
    cell: Cell
    limit: Both
    facilities: str
    failing: str
    gap: str


def scope_sentence(sheet: Sheet) -> Both | None:
    """Which zones the verdict is about, where the target leaves some out."""
    if not sheet.scoped:
        return None
    inside = sum(row.in_scope for row in sheet.zones)
    return words(
        "scope_sentence", types=scope_words(sheet.standard), n=inside, all=len(sheet.zones)
    )


def verdict_sentence(sheet: Sheet) -> Both:
    """How many services pass and fail, the worst first."""
    cells = sheet.head.cells
    keys = sorted(
        sheet.plain_services, key=lambda key: (math.isnan(cells[key].rate), cells[key].rate)
    )
    kinds: dict[str, list[str]] = {}
    for key in keys:
        kinds.setdefault(_kind(cells[key]), []).append(key)
    parts = [
        words(
            f"verdict_{kind}",
            n=len(kinds[kind]),
            names=listed(_named(sheet, key) for key in kinds[kind]),
        )
        for kind in ("fail", "undecided", "pass", "no_data", "no_target", "other")
        if kind in kinds
    ]
    return words("verdict", n=len(keys), parts=joined(parts, "；", "; "))


def _kind(cell: Cell) -> str:
    if cell.verdict in ("pass", "undecided", "no_data"):
        return cell.verdict
    if cell.verdict == "not_in_scope" and not cell.has_target:
        return "no_target"
    return "fail" if cell.fails else "other"


def _named(sheet: Sheet, key: str) -> Both:
    """A service with its rate, where it has one."""
    name = service_name(sheet.standard, key)
    rate = percent_of(sheet.head.cells[key].percent)
    return Both(name.zh + f" {rate}", name.en + f" {rate}") if rate else name


def total_gap(sheet: Sheet) -> float:
    """Demand still to cover, summed over the failing cells of zones and services."""
    return math.fsum(gap for _, gap in _gaps(sheet))


def _gaps(sheet: Sheet) -> list[tuple[Both, float]]:
    """Zones with what they lack, summed over services."""
    return [
        (
            row.title,
            math.fsum(row.cells[key].gap for key in sheet.plain_services if _lacks(row.cells[key])),
        )
        for row in sheet.zones
    ]


def _lacks(cell: Cell) -> bool:
    return cell.fails and math.isfinite(cell.gap)


def short_sentence(sheet: Sheet) -> Both:
    """How much is missing for every zone to pass, and where most of it is."""
    total = total_gap(sheet)
    if not any(sheet.head.cells[key].has_target for key in sheet.plain_services):
        return words("short_no_target")
    if total <= 0:
        return words("short_none")
    worst = sorted((pair for pair in _gaps(sheet) if pair[1] > 0), key=lambda pair: -pair[1])[:3]
    return words(
        "short",
        gap=verdicts.shortfall(total),
        unit=sum_unit(sheet),
        share=percent_of(verdicts.percent(math.fsum(gap for _, gap in worst) / total)),
        zones=listed(name for name, _ in worst),
    )


def sum_unit(sheet: Sheet) -> Both:
    """The unit of a sum over services, in which a person counts once for each."""
    return words("sum_persons") if sheet.definition.unit == "persons" else sheet.unit


def figures(sheet: Sheet) -> list[Figure]:
    """Four numbers: all at once, zones that pass everywhere, what is short, how sure that is."""
    cells = [row.cells[key] for row in sheet.zones for key in sheet.plain_services]
    judged = [
        row for row in sheet.zones if any(row.cells[key].judged for key in sheet.plain_services)
    ]
    passing = [
        row
        for row in judged
        if not any(row.cells[key].status == "fail" for key in sheet.plain_services)
    ]
    undecided = sum(cell.verdict == "undecided" for cell in cells)
    found = []
    if judged or not sheet.zones:
        gap = verdicts.shortfall(total_gap(sheet))
        found += [
            Figure(f"{len(passing)} / {len(judged)}", words("figure_zones")),
            Figure(gap, words("figure_gap", unit=sum_unit(sheet))),
        ]
    found.append(
        Figure(str(undecided), words("figure_undecided"))
        if undecided
        else Figure(_rim_share(sheet), words("figure_rim"))
    )
    if ALL in sheet.services:
        persons = "_persons" if sheet.definition.unit == "persons" else ""
        standard = sheet.standard
        names = listed((service_name(standard, key) for key in standard.all), most=6)
        label = words(f"figure_all{persons}", names=names)
        found.insert(0, Figure(percent_of(sheet.head.cells[ALL].percent) or "–", label))
    return found


def _rim_share(sheet: Sheet) -> str:
    """Share of uncovered demand, over services, that a facility beyond the data could cover."""
    cells = [sheet.head.cells[key] for key in sheet.plain_services]
    cells = [cell for cell in cells if math.isfinite(cell.covered)]
    uncovered = math.fsum(cell.demand - cell.covered for cell in cells)
    exposed = math.fsum(cell.rim_exposed for cell in cells if math.isfinite(cell.rim_exposed))
    return percent_of(verdicts.percent(exposed / uncovered)) if uncovered > 0 else "–"


def service_rows(
    sheet: Sheet, facility_counts: Mapping[str, int] = MappingProxyType({})
) -> list[ServiceRow]:
    """The table of services, `all` last; `facility_counts` are known numbers of facilities."""
    rows = []
    for key in sheet.services:
        cell = sheet.head.cells[key]
        zones = [row.cells[key] for row in sheet.zones if row.in_scope]
        gap = math.fsum(zone.gap for zone in zones if _lacks(zone))
        judged = math.isfinite(cell.rate) and cell.has_target
        rows.append(
            ServiceRow(
                key=key,
                name=service_name(sheet.standard, key),
                cell=cell,
                limit=limit_words(sheet.standard, sheet.definition, key),
                facilities=_count(key, cell, facility_counts),
                failing=f"{sum(zone.fails for zone in zones)} / {len(zones)}" if judged else "",
                gap=verdicts.shortfall(gap) if judged else "",
            )
        )
    return rows


def _count(key: str, cell: Cell, counts: Mapping[str, int]) -> str:
    """Number of facilities; none where the service has no data, which is not the same as zero."""
    return "" if key == ALL or cell.status == "no data" else f"{counts.get(key, 0):,}"
