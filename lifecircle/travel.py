"""Minutes from demand to service: the hinge between the streets and every number.

One bounded search per service, started from all its facilities at once, gives every place its
nearest. Distances are searched in metres, so that one table holds for any speed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from lifecircle.errors import InputError
from lifecircle.network import StreetNetwork, metres_per_minute
from lifecircle.search import links_to, nearest_facility, rim_metres, unserved


@dataclass(frozen=True, eq=False)
class TravelTime:
    """Minutes from every demand place to the nearest facility of every service.

    All frames have the demand's index. `minutes` and `facility` have one column per service:
    `inf` and "" beyond `search_minutes`, `NaN` and "" where the place is not on the network.
    `access_m` is the place's own access leg, `rim` the minutes to where the data end, `cut_off`
    whether the place's piece of network holds no facility of the service. Where services are
    reached by several modes, `rims`, `legs` and `speeds` hold rim, access leg and speed of each.
    """

    minutes: pd.DataFrame
    facility: pd.DataFrame
    access_m: pd.Series[float]
    rim: pd.Series[float]
    cut_off: pd.DataFrame
    speed_kmh: float
    search_minutes: float
    rims: Mapping[str, pd.Series[float]] = field(default_factory=dict)
    legs: Mapping[str, pd.Series[float]] = field(default_factory=dict)
    speeds: Mapping[str, pd.Series[float]] = field(default_factory=dict)

    def rim_of(self, service: str) -> pd.Series[float]:
        """Minutes to the rim by the mode that leads to the service."""
        return self.rims.get(service, self.rim)

    def leg_of(self, service: str) -> pd.Series[float]:
        """Access leg by the mode that leads to the service, metres."""
        return self.legs.get(service, self.access_m)

    @property
    def metric(self) -> Literal["network", "radius"]:
        """How the minutes were measured; only straight lines are known at any distance."""
        return "radius" if np.isinf(self.search_minutes) else "network"

    def __repr__(self) -> str:
        return (
            f"<TravelTime: {len(self.minutes):,} places to {', '.join(self.minutes.columns)}, "
            f"{self.speed_kmh:g} km/h, searched {self.search_minutes:g} minutes>"
        )


def travel_time(
    network: StreetNetwork,
    demand: pd.DataFrame,
    facilities: pd.DataFrame,
    *,
    services: Sequence[str] | None = None,
    search_minutes: float = 30.0,
) -> TravelTime:
    """Minutes from each place to the nearest facility of each service, exact along edges.

    Access leg at the place, shortest path entering and leaving edges at the exact position, access
    leg at the facility, the legs at the network's speed. Two places on one edge may go along it.
    Nobody goes against a one-way edge.

    Parameters
    ----------
    demand
        Places snapped to `network` (see `lifecircle.snap`).
    facilities
        Access points snapped to `network`, with their `service` and `facility` columns.
    services
        Columns of the result, in order; by default those the facilities offer. A service without
        facilities is `inf` everywhere.
    search_minutes
        Nothing is searched farther than this.

    Raises
    ------
    InputError
        If places or facilities are not snapped.
    """
    _check_snapped(demand, "demand places", "需求点")
    _check_snapped(facilities, "facilities", "设施")
    if services is None:
        services = list(facilities["service"].unique())
    pace = metres_per_minute(network.speed_kmh)
    limit_m = search_minutes * pace
    links = links_to(network)
    minutes, nearest, cut_off = {}, {}, {}
    for service in services:
        offering = facilities[(facilities["service"] == service) & (facilities["edge"] >= 0)]
        metres, target = nearest_facility(network, demand, offering, links=links, limit_m=limit_m)
        names = np.append(offering["facility"].to_numpy(object), "")
        minutes[service] = metres / pace
        nearest[service] = pd.Series(names[target], index=demand.index, dtype="str")
        cut_off[service] = unserved(network, demand, offering)
    rim = rim_metres(network, demand, links=links, limit_m=limit_m)
    return TravelTime(
        minutes=pd.DataFrame(minutes, index=demand.index, columns=list(services), dtype=float),
        facility=pd.DataFrame(nearest, index=demand.index, columns=list(services), dtype="str"),
        access_m=demand["distance_m"].astype(float),
        rim=pd.Series(rim / pace, index=demand.index),
        cut_off=pd.DataFrame(cut_off, index=demand.index, columns=list(services), dtype=bool),
        speed_kmh=network.speed_kmh,
        search_minutes=search_minutes,
    )


def _check_snapped(places: pd.DataFrame, what: str, what_zh: str) -> None:
    missing = [name for name in ("edge", "fraction", "distance_m") if name not in places]
    if missing:
        columns = ", ".join(missing)
        raise InputError.of("network.not_snapped", what=what, what_zh=what_zh, columns=columns)
