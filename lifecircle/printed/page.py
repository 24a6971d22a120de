"""A sheet of paper: everything on it is placed in millimetres from its lower left corner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Stroke
from matplotlib.text import Text

from lifecircle.printed.fonts import Fonts
from lifecircle.printed.typeset import LEADING, MM_PER_POINT, wrapped

MM_PER_INCH = 25.4
DARK, GREY, LINE, STREET = "#16202b", "#54616d", "#8a949e", "#a3abb3"


@dataclass(frozen=True)
class Paper:
    """A sheet in millimetres; `grow` multiplies every size of type and symbol on it.

    `dressed` sheets say what they show and where it comes from; pictures of a report do not, since
    the text around them does.
    """

    key: str
    width: float
    height: float
    margin: float = 10.0
    grow: float = 1.0
    dressed: bool = True


PAPERS = {
    "a4": Paper("a4", 297, 210),
    "a3": Paper("a3", 420, 297, margin=12.0, grow=1.3),
}
PICTURE = Paper("picture", 170, 93, margin=1.0, grow=0.95, dressed=False)
"""What fits between the margins of a report in A4."""


def upright(paper: Paper) -> Paper:
    """The sheet turned by a quarter."""
    return replace(paper, width=paper.height, height=paper.width)


@dataclass(frozen=True)
class Look:
    """How a text is set; its size is in points on A4."""

    size: float = 8.0
    colour: str = DARK
    bold: bool = False
    align: Literal["left", "center", "right"] = "left"
    halo: bool = False


BODY = Look()
SMALL = Look(6.5, GREY)
STRONG = Look(8.0, bold=True)
HEAD = Look(17.0, bold=True)


@dataclass(frozen=True, eq=False)
class Page:
    """A sheet with its figure, the axes that span it, and the fonts it is set in."""

    paper: Paper
    figure: Figure
    axes: Axes
    fonts: Fonts

    @property
    def left(self) -> float:
        """The left edge of what is printed."""
        return self.paper.margin

    @property
    def right(self) -> float:
        """The right edge of what is printed."""
        return self.paper.width - self.paper.margin

    @property
    def top(self) -> float:
        """The upper edge of what is printed."""
        return self.paper.height - self.paper.margin


@contextmanager
def own_settings() -> Iterator[None]:
    """The drawing library as it comes, whatever a notebook has set; as before when left."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        # Unhinted letters are as wide as they are measured; Type 3 takes every font there is.
        matplotlib.rcParams.update({"text.hinting": "none", "pdf.fonttype": 3})
        yield


def blank_page(paper: Paper, fonts: Fonts) -> Page:
    """An empty sheet."""
    figure = Figure(figsize=(paper.width / MM_PER_INCH, paper.height / MM_PER_INCH))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, paper.width)
    axes.set_ylim(0, paper.height)
    axes.set_axis_off()
    return Page(paper, figure, axes, fonts)


def write(page: Page, x: float, y: float, text: str, look: Look = BODY, *, gid: str = "") -> Text:
    """One line with its baseline at `y`; names are printed as they are, never as formulas."""
    line = page.fonts.printable(text)
    options: dict[str, Any] = {
        "fontfamily": list(page.fonts.families),
        "fontsize": look.size * page.paper.grow,
        "fontweight": "bold" if look.bold else "normal",
        "ha": look.align,
        "va": "baseline",
        "parse_math": False,
    }
    if look.halo:
        # as outlines below the text itself, which stays text that can be searched
        page.axes.text(
            x, y, line, color="white", zorder=9, **options,
            path_effects=[Stroke(linewidth=2.2 * page.paper.grow, foreground="white", alpha=0.9)],
        )  # fmt: skip
    return page.axes.text(x, y, line, color=look.colour, zorder=10, gid=gid or None, **options)


def write_lines(page: Page, x: float, y: float, lines: Sequence[str], look: Look = BODY) -> float:
    """Lines below each other, the first with its baseline at `y`; where the next would stand."""
    for line in lines:
        write(page, x, y, line, look)
        y -= leading_mm(page, look)
    return y


def write_paragraph(
    page: Page,
    x: float,
    y: float,
    text: str,
    look: Look = BODY,
    *,
    room: float,
    most: int | None = None,
) -> float:
    """A text broken to a width; where the next line would stand."""
    size = look.size * page.paper.grow
    lines = wrapped(page.fonts, page.fonts.printable(text), size, room, most=most)
    return write_lines(page, x, y, lines, look)


def leading_mm(page: Page, look: Look) -> float:
    """From baseline to baseline."""
    return look.size * page.paper.grow * MM_PER_POINT * LEADING


def rectangle(
    page: Page,
    box: tuple[float, float, float, float],
    *,
    fill: str = "none",
    edge: str = "none",
    hatch: str | None = None,
    zorder: float = 5,
    width: float = 0.5,
) -> Rectangle:
    """A box given by its left, lower edge, width and height."""
    x, y, wide, high = box
    drawn = Rectangle(
        (x, y), wide, high, facecolor=fill, edgecolor=edge, linewidth=width, zorder=zorder,
        hatch=hatch,
    )  # fmt: skip
    page.axes.add_patch(drawn)
    return drawn


def line(
    page: Page,
    x: Sequence[float],
    y: Sequence[float],
    *,
    colour: str = DARK,
    width: float = 0.8,
    zorder: float = 6,
    gid: str = "",
) -> Line2D:
    """A line through these points."""
    drawn = Line2D(x, y, color=colour, linewidth=width, zorder=zorder, solid_capstyle="butt")
    drawn.set_gid(gid)
    page.axes.add_line(drawn)
    return drawn
