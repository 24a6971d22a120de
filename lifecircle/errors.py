"""The few errors of the package.

`InputError` is a user's mistake (exit code 2, no traceback) and carries every fault found at once;
`BrokenIdentityError` is the program's own (exit code 1).
"""

from __future__ import annotations

from itertools import pairwise

from lifecircle.messages import Message, message


class LifecircleError(Exception):
    """Base of every error this package raises on purpose."""


class InputError(LifecircleError, ValueError):
    """Wrong use or bad input. Says what is wrong and what to do, in both languages."""

    def __init__(self, *faults: Message) -> None:
        self.faults = faults
        super().__init__(self.text("en"))

    def __reduce__(self) -> tuple[type[InputError], tuple[Message, ...]]:
        """What makes it anew in another process."""
        return type(self), self.faults

    @classmethod
    def of(cls, code: str, **values: object) -> InputError:
        """The error with a single fault, given by its code and values."""
        return cls(message(code, **values))

    def text(self, language: str) -> str:
        """All faults, one a line, each with its remedy; one that repeats stands after the last."""
        actions = [fault.action(language) for fault in self.faults]
        said_later = [action == following for action, following in pairwise(actions)]
        space = "" if language == "zh" else " "
        return "\n".join(
            space.join(filter(None, (fault.text(language), "" if later else action)))
            for fault, action, later in zip(self.faults, actions, [*said_later, False], strict=True)
        )


class CRSError(InputError):
    """A coordinate system is missing, unknown or plainly wrong."""


class BrokenIdentityError(LifecircleError):
    """A relation that must hold between the numbers of a run does not: a fault of the program."""
