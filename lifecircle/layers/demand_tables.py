"""Demand places of a file: weighted points, or areas whose weight is shared by points inside."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from lifecircle.errors import InputError
from lifecircle.findings import Finding, Layer, Source, finding
from lifecircle.geodesy import WGS84
from lifecircle.layers.demand_kinds import kinds_of
from lifecircle.layers.demand_places import refuse_too_fine
from lifecircle.layers.grid import points_inside, shared
from lifecircle.layers.land import exclusive, metric
from lifecircle.layers.outlines import OVERLAP_FINDING, repaired
from lifecircle.layers.zones import assign_zones
from lifecircle.messages import Message, message, some
from lifecircle.project.tables import DemandTable
from lifecircle.readers.layer import read_layer, require_geometry
from lifecircle.readers.quantities import codes, column, numbers, row_values

ZONE_MISMATCH_M = 50.0
"""A place farther than this outside the zone that its row names is a finding (contract §4)."""


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of a layer, checked: geometry, labels (`id`, `zone`, `kind`) and amounts of each."""

    rows: gpd.GeoDataFrame
    labels: pd.DataFrame
    amounts: pd.DataFrame
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]


def read_demand_table(table: DemandTable, zones: gpd.GeoDataFrame, *, crs: pyproj.CRS) -> Layer:
    """The demand places of a table of coordinates or a layer of points and areas.

    Raises
    ------
    InputError
        If an id is missing or double, a number missing or negative, or a zone or kind unknown.
    """
    read = _checked_rows(table, zones, crs)
    owner, points = _points(read.rows, table.spacing, crs)
    labels = read.labels.iloc[owner].reset_index(drop=True)
    frame = gpd.GeoDataFrame(labels, geometry=points)
    mismatch = []
    if table.zone is None:
        frame["zone"] = assign_zones(frame, zones)
    else:
        mismatch = _mismatch(frame, table, zones, crs)
    for name, amount in read.amounts.items():
        frame[name] = shared(amount.to_numpy(dtype=np.float64), owner)
    return Layer(frame[_columns(read)], (*read.findings, *mismatch), read.sources)


def read_demand_polygons(
    table: DemandTable, zones: gpd.GeoDataFrame, *, crs: pyproj.CRS
) -> gpd.GeoDataFrame:
    """The polygons of a layer of areas, with the columns of its demand places.

    A polygon has a `zone` only where the layer names one. Errors as `read_demand_table`.
    """
    read = _checked_rows(table, zones, crs)
    columns = [name for name in _columns(read) if name != "zone" or table.zone is not None]
    both = pd.concat([read.labels, read.amounts], axis=1).reset_index(drop=True)
    shapes = read.rows.geometry.reset_index(drop=True)
    return gpd.GeoDataFrame(both, geometry=shapes)[columns]


def _columns(read: _Rows) -> list[str]:
    kind = [name for name in read.labels if name == "kind"]
    return ["id", "zone", *read.amounts, *kind, "geometry"]


def _checked_rows(table: DemandTable, zones: gpd.GeoDataFrame, crs: pyproj.CRS) -> _Rows:
    source = Path(table.source).name
    read = read_layer(table, layer=table.name)
    read = require_geometry(read, layer=table.name, source=source)
    rows, repairs = _whole(read.frame, table, source)
    amounts = _amounts(rows, table, crs, source)
    rows, amounts, dropped = _without_missing(rows, amounts, table, source)
    labels = pd.DataFrame({"id": _ids(rows, table, source)})
    named = _named_zones(rows, table, zones, source)
    kinds, kindless = kinds_of(rows, table, source)
    for name, label in (("zone", named), ("kind", kinds)):
        if label is not None:
            labels[name] = label
    areas = _areas(rows, table, crs, source)
    sources = tuple(dataclasses.replace(s, rows_used=len(rows)) for s in read.sources)
    found = (*read.findings, *repairs, *dropped, *kindless, *areas)
    return _Rows(rows, labels, pd.DataFrame(amounts, index=rows.index), found, sources)


def _areas(
    rows: gpd.GeoDataFrame, table: DemandTable, crs: pyproj.CRS, source: str
) -> list[Finding]:
    """Ground that counts more than once, since polygons weighted by their area overlap.

    Raises
    ------
    InputError
        If the polygons would become more points than fit.
    """
    shapes = metric(rows[~_is_point(rows)], crs)
    area_m2 = float(shapely.area(shapes).sum())
    refuse_too_fine(table, area_m2, table.spacing)
    if table.weight != "area":
        return []
    twice_m2 = area_m2 - float(shapely.area(exclusive(shapes)).sum())
    if twice_m2 <= OVERLAP_FINDING * area_m2:
        return []
    share = twice_m2 / area_m2
    return [finding(table.name, "demand.overlap", source=source, area_m2=twice_m2, share=share)]


def _is_point(rows: gpd.GeoDataFrame) -> pd.Series[bool]:
    return pd.Series(rows.geom_type.isin(["Point", "MultiPoint"]))


def _whole(
    frame: gpd.GeoDataFrame, table: DemandTable, source: str
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Points as they are and valid areas."""
    point = _is_point(frame)
    areas, found = repaired(frame[~point], ids="row", layer=table.name, source=source)
    if table.weight == "area" and point.any():
        raise InputError(_fault("demand.area_of_points", frame[point], table, source))
    whole = pd.concat([frame[point], areas]).sort_index()
    return gpd.GeoDataFrame(whole, crs=WGS84), found


def _fault(
    code: str, faulty: pd.DataFrame, table: DemandTable, source: str, column: str | None = None
) -> Message:
    rows = faulty["row"].tolist()
    where = {"layer": table.name, "source": source, "column": column}
    return message(code, count=len(rows), rows=some(rows), **where)


def _amounts(
    rows: gpd.GeoDataFrame, table: DemandTable, crs: pyproj.CRS, source: str
) -> dict[str, pd.Series[float]]:
    """Weight and groups of each row; with a total, groups belong to that."""
    written = {"weight": table.weight} | (table.groups if table.total is None else {})
    amounts = {}
    faults = []
    for name, value in written.items():
        if value == "area" and "area" not in rows.columns:
            amounts[name] = pd.Series(rows.geometry.to_crs(crs).area, index=rows.index)
        elif isinstance(value, str):
            amounts[name] = numbers(rows, value, layer=table.name, source=source)
            negative = (amounts[name] < 0).to_numpy()
            if negative.any():
                fault = _fault("demand.negative", rows[negative], table, source, value)
                examples = some(row_values(rows, rows[value], negative))
                faults.append(message(fault.code, examples=examples, **fault.values))
        else:
            amounts[name] = pd.Series(float(value), index=rows.index)
    if faults:
        raise InputError(*faults)
    return amounts


def _without_missing(
    rows: gpd.GeoDataFrame, amounts: dict[str, pd.Series[float]], table: DemandTable, source: str
) -> tuple[gpd.GeoDataFrame, dict[str, pd.Series[float]], list[Finding]]:
    """The rows whose numbers are all known; the others are an error or, if so wished, a finding."""
    columns = {"weight": table.weight, **table.groups}
    missing = {columns[name]: amount.isna() for name, amount in amounts.items()}
    missing = {name: mask for name, mask in missing.items() if mask.any()}
    if not missing:
        return rows, amounts, []
    if table.missing_weight == "error":
        raise InputError(
            *(
                _fault("demand.missing", rows[mask], table, source, str(name))
                for name, mask in missing.items()
            )
        )
    lost = np.logical_or.reduce([mask.to_numpy() for mask in missing.values()])
    found = finding(
        table.name,
        "demand.dropped",
        source=source,
        row=some(rows.loc[lost, "row"].tolist()),
        column=", ".join(map(str, missing)),
        count=int(lost.sum()),
        total=len(rows),
    )
    return rows[~lost], {name: amount[~lost] for name, amount in amounts.items()}, [found]


def _ids(rows: gpd.GeoDataFrame, table: DemandTable, source: str) -> pd.Series[str]:
    if table.id is None:
        return pd.Series(rows["row"])
    ids = codes(column(rows, table.id, layer=table.name, source=source))
    faults = []
    if (ids == "").any():
        faults.append(_fault("demand.id_missing", rows[ids == ""], table, source, table.id))
    double = ids.duplicated(keep=False) & (ids != "")
    if double.any():
        fault = _fault("demand.id_duplicate", rows[double], table, source, table.id)
        twice = ids[double].unique().tolist()
        values = {**fault.values, "count": len(twice), "ids": some(twice)}
        faults.append(message(fault.code, **values))
    if faults:
        raise InputError(*faults)
    return ids


def _named_zones(
    rows: gpd.GeoDataFrame, table: DemandTable, zones: gpd.GeoDataFrame, source: str
) -> pd.Series[str] | None:
    """The zone that each row names; none if the table has no such column."""
    if table.zone is None:
        return None
    named = codes(column(rows, table.zone, layer=table.name, source=source))
    unknown = ~named.isin(zones.index)
    if unknown.any():
        fault = _fault("demand.unknown_zones", rows[unknown], table, source, table.zone)
        ids = named[unknown].unique().tolist()
        shown = some([zone or '""' for zone in ids])
        values = {**fault.values, "zones": shown, "known": some(list(zones.index), 3)}
        raise InputError(message(fault.code, **values))
    return named


def _points(
    rows: gpd.GeoDataFrame, spacing: float, crs: pyproj.CRS
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], gpd.GeoSeries]:
    """Points of each row, with the position of the row: its own, or those inside its area."""
    point = _is_point(rows).to_numpy()
    own, own_position = shapely.get_parts(rows.geometry[point].to_numpy(), return_index=True)
    areas = rows.geometry[~point].to_crs(crs)
    inside, x, y = points_inside(areas.to_numpy(), spacing=spacing)
    within = gpd.GeoSeries(shapely.points(x, y), crs=crs).to_crs(WGS84)
    owner = np.concatenate([np.flatnonzero(point)[own_position], np.flatnonzero(~point)[inside]])
    order = np.argsort(owner, kind="stable")
    points = np.concatenate([own, within.to_numpy()])[order]
    return owner[order], gpd.GeoSeries(points, crs=WGS84)


def _mismatch(
    places: gpd.GeoDataFrame, table: DemandTable, zones: gpd.GeoDataFrame, crs: pyproj.CRS
) -> list[Finding]:
    """Places that lie clearly outside the zone their row names."""
    named = zones.geometry.to_crs(crs).loc[places["zone"]].to_numpy()
    away_m = shapely.distance(places.geometry.to_crs(crs).to_numpy(), named)
    off = away_m > ZONE_MISMATCH_M
    if not off.any():
        return []
    found = finding(
        table.name,
        "demand.zone_mismatch",
        source=Path(table.source).name,
        row=some(places.loc[off, "id"].tolist()),
        column=str(table.zone),
        count=int(off.sum()),
        limit_m=ZONE_MISMATCH_M,
    )
    return [found]
