"""The block of data that the page's script reads: final texts only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from lifecircle import verdicts
from lifecircle.report.cells import Sheet, packed
from lifecircle.report.naming import service_name
from lifecircle.report.notes import FacilityList, lists_of
from lifecircle.report.words import Both, page_words

SCHEMA = "lifecircle-report/1"
FIELDS = [
    "verdict", "status", "rate", "formula", "gap", "spare", "unsnapped", "rim", "cut_off",
    "limit", "mode", "target", "at_target", "low", "high", "by",
]  # fmt: skip
SCRIPT_WORDS = ("p_", "v_", "by_", "mode_", "or", "other_language")
UNSAFE = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def data_block(
    sheets: Sequence[Sheet],
    names: Mapping[str, Both],
    *,
    lists: Sequence[FacilityList],
    service: str,
    title: Both,
) -> Markup:
    """JSON that may stand inside a script element.

    `names` are the definitions' short names by key, `lists` whose facilities were counted;
    `service` is the one shown first.
    """
    main = sheets[0]
    block = {
        "schema": SCHEMA,
        "title": _plain(title),
        "fields": FIELDS,
        "marks": verdicts.MARKS,
        "words": {
            language: {
                key: entry[language]
                for key, entry in page_words().items()
                if key.startswith(SCRIPT_WORDS)
            }
            for language in ("zh", "en")
        },
        "service": service,
        "zones": len(main.zones),
        "definitions": [
            {
                "key": sheet.definition.key,
                "name": _plain(names[sheet.definition.key]),
                "unit": _plain(sheet.unit),
                "head": sheet.rows.index(sheet.head),
                "services": list(sheet.services),
                "names": {key: _plain(service_name(sheet.standard, key)) for key in sheet.services},
                "lists": {
                    key: _plain(said)
                    for key in sheet.plain_services
                    if (said := lists_of(lists, key)).en
                },
                "rows": [_plain(row.title) for row in sheet.rows],
                "cells": [[packed(row.cells[key]) for key in sheet.services] for row in sheet.rows],
            }
            for sheet in sheets
        ],
    }
    return script_json(block)


def _plain(text: Both) -> dict[str, str]:
    """Both languages without markup."""
    return {"zh": text.plain("zh"), "en": text.plain("en")}


def script_json(value: object) -> Markup:
    r"""JSON in which nothing can end a script element.

    >>> script_json("</script>&")
    Markup('"\\u003c/script\\u003e\\u0026"')
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.translate(UNSAFE))  # noqa: S704 - escaped in the line itself
