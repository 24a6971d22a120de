"""Demand: weights that are numbers, places that are in a zone, areas as points."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from lifecircle.errors import InputError
from lifecircle.geodesy import lonlat
from lifecircle.layers.demand import demand_note, load_demand, zone_totals
from lifecircle.layers.zones import OUTSIDE
from lifecircle.project.tables import DemandTable
from tests.conftest import CRS, degrees
from tests.drawn import in_degrees, write_extract, write_layer


def zones_of(parent="", **shapes):
    return gpd.GeoDataFrame(
        {"name": list(shapes), "parent": parent, "area_type": ""},
        index=pd.Index(list(shapes), name="zone"),
        geometry=[in_degrees(shape) for shape in shapes.values()],
        crs=4326,
    )


# Two zones of 100 m × 100 m side by side; the town's corner lies on the 50 m grid of EPSG:4549.
ZONES = zones_of(west=shapely.box(0, 0, 100, 100), east=shapely.box(100, 0, 200, 100))


def csv(path, *rows, header="id,people"):
    """A table of places, `(cells, x, y)` in metres from the town's corner."""
    lon, lat = degrees(np.array([row[1] for row in rows]), np.array([row[2] for row in rows]))
    lines = [
        f"{row[0]},{x},{y}" for row, x, y in zip(rows, lon.tolist(), lat.tolist(), strict=True)
    ]
    (path / "d.csv").write_text("\n".join([f"{header},x,y", *lines]), "utf-8")
    return str(path / "d.csv")


def demand(source, zones=ZONES, extract=None, **keys):
    keys = {"name": "people"} | keys
    if source.endswith(".csv"):
        keys = {"crs": "EPSG:4326", "x": "x", "y": "y"} | keys
    return load_demand(DemandTable(source=source, **keys), zones, crs=CRS, extract=extract)


def codes(read):
    return [each.code for each in read.findings]


def test_points_with_weight_groups_and_zone(tmp_path):
    source = csv(tmp_path, ('001,"1,200",30', 50, 50), ("002,0,0", 150, 50), header="id,people,old")
    read = demand(source, id="id", weight="people", groups={"aged_60": "old"})
    frame = read.frame
    assert frame.columns.tolist() == ["id", "zone", "weight", "aged_60", "geometry"]
    assert frame["id"].tolist() == ["001", "002"]
    assert frame["zone"].tolist() == ["west", "east"]
    assert frame["weight"].tolist() == [1200.0, 0.0]
    assert frame["aged_60"].tolist() == [30.0, 0.0]
    assert frame.crs == "EPSG:4326"
    assert codes(read) == []


def test_without_a_weight_each_place_counts_once_and_rows_are_ids(tmp_path):
    frame = demand(csv(tmp_path, ("a,9", 50, 50), ("b,9", 150, 50))).frame
    assert frame["weight"].tolist() == [1.0, 1.0]
    assert frame["id"].tolist() == ["2", "3"]


def test_places_in_no_zone_are_kept_and_counted(tmp_path):
    read = demand(csv(tmp_path, ("a,7", 50, 50), ("b,3", 500, 50)), weight="people", unit="persons")
    assert read.frame["zone"].tolist() == ["west", OUTSIDE]
    text = read.findings[0].message.text("en")
    assert "1 of 2 places lie in no zone (3 of 10 persons)" in text
    assert read.findings[0].severity == "info"


def test_a_negative_weight_is_an_error_with_its_row(tmp_path):
    source = csv(tmp_path, ("a,7", 50, 50), ("b,-3", 50, 60))
    with pytest.raises(InputError, match=r"d.csv, column people: negative numbers: row 3 '-3'"):
        demand(source, weight="people")


def test_negative_groups_and_weights_are_reported_together(tmp_path):
    source = csv(tmp_path, ("a,-7,-1", 50, 50), header="id,people,old")
    with pytest.raises(InputError) as error:
        demand(source, weight="people", groups={"aged": "old"})
    assert [fault.values["column"] for fault in error.value.faults] == ["people", "old"]


def test_a_missing_weight_is_an_error_with_its_row(tmp_path):
    source = csv(tmp_path, ("a,7", 50, 50), ("b,", 50, 60), ("c,NaN", 50, 70))
    with pytest.raises(InputError, match=r"d.csv, row 3, 4: column people is empty"):
        demand(source, weight="people")


def test_a_missing_weight_may_be_dropped_with_a_finding(tmp_path):
    source = csv(tmp_path, ("a,7", 50, 50), ("b,", 50, 60))
    read = demand(source, weight="people", missing_weight="drop")
    assert read.frame["weight"].tolist() == [7.0]
    assert codes(read) == ["demand.dropped"]
    assert read.findings[0].row == "3"
    assert "1 of 2 rows" in read.findings[0].message.text("en")
    assert (read.sources[0].rows_in, read.sources[0].rows_used) == (2, 1)


def test_a_total_of_zero_is_no_error(tmp_path):
    assert demand(csv(tmp_path, ("a,0", 50, 50)), weight="people").frame["weight"].sum() == 0


def test_double_ids_are_an_error(tmp_path):
    source = csv(tmp_path, ("a,1", 50, 50), ("b,1", 60, 50), ("a,1", 70, 50))
    with pytest.raises(InputError, match=r"row 2, 4: ids .* more than once: a\."):
        demand(source, id="id")


def test_missing_ids_are_an_error(tmp_path):
    with pytest.raises(InputError, match="row 3: column id holds no id"):
        demand(csv(tmp_path, ("a,1", 50, 50), (",1", 60, 50)), id="id")


def test_the_zone_column_decides_and_far_places_are_a_finding(tmp_path):
    # 140 m lies 40 m from west: fine; 160 m lies 60 m away: a finding.
    source = csv(tmp_path, ("a,west", 140, 50), ("b,west", 160, 50), header="id,z")
    read = demand(source, zone="z", id="id")
    assert read.frame["zone"].tolist() == ["west", "west"]
    assert codes(read) == ["demand.zone_mismatch"]
    assert read.findings[0].row == "b"
    assert "1 places lie more than 50 m outside the zone" in read.findings[0].message.text("en")


def test_unknown_zones_are_an_error_that_lists_them(tmp_path):
    source = csv(tmp_path, ("a,north", 50, 50), ("b,", 60, 50), ("c,west", 60, 50), header="id,z")
    with pytest.raises(
        InputError, match=r'row 2, 3: .* \[zones\]: north, ""\. The zones are called west'
    ):
        demand(source, zone="z")


def test_a_polygon_shares_its_weight_over_the_points_of_the_25_m_grid(tmp_path):
    # 50 m × 50 m from (0, 0): centres at 12.5 and 37.5 in both directions.
    source = write_layer(tmp_path / "d.gpkg", [shapely.box(0, 0, 50, 50)], id=["a"], people=[8.0])
    frame = demand(source, id="id", weight="people").frame
    assert frame["id"].tolist() == ["a"] * 4
    assert frame["weight"].tolist() == [2.0] * 4
    expected = degrees([12.5, 37.5, 12.5, 37.5], [12.5, 12.5, 37.5, 37.5])
    assert np.allclose(lonlat(frame), expected, atol=1e-9, rtol=0)


def test_spacing_sets_the_grid_of_polygons(tmp_path):
    source = write_layer(tmp_path / "d.gpkg", [shapely.box(0, 0, 100, 100)])
    assert len(demand(source, spacing=50.0).frame) == 4


def test_area_is_square_metres_also_of_a_polygon_without_a_centre(tmp_path):
    shapes = [shapely.box(0, 0, 50, 50), shapely.box(101, 1, 103, 3)]
    frame = demand(write_layer(tmp_path / "d.gpkg", shapes), weight="area").frame
    assert frame["zone"].tolist() == ["west"] * 4 + ["east"]
    assert frame["weight"].to_numpy() == pytest.approx([625] * 4 + [4], rel=1e-6)


def test_area_of_points_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"row 2: weight = .* needs polygons"):
        demand(csv(tmp_path, ("a,1", 50, 50)), weight="area")


def test_points_and_polygons_may_be_mixed_in_their_order(tmp_path):
    shapes = [shapely.box(0, 0, 50, 25), shapely.Point(150, 50)]
    source = write_layer(tmp_path / "d.gpkg", shapes, id=["a", "b"], people=[8.0, 3.0])
    frame = demand(source, id="id", weight="people").frame
    assert list(zip(frame["id"], frame["weight"], strict=True)) == [("a", 4), ("a", 4), ("b", 3)]


def test_a_place_without_geometry_is_an_error(tmp_path):
    source = write_layer(tmp_path / "d.gpkg", [shapely.Point(50, 50), None])
    with pytest.raises(InputError, match="2"):
        demand(source)


def test_grid_50_of_a_100_m_square_is_four_points_of_2500_m2():
    frame = demand("grid:50").frame
    assert frame["zone"].tolist() == ["east"] * 4 + ["west"] * 4
    assert frame["weight"].to_numpy() == pytest.approx([2500.0] * 8, rel=1e-6)
    assert frame["id"].tolist() == list("12345678")
    west = frame[frame["zone"] == "west"]
    expected = degrees([25, 75, 25, 75], [25, 25, 75, 75])
    assert np.allclose(lonlat(west), expected, atol=1e-9, rtol=0)


def test_grid_points_of_a_zone_sum_to_its_area_even_without_a_centre():
    # 130 m × 40 m = 5,200 m² catches the centres at 25 and 75; 4 m² catches none.
    shapes = {"a": shapely.box(0, 0, 110, 40), "b": shapely.box(201, 1, 203, 3)}
    frame = demand("grid:50", zones=zones_of(**shapes)).frame
    sums = frame.groupby("zone")["weight"].agg(["size", "sum"])
    assert sums["size"].tolist() == [2, 1]
    assert sums["sum"].to_numpy() == pytest.approx([4400, 4], rel=1e-6)


def test_a_grid_of_decimetres_is_refused():
    with pytest.raises(InputError, match="more than 50,000,000"):
        demand("grid:0.01")


@pytest.mark.parametrize("source", ["grid:", "grid:0", "grid:fine", "osm:houses"])
def test_an_unknown_source_is_an_error(source):
    with pytest.raises(InputError, match="neither a file nor"):
        demand(source)


HOUSES = (
    (shapely.box(10, 10, 20, 20), {"building": "apartments", "building:levels": "4"}),
    (shapely.box(110, 10, 120, 30), {"building": "house"}),
    (shapely.box(310, 10, 320, 20), {"building": "apartments", "building:levels": "2"}),
    (shapely.box(30, 30, 40, 40), {"building": "yes"}),
)


def test_buildings_weigh_by_floor_area(tmp_path):
    extract = write_extract(tmp_path / "town.osm", *HOUSES)
    read = demand("osm:buildings", extract=extract, unit="m²")
    frame = read.frame
    assert frame["id"].tolist() == ["way/1", "way/2", "way/3"]
    assert frame["zone"].tolist() == ["west", "east", OUTSIDE]
    # 100 m² × 4, 200 m² × 1 assumed level, 100 m² × 2; degrees of seven decimals are centimetres.
    assert frame["weight"].to_numpy() == pytest.approx([400, 200, 200], rel=5e-3)
    assert {"osm.imputed_levels", "osm.unused_yes", "demand.outside"} <= set(codes(read))
    assert "floor area" in read.findings[-2].message.text("en")


def test_an_extract_without_homes_is_an_error(tmp_path):
    extract = write_extract(tmp_path / "town.osm", HOUSES[3])
    with pytest.raises(
        InputError, match=r"town.osm holds no residential building.*yes_in_residential"
    ):
        demand("osm:buildings", extract=extract)


def test_buildings_need_an_extract():
    with pytest.raises(InputError, match="osm:buildings needs the network's OSM extract"):
        demand("osm:buildings")


@pytest.mark.parametrize(
    ("source", "keys", "named"),
    [
        ("grid:50", {"weight": "people"}, "weight"),
        ("grid:50", {"spread": "buildings"}, "spread"),
        ("grid:50", {"groups": {"old": 3.0}}, "groups, groups.old"),
        ("osm:buildings", {"zone": "z"}, "zone"),
        ("d.csv", {"spread": "buildings", "total": 5.0}, "spread"),
        ("d.csv", {"yes_in_residential": True}, "yes_in_residential"),
        ("d.csv", {"groups": {"old": 3.0}}, "groups.old"),
        ("d.csv", {"total_key": "district"}, "total_key"),
    ],
)
def test_keys_that_would_be_ignored_are_refused(source, keys, named):
    with pytest.raises(InputError, match=rf"no meaning as written: {named}\."):
        demand(source, **keys)


def test_a_default_written_out_is_fine():
    assert len(demand("grid:50", weight=1, spread="even").frame) == 8


def test_zone_totals_are_the_columns_that_the_zones_must_keep():
    tables = [
        DemandTable(name="a", source="grid:50", total="people", groups={"old": "aged", "x": 5.0}),
        DemandTable(name="b", source="grid:50", total="people"),
        DemandTable(name="c", source="grid:50", total="t", total_source="c.csv", total_key="k"),
        DemandTable(name="d", source="d.csv", weight="w", groups={"old": "o"}),
    ]
    assert zone_totals(tables) == ("people", "aged")


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"source": "grid:50"}, "demand.note_area"),
        ({"source": "grid:50", "total": 5.0}, "demand.note_even"),
        ({"source": "grid:50", "total": 5.0, "spread": "buildings"}, "demand.note_buildings"),
        (
            {"source": "grid:50", "total": 5.0, "spread": "residential_land"},
            "demand.note_residential_land",
        ),
        ({"source": "osm:buildings"}, "demand.note_floor_area"),
        ({"source": "d.csv", "total": 5.0}, "demand.note_rescaled"),
    ],
)
def test_what_was_assumed_is_said_in_both_languages(keys, code):
    note = demand_note(DemandTable(name="people", **keys))
    assert note.code == code
    assert note.text("en") != note.text("zh")


def test_a_plain_file_assumes_nothing():
    assert demand_note(DemandTable(name="people", source="d.csv", weight="w")) is None
