"""What all maps of a run share on one kind of paper, and the ground they are drawn on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import Rectangle
from matplotlib.path import Path as Outline
from shapely.geometry.polygon import orient

from lifecircle.printed.fonts import Fonts
from lifecircle.printed.labels import Label, place_labels
from lifecircle.printed.layout import Layout, best_layout
from lifecircle.printed.legend import HATCHES, dot_look
from lifecircle.printed.page import GREY, STREET, Look, Page, Paper, rectangle, write
from lifecircle.printed.scene import Array, Scene, drawn_streets, drawn_zones
from lifecircle.printed.typeset import LABEL_LEADING, MM_PER_POINT
from lifecircle.verdicts import COLOURS, Verdict

MOST_STREET_POINTS = 60_000
"""Of more, streets are put into a PDF as a picture."""
EDGE = "#46525e"


@dataclass(frozen=True, eq=False)
class Plate:
    """Layout, outlines, streets and labels of a run on one kind of paper.

    `names` are those of the zones, their ids where no font has the letters.
    """

    scene: Scene
    layout: Layout
    fonts: Fonts
    names: tuple[str, ...]
    zones: Array
    outlines: tuple[Outline, ...]
    streets: list[Array]
    labels: tuple[Label, ...]


def plate_of(scene: Scene, fonts: Fonts, paper: Paper, *, kinds: int) -> Plate:
    """The shared parts for a kind of paper; `kinds` of zones are listed in the longest legend."""
    layout = best_layout(scene, paper, kinds)
    zones = drawn_zones(scene, layout.frame)
    names = tuple(
        name if fonts.printable(name).strip("… ") else key
        for key, name in zip(scene.ids, scene.names, strict=True)
    )
    return Plate(
        scene=scene,
        layout=layout,
        fonts=fonts,
        names=names,
        zones=zones,
        outlines=tuple(map(outline, zones)),
        streets=drawn_streets(scene, layout.frame),
        labels=place_labels(zones, names, fonts, layout.paper),
    )


def outline(zone: shapely.Geometry) -> Outline:
    """A zone's rings as one path, holes running the other way."""
    rings = [
        shapely.get_coordinates(ring)
        for part in shapely.get_parts(zone)
        for ring in shapely.get_rings(orient(part))
    ]
    return Outline.make_compound_path(*(Outline(ring, closed=True) for ring in rings))


def draw_ground(page: Page, plate: Plate, verdicts: Sequence[Verdict]) -> Rectangle:
    """The zones in the colours of their verdicts, streets, outlines; the frame that clips them."""
    frame = rectangle(page, plate.layout.frame.box, edge=GREY, width=0.6, zorder=7)
    frame.set_gid("frame")
    draw_fills(page, plate.outlines, verdicts, frame)
    if plate.streets:
        width = 0.35 * page.paper.grow
        lines = LineCollection(plate.streets, colors=STREET, linewidths=width, zorder=2)
        lines.set_gid("streets")
        lines.set_rasterized(sum(map(len, plate.streets)) > MOST_STREET_POINTS)
        add_within(page, lines, frame)
    draw_edges(page, plate.outlines, frame, width=0.75)
    return frame


def draw_fills(
    page: Page, outlines: Sequence[Outline], verdicts: Sequence[Verdict], frame: Rectangle
) -> None:
    """Zones in the colours of their verdicts, one collection for each that occurs."""
    for verdict in dict.fromkeys(verdicts):
        paths = [path for path, its in zip(outlines, verdicts, strict=True) if its == verdict]
        hatch, colour = HATCHES.get(verdict, (None, "none"))
        fills = PathCollection(
            paths, facecolor=COLOURS[verdict], edgecolor=colour, linewidth=0, zorder=1, hatch=hatch
        )
        fills.set_gid(f"zones-{verdict}")
        add_within(page, fills, frame)


def draw_edges(page: Page, outlines: Sequence[Outline], frame: Rectangle, *, width: float) -> None:
    """The outlines of zones."""
    edges = PathCollection(
        outlines, facecolor="none", edgecolor=EDGE, linewidth=width * page.paper.grow, zorder=3,
        joinstyle="round",
    )  # fmt: skip
    add_within(page, edges, frame)


def add_within(page: Page, drawn: PathCollection | LineCollection, frame: Rectangle) -> None:
    """Draw nothing of it outside the frame."""
    page.axes.add_collection(drawn, autolim=False)
    drawn.set_clip_path(frame)


def draw_facilities(page: Page, plate: Plate, key: str, frame: Rectangle) -> int:
    """A dot for each facility inside the frame; how many."""
    place = plate.layout.frame
    dots = place.on_paper(plate.scene.facilities.get(key, np.empty((0, 2))))
    left, lower, wide, high = place.box
    seen = (dots > (left, lower)).all(axis=1) & (dots < (left + wide, lower + high)).all(axis=1)
    if seen.any():
        look = dot_look(page, int(seen.sum()))
        (drawn,) = page.axes.plot(*dots[seen].T, zorder=4, gid="facilities", **look)
        drawn.set_clip_path(frame)
    return int(seen.sum())


def draw_labels(
    page: Page, labels: Iterable[Label], texts: Callable[[Label], Sequence[str]]
) -> None:
    """Labels in their places; all lines but the last are bold."""
    for label in labels:
        step = label.size * MM_PER_POINT * LABEL_LEADING
        y = label.y - step * 0.82
        lines = texts(label)
        for number, text in enumerate(lines):
            bold = number < len(lines) - 1
            look = Look(label.size / page.paper.grow, bold=bold, align="center", halo=True)
            write(page, label.x, y, text, look, gid=f"label-{label.at}")
            y -= step
