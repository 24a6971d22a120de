"""How far a rate is off by chance: by hand, by summing over all pairs, and by drawing errors."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.spread import NEAR_SD, block_spread, by_unit, own_spread, shared_spread, units_from

PHI = NormalDist().cdf
CITY = units_from([np.zeros(2, np.int64)])
DRAWS = 2000


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


# By hand -------------------------------------------------------------------------------------


def test_units_are_numbered_over_all_ways_and_nobody_outside_counts():
    units = units_from([np.array([0, -1, 1]), np.array([2, 2, 2])])
    assert units.count == 3
    assert by_unit(array(1, 2, 4), units).tolist() == [1, 4, 7]
    assert by_unit(array(4), units, np.array([2])).tolist() == [0, 4, 4]
    assert by_unit(array(), units_from([np.empty(0, np.int64)])).tolist() == []


@pytest.mark.parametrize(
    ("inside", "owner", "expected"),
    [
        # Both 1 within, one error: together lost with 1 − Φ(1), so E[(w₀ + w₁)²] = 25 (1 − Φ(1)).
        ((1, 1), (0, 0), 25 * (1 - PHI(1))),
        # An error each: variance (4 + 9) Φ(1) (1 − Φ(1)), mean shift 5 (1 − Φ(1)).
        ((1, 1), (0, 1), 13 * PHI(1) * (1 - PHI(1)) + (5 * (1 - PHI(1))) ** 2),
        # Either side of the limit, one error Z: beyond −1 the first is lost (2 fewer), beyond 1
        # the second is won (3 more), never both.
        ((1, -1), (0, 0), (4 + 9) * (1 - PHI(1))),
        # Unequal: Z < −2 loses both, −2 < Z < −1 the second alone.
        ((2, 1), (0, 0), 25 * PHI(-2) + 9 * (PHI(-1) - PHI(-2))),
        # On the limit, which counts as within: lost with 1/2.
        ((0, 9), (0, 0), 4 * 0.5),
        # Three errors from the limit are not far enough to be left out.
        ((3, 9), (0, 0), 4 * PHI(-3)),
        ((9, -9), (0, 0), 0),
        ((np.inf, -np.inf), (0, 0), 0),
    ],
)
def test_an_error_that_two_places_share(inside, owner, expected):
    inside, weight = array(*inside), array(2, 3)
    found = shared_spread(inside, np.array(owner), weight, inside >= 0, CITY)
    assert found == pytest.approx([math.sqrt(expected)])


def test_an_error_of_each_place_by_itself():
    inside, weight = array(1, -1), array(2, 3)
    found = own_spread(inside, weight, inside >= 0, CITY)
    # Variance (4 + 9) Φ(1) Φ(−1); on average 2 Φ(−1) lost and 3 Φ(−1) won.
    expected = 13 * PHI(1) * PHI(-1) + PHI(-1) ** 2
    assert found == pytest.approx([math.sqrt(expected)])


def test_owners_of_several_units_are_told_apart():
    # One facility serves a place in each zone: by zone one place, in the city both together.
    units = units_from([np.array([0, 1]), np.array([2, 2])])
    found = shared_spread(array(1, 1), np.array([5, 5]), array(2, 3), np.ones(2, bool), units)
    assert found == pytest.approx(np.sqrt(1 - PHI(1)) * np.array([2, 3, 5]))
    outside = units_from([np.array([-1, 0])])
    found = shared_spread(array(1, 1), np.array([5, 5]), array(2, 3), np.ones(2, bool), outside)
    assert found == pytest.approx([3 * math.sqrt(1 - PHI(1))])


def test_blocks_that_hold_more_or_fewer_people():
    # Shares 1/2, 1/4, 1/4, rates 1, 0, 1/2 (of two places alike): R = 5/8.
    weight, block = array(4, 2, 1, 1), np.array([0, 1, 2, 2])
    covered = np.array([True, False, True, False])
    units = units_from([np.zeros(4, np.int64)])
    expected = 0.5 * math.sqrt((1 / 2 * 3 / 8) ** 2 + (1 / 4 * 5 / 8) ** 2 + (1 / 4 * 1 / 8) ** 2)
    assert block_spread(weight, covered, block, units, relative=0.5) == pytest.approx([expected])
    assert block_spread(weight, covered, block, units, relative=0.0).tolist() == [0]
    # In zones of their own blocks have nothing to be weighed against.
    zones = units_from([np.array([0, 1, 2, 2])])
    assert block_spread(weight, covered, block, zones, relative=0.5) == pytest.approx([0, 0, 0])
    nobody = units_from([np.array([0, 0, 0, 0]), np.array([2, 2, 2, 2])])
    assert block_spread(weight * 0, covered, block, nobody, relative=0.5).tolist() == [0, 0, 0]


def test_no_places_do_not_vary():
    none, number = np.empty(0), np.empty(0, np.int64)
    units = units_from([number])
    covered = np.empty(0, bool)
    assert shared_spread(none, number, none, covered, units).tolist() == []
    assert own_spread(none, none, covered, units).tolist() == []
    assert block_spread(none, covered, number, units, relative=0.5).tolist() == []


# What must always hold -----------------------------------------------------------------------


@st.composite
def places(draw: st.DrawFn) -> dict[str, np.ndarray]:
    """A few places about the limit, in zones and owners, some of them outside all zones."""
    count = draw(st.integers(1, 25))
    inside = st.floats(-5, 5) | st.sampled_from([0.0, NEAR_SD, -NEAR_SD, np.inf, -np.inf])

    def many(values: st.SearchStrategy[float]) -> np.ndarray:
        return np.array(draw(st.lists(values, min_size=count, max_size=count)))

    return {
        "inside": many(inside).astype(float),
        "owner": many(st.integers(0, 3)),
        "weight": many(st.just(0.0) | st.floats(0.01, 100)).astype(float),
        "zone": many(st.integers(-1, 2)),
    }


def spreads(of: dict[str, np.ndarray], relative: float = 0.5) -> list[np.ndarray]:
    """All three, by zone (padded to three) and for the city."""
    units = units_from([of["zone"], np.full(len(of["zone"]), 3)])
    covered = of["inside"] >= 0
    return [
        shared_spread(of["inside"], of["owner"], of["weight"], covered, units),
        own_spread(of["inside"], of["weight"], covered, units),
        block_spread(of["weight"], covered, of["owner"], units, relative=relative),
    ]


@settings(max_examples=200, deadline=None)
@given(places())
def test_the_running_sum_is_the_sum_over_all_pairs(of):
    """E[(Σ w ΔC)²] pair by pair: Δ of one error moves places between 0 and their own a."""
    near = np.abs(of["inside"]) <= NEAR_SD
    covered = of["inside"] >= 0
    p = np.array([PHI(a) for a in of["inside"]])
    here = np.stack([of["zone"] == z for z in range(3)] + [np.ones(len(p), bool)]) & near
    least, most = np.minimum(p[:, None], p), np.maximum(p[:, None], p)
    same = of["owner"][:, None] == of["owner"]
    pairs = np.outer(of["weight"], of["weight"]) * np.where(same, least * (1 - most), 0.0)
    shift = of["weight"] * (p - covered)
    expected = [math.sqrt(pairs[np.ix_(at, at)].sum() + shift[at].sum() ** 2) for at in here]
    np.testing.assert_allclose(spreads(of)[0], expected, rtol=1e-9, atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(places(), st.randoms(use_true_random=False))
def test_spreads_are_positive_and_do_not_depend_on_order(of, random):
    order = list(range(len(of["zone"])))
    random.shuffle(order)
    again = spreads({name: values[order] for name, values in of.items()})
    for one, other in zip(spreads(of), again, strict=True):
        assert (one >= 0).all()
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-5)


@settings(max_examples=100, deadline=None)
@given(places(), st.lists(st.sampled_from([-np.inf, -40.0, -3.6, 3.6, 40.0, np.inf]), min_size=1))
def test_more_places_far_from_the_limit_change_nothing(of, far):
    more = {
        "inside": np.append(of["inside"], far),
        "owner": np.append(of["owner"], np.zeros(len(far), np.int64)),
        "weight": np.append(of["weight"], np.full(len(far), 50.0)),
        "zone": np.append(of["zone"], np.zeros(len(far), np.int64)),
    }
    if (of["zone"] < 0).all():
        of = of | {"zone": np.zeros_like(of["zone"])}
        more["zone"][: len(of["zone"])] = 0
    # Sums run in the same order: to the last digit.
    for one, other in list(zip(spreads(of), spreads(more), strict=True))[:2]:
        np.testing.assert_array_equal(one, other)


@settings(max_examples=100, deadline=None)
@given(places())
def test_to_share_an_error_never_makes_it_smaller(of):
    """One owner for all is the worst there is, one each the best, where all are on one side."""
    of = of | {"inside": np.abs(of["inside"])}
    together = of | {"owner": np.zeros_like(of["owner"])}
    between, own, _ = spreads(of)
    assert (spreads(together)[0] >= between - 1e-6).all()
    assert (between >= own - 1e-6).all()


# By drawing the errors -----------------------------------------------------------------------


def tolerance(squares: np.ndarray) -> np.ndarray:
    """How far the root mean square of draws may be off, relative: three standard errors.

    The mean of n squares x has the variance Var(x) / n. The root halves the relative error. For a
    normal change this is the chi-square's 1 / √(2 n); the few large changes of a few places make
    it more, so it is taken from the draws.
    """
    return 3 * squares.std(axis=0) / squares.mean(axis=0) / math.sqrt(len(squares)) / 2


def assert_agrees(found: np.ndarray, changes: np.ndarray) -> None:
    """The spread is the root mean square of the changes, a column for each unit."""
    squares = changes**2
    off = np.abs(found / np.sqrt(squares.mean(axis=0)) - 1)
    assert (off <= tolerance(squares)).all(), (off, tolerance(squares))
    # The check is worth something: at most 15 % either way.
    assert (tolerance(squares) < 0.15).all()


@pytest.fixture(scope="module")
def drawn_places() -> dict[str, np.ndarray]:
    """Three hundred places within two errors of the limit, thirty facilities, three zones."""
    rng = np.random.default_rng(11)
    return {
        "inside": rng.uniform(-2, 2, 300),
        "owner": rng.integers(0, 30, 300),
        "weight": rng.gamma(2, 5, 300),
        "zone": rng.integers(0, 3, 300),
    }


def changed(of: dict[str, np.ndarray], error: np.ndarray) -> np.ndarray:
    """What errors, in standard errors by draw and place, do to the covered demand of each unit."""
    moved = of["inside"] + error >= 0
    change = of["weight"] * (moved.astype(float) - (of["inside"] >= 0))
    by_zone = [change[:, of["zone"] == z].sum(axis=1) for z in range(3)]
    return np.stack([*by_zone, change.sum(axis=1)], axis=1)


def test_drawn_errors_of_facilities(drawn_places):
    error = np.random.default_rng(12).standard_normal((DRAWS, 30))[:, drawn_places["owner"]]
    assert_agrees(spreads(drawn_places)[0], changed(drawn_places, error))


def test_drawn_errors_of_places(drawn_places):
    error = np.random.default_rng(13).standard_normal((DRAWS, 300))
    assert_agrees(spreads(drawn_places)[1], changed(drawn_places, error))


def test_drawn_numbers_of_people(drawn_places):
    """Blocks with a relative error of 0.1, for which the first order is enough.

    The next order adds a relative τ² = 1 % to the spread, well below the 4.7 % of so many draws.
    """
    rng = np.random.default_rng(14)
    of = drawn_places | {"inside": np.where(drawn_places["owner"] % 3 == 0, 1.0, -1.0)}
    factor = 1 + 0.1 * rng.standard_normal((DRAWS, 30))[:, of["owner"]]
    covered = of["inside"] >= 0
    member = np.stack([of["zone"] == z for z in range(3)] + [np.ones(300, bool)])
    weight = of["weight"] * member
    rate = factor @ (weight * covered).T / (factor @ weight.T)
    stated = (weight * covered).sum(axis=1) / weight.sum(axis=1)
    assert_agrees(spreads(of, relative=0.1)[2], rate - stated)
