"""The rules of the road: which ways people walk, cycle and drive on, which way round, how steep.

Which ways count is what OSMnx's filters `walk`, `bike` and `drive` let through (osmnx/_overpass.py,
2.0), their patterns found anywhere in a value, as Overpass finds them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, Protocol

Ways = Literal["walk", "walk_cn", "cycle", "drive"]


class Tags(Protocol):
    """Tags of an object: a dictionary, or osmium's view of them, which is quicker than a copy."""

    def get(self, key: str, /) -> str | None:
        """The value of a key, `None` where the object has none."""


_NOBODY = "abandoned|bus_guideway|construction|no|planned|platform|proposed|raceway|razed|rest_area"
_NO_STREETS = {
    "walk": f"{_NOBODY}|cycleway|motor|services",
    "walk_cn": f"{_NOBODY}|motor|services",
    "cycle": f"{_NOBODY}|corridor|elevator|escalator|footway|motor|services|steps",
    "drive": (
        f"{_NOBODY}|bridleway|corridor|cycleway|elevator|escalator|footway|path|pedestrian"
        "|service|steps|track"
    ),
}
_ON_FOOT = {
    "foot": "no",
    "service": "private",
    "sidewalk": "separate",
    "sidewalk:both": "separate",
    "sidewalk:left": "separate",
    "sidewalk:right": "separate",
}
_EXCLUDED: Mapping[str, Mapping[str, str]] = {
    "walk": _ON_FOOT,
    "walk_cn": _ON_FOOT,
    "cycle": {"bicycle": "no", "service": "private"},
    "drive": {
        "motor_vehicle": "no",
        "motorcar": "no",
        "service": "alley|driveway|emergency_access|parking|parking_aisle|private",
    },
}
_RULES = {
    ways: [
        (key, re.compile(values))
        for key, values in {
            "highway": _NO_STREETS[ways],
            "area": "yes",
            "access": "private",
            **others,
        }.items()
    ]
    for ways, others in _EXCLUDED.items()
}

_ALONG = {"yes", "true", "1", "F"}
_AGAINST = {"-1", "reverse", "T"}
_CYCLEWAYS = ("cycleway", "cycleway:both", "cycleway:left", "cycleway:right")


def is_street(tags: Tags, ways: Ways = "walk") -> bool:
    """Whether a way is one that people walk, cycle or drive on.

    Parameters
    ----------
    tags
        The way's tags.
    ways
        `walk`, `cycle` and `drive` are OSMnx's filters `walk`, `bike` and `drive`, their patterns
        found anywhere in a value, as Overpass finds them; `walk_cn` walks on cycleways too
        (`foot=no` excludes them like any other way).

    Examples
    --------
    >>> is_street({"highway": "footway"}), is_street({"highway": "footway", "foot": "no"})
    (True, False)
    >>> is_street({"highway": "cycleway"}), is_street({"highway": "cycleway"}, "walk_cn")
    (False, True)
    >>> is_street({"highway": "motorway"}, "cycle"), is_street({"highway": "motorway"}, "drive")
    (False, True)
    """
    if tags.get("highway") is None:
        return False
    for key, rule in _RULES[ways]:
        value = tags.get(key)
        if value is not None and rule.search(value):
            return False
    return True


def oneway(tags: Tags, ways: Ways) -> int:
    """1 where one goes along the way only, -1 against it only, 0 both ways.

    Nobody on foot heeds `oneway`. Roundabouts (`junction=roundabout` or `circular`) and
    `highway=motorway` are one-way unless tagged otherwise, as the OSM wiki's Key:oneway says;
    `motorway_link` is not, for its page asks for the tag. `F` and `T` are what Geofabrik's layers
    and OSMnx call along and against. For cycling `oneway:bicycle` counts before `oneway`, and a
    `cycleway`, on either side, that is `opposite`, `opposite_lane`, … frees the other direction.

    Examples
    --------
    >>> street = {"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}
    >>> oneway(street, "walk"), oneway(street, "cycle"), oneway(street, "drive")
    (0, 0, 1)
    """
    if ways in {"walk", "walk_cn"}:
        return 0
    value = tags.get("oneway")
    if ways == "cycle":
        value = tags.get("oneway:bicycle") or value
        if any((tags.get(key) or "").startswith("opposite") for key in _CYCLEWAYS):
            return 0
    if value is None:
        circular = tags.get("junction") in {"roundabout", "circular"}
        return int(circular or tags.get("highway") == "motorway")
    return int(value in _ALONG) - int(value in _AGAINST)


def is_barred(tags: Tags) -> bool:
    """Whether a way is not step-free: steps, moving stairs or walks, or no way for wheelchairs.

    Moving ones (`conveying`) may stand still or run the other way.

    >>> is_barred({"highway": "steps"}), is_barred({"highway": "footway", "conveying": "no"})
    (True, False)
    """
    return (
        tags.get("highway") == "steps"
        or (tags.get("conveying") or "no") != "no"
        or tags.get("wheelchair") == "no"
    )


def is_tunnel(tags: Tags) -> bool:
    """Whether a street runs under ground, through a building or indoors.

    >>> is_tunnel({"tunnel": "building_passage"}), is_tunnel({"tunnel": "no"})
    (True, False)
    """
    return (
        (tags.get("tunnel") or "no") != "no"
        or (tags.get("indoor") or "no") != "no"
        or tags.get("covered") == "indoor"
        or tags.get("highway") == "corridor"
    )
