"""The task of isochrones: areas within 5, 10 and 15 minutes of many facilities, one by one."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from _benchmark_city import LIMIT_MIN, LIMITS_MIN, City, plane
from _benchmark_engine import Case, Engine, Fit, Task
from _benchmark_ours import facility_bands, facility_contours
from _benchmark_peers import read_valhalla, valhalla_actor, valhalla_areas
from _benchmark_truth import near, split_graph
from scipy.spatial import cKDTree

from lifecircle.geodesy import WGS84
from lifecircle.network import Floats
from lifecircle.standards import Standard

NODES_PER_FACILITY = 100
BAND_M = 25.0
CHECKED = 20
FEW, SOME = 2, 10
REPEATABLE = 0.2
"""What is drawn should take no more than this share of the budget, so that it can be repeated."""

Areas = pd.Series
"""Polygons in the plane, by facility and minutes."""
Draw = Callable[[Case, Any], Any]


@dataclass(frozen=True, eq=False)
class Asked:
    """Access points of the facilities in question, in an order drawn by lot, and their limits."""

    facilities: gpd.GeoDataFrame
    names: list[str]
    standard: Standard

    def first(self, count: int) -> Asked:
        """The first so many of them."""
        names = self.names[:count]
        kept = self.facilities["facility"].isin(names)
        return Asked(self.facilities[kept], names, self.standard)


def _asked(city: City) -> Asked:
    facilities = city.places.facilities
    facilities = facilities[facilities["edge"] >= 0]
    names = facilities["facility"].unique()
    count = min(len(names), max(1, city.nodes // NODES_PER_FACILITY))
    chosen = np.random.default_rng(25).choice(names.astype(object), count, replace=False).tolist()
    shorter = {f"within {limit:g}": limit for limit in LIMITS_MIN if limit < LIMIT_MIN}
    services = tuple(
        dataclasses.replace(service, minutes=LIMIT_MIN, minutes_by_area=shorter)
        for service in city.made.standard.services
    )
    standard = dataclasses.replace(city.made.standard, services=services)
    kept = facilities["facility"].isin(chosen)
    return Asked(facilities[kept], chosen, standard)


# The truth ---------------------------------------------------------------------------------------


def _true_areas(city: City, asked: Asked) -> Areas:
    """Around the streets of the first facilities, cut exactly at the limit."""
    some = asked.first(CHECKED)
    ends = np.unique(
        np.append(
            city.network.u[some.facilities["edge"]],
            city.network.v[some.facilities["edge"]],
        )
    )
    around = near(city, ends, city.limit_m)
    graph = split_graph(city.network, around, {"facility": some.facilities})
    at = np.column_stack(
        plane(gpd.GeoDataFrame(geometry=_feet(some.facilities), crs=WGS84), city.network)
    )
    where = {("at", "facility", i): xy for i, xy in enumerate(at)}
    areas = {}
    for name in some.names:
        doors = np.flatnonzero(some.facilities["facility"] == name).tolist()
        metres = nx.multi_source_dijkstra_path_length(
            graph, {("facility", i) for i in doors}, cutoff=city.limit_m, weight="length"
        )
        for limit in LIMITS_MIN:
            lines = _reached_lines(city, graph, metres, where, limit * city.pace)
            areas[name, limit] = shapely.buffer(shapely.union_all(lines), BAND_M, quad_segs=16)
    return pd.Series(areas)


def _feet(facilities: gpd.GeoDataFrame) -> Any:
    return shapely.points(facilities["street_lon"], facilities["street_lat"])


def _reached_lines(
    city: City,
    graph: nx.Graph,
    metres: dict[Any, float],
    where: dict[Any, Floats],
    limit_m: float,
) -> list[Any]:
    """The parts of streets that lie within so many metres."""
    lines = []

    def position(node: Any) -> Floats:
        return where[node] if isinstance(node, tuple) else city.xy[node]

    for a, made_m in metres.items():
        for b, edge in graph[a].items():
            left, length = limit_m - made_m, edge["length"]
            if left <= 0 or "facility" in (_kind(a), _kind(b)):
                continue
            start, stop = position(a), position(b)
            part = min(1.0, left / length) if length > 0 else 1.0
            lines.append(shapely.linestrings([start, start + part * (stop - start)]))
    return lines


def _kind(node: Any) -> str:
    return str(node[0]) if isinstance(node, tuple) else ""


def _area_error(_: Case, found: Areas, true: Areas) -> tuple[None, str]:
    """By how much areas differ from the exact ones: no minutes, so a remark."""
    if found.empty:
        return None, "access legs are walked: other areas"
    both = pd.DataFrame({"found": found, "true": true}).dropna()
    share = shapely.area(both["found"].to_numpy()) / shapely.area(both["true"].to_numpy()) - 1
    return None, f"areas off by {np.median(np.abs(share)):.1%}, at most {np.abs(share).max():.1%}"


# Those who draw them -----------------------------------------------------------------------------


def _fitting(draw: Draw, case: Case, tool: Any) -> Fit:
    """All the facilities, if they fit into the budget; else as many as can be repeated."""
    seconds = []
    for count in (FEW, SOME):
        start = time.perf_counter()
        draw(dataclasses.replace(case, asked=case.asked.first(count)), tool)
        seconds.append(time.perf_counter() - start)
    each = max((seconds[1] - seconds[0]) / (SOME - FEW), 1e-6)
    before, of = max(0.0, seconds[0] - FEW * each), len(case.asked.names)
    fitting = (REPEATABLE * case.budget - before) / each
    some = case.asked.first(of if before + of * each <= case.budget else max(SOME, int(fitting)))
    return Fit(dataclasses.replace(case, asked=some), len(some.names), of, before)


def _contours(case: Case, _: Any) -> gpd.GeoDataFrame:
    return facility_contours(case.city, case.asked.facilities, case.asked.standard)


def _bands(case: Case, _: Any) -> gpd.GeoDataFrame:
    return facility_bands(case.city, case.asked.facilities, case.asked.standard, BAND_M)


def _read_bands(case: Case, answer: gpd.GeoDataFrame) -> Areas:
    there = answer.to_crs(case.city.network.crs)
    index = pd.MultiIndex.from_frame(there[["facility", "minutes"]])
    return pd.Series(there.geometry.to_numpy(), index)


def _street_graph(city: City) -> nx.MultiDiGraph:
    """Streets both ways as OSMnx has them, each with its line in the plane."""
    network = city.network
    lines = shapely.linestrings(city.xy[np.column_stack([network.u, network.v])])
    rows = (network.u.tolist(), network.v.tolist(), network.length_m.tolist(), lines.tolist())
    graph = nx.MultiDiGraph()
    for u, v, length, line in zip(*rows, strict=True):
        graph.add_edge(u, v, length=length, geometry=line)
        graph.add_edge(v, u, length=length, geometry=line)
    return graph


def _ego_areas(case: Case, tool: tuple[nx.MultiDiGraph, cKDTree]) -> dict[tuple[str, float], Any]:
    """As OSMnx's examples do it: the nodes within reach, and bands along the streets between."""
    graph, nodes = tool
    facilities = case.asked.facilities.drop_duplicates("facility").set_index("facility")
    at = np.column_stack(plane(facilities, case.city.network))
    node = dict(zip(facilities.index, nodes.query(at)[1].tolist(), strict=True))
    areas = {}
    for name in case.asked.names:
        for limit in LIMITS_MIN:
            radius = limit * case.city.pace
            reached = nx.ego_graph(graph, node[name], radius=radius, distance="length")
            lines = [line for *_, line in reached.edges(data="geometry")]
            corners = shapely.points(case.city.xy[list(reached)])
            bands = shapely.buffer(np.append(lines, corners), BAND_M)
            areas[name, limit] = shapely.union_all(bands)
    return areas


def _ego_tool(case: Case) -> tuple[nx.MultiDiGraph, cKDTree]:
    return _street_graph(case.city), cKDTree(case.city.xy)


ISOCHRONES = Task(
    name="isochrones",
    about="the areas within 5, 10 and 15 minutes of each facility by itself",
    asked=_asked,
    truth=_true_areas,
    error=_area_error,
    engines=(
        Engine(
            "lifecircle, contours",
            lambda _: None,
            _contours,
            lambda _, __: pd.Series(dtype=object),
            fit=functools.partial(_fitting, _contours),
        ),
        Engine(
            "bands around streets (ours)",
            lambda _: None,
            _bands,
            _read_bands,
            fit=functools.partial(_fitting, _bands),
        ),
        Engine(
            "OSMnx's way (ego_graph, bands)",
            _ego_tool,
            _ego_areas,
            lambda _, answer: pd.Series(answer),
            fit=functools.partial(_fitting, _ego_areas),
        ),
        Engine(
            "pyvalhalla",
            valhalla_actor,
            valhalla_areas,
            read_valhalla,
            needs="valhalla",
            fit=functools.partial(_fitting, valhalla_areas),
        ),
    ),
    size=lambda _, asked: len(asked.names),
)
