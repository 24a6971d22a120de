"""Isochrones: areas from which one gets to a facility in time, as contours of the minutes.

A grid of points is put on the streets like any other places, each with its access leg, and searched
like them; the contour runs between the points, in proportion to their minutes. For looking only:
rates never come from these areas but from minutes at the places (contract §4).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import contourpy
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lifecircle.bands import Geometries
from lifecircle.errors import InputError
from lifecircle.geodesy import WGS84, transformer
from lifecircle.isochrone_rows import asked, framed
from lifecircle.nearest import nearest_targets
from lifecircle.network import Floats, Ints, StreetNetwork, metres_per_minute
from lifecircle.pairs import offers_of, pairs_of
from lifecircle.snapping import MAX_SNAP_M, MIN_COMPONENT_M, choose_edges, fraction_on
from lifecircle.standards import Standard

RESOLUTION_M = 25.0
MOST_POINTS = 2_000_000
"""By default the grid is so wide that it has no more points, nor finer than `RESOLUTION_M`."""

PAIRS_AT_ONCE = 2_000_000

Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class _Ground:
    """A grid over streets: corner, spacing, and its points as places on the streets.

    `pace` is metres a minute; `row` and `column` are those of `points`: what is too far from every
    street is none of them.
    """

    west: float
    south: float
    step_m: float
    pace: float
    row: Ints
    column: Ints
    points: pd.DataFrame


@dataclass(eq=False)
class _Outlines:
    """Rings that were drawn so far: corners, corners of each, its polygon, its row."""

    corners: list[Floats] = field(default_factory=list)
    lengths: list[Ints] = field(default_factory=list)
    polygon: list[Ints] = field(default_factory=list)
    row: list[int] = field(default_factory=list)


def isochrones(
    network: StreetNetwork,
    facilities: pd.DataFrame,
    standard: Standard,
    *,
    resolution_m: float | None = None,
    each_facility: bool = True,
    max_snap_m: float = MAX_SNAP_M,
    min_component_m: float = MIN_COMPONENT_M,
) -> gpd.GeoDataFrame:
    """Areas from which each service's facilities are reached within its limits.

    Contours of the minutes, access legs included, on a grid of `resolution_m`. Between two points
    of the grid minutes count as even, and no steeper than walking straight across; where a river or
    a wall lies between them the area may be off by as much as one step of the grid. On the streets
    of the sample city an area of ten minutes at 25 m differs by less than 1 % from that at 5 m.

    Parameters
    ----------
    facilities
        Access points with `facility` and `service`, snapped to `network` (see `lifecircle.snap`).
        Those that are not on the network are left out.
    standard
        Its services and limits; `standard.at(10)` asks for ten minutes of each.
    resolution_m
        Metres between points of the grid. By default 25, or more where an extent is so large that
        there would be over two million points.
    each_facility
        Whether every facility gets rows of its own, besides those of its service.
    max_snap_m, min_component_m
        How points of the grid are put on the streets, as in `lifecircle.snap`.

    Returns
    -------
        One row per facility, service and limit (`kind` "facility"), and one per service and limit
        for all its facilities together (`kind` "service", `facility` empty): columns `facility`,
        `service`, `minutes`, `kind`, `geometry` (multipolygons, EPSG:4326). An area without a
        point of the grid has none.

    Raises
    ------
    InputError
        If the facilities are not snapped or `resolution_m` is not more than 0.

    Examples
    --------
    Around a corner of the sample town the area of five minutes lies in that of ten:

    >>> import pyproj
    >>> from lifecircle.network import street_network
    >>> from lifecircle.sample import town
    >>> from lifecircle.snapping import snap
    >>> network = street_network(town().streets, crs=pyproj.CRS("EPSG:4549"))
    >>> clinic = snap(town().facilities.iloc[[0]], network)
    >>> inner, outer = (isochrones(network, clinic, town().standard.at(m)) for m in (2, 3))
    >>> inner[["facility", "service", "minutes", "kind"]].values.tolist()
    [['health-1', 'health', 2.0, 'facility'], ['', 'health', 2.0, 'service']]
    >>> bool(inner.within(outer).all())
    True
    """
    if resolution_m is not None and not resolution_m > 0:
        raise InputError.of("isochrones.no_resolution", resolution_m=resolution_m)
    rows, starts = asked(facilities, standard, each_facility=each_facility)
    if rows.empty:
        return framed(rows, np.empty(0, dtype=object))
    pace = metres_per_minute(network.speed_kmh)
    limit_m = float(rows["minutes"].max()) * pace
    access = facilities.iloc[starts["access"].unique()]
    box = _extent(network, access, limit_m)
    ground = _ground(network, box, resolution_m or _step_m(box), (max_snap_m, min_component_m))
    # One step farther, so that both sides of every contour are known.
    search_m = limit_m + ground.step_m
    drawn = _Outlines()
    wanted = dict(iter(rows.groupby("source")))
    for source, points, metres in _fields(network, ground, facilities, (rows, starts), search_m):
        _draw(drawn, ground, wanted[source], points, metres)
    return framed(rows, _areas(drawn, len(rows), network))


def _extent(network: StreetNetwork, access: pd.DataFrame, limit_m: float) -> Box:
    """West, south, east and north of all from where some access point may be reached."""
    # A metre at the network's speed may lead farther, downhill or along a fast street.
    long = network.length_m > 0
    taking = np.minimum(network.forward_m, network.backward_m)[long] / network.length_m[long]
    reach_m = limit_m / min(1.0, max(taking.min(initial=1.0), 1e-9))
    edge, at = access["edge"].to_numpy(), access["fraction"].to_numpy()
    u, v = network.u[edge], network.v[edge]
    low, high = [], []
    for values in (network.x, network.y):
        here = values[u] + at * (values[v] - values[u])
        low.append(max(here.min() - reach_m, values.min() - limit_m))
        high.append(min(here.max() + reach_m, values.max() + limit_m))
    return low[0], low[1], high[0], high[1]


def _step_m(box: Box) -> float:
    """The usual spacing, or so many whole metres more that there are not too many points."""
    west, south, east, north = box
    area = (east - west) * (north - south)
    return max(RESOLUTION_M, float(math.ceil(math.sqrt(area / MOST_POINTS))))


def _ground(
    network: StreetNetwork, box: Box, step_m: float, limits: tuple[float, float]
) -> _Ground:
    """The grid over a box; its points obey the limits of snapping."""
    west, south = (math.floor(each / step_m) * step_m for each in box[:2])
    columns, lines = math.ceil((box[2] - west) / step_m), math.ceil((box[3] - south) / step_m)
    row, column = (each.ravel() for each in np.indices((lines + 1, columns + 1)))
    x, y = np.asarray(west + step_m * column, float), np.asarray(south + step_m * row, float)
    _, edge = choose_edges(x, y, network, *limits)
    found = np.flatnonzero(edge >= 0)
    x, y, edge = x[found], y[found], edge[found]
    fraction = fraction_on(x, y, edge, network)
    u, v = network.u[edge], network.v[edge]
    foot_x = network.x[u] + fraction * (network.x[v] - network.x[u])
    foot_y = network.y[u] + fraction * (network.y[v] - network.y[u])
    leg_m = np.hypot(x - foot_x, y - foot_y)
    points = pd.DataFrame({"edge": edge, "fraction": fraction, "distance_m": leg_m})
    near = leg_m <= limits[0]
    found, pace = found[near], metres_per_minute(network.speed_kmh)
    return _Ground(west, south, step_m, pace, row[found], column[found], points[near])


def _fields(
    network: StreetNetwork,
    ground: _Ground,
    facilities: pd.DataFrame,
    sought: tuple[pd.DataFrame, pd.DataFrame],
    search_m: float,
) -> Iterator[tuple[int, Ints, Floats]]:
    """Each source, the points of the grid within reach of it, and their metres."""
    rows, starts = sought
    kinds = rows.drop_duplicates("source").set_index("source")["kind"]
    single = starts["source"].map(kinds) == "facility"
    here = facilities.iloc[starts.loc[single, "access"].to_numpy()]
    here = here.assign(facility=starts.loc[single, "source"].to_numpy(), service="")
    offers = offers_of(ground.points, here)
    for pairs in pairs_of(network, ground.points, offers, search_m, PAIRS_AT_ONCE):
        cuts = np.flatnonzero(np.diff(pairs.source)) + 1
        first = np.append(0, cuts)[: len(pairs.source)]
        parts = zip(np.split(pairs.place, cuts), np.split(pairs.metres, cuts), strict=True)
        for start, (points, metres) in zip(first, parts, strict=False):
            source = int(offers.names["facility"].iloc[pairs.source[start]])
            yield source, points.astype(np.int64), metres
    unions = starts[~single]
    sources = [int(source) for source in unions["source"].unique()]
    targets = [facilities.iloc[unions.loc[unions["source"] == s, "access"]] for s in sources]
    found = nearest_targets(network, ground.points, targets, limit_m=search_m)
    for source, (every, _) in zip(sources, found, strict=True):
        near = np.flatnonzero(every <= search_m)
        yield source, near, every[near]


def _draw(
    drawn: _Outlines, ground: _Ground, rows: pd.DataFrame, points: Ints, metres: Floats
) -> None:
    """Add the contours of one source at the limits of its rows."""
    if not len(points):
        return
    row, column = ground.row[points], ground.column[points]
    top, left = row.min() - 1, column.min() - 1
    size = row.max() - top + 2, column.max() - left + 2
    y, x = ground.step_m * np.indices(size)
    x, y = x + ground.west + left * ground.step_m, y + ground.south + top * ground.step_m
    for position, limit in zip(rows.index, rows["minutes"], strict=True):
        # Nothing is steeper than a walk straight across, and beyond is beyond.
        limit_m = limit * ground.pace
        beyond_m = limit_m + ground.step_m
        field = np.full(size, beyond_m)
        field[row - top, column - left] = np.minimum(metres, beyond_m)
        for corners, offsets in zip(*_filled(x, y, field, limit_m), strict=True):
            drawn.corners.append(corners)
            drawn.lengths.append(np.diff(offsets.astype(np.int64)))
            drawn.polygon.append(np.full(len(offsets) - 1, len(drawn.polygon)))
            drawn.row.append(position)


def _filled(x: Floats, y: Floats, field: Floats, limit_m: float) -> tuple[list[Any], list[Any]]:
    """Polygons up to the limit: corners of each, and where its rings begin and end among them."""
    made: Any = contourpy.SerialContourGenerator  # in a third of the time of `contour_generator`
    contour = made(
        x, y, field, None,
        corner_mask=True,
        line_type=contourpy.LineType.Separate,
        fill_type=contourpy.FillType.OuterOffset,
        quad_as_tri=False,
        z_interp=contourpy.ZInterp.Linear,
    )  # fmt: skip
    corners, offsets = contour.filled(-1.0, limit_m)
    return corners, offsets


def _areas(drawn: _Outlines, rows: int, network: StreetNetwork) -> Geometries:
    """One area for each row, in degrees; `None` where nothing was drawn."""
    areas = np.full(rows, None, dtype=object)
    if not drawn.corners:
        return areas
    x, y = np.concatenate(drawn.corners).T
    lengths = np.concatenate(drawn.lengths)
    corners = np.column_stack(transformer(network.crs, WGS84).transform(x, y))
    rings = shapely.linearrings(corners, indices=np.repeat(np.arange(len(lengths)), lengths))
    polygons = shapely.polygons(rings, indices=np.concatenate(drawn.polygon))
    order = np.argsort(drawn.row, kind="stable")
    row = np.array(drawn.row)[order]
    which, position = np.unique(row, return_inverse=True)
    areas[which] = shapely.multipolygons(polygons[order], indices=position)
    broken = np.flatnonzero(~shapely.is_valid(areas))
    areas[broken] = shapely.make_valid(areas[broken])
    return areas
