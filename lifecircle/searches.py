"""Every search of a run: minutes by demand layer and method, each done once for all definitions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lifecircle.checked_layers import Checked
from lifecircle.compounds import gated_time
from lifecircle.definitions import (
    RADIUS,
    STEPFREE,
    Definition,
    catalogue,
    methods_of,
    search_minutes_of,
)
from lifecircle.stepfree import detour_time
from lifecircle.straight import straight_time
from lifecircle.travel import TravelTime, travel_time

Times = dict[str, dict[str, TravelTime]]
"""Minutes by demand layer and method."""
Search = Callable[[Checked, Iterable[Definition]], Times]
"""What finds the minutes of a run: on this machine `measured_times`."""


@dataclass(frozen=True)
class Searches:
    """What a run searches: services, how many minutes far, and the methods by demand layer."""

    services: tuple[str, ...]
    minutes: float
    methods: Mapping[str, tuple[str, ...]]


def searches_of(checked: Checked, definitions: Iterable[Definition]) -> Searches:
    """What is searched for these definitions, each demand layer and method once.

    Straight lines are always among them, for no walk is shorter; before a way without steps comes
    the plain one.
    """
    definitions = tuple(definitions)
    services = [key for key in catalogue(checked.standards.values()).keys if key in checked.given]
    methods: dict[str, dict[str, None]] = {}
    for definition in definitions:
        wanted = methods_of(definition, checked.standards[definition.key], checked.given)
        plain = [key.removesuffix(STEPFREE) for key in wanted if key.endswith(STEPFREE)]
        own = methods.setdefault(definition.demand, {})
        own |= dict.fromkeys([*plain, *wanted, RADIUS])
    return Searches(
        tuple(services),
        search_minutes_of(checked.project, checked.standards, definitions),
        {demand: tuple(own) for demand, own in methods.items()},
    )


def measured_times(
    checked: Checked,
    definitions: Iterable[Definition],
    *,
    services: Collection[str] | None = None,
) -> Times:
    """Minutes by demand layer and method, each searched once for all definitions.

    Parameters
    ----------
    services
        Only these; by default all that facilities were given for.
    """
    wanted = searches_of(checked, definitions)
    if services is not None:
        some = tuple(service for service in wanted.services if service in services)
        wanted = dataclasses.replace(wanted, services=some)
    measured: Times = {}
    for demand, methods in wanted.methods.items():
        own = measured.setdefault(demand, {})
        for key in methods:
            own[key] = _search(checked, demand, key, own, wanted)
    return measured


def gated_times(
    checked: Checked, measured: Mapping[str, Mapping[str, TravelTime]]
) -> dict[str, TravelTime]:
    """Minutes of the default mode where compounds are left by their gates only, by demand layer.

    None where the project names no compounds, or nobody goes by that mode.
    """
    network, mode = checked.project.network, checked.project.network.mode
    if checked.compounds is None:
        return {}
    return {
        name: gated_time(
            checked.network,
            checked.compounds,
            checked.demands[name],
            checked.facilities,
            taken[mode],
            services=list(taken[mode].minutes.columns),
            search_minutes=taken[mode].search_minutes,
            max_snap_m=network.max_snap_m,
            min_component_m=network.min_component_m,
        )
        for name, taken in measured.items()
        if mode in taken
    }


def _search(
    checked: Checked,
    demand: str,
    key: str,
    known: Mapping[str, TravelTime],
    wanted: Searches,
) -> TravelTime:
    """The minutes of one demand layer by one method; those found before are `known`."""
    services, minutes = list(wanted.services), wanted.minutes
    if key == RADIUS:
        speed_kmh = checked.network.speed_kmh
        places = checked.demands[demand]
        found = straight_time(places, checked.facilities, services=services, speed_kmh=speed_kmh)
        return straight_lines(*found, speed_kmh=speed_kmh)
    streets = checked.streets[key.removesuffix(STEPFREE)]
    places, facilities = streets.demands[demand], streets.facilities
    if not key.endswith(STEPFREE):
        return travel_time(
            streets.network, places, facilities, services=services, search_minutes=minutes
        )
    return detour_time(
        streets.network,
        streets.network.barred,
        places,
        facilities,
        known[key.removesuffix(STEPFREE)],
        services=services,
        search_minutes=minutes,
        max_snap_m=checked.project.network.max_snap_m,
        min_component_m=checked.project.network.min_component_m,
    )


def straight_lines(
    minutes: pd.DataFrame, facility: pd.DataFrame, *, speed_kmh: float
) -> TravelTime:
    """Straight lines as a table of minutes: nothing is unsnapped, cut off or saved by a rim."""
    index = minutes.index
    return TravelTime(
        minutes=minutes,
        facility=facility,
        access_m=pd.Series(0.0, index=index),
        rim=pd.Series(np.inf, index=index),
        cut_off=pd.DataFrame(False, index=index, columns=minutes.columns),
        speed_kmh=speed_kmh,
        search_minutes=np.inf,
    )
