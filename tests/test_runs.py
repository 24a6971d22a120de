"""A whole run: its files, read back, and the same bytes for the same input."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import lifecircle as lc
from lifecircle.analysis import Analysis
from lifecircle.errors import InputError
from lifecircle.runs import open_run, write
from tests.conftest import MONACO

FILES = {
    "report.html", "coverage.csv", "coverage.xlsx", "layers.gpkg", "travel_time.parquet",
    "findings.csv", "run.json", "datapackage.json",
    "curves.csv", "tiers.csv", "sensitivity.csv", "supply.csv",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(monaco: Analysis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "输出 out"
    files = write(monaco, out)
    assert set(files) == FILES
    return out


def test_the_folder_holds_the_contracts_files(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES


def test_opening_gives_the_same_analysis(monaco: Analysis, folder: Path) -> None:
    opened = open_run(folder)
    pd.testing.assert_frame_equal(opened.coverage, monaco.coverage)
    pd.testing.assert_frame_equal(opened.travel_time.minutes, monaco.travel_time.minutes)
    pd.testing.assert_frame_equal(opened.travel_time.facility, monaco.travel_time.facility)
    pd.testing.assert_frame_equal(opened.travel_time.cut_off, monaco.travel_time.cut_off)
    pd.testing.assert_series_equal(
        opened.travel_time.rim, monaco.travel_time.rim, check_names=False
    )
    assert opened.definitions == monaco.definitions
    assert opened.standard == monaco.standard
    assert opened.project == monaco.project
    assert [f.message.text("zh") for f in opened.findings] == [
        f.message.text("zh") for f in monaco.findings
    ]
    assert opened.zones.index.equals(monaco.zones.index)
    assert opened.zones.geometry.geom_equals(monaco.zones.geometry).all()


def test_rates_recomputed_from_the_files_are_the_runs(monaco: Analysis, folder: Path) -> None:
    opened = open_run(folder, streets=False)
    again = lc.coverage(
        opened.travel_time, opened.demand, opened.zones, opened.standard, opened.definition
    )
    # How sure a rate is comes from the layers too, which a table of minutes does not hold.
    unsure = ["rate_low", "rate_high", "certainty", "undecided_by"]
    pd.testing.assert_frame_equal(again.drop(columns=unsure), monaco.coverage.drop(columns=unsure))


def test_an_opened_run_explains_the_same_minutes(monaco: Analysis, folder: Path) -> None:
    opened = open_run(folder)
    for position in (0, 200, 400):
        place = opened.demand["id"][position]
        found = lc.explain(opened.network, opened.demand, opened.facilities, place, "culture")
        expected = monaco.travel_time.minutes.loc[position, "culture"]
        assert found.minutes == pytest.approx(expected, abs=1e-6)


def test_an_opened_run_walks_the_same_minutes(monaco: Analysis, folder: Path) -> None:
    opened = open_run(folder)
    again = lc.travel_time(opened.network, opened.demand, opened.facilities)
    pd.testing.assert_frame_equal(again.minutes, monaco.travel_time.minutes, rtol=0, atol=1e-9)


def test_the_same_input_gives_the_same_table(
    monaco: Analysis, folder: Path, tmp_path: Path
) -> None:
    write(lc.analyse(MONACO / "project.toml"), str(tmp_path))
    assert (tmp_path / "coverage.csv").read_bytes() == (folder / "coverage.csv").read_bytes()


def test_a_changed_file_is_not_trusted(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    with (copy / "coverage.csv").open("ab") as file:
        file.write(b"city,0.99\n")
    with pytest.raises(InputError, match=r"coverage\.csv"):
        open_run(copy)


def test_run_json_answers_for_inputs_and_outputs(folder: Path) -> None:
    run = json.loads((folder / "run.json").read_text("utf-8"))
    assert run["schema"] == "lifecircle.run/1"
    assert set(run["outputs"]) == FILES - {"run.json"}
    sources = {source["source"]: source for source in run["inputs"]}
    assert len(sources["monaco.osm.pbf"]["sha256"]) == 64
    assert sources["wards.geojson"]["rows_used"] == 9
    assert str(MONACO.parent) not in json.dumps(run)


def test_layers_hold_rates_streets_and_isochrones(monaco: Analysis, folder: Path) -> None:
    layers = folder / "layers.gpkg"
    zones = gpd.read_file(layers, layer="zones")
    assert len(zones) == 9
    streets = gpd.read_file(layers, layer="streets")
    drawn = streets.to_crs(monaco.network.crs).length.sum()
    assert drawn == pytest.approx(np.hypot(
        monaco.network.x[monaco.network.u] - monaco.network.x[monaco.network.v],
        monaco.network.y[monaco.network.u] - monaco.network.y[monaco.network.v],
    ).sum(), rel=1e-9)  # fmt: skip
    areas = gpd.read_file(layers, layer="isochrones")
    assert set(areas["service"]) == set(monaco.travel_time.minutes.columns)
    assert areas.geometry.is_valid.all()


def test_added_facilities_change_the_rate_and_are_named(monaco: Analysis) -> None:
    place = monaco.demand.geometry.iloc[0]
    more = lc.analyse(MONACO / "project.toml", added=[("elderly", place.x, place.y)])
    elderly = more.coverage[(more.coverage["service"] == "elderly")]
    city = elderly[elderly["level"] == "city"].iloc[0]
    assert city["status"] == "fail"
    assert city["covered"] > 0
    assert set(more.travel_time.facility["elderly"]) <= {"", "added:1"}


def test_radius_and_speed_definitions_run_beside_each_other(tmp_path: Path) -> None:
    text = (MONACO / "project.toml").read_text("utf-8")
    text = text.replace('source = "', f'source = "{MONACO.as_posix()}/').replace(
        f'"{MONACO.as_posix()}/osm', '"osm'
    )
    text += """
[[definitions]]
key = "plain"
demand = "floor_area"
[[definitions]]
key = "slow"
demand = "floor_area"
speed_kmh = 3.0
[[definitions]]
key = "circle"
demand = "floor_area"
metric = "radius"
"""
    project = tmp_path / "project.toml"
    project.write_text(text, "utf-8")
    run = lc.analyse(project)
    rates = run.coverage.set_index(["definition", "level", "zone", "service"])["covered"].dropna()
    plain, slow, circle = (rates[key] for key in ("plain", "slow", "circle"))
    assert (slow <= plain + 1e-6).all()
    assert (plain <= circle + 1e-6).all()
    assert slow.sum() < plain.sum() < circle.sum()
    write(run, tmp_path / "out")
    pd.testing.assert_frame_equal(open_run(tmp_path / "out").coverage, run.coverage)


def test_an_opened_run_of_cyclists_has_no_streets_to_walk(tmp_path: Path) -> None:
    project = MONACO / "project.toml"
    run = lc.analyse(project, overrides=["network.mode=cycle", "network.search_minutes=30"])
    write(run, tmp_path / "out")
    opened = open_run(tmp_path / "out")
    assert opened.network is None
    pd.testing.assert_frame_equal(opened.travel_time.minutes, run.travel_time.minutes)
