"""Streets that people walk, cycle or drive on, from an extract: their segments as arrays."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from osmium.filter import EntityFilter, KeyFilter
from osmium.osm import NODE, WAY
from osmium.osm.types import Way

from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.messages import some
from lifecircle.osm.extract import Box, header, objects, refuse_unsorted
from lifecircle.osm.ways import Ways, is_barred, is_street, is_tunnel, oneway

Floats = npt.NDArray[np.float64]
Int8s = npt.NDArray[np.int8]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_FOR_WALKERS = {"footway", "path", "steps", "corridor", "pedestrian", "living_street", "service"}
"""Values of `highway` that a complete extract of any town holds, and one of main roads lacks."""

_UNITS = 1e7  # osmium keeps degrees as whole ten-millionths; an unknown place is beyond 180


@dataclass(frozen=True, eq=False)
class OsmStreets:
    """Street segments of an extract, one for each pair of neighbouring nodes of a way.

    Nodes (n) are sorted by `node_id`; `lon`, `lat` are in degrees. Segments (m) stand in the order
    of the file's ways: `u`, `v` are positions of nodes, `way` is the way's id, `steps` is stairs,
    `tunnel` what runs under ground or indoors, `barred` what is not step-free, `oneway` the only
    direction (1 from `u` to `v`, -1 back, else 0), `highway` the kind of street. `missing_nodes`
    counts nodes that street ways name but the extract does not hold; their ways are split there,
    never bridged.
    """

    node_id: Int64s
    lon: Floats
    lat: Floats
    u: Int32s
    v: Int32s
    way: Int64s
    steps: Bools
    tunnel: Bools
    barred: Bools
    oneway: Int8s
    highway: pd.Categorical[str]
    box: Box | None
    date: str
    missing_nodes: int
    findings: tuple[Finding, ...] = ()


def read_osm_streets(path: Path, *, ways: Ways = "walk", layer: str = "network") -> OsmStreets:
    """The streets of an extract.

    Parameters
    ----------
    path
        `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2`.
    ways
        Which ways count, and which of them are one-way; see `lifecircle.osm.ways`.
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
        if ways in {"cycle", "drive"}:
            raise InputError.of("modes.no_street", source=path.name, mode=ways)
        raise InputError.of("osm.no_streets", file=path.name, ways=ways)
    start = np.flatnonzero(segment)
    ends = np.concatenate([start, start + 1])
    node_id, first, position = np.unique(drawn.ref[ends], return_index=True, return_inverse=True)
    vertex, way = ends[first], drawn.way[start]
    u, v = position.astype(np.int32).reshape(2, -1)
    tunnels = np.unique(drawn.way_id[way[drawn.tunnel[way]]])
    footways = len(_FOR_WALKERS.intersection(drawn.highway.categories))
    walked = ways in {"walk", "walk_cn"}
    return OsmStreets(
        node_id=node_id,
        lon=drawn.x[vertex] / _UNITS,
        lat=drawn.y[vertex] / _UNITS,
        u=u,
        v=v,
        way=drawn.way_id[way],
        steps=drawn.steps[way],
        tunnel=drawn.tunnel[way],
        barred=drawn.barred[way],
        oneway=drawn.oneway[way],
        highway=drawn.highway[way],
        box=about.box,
        date=about.date,
        missing_nodes=missing,
        findings=_findings(
            layer, path, missing=missing, tunnels=tunnels, roads_alone=walked and not footways
        ),
    )


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Street ways as drawn: per vertex its node, place and way's position; per way its marks."""

    ref: Int64s
    x: Int32s
    y: Int32s
    way: Int32s
    way_id: Int64s
    steps: Bools
    tunnel: Bools
    barred: Bools
    oneway: Int8s
    highway: pd.Categorical[str]

    @property
    def inside(self) -> Bools:
        """Vertices whose node the extract holds, in a place on Earth."""
        return (np.abs(self.x) <= 180 * _UNITS) & (np.abs(self.y) <= 90 * _UNITS)


def _drawn(path: Path, ways: Ways) -> _Drawn:
    """All street ways of the file, in its order."""
    ref, x, y = array("q"), array("i"), array("i")
    way_id, vertices, marks, kind = array("q"), array("q"), array("b"), array("i")
    kinds: dict[str, int] = {}
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
        kind.append(kinds.setdefault(way.tags["highway"], len(kinds)))
        marks.extend((is_tunnel(way.tags), is_barred(way.tags), oneway(way.tags, ways)))
    highway = pd.Categorical.from_codes(
        np.array(kind, np.int32), pd.Index(list(kinds), dtype="str")
    )
    tunnel, barred, direction = np.array(marks, np.int8).reshape(-1, 3).T
    return _Drawn(
        ref=np.array(ref, np.int64),
        x=np.array(x, np.int32),
        y=np.array(y, np.int32),
        way=np.repeat(np.arange(len(way_id), dtype=np.int32), np.array(vertices, np.int64)),
        way_id=np.array(way_id, np.int64),
        steps=np.asarray(highway == "steps"),
        tunnel=tunnel.astype(bool),
        barred=barred.astype(bool),
        oneway=direction,
        highway=highway,
    )


def _segments(drawn: _Drawn) -> Bools:
    """Whether a vertex and the next one are a segment: one way, both inside, two nodes."""
    inside = drawn.inside
    same_way: Bools = drawn.way[:-1] == drawn.way[1:]
    two_nodes: Bools = drawn.ref[:-1] != drawn.ref[1:]
    return same_way & two_nodes & inside[:-1] & inside[1:]


def _findings(
    layer: str, path: Path, *, missing: int, tunnels: Int64s, roads_alone: bool
) -> tuple[Finding, ...]:
    """What a reviewer should know about the streets."""
    found = []
    if roads_alone:
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
