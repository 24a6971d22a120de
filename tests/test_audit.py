"""Places drawn by lot: their ways give the minutes of the table, and many zones have one."""

import dataclasses

import numpy as np
import pytest

from lifecircle.audit import audit
from lifecircle.crs import metric_crs
from lifecircle.definitions import Definition
from lifecircle.geodesy import distance_m
from lifecircle.measured import measure
from lifecircle.network import street_network
from lifecircle.sample import CENTRE, city
from lifecircle.snapping import snap
from lifecircle.travel import travel_time

PEOPLE = Definition("people", "people", unit="persons")


@pytest.fixture(scope="module")
def sample():
    made = city(nodes=6_000, seed=3)
    network = street_network(made.streets, crs=metric_crs("auto", *CENTRE))
    demand, facilities = snap(made.demand, network), snap(made.facilities, network)
    taken = travel_time(
        network, demand, facilities, services=list(made.standard.keys), search_minutes=60
    )
    return made, network, demand, facilities, taken


def measured_by(sample, definition=PEOPLE, **changes):
    made, _, demand, _, taken = sample
    return measure(
        dataclasses.replace(taken, **changes), demand, made.zones, made.standard, definition
    )


def drawn(sample, definition=PEOPLE, *, mode="walk", demand=None, **changes):
    _, network, places, facilities, _ = sample
    places = places if demand is None else demand
    measured = measured_by(sample, definition, **changes)
    return audit(measured, network, places, facilities, mode=mode)


def test_minutes_are_those_of_the_table(sample):
    _, _, demand, _, taken = sample
    by_id = demand.reset_index().set_index("id")
    found = drawn(sample)
    assert len(found) == 12
    for one in found:
        at = by_id.loc[one.way.place, "index"]
        assert one.minutes == taken.minutes.loc[at, one.way.service]
        assert one.way.minutes == pytest.approx(one.minutes, abs=1e-9)
        assert one.way.facility == taken.facility.loc[at, one.way.service]
        point = demand.geometry[at]
        assert (one.lon, one.lat) == (point.x, point.y)


def test_the_three_legs_and_the_path_add_up(sample):
    for one in drawn(sample):
        way = one.way
        total = way.access_m + way.path_m + way.facility_access_m
        assert one.minutes == pytest.approx(total / (4000 / 60), abs=1e-9)
        lon, lat = np.array(way.path.coords).T
        drawn_m = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum()
        assert drawn_m == pytest.approx(way.path_m, abs=1e-5)


def test_services_and_zones_take_turns(sample):
    made, _, demand, _, _ = sample
    found = drawn(sample)
    services = [one.way.service for one in found]
    assert [services.count(key) for key in made.standard.keys] == [3, 3, 3, 3]
    zones = [one.zone for one in found]
    assert len(made.zones) == 4
    assert sorted(zones[:4]) == [0, 1, 2, 3]
    zone_of = demand.set_index("id")["zone"]
    for one in found:
        assert made.zones.index[one.zone] == zone_of[one.way.place]
    assert len({one.way.place for one in found}) == 12


def test_the_same_run_draws_the_same_places(sample):
    first, again = drawn(sample), drawn(sample)
    assert [one.way.place for one in first] == [one.way.place for one in again]


def test_at_another_speed_the_minutes_are_that_speeds(sample):
    _, _, demand, _, taken = sample
    slow = dataclasses.replace(PEOPLE, speed_kmh=3.2)
    by_id = demand.reset_index().set_index("id")
    for one in drawn(sample, slow):
        at = by_id.loc[one.way.place, "index"]
        assert one.minutes == pytest.approx(taken.minutes.loc[at, one.way.service] * 1.25)
        assert one.way.minutes == pytest.approx(one.minutes / 1.25, abs=1e-9)


def test_only_places_with_demand_are_drawn(sample):
    made, network, demand, facilities, taken = sample
    few = demand.assign(weight=np.where(np.arange(len(demand)) % 50 == 0, demand["weight"], 0.0))
    measured = measure(taken, few, made.zones, made.standard, PEOPLE)
    found = audit(measured, network, few, facilities, mode="walk")
    weight = few.set_index("id")["weight"]
    assert found
    assert all(weight[one.way.place] > 0 for one in found)


def test_what_is_not_reached_or_lies_outside_is_not_drawn(sample):
    made, network, demand, facilities, taken = sample
    outside = demand["zone"] == made.zones.index[0]
    moved = demand.assign(zone=demand["zone"].where(~outside, "(outside)"))
    beyond = taken.minutes.copy()
    beyond[demand["zone"] == made.zones.index[1]] = np.inf
    changed = dataclasses.replace(taken, minutes=beyond)
    measured = measure(changed, moved, made.zones, made.standard, PEOPLE)
    found = audit(measured, network, moved, facilities, mode="walk")
    assert {one.zone for one in found} == {2, 3}
    nowhere = dataclasses.replace(taken, minutes=taken.minutes * np.nan)
    measured = measure(nowhere, moved, made.zones, made.standard, PEOPLE)
    assert audit(measured, network, moved, facilities, mode="walk") == ()


@pytest.mark.parametrize(
    ("definition", "mode", "changes"),
    [
        (dataclasses.replace(PEOPLE, metric="radius"), "walk", {"search_minutes": np.inf}),
        (dataclasses.replace(PEOPLE, mode="cycle"), "walk", {}),
        (dataclasses.replace(PEOPLE, mode="walk|cycle"), "walk", {}),
        (dataclasses.replace(PEOPLE, steps="avoid"), "walk", {}),
        (PEOPLE, "cycle", {}),
        (PEOPLE, "walk", {"speeds": {"health": None}}),
    ],
    ids=["line", "cycle", "both", "step-free", "streets for bicycles", "several modes"],
)
def test_minutes_of_other_ways_are_not_explained(sample, definition, mode, changes):
    _, network, demand, facilities, _ = sample
    measured = measured_by(sample, definition, **changes)
    assert audit(measured, network, demand, facilities, mode=mode) == ()


def test_where_ids_are_double_the_right_place_is_explained(sample):
    made, network, demand, facilities, taken = sample
    same = demand.assign(id="estate")
    measured = measure(taken, same, made.zones, made.standard, PEOPLE)
    for one in audit(measured, network, same, facilities, mode="walk"):
        assert one.way.minutes == pytest.approx(one.minutes, abs=1e-9)
