"""Attributes of facilities by which a standard counts them (`where = "grade=三级甲等"`).

A facility keeps the columns that rules of presence ask for, as text, under `attr:<column>`; of OSM
elements they are tags. Empty is unknown, and is not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lifecircle.findings import Finding, finding
from lifecircle.layers.access_points import Places
from lifecircle.messages import Message, message, some
from lifecircle.project.tables import FacilitiesTable
from lifecircle.readers.quantities import codes
from lifecircle.standards import Standard

_PREFIX = "attr:"

Read = Sequence[tuple[FacilitiesTable, Places]]
"""The tables of facilities, each with what it yielded."""


def where_of(where: str) -> tuple[str, str]:
    """Column and value of a rule's `where`.

    >>> where_of("grade = 三级甲等")
    ('grade', '三级甲等')
    """
    column, _, value = where.partition("=")
    return column.strip(), value.strip()


def attribute(column: str) -> str:
    """The name under which facilities keep a column.

    >>> attribute("grade")
    'attr:grade'
    """
    return f"{_PREFIX}{column}"


def attributes_of(frame: pd.DataFrame) -> list[str]:
    """Names of the attributes that facilities carry."""
    return [name for name in map(str, frame.columns) if name.startswith(_PREFIX)]


def column_attributes(frame: pd.DataFrame, standard: Standard) -> dict[str, pd.Series[str]]:
    """Of the columns that rules ask for those that a table has, as text."""
    names = [name for name in asked_columns(standard) if name in frame.columns]
    return {attribute(name): codes(frame[name]) for name in names}


def tag_attributes(tags: pd.Series, standard: Standard) -> dict[str, list[str]]:
    """The columns that rules ask for as tags; "" where an element lacks one."""
    return {
        attribute(name): [each.get(name, "") for each in tags] for name in asked_columns(standard)
    }


def attribute_faults(standard: Standard, read: Read) -> list[Message]:
    """Rules whose column is in no table that offers their service."""
    return [
        message(
            "provision.no_column",
            standard=standard.key,
            rule=rule,
            service=service,
            column=column,
            sources=", ".join(Path(table.source).name for table, _ in offering),
            known=some(list(dict.fromkeys(c for _, p in offering for c in p.columns)), 30) or "–",
        )
        for rule, service, column, _ in _conditions(standard)
        if (offering := _offering(service, read))
        and not any(_has(column, table, places) for table, places in offering)
    ]


def attribute_findings(standard: Standard, read: Read, frame: pd.DataFrame) -> Iterator[Finding]:
    """Tables of which nothing can count, and values that no facility of the service has.

    `frame` holds the facilities of all tables, with their attributes.
    """
    for rule, service, column, value in _conditions(standard):
        about: dict[str, Any] = {"standard": standard.key, "rule": rule, "service": service}
        for table, places in _offering(service, read):
            if not _has(column, table, places):
                yield finding(
                    table.name, "provision.column_lacking", source=Path(table.source).name,
                    column=column, **about,
                )  # fmt: skip
        offered = frame[frame["service"] == service].drop_duplicates("facility")
        if offered.empty or attribute(column) not in offered:
            continue
        counts = offered[attribute(column)].replace("", "–").value_counts()
        if value not in counts.index:
            known = some([f"{name} ({count})" for name, count in counts.items()])
            yield finding(
                "facilities", "provision.value_unknown", column=column, value=value, known=known,
                **about,
            )  # fmt: skip


def asked_columns(standard: Standard) -> list[str]:
    """The columns that a standard's rules ask for, each once."""
    return list(dict.fromkeys(column for *_, column, _ in _conditions(standard)))


def _conditions(standard: Standard) -> list[tuple[str, str, str, str]]:
    """Rule, service, column and value of every rule that asks for an attribute."""
    return [
        (rule.key, rule.service, *where_of(rule.where)) for rule in standard.presence if rule.where
    ]


def _offering(service: str, read: Read) -> Read:
    """The tables that offer a service."""
    return [(table, places) for table, places in read if service in places.asked]


def _has(column: str, table: FacilitiesTable, places: Places) -> bool:
    """Whether facilities of the table can have the attribute; any OSM element may."""
    return table.source == "osm" or column in places.columns
