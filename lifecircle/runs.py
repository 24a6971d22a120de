"""A run's folder: written as a whole, and opened again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from lifecircle.analysis import Analysis
from lifecircle.applied import applied_time, areas_of
from lifecircle.contents import report_content
from lifecircle.contours import isochrones
from lifecircle.crs import metric_crs
from lifecircle.definitions import methods_of
from lifecircle.errors import InputError
from lifecircle.findings import finding
from lifecircle.lines import streets_from_lines
from lifecircle.measured import measure
from lifecircle.modes import mode_of
from lifecircle.network import street_network
from lifecircle.outputs.data_package import write_data_package
from lifecircle.outputs.demand_layer import demand_layer
from lifecircle.outputs.folder import replace_outputs, verify
from lifecircle.outputs.geopackage import (
    read_facilities,
    read_streets,
    read_zones,
    write_geopackage,
)
from lifecircle.outputs.geoparquet import write_geoparquet
from lifecircle.outputs.gis_layers import (
    coverage_tables,
    facility_layer,
    street_layer,
    zone_layer,
)
from lifecircle.outputs.gis_names import Naming, naming_of
from lifecircle.outputs.minutes import (
    demands_of,
    measured_of,
    read_travel_time,
    travel_time_record,
    write_travel_time,
)
from lifecircle.outputs.provenance import (
    Provenance,
    provenance_of,
    write_run,
)
from lifecircle.outputs.records import read_coverage, write_coverage, write_findings
from lifecircle.outputs.side_tables import read_side_tables, write_side_tables
from lifecircle.outputs.workbook import write_workbook
from lifecircle.progress import Clock, Progress
from lifecircle.project.tables import NetworkTable
from lifecircle.report import write_report
from lifecircle.snapping import snap
from lifecircle.travel import TravelTime

MOST_SINGLE_ISOCHRONES = 5000
"""With more facilities than this only the isochrones of whole services are drawn: each takes a
millisecond, and some kilobytes of the file."""


def write(
    analysis: Analysis, out: str | Path, *, progress: Progress | None = None
) -> dict[str, Path]:
    """Every output file of a run, moved into `out` together when all are complete.

    Returns
    -------
        The path of each file by its name.

    Raises
    ------
    InputError
        If the analysis was opened without its streets, or the folder cannot be written or a file
        in it cannot be replaced: then none is.
    """
    out = Path(out)
    analysis = _with_notes(analysis)
    clock = Clock(analysis.seconds, progress)
    with replace_outputs(out) as folder:
        clock.start("isochrones")
        known = _provenance(analysis, {})
        layers = _layers(analysis, naming_of(known))
        clock.start("files")
        language = analysis.project.project.language
        write_geopackage(folder / "layers.gpkg", layers, known)
        if analysis.project.project.geoparquet:
            write_geoparquet(folder, layers, known)
        write_coverage(analysis.coverage, folder / "coverage.csv")
        write_side_tables(analysis.tables, folder)
        record = travel_time_record(
            analysis.demands, _in_use(analysis), analysis.travel_times, analysis.definitions
        )
        write_travel_time(record, folder / "travel_time.parquet")
        seconds = clock.stop()
        content = report_content(analysis, seconds)
        left_out = write_report(folder / "report.html", content)
        analysis = dataclasses.replace(analysis, findings=(*analysis.findings, *left_out))
        content = dataclasses.replace(content, findings=analysis.findings)
        write_workbook(folder / "coverage.xlsx", content)
        write_findings(analysis.findings, folder / "findings.csv", language)
        provenance = _provenance(analysis, seconds)
        write_data_package(folder, provenance)
        write_run(folder, provenance)
        names = sorted(path.name for path in folder.iterdir())
    return {name: out / name for name in names}


def open_run(folder: str | Path, *, streets: bool = True) -> Analysis:
    """The analysis that a run wrote, from its files alone.

    Parameters
    ----------
    streets
        Rebuild the street network too, which `explain` and `isochrones` need. Positions of edges
        may differ from those of the run; minutes do not. Where the default mode is not walking on
        flat ground, the files do not hold what its streets cost: the network stays `None`.

    Raises
    ------
    InputError
        If there is no complete run in the folder, or a file is not the one that was written.
    """
    folder = Path(folder)
    provenance = provenance_of(verify(folder))
    record = read_travel_time(folder / "travel_time.parquet")
    zones = read_zones(folder / "layers.gpkg")
    demands, measured = demands_of(record), measured_of(record)
    analysis = Analysis(
        project=provenance.project,
        standard=provenance.standard,
        definitions=provenance.definitions,
        network=None,
        zones=zones,
        facilities=read_facilities(folder / "layers.gpkg", naming_of(provenance)),
        demands=demands,
        travel_times={
            definition.key: applied_time(
                measured[definition.demand],
                areas_of(demands[definition.demand], zones),
                provenance.standards.get(definition.key, provenance.standard),
                definition,
            )
            for definition in provenance.definitions
        },
        coverage=read_coverage(folder / "coverage.csv"),
        findings=provenance.findings,
        sources=provenance.inputs,
        seconds=provenance.seconds,
        standards=provenance.standards,
        measured=measured,
        tables=read_side_tables(folder),
    )
    plain = streets and _walked_on_the_flat(analysis.project.network)
    return _with_streets(analysis, folder) if plain else analysis


def _walked_on_the_flat(table: NetworkTable) -> bool:
    """Whether a street takes its length both ways, so that lines alone tell what it costs."""
    mode = mode_of(table, table.mode)
    return mode.kind == "walk" and not mode.speeds and table.elevation is None


def _in_use(analysis: Analysis) -> dict[str, dict[str, TravelTime]]:
    """The minutes that some definition asks for; straight lines may have been only a check."""
    wanted: dict[str, set[str]] = {}
    for definition in analysis.definitions:
        services = analysis.travel_times[definition.key].minutes.columns
        methods = methods_of(definition, analysis.standard_of(definition), services)
        wanted.setdefault(definition.demand, set()).update(methods)
    return {
        name: {key: taken for key, taken in methods.items() if key in wanted.get(name, ())}
        for name, methods in analysis.measured.items()
    }


def _with_streets(analysis: Analysis, folder: Path) -> Analysis:
    """The analysis with its street network and every place on it."""
    table = analysis.project.network
    middle = analysis.zones.union_all().centroid
    crs = metric_crs(analysis.project.project.crs, middle.x, middle.y)
    lines, _ = streets_from_lines(read_streets(folder / "layers.gpkg"), crs=crs)
    network = street_network(lines, crs=crs, speed_kmh=table.speed_kmh)

    def snapped(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return snap(
            places, network, max_snap_m=table.max_snap_m, min_component_m=table.min_component_m
        )

    return dataclasses.replace(
        analysis,
        network=network,
        facilities=snapped(analysis.facilities),
        demands={name: snapped(places) for name, places in analysis.demands.items()},
    )


def _too_many(analysis: Analysis) -> bool:
    """Whether there are too many facilities for an isochrone each."""
    return int(analysis.facilities["facility"].nunique()) > MOST_SINGLE_ISOCHRONES


def _with_notes(analysis: Analysis) -> Analysis:
    """The analysis with what its files leave out as a finding."""
    if not _too_many(analysis):
        return analysis
    left_out = finding(
        "isochrones", "runs.services_only", severity="info", most=MOST_SINGLE_ISOCHRONES
    )
    return dataclasses.replace(analysis, findings=(*analysis.findings, left_out))


def _layers(analysis: Analysis, naming: Naming) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    """The layers and tables of `layers.gpkg`."""
    network = analysis.network
    if network is None:
        raise InputError.of("runs.no_streets")
    demand, zones, main = analysis.demand, analysis.zones, analysis.definition
    measured = measure(analysis.travel_time, demand, zones, analysis.standard, main)
    areas = isochrones(
        network,
        analysis.facilities,
        analysis.standard,
        each_facility=not _too_many(analysis),
        max_snap_m=analysis.project.network.max_snap_m,
        min_component_m=analysis.project.network.min_component_m,
    )
    return {
        "zones": zone_layer(zones, analysis.coverage, main.key, naming),
        "facilities": facility_layer(analysis.facilities, naming),
        "streets": street_layer(network),
        "demand": demand_layer(demand, measured, naming, crs=network.crs),
        "isochrones": areas,
        **coverage_tables(analysis.coverage, naming),
    }


def _provenance(analysis: Analysis, seconds: Mapping[str, float]) -> Provenance:
    return Provenance(
        project=analysis.project,
        standard=analysis.standard,
        definitions=analysis.definitions,
        inputs=analysis.sources,
        findings=analysis.findings,
        seconds=seconds,
        standards=analysis.standards,
    )
