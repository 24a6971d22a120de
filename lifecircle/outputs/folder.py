"""A folder of results that is never half: replaced as a whole, or not at all.

New files are made in a temporary folder inside the results folder. When all are complete and on
disk, the earlier ones are set aside by links, the new ones moved over their namesakes, `run.json`
last. A list of the moves stands in the temporary folder meanwhile, so that whoever comes next can
undo a move that a kill or a power cut interrupted. What is not ours in the folder stays.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lifecircle.errors import InputError, LifecircleError
from lifecircle.messages import message, some
from lifecircle.outputs.lock import locked

RUN = "run.json"
RUN_SCHEMA = "lifecircle.run/1"

_TEMPORARY = re.compile(r"\.lifecircle-\w{8}")
_MOVES = ".moves.json"
_EARLIER = ".earlier"
_NO_ROOM_BYTES = 1 << 20


@contextmanager
def replace_outputs(out: Path) -> Iterator[Path]:
    """A temporary folder inside `out`, whose files replace their namesakes on leaving.

    Held by one run at a time. On any error inside, the temporary folder is removed and `out` is
    untouched.

    Raises
    ------
    InputError
        If `out` cannot be written, another run is writing it, the disk is full, or a file cannot be
        replaced; in the last case nothing is replaced and the message names the temporary folder.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(out, error) from error
    with locked(out):
        _settle(out)
        _sweep(out)
        try:
            folder = Path(tempfile.mkdtemp(prefix=".lifecircle-", dir=out))
        except OSError as error:
            raise _unwritable(out, error) from error
        with _removed_on_error(folder):
            yield folder
            names = _in_order(folder)
            _check_earlier_run(out, names)
            for name in names:
                _sync(folder / name)
        _replace(folder, out, names)


def recover(out: Path) -> None:
    """Undo a replacement that was interrupted, so that the earlier result is whole again.

    Does nothing, and needs no right to write, where none was.

    Raises
    ------
    InputError
        If a run is replacing the files at this moment.
    """
    if any((folder / _MOVES).exists() for folder in _temporary_folders(out)):
        with locked(out):
            _settle(out)


def verify(out: Path) -> dict[str, Any]:
    """The content of `run.json`, after comparing every file it lists with its SHA-256.

    Raises
    ------
    InputError
        If there is no readable `run.json`, or a file is missing or differs; all are named.
    """
    recover(out)
    path = out / RUN
    if not path.is_file():
        raise InputError.of("outputs.no_run", folder=out)
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        expected = dict(run["outputs"])
        schema = run["schema"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError.of("outputs.broken_run", file=path) from error
    if schema != RUN_SCHEMA:
        raise InputError.of("outputs.other_schema", file=path, schema=schema, known=RUN_SCHEMA)
    if foreign := [name for name in expected if Path(name).name != name]:
        raise InputError.of("outputs.foreign", file=path, names=some(foreign))
    missing = [name for name in expected if not (out / name).is_file()]
    changed = [
        name
        for name, digest in expected.items()
        if name not in missing and sha256(out / name) != digest
    ]
    faults = {"outputs.missing": missing, "outputs.changed": changed}
    if missing or changed:
        raise InputError(
            *(message(code, folder=out, names=some(ns)) for code, ns in faults.items() if ns)
        )
    return dict(run)


def file_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in `folder` by name, but for `run.json` itself."""
    return {name: sha256(folder / name) for name in _in_order(folder) if name != RUN}


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _removed_on_error(folder: Path) -> Iterator[None]:
    """Removes `folder` on any error; one on a full disk says so."""
    try:
        yield
    except BaseException as error:
        full = _is_full(error, folder)
        shutil.rmtree(folder, ignore_errors=True)
        if full:
            raise InputError.of("outputs.disk_full", folder=folder.parent) from error
        raise


def _is_full(error: BaseException, folder: Path) -> bool:
    """Whether a full disk was the cause; GDAL and others say so in words at best."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    if isinstance(error, LifecircleError) or not isinstance(error, Exception):
        return False
    return "disk is full" in str(error) or shutil.disk_usage(folder).free < _NO_ROOM_BYTES


def _unwritable(out: Path, error: OSError) -> InputError:
    return InputError.of("outputs.unwritable", folder=out, reason=error.strerror or str(error))


def _in_order(folder: Path) -> list[str]:
    """Names of the files, `run.json` last."""
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(names, key=lambda name: name == RUN)


def _check_earlier_run(out: Path, names: Sequence[str]) -> None:
    """Files without a `run.json` must not replace those that an earlier one answers for."""
    earlier = out / RUN
    listed: set[str] = set()
    if RUN not in names and earlier.is_file():
        with suppress(ValueError, KeyError, TypeError):  # no record that anybody could trust
            listed = set(json.loads(earlier.read_text(encoding="utf-8"))["outputs"])
    if taken := sorted(listed.intersection(names)):
        raise InputError.of("outputs.holds_run", folder=out, names=some(taken))


def _replace(folder: Path, out: Path, names: list[str]) -> None:
    """Move every file over its namesake; if one cannot be, put back what was there."""
    try:
        _check_replaceable(folder, out, names)
        _set_aside(folder, out, names)
        for name in names:
            (folder / name).replace(out / name)
    except InputError:
        raise
    except OSError as error:
        _undo(folder, out)
        failed = Path(error.filename2 or error.filename or out).name
        raise InputError.of("outputs.in_use", folder=out, names=failed, kept=folder) from error
    except BaseException:
        _undo(folder, out)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _sync(out)
    shutil.rmtree(folder, ignore_errors=True)


def _check_replaceable(folder: Path, out: Path, names: Sequence[str]) -> None:
    if blocked := [name for name in names if not _replaceable(out / name)]:
        raise InputError.of("outputs.in_use", folder=out, names=some(blocked), kept=folder)


def _replaceable(path: Path) -> bool:
    """Whether a file can be moved over `path`.

    Windows refuses to rename a file that is open elsewhere, even to its own name; elsewhere this
    does nothing.
    """
    if path.is_dir():
        return False
    try:
        if path.exists():
            path.rename(path)
    except OSError:
        return False
    return True


def _set_aside(folder: Path, out: Path, names: list[str]) -> None:
    """Links to the earlier files, then the list of moves: from then on a kill can be undone."""
    (folder / _EARLIER).mkdir()
    for name in names:
        if (out / name).exists():
            _link(out / name, folder / _EARLIER / name)
    draft = folder / f"{_MOVES}.draft"
    draft.write_text(json.dumps(names), encoding="utf-8")
    _sync(draft)
    _sync(folder / _EARLIER)
    draft.replace(folder / _MOVES)
    _sync(folder)


def _link(path: Path, link: Path) -> None:
    """A second name for a file, or a copy where the file system has no links."""
    try:
        link.hardlink_to(path)
    except OSError:
        shutil.copy2(path, link)
        _sync(link)


def _settle(out: Path) -> None:
    """End what an interrupted replacement began. The last move is the one that decides."""
    for folder in _temporary_folders(out):
        if (folder / _MOVES).exists():
            if any((folder / name).exists() for name in _moves(folder)):
                _undo(folder, out)
            shutil.rmtree(folder, ignore_errors=True)


def _moves(folder: Path) -> list[str]:
    return [str(name) for name in json.loads((folder / _MOVES).read_text(encoding="utf-8"))]


def _undo(folder: Path, out: Path) -> None:
    """Take moved files back and put the earlier ones in place. May be repeated after a kill."""
    if not (folder / _MOVES).exists():  # nothing was moved yet
        shutil.rmtree(folder / _EARLIER, ignore_errors=True)
        return
    for name in _moves(folder):
        new, here, earlier = folder / name, out / name, folder / _EARLIER / name
        if not new.exists() and here.exists():
            here.rename(new)
        if not here.exists() and earlier.exists():
            earlier.rename(here)
    _sync(out)
    (folder / _MOVES).unlink()
    shutil.rmtree(folder / _EARLIER, ignore_errors=True)


def _sweep(out: Path) -> None:
    """Remove what dead runs left; the lock says that no live one is here."""
    for folder in _temporary_folders(out):
        shutil.rmtree(folder, ignore_errors=True)


def _temporary_folders(out: Path) -> list[Path]:
    if not out.is_dir():
        return []
    return sorted(p for p in out.iterdir() if _TEMPORARY.fullmatch(p.name) and p.is_dir())


def _sync(path: Path) -> None:
    """Wait until a file or folder is on the disk; Windows cannot do so for folders."""
    if path.is_dir():
        if os.name == "nt":
            return
        descriptor = os.open(path, os.O_RDONLY)
    else:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
