"""The map of the page in a real browser, on figures that are known by hand."""

import math
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.chromium import chromium, open_page
from tests.map_block import SIDE, SOUTH, WEST, block, png, steps, surface, varint, write_page
from tests.test_report import HOSTILE

pytestmark = pytest.mark.browser

COLUMNS, ROWS = 20, 5
MINUTES = np.tile(np.arange(COLUMNS), (ROWS, 1))
MINUTES[-1, :8] = [20, 22, 24, 26, 28, 30, 31, 32]
SCHOOL = np.full((ROWS, COLUMNS), 7)
SCHOOL[:, 10:] = 32
SURFACE = surface(clinic=MINUTES, school=SCHOOL)
SHADES = """() => {
  const canvas = document.querySelector("#map canvas.surface");
  const context = canvas.getContext("2d");
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
  return Array.from({ length: height }, (_, row) => Array.from({ length: width }, (_, column) => {
    const [red, , blue, alpha] = data.slice(4 * (row * width + column));
    return alpha === 0 ? "" : Math.abs(blue - red) < 20 ? "grey" : blue > red ? "blue" : "orange";
  }));
}"""
BOXES = """(selector) => [...document.querySelectorAll(selector)].map((node) => {
  const { left, top, right, bottom } = node.getBoundingClientRect();
  return [left, top, right, bottom];
})"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def show(browser, tmp_path):
    """Opens a page of this data, and closes it after the test."""
    opened = []

    def open_it(data, **options):
        path = write_page(tmp_path / f"页 {len(opened)}.html", data)
        found = open_page(browser, path, **options)
        opened.append(found)
        found.page.wait_for_selector("html[data-ready]", state="attached")
        return found

    yield open_it
    for one in opened:
        assert one.messages == []
        assert len(set(one.requests)) == 1
        one.page.context.close()


def choose(page, **change) -> None:
    page.evaluate("change => lifecircle.set(change)", change)


def at(page, lon: float, lat: float) -> tuple[float, float]:
    """Where a place is in the window; the map has a border of one pixel."""
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator("#map").bounding_box()
    point = page.evaluate(
        "([lat, lon]) => lifecircle.map.latLngToContainerPoint([lat, lon])", [lat, lon]
    )
    return box["x"] + 1 + point["x"], box["y"] + 1 + point["y"]


def latitude(row: float) -> float:
    """The latitude of a row of the surface, 0 at its northern edge, evenly spread in Mercator."""
    low, high = (math.asinh(math.tan(math.radians(x))) for x in (SOUTH, SOUTH + SIDE))
    return math.degrees(math.atan(math.sinh(high - (high - low) * row / ROWS)))


def surface_shown(page) -> None:
    page.wait_for_selector("#map canvas.surface")


def overlaps(boxes, slack: float = 1.5) -> list:
    return [
        (a, b)
        for n, a in enumerate(boxes)
        for b in boxes[:n]
        if all(a[k] + slack < b[k + 2] and b[k] + slack < a[k + 2] for k in (0, 1))
    ]


# Walking time ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "row", "clinic", "school"),
    [
        (0.5, 0.5, "≤ 0 分钟 ✓", "≤ 7 分钟 ✓"),
        (9.95, 2.05, "≤ 9 分钟 ✓", "≤ 7 分钟 ✓"),
        (10.05, 2.95, "≤ 10 分钟 ✓", "附近无需求点"),
        (15.5, 3.5, "≤ 15 分钟 ✓", "附近无需求点"),
        (16.05, 0.05, "≤ 16 分钟 ✗", "附近无需求点"),
        (1.5, 4.5, "≤ 22 分钟 ✗", "≤ 7 分钟 ✓"),
        (6.5, 4.5, "超过 30 分钟 ✗", "≤ 7 分钟 ✓"),
        (7.5, 4.05, "附近无需求点", "≤ 7 分钟 ✓"),
    ],
)
def test_a_click_tells_the_minutes_of_the_pixel_there(show, column, row, clinic, school):
    page = show(block(surface=SURFACE)).page
    choose(page, layer="time")
    surface_shown(page)
    lon, lat = WEST + 2 * SIDE * column / COLUMNS, latitude(row)
    page.mouse.click(*at(page, lon, lat))
    # The pictures of the other services are read first.
    page.locator(".answer tr").nth(1).wait_for()
    text = page.locator(".answer tr").all_inner_texts()
    assert [re.sub(r"\s+", " ", line).strip() for line in text] == [
        f"卫生站 {clinic}",
        f"学校 {school}",
    ]
    assert page.evaluate("lifecircle.state.row") == int(column >= 10)
    shown_at = page.inner_text(".answer .mono").split(", ")
    # The window's pixels are whole, a pixel of the surface is dozens of them.
    assert [float(x) for x in shown_at] == pytest.approx([lon, lat], abs=5e-5)
    page.keyboard.press("Escape")
    assert page.locator(".answer").count() == 0


def test_the_pointer_reads_the_minutes(show):
    page = show(block(surface=SURFACE)).page
    choose(page, layer="time", language="en")
    surface_shown(page)
    page.mouse.move(*at(page, WEST + 12.5 * SIDE / 10, latitude(1.5)))
    assert page.inner_text(".leaflet-tooltip").split("\n") == ["\u2068镇1\u2069", "Clinic ≤ 12 min"]


def test_blue_turns_to_orange_exactly_at_the_limit(show):
    page = show(block(surface=SURFACE)).page
    choose(page, layer="time")
    surface_shown(page)
    for limit in (None, *range(5, 31)):
        choose(page, minutes=limit)
        last = limit or 15
        within = np.where(MINUTES > 20, 2 * (last // 2) >= MINUTES, last >= MINUTES)
        expected = np.where(within, "blue", "orange").astype(object)
        expected[MINUTES == 32] = ""
        assert page.evaluate(SHADES) == expected.tolist(), limit
        # Steps of two above 20 do not know the odd minutes: that is said.
        said = page.inner_text("#map-note") if page.locator("#map-note").is_visible() else ""
        assert ("每 2 分钟一级" in said) == (last > 20 and last % 2 == 1)


def test_the_legend_goes_up_to_the_limit_in_blue(show):
    page = show(block(surface=SURFACE)).page
    choose(page, layer="time", minutes=12, language="en")
    surface_shown(page)
    # Fifths of 12, rounded; fifths of the way to 30, above 20 the nearest even number.
    legend = page.inner_text("#map-legend").split()
    shown = " ".join(legend).replace("≤ ", "≤").replace("> ", ">")
    assert shown == "within ≤2 ≤5 ≤7 ≤10 ≤12 beyond ≤16 ≤19 ≤22 ≤26 >26 min"


def test_each_zone_is_coloured_by_its_own_limit(show):
    page = show(block(surface=SURFACE, limits=((5.0, 10.0), (15.0, 10.0)))).page
    choose(page, layer="time")
    surface_shown(page)
    # The border of the zones is between columns 9 and 10.
    own = np.where(np.arange(COLUMNS) < 10, 5, 15)
    expected = np.where(own >= MINUTES, "blue", "orange").astype(object)
    expected[MINUTES == 32] = ""
    assert page.evaluate(SHADES) == expected.tolist()
    assert page.locator("#map-legend .swatch").count() == 20


def test_a_limit_beyond_the_picture_leaves_grey_what_it_does_not_know(show):
    page = show(block(surface=SURFACE, limits=(45.0, 45.0))).page
    choose(page, layer="time")
    surface_shown(page)
    shades = page.evaluate(SHADES)
    assert shades[-1][5:8] == ["blue", "grey", ""]


def test_a_picture_that_was_altered_is_not_shown(show):
    light = png(np.full((ROWS, COLUMNS), 33), noise=0)
    page = show(block(surface=surface(school=SCHOOL, clinic=light))).page
    choose(page, layer="time")
    page.locator("#map-note", has_text="隐私").wait_for()
    assert page.locator("#map canvas").count() == 0
    choose(page, service="school")
    surface_shown(page)
    assert not page.inner_text("#map-legend").startswith("隐私")


def test_a_little_noise_changes_no_minute(show):
    noise = np.random.default_rng(1).integers(-3, 4, MINUTES.shape)
    noise[MINUTES == 0] = np.abs(noise[MINUTES == 0])
    noisy = surface(school=SCHOOL, clinic=png(MINUTES, noise=noise))
    page = show(block(surface=noisy)).page
    choose(page, layer="time")
    surface_shown(page)
    plain = show(block(surface=SURFACE)).page
    choose(plain, layer="time")
    surface_shown(plain)
    assert page.evaluate(SHADES) == plain.evaluate(SHADES)


def test_another_definition_has_no_surface_and_says_so(show):
    page = show(block(surface=SURFACE)).page
    choose(page, layer="time")
    surface_shown(page)
    choose(page, definition=1)
    assert page.locator("#map canvas").count() == 0
    assert "步行时间图只随主口径提供；此处显示的是“口径other”。" in page.inner_text("#map-note")
    page.mouse.click(*at(page, WEST + 0.002, SOUTH + 0.002))
    assert page.locator(".answer").count() == 0
    choose(page, definition=0)
    surface_shown(page)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "本报告未附步行时间图"),
        ({"dropped": ["surfaces"]}, "为控制文件大小，未附该类服务的步行时间图"),
        ({"surface": surface(school=SCHOOL)}, "该类服务没有步行时间图"),
    ],
)
def test_without_a_surface_there_is_a_reason(show, change, said):
    page = show(block(**change)).page
    choose(page, layer="time")
    assert said in page.inner_text("#map-note")
    assert page.locator("#map canvas").count() == 0


# People short, labels, zones ----------------------------------------------------------------------


def squares(side: int, **change):
    """A city of many zones: each lacks 10 people more than the last; every fifth not surely."""
    lacking = [10.0 * (n + 1) for n in range(side * side)]
    cells = [
        [
            (10_000.0, 8500.0 - lack, "f", "u" if n % 5 == 4 else "c"),
            (10_000.0, 9000.0, "p", "c"),
        ]
        for n, lack in enumerate(lacking)
    ]
    return block(side, side, cells=cells, **change), lacking


def test_the_area_of_a_circle_is_the_people_short(show):
    data, lacking = squares(5)
    page = show(data).page
    choose(page, layer="gap")
    circles = page.eval_on_selector_all(
        ".marks circle",
        "all => all.map(node => [Number(node.dataset.row), Number(node.getAttribute('r')),"
        " node.getAttribute('class')])",
    )
    assert len(circles) == 25
    areas = {row: radius**2 for row, radius, _ in circles}
    for row, lack in enumerate(lacking):
        assert areas[row] / areas[24] == pytest.approx(lack / lacking[24], rel=0.02)
    assert {row for row, _, look in circles if "unsure" in look} == set(range(4, 25, 5))
    # The legend's circles have the scale of the map.
    legend = page.eval_on_selector_all(
        "#map-legend .size",
        "all => all.map(node => [node.textContent,"
        " Number(node.querySelector('circle').getAttribute('r'))])",
    )
    assert len(legend) >= 2
    for text, radius in legend:
        assert radius**2 / areas[24] == pytest.approx(float(text) / lacking[24], rel=0.02)
    assert "灰色：待定" in page.inner_text("#map-legend")


def test_where_nobody_is_short_there_is_no_circle(show):
    page = show(block()).page
    choose(page, layer="gap", service="school")
    assert page.locator(".marks circle").count() == 0
    assert "该类服务没有街镇存在差额" in page.inner_text("#map-legend")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("layer", ["status", "gap"])
def test_no_label_covers_another(show, width, layer):
    data, _ = squares(9, names=[f"第{n}号长名字街道" for n in range(81)])
    page = show(data, width=width).page
    choose(page, layer=layer, row=40)
    page.locator("#map").scroll_into_view_if_needed()
    for zoom in (0, 1):
        page.evaluate(
            "zoom => lifecircle.map.setZoom(lifecircle.map.getZoom() + zoom, {animate: false})",
            zoom,
        )
        boxes = page.evaluate(BOXES, ".marks text")
        assert len(boxes) >= 5
        assert overlaps([*boxes, *page.evaluate(BOXES, "#map-buttons")]) == []
        frame = page.evaluate(BOXES, "#map")[0]
        assert all(box[0] >= frame[0] - 1 and box[2] <= frame[2] + 1 for box in boxes)


def test_every_failing_zone_has_its_mark_where_there_is_room(show):
    data, _ = squares(5)
    page = show(data).page
    texts = page.locator(".marks text").all_text_contents()
    assert sum(text.startswith("?") for text in texts) == 5
    assert sum(text.startswith("✗") for text in texts) == 20
    choose(page, service="school")
    assert not any(
        re.match("[✓✗?]", text) for text in page.locator(".marks text").all_text_contents()
    )


def test_zones_have_their_class_and_undecided_ones_the_hatch(show):
    data, _ = squares(3)
    page = show(data).page
    looks = page.eval_on_selector_all(
        "#map path.zone", "all => all.map(node => node.getAttribute('class'))"
    )
    verdicts = page.evaluate(
        "lifecircle.data.zones.id.map((_, row) => lifecircle.sheet().verdict[row * 2])"
    )
    assert looks == [f"zone {verdict}" for verdict in verdicts]
    fill = "node => getComputedStyle(node).fill"
    assert "map-hatch" in page.locator("#map path.zone").nth(4).evaluate(fill)
    # 8,500 − 60 of 10,000: 0.6 points below the target.
    assert page.locator("#map path.zone").nth(5).evaluate(fill) == "rgb(249, 208, 168)"


@pytest.mark.parametrize("layer", ["status", "gap", "time"])
def test_a_click_on_a_zone_chooses_it_and_it_is_outlined(show, layer):
    page = show(block(surface=SURFACE)).page
    choose(page, layer=layer)
    assert page.locator("#map path.outline").count() == 0
    page.mouse.click(*at(page, WEST + 1.2 * SIDE, SOUTH + 0.2 * SIDE))
    assert page.evaluate("lifecircle.state.row") == 1
    [left, _, right, _] = page.evaluate(BOXES, "#map path.outline")[0]
    assert left == pytest.approx(at(page, WEST + SIDE, SOUTH)[0], abs=3)
    assert right == pytest.approx(at(page, WEST + 2 * SIDE, SOUTH)[0], abs=3)


def test_the_map_follows_the_matrix_only_to_what_is_out_of_sight(show):
    data, _ = squares(5)
    page = show(data).page
    centre = "(({lat, lng}) => [lat, lng])(lifecircle.map.getCenter())"
    before = page.evaluate(centre)
    choose(page, row=24)
    assert page.evaluate(centre) == before
    page.evaluate("lifecircle.map.setView([43.705, 7.405], 14, { animate: false })")
    choose(page, row=24)
    choose(page, row=0)
    page.wait_for_timeout(400)
    choose(page, row=24)
    page.wait_for_timeout(600)
    seen = page.evaluate("lifecircle.map.getBounds().contains([43.745, 7.445])")
    assert seen


@pytest.mark.parametrize("width", [320, 390, 1280, 1920])
def test_the_whole_area_is_in_sight_until_the_map_is_moved(show, width):
    data, _ = squares(4)
    page = show(data, width=width).page
    whole = "lifecircle.map.getBounds().contains(lifecircle.data.zones.bounds)"
    assert page.evaluate(whole)
    page.set_viewport_size({"width": max(320, width - 300), "height": 700})
    page.wait_for_timeout(300)
    assert page.evaluate(whole)
    page.locator("#map-buttons button").first.click()
    page.wait_for_timeout(500)
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_timeout(300)
    page.locator("#map-buttons button").nth(2).click()
    assert page.evaluate(whole)


def test_one_zone_is_a_map_too(show):
    page = show(block(1, 1)).page
    assert page.locator("#map path.zone").count() == 1
    for layer in ("gap", "time", "status"):
        choose(page, layer=layer, row=0)
    assert page.locator("#map path.outline").count() == 1


def test_a_hint_says_zone_rate_and_gap(show):
    page = show(block()).page
    page.mouse.move(*at(page, WEST + 0.3 * SIDE, SOUTH + 0.2 * SIDE))
    # 0.85 × 1000 − 400.
    text = page.inner_text(".leaflet-tooltip").split("\n")
    assert text == ["\u2068镇0\u2069", "卫生站 40.0\u202f% ✗ 未达标", "再覆盖 450 人即达标"]


# Facilities, streets, audit -----------------------------------------------------------------------

FACILITIES = {
    "clinic": {
        "n": 2,
        "xy": varint(steps([(WEST + 0.004, SOUTH + 0.004), (WEST + 0.016, SOUTH + 0.006)])),
        "names": "甲<b>\n",
        "people": {"f8": "AAAAAABAb0AAAAAAAAD4fw=="},
        "within": {"v": varint([120, 0])},
    }
}
"""The first is nearest for 250 people; the second has no name, and nobody knows for how many."""


def test_a_facility_says_whom_it_serves(show):
    page = show(block(facilities=FACILITIES)).page
    page.check("#show-facilities")
    page.mouse.move(*at(page, WEST + 0.004, SOUTH + 0.004))
    text = page.inner_text(".leaflet-tooltip").split("\n")
    assert text == [
        "\u2068甲<b>\u2069",
        "卫生站",
        "是 250 人最近的同类设施，其中 120 人在标准时限内",
    ]
    page.mouse.move(*at(page, WEST + 0.016, SOUTH + 0.006))
    assert page.inner_text(".leaflet-tooltip").split("\n") == ["（无名称）", "卫生站"]
    choose(page, service="school")
    assert page.locator("#map .facility").count() == 0
    assert page.is_disabled("#show-facilities")
    assert "没有可显示的设施" in page.inner_text("#map-note")


def test_dots_stand_where_facilities_are(show):
    page = show(block(facilities=FACILITIES)).page
    page.check("#show-facilities")
    drawn = page.locator("#map .facility.dot").get_attribute("d")
    expected = page.evaluate(
        "[[43.704, 7.404], [43.706, 7.416]].map(place => lifecircle.map.latLngToLayerPoint(place))"
    )
    assert re.findall(r"M(-?[\d.]+) (-?[\d.]+)h", drawn) == [
        (str(point["x"]), str(point["y"])) for point in expected
    ]


def test_streets_can_be_hidden_and_their_absence_is_told(show):
    picture = {"bounds": SURFACE["bounds"], "png": png(np.zeros((4, 4)))}
    page = show(block(streets=picture)).page
    assert page.locator("#map img.streets").count() == 1
    page.uncheck("#show-streets")
    assert page.locator("#map img.streets").count() == 0
    without = show(block()).page
    assert not without.locator("#show-streets").is_visible()
    assert "未附道路底图" in without.inner_text("#map-note")
    dropped = show(block(dropped=["streets", "names"], facilities=FACILITIES)).page
    dropped.check("#show-facilities")
    assert "见 layers.gpkg" in dropped.inner_text("#map-note")


WAY = [(WEST + 0.003, SOUTH + 0.002), (WEST + 0.003, SOUTH + 0.006), (WEST + 0.012, SOUTH + 0.006)]
AUDITED = {
    "row": 1, "service": "school", "id": "n/1", "lon": WEST + 0.002, "lat": SOUTH + 0.002,
    "name": "", "facility": "f<1>", "access_m": 14.469, "path_m": 922.317,
    "facility_access_m": 8.733, "minutes": 14.18279, "path": varint([3, *steps(WAY)]),
}  # fmt: skip


def test_an_audited_place_can_be_recomputed_and_its_way_is_drawn(show):
    page = show(block(audit=[AUDITED])).page
    row = page.locator("#audit tbody tr")
    cells = row.locator("td, th").all_inner_texts()
    assert cells[0].split("\n") == ["7.40200, 43.70200", "\u2068n/1\u2069"]
    # 14.47 + 922.32 + 8.73 m, as they are shown.
    assert cells[1:6] == [
        "\u2068镇1\u2069",
        "学校",
        "f<1>",
        "14.47 + 922.32 + 8.73 = 945.52",
        "14.18",
    ]
    row.locator("button").click()
    assert page.evaluate("[lifecircle.state.row, lifecircle.state.service]") == [1, "school"]
    drawn = page.locator("#map path.way").get_attribute("d")
    expected = page.evaluate(
        "places => places.map(([lon, lat]) => lifecircle.map.latLngToLayerPoint([lat, lon]))", WAY
    )
    points = [tuple(map(float, found)) for found in re.findall(r"(-?[\d.]+) (-?[\d.]+)", drawn)]
    assert points == [(point["x"], point["y"]) for point in expected]
    assert page.locator("#map .route-end").all_inner_texts() == ["地点", "学校 · f<1>"]
    assert page.evaluate("lifecircle.map.getBounds().contains([43.706, 7.412])")
    page.keyboard.press("Escape")
    assert page.locator("#map path.way, #map .route-end").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "在地图上显示"


def test_without_an_audit_there_is_a_reason(show):
    assert "没有抽样核查表" in show(block()).page.inner_text("#audit")


# Small maps and paper -----------------------------------------------------------------------------


def test_a_small_map_for_every_service(show):
    data, _ = squares(3)
    page = show(data).page
    page.evaluate("lifecircle.flush()")
    figures = page.locator("#small-maps figure")
    assert figures.count() == 2
    assert "未达标街镇 8 个" in figures.nth(0).inner_text()
    assert figures.nth(1).locator("path.zone").count() == 1
    assert figures.nth(0).locator("path.zone.undecided").get_attribute("d").count("M") == 1
    ids = page.eval_on_selector_all("[id]", "all => all.map(node => node.id)")
    assert len(ids) == len(set(ids))
    figures.nth(1).locator("svg").click()
    assert page.evaluate("lifecircle.state.service") == "school"
    # The section may still have to come into sight.
    page.locator('#small-maps figure.on[data-service="school"]').wait_for()
    assert page.locator("#small-maps figure.on").count() == 1


def test_small_maps_keep_shared_borders_shared(show):
    page = show(block()).page
    page.evaluate("lifecircle.flush()")
    path = page.locator("#small-maps path.zone").first.get_attribute("d")
    first, second = (
        {tuple(p.split()) for p in re.split("[MLZ]", ring) if p} for ring in path.split("Z")[:2]
    )
    assert len(first & second) == 2


def test_paper_has_the_map_of_the_chosen_service(show):
    data, _ = squares(3)
    page = show(data).page
    assert not page.locator("#print-map").is_visible()
    choose(page, service="school", language="en")
    page.emulate_media(media="print")
    assert page.locator("#print-map").is_visible()
    assert page.inner_text("#print-map figcaption").startswith("School")
    assert page.locator("#print-map path.zone.pass").get_attribute("d").count("M") == 9
    assert not page.locator("#map").is_visible()


def test_legends_hold_what_occurs(show):
    data, _ = squares(3)
    page = show(data).page
    expected = ["✓ 达标", "? 待定", "✗ 低 5 点以内"]
    assert page.locator("#map-legend li").all_inner_texts() == expected
    assert page.locator("#matrix-legend li").all_inner_texts() == expected
    choose(page, minutes=5)
    # Every curve rises evenly to 30 minutes: a sixth is reached in 5.
    assert page.locator("#map-legend li").all_inner_texts() == ["✗ 低 15 点以上"]


# Names and access ---------------------------------------------------------------------------------

NAMES = [*HOSTILE[:6], "\u202eمرحبا", "很" * 300, "${alert(1)}"]


def test_hostile_names_do_nothing_on_the_map(show):
    points = [(WEST + 0.005, SOUTH + 0.005)]
    facilities = {"clinic": {"n": 1, "xy": varint(steps(points)), "names": HOSTILE[0],
                             "people": {"all": 1}, "within": {"all": 0}}}  # fmt: skip
    audit = [{**AUDITED, "name": HOSTILE[0], "id": HOSTILE[1], "row": 0}]
    names = NAMES[:9]
    minutes = surface(3, 3, clinic=MINUTES, school=SCHOOL)
    data = block(3, 3, names=names, facilities=facilities, audit=audit,
                 surface=minutes, attribution=HOSTILE[0])  # fmt: skip
    page = show(data).page
    page.check("#show-facilities")
    for layer in ("status", "gap", "time"):
        choose(page, layer=layer)
        for n in range(9):
            page.mouse.move(*at(page, WEST + (n % 3 + 0.5) * SIDE, SOUTH + (n // 3 + 0.5) * SIDE))
            page.mouse.click(*at(page, WEST + (n % 3 + 0.3) * SIDE, SOUTH + (n // 3 + 0.3) * SIDE))
    page.locator("#audit button").click()
    page.evaluate("lifecircle.flush()")
    page.emulate_media(media="print")
    page.emulate_media(media="screen")
    assert (
        page.locator("#right img, #audit img, #sec-multi img, [onerror], [onload], iframe").count()
        == 0
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    hint = page.locator(".leaflet-tooltip").first.bounding_box()
    assert hint["width"] <= 260


def test_nothing_hidden_takes_the_focus_and_axe_is_content(show):
    page = show(block(surface=SURFACE, facilities=FACILITIES, audit=[AUDITED])).page
    page.check("#show-facilities")
    for layer in ("status", "gap", "time"):
        choose(page, layer=layer)
        page.mouse.click(*at(page, WEST + 0.004, SOUTH + 0.002))
        page.evaluate("lifecircle.flush()")
        inside = page.evaluate(
            "[...document.querySelectorAll('[aria-hidden=true] *, [aria-hidden=true]')]"
            ".filter(node => node.tabIndex >= 0).map(node => node.outerHTML)"
        )
        assert inside == []
        for part in ("#right", "#sec-multi", "#audit"):
            found = Axe().run(page, context=part).response["violations"]
            assert [one["id"] for one in found] == []


def test_the_buttons_and_the_arrow_keys_move_the_map(show):
    page = show(block()).page
    zoom = page.evaluate("lifecircle.map.getZoom()")
    names = page.eval_on_selector_all(
        "#map-buttons button:not([hidden])", "all => all.map(b => b.ariaLabel)"
    )
    assert names == ["放大（方向键移动地图）", "缩小（方向键移动地图）", "显示全区"]
    page.locator("#map-buttons button").first.click()
    page.wait_for_timeout(500)
    assert page.evaluate("lifecircle.map.getZoom()") == pytest.approx(zoom + 0.5)
    before = page.evaluate("lifecircle.map.getCenter().lng")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("lifecircle.map.getCenter().lng") > before
    choose(page, language="en")
    assert (
        page.locator("#map-buttons button").nth(2).get_attribute("aria-label")
        == "Show the whole area"
    )


def test_the_layers_are_radio_buttons_that_change_the_map(show):
    page = show(block(surface=SURFACE)).page
    page.get_by_label("步行时间").check()
    surface_shown(page)
    assert page.evaluate("lifecircle.state.layer") == "time"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("lifecircle.state.layer") == "gap"
    assert page.locator("#map canvas").count() == 0
