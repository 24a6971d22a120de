"""A report of several definitions: scopes, other standards, what is undecided, further tables."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest

import lifecircle as lc
from lifecircle.analysis import Analysis
from lifecircle.pipeline import analyse
from tests.chromium import open_page
from tests.messy import EAST, WEST, City

# The small city of `messy`: on foot 160 of 160 persons in the west reach a clinic within 15 minutes
# and 40 of 240 in the east; by bicycle everybody does.
DEFINITIONS = """
[[definitions]]
key = "everybody"
demand = "people"

[[definitions]]
key = "urban"
demand = "people"
scope = ["urban"]
name_zh = "只看主城区"
name_en = "Urban only"
source = "a council's minute"
status = "secondary"

[[definitions]]
key = "active"
demand = "people"
mode = "walk|cycle"

[[definitions]]
key = "no_target"
demand = "people"
standard = "own.toml"

[standard.supply.health]
people_per_facility = 100

[standard.presence.health]
"""
OWN = """
name_en = "Without a target"
[services.health]
minutes = 10
name_en = "Clinics"
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    city = City(tmp_path_factory.mktemp("city"))
    city.layer(
        "街镇.geojson", [WEST, EAST], 编码=["010101", "010102"], 名称=["老城", "新城"],
        类型=["主城区", "乡村"],
    )  # fmt: skip
    city.set('name = "名称"\n\n[[demand]]', 'name = "名称"\narea_type = "类型"\n\n[[demand]]')
    city.set('all = ["health"]\n', f'all = ["health"]\n{DEFINITIONS}')
    city.path("own.toml").write_text(OWN, encoding="utf-8")
    return analyse(city.project)


@pytest.fixture(scope="module")
def path(run: Analysis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lc.write(run, tmp_path_factory.mktemp("out"))["report.html"]


@pytest.fixture(scope="module")
def html(path: Path) -> str:
    return path.read_text("utf-8")


def section(html: str, key: str) -> str:
    """A section's text in English, without tags."""
    body = html.partition(f'<section id="{key}">')[2].partition("</section>")[0]
    english = re.sub(r'<span lang="zh">.*?</span>', "", body, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", english))


def test_definitions_stand_side_by_side_with_what_they_are(html):
    text = section(html, "sec-def")
    for words in ("Urban only", "walking at 4 km/h or cycling at 12 km/h", "none set",
                  "a council's minute".replace("'", "&#39;"), "Without a target"):  # fmt: skip
        assert words in text
    # In scope the west alone: all of it.
    assert re.search(r"Health .*50\.0.*100\.0.*100\.0", text)
    # Both zones are judged by the first definition, one by the second: the same verdict.
    assert "0 of 1" in text


def test_a_source_stands_with_its_status_in_report_and_workbook(html, path):
    assert "a council&#39;s minute (second-hand)" in section(html, "sec-def")
    assert "definition by a council&#39;s minute (second-hand)" in html
    assert "口径依据：a council&#39;s minute（二手转述）" in html
    sheet = openpyxl.load_workbook(path.with_name("coverage.xlsx"))["Definitions"]
    texts = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    # The others name no source, of which nothing can be said.
    assert sum("second-hand" in text for text in texts) == 1
    assert any("a council's minute" in text for text in texts)


def test_what_is_undecided_says_by_what(run, html):
    unsure = run.coverage[run.coverage["certainty"] == "undecided"]
    assert len(unsure)
    text = section(html, "sec-und")
    assert "do not call them pass or fail" in text
    # The street's end cuts both ways off.
    assert "the edge of the data" in text


def test_tables_beside_coverage_are_shown(html):
    # One service with data: half of all reach it, everybody in the west, a sixth in the east.
    assert re.search(
        r"Whole area 0\.5 of 1 50\.0.*老城 1\.0 of 1.*新城 0\.1", section(html, "sec-tiers")
    )
    assert "4.5 km/h" in section(html, "sec-sensitivity")
    # 400 persons, one clinic for 100 of them: 4 where there are 2.
    assert re.search(r"400.* 4 .*\(one for 100 people\)", section(html, "sec-supply"))
    assert "2 / 2" in section(html, "sec-presence")
    # The rural east beside the urban west: 16.6 and 100 %, 83.3 points.
    assert "−83.3" in section(html, "sec-rural")
    assert "incomplete list of facilities" in section(html, "sec-meth")


def test_every_rate_of_the_page_is_of_the_table(run, html):
    rate = run.coverage.query("definition == 'active' and level == 'city' and service == 'health'")
    assert rate["rate"].item() == 1.0


@pytest.mark.browser
def test_each_definition_shows_its_own_headline_and_services(browser, path):
    opened = open_page(browser, path)
    page = opened.page
    page.evaluate(
        "document.documentElement.lang === 'zh' && document.querySelector('#language').click()"
    )

    def choose(key: str) -> str:
        page.select_option("#definition", key)
        return page.inner_text("#panel")

    assert "Whole area" in choose("everybody") and "50.0" in page.inner_text("#panel")
    assert "Target's scope" in choose("urban") and "100.0" in page.inner_text("#panel")
    assert "1 of 2 zones" in page.inner_text("#sec-sum")
    shown = choose("no_target")
    assert "no target" in shown and "The standard sets no target." in shown
    assert "Clinics" in page.inner_text("#sec-sum")
    assert "by walking or cycling" in choose("active")
    # Tables of the other definitions are out of sight, the comparison stays.
    assert page.locator("#sec-tiers .part:visible").count() == 1
    assert page.locator("#sec-def .part:visible").count() == 1
    assert opened.messages == []
    assert len(opened.requests) == 1
    page.context.close()
