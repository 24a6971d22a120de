"""What stands beside coverage: sensitivity, tiers, presence, supply, how shares of land settled."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lifecircle import verdicts
from lifecircle.report.cells import Sheet
from lifecircle.report.content import ReportContent
from lifecircle.report.grid import Part, Row, Section, chip, entry, heads, number
from lifecircle.report.naming import area_name, group_name, service_name, tier_name
from lifecircle.report.words import Both, bidi, both, joined, listed, percent_of, words
from lifecircle.verdicts import Verdict

STATUS: Mapping[str, Verdict] = {
    "pass": "pass",
    "fail": "fail_3",
    "no data": "no_data",
    "no demand": "no_demand",
}
MOST_NAMES = 12
"""Places named before "and so on"."""

Names = Mapping[str, Both]


def sections(content: ReportContent, sheets: Sequence[Sheet], names: Names) -> list[Section]:
    """Every section that has something to show."""
    found = [
        _by_definition("sensitivity", content.table("sensitivity.csv"), sheets, names, _choices),
        _by_definition("tiers", content.table("tiers.csv"), sheets, names, _completeness),
        _presence(content),
        _by_definition("supply", content.table("supply.csv"), sheets, names, _supply),
        _convergence(content),
    ]
    return [section for section in found if section is not None]


def _by_definition(
    key: str, table: pd.DataFrame, sheets: Sequence[Sheet], names: Names, made: Any
) -> Section | None:
    """A section with the parts that `made` gives for the rows of each definition."""
    parts = [
        Part(columns, tuple(rows), one.definition.key, _caption(names[one.definition.key], caption))
        for one in sheets
        if not table.empty
        for columns, rows, caption in made(table[table["definition"] == one.definition.key], one)
        if rows
    ]
    if not parts:
        return None
    return Section(key, words(f"h_{key}"), words(f"{key}_note"), tuple(parts))


def _caption(definition: Both, more: Both | None) -> Both:
    return joined([definition, more], "：", ": ") if more else definition


Made = Iterator[tuple[Row, list[Row], Both | None]]


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


# --- presence -----------------------------------------------------------------------------------


def _presence(content: ReportContent) -> Section | None:
    """Each rule with how many units keep it, and which do not."""
    table = content.table("presence.csv")
    if table.empty:
        return None
    groups = table.groupby(["rule", "title_en", "source"], sort=False, dropna=False)
    rows = tuple(_rule(rows, content) for _, rows in groups)
    columns = heads("c_rule", "c_per", "c_passing", "c_status", "c_missing_in", "c_source")
    part = Part(columns, rows)
    return Section("presence", words("h_presence"), words("presence_note"), (part,))


def _rule(rows: pd.DataFrame, content: ReportContent) -> Row:
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
        entry(_required(first, content)),
        number(f"{passing} / {len(rows)}" if known else ""),
        chip(STATUS[status], words(f"v_{status.replace(' ', '_')}")),
        entry(listed(missing, most=MOST_NAMES)),
        entry(_sourced(first)),
    )


def _title(row: Any) -> Both:
    return Both(bidi(row["title_zh"]), bidi(row["title_en"]))


def _required(row: Any, content: ReportContent) -> Both:
    """How many of them, where, and of what kind."""
    per, _, kind = str(row["per"]).partition(":")
    unit = words(f"per_{per}", kind=area_name(content.standard, kind))
    required = words("at_least", unit=unit, n=int(row["min"]))
    return joined([required, both(row["where"])], "；", "; ") if row["where"] else required


def _sourced(row: Any) -> Both:
    """By whose word, and how sure that is."""
    status = words(f"status_{row['source_status'] or 'unverified'}")
    return words("with_status", name=row["source"] or words("no_source"), status=status)


# --- supply -------------------------------------------------------------------------------------


def _supply(table: pd.DataFrame, one: Sheet) -> Made:
    """What there is in the whole area beside what its people need."""
    zones = table[table["level"] == "zone"]
    columns = heads(
        "c_service", "c_facilities", "c_capacity", "c_people", "c_per_facility", "c_per_1000",
        "c_norm", "c_shortfall", "c_failing", numbers=8,
    )  # fmt: skip
    columns = (*columns, *heads("c_status", "c_source"))
    rows = [
        _stock(
            row, zones[(zones["service"] == row["service"]) & (zones["rule"] == row["rule"])], one
        )
        for row in table[table["level"] == "city"].to_dict("records")
    ]
    yield columns, rows, None


def _same(zones: pd.DataFrame, row: Any) -> pd.DataFrame:
    """The zones' rows of a service and rule."""
    same: pd.DataFrame = zones[
        (zones["service"] == row["service"]) & (zones["rule"] == row["rule"])
    ]
    return same


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


# --- convergence --------------------------------------------------------------------------------


def _convergence(content: ReportContent) -> Section | None:
    """Shares of land at ever finer cells."""
    table = content.table("convergence.csv")
    if table.empty:
        return None
    parts = []
    for (key, demand), rows in table.groupby(["definition", "demand"], sort=False):
        definition = next(one for one in content.definitions if one.key == key)
        standard = content.standard_of(definition)
        services = [k for k in standard.keys if rows.get(f"rate_{k}", pd.Series()).notna().any()]
        columns = heads(
            "c_spacing", "c_places", *(service_name(standard, k) for k in services),
            numbers=len(services) + 1,
        )  # fmt: skip
        shown = tuple(
            (
                entry(words("metres", n=f"{row['spacing_m']:g}")),
                number(f"{int(row['places']):,}"),
                *(number(percent_of(f"{row[f'rate_{k}'] * 100:.3f}")) for k in services),
            )
            for row in rows.to_dict("records")
        )
        parts.append(Part(columns, shown, str(key), both(bidi(str(demand)))))
    note = words("convergence_note")
    return Section("convergence", words("h_convergence"), note, tuple(parts))
