"""The project grid: where its centres fall, and that nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from lifecircle.layers.grid import points_inside, shared


def test_square_of_100_m_has_four_centres_at_50_m() -> None:
    owner, x, y = points_inside(np.array([shapely.box(0, 0, 100, 100)]), spacing=50)
    assert owner.tolist() == [0, 0, 0, 0]
    assert list(zip(x, y, strict=True)) == [(25, 25), (75, 25), (25, 75), (75, 75)]


def test_corners_are_at_multiples_of_the_spacing_wherever_the_polygon_starts() -> None:
    # From 30 to 130: centres at 75 and 125 fall inside, 25 does not.
    _, x, y = points_inside(np.array([shapely.box(30, 30, 130, 130)]), spacing=50)
    assert sorted(set(x)) == [75, 125]
    assert sorted(set(y)) == [75, 125]


def test_a_sliver_without_a_centre_has_its_representative_point() -> None:
    polygons = np.array([shapely.box(0, 0, 100, 50), shapely.box(1, 1, 3, 3)])
    owner, x, y = points_inside(polygons, spacing=50)
    assert owner.tolist() == [0, 0, 1]
    assert (x[2], y[2]) == (2, 2)


def test_a_centre_on_a_shared_boundary_belongs_to_the_first_polygon_if_exclusive() -> None:
    # The centre (25, 25) lies on the line x = 25 between the two.
    polygons = np.array([shapely.box(0, 0, 25, 50), shapely.box(25, 0, 100, 50)])
    owner, x, _ = points_inside(polygons, spacing=50)
    assert list(zip(owner, x, strict=True)) == [(0, 25), (1, 25), (1, 75)]
    owner, x, _ = points_inside(polygons, spacing=50, exclusive=True)
    assert list(zip(owner, x, strict=True)) == [(0, 25), (1, 75)]


def test_a_hole_and_a_second_part_are_respected() -> None:
    ring = shapely.box(0, 0, 150, 150).difference(shapely.box(50, 50, 100, 100))
    parts = shapely.union(ring, shapely.box(200, 0, 250, 50))
    owner, x, y = points_inside(np.array([parts]), spacing=50)
    assert len(owner) == 9
    assert (75, 75) not in set(zip(x, y, strict=True))
    assert (225, 25) in set(zip(x, y, strict=True))


def test_negative_coordinates_keep_the_same_grid() -> None:
    _, x, _ = points_inside(np.array([shapely.box(-100, 0, 0, 50)]), spacing=50)
    assert x.tolist() == [-75, -25]


def test_no_polygon_gives_no_point() -> None:
    owner, x, y = points_inside(np.array([], dtype=object), spacing=50)
    assert len(owner) == len(x) == len(y) == 0


@given(
    west=st.floats(-1e6, 1e6),
    width=st.floats(0.5, 300),
    spacing=st.sampled_from([10.0, 25.0, 33.3]),
    total=st.floats(0, 1e7),
)
def test_shares_sum_to_the_total_and_points_lie_inside(
    west: float, width: float, spacing: float, total: float
) -> None:
    polygon = shapely.box(west, 7, west + width, 95)
    owner, x, y = points_inside(np.array([polygon]), spacing=spacing)
    assert len(owner) >= 1
    assert shapely.intersects_xy(polygon, x, y).all()
    assert shared(np.array([total]), owner).sum() == pytest.approx(total, rel=1e-9)
