"""Coverage: the share of demand within the standard's time, per zone and service.

The one table that report, maps and workbook read. Roll-ups are sums of their zones, never averages.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lifecircle.definitions import Definition
from lifecircle.errors import InputError
from lifecircle.layers.zones import OUTSIDE
from lifecircle.levels import units_of
from lifecircle.messages import some
from lifecircle.standards import ALL, Service, Standard
from lifecircle.travel import TravelTime

COVERED_TOLERANCE_MIN = 1e-6
TARGET_TOLERANCE = 1e-12

COVERAGE_COLUMNS = [
    "definition", "level", "zone", "name", "parent", "service", "mode", "minutes",
    "demand", "covered", "unsnapped", "rate", "target", "status", "gap",
    "rate_low", "rate_high", "certainty", "undecided_by", "rim_exposed", "cut_off",
]  # fmt: skip
SUMS = ["demand", "covered", "unsnapped", "rim_exposed", "cut_off"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Reach:
    """Per demand place, one service: within its limit, saved by the rim, or cut off."""

    covered: Bools
    rim_exposed: Bools
    cut_off: Bools


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
    zones
        Zones by id, with `name`, `parent` and `area_type`.

    Returns
    -------
        The contract's columns: zones in order, parents, area types, the city, and what lies
        outside all zones, each with every service and the pseudo-service `all`.

    Raises
    ------
    InputError
        If the minutes are of another metric, indexes differ, the group is no column of the demand,
        or a limit at the definition's speed lies beyond what was searched.
    """
    if definition.metric != travel_time.metric:
        values = {"definition": definition.key, "metric": definition.metric}
        raise InputError.of("coverage.other_metric", has=travel_time.metric, **values)
    scaled = at_speed(travel_time, standard, definition.speed_kmh)
    weight = _weight(demand, definition)
    if not demand.index.equals(travel_time.minutes.index):
        raise InputError.of("coverage.index_differs", demand=len(demand))
    code = _zone_positions(demand, zones)
    services = [*standard.services, *_pseudo_service(standard)]
    area_type = [*zones["area_type"], ""]
    limits = np.array([[service.minutes_in(kind) for service in services] for kind in area_type])
    reach = {
        service.key: _reach(scaled, service.key, limits[code, column])
        for column, service in enumerate(standard.services)
        if service.key in scaled.minutes
    }
    if standard.all and all(key in reach for key in standard.all):
        reach[ALL] = _reach_all([reach[key] for key in standard.all])
    reaches = [reach.get(service.key) for service in services]
    sums = _zone_sums(reaches, weight, scaled, code, size=len(zones) + 1)
    units = units_of(zones, standard)
    labels = units.labels.loc[units.labels.index.repeat(len(services))].reset_index(drop=True)
    table = labels.assign(
        definition=definition.key,
        service=[service.key for service in services] * len(units.labels),
        mode=definition.mode,
        minutes=units.shared(limits).ravel(),
        target=[service.target for service in services] * len(units.labels),
        **{name: (units.members @ values).ravel() for name, values in sums.items()},
    )
    return _judge(table, in_scope=np.repeat(units.in_scope, len(services)))


def at_speed(travel_time: TravelTime, standard: Standard, speed_kmh: float) -> TravelTime:
    """The same table for another walking speed: every leg scales alike.

    Raises
    ------
    InputError
        If a limit at that speed reaches farther than was searched.
    """
    factor = travel_time.speed_kmh / speed_kmh
    searched = travel_time.search_minutes * factor
    if standard.longest_minutes > searched + COVERED_TOLERANCE_MIN:
        raise InputError.of(
            "coverage.beyond_search",
            minutes=standard.longest_minutes,
            speed_kmh=speed_kmh,
            searched=searched,
            needed=math.ceil(standard.longest_minutes / factor),
        )
    if factor == 1.0:
        return travel_time
    return dataclasses.replace(
        travel_time,
        minutes=travel_time.minutes * factor,
        rim=travel_time.rim * factor,
        speed_kmh=speed_kmh,
        search_minutes=searched,
    )


def _zone_positions(demand: pd.DataFrame, zones: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Position of each place's zone; what lies outside comes after the last zone."""
    code = pd.Index([*zones.index, OUTSIDE]).get_indexer(pd.Index(demand["zone"]))
    if (code < 0).any():
        raise InputError.of(
            "coverage.unknown_zone", zones=some(sorted(set(demand["zone"][code < 0])))
        )
    return code.astype(np.int64)


def _weight(demand: pd.DataFrame, definition: Definition) -> Floats:
    column = definition.group or "weight"
    if column not in demand:
        groups = [name for name in demand.columns if name not in ("id", "zone", "geometry")]
        raise InputError.of(
            "coverage.unknown_group",
            group=column,
            definition=definition.key,
            known=", ".join(map(str, groups)),
        )
    return demand[column].to_numpy(float)


def _reach(travel_time: TravelTime, service: str, minutes: Floats) -> Reach:
    limit = minutes + COVERED_TOLERANCE_MIN
    covered = (travel_time.minutes[service] <= limit).to_numpy()
    return Reach(
        covered=covered,
        rim_exposed=~covered & (travel_time.rim <= limit).to_numpy(),
        cut_off=travel_time.cut_off[service].to_numpy(),
    )


def _reach_all(reaches: list[Reach]) -> Reach:
    """Every service within its own limit.

    A place is rim-exposed if the rim could supply each service it lacks, and cut off if it is from
    any.
    """
    return Reach(
        covered=np.logical_and.reduce([reach.covered for reach in reaches]),
        rim_exposed=np.logical_and.reduce([r.covered | r.rim_exposed for r in reaches])
        & ~np.logical_and.reduce([reach.covered for reach in reaches]),
        cut_off=np.logical_or.reduce([reach.cut_off for reach in reaches]),
    )


def _pseudo_service(standard: Standard) -> list[Service]:
    """The pseudo-service `all`, with a limit where all its services share one."""
    if not standard.all:
        return []
    parts = [standard.service(key) for key in standard.all]
    areas = {area for part in parts for area in part.minutes_by_area}
    shared = {part.minutes for part in parts}
    by_area = {area: _only({part.minutes_in(area) for part in parts}) for area in sorted(areas)}
    return [Service(ALL, "同时可达", "All at once", _only(shared), standard.target, by_area)]


def _only(values: set[float]) -> float:
    """The single value, or `NaN` where there are several."""
    return next(iter(values)) if len(values) == 1 else math.nan


def _zone_sums(
    reaches: list[Reach | None],
    weight: Floats,
    travel_time: TravelTime,
    code: npt.NDArray[np.int64],
    *,
    size: int,
) -> dict[str, Floats]:
    """Demand by zone (rows; last what is outside) and service (columns); `NaN` without data."""

    def total(masks: list[Bools | None]) -> Floats:
        columns = [
            np.full(size, np.nan)
            if mask is None
            else np.bincount(code, np.where(mask, weight, 0.0), minlength=size)
            for mask in masks
        ]
        return np.column_stack(columns)

    everywhere = np.ones(len(weight), dtype=bool)
    unsnapped = travel_time.access_m.isna().to_numpy()
    return {
        "demand": total([everywhere for _ in reaches]),
        "covered": total([reach.covered if reach else None for reach in reaches]),
        "unsnapped": total([unsnapped for _ in reaches]),
        "rim_exposed": total([reach.rim_exposed if reach else None for reach in reaches]),
        "cut_off": total([reach.cut_off if reach else None for reach in reaches]),
    }


def _judge(table: pd.DataFrame, *, in_scope: Bools) -> pd.DataFrame:
    """Rates, status and gap from the sums; the columns of certainty stay empty."""
    demand, covered, target = table["demand"], table["covered"], table["target"]
    rate = (covered / demand).where(demand > 0)
    status = np.select(
        [covered.isna(), demand <= 0, ~in_scope, rate >= target - TARGET_TOLERANCE],
        ["no data", "no demand", "not in scope", "pass"],
        "fail",
    )
    gap = (target * demand - covered).clip(lower=0.0)
    table = table.assign(rate=rate, status=status, gap=gap)
    table = table.assign(rate_low=np.nan, rate_high=np.nan, certainty="", undecided_by="")
    return table[COVERAGE_COLUMNS]
