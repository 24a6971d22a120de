"""What a planner takes from the page: the gap list, files, the page of a zone, paper.

The numbers are those of `paper_district`, small enough to be worked out by hand.
"""

import csv
import io
import re
import shutil
import subprocess

import pytest

from tests.chromium import chromium, open_page
from tests.report_numbers import MAIN, Cell, Sheet, Zone, block_of, step, write_page

pytestmark = pytest.mark.browser

LINK = '=HYPERLINK("http://127.0.0.1:9/","x")'
IMAGE = "</script><img src=x onerror=alert(1)>\"'&amp;"
LONG = "很长的名字" * 60
TURNED = "\u202e${1+1}`x`\u2028"
ZONES = (
    Zone("001", LINK, 0), Zone("002", IMAGE, 0), Zone("003", "三街道", 1),
    Zone("004", LONG, 1), Zone("005", TURNED),
)  # fmt: skip
PARENTS = ("东片", "=西片")
PLACES = (
    *(("zone", zone.id, PARENTS[zone.parent] if zone.parent >= 0 else "") for zone in ZONES),
    ("city", "", ""), ("parent", "东片", ""), ("parent", "=西片", ""),
    ("outside", "(outside)", ""),
)  # fmt: skip
SERVICES = ("health", "culture", "all")
PDFTOTEXT = shutil.which("pdftotext")
NO_NUMBER = re.compile(r"\b(NaN|undefined|null|Infinity)\b|(?<![\d.])-0(?![\d-])")
COVERAGE = [
    "definition", "level", "zone", "name", "parent", "service", "mode", "minutes",
    "demand", "covered", "unsnapped", "rate", "target", "status", "gap",
    "rate_low", "rate_high", "certainty", "undecided_by", "rim_exposed", "cut_off",
]  # fmt: skip


def main_sheet() -> Sheet:
    """Of 1,000 people each in four zones; in the fourth nobody lives.

    health is short by 50 in 002, 450 in 003 and, undecided, 10 in 005: 510.
    culture by 4.5 in 001 and 750 in 003, and passes undecided in 002: 754.5. Together 1,264.5.
    Within 12 minutes everybody in 001 has health, half of the others; half of all has culture.
    """
    half, soon = step((10, 0.5), (20, 1.0)), step((0, 1.0))
    nobody = Cell(0.0, 0.0, "no demand", "")

    def cell(covered, status, certainty="clear", *, curve=half, at=20.0, people=1_000.0):
        low, high = (covered / people - 0.05, covered / people + 0.05)
        return Cell(people, covered, status, certainty, low, high, at, curve=curve)

    cells = {
        ("001", "health"): cell(900.0, "pass", curve=soon, at=1.0),
        ("002", "health"): cell(800.0, "fail"),
        ("003", "health"): cell(400.0, "fail", at=None),
        ("005", "health"): cell(840.0, "fail", "undecided"),
        ("001", "culture"): cell(845.5, "fail"),
        ("002", "culture"): cell(860.0, "pass", "undecided", at=14.2),
        ("003", "culture"): cell(100.0, "fail", at=None),
        ("005", "culture"): cell(850.0, "pass", at=15.0),
        ("", "health"): cell(2_940.0, "fail", people=4_000.0),
        ("", "culture"): cell(2_655.5, "fail", people=4_000.0),
        ("东片", "health"): cell(1_700.0, "pass", people=2_000.0),
        ("东片", "culture"): cell(1_705.5, "pass", people=2_000.0),
        ("=西片", "health"): cell(400.0, "fail"),
        ("=西片", "culture"): cell(100.0, "fail"),
        ("(outside)", "health"): cell(5.0, "fail", people=10.0),
        ("(outside)", "culture"): cell(5.0, "fail", people=10.0),
    }
    cells |= {(key, "all"): cell(500.0, "fail") for _, key, _ in PLACES}
    cells |= {("004", service): nobody for service in SERVICES}
    return Sheet(MAIN, SERVICES, PLACES, cells)


def other_sheet() -> Sheet:
    """Another definition, with health alone: 65.0 % of 400 in every zone."""
    cells = {(key, "health"): Cell(400.0, 260.0, "fail") for _, key, _ in PLACES}
    unit = {"zh": "m²", "en": "m²"}
    return Sheet("land.network", ("health",), PLACES, cells, unit)


def aimless_sheet() -> Sheet:
    """A definition without a target."""
    cells = {
        (key, "health"): Cell(400.0, 260.0, "not in scope", "", target=None) for _, key, _ in PLACES
    }
    return Sheet("dwellings.network", ("health",), PLACES, cells)


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("短板 list") / "report.html"
    block = block_of(
        ZONES,
        [main_sheet(), other_sheet(), aimless_sheet()],
        parents=PARENTS,
        # Two in 003, one of them at its very middle; one in 001.
        facilities={"health": [(121.025, 31.005), (121.0299, 31.0001), (121.005, 31.005)]},
    )
    write_page(path, block)
    return path


@pytest.fixture
def opened(browser, path):
    opened = open_page(browser, path)
    yield opened
    assert opened.messages == []
    assert {request.partition("#")[0] for request in opened.requests} <= {path.as_uri()}
    opened.page.context.close()


@pytest.fixture
def page(opened):
    return opened.page


def until(page, expression: str) -> None:
    """Wait for something to become true; the page's policy forbids the browser's own waiting."""
    for _ in range(300):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(20)
    pytest.fail(f"never true: {expression}")


def go(page, path, choices: str) -> None:
    """Open the page anew with choices in its address."""
    page.goto("about:blank")
    page.goto(f"{path.as_uri()}#{choices}")
    until(page, "document.documentElement.dataset.ready !== undefined")


def listed(page) -> list[list[str]]:
    """The rows of the gap list as they are read."""
    page.locator("#sec-gap").scroll_into_view_if_needed()
    until(page, "document.querySelector('#gap-sum').textContent !== ''")
    rows = page.locator("#gap-list tbody tr").all()
    return [
        [re.sub("[\u2066-\u2069]", "", text) for text in row.locator("th, td").all_inner_texts()]
        for row in rows
    ]


def shortened(rows: list[list[str]]) -> list[tuple[str, ...]]:
    """Service, rate, verdict, people short, running share and minutes of each row."""
    return [tuple(" ".join(text.split()) for text in row[3:]) for row in rows]


def saved(page, button: str) -> tuple[str, list[dict[str, str]], bytes]:
    """The file that a button makes: its name, its rows by column, and its bytes."""
    with page.expect_download() as download:
        page.locator(button).click()
    content = download.value.path().read_bytes()
    text = content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return download.value.suggested_filename, rows, content


# --- the gap list -------------------------------------------------------------------------------


def test_the_list_holds_every_failing_or_undecided_cell_the_most_people_first(page):
    rows = listed(page)
    assert [row[1].strip("\u202e\u2028 ") for row in rows][:4] == [
        "三街道", "三街道", IMAGE, TURNED.strip("\u202e\u2028"),
    ]  # fmt: skip
    assert [row[2] for row in rows] == ["=西片", "=西片", "东片", "", "东片", "东片"]
    # 750, 1200, 1250, 1260 and 1264.5 of 1264.5, rounded down.
    assert shortened(rows) == [
        ("文化", "10.0 %", "✗ 未达标", "750", "59.3 %", "> 30"),
        ("卫生", "40.0 %", "✗ 未达标", "450", "94.8 %", "> 30"),
        ("卫生", "80.0 %", "✗ 未达标", "50", "98.8 %", "20"),
        ("卫生", "84.0 %", "? 未达标，但不确定", "10", "99.6 %", "20"),
        ("文化", "84.5 %", "✗ 未达标", "5", "100.0 %", "20"),
        ("文化", "86.0 %", "? 达标，但不确定", "–", "–", "14.2"),
    ]


def test_its_sum_is_the_verdicts_and_says_what_of_it_is_undecided(page):
    listed(page)
    assert page.inner_text("#gap-sum") == "6 行；共差 1,265 人次，其中待定 10 人次。"
    assert "1,265 人次" in page.inner_text("#short")
    figures = page.locator("#figures dd").all_inner_texts()
    assert "1,265" in figures
    page.click("#language")
    assert (
        page.inner_text("#gap-sum") == "6 rows; 1,265 people short, of which 10 in undecided cells."
    )


def test_the_bars_are_as_long_as_the_people_are_many(page):
    listed(page)
    widths = page.locator("#gap-list .bar i").evaluate_all("all => all.map(e => e.style.width)")
    # Of 750: 450 are 60 %, 50 are 6.7 %, 10 are 1.3 %; nothing is thinner than 1 %.
    assert widths == ["100%", "60%", "6.7%", "1.3%", "1%"]


def test_filters_leave_a_district_and_a_service(page):
    listed(page)
    page.select_option("#gap-parent", label="\u2068=西片\u2069")
    assert [row[0] for row in shortened(listed(page))] == ["文化", "卫生"]
    assert page.inner_text("#gap-sum").endswith("2 行；共差 1,200 人次，其中待定 0 人次。")
    page.select_option("#gap-service", "health")
    [row] = listed(page)
    # The share is of what is listed, and of one service people are people.
    assert shortened([row]) == [("卫生", "40.0 %", "✗ 未达标", "450", "100.0 %", "> 30")]
    text = re.sub("[\u2066-\u2069]", "", page.inner_text("#gap-sum"))
    assert text == "=西片 · 卫生：1 行；共差 450 人，其中待定 0 人。"
    page.select_option("#gap-parent", "-1")
    assert shortened(listed(page))[0][3] == "10"
    page.select_option("#gap-service", "culture")
    assert page.locator("#gap-list").is_hidden()
    assert page.inner_text("#gap-sum").endswith("没有未达标项，也没有待定项。")


def test_a_row_chooses_its_zone_and_service_and_the_page_stays(page):
    listed(page)
    page.evaluate("window.scrollTo(0, document.querySelector('#sec-gap').offsetTop - 60)")
    before = page.evaluate("scrollY")
    page.locator("#gap-list tbody tr").nth(4).locator("button").click()
    assert page.evaluate("[lifecircle.state.row, lifecircle.state.service]") == [0, "culture"]
    assert page.evaluate("scrollY") == before
    assert page.evaluate("document.activeElement.closest('tr').rowIndex") == 5
    assert page.locator("#gap-list tr.on").count() == 1
    assert page.locator("#gap-list button[aria-pressed=true]").count() == 1


def test_a_what_if_lists_its_own_rows(page, path):
    go(page, path, "t=12&l=zh")
    rows = shortened(listed(page))
    # Health: 850 - 500 in 002, 003, 005. Culture: the same, in 001 as well.
    assert [row[3] for row in rows] == ["350"] * 7
    assert [row[0] for row in rows].count("文化") == 4
    assert page.inner_text("#gap-sum") == "7 行；共差 2,450 人次。"
    assert "2,450 人次" in page.inner_text("#short")


def test_without_a_target_or_without_gaps_a_sentence_stands_there(page, path, browser, tmp_path):
    go(page, path, "d=dwellings.network&l=zh")
    assert listed(page) == []
    assert page.inner_text("#gap-sum") == "该标准未设目标：只列覆盖率，不作判定。"
    cells = {(key, "health"): Cell(10.0, 9.0, "pass") for _, key, _ in PLACES}
    write_page(
        tmp_path / "good.html",
        block_of(ZONES, [Sheet(MAIN, ("health",), PLACES, cells)], parents=PARENTS),
    )
    good = open_page(browser, tmp_path / "good.html")
    assert listed(good.page) == []
    assert good.page.inner_text("#gap-sum").startswith("凡作判定的街镇")
    assert good.messages == []
    good.page.context.close()


# --- files --------------------------------------------------------------------------------------


def test_the_list_as_a_file_has_the_same_rows_in_full_precision(page):
    listed(page)
    name, rows, content = saved(page, "#get-gaps")
    assert name == "gaps-population.network.csv"
    assert content.startswith(b"\xef\xbb\xbfrank,definition,")
    assert b"\r" not in content
    assert [row["rank"] for row in rows] == list("123456")
    assert [float(row["gap"]) for row in rows] == pytest.approx([750, 450, 50, 10, 4.5, 0])
    failing = [float(row["gap"]) for row in rows if row["status"] == "fail"]
    assert sum(failing) == pytest.approx(1_264.5)
    assert [row["certainty"] for row in rows] == [
        "clear",
        "clear",
        "clear",
        "undecided",
        "clear",
        "undecided",
    ]
    assert [row["zone"] for row in rows] == ["003", "003", "002", "005", "001", "002"]
    assert float(rows[1]["running_share"]) == pytest.approx(1_200 / 1_264.5)
    assert rows[5]["running_share"] == ""
    assert rows[5]["minutes_at_target"] == "14.2"
    assert rows[0]["service_name"] == "文化"


def test_the_file_is_of_what_the_filters_leave(page):
    listed(page)
    page.select_option("#gap-parent", "1")
    page.select_option("#gap-service", "health")
    name, rows, _ = saved(page, "#get-gaps")
    assert name == "gaps-population.network-_西片-health.csv"
    assert [(row["zone"], row["service"]) for row in rows] == [("003", "health")]


def test_no_text_runs_as_a_formula(page):
    listed(page)
    _, rows, content = saved(page, "#get-coverage")
    names = {row["zone"]: row["name"] for row in rows if row["level"] == "zone"}
    assert names == {"001": f"'{LINK}", "002": IMAGE, "003": "三街道", "004": LONG, "005": TURNED}
    assert {row["parent"] for row in rows} == {"", "东片", "'=西片"}
    assert {row["zone"] for row in rows if row["level"] == "parent"} == {"东片", "'=西片"}
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
    numbers = re.compile(r"-?[\d.]+(e[-+]\d+)?")
    assert not [
        cell for cell in cells if cell[:1] in tuple("=+-@\t\r") and not numbers.fullmatch(cell)
    ]


def test_the_whole_table_is_that_of_the_run(page):
    listed(page)
    name, rows, content = saved(page, "#get-coverage")
    assert name == "coverage.csv"
    assert content.decode("utf-8-sig").splitlines()[0].split(",") == COVERAGE
    # Nine places; three services under the first definition, one under the others.
    assert len(rows) == 9 * 3 + 9 + 9
    order = list(dict.fromkeys((row["level"], row["zone"]) for row in rows))
    assert order == [
        *(("zone", zone.id) for zone in ZONES),
        ("parent", "东片"), ("parent", "'=西片"), ("city", ""), ("outside", "(outside)"),
    ]  # fmt: skip
    by = {(r["definition"], r["level"], r["zone"], r["service"]): r for r in rows}
    row = by[MAIN, "zone", "005", "health"]
    assert [row[key] for key in ("mode", "minutes", "demand", "covered", "unsnapped")] == [
        "walk",
        "15",
        "1000",
        "840",
        "0",
    ]
    assert [row[key] for key in ("status", "certainty", "undecided_by")] == [
        "fail",
        "undecided",
        "rim",
    ]
    assert float(row["rate"]) == 0.84
    assert float(row["target"]) == 0.85
    assert float(row["gap"]) == 0.85 * 1_000 - 840
    assert (float(row["rate_low"]), float(row["rate_high"])) == (0.84 - 0.05, 0.84 + 0.05)
    empty = by[MAIN, "zone", "004", "health"]
    assert [empty[key] for key in ("demand", "rate", "status", "gap", "certainty")] == [
        "0",
        "",
        "no demand",
        "0",
        "",
    ]
    passing = by[MAIN, "zone", "001", "health"]
    assert (passing["gap"], passing["rate"]) == ("0", "0.9")
    assert by[MAIN, "city", "", "culture"]["covered"] == "2655.5"
    aimless = by["dwellings.network", "zone", "003", "health"]
    assert [aimless[key] for key in ("target", "status", "gap", "rate")] == [
        "",
        "not in scope",
        "",
        "0.65",
    ]


def test_a_what_if_cannot_be_taken_for_the_result(page, path):
    go(page, path, "t=12&l=zh")
    listed(page)
    name, rows, content = saved(page, "#get-coverage")
    assert name == "coverage-whatif-12min.csv"
    assert content.decode("utf-8-sig").splitlines()[0].split(",") == ["what_if_minutes", *COVERAGE]
    assert {row["what_if_minutes"] for row in rows} == {"12"}
    # Only the definition that is shown, at that limit, without margin and certainty.
    assert {row["definition"] for row in rows} == {MAIN}
    assert len(rows) == 9 * 3
    assert {row["minutes"] for row in rows} == {"12"}
    assert {
        row[key] for row in rows for key in ("certainty", "rate_low", "rate_high", "undecided_by")
    } == {""}
    by = {(row["level"], row["zone"], row["service"]): row for row in rows}
    assert [by["zone", "003", "health"][key] for key in ("covered", "rate", "status", "gap")] == [
        "500",
        "0.5",
        "fail",
        "350",
    ]
    assert [by["zone", "001", "health"][key] for key in ("covered", "rate", "status", "gap")] == [
        "1000",
        "1",
        "pass",
        "0",
    ]
    name, rows, _ = saved(page, "#get-gaps")
    assert name == "gaps-population.network-whatif-12min.csv"
    assert {row["what_if_minutes"] for row in rows} == {"12"}
    assert sum(float(row["gap"]) for row in rows) == 2_450


def test_curves_are_the_shown_definitions_at_every_minute(page, path):
    go(page, path, "t=12&l=zh")
    listed(page)
    name, rows, _ = saved(page, "#get-curves")
    assert name == "curves-population.network.csv"
    assert list(rows[0])[:10] == [
        "definition", "level", "zone", "name", "parent", "service", "minutes", "demand", "target",
        "minutes_at_target",
    ]  # fmt: skip
    assert list(rows[0])[10:] == [f"share_{minute}" for minute in range(31)]
    row = next(row for row in rows if (row["zone"], row["service"]) == ("003", "health"))
    # They know nothing of the what-if: the limit is the standard's.
    assert row["minutes"] == "15"
    assert [row[f"share_{minute}"] for minute in (9, 10, 19, 20, 30)] == [
        "0",
        "0.5",
        "0.5",
        "1",
        "1",
    ]
    nobody = next(row for row in rows if (row["zone"], row["service"]) == ("004", "health"))
    assert nobody["share_15"] == ""


def test_a_section_below_comes_as_a_file_in_the_language_that_is_read(page, path):
    go(page, path, "l=en")
    name, _, content = saved(page, "#sec-meth > .get")
    assert name == "meth-population.network-en.csv"
    text = content.decode("utf-8-sig")
    assert "SHA-256" in text
    assert "Health" in text
    assert "卫生" not in text


# --- the page of a zone -------------------------------------------------------------------------


def test_an_address_opens_the_page_of_a_zone(page, path):
    go(page, path, "z=003&v=zone&l=zh")
    assert page.locator("#main").is_hidden()
    assert page.locator("#rest").is_hidden()
    assert page.evaluate("document.activeElement.id") == "zone-title"
    title = re.sub("[\u2066-\u2069]", "", page.inner_text("#zone-title"))
    assert title == "三街道 =西片 · 编号 003"
    # 450 + 750 people of the 1,264.5 that all zones lack.
    head = page.inner_text(".zone-head")
    assert "2 类服务：2 类未达标（✗ 文化 10.0\u202f%、卫生 40.0\u202f%）。" in head
    assert (
        "此处还需让 1,200 人次进入时限范围（各类服务相加），占全部街镇差额的 94.8\u202f%。" in head
    )
    rows = [
        " ".join(row.split()) for row in page.locator(".zone-services tbody tr").all_inner_texts()
    ]
    # Of four zones with people both are the last; two facilities for health stand here.
    assert rows[0] == "卫生 15 40.0 % ✗ 未达标 35.0 – 45.0 % 差 450 > 30 4 / 4 2"
    assert rows[1] == "文化 15 10.0 % ✗ 未达标 5.0 – 15.0 % 差 750 > 30 4 / 4 –"
    assert rows[2].startswith("同时可达 15 50.0 % ✗ 未达标")
    # All four have 500 in time: they share the first place.
    assert rows[2].endswith("1 / 4 –")
    assert page.locator(".zone-curves .chart").count() == 3
    assert page.locator("svg.locator path.here").count() == 1
    # The two inside and none of the others lie in the picture.
    assert page.locator("svg.locator circle").count() == 2
    assert "三街道" in page.text_content("#live")


def test_it_compares_the_zone_under_every_definition(page, path):
    go(page, path, "z=003&v=zone&l=zh")
    rows = [row.split() for row in page.locator(".zone-definitions tbody tr").all_inner_texts()]
    # 65.0 - 40.0 = 25.0 points; the last has no target, and only health is under all of them.
    assert rows[0] == [
        "卫生",
        "✗",
        "40.0",
        "%",
        "未达标",
        "✗",
        "65.0",
        "%",
        "未达标",
        "+25.0",
        "·",
        "65.0",
        "%",
        "未设目标",
        "+25.0",
    ]
    assert rows[1] == ["文化", "✗", "10.0", "%", "未达标", "–", "–"]


def test_the_way_there_and_back_keeps_the_focus_and_the_place(page):
    page.locator("#matrix tbody tr").nth(2).locator("td").first.click()
    button = page.locator("#panel button", has_text="街镇专页")
    button.focus()
    before = page.evaluate("scrollY")
    button.press("Enter")
    assert page.evaluate("document.activeElement.id") == "zone-title"
    page.keyboard.press("Escape")
    assert page.locator("#zone-page").is_hidden()
    assert page.locator("#main").is_visible()
    assert page.evaluate("document.activeElement.textContent") == "街镇专页"
    assert page.evaluate("scrollY") == before
    assert page.text_content("#live") == "已返回报告"
    button.press("Enter")
    page.locator("#zone-page [data-act=back]").click()
    assert page.locator("#zone-page").is_hidden()


def test_the_browsers_own_way_back_leads_to_the_report(page):
    page.locator("#matrix tbody tr").nth(2).locator("td").first.click()
    until(page, "location.hash.includes('z=003')")
    page.locator("#panel button", has_text="街镇专页").click()
    until(page, "location.hash.includes('v=zone')")
    page.go_back()
    until(page, "document.querySelector('#zone-page').hidden")
    assert page.evaluate("lifecircle.state.row") == 2


def test_next_and_previous_follow_the_matrix(page, path):
    go(page, path, "z=001&v=zone&l=zh")
    assert page.locator("[data-act=previous]").is_disabled()
    page.locator("[data-act=next]").click()
    assert page.evaluate("lifecircle.state.row") == 1
    # The button keeps the focus, so that it can be pressed again.
    assert page.evaluate("document.activeElement.dataset.act") == "next"
    for _ in range(3):
        page.keyboard.press("Enter")
    assert page.evaluate("lifecircle.state.row") == 4
    assert page.locator("[data-act=next]").is_disabled()
    assert page.evaluate("document.activeElement.id") == "zone-title"
    page.locator("[data-act=previous]").click()
    assert page.evaluate("lifecircle.state.row") == 3
    # Nobody lives there.
    assert "NaN" not in page.inner_text("#zone-page")


def test_a_link_of_the_contents_leads_out_of_it(page, path):
    go(page, path, "z=003&v=zone&l=zh")
    page.locator("nav a[href='#sec-gap']").click()
    assert page.locator("#zone-page").is_hidden()
    assert page.evaluate("document.activeElement.id") == "h-gap"


def test_the_zones_rows_come_as_a_file(page, path):
    go(page, path, "z=003&v=zone&l=zh")
    name, rows, _ = saved(page, "[data-act=get]")
    assert name == "coverage-003.csv"
    assert [(row["definition"], row["zone"], row["service"]) for row in rows] == [
        (MAIN, "003", "health"), (MAIN, "003", "culture"), (MAIN, "003", "all"),
        ("land.network", "003", "health"), ("dwellings.network", "003", "health"),
    ]  # fmt: skip
    go(page, path, "z=003&v=zone&t=12&l=zh")
    name, rows, _ = saved(page, "[data-act=get]")
    assert name == "coverage-003-whatif-12min.csv"
    assert [row["covered"] for row in rows] == ["500", "500", "500"]


# --- names, widths, words -----------------------------------------------------------------------


@pytest.mark.parametrize("width", [320, 390, 640, 1280])
@pytest.mark.parametrize("choices", ["l=zh", "l=en&z=004&v=zone", "l=zh&z=005&v=zone&t=12"])
def test_names_stay_names_and_nothing_scrolls_sideways(browser, path, width, choices):
    opened = open_page(browser, path, width=width)
    page = opened.page
    go(page, path, choices)
    if "v=zone" not in choices:
        listed(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("img").count() == 0
    text = page.evaluate("document.body.innerText")
    assert not NO_NUMBER.search(text)
    assert opened.messages == []
    page.context.close()


def test_english_speaks_english(page, path):
    go(page, path, "z=003&v=zone&l=en")
    text = page.inner_text("#zone-page")
    assert not re.search("卫生|文化|达标|覆盖|分钟|口径", text)
    assert "450 short" in text
    page.keyboard.press("Escape")
    listed(page)
    assert not re.search("卫生|文化|达标|覆盖|分钟|口径", page.inner_text("#sec-gap"))


# --- paper --------------------------------------------------------------------------------------


def printed(page, path) -> list[str]:
    """The text of each page on paper."""
    if PDFTOTEXT is None:
        pytest.skip("no pdftotext on this machine")
    page.pdf(path=path, prefer_css_page_size=True, print_background=True)
    made = subprocess.run([PDFTOTEXT, "-layout", str(path), "-"], capture_output=True, check=True)
    return made.stdout.decode("utf-8").split("\f")[:-1]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Fifty zones whose two services fail: a hundred rows."""
    zones = tuple(Zone(f"{at:03}", f"镇{at}") for at in range(50))
    places = (*(("zone", zone.id, "") for zone in zones), ("city", "", ""))
    keys = ("health", "culture")
    cells = {
        (key, service): Cell(100.0, 40.0 - at * 0.1, "fail", curve=step((0, 0.5)))
        for at, (_, key, _) in enumerate(places)
        for service in keys
    }
    path = tmp_path_factory.mktemp("many") / "report.html"
    write_page(path, block_of(zones, [Sheet(MAIN, keys, places, cells)]))
    return path


def test_forty_rows_are_shown_and_the_others_on_demand(browser, many):
    opened = open_page(browser, many)
    page = opened.page
    assert len(listed(page)) == 40
    assert page.inner_text("#gap-more") == "显示全部 100 行"
    page.click("#gap-more")
    assert len(listed(page)) == 100
    # A list of all waits until the slider rests.
    page.evaluate("lifecircle.set({ minutes: 12 })")
    until(page, "document.querySelector('#gap-sum').textContent.includes('3,500')")
    assert len(listed(page)) == 100
    page.click("#gap-more")
    assert len(listed(page)) == 40
    page.context.close()


def test_paper_shows_eighty_rows_and_says_where_the_others_are(browser, many, tmp_path):
    opened = open_page(browser, many)
    page = opened.page
    sheets = printed(page, tmp_path / "all.pdf")
    text = "\n".join(sheets)
    listing = text[text.index("短板清单：") :]
    assert "其余 20 行见 coverage.xlsx" in listing
    assert re.search(r"^\s*80\s+镇", listing, re.MULTILINE)
    assert not re.search(r"^\s*81\s+镇", listing, re.MULTILINE)
    assert "所示服务：卫生" in sheets[0]
    assert "时限：按标准（卫生 15 分）" in sheets[0]
    assert "结论" in sheets[0]
    assert "显示全部" not in text
    assert "下载" not in text
    # The head of a table stands on each of its pages; the page says which it is.
    assert len(re.findall("累计占比 ", text)) == sum(
        "80" in s or "镇49" in s for s in sheets if "累计占比" in s
    )
    assert re.search(rf"1 ?/ ?{len(sheets)}$", sheets[0].strip())
    assert all(len([line for line in sheet.splitlines() if line.strip()]) >= 3 for sheet in sheets)
    # Back on the screen.
    assert len(listed(page)) == 40
    assert page.locator("#gap-rest").is_hidden()
    page.context.close()


def test_a_what_if_says_so_on_every_page_of_paper(browser, many, tmp_path):
    opened = open_page(browser, many)
    page = opened.page
    go(page, many, "t=12&l=zh")
    sheets = printed(page, tmp_path / "varied.pdf")
    assert "试算：所有服务统一按 12 分钟计算，不是标准结果。" in sheets[0]
    assert all("试算 12 分钟" in sheet for sheet in sheets)
    assert "试算的其余 20 行请在页面中下载清单" in "\n".join(sheets)
    page.context.close()


def test_paper_frames_what_is_undecided_and_hides_what_is_pressed(page):
    listed(page)
    page.emulate_media(media="print")
    styles = page.evaluate(
        """() => [
          getComputedStyle(document.querySelector("#matrix td.undecided")).outlineStyle,
          getComputedStyle(document.querySelector("#gap-list .chip.undecided")).borderTopStyle,
          getComputedStyle(document.querySelector("#gap-list .chip.undecided")).backgroundImage,
        ]"""
    )
    assert styles == ["dashed", "dashed", "none"]
    assert page.locator("#gap-parent, #gap-service, #get-gaps, #gap-more, .get").count() > 0
    for control in page.locator("#gap-parent, #gap-service, #get-gaps, #gap-more, .get").all():
        assert control.is_hidden()
    assert page.locator("#print-state").is_visible()
    page.emulate_media(media="screen")
    assert page.locator("#print-state").is_hidden()


def test_paper_of_a_zone_is_that_page_and_nothing_else(page, path, tmp_path):
    go(page, path, "z=003&v=zone&l=en")
    sheets = printed(page, tmp_path / "zone.pdf")
    text = "\n".join(sheets)
    assert len(sheets) == 1
    assert "三街道" in text
    assert "450 short" in text
    for absent in ("Back to the report", "Gap list", "The result", "Zone × service"):
        assert absent not in text
