"""How sure a rate is: each formula by hand, by brute force, and what must always hold."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.analysis import Analysis
from lifecircle.certainty import BAND_SD, SPREADS, TERMS
from lifecircle.confidence import INTERVAL_COLUMNS, Errors, Margin, all_at_once, intervals
from lifecircle.spread import block_spread, by_unit, own_spread, shared_spread, units_from

LIMIT_M = 1000.0
# Φ(1): what lies one standard error within the limit is covered with this probability.
PHI_1 = 0.8413447460685429


def margin(over_m: object, **columns: object) -> Margin:
    """Places so far beyond the limit, each of weight 1, its straight line 1.3 times shorter."""
    over = np.asarray(over_m, float)
    none = np.zeros(len(over), dtype=bool)
    walked = np.where(np.isfinite(over), over + LIMIT_M, np.inf)
    plain = Margin(
        over_m=over,
        limit_m=np.full(len(over), LIMIT_M),
        line_over_m=walked / 1.3 - LIMIT_M,
        weight=np.ones(len(over)),
        facility=np.where(np.isfinite(over), 0, -1),
        covered=over <= 0,
        rim_exposed=none,
        cut_off=none,
        unsnapped=np.isnan(over),
        access_m=np.where(np.isnan(over), np.nan, 10.0),
        walked_per_off=1.0,
    )
    arrays = {
        name: value if value is None else np.asarray(value) for name, value in columns.items()
    }
    return dataclasses.replace(plain, **arrays)


def errors(
    places: int,
    *,
    facility: float = 0.0,
    demand: float = 0.0,
    network: float = 0.0,
    allocation: float = 0.0,
    block: object = None,
) -> Errors:
    """Errors of three facilities and so many places, all in one block."""
    block = np.zeros(places, np.int64) if block is None else np.asarray(block)
    return Errors(np.full(3, facility), np.full(places, demand), network, allocation, block)


def one(margin: Margin, known: Errors | None = None, *, target: float = 0.85) -> pd.Series:
    """The row of a single unit that holds everything."""
    places = len(margin.over_m)
    table = intervals(
        {"health": margin},
        known or errors(places),
        [np.zeros(places, np.int64)],
        {"health": target},
    )
    return table.iloc[0]


# The random part -----------------------------------------------------------------------------


def test_a_single_place_is_off_by_the_root_of_its_chance_to_change_sides():
    # It is covered; E[(C − 1)²] = P(not covered) = 1 − Φ(1).
    expected = math.sqrt(1 - PHI_1)
    place = margin([-30.0])
    assert one(place, errors(1, facility=30.0))["sd_facility"] == pytest.approx(expected)
    assert one(place, errors(1, demand=30.0))["sd_demand"] == pytest.approx(expected)
    # All lengths off by 30 / 970 of what is walked: one standard error again.
    assert one(place, errors(1, network=30 / 970))["sd_network"] == pytest.approx(expected)


def test_places_of_one_facility_go_together_those_of_two_do_not():
    known = errors(2, facility=30.0)
    together = margin([-30.0, -30.0], facility=[0, 0])
    apart = margin([-30.0, -30.0], facility=[0, 1])
    assert one(together, known)["sd"] == pytest.approx(math.sqrt(1 - PHI_1))
    # Each 1/2 of the demand: variance 2 · p(1 − p) / 4, and on average 1 − p less than stated.
    expected = math.sqrt(PHI_1 * (1 - PHI_1) / 2 + (1 - PHI_1) ** 2)
    assert one(apart, known)["sd"] == pytest.approx(expected)
    assert one(apart, errors(2, demand=30.0))["sd"] == pytest.approx(expected)


def test_where_demand_lies_evenly_the_spread_is_the_error_times_the_demand_per_metre():
    # One place a metre from 500 m within to 500 m beyond: g = 1/1000 of the demand per metre.
    even = np.arange(-499.5, 500.0)
    alone = margin(even)
    assert one(alone, errors(1000, facility=30.0))["sd_facility"] == pytest.approx(0.030, rel=1e-3)
    # Two facilities by turns: each has half of g, and √(0.5² + 0.5²) of the spread remains.
    by_turns = margin(even, facility=np.arange(1000) % 2)
    expected = 0.030 * math.sqrt(0.5)
    assert one(by_turns, errors(1000, facility=30.0))["sd_facility"] == pytest.approx(
        expected, rel=1e-3
    )
    # Lengths: δ D g, whoever serves.
    known = errors(1000, network=0.02)
    assert one(by_turns, known)["sd_network"] == pytest.approx(0.02 * LIMIT_M / 1000, rel=0.01)
    # Along streets both axes of an error are walked.
    on_foot = dataclasses.replace(alone, walked_per_off=math.sqrt(2))
    assert one(on_foot, errors(1000, facility=30.0))["sd_facility"] == pytest.approx(
        0.030 * math.sqrt(2), rel=1e-3
    )


def test_independent_errors_of_many_places_nearly_cancel():
    even = margin(np.arange(-499.5, 500.0))
    # Σ p(1 − p) over even demand is σ/√π of its density: √(30 / √π) / 1000.
    expected = math.sqrt(30 / math.sqrt(math.pi)) / 1000
    assert one(even, errors(1000, demand=30.0))["sd_demand"] == pytest.approx(expected, rel=1e-2)


def test_people_are_spread_wrongly_by_block():
    # Half of the people in a block with rate 1, half in one with rate 0; R = 1/2:
    # τ √(2 · (1/2)² · (1/2)²) = τ / √8.
    halves = margin([-500.0, -400.0, 600.0, 700.0])
    known = errors(4, allocation=0.5, block=[7, 7, 9, 9])
    assert one(halves, known)["sd_allocation"] == pytest.approx(0.5 / math.sqrt(8))
    # In one block, or with the same rate in both, nothing can go wrong.
    assert one(halves, errors(4, allocation=0.5))["sd_allocation"] == 0
    alike = errors(4, allocation=0.5, block=[0, 1, 0, 1])
    assert one(halves, alike)["sd_allocation"] == 0


def test_what_is_far_unknown_or_exact_does_not_vary():
    places = margin([-900.0, 900.0, np.inf, np.nan, 0.0], facility=[0, 0, -1, -1, 1])
    row = one(places, errors(5, facility=0.0, demand=0.0))
    assert row["sd"] == 0
    assert row["rate"] == row["rate_low"] == pytest.approx(2 / 5)
    far = margin([-900.0, 900.0, np.inf, np.nan], facility=[0, 0, -1, -1])
    row = one(far, errors(4, facility=30.0, demand=30.0, network=0.02))
    assert row["sd"] == 0


def test_parts_add_up_as_squares():
    rng = np.random.default_rng(1)
    known = errors(
        200, facility=40.0, demand=20.0, network=0.03, allocation=0.5, block=rng.integers(0, 9, 200)
    )
    row = one(margin(rng.normal(0, 80, 200), facility=rng.integers(0, 3, 200)), known)
    parts = row[[*SPREADS]].to_numpy(float)
    assert (parts > 0).all()
    assert row["sd"] == pytest.approx(math.sqrt((parts**2).sum()))


@pytest.mark.parametrize("seed", range(3))
def test_spreads_agree_with_drawing_the_errors(seed: int):
    """RMS of what 40,000 drawn errors do to the covered demand, by zone and for the city."""
    rng = np.random.default_rng(seed)
    places, draws = 60, 40_000
    over = rng.uniform(-60, 60, places)
    weight, owner = rng.gamma(2, 3, places), rng.integers(0, 4, places)
    zone = rng.integers(-1, 3, places)
    units = units_from([zone, np.full(places, 3)])
    covered, sigma = over <= 0, np.array([10.0, 20.0, 40.0, 80.0])
    inside = -over / sigma[owner]

    def drawn(error: np.ndarray) -> np.ndarray:
        change = weight * ((over + error <= 0) ^ covered) * np.where(covered, -1.0, 1.0)
        by = np.stack([change[:, zone == z].sum(axis=1) for z in range(3)] + [change.sum(axis=1)])
        return np.sqrt((by**2).mean(axis=1))

    shared = drawn((rng.standard_normal((draws, 4)) * sigma)[:, owner])
    own = drawn(rng.standard_normal((draws, places)) * sigma[owner])
    np.testing.assert_allclose(
        shared_spread(inside, owner, weight, covered, units), shared, rtol=0.02
    )
    np.testing.assert_allclose(own_spread(inside, weight, covered, units), own, rtol=0.02)
    assert (shared > own).all()


def test_the_spread_of_blocks_agrees_with_drawing_them():
    rng = np.random.default_rng(4)
    places, blocks = 400, 40
    block, weight = rng.integers(0, blocks, places), rng.gamma(2, 3, places)
    covered = rng.random(places) < np.linspace(0.1, 0.9, blocks)[block]
    units = units_from([np.zeros(places, np.int64)])
    factor = 1 + 0.1 * rng.standard_normal((20_000, blocks))[:, block]
    rate = (factor * weight) @ covered / (factor @ weight)
    found = block_spread(weight, covered, block, units, relative=0.1)
    assert found[0] == pytest.approx(rate.std(), rel=0.03)


# The bounds ----------------------------------------------------------------------------------


def test_the_bounds_by_hand():
    """Ten places of weight 1; places 0 to 3 are covered.

    0: plain. 1: an access leg of 120 m. 2: leaves its compound by a gate only. 3: both.
    4: unsnapped, 5: rim-exposed, both far in a straight line. 6: cut off, 800 m straight (960 with
    the detour). 7: the same with an access leg of 60 m, not cut off. 8: the same with neither.
    9: cut off, 850 m straight (1,020 with the detour).
    """
    over = np.array([-500.0, -400, -300, -200, np.nan, 300, np.inf, 400, 500, np.inf])
    line_over = np.array([-600.0, -500, -400, -300, 900, 900, -200, -200, -200, -150])
    places = margin(
        over,
        line_over_m=line_over,
        access_m=[10.0, 120, 10, 120, np.nan, 10, 10, 60, 10, 10],
        gated=np.isin(np.arange(10), [2, 3]),
        rim_exposed=np.arange(10) == 5,
        cut_off=np.isin(np.arange(10), [6, 9]),
    )
    row = one(places)
    assert row["rate"] == pytest.approx(0.4)
    assert row["rate_low"] == pytest.approx(0.1)  # without 1, 2 and 3
    assert row["rate_high"] == pytest.approx(0.8)  # and 4, 5, 6, 7
    # In a straight line 0–3 and 6–9; the rim-exposed place may be served from beyond the list.
    assert row["rate_line"] == pytest.approx(0.8)
    assert row["sd"] == 0
    without_gates = one(dataclasses.replace(places, gated=None))
    assert without_gates["rate_low"] == pytest.approx(0.2)


def test_the_straight_line_is_the_ceiling():
    # Of ten places half are covered; the band reaches 30 points up, the lines only one place.
    over = np.repeat([-10.0, 10.0], 5)
    row = one(
        margin(over, line_over_m=np.where(np.arange(10) < 6, -50.0, 50.0)),
        errors(10, facility=30.0),
    )
    assert row["rate"] + BAND_SD * row["sd"] > 0.8
    assert row["rate_line"] == row["rate_high"] == pytest.approx(0.6)
    assert row["certainty"] == "clear", "no error of this map gets it to 85 %"
    # What stands beyond the rim is in no list, and no line to it is known.
    exposed = margin(over, line_over_m=[50.0] * 10, rim_exposed=np.arange(10) > 7)
    assert one(exposed)["rate_line"] == pytest.approx(0.5)
    assert one(exposed)["rate_high"] == pytest.approx(0.7)


def test_a_covered_place_is_within_reach_in_a_straight_line_whatever_rounding_says():
    row = one(margin([-1e-5], line_over_m=[2e-3]), target=1.0)
    assert row["rate"] == row["rate_line"] == row["rate_high"] == 1.0


# Clear or not --------------------------------------------------------------------------------


def shares(**share: int) -> dict[str, np.ndarray]:
    """Consecutive places of a hundred, by name."""
    ends = np.cumsum(list(share.values()))
    number = np.arange(100)
    return {
        name: (number >= end - count) & (number < end)
        for (name, count), end in zip(share.items(), ends, strict=True)
    }


def case(covered: int, *, lost: int = 0, **gained: int) -> Margin:
    """A hundred places, so many covered far within; gains are what else they could be."""
    number = np.arange(100)
    found = shares(covered=covered, **gained)
    nothing = np.zeros(100, dtype=bool)
    unsnapped = found.get("unsnapped", nothing)
    over = np.where(found["covered"], -900.0, 900.0)
    return margin(
        np.where(unsnapped, np.nan, over),
        line_over_m=np.full(100, -900.0),
        access_m=np.where(number < lost, 150.0, np.where(unsnapped, np.nan, 10.0)),
        rim_exposed=found.get("rim", nothing),
        missed_path=found.get("access", nothing),
    )


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        # The rate reaches 85 %: what could lower it counts.
        (case(90, lost=6), "access"),
        (case(90, unsnapped=10), ""),
        (case(90, lost=5), ""),
        # It does not: what could raise it.
        (case(80, unsnapped=6), "unsnapped"),
        (case(80, rim=6, unsnapped=4), "rim"),
        (case(80, access=7, rim=3), "access"),
        (case(80, lost=50), ""),
        (case(80, rim=2, unsnapped=2), ""),
        # Without the rim 89 %, without the unsnapped 88 %: neither alone would do.
        (case(80, rim=8, unsnapped=9), "unsnapped"),
        # Either alone would do: the larger.
        (case(80, rim=4, unsnapped=3), "rim"),
        # Nine of the 88 covered would have to leave by a gate: 79 %.
        (dataclasses.replace(case(88), gated=np.arange(100) < 9), "gates"),
    ],
)
def test_what_a_rate_is_undecided_by(places: Margin, expected: str):
    row = one(places)
    assert row["undecided_by"] == expected
    assert row["certainty"] == ("undecided" if expected else "clear")


def test_positions_and_people_may_leave_a_rate_undecided():
    # 86 places are covered, one of them barely: positions decide; the rest is far.
    barely = margin(np.r_[[-900.0] * 84, -1.0, -1.0, [900.0] * 14])
    row = one(barely, errors(100, demand=30.0))
    assert (row["certainty"], row["undecided_by"]) == ("undecided", "positions")
    assert one(barely, errors(100, network=0.03))["undecided_by"] == "network"
    blocks = errors(100, allocation=0.5, block=np.arange(100) // 10)
    assert one(margin(np.r_[[-900.0] * 86, [900.0] * 14]), blocks)["undecided_by"] == "population"


def test_the_smaller_term_is_named_if_only_its_removal_decides():
    # 80 covered, all within in a straight line. Eight more are exposed to the rim (and to nothing
    # else), ten are unsnapped: up to 98 %, but the ceiling of lines and rim is 88 %.
    places = case(80, rim=8, unsnapped=10)
    line = np.where(np.arange(100) < 80, -900.0, 900.0)
    row = one(dataclasses.replace(places, line_over_m=line))
    assert row["rate_high"] == pytest.approx(0.88)
    # Without the unsnapped still 88 %, without the rim the ceiling is 80 %.
    assert row["undecided_by"] == "rim"


def test_a_rate_on_its_target_passes_clearly():
    row = one(case(85), target=0.85)
    assert (row["rate_low"], row["certainty"]) == (0.85, "clear")


def test_without_target_or_demand_nothing_is_said():
    table = intervals(
        {"health": margin([-500.0, 500.0])}, errors(2), [np.array([0, 2])], {"health": math.nan}
    )
    assert table["certainty"].tolist() == table["undecided_by"].tolist() == ["", "", ""]
    assert table["rate"].tolist() == [1.0, pytest.approx(math.nan, nan_ok=True), 0.0]
    empty = table.iloc[1]
    assert empty[["rate", "rate_line", "rate_low", "rate_high", "sd"]].isna().all()
    with_target = intervals(
        {"health": margin([-500.0, 500.0], weight=[1.0, 0.0])}, errors(2),
        [np.array([0, 1])], {"health": np.array([0.5, 0.5])},
    )  # fmt: skip
    assert with_target["certainty"].tolist() == ["clear", ""]


def test_no_service_gives_no_row():
    table = intervals({}, errors(1), [np.array([0])], {})
    assert table.empty
    assert list(table.columns) == INTERVAL_COLUMNS


def test_rows_go_unit_by_unit_and_each_service_has_its_own_target_and_weight():
    over = np.array([-500.0, 500.0, -500.0])
    margins = {"health": margin(over), "old": margin(over, weight=[0.0, 1.0, 3.0])}
    ways = [np.array([0, 0, 1]), np.array([2, 2, 2])]
    target = {"health": 0.5, "old": np.array([0.1, 0.9, 0.9])}
    table = intervals(margins, errors(3), ways, target)
    assert table["unit"].tolist() == [0, 0, 1, 1, 2, 2]
    assert table["service"].tolist() == ["health", "old"] * 3
    assert table["rate"].tolist() == pytest.approx([0.5, 0, 1, 1, 2 / 3, 0.75])
    assert set(table["certainty"]) == {"clear"}


# All at once ---------------------------------------------------------------------------------


def test_all_at_once_is_the_service_hardest_to_reach():
    one_service = margin([-100.0, 200.0, -50.0, np.nan], facility=[0, 0, 0, -1])
    other = margin(
        [-300.0, -20.0, 70.0, np.nan], facility=[1, 1, 1, -1], limit_m=[500.0] * 4,
        line_over_m=[-400.0, -90.0, -10.0, 5.0], access_m=[10.0, 10, 60, np.nan],
    )  # fmt: skip
    both = all_at_once([one_service, other])
    np.testing.assert_array_equal(both.over_m, [-100, 200, 70, np.nan])
    assert both.limit_m[:3].tolist() == [1000, 1000, 500]
    assert both.facility.tolist() == [0, 0, 1, -1]
    assert both.covered.tolist() == [True, False, False, False]
    assert both.unsnapped.tolist() == [False, False, False, True]
    expected = np.maximum(one_service.line_over_m, other.line_over_m)
    np.testing.assert_array_equal(both.line_over_m, expected)


def test_all_at_once_is_saved_only_where_each_missing_service_is():
    """Of four places the first lacks both services, each with another excuse, and so on."""
    rim = margin([100.0, 100, 100, -100], rim_exposed=[True, False, True, False])
    path = margin([100.0, 100, -100, -100], missed_path=[True, True, False, False])
    both = all_at_once([rim, path])
    # 0: rim and path; 1: no excuse for the first; 2: rim alone; 3: covered.
    assert both.rim_exposed.tolist() == [False, False, True, False]
    assert both.missed_path is not None
    assert both.missed_path.tolist() == [True, False, False, False]
    row = one(dataclasses.replace(both, line_over_m=np.full(4, -1.0)))
    assert (row["rate"], row["rate_high"]) == (0.25, 0.75)


def test_all_at_once_keeps_gates_of_any_service():
    free = margin([-100.0, -100.0])
    gated = margin([-100.0, -100.0], gated=[True, False])
    assert all_at_once([free, free]).gated is None
    kept = all_at_once([free, gated]).gated
    assert kept is not None
    assert kept.tolist() == [True, False]


# What must always hold -----------------------------------------------------------------------


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Margin, Errors, np.ndarray, float]:
    """Places with everything that can be said of them, and errors."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    places = draw(st.integers(1, 60))
    over = rng.normal(0, draw(st.sampled_from([20.0, 200.0, 800.0])), places).clip(-990)
    over[rng.random(places) < 0.1] = np.inf
    over[rng.random(places) < 0.1] = np.nan
    walked = np.where(np.isnan(over), 1500.0, over + LIMIT_M)
    walked[np.isinf(walked)] = 4000.0
    covered = over <= 0
    found = margin(
        over,
        line_over_m=walked / rng.uniform(1.0, 1.6, places) - LIMIT_M,
        weight=rng.gamma(1, 10, places) * (rng.random(places) < 0.9),
        facility=np.where(np.isfinite(over), rng.integers(0, 3, places), -1),
        rim_exposed=~covered & (rng.random(places) < 0.2),
        cut_off=np.isinf(over) & (rng.random(places) < 0.5),
        access_m=np.where(np.isnan(over), np.nan, rng.gamma(1, 60, places)),
        gated=rng.random(places) < 0.1 if draw(st.booleans()) else None,
    )
    known = Errors(
        facility_m=rng.choice([0.0, 15.0, 100.0], 3),
        demand_m=rng.choice([0.0, 20.0], places),
        network=draw(st.sampled_from([0.0, 0.02])),
        allocation=draw(st.sampled_from([0.0, 0.5])),
        block=rng.integers(0, 5, places),
    )
    return found, known, rng.integers(-1, 3, places), draw(st.sampled_from([0.5, 0.85, 1.0]))


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_the_rate_lies_between_its_bounds_and_clear_never_contradicts_it(world):
    places, known, zone, target = world
    table = intervals({"health": places}, known, [zone, np.full(len(zone), 3)], {"health": target})
    table = table[table["rate"].notna()]
    assert (table[["sd", *SPREADS]] >= 0).all(axis=None)
    assert (table["rate_low"] >= 0).all()
    assert (table["rate_low"] <= table["rate"]).all()
    assert (table["rate"] <= table["rate_high"]).all()
    assert (table["rate"] <= table["rate_line"]).all()
    assert (table[["rate_high", "rate_line"]] <= 1).all(axis=None)
    clear = table[table["certainty"] == "clear"]
    reaches = clear["rate"] >= target - 1e-12
    bound = clear["rate_low"].where(reaches, clear["rate_high"])
    assert ((bound >= target - 1e-12) == reaches).all()
    undecided = table[table["certainty"] == "undecided"]
    assert undecided["undecided_by"].isin(TERMS).all()
    assert (clear["undecided_by"] == "").all()


@settings(max_examples=100, deadline=None)
@given(worlds(), st.sampled_from(["facility_m", "demand_m", "network", "allocation"]))
def test_removing_an_error_never_widens_the_interval(world, name):
    places, known, zone, target = world
    removed = dataclasses.replace(known, **{name: getattr(known, name) * 0.0})
    with_all, without = (
        intervals({"health": places}, each, [zone], {"health": target}).dropna(subset="rate")
        for each in (known, removed)
    )
    assert (without["rate_low"] >= with_all["rate_low"]).all()
    assert (without["rate_high"] <= with_all["rate_high"]).all()
    assert (without["sd"] <= with_all["sd"]).all()


@settings(max_examples=50, deadline=None)
@given(worlds())
def test_order_of_places_and_numbers_of_facilities_do_not_matter(world):
    places, known, zone, target = world
    rng = np.random.default_rng(0)
    order, label = rng.permutation(len(zone)), np.array([2, 0, 1, -1])
    fields = dataclasses.asdict(places) | {"facility": label[places.facility]}
    shuffled = Margin(
        **{k: v[order] if isinstance(v, np.ndarray) else v for k, v in fields.items()}
    )
    again = Errors(
        known.facility_m[np.argsort(label[:3])], known.demand_m[order], known.network,
        known.allocation, 4 - known.block[order],
    )  # fmt: skip
    one_way = intervals({"health": places}, known, [zone], {"health": target})
    other = intervals({"health": shuffled}, again, [zone[order]], {"health": target})
    columns = ["rate", "rate_line", "rate_low", "rate_high", "sd", *SPREADS]
    pd.testing.assert_frame_equal(one_way[columns], other[columns], rtol=1e-7, atol=1e-7)


def test_sums_of_some_places_are_sums_of_the_rest_set_to_zero():
    rng = np.random.default_rng(0)
    units = units_from([rng.integers(-1, 4, 50), np.full(50, 4)])
    values, at = rng.random(50), np.flatnonzero(rng.random(50) < 0.5)
    zero = np.zeros(50)
    zero[at] = values[at]
    np.testing.assert_array_equal(by_unit(values[at], units, at), by_unit(zero, units))


def test_monaco_keeps_its_rates_between_their_bounds(monaco: Analysis):
    table = monaco.coverage[monaco.coverage["rate"].notna()]
    assert (table["rate_low"] <= table["rate"] + 1e-12).all()
    assert (table["rate"] <= table["rate_high"] + 1e-12).all()
    judged = table[table["status"].isin(["pass", "fail"])]
    assert judged["certainty"].isin(["clear", "undecided"]).all()
    assert (judged["rate_high"] > judged["rate_low"]).any()
    clear = judged[judged["certainty"] == "clear"]
    passes = clear["status"] == "pass"
    assert ((clear["rate_low"] >= clear["target"] - 1e-12) == passes).all()
