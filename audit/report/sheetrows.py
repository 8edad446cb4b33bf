"""Data rows of a sheet, from whole columns to XML.

What stands in a cell is put together once per value of a column; a row only picks its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from openpyxl.utils import get_column_letter

from audit.report.coded import Coded
from audit.report.sharedstrings import SharedStrings, is_too_long
from audit.report.snippets import Places, Snippets, span

MAX_ROWS = 1_048_576
LINE_HEIGHT = 17.0  # points of a line of 11-point type
MAX_HEIGHT = 409.0  # of a row
_BLOCK = 4_096  # rows turned into XML at a time
_FEW = 512  # values of a column whose cells are made beforehand
_LINES = range(1, math.ceil(MAX_HEIGHT / LINE_HEIGHT) + 1)  # that a row shows
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


def rendered(rows: Rows, strings: SharedStrings) -> list[Callable[[], memoryview]]:
    """The rows as XML, some thousands made by each of the results; texts stand among the shared strings."""
    letters = [get_column_letter(place) for place in range(1, len(rows.columns) + 1)]
    ends = [*(f'<c r="{letter}' for letter in letters[1:]), "</row>"]
    snippets = Snippets()
    row = snippets.add(['<row r="'])
    heights = snippets.add(
        [f'" ht="{min(lines * LINE_HEIGHT, MAX_HEIGHT):g}" customHeight="1"><c r="A' for lines in _LINES]
    )
    cells = [
        _cells(column, strings, style, end, snippets)
        for column, style, end in zip(rows.columns, rows.styles, ends, strict=True)
    ]
    lines = [
        (column.at, _lines(column, strings, width))
        for column, width in zip(rows.columns, rows.widths, strict=True)
        if width
    ]
    known = snippets.fixed()

    def made(start: int) -> memoryview:
        block = slice(start, min(start + _BLOCK, rows.count))
        count, own = block.stop - start, Snippets(known)
        numbers = np.arange(rows.below + 1 + start, rows.below + 1 + block.stop)
        number = span(own.add(pa.array(numbers).cast(pa.string())), count)
        pieces: list[Places | int] = [row, number, heights - 1 + _most(lines, block)]
        for cells_of in cells:
            pieces += [number, *cells_of(block, own)]
        return own.laid(pieces, count)

    return [partial(made, start) for start in range(0, rows.count, _BLOCK)]


def _count(mask: pa.Array, column: Coded) -> int:
    """Rows whose value the mask names."""
    if not pc.any(mask).as_py():
        return 0
    return int(np.append(mask.to_numpy(zero_copy_only=False), False)[column.at].sum())


def _cells(
    column: Coded, strings: SharedStrings, style: CellStyle, end: str, snippets: Snippets
) -> Callable[[slice, Snippets], list[Places]]:
    """What the cells of some rows are behind the row's number, as XML; `end` stands behind each.

    Of a column with few values every cell is made once. Of many a sheet may use a part, and memory is dear.
    """
    numbers = strings.numbers(column) if column.is_text else _numbers(column.values)
    texts = pa.concat_arrays([numbers, pa.array([None], numbers.type)])
    looks = _looks(column, numbers, strings)
    kind = '" t="s"><v>' if column.is_text else '"><v>'
    openings = [f'" s="{style.plain}{kind}', f'" s="{style.guarded}{kind}', f'" s="{style.plain}"/>']
    endings = [f"</v></c>{end}", f"</v></c>{end}", end]
    if len(texts) <= _FEW:
        opening, ending = (pa.array(either).take(pa.array(looks)) for either in (openings, endings))
        made = pc.binary_join_element_wise(opening, pc.fill_null(texts.cast(pa.string()), ""), ending, "")
        first = snippets.add(made)
        return lambda block, _: [first + column.at[block]]
    first, last = snippets.add(openings), snippets.add(endings)

    def made_for(block: slice, own: Snippets) -> list[Places]:
        at = column.at[block]
        look = looks[at]
        text = own.add(texts.take(pa.array(at)).cast(pa.string()))
        return [first + look, span(text, len(at)), last + look]

    return made_for


def _numbers(values: pa.Array) -> pa.Array:
    """Numbers and dates as a sheet holds them; what is no number is null."""
    if pa.types.is_date(values.type):
        return pc.add(values.cast(pa.int32()).cast(pa.int64()), _EXCEL_EPOCH)
    if pa.types.is_floating(values.type):
        return pc.if_else(pc.is_finite(values), values, None)
    return values


def _looks(column: Coded, numbers: pa.Array, strings: SharedStrings) -> Places:
    """Per value, and for a blank: 0 as it is, 1 where it is guarded, 2 where there is nothing to show."""
    if column.is_text:
        return strings.looks(column)
    return np.append(np.where(numbers.is_valid(), 0, 2), 2).astype(np.int32)


def _lines(column: Coded, strings: SharedStrings, width: float) -> Places:
    """Per value, and for a blank, the lines it takes in a column of that width; no more than a row shows."""
    return np.clip(np.ceil(strings.widths(column) / width), 1, _LINES[-1]).astype(np.int32)


def _most(lines: Sequence[tuple[npt.NDArray[np.int32], Places]], block: slice) -> Places:
    """The lines of each row: not every program works them out when it opens a file."""
    most = np.ones(block.stop - block.start, np.int32)
    for at, taken in lines:
        np.maximum(most, taken[at[block]], out=most)
    return most
