"""TOML files as people save them: with a byte order mark, in GB18030, with Windows paths."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lifecircle.errors import InputError
from lifecircle.messages import Message, message

# strings and comments come first, so that what stands in them is no key
_STRINGS_AND_KEYS = re.compile(
    r"""(?s:(\"{3}|'{3}).*?\1)|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*|(?P<key>[\w-]+)(?=\s*=)"""
)


@dataclass(frozen=True)
class TomlFile:
    """A TOML file's tables, the SHA-256 of its bytes and the encoding it was saved in."""

    data: dict[str, Any]
    sha256: str
    encoding: str


def read_toml(path: Path) -> TomlFile:
    """The tables of the TOML file at `path`.

    Raises
    ------
    InputError
        If there is no such file, its encoding is neither UTF-8 nor GB18030, or it is not TOML; the
        message names the line, and the right spelling where the line holds a Windows path.
    """
    if path.is_dir():
        raise InputError.of("toml.folder", file=path)
    if not path.is_file():
        raise InputError.of("toml.no_file", file=path)
    content = path.read_bytes()
    text, encoding = _decoded(content, path)
    try:
        data = parsed_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(_syntax_fault(path, text, str(error))) from error
    return TomlFile(data, hashlib.sha256(content).hexdigest(), encoding)


def parsed_toml(text: str) -> dict[str, Any]:
    """The tables of a text; keys such as 卫生院, which TOML wants in quotes, may stand without.

    >>> parsed_toml("卫生院 = 'health'")
    {'卫生院': 'health'}

    Raises
    ------
    TOMLDecodeError
        If the text is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        quoted = _STRINGS_AND_KEYS.sub(_with_quotes, text)
        try:
            return tomllib.loads(quoted)
        except tomllib.TOMLDecodeError:
            raise error from None


def _with_quotes(found: re.Match[str]) -> str:
    key = found["key"]
    return f'"{key}"' if key and not key.isascii() else found[0]


def _decoded(content: bytes, path: Path) -> tuple[str, str]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise InputError.of("toml.encoding", file=path.name)


def _syntax_fault(path: Path, text: str, error: str) -> Message:
    """The parser's complaint with its line, and with the right spelling of a backslash path."""
    where = re.search(r" \(at line (\d+), column \d+\)", error)
    lines = text.splitlines() or [""]
    number = int(where[1]) if where else len(lines)
    line = lines[min(number, len(lines)) - 1].strip()
    reason = re.sub(r" \(at .*\)$", "", error)
    # only in double quotes does TOML take a backslash for the beginning of an escape
    broken = re.search(r'"([^"]*\\[^"]*)"', line)
    if broken:
        right = broken[1].replace("\\\\", "\\").replace("\\", "/")
        return message("toml.backslash", file=path.name, number=number, line=line, right=right)
    return message("toml.syntax", file=path.name, number=number, line=line, reason=reason)
