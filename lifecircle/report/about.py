"""What the numbers rest on: the standard, inputs and findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lifecircle.definitions import Definition
from lifecircle.findings import Finding
from lifecircle.report.naming import limit_text, limit_words, service_name, target_words
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


def title(standard: Standard) -> Both:
    """The report's title; it names the limit where there is only one."""
    limits = {limit_text(standard, key) for key in standard.keys}
    if len(limits) == 1:
        return words("title", minutes=limits.pop())
    return words("title_mixed")


def standard_note(standard: Standard) -> Both:
    """The standard's own remark."""
    return Both(both(standard.note_zh).zh, both(standard.note_en).en)


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
