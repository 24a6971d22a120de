"""The layers of a run as one GeoPackage for QGIS, with styles inside.

What is not known is empty in it, never `inf` or `NaN`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio

from lifecircle.crs import read_crs
from lifecircle.geodesy import WGS84
from lifecircle.outputs.gis_layers import FACILITY_COLUMNS, ZONE_COLUMNS
from lifecircle.outputs.qgis_styles import STYLES, style_table

LAYERS = "layers.gpkg"

_GEOMETRY = {
    "zones": "MultiPolygon",
    "facilities": "Point",
    "streets": "LineString",
    "isochrones": "MultiPolygon",
}
_DATE = "2000-01-01T00:00:00.000Z"


def write_geopackage(
    path: Path, layers: Mapping[str, gpd.GeoDataFrame], *, crs: str, language: str
) -> None:
    """Write layers and the styles with which QGIS opens them.

    Parameters
    ----------
    layers
        Frames by layer name: `zones`, `facilities`, `streets`, `demand`, `isochrones`.
    crs
        Coordinate system of the file, as `[project] output_crs` gives it.
    language
        Language of the legends.
    """
    target = read_crs(crs)
    with _fixed_date():
        for name, layer in layers.items():
            pyogrio.write_dataframe(
                _finite(layer).to_crs(target),
                path,
                layer=name,
                driver="GPKG",
                geometry_type=_GEOMETRY.get(name),
                promote_to_multi=_GEOMETRY.get(name) == "MultiPolygon",
            )
        columns = {name: layer.columns for name, layer in layers.items()}
        styles = style_table(columns, language)
        pyogrio.write_dataframe(styles, path, layer=STYLES, driver="GPKG", FID="id")


def layer_names(path: Path) -> list[str]:
    """Names of the layers in a GeoPackage of ours, without its styles."""
    return [str(name) for name, _ in pyogrio.list_layers(path) if name != STYLES]


def read_zones(path: Path) -> gpd.GeoDataFrame:
    """The zones of a GeoPackage of ours: `name`, `parent`, `area_type` by id, in EPSG:4326."""
    zones = pyogrio.read_dataframe(path, layer="zones").to_crs(WGS84)
    columns = ["zone", *(name for name in ZONE_COLUMNS if name in zones)]
    return zones[[*columns, "geometry"]].astype(dict.fromkeys(columns, "str")).set_index("zone")


def read_facilities(path: Path) -> gpd.GeoDataFrame:
    """The facilities' access points of a GeoPackage of ours, in EPSG:4326."""
    facilities = pyogrio.read_dataframe(path, layer="facilities").to_crs(WGS84)
    types = dict.fromkeys(FACILITY_COLUMNS, "str") | {"capacity": "float64"}
    return facilities.astype(types)


def read_streets(path: Path) -> gpd.GeoDataFrame:
    """The streets of a GeoPackage of ours as lines, with `steps` and `tunnel`, in EPSG:4326."""
    return pyogrio.read_dataframe(path, layer="streets").to_crs(WGS84)


def _finite(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer with nothing infinite; `NaN` becomes empty on writing."""
    numbers = layer.select_dtypes("floating").columns
    return layer.assign(**{name: layer[name].where(np.isfinite(layer[name])) for name in numbers})


@contextmanager
def _fixed_date() -> Iterator[None]:
    """A constant date of last change, so that the same layers are the same bytes."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
