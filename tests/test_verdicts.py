"""Rounding and classes: what people see never flatters a rate."""

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecircle import verdicts

NAN = math.nan


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (0.8496, "84.9"),
        (0.85, "85.0"),
        (0.29, "29.0"),
        (0.57, "57.0"),
        (1.0, "100.0"),
        (0.0, "0.0"),
    ],
)
def test_percent_are_rounded_down_without_the_noise_of_binary_fractions(rate, shown):
    assert verdicts.percent(rate) == shown


@pytest.mark.parametrize(
    ("status", "certainty", "rate", "expected"),
    [
        ("pass", "", 0.85, "pass"),
        ("pass", "clear", 0.99, "pass"),
        ("pass", "undecided", 0.86, "undecided"),
        ("fail", "undecided", 0.10, "undecided"),
        ("fail", "", 0.8001, "fail_1"),
        ("fail", "", 0.80, "fail_2"),
        ("fail", "", 0.7001, "fail_2"),
        ("fail", "", 0.70, "fail_3"),
        ("no data", "", NAN, "no_data"),
        ("no demand", "", NAN, "no_demand"),
        ("not in scope", "", 0.2, "not_in_scope"),
    ],
)
def test_verdict(status, certainty, rate, expected):
    assert verdicts.verdict(status, certainty, rate, 0.85) == expected


@given(st.floats(0, 1), st.integers(0, 1000).map(lambda mille: mille / 1000))
def test_a_rate_below_the_target_is_never_printed_as_the_target(rate, target):
    if rate < target - 1e-11:
        assert float(verdicts.percent(rate)) < float(verdicts.percent(target))
    assert float(verdicts.percent(rate)) <= float(verdicts.percent_exact(rate))


@given(st.floats(-1e-9, 1e12))
def test_a_shortfall_is_a_whole_number_never_too_small_and_never_minus_zero(gap):
    shown = verdicts.shortfall(gap)
    assert not shown.startswith("-")
    assert gap - 1e-6 <= float(shown.replace(",", "")) < max(gap, 0) + 1.001


@given(st.floats(-1e-3, 1e12, allow_nan=False))
def test_amounts_have_no_minus_zero_and_stay_close(value):
    shown = verdicts.amount(value)
    assert shown != "-0"
    assert float(shown.replace(",", "")) == pytest.approx(
        value, abs=0.51 if value >= 100 else 0.006
    )


def test_what_is_unknown_is_empty():
    shown = [verdicts.percent, verdicts.percent_exact, verdicts.amount, verdicts.shortfall]
    assert [show(NAN) for show in shown] == [""] * 4
    assert verdicts.amount(math.inf) == ""


def test_every_verdict_has_its_mark_and_colour():
    every = set(get_args(verdicts.Verdict))
    assert set(verdicts.MARKS) == set(verdicts.COLOURS) == every
