"""Changes to facilities: some added, some closed, some moved. What a planner asks "what if" of."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.errors import InputError
from lifecircle.messages import some

Added = tuple[str, float, float]
"""A facility that does not exist yet: service, longitude, latitude."""
Moved = tuple[str, float, float]
"""A facility at another place: its id, longitude, latitude."""

ADDED = "added"
"""Name of the layer of facilities that do not exist yet."""

_NEAR_ENOUGH = 0.4


@dataclass(frozen=True)
class Changes:
    """Facilities added, closed (by id) and moved, whatever services they offer."""

    add: tuple[Added, ...] = ()
    close: tuple[str, ...] = ()
    move: tuple[Moved, ...] = ()

    def services(self, facilities: pd.DataFrame) -> set[str]:
        """The services that are concerned."""
        gone = facilities["facility"].isin(self.gone)
        return {service for service, _, _ in self.add} | set(facilities.loc[gone, "service"])

    @property
    def gone(self) -> set[str]:
        """Ids of facilities that are no longer where they were."""
        return {*self.close, *(facility for facility, _, _ in self.move)}


def changes_to(
    facilities: pd.DataFrame,
    *,
    add: Iterable[Added] = (),
    close: Iterable[str] = (),
    move: Iterable[Moved] = (),
) -> Changes:
    """The changes, if they can be made.

    Raises
    ------
    InputError
        If a facility that is to be closed or moved is not there, or is named twice.
    """
    changes = Changes(tuple(add), tuple(close), tuple(move))
    named = [*changes.close, *(facility for facility, _, _ in changes.move)]
    known = facilities["facility"].unique().tolist()
    for name in named:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3, cutoff=_NEAR_ENOUGH) or known[:3]
            raise InputError.of("changes.unknown", facility=name, near=some(near))
        if named.count(name) > 1:
            raise InputError.of("changes.twice", facility=name)
    return changes


def new_places(facilities: gpd.GeoDataFrame, changes: Changes) -> gpd.GeoDataFrame:
    """Access points that the changes bring, in EPSG:4326: those moved, then those added.

    A facility that is moved has a single access point there for each of its services, and keeps
    what else is known of it. The index says where in the list of facilities they belong.
    """
    if not changes.move:
        return _added(changes.add, facilities) if changes.add else facilities.iloc[:0]
    place = {facility: (lon, lat) for facility, lon, lat in changes.move}
    columns = [name for name in facilities.columns if name not in _POSITION]
    moved = facilities.loc[facilities["facility"].isin(list(place)), columns]
    moved = moved.drop_duplicates(["facility", "service"])
    x, y = np.array([place[each] for each in moved["facility"]]).T
    moved = moved.set_geometry(gpd.points_from_xy(x, y, crs="EPSG:4326"))
    return pd.concat([moved, _added(changes.add, facilities)]) if changes.add else moved


def added_to(facilities: gpd.GeoDataFrame, added: Iterable[Added]) -> gpd.GeoDataFrame:
    """The facilities and, after them, those that do not exist yet."""
    added = tuple(added)
    if not added:
        return facilities
    return pd.concat([facilities, _added(added, facilities)], ignore_index=True)


def _added(added: tuple[Added, ...], facilities: pd.DataFrame) -> gpd.GeoDataFrame:
    """Rows after those of the facilities, with ids `added:1` … that none of them has."""
    ids = facilities.loc[facilities["facility"].str.startswith(f"{ADDED}:"), "facility"]
    numbers = ids.str.removeprefix(f"{ADDED}:")
    first = 1 + max((int(each) for each in numbers if each.isdecimal()), default=0)
    return gpd.GeoDataFrame(
        {
            "facility": [f"{ADDED}:{first + number}" for number in range(len(added))],
            "service": [service for service, _, _ in added],
            "name": "", "layer": ADDED, "site": "", "capacity": np.nan,
        },
        index=(facilities.index.max() + 1 if len(facilities) else 0) + np.arange(len(added)),
        geometry=gpd.points_from_xy([lon for _, lon, _ in added], [lat for _, _, lat in added]),
        crs="EPSG:4326",
    )  # fmt: skip


_POSITION = {"edge", "fraction", "distance_m", "street_lon", "street_lat", "moved"}
