"""Standards from their files: built in, a user's own, and what a project writes over them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lifecircle.errors import InputError
from lifecircle.project.keys import Status
from lifecircle.project.schema import checked, nearest
from lifecircle.project.standard_rules import has_limit, missing_limits, standard_faults
from lifecircle.project.standard_tables import (
    GroupTable,
    ServiceTable,
    SourcedTable,
    StandardContent,
    StandardFile,
    StandardTable,
)
from lifecircle.project.toml_file import read_toml
from lifecircle.standards import (
    PLANNING_SPEED_KMH,
    Area,
    Group,
    Presence,
    Service,
    Standard,
    Supply,
    Tier,
)

PRESETS = Path(__file__).parent / "presets"
GROUPS = PRESETS / "_groups.toml"
PROJECT_FILE = "project file"
"""The source of a number that the user has written over a profile's."""

_NUMBERS = ("minutes", "metres", "tier", "minutes_by_area", "mode", "mode_by_area", "metric")
"""Keys of a service that the document's source answers for."""
_AS_WRITTEN = (
    *("access", "tier", "mode", "metric", "group"),
    *("radius_m", "radius_status", "size", "size_status"),
)


def standard_names() -> tuple[str, ...]:
    """Names of the built-in standards.

    >>> "osm-15min" in standard_names()
    True
    """
    return tuple(sorted(p.stem for p in PRESETS.glob("*.toml") if not p.stem.startswith("_")))


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
        If the profile is unknown or faulty, a service has an unknown tier or group, or neither a
        limit nor a rule that counts it, or a key names a service that is not there.

    Examples
    --------
    >>> load_standard(StandardTable(profile="osm-15min")).service("health").minutes
    15.0
    """
    profile = _profile(table.profile, file)
    common = _common_groups()
    faults = list(standard_faults(profile, table, groups=common, file=file))
    if faults:
        raise InputError(*faults)
    key = Path(table.profile).stem if _is_path(table.profile) else table.profile
    before = math.nan if profile.target is None else profile.target
    target = before if table.target is None else table.target
    own = PROJECT_FILE if table.target not in (None, profile.target) else ""
    tiers = _tiers(profile, table)
    areas = _areas(profile, table)
    services = {
        name: _service(name, profile, table, tiers, areas)
        for name in {**profile.services, **table.services}
    }
    limited = [name for name in services if has_limit(name, profile, table)]
    return Standard(
        key=key,
        **_names(profile.name_zh, profile.name_en, key),
        target=target,
        services=tuple(services[name] for name in limited),
        all=tuple((profile.all or ()) if table.all is None else table.all),
        scope=tuple((profile.scope or ()) if table.scope is None else table.scope),
        source=own or profile.source or "",
        status="unverified" if own else profile.status or "unverified",
        note_zh=profile.note_zh,
        note_en=profile.note_en,
        mode=table.mode or profile.mode or "",
        denominator_zh=profile.denominator_zh,
        denominator_en=profile.denominator_en,
        listed=profile.listed,
        known=_known(profile),
        listed_services=tuple(services[name] for name in services if name not in limited),
        tiers=tuple(tiers.values()),
        areas=areas,
        groups=_groups(common, profile, table),
        presence=_presence(profile, table),
        supply=_supply(profile, table),
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
    data = read_toml(path).data
    missing = missing_limits(data, path.name)
    try:
        found = checked(StandardFile, data, path.name)
    except InputError as error:
        raise InputError(*error.faults, *missing) from None
    if missing:
        raise InputError(*missing)
    if not found.services:
        raise InputError.of("standards.no_services", file=path.name)
    return found


def _known(profile: StandardFile) -> int | None:
    """How many of the facilities that the document lists the profile has; none where all."""
    if profile.listed is None or profile.known is not None:
        return profile.known
    return len(profile.services)


def _service(
    key: str,
    profile: StandardFile,
    table: StandardTable,
    tiers: Mapping[str, Tier],
    areas: tuple[Area, ...],
) -> Service:
    """One service: the profile's entry, where the project has not written over it."""
    entry = profile.services.get(key, ServiceTable())
    ours = table.services.get(key, ServiceTable())
    both = {**_given(entry), **_given(ours)}
    by_area = {
        kind: {
            **{area.key: value for area in areas if (value := getattr(area, kind))},
            **getattr(entry, f"{kind}_by_area"),
            **getattr(ours, f"{kind}_by_area"),
        }
        for kind in ("minutes", "mode")
    }
    metres = both.get("metres") if "minutes" not in both else None
    tier = tiers.get(both.get("tier", ""))
    minutes = both.get("minutes") or (tier.minutes if tier and metres is None else None)
    before = next((t for t in (entry.target, profile.target) if t is not None), math.nan)
    target = next((t for t in (ours.target, table.target, before) if t is not None), math.nan)
    source, status = _word(key, profile, table, changed=not _same(target, before))
    others: dict[str, Any] = {name: both[name] for name in _AS_WRITTEN if name in both}
    return Service(
        key=key,
        **_names(both.get("name_zh"), both.get("name_en"), key),
        minutes=minutes or (metres or math.nan) * 60 / (PLANNING_SPEED_KMH * 1000),
        target=target,
        minutes_by_area=by_area["minutes"],
        mode_by_area=by_area["mode"],
        osm=tuple(both.get("osm", ())),
        names=tuple(both.get("names", ())),
        amap=tuple(both.get("amap", ())),
        source=source,
        status=status,
        proxy=both.get("proxy", False) or bool(ours.osm),
        metres=metres,
        **others,
    )


def _word(
    key: str, profile: StandardFile, table: StandardTable, *, changed: bool
) -> tuple[str, Status]:
    """By whose word a service's numbers hold, and how sure that is."""
    entry = profile.services.get(key, ServiceTable())
    ours = table.services.get(key, ServiceTable())
    new = {name: value for name, value in _given(ours).items() if name in _NUMBERS}
    if key not in profile.services or any(getattr(entry, n) != v for n, v in new.items()):
        return ours.source or PROJECT_FILE, ours.status or "unverified"
    source = entry.source or profile.source or ""
    if changed:
        return f"{source}; target: {PROJECT_FILE}", "unverified"
    status = entry.status or (profile.status if not entry.source else None)
    return source, status or "unverified"


def _same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def _given(table: SourcedTable) -> dict[str, Any]:
    """What a table says, without what it leaves open."""
    return {
        name: value
        for name in table.model_fields_set
        if (value := getattr(table, name)) is not None
    }


def _names(zh: str | None, en: str | None, key: str) -> dict[str, Any]:
    """Both names; one stands in for the other, and the key for both."""
    return {"name_zh": zh or en or key, "name_en": en or zh or key}


def _merged(kind: str, profile: StandardFile, table: StandardContent) -> dict[str, Any]:
    """Tables of a kind by key: the profile's, where the project has not written over them.

    Each is a dictionary with names, source and status; what the project changed is its word.
    """
    first, second = getattr(profile, kind), getattr(table, kind)
    merged = {}
    for key in {**first, **second}:
        theirs = _given(first[key]) if key in first else {}
        ours = _given(second[key]) if key in second else {}
        new = any(theirs.get(n) != v for n, v in ours.items() if n not in ("name_zh", "name_en"))
        word = {"source": PROJECT_FILE, "status": "unverified"} if new else {}
        values = {**theirs, **word, **ours}
        values.setdefault("source", profile.source or "")
        values.setdefault("status", profile.status if "source" not in theirs else "unverified")
        values["status"] = values["status"] or "unverified"
        names = _names(values.get("name_zh"), values.get("name_en"), key)
        merged[key] = {"key": key, **values, **names}
    return merged


def _tiers(profile: StandardFile, table: StandardTable) -> dict[str, Tier]:
    return {key: Tier(**_ranges(v)) for key, v in _merged("tiers", profile, table).items()}


def _areas(profile: StandardFile, table: StandardTable) -> tuple[Area, ...]:
    return tuple(Area(**_ranges(v)) for v in _merged("areas", profile, table).values())


def _ranges(values: dict[str, Any]) -> dict[str, Any]:
    ranges = [name for name in ("radius_m", "people") if name in values]
    return {**values, **{name: tuple(values[name]) for name in ranges}}


def _common_groups() -> dict[str, GroupTable]:
    """The groups that every standard knows."""
    return checked(StandardFile, read_toml(GROUPS).data, GROUPS.name).groups


def _groups(
    common: Mapping[str, GroupTable], profile: StandardFile, table: StandardTable
) -> tuple[Group, ...]:
    """The groups that every standard knows, with what profile and project say of them."""
    own = StandardFile(groups={**common, **profile.groups})
    return tuple(Group(**values) for values in _merged("groups", own, table).values())


def _presence(profile: StandardFile, table: StandardTable) -> tuple[Presence, ...]:
    rules = _merged("presence", profile, table).values()
    return tuple(Presence(**{"service": rule["key"], **rule}) for rule in rules)


def _supply(profile: StandardFile, table: StandardTable) -> tuple[Supply, ...]:
    found = []
    for rule in _merged("supply", profile, table).values():
        per_1000 = rule.pop("per_1000", None)
        if per_1000 is not None:
            rule["per_person"] = per_1000 / 1000
        found.append(Supply(**{"service": rule["key"], **rule}))
    return tuple(found)
