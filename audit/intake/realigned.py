"""Parts of a sheet below a header with its columns in another order: lists that were pasted together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.grid import Grid, Mark
from audit.intake.headerrow import has_key, score
from audit.intake.headers import HeaderMap
from audit.intake.labels import lookup
from audit.intake.reading import Aside
from audit.intake.repeats import decoded, encoded
from audit.tables import TABLES, Table, normalise_label

_MOST = 1_000  # headers looked at


def realigned(
    grid: Grid, header: HeaderMap, table: Table, configured: Mapping[str, str], kinds: np.ndarray
) -> tuple[Grid, list[int], list[str]]:
    """The sheet with the cells of such parts below the first header's names, the rows of their headers, and
    the names in these of columns that the first one lacks.

    Rows keep their places. A part whose header lacks the key, or fits another table better, stays as it is;
    so does a sheet whose first header does.
    """
    if not _fits(grid.row(header.row), table, configured):
        return grid, [], []
    rows = np.flatnonzero(np.isin(kinds, (Aside.HEADER, Aside.STACKED)))[:_MOST]
    starts = [int(row) for row in rows if kinds[row] == Aside.HEADER or kinds[row - 1] != Aside.STACKED]
    own = {normalise_label(one.header): one.column for one in header.mapped}
    columns, marks = list(grid.columns), list(grid.marks)
    moved: list[int] = []
    lacking: dict[str, str] = {}
    for row, end in pairwise([*starts, grid.height]):
        labels = grid.row(row)
        places: dict[str, int] = {}
        others: dict[str, str] = {}
        for index, label in enumerate(labels):
            name = own.get(normalise_label(label)) or lookup(label, table, configured)[0] if label else ""
            if name in header.columns:
                places.setdefault(name, index)
            elif label and name:
                others.setdefault(name, label.strip())
        if not has_key(places, table) or not _fits(labels, table, configured):
            continue
        lacking |= others
        if all(header.columns[name] == index for name, index in places.items()):
            continue
        moved.append(row)
        part = np.zeros(grid.height, bool)
        part[row:end] = True
        for name, index in header.columns.items():
            source = places.get(name)
            columns[index], marks[index] = _with_part(grid, columns[index], marks[index], source, part)
    if not moved:
        return grid, [], list(lacking.values())
    return (
        replace(grid, columns=tuple(map(encoded, columns)), marks=tuple(marks)),
        moved,
        list(lacking.values()),
    )


def _fits(labels: list[str | None], table: Table, configured: Mapping[str, str]) -> bool:
    """Whether no other table knows more of the labels."""
    ours = score(labels, table, configured)
    return all(score(labels, other, {}) <= ours for other in TABLES.values())


def _with_part(
    grid: Grid, column: pa.Array, marks: pa.Array | None, source: int | None, part: np.ndarray
) -> tuple[pa.Array, pa.Array | None]:
    """A column with the cells of another one in that part, or with none where there is no other."""
    mask = pa.array(part)
    cells = pa.nulls(grid.height, pa.string()) if source is None else decoded(grid.columns[source])
    theirs = None if source is None else grid.marks[source]
    column = pc.if_else(mask, cells, decoded(column))
    if marks is None and theirs is None:
        return column, None
    plain = pa.array(np.full(grid.height, Mark.TEXT, np.int8))
    return column, pc.if_else(mask, plain if theirs is None else theirs, plain if marks is None else marks)
