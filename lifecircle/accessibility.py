"""What places reach besides the nearest: the next nearest, how many, and every pair with its time.

All of it is made of the pairs of place and facility within a cutoff, a part at a time, so that
memory does not grow with the city.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lifecircle import search
from lifecircle.chains import Int32s
from lifecircle.compiled import COMPILED, compiled
from lifecircle.errors import InputError
from lifecircle.nearest import bucket_width
from lifecircle.network import Floats, Ints, StreetNetwork, metres_per_minute
from lifecircle.positions import positions_of
from lifecircle.reaching import Pairs, Sources, inhabited, pairs_within
from lifecircle.travel import check_snapped

BYTES_A_PAIR = 64
"""What a pair takes in arrays and table together."""

SOURCES_AT_ONCE = 256
TOLERANCE_MIN = 1e-6


@dataclass(frozen=True, eq=False)
class Offers:
    """Facilities by service, with the snapped access points of each in a row.

    `names` has `service` and `facility`; `points[first[f]:first[f + 1]]` are those of facility f.
    """

    names: pd.DataFrame
    points: pd.DataFrame
    first: Ints


def origin_destination(
    network: StreetNetwork,
    demand: pd.DataFrame,
    facilities: pd.DataFrame,
    *,
    cutoff_minutes: float,
    memory_mb: float = 256.0,
) -> Iterator[pd.DataFrame]:
    """Every pair of demand place and facility within the cutoff, as tables that fit the memory.

    Parameters
    ----------
    demand, facilities
        Snapped to `network` (see `lifecircle.snap`); a facility may have several access points.
    cutoff_minutes
        Pairs farther apart are left out.
    memory_mb
        What one table and its making may take. The pairs of a facility always stand in one table,
        so that it takes no less than 64 bytes for every place.

    Returns
    -------
        Tables one after the other, at least one: `origin` (label of the demand place), `service`,
        `destination` (the facility) and `minutes`, facility by facility.

    Raises
    ------
    InputError
        If places or facilities are not snapped.

    Examples
    --------
    Within three minutes, two blocks, of the sample town's facilities:

    >>> import pyproj
    >>> from lifecircle.network import street_network
    >>> from lifecircle.sample import town
    >>> from lifecircle.snapping import snap
    >>> network = street_network(town().streets, crs=pyproj.CRS("EPSG:4549"))
    >>> demand, facilities = (snap(f, network) for f in (town().demand, town().facilities))
    >>> (pairs,) = origin_destination(network, demand, facilities, cutoff_minutes=3)
    >>> pairs[pairs["origin"] == 0].round(2)[["destination", "minutes"]].values.tolist()
    [['health-1', 0.0], ['culture-1', 3.0]]
    """
    offers, pace = offers_of(demand, facilities), metres_per_minute(network.speed_kmh)
    most = int(memory_mb * 2**20 / BYTES_A_PAIR)
    pairs = pairs_of(network, demand, offers, cutoff_minutes * pace, most)
    return (_table(each, demand, offers, pace) for each in pairs)


def nearest_facilities(
    network: StreetNetwork,
    demand: pd.DataFrame,
    facilities: pd.DataFrame,
    *,
    k: int,
    search_minutes: float = 30.0,
) -> pd.DataFrame:
    """The `k` nearest facilities of each service from every place, as far as was searched.

    Parameters
    ----------
    demand, facilities
        Snapped to `network`; a facility counts once, by its nearest access point.

    Returns
    -------
        `origin` (label of the demand place), `service`, `rank` (from 1), `facility` and `minutes`,
        by origin, service and rank; no row where there is none. Of equally near facilities the
        first in the table comes first.

    Raises
    ------
    InputError
        If places or facilities are not snapped, or `k` is less than 1.

    Examples
    --------
    From the corner in the south-east of the sample town to both places of culture:

    >>> import pyproj
    >>> from lifecircle.network import street_network
    >>> from lifecircle.sample import town
    >>> from lifecircle.snapping import snap
    >>> network = street_network(town().streets, crs=pyproj.CRS("EPSG:4549"))
    >>> demand, facilities = (snap(f, network) for f in (town().demand, town().facilities))
    >>> found = nearest_facilities(network, demand, facilities, k=2).round(2)
    >>> found.query("origin == 2 and service == 'culture'")[["facility", "minutes"]].values.tolist()
    [['culture-2', 2.25], ['culture-1', 3.0]]
    """
    if k < 1:
        raise InputError.of("accessibility.k", k=k)
    tables = []
    for service in facilities["service"].unique():
        offers = offers_of(demand, facilities[facilities["service"] == service])
        tables.append(_ranked(network, demand, offers, k, search_minutes).assign(service=service))
    columns = ["origin", "service", "rank", "facility", "minutes"]
    if not tables:
        return pd.DataFrame(columns=columns)
    table = pd.concat(tables, ignore_index=True)
    order = np.lexsort((table["rank"], pd.factorize(table["service"])[0], table.pop("place")))
    return table.iloc[order].reset_index(drop=True)[columns]


def facilities_within(
    network: StreetNetwork,
    demand: pd.DataFrame,
    facilities: pd.DataFrame,
    *,
    minutes: Sequence[float] = (5.0, 10.0, 15.0),
) -> pd.DataFrame:
    """How many facilities of each service every place reaches within each of some limits.

    Returns
    -------
        Indexed like `demand`; columns by service and minutes. Whole numbers; `NaN` where the place
        is not on the network.

    Raises
    ------
    InputError
        If places or facilities are not snapped, or no limit is given.

    Examples
    --------
    How much culture the corner in the south-east of the sample town has within two and within four
    minutes:

    >>> import pyproj
    >>> from lifecircle.network import street_network
    >>> from lifecircle.sample import town
    >>> from lifecircle.snapping import snap
    >>> network = street_network(town().streets, crs=pyproj.CRS("EPSG:4549"))
    >>> demand, facilities = (snap(f, network) for f in (town().demand, town().facilities))
    >>> facilities_within(network, demand, facilities, minutes=[2, 4])["culture"].loc[2].tolist()
    [0.0, 2.0]
    """
    if not len(minutes):
        raise InputError.of("accessibility.no_limit")
    offers, pace = offers_of(demand, facilities), metres_per_minute(network.speed_kmh)
    services, code = np.unique(offers.names["service"].to_numpy(str), return_inverse=True)
    counts = np.zeros((len(services), len(minutes), len(demand)), np.int64)
    within = (np.asarray(minutes, float) + TOLERANCE_MIN) * pace
    for pairs in pairs_of(network, demand, offers, within.max(), len(demand)):
        _count(counts, code[pairs.source], pairs.place, pairs.metres, within)
    columns = pd.MultiIndex.from_product([services, minutes], names=["service", "minutes"])
    table = counts.reshape(len(columns), len(demand)).T.astype(float)
    table[demand["edge"].to_numpy() < 0] = np.nan
    return pd.DataFrame(table, index=demand.index, columns=columns)


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


def _table(pairs: Pairs, demand: pd.DataFrame, offers: Offers, pace: float) -> pd.DataFrame:
    """Pairs with their labels."""
    to = offers.names.take(pairs.source)
    return pd.DataFrame(
        {
            "origin": demand.index.take(pairs.place),
            "service": to["service"].to_numpy(),
            "destination": to["facility"].to_numpy(),
            "minutes": pairs.metres / pace,
        }
    )


def pairs_of(
    network: StreetNetwork, demand: pd.DataFrame, offers: Offers, limit_m: float, most: int
) -> Iterator[Pairs]:
    """All pairs within the limit, no more than `most` at a time, facility by facility."""
    if offers.names.empty:
        yield Pairs(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))
    if not COMPILED:
        yield from _pairs_by_library(network, demand, offers, limit_m)
        return
    chains, costs = network.chains, (network.forward_m, network.backward_m)
    places, targets = (positions_of(chains, costs, each) for each in (demand, offers.points))
    homes, sources = inhabited(chains, places), Sources(targets, offers.first)
    threads = os.cpu_count() or 1
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


def _ranked(
    network: StreetNetwork, demand: pd.DataFrame, offers: Offers, k: int, search_minutes: float
) -> pd.DataFrame:
    """The nearest of one service: `place` (position), `origin`, `rank`, `facility`, `minutes`."""
    pace = metres_per_minute(network.speed_kmh)
    metres = np.full((len(demand), k), np.inf)
    facility = np.full((len(demand), k), -1, np.int64)
    for pairs in pairs_of(network, demand, offers, search_minutes * pace, len(demand)):
        _keep_nearest(metres, facility, pairs.source, pairs.place, pairs.metres)
    place, rank = np.nonzero(facility >= 0)
    return pd.DataFrame(
        {
            "place": place,
            "origin": demand.index.take(place),
            "rank": rank + 1,
            "facility": offers.names["facility"].take(facility[place, rank]).to_numpy(),
            "minutes": metres[place, rank] / pace,
        }
    )


@compiled
def _keep_nearest(
    metres: Floats, facility: Ints, sources: Int32s, places: Int32s, lengths: Floats
) -> None:
    """Put each pair among the nearest of its place, if it is one; of equals the lowest first."""
    k = metres.shape[1]
    for pair in range(len(sources)):
        place, source, way = places[pair], sources[pair], lengths[pair]
        rank = k
        while rank > 0 and (
            way < metres[place, rank - 1]
            or (way == metres[place, rank - 1] and source < facility[place, rank - 1])
        ):
            if rank < k:
                metres[place, rank] = metres[place, rank - 1]
                facility[place, rank] = facility[place, rank - 1]
            rank -= 1
        if rank < k:
            metres[place, rank], facility[place, rank] = way, source


@compiled
def _count(counts: Ints, services: Ints, places: Int32s, lengths: Floats, within: Floats) -> None:
    """Add each pair to the counts (services, limits, places) of all limits that it keeps."""
    for pair in range(len(places)):
        for limit in range(len(within)):
            if lengths[pair] <= within[limit]:
                counts[services[pair], limit, places[pair]] += 1
