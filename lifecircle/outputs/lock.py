"""One writer at a time in a folder, by a lock that the system drops when its holder dies."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lifecircle.errors import InputError

LOCK = ".lifecircle.lock"
_LOCKED_BYTE = 1 << 30  # far behind the text, which others must be able to read on Windows


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the lock file says who does, and is gone afterwards.

    Raises
    ------
    InputError
        If another process holds it, or the folder cannot be written.
    """
    path = folder / LOCK
    descriptor = _acquire(path, folder)
    try:
        with suppress(OSError):  # a full disk: the text only helps a second run's message
            os.ftruncate(descriptor, 0)
            os.write(descriptor, _holder().encode())
        yield
    finally:
        _release(path, descriptor)


def _holder() -> str:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": now})


def _acquire(path: Path, folder: Path) -> int:
    """A descriptor of the locked file that really stands at `path`."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError.of("outputs.unwritable", folder=folder, reason=reason) from error
        if not _lock(descriptor):
            os.close(descriptor)
            raise InputError.of("outputs.busy", folder=folder, **_read_holder(path))
        # The one before may have removed the file between our opening and locking it.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)


def _read_holder(path: Path) -> dict[str, Any]:
    unknown = {"pid": "?", "host": "?", "since": "?"}
    with suppress(OSError, ValueError):
        return {**unknown, **json.loads(path.read_text(encoding="utf-8"))}
    return unknown


def _release(path: Path, descriptor: int) -> None:
    """Remove the lock file while it is still ours; Windows can only do so once it is closed."""
    if os.name == "nt":
        os.close(descriptor)
        with suppress(OSError):  # the next one has it already
            path.unlink()
    else:
        path.unlink(missing_ok=True)
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        """Whether the lock could be had."""
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        """Whether the lock could be had; a file system that knows no locks always gives it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in (errno.EACCES, errno.EAGAIN)
        return True
