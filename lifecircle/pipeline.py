"""The order of steps: layers in, minutes, rates. No arithmetic of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.analysis import Analysis
from lifecircle.definitions import Definition, definitions_of, search_minutes_of
from lifecircle.identities import (
    check_all,
    check_monotone,
    check_snapped,
    check_straight,
    check_sums,
)
from lifecircle.intake import Added, Checked, check_layers
from lifecircle.layers.demand import demand_note
from lifecircle.progress import Clock, Progress
from lifecircle.project.tables import Project
from lifecircle.rates import coverage
from lifecircle.straight import straight_time
from lifecircle.travel import TravelTime, travel_time


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
    clock = Clock(checked.seconds, progress)
    clock.start("minutes")
    definitions = _noted(definitions_of(checked.project), checked.project)
    travel_times = _travel_times(checked, definitions)
    clock.start("rates")
    tables = [
        coverage(
            travel_times[definition.key],
            checked.demands[definition.demand],
            checked.zones,
            checked.standard,
            definition,
        )
        for definition in definitions
    ]
    analysis = Analysis(
        project=checked.project,
        standard=checked.standard,
        definitions=definitions,
        network=checked.network,
        zones=checked.zones,
        facilities=checked.facilities,
        demands=checked.demands,
        travel_times=travel_times,
        coverage=pd.concat(tables, ignore_index=True),
        findings=checked.findings,
        sources=checked.sources,
    )
    check_identities(analysis)
    return dataclasses.replace(analysis, seconds=clock.stop())


def check_identities(analysis: Analysis) -> None:
    """Every relation that must hold between the numbers of a run (contract §7).

    Raises
    ------
    BrokenIdentityError
        If one does not.
    """
    check_sums(analysis.coverage, analysis.zones)
    check_all(analysis.coverage, analysis.standard)
    for definition in analysis.definitions:
        taken = analysis.travel_times[definition.key]
        demand = analysis.demands[definition.demand]
        check_monotone(taken, demand, analysis.zones, analysis.standard, definition)
        if definition.metric == "network":
            check_snapped(taken)
            straight, _ = straight_time(
                demand,
                analysis.facilities,
                services=list(taken.minutes.columns),
                speed_kmh=taken.speed_kmh,
            )
            check_straight(taken, straight)


def _noted(definitions: Iterable[Definition], project: Project) -> tuple[Definition, ...]:
    """The definitions with what their demand layer assumes, to stand beside every rate."""
    notes = {table.name: demand_note(table) for table in project.demand}
    return tuple(
        dataclasses.replace(definition, note_zh=note.text("zh"), note_en=note.text("en"))
        if (note := notes[definition.demand])
        else definition
        for definition in definitions
    )


def _travel_times(checked: Checked, definitions: tuple[Definition, ...]) -> dict[str, TravelTime]:
    """Minutes by definition; one search per demand layer serves all its network definitions."""
    services = [key for key in checked.standard.keys if key in checked.given]
    search_minutes = search_minutes_of(checked.project, checked.standard, definitions)
    networks: dict[str, TravelTime] = {}
    travel_times = {}
    for definition in definitions:
        demand = checked.demands[definition.demand]
        if definition.metric == "radius":
            travel_times[definition.key] = _radius(checked, demand, services, definition)
            continue
        if definition.demand not in networks:
            networks[definition.demand] = travel_time(
                checked.network,
                demand,
                checked.facilities,
                services=services,
                search_minutes=search_minutes,
            )
        travel_times[definition.key] = networks[definition.demand]
    return travel_times


def _radius(
    checked: Checked, demand: gpd.GeoDataFrame, services: list[str], definition: Definition
) -> TravelTime:
    """Straight lines as a table of minutes: nothing is unsnapped, cut off or saved by a rim."""
    minutes, facility = straight_time(
        demand, checked.facilities, services=services, speed_kmh=definition.speed_kmh
    )
    return TravelTime(
        minutes=minutes,
        facility=facility,
        access_m=pd.Series(0.0, index=demand.index),
        rim=pd.Series(np.inf, index=demand.index),
        cut_off=pd.DataFrame(False, index=demand.index, columns=services),
        speed_kmh=definition.speed_kmh,
        search_minutes=np.inf,
    )
