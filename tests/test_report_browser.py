"""The page in a real browser: offline, quiet, both languages, every choice, every width."""

import re

import numpy as np
import pytest

from lifecircle.definitions import Definition
from lifecircle.report import write_report
from tests.chromium import chromium, open_page
from tests.report_city import grid_zones, made_up_content
from tests.test_report import HOSTILE

pytestmark = pytest.mark.browser

DEFINITIONS = (
    Definition("population.network", demand="population", unit="persons"),
    Definition("land.radius", demand="land", unit="m²", metric="radius"),
)
NO_NUMBER = re.compile(r"\b(NaN|undefined|null|Infinity|None)\b|(?<![\d.])-0(?![\d-])")
WEAK_TEXT = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((value) => {
    const share = value / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }).reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !node.checkVisibility()) continue;
    if (node.closest("svg, script, style")) continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(ground(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)} ${texts.currentNode.data}`);
  }
  return found;
}"""
"""Finds visible text whose contrast with what is behind it is under 4.5."""


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def content():
    return made_up_content(grid_zones(3, HOSTILE[:3], parents=2), definitions=DEFINITIONS)


@pytest.fixture(scope="module")
def path(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("报告 folder") / "report #1.html"
    write_report(path, content)
    return path


@pytest.fixture
def opened(browser, path):
    opened = open_page(browser, path)
    yield opened
    opened.page.context.close()


@pytest.fixture
def page(opened):
    return opened.page


def visible_text(page) -> str:
    return page.evaluate("document.body.innerText")


def table(content, definition, service):
    rows = content.coverage[
        (content.coverage["definition"] == definition) & (content.coverage["service"] == service)
    ]
    return rows.set_index(["level", "zone"])


def test_the_page_asks_for_nothing_and_says_nothing(opened, path):
    opened.page.click("#language")
    opened.page.select_option("#service", "green")
    opened.page.locator("#big .zones use").nth(4).click()
    opened.page.select_option("#definition", "land.radius")
    assert opened.requests == [path.as_uri()]
    assert opened.messages == []


def test_the_policy_lets_nothing_else_run(opened):
    page = opened.page
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "document.body.dataset.ran = 1";
          document.body.append(script);
          const image = document.createElement("img");
          image.src = "http://127.0.0.1:9/x.png";
          document.body.append(image);
        }"""
    )
    assert page.evaluate("document.body.dataset.ran") is None
    # Chromium notes the refused image as a request of its own that never leaves.
    assert len([text for text in opened.messages if "Content Security Policy" in text]) >= 2


def test_languages_change_places(page):
    assert page.evaluate("document.documentElement.lang") == "zh"
    assert page.locator("#result h2").first.inner_text().startswith("结论")
    assert "The result" not in visible_text(page)
    page.click("#language")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("#result h2").first.inner_text().startswith("The result")
    assert page.title().endswith("15-minute walking coverage")
    assert page.locator("#service option").all_inner_texts()[0] == "Health"
    names = "卫生|养老|文化|体育|达标|分钟|覆盖率"
    shown = visible_text(page).replace("中文", "").replace("60岁及以上", "")
    assert not re.search(names, shown)
    page.click("#language")
    assert page.locator("#result h2").first.inner_text().startswith("结论")


@pytest.mark.parametrize("definition", [definition.key for definition in DEFINITIONS])
def test_every_map_and_panel_shows_the_table(page, content, definition):
    page.select_option("#definition", definition)
    zones = list(content.zones.index)
    for service in ("health", "elderly", "all"):
        rows = table(content, definition, service)
        page.select_option("#service", service)
        for at, zone in enumerate(zones):
            row = rows.loc[("zone", zone)]
            page.locator("#big .zones use").nth(at).click(force=True)
            text = page.inner_text("#panel")
            colour = page.locator("#big .zones use").nth(at).get_attribute("class")
            mark = page.locator("#big .names .m").nth(at).text_content()
            if row["status"] not in ("pass", "fail"):
                assert colour == row["status"].replace(" ", "_")
                assert mark == "–"
                assert "÷" not in text
                continue
            exact = np.floor(row["rate"] * 10_000 + 1e-8) / 100
            shown = [f"{value:,.0f}" for value in (row["covered"], row["demand"])]
            assert f"{exact:.2f}\u202f% = {shown[0]} ÷ {shown[1]}" in text
            assert (mark, colour[:4]) == (
                ("✓", "pass") if row["status"] == "pass" else ("✗", "fail")
            )
            if row["status"] == "fail":
                assert f"再覆盖 {int(np.ceil(row['gap'])):,}" in text


def test_small_maps_follow_the_definition(page, content):
    page.select_option("#definition", "land.radius")
    row = table(content, "land.radius", "sports").loc[("city", "")]
    figure = page.locator('.small-maps figure[data-service="sports"]')
    assert figure.locator(".rate").inner_text() == f"{np.floor(row['rate'] * 1000) / 10}\u202f%"


def test_one_definition_is_shown_at_a_time(page):
    assert page.locator("section[data-definition]:visible").count() == 2
    assert "人口" in page.inner_text("#bar")
    page.select_option("#definition", "land.radius")
    assert "m²" in page.inner_text("#bar")
    assert "人口" not in page.inner_text("#bar .line:visible")


def test_a_matrix_cell_chooses_zone_and_service(page):
    row = page.locator("#matrix section:visible tr.zone").nth(2)
    row.locator("td").nth(3).click()
    assert page.input_value("#service") == "sports"
    assert "体育" in page.inner_text("#panel h3")
    assert page.locator("#big .outline use").count() == 1
    assert page.locator("#matrix td.on").count() == 1
    page.locator("#panel .link").click()
    assert page.inner_text("#panel h3").startswith("全区")
    assert page.locator("#big .outline use").count() == 0


def test_roll_ups_and_the_outside_have_panels(page, content):
    page.locator("#matrix section:visible tr.parent td").first.click()
    assert page.inner_text("#panel h3").startswith("片区0")
    page.locator("#matrix section:visible tr.outside td").first.click()
    assert page.inner_text("#panel h3").startswith("（街镇以外）")


def test_the_matrix_can_be_walked_by_keyboard(page):
    page.locator("#matrix section:visible td[tabindex='0']").focus()
    assert page.locator("td[tabindex='0']").count() == 1
    start = page.evaluate("document.activeElement.cellIndex")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.cellIndex") == 8 != start
    page.keyboard.press("Enter")
    assert page.input_value("#service") == "green"
    assert page.evaluate("document.activeElement.className").endswith(" on")
    page.keyboard.press("Escape")
    assert page.inner_text("#panel h3").startswith("全区")


def test_facilities_can_be_hidden(page):
    assert page.locator("#big .dots").is_visible()
    assert page.locator("#big .dots g:not(.off)").count() == 1
    page.uncheck("#show-facilities")
    assert not page.locator("#big .dots").is_visible()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_text_shows_a_missing_number(page, language):
    if language == "en":
        page.click("#language")
    for service in ("health", "elderly", "green", "all"):
        page.select_option("#service", service)
        for at in range(9):
            page.locator("#big .zones use").nth(at).click(force=True)
            assert not NO_NUMBER.search(page.inner_text("#panel"))
    assert not NO_NUMBER.search(visible_text(page))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_makes_the_page_scroll_sideways(page, language):
    if language == "en":
        page.click("#language")
    page.locator("#big .zones use").nth(1).click(force=True)
    widths = {}
    for width in (320, 390, 640, 900, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        widths[width] = page.evaluate("document.documentElement.scrollWidth")
    assert {width: wide for width, wide in widths.items() if wide > width} == {}


def test_without_scripts_everything_is_there(browser, path, content):
    opened = open_page(browser, path, scripts=False)
    page = opened.page
    assert page.locator("#matrix table:visible").count() == 2
    assert page.locator(".services:visible").count() == 2
    assert page.locator(".small-maps svg:visible").count() == 9
    assert page.locator("button:visible, select:visible").count() == page.locator(".link").count()
    assert "结论" in page.inner_text("#result")
    opened.page.context.close()


def test_hostile_names_are_shown_and_do_nothing(browser, tmp_path):
    path = tmp_path / "hostile.html"
    zones = grid_zones(3, HOSTILE)
    write_report(path, made_up_content(zones, name=HOSTILE[0]))
    opened = open_page(browser, path)
    page = opened.page
    for at, name in enumerate(HOSTILE):
        page.locator("#big .zones use").nth(at).click(force=True)
        assert page.locator("#panel h3 bdi").text_content() == name
    page.click("#language")
    assert page.locator("img, iframe, [onmouseover], [onerror], [onload]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert opened.requests == [path.as_uri()]
    assert opened.messages == []
    page.context.close()


def test_text_has_contrast(page):
    page.locator("#big .zones use").nth(2).click(force=True)
    assert page.evaluate(WEAK_TEXT) == []


def test_controls_have_names_and_there_is_one_title(page):
    assert page.locator("h1").count() == 1
    names = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, a")]
          .filter((node) => node.checkVisibility())
          .map((node) => (node.labels?.[0] ?? node).innerText.trim())"""
    )
    assert names
    assert all(names)


def test_paper_begins_with_result_and_map(page):
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1010})
    # The first sheet of A4 between its margins is 268 mm high: 1,013 px.
    end = page.locator("#big").bounding_box()
    assert end["y"] + end["height"] < 1013
    assert not page.locator("header nav").is_visible()
    assert not page.locator("#panel").is_visible()
