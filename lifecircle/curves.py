"""What lies around the limit: the share reached against minutes, and the places just missed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from lifecircle.definitions import Definition
from lifecircle.errors import InputError
from lifecircle.layers.zones import OUTSIDE
from lifecircle.levels import units_of
from lifecircle.measured import COVERED_TOLERANCE_MIN, Measured, measure
from lifecircle.rates import TARGET_TOLERANCE, coverage_of
from lifecircle.standards import ALL, Standard
from lifecircle.travel import TravelTime

CURVE_MINUTES = range(31)
"""Minutes at which `curves.csv` gives the share."""
CURVE_KEYS = [
    "definition", "level", "zone", "name", "parent", "service", "minutes", "demand", "target",
]  # fmt: skip

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def coverage_curves(
    travel_time: TravelTime,
    demand: pd.DataFrame,
    zones: pd.DataFrame,
    standard: Standard,
    definition: Definition,
    *,
    minutes: Sequence[float] = CURVE_MINUTES,
) -> pd.DataFrame:
    """Share of demand against minutes, per zone, roll-up and service, and when it meets the target.

    The other arguments and the errors are those of `coverage`.

    Parameters
    ----------
    minutes
        Where the curves are read.

    Returns
    -------
        The rows of the coverage table, in its order: `CURVE_KEYS` (`minutes` is the limit),
        `minutes_at_target`, and `share_<minutes>`, the share of demand within so many minutes;
        `NaN` where there are no data, or the search did not go so far. The curve of `all` is the
        share within so many minutes of each service, whatever their limits.

    Notes
    -----
    `minutes_at_target` is exact: the minutes of the place with which, from the nearest outward, the
    target is reached. All demand counts, also what is not on the streets. It is `NaN` where what
    was searched does not suffice.
    """
    measured = measure(travel_time, demand, zones, standard, definition)
    return curves_of(measured, coverage_of(measured, zones), zones, minutes=minutes)


def curves_of(
    measured: Measured,
    coverage: pd.DataFrame,
    zones: pd.DataFrame,
    *,
    minutes: Sequence[float] = CURVE_MINUTES,
) -> pd.DataFrame:
    """The curves of what was measured, row by row as its `coverage`; see `coverage_curves`."""
    limits = np.unique(np.asarray(minutes, dtype=float))
    members = units_of(zones, measured.standard).members
    units = _units_of_places(measured.zone, members)
    rows = np.arange(len(coverage)).reshape(members.shape[0], len(measured.services))
    target = coverage["target"].to_numpy(float)
    shares = np.full((len(coverage), len(limits)), np.nan)
    at_target = np.full(len(coverage), np.nan)
    for column, service in enumerate(measured.services):
        if service.key not in measured.reach:
            continue
        row, weight = rows[:, column], measured.reach[service.key].weight
        taken = _minutes_to(measured, service.key)
        step = _steps(taken, limits)
        within = _within(step, weight, measured.zone, members, count=len(limits) + 2)
        shares[row] = _shares(within[:, : len(limits)], within[:, -1])
        needed = (target[row] - TARGET_TOLERANCE) * within[:, -1]
        at_target[row] = _minutes_at(needed, within, taken, weight, step=step, units=units)
    shares[:, limits > measured.travel_time.search_minutes + COVERED_TOLERANCE_MIN] = np.nan
    # At its limit a share is the coverage rate to the last digit, in whatever order it is summed.
    row, at_limit = np.nonzero(coverage["minutes"].to_numpy(float)[:, None] == limits)
    shares[row, at_limit] = coverage["rate"].to_numpy(float)[row]
    names = [f"share_{limit:g}" for limit in limits]
    table = coverage[CURVE_KEYS].reset_index(drop=True).assign(minutes_at_target=at_target)
    return table.join(pd.DataFrame(shares, columns=names))


def curve(
    travel_time: TravelTime,
    demand: pd.DataFrame,
    service: str,
    *,
    minutes: Sequence[float] | None = None,
    weight: str = "weight",
) -> pd.DataFrame:
    """Share of demand within each number of minutes, per zone and for the city.

    Parameters
    ----------
    minutes
        By default every whole minute up to 30, as far as was searched.

    Returns
    -------
        Indexed by minutes; one column per zone with demand, and `city` (all zones together).

    Raises
    ------
    InputError
        If some of the minutes lie beyond what was searched, or none to that service are known.
    """
    if minutes is None:
        minutes = range(math.floor(min(30.0, travel_time.search_minutes)) + 1)
    _refuse_beyond(max(minutes, default=0.0), travel_time)
    inside = demand["zone"] != OUTSIDE
    value = demand.loc[inside, weight]
    zone = demand.loc[inside, "zone"]
    taken = _minutes(travel_time, service)[inside]
    total = value.groupby(zone, sort=True).sum()
    total = total[total > 0]
    rows = {}
    for limit in minutes:
        within = value.where(taken <= limit + COVERED_TOLERANCE_MIN, 0.0)
        share = within.groupby(zone, sort=True).sum().reindex(total.index) / total
        share["city"] = within.sum() / total.sum() if len(total) else math.nan
        rows[limit] = share
    table = pd.DataFrame(rows).T
    table.index.name = "minutes"
    table.columns.name = None
    return table


def near_misses(
    travel_time: TravelTime,
    demand: pd.DataFrame,
    service: str,
    *,
    limit: float,
    within: float = 2.0,
) -> pd.DataFrame:
    """Demand places whose nearest facility lies beyond the limit by at most `within` minutes.

    Returns
    -------
        The demand's rows with `minutes` and `facility`, the nearest miss first.

    Raises
    ------
    InputError
        If `limit` and `within` together lie beyond what was searched.
    """
    _refuse_beyond(limit + within, travel_time)
    taken = _minutes(travel_time, service)
    missed = (taken > limit + COVERED_TOLERANCE_MIN) & (taken <= limit + within)
    found = demand[missed].assign(
        minutes=taken[missed], facility=travel_time.facility.loc[missed, service]
    )
    return found.sort_values("minutes", kind="stable")


def _minutes_to(measured: Measured, service: str) -> Floats:
    """Minutes of every place to a service; to `all` those to the farthest of them."""
    keys = list(measured.standard.all) if service == ALL else [service]
    return np.asarray(measured.travel_time.minutes[keys].to_numpy().max(axis=1), dtype=float)


def _steps(taken: Floats, limits: Floats) -> Ints:
    """The first limit that holds each place; after the last what lies beyond, then what never."""
    step = np.searchsorted(limits + COVERED_TOLERANCE_MIN, taken).astype(np.int64)
    step[~np.isfinite(taken)] = len(limits) + 1
    return step


def _within(
    step: Ints, weight: Floats, zone: Ints, members: sparse.csr_array, *, count: int
) -> Floats:
    """Demand of each unit up to each step; the last is all of it."""
    size = members.shape[1]
    by_zone = np.bincount(zone * count + step, weight, size * count).reshape(size, count)
    return np.asarray(np.cumsum(members @ by_zone, axis=1))


def _shares(within: Floats, total: Floats) -> Floats:
    share = np.full(within.shape, np.nan)
    np.divide(within, total[:, None], out=share, where=total[:, None] > 0)
    return share


def _minutes_at(
    needed: Floats, within: Floats, taken: Floats, weight: Floats, *, step: Ints, units: Ints
) -> Floats:
    """The minutes with which each unit has the demand `needed`.

    Only places of the step in which it gets there have to be put in order.
    """
    enough = within[:, :-1] >= needed[:, None]
    last = np.where(enough.any(axis=1) & (within[:, -1] > 0), enough.argmax(axis=1), -1)
    before = np.where(last > 0, within[np.arange(len(last)), last - 1], 0.0)
    hits = [np.flatnonzero((unit >= 0) & (step == last[unit])) for unit in units]
    place = np.concatenate(hits)
    unit = np.concatenate([own[hit] for own, hit in zip(units, hits, strict=True)])
    order = np.lexsort((taken[place], unit))
    unit, place = unit[order], place[order]
    minutes = np.where(last < 0, np.nan, 0.0)
    starts = np.searchsorted(unit, np.arange(len(last) + 1))
    for i in np.flatnonzero((last >= 0) & (needed > 0)):
        nearest_first = place[starts[i] : starts[i + 1]]
        gathered = before[i] + np.cumsum(weight[nearest_first])
        # In another order the same sum may be lower by a rounding.
        position = min(int(np.searchsorted(gathered, needed[i])), len(nearest_first) - 1)
        minutes[i] = taken[nearest_first[position]]
    return minutes


def _units_of_places(zone: Ints, members: sparse.csr_array) -> Ints:
    """The units that each place (column) belongs to, filled up with -1."""
    columns = members.tocsc()
    count = np.diff(columns.indptr)
    nth = np.arange(columns.nnz) - np.repeat(columns.indptr[:-1], count)
    of_zone = np.full((count.max(initial=1), len(count)), -1, dtype=np.int64)
    of_zone[nth, np.repeat(np.arange(len(count)), count)] = columns.indices
    return of_zone[:, zone]


def _minutes(travel_time: TravelTime, service: str) -> pd.Series[float]:
    if service not in travel_time.minutes:
        known = ", ".join(travel_time.minutes.columns)
        raise InputError.of("coverage.no_minutes", service=service, known=known)
    return travel_time.minutes[service]


def _refuse_beyond(minutes: float, travel_time: TravelTime) -> None:
    """Says how far to search where nobody knows who is reached within so many minutes."""
    if minutes > travel_time.search_minutes + COVERED_TOLERANCE_MIN:
        raise InputError.of(
            "coverage.beyond_search",
            minutes=minutes,
            speed_kmh=travel_time.speed_kmh,
            searched=travel_time.search_minutes,
            needed=math.ceil(minutes),
        )
