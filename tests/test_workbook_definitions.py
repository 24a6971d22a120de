"""The workbook of several definitions: sheets of each standard, what stands beside, undecided."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.workbook import Workbook

from lifecircle.outputs.provenance import Provenance
from lifecircle.outputs.workbook import write_workbook
from tests import report_definitions as city
from tests.test_workbook import rows


def written(path: Path, language: str = "en", **changes: object) -> Workbook:
    provenance = Provenance(
        project=city.project(language),
        standard=city.MAIN,
        definitions=city.DEFINITIONS,
        inputs=(),
        findings=(),
        seconds={},
        standards=city.STANDARDS,
    )
    provenance = dataclasses.replace(provenance, **changes)
    write_workbook(path, city.coverage_table(), provenance, city.tables())
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    return written(tmp_path_factory.mktemp("book") / "coverage.xlsx")


def test_every_definition_has_its_matrices_and_every_table_its_sheet(book: Workbook) -> None:
    assert book.sheetnames == [
        "Rates", "Covered", "Rates 2", "Covered 2", "Rates 3", "Covered 3", "Pass and fail",
        "Undecided", "Speed and limit", "Tiers", "Curves", "Presence", "Supply", "Convergence",
        "Definitions", "Standard", "Standard 2", "Standard 3", "Findings", "Inputs",
    ]  # fmt: skip


def test_chinese_titles(tmp_path: Path) -> None:
    book = written(tmp_path / "w.xlsx", "zh")
    sides = {"待定项", "速度与时限", "层级完整度", "全覆盖", "供给与配置", "用地收敛"}
    assert sides <= set(book.sheetnames)
    assert {"3 公里/时", "5 分钟"} <= set(rows(book["速度与时限"], "口径")[0])
    assert "适用口径：规划口径" in book["标准 2"]["A1"].value


def test_the_scope_has_its_row_and_the_city_its_own(book: Workbook) -> None:
    table = {row["Level"]: row for row in rows(book["Rates 2"], "Level") if row["Level"] != "Zone"}
    # In scope everybody reaches the ground, of the whole city 480 of 600.
    assert table["Target's scope"]["Sports ground"] == 1
    assert table["City"]["Sports ground"] == 0.8


def test_totals_stay_those_of_the_city_where_there_is_a_scope(tmp_path: Path) -> None:
    written(tmp_path / "w.xlsx")
    values = openpyxl.load_workbook(tmp_path / "w.xlsx", data_only=True)["Covered 2"]
    formulas = openpyxl.load_workbook(tmp_path / "w.xlsx")["Covered 2"]
    sums = [cell for row in formulas.iter_rows() for cell in row if cell.data_type == "f"]
    assert [values[cell.coordinate].value for cell in sums] == [600, 360, 480]
    assert {values[f"A{cell.row}"].value for cell in sums} == {"City"}


def test_undecided_cells_are_listed_with_what_they_hang_on(book: Workbook) -> None:
    (case,) = rows(book["Undecided"], "Definition")
    assert (case["Definition"], case["Service"], case["Status"]) == (
        "people.walk",
        "culture",
        "Fail",
    )
    assert (case["Coverage rate"], case["Undecided by"]) == (0.6, "rim")
    assert (case["Rate, low"], case["Rate, high"]) == (pytest.approx(0.55), 1.0)


def test_other_choices_stand_beside_each_other(book: Workbook) -> None:
    # Health of all: at 3 km/h 6 of 10 places, at 5 km/h all; within 5 minutes 3 of 10.
    table = rows(book["Speed and limit"], "Definition")
    (health,) = [
        row
        for row in table
        if (row["Definition"], row["Level"], row["Service"]) == ("people.walk", "City", "health")
    ]
    assert (health["3 km/h"], health["5 km/h"], health["5 min"]) == (0.6, 1.0, 0.3)
    cells = len(city.coverage_table())
    assert len(table) == cells


def test_curves_are_read_where_people_look(book: Workbook) -> None:
    (health,) = [
        row
        for row in rows(book["Curves"], "Definition")
        if (row["Definition"], row["Level"], row["Service"]) == ("plan", "Target's scope", "health")
    ]
    # The ninth of ten places is 16 minutes off; within 10 minutes there are 6, within 20 all.
    assert health["Minutes at target"] == 16
    assert (health["Within 10 minutes"], health["Within 20 minutes"]) == (0.6, 1.0)
    assert "Within 11 minutes" not in health


def test_presence_and_supply_are_there_place_by_place(book: Workbook) -> None:
    presence = rows(book["Presence"], next(iter(c.value for c in book["Presence"][1])))
    assert [row["Status"] for row in presence].count("Fail") == 5
    (ground,) = [
        row
        for row in rows(book["Supply"], "Definition")
        if (row["Level"], row["Service"]) == ("City", "ground")
    ]
    # 2.6 m² for each of 600 people, of which there are 100.
    assert ground["Shortfall"] == pytest.approx(1460)


def test_definitions_say_by_whose_word_they_hold(book: Workbook) -> None:
    table = {row["Key"]: row for row in rows(book["Definitions"], "Key")}
    plan, opened = table["plan"], table["open"]
    assert (plan["Name"], plan["Steps"], plan["Target's scope"]) == (
        "As planned",
        "avoided",
        "urban, town",
    )
    assert (plan["Standard"], plan["Status of the standard"]) == ("Urban plan", "second-hand")
    assert (plan["Source"], plan["Status of the number"]) == ("沪府发", "second-hand")
    assert opened["Mode"] == "walk or cycle"


def test_standards_show_limits_tiers_and_metres(book: Workbook) -> None:
    plan = {row["Key"]: row for row in rows(book["Standard 2"], "Key")}
    assert (plan["health"]["Limit, minutes"], plan["health"]["Tier"]) == (10, "ten")
    assert plan["health"]["Source"] == "a transcription"
    (culture,) = rows(book["Standard 3"], "Key")
    assert (culture["Limit, metres"], culture["Target"]) == (800, None)
    assert "Limit, metres" not in rows(book["Standard"], "Key")[0]
    assert "As planned" in book["Standard 2"]["A1"].value


def test_a_standard_applied_alike_has_one_sheet_and_a_changed_one_its_own(tmp_path: Path) -> None:
    plan = city.DEFINITIONS[1]
    definitions = tuple(dataclasses.replace(plan, key=key) for key in ("plan", "same", "strict"))
    standards = {
        "plan": city.PLAN,
        "same": dataclasses.replace(city.PLAN),
        "strict": dataclasses.replace(city.PLAN, target=0.99),
    }
    table = city.coverage_table()
    own = table[table["definition"] == "plan"]
    table = pd.concat([own.assign(definition=each.key) for each in definitions])
    run = Provenance(city.project(), city.PLAN, definitions, (), (), {}, standards)
    write_workbook(tmp_path / "a.xlsx", table, run)
    names = openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames
    assert [name for name in names if name.startswith("Standard")] == ["Standard", "Standard 2"]


def test_several_definitions_make_the_same_bytes_again(tmp_path: Path) -> None:
    written(tmp_path / "a.xlsx")
    written(tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
