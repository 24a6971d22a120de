"""Numbers as short text: what the page's script reads is what was written, to the last digit."""

import json
import math
import struct
import time

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from lifecircle.report import packing
from tests.report_block import (
    unpacked_line,
    unpacked_list,
    unpacked_matrix,
    unpacked_points,
    unpacked_polygons,
    unpacked_shares,
    unpacked_varints,
)

ANY_NUMBER = st.floats(allow_nan=True, allow_infinity=True)
FEW_NUMBERS = st.sampled_from([0.0, 1.0, -3.0, 0.85, math.nan])


def bits(values) -> list[bytes]:
    """Numbers by their bytes, every NaN alike and minus zero as zero, as JSON has them."""
    return [b"nan" if math.isnan(value) else struct.pack("<d", value + 0.0) for value in values]


@given(st.lists(st.integers(-(2**62), 2**62)))
def test_whole_numbers_come_back(values):
    assert unpacked_varints(packing.varints(values)) == values


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], b""),
        ([0, -1, 1, -2], bytes([0, 1, 2, 3])),
        # 64 is 128 by zigzag: seven zeros and more, then 1. -65 is 129, 8192 is 16384.
        ([64, -65], bytes([128, 1, 129, 1])),
        ([8192], bytes([128, 128, 1])),
    ],
)
def test_whole_numbers_take_seven_bits_a_byte(values, text):
    assert packing.varints(values) == packing.base64.b64encode(text).decode()


@given(st.lists(ANY_NUMBER) | st.lists(FEW_NUMBERS) | st.lists(st.integers(-(2**40), 2**40)))
def test_a_list_comes_back_exactly(values):
    values = [float(value) for value in values]
    packed = json.loads(json.dumps(packing.encoded_list(np.array(values)), allow_nan=False))
    assert bits(unpacked_list(packed, len(values))) == bits(values)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([2.5, 2.5], "all"),
        ([math.nan, math.nan], "all"),
        ([1.0, 2.0, -2147483647.0], "v"),
        ([1.0, 2147483648.0], "f8"),
        ([1.0, 2.5], "f8"),
        ([1.0, math.nan], "f8"),
        ([math.inf, math.inf], "f8"),
        ([], "v"),
    ],
)
def test_a_list_is_written_in_the_shortest_way(values, kind):
    assert list(packing.encoded_list(np.array(values))) == [kind]


@given(
    npst.arrays(float, st.tuples(st.integers(0, 6), st.integers(1, 5)), elements=ANY_NUMBER)
    | npst.arrays(float, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=FEW_NUMBERS)
)
def test_a_matrix_comes_back_exactly(values):
    packed = json.loads(json.dumps(packing.encoded_matrix(values), allow_nan=False))
    rows, columns = values.shape
    found = unpacked_matrix(packed, rows, columns)
    assert [bits(row) for row in found] == [bits(row) for row in values.tolist()]


@pytest.mark.parametrize(
    ("values", "packed"),
    [
        ([[0.85, 0.85], [0.85, 0.85]], {"all": 0.85}),
        ([[math.nan, math.nan]], {"all": None}),
        ([[10.0, math.nan], [10.0, math.nan]], {"columns": [10, None]}),
    ],
)
def test_a_matrix_of_few_values_is_short(values, packed):
    assert packing.encoded_matrix(np.array(values)) == packed


@pytest.mark.parametrize(("last", "kind"), [(3.0, "v"), (2.5, "f8"), (math.nan, "f8")])
def test_a_matrix_that_changes_from_row_to_row_is_a_list(last, kind):
    assert list(packing.encoded_matrix(np.array([[1.0, 2.0], [1.0, last]]))) == [kind]


@given(st.lists(st.floats(0, 1) | st.just(math.nan)))
def test_shares_are_known_to_a_65534th(values):
    found = unpacked_shares(packing.shares(np.array(values, float)))
    assert len(found) == len(values)
    for value, step in zip(values, found, strict=True):
        if math.isnan(value):
            assert step == 65535
        else:
            assert abs(step / 65534 - value) <= 0.5 / 65534 + 1e-12


@given(
    st.lists(
        st.tuples(st.floats(-180, 180), st.floats(-85, 85)), min_size=2, max_size=20, unique=True
    )
)
def test_a_line_comes_back_to_half_a_step(corners):
    found = unpacked_line(packing.line(shapely.LineString(corners)))
    assert len(found) == len(corners)
    assert np.abs(np.array(found) - 1e5 * np.array(corners)).max() <= 0.5 + 1e-6


def test_positions_follow_from_each_other():
    lon, lat = np.array([121.0, 121.00001, 120.9]), np.array([31.0, 30.99999, 31.2])
    text = packing.points(lon, lat)
    assert unpacked_varints(text) == [12_100_000, 3_100_000, 1, -1, -10_001, 20_001]
    assert unpacked_points(text, 3)[2] == (12_090_000, 3_120_000)


def test_polygons_have_parts_rings_and_points():
    island = shapely.box(3, 0, 4, 1)
    ring = shapely.Polygon(shapely.box(0, 0, 2, 2).exterior, [shapely.box(0.5, 0.5, 1, 1).exterior])
    found = unpacked_polygons(packing.polygons(shapely.MultiPolygon([ring, island])))
    assert [[len(ring) for ring in part] for part in found] == [[4, 4], [4]]
    assert set(found[0][0]) == {(0, 0), (200_000, 0), (200_000, 200_000), (0, 200_000)}
    assert set(found[0][1]) == {
        (50_000, 50_000), (100_000, 50_000), (100_000, 100_000), (50_000, 100_000),
    }  # fmt: skip
    assert set(found[1][0]) == {(300_000, 0), (400_000, 0), (400_000, 100_000), (300_000, 100_000)}


def test_what_vanishes_in_rounding_is_left_out():
    speck = shapely.box(1, 1, 1.000001, 1.000001)
    hole = shapely.box(0.1, 0.1, 0.100001, 0.100001)
    land = shapely.Polygon(shapely.box(0, 0, 0.5, 0.5).exterior, [hole.exterior])
    assert unpacked_polygons(packing.polygons(speck)) == []
    assert unpacked_polygons(packing.polygons(None)) == []
    assert unpacked_polygons(packing.polygons(shapely.MultiPolygon())) == []
    (part,) = unpacked_polygons(packing.polygons(shapely.MultiPolygon([land, speck])))
    assert [len(ring) for ring in part] == [4]


def test_corners_that_round_to_one_are_one():
    shape = shapely.Polygon([(0, 0), (1, 0), (1, 1e-7), (1, 1), (0, 1)])
    ((ring,),) = unpacked_polygons(packing.polygons(shape))
    assert len(ring) == 4


def test_a_city_takes_milliseconds():
    values = np.random.default_rng(1).integers(-300, 300, 200_000)
    start = time.perf_counter()
    text = packing.varints(values)
    assert time.perf_counter() - start < 0.5
    assert unpacked_varints(text) == values.tolist()
