"""Zones: the streets and towns (街道/镇) for which rates are given, checked once.

A zone is one row with an id that is text. Outlines that cross themselves are repaired and reported;
zones that overlap are an error, since demand there would count twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lifecircle.errors import InputError
from lifecircle.findings import Layer, Source
from lifecircle.layers.outlines import overlaps, repaired
from lifecircle.messages import Message, message, some
from lifecircle.osm.boundaries import read_boundaries
from lifecircle.project.tables import ZonesTable
from lifecircle.readers.layer import read_layer, require_geometry
from lifecircle.readers.quantities import codes, column, numbers

OUTSIDE = "(outside)"
"""Zone of a place that no zone covers."""

_OSM_LEVEL = "osm:admin_level="
_OSM_KEYS = frozenset({"source", "id", "name", "parent", "area_type", "date"})
_ID_COLUMNS = ("id", "code")
_NAME_COLUMNS = ("name", "名称")
_AREA_KINDS = {
    "主城区": "urban", "中心城区": "urban", "新城": "new_town", "新市镇": "town", "镇": "town",
    "乡村": "rural", "农村": "rural",
}  # fmt: skip
"""Words of the plans for kinds of areas; a project's `area_types` goes before them."""


def load_zones(
    table: ZonesTable, *, extract: Path | None = None, totals: Sequence[str] = ()
) -> Layer:
    """The checked zones.

    Parameters
    ----------
    extract
        The network's OSM extract, for `osm:admin_level=N`.
    totals
        Further columns to keep, as numbers: totals to be spread over a zone.

    Returns
    -------
        Polygons in EPSG:4326, index `zone` (the ids as text, sorted), columns `name`, `parent`,
        `area_type` (the layer's own label), `area_kind` (what it is to a standard) and `totals`.

    Raises
    ------
    InputError
        If an id is missing or double, a geometry is missing or no polygon, a repair changes an area
        by more than 1 %, or zones overlap by more than 1 % of the smaller.
    """
    source = table.source if table.source.startswith("osm:") else Path(table.source).name
    read = _read(table, extract, source)
    if read.frame.empty:
        raise InputError.of("zones.empty", source=source)
    id_column = _id_column(read.frame, table, source)
    frame = _described(read.frame, table.model_copy(update={"id": id_column}), totals, source)
    faults = _id_faults(frame, id_column, source)
    if faults:
        raise InputError(*faults)
    frame, repairs = repaired(frame, ids="zone", layer="zones", source=source)
    frame = frame.set_index("zone").sort_index()
    found = (*read.findings, *repairs, *overlaps(frame, source))
    return Layer(frame.drop(columns="row"), found, read.sources)


def assign_zones(points: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.Series[str]:
    """The zone that covers each point; of several the smallest id; `(outside)` where none does.

    A point on a boundary is covered. Both in EPSG:4326; the result has the index of `points`.

    >>> zones = gpd.GeoDataFrame(index=["b", "a"], geometry=[shapely.box(0, 0, 1, 1)] * 2)
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0.5, 2], [1, 1]))
    >>> assign_zones(points, zones).tolist()
    ['a', '(outside)']
    """
    ids = np.sort(zones.index.to_numpy(dtype=object))
    polygons = zones.geometry.loc[ids].to_numpy()
    zone, point = shapely.STRtree(points.geometry.to_numpy()).query(
        polygons, predicate="intersects"
    )
    smallest = np.full(len(points), len(ids))
    np.minimum.at(smallest, point, zone)
    labels = np.append(ids, OUTSIDE)
    return pd.Series(labels[smallest], index=points.index, name="zone", dtype="str")


def _read(table: ZonesTable, extract: Path | None, source: str) -> Layer:
    if not table.source.startswith("osm:"):
        return require_geometry(read_layer(table, layer="zones"), layer="zones", source=source)
    unused = sorted(table.model_fields_set - _OSM_KEYS)
    if unused:
        raise InputError.of("zones.unused_keys", source=table.source, keys=", ".join(unused))
    if extract is None:
        raise InputError.of("zones.needs_extract", source=table.source)
    level = re.fullmatch(rf"{_OSM_LEVEL}(1[0-2]|[1-9])", table.source)
    if level is None:
        raise InputError.of("zones.bad_admin_level", source=table.source)
    boundaries = read_boundaries(extract, int(level[1]))
    tags = pd.DataFrame(boundaries["tags"].tolist(), index=boundaries.index).fillna("")
    known = boundaries.drop(columns="tags").assign(id=boundaries["osm"], row=boundaries["osm"])
    frame = known.join(tags.drop(columns=tags.columns.intersection(known.columns)))
    rows = len(frame)
    read = Source("zones", table.source, date=table.date or "", rows_in=rows, rows_used=rows)
    return Layer(frame, (), (read,))


def _id_column(frame: gpd.GeoDataFrame, table: ZonesTable, source: str) -> str:
    """The column of ids that the table names, else one whose name says so."""
    name = table.id or _first(_ID_COLUMNS, frame)
    if name is None:
        columns = some([name for name in frame.columns if name not in ("geometry", "row")], 30)
        raise InputError.of("zones.no_id", source=source, columns=columns)
    return name


def _first(names: Sequence[str], frame: gpd.GeoDataFrame) -> str | None:
    return next((name for name in names if name in frame.columns), None)


def _described(
    frame: gpd.GeoDataFrame, table: ZonesTable, totals: Sequence[str], source: str
) -> gpd.GeoDataFrame:
    """The zones under the names we use, with the `row` of each; `table.id` is set."""

    def text(name: str | None) -> pd.Series[str]:
        if name is None:
            return pd.Series("", index=frame.index, dtype="str")
        return codes(column(frame, name, layer="zones", source=source))

    zone, name = text(table.id), text(table.name or _first(_NAME_COLUMNS, frame))
    described = {
        "zone": zone,
        "name": name.where(name != "", zone),
        "parent": text(table.parent),
        "area_type": text(table.area_type),
        "area_kind": text(table.area_type).replace(_AREA_KINDS | table.area_types),
        **{total: numbers(frame, total, layer="zones", source=source) for total in totals},
        "row": frame["row"],
    }
    return gpd.GeoDataFrame(described, geometry=frame.geometry)


def _id_faults(frame: gpd.GeoDataFrame, column: str, source: str) -> list[Message]:
    faults = []
    missing = frame["zone"] == ""
    if missing.any():
        rows = some(frame.loc[missing, "row"].tolist())
        faults.append(message("zones.id_missing", source=source, column=column, rows=rows))
    double = frame["zone"].duplicated(keep=False) & ~missing
    if double.any():
        ids = frame.loc[double, "zone"].unique().tolist()
        rows = some(frame.loc[double, "row"].tolist())
        values = {"count": len(ids), "ids": some(ids), "rows": rows}
        faults.append(message("zones.id_duplicate", source=source, column=column, **values))
    return faults
