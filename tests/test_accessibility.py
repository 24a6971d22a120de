"""The k nearest, counts and pairs: each against a plain search from one facility at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lifecircle as lc
from lifecircle import pairs as pairs_module
from lifecircle.accessibility import BYTES_A_PAIR
from lifecircle.crs import metric_crs
from lifecircle.network import metres_per_minute, street_network
from lifecircle.sample import CENTRE, city, town
from lifecircle.search import links_to, nearest_facility
from lifecircle.snapping import snap
from tests.conftest import CRS
from tests.test_search import cities


@pytest.fixture(scope="module")
def small():
    """A city of three services, its places and facilities on the streets."""
    made = city(nodes=3000, seed=5, services=3)
    network = street_network(made.streets, crs=metric_crs("auto", *CENTRE))
    return network, snap(made.demand, network), snap(made.facilities, network)


def one_by_one(network, demand, facilities, cutoff_minutes):
    """Minutes from every place to every facility within the cutoff, one search a facility."""
    links, pace = links_to(network), metres_per_minute(network.speed_kmh)
    tables = []
    on = facilities[facilities["edge"] >= 0]
    for (service, facility), points in on.groupby(["service", "facility"], sort=False):
        metres, _ = nearest_facility(
            network, demand, points, links=links, limit_m=cutoff_minutes * pace
        )
        reached = np.flatnonzero(np.isfinite(metres))
        tables.append(
            pd.DataFrame(
                {
                    "origin": demand.index[reached],
                    "service": service,
                    "destination": facility,
                    "minutes": metres[reached] / pace,
                }
            )
        )
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def in_order(pairs):
    return pairs.sort_values(["service", "destination", "origin"]).reset_index(drop=True)


@pytest.mark.parametrize("memory_mb", [256.0, 0.001])
def test_every_pair_within_the_cutoff(small, memory_mb):
    tables = list(lc.origin_destination(*small, cutoff_minutes=10.0, memory_mb=memory_mb))
    most = max(memory_mb * 2**20 / BYTES_A_PAIR, len(small[1]))
    assert max(map(len, tables)) <= most
    assert (len(tables) > 3) == (memory_mb < 1)
    found, expected = in_order(pd.concat(tables)), in_order(one_by_one(*small, 10.0))
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=0, atol=1e-9)
    # the pairs of a facility stand in one table
    parts = [set(zip(each["service"], each["destination"], strict=True)) for each in tables]
    assert sum(map(len, parts)) == len(set().union(*parts))


@pytest.mark.parametrize("k", [1, 3])
def test_the_k_nearest_are_the_first_of_all_pairs(small, k):
    found = lc.nearest_facilities(*small, k=k, search_minutes=10.0)
    pairs = one_by_one(*small, 10.0).sort_values("minutes", kind="stable")
    expected = pairs.groupby(["origin", "service"], sort=False).head(k)
    assert len(found) == len(expected)
    merged = found.merge(
        expected, left_on=["origin", "service", "facility"],
        right_on=["origin", "service", "destination"],
    )  # fmt: skip
    assert len(merged) == len(found)
    np.testing.assert_allclose(merged["minutes_x"], merged["minutes_y"], rtol=0, atol=1e-9)
    ranks = found.groupby(["origin", "service"])["rank"]
    assert (ranks.diff().dropna() == 1).all()
    assert (found.groupby(["origin", "service"])["minutes"].diff().dropna() >= 0).all()


def test_the_nearest_is_that_of_the_travel_time(small):
    taken = lc.travel_time(*small, search_minutes=10.0)
    first = lc.nearest_facilities(*small, k=1, search_minutes=10.0)
    for service in taken.minutes:
        own = first[first["service"] == service].set_index("origin")
        minutes = taken.minutes[service]
        assert set(own.index) == set(minutes.index[np.isfinite(minutes)])
        np.testing.assert_array_equal(own["minutes"], minutes[own.index])


def test_counts_within_limits(small):
    network, demand, facilities = small
    found = lc.facilities_within(network, demand, facilities, minutes=(2.0, 10.0))
    pairs = one_by_one(network, demand, facilities, 10.0 + 1e-6)
    on = (demand["edge"] >= 0).to_numpy()
    for service, limit in found.columns:
        near = pairs[(pairs["service"] == service) & (pairs["minutes"] <= limit + 1e-6)]
        expected = near.groupby("origin").size().reindex(demand.index, fill_value=0)
        assert found.loc[on, (service, limit)].tolist() == expected[on].tolist()
    assert found[~on].isna().all(axis=None)


def test_the_town_by_hand():
    # 100 m blocks; culture at corner 4 and half-way from 5 to 8; 1.5 minutes a block
    made = town()
    network = street_network(made.streets, crs=CRS)
    places = snap(made.demand, network, min_component_m=0)
    facilities = snap(made.facilities, network, min_component_m=0)
    culture = facilities[facilities["service"] == "culture"]
    found = lc.nearest_facilities(network, places, culture, k=2)
    at_2 = found[found["origin"] == 2]
    assert at_2["facility"].tolist() == ["culture-2", "culture-1"]
    # corner 2 to 5 and half a block on; corner 2 by 1 or 5 to 4
    assert at_2["minutes"].tolist() == pytest.approx([2.25, 3.0], abs=1e-6)
    counts = lc.facilities_within(network, places, culture, minutes=[2.25, 3.0])
    assert counts["culture"].loc[2].tolist() == [1, 2]


def test_entrances_of_a_facility_count_once(small):
    network, demand, facilities = small
    twice = pd.concat([facilities, facilities], ignore_index=True)
    once = lc.facilities_within(network, demand, facilities)
    pd.testing.assert_frame_equal(once, lc.facilities_within(network, demand, twice))


@settings(max_examples=60, deadline=None)
@given(cities(), st.sampled_from([0.0, 3.0, 30.0]))
def test_pairs_on_tangled_streets(found, cutoff):
    network, demand, facilities, _ = found
    places, targets = snap(demand, network), snap(facilities, network)
    expected = one_by_one(network, places, targets, cutoff)
    pairs = pd.concat(lc.origin_destination(network, places, targets, cutoff_minutes=cutoff))
    # a pair exactly at the cutoff may fall on either side in the last digit
    sure, other = pairs[pairs["minutes"] < cutoff - 1e-9], expected
    if len(expected):
        other = expected[expected["minutes"] < cutoff - 1e-9]
        pd.testing.assert_frame_equal(
            in_order(sure), in_order(other), check_dtype=False, rtol=0, atol=1e-9
        )
    else:
        assert pairs.empty


def test_without_numba_the_library_serves(small, monkeypatch):
    once = in_order(pd.concat(lc.origin_destination(*small, cutoff_minutes=5.0)))
    monkeypatch.setattr(pairs_module, "COMPILED", False)
    again = in_order(pd.concat(lc.origin_destination(*small, cutoff_minutes=5.0)))
    pd.testing.assert_frame_equal(once, again, rtol=0, atol=1e-9)


def test_nobody_offers_anything(small):
    network, demand, facilities = small
    nothing = facilities.iloc[:0]
    assert lc.nearest_facilities(network, demand, nothing, k=2).empty
    assert lc.facilities_within(network, demand, nothing).shape == (len(demand), 0)
    off = facilities.assign(edge=-1)
    assert lc.nearest_facilities(network, demand, off, k=2).empty


def test_what_cannot_be_asked(small):
    network, demand, facilities = small
    with pytest.raises(lc.InputError, match="k = 0"):
        lc.nearest_facilities(network, demand, facilities, k=0)
    with pytest.raises(lc.InputError, match="No limit"):
        lc.facilities_within(network, demand, facilities, minutes=())
    with pytest.raises(lc.InputError, match="edge"):
        lc.facilities_within(network, demand.drop(columns="edge"), facilities)
    for minutes in (np.inf, -1.0, np.nan):
        with pytest.raises(lc.InputError, match="no cutoff that could be searched"):
            list(lc.origin_destination(network, demand, facilities, cutoff_minutes=minutes))


def test_a_negative_limit_reaches_nobody(small):
    network, demand, facilities = small
    taken = lc.travel_time(network, demand, facilities, search_minutes=-1.0)
    on = (demand["edge"] >= 0).to_numpy()
    assert np.isinf(taken.minutes[on]).all(axis=None)
