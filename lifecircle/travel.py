"""Minutes from demand to service: the hinge between the streets and every number.

One bounded search per service, started from all its facilities at once, gives every place its
nearest. Distances are searched in metres, so that one table holds for any speed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from lifecircle.errors import InputError
from lifecircle.nearest import at_nodes, nearest_targets
from lifecircle.network import Ints, StreetNetwork, metres_per_minute
from lifecircle.search import unserved


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
    check_snapped(demand, "demand places", "需求点")
    check_snapped(facilities, "facilities", "设施")
    if services is None:
        services = list(facilities["service"].unique())
    pace = metres_per_minute(network.speed_kmh)
    limit_m = search_minutes * pace
    offering = [
        facilities[(facilities["service"] == s) & (facilities["edge"] >= 0)] for s in services
    ]
    rim = at_nodes(network, np.flatnonzero(network.rim))
    *found, (rim_m, _) = nearest_targets(network, demand, [*offering, rim], limit_m=limit_m)
    columns = list(zip(services, offering, found, strict=True))

    def frame(columns: Mapping[str, object], kind: Any) -> pd.DataFrame:
        return pd.DataFrame(columns, index=demand.index, columns=list(services)).astype(kind)

    return TravelTime(
        minutes=frame({key: metres / pace for key, _, (metres, _) in columns}, float),
        facility=frame({key: _names(each, target) for key, each, (_, target) in columns}, "str"),
        access_m=demand["distance_m"].astype(float),
        rim=pd.Series(rim_m / pace, index=demand.index),
        cut_off=frame({key: unserved(network, demand, each) for key, each, _ in columns}, bool),
        speed_kmh=network.speed_kmh,
        search_minutes=search_minutes,
    )


def _names(facilities: pd.DataFrame, target: Ints) -> ExtensionArray:
    """The facility of each place, empty where there is none."""
    names = pd.array([*facilities["facility"], ""], dtype="str")
    return names.take(target)


def check_snapped(places: pd.DataFrame, what: str, what_zh: str) -> None:
    """Nothing, if the places have positions on streets.

    Raises
    ------
    InputError
        If they have not.
    """
    missing = [name for name in ("edge", "fraction", "distance_m") if name not in places]
    if missing:
        columns = ", ".join(missing)
        raise InputError.of("network.not_snapped", what=what, what_zh=what_zh, columns=columns)
