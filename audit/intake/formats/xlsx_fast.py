"""The fast way through a plain xlsx sheet: fastexcel for the text, a scan of the XML for what it hides.

fastexcel turns a sheet into columns of text at the speed of a C scan, but does not say what a cell is: an
error reads as blank, a formula without a result too, a number of 18 digits looks like text, and zeros
that only a number format shows are gone. It works on a thread of its own while the XML is scanned.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import fastexcel
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.formats.formulas import literal
from audit.intake.formats.numbers import Padding
from audit.intake.formats.sheet import MAX_CELLS
from audit.intake.formats.xlsx_addresses import in_their_rows
from audit.intake.formats.xlsx_columns import DIMENSION, MAX_BLANK_ROWS, merges_of
from audit.intake.formats.xlsx_values import Irregular, dereferenced, times_alone
from audit.intake.grid import Grid, Mark, column_index

# a cell that is not shared, inline or formula text: its column, row, other attributes, formula and value
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"(?![^>]* t="(?:s|inlineStr)")([^>/]*)>'
    rb"\s*(<f(?:[^>]*/>|.*?</f>))?\s*(?:<v>([^<]*)</v>)?",
    re.DOTALL,
)
# cells that hold something: a blank cell with a style is none to the fast reader
_FILLED = rb'[0-9]+"[^>/]*>\s*(?:<f[^>]*(?:/>|>[^<]*</f>)\s*)?<(?:v|is)>'
_FIRST_COLUMN = re.compile(rb'<c r="A' + _FILLED)
_COLUMNS = re.compile(rb'<c r="([A-Z]{1,3})' + _FILLED)
_ELEMENT = re.compile(rb"<[^>]*>")
_TYPE = re.compile(rb' t="([^"]*)"')
_KINDS = (b"n", b"b", b"d", b"str")
_STYLE = re.compile(rb' s="(\d+)"')
# what fastexcel takes for the first of the shared texts: a place that is no number
_NO_PLACE = re.compile(rb' t="s"[^>]*>\s*<v>(?!\d{1,9}</v>)')
_FORMULA_LAST = re.compile(rb"</v>\s*<f")  # fastexcel takes such a cell for a blank one
_BEYOND_AGES = r"^[+-]?\d{5,}-\d\d-\d\d"
_NUMBER_BEGINS = b"-+.0123456789"
_TOO_FAR = re.compile(rb'<c r="[A-Z]{4}')
_ROW_NUMBER = re.compile(rb'<row [^>]*?\br="(\d+)"')
_LAST_ROW = re.compile(rb'<row [^>]*?\br="(\d+)"')
_HEAD, _TAIL = 1 << 20, 1_000_000  # bytes in which a first cell, a last row is looked for
_MAX_WIDTH = 26 + 26 * 26  # columns of one and two letters: who goes further has a stray cell
_T = TypeVar("_T")


class FastWorkbook:
    """fastexcel on one workbook, on a thread of its own."""

    def __init__(self, data: bytes) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._book = self._thread.submit(attempt, lambda: fastexcel.read_excel(data))

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    def grid(self, name: str, content: bytes, padded: Mapping[int, Padding]) -> Grid | None:
        """The sheet, or None where this way would fail or, worse, be wrong.

        A sheet that ends elsewhere than it says may abort the process; that is why files are read in one of
        their own, and a second time with care.

        `padded` gives, per cell style, what its number format makes of whole numbers that are codes.
        """
        count = content.count(b'<c r="')
        if not _seems_small(content, count):
            return None
        loading = self._thread.submit(attempt, lambda: self._table(name))
        time.sleep(0)  # let it start: what follows keeps the interpreter to itself
        if not _is_plain(content, count):
            return None
        all_text = _is_all_text(content, count)
        hidden = _Hidden() if all_text else attempt(lambda: _scanned(content, padded))
        if hidden is None:
            return None
        first = _first_column(content)
        merges = merges_of(content[max(content.rfind(b"</sheetData>"), 0) :])
        table = loading.result()
        if table is None or table.num_columns > _MAX_WIDTH:
            return None
        texts = [_as_text(column) for column in table.columns]
        if _loses_numbers(texts, hidden, first):
            return None
        columns = _without_blank_end(texts if all_text else list(map(times_alone, texts)), hidden)
        height = len(columns[0]) if columns else 0
        marks: list[pa.Array | None] = [None] * len(columns)
        for place, own in hidden.texts.items():
            if place - first < len(columns):
                columns[place - first] = _replaced(columns[place - first], own)
        for place, found in hidden.marks.items():
            if place - first < len(columns):
                marks[place - first] = _dense(found, height)
        return Grid(name, tuple(columns), tuple(marks), first, merges=merges)

    def _table(self, name: str) -> pa.Table | None:
        book = self._book.result()
        if book is None or name not in book.sheet_names:
            return None
        sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        return pa.table(sheet.to_arrow())


@dataclass(frozen=True)
class _Hidden:
    """What the fast reader does not show, by column (0 is A) and 0-based row."""

    marks: dict[int, dict[int, Mark]] = field(default_factory=dict)
    texts: dict[int, dict[int, str]] = field(default_factory=dict)


def _seems_small(content: bytes, cells: int) -> bool:
    """Whether the sheet says that it ends where a dense grid may end.

    A sheet that says nothing, or lies, is found out by `_is_plain` or by what becomes of the process.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or _TOO_FAR.search(content):
        return False
    stated = DIMENSION.search(content[:_HEAD])
    last = _LAST_ROW.findall(content[-_TAIL:])
    rows = max(int(stated[2]) if stated else 0, int(last[-1]) if last else 0)
    columns = column_index(stated[1].decode()) + 1 if stated else 1
    if rows * columns > MAX_CELLS:
        return False
    return rows <= MAX_BLANK_ROWS or rows <= 10 * cells


def _is_plain(content: bytes, cells: int) -> bool:
    """Whether every cell has its address where the scan expects it, and rows follow each other.

    Counting is several times cheaper than looking at each: nothing else in the rows begins with <c.
    """
    start, end = content.find(b"<sheetData"), content.rfind(b"</sheetData>")
    if not (cells > 0 and 0 <= start < end and _count_pair(content, b"<c", start, end) == cells):
        return False
    if _NO_PLACE.search(content) or _FORMULA_LAST.search(content) or b" t='" in content:
        return False
    if content.find(b"<![CDATA[", start, end) >= 0:  # fastexcel takes such a value for a blank one
        return False
    rows = np.array(_ROW_NUMBER.findall(content, start, end), "S10").astype(np.int64)
    return bool((np.diff(rows) > 0).all()) and in_their_rows(content, start, end)


def _count_pair(content: bytes, pair: bytes, start: int, end: int) -> int:
    """How often two bytes follow each other in that stretch; twice as fast as bytes.count."""
    wanted, found = int.from_bytes(pair, "little"), 0
    for first in (start, start + 1):
        pairs = np.frombuffer(content, "<u2", (end - first) // 2, first)
        found += int(np.count_nonzero(pairs == wanted))
    return found


def attempt(call: Callable[[], _T]) -> _T | None:
    """What the call gives, or None when fastexcel refuses the file or panics on it, or would not be sure."""
    try:
        return call()
    except (fastexcel.FastExcelError, Irregular):
        return None
    except BaseException as failure:
        if type(failure).__name__ == "PanicException":  # not an Exception, and not importable
            return None
        raise


def _is_all_text(content: bytes, cells: int) -> bool:
    # the longer the text that is counted, the faster it is found
    shared = content.count(b'" t="s"><v>')
    return cells == shared or cells == shared + content.count(b'" t="inlineStr"><is>')


def _scanned(content: bytes, padded: Mapping[int, Padding]) -> _Hidden:
    hidden = _Hidden()
    for found in _CELL.finditer(content):
        mark, text = _read_mark(found, padded)
        if mark is Mark.TEXT and text is None:
            continue
        column, row = column_index(found[1].decode()), int(found[2]) - 1
        if mark is not Mark.TEXT:
            hidden.marks.setdefault(column, {})[row] = mark
        if text is not None:
            hidden.texts.setdefault(column, {})[row] = text
    return hidden


def _read_mark(found: re.Match[bytes], padded: Mapping[int, Padding]) -> tuple[Mark, str | None]:
    """What a cell is, and its text where the fast reader does not show it.

    Raises Irregular for a kind of cell there is not, and for a number that is none: fastexcel shows NaN under
    a date as the day before all days.
    """
    attributes, formula, value = found[3], found[4], found[5]
    kind = _TYPE.search(attributes)
    if kind and kind[1] == b"e":
        return Mark.ERROR, (value or b"#N/A").decode("ascii", "replace")
    if formula is not None and not value:
        if (shown := literal(_formula_text(formula))) is not None:
            return Mark.TEXT, shown or None
        is_blank_text = kind and kind[1] == b"str" and value is not None
        return (Mark.TEXT if is_blank_text else Mark.UNCACHED), None
    if kind and kind[1] not in _KINDS:
        raise Irregular
    if not value or (kind and kind[1] != b"n"):
        return Mark.TEXT, None
    if value[:1] not in _NUMBER_BEGINS:
        raise Irregular
    style = _STYLE.search(attributes)
    padding = padded.get(int(style[1])) if style else None
    if padding and (code := padding.text(value.decode("ascii", "replace"))) is not None:
        return Mark.TEXT, code
    return Mark.NUMBER, None


def _formula_text(element: bytes) -> str:
    try:
        return dereferenced(_ELEMENT.sub(b"", element))
    except Irregular:
        return ""


def _first_column(content: bytes) -> int:
    """The leftmost column with a cell: the grid of the fast reader starts there."""
    if _FIRST_COLUMN.search(content):
        return 0
    letters = set(_COLUMNS.findall(content))
    return min((column_index(found.decode()) for found in letters), default=0)


def _loses_numbers(columns: list[pa.Array], hidden: _Hidden, first: int) -> bool:
    """Whether a number is gone or in another age: what has the form of a date, and is too large for one."""
    for place, marks in hidden.marks.items():
        numbers = [row for row, mark in marks.items() if mark is Mark.NUMBER]
        if numbers and 0 <= place - first < len(columns):
            rows = np.array(numbers)
            texts = columns[place - first].take(pa.array(rows[rows < len(columns[place - first])]))
            if texts.null_count or pc.any(pc.match_substring_regex(texts, _BEYOND_AGES)).as_py():
                return True
    return False


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole if whole.type == pa.string() else whole.cast(pa.string())


def _without_blank_end(columns: list[pa.Array], hidden: _Hidden) -> list[pa.Array]:
    """The columns up to the last row with something in it.

    One blank text in the last row a sheet can have makes a million rows, and each costs what a row costs.
    """
    ends = [max(texts) + 1 for texts in hidden.texts.values()]
    ends += [max(marks) + 1 for marks in hidden.marks.values()]
    height = max([0, *ends, *(_filled_height(column) for column in columns)])
    return [column.slice(0, height) for column in columns]


def _filled_height(column: pa.Array) -> int:
    rows = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    return next((int(row) + 1 for row in rows[::-1] if column[int(row)].as_py().strip()), 0)


def _replaced(column: pa.Array, cells: Mapping[int, str]) -> pa.Array:
    texts = column.to_numpy(zero_copy_only=False).copy()
    for row, text in cells.items():
        if row < len(texts):
            texts[row] = text
    return pa.array(texts, pa.string())


def _dense(found: Mapping[int, Mark], height: int) -> pa.Array:
    rows = np.fromiter(found, np.int64, len(found))
    kinds = np.fromiter(found.values(), np.int8, len(found))
    dense = np.zeros(height, np.int8)
    dense[rows[rows < height]] = kinds[rows < height]
    return pa.array(dense)
