"""The documentation site: its pages say all there is to say, and its own checks find faults."""

from __future__ import annotations

import html
import importlib.util
import re
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import nbformat
import pytest
import shapely

import lifecircle as lc
from lifecircle.errors import InputError
from lifecircle.maps.isochrones import isochrone_map
from tests.chromium import CHROMIUM, chromium, open_page
from tests.conftest import ROOT


def load(path: str) -> ModuleType:
    """A script as a module."""
    where = ROOT / path
    spec = importlib.util.spec_from_file_location(where.stem, where)
    module = importlib.util.module_from_spec(spec)
    sys.modules[where.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    return load("scripts/_reference.py")


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    pytest.importorskip("playwright.sync_api")
    return load("scripts/_site_pages.py")


# What the pages say ----------------------------------------------------------------------------


def test_every_public_name_stands_on_the_api_page_once():
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    assert sorted(re.findall(r"^   ([A-Za-z_]\w*)$", page, re.MULTILINE)) == sorted(lc.__all__)


def test_every_key_of_a_project_file_has_a_meaning_in_both_languages(reference):
    missing = [
        f"{heading} {key}"
        for heading, table in reference.project_tables()
        for key, field in table.model_fields.items()
        if not reference._subtables(field.annotation)
        if not all(reference.meaning(heading, key, table))
    ]
    assert missing == []


def test_no_meaning_is_of_a_key_that_is_gone(reference):
    known = tomllib.loads((ROOT / "docs" / "project_keys.toml").read_text("utf-8"))
    tables = {heading.strip("[]"): table for heading, table in reference.project_tables()}
    assert set(known) - {"any"} <= set(tables)
    gone = [
        f"{name}.{key}"
        for name, keys in known.items()
        if name != "any"
        for key in keys
        if key not in tables[name].model_fields
    ]
    assert gone == []
    everywhere = {key for table in tables.values() for key in table.model_fields}
    assert set(known["any"]) <= everywhere


def test_the_project_page_shows_values_and_defaults(reference):
    page = reference.project_file()
    assert "## `[[facilities]]`" in page
    assert "| `ways` | `walk` / `walk_cn` | `walk` |" in page
    assert "| `max_snap_m` | number | `200` |" in page
    assert "| `empty` | true or false | `false` |" in page
    assert re.search(r"\| `source` \| text \| \*\*required\*\* \| OSM extract", page)


def test_every_command_shows_its_help(reference):
    page = reference.command_line()
    for name in ("demo", "init", "check", "run", "standards"):
        assert f"## `lifecircle {name}`" in page
        assert f"Usage: lifecircle {name}" in page
    assert "--fail-under RATE" in page
    assert "\x1b" not in page


def test_every_column_shows_its_unit_and_meaning(reference):
    page = reference.output_files()
    columns = tomllib.loads((ROOT / "lifecircle" / "outputs" / "columns.toml").read_text("utf-8"))
    for file, described in columns.items():
        section = page.partition(f"## {file.replace(':', ', layer ')}\n")[2].partition("\n## ")[0]
        for name, one in described.items():
            (line,) = [each for each in section.splitlines() if each.startswith(f"| `{name}` |")]
            assert one["en"] in line
            assert one["zh"] in line
    assert "| `gap` | number | unit of the demand | Demand still to cover" in page


def test_a_bar_does_not_end_a_cell(reference):
    assert reference._table(("a",), [("`walk|cycle`",)]).endswith(r"| `walk\|cycle` |")


def test_every_standard_is_printed_in_full(reference):
    page = reference.standards()
    assert "## shanghai-14fyp" in page
    assert "沪府发〔2021〕5号" in page.partition("## shanghai-14fyp")[2]


def test_what_comes_back_gets_its_type():
    pytest.importorskip("sphinx")
    conf = load("docs/conf.py")
    lines = ["Share.", "", "Returns", "-------", "        One row per zone.", ""]
    conf.with_return_type(None, "function", "coverage", lc.coverage, None, lines)
    assert lines[4:6] == ["pd.DataFrame", "        One row per zone."]
    before = list(lines)
    conf.with_return_type(None, "function", "coverage", lc.coverage, None, lines)
    assert lines == before


# What its checks find --------------------------------------------------------------------------

PAGE = '<!doctype html><title>x</title><body id="top">{}</body>'


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<script src="https://cdn.example.org/a.js"></script>', "fetches https://cdn"),
        ('<img src="//example.org/a.png">', "fetches //example"),
        ('<link rel="stylesheet" href="http://example.org/a.css">', "fetches http://example"),
        ("<style>@import 'https://example.org/a.css'</style>", "a style fetches"),
        ('<p style="background: url(https://example.org/a.png)">', "a style fetches"),
        ('<a href="gone.html">', "leads to gone.html, which is not there"),
        ('<a href="other.html#gone">', "leads to other.html#gone, a place that is not there"),
        ('<a href="#gone">', "leads to #gone, a place that is not there"),
        ('<iframe src="maps/gone.html"></iframe>', "leads to maps/gone.html, which is not there"),
    ],
)
def test_faults_of_a_page_are_found(tmp_path, pages, body, fault):
    (tmp_path / "index.html").write_text(PAGE.format(body), "utf-8")
    (tmp_path / "other.html").write_text(PAGE.format(""), "utf-8")
    (found,) = pages.faults(tmp_path)
    assert found.startswith("index.html")
    assert fault in found


def test_links_to_elsewhere_are_no_fault(tmp_path, pages):
    body = (
        '<a href="https://example.org">x</a><a href="other.html#top">x</a><a href="#top">x</a>'
        '<img src="data:image/png;base64,AA=="><a href="mailto:a@example.org">x</a>'
    )
    (tmp_path / "index.html").write_text(PAGE.format(body), "utf-8")
    (tmp_path / "other.html").write_text(PAGE.format(""), "utf-8")
    assert pages.faults(tmp_path) == []


def test_a_style_sheet_may_not_fetch(tmp_path, pages):
    (tmp_path / "a.css").write_text("@font-face { src: url(https://example.org/a.woff2) }", "utf-8")
    assert pages.faults(tmp_path) == ["a.css fetches from elsewhere"]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<script>console.error('broken')</script>", "says broken"),
        ("<script>nothing.here</script>", "nothing is not defined"),
        ("<script>fetch('https://example.org/x').catch(() => 0)</script>", "asks for https://ex"),
    ],
)
def test_what_a_browser_sees_is_a_fault(tmp_path, pages, body, fault):
    (tmp_path / "index.html").write_text(PAGE.format(body), "utf-8")
    # In a thread of its own: this one may hold the browser of other tests.
    with ThreadPoolExecutor(1) as apart:
        found = apart.submit(pages.seen_faults, tmp_path).result()
    assert any(fault in each for each in found)


def test_only_an_earlier_site_is_removed(tmp_path, pages):
    assert pages.clear(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    assert pages.clear(tmp_path / "empty")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").touch()
    assert not pages.clear(tmp_path / "mine")
    assert (tmp_path / "mine" / "index.html").exists()
    (tmp_path / "mine" / "searchindex.js").touch()
    assert pages.clear(tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


# Notebooks as pages ----------------------------------------------------------------------------


def notebook(folder: Path, text: str) -> Path:
    cell = nbformat.v4.new_code_cell("picture")
    cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": text})]
    path = folder / "05_maps.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


def frames(tmp_path: Path, pages: ModuleType, text: str) -> str:
    (tmp_path / "maps").mkdir()
    (tmp_path / "notebooks").mkdir()
    copy = tmp_path / "notebooks" / "05_maps.ipynb"
    pages.with_offline_maps(notebook(tmp_path, text), copy, tmp_path / "maps")
    return nbformat.read(copy, as_version=4).cells[0].outputs[0]["data"]["text/html"]


@pytest.mark.browser
def test_a_notebook_s_map_becomes_a_page_that_needs_no_network(tmp_path, pages):
    areas = gpd.GeoDataFrame(
        {"minutes": [5.0]}, geometry=[shapely.Point(121, 31).buffer(0.01)], crs="EPSG:4326"
    )
    shown = frames(tmp_path, pages, isochrone_map(areas)._repr_html_())
    assert shown.startswith('<iframe src="../maps/05_maps-1.html"')
    with chromium() as browser:
        opened = open_page(browser, tmp_path / "maps" / "05_maps-1.html")
        opened.page.wait_for_selector("path.leaflet-interactive")
        assert opened.messages == []
        assert len(opened.requests) == 1


def test_a_notebook_s_other_outputs_stay_as_they_are(tmp_path, pages):
    table = "<table><tr><td>1</td></tr></table>"
    assert frames(tmp_path, pages, table) == table
    assert list((tmp_path / "maps").iterdir()) == []


def test_a_map_that_needs_the_network_is_refused(tmp_path, pages):
    page = '<script src="https://cdn.example.org/plugin.js"></script>'
    framed = f'<iframe srcdoc="{html.escape(page)}" width="10"></iframe>'
    with pytest.raises(InputError, match=r"parts from the network.*plugin\.js"):
        frames(tmp_path, pages, framed)
