"""The atlas: its pages, and what can be searched in them."""

from __future__ import annotations

import dataclasses
import math
import re
import shutil
import subprocess

import pytest

from lifecircle.definitions import Definition
from lifecircle.printed.atlas import atlas_pages, write_atlas
from lifecircle.printed.page import PAPERS, own_settings
from lifecircle.printed.service_map import service_page

from .printed_pages import artists, make, texts
from .report_city import grid_zones, made_up_content
from .test_printed_maps import HOSTILE


def atlas(content, **options):
    """The pages of an atlas, and what they were made from."""
    made = make(content, **options)
    with own_settings():
        maps = [service_page(made.plate, made.edition, made.one, key) for key in made.one.services]
        return atlas_pages(made.plate, made.edition, made.one, maps), made


def text_of(path, page=None):
    """The text of a PDF, line by line as it stands."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext")
    pages = ["-f", str(page), "-l", str(page)] if page else []
    done = subprocess.run(
        ["pdftotext", "-layout", *pages, str(path), "-"], capture_output=True, check=True
    )
    return done.stdout.decode("utf-8")


@pytest.fixture(scope="module")
def city():
    return made_up_content(grid_zones(8, parents=3))


@pytest.fixture(scope="module")
def written(city, tmp_path_factory):
    path = tmp_path_factory.mktemp("atlas") / "atlas.pdf"
    pages, made = atlas(city)
    with own_settings():
        write_atlas(path, pages, made.edition)
    return path, pages


def test_an_atlas_has_a_page_for_every_service_and_is_numbered(written):
    path, pages = written
    titles = [texts(page, "title") for page in pages]
    services = ["卫生", "养老", "文化", "体育", "教育", "托育", "日常购物", "公园绿地", "同时可达"]
    assert [title[0] for title in titles if title and title[0] in services] == services
    assert texts(pages[0], "page-number") == [f"1 / {len(pages)}"]
    if shutil.which("pdfinfo"):
        told = subprocess.run(["pdfinfo", str(path)], capture_output=True, check=True).stdout
        assert re.search(rb"Pages:\s+(\d+)", told)[1] == str(len(pages)).encode()


def test_chinese_in_an_atlas_can_be_searched_and_its_fonts_are_inside(written):
    path, _pages = written
    cover = text_of(path, 1)
    assert "示例区" in cover
    assert "口径：人口（人）" in cover
    assert "低于目标" in cover
    assert "第12街道" in text_of(path)
    if shutil.which("pdffonts"):
        told = subprocess.run(["pdffonts", str(path)], capture_output=True, check=True)
        fonts = told.stdout.decode().splitlines()[2:]
        assert fonts
        assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in fonts)
        assert told.stderr == b""


def test_the_cover_shows_every_service_as_the_table_of_coverage_does(written, city):
    path, _ = written
    cover = text_of(path, 1)
    rows = city.coverage[city.coverage["level"] == "city"].set_index("service")
    for key, name in (("health", "卫生"), ("shopping", "日常购物"), ("all", "同时可达")):
        lines = (line for line in cover.splitlines() if " / 64" in line)
        line = next(line for line in lines if line.strip().startswith(name))
        rate = math.floor(rows.loc[key, "rate"] * 1000 + 1e-9) / 10
        zones = city.coverage[(city.coverage["level"] == "zone")
                              & (city.coverage["service"] == key)]  # fmt: skip
        failing = zones["status"] == "fail"
        assert f"{rate:.1f}" in line
        assert f"{failing.sum()} / 64" in line
        assert f"{math.ceil(zones.loc[failing, 'gap'].sum()):,}" in line


def test_the_matrix_holds_every_zone_with_every_rate(written, city):
    _, pages = written
    matrix = [page for page in pages if texts(page, "title") == ["街镇 × 服务：谁达标，谁不达标"]]
    said = [text for page in matrix for text in texts(page)]
    zones = city.coverage[
        (city.coverage["level"] == "zone") & (city.coverage["service"] != "elderly")
    ]
    for name in city.zones["name"]:
        assert said.count(name) == len(matrix) / (len(matrix) // 2 or 1) or name in said
    shown = [text for text in said if re.fullmatch(r"[✓✗] \d+\.\d", text)]
    levels = city.coverage[city.coverage["level"].isin(["zone", "city", "parent", "outside"])]
    judged = levels[(levels["service"] != "elderly") & (levels["demand"] > 0)]
    assert len(shown) == len(judged)
    assert len(zones) == 64 * 8


def test_tables_end_above_the_foot_of_the_page():
    pages, _made = atlas(made_up_content(grid_zones(15)))
    for page in pages:
        foot = page.paper.margin + 6.5 * page.paper.grow
        inside = [text for text in page.axes.texts if text.get_position()[1] < foot]
        assert {text.get_text().split(" ")[0] for text in inside} <= {
            "©", "lifecircle", *(text.get_text().split(" ")[0] for text in artists(page, "page"))
        }  # fmt: skip
        for text in page.axes.texts:
            assert page.paper.margin - 0.1 <= text.get_position()[0] <= page.paper.width


def test_a3_is_larger_and_holds_the_same(city):
    pages, _ = atlas(city, paper=PAPERS["a3"])
    assert sorted(pages[0].figure.get_size_inches() * 25.4) == pytest.approx([297, 420])
    assert texts(pages[3]) != []


def test_an_atlas_of_names_that_mean_harm(tmp_path):
    content = made_up_content(grid_zones(3, HOSTILE), name="\u202e$x$\n<b>")
    content = dataclasses.replace(
        content,
        sources=tuple(dataclasses.replace(s, source="a" * 300 + "\x00$") for s in content.sources),
    )
    pages, made = atlas(content)
    with own_settings():
        write_atlas(tmp_path / "a.pdf", pages, made.edition)
    for page in pages:
        with own_settings():
            page.figure.set_dpi(72)
            renderer = page.figure.canvas.get_renderer()
            wide = page.figure.bbox.width
            for text in page.axes.texts:
                assert text.get_window_extent(renderer).x1 <= wide + 1


def test_an_atlas_in_english_of_another_definition():
    other = Definition("older.network", demand="population", unit="persons", group="aged_60")
    content = made_up_content(grid_zones(2), language="en", definitions=(other,))
    pages, _ = atlas(content, language="en")
    assert any("Definition: population, group" in text for text in texts(pages[0]))
    assert texts(pages[1], "title") == ["One map per service"]
