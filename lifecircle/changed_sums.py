"""Sums of demand after a change to facilities: only zones with changed places are summed again.

A zone's places are added in the order of a whole run, and zones are rolled up as there, so that the
sums are the same to the last digit.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lifecircle.analysis import Analysis
from lifecircle.definitions import OWN, Definition
from lifecircle.levels import Units, units_of
from lifecircle.measured import Measured, Reach, measure, reach_all
from lifecircle.network import Floats, Ints
from lifecircle.rates import judged, zone_sums
from lifecircle.standards import ALL

Found = tuple[Ints, Reach]
"""Positions of places, and what is within their reach now."""

_ARRAYS = [each.name for each in dataclasses.fields(Reach)]


@dataclass(frozen=True, eq=False)
class Standing:
    """What a definition counted before any change.

    `rows` are the positions of its rows in the coverage table, by unit (zone or roll-up) and
    service; `sums` the demand by zone and service.
    """

    measured: Measured
    units: Units
    rows: Ints
    sums: Mapping[str, Floats]


def standing(analysis: Analysis, definition: Definition) -> Standing:
    """What a definition of a run counts."""
    taken, demand = analysis.travel_times[definition.key], analysis.demands[definition.demand]
    standard, zones = analysis.standard_of(definition), analysis.zones
    measured = measure(taken, demand, zones, standard, definition)
    rows = np.flatnonzero((analysis.coverage["definition"] == definition.key).to_numpy())
    return Standing(
        measured,
        units_of(zones, standard),
        rows.reshape(-1, len(measured.services)),
        zone_sums(measured, size=len(zones) + 1),
    )


def changed_rows(
    before: Standing, found: Mapping[str, Found], coverage: pd.DataFrame
) -> tuple[Ints, pd.DataFrame]:
    """The rows of the coverage table that may change, by their positions, and what they say now.

    Parameters
    ----------
    found
        By service, what was found anew.
    """
    measured = before.measured
    zones = _zones(before, found)
    if not len(zones):
        return np.empty(0, np.int64), coverage.iloc[:0]
    concerned = {*found, ALL} if _joint(measured, found) else {*found}
    again = [number for number, each in enumerate(measured.services) if each.key in concerned]
    sums = _summed_again(before, found, zones, again)
    rows = before.rows[:, again].ravel()
    units = before.units
    table = coverage.iloc[rows].assign(
        **{name: (units.members @ each).ravel() for name, each in sums.items()}
    )
    return rows, judged(table, in_scope=np.repeat(units.in_scope, len(again)))


def _joint(measured: Measured, found: Mapping[str, Found]) -> bool:
    """Whether it is known who reaches all services at once."""
    parts = measured.standard.all
    shared = measured.definition.group != OWN
    return bool(parts) and shared and {*measured.reach, *found} >= {*parts}


def _zones(before: Standing, found: Mapping[str, Found]) -> Ints:
    """Zones with places that changed; of a service that had no data, every zone."""
    if not found.keys() <= before.measured.reach.keys():
        return np.arange(before.units.members.shape[1])
    none = np.empty(0, np.int64)
    places = functools.reduce(np.union1d, [where for where, _ in found.values()], none)
    return np.unique(before.measured.zone[places])


def _summed_again(
    before: Standing, found: Mapping[str, Found], zones: Ints, again: list[int]
) -> dict[str, Floats]:
    """Sums of some services by zone, of which only some zones changed."""
    measured = before.measured
    inside = np.zeros(before.units.members.shape[1], dtype=bool)
    inside[zones] = True
    here = np.flatnonzero(inside[measured.zone])
    services = tuple(measured.services[number] for number in again)
    joint = measured.standard.all if _joint(measured, found) else ()
    reach = {
        key: _patched(measured.reach.get(key), here, found.get(key))
        for key in dict.fromkeys([*found, *joint])
    }
    if joint:
        reach[ALL] = reach_all([reach[key] for key in joint])
    codes = np.searchsorted(zones, measured.zone[here])
    part = dataclasses.replace(measured, reach=reach, services=services, zone=codes)
    sums = {}
    for name, each in zone_sums(part, size=len(zones)).items():
        sums[name] = before.sums[name][:, again]
        sums[name][zones] = each
    return sums


def _patched(known: Reach | None, here: Ints, found: Found | None) -> Reach:
    """What was known of some places, and what was found anew of a few of them."""
    where, new = found or (None, known)
    # Of a service that had no data every place is found anew, and nothing else is looked at.
    arrays = {name: getattr(known or new, name)[here] for name in _ARRAYS}
    if where is not None:
        at = np.searchsorted(here, where)
        for name, values in arrays.items():
            values[at] = getattr(new, name)
    return Reach(**arrays)
