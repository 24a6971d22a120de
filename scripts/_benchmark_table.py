"""What the benchmark found: as a table to read, as JSON, as sections of `docs/benchmarks.md`."""

from __future__ import annotations

import datetime
import importlib.metadata
import math
import os
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from _benchmark_engine import Left, Measured

PACKAGES = ("numpy", "scipy", "numba", "shapely", "networkx", "osmnx")
PEERS = {
    "pandana": "AGPL-3.0",
    "cityseer": "AGPL-3.0",
    "pyvalhalla": "GPL-2.0 to 3.2, then MIT",
    "pyvalhalla-weekly": "MIT",
    "r5py": "GPL-3.0 or MIT; Java",
}
COLUMNS = ("engine", "seconds", "times", "prepare s", "peak MB", "off by, min", "")
LEFT_ALIGNED = (0, 6)


@dataclass(frozen=True)
class Outcome:
    """A task at a size (in words and nodes), how many facilities it is about, and who did how."""

    task: str
    about: str
    size: str
    nodes: int
    facilities: int
    engines: tuple[Measured | Left, ...]


def rows(outcomes: Iterable[Outcome]) -> list[dict[str, object]]:
    """What was measured, a row for each engine; what was not measured has none."""
    return [
        {
            "task": outcome.task,
            "engine": each.engine,
            "nodes": outcome.nodes,
            "facilities": outcome.facilities,
            "seconds": round(each.seconds, 6),
            "peak_mb": None if each.peak_mb is None else round(each.peak_mb, 1),
            "max_error_min": each.max_error_min,
        }
        for outcome in outcomes
        for each in outcome.engines
        if isinstance(each, Measured)
    ]


def cells(outcome: Outcome) -> list[list[str]]:
    """The table of a task; `times` is how often the first engine could do it meanwhile."""
    first = next((each for each in outcome.engines if isinstance(each, Measured)), None)
    table = []
    for each in outcome.engines:
        if isinstance(each, Left) or first is None:
            why = each.why if isinstance(each, Left) else ""
            table.append([each.engine, "–", "", "", "", "", why])
            continue
        times = each.seconds / first.seconds
        table.append(
            [
                each.engine,
                significant(each.seconds),
                "1" if each is first else significant(times, 2),
                significant(each.prepare_s),
                "" if each.peak_mb is None else f"{each.peak_mb:,.0f}",
                _error(each.max_error_min),
                "; ".join(filter(None, [each.remark, "once" if each.runs == 1 else ""])),
            ]
        )
    return table


def significant(value: float, digits: int = 3) -> str:
    """A number with so many digits that count, never as a power of ten.

    >>> [significant(each) for each in (0.012345, 1.2345, 123.45, 12345.0)]
    ['0.0123', '1.23', '123', '12,345']
    """
    if not value > 0 or math.isinf(value):
        return f"{value:g}"
    places = max(0, digits - 1 - math.floor(math.log10(value)))
    return f"{value:,.{places}f}"


def _error(minutes: float | None) -> str:
    if minutes is None:
        return ""
    return "0" if minutes == 0 else f"{minutes:.1e}"


def title(outcome: Outcome) -> str:
    """The task in a line."""
    return f"{outcome.task}: {outcome.about} ({outcome.facilities:,} facilities)"


def text_table(outcome: Outcome) -> str:
    """The table for a terminal."""
    table = [list(COLUMNS), *cells(outcome)]
    widths = [max(len(row[i]) for row in table) for i in range(len(COLUMNS))]
    lines = [
        "  ".join(
            cell.ljust(width) if i in LEFT_ALIGNED else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
    return "\n".join([f"{outcome.size} · {title(outcome)}", *lines, ""])


def markdown_table(outcome: Outcome) -> str:
    """The table for a page."""
    rule = ["---" if i in LEFT_ALIGNED else "--:" for i in range(len(COLUMNS))]
    lines = ["| " + " | ".join(row) + " |" for row in [list(COLUMNS), rule, *cells(outcome)]]
    return "\n".join([f"**{outcome.task}**: {title(outcome).partition(': ')[2]}", "", *lines])


def machine() -> str:
    """The machine, the date and the packages in a few words."""
    cpu = platform.processor() or platform.machine()
    with_names = Path("/proc/cpuinfo")
    if with_names.exists():
        named = re.search(r"model name\s*: (.*)", with_names.read_text("utf-8"))
        cpu = named[1] if named else cpu
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    python = f"Python {platform.python_version()}"
    return f"{today}, {cpu}, {cores} cores{memory}, {platform.system()}, {python}"


def versions() -> str:
    """The packages that took part, and the peers that could not."""
    have = [f"{name} {version}" for name in PACKAGES if (version := _version(name))]
    peers = [
        f"{name} {version} ({licence})" if (version := _version(name)) else f"{name}: not installed"
        for name, licence in PEERS.items()
    ]
    return ", ".join(have) + "; " + ", ".join(peers)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def with_sections(page: str, outcomes: Sequence[Outcome], command: str) -> str:
    """The page with a section for each size, in place of what stood there or else at its end.

    >>> one = Outcome("snap", "points", "9 nodes", 9, 2, (Left("shapely", "too slow"),))
    >>> page = with_sections("Words.", [one], "benchmark.py")
    >>> page.count("too slow"), with_sections(page, [one], "benchmark.py") == page
    (1, True)
    """
    for size in dict.fromkeys(outcome.size for outcome in outcomes):
        begin, end = f"<!-- begin {size} -->", f"<!-- end {size} -->"
        tables = [markdown_table(outcome) for outcome in outcomes if outcome.size == size]
        head = [f"## {size}", f"{machine()}.\n{versions()}.", f"`{command}`"]
        section = "\n\n".join([begin, *head, *tables, end])
        before, found, rest = page.partition(begin)
        after = rest.partition(end)[2] if found else "\n"
        page = before.rstrip() + "\n\n" + section + after
    return page
