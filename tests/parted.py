"""A synthetic city with every kind of search in it, for tests of runs in parts.

People are searched on foot, on foot without steps, by bicycle and in a straight line; pupils, a
second demand layer, on foot only. Some places and facilities are off the streets, and some live
among stairs.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lifecircle.checked_layers import Checked, OnStreets
from lifecircle.crs import metric_crs
from lifecircle.definitions import definitions_of
from lifecircle.division import Division, part_of, write_streets
from lifecircle.gathering import nothing_found, put, times_of
from lifecircle.network import Bools, StreetNetwork, street_network
from lifecircle.parts import part_key, read_result, search_part, write_part
from lifecircle.project.tables import Project
from lifecircle.rim import with_rim
from lifecircle.sample import CENTRE, city
from lifecircle.searches import Times
from lifecircle.snapping import snap

DEFINITIONS = [
    {"key": "people", "demand": "people"},
    {"key": "active", "demand": "people", "mode": "walk|cycle"},
    {"key": "step_free", "demand": "people", "steps": "avoid"},
    {"key": "radius", "demand": "people", "metric": "radius"},
    {"key": "pupils", "demand": "pupils"},
]


def checked_city(nodes: int, *, seed: int = 0, services: int = 3) -> Checked:
    """What intake would hand on."""
    made = city(nodes=nodes, seed=seed, services=services)
    people = _some_off(made.demand)
    # Another index than the people's, and places of its own.
    pupils = made.demand.iloc[::7].assign(id=lambda frame: "p" + frame["id"])
    pupils.index = pd.Index([f"school {i}" for i in range(len(pupils))])
    facilities = _some_off(made.facilities)
    streets = {}
    for mode, speed_kmh in (("walk", 4.0), ("cycle", 12.0)):
        crs = metric_crs("auto", *CENTRE)
        network = with_rim(street_network(made.streets, crs=crs, speed_kmh=speed_kmh))
        network = dataclasses.replace(network, barred=network.barred | _old_town(network))
        demands = {"people": snap(people, network), "pupils": snap(pupils, network)}
        streets[mode] = OnStreets(network, snap(facilities, network), demands)
    project = Project.model_validate(
        {
            "schema": 1,
            "network": {"source": "city", "search_minutes": 10},
            "zones": {"source": "city"},
            "demand": [{"name": name, "source": "city"} for name in ("people", "pupils")],
            "facilities": [{"name": "sample", "source": "city", "service_column": "service"}],
            "definitions": DEFINITIONS,
        }
    )
    # Eight minutes, so that a part of a small city is a piece of it.
    standards = {str(each["key"]): made.standard.at(8.0) for each in DEFINITIONS}
    return Checked(
        project=project,
        standards=standards,
        definitions=definitions_of(project, standards),
        zones=made.zones,
        streets=streets,
        given=frozenset(made.standard.keys),
        findings=(),
        sources=(),
        seconds={},
    )


def _old_town(network: StreetNetwork) -> Bools:
    """Edges in a quarter of stairs, 800 m wide: who lives in its middle finds no way without."""
    x, y = (network.x - network.x.min(), network.y - network.y.min())
    inside = np.hypot(x - 1_500.0, y - 1_500.0) < 400.0
    return np.asarray(inside[network.u] | inside[network.v])


def _some_off(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The points, every 97th of them 500 m east of the city."""
    x, y = shapely.get_coordinates(points.geometry.array).T
    far = np.arange(len(points)) % 97 == 5
    moved = shapely.points(np.where(far, x.max() + 0.005, x), y)
    return points.set_geometry(gpd.GeoSeries(moved, index=points.index, crs=points.crs))


def with_facility(checked: Checked, position: int, **values: object) -> Checked:
    """The layers with other values of one access point, on the streets of every mode."""

    def changed(on: OnStreets) -> OnStreets:
        facilities = on.facilities.copy()
        facilities.loc[facilities.index[position], list(values)] = list(values.values())
        return dataclasses.replace(on, facilities=facilities)

    streets = {mode: changed(on) for mode, on in checked.streets.items()}
    return dataclasses.replace(checked, streets=streets)


def in_the_south_west(checked: Checked) -> int:
    """The position of the access point farthest to the south-west."""
    return int(shapely.get_coordinates(checked.facilities.geometry.array).sum(axis=1).argmin())


def times_in_parts(division: Division, folder: Path) -> Times:
    """The minutes of a run by its parts, each written, searched and read as workers do."""
    found = nothing_found(division)
    write_streets(division, folder)
    for number, rows in enumerate(division.cells):
        part = part_of(division, number)
        where, result = folder / part_key(part), folder / f"found-{part_key(part)}"
        write_part(part, where)
        search_part(str(where), str(result))
        taken = read_result(result, len(rows))
        assert taken is not None
        put(found, division, number, taken)
    return times_of(found, division)


def assert_same_times(found: Times, expected: Times) -> None:
    """Every table of minutes the same: to 1e-9 what is searched, exactly what is not."""
    assert {name: list(each) for name, each in found.items()} == {
        name: list(each) for name, each in expected.items()
    }
    for name, methods in expected.items():
        for key, one in methods.items():
            other = found[name][key]
            within = {"rtol": 0, "atol": 1e-9}
            pd.testing.assert_frame_equal(other.minutes, one.minutes, **within)
            pd.testing.assert_series_equal(other.rim, one.rim, **within)
            pd.testing.assert_frame_equal(other.facility, one.facility)
            pd.testing.assert_frame_equal(other.cut_off, one.cut_off)
            pd.testing.assert_series_equal(other.access_m, one.access_m)
            assert other.speed_kmh == one.speed_kmh
            assert other.search_minutes == one.search_minutes
