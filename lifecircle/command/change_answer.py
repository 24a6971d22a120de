"""What changes to facilities do to the rates, as a table and for programs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from lifecircle.command.answers import bare_table, cell, city, shown_rate
from lifecircle.standards import ALL
from lifecircle.verdicts import shortfall

if TYPE_CHECKING:
    import pandas as pd

    from lifecircle.analysis import Analysis
    from lifecircle.command.console import Terminal


def change_table(before: Analysis, after: Analysis, terminal: Terminal) -> Table:
    """Rates of the city before and after by the main definition, where anything changed."""
    say, definition = terminal.words, after.definition
    table = bare_table(say("cli.changes"), say("cli.service"))
    for code in ("cli.before", "cli.after", "cli.gained"):
        table.add_column(say(code), justify="right")
    table.add_column(say("cli.newly_met"))
    rows = [city(run.coverage, definition.key) for run in (before, after)]
    standard = after.standard_of(definition)
    for service in rows[1].index[_changed(before, after)]:
        old, new = rows[0].loc[service], rows[1].loc[service]
        one = None if service == ALL else standard.service(str(service))
        met, lost = newly(before, after, str(service))
        zones = [*(f"+ {zone}" for zone in met), *(f"− {zone}" for zone in lost)]
        table.add_row(
            cell(one.name(terminal.language) if one else say("cli.all_at_once")),
            shown_rate(old, terminal),
            shown_rate(new, terminal),
            _gained(old, new),
            Text("\n".join(zones)),
        )
    return table


def change_summary(before: Analysis, after: Analysis) -> dict[str, dict[str, object]]:
    """The same for programs, by service."""
    key = after.definition.key
    rows = [city(run.coverage, key) for run in (before, after)]
    found: dict[str, dict[str, object]] = {}
    for service in map(str, rows[1].index[_changed(before, after)]):
        met, lost = newly(before, after, service)
        found[service] = {
            f"{name}{suffix}": _number(run.loc[service, name])
            for run, suffix in zip(rows, ("_before", ""), strict=True)
            for name in ("rate", "covered")
        } | {"newly_met": met, "no_longer_met": lost}
    return found


def newly(before: Analysis, after: Analysis, service: str) -> tuple[list[str], list[str]]:
    """Names of zones that newly meet the target of a service, and of those that no longer do."""
    passing = [_passing(run, service) for run in (before, after)]
    names = after.zones["name"]
    return tuple(
        [str(names[zone]) for zone in names.index if zone in new and zone not in old]
        for old, new in (passing, passing[::-1])
    )  # type: ignore[return-value]


def _passing(run: Analysis, service: str) -> set[str]:
    table = run.coverage
    rows = (table["definition"] == run.definition.key) & (table["level"] == "zone")
    passed = rows & (table["service"] == service) & (table["status"] == "pass")
    return set(table.loc[passed, "zone"])


def _changed(before: Analysis, after: Analysis) -> pd.Series[bool]:
    """By service of the main definition: whether any of its rows is another."""
    key = after.definition.key
    tables = [run.coverage[run.coverage["definition"] == key] for run in (before, after)]
    columns = ["covered", "status"]
    differ = [tables[0][name].fillna(-1) != tables[1][name].fillna(-1) for name in columns]
    either = (differ[0] | differ[1]).groupby(tables[1]["service"], sort=False).any()
    return either.reindex(city(after.coverage, key).index)


def _gained(old: pd.Series, new: pd.Series) -> str:
    """Demand that is newly covered, signed; rounded away from what would flatter."""
    gained = new["covered"] - old["covered"]
    if math.isnan(gained):
        return ""
    return f"+{int(gained):,}" if gained >= 0 else f"−{shortfall(-gained)}"


def _number(value: Any) -> float | None:
    return None if math.isnan(value) else float(value)
