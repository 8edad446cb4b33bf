"""Codes in one column and what they mean in the next, around a table or on a sheet: 代码 | 含义."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from audit.intake.grid import Grid
from audit.intake.headers import HeaderMap
from audit.intake.repeats import numbered
from audit.tables import Column, Table, normalise_label

_CODE = re.compile(r"[0-9]{1,2}|[A-Z]")
_FEWEST, _MOST, _NOTES = 2, 30, 5


def code_tables(
    grid: Grid, header: HeaderMap, table: Table, others: Sequence[Grid]
) -> Iterator[tuple[Column, dict[str, str]]]:
    """The column that each such table explains, and its codes with their labels.

    No name needs to stand above it: of the columns of words one alone knows every label, and has nothing but
    these codes in it and words it knows.
    """
    searched = [(other, 0, 0, other.height) for other in others]
    searched.append((grid, header.row, max(header.columns.values()) + 1, grid.height - 1))
    for of_sheet, first_row, first_column, last_row in searched:
        for left in range(first_column, len(of_sheet.columns) - 1):
            yield from _explaining(grid, header, table, _pairs(of_sheet, first_row, left, last_row))
    yield from _explaining(grid, header, table, _run(grid, range(header.row - 1, -1, -1)))
    yield from _explaining(grid, header, table, _run(grid, range(grid.height - 1, header.row, -1)))


def _explaining(
    grid: Grid, header: HeaderMap, table: Table, pairs: dict[str, str]
) -> Iterator[tuple[Column, dict[str, str]]]:
    explained = _explained(grid, header, table, pairs) if pairs else []
    if len(explained) == 1:
        yield explained[0], pairs


def _run(grid: Grid, rows: range) -> dict[str, str]:
    """Codes with their labels of the first rows, in that order, that have them and nothing else; none of rows
    that begin with anything else than a few notes."""
    pairs: dict[str, str] = {}
    for row in rows[: _MOST + _NOTES]:
        cells = [cell.strip() for cell in grid.row(row) if cell and cell.strip()]
        if len(cells) == 2 and _CODE.fullmatch(cells[0]):
            if cells[0] in pairs:
                return {}
            pairs[cells[0]] = cells[1]
        elif pairs:
            break
        elif len(cells) > 2:
            return {}
    return pairs if len(pairs) >= _FEWEST else {}


def _pairs(grid: Grid, first_row: int, left: int, last_row: int) -> dict[str, str]:
    """Codes with their labels, of two columns that have them one below the other and nothing else but a
    header; none of any other columns, nor of those that end in `last_row` with the list."""
    codes, labels = (grid.columns[index].slice(first_row) for index in (left, left + 1))
    if not _FEWEST <= len(codes) - codes.null_count <= _MOST + 1 or codes.null_count != labels.null_count:
        return {}
    rows, of_labels = (
        np.flatnonzero(cells.is_valid().to_numpy(zero_copy_only=False)).tolist() for cells in (codes, labels)
    )
    if rows != of_labels or rows != list(range(rows[0], rows[-1] + 1)):
        return {}
    if first_row + rows[-1] == last_row:
        return {}  # columns of the list itself
    cells = [(codes[row].as_py().strip(), labels[row].as_py().strip()) for row in rows]
    if not _CODE.fullmatch(cells[0][0]):
        cells = cells[1:]
    pairs = dict(cells)
    is_table = len(cells) >= _FEWEST and all(map(_CODE.fullmatch, pairs)) and len(pairs) == len(cells)
    return pairs if is_table else {}


def _explained(grid: Grid, header: HeaderMap, table: Table, pairs: Mapping[str, str]) -> list[Column]:
    labels = {normalise_label(label) for label in pairs.values()}
    found = []
    for name, index in header.columns.items():
        codes = table.by_name[name].codes
        if codes is None or not labels <= codes.by_label.keys():
            continue
        if _is_of(grid, header.row, index, pairs, codes.by_label):
            found.append(table.by_name[name])
    return found


def _is_of(grid: Grid, row: int, index: int, pairs: Mapping[str, str], known: Collection[str]) -> bool:
    values = numbered(grid.columns[index].slice(row + 1))[0].drop_null().to_pylist()
    texts = {text.strip() for text in values} - {""}
    return not texts.isdisjoint(pairs) and all(
        text in pairs or normalise_label(text) in known for text in texts
    )
