"""The order of steps: layers in, minutes, rates. No arithmetic of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from lifecircle.analysis import Analysis
from lifecircle.applied import applied_time, areas_of
from lifecircle.beside import tables_beside
from lifecircle.changes import Added
from lifecircle.checked_layers import Checked
from lifecircle.definitions import RADIUS, STEPFREE, Definition
from lifecircle.grounds import grounds_of, with_certainty
from lifecircle.identities import (
    check_all,
    check_detour,
    check_monotone,
    check_snapped,
    check_straight,
    check_sums,
)
from lifecircle.intake import check_layers
from lifecircle.layers.demand import demand_note, demand_unit
from lifecircle.measured import Measured, measure
from lifecircle.progress import Clock, Progress
from lifecircle.project.tables import Project
from lifecircle.rates import coverage_of
from lifecircle.searches import Search, gated_times, measured_times
from lifecircle.settling import settled
from lifecircle.travel import TravelTime


def analyse(
    project: str | Path | Project,
    *,
    overrides: Iterable[str] = (),
    added: Sequence[Added] = (),
    progress: Progress | None = None,
) -> Analysis:
    """The whole run: from a project file to the coverage table, everything checked.

    Parameters
    ----------
    project
        A project file, or a `Project` made in Python.
    overrides
        Changes to the file's keys, as `dotted.key=value`.
    added
        Facilities that do not exist yet: service, longitude, latitude.
    progress
        Told of each step.

    Raises
    ------
    InputError
        If anything in the project or its layers is wrong.
    BrokenIdentityError
        If the numbers contradict each other.
    """
    checked = check_layers(project, overrides=overrides, added=added, progress=progress)
    return rated(checked, progress=progress)


def rated(
    checked: Checked, *, progress: Progress | None = None, search: Search = measured_times
) -> Analysis:
    """The run of layers that are read and on the streets: minutes, rates, identities.

    Parameters
    ----------
    search
        What finds the minutes; by default this machine does.

    Raises
    ------
    InputError
        If a limit lies beyond what was searched.
    BrokenIdentityError
        If the numbers contradict each other.
    """
    clock = Clock(checked.seconds, progress)
    clock.start("minutes")
    definitions = _noted(checked.definitions, checked.project)
    checked, convergence = settled(checked, definitions)
    measured = search(checked, definitions)
    travel_times = {one.key: _applied(one, measured, checked) for one in definitions}
    clock.start("rates")
    counted = {one.key: _counted(one, travel_times[one.key], checked) for one in definitions}
    tables = _coverages(checked, counted, measured)
    analysis = Analysis(
        project=checked.project,
        standard=checked.standard,
        definitions=definitions,
        network=checked.network,
        zones=checked.zones,
        facilities=checked.facilities,
        demands=checked.demands,
        travel_times=travel_times,
        coverage=pd.concat(tables.values(), ignore_index=True),
        findings=checked.findings,
        sources=checked.sources,
        standards=checked.standards,
        measured=measured,
        tables=tables_beside(checked, definitions, counted, tables, convergence=convergence),
        layers=checked,
    )
    check_identities(analysis)
    return dataclasses.replace(analysis, seconds=clock.stop())


def _applied(
    definition: Definition, measured: Mapping[str, Mapping[str, TravelTime]], checked: Checked
) -> TravelTime:
    """The minutes by which a definition judges."""
    areas = areas_of(checked.demands[definition.demand], checked.zones)
    standard = checked.standards[definition.key]
    return applied_time(measured[definition.demand], areas, standard, definition)


def _counted(definition: Definition, taken: TravelTime, checked: Checked) -> Measured:
    """What a definition counts, place by place."""
    demand, standard = checked.demands[definition.demand], checked.standards[definition.key]
    return measure(taken, demand, checked.zones, standard, definition)


def _coverages(
    checked: Checked,
    counted: Mapping[str, Measured],
    measured: Mapping[str, Mapping[str, TravelTime]],
) -> dict[str, pd.DataFrame]:
    """The coverage table of each definition, with how sure it is."""
    tables = {key: coverage_of(one, checked.zones) for key, one in counted.items()}
    if checked.project.confidence.off:
        return tables
    gated = gated_times(checked, measured)
    known = {
        layer.name: grounds_of(
            checked.project,
            layer,
            checked.demands[layer.name],
            checked.facilities,
            line=measured[layer.name][RADIUS],
            crs=checked.network.crs,
            gated=gated.get(layer.name),
        )
        for layer in checked.project.demand
        if layer.name in measured
    }
    return {
        key: with_certainty(table, counted[key], checked.zones, known[one.definition.demand])
        for (key, table), one in zip(tables.items(), counted.values(), strict=True)
    }


def check_identities(analysis: Analysis) -> None:
    """Every relation that must hold between the numbers of a run (contract §7).

    Raises
    ------
    BrokenIdentityError
        If one does not.
    """
    check_sums(analysis.coverage, analysis.zones)
    for definition in analysis.definitions:
        standard = analysis.standard_of(definition)
        check_all(analysis.coverage[analysis.coverage["definition"] == definition.key], standard)
        taken = analysis.travel_times[definition.key]
        demand = analysis.demands[definition.demand]
        check_monotone(taken, demand, analysis.zones, standard, definition)
    for measured in analysis.measured.values():
        for key, taken in measured.items():
            plain = measured.get(key.removesuffix(STEPFREE))
            if key.endswith(STEPFREE) and plain is not None:
                check_detour(taken, plain)
            if key != RADIUS:
                check_snapped(taken)
    _check_straight(analysis)


def _check_straight(analysis: Analysis) -> None:
    """Nobody on foot is quicker than the straight line, where all streets take their length."""
    network = analysis.network
    if network is None or not (network.forward_m >= network.length_m).all():
        return
    for measured in analysis.measured.values():
        taken = measured.get(analysis.project.network.mode)
        if taken is not None:
            check_straight(taken, measured[RADIUS].minutes)


def _noted(definitions: Iterable[Definition], project: Project) -> tuple[Definition, ...]:
    """The definitions with the unit of their demand layer and what it assumes, for every rate."""
    found = []
    for definition in definitions:
        table = next(one for one in project.demand if one.name == definition.demand)
        note = demand_note(table)
        zh, en = (note.text("zh"), note.text("en")) if note else ("", "")
        found.append(
            dataclasses.replace(definition, unit=demand_unit(table), note_zh=zh, note_en=en)
        )
    return tuple(found)
