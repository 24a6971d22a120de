"""Streets from drawn lines: what connects, what does not, and what is said about it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from lifecircle.errors import InputError
from lifecircle.lines import load_line_streets, streets_from_lines
from lifecircle.network import StreetNetwork, Streets, street_network
from lifecircle.project.tables import NetworkTable
from tests.conftest import CRS, degrees


def drawn(*lines: object, **columns: object) -> gpd.GeoDataFrame:
    """Lines in metres from the town's corner (lists of points, or geometries), in degrees."""

    def to_degrees(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(degrees(xy[:, 0], xy[:, 1]))

    shapes = [shapely.LineString(line) if isinstance(line, list) else line for line in lines]
    geometry = [shapely.transform(shape, to_degrees) if shape else shape for shape in shapes]
    return gpd.GeoDataFrame(dict(columns), geometry=geometry, crs=4326)


def network_of(streets: Streets) -> StreetNetwork:
    return street_network(streets, crs=CRS)


def pieces(frame: gpd.GeoDataFrame) -> int:
    """How many unconnected pieces the lines make."""
    return len(network_of(streets_from_lines(frame, crs=CRS)[0]).component_m)


def codes(frame: gpd.GeoDataFrame) -> list[str]:
    return [found.code for found in streets_from_lines(frame, crs=CRS)[1]]


def test_lines_that_share_an_end_meet():
    streets, findings = streets_from_lines(drawn([(0, 0), (100, 0)], [(100, 0), (100, 100)]))
    assert (len(streets.lon), len(streets.u), findings) == (3, 2, ())
    assert network_of(streets).length_m == pytest.approx([100, 100], rel=1e-3)


@pytest.mark.parametrize(("gap", "expected"), [(0.0, 1), (0.009, 1), (0.011, 2)])
def test_ends_within_a_centimetre_are_one_node(gap, expected):
    assert pieces(drawn([(0, 0), (100, 0)], [(100 + gap, 0), (200, 0)])) == expected


def test_lines_that_cross_do_not_meet():
    assert pieces(drawn([(0, 0), (200, 0)], [(100, -100), (100, 100)])) == 2


def test_lines_that_cross_at_a_vertex_of_both_do_not_meet():
    bridge = drawn([(0, 0), (100, 0), (200, 0)], [(100, -100), (100, 0), (100, 100)])
    assert pieces(bridge) == 2
    assert codes(bridge) == []


@pytest.mark.parametrize(("gap", "expected"), [(0.0, 1), (0.009, 1), (0.011, 2)])
def test_an_end_on_a_vertex_of_another_line_splits_it(gap, expected):
    assert pieces(drawn([(0, 0), (100, 0), (200, 0)], [(100, 100), (100, gap)])) == expected


def test_three_lines_meet_at_a_vertex_on_which_one_ends():
    # The end joins the vertices of both other lines, and so these with each other.
    star = drawn(
        [(0, 0), (100, 0), (200, 0)], [(100, -100), (100, 0), (100, 100)], [(50, 50), (100, 0)]
    )
    streets, _ = streets_from_lines(star, crs=CRS)
    assert (len(streets.lon), len(streets.u)) == (6, 5)


def test_an_end_between_two_vertices_is_counted_and_stays_apart():
    frame = drawn(
        [(0, 0), (200, 0)], [(100, 100), (100, 0)], [(150, 50), (150, 0.5)], row=["4", "7", "9"]
    )
    streets, (found,) = streets_from_lines(frame, crs=CRS, source="roads.gpkg")
    assert len(network_of(streets).component_m) == 3
    assert (found.code, found.row) == ("lines.touching_ends", "7")
    assert "roads.gpkg: 1 line ends lie on another line" in found.message.text("en")


def test_a_ring_and_a_line_that_ends_on_itself_are_closed():
    ring = drawn([(0, 0), (100, 0), (100, 100), (0, 0)])
    streets, _ = streets_from_lines(ring, crs=CRS)
    assert (len(streets.lon), len(streets.u)) == (3, 3)
    lasso = drawn([(0, 0), (100, 0), (200, 0), (200, 100), (100, 0)])
    streets, _ = streets_from_lines(lasso, crs=CRS)
    assert (len(streets.lon), len(streets.u)) == (4, 4)


def test_multilines_are_taken_apart_and_heights_dropped():
    high = shapely.LineString([(200, 0, 5), (300, 0, 9)])
    several = shapely.MultiLineString([[(0, 0), (100, 0)], [(100, 0), (200, 0)]])
    streets, findings = streets_from_lines(drawn(several, high), crs=CRS)
    assert (len(streets.lon), len(streets.u), findings) == (4, 3, ())


def test_a_line_drawn_twice_is_one_street():
    streets, _ = streets_from_lines(drawn([(0, 0), (100, 0)], [(100, 0), (0, 0)]), crs=CRS)
    assert len(streets.u) == 1


def test_steps_and_tunnels_are_read_from_the_attributes():
    frame = drawn(
        [(0, 0), (100, 0), (200, 0)], [(200, 0), (300, 0)], [(300, 0), (400, 0)],
        highway=["steps", "footway", None], tunnel=[None, "no", "yes"],
    )  # fmt: skip
    streets, _ = streets_from_lines(frame, crs=CRS)
    assert streets.steps.tolist() == [True, True, False, False]
    assert streets.tunnel.tolist() == [False, False, False, True]


def test_what_is_no_line_is_left_out_and_named():
    frame = drawn([(0, 0), (100, 0)], shapely.Point(5, 5), [(50, 50), (50, 50)])
    streets, findings = streets_from_lines(frame, crs=CRS)
    assert len(streets.u) == 1
    assert [(found.code, found.row) for found in findings] == [
        ("lines.not_lines", "2"),
        ("lines.no_length", "3"),
    ]


def test_a_layer_without_lines_is_an_error():
    with pytest.raises(InputError, match="none of the 1 features is a line"):
        streets_from_lines(drawn(shapely.Point(0, 0)))


def test_repeated_vertices_make_no_segment():
    streets, findings = streets_from_lines(drawn([(0, 0), (50, 0), (50, 0), (100, 0), (100, 0)]))
    assert (len(streets.u), findings) == (2, ())


def test_the_order_of_lines_does_not_change_the_network():
    frame = drawn([(0, 0), (100, 0), (200, 0)], [(100, 100), (100, 0)], [(100, 0.005), (100, -80)])
    forth, back = (
        network_of(streets_from_lines(lines, crs=CRS)[0]) for lines in (frame, frame[::-1])
    )
    assert len(forth.component_m) == len(back.component_m) == 1
    assert np.sort(forth.length_m) == pytest.approx(np.sort(back.length_m), abs=0.01)


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".parquet"])
def test_lines_are_read_from_files(tmp_path, suffix):
    path = tmp_path / f"roads{suffix}"
    frame = drawn(
        [(0, 0), (100, 0)], [(100, 0), (100, 100)], None, highway=["steps", "path", "path"]
    )
    frame = frame.to_crs(4549)
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_crs(4326 if suffix == ".geojson" else 4549).to_file(path)
    lines = load_line_streets(NetworkTable(source=str(path)))
    network = network_of(lines.streets)
    assert network.length_m == pytest.approx([100, 100], rel=1e-3)
    assert network.steps.tolist() == [True, False]
    assert [(found.code, found.row) for found in lines.findings] == [
        ("readers.geometry_dropped", "3")
    ]
    assert (lines.sources[0].rows_in, lines.sources[0].rows_used) == (3, 2)


# Directions, kinds and what is not step-free ------------------------------------------------------

ROW = [[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (300, 0)]]


def test_directions_are_read_for_vehicles_only():
    frame = drawn(*ROW, oneway=["yes", "no", "-1"])
    assert streets_from_lines(frame)[0].oneway is None
    assert streets_from_lines(frame, kind="drive")[0].oneway.tolist() == [1, 0, -1]
    assert streets_from_lines(drawn(*ROW), kind="drive")[0].oneway is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["F", "T", "B"], [1, -1, 0]),  # Geofabrik
        ([1.0, -1.0, np.nan], [1, -1, 0]),
        ([1, -1, 0], [1, -1, 0]),
        ([True, False, None], [1, 0, 0]),
        ([" YES ", "No", None], [1, 0, 0]),
    ],
)
def test_directions_are_written_in_many_ways(values, expected):
    frame = drawn(*ROW, oneway=values)
    assert streets_from_lines(frame, kind="drive")[0].oneway.tolist() == expected


def test_other_columns_say_for_whom_a_street_is_one_way():
    frame = drawn(*ROW, oneway=["yes", "yes", None], junction=[None, None, "roundabout"])
    frame["oneway:bicycle"] = [None, "no", None]
    assert streets_from_lines(frame, kind="cycle")[0].oneway.tolist() == [1, 0, 1]
    assert streets_from_lines(frame, kind="drive")[0].oneway.tolist() == [1, 1, 1]


def test_a_street_drawn_once_for_each_direction_leads_both_ways():
    there, back = [(0, 0), (100, 0)], [(100, 0), (0, 0)]
    frame = drawn(there, back, [(100, 0), (200, 0)], oneway=["yes"] * 3)
    streets, _ = streets_from_lines(frame, kind="drive")
    assert (len(streets.u), streets.oneway.tolist()) == (2, [0, 1])
    # twice in the same direction it stays one-way, whichever way round it is drawn
    again, _ = streets_from_lines(drawn(back, there, oneway=["yes", "-1"]), kind="drive")
    assert again.oneway.tolist() == [1]


def test_kinds_of_street_are_read_from_either_column():
    kinds = ["primary", None, "steps"]
    for column in ("highway", "fclass"):
        streets, _ = streets_from_lines(drawn(*ROW, **{column: kinds}))
        assert streets.highway.codes.tolist() == [0, -1, 1]
        assert streets.highway.categories.tolist() == ["primary", "steps"]
    assert streets_from_lines(drawn(*ROW))[0].highway is None


def test_what_is_not_step_free_is_barred():
    frame = drawn(
        *ROW, highway=["steps", "footway", "footway"], wheelchair=[None, "no", "limited"],
        conveying=[None, None, "yes"],
    )  # fmt: skip
    assert network_of(streets_from_lines(frame)[0]).barred.tolist() == [True, True, True]
    plain = drawn(*ROW, conveying=["no", None, ""])
    assert not network_of(streets_from_lines(plain)[0]).barred.any()
