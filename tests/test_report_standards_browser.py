"""The page in a real browser where definitions differ in services, scope and target."""

import pytest

from lifecircle.report import write_report
from tests import report_definitions as city
from tests.chromium import open_page
from tests.test_report_browser import NO_NUMBER, WEAK_TEXT, WIDTHS, choose, visible_text

pytestmark = pytest.mark.browser

KEYS = [each.key for each in city.DEFINITIONS]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("报告") / "report.html"
    write_report(path, city.content())
    return path


@pytest.fixture
def opened(browser, path):
    opened = open_page(browser, path)
    yield opened
    opened.page.context.close()


@pytest.fixture
def page(opened):
    return opened.page


def define(page, key):
    page.select_option("#definition", key)
    page.evaluate("lifecircle.flush()")


def test_every_definition_in_both_languages_makes_no_noise(opened, path):
    page = opened.page
    for _ in range(2):
        for key in (*KEYS, *reversed(KEYS)):
            define(page, key)
            for option in page.locator("#service option").all():
                page.select_option("#service", option.get_attribute("value"))
                for at in (0, 5):
                    choose(page, row=at)
                    assert not NO_NUMBER.search(visible_text(page))
        page.click("#language")
    assert opened.messages == []
    assert opened.requests == [path.as_uri()]


def test_services_to_choose_from_are_those_of_the_definition(page):
    assert page.locator("#service option").all_inner_texts() == [
        "Health", "Culture", "Sports", "All at once",
    ]  # fmt: skip
    define(page, "plan")
    assert page.locator("#service option").all_inner_texts() == ["Health care", "Sports ground"]
    assert page.locator("#services tbody button").all_inner_texts() == [
        "Health care", "Sports ground",
    ]  # fmt: skip
    define(page, "open")
    assert page.locator("#service option").all_inner_texts() == ["Culture"]
    assert page.locator("#services tbody button").count() == 1


def test_a_service_is_kept_where_the_next_definition_has_it(page):
    page.select_option("#service", "culture")
    define(page, "open")
    assert page.input_value("#service") == "culture"
    define(page, "plan")
    assert page.input_value("#service") == "health"


def test_the_panel_shows_the_scope_where_there_is_one(page):
    page.select_option("#service", "health")
    assert page.inner_text("#panel h3").startswith("Whole area")
    define(page, "plan")
    assert page.inner_text("#panel h3").startswith("Target's scope: Main city, town")
    assert "240 ÷ 400 people" in page.inner_text("#panel")
    assert "clinics.csv (2024-05-01)" in page.inner_text("#panel")
    # The whole area has its row, and a way back to the scope.
    page.locator("#matrix tr.city td").nth(1).click()
    assert page.inner_text("#panel h3").startswith("Whole area")
    assert "480 ÷ 600 people" in page.inner_text("#panel")
    back = page.locator("#panel .link").first.inner_text()
    assert back.replace("\u2068", "").startswith("Back to: Target's scope: Main city, town")
    page.locator("#panel .link").first.click()
    assert page.inner_text("#panel h3").startswith("Target's scope")


def test_a_place_stays_chosen_where_the_next_definition_has_it(page):
    choose(page, row=3)
    define(page, "plan")
    assert page.inner_text("#panel h3").startswith("第3街道")
    page.locator("#matrix tr.area_type td").first.click()
    assert page.inner_text("#panel h3").startswith("Area type")
    define(page, "people.walk")
    assert page.inner_text("#panel h3").startswith("Area type")
    define(page, "plan")
    choose(page, row=page.evaluate("lifecircle.data.definitions[1].city"))
    assert page.inner_text("#panel h3").startswith("Whole area")
    # It is what the next definition's verdict is about: there it needs no choosing.
    define(page, "people.walk")
    assert page.locator("#matrix td.on").count() == 0


def test_what_is_undecided_and_why_stands_in_the_panel(page):
    page.select_option("#service", "culture")
    choose(page, row=5)
    panel = page.inner_text("#panel")
    assert "? fail, not certain" in panel
    assert "Undecided by the edge of the data" in panel
    page.click("#language")
    assert "待定原因：数据边界" in page.inner_text("#panel")


def test_a_definition_without_target_says_so(page):
    define(page, "open")
    assert "no target" in page.inner_text("#panel .chip")
    assert "The standard sets no target." in page.inner_text("#panel")
    assert "no target" in page.inner_text("#matrix-legend")


def test_sections_without_anything_for_the_definition_are_hidden(page):
    assert not page.locator("#sec-convergence").is_visible()
    assert page.locator("#sec-und").is_visible()
    define(page, "open")
    assert page.locator("#sec-convergence").is_visible()
    assert not page.locator("#sec-und").is_visible()
    # What is compared, and what belongs to a standard, stays.
    assert page.locator("#sec-def").is_visible()
    assert page.locator("#sec-presence").is_visible()
    assert page.locator("#sec-supply").is_visible()


def test_without_scripts_every_table_is_there(browser, path):
    opened = open_page(browser, path, scripts=False)
    page = opened.page
    for key in ("def", "und", "tiers", "supply", "convergence"):
        assert page.locator(f"#sec-{key}").is_visible()
    assert page.locator("#sec-tiers .part:visible").count() == len(KEYS)
    page.context.close()


@pytest.mark.parametrize("key", KEYS)
def test_no_definition_makes_the_page_scroll_sideways(page, key):
    define(page, key)
    widths = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        widths[width] = page.evaluate("document.documentElement.scrollWidth")
    assert {width: wide for width, wide in widths.items() if wide > width} == {}


@pytest.mark.parametrize("key", KEYS)
def test_all_text_has_contrast(page, key):
    define(page, key)
    assert page.evaluate(WEAK_TEXT) == []


def test_paper_of_a_scoped_definition_begins_with_result_and_map(page):
    define(page, "plan")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1010})
    end = page.locator("#print-map").bounding_box()
    assert end["y"] + end["height"] < 1013
