"""Residential buildings: which count, how many storeys, and floor area worked out by hand."""

import math

import osmium
import pyproj
import pytest

from lifecircle.osm.buildings import (
    HOUSES,
    RESIDENTIAL,
    read_buildings,
    read_residential_land,
    storeys,
)

CRS = pyproj.CRS("EPSG:4549")
DEGREES = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


def square(x, y, side):
    """Corners in metres."""
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


def drawn(tmp_path, *areas):
    """An extract of squares: (x, y, side in metres, tags); way ids count from 1."""
    nodes, ways = "", ""
    for i, (x, y, side, tags) in enumerate(areas, start=1):
        refs = []
        for j, (east, north) in enumerate(square(x, y, side)):
            lon, lat = DEGREES.transform(500_000 + east, 3_430_000 + north)
            refs.append(10 * i + j)
            nodes += f'<node id="{refs[-1]}" lon="{lon:.7f}" lat="{lat:.7f}"/>'
        ways += f'<way id="{i}">' + "".join(f'<nd ref="{r}"/>' for r in [*refs, refs[0]])
        ways += "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items()) + "</way>"
    path = tmp_path / "drawn.osm"
    path.write_text(f'<osm version="0.6">{nodes}{ways}</osm>', encoding="utf-8")
    return path


def apartments(levels=None, **more):
    tags = {"building": "apartments"} | {key.replace("_", ":"): v for key, v in more.items()}
    return tags if levels is None else tags | {"building:levels": levels}


def test_floor_area_is_footprint_times_levels(tmp_path):
    path = drawn(tmp_path, (0, 0, 20, apartments("6")), (100, 0, 10, {"building": "house"}))
    frame = read_buildings(path, crs=CRS).frame
    assert frame["osm"].tolist() == ["way/1", "way/2"]
    assert frame["building"].tolist() == ["apartments", "house"]
    # seven decimals of a degree are a centimetre: 4 sides of 20 m by at most 0.01 m
    assert frame["footprint_m2"].tolist() == pytest.approx([400, 100], abs=0.8)
    assert frame["levels"].tolist() == [6, 1]
    assert frame["floor_area_m2"].tolist() == pytest.approx([2400, 100], abs=5)
    assert frame.columns.tolist() == [
        "osm",
        "building",
        "levels",
        "imputed",
        "footprint_m2",
        "floor_area_m2",
        "geometry",
    ]


def test_missing_levels_are_the_median_of_the_same_value(tmp_path):
    path = drawn(
        tmp_path,
        (0, 0, 10, apartments("2")),
        (20, 0, 10, apartments("5")),
        (40, 0, 10, apartments("18")),
        (60, 0, 10, apartments()),
        (80, 0, 10, apartments("many")),
        (0, 50, 10, {"building": "house", "building:levels": "2"}),
        (20, 50, 10, {"building": "house"}),
        (40, 50, 10, {"building": "dormitory"}),
        (60, 50, 10, {"building": "farm"}),
    )
    found = read_buildings(path, crs=CRS, layer="homes")
    assert found.frame["levels"].tolist() == [2, 5, 18, 5, 5, 2, 2, 3, 1]
    imputed = [False, False, False, True, True, False, True, True, True]
    assert found.frame["imputed"].tolist() == imputed
    # 100 m² each: (5 + 5 + 2 + 3 + 1) of (2 + 5 + 18 + 5 + 5 + 2 + 2 + 3 + 1) storeys
    assert found.imputed_share == pytest.approx(16 / 43, abs=1e-3)
    [finding] = found.findings
    assert finding.message.text() == (
        "homes: 5 of 9 residential buildings have no building:levels; theirs are assumed, "
        "which is 37.2% of the floor area."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3", 3), ("3.5", 3.5), (" 12 ", 12), ("200", 200)]
    + [
        (bad, math.nan) for bad in ("", "3;4", "3,5", "-1", "0", "201", "1e3", "three", "３", "nan")
    ],
)
def test_storeys_are_one_plain_number(text, expected):
    assert storeys(text) == pytest.approx(expected, nan_ok=True)


def test_values_are_the_contracts():
    assert sorted(RESIDENTIAL) == sorted(
        [
            *["apartments", "residential", "house", "detached", "semidetached_house"],
            *["terrace", "dormitory", "bungalow", "farm"],
        ]
    )
    assert {"apartments", "residential", "dormitory"} == RESIDENTIAL - HOUSES


def test_other_buildings_and_parts_do_not_count(tmp_path):
    path = drawn(
        tmp_path,
        (0, 0, 10, {"building": "school"}),
        (20, 0, 10, {"building:part": "apartments"}),
        (40, 0, 10, apartments("2", building_part="yes")),
        (60, 0, 10, {"building": "no"}),
        (80, 0, 10, {"building": "retail;apartments"}),
    )
    found = read_buildings(path, crs=CRS)
    assert found.frame["osm"].tolist() == ["way/5"]
    assert found.frame["building"].tolist() == ["apartments"]
    assert found.unused_yes == 0


YES = {"building": "yes"}
LAND = {"landuse": "residential"}


def test_yes_counts_only_inside_residential_land_and_when_asked(tmp_path):
    path = drawn(
        tmp_path,
        (0, 0, 100, LAND),
        (10, 10, 20, YES | {"building:levels": "4"}),
        (95, 0, 20, YES),  # five metres of twenty are inside
        (300, 0, 30, YES),
        (300, 300, 50, {"landuse": "industrial"}),
        (310, 310, 10, YES),
    )
    plain = read_buildings(path, crs=CRS)
    assert len(plain.frame) == 0
    assert math.isnan(plain.imputed_share)
    assert plain.unused_yes == 4
    assert plain.unused_yes_m2 == pytest.approx(400 + 400 + 900 + 100, abs=3)
    assert "4 buildings (1,8" in plain.findings[0].message.text()
    asked = read_buildings(path, crs=CRS, yes_in_residential=True)
    assert asked.frame["osm"].tolist() == ["way/2"]
    assert asked.frame["levels"].tolist() == [4]
    assert asked.unused_yes == 3
    assert asked.unused_yes_m2 == pytest.approx(400 + 900 + 100, abs=3)


def test_private_buildings_count_because_people_live_there(tmp_path):
    path = drawn(tmp_path, (0, 0, 10, apartments("2", access="private")))
    assert len(read_buildings(path, crs=CRS).frame) == 1


def test_residential_land_is_read_alone(tmp_path):
    path = drawn(tmp_path, (0, 0, 100, LAND), (200, 0, 100, {"landuse": "grass"}), (0, 300, 9, YES))
    land = read_residential_land(path)
    assert land["osm"].tolist() == ["way/1"]
    assert land.to_crs(CRS).area.tolist() == pytest.approx([10_000], abs=5)


def test_no_buildings_keep_the_columns(tmp_path):
    found = read_buildings(drawn(tmp_path, (0, 0, 10, {})), crs=CRS, yes_in_residential=True)
    assert len(found.frame) == 0
    assert "floor_area_m2" in found.frame.columns
    assert found.findings == ()


def test_sample_agrees_with_a_plain_count_of_its_tags(monaco_extract):
    found = read_buildings(monaco_extract, crs=pyproj.CRS("EPSG:32632"))
    tagged = {
        ("way/" if each.is_way() else "relation/") + str(each.id)
        for each in osmium.FileProcessor(monaco_extract)
        if each.tags.get("building") == "apartments"
    }
    assert len(tagged) == 421
    read = set(found.frame.loc[found.frame["building"] == "apartments", "osm"])
    # the courtyard of relation 1369191 lies outside the extract
    assert tagged - read == {"relation/1369191"}
    assert "relation/1369191" in found.broken
    assert found.frame["building"].value_counts().to_dict() == {
        "apartments": 420,
        "residential": 44,
        "house": 5,
        "terrace": 1,
    }
    assert found.unused_yes == 638
    assert (found.frame["floor_area_m2"] > 0).all()
