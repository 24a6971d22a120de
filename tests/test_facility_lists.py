"""Two lists of facilities side by side."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import lifecircle as lc
from lifecircle.definitions import Definition
from lifecircle.facility_lists import rates_by_list
from lifecircle.geodesy import distance_m, lonlat
from lifecircle.network import StreetNetwork
from lifecircle.standards import Service, Standard
from tests.conftest import demand_at, facilities_at


def pairs(found: lc.FacilityComparison) -> list[tuple[str, str]]:
    return list(zip(found.matched["facility_a"], found.matched["facility_b"], strict=True))


def test_the_nearest_pair_goes_first_and_each_facility_is_matched_once():
    # a0–b0 are 30 m apart, a1–b0 10 m, a0–b1 90 m: b0 goes to a1, and a0 takes b1.
    found = lc.compare_facilities(facilities_at([0, 40], [0, 0]), facilities_at([30, -90], [0, 0]))
    assert pairs(found) == [("f1", "f0"), ("f0", "f1")]
    assert found.matched["distance_m"].tolist() == pytest.approx([10, 90], abs=0.1)
    assert found.only_a.empty
    assert found.only_b.empty


def test_greedy_matching_may_leave_one_over():
    # b0 lies between a0 (40 m) and a1 (10 m) and goes to a1, although b1 is only within a1's reach.
    found = lc.compare_facilities(facilities_at([0, 50], [0, 0]), facilities_at([40, 145], [0, 0]))
    assert pairs(found) == [("f1", "f0")]
    assert found.only_a["facility"].tolist() == ["f0"]
    assert found.only_b["facility"].tolist() == ["f1"]


def test_of_equally_near_ones_the_first_is_taken():
    same = facilities_at([0, 0, 0], [0, 0, 0])
    found = lc.compare_facilities(same, same)
    assert pairs(found) == [("f0", "f0"), ("f1", "f1"), ("f2", "f2")]
    assert found.matched["distance_m"].tolist() == [0, 0, 0]


def test_only_the_same_service_is_the_same_facility():
    a = facilities_at([0, 500], [0, 0], ["health", "school"])
    b = facilities_at([0, 500], [0, 0], ["school", "school"])
    found = lc.compare_facilities(a, b)
    assert pairs(found) == [("f1", "f1")]
    summary = found.summary.set_index("service")
    assert summary.loc["health", ["a", "b", "matched", "only_a", "only_b"]].tolist() == [
        1,
        0,
        0,
        1,
        0,
    ]
    assert summary.loc["school", ["a", "b", "matched", "only_a", "only_b"]].tolist() == [
        1,
        2,
        1,
        0,
        1,
    ]
    assert np.isnan(summary.loc["health", "median_m"])
    assert summary.loc["school", "median_m"] == 0


def test_a_facility_with_several_entrances_is_one_and_its_nearest_entrance_counts():
    a = facilities_at([0, 300], [0, 0]).assign(facility="park", name="Park")
    b = facilities_at([360], [0])
    found = lc.compare_facilities(a, b)
    assert pairs(found) == [("park", "f0")]
    assert found.matched["distance_m"].item() == pytest.approx(60, abs=0.1)
    assert found.matched[["name_a", "name_b"]].iloc[0].tolist() == ["Park", ""]
    alone = lc.compare_facilities(a, b, within_m=50)
    assert len(alone.only_a) == 1
    assert alone.summary[["a", "only_a"]].iloc[0].tolist() == [1, 1]


def test_a_facility_of_two_services_counts_in_each():
    a = facilities_at([0, 0], [0, 0], ["health", "elderly"]).assign(facility="both")
    found = lc.compare_facilities(a, facilities_at([10], [0], "elderly"))
    assert found.matched["service"].tolist() == ["elderly"]
    assert found.only_a["service"].tolist() == ["health"]


def test_the_distance_is_ellipsoidal_and_its_limit_included():
    a, b = facilities_at([0], [0]), facilities_at([60], [80])
    (lon_a, lat_a), (lon_b, lat_b) = lonlat(a), lonlat(b)
    exact = float(distance_m(lon_a, lat_a, lon_b, lat_b)[0])
    assert exact == pytest.approx(100, abs=0.1)
    assert len(lc.compare_facilities(a, b, within_m=exact).matched) == 1
    assert len(lc.compare_facilities(a, b, within_m=exact - 1e-6).matched) == 0
    assert (
        len(lc.compare_facilities(a.to_crs(3857), b.to_crs(4549), within_m=exact + 1e-3).matched)
        == 1
    )


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_taking_the_nearest_pair_again_and_again_gives(seed: int):
    rng = np.random.default_rng(seed)
    a, b = (
        facilities_at(*rng.uniform(0, 600, (2, n)), rng.choice(["x", "y"], n).tolist())
        for n in (60, 80)
    )
    (lon_a, lat_a), (lon_b, lat_b) = lonlat(a), lonlat(b)
    metres = distance_m(lon_a[:, None], lat_a[:, None], lon_b, lat_b)
    metres[a["service"].to_numpy()[:, None] != b["service"].to_numpy()] = np.inf
    expected = []
    while metres.min() <= 100:
        i, j = np.unravel_index(metres.argmin(), metres.shape)
        expected.append((f"f{i}", f"f{j}"))
        metres[i, :] = metres[:, j] = np.inf
    found = lc.compare_facilities(a, b)
    assert pairs(found) == expected
    assert len(expected) > 20
    assert len(found.only_a) == 60 - len(expected)
    assert set(found.only_b["facility"]) == set(b["facility"]) - {j for _, j in expected}


def test_the_lists_may_change_places():
    rng = np.random.default_rng(9)
    a, b = (facilities_at(*rng.uniform(0, 500, (2, n))) for n in (30, 40))
    one, other = lc.compare_facilities(a, b), lc.compare_facilities(b, a)
    assert {(i, j) for i, j in pairs(one)} == {(j, i) for i, j in pairs(other)}
    assert one.only_a["facility"].tolist() == other.only_b["facility"].tolist()


def test_an_empty_list_matches_nothing():
    some, none = facilities_at([0, 10], [0, 0]), facilities_at([], [])
    found = lc.compare_facilities(some, none)
    assert repr(found) == "<FacilityComparison: 0 matched, 2 only in a, 0 only in b>"
    assert found.summary[["service", "a", "b", "only_a"]].to_numpy().tolist() == [
        ["health", 2, 0, 2]
    ]
    assert lc.compare_facilities(none, none).summary.empty
    assert list(found.matched.columns) == [
        "facility_a", "facility_b", "service", "name_a", "name_b", "distance_m",
    ]  # fmt: skip


def test_lists_are_not_changed():
    a, b = facilities_at([0, 10], [0, 0]), facilities_at([5], [0])
    before = a.copy(), b.copy()
    lc.compare_facilities(a, b)
    pd.testing.assert_frame_equal(a, before[0])
    pd.testing.assert_frame_equal(b, before[1])


@pytest.mark.parametrize("within_m", [0.0, -5.0, np.nan])
def test_a_distance_must_be_positive(within_m: float):
    places = facilities_at([0], [0])
    with pytest.raises(lc.InputError, match="matched within a distance above 0 m, got"):
        lc.compare_facilities(places, places, within_m=within_m)


def test_a_missing_column_is_named():
    places = facilities_at([0], [0])
    with pytest.raises(lc.InputError, match=r"List b .* lacks the columns service, name\. It has"):
        lc.compare_facilities(places, places.drop(columns=["service", "name"]))


def test_a_list_without_coordinate_system_is_refused():
    places = facilities_at([0], [0])
    bare = gpd.GeoDataFrame(places.drop(columns="geometry"), geometry=list(places.geometry))
    with pytest.raises(lc.CRSError):
        lc.compare_facilities(bare, places)


def test_both_lists_rates_stand_side_by_side(town: StreetNetwork, one_zone: pd.DataFrame):
    # The corners of the drawn town's lower side, 100 m apart; within three minutes are 200 m.
    demand = lc.snap(demand_at([0, 100, 200, 200], [0, 0, 0, 200]), town)
    standard = Standard("own", "", "", 0.85, (Service("health", "", "", 3.0, 0.85),))
    found = rates_by_list(
        facilities_at([0], [0]), facilities_at([200], [0]), town, demand, one_zone,
        standard=standard, definition=Definition("people", "people"),
    )  # fmt: skip
    city = found[found["level"] == "city"].iloc[0]
    assert (city["rate_a"], city["rate_b"], city["difference"]) == (0.75, 1.0, -0.25)
    nothing = rates_by_list(
        facilities_at([0], [0]), facilities_at([200], [0], "school"), town, demand, one_zone,
        standard=standard, definition=Definition("people", "people"),
    )  # fmt: skip
    assert nothing.set_index("level").loc["city", "rate_a"] == 0.75
    assert nothing[["rate_b", "difference"]].isna().all(axis=None)
