"""What stands beside coverage: sensitivity, tiers, how shares of land settled."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from lifecircle import verdicts
from lifecircle.report.cells import Sheet
from lifecircle.report.content import ReportContent
from lifecircle.report.grid import Part, Row, Section, entry, heads, number
from lifecircle.report.naming import service_name, tier_name
from lifecircle.report.provided import presence_section, supply_section
from lifecircle.report.words import Both, bidi, both, joined, percent_of, words

Names = Mapping[str, Both]
Made = Iterator[tuple[Row, list[Row], Both | None]]
"""Tables: the heads of their columns, their rows, and what they are about."""


def sections(content: ReportContent, sheets: Sequence[Sheet], names: Names) -> list[Section]:
    """Every section that has something to show."""
    found = [
        _by_definition("sensitivity", content.table("sensitivity.csv"), sheets, names, _choices),
        _by_definition("tiers", content.table("tiers.csv"), sheets, names, _completeness),
        presence_section(content, sheets),
        supply_section(content, sheets, names),
        _by_definition("convergence", content.table("convergence.csv"), sheets, names, _steps),
    ]
    return [section for section in found if section is not None]


def _by_definition(
    key: str,
    table: pd.DataFrame,
    sheets: Sequence[Sheet],
    names: Names,
    made: Callable[[pd.DataFrame, Sheet], Made],
) -> Section | None:
    """A section with the tables that `made` gives for the rows of each definition."""
    parts = []
    for one in sheets:
        key_of, own = one.definition.key, table
        if not table.empty:
            own = table[table["definition"] == key_of]
        for columns, rows, about in made(own, one) if len(own) else ():
            if rows:
                parts.append(Part(columns, tuple(rows), key_of, _caption(names[key_of], about)))
    if not parts:
        return None
    return Section(key, words(f"h_{key}"), words(f"{key}_note"), tuple(parts))


def _caption(definition: Both, about: Both | None) -> Both:
    return joined([definition, about], "：", ": ") if about else definition


# --- sensitivity --------------------------------------------------------------------------------


def _choices(table: pd.DataFrame, one: Sheet) -> Made:
    """Rates of the headline at other speeds, and at other limits."""
    own = table[table["level"] == one.head.level]
    for kind in ("speed_kmh", "minutes"):
        of_kind = own[own["kind"] == kind]
        rates = of_kind.set_index(["service", "value"])["rate"]
        known = {str(key) for key in of_kind["service"]}
        values = sorted({float(value) for value in of_kind["value"]})
        columns = heads(
            "c_service", *(words(f"at_{kind}", n=f"{value:g}") for value in values),
            numbers=len(values),
        )  # fmt: skip
        rows = [
            (
                entry(service_name(one.standard, key)),
                *(
                    number(_marked(float(rates.loc[key, v]), one.head.cells[key].target))
                    for v in values
                ),
            )
            for key in one.services
            if key in known
        ]
        yield columns, rows, words(f"sensitivity_{kind}", speed=f"{one.definition.speed_kmh:g}")


def _marked(rate: float, target: float) -> str:
    """A what-if rate, and whether it would meet the target."""
    if not math.isfinite(rate):
        return ""
    shown = percent_of(verdicts.percent(rate))
    if not math.isfinite(target):
        return shown
    return f"{'✓' if rate >= target - verdicts.TOLERANCE else '✗'} {shown}"


# --- tiers --------------------------------------------------------------------------------------


def _completeness(table: pd.DataFrame, one: Sheet) -> Made:
    """How many services of each tier people reach: the whole area, its scope, zones."""
    tiers = list(dict.fromkeys(table["tier"].fillna("")))
    by_place = {
        (level, zone, tier): row
        for level, zone, tier, row in zip(
            table["level"],
            table["zone"].fillna(""),
            table["tier"].fillna(""),
            table.to_dict("records"),
            strict=True,
        )
    }
    columns = [entry(words("c_zone"))]
    for tier in tiers:
        columns += [
            entry(words("tier_mean", tier=tier_name(one.standard, tier)), "r"),
            entry(words("tier_complete"), "r"),
        ]
    columns.append(entry(words("tier_none"), "r"))
    rows = []
    for place in (one.head, *([one.city] if one.scoped else []), *one.level("parent"), *one.zones):
        found = [by_place.get((place.level, place.key, tier)) for tier in tiers]
        if None not in found:
            rows.append(_reached(entry(place.title), found))
    yield tuple(columns), rows, None


def _reached(head: Any, tiers: Sequence[Any]) -> Row:
    """Tier by tier the services reached on the average and the share that reaches all of them."""
    cells = [head]
    for tier in tiers:
        mean = float(tier["mean_reached"])
        known = int(tier["services"])
        shown = words("mean_of", mean=_floor(mean, 1), n=known) if math.isfinite(mean) else ""
        cells += [number(shown), number(percent_of(verdicts.percent(tier["share_complete"])))]
    return (*cells, number(percent_of(verdicts.percent(tiers[-1]["share_none"]))))


def _floor(value: float, decimals: int) -> str:
    """A mean rounded down, as rates are."""
    scale = 10**decimals
    return f"{math.floor(value * scale + 1e-9) / scale:.{decimals}f}"


# --- convergence --------------------------------------------------------------------------------


def _steps(table: pd.DataFrame, one: Sheet) -> Made:
    """Shares of land at ever finer cells; the last are those of the result."""
    keys = [key for key in one.services if f"rate_{key}" in table]
    known = [key for key in keys if table[f"rate_{key}"].notna().any()]
    names = [service_name(one.standard, key) for key in known]
    columns = heads("c_spacing", "c_cells", "c_rim", *names, numbers=len(names) + 2)
    rows: list[Row] = [
        (
            entry(words("metres", n=f"{step['spacing_m']:g}")),
            number(f"{int(step['cells']):,}"),
            *(
                number(percent_of(verdicts.percent_exact(step[name])))
                for name in ("rim", *(f"rate_{key}" for key in known))
            ),
        )
        for step in table.to_dict("records")
    ]
    yield columns, rows, both(bidi(str(table["demand"].iloc[0])))
