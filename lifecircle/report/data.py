"""The block of data that the page's script reads: everything it shows or computes with."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from lifecircle import verdicts
from lifecircle.audit import AuditedPlace
from lifecircle.geodesy import lonlat
from lifecircle.measured import at_speed
from lifecircle.report import packing
from lifecircle.report.backdrop import streets_picture
from lifecircle.report.cells import Row, Sheet
from lifecircle.report.content import ReportContent
from lifecircle.report.facility_points import packed_facilities
from lifecircle.report.figures import Codes, packed_figures
from lifecircle.report.naming import limit_words, service_name
from lifecircle.report.notes import FacilityList, lists_of
from lifecircle.report.outlines import box_of, zone_outlines
from lifecircle.report.summary import sum_unit
from lifecircle.report.surface import surface
from lifecircle.report.words import Both, page_words
from lifecircle.version import VERSION

SCHEMA = "lifecircle-report/1"
CURVES = "curves.csv"
SCRIPT_WORDS = ("p_", "v_", "l_", "by_", "mode_", "js_", "c_", "figure_", "short", "verdict")
"""How the keys of words begin that the script needs …"""
SCRIPT_WORDS_TOO = frozenset({"or", "etc", "minutes", "other_language"})
"""… and those that are called otherwise."""
UNSAFE = {letter: f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def data_block(
    content: ReportContent,
    sheets: Sequence[Sheet],
    names: Mapping[str, Both],
    *,
    lists: Sequence[FacilityList],
    title: Both,
) -> dict[str, Any]:
    """All that the script needs, ready for `script_json`; see `tests/report_block.py` on reading it.

    Parameters
    ----------
    sheets
        A definition's rows each, the main one first; `names` are their short names by key.
    lists
        Whose facilities were counted.
    title
        Of the page.
    """  # noqa: E501
    main = sheets[0]
    parents = [row.key for row in main.level("parent")]
    modes, causes = Codes(), Codes()
    definitions = [
        _definition(content, one, names, lists, modes=modes, causes=causes) for one in sheets
    ]
    box = box_of(content.zones)
    services = dict.fromkeys(key for one in sheets for key in one.plain_services)
    return {
        "schema": SCHEMA,
        "meta": {
            "title": _plain(title),
            "name": content.project.project.name,
            "language": content.project.project.language,
            "service": worst_service(main),
            "version": VERSION,
            "made": content.made,
        },
        "words": _words(),
        "marks": verdicts.MARKS,
        "modes": modes.texts,
        "causes": causes.texts,
        "parents": parents,
        "zones": _zones(content, parents),
        "definitions": definitions,
        "surface": _surface(content),
        "streets": streets_picture(content.network, box),
        "facilities": packed_facilities(content.facilities, services, content.catchments),
        "audit": [_audited(one) for one in content.audit],
        "attribution": "; ".join(content.attribution),
        "dropped": [],
    }


def worst_service(main: Sheet) -> str:
    """The service shown first: the one with the lowest rate where the target applies."""
    keys = [key for key in main.plain_services if math.isfinite(main.head.cells[key].rate)]
    return min(keys, key=lambda key: main.head.cells[key].rate, default=main.services[0])


def reading_order(sheet: Sheet) -> list[int]:
    """Positions of the rows as they are read: the scope, the area, each parent before its zones,
    zones without one, area types, and what lies outside if anybody does.
    """  # noqa: D205
    position = {id(row): at for at, row in enumerate(sheet.rows)}
    parents = sheet.level("parent")
    members: dict[str, list[Row]] = {row.key: [] for row in parents}
    alone: list[Row] = []
    for zone in sheet.zones:
        members.get(zone.parent, alone).append(zone)
    outside = (
        row for row in sheet.level("outside") if any(c.demand > 0 for c in row.cells.values())
    )
    ordered = [
        *sheet.level("scope"),
        sheet.city,
        *(row for parent in parents for row in (parent, *members[parent.key])),
        *alone,
        *sheet.level("area_type"),
        *outside,
    ]
    return [position[id(row)] for row in ordered]


def _definition(
    content: ReportContent,
    sheet: Sheet,
    names: Mapping[str, Both],
    lists: Sequence[FacilityList],
    *,
    modes: Codes,
    causes: Codes,
) -> dict[str, Any]:
    """One definition: what it is called, its rows, its numbers."""
    definition, standard = sheet.definition, sheet.standard
    curves = content.table(CURVES)
    return {
        "key": definition.key,
        "name": _plain(names[definition.key]),
        "unit": _plain(sheet.unit),
        "sum_unit": _plain(sum_unit(sheet)),
        "persons": definition.unit == "persons",
        "services": list(sheet.services),
        "together": list(standard.all),
        "names": {key: _plain(service_name(standard, key)) for key in sheet.services},
        "lists": _said(sheet, lambda key: lists_of(lists, key)),
        "limits": _said(sheet, lambda key: limit_words(standard, definition, key)),
        "rows": [
            {"level": row.level, "key": row.key, "title": _plain(row.title), "parent": row.parent}
            for row in sheet.rows
        ],
        "order": reading_order(sheet),
        "head": sheet.rows.index(sheet.head),
        "city": sheet.rows.index(sheet.city),
        "in_scope": [row.in_scope for row in sheet.zones],
        **packed_figures(content.coverage, curves, sheet, modes=modes, causes=causes),
    }


def _said(sheet: Sheet, say: Callable[[str], Both]) -> dict[str, dict[str, str]]:
    """What there is to say of services, by key."""
    said = {key: _plain(say(key)) for key in sheet.plain_services}
    return {key: text for key, text in said.items() if text["en"]}


def _words() -> dict[str, dict[str, str]]:
    """The words that the script needs, by language."""
    wanted = {
        key: entry
        for key, entry in page_words().items()
        if key.startswith(SCRIPT_WORDS) or key in SCRIPT_WORDS_TOO
    }
    return {
        language: {key: entry[language] for key, entry in wanted.items()}
        for language in ("zh", "en")
    }


def _zones(content: ReportContent, parents: Sequence[str]) -> dict[str, Any]:
    """The zones: what they are called, where they belong, their outlines."""
    zones = content.zones
    position = {parent: at for at, parent in enumerate(parents)}
    return {
        "id": _texts(zones.index),
        "name": _texts(zones["name"]),
        "parent": [position.get(parent, -1) for parent in _texts(zones["parent"])],
        "area": _texts(zones["area_type"]),
        **zone_outlines(zones),
    }


def _texts(values: pd.Series[str] | pd.Index[str]) -> list[str]:
    return pd.Series(values, dtype=object).fillna("").astype(str).tolist()


def _surface(content: ReportContent) -> dict[str, Any] | None:
    """The picture of minutes by service, at the main definition's speed."""
    if content.demand is None or content.travel_time is None:
        return None
    main = content.definitions[0]
    taken = at_speed(content.travel_time, content.standard_of(main), main.speed_kmh)
    lon, lat = lonlat(content.demand)
    minutes = {str(key): column.to_numpy(float) for key, column in taken.minutes.items()}
    return surface(lon, lat, minutes, box_of(content.zones))


def _audited(one: AuditedPlace) -> dict[str, Any]:
    """A place that was drawn by lot, with its legs."""
    way = one.way
    return {
        "row": one.zone,
        "service": way.service,
        "id": way.place,
        "lon": one.lon,
        "lat": one.lat,
        "name": way.name,
        "facility": way.facility,
        "access_m": way.access_m,
        "path_m": way.path_m,
        "facility_access_m": way.facility_access_m,
        "minutes": one.minutes,
        "path": packing.line(way.path),
    }


def _plain(text: Both) -> dict[str, str]:
    """Both languages without markup."""
    return {"zh": text.plain("zh"), "en": text.plain("en")}


def script_json(value: object) -> Markup:
    r"""JSON in which nothing can end a script element.

    >>> script_json("</script>&")
    Markup('"\\u003c/script\\u003e\\u0026"')
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter, code in UNSAFE.items():
        text = text.replace(letter, code)
    return Markup(text)  # noqa: S704 - escaped in the lines above
