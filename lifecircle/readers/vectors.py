"""Vector files: GeoPackage, GeoJSON, shapefile, FlatGeobuf and GeoParquet, whole or not at all."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyogrio.errors

from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.messages import some
from lifecircle.readers.files import PARQUET, VECTORS
from lifecircle.readers.shapefiles import RAW_BYTES, check_parts, encoding_of, with_texts
from lifecircle.readers.tables import encoding_finding, with_rows

_DAMAGES = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.FieldError,
    pa.ArrowException,
    UnicodeDecodeError,
    OSError,
)


def holds_geometry(path: Path, *, layer: str) -> bool:
    """Whether a file is read here rather than as a table; Parquet may be either.

    Raises
    ------
    InputError
        If a Parquet file is damaged.
    """
    if path.suffix.lower() in VECTORS:
        return True
    if path.suffix.lower() != PARQUET:
        return False
    try:
        return b"geo" in (pq.read_schema(path).metadata or {})
    except (pa.ArrowException, OSError) as damaged:
        raise InputError.of(
            "readers.damaged", layer=layer, source=path.name, reason=damaged
        ) from None


def read_features(
    path: Path, *, layer: str, sublayer: str | None, encoding: str
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Every feature of a vector file with the column `row`, and what was found while reading.

    A layer without geometry gives a plain frame.

    Raises
    ------
    InputError
        If the file or one of its parts is missing, damaged or cut short, or which of its layers is
        meant is not clear.
    """
    if not path.stat().st_size:
        raise InputError.of("readers.empty_file", layer=layer, source=path.name)
    if path.suffix.lower() == ".shp":
        check_parts(path, layer=layer)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            frame = _whole(path, layer=layer, sublayer=sublayer, encoding=encoding)
        except _DAMAGES as damaged:
            raise InputError.of(
                "readers.damaged", layer=layer, source=path.name, reason=_reason(damaged, path)
            ) from None
    findings = [
        finding(layer, "readers.remark", source=path.name, words=str(remark.message))
        for remark in heard
    ]
    if path.suffix.lower() == ".shp" and isinstance(frame, gpd.GeoDataFrame):
        found = encoding_of(frame, path, encoding, layer=layer)
        frame = with_texts(frame, found)
        if encoding.lower() == "auto" and found == "gb18030":
            findings.append(encoding_finding(frame, layer=layer, source=path.name))
    frame = with_rows(_named(frame), [str(at) for at in range(1, len(frame) + 1)])
    return frame, tuple(findings)


def lacks_crs_member(path: Path) -> bool:
    """Whether a GeoJSON file names no system: then EPSG:4326 is the standard's word, not its own.

    Only the head of the file is looked at, where writers put the member.
    """
    if path.suffix.lower() not in (".geojson", ".json"):
        return False
    with path.open("rb") as file:
        return b'"crs"' not in file.read(4096)


def _whole(path: Path, *, layer: str, sublayer: str | None, encoding: str) -> pd.DataFrame:
    if path.suffix.lower() == PARQUET:
        if sublayer is not None:
            raise InputError.of("readers.no_layers", layer=layer, source=path.name, wanted=sublayer)
        frame: pd.DataFrame = gpd.read_parquet(path).reset_index(drop=True)
        return frame
    options: dict[str, str] = {}
    if path.suffix.lower() == ".shp":
        options = RAW_BYTES
    elif encoding.lower() != "auto":
        options = {"encoding": encoding}
    name = _layer_name(path, sublayer, layer=layer)
    promised = pyogrio.read_info(path, layer=name, force_feature_count=True, **options)["features"]
    frame = pyogrio.read_dataframe(path, layer=name, **options)
    if len(frame) != promised:
        raise InputError.of("readers.cut_short", layer=layer, source=path.name)
    return frame


def _reason(damaged: Exception, path: Path) -> str:
    """GDAL's words without the path, and without its advice, which is not for our users."""
    words = str(damaged).partition("; It might help")[0]
    return words.replace(str(path), path.name).rstrip(".")


def _layer_name(path: Path, wanted: str | None, *, layer: str) -> str:
    layers = dict(pyogrio.list_layers(path))
    values = {"layer": layer, "source": path.name, "names": some(list(layers))}
    if wanted is not None:
        if wanted not in layers:
            raise InputError.of("readers.no_sublayer", wanted=wanted, **values)
        return wanted
    spatial = [name for name, geometry in layers.items() if geometry is not None]
    if len(spatial) > 1:
        raise InputError.of("readers.which_sublayer", **values)
    return str((spatial or list(layers))[0])


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its geometry in a column called `geometry`."""
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.name != "geometry":
        taken = frame.rename(columns={"geometry": "geometry_"})
        frame = taken.rename_geometry("geometry")
    return frame
