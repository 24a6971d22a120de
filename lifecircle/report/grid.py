"""Tables below the result: their cells, and the sections that hold them."""

from __future__ import annotations

from dataclasses import dataclass

from lifecircle import verdicts
from lifecircle.report.cells import Cell
from lifecircle.report.words import Both, both, words
from lifecircle.verdicts import Verdict

NONE = "–"
"""What stands where there is no number."""

NUMBER = "r nw"
"""The look of a number."""


@dataclass(frozen=True)
class Entry:
    """A cell: its text, its classes, and the verdict whose colours the text has, if it has one."""

    text: Both
    look: str = ""
    chip: str = ""


Row = tuple[Entry, ...]


@dataclass(frozen=True)
class Part:
    """A table of a section: of one definition (its key), or of all.

    The first cell of a row is its head.
    """

    heads: Row
    rows: tuple[Row, ...]
    definition: str = ""
    caption: Both | None = None
    notes: tuple[Both, ...] = ()


@dataclass(frozen=True)
class Section:
    """A section below the result; it is not there without tables."""

    key: str
    title: Both
    note: Both
    parts: tuple[Part, ...]


def entry(text: object, look: str = "") -> Entry:
    """A cell with this text.

    >>> entry("<b>").text.en
    Markup('&lt;b&gt;')
    """
    return Entry(both(text), look)


def number(text: object) -> Entry:
    """A cell with a number, or a dash where there is none."""
    return entry(text or NONE, NUMBER)


def heads(*codes: str | Both, numbers: int = 0) -> Row:
    """The head of a table from its words; the last `numbers` columns hold numbers."""
    first = len(codes) - numbers
    return tuple(
        entry(words(code) if isinstance(code, str) else code, "r" if at >= first else "")
        for at, code in enumerate(codes)
    )


def verdict_chip(cell: Cell) -> Entry:
    """The verdict of a cell of the coverage table."""
    return chip(cell.verdict, cell.word)


def chip(verdict: Verdict, word: Both) -> Entry:
    """A verdict: its mark and word in its colours."""
    mark = verdicts.MARKS[verdict]
    return Entry(words("marked", mark=mark, word=word), "nw", verdict)
