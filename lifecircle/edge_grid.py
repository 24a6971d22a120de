"""The nearest edge to each of many points, found through a grid of cells over the streets.

A cell lists the edges that cross it. Around a point cells are looked at in growing squares until no
farther cell can hold anything as near. Distances are computed as GEOS does it, to the last digit,
so that a library's answer and this one are the same edge.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from lifecircle.chains import Bools, Floats, Int32s, Ints, along_space
from lifecircle.compiled import compiled, cores

LEAST_CELL_M = 1.0
CLOSE_M = 1e-6
"""More than what rounding may shift a border of a cell."""

POINTS_AT_ONCE = 20_000


class EdgeGrid(NamedTuple):
    """Cells over the edges of a network: `edges[start[c]:start[c + 1]]` cross cell c.

    Cells go east, then north, from `west`, `south`; `columns` by `rows` of them, `cell_m` wide.
    `lines` are x and y of the western and of the eastern end of each edge (edges, 4), `ends` its
    nodes `u` and `v` with their places (`x`, `y`).
    """

    west: float
    south: float
    cell_m: float
    columns: int
    rows: int
    start: Int32s
    edges: Int32s
    lines: Floats
    u: Ints
    v: Ints
    x: Floats
    y: Floats


def edge_grid(x: Floats, y: Floats, u: Ints, v: Ints) -> EdgeGrid:
    """Cells over these edges: about as many as edges, wider where edges are long.

    Parameters
    ----------
    x, y
        Of each node, metres.
    u, v
        Nodes of each edge.
    """
    lines = _from_the_west(x, y, u, v)
    corners = lines.reshape(-1, 2) if len(u) else np.zeros((1, 2))
    west, south = corners.min(axis=0)
    width, height = np.ptp(corners, axis=0)
    most = 4 * len(u) + 64
    crossed_m = np.abs(lines[:, 2:] - lines[:, :2]).sum()
    usual_m = np.sqrt(width * height / max(1, len(u)))
    cell_m = max(LEAST_CELL_M, usual_m, crossed_m / most, width / most, height / most)
    columns, rows = int(width / cell_m) + 1, int(height / cell_m) + 1
    start, edges = _crossings(lines, (west, south, cell_m), columns, rows)
    return EdgeGrid(west, south, cell_m, columns, rows, start, edges, lines, u, v, x, y)


def nearest_edges(
    grid: EdgeGrid, x: Floats, y: Floats, *, allowed: Bools, reach_m: float
) -> tuple[Ints, Floats]:
    """The nearest allowed edge to each point and its distance, -1 and `inf` beyond reach.

    Of equally near edges the westernmost counts, then the lowest of those that meet it where the
    point stands (see `lifecircle.snapping`).
    """
    known = np.isfinite(x) & np.isfinite(y)
    order = np.flatnonzero(known)
    order = order[np.argsort(along_space(x[known], y[known]), kind="stable")]
    edge, away_m = np.full(len(x), -1, np.int64), np.full(len(x), np.inf)

    def find(start: int) -> None:
        some = order[start : start + POINTS_AT_ONCE]
        edge[some], away_m[some] = _search(grid, x[some], y[some], allowed, reach_m)

    with ThreadPoolExecutor(cores()) as threads:
        list(threads.map(find, range(0, len(order), POINTS_AT_ONCE)))
    return edge, away_m


def _from_the_west(x: Floats, y: Floats, u: Ints, v: Ints) -> Floats:
    """Both ends of each edge, by x and then by y: the other way a last digit may differ."""
    lines = np.column_stack([x[u], y[u], x[v], y[v]])
    turned = (x[u] > x[v]) | ((x[u] == x[v]) & (y[u] > y[v]))
    lines[turned] = lines[turned][:, [2, 3, 0, 1]]
    return lines


@compiled
def _crossings(
    lines: Floats, frame: tuple[float, float, float], columns: int, rows: int
) -> tuple[Int32s, Int32s]:
    """The edges that cross each cell: where its list starts, and all lists in a row."""
    start = np.zeros(columns * rows + 1, np.int32)
    edges = np.empty(0, np.int32)
    at = start
    for filling in (False, True):
        for edge in range(len(lines)):
            low, high = _span(lines[edge, 1], lines[edge, 3], frame[1], frame[2], rows)
            for row in range(low, high + 1):
                west, east = _within_row(lines[edge], frame, row)
                first, last = _span(west, east, frame[0], frame[2], columns)
                for cell in range(row * columns + first, row * columns + last + 1):
                    if filling:
                        edges[at[cell]] = edge
                        at[cell] += 1
                    else:
                        start[cell + 1] += 1
        if not filling:
            for cell in range(columns * rows):
                start[cell + 1] += start[cell]
            at, edges = start[:-1].copy(), np.empty(start[-1], np.int32)
    return start, edges


@compiled
def _span(one: float, other: float, origin: float, cell_m: float, most: int) -> tuple[int, int]:
    """First and last cell between two places along an axis."""
    low, high = min(one, other) - CLOSE_M - origin, max(one, other) + CLOSE_M - origin
    return max(0, int(low / cell_m)), min(most - 1, int(high / cell_m))


@compiled
def _within_row(line: Floats, frame: tuple[float, float, float], row: int) -> tuple[float, float]:
    """Between which x an edge lies in a row of cells."""
    x1, y1, x2, y2 = line
    if y1 == y2:
        return x1, x2
    south = frame[1] + row * frame[2] - CLOSE_M
    one = min(1.0, max(0.0, (south - y1) / (y2 - y1)))
    other = min(1.0, max(0.0, (south + frame[2] + 2 * CLOSE_M - y1) / (y2 - y1)))
    return x1 + one * (x2 - x1), x1 + other * (x2 - x1)


@compiled
def _search(
    grid: EdgeGrid, x: Floats, y: Floats, allowed: Bools, reach_m: float
) -> tuple[Ints, Floats]:
    """The nearest edge to each point, and its distance."""
    cell_m, columns, rows, lines = grid.cell_m, grid.columns, grid.rows, grid.lines
    nearest, distance = np.full(len(x), -1, np.int64), np.full(len(x), np.inf)
    cells, near = (grid.start, grid.edges, columns, rows), np.empty(64, np.int32)
    for point in range(len(x)):
        px, py = x[point], y[point]
        east, north = px - grid.west, py - grid.south
        column, row = int(np.floor(east / cell_m)), int(np.floor(north / cell_m))
        east, north = east - column * cell_m, north - row * cell_m
        inside = min(east, cell_m - east, north, cell_m - north) - CLOSE_M
        ring = max(0, -column, column - columns + 1, -row, row - rows + 1)
        last = max(column, columns - 1 - column, row, rows - 1 - row)
        best, whose, tied, count = np.inf, -1, False, 0
        # Whatever is nearer than the squares so far reach to has been seen.
        while ring <= last and best >= (ring - 1) * cell_m + inside <= reach_m:
            seen = count
            # Bare arrays: to hand over the whole grid takes as long as to look through a cell.
            near, count = _gather(cells, (column, row, ring), near, count)
            for place in range(seen, count):
                edge = near[place]
                if not allowed[edge]:
                    continue
                away = _distance(lines, edge, px, py)
                if away < best:
                    best, whose, tied = away, edge, False
                elif away == best and edge != whose:
                    tied = True
            ring += 1
        if whose >= 0 and best <= reach_m:
            distance[point] = best
            nearest[point] = whose
            if tied:
                equals = np.array(
                    [e for e in near[:count] if allowed[e] and _distance(lines, e, px, py) == best]
                )
                nearest[point] = _of_equals(grid, equals, px, py)
    return nearest, distance


@compiled
def _gather(
    cells: tuple[Int32s, Int32s, int, int], square: tuple[int, int, int], near: Int32s, count: int
) -> tuple[Int32s, int]:
    """Add the edges of the cells so many rings away from a cell to those that are near."""
    column, row, ring = square
    start, edges, columns, rows = cells
    west, east = max(0, column - ring), min(columns - 1, column + ring)
    for r in range(max(0, row - ring), min(rows - 1, row + ring) + 1):
        across = abs(r - row) == ring
        c = west if across else column - ring
        while c <= east:
            if c >= 0:
                first, stop = start[r * columns + c], start[r * columns + c + 1]
                if count + stop - first > len(near):
                    near = np.append(near, np.empty(len(near) + stop - first, np.int32))
                for place in range(first, stop):
                    near[count] = edges[place]
                    count += 1
            c += 1 if across else 2 * ring
    return near, count


@compiled
def _distance(lines: Floats, edge: int, x: float, y: float) -> float:
    """Metres from a point to an edge, term by term as GEOS `Distance::pointToSegment` has them."""
    x1, y1, x2, y2 = lines[edge, 0], lines[edge, 1], lines[edge, 2], lines[edge, 3]
    dx, dy = x2 - x1, y2 - y1
    square = dx * dx + dy * dy
    along = ((x - x1) * dx + (y - y1) * dy) / square if x1 != x2 or y1 != y2 else 0.0
    if along <= 0.0:
        return float(np.sqrt((x - x1) * (x - x1) + (y - y1) * (y - y1)))
    if along >= 1.0:
        return float(np.sqrt((x - x2) * (x - x2) + (y - y2) * (y - y2)))
    return float(abs(((y1 - y) * dx - (x1 - x) * dy) / square) * np.sqrt(square))


@compiled
def _of_equals(grid: EdgeGrid, equals: Int32s, x: float, y: float) -> int:
    """Of equally near edges the lowest of those that meet the westernmost at the point's foot."""
    best: int = equals[0]
    for edge in equals[1:]:
        if _place(grid, edge) < _place(grid, best):
            best = edge
    foot, lowest = _foot(grid, best, x, y), best
    for edge in equals:
        if edge < lowest and _foot(grid, edge, x, y) == foot:
            lowest = edge
    return lowest


@compiled
def _place(grid: EdgeGrid, edge: int) -> tuple[float, float, float, float, int, int, int]:
    """Where an edge lies, from west to east, and its nodes: no two edges have the same."""
    one, other = grid.u[edge], grid.v[edge]
    x1, y1, x2, y2 = grid.lines[edge]
    return x1, y1, x2, y2, min(one, other), max(one, other), edge


@compiled
def _foot(grid: EdgeGrid, edge: int, x: float, y: float) -> int:
    """The node of an edge that is nearest to a point; a number of its own if that is within it."""
    one, other = int(grid.u[edge]), int(grid.v[edge])
    along_x, along_y = grid.x[other] - grid.x[one], grid.y[other] - grid.y[one]
    square = along_x * along_x + along_y * along_y
    dot = (x - grid.x[one]) * along_x + (y - grid.y[one]) * along_y
    at = dot / square if square > 0.0 else 0.0
    if at <= 0.0:
        return one
    return other if at >= 1.0 else -1 - edge
