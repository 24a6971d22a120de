"""Walls of closed compounds (小区) across the streets: what they cut, and who stands behind them.

The wall stands `WALL_M` inside a compound's outline, since outlines are drawn to the middle of the
street as often as to the wall itself. A segment that crosses it farther than `GATE_M` from every
gate of the compound (on the wall: `GATE_M + WALL_M`) is closed; segments inside stay open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from lifecircle.geodesy import WGS84, lonlat, transformer
from lifecircle.layers.compound_areas import GATE_M, Compounds
from lifecircle.network import Bools, Ints, StreetNetwork, segments, without
from lifecircle.snapping import MAX_SNAP_M, MIN_COMPONENT_M, snap
from lifecircle.stepfree import off_closed

Geometries = npt.NDArray[Any]

WALL_M = 5.0
"""A street that grazes an outline less deep than this is not cut."""

_OUTSIDE_M = 2000.0
"""A gate finds its street outside within this, half an hour's walk, or leads nowhere."""

POSITION = ["edge", "fraction", "distance_m"]
"""Columns of a place that say where it stands on the streets."""


@dataclass(frozen=True, eq=False)
class Walled:
    """A street network with the walls of compounds in it.

    `network` is without the segments that walls cut, `cut` marks these. `outlines` and `walls` are
    polygons in its metric CRS, one per compound; `gates` stand on the streets outside, `compound`
    is the position of theirs. `outside` marks open segments without a part within a wall, `shut_in`
    the nodes of streets that lead to no gate. `left_open` counts compounds without a gate near a
    street.
    """

    network: StreetNetwork
    cut: Bools
    outlines: Geometries
    walls: Geometries
    gates: gpd.GeoDataFrame
    outside: Bools
    shut_in: Bools
    left_open: int = 0


@dataclass(frozen=True, eq=False)
class Standing:
    """Places among walls: on which open street, and in which compound (-1: none).

    `snapped` marks places that have a street at all, `inner` those whose street lies within the
    wall of their compound and leads to a gate.
    """

    places: gpd.GeoDataFrame
    compound: Ints
    snapped: Bools
    inner: Bools


def with_walls(
    network: StreetNetwork,
    compounds: Compounds,
    *,
    max_snap_m: float = MAX_SNAP_M,
    min_component_m: float = MIN_COMPONENT_M,
) -> Walled:
    """The network with the compounds' walls.

    A gate stands on the street nearest to it outside all walls, by the rules of snapping. A
    compound none of whose gates finds a street is left open.
    """
    limits = {"max_snap_m": max_snap_m, "min_component_m": min_component_m}
    snapped = snap(compounds.gates, network, **limits)
    gates = snapped[snapped["edge"] >= 0].sort_values("compound", ignore_index=True)
    kept, number = np.unique(gates["compound"], return_inverse=True)
    gates = gates.assign(compound=number)
    outlines = compounds.areas.geometry.iloc[kept].to_crs(network.crs).to_numpy()
    walls = shapely.buffer(outlines, -WALL_M, join_style="mitre")
    lines = segments(network)
    cut = _cut(lines, walls, gates.geometry.to_crs(network.crs).to_numpy(), number)
    walled = without(network, cut)

    nodes = shapely.points(network.x, network.y)
    leads_out = np.zeros(len(walled.component_m), dtype=bool)
    leads_out[walled.component[~_hit(nodes, walls, "intersects")]] = True
    shut_in = ~leads_out[walled.component]
    outside = ~walled.closed & ~shut_in[walled.u] & ~_hit(lines, walls, "intersects")
    return Walled(
        network=walled,
        cut=cut,
        outlines=outlines,
        walls=walls,
        gates=off_closed(
            gates, network, ~outside, max_snap_m=_OUTSIDE_M, min_component_m=min_component_m
        ),
        outside=outside,
        shut_in=shut_in,
        left_open=len(compounds.areas) - len(kept),
    )


def _hit(shapes: Geometries, walls: Geometries, predicate: str) -> Bools:
    """Whether any wall stands so to each shape."""
    hit = np.zeros(len(shapes), dtype=bool)
    hit[shapely.STRtree(shapes).query(walls, predicate=predicate)[1]] = True
    return hit


def _cut(
    lines: Geometries, walls: Geometries, gates: Geometries, compound: npt.NDArray[np.intp]
) -> Bools:
    """Segments that enter a wall away from the gates of its compound, each of which has one."""
    cut = np.zeros(len(lines), dtype=bool)
    if not len(walls):
        return cut
    rings = shapely.boundary(walls)
    wall, line = shapely.STRtree(lines).query(rings, predicate="intersects")
    # A street that runs along the wall, or ends at it outside, does not enter.
    enters = shapely.relate_pattern(lines[line], walls[wall], "T********")
    wall, line = wall[enters], line[enters]
    xy, pair = shapely.get_coordinates(
        shapely.intersection(rings[wall], lines[line]), return_index=True
    )
    doors = shapely.multipoints(gates, indices=compound)
    away_m = shapely.distance(shapely.points(xy), doors[wall[pair]])
    cut[line[pair[away_m > GATE_M + WALL_M]]] = True
    return cut


def compound_of(places: gpd.GeoDataFrame, walled: Walled) -> Ints:
    """The compound that each place lies in, -1 for none; of several the largest.

    Of compounds within each other the outermost wall is the one that leads out.
    """
    x, y = transformer(WGS84, walled.network.crs).transform(*lonlat(places))
    tree = shapely.STRtree(shapely.points(x, y))
    compound, place = tree.query(walled.outlines, predicate="intersects")
    order = np.lexsort((-compound, shapely.area(walled.outlines)[compound], place))
    found = np.full(len(places), -1, dtype=np.int64)
    found[place[order]] = compound[order]  # of several the last one stays
    return found


def standing(
    places: gpd.GeoDataFrame,
    walled: Walled,
    *,
    max_snap_m: float = MAX_SNAP_M,
    min_component_m: float = MIN_COMPONENT_M,
) -> Standing:
    """Where snapped places stand among the walls.

    One on a closed street is moved to the nearest open one, one outside whose street lies within a
    wall to the nearest street outside, by the rules of snapping.
    """
    limits = {"max_snap_m": max_snap_m, "min_component_m": min_component_m}
    network, compound = walled.network, compound_of(places, walled)
    snapped = places["edge"].to_numpy() >= 0
    places = off_closed(places, network, walled.cut, **limits)
    through = (compound < 0) & _hit(_street_points(places, network), walled.walls, "covers")
    freed = off_closed(places[through], network, ~walled.outside, **limits)
    places = places.assign(
        **{name: _replaced(places[name], through, freed[name]) for name in POSITION}
    )
    at = _street_points(places, network)
    inner = np.zeros(len(places), dtype=bool)
    home = np.flatnonzero(compound >= 0)
    inner[home] = shapely.covers(walled.walls[compound[home]], at[home])
    inner &= ~walled.shut_in[network.u[places["edge"]]]
    return Standing(places, compound, snapped, inner)


def _replaced(column: pd.Series[Any], where: Bools, values: pd.Series[Any]) -> npt.NDArray[Any]:
    changed = column.to_numpy(copy=True)
    changed[where] = values
    return changed


def _street_points(places: gpd.GeoDataFrame, network: StreetNetwork) -> Geometries:
    """Positions on the streets in the metric CRS; empty points where there is none."""
    edge, fraction = places["edge"].to_numpy(), places["fraction"].to_numpy()
    u, v = network.u[edge], network.v[edge]
    x = network.x[u] + fraction * (network.x[v] - network.x[u])
    y = network.y[u] + fraction * (network.y[v] - network.y[u])
    points: Geometries = np.where(edge >= 0, shapely.points(x, y), shapely.Point())
    return points
