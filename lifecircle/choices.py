"""How a rate answers to what is chosen: the walking speed and the limit.

These are choices, not errors; they get a table, never an interval. Each figure is exact, from the
one table of minutes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from lifecircle.definitions import Definition
from lifecircle.errors import InputError
from lifecircle.levels import units_of
from lifecircle.measured import COVERED_TOLERANCE_MIN, Measured, measure
from lifecircle.messages import some
from lifecircle.network import Floats, Ints
from lifecircle.rates import coverage_of
from lifecircle.standards import ALL, Service, Standard
from lifecircle.travel import TravelTime

SPEEDS_KMH = (3.0, 3.6, 4.0, 4.5, 5.0)
MINUTES = (5.0, 10.0, 12.0, 15.0, 20.0)

SENSITIVITY_COLUMNS = ["definition", "level", "zone", "name", "service", "kind", "value", "rate"]


def sensitivity(
    travel_time: TravelTime,
    demand: pd.DataFrame,
    zones: pd.DataFrame,
    standard: Standard,
    definition: Definition,
    *,
    speeds: Sequence[float] = SPEEDS_KMH,
) -> pd.DataFrame:
    """Rates at other speeds and at other limits, per zone, roll-up and service.

    The other arguments and the errors are those of `coverage`.

    Parameters
    ----------
    speeds
        Speeds of the definition's mode, km/h; where the standard mixes modes, all scale alike.

    Returns
    -------
        The rows of the coverage table for each `value` of each `kind`: `speed_kmh`, at the
        standard's limits, and `minutes`, with this limit for every service at the definition's
        speed. `rate` is `NaN` where the coverage table has none, and where the search did not go so
        far.

    Raises
    ------
    InputError
        If a speed is not positive.

    Notes
    -----
    R(v) = Σ w·1[t·v₀/v ≤ T] / Σ w, with minutes t at the speed v₀ of the table: access legs are
    walked at the same speed. A limit in metres is as far at any speed.

    Examples
    --------
    At the corners of the sample town a block takes one minute and a half. The clinic stands in one
    corner; at half the speed the opposite one, 400 m away, is twelve minutes off.

    >>> from lifecircle.sample import town
    >>> town = town()
    >>> minutes = 1.5 * pd.DataFrame({"health": [0, 1, 2, 1, 2, 3, 2, 3, 4]})
    >>> none = minutes * 0.0
    >>> table = TravelTime(
    ...     minutes, minutes.astype("str"), none["health"], none["health"], none > 0, 4.0, 30.0
    ... )
    >>> from dataclasses import replace
    >>> standard = replace(town.standard, services=town.standard.services[:1], all=()).at(10.0)
    >>> definition = Definition("people", "people")
    >>> found = sensitivity(table, town.demand, town.zones, standard, definition, speeds=[2, 4])
    >>> found[found["level"] == "city"].set_index(["kind", "value"])["rate"].round(3).to_dict()
    {('speed_kmh', 2.0): 0.889, ('speed_kmh', 4.0): 1.0, ('minutes', 5.0): 0.889,
     ('minutes', 10.0): 1.0, ('minutes', 12.0): 1.0, ('minutes', 15.0): 1.0, ('minutes', 20.0): 1.0}
    """
    if slow := [speed for speed in speeds if not speed > 0]:
        raise InputError.of("sensitivity.speed", speeds=some(slow))
    measured = measure(travel_time, demand, zones, standard, definition)
    return sensitivity_of(measured, coverage_of(measured, zones), zones, speeds=speeds)


def sensitivity_of(
    measured: Measured,
    coverage: pd.DataFrame,
    zones: pd.DataFrame,
    *,
    speeds: Sequence[float] = SPEEDS_KMH,
    minutes: Sequence[float] = MINUTES,
) -> pd.DataFrame:
    """The same of what was measured, row by row as its `coverage`; see `sensitivity`."""
    factors = np.asarray(speeds, dtype=float) / measured.definition.speed_kmh
    by_speed = _Choice("speed_kmh", tuple(speeds), np.sort(factors), np.argsort(factors))
    limits = np.asarray(minutes, dtype=float)
    by_minutes = _Choice("minutes", tuple(minutes), np.sort(limits), np.argsort(limits))
    members = units_of(zones, measured.standard).members
    rows = coverage[["definition", "level", "zone", "name", "service"]].reset_index(drop=True)
    tables = []
    for choice in (by_speed, by_minutes):
        rates = np.full((members.shape[0], len(measured.services), len(choice.values)), np.nan)
        for column, service in enumerate(measured.services):
            if service.key in measured.reach:
                rates[:, column, choice.order] = _rates(service, choice, measured, members)
        for at, value in enumerate(choice.values):
            shown = rows.assign(kind=choice.kind, value=float(value), rate=rates[:, :, at].ravel())
            tables.append(shown)
    return pd.concat(tables, ignore_index=True)[SENSITIVITY_COLUMNS]


@dataclass(frozen=True, eq=False)
class _Choice:
    """What is chosen otherwise: its values, in ascending order as thresholds, and that order."""

    kind: str
    values: tuple[float, ...]
    thresholds: Floats
    order: Ints


def _rates(
    service: Service, choice: _Choice, measured: Measured, members: sparse.csr_array
) -> Floats:
    """The rate of each unit (rows) at each threshold; `NaN` where the search did not go so far.

    A place is reached at the speed v if its minutes over its limit are at most v / v₀.
    """
    keys = list(measured.standard.all) if service.key == ALL else [service.key]
    needed = np.maximum.reduce([_needed(key, choice.kind, measured) for key in keys])
    searched = min(_searched(key, choice.kind, measured) for key in keys)
    known = choice.thresholds <= searched
    step = np.searchsorted(choice.thresholds, np.where(np.isnan(needed), np.inf, needed))
    count = len(choice.thresholds) + 1
    weight, zone = measured.reach[service.key].weight, measured.zone
    by_zone = np.bincount(zone * count + step, weight, members.shape[1] * count)
    within = np.cumsum(members @ by_zone.reshape(-1, count), axis=1)
    rates = np.full((members.shape[0], count - 1), np.nan)
    total = within[:, -1:]
    np.divide(within[:, :-1], total, out=rates, where=total > 0)
    return np.where(known, rates, np.nan)


def _needed(key: str, kind: str, measured: Measured) -> Floats:
    """The least value of a choice at which each place is reached."""
    taken = measured.travel_time.minutes[key].to_numpy(dtype=float)
    if kind == "minutes":
        return taken - COVERED_TOLERANCE_MIN
    reach = measured.reach[key]
    if measured.standard.service(key).metres is not None:
        # As far at any speed.
        return np.where(reach.covered, 0.0, np.inf)
    return taken / (reach.limit + COVERED_TOLERANCE_MIN)


def _searched(key: str, kind: str, measured: Measured) -> float:
    """The greatest value of a choice at which the search still tells who is reached."""
    searched = measured.travel_time.search_minutes + COVERED_TOLERANCE_MIN
    if kind == "minutes":
        return searched
    service = measured.standard.service(key)
    return math.inf if service.metres is not None else searched / service.limits[-1]
