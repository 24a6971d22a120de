"""The maps of the page: outlines, streets, facilities, and the verdicts shown first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from lifecircle.report import svgmap
from lifecircle.report.cells import Cell, Sheet
from lifecircle.report.content import ReportContent
from lifecircle.report.naming import service_name
from lifecircle.report.words import Both
from lifecircle.verdicts import Verdict


@dataclass(frozen=True)
class SmallMap:
    """One service's map among the others."""

    key: str
    name: Both
    cell: Cell
    verdicts: list[Verdict]


@dataclass(frozen=True)
class MapView:
    """The picture: outlines, streets, facilities, and the verdicts shown first."""

    shapes: list[svgmap.Shape]
    verdicts: list[Verdict]
    streets: str
    too_many_streets: bool
    dots: Mapping[str, str]
    scale: svgmap.Scale
    small: list[SmallMap]
    legend: list[Verdict]
    width: int = svgmap.WIDTH
    height: int = svgmap.HEIGHT


def legend(present: Any) -> list[Verdict]:
    """The verdicts that occur, in the order of the legend."""
    seen = set(present)
    return [verdict for verdict in get_args(Verdict) if verdict in seen]


def _verdicts(one: Sheet, service: str) -> list[Verdict]:
    return [row.cells[service].verdict for row in one.zones]


def map_view(content: ReportContent, main: Sheet, service: str) -> MapView:
    """The picture of the main definition, and one small map per service."""
    frame = svgmap.frame_of(content.zones)
    streets = svgmap.street_path(content.network, frame) if content.network is not None else ""
    return MapView(
        shapes=svgmap.shapes(content.zones, frame),
        verdicts=_verdicts(main, service),
        streets=streets or "",
        too_many_streets=streets is None,
        dots=svgmap.facility_paths(content.facilities, frame),
        scale=svgmap.scale_bar(frame),
        small=[
            SmallMap(
                key, service_name(main.standard, key), main.head.cells[key], _verdicts(main, key)
            )
            for key in main.services
        ],
        legend=legend(cell.verdict for row in main.zones for cell in row.cells.values()),
    )
