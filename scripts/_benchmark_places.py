"""Tasks of places beside the streets: snapping, the coverage table, one facility more."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
import shapely
from _benchmark_city import LIMITS_MIN, City, Places, degrees
from _benchmark_engine import Case, Engine, Task
from _benchmark_ours import (
    Answer,
    coverage_tables,
    fresh_run,
    read_what_if,
    ready_for_what_if,
    snapped_edges,
    what_if,
)
from _benchmark_truth import Exact, off_by, places
from scipy import sparse
from scipy.sparse import csgraph

import lifecircle as lc
from lifecircle.geodesy import WGS84
from lifecircle.links import adjacency
from lifecircle.network import Floats, Ints, StreetNetwork, segments

POINTS_PER_NODE = 0.639
ASIDE_M = 80.0
CHECKED_POINTS = 100_000


# Points on streets -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Points:
    """Points beside streets: in the plane, and as a layer in degrees."""

    xy: Floats
    layer: gpd.GeoDataFrame


def _points(city: City) -> Points:
    """Points up to so many metres aside from streets drawn by lot."""
    rng, network = np.random.default_rng(639), city.network
    count = max(1, round(POINTS_PER_NODE * city.nodes))
    edge = rng.integers(len(network.u), size=count)
    start, stop = city.xy[network.u[edge]], city.xy[network.v[edge]]
    xy = start + rng.random((count, 1)) * (stop - start)
    xy += rng.uniform(-ASIDE_M, ASIDE_M, (count, 2)) / np.sqrt(2)
    layer = gpd.GeoDataFrame(geometry=degrees(xy[:, 0], xy[:, 1], network), crs=WGS84)
    return Points(xy, layer)


def _nearest_m(city: City, asked: Points) -> Floats:
    """Metres to the nearest street of the first points, by an exact query of the tree."""
    tree = shapely.STRtree(segments(city.network))
    some = shapely.points(asked.xy[:CHECKED_POINTS])
    (which, _), away = tree.query_nearest(some, return_distance=True, all_matches=False)
    metres = np.full(len(some), np.inf)
    metres[which] = away
    return metres


def _snap_error(case: Case, edge: Ints, exact: Floats) -> tuple[float, str]:
    """How much farther than the nearest the chosen street is, in minutes."""
    edge = edge[: len(exact)]
    lines = segments(case.city.network)[edge]
    away = shapely.distance(shapely.points(case.asked.xy[: len(exact)]), lines)
    away[edge < 0] = np.inf
    return float(np.abs(away - exact).max() / case.city.pace), ""


def _lines_and_points(case: Case) -> tuple[Any, Any]:
    return segments(case.city.network), shapely.points(case.asked.xy)


def _tree_nearest(_: Case, prepared: tuple[Any, Any]) -> Ints:
    lines, points = prepared
    return np.asarray(shapely.STRtree(lines).nearest(points))


def _tree_query_nearest(_: Case, prepared: tuple[Any, Any]) -> Ints:
    lines, points = prepared
    return np.asarray(shapely.STRtree(lines).query_nearest(points, all_matches=False)[1])


def _projected_graph(case: Case) -> nx.MultiDiGraph:
    """The streets as OSMnx has them, in the plane; the key of an edge is its position."""
    network = case.city.network
    graph = nx.MultiDiGraph(crs=network.crs.to_wkt())
    xy = zip(network.x.tolist(), network.y.tolist(), strict=True)
    graph.add_nodes_from((node, {"x": x, "y": y}) for node, (x, y) in enumerate(xy))
    ends = zip(network.u.tolist(), network.v.tolist(), strict=True)
    graph.add_edges_from((u, v, key, {}) for key, (u, v) in enumerate(ends))
    return graph


def _nearest_edges(case: Case, graph: nx.MultiDiGraph) -> Any:
    return ox.distance.nearest_edges(graph, *case.asked.xy.T)


def _keys(_: Case, answer: Any) -> Ints:
    return np.array([key for *_, key in answer], dtype=np.int64)


SNAP = Task(
    name="snap",
    about="points put on the nearest street, the index built anew each time",
    asked=_points,
    truth=_nearest_m,
    error=_snap_error,
    engines=(
        Engine("lifecircle", lambda _: None, snapped_edges),
        Engine("shapely STRtree.nearest", _lines_and_points, _tree_nearest),
        Engine("shapely query_nearest", _lines_and_points, _tree_query_nearest),
        Engine("osmnx nearest_edges", _projected_graph, _nearest_edges, _keys),
    ),
)


# From places to the coverage table ---------------------------------------------------------------


def _plain_table(case: Case, links: sparse.csr_array) -> Answer:
    """Minutes by SciPy and rates by pandas, as one writes it down."""
    network, demand, facilities = case.city.network, case.asked.demand, case.asked.facilities
    minutes = {
        key: _plain_metres(network, demand, facilities[facilities["service"] == key], links)
        / case.city.pace
        for key in case.city.seeds
    }
    frame = pd.DataFrame(minutes, index=demand.index).where(lambda at: at <= LIMITS_MIN[-1], np.inf)
    weight, zone = demand["weight"], demand["zone"]
    total = weight.groupby(zone).sum()
    rates = {
        limit: (frame <= limit + 1e-6).mul(weight, axis=0).groupby(zone).sum().div(total, axis=0)
        for limit in LIMITS_MIN
    }
    return Answer(frame, rates)


def _plain_metres(
    network: StreetNetwork, demand: pd.DataFrame, offering: pd.DataFrame, links: sparse.csr_array
) -> Floats:
    """From each place to the nearest facility: by either end of its street, or along it."""
    n = links.shape[0]
    offering = offering[offering["edge"] >= 0]
    u, v, to_u, to_v = _ends(network, offering)
    starts = pd.Series(np.append(to_u, to_v)).groupby(np.append(u, v)).min()
    graph = sparse.csr_array(
        (
            np.append(links.data, starts),
            np.append(links.indices, starts.index),
            np.append(links.indptr, links.indptr[-1] + len(starts)),
        ),
        shape=(n + 1, n + 1),
    )
    limit_m = LIMITS_MIN[-1] * network.speed_kmh * 1000 / 60
    metres = csgraph.dijkstra(graph, indices=n, limit=limit_m)
    u, v, to_u, to_v = _ends(network, demand)
    by_ends = np.fmin(to_u + metres[u], to_v + metres[v])
    columns = ["edge", "fraction", "distance_m"]
    pairs = demand[columns].reset_index().merge(offering[columns], on="edge", suffixes=("", "_to"))
    along = (pairs["fraction"] - pairs["fraction_to"]).abs() * network.length_m[pairs["edge"]]
    whole = along + pairs["distance_m"] + pairs["distance_m_to"]
    shortest = whole.groupby(pairs["index"]).min().reindex(demand.index)
    return np.asarray(np.fmin(by_ends, shortest.to_numpy()))


def _ends(network: StreetNetwork, at: pd.DataFrame) -> tuple[Ints, Ints, Floats, Floats]:
    """Both ends of each street, and the metres to them."""
    edge, leg_m = at["edge"].to_numpy(), at["distance_m"].to_numpy()
    to_u = at["fraction"].to_numpy() * network.length_m[edge]
    return network.u[edge], network.v[edge], leg_m + to_u, leg_m + network.length_m[edge] - to_u


def _coverage_error(case: Case, answer: Answer, exact: Exact) -> tuple[float, str]:
    """Minutes at the places and, where all are known, the largest difference of a rate."""
    metres = answer.minutes.to_numpy().T[:, exact.at] * case.city.pace
    snapped = ~np.isnan(metres).all(axis=0)
    error = off_by(case.city, metres[:, snapped], exact.metres[:, snapped])
    if not exact.complete:
        return error, ""
    weight, zone = case.asked.demand["weight"].to_numpy(), case.asked.demand["zone"].to_numpy()
    total, worst = pd.Series(weight).groupby(zone).sum(), 0.0
    minutes = np.full((len(weight), len(exact.metres)), np.inf)
    minutes[exact.at] = exact.metres.T / case.city.pace
    for limit, rates in answer.rates.items():
        within = minutes <= limit + 1e-6
        true = pd.DataFrame(within * weight[:, None]).groupby(zone).sum().div(total, axis=0)
        worst = max(worst, np.nanmax(np.abs(rates.loc[true.index].to_numpy() - true.to_numpy())))
    return error, f"rates off by {worst:.0e}" if worst else "rates exact"


def _links(case: Case) -> sparse.csr_array:
    return adjacency(case.city.network)


COVERAGE = Task(
    name="coverage",
    about="from every place to 8 services: minutes, and rates by zone within 5, 10 and 15",
    asked=lambda city: city.places,
    truth=places,
    error=_coverage_error,
    engines=(
        Engine("lifecircle", lambda _: None, coverage_tables),
        Engine("scipy and pandas", _links, _plain_table),
    ),
)


# One facility more -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class OneMore:
    """The layers on the streets, and a facility that is new."""

    before: Places
    new: gpd.GeoDataFrame

    @property
    def after(self) -> Places:
        """The layers with it, put on the streets."""
        facilities = pd.concat([self.before.facilities, self.new], ignore_index=True)
        return dataclasses.replace(self.before, facilities=facilities)


def _one_more(city: City) -> OneMore:
    """A facility of the first service where somebody lives."""
    home = np.random.default_rng(1).integers(len(city.made.demand))
    new = city.made.facilities.iloc[[0]].assign(facility="new", name="new")
    new = new.set_geometry(city.made.demand.geometry.iloc[[home]].to_numpy(), crs=WGS84)
    return OneMore(city.places, lc.snap(new, city.network))


def _what_if_truth(city: City, asked: OneMore) -> Exact:
    x, y = asked.new["street_lon"], asked.new["street_lat"]
    around = np.column_stack(_plane(city, x, y))
    return places(city, asked.after, around=around)


def _plane(city: City, lon: Any, lat: Any) -> Any:
    points = gpd.GeoSeries.from_xy(lon, lat, crs=WGS84).to_crs(city.network.crs)
    return points.x, points.y


def _what_if_error(case: Case, answer: Answer, exact: Exact) -> tuple[float, str]:
    after = dataclasses.replace(case, asked=case.asked.after)
    return _coverage_error(after, answer, exact)


WHAT_IF_TASK = Task(
    name="whatif",
    about="one facility is added: new minutes and all rates",
    asked=_one_more,
    truth=_what_if_truth,
    error=_what_if_error,
    engines=(
        Engine("lifecircle rates_if", ready_for_what_if, what_if, read_what_if),
        Engine("lifecircle fresh run", lambda _: None, fresh_run),
    ),
)
