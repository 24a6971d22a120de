"""The workbook says what the coverage table says, computes it where a reader would check, and runs
nothing.

Numbers are those of `small_run`: 60 of 100 persons within reach of health in one zone, none of 100
in the other; culture 60 of 100 and 100 of 100.
"""

from __future__ import annotations

import dataclasses
import math
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from lifecircle.definitions import Definition
from lifecircle.outputs.sheets import LONGEST_TEXT
from lifecircle.outputs.workbook import write_workbook
from lifecircle.report import ReportContent
from tests import report_definitions, small_run
from tests.report_city import grid_zones, made_up_content
from tests.spreadsheets import ERRORS, converted, needs_office, without_results

RADIUS = Definition("old/people?[radius]*", "people", metric="radius", group="aged_60")
LONG = Definition("a" * 40 + "1", "people", unit="persons")
LONG_TOO = Definition("a" * 40 + "2", "people", unit="persons")
HARMFUL = [
    '=HYPERLINK("http://x")', "+1", "-1", "@x", "名" * 300, "\u202egnp.exe", "a\x07b", "[]:*?/\\",
    "<b>&amp;</b>",
]  # fmt: skip


def content(*definitions: Definition, language: str = "en") -> ReportContent:
    """The small run as reports show it."""
    where = small_run.provenance(*definitions, language=language)
    return ReportContent(
        project=where.project,
        standard=where.standard,
        definitions=where.definitions,
        coverage=small_run.coverage_table(*definitions),
        zones=small_run.zones(),
        facilities=small_run.facilities(),
        findings=where.findings,
        sources=where.inputs,
    )


def written(path: Path, of: ReportContent) -> Path:
    write_workbook(path, of)
    return path


def rows(sheet: Worksheet, header: str) -> list[dict[str, object]]:
    """Rows of the table below the header row that begins with `header`."""
    values = list(sheet.iter_rows(values_only=True))
    top = next(number for number, row in enumerate(values) if row[0] == header)
    return [dict(zip(values[top], row, strict=True)) for row in values[top + 1 :]]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("book") / "coverage.xlsx", content())


@pytest.fixture(scope="module")
def values(path: Path) -> Workbook:
    return openpyxl.load_workbook(path, data_only=True)


def test_the_summary_comes_first_with_verdict_and_figures(values: Workbook) -> None:
    summary = values.worksheets[0]
    texts = [str(cell.value) for row in summary.iter_rows() for cell in row if cell.value]
    assert any("Of 3 services, 2 fail (✗ Health 30.0" in text for text in texts)
    assert any("Own standard" in text and "target 85" in text for text in texts)
    table = {row["Service"]: row for row in rows(summary, "Service") if row["Service"]}
    health = table["Health"]
    assert (health["Target"], health["Rate"]) == (0.85, 0.3)
    assert [health[key] for key in health if str(key).startswith(("Demand", "Covered"))] == [
        200, 60,
    ]  # fmt: skip
    assert (health["Status"], table["Sports"]["Status"]) == ("✗ fail", "– no data")
    # 0.85 × 200 - 60 people are lacking in all.
    assert 110 in [health[key] for key in health]
    assert table["All at once"]["Rate"] == 0.3


def matrix(book: Workbook) -> Worksheet:
    return book.worksheets[1]


def test_the_matrix_shows_rates_and_says_why_there_is_none(values: Workbook) -> None:
    sheet = matrix(values)
    table = {(row["Level"], row["Zone"]): row for row in rows(sheet, "Parent")}
    assert table["Zone", "010101"]["Health"] == 0.6
    assert table["Zone", "010101"]["Sports"] == "No data"
    assert table["Zone", "010102"]["All at once"] == 0
    city = next(row for (level, _), row in table.items() if level == "City")
    # Health 60, culture 60 + 100, both at once 60 of the 200 persons inside the zones.
    assert (city["Health"], city["Culture"], city["All at once"]) == (0.3, 0.8, 0.3)
    assert sheet.freeze_panes == "C7"
    assert sheet.auto_filter.ref
    assert sheet.print_title_rows == "$6:$6"


def test_colours_follow_the_numbers(path: Path) -> None:
    sheet = matrix(openpyxl.load_workbook(path))
    rules = [rule for found in sheet.conditional_formatting for rule in found.rules]
    assert len(rules) >= 5, "pass, three of failing, undecided"
    assert all(rule.type == "expression" for rule in rules)
    colours = {rule.dxf.fill.bgColor.rgb for rule in rules if rule.dxf.fill}
    assert len(colours) >= 4
    last = sheet.max_row
    for found in sheet.conditional_formatting:
        for part in found.cells.ranges:
            assert part.max_row <= last


def test_roll_ups_are_formulas_over_their_zones(path: Path, values: Workbook) -> None:
    sheet = matrix(openpyxl.load_workbook(path))
    formulas = {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row
                if cell.data_type == "f"}  # fmt: skip
    sums = [text for text in formulas.values() if "SUM" in text]
    assert sums
    assert any("ROUNDDOWN" in text for text in formulas.values())
    assert all(matrix(values)[at].value is not None for at in formulas), "values are cached"


def test_the_gap_list_adds_up_to_what_is_missing(values: Workbook) -> None:
    # Zone 1 lacks 25 for health and for culture, zone 2 85 for health; all at once is no service.
    sheet = values["Gaps"]
    # A first table sums up by definition; the list is the one with zones.
    lines = list(sheet.iter_rows(values_only=True))
    top = next(at for at, line in enumerate(lines) if line[0] == "Definition" and "Zone" in line)
    table = [dict(zip(lines[top], line, strict=True)) for line in lines[top + 1 :]]
    assert [(row["Zone"], row["Service"]) for row in table] == [
        ("010102", "Health"), ("010101", "Health"), ("010101", "Culture"),
    ]  # fmt: skip
    assert [row["Gap"] for row in table] == [85, 25, 25]
    # 85, 110 and 135 of 135, rounded down.
    assert [row["Share so far"] for row in table] == [0.629, 0.814, 1]
    figures = {cell.value for row in sheet.iter_rows() for cell in row}
    assert 135 in figures


def test_zones_can_be_sorted(values: Workbook) -> None:
    table = {row["Zone"]: row for row in rows(values["Zones"], "Zone")}
    first = table["010101"]
    assert (first["Services passing"], first["Services failing"]) == (0, 2)
    assert table["010102"]["Worst service"] == "Health"
    assert table["010102"]["Its rate"] == 0


def test_text_stays_text_and_nothing_leads_outside(tmp_path: Path) -> None:
    zones = grid_zones(3, HARMFUL)
    path = written(tmp_path / "w.xlsx", made_up_content(zones, name=HARMFUL[0]))
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    for cell in cells:
        if cell.data_type == "f":
            assert re.match(r"=(IF|SUM|SUMIF|COUNT|MAX|ROUND|TEXT|'|MIN|[A-Z]+\$?\d)", cell.value)
            assert not re.search(r"HYPERLINK|cmd|http|WEBSERVICE|DDE", cell.value)
    texts = {cell.value for cell in cells if cell.data_type == "s"}
    # A control character cannot stand in a workbook; all else does.
    for name in HARMFUL:
        shown = name.replace("\x07", "")
        assert any(shown in text or "a_x0007_b" in text for text in texts), name
    assert not any(sheet._hyperlinks for sheet in book)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    assert not any("externalLink" in name or "vba" in name.lower() for name in names)


def test_codes_keep_their_zeros(values: Workbook) -> None:
    cells = {cell.value: cell for row in matrix(values).iter_rows() for cell in row}
    assert cells["010101"].data_type == "s"


def test_all_rows_are_there_at_full_precision(values: Workbook) -> None:
    table = small_run.coverage_table()
    shown = rows(values["All rows"], "Definition")
    assert len(shown) == len(table)
    for row, (_, expected) in zip(shown, table.iterrows(), strict=True):
        if math.isfinite(expected["rate"]):
            assert row["Coverage rate"] == expected["rate"]


def test_every_sheet_has_a_name_that_programs_take(tmp_path: Path) -> None:
    several = content(small_run.MAIN, RADIUS, LONG, LONG_TOO)
    book = openpyxl.load_workbook(written(tmp_path / "w.xlsx", several))
    names = [name.casefold() for name in book.sheetnames]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


def test_standards_findings_and_inputs_are_listed(values: Workbook) -> None:
    texts = {str(cell.value) for sheet in values for row in sheet.iter_rows() for cell in row}
    for text in ("=own words", "@clause", "people.csv", "ab12", "2020-11-01"):
        assert any(text in each for each in texts), text


def test_in_chinese(tmp_path: Path) -> None:
    path = written(tmp_path / "w.xlsx", content(language="zh"))
    book = openpyxl.load_workbook(path, data_only=True)
    assert all(re.search("[一-鿿]", name) for name in book.sheetnames)
    sheet = matrix(book)
    assert any(cell.value == "无数据" for row in sheet.iter_rows() for cell in row)


def test_the_same_run_makes_the_same_bytes(tmp_path: Path) -> None:
    one, two = (written(tmp_path / name, content()) for name in ("a.xlsx", "b.xlsx"))
    assert one.read_bytes() == two.read_bytes()


def test_scopes_undecided_cases_and_further_tables_have_their_place(tmp_path: Path) -> None:
    path = written(tmp_path / "w.xlsx", report_definitions.content())
    book = openpyxl.load_workbook(path, data_only=True)
    plan = book.worksheets[2]
    table = rows(plan, next(row[0] for row in plan.iter_rows(values_only=True)
                            if row[1] == "Name"))  # fmt: skip
    scope = next(row for row in table if row["Level"] == "Target's scope")
    city = next(row for row in table if row["Level"] == "City")
    # Grounds: all 400 in scope, 480 of 600 in the city.
    assert (scope["Sports ground"], city["Sports ground"]) == (1, 0.8)
    for name in ("Undecided", "Definitions", "Tiers", "Curves", "Supply"):
        assert name in book.sheetnames
    assert any("rim" in str(cell.value) or "edge" in str(cell.value)
               for row in book["Undecided"].iter_rows() for cell in row)  # fmt: skip


def test_text_longer_than_a_cell_is_cut(tmp_path: Path) -> None:
    long = dataclasses.replace(content(), zones=small_run.zones().assign(name="x" * 40_000))
    long = dataclasses.replace(long, coverage=long.coverage.assign(name="x" * 40_000))
    book = openpyxl.load_workbook(written(tmp_path / "w.xlsx", long))
    longest = max(
        len(str(cell.value)) for sheet in book for row in sheet.iter_rows() for cell in row
    )
    assert longest == LONGEST_TEXT


CASES = {
    "small": content,
    "one zone": lambda: made_up_content(grid_zones(1)),
    "nobody in a zone": lambda: made_up_content(grid_zones(3, HARMFUL, parents=2)),
    "several definitions": report_definitions.content,
}


@needs_office
@pytest.mark.parametrize("case", CASES)
def test_an_office_computes_the_same_and_finds_no_error(tmp_path: Path, case: str) -> None:
    path = written(tmp_path / "book.xlsx", CASES[case]())
    bare = without_results(path, tmp_path / "bare.xlsx")
    again = openpyxl.load_workbook(converted(bare, "xlsx", tmp_path), data_only=True)
    cached = openpyxl.load_workbook(path, data_only=True)
    formulas = openpyxl.load_workbook(path)
    count = 0
    for sheet in formulas:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            here = f"{sheet.title}!{cell.coordinate}: {cell.value}"
            said = cached[sheet.title][cell.coordinate].value
            found = again[sheet.title][cell.coordinate].value
            assert not str(found).startswith(ERRORS), here
            if isinstance(said, int | float) and not isinstance(said, bool):
                assert found == pytest.approx(said, rel=1e-9, abs=1e-9), here
            else:
                assert (found or "") == (said or ""), here
            count += 1
    assert count > 20
