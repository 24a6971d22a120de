"""What the program says, in Chinese and English, by code.

Every error and finding has a code; its words stand in the TOML files of this folder, one file per
module that speaks. An entry has `en` and `zh` (what is wrong) and may have `do_en` and `do_zh`
(what to do about it). Words are templates in `str.format` syntax.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType

LANGUAGES = ("zh", "en")


@functools.cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Every entry by its code."""
    entries: dict[str, Mapping[str, str]] = {}
    for path in sorted(files(__name__).iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            entries |= tomllib.loads(path.read_text("utf-8"))
    return MappingProxyType(entries)


@dataclass(frozen=True)
class Message:
    """One sentence of the program: a code and the values that fill its words.

    >>> Message("network.no_street").text("en")
    'The street network holds no street to walk on.'
    """

    code: str
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """What is wrong."""
        return catalogue()[self.code][language].format_map(self.values)

    def action(self, language: str = "en") -> str:
        """What to do about it; empty where nothing needs doing."""
        return catalogue()[self.code].get(f"do_{language}", "").format_map(self.values)


def message(code: str, **values: object) -> Message:
    """A `Message` from keyword values."""
    return Message(code, values)


def some(values: Sequence[object], most: int = 10) -> str:
    """The first few of many, for a message.

    >>> some([3, 5, 8], most=2)
    '3, 5, … (3)'
    >>> some(["a"])
    'a'
    """
    shown = ", ".join(str(value) for value in values[:most])
    return shown if len(values) <= most else f"{shown}, … ({len(values):,})"
