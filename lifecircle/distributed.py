"""A run on several machines: its parts are searched by the workers of a Dask scheduler.

This machine reads the layers, puts them on the streets, cuts parts and writes each as a folder that
its worker reads; from what was found it puts the minutes together and goes on as any run. A part
whose result is there is not searched again.
"""

from __future__ import annotations

import logging
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from lifecircle.analysis import Analysis
from lifecircle.changes import Added
from lifecircle.checked_layers import Checked
from lifecircle.cluster import (
    check_workers,
    connected,
    finished,
    part_bytes,
    was_killed,
    workers_of,
)
from lifecircle.definitions import Definition
from lifecircle.division import PART_BYTES, Division, divided, part_of, write_streets
from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.gathering import Found, nothing_found, put, times_of
from lifecircle.intake import check_layers
from lifecircle.messages import Message, message, some
from lifecircle.outputs.lock import LOCK, locked
from lifecircle.parts import part_key, read_result, search_part, write_part
from lifecircle.pipeline import rated
from lifecircle.progress import Progress
from lifecircle.project.tables import Project
from lifecircle.searches import Times, searches_of

RETRIES = 2
"""How often a part that fails is tried again; Dask itself sends it on when a worker dies."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Job:
    """A part, the folder of its files, and how the name of its result begins."""

    number: int
    key: str
    folder: Path
    result: Path


@dataclass(frozen=True, eq=False)
class Spread:
    """The minutes of a run that were found in parts, and how that went.

    `taken` parts were there from an earlier run; `workers` is how many there were in the end.
    """

    times: Times
    parts: int
    taken: int
    workers: int
    margin_m: float

    @property
    def finding(self) -> Finding:
        """What stands among the findings of the run."""
        return finding(
            "run",
            "distributed.parts",
            severity="info",
            parts=self.parts,
            taken=self.taken,
            workers=self.workers,
            margin_km=self.margin_m / 1000,
        )


def analyse_on(
    scheduler: str,
    project: str | Path | Project,
    *,
    work: str | Path,
    overrides: Iterable[str] = (),
    added: Sequence[Added] = (),
    progress: Progress | None = None,
) -> Analysis:
    """The whole run, its minutes found by the workers of a Dask scheduler.

    The numbers are those of `analyse`, to 1e-9.

    Parameters
    ----------
    scheduler
        The address of a scheduler (`tcp://host:8786`), or `local:4` for four processes here.
    project, overrides, added, progress
        As for `analyse`.
    work
        A folder for parts and results that every worker sees under the same path. A run that was
        stopped goes on from the results in it.

    Raises
    ------
    InputError
        As `analyse`; if the extra `distributed` is missing; if no scheduler or worker is there, or
        workers have other versions or do not see `work`; if parts fail, after all others are done.
    BrokenIdentityError
        If the numbers contradict each other.
    """
    work = Path(work).absolute()
    done: list[Spread] = []
    with connected(scheduler) as client, _kept(work):
        check_workers(client, work)
        checked = check_layers(project, overrides=overrides, added=added, progress=progress)

        def search(settled: Checked, definitions: Iterable[Definition]) -> Times:
            done.append(times_on(client, settled, definitions, work=work, progress=progress))
            return done[-1].times

        analysis = rated(checked, progress=progress, search=search)
    notes = [each.finding for each in done]
    return replace(analysis, findings=(*analysis.findings, *notes))


def times_on(
    client: Any,
    checked: Checked,
    definitions: Iterable[Definition],
    *,
    work: Path,
    parts: int | None = None,
    search: Callable[[str, str], None] = search_part,
    progress: Progress | None = None,
) -> Spread:
    """Minutes by demand layer and method, found by the workers of a Dask client.

    Parameters
    ----------
    client
        A `distributed.Client`.
    work
        A folder that every worker sees under the same absolute path.
    parts
        How many parts; by default as many as fit the workers' memory.
    search
        What a worker does with a part's folder: writes the result's file.

    Raises
    ------
    InputError
        If a part does not fit the workers' memory, or some fail again and again: each is named,
        and the results of all others are kept.
    """
    offered = part_bytes(client)
    division = divided(
        checked,
        searches_of(checked, definitions),
        most_bytes=min(offered, PART_BYTES),
        parts=parts,
    )
    if division.bytes and max(division.bytes) > offered:
        raise InputError.of(
            "distributed.too_small",
            needs_mb=max(division.bytes) / 1e6,
            has_mb=max(offered, 0.0) / 1e6,
        )
    found, futures = nothing_found(division), dict[Any, _Job]()
    write_streets(division, work)
    jobs, run = [], uuid.uuid4().hex[:8]
    for job, earlier in _jobs(division, work):
        jobs.append(job)
        if earlier is not None:
            put(found, division, job.number, earlier)
            continue
        task = client.submit(
            search, str(job.folder), str(job.result),
            key=f"lifecircle-{job.key}-{run}", retries=RETRIES, pure=False,
        )  # fmt: skip
        futures[task] = job
    taken = len(jobs) - len(futures)
    log.info("%d parts, %d of them found by an earlier run", len(jobs), taken)
    failed = _gathered(client, futures, (found, division), progress)
    if failed:
        raise InputError(*_faults(failed, division, work))
    streets = [each.file for each in division.streets.values()]
    _cleared(work, (*streets, *(job.result.name for job in jobs)))
    times = times_of(found, division)
    return Spread(times, len(jobs), taken, len(workers_of(client)), division.margin_m)


def _jobs(division: Division, work: Path) -> Iterator[tuple[_Job, pd.DataFrame | None]]:
    """Each part, and what an earlier run found for it; where nothing, its folder is written."""
    for number, rows in enumerate(division.cells):
        part = part_of(division, number)
        key = part_key(part)
        job = _Job(number, key, work / f"part-{key}", work / f"found-{key}")
        earlier = read_result(job.result, len(rows))
        if earlier is None:
            write_part(part, job.folder)
        yield job, earlier


def _gathered(
    client: Any,
    futures: Mapping[Any, _Job],
    into: tuple[Found, Division],
    progress: Progress | None,
) -> dict[_Job, Message]:
    """All results in their places; parts that failed for good, and why."""
    (found, division), failed = into, {}
    for count, future in enumerate(finished(client, list(futures)), start=1):
        job = futures[future]
        error = future.exception()
        if error is not None:
            failed[job] = _reason(error)
            log.warning("part %d failed: %s", job.number + 1, error)
        elif (result := read_result(job.result, len(division.cells[job.number]))) is None:
            failed[job] = message("distributed.no_result", file=job.result)
        else:
            put(found, division, job.number, result)
            shutil.rmtree(job.folder, ignore_errors=True)
        if progress:
            progress("progress.parts", count, len(futures))
    return failed


def _reason(error: BaseException) -> Message:
    if isinstance(error, InputError):
        return error.faults[0]
    if was_killed(error):
        return message("distributed.killed")
    words = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return message("distributed.error", words=words)


def _faults(failed: Mapping[_Job, Message], division: Division, work: Path) -> list[Message]:
    """Every part that failed, its zones and the reason, and what to do."""
    total = len(division.cells)
    faults = []
    for job, reason in sorted(failed.items(), key=lambda each: each[0].number):
        zones = division.zone.iloc[division.cells[job.number]].unique().tolist()
        faults.append(
            message(
                "distributed.part_failed",
                number=job.number + 1,
                parts=total,
                zones=some(zones),
                reason=reason.text("en"),
                reason_zh=reason.text("zh"),
                folder=job.folder,
            )
        )
    others = message("distributed.others_done", done=total - len(failed), parts=total, work=work)
    return [*faults, others]


@contextmanager
def _kept(work: Path) -> Iterator[None]:
    """The work folder, made if need be, and held by this run alone."""
    try:
        work.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise InputError.of("distributed.work_is_file", work=work) from None
    with locked(work):
        yield


def _cleared(work: Path, kept: tuple[str, ...]) -> None:
    """Of our files in the work folder only these stay, which a run like this one takes up."""
    for path in work.iterdir():
        if path.name == LOCK or path.name.startswith(kept):
            continue
        kind = path.name.lstrip(".").partition("-")[0]
        if kind == "part" and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif kind in {"found", "streets"} and path.is_file():
            path.unlink(missing_ok=True)
