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


@dataclass(frozen=True, eq=False)
class Fit:
    """The case with `some` asked of `of`; an answer takes `fixed_s` whatever is asked."""

    case: Case
    some: int = 1
    of: int = 1
    fixed_s: float = 0.0

    def scaled(self, seconds: float) -> float:
        """Seconds that all of it would take, of those for some."""
        fixed_s = min(self.fixed_s, seconds)
        return fixed_s + (seconds - fixed_s) * self.of / self.some


@dataclass(frozen=True)
class Engine:
    """Somebody who can answer: `run(case, prepare(case))`, read in the task's own form by `read`.

    `needs` names a package that must be installed. `fit` finds how much of what is asked the budget
    allows.
    `peak_mb` tells the memory of an answer that was computed by yet another process. With
    `all_cores` it is never kept to one: it starts as many threads as there are, and waits for them.
    """

    name: str
    prepare: Callable[[Case], Any]
    run: Callable[[Case, Any], Any]
    read: Callable[[Case, Any], Any] = lambda _, answer: answer
    needs: str = ""
    fit: Callable[[Case, Any], Fit] | None = None
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
