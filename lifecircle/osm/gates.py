"""Gates of an extract that people walk through, and the public roads that no wall encloses."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from osmium.filter import KeyFilter
from osmium.osm import NODE, WAY
from osmium.osm.types import Node, Way

from lifecircle.geodesy import WGS84
from lifecircle.osm.areas import Element, labels
from lifecircle.osm.extract import objects
from lifecircle.osm.features import GATES
from lifecircle.osm.ways import Tags

PUBLIC_ROADS = frozenset(
    f"{road}{link}"
    for road in ("motorway", "trunk", "primary", "secondary", "tertiary")
    for link in ("", "_link")
)
"""Values of `highway` that are nobody's own street: what they run through is not walled in."""

_SHUT = frozenset({"no", "private"})
_NO_WAY_OUT = frozenset({"no", "emergency"})


@dataclass(frozen=True, eq=False)
class OsmGates:
    """Gates and entrances, and the public roads at ground level.

    `frame` has `osm` (`node/7`), `entrance` (an `entrance=*` that is no gate: the door of a
    building, unless it stands in a wall), `shut` (closed to walkers) and the point, by id. `roads`
    are lines in degrees.
    """

    frame: gpd.GeoDataFrame
    roads: npt.NDArray[Any]


def read_gates(path: Path) -> OsmGates:
    """All gates, entrances and public roads of an extract.

    Notes
    -----
    A gate is a node with a `barrier` of `features.GATES`, an entrance one with `entrance=*` other
    than `no` and `emergency`. It is shut to walkers if `foot` is `no` or `private`, where `foot` is
    missing if `access` is, or if it is `locked=yes`.

    Raises
    ------
    InputError
        If the file cannot be read to its end.
    """
    gates: dict[Element, tuple[float, float, bool, bool]] = {}
    xy, length = array("d"), array("q")
    keys = KeyFilter("barrier", "entrance", "highway")
    for entity in objects(path, keys, entities=NODE | WAY):
        tags = entity.tags
        if isinstance(entity, Way) and is_public_road(tags):
            places = [(node.lon, node.lat) for node in entity.nodes if node.location.valid()]
            if len(places) > 1:
                xy.extend(axis for place in places for axis in place)
                length.append(len(places))
        elif isinstance(entity, Node) and entity.location.valid():
            is_gate = tags.get("barrier") in GATES
            if is_gate or tags.get("entrance", "no") not in _NO_WAY_OUT:
                gates[0, entity.id] = entity.lon, entity.lat, not is_gate, is_shut(tags)
    order = sorted(gates)
    points = np.array([gates[gate][:2] for gate in order]).reshape(-1, 2)
    frame = gpd.GeoDataFrame(
        {
            "osm": pd.Series(labels(order), dtype="str"),
            "entrance": pd.Series([gates[gate][2] for gate in order], dtype=bool),
            "shut": pd.Series([gates[gate][3] for gate in order], dtype=bool),
        },
        geometry=shapely.points(points),
        crs=WGS84,
    )
    owner = np.repeat(np.arange(len(length)), length)
    roads = shapely.linestrings(np.array(xy).reshape(-1, 2), indices=owner)
    return OsmGates(frame, roads)


def is_shut(tags: Tags) -> bool:
    """Whether nobody may walk through a gate with these tags.

    >>> is_shut({"access": "private"}), is_shut({"access": "private", "foot": "yes"})
    (True, False)
    """
    return (tags.get("foot") or tags.get("access")) in _SHUT or tags.get("locked") == "yes"


def is_public_road(tags: Tags) -> bool:
    """Whether a way is a main road on the ground, neither on a bridge nor in a tunnel.

    >>> is_public_road({"highway": "tertiary"}), is_public_road({"highway": "service"})
    (True, False)
    """
    on_the_ground = all((tags.get(key) or "no") == "no" for key in ("bridge", "tunnel"))
    return tags.get("highway") in PUBLIC_ROADS and on_the_ground
