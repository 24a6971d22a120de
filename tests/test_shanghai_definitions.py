"""Huangpu under six definitions: the figures of `docs/definitions.md`."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

import lifecircle as lc
from lifecircle.analysis import Analysis
from tests.conftest import ROOT
from tests.test_docs import rows, shown

pytestmark = [pytest.mark.shanghai, pytest.mark.slow]

EXAMPLE = ROOT / "data" / "shanghai"
DATA = Path(os.environ.get("LIFECIRCLE_TEST_DATA", "")) / "shanghai"


@pytest.fixture(scope="module")
def huangpu(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """The whole run, with the layers beside the project file."""
    if not DATA.is_absolute() or not DATA.is_dir():
        pytest.skip("LIFECIRCLE_TEST_DATA names no folder that holds shanghai/")
    folder = tmp_path_factory.mktemp("shanghai")
    (folder / "layers").mkdir()
    for name in ("definitions.toml", "metro_lists.toml"):
        shutil.copyfile(EXAMPLE / name, folder / name)
    written = (folder / "definitions.toml").read_text("utf-8")
    for name in set(re.findall(r'"layers/([^"]+)"', written)):
        shutil.copyfile(DATA / name, folder / "layers" / name)
    return lc.analyse(folder / "definitions.toml")


def test_the_table_of_the_page_is_what_the_run_gives(huangpu):
    table = rows("上海市黄浦区")
    keys = [definition.key for definition in huangpu.definitions]
    for head, service in (("MIT", "metro_mit"), ("OSM", "metro_osm"), ("both", "all")):
        assert table[head] == [shown(huangpu, key, service) for key in keys]


def test_sixty_metres_a_minute_and_a_thousand_in_fifteen_decide(huangpu):
    rates = huangpu.coverage.query("level == 'city' and service == 'metro_mit'")
    status = rates.set_index("definition")["status"]
    assert (status["walk"], status["walk_60m"]) == ("pass", "fail")
    assert set(rates.set_index("definition").loc[["walk", "walk_60m"], "certainty"]) == {
        "undecided"
    }


def test_speeds_of_the_published_table_are_met_within_a_point_or_two(huangpu):
    # Central Shanghai, metro, 15 min, uniform land, at 3.0 … 5.0 km/h; here one district of it.
    table = huangpu.tables["sensitivity.csv"].query("definition == 'land' and level == 'city'")
    table = table.query("service == 'metro_mit' and kind == 'speed_kmh'")
    assert table["rate"].tolist() == pytest.approx([0.641, 0.792, 0.858, 0.918, 0.954], abs=0.025)
