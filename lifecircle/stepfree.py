"""Step-free walking, and any other way round what is closed: closed edges, and who moves off them.

The minutes are those of the longer way, never fewer than without the closing (contract §4).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.network import Bools, StreetNetwork, without
from lifecircle.snapping import MAX_SNAP_M, MIN_COMPONENT_M, SNAPPED_COLUMNS, snap
from lifecircle.travel import TravelTime, travel_time

_PER_EDGE = ("u", "v", "length_m", "forward_m", "backward_m", "steps", "tunnel", "barred")


def step_free(network: StreetNetwork) -> StreetNetwork:
    """The network without what is not step-free: steps, moving ways, `wheelchair=no`.

    Examples
    --------
    >>> import pyproj
    >>> from lifecircle.network import Streets, street_network
    >>> at = np.array([121.0, 121.001, 121.002])
    >>> stairs, tunnel = np.array([False, True]), np.array([False, False])
    >>> row = Streets(at, np.full(3, 31.0), np.array([0, 1]), np.array([1, 2]), stairs, tunnel)
    >>> step_free(street_network(row, crs=pyproj.CRS("EPSG:4549"))).forward_m.round().tolist()
    [96.0, inf]
    """
    return without(network, network.barred)


def off_closed(
    places: gpd.GeoDataFrame,
    network: StreetNetwork,
    closed: Bools,
    *,
    max_snap_m: float = MAX_SNAP_M,
    min_component_m: float = MIN_COMPONENT_M,
) -> gpd.GeoDataFrame:
    """The snapped places, those on a closed edge moved to the nearest open one.

    All others keep their positions. The island rule and the limit are those of snapping, the pieces
    of street those that remain; who is too far from every open edge is off the streets.

    Parameters
    ----------
    places
        Points snapped to `network` (see `lifecircle.snap`).
    closed
        Whether each edge of `network` is closed.
    """
    shut = without(network, closed)
    return on_open(places, shut, max_snap_m=max_snap_m, min_component_m=min_component_m)


def on_open(
    places: gpd.GeoDataFrame,
    shut: StreetNetwork,
    *,
    max_snap_m: float = MAX_SNAP_M,
    min_component_m: float = MIN_COMPONENT_M,
) -> gpd.GeoDataFrame:
    """The places, snapped before edges were shut, those on a shut edge on the nearest open one."""
    edge = places["edge"].to_numpy()
    where = np.flatnonzero((edge >= 0) & shut.closed[edge])
    if not len(where):
        return places
    kept = np.flatnonzero(~shut.closed)
    passable = dataclasses.replace(shut, **{name: getattr(shut, name)[kept] for name in _PER_EDGE})
    # the lowest edge still wins a tie, for `kept` is in order
    found = snap(
        places.iloc[where], passable, max_snap_m=max_snap_m, min_component_m=min_component_m
    )
    known = found["edge"].to_numpy() >= 0
    position = np.full(len(where), -1, dtype=np.int64)
    position[known] = kept[found["edge"].to_numpy()[known]]
    found = found.assign(edge=position)
    changed = {}
    for name in SNAPPED_COLUMNS:
        column = places[name].to_numpy(copy=True)
        column[where] = found[name].to_numpy()
        changed[name] = column
    return places.assign(**changed)


def detour_time(
    network: StreetNetwork,
    closed: Bools,
    demand: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    plain: TravelTime,
    *,
    services: Sequence[str] | None = None,
    search_minutes: float | None = None,
    max_snap_m: float = MAX_SNAP_M,
    min_component_m: float = MIN_COMPONENT_M,
) -> TravelTime:
    """Minutes by open edges alone, and no fewer than `plain`.

    Who moves off a closed edge may come out nearer to a facility than it was; nobody gains by a
    closing, so that the longer of both times counts, place by place. A place that finds no open
    edge within `max_snap_m` is cut off: `inf`, not `NaN`, for its position is known.

    Parameters
    ----------
    closed
        Whether each edge of `network` is closed, such as `network.barred`.
    demand, facilities
        Snapped to `network`, as `plain` took them.
    plain
        Minutes without the closing, with the same services.
    services, search_minutes
        By default those of `plain`.
    """
    services = list(plain.minutes.columns) if services is None else list(services)
    shut = without(network, closed)
    limits = {"max_snap_m": max_snap_m, "min_component_m": min_component_m}
    places = on_open(demand, shut, **limits)
    round_about = travel_time(
        shut,
        places,
        on_open(facilities, shut, **limits),
        services=services,
        search_minutes=plain.search_minutes if search_minutes is None else search_minutes,
    )
    lost = ((demand["edge"] >= 0) & (places["edge"] < 0)).to_numpy(bool)
    return no_quicker(round_about, plain, lost=lost)


def no_quicker(round_about: TravelTime, plain: TravelTime, *, lost: Bools) -> TravelTime:
    """Minutes by open edges, no fewer than the plain ones; `lost` places are cut off."""
    index, services = plain.minutes.index, list(round_about.minutes.columns)
    longer = np.where(lost[:, None], np.inf, round_about.minutes)
    minutes = pd.DataFrame(
        np.maximum(longer, plain.minutes[services]), index=index, columns=services
    )
    rim = np.where(lost, np.inf, round_about.rim)
    cut_off = lost[:, None] | round_about.cut_off | plain.cut_off[services]
    return dataclasses.replace(
        round_about,
        minutes=minutes,
        facility=round_about.facility.where(np.isfinite(minutes), ""),
        access_m=round_about.access_m.mask(lost, plain.access_m),
        rim=pd.Series(np.maximum(rim, plain.rim), index=index),
        cut_off=pd.DataFrame(cut_off, index=index, columns=services),
    )
