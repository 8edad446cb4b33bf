"""Which cells of a sheet, and which of its rows, match a pattern (RE2's)."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.grid import Grid
from audit.intake.repeats import decoded, each

_FEW_ROWS = 1_000


def all_cells(
    grid: Grid, pattern: str, asked: np.ndarray, columns: Collection[int] | None = None
) -> np.ndarray:
    """Rows of those few asked for of which every filled cell, and one at least, matches the pattern.

    Of these `columns`, or of all.
    """
    every = np.zeros(grid.height, bool)
    rows = np.flatnonzero(asked)
    of_rows = range(len(grid.columns)) if columns is None else columns
    matching, filled = _judged(grid, of_rows, rows, pattern)
    every[rows] = (matching | ~filled).all(axis=0) & filled.any(axis=0)
    return every


def any_cell(
    grid: Grid, columns: Collection[int], pattern: str, asked: np.ndarray, first_only: bool = False
) -> np.ndarray:
    """Rows of those asked for of which a cell (or the first filled cell) matches the pattern."""
    found = np.zeros(grid.height, bool)
    rows = np.flatnonzero(asked)
    if len(rows) <= _FEW_ROWS:
        matching, filled = _judged(grid, columns, rows, pattern)
        if first_only:
            matching &= filled.cumsum(axis=0) == 1
        found[rows] = matching.any(axis=0)
        return found
    for index in columns:
        cells = _rows(grid.columns[index], rows)
        found[rows] |= matches(cells, pattern)
        if first_only:
            rows = rows[~is_filled(cells)]
    return found


def _judged(
    grid: Grid, columns: Collection[int], rows: np.ndarray, pattern: str
) -> tuple[np.ndarray, np.ndarray]:
    """Which cells of a few rows match the pattern, and which are filled: a line for each of the columns.

    All at once: a pattern is dearer than what it is matched with.
    """
    shape = len(columns), len(rows)
    if not all(shape):
        return np.zeros(shape, bool), np.zeros(shape, bool)
    cells = pa.concat_arrays([decoded(grid.columns[index].take(pa.array(rows))) for index in columns])
    return matches(cells, pattern).reshape(shape), is_filled(cells).reshape(shape)


def matches(cells: pa.Array, pattern: str) -> np.ndarray:
    """Per cell whether it matches the pattern; a blank one does not."""
    hits = each(cells, lambda texts: pc.match_substring_regex(texts, pattern))
    found: np.ndarray = pc.fill_null(hits, False).to_numpy(zero_copy_only=False)
    return found


def is_filled(cells: pa.Array) -> np.ndarray:
    """Per cell whether it has a text."""
    filled: np.ndarray = cells.is_valid().to_numpy(zero_copy_only=False)
    return filled


def _rows(column: pa.Array, rows: np.ndarray) -> pa.Array:
    # of a few rows, not the values of all the others
    return column if len(rows) == len(column) else decoded(column.take(pa.array(rows)))
