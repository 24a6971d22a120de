"""What maps show, in metres: outlines, streets, facilities; and where it lies on the paper."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from lifecircle.crs import metric_crs
from lifecircle.geodesy import WGS84, distance_m, transformer

Array = npt.NDArray[Any]
Box = tuple[float, float, float, float]
"""Left, lower edge, width and height on the paper, in millimetres."""

PADDING = 0.035
"""Free space around the zones, as a share of the map's width or height."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A run's layers in a metric system with equal scale both ways.

    `names` are those of the zones, their ids where they have none; `facilities` hold one point for
    each facility of a service, the middle of its access points.
    """

    crs: pyproj.CRS
    zones: Array
    ids: tuple[str, ...]
    names: tuple[str, ...]
    streets: Array
    facilities: Mapping[str, Array]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all zones."""
        west, south, east, north = shapely.total_bounds(self.zones)
        return float(west), float(south), float(east), float(north)


def scene_of(
    zones: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame | None,
    crs: str,
) -> Scene:
    """The layers in the project's metric system.

    Parameters
    ----------
    streets
        Lines to draw; `None` for none.
    crs
        As `[project] crs` gives it.
    """
    west, south, east, north = zones.total_bounds
    metric = metric_crs(crs, float(west + east) / 2, float(south + north) / 2)
    names = [str(name) or str(key) for key, name in zip(zones.index, zones["name"], strict=True)]
    return Scene(
        crs=metric,
        zones=zones.to_crs(metric).geometry.to_numpy(),
        ids=tuple(map(str, zones.index)),
        names=tuple(names),
        streets=np.array([]) if streets is None else streets.to_crs(metric).geometry.to_numpy(),
        facilities=_dots(facilities.to_crs(metric)),
    )


def _dots(facilities: gpd.GeoDataFrame) -> dict[str, Array]:
    points = facilities[["service", "facility"]].assign(
        x=shapely.get_x(facilities.geometry.to_numpy()),
        y=shapely.get_y(facilities.geometry.to_numpy()),
    )
    middles = points.groupby(["service", "facility"], sort=True)[["x", "y"]].mean()
    return {str(service): group.to_numpy() for service, group in middles.groupby(level="service")}


@dataclass(frozen=True)
class MapFrame:
    """Where a map stands on the paper.

    That is its box, the metres at its lower left, and millimetres per metre of the metric system.
    `ground` is how many metres of ground a metre of that system is, `north` how far true north
    lies to the right of the paper's upper edge, in degrees; both in the middle of the map.
    """

    box: Box
    west: float
    south: float
    mm_per_m: float
    ground: float
    north: float

    def on_paper(self, xy: Array) -> Array:
        """Millimetres of positions in metres."""
        left, lower, _, _ = self.box
        return np.column_stack(
            [
                left + (xy[:, 0] - self.west) * self.mm_per_m,
                lower + (xy[:, 1] - self.south) * self.mm_per_m,
            ]
        )

    def on_paper_of(self, other: MapFrame) -> tuple[float, float]:
        """Where the lower left corner of another frame lies in this one."""
        corner = self.on_paper(np.array([[other.west, other.south]]))[0]
        return float(corner[0]), float(corner[1])


def map_frame(scene: Scene, box: Box) -> MapFrame:
    """The largest frame in the box in which all zones fit, in the middle."""
    left, lower, wide, high = box
    west, south, east, north = scene.bounds
    across, along = max(east - west, 1.0), max(north - south, 1.0)
    free = 1 - 2 * PADDING
    mm_per_m = min(wide * free / across, high * free / along)
    x, y = (west + east) / 2, (south + north) / 2
    ground, turned = _on_the_ground(scene.crs, x, y, across)
    return MapFrame(
        (left, lower, wide, high),
        west=x - wide / 2 / mm_per_m,
        south=y - high / 2 / mm_per_m,
        mm_per_m=mm_per_m,
        ground=ground,
        north=turned,
    )


def _on_the_ground(crs: pyproj.CRS, x: float, y: float, across: float) -> tuple[float, float]:
    """Metres of ground per metre of the system, and degrees from its north to the true one."""
    inverse = transformer(crs, WGS84)
    lon, lat = inverse.transform([x - across / 2, x + across / 2, x], [y, y, y])
    ground = float(distance_m(lon[0], lat[0], lon[1], lat[1])) / across
    step = 1e-4
    ex, ey = inverse.transform(
        [lon[2], lon[2]], [lat[2] - step, lat[2] + step], direction="INVERSE"
    )
    return ground, math.degrees(math.atan2(ex[1] - ex[0], ey[1] - ey[0]))


def round_distance(limit_m: float) -> float:
    """The longest round distance within a limit.

    >>> round_distance(2700.0), round_distance(900.0), round_distance(1.0)
    (2000.0, 500.0, 1.0)
    """
    power = 10.0 ** math.floor(math.log10(limit_m))
    return max(step * power for step in (1, 2, 5) if step * power <= limit_m)


def distance_text(metres: float) -> str:
    """A distance in metres or kilometres.

    >>> distance_text(500.0), distance_text(2000.0)
    ('500 m', '2 km')
    """
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"


def drawn_zones(scene: Scene, frame: MapFrame) -> Array:
    """Outlines on the paper, simplified below what can be printed."""
    placed = shapely.transform(scene.zones, frame.on_paper)
    simple = shapely.simplify(placed, 0.05)
    drawn: Array = np.where(shapely.is_empty(simple), placed, simple)
    return drawn


def drawn_streets(scene: Scene, frame: MapFrame) -> list[Array]:
    """Streets that touch the map, on the paper, without what is too small to be seen."""
    if not len(scene.streets):
        return []
    placed = shapely.transform(scene.streets, frame.on_paper)
    left, lower, wide, high = frame.box
    seen = shapely.intersects(placed, shapely.box(left, lower, left + wide, lower + high))
    lines = shapely.simplify(placed[seen], 0.05)
    lines = lines[shapely.length(lines) > 0.15]
    return [shapely.get_coordinates(each) for each in lines]
