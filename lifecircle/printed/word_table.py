"""Tables as Word stores them, with cells in the colours of their verdicts.

They are written as XML at once: a matrix may have thousands of cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt

from lifecircle.printed.edition import Edition
from lifecircle.printed.fonts import one_line
from lifecircle.printed.legend import HATCHES, ink_on
from lifecircle.report.grid import Entry, Part
from lifecircle.verdicts import COLOURS, Verdict

TWIPS_PER_MM = 1440 / 25.4
_GROWN = {"mono": 0.8, "large": 2.2}


@dataclass(frozen=True)
class TableLook:
    """Widths of the columns in millimetres, and the size of type in points."""

    widths: tuple[float, ...]
    size: float = 8.0


def word_text(text: str) -> str:
    """A text on one line with only what XML may hold.

    >>> word_text("a" + chr(0) + chr(0xFFFF) + "<b>")
    'a �<b>'
    """
    return "".join("\ufffd" if letter in "\ufffe\uffff" else letter for letter in one_line(text))


def add_table(document: Document, part: Part, look: TableLook, edition: Edition) -> None:
    """Append a table whose head repeats on every page."""
    rows = [_row(part.heads, look, edition, head=True)]
    rows += [_row(row, look, edition) for row in part.rows]
    grid = "".join(f'<w:gridCol w:w="{_twips(wide)}"/>' for wide in look.widths)
    table = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{_twips(sum(look.widths))}" '
        'w:type="dxa"/><w:tblBorders>'
        '<w:bottom w:val="single" w:sz="4" w:color="8a949e"/>'
        '<w:insideH w:val="single" w:sz="4" w:color="d5dadf"/></w:tblBorders>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="50" w:type="dxa"/>'
        '<w:right w:w="50" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )
    document.element.body.insert_element_before(table, "w:sectPr")
    gap = document.add_paragraph()
    gap.paragraph_format.space_after = Pt(0)
    gap.add_run(" ").font.size = Pt(5)


def _twips(mm: float) -> int:
    return round(mm * TWIPS_PER_MM)


def _row(row: Sequence[Entry], look: TableLook, edition: Edition, *, head: bool = False) -> str:
    cells = "".join(
        _cell(entry, wide, look, edition, head=head)
        for entry, wide in zip(row, look.widths, strict=True)
    )
    repeated = "<w:tblHeader/>" if head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{cells}</w:tr>"


def _cell(entry: Entry, wide: float, look: TableLook, edition: Edition, *, head: bool) -> str:
    align = '<w:jc w:val="right"/>' if "r" in entry.look.split() else ""
    bold = "<w:b/>" if head or entry.look == "b" else ""
    size = round(look.size * 2 * _GROWN.get(entry.look, 1.0))
    colour = f'<w:color w:val="{_bare(ink_on(_verdict(entry)))}"/>' if entry.chip else ""
    text = escape(word_text(edition.plain(entry.text)))
    below = '<w:bottom w:val="single" w:sz="8" w:color="16202b"/>'
    borders = f"<w:tcBorders>{below}</w:tcBorders>" if head else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{_twips(wide)}" w:type="dxa"/>{borders}{_shading(entry)}'
        f'<w:vAlign w:val="{"bottom" if head else "center"}"/></w:tcPr>'
        f'<w:p><w:pPr><w:spacing w:before="20" w:after="20"/>{align}</w:pPr>'
        f'<w:r><w:rPr>{bold}{colour}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr>'
        f'<w:t xml:space="preserve">{text}</w:t></w:r></w:p></w:tc>'
    )


def _shading(entry: Entry) -> str:
    """The verdict's fill; striped where it is undecided."""
    if not entry.chip:
        return ""
    fill = _bare(COLOURS[_verdict(entry)])
    if entry.chip == "undecided":
        stripes = _bare(HATCHES["undecided"][1])
        return f'<w:shd w:val="thinDiagStripe" w:color="{stripes}" w:fill="ffffff"/>'
    return f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>'


def _verdict(entry: Entry) -> Verdict:
    return entry.chip  # type: ignore[return-value]


def _bare(colour: str) -> str:
    return colour.removeprefix("#")
