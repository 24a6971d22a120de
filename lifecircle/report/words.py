"""Text in both languages at once, escaped for the page."""

from __future__ import annotations

import functools
import html
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup, escape

from lifecircle.messages import LANGUAGES, Message

PERCENT_SIGN = "\N{NARROW NO-BREAK SPACE}%"
ISOLATE = re.compile("</?bdi>")
FOREMOST = 4
"""Names listed before a sentence says "and so on"."""


@dataclass(frozen=True)
class Both:
    """The same text in Chinese and English, ready for the page; style sheets hide one of them."""

    zh: Markup
    en: Markup

    def __html__(self) -> str:
        if self.zh == self.en:
            return self.zh
        return f'<span lang="zh">{self.zh}</span><span lang="en">{self.en}</span>'

    def of(self, language: str) -> Markup:
        """The text in one language."""
        return self.zh if language == "zh" else self.en

    def plain(self, language: str) -> str:
        """The text in one language without markup, for the script and the window's title."""
        return html.unescape(ISOLATE.sub("", self.of(language)))


def both(text: object) -> Both:
    """The same text for both languages, escaped unless it is markup already."""
    return text if isinstance(text, Both) else Both(escape(text), escape(text))


@functools.cache
def page_words() -> Mapping[str, Mapping[str, str]]:
    """The page's own words by key, each in both languages."""
    return tomllib.loads((files("lifecircle.report") / "words.toml").read_text("utf-8"))


def words(code: str, **values: object) -> Both:
    """Words of the page, filled with escaped values.

    >>> words("minutes", n="<15>").en
    Markup('&lt;15&gt; min')
    """
    entry = page_words()[code]
    zh, en = (
        Markup(entry[language]).format(  # noqa: S704 - our own words; values are escaped
            **{key: both(value).of(language) for key, value in values.items()}
        )
        for language in LANGUAGES
    )
    return Both(zh, en)


def spoken(message: Message) -> Both:
    """A finding's sentence in both languages."""
    return Both(escape(message.text("zh")), escape(message.text("en")))


def advice(message: Message) -> Both:
    """What to do about a finding, in both languages."""
    return Both(escape(message.action("zh")), escape(message.action("en")))


def bidi(name: str) -> Markup:
    """A name from the data, which cannot turn the text around it.

    >>> bidi("<b>")
    Markup('<bdi>&lt;b&gt;</bdi>')
    """
    return Markup("<bdi>{}</bdi>").format(name)


def percent_of(number: str) -> str:
    """A number of percent with its sign; empty stays empty."""
    return number + PERCENT_SIGN if number else ""


def known(code: str, value: str) -> Both:
    """The page's words for a value where it has some, else the value itself."""
    return words(code) if code in page_words() else both(bidi(value))


def listed(names: Iterable[object], most: int = FOREMOST) -> Both:
    """Names in a row, cut after the first few.

    >>> listed(["a", "b", "c"], most=2).zh, listed(["a", "b"], most=2).en
    (Markup('a、b等'), Markup('a, b'))
    """
    shown = [both(name) for name in names]
    etc = words("etc") if len(shown) > most else both("")
    return Both(
        Markup("、").join(name.zh for name in shown[:most]) + etc.zh,
        Markup(", ").join(name.en for name in shown[:most]) + etc.en,
    )


def joined(parts: Iterable[Both], zh: str, en: str) -> Both:
    """Parts with a separator of each language between them."""
    parts = list(parts)
    return Both(
        escape(zh).join(part.zh for part in parts),
        escape(en).join(part.en for part in parts),
    )
