"""Which facilities there are, however far: presence in every unit, supply for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lifecircle import verdicts
from lifecircle.report.cells import Sheet
from lifecircle.report.content import ReportContent
from lifecircle.report.grid import Part, Row, Section, chip, entry, heads, number
from lifecircle.report.naming import (
    area_name,
    group_name,
    service_name,
    standard_with_status,
)
from lifecircle.report.words import Both, bidi, both, joined, listed, words
from lifecircle.standards import Standard
from lifecircle.verdicts import Verdict

STATUS: Mapping[str, Verdict] = {
    "pass": "pass",
    "fail": "fail_3",
    "no data": "no_data",
    "no demand": "no_demand",
}
MOST_NAMES = 12
"""Places named before "and so on"."""


def presence_section(content: ReportContent, sheets: Sequence[Sheet]) -> Section | None:
    """Each rule with how many units keep it, and which do not."""
    table = content.table("presence.csv")
    if table.empty:
        return None
    standards = {one.standard.key: one.standard for one in reversed(sheets)}
    rows = tuple(
        _rule(rows, standards.get(str(key), content.standard))
        for (key, _), rows in table.groupby(["standard", "rule"], sort=False)
    )
    columns = heads("c_rule", "c_per", "c_passing", "c_status", "c_missing_in", "c_source")
    part = Part(columns, rows)
    return Section("presence", words("h_presence"), words("presence_note"), (part,))


def _rule(rows: pd.DataFrame, standard: Standard) -> Row:
    first = rows.iloc[0]
    failing = rows[rows["status"] == "fail"]
    passing = int((rows["status"] == "pass").sum())
    known = bool((rows["status"] != "no data").any())
    status = "no data" if not known else "fail" if len(failing) else "pass"
    missing = [
        bidi(str(name or zone)) for name, zone in zip(failing["name"], failing["zone"], strict=True)
    ]
    return (
        entry(_title(first)),
        entry(_required(first, standard)),
        number(f"{passing} / {len(rows)}" if known else ""),
        chip(STATUS[status], words(f"v_{status.replace(' ', '_')}")),
        entry(listed(missing, most=MOST_NAMES)),
        entry(_sourced(first)),
    )


def _title(row: Any) -> Both:
    return Both(bidi(row["title_zh"]), bidi(row["title_en"]))


def _required(row: Any, standard: Standard) -> Both:
    """How many of them, where, and of what kind."""
    per, _, kind = str(row["per"]).partition(":")
    unit = words(f"per_{per}", kind=area_name(standard, kind))
    required = words("at_least", unit=unit, n=int(row["min"]))
    return joined([required, both(bidi(row["where"]))], "；", "; ") if row["where"] else required


def _sourced(row: Any) -> Both:
    """By whose word, and how sure that is."""
    status = words(f"status_{row['source_status'] or 'unverified'}")
    return words("with_status", name=row["source"] or words("no_source"), status=status)


SUPPLY_HEADS = (
    *heads(
        "c_service", "c_facilities", "c_capacity", "c_people", "c_per_facility", "c_per_1000",
        "c_norm", "c_shortfall", "c_failing", numbers=8,
    ),
    *heads("c_status", "c_source"),
)  # fmt: skip


def supply_section(
    content: ReportContent, sheets: Sequence[Sheet], names: Mapping[str, Both]
) -> Section | None:
    """What there is in the whole area beside what its people need, for each standard."""
    table = content.table("supply.csv")
    parts = []
    for one in sheets:
        rows = () if table.empty else _stocks(table[table["definition"] == one.definition.key], one)
        if rows:
            caption = words(
                "supply_of",
                standard=standard_with_status(one.standard),
                definition=names[one.definition.key],
            )
            parts.append(Part(SUPPLY_HEADS, rows, caption=caption))
    if not parts:
        return None
    return Section("supply", words("h_supply"), words("supply_note"), tuple(parts))


def _stocks(table: pd.DataFrame, one: Sheet) -> tuple[Row, ...]:
    """A row for each norm, and for each service of which there is more to say than its number."""
    table = table.assign(rule=table["rule"].fillna(""))
    zones = table[table["level"] == "zone"]
    return tuple(
        _stock(row, _same(zones, row), one)
        for row in table[table["level"] == "city"].to_dict("records")
        if row["rule"] or math.isfinite(row["people"]) or row["capacity"] > 0
    )


def _same(zones: pd.DataFrame, row: Any) -> pd.DataFrame:
    """The zones' rows of a service and norm."""
    same = zones[["service", "rule", "norm_in"]] == [row["service"], row["rule"], row["norm_in"]]
    found: pd.DataFrame = zones[same.all(axis=1)]
    return found


def _stock(row: Any, zones: pd.DataFrame, one: Sheet) -> Row:
    standard, ruled = one.standard, bool(row["rule"])
    name = service_name(standard, row["service"])
    people = words("people_of", group=group_name(standard, row["group"]), n=_amount(row["people"]))
    failing = f"{int((zones['status'] == 'fail').sum())} / {len(zones)}" if ruled else ""
    status = STATUS.get(row["status"])
    return (
        entry(joined([name, _title(row)], "：", ": ") if ruled else name),
        number(f"{int(row['facilities']):,}"),
        number(_capacity(row)),
        number(people if math.isfinite(row["people"]) else ""),
        number(_amount(row["people_per_facility"])),
        number(_small(row["capacity_per_1000"])),
        number(_norm(row)),
        number(verdicts.shortfall(float(row["shortfall"]))),
        number(failing),
        chip(status, words(f"v_{row['status'].replace(' ', '_')}")) if status else entry(""),
        entry(_sourced(row) if ruled else ""),
    )


def _amount(value: float) -> str:
    return verdicts.amount(float(value))


def _small(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".") if np.isfinite(value) else ""


def _capacity(row: Any) -> Both | str:
    """The sum of capacities, and of how many facilities it is unknown."""
    shown = _amount(row["capacity"])
    if not shown:
        return ""
    shown = f"{shown} {row['unit']}".strip()
    unknown = int(row["capacity_unknown"])
    return words("unknown_of", shown=shown, n=unknown) if unknown else shown


def _norm(row: Any) -> Both | str:
    """What the norm requires, and the number of the rule."""
    if not row["norm_in"] or not math.isfinite(row["norm"]):
        return ""
    basis = words(f"norm_{row['norm_in']}", n=_amount(row["norm_basis"]), unit=row["unit"])
    return joined([both(verdicts.shortfall(float(row["norm"]))), basis], " ", " ")
