"""Streets of an extract: the walking rule against OSMnx's own words, and segments drawn by hand."""

import itertools
import re

import numpy as np
import osmium
import osmnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecircle.errors import InputError
from lifecircle.osm.streets import read_osm_streets
from lifecircle.osm.ways import is_street

# OSMnx writes its rule for Overpass: ["key"], ["key"~"pattern"] or ["key"!~"pattern"].
CLAUSE = re.compile(r'\["([^"]+)"(?:(!?~)"([^"]+)")?\]')
OSMNX_WALK = CLAUSE.findall(osmnx._overpass._get_network_filter("walk"))


def osmnx_walks(tags):
    """OSMnx's decision, as Overpass takes it: patterns are found anywhere in a value."""
    decisions = {
        "": lambda key, _: key in tags,
        "~": lambda key, pattern: re.search(pattern, tags.get(key, "")) is not None,
        "!~": lambda key, pattern: key not in tags or not re.search(pattern, tags[key]),
    }
    return all(decisions[operator](key, pattern) for key, operator, pattern in OSMNX_WALK)


KEYS = sorted({key for key, _, _ in OSMNX_WALK} | {"oneway", "bicycle"})
WORDS = sorted({word for _, _, pattern in OSMNX_WALK for word in pattern.split("|")} - {""})
VALUES = st.one_of(
    st.sampled_from([*WORDS, "footway", "steps", "yes", "unknown", "both", ""]),
    st.tuples(st.sampled_from(WORDS), st.sampled_from(["", "s", ";yes"])).map("".join),
    st.text(max_size=6),
)


def test_osmnx_rule_is_read_whole():
    text = osmnx._overpass._get_network_filter("walk")
    assert sum(len(match.group()) for match in CLAUSE.finditer(text)) == len(text)
    assert ("highway", "", "") in OSMNX_WALK
    assert len(OSMNX_WALK) == 10


@given(st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_walk_decides_as_osmnx_does(tags):
    assert is_street(tags) == osmnx_walks(tags)


@given(st.sampled_from(["footway", "residential", "cycleway"]), st.sampled_from(KEYS), VALUES)
def test_walk_decides_as_osmnx_does_for_streets_with_one_more_tag(highway, key, value):
    tags = {"highway": highway, key: value}
    assert is_street(tags) == osmnx_walks(tags)


def test_walk_decides_as_osmnx_does_on_every_way_of_the_sample(monaco_extract):
    ways = osmium.FileProcessor(monaco_extract, osmium.osm.WAY)
    decisions = [(is_street(way.tags), osmnx_walks(dict(way.tags))) for way in ways]
    assert len(decisions) == 4846
    assert all(ours == theirs for ours, theirs in decisions)
    assert sum(ours for ours, _ in decisions) == 2683


@pytest.mark.parametrize(
    ("tags", "walk", "walk_cn"),
    [
        ({"highway": "footway"}, True, True),
        ({"highway": "cycleway"}, False, True),
        ({"highway": "cycleway", "foot": "no"}, False, False),
        ({"highway": "cycleway", "access": "private"}, False, False),
        ({"highway": "motorway"}, False, False),  # `motor` is found anywhere
        ({"highway": "footway", "foot": "unknown"}, False, False),  # so is `no`
        ({"highway": "bus_guideway"}, False, False),
        ({"highway": "residential", "access": "no"}, True, True),
        ({"highway": "residential", "sidewalk:left": "separate"}, False, False),
        ({"highway": "pedestrian", "area": "yes"}, False, False),
        ({"railway": "rail"}, False, False),
    ],
)
def test_walk_and_walk_cn_differ_in_cycleways_only(tags, walk, walk_cn):
    assert is_street(tags) is walk
    assert is_street(tags, "walk_cn") is walk_cn


def drawn(tmp_path, ways, nodes=range(1, 10)):
    """An extract whose node i stands at 121 + i/100 E, 31 + i/1000 N."""
    body = "".join(f'<node id="{i}" lon="{121 + i / 100}" lat="{31 + i / 1000}"/>' for i in nodes)
    for number, (refs, tags) in ways.items():
        nds = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        words = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        body += f'<way id="{number}">{nds}{words}</way>'
    path = tmp_path / "drawn.osm"
    path.write_text(f'<osm version="0.6">{body}</osm>', encoding="utf-8")
    return path


FOOTWAY = {"highway": "footway"}


def ends(streets):
    """Segments as pairs of node ids."""
    pairs = zip(streets.node_id[streets.u], streets.node_id[streets.v], strict=True)
    return [(int(a), int(b)) for a, b in pairs]


def test_segments_stand_in_the_order_of_the_ways_and_nodes_by_id(tmp_path):
    ways = {20: ([5, 3, 1], FOOTWAY), 21: ([3, 7], {"highway": "steps"}), 22: ([1, 9], {})}
    streets = read_osm_streets(drawn(tmp_path, ways))
    assert streets.node_id.tolist() == [1, 3, 5, 7]  # 9 belongs to no street
    assert ends(streets) == [(5, 3), (3, 1), (3, 7)]
    assert streets.way.tolist() == [20, 20, 21]
    assert streets.steps.tolist() == [False, False, True]
    assert streets.lon.tolist() == [121.01, 121.03, 121.05, 121.07]
    assert streets.lat.tolist() == [31.001, 31.003, 31.005, 31.007]
    assert streets.missing_nodes == 0
    assert streets.findings == ()


def test_types_are_those_promised(tmp_path):
    streets = read_osm_streets(drawn(tmp_path, {20: ([1, 2], FOOTWAY)}))
    expected = {
        "node_id": np.int64,
        "lon": np.float64,
        "lat": np.float64,
        "u": np.int32,
        "v": np.int32,
        "way": np.int64,
        "steps": np.bool_,
        "tunnel": np.bool_,
        "barred": np.bool_,
        "oneway": np.int8,
    }
    assert {name: getattr(streets, name).dtype.type for name in expected} == expected


def test_way_is_split_where_a_node_is_missing_and_never_bridged(tmp_path):
    ways = {20: ([1, 2, 99, 3, 4, 98], FOOTWAY), 21: ([99, 5, 98], FOOTWAY)}
    streets = read_osm_streets(drawn(tmp_path, ways))
    assert ends(streets) == [(1, 2), (3, 4)]
    assert streets.node_id.tolist() == [1, 2, 3, 4]  # 5 is on no segment
    assert streets.missing_nodes == 2
    [found] = streets.findings
    assert found.message.text() == (
        "network: 2 street nodes lie outside the extract; their streets end at its rim."
    )


def test_repeated_nodes_make_no_segment_and_two_ways_are_not_joined(tmp_path):
    ways = {20: ([1, 1, 2, 2], FOOTWAY), 21: ([3, 4], FOOTWAY), 22: ([1, 2, 1], FOOTWAY)}
    assert ends(read_osm_streets(drawn(tmp_path, ways))) == [(1, 2), (3, 4), (1, 2), (2, 1)]


def test_two_nodes_at_one_place_stay_two(tmp_path):
    path = drawn(tmp_path, {20: ([1, 2], FOOTWAY)}, nodes=[1])
    twin = '<node id="2" lon="121.01" lat="31.001"/><way '
    path.write_text(path.read_text("utf-8").replace("<way ", twin, 1), encoding="utf-8")
    streets = read_osm_streets(path)
    assert ends(streets) == [(1, 2)]
    assert streets.lon[0] == streets.lon[1]


@pytest.mark.parametrize(
    ("tags", "tunnel"),
    [
        ({"highway": "footway"}, False),
        ({"highway": "footway", "tunnel": "no"}, False),
        ({"highway": "footway", "tunnel": "yes"}, True),
        ({"highway": "footway", "tunnel": "building_passage"}, True),
        ({"highway": "footway", "covered": "yes"}, False),
        ({"highway": "footway", "covered": "indoor"}, True),
        ({"highway": "footway", "indoor": "yes"}, True),
        ({"highway": "footway", "indoor": "no"}, False),
        ({"highway": "corridor"}, True),
    ],
)
def test_tunnels_and_indoor_ways_are_marked_and_counted(tmp_path, tags, tunnel):
    streets = read_osm_streets(drawn(tmp_path, {20: ([1, 2, 3], tags)}), layer="roads")
    assert streets.tunnel.tolist() == [tunnel, tunnel]
    assert [(found.layer, found.row) for found in streets.findings] == [
        ("roads", "way/20")
    ] * tunnel


def test_segments_know_their_direction_kind_and_whether_they_are_step_free(tmp_path):
    ways = {
        20: ([1, 2, 3], {"highway": "residential", "oneway": "yes"}),
        21: ([3, 4], {"highway": "steps"}),
        22: ([4, 5], {"highway": "residential", "oneway": "-1", "wheelchair": "no"}),
    }
    path = drawn(tmp_path, ways)
    walked = read_osm_streets(path)
    assert walked.oneway.tolist() == [0, 0, 0, 0]
    assert walked.barred.tolist() == [False, False, True, True]
    assert walked.highway.tolist() == ["residential", "residential", "steps", "residential"]
    driven = read_osm_streets(path, ways="drive")
    assert driven.way.tolist() == [20, 20, 22]
    assert driven.oneway.tolist() == [1, 1, -1]
    assert driven.highway.tolist() == ["residential"] * 3


def test_extract_of_roads_alone_is_said_to_understate_walking(tmp_path):
    ways = {20: ([1, 2], {"highway": "residential"}), 21: ([2, 3], {"highway": "primary"})}
    [found] = read_osm_streets(drawn(tmp_path, ways), layer="roads").findings
    assert (found.code, found.severity, found.source) == (
        "osm.no_footways", "warning", "drawn.osm",
    )  # fmt: skip
    assert "roads: the extract holds no footways" in found.message.text("en")
    assert "步行可达性被低估" in found.message.text("zh")


@pytest.mark.parametrize("walked", ["footway", "path", "steps", "pedestrian", "service"])
def test_one_way_for_walkers_is_enough_to_call_no_extract_roads_alone(tmp_path, walked):
    ways = {20: ([1, 2], {"highway": "primary"}), 21: ([2, 3], {"highway": walked})}
    assert read_osm_streets(drawn(tmp_path, ways)).findings == ()


def test_closed_footways_are_no_way_for_walkers(tmp_path):
    closed = FOOTWAY | {"access": "private"}
    ways = {20: ([1, 2], {"highway": "primary"}), 21: ([2, 3], closed)}
    [found] = read_osm_streets(drawn(tmp_path, ways)).findings
    assert found.code == "osm.no_footways"


def test_extract_without_streets_is_an_error(tmp_path):
    path = drawn(tmp_path, {20: ([1, 2], {"highway": "cycleway"}), 21: ([3], FOOTWAY)})
    with pytest.raises(InputError, match='holds no street by the rule ways = "walk"'):
        read_osm_streets(path)
    assert ends(read_osm_streets(path, ways="walk_cn")) == [(1, 2)]


def test_sample_has_the_streets_its_description_counts(monaco_extract):
    streets = read_osm_streets(monaco_extract)
    ways = osmium.FileProcessor(monaco_extract, osmium.osm.WAY)
    kind = {way.id: way.tags.get("highway") for way in ways}
    counted = [kind[way] for way in np.unique(streets.way).tolist()]
    assert len(counted) == 2683
    assert counted.count("footway") == 1353
    assert counted.count("steps") == 346
    assert len(np.unique(streets.way[streets.steps])) == 346
    assert streets.box == (7.409205, 43.72335, 7.448637, 43.75169)
    assert streets.date == "2023-12-26"
    assert streets.missing_nodes == 0


def test_sample_agrees_with_a_plain_reading_of_it(monaco_extract):
    place = {
        node.id: (node.lon, node.lat)
        for node in osmium.FileProcessor(monaco_extract, osmium.osm.NODE)
    }
    expected = []
    for way in osmium.FileProcessor(monaco_extract, osmium.osm.WAY):
        if osmnx_walks(dict(way.tags)):
            refs = [node.ref for node in way.nodes]
            pairs = itertools.pairwise(refs)
            expected += [(way.id, *place[a], *place[b]) for a, b in pairs if a != b]
    streets = read_osm_streets(monaco_extract)
    u, v = streets.u, streets.v
    lon, lat = streets.lon, streets.lat
    found = zip(streets.way.tolist(), lon[u], lat[u], lon[v], lat[v], strict=True)
    assert list(found) == expected
    assert (np.diff(streets.node_id) > 0).all()
    assert set(u.tolist()) | set(v.tolist()) == set(range(len(streets.node_id)))
