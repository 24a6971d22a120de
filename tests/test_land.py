"""Land: no ground twice, each piece in one zone, nothing lost along the cuts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.layers.land import exclusive, metric, pieces_by_zone, single, smaller_first
from lifecircle.layers.zones import OUTSIDE
from tests.conftest import CRS, ORIGIN_X, ORIGIN_Y
from tests.drawn import in_degrees


def in_place(*shapes):
    """Shapes drawn in metres from the town's corner, in the metric CRS."""
    return np.array([shapely.affinity.translate(s, ORIGIN_X, ORIGIN_Y) for s in shapes])


def zones_of(**shapes):
    return gpd.GeoDataFrame(
        index=pd.Index(list(shapes), name="zone"),
        geometry=[in_degrees(shape) for shape in shapes.values()],
        crs=4326,
    )


def areas(pieces):
    """m² by polygon and zone."""
    table = pd.Series(shapely.area(pieces.shapes))
    return table.groupby([pieces.owner, pieces.zone.astype(str)]).sum().round(6).to_dict()


def test_the_first_keeps_the_ground_and_later_ones_lose_it():
    # 2 × 2 at the origin; 3 × 2 from x = 1 loses 1 × 2 of 6; a copy of the first loses all.
    shapes = np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 4, 2), shapely.box(0, 0, 2, 2)])
    left = exclusive(shapes)
    assert shapely.area(left).tolist() == [4, 4, 0]
    assert left[0] is shapes[0]
    assert shapely.area(shapes).tolist() == [4, 6, 4]


def test_three_that_overlap_are_their_union():
    shapes = np.array([shapely.box(0, 0, 4, 4), shapely.box(2, 2, 6, 6), shapely.box(3, 0, 5, 9)])
    left = exclusive(shapes)
    # 16; 16 - 4; 18 less the 1 × 4 + 2 × 4 - 1 × 2 = 10 m² that lie in either of the others.
    assert shapely.area(left).tolist() == pytest.approx([16, 12, 8])
    assert shapely.union_all(shapes).area == pytest.approx(36)


def test_the_smallest_keeps_the_ground_wherever_it_stands():
    # An estate of 1 m² inside a quarter of 9 m²: the quarter has a hole.
    left = smaller_first(np.array([shapely.box(0, 0, 3, 3), shapely.box(1, 1, 2, 2)]))
    assert shapely.area(left).tolist() == [8, 1]
    # Of two alike the first.
    left = smaller_first(np.array([shapely.box(0, 0, 3, 3)] * 2))
    assert shapely.area(left).tolist() == [9, 0]


def test_polygons_that_touch_are_left_as_they_are():
    shapes = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2)])
    assert all(a is b for a, b in zip(exclusive(shapes), shapes, strict=True))


def test_polygons_are_cut_along_the_zones():
    zones = zones_of(west=shapely.box(0, 0, 100, 100), east=shapely.box(100, 0, 200, 100))
    land = in_place(
        shapely.box(10, 10, 30, 20),  # in the west
        shapely.box(90, 0, 120, 10),  # 10 × 10 in the west, 20 × 10 in the east
        shapely.box(150, 90, 160, 120),  # 10 × 10 in the east, 10 × 20 outside
        shapely.box(300, 0, 310, 10),  # in none
    )
    pieces = pieces_by_zone(land, zones, crs=CRS)
    assert areas(pieces) == pytest.approx(
        {
            (0, "west"): 200, (1, "east"): 200, (1, "west"): 100,
            (2, OUTSIDE): 200, (2, "east"): 100, (3, OUTSIDE): 100,
        }, abs=1e-3,
    )  # fmt: skip
    total = np.bincount(pieces.owner, shapely.area(pieces.shapes))
    assert total == pytest.approx(shapely.area(land), rel=1e-12)


def test_ground_in_two_zones_belongs_to_the_smaller_id():
    zones = zones_of(b=shapely.box(0, 0, 100, 100), a=shapely.box(90, 0, 200, 100))
    pieces = pieces_by_zone(in_place(shapely.box(80, 0, 100, 10)), zones, crs=CRS)
    assert areas(pieces) == pytest.approx({(0, "a"): 100, (0, "b"): 100}, abs=1e-3)


def test_parts_become_pieces_and_crumbs_are_no_land():
    shapes = np.array(
        [
            shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 0, 7, 1)]),
            shapely.box(0, 0, 1e-4, 1e-4),
            shapely.Polygon(),
        ]
    )
    pieces = single(shapes, np.arange(3), np.array(["a", "b", "c"], dtype=object))
    assert shapely.area(pieces.shapes).tolist() == [1, 2]
    assert pieces.owner.tolist() == [0, 0]
    assert pieces.zone.tolist() == ["a", "a"]


def test_what_crosses_itself_is_repaired():
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    frame = gpd.GeoDataFrame(geometry=[in_degrees(bow)], crs=4326)
    assert shapely.area(metric(frame, CRS))[0] == pytest.approx(50, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 12)] * 2, *[st.integers(1, 8)] * 2), max_size=8))
def test_exclusive_ground_sums_to_the_union(boxes):
    shapes = np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes], dtype=object)
    for left in (exclusive(shapes), smaller_first(shapes)):
        assert shapely.area(left).sum() == pytest.approx(shapely.union_all(shapes).area)
        assert (shapely.area(left) <= shapely.area(shapes) + 1e-9).all()
