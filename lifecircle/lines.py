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
from lifecircle.modes import Kind
from lifecircle.network import Bools, Directions, Floats, Ints, Streets
from lifecircle.osm.ways import oneway
from lifecircle.project.tables import LayerTable, NetworkTable
from lifecircle.readers.layer import drop_missing_geometry, read_layer

SAME_NODE_M = 0.01
"""Ends of lines this near are one node (contract §4)."""

LAYER = "network"
# `fclass` is what `highway` is called in the shapefiles that Geofabrik makes of OSM.
KIND_COLUMNS = ("highway", "fclass")
NO_TUNNEL = ("", "no", "f", "false", "0", "none", "nan")
# What says which way one may go, besides the kind of street.
DIRECTION_COLUMNS = ("oneway", "oneway:bicycle", "junction", "cycleway")


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


def load_line_streets(table: NetworkTable, *, kind: Kind = "walk") -> LineStreets:
    """The streets that a `[network]` table takes from a line layer of any readable format.

    `kind` says for whom streets are one-way; see `streets_from_lines`.

    Raises
    ------
    InputError
        If the file cannot be read or holds no line.
    """
    wanted = LayerTable(**table.model_dump(include=set(LayerTable.model_fields)))
    name = Path(table.source).name
    read = drop_missing_geometry(read_layer(wanted, layer=LAYER), layer=LAYER, source=name)
    streets, findings = streets_from_lines(read.frame, source=name, kind=kind)
    return LineStreets(streets, (*read.findings, *findings), read.sources)


def streets_from_lines(
    frame: gpd.GeoDataFrame,
    *,
    crs: pyproj.CRS | None = None,
    source: str = "",
    kind: Kind = "walk",
) -> tuple[Streets, tuple[Finding, ...]]:
    """Street segments of these lines, and what was wrong with the lines.

    Parameters
    ----------
    frame
        Lines in EPSG:4326; heights are dropped. `highway` or `fclass` is the kind of street,
        `steps` marks stairs, `tunnel` tunnels; `conveying` and `wheelchair` bar as in OSM. `row`
        names the rows in findings; else they count from 1.
    crs
        A metric system to measure the 0.01 m in; by default the one nearest the lines' middle.
    source
        What findings call the layer's file.
    kind
        For cycling and driving `oneway` (yes, no, -1, Geofabrik's F, T, B), `oneway:bicycle`,
        `junction` and `cycleway` say where streets are one-way, along the line as drawn.

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
    same = _alike(node[near], node[near + 1], marks[vertices.line[near]])
    kept = np.unique(same, return_index=True)[1]
    way = _directions(frame, kind)
    if way is not None:
        way = _merged(node[near], node[near + 1], way[lines_owner][vertices.line[near]], same)[kept]
    near = near[kept]
    line = vertices.line[near]
    steps, tunnel, barred = marks[line].T
    lon, lat = lonlat[first].T
    streets = Streets(
        lon,
        lat,
        node[near],
        node[near + 1],
        steps,
        tunnel,
        barred,
        oneway=way,
        highway=None if (kinds := _kinds(frame)) is None else kinds[lines_owner[line]],
    )
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


def _words(frame: gpd.GeoDataFrame, column: str) -> pd.Series[str]:
    """A column as words: yes, no, -1, … whatever type it has; empty where there is none."""
    if column not in frame:
        return pd.Series("", index=frame.index)
    given = frame[column].astype("object")
    words: pd.Series[str] = given.where(given.notna(), "").astype("str").str.strip()
    return words.where(words.str.len() == 1, words.str.lower().str.removesuffix(".0"))


def _marks(frame: gpd.GeoDataFrame) -> Bools:
    """Whether each line is steps, is a tunnel, and is not step-free, as three columns."""
    marks = np.zeros((len(frame), 3), dtype=bool)
    for column in KIND_COLUMNS:
        marks[:, 0] |= (_words(frame, column) == "steps").to_numpy(bool)
    marks[:, 1] = ~_words(frame, "tunnel").str.lower().isin(NO_TUNNEL).to_numpy()
    marks[:, 2] = marks[:, 0] | (_words(frame, "wheelchair") == "no").to_numpy(bool)
    marks[:, 2] |= ~_words(frame, "conveying").str.lower().isin(NO_TUNNEL).to_numpy()
    return marks


def _kinds(frame: gpd.GeoDataFrame) -> pd.Categorical[str] | None:
    """The kind of street of each line, if the layer has a column for it."""
    column = next((column for column in KIND_COLUMNS if column in frame), None)
    if column is None:
        return None
    words = _words(frame, column)
    return pd.Categorical(words.where(words != ""))


def _directions(frame: gpd.GeoDataFrame, kind: Kind) -> Directions | None:
    """Which way each line leads only, if the layer says so and it matters."""
    if kind == "walk" or "oneway" not in frame:
        return None
    tags = pd.DataFrame({column: _words(frame, column) for column in DIRECTION_COLUMNS})
    kinds = [_words(frame, column) for column in KIND_COLUMNS]
    tags["highway"] = kinds[0].where(kinds[0] != "", kinds[1])
    # Few lines differ in all of these, so that each combination is looked at once.
    group = tags.groupby(list(tags), sort=False).ngroup().to_numpy()
    first = np.unique(group, return_index=True)[1]
    said = tags.iloc[first].to_dict("records")
    each = [oneway({str(key): value for key, value in row.items() if value}, kind) for row in said]
    return np.array(each, np.int8)[group]


def _alike(u: Ints, v: Ints, marks: Bools) -> Ints:
    """A number that segments share which are one straight line between the same two nodes."""
    ends = pd.DataFrame({"low": np.minimum(u, v), "high": np.maximum(u, v)})
    drawn = ends.assign(steps=marks[:, 0], tunnel=marks[:, 1], barred=marks[:, 2])
    return np.asarray(drawn.groupby(list(drawn), sort=False).ngroup(), np.int64)


def _merged(u: Ints, v: Ints, way: Directions, same: Ints) -> Directions:
    """Directions of segments where the same segment may be drawn once for each direction."""
    up = (way == 0) | ((way > 0) == (u < v))
    down = (way == 0) | ((way > 0) == (u > v))
    any_up, any_down = (np.bincount(same, weights=each)[same] > 0 for each in (up, down))
    along, against = np.where(u < v, any_up, any_down), np.where(u < v, any_down, any_up)
    return np.asarray(along, np.int8) - np.asarray(against, np.int8)


def _touching(vertices: _Vertices, node: Ints, segment: Ints) -> Ints:
    """Ends of lines that lie on a segment they are not connected to."""
    xy = np.column_stack([vertices.x, vertices.y])
    tree = shapely.STRtree(shapely.linestrings(np.stack([xy[segment], xy[segment + 1]], axis=1)))
    ends = np.flatnonzero(vertices.end)
    end, on = tree.query(shapely.points(xy[ends]), predicate="dwithin", distance=SAME_NODE_M)
    end, on = ends[end], segment[on]
    apart = (node[end] != node[on]) & (node[end] != node[on + 1])
    return np.unique(end[apart])
