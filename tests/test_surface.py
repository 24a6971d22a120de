"""The picture of walking times: a pixel is its nearest place, north is up, edges are exact."""

import numpy as np
import pyproj
import pytest

from lifecircle.report.mercator import grid, mercator
from lifecircle.report.surface import coded, halved, surface
from tests.report_block import greys

TO_MAP = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
BOX = (121.0, 31.0, 121.2, 31.1)


def random_places(count: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(121, 121.2, count), rng.uniform(31, 31.1, count), rng.uniform(0, 40, count)


def centres(found: dict) -> tuple[np.ndarray, np.ndarray]:
    """Pixel centres on the map by the picture's bounds, with pyproj's own Mercator."""
    (south, west), (north, east) = found["bounds"]
    left, low = TO_MAP.transform(west, south)
    right, high = TO_MAP.transform(east, north)
    x = left + (right - left) * (np.arange(found["width"]) + 0.5) / found["width"]
    y = high - (high - low) * (np.arange(found["height"]) + 0.5) / found["height"]
    return np.tile(x, found["height"]), np.repeat(y, found["width"])


def brute_force(found: dict, lon: np.ndarray, lat: np.ndarray, value: np.ndarray) -> np.ndarray:
    """The value of the nearest place within reach of each pixel, all distances compared."""
    x, y = TO_MAP.transform(lon, lat)
    across, down = centres(found)
    away = np.hypot(across[:, None] - x, down[:, None] - y)
    middle = np.radians((lat.min() + lat.max()) / 2)
    near = away.min(axis=1) * np.cos(middle) <= found["reach_m"]
    nearest = np.where(near, value[away.argmin(axis=1)], 32)
    return nearest.reshape(found["height"], found["width"])


def test_the_map_is_the_webs():
    lon, lat = np.array([121.0, -70.0, 0.0]), np.array([31.0, -33.0, 84.0])
    assert np.allclose(mercator(lon, lat), TO_MAP.transform(lon, lat), rtol=1e-12, atol=1e-6)


def test_every_pixel_shows_its_nearest_place():
    lon, lat, minutes = random_places(150)
    lon, lat = 121.1 + (lon - 121.1) / 5, 31.05 + (lat - 31.05) / 5
    minutes[:5], minutes[5:10] = np.inf, np.nan
    found = surface(lon, lat, {"health": minutes}, BOX)
    # Minutes up to 20 rounded up, then every second, 31 beyond 30, nothing off the network.
    value = np.array(
        [
            32 if np.isnan(m) else 31 if m > 30 else np.ceil(m) if m <= 20 else 2 * np.ceil(m / 2)
            for m in minutes
        ]
    )
    expected = brute_force(found, lon, lat, value)
    shown = greys(found["png"]["health"])
    assert shown.shape == (found["height"], found["width"])
    # A pixel as near to two places, or to the reach, may go either way by a rounding.
    assert np.mean(shown == expected) > 0.9999
    assert {31, 32} <= set(np.unique(shown))


def test_the_grid_has_at_most_800_pixels_of_at_least_ten_metres():
    lon, lat, minutes = random_places(100)
    large = surface(lon, lat, {"health": minutes}, BOX)
    assert 790 <= max(large["width"], large["height"]) <= 800
    small = surface(lon[:3], lat[:3] * 0 + 31.05, {"health": minutes[:3]}, BOX)
    (south, west), (north, east) = small["bounds"]
    inverse = pyproj.Geod(ellps="sphere").inv
    across = inverse(west, 31.05, east, 31.05)[2] / small["width"]
    assert across >= 10.0
    near = surface(*(np.array([v, v + 1e-3]) for v in (121.0, 31.0)), {"a": minutes[:2]}, BOX)
    (south, west), (north, east) = near["bounds"]
    # 0.001 degrees each way and 75 m all around, in pixels of ten metres.
    assert inverse(west, south, west, north)[2] / near["height"] == pytest.approx(10, rel=5e-3)
    assert near["height"] == pytest.approx((111.2 + 150) / 10, abs=2)


def test_north_is_up_and_west_is_left():
    lon, lat = np.array([121.01, 121.19]), np.array([31.09, 31.01])
    shown = greys(surface(lon, lat, {"a": np.array([3.0, 7.0])}, BOX)["png"]["a"])
    half = shown.shape[0] // 2, shown.shape[1] // 2
    assert set(np.unique(shown[: half[0], : half[1]])) == {3, 32}
    assert set(np.unique(shown[half[0] :, half[1] :])) == {7, 32}


def test_bounds_are_the_outer_edges_of_pixels():
    pixels = grid((121.0, 31.0, 121.2, 31.1), most=800, least_m=10.0)
    (south, west), (north, east) = pixels.bounds
    assert TO_MAP.transform(west, north) == pytest.approx((pixels.west, pixels.north), abs=1e-6)
    assert TO_MAP.transform(east, south) == pytest.approx(
        (pixels.west + 800 * pixels.side, pixels.north - pixels.height * pixels.side), abs=1e-6
    )
    assert south <= 31.0
    assert north >= 31.1
    assert pixels.height % 2 == 0


@pytest.mark.parametrize("turn", [0.0, 17.0, 45.0])
@pytest.mark.parametrize("spacing", [50.0, 100.0, 200.0])
def test_a_grid_of_places_has_no_holes(turn, spacing):
    """Places in a grid that is turned against the pixels fill everything between them."""
    side = 1500.0
    steps = np.arange(-side, side + 1, spacing)
    x, y = (axis.ravel() for axis in np.meshgrid(steps, steps))
    angle = np.radians(turn)
    east, north = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    to_degrees = pyproj.Transformer.from_crs(
        "+proj=aeqd +lat_0=31 +lon_0=121", "EPSG:4326", always_xy=True
    )
    lon, lat = to_degrees.transform(east, north)
    minutes = np.full(len(lon), 12.0)
    found = surface(lon, lat, {"a": minutes}, (120.0, 30.0, 122.0, 32.0))
    across, down = centres(found)
    lon, lat = pyproj.Transformer.from_crs("EPSG:3857", "EPSG:4326", always_xy=True).transform(
        across, down
    )
    back = pyproj.Transformer.from_crs(
        "EPSG:4326", "+proj=aeqd +lat_0=31 +lon_0=121", always_xy=True
    )
    east, north = back.transform(lon, lat)
    x, y = (
        east * np.cos(angle) + north * np.sin(angle),
        north * np.cos(angle) - east * np.sin(angle),
    )
    inside = (np.abs(x) < side) & (np.abs(y) < side)
    shown = greys(found["png"]["a"]).ravel()
    assert set(shown[inside]) == {12}
    # Beyond the grid's edge it ends within reach.
    far = (np.abs(x) > side + found["reach_m"] + 5) | (np.abs(y) > side + found["reach_m"] + 5)
    assert set(shown[far]) <= {32}


def test_scattered_places_reach_no_farther_than_75_metres():
    lon, lat, minutes = random_places(40)
    lon, lat = 121.1 + (lon - 121.1) / 10, 31.05 + (lat - 31.05) / 10
    assert surface(lon, lat, {"a": minutes}, BOX)["reach_m"] == 75.0


def test_of_places_in_one_pixel_the_nearest_to_its_middle_counts():
    lon, lat, _ = random_places(2000)
    minutes = np.arange(2000) % 20.0
    lon, lat = 121.1 + (lon - 121.1) / 500, 31.05 + (lat - 31.05) / 500
    found = surface(lon, lat, {"a": minutes}, BOX)
    shown = greys(found["png"]["a"])
    assert np.mean(shown == brute_force(found, lon, lat, minutes)) > 0.999


def test_places_outside_the_zones_are_not_shown():
    lon, lat = np.array([121.1, 124.0, 121.1]), np.array([31.05, 31.05, 28.0])
    found = surface(lon, lat, {"a": np.array([3.0, 7.0, 9.0])}, BOX)
    assert set(np.unique(greys(found["png"]["a"]))) == {3, 32}
    assert found["width"] < 30


def test_one_place_is_a_disc():
    found = surface(np.array([121.1]), np.array([31.05]), {"a": np.array([5.0])}, BOX)
    shown = greys(found["png"]["a"])
    # A circle of 75 m in pixels of ten: 177 of them.
    assert (shown == 5).sum() == pytest.approx(np.pi * 7.5**2, rel=0.05)


@pytest.mark.parametrize(
    ("lon", "minutes"),
    [([], {"a": np.array([])}), ([99.0], {"a": np.array([1.0])}), ([121.1], {})],
)
def test_without_places_or_services_there_is_no_picture(lon, minutes):
    assert surface(np.array(lon), np.full(len(lon), 31.05), minutes, BOX) is None


def test_half_the_resolution_keeps_the_edges():
    lon, lat, minutes = random_places(150)
    found = surface(lon, lat, {"a": minutes}, BOX)
    less = halved(found)
    assert less["bounds"] == found["bounds"]
    assert (less["width"], less["height"]) == (found["width"] // 2, found["height"] // 2)
    shown = greys(less["png"]["a"])
    assert shown.shape == (less["height"], less["width"])
    whole = greys(found["png"]["a"])
    blocks = whole.reshape(less["height"], 2, less["width"], 2).swapaxes(1, 2).reshape(-1, 4)
    assert (blocks == shown.reshape(-1, 1)).any(axis=1).all()


@pytest.mark.parametrize(
    ("minutes", "value"),
    [
        (0.0, 0), (1e-7, 0), (0.1, 1), (15.0, 15), (15.0 + 5e-7, 15), (15.001, 16), (20.0, 20),
        (20.0 + 5e-7, 20), (20.1, 22), (22.0, 22), (22.001, 24), (29.0, 30), (30.0, 30),
        (30.0 + 5e-7, 30), (30.01, 31), (999.0, 31), (np.inf, 31), (np.nan, 32),
    ],
)  # fmt: skip
def test_minutes_are_rounded_up_as_the_limit_is_read(minutes, value):
    assert coded(np.array([minutes])).tolist() == [value]
