"""The workbook of several definitions: sheets of each standard, what stands beside, undecided."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.workbook import Workbook

from lifecircle.outputs.workbook import write_workbook
from lifecircle.report import ReportContent
from tests import report_definitions as city
from tests.test_workbook import rows

PEOPLE = "population · streets"
"""What the workbook calls the first definition."""


def written(path: Path, content: ReportContent) -> Workbook:
    write_workbook(path, content)
    return openpyxl.load_workbook(path, data_only=True)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    return written(tmp_path_factory.mktemp("book") / "coverage.xlsx", city.content())


def one(table: list[dict[str, object]], **wanted: object) -> dict[str, object]:
    """The only row with these values."""
    (found,) = [row for row in table if wanted.items() <= row.items()]
    return found


def test_every_definition_has_its_matrix_and_every_table_its_sheet(book: Workbook) -> None:
    rates = [name for name in book.sheetnames if name.startswith("Rates ")]
    assert len(rates) == 3
    assert [name for name in book.sheetnames if name not in rates] == [
        "Summary", "Gaps", "Zones", "Undecided", "Definitions", "Speed and limit", "Tiers",
        "Curves", "Presence", "Supply", "Convergence", "Method", "Standard", "Standard 2",
        "Standard 3", "Findings", "Inputs", "All rows",
    ]  # fmt: skip


def test_chinese_titles(tmp_path: Path) -> None:
    content = dataclasses.replace(city.content(), project=city.project("zh"))
    book = written(tmp_path / "w.xlsx", content)
    sides = {"待定项", "速度与时限", "层级完整度", "全覆盖", "供给与配置", "用地收敛"}
    assert sides <= set(book.sheetnames)
    assert {"3 公里/时", "5 分钟"} <= set(rows(book["速度与时限"], "口径")[0])
    assert "规划口径" in book["标准 2"]["A1"].value


def test_the_scope_has_its_row_and_the_city_its_own(book: Workbook) -> None:
    sheet = book["Rates As planned"]
    head = next(row[0] for row in sheet.iter_rows(values_only=True) if "Level" in row)
    table = [row for row in rows(sheet, head) if row["Level"] != "Zone"]
    # In scope everybody reaches the ground, of the whole city 480 of 600.
    assert one(table, Level="Target's scope")["Sports ground"] == 1
    assert one(table, Level="City")["Sports ground"] == 0.8
    assert one(table, Level="City")["Demand (people)"] == 600


def test_undecided_cells_are_listed_with_what_they_hang_on(book: Workbook) -> None:
    (case,) = rows(book["Undecided"], "Definition")
    assert (case["Definition"], case["Service"], case["Status"]) == (PEOPLE, "Culture", "Fail")
    assert (case["Coverage rate"], case["Undecided by"]) == (0.6, "the edge of the data")
    assert (case["Rate, low"], case["Rate, high"]) == (pytest.approx(0.55), 1.0)


def test_other_choices_stand_beside_each_other(book: Workbook) -> None:
    # Health of all: at 3 km/h 6 of 10 places, at 5 km/h all; within 5 minutes 3 of 10.
    table = rows(book["Speed and limit"], "Definition")
    health = one(table, Definition=PEOPLE, Level="City", Service="Health")
    assert (health["3 km/h"], health["5 km/h"], health["5 min"]) == (0.6, 1.0, 0.3)
    # Zones of the first definition, what all roll up to; the sheet says where the others are.
    cells = city.coverage_table()
    kept = (cells["definition"] == "people.walk") | (cells["level"] != "zone")
    assert len(table) == kept.sum()
    assert "sensitivity.csv has all" in str(book["Speed and limit"]["A1"].value)


def test_curves_are_read_where_people_look(book: Workbook) -> None:
    table = rows(book["Curves"], "Definition")
    health = one(table, Definition="As planned", Level="Target's scope", Service="Health care")
    # The ninth of ten places is 16 minutes off; within 10 minutes there are 6, within 20 all.
    assert health["Minutes at target"] == 16
    assert (health["Within 10 minutes"], health["Within 20 minutes"]) == (0.6, 1.0)
    assert "Within 11 minutes" not in health


def test_tiers_count_what_people_reach(book: Workbook) -> None:
    table = [row for row in rows(book["Tiers"], "Definition") if not row["Tier"]]
    # In the first zone 8 of 10 reach health and all culture: 1.8 of the 2 services with data.
    first = one(table, Definition=PEOPLE, Zone="310000")
    assert first["Services reached, mean"] == pytest.approx(1.8)
    assert (first["Reaching none"], first["Reaching all"]) == (0, pytest.approx(0.8))


def test_presence_and_supply_are_there_place_by_place(book: Workbook) -> None:
    presence = rows(book["Presence"], "Standard")
    assert [row["Status"] for row in presence].count("Fail") == 5
    ground = one(rows(book["Supply"], "Definition"), Level="City", Service="Sports ground")
    # 2.6 m² for each of 600 people, of which there are 100.
    assert ground["Shortfall"] == pytest.approx(1460)


def test_definitions_stand_side_by_side_with_what_they_are(book: Workbook) -> None:
    lines = {row[0]: row[1:] for row in book["Definitions"].iter_rows(values_only=True) if row[0]}
    assert lines["Key"] == ("people.walk", "plan", "open")
    assert lines["Definition"][1] == "As planned"
    assert "without steps" in lines["Mode and speed"][1]
    assert "walking at 4 km/h or cycling at 12 km/h" in lines["Mode and speed"][2]
    assert (lines["Limits"][2], lines["Target"][2]) == ("limit 800 m", "none set")
    texts = " ".join(str(cell) for line in lines.values() for cell in line)
    assert "沪府发 (second-hand)" in texts
    # 480 of 600 reach health on foot; as planned, within 10 minutes, 240 of the 400 in scope.
    assert lines["Health"] == (0.8, 0.6, "–")
    # 560 of 600 within 15 minutes, 550 within 12; rounded down.
    assert lines["Culture"] == (0.933, "–", 0.916)


def test_standards_show_limits_tiers_and_metres(book: Workbook) -> None:
    plan = {row["Key"]: row for row in rows(book["Standard 2"], "Key")}
    assert (plan["health"]["Limit, minutes"], plan["health"]["Tier"]) == (10, "ten")
    assert plan["health"]["Source"] == "a transcription"
    (culture,) = rows(book["Standard 3"], "Key")
    assert (culture["Limit, metres"], culture["Target"]) == (800, None)
    first = rows(book["Standard"], "Key")[0]
    assert "Limit, metres" not in first
    assert (first["Source"], first["Status of the number"]) == ("clause 1", "official document")
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
    content = dataclasses.replace(
        city.content(),
        standard=city.PLAN,
        definitions=definitions,
        standards=standards,
        coverage=pd.concat([own.assign(definition=each.key) for each in definitions]),
        tables={},
    )
    names = written(tmp_path / "a.xlsx", content).sheetnames
    assert [name for name in names if name.startswith("Standard")] == ["Standard", "Standard 2"]


def test_several_definitions_make_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        written(tmp_path / name, city.content())
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
