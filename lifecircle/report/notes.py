"""What must stand beside the rates: how demand was made, whose lists, missing data, the rim."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lifecircle import verdicts
from lifecircle.definitions import Definition
from lifecircle.findings import Finding, Source
from lifecircle.report.cells import Sheet
from lifecircle.report.content import ReportContent
from lifecircle.report.naming import service_name
from lifecircle.report.words import Both, both, joined, listed, percent_of, spoken, words
from lifecircle.standards import ALL, Standard

BESIDE = frozenset({"osm.imputed_levels", "demand.dropped", "demand.spread_fallback"})
"""Findings about the denominator that no reader of a rate may miss."""


@dataclass(frozen=True)
class FacilityList:
    """How many facilities of a service come from which file, and how old that is."""

    service: str
    count: int
    file: str
    date: str


def facility_lists(content: ReportContent) -> list[FacilityList]:
    """The lists of facilities that the rates rest on, by service and layer."""
    sources = {source.layer: source for source in content.sources}
    counts = content.facilities.groupby(["service", "layer"], sort=False)["facility"].nunique()
    found = []
    for (service, layer), count in counts.items():
        source = sources.get(layer)
        file = _file(source, content.sources) if source else layer
        found.append(FacilityList(service, int(count), file, source.date if source else ""))
    return found


def _file(source: Source, sources: Iterable[Source]) -> str:
    """The file of a list; of one taken from the streets' extract, that extract."""
    if source.source != "osm":
        return source.source
    streets = next((each.source for each in sources if each.layer == "network"), "")
    return f"OSM, {streets}" if streets else "OSM"


def lists_of(lists: Iterable[FacilityList], service: str) -> Both:
    """The lists of a service in words; nothing where there is none."""
    entries = [
        words("facility_list", n=f"{each.count:,}", file=each.file, date=_date(each))
        for each in lists
        if each.service == service
    ]
    return joined(entries, "；", "; ")


def _date(each: FacilityList) -> Both:
    return both(each.date) if each.date else words("no_date")


def notes(
    sheet: Sheet, findings: Iterable[Finding], lists: Sequence[FacilityList] = ()
) -> list[Both]:
    """What must stand beside the rates of a definition."""
    cells, standard = sheet.head.cells, sheet.standard
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
    found += _amount_notes(sheet)
    return [*found, *_list_notes(sheet, lists)]


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


def _list_notes(sheet: Sheet, lists: Iterable[FacilityList]) -> list[Both]:
    """Whose lists of facilities the rates rest on, file by file."""
    by_file: dict[tuple[str, str], list[FacilityList]] = {}
    for each in lists:
        cell = sheet.head.cells.get(each.service)
        if cell is not None and cell.status != "no data":
            by_file.setdefault((each.file, each.date), []).append(each)
    entries = []
    for (file, _), of_file in by_file.items():
        names = [
            words("n_of", name=service_name(sheet.standard, each.service), n=f"{each.count:,}")
            for each in of_file
        ]
        counted = listed(names, most=len(names))
        entries.append(words("list_of", file=file, date=_date(of_file[0]), counted=counted))
    return [words("n_lists", lists=joined(entries, "；", "; "))] if entries else []


def _share_of(standard: Standard, key: str, share: float) -> Both:
    name, text = service_name(standard, key), percent_of(verdicts.percent(share))
    return Both(name.zh + f" {text}", name.en + f" {text}")


def _rim_shares(sheet: Sheet) -> dict[str, float]:
    """Per service, the share of uncovered demand that the edge of the data leaves open."""
    cells = {key: sheet.head.cells[key] for key in sheet.plain_services}
    return {
        key: cell.rim_exposed / (cell.demand - cell.covered)
        for key, cell in cells.items()
        if cell.rim_exposed > 0 and cell.demand > cell.covered
    }


def _cut_off_shares(sheet: Sheet) -> dict[str, float]:
    cells = {key: sheet.head.cells[key] for key in sheet.plain_services}
    return {key: cell.cut_off / cell.demand for key, cell in cells.items() if cell.cut_off > 0}


def _amount_notes(sheet: Sheet) -> list[Both]:
    """Demand off the network and outside all zones."""
    found = []
    level = sheet.head.level
    unsnapped, demand = _first(sheet, level, "unsnapped"), _first(sheet, level, "demand")
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
