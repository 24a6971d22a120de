"""The streets behind the map: where they are, north up, nothing elsewhere, few colours."""

import dataclasses

import numpy as np
import pyproj
import pytest

from lifecircle.network import StreetNetwork, Streets, street_network, without
from lifecircle.report.backdrop import streets_picture
from tests.report_block import picture

CRS = pyproj.CRS("EPSG:4549")
TO_MAP = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
BOX = (121.0, 31.0, 121.1, 31.05)


def network_of(*lines: list[tuple[float, float]]) -> StreetNetwork:
    """Streets of two or more corners each, in degrees."""
    corners = np.array([corner for line in lines for corner in line])
    last = np.cumsum([len(line) for line in lines]) - 1
    start = np.setdiff1d(np.arange(len(corners)), last)
    return street_network(Streets.plain(*corners.T, start, start + 1), crs=CRS)


def painted(found: dict) -> np.ndarray:
    """Whether each pixel shows anything, as a browser draws it."""
    return np.asarray(picture(found["png"]).convert("RGBA"))[:, :, 3] > 0


def pixel_of(found: dict, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of positions by the picture's bounds, with pyproj's own Mercator."""
    height, width = painted(found).shape
    (south, west), (north, east) = found["bounds"]
    left, low = TO_MAP.transform(west, south)
    right, high = TO_MAP.transform(east, north)
    x, y = TO_MAP.transform(lon, lat)
    row = np.floor((high - y) / (high - low) * height).astype(int)
    return row, np.floor((x - left) / (right - left) * width).astype(int)


def test_streets_are_drawn_where_they_are_and_nowhere_else():
    rng = np.random.default_rng(4)
    lines = [
        list(zip(rng.uniform(121, 121.1, 2), rng.uniform(31, 31.05, 2), strict=True))
        for _ in range(20)
    ]
    found = streets_picture(network_of(*lines), BOX)
    shown = painted(found)
    share = np.linspace(0, 1, 20_001)
    crossed = np.zeros_like(shown)
    for (lon1, lat1), (lon2, lat2) in lines:
        x, y = TO_MAP.transform([lon1, lon2], [lat1, lat2])
        lon, lat = TO_MAP.transform(
            x[0] + share * (x[1] - x[0]), y[0] + share * (y[1] - y[0]), direction="INVERSE"
        )
        crossed[pixel_of(found, lon, lat)] = True
    assert not (shown & ~crossed).any()
    # What a street only cuts a corner of may be left out; there is a drawn pixel beside it.
    around = np.pad(shown, 1)
    beside = np.zeros_like(shown)
    for down in range(3):
        for across in range(3):
            beside |= around[down : down + shown.shape[0], across : across + shown.shape[1]]
    assert beside[crossed].all()
    assert shown.sum() > 0.8 * crossed.sum()


def test_lines_have_no_gaps():
    found = streets_picture(network_of([(121.01, 31.01), (121.09, 31.03)]), BOX)
    columns = np.flatnonzero(painted(found).any(axis=0))
    assert np.array_equal(columns, np.arange(columns[0], columns[-1] + 1))


def test_north_is_up():
    found = streets_picture(network_of([(121.01, 31.049), (121.02, 31.049)]), BOX)
    rows, columns = np.nonzero(painted(found))
    height, width = painted(found).shape
    assert rows.max() < 0.05 * height
    assert columns.max() < 0.21 * width


def test_what_leaves_the_box_is_cut_at_its_edge():
    across = network_of([(120.0, 31.02), (122.0, 31.02)])
    shown = painted(streets_picture(across, BOX))
    assert shown.any(axis=0).all()
    assert shown.any(axis=1).sum() <= 2
    beside = network_of([(120.0, 31.02), (120.9, 31.02)], [(121.2, 31.2), (121.3, 31.3)])
    assert streets_picture(beside, BOX) is None


def test_where_many_streets_meet_it_is_darker():
    comb = [[(121.05 + i * 2e-6, 31.01), (121.05 + i * 2e-6, 31.02)] for i in range(60)]
    lone = [(121.02, 31.01), (121.02, 31.02)]
    found = streets_picture(network_of(lone, *comb), BOX)
    opacity = np.asarray(picture(found["png"]).convert("RGBA"))[:, :, 3]
    row, column = pixel_of(found, np.array([121.02, 121.05006]), np.array([31.015, 31.015]))
    assert 0 < opacity[row[0], column[0]] < opacity[row[1], column[1]]


def test_there_are_three_colours_and_nothing_is_transparent():
    image = picture(streets_picture(network_of([(121.0, 31.0), (121.1, 31.05)]), BOX)["png"])
    assert image.mode == "P"
    rgba = np.asarray(image.convert("RGBA"))
    assert rgba[-1, -1].tolist()[3] == 0
    assert len(np.unique(rgba.reshape(-1, 4), axis=0)) <= 3


@pytest.mark.parametrize(
    ("box", "size"),
    [
        # 9.54 km east to west: 2,048 pixels of 4.7 m; 0.955 km: pixels of two metres.
        ((121.0, 31.0, 121.1, 31.05), 2048),
        ((121.0, 31.0, 121.01, 31.005), 478),
    ],
)
def test_a_pixel_is_at_least_two_metres(box, size):
    street = network_of([(121.0, 31.0), (121.1, 31.05)])
    assert picture(streets_picture(street, box)["png"]).width == pytest.approx(size, abs=2)


def test_closed_streets_are_not_drawn():
    both = network_of([(121.01, 31.01), (121.02, 31.01)], [(121.01, 31.03), (121.02, 31.03)])
    found = streets_picture(without(both, np.array([False, True])), BOX)
    alone = streets_picture(network_of([(121.01, 31.01), (121.02, 31.01)]), BOX)
    assert found == alone
    assert streets_picture(without(both, np.array([True, True])), BOX) is None


def test_without_a_network_there_is_no_picture():
    assert streets_picture(None, BOX) is None


def test_in_batches_it_is_the_same(monkeypatch):
    rng = np.random.default_rng(4)
    lines = [list(rng.uniform((121, 31), (121.1, 31.05), (2, 2))) for _ in range(50)]
    whole = streets_picture(network_of(*lines), BOX)
    monkeypatch.setattr("lifecircle.report.backdrop.MOST_POINTS", 3000)
    assert streets_picture(network_of(*lines), BOX) == whole


def test_a_street_of_no_length_is_a_dot():
    dot = network_of([(121.05, 31.02), (121.05, 31.02), (121.05000001, 31.02)])
    assert painted(streets_picture(dataclasses.replace(dot), BOX)).sum() == 1
