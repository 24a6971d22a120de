"""How the benchmark calls lifecircle: one small function for each task, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from _benchmark_city import LIMIT_MIN, LIMITS_MIN, City, Places
from _benchmark_engine import Case
from scipy import sparse

import lifecircle as lc
from lifecircle.network import Floats, Ints
from lifecircle.search import Seeds, links_to, search
from lifecircle.standards import Standard

WHAT_IF = hasattr(lc, "what_if")
DEFINITION = lc.Definition("people", "people", unit="persons")


@dataclass(frozen=True, eq=False)
class Answer:
    """Minutes by place and service; by limit, rates by zone and service."""

    minutes: pd.DataFrame
    rates: Mapping[float, pd.DataFrame]


def ready_to_search(case: Case) -> sparse.csr_array:
    """What is made of a network once, before any search."""
    return links_to(case.city.network)


def nearest_metres(case: Case, links: sparse.csr_array) -> Floats:
    """Metres from every node to the nearest seed of each service."""
    return np.array(
        [search(links, _seeds(seeds), case.city.limit_m)[0] for seeds in case.city.seeds.values()]
    )


def reached_nodes(case: Case, links: sparse.csr_array) -> list[tuple[Ints, Floats]]:
    """By source, the nodes within the limit and the metres to them."""
    found = []
    for source in case.asked:
        metres = search(links, _seeds(np.array([source])), case.city.limit_m)[0]
        node = np.flatnonzero(metres < np.inf)
        found.append((node, metres[node]))
    return found


def _seeds(node: Ints) -> Seeds:
    return Seeds(node, np.zeros(len(node)), np.arange(len(node)))


def snapped_edges(case: Case, _: Any) -> Ints:
    """The position of each point's street; the island rule is off, as elsewhere there is none."""
    snapped = lc.snap(case.asked.layer, case.city.network, min_component_m=0)
    return snapped["edge"].to_numpy()


def coverage_tables(case: Case, _: Any) -> Answer:
    """One table of minutes, and of it a coverage table for each limit."""
    return _tables(case.city, case.asked)


def fresh_run(case: Case, _: Any) -> Answer:
    """Everything anew, with one facility more."""
    return _tables(case.city, case.asked.after)


def ready_for_what_if(case: Case) -> Any:
    """A run that is there already."""
    raise NotImplementedError


def what_if(case: Case, run: Any) -> Answer:
    """Only what changes."""
    raise NotImplementedError


def _tables(city: City, places: Places) -> Answer:
    standard, zones = city.made.standard, city.made.zones
    travel = lc.travel_time(
        city.network,
        places.demand,
        places.facilities,
        services=standard.keys,
        search_minutes=LIMIT_MIN,
    )
    tables = {
        limit: lc.coverage(travel, places.demand, zones, standard.at(limit), DEFINITION)
        for limit in LIMITS_MIN
    }
    return Answer(travel.minutes, {limit: _rates(table) for limit, table in tables.items()})


def _rates(table: pd.DataFrame) -> pd.DataFrame:
    """By zone and service, without `all`."""
    here = table[(table["level"] == "zone") & (table["service"] != "all")]
    return here.pivot_table(index="zone", columns="service", values="rate", sort=False)


def facility_areas(
    city: City, facilities: gpd.GeoDataFrame, standard: Standard, band_m: float
) -> gpd.GeoDataFrame:
    """A row for each facility and limit, and besides those of each service that come with them."""
    areas = lc.isochrones(city.network, facilities, standard, buffer_m=band_m)
    return areas[areas["kind"] == "facility"]
