"""Pictures that lie on the page's map: rows and columns of the web's Mercator (EPSG:3857).

Only pictures are drawn in it; no length or area is ever measured there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]
"""West, south, east, north."""

RADIUS_M = 6_378_137.0
FARTHEST_NORTH = 85.05
"""Beyond this latitude the web's maps end."""


def mercator(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Metres east and north on the map of positions in degrees.

    >>> x, y = mercator(np.array([121.0]), np.array([31.0]))
    >>> float(x[0].round(2)), float(y[0].round(2))
    (13469658.39, 3632749.14)
    """
    lat = np.clip(np.asarray(lat, float), -FARTHEST_NORTH, FARTHEST_NORTH)
    north: Floats = RADIUS_M * np.arcsinh(np.tan(np.radians(lat)))
    return RADIUS_M * np.radians(np.asarray(lon, float)), north


@dataclass(frozen=True)
class Grid:
    """A picture's pixels: its north-west corner and the side of a pixel on the map, its size.

    `ground` is how many metres of ground a metre of the map is there.
    """

    west: float
    north: float
    side: float
    width: int
    height: int
    ground: float

    @property
    def bounds(self) -> list[list[float]]:
        """The outer edges in degrees: south and west, north and east."""
        east, south = self.west + self.width * self.side, self.north - self.height * self.side
        return [
            [_latitude(south), math.degrees(self.west / RADIUS_M)],
            [_latitude(self.north), math.degrees(east / RADIUS_M)],
        ]

    def columns_and_rows(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Where positions on the map are in the picture; pixel 0 reaches from 0 to 1."""
        return (x - self.west) / self.side, (self.north - y) / self.side

    def centres(self) -> Floats:
        """The middles of the pixels on the map, row by row from the north-west."""
        x = self.west + (np.arange(self.width) + 0.5) * self.side
        y = self.north - (np.arange(self.height) + 0.5) * self.side
        return np.column_stack([np.tile(x, self.height), np.repeat(y, self.width)])


def grid(box: Box, *, most: int, least_m: float, margin_m: float = 0.0) -> Grid:
    """The pixels of a picture of this box.

    Width and height are even, so that a coarser picture of half of each has the same edges.

    Parameters
    ----------
    box
        In degrees.
    most
        Pixels of the longer side.
    least_m
        The least side of a pixel, metres on the ground.
    margin_m
        What is added all around, metres on the ground.
    """
    west, south, east, north = box
    middle = max(min((south + north) / 2, FARTHEST_NORTH), -FARTHEST_NORTH)
    ground = math.cos(math.radians(middle))
    (left, right), (low, high) = mercator(np.array([west, east]), np.array([south, north]))
    margin = margin_m / ground
    left, right, low, high = left - margin, right + margin, low - margin, high + margin
    side = max(max(right - left, high - low) / most, least_m / ground)
    width, height = (max(2, 2 * math.ceil(x / side / 2 - 1e-9)) for x in (right - left, high - low))
    return Grid(
        west=float((left + right - width * side) / 2),
        north=float((low + high + height * side) / 2),
        side=float(side),
        width=width,
        height=height,
        ground=ground,
    )


def _latitude(y: float) -> float:
    return math.degrees(math.atan(math.sinh(y / RADIUS_M)))
