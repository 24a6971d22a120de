"""Every layer of a project, read, checked and put on the streets of every mode in use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd

from lifecircle.definitions import Definition
from lifecircle.findings import Finding, Source
from lifecircle.layers.compound_areas import Compounds
from lifecircle.network import StreetNetwork
from lifecircle.project.tables import Project
from lifecircle.standards import Standard


@dataclass(frozen=True, eq=False)
class OnStreets:
    """The streets of a mode, with the facilities and the demand layers on them."""

    network: StreetNetwork
    facilities: gpd.GeoDataFrame
    demands: Mapping[str, gpd.GeoDataFrame]


@dataclass(frozen=True, eq=False)
class Checked:
    """Every layer of a project read, checked and put on the streets; no rate yet.

    `standards` are those of the definitions, by key; `streets` go by mode, the default one first;
    `compounds` are the closed ones, where the project names any; `land` the polygons of demand
    layers whose points are to be refined.
    """

    project: Project
    standards: Mapping[str, Standard]
    definitions: tuple[Definition, ...]
    zones: gpd.GeoDataFrame
    streets: Mapping[str, OnStreets]
    given: frozenset[str]
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]
    seconds: Mapping[str, float]
    compounds: Compounds | None = None
    land: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)

    @property
    def main(self) -> OnStreets:
        """The streets of the default mode."""
        return next(iter(self.streets.values()))

    @property
    def network(self) -> StreetNetwork:
        """The streets of the default mode."""
        return self.main.network

    @property
    def facilities(self) -> gpd.GeoDataFrame:
        """Access points on the streets of the default mode."""
        return self.main.facilities

    @property
    def demands(self) -> Mapping[str, gpd.GeoDataFrame]:
        """Demand layers on the streets of the default mode."""
        return self.main.demands

    @property
    def standard(self) -> Standard:
        """The main definition's standard."""
        return next(iter(self.standards.values()))
