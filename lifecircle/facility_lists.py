"""Two lists of the same facilities side by side: the honest test of whether a list is complete.

Which facilities a list holds moves a rate more than anything that stands in its band.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from lifecircle.definitions import Definition
from lifecircle.errors import InputError
from lifecircle.geodesy import distance_m, earth_centred, lonlat
from lifecircle.network import StreetNetwork
from lifecircle.rates import coverage
from lifecircle.snapping import snap
from lifecircle.standards import Standard
from lifecircle.travel import travel_time

_NEEDED = ("facility", "service", "name")


@dataclass(frozen=True, eq=False)
class FacilityComparison:
    """What two lists share, and what only one of them has.

    `matched` has `facility_a`, `facility_b`, `service`, `name_a`, `name_b` and `distance_m`, the
    nearest first. `only_a` and `only_b` are rows of the lists, one for each facility and service.
    `summary` has a row per service: `a` and `b` (facilities in each list), `matched`, `only_a`,
    `only_b`, and the `median_m` between matched ones.
    """

    matched: pd.DataFrame
    only_a: gpd.GeoDataFrame
    only_b: gpd.GeoDataFrame
    summary: pd.DataFrame

    def __repr__(self) -> str:
        counts = f"{len(self.matched):,} matched, {len(self.only_a):,} only in a"
        return f"<FacilityComparison: {counts}, {len(self.only_b):,} only in b>"


def compare_facilities(
    a: gpd.GeoDataFrame, b: gpd.GeoDataFrame, *, within_m: float = 100.0
) -> FacilityComparison:
    """Facilities of two lists, matched one to one by where they stand, service by service.

    The two nearest to each other of all that are left are matched first. Names are not compared:
    lists spell them differently. Of a facility with several access points, the nearest counts.

    Parameters
    ----------
    a, b
        Access points with `facility`, `service` and `name`.
    within_m
        Farther apart than this, in metres, two facilities are not the same.

    Raises
    ------
    InputError
        If a list lacks a column or `within_m` is not positive.

    Examples
    --------
    One degree of longitude on the equator is 111,319 m: of two stations 33 m and 11 m from the
    first of the other list the nearer one is the same, and one a kilometre away is nobody's.

    >>> def stations(*lon):
    ...     points = gpd.points_from_xy(lon, [0.0] * len(lon), crs="EPSG:4326")
    ...     names = [f"S{number}" for number in range(len(lon))]
    ...     return gpd.GeoDataFrame(
    ...         {"facility": names, "service": "metro", "name": names}, geometry=points
    ...     )
    >>> found = compare_facilities(stations(0.0, 0.01), stations(0.0003, 0.0001))
    >>> found
    <FacilityComparison: 1 matched, 1 only in a, 1 only in b>
    >>> found.matched[["facility_a", "facility_b"]].to_numpy().tolist()
    [['S0', 'S1']]
    """
    if not within_m > 0:
        raise InputError.of("facility_lists.within", within_m=within_m)
    _check(a, "a")
    _check(b, "b")
    number_a, first_a = _numbered(a)
    number_b, first_b = _numbered(b)
    pairs = _candidates(a, b, within_m).assign(
        a=lambda found: number_a[found["a"]], b=lambda found: number_b[found["b"]]
    )
    best = _one_to_one(pairs)
    of_a, of_b = first_a.iloc[best["a"]], first_b.iloc[best["b"]]
    matched = pd.DataFrame(
        {
            "facility_a": of_a["facility"].to_numpy(),
            "facility_b": of_b["facility"].to_numpy(),
            "service": of_a["service"].to_numpy(),
            "name_a": of_a["name"].to_numpy(),
            "name_b": of_b["name"].to_numpy(),
            "distance_m": best["metres"].to_numpy(),
        }
    )
    only_a = first_a.drop(index=best["a"])
    only_b = first_b.drop(index=best["b"])
    summary = _summary(first_a, first_b, matched, only_a, only_b)
    return FacilityComparison(
        matched, only_a.reset_index(drop=True), only_b.reset_index(drop=True), summary
    )


def rates_by_list(
    a: gpd.GeoDataFrame,
    b: gpd.GeoDataFrame,
    network: StreetNetwork,
    demand: gpd.GeoDataFrame,
    zones: pd.DataFrame,
    *,
    standard: Standard,
    definition: Definition,
    search_minutes: float = 30.0,
) -> pd.DataFrame:
    """The rates that each of two lists of facilities gives, all else being equal.

    Parameters
    ----------
    a, b
        Access points, as for `compare_facilities`.
    demand
        Places snapped to `network`.

    Returns
    -------
        The rows of the coverage table: `definition`, `level`, `zone`, `name`, `service`, `rate_a`,
        `rate_b` and `difference` (a − b); `NaN` where a list has nothing of a service.
    """
    tables = []
    for facilities in (a, b):
        taken = travel_time(
            network, demand, snap(facilities, network), search_minutes=search_minutes
        )
        tables.append(coverage(taken, demand, zones, standard, definition))
    rows = tables[0][["definition", "level", "zone", "name", "service"]]
    rate_a, rate_b = (table["rate"] for table in tables)
    return rows.assign(rate_a=rate_a, rate_b=rate_b, difference=rate_a - rate_b)


def _check(facilities: gpd.GeoDataFrame, which: str) -> None:
    if missing := [name for name in _NEEDED if name not in facilities]:
        columns, known = ", ".join(missing), ", ".join(map(str, facilities.columns))
        raise InputError.of("facility_lists.columns", list=which, columns=columns, known=known)


def _numbered(facilities: gpd.GeoDataFrame) -> tuple[np.ndarray, gpd.GeoDataFrame]:
    """A number for each facility and service, by access point, and the first row of each."""
    keys = ["service", "facility"]
    number = facilities.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    return number, facilities.drop_duplicates(keys).reset_index(drop=True)


def _candidates(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame, within_m: float) -> pd.DataFrame:
    """Access points of one service in both lists that may be the same: positions and metres."""
    points = [(*lonlat(each), each["service"].to_numpy(object)) for each in (a, b)]
    (lon_a, lat_a, service_a), (lon_b, lat_b, service_b) = points
    found = [np.empty((0, 2), dtype=np.int64)]
    for service in pd.unique(service_a):
        at_a, at_b = np.flatnonzero(service_a == service), np.flatnonzero(service_b == service)
        if not len(at_b):
            continue
        here, there = (
            KDTree(earth_centred(lon[at], lat[at]))
            for lon, lat, at in ((lon_a, lat_a, at_a), (lon_b, lat_b, at_b))
        )
        # The chord is never longer than the way along the ellipsoid.
        near = here.sparse_distance_matrix(there, within_m + 1e-6, output_type="ndarray")
        found.append(np.column_stack([at_a[near["i"]], at_b[near["j"]]]))
    i, j = np.concatenate(found).T
    metres = distance_m(lon_a[i], lat_a[i], lon_b[j], lat_b[j])
    return pd.DataFrame({"a": i, "b": j, "metres": metres})[metres <= within_m]


def _one_to_one(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs that remain if again and again the nearest of all is taken, and both are gone.

    Whatever is the nearest to each other is taken in one round; ties go to the lowest numbers.
    """
    left = pairs.sort_values(["metres", "a", "b"], ignore_index=True)
    taken = []
    while len(left):
        best = left[~left["a"].duplicated() & ~left["b"].duplicated()]
        left = left[~left["a"].isin(best["a"]) & ~left["b"].isin(best["b"])]
        taken.append(best)
    return pd.concat([pairs.iloc[:0], *taken]).sort_values(["metres", "a", "b"])


def _summary(
    a: pd.DataFrame,
    b: pd.DataFrame,
    matched: pd.DataFrame,
    only_a: pd.DataFrame,
    only_b: pd.DataFrame,
) -> pd.DataFrame:
    """Counts and the median distance by service."""
    frames = {"a": a, "b": b, "matched": matched, "only_a": only_a, "only_b": only_b}
    counts = {name: frame["service"].value_counts() for name, frame in frames.items()}
    table = pd.DataFrame(counts).sort_index().fillna(0).astype(int)
    table["median_m"] = matched.groupby("service")["distance_m"].median()
    return table.rename_axis("service").reset_index()
