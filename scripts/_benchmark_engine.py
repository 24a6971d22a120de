"""What takes part in the benchmark: tasks, engines, and what is told of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from _benchmark_city import City


@dataclass(frozen=True, eq=False)
class Case:
    """What engines are asked: a city, what of it, and within what budget of seconds."""

    city: City
    asked: Any
    budget: float


@dataclass(frozen=True)
class Engine:
    """Somebody who can answer: `run(case, prepare(case))`, read in the task's own form by `read`.

    `needs` names a package that must be installed. `fit` gives the case with as much asked as the
    budget allows, and how much that is: so many of so many; seconds are scaled up.
    `peak_mb` tells the memory of an answer that was computed by yet another process. With
    `all_cores` it is never kept to one: it starts as many threads as there are, and waits for them.
    """

    name: str
    prepare: Callable[[Case], Any]
    run: Callable[[Case, Any], Any]
    read: Callable[[Case, Any], Any] = lambda _, answer: answer
    needs: str = ""
    fit: Callable[[Case, Any], tuple[Case, tuple[int, int]]] | None = None
    peak_mb: Callable[[Any], float | None] | None = None
    all_cores: bool = False

    @property
    def installed(self) -> bool:
        """Whether its package is there."""
        return not self.needs or importlib.util.find_spec(self.needs) is not None


@dataclass(frozen=True)
class Task:
    """A question: what it asks of a city, the truth, and how far an answer is from it.

    `error` gives minutes (`None` where it is none of minutes) and a remark. With `one_core` every
    process is kept to one and the same core, if its engine can be. `size` is the number of
    facilities it is about.
    """

    name: str
    about: str
    asked: Callable[[City], Any]
    truth: Callable[[City, Any], Any]
    error: Callable[[Case, Any, Any], tuple[float | None, str]]
    engines: tuple[Engine, ...]
    size: Callable[[City, Any], int] = lambda city, _: city.facilities
    one_core: bool = False


@dataclass(frozen=True)
class Measured:
    """What an engine took: seconds (the median), to prepare, megabytes, and how far it was off."""

    engine: str
    seconds: float
    prepare_s: float
    runs: int
    peak_mb: float | None
    max_error_min: float | None
    remark: str = ""


@dataclass(frozen=True)
class Left:
    """An engine that was not measured, and why."""

    engine: str
    why: str
