"""The result in words and few numbers: verdict, figures, services, and what stands beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lifecircle import verdicts
from lifecircle.definitions import Definition
from lifecircle.findings import Finding
from lifecircle.report.cells import Cell, Sheet, service_name
from lifecircle.report.words import Both, both, joined, listed, percent_of, spoken, words
from lifecircle.standards import ALL, Standard
from lifecircle.verdicts import Verdict

BESIDE = frozenset({"osm.imputed_levels", "demand.dropped", "demand.spread_fallback"})
"""Findings about the denominator that no reader of a rate may miss."""

STRIP_WIDTH, STRIP_HEIGHT = 200, 24
TICKS: dict[Verdict, tuple[int, int]] = {
    "pass": (6, 18),
    "fail_1": (2, 22),
    "fail_2": (2, 22),
    "fail_3": (2, 22),
    "undecided": (4, 20),
}
"""Top and bottom of a zone's tick in the strip."""


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
    limit: str
    facilities: str
    strip: Mapping[str, str]
    target_x: float
    failing: str
    gap: str


def verdict_sentence(sheet: Sheet, standard: Standard) -> Both:
    """How many services pass and fail, the worst first."""
    cells = sheet.city.cells
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
            names=listed(_named(sheet, standard, key) for key in kinds[kind]),
        )
        for kind in ("fail", "undecided", "pass", "no_data", "other")
        if kind in kinds
    ]
    return words("verdict", n=len(keys), parts=joined(parts, "；", "; "))


def _kind(cell: Cell) -> str:
    if cell.verdict in ("pass", "undecided", "no_data"):
        return cell.verdict
    return "fail" if cell.fails else "other"


def _named(sheet: Sheet, standard: Standard, key: str) -> Both:
    """A service with its rate, where it has one."""
    name, rate = service_name(standard, key), percent_of(sheet.city.cells[key].percent)
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


def figures(sheet: Sheet, standard: Standard) -> list[Figure]:
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
    found = [
        Figure(f"{len(passing)} / {len(judged)}", words("figure_zones")),
        Figure(verdicts.shortfall(total_gap(sheet)), words("figure_gap", unit=sum_unit(sheet))),
        Figure(str(undecided), words("figure_undecided"))
        if undecided
        else Figure(_rim_share(sheet), words("figure_rim")),
    ]
    if ALL in sheet.services:
        persons = "_persons" if sheet.definition.unit == "persons" else ""
        names = listed((service_name(standard, key) for key in standard.all), most=6)
        label = words(f"figure_all{persons}", names=names)
        found.insert(0, Figure(percent_of(sheet.city.cells[ALL].percent) or "–", label))
    return found


def _rim_share(sheet: Sheet) -> str:
    """Share of uncovered demand, over services, that a facility beyond the data could cover."""
    cells = [sheet.city.cells[key] for key in sheet.plain_services]
    cells = [cell for cell in cells if math.isfinite(cell.covered)]
    uncovered = math.fsum(cell.demand - cell.covered for cell in cells)
    exposed = math.fsum(cell.rim_exposed for cell in cells if math.isfinite(cell.rim_exposed))
    return percent_of(verdicts.percent(exposed / uncovered)) if uncovered > 0 else "–"


def service_rows(
    sheet: Sheet, standard: Standard, facility_counts: Mapping[str, int]
) -> list[ServiceRow]:
    """The table of services, `all` last."""
    rows = []
    for key in sheet.services:
        cell = sheet.city.cells[key]
        zones = [row.cells[key] for row in sheet.zones]
        gap = math.fsum(zone.gap for zone in zones if _lacks(zone))
        has_rate = math.isfinite(cell.rate)
        rows.append(
            ServiceRow(
                key=key,
                name=service_name(standard, key),
                cell=cell,
                limit=limit_text(standard, key),
                facilities=_count(key, cell, facility_counts),
                strip=_strip(zones),
                target_x=round(cell.target * STRIP_WIDTH, 1) if math.isfinite(cell.target) else 0,
                failing=f"{sum(zone.fails for zone in zones)} / {len(zones)}" if has_rate else "",
                gap=verdicts.shortfall(gap) if has_rate else "",
            )
        )
    return rows


def _count(key: str, cell: Cell, facility_counts: Mapping[str, int]) -> str:
    """Number of facilities; none where the service has no data, which is not the same as zero."""
    return "" if key == ALL or cell.status == "no data" else f"{facility_counts.get(key, 0):,}"


def limit_text(standard: Standard, key: str) -> str:
    """The limits of a service, `15` or `10/15`; empty for all at once, where each has its own."""
    if key == ALL:
        return ""
    service = standard.service(key)
    limits = sorted({service.minutes, *service.minutes_by_area.values()})
    return "/".join(verdicts.minutes(limit) for limit in limits)


def _strip(cells: list[Cell]) -> dict[str, str]:
    """One tick a zone on an axis of 0 to 100 %, as path text by class."""
    paths: dict[str, str] = {}
    for cell in cells:
        if cell.verdict in TICKS and math.isfinite(cell.rate):
            top, bottom = TICKS[cell.verdict]
            x = round(cell.rate * STRIP_WIDTH, 1)
            paths[cell.verdict] = paths.get(cell.verdict, "") + f"M{x:g} {top}V{bottom}"
    return paths


def notes(sheet: Sheet, standard: Standard, findings: Iterable[Finding]) -> list[Both]:
    """What must stand beside the rates: how demand was made, missing data, the edge of the data."""
    cells = sheet.city.cells
    found = _demand_notes(sheet.definition, findings)
    missing = [key for key in sheet.plain_services if cells[key].status == "no data"]
    if missing:
        names = listed((service_name(standard, key) for key in missing), most=len(missing))
        found.append(words("n_no_data", names=names))
    if ALL in sheet.services:
        names = listed(
            (service_name(standard, key) for key in standard.all), most=len(standard.all)
        )
        missing_all = cells[ALL].status == "no data"
        found.append(words("n_all_none" if missing_all else "n_all", names=names))
    for code, shares in (("n_rim", _rim_shares(sheet)), ("n_cut_off", _cut_off_shares(sheet))):
        if shares:
            named = [_share_of(standard, key, share) for key, share in shares.items()]
            found.append(words(code, shares=listed(named, most=len(named))))
    found.extend(_amount_notes(sheet))
    return found


def _demand_notes(definition: Definition, findings: Iterable[Finding]) -> list[Both]:
    """How the demand came about, and which part of it is assumed or left out."""
    found = []
    if definition.note_zh or definition.note_en:
        found.append(Both(both(definition.note_zh).zh, both(definition.note_en).en))
    found += [
        spoken(finding.message)
        for finding in findings
        if finding.layer == definition.demand and finding.code in BESIDE
    ]
    return found


def _share_of(standard: Standard, key: str, share: float) -> Both:
    name, text = service_name(standard, key), percent_of(verdicts.percent(share))
    return Both(name.zh + f" {text}", name.en + f" {text}")


def _rim_shares(sheet: Sheet) -> dict[str, float]:
    """Per service, the share of uncovered demand that the edge of the data leaves open."""
    cells = {key: sheet.city.cells[key] for key in sheet.plain_services}
    return {
        key: cell.rim_exposed / (cell.demand - cell.covered)
        for key, cell in cells.items()
        if cell.rim_exposed > 0 and cell.demand > cell.covered
    }


def _cut_off_shares(sheet: Sheet) -> dict[str, float]:
    cells = {key: sheet.city.cells[key] for key in sheet.plain_services}
    return {key: cell.cut_off / cell.demand for key, cell in cells.items() if cell.cut_off > 0}


def _amount_notes(sheet: Sheet) -> list[Both]:
    """Demand off the network and outside all zones."""
    found = []
    unsnapped, demand = _first(sheet, "city", "unsnapped"), _first(sheet, "city", "demand")
    if unsnapped > 0:
        share = percent_of(verdicts.percent(unsnapped / demand))
        amount = verdicts.amount(unsnapped)
        found.append(words("n_unsnapped", amount=amount, unit=sheet.unit, share=share))
    outside = _first(sheet, "outside", "demand")
    if outside > 0:
        found.append(words("n_outside", amount=verdicts.amount(outside), unit=sheet.unit))
    return found


def _first(sheet: Sheet, level: str, field: str) -> float:
    """The largest of a quantity over services at a level; it is the same for all with data."""
    values = [getattr(cell, field) for row in sheet.level(level) for cell in row.cells.values()]
    return max((value for value in values if math.isfinite(value)), default=0.0)
