"""The street network people move on: nodes, straight segments between them, and what connects.

Every vertex of a street is a node and every edge is one straight segment, so that a position on an
edge is a single fraction and a length is measured once, on the ellipsoid. What an edge takes may
differ by direction, and is told in metres at the network's speed.
"""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from lifecircle.chains import Chains, chains_of
from lifecircle.edge_grid import EdgeGrid, edge_grid
from lifecircle.errors import InputError
from lifecircle.geodesy import WGS84, distance_m, transformer

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Directions = npt.NDArray[np.int8]


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

    @property
    def barred(self) -> Bools | None:
        """Whether each segment is not step-free; `None`: where there are steps."""

    @property
    def oneway(self) -> Directions | None:
        """1 where vehicles go from `u` to `v` only, -1 from `v` to `u`, else 0; `None`: unknown."""

    @property
    def highway(self) -> pd.Categorical[str] | None:
        """The kind of street, as OSM's `highway` names it; `None`: unknown."""


@dataclass(frozen=True, eq=False)
class Streets:
    """Street segments from arrays: node positions in degrees, end nodes of each segment.

    `steps` marks flights of stairs, `tunnel` what runs under ground or indoors; for `barred`,
    `oneway` and `highway` see `Segments`.
    """

    lon: Floats
    lat: Floats
    u: Ints
    v: Ints
    steps: Bools
    tunnel: Bools
    barred: Bools | None = None
    oneway: Directions | None = None
    highway: pd.Categorical[str] | None = None

    @classmethod
    def plain(cls, lon: Floats, lat: Floats, u: Ints, v: Ints) -> Streets:
        """Streets without steps or tunnels."""
        none = np.zeros(len(u), dtype=bool)
        return cls(lon, lat, u, v, none, none)


@dataclass(frozen=True, eq=False)
class StreetNetwork:
    """Streets ready to be walked, cycled or driven on.

    `lon`, `lat` (degrees, WGS 84) and `x`, `y` (metres in `crs`) are per node, as are `component`
    (0 is the component with most street) and `rim` (where the data end, not the street); `u`, `v`
    (node positions), `length_m` (ellipsoidal), `steps`, `tunnel` and `barred` (not step-free) are
    per edge, as are `forward_m` and `backward_m`: the metres at `speed_kmh` that take as long as
    going from `u` to `v` and from `v` to `u`, `inf` where nobody may go. `component_m` is the
    length of open street per component.
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
    forward_m: Floats
    backward_m: Floats
    steps: Bools
    tunnel: Bools
    barred: Bools
    component_m: Floats
    crs: pyproj.CRS
    speed_kmh: float = 4.0

    @property
    def minutes(self) -> Floats:
        """What each edge takes from `u` to `v`."""
        return self.forward_m / metres_per_minute(self.speed_kmh)

    @functools.cached_property
    def chains(self) -> Chains:
        """Its edges in chains between crossings, put together when first asked for."""
        return chains_of(self.x, self.y, (self.u, self.v), (self.forward_m, self.backward_m))

    @functools.cached_property
    def grid(self) -> EdgeGrid:
        """Its edges by cells of the ground, put together when first asked for."""
        return edge_grid(self.x, self.y, self.u, self.v)

    @property
    def closed(self) -> Bools:
        """Edges along which nobody goes, either way."""
        return np.isinf(self.forward_m) & np.isinf(self.backward_m)

    def __repr__(self) -> str:
        return (
            f"<StreetNetwork: {len(self.lon):,} nodes, {len(self.u):,} edges, "
            f"{self.length_m.sum() / 1000:,.1f} km, {len(self.component_m):,} components>"
        )


def metres_per_minute(speed_kmh: float) -> float:
    """Metres made in a minute.

    >>> metres_per_minute(6.0)
    100.0
    """
    return speed_kmh * 1000.0 / 60.0


def street_network(
    streets: Segments,
    *,
    crs: pyproj.CRS,
    speed_kmh: float = 4.0,
    forward: Floats | None = None,
    backward: Floats | None = None,
) -> StreetNetwork:
    """The network of these streets: projected, measured, its components known, without a rim.

    Segments from a node to itself are dropped; two segments between the same nodes both stay.

    Parameters
    ----------
    forward, backward
        Metres at `speed_kmh` that take as long as a metre of each segment, from `u` to `v` and from
        `v` to `u`: 1 by default, 0.5 at twice the speed, `inf` against a one-way street.

    Raises
    ------
    InputError
        If there is no segment, a coordinate is not finite, a position points to no node, or a
        factor is negative or unknown.
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
    barred = streets.steps if streets.barred is None else streets.barred
    network = StreetNetwork(
        lon=lon,
        lat=lat,
        x=np.asarray(x),
        y=np.asarray(y),
        component=np.zeros(len(lon), np.int64),
        rim=np.zeros(len(lon), dtype=bool),
        u=u,
        v=v,
        length_m=length_m,
        forward_m=_taking(length_m, forward, kept),
        backward_m=_taking(length_m, backward, kept),
        steps=np.asarray(streets.steps, bool)[kept],
        tunnel=np.asarray(streets.tunnel, bool)[kept],
        barred=np.asarray(barred, bool)[kept],
        component_m=np.zeros(0),
        crs=crs,
        speed_kmh=speed_kmh,
    )
    return _connected(network)


def _taking(length_m: Floats, factor: Floats | None, kept: Bools) -> Floats:
    """Lengths times their factors; `inf` is never taken from a length of zero."""
    if factor is None:
        return length_m
    each = np.asarray(factor, float)[kept]
    bad = np.flatnonzero(~(each >= 0))
    if len(bad):
        raise InputError.of("network.bad_factor", count=len(bad), total=len(each), row=int(bad[0]))
    taking: Floats = np.full(len(each), np.inf)
    np.multiply(length_m, each, out=taking, where=np.isfinite(each))
    return taking


def _check(lon: Floats, lat: Floats, u: Ints, v: Ints) -> None:
    if not len(u):
        raise InputError.of("network.no_street")
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        bad = ~(np.isfinite(lon) & np.isfinite(lat))
        raise InputError.of("network.not_finite", count=int(bad.sum()))
    ends = np.concatenate([u, v])
    if ends.min() < 0 or ends.max() >= len(lon):
        raise InputError.of("network.no_such_node", node=int(ends.max()), nodes=len(lon))


def _connected(network: StreetNetwork) -> StreetNetwork:
    """The network with the components of its open edges, the one with most street first."""
    n, used = len(network.lon), ~network.closed
    u, v = network.u[used], network.v[used]
    links = sparse.coo_array((np.ones(len(u), bool), (u, v)), shape=(n, n)).tocsr()
    count, label = csgraph.connected_components(links, directed=False)
    street_m = np.bincount(label[u], weights=network.length_m[used], minlength=count)
    order = np.argsort(-street_m, kind="stable")
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    component_m = np.asarray(street_m[order], dtype=float)
    return dataclasses.replace(network, component=rank[label], component_m=component_m)


def without(network: StreetNetwork, closed: Bools) -> StreetNetwork:
    """The same network on which nobody goes along the `closed` edges (a mask, one for each edge).

    Edges keep their positions and the rim stays; components are those of what is still open.

    Examples
    --------
    Of three streets in a row the middle one is closed, and two pieces remain:

    >>> at = np.array([121.0, 121.001, 121.002, 121.003])
    >>> row = Streets.plain(at, np.full(4, 31.0), np.array([0, 1, 2]), np.array([1, 2, 3]))
    >>> network = street_network(row, crs=pyproj.CRS("EPSG:4549"))
    >>> cut = without(network, np.array([False, True, False]))
    >>> cut.component.tolist(), cut.forward_m.round().tolist()
    ([0, 0, 1, 1], [96.0, inf, 96.0])
    """
    forward_m = np.where(closed, np.inf, network.forward_m)
    backward_m = np.where(closed, np.inf, network.backward_m)
    return _connected(dataclasses.replace(network, forward_m=forward_m, backward_m=backward_m))


def turned(network: StreetNetwork) -> StreetNetwork:
    """The same network with every direction turned about.

    What leads from a facility to a place on it leads from the place to the facility in truth.
    """
    return dataclasses.replace(network, forward_m=network.backward_m, backward_m=network.forward_m)


def segments(network: StreetNetwork) -> npt.NDArray[Any]:
    """The edges as straight lines in the metric CRS, in edge order, each from its western end."""
    ends = np.stack([network.u, network.v], axis=1)
    # By x, then by y: drawn the other way, a distance may differ in the last digit.
    at = np.sort(network.x[ends] + 1j * network.y[ends], axis=1)
    return np.asarray(shapely.linestrings(np.stack([at.real, at.imag], axis=-1)))
