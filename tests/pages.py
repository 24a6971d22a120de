"""Rows of tables in the documentation, as a run gives them: percent rounded down, ✓ ✗ and ?."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from lifecircle.analysis import Analysis
from lifecircle.verdicts import amount, percent
from tests.conftest import ROOT

DEFINITIONS = (ROOT / "docs" / "definitions.md").read_text("utf-8")
MARKS = {"pass": " ✓", "fail": " ✗", "no demand": "–"}


def row(head: str, *cells: str) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join([head, *cells])} |"


def shown(found: pd.Series) -> str:
    """A row of the coverage table as one cell: rate, verdict, and whether it is in doubt."""
    doubt = " ?" if found["certainty"] == "undecided" else ""
    return f"{percent(found['rate'])}{MARKS[found['status']]}{doubt}"


def by_definition(run: Analysis, level: str, service: str, name: str = "") -> pd.DataFrame:
    """The rows of one service and place, by definition, in the order of the project file."""
    table = run.coverage[(run.coverage["level"] == level) & (run.coverage["service"] == service)]
    keys = [definition.key for definition in run.definitions]
    return table[table["name"] == name].set_index("definition").loc[keys]


def city(run: Analysis, head: str, service: str) -> str:
    """The city's rates of a service."""
    return row(head, *by_definition(run, "city", service).apply(shown, axis=1))


def zone(run: Analysis, name: str, service: str) -> str:
    """A zone's rates of a service."""
    return row(name, *by_definition(run, "zone", service, name).apply(shown, axis=1))


def denominators(run: Analysis, head: str, service: str) -> str:
    """What each definition divides by."""
    table = by_definition(run, "city", service)
    units = [definition.unit.replace("persons", "人") for definition in run.definitions]
    return row(head, *(f"{amount(d)} {u}" for d, u in zip(table["demand"], units, strict=True)))


def _zones(run: Analysis, column: str) -> pd.DataFrame:
    """Zone × service (rows) by definition, without `all`."""
    table = run.coverage[(run.coverage["level"] == "zone") & (run.coverage["service"] != "all")]
    wide = table.pivot_table(
        values=column, index=["name", "service"], columns="definition", aggfunc="first"
    )
    return wide[[definition.key for definition in run.definitions]]


def flips(run: Analysis, head: str) -> str:
    """How many verdicts of zones differ from the first definition's, of those that both judge."""
    status = _zones(run, "status")
    status = status.where(status.isin(["pass", "fail"]))
    first, cells = status.iloc[:, 0], ["–"]
    for key in status.columns[1:]:
        both = status[key].notna() & first.notna()
        cells.append(f"{(status[key] != first)[both].sum()} / {both.sum()}")
    return row(head, *cells)


def largest_changes(run: Analysis, head: str) -> str:
    """By how many points the rate of a zone and service moves at most against the first's."""
    rates = _zones(run, "rate")
    moved = rates.sub(rates.iloc[:, 0], axis=0) * 100
    cells = [f"{moved.loc[moved[key].abs().idxmax(), key]:+.1f}" for key in moved.columns[1:]]
    return row(head, "–", *cells)


def choices(run: Analysis, head: str, service: str) -> str:
    """The city's rate by the first definition at other speeds, then at other limits."""
    table = run.tables["sensitivity.csv"]
    table = table[(table["level"] == "city") & (table["service"] == service)]
    table = table[table["definition"] == run.definition.key]
    return row(head, *table["rate"].map(percent))


def curves(run: Analysis, name: str, service: str, minutes: Sequence[int]) -> list[str]:
    """One zone's share within so many minutes, and the minutes at the target, by definition."""
    table = run.tables["curves.csv"]
    table = table[(table["level"] == "zone") & (table["name"] == name)]
    table = table[(table["service"] == service) & (table["demand"] > 0)].set_index("definition")
    return [
        row(
            f"{one.name('zh')} {one.name('en')}",
            *(percent(table.loc[one.key, f"share_{limit}"]) for limit in minutes),
            f"{math.ceil(table.loc[one.key, 'minutes_at_target'] * 10) / 10:.1f}",
        )
        for one in run.definitions
        if one.key in table.index
    ]
