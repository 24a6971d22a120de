"""Lines of text: broken and shortened to a width, in Chinese as in English."""

from __future__ import annotations

import re

from lifecircle.printed.fonts import OMITTED, Fonts

MM_PER_POINT = 25.4 / 72
LEADING = 1.45
"""From line to line, in multiples of the size."""
LABEL_LEADING = 1.3

# What cannot begin a line, and what cannot end one.
_NOT_FIRST = "，。、；：！？）》」』”’…·%)],.;:!?"
_NOT_LAST = "（《「『“‘([#"
_HAN = "\u2e80-\u9fff\uf900-\uff60\U00020000-\U0003ffff"
_PARTS = re.compile(rf"[{_HAN}]|\s+|[^\s{_HAN}]+?(?<=[-/·_])|[^\s{_HAN}]+")
"""Every Chinese letter by itself, blanks, and words up to a hyphen or stroke."""


def width_mm(fonts: Fonts, text: str, size: float) -> float:
    """The width of a text in millimetres at a size in points."""
    return fonts.em(text) * size * MM_PER_POINT


def shortened(fonts: Fonts, text: str, size: float, room_mm: float) -> str:
    """The text, cut with an ellipsis where it is wider than the room."""
    if width_mm(fonts, text, size) <= room_mm:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        cut = text[:middle].rstrip() + OMITTED
        low, high = (middle, high) if width_mm(fonts, cut, size) <= room_mm else (low, middle - 1)
    return text[:low].rstrip() + OMITTED


def wrapped(
    fonts: Fonts, text: str, size: float, room_mm: float, *, most: int | None = None
) -> list[str]:
    """The text in lines no wider than the room; of more than `most` the last is cut."""
    lines: list[str] = []
    current = ""
    for part in _unbreakable(text):
        if width_mm(fonts, (current + part).rstrip(), size) <= room_mm:
            current += part
            continue
        if current.strip():
            lines.append(current)
        *full, current = _chopped(fonts, part.lstrip(), size, room_mm)
        lines += full
    lines.append(current)
    if most is not None and len(lines) > most:
        lines[most - 1 :] = [shortened(fonts, "".join(lines[most - 1 :]), size, room_mm)]
    return [line.strip() for line in lines]


def _unbreakable(text: str) -> list[str]:
    """The pieces between which a line may break."""
    pieces: list[str] = []
    for part in _PARTS.findall(text):
        joins = pieces and not pieces[-1].isspace()
        if joins and (part[0] in _NOT_FIRST or pieces[-1][-1] in _NOT_LAST):
            pieces[-1] += part
        else:
            pieces.append(part)
    return pieces


def _chopped(fonts: Fonts, word: str, size: float, room_mm: float) -> list[str]:
    """A word in pieces that fit, for one that is wider than a line."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and width_mm(fonts, pieces[-1] + letter, size) > room_mm:
            pieces.append("")
        pieces[-1] += letter
    return pieces
