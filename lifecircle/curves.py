"""What lies around the limit: the share reached against minutes, and the places just missed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from lifecircle.errors import InputError
from lifecircle.layers.zones import OUTSIDE
from lifecircle.rates import COVERED_TOLERANCE_MIN
from lifecircle.travel import TravelTime


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
