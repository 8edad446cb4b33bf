"""Data rows of a sheet, from whole columns to XML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from openpyxl.utils import get_column_letter

from audit.report.sharedstrings import is_too_long, joined

MAX_ROWS = 1_048_576
LINE_HEIGHT = 17.0  # points of a line of 11-point type
MAX_HEIGHT = 409.0  # of a row
WIDE = 1.9  # a Chinese character, in digits
# text that a spreadsheet program would take for a formula once somebody edits the cell
FORMULA_LIKE = r"^[=+\-@\t\r\n＝＋－＠#]"
_BLOCK = 4_096  # rows turned into XML at a time
_EXCEL_EPOCH = 25_569  # days from 1899-12-30 to 1970-01-01


@dataclass(frozen=True)
class CellStyle:
    """Style indexes of a column: for ordinary text, and for text that looks like a formula."""

    plain: int
    guarded: int


@dataclass(frozen=True)
class Rows:
    """Data rows of a sheet, below its header in row `below`: text, numbers and dates, by column."""

    below: int
    columns: Sequence[pa.Array]
    styles: Sequence[CellStyle]
    widths: Sequence[float]  # of the columns that wrap their text, else 0
    links: Sequence[tuple[str, str]] = ()  # cells, and the places of the workbook they lead to

    @property
    def count(self) -> int:
        """Rows."""
        return len(self.columns[0]) if self.columns else 0

    @property
    def texts(self) -> list[pa.Array]:
        """The columns of text."""
        return [column for column in self.columns if pa.types.is_string(column.type)]

    @property
    def cut(self) -> int:
        """Texts of which a cell shows only the beginning."""
        return sum(pc.sum(is_too_long(column)).as_py() or 0 for column in self.texts)


def rendered(rows: Rows, indices: Sequence[pa.Array]) -> Iterator[bytes]:
    """The rows as XML, some thousands at a time. `indices`: of the shared strings, per text column."""
    own = iter(indices)
    references = [next(own) if pa.types.is_string(column.type) else None for column in rows.columns]
    styles = [_styles(column, style) for column, style in zip(rows.columns, rows.styles, strict=True)]
    letters = [get_column_letter(place) for place in range(1, len(rows.columns) + 1)]
    for start in range(0, rows.count, _BLOCK):
        count = min(_BLOCK, rows.count - start)
        first = rows.below + 1 + start
        numbers = pa.array(np.arange(first, first + count)).cast(pa.string())
        columns = [column.slice(start, count) for column in rows.columns]
        heights = _heights(columns, rows.widths, count)
        pieces: list[pa.Array | pa.Scalar] = [
            *(pa.scalar('<row r="'), numbers, pa.scalar('" ht="'), heights, pa.scalar('" customHeight="1">'))
        ]
        for place, column in enumerate(columns):
            reference, style = references[place], styles[place]
            if reference is not None:
                column = reference.slice(start, count)
            if isinstance(style, pa.Array):
                style = style.slice(start, count)
            pieces.append(_cells(letters[place], numbers, column, style, shared=reference is not None))
        pieces.append(pa.scalar("</row>"))
        yield joined(pc.binary_join_element_wise(*pieces, ""))


def text_widths(column: pa.Array) -> pa.Array:
    """How wide texts stand, in the file's unit of one digit; a wide character takes three bytes of UTF-8."""
    characters = pc.utf8_length(column)
    wide = pc.divide(pc.subtract(pc.binary_length(column), characters), 2)
    return pc.fill_null(
        pc.add(pc.multiply(wide.cast(pa.float64()), WIDE - 1), characters.cast(pa.float64())), 0.0
    )


def _styles(column: pa.Array, style: CellStyle) -> pa.Array | pa.Scalar:
    """The style of each cell; one for all where no text looks like a formula."""
    if pa.types.is_string(column.type):
        guarded = pc.fill_null(pc.match_substring_regex(column, FORMULA_LIKE), False)
        if pc.any(guarded).as_py():
            return pc.if_else(guarded, str(style.guarded), str(style.plain))
    return pa.scalar(str(style.plain))


def _heights(columns: Sequence[pa.Array], widths: Sequence[float], count: int) -> pa.Array:
    """Row heights that show wrapped text whole: not every program works them out when it opens a file."""
    lines = pa.array(np.ones(count))
    for column, width in zip(columns, widths, strict=True):
        if width:
            lines = pc.max_element_wise(lines, pc.ceil(pc.divide(text_widths(column), width)))
    return pc.min_element_wise(pc.multiply(lines, LINE_HEIGHT), MAX_HEIGHT).cast(pa.string())


def _cells(
    letter: str, numbers: pa.Array, column: pa.Array, style: pa.Array | pa.Scalar, *, shared: bool
) -> pa.Array:
    """One column's cells as XML; a blank cell keeps its style, for the line under the row."""
    if pa.types.is_date(column.type):
        column = pc.add(column.cast(pa.int32()).cast(pa.int64()), _EXCEL_EPOCH)
    elif pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_finite(column), column, None)
    kind = '" t="s"><v>' if shared else '"><v>'
    cells = pc.binary_join_element_wise(
        f'<c r="{letter}', numbers, '" s="', style, kind, column.cast(pa.string()), "</v></c>", ""
    )
    if not column.null_count:
        return cells
    blank = pc.binary_join_element_wise(f'<c r="{letter}', numbers, '" s="', style, '"/>', "")
    return pc.coalesce(cells, blank)
