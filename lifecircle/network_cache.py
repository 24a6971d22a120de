"""Prepared streets kept beside the project, so that the next run need not read them again.

One file per network, named by the mode and by a hash of all that it was made of: the bytes of every
input, the keys of `[network]`, the coordinate system and the versions at work. It is written under
another name and moved when complete; its parts carry checksums. What cannot be read back is made
anew, and said.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import logging
import secrets
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import osmium.version
import pyproj

from lifecircle.findings import Finding, Source, finding
from lifecircle.messages import Message
from lifecircle.modes import Mode
from lifecircle.network import StreetNetwork
from lifecircle.project.tables import NetworkTable
from lifecircle.readers.files import sha256
from lifecircle.streets import LoadedNetwork, load_network
from lifecircle.version import VERSION

FOLDER = ".lifecircle-cache"
FORMAT = 1
"""To be raised when the same inputs give another network, or a file another layout."""

LEAST_BYTES = 2_000_000
"""Smaller files are read about as fast as they would be found."""

KEPT = 6
"""Networks of one mode that are kept, the newest."""

STALE_S = 3600.0
"""A file that is still being written after so long was left behind."""

_ARRAYS = [
    each.name for each in dataclasses.fields(StreetNetwork) if each.name not in ("crs", "speed_kmh")
]
_FAULTS = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)

log = logging.getLogger(__name__)


def cached_network(
    table: NetworkTable, *, crs: pyproj.CRS, mode: Mode, folder: Path | None
) -> LoadedNetwork:
    """The streets of a `[network]` table, as `load_network` gives them.

    Parameters
    ----------
    folder
        Where the project file lies, beside which prepared streets are kept; `None`: nowhere.

    Raises
    ------
    InputError
        As `load_network`.
    """
    key = _key(table, crs, mode) if folder and table.cache else None
    if folder is None or key is None:
        return load_network(table, crs=crs, mode=mode)
    path = folder / FOLDER / f"{mode.key}-{key[:16]}.npz"
    notes: tuple[Finding, ...] = ()
    if path.is_file():
        try:
            return _read(path, key)
        except _FAULTS as fault:
            log.info("%s cannot be used (%s) and is made anew", path, fault)
            layer = "network" if mode.key == table.mode else f"network ({mode.key})"
            notes = (finding(layer, "network.cache_damaged", severity="info", source=path.name),)
    made = load_network(table, crs=crs, mode=mode)
    try:
        _write(path, key, made)
    except (OSError, TypeError, ValueError) as refused:
        log.info("Prepared streets are not kept: %s", refused)
    return dataclasses.replace(made, findings=(*made.findings, *notes))


def _key(table: NetworkTable, crs: pyproj.CRS, mode: Mode) -> str | None:
    """A hash of all that the network is made of; `None` where it is not worth keeping."""
    paths = [Path(each) for each in (table.source, table.extent, table.elevation) if each]
    if not all(path.is_file() for path in paths) or paths[0].stat().st_size < LEAST_BYTES:
        return None
    about = {
        "format": FORMAT,
        "versions": [VERSION, pyproj.__version__, osmium.version.pyosmium_release],
        "table": table.model_dump(mode="json"),
        "mode": [mode.key, mode.kind, mode.speed_kmh, sorted(mode.speeds.items())],
        "crs": crs.to_wkt(),
        "inputs": [sha256(path) for path in paths],
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _write(path: Path, key: str, made: LoadedNetwork) -> None:
    """The network as a file, in one move; older ones than the newest few are removed."""
    about = {
        "key": key,
        "crs": made.network.crs.to_wkt(),
        "speed_kmh": made.network.speed_kmh,
        "findings": [dataclasses.asdict(each) for each in made.findings],
        "sources": [dataclasses.asdict(each) for each in made.sources],
    }
    text = json.dumps(about)
    if _findings(json.loads(text)) != made.findings:
        return  # one holds what JSON does not keep
    _folder(path.parent)
    arrays = {name: getattr(made.network, name) for name in _ARRAYS}
    part = path.with_name(f"{path.stem}-{secrets.token_hex(4)}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, **arrays, about=np.frombuffer(text.encode(), np.uint8))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _tidy(path)


def _folder(folder: Path) -> None:
    """The cache's folder, which version control is told to pass over."""
    folder.mkdir(exist_ok=True)
    ignored = folder / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")


def _tidy(path: Path) -> None:
    """Remove what an interrupted run left, and all but the newest networks of the mode."""
    mode = path.name.rpartition("-")[0]
    with contextlib.suppress(OSError):  # another run may be at it, or a program hold a file
        of_mode = [each for each in path.parent.glob("*.npz") if each.name.startswith(f"{mode}-")]
        newest = sorted(of_mode, key=lambda each: each.stat().st_mtime, reverse=True)
        left = [
            part
            for part in path.parent.glob("*.part")
            if time.time() - part.stat().st_mtime > STALE_S
        ]
        for old in [*newest[KEPT:], *left]:
            old.unlink(missing_ok=True)


def _read(path: Path, key: str) -> LoadedNetwork:
    """The network of a file; raises one of `_FAULTS` if it is not whole."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        about = json.loads(bytes(arrays["about"]))
        if about["key"] != key:
            raise KeyError(key)
        network = StreetNetwork(
            **{name: arrays[name] for name in _ARRAYS},
            crs=pyproj.CRS(about["crs"]),
            speed_kmh=about["speed_kmh"],
        )
    sources = tuple(Source(**each) for each in about["sources"])
    return LoadedNetwork(network, _findings(about), sources)


def _findings(about: dict[str, Any]) -> tuple[Finding, ...]:
    return tuple(
        Finding(**{**each, "message": Message(**each["message"])}) for each in about["findings"]
    )
