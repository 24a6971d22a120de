"""How sure a rate is: what may be off by chance, what the map may lack, and what no map changes.

Choices (speed, limit, denominator) are not errors; they have a table of their own in
`lifecircle.choices`. Nothing here changes a rate or its status.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lifecircle.certainty import SPREADS, judged
from lifecircle.network import Bools, Floats, Ints
from lifecircle.spread import (
    Units,
    block_spread,
    by_unit,
    own_spread,
    shared_spread,
    units_from,
)

WALKED_PER_OFF = math.sqrt(2)
"""A metre off along either axis is this much off on foot: streets make people walk both."""
LONG_LEG_M = 100.0
"""A place with a longer straight leg is not surely covered: who knows what the leg crosses."""
MISSING_LEG_M = 50.0
"""A longer leg hints at a path that is missing from the map."""
DETOUR = 1.2
"""Walks are hardly ever straighter than this (walked metres to metres in a straight line)."""
LINE_TOLERANCE_M = 1e-3
INTERVAL_COLUMNS = [
    "unit", "service", "rate", "rate_line", "rate_low", "rate_high",
    "sd", *SPREADS, "undecided_by", "certainty",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Margin:
    """How far from its limit each place is, for one service or for several at once.

    Metres beyond the limit by streets (`over_m`: negative within; `inf` farther than was searched,
    `NaN` unsnapped) and in a straight line (`line_over_m`: `inf` without a facility); the limit
    itself, `limit_m`, at the speed that applies; `weight`; the number of the nearest `facility`, -1
    without one; `access_m`, the place's own access leg. `gated` places are covered only if people
    may leave their compound anywhere. `missed_path` marks what could be covered if the map lacks a
    path; without it, it follows from the rest. `straight` marks the places measured in a straight
    line, however long the streets are. `walked_per_off` is how far a distance is off, on average,
    for each metre that a position is: along streets more than in a straight line (1).
    """

    over_m: Floats
    limit_m: Floats
    line_over_m: Floats
    weight: Floats
    facility: Ints
    covered: Bools
    rim_exposed: Bools
    cut_off: Bools
    unsnapped: Bools
    access_m: Floats
    gated: Bools | None = None
    missed_path: Bools | None = None
    straight: Bools | None = None
    walked_per_off: float = WALKED_PER_OFF


@dataclass(frozen=True, eq=False)
class Errors:
    """What may be off, each as one standard error.

    Metres along either axis for each facility (by its number) and each place, the relative bias
    that all lengths of the streets share, and the relative error of the people in a block, whose
    number each place has.
    """

    facility_m: Floats
    demand_m: Floats
    network: float
    allocation: float
    block: Ints


def all_at_once(margins: Sequence[Margin]) -> Margin:
    """The margin of all these services at once: at each place that of the one hardest to reach.

    A place is rim-exposed if the rim could supply each service it lacks, and may miss a path if
    paths, or paths and the rim, could.
    """
    over_m = np.stack([margin.over_m for margin in margins])
    hardest = np.argmax(over_m, axis=0), np.arange(over_m.shape[1])
    covered = np.logical_and.reduce([margin.covered for margin in margins])
    rim = np.logical_and.reduce([m.covered | m.rim_exposed for m in margins]) & ~covered
    saved = [m.covered | m.rim_exposed | _missed_path(m) for m in margins]
    gated = [margin.gated for margin in margins if margin.gated is not None]
    straight = np.stack([_straight(margin) for margin in margins])
    return Margin(
        over_m=over_m[hardest],
        limit_m=np.stack([margin.limit_m for margin in margins])[hardest],
        line_over_m=np.maximum.reduce([margin.line_over_m for margin in margins]),
        weight=margins[0].weight,
        facility=np.stack([margin.facility for margin in margins])[hardest],
        covered=covered,
        rim_exposed=rim,
        cut_off=np.logical_or.reduce([margin.cut_off for margin in margins]),
        unsnapped=np.logical_or.reduce([margin.unsnapped for margin in margins]),
        access_m=np.stack([margin.access_m for margin in margins])[hardest],
        gated=np.logical_or.reduce(gated) if gated else None,
        missed_path=np.logical_and.reduce(saved) & ~covered & ~rim,
        straight=straight[hardest],
        walked_per_off=max(margin.walked_per_off for margin in margins),
    )


def _straight(margin: Margin) -> Bools:
    return np.zeros(len(margin.over_m), bool) if margin.straight is None else margin.straight


def _missed_path(margin: Margin) -> Bools:
    """Not covered, though near enough in a straight line, and badly connected: a path may lack."""
    if margin.missed_path is not None:
        return margin.missed_path
    line_m = margin.line_over_m + margin.limit_m
    near = line_m * DETOUR <= margin.limit_m
    return ~margin.covered & near & (margin.cut_off | (margin.access_m > MISSING_LEG_M))


def intervals(
    margins: Mapping[str, Margin],
    errors: Errors,
    unit: Sequence[Ints],
    target: Mapping[str, float | Floats],
) -> pd.DataFrame:
    """How sure the rate of each unit and service is.

    Parameters
    ----------
    margins
        By service.
    unit
        Ways to divide the places into units (zones; parents; the city): the number of each place's
        unit, -1 where it is in none. No unit appears in two of them.
    target
        By service, for all units or one each; `NaN` where there is none.

    Returns
    -------
        One row per unit and service, units in order: `rate`; `rate_line`, the share whose straight
        line is within the limit; the bounds `rate_low` and `rate_high`; `sd` and its four parts, as
        shares; `certainty` (`clear`, `undecided`, or empty without demand or target) and what an
        undecided rate is `undecided_by`. `NaN` where a unit has no demand.

    Notes
    -----
    low = max(0, R − covered only by an access leg over 100 m or an unmapped gate − 1.645 SD),
    high = min(ceiling, R + unsnapped, rim-exposed or missing a path + 1.645 SD). A place counts
    once. The ceiling is the share within the limit in a straight line, or exposed to the rim: what
    stands beyond it is in no list, so no line to it is known. A covered place is within in a
    straight line too, whatever rounding says; so the rate always lies between its bounds.

    A path that is missing between well-connected places shows in none of this: of that only the
    straight line is a bound.
    """
    units = units_from(unit)
    parts = [_parts(margin, errors, units) for margin in margins.values()]
    if not parts:
        return pd.DataFrame(columns=INTERVAL_COLUMNS)
    for part, service in zip(parts, margins, strict=True):
        part["service"] = np.full(units.count, service, dtype=object)
        part["unit"] = np.arange(units.count)
        part["target"] = np.broadcast_to(np.asarray(target[service], float), units.count)
    # Units outside, services inside.
    table = pd.DataFrame(
        {name: np.column_stack([part[name] for part in parts]).ravel() for name in parts[0]}
    )
    return judged(table)[INTERVAL_COLUMNS]


def _parts(margin: Margin, errors: Errors, units: Units) -> dict[str, np.ndarray]:
    """Shares and spreads of one service, by unit: the rate, and all that could move it."""
    covered, gain = margin.covered, ~margin.covered
    long_leg = covered & (margin.access_m > LONG_LEG_M)
    gated = covered & margin.gated if margin.gated is not None else np.zeros_like(covered)
    rim, unsnapped = gain & margin.rim_exposed, gain & margin.unsnapped
    path = _missed_path(margin)
    near = covered | (margin.line_over_m <= LINE_TOLERANCE_M)
    demand = by_unit(margin.weight, units)

    def share(where: Bools) -> Floats:
        at = np.flatnonzero(where)
        return _per(by_unit(margin.weight[at], units, at), demand)

    return {
        "rate": share(covered),
        "rate_line": share(near),
        "ceiling": share(near | rim),
        "ceiling_without_rim": share(near),
        "lost": share(long_leg | gated),
        "lost_without_access": share(gated),
        "lost_without_gates": share(long_leg),
        "gained": share(rim | unsnapped | path),
        "gained_without_rim": share(unsnapped | path),
        "gained_without_unsnapped": share(rim | path),
        "gained_without_access": share(rim | unsnapped),
        **_spreads(margin, errors, units, demand),
    }


def _spreads(margin: Margin, errors: Errors, units: Units, demand: Floats) -> dict[str, Floats]:
    """The four parts of the standard error of a rate, by unit."""
    weight, covered = margin.weight, margin.covered
    # Facility -1 takes the last: zero.
    facility_m = margin.walked_per_off * np.append(errors.facility_m, 0.0)[margin.facility]
    demand_m = margin.walked_per_off * errors.demand_m
    walked = np.isfinite(margin.over_m) & ~_straight(margin)
    walked_m = np.where(walked, margin.over_m + margin.limit_m, 0.0)
    facility = shared_spread(
        _inside(margin.over_m, facility_m), margin.facility, weight, covered, units
    )
    network = shared_spread(
        _inside(margin.over_m, errors.network * walked_m),
        np.zeros_like(margin.facility), weight, covered, units,
    )  # fmt: skip
    own = own_spread(_inside(margin.over_m, demand_m), weight, covered, units)
    return {
        "sd_facility": _per(facility, demand),
        "sd_network": _per(network, demand),
        "sd_demand": _per(own, demand),
        "sd_allocation": block_spread(
            weight, covered, errors.block, units, relative=errors.allocation
        ),
    }


def _inside(over_m: Floats, error_m: Floats) -> Floats:
    """Standard errors within the limit; `inf` where nothing is off."""
    inside = np.full(len(over_m), np.inf)
    np.divide(-over_m, error_m, out=inside, where=(error_m > 0) & np.isfinite(over_m))
    return inside


def _per(values: Floats, demand: Floats) -> Floats:
    """Shares of the demand; `NaN` without any."""
    share = np.full(len(demand), np.nan)
    np.divide(values, demand, out=share, where=demand > 0)
    return share
