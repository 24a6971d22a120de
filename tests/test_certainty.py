"""Clear or undecided, and by what: from the shares alone, term by term."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecircle.certainty import BAND_SD, SPREADS, TERMS, judged

TARGET = 0.85


def table(
    rate: float, target: float = TARGET, *, ceiling: float = 1.0, ceiling_without_rim: float = 1.0,
    **terms: float,
) -> pd.DataFrame:  # fmt: skip
    """One rate: what each term takes from it (access legs and gates) or may add, and its spreads.

    `lost_access` and `lost_gates` are lost, `rim`, `unsnapped` and `path` gained; no place counts
    twice.
    """
    of = {**dict.fromkeys(("lost_access", "lost_gates", "rim", "unsnapped", "path"), 0.0), **terms}
    gained = of["rim"] + of["unsnapped"] + of["path"]
    row = {
        "rate": rate,
        "target": target,
        "ceiling": ceiling,
        "ceiling_without_rim": min(ceiling, ceiling_without_rim),
        "lost": of["lost_access"] + of["lost_gates"],
        "lost_without_access": of["lost_gates"],
        "lost_without_gates": of["lost_access"],
        "gained": gained,
        "gained_without_rim": gained - of["rim"],
        "gained_without_unsnapped": gained - of["unsnapped"],
        "gained_without_access": gained - of["path"],
        **{name: of.get(name, 0.0) for name in SPREADS},
    }
    return pd.DataFrame([row])


def only(**said: float) -> pd.Series:
    return judged(table(**said)).iloc[0]


@pytest.mark.parametrize(
    ("said", "term"),
    [
        # 90 % pass; 0.04 of a spread are 6.6 points.
        ({"rate": 0.9, "sd_facility": 0.04}, "positions"),
        ({"rate": 0.9, "sd_demand": 0.04}, "positions"),
        ({"rate": 0.9, "sd_allocation": 0.04}, "population"),
        ({"rate": 0.9, "sd_network": 0.04}, "network"),
        ({"rate": 0.9, "lost_access": 0.06}, "access"),
        ({"rate": 0.9, "lost_gates": 0.06}, "gates"),
        # 80 % fail; the same, and what may be gained.
        ({"rate": 0.8, "sd_facility": 0.04}, "positions"),
        ({"rate": 0.8, "sd_allocation": 0.04}, "population"),
        ({"rate": 0.8, "sd_network": 0.04}, "network"),
        ({"rate": 0.8, "rim": 0.06}, "rim"),
        ({"rate": 0.8, "unsnapped": 0.06}, "unsnapped"),
        ({"rate": 0.8, "path": 0.06}, "access"),
    ],
)
def test_each_term_can_leave_a_rate_undecided(said: dict[str, float], term: str):
    found = only(**said)
    assert (found["certainty"], found["undecided_by"]) == ("undecided", term)


@pytest.mark.parametrize(
    "said",
    [
        # What may be gained does not endanger a rate that passes, nor the reverse.
        {"rate": 0.9, "rim": 0.1},
        {"rate": 0.9, "unsnapped": 0.1, "path": 0.0, "lost_access": 0.05},
        {"rate": 0.8, "lost_access": 0.5, "lost_gates": 0.3},
        # 1.645 · 0.03 are 4.9 points.
        {"rate": 0.9, "sd_facility": 0.03},
        {"rate": 0.8, "sd_facility": 0.03},
        # Four points each side by side are 1.645 · √(0.02² + 0.02²) = 4.7, not 6.6.
        {"rate": 0.9, "sd_facility": 0.02, "sd_allocation": 0.02},
        # Whatever is gained ends at the straight line.
        {"rate": 0.8, "unsnapped": 0.2, "ceiling": 0.84},
    ],
)
def test_a_rate_is_clear_if_its_band_stays_on_its_side(said: dict[str, float]):
    found = only(**said)
    assert (found["certainty"], found["undecided_by"]) == ("clear", "")


def test_bounds_by_hand():
    found = only(
        rate=0.5, lost_access=0.1, lost_gates=0.05, rim=0.02, unsnapped=0.03, path=0.04,
        sd_facility=0.03, sd_network=0.04,
    )  # fmt: skip
    assert found["sd"] == pytest.approx(0.05)
    assert found["rate_low"] == pytest.approx(0.35 - BAND_SD * 0.05)
    assert found["rate_high"] == pytest.approx(0.59 + BAND_SD * 0.05)
    assert NormalDist().inv_cdf(0.95) == pytest.approx(BAND_SD, abs=5e-4)
    wide = only(rate=0.5, lost_access=0.1, sd_facility=0.5, ceiling=0.7)
    assert (wide["rate_low"], wide["rate_high"]) == (0.0, 0.7)


@pytest.mark.parametrize(
    ("said", "term"),
    [
        # Each alone would do (89 − 7 − 3 < 85 ≤ 89 − 3): the larger does it alone.
        ({"rate": 0.89, "lost_access": 0.07, "lost_gates": 0.03}, "access"),
        ({"rate": 0.89, "lost_access": 0.03, "lost_gates": 0.07}, "gates"),
        # Neither alone: still the larger.
        ({"rate": 0.89, "lost_access": 0.05, "lost_gates": 0.06}, "gates"),
        # Equally large: the first of the terms.
        ({"rate": 0.89, "lost_access": 0.06, "lost_gates": 0.06}, "access"),
        # Neither alone: without positions the spread is 0.01 instead of 0.051, 6.7 points less;
        # access legs are 5 points.
        ({"rate": 0.9, "lost_access": 0.05, "sd_facility": 0.05, "sd_network": 0.01}, "positions"),
        # Two spreads of a term leave it together: each alone is smaller than the network's.
        ({"rate": 0.9, "sd_facility": 0.03, "sd_demand": 0.03, "sd_network": 0.035}, "positions"),
        # Without any one of them the band still ends at 0: the widest part is the network's.
        ({"rate": 0.5, "target": 0.3, "sd_facility": 0.35, "sd_network": 0.4}, "network"),
        # Without any one of them the band still ends at the ceiling: 33 of the 63 points are the
        # network's.
        (
            {"rate": 0.6, "rim": 0.15, "unsnapped": 0.2, "sd_network": 0.2, "ceiling": 0.9},
            "network",
        ),
        # Ten points are unsnapped and six at the rim: 86 % without the former. The line ends there
        # too, and at 84 % but for the rim: only that decides.
        (
            {
                "rate": 0.8, "rim": 0.06, "unsnapped": 0.1,
                "ceiling": 0.86, "ceiling_without_rim": 0.84,
            },
            "rim",
        ),
    ],
)  # fmt: skip
def test_the_largest_term_that_would_decide_is_named(said: dict[str, float], term: str):
    assert only(**said)["undecided_by"] == term


def test_a_bound_on_the_target_is_on_its_upper_side():
    # What passes exactly is clear; what could just reach the target is not.
    assert only(rate=0.85)["certainty"] == "clear"
    assert only(rate=0.95, lost_access=0.1)["certainty"] == "clear"
    assert only(rate=0.75, rim=0.1)["certainty"] == "undecided"
    assert only(rate=0.75, rim=0.1 - 1e-9)["certainty"] == "clear"
    # Rounding does not decide: 1 − 0.9 is a little less than 0.1.
    assert only(rate=1.0, target=0.1, lost_access=0.9)["certainty"] == "clear"


def test_without_rate_or_target_nothing_is_decided():
    for said in ({"rate": math.nan}, {"rate": 0.8, "target": math.nan, "unsnapped": 0.1}):
        found = only(**said)
        assert (found["certainty"], found["undecided_by"]) == ("", "")
    assert only(rate=0.8, target=math.nan, unsnapped=0.1)["rate_high"] == pytest.approx(0.9)
    assert judged(table(0.5).iloc[:0]).empty


share = st.floats(0, 0.3)


@settings(max_examples=300, deadline=None)
@given(
    st.floats(0, 1), st.sampled_from([0.5, TARGET, 1.0]),
    st.fixed_dictionaries(
        dict.fromkeys(["lost_access", "lost_gates", "rim", "unsnapped", "path", *SPREADS], share)
    ),
    st.floats(0, 1),
)  # fmt: skip
def test_what_always_holds(rate, target, terms, spare):
    said = table(rate, target, ceiling=rate + (1 - rate) * spare, **terms)
    found = judged(said)
    # Nothing that was said is changed.
    pd.testing.assert_frame_equal(found[said.columns], said)
    row = found.iloc[0]
    assert 0 <= row["rate_low"] <= row["rate"] <= row["rate_high"] <= 1
    # The square of less than 1e-160 is zero.
    assert row["sd"] >= max(row[[*SPREADS]]) - 1e-150 >= -1e-150
    reaches = rate >= target - 1e-12
    bound = row["rate_low"] if reaches else row["rate_high"]
    clear = (bound >= target - 1e-12) == reaches
    assert row["certainty"] == ("clear" if clear else "undecided")
    assert (row["undecided_by"] in TERMS) == (not clear)
    # Whatever a rate is undecided by is there, on the side that matters.
    if not clear:
        on_side = {
            "positions": terms["sd_facility"] + terms["sd_demand"],
            "population": terms["sd_allocation"],
            "network": terms["sd_network"],
            "rim": 0.0 if reaches else terms["rim"],
            "unsnapped": 0.0 if reaches else terms["unsnapped"],
            "access": terms["lost_access"] if reaches else terms["path"],
            "gates": terms["lost_gates"] if reaches else 0.0,
        }
        assert on_side[row["undecided_by"]] > 0


@settings(max_examples=200, deadline=None)
@given(
    st.floats(0, 1),
    st.fixed_dictionaries(
        dict.fromkeys(["lost_access", "lost_gates", "rim", "unsnapped", "path", *SPREADS], share)
    ),
    st.sampled_from(["lost_access", "lost_gates", "rim", "unsnapped", "path", *SPREADS]),
)
def test_to_set_an_error_to_zero_never_widens_the_band(rate, terms, name):
    before, after = only(rate=rate, **terms), only(rate=rate, **(terms | {name: 0.0}))
    assert after["rate_low"] >= before["rate_low"] - 1e-12
    assert after["rate_high"] <= before["rate_high"] + 1e-12


def test_rows_do_not_touch_each_other():
    rng = np.random.default_rng(3)
    rows = [
        table(
            rng.random(), **{name: 0.1 * rng.random() for name in ("rim", "lost_access", *SPREADS)}
        )
        for _ in range(20)
    ]
    together = judged(pd.concat(rows, ignore_index=True))
    alone = pd.concat([judged(row) for row in rows], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone)
