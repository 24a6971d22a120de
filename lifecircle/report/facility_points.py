"""The facilities for the page's map: one point each, its name, and the people it serves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from lifecircle.geodesy import lonlat
from lifecircle.report import packing

BAND_DEGREES = 0.005
"""Facilities follow each other in bands of latitude, so that steps between them are short."""


def facility_points(facilities: Any) -> pd.DataFrame:
    """One row per service and facility: `name`, and `lon`, `lat` of one of its access points.

    That is the one nearest to the middle of them all.
    """
    lon, lat = lonlat(facilities)
    frame = pd.DataFrame(facilities[["service", "facility", "name"]]).reset_index(drop=True)
    frame = frame.assign(lon=lon, lat=lat)
    same = frame.groupby(["service", "facility"], sort=False)
    middle_lon, middle_lat = same["lon"].transform("mean"), same["lat"].transform("mean")
    east = (frame["lon"] - middle_lon) * np.cos(np.radians(middle_lat))
    off = east**2 + (frame["lat"] - middle_lat) ** 2
    order = np.lexsort((off.to_numpy(), same.ngroup().to_numpy()))
    chosen = frame.iloc[order].drop_duplicates(["service", "facility"])
    return chosen.reset_index(drop=True)


def packed_facilities(
    facilities: Any, services: Iterable[str], catchments: pd.DataFrame | None
) -> dict[str, dict[str, Any]]:
    """By service, those of `services` that have facilities: how many, where, names, people.

    Parameters
    ----------
    catchments
        `demand` and `within` by service and facility; what it does not have is unknown.
    """
    points = _with_people(facility_points(facilities), catchments)
    found = {}
    for service in services:
        own = points[points["service"] == service]
        if own.empty:
            continue
        band = np.floor(own["lat"].to_numpy() / BAND_DEGREES)
        own = own.iloc[np.lexsort((own["lon"].to_numpy(), band))]
        names = own["name"].fillna("").astype(str).str.replace(r"\s+", " ", regex=True)
        found[service] = {
            "n": len(own),
            "xy": packing.points(own["lon"].to_numpy(), own["lat"].to_numpy()),
            "names": "\n".join(names) if names.str.strip().any() else None,
            "people": packing.encoded_list(own["demand"].to_numpy()),
            "within": packing.encoded_list(own["within"].to_numpy()),
        }
    return found


def _with_people(points: pd.DataFrame, catchments: pd.DataFrame | None) -> pd.DataFrame:
    """The points with `demand` and `within`, `NaN` where nobody knows."""
    if catchments is None:
        return points.assign(demand=np.nan, within=np.nan)
    keys = ["service", "facility"]
    return points.merge(catchments[[*keys, "demand", "within"]], on=keys, how="left")
