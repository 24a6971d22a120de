"""The workers of a Dask scheduler: reached, checked, and waited for.

The only module that knows Dask, which the extra `distributed` installs.
"""

from __future__ import annotations

import logging
import math
import platform
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from lifecircle.errors import InputError
from lifecircle.messages import some
from lifecircle.version import VERSION

PATIENCE_S = 10.0
"""How long a scheduler may take to answer, and how long it may be without workers at first."""
WITHOUT_WORKERS_S = 120.0
"""How long a run waits when all its workers are gone: a batch system may bring new ones."""

BASE_BYTES = 560e6
"""What a worker takes for the smallest part: Python, packages, compiled loops, room to read."""
USED_SHARE = 0.6
"""Of a worker's limit; from here on Dask begins to move things out of memory."""

_ADDRESS = re.compile(r"(tcp|tls|ucx|ws|wss|inproc)://\S+")
_LOCAL = re.compile(r"local:([1-9]\d*)")


@contextmanager
def connected(scheduler: str) -> Iterator[Any]:
    """A client of the scheduler at an address, or of as many processes here (`local:4`).

    Raises
    ------
    InputError
        If the extra is missing, the address is none, or nobody answers there.
    """
    dask = _distributed()
    local = _LOCAL.fullmatch(scheduler)
    if not local and not _ADDRESS.fullmatch(scheduler):
        raise InputError.of("distributed.bad_address", address=scheduler)
    with _quiet(), ExitStack() as opened:
        if local:
            processes = dask.LocalCluster(
                n_workers=int(local[1]),
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
            scheduler = opened.enter_context(processes).scheduler_address
        try:
            client = dask.Client(scheduler, timeout=PATIENCE_S, set_as_default=False)
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise InputError.of(
                "distributed.no_scheduler", address=scheduler, seconds=PATIENCE_S, reason=reason
            ) from None
        yield opened.enter_context(client)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what Dask writes of lost connections, with tracebacks: we say it in words."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)


def _distributed() -> Any:
    """The package `distributed`, which the extra of that name installs."""
    try:
        import distributed
    except ImportError:
        raise InputError.of("distributed.not_installed") from None
    return distributed


def workers_of(client: Any) -> dict[str, dict[str, Any]]:
    """What the scheduler tells of its workers, by their addresses."""
    workers: dict[str, dict[str, Any]] = client.scheduler_info()["workers"]
    return workers


def check_workers(client: Any, folder: Path) -> None:
    """Nothing, if there are workers of this version of the program that see the folder.

    Raises
    ------
    InputError
        If there are none, or some have other versions, or do not see the folder.
    """
    dask = _distributed()
    try:
        client.wait_for_workers(1, timeout=PATIENCE_S)
    except dask.TimeoutError:
        address = client.scheduler.address
        raise InputError.of("distributed.no_worker", address=address, seconds=PATIENCE_S) from None
    _check_versions(client)
    mark = folder / f".seen-{uuid.uuid4().hex[:8]}"
    mark.touch()
    try:
        seen = client.run(_sees, str(mark))
    finally:
        mark.unlink()
    blind = [worker for worker, sees in seen.items() if not sees]
    if blind:
        raise InputError.of("distributed.unseen", folder=folder, workers=some(blind, 5))


def _check_versions(client: Any) -> None:
    # Python first: another one may not even understand the question that comes next.
    own = platform.python_version_tuple()[:2]
    told = client.get_versions()["workers"]
    pythons = {w: str(each["packages"]["python"]).split(".")[:2] for w, each in told.items()}
    other = [f"{w} (Python {'.'.join(has)})" for w, has in pythons.items() if tuple(has) != own]
    if not other:
        versions = client.run(_version, on_error="return")
        other = [
            f"{w} ({f'lifecircle {has}' if isinstance(has, str) else 'no lifecircle'})"
            for w, has in versions.items()
            if has != VERSION
        ]
    if other:
        raise InputError.of(
            "distributed.versions",
            version=VERSION, python=".".join(own), workers=some(sorted(other), 5),
        )  # fmt: skip


def _version() -> str:
    return VERSION


def _sees(path: str) -> bool:
    return Path(path).is_file()


def part_bytes(client: Any) -> float:
    """What a part may take on every worker; infinite where none has a limit."""
    limits = [
        each["memory_limit"] * USED_SHARE - BASE_BYTES
        for each in workers_of(client).values()
        if each["memory_limit"]
    ]
    threads = max((each["nthreads"] for each in workers_of(client).values()), default=1)
    return min(limits, default=math.inf) / threads


def finished(client: Any, futures: Sequence[Any]) -> Iterator[Any]:
    """The futures, each when it is done or has failed for good.

    Raises
    ------
    InputError
        If the scheduler is gone, or all workers have been for a while.
    """
    dask = _distributed()
    waiting, since = list(futures), time.monotonic()
    while waiting:
        try:
            with client.as_current():
                done = dask.wait(waiting, timeout=1.0, return_when="FIRST_COMPLETED").done
        except (TimeoutError, dask.TimeoutError):
            since = _still_there(client, since)
            continue
        except CancelledError:
            raise InputError.of("distributed.lost", seconds=0) from None
        yield from done
        waiting, since = [each for each in waiting if each not in done], time.monotonic()


def _still_there(client: Any, since: float) -> float:
    """When workers were last there."""
    try:
        workers = workers_of(client)
    except (OSError, CancelledError):
        raise InputError.of("distributed.lost", seconds=0) from None
    now = time.monotonic()
    if workers:
        return now
    if now - since > WITHOUT_WORKERS_S:
        raise InputError.of("distributed.no_workers_left", seconds=WITHOUT_WORKERS_S)
    return since


def was_killed(error: BaseException) -> bool:
    """Whether a task failed because its workers died, again and again."""
    return isinstance(error, _distributed().KilledWorker)
