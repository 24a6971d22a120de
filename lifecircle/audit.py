"""Places whose minutes a reviewer can recompute by hand: drawn by lot, explained leg by leg."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.explanation import Explanation, explain
from lifecircle.geodesy import lonlat
from lifecircle.layers.zones import OUTSIDE
from lifecircle.measured import Measured
from lifecircle.network import Bools, Ints, StreetNetwork
from lifecircle.standards import ALL

AUDITED_PLACES = 12
SEED = 12
ROUNDING_MIN = 1e-6


@dataclass(frozen=True, eq=False)
class AuditedPlace:
    """A demand place with its way to the nearest facility of a service.

    `zone` is the position of its zone among the zones; `lon` and `lat` are in degrees. `minutes`
    are at the definition's speed, those of `way` at the network's.
    """

    zone: int
    lon: float
    lat: float
    minutes: float
    way: Explanation


def audit(
    measured: Measured,
    network: StreetNetwork,
    demand: gpd.GeoDataFrame,
    facilities: pd.DataFrame,
    *,
    mode: str,
    count: int = AUDITED_PLACES,
) -> tuple[AuditedPlace, ...]:
    """Places drawn by lot among those with demand that reach a service, explained.

    Services take turns, and zones do, so that as many of both as possible are among them. The same
    run draws the same places.

    Parameters
    ----------
    demand, facilities
        On the streets of `network`, whose mode is `mode`.
    count
        How many places at most.

    Returns
    -------
        Nothing where the definition's minutes are not those of this network alone: straight lines,
        another mode or several, or ways without steps, for which places may stand elsewhere.
    """
    if not _of_network(measured, mode):
        return ()
    return tuple(
        _explained(measured, network, demand, facilities, place=place, service=service)
        for place, service in _drawn(measured, demand, count)
    )


def _of_network(measured: Measured, mode: str) -> bool:
    """Whether every minute is one of the network, at its speed or scaled to another."""
    definition, taken = measured.definition, measured.travel_time
    plain = definition.metric == taken.metric == "network" and definition.steps == "allow"
    return plain and definition.mode == mode and not taken.speeds


def _drawn(measured: Measured, demand: pd.DataFrame, count: int) -> list[tuple[int, str]]:
    """Pairs of a place and a service, no place twice."""
    lots = np.random.default_rng(SEED)
    inside = (demand["zone"] != OUTSIDE).to_numpy()
    services = [key for key in measured.reach if key != ALL]
    queue = lots.permutation(np.unique(measured.zone[inside]))
    free = inside.copy()
    drawn: list[tuple[int, str]] = []
    for turn in range(count if services else 0):
        service = services[turn % len(services)]
        minutes = measured.travel_time.minutes[service].to_numpy()
        fit = free & np.isfinite(minutes) & (measured.reach[service].weight > 0)
        places, queue = _in_next_zone(fit, measured.zone, queue)
        if len(places):
            place = int(lots.choice(places))
            free[place] = False
            drawn.append((place, service))
    return drawn


def _in_next_zone(fit: Bools, zone: Ints, queue: Ints) -> tuple[Ints, Ints]:
    """The fitting places of the queue's first zone with any, which then goes to its end."""
    with_any = np.bincount(zone[fit], minlength=int(zone.max(initial=0)) + 1) > 0
    turns = np.flatnonzero(with_any[queue])
    if not len(turns):
        return np.empty(0, dtype=np.int64), queue
    chosen = queue[turns[0]]
    return np.flatnonzero(fit & (zone == chosen)), np.append(np.delete(queue, turns[0]), chosen)


def _explained(
    measured: Measured,
    network: StreetNetwork,
    demand: gpd.GeoDataFrame,
    facilities: pd.DataFrame,
    *,
    place: int,
    service: str,
) -> AuditedPlace:
    """The way from a place to the facility that the minutes are of."""
    here = demand.iloc[[place]]
    taken = measured.travel_time
    minutes = float(taken.minutes[service].iloc[place])
    nearest = facilities["facility"] == taken.facility[service].iloc[place]
    way = explain(
        network,
        here,
        facilities[nearest & (facilities["service"] == service)],
        str(here["id"].iloc[0]),
        service,
        search_minutes=minutes * taken.speed_kmh / network.speed_kmh + ROUNDING_MIN,
    )
    lon, lat = lonlat(here)
    return AuditedPlace(int(measured.zone[place]), float(lon[0]), float(lat[0]), minutes, way)
