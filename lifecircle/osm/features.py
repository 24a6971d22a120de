"""Facilities of an extract: nodes and areas with given tags, and the entrances of areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from osmium.filter import KeyFilter
from osmium.osm.types import Area, Node

from lifecircle.findings import Finding, finding
from lifecircle.messages import some
from lifecircle.osm.areas import (
    Element,
    broken_finding,
    carries,
    element,
    frame_of,
    labels,
    outline_nodes,
    outline_wkb,
    polygons,
    should_be_area,
)
from lifecircle.osm.extract import objects, refuse_unsorted

GATES = frozenset(
    {
        "entrance",
        "full-height_turnstile",
        "gate",
        "hampshire_gate",
        "kissing_gate",
        "lift_gate",
        "sally_port",
        "sliding_gate",
        "swing_gate",
        "turnstile",
        "wicket_gate",
    }
)
"""Values of `barrier` on a node of an outline that people pass through."""


@dataclass(frozen=True, eq=False)
class OsmFeatures:
    """Nodes and areas of an extract that carry the wanted tags.

    `frame` has `osm` (`way/2`), `name` (empty if unknown), `tags` (a dictionary) and the geometry,
    a point or a polygon; nodes come before ways before relations, each by id. `entrances` has
    `osm`, the area's, and a point for each entrance or gate on its outline. `private` counts
    features left out because they are not open to the public, `broken` lists areas that could not
    be put together, and nodes without a place.
    """

    frame: gpd.GeoDataFrame
    entrances: gpd.GeoDataFrame
    private: int
    broken: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_features(path: Path, tags: Sequence[str], *, layer: str = "osm") -> OsmFeatures:
    """Nodes, closed ways and multipolygons of an extract that carry any of `tags`.

    Parameters
    ----------
    path
        `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2`.
    tags
        `key=value` each; one value of several (`a;b`) counts too.
    layer
        What findings call this layer.

    Notes
    -----
    Features with `access=private` or `access=no` are left out and counted. Entrances are nodes on
    an area's outer outline with `entrance=*` (but not `entrance=no`) or a `barrier` of `GATES`,
    unless their own access is `private` or `no`; emergency exits and service entrances count too.
    A way that is not closed, or says `area=no`, is no area and is passed over.

    Raises
    ------
    InputError
        If the file cannot be read to its end.
    """
    found = _collect(path, tags)
    broken = tuple(labels(sorted(found.expected - found.outline.keys())))
    if broken:
        refuse_unsorted(path)
    points, areas = sorted(found.points), sorted(found.outline)
    features = points + areas
    geometry = np.concatenate(
        [
            shapely.points(np.array([found.points[node] for node in points]).reshape(-1, 2)),
            polygons([found.outline[area] for area in areas]),
        ]
    )
    all_tags = [found.tags[each] for each in features]
    names = [each.get("name", "") for each in all_tags]
    doors = [(area, node) for area in areas for node in sorted(set(found.doors_of(area)))]
    return OsmFeatures(
        frame=frame_of({"osm": labels(features), "name": names, "tags": all_tags}, geometry),
        entrances=frame_of(
            {"osm": labels([area for area, _ in doors])},
            shapely.points(np.array([found.doors[node] for _, node in doors]).reshape(-1, 2)),
        ),
        private=len(found.private),
        broken=broken,
        findings=(
            *_private_finding(layer, path, found.private),
            *broken_finding(layer, path.name, broken),
        ),
    )


@dataclass(frozen=True)
class _Found:
    """What one pass over an extract gathers."""

    points: dict[Element, tuple[float, float]] = field(default_factory=dict)
    outline: dict[Element, str] = field(default_factory=dict)
    ring: dict[Element, list[int]] = field(default_factory=dict)
    tags: dict[Element, dict[str, str]] = field(default_factory=dict)
    doors: dict[int, tuple[float, float]] = field(default_factory=dict)
    expected: set[Element] = field(default_factory=set)
    private: set[Element] = field(default_factory=set)

    def doors_of(self, area: Element) -> list[int]:
        """Nodes on the area's outline that people enter by."""
        return [node for node in self.ring[area] if node in self.doors]


def _collect(path: Path, wanted: Sequence[str]) -> _Found:
    """All that is wanted, by kind and id."""
    keys = KeyFilter(*sorted({tag.partition("=")[0] for tag in wanted}), "entrance", "barrier")
    found = _Found()
    for entity in objects(path, keys, areas=keys):
        tags = dict(entity.tags)
        is_place = isinstance(entity, Node) and entity.location.valid()
        if isinstance(entity, Node) and is_place and _is_door(tags):
            found.doors[entity.id] = entity.lon, entity.lat
        if not carries(tags, wanted):
            continue
        key = element(entity)
        if _is_private(tags):
            if isinstance(entity, Node) or should_be_area(entity):
                found.private.add(key)
        elif isinstance(entity, Node) and is_place:
            found.points[key], found.tags[key] = (entity.lon, entity.lat), tags
        elif isinstance(entity, Area):
            if wkb := outline_wkb(entity):
                found.outline[key], found.tags[key] = wkb, tags
                found.ring[key] = outline_nodes(entity)
        elif isinstance(entity, Node) or should_be_area(entity):
            found.expected.add(key)
    return found


def _is_private(tags: Mapping[str, str]) -> bool:
    return tags.get("access") in {"private", "no"}


def _is_door(tags: Mapping[str, str]) -> bool:
    """Whether a node is an entrance or a gate open to people."""
    is_entrance = tags.get("entrance", "no") != "no" or tags.get("barrier") in GATES
    return is_entrance and not _is_private(tags)


def _private_finding(layer: str, path: Path, private: set[Element]) -> list[Finding]:
    """The features left out as not public, if there are any."""
    if not private:
        return []
    row = some(labels(sorted(private)))
    count = len(private)
    return [finding(layer, "osm.private", severity="info", source=path.name, row=row, count=count)]
