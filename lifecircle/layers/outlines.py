"""Outlines of areas: what is no polygon, crosses itself, overlaps or leaves gaps.

Areas are measured in the metric system of the place; what is changed is reported with its numbers.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from lifecircle.crs import metric_crs
from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.geodesy import WGS84
from lifecircle.messages import message, some

Geometries = npt.NDArray[Any]

MOST_REPAIR = 0.01
"""A repair may change an area by this share (bad input 1)."""

OVERLAP_ERROR = 0.01
OVERLAP_FINDING = 0.0001
"""Shares of the smaller zone above which an overlap is an error, or a finding (contract §4)."""

SMALLEST_GAP_M2 = 1.0


def polygonal(geometries: Geometries) -> Geometries:
    """Each geometry reduced to its polygons: an empty multipolygon where it has none.

    >>> mixed = shapely.GeometryCollection([shapely.Point(9, 9), shapely.box(0, 0, 1, 1)])
    >>> float(polygonal(np.array([mixed]))[0].area)
    1.0
    """
    parts, owner = shapely.get_parts(geometries, return_index=True)
    parts, part = shapely.get_parts(parts, return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    kept = np.full(len(geometries), shapely.MultiPolygon(), dtype=object)
    shapely.multipolygons(parts[areal], indices=owner[part][areal], out=kept)
    whole = np.isin(shapely.get_type_id(geometries), (3, 6))
    return np.where(whole, geometries, kept)


def repaired(
    frame: gpd.GeoDataFrame, *, ids: str, layer: str, source: str
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """The frame with valid polygons, and what was repaired or dropped.

    Parameters
    ----------
    frame
        Geometries of any type in EPSG:4326, columns `row` and `ids`.
    ids
        Column that names each polygon in messages.
    source
        The file, for messages.

    Raises
    ------
    InputError
        If a row has no polygon, or its repair changes its area by more than 1 %.
    """
    drawn = polygonal(frame.geometry.to_numpy())
    none = shapely.is_empty(drawn)
    where = {"layer": layer, "source": source}
    if none.any():
        rows = frame.loc[none, "row"].tolist()
        raise InputError.of("outlines.no_area", count=len(rows), rows=some(rows), **where)
    valid = shapely.is_valid(drawn)
    whole = np.where(valid, drawn, polygonal(shapely.make_valid(drawn)))
    found = []
    mixed = frame.loc[~frame.geom_type.isin(["Polygon", "MultiPolygon"])]
    if len(mixed):
        names, rows = some(mixed[ids].tolist()), some(mixed["row"].tolist())
        found.append(finding(layer, "outlines.parts_dropped", source=source, row=rows, ids=names))
    broken = pd.DataFrame(frame.loc[~valid, [ids, "row"]]).rename(columns={ids: "id"})
    before, after = shapely.area(_metric(drawn[~valid])), shapely.area(_metric(whole[~valid]))
    found += _repairs(broken.assign(before=before, after=after), **where)
    return frame.set_geometry(gpd.GeoSeries(whole, index=frame.index, crs=WGS84)), tuple(found)


def _repairs(broken: pd.DataFrame, *, layer: str, source: str) -> list[Finding]:
    change = (broken["after"] - broken["before"]).abs()
    too_much = change > MOST_REPAIR * broken[["before", "after"]].max(axis=1)
    values: list[dict[str, Any]] = [
        {"layer": layer, "source": source, **dict(zip(broken.columns, row, strict=True))}
        for row in broken.to_numpy(dtype=object).tolist()
    ]
    faults = [
        message("outlines.repair_changes_area", **value)
        for value, refused in zip(values, too_much, strict=True)
        if refused
    ]
    if faults:
        raise InputError(*faults)
    return [finding(code="outlines.repaired", **value) for value in values]


def _metric(polygons: Geometries) -> Geometries:
    """Polygons given in degrees in the metric system of their place."""
    degrees = gpd.GeoSeries(polygons, crs=WGS84)
    if degrees.empty:
        return polygons
    west, south, east, north = degrees.total_bounds
    crs = metric_crs("auto", (west + east) / 2, (south + north) / 2)
    return np.asarray(degrees.to_crs(crs).to_numpy())


def overlaps(zones: gpd.GeoDataFrame, source: str) -> tuple[Finding, ...]:
    """Overlaps of zones and gaps between them, as findings with their square metres.

    Raises
    ------
    InputError
        If two zones overlap by more than 1 % of the smaller.
    """
    polygons = shapely.make_valid(_metric(zones.geometry.to_numpy()))
    area_m2 = shapely.area(polygons)
    first, second = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    first, second = first[first < second], second[first < second]
    common_m2 = shapely.area(shapely.intersection(polygons[first], polygons[second]))
    share = common_m2 / np.minimum(area_m2[first], area_m2[second])

    def pairs(mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
        names = zones["name"].where(zones["name"] != zones.index, "")
        labels = (zones.index + " " + names).str.strip().to_numpy()
        named = [
            f"{labels[a]} / {labels[b]} ({m2:,.0f} m²)"
            for a, b, m2 in zip(first[mask], second[mask], common_m2[mask], strict=True)
        ]
        return {"count": len(named), "pairs": some(named)}

    if (share > OVERLAP_ERROR).any():
        raise InputError.of("outlines.overlap_error", source=source, **pairs(share > OVERLAP_ERROR))
    found = []
    slight = share > OVERLAP_FINDING
    if slight.any():
        area = common_m2[slight].sum()
        found.append(
            finding("zones", "outlines.overlap", source=source, area_m2=area, **pairs(slight))
        )
    gaps = _gaps(polygons)
    if len(gaps):
        found.append(
            finding(
                "zones",
                "outlines.gaps",
                severity="info",
                source=source,
                count=len(gaps),
                area_m2=gaps.sum(),
            )
        )
    return tuple(found)


def _gaps(polygons: Geometries) -> npt.NDArray[np.float64]:
    """Areas of the holes in the union of all polygons, of `SMALLEST_GAP_M2` or more."""
    parts = shapely.get_parts(shapely.union_all(polygons))
    rings, part = shapely.get_rings(parts, return_index=True)
    # Of each part's rings the first is the outer one.
    holes = rings[np.diff(part, prepend=-1) == 0]
    area_m2 = shapely.area(shapely.polygons(holes))
    return np.asarray(area_m2[area_m2 >= SMALLEST_GAP_M2])
