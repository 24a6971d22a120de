"""The project file's tables: every key a user can write, and what it may be.

`project_file.load_project` reads them from a file; in Python they are made by hand, with paths that
start from the working folder.
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]*$")]
Where = dict[str, str | int | float | bool | list[str | int | float]]


def _day(value: object) -> object:
    """A TOML date (`2020-11-01` without quotes) as text."""
    return value.isoformat() if isinstance(value, datetime.date) else value


Date = Annotated[str | None, BeforeValidator(_day)]


class Table(BaseModel):
    """A table of the project file. Unknown keys are refused, and text that should be a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LayerTable(Table):
    """The keys that every layer read from a file shares."""

    source: str
    layer: str | None = None
    """Name of the layer or sheet, where a file holds several."""
    crs: str | None = None
    """EPSG code, WKT, PROJ string, `file:x.prj`, `GCJ-02` or `BD-09`; overrides the file's own."""
    encoding: str = "auto"
    date: Date = None
    where: Where = {}


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


class NetworkTable(LayerTable):
    """`[network]`: the streets and how people walk them."""

    ways: Literal["walk", "walk_cn"] = "walk"
    mode: Literal["walk"] = "walk"
    speed_kmh: Positive = 4.0
    max_snap_m: NotNegative = 200.0
    min_component_m: NotNegative = 2000.0
    search_minutes: Positive | None = None
    extent: str | None = None


class ZonesTable(LayerTable):
    """`[zones]`: streets and towns (街道/镇)."""

    id: str | None = None
    name: str | None = None
    parent: str | None = None
    area_type: str | None = None


class DemandTable(PointTable):
    """One `[[demand]]`: who or what should be covered."""

    name: Key
    zone: str | None = None
    weight: str | float = 1.0
    unit: str = ""
    groups: dict[Key, str | float] = {}
    missing_weight: Literal["error", "drop"] = "error"
    spacing: Positive = 25.0
    total: str | float | None = None
    total_source: str | None = None
    total_key: str | None = None
    spread: Literal["even", "buildings", "residential_land"] = "even"
    yes_in_residential: bool = False


class FacilitiesTable(PointTable):
    """One `[[facilities]]`: a table or layer of places that offer services."""

    name: Key
    service: Key | None = None
    service_column: str | None = None
    map: dict[str, str] = {}
    site: str | None = None
    title: str | None = None
    """Column with the facilities' names; by default `name` or `名称` where there is one."""
    capacity: str | None = None
    access: Literal["auto", "entrance", "crossing", "outline", "point"] = "auto"
    empty: bool = False


class ServiceTable(Table):
    """`[standard.services.KEY]`: an override of a profile's service, or one of the user's own."""

    minutes: Positive | None = None
    minutes_by_area: dict[str, Positive] = {}
    target: Share | None = None
    name_zh: str | None = None
    name_en: str | None = None
    osm: list[str] | None = None
    """Tags such as `amenity=clinic`; any of them counts."""
    access: Literal["entrance", "outline"] | None = None


class StandardTable(Table):
    """`[standard]`: what counts as covered, and the target."""

    profile: str = "osm-15min"
    target: Share | None = None
    all: list[Key] | None = None
    scope: list[str] | None = None
    services: dict[Key, ServiceTable] = {}


class DefinitionTable(Table):
    """One `[[definitions]]`: what is divided by what (口径)."""

    key: Name
    demand: str
    group: str | None = None
    metric: Literal["network", "radius"] = "network"
    speed_kmh: Positive | None = None


class Project(Table):
    """A whole project file."""

    schema_: Literal[1] = Field(1, alias="schema")
    project: ProjectTable = ProjectTable()
    network: NetworkTable
    zones: ZonesTable
    demand: list[DemandTable] = Field(min_length=1)
    facilities: list[FacilitiesTable] = []
    standard: StandardTable = StandardTable()
    definitions: list[DefinitionTable] = []


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
