"""What a standard's rules of supply must say: how much, and once only."""

from __future__ import annotations

from collections.abc import Iterator

from lifecircle.messages import Message, message
from lifecircle.project.standard_tables import StandardContent

_NORMS = ("per_person", "per_1000", "people_per_facility")


def supply_faults(
    profile: StandardContent, table: StandardContent, *, file: str
) -> Iterator[Message]:
    """Rules of supply that say nothing, or the same thing twice.

    `profile` and `table` are a standard and what the project writes over it, `file` is what the
    messages call the project file.
    """
    for key in {**profile.supply, **table.supply}:
        both = [rules[key] for rules in (profile.supply, table.supply) if key in rules]
        said = [name for name in _NORMS if any(getattr(each, name) is not None for each in both)]
        if not said:
            yield message("provision.no_norm", file=file, key=key)
        if {"per_person", "per_1000"} <= set(said):
            yield message("provision.two_norms", file=file, key=key)
