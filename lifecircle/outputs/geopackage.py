"""The layers of a run as one GeoPackage for GIS, with styles, words and metadata inside.

What is not known is empty in it, never `inf` or `NaN`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from lifecircle.crs import read_crs
from lifecircle.geodesy import WGS84
from lifecircle.outputs.columns import Column, columns
from lifecircle.outputs.gis_layers import COVERAGE, FACILITY_COLUMNS, ZONE_COLUMNS
from lifecircle.outputs.gis_metadata import metadata
from lifecircle.outputs.gis_names import Naming, naming_of
from lifecircle.outputs.gpkg_extensions import (
    DATE,
    add_extensions,
    add_metadata,
    add_view,
    describe_columns,
    describe_tables,
)
from lifecircle.outputs.provenance import Provenance
from lifecircle.outputs.qgis_looks import Legend
from lifecircle.outputs.qgis_styles import STYLES, style_table, worst_service
from lifecircle.outputs.qml import Fields
from lifecircle.outputs.tables import table

LAYERS = "layers.gpkg"

Layers = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

_GEOMETRY = {
    "zones": "MultiPolygon",
    "facilities": "Point",
    "streets": "LineString",
    "isochrones": "MultiPolygon",
}
_VERSION = "1.3"
"""Of the GeoPackage standard: what QGIS of recent years reads without a warning."""

_TITLES = ("name", "zone", "id", "facility")
"""Columns that name a feature, the best first."""


def write_geopackage(path: Path, layers: Layers, provenance: Provenance) -> None:
    """Write layers and tables, the styles with which QGIS opens them, words and metadata.

    Of every table `coverage_<definition>` there is a layer `zones_<definition>` besides.

    Parameters
    ----------
    layers
        Frames by name: `zones`, `facilities`, `streets`, `demand`, `isochrones`, and tables without
        geometry.
    provenance
        Gives the coordinate system and the language, what services and definitions are called, and
        what the file says of how it came about.
    """
    language = provenance.project.project.language
    naming = naming_of(provenance)
    views = _views(layers)
    drawn = {**layers, **views}
    tables = {name: table(f"{LAYERS}:{name}", naming.called) for name in drawn}
    described = {
        name: columns(tables[name].columns, _names(layer), naming.called)
        for name, layer in drawn.items()
    }
    with _fixed_date():
        for name, layer in in_output_crs(layers, provenance).items():
            _write(path, name, _emptied(layer, described[name]))
        with closing(sqlite3.connect(path)) as database, database:
            for name, view in views.items():
                own = ["zone", *(each for each in ZONE_COLUMNS if each in view)]
                add_view(database, name, "zones", name.replace("zones", COVERAGE, 1), own)
            add_extensions(database)
            describe_columns(database, described, language)
            add_metadata(database, metadata(provenance, tables))
        _write(path, STYLES, _styles(drawn, described, naming, language))
        with closing(sqlite3.connect(path)) as database, database:
            tables[STYLES] = table(f"{LAYERS}:{STYLES}")
            describe_tables(database, tables, language)
            database.execute(f"UPDATE {STYLES} SET update_time = ?", [DATE])  # noqa: S608 - ours


def in_output_crs(layers: Layers, provenance: Provenance) -> Layers:
    """The layers in the coordinate system that `[project] output_crs` names, nothing infinite."""
    target = read_crs(provenance.project.project.output_crs)
    return {
        name: _finite(layer.to_crs(target) if isinstance(layer, gpd.GeoDataFrame) else layer)
        for name, layer in layers.items()
    }


def layer_names(path: Path) -> list[str]:
    """Names of the layers and tables in a GeoPackage of ours, without its styles."""
    return [str(name) for name, _ in pyogrio.list_layers(path) if name != STYLES]


def read_zones(path: Path) -> gpd.GeoDataFrame:
    """The zones of a GeoPackage of ours: `name`, `parent`, `area_type` by id, in EPSG:4326."""
    zones = pyogrio.read_dataframe(path, layer="zones").to_crs(WGS84)
    names = ["zone", *(name for name in ZONE_COLUMNS if name in zones)]
    return zones[[*names, "geometry"]].astype(dict.fromkeys(names, "str")).set_index("zone")


def read_facilities(path: Path, naming: Naming) -> gpd.GeoDataFrame:
    """The facilities' access points of a GeoPackage of ours, in EPSG:4326."""
    facilities = pyogrio.read_dataframe(path, layer="facilities").to_crs(WGS84)
    attributes = {short: key for key, short in naming.attributes.items() if short in facilities}
    texts = [*FACILITY_COLUMNS, *attributes.values()]
    types = dict.fromkeys(texts, "str") | {"capacity": "float64"}
    return facilities.rename(columns=attributes).astype(types)


def read_streets(path: Path) -> gpd.GeoDataFrame:
    """The streets of a GeoPackage of ours as lines, with `steps` and `tunnel`, in EPSG:4326."""
    return pyogrio.read_dataframe(path, layer="streets").to_crs(WGS84)


def _write(path: Path, name: str, layer: pd.DataFrame) -> None:
    drawn = isinstance(layer, gpd.GeoDataFrame)
    pyogrio.write_dataframe(
        layer,
        path,
        layer=name,
        driver="GPKG",
        geometry_type=_GEOMETRY.get(name) if drawn else None,
        promote_to_multi=_GEOMETRY.get(name) == "MultiPolygon",
        dataset_options={"VERSION": _VERSION},
        layer_options={"FID": "id" if name == STYLES else "fid"},
    )


def _views(layers: Layers) -> dict[str, gpd.GeoDataFrame]:
    """Zones with the columns of each definition's table, by the name of the layer."""
    found = {}
    for name, layer in layers.items():
        if name.startswith(f"{COVERAGE}_"):
            zones = layers["zones"]
            own = ["zone", *(each for each in ZONE_COLUMNS if each in zones), "geometry"]
            rates = layer.drop(columns=["name"])
            found[name.replace(COVERAGE, "zones", 1)] = zones[own].merge(rates, on="zone")
    return found


def _styles(
    drawn: Layers, described: Mapping[str, list[Column]], naming: Naming, language: str
) -> pd.DataFrame:
    fields = {name: _fields(columns_, language) for name, columns_ in described.items()}
    worst = worst_service(drawn["zones"], naming) if "zones" in drawn else ""
    return style_table(drawn, Legend(language, naming, fields, worst))


def _fields(described: list[Column], language: str) -> Fields:
    names = [column.name for column in described]
    return Fields(
        aliases={column.name: column.titles[language] for column in described},
        values={
            column.name: {value: words[language] for value, words in column.values.items()}
            for column in described
            if column.values
        },
        title=next((name for name in _TITLES if name in names), ""),
    )


def _names(layer: pd.DataFrame) -> list[str]:
    return [str(name) for name in layer.columns if name != "geometry"]


def _finite(layer: pd.DataFrame) -> pd.DataFrame:
    """The layer with nothing infinite; `NaN` becomes empty on writing."""
    numbers = [name for name, kind in layer.dtypes.items() if pd.api.types.is_float_dtype(kind)]
    finite = {str(name): layer[name].where(np.isfinite(layer[name])) for name in numbers}
    return layer.assign(**finite)


def _emptied(layer: pd.DataFrame, described: list[Column]) -> pd.DataFrame:
    """The layer with nothing, instead of "", where none of a column's few values holds."""
    few = [column.name for column in described if column.values]
    return layer.assign(**{name: layer[name].where(layer[name] != "") for name in few})


@contextmanager
def _fixed_date() -> Iterator[None]:
    """A constant date of last change, so that the same layers are the same bytes."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
