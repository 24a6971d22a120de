"""One service's map on a sheet of paper: who passes, who does not, where that comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import Rectangle
from matplotlib.path import Path as Outline
from shapely.geometry.polygon import orient

from lifecircle.report.cells import Cell, Sheet
from lifecircle.report.naming import service_name
from lifecircle.report.words import percent_of
from lifecircle.printed.edition import (
    Edition,
    attribution,
    dates,
    headline,
    line_of,
    made,
    service_line,
    title_of,
)
from lifecircle.printed.fonts import Fonts
from lifecircle.printed.labels import Label, label_texts, place_labels
from lifecircle.printed.layout import Layout, best_layout
from lifecircle.printed.legend import (
    HATCHES,
    Signs,
    dot_look,
    draw_legend,
    draw_north,
    draw_numbers,
    draw_scale,
    swatch,
)
from lifecircle.printed.page import (
    BODY,
    GREY,
    HEAD,
    LEADING,
    SMALL,
    STREET,
    Look,
    Page,
    Paper,
    blank_page,
    leading_mm,
    rectangle,
    write,
    write_paragraph,
)
from lifecircle.printed.scene import Array, Scene, drawn_streets, drawn_zones
from lifecircle.printed.typeset import MM_PER_POINT, shortened, width_mm
from lifecircle.verdicts import COLOURS, MARKS, Verdict

MOST_STREET_POINTS = 60_000
"""Of more, streets are put into a PDF as a picture."""


@dataclass(frozen=True, eq=False)
class Plate:
    """What all maps of a run share on one kind of paper: layout, outlines, streets, labels."""

    scene: Scene
    layout: Layout
    fonts: Fonts
    zones: Array
    outlines: tuple[Outline, ...]
    streets: list[Array]
    labels: tuple[Label, ...]


def plate_of(scene: Scene, fonts: Fonts, paper: Paper, *, kinds: int) -> Plate:
    """The shared parts for a kind of paper; `kinds` of zones are listed in the longest legend."""
    layout = best_layout(scene, paper, kinds)
    zones = drawn_zones(scene, layout.frame)
    names = [
        name if fonts.printable(name).strip("… ") else key
        for key, name in zip(scene.ids, scene.names, strict=True)
    ]
    return Plate(
        scene=scene,
        layout=layout,
        fonts=fonts,
        zones=zones,
        outlines=tuple(_outline(zone) for zone in zones),
        streets=drawn_streets(scene, layout.frame),
        labels=place_labels(zones, names, fonts, layout.paper),
    )


def _outline(zone: shapely.Geometry) -> Outline:
    """A zone's rings as one path, holes running the other way."""
    rings = [
        shapely.get_coordinates(ring)
        for part in shapely.get_parts(zone)
        for ring in shapely.get_rings(orient(part))
    ]
    paths = [Outline(ring, closed=True) for ring in rings]
    return Outline.make_compound_path(*paths)


def service_page(plate: Plate, edition: Edition, one: Sheet, key: str) -> Page:
    """A sheet with one service's map."""
    page = blank_page(plate.layout.paper, plate.fonts)
    cells = [row.cells[key] for row in one.zones]
    _draw_ground(page, plate, [cell.verdict for cell in cells])
    inside = _draw_facilities(page, plate, key)
    counted = one.head.cells[key].status != "no data" and key in one.plain_services
    _draw_labels(page, plate.labels, cells)
    signs = Signs(inside if counted else None, bool(plate.streets))
    end = draw_legend(page, plate.layout.legend, edition, cells, signs)
    _draw_numbers(page, plate, edition, one, key, end)
    _draw_scale(page, plate, edition)
    if plate.layout.paper.dressed:
        _draw_head(page, edition, one, key)
        draw_foot(page, edition, crs=plate.scene.crs.name)
    return page


def _draw_ground(page: Page, plate: Plate, verdicts: Sequence[Verdict]) -> None:
    """The zones in the colours of their verdicts, streets, outlines; all within the frame."""
    frame = rectangle(page, plate.layout.frame.box, edge=GREY, width=0.6, zorder=7)
    for verdict in dict.fromkeys(verdicts):
        paths = [path for path, its in zip(plate.outlines, verdicts, strict=True) if its == verdict]
        hatch, colour = HATCHES.get(verdict, (None, "none"))
        fills = PathCollection(
            paths, facecolor=COLOURS[verdict], edgecolor=colour, linewidth=0, zorder=1, hatch=hatch
        )
        fills.set_gid(f"zones-{verdict}")
        _add_within(page, fills, frame)
    lines = LineCollection(
        plate.streets, colors=STREET, linewidths=0.35 * page.paper.grow, zorder=2
    )
    lines.set_gid("streets")
    lines.set_rasterized(sum(map(len, plate.streets)) > MOST_STREET_POINTS)
    _add_within(page, lines, frame)
    edges = PathCollection(
        plate.outlines, facecolor="none", edgecolor="#46525e", linewidth=0.75 * page.paper.grow,
        zorder=3, joinstyle="round",
    )  # fmt: skip
    _add_within(page, edges, frame)


def _add_within(page: Page, drawn: PathCollection | LineCollection, frame: Rectangle) -> None:
    page.axes.add_collection(drawn, autolim=False)
    drawn.set_clip_path(frame)


def _draw_facilities(page: Page, plate: Plate, key: str) -> int:
    """A dot for each facility inside the frame; how many."""
    frame = plate.layout.frame
    dots = frame.on_paper(plate.scene.facilities.get(key, np.empty((0, 2))))
    left, lower, wide, high = frame.box
    seen = (dots > (left, lower)).all(axis=1) & (dots < (left + wide, lower + high)).all(axis=1)
    if seen.any():
        (drawn,) = page.axes.plot(
            *dots[seen].T, zorder=4, **dot_look(page, int(seen.sum())), gid="facilities"
        )
        drawn.set_clip_path(page.axes.patches[0])
    return int(seen.sum())


def _draw_labels(page: Page, labels: Iterable[Label], cells: Sequence[Cell]) -> None:
    for label in labels:
        cell = cells[label.at]
        texts = label_texts(label, cell.mark, cell.percent)
        step = label.size * MM_PER_POINT * LEADING * 0.9
        y = label.y - step * 0.82
        size = label.size / page.paper.grow
        for number, text in enumerate(texts):
            last = number == len(texts) - 1
            look = Look(size, bold=not last, align="center", halo=True)
            write(page, label.x, y, text, look, gid=f"label-{label.at}")
            y -= step


def _draw_numbers(
    page: Page, plate: Plate, edition: Edition, one: Sheet, key: str, end: float
) -> None:
    """The list of zones whose name had no room."""
    named = {label.at for label in plate.labels if label.kind == "name"}
    rows = [
        (f"{at + 1}  {edition.plain(row.title)}", _result(row.cells[key]))
        for at, row in enumerate(one.zones)
        if at not in named
    ]
    left, lower, wide, _ = plate.layout.legend
    box = plate.layout.numbers or (left, lower, wide, end - lower)
    draw_numbers(page, box, edition, rows)


def _result(cell: Cell) -> str:
    return f"{cell.mark} {percent_of(cell.percent)}".strip()


def _draw_scale(page: Page, plate: Plate, edition: Edition) -> None:
    left, lower, wide, _ = plate.layout.scale
    grow = page.paper.grow
    draw_north(page, left + 3 * grow, lower + 8 * grow, plate.layout.frame, edition.say("north"))
    draw_scale(page, (left + 1, lower + 0.5, wide - 4 * grow, 0), plate.layout.frame)


def _draw_head(page: Page, edition: Edition, one: Sheet, key: str) -> None:
    """Project and service, the result of the whole area, and the definition it holds under."""
    grow, wide = page.paper.grow, page.right - page.left
    cell = one.head.cells[key]
    y = page.top - 2.6 * grow
    name = edition.content.project.project.name
    write(page, page.left, y, " · ".join(filter(None, (name, title_of(edition)))), Look(8.0, GREY))
    y -= 8.2 * grow
    rate, word = percent_of(cell.percent), edition.plain(cell.word)
    chip = _draw_chip(page, y, cell, word)
    if rate:
        write(page, chip - 3 * grow, y, rate, Look(HEAD.size, bold=True, align="right"), gid="rate")
        chip -= width_mm(page.fonts, rate, HEAD.size * grow) + 6 * grow
    title = page.fonts.printable(edition.plain(service_name(one.standard, key)))
    fitting = shortened(page.fonts, title, HEAD.size * grow, (chip - page.left) * 0.93)
    write(page, page.left, y, fitting, HEAD, gid="title")
    y -= 6.0 * grow
    said = f"{headline(edition, one, key)} {service_line(edition, one, key)}"
    y = write_paragraph(page, page.left, y, said, BODY, room=wide, most=2)
    write_paragraph(page, page.left, y, line_of(edition, one), SMALL, room=wide, most=2)


def _draw_chip(page: Page, y: float, cell: Cell, word: str) -> float:
    """The verdict with its colour at the right edge; where it begins."""
    grow = page.paper.grow
    size = 10.0
    wide = width_mm(page.fonts, word, size * grow) * 1.05
    left = page.right - wide - 11 * grow
    swatch(page, (left, y - 1.0 * grow, 8.0 * grow, 5.6 * grow), cell.verdict)
    write(page, page.right, y + 0.4 * grow, word, Look(size, align="right"), gid="verdict")
    return left


def draw_foot(page: Page, edition: Edition, *, crs: str = "") -> None:
    """Whose data these are and of what date; program, day and coordinate system."""
    wide = page.right - page.left
    y = page.paper.margin + leading_mm(page, SMALL)
    names = " · ".join(attribution(edition.content))
    said = "  ".join(filter(None, (names, dates(edition))))
    write_paragraph(page, page.left, y, said, SMALL, room=wide, most=1)
    technical = " · ".join(filter(None, (made(edition), crs)))
    write(page, page.left, page.paper.margin, technical, SMALL)
