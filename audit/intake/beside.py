"""A second table beside the first one, on the same sheet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from audit.intake.grid import Grid
from audit.tables import normalise_label

_MOST_BLOCKS = 6


def columns_of_blocks(labels: Sequence[str | None]) -> list[tuple[int, int]]:
    """First column and the one after the last of each block, of a list that goes on beside itself: the whole
    header once more, in the same order, as newspapers and printed lists have it. One block of any other."""
    filled = [index for index, label in enumerate(labels) if label and label.strip()]
    names = [normalise_label(labels[index] or "") for index in filled]
    for count in range(2, _MOST_BLOCKS + 1):
        length, rest = divmod(len(names), count)
        if length and not rest and names == names[:length] * count:
            starts = filled[::length]
            return list(zip(starts, [*starts[1:], len(labels)], strict=True))
    return [(0, len(labels))]


def labels_beside(
    grid: Grid,
    row: int,
    labels: Mapping[int, str],
    meaning: Callable[[str], str],
    differ: Callable[[int, int], bool],
    telling: Collection[str] = (),
) -> set[int]:
    """Columns whose headers belong to another table beside the one that names most columns, or one of those
    that tell the table apart.

    `labels` are the headers by column, `meaning` gives the canonical column of one, "" for a stranger.
    Tables are parted by a column without a cell from the header downwards. One that names a column the first
    has, and has something else in it, is another table: its cells say nothing about the first one's rows.
    """
    blocks = _blocks(grid, row, labels)
    if len(blocks) < 2:
        return set()
    named = [{name: index for index in block if (name := meaning(labels[index]))} for block in blocks]
    first = max(
        named, key=lambda names: (len(names) > 1 and not names.keys().isdisjoint(telling), len(names))
    )
    beside = set()
    for block, names in zip(blocks, named, strict=True):
        if names is first or len(block) < 2:
            continue
        if any(name in first and differ(first[name], index) for name, index in names.items()):
            beside.update(block)
    return beside


def without_columns(grid: Grid, others: Collection[int]) -> Grid:
    """The sheet with nothing in these columns, every other in its place."""
    if not others:
        return grid
    columns = [
        pa.nulls(grid.height, pa.string()) if index in others else column
        for index, column in enumerate(grid.columns)
    ]
    marks = [None if index in others else mark for index, mark in enumerate(grid.marks)]
    return replace(grid, columns=tuple(columns), marks=tuple(marks))


def _blocks(grid: Grid, row: int, labels: Mapping[int, str]) -> list[list[int]]:
    """The labelled columns, in runs between which a column is blank."""
    blocks: list[list[int]] = []
    before = -1
    for index in sorted(labels):
        if not blocks or any(_is_blank(grid, row, between) for between in range(before + 1, index)):
            blocks.append([])
        blocks[-1].append(index)
        before = index
    return blocks


def _is_blank(grid: Grid, row: int, index: int) -> bool:
    below = grid.columns[index].slice(row)
    return bool(below.null_count == len(below))
