"""Layers in: every layer of a project read, checked and put on the streets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyproj

from lifecircle.changes import Added, added_to
from lifecircle.checked_layers import Checked, OnStreets
from lifecircle.compounds import compound_findings
from lifecircle.crs import metric_crs
from lifecircle.definitions import (
    RADIUS,
    STEPFREE,
    Definition,
    catalogue,
    definitions_of,
    methods_of,
    standards_of,
)
from lifecircle.findings import Finding, Layer, Source
from lifecircle.layer_checks import (
    area_type_findings,
    by_table,
    check_on_streets,
    list_findings,
    place_findings,
    rim_findings,
    rule_findings,
)
from lifecircle.layers.compound_areas import Compounds, load_compounds
from lifecircle.layers.demand import demand_polygons, load_demand, zone_totals
from lifecircle.layers.facilities import Facilities, load_facilities
from lifecircle.layers.zones import load_zones
from lifecircle.modes import mode_of
from lifecircle.network import StreetNetwork
from lifecircle.network_cache import cached_network
from lifecircle.osm.extract import is_extract
from lifecircle.progress import Clock, Progress
from lifecircle.project.file import ProjectFile, check_project, load_project
from lifecircle.project.tables import NetworkTable, Project
from lifecircle.snapping import snap
from lifecircle.standards import Standard
from lifecircle.streets import LoadedNetwork
from lifecircle.warm_up import warm_up


@dataclass(frozen=True, eq=False)
class _Read:
    """Layers as read, before they meet: the streets by mode, the default one first."""

    file: ProjectFile
    definitions: tuple[Definition, ...]
    zones: Layer
    facilities: Facilities
    demands: Mapping[str, Layer]
    land: Mapping[str, gpd.GeoDataFrame]
    compounds: Compounds | None
    networks: Mapping[str, LoadedNetwork]

    @property
    def layers(self) -> list[Layer | Compounds]:
        """Everything read besides the streets."""
        read: list[Layer | Compounds] = [self.zones, self.facilities.layer, *self.demands.values()]
        return [*read, self.compounds] if self.compounds else read

    @property
    def places(self) -> dict[str, gpd.GeoDataFrame]:
        """Demand places by the name of their layer."""
        return {name: layer.frame for name, layer in self.demands.items()}


def check_layers(
    project: str | Path | Project,
    *,
    overrides: Iterable[str] = (),
    added: Sequence[Added] = (),
    progress: Progress | None = None,
) -> Checked:
    """Every layer read, checked and put on the streets. Arguments and errors as `analyse`."""
    clock = Clock({}, progress)
    warm_up(clock)
    read = _read(_project_file(project, overrides), frozenset(key for key, _, _ in added), clock)
    file, zones = read.file, read.zones.frame
    clock.start("snapping")
    offered = added_to(read.facilities.layer.frame, added)
    streets = {
        mode: _on_streets(each.network, offered, read.places, file.project)
        for mode, each in read.networks.items()
    }
    main, loaded = next(iter(streets.values())), next(iter(read.networks.values()))
    return Checked(
        project=file.written,
        standards=file.standards,
        definitions=read.definitions,
        zones=zones,
        streets=streets,
        given=read.facilities.given | {service for service, _, _ in added},
        findings=(
            *file.findings,
            *(found for each in read.networks.values() for found in each.findings),
            *(found for layer in read.layers for found in layer.findings),
            *_meeting(zones, streets, file.project, file.standards),
            *rule_findings(zones, read.places, file.standards, read.definitions),
            *_behind_walls(read.compounds, main, file.project),
        ),
        sources=_as_written(
            [*loaded.sources, *(source for layer in read.layers for source in layer.sources)], file
        ),
        seconds=clock.stop(),
        compounds=read.compounds,
        land=read.land,
    )


def _read(file: ProjectFile, added: frozenset[str], clock: Clock) -> _Read:
    """Every layer of a project; `added` are services of facilities that do not exist yet."""
    clock.start("zones")
    tables, network = file.project, file.project.network
    definitions = definitions_of(tables, file.standards)
    extract = Path(network.source) if is_extract(network.source) else None
    zones = load_zones(tables.zones, extract=extract, totals=zone_totals(tables.demand))
    crs = metric_crs(tables.project.crs, *_middle(zones.frame))
    clock.start("streets")
    kept = file.root if file.sha256 else None
    networks = {network.mode: _streets(network, network.mode, crs, kept)}
    clock.start("facilities")
    facilities = load_facilities(
        tables.facilities,
        catalogue(file.standards.values()),
        zones=zones.frame,
        network=networks[network.mode].network,
        extract=extract,
    )
    given = facilities.given | added
    for mode in _further_modes(tables, file.standards, definitions, given):
        networks[mode] = _streets(network, mode, crs, kept)
    clock.start("demand")
    where: dict[str, Any] = {"crs": crs, "extract": extract}
    walls = network.compounds
    return _Read(
        file=file,
        definitions=definitions,
        zones=zones,
        facilities=facilities,
        demands={t.name: load_demand(t, zones.frame, **where) for t in tables.demand},
        land={t.name: demand_polygons(t, zones.frame, **where) for t in tables.demand if t.refine},
        compounds=load_compounds(walls, **where) if walls else None,
        networks=networks,
    )


def _streets(table: NetworkTable, mode: str, crs: pyproj.CRS, kept: Path | None) -> LoadedNetwork:
    return cached_network(table, crs=crs, mode=mode_of(table, mode), folder=kept)


def _behind_walls(
    compounds: Compounds | None, streets: OnStreets, project: Project
) -> list[Finding]:
    """What the walls of closed compounds cut off."""
    if compounds is None or project.network.compounds is None:
        return []
    return compound_findings(
        streets.network,
        compounds,
        streets.demands,
        source=Path(project.network.compounds.source).name,
        max_snap_m=project.network.max_snap_m,
    )


def _further_modes(
    project: Project,
    standards: Mapping[str, Standard],
    definitions: Sequence[Definition],
    given: frozenset[str],
) -> list[str]:
    """Modes in use besides the default one: those by which some facility is reached."""
    modes: dict[str, None] = {}
    for definition in definitions:
        for key in methods_of(definition, standards[definition.key], given):
            if key != RADIUS:
                modes[key.removesuffix(STEPFREE)] = None
    return [mode for mode in modes if mode != project.network.mode]


def _on_streets(
    network: StreetNetwork,
    facilities: gpd.GeoDataFrame,
    demands: Mapping[str, gpd.GeoDataFrame],
    project: Project,
) -> OnStreets:
    limits = {
        "max_snap_m": project.network.max_snap_m,
        "min_component_m": project.network.min_component_m,
    }
    return OnStreets(
        network=network,
        facilities=snap(facilities, network, **limits),
        demands={name: snap(places, network, **limits) for name, places in demands.items()},
    )


def _meeting(
    zones: gpd.GeoDataFrame,
    streets: Mapping[str, OnStreets],
    project: Project,
    standards: Mapping[str, Standard],
) -> list[Finding]:
    """What only shows when layers meet, by the streets of each mode."""
    found: list[Finding] = []
    standard = max(standards.values(), key=lambda each: each.longest_minutes)
    for mode, each in streets.items():
        tables = by_table(each.facilities, each.demands, project)
        if mode == project.network.mode:
            check_on_streets(tables, project.network.max_snap_m)
            found += rim_findings(each.network, project, standard)
        found += place_findings(tables, each.network, project, mode=mode)
    found += list_findings(standards, project)
    told = {one.key: one for one in standards.values()}.values()
    found += [f for one in told for f in area_type_findings(zones, one, project.zones)]
    return found


def _project_file(project: str | Path | Project, overrides: Iterable[str]) -> ProjectFile:
    if not isinstance(project, Project):
        return load_project(Path(project), overrides)
    standards = standards_of(project)
    check_project(project, standards)
    return ProjectFile(project, project, standards, Path("project.toml").absolute(), "")


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
    network = project.network
    streets = [network.source, network.extent or "", network.elevation or ""]
    walls = project.network.compounds
    streets += [walls.source, walls.gates] if walls else []
    return [*streets, project.zones.source, *(table.source for table in layers), *totals]
