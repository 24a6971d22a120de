"""The tables of a standard: what its file may say, and what a project may write over it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lifecircle.project.keys import AreaType, Key, ModeName, Positive, Share, Status, Table


class SourcedTable(Table):
    """A table of a standard: by whose word its numbers hold, and how sure that is."""

    name_zh: str | None = None
    name_en: str | None = None
    source: str | None = None
    status: Status | None = None


class ServiceTable(SourcedTable):
    """`[services.KEY]` of a standard, or `[standard.services.KEY]` that overrides it.

    Its limit is `minutes`, `metres` (whatever the speed) or those of a `tier`. Without any it has
    no rate; then a rule of `presence` or `supply` must be about it.
    """

    minutes: Positive | None = None
    metres: Positive | None = None
    tier: Key | None = None
    minutes_by_area: dict[AreaType, Positive] = Field({})
    mode: ModeName | None = None
    mode_by_area: dict[AreaType, ModeName] = Field({})
    metric: Literal["network", "radius"] | None = None
    group: Key | None = None
    target: Share | None = None
    osm: list[str] | None = None
    """Tags such as `amenity=clinic`; any of them counts."""
    names: list[str] | None = None
    """Chinese names; a facility whose name or type contains one counts."""
    amap: list[str] | None = None
    """AMap type codes, or the beginning of some (`0901`)."""
    access: Literal["entrance", "outline"] | None = None
    radius_m: Positive | None = None
    """Metres commonly used for this limit; information only."""
    radius_status: Status | None = None
    size: str | None = None
    """What the standard asks of a site's size, in words; information only."""
    size_status: Status | None = None
    proxy: bool | None = None


class TierTable(SourcedTable):
    """`[tiers.KEY]`: a level of the life circle (五分钟、十分钟、十五分钟), with its limit."""

    minutes: Positive
    radius_m: list[Positive] = Field([])
    people: list[Positive] = Field([])


class AreaTable(SourcedTable):
    """`[areas.TYPE]`: what holds for every service in zones of an area type."""

    minutes: Positive | None = None
    mode: ModeName | None = None
    radius_m: list[Positive] = Field([])
    people: list[Positive] = Field([])


class GroupTable(SourcedTable):
    """`[groups.KEY]`: a group of people, such as `aged_60`, and how fast they walk."""

    speed_kmh: Positive | None = None


class PresenceTable(SourcedTable):
    """`[presence.KEY]`: how many facilities each unit must have, wherever they stand (全覆盖)."""

    service: Key | None = None
    """By default the service of the same key."""
    per: str = "zone"
    """`zone`, `parent`, `city` or `area_type:TYPE`."""
    min: Annotated[int, Field(ge=1)] = 1
    where: str = ""
    """`column=value`: only facilities whose column has this value."""


class SupplyTable(SourcedTable):
    """`[supply.KEY]`: how much of a service there must be for so many people."""

    service: Key | None = None
    """By default the service of the same key."""
    per_person: Positive | None = None
    per_1000: Positive | None = None
    people_per_facility: Positive | None = None
    unit: str = ""
    """Unit of the capacity, such as m² or beds."""
    group: Key | None = None


class StandardContent(Table):
    """What a standard's file and `[standard]` of a project file both may say."""

    target: Share | None = None
    all: list[Key] | None = None
    scope: list[AreaType] | None = None
    mode: ModeName | None = None
    services: dict[Key, ServiceTable] = Field({})
    tiers: dict[Key, TierTable] = Field({})
    areas: dict[AreaType, AreaTable] = Field({})
    groups: dict[Key, GroupTable] = Field({})
    presence: dict[Key, PresenceTable] = Field({})
    supply: dict[Key, SupplyTable] = Field({})


class StandardTable(StandardContent):
    """`[standard]`: what counts as covered, and the target."""

    profile: str = "osm-15min"


class StandardFile(StandardContent):
    """A standard's own file."""

    name_zh: str | None = None
    name_en: str | None = None
    source: str | None = None
    status: Status | None = None
    denominator_zh: str = ""
    denominator_en: str = ""
    listed: int | None = None
    """How many facilities the document lists, where the profile knows fewer ("8 of 21")."""
    known: int | None = None
    """How many of these the profile knows; by default each of its services is one."""
    note_zh: str = ""
    note_en: str = ""
