"""Pairs of places and the facilities within their reach: facility by facility, a part at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lifecircle import search
from lifecircle.compiled import COMPILED, cores
from lifecircle.errors import InputError
from lifecircle.nearest import bucket_width
from lifecircle.network import Ints, StreetNetwork
from lifecircle.positions import positions_of
from lifecircle.reaching import Pairs, Sources, inhabited, pairs_within
from lifecircle.travel import check_snapped

SOURCES_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Offers:
    """Facilities by service, with the snapped access points of each in a row.

    `names` has `service` and `facility`; `points[first[f]:first[f + 1]]` are those of facility f.
    """

    names: pd.DataFrame
    points: pd.DataFrame
    first: Ints


def offers_of(demand: pd.DataFrame, facilities: pd.DataFrame) -> Offers:
    """The facilities with their access points in a row, those off the streets left out.

    Raises
    ------
    InputError
        If places or facilities are not snapped.
    """
    check_snapped(demand, "demand places", "需求点")
    check_snapped(facilities, "facilities", "设施")
    on = facilities[facilities["edge"] >= 0]
    which = on.groupby(["service", "facility"], sort=False).ngroup().to_numpy()
    points = on.iloc[np.argsort(which, kind="stable")]
    names = on[["service", "facility"]].drop_duplicates().reset_index(drop=True)
    return Offers(names, points, np.append(0, np.cumsum(np.bincount(which, minlength=len(names)))))


def pairs_of(
    network: StreetNetwork, demand: pd.DataFrame, offers: Offers, limit_m: float, most: int
) -> Iterator[Pairs]:
    """All pairs within the limit, no more than `most` at a time, facility by facility."""
    if not 0 <= limit_m < np.inf:
        raise InputError.of("accessibility.cutoff", metres=limit_m)
    if offers.names.empty:
        yield Pairs(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))
    if not COMPILED:
        yield from _pairs_by_library(network, demand, offers, limit_m)
        return
    chains, costs = network.chains, (network.forward_m, network.backward_m)
    places, targets = (positions_of(chains, costs, each) for each in (demand, offers.points))
    homes, sources = inhabited(chains, places), Sources(targets, offers.first)
    threads = cores()
    width_m = bucket_width(chains, limit_m)
    limits = (limit_m, width_m, max(most // threads, len(demand)))

    def within(span: tuple[int, int]) -> tuple[Pairs, int]:
        return pairs_within(chains, homes, sources, span, limits)

    starts = range(0, len(offers.names), SOURCES_AT_ONCE)
    spans = [(start, min(start + SOURCES_AT_ONCE, len(offers.names))) for start in starts]
    with ThreadPoolExecutor(threads) as pool:
        for turn in range(0, len(spans), threads):
            todo = spans[turn : turn + threads]
            while todo:
                done = list(pool.map(within, todo))
                yield from (pairs for pairs, _ in done)
                left = zip(todo, done, strict=True)
                todo = [(go_on, stop) for (_, stop), (_, go_on) in left if go_on < stop]


def _pairs_by_library(
    network: StreetNetwork, demand: pd.DataFrame, offers: Offers, limit_m: float
) -> Iterator[Pairs]:
    """The same, one facility at a time."""
    links = search.links_to(network)
    for source in range(len(offers.names)):
        points = offers.points.iloc[offers.first[source] : offers.first[source + 1]]
        metres, _ = search.nearest_facility(network, demand, points, links=links, limit_m=limit_m)
        place = np.flatnonzero(metres <= limit_m).astype(np.int32)
        yield Pairs(np.full(len(place), source, np.int32), place, metres[place])
