"""The rates at once if a facility were added, closed or moved: before the hand leaves the keyboard.

Only the minutes that can change are searched, and only zones with places that changed are summed
again, in the order of a whole run, so that they are the same numbers.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lifecircle.analysis import Analysis
from lifecircle.applied import applied_time, areas_of
from lifecircle.changed_minutes import (
    Changed,
    Homes,
    Shift,
    detoured,
    in_a_line,
    minutes_before,
    walked,
)
from lifecircle.changed_sums import Found, Standing, changed_rows, standing
from lifecircle.changes import Added, Changes, Moved, changes_to
from lifecircle.checked_layers import Checked
from lifecircle.definitions import RADIUS, STEPFREE, Definition, methods_of
from lifecircle.errors import InputError
from lifecircle.measured import measure
from lifecircle.network import Ints, without
from lifecircle.rates import SUMS
from lifecircle.scenario import layers_of, new_on_streets
from lifecircle.stepfree import on_open
from lifecircle.travel import TravelTime

CERTAINTY = ["rate_low", "rate_high", "certainty", "undecided_by"]
"""Columns of the coverage table that `rates_if` does not have."""
_CHANGING = [*SUMS, "rate", "status", "gap"]


@dataclass(frozen=True, eq=False)
class Baseline:
    """A run made ready for many quick questions; see `baseline`.

    `standing` is what each definition counts, by its key; `homes` the places on the streets of each
    method, by demand layer and method. Definitions of refined land are in neither.
    """

    analysis: Analysis
    standing: Mapping[str, Standing]
    homes: Mapping[tuple[str, str], Homes]


@dataclass(frozen=True, eq=False)
class _Question:
    """One change, by service, and the minutes found for it so far."""

    base: Baseline
    shifts: Mapping[str, Shift]
    found: dict[tuple[str, str, str], Changed] = field(default_factory=dict)


def baseline(analysis: Analysis) -> Baseline:
    """A run made ready for `rates_if`: what does not change with its facilities, worked out once.

    Raises
    ------
    InputError
        If the analysis was opened from its files, or counts nothing but refined land.
    """
    layers = layers_of(analysis)
    refined = set(layers.land)
    kept = [one for one in analysis.definitions if one.demand not in refined]
    if not kept:
        raise InputError.of("changes.refined", demand=", ".join(sorted(refined)))
    return Baseline(
        analysis,
        standing={one.key: standing(analysis, one) for one in kept},
        homes={
            (name, key): _homes(layers, name, key).prepared(straight=key == RADIUS)
            for name in dict.fromkeys(one.demand for one in kept)
            for key in analysis.measured[name]
        },
    )


def _homes(layers: Checked, demand: str, key: str) -> Homes:
    """The places of a demand layer on the streets of a method."""
    streets = layers.main if key == RADIUS else layers.streets[key.removesuffix(STEPFREE)]
    network, places, facilities = streets.network, streets.demands[demand], streets.facilities
    if not key.endswith(STEPFREE):
        return Homes(network, places, facilities, np.zeros(len(places), dtype=bool))
    shut = without(network, network.barred)
    moved = on_open(places, shut, **_limits(layers))
    lost = ((places["edge"] >= 0) & (moved["edge"] < 0)).to_numpy(bool)
    return Homes(shut, moved, on_open(facilities, shut, **_limits(layers)), lost)


def _limits(layers: Checked) -> dict[str, float]:
    table = layers.project.network
    return {"max_snap_m": table.max_snap_m, "min_component_m": table.min_component_m}


def rates_if(
    base: Baseline,
    *,
    add: Iterable[Added] = (),
    close: Iterable[str] = (),
    move: Iterable[Moved] = (),
) -> pd.DataFrame:
    """The coverage table as it would be with other facilities, without the columns of certainty.

    Every number is that of a fresh run. What cannot be had at once is left out: definitions of
    refined land, whose points depend on what is reached; how sure a rate is; the tables beside.
    They take a whole run: see `what_if`, also for the arguments and errors.

    Parameters
    ----------
    base
        What `baseline` made of a run.

    Examples
    --------
    >>> import lifecircle as lc
    >>> base = baseline(lc.analyse(lc.monaco_project()))
    >>> table = rates_if(base, add=[("health", 7.4197, 43.7325)])
    >>> rows = table[table["level"] == "city"].set_index("service")
    >>> f"{rows.loc['health', 'rate']:.3f}"
    '0.983'
    """
    analysis = base.analysis
    changes = changes_to(analysis.facilities, add=add, close=close, move=move)
    asked = _Question(base, _shifts(base, changes))
    table = analysis.coverage
    changed = [_rows(asked, one) for one in analysis.definitions if one.key in base.standing]
    for where, rows in changed:
        if len(where):
            table = table.assign(
                **{name: _put(table[name], where, rows[name]) for name in _CHANGING}
            )
    table = table.drop(columns=CERTAINTY)
    if len(base.standing) == len(analysis.definitions):
        return table
    return table[table["definition"].isin(base.standing)]


def _shifts(base: Baseline, changes: Changes) -> dict[str, Shift]:
    """What changes, service by service."""
    layers = layers_of(base.analysis)
    new = new_on_streets(layers, changes)
    return {
        service: Shift(
            service,
            frozenset(changes.gone),
            {mode: points[points["service"] == service] for mode, points in new.items()},
        )
        for service in sorted(changes.services(base.analysis.facilities))
    }


def _put(column: pd.Series, where: Ints, values: pd.Series) -> pd.Series:
    """A column with other values at some positions."""
    array = column.array.copy()
    array[where] = values.array
    return pd.Series(array, index=column.index)


def _rows(asked: _Question, definition: Definition) -> tuple[Ints, pd.DataFrame]:
    """The rows of one definition that may change, and their positions in the coverage table."""
    standing = asked.base.standing[definition.key]
    found = {
        service: _reach(asked, definition, service)
        for service in asked.shifts
        if service in standing.measured.standard.keys
    }
    return changed_rows(standing, found, asked.base.analysis.coverage)


def _reach(asked: _Question, definition: Definition, service: str) -> Found:
    """Places whose minutes to a service may be others, and who of them is within reach."""
    analysis, name = asked.base.analysis, definition.demand
    standard = analysis.standard_of(definition)
    only = dataclasses.replace(standard, services=(standard.service(service),), all=())
    ways = methods_of(definition, only)
    keys = dict.fromkeys([*(key.removesuffix(STEPFREE) for key in ways), *ways])
    unknown = [key for key in keys if key not in analysis.measured[name]]
    if unknown:
        mode = unknown[0].removesuffix(STEPFREE)
        raise InputError.of("changes.mode", service=service, mode=mode)
    changed = {key: _changed(asked, name, key, service) for key in keys}
    where = functools.reduce(np.union1d, [each.where for each in changed.values()])
    here = analysis.demands[name].iloc[where]
    some = {
        key: _some(analysis.measured[name][key], service, where, each)
        for key, each in changed.items()
    }
    taken = applied_time(some, areas_of(here, analysis.zones), only, definition)
    return where, measure(taken, here, analysis.zones, only, definition).reach[service]


def _changed(asked: _Question, name: str, key: str, service: str) -> Changed:
    """The minutes of a demand layer to a service by a method that may be others."""
    if (name, key, service) in asked.found:
        return asked.found[name, key, service]
    shift, homes = asked.shifts[service], asked.base.homes[name, key]
    measured = asked.base.analysis.measured[name]
    if key == RADIUS:
        new = next(iter(shift.new.values()))
        found = in_a_line(homes, shift, measured[key], new)
    elif not key.endswith(STEPFREE):
        found = walked(homes, shift, measured[key], shift.new[key])
    else:
        usual = key.removesuffix(STEPFREE)
        new = on_open(shift.new[usual], homes.network, **_limits(layers_of(asked.base.analysis)))
        plain = measured[usual], _changed(asked, name, usual, service)
        found = detoured(homes, shift, measured[key], new[new["edge"] >= 0], plain=plain)
    asked.found[name, key, service] = found
    return found


def _some(before: TravelTime, service: str, where: Ints, changed: Changed) -> TravelTime:
    """Some rows of a table of minutes, to one service, after the change; names are left out."""
    index = before.minutes.index[where]
    minutes = minutes_before(before, service, where)
    cut_off = np.zeros(len(where), dtype=bool)
    if service in before.cut_off:
        cut_off = before.cut_off[service].to_numpy()[where]
    at = np.searchsorted(where, changed.where)
    minutes[at], cut_off[at] = changed.minutes, changed.cut_off
    return dataclasses.replace(
        before,
        minutes=pd.DataFrame({service: minutes}, index=index),
        facility=pd.DataFrame({service: ""}, index=index, dtype="str"),
        cut_off=pd.DataFrame({service: cut_off}, index=index),
        access_m=before.access_m.iloc[where],
        rim=before.rim.iloc[where],
    )
