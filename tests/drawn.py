"""Layers and OSM extracts drawn in metres from the corner of the grid town."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import shapely

from tests.conftest import degrees


def in_degrees(shape: shapely.Geometry) -> shapely.Geometry:
    """A shape drawn in metres, in degrees."""
    return shapely.transform(shape, lambda xy: np.column_stack(degrees(*xy.T)))


def write_layer(path: Path, shapes: list[shapely.Geometry | None], **columns: object) -> str:
    """A GeoPackage of shapes drawn in metres; its path as a project file gives it."""
    geometry = [shape and in_degrees(shape) for shape in shapes]
    gpd.GeoDataFrame(columns, geometry=geometry, crs=4326).to_file(path, engine="pyogrio")
    return str(path)


def write_extract(path: Path, *elements: tuple[shapely.Geometry, dict[str, str]]) -> Path:
    """An OSM file of points and polygons drawn in metres, with their tags.

    Elements number from 1 in their order, points as nodes and polygons as ways; the corners of
    polygons are nodes 1000 and up, in the order of `exterior.coords`.
    """
    lines, nodes, ways = ['<?xml version="1.0"?>', '<osm version="0.6">'], [], []
    corner = 1000
    for number, (shape, tags) in enumerate(elements, start=1):
        tagged = "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())
        if shape.geom_type == "Point":
            nodes.append(_node(number, shape.x, shape.y, tagged))
            continue
        corners = shapely.get_coordinates(shape)[:-1]
        ids = list(range(corner, corner + len(corners)))
        nodes += [_node(i, x, y) for i, (x, y) in zip(ids, corners, strict=True)]
        refs = "".join(f'<nd ref="{i}"/>' for i in (*ids, ids[0]))
        ways.append(f'<way id="{number}" version="1">{refs}{tagged}</way>')
        corner += len(corners)
    path.write_text("\n".join([*lines, *sorted(nodes, key=_number), *ways, "</osm>"]), "utf-8")
    return path


def _node(number: int, x: float, y: float, tagged: str = "") -> str:
    lon, lat = degrees(np.array([x]), np.array([y]))
    place = f'lon="{lon[0]:.7f}" lat="{lat[0]:.7f}"'
    return f'<node id="{number}" version="1" {place}>{tagged}</node>'


def _number(node: str) -> int:
    return int(node.split('"')[1])
