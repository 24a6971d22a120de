"""Streets to and from NetworkX and OSMnx graphs. No other module knows these packages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from lifecircle.crs import Place, degrees_of, metric_crs, read_crs
from lifecircle.errors import InputError
from lifecircle.geodesy import WGS84
from lifecircle.messages import some
from lifecircle.network import Bools, Floats, Ints, StreetNetwork, Streets, street_network

if TYPE_CHECKING:
    import networkx as nx

Geometries = npt.NDArray[Any]

LAYER = "network"


def from_networkx(
    graph: nx.Graph, *, crs: pyproj.CRS | None = None, speed_kmh: float = 4.0
) -> StreetNetwork:
    """The street network of a NetworkX graph, for instance one that OSMnx made.

    Edges are walked both ways, whatever their direction. An edge and its twin in the other
    direction are one street; parallel edges of different shape both stay. Lengths are measured
    anew: a `length` attribute is not used.

    Parameters
    ----------
    graph
        Any kind of graph whose nodes have `x` and `y`, in the coordinate system that
        `graph.graph["crs"]` names (else EPSG:4326). Edges may have a LineString `geometry`, its
        vertices become nodes; `highway` that is or contains `steps` marks stairs.
    crs
        The metric system to work in; by default the one nearest the middle of the streets.

    Raises
    ------
    InputError
        If a node has no coordinates, a geometry is no line, or there is no edge.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.Graph()
    >>> graph.add_node("a", x=121.0, y=31.0)
    >>> graph.add_node("b", x=121.001, y=31.0)
    >>> graph.add_edge("a", "b", length=5)
    >>> from_networkx(graph).length_m.round(1).tolist()
    [95.5]
    """
    streets = streets_from_graph(graph)
    if crs is None and len(streets.lon):
        crs = metric_crs("auto", float(np.median(streets.lon)), float(np.median(streets.lat)))
    return street_network(streets, crs=crs or pyproj.CRS(WGS84), speed_kmh=speed_kmh)


def to_networkx(network: StreetNetwork) -> nx.MultiGraph:
    """The network as an undirected multigraph that NetworkX and OSMnx understand.

    Nodes are positions in the network, with `x`, `y` in degrees; edges have `length` in metres,
    `minutes` at the network's speed, `highway="steps"` on stairs and `tunnel="yes"` in tunnels.
    For OSMnx functions that ask for a directed graph use its `to_directed()`.

    Examples
    --------
    >>> from lifecircle.network import street_network
    >>> line = Streets.plain([121.0, 121.001], [31.0, 31.0], [0], [1])
    >>> graph = to_networkx(street_network(line, crs=pyproj.CRS("EPSG:4549")))
    >>> round(graph.edges[0, 1, 0]["minutes"], 2)
    1.43
    """
    import networkx as nx

    graph = nx.MultiGraph(crs=WGS84.lower())
    lonlat = zip(network.lon.tolist(), network.lat.tolist(), strict=True)
    graph.add_nodes_from((node, {"x": x, "y": y}) for node, (x, y) in enumerate(lonlat))
    marks = {
        (steps, tunnel): ({"highway": "steps"} if steps else {})
        | ({"tunnel": "yes"} if tunnel else {})
        for steps in (False, True)
        for tunnel in (False, True)
    }
    arrays = (network.u, network.v, network.length_m, network.minutes)
    edges = zip(
        *(values.tolist() for values in (*arrays, network.steps, network.tunnel)), strict=True
    )
    graph.add_edges_from(
        (u, v, {"length": length, "minutes": minutes} | marks[steps, tunnel])
        for u, v, length, minutes, steps, tunnel in edges
    )
    return graph


def read_graphml(path: Path) -> nx.MultiDiGraph:
    """The graph in a GraphML file, as OSMnx saves them.

    Raises
    ------
    InputError
        If the file is missing, cut off or no GraphML.
    """
    import networkx as nx

    try:
        graph = nx.read_graphml(path, force_multigraph=True)
    except FileNotFoundError:
        raise InputError.of("graphs.no_file", source=path) from None
    except (ParseError, nx.NetworkXError, KeyError, ValueError, OSError) as broken:
        reason = str(broken) or type(broken).__name__
        raise InputError.of("graphs.broken_file", source=path.name, reason=reason) from None
    return graph


def streets_from_graph(graph: nx.Graph) -> Streets:
    """Street segments of a graph; see `from_networkx`.

    Raises
    ------
    InputError
        As `from_networkx`.
    """
    names = np.empty(graph.number_of_nodes(), dtype=object)
    names[:] = [str(node) for node in graph]
    x, y = _axis(graph, "x", names), _axis(graph, "y", names)
    number = {node: position for position, node in enumerate(graph)}
    edges = list(graph.edges(data=True))
    u = np.array([number[start] for start, _, _ in edges], dtype=np.int64)
    v = np.array([number[end] for _, end, _ in edges], dtype=np.int64)
    line, turned = _lines([data.get("geometry") for _, _, data in edges], (x, y), u, v)
    u, v = np.where(turned, v, u), np.where(turned, u, v)
    steps = np.array(["steps" in _words(data.get("highway")) for _, _, data in edges], bool)
    tunnel = np.array([bool(_words(data.get("tunnel")) - {"no"}) for _, _, data in edges], bool)
    same = pd.DataFrame({"u": u, "v": v, "line": shapely.to_wkb(line)})
    kept = ~same.assign(steps=steps, tunnel=tunnel).duplicated().to_numpy(bool)
    bent_x, bent_y, starts, ends, parent = _segments(line[kept], u[kept], v[kept], nodes=len(x))
    x, y = np.append(x, bent_x), np.append(y, bent_y)
    rows = np.append(names, np.full(len(bent_x), "geometry", dtype=object))
    crs = read_crs(str(graph.graph.get("crs", WGS84)))
    lon, lat = degrees_of(x, y, crs, Place(LAYER, "graph", rows))
    return Streets(lon, lat, starts, ends, steps[kept][parent], tunnel[kept][parent])


def _axis(graph: nx.Graph, axis: str, names: npt.NDArray[Any]) -> Floats:
    """A coordinate of every node; GraphML keeps numbers as text."""
    values = [data.get(axis) for _, data in graph.nodes(data=True)]
    numbers = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy(float)
    bad = ~np.isfinite(numbers)
    if bad.any():
        raise InputError.of(
            "graphs.no_position",
            count=int(bad.sum()),
            nodes=len(numbers),
            examples=some(names[bad].tolist()),
        )
    return numbers


def _words(value: object) -> set[str]:
    """Words of a tag that is text, a list, or a list written as text (as in GraphML)."""
    if value is None:
        return set()
    texts = [value] if isinstance(value, str) else value if isinstance(value, Iterable) else ()
    return {word for text in texts for word in re.findall(r"\w+", str(text))}


def _lines(
    given: list[Any], nodes: tuple[Floats, Floats], u: Ints, v: Ints
) -> tuple[Geometries, Bools]:
    """The line of each edge from its lower to its higher node, and whether that turned the edge.

    Twins in opposite directions so become equal. A loop starts with the smaller of its two ways.
    """
    written = np.empty(len(given), dtype=object)
    written[:] = given
    is_text = np.array([isinstance(shape, str) for shape in given], dtype=bool)
    written[is_text] = shapely.from_wkt(written[is_text].astype(str), on_invalid="ignore")
    absent = np.array([shape is None for shape in given], dtype=bool)
    xy = np.column_stack(nodes)
    line = written.copy()
    line[~shapely.is_geometry(written)] = None
    line[absent] = shapely.linestrings(np.stack([xy[u], xy[v]], axis=1)[absent])
    wrong = shapely.get_type_id(line) != shapely.GeometryType.LINESTRING
    wrong |= shapely.is_empty(line)
    if wrong.any():
        examples = [str(shape)[:40] for shape in written[wrong][:10]]
        raise InputError.of("graphs.no_line", count=int(wrong.sum()), examples=some(examples))
    first = shapely.get_coordinates(shapely.get_point(line, 0))
    last = shapely.get_coordinates(shapely.get_point(line, -1))
    as_given = _apart(first, xy[u]) + _apart(last, xy[v])
    backwards = _apart(first, xy[v]) + _apart(last, xy[u]) < as_given
    turned = u > v
    line = np.where(backwards ^ turned, shapely.reverse(line), line)
    there, back = shapely.to_wkb(line), shapely.to_wkb(shapely.reverse(line))
    return np.where((u == v) & (back < there), shapely.reverse(line), line), turned


def _apart(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.hypot(*(a - b).T))


def _segments(
    line: Geometries, u: Ints, v: Ints, *, nodes: int
) -> tuple[Floats, Floats, Ints, Ints, Ints]:
    """Positions of the bends, which become nodes; end nodes and edge of every straight segment."""
    xy, edge = shapely.get_coordinates(line, return_index=True)
    first, last = np.ones(len(edge), dtype=bool), np.ones(len(edge), dtype=bool)
    first[1:] = last[:-1] = edge[1:] != edge[:-1]
    bend = ~(first | last)
    node = np.empty(len(edge), dtype=np.int64)
    node[first], node[last] = u, v
    node[bend] = nodes + np.arange(bend.sum())
    start = np.flatnonzero(~last)
    return *xy[bend].T, node[start], node[start + 1], edge[start]
