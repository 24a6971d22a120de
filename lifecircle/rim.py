"""The rim: where the street data stop rather than the street (contract §4)."""

from __future__ import annotations

import dataclasses

import numpy as np
import shapely
from scipy import sparse

from lifecircle.findings import Finding, finding
from lifecircle.network import Bools, StreetNetwork

RIM_HULL_M = 200.0
"""Without a header box, dead ends this near the hull of all streets are the rim (contract §4)."""


def with_rim(
    network: StreetNetwork,
    *,
    box: tuple[float, float, float, float] | None = None,
    extent: shapely.Geometry | None = None,
) -> StreetNetwork:
    """The network with its rim: dead ends where the data stop rather than the street.

    These are nodes with one neighbour outside `extent` (a polygon in degrees) or else outside `box`
    (west, south, east, north of the extract's header); without either, those within 200 m of the
    convex hull of all streets (contract §4).
    """
    where = np.flatnonzero(_dead_ends(network))
    if extent is not None:
        shapely.prepare(extent)
        outside = ~shapely.intersects_xy(extent, network.lon[where], network.lat[where])
    elif box is not None:
        west, south, east, north = box
        lon, lat = network.lon[where], network.lat[where]
        outside = (lon < west) | (lon > east) | (lat < south) | (lat > north)
    else:
        hull = shapely.convex_hull(shapely.multipoints(np.column_stack([network.x, network.y])))
        ends = shapely.points(network.x[where], network.y[where])
        outside = shapely.distance(ends, shapely.boundary(hull)) <= RIM_HULL_M
    rim = np.zeros(len(network.lon), dtype=bool)
    rim[where[outside]] = True
    return dataclasses.replace(network, rim=rim)


def _dead_ends(network: StreetNetwork) -> Bools:
    """Nodes with a single neighbour, whichever way one may go."""
    n = len(network.lon)
    ends = np.append(network.u, network.v), np.append(network.v, network.u)
    links = sparse.coo_array((np.ones(2 * len(network.u), bool), ends), shape=(n, n)).tocsr()
    return np.asarray(np.diff(links.indptr) == 1)


def rim_finding(network: StreetNetwork, *, source: str, margin_m: float) -> Finding | None:
    """That the data end somewhere, and the margin around the zones that would be enough."""
    if not network.rim.any():
        return None
    return finding(
        "network",
        "network.rim",
        severity="info",
        source=source,
        count=int(network.rim.sum()),
        margin_km=margin_m / 1000,
    )
