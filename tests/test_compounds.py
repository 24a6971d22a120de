"""Minutes by gates alone: by hand on drawn towns, against brute-force NetworkX on random ones.

The town has a street round it and one through it; the compound `c` lies across the inner street,
its wall 5 m inside the outline.

    200  3-----------------------2
         |                       |
         |                       |
     80  |   +---------------+   |
     50  4---|-5---------6---g---7      g is the gate of most tests, at (180, 50)
     20  |   +---------------+   |
      0  0-----------------------1
         0  20 50       150 180 200
"""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.compounds import compound_findings, gated_time
from lifecircle.geodesy import distance_m
from lifecircle.layers.compound_areas import Compounds
from lifecircle.network import StreetNetwork
from lifecircle.snapping import snap
from lifecircle.travel import TravelTime, travel_time
from lifecircle.walls import WALL_M, with_walls
from tests.conftest import demand_at, facilities_at, m, points, streets_of
from tests.drawn import in_degrees
from tests.gated_oracle import gated_by_hand
from tests.test_travel import cities

PACE = 4000 / 60  # metres a minute at 4 km/h
SQUARE = shapely.box(20, 20, 180, 80)
EAST, NORTH = (180.0, 50.0), (70.0, 80.0)
CORNER = ([0.0], [0.0])


@pytest.fixture(scope="module")
def town() -> StreetNetwork:
    """The town drawn above; edges 5, 6 and 7 are 4–5, 5–6 and 6–7."""
    x, y = [0, 200, 200, 0, 0, 50, 150, 200], [0, 0, 200, 200, 50, 50, 50, 50]
    round_it = [(0, 1), (1, 7), (7, 2), (2, 3), (3, 4), (4, 0)]
    return streets_of(x, y, [*round_it[:5], (4, 5), (5, 6), (6, 7), round_it[5]])


def closed(areas: list[shapely.Geometry], gates: list[tuple[int, float, float]]) -> Compounds:
    """Compounds and gates (compound, x, y) drawn in metres."""
    frame = points([x for _, x, _ in gates], [y for _, _, y in gates])
    return Compounds(
        areas=gpd.GeoDataFrame(
            {"id": [str(i) for i in range(len(areas))]},
            geometry=[in_degrees(area) for area in areas],
            crs=4326,
        ),
        gates=frame.assign(compound=[compound for compound, _, _ in gates]),
    )


def both(
    network: StreetNetwork,
    compounds: Compounds,
    demand: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    **keys: float,
) -> tuple[TravelTime, TravelTime]:
    """The plain table and the one by gates."""
    places = snap(demand, network, min_component_m=0)
    targets = snap(facilities, network, min_component_m=0)
    searched = {"services": ["health"], "search_minutes": keys.pop("search_minutes", 30.0)}
    plain = travel_time(network, places, targets, **searched)
    return plain, gated_time(network, compounds, places, targets, plain, **searched, **keys)


def metres(taken: TravelTime) -> float:
    """Metres that the first place walks."""
    return float(taken.minutes["health"].iloc[0]) * PACE


def line(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Ellipsoidal metres between two points drawn in metres."""
    ends = points([a[0], b[0]], [a[1], b[1]]).geometry
    return float(distance_m(ends.x[0], ends.y[0], ends.x[1], ends.y[1]))


# By hand --------------------------------------------------------------------------------------


def test_inner_streets_lead_to_the_gate(town: StreetNetwork) -> None:
    at = demand_at([60], [55])  # on 5–6, 10 m from 5
    plain, gated = both(town, closed([SQUARE], [(0, *EAST)]), at, facilities_at(*CORNER))
    leg = line((60, 55), (60, 50))
    assert metres(plain) == pytest.approx(leg + line((60, 50), (50, 50)) + m(town, 5, 4, 0), 1e-6)
    # 4–5 crosses the wall: out by 6–7, and round by 1.
    by_gate = leg + line((60, 50), (150, 50)) + m(town, 6, 7, 1, 0)
    assert metres(gated) == pytest.approx(by_gate, 1e-6)
    assert gated.facility["health"].tolist() == ["f0"]
    assert gated.access_m.equals(plain.access_m)


def test_a_place_on_a_closed_street_goes_to_the_nearest_open_one(town: StreetNetwork) -> None:
    at = demand_at([30], [50])  # on 4–5, which is closed; 5 is nearer than the street round
    plain, gated = both(town, closed([SQUARE], [(0, *EAST)]), at, facilities_at(*CORNER))
    assert metres(plain) == pytest.approx(line((30, 50), (0, 50)) + m(town, 4, 0), 1e-6)
    assert metres(gated) == pytest.approx(line((30, 50), (50, 50)) + m(town, 5, 6, 7, 1, 0), 1e-6)


def test_without_an_inner_street_people_walk_straight_to_the_gate(town: StreetNetwork) -> None:
    # Its nearest street, 0–4, lies on the other side of the wall.
    home = shapely.box(5, 5, 100, 40)
    at = demand_at([15], [25])
    plain, gated = both(town, closed([home], [(0, 50, 5)]), at, facilities_at(*CORNER))
    assert metres(plain) == pytest.approx(line((15, 25), (0, 25)) + line((0, 25), (0, 0)), 1e-6)
    to_gate = line((15, 25), (50, 5)) + line((50, 5), (50, 0))
    assert metres(gated) == pytest.approx(to_gate + line((50, 0), (0, 0)), 1e-6)


def test_of_several_gates_the_best_is_taken(town: StreetNetwork) -> None:
    # Both gates are in the north wall, 10 m south of the inner street.
    home, west, east = shapely.box(5, 5, 100, 40), (20, 40), (40, 40)
    compounds = closed([home], [(0, *west), (0, *east)])

    def by(place: tuple[float, float], gate: tuple[float, float], x: float) -> float:
        return line(place, gate) + line(gate, (gate[0], 50)) + line((gate[0], 50), (x, 50))

    for place, x in (((60, 30), 150), ((10, 30), 0)):
        there = facilities_at([x], [50])
        plain, gated = both(town, compounds, demand_at([place[0]], [place[1]]), there)
        ways = by(place, west, x), by(place, east, x)
        assert metres(plain) < min(ways)
        assert metres(gated) == pytest.approx(min(ways), 1e-6)
    assert ways[0] < ways[1], "the western gate is the better one for the second place only"


def test_inner_streets_that_lead_to_no_gate_are_no_way_out(town: StreetNetwork) -> None:
    at = demand_at([60], [55])
    _, gated = both(town, closed([SQUARE], [(0, *NORTH)]), at, facilities_at([100], [200]))
    # 4–5 and 6–7 are closed: straight to the gate, and on from the street nearest outside, which
    # is the one round the town, 70 m west, not the inner one 30 m south of the gate.
    ways = line((60, 55), NORTH), line(NORTH, (0, 80)), line((0, 80), (0, 200)), m(town, 3, 2) / 2
    assert metres(gated) == pytest.approx(sum(ways), 1e-6)


def test_a_place_outside_does_not_climb_the_wall(town: StreetNetwork) -> None:
    # The inner street is 40 m away, through the wall; outside the nearest is 90 m to the west.
    at = demand_at([90], [90])
    plain, gated = both(town, closed([SQUARE], [(0, *EAST)]), at, facilities_at(*CORNER))
    inner = line((90, 90), (90, 50)) + line((90, 50), (50, 50)) + m(town, 5, 4, 0)
    assert metres(plain) == pytest.approx(inner, 1e-6)
    assert metres(gated) == pytest.approx(line((90, 90), (0, 90)) + line((0, 90), (0, 0)), 1e-6)


def test_nobody_gains_by_a_wall(town: StreetNetwork) -> None:
    # Straight to the gate in the east would be shorter than by the street in the west.
    home = shapely.box(5, 85, 190, 190)
    at, there = demand_at([20], [120]), facilities_at([200], [120])
    plain, gated = both(town, closed([home], [(0, 190, 120)]), at, there)
    assert metres(plain) > line((20, 120), (200, 120)) + 100
    assert metres(gated) == metres(plain)
    assert gated.facility["health"].tolist() == ["f0"]


def test_who_passes_through_needs_two_gates(town: StreetNetwork) -> None:
    at, there = demand_at([0], [50]), facilities_at([200], [50])
    plain, two = both(town, closed([SQUARE], [(0, *EAST), (0, 20, 50)]), at, there)
    assert metres(plain) == pytest.approx(m(town, 4, 5, 6, 7), 1e-6)
    assert metres(two) == metres(plain)
    _, one = both(town, closed([SQUARE], [(0, *EAST)]), at, there)
    assert metres(one) == pytest.approx(m(town, 4, 0, 1, 7), 1e-6)


@pytest.mark.parametrize(("y", "cut"), [(59.0, False), (61.0, False), (66.0, True)])
def test_a_gate_lets_streets_through_within_its_reach(
    town: StreetNetwork, y: float, *, cut: bool
) -> None:
    # On the wall, 5 m inside, 6–7 crosses at (175, 50): 10.3, 12.1 and 16.8 m from the gate.
    assert with_walls(town, closed([SQUARE], [(0, 180, y)])).cut.tolist()[7] is cut


def test_a_street_that_grazes_the_outline_is_not_cut(town: StreetNetwork) -> None:
    inside = WALL_M - 1
    over = shapely.box(-inside, -inside, 200 + inside, 49)  # over 0–1, and the ends of 0–4 and 1–7
    walled = with_walls(town, closed([over], [(0, 100, -inside)]))
    assert walled.cut.tolist() == [False] * 9
    deeper = shapely.buffer(over, 3, join_style="mitre")
    assert with_walls(town, closed([deeper], [(0, 100, -7)])).cut.sum() == 2


def test_compounds_whose_gates_lie_off_the_streets_are_left_open(town: StreetNetwork) -> None:
    far = shapely.box(1000, 0, 1100, 100)
    compounds = closed([far, SQUARE], [(0, 1000, 50), (1, *EAST)])
    walled = with_walls(town, compounds)
    assert (walled.left_open, len(walled.walls), walled.gates["compound"].tolist()) == (1, 1, [0])
    at, there = demand_at([60], [55]), facilities_at(*CORNER)
    alone = both(town, closed([SQUARE], [(0, *EAST)]), at, there)[1]
    assert metres(both(town, compounds, at, there)[1]) == metres(alone)


def test_in_nested_compounds_the_outer_wall_leads_out(town: StreetNetwork) -> None:
    inner, outer = shapely.box(70, 60, 80, 70), SQUARE
    compounds = closed([inner, outer], [(0, 70, 65), (1, *NORTH)])
    _, gated = both(town, compounds, demand_at([75], [65]), facilities_at(*CORNER))
    expected = line((75, 65), NORTH) + line(NORTH, (0, 80)) + line((0, 80), (0, 0))
    assert metres(gated) == pytest.approx(expected, rel=1e-6)


def test_without_closed_compounds_the_table_stays(town: StreetNetwork) -> None:
    none = closed([], [])
    plain, gated = both(town, none, demand_at([60], [55]), facilities_at(*CORNER))
    assert gated is plain
    assert compound_findings(town, none, {}, source="c.gpkg") == []


# Facilities -----------------------------------------------------------------------------------


def test_a_facility_that_faces_the_street_keeps_it(town: StreetNetwork) -> None:
    home = shapely.box(5, 5, 100, 40)
    shop = facilities_at([10], [25])  # in the compound, on 0–4
    at = demand_at([0], [40])
    plain, gated = both(town, closed([home], [(0, 50, 5)]), at, shop)
    assert metres(gated) == metres(plain)


def test_a_facility_whose_street_is_shut_in_is_entered_by_the_gate(town: StreetNetwork) -> None:
    at, there = demand_at([0], [60]), facilities_at([100], [50])
    _, gated = both(town, closed([SQUARE], [(0, *NORTH)]), at, there)
    by_gate = line((0, 60), (0, 80)) + line((0, 80), NORTH) + line(NORTH, (100, 50))
    assert metres(gated) == pytest.approx(by_gate, 1e-6)


def test_who_need_not_leave_is_not_held_up(town: StreetNetwork) -> None:
    # The place is nearest to 0–4, the facility to 0–1; both are within the wall.
    home = shapely.box(5, 5, 180, 45)
    at, there = demand_at([15], [25]), facilities_at([40], [15])
    plain, gated = both(town, closed([home], [(0, 180, 30)]), at, there)
    assert metres(gated) == metres(plain)
    # Were it not their own, it would be out by the gate and round.
    theirs = facilities_at([40], [4])
    _, away = both(town, closed([home], [(0, 180, 30)]), at, theirs)
    assert metres(away) > 300


def test_where_both_have_inner_streets_these_are_the_way() -> None:
    # A street like a horseshoe, 60 m between its arms, both to the street in the south. The western
    # arm crosses the wall at y = 25, the eastern one passes the gate.
    network = streets_of(
        [0, 100, 100, 100, 160, 160, 160, 300], [0, 0, 28, 100, 100, 28, 0, 0],
        [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (1, 6)],
    )  # fmt: skip
    compounds = closed([shapely.box(80, 20, 180, 120)], [(0, 160, 20)])
    at, there = demand_at([100], [30]), facilities_at([160], [30])
    plain, gated = both(network, compounds, at, there)
    assert metres(plain) == pytest.approx(30 + 60 + 30, rel=1e-3)
    assert metres(gated) == pytest.approx(70 + 60 + 70, rel=1e-3)  # not 60 m straight across


# inf and NaN ----------------------------------------------------------------------------------


def test_unsnapped_stays_nan_and_beyond_is_inf(town: StreetNetwork) -> None:
    at = demand_at([60, 5000], [55, 5000])
    plain, gated = both(
        town, closed([SQUARE], [(0, *EAST)]), at, facilities_at(*CORNER), search_minutes=5.0
    )
    assert np.isfinite(plain.minutes.loc[0, "health"])  # 110 m
    assert np.isinf(gated.minutes.loc[0, "health"])  # 395 m
    assert np.isnan(gated.minutes.loc[1, "health"])
    assert gated.facility["health"].tolist() == ["", ""]
    assert gated.cut_off["health"].tolist() == [False, False]


def test_an_unsnapped_place_in_a_compound_stays_unknown(town: StreetNetwork) -> None:
    far = shapely.box(150, 150, 900, 900)
    at = demand_at([800], [800])
    plain, gated = both(town, closed([far], [(0, 150, 200)]), at, facilities_at(*CORNER))
    assert np.isnan(plain.minutes["health"]).all()
    assert np.isnan(gated.minutes["health"]).all()


def test_a_town_within_one_wall_is_cut_off_from_nothing(town: StreetNetwork) -> None:
    # No street is outside and no gate leads anywhere, but nobody need leave.
    around = shapely.box(-20, -20, 220, 220)
    at, there = demand_at([60], [50]), facilities_at(*CORNER)
    plain, gated = both(town, closed([around], [(0, -20, 100)]), at, there)
    assert metres(gated) == metres(plain)


def test_several_services_and_the_rim(town: StreetNetwork) -> None:
    rim = np.arange(len(town.lon)) == 4
    network = dataclasses.replace(town, rim=rim)
    places = snap(demand_at([60, 0], [55, 100]), network, min_component_m=0)
    offered = facilities_at([0, 200], [0, 50], ["health", "sports"])
    targets = snap(offered, network, min_component_m=0)
    searched = {"services": ["sports", "health", "culture"], "search_minutes": 30.0}
    plain = travel_time(network, places, targets, **searched)
    gated = gated_time(network, closed([SQUARE], [(0, *EAST)]), places, targets, plain, **searched)
    assert gated.minutes.columns.tolist() == searched["services"]
    assert gated.minutes.loc[0, "sports"] == plain.minutes.loc[0, "sports"]
    assert gated.minutes.loc[0, "health"] > plain.minutes.loc[0, "health"]
    assert np.isinf(gated.minutes["culture"]).all()
    assert gated.cut_off["culture"].all()
    assert gated.facility.loc[0].tolist() == ["f1", "f0", ""]
    # To node 4, where the data end: no longer by 5, but round by the gate.
    leg = line((60, 55), (60, 50))
    round_by_gate = leg + line((60, 50), (150, 50)) + m(network, 6, 7, 1, 0, 4)
    assert gated.rim[0] * PACE == pytest.approx(round_by_gate, 1e-6)
    assert gated.rim[1] == plain.rim[1]


def test_who_finds_no_open_street_is_cut_off() -> None:
    # One street, across the wall: closed, and no other within the limit of snapping.
    network = streets_of([0, 200, 900, 1100], [0, 0, 0, 0], [(0, 1), (2, 3)])
    compounds = closed([shapely.box(50, -30, 150, 30)], [(0, 100, 30)])
    at, there = demand_at([20], [0]), facilities_at([10], [0])
    plain, gated = both(network, compounds, at, there, min_component_m=0)
    assert metres(plain) == pytest.approx(10, rel=1e-3)
    assert np.isinf(gated.minutes.loc[0, "health"])
    assert gated.cut_off.loc[0, "health"]
    assert gated.facility.loc[0, "health"] == ""


def test_no_service_asks_for_nothing(town: StreetNetwork) -> None:
    places = snap(demand_at([60], [55]), town, min_component_m=0)
    targets = snap(facilities_at(*CORNER), town, min_component_m=0)
    searched = {"services": [], "search_minutes": 30.0}
    plain = travel_time(town, places, targets, **searched)
    gated = gated_time(town, closed([SQUARE], [(0, *EAST)]), places, targets, plain, **searched)
    assert gated.minutes.shape == (1, 0)


def test_the_index_of_the_places_is_kept(town: StreetNetwork) -> None:
    at = demand_at([60, 0], [55, 100]).set_index(pd.Index(["p", "q"]))
    _, gated = both(town, closed([SQUARE], [(0, *EAST)]), at, facilities_at(*CORNER))
    assert gated.minutes.index.tolist() == gated.cut_off.index.tolist() == ["p", "q"]
    assert gated.rim.index.tolist() == gated.access_m.index.tolist() == ["p", "q"]


# Findings -------------------------------------------------------------------------------------


def test_findings_tell_what_is_cut_and_who_is_inside(town: StreetNetwork) -> None:
    people = demand_at([60, 0, 100], [55, 100, 60], weight=[30, 66, 4])
    far = shapely.box(1000, 0, 1100, 100)
    compounds = closed([SQUARE, far], [(0, *EAST), (1, 1000, 50)])
    walls, off, inside = compound_findings(
        town,
        compounds,
        {
            "people": people,
        },
        source="compounds.gpkg",
    )
    assert (walls.code, walls.message.values["edges"]) == ("compounds.walls", 1)
    assert walls.message.values["km"] == pytest.approx(m(town, 4, 5) / 1000)
    assert (off.code, off.message.values["count"], off.severity) == (
        "compounds.off_streets", 1, "warning",
    )  # fmt: skip
    assert inside.message.text() == (
        "people: 2 places with 34.0 % of the demand lie in closed compounds."
    )


def test_a_layer_without_weight_has_nobody_inside(town: StreetNetwork) -> None:
    nobody = demand_at([60], [55], weight=[0])
    *_, inside = compound_findings(
        town, closed([SQUARE], [(0, *EAST)]), {"people": nobody}, source="c.gpkg"
    )
    assert inside.message.values["percent"] == "0.0"


# Random towns against brute force -------------------------------------------------------------

Drawn = tuple[list[shapely.Geometry], list[tuple[int, float, float]]]


@st.composite
def drawn_compounds(draw: st.DrawFn) -> Drawn:
    """Rectangles, some within or across each other, with gates on or near their outlines."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    areas, gates = [], []
    for number in range(draw(st.integers(1, 4))):
        x, y = rng.uniform(-100, 800, 2)
        area = shapely.box(x, y, x + rng.uniform(8, 500), y + rng.uniform(8, 500))
        areas.append(area)
        for _ in range(draw(st.integers(1, 3))):
            at = area.exterior.interpolate(rng.uniform(0, 1), normalized=True)
            gates.append((number, at.x + rng.uniform(-6, 6), at.y + rng.uniform(-6, 6)))
    return areas, gates


@settings(max_examples=100, deadline=None)
@given(cities(), drawn_compounds(), st.sampled_from([6.0, 60.0]))
def test_random_towns_agree_with_brute_force(
    city: tuple[StreetNetwork, gpd.GeoDataFrame, gpd.GeoDataFrame],
    drawn: Drawn,
    search_minutes: float,
) -> None:
    network, demand, facilities = city
    compounds = closed(*drawn)
    plain, gated = both(
        network, compounds, demand, facilities, search_minutes=search_minutes, min_component_m=0
    )
    before, ours = plain.minutes["health"].to_numpy(), gated.minutes["health"].to_numpy()
    # Nobody gains by a wall, and unknown stays unknown.
    assert (np.isnan(before) == np.isnan(ours)).all()
    assert (ours >= before)[~np.isnan(before)].all()
    assert ((gated.facility["health"] == "") == ~np.isfinite(ours)).all()
    assert (gated.rim.isna() == plain.rim.isna()).all()
    places = snap(demand, network, min_component_m=0)
    targets = snap(facilities, network, min_component_m=0)
    truth = gated_by_hand(network, compounds, places, targets, search_minutes=search_minutes)
    np.testing.assert_allclose(ours, np.maximum(before, truth), rtol=0, atol=1e-6)
