"""Completeness by hand, and against the rates that it must add up to."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from lifecircle.errors import InputError
from lifecircle.measured import measure
from lifecircle.rates import coverage
from lifecircle.standards import Service, Standard, Tier
from lifecircle.tiers import TIER_COLUMNS, completeness, services_reached
from lifecircle.travel import TravelTime
from tests.test_rates import DEFINITION, INF, NAN, cities, people, taken, zones_of

FIVE, FIFTEEN = Tier("five", "五分钟", "Five", 5.0), Tier("fifteen", "十五分钟", "Fifteen", 15.0)
STANDARD = Standard(
    "tiers", "", "", 0.85,
    (
        Service("centre", "卫生服务中心", "Health centre", 15, 0.85, tier="fifteen"),
        Service("station", "卫生服务站", "Health station", 5, 0.85, tier="five"),
        Service("nursery", "托儿所", "Nursery", 5, 0.85, tier="five"),
        Service("metro", "轨道站点", "Metro", 12, 0.85),
    ),
    tiers=(FIFTEEN, FIVE),
)  # fmt: skip


def row(table: pd.DataFrame, level: str, zone: str, tier: str) -> pd.Series:
    found = table[(table["level"] == level) & (table["zone"] == zone) & (table["tier"] == tier)]
    assert len(found) == 1
    return found.iloc[0]


def test_services_reached_by_hand() -> None:
    # Within its limit each place reaches, of centre 15, station 5, nursery 5, metro 12:
    #   a1 (60 persons): centre, station, nursery, metro -> 1 of 1, 2 of 2, 4 of 4
    #   a2 (30):         centre, nursery                 -> 1 of 1, 1 of 2, 2 of 4
    #   a3 (10):         nothing                         -> 0, 0, 0
    #   b  (100):        station, metro                  -> 0, 1, 2
    demand = people(["a", "a", "a", "b"], [60, 30, 10, 100])
    minutes = taken(
        demand,
        centre=[1, 15, 15.1, INF], station=[5, 6, INF, 4], nursery=[5, 2, 5.1, 9],
        metro=[12, 13, INF, 0],
    )  # fmt: skip
    zones = zones_of(a=("p", ""), b=("p", ""))
    table = completeness(minutes, demand, zones, STANDARD, DEFINITION)
    assert list(table.columns) == TIER_COLUMNS
    assert table["tier"].iloc[:3].tolist() == ["fifteen", "five", ""]
    told = ["services", "mean_reached", "share_none", "share_half", "share_complete"]

    def numbers(*key: str) -> list[float]:
        return row(table, *key)[told].tolist()

    # a: five: mean (60*2 + 30*1)/100; all: (60*4 + 30*2)/100
    assert numbers("zone", "a", "fifteen") == [1, 0.9, 0.1, 0.9, 0.9]
    assert numbers("zone", "a", "five") == [2, 1.5, 0.1, 0.9, 0.6]
    assert numbers("zone", "a", "") == [4, 3.0, 0.1, 0.9, 0.6]
    assert numbers("zone", "b", "five") == [2, 1.0, 0, 1, 0]
    assert numbers("zone", "b", "") == [4, 2.0, 0, 1, 0]
    # The city, of 200 people: five: (150 + 100)/200, complete 60/200, at least one of two 190/200.
    for level, label in (("city", ""), ("parent", "p")):
        assert numbers(level, label, "five") == [2, 1.25, 0.05, 0.95, 0.3]
    assert row(table, "city", "", "five")["demand"] == 200
    assert row(table, "city", "", "five")["minutes"] == 5
    assert np.isnan(row(table, "city", "", "")["minutes"])
    counts = services_reached(measure(minutes, demand, zones, STANDARD, DEFINITION))
    assert counts["five"].tolist() == [2, 1, 0, 1]
    assert counts[""].tolist() == [4, 2, 0, 2]


def test_a_large_centre_never_stands_in_for_a_small_one() -> None:
    # The centre is at the door, the station of the five-minute circle 6 minutes off, the nursery
    # nowhere: the fifteen-minute circle is complete, of the five-minute circle nothing is reached.
    demand = people(["a"], [10])
    table = completeness(
        taken(demand, centre=[0.0], station=[6.0], nursery=[INF]), demand, zones_of(a=("", "")),
        STANDARD, DEFINITION,
    )  # fmt: skip
    assert row(table, "zone", "a", "fifteen")["share_complete"] == 1
    five = row(table, "zone", "a", "five")
    assert (five["mean_reached"], five["share_none"], five["share_complete"]) == (0, 1, 0)
    # Nor does what is small and near help the large: the tests are independent both ways.
    table = completeness(
        taken(demand, centre=[16.0], station=[1.0], nursery=[1.0]), demand, zones_of(a=("", "")),
        STANDARD, DEFINITION,
    )  # fmt: skip
    assert row(table, "zone", "a", "five")["share_complete"] == 1
    assert row(table, "zone", "a", "fifteen")["share_none"] == 1


def test_only_services_with_data_are_counted() -> None:
    demand = people(["a", "a"], [1, 3])
    table = completeness(
        taken(demand, station=[1.0, 9.0]), demand, zones_of(a=("", "")), STANDARD, DEFINITION
    )
    five = row(table, "zone", "a", "five")
    assert (five["services"], five["services_of_tier"]) == (1, 2)
    assert (five["mean_reached"], five["share_complete"]) == (0.25, 0.25)
    fifteen = row(table, "zone", "a", "fifteen")
    assert (fifteen["services"], fifteen["services_of_tier"], fifteen["demand"]) == (0, 1, 4)
    assert fifteen[["mean_reached", "share_none", "share_half", "share_complete"]].isna().all()


def test_a_place_counts_by_the_limits_of_its_own_area() -> None:
    services = (
        Service("station", "", "", 5, 0.85, {"town": 10.0, "town:village": 20.0}, tier="five"),
    )
    rule = dataclasses.replace(STANDARD, services=services)
    demand = people(["a", "b", "b"], [1, 1, 1]).assign(kind=["", "", "village"])
    zones = zones_of(a=("", "urban"), b=("", "town"))
    table = completeness(taken(demand, station=[9.0, 9.0, 19.0]), demand, zones, rule, DEFINITION)
    assert row(table, "zone", "a", "five")["share_complete"] == 0
    assert row(table, "zone", "b", "five")["share_complete"] == 1


def test_places_off_the_streets_reach_nothing_and_zones_without_demand_say_nothing() -> None:
    demand = people(["a", "a"], [3, 1])
    table = completeness(
        taken(demand, station=[1.0, NAN]), demand, zones_of(a=("", ""), b=("", "")), STANDARD,
        DEFINITION,
    )  # fmt: skip
    assert row(table, "zone", "a", "five")["share_none"] == 0.25
    empty = row(table, "zone", "b", "five")
    assert empty["demand"] == 0
    assert np.isnan(empty["mean_reached"])


def test_who_counts_is_the_definitions_group_and_everybody_where_each_service_has_its_own() -> None:
    demand = people(["a", "a"], [10, 10], aged_60=[1.0, 3.0])
    minutes, zones = taken(demand, station=[1.0, 9.0]), zones_of(a=("", ""))
    rule = dataclasses.replace(
        STANDARD, services=(dataclasses.replace(STANDARD.services[1], group="aged_60"),)
    )
    for group, share in (("aged_60", 0.25), ("own", 0.5), ("", 0.5)):
        chosen = dataclasses.replace(DEFINITION, group=group)
        table = completeness(minutes, demand, zones, rule, chosen)
        assert row(table, "zone", "a", "five")["share_complete"] == share


def test_a_standard_without_tiers_has_all_its_services_only() -> None:
    demand = people(["a"], [1])
    rule = dataclasses.replace(STANDARD, tiers=())
    table = completeness(taken(demand, metro=[1.0]), demand, zones_of(a=("", "")), rule, DEFINITION)
    assert set(table["tier"]) == {""}


def test_limits_that_were_not_searched_are_refused() -> None:
    demand = people(["a"], [1])
    slow = dataclasses.replace(taken(demand, metro=[1.0]), search_minutes=14.0)
    with pytest.raises(InputError, match="search_minutes to at least 15"):
        completeness(slow, demand, zones_of(a=("", "")), STANDARD, DEFINITION)


@settings(max_examples=40, deadline=None)
@given(cities())
def test_the_mean_is_the_sum_of_the_rates_and_complete_is_all_at_once(
    city: tuple[TravelTime, pd.DataFrame, pd.DataFrame, Standard],
) -> None:
    minutes, demand, zones, rule = city
    table = completeness(minutes, demand, zones, rule, DEFINITION)
    rates = coverage(minutes, demand, zones, rule, DEFINITION)
    rate = {
        key: rates.loc[rates["service"] == key, "rate"].to_numpy()
        for key in ("health", "culture", "all")
    }
    mean = rate["health"] + rate["culture"]
    np.testing.assert_allclose(table["mean_reached"], mean, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(table["share_complete"], rate["all"], rtol=1e-12, atol=1e-12)
    assert not (table["share_complete"] > table["share_half"] + 1e-12).any()
    reaching_any = 1 - table["share_none"]
    assert not (np.maximum(rate["health"], rate["culture"]) > reaching_any + 1e-12).any()
