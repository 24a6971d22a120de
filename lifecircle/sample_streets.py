"""Streets of the synthetic city: a jittered grid with bends, dead ends, a river and islands."""

from __future__ import annotations

import numpy as np

from lifecircle.network import Floats, Ints

BLOCK_M = (60.0, 120.0)
RIVER_M = 400.0
DROPPED = 0.17


def jittered_grid(
    nodes: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Ints, Ints, Floats]:
    """Streets with exactly this many nodes, shape points included, around the origin.

    Returns
    -------
        Node positions in metres (two arrays), end nodes of segments (two), and per segment a number
        between 0 and 1 that all segments of a street share.
    """
    junctions = nodes / 2.16
    columns = int(np.sqrt(junctions))
    rows = int(junctions // columns)
    x, y = _junctions(rows, columns, rng)
    number = np.arange(rows * columns).reshape(rows, columns)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    piece = _pieces(rows, columns, rng)
    kept = (rng.random(len(u)) >= DROPPED) & (piece[u] == piece[v])
    u, v = u[kept], v[kept]
    used = np.unique(np.concatenate([u, v]))
    u, v = np.searchsorted(used, u), np.searchsorted(used, v)
    return _bend(x[used], y[used], u, v, nodes=nodes, rng=rng)


def _junctions(rows: int, columns: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Crossings of a jittered grid around the centre, with a river before the last columns."""
    wide = np.cumsum(rng.uniform(*BLOCK_M, columns))
    wide[_river(columns) :] += RIVER_M
    high = np.cumsum(rng.uniform(*BLOCK_M, rows))
    x = np.tile(wide - wide.mean(), rows) + rng.uniform(-6, 6, rows * columns)
    y = np.repeat(high - high.mean(), columns) + rng.uniform(-6, 6, rows * columns)
    return x, y


def _river(columns: int) -> int:
    """First column beyond the river."""
    return int(0.94 * columns)


def _pieces(rows: int, columns: int, rng: np.random.Generator) -> Ints:
    """Which piece of land each junction is on: 0, beyond the river, or a small island."""
    piece = np.zeros((rows, columns), dtype=np.int64)
    piece[:, _river(columns) :] = 1
    islands = max(2, rows * columns // 1500)
    bottom = rng.integers(0, rows - 2, islands)
    left = rng.integers(0, _river(columns) - 3, islands)
    inside = np.arange(2)[:, None], np.arange(3)
    piece[bottom[:, None, None] + inside[0], left[:, None, None] + inside[1]] = (
        2 + np.arange(islands)[:, None, None]
    )
    return piece.ravel()


def _bend(
    x: Floats, y: Floats, u: Ints, v: Ints, *, nodes: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Ints, Ints, Floats]:
    """The streets with shape points on them, so that there are `nodes` nodes in all."""
    bends = nodes - len(x)
    street = rng.integers(0, len(u), bends)
    along = rng.uniform(0.1, 0.9, bends)
    aside = rng.uniform(-4, 4, bends)
    dx, dy = (x[v] - x[u])[street], (y[v] - y[u])[street]
    length = np.hypot(dx, dy)
    bent_x = x[u][street] + along * dx - aside * dy / length
    bent_y = y[u][street] + along * dy + aside * dx / length
    bend = len(x) + np.arange(bends)
    streets = np.arange(len(u))
    # A street's nodes in order are its start, its bends by `along`, its end.
    first = np.lexsort((np.append(np.zeros(len(u)), along), np.append(streets, street)))
    last = np.lexsort((np.append(np.ones(len(u)), along), np.append(streets, street)))
    starts, ends = np.append(u, bend)[first], np.append(v, bend)[last]
    kind = rng.random(len(u))[np.append(streets, street)[first]]
    return np.append(x, bent_x), np.append(y, bent_y), starts, ends, kind
