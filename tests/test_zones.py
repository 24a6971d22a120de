"""Zones: ids that are text, outlines that hold, every point in one zone."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.errors import InputError
from lifecircle.layers.zones import OUTSIDE, assign_zones, load_zones
from lifecircle.project.tables import ZonesTable
from tests.conftest import MONACO, points
from tests.drawn import in_degrees, write_extract, write_layer


def layer(path, shapes, **columns):
    """A zones table of shapes drawn in metres."""
    return ZonesTable(source=write_layer(path / "zones.gpkg", shapes, **columns))


WEST, EAST = shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)


def test_zones_are_sorted_by_an_id_that_stays_text(tmp_path):
    table = layer(
        tmp_path, [EAST, WEST], code=["010102", "010101"], name=["East", ""], kind=["urban", None]
    )
    read = load_zones(table.model_copy(update={"area_type": "kind"}))
    assert read.frame.index.tolist() == ["010101", "010102"]
    assert read.frame.index.name == "zone"
    assert read.frame["name"].tolist() == ["010101", "East"]
    assert read.frame["parent"].tolist() == ["", ""]
    assert read.frame["area_type"].tolist() == ["", "urban"]
    assert read.frame.columns.tolist() == ["name", "parent", "area_type", "area_kind", "geometry"]
    assert read.findings == ()


def test_words_of_the_plans_and_a_projects_own_are_kinds_of_areas(tmp_path):
    table = layer(tmp_path, [EAST, WEST], code=["1", "2"], kind=["主城区", "嘉定新城"])
    own = {"area_type": "kind", "area_types": {"嘉定新城": "new_town"}}
    read = load_zones(table.model_copy(update=own))
    assert read.frame["area_type"].tolist() == ["主城区", "嘉定新城"]
    assert read.frame["area_kind"].tolist() == ["urban", "new_town"]


def test_totals_are_kept_as_numbers(tmp_path):
    table = layer(tmp_path, [WEST, EAST], id=["a", "b"], people=["1,234", "５"])
    assert load_zones(table, totals=("people",)).frame["people"].tolist() == [1234.0, 5.0]


def test_without_an_id_column_the_columns_are_named(tmp_path):
    table = layer(tmp_path, [WEST], street_code=["a"])
    with pytest.raises(InputError, match=r"no column id or code. Its columns: street_code"):
        load_zones(table)


def test_double_and_missing_ids_are_reported_together(tmp_path):
    table = layer(tmp_path, [WEST, EAST, EAST], id=["a", "a", None])
    with pytest.raises(InputError) as error:
        load_zones(table)
    assert [fault.code for fault in error.value.faults] == [
        "zones.id_missing",
        "zones.id_duplicate",
    ]
    text = error.value.text("en")
    assert "row 3: column id holds no id" in text
    assert "row 1, 2: ids that stand in column id more than once: a." in text


def test_a_zone_without_geometry_is_an_error(tmp_path):
    table = layer(tmp_path, [WEST, None], id=["a", "b"])
    with pytest.raises(InputError, match="2"):
        load_zones(table)


def test_osm_boundaries_need_an_extract():
    with pytest.raises(InputError, match="network's OSM extract"):
        load_zones(ZonesTable(source="osm:admin_level=10"))


@pytest.mark.parametrize("level", ["0", "13", "ten", ""])
def test_an_impossible_admin_level_is_an_error(level, monaco_extract):
    with pytest.raises(InputError, match="whole number from 1 to 12"):
        load_zones(ZonesTable(source=f"osm:admin_level={level}"), extract=monaco_extract)


def test_osm_boundaries_refuse_keys_of_files(monaco_extract):
    with pytest.raises(InputError, match="has no use for encoding, where"):
        load_zones(
            ZonesTable(source="osm:admin_level=10", where={"name": "x"}, encoding="utf-8"),
            extract=monaco_extract,
        )


def test_a_boundary_with_missing_ways_is_an_error_that_names_it(monaco_extract):
    with pytest.raises(InputError, match="5986473"):
        load_zones(ZonesTable(source="osm:admin_level=10"), extract=monaco_extract)


@pytest.mark.parametrize(("parent", "expected"), [(None, ["", ""]), ("is_in", ["Town", ""])])
def test_whole_osm_boundaries_become_zones(tmp_path, parent, expected):
    tags = {"type": "boundary", "boundary": "administrative", "admin_level": "10"}
    extract = write_extract(
        tmp_path / "town.osm",
        (WEST, tags | {"name": "West", "is_in": "Town"}),
        (EAST, tags | {"name": "East"}),
    )
    table = ZonesTable(source="osm:admin_level=10", parent=parent, date="2026-01-01")
    read = load_zones(table, extract=as_relations(extract))
    assert read.frame.index.tolist() == ["relation/1", "relation/2"]
    assert read.frame["name"].tolist() == ["West", "East"]
    assert read.frame["parent"].tolist() == expected
    assert read.sources[0].date == "2026-01-01"
    assert assign_zones(points([50, 150], [50, 50]), read.frame).tolist() == [
        "relation/1",
        "relation/2",
    ]


def as_relations(extract):
    """The same file with each way's tags on a relation of the way's number."""
    text = extract.read_text("utf-8")
    ways = re.findall(r'(<way id="(\d+)" version="1">(?:<nd ref="\d+"/>)+)(.*)</way>', text)
    for way, number, tags in ways:
        relation = (
            f'<relation id="{number}" version="1"><member type="way" ref="{number}" role="outer"/>'
        )
        text = text.replace(f"{way}{tags}</way>", f"{way}</way>")
        text = text.replace("</osm>", f"{relation}{tags}</relation>\n</osm>")
    extract.write_text(text, "utf-8")
    return extract


def test_monacos_nine_wards():
    table = ZonesTable(source=str(MONACO / "wards.geojson"), id="osm_relation")
    zones = load_zones(table).frame
    assert len(zones) == 9
    assert zones.loc["2220207", "name"] == "Monaco-Ville"


def zones_of(**shapes):
    index = list(shapes)
    return gpd.GeoDataFrame(
        index=index, geometry=[in_degrees(shape) for shape in shapes.values()], crs=4326
    )


def test_a_place_belongs_to_the_polygon_that_covers_it():
    zones = zones_of(west=WEST, east=EAST)
    places = points([50, 150, 250], [50, 50, 50]).set_axis([7, 8, 9])
    zone = assign_zones(places, zones)
    assert zone.tolist() == ["west", "east", OUTSIDE]
    assert zone.index.tolist() == [7, 8, 9]


@pytest.mark.parametrize("order", [["b", "a"], ["a", "b"]])
def test_a_tie_goes_to_the_smallest_id(order):
    zones = zones_of(**dict.fromkeys(order, WEST))
    assert assign_zones(points([50], [50]), zones).tolist() == ["a"]


def test_a_corner_of_two_zones_belongs_to_the_smaller_id():
    zones = zones_of(west=WEST, east=EAST)
    # Exactly the shared corner, as it stands in both polygons.
    corner = gpd.GeoDataFrame(geometry=[shapely.Point(zones.geometry["east"].exterior.coords[2])])
    assert assign_zones(corner, zones).tolist() == ["east"]


def test_no_place_has_no_zone():
    assert assign_zones(points([], []), zones_of(a=WEST)).tolist() == []


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_zones_agree_with_asking_every_polygon(seed):
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 150, (5, 2))
    zones = zones_of(
        **{str(i): shapely.box(x, y, x + 60, y + 60) for i, (x, y) in enumerate(corners)}
    )
    places = points(rng.uniform(0, 200, 40), rng.uniform(0, 200, 40))
    expected = [
        next(
            (zone for zone in sorted(zones.index) if zones.geometry[zone].intersects(place)),
            OUTSIDE,
        )
        for place in places.geometry
    ]
    assert assign_zones(places, zones).tolist() == expected
