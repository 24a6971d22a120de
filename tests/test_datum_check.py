"""The datum check: real-looking facilities beside streets, shifted in every way."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from lifecircle.datum import (
    bd09_from_wgs84,
    gcj02_from_wgs84,
    wgs84_from_bd09,
    wgs84_from_gcj02,
)
from lifecircle.datum_check import datum_finding
from lifecircle.geodesy import lonlat
from lifecircle.network import StreetNetwork
from tests.conftest import points, streets_of


@pytest.fixture(scope="module")
def sparse_town() -> StreetNetwork:
    """A loose net of streets 300 to 400 m apart, without a period that a shift could match."""
    rng = np.random.default_rng(3)
    x = np.cumsum(rng.uniform(280, 420, 15))
    y = np.cumsum(rng.uniform(280, 420, 15))
    grid_x, grid_y = (axis.ravel().tolist() for axis in np.meshgrid(x, y))
    across = [(i, i + 1) for i in range(225) if i % 15 < 14]
    return streets_of(grid_x, grid_y, across + [(i, i + 15) for i in range(210)])


def beside_streets(network: StreetNetwork, count: int) -> gpd.GeoDataFrame:
    """Facilities 5 to 15 m off a street."""
    rng = np.random.default_rng(4)
    edge = rng.integers(0, len(network.u), count)
    at = rng.uniform(0, 1, count)
    u, v = network.u[edge], network.v[edge]
    x = network.x[u] + at * (network.x[v] - network.x[u]) + rng.uniform(5, 15, count)
    y = network.y[u] + at * (network.y[v] - network.y[u]) + rng.uniform(5, 15, count)
    return points((x - 500_000).tolist(), (y - 3_430_000).tolist())


def moved(frame: gpd.GeoDataFrame, convert: object) -> gpd.GeoDataFrame:
    lon, lat = convert(*lonlat(frame))  # type: ignore[operator]
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        (gcj02_from_wgs84, "GCJ-02"),
        (bd09_from_wgs84, "BD-09"),
        (wgs84_from_gcj02, "WGS 84 (GCJ-02)"),
        (wgs84_from_bd09, "WGS 84 (BD-09)"),
    ],
)
def test_a_shifted_layer_is_noticed(sparse_town: StreetNetwork, shift: object, said: str) -> None:
    layer = moved(beside_streets(sparse_town, 60), shift)
    found = datum_finding(layer, sparse_town, layer="clinics", declared="EPSG:4326")
    assert found is not None
    assert found.code == "datum.looks_shifted"
    assert f"fit the streets better as {said}:" in found.message.text("en")


def test_a_layer_in_its_place_says_nothing(sparse_town: StreetNetwork) -> None:
    layer = beside_streets(sparse_town, 60)
    assert datum_finding(layer, sparse_town, layer="clinics", declared="EPSG:4326") is None


def test_points_anywhere_say_nothing(sparse_town: StreetNetwork) -> None:
    rng = np.random.default_rng(5)
    layer = points(*rng.uniform(0, 4500, (2, 300)).tolist())
    assert datum_finding(layer, sparse_town, layer="people", declared="") is None


def test_few_points_say_nothing(sparse_town: StreetNetwork) -> None:
    layer = moved(beside_streets(sparse_town, 19), gcj02_from_wgs84)
    assert datum_finding(layer, sparse_town, layer="clinics", declared="") is None


def test_a_list_far_larger_than_the_streets_is_judged_by_what_is_near(
    sparse_town: StreetNetwork,
) -> None:
    near = moved(beside_streets(sparse_town, 60), gcj02_from_wgs84)
    rng = np.random.default_rng(6)
    far = points(*rng.uniform(20_000, 60_000, (2, 300)).tolist())
    layer = gpd.GeoDataFrame(geometry=[*near.geometry, *far.geometry], crs="EPSG:4326")
    found = datum_finding(layer, sparse_town, layer="clinics", declared="")
    assert found is not None
    assert "better as GCJ-02" in found.message.text("en")
    assert datum_finding(far, sparse_town, layer="clinics", declared="") is None
