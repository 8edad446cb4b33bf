"""Moments in two columns, the day in one and the time of day in the other, as Excel's 分列 parts them."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.grid import Grid
from audit.intake.headers import HeaderMap
from audit.intake.repeats import decoded, encoded
from audit.tables import Kind, Table

_TIME = r"^\s*\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*$"
_DAY = r"^\s*(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|20\d{6})(?:[ T]00:00:00)?\s*$"
_LOOKED_AT = 100  # cells
_NEARLY_ALL = 0.9


def with_days(grid: Grid, header: HeaderMap, table: Table) -> Grid:
    """The sheet with the day before each time of day, in columns of moments that hold such times alone.

    The day stands in the column left of it, or in another one that means the same moment.
    """
    columns = list(grid.columns)
    letters = {grid.letter(index): index for index in range(len(columns))}
    for name, index in header.columns.items():
        if table.by_name[name].kind is not Kind.MOMENT or not _are(columns[index], header.row, _TIME):
            continue
        others = [letters[one.letter] for one in header.second_choices if one.column == name]
        left = [index - 1] if index and index - 1 not in header.columns.values() else []
        for other in (*others, *left):
            if _are(columns[other], header.row, _DAY):
                columns[index] = _joined(columns[other], columns[index])
                break
    return replace(grid, columns=tuple(columns)) if columns != list(grid.columns) else grid


def _are(cells: pa.Array, row: int, pattern: str) -> bool:
    """Whether nearly all of the first cells below a row are of a form."""
    texts = decoded(cells.slice(row + 1)).drop_null().slice(0, _LOOKED_AT)
    return len(texts) > 0 and pc.match_substring_regex(texts, pattern).true_count >= _NEARLY_ALL * len(texts)


def _joined(days: pa.Array, times: pa.Array) -> pa.Array:
    days, times = decoded(days), decoded(times)
    day = pc.replace_substring_regex(days, _DAY, r"\1")
    is_day = pc.fill_null(pc.match_substring_regex(days, _DAY), False)
    is_time = pc.fill_null(pc.match_substring_regex(times, _TIME), False)
    alone = pc.and_(is_day, times.is_null())
    joined = pc.if_else(pc.and_(is_day, is_time), pc.binary_join_element_wise(day, times, " "), times)
    return encoded(pc.if_else(alone, day, joined))
