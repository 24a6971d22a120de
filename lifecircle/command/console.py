"""The terminal: what language it speaks, where answers and complaints go, and the exit codes."""

from __future__ import annotations

import errno
import json
import locale
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import typer

from lifecircle.errors import InputError
from lifecircle.messages import message

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from lifecircle.progress import Progress

FAULT, WRONG_USE, BELOW, INTERRUPTED = 1, 2, 3, 130

# What a file system refuses is for the user to mend; any other OSError is ours.
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC}


@dataclass(frozen=True)
class Terminal:
    """How one command talks."""

    language: str = "en"
    quiet: bool = False
    verbose: bool = False
    json: bool = False

    def words(self, code: str, **values: object) -> str:
        """A message in the terminal's language."""
        return message(code, **values).text(self.language)


def preferred_language() -> str:
    """`zh` where the environment or the system is Chinese, else `en`."""
    settings = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    first = next(filter(None, settings), None) or locale.getlocale()[0] or ""
    return "zh" if first.lower().startswith(("zh", "chinese")) else "en"


def show(terminal: Terminal, *parts: RenderableType) -> None:
    """Answers: on stdout; on stderr if stdout is for JSON; nowhere if quiet."""
    if not terminal.quiet:
        console = _console(stderr=terminal.json)
        for part in parts:
            _print(console, part)


def complain(text: str) -> None:
    """Words on stderr, whatever the options."""
    _print(_console(stderr=True), text)


def print_json(summary: Mapping[str, Any] = MappingProxyType({}), **values: object) -> None:
    """The summary for programs: one JSON object on stdout."""
    whole = {"schema": "lifecircle.summary/1", **summary, **values}
    typer.echo(json.dumps(whole, indent=2, allow_nan=False))


def plain(text: str) -> str:
    """`text` without what would steer a terminal: names are data.

    >>> plain("a" + chr(27) + "[31mb")
    'a�[31mb'
    """
    return "".join(c if c.isprintable() or c in "\n\u3000" else "\ufffd" for c in text)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, markup=False, highlight=False, emoji=False)


def _print(console: Console, part: RenderableType) -> None:
    from rich.text import Text

    line = Text(plain(part)) if isinstance(part, str) else part
    # lines are left whole, so that a path can be copied; tables fold
    console.print(line, soft_wrap=isinstance(line, Text))


@contextmanager
def answering(terminal: Terminal) -> Iterator[None]:
    """Turns whatever goes wrong inside into words on stderr and the contract's exit code."""
    try:
        with warnings.catch_warnings():
            if not terminal.verbose:
                warnings.simplefilter("ignore")
            yield
    except (typer.Exit, BrokenPipeError):
        raise
    except KeyboardInterrupt:
        complain(terminal.words("cli.interrupted"))
        raise typer.Exit(INTERRUPTED) from None
    except InputError as error:
        complain(error.text(terminal.language))
        raise typer.Exit(WRONG_USE) from None
    except OSError as error:
        if error.errno not in _REFUSED:
            _apologise(terminal, error)
        fault = message("cli.file", file=error.filename or "", reason=error.strerror)
        complain(InputError(fault).text(terminal.language))
        raise typer.Exit(WRONG_USE) from None
    except Exception as error:  # noqa: BLE001 - the door: what nobody expected ends here, in one line
        _apologise(terminal, error)


def _apologise(terminal: Terminal, error: Exception) -> None:
    if terminal.verbose:
        traceback.print_exc()
    words = " ".join(str(error).split()).rstrip(".")
    complain(terminal.words("cli.fault", kind=type(error).__name__, words=words))
    raise typer.Exit(FAULT) from None


@contextmanager
def progress(terminal: Terminal) -> Iterator[Progress | None]:
    """A bar on stderr that follows a run; only where somebody watches it."""
    if terminal.quiet or terminal.json or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=_console(stderr=True), transient=True) as bars:
        bar = bars.add_task("", total=None)

        def follow(step: str, done: int, total: int) -> None:
            bars.update(bar, description=terminal.words(step), completed=done, total=total)

        yield follow
