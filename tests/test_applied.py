"""The minutes that a definition applies, put together by hand from small tables."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from lifecircle.applied import applied_time, areas_of
from lifecircle.definitions import Definition
from lifecircle.errors import InputError
from lifecircle.rates import coverage
from lifecircle.standards import Group, Service, Standard
from lifecircle.travel import TravelTime

INF, NAN = np.inf, np.nan

ZONES = pd.DataFrame(
    {"name": ["A", "B"], "parent": "", "area_type": ["urban", "town"]},
    index=pd.Index(["a", "b"], name="zone"),
)
# Two places in the urban zone, a neighbourhood and a village in the town, one outside.
DEMAND = pd.DataFrame(
    {
        "id": list("12345"),
        "zone": ["a", "a", "b", "b", "(outside)"],
        "weight": [10.0, 20.0, 30.0, 40.0, 5.0],
        "aged_60": [1.0, 2.0, 3.0, 4.0, 0.5],
        "kind": ["", "", "neighbourhood", "village", ""],
    }
)


def table(minutes: list[float], *, speed_kmh: float, rim: float = INF) -> TravelTime:
    """Minutes to health, by a facility that tells the speed."""
    frame = pd.DataFrame({"health": minutes})
    return TravelTime(
        minutes=frame,
        facility=pd.DataFrame({"health": [f"f{speed_kmh:g}"] * len(minutes)}, dtype="str"),
        access_m=pd.Series(np.where(np.isnan(minutes), NAN, 10.0)),
        rim=pd.Series(rim, index=frame.index),
        cut_off=pd.DataFrame({"health": [False] * len(minutes)}),
        speed_kmh=speed_kmh,
        search_minutes=30.0,
    )


WALK = table([5.0, 20.0, 20.0, 28.0, INF], speed_kmh=4.0)
CYCLE = table([4.0, 8.0, 9.0, NAN, 12.0], speed_kmh=12.0, rim=20.0)
RADIUS = dataclasses.replace(table([3, 9, 10, 11, 12], speed_kmh=4.0), search_minutes=INF)
MEASURED = {"walk": WALK, "cycle": CYCLE, "radius": RADIUS}


def standard(**health: object) -> Standard:
    service = Service("health", "卫生", "Health", 15.0, 0.85, **health)  # type: ignore[arg-type]
    return Standard("own", "", "", 0.85, (service,))


def applied(rule: Standard, definition: Definition) -> TravelTime:
    return applied_time(MEASURED, areas_of(DEMAND, ZONES), rule, definition)


def test_one_way_for_everything_is_the_table_itself():
    assert applied(standard(), Definition("d", "people")) is WALK
    assert applied(standard(), Definition("d", "people", metric="radius")) is RADIUS


def test_an_area_type_may_cycle_and_a_kind_of_place_in_it_walk():
    rule = standard(mode_by_area={"town": "cycle", "town:neighbourhood": "walk"})
    taken = applied(rule, Definition("d", "people"))
    # Urban and outside walk, the neighbourhood of the town walks, its village cycles: unsnapped.
    assert taken.minutes["health"].tolist()[:3] == [5.0, 20.0, 20.0]
    assert np.isnan(taken.minutes["health"][3])
    assert taken.facility["health"].tolist() == ["f4", "f4", "f4", "f12", "f4"]
    assert taken.rim_of("health").tolist() == [INF, INF, INF, 20.0, INF]


def test_the_faster_of_two_modes_counts_and_what_only_one_knows():
    taken = applied(standard(mode="walk|cycle"), Definition("d", "people"))
    assert taken.minutes["health"].tolist() == [4.0, 8.0, 9.0, 28.0, 12.0]
    assert taken.facility["health"].tolist() == ["f12", "f12", "f12", "f4", "f12"]
    assert taken.rim_of("health").tolist() == [20.0] * 5


def test_a_slower_walker_does_not_cycle_slower():
    taken = applied(
        standard(mode="walk|cycle"), Definition("d", "people", mode="walk", speed_kmh=2.0)
    )
    # Walking at half the speed takes 10, 40, 40, 56; cycling stays.
    assert taken.minutes["health"].tolist() == [4.0, 8.0, 9.0, 56.0, 12.0]
    assert taken.search_minutes == 30.0


def test_a_service_in_a_straight_line_beside_walks():
    rule = standard(metric="radius")
    taken = applied(rule, Definition("d", "people"))
    assert taken.minutes["health"].tolist() == [3, 9, 10, 11, 12]


def test_limits_in_metres_hold_at_any_speed():
    # 800 m are 12 minutes at 4 km/h: the first four straight lines of 3, 9, 10, 11 minutes.
    rule = standard(metric="radius", metres=800.0)
    for speed in (4.0, 2.0):
        definition = Definition("d", "people", speed_kmh=speed)
        taken = applied(rule.at_pace(speed), definition)
        rows = coverage(taken, DEMAND, ZONES, rule.at_pace(speed), definition)
        assert rows.set_index("level").loc["city", "covered"] == 100.0


def test_own_groups_count_their_people_at_their_speed():
    rule = dataclasses.replace(
        standard(group="aged_60"), groups=(Group("aged_60", "", "", speed_kmh=3.0),)
    )
    definition = Definition("d", "people", group="own")
    taken = applied(rule, definition)
    # A third longer: 6.67, 26.67, 26.67, 37.33.
    np.testing.assert_allclose(taken.minutes["health"][:2], [20 / 3, 80 / 3])
    rows = coverage(taken, DEMAND, ZONES, rule, definition).set_index(["level", "zone"])
    assert rows.loc[("city", ""), "demand"] == 10.0
    assert rows.loc[("city", ""), "covered"] == 1.0
    assert rows.loc[("outside", "(outside)"), "demand"] == 0.5


def test_rates_by_area_use_the_limit_and_mode_of_each_place():
    rule = standard(
        mode_by_area={"town:village": "walk|cycle"},
        minutes_by_area={"town": 20.0, "town:village": 28.0},
    )
    definition = Definition("d", "people")
    rows = coverage(applied(rule, definition), DEMAND, ZONES, rule, definition)
    rows = rows.set_index(["level", "zone"])
    # Urban: 5 of 15 minutes, 20 misses. Town: 20 within 20, the village's 28 within 28.
    assert rows.loc[("zone", "a"), ["covered", "minutes", "mode"]].tolist() == [10.0, 15.0, "walk"]
    assert rows.loc[("zone", "b"), "covered"] == 70.0
    assert np.isnan(rows.loc[("zone", "b"), "minutes"])
    assert rows.loc[("zone", "b"), "mode"] == ""
    assert rows.loc[("city", ""), "covered"] == 80.0


def test_the_scope_has_a_sum_of_its_own_and_the_city_stays_whole():
    rule = dataclasses.replace(standard(), scope=("urban",))
    definition = Definition("d", "people")
    rows = coverage(WALK, DEMAND, ZONES, rule, definition).set_index(["level", "zone"])
    assert rows.loc[("city", ""), "demand"] == 100.0
    assert rows.loc[("scope", "urban"), ["demand", "covered"]].tolist() == [30.0, 10.0]
    assert rows.loc[("zone", "b"), "status"] == "not in scope"
    assert rows.loc[("scope", "urban"), "status"] == "fail"


def test_free_labels_roll_up_and_follow_the_kind_they_are():
    zones = ZONES.assign(area_type=["嘉定新城", "town"], area_kind=["new_town", "town"])
    rule = standard(minutes_by_area={"new_town": 20.0})
    rows = coverage(WALK, DEMAND, zones, rule, Definition("d", "people"))
    rows = rows.set_index(["level", "zone"])
    assert rows.loc[("area_type", "嘉定新城"), ["minutes", "covered"]].tolist() == [20.0, 30.0]


def test_a_standard_without_target_judges_nobody():
    rule = Standard("own", "", "", NAN, (Service("health", "", "", 15.0, NAN),))
    rows = coverage(WALK, DEMAND, ZONES, rule, Definition("d", "people"))
    assert set(rows["status"]) == {"not in scope"}
    assert rows["gap"].isna().all()
    assert rows.set_index("level").loc["city", "rate"] == 0.1


def test_a_limit_beyond_the_search_of_one_mode_is_refused():
    rule = standard(mode="walk|cycle", minutes_by_area={"town": 40.0})
    definition = Definition("d", "people")
    with pytest.raises(InputError, match="40 minutes at 4 km/h lies beyond the 30"):
        coverage(applied(rule, definition), DEMAND, ZONES, rule, definition)


def test_straight_lines_by_several_modes_are_as_fast_as_the_definition_says():
    # 4 km/h walked straight in 3, 9, 10, 11, 12 minutes: at 2 km/h twice as long, at 12 a third
    definition = Definition(
        "d", "people", mode="walk|cycle", metric="radius", speed_kmh=2.0, other_speeds_kmh=(12.0,)
    )
    taken = applied(standard(), definition)
    assert taken.minutes["health"].tolist() == pytest.approx([1, 3, 10 / 3, 11 / 3, 4])
    slow = dataclasses.replace(definition, other_speeds_kmh=(1.0,))
    assert applied(standard(), slow).minutes["health"].tolist() == [6, 18, 20, 22, 24]


def test_a_straight_line_by_the_mode_of_an_area_has_that_mode_s_speed():
    rule = standard(mode_by_area={"town": "cycle"})
    taken = applied(rule, Definition("d", "people", metric="radius"))
    # the town's two places by bicycle, three times as fast
    assert taken.minutes["health"].tolist() == pytest.approx([3, 9, 10 / 3, 11 / 3, 12])
