"""What the documentation says is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

import lifecircle as lc
from lifecircle.analysis import Analysis
from lifecircle.project.file import load_project
from lifecircle.project.tables import DefinitionTable
from lifecircle.project.toml_file import parsed_toml
from lifecircle.verdicts import percent
from tests.conftest import MONACO, ROOT
from tests.pages import DEFINITIONS as PAGE
from tests.pages import choices, city, curves, denominators, flips, largest_changes, zone

PROJECTS = [
    (page.name, text)
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for text in re.findall(r"```toml\n(schema = 1\n.*?)```", page.read_text("utf-8"), re.DOTALL)
]
"""Whole project files that the documentation shows."""
LINES = PAGE.splitlines()


@pytest.fixture(scope="module")
def monaco() -> Analysis:
    return lc.analyse(MONACO / "definitions.toml")


def test_monaco_s_table_is_what_the_run_gives(monaco):
    heads = {one.key: f"{one.name_zh} {one.key}" for one in monaco.standard.services}
    assert heads.pop("elderly") == "养老 elderly"
    lines = [city(monaco, head, service) for service, head in heads.items()]
    lines.append(city(monaco, "同时可达 all", "all"))
    lines.append(denominators(monaco, "分母 denominator", "health"))
    assert [line for line in lines if line not in LINES] == []
    elderly = monaco.coverage[monaco.coverage["service"] == "elderly"]
    assert set(elderly["status"]) == {"no data"}


def test_monaco_s_verdicts_turn_as_the_page_says(monaco):
    assert flips(monaco, "与 1 判定不同的分区×服务 ward verdicts other than 1's") in LINES
    assert largest_changes(monaco, "分区最大变化，点 largest change of a ward, points") in LINES
    missing = [zone(monaco, name, "culture") for name in monaco.zones["name"]]
    assert [line for line in missing if line not in LINES] == []


def test_monaco_s_curve_and_choices_are_the_run_s(monaco):
    lines = curves(monaco, "Monaco-Ville", "health", [10, 12, 15, 18, 20, 25])
    assert len(lines) == 5
    for service in ("health", "culture", "childcare"):
        name = monaco.standard.service(service).name_zh
        lines.append(choices(monaco, f"摩纳哥 Monaco: {name} {service}", service))
    assert [line for line in lines if line not in LINES] == []


def test_what_the_page_tells_of_monaco_is_so(monaco):
    table = monaco.coverage.set_index(["definition", "level", "name", "service"])
    culture = table.loc[("walk", "city", "", "culture")]
    margin = f"{percent(culture['rate_low'])}–{percent(culture['rate_high'])} %"
    assert PAGE.count(margin) == 2
    rousse = table.loc[("walk", "zone", "La Rousse", "culture")]
    assert rousse["rim_exposed"] == rousse["demand"]
    land = table.xs(("land", "zone", "culture"), level=("definition", "level", "service"))["demand"]
    assert (land > 0).sum() == 6
    assert 80.6e4 <= land.sum() < 80.7e4
    assert land["Monte-Carlo"] / land.sum() == pytest.approx(0.6, abs=0.01)
    places = monaco.facilities[monaco.facilities["service"] == "childcare"]
    wards = gpd.sjoin(places[["facility", "geometry"]], monaco.zones[["name", "geometry"]])
    assert wards["facility"].nunique() == places["facility"].nunique() == 2
    assert set(wards["name"]) == {"Fontvieille", "Monaco-Ville"}
    assert set(land.index[land == 0]) == {"Fontvieille", "Monaco-Ville", "Les Monegetti"}


def test_the_definition_shows_itself_as_the_page_says(monaco):
    (printed,) = re.findall(r"```text\n(.*?)\n```", PAGE, re.DOTALL)
    assert monaco.definition._repr_markdown_() == printed


def test_the_page_s_keys_are_the_keys_of_a_definition():
    section = PAGE.partition("## 口径里可以写什么")[2]
    keys = {
        key
        for line in section.splitlines()
        if line.startswith("| `")
        for key in re.findall(r"`([a-z_]+)`", line.split("|")[1])
    }
    assert keys == set(DefinitionTable.model_fields) - {"key"}


def sample_layers(folder: Path) -> None:
    """Layers with the columns that the documentation's projects name: the sample's, relabelled.

    The area types, districts and people are made up.
    """
    wards = gpd.read_file(MONACO / "wards.geojson")
    wards["code"] = wards["osm_relation"]
    wards["district"] = "某区"
    wards["类型"] = ["主城区", "嘉定新城", "乡村"] * 3
    wards.to_file(folder / "streets.geojson")
    inside = wards.representative_point()
    people = zip(inside.x, inside.y, range(1000, 10_000, 1000), strict=True)
    rows = [f"{lon},{lat},{count},{count / 4}" for lon, lat, count in people]
    head = "lon,lat,population,60岁及以上"
    (folder / "population.csv").write_text("\n".join([head, *rows]), "utf-8")
    (folder / "health.csv").write_text("lng,lat\n7.4187,43.7327\n", "utf-8")
    kinds = ["社区卫生服务中心", "综合为老服务中心", "社区文化活动中心", "社区健身苑点"]
    listed = [f"7.4187,43.7327,{kind}" for kind in kinds]
    (folder / "facilities.csv").write_text("\n".join(["lng,lat,type", *listed]), "utf-8")
    (folder / "roads.osm.pbf").write_bytes((MONACO / "monaco.osm.pbf").read_bytes())


@pytest.mark.parametrize(("page", "text"), PROJECTS, ids=[page for page, _ in PROJECTS])
def test_a_project_of_the_documentation_loads_as_it_stands(page, text, tmp_path):
    assert parsed_toml(text)["project"]["name"], page
    sample_layers(tmp_path)
    (tmp_path / "project.toml").write_text(text, "utf-8")
    loaded = load_project(tmp_path / "project.toml")
    assert loaded.standard.key == "shanghai-14fyp"
    assert loaded.findings == ()


def test_both_scopes_and_both_modes_come_from_one_run(tmp_path):
    (text,) = [text for page, text in PROJECTS if page == "definitions.md"]
    sample_layers(tmp_path)
    (tmp_path / "project.toml").write_text(text, "utf-8")
    # GCJ-02 is for China; the sample stands in Monaco.
    run = lc.analyse(tmp_path / "project.toml", overrides=["facilities.list.crs=EPSG:4326"])
    assert [one.key for one in run.definitions] == [
        "town_walk", "urban_walk", "town_active", "urban_active",
    ]  # fmt: skip
    kinds = run.zones["area_type"].to_dict()
    assert sorted(set(kinds.values())) == ["主城区", "乡村", "嘉定新城"]
    health = run.coverage[run.coverage["service"] == "health"]
    for key, counted in (("town", {"主城区", "嘉定新城"}), ("urban", {"主城区"})):
        for mode in ("walk", "active"):
            table = health[health["definition"] == f"{key}_{mode}"]
            zones = table[table["level"] == "zone"]
            within = zones["zone"].map(kinds).isin(counted)
            assert set(zones.loc[~within, "status"]) == {"not in scope"}
            assert set(zones.loc[within, "status"]) <= {"pass", "fail"}
            (scope,) = table.loc[table["level"] == "scope", "rate"]
            assert scope == pytest.approx(
                zones.loc[within, "covered"].sum() / zones.loc[within, "demand"].sum()
            )
    wide = health[health["level"] == "zone"].pivot_table(
        values="rate", index="zone", columns="definition"
    )
    assert (wide["town_active"] >= wide["town_walk"]).all()
    assert (wide["town_active"] > wide["town_walk"]).any()
    assert np.array_equal(wide["town_walk"], wide["urban_walk"])
