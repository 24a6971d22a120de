"""Sheets of what stands beside coverage: undecided cases, other choices, curves, supply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lifecircle.outputs.columns import columns, words
from lifecircle.outputs.sheets import Column, Pen, write_sheet
from lifecircle.outputs.side_tables import (
    CONVERGENCE,
    CURVES,
    PRESENCE,
    SENSITIVITY,
    SUPPLY,
    TIERS,
)
from lifecircle.report.words import known

CURVE_MINUTES = (5, 10, 15, 20, 30)
"""Minutes of the curves that the workbook shows; the file has each."""
UNDECIDED = [
    "definition", "level", "zone", "name", "service", "rate", "target", "status", "rate_low",
    "rate_high", "undecided_by",
]  # fmt: skip
_PLACE = ["definition", "level", "zone", "name", "service"]


@dataclass(frozen=True)
class Names:
    """What definitions are called, by key, and services, by definition and key."""

    definitions: Mapping[str, str]
    services: Mapping[tuple[str, str], str]

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with names in place of keys, where it has such columns."""
        named = {}
        if "service" in table:
            first = {key: name for (_, key), name in reversed([*self.services.items()])}
            owners = table["definition"] if "definition" in table else [""] * len(table)
            named["service"] = [
                self.services.get((owner, key)) or first.get(key, key)
                for owner, key in zip(owners, table["service"], strict=True)
            ]
        if "definition" in table:
            named["definition"] = [self.definitions.get(key, key) for key in table["definition"]]
        return table.assign(**named)


def write_undecided(pen: Pen, coverage: pd.DataFrame, names: Names) -> None:
    """The cells whose margin spans their target, where there are some."""
    found = coverage[coverage["certainty"] == "undecided"]
    if len(found):
        reasons = {by: pen.said(known(f"by_{by}", by)) for by in set(found["undecided_by"])}
        found = found.assign(undecided_by=found["undecided_by"].map(reasons))
        write_sheet(
            pen,
            pen.word("workbook.undecided"),
            described(pen, "coverage.csv", names.of(found[UNDECIDED])),
            notes=[pen.word("workbook.undecided_note")],
            frozen=5,
            filters=True,
        )


def write_beside(pen: Pen, tables: Mapping[str, pd.DataFrame], names: Names) -> None:
    """A sheet for each of the tables that stand beside coverage, at full precision.

    Of speeds, limits and curves it has the zones of the main definition, and of the others what
    they roll up to; the files have every row.
    """
    if SENSITIVITY in tables:
        _sheet(pen, SENSITIVITY, _choices(pen, names.of(_foremost(tables[SENSITIVITY]))))
    for name in (TIERS, CURVES, PRESENCE, SUPPLY, CONVERGENCE):
        if name in tables:
            shown = _read(_foremost(tables[name])) if name == CURVES else tables[name]
            _sheet(pen, name, described(pen, name, names.of(shown)))


def _foremost(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the main definition, and those of others that are no zone's."""
    main = table["definition"].isin(table["definition"].head(1))
    return table[main | (table["level"] != "zone")]


def described(pen: Pen, file: str, table: pd.DataFrame) -> list[Column]:
    """A table of ours with titles and words in the workbook's language."""
    found = []
    for column in columns(file, map(str, table.columns)):
        values = table[column.name]
        if column.values:
            named = words(file, column.name, pen.language)
            values = values.map(lambda value, named=named: named.get(value, value))
        look = "text" if column.type == "string" else "number"
        if column.type != "string":
            values = values.astype(float)
        found.append(
            Column(column.titles[pen.language], values, "exact" if column.unit == "1" else look)
        )
    return found


def _sheet(pen: Pen, file: str, table: list[Column]) -> None:
    name = pen.word(f"workbook.{file.removesuffix('.csv')}")
    note = pen.word(f"workbook.about_{file.removesuffix('.csv')}")
    write_sheet(pen, name, table, notes=[note], filters=True)


def _choices(pen: Pen, table: pd.DataFrame) -> list[Column]:
    """A row for each place and service, a column for each speed and limit."""
    places = table[_PLACE].drop_duplicates()
    index = pd.MultiIndex.from_frame(places)
    rates = {
        choice: rows.set_index(_PLACE)["rate"].reindex(index)
        for choice, rows in table.groupby(["kind", "value"], sort=False)
    }
    return [
        *described(pen, SENSITIVITY, places),
        *(
            Column(pen.word(f"workbook.at_{kind}", n=f"{value:g}"), column, "exact")
            for (kind, value), column in rates.items()
        ),
    ]


def _read(curves: pd.DataFrame) -> pd.DataFrame:
    """The curves at the minutes that people ask for."""
    kept = {f"share_{minutes}" for minutes in CURVE_MINUTES}
    return curves[[n for n in curves if not str(n).startswith("share_") or n in kept]]
