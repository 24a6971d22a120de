"""Conditional formats: colours and marks of rates that follow the numbers they are read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lifecircle.outputs.sheets import Pen
from lifecircle.verdicts import BELOW, COLOURS, FAR_BELOW, MARKS, TOLERANCE, Verdict

LIGHT_UP = 14
"""The pattern of thin lines that rise to the right."""


@dataclass(frozen=True)
class Judged:
    """Where rules find what they need, as formulas of the first cell of the range would write it.

    All are conditions but `below`, the distance to the target.
    """

    passes: str
    fails: str
    below: str
    undecided: str
    unjudged: str


def rules(judged: Judged) -> dict[Verdict, str]:
    """The condition of each class of verdicts; of several that hold the first counts."""
    far, near = (f"{judged.below}>={share}-{TOLERANCE:g}" for share in (FAR_BELOW, BELOW))
    return {
        "not_in_scope": judged.unjudged,
        "undecided": judged.undecided,
        "pass": judged.passes,
        "fail_3": f"AND({judged.fails},{far})",
        "fail_2": f"AND({judged.fails},{near})",
        "fail_1": judged.fails,
    }


def colour(
    sheet: Any, area: tuple[int, int, int, int], judged: Judged, looks: Mapping[Verdict, Any]
) -> None:
    """Colour a range of cells by the verdict that its numbers give."""
    for kind, condition in rules(judged).items():
        options = {
            "type": "formula",
            "criteria": f"={condition}",
            "format": looks[kind],
            "stop_if_true": True,
        }
        sheet.conditional_format(*area, options)


def looks(pen: Pen, *, numbers: bool = True) -> dict[Verdict, Any]:
    """How each class of verdicts looks; on numbers with its mark behind them."""
    found: dict[Verdict, Any] = {}
    for kind, shade in COLOURS.items():
        look: dict[str, Any] = {"font_color": "#ffffff" if kind == "fail_3" else "#1f2933"}
        look["bg_color"] = shade
        if kind == "undecided":
            # A pattern's lines take the foreground, what lies between them the background.
            look |= {"pattern": LIGHT_UP, "fg_color": "#b8c0c8"}
        if numbers:
            look["num_format"] = f'0.0%" {MARKS[kind]}"'
        found[kind] = pen.book.add_format(look)
    return found
