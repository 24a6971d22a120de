"""Layers of a run as GeoParquet 1.1, for those who work with DuckDB, pandas or QGIS on columns."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from lifecircle.outputs.geopackage import Layers, in_output_crs
from lifecircle.outputs.provenance import Provenance

LAYERS = ("zones", "facilities", "streets", "demand", "isochrones")
GEOPARQUET = tuple(f"{name}.parquet" for name in LAYERS)


def write_geoparquet(folder: Path, layers: Layers, provenance: Provenance) -> None:
    """Write each layer as `<layer>.parquet`, with the columns that it has in `layers.gpkg`.

    Geometry is WKB in the coordinate system of `[project] output_crs`; the column `bbox` holds the
    extent of every feature. The same layers are the same bytes.

    References
    ----------
    GeoParquet 1.1.0, https://geoparquet.org/releases/v1.1.0/
    """
    for name, layer in in_output_crs(layers, provenance).items():
        if name in LAYERS and isinstance(layer, gpd.GeoDataFrame):
            layer.to_parquet(
                folder / f"{name}.parquet",
                index=False,
                compression="zstd",
                geometry_encoding="WKB",
                write_covering_bbox=True,
                schema_version="1.1.0",
            )
