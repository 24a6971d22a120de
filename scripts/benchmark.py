"""lifecircle beside what else there is: `python scripts/benchmark.py [--nodes N,…] [--tasks T,…]`.

On synthetic cities, every engine gets the same streets and the same facilities, and is checked
against the truth, which is NetworkX (for snapping: an exact search tree) on the whole of a city of
up to 100,000 nodes and on parts of a larger one.

    python scripts/benchmark.py --nodes 100000,1000000 --tasks nearest,snap --json found.json
    python scripts/benchmark.py --nodes 100000,1000000,3000000 --markdown docs/benchmarks.md

What is measured. `seconds` is the median of `--repeat` answers. Each engine has a process of its
own; these take turns, one answer each, while the others wait, so that times may be compared even on
a machine that others use. `prepare s` is what an engine makes of the streets once (a graph, a
contraction), and in no comparison; `peak MB` is the memory its process grew by, all told; `off by`
the largest difference from the truth in minutes. `nearest` and `reach` are asked between street
nodes, since most engines know no others, and every process is kept to one core.

What is left out. An engine whose time, predicted from smaller cities, is over `--budget` seconds,
or that takes five times as long, is named and not measured. Where isochrones would take longer than
the budget, as many as fit are drawn and the seconds scaled up, which the engine's name then says.
pandana, cityseer and pyvalhalla are asked if they are installed. r5py is only listed: it answers in
whole minutes between points of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from _benchmark_city import SERVICES, City, city_of
from _benchmark_engine import Case, Engine, Left, Measured, Task
from _benchmark_race import race
from _benchmark_table import Outcome, machine, rows, text_table, versions, with_sections
from _benchmark_tasks import TASKS

ALL_AT_ONCE = 100_000
"""In a city up to this size all engines are tried; for a larger one their time is predicted."""
PILOTS = (5_000, 20_000)
ISSUE_172 = ((170_732, 13_137), (1_324_602, 49_460))
"""Nodes and facilities of one kind of which users of pandana told (its issue 172)."""


@dataclass(frozen=True)
class Size:
    """A city to be made; `facilities` other than it has by itself."""

    nodes: int
    facilities: int | None = None
    services: int = SERVICES

    @property
    def words(self) -> str:
        """How a reader is told."""
        if self.facilities is None:
            return f"{self.nodes:,} nodes"
        kinds = "one service" if self.services == 1 else f"{self.services} services"
        return f"{self.nodes:,} nodes, {self.facilities:,} facilities of {kinds}"


@dataclass(frozen=True)
class Known:
    """How long engines took in a smaller city, by task and engine, or why they were left out."""

    nodes: int
    found: Mapping[tuple[str, str], Measured | Left]


def predicted(engine: Engine, task: Task, nodes: int, known: Sequence[Known]) -> float:
    """Seconds to prepare and answer by the line through the last two sizes; 0 if not known.

    A line, not a share: much of a run takes as long in a small city as in a large one.
    """
    points = [
        (one.nodes, did.seconds + did.prepare_s)
        for one in known
        if isinstance(did := one.found.get((task.name, engine.name)), Measured)
    ]
    if engine.fit or not points:
        return 0.0
    (few, before), (many, now) = [(0, 0.0), *points][-2:]
    return now + max(0.0, now - before) * (nodes - many) / (many - few)


def admitted(
    task: Task, engines: list[Engine], size: Size, known: Sequence[Known], budget: float
) -> tuple[list[Engine], list[Left]]:
    """Who may take part at this size, and who may not and why."""
    may, left = [], []
    for engine in engines:
        before = known[-1].found.get((task.name, engine.name)) if known else None
        seconds = predicted(engine, task, size.nodes, known)
        if not engine.installed:
            left.append(Left(engine.name, "not installed"))
        elif isinstance(before, Left):
            left.append(Left(engine.name, f"not even at {known[-1].nodes:,} nodes: {before.why}"))
        elif seconds > budget:
            why = f"left out: about {seconds:,.0f} s, predicted from {known[-1].nodes:,} nodes"
            left.append(Left(engine.name, why))
        else:
            may.append(engine)
    return may, left


def outcomes(options: argparse.Namespace) -> Iterator[Outcome]:
    """Task by task and size by size, as soon as it is known."""
    known: list[Known] = []
    services = SERVICES
    for size in sizes(options):
        if size.services != services:
            services, known = size.services, []
        _say(f"{size.words}: making the city")
        city = city_of(size.nodes, facilities=size.facilities, services=size.services)
        tasks = [TASKS["nearest"]] if size.services == 1 else [TASKS[key] for key in options.tasks]
        for nodes in PILOTS[len(known) :] if size.nodes > ALL_AT_ONCE else ():
            known.append(_pilot(nodes, services, tasks, options))
        known.sort(key=lambda one: one.nodes)
        found: dict[tuple[str, str], Measured | Left] = {}
        for task in tasks:
            may, left = admitted(task, _chosen(task, options), size, known, options.budget)
            _say(f"{size.words}: {task.name}, {len(may)} engines")
            case = Case(city, task.asked(city), options.budget)
            did = [*race(task, case, may, repeat=options.repeat), *left]
            found |= {
                (task.name, name): each
                for name, each in zip([e.name for e in may], did, strict=False)
            }
            found |= {(task.name, each.engine): each for each in left}
            yield _outcome(task, size, city, case, did)
        known.append(Known(size.nodes, found))


def _outcome(task: Task, size: Size, city: City, case: Case, did: list[Measured | Left]) -> Outcome:
    number = task.size(city, case.asked)
    return Outcome(task.name, task.about, size.words, size.nodes, number, tuple(did))


def _pilot(nodes: int, services: int, tasks: list[Task], options: argparse.Namespace) -> Known:
    """A first answer of every engine in a small city."""
    _say(f"{nodes:,} nodes, to predict from")
    city = city_of(nodes, services=services)
    found: dict[tuple[str, str], Measured | Left] = {}
    for task in tasks:
        engines = [each for each in _chosen(task, options) if each.installed]
        case = Case(city, task.asked(city), options.budget)
        did = race(task, case, engines, repeat=0, checked=False)
        found |= {(task.name, e.name): each for e, each in zip(engines, did, strict=True)}
    return Known(nodes, found)


def _chosen(task: Task, options: argparse.Namespace) -> list[Engine]:
    """The engines whose name holds one of the words asked for, or all."""
    words = options.engines or [""]
    return [each for each in task.engines if any(word in each.name for word in words)]


def sizes(options: argparse.Namespace) -> list[Size]:
    """The cities asked for, small ones first."""
    asked = [Size(nodes, options.facilities) for nodes in sorted(options.nodes)]
    if options.issue_172:
        asked += [Size(*each, services=1) for each in ISSUE_172]
    return asked


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _numbers(text: str) -> list[int]:
    return [int(each.replace("_", "")) for each in text.split(",") if each]


def _words(text: str) -> list[str]:
    return [each for each in text.split(",") if each]


def arguments() -> argparse.Namespace:
    """What was typed."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--nodes", type=_numbers, default=None, metavar="N,…")
    parser.add_argument("--tasks", type=_words, default=list(TASKS), metavar="T,…")
    parser.add_argument(
        "--engines", type=_words, metavar="WORD,…", help="those whose name holds one"
    )
    parser.add_argument("--facilities", type=int, metavar="N", help="so many, of all services")
    parser.add_argument(
        "--issue-172",
        action="store_true",
        help="nearest at the sizes of pandana's issue 172, besides --nodes or alone",
    )
    parser.add_argument("--repeat", type=int, default=5, metavar="N")
    parser.add_argument("--budget", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="its sections of these sizes")
    options = parser.parse_args()
    for name in options.tasks:
        if name not in TASKS:
            parser.error(f"{name} is no task; there are {', '.join(TASKS)}")
    if options.nodes is None:
        options.nodes = [] if options.issue_172 else [ALL_AT_ONCE]
    return options


def main() -> None:
    """Run all of it; what any engine writes goes to a folder that is gone in the end."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        run(options)


def run(options: argparse.Namespace) -> None:
    """Run, print and write; what is written is complete up to the task that has just ended."""
    print(machine(), versions(), "", sep="\n", flush=True)
    done: list[Outcome] = []
    page = options.markdown.read_text("utf-8") if options.markdown else ""
    # What a reader repeats, without where this one's files went.
    asked = [word for word in sys.argv[1:] if word not in ("--json", "--markdown")]
    files = {str(options.json), str(options.markdown)}
    command = shlex.join(["python", "scripts/benchmark.py", *(w for w in asked if w not in files)])
    for outcome in outcomes(options):
        print(text_table(outcome), flush=True)
        done.append(outcome)
        if options.json:
            text = json.dumps(rows(done), indent=1, ensure_ascii=False) + "\n"
            options.json.write_text(text, "utf-8")
        if options.markdown:
            options.markdown.write_text(with_sections(page, done, command), "utf-8")


if __name__ == "__main__":
    main()
