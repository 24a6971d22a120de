"""What if facilities were added, closed or moved: always what a fresh run would say."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lifecircle as lc
from lifecircle.analysis import Analysis
from lifecircle.changes import changes_to
from lifecircle.crs import metric_crs
from lifecircle.instant_rates import CERTAINTY
from lifecircle.network import street_network
from lifecircle.pipeline import rated
from lifecircle.sample import CENTRE, city
from lifecircle.scenario import with_changes
from lifecircle.snapping import snap
from scripts.benchmark_definitions import SIX, checked, layers
from tests.conftest import MONACO


@pytest.fixture(scope="module")
def town() -> Analysis:
    """A small city by six definitions: groups, speeds, step-free, a straight line, other limits."""
    made = city(nodes=1500, seed=6, services=4)
    return rated(checked(made, layers(made), SIX))


@pytest.fixture(scope="module")
def base(town) -> lc.Baseline:
    return lc.baseline(town)


@pytest.fixture(scope="module")
def monaco() -> Analysis:
    return lc.analyse(MONACO / "definitions.toml")


def fresh(analysis: Analysis, **changes) -> Analysis:
    """A run of the changed layers that searches everything."""
    made = changes_to(analysis.facilities, **changes)
    return rated(with_changes(analysis.layers, made))


def assert_same(one: Analysis, other: Analysis) -> None:
    pd.testing.assert_frame_equal(one.coverage, other.coverage, check_exact=True)
    assert_geodataframe_equal(one.facilities, other.facilities)
    assert one.travel_times.keys() == other.travel_times.keys()
    for name, methods in other.measured.items():
        assert one.measured[name].keys() == methods.keys()
        for key, expected in methods.items():
            found = one.measured[name][key]
            for frame in ("minutes", "facility", "cut_off"):
                pd.testing.assert_frame_equal(
                    getattr(found, frame), getattr(expected, frame), check_exact=True
                )
    assert one.tables.keys() == other.tables.keys()
    for name, table in other.tables.items():
        pd.testing.assert_frame_equal(one.tables[name], table, check_exact=True)


def some_changes(analysis: Analysis, seed: int) -> dict[str, list]:
    """Up to two facilities added, closed and moved, anywhere near the streets."""
    rng = np.random.default_rng(seed)
    network, ids = analysis.network, analysis.facilities["facility"].unique()

    def somewhere() -> tuple[float, float]:
        node = rng.integers(len(network.lon))
        return float(network.lon[node]) + 2e-4, float(network.lat[node])

    chosen = rng.choice(ids, rng.integers(0, 4), replace=False).tolist()
    split = rng.integers(0, len(chosen) + 1)
    return {
        "add": [(rng.choice(analysis.standard.keys), *somewhere()) for _ in range(rng.integers(3))],
        "close": chosen[:split],
        "move": [(facility, *somewhere()) for facility in chosen[split:]],
    }


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10_000))
def test_it_is_what_a_fresh_run_says(town, base, seed):
    changes = some_changes(town, seed)
    expected = fresh(town, **changes)
    assert_same(lc.what_if(town, **changes), expected)
    quick = lc.rates_if(base, **changes)
    pd.testing.assert_frame_equal(
        quick, expected.coverage.drop(columns=CERTAINTY), check_exact=True
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"add": [("elderly", 7.4197, 43.7325)]},
        {"add": [("health", 7.4274, 43.7396), ("culture", 7.4128, 43.7278)]},
    ],
)
def test_monaco_with_another_facility_is_a_fresh_run_of_its_files(monaco, changes):
    again = lc.analyse(MONACO / "definitions.toml", added=changes["add"])
    found = lc.what_if(monaco, **changes)
    assert_same(found, again)
    codes = [[each.code for each in run.findings] for run in (found, again)]
    assert sorted(codes[0]) == sorted(codes[1])
    quick = lc.rates_if(lc.baseline(monaco), **changes)
    land = {each.name for each in monaco.project.demand if each.refine}
    kept = [each.key for each in monaco.definitions if each.demand not in land]
    expected = again.coverage.drop(columns=CERTAINTY)
    pd.testing.assert_frame_equal(
        quick[quick["definition"].isin(kept)], expected[expected["definition"].isin(kept)],
        check_exact=True,
    )  # fmt: skip


def test_monaco_without_a_facility(monaco):
    closed = monaco.facilities.loc[monaco.facilities["service"] == "culture", "facility"].iloc[0]
    assert_same(lc.what_if(monaco, close=[closed]), fresh(monaco, close=[closed]))


def test_adding_and_closing_again_changes_nothing(town):
    place = town.demand.geometry.iloc[7]
    more = lc.what_if(town, add=[("health", place.x, place.y)])
    assert not more.coverage.equals(town.coverage)
    assert_same(lc.what_if(more, close=["added:1"]), town)


def test_a_service_that_loses_its_last_facility_has_a_rate_of_nothing(town, base):
    every = town.facilities.loc[town.facilities["service"] == "sports", "facility"].unique()
    quick = lc.rates_if(base, close=every)
    rows = quick[(quick["service"] == "sports") & (quick["demand"] > 0)]
    assert (rows["rate"] == 0).all()
    assert not rows["status"].eq("no data").any()
    expected = fresh(town, close=every).coverage.drop(columns=CERTAINTY)
    pd.testing.assert_frame_equal(quick, expected, check_exact=True)


def test_the_first_facility_of_a_service(town):
    # as if no list of sports had been given
    layers = town.layers
    streets = {
        mode: dataclasses.replace(
            each, facilities=each.facilities[each.facilities["service"] != "sports"]
        )
        for mode, each in layers.streets.items()
    }
    without = rated(dataclasses.replace(layers, streets=streets, given=layers.given - {"sports"}))
    assert (without.coverage.query("service == 'sports'")["status"] == "no data").all()
    place = town.demand.geometry.iloc[100]
    changes = {"add": [("sports", place.x, place.y)]}
    expected = fresh(without, **changes)
    assert_same(lc.what_if(without, **changes), expected)
    assert expected.coverage.query("service == 'sports' and level == 'city'")["covered"].gt(0).any()


def test_an_island_s_first_facility_is_no_longer_cut_off(town, base):
    # a facility on the piece of street with fewest facilities
    network, before = town.network, town.measured["people"]["walk"]
    lone = np.flatnonzero(before.cut_off["health"].to_numpy())
    assert len(lone)
    place = town.demand.geometry.iloc[lone[0]]
    changes = {"add": [("health", place.x, place.y)]}
    quick, expected = lc.rates_if(base, **changes), fresh(town, **changes)
    pd.testing.assert_frame_equal(
        quick, expected.coverage.drop(columns=CERTAINTY), check_exact=True
    )
    after = expected.measured["people"]["walk"].cut_off["health"].to_numpy()
    assert after.sum() < len(lone)
    assert network is expected.network


def test_a_moved_facility_keeps_what_is_known_of_it(town):
    name = town.facilities["facility"].iloc[0]
    place = town.demand[town.demand["edge"] >= 0].geometry.iloc[50]
    moved = lc.what_if(town, move=[(name, place.x, place.y)]).facilities
    (row,) = moved[moved["facility"] == name].itertuples()
    assert (row.geometry.x, row.geometry.y) == (place.x, place.y)
    known = town.facilities[town.facilities["facility"] == name].iloc[0]
    assert (row.service, row.name) == (known["service"], known["name"])


def test_a_moved_facility_is_what_an_edited_list_says(town, base):
    """The list as somebody would edit it: one row at another place, other entrances gone."""
    several = town.facilities["facility"].value_counts().index[0]
    rows = np.flatnonzero(town.facilities["facility"] == several)
    assert len(rows) > 1
    place = town.demand[town.demand["edge"] >= 0].geometry.iloc[300]
    edited = made_of(town).facilities.copy()
    edited.loc[rows[0], "geometry"] = place
    edited = edited.drop(index=rows[1:]).reset_index(drop=True)
    expected = rated(
        dataclasses.replace(town.layers, streets={"walk": layers(replaced(town, edited))})
    )
    changes = {"move": [(several, place.x, place.y)]}
    found = lc.what_if(town, **changes)
    assert_same(found, expected)
    quick = lc.rates_if(base, **changes)
    pd.testing.assert_frame_equal(
        quick, expected.coverage.drop(columns=CERTAINTY), check_exact=True
    )


def made_of(analysis: Analysis):
    """The city of these tests as it was made."""
    made = city(nodes=1500, seed=6, services=4)
    assert made.facilities["facility"].tolist() == analysis.facilities["facility"].tolist()
    return made


def replaced(analysis: Analysis, facilities: gpd.GeoDataFrame):
    return dataclasses.replace(made_of(analysis), facilities=facilities)


def test_of_facilities_at_one_spot_the_first_counts_also_after_a_move(town):
    health = town.facilities[town.facilities["service"] == "health"].drop_duplicates("facility")
    first, second = health.iloc[0], health.iloc[1]
    for mover, other in ((first, second), (second, first)):
        at = other.geometry
        taken = lc.what_if(town, move=[(mover["facility"], at.x, at.y)]).travel_time
        names = set(taken.facility["health"])
        assert first["facility"] in names
        # the second is nowhere the nearest, unless it has another entrance
        entrances = (town.facilities["facility"] == second["facility"]).sum()
        if mover is second or entrances == 1:
            assert second["facility"] not in names


def test_facilities_added_one_after_the_other_have_ids_of_their_own(town):
    one, two = (town.demand.geometry.iloc[row] for row in (40, 90))
    changes = [("health", one.x, one.y), ("culture", two.x, two.y)]
    step = lc.what_if(lc.what_if(town, add=changes[:1]), add=changes[1:])
    assert step.facilities["facility"].iloc[-2:].tolist() == ["added:1", "added:2"]
    assert_same(step, lc.what_if(town, add=changes))


@pytest.mark.parametrize("seed", [3, 8])
def test_monaco_s_rates_at_once_are_those_of_a_fresh_run(monaco, seed):
    changes = some_changes(monaco, seed)
    assert sum(map(len, changes.values())) > 1
    expected = fresh(monaco, **changes).coverage.drop(columns=CERTAINTY)
    quick = lc.rates_if(lc.baseline(monaco), **changes)
    # of refined land nothing is said
    assert set(expected["definition"]) - set(quick["definition"]) == {"land"}
    expected = expected[expected["definition"] != "land"]
    pd.testing.assert_frame_equal(quick, expected, check_exact=True)


def test_refined_land_alone_takes_a_whole_run(monaco):
    land = [one for one in monaco.definitions if one.key == "land"]
    with pytest.raises(lc.InputError, match=r"residential_land are refined.*what_if"):
        lc.baseline(dataclasses.replace(monaco, definitions=tuple(land)))


def test_without_compiled_loops_the_rates_at_once_are_the_same(town, base, monkeypatch):
    changes = some_changes(town, 5)
    compiled = lc.rates_if(base, **changes)
    for module in ("changed_minutes", "nearest"):
        monkeypatch.setattr(f"lifecircle.{module}.COMPILED", False)
    pd.testing.assert_frame_equal(lc.rates_if(lc.baseline(town), **changes), compiled)


def test_a_service_by_a_mode_whose_streets_were_not_read(town):
    layers, key = town.layers, town.definition.key
    standard = layers.standards[key]
    services = tuple(
        dataclasses.replace(each, mode="cycle") if each.key == "sports" else each
        for each in standard.services
    )
    cycled = dataclasses.replace(
        layers,
        standards={**layers.standards, key: dataclasses.replace(standard, services=services)},
        given=layers.given - {"sports"},
    )
    place = town.demand.geometry.iloc[100]
    with pytest.raises(lc.InputError, match=r"sports is reached by mode cycle.*empty = true"):
        lc.what_if(dataclasses.replace(town, layers=cycled), add=[("sports", place.x, place.y)])


def test_nothing_of_the_run_is_changed(town, base):
    copies = town.coverage.copy(), town.facilities.copy(), town.travel_time.minutes.copy()
    name = town.facilities["facility"].iloc[3]
    lc.what_if(town, close=[name])
    lc.rates_if(base, close=[name])
    pd.testing.assert_frame_equal(town.coverage, copies[0])
    assert_geodataframe_equal(gpd.GeoDataFrame(town.facilities), copies[1])
    pd.testing.assert_frame_equal(town.travel_time.minutes, copies[2])


def test_no_change_changes_nothing(town, base):
    assert_same(lc.what_if(town), town)
    expected = town.coverage.drop(columns=CERTAINTY)
    pd.testing.assert_frame_equal(lc.rates_if(base), expected, check_exact=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"close": ["health-l"]}, "no facility 'health-l'.*near ones: health-"),
        ({"move": [("nobody", 121.0, 31.0)]}, "no facility 'nobody'"),
        ({"close": ["health-1", "health-1"]}, "'health-1' is to be closed or moved more than once"),
        ({"add": [("gym", 121.0, 31.0)]}, "no service 'gym'"),
        ({"add": [("health", 31.0, 121.0)]}, "'added:1'.*farther than 200 m from every street"),
        ({"move": [("health-1", 120.0, 31.0)]}, "'health-1'.*farther than 200 m from every street"),
    ],
)
def test_what_cannot_be_changed(town, base, changes, words):
    with pytest.raises(lc.InputError, match=words):
        lc.what_if(town, **changes)
    with pytest.raises(lc.InputError, match=words):
        lc.rates_if(base, **changes)


def test_a_run_opened_from_its_files_must_be_run_afresh(town):
    opened = dataclasses.replace(town, layers=None)
    with pytest.raises(lc.InputError, match=r"Run it afresh|opened from its files"):
        lc.what_if(opened, close=["health-1"])
    with pytest.raises(lc.InputError, match="opened from its files"):
        lc.baseline(opened)


def test_the_sample_has_what_these_tests_need():
    made = city(nodes=1500, seed=6, services=4)
    network = street_network(made.streets, crs=metric_crs("auto", *CENTRE))
    assert len(network.component_m) > 2
    assert (snap(made.facilities, network)["edge"] >= 0).all()
