"""Central Shanghai: the example in `data/shanghai`, on its real layers."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import lifecircle as lc
from lifecircle.analysis import Analysis
from lifecircle.osm.streets import read_osm_streets
from lifecircle.verdicts import amount, percent, shortfall
from tests.oracle import minutes_by_networkx
from tests.test_datum import scalar_gcj02

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "data" / "shanghai"
DATA = os.environ.get("LIFECIRCLE_TEST_DATA", "")
LISTS = ["metro_mit", "metro_osm"]

pytestmark = pytest.mark.shanghai


@pytest.fixture(scope="module")
def layers() -> Path:
    """The folder of the layers; they are no part of the project."""
    folder = Path(DATA) / "shanghai"
    if not DATA or not folder.is_dir():
        pytest.skip("LIFECIRCLE_TEST_DATA names no folder that holds shanghai/")
    return folder


def fetch(project: Path, source: Path) -> subprocess.CompletedProcess[str]:
    """`scripts/shanghai.py --from source` in a copy of the project."""
    shutil.copytree(EXAMPLE, project / "data" / "shanghai", ignore=lambda *_: ["layers"])
    (project / "scripts").mkdir()
    script = shutil.copy(ROOT / "scripts" / "shanghai.py", project / "scripts")
    return subprocess.run(
        [sys.executable, script, "--from", source],
        check=False, capture_output=True, encoding="utf-8",
    )  # fmt: skip


@pytest.fixture(scope="module")
def example(layers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's folder, filled as its README says."""
    project = tmp_path_factory.mktemp("project")
    fetched = fetch(project, layers)
    assert fetched.returncode == 0, fetched.stderr
    return project / "data" / "shanghai"


@pytest.fixture(scope="module")
def huangpu(example: Path) -> Analysis:
    """The whole run."""
    return lc.analyse(example / "huangpu.toml")


def rates(analysis: Analysis, definition: str = "people") -> pd.DataFrame:
    """Street × service."""
    table = analysis.coverage
    table = table[(table["definition"] == definition) & (table["level"] == "zone")]
    return table.pivot_table(values="rate", index="name", columns="service")


def at_city(analysis: Analysis, definition: str) -> pd.DataFrame:
    """The city's rows by service."""
    table = analysis.coverage
    table = table[(table["definition"] == definition) & (table["level"] == "city")]
    return table.set_index("service")


def test_the_script_names_what_is_missing_and_copies_nothing(tmp_path: Path) -> None:
    (source := tmp_path / "some").mkdir()
    (source / "facilities_metro_226_osm.geojson").touch()
    refused = fetch(tmp_path / "project", source)
    assert refused.returncode == 2
    assert re.search(r"some lacks:\n(  \S+\n)*  streets_osm_admin8_113\.geojson\n", refused.stderr)
    assert "metro_226" not in refused.stderr
    assert not (tmp_path / "project" / "data" / "shanghai" / "layers").exists()


def test_huangpu_is_its_ten_streets(huangpu: Analysis) -> None:
    assert len(huangpu.zones) == 10
    assert huangpu.zones.index.str.fullmatch(r"310101\d{6}").all()
    assert huangpu.zones.loc["310101013000", "name"] == "外滩街道"
    assert set(huangpu.zones["parent"]) == {"黄浦区"}
    [zones] = [source for source in huangpu.sources if source.layer == "zones"]
    assert (zones.rows_in, zones.rows_used) == (113, 10)


@pytest.mark.parametrize(
    ("definition", "persons"),
    [("people", 662_030), ("aged_60", 176_100), ("aged_80", 29_100)],
)
def test_people_add_up_to_the_census(huangpu: Analysis, definition: str, persons: int) -> None:
    assert at_city(huangpu, definition).loc["metro_mit", "demand"] == pytest.approx(persons, 1e-12)
    table = huangpu.coverage[huangpu.coverage["definition"] == definition]
    sums = table.groupby(["level", "service"])["demand"].sum()
    assert sums[["zone", "parent"]].to_numpy() == pytest.approx(persons, 1e-12)
    assert (sums["outside"] == 0).all()


def test_people_are_spread_evenly_over_the_streets_areas(huangpu: Analysis) -> None:
    people = huangpu.demand.groupby("zone")["weight"].sum()
    area = huangpu.zones.to_crs(huangpu.network.crs).area
    density = (people / area) / (people.sum() / area.sum())
    # A street of 1.2 km² holds some 480 cells; its rim cuts through about 90 of them.
    assert density.between(0.98, 1.02).all()


@pytest.mark.parametrize("service", LISTS)
def test_every_minute_agrees_with_networkx(huangpu: Analysis, service: str) -> None:
    assert len(huangpu.demand) > 8000
    truth = minutes_by_networkx(
        huangpu.network, huangpu.demand, huangpu.facilities,
        service=service, search_minutes=huangpu.travel_time.search_minutes,
    )  # fmt: skip
    minutes = huangpu.travel_time.minutes[service]
    np.testing.assert_allclose(minutes, truth, rtol=0, atol=1e-9)
    assert np.isfinite(truth).sum() > 7500


def test_rates_are_what_the_minutes_say(huangpu: Analysis) -> None:
    demand, minutes = huangpu.demand, huangpu.travel_time.minutes
    name = demand["zone"].map(huangpu.zones["name"])
    table = rates(huangpu)
    for service in LISTS:
        near = demand["weight"].where(minutes[service] <= 15 + 1e-6, 0.0)
        expected = near.groupby(name).sum() / demand["weight"].groupby(name).sum()
        assert table[service].to_dict() == pytest.approx(expected.to_dict(), rel=1e-12)


def test_all_never_exceeds_either_list_and_zones_sum_to_the_city(huangpu: Analysis) -> None:
    table = huangpu.coverage
    for _, rows in table.groupby("definition"):
        covered = rows.pivot_table(values="covered", index=["level", "zone"], columns="service")
        assert (covered["all"] <= covered[LISTS].min(axis="columns")).all()
        city = covered.loc["city"].iloc[0]
        assert covered.loc["zone"].sum().to_dict() == pytest.approx(city.to_dict(), rel=1e-9)


def test_the_two_lists_differ_where_one_lacks_stations(huangpu: Analysis) -> None:
    difference = rates(huangpu)["metro_mit"] - rates(huangpu)["metro_osm"]
    assert set(difference.index[difference > 0.10]) == {"半淞园路街道", "小东门街道", "五里桥街道"}
    assert difference["淮海中路街道"] == 0
    assert difference["豫园街道"] < 0, "its station stands 140 m apart in the two lists"

    near = huangpu.facilities.geometry.within(huangpu.zones.union_all())
    names = huangpu.facilities[near].groupby("service")["name"].agg(set)
    assert names["metro_mit"] - names["metro_osm"] == {"人民广场", "西藏南路", "南浦大桥", "鲁班路"}
    assert names["metro_osm"] < names["metro_mit"]


def test_three_stations_explain_the_difference(huangpu: Analysis, example: Path) -> None:
    mit = huangpu.facilities[huangpu.facilities["service"] == "metro_mit"].set_index("name")
    missing = mit.loc[["西藏南路", "南浦大桥", "鲁班路"]].geometry
    added = [("metro_osm", point.x, point.y) for point in missing]
    lifted = rates(lc.analyse(example / "huangpu.toml", added=added))
    assert (lifted["metro_mit"] - lifted["metro_osm"]).abs().max() < 0.035


def test_an_extract_without_footways_is_said_to_be_one(huangpu: Analysis, layers: Path) -> None:
    [found] = [found for found in huangpu.findings if found.code == "osm.no_footways"]
    assert found.severity == "warning"
    assert "步行可达性被低估" in found.message.text("zh")
    whole = read_osm_streets(layers / "tongji_full_2026.osm.pbf")
    assert "osm.no_footways" not in {found.code for found in whole.findings}


def test_nobody_walks_less_than_the_straight_line(huangpu: Analysis) -> None:
    walked = huangpu.travel_times["people"].minutes
    straight = huangpu.travel_times["people.radius_1000m"].minutes
    on_streets = huangpu.travel_times["people"].access_m.notna()
    assert (walked[on_streets] >= straight[on_streets] - 1e-9).all(axis=None)
    assert (rates(huangpu, "people.radius_1000m") >= rates(huangpu)).all(axis=None)
    # Fifteen minutes at 3.2 km/h are 800 m.
    by_radius = rates(huangpu, "people.radius_800m")
    within = huangpu.demand["weight"].where(straight["metro_osm"] * 4000 / 60 <= 800 + 1e-6, 0.0)
    name = huangpu.demand["zone"].map(huangpu.zones["name"])
    expected = within.groupby(name).sum() / huangpu.demand["weight"].groupby(name).sum()
    assert by_radius["metro_osm"].to_dict() == pytest.approx(expected.to_dict(), rel=1e-12)


@pytest.mark.slow
def test_the_command_writes_the_same_run(huangpu: Analysis, example: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lifecircle", "run", example / "huangpu.toml", "--json"]
    ran = subprocess.run(
        [*command, "--out", tmp_path / "out"],
        check=False, capture_output=True, encoding="utf-8", env=os.environ | {"PYTHONUTF8": "1"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)
    opened = lc.open_run(tmp_path / "out", streets=False)
    pd.testing.assert_frame_equal(opened.coverage, huangpu.coverage, check_dtype=False, rtol=1e-12)
    pd.testing.assert_frame_equal(opened.travel_time.minutes, huangpu.travel_time.minutes)
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "步行可达性被低估" in page
    assert "半淞园路街道" in page


def test_a_chinese_table_in_gcj02_gives_the_same_minutes(
    huangpu: Analysis, example: Path, tmp_path: Path
) -> None:
    """The MIT list as a Chinese office would send it: a CSV in GB18030 with GCJ-02 coordinates."""
    source = example / "layers" / "facilities_metro_408_mit.geojson"
    stations = gpd.read_file(source)
    project = Path(shutil.copytree(example, tmp_path / "example"))
    with (project / "轨道站点.csv").open("w", encoding="gb18030", newline="") as file:
        table = csv.writer(file)
        table.writerow(["站名", "线路", "经度", "纬度"])
        for station in stations.itertuples():
            shifted = scalar_gcj02(station.geometry.x, station.geometry.y)
            table.writerow([station.name_zh, station.lines, *shifted])
    text = (project / "huangpu.toml").read_text("utf-8")
    wgs84 = (
        'source = "layers/facilities_metro_408_mit.geojson"\n'
        'service = "metro_mit"\ntitle = "name_zh"'
    )
    assert wgs84 in text
    gcj02 = (
        'source = "轨道站点.csv"\nx = "经度"\ny = "纬度"\ncrs = "GCJ-02"\n'
        'service = "metro_mit"\ntitle = "站名"'
    )
    (project / "huangpu.toml").write_text(text.replace(wgs84, gcj02), "utf-8")
    ours = lc.analyse(project / "huangpu.toml")
    np.testing.assert_allclose(
        ours.travel_time.minutes, huangpu.travel_time.minutes, rtol=0, atol=1e-6
    )
    names = [set(run.facilities["name"]) for run in (ours, huangpu)]
    assert names[0] == names[1]


def test_the_readme_shows_this_runs_table(huangpu: Analysis) -> None:
    text = (EXAMPLE / "README.md").read_text("utf-8").replace("*", "")
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    shown = {cells[0]: cells[1:] for cells in lines if cells}
    table = huangpu.coverage[huangpu.coverage["level"].isin(["zone", "city"])]
    table = table.assign(name=table["name"].where(table["level"] == "zone", "黄浦区"))
    cells = table.set_index(["name", "definition", "service"]).sort_index()
    for street in table["name"].unique():
        people = cells.loc[(street, "people")]
        missed = [
            cells.loc[(street, definition, service)]
            for definition in ("people", "aged_60", "aged_80")
            for service in LISTS
        ]
        assert shown[street] == [
            *(percent(people.loc[service, "rate"]) for service in (*LISTS, "all")),
            amount(people.loc["all", "demand"]),
            *(shortfall(row["demand"] - row["covered"]) for row in missed),
        ]


def test_every_input_has_its_date(huangpu: Analysis) -> None:
    dates = {source.layer: source.date for source in huangpu.sources}
    assert dates["population"] == dates["population.total"] == "2020-11-01"
    assert all(dates.values())
