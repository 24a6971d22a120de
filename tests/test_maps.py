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
from lifecircle.maps import coverage_map, inert, isochrone_map, save_offline
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


def test_geojson_texts_are_valid_json(zones, coverage):
    json.dumps(features(coverage_map(zones, coverage, service="all")), allow_nan=False)
