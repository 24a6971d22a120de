"""Relations that must hold between the numbers of every run (contract §7).

A broken one is a fault of the program, not of the data.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from lifecircle.definitions import Definition
from lifecircle.errors import BrokenIdentityError
from lifecircle.messages import message
from lifecircle.rates import SUMS, coverage
from lifecircle.standards import ALL, Standard
from lifecircle.travel import TravelTime

RELATIVE = 1e-9
MINUTES = 1e-6
PLANE = 1e-4
"""Share by which a way along an edge may seem shorter than the straight line: the fraction on an
edge is taken in the metric CRS (contract §4), whose scale changes a little along the edge."""


def check_sums(table: pd.DataFrame, zones: pd.DataFrame) -> None:
    """Zones sum to their parents, their area types and the city.

    Raises
    ------
    BrokenIdentityError
        If a sum is off by more than 1e-9 relative.
    """
    keys = ["definition", "service"]
    own = table[table["level"] == "zone"]
    for level in ("city", "parent", "area_type"):
        upper = table[table["level"] == level].set_index([*keys, "zone"])[SUMS]
        label = own["zone"].map(zones[level]) if level != "city" else pd.Series("", own.index)
        labelled = own.assign(zone=label)[(label != "") | (level == "city")]
        # min_count keeps a sum of nothing known (no data) unknown.
        sums = labelled.groupby([*keys, "zone"], sort=False)[SUMS].sum(min_count=1)
        sums = sums.reindex(upper.index)
        wrong = ~np.isclose(sums, upper, rtol=RELATIVE, atol=RELATIVE, equal_nan=True)
        if wrong.any():
            rows = np.flatnonzero(wrong.any(axis=1))
            first = " ".join(map(str, upper.index[rows[0]]))
            raise _broken("identities.sum", level=level, rows=len(rows), first=first)


def check_all(table: pd.DataFrame, standard: Standard) -> None:
    """`all` never exceeds any of its services, and no part exceeds its whole.

    Raises
    ------
    BrokenIdentityError
        If one does.
    """
    keys = ["definition", "level", "zone"]
    everything = table[table["service"] == ALL].set_index(keys)["covered"]
    for key in standard.all:
        single = table[table["service"] == key].set_index(keys)["covered"]
        _at_most(everything, single, f"{ALL} ≤ {key}")
    for column in ("covered", "unsnapped", "rim_exposed", "cut_off"):
        _at_most(table[column], table["demand"], f"{column} ≤ demand")
    _at_most(table["covered"] + table["unsnapped"], table["demand"], "covered + unsnapped ≤ demand")


def check_snapped(travel_time: TravelTime) -> None:
    """A place is unsnapped for every service or for none.

    Raises
    ------
    BrokenIdentityError
        If minutes and access leg disagree about it.
    """
    unknown = travel_time.minutes.isna().to_numpy()
    if not (unknown == travel_time.access_m.isna().to_numpy()[:, None]).all():
        raise _broken("identities.unsnapped")


def check_detour(detour: TravelTime, plain: TravelTime) -> None:
    """Who avoids steps, or leaves only by gates, is never quicker: step-free ≤ plain.

    Raises
    ------
    BrokenIdentityError
        If some place is.
    """
    quicker = detour.minutes.to_numpy() < plain.minutes.to_numpy() - MINUTES
    if quicker.any():
        raise _broken("identities.detour", count=int(quicker.sum()))


def check_straight(travel_time: TravelTime, straight: pd.DataFrame) -> None:
    """Nobody walks a shorter way than the straight line: network rate ≤ radius rate.

    Raises
    ------
    BrokenIdentityError
        If some place does.
    """
    shorter = travel_time.minutes.to_numpy() < straight.to_numpy() * (1 - PLANE) - MINUTES
    if shorter.any():
        raise _broken("identities.straight", count=int(shorter.sum()))


def check_monotone(
    travel_time: TravelTime,
    demand: pd.DataFrame,
    zones: pd.DataFrame,
    standard: Standard,
    definition: Definition,
) -> None:
    """A higher limit or a higher speed never lowers a rate.

    Raises
    ------
    BrokenIdentityError
        If one does.
    """
    here = coverage(travel_time, demand, zones, standard, definition)["covered"]
    slower = dataclasses.replace(definition, speed_kmh=definition.speed_kmh * 0.9)
    _at_most(coverage(travel_time, demand, zones, standard, slower)["covered"], here, "speed")
    shorter = dataclasses.replace(
        standard,
        services=tuple(
            dataclasses.replace(
                service,
                minutes=service.minutes * 0.9,
                minutes_by_area={a: m * 0.9 for a, m in service.minutes_by_area.items()},
            )
            for service in standard.services
        ),
    )
    _at_most(coverage(travel_time, demand, zones, shorter, definition)["covered"], here, "limit")


def _at_most(low: pd.Series, high: pd.Series, what: str) -> None:
    low_values, high_values = low.to_numpy(float), high.reindex(low.index).to_numpy(float)
    over = low_values > high_values + RELATIVE * np.maximum(1.0, np.abs(high_values))
    if over.any():
        raise _broken("identities.order", what=what, count=int(over.sum()))


def _broken(code: str, **values: object) -> BrokenIdentityError:
    return BrokenIdentityError(message(code, **values).text("en"))
