"""Sheets whose rows stand in one cell each: delimited text that a program took for a single column."""

from __future__ import annotations

import re
from dataclasses import replace

import pyarrow.compute as pc

from audit.errors import InputError
from audit.intake.formats.delimited import read_delimited
from audit.intake.formats.source import Notice, Source
from audit.intake.grid import Grid
from audit.intake.repeats import decoded

_FEWEST = 3  # columns: with fewer, the separators may be of the text
_LONGEST = 1_000_000  # rows
_LEGEND = re.compile(r"[:：（(]\s*[0-9A-Z]{1,2}\s*[,，=、-]")  # 终端状态：0,在用;1,停用 is one thing said


def parted_columns(source: Source) -> Source:
    """The source with such sheets in columns, and a notice about each."""
    grids: list[Grid] = []
    told: list[Notice] = []
    for grid in source.grids:
        found = _parted(grid)
        grids.append(grid if found is None else found[0])
        if found is not None:
            told.append(("rows_in_one_cell", {"sheet": grid.sheet, "delimiter": found[1]}))
    return replace(source, grids=tuple(grids), notices=(*source.notices, *told)) if told else source


def _parted(grid: Grid) -> tuple[Grid, str] | None:
    filled = [column for column in grid.columns if column.null_count < len(column)]
    if len(filled) != 1 or grid.height > _LONGEST:
        return None
    lines = decoded(filled[0]).fill_null("")
    if pc.any(pc.match_substring_regex(lines, r"[\r\n]")).as_py():
        return None  # its rows would no longer be those of the file
    if _LEGEND.search(lines[0].as_py()):
        return None
    try:
        text = read_delimited("\n".join([*lines.to_pylist(), ""]).encode(), "utf-8")
    except InputError:
        return None
    if len(text.grid.columns) < _FEWEST or text.grid.height != grid.height:
        return None
    columns, marks = text.grid.columns, text.grid.marks
    return replace(
        grid, columns=columns, marks=marks, merges=(), is_text=True, delimiter=text.delimiter
    ), text.delimiter
