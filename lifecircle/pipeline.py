"""The order of steps: layers in, minutes, rates. No arithmetic of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.analysis import Analysis
from lifecircle.coverage import coverage
from lifecircle.crs import metric_crs
from lifecircle.datum_check import datum_finding
from lifecircle.definitions import Definition, definitions_of, search_minutes_of
from lifecircle.demand import load_demand, zone_totals
from lifecircle.facilities import load_facilities
from lifecircle.findings import Finding, Layer, Source
from lifecircle.identities import (
    check_all,
    check_monotone,
    check_snapped,
    check_straight,
    check_sums,
)
from lifecircle.network import StreetNetwork
from lifecircle.osm.extract import is_extract
from lifecircle.progress import Clock, Progress
from lifecircle.project import Project
from lifecircle.project_file import ProjectFile, check_project, load_project
from lifecircle.snapping import snap, snapping_findings
from lifecircle.standards import Standard, load_standard
from lifecircle.streets import load_network
from lifecircle.travel import TravelTime, straight_time, travel_time
from lifecircle.zones import load_zones

Added = tuple[str, float, float]
"""A facility that does not exist yet: service, longitude, latitude."""


@dataclass(frozen=True, eq=False)
class Checked:
    """Every layer of a project read, checked and put on the streets; no rate yet."""

    project: Project
    standard: Standard
    network: StreetNetwork
    zones: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    given: frozenset[str]
    demands: Mapping[str, gpd.GeoDataFrame]
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]
    seconds: Mapping[str, float]


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
    definitions = definitions_of(checked.project)
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


def check_layers(
    project: str | Path | Project,
    *,
    overrides: Iterable[str] = (),
    added: Sequence[Added] = (),
    progress: Progress | None = None,
) -> Checked:
    """Every layer read, checked and put on the streets. Arguments and errors as `analyse`."""
    clock = Clock({}, progress)
    clock.start("zones")
    file = _project_file(project, overrides)
    tables, standard = file.project, file.standard
    extract = Path(tables.network.source) if is_extract(tables.network.source) else None
    zones = load_zones(tables.zones, extract=extract, totals=zone_totals(tables.demand))
    crs = metric_crs(tables.project.crs, *_middle(zones.frame))
    clock.start("streets")
    streets = load_network(tables.network, crs=crs)
    clock.start("facilities")
    facilities = load_facilities(
        tables.facilities, standard, zones=zones.frame, network=streets.network, extract=extract
    )
    clock.start("demand")
    demands = {
        table.name: load_demand(table, zones.frame, crs=crs, extract=extract)
        for table in tables.demand
    }
    clock.start("snapping")
    points = _with_added(facilities.layer.frame, added)
    snapped, snap_findings = _snapped({"facilities": points, **_frames(demands)}, streets.network, tables)
    layers = [zones, facilities.layer, *demands.values()]
    return Checked(
        project=file.written,
        standard=standard,
        network=streets.network,
        zones=zones.frame,
        facilities=snapped["facilities"],
        given=facilities.given | {service for service, _, _ in added},
        demands={name: snapped[name] for name in demands},
        findings=(
            *file.findings,
            *streets.findings,
            *(found for layer in layers for found in layer.findings),
            *snap_findings,
            *_datum_findings(tables, snapped, streets.network),
        ),
        sources=_as_written(
            [*streets.sources, *(source for layer in layers for source in layer.sources)], file
        ),
        seconds=clock.stop(),
    )


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


def _travel_times(
    checked: Checked, definitions: tuple[Definition, ...]
) -> dict[str, TravelTime]:
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


def _project_file(project: str | Path | Project, overrides: Iterable[str]) -> ProjectFile:
    if not isinstance(project, Project):
        return load_project(Path(project), overrides)
    standard = load_standard(project.standard)
    check_project(project, standard)
    return ProjectFile(project, project, standard, Path("project.toml").absolute(), "")


def _frames(layers: Mapping[str, Layer]) -> dict[str, gpd.GeoDataFrame]:
    return {name: layer.frame for name, layer in layers.items()}


def _snapped(
    frames: Mapping[str, gpd.GeoDataFrame], network: StreetNetwork, project: Project
) -> tuple[dict[str, gpd.GeoDataFrame], list[Finding]]:
    """Every layer of points on the streets, and what a reader should know of it."""
    table = project.network
    snapped, findings = {}, []
    for name, frame in frames.items():
        snapped[name] = snap(
            frame, network, max_snap_m=table.max_snap_m, min_component_m=table.min_component_m
        )
        findings += snapping_findings(
            snapped[name],
            network,
            layer=name,
            max_snap_m=table.max_snap_m,
            min_component_m=table.min_component_m,
        )
    return snapped, findings


def _datum_findings(
    project: Project, frames: Mapping[str, gpd.GeoDataFrame], network: StreetNetwork
) -> list[Finding]:
    """Layers of points from files that do not stand where they claim."""
    facilities = frames["facilities"]
    layers = [
        (table.name, facilities[facilities["layer"] == table.name], table.crs)
        for table in project.facilities
        if table.source != "osm"
    ]
    layers += [(table.name, frames[table.name], table.crs) for table in project.demand if table.x]
    found = [
        datum_finding(points, network, layer=name, declared=crs or "")
        for name, points, crs in layers
    ]
    return [warning for warning in found if warning]


def _with_added(facilities: gpd.GeoDataFrame, added: Sequence[Added]) -> gpd.GeoDataFrame:
    """The facilities and those of `--add`."""
    if not added:
        return facilities
    new = gpd.GeoDataFrame(
        {
            "facility": [f"added:{number}" for number in range(1, len(added) + 1)],
            "service": [service for service, _, _ in added],
            "name": "", "layer": "added", "site": "", "capacity": np.nan,
        },
        geometry=gpd.points_from_xy([lon for _, lon, _ in added], [lat for _, _, lat in added]),
        crs="EPSG:4326",
    )  # fmt: skip
    return pd.concat([facilities, new], ignore_index=True)


def _middle(zones: gpd.GeoDataFrame) -> tuple[float, float]:
    """Centroid of all zones, in degrees."""
    middle = zones.union_all().centroid
    return float(middle.x), float(middle.y)


def _as_written(sources: Iterable[Source], file: ProjectFile) -> tuple[Source, ...]:
    """Sources named as in the project file, not by a folder of this machine."""
    names = dict(zip(_paths(file.project), _paths(file.written), strict=True))
    return tuple(
        dataclasses.replace(source, source=names.get(source.source, source.source))
        for source in sources
    )


def _paths(project: Project) -> list[str]:
    tables = [project.network, project.zones, *project.demand, *project.facilities]
    totals = [table.total_source or "" for table in project.demand]
    return [*(table.source for table in tables), *totals]
