"""The engines of a task side by side, each in a process of its own.

Each is started in a process of its own that inherits the city, so that the memory it adds (the most
it ever had, less what it began with) is its own. It prepares what it needs, such as a graph, which
is timed apart; answers once, unobserved, so that whatever is loaded or compiled at first use is;
and its answer is checked. Then the processes take turns, one run each, in an order that moves on
with every round. While one runs all others wait, and what disturbs the machine disturbs all alike.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from _benchmark_engine import Case, Engine, Fit, Left, Measured, Task
from _benchmark_tasks import TASKS

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

# Where a process can be forked safely it shares the city; elsewhere it gets a copy.
CONTEXT: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
PATIENCE = 5
"""An engine is stopped when it takes this many times the budget to prepare and answer once."""
SLOW = 0.25
"""If an answer takes more than this share of the budget, the first one counts and is the only."""


RUN, STOP = "run", "stop"


@dataclass(frozen=True)
class _First:
    """What a process tells of its first answer; `scaled_s` is what the whole would have taken."""

    name: str
    prepare_s: float
    seconds: float
    scaled_s: float
    peak_mb: float | None
    error: tuple[float | None, str]


def race(
    task: Task, case: Case, engines: Sequence[Engine], *, repeat: int, checked: bool = True
) -> list[Measured | Left]:
    """All these engines at one task; with no `repeat` a first answer is all there is."""
    truth = _apart(_truth, task.name, case) if checked else None
    started = [_start(task, case, engine, truth) for engine in engines]
    firsts = [_first(engine, *each, case) for engine, each in zip(engines, started, strict=True)]
    seconds: list[list[float]] = [[] for _ in engines]
    for turn in range(repeat):
        for number in range(len(engines)):
            who = (number + turn) % len(engines)
            first, line = firsts[who], started[who][1]
            if isinstance(first, _First) and first.seconds < SLOW * case.budget:
                line.send(RUN)
                seconds[who].append(line.recv())
    for process, line in started:
        _end(process, line)
    pairs = zip(firsts, seconds, strict=True)
    return [first if isinstance(first, Left) else _measured(first, own) for first, own in pairs]


def _measured(first: _First, seconds: list[float]) -> Measured:
    seconds = seconds or [first.scaled_s]
    median = statistics.median(seconds)
    return Measured(first.name, median, first.prepare_s, len(seconds), first.peak_mb, *first.error)


def _start(task: Task, case: Case, engine: Engine, truth: Any) -> tuple[BaseProcess, Connection]:
    """The engine's process, and the line to it, once it has answered or kept us waiting."""
    here, there = CONTEXT.Pipe()
    process = CONTEXT.Process(target=_serve, args=(there, task.name, engine.name, case, truth))
    process.start()
    there.close()
    here.poll(PATIENCE * case.budget)
    return process, here


def _first(engine: Engine, process: BaseProcess, line: Connection, case: Case) -> _First | Left:
    if not line.poll(0):
        process.terminate()
        return Left(engine.name, f"stopped after {PATIENCE * case.budget:,.0f} s")
    try:
        first: _First = line.recv()
    except EOFError:
        process.join()
        return Left(engine.name, f"failed (exit code {process.exitcode})")
    return first


def _end(process: BaseProcess, line: Connection) -> None:
    """Let the process go, or make it."""
    with contextlib.suppress(OSError):
        line.send(STOP)
    process.join(1)
    process.terminate()
    process.join()


def _serve(line: Connection, task_name: str, engine_name: str, case: Case, truth: Any) -> None:
    """The work of one process: prepare, answer, be checked; then answer whenever told to."""
    task = TASKS[task_name]
    engine = next(each for each in task.engines if each.name == engine_name)
    if task.one_core and not engine.all_cores:
        _keep_to_one_core()
    before = _peak_mb()
    prepared, prepare_s = _timed(engine.prepare, case)
    fit = engine.fit(case, prepared) if engine.fit else Fit(case)
    part = "" if fit.some == fit.of else f", {fit.some:,} of {fit.of:,}, scaled"
    answer, seconds = _timed(engine.run, fit.case, prepared)
    first = _First(
        name=engine.name + part,
        prepare_s=prepare_s,
        seconds=seconds,
        scaled_s=fit.scaled(seconds),
        peak_mb=engine.peak_mb(answer) if engine.peak_mb else _grown_mb(before),
        error=_checked(task, case, engine, answer, truth),
    )
    line.send(first)
    del answer, truth
    while line.recv() == RUN:
        line.send(fit.scaled(_timed(engine.run, fit.case, prepared)[1]))


def _checked(
    task: Task, case: Case, engine: Engine, answer: Any, truth: Any
) -> tuple[float | None, str]:
    """How far the answer is from the truth, and what else there is to say."""
    error, remark = (None, "")
    if truth is not None:
        error, remark = task.error(case, engine.read(case, answer), truth)
    if task.one_core and engine.all_cores:
        remark = "; ".join(filter(None, [remark, "on all cores"]))
    return error, remark


def _keep_to_one_core() -> None:
    """One core for this process, and one thread for what it loads from now on."""
    os.environ.update(OMP_NUM_THREADS="1", RAYON_NUM_THREADS="1")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _timed(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    start = time.perf_counter()
    made = work(*arguments)
    return made, time.perf_counter() - start


def _peak_mb() -> float | None:
    """The most memory this process ever had, megabytes; `None` where the system does not tell."""
    if resource is None:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _grown_mb(before: float | None) -> float | None:
    after = _peak_mb()
    return None if after is None or before is None else after - before


def _truth(line: Connection, task_name: str, case: Case) -> None:
    line.send(TASKS[task_name].truth(case.city, case.asked))


def _apart(work: Callable[..., None], *arguments: Any) -> Any:
    """What `work` sends, from a process that leaves nothing in the memory of this one."""
    here, there = CONTEXT.Pipe()
    process = CONTEXT.Process(target=work, args=(there, *arguments))
    process.start()
    there.close()
    sent = here.recv()
    process.join()
    return sent
