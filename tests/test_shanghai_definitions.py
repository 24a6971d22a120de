"""Huangpu under six definitions: the figures of `docs/definitions.md`."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

import lifecircle as lc
from lifecircle.analysis import Analysis
from lifecircle.verdicts import percent
from tests.conftest import ROOT
from tests.pages import DEFINITIONS as PAGE
from tests.pages import choices, city, curves, denominators, flips, largest_changes, zone

pytestmark = [pytest.mark.shanghai, pytest.mark.slow]

EXAMPLE = ROOT / "data" / "shanghai"
DATA = Path(os.environ.get("LIFECIRCLE_TEST_DATA", "")) / "shanghai"
LISTS = {"MIT (408)": "metro_mit", "OSM (226)": "metro_osm"}
LINES = PAGE.splitlines()


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's folder, with the layers beside the project files."""
    if not DATA.is_absolute() or not DATA.is_dir():
        pytest.skip("LIFECIRCLE_TEST_DATA names no folder that holds shanghai/")
    folder = tmp_path_factory.mktemp("shanghai")
    (folder / "layers").mkdir()
    for path in EXAMPLE.glob("*.toml"):
        shutil.copyfile(path, folder / path.name)
        for name in set(re.findall(r'"layers/([^"]+)"', path.read_text("utf-8"))):
            shutil.copyfile(DATA / name, folder / "layers" / name)
    return folder


@pytest.fixture(scope="module")
def huangpu(example: Path) -> Analysis:
    """The run of six definitions."""
    return lc.analyse(example / "definitions.toml")


def rates(run: Analysis, level: str, service: str = "metro_mit", name: str = "") -> pd.DataFrame:
    """The rows of one place, by definition."""
    table = run.coverage[(run.coverage["level"] == level) & (run.coverage["name"] == name)]
    return table[table["service"] == service].set_index("definition")


def test_the_table_of_the_page_is_what_the_run_gives(huangpu):
    lines = [city(huangpu, head, service) for head, service in LISTS.items()]
    lines.append(city(huangpu, "两者 both", "all"))
    lines.append(denominators(huangpu, "分母 denominator", "metro_mit"))
    lines += [zone(huangpu, name, "metro_mit") for name in huangpu.zones["name"]]
    assert len(lines) == 14
    assert [line for line in lines if line not in LINES] == []
    lists = huangpu.facilities.groupby("service")["facility"].nunique()
    assert lists.to_dict() == {"metro_mit": 408, "metro_osm": 226}


def test_verdicts_turn_as_the_page_says(huangpu):
    assert flips(huangpu, "与 1 判定不同的街道×名单 street verdicts other than 1's") in LINES
    assert largest_changes(huangpu, "街道最大变化，点 largest change of a street, points") in LINES


def test_curve_and_choices_are_the_run_s(huangpu):
    lines = curves(huangpu, "小东门街道", "metro_mit", [10, 12, 15, 18, 20, 25])
    lines.append(choices(huangpu, "黄浦 Huangpu: MIT", "metro_mit"))
    lines.append(choices(huangpu, "黄浦 Huangpu: OSM", "metro_osm"))
    assert len(lines) == 8
    assert [line for line in lines if line not in LINES] == []


def test_sixty_metres_a_minute_and_a_thousand_in_fifteen_decide(huangpu):
    table = rates(huangpu, "city").loc[["walk", "walk_60m"]]
    assert table["status"].tolist() == ["pass", "fail"]
    assert set(table["certainty"]) == {"undecided"}


def test_what_the_page_tells_of_huangpu_is_so(huangpu):
    walk = rates(huangpu, "city").loc["walk"]
    assert f"{percent(walk['rate_low'])}–{percent(walk['rate_high'])} %" in PAGE
    assert walk["undecided_by"] == "access"
    other = rates(huangpu, "city", "metro_osm").loc["walk"]
    assert round(100 * (walk["rate"] - other["rate"])) == 12
    street = {key: rates(huangpu, "zone", key, "半淞园路街道").loc["walk", "rate"]
              for key in LISTS.values()}  # fmt: skip
    assert round(100 * (street["metro_mit"] - street["metro_osm"])) == 47
    east = rates(huangpu, "zone", name="小东门街道")
    assert east.loc["radius", "status"] == "fail"
    assert east.loc["radius", "rate"] >= east.loc["walk", "rate_high"] - 1e-12
    # What is missing at the end of its curve is not on the streets.
    assert 1 - east.loc["walk", "unsnapped"] / east.loc["walk", "demand"] == pytest.approx(
        east.loc["active", "rate"], abs=1e-3
    )


def test_area_is_people_where_people_were_spread_over_it(huangpu):
    # By hand: each cell holds people ÷ area of the whole district, whatever its street.
    people, area = rates(huangpu, "city").loc[["walk", "land"], "rate"]
    assert people == pytest.approx(area, abs=2e-4)


def test_both_scopes_of_the_plan_hold_the_same_ten_streets(example):
    run = lc.analyse(example / "scopes.toml")
    for head, service in LISTS.items():
        assert city(run, head.partition(" ")[0], service) in LINES
        table = run.coverage[(run.coverage["service"] == service)]
        wide = table[table["level"] == "zone"].pivot_table(
            values="rate", index="zone", columns="definition"
        )
        assert (wide["town_walk"] == wide["urban_walk"]).all()
        assert (wide["town_active"] == wide["urban_active"]).all()
        assert "scope" not in set(table["level"])
        assert "not in scope" not in set(table.loc[table["level"] != "outside", "status"])


def test_speeds_of_the_published_table_are_met_within_a_point_or_two(huangpu):
    # Central Shanghai, metro, 15 min, uniform land, at 3.0 … 5.0 km/h; here one district of it.
    table = huangpu.tables["sensitivity.csv"].query("definition == 'land' and level == 'city'")
    table = table.query("service == 'metro_mit' and kind == 'speed_kmh'")
    assert table["rate"].tolist() == pytest.approx([0.641, 0.792, 0.858, 0.918, 0.954], abs=0.025)
