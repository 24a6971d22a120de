"""Slopes: how much slower people walk uphill and down, from a raster of heights.

A segment's slope is that between its two ends. A raster shows the ground or the roofs: it knows
nothing of bridges, tunnels and what runs indoors.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyproj

from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.geodesy import WGS84, transformer
from lifecircle.network import Floats, StreetNetwork

STEEP = 0.3
"""Steeper than any street that is made for walking, stairs apart."""

_ROWS_AT_ONCE = 1024


def with_slope(network: StreetNetwork, height_m: Floats) -> StreetNetwork:
    """The network slowed and quickened by the slopes of its edges.

    Tobler's hiking function has a speed in proportion to exp(-3.5 |s + 0.05|), s the rise over the
    run; here it is the network's speed where the ground is even, so that an edge takes
    exp(3.5 (|s + 0.05| - 0.05)) times as long as on the level: 1.42 times up a slope of 10 %, once
    down it, and 0.84 times down one of 5 %.

    Parameters
    ----------
    height_m
        Height of each node, metres.

    References
    ----------
    Tobler, W. (1993): Three presentations on geographical analysis and modeling. Technical report
    93-1, National Center for Geographic Information and Analysis.

    Examples
    --------
    >>> from lifecircle.network import Streets, street_network
    >>> line = Streets.plain([121.0, 121.001], [31.0, 31.0], [0], [1])
    >>> street = street_network(line, crs=pyproj.CRS("EPSG:4549"))
    >>> sloped = with_slope(street, np.array([0.0, 9.55]))
    >>> (sloped.forward_m / street.length_m).round(2).tolist()
    [1.42]
    >>> (sloped.backward_m / street.length_m).round(2).tolist()
    [1.0]
    """
    slope = _slope(network, height_m)
    return dataclasses.replace(
        network,
        forward_m=network.forward_m * _slower(slope),
        backward_m=network.backward_m * _slower(-slope),
    )


def _slope(network: StreetNetwork, height_m: Floats) -> Floats:
    """Rise over run of each edge from `u` to `v`; level where it has no length."""
    rise_m, run_m = height_m[network.v] - height_m[network.u], network.length_m
    return np.divide(rise_m, run_m, out=np.zeros(len(run_m)), where=run_m > 0)


def _slower(slope: Floats) -> Floats:
    return np.exp(3.5 * (np.abs(slope + 0.05) - 0.05))


def heights(network: StreetNetwork, raster: Path) -> Floats:
    """Height of each node in metres, between the centres of a raster's cells (bilinear).

    Where some of the four cells around a node have no value, the others are taken.

    Parameters
    ----------
    raster
        GeoTIFF or another raster that GDAL reads, heights in metres in its first band.

    Raises
    ------
    InputError
        If the extra `raster` is not installed, the file is missing or no raster, it has no
        coordinate system, or some nodes lie outside it or where it has no value.
    """
    rasterio = _rasterio()
    if not raster.is_file():
        raise InputError.of("slope.no_file", file=raster)
    with _opened(rasterio, raster) as source:
        if source.crs is None:
            raise InputError.of("slope.no_crs", file=raster.name)
        crs = pyproj.CRS(source.crs.to_wkt())
        x, y = transformer(WGS84, crs).transform(network.lon, network.lat)
        column, row = _cells(source, np.asarray(x), np.asarray(y))
        inside = (column >= 0) & (column <= source.width) & (row >= 0) & (row <= source.height)
        if not inside.all():
            share = inside.mean()
            raise InputError.of("slope.not_covered", file=raster.name, share=share)
        height_m = _between_cells(source, column - 0.5, row - 0.5)
    unknown = np.isnan(height_m)
    if unknown.any():
        first = np.flatnonzero(unknown)[0]
        raise InputError.of(
            "slope.no_value",
            file=raster.name,
            count=int(unknown.sum()),
            nodes=len(unknown),
            first=f"{network.lon[first]:.5f}, {network.lat[first]:.5f}",
        )
    return height_m


def _rasterio() -> Any:
    """The package that reads rasters, which the extra `raster` installs."""
    try:
        import rasterio
    except ImportError:
        raise InputError.of("slope.no_rasterio") from None
    return rasterio


@contextmanager
def _opened(rasterio: Any, raster: Path) -> Iterator[Any]:
    with warnings.catch_warnings():
        # that a raster has no place on Earth is an error of ours
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        try:
            source = rasterio.open(raster)
        except rasterio.errors.RasterioIOError as broken:
            raise InputError.of("slope.unreadable", file=raster.name, reason=broken) from None
    with source:
        yield source


def _cells(source: Any, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Column and row of places, counted from the raster's corner."""
    to_cells = ~source.transform
    column = to_cells.a * x + to_cells.b * y + to_cells.c
    row = to_cells.d * x + to_cells.e * y + to_cells.f
    return column, row


def _between_cells(source: Any, column: Floats, row: Floats) -> Floats:
    """Bilinear values at positions counted in cells from the first cell's centre.

    A strip of rows is read at a time, so that a raster of any size will do.
    """
    column, row = np.clip(column, 0, source.width - 1), np.clip(row, 0, source.height - 1)
    left = np.minimum(column.astype(np.int64), max(source.width - 2, 0))
    top = np.minimum(row.astype(np.int64), max(source.height - 2, 0))
    right, bottom = np.minimum(left + 1, source.width - 1), np.minimum(top + 1, source.height - 1)
    east, south = column - left, row - top
    result = np.full(len(row), np.nan)
    strip = top // _ROWS_AT_ONCE
    first_column, width = int(left.min()), int(right.max() - left.min()) + 1
    for number in np.unique(strip):
        here = np.flatnonzero(strip == number)
        start, stop = int(top[here].min()), int(bottom[here].max()) + 1
        window = ((start, stop), (first_column, first_column + width))
        cells = source.read(1, window=window, masked=True).astype(float).filled(np.nan)
        value, weight = np.zeros(len(here)), np.zeros(len(here))
        for rows, share_y in ((top, 1 - south), (bottom, south)):
            for columns, share_x in ((left, 1 - east), (right, east)):
                cell = cells[rows[here] - start, columns[here] - first_column]
                share = np.where(np.isnan(cell), 0.0, share_y[here] * share_x[here])
                value, weight = value + share * np.nan_to_num(cell), weight + share
        result[here] = np.divide(value, weight, out=np.full(len(here), np.nan), where=weight > 0)
    return np.asarray(result * source.scales[0] + source.offsets[0])


def slope_finding(
    network: StreetNetwork, height_m: Floats, *, source: str, layer: str = "network"
) -> Finding:
    """How steep the streets are; a warning where more is steep than streets can be."""
    steep = np.abs(_slope(network, height_m)) > STEEP
    steep &= ~network.steps
    share = network.length_m[steep].sum() / network.length_m.sum()
    return finding(
        layer,
        "slope.slopes",
        severity="warning" if share > 0.01 else "info",
        source=source,
        low_m=height_m.min(),
        high_m=height_m.max(),
        steep_km=network.length_m[steep].sum() / 1000,
        share=share,
        limit=STEEP,
    )
