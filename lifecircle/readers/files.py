"""The file behind a layer: does it exist, is it ours to read, which bytes are it."""

from __future__ import annotations

import difflib
import hashlib
from pathlib import Path

from lifecircle.errors import InputError
from lifecircle.messages import some

TEXT_TABLES = (".csv", ".tsv")
WORKBOOKS = (".xlsx", ".xls", ".xlsb", ".ods")
VECTORS = (".gpkg", ".geojson", ".json", ".shp", ".fgb")
PARQUET = ".parquet"
KNOWN = (*TEXT_TABLES, *WORKBOOKS, *VECTORS, PARQUET)

_NEAR_ENOUGH = 0.5


def existing_file(source: str, *, layer: str) -> Path:
    """The path of a source that is a file of a known format.

    Raises
    ------
    InputError
        If it is an address, an unknown format, missing (names similar files beside it) or a folder.
    """
    scheme, mark, _ = source.partition("://")
    if mark:
        # The address may hold a password: it is never repeated.
        raise InputError.of("readers.not_a_file", layer=layer, scheme=scheme)
    path = Path(source)
    if path.suffix.lower() not in KNOWN:
        raise InputError.of("readers.format", layer=layer, source=source, known=" ".join(KNOWN))
    if path.is_file():
        return path
    if not path.parent.is_dir():
        raise InputError.of("readers.no_folder", layer=layer, source=source, folder=path.parent)
    beside = [other.name for other in path.parent.iterdir() if other.is_file()]
    near = difflib.get_close_matches(path.name, beside, cutoff=_NEAR_ENOUGH)
    if near:
        raise InputError.of("readers.nearly_file", layer=layer, source=source, near=some(near))
    raise InputError.of("readers.no_file", layer=layer, source=source)


def read_bytes(path: Path, *, layer: str) -> bytes:
    """The whole content of a file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as refused:
        raise InputError.of(
            "readers.unreadable", layer=layer, source=path.name, reason=refused.strerror
        ) from None


def companions(path: Path) -> dict[str, Path]:
    """The parts of a shapefile by lower-case suffix, whatever case they are written in."""
    parts = (".shp", ".shx", ".dbf", ".prj", ".cpg")
    beside = sorted(path.parent.iterdir(), key=lambda other: other.name)
    return {
        other.suffix.lower(): other
        for other in beside
        if other.stem == path.stem and other.suffix.lower() in parts
    }


def sha256(path: Path) -> str:
    """SHA-256 of a file; of a shapefile, of its parts one after the other."""
    parts = companions(path) if path.suffix.lower() == ".shp" else {"": path}
    digest = hashlib.sha256()
    for suffix in sorted(parts):
        with parts[suffix].open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
