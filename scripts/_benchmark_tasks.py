"""Every task of the benchmark, by name."""

from __future__ import annotations

from collections.abc import Mapping

from _benchmark_areas import ISOCHRONES
from _benchmark_engine import Task
from _benchmark_nodes import NEAREST, REACH
from _benchmark_places import COVERAGE, SNAP, WHAT_IF_TASK
from _benchmark_run import RUN

TASKS: Mapping[str, Task] = {
    task.name: task for task in (NEAREST, REACH, SNAP, COVERAGE, ISOCHRONES, WHAT_IF_TASK, RUN)
}
