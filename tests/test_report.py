"""The page as text: numbers are the coverage table's, both languages are whole, names are data."""

import dataclasses
import html
import re
import string
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from lifecircle.definitions import Definition
from lifecircle.findings import Source
from lifecircle.report import report_html, write_report
from lifecircle.report.cells import sheet
from lifecircle.report.data import _words, script_json
from lifecircle.report.summary import short_sentence, total_gap, verdict_sentence
from lifecircle.report.words import page_words
from tests.report_city import grid_zones, made_up_content, made_up_coverage, made_up_standard

PERSONS = Definition("population.network", demand="population", unit="persons")
RADIUS = Definition("population.radius", demand="population", unit="persons", metric="radius")
LAND = Definition("land.network", demand="land", unit="m²", note_zh="土地面积", note_en="Land only")


class Page(HTMLParser):
    """Elements and visible text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def matrix_cells(page: str) -> list[str]:
    """The inner text of each matrix cell, in the order of the page."""
    tables = re.findall(r'<table class="matrix".*?</table>', page, re.DOTALL)
    cells = [cell for table in tables for cell in re.findall(r"<td[^>]*>(.*?)</td>", table)]
    return [re.sub(r"<[^>]+>", "", cell) for cell in cells]


@pytest.fixture(scope="module")
def content():
    return made_up_content(grid_zones(3, parents=2), definitions=(PERSONS, RADIUS, LAND))


@pytest.fixture(scope="module")
def page(content):
    return report_html(content)


def test_every_rate_of_the_main_definition_stands_in_the_matrix(content, page):
    keys = [*content.standard.keys, "all"]
    table = content.coverage[content.coverage["definition"] == PERSONS.key]
    by_row = {key: rows.set_index("service") for key, rows in table.groupby(["level", "zone"])}
    city, outside = by_row.pop(("city", "")), by_row.pop(("outside", "(outside)"))
    rows = [city]
    for parent in ("片区0", "片区1"):
        members = table[(table["parent"] == parent) & (table["level"] == "zone")]["zone"].unique()
        rows += [by_row[("parent", parent)], *(by_row[("zone", zone)] for zone in members)]
    expected = [row.loc[key] for row in [*rows, outside] for key in keys]
    shown = matrix_cells(page)
    assert len(shown) == len(expected) == 13 * 9
    for text, row in zip(shown, expected, strict=True):
        if row["status"] in ("pass", "fail"):
            assert text[0] == ("✓" if row["status"] == "pass" else "✗")
            assert float(text[1:]) == np.floor(row["rate"] * 1000 + 1e-9) / 10
        else:
            assert text == {"no data": "无数据no data", "no demand": "–"}[row["status"]]


def test_no_number_is_shown_that_is_none(page):
    text = Page(page).text
    assert not re.search(r"\b(nan|NaN|inf|Infinity|None|undefined)\b", text)
    assert not re.search(r"(?<![\d.])-0(?![\d-])", text)


def test_people_short_is_the_sum_of_failing_cells(content):
    one = sheet(content.coverage, PERSONS, content.standard, list(content.zones.index))
    table = content.coverage.query(
        "definition == 'population.network' and level == 'zone' and status == 'fail'"
        " and service != 'all'"
    )
    assert total_gap(one) == pytest.approx(table["gap"].sum(), rel=1e-12)
    assert f"{int(np.ceil(table['gap'].sum())):,}" in short_sentence(one).zh


def small_sheet(rates: dict[str, float | None], status: dict[str, str] | None = None):
    """One zone of 1,000 people with these rates; None is no data."""
    standard = made_up_standard()
    services = tuple(s for s in standard.services if s.key in rates)
    standard = dataclasses.replace(standard, services=services, all=())
    table = made_up_coverage(grid_zones(1), standard, PERSONS)
    table = table[table["service"] != "all"].assign(demand=1000.0)
    rate = table["service"].map(rates).astype(float)
    table = table.assign(rate=rate, covered=rate * 1000, gap=(850 - rate * 1000).clip(lower=0))
    judged = np.where(rate.isna(), "no data", np.where(rate >= 0.85, "pass", "fail"))
    table["status"] = judged
    return sheet(table, PERSONS, standard, ["310000"]), standard


def test_the_verdict_names_the_worst_first():
    one, _ = small_sheet({"health": 0.70, "culture": 0.8496, "sports": 0.9, "elderly": None})
    said = verdict_sentence(one)
    plain = {language: said.plain(language) for language in ("zh", "en")}
    assert plain["zh"] == (
        "4 类服务：2 类未达标（✗ 卫生 70.0\u202f%、文化 84.9\u202f%）；"
        "1 类达标（✓ 体育 90.0\u202f%）；1 类无数据（– 养老）。"
    )
    assert plain["en"] == (
        "Of 4 services, 2 fail (✗ Health 70.0\u202f%, Culture 84.9\u202f%); "
        "1 pass (✓ Sports 90.0\u202f%); 1 without data (– Elderly care)."
    )
    # 1,000 people: 150 short for health, 0.4 for culture.
    assert total_gap(one) == pytest.approx(150.4)
    assert "151 more people" in short_sentence(one).en


def test_the_definition_stands_in_full_beside_the_numbers(page):
    text = Page(page).text
    assert re.search(
        r"口径：人口.*沿路网步行 4 km/h.*时限 15 分钟.*目标 85\u202f%.*OSM 十五分钟", text
    )
    assert "straight line, walking at 4 km/h" in text
    assert "（未核实）" in text
    assert "data of 2020-11-01" in text


def test_missing_data_are_never_called_absence(page):
    text = Page(page).text
    assert "数据（包括 OpenStreetMap）中没有，不等于现实中没有" in text
    assert "is not absence on the ground" in text


def test_the_share_that_the_edge_leaves_open_stands_beside_the_rates(content, page):
    row = content.coverage.query(
        "definition == 'population.network' and level == 'city' and service == 'sports'"
    ).iloc[0]
    share = np.floor(row["rim_exposed"] / (row["demand"] - row["covered"]) * 1000 + 1e-9) / 10
    assert f"Sports</bdi> {share:.1f}\u202f%" in page


def test_units_follow_the_definition(page):
    line = re.search(r'<p class="line" data-definition="land.network">(.*?)</p>', page)[1]
    assert "（m²）" in line
    notes = re.search(r'<ul class="note" data-definition="land.network"[^>]*>(.*?)</ul>', page)[1]
    assert "土地面积" in notes


def test_findings_inputs_and_versions_are_listed(content, page):
    text = Page(page).text
    assert "population.csv" in text
    assert "rows 3, 5" in text
    assert "cd" * 32 in text
    assert "5,000 / 4,998" in text
    assert "© OpenStreetMap contributors, ODbL" in text
    assert "0.1.0" in text


def test_a_city_without_findings_or_network_has_a_page(content):
    bare = dataclasses.replace(content, findings=(), sources=(), provenance={}, attribution=())
    text = Page(report_html(bare)).text
    assert "未发现问题。" in text
    assert "ODbL" not in text


# Both languages -------------------------------------------------------------------------------


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("key", sorted(page_words()))
def test_words_say_the_same_in_both_languages(key):
    entry = page_words()[key]
    assert set(entry) == {"zh", "en"}
    assert all(text.strip() and not set(text) & set("<&") for text in entry.values())
    assert placeholders(entry["zh"]) == placeholders(entry["en"])


COMPOSED = re.compile(
    "(?:v|l|at|by|demand|js_order|js_next|js_previous|metric|mode|norm|p|per|provenance|severity|short|status|type|unit"
    "|verdict)_|figure_all|(?:h_)?(?:convergence|sensitivity|supply|tiers)(?:_|$)"
)


def test_every_word_is_used():
    report = files("lifecircle") / "report"
    parts = [*report.iterdir(), *(report / "page").iterdir()]
    source = " ".join(
        path.read_text("utf-8") for path in parts if path.name.endswith((".html", ".py", ".js"))
    )
    used = set(re.findall(r"""["'](\w+)["']""", source))
    assert {key for key in page_words() if key not in used and not COMPOSED.match(key)} == set()


def test_languages_come_in_pairs(page):
    spans = [
        found["lang"] for tag, found in Page(page).elements if tag == "span" and "lang" in found
    ]
    assert spans == ["zh", "en"] * (len(spans) // 2)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_first_language_is_the_projects(language):
    page = Page(report_html(made_up_content(grid_zones(1), language=language)))
    assert dict(page.elements)["html"]["lang"] == language


# What the page may do -------------------------------------------------------------------------

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "`${alert(1)}`",
    '" onmouseover="alert(1)',
    "<svg onload=alert(1)>",
    "\u202egnp.exe",
    "line\u2028separator",
    "长" * 80,
    "{{ 7*7 }}{% raw %}",
    "'; DROP TABLE zones; --",
]


@pytest.fixture(scope="module")
def hostile_page():
    zones = grid_zones(3, HOSTILE)
    content = made_up_content(zones, name="</title><script>alert(1)</script>")
    named = dataclasses.replace(
        content.standard.services[0], name_zh="<b>卫</b>", name_en="<i onclick=alert(1)>"
    )
    source = Source("population", "<img src=http://a.b/>.csv", "", "<u>", 1, 1)
    return report_html(
        dataclasses.replace(
            content,
            standard=dataclasses.replace(
                content.standard, services=(named, *content.standard.services[1:])
            ),
            sources=(source,),
            provenance={"<s>": "<s>"},
        )
    )


def test_names_are_data(hostile_page):
    tags = {tag for tag, _ in Page(hostile_page).elements}
    assert not tags & {"img", "iframe", "object", "b><i", "u", "s"}
    attributes = {name for _, found in Page(hostile_page).elements for name in found}
    assert not {name for name in attributes if name.startswith("on")}
    assert "style" not in attributes
    # The data, Leaflet, and our own.
    assert sum(tag == "script" for tag, _ in Page(hostile_page).elements) == 3


def test_names_are_kept_as_they_are(hostile_page):
    text = Page(hostile_page).text
    for name in HOSTILE:
        assert name in text


def test_names_cannot_turn_the_text_around_them(hostile_page):
    for before in re.findall(r"(.{5})\u202egnp", re.sub(r"<script.*?</script>", "", hostile_page)):
        assert before.endswith(("<bdi>", "\u2068"))


def test_nothing_points_outside(page, hostile_page):
    for text in (page, hostile_page):
        for _, found in Page(text).elements:
            for name in ("src", "href", "action", "data"):
                assert (found.get(name) or "#").startswith(("#", "data:"))
        style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
        assert "url(" not in style
        assert "@import" not in style


def test_data_cannot_end_their_script_element():
    text = str(script_json({"a": "</script>&\u2028<!--"}))
    assert not set(text) & set("<>&\u2028")


def test_a_source_name_that_is_no_text_does_not_stop_the_page(tmp_path, content):
    broken = dataclasses.replace(content, sources=(Source("x", "caf\udce9.csv"),))
    write_report(tmp_path / "报告.html", broken)
    assert "caf?.csv" in (tmp_path / "报告.html").read_text("utf-8")


def test_the_same_content_gives_the_same_bytes(content, page):
    assert report_html(content) == page


def test_a_large_city_fits_into_one_page():
    zones = grid_zones(15, parents=16)
    content = made_up_content(zones, definitions=(PERSONS, RADIUS))
    page = report_html(content)
    assert len(page.encode()) < 1_500_000
    assert len(matrix_cells(page)) == 9 * (225 + 16 + 2)


def test_scripts_find_every_word_they_say():
    scripts = (files("lifecircle") / "report" / "page").iterdir()
    said = {
        code
        for path in scripts
        if path.name.endswith(".js")
        for code in re.findall(r"""\bsay\("(\w+)\"""", path.read_text("utf-8"))
    }
    assert len(said) > 30
    assert said <= set(_words()["zh"])


# Corners of the domain ------------------------------------------------------------------------


def test_uncertain_cells_are_a_verdict_of_their_own():
    content = made_up_content(grid_zones(2))
    table = content.coverage.assign(
        certainty=np.where(content.coverage["service"] == "health", "undecided", "clear"),
        rate_low=0.7,
        rate_high=0.9,
    )
    page = report_html(dataclasses.replace(content, coverage=table))
    assert re.search(r"1 undecided \(\? <bdi>Health</bdi>", page)
    assert "not certain" in Page(page).text


def test_zones_out_of_scope_are_not_judged():
    content = made_up_content(grid_zones(2))
    table = content.coverage.copy()
    out = table["zone"] == table["zone"].iloc[0]
    table["status"] = table["status"].mask(out, "not in scope")
    page = report_html(dataclasses.replace(content, coverage=table))
    assert "不适用目标" in page
    assert 'class="not_in_scope"' in page
    assert re.search(r"<dd>\d / 3</dd>", page)


def test_area_types_have_their_rows():
    content = made_up_content(grid_zones(2))
    city = content.coverage[content.coverage["level"] == "city"]
    rows = city.assign(level="area_type", zone="urban", name="urban")
    table = pd.concat([content.coverage, rows], ignore_index=True)
    page = report_html(dataclasses.replace(content, coverage=table))
    assert "区域类型：城区" in page
    assert '<tr class="area_type">' in page


def test_nobody_anywhere_is_no_error():
    content = made_up_content(grid_zones(1))
    sums = ["demand", "covered", "unsnapped", "rim_exposed", "cut_off", "gap"]
    table = content.coverage.assign(**dict.fromkeys(sums, 0.0), rate=np.nan, status="no demand")
    text = html.unescape(Page(report_html(dataclasses.replace(content, coverage=table))).text)
    assert "8 not judged" in text
    assert "Every zone that is judged passes" in text
