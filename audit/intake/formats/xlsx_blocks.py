"""The cells of a sheet as they are read, a block for each stretch, and the columns they make together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.formats.sheet import MAX_CELLS
from audit.intake.formats.xlsx_values import Irregular
from audit.intake.repeats import pays, spread, with_blanks

_MAX_TEXT = (1 << 31) - 1  # bytes in a column


class Block:
    """The cells of some rows: by row and column, where in the pool their text is (-1: blank), and marks.

    Raises Irregular where hardly any of them would be taken.
    """

    def __init__(self, numbers: np.ndarray, width: int, cells: int) -> None:
        shape = int(numbers[-1] - numbers[0]) + 1, width
        if shape[0] * width > 20 * cells + (1 << 20):
            raise Irregular
        self.first_row = int(numbers[0]) - 1
        self.places = np.full(shape, -1, np.int32)
        self.marks = np.zeros(shape, np.int8)

    @property
    def end(self) -> int:
        """The row after the last."""
        return self.first_row + len(self.places)


class Columns:
    """A sheet whose blocks are put together when all are there."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []

    def add(self, block: Block) -> None:
        """Take in the rows below those of before."""
        if not block.marks.any():
            block.marks = block.marks[:0]
        self._blocks.append(block)

    def of(self, pool: pa.Array) -> tuple[tuple[pa.Array, ...], tuple[pa.Array | None, ...], int]:
        """Columns, their marks, and which is the first. Raises Irregular where there is nothing."""
        height, used = self._height(pool), self._used()
        if not used or height * (used[-1] - used[0] + 1) > MAX_CELLS:
            raise Irregular
        lengths = pc.binary_length(pool).to_numpy()
        may_be_too_long = int(lengths.max()) * height > _MAX_TEXT
        columns, marks = [], []
        for place in range(used[0], used[-1] + 1):
            texts = np.full(height, -1, np.int32)
            kinds: np.ndarray | None = None
            for block in self._with(place, height):
                rows = slice(block.first_row, min(block.end, height))
                texts[rows] = block.places[: rows.stop - rows.start, place]
                if len(block.marks):
                    kinds = np.zeros(height, np.int8) if kinds is None else kinds
                    kinds[rows] = block.marks[: rows.stop - rows.start, place]
            if may_be_too_long and lengths[texts[texts >= 0]].sum(dtype=np.int64) > _MAX_TEXT:
                raise Irregular
            columns.append(from_pool(pool, texts))
            marks.append(None if kinds is None or not kinds.any() else pa.array(kinds))
        return tuple(columns), tuple(marks), used[0]

    def _with(self, place: int, height: int) -> Iterator[Block]:
        """The blocks that have this column, and rows above that height."""
        for block in self._blocks:
            if block.places.shape[1] > place and block.first_row < height:
                yield block

    def _used(self) -> list[int]:
        """Columns with a text."""
        width = max((block.places.shape[1] for block in self._blocks), default=0)
        return [
            place
            for place in range(width)
            if any(
                block.places.shape[1] > place and (block.places[:, place] >= 0).any()
                for block in self._blocks
            )
        ]

    def _height(self, pool: pa.Array) -> int:
        """Rows up to the last with something in it: blank text is nothing."""
        says = None
        for block in reversed(self._blocks):
            filled = block.places >= 0
            if not filled.any():
                continue
            if says is None:
                last = block.places[np.flatnonzero(filled.any(axis=1))[-1]]
                if any(pool[int(place)].as_py().strip() for place in last[last >= 0]):
                    return block.first_row + int(np.flatnonzero(filled.any(axis=1))[-1]) + 1
                says = np.array([bool(text.strip()) for text in pool.to_pylist()])
            filled &= says[block.places]
            if filled.any():
                return block.first_row + int(np.flatnonzero(filled.any(axis=1))[-1]) + 1
        return 0


def put(cells: np.ndarray, rows: np.ndarray | slice, columns: np.ndarray | slice, values: np.ndarray) -> None:
    """Write values, a line for each of the rows, where these rows and columns cross."""
    if isinstance(columns, slice):
        cells[:, columns][rows] = values
    elif isinstance(rows, slice):
        cells[rows][:, columns] = values
    else:
        cells[rows[:, None], columns] = values


def from_pool(pool: pa.Array, places: np.ndarray) -> pa.Array:
    """The texts at these places, none at -1; where places repeat, each text once.

    Cells that share a string need not be compared to tell that they are equal.
    """
    blank = places < 0
    first = int(places.min(initial=len(pool), where=~blank))
    # the last is for blanks: they come to be before the first
    is_used = np.zeros(int(places.max(initial=first - 1)) - first + 2, bool)
    places = np.where(blank, -1, places - first)
    is_used[places] = True
    used = np.flatnonzero(is_used[:-1])
    if not pays(len(used), len(places) - int(np.count_nonzero(blank))):
        return pool.take(with_blanks(places + first, blank))
    numbers = np.zeros(len(is_used), np.int32)
    numbers[used] = np.arange(len(used), dtype=np.int32)
    # two of the shared strings may be equal all the same
    return spread(pool.take(pa.array(used + first)), with_blanks(numbers[places], blank))
