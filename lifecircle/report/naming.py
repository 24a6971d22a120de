"""What things are called in both languages: services, groups, scopes, limits, definitions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from lifecircle import verdicts
from lifecircle.definitions import OWN, Definition, mode_speed
from lifecircle.findings import Source
from lifecircle.project.tables import Project
from lifecircle.report.content import ReportContent
from lifecircle.report.words import Both, bidi, both, joined, known, listed, percent_of, words
from lifecircle.standards import ALL, Service, Standard


def unit_of(definition: Definition) -> Both:
    """The definition's unit as a word: people, m², dwellings, or as given."""
    unit = {"m²": "m2", "": "none"}.get(definition.unit, definition.unit)
    return known(f"unit_{unit}", unit)


def standard_name(standard: Standard) -> Both:
    """The standard's name."""
    return Both(both(standard.name_zh).zh, both(standard.name_en).en)


def service_name(standard: Standard, key: str) -> Both:
    """A service's name in both languages."""
    if key == ALL:
        return words("all")
    service = standard.service(key)
    return Both(bidi(service.name_zh), bidi(service.name_en))


def tier_name(standard: Standard, key: str) -> Both:
    """A tier's name; without a key, that of all services together."""
    tier = next((tier for tier in standard.tiers if tier.key == key), None)
    if tier is None:
        return both(bidi(key)) if key else words("tier_all")
    return Both(bidi(tier.name_zh), bidi(tier.name_en))


def group_name(standard: Standard, group: str) -> Both:
    """A group of people; without one, everybody."""
    if group in ("", OWN):
        return words("group_own" if group else "group_everybody")
    named = next((each for each in standard.groups if each.key == group), None)
    return Both(bidi(named.name_zh), bidi(named.name_en)) if named else both(bidi(group))


def area_name(standard: Standard, area_type: str) -> Both:
    """What an area type is called, by the standard if it says."""
    area = next((area for area in standard.areas if area.key == area_type), None)
    if area is None:
        return known(f"type_{area_type}", area_type)
    return Both(bidi(area.name_zh), bidi(area.name_en))


def scope_words(standard: Standard) -> Both:
    """The area types to which the target applies."""
    return listed((area_name(standard, each) for each in standard.scope), most=9)


def mode_words(mode: str) -> Both:
    """A mode, or several of which the fastest counts.

    >>> mode_words("walk|cycle").en
    Markup('walking or cycling')
    """
    parts = [known(f"mode_{part}", part) for part in mode.split("|")]
    between = words("or")
    return joined(parts, between.zh, between.en)


def demand_name(project: Project, standard: Standard, definition: Definition) -> Both:
    """Who or what is counted: the demand layer, and its group if one is."""
    name = known(f"demand_{definition.demand}", definition.demand)
    group = definition.group
    if not group:
        return name
    if group == OWN or any(each.key == group for each in standard.groups):
        return words("group", demand=name, group=group_name(standard, group))
    layer = next((table for table in project.demand if table.name == definition.demand), None)
    column = layer.groups.get(group) if layer else None
    label = f"{group} = {column}" if isinstance(column, str) else group
    return words("group", demand=name, group=label)


def short_names(content: ReportContent) -> dict[str, Both]:
    """Every definition in a few words, by key, for a list to choose from; no two are alike."""
    names = {each.key: _short_name(content, each) for each in content.definitions}
    often = Counter((name.zh, name.en) for name in names.values())
    return {
        key: name if often[name.zh, name.en] == 1 else joined([name, both(bidi(key))], " · ", " · ")
        for key, name in names.items()
    }


def _short_name(content: ReportContent, definition: Definition) -> Both:
    """The definition's own name, else whom it counts, along what, and what is unusual in it."""
    if definition.name_zh or definition.name_en:
        return Both(bidi(definition.name("zh")), bidi(definition.name("en")))
    network, standard = content.project.network, content.standard_of(definition)
    parts = [
        demand_name(content.project, standard, definition),
        words(f"short_{definition.metric}"),
    ]
    if definition.mode != network.mode:
        parts.append(mode_words(definition.mode))
    elif definition.speed_kmh != network.speed_kmh:
        parts.append(both(f"{definition.speed_kmh:g} km/h"))
    if definition.steps == "avoid":
        parts.append(words("step_free"))
    if standard.key != content.standard.key:
        parts.append(standard_name(standard))
    return joined(parts, " · ", " · ")


def limit_text(standard: Standard, key: str) -> str:
    """The limits of a service, `15` or `10/15`; empty for all at once, where each has its own."""
    if key == ALL:
        return ""
    return "/".join(verdicts.minutes(limit) for limit in standard.service(key).limits)


def limit_words(standard: Standard, definition: Definition, key: str) -> Both:
    """A service's limit, in metres where it is, and how it is measured where others are not."""
    if key == ALL:
        return both("")
    service = standard.service(key)
    if service.metres is not None:
        parts = [words("metres", n=verdicts.amount(service.metres))]
    else:
        parts = [words("minutes", n=limit_text(standard, key))]
    if service.metric not in ("", definition.metric):
        parts.append(words(f"short_{service.metric}"))
    modes = {service.mode or definition.mode, *service.mode_by_area.values()}
    if modes != {definition.mode} and definition.metric == "network":
        parts.append(joined(map(mode_words, sorted(modes)), "/", "/"))
    return joined(parts, " · ", " · ")


def target_words(services: Iterable[Service]) -> Both:
    """The target of these services, or that there is none."""
    targets = {each.target if math.isfinite(each.target) else None for each in services}
    if len(targets) > 1:
        return words("by_service")
    (target,) = targets
    if target is None:
        return words("no_target")
    return both(percent_of(verdicts.target_percent(target)))


def definition_line(
    project: Project, standard: Standard, definition: Definition, sources: Sequence[Source]
) -> Both:
    """Denominator, unit, metric, mode, speed, limits, target and standard, in one line."""
    what = demand_name(project, standard, definition)
    parts = [words("line", what=what, unit=unit_of(definition))]
    if definition.name_zh or definition.name_en:
        name = Both(bidi(definition.name("zh")), bidi(definition.name("en")))
        parts = [words("line_named", name=name, what=what, unit=unit_of(definition))]
    parts += [metric_words(project, definition), *_particulars(standard, definition)]
    parts += limits_words(standard)
    target = target_words(standard.services)
    parts.append(words("line_target", target=target))
    if standard.scope:
        parts.append(words("line_scope", scope=scope_words(standard)))
    parts.append(words("line_standard", standard=standard_with_status(standard)))
    if definition.source:
        parts.append(
            words(
                "line_source",
                source=definition.source,
                status=words(f"status_{definition.status}"),
            )
        )
    date = next((s.date for s in sources if s.layer == definition.demand and s.date), "")
    if date:
        parts.append(words("line_date", date=date))
    return joined(parts, " · ", " · ")


def metric_words(project: Project, definition: Definition) -> Both:
    """How far is measured: along streets or straight, by what modes, at what speeds."""
    return words(f"metric_{definition.metric}", modes=modes_and_speeds(project, definition))


def modes_and_speeds(project: Project, definition: Definition) -> Both:
    """Each mode of a definition with its speed; of several the fastest counts."""
    between = words("or")
    parts: list[Both] = []
    for mode in definition.mode.split("|"):
        speed = mode_speed(mode, project) if parts else definition.speed_kmh
        parts.append(words("mode_at", mode=mode_words(mode), speed=f"{speed:g}"))
    return joined(parts, between.zh, between.en)


def standard_with_status(standard: Standard) -> Both:
    """The standard's name and how sure its numbers are."""
    return words(
        "with_status", name=standard_name(standard), status=words(f"status_{standard.status}")
    )


def _particulars(standard: Standard, definition: Definition) -> list[Both]:
    """Steps avoided; modes that services or areas have of their own."""
    found = [words("step_free")] if definition.steps == "avoid" else []
    modes = {
        mode
        for service in standard.services
        for mode in (service.mode, *service.mode_by_area.values())
    } - {"", definition.mode}
    if modes and definition.metric == "network":
        named = joined(map(mode_words, sorted(modes)), "、", ", ")
        found.append(words("line_modes", modes=named))
    return found


def limits_words(standard: Standard) -> list[Both]:
    """Limits in minutes, and those in metres."""
    plain = {n for each in standard.services if each.metres is None for n in each.limits}
    metres = {each.metres for each in standard.services if each.metres is not None}
    found = []
    if plain:
        limits = "/".join(map(verdicts.minutes, sorted(plain)))
        found.append(words("line_limit", limit=limits))
    if metres:
        limits = "/".join(map(verdicts.amount, sorted(metres)))
        found.append(words("line_limit_m", limit=limits))
    return found
