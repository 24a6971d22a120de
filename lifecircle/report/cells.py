"""The coverage table as the page shows it: a `Sheet` per definition, a `Row` per place, its cells.

Every number is turned into its final text in Python, so that the script never calculates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lifecircle import verdicts
from lifecircle.definitions import Definition
from lifecircle.report.words import Both, bidi, known, percent_of, words
from lifecircle.standards import ALL, Standard
from lifecircle.verdicts import Verdict

TEXTS = ["level", "zone", "name", "parent", "service", "status", "certainty"]
NUMBERS = [
    "rate", "demand", "covered", "gap", "unsnapped", "rim_exposed", "cut_off", "minutes", "target",
    "rate_low", "rate_high",
]  # fmt: skip
LEVELS = ("zone", "city", "parent", "area_type", "outside")


@dataclass(frozen=True)
class Cell:
    """One place and service. Numbers as floats (NaN where there is none), and its verdict."""

    verdict: Verdict
    status: str
    rate: float
    demand: float
    covered: float
    gap: float
    unsnapped: float
    rim_exposed: float
    cut_off: float
    minutes: float
    target: float
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
        return words(f"v_{self.status.replace(' ', '_')}")

    @property
    def judged(self) -> bool:
        """Whether the target applies and there is a rate."""
        return self.status in ("pass", "fail")


@dataclass(frozen=True)
class Row:
    """A place of the matrix: a zone, the whole area, a parent, an area type, the outside."""

    level: str
    key: str
    name: str
    parent: str
    cells: dict[str, Cell]

    @property
    def title(self) -> Both:
        """What stands at the head of its row."""
        if self.level == "city":
            return words("city")
        if self.level == "outside":
            return words("outside")
        if self.level == "area_type":
            return words("area_type", name=known(f"type_{self.key}", self.key))
        return Both(bidi(self.name or self.key), bidi(self.name or self.key))


@dataclass(frozen=True)
class Sheet:
    """All rows of one definition; zones first, in the order of the zones layer."""

    definition: Definition
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
    def plain_services(self) -> tuple[str, ...]:
        """The services without the pseudo-service `all`."""
        return tuple(key for key in self.services if key != ALL)


def unit_of(definition: Definition) -> Both:
    """The definition's unit as a word: people, m², dwellings, or as given."""
    unit = {"m²": "m2", "": "none"}.get(definition.unit, definition.unit)
    return known(f"unit_{unit}", unit)


def service_name(standard: Standard, key: str) -> Both:
    """A service's name in both languages."""
    if key == ALL:
        return words("all")
    service = standard.service(key)
    return Both(bidi(service.name_zh), bidi(service.name_en))


def sheet(
    coverage: pd.DataFrame, definition: Definition, standard: Standard, zone_ids: list[str]
) -> Sheet:
    """The rows of `coverage` that belong to a definition, ordered for reading."""
    table = coverage[coverage["definition"] == definition.key]
    table = table.assign(**{text: table[text].fillna("").astype(str) for text in TEXTS})
    table[NUMBERS] = table[NUMBERS].astype(float)
    present = set(table["service"])
    services = tuple(key for key in (*standard.keys, ALL) if key in present)
    rows: dict[tuple[str, str], Row] = {}
    for record in table[[*TEXTS, *NUMBERS]].to_dict("records"):
        level, key = record["level"], record["zone"]
        row = rows.setdefault(
            (level, key), Row(level, key, record["name"], record["parent"], cells={})
        )
        row.cells[record["service"]] = _cell({str(name): value for name, value in record.items()})
    position = {zone: at for at, zone in enumerate(zone_ids)}
    ordered = sorted(
        rows.values(), key=lambda row: (LEVELS.index(row.level), position.get(row.key, 0))
    )
    return Sheet(definition, unit_of(definition), services, tuple(ordered))


def _cell(record: Mapping[str, Any]) -> Cell:
    """One row of the coverage table."""
    status = record["status"]
    return Cell(
        verdict=verdicts.verdict(status, record["certainty"], record["rate"], record["target"]),
        status=status,
        low=record["rate_low"],
        high=record["rate_high"],
        **{number: record[number] for number in NUMBERS[:-2]},
    )


def packed(cell: Cell) -> list[str]:
    """A cell as the script shows it: final text only, empty where there is nothing to say.

    Order: verdict, status, rate, division, gap, spare, unsnapped, exposed to the rim, cut off,
    limit, target, margin's ends.
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
        percent_of(verdicts.target_percent(cell.target)) if np.isfinite(cell.target) else "",
        percent_of(verdicts.percent(cell.low)),
        percent_of(verdicts.percent(cell.high)),
    ]


def _some(value: float) -> str:
    """An amount, or nothing where it is zero or unknown."""
    return verdicts.amount(value) if value > 0 else ""
