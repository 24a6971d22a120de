"""Whether a rate is clear of its target, and what an undecided one is undecided by.

A rate is clear if its bounds lie on one side of the target. That never changes its status.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lifecircle.network import Floats

BAND_SD = 1.645
"""Five percent on either side of a normal distribution."""
TARGET_TOLERANCE = 1e-12

TERMS = ("positions", "population", "network", "rim", "unsnapped", "access", "gates")
"""What a rate may be unsure by."""
SPREADS = {
    "sd_facility": "positions", "sd_network": "network", "sd_demand": "positions",
    "sd_allocation": "population",
}  # fmt: skip
"""Parts of the standard error, and the term each belongs to."""


@dataclass(frozen=True, eq=False)
class _Bounds:
    """A rate's bounds, as they would be without the limits 0 and ceiling, and with them."""

    low_raw: Floats
    high_raw: Floats
    low: Floats
    high: Floats


def _bounds(table: pd.DataFrame, without: str = "") -> _Bounds:
    """The bounds, with one of `TERMS` taken away."""

    def share(name: str) -> Floats:
        other = f"{name}_without_{without}"
        return table[other if other in table else name].to_numpy()

    spreads = [name for name in SPREADS if SPREADS[name] != without]
    band = BAND_SD * np.linalg.norm(table[spreads].to_numpy(), axis=1)
    low, high = share("rate") - share("lost") - band, share("rate") + share("gained") + band
    return _Bounds(low, high, np.maximum(low, 0.0), np.minimum(high, share("ceiling")))


def judged(table: pd.DataFrame) -> pd.DataFrame:
    """The table with bounds, certainty, and what the undecided rates are undecided by."""
    bounds = _bounds(table)
    least = table["target"].to_numpy() - TARGET_TOLERANCE
    clear = (bounds.low >= least) | (bounds.high < least)
    known = table["rate"].notna().to_numpy() & np.isfinite(least)
    return table.assign(
        rate_low=bounds.low,
        rate_high=bounds.high,
        sd=np.linalg.norm(table[[*SPREADS]].to_numpy(), axis=1),
        certainty=np.select([known & clear, known], ["clear", "undecided"], ""),
        undecided_by=np.where(known & ~clear, _undecided_by(table, bounds, least), ""),
    )


def _undecided_by(table: pd.DataFrame, bounds: _Bounds, least: Floats) -> list[str]:
    """The largest term whose removal would make a rate clear; if none would alone, the largest.

    Of a rate that reaches its target only what could lower it counts, of another what could raise
    it.
    """
    reaches = table["rate"].to_numpy() >= least
    removed = [_bounds(table, term) for term in TERMS]
    size = np.stack(
        [
            np.where(reaches, r.low_raw - bounds.low_raw, bounds.high_raw - r.high_raw)
            for r in removed
        ]
    )
    enough = np.stack([np.where(reaches, r.low >= least, r.high < least) for r in removed])
    weighed = np.where(enough | ~enough.any(axis=0), np.nan_to_num(size), -1.0)
    return [TERMS[largest] for largest in np.argmax(weighed, axis=0)]
