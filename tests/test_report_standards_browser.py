"""The page in a real browser where definitions differ in services, scope and target."""

import pytest

from lifecircle.report import write_report
from tests import report_definitions as city
from tests.chromium import chromium, open_page
from tests.test_report_browser import NO_NUMBER, WEAK_TEXT, visible_text

pytestmark = pytest.mark.browser

KEYS = [each.key for each in city.DEFINITIONS]


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


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


def choose(page, key):
    page.select_option("#definition", key)


def test_every_definition_in_both_languages_makes_no_noise(opened, path):
    page = opened.page
    for _ in range(2):
        for key in (*KEYS, *reversed(KEYS)):
            choose(page, key)
            for option in page.locator("#service option").all():
                page.select_option("#service", option.get_attribute("value"))
                for at in (0, 5):
                    page.locator("#big .zones use").nth(at).click(force=True)
                    assert not NO_NUMBER.search(visible_text(page))
        page.click("#language")
    assert opened.messages == []
    assert opened.requests == [path.as_uri()]


def test_services_to_choose_from_are_those_of_the_definition(page):
    assert page.locator("#service option").all_inner_texts() == [
        "Health", "Culture", "Sports", "All at once",
    ]  # fmt: skip
    choose(page, "plan")
    assert page.locator("#service option").all_inner_texts() == ["Health care", "Sports ground"]
    assert page.locator(".small-maps figure:visible .name").all_inner_texts() == [
        "Health care", "Sports ground",
    ]  # fmt: skip
    choose(page, "open")
    assert page.locator("#service option").all_inner_texts() == ["Culture"]
    assert page.locator(".small-maps figure:visible").count() == 1


def test_a_service_is_kept_where_the_next_definition_has_it(page):
    page.select_option("#service", "culture")
    choose(page, "open")
    assert page.input_value("#service") == "culture"
    choose(page, "plan")
    assert page.input_value("#service") == "health"


def test_the_panel_shows_the_scope_where_there_is_one(page):
    page.select_option("#service", "health")
    assert page.inner_text("#panel h3").startswith("Whole area")
    choose(page, "plan")
    assert page.inner_text("#panel h3").startswith("Target's scope: Main city, town")
    assert "240 ÷ 400 people" in page.inner_text("#panel")
    assert "clinics.csv (2024-05-01)" in page.inner_text("#panel")
    # The whole area has its row, and a way back to the scope.
    page.locator("#matrix section:visible tr.city td").nth(1).click()
    assert page.inner_text("#panel h3").startswith("Whole area")
    assert "480 ÷ 600 people" in page.inner_text("#panel")
    assert page.inner_text("#panel .link") == "Back to: Target's scope: Main city, town"
    page.locator("#panel .link").click()
    assert page.inner_text("#panel h3").startswith("Target's scope")


def test_a_zone_stays_chosen_and_a_roll_up_does_not(page):
    page.locator("#big .zones use").nth(3).click(force=True)
    choose(page, "plan")
    assert page.inner_text("#panel h3").startswith("第3街道")
    page.locator("#matrix section:visible tr.area_type td").first.click()
    assert page.inner_text("#panel h3").startswith("Area type")
    choose(page, "people.walk")
    assert page.inner_text("#panel h3").startswith("Whole area")


def test_what_is_undecided_and_why_stands_in_the_panel(page):
    page.select_option("#service", "culture")
    page.locator("#big .zones use").nth(5).click(force=True)
    panel = page.inner_text("#panel")
    assert "? fail, not certain" in panel
    assert "Undecided by the edge of the data" in panel
    page.click("#language")
    assert "待定原因：数据边界" in page.inner_text("#panel")


def test_a_definition_without_target_says_so(page):
    choose(page, "open")
    assert "no target" in page.inner_text("#panel .chip")
    assert "The standard sets no target." in page.inner_text("#panel")
    assert "no target" in page.locator("#matrix section:visible .legend").inner_text()


def test_sections_without_anything_for_the_definition_are_hidden(page):
    assert not page.locator("#convergence").is_visible()
    assert page.locator("#undecided").is_visible()
    choose(page, "open")
    assert page.locator("#convergence").is_visible()
    assert not page.locator("#undecided").is_visible()
    # What is compared, and what belongs to a standard, stays.
    assert page.locator("#definitions").is_visible()
    assert page.locator("#presence").is_visible()
    assert page.locator("#supply").is_visible()


def test_without_scripts_every_table_is_there(browser, path):
    opened = open_page(browser, path, scripts=False)
    page = opened.page
    for key in ("definitions", "undecided", "tiers", "supply", "convergence"):
        assert page.locator(f"#{key}").is_visible()
    assert page.locator("#tiers .part:visible").count() == len(KEYS)
    # Maps are those of the main definition's services.
    assert page.locator(".small-maps figure:visible").count() == 4
    page.context.close()


@pytest.mark.parametrize("key", KEYS)
def test_no_definition_makes_the_page_scroll_sideways(page, key):
    choose(page, key)
    widths = {}
    for width in (320, 390, 640, 900, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        widths[width] = page.evaluate("document.documentElement.scrollWidth")
    assert {width: wide for width, wide in widths.items() if wide > width} == {}


@pytest.mark.parametrize("key", KEYS)
def test_all_text_has_contrast(page, key):
    choose(page, key)
    assert page.evaluate(WEAK_TEXT) == []


def test_paper_of_a_scoped_definition_begins_with_result_and_map(page):
    choose(page, "plan")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1010})
    end = page.locator("#big").bounding_box()
    assert end["y"] + end["height"] < 1013
