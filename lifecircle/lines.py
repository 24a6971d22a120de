"""Streets from a layer of lines: what connects where lines are drawn, not where they cross.

Ends of lines within 0.01 m are one node. A vertex inside a line is shared only where another line
ends on it; two lines that merely cross, even at a vertex of both, are a bridge over a street.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from lifecircle.crs import metric_crs
from lifecircle.errors import InputError
from lifecircle.findings import Finding, Source, finding
from lifecircle.geodesy import WGS84, transformer
from lifecircle.messages import some
from lifecircle.network import Bools, Floats, Ints, Streets
from lifecircle.project.tables import LayerTable, NetworkTable
from lifecircle.readers.layer import drop_missing_geometry, read_layer

SAME_NODE_M = 0.01
"""Ends of lines this near are one node (contract §4)."""

LAYER = "network"
# `fclass` is what `highway` is called in the shapefiles that Geofabrik makes of OSM.
KIND_COLUMNS = ("highway", "fclass")
NO_TUNNEL = ("", "no", "f", "false", "0", "none", "nan")


@dataclass(frozen=True, eq=False)
class LineStreets:
    """Streets of a line layer, what was found in it, and where it came from."""

    streets: Streets
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, eq=False)
class _Vertices:
    """Vertices of all lines in order: position in metres, line, and whether a line ends there."""

    x: Floats
    y: Floats
    line: Ints
    end: Bools


def load_line_streets(table: NetworkTable) -> LineStreets:
    """The streets that a `[network]` table takes from a line layer of any readable format.

    Raises
    ------
    InputError
        If the file cannot be read or holds no line.
    """
    wanted = LayerTable(**table.model_dump(include=set(LayerTable.model_fields)))
    name = Path(table.source).name
    read = drop_missing_geometry(read_layer(wanted, layer=LAYER), layer=LAYER, source=name)
    streets, findings = streets_from_lines(read.frame, source=name)
    return LineStreets(streets, (*read.findings, *findings), read.sources)


def streets_from_lines(
    frame: gpd.GeoDataFrame, *, crs: pyproj.CRS | None = None, source: str = ""
) -> tuple[Streets, tuple[Finding, ...]]:
    """Street segments of these lines, and what was wrong with the lines.

    Parameters
    ----------
    frame
        Lines in EPSG:4326; heights are dropped. `highway` or `fclass` equal to `steps` marks
        stairs, `tunnel` tunnels. `row` names the rows in findings; else they count from 1.
    crs
        A metric system to measure the 0.01 m in; by default the one nearest the lines' middle.
    source
        What findings call the layer's file.

    Raises
    ------
    InputError
        If no feature is a line.

    Examples
    --------
    A street that ends on a vertex of another one meets it there:

    >>> east, south = [(121, 31), (121.001, 31), (121.002, 31)], [(121.001, 31.001), (121.001, 31)]
    >>> lines = [shapely.LineString(east), shapely.LineString(south)]
    >>> streets, findings = streets_from_lines(gpd.GeoDataFrame(geometry=lines, crs=4326))
    >>> len(streets.lon), len(streets.u), findings
    (4, 3, ())
    """
    geometry = shapely.force_2d(frame.geometry.to_numpy())
    rows = frame["row"].to_numpy(object) if "row" in frame else np.arange(1, len(frame) + 1)
    parts, owner = shapely.get_parts(geometry, return_index=True)
    is_line = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    if not is_line.any():
        raise InputError.of("lines.no_line", layer=LAYER, source=source, count=len(frame))
    lines, lines_owner = parts[is_line], owner[is_line]
    lonlat, vertices = _vertices(lines, crs)
    node = _nodes(vertices)
    first = np.unique(node, return_index=True)[1]
    near = np.flatnonzero(vertices.line[1:] == vertices.line[:-1])
    near = near[node[near] != node[near + 1]]
    lost = np.setdiff1d(np.arange(len(lines)), vertices.line[near])
    marks = _marks(frame)[lines_owner]
    near = near[_unlike(node[near], node[near + 1], marks[vertices.line[near]])]
    steps, tunnel = marks[vertices.line[near]].T
    lon, lat = lonlat[first].T
    streets = Streets(lon, lat, node[near], node[near + 1], steps, tunnel)
    touching = _touching(vertices, node, near)
    at = {
        "lines.not_lines": owner[~is_line],
        "lines.no_length": lines_owner[lost],
        "lines.touching_ends": lines_owner[vertices.line[touching]],
    }
    return streets, tuple(
        finding(LAYER, code, source=source, row=some(_listed(rows[which])), count=len(which))
        for code, which in at.items()
        if len(which)
    )


def _listed(rows: npt.NDArray[Any]) -> list[Any]:
    """Each row once, in order."""
    return list(dict.fromkeys(rows.tolist()))


def _vertices(lines: npt.NDArray[Any], crs: pyproj.CRS | None) -> tuple[Floats, _Vertices]:
    """Vertices of all lines in degrees and in metres, without those that repeat the one before."""
    lonlat, line = shapely.get_coordinates(lines, return_index=True)
    fresh = np.ones(len(line), dtype=bool)
    fresh[1:] = (line[1:] != line[:-1]) | (lonlat[1:] != lonlat[:-1]).any(axis=1)
    lonlat, line = lonlat[fresh], line[fresh]
    crs = crs or metric_crs("auto", *np.median(lonlat, axis=0).tolist())
    x, y = transformer(WGS84, crs).transform(*lonlat.T)
    end = np.ones(len(line), dtype=bool)
    end[1:-1] = (line[1:-1] != line[:-2]) | (line[1:-1] != line[2:])
    return lonlat, _Vertices(x, y, line, end)


def _nodes(vertices: _Vertices) -> Ints:
    """The node of each vertex: ends within 0.01 m share one, as do vertices that an end lies on."""
    xy = np.column_stack([vertices.x, vertices.y])
    ends = np.flatnonzero(vertices.end)
    tree = KDTree(xy[ends])
    pairs = tree.query_pairs(SAME_NODE_M, output_type="ndarray")
    links = sparse.coo_array((np.ones(len(pairs)), pairs.T), shape=(len(ends), len(ends)))
    count, place = csgraph.connected_components(links, directed=False)
    inner = np.flatnonzero(~vertices.end)
    away, nearest = tree.query(xy[inner], distance_upper_bound=SAME_NODE_M)
    meets = np.isfinite(away)
    node = np.empty(len(xy), dtype=np.int64)
    node[ends] = place
    node[inner] = count + np.arange(len(inner))
    node[inner[meets]] = place[nearest[meets]]
    return np.unique(node, return_inverse=True)[1]


def _marks(frame: gpd.GeoDataFrame) -> Bools:
    """Whether each line is steps and whether it is a tunnel, as two columns."""
    marks = np.zeros((len(frame), 2), dtype=bool)
    for column in frame.columns.intersection(list(KIND_COLUMNS)):
        marks[:, 0] |= (frame[column].astype("str").str.strip() == "steps").to_numpy(bool)
    if "tunnel" in frame:
        tunnel = frame["tunnel"].astype("object").fillna("").astype("str").str.strip().str.lower()
        marks[:, 1] = ~tunnel.isin(NO_TUNNEL).to_numpy()
    return marks


def _unlike(u: Ints, v: Ints, marks: Bools) -> Bools:
    """Segments that are not drawn a second time: straight lines between the same two nodes."""
    ends = pd.DataFrame({"low": np.minimum(u, v), "high": np.maximum(u, v)})
    again = ends.assign(steps=marks[:, 0], tunnel=marks[:, 1]).duplicated()
    return ~again.to_numpy(dtype=bool)


def _touching(vertices: _Vertices, node: Ints, segment: Ints) -> Ints:
    """Ends of lines that lie on a segment they are not connected to."""
    xy = np.column_stack([vertices.x, vertices.y])
    tree = shapely.STRtree(shapely.linestrings(np.stack([xy[segment], xy[segment + 1]], axis=1)))
    ends = np.flatnonzero(vertices.end)
    end, on = tree.query(shapely.points(xy[ends]), predicate="dwithin", distance=SAME_NODE_M)
    end, on = ends[end], segment[on]
    apart = (node[end] != node[on]) & (node[end] != node[on + 1])
    return np.unique(end[apart])
