"""A part of a run as files: places and facilities that are searched by themselves.

A part is a folder of Parquet tables and `part.json`, named by the hash of all they hold. Its
streets are a piece of the networks' files, which stand beside it; what is found for its places is
one more table there. None of it is ever half: all is written beside its place and moved there.
"""

from __future__ import annotations

import errno
import hashlib
import io
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

from lifecircle.definitions import RADIUS, STEPFREE
from lifecircle.errors import InputError
from lifecircle.geodesy import WGS84
from lifecircle.stepfree import on_open
from lifecircle.straight import straight_time
from lifecircle.tiles import Piece, read_tiles
from lifecircle.travel import travel_time
from lifecircle.version import VERSION

FORMAT = 1
"""Another layout of the files, another number."""
ABOUT = "part.json"


@dataclass(frozen=True, eq=False)
class Part:
    """What is searched for the places of one part.

    `about` is plain JSON: `places` (how many), `services`, `minutes` (how far is searched), `crs`,
    `speeds_kmh` by method, `snapping` (its limits), and by mode `streets`: the `file` of a network
    and the `box` to read of it. `tables` are `walk.facilities` and `walk.places`, so by method;
    edges are positions in the whole network, a place's `row` is its position in the part.
    """

    about: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]


def part_key(part: Part) -> str:
    """The hash of everything that a part holds: another street, another speed, another key."""
    digest = hashlib.sha256(_json([FORMAT, VERSION, part.about]))
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
    (made / ABOUT).write_bytes(_json({"format": FORMAT, "version": VERSION, **part.about}))
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
    version, layout = about.pop("version"), about.pop("format")
    if (version, layout) != (VERSION, FORMAT):
        raise InputError.of(
            "distributed.other_version",
            has=VERSION, wants=version, worker=socket.gethostname(),
        )  # fmt: skip
    tables = {
        path.stem: _read(io.BytesIO(path.read_bytes())) for path in sorted(folder.glob("*.parquet"))
    }
    return Part(about, tables)


def found_in(part: Part, folder: Path) -> pd.DataFrame:
    """Minutes and nearest facility of every place, method and service, and minutes to the rim.

    The columns are `walk.minutes.health`, `walk.facility.health`, `walk.rim`; for ways without
    steps also `access_m` and `component` (-1 off the streets), since places may be moved by them.
    Places that a method is not wanted for have `NaN`, "" and -1.

    Parameters
    ----------
    folder
        Where the networks' files are.
    """
    pieces = {
        mode: read_tiles(
            folder / streets["file"],
            tuple(streets["box"]),
            speed_kmh=part.about["speeds_kmh"][mode],
            crs=pyproj.CRS(part.about["crs"]),
        )
        for mode, streets in part.about["streets"].items()
    }
    columns: dict[str, Any] = {}
    for method in part.about["speeds_kmh"]:
        row = part.tables[f"{method}.places"]["row"].to_numpy()
        for name, values in _searched(part, method, pieces).items():
            whole = _unknown(values.dtype, part.about["places"])
            whole[row] = values
            columns[f"{method}.{name}"] = pd.Categorical(whole) if whole.dtype == object else whole
    return pd.DataFrame(columns, index=pd.RangeIndex(part.about["places"]))


def _unknown(kind: np.dtype[Any], count: int) -> Any:
    """Values of places that nobody asked for."""
    return np.full(count, {"O": "", "i": -1}.get(kind.kind, np.nan), dtype=kind)


def _searched(part: Part, method: str, pieces: Mapping[str, Piece]) -> dict[str, Any]:
    """The columns of one method, for its own places."""
    services = list(part.about["services"])
    places, facilities = part.tables[f"{method}.places"], part.tables[f"{method}.facilities"]
    if method == RADIUS:
        speed_kmh = part.about["speeds_kmh"][method]
        here, there = _points(places), _points(facilities)
        return _columns(*straight_time(here, there, services=services, speed_kmh=speed_kmh))
    piece = pieces[method.removesuffix(STEPFREE)]
    places, facilities = (_within(each, piece) for each in (places, facilities))
    streets, further = piece.network, {}
    if method.endswith(STEPFREE) and piece.shut is not None:
        streets = piece.shut
        unmoved = _points(places).assign(street_lon=np.nan, street_lat=np.nan, moved=False)
        places = on_open(unmoved, streets, **part.about["snapping"])
        edge = places["edge"].to_numpy()
        component = piece.shut_component[streets.component[streets.u[edge]]]
        further = {
            "access_m": places["distance_m"].to_numpy(),
            "component": np.where(edge >= 0, component, -1),
        }
    taken = travel_time(
        streets,
        places,
        facilities[facilities["edge"] >= 0],
        services=services,
        search_minutes=part.about["minutes"],
    )
    found = _columns(taken.minutes, taken.facility)
    return {**found, "rim": taken.rim.to_numpy(), **further}


def _columns(minutes: pd.DataFrame, facility: pd.DataFrame) -> dict[str, Any]:
    return {f"minutes.{key}": minutes[key].to_numpy() for key in minutes} | {
        f"facility.{key}": facility[key].to_numpy(object) for key in facility
    }


def _within(table: pd.DataFrame, piece: Piece) -> pd.DataFrame:
    """The table with positions among the edges of a piece, -1 for what is on none of them."""
    edge = table["edge"].to_numpy()
    at = np.searchsorted(piece.edge, edge)
    at[at == len(piece.edge)] = 0
    known = (edge >= 0) & (piece.edge[at] == edge) if len(piece.edge) else np.zeros(len(at), bool)
    return table.assign(edge=np.where(known, at, -1))


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
    """Search the part in a folder and write what was found: all that a worker does.

    Parameters
    ----------
    result
        How the file's name begins, folder included.
    """
    path = Path(folder)
    write_result(found_in(read_part(path), path.parent), Path(result))


def write_result(found: pd.DataFrame, result: Path) -> None:
    """Write what was found for a part, whole or not at all; its hash ends the file's name."""
    written = io.BytesIO()
    _write(found, written)
    content = written.getvalue()
    path = result.with_name(f"{result.name}-{_hash(content)}.parquet")
    made = _beside(path)
    try:
        made.write_bytes(content)
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)


def read_result(result: Path, places: int) -> pd.DataFrame | None:
    """What was found for a part; `None` if that is not there, or damaged."""
    for path in result.parent.glob(f"{result.name}-*.parquet"):
        content = path.read_bytes()
        if path.stem == f"{result.name}-{_hash(content)}":
            found = _read(io.BytesIO(content))
            return found if len(found) == places else None
    return None


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:24]


def _beside(path: Path) -> Path:
    """A name beside a path that nobody else uses."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")


def _write(table: pd.DataFrame, path: Path | io.BytesIO) -> None:
    # One thread: to start more takes longer than it saves.
    plain = pa.Table.from_pandas(table, preserve_index=False, nthreads=1)
    pq.write_table(plain, path, write_page_checksum=True)


def _read(content: io.BytesIO) -> pd.DataFrame:
    table = pq.ParquetFile(content, page_checksum_verification=True).read()
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
