"""The Word document's paper: styles, fonts, page numbers, text and pictures."""

from __future__ import annotations

import io
from typing import cast

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from lifecircle.printed.word_table import word_text

LATIN, CHINESE = "Arial", "Microsoft YaHei"
WIDTH_MM, HEIGHT_MM, MARGIN_MM = 210, 297, 20
ROOM_MM = WIDTH_MM - 2 * MARGIN_MM
ROOM_ACROSS_MM = HEIGHT_MM - 2 * MARGIN_MM
DARK, GREY = RGBColor(0x16, 0x20, 0x2B), RGBColor(0x54, 0x61, 0x6D)
_SIZES = {"Normal": 10, "Title": 24, "Subtitle": 13, "Heading 1": 15, "Heading 2": 12,
          "List Bullet": 9, "Caption": 8.5}  # fmt: skip


def blank_document(title: str, language: str) -> Document:
    """An A4 document with its styles, its title, and the number of each page at the foot."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(WIDTH_MM), Mm(HEIGHT_MM)
    section.left_margin = section.right_margin = Mm(MARGIN_MM)
    section.top_margin = section.bottom_margin = Mm(MARGIN_MM)
    for name, size in _SIZES.items():
        style = cast(ParagraphStyle, document.styles[name])
        _set_style(style, size, "zh-CN" if language == "zh" else "en-GB")
    document.core_properties.title = word_text(title)
    document.core_properties.author = "lifecircle"
    document.core_properties.comments = ""
    document.core_properties.language = "zh-CN" if language == "zh" else "en-GB"
    footer = section.footer.paragraphs[0]
    footer.alignment = 2
    for kind in ("PAGE", "NUMPAGES"):
        if kind == "NUMPAGES":
            footer.add_run(" / ")
        footer._p.append(parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="{kind}"/>'))
    return document


def _set_style(style: ParagraphStyle, size: float, language: str) -> None:
    """Fonts for Latin and Chinese alike; the template's theme would set other ones."""
    style.font.size = Pt(size)
    style.font.name = LATIN
    style.font.italic = False
    grey = style.name in ("Subtitle", "Caption")
    style.font.color.rgb = GREY if grey else DARK
    style.font.bold = style.name in ("Title", "Heading 1", "Heading 2")
    style.paragraph_format.space_after = Pt(4)
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script, font in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", CHINESE)):
        fonts.set(qn(f"w:{script}"), font)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), language)
    spoken.set(qn("w:eastAsia"), "zh-CN")
    properties.append(spoken)


def add_text(
    document: Document, text: str, style: str = "Normal", *, size: float = 0.0, bold: bool = False
) -> Paragraph:
    """A paragraph; names in it are text and nothing else."""
    paragraph = document.add_paragraph(style=style)
    run = paragraph.add_run(word_text(text))
    run.bold = bold or None
    if size:
        run.font.size = Pt(size)
    return paragraph


def add_picture(document: Document, png: bytes, width_mm: float, described: str) -> None:
    """A picture as wide as given, with a text for those who do not see it."""
    picture = document.add_picture(io.BytesIO(png), width=Mm(width_mm))
    picture._inline.docPr.set("descr", word_text(described))
    document.paragraphs[-1].paragraph_format.keep_with_next = True


def turn(document: Document, *, across: bool) -> None:
    """Begin a section on paper that lies across or stands upright."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    wide, high = (HEIGHT_MM, WIDTH_MM) if across else (WIDTH_MM, HEIGHT_MM)
    section.orientation = WD_ORIENT.LANDSCAPE if across else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(wide), Mm(high)
