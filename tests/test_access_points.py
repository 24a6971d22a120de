"""Where areas are entered: entrances, crossings, outlines, representative points."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from lifecircle.layers.access_points import (
    PLACE_COLUMNS,
    Places,
    enter,
    no_entrances,
    outline_points,
    street_crossings,
)
from tests.conftest import CRS, ORIGIN_X, ORIGIN_Y, degrees
from tests.drawn import in_degrees

SQUARE = shapely.box(0, 0, 100, 100)


def xy(points):
    return sorted(map(tuple, shapely.get_coordinates(points).round(6).tolist()))


def test_a_square_of_100_m_has_twenty_points_20_m_apart():
    owner, points = outline_points(np.array([SQUARE]))
    assert owner.tolist() == [0] * 20
    # box() starts at the south-east corner and goes round against the clock.
    assert xy(points)[:6] == [(0, 0), (0, 20), (0, 40), (0, 60), (0, 80), (0, 100)]
    assert (shapely.distance(points, SQUARE.exterior) == 0).all()


def test_a_perimeter_that_is_no_multiple_ends_with_a_shorter_step():
    # 4 × 12.5 = 50 m: points at 0, 20 and 40 m.
    _, points = outline_points(np.array([shapely.box(0, 0, 12.5, 12.5)]))
    assert len(points) == 3


def test_a_tiny_area_has_one_point():
    _, points = outline_points(np.array([shapely.box(0, 0, 1, 1)]))
    assert len(points) == 1


def test_every_part_and_hole_has_points_and_keeps_its_owner():
    ring = SQUARE - shapely.box(40, 40, 60, 60)
    parts = shapely.MultiPolygon([shapely.box(300, 0, 310, 10), shapely.box(400, 0, 410, 10)])
    owner, _ = outline_points(np.array([ring, parts]))
    # 400 / 20 + 80 / 20 = 24; 2 × 40 / 20 = 4.
    assert np.bincount(owner).tolist() == [24, 4]


def test_a_street_through_an_area_crosses_twice():
    through = shapely.LineString([(-50, 30), (150, 30)])
    owner, points = street_crossings(np.array([SQUARE]), np.array([through]))
    assert owner.tolist() == [0, 0]
    assert xy(points) == [(0, 30), (100, 30)]


def test_a_street_that_ends_on_the_outline_is_one_crossing_though_two_segments_meet_there():
    meeting = [
        shapely.LineString([(50, -50), (50, 0)]),
        shapely.LineString([(50, 0), (50, 60)]),
    ]
    _, points = street_crossings(np.array([SQUARE]), np.array(meeting))
    assert xy(points) == [(50, 0)]


def test_a_street_along_the_outline_gives_the_ends_of_the_common_stretch():
    along = shapely.LineString([(-20, 0), (60, 0)])
    _, points = street_crossings(np.array([SQUARE]), np.array([along]))
    assert xy(points) == [(0, 0), (60, 0)]


def test_streets_inside_or_outside_do_not_cross():
    streets = [
        shapely.LineString([(10, 10), (20, 20)]),
        shapely.LineString([(200, 0), (200, 100)]),
    ]
    owner, _ = street_crossings(np.array([SQUARE]), np.array(streets))
    assert len(owner) == 0


def places(entrances=None, **shapes):
    """Facilities drawn in metres from the town's corner; keys are `<access>_<label>`."""
    rows = [
        {
            "facility": key,
            "service": "s",
            "name": key,
            "layer": "t",
            "site": "",
            "capacity": np.nan,
            "access": key.split("_")[0],
            "geometry": in_degrees(shape),
        }
        for key, shape in shapes.items()
    ]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=PLACE_COLUMNS), crs=4326)
    return Places(frame, no_entrances() if entrances is None else entrances, frozenset("s"))


def entered(found):
    """Access points by facility, in whole metres from the town's corner."""
    metres = found.to_crs(CRS)
    x, y = metres.geometry.x - ORIGIN_X, metres.geometry.y - ORIGIN_Y
    at = list(zip(x.round(3), y.round(3), strict=True))
    return {
        key: sorted(group)
        for key, group in pd.Series(at).groupby(found["facility"]).agg(list).items()
    }


def test_a_point_is_entered_where_it_is(town):
    given = places(entrance_p=shapely.Point(30, 40))
    found = enter(given, town)
    assert found.geometry.geom_equals_exact(given.frame.geometry, 0).all()
    assert found.columns.tolist() == [c for c in PLACE_COLUMNS if c != "access"]


def test_an_area_is_entered_where_a_street_crosses_its_outline(town):
    # The street y = 100 from x = 0 to 200 and the street x = 100 from y = 0 to 200.
    found = enter(places(entrance_a=shapely.box(50, 80, 90, 120)), town)
    assert entered(found) == {"entrance_a": [(50, 100), (90, 100)]}


def test_an_area_between_the_streets_has_its_representative_point(town):
    found = enter(places(crossing_a=shapely.box(20, 20, 40, 40)), town)
    assert entered(found) == {"crossing_a": [(30, 30)]}


def test_point_is_the_representative_point_even_where_a_street_crosses(town):
    found = enter(places(point_a=shapely.box(50, 80, 90, 120)), town)
    assert entered(found) == {"point_a": [(70, 100)]}


def test_a_park_is_entered_anywhere_on_its_outline(town):
    found = enter(places(outline_park=shapely.box(20, 20, 60, 60)), town)
    assert len(found) == 8
    assert (20, 40) in entered(found)["outline_park"]


def test_known_entrances_come_before_crossings(town):
    area = shapely.box(50, 80, 90, 120)
    gate = gpd.GeoDataFrame(
        {"facility": ["entrance_a", "crossing_b"]},
        geometry=gpd.points_from_xy(*degrees([70, 70], [80, 80])),
        crs=4326,
    )
    found = enter(places(gate, entrance_a=area, crossing_b=area), town)
    assert entered(found) == {
        "crossing_b": [(50, 100), (90, 100)],
        "entrance_a": [(70, 80)],
    }


def test_the_order_of_the_facilities_is_kept(town):
    found = enter(
        places(
            outline_1=shapely.box(20, 20, 40, 40),
            point_2=shapely.Point(5, 5),
            crossing_3=shapely.box(50, 80, 90, 120),
        ),
        town,
    )
    assert found["facility"].drop_duplicates().tolist() == ["outline_1", "point_2", "crossing_3"]
    assert found.index.tolist() == list(range(len(found)))


def test_no_place_gives_no_access_point(town):
    assert len(enter(places(), town)) == 0


@pytest.mark.parametrize("access", ["entrance", "crossing", "outline", "point"])
def test_every_area_is_entered_somewhere(town, access):
    shapes = {f"{access}_{i}": shapely.box(i * 15, 10, i * 15 + 12, 130) for i in range(12)}
    assert enter(places(**shapes), town)["facility"].nunique() == 12
