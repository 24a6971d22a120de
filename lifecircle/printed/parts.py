"""The tables that atlas and Word report share, as parts of a report: texts and verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import escape

from lifecircle import verdicts
from lifecircle.printed.edition import Edition, gaps, rows_of_services
from lifecircle.report import about
from lifecircle.report.cells import Cell, Row, Sheet
from lifecircle.report.data import reading_order
from lifecircle.report.grid import Entry, Part, entry, heads, number, verdict_chip
from lifecircle.report.naming import service_name
from lifecircle.report.words import Both, both, percent_of, words

MOST_WHERE = 40
"""Letters of a finding's place."""

MOST_GAPS = 60
"""Rows of the list of gaps; coverage.xlsx has them all."""


def services_part(edition: Edition, one: Sheet) -> Part:
    """Each service with its limit, facilities, rate, verdict, failing zones and gap."""
    columns = (
        *heads("c_service", "c_limit"),
        *heads("c_facilities", "c_rate_scope" if one.scoped else "c_rate", "c_target", numbers=3),
        *heads("c_status"),
        *heads("c_failing", words("c_gap", unit=one.unit), numbers=2),
    )
    rows = tuple(
        (
            entry(row.name),
            entry(row.limit),
            number(row.facilities),
            number(percent_of(row.cell.percent)),
            number(percent_of(verdicts.target_percent(row.cell.target))),
            verdict_chip(row.cell),
            number(row.failing),
            number(row.gap),
        )
        for row in rows_of_services(edition, one)
    )
    return Part(columns, rows)


def matrix_parts(one: Sheet, most: int) -> list[Part]:
    """The matrix in tables of at most so many services."""
    keys = one.services
    return [matrix_part(one, keys[at : at + most]) for at in range(0, len(keys), most)]


def matrix_part(one: Sheet, keys: Sequence[str]) -> Part:
    """Places by services: number and name, then mark and rate on the verdict's colour."""
    numbers = {row.key: str(at) for at, row in enumerate(one.zones, start=1)}
    columns = (
        entry("№", "r"),
        *heads("c_zone"),
        *(Entry(service_name(one.standard, key), "r") for key in keys),
    )
    rows = tuple(
        (
            Entry(both(numbers[row.key] if row.level == "zone" else ""), "r"),
            Entry(row.title, "" if row.level == "zone" else "b"),
            *(cell_entry(row.cells[key]) for key in keys),
        )
        for row in (one.rows[at] for at in reading_order(one))
    )
    return Part(columns, rows)


def cell_entry(cell: Cell) -> Entry:
    """Mark and rate of a cell, without a sign; the word where there are no data."""
    if cell.verdict == "no_data":
        return Entry(cell.word, "r nw", cell.verdict)
    return Entry(both(f"{cell.mark} {cell.percent}".strip()), "r nw", cell.verdict)


def gaps_part(one: Sheet, most: int = MOST_GAPS) -> Part | None:
    """Where most is missing: zone, service, rate and what is still to cover."""
    found = gaps(one)
    if not found:
        return None
    columns = (
        *heads("c_zone", "c_service"),
        *heads("c_rate_short", "c_target", numbers=2),
        *heads("c_status"),
        *heads(words("c_gap", unit=one.unit), numbers=1),
    )
    rows = tuple(_gap_row(one, *each) for each in found[:most])
    left = len(found) - most
    return Part(columns, rows, notes=(words("more_rows", n=left),) if left > 0 else ())


def _gap_row(one: Sheet, row: Row, key: str, cell: Cell) -> tuple[Entry, ...]:
    return (
        entry(row.title),
        entry(service_name(one.standard, key)),
        number(percent_of(cell.percent)),
        number(percent_of(verdicts.target_percent(cell.target))),
        verdict_chip(cell),
        number(verdicts.shortfall(cell.gap)),
    )


def standard_part(one: Sheet) -> Part:
    """Each service of a standard with its limit, target, source and how sure that is."""
    source = words("same_source" if one.standard.source else "no_source")
    rows = tuple(
        (
            entry(row.name),
            entry(row.limit),
            number(row.target),
            entry(both(row.source) if row.source else source),
            entry(_checked(row)),
        )
        for row in about.standard_rows(one.standard, one.definition)
    )
    columns = (*heads("c_service", "c_limit"), *heads("c_target", numbers=1))
    return Part((*columns, *heads("c_source", "c_checked")), rows)


def _checked(row: about.StandardRow) -> Both:
    return words("with_status", name=row.status, status=words("proxy")) if row.proxy else row.status


def inputs_part(edition: Edition) -> Part:
    """Every input file with its date, rows and SHA-256."""
    columns = (
        *heads("c_layer", "c_source", "c_date"),
        *heads("c_rows", numbers=1),
        entry("SHA-256"),
    )
    rows = tuple(
        (
            entry(source.layer),
            entry(source.source, "mono"),
            entry(source.date, "nw"),
            number(f"{verdicts.amount(source.rows_in)} / {verdicts.amount(source.rows_used)}"),
            entry(source.sha256, "mono"),
        )
        for source in edition.content.sources
    )
    return Part(columns, rows)


def findings_part(edition: Edition) -> Part | None:
    """What was wrong in the inputs, errors and warnings first."""
    found = about.finding_rows(edition.content.findings)
    rows = tuple(
        (entry(row.level), entry(row.layer), _where(row.where), entry(row.text), entry(row.action))
        for row in found
    )
    columns = heads("c_severity", "c_layer", "c_where", "c_message", "c_action")
    return Part(columns, rows) if rows else None


def _where(where: Both) -> Entry:
    """Column and rows of a finding, cut where they are many; findings.csv has them all."""
    zh, en = (
        text if len(text) <= MOST_WHERE else f"{text[:MOST_WHERE]}…"
        for text in (where.plain("zh"), where.plain("en"))
    )
    return Entry(Both(escape(zh), escape(en)))


def standards_in_use(edition: Edition) -> list[tuple[Sheet, list[Sheet]]]:
    """Every standard once, as the first of the definitions that apply it in the same way."""
    found: list[tuple[Sheet, list[Sheet]]] = []
    for one in edition.sheets:
        said = (one.standard, standard_part(one))
        users = next(
            (us for first, us in found if (first.standard, standard_part(first)) == said), None
        )
        if users is None:
            found.append((one, users := []))
        users.append(one)
    return found
