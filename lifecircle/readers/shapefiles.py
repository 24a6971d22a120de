"""What a shapefile gets wrong without a word: missing parts, lost bytes, unnamed encodings."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
from pandas.api import types

from lifecircle.errors import InputError
from lifecircle.readers.encoding import known_encoding
from lifecircle.readers.files import companions, read_bytes

# Makes the reader hand over the bytes of names and texts, one character a byte.
RAW_BYTES = {"ENCODING": ""}

_SHP_HEADER, _DBF_HEADER = 100, 32


def check_parts(path: Path, *, layer: str) -> None:
    """Refuses a shapefile without its .shx or .dbf, or with one shorter than it says.

    Raises
    ------
    InputError
        Names the missing or cut part.
    """
    parts = companions(path)
    missing = [suffix for suffix in (".shx", ".dbf") if suffix not in parts]
    if missing:
        raise InputError.of(
            "readers.parts_missing",
            layer=layer,
            source=path.name,
            missing=" ".join(path.stem + suffix for suffix in missing),
        )
    cut = [
        part.name
        for part, promised in (
            (path, _shp_length(path)),
            (parts[".shx"], _shp_length(parts[".shx"])),
            (parts[".dbf"], _dbf_length(parts[".dbf"])),
        )
        if part.stat().st_size < promised
    ]
    if cut:
        raise InputError.of("readers.cut_short", layer=layer, source=" ".join(cut))


def with_texts(frame: gpd.GeoDataFrame, encoding: str) -> gpd.GeoDataFrame:
    """The frame read with `RAW_BYTES`, its column names and texts decoded."""
    decoded = frame.rename(columns=lambda name: _text(str(name), encoding))
    for name in _text_columns(decoded):
        decoded[name] = decoded[name].map(lambda raw: _text(raw, encoding), na_action="ignore")
    return decoded


def encoding_of(frame: gpd.GeoDataFrame, path: Path, wanted: str, *, layer: str) -> str:
    """The encoding of names and texts: as `wanted`, as the .cpg says, UTF-8, else GB18030.

    Raises
    ------
    InputError
        If the texts follow none of them.
    """
    texts = [_bytes(str(name)) for name in frame.columns]
    texts += [_bytes(value) for name in _text_columns(frame) for value in frame[name].dropna()]
    foreign = {text for text in texts if not text.isascii()}
    if wanted.lower() != "auto":
        candidates = [known_encoding(wanted, layer=layer)]
    else:
        candidates = [*_declared(path, layer=layer), "utf-8", "gb18030"]
    for candidate in candidates:
        if _follows(foreign, candidate):
            return candidate
    raise InputError.of(
        "readers.no_text_encoding", layer=layer, source=path.name, tried=", ".join(candidates)
    )


def _declared(path: Path, *, layer: str) -> list[str]:
    """The encoding that the .cpg names, if it is a known one."""
    declaration = companions(path).get(".cpg")
    if declaration is None:
        return []
    name = read_bytes(declaration, layer=layer).decode("ascii", "replace").strip()
    try:
        return [codecs.lookup(name.upper().removeprefix("ANSI").strip()).name]
    except LookupError:
        return []


def _follows(texts: Iterable[bytes], encoding: str) -> bool:
    """Whether all texts decode; a character cut at a field's end is allowed."""
    try:
        for text in texts:
            codecs.getincrementaldecoder(encoding)().decode(text)
    except UnicodeDecodeError:
        return False
    return True


def _text_columns(frame: gpd.GeoDataFrame) -> list[str]:
    return [
        name
        for name in frame.columns
        if name != frame.geometry.name and types.is_string_dtype(frame[name].dtype)
    ]


def _bytes(raw: str) -> bytes:
    return raw.encode("latin-1")


def _text(raw: str, encoding: str) -> str:
    return _bytes(raw).decode(encoding, "replace").rstrip("\ufffd")


def _shp_length(path: Path) -> int:
    """Bytes that the header of a .shp or .shx promises; more than any file where there is none."""
    with path.open("rb") as file:
        header = file.read(_SHP_HEADER)
    if len(header) < _SHP_HEADER:
        return _SHP_HEADER
    return int(struct.unpack(">i", header[24:28])[0]) * 2


def _dbf_length(path: Path) -> int:
    with path.open("rb") as file:
        header = file.read(_DBF_HEADER)
    if len(header) < _DBF_HEADER:
        return _DBF_HEADER
    rows, head, row = struct.unpack("<iHH", header[4:12])
    return int(head + rows * row)
