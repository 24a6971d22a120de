"""Sheets on what the numbers rest on: definitions side by side, method, standards, inputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from lifecircle import verdicts
from lifecircle.definitions import Definition, mode_name
from lifecircle.findings import findings_table
from lifecircle.outputs.columns import columns, words
from lifecircle.outputs.matrix import Matrix
from lifecircle.outputs.matrix_sheets import floored
from lifecircle.outputs.sheets import (
    Column,
    Pen,
    display_width,
    new_sheet,
    print_setup,
    write,
    write_sheet,
)
from lifecircle.report import about
from lifecircle.report.compare import PARTICULARS, flips
from lifecircle.report.content import ReportContent
from lifecircle.report.naming import service_name
from lifecircle.report.notes import facility_lists, notes
from lifecircle.report.unsure import confidence_words
from lifecircle.report.view import NETWORK_METHOD
from lifecircle.report.words import Both
from lifecircle.report.words import words as report_words
from lifecircle.standards import Standard

_TRUST = {
    "official": "workbook.official",
    "secondary": "workbook.secondary",
    "unverified": "workbook.unverified",
}
_METRICS = {"network": "workbook.network", "radius": "workbook.radius"}
PROSE_WIDTH = 110


def write_definitions(pen: Pen, content: ReportContent, matrices: Sequence[Matrix]) -> None:
    """Every definition in a column: what it is, then its rates, linked to their matrices."""
    sheet = new_sheet(pen, pen.word("workbook.definitions"))
    write(pen, sheet, (0, 0), f"{pen.title} · {pen.word('workbook.definitions')}", "title")
    write(pen, sheet, (1, 0), pen.word("workbook.definitions_note"), "label")
    write(pen, sheet, (2, 0), pen.word("workbook.definition"), "header")
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, len(matrices), 34 if len(matrices) < 4 else 26)
    for position, matrix in enumerate(matrices, start=1):
        write(pen, sheet, (2, position), matrix.title, "header")
    row = 3
    for title, texts in _particulars(pen, content, matrices).items():
        if any(texts):
            write(pen, sheet, (row, 0), title, "header")
            for position, text in enumerate(texts, start=1):
                write(pen, sheet, (row, position), text, "wrapped")
            row += 1
    for key in dict.fromkeys(key for each in matrices for key in each.rates.services):
        name = next(
            service_name(each.rates.standard, key)
            for each in matrices
            if key in each.rates.services
        )
        write(pen, sheet, (row, 0), pen.said(name), "header")
        for position, matrix in enumerate(matrices, start=1):
            _rate(pen, sheet, (row, position), matrix, key)
        row += 1
    sheet.freeze_panes(3, 1)
    print_setup(pen, sheet, header=2)


def _particulars(
    pen: Pen, content: ReportContent, matrices: Sequence[Matrix]
) -> Mapping[str, list[str]]:
    """What is said of every definition, by what it is about."""
    found = {pen.word("workbook.key"): [each.rates.definition.key for each in matrices]}
    for code, said in PARTICULARS.items():
        title = pen.said(report_words(code))
        found[title] = [pen.said(said(content, each.rates)) for each in matrices]
    chinese = pen.language == "zh"
    found[pen.word("workbook.note")] = [
        each.rates.definition.note_zh if chinese else each.rates.definition.note_en
        for each in matrices
    ]
    changed = [flips(each.rates, matrices[0].rates) for each in matrices[1:]]
    if changed:
        said_of = [pen.said(report_words("flips", n=n, all=m)) if m else "" for n, m in changed]
        found[pen.said(report_words("c_flips"))] = [
            pen.said(report_words("main_definition")), *said_of
        ]  # fmt: skip
    return found


def _rate(pen: Pen, sheet: object, at: tuple[int, int], matrix: Matrix, key: str) -> None:
    """The head row's rate of a service under a definition, with its verdict."""
    if key not in matrix.rates.services:
        write(pen, sheet, at, "–", "absent")
        return
    cell = matrix.rates.head.cells[key]
    if math.isnan(cell.rate):
        write(pen, sheet, at, f"{verdicts.MARKS[cell.verdict]} {pen.said(cell.word)}", "absent")
        return
    formula = f"={matrix.cell('rate', key, matrix.head)}"
    look = pen.formats[f"{cell.verdict} rate"]
    sheet.write_formula(*at, formula, look, floored(cell.rate))  # type: ignore[attr-defined]


def write_method(
    pen: Pen, content: ReportContent, matrices: Sequence[Matrix], lines: Sequence[str]
) -> None:
    """Definitions in full, the formula, what a minute is, how sure a rate is, sources."""
    sheet = new_sheet(pen, pen.word("workbook.method"))
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, PROSE_WIDTH)
    write(pen, sheet, (0, 0), f"{pen.title} · {pen.word('workbook.method')}", "title")
    row = 2
    before = ""
    for title, text in _paragraphs(pen, content, matrices, lines):
        write(pen, sheet, (row, 0), title if title != before else "", "verdict")
        write(pen, sheet, (row, 1), text, "prose")
        sheet.set_row(row, 15 * max(1, math.ceil(display_width(text) * 1.08 / PROSE_WIDTH)))
        before, row = title, row + 1
    print_setup(pen, sheet, header=None, landscape=False)


def _paragraphs(
    pen: Pen, content: ReportContent, matrices: Sequence[Matrix], lines: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Every paragraph below its title."""
    rates, lists = [each.rates for each in matrices], facility_lists(content)
    for matrix, line in zip(matrices, lines, strict=True):
        yield pen.word("workbook.definitions"), line
        for note in notes(matrix.rates, content.findings, lists):
            prefix = f"[{matrix.title}] " if len(matrices) > 1 else ""
            yield pen.word("workbook.beside"), prefix + pen.said(note)
    formula, *minutes = _method(content)
    yield pen.word("workbook.formula"), pen.said(formula)
    for text in [*minutes, *about.other_ways(rates, content.project.network.mode)]:
        yield pen.said(report_words("h_minute")), pen.said(text)
    for text in confidence_words(content.project.confidence, rates):
        yield pen.said(report_words("h_confidence")), pen.said(text)
    for standard, _ in standards_of(content):
        trust = pen.word(_TRUST[standard.status])
        parts = [f"{standard.name(pen.language)} ({trust})", standard.source]
        parts += [pen.said(about.standard_note(standard))]
        parts += [pen.said(part) for part in about.standard_parts(standard)]
        yield pen.word("workbook.standard"), " · ".join(filter(None, parts))
    yield pen.word("workbook.inputs"), pen.word("workbook.inputs_note")
    if content.attribution:
        yield pen.word("workbook.inputs"), "; ".join(content.attribution)


def _method(content: ReportContent) -> list[Both]:
    """The formula, and what a minute is, with the numbers of the project."""
    network = content.project.network
    return [
        report_words(
            key,
            speed=f"{network.speed_kmh:g}",
            metres=verdicts.amount(network.speed_kmh * 250),
            snap=verdicts.amount(network.max_snap_m),
            component=verdicts.amount(network.min_component_m),
        )
        for key in NETWORK_METHOD
    ]


def standards_of(content: ReportContent) -> list[tuple[Standard, list[Definition]]]:
    """Every standard as definitions apply it, once, with those that do; the main one first."""
    found: dict[str, tuple[Standard, list[Definition]]] = {}
    for definition in content.definitions:
        standard = content.standard_of(definition)
        # By what they say: a target that is not set equals no other.
        found.setdefault(repr(standard), (standard, []))[1].append(definition)
    return list(found.values())


def write_standard(pen: Pen, standard: Standard, users: Sequence[str]) -> None:
    """A standard: limits and targets of every service, and by whose word; `users` apply it."""
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
    trust = [pen.word(_TRUST[service.status]) for service in services]
    proxies = [pen.word("workbook.proxy") if service.proxy else "" for service in services]
    table = [
        Column(pen.word("workbook.key"), [service.key for service in services]),
        Column(pen.word("workbook.service"), [service.name(pen.language) for service in services]),
        Column(pen.word("workbook.minutes"), [service.minutes for service in services], "number"),
        *limits,
        *_only_some(pen, standard),
        Column(pen.word("workbook.target"), [service.target for service in services], "exact"),
        Column(pen.word("workbook.trust"), trust),
        Column(pen.word("workbook.proxies"), proxies),
        Column(
            pen.word("workbook.source"),
            [service.source or standard.source for service in services],
            width=60,
        ),
    ]
    comma = "、" if pen.language == "zh" else ", "
    used = pen.word("workbook.used_by", names=comma.join(users))
    status = pen.word(_TRUST[standard.status])
    notes = [" · ".join([standard.name(pen.language), status, used])]
    write_sheet(pen, pen.word("workbook.standard"), table, notes=notes, frozen=2)


def _only_some(pen: Pen, standard: Standard) -> list[Column]:
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


def write_findings(pen: Pen, content: ReportContent) -> None:
    """What was wrong in the inputs."""
    findings = findings_table(content.findings, pen.language)
    severities = words("findings.csv", "severity", pen.language)
    findings = findings.assign(severity=findings["severity"].map(severities))
    wide = {"message": 70.0, "action": 50.0}
    table = [
        Column(
            column.titles[pen.language],
            findings[column.name],
            "wrapped" if column.name in wide else "text",
            width=wide.get(column.name, 0.0),
        )
        for column in columns("findings.csv", map(str, findings.columns))
    ]
    write_sheet(pen, pen.word("workbook.findings"), table, filters=True)


def write_inputs(pen: Pen, content: ReportContent) -> None:
    """The files that were read, with their dates, row counts and SHA-256."""
    inputs = content.sources
    table = [
        Column(pen.word("workbook.layer"), [one.layer for one in inputs], width=24),
        Column(pen.word("workbook.file"), [one.source for one in inputs], width=40),
        Column(pen.word("workbook.date"), [one.date for one in inputs], width=14),
        Column(pen.word("workbook.rows_in"), [one.rows_in for one in inputs], "amount"),
        Column(pen.word("workbook.rows_used"), [one.rows_used for one in inputs], "amount"),
        Column("SHA-256", [one.sha256 for one in inputs], width=68),
    ]
    write_sheet(pen, pen.word("workbook.inputs"), table)
