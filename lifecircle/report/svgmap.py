"""Zones, streets and facilities as one small vector picture in the page's own units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from lifecircle.network import StreetNetwork

WIDTH, HEIGHT = 600, 440
MARGIN = 14
METRES_PER_DEGREE = 111_320.0
SIMPLE = 0.4
"""Simplification of outlines in page units: below what a screen shows."""
STREET_SIMPLE = 0.6
MOST_STREETS = 400_000
MOST_STREET_TEXT = 600_000
LABEL_PX, LABEL_PHONE_PX = 13.0, 20.0
"""Height of a label in page units, on a desk and on a phone."""

ROOM = 1.6
"""A name may be so many times as wide as its zone."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Frame:
    """The step from degrees to page units: local, equal scale both ways, north up."""

    west: float
    north: float
    per_lon: float
    per_lat: float

    def xy(self, lon: Array, lat: Array) -> Array:
        """Page units of positions in degrees."""
        return np.column_stack(
            [
                (np.asarray(lon) - self.west) * self.per_lon,
                (self.north - np.asarray(lat)) * self.per_lat,
            ]
        )

    @property
    def units_per_km(self) -> float:
        """Page units in a kilometre."""
        return self.per_lat / METRES_PER_DEGREE * 1000.0


@dataclass(frozen=True)
class Shape:
    """A zone's outline and where its label may stand: its name, its mark alone, or nothing."""

    path: str
    x: float
    y: float
    label: str
    desk: str
    phone: str


@dataclass(frozen=True, eq=False)
class Spots:
    """Where labels may stand: names, centres, the room for a name, and who chooses first."""

    names: list[str]
    x: Array
    y: Array
    room: Array
    order: Array


@dataclass(frozen=True)
class Scale:
    """A scale bar: a round distance and its length in page units."""

    text: str
    units: float


def frame_of(zones: gpd.GeoDataFrame) -> Frame:
    """The frame in which all zones fit, centred."""
    west, south, east, north = (float(value) for value in zones.total_bounds)
    stretch = max(math.cos(math.radians((south + north) / 2)), 0.01)
    wide, high = max((east - west) * stretch, 1e-6), max(north - south, 1e-6)
    scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
    return Frame(
        west=(west + east) / 2 - WIDTH / 2 / (scale * stretch),
        north=(south + north) / 2 + HEIGHT / 2 / scale,
        per_lon=scale * stretch,
        per_lat=scale,
    )


def shapes(zones: gpd.GeoDataFrame, frame: Frame) -> list[Shape]:
    """Outlines of the zones, in their order, with labels that do not cover each other."""
    drawn = _to_page(zones.geometry.to_numpy(), frame)
    simple = shapely.simplify(drawn, SIMPLE)
    centres = shapely.get_point(shapely.maximum_inscribed_circle(simple, tolerance=0.5), 0)
    x, y = shapely.get_x(centres), shapely.get_y(centres)
    names = [name or str(key) for key, name in zip(zones.index, zones["name"], strict=True)]
    order = np.argsort(-shapely.area(simple), kind="stable")
    west, _, east, _ = shapely.bounds(simple).T
    spots = Spots(names, x, y, (east - west) * ROOM, order)
    desk, phone = _labels(spots, LABEL_PX), _labels(spots, LABEL_PHONE_PX)
    return [
        Shape(
            _polygon_path(shape), round(x[at], 1), round(y[at], 1), names[at], desk[at], phone[at]
        )
        for at, shape in enumerate(simple)
    ]


def _to_page(geometries: Array, frame: Frame) -> Array:
    return np.asarray(
        shapely.transform(geometries, lambda lonlat: frame.xy(lonlat[:, 0], lonlat[:, 1]))
    )


def _labels(spots: Spots, size: float) -> list[str]:
    """For each zone `name`, `mark` or `none`: the largest zones choose first."""
    taken: list[tuple[float, float, float, float]] = []
    chosen = ["none"] * len(spots.names)
    for at in spots.order:
        x, y = spots.x[at], spots.y[at]
        for kind, width in (("name", _width(spots.names[at], size) + size), ("mark", size)):
            box = (x - width / 2, y - size * 0.6, x + width / 2, y + size * 0.6)
            fits = box[0] >= 0 and box[2] <= WIDTH and (kind == "mark" or width <= spots.room[at])
            if fits and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                chosen[at] = kind
                break
    return chosen


def _width(text: str, size: float) -> float:
    """Roughly the width of a label: letters of Chinese are square, of Latin half as wide."""
    return sum(size if ord(letter) > 0x2E7F else size * 0.56 for letter in text)


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _polygon_path(shape: shapely.Geometry) -> str:
    """Outline of a polygon as path text."""
    polygons = shapely.get_parts(shape)
    rings = shapely.get_rings(polygons)
    return "".join(f"{_line_path(shapely.get_coordinates(ring)[:-1], 10)}Z" for ring in rings)


def _line_path(xy: Array, per_unit: int) -> str:
    """A line as relative path text, with so many steps to a unit."""
    steps = np.rint(xy * per_unit).astype(int)
    moves = np.diff(steps, axis=0)
    moves = moves[np.any(moves != 0, axis=1)]
    start = f"M{_short(steps[0, 0] / per_unit)} {_short(steps[0, 1] / per_unit)}"
    if not len(moves):
        return start
    return f"{start}l" + " ".join(
        f"{_short(dx / per_unit)} {_short(dy / per_unit)}" for dx, dy in moves.tolist()
    )


def _short(value: float) -> str:
    """A number in as few letters as path text allows.

    >>> _short(-0.5), _short(12.0), _short(-0.0)
    ('-.5', '12', '0')
    """
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    text = text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
    return "0" if text in ("-0", "") else text


def street_path(network: StreetNetwork, frame: Frame) -> str | None:
    """Streets inside the picture as path text; `None` where they are too many for a page."""
    ends = np.stack([network.u, network.v], axis=1)
    page = frame.xy(network.lon, network.lat)[ends]
    inside = (page.min(axis=1) <= (WIDTH, HEIGHT)).all(axis=1) & (page.max(axis=1) >= 0).all(axis=1)
    if inside.sum() > MOST_STREETS:
        return None
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(page[inside])))
    lines = shapely.simplify(shapely.get_parts(merged), STREET_SIMPLE)
    lines = lines[shapely.length(lines) >= 1.0]
    text = "".join(_line_path(shapely.get_coordinates(line), 2) for line in lines)
    return text if len(text) <= MOST_STREET_TEXT else None


def facility_paths(facilities: gpd.GeoDataFrame, frame: Frame) -> dict[str, str]:
    """Per service, a dot for each facility at the middle of its access points."""
    page = frame.xy(facilities.geometry.x.to_numpy(), facilities.geometry.y.to_numpy())
    dots = (
        facilities[["service", "facility"]]
        .assign(x=page[:, 0], y=page[:, 1])
        .groupby(["service", "facility"], sort=True)[["x", "y"]]
        .mean()
    )
    seen = dots["x"].between(0, WIDTH) & dots["y"].between(0, HEIGHT)
    return {
        str(service): "".join(
            f"M{_short(x)} {_short(y)}h0" for x, y in group[["x", "y"]].round(1).to_numpy()
        )
        for service, group in dots[seen].groupby(level="service")
    }


def scale_bar(frame: Frame) -> Scale:
    """The longest round distance that takes at most a fifth of the picture."""
    limit_km = WIDTH / 5 / frame.units_per_km
    power = 10 ** math.floor(math.log10(limit_km))
    km = max(step * power for step in (1, 2, 5) if step * power <= limit_km)
    text = f"{km:g} km" if km >= 1 else f"{km * 1000:g} m"
    return Scale(text, round(km * frame.units_per_km, 1))
