"""The atlas: cover, matrix, a map for each service, gaps, and what it all rests on; one PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from matplotlib.backends.backend_pdf import PdfPages

from lifecircle.printed.edition import Edition, attribution, dates, line_of, made, title_of
from lifecircle.printed.fonts import Fonts
from lifecircle.printed.page import (
    BODY,
    GREY,
    HEAD,
    SMALL,
    Look,
    Page,
    Paper,
    blank_page,
    leading_mm,
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
from lifecircle.printed.service_map import draw_foot
from lifecircle.printed.tables import Setting, draw_table, widths_for
from lifecircle.printed.typeset import wrapped
from lifecircle.report.cells import Sheet
from lifecircle.report.grid import Part
from lifecircle.report.summary import figures, scope_sentence, short_sentence, verdict_sentence
from lifecircle.report.words import words

MOST_COLUMNS = 10
"""Services side by side on one page of the matrix."""
SERVICE_SHARES = (2.2, 1.3, 1, 1.1, 0.8, 1.8, 1.2, 1.5)
GAP_SHARES = (2.4, 2, 1, 1, 1.8, 1.6)
STANDARD_SHARES = (1.6, 1.2, 0.8, 4.2, 1.6)
INPUT_SHARES = (1.2, 2.6, 1, 1.4, 4.0)
NUMBER_MM, NAME_MM = 9.0, 46.0


def write_atlas(path: Path, pages: Sequence[Page], edition: Edition) -> None:
    """Write pages as one PDF, numbered."""
    name = edition.content.project.project.name
    about = {
        "Title": f"{name} · {title_of(edition)}",
        "Creator": "lifecircle",
        "CreationDate": None,
    }
    with PdfPages(path, metadata=about) as pdf:
        for at, page in enumerate(pages, start=1):
            look = Look(SMALL.size, GREY, align="right")
            write(page, page.right, page.paper.margin, f"{at} / {len(pages)}", look, gid="number")
            pdf.savefig(page.figure)


def front_pages(edition: Edition, one: Sheet, fonts: Fonts, paper: Paper) -> list[Page]:
    """The cover and the matrix."""
    pages = [_cover(edition, one, fonts, paper)]
    for part in matrix_parts(one, MOST_COLUMNS):
        pages += _table_pages(
            edition, fonts, paper, part, edition.plain(words("h_matrix")), matrix=True,
            note=edition.say("matrix_note"),
        )  # fmt: skip
    return pages


def back_pages(edition: Edition, one: Sheet, fonts: Fonts, paper: Paper) -> list[Page]:
    """Where most is missing, then standards and inputs."""
    pages: list[Page] = []
    missing = gaps_part(one)
    if missing is not None:
        title = edition.say("gaps")
        pages += _table_pages(edition, fonts, paper, missing, title, shares=GAP_SHARES)
    for first, _ in standards_in_use(edition):
        standard = first.standard
        name = standard.name_zh if edition.language == "zh" else standard.name_en
        title = f"{edition.plain(words('h_standard'))}: {name}"
        part = standard_part(first)
        source = (
            f"{edition.plain(words('source', text=standard.source))}" if standard.source else ""
        )
        pages += _table_pages(
            edition, fonts, paper, part, title, shares=STANDARD_SHARES, note=source
        )
    inputs = edition.plain(words("h_inputs"))
    return [
        *pages,
        *_table_pages(edition, fonts, paper, inputs_part(edition), inputs, shares=INPUT_SHARES),
    ]


def _cover(edition: Edition, one: Sheet, fonts: Fonts, paper: Paper) -> Page:
    """Title, definition, verdict, the four figures and the table of services."""
    page = blank_page(paper, fonts)
    grow, room = paper.grow, page.right - page.left
    name = edition.content.project.project.name
    y = page.top - 9 * grow
    big = Look(24.0, bold=True)
    y = write_paragraph(page, page.left, y, name or title_of(edition), big, room=room, most=2)
    if name:
        write(page, page.left, y + 2 * grow, title_of(edition), Look(14.0, GREY))
        y -= 6 * grow
    y = write_paragraph(page, page.left, y, line_of(edition, one), BODY, room=room, most=3)
    y -= 3 * grow
    verdict = Look(11.0, bold=True)
    sentence = edition.plain(verdict_sentence(one))
    y = write_paragraph(page, page.left, y, sentence, verdict, room=room * 0.97, most=4)
    for said in (scope_sentence(one), short_sentence(one)):
        if said is not None:
            y = write_paragraph(page, page.left, y, edition.plain(said), BODY, room=room, most=3)
    y = _draw_figures(page, edition, one, y - 8 * grow)
    setting = Setting(widths_for(page, SERVICE_SHARES), 8.0)
    lowest = paper.margin + 10 * grow
    part = services_part(edition, one)
    shown, y = draw_table(page, part, setting, edition, (y, lowest), 0)
    draw_foot(page, edition)
    return page


def _draw_figures(page: Page, edition: Edition, one: Sheet, y: float) -> float:
    """The large numbers side by side, what they count below."""
    shown = figures(one)
    grow, wide = page.paper.grow, (page.right - page.left) / len(shown)
    lowest = y
    for at, figure in enumerate(shown):
        x = page.left + at * wide
        write(page, x, y, figure.value, Look(22.0, bold=True), gid="figure")
        label = edition.plain(figure.label)
        end = write_paragraph(page, x, y - 6 * grow, label, Look(7.0, GREY), room=wide - 6, most=3)
        lowest = min(lowest, end)
    return lowest - 3 * grow


def _table_pages(
    edition: Edition,
    fonts: Fonts,
    paper: Paper,
    part: Part,
    title: str,
    *,
    shares: Sequence[float] = (),
    note: str = "",
    matrix: bool = False,
) -> list[Page]:
    """A table over as many pages as it needs, with its title on each."""
    pages: list[Page] = []
    first = 0
    while first < len(part.rows) or not pages:
        page = blank_page(paper, fonts)
        y = _page_head(page, edition, title, note)
        setting = _matrix_setting(page, part) if matrix else Setting(widths_for(page, shares))
        room = (y, paper.margin + 10 * paper.grow)
        first, y = draw_table(page, part, setting, edition, room, first)
        draw_foot(page, edition)
        pages.append(page)
    for said in part.notes:
        write(pages[-1], pages[-1].left, y - 4 * paper.grow, edition.plain(said), SMALL)
    return pages


def _matrix_setting(page: Page, part: Part) -> Setting:
    """Number, name, then services of equal width, at most as wide as they need."""
    grow = page.paper.grow
    services = len(part.heads) - 2
    fixed = (NUMBER_MM * grow, NAME_MM * grow)
    room = page.right - page.left - sum(fixed)
    return Setting((*fixed, *[min(room / services, 30 * grow)] * services), 7.0, tight=True)


def _page_head(page: Page, edition: Edition, title: str, note: str) -> float:
    """Project and title; where the page goes on."""
    grow, room = page.paper.grow, page.right - page.left
    y = page.top - 2.6 * grow
    name = edition.content.project.project.name
    write(page, page.left, y, " · ".join(filter(None, (name, title_of(edition)))), Look(8.0, GREY))
    y -= 8.2 * grow
    size = Look(HEAD.size * 0.85, bold=True)
    write(page, page.left, y, title, size, gid="title")
    y -= 3.0 * grow
    if note:
        y = write_paragraph(page, page.left, y - 2 * grow, note, SMALL, room=room, most=3)
    return y
