"""What isochrones are asked for: a row per facility, service and limit, and one per service."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.bands import Geometries
from lifecircle.errors import InputError
from lifecircle.geodesy import WGS84
from lifecircle.standards import Standard

COLUMNS = ["facility", "service", "minutes", "kind"]
NEEDED = ["facility", "service", "edge", "fraction", "distance_m"]


def asked(
    facilities: pd.DataFrame, standard: Standard, *, each_facility: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What to draw, and who starts where.

    What to draw has the result's columns and `source`; who starts where has `source` and `access`,
    the row of an access point. A source is a facility with all its entrances, or all those of a
    service.

    Raises
    ------
    InputError
        If the facilities are not snapped.
    """
    missing = [column for column in NEEDED if column not in facilities]
    if missing:
        raise InputError.of("isochrones.not_snapped", columns=", ".join(missing))
    known = facilities["service"].isin(standard.keys) & (facilities["edge"] >= 0)
    access = facilities.loc[known, NEEDED]
    facility, names = pd.factorize(access["facility"])
    service = len(names) + pd.Categorical(access["service"], standard.keys).codes.astype(np.int64)
    offers = pd.DataFrame(access[["facility", "service"]]).assign(kind="facility", source=facility)
    unions = offers.assign(facility="", kind="service", source=service)
    limits = [
        (service.key, minutes)
        for service in standard.services
        for minutes in sorted({service.minutes, *service.minutes_by_area.values()})
    ]
    wanted = pd.concat([offers, unions] if each_facility else [unions])
    limited = pd.DataFrame(limits, columns=["service", "minutes"])
    rows = limited.merge(wanted.drop_duplicates(), on="service").astype({"minutes": float})
    here = pd.DataFrame({"access": np.flatnonzero(known)})
    starts = pd.concat([here.assign(source=facility), here.assign(source=service)])
    return rows, starts[starts["source"].isin(rows["source"])]


def framed(rows: pd.DataFrame, geometry: Geometries) -> gpd.GeoDataFrame:
    """The rows with their geometry in degrees; those without any are left out."""
    frame = gpd.GeoDataFrame(rows[COLUMNS], geometry=geometry, crs=WGS84)
    return frame[~(frame.is_empty | frame.geometry.isna())].reset_index(drop=True)
