"""Rows of delimited text with a separator inside a cell, or one missing: what follows is off its column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.cells import Reader
from audit.intake.grid import Grid, Mark
from audit.intake.headers import HeaderMap
from audit.intake.notices import Notice
from audit.intake.repeats import decoded, encoded
from audit.tables import Kind

_TELLING = (Kind.DATE, Kind.MOMENT, Kind.CODE, Kind.FLAG, Kind.NUMBER)
_VERSION = re.compile(r"[A-Za-z_ .+()-]*\d[A-Za-z0-9_ .+()-]*")
_MOST_ROWS = 20_000
_MOST_CELLS = 3  # too many, or too few
_LISTED, _SAMPLED = 20, 500
_FEWEST_MORE = 2  # cells that must fit where a row is put right, and do not as it stands
_ENOUGH, _FEW = 20, 0.1  # of the sampled rows: values of a column that has so few are known
_Cells = list[str | None]


@dataclass(frozen=True)
class _Judge:
    """Which texts may stand in a column, by its kind and by what other rows have there."""

    reader: Reader
    values: frozenset[str] = frozenset()
    is_closed: bool = False  # there are few values, and hardly any other
    lengths: frozenset[int] = frozenset()  # of numbers

    def fits(self, text: str | None) -> int:
        """1 of a text that belongs there, -1 of one that does not, 0 of one that may."""
        value = (text or "").strip()
        if not value:
            return 0
        if self.reader.column.kind in _TELLING:
            return 1 if self.reader.reads(value) else -1
        if value in self.values:
            return 1
        if self.reader.column.kind is Kind.VERSION:
            return 1 if _VERSION.fullmatch(value) else -1
        if self.lengths:
            return 1 if len(value) in self.lengths and value.isalnum() and value.isascii() else -1
        return -1 if self.is_closed else 0


def put_right(
    grid: Grid, header: HeaderMap, readers: Mapping[str, Reader], places: np.ndarray
) -> tuple[Grid, list[Notice]]:
    """The text with cells of such rows back in their columns, where these leave no doubt, and a notice of it.

    A cell that could be either of two, and all that follows where nothing fits, is marked as unknown. Rows
    that fit as they stand keep their surplus, or their blanks, at the end.
    """
    rows = _uneven(grid, header, places) if grid.is_text else {}
    if not rows or len(rows) > _MOST_ROWS:
        return grid, []
    judges = {
        index: _judge(grid, header.row, index, readers[name], rows) for name, index in header.columns.items()
    }
    changed = {}
    for row, count in rows.items():
        if found := _settled(grid.row(row)[:count], header.width, judges, grid.delimiter):
            changed[row] = found
    if not changed:
        return grid, []
    made = [_with(grid, index, header.width, changed) for index in range(len(grid.columns))]
    numbers = [row + 1 for row in sorted(changed)]
    notice: Notice = ("shifted_rows", {"count": len(numbers), "rows": numbers[:_LISTED]})
    columns, marks = (tuple(parts) for parts in zip(*made, strict=True))
    short = tuple(one for one in grid.short if one[0] not in changed)
    return replace(grid, columns=columns, marks=marks, short=short), [notice]


def _uneven(grid: Grid, header: HeaderMap, places: np.ndarray) -> dict[int, int]:
    """Rows of data that have more cells than the header has, or fewer, and how many."""
    data = np.zeros(grid.height, bool)
    data[places] = True
    counts = {row: count for row, count in grid.short if count < header.width and data[row]}
    for index in range(header.width, len(grid.columns)):
        filled = decoded(grid.columns[index]).is_valid().to_numpy(zero_copy_only=False) & data
        counts |= dict.fromkeys(np.flatnonzero(filled).tolist(), index + 1)
    return {row: count for row, count in counts.items() if abs(count - header.width) <= _MOST_CELLS}


def _judge(grid: Grid, row: int, index: int, reader: Reader, odd: Mapping[int, int]) -> _Judge:
    if reader.column.kind in _TELLING:
        return _Judge(reader)
    column = decoded(grid.columns[index].slice(row + 1, _SAMPLED)).to_pylist()
    texts = [text.strip() for place, text in enumerate(column, row + 1) if text and place not in odd]
    values = frozenset(texts)
    is_number = reader.column.kind is Kind.IDENTIFIER
    lengths = frozenset(map(len, texts)) if is_number else frozenset()
    is_closed = len(texts) >= _ENOUGH and len(values) <= _FEW * len(texts)
    return _Judge(reader, values, is_closed, lengths)


def _settled(
    cells: _Cells, width: int, judges: Mapping[int, _Judge], delimiter: str
) -> tuple[_Cells, frozenset[int]] | None:
    """The cells of a row by column, and the columns whose cell is unknown; None of one that stays as is."""
    ways = _ways(cells, width, delimiter)
    scores = [_score(way, judges) for way in ways]
    misfits, fitting = scores[-1]  # as it stands
    best = min(scores)
    if not misfits:
        return None
    if not best[0] and fitting - best[1] >= _FEWEST_MORE:
        likely = [way for way, score in zip(ways, scores, strict=True) if score == best]
        doubtful = {index for index in range(width) if len({way[index] for way in likely}) > 1}
        return [likely[0][index] for index in range(width)], frozenset(doubtful)
    if misfits < _FEWEST_MORE:
        return None
    first = min(index for index, judge in judges.items() if judge.fits(ways[-1][index]) < 0)
    return ways[-1], frozenset(range(first, width))


def _ways(cells: _Cells, width: int, delimiter: str) -> list[_Cells]:
    """The row with its surplus in each of the columns, or its gap before each; at last as it stands."""
    surplus = len(cells) - width
    if surplus < 0:
        gap: _Cells = [None] * -surplus
        return [[*cells[:place], *gap, *cells[place:]] for place in range(len(cells) + 1)]
    ways: list[_Cells] = []
    for place in range(width):
        joined = delimiter.join(cell or "" for cell in cells[place : place + surplus + 1])
        ways.append([*cells[:place], joined, *cells[place + surplus + 1 :]])
    return [*ways, cells[:width]]


def _score(way: _Cells, judges: Mapping[int, _Judge]) -> tuple[int, int]:
    """How many cells cannot stand where they do, and, counted downwards, how many surely do."""
    fits = [judge.fits(way[index]) for index, judge in judges.items()]
    return fits.count(-1), -fits.count(1)


def _with(
    grid: Grid, index: int, width: int, changed: Mapping[int, tuple[_Cells, frozenset[int]]]
) -> tuple[pa.Array, pa.Array | None]:
    """A column with the cells of those rows, of which nothing is left right of the last header."""
    rows = sorted(changed)
    gone = np.zeros(grid.height, bool)
    gone[rows] = True
    cells = [changed[row][0][index] if index < width else None for row in rows]
    column = pc.replace_with_mask(decoded(grid.columns[index]), pa.array(gone), pa.array(cells, pa.string()))
    doubtful = [row for row in rows if index in changed[row][1]]
    if not doubtful:
        return encoded(column), grid.marks[index]
    marks = np.full(grid.height, Mark.TEXT, np.int8)
    marks[doubtful] = Mark.SHIFTED
    return encoded(column), pa.array(marks)
