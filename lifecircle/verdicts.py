"""How numbers and verdicts are shown to people: rounding, classes, marks, colours.

One rule for every page and map: percent are rounded down and shortfalls up, so that no rate below
the target is ever printed as the target.
"""

from __future__ import annotations

import math
from typing import Literal

Verdict = Literal[
    "pass", "fail_1", "fail_2", "fail_3", "undecided", "not_in_scope", "no_demand", "no_data"
]

MARKS: dict[Verdict, str] = {
    "pass": "✓",
    "fail_1": "✗",
    "fail_2": "✗",
    "fail_3": "✗",
    "undecided": "?",
    "not_in_scope": "·",
    "no_demand": "–",
    "no_data": "–",
}
"""What stands beside the colour, so that colour alone never says anything."""

COLOURS: dict[Verdict, str] = {
    "pass": "#d3e5f3",
    "fail_1": "#f9d0a8",
    "fail_2": "#e48f42",
    "fail_3": "#96390a",
    "undecided": "#e3e6e9",
    "not_in_scope": "#f3f5f7",
    "no_demand": "#ffffff",
    "no_data": "#ffffff",
}
"""Fills on a map."""

UNJUDGED: dict[str, Verdict] = {
    "no data": "no_data",
    "no demand": "no_demand",
    "not in scope": "not_in_scope",
}

FAR_BELOW = 0.15
BELOW = 0.05
TOLERANCE = 1e-12
"""Of a rate against its target (contract §3), and so of its rounding."""


def verdict(status: str, certainty: str, rate: float, target: float) -> Verdict:
    """The class in which a coverage row is shown; failing rows fall in three, by their distance.

    >>> verdict("fail", "", 0.84, 0.85), verdict("fail", "", 0.70, 0.85)
    ('fail_1', 'fail_3')
    >>> verdict("fail", "undecided", 0.84, 0.85), verdict("no data", "", float("nan"), 0.85)
    ('undecided', 'no_data')
    """
    if status in UNJUDGED:
        return UNJUDGED[status]
    if certainty == "undecided":
        return "undecided"
    if status == "pass":
        return "pass"
    below = target - rate
    if below >= FAR_BELOW - TOLERANCE:
        return "fail_3"
    return "fail_2" if below >= BELOW - TOLERANCE else "fail_1"


def percent(share: float) -> str:
    """A share as percent with one decimal, rounded down; empty where there is none.

    >>> percent(0.84999), percent(0.85), percent(0.29), percent(float("nan"))
    ('84.9', '85.0', '29.0', '')
    """
    return _floored(share, 1)


def percent_exact(share: float) -> str:
    """A share as percent with two decimals, rounded down, for the line that shows the division.

    >>> percent_exact(539_861 / 720_191)
    '74.96'
    """
    return _floored(share, 2)


def _floored(share: float, decimals: int) -> str:
    if not math.isfinite(share):
        return ""
    scale = 10**decimals
    return f"{math.floor((share + TOLERANCE) * 100 * scale) / scale:.{decimals}f}"


def target_percent(target: float) -> str:
    """A target as percent, without needless decimals; empty where there is none.

    >>> target_percent(0.85), target_percent(0.925), target_percent(float("nan"))
    ('85', '92.5', '')
    """
    if not math.isfinite(target):
        return ""
    return f"{round(target * 100, 6):g}"


def amount(value: float) -> str:
    """An amount of demand with thousands separators; two decimals only where it is small.

    >>> amount(539860.7), amount(12.5), amount(40.0), amount(-0.0), amount(float("nan"))
    ('539,861', '12.5', '40', '0', '')
    """
    if not math.isfinite(value):
        return ""
    if abs(value) < 0.005:
        return "0"
    if abs(value) >= 100 or value == round(value):
        return f"{round(value):,}"
    return f"{value:.2f}".rstrip("0").rstrip(".")


def shortfall(gap: float) -> str:
    """People (or m²) still to cover, rounded up.

    >>> shortfall(0.2), shortfall(72301.15), shortfall(-1e-12), shortfall(float("nan"))
    ('1', '72,302', '0', '')
    """
    return f"{max(0, math.ceil(gap - 1e-9)):,}" if math.isfinite(gap) else ""


def minutes(value: float) -> str:
    """A limit in minutes; empty where a roll-up mixes several.

    >>> minutes(15.0), minutes(7.5), minutes(float("nan"))
    ('15', '7.5', '')
    """
    return f"{value:g}" if math.isfinite(value) else ""
