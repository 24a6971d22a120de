"""The page is a file that people send on: what it leaves out where it would be too large."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lifecircle.findings import Finding, finding
from lifecircle.messages import message
from lifecircle.report.data import script_json
from lifecircle.report.surface import halved

LIMIT_BYTES = 5_000_000
SURFACES_KEPT = 6
"""How many services keep their picture of walking times where not all can."""

Block = dict[str, Any]


def fit(
    block: Mapping[str, Any], other_bytes: int, *, limit: int = LIMIT_BYTES
) -> tuple[Block, tuple[str, ...]]:
    """The block with no more left out than the limit asks for, and what was.

    Tables, curves and outlines always stay, even where the page is still too large without the
    rest. What was left out stands in `dropped` of the block too.

    Parameters
    ----------
    other_bytes
        All of the page but the block, in bytes.

    Returns
    -------
        Of `names`, `surfaces`, `streets` and `resolution`, in this order, those that are missing or
        coarser now.
    """
    found, dropped = dict(block), []
    for part, without in STEPS.items():
        if other_bytes + size(found) <= limit:
            break
        less = without(found)
        if less is not None:
            dropped.append(part)
            found = {**less, "dropped": [*block["dropped"], *dropped]}
    return found, tuple(dropped)


def size(block: Mapping[str, Any]) -> int:
    """Bytes of a block in the page."""
    return len(script_json(block).encode("utf-8", errors="replace"))


def left_out(dropped: Sequence[str]) -> Finding | None:
    """What the page lacks, as a finding; `None` where it lacks nothing."""
    if not dropped:
        return None
    parts = [message(f"report.left_out_{part}") for part in dropped]
    return finding(
        "report",
        "report.left_out",
        severity="info",
        parts="; ".join(part.text("en") for part in parts),
        parts_zh="；".join(part.text("zh") for part in parts),
        limit_mb=LIMIT_BYTES / 1e6,
    )


def _without_names(block: Block) -> Block | None:
    facilities = block["facilities"]
    if all(each["names"] is None for each in facilities.values()):
        return None
    unnamed = {service: {**each, "names": None} for service, each in facilities.items()}
    return {**block, "facilities": unnamed}


def _without_surfaces(block: Block) -> Block | None:
    """The first services keep their pictures, and so does the one that the page begins with."""
    surface = block["surface"]
    if surface is None or len(surface["png"]) <= SURFACES_KEPT:
        return None
    shown = block["meta"]["service"]
    ordered = sorted(surface["png"], key=lambda service: service != shown)
    kept = set(ordered[:SURFACES_KEPT])
    pictures = {service: text for service, text in surface["png"].items() if service in kept}
    return {**block, "surface": {**surface, "png": pictures}}


def _without_streets(block: Block) -> Block | None:
    return None if block["streets"] is None else {**block, "streets": None}


def _coarser(block: Block) -> Block | None:
    surface = block["surface"]
    return None if surface is None else {**block, "surface": halved(surface)}


STEPS: dict[str, Callable[[Block], Block | None]] = {
    "names": _without_names,
    "surfaces": _without_surfaces,
    "streets": _without_streets,
    "resolution": _coarser,
}
"""What goes first, by its name in `dropped`."""
