"""Prepared unions give what a plain union of the choice gives."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from lifecircle.bands import fewest, unite


@given(st.lists(st.booleans(), min_size=1, max_size=70))
def test_any_choice_is_made_up_exactly(choice):
    wanted = np.array(choice)
    start = np.arange(len(wanted), dtype=float)
    squares = shapely.box(10 * start, 0, 10 * start + 12, 10)  # each overlaps the next
    made = shapely.union_all(fewest(unite(squares), wanted))
    assert shapely.area(shapely.symmetric_difference(made, shapely.union_all(squares[wanted]))) == 0


@pytest.mark.parametrize(("count", "areas"), [(64, 1), (63, 6), (48, 2), (33, 2)])
def test_few_areas_stand_for_many(count, areas):
    start = np.arange(64.0)
    levels = unite(shapely.box(start, 0, start + 1, 1))
    # 64 = 64; 63 = 32 + 16 + 8 + 4 + 2 + 1; 48 = 32 + 16; 33 = 32 + 1
    assert len(fewest(levels, start < count)) == areas
