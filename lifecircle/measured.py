"""What a definition measures, place by place: whom each service counts, and who is within reach.

The coverage table sums it up; how sure a rate is comes from the same arrays.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lifecircle.applied import Areas, areas_of
from lifecircle.definitions import OWN, Definition
from lifecircle.errors import InputError
from lifecircle.layers.zones import OUTSIDE
from lifecircle.messages import some
from lifecircle.network import Ints
from lifecircle.standards import ALL, Service, Standard
from lifecircle.travel import TravelTime

COVERED_TOLERANCE_MIN = 1e-6
MIXED = " "
"""A mode where there is not a single one."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Reach:
    """Per demand place, one service: its limit in minutes, and what lies within it.

    `covered` is within the limit, `rim_exposed` might be from beyond the rim, `cut_off` has no
    facility on its piece of network, `unsnapped` is not on the network. `weight` is whom the
    service counts there.
    """

    limit: Floats
    weight: Floats
    covered: Bools
    rim_exposed: Bools
    cut_off: Bools
    unsnapped: Bools


@dataclass(frozen=True, eq=False)
class Measured:
    """What a definition measures, place by place: the source of its rates and of how sure they are.

    `travel_time` is at the definition's speed. `reach` has the services with data and, last, `all`
    where it is known; `services` are those of the table, in order. `zone` is the position of each
    place's zone, what lies outside after the last.
    """

    travel_time: TravelTime
    standard: Standard
    definition: Definition
    services: tuple[Service, ...]
    reach: Mapping[str, Reach]
    zone: Ints
    areas: Areas


def measure(
    travel_time: TravelTime,
    demand: pd.DataFrame,
    zones: pd.DataFrame,
    standard: Standard,
    definition: Definition,
) -> Measured:
    """What `coverage` counts, place by place. Arguments and errors as there."""
    if travel_time.metric not in {s.metric or definition.metric for s in standard.services}:
        values = {"definition": definition.key, "metric": definition.metric}
        raise InputError.of("coverage.other_metric", has=travel_time.metric, **values)
    scaled = at_speed(travel_time, standard, definition.speed_kmh)
    weights = _weights(demand, standard, definition)
    if not demand.index.equals(travel_time.minutes.index):
        raise InputError.of("coverage.index_differs", demand=len(demand))
    zone = _zone_positions(demand, zones)
    areas = areas_of(demand, zones)
    reach = {
        service.key: _reach(scaled, service, areas, weights[service.key])
        for service in standard.services
        if service.key in scaled.minutes
    }
    if standard.all and definition.group != OWN and all(key in reach for key in standard.all):
        reach[ALL] = reach_all([reach[key] for key in standard.all])
    services = (*standard.services, *_pseudo_service(standard))
    return Measured(scaled, standard, definition, services, reach, zone, areas)


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
        rims={key: rim * factor for key, rim in travel_time.rims.items()},
        speeds={key: speed / factor for key, speed in travel_time.speeds.items()},
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


def _weights(demand: pd.DataFrame, standard: Standard, definition: Definition) -> dict[str, Floats]:
    """Whom each service counts at each place."""
    groups = {
        service.key: service.group if definition.group == OWN else definition.group
        for service in standard.services
    }
    columns = {group or "weight": group for group in groups.values()}
    for column in columns:
        if column not in demand:
            known = [name for name in demand.columns if name not in ("id", "zone", "geometry")]
            raise InputError.of(
                "coverage.unknown_group",
                group=column,
                definition=definition.key,
                known=", ".join(map(str, known)),
            )
    values = {column: demand[column].to_numpy(float) for column in columns}
    return {key: values[group or "weight"] for key, group in groups.items()}


def _reach(travel_time: TravelTime, service: Service, areas: Areas, weight: Floats) -> Reach:
    """One service, each place by the limit of its own area."""
    minutes = travel_time.minutes[service.key].to_numpy()
    limits = np.array([service.minutes_in(label) for label in areas.labels])
    limit = limits[areas.code] if len(limits) else np.empty(0)
    within = limit + COVERED_TOLERANCE_MIN
    covered = minutes <= within
    return Reach(
        limit=limit,
        weight=weight,
        covered=covered,
        rim_exposed=~covered & (travel_time.rim_of(service.key).to_numpy() <= within),
        cut_off=travel_time.cut_off[service.key].to_numpy(),
        unsnapped=np.isnan(minutes),
    )


def reach_all(reaches: list[Reach]) -> Reach:
    """Every service within its own limit.

    A place is rim-exposed if the rim could supply each service it lacks, and cut off if it is from
    any.
    """
    covered = np.logical_and.reduce([reach.covered for reach in reaches])
    return Reach(
        limit=np.full(len(covered), np.nan),
        weight=reaches[0].weight,
        covered=covered,
        rim_exposed=np.logical_and.reduce([r.covered | r.rim_exposed for r in reaches]) & ~covered,
        cut_off=np.logical_or.reduce([reach.cut_off for reach in reaches]),
        unsnapped=np.logical_or.reduce([reach.unsnapped for reach in reaches]),
    )


def _pseudo_service(standard: Standard) -> list[Service]:
    """The pseudo-service `all`, with a limit where all its services share one."""
    if not standard.all:
        return []
    parts = [standard.service(key) for key in standard.all]
    areas = {area for part in parts for area in part.minutes_by_area}
    shared = {part.minutes for part in parts}
    by_area = {area: _only({part.minutes_in(area) for part in parts}) for area in sorted(areas)}
    modes = {area for part in parts for area in part.mode_by_area}
    mode = _one_mode({part.mode for part in parts})
    mode_by_area = {area: _one_mode({part.mode_in(area) for part in parts}) for area in modes}
    return [
        Service(
            ALL, "同时可达", "All at once", _only(shared), standard.target, by_area,
            mode=mode, mode_by_area=mode_by_area,
        )
    ]  # fmt: skip


def _one_mode(modes: set[str]) -> str:
    """The single mode (empty: the definition's), or a blank where there are several."""
    return next(iter(modes)) if len(modes) == 1 else MIXED


def _only(values: set[float]) -> float:
    """The single value, or `NaN` where there are several."""
    return next(iter(values)) if len(values) == 1 else math.nan
