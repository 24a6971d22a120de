"""The coverage table as the page shows it: a `Sheet` per definition, a `Row` per place, its cells.

Every number is turned into its final text in Python, so that the script never calculates.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lifecircle import verdicts
from lifecircle.definitions import Definition
from lifecircle.report.naming import area_name, scope_words, unit_of
from lifecircle.report.words import Both, bidi, percent_of, words
from lifecircle.standards import ALL, Standard
from lifecircle.verdicts import Verdict

TEXTS = [
    "level", "zone", "name", "parent", "service", "mode", "status", "certainty", "undecided_by",
]  # fmt: skip
NUMBERS = [
    "rate", "demand", "covered", "gap", "unsnapped", "rim_exposed", "cut_off", "minutes", "target",
    "minutes_at_target", "rate_low", "rate_high",
]  # fmt: skip
PLACE = ["level", "zone", "service"]
LEVELS = ("zone", "city", "scope", "parent", "area_type", "outside")


@dataclass(frozen=True)
class Cell:
    """One place and service. Numbers as floats (NaN where there is none), and its verdict.

    `undecided_by` is what an uncertain verdict hangs on, `minutes_at_target` when the target would
    be reached with the facilities there are.
    """

    verdict: Verdict
    status: str
    mode: str
    undecided_by: str
    rate: float
    demand: float
    covered: float
    gap: float
    unsnapped: float
    rim_exposed: float
    cut_off: float
    minutes: float
    target: float
    minutes_at_target: float
    low: float
    high: float

    @property
    def fails(self) -> bool:
        """Whether it counts among the failing: certain or not, the status says so."""
        return self.status == "fail"

    @property
    def percent(self) -> str:
        """The rate as shown, without sign."""
        return verdicts.percent(self.rate)

    @property
    def mark(self) -> str:
        """The symbol beside the rate."""
        return verdicts.MARKS[self.verdict]

    @property
    def limit(self) -> str:
        """The limit in minutes; empty where several are mixed."""
        return verdicts.minutes(self.minutes)

    @property
    def word(self) -> Both:
        """The verdict in words."""
        if self.verdict == "undecided":
            return words(f"v_undecided_{self.status}")
        if self.verdict == "not_in_scope" and not self.has_target:
            return words("v_no_target")
        return words(f"v_{self.status.replace(' ', '_')}")

    @property
    def has_target(self) -> bool:
        """Whether the standard sets one."""
        return bool(np.isfinite(self.target))

    @property
    def judged(self) -> bool:
        """Whether the target applies and there is a rate."""
        return self.status in ("pass", "fail")


@dataclass(frozen=True)
class Row:
    """A place of the matrix: a zone, the whole area, where the target applies, and so on.

    `title` is what stands at the head of its row; `in_scope` says of a zone whether the target is
    for it.
    """

    level: str
    key: str
    name: str
    parent: str
    title: Both
    in_scope: bool
    cells: dict[str, Cell]


@dataclass(frozen=True)
class Sheet:
    """All rows of one definition; zones first, in the order of the zones layer."""

    definition: Definition
    standard: Standard
    unit: Both
    services: tuple[str, ...]
    rows: tuple[Row, ...]

    def level(self, *levels: str) -> tuple[Row, ...]:
        """The rows of these levels."""
        return tuple(row for row in self.rows if row.level in levels)

    @property
    def zones(self) -> tuple[Row, ...]:
        """The rows of the zones."""
        return self.level("zone")

    @property
    def city(self) -> Row:
        """The row of the whole area."""
        return self.level("city")[0]

    @property
    def head(self) -> Row:
        """The row that the target is for: of its scope, where that leaves zones out, else all."""
        return (*self.level("scope"), self.city)[0]

    @property
    def scoped(self) -> bool:
        """Whether the target leaves zones out."""
        return self.head.level == "scope"

    @property
    def plain_services(self) -> tuple[str, ...]:
        """The services without the pseudo-service `all`."""
        return tuple(key for key in self.services if key != ALL)


def sheet(
    coverage: pd.DataFrame,
    definition: Definition,
    standard: Standard,
    zone_ids: list[str],
    *,
    out_of_scope: Collection[str] = (),
    curves: pd.DataFrame | None = None,
) -> Sheet:
    """The rows of `coverage` that belong to a definition, ordered for reading.

    Parameters
    ----------
    out_of_scope
        Ids of the zones that the target is not for.
    curves
        The table of curves, for the minutes at which the target is reached.
    """
    table = coverage[coverage["definition"] == definition.key]
    table = table.assign(**{text: table[text].fillna("").astype(str) for text in TEXTS})
    table = table.assign(minutes_at_target=_minutes_at_target(table, definition, curves))
    table[NUMBERS] = table[NUMBERS].astype(float)
    present = set(table["service"])
    services = tuple(key for key in (*standard.keys, ALL) if key in present)
    rows: dict[tuple[str, str], Row] = {}
    for record in table[[*TEXTS, *NUMBERS]].to_dict("records"):
        level, key, name = record["level"], record["zone"], record["name"]
        if (level, key) not in rows:
            title = _title(level, key, name, standard)
            inside = level != "zone" or key not in out_of_scope
            rows[level, key] = Row(level, key, name, record["parent"], title, inside, cells={})
        cell = _cell({str(name): value for name, value in record.items()})
        rows[level, key].cells[record["service"]] = cell
    position = {zone: at for at, zone in enumerate(zone_ids)}
    ordered = sorted(
        rows.values(), key=lambda row: (LEVELS.index(row.level), position.get(row.key, 0))
    )
    return Sheet(definition, standard, unit_of(definition), services, tuple(ordered))


def _title(level: str, key: str, name: str, standard: Standard) -> Both:
    """What stands at the head of a row."""
    if level in ("city", "outside"):
        return words(level)
    if level == "scope":
        return words("scope", types=scope_words(standard))
    if level == "area_type":
        return words("area_type", name=area_name(standard, key))
    return Both(bidi(name or key), bidi(name or key))


def _minutes_at_target(
    table: pd.DataFrame, definition: Definition, curves: pd.DataFrame | None
) -> Any:
    """The minutes of the curves, row by row as the coverage table."""
    if curves is None or curves.empty:
        return np.nan
    own = curves[curves["definition"] == definition.key]
    own = own.assign(zone=own["zone"].fillna(""))
    minutes = own.set_index(PLACE)["minutes_at_target"]
    return minutes.reindex(pd.MultiIndex.from_frame(table[PLACE])).to_numpy(float)


def _cell(record: Mapping[str, Any]) -> Cell:
    """One row of the coverage table."""
    status = record["status"]
    return Cell(
        verdict=verdicts.verdict(status, record["certainty"], record["rate"], record["target"]),
        status=status,
        mode=record["mode"],
        undecided_by=record["undecided_by"],
        low=record["rate_low"],
        high=record["rate_high"],
        **{number: record[number] for number in NUMBERS[:-2]},
    )


def packed(cell: Cell) -> list[str]:
    """A cell as the script shows it: final text only, empty where there is nothing to say.

    Order: verdict, status, rate, division, gap, spare, unsnapped, exposed to the rim, cut off,
    limit, mode, target, minutes at the target, margin's ends, what it is undecided by.
    """
    division = ""
    if np.isfinite(cell.rate):
        division = (
            f"{percent_of(verdicts.percent_exact(cell.rate))} = "
            f"{verdicts.amount(cell.covered)} ÷ {verdicts.amount(cell.demand)}"
        )
    spare = cell.covered - cell.target * cell.demand if cell.status == "pass" else np.nan
    return [
        cell.verdict,
        cell.status,
        percent_of(cell.percent),
        division,
        verdicts.shortfall(cell.gap) if cell.fails else "",
        verdicts.amount(np.floor(max(spare, 0.0))) if np.isfinite(spare) else "",
        *(_some(value) for value in (cell.unsnapped, cell.rim_exposed, cell.cut_off)),
        cell.limit,
        cell.mode,
        percent_of(verdicts.target_percent(cell.target)) if cell.has_target else "",
        minutes_up(cell.minutes_at_target) if cell.fails else "",
        percent_of(verdicts.percent(cell.low)),
        percent_of(verdicts.percent(cell.high)),
        cell.undecided_by if cell.verdict == "undecided" else "",
    ]


def minutes_up(value: float) -> str:
    """Minutes with one decimal, rounded up: in less the target is not reached.

    >>> minutes_up(17.21), minutes_up(15.0), minutes_up(float("nan"))
    ('17.3', '15', '')
    """
    return verdicts.minutes(np.ceil(value * 10 - 1e-6) / 10)


def _some(value: float) -> str:
    """An amount, or nothing where it is zero or unknown."""
    return verdicts.amount(value) if value > 0 else ""
