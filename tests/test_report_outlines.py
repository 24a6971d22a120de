"""Outlines on the page's map: fewer corners, borders still shared, labels inside."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from lifecircle.report.outlines import simplified, zone_outlines
from tests.report_block import unpacked_polygons


def zones_of(*shapes) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:4326")


def drawn(outlines: dict) -> np.ndarray:
    """The packed outlines as polygons in degrees."""
    return np.array(
        [
            shapely.MultiPolygon(
                [
                    (np.array(part[0]) / 1e5, [np.array(hole) / 1e5 for hole in part[1:]])
                    for part in unpacked_polygons(text)
                ]
            )
            for text in outlines["geo"]
        ]
    )


def wiggly_neighbours(step: float) -> tuple[shapely.Polygon, shapely.Polygon]:
    """Two zones of 0.1° whose common border goes to and fro by `step` degrees every 11 m."""
    y = np.linspace(31.0, 31.1, 1001)
    x = 121.0 + step * (np.arange(1001) % 2)
    border = np.column_stack([x, y])
    west = shapely.Polygon([*border, (120.9, 31.1), (120.9, 31.0)])
    east = shapely.Polygon([*border, (121.1, 31.1), (121.1, 31.0)])
    return west, east


def test_neighbours_keep_the_same_border():
    # Each corner cuts off 11 m by 2 m; what vanishes on a map of 19 km is up to 9.5 m squared.
    west, east = wiggly_neighbours(2e-5)
    found = drawn(zone_outlines(zones_of(west, east)))
    assert shapely.get_num_coordinates(found).max() < 1001 / 5
    assert shapely.area(shapely.intersection(*found)) == 0
    whole = shapely.union_all(found)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors


def test_no_corner_moves_by_much_more_than_a_2000th_of_the_map():
    # A map of 950 m: corners may move by half a metre, so that a notch of 5 m stays.
    notch = shapely.Polygon(
        [(121, 31), (121.01, 31), (121.01, 31.005), (121.00995, 31.00502), (121.01, 31.00504),
         (121.01, 31.01), (121, 31.01)]
    )  # fmt: skip
    (kept,) = simplified(np.array([notch]))
    assert kept.equals_exact(notch, 1e-9)
    far = shapely.box(122, 31, 122.01, 31.01)
    lost, _ = simplified(np.array([notch, far]))
    assert shapely.get_num_coordinates(lost) == 5


def test_zones_that_overlap_are_simplified_each_for_itself():
    rng = np.random.default_rng(5)
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    rough = 0.1 + 1e-5 * rng.random(400)
    ring = np.column_stack([121 + rough * np.cos(angle), 31 + rough * np.sin(angle)])
    zones = [
        shapely.Polygon(ring),
        shapely.Polygon(ring + np.array([0.05, 0.0])),
        shapely.box(122, 31, 123, 32),
    ]
    found = drawn(zone_outlines(zones_of(*zones)))
    for before, after in zip(zones, found, strict=True):
        assert shapely.get_num_coordinates(after) <= 100
        assert shapely.area(shapely.symmetric_difference(before, after)) < 0.01 * before.area


def test_crossing_missing_and_empty_outlines_do_not_crash():
    bow_tie = shapely.Polygon([(121, 31), (121.1, 31.1), (121.1, 31), (121, 31.1)])
    line = shapely.LineString([(121, 31), (122, 32)])
    zones = zones_of(bow_tie, None, shapely.Polygon(), line, shapely.box(121.2, 31, 121.3, 31.1))
    outlines = zone_outlines(zones)
    assert [len(unpacked_polygons(text)) for text in outlines["geo"]] == [2, 0, 0, 0, 1]
    assert [label is None for label in outlines["label"]] == [False, True, True, True, False]


def test_islands_and_lakes_stay():
    lake = shapely.box(121.02, 31.02, 121.04, 31.04)
    land = shapely.Polygon(shapely.box(121, 31, 121.1, 31.1).exterior, [lake.exterior])
    island = shapely.box(121.2, 31, 121.21, 31.01)
    # The lake is a zone of its own, and shares the shore.
    found = drawn(zone_outlines(zones_of(shapely.MultiPolygon([land, island]), lake)))
    assert shapely.get_num_geometries(found[0]) == 2
    assert found[0].geoms[0].interiors
    assert found[0].area == pytest.approx(0.01 - 0.0004 + 0.0001, rel=1e-9)
    assert found[1].equals(lake)


def test_labels_stand_inside_their_zones():
    # The middle of a horseshoe is not in it.
    horseshoe = shapely.Point(121, 31).buffer(0.1) - shapely.box(120.95, 30.9, 121.05, 31.05)
    sliver = shapely.Polygon([(122, 31), (122.000004, 31), (122.000004, 31.1)])
    zones = zones_of(horseshoe, sliver)
    for shape, (lon, lat) in zip(zones.geometry, zone_outlines(zones)["label"], strict=True):
        assert shapely.contains_xy(shape, lon, lat)


def test_labels_have_five_decimals():
    ((lon, lat),) = zone_outlines(zones_of(shapely.Point(121.05, 31.05).buffer(0.02)))["label"]
    assert (round(lon, 5), round(lat, 5)) == (lon, lat)
    assert (lon, lat) == pytest.approx((121.05, 31.05), abs=2e-3)


def test_bounds_are_south_west_and_north_east():
    outlines = zone_outlines(
        zones_of(shapely.box(121, 31, 121.5, 31.2), shapely.box(122, 30, 123, 31))
    )
    assert outlines["bounds"] == [[30.0, 121.0], [31.2, 123.0]]


def test_a_zone_on_both_sides_of_the_date_line_does_not_crash():
    zone = shapely.MultiPolygon(
        [shapely.box(179.9, -17, 180, -16), shapely.box(-180, -17, -179.9, -16)]
    )
    (found,) = drawn(zone_outlines(zones_of(zone)))
    assert found.equals(zone)


def test_a_zone_at_the_pole_does_not_crash():
    (found,) = drawn(zone_outlines(zones_of(shapely.box(10, 88, 20, 90))))
    assert found.equals(shapely.box(10, 88, 20, 90))
