"""What a run made, in one value: the standard, the layers, the minutes, the rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from lifecircle.checked_layers import Checked
from lifecircle.definitions import Definition
from lifecircle.findings import Finding, Source
from lifecircle.network import StreetNetwork
from lifecircle.project.tables import Project
from lifecircle.standards import Standard
from lifecircle.travel import TravelTime


@dataclass(frozen=True, eq=False)
class Analysis:
    """What a run made: project, layers, minutes, rates, and what stands beside them.

    `project` is the effective project with paths as written. `demands` holds the frames by layer
    name, `travel_times` the minutes that each definition applies, by its key, `measured` those that
    were searched, by demand layer and method (`walk`, `walk__stepfree`, `cycle`, `radius`).
    `coverage` is the contract's table of all definitions, the first being the main one, and
    `tables` what stands beside it, by file name. `facilities` are access points with their
    positions on the streets. `standards` are those of the definitions, by key; `standard` is the
    main one's. `seconds` is the time of each step. `layers` are what the run was made of, on the
    streets of every mode; an analysis opened from its files has none.
    """

    project: Project
    standard: Standard
    definitions: tuple[Definition, ...]
    network: StreetNetwork | None
    zones: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    demands: Mapping[str, gpd.GeoDataFrame]
    travel_times: Mapping[str, TravelTime]
    coverage: pd.DataFrame
    findings: tuple[Finding, ...] = ()
    sources: tuple[Source, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    standards: Mapping[str, Standard] = field(default_factory=dict)
    measured: Mapping[str, Mapping[str, TravelTime]] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    layers: Checked | None = None

    def standard_of(self, definition: Definition) -> Standard:
        """The standard whose limits and targets hold for a definition."""
        return self.standards.get(definition.key, self.standard)

    @property
    def definition(self) -> Definition:
        """The main definition."""
        return self.definitions[0]

    @property
    def demand(self) -> gpd.GeoDataFrame:
        """The main definition's demand places."""
        return self.demands[self.definition.demand]

    @property
    def travel_time(self) -> TravelTime:
        """The main definition's minutes."""
        return self.travel_times[self.definition.key]

    def __repr__(self) -> str:
        services = ", ".join(self.travel_time.minutes.columns)
        return (
            f"<Analysis {self.project.project.name!r}: {len(self.zones):,} zones, "
            f"{len(self.demand):,} demand places, {services}; "
            f"{', '.join(definition.key for definition in self.definitions)}>"
        )
