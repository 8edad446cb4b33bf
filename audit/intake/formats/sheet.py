"""A sheet under construction: readers add the cells that hold something, and get a grid of columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from audit.errors import InputError, Unusable
from audit.intake.grid import Grid, Mark, Merge

MAX_COLUMNS = 1_000
MAX_CELLS = 60_000_000


class Sheet:
    """Cells by column. Blank text is no cell, so a stray blank at the end of the sheet costs nothing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._columns: dict[int, tuple[list[int], list[str | None], list[int]]] = {}
        self._merges: list[Merge] = []
        self._height = 0

    def add(self, row: int, column: int, text: str | None, mark: Mark = Mark.TEXT) -> None:
        """A cell; `row` and `column` count from 0."""
        if (not text or text.isspace()) and mark is not Mark.UNCACHED:
            return
        rows, texts, marks = self._columns.setdefault(column, ([], [], []))
        rows.append(row)
        texts.append(text)
        marks.append(mark)
        self._height = max(self._height, row + 1)

    def merge(self, first_row: int, first_column: int, last_row: int, last_column: int) -> None:
        """A merged area: its first cell holds the value of all."""
        self._merges.append(Merge(first_row, first_column, last_row, last_column))

    @property
    def cells(self) -> int:
        """Cells so far."""
        return sum(len(rows) for rows, _, _ in self._columns.values())

    def grid(self) -> Grid:
        """The sheet as columns.

        Raises InputError when they would be absurdly many or long (unsafe), or two cells have one place.
        """
        if not self._columns:
            return Grid(self.name, (), ())
        first, last = min(self._columns), max(self._columns)
        width = last - first + 1
        if width > MAX_COLUMNS:
            raise InputError(
                Unusable.UNSAFE, "sheet_too_wide", sheet=self.name, columns=last + 1, limit=MAX_COLUMNS
            )
        if self._height * width > MAX_CELLS or self._height > 10 * self.cells + 100_000:
            raise InputError(Unusable.UNSAFE, "sheet_too_long", sheet=self.name, rows=self._height)
        columns, marks = zip(*(self._column(place) for place in range(first, last + 1)), strict=True)
        return Grid(self.name, columns, marks, first, merges=tuple(self._merges))

    def _column(self, place: int) -> tuple[pa.Array, pa.Array | None]:
        if place not in self._columns:
            return pa.nulls(self._height, pa.string()), None
        rows, texts, marks = self._columns[place]
        dense = np.full(self._height, None, dtype=object)
        dense[rows] = texts
        if (np.diff(rows) <= 0).any() and (
            lost := np.flatnonzero(dense[rows] != np.array(texts, object))
        ).size:
            at = f"{Grid('', (), ()).letter(place)}{rows[lost[0]] + 1}"
            raise InputError(Unusable.UNREADABLE, "cells_twice", sheet=self.name, at=at)
        if not any(marks):
            return pa.array(dense, pa.string()), None
        kinds = np.zeros(self._height, np.int8)
        kinds[rows] = marks
        return pa.array(dense, pa.string()), pa.array(kinds)
