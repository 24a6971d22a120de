"""The checks of every run must be able to fail."""

from __future__ import annotations

import pandas as pd
import pytest

from lifecircle.errors import BrokenIdentityError
from lifecircle.identities import check_all, check_snapped, check_straight, check_sums
from lifecircle.rates import coverage
from tests.test_rates import DEFINITION, people, standard, taken, zones_of


@pytest.fixture
def table() -> pd.DataFrame:
    demand = people(["a", "b"], [10, 20])
    return coverage(
        taken(demand, health=[1.0, 20.0], culture=[1.0, 1.0]), demand,
        zones_of(a=("p", ""), b=("q", "")), standard(health=15, culture=15), DEFINITION,
    )  # fmt: skip


@pytest.mark.parametrize(("level", "zone"), [("city", ""), ("parent", "p"), ("zone", "b")], ids=str)
def test_a_sum_that_is_off_is_found(table: pd.DataFrame, level: str, zone: str) -> None:
    zones = zones_of(a=("p", ""), b=("q", ""))
    check_sums(table, zones)
    table.loc[(table["level"] == level) & (table["zone"] == zone), "covered"] += 1e-6
    with pytest.raises(BrokenIdentityError, match="do not sum"):
        check_sums(table, zones)


def test_all_above_a_service_is_found(table: pd.DataFrame) -> None:
    check_all(table, standard(health=15, culture=15))
    table.loc[table["service"] == "all", "covered"] += 1
    with pytest.raises(BrokenIdentityError, match="all ≤ health"):
        check_all(table, standard(health=15, culture=15))


def test_more_covered_than_there_is_is_found(table: pd.DataFrame) -> None:
    table.loc[0, "covered"] = table.loc[0, "demand"] + 1
    with pytest.raises(BrokenIdentityError, match="covered ≤ demand"):
        check_all(table, standard(health=15, culture=15))


def test_walking_less_than_the_straight_line_is_found() -> None:
    minutes = taken(people(["a"], [1]), health=[5.0])
    check_straight(minutes, pd.DataFrame({"health": [5.0]}))
    with pytest.raises(BrokenIdentityError, match="1 places reach a facility in less"):
        check_straight(minutes, pd.DataFrame({"health": [5.1]}))


def test_half_unsnapped_is_found() -> None:
    demand = people(["a"], [1])
    check_snapped(taken(demand, health=[float("nan")]))
    broken = taken(demand, health=[1.0], culture=[float("nan")])
    with pytest.raises(BrokenIdentityError, match="snapped and unsnapped"):
        check_snapped(broken)
