"""The levels of a coverage table: zones, and what they roll up to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from lifecircle.layers.zones import OUTSIDE
from lifecircle.standards import Standard

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Units:
    """What a row of the table stands for: a zone, a parent, an area type, the city, the outside.

    `labels` has the columns level, zone, name and parent; `members` is one where the zone of that
    column (the last is the outside) belongs to the unit.
    """

    labels: pd.DataFrame
    members: sparse.csr_array
    in_scope: Bools

    def shared(self, limits: Floats) -> Floats:
        """The limit that all zones of a unit share, by service; `NaN` where they differ."""
        of_members = limits[self.members.indices]
        lowest = np.minimum.reduceat(of_members, self.members.indptr[:-1])
        highest = np.maximum.reduceat(of_members, self.members.indptr[:-1])
        return np.where(lowest == highest, lowest, np.nan)


def units_of(zones: pd.DataFrame, standard: Standard) -> Units:
    """Zones in order, parents, area types, the city, and what lies outside all zones."""
    positions = np.arange(len(zones))
    rows = [
        ("zone", zone, name, parent, positions[[i]])
        for i, (zone, name, parent) in enumerate(
            zip(zones.index, zones["name"], zones["parent"], strict=True)
        )
    ]
    for level in ("parent", "area_type"):
        values = zones[level].to_numpy(object)
        rows += [
            (level, label, label, "", positions[values == label])
            for label in sorted(set(values) - {""})
        ]
    rows.append(("city", "", "", "", positions))
    rows.append(("outside", OUTSIDE, OUTSIDE, "", np.array([len(zones)])))
    belonging = [row[4] for row in rows]
    members = sparse.csr_array(
        (
            np.ones(sum(map(len, belonging))),
            np.concatenate(belonging),
            np.cumsum([0, *map(len, belonging)]),
        ),
        shape=(len(rows), len(zones) + 1),
    )
    # An unknown area type counts as in scope; what is outside all zones only without a scope.
    scope = {*standard.scope, ""}
    zone_in_scope = [not standard.scope or kind in scope for kind in zones["area_type"]]
    return Units(
        labels=pd.DataFrame([row[:4] for row in rows], columns=["level", "zone", "name", "parent"]),
        members=members,
        in_scope=members @ np.array([*zone_in_scope, not standard.scope], dtype=float) > 0,
    )
