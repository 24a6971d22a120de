"""The maps of the page: outlines, streets, facilities, and the verdicts shown first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from lifecircle.report import svgmap
from lifecircle.report.cells import Cell, Sheet
from lifecircle.report.content import ReportContent
from lifecircle.report.naming import service_name
from lifecircle.report.words import Both, words
from lifecircle.verdicts import Verdict


@dataclass(frozen=True)
class Key:
    """An entry of a legend."""

    verdict: Verdict
    text: Both


@dataclass(frozen=True)
class SmallMap:
    """One service's map among the others, as the first definition that has it shows it.

    `other` is one that the main definition does not have.
    """

    key: str
    name: Both
    cell: Cell
    verdicts: list[Verdict]
    other: bool


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
    width: int = svgmap.WIDTH
    height: int = svgmap.HEIGHT


def legend(cells: Iterable[Cell]) -> list[Key]:
    """The verdicts that occur and their words, in the order of the legend."""
    seen = {(cell.verdict, cell.has_target) for cell in cells}
    order = {verdict: at for at, verdict in enumerate(get_args(Verdict))}
    keys = [
        (verdict, words(f"l_{verdict}" if target or verdict != "not_in_scope" else "l_no_target"))
        for verdict, target in sorted(seen, key=lambda one: (order[one[0]], not one[1]))
    ]
    return [Key(verdict, text) for verdict, text in dict.fromkeys(keys)]


def _verdicts(one: Sheet, service: str) -> list[Verdict]:
    return [row.cells[service].verdict for row in one.zones]


def map_view(content: ReportContent, sheets: Sequence[Sheet], service: str) -> MapView:
    """The picture of the main definition, and a small map for every service of any."""
    frame = svgmap.frame_of(content.zones)
    streets = svgmap.street_path(content.network, frame) if content.network is not None else ""
    main = sheets[0]
    first = {key: one for one in reversed(sheets) for key in one.services}
    shown = dict.fromkeys(key for one in sheets for key in one.services)
    return MapView(
        shapes=svgmap.shapes(content.zones, frame),
        verdicts=_verdicts(main, service),
        streets=streets or "",
        too_many_streets=streets is None,
        dots=svgmap.facility_paths(content.facilities, frame),
        scale=svgmap.scale_bar(frame),
        small=[_small_map(first[key], key, other=key not in main.services) for key in shown],
    )


def _small_map(one: Sheet, key: str, *, other: bool) -> SmallMap:
    name = service_name(one.standard, key)
    return SmallMap(key, name, one.head.cells[key], _verdicts(one, key), other)
