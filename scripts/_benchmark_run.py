"""The task of a whole run: the command on files, from reading to every output."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from _benchmark_city import City
from _benchmark_engine import Case, Engine, Task

import lifecircle as lc

STARTER = """
import subprocess, sys
subprocess.run(sys.argv[1:], check=True)
try:
    import resource
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
except ImportError:  # Windows
    pass
"""


def _files(case: Case) -> Path:
    """The city as a planner's files: the project file."""
    return lc.write_sample(case.city.made, tempfile.mkdtemp())


def _with_kept_streets(case: Case) -> Path:
    """The same after a first run, which keeps the streets prepared."""
    project = _files(case)
    _run(case, project)
    return project


def _run(_: Case, project: Path, *options: str) -> float | None:
    """Megabytes that the command took at most.

    A system counts what a process is started from as its own, so a small one starts it.
    """
    command = [sys.executable, "-m", "lifecircle", "run", str(project), "--quiet", *options]
    starter = [sys.executable, "-c", STARTER, *command]
    told = subprocess.run(starter, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    unit = 1 if sys.platform == "darwin" else 1024
    return int(told.split()[-1]) * unit / 1e6 if told.strip() else None


def _reading_all(case: Case, project: Path) -> float | None:
    return _run(case, project, "--set", "network.cache=false")


def _nothing(_: City, __: Any = None) -> None:
    """Tests hold a run to the truth; here it is timed."""


RUN = Task(
    name="run",
    about="the command `lifecircle run` as a whole, with every output",
    asked=_nothing,
    truth=_nothing,
    error=lambda *_: (None, ""),
    engines=(
        Engine("lifecircle run, streets kept", _with_kept_streets, _run, peak_mb=lambda mb: mb),
        Engine("lifecircle run, streets read", _files, _reading_all, peak_mb=lambda mb: mb),
    ),
)
