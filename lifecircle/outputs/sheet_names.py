"""Names of sheets that every spreadsheet program takes, whatever the definitions are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST_NAME = 31
"""Of a sheet's name, in the units in which spreadsheets count: two for a rare character."""

_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_RESERVED = "history"
"""Excel keeps this name for itself."""


def sheet_name(wanted: str, taken: Iterable[str] = ()) -> str:
    """The wanted name as far as a sheet may have it, unlike all that are taken.

    >>> sheet_name("Old/people: [radius]*"), sheet_name("rates", ["Rates"]), sheet_name("'")
    ('Old people radius', 'rates 2', 'Sheet')
    """
    known = {name.casefold() for name in taken} | {_RESERVED}
    name = _cut(plain_text(_FORBIDDEN.sub(" ", wanted)), LONGEST_NAME) or "Sheet"
    found, number = name, 1
    while found.casefold() in known:
        number += 1
        found = f"{_cut(name, LONGEST_NAME - len(f' {number}'))} {number}"
    return found


def plain_text(text: str) -> str:
    r"""The text without line breaks, control characters and marks that turn the writing around.

    >>> plain_text("a\tb\u202ec"), plain_text(" x  ")
    ('a bc', 'x')
    """
    kept = (
        " " if category == "Cc" else "" if category in ("Cf", "Cs") else character
        for character, category in ((each, unicodedata.category(each)) for each in text)
    )
    return " ".join("".join(kept).split())


def _cut(text: str, most: int) -> str:
    """As much of the text as fits, without an apostrophe at either end."""
    while len(text.encode("utf-16-le")) > 2 * most:
        text = text[:-1]
    return text.strip(" '")
