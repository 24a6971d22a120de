"""A street network as one GeoParquet file, in tiles: whoever needs a piece reads no other.

Streets stand in the order of space, so that every row group is a tile; its statistics tell what
lies in it, and readers that know GeoParquet's `bbox` pass by the others. The coordinates are those
of the metric CRS, bit by bit.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj

from lifecircle.cutting import Box, Spans
from lifecircle.network import Floats, Ints, StreetNetwork

TILE_EDGES = 16_384

_AT_ENDS = ("component", "rim")
_PER_EDGE = ("length_m", "forward_m", "backward_m", "steps", "tunnel", "barred")
_SHUT = "step_free_"


@dataclass(frozen=True, eq=False)
class Piece:
    """The streets in and around a box.

    `edge` are the positions of its edges in the whole network, ascending, and `component` those of
    its components; `shut` is the piece without what is not step-free, where that was written too,
    and `shut_component` the positions of the components that remain there.
    """

    network: StreetNetwork
    edge: Ints
    component: Ints
    shut: StreetNetwork | None
    shut_component: Ints


def network_key(network: StreetNetwork, shut: StreetNetwork | None) -> str:
    """The hash of all that is written of a network."""
    digest = hashlib.sha256(network.crs.to_wkt().encode())
    for each in filter(None, (network, shut)):
        for name in ("x", "y", "u", "v", *_AT_ENDS, *_PER_EDGE, "component_m"):
            digest.update(np.ascontiguousarray(getattr(each, name)).tobytes())
    return digest.hexdigest()[:24]


def write_tiles(
    network: StreetNetwork, shut: StreetNetwork | None, path: Path, *, spans: Spans
) -> None:
    """Write the network's file, unless it is there, whole.

    Parameters
    ----------
    spans
        Where the network's edges lie, in the order in which they are written.
    shut
        The same network without what is not step-free, if that is searched too.
    """
    if _is_whole(path, len(network.u)):
        return
    order = spans.order
    u, v = network.u[order], network.v[order]
    columns: dict[str, Any] = {"edge": order, "u": u, "v": v}
    columns |= {name: getattr(network, name)[order] for name in _PER_EDGE}
    columns |= _at_ends(network, u, v, "")
    if shut is not None:
        columns |= _at_ends(shut, u, v, _SHUT)
    box = {
        "xmin": spans.west, "ymin": spans.south,
        "xmax": spans.east, "ymax": spans.north,
    }  # fmt: skip
    arrays = {name: pa.array(values) for name, values in columns.items()}
    arrays["bbox"] = pa.StructArray.from_arrays(list(map(pa.array, box.values())), list(box))
    arrays["geometry"] = _lines(network, u, v)
    table = pa.table(arrays).replace_schema_metadata({"geo": json.dumps(_geo(network.crs))})
    made = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        pq.write_table(
            table, made, row_group_size=TILE_EDGES, write_page_checksum=True,
            use_dictionary=[n for n in columns if n.endswith(("component_u", "_m_u", "_m_v"))],
        )  # fmt: skip
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)


def _is_whole(path: Path, edges: int) -> bool:
    """Whether a file is there to its end."""
    try:
        with path.open("rb") as file:
            return bool(pq.ParquetFile(file).metadata.num_rows == edges)
    except (OSError, pa.ArrowInvalid):
        return False


def _at_ends(network: StreetNetwork, u: Ints, v: Ints, prefix: str) -> dict[str, Any]:
    """What is told of the nodes at both ends of each edge, and how long their components are."""
    told: dict[str, Any] = {}
    for end, node in (("u", u), ("v", v)):
        component = network.component[node]
        told[f"{prefix}component_{end}"] = component
        told[f"{prefix}component_m_{end}"] = network.component_m[component]
        if not prefix:
            told[f"rim_{end}"] = network.rim[node]
    return told


def _lines(network: StreetNetwork, u: Ints, v: Ints) -> pa.Array:
    """The edges as GeoArrow lines of two points."""
    ends = np.column_stack([u, v]).ravel()
    points = pa.StructArray.from_arrays(
        [pa.array(network.x[ends]), pa.array(network.y[ends])], ["x", "y"]
    )
    return pa.ListArray.from_arrays(
        pa.array(np.arange(0, len(ends) + 1, 2, dtype=np.int32)), points
    )


def _geo(crs: pyproj.CRS) -> dict[str, Any]:
    """What GeoParquet 1.1 wants to know."""
    cover = {side: ["bbox", side] for side in ("xmin", "ymin", "xmax", "ymax")}
    return {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "linestring",
                "geometry_types": ["LineString"],
                "crs": crs.to_json_dict(),
                "covering": {"bbox": cover},
            }
        },
    }


def read_tiles(path: Path, box: Box, *, speed_kmh: float, crs: pyproj.CRS) -> Piece:
    """The piece of a network's file that touches a box.

    Edges, nodes and components keep their order, so that ties are decided as in the whole network;
    the component with most street stays the first, even where none of it is here. Degrees are left
    out: no search asks for them.

    Raises
    ------
    FileNotFoundError
        If there is no such file here.
    """
    table = _touching(path, box)
    edge = table["edge"].to_numpy()
    order = np.argsort(edge)
    columns = {
        name: table[name].to_numpy()[order] for name in table.column_names if name != "geometry"
    }
    ends = np.stack([columns["u"], columns["v"]])
    nodes, first, number = np.unique(ends, return_index=True, return_inverse=True)
    number = number.reshape(2, -1)
    coordinates = table["geometry"].combine_chunks().flatten().flatten()
    x, y = (each.to_numpy().reshape(-1, 2)[order].T.ravel()[first] for each in coordinates)
    component, labels, lengths_m = _components(columns, first, "")
    unknown = np.full(len(nodes), np.nan)
    network = StreetNetwork(
        lon=unknown,
        lat=unknown,
        x=x,
        y=y,
        component=component,
        rim=np.concatenate([columns["rim_u"], columns["rim_v"]])[first],
        u=number[0],
        v=number[1],
        **{name: columns[name] for name in _PER_EDGE},
        component_m=lengths_m,
        crs=crs,
        speed_kmh=speed_kmh,
    )
    shut, shut_labels = None, np.empty(0, np.int64)
    if f"{_SHUT}component_u" in columns:
        component, shut_labels, lengths_m = _components(columns, first, _SHUT)
        shut = replace(
            network,
            forward_m=np.where(network.barred, np.inf, network.forward_m),
            backward_m=np.where(network.barred, np.inf, network.backward_m),
            component=component,
            component_m=lengths_m,
        )
    return Piece(network, edge[order], labels, shut, shut_labels)


def _touching(path: Path, box: Box) -> pa.Table:
    """The edges whose own box touches this one."""
    west, south, east, north = box
    with path.open("rb") as file:
        parquet = pq.ParquetFile(file, page_checksum_verification=True)
        names = parquet.schema_arrow.names
        index = {column.path: i for i, column in enumerate(_leaves(parquet))}
        near = [
            group
            for group in range(parquet.num_row_groups)
            if _near(parquet.metadata.row_group(group), index, box)
        ]
        table = parquet.read_row_groups(near, columns=names)
    bounds = table["bbox"].combine_chunks()
    xmin, ymin, xmax, ymax = (each.to_numpy() for each in bounds.flatten())
    kept = (xmax >= west) & (xmin <= east) & (ymax >= south) & (ymin <= north)
    return table.drop_columns(["bbox"]).filter(pa.array(kept))


def _leaves(parquet: pq.ParquetFile) -> list[Any]:
    return [parquet.schema.column(i) for i in range(len(parquet.schema))]


def _near(group: Any, index: Mapping[str, int], box: Box) -> bool:
    """Whether a row group may hold edges that touch the box."""
    west, south, east, north = box

    def of(side: str) -> Any:
        return group.column(index[f"bbox.{side}"]).statistics

    return bool(
        of("xmax").max >= west
        and of("xmin").min <= east
        and of("ymax").max >= south
        and of("ymin").min <= north
    )


def _components(columns: Mapping[str, Any], first: Ints, prefix: str) -> tuple[Ints, Ints, Floats]:
    """The component of each node, counted among those here, their labels and lengths."""
    label = _both(columns, f"{prefix}component")[first]
    length_m = _both(columns, f"{prefix}component_m")[first]
    # Where the first component has no street here nobody asks how long it is.
    labels, at, number = np.unique(np.append(label, 0), return_index=True, return_inverse=True)
    return number[:-1], labels, np.append(length_m, np.inf)[at]


def _both(columns: Mapping[str, Any], name: str) -> Any:
    """A column of both ends, all first ends before all last ones."""
    return np.concatenate([columns[f"{name}_u"], columns[f"{name}_v"]])
