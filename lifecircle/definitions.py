"""Definitions (口径): what is divided by what, measured how. No rate is shown without its own."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lifecircle.messages import message
from lifecircle.modes import mode_of
from lifecircle.profiles import PROJECT_FILE, load_standard
from lifecircle.project.keys import Status
from lifecircle.project.standard_tables import StandardTable
from lifecircle.project.tables import DefinitionTable, Project
from lifecircle.standards import Standard

OWN = "own"
"""The group of a definition in which every service counts the people it is for."""
STEPFREE = "__stepfree"
RADIUS = "radius"


@dataclass(frozen=True)
class Definition:
    """How a rate is measured.

    `demand` names the layer whose weight is the denominator, `group` a column of it that replaces
    the weight; `own` takes each service's own group, at that group's speed. `metric` is `network`
    (minutes along streets) or `radius` (straight line within limit × speed). `speed_kmh` applies to
    `mode` (of several, `walk|cycle`, to the first, `other_speeds_kmh` to the others in turn), to
    its streets and access legs alike; a service or an area type may have a mode of its own in the
    standard. `steps` may be avoided. `standard` is the key of the standard whose limits and targets
    hold, `scope` the area types it applies to.
    `source` and `status` say by whose word the definition itself holds.
    """

    key: str
    demand: str
    unit: str = ""
    group: str = ""
    metric: Literal["network", "radius"] = "network"
    mode: str = "walk"
    speed_kmh: float = 4.0
    note_zh: str = ""
    note_en: str = ""
    steps: Literal["allow", "avoid"] = "allow"
    standard: str = ""
    scope: tuple[str, ...] = ()
    name_zh: str = ""
    name_en: str = ""
    source: str = ""
    status: Status = "unverified"
    other_speeds_kmh: tuple[float, ...] = ()

    def name(self, language: str) -> str:
        """What the definition is called; its key where it has no name."""
        return (self.name_zh if language == "zh" else self.name_en) or self.key

    def text(self, language: str) -> str:
        """The definition in one line.

        >>> Definition("people.network", demand="people", unit="persons").text("en")
        'people.network: people (persons), walk along streets at 4 km/h'
        >>> Definition("old", "people", group="aged_60", steps="avoid", standard="own").text("en")
        'old: aged_60 (places), walk along streets at 4 km/h, without steps, by own'
        >>> Definition("soft", "people", mode="walk|cycle", other_speeds_kmh=(12,)).text("en")
        'soft: people (places), walk at 4 km/h or cycle at 12 km/h along streets'
        """
        several = self.metric == "network" and "|" in self.mode
        line = message(
            "definitions.several" if several else f"definitions.{self.metric}",
            key=self.key if self.name(language) == self.key else f"{self.name(language)}",
            what=_group_name(self.group, language) or self.demand,
            unit=self.unit or message("definitions.places").text(language),
            mode=self._modes_at(language) if several else mode_name(self.mode, language),
            speed=self.speed_kmh,
        ).text(language)
        parts = [line]
        if self.steps == "avoid":
            parts.append(message("definitions.step_free").text(language))
        if self.standard:
            parts.append(message("definitions.by", standard=self.standard).text(language))
        if self.scope:
            scope = ", ".join(self.scope)
            parts.append(message("definitions.scope", scope=scope).text(language))
        return ("，" if language == "zh" else ", ").join(parts)

    def _modes_at(self, language: str) -> str:
        """Each of several modes with its speed, where that is known."""
        speeds = itertools.chain((self.speed_kmh, *self.other_speeds_kmh), itertools.repeat(None))
        each = []
        for mode, speed in zip(self.mode.split("|"), speeds, strict=False):
            name = mode_name(mode, language)
            at = message("definitions.mode_at", mode=name, speed=speed)
            each.append(name if speed is None else at.text(language))
        return message("definitions.or").text(language).join(each)

    def _repr_markdown_(self) -> str:
        notes = (self.note_zh, self.note_en)
        return "\n\n".join(filter(None, (self.text("zh"), self.text("en"), *notes)))


def mode_name(mode: str, language: str) -> str:
    """What a mode, or several of which the fastest counts, is called.

    >>> mode_name("walk|cycle", "en"), mode_name("scooter", "en")
    ('walk or cycle', 'scooter')
    """
    known = ("walk", "cycle", "drive")
    names = [
        message(f"definitions.mode_{part}").text(language) if part in known else part
        for part in mode.split("|")
    ]
    return message("definitions.or").text(language).join(names)


def _group_name(group: str, language: str) -> str:
    return message("definitions.own_groups").text(language) if group == OWN else group


def standards_of(project: Project, *, file: str = "project") -> dict[str, Standard]:
    """By the key of each definition, the standard whose limits and targets hold for it.

    Raises
    ------
    InputError
        If a definition names a standard that is not there or faulty.
    """
    loaded: dict[str, Standard] = {}
    found = {}
    for table in definition_tables(project):
        profile = table.standard or project.standard.profile
        if profile not in loaded:
            own = profile == project.standard.profile
            asked = project.standard if own else StandardTable(profile=profile)
            loaded[profile] = load_standard(asked, file=file)
        found[table.key] = _changed(loaded[profile], table, project, file)
    return found


def _changed(standard: Standard, table: DefinitionTable, project: Project, file: str) -> Standard:
    """The standard with what the definition itself says: limit, target, scope and mode."""
    changes: dict[str, object] = {}
    if table.minutes is not None:
        standard = standard.at(table.minutes)
        changes |= {"source": PROJECT_FILE, "status": "unverified"}
    if table.target is not None:
        standard = dataclasses.replace(standard, target=table.target)
        changes |= {"target": table.target, "source": PROJECT_FILE, "status": "unverified"}
    if table.mode is not None:
        changes |= {"mode": "", "mode_by_area": {}}
    if table.metric == RADIUS:
        changes["metric"] = ""
    services = tuple(
        dataclasses.replace(service, **changes)  # type: ignore[arg-type]
        for service in standard.services
    )
    scope = standard.scope if table.scope is None else tuple(table.scope)
    standard = dataclasses.replace(standard, services=services, scope=scope)
    return standard.at_pace(speed_of(table, standard, project, file=file))


def definition_tables(project: Project) -> list[DefinitionTable]:
    """The project's definitions as written; by default one per demand layer, along streets."""
    return project.definitions or [
        DefinitionTable(key=f"{table.name}.network", demand=table.name) for table in project.demand
    ]


def speed_of(
    table: DefinitionTable, standard: Standard, project: Project, *, file: str = "project"
) -> float:
    """The speed of a definition's mode: as written, of its group, else of the mode itself."""
    if isinstance(table.speed_kmh, float):
        return table.speed_kmh
    group = standard.speed_of(table.group or "") if table.speed_kmh == "group" else None
    mode = _mode_in(table, standard, project).partition("|")[0]
    return group or mode_speed(mode, project, file=file)


def _other_speeds(
    table: DefinitionTable, standard: Standard, project: Project
) -> tuple[float, ...]:
    """The speeds of all modes of a definition but the first, which have none but their own."""
    _, *others = _mode_in(table, standard, project).split("|")
    return tuple(mode_speed(mode, project) for mode in others)


def _mode_in(table: DefinitionTable, standard: Standard, project: Project) -> str:
    """The mode, or the several, of a definition: as written, else the standard's or project's."""
    return table.mode or standard.mode or project.network.mode


def mode_speed(mode: str, project: Project, *, file: str = "project") -> float:
    """The speed of a mode, km/h."""
    return mode_of(project.network, mode, file=file).speed_kmh


def definitions_of(
    project: Project, standards: Mapping[str, Standard] | None = None
) -> tuple[Definition, ...]:
    """The project's definitions; by default one per demand layer, along streets."""
    standards = standards_of(project) if standards is None else standards
    demand = {table.name: table for table in project.demand}
    return tuple(
        Definition(
            key=table.key,
            demand=table.demand,
            unit=demand[table.demand].unit,
            group=table.group or "",
            metric=table.metric,
            mode=_mode_in(table, standards[table.key], project),
            speed_kmh=speed_of(table, standards[table.key], project),
            steps=table.steps,
            standard=standards[table.key].key,
            scope=standards[table.key].scope,
            name_zh=table.name_zh or table.name_en,
            name_en=table.name_en or table.name_zh,
            source=table.source,
            status=table.status,
            other_speeds_kmh=_other_speeds(table, standards[table.key], project),
        )
        for table in definition_tables(project)
    )


def catalogue(standards: Iterable[Standard]) -> Standard:
    """The first standard with what the others add: all that facilities may offer or must have."""
    first, *others = standards
    added: dict[str, Any] = {}
    for part in ("services", "listed_services", "presence"):
        known = {each.key: each for each in getattr(first, part)}
        for standard in others:
            for each in getattr(standard, part):
                known.setdefault(each.key, each)
        added[part] = tuple(known.values())
    return dataclasses.replace(first, **added)


def method(metric: str, mode: str, steps: str = "allow") -> str:
    """The key under which minutes of a metric and a mode are kept.

    >>> method("network", "walk"), method("network", "walk", "avoid"), method("radius", "walk")
    ('walk', 'walk__stepfree', 'radius')
    """
    if metric == RADIUS:
        return RADIUS
    return mode + (STEPFREE if steps == "avoid" else "")


def methods_of(
    definition: Definition, standard: Standard, given: Collection[str] | None = None
) -> tuple[str, ...]:
    """Every method by which a definition measures some service (of those given) somewhere.

    The definition's own method is always among them.
    """
    first = definition.mode.partition("|")[0]
    found = {method(definition.metric, first, steps_in(first, definition)): None}
    for service in standard.services:
        if given is not None and service.key not in given:
            continue
        metric = service.metric or definition.metric
        for mode in {service.mode: None, **dict.fromkeys(service.mode_by_area.values())}:
            for part in (mode or definition.mode).split("|"):
                found[method(metric, part, steps_in(part, definition))] = None
    return tuple(found)


def steps_in(mode: str, definition: Definition) -> Literal["allow", "avoid"]:
    """Only those on foot are spared the steps; wheels have their own streets."""
    return definition.steps if mode not in ("cycle", "drive") else "allow"


def search_minutes_of(
    project: Project, standards: Mapping[str, Standard], definitions: Iterable[Definition]
) -> float:
    """How far minutes are searched: as given, else twice the longest limit, at any speed in use.

    The minutes are those of each mode at its own speed.
    """
    if project.network.search_minutes is not None:
        return project.network.search_minutes
    longest = max(standard.longest_minutes for standard in standards.values())
    fastest = max(
        _pace(definition, standards[definition.key], project) for definition in definitions
    )
    return longest * max(2.0, fastest)


def _pace(definition: Definition, standard: Standard, project: Project) -> float:
    """How many times as fast as its mode a definition moves."""
    usual = mode_speed(definition.mode.partition("|")[0], project)
    speeds = [definition.speed_kmh]
    if definition.group == OWN:
        speeds += [standard.speed_of(s.group) or 0.0 for s in standard.services]
    return max(speeds) / usual
