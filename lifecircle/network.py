"""The street network people walk on: nodes, straight segments between them, and what connects.

Every vertex of a street is a node and every edge is one straight segment, so that a position on an
edge is a single fraction and a length is measured once, on the ellipsoid.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.geodesy import WGS84, distance_m, transformer

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

RIM_HULL_M = 200.0
"""Without a header box, dead ends this near the hull of all streets are the rim (contract §4)."""


class Segments(Protocol):
    """Street segments as a reader hands them on."""

    @property
    def lon(self) -> Floats:
        """Longitude of each node, degrees."""

    @property
    def lat(self) -> Floats:
        """Latitude of each node, degrees."""

    @property
    def u(self) -> npt.NDArray[np.integer[Any]]:
        """Position of each segment's first node."""

    @property
    def v(self) -> npt.NDArray[np.integer[Any]]:
        """Position of each segment's last node."""

    @property
    def steps(self) -> Bools:
        """Whether each segment is a flight of steps."""

    @property
    def tunnel(self) -> Bools:
        """Whether each segment runs under ground or indoors."""


@dataclass(frozen=True, eq=False)
class Streets:
    """Street segments from arrays: node positions in degrees, end nodes of each segment.

    `steps` marks flights of stairs, `tunnel` what runs under ground or indoors.
    """

    lon: Floats
    lat: Floats
    u: Ints
    v: Ints
    steps: Bools
    tunnel: Bools

    @classmethod
    def plain(cls, lon: Floats, lat: Floats, u: Ints, v: Ints) -> Streets:
        """Streets without steps or tunnels."""
        none = np.zeros(len(u), dtype=bool)
        return cls(lon, lat, u, v, none, none)


@dataclass(frozen=True, eq=False)
class StreetNetwork:
    """Streets ready to be walked.

    `lon`, `lat` (degrees, WGS 84) and `x`, `y` (metres in `crs`) are per node, as are `component`
    (0 is the component with most street) and `rim` (where the data end, not the street); `u`, `v`
    (node positions), `length_m` (ellipsoidal), `steps` and `tunnel` are per edge; `component_m` is
    the length of street per component.
    """

    lon: Floats
    lat: Floats
    x: Floats
    y: Floats
    component: Ints
    rim: Bools
    u: Ints
    v: Ints
    length_m: Floats
    steps: Bools
    tunnel: Bools
    component_m: Floats
    crs: pyproj.CRS
    speed_kmh: float = 4.0

    @property
    def minutes(self) -> Floats:
        """Walking time of each edge."""
        return self.length_m / metres_per_minute(self.speed_kmh)

    def __repr__(self) -> str:
        return (
            f"<StreetNetwork: {len(self.lon):,} nodes, {len(self.u):,} edges, "
            f"{self.length_m.sum() / 1000:,.1f} km, {len(self.component_m):,} components>"
        )


def metres_per_minute(speed_kmh: float) -> float:
    """Metres walked in a minute.

    >>> metres_per_minute(6.0)
    100.0
    """
    return speed_kmh * 1000.0 / 60.0


def street_network(streets: Segments, *, crs: pyproj.CRS, speed_kmh: float = 4.0) -> StreetNetwork:
    """The network of these streets: projected, measured, its components known, without a rim.

    Segments from a node to itself are dropped; two segments between the same nodes both stay.

    Raises
    ------
    InputError
        If there is no segment, a coordinate is not finite, or a position points to no node.
    """
    lon, lat = np.asarray(streets.lon, float), np.asarray(streets.lat, float)
    u, v = np.asarray(streets.u, np.int64), np.asarray(streets.v, np.int64)
    _check(lon, lat, u, v)
    kept = u != v
    u, v = u[kept], v[kept]
    if not len(u):
        raise InputError.of("network.no_street")
    x, y = transformer(WGS84, crs).transform(lon, lat)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError.of("network.not_finite", count=int((~np.isfinite(x)).sum()))
    length_m = distance_m(lon[u], lat[u], lon[v], lat[v])
    component, component_m = _components(len(lon), u, v, length_m)
    return StreetNetwork(
        lon=lon,
        lat=lat,
        x=np.asarray(x),
        y=np.asarray(y),
        component=component,
        rim=np.zeros(len(lon), dtype=bool),
        u=u,
        v=v,
        length_m=length_m,
        steps=np.asarray(streets.steps, bool)[kept],
        tunnel=np.asarray(streets.tunnel, bool)[kept],
        component_m=component_m,
        crs=crs,
        speed_kmh=speed_kmh,
    )


def _check(lon: Floats, lat: Floats, u: Ints, v: Ints) -> None:
    if not len(u):
        raise InputError.of("network.no_street")
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        bad = ~(np.isfinite(lon) & np.isfinite(lat))
        raise InputError.of("network.not_finite", count=int(bad.sum()))
    ends = np.concatenate([u, v])
    if ends.min() < 0 or ends.max() >= len(lon):
        raise InputError.of("network.no_such_node", node=int(ends.max()), nodes=len(lon))


def _components(n: int, u: Ints, v: Ints, length_m: Floats) -> tuple[Ints, Floats]:
    """Component of each node, the one with most street first, and street per component."""
    links = sparse.coo_array((np.ones(len(u), bool), (u, v)), shape=(n, n)).tocsr()
    count, label = csgraph.connected_components(links, directed=False)
    street_m = np.bincount(label[u], weights=length_m, minlength=count)
    order = np.argsort(-street_m, kind="stable")
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    return rank[label], np.asarray(street_m[order], dtype=float)


def adjacency(network: StreetNetwork) -> sparse.csr_array:
    """Symmetric matrix of edge lengths in metres; of parallel edges the shortest.

    Built by sorting, since SciPy's own conversion would add parallel edges together. A street of
    length zero stays as an explicit zero.
    """
    n = len(network.lon)
    rows = np.concatenate([network.u, network.v])
    columns = np.concatenate([network.v, network.u])
    lengths = np.concatenate([network.length_m, network.length_m])
    order = np.lexsort((lengths, columns, rows))
    rows, columns, lengths = rows[order], columns[order], lengths[order]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    rows, columns, lengths = rows[first], columns[first], lengths[first]
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])
    return sparse.csr_array((lengths, columns, starts), shape=(n, n))


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
    dead_end = np.diff(adjacency(network).indptr) == 1
    where = np.flatnonzero(dead_end)
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


def segments(network: StreetNetwork) -> npt.NDArray[Any]:
    """The edges as straight lines in the metric CRS, in edge order."""
    ends = np.stack([network.u, network.v], axis=1)
    return np.asarray(shapely.linestrings(np.stack([network.x[ends], network.y[ends]], axis=-1)))


def network_findings(
    network: StreetNetwork, *, source: str, min_component_m: float
) -> tuple[Finding, ...]:
    """What a reader of the report should know of the streets: how many, in how many pieces."""
    found = [
        finding(
            "network",
            "network.streets",
            severity="info",
            source=source,
            edges=len(network.u),
            km=network.length_m.sum() / 1000,
            steps_km=network.length_m[network.steps].sum() / 1000,
        )
    ]
    small = network.component_m < min_component_m
    small[0] = False
    if len(network.component_m) > 1:
        found.append(
            finding(
                "network",
                "network.components",
                severity="warning" if small.any() else "info",
                source=source,
                count=len(network.component_m),
                largest_km=network.component_m[0] / 1000,
                small=int(small.sum()),
                small_km=network.component_m[small].sum() / 1000,
                limit_m=min_component_m,
            )
        )
    return tuple(found)


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
