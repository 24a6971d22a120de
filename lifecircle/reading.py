"""One call per layer, for notebooks: the keys are those of the project file's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd

from lifecircle.crs import metric_crs
from lifecircle.findings import Layer
from lifecircle.layers.demand import load_demand
from lifecircle.layers.facilities import load_facilities
from lifecircle.layers.zones import load_zones
from lifecircle.network import StreetNetwork
from lifecircle.profiles import load_standard
from lifecircle.project.schema import checked
from lifecircle.project.standard_tables import StandardTable
from lifecircle.project.tables import DemandTable, FacilitiesTable, ZonesTable
from lifecircle.standards import Standard


def read_standard(profile: str = "osm-15min", **keys: Any) -> Standard:
    """A built-in standard or a TOML file of one, with overrides.

    Parameters
    ----------
    keys
        Any key of the `[standard]` table, such as `target`.

    Raises
    ------
    InputError
        If there is no such standard, or a key or value is unknown or impossible.

    Examples
    --------
    >>> read_standard("shanghai-14fyp").target
    0.85
    """
    return load_standard(checked(StandardTable, {"profile": profile, **keys}, "read_standard"))


def read_zones(source: str | Path, **keys: Any) -> Layer:
    """Zones from a file of polygons.

    Parameters
    ----------
    keys
        Any key of the `[zones]` table, such as `id`, `name` or `where`.

    Raises
    ------
    InputError
        If the file or a key is wrong, an id is missing or double, or zones overlap.
    """
    table = checked(ZonesTable, {"source": str(source), **keys}, "read_zones")
    return load_zones(table)


def read_demand(
    source: str | Path, zones: gpd.GeoDataFrame, *, extract: str | Path | None = None, **keys: Any
) -> Layer:
    """Demand places from a table, points, polygons, `grid:N`, or `osm:buildings` of an extract.

    Parameters
    ----------
    zones
        Zones by id, in EPSG:4326 (`read_zones(…).frame`).
    keys
        Any key of a `[[demand]]` table, such as `weight`, `x`, `y`, `crs` or `groups`.

    Raises
    ------
    InputError
        If the file or a key is wrong, a weight is missing or negative, or a zone is unknown.
    """
    data = {"name": "demand", "source": str(source), **keys}
    table = checked(DemandTable, data, "read_demand")
    middle = zones.union_all().centroid
    crs = metric_crs("auto", middle.x, middle.y)
    return load_demand(table, zones, crs=crs, extract=Path(extract) if extract else None)


def read_facilities(
    source: str | Path,
    standard: Standard,
    *,
    zones: gpd.GeoDataFrame,
    network: StreetNetwork,
    extract: str | Path | None = None,
    **keys: Any,
) -> Layer:
    """Access points of facilities from a table, a layer, or `osm` with an extract.

    Parameters
    ----------
    keys
        Any key of a `[[facilities]]` table, such as `service`, `x`, `y`, `crs` or `id`.

    Raises
    ------
    InputError
        If the file or a key is wrong, a service is unknown, or there is no facility.
    """
    data = {"name": "facilities", "source": str(source), **keys}
    table = checked(FacilitiesTable, data, "read_facilities")
    found = load_facilities(
        [table], standard, zones=zones, network=network, extract=Path(extract) if extract else None
    )
    return found.layer
