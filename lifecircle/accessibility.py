"""What places reach besides the nearest: the next nearest, how many, and every pair with its time.

All of it is made of the pairs of place and facility within a cutoff, a part at a time, so that
memory does not grow with the city.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from lifecircle.chains import Int32s
from lifecircle.compiled import compiled
from lifecircle.errors import InputError
from lifecircle.network import Floats, Ints, StreetNetwork, metres_per_minute
from lifecircle.pairs import Offers, offers_of, pairs_of
from lifecircle.reaching import Pairs

BYTES_A_PAIR = 64
"""What a pair takes in arrays and table together."""

TOLERANCE_MIN = 1e-6


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
