"""What the numbers rest on: the standard, inputs and findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lifecircle.definitions import Definition
from lifecircle.findings import Finding
from lifecircle.report.cells import Sheet
from lifecircle.report.naming import (
    limit_text,
    limit_words,
    mode_words,
    service_name,
    target_words,
)
from lifecircle.report.words import Both, advice, both, joined, spoken, words
from lifecircle.standards import Service, Standard

SEVERITIES = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class FindingRow:
    """A finding as the page shows it."""

    severity: str
    level: Both
    layer: str
    source: str
    where: Both
    text: Both
    action: Both


@dataclass(frozen=True)
class StandardRow:
    """A service of the standard: limit, target, and by whose word."""

    name: Both
    limit: Both
    target: Both
    source: str
    status: Both
    proxy: bool


def title(sheets: Sequence[Sheet]) -> Both:
    """The report's title: with the limit where all share one, and walking where all walk."""
    limits = {limit_text(one.standard, key) for one in sheets for key in one.standard.keys}
    on_foot = modes_in_use(sheets) <= {"walk"}
    if len(limits) == 1:
        return words("title" if on_foot else "title_modes", minutes=limits.pop())
    return words("title_mixed" if on_foot else "title_modes_mixed")


def modes_in_use(sheets: Iterable[Sheet]) -> set[str]:
    """Every mode by which something is measured, as definitions and standards write it."""
    return {
        mode
        for one in sheets
        for service in one.standard.services
        for mode in (one.definition.mode, service.mode, *service.mode_by_area.values())
    } - {""}


def other_ways(sheets: Sequence[Sheet], usual: str) -> list[Both]:
    """How it is measured where not on foot along all streets; `usual` is the project's mode."""
    metrics = {service.metric for one in sheets for service in one.standard.services}
    metrics |= {one.definition.metric for one in sheets}
    found = [words("m_radius")] if "radius" in metrics else []
    modes = sorted(modes_in_use(sheets) - {usual})
    if modes:
        found.append(words("m_modes", modes=joined(map(mode_words, modes), "、", ", ")))
    if any(one.definition.steps == "avoid" for one in sheets):
        found.append(words("m_step_free"))
    return found


def standard_note(standard: Standard) -> Both:
    """The standard's own remark."""
    return Both(both(standard.note_zh).zh, both(standard.note_en).en)


def standard_parts(standard: Standard) -> list[Both]:
    """What the document divides by, and how many of the facilities it lists are known."""
    found = []
    if standard.denominator_zh or standard.denominator_en:
        denominator = Both(both(standard.denominator_zh).zh, both(standard.denominator_en).en)
        found.append(words("denominator", text=denominator))
    if standard.listed is not None:
        known = standard.known or 0
        found.append(words("known_of", n=known, all=standard.listed))
    return found


def standard_rows(standard: Standard, definition: Definition) -> list[StandardRow]:
    """Each service with its limit, target, source and how sure that is."""
    return [
        StandardRow(
            name=service_name(standard, service.key),
            limit=limit_words(standard, definition, service.key),
            target=target_words([service]),
            source="" if service.source == standard.source else service.source,
            status=words(f"status_{_status(service, standard)}"),
            proxy=service.proxy,
        )
        for service in standard.services
    ]


def _status(service: Service, standard: Standard) -> str:
    """A service without a source of its own stands by its standard's."""
    return service.status if service.source else standard.status


def finding_rows(findings: Iterable[Finding]) -> list[FindingRow]:
    """Findings, errors and warnings first."""
    return [
        FindingRow(
            severity=found.severity,
            level=words(f"severity_{found.severity}"),
            layer=found.layer,
            source=found.source,
            where=_where(found),
            text=spoken(found.message),
            action=advice(found.message),
        )
        for found in sorted(findings, key=lambda found: SEVERITIES[found.severity])
    ]


def _where(found: Finding) -> Both:
    """Column and rows of a finding."""
    parts = [both(found.column)] if found.column else []
    if found.row:
        parts.append(words("rows", rows=found.row))
    return joined(parts, "，", ", ")
