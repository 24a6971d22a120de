"""What reports show of a run, from an analysis in memory or from a run's folder."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from lifecircle.analysis import Analysis
from lifecircle.audit import AuditedPlace, audit
from lifecircle.catchment import catchments_of
from lifecircle.measured import Measured, measure
from lifecircle.outputs.folder import verify
from lifecircle.outputs.geopackage import LAYERS, read_facilities, read_zones
from lifecircle.outputs.gis_names import naming_of
from lifecircle.outputs.provenance import provenance_of, versions
from lifecircle.outputs.records import read_coverage
from lifecircle.outputs.side_tables import read_side_tables
from lifecircle.printed.edition import attribution
from lifecircle.report import ReportContent


def content_of(analysis: Analysis) -> ReportContent:
    """An analysis as reports show it."""
    content = ReportContent(
        project=analysis.project,
        standard=analysis.standard,
        definitions=analysis.definitions,
        coverage=analysis.coverage,
        zones=analysis.zones,
        facilities=analysis.facilities,
        findings=analysis.findings,
        sources=analysis.sources,
        standards=analysis.standards,
        tables=analysis.tables,
        provenance={"lifecircle": versions()["lifecircle"]},
    )
    return dataclasses.replace(content, attribution=attribution(content))


def read_content(folder: Path) -> ReportContent:
    """A run's content from its files alone, without the minutes of every place."""
    run = verify(folder)
    provenance = provenance_of(run)
    content = ReportContent(
        project=provenance.project,
        standard=provenance.standard,
        definitions=provenance.definitions,
        coverage=read_coverage(folder / "coverage.csv"),
        zones=read_zones(folder / LAYERS),
        facilities=read_facilities(folder / LAYERS, naming_of(provenance)),
        findings=provenance.findings,
        sources=provenance.inputs,
        standards=provenance.standards,
        tables=read_side_tables(folder),
        provenance={"lifecircle": str(run["versions"]["lifecircle"]), "made": str(run["made"])},
    )
    return dataclasses.replace(content, attribution=attribution(content))


def report_content(analysis: Analysis, seconds: Mapping[str, float]) -> ReportContent:
    """What `report.html` shows of an analysis; `seconds` is the time of each step of the run."""
    definition, demand = analysis.definition, analysis.demand
    counted = measure(
        analysis.travel_time, demand, analysis.zones, analysis.standard_of(definition), definition
    )
    return dataclasses.replace(
        content_of(analysis),
        network=analysis.network,
        demand=demand,
        travel_time=counted.travel_time,
        audit=_audited(analysis, counted),
        catchments=catchments_of(counted, analysis.facilities),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        provenance={
            **versions(),
            "platform": platform.system(),
            "seconds": f"{sum(seconds.values()):.1f}",
        },
    )


def _audited(analysis: Analysis, counted: Measured) -> tuple[AuditedPlace, ...]:
    """A few places explained, where the streets are known."""
    if analysis.network is None:
        return ()
    mode = analysis.project.network.mode
    return audit(counted, analysis.network, analysis.demand, analysis.facilities, mode=mode)
