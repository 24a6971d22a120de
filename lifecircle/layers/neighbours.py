"""Neighbours among cells of different sizes: where coverage changes from one to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lifecircle.layers.cells import Cells

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

_AROUND = [(east, north) for east in (-1, 0, 1) for north in (-1, 0, 1) if east or north]
_BITS = 28


@dataclass(frozen=True)
class Frame:
    """The south-west corner from which cells are counted, so that one number names a cell.

    Twenty-eight bits for the column and as many for the row leave room for any city in millimetres.
    """

    column: int
    row: int

    def keys(self, level: Ints, column: Ints, row: Ints) -> Ints:
        """One number for each cell."""
        east, north = column - (self.column << level), row - (self.row << level)
        return np.asarray((level << 2 * _BITS) | (east << _BITS) | north)

    def of(self, cells: Cells) -> Ints:
        """The numbers of these cells."""
        return self.keys(cells.level, cells.column, cells.row)


def frame_of(cells: Cells) -> Frame:
    """The frame of cells of level 0; a margin of one cell keeps every neighbour positive."""
    if not len(cells):
        return Frame(0, 0)
    return Frame(int(cells.column.min()) - 1, int(cells.row.min()) - 1)


@dataclass(frozen=True, eq=False)
class Edge:
    """Cells where something changes: `mixed` differ from a neighbour, `open` lack one."""

    mixed: Bools
    open: Bools


def edge_of(cells: Cells, covered: Bools, frame: Frame, *, split: Ints) -> Edge:
    """Which cells differ from any of their eight neighbours, and which have fewer than eight.

    A neighbour is the cell of the same size on that side, or the larger one that holds it. Both of
    a pair differ. Several pieces of land in one cell are neighbours too.

    Parameters
    ----------
    covered
        Cells × services.
    split
        Numbers (in `frame`) of cells that have been quartered, in order: there is land.
    """
    key = frame.of(cells)
    own, first, code = np.unique(key, return_index=True, return_inverse=True)
    low, high = _extremes(words_of(covered), code)
    mixed = (low != high).any(axis=1)
    bare = np.zeros(len(own), dtype=bool)
    level, column, row = cells.level[first], cells.column[first], cells.row[first]
    for east, north in _AROUND:
        side = (level, column + east, row + north)
        there = _beside(own, frame, *side)
        here = np.flatnonzero(there >= 0)
        other = there[here]
        differ = np.minimum(low[here], low[other]) != np.maximum(high[here], high[other])
        differ = differ.any(axis=1)
        mixed[here[differ]] = True
        mixed[other[differ]] = True
        bare |= (there < 0) & (_found(split, frame.keys(*side)) < 0)
    return Edge(mixed[code], bare[code])


def words_of(covered: Bools) -> Words:
    """The services of each row as bits of whole numbers, 64 to a number.

    >>> words_of(np.array([[True, False], [True, False], [True, True]])).ravel().tolist()
    [128, 128, 192]
    """
    packed = np.packbits(covered, axis=1)
    words = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), dtype=np.uint8)
    words[:, : packed.shape[1]] = packed
    return words.view(np.uint64)


def _extremes(words: Words, code: Ints) -> tuple[Words, Words]:
    """The least and the greatest number among the places of each cell."""
    if not len(code):
        return words, words
    order = np.argsort(code, kind="stable")
    start = np.flatnonzero(np.diff(code[order], prepend=-1))
    return (
        np.minimum.reduceat(words[order], start, axis=0),
        np.maximum.reduceat(words[order], start, axis=0),
    )


def _beside(own: Ints, frame: Frame, level: Ints, column: Ints, row: Ints) -> Ints:
    """Position in `own` of the cell of that number or of the smallest that holds it, else -1."""
    there = np.full(len(level), -1, dtype=np.int64)
    left = np.arange(len(level))
    up = 0
    while len(left):
        at = frame.keys(level[left] - up, column[left] >> up, row[left] >> up)
        there[left] = _found(own, at)
        left = left[(there[left] < 0) & (level[left] > up)]
        up += 1
    return there


def _found(known: Ints, keys: Ints) -> Ints:
    """Position of each key among the sorted, -1 where it is not."""
    if not len(known):
        return np.full(len(keys), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[at] == keys, at, -1)
