"""Supply: what there is beside what the people need, by hand, on the squares of test_provision."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.definitions import Definition
from lifecircle.errors import InputError
from lifecircle.norms import SUPPLY_COLUMNS, supply, supply_findings
from lifecircle.project.standard_tables import StandardFile, StandardTable
from lifecircle.project.supply_rules import supply_faults
from lifecircle.standards import Group, Service, Standard, Supply
from tests.test_provision import facilities, zones

NAN = np.nan
MAIN = Definition("people.network", "people", unit="persons")
SPORTS = Service("sports", "体育", "Sports", 15, 0.85)
# 2.6 m² of sports ground a person, as the plan has it.
AREA = Supply("sports", "sports", "人均体育场地", "Sports ground", per_person=2.6, unit="m²",
              source="§2", status="official")  # fmt: skip


def standard(*rules: Supply, service: Service = SPORTS) -> Standard:
    groups = (Group("aged_60", "60+", "60+"), Group("age_0_3", "0-3", "0-3"))
    return Standard("own", "", "", 0.85, (service,), groups=groups, supply=rules)


def people(**groups: list[float]) -> pd.DataFrame:
    """a 1,000; b 300 and 200; d 400; outside 999."""
    return pd.DataFrame(
        {"zone": ["a", "b", "b", "d", "(outside)"], "weight": [1000.0, 300, 200, 400, 999]} | groups
    )


def at(table: pd.DataFrame, level: str, zone: str, **more: str) -> pd.Series:
    chosen = (table["level"] == level) & (table["zone"] == zone)
    for name, value in more.items():
        chosen &= table[name] == value
    assert chosen.sum() == 1
    return table[chosen].iloc[0]


# One stands in a; two in a and b; three in d, of unknown size; four outside.
GROUNDS = facilities(
    ("one", 0.5, 0.5), ("two", 0.9, 0.5), ("two", 1.1, 0.5), ("three", 1.5, 1.5), ("four", 9, 9),
    service="sports", capacity=[1500.0, 1000.0, 1000.0, NAN, 7000.0],
)  # fmt: skip


def test_capacity_a_person_by_hand() -> None:
    table = supply(GROUNDS, people(), zones(), standard(AREA), MAIN)
    assert list(table.columns) == SUPPLY_COLUMNS
    assert table["level"].unique().tolist() == ["zone", "parent", "area_type", "city"]
    columns = ["facilities", "capacity", "capacity_unknown", "people", "norm", "shortfall"]

    def numbers(level: str, zone: str) -> list[float]:
        return at(table, level, zone)[columns].tolist()

    # a: 1,000 people need 2,600 m² and have 1,500 + 1,000; b: 500 need 1,300 and have 1,000.
    assert numbers("zone", "a") == [2, 2500, 0, 1000, 2600, 100]
    assert numbers("zone", "b") == [1, 1000, 0, 500, 1300, 300]
    # The north has 1,500 people, and the ground on both sides of its border only once.
    assert numbers("parent", "north") == [2, 2500, 0, 1500, 3900, 1400]
    # The city has 1,900 people (4,940 m²), and 2,500 m² that are known.
    assert numbers("city", "") == pytest.approx([3, 2500, 1, 1900, 4940, 2440])
    a = at(table, "zone", "a")
    assert (a["people_per_facility"], a["capacity_per_1000"]) == (500, 2500)
    assert (a["norm_in"], a["norm_basis"], a["unit"], a["status"]) == (
        "capacity", 2.6, "m²", "fail",
    )  # fmt: skip
    assert (a["rule"], a["title_zh"], a["source"], a["source_status"], a["definition"]) == (
        "sports", "人均体育场地", "§2", "official", "people.network",
    )  # fmt: skip


def test_unknown_capacity_is_no_number_and_no_verdict() -> None:
    table = supply(GROUNDS, people(), zones(), standard(AREA), MAIN)
    d = at(table, "zone", "d")
    assert (d["facilities"], d["capacity_unknown"], d["norm"], d["status"]) == (
        1, 1, pytest.approx(1040), "no data",
    )  # fmt: skip
    assert d[["capacity", "shortfall", "capacity_per_1000"]].isna().all()
    # Without any ground it is known to be none, and without people nothing is wanted.
    c = at(table, "zone", "c")
    assert (c["facilities"], c["capacity"], c["people"], c["shortfall"], c["status"]) == (
        0, 0, 0, 0, "no demand",
    )  # fmt: skip
    assert c[["people_per_facility", "capacity_per_1000"]].isna().all()


def test_people_a_facility_by_hand() -> None:
    rule = dataclasses.replace(AREA, per_person=None, people_per_facility=400, unit="")
    table = supply(GROUNDS, people(), zones(), standard(rule), MAIN)
    # a: 1,000 / 400 = 2.5 wanted, 2 there; b: 500 / 400 = 1.25, 1 there; d: 1 wanted, 1 there.
    told = table[["norm_in", "norm", "shortfall", "status"]].to_numpy(object).tolist()
    assert told[0] == ["facilities", 2.5, 0.5, "fail"]
    assert told[1] == ["facilities", 1.25, 0.25, "fail"]
    assert told[3] == ["facilities", 1.0, 0.0, "pass"]
    # In the city 1,900 / 400 = 4.75, and three: not the sum of the zones' 2 + 1 + 1.
    assert at(table, "city", "")["shortfall"] == 1.75


def test_a_rule_for_a_group_counts_the_group_and_each_norm_has_its_row() -> None:
    beds = dataclasses.replace(AREA, key="beds", per_person=0.04, unit="beds", group="aged_60")
    both = dataclasses.replace(beds, key="both", people_per_facility=100)
    demand = people(aged_60=[100.0, 30, 20, 0, 99])
    homes = GROUNDS.assign(capacity=[6.0, 1, 1, 2, 50])
    table = supply(homes, demand, zones(), standard(AREA, beds, both), MAIN)
    a = table[(table["level"] == "zone") & (table["zone"] == "a")]
    assert a[["rule", "norm_in", "group", "people", "norm"]].to_numpy(object).tolist() == [
        ["sports", "capacity", "", 1000, 2600],
        ["beds", "capacity", "aged_60", 100, 4],
        ["both", "capacity", "aged_60", 100, 4],
        ["both", "facilities", "aged_60", 100, 1],
    ]
    # 7 beds for 100 people of 60 and more.
    assert a["capacity_per_1000"].iloc[1] == 70
    assert at(table, "zone", "d", rule="beds")["status"] == "no demand"


def test_a_rule_without_a_group_is_about_everybody_whatever_the_definition_counts() -> None:
    old = dataclasses.replace(MAIN, group="aged_60")
    demand = people(aged_60=[100.0, 30, 20, 0, 99])
    assert at(supply(GROUNDS, demand, zones(), standard(AREA), old), "zone", "a")["people"] == 1000
    # Without a rule the definition says whom to count, or the service where each has its own.
    plain = at(supply(GROUNDS, demand, zones(), standard(), old), "zone", "a")
    assert (plain["group"], plain["people"], plain["people_per_facility"]) == ("aged_60", 100, 50)
    assert (plain["rule"], plain["status"], plain["norm_in"]) == ("", "", "")
    assert plain[["norm", "shortfall", "norm_basis"]].isna().all()
    own = dataclasses.replace(MAIN, group="own")
    elderly = standard(service=dataclasses.replace(SPORTS, group="aged_60"))
    assert at(supply(GROUNDS, demand, zones(), elderly, own), "zone", "b")["people"] == 50


def test_land_is_no_people_but_a_group_of_its_layer_is() -> None:
    land = dataclasses.replace(MAIN, unit="m²")
    table = supply(GROUNDS, people(), zones(), standard(AREA), land)
    a = at(table, "zone", "a")
    assert a[["people", "norm", "shortfall", "people_per_facility"]].isna().all()
    assert (a["facilities"], a["capacity"], a["status"]) == (2, 2500, "no data")
    aged = dataclasses.replace(AREA, group="aged_60")
    table = supply(GROUNDS, people(aged_60=[10.0, 0, 0, 0, 0]), zones(), standard(aged), land)
    assert at(table, "zone", "a")["norm"] == 26


def test_people_whom_the_demand_does_not_hold_are_unknown_and_told() -> None:
    aged = dataclasses.replace(AREA, group="aged_60")
    table = supply(GROUNDS, people(), zones(), standard(aged), MAIN)
    assert set(table["status"]) == {"no data"}
    found = list(supply_findings(people(), standard(aged), MAIN))
    assert [each.code for each in found] == ["provision.no_people"]
    assert "aged_60" in found[0].message.text("zh")
    assert list(supply_findings(people(aged_60=[1.0] * 5), standard(aged), MAIN)) == []
    land = dataclasses.replace(MAIN, unit="m²")
    assert len(list(supply_findings(people(), standard(AREA), land))) == 1
    assert list(supply_findings(people(), standard(AREA), MAIN)) == []


def test_a_group_that_nobody_knows_is_refused() -> None:
    wrong = dataclasses.replace(AREA, group="aged_6")
    with pytest.raises(InputError, match=r"supply.sports counts the group aged_6.*aged_60"):
        supply(GROUNDS, people(), zones(), standard(wrong), MAIN)


def test_rows_are_those_of_services_with_data() -> None:
    library = Service("library", "图书馆", "Library", 15, 0.85)
    listed = Service("museum", "博物馆", "Museum", NAN, NAN)
    rule = dataclasses.replace(
        standard(AREA), services=(SPORTS, library), listed_services=(listed,)
    )
    table = supply(GROUNDS, people(), zones(), rule, MAIN)
    assert set(table["service"]) == {"sports"}
    table = supply(GROUNDS, people(), zones(), rule, MAIN, given={"sports", "museum"})
    assert table.loc[table["level"] == "city", "service"].tolist() == ["sports", "museum"]
    assert at(table, "city", "", service="museum")["facilities"] == 0
    assert supply(GROUNDS, people(), zones(), rule, MAIN, given=()).empty


def test_enough_to_a_rounding_is_enough() -> None:
    # 0.1 × 3 people is 0.30000000000000004.
    rule = dataclasses.replace(AREA, per_person=0.1)
    demand = pd.DataFrame({"zone": ["a"], "weight": [3.0]})
    ground = facilities(("one", 0.5, 0.5), service="sports", capacity=[0.3])
    table = supply(ground, demand, zones(), standard(rule), MAIN)
    assert at(table, "zone", "a")["status"] == "pass"


@st.composite
def cities(draw: st.DrawFn) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    doors, places = draw(st.integers(0, 40)), draw(st.integers(0, 40))
    label = rng.integers(0, 15, doors)
    capacity = np.where(rng.random(15) < 0.3, NAN, rng.integers(0, 500, 15))[label]
    rows = [(f"f{i}", *rng.uniform(-0.2, 3.2, 2)) for i in label]
    demand = pd.DataFrame(
        {"zone": rng.choice(["a", "b", "c", "d", "e", "(outside)"], places),
         "weight": rng.integers(0, 900, places).astype(float)}
    )  # fmt: skip
    return facilities(*rows, service="sports", capacity=capacity), demand


@settings(max_examples=40, deadline=None)
@given(cities())
def test_roll_ups_are_what_counting_by_hand_gives(
    city: tuple[gpd.GeoDataFrame, pd.DataFrame],
) -> None:
    offered, demand = city
    squares = zones()
    table = supply(offered, demand, squares, standard(AREA), MAIN, given={"sports"})
    for _, found in table.iterrows():
        own = found["level"] if found["level"] != "city" else None
        inside = squares.index == found["zone"] if own == "zone" else (
            squares[own] == found["zone"] if own else np.ones(len(squares), dtype=bool)
        )  # fmt: skip
        ids = squares.index[inside]
        hits = offered[offered.intersects(squares.geometry[inside].union_all())]
        distinct = hits.drop_duplicates("facility")["capacity"]
        assert found["facilities"] == len(distinct)
        assert found["capacity_unknown"] == distinct.isna().sum()
        assert found["people"] == demand.loc[demand["zone"].isin(ids), "weight"].sum()
        known = distinct.sum() if distinct.notna().any() or distinct.empty else NAN
        np.testing.assert_equal(found["capacity"], known)
        assert not found["shortfall"] < 0


def faults(profile: dict[str, object], project: dict[str, object]) -> list[str]:
    theirs = StandardFile.model_validate({"supply": {"beds": profile}} if profile else {})
    ours = StandardTable.model_validate({"supply": {"beds": project}} if project else {})
    return [fault.text("en") for fault in supply_faults(theirs, ours, file="项目.toml")]


def test_a_rule_of_supply_says_how_much_once() -> None:
    assert faults({"per_1000": 40.0}, {}) == []
    assert faults({"per_1000": 40.0}, {"per_1000": 50.0}) == []
    assert faults({"per_1000": 40.0, "people_per_facility": 50000.0}, {}) == []
    assert faults({}, {"people_per_facility": 50000.0}) == []
    (silent,) = faults({"service": "elderly"}, {"unit": "beds"})
    assert silent.startswith("项目.toml: supply.beds says neither per_person, per_1000 nor")
    for profile, project in (
        ({"per_1000": 40.0, "per_person": 0.04}, {}),
        ({"per_1000": 40.0}, {"per_person": 0.05}),
    ):
        (double,) = faults(profile, project)
        assert "supply.beds says both per_person and per_1000" in double
