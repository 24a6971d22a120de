"""Demand: weights that are numbers, places that are in a zone, areas as points."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from lifecircle.errors import InputError
from lifecircle.geodesy import lonlat
from lifecircle.layers.demand import (
    demand_note,
    demand_polygons,
    demand_unit,
    load_demand,
    zone_totals,
)
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


AGES = {
    "children": "0-14岁",
    "working_age": "15-59岁",
    "aged_60": "60岁及以上",
    "aged_65": "65岁及以上",
    "aged_80": "80岁及以上",
}


def test_residents_registered_people_and_ages_stand_side_by_side(tmp_path):
    # Two neighbourhoods of a made-up census: as many registered (户籍) as resident (常住) need not
    # be, and ages that contain each other are columns of their own.
    header = ",".join(["编码", "常住人口", "户籍人口", *AGES.values()])
    rows = [
        ('310101001001,"12,340","15,600","1,200","7,140","4,000","2,900",700', 50, 50),
        ("310101001002,８０００,5200,900,5100,2000,1400,350", 150, 50),
    ]
    source = csv(tmp_path, *rows, header=header)
    groups = {"registered": "户籍人口", **AGES}
    frame = demand(source, id="编码", weight="常住人口", groups=groups).frame
    assert frame.columns.tolist() == ["id", "zone", "weight", *groups, "geometry"]
    assert frame["weight"].tolist() == [12340, 8000]
    assert frame["registered"].tolist() == [15600, 5200]
    assert frame[["children", "working_age", "aged_60"]].sum(axis=1).tolist() == [12340, 8000]
    assert frame[["aged_60", "aged_65", "aged_80"]].iloc[0].tolist() == [4000, 2900, 700]


def test_a_group_that_is_missing_somewhere_is_an_error_of_its_own_column(tmp_path):
    source = csv(tmp_path, ("a,10,12", 50, 50), ("b,20,", 60, 50), header="id,常住,户籍")
    with pytest.raises(InputError, match=r"d\.csv, row 3: column 户籍 is empty"):
        demand(source, weight="常住", groups={"registered": "户籍"})


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


LAND = {"landuse": "residential"}
ESTATES = (
    # A quarter of 100 × 50 m with an estate of 50 × 50 m inside, and 60 × 20 m across the border.
    (shapely.box(0, 0, 100, 50), LAND),
    (shapely.box(50, 0, 100, 50), LAND),
    (shapely.box(90, 50, 150, 70), LAND),
    (shapely.box(0, 60, 100, 90), {"landuse": "retail"}),
)


def test_residential_land_is_square_metres_of_which_none_counts_twice(tmp_path):
    extract = write_extract(tmp_path / "town.osm", *ESTATES)
    read = demand("osm:residential_land", extract=extract)
    frame = read.frame
    sums = frame.groupby("id")["weight"].sum()
    # The estate keeps its 2,500 m² and the quarter has the other 2,500.
    assert sums.to_dict() == pytest.approx({"way/1": 2500, "way/2": 2500, "way/3": 1200}, rel=5e-3)
    assert frame.columns.tolist() == ["id", "zone", "weight", "geometry"]
    # Centres of the 25 m grid: 2 × 2 in each half; x = 112.5 and 137.5 at y = 62.5 of the third.
    assert frame.groupby(["id", "zone"]).size().to_dict() == {
        ("way/1", "west"): 4, ("way/2", "west"): 4, ("way/3", "east"): 2,
    }  # fmt: skip
    assert codes(read) == ["demand.land_once", "demand.note_land"]
    assert "overlaps by 2,500 m² (28." in read.findings[0].message.text("en")
    assert (read.sources[0].rows_in, read.sources[0].rows_used) == (3, 3)


def test_land_drawn_twice_is_one_area(tmp_path):
    extract = write_extract(tmp_path / "town.osm", ESTATES[0], ESTATES[0])
    read = demand("osm:residential_land", extract=extract, spacing=50.0)
    assert read.frame["id"].tolist() == ["way/1", "way/1"]
    assert read.frame["weight"].sum() == pytest.approx(5000, rel=5e-3)
    assert (read.sources[0].rows_in, read.sources[0].rows_used) == (2, 1)


def test_land_that_cannot_be_put_together_is_a_finding(tmp_path):
    bow = shapely.Polygon([(0, 0), (0, 50), (50, 0), (50, 50)])
    extract = write_extract(tmp_path / "town.osm", (bow, LAND), ESTATES[1])
    read = demand("osm:residential_land", extract=extract)
    assert codes(read) == ["osm.broken_areas", "demand.note_land"]
    assert read.findings[0].row == "way/1"
    assert (read.sources[0].rows_in, read.sources[0].rows_used) == (2, 1)


def test_people_may_be_spread_over_residential_land_by_its_area(tmp_path):
    extract = write_extract(tmp_path / "town.osm", *ESTATES)
    read = demand("osm:residential_land", extract=extract, total=620.0, groups={"old": 62.0})
    sums = read.frame.groupby("id")[["weight", "old"]].sum()
    assert sums["weight"].to_dict() == pytest.approx(
        {"way/1": 250, "way/2": 250, "way/3": 120}, rel=5e-3
    )
    assert sums["old"].to_numpy() == pytest.approx(sums["weight"].to_numpy() / 10)


def test_residential_land_needs_an_extract_that_has_some(tmp_path):
    with pytest.raises(InputError, match="osm:residential_land needs the network's OSM extract"):
        demand("osm:residential_land")
    with pytest.raises(InputError, match=r"town.osm holds no area tagged landuse=residential"):
        demand("osm:residential_land", extract=write_extract(tmp_path / "town.osm", ESTATES[3]))


def test_a_grid_of_centimetres_inside_polygons_is_refused(tmp_path):
    extract = write_extract(tmp_path / "town.osm", *ESTATES)
    with pytest.raises(InputError, match=r"more than 50,000,000.*larger `spacing`"):
        demand("osm:residential_land", extract=extract, spacing=0.01)
    source = write_layer(tmp_path / "d.gpkg", [shapely.box(0, 0, 100, 100)], people=[8.0])
    with pytest.raises(InputError, match=r"d.gpkg.* would make about 100,000,\d+ points"):
        demand(source, weight="people", spacing=0.01)


def test_polygons_that_overlap_count_twice_and_say_so(tmp_path):
    shapes = [
        shapely.box(0, 0, 100, 100),
        shapely.box(80, 0, 130, 100),
        shapely.box(130, 0, 140, 9),
    ]
    source = write_layer(tmp_path / "d.gpkg", shapes)
    read = demand(source, weight="area")
    assert read.frame["weight"].sum() == pytest.approx(15_090, rel=1e-6)
    assert codes(read) == ["demand.overlap", "demand.note_polygons"]
    assert "2,000 m² (13.3%) are counted more than once" in read.findings[0].message.text("en")
    # People in areas that overlap are nobody's mistake.
    assert codes(demand(source, weight=1.0)) == []


def test_the_polygons_to_refine_are_those_of_the_places(tmp_path):
    extract = write_extract(tmp_path / "town.osm", *ESTATES)
    table = DemandTable(name="land", source="osm:residential_land", refine=True)
    land = demand_polygons(table, ZONES, crs=CRS, extract=extract)
    assert land.columns.tolist() == ["id", "weight", "geometry"]
    assert land.crs == "EPSG:4326"
    assert land.to_crs(CRS).area.to_numpy() == pytest.approx(land["weight"].to_numpy(), rel=1e-9)
    places = load_demand(table, ZONES, crs=CRS, extract=extract).frame
    assert land["weight"].sum() == pytest.approx(places["weight"].sum())

    shapes = [shapely.box(0, 0, 60, 60), shapely.box(150, 0, 190, 60)]
    columns = {"old": [36.0, 0.0], "z": ["west", "west"], "k": ["某村委会", "某居委会"]}
    source = write_layer(tmp_path / "d.gpkg", shapes, nr=["a", "b"], **columns)
    keys = {"id": "nr", "weight": "area", "groups": {"aged_60": "old"}, "kind": "k", "refine": True}
    table = DemandTable(name="land", source=source, zone="z", **keys)
    land = demand_polygons(table, ZONES, crs=CRS)
    assert land.columns.tolist() == ["id", "zone", "weight", "aged_60", "kind", "geometry"]
    assert land["kind"].tolist() == ["village", "neighbourhood"]
    assert land["weight"].to_numpy() == pytest.approx([3600, 2400], rel=1e-6)
    table = DemandTable(name="land", source=source, **keys)
    assert "zone" not in demand_polygons(table, ZONES, crs=CRS)


def test_points_cannot_be_refined(tmp_path):
    with pytest.raises(InputError, match=r"row 2: weight = .* needs polygons"):
        demand(csv(tmp_path, ("a,1", 50, 50)), weight="area", refine=True)


@pytest.mark.parametrize("group", ["kind", "weight", "edge", "lon"])
def test_a_group_may_not_be_called_as_a_column_of_ours(tmp_path, group):
    with pytest.raises(InputError, match=f"groups may not be called {group}"):
        demand(csv(tmp_path, ("a,7", 50, 50)), groups={group: "people"})


@pytest.mark.parametrize(
    ("keys", "unit"),
    [
        ({"source": "osm:residential_land"}, "m²"),
        ({"source": "osm:residential_land", "total": 5.0}, ""),
        ({"source": "osm:buildings"}, "m²"),
        ({"source": "grid:50"}, "m²"),
        ({"source": "grid:50", "total": 5.0}, ""),
        ({"source": "d.gpkg", "weight": "area"}, "m²"),
        ({"source": "d.gpkg", "weight": "area", "unit": "平方米"}, "平方米"),
        ({"source": "d.csv", "weight": "people"}, ""),
    ],
)
def test_areas_are_in_square_metres_unless_said_otherwise(keys, unit):
    assert demand_unit(DemandTable(name="d", **keys)) == unit


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
        ("d.csv", {"kinds": {"村": "village"}}, "kinds"),
        ("d.csv", {"refine": True, "weight": "people"}, "refine"),
        ("d.csv", {"refine": True, "weight": "area", "total": 5.0}, "refine"),
        ("grid:50", {"refine": True}, "refine"),
        ("grid:50", {"kind": "k"}, "kind"),
        ("osm:residential_land", {"weight": 2.0}, "weight"),
        ("osm:residential_land", {"id": "osm", "groups": {"old": "o"}}, "groups, id"),
        ("osm:residential_land", {"refine": True, "total": 5.0}, "refine"),
        ("osm:buildings", {"refine": True, "spacing": 10.0}, "refine, spacing"),
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
        ({"source": "osm:residential_land"}, "demand.note_land"),
        ({"source": "osm:residential_land", "refine": True}, "demand.note_land_refined"),
        ({"source": "osm:residential_land", "total": 5.0}, "demand.note_rescaled"),
        ({"source": "d.gpkg", "weight": "area"}, "demand.note_polygons"),
        ({"source": "d.gpkg", "weight": "area", "refine": True}, "demand.note_polygons_refined"),
    ],
)
def test_what_was_assumed_is_said_in_both_languages(keys, code):
    note = demand_note(DemandTable(name="people", **keys))
    assert note.code == code
    assert note.text("en") != note.text("zh")


def test_the_resolution_of_land_stands_in_its_note():
    table = DemandTable(name="land", source="osm:residential_land", refine=True, spacing=20.0)
    assert "每 20 米一点，覆盖边缘加密至 5 米" in demand_note(table).text("zh")


def test_a_plain_file_assumes_nothing():
    assert demand_note(DemandTable(name="people", source="d.csv", weight="w")) is None
