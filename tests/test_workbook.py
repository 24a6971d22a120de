"""The workbook says what the coverage table says, and runs nothing."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from lifecircle.definitions import Definition
from lifecircle.outputs.sheets import LONGEST_TEXT, Column, Pen, write_sheet
from lifecircle.outputs.workbook import _floored, write_workbook
from lifecircle.verdicts import percent
from tests import small_run

RADIUS = Definition("old/people?[radius]*", "people", metric="radius", group="aged_60")


def written(path: Path, *definitions: Definition, language: str = "en") -> Path:
    table = small_run.coverage_table(*definitions)
    write_workbook(path, table, small_run.provenance(*definitions, language=language))
    return path


def rows(sheet: Worksheet, header: str) -> list[dict[str, object]]:
    """Rows of the table below the header row that begins with `header`."""
    values = list(sheet.iter_rows(values_only=True))
    top = next(number for number, row in enumerate(values) if row[0] == header)
    return [dict(zip(values[top], row, strict=True)) for row in values[top + 1 :]]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("book") / "coverage.xlsx")


def test_the_matrix_shows_rates_and_says_why_there_is_none(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["Rates"]
    table = {(row["Level"], row["Zone"]): row for row in rows(sheet, "Level")}
    assert table["Zone", "010101"]["Health"] == 0.6
    assert table["Zone", "010101"]["Sports"] == "No data"
    assert table["Zone", "010102"]["All at once"] == 0
    # Health 60, culture 60 + 100, both at once 60 of the 200 persons inside the zones.
    city = next(row for row in rows(sheet, "Level") if row["Level"] == "City")
    assert (city["Health"], city["Culture"], city["All at once"]) == (0.3, 0.8, 0.3)
    assert table["Outside all zones", "(outside)"]["Demand"] == 5
    assert sheet.freeze_panes == "D4"


def test_cells_are_coloured_and_marked_by_their_status(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["Rates"]
    cells = {cell.value: cell for row in sheet.iter_rows() for cell in row if cell.column == 7}
    passed, failed = cells[1], cells[0.6]
    assert passed.number_format == '0.0%" ✓"'
    assert failed.number_format == '0.0%" ✗"'
    assert passed.fill.fgColor.rgb != failed.fill.fgColor.rgb


@pytest.mark.parametrize(
    ("rate", "shown"), [(0.84999, 0.849), (0.85, 0.85), (0.29, 0.29), (0.85 - 1e-13, 0.85)]
)
def test_shown_rates_are_rounded_down(rate: float, shown: float) -> None:
    assert _floored(rate) == shown


def test_every_thousandth_is_shown_as_itself() -> None:
    assert [_floored(n / 1000) for n in range(1001)] == [n / 1000 for n in range(1001)]
    assert all(f"{_floored(n / 7777):.1%}" == f"{percent(n / 7777)}%" for n in range(7778))


def test_totals_are_formulas_that_agree_with_the_city(path: Path) -> None:
    formulas = openpyxl.load_workbook(path)["Covered"]
    values = openpyxl.load_workbook(path, data_only=True)["Covered"]
    sums = [
        (cell, values[cell.coordinate].value)
        for row in formulas.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert len(sums) == 4, "demand, health, culture, all at once"
    for cell, cached in sums:
        first, last = re.fullmatch(r"=SUM\((\w+):(\w+)\)", cell.value).groups()
        summed = [row[0].value for row in values[f"{first}:{last}"]]
        assert [values[f"A{row}"].value for row in (4, 5)] == ["Zone", "Zone"]
        assert sum(summed) == cached
    assert [cached for _, cached in sums] == [200, 60, 160, 60]


def test_nothing_else_is_a_formula_or_a_link(tmp_path: Path) -> None:
    path = written(tmp_path / "w.xlsx", small_run.MAIN, RADIUS)
    book = openpyxl.load_workbook(path)
    formulas = {
        cell.value
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }
    assert all(re.fullmatch(r"=SUM\([A-Z]+\d+:[A-Z]+\d+\)", str(formula)) for formula in formulas)
    assert not any(sheet._hyperlinks for sheet in book)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    assert not any("externalLink" in name or "vba" in name.lower() for name in names)


def test_hostile_names_and_codes_are_stored_as_text(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["Pass and fail"]
    cells = {cell.value: cell for row in sheet.iter_rows() for cell in row}
    for text in [*small_run.HOSTILE, "010101", "+district"]:
        assert cells[text].data_type == "s"


def test_all_rows_are_there_at_full_precision(path: Path) -> None:
    table = small_run.coverage_table()
    sheet = openpyxl.load_workbook(path)["Pass and fail"]
    shown = pd.DataFrame(rows(sheet, "Definition"))
    assert len(shown) == len(table)
    pd.testing.assert_series_equal(
        shown["Coverage rate"], table["rate"], check_names=False, check_exact=True
    )
    fails = (shown["Status"] == "Fail").tolist()
    assert fails == (table["status"] == "fail").tolist()
    (rate,) = {
        cell.number_format
        for cell in sheet["L"][1:]
        if isinstance(cell.value, float) and cell.value < 1
    }
    assert rate == "0.0##############", "no display may round a rate up to its target"


def test_the_standard_is_shown_with_source_and_status(path: Path) -> None:
    sheet = openpyxl.load_workbook(path)["Standard"]
    table = {row["Key"]: row for row in rows(sheet, "Key")}
    assert table["health"]["Source"] == "=own words"
    assert table["health"]["Limit, minutes · town"] == 20
    assert table["culture"]["Source"] == "@clause"
    assert table["culture"]["Status of the number"] == "official document"
    assert table["sports"]["Proxy"] == "by OSM tags"


def test_findings_and_inputs_are_listed(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    first = rows(book["Findings"], "Layer")[0]
    assert (first["Source"], first["Severity"]) == ("-x", "Warning")
    (people,) = rows(book["Inputs"], "Layer")
    assert (people["File"], people["Rows read"], people["Rows used"]) == ("people.csv", 5, 4)
    assert people["Date of the data"] == "2020-11-01"


def test_chinese_workbook(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(tmp_path / "w.xlsx", language="zh"))
    assert book.sheetnames == [
        "覆盖率", "覆盖量", "达标明细", "口径", "标准", "数据问题", "数据来源",
    ]  # fmt: skip
    city = next(row for row in rows(book["覆盖率"], "层级") if row["层级"] == "全市")
    assert (city["卫生"], city["体育"], city["同时可达"]) == (0.3, "无数据", 0.3)


def test_each_definition_has_its_own_matrix_and_its_key_no_harm(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(tmp_path / "w.xlsx", small_run.MAIN, RADIUS))
    assert book.sheetnames[:4] == ["Rates", "Covered", "Rates 2", "Covered 2"]
    assert "old/people?[radius]*: aged_60" in book["Rates 2"]["A1"].value
    keys = [row["Key"] for row in rows(book["Definitions"], "Key")]
    assert keys == [small_run.MAIN.key, RADIUS.key]


def test_the_same_run_makes_the_same_bytes(tmp_path: Path) -> None:
    assert written(tmp_path / "a.xlsx").read_bytes() == written(tmp_path / "b.xlsx").read_bytes()


class Recorder:
    """Stands for a workbook and its sheet, and remembers what is written."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], object] = {}

    def add_worksheet(self, name: str) -> Recorder:
        return self

    def write_string(self, row: int, column: int, text: str, look: object) -> None:
        self.cells[row, column] = text

    def __getattr__(self, name: str) -> object:
        return lambda *_: None


def test_a_table_longer_than_a_sheet_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lifecircle.outputs.sheets.MOST_ROWS", 2)
    book = Recorder()
    pen = Pen(book, dict.fromkeys(["text", "header", "note"]), "en")
    write_sheet(pen, "long", [Column("name", ["a", "b", "c"])])
    assert book.cells[2, 0] == "b"
    assert str(book.cells[3, 0]).startswith("The sheet is full: the other rows of 3")


def test_text_longer_than_a_cell_is_cut() -> None:
    book = Recorder()
    pen = Pen(book, dict.fromkeys(["text", "header"]), "en")
    write_sheet(pen, "wide", [Column("name", ["x" * 40_000])])
    assert book.cells[1, 0] == "x" * LONGEST_TEXT
