"""What reports show of a run, from an analysis in memory or from a run's folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from lifecircle.analysis import Analysis
from lifecircle.outputs.folder import verify
from lifecircle.outputs.geopackage import LAYERS, read_facilities, read_zones
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
        facilities=read_facilities(folder / LAYERS),
        findings=provenance.findings,
        sources=provenance.inputs,
        standards=provenance.standards,
        tables=read_side_tables(folder),
        provenance={"lifecircle": str(run["versions"]["lifecircle"]), "made": str(run["made"])},
    )
    return dataclasses.replace(content, attribution=attribution(content))
