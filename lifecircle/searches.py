"""Every search of a run: minutes by demand layer and method, each done once for all definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import geopandas as gpd
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


def measured_times(
    checked: Checked, definitions: Iterable[Definition]
) -> dict[str, dict[str, TravelTime]]:
    """Minutes by demand layer and method, each searched once for all definitions.

    Straight lines are always among them: no walk is shorter.
    """
    services = [key for key in catalogue(checked.standards.values()).keys if key in checked.given]
    search_minutes = search_minutes_of(checked.project, checked.standards, definitions)
    measured: dict[str, dict[str, TravelTime]] = {}
    for definition in definitions:
        wanted = methods_of(definition, checked.standards[definition.key], checked.given)
        own = measured.setdefault(definition.demand, {})
        # A detour is compared with the plain way, and every walk with the straight line.
        plain = [key.removesuffix(STEPFREE) for key in wanted if key.endswith(STEPFREE)]
        for key in [*plain, *wanted, RADIUS]:
            if key not in own:
                own[key] = _search(
                    checked, definition.demand, key, own, services=services, minutes=search_minutes
                )
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
    *,
    services: list[str],
    minutes: float,
) -> TravelTime:
    """The minutes of one demand layer by one method."""
    if key == RADIUS:
        speed_kmh = checked.network.speed_kmh
        places = checked.demands[demand]
        return _straight(places, checked.facilities, services=services, speed_kmh=speed_kmh)
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


def _straight(
    demand: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    services: list[str],
    speed_kmh: float,
) -> TravelTime:
    """Straight lines as a table of minutes: nothing is unsnapped, cut off or saved by a rim."""
    minutes, facility = straight_time(demand, facilities, services=services, speed_kmh=speed_kmh)
    return TravelTime(
        minutes=minutes,
        facility=facility,
        access_m=pd.Series(0.0, index=demand.index),
        rim=pd.Series(np.inf, index=demand.index),
        cut_off=pd.DataFrame(False, index=demand.index, columns=services),
        speed_kmh=speed_kmh,
        search_minutes=np.inf,
    )
