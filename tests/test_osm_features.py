"""Facilities of an extract: which nodes and areas count, where they are entered, what is out."""

from collections import Counter

import osmium
import pytest
import shapely

from lifecircle.osm.areas import carries, values
from lifecircle.osm.features import read_features

# Nodes 1 to 9 on a square grid of 0.01 degrees from 121 E, 31 N:
#
#   7 - 8 - 9
#   4 - 5 - 6
#   1 - 2 - 3
#
# and a triangle 21, 22, 23 around the middle.
CORNERS = {i: (121 + (i - 1) % 3 / 100, 31 + (i - 1) // 3 / 100) for i in range(1, 10)}
CORNERS |= {21: (121.005, 31.005), 22: (121.015, 31.005), 23: (121.01, 31.015)}


def tag_lines(tags):
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())


def extract(tmp_path, *, nodes=None, ways=None, relations=None):
    """An extract with tags on grid nodes, ways as (refs, tags), relations as (members, tags)."""
    body = ""
    for i, (lon, lat) in CORNERS.items():
        body += (
            f'<node id="{i}" lon="{lon}" lat="{lat}">{tag_lines((nodes or {}).get(i, {}))}</node>'
        )
    for i, (refs, tags) in (ways or {}).items():
        body += f'<way id="{i}">' + "".join(f'<nd ref="{ref}"/>' for ref in refs)
        body += tag_lines(tags) + "</way>"
    for i, (members, tags) in (relations or {}).items():
        body += f'<relation id="{i}">'
        body += "".join(f'<member type="way" ref="{r}" role="{role}"/>' for r, role in members)
        body += tag_lines(tags) + "</relation>"
    path = tmp_path / "drawn.osm"
    path.write_text(f'<osm version="0.6">{body}</osm>', encoding="utf-8")
    return path


BLOCK = [1, 3, 9, 7, 1]
PARK = {"leisure": "park"}
MULTI = {"type": "multipolygon"}


def test_nodes_closed_ways_and_multipolygons_in_order_of_kind_and_id(tmp_path):
    path = extract(
        tmp_path,
        nodes={5: {"amenity": "library", "name": "市图书馆"}, 2: {"amenity": "cafe"}},
        ways={12: (BLOCK, PARK), 11: (BLOCK, {"amenity": "library"}), 13: ([1, 3, 9], {})}
        | {14: ([9, 7, 1], {})},
        relations={3: ([(13, "outer"), (14, "outer")], MULTI | PARK | {"name": "East Park"})},
    )
    found = read_features(path, ["amenity=library", "leisure=park"])
    assert found.frame["osm"].tolist() == ["node/5", "way/11", "way/12", "relation/3"]
    assert found.frame["name"].tolist() == ["市图书馆", "", "", "East Park"]
    assert found.frame["tags"][0] == {"amenity": "library", "name": "市图书馆"}
    assert found.frame.geom_type.tolist() == ["Point", "Polygon", "Polygon", "Polygon"]
    assert found.frame.geometry[0].equals(shapely.Point(121.01, 31.01))
    assert found.frame.geometry[3].equals(shapely.box(121, 31, 121.02, 31.02))
    assert found.frame.crs == "EPSG:4326"
    assert (found.private, found.broken, found.findings) == (0, (), ())


def test_multipolygon_keeps_its_hole_and_its_parts(tmp_path):
    path = extract(
        tmp_path,
        ways={11: ([1, 2, 5, 4, 1], {}), 12: ([5, 6, 9, 8, 5], {}), 13: (BLOCK, {})}
        | {14: ([21, 22, 23, 21], {})},
        relations={
            1: ([(11, "outer"), (12, "outer")], MULTI | PARK),
            2: ([(13, "outer"), (14, "inner")], MULTI | PARK),
        },
    )
    parts, holed = read_features(path, ["leisure=park"]).frame.geometry
    assert parts.geom_type == "MultiPolygon"
    assert parts.area == pytest.approx(2 * 0.01**2)
    assert len(holed.interiors) == 1
    assert holed.area == pytest.approx(0.02**2 - 0.01 * 0.01 / 2)


def test_one_value_of_several_counts(tmp_path):
    path = extract(tmp_path, nodes={1: {"amenity": "cafe; library"}, 2: {"amenity": "librarys"}})
    assert read_features(path, ["amenity=library"]).frame["osm"].tolist() == ["node/1"]


def test_values_are_split_and_stripped():
    assert values({"amenity": "a ;b;"}, "amenity") == ["a", "b", ""]
    assert carries({"amenity": "a;b"}, ["shop=a", "amenity=b"])
    assert not carries({"amenity": "a;b"}, ["amenity=a;b", "shop=b"])
    assert not carries({}, ["amenity=a"])


def test_open_ways_and_lines_around_are_no_areas(tmp_path):
    track = {"leisure": "track"}
    path = extract(
        tmp_path,
        ways={11: ([1, 3, 9, 7], track), 12: (BLOCK, track | {"area": "no"}), 13: (BLOCK, track)},
    )
    found = read_features(path, ["leisure=track"])
    assert found.frame["osm"].tolist() == ["way/13"]
    assert found.broken == ()


def test_private_features_are_left_out_and_counted_once(tmp_path):
    path = extract(
        tmp_path,
        nodes={5: PARK | {"access": "private"}, 6: PARK | {"access": "customers"}},
        ways={11: (BLOCK, PARK | {"access": "no"}), 12: ([1, 3], PARK | {"access": "no"})},
    )
    found = read_features(path, ["leisure=park"], layer="parks")
    assert found.frame["osm"].tolist() == ["node/6"]
    assert found.private == 2
    [finding] = found.findings
    assert (finding.layer, finding.row, finding.severity) == ("parks", "node/5, way/11", "info")
    assert finding.message.text() == (
        "parks: 2 features are tagged access=private or access=no and were left out."
    )


def test_areas_that_cannot_be_put_together_are_named(tmp_path):
    path = extract(
        tmp_path,
        ways={
            11: ([1, 3, 7, 9, 1], PARK),  # crosses itself
            12: ([1, 3, 99, 1], PARK),  # a node is outside the extract
            13: ([1, 3, 9], {}),
            14: (BLOCK, PARK),
        },
        relations={
            1: ([(13, "outer")], MULTI | PARK),  # does not close
            2: ([(13, "outer"), (77, "outer")], MULTI | PARK),  # a way is outside the extract
            3: ([(13, "")], {"type": "site"} | PARK),  # no area at all
        },
    )
    found = read_features(path, ["leisure=park"])
    assert found.frame["osm"].tolist() == ["way/14"]
    assert found.broken == ("way/11", "way/12", "relation/1", "relation/2")
    [finding] = found.findings
    assert "4 objects have no usable outline or place" in finding.message.text()
    assert finding.row == "way/11, way/12, relation/1, relation/2"


def test_node_without_a_place_is_named(tmp_path):
    path = extract(tmp_path, nodes={5: PARK})
    lost = '<node id="30"><tag k="leisure" v="park"/></node><node id="31"><tag k="entrance" v="a"/>'
    text = path.read_text("utf-8").replace("</osm>", lost + "</node></osm>")
    path.write_text(text, encoding="utf-8")
    found = read_features(path, ["leisure=park"])
    assert found.frame["osm"].tolist() == ["node/5"]
    assert found.broken == ("node/30",)


def test_no_tags_find_nothing(tmp_path):
    assert len(read_features(extract(tmp_path, nodes={5: PARK}), []).frame) == 0


def test_entrances_are_doors_and_gates_on_the_outer_outline(tmp_path):
    path = extract(
        tmp_path,
        nodes={
            1: {"entrance": "main"},
            2: {"barrier": "gate"},  # on the square's side, not one of its nodes
            3: {"barrier": "lift_gate"},
            9: {"entrance": "yes", "access": "private"},
            7: {"entrance": "no"},
            5: {"entrance": "yes"},
            6: {"barrier": "bollard"},
        },
        ways={
            11: (BLOCK, PARK),
            12: ([4, 5, 8, 7, 4], {}),
            13: ([1, 3, 6, 4, 1], {}),
        },
        relations={5: ([(13, "outer")], MULTI | PARK), 6: ([(12, "outer")], MULTI | PARK)},
    )
    entrances = read_features(path, ["leisure=park"]).entrances
    assert entrances.crs == "EPSG:4326"
    assert list(zip(entrances["osm"], entrances.geometry.x, entrances.geometry.y, strict=True)) == [
        ("way/11", *CORNERS[1]),
        ("way/11", *CORNERS[3]),
        ("relation/5", *CORNERS[1]),
        ("relation/5", *CORNERS[3]),
        ("relation/6", *CORNERS[5]),
    ]


def test_entrance_on_a_hole_is_none(tmp_path):
    path = extract(
        tmp_path,
        nodes={1: {"entrance": "yes"}, 21: {"entrance": "yes"}},
        ways={11: (BLOCK, {}), 12: ([21, 22, 23, 21], {})},
        relations={1: ([(11, "outer"), (12, "inner")], MULTI | PARK)},
    )
    [entrance] = read_features(path, ["leisure=park"]).entrances.geometry
    assert (entrance.x, entrance.y) == CORNERS[1]


def test_nothing_found_keeps_the_columns(tmp_path):
    found = read_features(extract(tmp_path), ["amenity=library"])
    assert found.frame.columns.tolist() == ["osm", "name", "tags", "geometry"]
    assert found.entrances.columns.tolist() == ["osm", "geometry"]
    assert len(found.frame) == len(found.entrances) == 0
    assert found.frame.crs == found.entrances.crs == "EPSG:4326"


def test_sample_agrees_with_a_plain_count_of_its_tags(monaco_extract):
    wanted = ["amenity=library", "amenity=pharmacy", "leisure=playground", "leisure=park"]
    expected = Counter()
    for each in osmium.FileProcessor(monaco_extract):
        tags = dict(each.tags)
        is_area = each.is_node() or each.is_relation() or (each.is_way() and each.is_closed())
        if is_area and tags.get("access") not in {"private", "no"}:
            expected.update(tag for tag in wanted if carries(tags, [tag]))
    found = read_features(monaco_extract, wanted)
    assert {
        tag: sum(carries(tags, [tag]) for tags in found.frame["tags"]) for tag in wanted
    } == expected
    assert expected["amenity=library"] == 4
    assert found.frame.geometry.is_valid.all()
    assert found.frame["osm"].is_unique
