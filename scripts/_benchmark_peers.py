"""Packages that are asked if the person has installed them; none is a dependency of the project.

pandana and cityseer are AGPL, pyvalhalla is GPL up to 3.2 and MIT since. They are imported here, in
the process that measures them, and nowhere else.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from _benchmark_city import LIMITS_MIN
from _benchmark_engine import Case, Engine
from shapely.geometry import shape

from lifecircle.geodesy import WGS84
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


# pyvalhalla --------------------------------------------------------------------------------------


def valhalla_actor(case: Case) -> tuple[Any, Any]:
    """Its router on tiles that it builds of an extract of these streets; and their folder."""
    package, folder = importlib.import_module("valhalla"), tempfile.TemporaryDirectory()
    extract, tiles, settings = (Path(folder.name) / n for n in ("city.osm.pbf", "tiles", "v.json"))
    tiles.mkdir()
    _write_extract(case, extract)
    settings.write_text(json.dumps(package.get_config("", tile_dir=str(tiles))), "utf-8")
    build = Path(str(package.__file__)).parent / "bin" / "valhalla_build_tiles"
    subprocess.run([build, "-c", settings, extract], check=True, capture_output=True)
    return package.Actor(str(settings)), folder


def _write_extract(case: Case, path: Path) -> None:
    network, osm = case.city.network, importlib.import_module("osmium")
    new = osm.osm.mutable
    with osm.SimpleWriter(str(path)) as writer:
        degrees = zip(network.lon.tolist(), network.lat.tolist(), strict=True)
        for node, at in enumerate(degrees, 1):
            writer.add_node(new.Node(id=node, location=at, version=1))
        ends = zip((network.u + 1).tolist(), (network.v + 1).tolist(), strict=True)
        for way, nodes in enumerate(ends, 1):
            tags = {"highway": "residential"}
            writer.add_way(new.Way(id=way, nodes=nodes, tags=tags, version=1))


def valhalla_areas(case: Case, prepared: tuple[Any, Any]) -> dict[str, Any]:
    """By facility, what it answers: the areas within each limit of its first entrance."""
    doors = case.asked.facilities.drop_duplicates("facility").set_index("facility").geometry
    pace = {"walking_speed": case.city.network.speed_kmh, "maneuver_penalty": 0}
    asked = {
        "costing": "pedestrian",
        "costing_options": {"pedestrian": pace},
        "contours": [{"time": limit} for limit in LIMITS_MIN],
        "polygons": True,
    }
    return {
        name: prepared[0].isochrone({**asked, "locations": [{"lon": door.x, "lat": door.y}]})
        for name, door in doors.items()
    }


def read_valhalla(case: Case, answer: dict[str, Any]) -> pd.Series[Any]:
    """Polygons in the plane by facility and minutes."""
    areas = {
        (name, each["properties"]["contour"]): shape(each["geometry"])
        for name, found in answer.items()
        for each in found["features"]
    }
    there = gpd.GeoSeries(list(areas.values()), crs=WGS84).to_crs(case.city.network.crs)
    return pd.Series(there.to_numpy(), pd.MultiIndex.from_tuples(areas))


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
