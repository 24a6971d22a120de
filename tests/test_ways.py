"""The rules of the road: which ways against OSMnx's own words, directions and steps by hand."""

from __future__ import annotations

import re

import osmium
import osmnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lifecircle.osm.ways import is_barred, is_street, oneway

# OSMnx writes its rules for Overpass: ["key"], ["key"~"pattern"] or ["key"!~"pattern"].
CLAUSE = re.compile(r'\["([^"]+)"(?:(!?~)"([^"]+)")?\]')
FILTERS = {"walk": "walk", "cycle": "bike", "drive": "drive"}
WRITTEN = {ways: osmnx._overpass._get_network_filter(name) for ways, name in FILTERS.items()}
RULES = {ways: CLAUSE.findall(text) for ways, text in WRITTEN.items()}
KEYS = sorted({key for rules in RULES.values() for key, _, _ in rules} | {"oneway"})
WORDS = sorted({w for rules in RULES.values() for _, _, p in rules for w in p.split("|")} - {""})
VALUES = st.one_of(
    st.sampled_from([*WORDS, "residential", "cycleway", "yes", "unknown", "both", ""]),
    st.tuples(st.sampled_from(WORDS), st.sampled_from(["", "s", ";yes"])).map("".join),
    st.text(max_size=6),
)


def osmnx_lets_through(tags: dict[str, str], ways: str) -> bool:
    """OSMnx's decision, as Overpass takes it: patterns are found anywhere in a value."""
    return all(
        key in tags if not pattern else key not in tags or not re.search(pattern, tags[key])
        for key, _, pattern in RULES[ways]
    )


@pytest.mark.parametrize("ways", FILTERS)
def test_osmnx_rule_is_read_whole(ways):
    text = WRITTEN[ways]
    assert sum(len(match.group()) for match in CLAUSE.finditer(text)) == len(text)
    assert {operator for _, operator, _ in RULES[ways]} == {"", "!~"}


# A fresh clone first builds Hypothesis's table of characters.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(KEYS), VALUES), st.sampled_from(list(FILTERS)))
def test_each_mode_decides_as_osmnx_does(tags, ways):
    assert is_street(tags, ways) == osmnx_lets_through(tags, ways)


@given(st.sampled_from(WORDS), st.sampled_from(KEYS), VALUES, st.sampled_from(list(FILTERS)))
def test_each_mode_decides_as_osmnx_does_for_streets_with_one_more_tag(highway, key, value, ways):
    tags = {"highway": highway, key: value}
    assert is_street(tags, ways) == osmnx_lets_through(tags, ways)


@pytest.mark.parametrize("ways", FILTERS)
def test_each_mode_decides_as_osmnx_does_on_every_way_of_the_sample(monaco_extract, ways):
    all_ways = osmium.FileProcessor(monaco_extract, osmium.osm.WAY)
    decisions = [
        (is_street(w.tags, ways), osmnx_lets_through(dict(w.tags), ways)) for w in all_ways
    ]
    assert all(ours == theirs for ours, theirs in decisions)
    assert 300 < sum(ours for ours, _ in decisions) < len(decisions)


ONEWAY = {"highway": "residential", "oneway": "yes"}


@pytest.mark.parametrize(
    ("tags", "cycle", "drive"),
    [
        ({"highway": "residential"}, 0, 0),
        (ONEWAY, 1, 1),
        ({"oneway": "true"}, 1, 1),
        ({"oneway": "1"}, 1, 1),
        ({"oneway": "-1"}, -1, -1),
        ({"oneway": "reverse"}, -1, -1),
        ({"oneway": "F"}, 1, 1),  # Geofabrik: along the line
        ({"oneway": "T"}, -1, -1),
        ({"oneway": "B"}, 0, 0),
        ({"oneway": "no"}, 0, 0),
        ({"oneway": "reversible"}, 0, 0),
        ({"junction": "roundabout"}, 1, 1),
        ({"junction": "circular"}, 1, 1),
        ({"junction": "roundabout", "oneway": "no"}, 0, 0),
        ({"junction": "roundabout", "oneway": "-1"}, -1, -1),
        ({"highway": "motorway"}, 1, 1),
        ({"highway": "motorway_link"}, 0, 0),
        (ONEWAY | {"oneway:bicycle": "no"}, 0, 1),
        (ONEWAY | {"oneway:bicycle": "-1"}, -1, 1),
        ({"highway": "path", "oneway:bicycle": "yes"}, 1, 0),
        (ONEWAY | {"cycleway": "opposite"}, 0, 1),
        (ONEWAY | {"cycleway": "opposite_lane"}, 0, 1),
        (ONEWAY | {"cycleway:left": "opposite_track"}, 0, 1),
        (ONEWAY | {"cycleway:right": "opposite_lane"}, 0, 1),
        (ONEWAY | {"cycleway:both": "opposite"}, 0, 1),
        (ONEWAY | {"cycleway": "lane"}, 1, 1),
    ],
)
def test_directions_by_mode(tags, cycle, drive):
    assert oneway(tags, "cycle") == cycle
    assert oneway(tags, "drive") == drive
    assert oneway(tags, "walk") == oneway(tags, "walk_cn") == 0


@pytest.mark.parametrize(
    ("tags", "barred"),
    [
        ({"highway": "footway"}, False),
        ({"highway": "steps"}, True),
        ({"highway": "steps", "ramp": "yes"}, True),
        ({"highway": "footway", "conveying": "yes"}, True),
        ({"highway": "footway", "conveying": "forward"}, True),
        ({"highway": "footway", "conveying": "no"}, False),
        ({"highway": "footway", "wheelchair": "no"}, True),
        ({"highway": "footway", "wheelchair": "limited"}, False),
        ({"highway": "footway", "wheelchair": "yes"}, False),
    ],
)
def test_what_is_not_step_free(tags, barred):
    assert is_barred(tags) is barred
