"""One service's map on a sheet of paper: who passes, who does not, where that comes from."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.patches import Rectangle

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
from lifecircle.printed.labels import Label, label_texts
from lifecircle.printed.legend import (
    Signs,
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
    SMALL,
    Look,
    Page,
    blank_page,
    leading_mm,
    write,
    write_paragraph,
)
from lifecircle.printed.plate import Plate, draw_facilities, draw_ground, draw_labels
from lifecircle.printed.typeset import shortened, width_mm
from lifecircle.report.cells import Cell, Sheet
from lifecircle.report.naming import service_name
from lifecircle.report.words import percent_of


def service_page(plate: Plate, edition: Edition, one: Sheet, key: str) -> Page:
    """A sheet with one service's map."""
    page = blank_page(plate.layout.paper, plate.fonts)
    cells = [row.cells[key] for row in one.zones]
    frame = draw_ground(page, plate, [cell.verdict for cell in cells])
    signs = draw_signs(page, plate, one, key, frame)

    def texts(label: Label) -> tuple[str, ...]:
        return label_texts(label, cells[label.at].mark, cells[label.at].percent)

    draw_labels(page, plate.labels, texts)
    end = draw_legend(page, plate.layout.legend, edition, cells, signs)
    results = [f"{cell.mark} {percent_of(cell.percent)}".strip() for cell in cells]
    draw_numbered(page, plate, edition, results, end)
    name = edition.plain(service_name(one.standard, key))
    finish(page, plate, edition, one, key, title=name)
    return page


def draw_signs(page: Page, plate: Plate, one: Sheet, key: str, frame: Rectangle) -> Signs:
    """Facilities, where there are data for the service; what the legend must explain."""
    if one.head.cells[key].status == "no data" or key not in one.plain_services:
        return Signs(None, bool(plate.streets))
    return Signs(draw_facilities(page, plate, key, frame), bool(plate.streets))


def draw_numbered(
    page: Page, plate: Plate, edition: Edition, results: Sequence[str], end: float
) -> None:
    """The list of zones whose name had no room, each with its result."""
    named = {label.at for label in plate.labels if label.kind == "name"}
    rows = [
        (f"{at + 1}  {name}", results[at]) for at, name in enumerate(plate.names) if at not in named
    ]
    left, lower, wide, _ = plate.layout.legend
    draw_numbers(page, plate.layout.numbers or (left, lower, wide, end - lower), edition, rows)


def finish(page: Page, plate: Plate, edition: Edition, one: Sheet, key: str, *, title: str) -> None:
    """Scale and north; head and foot, where the sheet has any."""
    left, lower, wide, _ = plate.layout.scale
    grow = page.paper.grow
    draw_north(page, left + 3 * grow, lower + 8 * grow, plate.layout.frame, edition.say("north"))
    draw_scale(page, (left + 1, lower + 0.5, wide - 4 * grow, 0), plate.layout.frame)
    if page.paper.dressed:
        _draw_head(page, edition, one, key, title)
        draw_foot(page, edition, crs=plate.scene.crs.name)


def _draw_head(page: Page, edition: Edition, one: Sheet, key: str, title: str) -> None:
    """Project and service, the result of the whole area, and the definition it holds under."""
    grow, wide = page.paper.grow, page.right - page.left
    cell = one.head.cells[key]
    y = page_head(page, edition)
    rate, word = percent_of(cell.percent), edition.plain(cell.word)
    chip = _draw_chip(page, y, cell, word)
    if rate:
        write(page, chip - 3 * grow, y, rate, Look(HEAD.size, bold=True, align="right"), gid="rate")
        chip -= width_mm(page.fonts, rate, HEAD.size * grow) + 6 * grow
    room = (chip - page.left) * 0.93
    fitting = shortened(page.fonts, page.fonts.printable(title), HEAD.size * grow, room)
    write(page, page.left, y, fitting, HEAD, gid="title")
    y -= 6.0 * grow
    said = f"{headline(edition, one, key)} {service_line(edition, one, key)}"
    y = write_paragraph(page, page.left, y, said, BODY, room=wide, most=2)
    write_paragraph(page, page.left, y, line_of(edition, one), SMALL, room=wide, most=2)


def page_head(page: Page, edition: Edition) -> float:
    """Project and title at the head of a page; where its own title stands."""
    grow = page.paper.grow
    y = page.top - 2.6 * grow
    name = page.fonts.printable(edition.content.project.project.name)
    said = " · ".join(filter(None, (name, title_of(edition))))
    fitting = shortened(page.fonts, said, 8.0 * grow, page.right - page.left)
    write(page, page.left, y, fitting, Look(8.0, GREY))
    return y - 8.2 * grow


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
