"""Layers in: every layer of a project read, checked and put on the streets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.crs import metric_crs
from lifecircle.datum_check import datum_finding
from lifecircle.errors import InputError
from lifecircle.findings import Finding, Source, finding
from lifecircle.layers.demand import load_demand, zone_totals
from lifecircle.layers.facilities import load_facilities
from lifecircle.layers.zones import load_zones
from lifecircle.messages import message, some
from lifecircle.network import StreetNetwork
from lifecircle.osm.extract import is_extract
from lifecircle.progress import Clock, Progress
from lifecircle.project.file import ProjectFile, check_project, load_project
from lifecircle.project.tables import Project, ZonesTable
from lifecircle.snapping import snap, snapping_findings
from lifecircle.standards import Standard, load_standard
from lifecircle.streets import load_network

Added = tuple[str, float, float]
"""A facility that does not exist yet: service, longitude, latitude."""


_ADDED = "added"
AREA_TYPES = ("urban", "new_town", "town", "rural")
"""Words for kinds of zones that a standard may leave out without anybody having erred."""


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
    places = {"facilities": points, **{name: layer.frame for name, layer in demands.items()}}
    snapped, snap_findings = _snapped(places, streets.network, tables)
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
            *_area_type_findings(zones.frame, standard, tables.zones),
            *snap_findings,
            *_datum_findings(tables, snapped, streets.network),
        ),
        sources=_as_written(
            [*streets.sources, *(source for layer in layers for source in layer.sources)], file
        ),
        seconds=clock.stop(),
    )


def _project_file(project: str | Path | Project, overrides: Iterable[str]) -> ProjectFile:
    if not isinstance(project, Project):
        return load_project(Path(project), overrides)
    standard = load_standard(project.standard)
    check_project(project, standard)
    return ProjectFile(project, project, standard, Path("project.toml").absolute(), "")


def _area_type_findings(
    zones: gpd.GeoDataFrame, standard: Standard, table: ZonesTable
) -> list[Finding]:
    """Area types that the standard does not name: no limit or target of theirs applies."""
    named = {*standard.scope, *(area for s in standard.services for area in s.minutes_by_area)}
    types = zones["area_type"].value_counts()
    unknown = types[~types.index.isin([*named, *AREA_TYPES, ""])]
    if not named or unknown.empty:
        return []
    found = finding(
        "zones", "zones.unknown_area_types", source=Path(table.source).name,
        column=table.area_type or "", standard=standard.key, known=some(sorted(named)),
        types=some([f"{kind} ({count})" for kind, count in unknown.items()]),
    )  # fmt: skip
    return [found]


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
    _check_on_streets(snapped, project)
    return snapped, findings


def _check_on_streets(snapped: Mapping[str, gpd.GeoDataFrame], project: Project) -> None:
    """Refuses a table of which nothing lies near a street: its coordinates cannot be right."""
    facilities = snapped["facilities"]
    layers = [
        (t.name, t.source, facilities[facilities["layer"] == t.name]) for t in project.facilities
    ]
    layers += [(t.name, t.source, snapped[t.name]) for t in project.demand]
    layers.append((_ADDED, "--add", facilities[facilities["layer"] == _ADDED]))
    faults = [
        message(
            "network.none_on_streets",
            layer=name,
            source=Path(source).name,
            count=len(places),
            limit_m=project.network.max_snap_m,
            first=f"{places.geometry.iloc[0].x:.5f}, {places.geometry.iloc[0].y:.5f}",
        )
        for name, source, places in layers
        if len(places) and (places["edge"] < 0).all()
    ]
    if faults:
        raise InputError(*faults)


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
            "name": "", "layer": _ADDED, "site": "", "capacity": np.nan,
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
    """Sources named as in the project file, not by a folder of this machine.

    What comes out of the streets' own extract has that extract's hash.
    """
    names = dict(zip(_paths(file.project), _paths(file.written), strict=True))
    streets, *layers = sources
    named = [
        dataclasses.replace(
            source,
            source=names.get(source.source, source.source),
            sha256=source.sha256 or (streets.sha256 if source.source.startswith("osm") else ""),
        )
        for source in (streets, *layers)
    ]
    return tuple(named)


def _paths(project: Project) -> list[str]:
    """Everything a project reads, in an order of its own."""
    layers = [*project.demand, *project.facilities]
    totals = [table.total_source or "" for table in project.demand]
    return [project.network.source, project.zones.source, *(t.source for t in layers), *totals]
