"""Straight lines: what a radius definition measures, and what no walk can beat."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from lifecircle.geodesy import distance_m, earth_centred, lonlat
from lifecircle.network import metres_per_minute


def straight_time(
    demand: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    services: Sequence[str],
    speed_kmh: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Minutes in a straight line to the nearest access point of each service, and which facility.

    Neighbours are ordered by the chord through the earth, which within a city orders as the
    ellipsoidal distance does; the distance itself is ellipsoidal.
    """
    lon, lat = lonlat(demand)
    origins = earth_centred(lon, lat)
    minutes, nearest = {}, {}
    for service in services:
        offering = facilities[facilities["service"] == service]
        if offering.empty:
            minutes[service] = np.full(len(demand), np.inf)
            nearest[service] = np.full(len(demand), "", dtype=object)
            continue
        to_lon, to_lat = lonlat(offering)
        at = earth_centred(to_lon, to_lat)
        # Of access points at one spot the first, whichever others are among them.
        _, first = np.unique(at, axis=0, return_index=True)
        which = first[KDTree(at[first]).query(origins)[1]]
        metres = distance_m(lon, lat, to_lon[which], to_lat[which])
        minutes[service] = metres / metres_per_minute(speed_kmh)
        nearest[service] = offering["facility"].to_numpy(object)[which]
    return (
        pd.DataFrame(minutes, index=demand.index, columns=list(services), dtype=float),
        pd.DataFrame(nearest, index=demand.index, columns=list(services), dtype="str"),
    )
