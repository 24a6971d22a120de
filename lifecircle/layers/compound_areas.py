"""Closed compounds (小区): areas that people leave by their gates, and nowhere else.

Only an area with a mapped gate is closed. One without is left open and counted: its gates are not
known, and nobody can be shut in.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from lifecircle.errors import InputError
from lifecircle.findings import Finding, Layer, Source, finding
from lifecircle.geodesy import WGS84
from lifecircle.layers.outlines import repaired
from lifecircle.messages import some
from lifecircle.osm.areas import broken_finding, read_areas
from lifecircle.osm.gates import OsmGates, read_gates
from lifecircle.project.tables import CompoundsTable, LayerTable
from lifecircle.readers.layer import drop_missing_geometry, read_layer

Geometries = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]

GATE_M = 10.0
"""A gate belongs to the compounds whose outline is at most this far away."""

_DOOR_M = 1.0
"""An OSM entrance farther than this from an outline is the door of a building inside."""

_ROAD_M = 10.0
"""A public road this deep inside an area of OSM runs through it, not along its outline."""

_LAYER = "compounds"
_GATES = "compound gates"
_LAND = "landuse=residential"


@dataclass(frozen=True, eq=False)
class Compounds:
    """Compounds that are closed, and the gates that lead out of them.

    `areas` has `id` and a polygon without holes, for a wall round a compound is its outer one; each
    part of a multipolygon is a compound of its own. `gates` has `compound` (position in `areas`)
    and the point; a gate on two outlines has two rows. Both in EPSG:4326.
    """

    areas: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame
    findings: tuple[Finding, ...] = ()
    sources: tuple[Source, ...] = ()


def load_compounds(
    table: CompoundsTable, *, crs: pyproj.CRS, extract: Path | None = None
) -> Compounds:
    """The closed compounds that a `[network.compounds]` table names.

    Parameters
    ----------
    crs
        Metric system for distances between gates and outlines.
    extract
        The network's OSM extract, for `osm`.

    Notes
    -----
    `source = "osm"` takes areas with `landuse=residential`; one that a public road runs through is
    a quarter and no compound. `gates = "osm"` takes gates that are open to walkers, and entrances
    on the outline itself.

    Raises
    ------
    InputError
        If `osm` is asked for without an extract, a compound is no polygon, or a gate no point.
    """
    osm = _from_osm(table, extract)
    areas = _osm_areas(extract, table) if extract and table.source == "osm" else _areas(table)
    gates = _osm_gates(osm) if osm and table.gates == "osm" else _gates(table)
    polygons = areas.frame.geometry.to_crs(crs).to_numpy()
    pairs = _pairs(gates.frame, polygons, crs)
    leads_out = pairs[~pairs["shut"]]
    has_gate = np.isin(np.arange(len(polygons)), leads_out["compound"])
    quarter = np.zeros(len(polygons), dtype=bool)
    if osm and table.source == "osm":
        quarter = _run_through(polygons, osm.roads, crs)
    closed = has_gate & ~quarter
    used = leads_out[closed[leads_out["compound"]]]
    number = np.cumsum(closed) - 1
    return Compounds(
        areas=areas.frame[closed].reset_index(drop=True),
        gates=gpd.GeoDataFrame(
            {"compound": number[used["compound"]]},
            geometry=gates.frame.geometry.to_numpy()[used["gate"]],
            crs=WGS84,
        ),
        findings=(
            *areas.findings,
            *gates.findings,
            *_told(areas.frame["id"], has_gate, quarter, gates=used["gate"].nunique(), table=table),
            *_gates_told(gates.frame, pairs, table),
        ),
        sources=(*areas.sources, *_source_of_gates(gates, table, used=used["gate"].nunique())),
    )


def _from_osm(table: CompoundsTable, extract: Path | None) -> OsmGates | None:
    """Gates and roads of the extract, if it is asked for either gates or compounds."""
    if "osm" not in (table.source, table.gates):
        return None
    if extract is None:
        key = "source" if table.source == "osm" else "gates"
        raise InputError.of("compounds.needs_extract", key=key)
    return read_gates(extract)


def _areas(table: CompoundsTable) -> Layer:
    """Compounds of a layer, each part by its row."""
    name = Path(table.source).name
    read = read_layer(LayerTable(source=table.source, crs=table.crs), layer=_LAYER)
    read = drop_missing_geometry(read, layer=_LAYER, source=name)
    frame = read.frame[["row", "geometry"]].assign(id=read.frame["row"].astype("str"))
    frame, repairs = repaired(frame, ids="id", layer=_LAYER, source=name)
    return Layer(_without_holes(frame), (*read.findings, *repairs), read.sources)


def _osm_areas(extract: Path, table: CompoundsTable) -> Layer:
    """Residential land of the extract."""
    land, broken = read_areas(extract, [_LAND])
    source = Source(_LAYER, table.source, rows_in=len(land) + len(broken), rows_used=len(land))
    found = broken_finding(_LAYER, extract.name, broken)
    return Layer(_without_holes(land.rename(columns={"osm": "id"})), tuple(found), (source,))


def _without_holes(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """`id` and a polygon for each part, its holes filled."""
    parts, owner = shapely.get_parts(areas.geometry.to_numpy(), return_index=True)
    whole = shapely.polygons(shapely.get_exterior_ring(parts))
    ids = areas["id"].to_numpy(dtype=object)[owner]
    return gpd.GeoDataFrame({"id": pd.Series(ids, dtype="str")}, geometry=whole, crs=WGS84)


def _gates(table: CompoundsTable) -> Layer:
    """Gates of a layer; several points of one row are several gates."""
    name = Path(table.gates).name
    read = read_layer(LayerTable(source=table.gates, crs=table.crs), layer=_GATES)
    read = drop_missing_geometry(read, layer=_GATES, source=name)
    points = read.frame[["row", "geometry"]].explode(ignore_index=True)
    wrong = points.geom_type != "Point"
    if wrong.any():
        rows, kinds = points.loc[wrong, "row"].unique(), points.geom_type[wrong].unique()
        values = {"count": len(rows), "rows": some(rows.tolist()), "kinds": some(kinds.tolist())}
        raise InputError.of("compounds.not_points", layer=_GATES, source=name, **values)
    frame = points.rename(columns={"row": "label"}).assign(entrance=False, shut=False)
    return Layer(frame, read.findings, read.sources)


def _osm_gates(osm: OsmGates) -> Layer:
    return Layer(osm.frame.rename(columns={"osm": "label"}))


def _pairs(gates: gpd.GeoDataFrame, polygons: Geometries, crs: pyproj.CRS) -> pd.DataFrame:
    """`gate` and `compound`, positions of gates and of the compounds they belong to; `shut`."""
    points, outlines = gates.geometry.to_crs(crs).to_numpy(), shapely.boundary(polygons)
    near = shapely.STRtree(outlines).query(points, predicate="dwithin", distance=GATE_M)
    pairs = pd.DataFrame({"gate": near[0], "compound": near[1]})
    away_m = shapely.distance(points[near[0]], outlines[near[1]])
    is_door = gates["entrance"].to_numpy()[near[0]] & (away_m > _DOOR_M)
    pairs["shut"] = gates["shut"].to_numpy()[near[0]]
    return pd.DataFrame(pairs[~is_door].sort_values(["gate", "compound"], ignore_index=True))


def _run_through(polygons: Geometries, roads: Geometries, crs: pyproj.CRS) -> Bools:
    """Whether a public road runs through each area."""
    through = np.zeros(len(polygons), dtype=bool)
    metric = gpd.GeoSeries(roads, crs=WGS84).to_crs(crs).to_numpy()
    inner = shapely.buffer(polygons, -_ROAD_M, join_style="mitre")
    through[shapely.STRtree(metric).query(inner, predicate="intersects")[0]] = True
    return through


def _source_of_gates(gates: Layer, table: CompoundsTable, *, used: int) -> tuple[Source, ...]:
    if gates.sources:
        return gates.sources
    return (Source(_GATES, table.gates, rows_in=len(gates.frame), rows_used=used),)


def _told(
    ids: pd.Series[str], has_gate: Bools, quarter: Bools, *, gates: int, table: CompoundsTable
) -> Iterator[Finding]:
    """How many compounds are closed, which are left open, and why."""
    told = functools.partial(finding, _LAYER, source=Path(table.source).name)
    count, total = int((has_gate & ~quarter).sum()), len(ids)
    if count:
        yield told("compounds.closed", severity="info", count=count, total=total, gates=gates)
    else:
        yield told("compounds.none_closed", total=total)
    open_ids, quarters = ids[~has_gate].tolist(), ids[has_gate & quarter].tolist()
    if open_ids and count:
        yield told("compounds.no_gate", row=some(open_ids), count=len(open_ids))
    if quarters:
        row = some(quarters)
        yield told("compounds.quarters", severity="info", row=row, count=len(quarters))


def _gates_told(
    gates: gpd.GeoDataFrame, pairs: pd.DataFrame, table: CompoundsTable
) -> Iterator[Finding]:
    """Gates that walkers may not use, and those of a layer that belong to no compound."""
    told = functools.partial(finding, _GATES, source=Path(table.gates).name)
    shut = gates.loc[pairs.loc[pairs["shut"], "gate"].unique(), "label"].tolist()
    far = gates.loc[~gates.index.isin(pairs["gate"]), "label"].tolist()
    if shut:
        yield told("compounds.shut_gates", severity="info", row=some(shut), count=len(shut))
    # Gates of OSM may be any garden's.
    if far and table.gates != "osm":
        count, total = len(far), len(gates)
        yield told("compounds.far_gates", row=some(far), count=count, total=total, limit_m=GATE_M)
