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
from typing import Any, Literal

Type = Literal["string", "number", "integer", "boolean"]

_PLACEHOLDER = re.compile(r"<(\w+)>")


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


def columns(file: str, names: Iterable[str]) -> list[Column]:
    """The columns of a file, described, in the order given.

    >>> limit, nearest = columns("travel_time.parquet", ["min_health", "facility_health"])
    >>> limit.type, limit.unit, nearest.titles["en"]
    ('number', 'min', 'Nearest health')
    """
    return [_column(file, name) for name in names]


def words(file: str, name: str, language: str) -> dict[str, str]:
    """What the values of a column with only a few are called.

    >>> words("coverage.csv", "status", "zh")["pass"]
    '达标'
    """
    entry, _ = _entry(file, name)
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


def _column(file: str, name: str) -> Column:
    entry, filled = _entry(file, name)
    return Column(
        name=name,
        type=entry["type"],
        unit=entry.get("unit", ""),
        titles={which: entry[f"title_{which}"].format_map(filled) for which in ("zh", "en")},
        meanings={which: entry[which].format_map(filled) for which in ("zh", "en")},
        values=entry.get("values", {}),
    )


def _entry(file: str, name: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The entry for a column, by its own name or a pattern, and what fills its placeholders."""
    described = _described()[file]
    if name in described:
        return described[name], {}
    patterns = [pattern for pattern in described if "<" in pattern]
    # What says most goes first: `min_<service>__radius` before `min_<service>` before `<group>`.
    for pattern in sorted(patterns, key=lambda p: len(_PLACEHOLDER.sub("", p)), reverse=True):
        named = _PLACEHOLDER.sub(r"(?P<\1>[a-z0-9][a-z0-9_]*)", pattern)
        if match := re.fullmatch(named, name):
            return described[pattern], match.groupdict()
    raise KeyError(name)
