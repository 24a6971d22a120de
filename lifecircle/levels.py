"""The levels of a coverage table: zones, and what they roll up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from lifecircle.applied import area_types
from lifecircle.layers.zones import OUTSIDE
from lifecircle.measured import MIXED
from lifecircle.standards import Standard

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Units:
    """What a row of the table stands for: a zone, a parent, an area type, the city, its scope.

    `labels` has the columns level, zone, name and parent; `members` is one where the zone of that
    column (the last is the outside) belongs to the unit.
    """

    labels: pd.DataFrame
    members: sparse.csr_array
    in_scope: Bools

    def shared(
        self, minutes: Floats, mode: npt.NDArray[Any], areas: sparse.csr_array
    ) -> tuple[Floats, npt.NDArray[Any]]:
        """The limit and the mode that all places of a unit share, by service.

        `NaN` and "" where they differ.

        Parameters
        ----------
        minutes, mode
            By area (rows) and service.
        areas
            Not zero where a zone (row) has places of that area (column).
        """
        within = (self.members @ areas).tocsr()
        starts = within.indptr[:-1]
        names, codes = np.unique(mode.astype(str), return_inverse=True)

        def only(values: Floats, nothing: float) -> Floats:
            of_members = values[within.indices]
            lowest = np.minimum.reduceat(of_members, starts)
            highest = np.maximum.reduceat(of_members, starts)
            return np.where(lowest == highest, lowest, nothing)

        which = only(np.asarray(codes, float).reshape(mode.shape), -1).astype(np.int64)
        names = np.append(np.where(names == MIXED, "", names), "")
        return only(minutes, np.nan), names[which].astype(object)


def units_of(zones: pd.DataFrame, standard: Standard) -> Units:
    """Zones in order, parents, area types, the city, its scope, and what lies outside all zones.

    The scope has a row where the standard's target leaves zones out.
    """
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
    # An unknown area type counts as in scope; what is outside all zones only without a scope.
    scope = {*standard.scope, ""}
    counted = np.array([not standard.scope or kind in scope for kind in area_types(zones)], bool)
    rows.append(("city", "", "", "", positions))
    if counted.any() and not counted.all():
        rows.append(("scope", "+".join(standard.scope), "", "", positions[counted]))
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
    return Units(
        labels=pd.DataFrame([row[:4] for row in rows], columns=["level", "zone", "name", "parent"]),
        members=members,
        in_scope=members @ np.array([*counted, not standard.scope], dtype=float) > 0,
    )
