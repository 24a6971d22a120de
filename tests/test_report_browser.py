"""The page in a real browser: offline, quiet, true to the table, in every language and width."""

from __future__ import annotations

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from lifecircle import verdicts
from lifecircle.definitions import Definition
from lifecircle.report import write_report
from tests.chromium import open_page
from tests.report_city import grid_zones, made_up_content
from tests.test_report import HOSTILE

pytestmark = pytest.mark.browser

DEFINITIONS = (
    Definition("population.network", demand="population", unit="persons"),
    Definition("land.radius", demand="land", unit="m²", metric="radius"),
)
NO_NUMBER = re.compile(r"\b(NaN|undefined|null|Infinity|None)\b|(?<![\d.])-0(?![\d-])|\{\w+\}")
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

WIDTHS = (320, 390, 640, 900, 1280, 1920)


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


def choose(page, /, **change) -> None:
    """A choice made by the page's own hand, and everything drawn that waits to come into sight."""
    page.evaluate("change => { lifecircle.set(change); lifecircle.flush(); }", change)


def until(page, true: str) -> None:
    """Waits for what the page does by itself; its policy lets Playwright wait for no text."""
    for _ in range(200):
        if page.evaluate(true):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never true: {true}")


def texts(page) -> list[str]:
    """All text that the scripts wrote, drawn in full."""
    page.evaluate("lifecircle.flush(); dispatchEvent(new Event('beforeprint'))")
    return page.evaluate(
        "[...document.querySelectorAll('#left *, #panel *, #sec-gap *, #sec-multi *')]"
        ".filter((node) => !node.children.length).map((node) => node.textContent)"
    )


def addressed(browser, path, address: str):
    opened = open_page(browser, path)
    opened.page.goto(path.as_uri() + address)
    opened.page.reload()
    return opened


# Nothing but the file ---------------------------------------------------------------------------


def test_the_page_asks_for_nothing_and_says_nothing(opened, path):
    opened.page.click("#language")
    opened.page.select_option("#service", "green")
    opened.page.select_option("#definition", "land.radius")
    choose(opened.page, row=4, minutes=9, layer="gap")
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


def test_hostile_names_are_shown_and_do_nothing(browser, tmp_path):
    path = tmp_path / "hostile.html"
    zones = grid_zones(3, HOSTILE)
    write_report(path, made_up_content(zones, name=HOSTILE[0]))
    opened = open_page(browser, path)
    page = opened.page
    for at, name in enumerate(HOSTILE):
        choose(page, row=at)
        assert name in page.locator("#panel h3").text_content()
        choose(page, page=True)
        assert name in page.locator("#zone-page").text_content()
        choose(page, page=False)
    page.click("#language")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("iframe, [onmouseover], [onerror], [onload]").count() == 0
    # The only pictures are those that Leaflet lays on the map.
    assert page.locator("img:not(.leaflet-image-layer)").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert opened.requests == [path.as_uri()]
    assert opened.messages == []
    page.context.close()


# What it shows is the table ---------------------------------------------------------------------


@pytest.mark.parametrize("key", [definition.key for definition in DEFINITIONS])
def test_every_rate_status_and_gap_is_the_tables(page, content, key):
    page.select_option("#definition", key)
    shown = page.evaluate(
        """() => {
          const { data, state, sheet } = lifecircle;
          const one = data.definitions[state.definition];
          const figures = sheet();
          return one.rows.flatMap((row, at) => one.services.map((service, column) => {
            const cell = at * one.services.length + column;
            return [row.level, row.key, service, figures.rate[cell], figures.status[cell],
              figures.gap[cell], figures.covered[cell], figures.demand[cell]]
              .map((value) => (Number.isNaN(value) ? null : value));
          }));
        }"""
    )
    table = content.coverage[content.coverage["definition"] == key]
    assert len(shown) == len(table)
    rows = table.set_index(["level", "zone", "service"])
    for level, zone, service, rate, status, gap, covered, demand in shown:
        row = rows.loc[(level, zone, service)]
        assert status == row["status"]
        assert demand == row["demand"]
        assert (covered is None) == np.isnan(row["covered"])
        if status in ("pass", "fail"):
            assert (rate, covered) == (row["rate"], row["covered"])
        if status == "fail":
            assert gap == pytest.approx(row["gap"], rel=1e-12)


@pytest.mark.parametrize("key", [definition.key for definition in DEFINITIONS])
def test_the_matrix_shows_every_cell_as_the_table_has_it(page, content, key):
    page.select_option("#definition", key)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    cells = page.evaluate(
        """() => [...document.querySelectorAll('#matrix tbody tr')].map((line) => [
          Number(line.dataset.row), [...line.querySelectorAll('td')].map((cell) =>
            [cell.className, cell.textContent, cell.getAttribute('aria-label')])])"""
    )
    places = page.evaluate(
        "lifecircle.data.definitions[lifecircle.state.definition].rows.map((r) => [r.level, r.key])"
    )
    rows = content.coverage[content.coverage["definition"] == key].set_index(["level", "zone"])
    services = [*content.standard.keys, "all"]
    assert len(cells) == len(places)
    for at, line in cells:
        own = rows.loc[[tuple(places[at])]].set_index("service")
        for service, (kind, text, label) in zip(services, line, strict=True):
            row = own.loc[service]
            verdict = verdicts.verdict(row["status"], "", row["rate"], row["target"])
            assert kind.split()[0] == verdict
            rate = verdicts.percent(row["rate"])
            assert text == verdicts.MARKS[verdict] + (
                rate or ("无数据" if verdict == "no_data" else "")
            )
            assert rate in label
            if row["status"] == "fail":
                assert f"再覆盖 {verdicts.shortfall(row['gap'])} " in label


def test_the_panel_divides_what_the_table_holds(page, content):
    rows = content.coverage.query("definition == 'population.network' and service == 'sports'")
    for at, (_, row) in enumerate(rows[rows["level"] == "zone"].iterrows()):
        choose(page, row=at, service="sports")
        text = page.inner_text("#panel")
        if row["status"] not in ("pass", "fail"):
            assert "÷" not in text
            continue
        exact = np.floor(row["rate"] * 10_000 + 1e-8) / 100
        shown = f"{exact:.2f}\u202f% = {row['covered']:,.0f} ÷ {row['demand']:,.0f}"
        assert shown in text
        spare = np.floor(row["covered"] - 0.85 * row["demand"])
        said = (
            f"再覆盖 {int(np.ceil(row['gap'])):,}"
            if row["status"] == "fail"
            else f"余量 {spare:,.0f}"
        )
        assert said in text


def test_numbers_are_printed_as_everywhere_else(page):
    rng = np.random.default_rng(5)
    shares = [0.84999, 0.8496, 0.85, 0.29, 1.0, 0.0, *rng.uniform(0, 1, 200)]
    amounts = [539_860.7, 12.5, 40.0, 0.004, 100.5, 101.5, *rng.uniform(0, 1e6, 200)]
    shown = page.evaluate(
        """([shares, amounts]) => [shares.map(lifecircle.format.number),
          amounts.map(lifecircle.format.amount), amounts.map(lifecircle.format.shortfall)]""",
        [shares, amounts],
    )
    assert shown[0] == [verdicts.percent(share) for share in shares]
    assert shown[1] == [verdicts.amount(value) for value in amounts]
    assert shown[2] == [verdicts.shortfall(value) for value in amounts]


# What-if ----------------------------------------------------------------------------------------


def test_curves_meet_the_rates_and_never_fall(page, content):
    worst, falls = page.evaluate(
        """() => {
          const { data, rates, sheet } = lifecircle;
          const figures = sheet();
          let [worst, falls] = [0, 0];
          for (let cell = 0; cell < figures.size; cell += 1) {
            const curve = Array.from({ length: 31 }, (_, minutes) => rates.share(0, cell, minutes));
            if (!['pass', 'fail'].includes(figures.status[cell])) continue;
            const limit = figures.minutes[cell];
            const off = Math.abs(curve[limit] - figures.rate[cell]);
            if (Number.isFinite(limit)) worst = Math.max(worst, off);
            falls += curve.filter((share, at) => at && share < curve[at - 1]).length;
          }
          return [worst, falls];
        }"""
    )
    assert worst < 1.6e-5
    assert falls == 0


def test_another_limit_is_never_taken_for_the_result_and_goes_away_without_a_trace(page):
    before = texts(page)
    rates = []
    for minutes in (5, 9, 15, 22, 30):
        choose(page, minutes=minutes)
        rates.append(page.evaluate("[...lifecircle.sheet().rate].map((rate) => rate || 0)"))
        assert (
            page.inner_text("#what-if")
            == f"试算：所有服务统一按 {minutes} 分钟计算，不是标准结果。"
        )
        assert page.inner_text("#limit") == f"{minutes} 分"
        assert not NO_NUMBER.search(visible_text(page))
    assert (np.diff(rates, axis=0) >= 0).all()
    page.emulate_media(media="print")
    assert page.locator("#what-if").is_visible()
    page.emulate_media(media="screen")
    page.click("#standard")
    assert page.locator("#what-if").is_hidden()
    assert texts(page) == before


def test_the_slider_recomputes(page, content):
    page.fill("#minutes", "8")
    until(page, "lifecircle.state.minutes === 8")
    curves = content.table("curves.csv").query(
        "definition == 'population.network' and level == 'city' and service == 'health'"
    )
    choose(page, service="health")
    assert verdicts.percent(curves["share_8"].item()) in page.inner_text("#panel .big")


# Choices ----------------------------------------------------------------------------------------


def test_languages_change_places(page):
    assert page.evaluate("document.documentElement.lang") == "zh"
    assert page.inner_text("#h-sum") == "结论"
    assert "The result" not in visible_text(page)
    page.click("#language")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.inner_text("#h-sum") == "The result"
    assert page.title().endswith("15-minute walking coverage")
    assert page.locator("#service option").all_inner_texts()[0] == "Health"
    page.evaluate("lifecircle.flush()")
    names = "卫生|养老|文化|体育|达标|分钟|覆盖率"
    shown = visible_text(page).replace("中文", "").replace("60岁及以上", "")
    assert not re.search(names, shown)
    page.click("#language")
    assert page.inner_text("#h-sum") == "结论"


def test_a_matrix_cell_chooses_zone_and_service(page):
    row = page.locator("#matrix tr.zone").nth(2)
    row.locator("td").nth(3).click()
    assert page.input_value("#service") == "sports"
    assert "体育" in page.inner_text("#panel h3")
    assert page.locator("#matrix td.on").count() == 1
    assert page.locator("#live").text_content().endswith(("达标", "确定"))
    page.locator("#panel .link").first.click()
    assert "全区" in page.inner_text("#panel h3")
    assert page.locator("#matrix td.on").count() == 0


def test_roll_ups_and_the_outside_have_panels(page):
    page.locator("#matrix tr.parent td").first.click()
    assert "片区0" in page.inner_text("#panel h3")
    page.locator("#matrix tr.outside td").first.click()
    assert "（街镇以外）" in page.inner_text("#panel h3")


def test_the_matrix_can_be_walked_by_keyboard(page):
    page.locator("#matrix td[tabindex='0']").focus()
    assert page.locator("#matrix td[tabindex='0']").count() == 1
    page.keyboard.press("Control+Home")
    assert page.evaluate("document.activeElement.cellIndex") == 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.cellIndex") == 8
    page.keyboard.press("Enter")
    assert page.input_value("#service") == "green"
    assert page.evaluate("document.activeElement.className").endswith(" on")
    page.keyboard.press("Escape")
    assert "全区" in page.inner_text("#panel h3")
    page.keyboard.press("Control+End")
    assert page.evaluate("document.activeElement.cellIndex") == 9


def test_the_matrix_can_be_put_in_order_and_cut_to_what_fails(page):
    choose(page, service="sports", order="gap", failing=True)
    gaps = page.evaluate(
        """() => [...document.querySelectorAll('#matrix tr.zone')].filter((line) => !line.hidden)
          .map((line) => lifecircle.sheet().gap[lifecircle.rates.position(
            lifecircle.sheet(), Number(line.dataset.row), 'sports')] || 0)"""
    )
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 0
    hidden = page.locator("#matrix tr.zone[hidden]")
    assert hidden.count() >= 1  # the zone without demand, at least
    choose(page, order="parent", failing=False)
    assert page.locator("#matrix tr[hidden]").count() == 0


def test_a_zone_is_found_by_its_name(page):
    page.fill("#zone", "第5街道")
    page.keyboard.press("Enter")
    assert "第5街道" in page.inner_text("#panel h3")
    page.fill("#zone", "nowhere")
    page.keyboard.press("Enter")
    assert "第5街道" in page.inner_text("#panel h3")


def test_an_address_opens_the_view_it_was_taken_from(browser, page, path):
    choose(page, definition=1, service="culture", minutes=12, row=4, layer="gap", language="en")
    until(page, "location.hash.includes('culture')")
    address = page.evaluate("location.hash")
    again = addressed(browser, path, address)
    state = "({ ...lifecircle.state })"
    assert again.page.evaluate(state) == page.evaluate(state)
    again.page.context.close()


@pytest.mark.parametrize(
    "address", ["#d=x&s=y&t=99&z=%E0%A4%A&m=z&l=fr", "#%%%", "#s=__proto__&t=-1", "#z=</script>"]
)
def test_a_broken_address_opens_the_first_view(browser, path, page, address):
    again = addressed(browser, path, address)
    state = "({ ...lifecircle.state })"
    assert again.page.evaluate(state) == page.evaluate(state)
    assert again.messages == []
    again.page.context.close()


# For everybody ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_text_shows_a_missing_number(page, language):
    choose(page, language=language)
    for service in ("health", "elderly", "green", "all"):
        for row in (-1, *range(9)):
            choose(page, service=service, row=row)
            assert not NO_NUMBER.search(page.inner_text("#panel"))
        assert not [text for text in texts(page) if NO_NUMBER.search(text)]
    assert not NO_NUMBER.search(visible_text(page))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("paper", [False, True])
def test_nothing_makes_the_page_scroll_sideways(page, language, paper):
    choose(page, language=language, row=1, page=paper)
    widths = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        widths[width] = page.evaluate("document.documentElement.scrollWidth")
    assert {width: wide for width, wide in widths.items() if wide > width} == {}


VIEWS = {
    "first": {},
    "english": {"language": "en"},
    "zone": {"row": 2, "service": "sports"},
    "what-if": {"minutes": 9},
    "people short": {"layer": "gap"},
    "zone page": {"row": 2, "page": True},
    "other definition": {"definition": 1},
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious(page, view, width):
    page.set_viewport_size({"width": width, "height": 800})
    choose(page, **VIEWS[view])
    found = Axe().run(page).response["violations"]
    grave = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in grave] == []


@pytest.mark.parametrize("view", VIEWS)
def test_text_has_contrast(page, view):
    choose(page, **VIEWS[view])
    assert page.evaluate(WEAK_TEXT) == []


def test_controls_have_names_and_there_is_one_title(page):
    assert page.locator("h1").count() == 1
    names = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, a")]
          .filter((node) => node.checkVisibility())
          .map((node) => node.getAttribute("aria-label")
            ?? (node.labels?.[0] ?? node).innerText.trim())"""
    )
    assert names
    assert all(names)


def test_few_tab_stops_lie_before_the_gap_list(browser, tmp_path):
    path = tmp_path / "large.html"
    write_report(path, made_up_content(grid_zones(15, parents=16)))
    opened = open_page(browser, path)
    stops = opened.page.evaluate(
        """() => {
          const gap = document.querySelector('#sec-gap');
          const all = document.querySelectorAll('a, button, select, input, [tabindex]');
          return [...all].filter((node) => node.tabIndex >= 0
            && node.checkVisibility() && !node.disabled
            && (node.compareDocumentPosition(gap) & Node.DOCUMENT_POSITION_FOLLOWING)
            && !gap.contains(node)).length;
        }"""
    )
    assert stops <= 40
    opened.page.context.close()


def test_without_scripts_everything_is_there(browser, path):
    opened = open_page(browser, path, scripts=False)
    page = opened.page
    assert page.locator("#matrix table:visible tr.zone").count() == 9
    assert page.locator(".services:visible tbody tr").count() == 9
    assert "结论" in page.inner_text("#sec-sum")
    assert page.locator("#sec-def").is_visible()
    assert page.locator("button:visible, select:visible").count() == 0
    opened.page.context.close()


def test_paper_begins_with_result_and_map(page):
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1010})
    # The first sheet of A4 between its margins is 268 mm high: 1,013 px.
    end = page.locator("#print-map").bounding_box()
    assert end["height"] > 200
    assert end["y"] + end["height"] < 1013
    assert not page.locator("#top nav").is_visible()
    assert not page.locator("#panel").is_visible()
