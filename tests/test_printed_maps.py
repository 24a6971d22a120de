"""Maps on paper: what stands on them, where, and how large."""

from __future__ import annotations

import dataclasses
import itertools
import math

import geopandas as gpd
import matplotlib
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from lifecircle.printed import fonts
from lifecircle.printed.gap_map import gap_page, has_gap
from lifecircle.printed.page import PAPERS, PICTURE, own_settings
from lifecircle.printed.plate import outline

from .printed_pages import artists, boxes, drawn, make, pixel, texts
from .report_city import grid_zones, made_up_content, ward_zones

ELLIPSOID = pyproj.Geod(ellps="WGS84")
HOSTILE = [
    '<script>alert("1")</script>', "${x} `$y$` $\\frac{1}{2}$", "a_b^c{d}\\n%s",
    "שלום עולם", "\u202eevil\u202c\x07\nline", "长" * 300, "x" * 300, "'\"", "",
]  # fmt: skip


@pytest.fixture(scope="module")
def city():
    """Twenty-five zones of which the last has no demand; elderly care has no data."""
    return made_up_content(grid_zones(5))


def rows_of(content, key):
    table = content.coverage
    return table[(table["level"] == "zone") & (table["service"] == key)].set_index("zone")


# Zones, their colours and the legend ------------------------------------------------------------


def test_every_zone_is_drawn_in_the_colour_of_its_verdict(city):
    made = make(city)
    drawn_as = {
        each.get_gid().removeprefix("zones-"): len(each.get_paths())
        for each in artists(made.page, "zones-")
    }
    rows = rows_of(city, "health")
    below = 0.85 - rows["rate"]
    expected = {
        "pass": (rows["status"] == "pass").sum(),
        "fail_1": ((rows["status"] == "fail") & (below < 0.05)).sum(),
        "fail_2": ((rows["status"] == "fail") & (below >= 0.05) & (below < 0.15)).sum(),
        "fail_3": ((rows["status"] == "fail") & (below >= 0.15)).sum(),
        "no_demand": 1,
    }
    assert drawn_as == {kind: n for kind, n in expected.items() if n}
    assert sum(drawn_as.values()) == 25


def test_the_legend_lists_the_kinds_that_occur_with_their_numbers(city):
    made = make(city, language="en")
    rows = rows_of(city, "health")
    counts = dict(zip(texts(made.page, "legend"), texts(made.page, "legend-count"), strict=True))
    assert counts["pass"] == str((rows["status"] == "pass").sum())
    assert counts["no demand"] == "1"
    failing = sum(int(n) for kind, n in counts.items() if kind.startswith("fail,"))
    assert failing == (rows["status"] == "fail").sum()
    assert not any("not in scope" in kind for kind in counts)


def test_the_head_tells_service_rate_verdict_and_definition(city):
    made = make(city, "sports", language="zh")
    whole = city.coverage
    whole = whole[(whole["level"] == "city") & (whole["service"] == "sports")].iloc[0]
    floored = math.floor(whole["rate"] * 1000) / 10
    assert texts(made.page, "title") == ["体育"]
    assert [text.replace("\u00a0", " ") for text in texts(made.page, "rate")] == [f"{floored} %"]
    word = {"pass": "达标", "fail": "未达标"}[whole["status"]]
    assert texts(made.page, "verdict") == [word]
    everything = " ".join(texts(made.page))
    assert "口径：人口（人）" in everything
    assert "目标 85" in everything
    assert "时限 15 分" in everything
    assert "© OpenStreetMap contributors, ODbL" in everything
    assert "路网 2026-08-01；人口 2020-11-01" in everything
    assert "计算于 2026-11-22" in everything


def test_undecided_zones_are_hatched_and_counted_with_their_status(city):
    table = city.coverage.astype({"certainty": object})
    failing = (table["level"] == "zone") & (table["service"] == "health") & (table["rate"] < 0.8)
    table.loc[failing, "certainty"] = "undecided"
    made = make(dataclasses.replace(city, coverage=table), language="en")
    (hatched,) = artists(made.page, "zones-undecided")
    assert hatched.get_hatch()
    n = int(failing.sum())
    assert f"undecided ({n} of them fail)" in texts(made.page, "legend")


def test_a_service_without_data_says_so_and_shows_no_facilities(city):
    made = make(city, "elderly", language="en")
    assert texts(made.page, "legend") == ["no data"]
    assert texts(made.page, "legend-count") == ["25"]
    assert texts(made.page, "rate") == []
    assert artists(made.page, "facilities") == []
    assert not any("facilit" in text for text in texts(made.page))


def test_facilities_stand_at_the_middle_of_their_entrances(city):
    made = make(city)
    (dots,) = artists(made.page, "facilities")
    own = city.facilities[city.facilities["service"] == "health"]
    assert own["facility"].nunique() == 7
    assert len(dots.get_xdata()) == 7
    assert "设施（图内 7 处）" in texts(made.page)


# Scale and north --------------------------------------------------------------------------------


def lonlat(made, x, y):
    """Degrees of a place on the paper, by an inverse of its own."""
    frame = made.plate.layout.frame
    back = pyproj.Transformer.from_crs(made.plate.scene.crs, 4326, always_xy=True)
    return back.transform(
        frame.west + (x - frame.box[0]) / frame.mm_per_m,
        frame.south + (y - frame.box[1]) / frame.mm_per_m,
    )


@pytest.mark.parametrize("crs", ["auto", "EPSG:4547"])  # the second is 7 degrees away: 0.5 % long
@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_the_scale_bar_is_true_on_the_ground(city, crs, paper):
    made = make(city, crs=crs, paper=PAPERS[paper])
    (bar,) = artists(made.page, "scale")[:1]
    long = float(np.ptp(bar.get_xdata()))
    left, lower, wide, high = made.plate.layout.frame.box
    x, y = left + wide / 2, lower + high / 2
    west, east = lonlat(made, x - long / 2, y), lonlat(made, x + long / 2, y)
    metres = ELLIPSOID.inv(*west, *east)[2]
    (said,) = texts(made.page, "scale-text")
    number, unit = said.split()
    told = float(number) * {"m": 1, "km": 1000}[unit]
    assert metres == pytest.approx(told, rel=2e-4)
    assert number[0] in "125"
    assert set(number[1:]) <= {"0"}


def test_the_arrow_points_to_true_north(city):
    # 121.03 E seen from the meridian of 114 E: grid north lies about 7.03 sin 30.98 to the right
    made = make(city, crs="EPSG:4547")
    middle = city.zones.total_bounds.reshape(2, 2).mean(axis=0)
    expected = -(middle[0] - 114) * math.sin(math.radians(middle[1]))
    assert made.plate.layout.frame.north == pytest.approx(expected, abs=0.05)
    arrow = artists(made.page, "north")[0].get_xy()
    tip, notch = arrow[0], arrow[2]
    turned = math.degrees(math.atan2(*(tip - notch)))
    assert turned == pytest.approx(expected, abs=0.05)


def test_scale_is_equal_both_ways(city):
    made = make(city)
    west, south, east, north = shapely.total_bounds(made.plate.zones)
    bounds = made.plate.scene.bounds
    across, along = (
        (east - west) / (bounds[2] - bounds[0]),
        (north - south) / (bounds[3] - bounds[1]),
    )
    assert across == pytest.approx(along, rel=1e-3)


# Labels -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [1, 5, 9, 15])
@pytest.mark.parametrize("paper", [PAPERS["a4"], PAPERS["a3"], PICTURE])
def test_labels_lie_on_the_map_and_on_no_other(side, paper):
    made = make(made_up_content(grid_zones(side)), paper=paper)
    found = boxes(made.page)
    assert len(found) == side**2
    left, lower, wide, high = made.plate.layout.frame.box
    for box in found.values():
        assert box[0] >= left
        assert box[1] >= lower
        assert box[2] <= left + wide
        assert box[3] <= lower + high
    for a, b in itertools.combinations(found.values(), 2):
        apart = (a[:2] >= b[2:] - 0.15).any() or (b[:2] >= a[2:] - 0.15).any()
        assert apart, (a, b)


def test_a_label_holds_name_mark_and_rate_rounded_down(city):
    made = make(city)
    rows = rows_of(city, "health")
    for at, (zone, row) in enumerate(rows.iterrows()):
        name, result = texts(made.page, f"label-{at}")
        assert name == city.zones.loc[zone, "name"]
        if row["status"] == "no demand":
            assert result == "–"
            continue
        mark = {"pass": "✓", "fail": "✗"}[row["status"]]
        assert result == f"{mark} {math.floor(row['rate'] * 1000 + 1e-9) / 10:.1f} %"


def test_zones_without_room_for_a_name_are_numbered_and_listed():
    content = made_up_content(grid_zones(15))
    made = make(content)
    rows = rows_of(content, "health")
    assert texts(made.page, "label-0")[0] == "1"
    percent = math.floor(rows["rate"].iloc[0] * 1000 + 1e-9) / 10
    assert texts(made.page, "label-0")[1].split()[1] == f"{percent:.1f}"
    assert "1 第0街道" in " ".join(texts(made.page)).replace("  ", " ")
    assert any("coverage.xlsx" in text for text in texts(made.page))


@pytest.mark.parametrize("key", ["health", "all"])
@pytest.mark.parametrize("paper", [PAPERS["a4"], PICTURE])
def test_names_that_mean_harm_are_printed_as_they_are(tmp_path, key, paper):
    made = make(made_up_content(grid_zones(3, HOSTILE), name=HOSTILE[1]), key, paper=paper)
    with own_settings():
        made.page.figure.savefig(tmp_path / "a.pdf")
        made.page.figure.savefig(tmp_path / "a.png")
    assert all(not text.get_parse_math() for text in made.page.axes.texts)
    everything = "".join(texts(made.page)).replace(" ", "")
    assert "${x}`$y$`$\\frac{1}{2}$" in everything
    assert "a_b^c{d}\\n%s" in everything
    assert "evilline" in everything
    assert "\u202e" not in everything
    assert "长长长" in everything
    assert "长" * 60 not in everything
    assert "310008" in everything  # a zone without a name goes by its id
    for box in boxes(made.page).values():
        assert box[0] > 0
        assert box[2] < paper.width


# Shapes -----------------------------------------------------------------------------------------


def one_zone(shape):
    return gpd.GeoDataFrame(
        {"name": ["独镇"], "parent": "", "area_type": ""},
        geometry=[shape], index=pd.Index(["1"], name="zone"), crs="EPSG:4326",
    )  # fmt: skip


def test_a_hole_shows_the_paper_and_an_island_does_not():
    # a square with a hole, and in the hole a second part of the zone
    ring = shapely.box(121, 31, 121.09, 31.09).difference(shapely.box(121.02, 31.02, 121.07, 31.07))
    island = shapely.box(121.04, 31.04, 121.05, 31.05)
    content = made_up_content(one_zone(shapely.MultiPolygon([ring, island])))
    made = make(dataclasses.replace(content, facilities=content.facilities.iloc[:0]))
    to_metres = pyproj.Transformer.from_crs(4326, made.plate.scene.crs, always_xy=True)

    def colour(lon, lat):
        place = np.array([to_metres.transform(lon, lat)])
        return pixel(made.page, *made.plate.layout.frame.on_paper(place)[0])

    inside, hole, part = colour(121.01, 31.045), colour(121.03, 31.03), colour(121.043, 31.043)
    assert hole == (255, 255, 255)
    assert inside != hole
    assert part == inside


def test_an_outline_has_all_rings():
    shape = shapely.box(0, 0, 9, 9).difference(shapely.box(2, 2, 4, 4))
    both = outline(shapely.MultiPolygon([shape, shapely.box(20, 0, 21, 1)]))
    assert (both.codes == both.MOVETO).sum() == 3
    assert both.contains_point((1, 1))


def test_nothing_is_drawn_outside_the_frame(city):
    far = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(120, 30.99), (122, 30.99)])], crs="EPSG:4326"
    )
    outside = city.facilities.copy()
    outside.geometry = gpd.points_from_xy([125.0] * len(outside), [31.0] * len(outside))
    made = make(dataclasses.replace(city, facilities=outside), streets=far)
    (street,) = artists(made.page, "streets")
    assert street.get_clip_box() is not None
    left, lower, _, high = made.plate.layout.frame.box
    pixels, per_mm = drawn(made.page)
    margin = pixels[int((made.page.paper.height - lower - high) * per_mm) : -int(lower * per_mm),
                    : int((left - 1) * per_mm)]  # fmt: skip
    assert (margin == 255).all()
    assert "设施（图内 0 处）" in texts(made.page)


def test_the_paper_stands_upright_for_a_tall_area():
    tall = grid_zones(3)
    wide = tall.copy()
    wide.geometry = shapely.transform(
        tall.geometry.to_numpy(), lambda xy: np.column_stack([121 + (xy[:, 0] - 121) * 4, xy[:, 1]])
    )
    for zones, upright in ((tall, True), (wide, False)):
        paper = make(made_up_content(zones)).plate.layout.paper
        assert (paper.height > paper.width) == upright


def test_notebook_settings_neither_change_a_map_nor_are_changed(city, tmp_path):
    with matplotlib.rc_context({"savefig.bbox": "tight", "font.size": 40, "text.color": "red"}):
        before = dict(matplotlib.rcParams)
        made = make(city)
        with own_settings():
            made.page.figure.savefig(tmp_path / "a.png", dpi=100)
        assert dict(matplotlib.rcParams) == before
    from PIL import Image  # noqa: PLC0415 - only here

    with Image.open(tmp_path / "a.png") as image:
        assert sorted(image.size) == [826, 1169]  # A4 at 100 dpi


# Gaps -------------------------------------------------------------------------------------------


def test_circles_have_areas_as_the_gaps(city):
    made = make(city, "sports", draw=gap_page)
    rows = rows_of(city, "sports")
    gaps = rows["gap"].where(rows["status"] == "fail", 0.0).to_numpy()
    circles = {
        int(each.get_gid().removeprefix("gap-")): each.radius
        for each in artists(made.page, "gap-")
        if each.get_gid().removeprefix("gap-").isdigit()
    }
    assert set(circles) == set(np.flatnonzero(gaps > 0))
    largest = int(np.argmax(gaps))
    for at, radius in circles.items():
        ratio = (radius / circles[largest]) ** 2
        assert ratio == pytest.approx(gaps[at] / gaps[largest], rel=1e-9)
        assert f"{math.ceil(gaps[at] - 1e-9):,}" in texts(made.page, f"label-{at}")


def test_a_key_of_the_gap_legend_is_as_large_as_it_says(city):
    made = make(city, "sports", draw=gap_page, language="en")
    rows = rows_of(city, "sports")
    gaps = rows["gap"].where(rows["status"] == "fail", 0.0)
    largest = max(each.radius for each in artists(made.page, "gap-") if each.get_gid() != "gap-key"
                  and hasattr(each, "radius"))  # fmt: skip
    keys = [each.radius for each in artists(made.page, "gap-key")]
    said = [float(text.split()[0].replace(",", "")) for text in texts(made.page, "gap-amount")]
    assert len(keys) == len(said) >= 2
    for radius, told in zip(keys, said, strict=True):
        assert (radius / largest) ** 2 == pytest.approx(told / gaps.max(), rel=1e-9)


def test_where_nothing_is_missing_there_is_no_map_of_gaps(city):
    one = make(city).one
    assert has_gap(one, "sports")
    assert not has_gap(one, "elderly")


# Fonts ------------------------------------------------------------------------------------------


@pytest.fixture
def no_chinese(monkeypatch):
    only = [entry for entry in fonts.installed() if entry.name == fonts.ALWAYS]
    monkeypatch.setattr(fonts, "installed", lambda: only)
    monkeypatch.setattr(fonts, "_look_again", lambda: None)


def test_without_a_chinese_font_chinese_is_an_error_with_a_remedy(city, no_chinese):
    with pytest.raises(
        fonts.InputError, match=r"No font with Chinese letters.*--font FILE"
    ) as caught:
        make(city)
    assert "Noto Sans CJK SC" in str(caught.value)
    assert "--lang en" in str(caught.value)
    assert "没有找到含中文字形的字体" in caught.value.text("zh")


def test_without_a_chinese_font_latin_names_are_printed_in_english(no_chinese, tmp_path):
    from .conftest import MONACO  # noqa: PLC0415 - only here

    content = made_up_content(ward_zones(MONACO / "wards.geojson"), name="Monaco")
    standard = dataclasses.replace(content.standard, source="a plan")
    content = dataclasses.replace(content, standard=standard, definitions=content.definitions)
    made = make(content, language="en")
    with own_settings():
        made.page.figure.savefig(tmp_path / "a.pdf")
    assert made.plate.fonts.families == ("DejaVu Sans",)
    assert "Monte-Carlo" in texts(made.page)


def test_letters_that_no_font_has_are_left_out_and_named(tmp_path):
    names = ["Aͷ\U0001fae8B", "\U0001fae8\U0001fae8"]
    content = made_up_content(grid_zones(2, names))
    made = make(content)
    if "\U0001fae8" not in made.plate.fonts.missing:
        pytest.skip("a font here has even this")
    with own_settings():
        made.page.figure.savefig(tmp_path / "a.png")
    assert texts(made.page, "label-0")[0].endswith("…B")
    assert texts(made.page, "label-1")[0] == "310001"


def test_a_file_that_is_no_font_is_an_error(tmp_path):
    for name in ("none.ttf", "bad.ttf"):
        path = tmp_path / name
        if name == "bad.ttf":
            path.write_bytes(b"no font")
        with pytest.raises(fonts.InputError, match=rf"--font .*{name}: this is no font"):
            fonts.find_fonts(["a"], path)


def test_a_font_file_comes_first(tmp_path):
    entry = next(entry for entry in fonts.installed() if entry.name == "DejaVu Serif")
    assert fonts.find_fonts(["abc"], entry.fname).families[0] == "DejaVu Serif"
