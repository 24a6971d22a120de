"""The rates at once if a facility were added, closed or moved: before the hand leaves the keyboard.

Only the minutes that can change are searched, and only sums that can change are summed again, in
the order of a whole run, so that they are the same numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.analysis import Analysis
from lifecircle.applied import applied_time, areas_of
from lifecircle.changes import ADDED, Added, Changes, Moved, changes_to
from lifecircle.checked_layers import Checked
from lifecircle.definitions import OWN, RADIUS, STEPFREE, Definition, methods_of
from lifecircle.levels import Units, units_of
from lifecircle.measured import Measured, Reach, measure, reach_all
from lifecircle.nearest import nearest_targets
from lifecircle.network import Bools, Ints, StreetNetwork, metres_per_minute, without
from lifecircle.rates import judged, zone_sums
from lifecircle.scenario import layers_of, with_changes
from lifecircle.search import unserved
from lifecircle.standards import ALL
from lifecircle.stepfree import no_quicker, on_open
from lifecircle.straight import straight_time
from lifecircle.travel import TravelTime, travel_time

CERTAINTY = ["rate_low", "rate_high", "certainty", "undecided_by"]
"""Columns of the coverage table that `rates_if` does not have."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """A run made ready for many quick questions; see `baseline`.

    `measured` is what each definition counts, by its key, `units` the zones and their roll-ups;
    `shut` are the streets without steps, with the places moved off them, by demand layer and mode.
    """

    analysis: Analysis
    measured: Mapping[str, Measured]
    units: Mapping[str, Units]
    shut: Mapping[tuple[str, str], tuple[StreetNetwork, gpd.GeoDataFrame]]


def baseline(analysis: Analysis) -> Baseline:
    """A run made ready for `rates_if`: what does not change with its facilities, worked out once.

    Raises
    ------
    InputError
        If the analysis was opened from its files.
    """
    layers = layers_of(analysis)
    network = layers.project.network
    limits = {"max_snap_m": network.max_snap_m, "min_component_m": network.min_component_m}
    shut = {}
    for name, methods in analysis.measured.items():
        for key in methods:
            if key.endswith(STEPFREE):
                streets = layers.streets[key.removesuffix(STEPFREE)]
                closed = without(streets.network, streets.network.barred)
                shut[name, key] = closed, on_open(streets.demands[name], closed, **limits)
    return Baseline(
        analysis,
        measured={
            one.key: measure(
                analysis.travel_times[one.key],
                analysis.demands[one.demand],
                analysis.zones,
                analysis.standard_of(one),
                one,
            )
            for one in analysis.definitions
        },
        units={
            one.key: units_of(analysis.zones, analysis.standard_of(one))
            for one in analysis.definitions
        },
        shut=shut,
    )


def rates_if(
    base: Baseline,
    *,
    add: Iterable[Added] = (),
    close: Iterable[str] = (),
    move: Iterable[Moved] = (),
) -> pd.DataFrame:
    """The coverage table as it would be with other facilities, without the columns of certainty.

    Every number is that of a fresh run. Land whose points are refined keeps the points it has; how
    sure a rate is, and the tables beside, take a whole run: see `what_if`, also for the arguments
    and errors.

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
    analysis, layers = base.analysis, layers_of(base.analysis)
    changes = changes_to(analysis.facilities, add=add, close=close, move=move)
    changed = with_changes(layers, changes)
    table = analysis.coverage.drop(columns=CERTAINTY)
    services = sorted(changes.services(analysis.facilities))
    for definition in analysis.definitions:
        own = [key for key in services if key in analysis.standard_of(definition).keys]
        if own:
            rows = _rows(base, changed, changes, definition, own)
            table.loc[rows.index, rows.columns] = rows
    return table


def _rows(
    base: Baseline,
    changed: Checked,
    changes: Changes,
    definition: Definition,
    services: list[str],
) -> pd.DataFrame:
    """The rows of one definition that may change."""
    measured, units = base.measured[definition.key], base.units[definition.key]
    reach = dict(measured.reach)
    for service in services:
        reach[service] = _reach(base, changed, changes, definition, service)
    standard = measured.standard
    if standard.all and definition.group != OWN and all(key in reach for key in standard.all):
        reach[ALL] = reach_all([reach[key] for key in standard.all])
    again = [each for each in measured.services if each.key in {*services, ALL}]
    counted = dataclasses.replace(measured, reach=reach, services=tuple(again))
    table = base.analysis.coverage
    rows = table[
        (table["definition"] == definition.key) & table["service"].isin([s.key for s in again])
    ]
    sums = zone_sums(counted, size=len(base.analysis.zones) + 1)
    rows = rows.assign(**{name: (units.members @ each).ravel() for name, each in sums.items()})
    return judged(rows, in_scope=np.repeat(units.in_scope, len(again))).drop(columns=CERTAINTY)


def _reach(
    base: Baseline, changed: Checked, changes: Changes, definition: Definition, service: str
) -> Reach:
    """Who is within reach of a service after the changes: as before but where minutes changed."""
    standard, name = base.analysis.standard_of(definition), definition.demand
    only = dataclasses.replace(standard, services=(standard.service(service),), all=())
    before, demand = base.analysis.measured[name], base.analysis.demands[name]
    after: dict[str, TravelTime] = {}
    for key in methods_of(definition, only):
        for each in (key.removesuffix(STEPFREE), key):
            if each not in after:
                after[each] = _time(base, changed, changes, (name, each, service), after)
    known = base.measured[definition.key].reach.get(service)
    where = np.flatnonzero(
        np.logical_or.reduce([_differ(before[key], taken, service) for key, taken in after.items()])
        if known
        else np.ones(len(demand), dtype=bool)
    )
    some = {key: _some(taken, where) for key, taken in after.items()}
    here = demand.iloc[where]
    applied = applied_time(some, areas_of(here, base.analysis.zones), only, definition)
    found = measure(applied, here, base.analysis.zones, only, definition).reach[service]
    if known is None:
        return found
    arrays = {}
    for column in [field.name for field in dataclasses.fields(Reach)]:
        arrays[column] = getattr(known, column).copy()
        arrays[column][where] = getattr(found, column)
    return Reach(**arrays)


def _time(
    base: Baseline,
    changed: Checked,
    changes: Changes,
    asked: tuple[str, str, str],
    known: Mapping[str, TravelTime],
) -> TravelTime:
    """Minutes of a demand layer to a service by a method after the changes; names are left out."""
    name, key, service = asked
    before = base.analysis.measured[name][key]
    if key == RADIUS:
        minutes, facility = straight_time(
            changed.demands[name],
            changed.facilities,
            services=[service],
            speed_kmh=before.speed_kmh,
        )
        nobody = pd.DataFrame(False, index=minutes.index, columns=[service])
        return dataclasses.replace(before, minutes=minutes, facility=facility, cut_off=nobody)
    streets = changed.streets[key.removesuffix(STEPFREE)]
    if not key.endswith(STEPFREE):
        network, places = streets.network, streets.demands[name]
        return _walked(network, places, streets.facilities, before, (changes, service))
    network, places = base.shut[name, key]
    limits = changed.project.network
    offered = on_open(
        streets.facilities[streets.facilities["service"] == service],
        network,
        max_snap_m=limits.max_snap_m,
        min_component_m=limits.min_component_m,
    )
    lost = ((streets.demands[name]["edge"] >= 0) & (places["edge"] < 0)).to_numpy(bool)
    round_about = travel_time(
        network, places, offered, services=[service], search_minutes=before.search_minutes
    )
    return no_quicker(round_about, known[key.removesuffix(STEPFREE)], lost=lost)


def _walked(
    network: StreetNetwork,
    places: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    before: TravelTime,
    asked: tuple[Changes, str],
) -> TravelTime:
    """Minutes along streets: as before, but where the nearest has gone or a new one is nearer."""
    changes, service = asked
    pace = metres_per_minute(network.speed_kmh)
    limit_m = before.search_minutes * pace
    offering = facilities[(facilities["service"] == service) & (facilities["edge"] >= 0)]
    new = (offering["layer"] == ADDED) | offering["facility"].isin(changes.gone)
    minutes = np.where(places["edge"].to_numpy() < 0, np.nan, np.inf)
    if service in before.minutes:
        minutes = before.minutes[service].to_numpy(copy=True)
        lost = np.flatnonzero(before.facility[service].isin(changes.gone))
        if len(lost):
            here = places.iloc[lost]
            ((metres, _),) = nearest_targets(network, here, [offering[~new]], limit_m=limit_m)
            minutes[lost] = metres / pace
    if new.any():
        ((metres, _),) = nearest_targets(network, places, [offering[new]], limit_m=limit_m)
        nearer = metres / pace < minutes
        minutes[nearer] = metres[nearer] / pace
    index = places.index
    return dataclasses.replace(
        before,
        minutes=pd.DataFrame({service: minutes}, index=index),
        facility=pd.DataFrame({service: ""}, index=index, dtype="str"),
        cut_off=pd.DataFrame({service: unserved(network, places, offering)}, index=index),
    )


def _differ(before: TravelTime, after: TravelTime, service: str) -> Bools:
    """Places whose minutes, or whose being cut off, are no longer what they were."""
    one, other = before.minutes[service].to_numpy(), after.minutes[service].to_numpy()
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    cut_off = before.cut_off[service].to_numpy() != after.cut_off[service].to_numpy()
    differ: Bools = ~same | cut_off
    return differ


def _some(taken: TravelTime, where: Ints) -> TravelTime:
    """Some rows of a table of minutes."""
    rows = {
        name: getattr(taken, name).iloc[where]
        for name in ("minutes", "facility", "cut_off", "access_m", "rim")
    }
    return dataclasses.replace(taken, **rows)
