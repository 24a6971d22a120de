"""Refined land: shares of area against the exact polygon of what is reached."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.geodesy import transformer
from lifecircle.layers.refinement import refined, resolutions
from lifecircle.layers.zones import OUTSIDE, assign_zones
from lifecircle.snapping import snap
from lifecircle.travel import travel_time
from tests.conftest import CRS, ORIGIN_X, ORIGIN_Y, facilities_at, points, streets_of
from tests.drawn import in_degrees

METRES_A_MINUTE = 4000 / 60
TENTH_OF_A_POINT = 0.001
SIDES = [25.0, 12.5, 6.25, 3.125]

EVERYWHERE = shapely.box(-3000, -3000, 3000, 3000)
SURROUNDED = {"a": EVERYWHERE}


def land_of(*shapes, **columns):
    ids = [f"p{i}" for i in range(len(shapes))]
    shapes = [in_degrees(shape) for shape in shapes]
    return gpd.GeoDataFrame({"id": ids, **columns}, geometry=shapes, crs=4326)


def zones_of(**shapes):
    return gpd.GeoDataFrame(
        index=pd.Index(list(shapes), name="zone"),
        geometry=[in_degrees(shape) for shape in shapes.values()],
        crs=4326,
    )


def metres(places):
    """Metres from the town's corner."""
    x, y = transformer("EPSG:4326", CRS).transform(places.geometry.x, places.geometry.y)
    return x - ORIGIN_X, y - ORIGIN_Y


def within(network, facilities, *limits_m):
    """Whether the nearest facility is as near as each limit, along the streets."""
    offered = snap(facilities, network)

    def covered(places):
        found = travel_time(network, snap(places, network), offered, search_minutes=120)
        return np.column_stack([found.minutes["health"] <= m / METRES_A_MINUTE for m in limits_m])

    return covered


def drawn(*regions):
    """Whether a place lies in each region: coverage without streets."""

    def covered(places):
        x, y = metres(places)
        return np.column_stack([shapely.intersects_xy(region, x, y) for region in regions])

    return covered


def refine(land, covered, *services, zones=SURROUNDED, **keys):
    keys = {"spacing": 25.0} | keys
    return refined(
        land, zones_of(**zones), crs=CRS, covered=covered, services=services or ["health"], **keys
    )


def exact_share(land, region):
    ground = shapely.union_all(land)
    return shapely.area(shapely.intersection(ground, region)) / ground.area


# One straight street of 1,000 m along y = 0 with the facility at its western end: who lives at
# (x, y) beside it has |y| m to the street and x m along it, so that D m reach the triangle
# x + |y| <= D.
STREET = streets_of([0, 1000], [0, 0], [(0, 1)])
BESIDE = {
    "one field": [shapely.box(53, 7, 931, 189)],
    "on the grid": [shapely.box(0, -150, 900, 150)],
    "estates": [
        shapely.affinity.rotate(shapely.box(x, 20, x + 90, 85), 17) for x in range(20, 900, 120)
    ],
}
REACHES_M = [333.3, 417.0, 487.5, 512.5, 602.0, 711.7]


def triangle(reach_m):
    return shapely.Polygon([(reach_m, 0), (0, reach_m), (0, -reach_m)])


@pytest.mark.parametrize("shapes", BESIDE.values(), ids=BESIDE)
def test_land_beside_a_street_is_exact_to_a_tenth_of_a_point(shapes):
    covered = within(STREET, facilities_at([0.0], [0.0]), *REACHES_M)
    names = [f"within_{m}" for m in REACHES_M]
    errors = []
    for reach_m, name in zip(REACHES_M, names, strict=True):
        one = refine(land_of(*shapes), within(STREET, facilities_at([0.0], [0.0]), reach_m))
        exact = exact_share(shapes, triangle(reach_m))
        errors.append(one.steps["health"] - exact)
        # What is not on the rim is exact, so the rim is the most that a step can be wrong by.
        assert (errors[-1].abs() <= one.steps["rim"]).all(), name
        assert abs(errors[-1].iloc[-1]) <= TENTH_OF_A_POINT, name
    converging(errors)
    # All limits at once are as exact as each of its own.
    together = refine(land_of(*shapes), covered, *names).steps[names].iloc[-1]
    exact = [exact_share(shapes, triangle(reach_m)) for reach_m in REACHES_M]
    assert together.to_numpy() == pytest.approx(exact, abs=TENTH_OF_A_POINT)


def converging(errors):
    """Over several cases the error falls from step to step, at the end below a tenth of a point."""
    rms = np.sqrt(np.mean(np.square(np.array(errors)), axis=0))
    assert (np.diff(rms) < 0).all(), rms
    assert rms[-1] < TENTH_OF_A_POINT / 2, rms


# A grid city of streets every 100 m. Inside a block the nearest of its four streets changes along
# the diagonals: each street owns the triangle up to the middle of the block on either side. From
# there one walks straight to the street and along it to either end, from which the facility, on a
# street along x, is |x - fx| + |y - fy| m away (every corner is joined to the next).
BLOCK_M = 100


@dataclass(frozen=True)
class GridCity:
    """`blocks` by `blocks` blocks with the facility at `facility`, and land in it."""

    blocks: int
    facility: tuple[float, float]
    land: tuple[shapely.Polygon, ...]
    reaches_m: tuple[float, ...]

    @property
    def streets(self):
        corners = range(self.blocks + 1)
        at = [(x * BLOCK_M, y * BLOCK_M) for y in corners for x in corners]
        number = {corner: i for i, corner in enumerate(at)}
        steps = [(BLOCK_M, 0), (0, BLOCK_M)]
        edges = [
            (number[x, y], number[x + dx, y + dy])
            for x, y in at for dx, dy in steps if (x + dx, y + dy) in number
        ]  # fmt: skip
        return streets_of([x for x, _ in at], [y for _, y in at], edges)

    def covered(self, *reaches_m):
        x, y = self.facility
        return within(self.streets, facilities_at([x], [y]), *reaches_m)

    def metres_from(self, x, y):
        return abs(x - self.facility[0]) + abs(y - self.facility[1])

    def reached(self, reach_m):
        """The exact region from which the facility is at most `reach_m` away."""
        parts = [
            self._by_street(ends, (x + 50, y + 50), reach_m)
            for x in range(0, self.blocks * BLOCK_M, BLOCK_M)
            for y in range(0, self.blocks * BLOCK_M, BLOCK_M)
            for ends in (
                ((x, y), (x + 100, y)), ((x, y + 100), (x + 100, y + 100)),
                ((x, y), (x, y + 100)), ((x + 100, y), (x + 100, y + 100)),
            )
        ]  # fmt: skip
        return shapely.union_all(parts)

    def _by_street(self, ends, middle, reach_m):
        """What of the triangle between a street and the middle of its block is reached by it.

        For a street along x at height s from u to v: |y - s| + (x - u) + d(u) <= D or
        |y - s| + (v - x) + d(v) <= D, where |y - s| = ±(y - s) on this side of the street; on the
        facility's own street |y - s| + |x - fx| <= D.
        """
        along = 0 if ends[0][1] == ends[1][1] else 1
        level = ends[0][1 - along]
        side = 1.0 if middle[1 - along] > level else -1.0

        def plane(direction, at, metres_there):
            factors = [0.0, 0.0]
            factors[along], factors[1 - along] = direction, side
            return half_plane(*factors, reach_m - metres_there + side * level + direction * at)

        ways = [
            plane(direction, end[along], self.metres_from(*end))
            for direction, end in zip((1.0, -1.0), ends, strict=True)
        ]
        x, y = self.facility
        if along == 0 and level == y and ends[0][0] < x < ends[1][0]:
            ways.append(plane(1.0, x, 0.0).intersection(plane(-1.0, x, 0.0)))
        return shapely.intersection(shapely.Polygon([*ends, middle]), shapely.union_all(ways))


def half_plane(a, b, c):
    """Where a x + b y <= c, inside a box of some kilometres."""
    normal = np.array([a, b]) / np.hypot(a, b)
    foot, far = normal * c / np.hypot(a, b), 4000.0
    along, inward = np.array([-normal[1], normal[0]]) * far, -normal * far
    return shapely.Polygon(
        [foot + along, foot - along, foot - along + inward, foot + along + inward]
    )


CITY = GridCity(
    blocks=7,
    facility=(330.0, 300.0),
    land=(
        shapely.Polygon([(14, 3), (690, 31), (668, 695), (22, 657)]).difference(
            shapely.box(160, 260, 295, 440)
        ),
    ),
    reaches_m=(150.0, 187.5, 204.3, 263.7, 300.0, 337.5, 412.9, 505.0),
)
# The grid town of `conftest`: so little land that cells have to be finer for a tenth of a point.
TOWN = GridCity(
    blocks=2,
    facility=(30.0, 0.0),
    land=(
        shapely.Polygon([(4, 3), (196, 11), (188, 195), (9, 187)]),
        shapely.box(196, 20, 199, 99),
    ),
    reaches_m=(61.0, 104.3, 137.5, 163.7, 201.9, 250.0, 290.0),
)


@pytest.mark.parametrize("city", [CITY, TOWN], ids=["city", "town"])
def test_the_drawn_region_is_what_the_minutes_say(city):
    rng = np.random.default_rng(5)
    x, y = rng.uniform(0, city.blocks * BLOCK_M, (2, 3000))
    reached = city.covered(*city.reaches_m)(points(x, y))
    for column, reach_m in enumerate(city.reaches_m):
        region = city.reached(reach_m)
        clear = shapely.distance(shapely.points(x, y), region.boundary) > 1e-3
        assert np.array_equal(shapely.intersects_xy(region, x, y)[clear], reached[clear, column])


def test_land_in_a_grid_city_is_exact_to_a_tenth_of_a_point():
    errors = []
    for reach_m in CITY.reaches_m:
        steps = refine(land_of(*CITY.land), CITY.covered(reach_m)).steps
        assert steps["spacing_m"].tolist() == SIDES
        errors.append(steps["health"] - exact_share(CITY.land, CITY.reached(reach_m)))
        assert (errors[-1].abs() <= steps["rim"]).all()
        assert abs(errors[-1].iloc[-1]) <= TENTH_OF_A_POINT
    converging(errors)


def test_land_in_a_town_of_four_blocks_is_exact_with_finer_cells():
    errors = []
    for reach_m in TOWN.reaches_m:
        steps = refine(land_of(*TOWN.land), TOWN.covered(reach_m), finest_m=0.7).steps
        errors.append(steps["health"] - exact_share(TOWN.land, TOWN.reached(reach_m)))
        assert abs(errors[-1].iloc[-1]) <= TENTH_OF_A_POINT
    assert len(errors[0]) == 6
    converging(errors)


def test_weights_sum_to_each_polygon_and_slivers_keep_a_place_in_the_land():
    shapes = [
        shapely.box(1, 1, 27, 3),
        shapely.box(100, 0, 100.5, 300),
        shapely.box(300, 3, 390, 88),
    ]
    land = land_of(*shapes)
    made = refine(land, drawn(shapely.Point(320, 30).buffer(40)))
    sums = made.places.groupby("id")["weight"].sum()
    assert sums.to_numpy() == pytest.approx(land.to_crs(CRS).area.to_numpy(), rel=1e-9)
    assert sums.to_numpy() == pytest.approx([52, 150, 7650], rel=1e-6)
    x, y = metres(made.places)
    assert shapely.distance(shapely.points(x, y), shapely.union_all(shapes)).max() < 1e-4
    assert made.places.columns.tolist() == ["id", "zone", "weight", "geometry"]
    assert made.places.index.equals(pd.RangeIndex(len(made.places)))
    assert made.places.crs == "EPSG:4326"


def test_the_steps_are_halvings_and_end_at_the_finest():
    assert resolutions(25.0) == SIDES
    assert resolutions(20.0) == [20.0, 10.0, 5.0]
    assert resolutions(2.0, 3.0) == [2.0]
    made = refine(land_of(shapely.box(0, 0, 100, 100)), drawn(triangle(70)), finest_m=10.0)
    assert made.steps["spacing_m"].tolist() == [25.0, 12.5]
    assert made.steps.columns.tolist() == ["spacing_m", "cells", "rim", "health"]
    assert made.steps["cells"].iloc[0] == 16


def test_land_that_is_reached_everywhere_is_not_split():
    made = refine(land_of(shapely.box(0, 0, 500, 500)), drawn(EVERYWHERE))
    assert made.steps["cells"].tolist() == [400] * 4
    assert made.steps["health"].tolist() == [1.0] * 4
    assert made.steps["rim"].tolist() == [0.0] * 4
    assert made.places["weight"].to_numpy() == pytest.approx(625)


def test_only_new_points_are_asked_for():
    seen = []
    region = shapely.Point(250, 250).buffer(180)

    def covered(places):
        seen.append(np.column_stack(metres(places)).round(3))
        return drawn(region)(places)

    made = refine(land_of(shapely.box(0, 0, 500, 500)), covered)
    asked = np.concatenate(seen)
    assert len(seen[0]) == 400
    # Corners beside the land are looked at anew when their cell is split; no place ever is.
    again = len(asked) - len(np.unique(asked, axis=0))
    assert again < 0.01 * len(asked)
    # The rim is 2π · 180 = 1,131 m long: far fewer than the 25,600 cells of 3.125 m.
    assert len(asked) < 6000
    assert made.steps["cells"].iloc[-1] < len(asked)


def test_parts_of_a_cell_that_reach_the_same_are_one_place_again():
    region = shapely.box(-10, -10, 110, 55)
    made = refine(land_of(shapely.box(0, 0, 100, 100)), drawn(region))
    covered = drawn(region)(made.places)[:, 0]
    weight = made.places["weight"].to_numpy()
    assert weight @ covered / weight.sum() == pytest.approx(made.steps["health"].iloc[-1], rel=1e-9)
    assert made.steps["cells"].iloc[-1] > 100
    # y = 55 cuts only the third row of cells, of which each is two places: 25 × 5 and 25 × 20 m.
    assert len(made.places) == 4 + 4 + 4 * 2 + 4
    rows = pd.Series(weight).groupby([np.floor(metres(made.places)[1] / 25), covered]).mean()
    assert rows.round(6).loc[[(0, True), (1, True), (3, False)]].tolist() == [625] * 3
    # A row of 32 cells of 3.125 m is cut at 1.6 of it: a deviation is sqrt(32 · 0.6 · 0.4) = 2.8
    # cells of 9.8 m², a quarter of which falls to each of four places.
    assert rows.loc[(2, True)] == pytest.approx(125, abs=3 * 2.8 * 9.8 / 4)


def test_a_rim_that_no_first_point_shows_is_found_where_it_starts_at_the_edge_of_land():
    # Each estate of 20 × 20 m is one or a few cells; the limit runs through it between its points.
    shapes = [shapely.box(x + 2, 2, x + 22, 22) for x in range(0, 2500, 50)]
    region = shapely.union_all([shapely.box(x, 0, x + 20, 25) for x in range(0, 2500, 50)])
    made = refine(land_of(*shapes), drawn(region))
    # 18 of 20 m are reached; every first point (x + 12.5) is.
    assert made.steps["health"].iloc[0] == 1.0
    assert made.steps["health"].iloc[-1] == pytest.approx(0.9, abs=0.01)


def test_the_rim_is_followed_into_cells_that_were_thought_clear():
    # A spike narrower than a cell leaves the reached block between the first points.
    spike = shapely.Polygon([(95, 26), (495, 26), (495, 36), (95, 36)])
    region = shapely.union(shapely.box(0, 0, 100, 100), spike)
    land = shapely.box(0, 0, 500, 100)
    steps = refine(land_of(land), drawn(region)).steps
    assert steps["health"].iloc[0] == pytest.approx(0.2, abs=1e-9)
    exact = region.intersection(land).area / land.area
    assert steps["health"].iloc[-1] == pytest.approx(exact, abs=0.002)


def test_land_is_cut_at_the_border_of_the_zones():
    zones = {"west": shapely.box(0, 0, 110, 100), "east": shapely.box(110, 0, 220, 100)}
    shapes = [shapely.box(90, 10, 140, 40), shapely.box(200, 50, 260, 60)]
    made = refine(land_of(*shapes), drawn(EVERYWHERE), zones=zones)
    by_zone = made.places.groupby(["id", "zone"])["weight"].sum().to_dict()
    assert by_zone == pytest.approx(
        {("p0", "west"): 600, ("p0", "east"): 900, ("p1", "east"): 200, ("p1", OUTSIDE): 400}
    )
    assert (assign_zones(made.places, zones_of(**zones)) == made.places["zone"]).all()
    # The share is that of land in the zones.
    half = refine(land_of(*shapes), drawn(shapely.box(0, 0, 125, 100)), zones=zones)
    assert half.steps["health"].iloc[-1] == pytest.approx(1050 / 1700, abs=TENTH_OF_A_POINT)


def test_a_zone_that_the_polygons_name_decides():
    zones = {"west": shapely.box(0, 0, 110, 100), "east": shapely.box(110, 0, 220, 100)}
    land = land_of(shapely.box(90, 10, 140, 40), zone="east")
    assert set(refine(land, drawn(EVERYWHERE), zones=zones).places["zone"]) == {"east"}


def test_limits_may_hang_on_zone_and_kind():
    zones = {"west": shapely.box(0, 0, 100, 100), "east": shapely.box(100, 0, 200, 100)}
    asked = []

    def covered(places):
        asked.append(set(zip(places["zone"], places["kind"], strict=True)))
        return ((places["zone"] == "west") & (places["kind"] == "")).to_numpy()[:, None]

    land = land_of(shapely.box(10, 10, 190, 90), shapely.box(10, 0, 90, 10), kind=["", "village"])
    made = refine(land, covered, zones=zones)
    # 90 × 80 of 180 × 80 + 80 × 10 m².
    assert made.steps["health"].tolist() == pytest.approx([7200 / 15200] * 4, rel=1e-6)
    assert set().union(*asked) == {("west", ""), ("east", ""), ("west", "village")}
    assert made.places.columns.tolist() == ["id", "zone", "weight", "kind", "geometry"]


def test_other_numbers_are_spread_over_the_ground():
    shapes = [shapely.box(0, 0, 60, 60), shapely.box(100, 0, 140, 60)]
    land = land_of(*shapes, weight=[90.0, 40.0], aged_60=[36.0, 0.0])
    made = refine(land, drawn(shapely.box(0, 0, 30, 60)))
    covered = drawn(shapely.box(0, 0, 30, 60))(made.places)[:, 0]
    sums = made.places.groupby("id")[["weight", "aged_60"]].sum()
    assert sums["weight"].tolist() == pytest.approx([90, 40])
    assert sums["aged_60"].tolist() == pytest.approx([36, 0])
    assert made.places.loc[covered, "aged_60"].sum() == pytest.approx(18, abs=1.0)


def test_no_land_is_no_place():
    made = refine(land_of(shapely.box(0, 0, 50, 50)).iloc[:0], drawn(EVERYWHERE))
    assert len(made.places) == 0
    assert made.steps["cells"].tolist() == [0] * 4
    assert made.steps["health"].isna().all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_any_land_and_any_region_agree_with_the_polygons(seed):
    rng = np.random.default_rng(seed)
    land = [
        shapely.affinity.rotate(shapely.box(x, y, x + w, y + h), turn)
        for x, y, w, h, turn in zip(
            *rng.uniform(0, 600, (2, 12)), *rng.uniform(10, 120, (2, 12)), rng.uniform(0, 90, 12),
            strict=True,
        )
    ]  # fmt: skip
    circles = shapely.buffer(shapely.points(rng.uniform(0, 600, (4, 2))), rng.uniform(40, 200, 4))
    region = shapely.union_all(circles)
    made = refine(land_of(*land), drawn(region))
    total = sum(shape.area for shape in land)
    exact = sum(shapely.intersection(shape, region).area for shape in land) / total
    assert made.places["weight"].sum() == pytest.approx(total, rel=1e-9)
    # A rim of some 2,000 m crosses 700 cells of 9.8 m²; each is half a cell wrong at random, so
    # that sqrt(700) · 5 m² = 130 m² of some 50,000 is one deviation.
    assert made.steps["health"].iloc[-1] == pytest.approx(exact, abs=4 * 130 / total + 1e-4)
    weight, covered = made.places["weight"].to_numpy(), drawn(region)(made.places)[:, 0]
    assert weight @ covered / total == pytest.approx(made.steps["health"].iloc[-1], rel=1e-9)
