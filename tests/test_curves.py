"""The whole curve of every zone: shares by hand, the minutes at the target by brute force."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.curves import CURVE_KEYS, coverage_curves
from lifecircle.errors import InputError
from lifecircle.rates import coverage
from lifecircle.standards import Service, Standard
from lifecircle.travel import TravelTime
from tests.test_rates import (
    DEFINITION,
    INF,
    NAN,
    cities,
    people,
    row,
    standard,
    taken,
    zones_of,
)

City = tuple[TravelTime, pd.DataFrame, pd.DataFrame, Standard]


def shares(found: pd.Series, *minutes: int) -> list[float]:
    """The curve's values at these minutes."""
    return [found[f"share_{limit}"] for limit in minutes]


def test_shares_and_the_minutes_at_target_by_hand() -> None:
    # a: 60 of 100 within 5 minutes, 85 within 15, all within 15.1; b: nobody, ever.
    demand = people(["a", "a", "a", "b"], [60, 25, 15, 10])
    table = coverage_curves(
        taken(demand, health=[5.0, 15.0, 15.1, INF]),
        demand, zones_of(a=("p", "urban"), b=("p", "rural")), standard(health=15), DEFINITION,
    )  # fmt: skip
    assert list(table.columns) == [
        *CURVE_KEYS, "minutes_at_target", *(f"share_{minute}" for minute in range(31)),
    ]  # fmt: skip
    a = row(table, "zone", "a", "health")
    assert shares(a, 0, 4, 5, 14, 15, 16, 30) == [0, 0, 0.6, 0.6, 0.85, 1, 1]
    assert (a["minutes"], a["demand"], a["target"], a["minutes_at_target"]) == (15, 100, 0.85, 15)
    b = row(table, "zone", "b", "health")
    assert shares(b, 0, 30) == [0, 0]
    assert np.isnan(b["minutes_at_target"])
    # All together 85 of 110 within 15 minutes, 100 of 110 within 15.1: 85 % need 93.5.
    for level, label in (("parent", "p"), ("city", "")):
        both = row(table, level, label, "health")
        assert shares(both, 5, 15, 16) == [60 / 110, 85 / 110, 100 / 110]
        assert both["minutes_at_target"] == 15.1
    assert row(table, "area_type", "urban", "health")["minutes_at_target"] == 15


def test_the_roll_up_is_of_people_and_no_average_of_zones() -> None:
    # a: its 90 within 1 minute; b: its 10 within 9. The mean of the zones' minutes would be 5.
    demand = people(["a", "b"], [90, 10])
    table = coverage_curves(
        taken(demand, health=[1.0, 9.0]), demand, zones_of(a=("", ""), b=("", "")),
        standard(health=15), DEFINITION,
    )  # fmt: skip
    city = row(table, "city", "", "health")
    assert shares(city, 0, 1, 8, 9) == [0, 0.9, 0.9, 1]
    assert city["minutes_at_target"] == 1


def test_demand_off_the_streets_counts_as_never_reached() -> None:
    # 80 of 100 are on the streets: 85 % are never reached, 80 % are within 7 minutes.
    demand = people(["a", "a", "a"], [50, 30, 20])
    minutes = taken(demand, health=[2.0, 7.0, NAN])
    zones = zones_of(a=("", ""))
    a = row(coverage_curves(minutes, demand, zones, standard(health=15), DEFINITION),
            "zone", "a", "health")  # fmt: skip
    assert shares(a, 7, 30) == [0.8, 0.8]
    assert np.isnan(a["minutes_at_target"])
    lower = dataclasses.replace(standard(health=15), services=(Service("health", "", "", 15, 0.8),))
    table = coverage_curves(minutes, demand, zones, lower, DEFINITION)
    assert row(table, "zone", "a", "health")["minutes_at_target"] == 7


def test_what_was_not_searched_is_unknown() -> None:
    demand = people(["a", "a"], [50, 50])
    minutes = dataclasses.replace(taken(demand, health=[2.0, 20.3]), search_minutes=20.5)
    table = coverage_curves(minutes, demand, zones_of(a=("", "")), standard(health=15), DEFINITION)
    a = row(table, "zone", "a", "health")
    assert shares(a, 2, 20) == [0.5, 0.5]
    assert np.isnan(shares(a, 21, 22, 30)).all()
    assert a["minutes_at_target"] == 20.3  # between the last known share and the end of the search


def test_the_minutes_at_target_need_no_share_near_them() -> None:
    demand = people(["a", "a"], [50, 50])
    table = coverage_curves(
        taken(demand, health=[2.0, 17.25]), demand, zones_of(a=("", "")), standard(health=15),
        DEFINITION, minutes=[10, 5],
    )  # fmt: skip
    a = row(table, "zone", "a", "health")
    assert [name for name in table if name.startswith("share_")] == ["share_5", "share_10"]
    assert shares(a, 5, 10) == [0.5, 0.5]
    assert a["minutes_at_target"] == 17.25


def test_another_speed_stretches_the_curve_and_the_search() -> None:
    # 4 minutes at 4 km/h are 5 at 3.2 km/h and 2 at 8 km/h; 30 searched are 37.5 and 15.
    demand = people(["a", "a"], [90, 10])
    minutes, zones = taken(demand, health=[4.0, 24.0]), zones_of(a=("", ""))
    slow = dataclasses.replace(DEFINITION, speed_kmh=3.2)
    a = row(coverage_curves(minutes, demand, zones, standard(health=15), slow),
            "zone", "a", "health")  # fmt: skip
    assert shares(a, 4, 5, 29, 30) == [0, 0.9, 0.9, 1]
    assert a["minutes_at_target"] == 5
    fast = dataclasses.replace(DEFINITION, speed_kmh=8.0)
    a = row(coverage_curves(minutes, demand, zones, standard(health=15), fast),
            "zone", "a", "health")  # fmt: skip
    assert shares(a, 1, 2, 11, 12, 15) == [0, 0.9, 0.9, 1, 1]
    assert np.isnan(a["share_16"])
    assert a["minutes_at_target"] == 2


def test_without_data_demand_or_target_there_is_nothing_to_say() -> None:
    demand = people(["a"], [10])
    services = (
        Service("health", "", "", 15, NAN), Service("culture", "", "", 15, 0.85),
    )  # fmt: skip
    rule = Standard("test", "", "", 0.85, services, all=("health", "culture"))
    table = coverage_curves(
        taken(demand, health=[3.0]), demand, zones_of(a=("", ""), b=("", "")), rule, DEFINITION
    )
    untargeted = row(table, "zone", "a", "health")
    assert shares(untargeted, 2, 3) == [0, 1]
    assert np.isnan(untargeted["minutes_at_target"])
    for zone, service in (("a", "culture"), ("a", "all"), ("b", "health")):
        found = row(table, "zone", zone, service)
        assert found.filter(like="share_").isna().all()
        assert np.isnan(found["minutes_at_target"])


def test_a_target_of_nobody_is_reached_at_once() -> None:
    demand = people(["a"], [10])
    rule = dataclasses.replace(standard(health=15), services=(Service("health", "", "", 15, 0.0),))
    table = coverage_curves(taken(demand, health=[9.0]), demand, zones_of(a=("", "")), rule,
                            DEFINITION)  # fmt: skip
    assert row(table, "zone", "a", "health")["minutes_at_target"] == 0


def test_all_at_once_takes_as_long_as_the_farthest() -> None:
    demand = people(["a", "a", "a"], [5, 4, 1])
    table = coverage_curves(
        taken(demand, health=[3.0, 8.0, 1.0], culture=[6.0, 2.0, INF]), demand,
        zones_of(a=("", "")), standard(health=15, culture=10), DEFINITION,
    )  # fmt: skip
    everything = row(table, "zone", "a", "all")
    assert shares(everything, 5, 6, 7, 8, 30) == [0, 0.5, 0.5, 0.9, 0.9]
    assert everything["minutes_at_target"] == 8
    assert np.isnan(everything["minutes"])


def test_each_service_counts_its_own_people_where_asked() -> None:
    demand = people(["a", "a"], [10, 10], aged_60=[1.0, 3.0])
    services = (
        Service("health", "", "", 15, 0.5), Service("elderly", "", "", 15, 0.5, group="aged_60"),
    )  # fmt: skip
    rule = Standard("test", "", "", 0.85, services)
    own = dataclasses.replace(DEFINITION, group="own")
    table = coverage_curves(
        taken(demand, health=[1.0, 9.0], elderly=[1.0, 9.0]), demand, zones_of(a=("", "")), rule,
        own,
    )  # fmt: skip
    health, elderly = (row(table, "zone", "a", key) for key in ("health", "elderly"))
    assert (health["share_1"], health["minutes_at_target"]) == (0.5, 1)
    assert (elderly["share_1"], elderly["minutes_at_target"]) == (0.25, 9)


def test_a_limit_that_was_not_searched_is_refused_as_for_rates() -> None:
    demand = people(["a"], [1])
    with pytest.raises(InputError, match="search_minutes to at least 31"):
        coverage_curves(
            taken(demand, health=[1.0]), demand, zones_of(a=("", "")), standard(health=31),
            DEFINITION,
        )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(cities())
def test_curves_rise_and_pass_through_the_rates(city: City) -> None:
    minutes, demand, zones, rule = city
    table = coverage_curves(minutes, demand, zones, rule, DEFINITION)
    rates = coverage(minutes, demand, zones, rule, DEFINITION)
    keys = ["level", "zone", "service"]
    assert table[keys].equals(rates[keys])
    curve = table.filter(like="share_")
    assert ((curve.diff(axis=1).iloc[:, 1:] >= -1e-12) | curve.iloc[:, 1:].isna()).all(axis=None)
    assert (curve.isna() | curve.le(1 + 1e-12)).all(axis=None)
    for service, limit in (("health", 15), ("culture", 10)):
        own = table["service"] == service
        pd.testing.assert_series_equal(
            table.loc[own, f"share_{limit}"], rates.loc[own, "rate"],
            check_names=False, check_exact=True,
        )  # fmt: skip
    # Elsewhere a share is the rate of another limit.
    other = coverage(minutes, demand, zones, rule.at(7), DEFINITION)["rate"]
    np.testing.assert_allclose(table["share_7"], other, rtol=0, atol=1e-12, equal_nan=True)


@settings(max_examples=20, deadline=None)
@given(cities(), st.sampled_from([0.2, 0.5, 0.85, 1.0]))
def test_the_minutes_at_target_are_the_first_that_suffice(city: City, target: float) -> None:
    minutes, demand, zones, rule = city
    services = tuple(dataclasses.replace(each, target=target) for each in rule.services)
    rule = dataclasses.replace(rule, services=services, target=target)
    table = coverage_curves(minutes, demand, zones, rule, DEFINITION)
    for i, found in enumerate(table["minutes_at_target"]):
        if np.isnan(found):
            far = coverage(minutes, demand, zones, rule.at(30), DEFINITION).iloc[i]
            assert not far["rate"] >= target - 1e-12
            continue
        enough = coverage(minutes, demand, zones, rule.at(found), DEFINITION).iloc[i]
        # Before, by more than the tolerance of a limit (1e-6), it does not suffice.
        before = coverage(minutes, demand, zones, rule.at(found - 3e-6), DEFINITION).iloc[i]
        assert enough["rate"] >= target - 2e-12
        assert before["rate"] < target
