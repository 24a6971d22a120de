"""Cells of land: exact areas, every bit of ground in one, a point of the land in each."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.layers.cells import cells_of, joined, points_of, quartered, sizes
from lifecircle.layers.neighbours import edge_of, frame_of

NONE = np.empty(0, dtype=np.int64)


def squares(cells, spacing):
    size = sizes(cells, spacing)
    west, south = cells.column * size, cells.row * size
    return shapely.box(west, south, west + size, south + size)


def test_a_box_off_the_grid_has_whole_cells_and_bits():
    # 60 × 30 m from (10, 20) on a grid of 25 m: columns cut 15 + 25 + 20, rows 5 + 25.
    cells = cells_of(np.array([shapely.box(10, 20, 70, 50)]), spacing=25)
    assert list(zip(cells.column, cells.row, cells.area_m2, strict=True)) == [
        (0, 0, 75), (1, 0, 125), (2, 0, 100), (0, 1, 375), (1, 1, 625), (2, 1, 500),
    ]  # fmt: skip
    assert shapely.is_missing(cells.land).tolist() == [False] * 4 + [True, False]


def test_a_sliver_in_a_cell_whose_centre_is_elsewhere_is_not_lost():
    cells = cells_of(np.array([shapely.box(0, 0, 26, 25)]), spacing=25)
    assert cells.area_m2.tolist() == [625, 25]
    x, y = points_of(cells, 25)
    assert (x[0], y[0]) == (12.5, 12.5)
    assert 25 < x[1] < 26


def test_two_polygons_in_one_cell_are_two_places():
    land = np.array([shapely.box(0, 0, 10, 25), shapely.box(15, 0, 25, 25)])
    cells = cells_of(land, spacing=25)
    assert cells.piece.tolist() == [0, 1]
    assert cells.area_m2.tolist() == [250, 250]


def test_quarters_share_the_ground():
    cells = cells_of(np.array([shapely.box(0, 0, 25, 20)]), spacing=25)
    quarters = quartered(cells, 25)
    assert quarters.level.tolist() == [1] * 4
    assert quarters.area_m2.tolist() == [156.25, 156.25, 93.75, 93.75]
    # 12.5 m north and south of y = 12.5; of the northern only 7.5 m are land.
    deeper = quartered(quarters, 25)
    assert deeper.area_m2.sum() == 500
    # Rows of 6.25 m, the last cut at 20 = 18.75 + 1.25.
    assert set(deeper.area_m2) == {6.25 * 6.25, 6.25 * 1.25}


def test_no_land_has_no_cells():
    assert len(cells_of(np.array([], dtype=object), spacing=25)) == 0


def test_points_of_whole_cells_are_their_centres_and_those_of_quarters_differ():
    cells = cells_of(np.array([shapely.box(0, 0, 100, 100)]), spacing=25)
    x, y = points_of(cells, 25)
    assert set(x) == set(y) == {12.5, 37.5, 62.5, 87.5}
    quarters = quartered(cells, 25)
    x, y = points_of(quarters, 25)
    # 64 quarters of 12.5 m: where in its cell each point lies is no two times the same ...
    assert len({*np.round(x % 12.5, 9)}) == len({*np.round(y % 12.5, 9)}) == 64
    # ... takes no side (the mean of 64 is good to 0.5 / sqrt(12 · 64) = 1.8 % of a cell) ...
    assert abs((x % 12.5).mean() - 6.25) < 3 * 0.036 * 12.5
    # ... and is the same again.
    assert np.array_equal(points_of(quarters, 25), (x, y))


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    turn=st.floats(0, 90),
    spacing=st.sampled_from([25.0, 20.0, 33.3]),
)
def test_every_bit_of_ground_is_in_one_cell(seed, turn, spacing):
    rng = np.random.default_rng(seed)
    ring = shapely.box(0, 0, *rng.uniform(3, 400, 2))
    hole = shapely.affinity.scale(ring, 0.4, 0.3)
    land = shapely.affinity.rotate(ring.difference(hole), turn)
    land = shapely.affinity.translate(land, *rng.uniform(-1e5, 1e5, 2))
    cells = cells_of(np.array([land]), spacing)
    some = rng.random(len(cells)) < 0.5
    cells = joined(cells.at(~some), quartered(cells.at(some), spacing))
    # Less than a square millimetre in a cell is no land.
    assert cells.area_m2.sum() == pytest.approx(land.area, rel=1e-9, abs=1e-5)
    exact = shapely.area(shapely.intersection(squares(cells, spacing), land))
    assert cells.area_m2 == pytest.approx(exact, rel=1e-9, abs=1e-6)
    x, y = points_of(cells, spacing)
    # A point on a surface may lie on the last digit of its edge.
    assert shapely.distance(shapely.points(x, y), land).max() < 1e-6
    assert shapely.distance(shapely.points(x, y), squares(cells, spacing)).max() < 1e-6


def edge(cells, covered, split=NONE, frame=None):
    covered = np.asarray(covered, dtype=bool).reshape(len(cells), -1)
    return edge_of(cells, covered, frame or frame_of(cells), split=split)


def test_cells_that_differ_from_any_of_eight_neighbours_are_mixed():
    # Four by four cells, row by row from the south-west; only the north-east corner is reached.
    cells = cells_of(np.array([shapely.box(0, 0, 100, 100)]), spacing=25)
    found = edge(cells, [False] * 15 + [True])
    assert np.flatnonzero(found.mixed).tolist() == [10, 11, 14, 15]
    # The outer twelve lack a neighbour.
    assert np.flatnonzero(~found.open).tolist() == [5, 6, 9, 10]


def test_any_service_may_differ_also_beyond_the_sixty_fourth():
    cells = cells_of(np.array([shapely.box(0, 0, 50, 25)]), spacing=25)
    covered = np.zeros((2, 70), dtype=bool)
    assert not edge(cells, covered).mixed.any()
    covered[1, 69] = True
    assert edge(cells, covered).mixed.all()


def test_pieces_in_one_cell_and_cells_of_other_pieces_are_neighbours():
    land = np.array([shapely.box(0, 0, 10, 25), shapely.box(15, 0, 25, 25)])
    assert edge(cells_of(land, spacing=25), [True, False]).mixed.tolist() == [True, True]
    land = np.array([shapely.box(0, 0, 25, 25), shapely.box(25, 25, 50, 50)])
    assert edge(cells_of(land, spacing=25), [True, False]).mixed.tolist() == [True, True]


def test_a_large_cell_and_small_ones_beside_it_are_neighbours():
    # The eastern of two cells is in sixteenths; the western stays whole.
    start = cells_of(np.array([shapely.box(0, 0, 50, 25)]), spacing=25)
    frame = frame_of(start)
    quarters = quartered(start.at([1]), 25)
    cells = joined(start.at([0]), quartered(quarters, 25))
    split = np.sort(np.append(frame.of(start.at([1])), frame.of(quarters)))
    beside = (cells.column == 4) & (cells.row == 1) & (cells.level == 2)
    found = edge(cells, beside, split, frame)
    assert found.mixed[0]
    assert not found.mixed[(cells.level == 2) & (cells.column == 7)].any()
    # All the ground east of x = 25 is known, so the whole cell lacks only what lies around both.
    inner = (cells.level == 2) & (cells.row.astype(int) % 3 != 0) & (cells.column < 7)
    assert not found.open[inner].any()
    far = (cells.level == 2) & (cells.column == 7)
    assert found.open[far].all()
