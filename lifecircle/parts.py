"""A part of a run as files: streets, facilities and places that can be searched by themselves.

A part is a folder of Parquet tables and `part.json`, named by the hash of all they hold; what is
found for its places is one more Parquet table of that name. Neither is ever half: both are written
beside their place and moved there.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj

from lifecircle.definitions import RADIUS
from lifecircle.errors import InputError
from lifecircle.geodesy import WGS84
from lifecircle.network import StreetNetwork
from lifecircle.straight import straight_time
from lifecircle.travel import travel_time
from lifecircle.version import VERSION

FORMAT = 1
"""Another layout of the files, another number."""
ABOUT = "part.json"

_PER_NODE = ("lon", "lat", "x", "y", "component", "rim")
_PER_EDGE = ("u", "v", "length_m", "forward_m", "backward_m", "steps", "tunnel", "barred")


@dataclass(frozen=True, eq=False)
class Part:
    """What is searched for the places of one part.

    `about` is plain JSON: `places` (how many), `services`, `minutes` (how far is searched), `crs`,
    and `speeds_kmh` by method. `tables` are named by method: `walk.nodes`, `walk.edges`,
    `walk.components`, `walk.facilities`, `walk.places`; straight lines want the last two only. A
    place's `row` is its position in the part.
    """

    about: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]


def about_part(
    *,
    places: int,
    services: tuple[str, ...],
    minutes: float,
    crs: pyproj.CRS,
    speeds_kmh: Mapping[str, float],
) -> dict[str, Any]:
    """What to do with a part, and by which version of the program."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "places": places,
        "services": list(services),
        "minutes": minutes,
        "crs": crs.to_wkt(),
        "speeds_kmh": dict(speeds_kmh),
    }


def part_key(part: Part) -> str:
    """The hash of everything that a part holds: another street, another speed, another key."""
    digest = hashlib.sha256(_json(part.about))
    for name, table in sorted(part.tables.items()):
        for column, values in table.items():
            digest.update(_json([name, column, str(values.dtype), len(values)]))
            if pd.api.types.is_string_dtype(values.dtype):
                digest.update(_json(values.tolist()))
            else:
                digest.update(np.ascontiguousarray(values.to_numpy()).tobytes())
    return digest.hexdigest()[:24]


def write_part(part: Part, folder: Path) -> None:
    """Write the part's folder, unless it is there."""
    if folder.is_dir():
        return
    made = _beside(folder)
    made.mkdir(parents=True)
    for name, table in part.tables.items():
        _write(table, made / f"{name}.parquet")
    (made / ABOUT).write_bytes(_json(part.about))
    made.rename(folder)


def read_part(folder: Path) -> Part:
    """The part in a folder.

    Raises
    ------
    InputError
        If another version of the program wrote it.
    FileNotFoundError
        If there is no such folder here.
    """
    if not (folder / ABOUT).is_file():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder / ABOUT))
    about = json.loads((folder / ABOUT).read_bytes())
    if (about["version"], about["format"]) != (VERSION, FORMAT):
        raise InputError.of(
            "distributed.other_version",
            has=VERSION, wants=about["version"], worker=socket.gethostname(),
        )  # fmt: skip
    tables = {path.stem: _read(path) for path in sorted(folder.glob("*.parquet"))}
    return Part(about, tables)


def network_tables(network: StreetNetwork, edges: Any) -> dict[str, pd.DataFrame]:
    """Some edges of a network (ascending positions), their nodes and components, as tables.

    Nodes, edges and components keep their order, so that ties are decided as in the whole network;
    the component with most street stays the first, even where none of it is here.
    """
    u, v = network.u[edges], network.v[edges]
    nodes, ends = np.unique(np.concatenate([u, v]), return_inverse=True)
    components, component = np.unique(np.append(network.component[nodes], 0), return_inverse=True)
    per_node = {name: getattr(network, name)[nodes] for name in _PER_NODE}
    per_edge = {name: getattr(network, name)[edges] for name in _PER_EDGE}
    return {
        "nodes": pd.DataFrame(per_node | {"component": component[:-1]}),
        "edges": pd.DataFrame(per_edge | {"u": ends[: len(u)], "v": ends[len(u) :]}),
        "components": pd.DataFrame({"component_m": network.component_m[components]}),
    }


def part_network(part: Part, method: str) -> StreetNetwork:
    """The streets of a part, as one method gets along them."""
    nodes, edges = part.tables[f"{method}.nodes"], part.tables[f"{method}.edges"]
    return StreetNetwork(
        **{name: nodes[name].to_numpy() for name in _PER_NODE},
        **{name: edges[name].to_numpy() for name in _PER_EDGE},
        component_m=part.tables[f"{method}.components"]["component_m"].to_numpy(),
        crs=pyproj.CRS(part.about["crs"]),
        speed_kmh=part.about["speeds_kmh"][method],
    )


def found_in(part: Part) -> pd.DataFrame:
    """Minutes and nearest facility of every place, method and service, and minutes to the rim.

    The columns are `walk.minutes.health`, `walk.facility.health`, `walk.rim`; places that a method
    is not wanted for have `NaN` and "".
    """
    services = list(part.about["services"])
    columns: dict[str, Any] = {}
    for method in part.about["speeds_kmh"]:
        row = part.tables[f"{method}.places"]["row"].to_numpy()
        minutes, facility, rim = _searched(part, method, services)
        if rim is not None:
            columns[f"{method}.rim"] = _spread(rim.to_numpy(), row, part.about["places"])
        for service in services:
            columns[f"{method}.minutes.{service}"] = _spread(
                minutes[service].to_numpy(), row, part.about["places"]
            )
            whole = np.full(part.about["places"], "", dtype=object)
            whole[row] = facility[service].to_numpy(object)
            columns[f"{method}.facility.{service}"] = pd.Categorical(whole)
    return pd.DataFrame(columns, index=pd.RangeIndex(part.about["places"]))


def _searched(
    part: Part, method: str, services: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series[float] | None]:
    """Minutes, facility and, along streets, minutes to the rim."""
    places, facilities = part.tables[f"{method}.places"], part.tables[f"{method}.facilities"]
    if method == RADIUS:
        speed_kmh = part.about["speeds_kmh"][method]
        here, there = _points(places), _points(facilities)
        return *straight_time(here, there, services=services, speed_kmh=speed_kmh), None
    taken = travel_time(
        part_network(part, method),
        places,
        facilities,
        services=services,
        search_minutes=part.about["minutes"],
    )
    return taken.minutes, taken.facility, taken.rim


def _points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        table, geometry=gpd.points_from_xy(table["lon"], table["lat"], crs=WGS84)
    )


def _spread(values: Any, row: Any, count: int) -> Any:
    """Values at some of the rows, `NaN` at the others."""
    whole = np.full(count, np.nan)
    whole[row] = values
    return whole


def search_part(folder: str, result: str) -> None:
    """Search the part in a folder and write what was found: all that a worker does."""
    write_result(found_in(read_part(Path(folder))), Path(result))


def write_result(found: pd.DataFrame, result: Path) -> None:
    """Write what was found for a part, whole or not at all."""
    made = _beside(result)
    try:
        _write(found, made)
        made.replace(result)
    finally:
        made.unlink(missing_ok=True)


def read_result(result: Path, places: int) -> pd.DataFrame | None:
    """What was found for a part; `None` if that is not there, or damaged."""
    try:
        found = _read(result)
    except (OSError, pa.ArrowInvalid):
        return None
    return found if len(found) == places else None


def _beside(path: Path) -> Path:
    """A name beside a path that nobody else uses."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")


def _write(table: pd.DataFrame, path: Path) -> None:
    pq.write_table(
        pa.Table.from_pandas(table, preserve_index=False), path, write_page_checksum=True
    )


def _read(path: Path) -> pd.DataFrame:
    # A file by itself; its folder's name says nothing about it.
    with path.open("rb") as file:
        table = pq.ParquetFile(file, page_checksum_verification=True).read()
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
