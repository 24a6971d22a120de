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
from lifecircle.network import (
    Bools,
    Directions,
    Floats,
    Ints,
    StreetNetwork,
    Streets,
    street_network,
    turned,
)

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
    `minutes` at the network's speed, `minutes_back` where the other direction differs (`inf` where
    it is closed), `highway="steps"` on stairs, `tunnel="yes"` in tunnels and `wheelchair="no"` on
    what else is not step-free.
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
        (steps, tunnel, barred): ({"highway": "steps"} if steps else {})
        | ({"tunnel": "yes"} if tunnel else {})
        | ({"wheelchair": "no"} if barred and not steps else {})
        for steps in (False, True)
        for tunnel in (False, True)
        for barred in (False, True)
    }
    back = turned(network).minutes
    arrays = (network.u, network.v, network.length_m, network.minutes, back)
    edges = zip(
        *(each.tolist() for each in (*arrays, network.steps, network.tunnel, network.barred)),
        strict=True,
    )
    graph.add_edges_from(
        (
            u,
            v,
            {"length": length, "minutes": there}
            | ({"minutes_back": back} if back != there else {})
            | marks[tuple(marked)],
        )
        for u, v, length, there, back, *marked in edges
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

    In a directed graph an edge without a twin is one-way, as in those OSMnx makes for driving.

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
    line, backwards = _lines([data.get("geometry") for _, _, data in edges], (x, y), u, v)
    u, v = np.where(backwards, v, u), np.where(backwards, u, v)
    tags = [data for _, _, data in edges]
    marks = _marks(tags)
    same = pd.DataFrame({"u": u, "v": v, "line": shapely.to_wkb(line)}).join(marks)
    kept = ~same.duplicated().to_numpy(bool)
    way = _directions(same, backwards) if graph.is_directed() else None
    bent_x, bent_y, starts, ends, parent = _segments(line[kept], u[kept], v[kept], nodes=len(x))
    x, y = np.append(x, bent_x), np.append(y, bent_y)
    rows = np.append(names, np.full(len(bent_x), "geometry", dtype=object))
    crs = read_crs(str(graph.graph.get("crs", WGS84)))
    lon, lat = degrees_of(x, y, crs, Place(LAYER, "graph", rows))
    parent = np.flatnonzero(kept)[parent]
    return Streets(
        lon,
        lat,
        starts,
        ends,
        **{str(name): mark.to_numpy(bool)[parent] for name, mark in marks.items()},
        oneway=None if way is None else way[parent],
        highway=None if (kinds := _kinds(tags)) is None else kinds[parent],
    )


def _marks(tags: list[dict[str, Any]]) -> pd.DataFrame:
    """Whether each edge is steps, is a tunnel, and is not step-free."""
    steps = np.array(["steps" in _words(each.get("highway")) for each in tags], bool)
    tunnel = np.array([bool(_words(each.get("tunnel")) - {"no"}) for each in tags], bool)
    moving = np.array([bool(_words(each.get("conveying")) - {"no"}) for each in tags], bool)
    no_wheels = np.array(["no" in _words(each.get("wheelchair")) for each in tags], bool)
    return pd.DataFrame({"steps": steps, "tunnel": tunnel, "barred": steps | moving | no_wheels})


def _kinds(tags: list[dict[str, Any]]) -> pd.Categorical[str] | None:
    """The kind of street of each edge, the first where it has several; `None` without any."""
    kinds = pd.Series(
        [next(iter(_listed(each.get("highway"))), None) for each in tags], dtype="str"
    )
    return pd.Categorical(kinds) if kinds.notna().any() else None


def _directions(same: pd.DataFrame, backwards: Bools) -> Directions:
    """1 where an edge leads along its line only, -1 against it, 0 where it has a twin that does."""
    number = same.groupby(list(same), sort=False).ngroup().to_numpy()
    along, against = (
        np.bincount(number, weights=each)[number] > 0 for each in (~backwards, backwards)
    )
    return np.asarray(along, np.int8) - np.asarray(against, np.int8)


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
    return set(_listed(value))


def _listed(value: object) -> list[str]:
    """Words of a tag that is text, a list, or a list written as text (as in GraphML)."""
    if value is None:
        return []
    texts = [value] if isinstance(value, str) else value if isinstance(value, Iterable) else ()
    return [word for text in texts for word in re.findall(r"\w+", str(text))]


def _lines(
    given: list[Any], nodes: tuple[Floats, Floats], u: Ints, v: Ints
) -> tuple[Geometries, Bools]:
    """Lines from each edge's lower to its higher node, and whether the edge goes against it.

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
    falling = u > v
    line = np.where(backwards ^ falling, shapely.reverse(line), line)
    there, back = shapely.to_wkb(line), shapely.to_wkb(shapely.reverse(line))
    looped = (u == v) & (back < there)
    return np.where(looped, shapely.reverse(line), line), falling | looped


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
