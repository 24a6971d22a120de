"""Which step a run is at, and how long each took."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

Progress = Callable[[str, int, int], None]
"""Called with a step's message code, how many steps are done, and how many there are."""

STEPS = (
    "compiling", "zones", "streets", "facilities", "demand", "snapping", "minutes", "rates",
    "isochrones", "files",
)  # fmt: skip


class Clock:
    """Seconds per step, and word of each to whoever waits."""

    def __init__(self, seconds: Mapping[str, float], progress: Progress | None) -> None:
        self._seconds = dict(seconds)
        self._progress = progress
        self._step = ""
        self._since = time.perf_counter()

    def start(self, step: str) -> None:
        """The step before has ended; this one begins."""
        self.stop()
        self._step = step
        if self._progress:
            self._progress(f"progress.{step}", STEPS.index(step), len(STEPS))

    def stop(self) -> dict[str, float]:
        """Seconds of all steps so far."""
        now = time.perf_counter()
        if self._step:
            self._seconds[self._step] = self._seconds.get(self._step, 0.0) + now - self._since
        self._step, self._since = "", now
        return self._seconds
