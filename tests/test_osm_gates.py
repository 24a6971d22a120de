"""Gates of an extract: which nodes let walkers through, and which roads are public."""

from __future__ import annotations

from pathlib import Path

import osmium
import pytest
import shapely
from osmium.osm.types import Node

from lifecircle.errors import InputError
from lifecircle.osm.gates import is_public_road, is_shut, read_gates
from tests.drawn import write_extract

HERE = shapely.Point(0, 0)


def read(tmp_path: Path, *tags: dict[str, str]) -> list[tuple[str, bool, bool]]:
    """The gates of an extract that has a node with each of these tags."""
    found = read_gates(write_extract(tmp_path / "a.osm", *((HERE, each) for each in tags))).frame
    return list(zip(found["osm"], found["entrance"], found["shut"], strict=True))


def test_gates_and_entrances_by_id(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {"barrier": "gate"},
        {"barrier": "bollard"},
        {"entrance": "main"},
        {"entrance": "no"},
        {"entrance": "emergency"},
        {"barrier": "lift_gate", "entrance": "yes"},
        {"barrier": "swing_gate"},
        {"barrier": "sliding_gate"},
        {"barrier": "entrance"},
        {"highway": "crossing"},
    )
    assert found == [
        ("node/1", False, False),
        ("node/3", True, False),
        ("node/6", False, False),
        ("node/7", False, False),
        ("node/8", False, False),
        ("node/9", False, False),
    ]


@pytest.mark.parametrize(
    ("tags", "shut"),
    [
        ({}, False),
        ({"access": "yes"}, False),
        ({"access": "residents"}, False),
        ({"access": "private"}, True),
        ({"access": "no"}, True),
        ({"access": "private", "foot": "yes"}, False),
        ({"access": "no", "foot": "designated"}, False),
        ({"foot": "no"}, True),
        ({"access": "yes", "foot": "private"}, True),
        ({"locked": "yes"}, True),
        ({"locked": "no"}, False),
    ],
)
def test_what_is_said_of_walkers_decides(
    tmp_path: Path, tags: dict[str, str], *, shut: bool
) -> None:
    assert is_shut(tags) is shut
    assert read(tmp_path, {"barrier": "gate"} | tags) == [("node/1", False, shut)]


@pytest.mark.parametrize(
    ("tags", "public"),
    [
        ({"highway": "tertiary"}, True),
        ({"highway": "primary_link"}, True),
        ({"highway": "primary", "bridge": "no", "tunnel": "no"}, True),
        ({"highway": "motorway", "bridge": "viaduct"}, False),
        ({"highway": "trunk", "tunnel": "yes"}, False),
        ({"highway": "residential"}, False),
        ({"highway": "service"}, False),
        ({}, False),
    ],
)
def test_public_roads_are_main_roads_on_the_ground(tags: dict[str, str], *, public: bool) -> None:
    assert is_public_road(tags) is public


def test_roads_are_lines_of_their_own(tmp_path: Path) -> None:
    square = shapely.box(0, 0, 100, 100)
    path = write_extract(
        tmp_path / "a.osm",
        (square, {"highway": "secondary"}),
        (square, {"highway": "service"}),
        (shapely.box(0, 0, 50, 50), {"highway": "tertiary"}),
    )
    roads = read_gates(path).roads
    assert shapely.get_num_points(roads).tolist() == [5, 5]
    assert roads[0].length == pytest.approx(2 * roads[1].length, rel=1e-4)


def test_nothing_found_keeps_the_columns(tmp_path: Path) -> None:
    found = read_gates(write_extract(tmp_path / "a.osm", (HERE, {"highway": "crossing"})))
    assert found.frame.columns.tolist() == ["osm", "entrance", "shut", "geometry"]
    assert (len(found.frame), len(found.roads)) == (0, 0)
    assert found.frame.crs == "EPSG:4326"


def test_a_broken_extract_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.osm"
    path.write_text("<osm version='0.6'><node id='1'", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.osm"):
        read_gates(path)


def test_the_sample_agrees_with_a_plain_count(monaco_extract: Path) -> None:
    wanted = {
        f"node/{each.id}"
        for each in osmium.FileProcessor(monaco_extract)
        if isinstance(each, Node) and each.tags.get("barrier") == "lift_gate"
    }
    found = read_gates(monaco_extract).frame
    assert wanted <= set(found["osm"])
    assert len(wanted) > 10
    assert found["osm"].is_unique
