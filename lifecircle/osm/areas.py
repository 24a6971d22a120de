"""Areas of an extract: closed ways and multipolygon relations, put together by osmium."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from osmium.geom import WKBFactory
from osmium.osm.types import Area, OSMEntity, Relation, Way

_KINDS = {"n": "node", "w": "way", "r": "relation"}
_AREA_RELATIONS = ("multipolygon", "boundary")
_WKB = WKBFactory()

Element = tuple[str, int]
"""Kind and id of an object, in the order of an OSM file: nodes, ways, relations, each by id."""


def element(entity: OSMEntity) -> Element:
    """Kind and id of a node, a way, a relation, or of what an area was made from."""
    if isinstance(entity, Area):
        return "way" if entity.from_way() else "relation", entity.orig_id()
    return _KINDS[entity.type_str()], entity.id


def should_be_area(entity: OSMEntity) -> bool:
    """Whether a way or relation, as it is tagged, ought to be put together as an area."""
    if isinstance(entity, Way):
        return len(entity.nodes) > 3 and entity.is_closed() and entity.tags.get("area") != "no"
    return isinstance(entity, Relation) and entity.tags.get("type") in _AREA_RELATIONS


def outline_wkb(area: Area) -> str:
    """The area's geometry as hexadecimal WKB; empty if osmium could not put it together."""
    outer_rings, _ = area.num_rings()
    return _WKB.create_multipolygon(area) if outer_rings else ""


def outline_nodes(area: Area) -> list[int]:
    """Ids of the nodes on the outer rings."""
    return [node.ref for ring in area.outer_rings() for node in ring]


def polygons(wkb: Sequence[str]) -> npt.NDArray[np.object_]:
    """Geometries from `outline_wkb`; those of a single part are plain polygons.

    >>> square = shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])
    >>> polygons([shapely.to_wkb(square, hex=True)])[0].geom_type
    'Polygon'
    """
    geometry = shapely.from_wkb(np.array(wkb, dtype=object))
    single = shapely.get_num_geometries(geometry) == 1
    return np.where(single, shapely.get_geometry(geometry, 0), geometry)


def labels(elements: Sequence[Element]) -> list[str]:
    """How elements are written in frames and findings.

    >>> labels([("way", 2)])
    ['way/2']
    """
    return [f"{kind}/{number}" for kind, number in elements]


def frame_of(columns: dict[str, Sequence[object]], geometry: Sequence[object]) -> gpd.GeoDataFrame:
    """A frame in WGS 84 that keeps its columns when it has no rows."""
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(geometry, crs="EPSG:4326"))
