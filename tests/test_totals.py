"""Totals: what is spread sums to what was known, and lies where it should."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.errors import InputError
from lifecircle.layers.demand import load_demand
from lifecircle.project.tables import DemandTable
from tests.conftest import CRS
from tests.drawn import in_degrees, write_extract, write_layer

# Three zones in a row: 100 × 100 m, 100 × 100 m and 50 × 50 m: 4, 4 and 1 points of grid:50.
SHAPES = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(200, 0, 250, 50)]
ZONES = gpd.GeoDataFrame(
    {
        "name": list("abc"),
        "parent": ["P", "P", "Q"],
        "area_type": "",
        "people": [400.0, 800.0, 0.0],
        "aged": [40.0, 200.0, 0.0],
    },
    index=pd.Index(list("abc"), name="zone"),
    geometry=[in_degrees(shape) for shape in SHAPES],
    crs=4326,
)


def spread(zones=ZONES, extract=None, **keys):
    table = DemandTable(**({"name": "people", "source": "grid:50"} | keys))
    return load_demand(table, zones, crs=CRS, extract=extract)


def sums(read, column="weight"):
    return read.frame.groupby("zone")[column].sum().round(9).to_dict()


def census(path, text):
    (path / "census.csv").write_text(text, "utf-8")
    return {"total_source": str(path / "census.csv"), "total_key": "district"}


def test_a_number_is_spread_evenly_over_all_points():
    read = spread(total=900.0, groups={"aged_60": 90.0, "aged_80": 9.0})
    assert read.frame["weight"].tolist() == [100.0] * 9
    assert read.frame["aged_60"].tolist() == [10.0] * 9
    assert read.frame["aged_80"].tolist() == [1.0] * 9
    assert read.frame.columns.tolist() == ["id", "zone", "weight", "aged_60", "aged_80", "geometry"]


def test_a_column_of_the_zones_is_spread_zone_by_zone():
    read = spread(total="people", groups={"old": "aged"})
    assert sums(read) == {"a": 400, "b": 800, "c": 0}
    assert sums(read, "old") == {"a": 40, "b": 200, "c": 0}
    assert read.frame["weight"].tolist() == [100] * 4 + [200] * 4 + [0]


def test_residents_registered_people_and_ages_are_spread_side_by_side(tmp_path):
    # P has more people registered than resident; the points of P are the eight of a and b.
    columns = ["常住人口", "户籍人口", "0-14岁", "60岁及以上", "80岁及以上"]
    text = f"district,{','.join(columns)}\nP,800,1000,80,240,40\nQ,50,20,5,25,10\n"
    groups = {"registered": "户籍人口", "children": "0-14岁", "aged_60": "60岁及以上"}
    groups["aged_80"] = "80岁及以上"
    read = spread(total="常住人口", groups=groups, **census(tmp_path, text))
    assert read.frame.columns.tolist() == ["id", "zone", "weight", *groups, "geometry"]
    assert sums(read) == {"a": 400, "b": 400, "c": 50}
    assert sums(read, "registered") == {"a": 500, "b": 500, "c": 20}
    assert read.frame["registered"].tolist() == [125] * 8 + [20]
    assert sums(read, "children") == {"a": 40, "b": 40, "c": 5}
    assert sums(read, "aged_60") == {"a": 120, "b": 120, "c": 25}
    assert sums(read, "aged_80") == {"a": 20, "b": 20, "c": 10}
    # That more are registered than live there is told once, and is no error.
    told = [each for each in read.findings if each.code == "demand.group_exceeds"]
    assert [each.message.values["group"] for each in told] == ["registered"]


def test_a_number_for_a_group_follows_the_people():
    read = spread(total="people", groups={"old": 120.0})
    assert sums(read, "old") == {"a": 40, "b": 80, "c": 0}


def test_totals_by_parent_come_from_a_table(tmp_path):
    keys = census(tmp_path, 'district,n,old\nP,"1,600",80\nQ,5,1\nR,9,9\n')
    read = spread(total="n", groups={"old": "old"}, **keys)
    assert sums(read) == {"a": 800, "b": 800, "c": 5}
    assert sums(read, "old") == {"a": 40, "b": 40, "c": 1}
    assert [source.layer for source in read.sources] == ["people", "people.total"]


def test_grid_and_census_bear_the_date_of_the_layer(tmp_path):
    keys = census(tmp_path, "district,n\nP,1\nQ,2\n")
    read = spread(total="n", date="2020-11-01", **keys)
    assert [source.date for source in read.sources] == ["2020-11-01", "2020-11-01"]
    assert [source.date for source in spread(total=900.0).sources] == [""]


def test_a_parent_without_a_total_is_an_error(tmp_path):
    with pytest.raises(InputError, match="column n: no total of 0 or more for Q"):
        spread(total="n", **census(tmp_path, "district,n\nP,1600\n"))


def test_a_parent_with_two_totals_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"column district: labels .* more than once: P"):
        spread(total="n", **census(tmp_path, "district,n\nP,1\nP,2\nQ,3\n"))


def test_zones_without_a_parent_are_an_error(tmp_path):
    zones = ZONES.assign(parent=["P", "", "P"])
    with pytest.raises(InputError, match="these have none: b"):
        spread(zones, total="n", **census(tmp_path, "district,n\nP,1\n"))


@pytest.mark.parametrize("keys", [{"total": 5.0}, {}])
def test_a_table_of_totals_needs_its_columns(tmp_path, keys):
    with pytest.raises(InputError, match="total_source"):
        spread(**keys, **census(tmp_path, "district,n\nP,1\n"))


@pytest.mark.parametrize("bad", [-1.0, float("nan")])
def test_a_negative_or_missing_total_of_a_zone_is_an_error(bad):
    with pytest.raises(InputError, match="column people: no total of 0 or more for b"):
        spread(ZONES.assign(people=[1.0, bad, 2.0]), total="people")


def test_a_negative_number_is_an_error():
    with pytest.raises(InputError, match="no total of 0 or more"):
        spread(total=-5.0)


def test_a_group_larger_than_the_people_is_a_finding():
    read = spread(total="people", groups={"old": "aged"}, zones=ZONES.assign(aged=[500.0, 1, 0]))
    found = next(each for each in read.findings if each.code == "demand.group_exceeds")
    assert "group old is larger than the total in 1 of its units: a" in found.message.text("en")


BUILDINGS = (
    # 100 m² × 3 in the south-west cell of a, 100 m² × 1 in the north-east cell of a.
    (shapely.box(10, 10, 20, 20), {"building": "apartments", "building:levels": "3"}),
    (shapely.box(70, 70, 80, 80), {"building": "apartments", "building:levels": "1"}),
    # In c; and one outside all zones.
    (shapely.box(210, 10, 220, 20), {"building": "apartments", "building:levels": "1"}),
    (shapely.box(900, 10, 920, 30), {"building": "apartments", "building:levels": "9"}),
)


def test_buildings_draw_people_to_the_nearest_point_of_their_zone(tmp_path):
    extract = write_extract(tmp_path / "town.osm", *BUILDINGS)
    read = spread(total="people", spread="buildings", extract=extract)
    a = read.frame[read.frame["zone"] == "a"]
    assert a["weight"].tolist() == pytest.approx([300, 100], rel=5e-3)
    assert sums(read) == pytest.approx({"a": 400, "b": 800, "c": 0})
    found = next(each for each in read.findings if each.code == "demand.spread_fallback")
    assert "no buildings in b; people there are spread evenly" in found.message.text("en")


def test_residential_land_draws_people(tmp_path):
    # The west half of a and b is residential: two of four cells each.
    land = {"landuse": "residential"}
    extract = write_extract(
        tmp_path / "town.osm",
        (shapely.box(0, 0, 50, 100), land),
        (shapely.box(100, 0, 150, 100), land),
    )
    read = spread(total=900.0, spread="residential_land", extract=extract)
    assert sums(read) == pytest.approx({"a": 450, "b": 450}, rel=5e-3)
    assert len(read.frame) == 4


@pytest.mark.parametrize(("by", "what"), [("buildings", "buildings"), ("residential_land", "land")])
def test_spreading_by_osm_needs_an_extract(by, what):
    with pytest.raises(InputError, match=rf"{what} needs the network's OSM extract"):
        spread(total=5.0, spread=by)


def test_places_of_a_file_carry_a_total_by_their_own_weight(tmp_path):
    points = [shapely.Point(10, 10), shapely.Point(20, 10), shapely.Point(900, 10)]
    source = write_layer(tmp_path / "d.gpkg", points, w=[1.0, 3.0, 5.0])
    read = spread(source=source, weight="w", total=100.0)
    assert read.frame["weight"].tolist() == [25, 75]
    assert [each.code for each in read.findings] == ["demand.total_outside", "demand.note_rescaled"]


def test_a_total_without_a_place_to_go_is_an_error(tmp_path):
    source = write_layer(tmp_path / "d.gpkg", [shapely.Point(10, 10)])
    with pytest.raises(InputError, match="no place with weight lies in: b"):
        spread(source=source, total="people")


def nothing_or_some(most: float) -> st.SearchStrategy[float]:
    """Amounts people count: no crumbs of 1e-320 persons, whose shares are no numbers any more."""
    return st.just(0.0) | st.floats(1e-6, most)


@settings(max_examples=25, deadline=None)
@given(
    people=st.lists(nothing_or_some(1e7), min_size=3, max_size=3),
    share=nothing_or_some(1.0),
)
def test_what_is_spread_sums_to_the_totals(people, share):
    zones = ZONES.assign(people=people, aged=[share * each for each in people])
    read = spread(zones, total="people", groups={"old": "aged"})
    by_zone = read.frame.groupby("zone")[["weight", "old"]].sum()
    assert by_zone["weight"].tolist() == pytest.approx(people, rel=1e-9)
    assert by_zone["old"].tolist() == pytest.approx(zones["aged"].tolist(), rel=1e-9)
