"""Everything the page's template prints, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lifecircle import verdicts
from lifecircle.applied import area_types
from lifecircle.definitions import Definition
from lifecircle.report import about, beside
from lifecircle.report.cells import Cell, Row, Sheet, sheet
from lifecircle.report.compare import side_by_side, urban_and_rural
from lifecircle.report.content import ReportContent
from lifecircle.report.data import data_block, reading_order
from lifecircle.report.grid import Section
from lifecircle.report.naming import definition_line, short_names, standard_name
from lifecircle.report.notes import FacilityList, facility_lists, notes
from lifecircle.report.summary import (
    Figure,
    ServiceRow,
    figures,
    scope_sentence,
    service_rows,
    short_sentence,
    verdict_sentence,
)
from lifecircle.report.unsure import confidence_words, undecided
from lifecircle.report.words import Both, known, listed, percent_of, words

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
NETWORK_METHOD = ("m_rate", "m_minute", "m_snap", "m_area", "m_sum")


@dataclass(frozen=True)
class Line:
    """The definition line of a definition, by its key."""

    key: str
    text: Both


@dataclass(frozen=True)
class SheetView:
    """One definition's part of the page as it stands without scripts."""

    key: str
    unit: Both
    verdict: Both
    scope: Both | None
    missing: Both
    figures: list[Figure]
    services: list[ServiceRow]
    notes: list[Both]
    keys: tuple[str, ...]
    rows: list[Row]


def page_view(content: ReportContent) -> dict[str, Any]:
    """The template's values, and the block of numbers as `block`."""
    sheets = [sheet_of(content, definition) for definition in content.definitions]
    names = short_names(content)
    lists = facility_lists(content)
    views = [_sheet_view(content, one, lists) for one in sheets]
    language = content.project.project.language
    title = about.title(sheets)
    name = content.project.project.name
    full_title = Both(*(_titled(name, title.of(one)) for one in ("zh", "en")))
    return {
        "language": language,
        "other_language": "en" if language == "zh" else "zh",
        "other_label": words("other_language").of(language),
        "title_text": full_title.plain(language),
        "name": name,
        "title": title,
        "lines": [_line(content, one) for one in sheets],
        "sheets": views,
        "main": views[0],
        "block": data_block(content, sheets, names, lists=lists, title=full_title),
        "definitions": side_by_side(content, sheets, names),
        "beside": _beside(content, sheets, names),
        "undecided": undecided(sheets, names),
        **_foundations(content, sheets, names),
    }


def _line(content: ReportContent, one: Sheet) -> Line:
    text = definition_line(content.project, one.standard, one.definition, content.sources)
    return Line(one.definition.key, text)


def sheet_of(content: ReportContent, definition: Definition) -> Sheet:
    """The rows of one definition, and which zones its target is for."""
    standard = content.standard_of(definition)
    types = area_types(content.zones)
    outside = ~types.isin([*standard.scope, ""]) & bool(standard.scope)
    return sheet(
        content.coverage,
        definition,
        standard,
        [str(zone) for zone in content.zones.index],
        out_of_scope={str(zone) for zone in types.index[outside]},
        curves=content.table("curves.csv"),
    )


def _beside(
    content: ReportContent, sheets: list[Sheet], names: Mapping[str, Both]
) -> list[Section]:
    """The further tables, where there is something to say."""
    rural = urban_and_rural(content, sheets, names)
    return [*([rural] if rural else []), *beside.sections(content, sheets, names)]


def _titled(name: str, title: Any) -> Any:
    return f"{name} · " + title if name else title


def _foundations(
    content: ReportContent, sheets: list[Sheet], names: Mapping[str, Both]
) -> dict[str, Any]:
    """Findings, method, standard, inputs and versions."""
    network = content.project.network
    speed = network.speed_kmh
    method = [
        words(
            key,
            speed=f"{speed:g}",
            metres=verdicts.amount(speed * 250),
            snap=verdicts.amount(network.max_snap_m),
            component=verdicts.amount(network.min_component_m),
        )
        for key in NETWORK_METHOD
    ]
    method += about.other_ways(sheets, network.mode)
    return {
        "findings": about.finding_rows(content.findings),
        "method": method,
        "confidence": confidence_words(content.project.confidence, sheets),
        "standards": _standards(sheets, names),
        "sources": content.sources,
        "provenance": [
            (known(f"provenance_{key}", key), text) for key, text in content.provenance.items()
        ],
        "attribution": listed(content.attribution, most=9) if content.attribution else "",
    }


def _standards(sheets: list[Sheet], names: Mapping[str, Both]) -> list[dict[str, Any]]:
    """Every standard as definitions apply it, once, with the definitions that it is for."""
    found: list[tuple[dict[str, Any], list[Both]]] = []
    for one in sheets:
        said = {
            "name": standard_name(one.standard),
            "status": words(f"status_{one.standard.status}"),
            "source": one.standard.source,
            "note": about.standard_note(one.standard),
            "parts": about.standard_parts(one.standard),
            "rows": about.standard_rows(one.standard, one.definition),
        }
        users = next((users for other, users in found if other == said), None)
        if users is None:
            found.append((said, users := []))
        users.append(names[one.definition.key])
    return [
        {**said, "users": listed(users, most=len(users)) if len(found) > 1 else None}
        for said, users in found
    ]


def _sheet_view(content: ReportContent, one: Sheet, lists: Sequence[FacilityList]) -> SheetView:
    return SheetView(
        key=one.definition.key,
        unit=one.unit,
        verdict=verdict_sentence(one),
        scope=scope_sentence(one),
        missing=short_sentence(one),
        figures=figures(one),
        services=service_rows(one),
        notes=notes(one, content.findings, lists),
        keys=one.services,
        rows=[one.rows[at] for at in reading_order(one)],
    )


def isolated(name: str) -> str:
    """A name for an attribute or a drawing, where no `<bdi>` can stand.

    >>> isolated("A") == "\u2068A\u2069"
    True
    """
    return f"{FIRST_STRONG_ISOLATE}{name}{POP_ISOLATE}"


def shown_rate(cell: Cell) -> str:
    """A rate with its sign; empty where there is none."""
    return percent_of(cell.percent)


def helpers() -> dict[str, Any]:
    """What the template may call."""
    return {
        "t": words,
        "percent": shown_rate,
        "amount": verdicts.amount,
        "isolated": isolated,
        "marks": verdicts.MARKS,
    }
