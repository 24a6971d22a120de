"""The report for Word: the same words and numbers as report.html, to edit and to print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from docx.document import Document

from lifecircle import verdicts
from lifecircle.printed.edition import (
    Edition,
    attribution,
    dates,
    headline,
    line_of,
    made,
    names_of_definitions,
    service_line,
    title_of,
)
from lifecircle.printed.parts import (
    findings_part,
    gaps_part,
    inputs_part,
    matrix_parts,
    services_part,
    standard_part,
    standards_in_use,
)
from lifecircle.printed.word_page import (
    ROOM_ACROSS_MM,
    ROOM_MM,
    add_picture,
    add_text,
    blank_document,
    turn,
)
from lifecircle.printed.word_table import TableLook, add_table
from lifecircle.report import about, beside
from lifecircle.report.cells import Sheet
from lifecircle.report.compare import side_by_side, urban_and_rural
from lifecircle.report.grid import Entry, Part, Section, entry
from lifecircle.report.naming import service_name
from lifecircle.report.notes import facility_lists, notes
from lifecircle.report.summary import figures, scope_sentence, short_sentence, verdict_sentence
from lifecircle.report.unsure import confidence_words, undecided
from lifecircle.report.words import Both, both, words

MOST_COLUMNS = 10
SERVICE_SHARES = (1.9, 1.1, 1.2, 1.2, 0.9, 1.7, 1.1, 1.5)
GAP_SHARES = (2.2, 1.8, 1, 1, 1.7, 1.6)
STANDARD_SHARES = (1.5, 1.2, 0.8, 3.6, 1.6)
INPUT_SHARES = (1.3, 2.2, 1.1, 1.4, 3.6)
FINDING_SHARES = (0.7, 1.3, 1.3, 3.4, 3.0)
SECTION_SHARES = {"undecided": (1.7, 1.7, 0.9, 1.5, 0.8, 1.6, 2.0)}
"""Of sections whose columns differ in what they hold, by key."""
METHOD = ("m_rate", "m_minute", "m_snap", "m_area", "m_sum")


def write_word(path: Path, edition: Edition, one: Sheet, pictures: Mapping[str, bytes]) -> None:
    """Write the report as a Word document.

    Parameters
    ----------
    one
        The definition whose maps and matrix it shows.
    pictures
        A PNG of each service's map, by key.
    """
    name = edition.content.project.project.name
    title = " · ".join(filter(None, (name, title_of(edition))))
    document = blank_document(title, edition.language)
    _add_result(document, edition, one)
    _add_maps(document, edition, one, pictures)
    _add_matrix(document, edition, one)
    missing = gaps_part(one)
    if missing is not None:
        add_text(document, edition.say("gaps"), "Heading 1")
        _add_part(document, edition, missing, GAP_SHARES)
    for section in _sections(edition):
        _add_section(document, edition, section, one.definition.key)
    _add_findings(document, edition)
    _add_method(document, edition)
    _add_standards(document, edition)
    add_text(document, edition.plain(words("h_inputs")), "Heading 1")
    _add_part(document, edition, inputs_part(edition), INPUT_SHARES)
    for said in (" · ".join(attribution(edition.content)), dates(edition), made(edition)):
        if said:
            add_text(document, said, size=8)
    document.save(str(path))


def _add_result(document: Document, edition: Edition, one: Sheet) -> None:
    """Title, definition, verdict, figures, services, and what stands beside the rates."""
    name = edition.content.project.project.name
    add_text(document, name or title_of(edition), "Title")
    if name:
        add_text(document, title_of(edition), "Subtitle")
    add_text(document, line_of(edition, one), size=9)
    add_text(document, edition.plain(words("h_result")), "Heading 1")
    add_text(document, edition.plain(verdict_sentence(one)), size=11, bold=True)
    for said in (scope_sentence(one), short_sentence(one)):
        if said is not None:
            add_text(document, edition.plain(said))
    shown = figures(one)
    large = [Entry(both(figure.value), "large") for figure in shown]
    small = tuple(entry(figure.label) for figure in shown)
    look = TableLook((ROOM_MM / len(shown),) * len(shown), 9.0)
    add_table(document, Part(tuple(large), (small,)), look, edition)
    _add_part(document, edition, services_part(edition, one), SERVICE_SHARES)
    lists = facility_lists(edition.content)
    for note in notes(one, edition.content.findings, lists):
        add_text(document, edition.plain(note), "List Bullet")


def _add_maps(
    document: Document, edition: Edition, one: Sheet, pictures: Mapping[str, bytes]
) -> None:
    if not pictures:
        return
    heading = add_text(document, edition.plain(words("h_maps")), "Heading 1")
    heading.paragraph_format.page_break_before = True
    for at, (key, png) in enumerate(pictures.items(), start=1):
        name = edition.plain(service_name(one.standard, key))
        add_text(document, name, "Heading 2")
        said = f"{headline(edition, one, key)} {service_line(edition, one, key)}"
        add_text(document, said, size=9).paragraph_format.keep_with_next = True
        add_picture(document, png, ROOM_MM, said)
        source = " · ".join(attribution(edition.content))
        caption = edition.say("caption", n=at, service=name, source=source)
        add_text(document, caption.rstrip(" ·"), "Caption")


def _add_matrix(document: Document, edition: Edition, one: Sheet) -> None:
    """Zones by services, across the paper where there are many services."""
    across = len(one.services) > 6
    turn(document, across=across)
    add_text(document, edition.plain(words("h_matrix")), "Heading 1")
    add_text(document, edition.say("matrix_note"), size=8)
    room = ROOM_ACROSS_MM if across else ROOM_MM
    for part in matrix_parts(one, MOST_COLUMNS):
        services = len(part.heads) - 2
        wide = min((room - 10 - 42) / services, 28)
        add_table(document, part, TableLook((10, 42, *[wide] * services)), edition)
    if across:
        turn(document, across=False)


def _add_part(
    document: Document, edition: Edition, part: Part, shares: Sequence[float] = ()
) -> None:
    """A table over the whole width."""
    shares = shares or [1.6, *[1.0] * (len(part.heads) - 1)]
    whole = ROOM_MM / sum(shares)
    size = 8.0 if len(shares) < 9 else 7.0
    add_table(document, part, TableLook(tuple(s * whole for s in shares), size), edition)
    for note in part.notes:
        add_text(document, edition.plain(note), size=8)


def _sections(edition: Edition) -> Iterator[Section]:
    """What stands below the result in report.html, where there is something to say."""
    content, sheets = edition.content, list(edition.sheets)
    names = names_of_definitions(edition)
    found = [
        undecided(sheets, names),
        side_by_side(content, sheets, names),
        urban_and_rural(content, sheets, names),
        *beside.sections(content, sheets, names),
    ]
    yield from (section for section in found if section is not None)


def _add_section(document: Document, edition: Edition, section: Section, definition: str) -> None:
    """A section with the tables of one definition and those of all."""
    parts = [part for part in section.parts if part.definition in ("", definition)]
    if not parts:
        return
    add_text(document, edition.plain(section.title), "Heading 1")
    add_text(document, edition.plain(section.note), size=9)
    for part in parts:
        if part.caption is not None:
            add_text(document, edition.plain(part.caption), "Heading 2")
        _add_part(document, edition, _without_drawings(part), SECTION_SHARES.get(section.key, ()))


def _without_drawings(part: Part) -> Part:
    """The table without columns that hold drawings of the page."""
    keep = [
        at
        for at in range(len(part.heads))
        if not any(row[at].look == "picture" for row in part.rows)
    ]
    rows = tuple(tuple(row[at] for at in keep) for row in part.rows)
    return Part(
        tuple(part.heads[at] for at in keep), rows, part.definition, part.caption, part.notes
    )


def _add_findings(document: Document, edition: Edition) -> None:
    add_text(document, edition.plain(words("h_findings")), "Heading 1")
    part = findings_part(edition)
    if part is None:
        add_text(document, edition.plain(words("no_findings")))
    else:
        _add_part(document, edition, part, FINDING_SHARES)


def _add_method(document: Document, edition: Edition) -> None:
    """What a minute is, and how sure a rate is."""
    network, sheets = edition.content.project.network, edition.sheets
    said: list[Both] = [
        words(
            key,
            speed=f"{network.speed_kmh:g}",
            metres=verdicts.amount(network.speed_kmh * 250),
            snap=verdicts.amount(network.max_snap_m),
            component=verdicts.amount(network.min_component_m),
        )
        for key in METHOD
    ]
    add_text(document, edition.plain(words("h_minute")), "Heading 1")
    for paragraph in (*said, *about.other_ways(sheets, network.mode)):
        add_text(document, edition.plain(paragraph), size=9)
    sure = confidence_words(edition.content.project.confidence, sheets)
    if sure:
        add_text(document, edition.plain(words("h_confidence")), "Heading 1")
    for paragraph in sure:
        add_text(document, edition.plain(paragraph), size=9)


def _add_standards(document: Document, edition: Edition) -> None:
    """Every standard with its sources and their status, and the definitions that it is for."""
    names = names_of_definitions(edition)
    used = standards_in_use(edition)
    for first, users in used:
        standard = first.standard
        name = standard.name_zh if edition.language == "zh" else standard.name_en
        status = edition.plain(words(f"status_{standard.status}"))
        title = edition.say("standard", name=f"{name} ({status})")
        add_text(document, title, "Heading 1")
        comma = "、" if edition.language == "zh" else ", "
        said = [edition.plain(about.standard_note(standard))]
        if len(used) > 1:
            named = comma.join(edition.plain(names[one.definition.key]) for one in users)
            said.insert(0, edition.plain(words("used_by", names=named)))
        said += [edition.plain(part) for part in about.standard_parts(standard)]
        if standard.source:
            said.append(edition.plain(words("source", text=standard.source)))
        for paragraph in filter(None, said):
            add_text(document, paragraph, size=9)
        _add_part(document, edition, standard_part(first), STANDARD_SHARES)
