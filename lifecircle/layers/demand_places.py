"""Demand places made from areas: buildings and land of an OSM extract, a grid over the zones."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from lifecircle.errors import InputError
from lifecircle.findings import Layer, Source, finding
from lifecircle.geodesy import WGS84
from lifecircle.layers.grid import points_inside, shared
from lifecircle.layers.land import CRUMB_M2, metric, smaller_first
from lifecircle.layers.outlines import OVERLAP_FINDING
from lifecircle.layers.zones import assign_zones
from lifecircle.osm.areas import broken_finding, read_areas
from lifecircle.osm.buildings import OsmBuildings, read_buildings
from lifecircle.project.tables import DemandTable

RESIDENTIAL_LAND = "osm:residential_land"
"""The source that takes residential land (居住用地) from the extract."""

MOST_GRID_POINTS = 50_000_000
"""A finer grid would fill the memory before anything else went wrong."""

_LANDUSE = "landuse=residential"


def buildings_as_places(
    table: DemandTable, zones: gpd.GeoDataFrame, *, crs: pyproj.CRS, extract: Path | None
) -> Layer:
    """Residential buildings of the extract: a place each, weighted by floor area in m².

    A place is the building's representative point, which lies inside it.
    """
    buildings = residential_buildings(table, crs=crs, extract=extract)
    points = buildings.frame.geometry.representative_point()
    frame = gpd.GeoDataFrame(
        {
            "id": buildings.frame["osm"],
            "zone": assign_zones(points.to_frame("geometry"), zones),
            "weight": buildings.frame["floor_area_m2"],
        },
        geometry=points,
    )
    source = Source(
        table.name,
        table.source,
        date=table.date or "",
        rows_in=len(frame) + buildings.unused_yes,
        rows_used=len(frame),
    )
    return Layer(frame, buildings.findings, (source,))


def residential_buildings(
    table: DemandTable, *, crs: pyproj.CRS, extract: Path | None
) -> OsmBuildings:
    """The extract's residential buildings.

    Raises
    ------
    InputError
        If there is no extract, or no building in it.
    """
    if extract is None:
        raise InputError.of("demand.needs_extract", layer=table.name, what="osm:buildings")
    buildings = read_buildings(
        extract, crs=crs, yes_in_residential=table.yes_in_residential, layer=table.name
    )
    if buildings.frame.empty:
        raise InputError.of("demand.no_buildings", layer=table.name, source=extract.name)
    return buildings


def residential_land_as_places(
    table: DemandTable, zones: gpd.GeoDataFrame, *, crs: pyproj.CRS, extract: Path | None
) -> Layer:
    """Residential land of the extract, in m²: points of the project grid inside each area."""
    land = residential_land(table, crs=crs, extract=extract)
    owner, x, y = points_inside(metric(land.frame, crs), spacing=table.spacing)
    points = gpd.GeoSeries(shapely.points(x, y), crs=crs).to_crs(WGS84)
    frame = gpd.GeoDataFrame(
        {
            "id": land.frame["id"].iloc[owner].to_numpy(),
            "zone": assign_zones(points.to_frame("geometry"), zones),
            "weight": shared(land.frame["weight"].to_numpy(), owner),
        },
        geometry=points,
    )
    return Layer(frame, land.findings, land.sources)


def residential_land(table: DemandTable, *, crs: pyproj.CRS, extract: Path | None) -> Layer:
    """Areas tagged `landuse=residential`, none of whose ground counts twice.

    Returns
    -------
        Polygons in EPSG:4326: `id` and `weight`, the m² of each. Where areas overlap, the smallest
        keeps the ground and the others lose it.

    Raises
    ------
    InputError
        If there is no extract, no residential land in it, or more of it than points fit.
    """
    if extract is None:
        raise InputError.of("demand.needs_extract", layer=table.name, what=RESIDENTIAL_LAND)
    areas, broken = read_areas(extract, [_LANDUSE])
    if areas.empty:
        raise InputError.of("demand.no_land", layer=table.name, source=extract.name)
    drawn = metric(areas, crs)
    shapes = smaller_first(drawn)
    drawn_m2, area_m2 = shapely.area(drawn).sum(), shapely.area(shapes)
    refuse_too_fine(table, area_m2.sum(), table.spacing)
    kept = area_m2 > CRUMB_M2
    frame = gpd.GeoDataFrame(
        {"id": areas["osm"].to_numpy()[kept], "weight": area_m2[kept]},
        geometry=gpd.GeoSeries(shapes[kept], crs=crs).to_crs(WGS84),
    )
    source = Source(
        table.name,
        table.source,
        date=table.date or "",
        rows_in=len(areas) + len(broken),
        rows_used=len(frame),
    )
    found = broken_finding(table.name, extract.name, broken)
    twice_m2 = float(drawn_m2 - area_m2.sum())
    if twice_m2 > OVERLAP_FINDING * drawn_m2:
        values = {"source": extract.name, "area_m2": twice_m2, "share": twice_m2 / drawn_m2}
        found.append(finding(table.name, "demand.land_once", severity="info", **values))
    return Layer(frame, tuple(found), (source,))


def refuse_too_fine(table: DemandTable, area_m2: float, spacing: float) -> None:
    """Refuses a grid that would have more points than fit.

    Raises
    ------
    InputError
        If the area holds more than `MOST_GRID_POINTS` cells.
    """
    count = area_m2 / spacing**2
    if count > MOST_GRID_POINTS:
        values = {"layer": table.name, "source": Path(table.source).name, "count": count}
        raise InputError.of("demand.grid_too_fine", most=MOST_GRID_POINTS, **values)


def grid_spacing(table: DemandTable) -> float:
    """Metres between the points of `grid:N`.

    >>> grid_spacing(DemandTable(name="land", source="grid:50"))
    50.0
    """
    size = re.fullmatch(r"grid:(\d+(?:\.\d+)?)", table.source)
    if size is None or not float(size[1]):
        raise InputError.of("demand.unknown_source", layer=table.name, source=table.source)
    return float(size[1])


def grid_as_places(table: DemandTable, zones: gpd.GeoDataFrame, *, crs: pyproj.CRS) -> Layer:
    """The centre of every cell inside a zone, weighted so that a zone's points sum to its area.

    A zone that catches no centre has its representative point, so that nothing of it is lost.
    """
    spacing = grid_spacing(table)
    zones = zones.sort_index()
    polygons = zones.geometry.to_crs(crs).to_numpy()
    area_m2 = shapely.area(polygons)
    refuse_too_fine(table, area_m2.sum(), spacing)
    owner, x, y = points_inside(polygons, spacing=spacing, exclusive=True)
    points = gpd.GeoSeries(shapely.points(x, y), crs=crs).to_crs(WGS84)
    frame = gpd.GeoDataFrame(
        {
            "id": pd.Series(np.arange(1, len(x) + 1)).astype("str"),
            "zone": pd.Series(zones.index.to_numpy()[owner], dtype="str"),
            "weight": shared(area_m2, owner),
        },
        geometry=points,
    )
    source = Source(
        table.name,
        table.source,
        date=table.date or "",
        rows_in=len(frame),
        rows_used=len(frame),
    )
    return Layer(frame, (), (source,))
