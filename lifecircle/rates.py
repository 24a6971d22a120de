"""Coverage: the share of demand within the standard's time, per zone and service.

The one table that report, maps and workbook read. Roll-ups are sums of their zones, never averages.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from lifecircle.applied import area_types
from lifecircle.definitions import Definition
from lifecircle.levels import units_of
from lifecircle.measured import Measured, measure
from lifecircle.standards import Standard
from lifecircle.travel import TravelTime

TARGET_TOLERANCE = 1e-12

COVERAGE_COLUMNS = [
    "definition", "level", "zone", "name", "parent", "service", "mode", "minutes",
    "demand", "covered", "unsnapped", "rate", "target", "status", "gap",
    "rate_low", "rate_high", "certainty", "undecided_by", "rim_exposed", "cut_off",
]  # fmt: skip
SUMS = ["demand", "covered", "unsnapped", "rim_exposed", "cut_off"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def coverage(
    travel_time: TravelTime,
    demand: pd.DataFrame,
    zones: pd.DataFrame,
    standard: Standard,
    definition: Definition,
) -> pd.DataFrame:
    """Share of demand within the standard's time, per zone, roll-up and service.

    Any limit (`standard.at(12)`), speed or group (`definition`) is read from the same table of
    minutes, without a new search.

    Parameters
    ----------
    travel_time
        Minutes to the nearest facility; a service of the standard that it lacks is `no data`.
    demand
        Places with `weight` (or the definition's group) and `zone`; same index as `travel_time`.
        Their `kind`, where there is one, may select limits within an area type.
    zones
        Zones by id, with `name`, `parent` and `area_type`.

    Returns
    -------
        The contract's columns: zones in order, parents, area types, the city, the scope of the
        target where it leaves zones out, and what lies outside all zones, each with every service
        and the pseudo-service `all`.

    Raises
    ------
    InputError
        If the minutes are of another metric, indexes differ, a group is no column of the demand,
        or a limit at the definition's speed lies beyond what was searched.
    """
    return coverage_of(measure(travel_time, demand, zones, standard, definition), zones)


def coverage_of(measured: Measured, zones: pd.DataFrame) -> pd.DataFrame:
    """The coverage table of what was measured."""
    services, definition = measured.services, measured.definition
    units = units_of(zones, measured.standard)
    sums = zone_sums(measured, size=len(zones) + 1)
    minutes, mode = units.shared(*_rules(measured, zones))
    labels = units.labels.loc[units.labels.index.repeat(len(services))].reset_index(drop=True)
    table = labels.assign(
        definition=definition.key,
        service=[service.key for service in services] * len(units.labels),
        mode=mode.ravel(),
        minutes=minutes.ravel(),
        target=[service.target for service in services] * len(units.labels),
        **{name: (units.members @ values).ravel() for name, values in sums.items()},
    )
    return judged(table, in_scope=np.repeat(units.in_scope, len(services)))


def _rules(
    measured: Measured, zones: pd.DataFrame
) -> tuple[Floats, npt.NDArray[Any], sparse.csr_array]:
    """Limits and modes by area (rows) and service, and which areas each zone has places in.

    A zone without places has the area of its own type.
    """
    services, definition = measured.services, measured.definition
    types = [*area_types(zones), ""]
    labels = list(dict.fromkeys([*measured.areas.labels, *types]))
    minutes = [[service.minutes_in(label) for service in services] for label in labels]
    mode = [[service.mode_in(label) or definition.mode for service in services] for label in labels]
    position = pd.Index(labels)
    own = position.get_indexer(pd.Index(types))
    code = position.get_indexer(pd.Index(measured.areas.labels))[measured.areas.code]
    here = sparse.coo_array(
        (np.ones(len(code)), (measured.zone, code)), shape=(len(types), len(labels))
    ).tocsr()
    empty = np.flatnonzero(np.diff(here.indptr) == 0)
    alone = sparse.coo_array((np.ones(len(empty)), (empty, own[empty])), shape=here.shape)
    return np.array(minutes), np.array(mode, dtype=object), (here + alone.tocsr()).tocsr()


def zone_sums(measured: Measured, *, size: int) -> dict[str, Floats]:
    """Demand by zone (rows; last what is outside) and service (columns); `NaN` without data."""
    zone, reaches = measured.zone, [measured.reach.get(s.key) for s in measured.services]
    weight = next((r.weight for r in reaches if r), np.zeros(len(zone)))
    unsnapped = measured.travel_time.access_m.isna().to_numpy()

    def total(kind: str) -> Floats:
        columns = [
            np.full(size, np.nan)
            if reach is None
            else np.bincount(zone, np.where(getattr(reach, kind), reach.weight, 0.0), size)
            for reach in reaches
        ]
        return np.column_stack(columns)

    def everything(masks: list[Bools | None]) -> Floats:
        columns = [
            np.bincount(
                zone,
                (reach.weight if reach else weight) * (1.0 if mask is None else mask),
                size,
            )
            for reach, mask in zip(reaches, masks, strict=True)
        ]
        return np.column_stack(columns)

    return {
        "demand": everything([None for _ in reaches]),
        "covered": total("covered"),
        "unsnapped": everything([reach.unsnapped if reach else unsnapped for reach in reaches]),
        "rim_exposed": total("rim_exposed"),
        "cut_off": total("cut_off"),
    }


def judged(table: pd.DataFrame, *, in_scope: Bools) -> pd.DataFrame:
    """Rates, status and gap from the sums; the columns of certainty stay empty.

    A target that the standard does not set applies nowhere.
    """
    demand, covered, target = table["demand"], table["covered"], table["target"]
    rate = (covered / demand).where(demand > 0)
    status = np.select(
        [covered.isna(), demand <= 0, ~in_scope | target.isna(), rate >= target - TARGET_TOLERANCE],
        ["no data", "no demand", "not in scope", "pass"],
        "fail",
    )
    gap = (target * demand - covered).clip(lower=0.0)
    table = table.assign(rate=rate, status=status, gap=gap)
    table = table.assign(rate_low=np.nan, rate_high=np.nan, certainty="", undecided_by="")
    return table[COVERAGE_COLUMNS]
