"""Cities that do not exist: for tests, documentation and benchmarks.

`town` is small enough to check in the head. `city` is as large as you ask: a jittered grid with
blocks of 60 to 120 m, bent streets, dead ends and islands, zones, people and facilities. The same
arguments give the same city, on any machine with the same NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from lifecircle.errors import InputError
from lifecircle.geodesy import WGS84
from lifecircle.network import Bools, Floats, Ints, Streets
from lifecircle.sample_streets import jittered_grid
from lifecircle.standards import Service, Standard

CENTRE = (121.0, 31.0)
LEAST_NODES = 100
TARGET = 0.85

CELL_M = 100.0
PERSONS_PER_NODE = 25.0

SERVICES = (
    ("health", "卫生", "Health", 15.0),
    ("elderly", "养老", "Elderly care", 15.0),
    ("culture", "文化", "Culture", 15.0),
    ("sports", "体育", "Sports", 15.0),
    ("education", "教育", "Schools", 10.0),
    ("childcare", "托育", "Childcare", 10.0),
    ("shopping", "购物", "Daily shopping", 5.0),
    ("green", "绿地", "Green space", 5.0),
)
AREA_TYPES = np.array(["urban", "new_town", "town", "rural"])


@dataclass(frozen=True, eq=False)
class SampleCity:
    """A made-up city: what the readers would give for a real one.

    `streets` go to `street_network`; `zones`, `demand` and `facilities` are checked layers in
    EPSG:4326; `standard` names the services of `facilities`. Groups of `demand` are persons:
    `aged_60` (of whom `aged_80`) and `age_0_14`.
    """

    streets: Streets
    zones: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    standard: Standard


def city(*, nodes: int = 10_000, seed: int = 0, services: int = 4) -> SampleCity:
    """A synthetic city with exactly this many street nodes.

    Every street is two-way. A river cuts off the east, some blocks are islands, one street in six
    is missing, one in a hundred is a flight of steps. There is one zone per 5,000 nodes (at least
    four), one place per 100 m cell where people live, and about one facility per 300 to 1,000 nodes
    and service; a tenth of the facilities have a second entrance.

    Parameters
    ----------
    nodes
        Street nodes, shape points included; at least 100. A million is about the whole of Shanghai.
    seed
        Another seed, another city.
    services
        How many kinds of facility there are.

    Raises
    ------
    InputError
        If there are fewer than 100 nodes or no service.

    Examples
    --------
    >>> small = city(nodes=2_000, seed=1)
    >>> len(small.streets.lon), len(small.zones), sorted(small.facilities["service"].unique())
    (2000, 4, ['culture', 'elderly', 'health', 'sports'])
    """
    if nodes < LEAST_NODES or services < 1:
        raise InputError.of("sample.too_small", least=LEAST_NODES, nodes=nodes, services=services)
    rng = np.random.default_rng(seed)
    x, y, u, v, kind = jittered_grid(nodes, rng)
    streets = Streets(*_lonlat(x, y), u, v, steps=kind < 0.01, tunnel=kind > 0.998)
    row_borders, column_borders, zones = _zones(max(4, nodes // 5000), x, y)
    demand = _people(nodes * PERSONS_PER_NODE, row_borders, column_borders, zones, rng)
    keys = [_service(number) for number in range(services)]
    facilities = _facilities(nodes, keys, demand, rng)
    return SampleCity(streets, zones, demand, facilities, _standard(keys))


# The name by which it stands among the package's public ones.
sample_city = city


def _lonlat(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Degrees of metres east and north of the centre, by the radii of the ellipsoid there."""
    sine2 = np.sin(np.radians(CENTRE[1])) ** 2
    geod = pyproj.Geod(ellps="WGS84")
    across = geod.a / np.sqrt(1 - geod.es * sine2) * np.cos(np.radians(CENTRE[1]))
    along = geod.a * (1 - geod.es) / (1 - geod.es * sine2) ** 1.5
    return CENTRE[0] + np.degrees(x / across), CENTRE[1] + np.degrees(y / along)


def _zones(count: int, x: Floats, y: Floats) -> tuple[Floats, list[Floats], gpd.GeoDataFrame]:
    """Rectangles that tile the city, as borders of rows, of columns in each row, and a frame."""
    rows = max(2, round(np.sqrt(count)))
    row_borders = np.linspace(y.min() - 50, y.max() + 50, rows + 1)
    per_row = count // rows + (np.arange(rows) < count % rows)
    column_borders = [np.linspace(x.min() - 50, x.max() + 50, n + 1) for n in per_row]
    west = np.concatenate([borders[:-1] for borders in column_borders])
    east = np.concatenate([borders[1:] for borders in column_borders])
    row = np.repeat(np.arange(rows), per_row)
    column = np.concatenate([np.arange(n) for n in per_row])
    district = row * max(2, rows // 2) // rows + 1
    away = np.hypot((west + east) / 2, (row_borders[row] + row_borders[row + 1]) / 2)
    rank = (1 + np.argsort(np.argsort(away, kind="stable"), kind="stable")) / count
    low = _lonlat(west, row_borders[row])
    high = _lonlat(east, row_borders[row + 1])
    ids = [f"{r + 1:03d}{c + 1:03d}" for r, c in zip(row, column, strict=True)]
    frame = gpd.GeoDataFrame(
        {
            "name": pd.Series([f"Street {zone}" for zone in ids], dtype="str"),
            "parent": pd.Series([f"District {number}" for number in district], dtype="str"),
            "area_type": pd.Series(
                AREA_TYPES[np.digitize(rank, [0.4, 0.7, 0.9])].astype(object), dtype="str"
            ),
        },
        geometry=shapely.box(*low, *high),
        crs=WGS84,
    )
    return row_borders, column_borders, frame.set_index(pd.Index(ids, dtype="str", name="zone"))


def _people(
    persons: float,
    row_borders: Floats,
    column_borders: list[Floats],
    zones: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Inhabited cells: persons fall off from the centre; whole persons in every group."""
    across, up = column_borders[0], row_borders
    x = np.arange(across[0] + CELL_M / 2, across[-1], CELL_M)
    y = np.arange(up[0] + CELL_M / 2, up[-1], CELL_M)
    x, y = np.tile(x, len(y)), np.repeat(y, len(x))
    reach = np.hypot(across[-1], up[-1])
    density = np.exp(-1.5 * np.hypot(x, y) / reach) * rng.gamma(2.0, size=len(x))
    weight = np.round(density * persons / density.sum())
    aged_60 = np.floor(weight * rng.beta(6, 20, len(x)))
    aged_80 = np.floor(aged_60 * rng.beta(4, 16, len(x)))
    age_0_14 = np.floor((weight - aged_60) * rng.beta(4, 30, len(x)))
    frame = gpd.GeoDataFrame(
        {
            "id": pd.Series(np.arange(1, len(x) + 1)).astype("str"),
            "zone": pd.Series(zones.index[_zone_of(x, y, up, column_borders)], dtype="str"),
            "weight": weight,
            "aged_60": aged_60,
            "aged_80": aged_80,
            "age_0_14": age_0_14,
        },
        geometry=shapely.points(*_lonlat(x, y)),
        crs=WGS84,
    )
    return frame[frame["weight"] > 0].reset_index(drop=True)


def _zone_of(x: Floats, y: Floats, up: Floats, column_borders: list[Floats]) -> Ints:
    """Position of the zone that holds each cell, ties to the lower one."""
    row = np.searchsorted(up[1:-1], y)
    per_row = np.array([len(borders) - 1 for borders in column_borders])
    share = (x - column_borders[0][0]) / np.ptp(column_borders[0])
    column = np.ceil(share * per_row[row]).astype(np.int64) - 1
    position: Ints = (np.cumsum(per_row) - per_row)[row] + column
    return position


def _service(number: int) -> Service:
    """The service at this position of the list, made up beyond it."""
    key, zh, en, minutes = (
        SERVICES[number]
        if number < len(SERVICES)
        else (f"service_{number + 1}", f"服务{number + 1}", f"Service {number + 1}", 15.0)
    )
    return Service(key, zh, en, minutes, TARGET, minutes_by_area={"rural": 2 * minutes})


def _standard(services: list[Service]) -> Standard:
    return Standard(
        "sample", "示例标准", "Sample standard", TARGET, tuple(services),
        all=tuple(service.key for service in services),
    )  # fmt: skip


def _facilities(
    nodes: int, services: list[Service], demand: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Facilities near where people live, rarer from service to service."""
    counts = np.maximum(3, nodes // (300 + 100 * np.arange(len(services))))
    which = np.repeat(np.arange(len(services)), counts)
    number = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    weight = demand["weight"].to_numpy()
    home = rng.choice(len(demand), size=len(which), p=weight / weight.sum())
    entrances = np.append(np.arange(len(which)), np.flatnonzero(rng.random(len(which)) < 0.1))
    entrances.sort()
    degree = _lonlat(np.array([1.0]), np.array([1.0]))
    points = shapely.get_coordinates(demand.geometry.array[home[entrances]])
    points += rng.uniform(-50, 50, points.shape) * (np.column_stack(degree) - CENTRE)
    key = np.array([service.key for service in services], dtype=object)[which]
    label = pd.Series(key, dtype="str") + "-" + pd.Series(number + 1).astype("str")
    capacity = np.where(rng.random(len(which)) < 0.2, np.nan, rng.integers(10, 500, len(which)))
    frame = pd.DataFrame(
        {
            "facility": label,
            "service": pd.Series(key, dtype="str"),
            "name": label,
            "layer": "sample",
            "site": "",
            "capacity": capacity,
        }
    )
    return gpd.GeoDataFrame(
        frame.iloc[entrances].reset_index(drop=True),
        geometry=shapely.points(points),
        crs=WGS84,
    )


def town() -> SampleCity:
    """Nine street corners in a square, every block 100 m: small enough to check in the head.

    ::

        6---7---8        zone "west": corners 0, 1, 3, 4, 6, 7
        |   |   |        zone "east": corners 2, 5, 8
        3---4---5        ten people live at every corner, four of them over 60, one over 80
        |   |   |        health at corner 0, culture at corner 4 and half-way from 5 to 8
        0---1---2

    At 4 km/h a block takes one minute and a half.

    Examples
    --------
    >>> from lifecircle.network import street_network
    >>> network = street_network(town().streets, crs=pyproj.CRS("EPSG:4549"))
    >>> network.length_m.round(6).tolist() == [100.0] * 12
    True
    """
    lon, lat = _town_corners()
    u = np.array([0, 1, 3, 4, 6, 7, 0, 1, 2, 3, 4, 5])
    v = np.array([1, 2, 4, 5, 7, 8, 3, 4, 5, 6, 7, 8])
    border, edge = lon[5] - (lon[5] - lon[4]) / 2, (lon[4] - lon[3]) / 2
    low, high = lat[0] - edge, lat[8] + edge
    zones = gpd.GeoDataFrame(
        {"name": ["West", "East"], "parent": "Town", "area_type": ["urban", "rural"]},
        index=pd.Index(["west", "east"], dtype="str", name="zone"),
        geometry=shapely.box([lon[0] - edge, border], low, [border, lon[8] + edge], high),
        crs=WGS84,
    )
    demand = gpd.GeoDataFrame(
        {"id": [f"corner {corner}" for corner in range(9)], "zone": ["west", "west", "east"] * 3}
        | {"weight": 10.0, "aged_60": 4.0, "aged_80": 1.0, "age_0_14": 2.0},
        geometry=shapely.points(lon, lat),
        crs=WGS84,
    )
    places = np.array([0, 4, 5]), np.array([0, 4, 8])
    facilities = gpd.GeoDataFrame(
        {"facility": ["health-1", "culture-1", "culture-2"]}
        | {"service": ["health", "culture", "culture"]}
        | {"name": ["Clinic", "Library", "Museum"], "layer": "sample", "site": ""}
        | {"capacity": [20.0, np.nan, np.nan]},
        geometry=shapely.points(*((values[list(places)]).mean(axis=0) for values in (lon, lat))),
        crs=WGS84,
    )
    none: Bools = np.zeros(12, dtype=bool)
    streets = Streets(lon, lat, u, v, none, none)
    return SampleCity(streets, zones, demand, facilities, _standard([_service(0), _service(2)]))


def _town_corners() -> tuple[Floats, Floats]:
    """Corners 100 m apart on the ellipsoid, row by row from the south-west."""
    geod = pyproj.Geod(ellps="WGS84")
    west, east = np.array([270.0] * 3), np.array([90.0] * 3)
    middle = np.full(3, CENTRE[0])
    _, north, _ = geod.fwd(middle, np.full(3, CENTRE[1]), [180.0, 0.0, 0.0], [100.0, 0.0, 100.0])
    # Due east for 100 m ends 0.5 mm south of the parallel; only the longitude is taken.
    left, _, _ = geod.fwd(middle, north, west, [100.0] * 3)
    right, _, _ = geod.fwd(middle, north, east, [100.0] * 3)
    return np.column_stack([left, middle, right]).ravel(), np.repeat(north, 3)
