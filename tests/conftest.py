"""Shared fixtures: the small town drawn below, and the real sample."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest

from lifecircle.analysis import Analysis
from lifecircle.geodesy import distance_m
from lifecircle.network import StreetNetwork, Streets, street_network
from lifecircle.pipeline import analyse
from tests.chromium import chromium

ROOT = Path(__file__).parent.parent
MONACO = ROOT / "data" / "monaco"

# The grid town: nine nodes, twelve streets, every block about 100 m; `m(i, j)` below gives the
# exact ellipsoidal lengths, so that no expectation hangs on the round number.
#
#   6 --- 7 --- 8      y = 200
#   |     |     |
#   3 --- 4 --- 5      y = 100
#   |     |     |
#   0 --- 1 --- 2      y = 0
#
#   x=0  100   200     metres in EPSG:4549, from an origin near 120 E, 31 N
ORIGIN_X, ORIGIN_Y = 500_000.0, 3_430_000.0
CRS = pyproj.CRS("EPSG:4549")
TO_DEGREES = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


def degrees(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Degrees of metres from the town's corner."""
    return TO_DEGREES.transform(ORIGIN_X + np.asarray(x, float), ORIGIN_Y + np.asarray(y, float))


def streets_of(x: list[float], y: list[float], edges: list[tuple[int, int]]) -> StreetNetwork:
    """A network drawn in metres from the town's corner."""
    lon, lat = degrees(np.array(x), np.array(y))
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    return street_network(Streets.plain(lon, lat, ends[:, 0], ends[:, 1]), crs=CRS)


def points(x: list[float], y: list[float], **columns: object) -> gpd.GeoDataFrame:
    """Points in metres from the town's corner, in degrees."""
    return gpd.GeoDataFrame(
        dict(columns), geometry=gpd.points_from_xy(*degrees(np.array(x), np.array(y))), crs=4326
    )


def demand_at(x: list[float], y: list[float], weight: object = 1.0) -> gpd.GeoDataFrame:
    """Demand places, all in zone `a`."""
    frame = points(x, y, id=[str(i) for i in range(len(x))])
    return frame.assign(zone="a", weight=np.asarray(weight, float))


def facilities_at(x: list[float], y: list[float], service: object = "health") -> gpd.GeoDataFrame:
    """Facilities f0, f1, … of one service or a list of them."""
    frame = points(x, y, facility=[f"f{i}" for i in range(len(x))])
    return frame.assign(service=service, name="", layer="test", site="", capacity=np.nan)


def m(network: StreetNetwork, *nodes: int) -> float:
    """Metres along a chain of nodes, each pair measured on the ellipsoid."""
    lon, lat = network.lon[list(nodes)], network.lat[list(nodes)]
    return float(distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum())


@pytest.fixture(scope="session")
def town() -> StreetNetwork:
    """The grid town drawn above."""
    x = [0, 100, 200] * 3
    y = [0, 0, 0, 100, 100, 100, 200, 200, 200]
    across = [(i, i + 1) for i in (0, 1, 3, 4, 6, 7)]
    along = [(i, i + 3) for i in range(6)]
    return streets_of(x, y, across + along)


@pytest.fixture
def one_zone() -> pd.DataFrame:
    """A single zone `a` without parent or area type."""
    return pd.DataFrame(
        {"name": ["A"], "parent": [""], "area_type": [""]}, index=pd.Index(["a"], name="zone")
    )


@pytest.fixture(scope="session")
def monaco_extract() -> Path:
    """The real sample's OSM extract."""
    return MONACO / "monaco.osm.pbf"


@pytest.fixture(scope="session")
def monaco() -> Analysis:
    """The whole run on the real sample."""
    return analyse(MONACO / "project.toml")


@pytest.fixture(scope="session")
def browser():
    """A Chromium without network; tests are skipped where there is none."""
    with chromium() as found:
        yield found
