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

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


def _files(case: Case) -> Path:
    """The city as a planner's files: the project file."""
    return lc.write_sample(case.city.made, tempfile.mkdtemp())


def _with_kept_streets(case: Case) -> Path:
    """The same after a first run, which keeps the streets prepared."""
    project = _files(case)
    _run(case, project)
    return project


def _run(_: Case, project: Path, *options: str) -> float | None:
    """Megabytes that the command took at most."""
    command = [sys.executable, "-m", "lifecircle", "run", str(project), "--quiet", *options]
    subprocess.run(command, check=True)
    if resource is None:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 1e6


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
