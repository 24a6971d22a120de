"""The rim: dead ends where the data stop."""

from __future__ import annotations

import dataclasses

import numpy as np
import shapely

from lifecircle.network import StreetNetwork, without
from lifecircle.rim import rim_finding, with_rim
from tests.conftest import streets_of


def chain() -> StreetNetwork:
    """A street of three nodes; its ends are dead ends."""
    return streets_of([0, 500, 1000], [0, 0, 0], [(0, 1), (1, 2)])


def test_rim_is_dead_ends_outside_the_box() -> None:
    network = chain()
    middle = float(network.lon[1])
    rim = with_rim(network, box=(middle - 1, 30.0, middle, 32.0)).rim
    assert rim.tolist() == [False, False, True]


def test_rim_without_a_box_is_near_the_hull() -> None:
    # A square of streets with a spur inwards: its end is a dead end 300 m from the hull.
    square = streets_of(
        [0, 1000, 1000, 0, 500, -50],
        [0, 0, 1000, 1000, 300, 0],
        [(0, 1), (1, 2), (2, 3), (3, 0), (0, 4), (0, 5)],
    )
    assert with_rim(square).rim.tolist() == [False, False, False, False, False, True]


def test_extent_overrides_the_box() -> None:
    network = chain()
    everything = shapely.box(100, 0, 140, 60)
    nothing = (0.0, 0.0, 1.0, 1.0)
    assert not with_rim(network, box=nothing, extent=everything).rim.any()


def test_a_doubled_dead_end_is_still_a_dead_end() -> None:
    network = streets_of([0, 500], [0, 0], [(0, 1), (1, 0)])
    assert with_rim(network, box=(0.0, 0.0, 1.0, 1.0)).rim.all()


def test_the_end_of_a_one_way_street_is_a_dead_end_too() -> None:
    network = chain()
    oneway = dataclasses.replace(network, backward_m=np.full(2, np.inf))
    assert with_rim(oneway, box=(0.0, 0.0, 1.0, 1.0)).rim.tolist() == [True, False, True]


def test_closing_a_street_makes_no_rim() -> None:
    network = with_rim(chain(), box=(0.0, 0.0, 1.0, 1.0))
    assert without(network, np.array([True, False])).rim.tolist() == [True, False, True]


def test_the_rim_is_told_with_the_margin_that_is_enough() -> None:
    network = with_rim(chain(), box=(0.0, 0.0, 1.0, 1.0))
    found = rim_finding(network, source="x.osm.pbf", margin_m=1000.0)
    assert found is not None
    assert found.message.text("en").startswith("At 2 dead ends the street data stop")
    assert "1.0 km beyond the zones" in found.message.action("en")
    assert rim_finding(chain(), source="x.osm.pbf", margin_m=1000.0) is None
