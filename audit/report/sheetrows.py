"""Data rows of a sheet, from whole columns to XML.

What stands in a cell is put together once per value of a column; a row only picks its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from openpyxl.utils import get_column_letter

from audit.report.coded import Coded
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
    columns: Sequence[Coded]
    styles: Sequence[CellStyle]
    widths: Sequence[float]  # of the columns that wrap their text, else 0
    links: Sequence[tuple[str, str]] = ()  # cells, and the places of the workbook they lead to

    @property
    def count(self) -> int:
        """Rows."""
        return len(self.columns[0]) if self.columns else 0

    @property
    def texts(self) -> list[Coded]:
        """The columns of text."""
        return [column for column in self.columns if column.is_text]

    @property
    def cut(self) -> int:
        """Texts of which a cell shows only the beginning."""
        return sum(_count(is_too_long(column.values), column) for column in self.texts)


def rendered(rows: Rows, numbers_of: Callable[[Coded], pa.Array]) -> list[Callable[[], bytes]]:
    """The rows as XML, some thousands made by each of the results.

    `numbers_of` gives, per value of a text column, its number among the shared strings.
    """
    letters = [get_column_letter(place) for place in range(1, len(rows.columns) + 1)]
    cells = [
        _cells(column, numbers_of(column) if column.is_text else _numbers(column.values), style)
        for column, style in zip(rows.columns, rows.styles, strict=True)
    ]
    lines = [
        (column.at, _lines(column.values, width))
        for column, width in zip(rows.columns, rows.widths, strict=True)
        if width
    ]

    def made(start: int) -> bytes:
        block = slice(start, min(start + _BLOCK, rows.count))
        first = rows.below + 1 + start
        numbers = pa.array(np.arange(first, first + block.stop - start)).cast(pa.string())
        heights = _heights(lines, block)
        pieces: list[pa.Array | str] = ['<row r="', numbers, '" ht="', heights, '" customHeight="1">']
        for letter, cells_of in zip(letters, cells, strict=True):
            pieces += [f'<c r="{letter}', numbers, cells_of(block)]
        return joined(pc.binary_join_element_wise(*pieces, "</row>", ""))

    return [partial(made, start) for start in range(0, rows.count, _BLOCK)]


def text_widths(column: pa.Array) -> pa.Array:
    """How wide texts stand, in the file's unit of one digit; a wide character takes three bytes of UTF-8."""
    characters = pc.utf8_length(column)
    wide = pc.divide(pc.subtract(pc.binary_length(column), characters), 2)
    return pc.add(pc.multiply(wide.cast(pa.float64()), WIDE - 1), characters.cast(pa.float64()))


def _count(mask: pa.Array, column: Coded) -> int:
    """Rows whose value the mask names."""
    if not pc.any(mask).as_py():
        return 0
    return int(np.append(mask.to_numpy(zero_copy_only=False), False)[column.at].sum())


def _numbers(values: pa.Array) -> pa.Array:
    """Numbers and dates as a sheet holds them; what is no number is null."""
    if pa.types.is_date(values.type):
        return pc.add(values.cast(pa.int32()).cast(pa.int64()), _EXCEL_EPOCH)
    if pa.types.is_floating(values.type):
        return pc.if_else(pc.is_finite(values), values, None)
    return values


def _cells(column: Coded, numbers: pa.Array, style: CellStyle) -> Callable[[slice], pa.Array]:
    """What the cells of some rows are behind the row's number, as XML; `numbers` stand for the values.

    A column with few values has them made once. Of many a sheet may use a part, and memory is dear.
    """
    blank = len(column.values)
    if blank <= _BLOCK:
        made = pa.concat_arrays(
            [_contents(column.values, numbers, style), pa.array([f'" s="{style.plain}"/>'])]
        )
        return lambda block: made.take(pa.array(column.at[block]))

    def made_for(block: slice) -> pa.Array:
        places = pa.array(column.at[block], mask=column.at[block] == blank)
        return _contents(column.values.take(places), numbers.take(places), style)

    return made_for


def _contents(values: pa.Array, numbers: pa.Array, style: CellStyle) -> pa.Array:
    """Cells behind their row number; a blank one keeps its style, for the line under the row."""
    is_text = pa.types.is_string(values.type)
    look: pa.Array | str = str(style.plain)
    if is_text:
        guarded = pc.match_substring_regex(values, FORMULA_LIKE)
        look = pc.if_else(guarded, str(style.guarded), str(style.plain))
    kind = '" t="s"><v>' if is_text else '"><v>'
    cells = pc.binary_join_element_wise('" s="', look, kind, numbers.cast(pa.string()), "</v></c>", "")
    return pc.fill_null(cells, f'" s="{style.plain}"/>')


def _lines(values: pa.Array, width: float) -> npt.NDArray[np.float64]:
    """Per value, and for a blank, the lines it takes in a column of that width."""
    return np.append(np.ceil(text_widths(values).to_numpy(zero_copy_only=False) / width), 1.0)


def _heights(
    lines: Sequence[tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]], block: slice
) -> pa.Array:
    """Row heights that show wrapped text whole: not every program works them out when it opens a file."""
    most = np.ones(block.stop - block.start)
    for at, taken in lines:
        np.maximum(most, taken[at[block]], out=most)
    return pa.array(np.minimum(most * LINE_HEIGHT, MAX_HEIGHT)).cast(pa.string())
