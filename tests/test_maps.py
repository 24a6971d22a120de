"""Maps hold what the tables hold, need no network once saved, and run nothing hidden in names."""

import json
import re

import folium
import geopandas as gpd
import pandas as pd
import pytest
import shapely
from folium.plugins import Fullscreen

from lifecircle.definitions import Definition
from lifecircle.errors import InputError
from lifecircle.maps.gaps import gap_map
from lifecircle.maps.isochrones import isochrone_map
from lifecircle.maps.marks import Caption, inert
from lifecircle.maps.offline import save_offline
from lifecircle.maps.zones import coverage_map
from lifecircle.verdicts import COLOURS, percent, verdict
from tests.chromium import chromium, open_page
from tests.report_city import grid_zones, made_up_coverage, made_up_facilities, made_up_standard
from tests.test_report import HOSTILE

STANDARD = made_up_standard()
DEFINITION = Definition("population.network", demand="population", unit="persons")


@pytest.fixture(scope="module")
def zones():
    return grid_zones(3, HOSTILE)


@pytest.fixture(scope="module")
def coverage(zones):
    return made_up_coverage(zones, STANDARD, DEFINITION)


@pytest.fixture(scope="module")
def isochrones(zones):
    shapes = [shapely.Point(121, 31).buffer(size) for size in (0.005, 0.01)]
    return gpd.GeoDataFrame(
        {"minutes": [5.0, 15.0], "service": "health", "name": HOSTILE[:2]},
        geometry=shapes,
        crs="EPSG:4326",
    )


def features(picture: folium.Map) -> list[dict]:
    layers = [child for child in picture._children.values() if isinstance(child, folium.GeoJson)]
    return [feature for layer in layers for feature in layer.data["features"]]


def test_each_zone_has_its_verdicts_colour_and_rate(zones, coverage):
    shown = features(coverage_map(zones, coverage, service="sports"))
    rows = coverage.query("level == 'zone' and service == 'sports'").set_index("zone")
    assert len(shown) == len(zones)
    for feature, key in zip(shown, zones.index, strict=True):
        row = rows.loc[key]
        expected = verdict(row["status"], "", row["rate"], row["target"])
        assert feature["properties"]["colour"] == COLOURS[expected]
        rate = percent(row["rate"])
        assert feature["properties"]["rate"] == (f"{rate} %" if rate else "")


def test_a_service_without_data_is_drawn_as_such(zones, coverage):
    shown = features(coverage_map(zones, coverage, service="elderly"))
    assert {feature["properties"]["status"] for feature in shown} == {"– no data"}
    assert {feature["properties"]["rate"] for feature in shown} == {""}


def test_a_definition_is_chosen_by_its_key(zones, coverage):
    other = coverage.assign(definition="other", rate=0.1234, status="fail")
    table = pd.concat([coverage, other], ignore_index=True)
    shown = features(coverage_map(zones, table, service="sports", definition="other"))
    assert {feature["properties"]["rate"] for feature in shown} == {"12.3 %"}
    first = features(coverage_map(zones, table, service="sports"))
    assert {feature["properties"]["rate"] for feature in first} != {"12.3 %"}


def test_unknown_services_and_definitions_are_named(zones, coverage):
    with pytest.raises(InputError, match=r"no service 'gym'. It holds: health, elderly"):
        coverage_map(zones, coverage, service="gym")
    with pytest.raises(InputError, match=r"no definition 'x'. It holds: population.network"):
        coverage_map(zones, coverage, service="health", definition="x")


def test_an_empty_layer_cannot_be_drawn(zones, isochrones):
    with pytest.raises(InputError, match="layer of isochrones is empty"):
        isochrone_map(isochrones.iloc[:0])


def test_short_isochrones_lie_on_top_and_darker(isochrones):
    shown = features(isochrone_map(isochrones))
    assert [feature["properties"]["minutes"] for feature in shown] == ["15", "5"]
    far, near = (feature["properties"]["colour"] for feature in shown)
    assert int(near[1:], 16) < int(far[1:], 16)


def test_facilities_are_points_with_their_names(zones, isochrones):
    facilities = made_up_facilities(zones, STANDARD)
    shown = features(isochrone_map(isochrones, facilities))
    points = [feature for feature in shown if feature["geometry"]["type"] == "Point"]
    assert len(points) == len(facilities)
    assert points[0]["properties"]["name"] == "health/0"


def test_text_from_data_holds_nothing_that_markup_or_scripts_read():
    text = inert("""<a href="x">`${1}` \\u0041 'q' & {{ 7*7 }}{% x %}""")
    assert not set(re.sub(r"&#?\w+;", "", text)) & set("<>\"'`$\\&{}")


def test_the_map_keeps_the_caller_s_frames(zones, coverage):
    before = zones.copy()
    coverage_map(zones, coverage, service="sports")
    assert zones.equals(before)


# People short ---------------------------------------------------------------------------------

SHORT = [
    # zone, service, demand, covered, target, status, certainty; the gap: target × demand - covered
    (0, "health", 1000.0, 450.0, 0.85, "fail", "clear"),  # 400
    (1, "health", 1000.0, 750.0, 0.85, "fail", "undecided"),  # 100
    (2, "health", 1000.0, 900.0, 0.85, "pass", "clear"),  # 0
    (3, "health", 0.0, 0.0, 0.85, "no demand", ""),
    (4, "health", 1000.0, 0.0, 0.85, "not in scope", ""),  # 850 of a target that does not apply
    (0, "sports", 1000.0, 839.5, 0.85, "fail", "undecided"),  # 10.5
    (1, "sports", 1000.0, float("nan"), 0.85, "no data", ""),
    (2, "sports", 1000.0, 849.8, 0.85, "fail", "clear"),  # 0.2
    (3, "sports", 0.0, 0.0, 0.85, "no demand", ""),
    (4, "sports", 1000.0, 1000.0, 0.85, "pass", "clear"),  # 0
    *((zone, "all", 1000.0, 0.0, 0.85, "fail", "clear") for zone in range(5)),
]


@pytest.fixture(scope="module")
def short(zones):
    columns = ["at", "service", "demand", "covered", "target", "status", "certainty"]
    table = pd.DataFrame(SHORT, columns=columns)
    table["rate"] = table["covered"] / table["demand"].where(table["demand"] > 0)
    table["gap"] = (table["target"] * table["demand"] - table["covered"]).clip(lower=0)
    return table.assign(
        zone=zones.index[table["at"]], definition="people", level="zone", minutes=15.0, mode="walk"
    )


def split(picture: folium.Map) -> tuple[list[dict], dict[str, dict]]:
    """The features that are areas; those that are circles, by zone name."""
    shown = features(picture)
    areas = [one for one in shown if one["geometry"]["type"] != "Point"]
    points = [one for one in shown if one["geometry"]["type"] == "Point"]
    return areas, {one["properties"]["zone"]: one["properties"] for one in points}


def test_a_circle_s_area_is_the_people_short(zones, short):
    areas, circle = split(gap_map(zones, short, service="health"))
    assert len(areas) == len(zones)
    first, second = (circle[inert(name)] for name in HOSTILE[:2])
    assert set(circle) == {inert(name) for name in HOSTILE[:2]}
    assert (first["gap"], second["gap"]) == ("400", "100")
    assert first["radius"] ** 2 / second["radius"] ** 2 == pytest.approx(4)
    assert first["rate"], first["target"] == ("45.0 %", "85 %")
    assert first["status"] == "✗ fail"


def test_an_undecided_gap_is_marked_and_dashed(zones, short):
    areas, circle = split(gap_map(zones, short, service="health"))
    unsure = circle[inert(HOSTILE[1])]
    assert unsure["status"] == "? fail, not certain"
    assert unsure["outline"] != ""
    assert circle[inert(HOSTILE[0])]["outline"] == ""
    assert areas[1]["properties"]["outline"] == unsure["outline"]


def test_zones_that_are_not_judged_differ_from_those_that_pass(zones, short):
    areas, _ = split(gap_map(zones, short, service="health"))
    colours = [area["properties"]["colour"] for area in areas]
    assert len(set(colours)) == 3
    assert colours[0] == colours[1]  # short, under a circle
    assert colours[3] == colours[4] == colours[5]  # no demand, not in scope, no row at all
    assert areas[4]["properties"]["gap"] == ""
    assert areas[5]["properties"]["status"] == "– no data"


def test_services_are_summed_without_the_pseudo_service(zones, short):
    areas, circle = split(gap_map(zones, short, language="zh"))
    assert [circle[inert(name)]["gap"] for name in HOSTILE[:3]] == ["411", "100", "1"]
    ratio = circle[inert(HOSTILE[0])]["radius"] / circle[inert(HOSTILE[1])]["radius"]
    assert ratio**2 == pytest.approx(4.105)
    assert circle[inert(HOSTILE[0])]["outline"] != ""  # sports are undecided
    told = areas[0]["properties"]
    assert told["service_0"] == "✗ 未达标 · 45.0 %（目标 85 %） · 缺口 400"
    assert told["service_1"] == "? 未达标，但不确定 · 83.9 %（目标 85 %） · 缺口 11"
    assert areas[1]["properties"]["service_1"] == "– 无数据"
    assert "service_2" not in told
    assert areas[3]["properties"]["gap"] == ""


def test_a_gap_map_names_definition_service_limit_and_mode(zones, short):
    mixed = short.assign(minutes=short["service"].map({"health": 15.0, "sports": 10.0}))
    expected = {
        None: "people · all services summed · walk",
        "sports": "people · sports 10 min · walk",
    }
    for service, line in expected.items():
        parts = gap_map(zones, mixed, service=service)._children.values()
        assert line in [part.text for part in parts if isinstance(part, Caption)]


def test_nobody_short_means_no_circle(zones, short):
    met = short.assign(covered=short["demand"], gap=0.0, rate=1.0, status="pass", certainty="clear")
    areas, circle = split(gap_map(zones, met, service="health"))
    assert circle == {}
    assert areas[0]["properties"]["gap"] == "0"


def test_unknown_services_have_no_gap_map(zones, short):
    with pytest.raises(InputError, match=r"no service 'gym'. It holds: health, sports, all"):
        gap_map(zones, short, service="gym")
    with pytest.raises(InputError, match="no definition 'x'"):
        gap_map(zones, short, definition="x")
    with pytest.raises(InputError, match="layer of zones is empty"):
        gap_map(zones.iloc[:0], short)


def test_an_undecided_zone_of_the_coverage_map_says_so(zones, short):
    areas = features(coverage_map(zones, short, service="health"))
    assert areas[1]["properties"]["status"] == "? fail, not certain"
    assert areas[1]["properties"]["outline"] != areas[0]["properties"]["outline"] == ""
    passed = short.assign(status="pass", certainty="undecided")
    (first, *_) = features(coverage_map(zones, passed, service="health", language="zh"))
    assert first["properties"]["status"] == "? 达标，但不确定"


def test_every_limit_has_a_blue_of_its_own(isochrones):
    many = pd.concat([isochrones.assign(minutes=isochrones["minutes"] + n) for n in range(7)])
    shown = features(isochrone_map(many))
    colour = {one["properties"]["minutes"]: one["properties"]["colour"] for one in shown}
    assert len(set(colour.values())) == len(colour) == 14


# Saved without network ------------------------------------------------------------------------


@pytest.mark.browser
def test_a_map_says_its_definition_and_whose_data_it_shows(tmp_path, zones, coverage):
    hostile = coverage.assign(definition="<img src=x onerror=alert(1)>`${alert(2)}` {{ 7 * 7 }}")
    save_offline(coverage_map(zones, hostile, service="sports"), tmp_path / "map.html")
    with chromium() as browser:
        opened = open_page(browser, tmp_path / "map.html")
        corner = opened.page.locator(".leaflet-control-attribution")
        assert "© OpenStreetMap contributors, ODbL" in corner.inner_text()
        words = "<img src=x onerror=alert(1)>`${alert(2)}` {{ 7 * 7 }} · sports 15 min · walk"
        assert words in corner.inner_text()
        assert corner.locator("img").count() == 0
        assert opened.messages == []


def test_tiles_cannot_be_saved(tmp_path, zones, coverage):
    picture = coverage_map(zones, coverage, service="sports", tiles="OpenStreetMap")
    with pytest.raises(InputError, match="tiles come from a server"):
        save_offline(picture, tmp_path / "map.html")
    assert not (tmp_path / "map.html").exists()


@pytest.mark.parametrize(
    "part",
    [
        folium.Marker([31, 121]),
        folium.CircleMarker([31, 121], popup="text"),
        Fullscreen(),
    ],
)
def test_parts_that_only_the_network_has_are_refused(tmp_path, part):
    picture = folium.Map(tiles=None)
    part.add_to(picture)
    with pytest.raises(InputError, match="parts from the network"):
        save_offline(picture, tmp_path / "map.html")


def test_a_saved_map_names_no_address_to_fetch(tmp_path, zones, coverage):
    save_offline(coverage_map(zones, coverage, service="sports"), tmp_path / "map.html")
    page = (tmp_path / "map.html").read_text("utf-8")
    markup = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"\bsrc=|<link|url\(", markup)
    assert "Leaflet 1.9.4" in page
    assert "unsafe-inline'; script" not in page


SAVED = {
    "coverage": lambda zones, coverage, _: coverage_map(zones, coverage, service="sports"),
    "isochrones": lambda zones, _, areas: isochrone_map(
        areas, made_up_facilities(zones, STANDARD).assign(name=HOSTILE[1])
    ),
    "gaps": lambda zones, coverage, _: gap_map(zones, coverage, service="sports", unit=HOSTILE[0]),
    "sums": lambda zones, coverage, _: gap_map(zones, coverage),
}


@pytest.mark.browser
@pytest.mark.parametrize("kind", sorted(SAVED))
def test_a_saved_map_opens_offline_and_runs_no_name(tmp_path, zones, coverage, isochrones, kind):
    path = tmp_path / "地图.html"
    save_offline(SAVED[kind](zones, coverage, isochrones), path)
    with chromium() as browser:
        opened = open_page(browser, path)
        page = opened.page
        page.wait_for_selector("path.leaflet-interactive")
        seen = set()
        for shape in page.locator("path.leaflet-interactive").all()[:9]:
            shape.dispatch_event("mouseover")
            seen.add(page.locator(".leaflet-tooltip td").first.text_content().strip())
            assert page.locator(".leaflet-tooltip img, .leaflet-tooltip svg").count() == 0
            shape.dispatch_event("mouseout")
        assert seen & set(HOSTILE)
        assert opened.requests == [path.as_uri()]
        assert opened.messages == []


@pytest.mark.browser
def test_legends_and_labels_show_hostile_words_as_words(tmp_path, zones, coverage):
    hostile = " ".join(HOSTILE)
    table = coverage.replace({"service": {"sports": hostile}})
    pictures = {
        ".lifecircle-legend": coverage_map(zones, table, service=hostile),
        ".lifecircle-legend > *": gap_map(zones, table, service="health", unit=hostile),
        ".leaflet-tooltip": gap_map(zones, table),
    }
    with chromium() as browser:
        for place, picture in pictures.items():
            save_offline(picture, tmp_path / "map.html")
            opened = open_page(browser, tmp_path / "map.html")
            page = opened.page
            page.locator("path.leaflet-interactive").first.dispatch_event("mouseover")
            words = " ".join(" ".join(page.locator(place).all_inner_texts()).split())
            assert " ".join(hostile.split()) in words, place
            foreign = "img, script, [onload], [onerror], [onmouseover]"
            assert page.locator(f"{place} :is({foreign})").count() == 0
            assert opened.messages == []
            assert len(opened.requests) == 1


@pytest.mark.browser
def test_circles_of_the_legend_measure_those_of_the_map(tmp_path, zones, short):
    save_offline(gap_map(zones, short, service="health", unit="persons"), tmp_path / "map.html")
    with chromium() as browser:
        page = open_page(browser, tmp_path / "map.html").page
        legend = page.locator(".lifecircle-legend")
        radius = [float(r) for r in legend.locator("circle").evaluate_all(
            "all => all.map(one => one.getAttribute('r'))"
        )]  # fmt: skip
        words = legend.inner_text()
        assert "Short of the target, persons" in words
        assert re.findall(r"^\s*(\d+)$", words, re.MULTILINE) == ["200", "50"]
        # Leaflet draws a circle as two arcs: M x,y a r,r 0 1,0 …
        paths = page.locator("path.leaflet-interactive[fill='#e48f42']")
        arcs = paths.evaluate_all("all => all.map(one => one.getAttribute('d'))")
        drawn = [float(re.search(r"a([\d.]+),", arc)[1]) for arc in arcs]
    # 400 and 100 on the map, 200 and 50 in the legend; Leaflet rounds to pixels.
    assert drawn == pytest.approx([radius[0] * 2**0.5, radius[0] / 2**0.5], abs=0.51)
    assert radius[0] / radius[1] == pytest.approx(2, abs=0.01)


def test_geojson_texts_are_valid_json(zones, coverage):
    json.dumps(features(coverage_map(zones, coverage, service="all")), allow_nan=False)
    json.dumps(features(gap_map(zones, coverage, service="elderly")), allow_nan=False)
    json.dumps(features(gap_map(zones, coverage)), allow_nan=False)
