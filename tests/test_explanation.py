"""One place explained: its legs add up to its minutes and its path lies on the streets."""

from __future__ import annotations

import numpy as np
import pytest

from lifecircle.errors import InputError
from lifecircle.explanation import explain
from lifecircle.geodesy import distance_m
from lifecircle.network import StreetNetwork
from lifecircle.snapping import snap
from tests.conftest import demand_at, facilities_at, m


def test_legs_and_path_add_up(town: StreetNetwork) -> None:
    demand = snap(demand_at([50], [-20]), town)
    facilities = snap(facilities_at([150, 190], [210, 1]), town).assign(service=["health", "x"])
    found = explain(town, demand, facilities, "0", "health")
    assert found.facility == "f0"
    path = m(town, 0, 1) / 2 + m(town, 1, 4, 7) + m(town, 7, 8) / 2
    assert found.path_m == pytest.approx(path, abs=1e-5)
    legs = found.access_m + found.path_m + found.facility_access_m
    assert found.minutes == pytest.approx(legs / (4000 / 60), abs=1e-12)
    lon, lat = np.array(found.path.coords).T
    drawn = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum()
    assert drawn == pytest.approx(found.path_m, abs=1e-5)


def test_on_one_edge_the_path_goes_straight(town: StreetNetwork) -> None:
    demand = snap(demand_at([20], [0]), town)
    found = explain(town, demand, snap(facilities_at([70], [0]), town), "0", "health")
    assert len(found.path.coords) == 2
    assert found.path_m == pytest.approx(m(town, 0, 1) / 2, abs=1e-5)


@pytest.mark.parametrize(
    ("place", "service", "words"),
    [
        ("nobody", "health", "No demand place has the id 'nobody'"),
        ("1", "health", "Place '1' could not be put on the street"),
        ("0", "culture", "No facility of 'culture' lies within 30 minutes"),
    ],
)
def test_what_cannot_be_explained_says_why(
    town: StreetNetwork, place: str, service: str, words: str
) -> None:
    demand = snap(demand_at([0, 9000], [0, 0]), town)
    with pytest.raises(InputError, match=words):
        explain(town, demand, snap(facilities_at([70], [0]), town), place, service)
