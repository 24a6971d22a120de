"""`maps.json`: which files were printed from which run, so that none is taken for another's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lifecircle.errors import InputError
from lifecircle.messages import some
from lifecircle.outputs.folder import sha256

RECORD = "maps.json"
SCHEMA = "lifecircle.maps/1"


@dataclass(frozen=True)
class Record:
    """The SHA-256 of the run's `run.json` (empty for one in memory) and of each file by name."""

    run: str
    files: Mapping[str, str]


def read_record(folder: Path) -> Record:
    """What an earlier call printed into the folder; nothing where it left no readable record."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        files = {str(name): str(digest) for name, digest in dict(record["files"]).items()}
        run = str(record["run"])
    except (OSError, ValueError, KeyError, TypeError):
        return Record("", {})
    return Record(run, {name: digest for name, digest in files.items() if Path(name).name == name})


def refuse_edited(folder: Path, names: Iterable[str]) -> None:
    """Raises where a file of these names was changed by hand since it was printed."""
    files = read_record(folder).files
    edited = [
        name for name in names if name in files and _digest(folder / name) not in ("", files[name])
    ]
    if edited:
        raise InputError.of("printed.edited", folder=folder, names=some(edited))


def write_record(folder: Path, run: str, earlier: Record, out: Path) -> None:
    """Write the record of the files in `folder`, with those of the same run that stay in `out`."""
    new = {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.is_file()}
    kept = {
        name: digest
        for name, digest in earlier.files.items()
        if earlier.run == run and run and _digest(out / name) == digest
    }
    record = {"schema": SCHEMA, "run": run, "files": dict(sorted({**kept, **new}.items()))}
    text = json.dumps(record, ensure_ascii=False, indent=1)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8", newline="\n")


def remove_stale(out: Path, earlier: Record) -> None:
    """Remove what an earlier call printed of another run, unless it was changed by hand."""
    current = read_record(out).files
    for name, digest in earlier.files.items():
        if name not in current and _digest(out / name) == digest:
            (out / name).unlink(missing_ok=True)


def _digest(path: Path) -> str:
    """SHA-256 of a file; empty where there is none."""
    return sha256(path) if path.is_file() else ""
