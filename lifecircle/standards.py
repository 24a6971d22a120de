"""Standards: which services, within how many minutes, for which share of people, by whose word.

No number lives in Python: a standard is read from a file by `lifecircle.profiles`. Each number
carries the clause it comes from and how sure we are of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from lifecircle.project.keys import Status

ALL = "all"
PLANNING_SPEED_KMH = 4.0
"""1,000 m in 15 minutes: how metres and minutes of the planning standards go together."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Service:
    """What a resident should reach, and within how long.

    `minutes` is the limit, `metres` one that holds whatever the speed (`minutes` is then its time
    at the planning speed). `minutes_by_area` and `mode_by_area` replace `minutes` and `mode` in
    zones of an area type, or for a kind of place in them (`town`, `town:village`). An empty `mode`,
    `metric` or `group` leaves it to the definition. `osm` holds the tags, any of which makes an OSM
    element such a facility, `names` and `amap` what lists call it; `proxy` says that these only
    stand in for what the standard means. `access` is how an area is entered (contract: entrance or
    outline). `radius_m` and `size` are information.
    """

    key: str
    name_zh: str
    name_en: str
    minutes: float
    target: float
    minutes_by_area: Mapping[str, float] = field(default_factory=dict)
    osm: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    access: Literal["entrance", "outline"] = "entrance"
    source: str = ""
    status: Status = "unverified"
    proxy: bool = False
    metres: float | None = None
    tier: str = ""
    mode: str = ""
    mode_by_area: Mapping[str, str] = field(default_factory=dict)
    metric: Literal["", "network", "radius"] = ""
    group: str = ""
    amap: tuple[str, ...] = ()
    radius_m: float | None = None
    radius_status: Status = "unverified"
    size: str = ""
    size_status: Status = "unverified"

    def name(self, language: str) -> str:
        """The service's name in `language`."""
        return self.name_zh if language == "zh" else self.name_en

    def minutes_in(self, area_type: str) -> float:
        """The limit that applies in zones of this area type (`town`, `town:village`)."""
        return in_area(self.minutes_by_area, area_type, self.minutes)

    def mode_in(self, area_type: str) -> str:
        """The mode that applies in zones of this area type; empty: the definition's."""
        return in_area(self.mode_by_area, area_type, self.mode)

    @property
    def limits(self) -> tuple[float, ...]:
        """Every limit of any area type, ascending."""
        return tuple(sorted({self.minutes, *self.minutes_by_area.values()}))


def in_area(values: Mapping[str, Value], area_type: str, default: Value) -> Value:
    """The value for an area type, or kind of place in it, that comes closest.

    >>> in_area({"town": 15, "town:village": 20}, "town:village", 10)
    20
    >>> in_area({"town": 15}, "town:village", 10), in_area({}, "town", 10)
    (15, 10)
    """
    if area_type in values:
        return values[area_type]
    return values.get(area_type.partition(":")[0], default)


@dataclass(frozen=True)
class Tier:
    """A level of the life circle (五分钟、十分钟、十五分钟生活圈), with its limit.

    `radius_m` and `people` are the ranges that go with it; information.
    """

    key: str
    name_zh: str
    name_en: str
    minutes: float
    radius_m: tuple[float, ...] = ()
    people: tuple[float, ...] = ()
    source: str = ""
    status: Status = "unverified"

    def name(self, language: str) -> str:
        """The tier's name in `language`."""
        return self.name_zh if language == "zh" else self.name_en


@dataclass(frozen=True)
class Area:
    """What a standard says of an area type for every service; `radius_m`, `people` inform."""

    key: str
    name_zh: str
    name_en: str
    minutes: float | None = None
    mode: str = ""
    radius_m: tuple[float, ...] = ()
    people: tuple[float, ...] = ()
    source: str = ""
    status: Status = "unverified"


@dataclass(frozen=True)
class Group:
    """A group of people and how fast they walk; without a speed they walk as everybody."""

    key: str
    name_zh: str
    name_en: str
    speed_kmh: float | None = None
    source: str = ""
    status: Status = "unverified"


@dataclass(frozen=True)
class Presence:
    """How many facilities of a service each unit must have, wherever they stand (全覆盖).

    `per` is `zone`, `parent`, `city` or `area_type:TYPE` (its zones together, in each parent);
    `where` (`column=value`) counts only facilities whose column has that value.
    """

    key: str
    service: str
    name_zh: str
    name_en: str
    per: str = "zone"
    min: int = 1
    where: str = ""
    source: str = ""
    status: Status = "unverified"


@dataclass(frozen=True)
class Supply:
    """How much of a service there must be: capacity a person, or people a facility."""

    key: str
    service: str
    name_zh: str
    name_en: str
    per_person: float | None = None
    people_per_facility: float | None = None
    unit: str = ""
    group: str = ""
    source: str = ""
    status: Status = "unverified"


@dataclass(frozen=True)
class Standard:
    """Services with their limits and targets; `all` names those of the pseudo-service `all`.

    `target` is `NaN` where the document sets none. `scope` names the area types to which it
    applies, `mode` how people go about unless a definition says otherwise. `denominator_zh` and
    `denominator_en` say what the document divides by; `listed` how many facilities it lists and
    `known` how many of these the profile knows. `listed_services` have no limit and so no rate
    (their `minutes` are `NaN`): rules of `presence` and `supply` count their facilities.
    """

    key: str
    name_zh: str
    name_en: str
    target: float
    services: tuple[Service, ...]
    all: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    source: str = ""
    status: Status = "unverified"
    note_zh: str = ""
    note_en: str = ""
    mode: str = ""
    denominator_zh: str = ""
    denominator_en: str = ""
    listed: int | None = None
    known: int | None = None
    listed_services: tuple[Service, ...] = ()
    tiers: tuple[Tier, ...] = ()
    areas: tuple[Area, ...] = ()
    groups: tuple[Group, ...] = ()
    presence: tuple[Presence, ...] = ()
    supply: tuple[Supply, ...] = ()

    def name(self, language: str) -> str:
        """The standard's name in `language`."""
        return self.name_zh if language == "zh" else self.name_en

    def service(self, key: str) -> Service:
        """The service with this key, with or without a limit."""
        return next(service for service in self.offered if service.key == key)

    def speed_of(self, group: str) -> float | None:
        """How fast a group walks, km/h; `None` where the standard does not say."""
        return next((each.speed_kmh for each in self.groups if each.key == group), None)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the services that have a limit, in the standard's order."""
        return tuple(service.key for service in self.services)

    @property
    def offered(self) -> tuple[Service, ...]:
        """What facilities may offer: the services that have a limit, and those that have none."""
        unlimited = (s for s in self.listed_services if s.key not in self.keys)
        return (*self.services, *unlimited)

    @property
    def longest_minutes(self) -> float:
        """The longest limit of any service in any area type."""
        return max(service.limits[-1] for service in self.services)

    def at(self, minutes: float) -> Standard:
        """The same services, every one with this limit: a what-if, no longer the standard."""
        return self._with_services(minutes=minutes, minutes_by_area={}, metres=None)

    def at_pace(self, speed_kmh: float) -> Standard:
        """The same standard where limits in metres are minutes at this speed.

        >>> station = Service("metro", "轨道站点", "Metro", 12.0, 0.85, metres=800.0)
        >>> Standard("own", "", "", 0.85, (station,)).at_pace(3.2).service("metro").minutes
        15.0
        """
        services = tuple(
            dataclasses.replace(service, minutes=service.metres * 60 / (speed_kmh * 1000))
            if service.metres is not None
            else service
            for service in self.services
        )
        return dataclasses.replace(self, services=services)

    def _with_services(self, **changes: object) -> Standard:
        services = tuple(
            dataclasses.replace(service, **changes)  # type: ignore[arg-type]
            for service in self.services
        )
        return dataclasses.replace(self, services=services)
