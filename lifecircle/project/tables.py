"""The project file's tables: every key a user can write, and what it may be.

`project_file.load_project` reads them from a file; in Python they are made by hand, with paths that
start from the working folder.
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from lifecircle.project.keys import (
    AreaType,
    Key,
    ModeName,
    Name,
    NotNegative,
    Positive,
    Share,
    Status,
    Table,
    Where,
)
from lifecircle.project.standard_tables import StandardTable


def _day(value: object) -> object:
    """A TOML date (`2020-11-01` without quotes) as text."""
    return value.isoformat() if isinstance(value, datetime.date) else value


Date = Annotated[str | None, BeforeValidator(_day)]


class LayerTable(Table):
    """The keys that every layer read from a file shares."""

    source: str
    layer: str | None = None
    """Name of the layer or sheet, where a file holds several."""
    crs: str | None = None
    """EPSG code, WKT, PROJ string, `file:x.prj`, `GCJ-02` or `BD-09`; overrides the file's own."""
    encoding: str = "auto"
    date: Date = None
    where: Where = Field({})


class PointTable(LayerTable):
    """A layer that may be a table of coordinates."""

    x: str | None = None
    y: str | None = None
    id: str | None = None


class ProjectTable(Table):
    """`[project]`: what the city is called and how its report reads."""

    name: str = ""
    language: Literal["zh", "en"] = "zh"
    crs: str = "auto"
    output_crs: str = "EPSG:4326"
    geoparquet: bool = False
    """Whether the layers are written as GeoParquet too."""


class ModeTable(Table):
    """`[network.modes.NAME]`: another way to get about on the same streets' source."""

    kind: Literal["walk", "cycle", "drive"] | None = None
    """Which rules of the road hold; by default those of its name."""
    speed_kmh: Positive | None = None
    speeds: dict[str, Positive] = Field({})
    """km/h by value of `highway`; other streets have `speed_kmh`."""


class CompoundsTable(Table):
    """`[network.compounds]`: closed compounds (小区) and the gates that lead out of them."""

    source: str = "osm"
    """Polygons; `osm` takes residential land and gates from the network's extract."""
    gates: str = "osm"
    crs: str | None = None


class NetworkTable(LayerTable):
    """`[network]`: the streets and how people get along them."""

    ways: Literal["walk", "walk_cn"] = "walk"
    mode: Key = "walk"
    speed_kmh: Positive = 4.0
    modes: dict[Key, ModeTable] = Field({})
    max_snap_m: NotNegative = 200.0
    min_component_m: NotNegative = 2000.0
    search_minutes: Positive | None = None
    extent: str | None = None
    elevation: str | None = None
    """A raster of heights in metres: walking then slows on slopes by Tobler's function."""
    compounds: CompoundsTable | None = None
    cache: bool = True
    """Whether prepared streets are kept beside the project file."""


class ZonesTable(LayerTable):
    """`[zones]`: streets and towns (街道/镇)."""

    id: str | None = None
    name: str | None = None
    parent: str | None = None
    area_type: str | None = None
    area_types: dict[str, str] = Field({})
    """What the column's own labels are to the standard: `{ 嘉定新城 = "new_town" }`."""


class DemandTable(PointTable):
    """One `[[demand]]`: who or what should be covered."""

    name: Key
    zone: str | None = None
    weight: str | float = 1.0
    unit: str = ""
    groups: dict[Key, str | float] = Field({})
    missing_weight: Literal["error", "drop"] = "error"
    spacing: Positive = 25.0
    total: str | float | None = None
    total_source: str | None = None
    total_key: str | None = None
    spread: Literal["even", "buildings", "residential_land"] = "even"
    yes_in_residential: bool = False
    kind: str | None = None
    """Column that tells kinds of places apart, such as 居委会 and 村委会."""
    kinds: dict[str, Key] = Field({})
    """What the column's own labels are to the standard: `{ 村委会 = "village" }`."""
    refine: bool = False
    """Polygons only: finer points where coverage changes, so that areas are exact."""


class FacilitiesTable(PointTable):
    """One `[[facilities]]`: a table or layer of places that offer services."""

    name: Key
    service: Key | None = None
    service_column: str | None = None
    map: dict[str, str] = Field({})
    site: str | None = None
    title: str | None = None
    """Column with the facilities' names; by default `name` or `名称` where there is one."""
    capacity: str | None = None
    access: Literal["auto", "entrance", "crossing", "outline", "point"] = "auto"
    empty: bool = False
    unknown_service: Literal["error", "drop"] = "error"
    """Rows that are no service of the standard: an error, or left out with a finding."""
    positions: Literal["surveyed", "geocoded", "address"] | None = None
    """How its coordinates were found, which says how far they may be off (`[confidence]`)."""


class DefinitionTable(Table):
    """One `[[definitions]]`: what is divided by what (口径)."""

    key: Name
    demand: str
    group: Key | None = None
    """A column of the layer instead of its weight; `own`: each service's own group."""
    metric: Literal["network", "radius"] = "network"
    mode: ModeName | None = None
    speed_kmh: Positive | Literal["group"] | None = None
    steps: Literal["allow", "avoid"] = "allow"
    standard: str | None = None
    """A built-in standard or a TOML file, instead of the project's own."""
    minutes: Positive | None = None
    """This limit for every service: no longer the standard's."""
    target: Share | None = None
    scope: list[AreaType] | None = None
    name_zh: str = ""
    name_en: str = ""
    source: str = ""
    status: Status = "unverified"
    """How sure `source` is: read in the official text, second-hand, or neither."""


class ConfidenceTable(Table):
    """`[confidence]`: how far positions, lengths and numbers may be off (one standard error)."""

    off: bool = False
    facility_m: NotNegative | None = None
    """By default 15 where surveyed, 30 from OSM or geocoded, 100 by address."""
    demand_m: NotNegative | None = None
    """By default 15 for points, and what a cell of the grid means for places of areas."""
    network: NotNegative = 0.02
    allocation: NotNegative | Literal["auto"] = "auto"
    """Relative error of people per 500 m block; auto: 0.5 where they were spread, else 0."""


class Project(Table):
    """A whole project file."""

    schema_: Literal[1] = Field(1, alias="schema")
    project: ProjectTable = ProjectTable()
    network: NetworkTable
    zones: ZonesTable
    demand: list[DemandTable] = Field(min_length=1)
    facilities: list[FacilitiesTable] = Field([])
    standard: StandardTable = StandardTable()
    definitions: list[DefinitionTable] = Field([])
    confidence: ConfidenceTable = ConfidenceTable()


def is_special(source: str) -> bool:
    """Whether a source is a word of ours instead of a file.

    >>> is_special("osm"), is_special("grid:50"), is_special("osm.gpkg")
    (True, True, False)
    """
    return source == "osm" or source.startswith(("osm:", "grid:"))


def is_address(source: str) -> bool:
    """Whether a source is a web or database address; a Windows drive is none.

    >>> is_address("https://example.org/a.csv"), is_address("C:/a.csv")
    (True, False)
    """
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source) is not None
