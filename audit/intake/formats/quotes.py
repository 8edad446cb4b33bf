"""Quotes that open in one row of delimited text and close in another, with rows in between."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.errors import InputError, Unusable
from audit.intake.repeats import each


def not_closed(row: int) -> InputError:
    """What is raised where a quote in that row never closes, or closes in another."""
    return InputError(Unusable.TRUNCATED, "quote_not_closed", row=row)


def refuse_swallowed(text: memoryview, columns: list[pa.Array], delimiter: str, width: int) -> None:
    """Raise InputError where a quote that closes rows further down has taken those into one cell."""
    doubtful = False
    for column in columns:
        broken = each(column, lambda texts: pc.match_substring(texts, "\n"))
        for row in np.flatnonzero(pc.fill_null(broken, False).to_numpy(zero_copy_only=False)).tolist():
            cell = column[row].as_py()
            lines = (cell or "").splitlines()[1:]
            if any(line.count(delimiter) >= width - 1 for line in lines):
                raise not_closed(row + 1)
            doubtful |= (cell or "").count(delimiter) >= width - 1
    if doubtful and (row := _row_of_stray_quote(text, delimiter)):
        raise not_closed(row)


def _row_of_stray_quote(text: memoryview, delimiter: str) -> int:
    """The first row of which a cell over several lines goes on behind its quote: that is another row's first
    quote, and both are marks of their texts; 0 where there is none."""
    mark = re.escape(delimiter.encode())
    # a cell to its end: in quotes with what stands behind them, or without
    cells = re.compile(rb'(?:"((?:[^"]|"")*+)"([^%b\r\n]*)|[^%b\r\n]*)(%b|\r?\n|\r|$)' % (mark, mark, mark))
    row = 1
    for cell in cells.finditer(text):
        if cell[2] and b"\n" in cell[1]:
            return row
        row += cell[3] != delimiter.encode()
    return 0
