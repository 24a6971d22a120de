"""How far a rate may be off by chance: in closed form, from the places near the limit.

An error that many places share moves them all across the limit together; one that each place has
for itself averages out. Taking the first for the second makes a band several times too narrow.
Every spread is the root mean square of what the error does to the covered demand: its variance, and
what it shifts on average where more demand stands on one side of the limit than on the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from lifecircle.network import Bools, Floats, Ints

NEAR_SD = 3.5
"""Farther than this many standard errors from the limit a place keeps its side of it."""


@dataclass(frozen=True, eq=False)
class Units:
    """Places divided into units, in several ways at once (zones, parents, the city).

    Each of `ways` holds for every place 1 + the number of its unit, 0 where it is in none; no unit
    appears in two ways. `count` is the number of units.
    """

    ways: tuple[Ints, ...]
    count: int


def units_from(unit: Sequence[Ints]) -> Units:
    """Units from their numbers, one array a way; -1 where a place is in none."""
    count = 1 + max((int(code.max(initial=-1)) for code in unit), default=-1)
    return Units(tuple(code.astype(np.int64) + 1 for code in unit), count)


def by_unit(values: Floats, units: Units, at: Ints | None = None) -> Floats:
    """Sum of the places' values in each unit; `at` names the places where only some are given.

    >>> zones, city = np.array([0, 0, 1]), np.array([2, 2, 2])
    >>> by_unit(np.array([1.0, 2.0, 4.0]), units_from([zones, city])).tolist()
    [3.0, 4.0, 7.0]
    """
    total = np.zeros(units.count)
    for way in units.ways:
        code = way if at is None else way[at]
        total += np.bincount(code, values, minlength=units.count + 1)[1:]
    return total


def shared_spread(
    inside_sd: Floats, owner: Ints, weight: Floats, covered: Bools, units: Units
) -> Floats:
    """Spread of the covered demand, by unit, where all places of an owner share one normal error.

    Parameters
    ----------
    inside_sd
        How many standard errors each place lies within its limit; negative beyond it.
    owner
        Whose error each place shares: its facility, or one for all.

    Notes
    -----
    With Φ the normal distribution, pᵢ = Φ(aᵢ) and one error for i and j, both are covered with
    probability Φ(min(aᵢ, aⱼ)). So the variance is Σᵢⱼ wᵢ wⱼ min(pᵢ, pⱼ) (1 − max(pᵢ, pⱼ)), a
    running sum once places are sorted by a; owners are independent and add up. Where demand lies
    evenly about the limit this is σ² Σ_f g_f², g_f being the demand per metre at the limit.
    """
    at = np.flatnonzero(np.abs(inside_sd) <= NEAR_SD)
    at = at[np.argsort(inside_sd[at], kind="stable")]
    chance, here, owned = ndtr(inside_sd[at]), weight[at], owner[at]
    owners = int(owned.max(initial=0)) + 1
    variance = np.zeros(units.count)
    for way in units.ways:
        code = way[at]
        order = np.argsort(code * owners + owned, kind="stable")
        code, p, w = code[order], chance[order], here[order]
        lost = w * (1 - p)
        pairs = w * p * (lost + 2 * _later(lost, code * owners + owned[order]))
        variance += np.bincount(code, pairs, minlength=units.count + 1)[1:]
    return np.hypot(np.sqrt(variance), _shift(chance, here, covered, units, at))


def _later(values: Floats, key: Ints) -> Floats:
    """Sum of the values after each one within its run of equal keys."""
    if not len(key):
        return values
    running = np.cumsum(values)
    last = np.append(np.flatnonzero(key[1:] != key[:-1]), len(key) - 1)
    lengths = np.diff(last, prepend=-1)
    return np.maximum(np.repeat(running[last], lengths) - running, 0.0)


def _shift(chance: Floats, weight: Floats, covered: Bools, units: Units, at: Ints) -> Floats:
    """By how much the covered demand is expected to differ from the stated one."""
    return by_unit(weight * (chance - covered[at]), units, at)


def own_spread(inside_sd: Floats, weight: Floats, covered: Bools, units: Units) -> Floats:
    """Spread of the covered demand, by unit, where each place has a normal error of its own.

    Notes
    -----
    Variance Σ wᵢ² pᵢ (1 − pᵢ), with pᵢ = Φ(`inside_sd`).
    """
    at = np.flatnonzero(np.abs(inside_sd) <= NEAR_SD)
    chance, here = ndtr(inside_sd[at]), weight[at]
    variance = by_unit(here**2 * chance * (1 - chance), units, at)
    return np.hypot(np.sqrt(variance), _shift(chance, here, covered, units, at))


def block_spread(
    weight: Floats, covered: Bools, block: Ints, units: Units, *, relative: float
) -> Floats:
    """Spread of the rate, by unit, where the demand of each block is off by a common factor.

    Notes
    -----
    τ · sqrt(Σ_k s_k² (r_k − R)²) for blocks k with share s_k of the unit's demand and rate r_k: the
    first order of a ratio whose terms have the independent relative error τ.
    """
    if relative == 0.0:
        return np.zeros(units.count)
    blocks = int(block.max(initial=0)) + 1
    demand, reached = by_unit(weight, units), by_unit(np.where(covered, weight, 0.0), units)
    rate = np.divide(reached, demand, out=np.zeros_like(demand), where=demand > 0)
    square = np.zeros(units.count)
    for way in units.ways:
        part, key = pd.factorize(way * blocks + block)
        code = key // blocks
        of_part = np.bincount(part, weight, minlength=len(key))
        of_part_reached = np.bincount(part, np.where(covered, weight, 0.0), minlength=len(key))
        away = of_part_reached - of_part * np.append(0.0, rate)[code]
        square += np.bincount(code, away**2, minlength=units.count + 1)[1:]
    return relative * np.sqrt(np.divide(square, demand**2, out=square, where=demand > 0))
