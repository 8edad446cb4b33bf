"""The cheap way through a big, regular xlsx sheet: its XML as arrays, a stretch of rows at a time.

Every tag of the rows has to be where a plain writer puts it: `<row r="2" …>`, `<c r="A2" s="1" t="s">`,
`<v>`, or `<is><t>` for inline text. Addresses, styles, types and values are then found for all cells of a
stretch at once. Whatever else stands there makes the sheet `Irregular`, and it is read another way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.formats import xlsx_values as values
from audit.intake.formats.package import Package
from audit.intake.formats.sheet import MAX_CELLS
from audit.intake.formats.xlsx_cells import (
    Class,
    Classes,
    addresses,
    repeated,
    row_numbers,
    structure,
    whole_numbers,
)
from audit.intake.formats.xlsx_strings import read_strings
from audit.intake.formats.xlsx_tags import Body, Stretch, Tag
from audit.intake.formats.xlsx_values import Irregular
from audit.intake.grid import Grid, Mark, Merge, column_index
from audit.intake.repeats import pays, spread

MAX_BLANK_ROWS = 10_000
DIMENSION = re.compile(rb'<dimension ref="(?:[A-Z]{1,3}[0-9]+:)?([A-Z]{1,3})([0-9]{1,7})"')
_PIECE = 1 << 20  # bytes looked at together: few enough to stay near the processor
_MERGE = re.compile(rb'<mergeCell ref="([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)"')
_MAX_MERGES = 200_000
_MAX_TEXT = (1 << 31) - 1  # bytes in a column


@dataclass(frozen=True)
class Styles:
    """Of each cell style, whether it shows dates (None: readers differ) and how far it pads numbers."""

    dates: Sequence[bool | None]
    padded: Mapping[int, int]
    is_1904: bool


@dataclass(frozen=True)
class _Block:
    """The cells of a stretch: by row and column, where in the pool their text is (-1: blank), and marks."""

    first_row: int
    places: np.ndarray
    marks: np.ndarray | None


class ColumnReader:
    """This way through the sheets of one workbook; the shared strings are read when the first one is."""

    def __init__(self, package: Package, shared: str, styles: Styles) -> None:
        self._package, self._shared, self._styles = package, shared, styles
        self._strings: pa.Array | None = None
        self._is_irregular = False

    def grid(self, name: str, part: str) -> Grid | None:
        """The sheet, or None where it is irregular. Raises InputError for a damaged part."""
        if self._is_irregular or not self._package.has(part):
            return None
        try:
            if self._strings is None:
                self._strings = self._read_strings()
            sheet = _Columns(self._strings, self._styles)
            tail = sheet.read(self._package.pieces(part, _PIECE))
            columns, marks, first = sheet.of()
        except (Irregular, pa.ArrowInvalid):  # the second where all texts are too long for one array
            self._is_irregular = self._strings is None
            return None
        return Grid(name, columns, marks, first, merges=merges_of(tail))

    def _read_strings(self) -> pa.Array:
        if not self._package.has(self._shared):
            return pa.array([], pa.string())
        return read_strings(self._package.pieces(self._shared, _PIECE))


class _Columns:
    """A sheet as it is read; `of` gives its columns when all its stretches are in."""

    def __init__(self, strings: pa.Array, styles: Styles) -> None:
        self._pool = [strings]
        self._pooled = self._shared = len(strings)
        self._styles = styles
        self._classes = Classes()
        self._blocks: list[_Block] = []
        self._last_row = self._cells = 0
        self._is_all_text = True

    def read(self, pieces: Iterable[bytes]) -> bytes:
        """Take the rows in, and return what follows them. Raises Irregular."""
        body = Body(pieces, b"worksheet", rb"<sheetData>")
        for stretch in body.stretches(b"</row>", b"</sheetData>"):
            self._add(stretch)
        stated = DIMENSION.search(body.head)
        rows = max(self._last_row, int(stated[2]) if stated else 0)
        width = column_index(stated[1].decode()) + 1 if stated else 1
        if rows * width > MAX_CELLS or rows > max(MAX_BLANK_ROWS, 10 * self._cells):
            raise Irregular
        if b"<sheetData" in body.tail or b"</sheetData>" in body.tail[1:]:
            raise Irregular
        return body.tail

    def of(self) -> tuple[tuple[pa.Array, ...], tuple[pa.Array | None, ...], int]:
        """Columns, their marks, and which is the first. Raises Irregular where there is nothing."""
        pool = pa.concat_arrays(self._pool)
        if not self._is_all_text:
            pool = values.times_alone(pool)
        width = max((block.places.shape[1] for block in self._blocks), default=0)
        height = self._height(pool)
        used = [
            place
            for place in range(width)
            if any(
                block.places.shape[1] > place and (block.places[:, place] >= 0).any()
                for block in self._blocks
            )
        ]
        if not used or height * (used[-1] - used[0] + 1) > MAX_CELLS:
            raise Irregular
        lengths = pc.binary_length(pool).to_numpy()
        may_be_too_long = int(lengths.max()) * height > _MAX_TEXT
        columns, marks = [], []
        for place in range(used[0], used[-1] + 1):
            texts = np.full(height, -1, np.int32)
            kinds = np.zeros(height, np.int8)
            for block in self._blocks:
                if block.places.shape[1] <= place or block.first_row >= height:
                    continue
                rows = slice(block.first_row, block.first_row + len(block.places))
                fits = max(0, min(rows.stop, height) - rows.start)
                texts[rows] = block.places[:fits, place]
                if block.marks is not None:
                    kinds[rows] = block.marks[:fits, place]
            if may_be_too_long and lengths[texts[texts >= 0]].sum(dtype=np.int64) > _MAX_TEXT:
                raise Irregular
            columns.append(_from_pool(pool, texts))
            marks.append(pa.array(kinds) if kinds.any() else None)
        return tuple(columns), tuple(marks), used[0]

    def _height(self, pool: pa.Array) -> int:
        """Rows up to the last with something in it: blank text is nothing."""
        says = None
        for block in reversed(self._blocks):
            filled = block.places >= 0
            if not filled.any():
                continue
            if says is None:
                last = block.places[np.flatnonzero(filled.any(axis=1))[-1]]
                if any(pool[int(place)].as_py().strip() for place in last[last >= 0]):
                    return block.first_row + int(np.flatnonzero(filled.any(axis=1))[-1]) + 1
                says = np.array([bool(text.strip()) for text in pool.to_pylist()])
            filled &= says[block.places]
            if filled.any():
                return block.first_row + int(np.flatnonzero(filled.any(axis=1))[-1]) + 1
        return 0

    def _add(self, stretch: Stretch) -> None:
        rows = np.flatnonzero(stretch.tags == Tag.ROW)
        cells = np.flatnonzero(stretch.tags == Tag.CELL)
        values_at = structure(stretch, rows, cells)
        numbers, digits, lengths = row_numbers(stretch, rows)
        if numbers[0] <= self._last_row or (np.diff(numbers) <= 0).any():
            raise Irregular
        self._last_row = int(numbers[-1])
        self._cells += len(cells)
        if not len(cells):
            return
        counts = np.diff(np.searchsorted(cells, np.append(rows, stretch.count)))
        columns, ends = addresses(stretch, cells, np.repeat(digits, counts), repeated(lengths, counts))
        classes = self._classes.of(stretch, ends, stretch.at[cells + 1] - 1)
        places, marks = self._texts(stretch, classes, values_at)
        first, width = int(numbers[0]), int(columns.max()) + 1
        shape = (int(numbers[-1]) - first + 1, width)
        if shape[0] * width > 20 * len(cells) + (1 << 20):
            raise Irregular
        where = np.repeat((numbers - first) * width, counts) + columns
        if (where[1:] <= where[:-1]).any():  # a cell before its neighbour on the left
            raise Irregular
        dense = np.full(shape, -1, np.int32)
        dense.ravel()[where] = places
        dense_marks = None
        if marks is not None and marks.any():
            dense_marks = np.zeros(shape, np.int8)
            dense_marks.ravel()[where] = marks
        self._blocks.append(_Block(first - 1, dense, dense_marks))

    def _texts(
        self, stretch: Stretch, classes: np.ndarray, values_at: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Of each cell, the place of its text in the pool, and its mark; None where all are text."""
        meanings = self._classes.meanings
        present = np.flatnonzero(np.bincount(classes, minlength=len(meanings)))
        self._is_all_text &= all(meanings[number].is_plain_text for number in present)
        if all(meanings[number].kind == "s" and not meanings[number].is_blank for number in present):
            return self._shared_texts(stretch, values_at), None
        places = np.full(len(classes), -1, np.int32)
        marks = np.zeros(len(classes), np.int8)
        is_inline = stretch.tags[values_at] == Tag.TEXT
        for number in present:
            meaning, mine = meanings[number], np.flatnonzero(classes == number)
            tags = values_at[mine]
            if ((tags == 0) != meaning.is_blank).any():
                raise Irregular
            if meaning.is_blank:
                continue
            if (is_inline[mine] != (meaning.kind == "inlineStr")).any():
                raise Irregular
            if meaning.kind == "s":
                places[mine] = self._shared_texts(stretch, tags)
                continue
            texts, marks[mine] = self._rendered(stretch, meaning, tags)
            places[mine] = self._pooled + np.arange(len(mine), dtype=np.int32)
            self._pool.append(texts)
            self._pooled += len(mine)
        return places, marks

    def _shared_texts(self, stretch: Stretch, tags: np.ndarray) -> np.ndarray:
        if (stretch.tags[tags] != Tag.VALUE).any():
            raise Irregular
        places = whole_numbers(stretch, tags)
        if int(places.max()) >= self._shared:
            raise Irregular
        return places

    def _rendered(
        self, stretch: Stretch, meaning: Class, tags: np.ndarray
    ) -> tuple[pa.Array, np.ndarray | Mark]:
        style, styles = meaning.style, self._styles
        match meaning.kind:
            case "inlineStr":
                return stretch.texts(tags), Mark.TEXT
            case "str":
                texts = stretch.texts(tags, in_values=True)
                if pc.any(pc.equal(pc.utf8_trim_whitespace(texts), "")).as_py():
                    raise Irregular
                return texts, Mark.TEXT
            case "b":
                return values.flag_texts(stretch.values(tags)), Mark.TEXT
            case "e":
                return values.error_texts(stretch.values(tags)), Mark.ERROR
            case "n" if style in styles.padded:
                texts, is_number = values.padded_texts(stretch.values(tags), styles.padded[style])
                return texts, np.where(is_number, Mark.NUMBER, Mark.TEXT)
            case "n":
                dates = styles.dates[style] if 0 <= style < len(styles.dates) else False
                if dates is None or (dates and styles.is_1904):
                    raise Irregular
                render = values.date_texts if dates else values.number_texts
                return render(stretch.values(tags)), Mark.NUMBER
        raise Irregular


def _from_pool(pool: pa.Array, places: np.ndarray) -> pa.Array:
    """The texts at these places, none at -1; where places repeat, each text once.

    Cells that share a string need not be compared to tell that they are equal.
    """
    is_used = np.zeros(len(pool) + 1, bool)
    is_used[places] = True  # the last for -1
    used = np.flatnonzero(is_used[:-1])
    blank = places < 0
    if not pays(len(used), len(places) - int(np.count_nonzero(blank))):
        return pool.take(pa.array(places, mask=blank))
    numbers = np.zeros(len(pool) + 1, np.int32)
    numbers[used] = np.arange(len(used), dtype=np.int32)
    # two of the shared strings may be equal all the same
    return spread(pool.take(pa.array(used)), pa.array(numbers[places], mask=blank))


def merges_of(after_data: bytes) -> tuple[Merge, ...]:
    """The merged areas that are listed below the rows of a sheet."""
    return tuple(
        Merge(int(top) - 1, column_index(left.decode()), int(bottom) - 1, column_index(right.decode()))
        for left, top, right, bottom in _MERGE.findall(after_data)[:_MAX_MERGES]
    )
