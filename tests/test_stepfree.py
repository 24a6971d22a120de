"""Step-free minutes: by hand, never fewer than plain ones, and on Monaco against NetworkX."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.network import StreetNetwork, Streets, street_network
from lifecircle.osm.ways import is_barred, is_street
from lifecircle.snapping import snap
from lifecircle.stepfree import detour_time, off_closed, step_free
from lifecircle.travel import TravelTime, travel_time
from tests.conftest import CRS, degrees, demand_at, facilities_at, m
from tests.oracle import directed_minutes, snap_by_hand

PACE = 4000 / 60


def drawn(
    x: list[float], y: list[float], edges: list[tuple[int, int]], steps: list[bool]
) -> StreetNetwork:
    """A network in metres from the town's corner, some of its edges steps."""
    u, v = np.array(edges, dtype=np.int64).T
    stairs = np.array(steps)
    return street_network(
        Streets(*degrees(np.array(x), np.array(y)), u, v, stairs, stairs & False), crs=CRS
    )


# A ladder: a street in the south (0–1–2), one in the north (3–4–5), steps up the middle and a lane
# in the east.
#
#   3 --- 4 --- 5      y = 100
#         #     |
#   0 --- 1 --- 2      y = 0
LADDER = drawn(
    [0, 100, 200] * 2, [0] * 3 + [100] * 3,
    [(0, 1), (1, 2), (3, 4), (4, 5), (1, 4), (2, 5)], [False] * 4 + [True, False],
)  # fmt: skip


def both(
    network: StreetNetwork, demand: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, **keys: float
) -> tuple[TravelTime, TravelTime]:
    """Plain and step-free times."""
    places = snap(demand, network, min_component_m=0)
    targets = snap(facilities, network, min_component_m=0)
    plain = travel_time(network, places, targets, services=["health"])
    free = detour_time(network, network.barred, places, targets, plain, min_component_m=0, **keys)
    return plain, free


def test_steps_are_gone_round():
    plain, free = both(LADDER, demand_at([100], [0]), facilities_at([100], [100]))
    assert plain.minutes["health"].iloc[0] * PACE == pytest.approx(m(LADDER, 1, 4), abs=1e-6)
    expected = m(LADDER, 1, 2, 5, 4)
    assert free.minutes["health"].iloc[0] * PACE == pytest.approx(expected, abs=1e-6)
    assert free.facility["health"].tolist() == ["f0"]


def test_a_place_on_steps_moves_to_the_nearest_open_edge():
    # 30 m up the steps, 5 m beside them: to the south street, 30 m away.
    places = snap(demand_at([105], [30]), LADDER, min_component_m=0)
    assert places["edge"].tolist() == [4]
    moved = off_closed(places, LADDER, LADDER.barred, min_component_m=0)
    assert moved["edge"].tolist() == [1]
    assert moved["fraction"].iloc[0] == pytest.approx(0.05, abs=1e-3)
    assert moved["distance_m"].iloc[0] == pytest.approx(30, rel=1e-3)
    assert moved["street_lat"].iloc[0] < places["street_lat"].iloc[0]
    # one that stands elsewhere keeps its position, although the steps' end is as near
    kept = snap(demand_at([101], [-1]), LADDER, min_component_m=0)
    pd.testing.assert_frame_equal(off_closed(kept, LADDER, LADDER.barred, min_component_m=0), kept)


def test_who_comes_out_nearer_gains_nothing():
    # A place 5 m beside steps that lead away from the street on which the facility is.
    network = drawn([0, 200, 0, 100], [0, 0, 12, 12], [(0, 1), (2, 3), (0, 2)], [False, True, True])
    demand, facilities = demand_at([100], [7]), facilities_at([100], [0])
    plain, free = both(network, demand, facilities)
    places = snap(demand, network, min_component_m=0)
    assert places["edge"].tolist() == [1]
    assert plain.minutes["health"].iloc[0] * PACE > 200  # along the steps to the corner and back
    assert free.minutes["health"].iloc[0] == plain.minutes["health"].iloc[0]


def test_who_finds_no_open_street_is_cut_off_not_unknown():
    # Steps of 300 m up from the street's east end; a place on them 290 m up.
    network = drawn([0, 200, 200], [0, 0, 300], [(0, 1), (1, 2)], [False, True])
    demand = demand_at([100, 200, 5000], [0, 290, 0])
    plain, free = both(network, demand, facilities_at([0], [0]))
    assert free.minutes["health"].isna().tolist() == [False, False, True]
    assert np.isinf(free.minutes["health"].iloc[1])
    assert free.cut_off["health"].tolist() == [False, True, False]
    assert free.facility["health"].tolist() == ["f0", "", ""]
    assert free.access_m.iloc[1] == plain.access_m.iloc[1]
    # with a wider limit it goes to the end of the street
    _, near = both(network, demand, facilities_at([0], [0]), max_snap_m=301.0)
    assert near.minutes["health"].iloc[1] * PACE == pytest.approx(490, rel=1e-3)


def test_what_was_cut_off_before_stays_so_for_each_service():
    # A street with a clinic, and steps 40 m north of it that are a piece of their own: who moves
    # off the steps comes out beside the clinic, which it could not reach. Nobody offers culture.
    network = drawn([0, 200, 0, 200], [0, 0, 40, 40], [(0, 1), (2, 3)], [False, True])
    places = snap(demand_at([100, 100], [0, 40]), network, min_component_m=0)
    targets = snap(facilities_at([100], [0]), network, min_component_m=0)
    services = ["culture", "health"]
    plain = travel_time(network, places, targets, services=services)
    free = detour_time(network, network.barred, places, targets, plain, min_component_m=0)
    assert free.cut_off.to_numpy().tolist() == [[True, False], [True, True]]
    assert np.isfinite(free.minutes).to_numpy().tolist() == [[False, True], [False, False]]


def test_a_facility_on_steps_is_entered_from_the_nearest_street():
    plain, free = both(LADDER, demand_at([100], [0]), facilities_at([105], [80]))
    # up the steps, or 200 m round by the east, 95 m west along the north street, 20 m down
    assert plain.minutes["health"].iloc[0] * PACE == pytest.approx(80 + 5, rel=1e-3)
    assert free.minutes["health"].iloc[0] * PACE == pytest.approx(200 + 95 + 20, rel=1e-3)


def test_what_only_steps_lead_to_is_cut_off():
    network = drawn(
        [0, 100, 100, 200], [0, 0, 80, 80], [(0, 1), (1, 2), (2, 3)], [False, True, False]
    )
    plain, free = both(network, demand_at([200], [80]), facilities_at([0], [0]))
    assert np.isfinite(plain.minutes["health"].iloc[0])
    assert np.isinf(free.minutes["health"].iloc[0])
    assert free.cut_off["health"].tolist() == [True]


def test_positions_are_kept_and_pieces_are_those_of_what_is_open():
    network = drawn(
        [0, 100, 100, 200], [0, 0, 80, 80], [(0, 1), (1, 2), (2, 3)], [False, True, False]
    )
    free = step_free(network)
    assert network.component.tolist() == [0] * 4
    assert len(set(free.component.tolist())) == 2
    assert free.closed.tolist() == [False, True, False]
    assert free.component_m.sum() == pytest.approx(m(network, 0, 1) + m(network, 2, 3))
    assert free.u.tolist() == network.u.tolist()


@st.composite
def towns(draw: st.DrawFn) -> tuple[StreetNetwork, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """A random tangle of streets and steps with places and facilities."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    nodes, count = draw(st.integers(2, 25)), draw(st.integers(1, 50))
    x, y = rng.uniform(0, 900, nodes).round(-1), rng.uniform(0, 900, nodes).round(-1)
    ends = rng.integers(0, nodes, (count, 2))
    ends = ends[ends[:, 0] != ends[:, 1]]
    ends = ends if len(ends) else np.array([[0, 1]])
    steps = rng.random(len(ends)) < draw(st.sampled_from([0.1, 0.5, 1.0]))
    edges = [tuple(pair) for pair in ends.tolist()]
    network = drawn(x.tolist(), y.tolist(), edges, steps.tolist())
    size, many = draw(st.integers(1, 20)), draw(st.integers(0, 6))
    demand = demand_at(*rng.uniform(-300, 1200, (2, size)).tolist())
    return network, demand, facilities_at(*rng.uniform(-100, 1000, (2, many)).tolist())


@settings(max_examples=100, deadline=None)
@given(towns(), st.sampled_from([0.0, 500.0]))
def test_step_free_is_never_quicker_than_plain(town, min_component_m):
    network, demand, facilities = town
    places = snap(demand, network, min_component_m=min_component_m)
    targets = snap(facilities, network, min_component_m=min_component_m)
    plain = travel_time(network, places, targets, services=["health"])
    free = detour_time(
        network, network.barred, places, targets, plain, min_component_m=min_component_m
    )
    before, after = plain.minutes["health"], free.minutes["health"]
    assert before.isna().equals(after.isna())
    known = before.notna()
    assert (after[known] >= before[known]).all()
    assert (free.rim[known] >= plain.rim[known]).all()
    assert (free.facility["health"] == "").equals(~np.isfinite(after))
    assert (free.cut_off["health"] | ~plain.cut_off["health"]).all()
    # nothing is closed: nothing changes
    same = detour_time(network, network.steps & False, places, targets, plain)
    pd.testing.assert_frame_equal(same.minutes, plain.minutes)


@settings(max_examples=40, deadline=None)
@given(towns())
def test_moved_places_stand_where_a_look_at_every_open_edge_puts_them(town):
    network, demand, _ = town
    if network.barred.all():
        return
    places = snap(demand, network, min_component_m=0)
    moved = off_closed(places, network, network.barred, min_component_m=500.0)
    free, kept = step_free(network), np.flatnonzero(~network.barred)
    passable = dataclasses.replace(
        free, u=free.u[kept], v=free.v[kept], length_m=free.length_m[kept]
    )
    on_steps = ((places["edge"] >= 0) & network.barred[places["edge"]]).to_numpy()
    pd.testing.assert_frame_equal(moved[~on_steps], places[~on_steps])
    for point, row in zip(demand.geometry[on_steps], moved[on_steps].itertuples(), strict=True):
        edge, _, leg_m = snap_by_hand(passable, point.x, point.y, min_component_m=500.0)
        assert (row.edge < 0) == (edge < 0)
        if edge >= 0:
            assert row.distance_m == pytest.approx(leg_m, abs=1e-6)
            assert not network.barred[row.edge]


def test_monaco_agrees_with_networkx(monaco, monaco_extract):
    network = monaco.network
    ways = [dict(way.tags) for way in osmium.FileProcessor(monaco_extract, osmium.osm.WAY)]
    assert sum(tags.get("highway") == "steps" for tags in ways) == 346
    walked = [tags for tags in ways if is_street(tags)]
    other = sum(is_barred(tags) and tags["highway"] != "steps" for tags in walked)
    assert (network.barred & ~network.steps).any() == (other > 0)
    assert network.barred[network.steps].all()
    places, targets = monaco.demand.iloc[::3].reset_index(drop=True), monaco.facilities
    plain = travel_time(network, places, targets, services=["health"], search_minutes=30)
    free = detour_time(network, network.barred, places, targets, plain)
    closed = np.where(network.barred, np.inf, 1.0)
    moved = [off_closed(frame, network, network.barred) for frame in (places, targets)]
    truth = directed_minutes(
        network, *moved, service="health", search_minutes=30, factors=(closed, closed)
    )
    truth = np.maximum(truth, plain.minutes["health"])
    np.testing.assert_allclose(free.minutes["health"], truth, rtol=0, atol=1e-9)
    longer = free.minutes["health"] > plain.minutes["health"] + 1
    assert longer.sum() > 50  # a town of stairs
