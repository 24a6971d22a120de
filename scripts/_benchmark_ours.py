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
from benchmark_definitions import checked

import lifecircle as lc
from lifecircle.checked_layers import OnStreets
from lifecircle.nearest import at_nodes, nearest_targets
from lifecircle.network import Floats, Ints
from lifecircle.pipeline import rated
from lifecircle.standards import Standard

DEFINITION = lc.Definition("people", "people", unit="persons")


@dataclass(frozen=True, eq=False)
class Answer:
    """Minutes by place and service; by limit, rates by zone and service."""

    minutes: pd.DataFrame
    rates: Mapping[float, pd.DataFrame]


def ready_for_nearest(case: Case) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Every node as a place, the seeds as access points, and the streets put in chains."""
    network = case.city.network
    seeds = [at_nodes(network, nodes) for nodes in case.city.seeds.values()]
    return _every_node(case.city), seeds


def nearest_metres(case: Case, prepared: tuple[pd.DataFrame, list[pd.DataFrame]]) -> Floats:
    """Metres from every node to the nearest seed of each service."""
    nodes, seeds = prepared
    found = nearest_targets(case.city.network, nodes, seeds, limit_m=case.city.limit_m)
    return np.array([metres for metres, _ in found])


def ready_for_reach(case: Case) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every node as a place, and each source as a facility by its number."""
    sources = at_nodes(case.city.network, case.asked)
    sources = sources.assign(service="all", facility=np.arange(len(sources)))
    return _every_node(case.city), sources


def reached_pairs(case: Case, prepared: tuple[pd.DataFrame, pd.DataFrame]) -> list[pd.DataFrame]:
    """Each node within the limit of a source, and the minutes."""
    nodes, sources = prepared
    tables = lc.origin_destination(case.city.network, nodes, sources, cutoff_minutes=LIMIT_MIN)
    return list(tables)


def read_pairs(case: Case, answer: list[pd.DataFrame]) -> pd.Series[float]:
    """Metres by number of the source and node."""
    table = pd.concat(answer)
    index = pd.MultiIndex.from_frame(table[["destination", "origin"]].astype(np.int64))
    return pd.Series(table["minutes"].to_numpy() * case.city.pace, index)


def _every_node(city: City) -> pd.DataFrame:
    nodes = at_nodes(city.network, np.arange(city.nodes))
    _ = city.network.chains
    return nodes


def snapped_edges(case: Case, _: Any) -> Ints:
    """The position of each point's street; the island rule is off, as elsewhere there is none."""
    snapped = lc.snap(case.asked.layer, case.city.network, min_component_m=0)
    return np.asarray(snapped["edge"])


def coverage_tables(case: Case, _: Any) -> Answer:
    """One table of minutes, and of it a coverage table for each limit."""
    return _tables(case.city, case.asked)


def fresh_run(case: Case, _: Any) -> Answer:
    """Everything anew, with one facility more."""
    return _tables(case.city, case.asked.after)


def ready_for_what_if(case: Case) -> lc.Baseline:
    """A run that is there already."""
    places = case.asked.before
    streets = OnStreets(case.city.network, places.facilities, {"people": places.demand})
    layers = checked(case.city.made, streets, [{"key": "people", "demand": "people"}])
    return lc.baseline(rated(layers))


def what_if(case: Case, base: lc.Baseline) -> tuple[lc.Baseline, pd.DataFrame]:
    """The rates with one facility more."""
    return base, lc.rates_if(base, add=[_added(case)])


def read_what_if(case: Case, answer: tuple[lc.Baseline, pd.DataFrame]) -> Answer:
    """Minutes and rates of the whole run, if the quick rates are the same."""
    base, quick = answer
    run = lc.what_if(base.analysis, add=[_added(case)])
    pd.testing.assert_frame_equal(quick, run.coverage[quick.columns], check_exact=True)
    minutes = run.travel_time.minutes
    standard, zones, demand = case.city.made.standard, case.city.made.zones, run.demand
    tables = {
        limit: lc.coverage(run.travel_time, demand, zones, standard.at(limit), DEFINITION)
        for limit in LIMITS_MIN
    }
    within = minutes.mask(minutes > LIMIT_MIN, np.inf)
    return Answer(within, {limit: _rates(table) for limit, table in tables.items()})


def _added(case: Case) -> tuple[str, float, float]:
    new = case.asked.new
    place = new.geometry.iloc[0]
    return str(new["service"].iloc[0]), float(place.x), float(place.y)


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


def facility_bands(
    city: City, facilities: gpd.GeoDataFrame, standard: Standard, band_m: float
) -> gpd.GeoDataFrame:
    """A row for each facility and limit, and besides those of each service that come with them."""
    areas = lc.buffered_isochrones(city.network, facilities, standard, buffer_m=band_m)
    return areas[areas["kind"] == "facility"]


def facility_contours(
    city: City, facilities: gpd.GeoDataFrame, standard: Standard
) -> gpd.GeoDataFrame:
    """The same as contours of the minutes, at the usual spacing."""
    areas = lc.isochrones(city.network, facilities, standard)
    return areas[areas["kind"] == "facility"]
