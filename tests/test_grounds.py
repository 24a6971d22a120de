"""What a project says may be off, and the columns it gives to a coverage table."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.analysis import Analysis
from lifecircle.certainty import BAND_SD
from lifecircle.definitions import OWN, Definition
from lifecircle.grounds import COLUMNS, Grounds, grounds_of, with_certainty
from lifecircle.measured import measure
from lifecircle.pipeline import analyse
from lifecircle.project.tables import Project
from lifecircle.rates import coverage_of
from lifecircle.standards import ALL, Service, Standard
from lifecircle.travel import TravelTime
from tests.conftest import CRS, points
from tests.messy import City

INF, NAN = np.inf, np.nan
PHI = NormalDist().cdf
METRES_PER_MINUTE = 1000 / 15
"""At 4 km/h."""


def project(
    facilities: list[dict[str, Any]] | None = None,
    demand: dict[str, Any] | None = None,
    **table: Any,
) -> Project:
    """A project with these layers and this `[confidence]`."""
    return Project.model_validate(
        {
            "schema": 1,
            "network": {"source": "streets.geojson"},
            "zones": {"source": "zones.geojson"},
            "demand": [{"name": "people", "source": "people.csv"} | (demand or {})],
            "facilities": facilities or [],
            "confidence": table,
        }
    )


def grounds(of: Project, places: Any = None, facilities: Any = None) -> Grounds:
    """What the project says of some places and facilities."""
    places = points([0.0], [0.0]) if places is None else places
    if facilities is None:
        facilities = pd.DataFrame({"facility": [], "layer": []})
    return grounds_of(of, of.demand[0], places, facilities, line=table_of([1.0]), crs=CRS)


def table_of(minutes: list[float], *, speed_kmh: float = 4.0, **columns: Any) -> TravelTime:
    """Minutes to health, by the facility `f`, with short access legs and far from any rim."""
    frame = pd.DataFrame({"health": np.asarray(minutes, float)})
    found = frame["health"].to_numpy()
    plain = TravelTime(
        minutes=frame,
        facility=pd.DataFrame({"health": np.where(np.isfinite(found), "f", "")}, dtype="str"),
        access_m=pd.Series(np.where(np.isnan(found), NAN, 10.0)),
        rim=pd.Series(INF, index=frame.index),
        cut_off=pd.DataFrame({"health": np.zeros(len(frame), bool)}),
        speed_kmh=speed_kmh,
        search_minutes=60.0,
    )
    return dataclasses.replace(plain, **columns)


# What the project says -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "usual", "expected"),
    [
        ({"source": "a.csv"}, None, 15.0),
        ({"source": "a.csv", "positions": "surveyed"}, None, 15.0),
        ({"source": "osm"}, None, 30.0),
        ({"source": "a.csv", "positions": "geocoded"}, None, 30.0),
        ({"source": "a.csv", "positions": "address"}, None, 100.0),
        # Someone looked after the coordinates of what came from OSM.
        ({"source": "osm", "positions": "surveyed"}, None, 15.0),
        # One error for all layers; a layer that says how it was found knows better.
        ({"source": "a.csv"}, 45.0, 45.0),
        ({"source": "osm"}, 0.0, 0.0),
        ({"source": "a.csv", "positions": "address"}, 45.0, 100.0),
    ],
)
def test_how_far_a_facility_is_off(layer: dict[str, Any], usual: float | None, expected: float):
    table = {} if usual is None else {"facility_m": usual}
    of = project([{"name": "clinics", "service": "health", **layer}], **table)
    listed = pd.DataFrame({"facility": ["a", "a", "b"], "layer": ["clinics"] * 3})
    known = grounds(of, facilities=listed)
    # Once for each facility, whatever its access points.
    assert known.facility_m.to_dict() == {"a": expected, "b": expected}


def test_each_layer_has_an_error_of_its_own_and_a_planned_site_none():
    of = project(
        [
            {"name": "list", "source": "list.csv", "service": "health", "positions": "address"},
            {"name": "map", "source": "osm"},
        ]
    )
    listed = pd.DataFrame({"facility": list("abc"), "layer": ["map", "list", "planned"]})
    assert grounds(of, facilities=listed).facility_m.to_dict() == {"a": 30.0, "b": 100.0, "c": 0.0}


@pytest.mark.parametrize(
    ("layer", "table", "expected"),
    [
        ({}, {}, 15.0),
        # A point of a square, along either axis: side / √12.
        ({"source": "grid:60"}, {}, 60 / math.sqrt(12)),
        ({"source": "grid:62.5"}, {}, 62.5 / math.sqrt(12)),
        ({"source": "land.geojson", "weight": "area"}, {}, 25 / math.sqrt(12)),
        ({"source": "land.geojson", "weight": "area", "spacing": 40}, {}, 40 / math.sqrt(12)),
        ({"source": "osm:residential_land", "spacing": 30}, {}, 30 / math.sqrt(12)),
        ({"source": "grid:60"}, {"demand_m": 7.0}, 7.0),
        ({}, {"demand_m": 0.0}, 0.0),
    ],
)
def test_how_far_a_place_is_off(layer: dict[str, Any], table: dict[str, Any], expected: float):
    assert grounds(project(demand=layer, **table)).demand_m == pytest.approx(expected)


def test_people_anywhere_in_a_cell_walk_so_much_more_or_less_than_from_its_centre():
    """Along either axis a cell's people spread by side / √12; along streets both are walked."""
    x = (np.arange(600) + 0.5) / 600 * 60 - 30
    walked = x[:, None] + x
    expected = math.sqrt(2) * grounds(project(demand={"source": "grid:60"})).demand_m
    assert walked.std() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("layer", "table", "expected"),
    [
        ({}, {}, 0.0),
        ({"source": "grid:50", "total": 1000}, {}, 0.5),
        ({"total": "people"}, {"allocation": "auto"}, 0.5),
        ({"total": "people"}, {"allocation": 0}, 0.0),
        ({}, {"allocation": 1}, 1.0),
        ({}, {"allocation": 0.3}, 0.3),
    ],
)
def test_people_are_unsure_where_a_total_was_spread(
    layer: dict[str, Any], table: dict[str, Any], expected: float
):
    assert grounds(project(demand=layer, **table)).allocation == expected


def test_lengths_are_off_by_two_percent_unless_the_project_says_otherwise():
    assert grounds(project()).network == 0.02
    assert grounds(project(network=0.0)).network == 0.0


def test_blocks_are_squares_of_500_m():
    # The town's corner is a corner of four squares: 500,000 and 3,430,000 are multiples of 500.
    x = [1, 499, 501, 1, -1, 499, 999]
    y = [1, 499, 1, 501, 1, 1, 499]
    block = grounds(project(), places=points(x, y)).block
    assert block.tolist() == [0, 0, 1, 2, 3, 0, 1]
    assert len(grounds(project(), places=points([], [])).block) == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.integers(-40_000, 40_000)] * 2), min_size=1, max_size=40))
def test_two_places_share_a_block_if_they_share_a_square(at: list[tuple[int, int]]):
    metres = np.array(at) + 0.5  # never on a border, where the last digit of a degree decides
    block = grounds(project(), places=points(*metres.T)).block
    square = np.floor(metres / 500)
    same = (square[:, None] == square).all(axis=2)
    np.testing.assert_array_equal(block[:, None] == block, same)
    # Numbered without gaps.
    assert set(block) == set(range(block.max() + 1))


# The columns ---------------------------------------------------------------------------------

ZONES = pd.DataFrame(
    {"name": ["A", "B"], "parent": "P", "area_type": ["urban", "town"]},
    index=pd.Index(["a", "b"], name="zone"),
)
HEALTH = Service("health", "卫生", "Health", 15.0, 0.85)


def standard(*services: Service, together: tuple[str, ...] = ()) -> Standard:
    return Standard("own", "", "", 0.85, services or (HEALTH,), all=together)


def places(zones: str, weight: list[float] | None = None) -> pd.DataFrame:
    """A place for each letter, `-` outside all zones."""
    zone = ["(outside)" if letter == "-" else letter for letter in zones]
    return pd.DataFrame({"id": [str(i) for i in range(len(zone))], "zone": zone}).assign(
        weight=1.0 if weight is None else weight
    )


def known(count: int, **said: Any) -> Grounds:
    """Nothing off, straight lines of 700 m, all places in one block."""
    plain = Grounds(
        line=table_of([10.5] * count),
        facility_m=pd.Series({"f": 0.0, "g": 0.0}),
        demand_m=0.0,
        network=0.0,
        allocation=0.0,
        block=np.zeros(count, np.int64),
    )
    return dataclasses.replace(plain, **said)


def judged(
    taken: TravelTime,
    demand: pd.DataFrame,
    said: Grounds,
    *,
    rule: Standard | None = None,
    **definition: Any,
) -> pd.DataFrame:
    """The coverage table with its certainty; all else must be as it was."""
    by = Definition("people", "people", **definition)
    measured = measure(taken, demand, ZONES, rule or standard(), by)
    plain = coverage_of(measured, ZONES)
    before = plain.copy()
    table = with_certainty(plain, measured, ZONES, said)
    pd.testing.assert_frame_equal(plain, before)
    pd.testing.assert_frame_equal(table.drop(columns=COLUMNS), plain.drop(columns=COLUMNS))
    assert list(table.columns) == list(plain.columns)
    return table


def row(table: pd.DataFrame, level: str = "city", zone: str = "", service: str = "health") -> Any:
    at = table["level"].eq(level) & table["zone"].eq(zone) & table["service"].eq(service)
    [found] = table[at].to_dict("records")
    return found


def test_every_level_has_the_band_of_its_own_places():
    """Six places at 4 km/h; the limit is 1,000 m; unsnapped are one in b and one outside."""
    taken = table_of([5, 5, 20, 5, NAN, NAN])
    table = judged(taken, places("aabbb-"), known(6, line=table_of([30.0] * 6)))
    bands = {
        (level, zone): (row(table, level, zone)["rate_low"], row(table, level, zone)["rate_high"])
        for level, zone in [
            ("zone", "a"), ("zone", "b"), ("parent", "P"), ("area_type", "urban"),
            ("area_type", "town"), ("city", ""), ("outside", "(outside)"),
        ]
    }  # fmt: skip
    # Lines of 2,000 m: nothing more than what is covered can be.
    assert bands == {
        ("zone", "a"): (1, 1),
        ("zone", "b"): (pytest.approx(1 / 3), pytest.approx(1 / 3)),
        ("parent", "P"): (0.6, 0.6),
        ("area_type", "urban"): (1, 1),
        ("area_type", "town"): (pytest.approx(1 / 3), pytest.approx(1 / 3)),
        ("city", ""): (0.6, 0.6),
        ("outside", "(outside)"): (0, 0),
    }
    # The same lines at twice the speed take half the minutes.
    fast = table_of([15.0 - 0.1] * 6, speed_kmh=8.0)
    assert row(judged(taken, places("aabbb-"), known(6, line=fast)))["rate_high"] == 0.6
    # With short lines who is not on the streets may be covered.
    table = judged(taken, places("aabbb-"), known(6))
    assert row(table, "zone", "b")["rate_high"] == pytest.approx(2 / 3)
    assert row(table)["rate_high"] == pytest.approx(0.8)
    assert row(table, "outside", "(outside)")["rate_high"] == 1.0


def test_a_scope_has_a_band_of_its_own():
    rule = dataclasses.replace(standard(), scope=("urban",))
    table = judged(table_of([5, NAN, 5, 20]), places("aabb"), known(4), rule=rule)
    assert (row(table)["rate"], row(table)["rate_high"]) == (0.5, 0.75)
    scope = row(table, "scope", "urban")
    assert (scope["rate"], scope["rate_high"], scope["certainty"]) == (0.5, 1.0, "undecided")
    # No target holds for the town: a band, and nothing to be decided.
    town = row(table, "zone", "b")
    assert (town["rate_low"], town["rate_high"]) == (0.5, 0.5)
    assert (town["certainty"], town["undecided_by"]) == ("", "")


def test_what_has_no_rate_has_no_band_and_what_has_no_target_no_verdict():
    rule = standard(
        HEALTH, Service("gym", "", "", 15.0, 0.85), dataclasses.replace(HEALTH, key="sports"),
        together=("health", "gym"),
    )  # fmt: skip
    taken = table_of([5, 20])
    taken = dataclasses.replace(
        taken,
        **{
            name: getattr(taken, name).assign(sports=getattr(taken, name)["health"])
            for name in ("minutes", "facility", "cut_off")
        },
    )
    line = table_of([10.5] * 2)
    line = dataclasses.replace(line, minutes=line.minutes.assign(sports=10.5))
    rule = dataclasses.replace(
        rule, services=(*rule.services[:2], dataclasses.replace(rule.services[2], target=NAN))
    )
    table = judged(taken, places("aa"), known(2, line=line), rule=rule)
    empty = table[table["service"].isin(["gym", ALL]) | table["zone"].eq("b")]
    assert len(empty) > 4
    assert empty[["rate_low", "rate_high"]].isna().all(axis=None)
    assert (empty[["certainty", "undecided_by"]] == "").all(axis=None)
    without = row(table, service="sports")
    assert (without["rate_low"], without["rate_high"], without["certainty"]) == (0.5, 0.5, "")
    assert row(table)["certainty"] == "clear"


def test_a_definition_of_own_groups_has_no_band_for_all_at_once():
    rule = standard(HEALTH, together=("health",))
    table = judged(table_of([5, 5]), places("aa"), known(2), rule=rule, group=OWN)
    both = row(table, service=ALL)
    assert np.isnan([both["rate_low"], both["rate_high"]]).all()
    assert row(table)["rate_low"] == 1.0


def test_metres_are_those_of_the_speed_that_applies():
    """A facility off by 50 m, √2 of it on foot: how far within the limit is the only place?"""
    off_m = 50 * math.sqrt(2)
    said = known(1, facility_m=pd.Series({"f": 50.0}))

    def spread(taken: TravelTime, **definition: Any) -> float:
        found = row(judged(taken, places("a"), said, **definition))
        return float(1 - found["rate_low"]) / BAND_SD

    # The place changes sides with 1 − Φ(metres within / error): the spread is its root.
    one_minute = METRES_PER_MINUTE / off_m
    assert spread(table_of([14])) == pytest.approx(math.sqrt(1 - PHI(one_minute)))
    # At 5 km/h 15 minutes are 1,250 m, and the place stands where it stood: at 1,120 m.
    within = (1250 - 16.8 * METRES_PER_MINUTE) / off_m
    assert spread(table_of([16.8]), speed_kmh=5.0) == pytest.approx(math.sqrt(1 - PHI(within)))
    # On a bicycle, three times as fast, a minute within the limit is 200 m.
    cycled = table_of([14], speeds={"health": pd.Series([12.0])})
    assert spread(cycled) == pytest.approx(math.sqrt(1 - PHI(3 * one_minute)))


def test_straight_lines_have_no_streets_that_could_be_longer():
    """The same minutes along streets and as the crow flies, 40 m within the limit."""
    minutes = [14.4]
    straight = table_of(minutes, search_minutes=INF)
    bias = known(1, network=0.1)
    assert row(judged(straight, places("a"), bias, metric="radius"))["rate_low"] == 1.0
    assert row(judged(table_of(minutes), places("a"), bias))["rate_low"] < 0.5
    # A metre off is a metre off, not √2 of it: 40 m are 0.8 of an error of 50 m.
    off = known(1, facility_m=pd.Series({"f": 50.0}))
    sd = (1 - row(judged(straight, places("a"), off, metric="radius"))["rate_low"]) / BAND_SD
    assert sd == pytest.approx(math.sqrt(1 - PHI(0.8)))


def test_a_service_measured_in_a_straight_line_has_no_streets_either():
    """Both services 40 m within their limit; the standard measures health in a straight line."""
    taken, line = both_services([14.4], [14.4])
    rule = standard(
        dataclasses.replace(HEALTH, metric="radius"), dataclasses.replace(HEALTH, key="metro"),
        together=("health", "metro"),
    )  # fmt: skip
    bias = known(1, line=line, network=0.1)
    table = judged(taken, places("a"), bias, rule=rule)
    low = table[table["level"] == "city"].set_index("service")["rate_low"]
    assert low["health"] == 1.0
    # 40 m of the 960 that are walked are 0.42 errors of 10 %.
    expected = 1 - BAND_SD * math.sqrt(1 - PHI(40 / 96))
    assert low["metro"] == pytest.approx(expected)
    # Nor do gates stand in its way.
    gated = dataclasses.replace(line, minutes=line.minutes + 5)
    said = known(1, line=line, gated=gated, gated_method="walk")
    table = judged(taken, places("a"), said, rule=rule)
    low = table[table["level"] == "city"].set_index("service")["rate_low"]
    assert low.to_dict() == {"health": 1.0, "metro": 0.0, ALL: 0.0}


def test_of_all_at_once_only_who_walks_to_the_hardest_has_the_bias_of_the_streets():
    # 40 m within each limit: place 0 has health, in a straight line, as the hardest; 1 has metro.
    taken, line = both_services([14.4, 5], [5, 14.4])
    rule = standard(
        dataclasses.replace(HEALTH, metric="radius"), dataclasses.replace(HEALTH, key="metro"),
        together=("health", "metro"),
    )  # fmt: skip
    table = judged(taken, places("aa"), known(2, line=line, network=0.1), rule=rule)
    expected = 1 - BAND_SD * math.sqrt(1 - PHI(40 / 96)) / 2
    assert row(table, service=ALL)["rate_low"] == pytest.approx(expected)


@pytest.mark.parametrize("mode", ["cycle", "walk|cycle"])
def test_gates_on_foot_say_nothing_of_a_service_reached_otherwise(mode: str):
    # Cycled 2,800 m in 14 minutes; on foot, by gates, 50 minutes.
    rule = standard(dataclasses.replace(HEALTH, mode=mode))
    taken = table_of([14, 14], speeds={"health": pd.Series([12.0, 12.0])})
    said = known(2, gated=table_of([50, 50]), gated_method="walk")
    assert row(judged(taken, places("ab"), said, rule=rule))["rate_low"] == 1.0
    # In the town only: the other place walks, and leaves by its gate.
    rule = standard(dataclasses.replace(HEALTH, mode_by_area={"town": mode}))
    table = judged(taken, places("ab"), said, rule=rule)
    assert (row(table, "zone", "a")["rate_low"], row(table, "zone", "b")["rate_low"]) == (0.0, 1.0)


def test_gates_are_walked_at_the_speed_of_those_a_service_is_for():
    # 12 minutes at 4 km/h are 16 at 3 km/h: the old no longer make it by the gate.
    taken = table_of([14, 14], speeds={"health": pd.Series([3.0, 4.0])})
    said = known(2, gated=table_of([12, 12]), gated_method="walk")
    table = judged(taken, places("ab"), said)
    assert (row(table, "zone", "a")["rate_low"], row(table, "zone", "b")["rate_low"]) == (0.0, 1.0)


def test_who_is_just_within_the_limit_is_so_through_a_gate_too():
    taken = table_of([15 + 5e-7])
    said = known(1, gated=taken, gated_method="walk")
    assert row(judged(taken, places("a"), said))["rate_low"] == 1.0


def test_a_place_that_leaves_by_a_gate_only_lowers_the_lower_bound_alone():
    # Place 1 is covered only if it may leave its compound anywhere, place 3 in neither case.
    taken, gated = table_of([5, 5, 5, 20]), table_of([5, 16, 14, 25])
    free = row(judged(taken, places("aaaa"), known(4)))
    closed = row(judged(taken, places("aaaa"), known(4, gated=gated, gated_method="walk")))
    assert (free["rate_low"], free["rate_high"]) == (0.75, 0.75)
    assert (closed["rate_low"], closed["rate_high"]) == (0.5, 0.75)
    # Minutes through gates are walked at the definition's speed: 16 at 4 km/h are 12.8 at 5.
    said = known(4, gated=gated, gated_method="walk")
    assert row(judged(taken, places("aaaa"), said, speed_kmh=5.0))["rate_low"] == 0.75
    # Whoever does not walk, or goes in a straight line, is not stopped by them.
    assert row(judged(taken, places("aaaa"), said, mode="cycle"))["rate_low"] == 0.75
    assert row(judged(taken, places("aaaa"), said, steps="avoid"))["rate_low"] == 0.75
    straight = dataclasses.replace(taken, search_minutes=INF)
    assert row(judged(straight, places("aaaa"), said, metric="radius"))["rate_low"] == 0.75


def test_gates_alone_leave_a_rate_undecided_by_gates():
    taken = table_of([5] * 9 + [20])
    gated = table_of([5] * 8 + [20, 20])
    said = known(10, gated=gated, gated_method="walk", line=table_of([30.0] * 10))
    found = row(judged(taken, places("a" * 10), said))
    assert (found["status"], found["certainty"], found["undecided_by"]) == (
        "pass", "undecided", "gates",
    )  # fmt: skip


def both_services(health: list[float], metro: list[float]) -> tuple[TravelTime, TravelTime]:
    """Minutes to two services, of facilities f and g, and the same in a straight line."""
    minutes = pd.DataFrame({"health": health, "metro": metro}, dtype=float)
    facility = pd.DataFrame({"health": "f", "metro": "g"}, index=minutes.index, dtype="str")
    facility = facility.where(np.isfinite(minutes), "")
    taken = dataclasses.replace(
        table_of(health), minutes=minutes, facility=facility, cut_off=minutes < 0
    )
    return taken, dataclasses.replace(taken, minutes=minutes.fillna(5.0))


BOTH = standard(
    HEALTH, dataclasses.replace(HEALTH, key="metro", minutes=12.0), together=("health", "metro")
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(*[st.floats(1, 30) | st.just(INF)] * 2), min_size=1, max_size=20),
    st.sampled_from([0.0, 15.0, 100.0]),
    st.sampled_from([0.0, 15.0]),
    st.sampled_from([0.0, 0.02]),
    st.sampled_from([0.0, 0.5]),
)
def test_all_at_once_is_consistent_with_its_services(minutes, facility_m, demand_m, network, tau):
    taken, line = both_services(*map(list, zip(*minutes, strict=True)))
    count = len(minutes)
    said = known(
        count, line=line, facility_m=pd.Series({"f": facility_m, "g": facility_m}),
        demand_m=demand_m, network=network, allocation=tau, block=np.arange(count) % 3,
    )  # fmt: skip
    demand = places("".join("ab-"[i % 3] for i in range(count)))
    table = judged(taken, demand, said, rule=BOTH)
    bands = table[table["rate"].notna()]
    assert (bands["rate_low"] <= bands["rate"] + 1e-12).all()
    assert (bands["rate"] <= bands["rate_high"] + 1e-12).all()
    assert bands["rate_low"].ge(0).all()
    assert bands["rate_high"].le(1 + 1e-12).all()
    # No more can be within reach of both than of either in a straight line.
    wide = bands.pivot_table(index=["level", "zone"], columns="service", values="rate")
    assert (wide[ALL] <= wide[["health", "metro"]].min(axis=1) + 1e-12).all()
    exact = judged(taken, demand, known(count, line=line), rule=BOTH)
    exact = exact[exact["rate"].notna()]
    pd.testing.assert_series_equal(exact["rate_low"], exact["rate"], check_names=False)
    high = exact.pivot_table(index=["level", "zone"], columns="service", values="rate_high")
    assert (high[ALL] <= high[["health", "metro"]].min(axis=1) + 1e-12).all()


def test_all_at_once_of_one_service_has_its_band():
    taken, line = both_services([14.5, 15.2, 20, NAN, 3], [1, 1, 1, 1, 1])
    rule = dataclasses.replace(BOTH, all=("health",))
    said = known(5, line=line, facility_m=pd.Series({"f": 30.0, "g": 1.0}), network=0.02)
    table = judged(taken, places("aabb-"), said, rule=rule)
    alone, together = (
        table[table["service"] == key].reset_index(drop=True)[["rate", *COLUMNS]]
        for key in ("health", ALL)
    )
    pd.testing.assert_frame_equal(alone, together)


# Whole runs ----------------------------------------------------------------------------------


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path / "city")


def run(city: City, *overrides: str) -> Analysis:
    return analyse(city.project, overrides=overrides)


def test_switched_off_the_columns_are_empty_and_nothing_else_differs(city: City):
    on, off = (run(city, *how).coverage for how in ((), ("confidence.off=true",)))
    assert off[["rate_low", "rate_high"]].isna().all(axis=None)
    assert (off[["certainty", "undecided_by"]] == "").all(axis=None)
    assert on["rate_low"].notna().any()
    assert (on["certainty"] != "").any()
    pd.testing.assert_frame_equal(on.drop(columns=COLUMNS), off.drop(columns=COLUMNS))


def test_a_run_bounds_its_rates_by_what_the_project_says(city: City):
    """By hand: clinic B may be off by 100 m, 141 m on foot, and nothing else.

    To B, 5 m off the street, 0002 walks 605 m and 0004 1,105 m of the 1,000 m allowed: 2.79 errors
    within and 0.74 beyond; 0001 and 0003 are farther from the limit than 3.5 errors. Sides change
    together: 0002 (60 persons) with q = 1 − Φ(2.79), 0004 (200) with p = Φ(−0.74). 0004 is
    1,100 m away in a straight line: only what stands beyond the rim, 100 m off, may serve it.
    """
    only = ("confidence.facility_m=100", "confidence.demand_m=0", "confidence.network=0")
    table = run(city, *only).coverage
    off_m = 100 * math.sqrt(2)
    q, p = 1 - PHI(395 / off_m), PHI(-105 / off_m)
    # Nobody moves; B is nearer by 0.74 errors (both covered); B is farther by 2.79 (neither).
    west = 60 * math.sqrt(q)
    both = math.sqrt(200**2 * p + 60**2 * q)
    rows = table[table["service"] == "health"].set_index(["level", "zone"])
    for at, rate, sd in (
        (("zone", "010101"), 1.0, west / 160),
        (("zone", "010102"), 40 / 240, 200 * math.sqrt(p) / 240),
        (("city", ""), 0.5, both / 400),
    ):
        found = rows.loc[at]
        assert found["rate"] == pytest.approx(rate)
        assert found["rate_low"] == pytest.approx(max(0, rate - BAND_SD * sd), abs=1e-4)
        assert found["rate_high"] == pytest.approx(1.0)
    # 100 % less 3 points passes surely; but for the rim 50 % and less could not pass.
    health = rows.loc[[("zone", "010101"), ("zone", "010102"), ("city", "")]]
    assert health["rim_exposed"].tolist() == [0, 200, 200]
    assert health["certainty"].tolist() == ["clear", "undecided", "undecided"]
    assert health["undecided_by"].tolist() == ["", "rim", "rim"]


def test_an_error_of_nothing_leaves_the_rates_alone(city: City):
    nothing = [f"confidence.{name}=0" for name in ("facility_m", "demand_m", "network")]
    table = run(city, *nothing, "confidence.allocation=0").coverage
    table = table[table["rate"].notna()]
    pd.testing.assert_series_equal(table["rate_low"], table["rate"], check_names=False)
    # 0004 alone, beyond reach in the east, may be served from beyond the rim: its street's end.
    assert table["rate_high"].tolist() == pytest.approx([1.0] * len(table))
