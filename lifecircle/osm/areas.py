"""Areas of an extract: closed ways and multipolygon relations, put together by osmium."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from osmium.filter import EntityFilter, KeyFilter
from osmium.geom import WKBFactory
from osmium.osm import AREA, RELATION, WAY
from osmium.osm.types import Area, OSMEntity, Relation, Way

from lifecircle.findings import Finding, finding
from lifecircle.messages import some
from lifecircle.osm.extract import objects, refuse_unsorted

_KINDS = ("node", "way", "relation")
_AREA_RELATIONS = ("multipolygon", "boundary")
_WKB = WKBFactory()

Element = tuple[int, int]
"""Kind (0 node, 1 way, 2 relation) and id of an object: sorts as an OSM file is sorted."""


def values(tags: Mapping[str, str], key: str) -> list[str]:
    """The values of a key; OSM writes several as `a;b`.

    >>> values({"amenity": "library; cafe"}, "amenity")
    ['library', 'cafe']
    """
    return [value.strip() for value in tags.get(key, "").split(";")]


def carries(tags: Mapping[str, str], wanted: Iterable[str]) -> bool:
    """Whether an object has one of the wanted tags.

    >>> carries({"amenity": "library;cafe"}, ["amenity=cafe"])
    True
    """
    pairs = (tag.partition("=") for tag in wanted)
    return any(value in values(tags, key) for key, _, value in pairs)


def element(entity: OSMEntity) -> Element:
    """Kind and id of a node, a way, a relation, or of what an area was made from."""
    if isinstance(entity, Area):
        return 1 if entity.from_way() else 2, entity.orig_id()
    return "nwr".index(entity.type_str()), entity.id


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
    plain: npt.NDArray[np.object_] = np.where(single, shapely.get_geometry(geometry, 0), geometry)
    return plain


def labels(elements: Sequence[Element]) -> list[str]:
    """How elements are written in frames and findings.

    >>> labels([(0, 7), (1, 2)])
    ['node/7', 'way/2']
    """
    return [f"{_KINDS[kind]}/{number}" for kind, number in elements]


def frame_of(
    columns: Mapping[str, Sequence[object]], geometry: npt.NDArray[np.object_]
) -> gpd.GeoDataFrame:
    """A frame in WGS 84 that keeps its columns when it has no rows."""
    return gpd.GeoDataFrame(dict(columns), geometry=gpd.GeoSeries(geometry, crs="EPSG:4326"))


def read_areas(
    path: Path, wanted: Sequence[str], *, keep: Sequence[str] = ()
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Areas that carry any of the `wanted` tags, and those of them that are broken.

    The frame has `osm`, a text column for each key in `keep` (empty without the tag) and the
    polygon; ways come before relations, each by id.

    Raises
    ------
    InputError
        If the file cannot be read to its end.
    """
    keys = KeyFilter(*sorted({tag.partition("=")[0] for tag in wanted}))
    found: dict[Element, tuple[str, ...]] = {}
    expected: set[Element] = set()
    for entity in objects(path, EntityFilter(WAY | RELATION | AREA), keys, areas=keys):
        tags = dict(entity.tags)
        if not carries(tags, wanted):
            continue
        if not isinstance(entity, Area):
            expected |= {element(entity)} if should_be_area(entity) else set()
        elif wkb := outline_wkb(entity):
            found[element(entity)] = (wkb, *(tags.get(key, "") for key in keep))
    broken = sorted(expected - found.keys())
    if broken:
        refuse_unsorted(path)
    order = sorted(found)
    kept = {key: [found[each][at] for each in order] for at, key in enumerate(keep, start=1)}
    frame = frame_of({"osm": labels(order)} | kept, polygons([found[each][0] for each in order]))
    return frame, tuple(labels(broken))


def broken_finding(layer: str, source: str, broken: Sequence[str]) -> list[Finding]:
    """The areas that could not be put together, if there are any."""
    if not broken:
        return []
    row = some(broken)
    return [finding(layer, "osm.broken_areas", source=source, row=row, count=len(broken))]
