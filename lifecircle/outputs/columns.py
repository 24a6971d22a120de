"""What every column of the written files means: type, unit, and words in both languages.

They stand in `columns.toml`, file by file. Readers of our own files take the types from there, and
`datapackage.json` carries the rest to whoever opens them elsewhere.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from lifecircle.messages import LANGUAGES

Type = Literal["string", "number", "integer", "boolean"]

Called = Mapping[str, Mapping[str, Mapping[str, str]]]
"""What fills a placeholder: by placeholder and key the words in each language."""

_PLACEHOLDER = re.compile(r"<(\w+)>")
NOTHING: Called = MappingProxyType({})


@dataclass(frozen=True)
class Column:
    """A column of a written file.

    `unit` is empty for text, `1` for a share, and `definition` for the unit of the definition's
    demand (persons, m², dwellings). `titles` and `meanings` go by language; `values` holds the
    words for each value of a column that has only a few.
    """

    name: str
    type: Type
    unit: str
    titles: Mapping[str, str]
    meanings: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]


def columns(file: str, names: Iterable[str], called: Called = NOTHING) -> list[Column]:
    """The columns of a file, described, in the order given.

    Parameters
    ----------
    called
        What the keys in names of columns are called; by default they stand for themselves.

    >>> limit, nearest = columns("travel_time.parquet", ["min_health", "facility_health"])
    >>> limit.type, limit.unit, nearest.titles["en"]
    ('number', 'min', 'Nearest health')
    >>> words = {"service": {"health": {"en": "Health care", "zh": "卫生服务"}}}
    >>> columns("travel_time.parquet", ["facility_health"], words)[0].titles["zh"]
    '最近的 卫生服务'
    """
    return [_column(file, name, called) for name in names]


def words(file: str, name: str, language: str) -> dict[str, str]:
    """What the values of a column with only a few are called.

    >>> words("coverage.csv", "status", "zh")["pass"]
    '达标'
    """
    entry, _ = match(_described()[file], name)
    return {value: called[language] for value, called in entry["values"].items()}


def number_columns(file: str) -> list[str]:
    """Names of the columns that hold numbers; codes are text, for their leading zeros.

    >>> "zone" in number_columns("coverage.csv"), "rate" in number_columns("coverage.csv")
    (False, True)
    """
    return [name for name, entry in _described()[file].items() if entry["type"] == "number"]


@functools.cache
def _described() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    return tomllib.loads((files("lifecircle.outputs") / "columns.toml").read_text("utf-8"))


def match(
    described: Mapping[str, Mapping[str, Any]], name: str
) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The entry for a name, its own or that of a pattern, and what fills its placeholders.

    Raises
    ------
    KeyError
        If nobody described the name.
    """
    if name in described:
        return described[name], {}
    patterns = [pattern for pattern in described if "<" in pattern]
    # What says most goes first: `min_<service>__radius` before `min_<service>` before `<group>`.
    for pattern in sorted(patterns, key=lambda p: len(_PLACEHOLDER.sub("", p)), reverse=True):
        named = _PLACEHOLDER.sub(r"(?P<\1>\\w+)", pattern)
        if found := re.fullmatch(named, name):
            return described[pattern], found.groupdict()
    raise KeyError(name)


def filled(
    entry: Mapping[str, Any], start: str, keys: Mapping[str, str], called: Called
) -> dict[str, str]:
    """The words of an entry by language, its placeholders filled with what keys are called."""
    return {
        which: entry[f"{start}{which}"].format_map(
            {kind: called.get(kind, {}).get(key, {}).get(which, key) for kind, key in keys.items()}
        )
        for which in LANGUAGES
    }


def _column(file: str, name: str, called: Called) -> Column:
    entry, keys = match(_described()[file], name)
    return Column(
        name=name,
        type=entry["type"],
        unit=entry.get("unit", ""),
        titles=filled(entry, "title_", keys, called),
        meanings=filled(entry, "", keys, called),
        values=entry.get("values", {}),
    )
