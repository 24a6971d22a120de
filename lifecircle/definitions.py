"""Definitions (口径): what is divided by what, measured how. No rate is shown without its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from lifecircle.messages import message
from lifecircle.project.tables import DefinitionTable, Project
from lifecircle.standards import Standard


@dataclass(frozen=True)
class Definition:
    """How a rate is measured.

    `demand` names the layer whose weight is the denominator, `group` a column of it that replaces
    the weight. `metric` is `network` (minutes along streets) or `radius` (straight line within
    limit × speed). `speed_kmh` applies to streets and access legs alike.
    """

    key: str
    demand: str
    unit: str = ""
    group: str = ""
    metric: Literal["network", "radius"] = "network"
    mode: str = "walk"
    speed_kmh: float = 4.0
    note_zh: str = ""
    note_en: str = ""

    def text(self, language: str) -> str:
        """The definition in one line.

        >>> Definition("people.network", demand="people", unit="persons").text("en")
        'people.network: people (persons), walk along streets at 4 km/h'
        """
        line = message(
            f"definitions.{self.metric}",
            key=self.key,
            what=self.group or self.demand,
            unit=self.unit or message("definitions.places").text(language),
            mode=message(f"definitions.mode_{self.mode}").text(language),
            speed=self.speed_kmh,
        )
        return line.text(language)

    def _repr_markdown_(self) -> str:
        notes = (self.note_zh, self.note_en)
        return "\n\n".join(filter(None, (self.text("zh"), self.text("en"), *notes)))


def definitions_of(project: Project) -> tuple[Definition, ...]:
    """The project's definitions; by default one per demand layer, along streets."""
    tables = project.definitions or [
        DefinitionTable(key=f"{table.name}.network", demand=table.name) for table in project.demand
    ]
    demand = {table.name: table for table in project.demand}
    return tuple(
        Definition(
            key=table.key,
            demand=table.demand,
            unit=demand[table.demand].unit,
            group=table.group or "",
            metric=table.metric,
            mode=project.network.mode,
            speed_kmh=table.speed_kmh or project.network.speed_kmh,
        )
        for table in tables
    )


def search_minutes_of(
    project: Project, standard: Standard, definitions: Iterable[Definition]
) -> float:
    """How far minutes are searched: as given, else twice the longest limit, at any speed in use."""
    if project.network.search_minutes is not None:
        return project.network.search_minutes
    fastest = max(definition.speed_kmh for definition in definitions)
    return standard.longest_minutes * max(2.0, fastest / project.network.speed_kmh)
