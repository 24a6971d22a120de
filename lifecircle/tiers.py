"""Completeness: how many of the services of a tier (生活圈层级) a place reaches.

Tiers are tests of their own and not nested: a large centre of the fifteen-minute circle does not
stand in for the small one of the five-minute circle, however near it is (GB 50180-2018:
上层级配套设施不能覆盖下层级). Each service counts only its own facilities, within its own limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lifecircle.definitions import OWN, Definition
from lifecircle.levels import units_of
from lifecircle.measured import Measured, measure
from lifecircle.standards import Standard
from lifecircle.travel import TravelTime

TIER_COLUMNS = [
    "definition", "level", "zone", "name", "parent", "tier", "minutes", "services",
    "services_of_tier", "demand", "mean_reached", "share_none", "share_half", "share_complete",
]  # fmt: skip

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Tier:
    """Services counted together: those of a tier, or all; `known` are those with data."""

    key: str
    minutes: float
    services: tuple[str, ...]
    known: tuple[str, ...]


def completeness(
    travel_time: TravelTime,
    demand: pd.DataFrame,
    zones: pd.DataFrame,
    standard: Standard,
    definition: Definition,
) -> pd.DataFrame:
    """How many services of each tier people reach, per zone and roll-up.

    Arguments and errors are those of `coverage`. Services of which no facilities are known count
    neither as reached nor as missed; a place that is not on the streets reaches nothing by them.

    Returns
    -------
        The units of the coverage table, each with a row per tier of the standard and one for all
        services (`tier` is ""): `minutes` (the tier's limit), `services` (how many have data) of
        `services_of_tier`, `demand`, `mean_reached` (how many services a unit of demand reaches on
        the average), and the shares of demand that reach none of them, at least half of them
        (`share_half`) and every one (`share_complete`). `NaN` without demand or data.

    Notes
    -----
    `mean_reached` is the sum of the services' coverage rates. Where each service counts its own
    group of people (`group = "own"`) there is no common denominator: here everybody counts, by the
    layer's weight.
    """
    measured = measure(travel_time, demand, zones, standard, definition)
    return completeness_of(measured, demand, zones)


def completeness_of(measured: Measured, demand: pd.DataFrame, zones: pd.DataFrame) -> pd.DataFrame:
    """The completeness of what was measured; see `completeness`."""
    group = measured.definition.group
    weight = demand[group if group not in ("", OWN) else "weight"].to_numpy(float)
    units = units_of(zones, measured.standard)
    parts = []
    for tier in _tiers(measured):
        count = len(tier.known) + 1
        cell = measured.zone * count + _reached(measured, tier)
        size = units.members.shape[1]
        by_zone = np.bincount(cell, weight, size * count).reshape(size, count)
        parts.append(
            units.labels.assign(
                tier=tier.key,
                minutes=tier.minutes,
                services=len(tier.known),
                services_of_tier=len(tier.services),
                **_shares(units.members @ by_zone),
            )
        )
    table = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    return table.assign(definition=measured.definition.key)[TIER_COLUMNS]


def services_reached(measured: Measured) -> pd.DataFrame:
    """How many services of each tier (column) every place reaches; of all under "".

    Same index as the demand.
    """
    counts = {tier.key: _reached(measured, tier) for tier in _tiers(measured)}
    return pd.DataFrame(counts, index=measured.travel_time.minutes.index)


def _tiers(measured: Measured) -> list[_Tier]:
    """The tiers that have services, in the standard's order, and all services together."""
    standard = measured.standard

    def tier(key: str, minutes: float, services: tuple[str, ...]) -> _Tier:
        known = tuple(service for service in services if service in measured.reach)
        return _Tier(key, minutes, services, known)

    found = [
        tier(each.key, each.minutes, tuple(s.key for s in standard.services if s.tier == each.key))
        for each in standard.tiers
    ]
    return [*(each for each in found if each.services), tier("", np.nan, standard.keys)]


def _reached(measured: Measured, tier: _Tier) -> Ints:
    """How many services of the tier each place reaches."""
    reached = np.zeros(len(measured.zone), dtype=np.int64)
    for service in tier.known:
        reached += measured.reach[service].covered
    return reached


def _shares(demand: Floats) -> Mapping[str, Floats]:
    """What the table says of demand by unit (rows) and number of services reached."""
    total, number = demand.sum(axis=1), np.arange(demand.shape[1])
    most = number[-1]

    def share(chosen: Floats) -> Floats:
        of_all = np.full(len(total), np.nan)
        np.divide(chosen, total, out=of_all, where=(total > 0) & (most > 0))
        return of_all

    return {
        "demand": total,
        "mean_reached": share(demand @ number),
        "share_none": share(demand[:, 0]),
        "share_half": share(demand[:, 2 * number >= most].sum(axis=1)),
        "share_complete": share(demand[:, -1]),
    }
