"""One place explained: its legs add up to its minutes and its path lies on the streets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyproj
import pytest

from lifecircle.errors import InputError
from lifecircle.explanation import explain
from lifecircle.geodesy import distance_m
from lifecircle.network import StreetNetwork, Streets, street_network
from lifecircle.snapping import snap
from tests.conftest import CRS, degrees, demand_at, facilities_at, m, streets_of


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


def test_a_long_street_is_not_lost() -> None:
    # From the middle of a street of 20 km both its ends lie far beyond what is searched.
    network = streets_of([0, 20_000, 20_000], [0, 0, 100], [(0, 1), (1, 2)])
    demand = snap(demand_at([10_000], [0]), network)
    facilities = snap(facilities_at([10_500, 20_000], [0, 100]), network)
    found = explain(network, demand, facilities, "0", "health", search_minutes=10)
    assert found.facility == "f0"
    assert found.path_m == pytest.approx(m(network, 0, 1) / 40, abs=1e-3)


def test_a_facility_on_a_street_that_leads_away_is_found() -> None:
    # The second street begins 100 m off and ends 20 km away; the facility stands 200 m along it.
    network = streets_of([0, 100, 100], [0, 0, 20_000], [(0, 1), (1, 2)])
    demand = snap(demand_at([0], [0]), network)
    facilities = snap(facilities_at([100], [200]), network)
    found = explain(network, demand, facilities, "0", "health", search_minutes=5)
    assert found.edge == 0
    assert found.path_m == pytest.approx(m(network, 0, 1) + m(network, 1, 2) / 100, abs=1e-3)


def test_fast_streets_are_searched_as_far_as_they_lead() -> None:
    # Ten times as fast as the network's speed: 3 km in 4.5 minutes at 4 km/h.
    lon, lat = degrees(np.array([0.0, 3000.0, 3000.0]), np.array([0.0, 0.0, 50.0]))
    streets = Streets.plain(lon, lat, np.array([0, 1]), np.array([1, 2]))
    factor = np.array([0.1, 1.0])
    network = street_network(streets, crs=CRS, forward=factor, backward=factor)
    demand = snap(demand_at([0], [0]), network)
    facilities = snap(facilities_at([3000], [50]), network)
    found = explain(network, demand, facilities, "0", "health", search_minutes=6)
    taken = m(network, 0, 1) / 10 + m(network, 1, 2)
    assert found.path_m == pytest.approx(m(network, 0, 1, 2), abs=1e-3)
    assert found.minutes == pytest.approx(taken / (4000 / 60), abs=1e-6)


def test_across_the_date_line_there_is_a_way() -> None:
    lon = np.array([179.999, 179.9999, -179.9999, -179.999])
    u = np.arange(3)
    streets = Streets.plain(lon, np.full(4, -17.0), u, u + 1)
    network = street_network(streets, crs=pyproj.CRS("EPSG:3832"))
    at = {"fraction": [0.0], "distance_m": [0.0], "street_lat": [-17.0]}
    demand = pd.DataFrame({"id": ["0"], "edge": [0], "street_lon": [lon[0]], **at})
    end = {**at, "fraction": [1.0]}
    facilities = pd.DataFrame(
        {
            "facility": ["f"],
            "service": "health",
            "name": "",
            "edge": [2],
            "street_lon": [lon[3]],
            **end,
        }
    )
    found = explain(network, demand, facilities, "0", "health")
    assert found.path_m == pytest.approx(0.002 * 106_473, rel=1e-3)
