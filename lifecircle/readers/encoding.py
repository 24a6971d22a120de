"""Bytes to text: UTF-8, else GB18030, else an error that says where; and texts gone wrong."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

from lifecircle.errors import InputError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# How text looks when its bytes were read with the wrong table: (wrong, right).
# UTF-8 first: few texts follow its rules by chance.
_MISREADINGS = (
    ("latin-1", "utf-8"),
    ("cp1252", "utf-8"),
    ("gb18030", "utf-8"),
    ("latin-1", "gb18030"),
    ("cp1252", "gb18030"),
)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_FOREIGN_RUN = re.compile(r"[^\x00-\x7f]+")


@dataclass(frozen=True)
class Decoded:
    """Text and the encoding that gave it."""

    text: str
    encoding: str


def decode(content: bytes, encoding: str, *, layer: str, source: str) -> Decoded:
    """The text of a file.

    Parameters
    ----------
    content
        The whole file.
    encoding
        Name of an encoding, or `auto`: a byte order mark, else UTF-8, else GB18030.

    Raises
    ------
    InputError
        If there is no such encoding, or the bytes do not follow it; says where they break.

    Examples
    --------
    >>> decode("卫生院".encode("gbk"), "auto", layer="health", source="health.csv")
    Decoded(text='卫生院', encoding='gb18030')
    """
    if encoding.lower() != "auto":
        return _decode_as(content, known_encoding(encoding, layer=layer), layer, source)
    for mark, marked in _MARKS.items():
        if content.startswith(mark):
            return _decode_as(content, marked, layer, source)
    try:
        return Decoded(content.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as not_utf8:
        try:
            return Decoded(content.decode("gb18030"), "gb18030")
        except UnicodeDecodeError as not_chinese:
            raise InputError.of(
                "readers.no_encoding",
                layer=layer,
                source=source,
                utf8=not_utf8.start,
                gb18030=not_chinese.start,
                line=content.count(b"\n", 0, not_chinese.start) + 1,
            ) from None


def known_encoding(encoding: str, *, layer: str) -> str:
    """The encoding's usual name.

    Raises
    ------
    InputError
        If there is no encoding of that name.

    Examples
    --------
    >>> known_encoding("GBK", layer="health"), known_encoding("936", layer="health")
    ('gbk', 'gbk')
    """
    try:
        return codecs.lookup(encoding.strip()).name
    except LookupError:
        raise InputError.of("readers.unknown_encoding", layer=layer, encoding=encoding) from None


def true_encoding(values: Iterable[str]) -> str | None:
    """The encoding that most of these texts should have been read with, if they look garbled.

    >>> true_encoding(["ÃûÎÄ", "plain"]), true_encoding(["Hôtel", "名称"])
    ('gb18030', None)
    """
    foreign = [value for value in values if not value.isascii()]
    for wrong, right in _MISREADINGS:
        garbled = sum(_is_misread(value, wrong, right) for value in foreign)
        if foreign and garbled >= 0.8 * len(foreign):
            return right
    return None


def _decode_as(content: bytes, encoding: str, layer: str, source: str) -> Decoded:
    # A byte order mark is never part of the first column's name.
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        return Decoded(content.decode(name), encoding)
    except UnicodeDecodeError as broken:
        raise InputError.of(
            "readers.wrong_encoding",
            layer=layer,
            source=source,
            encoding=encoding,
            offset=broken.start,
            line=content.count(b"\n", 0, broken.start) + 1,
        ) from None


def _is_misread(value: str, wrong: str, right: str) -> bool:
    try:
        meant = value.encode(wrong).decode(right)
    except UnicodeError:
        return False
    # Two bytes a character: "Hôtel" would pass as Chinese, but its runs of accents are odd.
    pairs = right != "gb18030" or all(
        len(run.encode(wrong)) % 2 == 0 for run in _FOREIGN_RUN.findall(value)
    )
    return pairs and _CHINESE.search(meant) is not None
