"""What must hold between the tables of a standard and what a project writes over them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lifecircle.messages import Message, message
from lifecircle.project.schema import nearest
from lifecircle.project.standard_tables import (
    ServiceTable,
    StandardContent,
    StandardFile,
    StandardTable,
)
from lifecircle.project.supply_rules import supply_faults
from lifecircle.standards import ALL

_LIMITS = ("minutes", "metres", "tier")
_RULES = ("presence", "supply")


def standard_faults(
    profile: StandardFile, table: StandardTable, *, groups: Iterable[str], file: str
) -> Iterator[Message]:
    """Everything wrong between a profile and a project's `[standard]`.

    `groups` are the groups of people that every standard knows, `file` is what the messages call
    the project file.
    """
    known = {**profile.services, **table.services}
    limited = [key for key in known if has_limit(key, profile, table)]
    ruled = ruled_services(profile, table)
    for key in known:
        if key not in limited and key not in ruled:
            yield _no_limit(key, profile, table, file)
        yield from _tier_faults(key, profile, table, file)
    if ALL in known:
        yield message("standards.reserved", file=file)
    for key in (profile.all or ()) if table.all is None else table.all:
        if key not in limited:
            yield message("standards.all", file=file, key=key, known=", ".join(limited))
    for key, entry in known.items():
        wrong = [tag for tag in entry.osm or [] if not re.fullmatch(r"[^=\s]+=\S.*", tag)]
        if wrong:
            yield message("standards.tags", file=file, key=key, tags=", ".join(wrong))
    yield from _rule_faults(profile, table, file)
    yield from supply_faults(profile, table, file=file)
    yield from _group_faults(profile, table, {*groups, *profile.groups, *table.groups}, file)


def has_limit(key: str, profile: StandardFile, table: StandardTable) -> bool:
    """Whether a service has a limit; without one it is only listed."""
    return any(
        getattr(entry, name) is not None for entry in _both(key, profile, table) for name in _LIMITS
    )


def ruled_services(*contents: StandardContent) -> set[str]:
    """The services that rules of presence or supply are about."""
    return {
        rule.service or key
        for content in contents
        for kind in _RULES
        for key, rule in getattr(content, kind).items()
    }


def missing_limits(data: Mapping[str, Any], file: str) -> list[Message]:
    """The services in a standard's own file, as it was read, that nothing limits or counts."""
    services, *rules = [_tables(data.get(kind)) for kind in ("services", *_RULES)]
    ruled = {rule.get("service", key) for kind in rules for key, rule in kind.items()}
    return [
        message("schema.missing_key", file=file, key=f"services.{key}.minutes")
        for key, entry in services.items()
        if key not in ruled and not any(name in entry for name in _LIMITS)
    ]


def _tables(value: object) -> dict[str, dict[str, Any]]:
    """The tables in `value`, if there are any."""
    entries = value.items() if isinstance(value, dict) else ()
    return {str(key): entry for key, entry in entries if isinstance(entry, dict)}


def _both(key: str, profile: StandardFile, table: StandardTable) -> list[ServiceTable]:
    found = (profile.services.get(key), table.services.get(key))
    return [entry for entry in found if entry is not None]


def _no_limit(key: str, profile: StandardFile, table: StandardTable, file: str) -> Message:
    near = nearest(key, profile.services)
    code = "standards.needs_minutes_near" if near else "standards.needs_minutes"
    known = ", ".join(profile.services)
    values = {"profile": table.profile, "nearest": near, "known": known}
    return message(code, file=file, key=key, **values)


def _tier_faults(
    key: str, profile: StandardFile, table: StandardTable, file: str
) -> Iterator[Message]:
    tiers = {**profile.tiers, **table.tiers}
    named = {entry.tier for entry in _both(key, profile, table) if entry.tier is not None}
    for tier in sorted(named - set(tiers)):
        known = ", ".join(tiers) or "–"
        yield message("standards.unknown_tier", file=file, key=key, tier=tier, known=known)


def _rule_faults(profile: StandardFile, table: StandardTable, file: str) -> Iterator[Message]:
    """Rules about services that are not there, or that ask for nothing."""
    known = {**profile.services, **table.services}
    for kind in _RULES:
        for key, rule in {**getattr(profile, kind), **getattr(table, kind)}.items():
            service = rule.service or key
            if service not in known:
                values = {"kind": kind, "key": key, "service": service}
                yield message("standards.rule_service", file=file, **values, known=", ".join(known))
    for key, per in _given("presence", "per", profile, table):
        if not re.fullmatch(r"zone|parent|city|area_type:.+", per):
            yield message("standards.per", file=file, key=key, per=per)
    for key, where in _given("presence", "where", profile, table):
        if not re.fullmatch(r"[^=]+=.+", where):
            yield message("standards.where", file=file, key=key, where=where)


def _group_faults(
    profile: StandardFile, table: StandardTable, known: set[str], file: str
) -> Iterator[Message]:
    """Services and supply rules for people that nobody knows."""
    for kind in ("services", "supply"):
        for key, group in _given(kind, "group", profile, table):
            if group not in known:
                values = {"key": f"{kind}.{key}", "group": group, "known": ", ".join(sorted(known))}
                yield message("standards.unknown_group", file=file, **values)


def _given(
    kind: str, name: str, profile: StandardFile, table: StandardTable
) -> list[tuple[str, str]]:
    """What the tables of a kind say under `name`: the project's word, else the profile's."""
    said: dict[str, str] = {}
    for content in (profile, table):
        for key, entry in getattr(content, kind).items():
            said[key] = getattr(entry, name) or said.get(key, "")
    return [(key, value) for key, value in said.items() if value]
