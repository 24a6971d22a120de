"""Outlines: repaired with a word, overlaps and gaps measured in m²."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from lifecircle.errors import InputError
from lifecircle.layers.outlines import overlaps, polygonal, repaired
from tests.drawn import in_degrees


def frame_of(*shapes):
    ids = [f"z{i}" for i in range(len(shapes))]
    rows = [str(i + 1) for i in range(len(shapes))]
    geometry = [in_degrees(shape) for shape in shapes]
    return gpd.GeoDataFrame({"id": ids, "row": rows}, geometry=geometry, crs=4326)


def zones_of(*shapes):
    return frame_of(*shapes).set_index("id").rename_axis("zone").assign(name="")


def repair(frame):
    return repaired(frame, ids="id", layer="zones", source="zones.gpkg")


def test_a_valid_polygon_is_untouched():
    frame = frame_of(shapely.box(0, 0, 10, 10))
    whole, found = repair(frame)
    assert whole.geometry.geom_equals_exact(frame.geometry, 0).all()
    assert found == ()


def test_a_bow_tie_is_an_error_that_gives_both_areas():
    # Two triangles of 100 m × 50 m / 2 = 2,500 m² whose signed areas cancel out.
    bow_tie = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    with pytest.raises(InputError, match=r"row 1: .* z0 .*-?0 m² before, 5,000 m² after"):
        repair(frame_of(bow_tie))


def test_a_tiny_loop_is_repaired_and_reported():
    # A 100 m square whose last corner overshoots into a loop of well under 1 %.
    loop = [(0, 0), (100, 0), (100, 100), (-1, 100), (-1, 99.5), (0, 100.5), (0, 0)]
    whole, found = repair(frame_of(shapely.Polygon(loop)))
    assert whole.geometry.is_valid.all()
    assert [each.code for each in found] == ["outlines.repaired"]
    assert found[0].row == "1"
    assert "of z0 crosses itself" in found[0].message.text("en")


def test_points_and_lines_beside_a_polygon_are_dropped_with_a_finding():
    mixed = shapely.GeometryCollection([shapely.Point(5, 5), shapely.box(0, 0, 10, 10)])
    whole, found = repair(frame_of(mixed))
    assert whole.geom_type.tolist() == ["MultiPolygon"]
    assert [each.code for each in found] == ["outlines.parts_dropped"]


def test_a_line_is_no_area():
    line = shapely.LineString([(0, 0), (10, 0)])
    with pytest.raises(InputError, match="row 2: no polygon"):
        repair(frame_of(shapely.box(0, 0, 1, 1), line))


def test_a_multipolygon_in_a_collection_keeps_all_parts():
    parts = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 0, 6, 1)])
    nested = shapely.GeometryCollection([parts, shapely.box(9, 0, 10, 1)])
    assert polygonal(np.array([nested]))[0].area == 3.0


def test_an_overlap_of_over_a_hundredth_is_an_error_naming_the_pair():
    # 2 m × 100 m of 10,000 m² is 2 %.
    with pytest.raises(InputError, match=r"z0 / z1 \(200 m²\)"):
        overlaps(zones_of(shapely.box(0, 0, 100, 100), shapely.box(98, 0, 300, 100)), "z")


def test_the_smaller_zone_decides_how_much_an_overlap_is():
    # 2 m × 10 m is 0.2 % of the large zone but 10 % of the small one.
    small, large = shapely.box(-18, 0, 2, 10), shapely.box(0, 0, 100, 100)
    with pytest.raises(InputError, match="z0 / z1"):
        overlaps(zones_of(large, small), "z")


def test_a_slight_overlap_is_a_finding_with_its_area():
    # 0.5 m × 100 m of 10,000 m² is 0.5 %.
    found = overlaps(zones_of(shapely.box(0, 0, 100, 100), shapely.box(99.5, 0, 200, 100)), "z")
    assert [each.code for each in found] == ["outlines.overlap"]
    assert "overlap by 50 m² in all: z0 / z1 (50 m²)" in found[0].message.text("en")


def test_neighbours_that_touch_do_not_overlap():
    assert overlaps(zones_of(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)), "z") == ()


def test_a_gap_between_zones_is_measured():
    ring = shapely.box(0, 0, 100, 100) - shapely.box(40, 40, 60, 60)
    island = shapely.box(45, 45, 55, 55)
    found = overlaps(zones_of(ring), "z")
    assert [each.code for each in found] == ["outlines.gaps"]
    assert "1 gaps between the zones, 400 m²" in found[0].message.text("en")
    assert overlaps(zones_of(shapely.box(0, 0, 10, 10)), "z") == ()
    assert "400 m²" in overlaps(zones_of(ring, island), "z")[0].message.text("en")
