"""Catchments: whom each facility serves; together they are everybody who is covered."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import lifecircle as lc
from lifecircle.crs import metric_crs
from lifecircle.definitions import Definition
from lifecircle.network import street_network
from lifecircle.sample import CENTRE, city
from lifecircle.snapping import snap
from lifecircle.straight import straight_time
from lifecircle.travel import TravelTime, travel_time
from tests.small_run import MAIN, STANDARD, demand, zones
from tests.small_run import travel_time as small_travel_time

FACILITIES = pd.DataFrame(
    {
        "facility": ["c1", "h1", "h1", "h2"],
        "service": ["culture", "health", "health", "health"],
        "name": ["Library", "Clinic", "Clinic, back door", "Far clinic"],
    }
)


def found_by_key(table: pd.DataFrame) -> dict:
    """Demand and what of it is within the limit, by service and facility."""
    return {
        (row["service"], row["facility"]): (row["demand"], row["within"])
        for row in table.to_dict("records")
    }


def test_each_place_counts_for_the_facility_that_it_reaches():
    taken = small_travel_time()
    found = lc.catchments(taken, demand(), zones(), STANDARD, MAIN, facilities=FACILITIES)
    # Health: 60 within 15 minutes, 40 in 16; the 100 are cut off. Culture: 60 and 100; 40 are not
    # reached, and the 5 outside are on no street. Sports have no data.
    assert found_by_key(found) == {
        ("health", "h1"): (100.0, 60.0),
        ("health", "h2"): (0.0, 0.0),
        ("culture", "c1"): (160.0, 160.0),
    }
    assert found["name"].tolist() == ["Clinic", "Far clinic", "Library"]


def test_the_limit_is_that_of_the_places_own_area():
    standard = dataclasses.replace(
        STANDARD,
        services=(
            dataclasses.replace(STANDARD.service("health"), minutes_by_area={"urban": 16.0}),
        ),
        all=(),
    )
    found = lc.catchments(
        small_travel_time(), demand(), zones(), standard, MAIN, facilities=FACILITIES
    )
    assert found_by_key(found)["health", "h1"] == (100.0, 100.0)


def test_a_group_counts_instead_of_everybody():
    aged = dataclasses.replace(MAIN, group="aged_60")
    found = lc.catchments(
        small_travel_time(), demand(), zones(), STANDARD, aged, facilities=FACILITIES
    )
    assert found_by_key(found)["health", "h1"] == (10.0, 6.0)


@pytest.fixture(scope="module")
def sample():
    made = city(nodes=2_000, seed=5)
    network = street_network(made.streets, crs=metric_crs("auto", *CENTRE))
    places = snap(made.demand, network)
    # Some live outside all zones.
    places.loc[places.index[::17], "zone"] = "(outside)"
    return made, network, places, snap(made.facilities, network)


def radius_of(places, facilities, services) -> TravelTime:
    minutes, facility = straight_time(places, facilities, services=services, speed_kmh=4.0)
    nothing = pd.Series(0.0, index=places.index)
    return TravelTime(
        minutes=minutes, facility=facility, access_m=nothing, rim=nothing + np.inf,
        cut_off=minutes.isna(), speed_kmh=4.0, search_minutes=np.inf,
    )  # fmt: skip


@pytest.mark.parametrize(
    "definition",
    [
        Definition("people", "people"),
        Definition("aged", "people", group="aged_60", speed_kmh=3.2),
        Definition("line", "people", metric="radius"),
    ],
    ids=lambda one: one.key,
)
def test_within_adds_up_to_the_city_and_what_lies_outside(sample, definition):
    made, network, places, facilities = sample
    services = list(made.standard.keys)
    taken = (
        radius_of(places, facilities, services)
        if definition.metric == "radius"
        else travel_time(network, places, facilities, services=services, search_minutes=60)
    )
    table = lc.coverage(taken, places, made.zones, made.standard, definition)
    covered = table[table["level"].isin(["city", "outside"])].groupby("service")["covered"].sum()
    found = lc.catchments(
        taken, places, made.zones, made.standard, definition, facilities=facilities
    )
    sums = found.groupby("service")["within"].sum()
    assert sums.to_dict() == pytest.approx({key: covered[key] for key in services}, rel=1e-12)
    assert (found["within"] <= found["demand"]).all()
    assert not found.duplicated(["service", "facility"]).any()
    listed = made.facilities.drop_duplicates(["service", "facility"])
    assert len(found) == len(listed)


def test_without_any_service_it_is_empty(one_zone):
    taken = small_travel_time()
    nothing = dataclasses.replace(
        taken, minutes=taken.minutes[[]], facility=taken.facility[[]], cut_off=taken.cut_off[[]]
    )
    found = lc.catchments(nothing, demand(), zones(), STANDARD, MAIN, facilities=FACILITIES)
    assert found.empty
    assert list(found) == ["service", "facility", "name", "demand", "within"]


def test_a_service_without_facilities_has_no_row():
    taken = small_travel_time()
    nobody = dataclasses.replace(
        taken,
        minutes=taken.minutes.assign(health=np.inf),
        facility=taken.facility.assign(health=""),
    )
    only_culture = FACILITIES[FACILITIES["service"] == "culture"]
    found = lc.catchments(nobody, demand(), zones(), STANDARD, MAIN, facilities=only_culture)
    assert found["service"].tolist() == ["culture"]
