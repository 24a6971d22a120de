"""What a report is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from lifecircle.audit import AuditedPlace
from lifecircle.definitions import Definition
from lifecircle.findings import Finding, Source
from lifecircle.network import StreetNetwork
from lifecircle.project.tables import Project
from lifecircle.standards import Standard
from lifecircle.travel import TravelTime

OSM = "© OpenStreetMap contributors, ODbL"


@dataclass(frozen=True, eq=False)
class ReportContent:
    """What a report shows: the parts of an analysis, under the same names.

    `definitions` begins with the main one. `standards` are those of the definitions, by key, where
    they are not `standard`; `tables` stand beside coverage, by file name. `network` is only for the
    thin lines on the map. `provenance` (versions, time, seconds) is printed as it is, in its order;
    `attribution` names whose data these are; `made` is when the run was.

    `demand` and `travel_time` are the main definition's places and the minutes it applies, for the
    picture of walking times; `audit` explains a few of them; `catchments` are the people of each
    facility. Without them the page lacks these parts.
    """

    project: Project
    standard: Standard
    definitions: tuple[Definition, ...]
    coverage: pd.DataFrame
    zones: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    findings: tuple[Finding, ...] = ()
    sources: tuple[Source, ...] = ()
    network: StreetNetwork | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)
    attribution: tuple[str, ...] = (OSM,)
    standards: Mapping[str, Standard] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    demand: gpd.GeoDataFrame | None = None
    travel_time: TravelTime | None = None
    audit: tuple[AuditedPlace, ...] = ()
    catchments: pd.DataFrame | None = None
    made: str = ""

    def standard_of(self, definition: Definition) -> Standard:
        """The standard whose limits and targets hold for a definition."""
        return self.standards.get(definition.key, self.standard)

    def table(self, name: str) -> pd.DataFrame:
        """A table that stands beside coverage; empty where there is none."""
        return self.tables.get(name, pd.DataFrame())
