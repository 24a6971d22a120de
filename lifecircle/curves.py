"""What lies around the limit: the share reached against minutes, and the places just missed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from lifecircle.layers.zones import OUTSIDE
from lifecircle.rates import COVERED_TOLERANCE_MIN
from lifecircle.travel import TravelTime


def curve(
    travel_time: TravelTime,
    demand: pd.DataFrame,
    service: str,
    *,
    minutes: Sequence[float] = tuple(range(31)),
    weight: str = "weight",
) -> pd.DataFrame:
    """Share of demand within each number of minutes, per zone and for the city.

    Returns
    -------
        Indexed by minutes; one column per zone with demand, and `city` (all zones together).
    """
    inside = demand["zone"] != OUTSIDE
    value = demand.loc[inside, weight]
    zone = demand.loc[inside, "zone"]
    taken = travel_time.minutes.loc[inside, service]
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
    """
    taken = travel_time.minutes[service]
    missed = (taken > limit + COVERED_TOLERANCE_MIN) & (taken <= limit + within)
    found = demand[missed].assign(
        minutes=taken[missed], facility=travel_time.facility.loc[missed, service]
    )
    return found.sort_values("minutes", kind="stable")
