"""Loops as machine code: numba where it is installed, and its cache.

Some Intel Macs have no numba. There every loop has a twin made of library calls, which also is what
tests hold it against; `COMPILED` says which of the two serves. What numba compiles is kept in the
user's cache folder, so that only the very first use waits for it.
"""

from __future__ import annotations

import importlib.util
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import platformdirs

from lifecircle.version import VERSION

COMPILED = importlib.util.find_spec("numba") is not None
"""Whether there is numba."""

if COMPILED:
    import numba

Inputs = ParamSpec("Inputs")
Output = TypeVar("Output")


def cache_folder() -> Path:
    """Where compiled functions are kept, by version of the package.

    numba's own variable `NUMBA_CACHE_DIR` names another folder.
    """
    return platformdirs.user_cache_path("lifecircle", appauthor=False) / VERSION


def cores() -> int:
    """How many cores this process may use.

    >>> cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ready_file() -> Path:
    """A file that is there once the loops of this version were compiled for this Python."""
    numba_version = numba.__version__ if COMPILED else ""
    return cache_folder() / f"ready-{platform.python_version()}-{numba_version}"


def compiled(function: Callable[Inputs, Output]) -> Callable[Inputs, Output]:
    """The function as machine code that lets other threads run; as it is without numba.

    It must stay within what numba knows: numbers, arrays, tuples, loops.
    """
    if not COMPILED:
        return function
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = before or str(cache_folder())
    try:
        native = numba.njit(cache=True, **options)(function)
    except RuntimeError:
        # No folder can be written: every run compiles anew.
        native = numba.njit(**options)(function)
    finally:
        config.CACHE_DIR = before
    function_in_machine_code: Callable[Inputs, Output] = native
    return function_in_machine_code
