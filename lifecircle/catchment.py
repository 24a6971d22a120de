"""Catchments: the demand for which each facility is the nearest, and how much of it is in time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lifecircle.definitions import Definition
from lifecircle.measured import Measured, measure
from lifecircle.standards import ALL, Standard
from lifecircle.travel import TravelTime

CATCHMENT_COLUMNS = ["service", "facility", "name", "demand", "within"]


def catchments(
    travel_time: TravelTime,
    demand: pd.DataFrame,
    zones: pd.DataFrame,
    standard: Standard,
    definition: Definition,
    *,
    facilities: pd.DataFrame,
) -> pd.DataFrame:
    """Demand for which each facility is the nearest of its service, and how much is in time.

    The other arguments and the errors are those of `coverage`.

    Parameters
    ----------
    facilities
        Access points, with `facility`, `service` and `name`.

    Returns
    -------
        One row per service and facility, services in the standard's order, facilities in theirs:
        `demand`, in the definition's unit, of all places that reach it before any other as far as
        was searched, those outside all zones included; `within`, those of them within the limit of
        their own area. Zero where another facility is nearer to everybody.

    Examples
    --------
    Ten people at each of two corners, four and sixteen minutes from the only clinic:

    >>> from lifecircle.standards import Service
    >>> standard = Standard("own", "", "", 0.85, (Service("health", "卫生", "Health", 15.0, 0.85),))
    >>> demand = pd.DataFrame({"zone": "a", "weight": [10.0, 10.0]})
    >>> taken = TravelTime(
    ...     minutes=pd.DataFrame({"health": [4.0, 16.0]}),
    ...     facility=pd.DataFrame({"health": ["clinic", "clinic"]}),
    ...     access_m=pd.Series([0.0, 0.0]),
    ...     rim=pd.Series([np.inf, np.inf]),
    ...     cut_off=pd.DataFrame({"health": [False, False]}),
    ...     speed_kmh=4.0,
    ...     search_minutes=30.0,
    ... )
    >>> zones = pd.DataFrame({"name": ["A"], "parent": "", "area_type": ""}, index=["a"])
    >>> clinics = pd.DataFrame({"facility": ["clinic"], "service": "health", "name": "Clinic"})
    >>> people = Definition("people", "people")
    >>> found = catchments(taken, demand, zones, standard, people, facilities=clinics)
    >>> found[["facility", "demand", "within"]].values.tolist()
    [['clinic', 20.0, 10.0]]
    """
    return catchments_of(measure(travel_time, demand, zones, standard, definition), facilities)


def catchments_of(measured: Measured, facilities: pd.DataFrame) -> pd.DataFrame:
    """The catchments of what was measured; see `catchments`."""
    listed = facilities[["service", "facility", "name"]].drop_duplicates(["service", "facility"])
    tables = []
    for service, reach in measured.reach.items():
        if service == ALL:
            continue
        own = listed[listed["service"] == service]
        nearest = measured.travel_time.facility[service].to_numpy(dtype=object)
        code = pd.Index(own["facility"]).get_indexer(pd.Index(nearest))
        known = code >= 0
        owner, weight = code[known], reach.weight[known]
        covered = np.where(reach.covered[known], weight, 0.0)
        tables.append(
            own.assign(
                demand=np.bincount(owner, weight, minlength=len(own)),
                within=np.bincount(owner, covered, minlength=len(own)),
            )
        )
    if not tables:
        return pd.DataFrame(columns=CATCHMENT_COLUMNS)
    return pd.concat(tables, ignore_index=True)[CATCHMENT_COLUMNS]
