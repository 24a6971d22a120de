"""Fonts that can print what a run says, found among those installed; and what none of them can.

A map with boxes in place of Chinese is worse than none: where no font has the letters, that is an
error with a remedy. Single letters that every font lacks are replaced by an ellipsis and named.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib import font_manager
from matplotlib.font_manager import FontEntry
from matplotlib.ft2font import FT2Font

from lifecircle.errors import InputError
from lifecircle.messages import some

CHINESE = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "SimHei",
    "PingFang SC", "Hiragino Sans GB", "Heiti SC", "STHeiti", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Noto Sans SC", "DengXian", "Noto Serif CJK SC", "SimSun",
    "Droid Sans Fallback", "Noto Sans CJK JP", "Arial Unicode MS",
)  # fmt: skip
"""Families in the order of preference: plain faces with the mainland's forms first."""

WESTERN = ("Noto Sans", "Source Sans 3", "Segoe UI", "Arial", "Helvetica Neue", "Liberation Sans")
"""Families that come first where the text is English."""

ALWAYS = "DejaVu Sans"
"""Comes with matplotlib, and has the marks that some Chinese fonts lack."""

# Chinese fonts give these the width of a letter, which tears English apart.
_NARROW = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "·": "•"})

MOST_FALLBACKS = 6
OMITTED = "…"
_EM = 100
_NO_LETTERS = re.compile("emoji|color|last ?resort|symbol", re.IGNORECASE)
_HAN = re.compile("[\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


@dataclass(frozen=True, eq=False)
class Fonts:
    """The families to print with, in the order in which letters are looked up.

    `missing` are the letters that none of them has. `narrow`: English set in a Chinese font, whose
    quotation marks are replaced by narrow ones.
    """

    families: tuple[str, ...]
    faces: tuple[FT2Font, ...]
    missing: frozenset[str] = frozenset()
    narrow: bool = False
    _advance: dict[str, float] = field(default_factory=dict, repr=False)

    def em(self, text: str) -> float:
        """The width of a text in multiples of its size; an upper bound where letters join."""
        return sum(self._letter(letter) for letter in text)

    def _letter(self, letter: str) -> float:
        if letter not in self._advance:
            code = ord(letter)
            face = next((face for face in self.faces if face.get_char_index(code)), None)
            wide = face.load_char(code).linearHoriAdvance / 65536 / _EM if face else 0.6
            self._advance[letter] = wide
        return self._advance[letter]

    def printable(self, text: str) -> str:
        """The text as it can be drawn on one line: without controls, an ellipsis for what lacks."""
        text = one_line(text)
        kept = "".join(OMITTED if each in self.missing else each for each in text)
        kept = kept.translate(_NARROW) if self.narrow else kept
        return re.sub(f"{OMITTED}+", OMITTED, kept)


def one_line(text: str) -> str:
    """A text without line ends and whatever else would steer a page.

    >>> one_line("a" + chr(10) + "b" + chr(0x202e) + chr(7) + "c")
    'a b c'
    """
    kinds = {"Cc": " ", "Zl": " ", "Zp": " ", "Cf": "", "Cs": "\ufffd"}
    shown = (kinds.get(unicodedata.category(letter), letter) for letter in text)
    # thin unbreakable blanks are in few fonts
    return " ".join("".join(shown).replace("\u202f", "\u00a0").split(" ")).strip()


def installed() -> Sequence[FontEntry]:
    """The fonts that matplotlib knows."""
    return font_manager.fontManager.ttflist


def find_fonts(
    texts: Iterable[str], font_file: str | Path | None = None, *, language: str = "zh"
) -> Fonts:
    """The fonts for these texts.

    Parameters
    ----------
    font_file
        A font to prefer to those installed.

    Raises
    ------
    InputError
        If the file is no font, or there is Chinese among the texts and no font that has it.
    """
    letters = {letter for text in texts for letter in one_line(text) if not letter.isspace()}
    letters.add("•")
    chosen = [_from_file(Path(font_file))] if font_file is not None else []
    chinese = {letter for letter in letters if _HAN.match(letter)}
    if not chosen and language == "en":
        chosen = _first_of(WESTERN)
    narrow = not chosen and language == "en"
    if not chosen or _lacking(chosen, chinese):
        chosen += _preferred(chinese)
    chosen += [entry for entry in installed() if entry.name == ALWAYS][:1]
    chosen += _covering(_lacking(chosen, letters))
    missing = _lacking(chosen, letters)
    if chinese and chinese <= missing:
        names = ", ".join(CHINESE[:6])
        raise InputError.of("printed.no_font", names=names, letters=some(sorted(chinese), 5))
    faces = tuple(face for entry in chosen if (face := _face(entry)))
    families = tuple(dict.fromkeys(entry.name for entry in chosen))
    return Fonts(families, faces, frozenset(missing), narrow and families[0] != ALWAYS)


def _from_file(path: Path) -> FontEntry:
    """A font file made known to matplotlib; of a collection the face for the mainland."""
    try:
        font_manager.fontManager.addfont(path)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise InputError.of("printed.bad_font", file=path, reason=reason) from None
    faces = [entry for entry in installed() if Path(entry.fname) == path]
    mainland = [entry for entry in faces if re.search(r"\b(SC|CN|GB)\b", entry.name)]
    return (mainland or faces)[0]


def _preferred(chinese: set[str]) -> list[FontEntry]:
    """The first family of the list that is there; a fresh look at the disk before giving up."""
    found = _first_of(CHINESE)
    if not found and chinese:
        _look_again()
        found = _first_of(CHINESE)
    return found


def _first_of(families: Iterable[str]) -> list[FontEntry]:
    regular: dict[str, FontEntry] = {}
    for entry in installed():
        best = regular.get(entry.name)
        if entry.style == "normal" and (best is None or _boldness(entry) < _boldness(best)):
            regular[entry.name] = entry
    for family in families:
        if family in regular and _face(regular[family]) is not None:
            return [regular[family]]
    return []


def _boldness(entry: FontEntry) -> int:
    """How far a weight is from the regular one."""
    return abs(entry.weight - 400) if isinstance(entry.weight, int) else 100


def _look_again() -> None:
    """Fonts installed since matplotlib last listed them."""
    known = {entry.fname for entry in installed()}
    for path in font_manager.findSystemFonts():
        if path not in known:
            try:
                font_manager.fontManager.addfont(path)
            except (OSError, RuntimeError, ValueError):
                continue  # not a font that can be used


def _covering(letters: set[str]) -> list[FontEntry]:
    """Any further fonts for letters that the chosen ones lack: Thai, Devanagari, rare Han."""
    found: list[FontEntry] = []
    left = set(letters)
    for entry in installed():
        if not left or len(found) == MOST_FALLBACKS:
            break
        if entry.style != "normal" or _NO_LETTERS.search(entry.name) or _boldness(entry) > 100:
            continue
        if len(more := _lacking([entry], left)) < len(left):
            found.append(entry)
            left = more
    return found


def _lacking(entries: Iterable[FontEntry], letters: set[str]) -> set[str]:
    """The letters that none of the fonts has."""
    left = set(letters)
    for entry in entries:
        if left and (face := _face(entry)):
            left = {letter for letter in left if not face.get_char_index(ord(letter))}
    return left


def _face(entry: FontEntry) -> FT2Font | None:
    """The open font; nothing where its file is gone or has no outlines."""
    try:
        face = FT2Font(entry.fname, face_index=entry.index)
        face.set_size(_EM, 72)
    except (OSError, RuntimeError):
        return None
    return face
