"""Does a layer stand where it claims? Coordinates in GCJ-02 or BD-09 lie some 500 m off.

Points that people walk to stand near streets. If they would stand clearly nearer after undoing an
undeclared shift, or after taking back one that was undone twice, the reader is told; nothing moves.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from lifecircle.datum import (
    Conversion,
    bd09_from_wgs84,
    gcj02_from_wgs84,
    wgs84_from_bd09,
    wgs84_from_gcj02,
)
from lifecircle.findings import Finding, finding
from lifecircle.geodesy import lonlat
from lifecircle.network import Floats, StreetNetwork
from lifecircle.snapping import snap

FEWEST = 20
MOST = 2000
NEARER_SHARE = 0.7
MUCH_NEARER = 0.6
FAR_M = 200.0

# What the coordinates may really be, and the step that would put them right.
ALTERNATIVES: dict[str, Conversion] = {
    "GCJ-02": wgs84_from_gcj02,
    "BD-09": wgs84_from_bd09,
    "WGS 84 (GCJ-02)": gcj02_from_wgs84,
    "WGS 84 (BD-09)": bd09_from_wgs84,
}


def datum_finding(
    points: gpd.GeoDataFrame, network: StreetNetwork, *, layer: str, declared: str
) -> Finding | None:
    """A warning if the points fit the streets much better in another datum; else nothing.

    At most 2,000 points, spread evenly over the layer, are compared by their distance to the
    nearest street, 200 m counting as far; those far in every datum are left out. Another datum must
    bring seven in ten nearer and cut the mean distance by two fifths. Fewer than 20 say nothing.

    Parameters
    ----------
    declared
        The layer's own `crs`, for the words of the warning.
    """
    if len(points) < FEWEST:
        return None
    some = points.iloc[np.linspace(0, len(points) - 1, min(len(points), MOST)).astype(int)]
    lon, lat = lonlat(some)
    if np.allclose(gcj02_from_wgs84(lon, lat), (lon, lat), rtol=0, atol=1e-9):
        return None  # outside China, where nothing is shifted
    here = _distance(lon, lat, network)
    there = {name: _distance(*put(lon, lat), network) for name, put in ALTERNATIVES.items()}
    # A list may reach beyond the streets: what is near none in any datum says nothing.
    near = np.minimum.reduce([here, *there.values()]) < FAR_M
    if near.sum() < FEWEST:
        return None
    here = here[near]
    means = {
        name: float(distance[near].mean())
        for name, distance in there.items()
        if (distance[near] < here).mean() >= NEARER_SHARE
        and distance[near].mean() <= MUCH_NEARER * here.mean()
    }
    if not means:
        return None
    best = min(means, key=lambda name: means[name])
    return finding(
        layer, "datum.looks_shifted", declared=declared or "EPSG:4326", best=best,
        here=float(here.mean()), there=means[best], count=len(here),
    )  # fmt: skip


def _distance(lon: Floats, lat: Floats, network: StreetNetwork) -> Floats:
    """Metres to the nearest street, at most 200."""
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    leg_m = snap(points, network, max_snap_m=FAR_M, min_component_m=0)["distance_m"]
    return np.asarray(leg_m.fillna(FAR_M), dtype=float)
