"""Streets that people walk on, from an extract: which ways count, and their segments as arrays."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
from osmium.filter import EntityFilter, KeyFilter
from osmium.osm import NODE, WAY
from osmium.osm.types import Way

from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.messages import some
from lifecircle.osm.extract import Box, header, objects, refuse_unsorted

Ways = Literal["walk", "walk_cn"]
Floats = npt.NDArray[np.float64]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_NO_STREETS = (
    "abandoned|bus_guideway|construction|cycleway|motor|no|planned|platform|proposed|raceway|razed"
    "|rest_area|services"
)
_EXCLUDED = {
    "highway": _NO_STREETS,
    "area": "yes",
    "access": "private",
    "foot": "no",
    "service": "private",
    "sidewalk": "separate",
    "sidewalk:both": "separate",
    "sidewalk:left": "separate",
    "sidewalk:right": "separate",
}
_RULES: dict[Ways, list[tuple[str, re.Pattern[str]]]] = {
    "walk": [(key, re.compile(values)) for key, values in _EXCLUDED.items()],
    "walk_cn": [
        (key, re.compile(values.replace("|cycleway", ""))) for key, values in _EXCLUDED.items()
    ],
}

_FOR_WALKERS = {"footway", "path", "steps", "corridor", "pedestrian", "living_street", "service"}
"""Values of `highway` that a complete extract of any town holds, and one of main roads lacks."""

_UNITS = 1e7  # osmium keeps degrees as whole ten-millionths; an unknown place is beyond 180


@dataclass(frozen=True, eq=False)
class OsmStreets:
    """Street segments of an extract, one for each pair of neighbouring nodes of a way.

    Nodes (n) are sorted by `node_id`; `lon`, `lat` are in degrees. Segments (m) stand in the order
    of the file's ways: `u`, `v` are positions of nodes, `way` is the way's id, `steps` is stairs,
    `tunnel` what runs under ground or indoors. `missing_nodes` counts nodes that street ways name
    but the extract does not hold; their ways are split there, never bridged.
    """

    node_id: Int64s
    lon: Floats
    lat: Floats
    u: Int32s
    v: Int32s
    way: Int64s
    steps: Bools
    tunnel: Bools
    box: Box | None
    date: str
    missing_nodes: int
    findings: tuple[Finding, ...] = ()


class Tags(Protocol):
    """Tags of an object: a dictionary, or osmium's view of them, which is quicker than a copy."""

    def get(self, key: str, /) -> str | None:
        """The value of a key, `None` where the object has none."""


def is_street(tags: Tags, ways: Ways = "walk") -> bool:
    """Whether a way is one that people walk on.

    Parameters
    ----------
    tags
        The way's tags.
    ways
        `walk` is OSMnx's filter of that name, its patterns found anywhere in a value, as Overpass
        finds them; `walk_cn` takes cycleways too (`foot=no` excludes them like any other way).

    Examples
    --------
    >>> is_street({"highway": "footway"}), is_street({"highway": "footway", "foot": "no"})
    (True, False)
    >>> is_street({"highway": "cycleway"}), is_street({"highway": "cycleway"}, "walk_cn")
    (False, True)
    """
    if tags.get("highway") is None:
        return False
    for key, rule in _RULES[ways]:
        value = tags.get(key)
        if value is not None and rule.search(value):
            return False
    return True


def read_osm_streets(path: Path, *, ways: Ways = "walk", layer: str = "network") -> OsmStreets:
    """The streets of an extract.

    Parameters
    ----------
    path
        `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2`.
    ways
        Which ways count, see `is_street`.
    layer
        What findings call this layer.

    Raises
    ------
    InputError
        If the file cannot be read to its end, or holds no street.
    """
    about = header(path)
    drawn = _drawn(path, ways)
    segment = _segments(drawn)
    missing = len(np.unique(drawn.ref[~drawn.inside]))
    if missing:
        refuse_unsorted(path)
    if not segment.any():
        raise InputError.of("osm.no_streets", file=path.name, ways=ways)
    start = np.flatnonzero(segment)
    ends = np.concatenate([start, start + 1])
    node_id, first, position = np.unique(drawn.ref[ends], return_index=True, return_inverse=True)
    vertex, way = ends[first], drawn.way[start]
    u, v = position.astype(np.int32).reshape(2, -1)
    tunnels = np.unique(drawn.way_id[way[drawn.tunnel[way]]])
    return OsmStreets(
        node_id=node_id,
        lon=drawn.x[vertex] / _UNITS,
        lat=drawn.y[vertex] / _UNITS,
        u=u,
        v=v,
        way=drawn.way_id[way],
        steps=drawn.steps[way],
        tunnel=drawn.tunnel[way],
        box=about.box,
        date=about.date,
        missing_nodes=missing,
        findings=_findings(layer, path, missing=missing, tunnels=tunnels, footways=drawn.footways),
    )


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Street ways as drawn: per vertex its node, place and way's position; per way its marks.

    `footways` counts the ways for walkers.
    """

    ref: Int64s
    x: Int32s
    y: Int32s
    way: Int32s
    way_id: Int64s
    steps: Bools
    tunnel: Bools
    footways: int

    @property
    def inside(self) -> Bools:
        """Vertices whose node the extract holds, in a place on Earth."""
        return (np.abs(self.x) <= 180 * _UNITS) & (np.abs(self.y) <= 90 * _UNITS)


def _drawn(path: Path, ways: Ways) -> _Drawn:
    """All street ways of the file, in its order."""
    ref, x, y = array("q"), array("i"), array("i")
    way_id, vertices, steps, tunnel = array("q"), array("q"), array("b"), array("b")
    footways = 0
    filters = EntityFilter(WAY), KeyFilter("highway")
    for way in objects(path, *filters, entities=NODE | WAY):
        if not (isinstance(way, Way) and is_street(way.tags, ways)):
            continue
        before = len(ref)
        for node in way.nodes:
            ref.append(node.ref)
            x.append(node.x)
            y.append(node.y)
        way_id.append(way.id)
        vertices.append(len(ref) - before)
        footways += way.tags.get("highway") in _FOR_WALKERS
        steps.append(way.tags.get("highway") == "steps")
        tunnel.append(_is_tunnel(way.tags))
    return _Drawn(
        ref=np.array(ref, np.int64),
        x=np.array(x, np.int32),
        y=np.array(y, np.int32),
        way=np.repeat(np.arange(len(way_id), dtype=np.int32), np.array(vertices, np.int64)),
        way_id=np.array(way_id, np.int64),
        steps=np.array(steps, np.bool_),
        tunnel=np.array(tunnel, np.bool_),
        footways=footways,
    )


def _is_tunnel(tags: Tags) -> bool:
    """Whether a street runs under ground, through a building or indoors.

    >>> _is_tunnel({"tunnel": "building_passage"}), _is_tunnel({"tunnel": "no"})
    (True, False)
    """
    return (
        (tags.get("tunnel") or "no") != "no"
        or (tags.get("indoor") or "no") != "no"
        or tags.get("covered") == "indoor"
        or tags.get("highway") == "corridor"
    )


def _segments(drawn: _Drawn) -> Bools:
    """Whether a vertex and the next one are a segment: one way, both inside, two nodes."""
    inside = drawn.inside
    same_way: Bools = drawn.way[:-1] == drawn.way[1:]
    two_nodes: Bools = drawn.ref[:-1] != drawn.ref[1:]
    return same_way & two_nodes & inside[:-1] & inside[1:]


def _findings(
    layer: str, path: Path, *, missing: int, tunnels: Int64s, footways: int
) -> tuple[Finding, ...]:
    """What a reviewer should know about the streets."""
    found = []
    if not footways:
        found.append(finding(layer, "osm.no_footways", source=path.name))
    if missing:
        found.append(
            finding(layer, "osm.missing_nodes", severity="info", source=path.name, count=missing)
        )
    if len(tunnels):
        rows = some([f"way/{way}" for way in tunnels])
        found.append(
            finding(
                layer,
                "osm.tunnels",
                severity="info",
                source=path.name,
                row=rows,
                count=len(tunnels),
            )
        )
    return tuple(found)
