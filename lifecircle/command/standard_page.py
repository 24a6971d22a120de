"""What `lifecircle standards` answers: the list, and one standard in full, in both languages."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from lifecircle.command.answers import bare_table, cell
from lifecircle.command.console import Terminal
from lifecircle.definitions import mode_name
from lifecircle.messages import message
from lifecircle.standards import Area, Group, Presence, Service, Standard, Supply, Tier
from lifecircle.verdicts import minutes, target_percent

Row = tuple[str, ...]

_HAN = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”]"
_BLANK = re.compile(rf"(?<={_HAN}) | (?={_HAN})")


def standards_table(standards: Iterable[Standard], terminal: Terminal) -> Table:
    """The built-in standards, one a line, in the terminal's language."""
    say = terminal.words
    heads = ("cli.standard", "cli.name", "cli.target", "standard_page.status", "cli.services")
    table = bare_table("", *map(say, heads))
    for standard in standards:
        table.add_row(
            cell(standard.key),
            cell(standard.name(terminal.language)),
            _percent(standard.target) or say("standard_page.no_target"),
            say(f"standard_page.{standard.status}"),
            cell(", ".join(standard.keys)),
        )
    return table


def standard_page(standard: Standard) -> list[RenderableType]:
    """One standard in full: each number with its source and how sure it is, in both languages."""
    own_tiers = [_tier(tier) for tier in standard.tiers]
    own_areas = [_area(area) for area in standard.areas]
    services = [_service(service, standard) for service in standard.services]
    listed = [_listed(service) for service in standard.listed_services]
    rules = [*map(_presence, standard.presence), *map(_supply, standard.supply)]
    return [
        f"{_names(standard)} ({standard.key})",
        _facts(standard),
        *_section("tiers", ("tier", "limit", "range", "source"), own_tiers),
        *_section("areas", ("area", "limit", "range", "source"), own_areas),
        *_section("services", ("service", "limit", "details"), services),
        *_section("listed", ("service", "details"), listed),
        *_section("rules", ("rule", "asks", "source"), rules),
        *_section("groups", ("group", "speed", "source"), _groups(standard.groups)),
        _others(standard.groups),
    ]


def plain_values(standard: Standard) -> dict[str, Any]:
    """The standard for programs: plain values, `None` where there is no number."""
    values: dict[str, Any] = _strict(dataclasses.asdict(standard))
    return values


def _strict(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _strict(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(entry) for entry in value]
    return value


def _facts(standard: Standard) -> Table:
    """What holds for the standard as a whole."""
    target = _percent(standard.target) or _both("standard_page.no_target")
    scope = ", ".join(standard.scope) or _both("standard_page.everywhere")
    known = {"known": standard.known, "listed": standard.listed}
    rows = {
        "source": _origin(standard.source, standard.status),
        "target": target,
        "scope": scope,
        "mode": _modes(standard.mode) if standard.mode else _both("standard_page.any_mode"),
        "denominator": _texts(standard.denominator_zh, standard.denominator_en),
        "known": _both("standard_page.known_of", **known) if standard.listed else "",
        "all": ", ".join(standard.all),
        "note": _texts(standard.note_zh, standard.note_en),
    }
    return _grid(rows)


def _grid(rows: Mapping[str, str]) -> Table:
    """Labels and what they say; without those that say nothing."""
    table = Table.grid(padding=(0, 2))
    for label, value in rows.items():
        if value:
            table.add_row(_both(f"standard_page.{label}"), cell(value))
    return table


def _section(title: str, heads: Sequence[str], rows: Sequence[Row]) -> list[RenderableType]:
    """A table under its title; nothing where there are no rows."""
    if not rows:
        return []
    table = bare_table("", *(_both(f"standard_page.{head}") for head in heads))
    for row in rows:
        table.add_row(*map(cell, row))
    return ["", _both(f"standard_page.{title}"), table]


def _tier(tier: Tier) -> Row:
    return _named(tier), _minutes(tier.minutes), _range(tier), _origin(tier.source, tier.status)


def _area(area: Area) -> Row:
    limit = "" if area.minutes is None else _minutes(area.minutes)
    how = _modes(area.mode) if area.mode else ""
    origin = _origin(area.source, area.status)
    return _named(area), "\n".join(filter(None, [limit, how])), _range(area), origin


def _service(service: Service, standard: Standard) -> Row:
    limit = _limit(service, standard)
    details = [_origin(service.source, service.status), *_about(service)]
    if service.tier:
        details.insert(1, _line("of_tier", service.tier))
    if not _same(service.target, standard.target):
        details.insert(1, _line("target", _percent(service.target)))
    return _named(service), "\n".join(limit), "\n".join(details)


def _listed(service: Service) -> Row:
    details = [_origin(service.source, service.status), *_about(service)]
    return _named(service), "\n".join(details)


def _groups(groups: Sequence[Group]) -> list[Row]:
    """The groups that have a speed."""
    return [
        (_named(group), f"{group.speed_kmh:g} km/h", _origin(group.source, group.status))
        for group in groups
        if group.speed_kmh is not None
    ]


def _others(groups: Sequence[Group]) -> Table:
    """The groups that have none."""
    others = [f"{g.key} {g.name_zh} {g.name_en}" for g in groups if g.speed_kmh is None]
    return _grid({"as_everybody": "; ".join(others)})


def _presence(rule: Presence) -> Row:
    unit, _, kind = rule.per.partition(":")
    per = message(f"standard_page.per_{unit}", kind=kind)
    lines = [
        message(
            "standard_page.at_least",
            count=rule.min,
            per=per.text(language),
            service=rule.service,
        ).text(language)
        for language in ("zh", "en")
    ]
    if rule.where:
        lines.append(_line("only", rule.where))
    return _named(rule), "\n".join(lines), _origin(rule.source, rule.status)


def _supply(rule: Supply) -> Row:
    if rule.per_person is None:
        people = f"{rule.people_per_facility or math.nan:,.0f}"
        asked = message("standard_page.people_each", people=people, service=rule.service)
    else:
        amount = f"{rule.per_person:g} {rule.unit}".strip()
        asked = message("standard_page.per_person", amount=amount, service=rule.service)
    lines = [asked.text("zh"), asked.text("en")]
    if rule.group:
        lines.append(_line("for_group", rule.group))
    return _named(rule), "\n".join(lines), _origin(rule.source, rule.status)


def _limit(service: Service, standard: Standard) -> list[str]:
    """The limit with its mode or metric, and how it differs by area type."""
    metres = service.metres
    limit = _minutes(service.minutes) if metres is None else f"{metres:,.0f} m"
    mode = service.mode or standard.mode
    how = [_modes(mode)] if mode and service.metric != "radius" else []
    if service.metric:
        how.append(_both(f"standard_page.{service.metric}"))
    elif service.mode_by_area:
        how.append(_both("standard_page.by_area"))
    return [limit, *how, *_by_area(service, standard)]


def _by_area(service: Service, standard: Standard) -> list[str]:
    """Limits and modes of area types where the service differs from what its areas say."""
    areas = {area.key: (area.minutes, area.mode) for area in standard.areas}
    lines = []
    for key in dict.fromkeys([*service.minutes_by_area, *service.mode_by_area]):
        limit, mode = service.minutes_by_area.get(key), service.mode_by_area.get(key, "")
        if (limit, mode) != areas.get(key):
            said = [_minutes(limit) if limit else "", _modes(mode) if mode else ""]
            lines.append(f"{key}: {', '.join(filter(None, said))}")
    return lines


def _about(service: Service) -> list[str]:
    """For whom a service is, how far and how large it is said to be, what lists call it."""
    lines = []
    if service.group:
        lines.append(_line("for_group", service.group))
    if service.radius_m is not None:
        radius = f"{service.radius_m:,.0f} m [{_both(f'standard_page.{service.radius_status}')}]"
        lines.append(_line("radius", radius))
    if service.size:
        size = f"{service.size} [{_both(f'standard_page.{service.size_status}')}]"
        lines.append(_line("size", size))
    if service.names:
        lines.append(_line("in_lists", ", ".join(service.names)))
    if service.amap:
        lines.append(_line("amap", ", ".join(service.amap)))
    if service.osm:
        lines.append(_line("proxy" if service.proxy else "osm", ", ".join(service.osm)))
    return lines


def _texts(zh: str, en: str) -> str:
    """A text in both languages, a line each; without the blanks at which Chinese would break."""
    return "\n".join(filter(None, [_BLANK.sub("", zh), en]))


def _named(thing: Any) -> str:
    """Key and both names, a line each."""
    return "\n".join(dict.fromkeys([thing.key, thing.name_zh, thing.name_en]))


def _names(standard: Standard) -> str:
    return " · ".join(dict.fromkeys([standard.name_zh, standard.name_en]))


def _range(place: Tier | Area) -> str:
    """Radius and people that go with a tier or an area."""
    lines = []
    if place.radius_m:
        lines.append("–".join(f"{metres:,.0f}" for metres in place.radius_m) + " m")
    if place.people:
        people = "–".join(f"{number:,.0f}" for number in place.people)
        at_least = "≥ " if len(place.people) == 1 else ""
        lines.append(f"{at_least}{people} {_both('standard_page.people')}")
    return "\n".join(lines)


def _origin(source: str, status: str) -> str:
    """How sure, and by whose word."""
    return f"[{_both(f'standard_page.{status}')}] {source}".strip()


def _minutes(value: float) -> str:
    return f"{minutes(value)} {_both('standard_page.minutes')}"


def _modes(mode: str) -> str:
    return f"{mode_name(mode, 'zh')} {mode_name(mode, 'en')}"


def _percent(share: float) -> str:
    return f"{target_percent(share)} %" if math.isfinite(share) else ""


def _line(code: str, value: str) -> str:
    return f"{_both(f'standard_page.{code}')}: {value}"


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _both(code: str, **values: object) -> str:
    """Words in both languages, the Chinese first."""
    words = message(code, **values)
    return f"{words.text('zh')} {words.text('en')}"
