"""Facilities: services, entrances, areas, and which services have a rate at all."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pytest
import shapely

from lifecircle.errors import InputError
from lifecircle.layers.facilities import load_facilities
from lifecircle.project.tables import FacilitiesTable
from lifecircle.standards import Service, Standard
from tests.conftest import degrees
from tests.drawn import in_degrees, write_extract, write_layer

STANDARD = Standard(
    "test",
    "测试",
    "Test",
    0.85,
    (
        Service("health", "卫生", "Health", 15, 0.85, osm=("amenity=clinic",)),
        Service("elderly", "养老", "Elderly", 15, 0.85, osm=("amenity=nursing_home",)),
        Service("green", "绿地", "Green", 15, 0.85, osm=("leisure=park",), access="outline"),
    ),
)
ZONES = gpd.GeoDataFrame(
    index=["a"], geometry=[in_degrees(shapely.box(-50, -50, 250, 250))], crs=4326
)


def in_lonlat(place):
    """A regular expression's match of metres, in degrees."""
    lon, lat = degrees(np.array([float(place[1])]), np.array([float(place[2])]))
    return f"{float(lon[0])},{float(lat[0])}"


def table(path, text, **keys):
    """A CSV of facilities; cells `@x,y` are metres from the town's corner."""
    (path / "f.csv").write_text(re.sub(r"@(\d+),(\d+)", in_lonlat, text), "utf-8")
    keys = {"name": "list", "crs": "EPSG:4326", "x": "x", "y": "y"} | keys
    return FacilitiesTable(source=str(path / "f.csv"), **keys)


def load(town, *tables, **options):
    return load_facilities(tables, STANDARD, zones=ZONES, network=town, **options)


def codes(found):
    return [each.code for each in found.layer.findings]


def message(found, code):
    return next(each.message for each in found.layer.findings if each.code == code).text("en")


def test_rows_become_access_points_with_all_columns(town, tmp_path):
    found = load(
        town,
        table(
            tmp_path,
            "id,name,beds,complex,x,y\n007,North,12,c1,@0,200\n008,South,,,@0,0",
            service="health",
            id="id",
            capacity="beds",
            site="complex",
        ),
    )
    frame = found.layer.frame
    assert frame.columns.tolist() == [
        *["facility", "service", "name", "layer", "site", "capacity", "geometry"]
    ]
    assert frame["facility"].tolist() == ["list:007", "list:008"]
    assert frame["service"].tolist() == ["health", "health"]
    assert frame["name"].tolist() == ["North", "South"]
    assert frame["site"].tolist() == ["c1", ""]
    assert frame["capacity"].fillna(-1).tolist() == [12, -1]
    assert found.given == {"health"}
    assert codes(found) == []
    assert found.layer.sources[0].rows_used == 2


def test_without_an_id_the_row_is_the_id(town, tmp_path):
    found = load(town, table(tmp_path, "n,x,y\na,@0,0\nb,@1,1", service="health"))
    assert found.layer.frame["facility"].tolist() == ["list:2", "list:3"]
    assert found.layer.frame["name"].tolist() == ["", ""]


def test_rows_with_one_id_are_entrances_of_one_facility(town, tmp_path):
    text = "id,名称,beds,x,y\na,,,@0,0\na,North,30,@10,0\nb,South,,@0,200"
    found = load(town, table(tmp_path, text, service="health", id="id", capacity="beds"))
    frame = found.layer.frame
    assert frame["facility"].tolist() == ["list:a", "list:a", "list:b"]
    assert frame["name"].tolist() == ["North", "North", "South"]
    assert frame["capacity"].fillna(-1).tolist() == [30, 30, -1]
    assert codes(found) == []


def test_entrances_with_different_names_keep_the_first_and_say_so(town, tmp_path):
    text = "id,name,x,y\na,North,@0,0\na,South,@10,0"
    found = load(town, table(tmp_path, text, service="health", id="id"))
    assert found.layer.frame["name"].tolist() == ["North", "North"]
    assert "Ids: a" in message(found, "facilities.names_differ")


def test_a_facility_with_two_services_has_a_row_for_each(town, tmp_path):
    text = "kind,x,y\nhealth; elderly,@0,0\n卫生院,@10,0\n综合体；health,@20,0"
    given = table(
        tmp_path,
        text,
        service_column="kind",
        map={"卫生院": "health", "综合体": "elderly;green"},
    )
    found = load(town, given)
    frame = found.layer.frame
    assert list(zip(frame["facility"], frame["service"], strict=True)) == [
        ("list:2", "health"),
        ("list:2", "elderly"),
        ("list:3", "health"),
        ("list:4", "elderly"),
        ("list:4", "green"),
        ("list:4", "health"),
    ]
    assert found.given == {"health", "elderly", "green"}


def test_unknown_services_are_listed_with_their_counts(town, tmp_path):
    text = "kind,x,y\ngym,@0,0\ngym,@1,0\nspa;health,@2,0"
    with pytest.raises(InputError, match=r"does not know: gym \(2\), spa \(1\)"):
        load(town, table(tmp_path, text, service_column="kind"))


def test_a_row_without_a_service_is_an_error(town, tmp_path):
    text = "kind,x,y\nhealth,@0,0\n ; ,@1,0"
    with pytest.raises(InputError, match="row 3: column kind names no service"):
        load(town, table(tmp_path, text, service_column="kind"))


def test_an_empty_id_is_an_error_and_no_common_facility(town, tmp_path):
    with pytest.raises(InputError, match="row 2, 3: column id holds no id"):
        load(town, table(tmp_path, "id,x,y\n,@0,0\n,@1,0", service="health", id="id"))


def test_a_negative_capacity_is_an_error(town, tmp_path):
    with pytest.raises(InputError, match="row 2: column beds is negative"):
        load(town, table(tmp_path, "beds,x,y\n-3,@0,0", service="health", capacity="beds"))


def test_repetitions_are_counted_and_change_nothing(town, tmp_path):
    text = "name,x,y\nA,@0,0\nA,@0,0\nB,@0,0"
    found = load(town, table(tmp_path, text, service="health"))
    assert len(found.layer.frame) == 3
    assert "1 rows repeat" in message(found, "facilities.duplicates")
    assert found.layer.findings[0].row == "3"


def test_the_same_entrance_twice_is_one_access_point(town, tmp_path):
    found = load(town, table(tmp_path, "id,x,y\na,@0,0\na,@0,0", service="health", id="id"))
    assert len(found.layer.frame) == 1
    assert codes(found) == []


def test_several_tables_of_one_service_are_united(town, tmp_path):
    (tmp_path / "b").mkdir()
    first = table(tmp_path, "id,x,y\n1,@0,0", service="health", id="id")
    second = table(tmp_path / "b", "id,x,y\n1,@5,0", service="health", id="id", name="more")
    found = load(town, first, second)
    assert found.layer.frame["facility"].tolist() == ["list:1", "more:1"]
    assert [source.layer for source in found.layer.sources] == ["list", "more"]


def test_no_table_gives_no_service(town):
    found = load(town)
    assert found.given == frozenset()
    assert found.layer.frame.columns.tolist()[:2] == ["facility", "service"]
    assert found.layer.frame.crs == "EPSG:4326"


def test_a_table_without_facilities_is_an_error(town, tmp_path):
    with pytest.raises(InputError):
        load(town, table(tmp_path, "id,x,y", service="health"))


def test_a_table_that_is_meant_to_be_empty_gives_its_service(town, tmp_path):
    found = load(town, table(tmp_path, "id,x,y", service="health", empty=True))
    assert found.layer.frame.empty
    assert found.given == {"health"}


def test_features_without_geometry_are_a_finding(town, tmp_path):
    source = write_layer(tmp_path / "f.gpkg", [shapely.Point(0, 0), None], id=["a", "b"])
    found = load(town, FacilitiesTable(name="list", source=source, service="health", id="id"))
    assert found.layer.frame["facility"].tolist() == ["list:a"]
    assert codes(found) == ["readers.geometry_dropped"]
    assert found.layer.sources[0].rows_used == 1


def test_only_geometryless_features_are_no_facility(town, tmp_path):
    source = write_layer(tmp_path / "f.gpkg", [None], id=["a"])
    with pytest.raises(InputError, match=r"list: f.gpkg holds no facility.*empty = true"):
        load(town, FacilitiesTable(name="list", source=source, service="health"))


AREA = shapely.box(50, 80, 90, 120)


@pytest.mark.parametrize(
    ("access", "service", "count"),
    [
        ("auto", "health", 2),  # the street y = 100 crosses at x = 50 and 90
        ("auto", "green", 8),  # 160 m of outline, every 20 m
        ("crossing", "green", 2),
        ("entrance", "green", 2),
        ("outline", "health", 8),
        ("point", "health", 1),
    ],
)
def test_areas_are_entered_as_the_table_or_the_standard_says(
    town, tmp_path, access, service, count
):
    source = write_layer(tmp_path / "f.gpkg", [AREA], id=["a"])
    given = FacilitiesTable(name="list", source=source, service=service, access=access)
    found = load(town, given)
    assert found.layer.frame["facility"].tolist() == ["list:1"] * count


def test_points_of_a_multipoint_are_entrances(town, tmp_path):
    source = write_layer(tmp_path / "f.gpkg", [shapely.MultiPoint([(0, 0), (9, 0)]), AREA])
    found = load(town, FacilitiesTable(name="list", source=source, service="health"))
    assert found.layer.frame["facility"].tolist() == ["list:1", "list:1", "list:2", "list:2"]


def test_a_line_is_no_facility(town, tmp_path):
    source = write_layer(tmp_path / "f.gpkg", [shapely.LineString([(0, 0), (9, 0)])])
    with pytest.raises(InputError, match=r"f.gpkg, row 1: no polygon"):
        load(town, FacilitiesTable(name="list", source=source, service="health"))


def test_facilities_outside_the_zones_are_used_and_counted(town, tmp_path):
    text = "id,x,y\na,@0,0\nb,@500,0\nc,@500,0\nc,@0,9"
    found = load(town, table(tmp_path, text, service="health", id="id"))
    assert found.layer.frame["facility"].nunique() == 3
    # c has an entrance inside.
    assert "1 of 3 facilities lie outside" in message(found, "facilities.outside")


CLINIC = {"amenity": "clinic"}


def osm(town, tmp_path, *elements, **keys):
    extract = write_extract(tmp_path / "town.osm", *elements)
    return load(town, FacilitiesTable(name="osm", source="osm", **keys), extract=extract)


def test_osm_gives_every_service_that_it_holds(town, tmp_path):
    found = osm(
        town,
        tmp_path,
        (shapely.Point(0, 0), CLINIC | {"name": "Clinic"}),
        (shapely.box(20, 20, 60, 60), {"leisure": "park"}),
    )
    frame = found.layer.frame
    assert frame["facility"].tolist() == ["osm:node/1"] + ["osm:way/2"] * 8
    assert frame["service"].tolist() == ["health"] + ["green"] * 8
    assert frame["name"].iloc[0] == "Clinic"
    assert frame["layer"].eq("osm").all()
    assert found.given == {"health", "green"}


def test_a_service_that_osm_lacks_is_no_data_with_a_finding(town, tmp_path):
    found = osm(town, tmp_path, (shapely.Point(0, 0), CLINIC), (AREA, {"leisure": "park"}))
    assert "elderly" not in found.given
    assert codes(found) == ["facilities.absent_in_osm"]
    text = message(found, "facilities.absent_in_osm")
    assert "no facility for Elderly (amenity=nursing_home)" in text
    assert "absence in OSM is not absence" in text


def test_a_table_beside_osm_gives_what_osm_lacks(town, tmp_path):
    extract = write_extract(
        tmp_path / "t.osm", (shapely.Point(0, 0), CLINIC), (AREA, {"leisure": "park"})
    )
    own = table(tmp_path, "x,y\n@0,0", service="elderly")
    found = load(town, FacilitiesTable(name="osm", source="osm"), own, extract=extract)
    assert found.given == {"health", "elderly", "green"}
    assert codes(found) == []


def test_osm_that_is_meant_to_be_empty_has_the_rate_0(town, tmp_path):
    found = osm(town, tmp_path, (shapely.Point(0, 0), CLINIC), service="elderly", empty=True)
    assert found.layer.frame.empty
    assert found.given == {"elderly"}
    assert codes(found) == []


@pytest.mark.parametrize(
    ("area_name", "node_name", "tags", "left"),
    [
        ("A", "A", CLINIC, 1),
        ("A", "", CLINIC, 1),
        ("", "", CLINIC, 1),
        ("A", "B", CLINIC, 2),
        ("A", "A", {"amenity": "nursing_home"}, 2),
    ],
)
def test_a_node_in_an_area_of_its_service_and_name_is_the_area(
    town, tmp_path, area_name, node_name, tags, left
):
    found = osm(
        town,
        tmp_path,
        (shapely.Point(70, 100), tags | {"name": node_name}),
        (AREA, CLINIC | {"name": area_name}),
    )
    assert found.layer.frame["facility"].nunique() == left
    assert ("facilities.node_in_area" in codes(found)) == (left == 1)


def test_a_node_beside_the_area_is_a_facility_of_its_own(town, tmp_path):
    found = osm(town, tmp_path, (shapely.Point(200, 100), CLINIC), (AREA, CLINIC))
    assert found.layer.frame["facility"].nunique() == 2


def test_a_gate_on_the_outline_is_the_way_in(town, tmp_path):
    extract = write_extract(tmp_path / "town.osm", (AREA, CLINIC))
    # Node 1000 is the first corner: (90, 80).
    text = extract.read_text("utf-8")
    start = text.index('<node id="1000"')
    end = text.index("</node>", start)
    extract.write_text(f'{text[:end]}<tag k="barrier" v="gate"/>{text[end:]}', "utf-8")
    osm_table = FacilitiesTable(name="osm", source="osm", service="health")
    frame = load(town, osm_table, extract=extract).layer.frame
    assert len(frame) == 1
    assert frame.geometry[0].distance(in_degrees(shapely.Point(90, 80))) < 1e-7
    crossing = FacilitiesTable(name="osm", source="osm", service="health", access="crossing")
    assert len(load(town, crossing, extract=extract).layer.frame) == 2


def test_private_places_never_count(town, tmp_path):
    found = osm(
        town, tmp_path, (shapely.Point(0, 0), CLINIC | {"access": "private"}), service="health"
    )
    assert found.given == frozenset()
    assert "osm.private" in codes(found)


def test_osm_needs_an_extract(town):
    with pytest.raises(InputError, match="network's OSM extract"):
        load(town, FacilitiesTable(name="osm", source="osm"))


def test_osm_refuses_keys_of_files(town, tmp_path):
    with pytest.raises(InputError, match="has no use for capacity, id"):
        osm(town, tmp_path, (shapely.Point(0, 0), CLINIC), id="x", capacity="beds")


def test_a_service_without_tags_cannot_come_from_osm(town, tmp_path):
    extract = write_extract(tmp_path / "town.osm", (shapely.Point(0, 0), CLINIC))
    bare = Standard("bare", "", "", 0.85, (Service("health", "", "", 15, 0.85),))
    given = FacilitiesTable(name="osm", source="osm", service="health")
    with pytest.raises(InputError, match="standard bare names no OSM tags for health"):
        load_facilities([given], bare, zones=ZONES, network=town, extract=extract)
