"""Coverage: sums, rates, status and gap by hand; identities as properties."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.curves import curve, near_misses
from lifecircle.definitions import Definition
from lifecircle.errors import InputError
from lifecircle.identities import check_all, check_monotone, check_sums
from lifecircle.rates import COVERAGE_COLUMNS, coverage
from lifecircle.standards import Service, Standard
from lifecircle.travel import TravelTime

INF, NAN = np.inf, np.nan
DEFINITION = Definition(key="people.network", demand="people", unit="persons")


def standard(**limits: float) -> Standard:
    """Services with these limits, target 0.85, `all` = every one."""
    services = tuple(Service(key, key, key, m, 0.85) for key, m in limits.items())
    return Standard("test", "test", "test", 0.85, services, all=tuple(limits))


def zones_of(**rows: tuple[str, str]) -> pd.DataFrame:
    """Zones with (parent, area type)."""
    return pd.DataFrame(
        {
            "name": [key.upper() for key in rows],
            "parent": [parent for parent, _ in rows.values()],
            "area_type": [kind for _, kind in rows.values()],
        },
        index=pd.Index(list(rows), name="zone", dtype="str"),
    )


def people(zone: list[str], weight: list[float], **groups: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"id": [str(i) for i in range(len(zone))], "zone": zone, "weight": weight, **groups}
    )


def taken(
    demand: pd.DataFrame,
    *,
    rim: list[float] | None = None,
    cut_off: list[bool] | None = None,
    **minutes: list[float],
) -> TravelTime:
    """A table of minutes at 4 km/h, searched for 30 minutes."""
    table = pd.DataFrame(minutes, index=demand.index, dtype=float)
    unsnapped = table.isna().any(axis=1)
    return TravelTime(
        minutes=table,
        facility=pd.DataFrame("", index=table.index, columns=table.columns),
        access_m=pd.Series(np.where(unsnapped, NAN, 10.0), index=table.index),
        rim=pd.Series(rim if rim else [INF] * len(table), index=table.index),
        cut_off=pd.DataFrame(
            {key: cut_off or [False] * len(table) for key in minutes}, index=table.index
        ),
        speed_kmh=4.0,
        search_minutes=30.0,
    )


def row(table: pd.DataFrame, level: str, zone: str, service: str) -> pd.Series:
    found = table[
        (table["level"] == level) & (table["zone"] == zone) & (table["service"] == service)
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_rate_gap_and_status_by_hand() -> None:
    demand = people(["a", "a", "a", "b"], [60, 25, 15, 10])
    table = coverage(
        taken(demand, health=[5.0, 15.0, 15.1, INF]),
        demand, zones_of(a=("", ""), b=("", "")), standard(health=15), DEFINITION,
    )  # fmt: skip
    a = row(table, "zone", "a", "health")
    assert (a["demand"], a["covered"], a["rate"], a["status"], a["gap"]) == (
        100, 85, 0.85, "pass", 0.0,
    )  # fmt: skip
    b = row(table, "zone", "b", "health")
    assert (b["covered"], b["rate"], b["status"], b["gap"]) == (0, 0.0, "fail", 8.5)
    city = row(table, "city", "", "health")
    assert (city["demand"], city["covered"], city["status"]) == (110, 85, "fail")
    assert city["gap"] == pytest.approx(0.85 * 110 - 85)
    assert city["minutes"] == 15


def test_columns_are_the_contracts() -> None:
    demand = people(["a"], [1])
    table = coverage(
        taken(demand, health=[1.0]), demand, zones_of(a=("", "")), standard(health=15), DEFINITION
    )
    assert list(table.columns) == COVERAGE_COLUMNS
    assert set(table["mode"]) == {"walk"}
    assert table["rate_low"].isna().all()
    assert set(table["certainty"]) == {""}


@pytest.mark.parametrize(
    ("minutes", "covered"), [(15.0, 1), (15 + 9e-7, 1), (15 + 2e-6, 0), (INF, 0), (NAN, 0)]
)
def test_the_limit_itself_counts(minutes: float, covered: int) -> None:
    demand = people(["a"], [1])
    table = coverage(
        taken(demand, health=[minutes]), demand, zones_of(a=("", "")), standard(health=15),
        DEFINITION,
    )  # fmt: skip
    assert row(table, "zone", "a", "health")["covered"] == covered


def test_unsnapped_demand_stays_in_the_denominator() -> None:
    demand = people(["a", "a"], [3, 1])
    table = coverage(
        taken(demand, health=[1.0, NAN]), demand, zones_of(a=("", "")), standard(health=15),
        DEFINITION,
    )  # fmt: skip
    a = row(table, "zone", "a", "health")
    assert (a["demand"], a["covered"], a["unsnapped"], a["rate"]) == (4, 3, 1, 0.75)


def test_all_needs_every_service_within_its_own_limit() -> None:
    demand = people(["a"] * 4, [1, 2, 4, 8])
    table = coverage(
        taken(demand, health=[10, 10, 16, 16.0], culture=[4, 6, 4, 6.0]),
        demand, zones_of(a=("", "")), standard(health=15, culture=5), DEFINITION,
    )  # fmt: skip
    everything = row(table, "zone", "a", "all")
    assert everything["covered"] == 1
    assert np.isnan(everything["minutes"])


def test_service_without_a_table_is_no_data_and_so_is_all() -> None:
    demand = people(["a"], [1])
    table = coverage(
        taken(demand, health=[1.0]), demand, zones_of(a=("", "")),
        standard(health=15, culture=15), DEFINITION,
    )  # fmt: skip
    for service in ("culture", "all"):
        missing = row(table, "zone", "a", service)
        assert missing["status"] == "no data"
        assert missing[["covered", "rate", "gap", "rim_exposed", "cut_off"]].isna().all()
        assert missing["demand"] == 1


def test_zone_without_demand_has_no_rate() -> None:
    demand = people(["a"], [1])
    table = coverage(
        taken(demand, health=[1.0]), demand, zones_of(a=("", ""), b=("", "")),
        standard(health=15), DEFINITION,
    )  # fmt: skip
    empty = row(table, "zone", "b", "health")
    assert empty["status"] == "no demand"
    assert np.isnan(empty["rate"])
    assert empty["gap"] == 0


def test_area_type_selects_the_limit_and_the_roll_up_leaves_it_empty() -> None:
    demand = people(["a", "b"], [1, 1])
    wide = dataclasses.replace(
        standard(health=15),
        services=(Service("health", "", "", 15, 0.85, minutes_by_area={"rural": 30}),),
    )
    table = coverage(
        taken(demand, health=[20.0, 20.0]), demand,
        zones_of(a=("p", "urban"), b=("p", "rural")), wide, DEFINITION,
    )  # fmt: skip
    assert row(table, "zone", "a", "health")["covered"] == 0
    assert row(table, "zone", "b", "health")["covered"] == 1
    assert row(table, "zone", "b", "health")["minutes"] == 30
    assert row(table, "area_type", "rural", "health")["minutes"] == 30
    assert np.isnan(row(table, "parent", "p", "health")["minutes"])
    assert np.isnan(row(table, "city", "", "health")["minutes"])


def test_scope_leaves_other_area_types_out_of_judgement_but_not_of_sums() -> None:
    demand = people(["a", "b"], [1, 3])
    scoped = dataclasses.replace(standard(health=15), scope=("urban",))
    table = coverage(
        taken(demand, health=[1.0, INF]), demand,
        zones_of(a=("", "urban"), b=("", "rural")), scoped, DEFINITION,
    )  # fmt: skip
    assert row(table, "zone", "a", "health")["status"] == "pass"
    rural = row(table, "zone", "b", "health")
    assert rural["status"] == "not in scope"
    assert rural["gap"] == pytest.approx(0.85 * 3)  # the contract's formula, whatever the status
    assert row(table, "area_type", "rural", "health")["status"] == "not in scope"
    assert row(table, "city", "", "health")["demand"] == 4


def test_outside_is_listed_once_and_in_no_sum() -> None:
    demand = people(["a", "(outside)"], [1, 5])
    table = coverage(
        taken(demand, health=[1.0, 1.0]), demand, zones_of(a=("p", "")), standard(health=15),
        DEFINITION,
    )  # fmt: skip
    assert row(table, "outside", "(outside)", "health")["demand"] == 5
    assert row(table, "city", "", "health")["demand"] == 1
    assert row(table, "parent", "p", "health")["demand"] == 1


def test_rim_exposed_and_cut_off() -> None:
    demand = people(["a"] * 4, [1, 2, 4, 8])
    table = coverage(
        taken(
            demand, health=[10, 20, INF, INF], rim=[1, 14, 15, 16],
            cut_off=[False, False, True, False],
        ),
        demand, zones_of(a=("", "")), standard(health=15), DEFINITION,
    )  # fmt: skip
    a = row(table, "zone", "a", "health")
    assert a["rim_exposed"] == 6  # the covered one needs no facility beyond the rim
    assert a["cut_off"] == 4


def test_speed_rescales_the_same_table() -> None:
    demand = people(["a", "a"], [1, 1])
    # 15 minutes at 4 km/h are 20 at 3 km/h, 12 at 5 km/h.
    minutes = taken(demand, health=[12.0, 15.0])
    zones = zones_of(a=("", ""))
    for speed, covered in ((3.0, 0), (3.2, 1), (4.0, 2), (5.0, 2)):
        slower = dataclasses.replace(DEFINITION, speed_kmh=speed)
        table = coverage(minutes, demand, zones, standard(health=15), slower)
        assert row(table, "zone", "a", "health")["covered"] == covered


def test_a_limit_beyond_the_search_is_refused() -> None:
    demand = people(["a"], [1])
    zones, minutes = zones_of(a=("", "")), taken(demand, health=[1.0])
    coverage(minutes, demand, zones, standard(health=15).at(30), DEFINITION)
    with pytest.raises(InputError, match="search_minutes to at least 31"):
        coverage(minutes, demand, zones, standard(health=15).at(31), DEFINITION)
    faster = dataclasses.replace(DEFINITION, speed_kmh=9.0)
    with pytest.raises(InputError, match=r"15 minutes at 9 km/h.*search_minutes to at least 34"):
        coverage(minutes, demand, zones, standard(health=15), faster)


def test_a_group_replaces_the_weight() -> None:
    demand = people(["a", "a"], [10, 10], aged_60=[1.0, 3.0])
    old = dataclasses.replace(DEFINITION, group="aged_60")
    table = coverage(
        taken(demand, health=[1.0, 20.0]), demand, zones_of(a=("", "")), standard(health=15), old
    )
    assert row(table, "zone", "a", "health")["rate"] == 0.25
    with pytest.raises(InputError, match=r"no column 'aged_6'.*aged_60"):
        coverage(
            taken(demand, health=[1.0, 2.0]), demand, zones_of(a=("", "")), standard(health=15),
            dataclasses.replace(DEFINITION, group="aged_6"),
        )  # fmt: skip


def test_places_in_zones_that_do_not_exist_are_refused() -> None:
    demand = people(["a", "x"], [1, 1])
    with pytest.raises(InputError, match="do not exist: x"):
        coverage(
            taken(demand, health=[1.0, 2.0]), demand, zones_of(a=("", "")), standard(health=15),
            DEFINITION,
        )  # fmt: skip


def test_curve_counts_what_lies_within_each_minute() -> None:
    demand = people(["a", "a", "b", "(outside)"], [1, 3, 4, 99])
    minutes = taken(demand, health=[2.0, 7.0, NAN, 0.0])
    table = curve(minutes, demand, "health", minutes=[1, 2, 7])
    assert table["a"].tolist() == [0, 0.25, 1.0]
    assert table["b"].tolist() == [0, 0, 0]
    assert table["city"].tolist() == [0, 1 / 8, 4 / 8]


def test_a_service_without_minutes_is_named() -> None:
    demand = people(["a"], [1])
    with pytest.raises(InputError, match=r"no minutes to service 'library'. There are: health"):
        curve(taken(demand, health=[1.0]), demand, "library")


def test_minutes_of_another_metric_are_refused() -> None:
    demand = people(["a"], [1])
    circle = dataclasses.replace(DEFINITION, metric="radius")
    with pytest.raises(InputError, match="measures by radius, but the table of minutes is by net"):
        coverage(
            taken(demand, health=[1.0]), demand, zones_of(a=("", "")), standard(health=15), circle
        )


def test_near_misses_lie_just_beyond_the_limit() -> None:
    demand = people(["a"] * 5, [1, 2, 3, 4, 5])
    minutes = taken(demand, health=[16.5, 15.0, 17.1, 15.5, INF])
    found = near_misses(minutes, demand, "health", limit=15, within=2)
    assert found["minutes"].tolist() == [15.5, 16.5]
    assert found["id"].tolist() == ["3", "0"]


def test_what_lies_beyond_the_search_is_refused_around_the_limit_too() -> None:
    demand = people(["a"], [1])
    minutes = taken(demand, health=[INF])
    assert curve(minutes, demand, "health").index.max() == 30
    shorter = dataclasses.replace(minutes, search_minutes=20.5)
    assert curve(shorter, demand, "health").index.max() == 20
    with pytest.raises(InputError, match="search_minutes to at least 31"):
        curve(minutes, demand, "health", minutes=[15, 31])
    with pytest.raises(InputError, match="search_minutes to at least 31"):
        near_misses(minutes, demand, "health", limit=29, within=2)


@st.composite
def cities(draw: st.DrawFn) -> tuple[TravelTime, pd.DataFrame, pd.DataFrame, Standard]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size, zone_count = draw(st.integers(1, 60)), draw(st.integers(1, 6))
    names = [f"z{i}" for i in range(zone_count)]
    zones = zones_of(
        **{name: (f"p{rng.integers(2)}", ["urban", "rural", ""][rng.integers(3)]) for name in names}
    )
    demand = people(
        rng.choice([*names, "(outside)"], size).tolist(),
        np.where(rng.random(size) < 0.2, 0, rng.uniform(0, 1e4, size)).tolist(),
    )
    columns = {}
    unsnapped = rng.random(size) < 0.1
    for key in ("health", "culture"):
        minutes = rng.uniform(0, 40, size)
        minutes[minutes > 30] = INF
        columns[key] = np.where(unsnapped, NAN, minutes).tolist()
    rim = np.where(unsnapped, NAN, rng.uniform(0, 40, size)).tolist()
    return taken(demand, rim=rim, **columns), demand, zones, standard(health=15, culture=10)


@settings(max_examples=60, deadline=None)
@given(cities())
def test_identities_hold_in_any_city(
    city: tuple[TravelTime, pd.DataFrame, pd.DataFrame, Standard],
) -> None:
    minutes, demand, zones, rule = city
    table = coverage(minutes, demand, zones, rule, DEFINITION)
    check_sums(table, zones)
    check_all(table, rule)
    check_monotone(minutes, demand, zones, rule, DEFINITION)
    known = table["rate"].dropna()
    assert known.between(0, 1).all()
    inside = demand["zone"] != "(outside)"
    assert row(table, "city", "", "health")["demand"] == pytest.approx(
        demand.loc[inside, "weight"].sum(), rel=1e-12, abs=1e-9
    )


@settings(max_examples=30, deadline=None)
@given(cities(), st.randoms(use_true_random=False))
def test_order_of_places_does_not_matter(
    city: tuple[TravelTime, pd.DataFrame, pd.DataFrame, Standard], random: object
) -> None:
    minutes, demand, zones, rule = city
    order = np.random.default_rng(random.randrange(2**32)).permutation(len(demand))  # type: ignore[attr-defined]
    mixed = dataclasses.replace(
        minutes,
        minutes=minutes.minutes.iloc[order],
        access_m=minutes.access_m.iloc[order],
        rim=minutes.rim.iloc[order],
        cut_off=minutes.cut_off.iloc[order],
    )
    first = coverage(minutes, demand, zones, rule, DEFINITION)
    second = coverage(mixed, demand.iloc[order], zones, rule, DEFINITION)
    pd.testing.assert_frame_equal(first, second, rtol=1e-12)


def test_geodataframes_are_accepted() -> None:
    demand = gpd.GeoDataFrame(people(["a"], [1]), geometry=gpd.points_from_xy([0], [0]), crs=4326)
    table = coverage(
        taken(demand, health=[1.0]), demand, zones_of(a=("", "")), standard(health=15), DEFINITION
    )
    assert row(table, "city", "", "health")["rate"] == 1.0
