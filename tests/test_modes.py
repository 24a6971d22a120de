"""Modes by key, and the networks they make: one-way rings, roundabouts, speeds by class."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import pandas as pd
import pytest
import shapely

from lifecircle.errors import InputError
from lifecircle.modes import SPEEDS, Mode, factors, known_modes, mode_of
from lifecircle.network import StreetNetwork
from lifecircle.project.tables import ModeTable, NetworkTable
from lifecircle.snapping import snap
from lifecircle.streets import load_network, read_network
from lifecircle.travel import travel_time
from tests.conftest import CRS, degrees, demand_at, facilities_at
from tests.oracle import directed_minutes

SOURCE = "roads.osm.pbf"


def table(**keys: object) -> NetworkTable:
    return NetworkTable.model_validate({"source": SOURCE, **keys})


# Modes by key -----------------------------------------------------------------------------------


def test_three_modes_are_known_without_being_written():
    assert known_modes(table()) == ("walk", "cycle", "drive")
    assert mode_of(table(), "walk") == Mode("walk", "walk", 4.0, {})
    assert mode_of(table(), "cycle") == Mode("cycle", "cycle", 12.0, {})
    drive = mode_of(table(), "drive")
    assert (drive.kind, drive.speed_kmh, drive.speeds["motorway"]) == ("drive", 25.0, 90.0)


def test_the_networks_speed_is_that_of_its_default_mode_alone():
    assert mode_of(table(speed_kmh=5.0), "walk").speed_kmh == 5.0
    assert mode_of(table(speed_kmh=5.0, mode="cycle"), "walk").speed_kmh == 4.0
    assert mode_of(table(speed_kmh=15.0, mode="cycle"), "cycle").speed_kmh == 15.0
    # not said, the network's default of 4 km/h is no speed for cycling
    assert mode_of(table(mode="cycle"), "cycle").speed_kmh == 12.0


def test_a_modes_own_table_comes_first():
    modes = {"walk": ModeTable(speed_kmh=3.0), "drive": ModeTable(speeds={"primary": 30.0})}
    written = table(speed_kmh=5.0, modes=modes)
    assert mode_of(written, "walk").speed_kmh == 3.0
    assert mode_of(written, "drive").speeds["primary"] == 30.0
    assert mode_of(written, "drive").speeds["secondary"] == 55.0


def test_a_further_mode_says_its_kind():
    written = table(modes={"e_bike": ModeTable(kind="cycle", speed_kmh=20.0)})
    assert mode_of(written, "e_bike") == Mode("e_bike", "cycle", 20.0, {})
    unsaid = table(modes={"e_bike": ModeTable(speed_kmh=20.0)})
    words = r"sh\.toml: network\.modes\.e_bike\.kind is missing.*walk, cycle, drive"
    with pytest.raises(InputError, match=words):
        mode_of(unsaid, "e_bike", file="sh.toml")


def test_an_unknown_mode_names_file_and_known_modes():
    written = table(modes={"e_bike": ModeTable(kind="cycle")})
    with pytest.raises(InputError, match=r"sh\.toml: the mode 'tram'.*walk, cycle, drive, e_bike"):
        mode_of(written, "tram", file="sh.toml")


def test_every_speed_has_source_and_status():
    for kind in tomllib.loads(SPEEDS.read_text("utf-8")).values():
        assert kind["source"]
        assert kind["status"] in {"official", "secondary", "unverified"}


# Factors ----------------------------------------------------------------------------------------


def test_factors_are_none_where_nothing_differs():
    none = np.zeros(2, np.int8)
    streets = pd.Categorical(["primary", "service"])
    assert factors(Mode("w", "walk", 4.0, {}), streets, none) == (None, None)
    assert factors(Mode("w", "walk", 4.0, {}), streets, none + 1) == (None, None)
    assert factors(Mode("c", "cycle", 12.0, {}), streets, none) == (None, None)


def test_factors_by_class_and_direction():
    streets = pd.Categorical(["primary", "service", None, "primary"])
    way = np.array([0, 1, -1, -1], np.int8)
    forward, backward = factors(Mode("d", "drive", 20.0, {"primary": 40.0}), streets, way)
    assert forward.tolist() == [0.5, 1.0, np.inf, np.inf]
    assert backward.tolist() == [0.5, np.inf, 1.0, 0.5]
    there, back = factors(Mode("w", "walk", 4.0, {"primary": 2.0}), streets, way)
    assert there.tolist() == back.tolist() == [2.0, 1.0, 1.0, 2.0]


# Networks by hand -------------------------------------------------------------------------------

# A square of 300 m: node 1 at the corner, 2 east of it, 3 north-east, 4 north.
SQUARE = {1: (0, 0), 2: (300, 0), 3: (300, 300), 4: (0, 300)}


def osm(folder: Path, ways: list[tuple[list[int], dict[str, str]]], **more: object) -> Path:
    """An extract of these ways between the corners of the square and `more` nodes."""
    body = ""
    for node, (x, y) in (SQUARE | more.get("nodes", {})).items():
        lon, lat = degrees(x, y)
        body += f'<node id="{node}" version="1" lat="{lat:.9f}" lon="{lon:.9f}"/>'
    for number, (refs, tags) in enumerate(ways, start=1):
        inner = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        inner += "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        body += f'<way id="{number}" version="1">{inner}</way>'
    path = folder / "square.osm"
    path.write_text(f'<osm version="0.6">{body}</osm>', encoding="utf-8")
    return path


def metres(network: StreetNetwork, start: tuple[float, float], end: tuple[float, float]) -> float:
    """Metres at the network's speed between two points on its streets."""
    demand = snap(demand_at([start[0]], [start[1]]), network)
    facility = snap(facilities_at([end[0]], [end[1]]), network)
    taken = travel_time(network, demand, facility, services=["health"], search_minutes=600)
    return float(taken.minutes["health"].iloc[0]) * network.speed_kmh * 1000 / 60


RING = [([1, 2, 3, 4, 1], {"highway": "residential", "oneway": "yes"})]


@pytest.mark.parametrize("mode", ["cycle", "drive"])
def test_a_one_way_ring_is_gone_round(tmp_path, mode):
    network = read_network(osm(tmp_path, RING), mode=mode)
    # Anticlockwise from the middle of the south to the middle of the east: 150 + 150 m; back: the
    # rest of 1,200 m.
    assert metres(network, (150, 0), (300, 150)) == pytest.approx(300, abs=0.1)
    assert metres(network, (300, 150), (150, 0)) == pytest.approx(900, abs=0.1)
    # On one edge: 100 m along it, or all the way round.
    assert metres(network, (100, 0), (200, 0)) == pytest.approx(100, abs=0.1)
    assert metres(network, (200, 0), (100, 0)) == pytest.approx(1100, abs=0.1)
    assert metres(network, (200, 0), (200, 0)) == pytest.approx(0, abs=0.01)


def test_the_same_ring_is_walked_both_ways(tmp_path):
    network = read_network(osm(tmp_path, RING))
    assert metres(network, (300, 150), (150, 0)) == pytest.approx(300, abs=0.1)
    assert network.forward_m is network.length_m


def test_contraflow_frees_cyclists_alone(tmp_path):
    tags = RING[0][1] | {"oneway:bicycle": "no"}
    path = osm(tmp_path, [(RING[0][0], tags)])
    cycle, drive = read_network(path, mode="cycle"), read_network(path, mode="drive")
    assert metres(cycle, (300, 150), (150, 0)) == pytest.approx(300, abs=0.1)
    assert metres(drive, (300, 150), (150, 0)) == pytest.approx(900, abs=0.1)


def test_a_roundabout_is_driven_one_way(tmp_path):
    # The square as a roundabout, a street to the west of node 1 and one to the east of node 2.
    nodes = {5: (-200, 0), 6: (500, 0)}
    street = {"highway": "residential"}
    ways = [
        ([1, 2, 3, 4, 1], street | {"junction": "roundabout"}), ([5, 1], street), ([2, 6], street)
    ]  # fmt: skip
    network = read_network(osm(tmp_path, ways, nodes=nodes), mode="drive")
    assert metres(network, (-200, 0), (500, 0)) == pytest.approx(200 + 300 + 200, abs=0.1)
    assert metres(network, (500, 0), (-200, 0)) == pytest.approx(200 + 900 + 200, abs=0.1)


def test_driving_speeds_by_class(tmp_path):
    # East along the south side (primary, 65 km/h), or the way round by the north (residential, 25).
    ways = [
        ([1, 2], {"highway": "primary"}),
        ([2, 3], {"highway": "residential"}),
        ([3, 4], {"highway": "road"}),  # of no known class: the mode's 25 km/h
        ([1, 4], {"highway": "living_street"}),  # 10 km/h
    ]
    path = osm(tmp_path, ways)
    network = read_network(path, mode="drive")
    assert network.speed_kmh == 25.0
    # 300 m at each speed, in metres at 25 km/h
    assert network.forward_m == pytest.approx([300 * 25 / 65, 300, 300, 300 * 2.5], rel=1e-3)
    assert network.length_m == pytest.approx([300] * 4, rel=1e-3)
    # From node 4 to node 2: by 1 it takes 750 + 115 m, by 3 600 m.
    assert metres(network, (0, 300), (300, 0)) == pytest.approx(600, abs=0.5)
    own = {"drive": {"speed_kmh": 30.0, "speeds": {"living_street": 60.0}}}
    quicker = read_network(path, mode="drive", modes=own)
    # 30 km/h elsewhere, but residential keeps its own 25
    assert quicker.forward_m == pytest.approx([300 * 30 / 65, 360, 300, 150], rel=1e-3)


def test_each_mode_has_its_own_ways(tmp_path):
    ways = [
        ([1, 2], {"highway": "residential"}), ([2, 3], {"highway": "footway"}),
        ([3, 4], {"highway": "cycleway"}), ([4, 1], {"highway": "motorway"}),
    ]  # fmt: skip
    path = osm(tmp_path, ways)
    lengths = {mode: len(read_network(path, mode=mode).u) for mode in ("walk", "cycle", "drive")}
    assert lengths == {"walk": 2, "cycle": 2, "drive": 2}
    assert len(read_network(path, ways="walk_cn").u) == 3
    assert len(read_network(path, ways="walk_cn", mode="drive").u) == 2


def test_an_extract_without_a_road_is_refused_for_driving(tmp_path):
    path = osm(tmp_path, [([1, 2], {"highway": "footway"})])
    with pytest.raises(InputError, match=r"square\.osm: no street is open to the mode drive"):
        read_network(path, mode="drive")


def test_findings_of_a_further_mode_name_it(tmp_path):
    written = NetworkTable(source=str(osm(tmp_path, RING)))
    walked = load_network(written).findings
    driven = load_network(written, mode=mode_of(written, "drive")).findings
    assert {found.layer for found in walked} == {"network"}
    assert {found.layer for found in driven} == {"network (drive)"}
    # a layer of roads alone understates walking, not driving
    assert "osm.no_footways" in {found.code for found in walked}
    assert "osm.no_footways" not in {found.code for found in driven}


# Streets that are no extract --------------------------------------------------------------------


def ring_lines(**columns: object) -> gpd.GeoDataFrame:
    """The four sides of the square, each drawn anticlockwise."""
    corners = np.column_stack(degrees(*np.array([*SQUARE.values(), SQUARE[1]]).T))
    sides = [shapely.LineString(corners[i : i + 2]) for i in range(4)]
    return gpd.GeoDataFrame(geometry=sides, crs=4326).assign(**columns)


def test_lines_with_directions_are_one_way_for_vehicles(tmp_path):
    path = tmp_path / "ring.gpkg"
    ring_lines(oneway="F", fclass="residential").to_file(path)
    written = NetworkTable(source=str(path))
    for key, expected in (("walk", 300), ("cycle", 900), ("drive", 900)):
        loaded = load_network(written, crs=CRS, mode=mode_of(written, key))
        assert metres(loaded.network, (300, 150), (150, 0)) == pytest.approx(expected, abs=0.1)
        assert {found.code for found in loaded.findings} == {"network.streets"}


def test_lines_without_directions_are_driven_with_a_warning(tmp_path):
    path = tmp_path / "ring.gpkg"
    ring_lines().to_file(path)
    written = NetworkTable(source=str(path))
    driven = load_network(written, crs=CRS, mode=mode_of(written, "drive"))
    assert metres(driven.network, (300, 150), (150, 0)) == pytest.approx(300, abs=0.1)
    said = {f.code: f for f in driven.findings if f.severity == "warning"}
    assert set(said) == {"modes.no_directions", "modes.no_highway"}
    assert "all are taken both ways by drive" in said["modes.no_directions"].message.text("en")
    assert "at 25 km/h" in said["modes.no_highway"].message.text("en")
    cycled = load_network(written, crs=CRS, mode=mode_of(written, "cycle"))
    assert {f.code for f in cycled.findings} == {"modes.no_highway", "network.streets"}
    walked = load_network(written, crs=CRS)
    assert {f.code for f in walked.findings} == {"network.streets"}


def test_of_lines_only_those_for_the_mode_are_taken(tmp_path):
    path = tmp_path / "ring.gpkg"
    kinds = ["primary", "footway", "steps", None]
    ring_lines(highway=kinds, oneway="no").to_file(path)
    assert len(read_network(path).u) == 4
    network = read_network(path, mode="drive")
    # the street of no kind is open, at the mode's speed
    assert (network.forward_m / network.length_m).tolist() == [25 / 65, 1.0]
    assert len(network.lon) == 3
    with pytest.raises(InputError, match=r"ring\.gpkg: no street is open to the mode drive"):
        read_network(path, mode="drive", where={"highway": ["footway", "steps"]})


def test_a_directed_graph_is_driven_as_it_points(tmp_path):
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node, (x, y) in SQUARE.items():
        lon, lat = degrees(x, y)
        graph.add_node(node, x=float(lon), y=float(lat))
    graph.add_edges_from([(1, 2), (2, 3), (3, 4), (4, 1)], highway="residential")
    graph.add_edge(2, 1, highway="residential")
    path = tmp_path / "ring.graphml"
    nx.write_graphml(graph, path)
    for key, expected in (("walk", 300), ("cycle", 900), ("drive", 900)):
        network = read_network(path, mode=key)
        assert len(network.u) == 4
        assert metres(network, (300, 150), (0, 0)) == pytest.approx(expected - 150 + 300 * (
            key == "walk"), abs=0.2)  # fmt: skip
        assert metres(network, (200, 0), (100, 0)) == pytest.approx(100, abs=0.1)  # has a twin


def test_an_undirected_graph_is_driven_with_a_warning(tmp_path):
    graph = nx.Graph(crs="epsg:4326")
    for node, (x, y) in SQUARE.items():
        lon, lat = degrees(x, y)
        graph.add_node(node, x=float(lon), y=float(lat))
    graph.add_edge(1, 2, highway="['primary', 'residential']")
    path = tmp_path / "ring.graphml"
    nx.write_graphml(graph, path)
    written = NetworkTable(source=str(path))
    loaded = load_network(written, mode=mode_of(written, "drive"))
    assert [f.code for f in loaded.findings] == ["modes.no_directions", "network.streets"]
    assert loaded.network.forward_m / loaded.network.length_m == pytest.approx([25 / 65])


# Monaco -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["cycle", "drive"])
def test_monaco_agrees_with_brute_force(monaco, monaco_extract, key):
    written = NetworkTable(source=str(monaco_extract))
    network = load_network(written, crs=monaco.network.crs, mode=mode_of(written, key)).network
    places = snap(monaco.demand.iloc[::4].reset_index(drop=True), network)
    facilities = snap(monaco.facilities, network)
    taken = travel_time(network, places, facilities, services=["culture"], search_minutes=10)
    truth = directed_minutes(
        network, places, facilities,
        service="culture", search_minutes=10, factors=by_tags(monaco_extract, network, key),
    )  # fmt: skip
    assert np.isfinite(truth).sum() > 100
    np.testing.assert_allclose(taken.minutes["culture"], truth, rtol=0, atol=1e-9)


def by_tags(extract: Path, network: StreetNetwork, key: str) -> tuple[np.ndarray, np.ndarray]:
    """Factors of each edge, worked out here from the tags of the way under it.

    Ways are found again by the positions of the ends of their segments.
    """
    speeds = mode_of(NetworkTable(source=SOURCE), key).speeds
    place = {n.id: (n.lon, n.lat) for n in osmium.FileProcessor(extract, osmium.osm.NODE)}
    ends: dict[tuple[object, object], dict[str, str]] = {}
    for way in osmium.FileProcessor(extract, osmium.osm.WAY):
        tags, refs = dict(way.tags), [node.ref for node in way.nodes]
        if "highway" not in tags or tags["highway"] in {"footway", "steps", "corridor"}:
            continue
        if key == "drive" and tags["highway"] in {"service", "pedestrian", "path", "track"}:
            continue
        for a, b in itertools.pairwise(refs):
            if a in place and b in place:
                ends.setdefault((place[a], place[b]), tags)
    forward, backward = np.ones(len(network.u)), np.ones(len(network.u))
    for edge, (u, v) in enumerate(zip(network.u, network.v, strict=True)):
        tags = ends[(network.lon[u], network.lat[u]), (network.lon[v], network.lat[v])]
        pace = network.speed_kmh / speeds.get(tags["highway"], network.speed_kmh)
        said = tags.get("oneway") or ("yes" if tags.get("junction") == "roundabout" else "no")
        if key == "cycle":
            said = tags.get("oneway:bicycle", said)
            if any(v.startswith("opposite") for k, v in tags.items() if k.startswith("cycleway")):
                said = "no"
        forward[edge] = np.inf if said == "-1" else pace
        backward[edge] = np.inf if said == "yes" else pace
    return forward, backward
