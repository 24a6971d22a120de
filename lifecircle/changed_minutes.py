"""Minutes where a change to facilities can tell: searched near it, all others stay as they are.

A place changes if its nearest facility has gone, or a new one is nearer, or its piece of street
wins or loses the only one. Those few are searched again by the rules of a whole run, so that their
minutes are the same to the last digit.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.compiled import COMPILED
from lifecircle.geodesy import earth_centred, lonlat
from lifecircle.nearest import bucket_width, nearest_targets
from lifecircle.network import Bools, Floats, Ints, StreetNetwork, metres_per_minute
from lifecircle.positions import positions_of
from lifecircle.reaching import Inhabited, Sources, inhabited, pairs_within
from lifecircle.straight import straight_time
from lifecircle.travel import TravelTime

_PLANE_STRETCH = 1.1
"""More than any metric CRS stretches a short distance."""
_CHORD_SLACK = 1.001
"""More than a chord through the earth differs from the distance on it, within a city."""


@dataclass(frozen=True, eq=False)
class Shift:
    """What changes of one service: facilities that have `gone`, new access points by mode."""

    service: str
    gone: frozenset[str]
    new: Mapping[str, gpd.GeoDataFrame]


@dataclass(frozen=True, eq=False)
class Changed:
    """Minutes of one service by one method at the places (positions) where they may be others."""

    where: Ints
    minutes: Floats
    cut_off: Bools


@dataclass(frozen=True, eq=False)
class Homes:
    """Demand places and facilities on the streets of a method, ready for searches nearby.

    `lost` are places that find no open street, where some streets are closed.
    """

    network: StreetNetwork
    places: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    lost: Bools

    def prepared(self, *, straight: bool) -> Homes:
        """Itself, with what searches along streets or in straight lines need put together."""
        needed = ("earth",) if straight else ("component", "offers", "quickest", "longest_m")
        for name in needed:
            getattr(self, name)
        if COMPILED and not straight:
            _ = self.on_chains
        return self

    @functools.cached_property
    def on_chains(self) -> Inhabited:
        """The places by the chains of streets they stand on."""
        network = self.network
        costs = network.forward_m, network.backward_m
        return inhabited(network.chains, positions_of(network.chains, costs, self.places))

    @functools.cached_property
    def component(self) -> Ints:
        """The piece of street of each place, -1 off the streets."""
        edge = self.places["edge"].to_numpy()
        return np.where(edge >= 0, self.network.component[self.network.u[edge]], -1)

    @functools.cached_property
    def earth(self) -> Floats:
        """Where each place is, in metres from the centre of the earth."""
        return earth_centred(*lonlat(self.places))

    @functools.cached_property
    def offers(self) -> dict[str, pd.DataFrame]:
        """Access points on the streets by service."""
        on = pd.DataFrame(self.facilities)[
            ["facility", "service", "edge", "fraction", "distance_m"]
        ]
        return {str(key): own for key, own in on[on["edge"] >= 0].groupby("service", sort=False)}

    @functools.cached_property
    def quickest(self) -> float:
        """The least metres that a metre of any street takes."""
        network, longer = self.network, self.network.length_m > 0
        least = np.minimum(network.forward_m, network.backward_m)[longer]
        return float((least / network.length_m[longer]).min(initial=np.inf))

    @functools.cached_property
    def longest_m(self) -> float:
        """The length of the longest edge."""
        return float(self.network.length_m.max(initial=0.0))

    def offering(self, service: str) -> pd.DataFrame:
        """Access points of a service on the streets."""
        none = pd.DataFrame({"facility": [], "edge": np.empty(0, np.int64)})
        return self.offers.get(service, none.assign(fraction=0.0, distance_m=0.0))

    def served(self, *offering: pd.DataFrame) -> Bools:
        """Whether each piece of street holds any of these access points."""
        found = np.zeros(len(self.network.component_m), dtype=bool)
        for each in offering:
            found[self.network.component[self.network.u[each["edge"].to_numpy(np.int64)]]] = True
        return found

    def reaching(self, targets: pd.DataFrame, limit_m: float) -> tuple[Ints, Floats]:
        """Places that reach one of the targets within the limit, and metres to the nearest."""
        network = self.network
        if not COMPILED:
            ((metres, _),) = nearest_targets(network, self.places, [targets], limit_m=limit_m)
            place = np.flatnonzero(np.isfinite(metres))
            return place, metres[place]
        chains = network.chains
        at = positions_of(chains, (network.forward_m, network.backward_m), targets)
        source = Sources(at, np.array([0, len(targets)], np.int64))
        limits = (limit_m, bucket_width(chains, limit_m), len(self.places))
        pairs, _ = pairs_within(chains, self.on_chains, source, (0, 1), limits)
        order = np.argsort(pairs.place)
        return pairs.place[order].astype(np.int64), pairs.metres[order]

    def nearest_m(self, where: Ints, targets: pd.DataFrame, limit_m: float) -> Floats:
        """Metres from some of the places to the nearest target."""
        here = self.places[["edge", "fraction", "distance_m"]].take(where)
        near = targets[self._may_reach(where, targets, limit_m)]
        ((metres, _),) = nearest_targets(self.network, pd.DataFrame(here), [near], limit_m=limit_m)
        return metres

    def _may_reach(self, where: Ints, targets: pd.DataFrame, limit_m: float) -> Bools:
        """Targets to which the straight line is within the limit: no way is shorter."""
        network = self.network
        here, there = self.places["edge"].to_numpy()[where], targets["edge"].to_numpy(np.int64)
        near: Bools = np.ones(len(there), dtype=bool)
        here = here[here >= 0]
        if not self.quickest > 0 or not len(here):
            return near
        reach_m = (limit_m / self.quickest + 2 * self.longest_m) * _PLANE_STRETCH
        for axis in (network.x, network.y):
            home, target = axis[network.u[here]], axis[network.u[there]]
            near &= (target >= home.min() - reach_m) & (target <= home.max() + reach_m)
        return near


def minutes_before(before: TravelTime, service: str, where: Ints) -> Floats:
    """Minutes of some places before a change; a service without facilities is out of reach."""
    if service in before.minutes:
        return before.minutes[service].to_numpy()[where]
    return np.where(before.access_m.isna().to_numpy()[where], np.nan, np.inf)


def walked(homes: Homes, shift: Shift, before: TravelTime, new: pd.DataFrame) -> Changed:
    """Along streets: to a new access point that is nearer, or the next if the nearest has gone."""
    pace = metres_per_minute(homes.network.speed_kmh)
    limit_m = before.search_minutes * pace
    kept = _kept(homes, shift)
    lost, near, metres = _touched(homes, shift, before, new)
    where = np.union1d(np.union1d(lost, near), _recut(homes, shift, before, new))
    minutes = minutes_before(before, shift.service, where)
    if len(lost):
        minutes[np.searchsorted(where, lost)] = homes.nearest_m(lost, kept, limit_m) / pace
    at = np.searchsorted(where, near)
    minutes[at] = np.minimum(minutes[at], metres / pace)
    return Changed(where, minutes, _cut_off(homes, where, kept, new))


def detoured(
    homes: Homes,
    shift: Shift,
    before: TravelTime,
    new: pd.DataFrame,
    *,
    plain: tuple[TravelTime, Changed],
) -> Changed:
    """Along open streets, never fewer minutes than by the plain way, before or after the change."""
    pace = metres_per_minute(homes.network.speed_kmh)
    kept, (plain_before, plain_after) = _kept(homes, shift), plain
    lost, near, _ = _touched(homes, shift, before, new)
    where = np.union1d(np.union1d(lost, near), _recut(homes, shift, before, new))
    where = np.union1d(where, plain_after.where)
    targets = pd.concat([kept, new[["edge", "fraction", "distance_m"]]], ignore_index=True)
    metres = homes.nearest_m(where, targets, before.search_minutes * pace)
    longer = np.where(homes.lost[where], np.inf, metres / pace)
    known = minutes_before(plain_before, shift.service, where)
    cut_off = _cut_off_before(plain_before, shift.service, where)
    at = np.searchsorted(where, plain_after.where)
    known[at], cut_off[at] = plain_after.minutes, plain_after.cut_off
    cut_off |= homes.lost[where] | _cut_off(homes, where, kept, new)
    return Changed(where, np.maximum(longer, known), cut_off)


def in_a_line(homes: Homes, shift: Shift, before: TravelTime, new: gpd.GeoDataFrame) -> Changed:
    """In a straight line, whatever the streets."""
    offering = homes.facilities[homes.facilities["service"] == shift.service]
    offering = pd.concat(
        [offering.loc[~offering["facility"].isin(shift.gone), ["facility", "service", "geometry"]],
         new[["facility", "service", "geometry"]]],
        ignore_index=True,
    )  # fmt: skip
    if shift.service not in before.minutes:
        where = np.arange(len(homes.places))
    else:
        where = _lost(shift, before)
        metres = before.minutes[shift.service].to_numpy() * metres_per_minute(before.speed_kmh)
        for point in earth_centred(*lonlat(new)):
            chord_m = np.linalg.norm(homes.earth - point, axis=1)
            where = np.union1d(where, np.flatnonzero(chord_m <= metres * _CHORD_SLACK + 1.0))
    found, _ = straight_time(
        homes.places.take(where), offering, services=[shift.service], speed_kmh=before.speed_kmh
    )
    return Changed(where, found[shift.service].to_numpy(), np.zeros(len(where), dtype=bool))


def _kept(homes: Homes, shift: Shift) -> pd.DataFrame:
    """Access points of the service that stay."""
    offering = homes.offering(shift.service)
    return offering[~offering["facility"].isin(shift.gone)] if shift.gone else offering


def _lost(shift: Shift, before: TravelTime) -> Ints:
    """Places whose nearest facility has gone."""
    if not shift.gone or shift.service not in before.facility:
        return np.empty(0, np.int64)
    return np.flatnonzero(before.facility[shift.service].isin(shift.gone))


def _touched(
    homes: Homes, shift: Shift, before: TravelTime, new: pd.DataFrame
) -> tuple[Ints, Ints, Floats]:
    """Places whose nearest has gone; those that have a new one nearer, and the metres to it."""
    pace, lost = metres_per_minute(homes.network.speed_kmh), _lost(shift, before)
    if not len(new):
        return lost, np.empty(0, np.int64), np.empty(0)
    near, metres = homes.reaching(new, before.search_minutes * pace)
    nearer = metres / pace < minutes_before(before, shift.service, near)
    nearer |= np.isin(near, lost)
    return lost, near[nearer], metres[nearer]


def _recut(homes: Homes, shift: Shift, before: TravelTime, new: pd.DataFrame) -> Ints:
    """Places on pieces of street that win or lose the only facility; all, of an unknown service."""
    if shift.service not in before.minutes:
        return np.arange(len(homes.places))
    kept = _kept(homes, shift)
    differ = homes.served(homes.offering(shift.service)) != homes.served(kept, new)
    return np.flatnonzero(np.append(differ, False)[homes.component]) if differ.any() else _NONE


def _cut_off(homes: Homes, where: Ints, kept: pd.DataFrame, new: pd.DataFrame) -> Bools:
    """Places on the streets whose piece holds no facility."""
    unserved: Bools = np.append(~homes.served(kept, new), False)[homes.component[where]]
    return unserved


def _cut_off_before(before: TravelTime, service: str, where: Ints) -> Bools:
    """Who was cut off; who was not asked is taken from the change."""
    if service not in before.cut_off:
        return np.zeros(len(where), dtype=bool)
    return before.cut_off[service].to_numpy()[where]


_NONE: Ints = np.empty(0, np.int64)
