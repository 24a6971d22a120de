"""The workbook: verdicts first, then who reaches what zone by zone, and what that rests on.

All text is written as text, codes with leading zeros included; nothing is a formula but our own
figures, whose results are stored beside them. Percent are rounded down, gaps up; what is called
exact, and the table of all rows, keep full precision.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

from lifecircle.outputs.gap_sheet import write_gaps
from lifecircle.outputs.matrix import matrix
from lifecircle.outputs.matrix_sheets import write_matrix
from lifecircle.outputs.method_sheets import (
    standards_of,
    write_definitions,
    write_findings,
    write_inputs,
    write_method,
    write_standard,
)
from lifecircle.outputs.sheet_names import plain_text
from lifecircle.outputs.sheets import (
    FORMATS,
    Pen,
    new_sheet,
    verdict_formats,
    write_sheet,
)
from lifecircle.outputs.side_sheets import Names, described, write_beside, write_undecided
from lifecircle.outputs.summary_sheet import write_summary
from lifecircle.outputs.zone_sheet import write_zones
from lifecircle.report import about
from lifecircle.report.cells import Sheet
from lifecircle.report.content import ReportContent
from lifecircle.report.naming import definition_line, service_name, short_names
from lifecircle.report.view import sheet_of
from lifecircle.version import VERSION

WORKBOOK = "coverage.xlsx"
FONTS = {"zh": "微软雅黑", "en": "Calibri"}
"""What offices have; programs without it take another."""


def write_workbook(path: Path, content: ReportContent) -> None:
    """Write `coverage.xlsx` in the project's language, from what the report is made from.

    The summary; for each definition its matrix of rates; the list of gaps, the zones, what is
    undecided, the tables beside coverage; then definitions side by side, method, standards,
    findings, inputs, and all rows at full precision.
    """
    rates = [sheet_of(content, definition) for definition in content.definitions]
    book, pen = _book(path, content, rates)
    names = {
        key: plain_text(name.plain(pen.language)) for key, name in short_names(content).items()
    }
    first = new_sheet(pen, pen.word("workbook.summary"), colour="#1f2933")
    matrices = [matrix(pen, names[one.definition.key], one) for one in rates]
    lines = [
        pen.said(definition_line(content.project, one.standard, one.definition, content.sources))
        for one in rates
    ]
    kinds = {str(zone): str(kind) for zone, kind in content.zones["area_type"].items()}
    chapters = list(zip(matrices, lines, strict=True))
    for one, line in chapters:
        write_matrix(pen, one, line, kinds)
    write_summary(pen, first, chapters, _facts(pen, content), _counts(content))
    write_gaps(pen, matrices)
    write_zones(pen, matrices[0], kinds)
    called = Names(names, _service_names(pen, rates))
    write_undecided(pen, content.coverage, called)
    write_definitions(pen, content, matrices)
    write_beside(pen, content.tables, called)
    write_method(pen, content, matrices, lines)
    for standard, users in standards_of(content):
        write_standard(pen, standard, [names[user.key] for user in users])
    write_findings(pen, content)
    write_inputs(pen, content)
    _all_rows(pen, content.coverage)
    first.activate()
    book.close()


def _book(
    path: Path, content: ReportContent, rates: list[Sheet]
) -> tuple[xlsxwriter.Workbook, Pen]:
    """An empty workbook in the project's language."""
    language = content.project.project.language
    options: dict[str, object] = dict.fromkeys(
        ("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False
    )
    options["default_format_properties"] = {"font_name": FONTS[language], "font_size": 10}
    book = xlsxwriter.Workbook(path, options)
    title = plain_text(about.title(rates).plain(language))
    title = " · ".join(filter(None, [plain_text(content.project.project.name), title]))
    # Always the same bytes for the same content, whenever it is written.
    created = datetime(2000, 1, 1, tzinfo=UTC)
    book.set_properties({"title": title, "comments": f"lifecircle {VERSION}", "created": created})
    looks = FORMATS | verdict_formats()
    formats = {name: book.add_format(look) for name, look in looks.items()}
    return book, Pen(book, formats, language, title)


def _facts(pen: Pen, content: ReportContent) -> list[str]:
    """The dates of the data, the program's version, and where to read on."""
    comma = "；" if pen.language == "zh" else "; "
    dates = dict.fromkeys(f"{one.layer} {one.date}" for one in content.sources if one.date)
    dated = comma.join(dates) or pen.word("workbook.no_date")
    return [pen.word("workbook.facts", dates=plain_text(dated), version=VERSION)]


def _counts(content: ReportContent) -> dict[str, int]:
    """How many facilities there are, by service."""
    counts = content.facilities.groupby("service")["facility"].nunique()
    return {str(service): int(count) for service, count in counts.items()}


def _service_names(pen: Pen, rates: list[Sheet]) -> dict[tuple[str, str], str]:
    """What services are called, by definition and key, those without a limit included."""
    return {
        (one.definition.key, key): pen.said(service_name(one.standard, key))
        for one in rates
        for key in dict.fromkeys(
            [*one.services, *(service.key for service in one.standard.offered)]
        )
    }


def _all_rows(pen: Pen, coverage: pd.DataFrame) -> None:
    """The whole coverage table at full precision, its words in the project's language."""
    table = described(pen, "coverage.csv", coverage)
    notes = [pen.word("workbook.all_rows_note")]
    write_sheet(pen, pen.word("workbook.all_rows"), table, notes=notes, filters=True)
