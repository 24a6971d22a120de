"""Sheets of what stands beside coverage: undecided cases, other choices, curves, supply."""

from __future__ import annotations

from collections.abc import Mapping

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

CURVE_MINUTES = (5, 10, 15, 20, 30)
"""Minutes of the curves that the workbook shows; the file has each."""
UNDECIDED = [
    "definition", "level", "zone", "name", "service", "rate", "target", "status", "rate_low",
    "rate_high", "undecided_by",
]  # fmt: skip
_PLACE = ["definition", "level", "zone", "name", "service"]


def write_undecided(pen: Pen, coverage: pd.DataFrame) -> None:
    """The cells whose margin spans their target, where there are some."""
    found = coverage[coverage["certainty"] == "undecided"]
    if len(found):
        write_sheet(
            pen,
            pen.word("workbook.undecided"),
            described(pen, "coverage.csv", found[UNDECIDED]),
            notes=[pen.word("workbook.undecided_note")],
            filters=True,
        )


def write_beside(pen: Pen, tables: Mapping[str, pd.DataFrame]) -> None:
    """A sheet for each of the tables that stand beside coverage, at full precision."""
    if SENSITIVITY in tables:
        _sheet(pen, SENSITIVITY, _choices(pen, tables[SENSITIVITY]))
    for name in (TIERS, CURVES, PRESENCE, SUPPLY, CONVERGENCE):
        if name in tables:
            shown = _read(tables[name]) if name == CURVES else tables[name]
            _sheet(pen, name, described(pen, name, shown))


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
    write_sheet(pen, name, table, filters=True)


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
