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
from lifecircle.network import StreetNetwork, metres_per_minute, rim_finding
from lifecircle.osm.extract import is_extract
from lifecircle.profiles import load_standard
from lifecircle.progress import Clock, Progress
from lifecircle.project.file import ProjectFile, check_project, load_project
from lifecircle.project.tables import Project, ZonesTable
from lifecircle.snapping import snap, snapping_findings
from lifecircle.standards import Standard
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
    network = streets.network
    offered = _on_streets(_with_added(facilities.layer.frame, added), network, tables)
    places = {name: _on_streets(layer.frame, network, tables) for name, layer in demands.items()}
    by_table = _by_table(offered, places, tables)
    _check_on_streets(by_table, tables.network.max_snap_m)
    layers = [zones, facilities.layer, *demands.values()]
    return Checked(
        project=file.written,
        standard=standard,
        network=network,
        zones=zones.frame,
        facilities=offered,
        given=facilities.given | {service for service, _, _ in added},
        demands=places,
        findings=(
            *file.findings,
            *streets.findings,
            *_rim_findings(network, tables, standard),
            *(found for layer in layers for found in layer.findings),
            *_area_type_findings(zones.frame, standard, tables.zones),
            *_place_findings(by_table, network, tables),
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
    types = zones["area_type"].value_counts()
    source = Path(table.source).name
    if standard.scope and not types.index.isin([*standard.scope, ""]).any():
        scope, seen = some(standard.scope), some(types.index.tolist())
        return [
            finding(
                "zones", "zones.nothing_in_scope", source=source,
                column=table.area_type or "", scope=scope, types=seen,
            )
        ]  # fmt: skip
    named = {*standard.scope, *(area for s in standard.services for area in s.minutes_by_area)}
    unknown = types[~types.index.isin([*named, *AREA_TYPES, ""])]
    if not named or unknown.empty:
        return []
    found = finding(
        "zones", "zones.unknown_area_types", source=source,
        column=table.area_type or "", standard=standard.key, known=some(sorted(named)),
        types=some([f"{kind} ({count})" for kind, count in unknown.items()]),
    )  # fmt: skip
    return [found]


def _on_streets(
    places: gpd.GeoDataFrame, network: StreetNetwork, project: Project
) -> gpd.GeoDataFrame:
    table = project.network
    return snap(places, network, max_snap_m=table.max_snap_m, min_component_m=table.min_component_m)


def _by_table(
    facilities: gpd.GeoDataFrame, demands: Mapping[str, gpd.GeoDataFrame], project: Project
) -> list[tuple[str, str, gpd.GeoDataFrame]]:
    """Name, source and places of every table."""
    offered = [(table.name, table.source) for table in project.facilities] + [(_ADDED, "--add")]
    tables = [(name, source, facilities[facilities["layer"] == name]) for name, source in offered]
    tables += [(table.name, table.source, demands[table.name]) for table in project.demand]
    return [(name, Path(source).name, places) for name, source, places in tables if len(places)]


def _rim_findings(
    network: StreetNetwork, project: Project, standard: Standard
) -> tuple[Finding, ...]:
    """Where the data end, with the margin that the longest limit needs."""
    margin_m = standard.longest_minutes * metres_per_minute(project.network.speed_kmh)
    source = Path(project.network.source).name
    found = rim_finding(network, source=source, margin_m=margin_m)
    return (found,) if found else ()


def _check_on_streets(
    tables: Iterable[tuple[str, str, gpd.GeoDataFrame]], max_snap_m: float
) -> None:
    """Refuses a table of which nothing lies near a street: its coordinates cannot be right."""
    faults = [
        message(
            "network.none_on_streets",
            layer=name,
            source=source,
            count=len(places),
            limit_m=max_snap_m,
            first=f"{places.geometry.iloc[0].x:.5f}, {places.geometry.iloc[0].y:.5f}",
        )
        for name, source, places in tables
        if (places["edge"] < 0).all()
    ]
    if faults:
        raise InputError(*faults)


def _place_findings(
    tables: Iterable[tuple[str, str, gpd.GeoDataFrame]], network: StreetNetwork, project: Project
) -> list[Finding]:
    """What is off the streets, on islands, or not where it claims to stand."""
    declared = {table.name: table.crs or "" for table in project.demand if table.x}
    declared |= {
        table.name: table.crs or "" for table in project.facilities if table.source != "osm"
    }
    found: list[Finding | None] = []
    for name, source, places in tables:
        found += snapping_findings(
            places,
            network,
            layer=name,
            source=source,
            max_snap_m=project.network.max_snap_m,
            min_component_m=project.network.min_component_m,
        )
        if name in declared:
            found.append(datum_finding(places, network, layer=name, declared=declared[name]))
    return [each for each in found if each]


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
    streets = [project.network.source, project.network.extent or ""]
    return [*streets, project.zones.source, *(table.source for table in layers), *totals]
