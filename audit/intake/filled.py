"""What blank cells stand for: the cell they are merged with, or the other column of their name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.grid import Grid, Mark
from audit.intake.headers import HeaderMap
from audit.intake.patterns import is_filled
from audit.intake.repeats import decoded, encoded
from audit.tables import Table

ADDRESSES = ("address", "biz_address", "reg_address")
LINED = (*ADDRESSES, "merchant_name", "store_name")  # which may go on in a line below


def filled_down(grid: Grid, header: int, places: Collection[int], but: Collection[int] = ()) -> Grid:
    """The sheet with the value of cells merged over several rows in each of them, as it is seen.

    Only below row `header` of the columns at `places`, and not in the rows `but`.
    """
    columns, marks = list(grid.columns), list(grid.marks)
    down = _sources(grid, header, places)
    for index, source in down.items():
        source[list(but)] = list(but)
        columns[index] = columns[index].take(pa.array(source))
        if (of_cells := marks[index]) is not None:
            marks[index] = of_cells.take(pa.array(source))
    return replace(grid, columns=tuple(columns), marks=tuple(marks)) if down else grid


def second_lines(grid: Grid, header: HeaderMap, table: Table) -> list[int]:
    """Rows that are none of their own: their key is merged with that of the row above, and their only cell
    may go on with a text there."""
    down = _sources(grid, header.row, set(header.columns.values()))
    rows, none = np.arange(grid.height), np.zeros(grid.height, bool)
    covered = none
    for key in table.keys:
        parts = [header.columns.get(part, -1) for part in key]
        if down.keys() >= set(parts):
            covered = covered | np.logical_and.reduce([down[part] < rows for part in parts])
    if not covered.any():
        return []
    filled = np.sum([is_filled(column) for column in grid.columns], axis=0)
    texts = [is_filled(grid.columns[header.columns[name]]) for name in LINED if name in header.columns]
    return np.flatnonzero(covered & (filled == 1) & np.logical_or.reduce([none, *texts])).tolist()


def _sources(grid: Grid, header: int, places: Collection[int]) -> dict[int, np.ndarray]:
    """By column with merged cells, for each row the one whose value is seen there."""
    down: dict[int, np.ndarray] = {}
    for merge in grid.merges:
        index = merge.first_column - grid.first_column
        last = min(merge.last_row, grid.height - 1)
        if index in places and header < merge.first_row < last + 1:
            source = down.setdefault(index, np.arange(grid.height))
            source[merge.first_row : last + 1] = merge.first_row
    return down


def completed(grid: Grid, header: HeaderMap) -> Grid:
    """The sheet with what a second column of the same name says where the first one is blank."""
    columns, marks = list(grid.columns), list(grid.marks)
    for index, other in header.completed:
        blank = columns[index].is_null()
        if not pc.any(pc.and_(blank, columns[other].is_valid())).as_py():
            continue
        columns[index] = encoded(pc.if_else(blank, decoded(columns[other]), decoded(columns[index])))
        of_first, of_other = (
            pa.array(np.full(grid.height, Mark.TEXT, np.int8)) if marks[place] is None else marks[place]
            for place in (index, other)
        )
        marks[index] = pc.if_else(blank, of_other, of_first)
    return replace(grid, columns=tuple(columns), marks=tuple(marks))
