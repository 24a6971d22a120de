"""What every written file and every table in one is called and means; `tables.toml` holds it."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from lifecircle.outputs.columns import NOTHING, Called, filled, match


@dataclass(frozen=True)
class Table:
    """A written file, or a table in one.

    `columns` is the name under which its columns are described, `key` what tells rows apart,
    `foreign` where the values of a column stand (`table.column`). `titles` and `meanings` go by
    language.
    """

    columns: str
    titles: Mapping[str, str]
    meanings: Mapping[str, str]
    key: tuple[str, ...]
    foreign: Mapping[str, str]


def table(name: str, called: Called = NOTHING) -> Table:
    """A file (`coverage.csv`) or a table in one (`layers.gpkg:zones`), described.

    >>> table("layers.gpkg:coverage_radius").titles["en"]
    'Rates by zone, radius'
    """
    entry, keys = match(_described(), name)
    return Table(
        columns=entry.get("columns", name),
        titles=filled(entry, "title_", keys, called),
        meanings=filled(entry, "", keys, called),
        key=tuple(entry.get("key", ())),
        foreign=entry.get("foreign", {}),
    )


@functools.cache
def _described() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((files("lifecircle.outputs") / "tables.toml").read_text("utf-8"))
