"""Any source file to a checked layer: degrees of WGS 84, every attribute, every fault at once."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from lifecircle.crs import Place, degrees_of, is_rough, read_crs
from lifecircle.datum import shifted_datum
from lifecircle.errors import CRSError, InputError
from lifecircle.findings import Finding, Layer, Source, finding
from lifecircle.geodesy import WGS84
from lifecircle.messages import Message, message, some
from lifecircle.project.tables import LayerTable, PointTable
from lifecircle.readers.encoding import true_encoding
from lifecircle.readers.files import existing_file, sha256
from lifecircle.readers.quantities import code, codes, column, parse_numbers, row_values
from lifecircle.readers.tables import OUR_COLUMNS, read_cells, sample_texts
from lifecircle.readers.vectors import holds_geometry, lacks_crs_member, read_features

_X_NAMES = ("x", "lon", "lng", "long", "longitude", "经度", "东经", "x坐标", "point_x")
_Y_NAMES = ("y", "lat", "latitude", "纬度", "北纬", "y坐标", "point_y")


def read_layer(table: LayerTable, *, layer: str) -> Layer:
    """A layer of the project file, as points, lines or polygons in EPSG:4326.

    Parameters
    ----------
    table
        Where it is and how to read it. A table of coordinates needs `x`, `y` and `crs`.
    layer
        What messages call it.

    Returns
    -------
        Every attribute column plus `row`: the line of a table as a spreadsheet counts (the header
        is line 1), or the position of a feature from 1. Cells of CSV and workbooks are text.
        Features without a geometry are kept: see `require_geometry`, `drop_missing_geometry`.

    Raises
    ------
    InputError
        If the file, a column or a coordinate is missing or wrong. Names rows and values.
    CRSError
        If the coordinate system is missing, unknown, or cannot be that of the coordinates.
    """
    path = existing_file(table.source, layer=layer)
    if holds_geometry(path, layer=layer):
        cells, findings = read_features(
            path, layer=layer, sublayer=table.layer, encoding=table.encoding
        )
    else:
        cells, findings = read_cells(path, layer=layer, sheet=table.layer, encoding=table.encoding)
    may_be_empty = getattr(table, "empty", False)
    if cells.empty and not may_be_empty:
        code_ = "readers.no_facilities" if hasattr(table, "empty") else "readers.no_rows"
        raise InputError.of(code_, layer=layer, source=path.name)
    kept = _where(cells, table, layer=layer, source=path.name).reset_index(drop=True)
    if isinstance(kept, gpd.GeoDataFrame):
        frame, more = _features_in_degrees(kept, table, path, layer=layer)
    else:
        frame, more = _points_in_degrees(kept, table, path, layer=layer)
    source = Source(
        layer, table.source, sha256(path), table.date or "", len(cells), rows_used=len(frame)
    )
    remarks = _column_remarks(frame, layer, path.name)
    return Layer(frame, (*findings, *remarks, *more), (source,))


def missing_geometry(frame: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Where a row has no place: no geometry, an empty one, or a coordinate that is no number."""
    shapes = frame.geometry.to_numpy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    missing[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    return np.asarray(missing, dtype=bool)


def require_geometry(read: Layer, *, layer: str, source: str) -> Layer:
    """The layer unchanged, if every row has a place.

    Raises
    ------
    InputError
        If a row has none; names the rows.
    """
    missing = missing_geometry(read.frame)
    if missing.any():
        rows = read.frame["row"].to_numpy()[missing].tolist()
        raise InputError.of(
            "readers.no_geometry",
            layer=layer,
            source=source,
            count=len(rows),
            rows=some(rows),
        )
    return read


def drop_missing_geometry(read: Layer, *, layer: str, source: str) -> Layer:
    """The layer without the rows that have no place; they become a finding."""
    missing = missing_geometry(read.frame)
    if not missing.any():
        return read
    rows = read.frame["row"].to_numpy()[missing].tolist()
    dropped = finding(
        layer,
        "readers.geometry_dropped",
        source=source,
        row=some(rows),
        count=len(rows),
    )
    frame = read.frame[~missing].reset_index(drop=True)
    sources = tuple(
        dataclasses.replace(origin, rows_used=origin.rows_used - len(rows))
        for origin in read.sources
    )
    return dataclasses.replace(read, frame=frame, sources=sources).adding(dropped)


def _where(cells: pd.DataFrame, table: LayerTable, *, layer: str, source: str) -> pd.DataFrame:
    kept = cells
    for name, wanted in table.where.items():
        values = codes(column(kept, name, layer=layer, source=source))
        allowed = [code(value) for value in (wanted if isinstance(wanted, list) else [wanted])]
        matches = values.isin(allowed)
        if not matches.any() and not kept.empty and not getattr(table, "empty", False):
            raise InputError.of(
                "readers.where_leaves_nothing",
                layer=layer,
                source=source,
                column=name,
                wanted=some(allowed),
                known=some(values.value_counts().index.tolist()),
            )
        kept = kept[matches]
    return kept


def _column_remarks(frame: gpd.GeoDataFrame, layer: str, source: str) -> list[Finding]:
    """Columns renamed because we use their name; texts that came out as gibberish."""
    remarks = [
        finding(layer, "readers.column_renamed", severity="info", source=source, column=name)
        for name in OUR_COLUMNS
        if f"{name}_" in frame.columns
    ]
    texts = [*map(str, frame.columns), *sample_texts(frame)]
    encoding = true_encoding(texts)
    if encoding is not None:
        sample = "、".join([text for text in texts if not text.isascii()][:3])
        garbled = finding(layer, "readers.garbled", source=source, sample=sample, encoding=encoding)
        remarks.append(garbled)
    return remarks


def _points_in_degrees(
    cells: pd.DataFrame, table: LayerTable, path: Path, *, layer: str
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    if not isinstance(table, PointTable):
        raise InputError.of("readers.no_places", layer=layer, source=path.name)
    x_name, y_name = table.x, table.y
    if x_name is None or y_name is None or table.crs is None:
        raise InputError(*_undeclared(cells, table, layer=layer, source=path.name))
    x, x_faults = _coordinates(cells, x_name, layer=layer, source=path.name)
    y, y_faults = _coordinates(cells, y_name, layer=layer, source=path.name)
    if x_faults or y_faults:
        raise InputError(*x_faults, *y_faults)
    frame = gpd.GeoDataFrame(cells, geometry=gpd.points_from_xy(x, y))
    return _converted(frame, table.crs, path, layer=layer)


def _undeclared(
    cells: pd.DataFrame, table: LayerTable, *, layer: str, source: str
) -> list[Message]:
    """What a table of coordinates does not say: its columns, its system."""
    faults = []
    seen = [str(name) for name in cells.columns if name != "row"]
    if getattr(table, "x", None) is None:
        like_x = [name for name in seen if name.casefold() in _X_NAMES]
        like_y = [name for name in seen if name.casefold() in _Y_NAMES]
        values = {"layer": layer, "source": source, "columns": some(seen, 30)}
        if like_x and like_y:
            faults.append(message("readers.guess_xy", x=like_x[0], y=like_y[0], **values))
        else:
            faults.append(message("readers.no_xy", **values))
    if table.crs is None:
        faults.append(message("readers.table_without_crs", layer=layer, source=source))
    return faults


def _coordinates(
    cells: pd.DataFrame, name: str, *, layer: str, source: str
) -> tuple[NDArray[np.float64], list[Message]]:
    values = column(cells, name, layer=layer, source=source)
    parsed, faulty = parse_numbers(values)
    empty = parsed.isna().to_numpy() & ~faulty
    what = {"layer": layer, "source": source, "column": name}
    faults = []
    if faulty.any():
        examples = some(row_values(cells, values, faulty))
        faults.append(
            message("readers.not_coordinates", count=int(faulty.sum()), examples=examples, **what)
        )
    if empty.any():
        rows = some(cells["row"].to_numpy()[empty].tolist())
        faults.append(
            message("readers.empty_coordinates", count=int(empty.sum()), rows=rows, **what)
        )
    return parsed.to_numpy(), faults


def _features_in_degrees(
    features: gpd.GeoDataFrame, table: LayerTable, path: Path, *, layer: str
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    what = {"layer": layer, "source": path.name}
    if getattr(table, "x", None) is not None:
        raise InputError.of("readers.xy_beside_geometry", **what)
    own = features.crs
    if own is not None and not (own.is_geographic or own.is_projected):
        own = None
    if table.crs is None:
        if own is None:
            code_ = "readers.no_prj" if path.suffix.lower() == ".shp" else "readers.no_crs"
            raise CRSError.of(code_, **what)
        return _converted(features, own.to_string(), path, layer=layer)
    frame, findings = _converted(features, table.crs, path, layer=layer)
    if own is not None and not _is_same(table.crs, own) and not lacks_crs_member(path):
        overridden = finding(
            layer, "readers.crs_overridden", source=path.name, own=own.name, wanted=table.crs
        )
        findings.append(overridden)
    return frame, findings


def _is_same(text: str, own: pyproj.CRS) -> bool:
    if shifted_datum(text) is not None:
        return False
    wanted = read_crs(text)
    return wanted.equals(own, ignore_axis_order=True) or (
        wanted.to_epsg() is not None and wanted.to_epsg() == own.to_epsg()
    )


def _converted(
    frame: gpd.GeoDataFrame, crs_text: str, path: Path, *, layer: str
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The frame with every vertex in EPSG:4326, flat."""
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    x, y = coordinates[:, 0], coordinates[:, 1]
    place = Place(layer, path.name, frame["row"].to_numpy()[owner])
    shift = shifted_datum(crs_text)
    findings = []
    if shift is not None:
        lon, lat = shift(*degrees_of(x, y, pyproj.CRS(WGS84), place))
    else:
        crs = read_crs(crs_text)
        lon, lat = degrees_of(x, y, crs, place)
        if is_rough(crs):
            findings.append(finding(layer, "readers.rough_crs", source=path.name, name=crs.name))
    moved = shapely.set_coordinates(shapes, np.column_stack([lon, lat]))
    geometry = gpd.GeoSeries(moved, index=frame.index, crs=WGS84)
    return gpd.GeoDataFrame(
        frame.drop(columns="geometry").assign(geometry=geometry), crs=WGS84
    ), findings
