"""The atlas: cover, overview, matrix, the maps, gaps, and what it all rests on; one PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.backends.backend_pdf import PdfPages

from lifecircle.printed.edition import Edition, line_of, title_of
from lifecircle.printed.overview import overview_page
from lifecircle.printed.page import (
    BODY,
    GREY,
    SMALL,
    Look,
    Page,
    blank_page,
    write,
    write_paragraph,
)
from lifecircle.printed.parts import (
    gaps_part,
    inputs_part,
    matrix_parts,
    services_part,
    standard_part,
    standards_in_use,
)
from lifecircle.printed.plate import Plate
from lifecircle.printed.service_map import draw_foot, page_head
from lifecircle.printed.tables import Setting, draw_table, widths_for
from lifecircle.report.cells import Sheet
from lifecircle.report.grid import Part
from lifecircle.report.summary import figures, scope_sentence, short_sentence, verdict_sentence
from lifecircle.report.words import words

SERVICE_SHARES = (2.2, 1.2, 1.1, 1.2, 0.9, 1.8, 1.2, 1.5)
GAP_SHARES = (2.4, 2, 1, 1, 1.8, 1.6)
STANDARD_SHARES = (1.6, 1.2, 0.8, 4.2, 1.6)
INPUT_SHARES = (1.2, 2.6, 1, 1.4, 4.0)
NUMBER_MM, NAME_MM, SERVICE_MM = 9.0, 42.0, 15.0
FOOT_MM = 10.0


@dataclass(frozen=True)
class Block:
    """A table with its title and a note; `shares` of the width for its columns, none: a matrix."""

    title: str
    part: Part
    shares: tuple[float, ...] = ()
    note: str = ""


def write_atlas(path: Path, pages: Sequence[Page], edition: Edition) -> None:
    """Write pages as one PDF, numbered."""
    title = " · ".join(filter(None, (edition.content.project.project.name, title_of(edition))))
    about = {"Title": title, "Creator": "lifecircle", "CreationDate": None}
    with PdfPages(path, metadata=about) as pdf:
        for at, page in enumerate(pages, start=1):
            look = Look(SMALL.size, GREY, align="right")
            said = f"{at} / {len(pages)}"
            write(page, page.right, page.paper.margin, said, look, gid="page-number")
            pdf.savefig(page.figure)


def atlas_pages(plate: Plate, edition: Edition, one: Sheet, maps: Sequence[Page]) -> list[Page]:
    """All pages of an atlas around the maps of its services."""
    most = _columns(plate)
    title = edition.plain(words("h_matrix"))
    note = edition.say("matrix_note")
    matrices = [Block(title, part, (), note) for part in matrix_parts(one, most)]
    return [
        _cover(plate, edition, one),
        overview_page(plate, edition, one),
        *_flow(plate, edition, matrices, apart=True),
        *maps,
        *_flow(plate, edition, _foundations(edition, one)),
    ]


def _columns(plate: Plate) -> int:
    """How many services have room side by side."""
    paper = plate.layout.paper
    room = paper.width - 2 * paper.margin - (NUMBER_MM + NAME_MM) * paper.grow
    return int(room / (SERVICE_MM * paper.grow))


def _foundations(edition: Edition, one: Sheet) -> list[Block]:
    """Where most is missing, standards, inputs."""
    blocks = []
    missing = gaps_part(one)
    if missing is not None:
        blocks.append(Block(edition.say("gaps"), missing, GAP_SHARES))
    for first, _ in standards_in_use(edition):
        standard = first.standard
        name = standard.name_zh if edition.language == "zh" else standard.name_en
        source = edition.plain(words("source", text=standard.source)) if standard.source else ""
        title = edition.say("standard", name=name)
        blocks.append(Block(title, standard_part(first), STANDARD_SHARES, source))
    title = edition.plain(words("h_inputs"))
    return [*blocks, Block(title, inputs_part(edition), INPUT_SHARES)]


def _cover(plate: Plate, edition: Edition, one: Sheet) -> Page:
    """Title, definition, verdict, the four figures and the table of services."""
    page = blank_page(plate.layout.paper, plate.fonts)
    grow, room = page.paper.grow, page.right - page.left
    name = edition.content.project.project.name
    big, left = Look(24.0, bold=True), page.left
    y = page.top - 9 * grow
    y = write_paragraph(page, left, y, name or title_of(edition), big, room=room, most=2)
    if name:
        write(page, left, y + 2 * grow, title_of(edition), Look(14.0, GREY))
        y -= 6 * grow
    y = write_paragraph(page, left, y, line_of(edition, one), BODY, room=room, most=4)
    verdict, sentence = Look(11.0, bold=True), edition.plain(verdict_sentence(one))
    y = write_paragraph(page, left, y - 3 * grow, sentence, verdict, room=room * 0.96, most=5)
    for said in (scope_sentence(one), short_sentence(one)):
        if said is not None:
            y = write_paragraph(page, left, y, edition.plain(said), BODY, room=room, most=3)
    y = _draw_figures(page, edition, one, y - 8 * grow)
    setting = Setting(widths_for(page, SERVICE_SHARES), 8.0 if room > 250 * grow else 7.0)
    part = services_part(edition, one)
    draw_table(page, part, setting, edition, room=(y, page.paper.margin + FOOT_MM * grow))
    draw_foot(page, edition)
    return page


def _draw_figures(page: Page, edition: Edition, one: Sheet, y: float) -> float:
    """The large numbers side by side, what they count below."""
    shown = figures(one)
    grow, wide = page.paper.grow, (page.right - page.left) / len(shown)
    lowest = y
    for at, figure in enumerate(shown):
        x = page.left + at * wide
        write(page, x, y, figure.value, Look(20.0, bold=True), gid="figure")
        label = edition.plain(figure.label)
        end = write_paragraph(page, x, y - 6 * grow, label, Look(7.0, GREY), room=wide - 6, most=4)
        lowest = min(lowest, end)
    return lowest - 3 * grow


def _flow(
    plate: Plate, edition: Edition, blocks: Sequence[Block], *, apart: bool = False
) -> list[Page]:
    """Tables below each other over as many pages as they need; `apart` each on a new page."""
    pages: list[Page] = []
    y = 0.0
    for block in blocks:
        first = 0
        while first < len(block.part.rows) or first == 0:
            grow = plate.layout.paper.grow
            lowest = plate.layout.paper.margin + FOOT_MM * grow
            if not pages or apart or first or y < lowest + 35 * grow:
                pages.append(blank_page(plate.layout.paper, plate.fonts))
                draw_foot(pages[-1], edition)
                y = page_head(pages[-1], edition)
            else:
                y -= 9.0 * grow
            page = pages[-1]
            y = _block_head(page, block, y)
            first, y = draw_table(
                page, block.part, _setting(page, block), edition, room=(y, lowest), first=first
            )
            if not block.part.rows:
                break
        for said in block.part.notes:
            y -= 4.0 * plate.layout.paper.grow
            write(pages[-1], pages[-1].left, y, edition.plain(said), SMALL)
    return pages


def _block_head(page: Page, block: Block, y: float) -> float:
    grow = page.paper.grow
    write(page, page.left, y, block.title, Look(14.0, bold=True), gid="title")
    y -= 3.0 * grow
    if block.note:
        room = page.right - page.left
        y = write_paragraph(page, page.left, y - 2 * grow, block.note, SMALL, room=room, most=3)
    return y


def _setting(page: Page, block: Block) -> Setting:
    """Columns by their shares; of a matrix number, name, then services of equal width."""
    if block.shares:
        return Setting(widths_for(page, block.shares))
    grow = page.paper.grow
    fixed = (NUMBER_MM * grow, NAME_MM * grow)
    services = len(block.part.heads) - 2
    room = page.right - page.left - sum(fixed)
    return Setting((*fixed, *[min(room / services, 30 * grow)] * services), 7.0, tight=True)
