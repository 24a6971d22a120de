"""Pictures of few colours: another reader sees the same pixels, and they are small."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image

from lifecircle.report.palette_png import palette_png

SIZES = st.tuples(st.integers(1, 12), st.integers(1, 12))


def opened(file: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(file))
    # Wrong check sums are errors here.
    image.verify()
    return Image.open(io.BytesIO(file))


@given(npst.arrays(np.uint8, SIZES, elements=st.integers(0, 255)))
def test_another_reader_sees_the_same_pixels(values):
    colours = np.arange(256 * 3, dtype=np.uint64).astype(np.uint8)
    image = opened(palette_png(values, colours))
    assert image.mode == "P"
    assert image.size == values.shape[::-1]
    assert np.array_equal(np.asarray(image), values)
    assert image.getpalette()[:768] == colours.tolist()


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_colours_are_red_green_blue(dtype):
    colours = np.array([255, 0, 0, 0, 128, 255], dtype=dtype)
    image = opened(palette_png(np.array([[0, 1]], dtype=np.uint8), colours)).convert("RGB")
    assert [image.getpixel((x, 0)) for x in range(2)] == [(255, 0, 0), (0, 128, 255)]


def usual_size(values: np.ndarray) -> int:
    image = Image.fromarray(values)
    image.putpalette(bytes(96))
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return len(file.getvalue())


def test_what_changes_little_from_pixel_to_pixel_is_smaller_than_usual():
    walk = np.random.default_rng(1).integers(-1, 2, (300, 300)).cumsum(axis=1).cumsum(axis=0)
    values = (walk % 256).astype(np.uint8)
    assert len(palette_png(values, np.zeros(96, np.uint8))) < 0.8 * usual_size(values)


def test_large_areas_of_one_colour_are_as_small_as_usual():
    values = np.kron(np.random.default_rng(1).integers(0, 32, (20, 20)), np.ones((20, 20), int))
    values = values.astype(np.uint8)
    assert len(palette_png(values, np.zeros(96, np.uint8))) < 1.02 * usual_size(values)
