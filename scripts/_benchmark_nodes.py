"""Tasks between street nodes: minutes to the nearest facility, and what each facility reaches."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from _benchmark_city import City
from _benchmark_engine import Case, Engine, Task
from _benchmark_ours import (
    nearest_metres,
    reached_pairs,
    read_pairs,
    ready_for_nearest,
    ready_for_reach,
)
from _benchmark_peers import NEAREST_PEERS, REACH_PEERS
from _benchmark_truth import BEYOND, Exact, graph_of, nearest, off_by, reached
from scipy import sparse
from scipy.sparse import csgraph

from lifecircle.links import adjacency
from lifecircle.network import Floats, Ints

REACHES = 200
CELLS_AT_ONCE = 8_000_000


# To the nearest of each service, from everywhere -------------------------------------------------


def _super_source(case: Case, links: sparse.csr_array) -> Floats:
    n = links.shape[0]
    rows = []
    for seeds in case.city.seeds.values():
        graph = sparse.csr_array(
            (
                np.append(links.data, np.zeros(len(seeds))),
                np.append(links.indices, seeds),
                np.append(links.indptr, links.indptr[-1] + len(seeds)),
            ),
            shape=(n + 1, n + 1),
        )
        rows.append(csgraph.dijkstra(graph, indices=n, limit=case.city.limit_m)[:n])
    return np.array(rows)


def _min_only(case: Case, links: sparse.csr_array) -> Floats:
    return np.array(
        [
            csgraph.dijkstra(links, indices=seeds, limit=case.city.limit_m, min_only=True)
            for seeds in case.city.seeds.values()
        ]
    )


def _multi_source(case: Case, graph: nx.Graph) -> list[dict[int, float]]:
    return [
        nx.multi_source_dijkstra_path_length(
            graph, set(seeds.tolist()), cutoff=case.city.limit_m, weight="length"
        )
        for seeds in case.city.seeds.values()
    ]


def _rows(case: Case, answer: list[dict[int, float]]) -> Floats:
    metres = np.full((len(answer), case.city.nodes), np.inf)
    for row, found in zip(metres, answer, strict=True):
        row[list(found)] = list(found.values())
    return metres


def _links(case: Case) -> sparse.csr_array:
    return adjacency(case.city.network)


def _graph(case: Case) -> nx.Graph:
    return graph_of(case.city.network)


def _nearest_error(case: Case, metres: Floats, exact: Exact) -> tuple[float, str]:
    return off_by(case.city, metres[:, exact.at], exact.metres), ""


NEAREST = Task(
    name="nearest",
    about="minutes from every street node to the nearest facility of each service, on one core",
    asked=lambda _: None,
    truth=lambda city, _: nearest(city),
    error=_nearest_error,
    engines=(
        Engine("lifecircle", ready_for_nearest, nearest_metres),
        Engine("scipy super-source", _links, _super_source),
        Engine("scipy min_only", _links, _min_only),
        Engine("networkx multi_source_dijkstra", _graph, _multi_source, _rows),
        *NEAREST_PEERS,
    ),
    one_core=True,
)


# What each of 200 facilities reaches -------------------------------------------------------------


def _sources(city: City) -> Ints:
    """Street nodes of some facilities, drawn by lot."""
    nodes = np.unique(np.concatenate(list(city.seeds.values())))
    rng = np.random.default_rng(200)
    return np.sort(rng.choice(nodes, min(REACHES, len(nodes)), replace=False))


def _bounded(case: Case, links: sparse.csr_array) -> list[tuple[Ints, Floats]]:
    """Some sources at a time, for SciPy fills a row of all nodes for each."""
    at_once, found = max(1, CELLS_AT_ONCE // links.shape[0]), []
    for start in range(0, len(case.asked), at_once):
        some = case.asked[start : start + at_once]
        for row in csgraph.dijkstra(links, indices=some, limit=case.city.limit_m):
            node = np.flatnonzero(row < np.inf)
            found.append((node, row[node]))
    return found


def _single_source(case: Case, graph: nx.Graph) -> list[dict[int, float]]:
    limit = case.city.limit_m
    return [
        nx.single_source_dijkstra_path_length(graph, source, cutoff=limit, weight="length")
        for source in case.asked.tolist()
    ]


def _directed(case: Case) -> nx.MultiDiGraph:
    """The graph as OSMnx gives it."""
    return nx.MultiDiGraph(graph_of(case.city.network))


def _ego_graphs(case: Case, graph: nx.MultiDiGraph) -> list[nx.MultiDiGraph]:
    limit = case.city.limit_m
    return [
        nx.ego_graph(graph, source, radius=limit, distance="length")
        for source in case.asked.tolist()
    ]


def _from_pairs(_: Case, answer: list[tuple[Ints, Floats]]) -> pd.Series[float]:
    return _reaches([node for node, _ in answer], [metres for _, metres in answer])


def _from_dicts(_: Case, answer: list[dict[int, float]]) -> pd.Series[float]:
    return _reaches([list(each) for each in answer], [list(each.values()) for each in answer])


def _from_graphs(_: Case, answer: list[nx.MultiDiGraph]) -> pd.Series[float]:
    """Only which nodes are reached, not how far they are."""
    return _reaches([list(each) for each in answer], [[np.nan] * len(each) for each in answer])


def _reaches(nodes: list[Any], metres: list[Any]) -> pd.Series[float]:
    """Metres by number of the source and node."""
    which = np.repeat(np.arange(len(nodes)), [len(each) for each in nodes])
    index = pd.MultiIndex.from_arrays([which, np.concatenate(nodes).astype(np.int64)])
    return pd.Series(np.concatenate(metres).astype(float), index)


def _reach_error(
    case: Case, metres: pd.Series[float], exact: dict[int, dict[int, float]]
) -> tuple[float, str]:
    """Differences; a node wrongly reached or missed is off by what parts it from the limit.

    Who only says which nodes are reached is judged by that alone.
    """
    limit = case.city.limit_m
    truth = _from_dicts(case, list(exact.values()))
    both = pd.DataFrame({"found": metres, "true": truth})
    found, true = both["found"].to_numpy(), both["true"].fillna(BEYOND * limit).to_numpy()
    missed = ~both.index.isin(metres.index)
    off = np.select(
        [missed, np.isfinite(found)],
        [np.fmax(limit - true, 0.0), np.abs(found - true)],
        np.fmax(true - limit, 0.0),
    )
    return float(off.max(initial=0.0) / case.city.pace), ""


REACH = Task(
    name="reach",
    about=f"the nodes within 15 minutes of each of {REACHES} facilities, one by one, on one core",
    asked=_sources,
    truth=reached,
    error=_reach_error,
    engines=(
        Engine("lifecircle", ready_for_reach, reached_pairs, read_pairs),
        Engine("scipy limit", _links, _bounded, _from_pairs),
        Engine("networkx single_source_dijkstra", _graph, _single_source, _from_dicts),
        Engine("OSMnx's way (ego_graph)", _directed, _ego_graphs, _from_graphs),
        *REACH_PEERS,
    ),
    size=lambda _, asked: len(asked),
    one_core=True,
)
