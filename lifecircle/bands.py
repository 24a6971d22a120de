"""Unions of many overlapping areas, prepared once so that any choice of them is united quickly.

Neighbours are united by twos, fours, eights … beforehand; a choice is then made up of a few large
areas instead of thousands of small ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from lifecircle.network import Bools

Geometries = npt.NDArray[Any]

SIMPLIFY_M = 1.0
"""Outlines may lose corners that stand out by less."""


def unite(areas: Geometries) -> list[Geometries]:
    """The areas, then their unions by twos, fours, eights … down to one.

    Parameters
    ----------
    areas
        At least one, in metres, in an order that keeps neighbours together.
    """
    levels = [areas]
    while len(levels[-1]) > 1:
        pairs = np.append(levels[-1], [None] * (len(levels[-1]) % 2)).reshape(-1, 2)
        union = shapely.union_all(pairs, axis=1)
        # Now and then, so that what is cut off does not add up.
        levels.append(shapely.simplify(union, SIMPLIFY_M) if len(levels) % 3 == 2 else union)
    return levels


def fewest(levels: list[Geometries], wanted: Bools) -> Geometries:
    """The fewest of the areas of all levels that make up the wanted ones of the first.

    Examples
    --------
    Of eight squares in a row, the first four and the sixth:

    >>> west = 100.0 * np.arange(8)
    >>> levels = unite(shapely.box(west, 0, west + 100, 100))
    >>> wanted = np.array([True, True, True, True, False, True, False, False])
    >>> sorted(shapely.area(fewest(levels, wanted)).tolist())
    [10000.0, 40000.0]
    """
    chosen = []
    for level in levels[:-1]:
        pairs = np.append(wanted, np.ones(len(wanted) % 2, dtype=bool)).reshape(-1, 2)
        both: Bools = pairs[:, 0] & pairs[:, 1]
        chosen.append(level[wanted & ~np.repeat(both, 2)[: len(wanted)]])
        wanted = both
    return np.concatenate([*chosen, levels[-1][wanted]])
