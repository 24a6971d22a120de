"""The page's data: every number of the tables to the last digit, every name as it is."""

import dataclasses
import json
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from lifecircle.audit import AuditedPlace
from lifecircle.contents import report_content
from lifecircle.definitions import Definition
from lifecircle.explanation import Explanation
from lifecircle.measured import measure
from lifecircle.report.data import reading_order, script_json, worst_service
from lifecircle.report.words import page_words
from lifecircle.travel import TravelTime
from tests.conftest import streets_of
from tests.report_block import (
    block_of,
    greys,
    sheets_of,
    unpacked_line,
    unpacked_list,
    unpacked_matrix,
    unpacked_points,
    unpacked_polygons,
    unpacked_shares,
)
from tests.report_city import grid_zones, made_up_content, made_up_standard

PERSONS = Definition("population.network", demand="population", unit="persons")
LAND = Definition("land.radius", demand="land", unit="m²", metric="radius")
HOSTILE = [
    "</script><img src=x onerror=alert(1)>", "`${alert(1)}`", '" onmouseover="x', "<svg onload=x>",
    "a\u202eb", "a\u2028b\u2029c", "&lt;b&gt;", "=1+1", "名" * 80,
]  # fmt: skip
COLUMNS = {
    "demand": "demand", "covered": "covered", "unsnapped": "unsnapped", "rim": "rim_exposed",
    "cut_off": "cut_off", "low": "rate_low", "high": "rate_high", "target": "target",
    "minutes": "minutes",
}  # fmt: skip
STATUS = {"pass": "p", "fail": "f", "no demand": "d", "no data": "x", "not in scope": "o"}


@pytest.fixture(scope="module")
def real(monaco):
    """The real run's content, and its block as it comes out of the page."""
    content = report_content(monaco, {})
    return content, json.loads(script_json(block_of(content)))


def row_of(table: pd.DataFrame, definition: str, row: dict, service: str) -> pd.Series:
    """The one row of a table for a place and service."""
    found = table[
        (table["definition"] == definition)
        & (table["level"] == row["level"])
        & (table["zone"].fillna("") == row["key"])
        & (table["service"] == service)
    ]
    assert len(found) == 1
    return found.iloc[0]


def assert_figures(block: dict, coverage: pd.DataFrame, curves: pd.DataFrame) -> None:
    """Every figure of the block is the tables'."""
    for one in block["definitions"]:
        size = len(one["rows"]), len(one["services"])
        matrices = {name: unpacked_matrix(one[name], *size) for name in (*COLUMNS, "at_target")}
        coded = {name: unpacked_matrix(one[name], *size) for name in ("mode", "by")}
        shares = unpacked_shares(one["curve"])
        assert len(one["status"]) == len(one["certainty"]) == size[0] * size[1]
        assert len(shares) == size[0] * size[1] * 31
        for r, row in enumerate(one["rows"]):
            for s, service in enumerate(one["services"]):
                cell = row_of(coverage, one["key"], row, service)
                for name, column in COLUMNS.items():
                    value = float(cell[column])
                    assert matrices[name][r][s] == value or (
                        math.isnan(value) and math.isnan(matrices[name][r][s])
                    ), (name, row, service)
                at = r * size[1] + s
                assert one["status"][at] == STATUS[cell["status"]]
                certainty = cell["certainty"] if isinstance(cell["certainty"], str) else ""
                assert one["certainty"][at] == {"clear": "c", "undecided": "u", "": "-"}[certainty]
                assert block["modes"][int(coded["mode"][r][s])] == cell["mode"]
                by = cell["undecided_by"] if isinstance(cell["undecided_by"], str) else ""
                assert block["causes"][int(coded["by"][r][s])] == by
                if curves.empty:
                    continue
                curve = row_of(curves, one["key"], row, service)
                at_target = float(curve["minutes_at_target"])
                assert matrices["at_target"][r][s] == pytest.approx(at_target, abs=0, nan_ok=True)
                for minute in range(31):
                    share = float(curve[f"share_{minute}"])
                    step = shares[at * 31 + minute]
                    assert step == (65535 if math.isnan(share) else round(share * 65534))


def test_every_figure_is_that_of_the_tables(real):
    content, block = real
    assert_figures(block, content.coverage, content.table("curves.csv"))


def test_made_up_figures_too():
    content = made_up_content(grid_zones(3, parents=2), definitions=(PERSONS, LAND))
    assert_figures(block_of(content), content.coverage, content.table("curves.csv"))


def test_curves_are_known_as_far_as_was_searched(real):
    content, block = real
    assert [one["searched"] for one in block["definitions"]] == [30]
    curves = content.table("curves.csv").copy()
    curves[[f"share_{minute}" for minute in range(21, 31)]] = np.nan
    less = dataclasses.replace(content, tables={"curves.csv": curves})
    assert block_of(less)["definitions"][0]["searched"] == 20


def test_without_curves_nothing_is_known_of_them():
    content = dataclasses.replace(made_up_content(grid_zones(2)), tables={})
    one = block_of(content)["definitions"][0]
    assert one["searched"] == -1
    assert set(unpacked_shares(one["curve"])) == {65535}
    assert one["at_target"] == {"all": None}


def test_meta_says_what_the_page_is(real):
    content, block = real
    assert block["schema"] == "lifecircle-report/1"
    assert block["meta"]["name"] == content.project.project.name
    assert block["meta"]["language"] == content.project.project.language
    assert block["meta"]["made"] == content.made != ""
    assert set(block["meta"]["title"]) == {"zh", "en"}
    assert block["dropped"] == []
    assert "OpenStreetMap" in block["attribution"]
    main = block["definitions"][0]
    rate = [
        row_of(content.coverage, main["key"], main["rows"][main["head"]], key)["rate"]
        for key in main["services"] if key != "all"
    ]  # fmt: skip
    assert block["meta"]["service"] == main["services"][int(np.nanargmin(rate))]


def test_words_are_those_of_the_page(real):
    _, block = real
    assert set(block["words"]["zh"]) == set(block["words"]["en"])
    for language in ("zh", "en"):
        for key, text in block["words"][language].items():
            assert text == page_words()[key][language]
    assert {
        key for key in page_words() if key.startswith(("p_", "v_", "l_", "by_", "mode_"))
    } <= set(block["words"]["zh"])


def test_zones_come_first_in_every_definition():
    zones = grid_zones(3, parents=2)
    content = made_up_content(zones, definitions=(PERSONS, LAND))
    block = block_of(content)
    assert block["zones"]["id"] == list(zones.index)
    assert block["zones"]["name"] == zones["name"].tolist()
    assert block["parents"] == ["片区0", "片区1"]
    assert block["zones"]["parent"] == [0, 1, 0, 1, 0, 1, 0, 1, 0]
    for one in block["definitions"]:
        assert [row["key"] for row in one["rows"][:9]] == list(zones.index)
        assert {row["level"] for row in one["rows"][:9]} == {"zone"}
        assert {row["level"] for row in one["rows"][9:]} == {"city", "parent", "outside"}
        assert one["in_scope"] == [True] * 9
        assert one["rows"][one["city"]]["level"] == "city"
        assert one["head"] == one["city"]


def test_rows_are_read_parent_by_parent():
    content = made_up_content(grid_zones(3, parents=2))
    one = block_of(content)["definitions"][0]
    read = [one["rows"][at] for at in one["order"]]
    assert [row["level"] for row in read] == (
        ["city", "parent"] + ["zone"] * 5 + ["parent"] + ["zone"] * 4 + ["outside"]
    )
    assert [row["parent"] for row in read[2:7]] == ["片区0"] * 5
    assert read[1]["key"] == "片区0"
    assert len(set(one["order"])) == len(one["order"])


def test_zones_without_a_parent_follow_those_that_have_one():
    zones = grid_zones(2, parents=2)
    zones.loc[zones.index[0], "parent"] = ""
    content = made_up_content(zones)
    # A run has no row for zones that belong to nothing.
    nothing = (content.coverage["level"] == "parent") & (content.coverage["zone"] == "")
    content = dataclasses.replace(content, coverage=content.coverage[~nothing])
    (one,) = sheets_of(content)
    read = [one.rows[at] for at in reading_order(one)]
    keys = [row.key for row in read if row.level in ("zone", "parent")]
    # Parents in the table's order, which here is that of their first zones.
    assert keys == ["片区1", "310001", "310003", "片区0", "310002", "310000"]
    assert block_of(content)["zones"]["parent"] == [-1, 0, 1, 0]


def test_what_lies_outside_is_read_only_where_there_is_demand():
    content = made_up_content(grid_zones(2))
    outside = content.coverage["level"] == "outside"
    coverage = content.coverage.assign(demand=content.coverage["demand"].where(~outside, 0.0))
    (one,) = sheets_of(dataclasses.replace(content, coverage=coverage))
    assert "outside" not in {one.rows[at].level for at in reading_order(one)}


def test_services_are_named_listed_and_limited(real):
    content, block = real
    (one,) = block["definitions"]
    assert one["services"] == [*content.standard.keys, "all"]
    assert set(one["names"]) == set(one["services"])
    assert one["names"]["health"]["en"] == content.standard.service("health").name_en
    assert one["limits"]["health"] == {"zh": "15 分", "en": "15 min"}
    assert "all" not in one["limits"]
    assert "monaco.osm.pbf" in one["lists"]["health"]["en"]
    # No list has any facility for the elderly.
    assert "elderly" not in one["lists"]
    assert one["persons"] is (content.definitions[0].unit == "persons")


def test_names_are_data_and_stay_as_they_are():
    zones = grid_zones(3, names=HOSTILE, parents=1)
    zones["parent"] = "</script>&\u2028"
    content = made_up_content(zones, name=HOSTILE[0])
    facilities = content.facilities.assign(name=HOSTILE[0])
    content = dataclasses.replace(content, facilities=facilities, attribution=(HOSTILE[0],))
    text = script_json(block_of(content))
    assert not set("<>&\u2028\u2029") & set(text)
    block = json.loads(text)
    assert block["zones"]["name"] == HOSTILE
    assert block["parents"] == ["</script>&\u2028"]
    assert block["meta"]["name"] == HOSTILE[0]
    assert [row["title"]["zh"] for row in block["definitions"][0]["rows"][:9]] == HOSTILE
    assert set(block["facilities"]["health"]["names"].split("\n")) == {HOSTILE[0]}


def test_it_is_strict_json(real):
    content, _ = real

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(script_json(block_of(content)), parse_constant=refuse)


def test_outlines_are_the_zones(real):
    content, block = real
    for shape, text in zip(content.zones.geometry, block["zones"]["geo"], strict=True):
        parts = [shapely.Polygon(part[0], part[1:]) for part in unpacked_polygons(text)]
        drawn = shapely.transform(shapely.MultiPolygon(parts), lambda whole: whole / 1e5)
        changed = shapely.area(shapely.symmetric_difference(drawn, shape))
        assert changed < 0.03 * shape.area
    for shape, (lon, lat) in zip(content.zones.geometry, block["zones"]["label"], strict=True):
        assert shapely.contains_xy(shape, lon, lat)


def test_the_surface_is_the_minutes_of_the_main_definition(real):
    content, block = real
    surface = block["surface"]
    assert list(surface["png"]) == list(content.travel_time.minutes.columns)
    health = greys(surface["png"]["health"])
    assert health.shape == (surface["height"], surface["width"])
    (south, west), (north, east) = surface["bounds"]
    rng = np.random.default_rng(1)
    for at in rng.choice(len(content.demand), 20, replace=False):
        point, minutes = (
            content.demand.geometry.iloc[at],
            content.travel_time.minutes["health"].iloc[at],
        )
        row = int((north - point.y) / (north - south) * surface["height"])
        column = int((point.x - west) / (east - west) * surface["width"])
        near = health[row - 1 : row + 2, column - 1 : column + 2]
        expected = 32 if np.isnan(minutes) else min(31, math.ceil(minutes))
        assert (np.abs(near - expected) <= 1).any()


def test_the_surface_is_at_the_definitions_speed(monaco):
    slow = dataclasses.replace(monaco.definition, speed_kmh=2.0)
    one = dataclasses.replace(
        monaco, definitions=(slow,), travel_times={slow.key: monaco.travel_time}
    )
    content = report_content(one, {})
    content = dataclasses.replace(content, travel_time=monaco.travel_time)
    half, usual = (
        greys(block_of(each)["surface"]["png"]["shopping"])
        for each in (content, report_content(monaco, {}))
    )
    seen = (usual < 10) & (usual > 0)
    assert (half[seen] >= 2 * usual[seen] - 2).all()
    assert (half[seen] <= 2 * usual[seen]).all()


def test_facilities_have_their_people(real):
    content, block = real
    measured = measure(
        content.travel_time, content.demand, content.zones, content.standard, content.definitions[0]
    )
    for service, each in block["facilities"].items():
        own = content.facilities[content.facilities["service"] == service]
        assert each["n"] == own["facility"].nunique() == len(unpacked_points(each["xy"], each["n"]))
        assert len(each["names"].split("\n")) == each["n"]
        within = unpacked_list(each["within"], each["n"])
        reach = measured.reach[service]
        assert sum(within) == pytest.approx(reach.weight[reach.covered].sum())
        people = unpacked_list(each["people"], each["n"])
        assert all(a >= b for a, b in zip(people, within, strict=True))
    assert "elderly" not in block["facilities"]


def test_the_audit_is_of_zones_on_the_page(real):
    content, block = real
    assert len(block["audit"]) == 12
    main = block["definitions"][0]
    zone_of = content.demand.set_index("id")["zone"]
    names = content.facilities.drop_duplicates("facility").set_index("facility")["name"]
    for one in block["audit"]:
        assert main["rows"][one["row"]]["key"] == zone_of[one["id"]]
        total = one["access_m"] + one["path_m"] + one["facility_access_m"]
        assert one["minutes"] == pytest.approx(total / (4000 / 60), abs=1e-9)
        assert one["name"] == names[one["facility"]]
        path = np.array(unpacked_line(one["path"])) / 1e5
        assert abs(path[0] - (one["lon"], one["lat"])).max() < 0.003


def test_streets_lie_on_the_zones(real):
    _, block = real
    (south, west), (north, east) = block["streets"]["bounds"]
    (low, left), (high, right) = block["zones"]["bounds"]
    assert (west, south) == pytest.approx((left, low), abs=5e-5)
    assert (east, north) == pytest.approx((right, high), abs=5e-5)


def test_what_is_not_known_is_left_out():
    block = block_of(made_up_content(grid_zones(1)))
    assert block["surface"] is None
    assert block["streets"] is None
    assert block["audit"] == []
    assert {each["n"] for each in block["facilities"].values()} == {7}
    assert all(each["people"] == {"all": None} for each in block["facilities"].values())


def made_up_minutes(places: int, **services: float) -> TravelTime:
    index = pd.RangeIndex(places)
    minutes = pd.DataFrame(services, index=index)
    return TravelTime(
        minutes=minutes,
        facility=pd.DataFrame("", index=index, columns=list(services)),
        access_m=pd.Series(1.0, index=index),
        rim=pd.Series(np.inf, index=index),
        cut_off=pd.DataFrame(False, index=index, columns=list(services)),
        speed_kmh=4.0,
        search_minutes=30.0,
    )


def test_one_zone_without_demand_and_a_service_without_facilities():
    content = made_up_content(grid_zones(1))
    coverage = content.coverage.assign(demand=0.0, covered=0.0, rate=np.nan, status="no demand")
    demand = gpd.GeoDataFrame(
        {"id": ["1"], "zone": ["310000"], "weight": [0.0]},
        geometry=gpd.points_from_xy([121.005], [31.005]),
        crs="EPSG:4326",
    )
    content = dataclasses.replace(
        content,
        coverage=coverage,
        facilities=content.facilities.iloc[:0],
        demand=demand,
        travel_time=made_up_minutes(1, health=np.inf),
        catchments=pd.DataFrame(columns=["service", "facility", "name", "demand", "within"]),
        network=streets_of([0, 100], [0, 0], [(0, 1)]),
    )
    block = json.loads(script_json(block_of(content)))
    assert block["facilities"] == {}
    assert set(np.unique(greys(block["surface"]["png"]["health"]))) == {31, 32}
    # The streets lie 100 km away.
    assert block["streets"] is None
    (one,) = block["definitions"]
    assert set(one["status"]) == {"d"}
    assert one["order"] == [one["city"], 0]
    assert block["meta"]["service"] == one["services"][0]


def test_the_target_may_leave_zones_out():
    standard = dataclasses.replace(made_up_standard(), scope=("urban",))
    zones = grid_zones(2).assign(area_type=["urban", "rural", "urban", "rural"])
    content = made_up_content(zones)
    city = content.coverage[content.coverage["level"] == "city"]
    scope = city.assign(level="scope", zone="urban", name="urban")
    content = dataclasses.replace(
        content,
        standard=standard,
        coverage=pd.concat([content.coverage, scope], ignore_index=True),
    )
    block = block_of(content)
    (one,) = block["definitions"]
    assert one["in_scope"] == [True, False, True, False]
    assert one["rows"][one["head"]]["level"] == "scope"
    assert one["rows"][one["city"]]["level"] == "city"
    assert one["order"][:2] == [one["head"], one["city"]]
    assert block["zones"]["area"] == ["urban", "rural", "urban", "rural"]


def test_an_audited_place_is_written_with_its_legs():
    way = Explanation(
        place="</script>", service="health", facility="h", name="Clinic", minutes=3.0,
        access_m=20.5, path_m=170.25, facility_access_m=9.25, edge=7, fraction=0.5,
        path=shapely.LineString([(121.0, 31.0), (121.001, 31.0)]), path_minutes=2.5,
    )  # fmt: skip
    content = dataclasses.replace(
        made_up_content(grid_zones(1)), audit=(AuditedPlace(0, 121.0001, 31.0001, 3.75, way),)
    )
    (one,) = json.loads(script_json(block_of(content)))["audit"]
    assert unpacked_line(one.pop("path")) == [(12_100_000, 3_100_000), (12_100_100, 3_100_000)]
    assert one == {
        "row": 0, "service": "health", "id": "</script>", "lon": 121.0001, "lat": 31.0001,
        "name": "Clinic", "facility": "h", "access_m": 20.5, "path_m": 170.25,
        "facility_access_m": 9.25, "minutes": 3.75,
    }  # fmt: skip


def test_the_first_service_is_the_worst():
    content = made_up_content(grid_zones(2))
    (one,) = sheets_of(content)
    rates = {key: one.head.cells[key].rate for key in one.plain_services}
    assert math.isnan(rates["elderly"])
    del rates["elderly"]
    assert worst_service(one) == min(rates, key=rates.get)
