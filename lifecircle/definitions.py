"""Definitions (口径): what is divided by what, measured how. No rate is shown without its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Definition:
    """How a rate is measured.

    `demand` names the layer whose weight is the denominator, `group` a column of it that replaces
    the weight. `metric` is `network` (minutes along streets) or `radius` (straight line within
    limit × speed). `speed_kmh` applies to streets and access legs alike.
    """

    key: str
    demand: str
    unit: str = ""
    group: str = ""
    metric: Literal["network", "radius"] = "network"
    mode: str = "walk"
    speed_kmh: float = 4.0
    note_zh: str = ""
    note_en: str = ""
