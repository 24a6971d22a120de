"""Minutes by gates alone, by brute force: one edge, wall, gate and place after the other."""

from __future__ import annotations

import dataclasses
import math

import geopandas as gpd
import networkx as nx
import pandas as pd
import shapely

from lifecircle.layers.compound_areas import Compounds
from lifecircle.network import StreetNetwork
from tests.oracle import GEOD, minutes_by_networkx, projection, snap_by_hand

Stand = tuple[int, float, float]
"""Edge (-1: none), fraction and access leg."""

NOWHERE: Stand = (-1, math.nan, math.nan)


def away_m(a: shapely.Point, b: shapely.Point) -> float:
    """Metres between two points in degrees."""
    return float(GEOD.inv(a.x, a.y, b.x, b.y)[2])


def subset(network: StreetNetwork, kept: list[int]) -> StreetNetwork:
    """The network with some of its edges only."""
    names = ("u", "v", "length_m")
    return dataclasses.replace(network, **{name: getattr(network, name)[kept] for name in names})


class WalledTown:
    """A network with walls, each question answered by looking at everything."""

    def __init__(self, network: StreetNetwork, compounds: Compounds) -> None:
        self.network = network
        self.gates: dict[int, list[shapely.Point]] = {}
        on = zip(compounds.gates["compound"], compounds.gates.geometry, strict=True)
        for compound, gate in on:
            if snap_by_hand(network, gate.x, gate.y, min_component_m=0)[0] >= 0:
                self.gates.setdefault(int(compound), []).append(gate)
        areas = compounds.areas.geometry.to_crs(network.crs)
        self.outline = {c: areas.iloc[c] for c in self.gates}
        self.wall = {c: self.outline[c].buffer(-5, join_style="mitre") for c in self.gates}
        at = [shapely.Point(xy) for xy in zip(network.x, network.y, strict=True)]
        self.ends = list(zip(network.u.tolist(), network.v.tolist(), strict=True))
        self.lines = [shapely.LineString([at[u], at[v]]) for u, v in self.ends]
        self.passable = [e for e, line in enumerate(self.lines) if not self._is_cut(line)]
        graph = nx.Graph([self.ends[e] for e in self.passable])
        graph.add_nodes_from(range(len(at)))
        self.shut: set[int] = set()
        for piece in nx.connected_components(graph):
            if all(self.is_walled(at[node]) for node in piece):
                self.shut |= piece
        self.outside = [
            e
            for e in self.passable
            if self.ends[e][0] not in self.shut
            and not any(self.lines[e].intersects(wall) for wall in self.wall.values())
        ]

    def _is_cut(self, line: shapely.LineString) -> bool:
        for compound, wall in self.wall.items():
            if line.intersection(wall).length == 0:
                continue
            doors = shapely.MultiPoint([self.metric(gate) for gate in self.gates[compound]])
            crossed = shapely.get_coordinates(line.intersection(wall.boundary))
            if any(shapely.Point(xy).distance(doors) > 15 for xy in crossed):
                return True
        return False

    def metric(self, point: shapely.Point) -> shapely.Point:
        return shapely.Point(projection(self.network.crs).transform(point.x, point.y))

    def is_walled(self, point: shapely.Point) -> bool:
        return any(wall.covers(point) for wall in self.wall.values())

    def nearest(self, point: shapely.Point, edges: list[int], most_m: float) -> Stand:
        if not edges:
            return NOWHERE
        part = subset(self.network, edges)
        edge, fraction, leg_m = snap_by_hand(
            part, point.x, point.y, min_component_m=0, max_snap_m=most_m
        )
        return (edges[edge], fraction, leg_m) if edge >= 0 else NOWHERE

    def standing(self, row: pd.Series) -> tuple[Stand, int, bool]:
        """Position, compound (-1), and whether it has an inner street that leads out."""
        here = self.metric(row.geometry)
        own = [c for c in self.gates if self.outline[c].covers(here)]
        home = max(own, key=lambda c: (self.outline[c].area, -c), default=-1)
        stand: Stand = (int(row["edge"]), float(row["fraction"]), float(row["distance_m"]))
        if stand[0] >= 0 and stand[0] not in self.passable:
            stand = self.nearest(row.geometry, self.passable, 200)
        if stand[0] >= 0 and home < 0 and self.is_walled(self.street(stand)):
            stand = self.nearest(row.geometry, self.outside, 200)
        inner = (
            stand[0] >= 0
            and home >= 0
            and self.wall[home].covers(self.street(stand))
            and not self.is_shut(stand)
        )
        return stand, home, inner

    def street(self, stand: Stand) -> shapely.Point:
        return self.lines[stand[0]].interpolate(stand[1], normalized=True)

    def is_shut(self, stand: Stand) -> bool:
        return self.ends[stand[0]][0] in self.shut

    def by_gates(self, point: shapely.Point, compound: int) -> list[tuple[float, Stand]]:
        """Metres to each gate of a compound, and where the gate stands outside."""
        return [
            (away_m(point, gate), self.nearest(gate, self.outside, 2000))
            for gate in self.gates[compound]
        ]

    def reached(self, origins: list[Stand], targets: list[Stand]) -> list[float]:
        """Minutes from each origin to the nearest target along passable edges."""
        frames = []
        for stands in (origins, targets):
            frame = pd.DataFrame(stands, columns=["edge", "fraction", "distance_m"])
            where = {edge: position for position, edge in enumerate(self.passable)}
            frames.append(frame.assign(edge=[where.get(e, -1) for e in frame["edge"]]))
        origin, target = frames
        minutes = minutes_by_networkx(
            subset(self.network, self.passable), origin, target.assign(service="it"),
            service="it", search_minutes=math.inf,
        )  # fmt: skip
        return [math.inf if math.isnan(each) else float(each) for each in minutes]


def gated_by_hand(
    network: StreetNetwork,
    compounds: Compounds,
    places: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    search_minutes: float,
) -> list[float]:
    """The minutes among walls, before the longer of them and the plain ones is taken."""
    town, pace = WalledTown(network, compounds), network.speed_kmh * 1000 / 60
    offered = [(row, *town.standing(row)) for _, row in facilities.iterrows()]
    targets = []
    for row, stand, home, _ in offered:
        targets.append(stand)
        if stand[0] >= 0 and home >= 0 and town.is_shut(stand):
            for metres, (edge, fraction, leg_m) in town.by_gates(row.geometry, home):
                targets.append((edge, fraction, leg_m + metres))
    result = []
    for _, row in places.iterrows():
        stand, home, inner = town.standing(row)
        ways = [(0.0, stand)]
        if home >= 0 and not inner:
            ways = town.by_gates(row.geometry, home)
        reached = town.reached([way for _, way in ways], targets)
        minutes = [m / pace + further for (m, _), further in zip(ways, reached, strict=True)]
        minutes += [
            away_m(row.geometry, other.geometry) / pace
            for other, _, its_home, its_inner in offered
            if home >= 0 and its_home == home and other["edge"] >= 0 and not (inner and its_inner)
        ]
        best = min(minutes, default=math.inf)
        unknown = row["edge"] < 0
        result.append(math.nan if unknown else best if best <= search_minutes else math.inf)
    return result
