"""Graphs of NetworkX and OSMnx, in and out."""

from __future__ import annotations

import dataclasses

import networkx as nx
import numpy as np
import osmnx as ox
import pyproj
import pytest
from shapely import LineString

from lifecircle.errors import CRSError, InputError
from lifecircle.graphs import from_networkx, read_graphml, streets_from_graph, to_networkx
from lifecircle.network import StreetNetwork, street_network
from lifecircle.sample import city
from tests.conftest import CRS, degrees, m

# Three nodes in degrees; 0.001° of longitude is about 95.5 m here, of latitude 110.9 m.
PLACES = {"a": (121.0, 31.0), "b": (121.001, 31.0), "c": (121.001, 31.001)}
BEND = LineString([(121.0, 31.0), (121.0005, 31.0005), (121.001, 31.0)])


def graph_of(kind: type[nx.Graph], *edges: tuple[object, ...]) -> nx.Graph:
    graph = kind(crs="epsg:4326")
    for name, (x, y) in PLACES.items():
        graph.add_node(name, x=x, y=y)
    graph.add_edges_from(edges)
    return graph


def drawn(network: StreetNetwork) -> list[tuple[object, ...]]:
    """Every street as text and numbers, whatever its direction or place in the list."""
    ends = np.column_stack([network.lon, network.lat]).round(9)
    lines = np.stack([ends[network.u], ends[network.v]], axis=1).tolist()
    rest = (network.length_m.round(9), network.steps, network.tunnel)
    return sorted((*sorted(line), *more) for line, *more in zip(lines, *rest, strict=True))


def test_lengths_are_measured_not_read():
    network = from_networkx(graph_of(nx.Graph, ("a", "b", {"length": 7.0})))
    assert network.length_m == pytest.approx([95.5], abs=0.1)


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph])
def test_any_kind_of_graph_is_read(kind):
    assert len(from_networkx(graph_of(kind, ("a", "b"), ("b", "c"))).u) == 2


def test_twins_in_both_directions_are_one_street():
    straight = graph_of(nx.MultiDiGraph, ("a", "b"), ("b", "a"))
    assert len(streets_from_graph(straight).u) == 1
    bent = graph_of(
        nx.MultiDiGraph, ("a", "b", {"geometry": BEND}), ("b", "a", {"geometry": BEND.reverse()})
    )
    streets = streets_from_graph(bent)
    assert (len(streets.u), len(streets.lon)) == (2, 4)


def test_parallel_edges_of_different_shape_both_stay():
    graph = graph_of(nx.MultiDiGraph, ("a", "b"), ("a", "b", {"geometry": BEND}))
    network = from_networkx(graph)
    assert len(network.u) == 3
    assert network.length_m.min() == pytest.approx(73.2, abs=0.1)  # half of the bend


def test_vertices_of_a_geometry_become_nodes():
    network = from_networkx(graph_of(nx.Graph, ("a", "b", {"geometry": BEND})))
    assert np.array_equal(network.lon, [121.0, 121.001, 121.001, 121.0005])
    assert sorted(zip(network.u.tolist(), network.v.tolist(), strict=True)) == [(0, 3), (3, 1)]


def test_a_geometry_drawn_against_its_edge_is_turned():
    graph = graph_of(nx.MultiGraph, ("a", "b", {"geometry": BEND.reverse()}))
    assert drawn(from_networkx(graph)) == drawn(
        from_networkx(graph_of(nx.MultiGraph, ("a", "b", {"geometry": BEND})))
    )


def test_a_loop_and_its_twin_are_one_street():
    loop = LineString([PLACES["a"], (121.001, 30.999), (121.0, 30.999), PLACES["a"]])
    graph = graph_of(
        nx.MultiDiGraph, ("a", "a", {"geometry": loop}), ("a", "a", {"geometry": loop.reverse()})
    )
    assert len(from_networkx(graph).u) == 3


@pytest.mark.parametrize(
    ("tags", "steps", "tunnel"),
    [
        ({"highway": "steps"}, True, False),
        ({"highway": ["footway", "steps"]}, True, False),
        ({"highway": "['footway', 'steps']", "tunnel": "building_passage"}, True, True),
        ({"highway": "footsteps", "tunnel": "no"}, False, False),
        ({}, False, False),
    ],
)
def test_steps_and_tunnels_are_known_by_their_tags(tags, steps, tunnel):
    streets = streets_from_graph(graph_of(nx.MultiGraph, ("a", "b", tags)))
    assert (streets.steps.tolist(), streets.tunnel.tolist()) == ([steps], [tunnel])


def test_projected_graphs_come_back_to_degrees():
    graph = ox.projection.project_graph(
        graph_of(nx.MultiDiGraph, ("a", "b", {"geometry": BEND}), ("b", "c")), to_crs="EPSG:4549"
    )
    network = from_networkx(graph, crs=CRS)
    assert network.lon[:3] == pytest.approx([121.0, 121.001, 121.001], abs=1e-9)
    assert network.length_m.sum() == pytest.approx(2 * 73.2 + 110.9, abs=0.2)


def test_nodes_without_coordinates_are_an_error():
    graph = graph_of(nx.Graph, ("a", "b"))
    graph.add_edge("b", "lost")
    graph.add_node("odd", x="east", y=31.0)
    with pytest.raises(InputError, match=r"2 of 5 nodes have no usable .*: lost, odd"):
        from_networkx(graph)


def test_swapped_coordinates_are_an_error():
    graph = nx.Graph()
    graph.add_node(1, x=31.0, y=121.0)
    graph.add_node(2, x=31.001, y=121.0)
    graph.add_edge(1, 2)
    with pytest.raises(CRSError, match="swapped"):
        from_networkx(graph)


@pytest.mark.parametrize("geometry", [PLACES["a"], LineString(), "LINESTRING (1"])
def test_a_geometry_that_is_no_line_is_an_error(geometry):
    with pytest.raises(InputError, match="geometry of 1 edges is no line"):
        from_networkx(graph_of(nx.MultiGraph, ("a", "b", {"geometry": geometry})))


@pytest.mark.parametrize("graph", [nx.Graph(), graph_of(nx.Graph)])
def test_a_graph_without_edges_is_an_error(graph):
    with pytest.raises(InputError, match="no street"):
        from_networkx(graph)


@pytest.fixture(scope="module")
def made() -> StreetNetwork:
    return street_network(city(nodes=1_500, seed=5).streets, crs=CRS, speed_kmh=5.0)


def test_a_network_comes_back_the_same(made):
    again = from_networkx(to_networkx(made), crs=CRS, speed_kmh=5.0)
    assert np.array_equal(again.lon, made.lon)
    assert np.array_equal(again.lat, made.lat)
    assert drawn(again) == drawn(made)
    assert again.component_m == pytest.approx(made.component_m, rel=1e-12)
    assert made.steps.any()
    assert made.tunnel.any()


def test_networkx_walks_the_graph_in_our_minutes(town):
    graph = to_networkx(town)
    walked = nx.shortest_path_length(graph, 0, 8, weight="minutes")
    # Four blocks by whichever corners are shortest.
    ways = [(0, 1, 2, 5, 8), (0, 3, 6, 7, 8), (0, 1, 4, 5, 8), (0, 3, 4, 7, 8)]
    expected = min(m(town, *way) for way in ways) / (4000 / 60)
    assert walked == pytest.approx(expected, abs=1e-9)


def test_osmnx_understands_the_graph(made):
    graph = to_networkx(made)
    nodes, edges = ox.convert.graph_to_gdfs(graph)
    assert (len(nodes), len(edges)) == (len(made.lon), len(made.u))
    assert nodes.crs == "EPSG:4326"
    simple = ox.simplify_graph(nx.MultiDiGraph(graph.to_directed()))
    assert len(simple) < len(graph) / 1.5
    # Bends are edge geometry now, and become nodes again: the same streets.
    again = from_networkx(simple, crs=CRS)
    assert again.length_m.sum() == pytest.approx(made.length_m.sum(), rel=1e-9)
    assert len(again.u) == len(made.u)


def test_graphml_of_osmnx_is_read(made, tmp_path):
    path = tmp_path / "城市.graphml"
    simple = ox.simplify_graph(nx.MultiDiGraph(to_networkx(made).to_directed()))
    ox.save_graphml(simple, path)
    again = from_networkx(read_graphml(path), crs=CRS)
    assert again.length_m.sum() == pytest.approx(made.length_m.sum(), rel=1e-9)
    assert again.steps.sum() >= made.steps.sum()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("cut", "not a whole GraphML file"),
        ("<graphml></graphml>", "not a whole GraphML file"),
        ("", "not a whole GraphML file"),
        ("city,x,y\n", "not a whole GraphML file"),
    ],
)
def test_a_broken_file_is_an_error_that_names_it(made, tmp_path, content, reason):
    path = tmp_path / "streets.graphml"
    if content == "cut":
        ox.save_graphml(nx.MultiDiGraph(to_networkx(made)), path)
        content = path.read_text("utf-8")[:20_000]
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=rf"streets\.graphml: .*{reason}"):
        read_graphml(path)


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(InputError, match=r"no file .*none\.graphml"):
        read_graphml(tmp_path / "none.graphml")


def test_the_metric_system_is_chosen_by_place():
    network = from_networkx(graph_of(nx.Graph, ("a", "b")))
    assert network.crs == pyproj.CRS("EPSG:4549")
    x, y = degrees(np.array([0.0]), np.array([0.0]))
    graph = nx.Graph()
    graph.add_node(0, x=float(x[0]), y=float(y[0]))
    graph.add_node(1, x=7.42, y=43.74)
    graph.add_edge(0, 1)
    assert from_networkx(graph, crs=CRS).crs == CRS


def test_a_directed_graph_says_which_streets_are_one_way():
    # a–b both ways, b→c one way, c→a one way (its line runs from the lower node, a)
    graph = graph_of(nx.MultiDiGraph, ("a", "b"), ("b", "a"), ("b", "c"), ("c", "a"))
    streets = streets_from_graph(graph)
    pairs = zip(streets.u.tolist(), streets.v.tolist(), streets.oneway.tolist(), strict=True)
    assert list(pairs) == [(0, 1, 0), (1, 2, 1), (0, 2, -1)]
    assert streets_from_graph(graph_of(nx.Graph, ("a", "b"))).oneway is None
    # walked both ways all the same
    assert from_networkx(graph).backward_m.max() < 200


@pytest.mark.parametrize("line", [BEND, BEND.reverse()])
def test_bends_keep_the_direction_of_their_edge(line):
    # However its geometry is drawn, the edge leads from a to b.
    streets = streets_from_graph(graph_of(nx.MultiDiGraph, ("a", "b", {"geometry": line})))
    lon = streets.lon[np.stack([streets.u, streets.v])]
    assert (np.sign(lon[1] - lon[0]) == streets.oneway).all()


def test_a_loop_leads_round_as_it_is_drawn():
    ring = LineString([(121.0, 31.0), (121.001, 31.0), (121.001, 31.001), (121.0, 31.0)])
    for line in (ring, ring.reverse()):
        streets = streets_from_graph(graph_of(nx.MultiDiGraph, ("a", "a", {"geometry": line})))
        way = streets.oneway[0]
        assert (streets.oneway == way).all()
        ends = streets.lat[np.stack([streets.u, streets.v])]
        # the first step of the ring is level, that of its reverse is not
        first = 0 if way > 0 else -1
        assert (ends[0, first] == ends[1, first]) == (line is ring)


def test_osmnx_streets_for_driving_keep_their_directions():
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node, (x, y) in PLACES.items():
        graph.add_node(node, x=x, y=y)
    graph.add_edge("a", "b", oneway=True, highway="residential", reversed=False)
    graph.add_edge("b", "c", oneway=False, highway=["primary", "residential"], reversed=False)
    graph.add_edge("c", "b", oneway=False, highway=["primary", "residential"], reversed=True)
    streets = streets_from_graph(graph)
    assert streets.oneway.tolist() == [1, 0]
    assert streets.highway.tolist() == ["residential", "primary"]


def test_barred_ways_go_out_and_come_back():
    graph = graph_of(
        nx.Graph,
        ("a", "b", {"highway": "footway", "wheelchair": "no"}),
        ("b", "c", {"highway": "steps"}),
        ("a", "c", {"highway": "footway", "conveying": "yes"}),
    )
    network = from_networkx(graph)
    assert network.barred.tolist() == [True, True, True]
    assert from_networkx(to_networkx(network)).barred.all()
    open_way = from_networkx(graph_of(nx.Graph, ("a", "b", {"conveying": "no"})))
    assert not open_way.barred.any()


def test_minutes_back_go_out_where_they_differ():
    network = from_networkx(graph_of(nx.Graph, ("a", "b"), ("b", "c")))
    sloped = dataclasses.replace(network, backward_m=network.length_m * np.array([2.0, 1.0]))
    graph = to_networkx(sloped)
    assert graph.edges[0, 1, 0]["minutes_back"] == pytest.approx(
        2 * graph.edges[0, 1, 0]["minutes"]
    )
    assert "minutes_back" not in graph.edges[1, 2, 0]
