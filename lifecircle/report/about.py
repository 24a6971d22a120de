"""What the numbers rest on: the definition in one line, the standard, inputs and findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lifecircle import verdicts
from lifecircle.definitions import Definition
from lifecircle.findings import Finding, Source
from lifecircle.project.tables import Project
from lifecircle.report.cells import service_name, unit_of
from lifecircle.report.summary import limit_text
from lifecircle.report.words import (
    Both,
    advice,
    both,
    joined,
    known,
    percent_of,
    spoken,
    words,
)
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
    limit: str
    target: str
    source: str
    status: Both
    proxy: bool


def title(standard: Standard) -> Both:
    """The report's title; it names the limit where there is only one."""
    limits = {limit_text(standard, key) for key in standard.keys}
    if len(limits) == 1:
        return words("title", minutes=limits.pop())
    return words("title_mixed")


def demand_name(project: Project, definition: Definition) -> Both:
    """Who or what is counted: the demand layer, and its group if one is."""
    name = known(f"demand_{definition.demand}", definition.demand)
    if not definition.group:
        return name
    layer = next((table for table in project.demand if table.name == definition.demand), None)
    column = layer.groups.get(definition.group) if layer else None
    label = f"{definition.group} = {column}" if isinstance(column, str) else definition.group
    return words("group", demand=name, group=label)


def short_name(project: Project, definition: Definition) -> Both:
    """A definition in a few words, for a list to choose from."""
    parts = [demand_name(project, definition), words(f"short_{definition.metric}")]
    if definition.speed_kmh != project.network.speed_kmh:
        parts.append(both(f"{definition.speed_kmh:g} km/h"))
    return joined(parts, " · ", " · ")


def definition_line(
    project: Project, standard: Standard, definition: Definition, sources: Sequence[Source]
) -> Both:
    """Denominator, unit, metric, mode, speed, limits, target and standard, in one line."""
    limits = _unique(limit_text(standard, service.key) for service in standard.services)
    targets = _unique(
        percent_of(verdicts.target_percent(service.target)) for service in standard.services
    )
    line = words(
        "line",
        what=demand_name(project, definition),
        unit=unit_of(definition),
        metric=words(
            f"metric_{definition.metric}",
            mode=known(f"mode_{definition.mode}", definition.mode),
            speed=f"{definition.speed_kmh:g}",
        ),
        limit="/".join(limits),
        target=targets[0] if len(targets) == 1 else words("by_service"),
        standard=both_names(standard),
        status=words(f"status_{standard.status}"),
    )
    date = next((s.date for s in sources if s.layer == definition.demand and s.date), "")
    parts = [line]
    if date:
        parts.append(words("line_date", date=date))
    return joined(parts, " · ", " · ")


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def both_names(standard: Standard) -> Both:
    """The standard's name."""
    return Both(both(standard.name_zh).zh, both(standard.name_en).en)


def standard_note(standard: Standard) -> Both:
    """The standard's own remark."""
    return Both(both(standard.note_zh).zh, both(standard.note_en).en)


def standard_rows(standard: Standard) -> list[StandardRow]:
    """Each service with its limit, target, source and how sure that is."""
    return [
        StandardRow(
            name=service_name(standard, service.key),
            limit=limit_text(standard, service.key),
            target=percent_of(verdicts.target_percent(service.target)),
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
