"""The workbook: who reaches what per zone, with targets, definitions, findings and inputs.

All text is written as text, codes with leading zeros included; nothing is a formula but our own
totals. The matrix rounds percent down; the table of all rows keeps full precision.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import xlsxwriter

from lifecircle.definitions import Definition, mode_name
from lifecircle.findings import findings_table
from lifecircle.outputs.columns import columns, words
from lifecircle.outputs.provenance import Provenance
from lifecircle.outputs.sheets import FORMATS, Column, Pen, write_sheet
from lifecircle.outputs.side_sheets import described, write_beside, write_undecided
from lifecircle.standards import ALL, Standard
from lifecircle.verdicts import percent, verdict

WORKBOOK = "coverage.xlsx"

_LEVELS = ["zone", "parent", "area_type", "city", "scope", "outside"]
_METRICS = {"network": "workbook.network", "radius": "workbook.radius"}
_CERTAINTY_OF_SOURCE = {
    "official": "workbook.official",
    "secondary": "workbook.secondary",
    "unverified": "workbook.unverified",
}


def write_workbook(
    path: Path,
    coverage: pd.DataFrame,
    provenance: Provenance,
    tables: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> None:
    """Write `coverage.xlsx` in the project's language.

    For each definition a matrix of rates and one of covered demand; then all rows with pass and
    fail, what is undecided, the tables beside coverage, the definitions, services of each standard,
    findings and inputs.

    Parameters
    ----------
    tables
        What stands beside coverage, by file name.
    """
    options = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
    book = xlsxwriter.Workbook(path, dict.fromkeys(options, False))
    book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})  # always the same bytes
    formats = {name: book.add_format(look) for name, look in FORMATS.items()}
    pen = Pen(book, formats, provenance.project.project.language)
    for number, definition in enumerate(provenance.definitions, start=1):
        rows = coverage[coverage["definition"] == definition.key]
        _matrices(pen, rows, definition, provenance, f" {number}" if number > 1 else "")
    _all_rows(pen, coverage)
    write_undecided(pen, coverage)
    write_beside(pen, tables)
    _definitions(pen, provenance)
    for number, (standard, users) in enumerate(_standards(provenance), start=1):
        _services(pen, standard, users, f" {number}" if number > 1 else "")
    _findings(pen, provenance)
    _inputs(pen, provenance)
    book.close()


def _matrices(
    pen: Pen, rows: pd.DataFrame, definition: Definition, provenance: Provenance, suffix: str
) -> None:
    """Zones × services of one definition: rates rounded down, and covered demand with totals."""
    standard = provenance.standard_of(definition)
    about = [
        provenance.project.project.name,
        standard.name(pen.language),
        definition.text(pen.language),
    ]
    notes = [" · ".join(filter(None, about)), pen.word("workbook.floor")]
    places, by_service = _by_service(rows)
    zones = int((places["level"] == "zone").sum())
    totals = (zones, places["level"].tolist().index("city"))
    rates, covered = [], []
    for service, cells in by_service.items():
        header = _service_name(pen, service, standard)
        judged = cells[["status", "certainty", "rate", "target"]].itertuples(index=False, name=None)
        kinds = [f"rate {verdict(*cell)}" for cell in judged]
        rates.append(Column(header, _or_status(pen, cells, cells["rate"].map(_floored)), kinds))
        known = bool(cells["covered"].notna().any())
        amounts = _or_status(pen, cells, cells["covered"])
        covered.append(Column(header, amounts, "amount", total=known))
    named = _place_columns(pen, places)
    for code, table in (("workbook.rates", rates), ("workbook.covered", covered)):
        name = pen.word(code) + suffix
        write_sheet(pen, name, [*named, *table], notes=notes, frozen=3, totals=totals)


def _or_status(pen: Pen, cells: pd.DataFrame, numbers: pd.Series[float]) -> pd.Series[Any]:
    """The numbers, and in words why there is none."""
    status = cells["status"].map(words("coverage.csv", "status", pen.language))
    return numbers.astype(object).where(numbers.notna(), status)


def _floored(rate: float) -> float:
    """A rate as people see it: one decimal of a percent, rounded down.

    >>> _floored(0.84999), _floored(0.29)
    (0.849, 0.29)
    """
    return round(float(percent(rate) or "nan") / 100, 3)


def _by_service(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """The places in the order of the sheet, and the rows of each service in the same order."""
    level = pd.Categorical(rows["level"], _LEVELS)
    ordered = rows.assign(order=level.codes).sort_values("order", kind="stable")
    by_service = {str(key): cells for key, cells in ordered.groupby("service", sort=False)}
    places = next(iter(by_service.values())).reset_index(drop=True)
    index = pd.MultiIndex.from_frame(places[["level", "zone"]])
    return places, {
        key: cells.set_index(["level", "zone"]).loc[index] for key, cells in by_service.items()
    }


def _place_columns(pen: Pen, places: pd.DataFrame) -> list[Column]:
    """What stands to the left of every matrix: the place and its demand."""
    fields = ["level", "zone", "name", "parent", "demand"]
    titles = [column.titles[pen.language] for column in columns("coverage.csv", fields)]
    levels = words("coverage.csv", "level", pen.language)
    texts = [places["level"].map(levels), places["zone"], places["name"], places["parent"]]
    return [
        *(Column(title, text, width=16) for title, text in zip(titles, texts, strict=False)),
        Column(titles[-1], places["demand"], "amount", total=True),
    ]


def _all_rows(pen: Pen, coverage: pd.DataFrame) -> None:
    """The whole coverage table at full precision, its words in the project's language."""
    table = described(pen, "coverage.csv", coverage)
    write_sheet(pen, pen.word("workbook.all_rows"), table, filters=True)


def _standards(provenance: Provenance) -> list[tuple[Standard, list[Definition]]]:
    """Every standard as definitions apply it, once, with those that do; the main one first."""
    found: dict[str, tuple[Standard, list[Definition]]] = {}
    for definition in provenance.definitions:
        standard = provenance.standard_of(definition)
        # By what they say: a target that is not set equals no other.
        found.setdefault(repr(standard), (standard, []))[1].append(definition)
    return list(found.values())


def _definitions(pen: Pen, provenance: Provenance) -> None:
    """What is divided by what, measured how, by whose word."""
    chosen = list(provenance.definitions)
    standards = [provenance.standard_of(one) for one in chosen]
    trust = [pen.word(_CERTAINTY_OF_SOURCE[one.status]) if one.source else "" for one in chosen]
    table = [
        Column(pen.word("workbook.key"), [one.key for one in chosen], width=26),
        Column(pen.word("workbook.name"), [one.name(pen.language) for one in chosen], width=26),
        Column(pen.word("workbook.demand"), [one.demand for one in chosen]),
        Column(pen.word("workbook.group"), [one.group for one in chosen]),
        Column(pen.word("workbook.unit"), [one.unit for one in chosen]),
        Column(pen.word("workbook.metric"), [pen.word(_METRICS[one.metric]) for one in chosen]),
        Column(pen.word("workbook.mode"), [mode_name(one.mode, pen.language) for one in chosen]),
        Column(pen.word("workbook.speed"), [one.speed_kmh for one in chosen], "number"),
        Column(
            pen.word("workbook.steps"),
            [pen.word("workbook.step_free") if one.steps == "avoid" else "" for one in chosen],
        ),
        Column(pen.word("workbook.scope"), [", ".join(one.scope) for one in chosen]),
        Column(
            pen.word("workbook.standard"), [one.name(pen.language) for one in standards], width=30
        ),
        Column(
            pen.word("workbook.standard_trust"),
            [pen.word(_CERTAINTY_OF_SOURCE[one.status]) for one in standards],
        ),
        Column(pen.word("workbook.source"), [one.source for one in chosen], width=40),
        Column(pen.word("workbook.trust"), trust),
        Column(
            pen.word("workbook.note"),
            [one.note_zh if pen.language == "zh" else one.note_en for one in chosen],
            width=60,
        ),
    ]
    write_sheet(pen, pen.word("workbook.definitions"), table)


def _services(pen: Pen, standard: Standard, users: list[Definition], suffix: str) -> None:
    """The standard: limits and targets of every service, and by whose word."""
    services = standard.services
    areas = sorted({area for service in services for area in service.minutes_by_area})
    limits = [
        Column(
            f"{pen.word('workbook.minutes')} · {area}",
            [service.minutes_in(area) for service in services],
            "number",
        )
        for area in areas
    ]
    sources = [service.source or standard.source for service in services]
    trust = [pen.word(_CERTAINTY_OF_SOURCE[service.status]) for service in services]
    proxies = [pen.word("workbook.proxy") if service.proxy else "" for service in services]
    table = [
        Column(pen.word("workbook.key"), [service.key for service in services]),
        Column(pen.word("workbook.service"), [service.name(pen.language) for service in services]),
        Column(pen.word("workbook.minutes"), [service.minutes for service in services], "number"),
        *limits,
        *_particulars(pen, standard),
        Column(pen.word("workbook.target"), [service.target for service in services], "exact"),
        Column(pen.word("workbook.trust"), trust),
        Column(pen.word("workbook.proxies"), proxies),
        Column(pen.word("workbook.source"), sources, width=60),
    ]
    comma = "、" if pen.language == "zh" else ", "
    names = pen.word("workbook.used_by", names=comma.join(one.name(pen.language) for one in users))
    status = pen.word(_CERTAINTY_OF_SOURCE[standard.status])
    notes = [" · ".join([standard.name(pen.language), status, names])]
    write_sheet(pen, pen.word("workbook.standard") + suffix, table, notes=notes)


def _particulars(pen: Pen, standard: Standard) -> list[Column]:
    """What only some standards say of their services."""
    services = standard.services
    metres = [service.metres for service in services]
    metrics = [pen.word(_METRICS[s.metric]) if s.metric else "" for s in services]
    texts = {
        "workbook.metric": metrics,
        "workbook.mode": [mode_name(s.mode, pen.language) if s.mode else "" for s in services],
        "workbook.tier": [service.tier for service in services],
        "workbook.group": [service.group for service in services],
    }
    found = [Column(pen.word("workbook.metres"), metres, "number")] if any(metres) else []
    return [*found, *(Column(pen.word(code), each) for code, each in texts.items() if any(each))]


def _findings(pen: Pen, provenance: Provenance) -> None:
    """What was wrong in the inputs."""
    findings = findings_table(provenance.findings, pen.language)
    severities = words("findings.csv", "severity", pen.language)
    findings = findings.assign(severity=findings["severity"].map(severities))
    wide = {"message": 70, "action": 50}
    table = [
        Column(column.titles[pen.language], findings[column.name], width=wide.get(column.name, 16))
        for column in columns("findings.csv", map(str, findings.columns))
    ]
    write_sheet(pen, pen.word("workbook.findings"), table, filters=True)


def _inputs(pen: Pen, provenance: Provenance) -> None:
    """The files that were read, with their dates and row counts."""
    inputs = provenance.inputs
    table = [
        Column(pen.word("workbook.layer"), [one.layer for one in inputs], width=24),
        Column(pen.word("workbook.file"), [one.source for one in inputs], width=40),
        Column(pen.word("workbook.date"), [one.date for one in inputs]),
        Column(pen.word("workbook.rows_in"), [one.rows_in for one in inputs], "number"),
        Column(pen.word("workbook.rows_used"), [one.rows_used for one in inputs], "number"),
        Column("SHA-256", [one.sha256 for one in inputs], width=66),
    ]
    write_sheet(pen, pen.word("workbook.inputs"), table)


def _service_name(pen: Pen, service: str, standard: Standard) -> str:
    if service == ALL:
        return pen.word("workbook.all")
    return standard.service(service).name(pen.language)
