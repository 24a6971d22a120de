"""Standards: which services, within how many minutes, for which share of people, by whose word.

A standard is a TOML file in `lifecircle/presets` or a user's own; no number lives in Python. Each
carries the clause it comes from and how sure we are of it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import Field

from lifecircle.errors import InputError
from lifecircle.messages import Message, message
from lifecircle.project.schema import checked, nearest
from lifecircle.project.tables import Key, Positive, ServiceTable, Share, StandardTable, Table
from lifecircle.project.toml_file import read_toml

PRESETS = Path(__file__).parent / "presets"
PROJECT_FILE = "project file"
"""The source of a number that the user has written over a profile's."""
ALL = "all"

Status = Literal["official", "secondary", "unverified"]


@dataclass(frozen=True)
class Service:
    """What a resident should reach, and within how long.

    `minutes_by_area` replaces `minutes` in zones of that area type. `osm` holds the tags, any of
    which makes an OSM element such a facility; `proxy` says that the tags only stand in for what
    the standard means. `access` is how an area is entered (contract: entrance or outline).
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

    def name(self, language: str) -> str:
        """The service's name in `language`."""
        return self.name_zh if language == "zh" else self.name_en

    def minutes_in(self, area_type: str) -> float:
        """The limit that applies in zones of this area type."""
        return self.minutes_by_area.get(area_type, self.minutes)


@dataclass(frozen=True)
class Standard:
    """Services with their limits and targets; `all` names those of the pseudo-service `all`."""

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

    def name(self, language: str) -> str:
        """The standard's name in `language`."""
        return self.name_zh if language == "zh" else self.name_en

    def service(self, key: str) -> Service:
        """The service with this key."""
        return next(service for service in self.services if service.key == key)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the services, in the standard's order."""
        return tuple(service.key for service in self.services)

    @property
    def longest_minutes(self) -> float:
        """The longest limit of any service in any area type."""
        return max(
            max((service.minutes, *service.minutes_by_area.values())) for service in self.services
        )

    def at(self, minutes: float) -> Standard:
        """The same services, every one with this limit: a what-if, no longer the standard."""
        services = tuple(
            dataclasses.replace(service, minutes=minutes, minutes_by_area={})
            for service in self.services
        )
        return dataclasses.replace(self, services=services)


class ServiceEntry(Table):
    """`[services.KEY]` of a standard's file."""

    minutes: Positive
    minutes_by_area: dict[str, Positive] = Field({})
    target: Share | None = None
    name_zh: str = ""
    name_en: str = ""
    names: list[str] = Field([])
    osm: list[str] = Field([])
    access: Literal["entrance", "outline"] = "entrance"
    source: str = ""
    status: Status = "unverified"
    proxy: bool = False


class StandardFile(Table):
    """A standard's file."""

    name_zh: str = ""
    name_en: str = ""
    target: Share
    all: list[Key] = Field([])
    scope: list[str] = Field([])
    source: str = ""
    status: Status = "unverified"
    note_zh: str = ""
    note_en: str = ""
    services: dict[Key, ServiceEntry] = Field(min_length=1)


def standard_names() -> tuple[str, ...]:
    """Names of the built-in standards.

    >>> "osm-15min" in standard_names()
    True
    """
    return tuple(sorted(path.stem for path in PRESETS.glob("*.toml")))


def load_standard(table: StandardTable, *, file: str = "project") -> Standard:
    """A profile with the project's overrides.

    Parameters
    ----------
    table
        `[standard]` of the project file. Its profile is a built-in name or the path of a TOML.
    file
        What messages call the project file.

    Returns
    -------
        The standard. A number that the project changed has the project file as its source, and is
        unverified.

    Raises
    ------
    InputError
        If the profile is unknown or faulty, a service that it lacks has no minutes, or `all` names
        a service that is not there.

    Examples
    --------
    >>> load_standard(StandardTable(profile="osm-15min")).service("health").minutes
    15.0
    """
    profile = _profile(table.profile, file)
    faults = list(_faults(profile, table, file))
    if faults:
        raise InputError(*faults)
    target = profile.target if table.target is None else table.target
    own = PROJECT_FILE if target != profile.target else ""
    key = Path(table.profile).stem if _is_path(table.profile) else table.profile
    return Standard(
        key=key,
        name_zh=profile.name_zh or profile.name_en or key,
        name_en=profile.name_en or profile.name_zh or key,
        target=target,
        services=tuple(
            _service(name, profile, table) for name in {**profile.services, **table.services}
        ),
        all=tuple(profile.all if table.all is None else table.all),
        scope=tuple(profile.scope if table.scope is None else table.scope),
        source=own or profile.source,
        status="unverified" if own else profile.status,
        note_zh=profile.note_zh,
        note_en=profile.note_en,
    )


def _is_path(profile: str) -> bool:
    return profile.endswith(".toml")


def _profile(profile: str, file: str) -> StandardFile:
    if not _is_path(profile) and profile not in standard_names():
        near = nearest(profile, standard_names())
        code = "standards.unknown_near" if near else "standards.unknown"
        known = ", ".join(standard_names())
        raise InputError.of(code, file=file, name=profile, nearest=near, known=known)
    path = Path(profile) if _is_path(profile) else PRESETS / f"{profile}.toml"
    return checked(StandardFile, read_toml(path).data, path.name)


def _faults(profile: StandardFile, table: StandardTable, file: str) -> Iterator[Message]:
    known: dict[str, ServiceEntry | ServiceTable] = {**profile.services, **table.services}
    for key, service in table.services.items():
        if key not in profile.services and service.minutes is None:
            near = nearest(key, profile.services)
            code = "standards.needs_minutes_near" if near else "standards.needs_minutes"
            names = ", ".join(profile.services)
            values = {"profile": table.profile, "nearest": near, "known": names}
            yield message(code, file=file, key=key, **values)
    if ALL in known:
        yield message("standards.reserved", file=file)
    for key in profile.all if table.all is None else table.all:
        if key not in known:
            yield message("standards.all", file=file, key=key, known=", ".join(known))
    for key, entry in known.items():
        wrong = [tag for tag in entry.osm or [] if not re.fullmatch(r"[^=\s]+=\S.*", tag)]
        if wrong:
            yield message("standards.tags", file=file, key=key, tags=", ".join(wrong))


def _service(key: str, profile: StandardFile, table: StandardTable) -> Service:
    """One service: the profile's entry, where the project has not written over it."""
    ours = table.services.get(key, ServiceTable())
    entry = profile.services.get(key) or ServiceEntry(minutes=ours.minutes or 0)
    minutes = entry.minutes if ours.minutes is None else ours.minutes
    minutes_by_area = {**entry.minutes_by_area, **ours.minutes_by_area}
    before = profile.target if entry.target is None else entry.target
    target = next(t for t in (ours.target, table.target, before) if t is not None)
    source, status = entry.source or profile.source, entry.status
    if target != before:
        source, status = f"{source}; target: {PROJECT_FILE}", "unverified"
    if key not in profile.services or (minutes, minutes_by_area) != (
        entry.minutes,
        entry.minutes_by_area,
    ):
        source, status = PROJECT_FILE, "unverified"
    return Service(
        key=key,
        name_zh=ours.name_zh or entry.name_zh or ours.name_en or entry.name_en or key,
        name_en=ours.name_en or entry.name_en or ours.name_zh or entry.name_zh or key,
        minutes=minutes,
        target=target,
        minutes_by_area=minutes_by_area,
        osm=tuple(entry.osm if ours.osm is None else ours.osm),
        names=tuple(entry.names),
        access=ours.access or entry.access,
        source=source,
        status=status,
        proxy=entry.proxy or bool(ours.osm),
    )
