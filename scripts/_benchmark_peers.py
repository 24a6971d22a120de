"""Packages that are asked if the person has installed them; none is a dependency of the project.

pandana and cityseer are AGPL, pyvalhalla and r5py GPL (r5py needs Java): they are imported here, in
the process that measures them, and nowhere else.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from _benchmark_engine import Case, Engine

from lifecircle.network import Floats

# pandana -----------------------------------------------------------------------------------------


def _pandana(_: Case) -> Any:
    return importlib.import_module("pandana")


def _pandana_network(case: Case, package: Any = None) -> Any:
    """Its network, for which it contracts the streets."""
    network = case.city.network
    with _silence():
        return (package or _pandana(case)).Network(
            pd.Series(network.x),
            pd.Series(network.y),
            pd.Series(network.u),
            pd.Series(network.v),
            pd.DataFrame({"metres": network.length_m}),
        )


def _pandana_nearest(case: Case, built: Any) -> Floats:
    city, rows = case.city, []
    for service, seeds in city.seeds.items():
        x, y = (pd.Series(axis[seeds]) for axis in (city.network.x, city.network.y))
        built.set_pois(service, city.limit_m, 1, x, y)
        rows.append(built.nearest_pois(city.limit_m, service, num_pois=1)[1].to_numpy())
    metres = np.array(rows)
    # What it did not find it gives as the limit.
    return np.where(metres < city.limit_m, metres, np.inf)


def _pandana_reach(case: Case, built: Any) -> pd.DataFrame:
    reached: pd.DataFrame = built.nodes_in_range(case.asked, case.city.limit_m)
    return reached


def _read_pandana_reach(case: Case, answer: pd.DataFrame) -> pd.Series[float]:
    which = np.searchsorted(case.asked, answer["source"].to_numpy())
    index = pd.MultiIndex.from_arrays([which, answer["destination"].to_numpy(np.int64)])
    return pd.Series(answer["metres"].to_numpy(float), index)


def _pandana_is_built(case: Case, built: Any) -> Floats:
    """Minutes by the network just built, so that its building is checked as well."""
    return _pandana_nearest(case, built)


# cityseer ----------------------------------------------------------------------------------------


def _cityseer_network(case: Case) -> tuple[Any, Any]:
    """Its network, straight from the arrays, and the facilities assigned to it.

    It measures lines in the plane; a factor for each makes them as long as they are.
    """
    rust, network = importlib.import_module("cityseer").rustalgos, case.city.network
    built = rust.graph.NetworkStructure()
    at = list(zip(network.x.tolist(), network.y.tolist(), strict=True))
    for node, (x, y) in enumerate(at):
        built.add_street_node(node, x, y, True, 1.0)
    plane_m = np.hypot(*(case.city.xy[network.u] - case.city.xy[network.v]).T)
    longer = (network.length_m / plane_m).tolist()
    ends = zip(network.u.tolist(), network.v.tolist(), strict=True)
    for number, ((u, v), factor) in enumerate(zip(ends, longer, strict=True)):
        for a, b in ((u, v), (v, u)):
            line = f"LINESTRING ({at[a][0]!r} {at[a][1]!r}, {at[b][0]!r} {at[b][1]!r})"
            built.add_street_edge(a, b, number, a, b, line, factor)
    built.validate()
    built.build_edge_rtree()
    return built, rust


def _cityseer_nearest(case: Case, prepared: tuple[Any, Any]) -> Floats:
    built, rust = prepared
    facilities, services = rust.data.DataMap(), {}
    for service, seeds in case.city.seeds.items():
        for node in seeds.tolist():
            x, y = case.city.xy[node].tolist()
            services[f"{service} {node}"] = service
            facilities.insert(f"{service} {node}", f"POINT ({x!r} {y!r})")
    facilities.assign_data_to_network(built, 1.0, 50)
    distance = round(case.city.limit_m)
    [found] = facilities.accessibility_decays(
        network_structure=built,
        landuses_map=services,
        accessibility_keys=list(case.city.seeds),
        decay_fns=["1"],
        distances=[distance],
        pbar_disabled=True,
    )
    metres = np.array([found.result[key].distance[distance] for key in case.city.seeds])
    metres[:, np.asarray(found.node_keys_py)] = metres.copy()
    return np.where(np.isnan(metres), np.inf, metres)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Without what a library in C prints to standard output."""
    with open(os.devnull, "w") as nothing:  # noqa: PTH123
        kept = os.dup(1)
        os.dup2(nothing.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


# It sets the number of its threads itself.
PANDANA: dict[str, Any] = {"needs": "pandana", "all_cores": True}
NEAREST_PEERS = (
    Engine("pandana build", _pandana, _pandana_network, _pandana_is_built, **PANDANA),
    Engine("pandana query", _pandana_network, _pandana_nearest, **PANDANA),
    Engine("cityseer", _cityseer_network, _cityseer_nearest, needs="cityseer"),
)
REACH_PEERS = (Engine("pandana", _pandana_network, _pandana_reach, _read_pandana_reach, **PANDANA),)
