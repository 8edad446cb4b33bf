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
from audit.intake.formats.numbers import Padding
from audit.intake.formats.package import Package
from audit.intake.formats.sheet import MAX_CELLS
from audit.intake.formats.xlsx_blocks import Block, Columns, put
from audit.intake.formats.xlsx_cells import (
    Class,
    Classes,
    addresses,
    repeated,
    row_numbers,
    structure,
    whole_numbers,
)
from audit.intake.formats.xlsx_shapes import Shaped, Shapes, run
from audit.intake.formats.xlsx_strings import read_strings
from audit.intake.formats.xlsx_tags import Body, Stretch, Tag
from audit.intake.formats.xlsx_values import Irregular
from audit.intake.grid import Grid, Mark, Merge, column_index

MAX_BLANK_ROWS = 10_000
DIMENSION = re.compile(rb'<dimension ref="(?:[A-Z]{1,3}[0-9]+:)?([A-Z]{1,3})([0-9]{1,7})"')
_PIECE = 1 << 20  # bytes looked at together: few enough to stay near the processor
_MERGE = re.compile(rb'<mergeCell ref="([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)"')
_MAX_MERGES = 200_000


@dataclass(frozen=True)
class Styles:
    """Of each cell style, whether it shows dates (None: readers differ) and how it shows numbers as codes."""

    dates: Sequence[bool | None]
    padded: Mapping[int, Padding]
    is_1904: bool


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
            sheet = _Sheet(self._strings, self._styles)
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


class _Sheet:
    """A sheet as it is read; `of` gives its columns when all its stretches are in."""

    def __init__(self, strings: pa.Array, styles: Styles) -> None:
        self._pool = [strings]
        self._pooled = self._shared = len(strings)
        self._styles = styles
        self._shapes = Shapes()
        self._classes = Classes()
        self._columns = Columns()
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
        return self._columns.of(pool if self._is_all_text else values.times_alone(pool))

    def _add(self, stretch: Stretch) -> None:
        rows = stretch.rows
        if not len(rows) or rows[0] != 0:
            raise Irregular
        numbers, digits, lengths = row_numbers(stretch, rows)
        if numbers[0] <= self._last_row or (np.diff(numbers) <= 0).any():
            raise Irregular
        self._last_row = int(numbers[-1])
        shaped = self._shapes.of(stretch, rows, digits, lengths)
        if shaped is None:
            self._add_cells(stretch, numbers, digits, lengths)
        else:
            self._add_shaped(stretch, numbers, shaped)

    def _add_shaped(self, stretch: Stretch, numbers: np.ndarray, shaped: Sequence[Shaped]) -> None:
        """Rows whose shapes are known."""
        cells = sum(one.shape.cells * len(one.rows) for one in shaped)
        self._cells += cells
        if not cells:
            return
        block = Block(numbers, max(one.shape.width for one in shaped), cells)
        for one in shaped:
            self._is_all_text &= one.shape.is_all_text
            rows = run(numbers[one.rows] - numbers[0])
            for meaning, which in one.shape.kinds:
                marks: np.ndarray | Mark = Mark.TEXT
                if meaning.kind == "s":
                    places = self._shared_places(stretch, *one.values(which))
                else:
                    tags = stretch.rows[one.rows][:, None] + one.shape.value_tags[which]
                    texts, marks = self._rendered(stretch, meaning, tags.ravel())
                    places = self._pooled + np.arange(tags.size).reshape(tags.shape)
                    self._pool.append(texts)
                    self._pooled += len(texts)
                columns = run(one.shape.columns[which])
                put(block.places, rows, columns, places)
                if marks is not Mark.TEXT:
                    put(block.marks, rows, columns, np.broadcast_to(marks, places.size).reshape(places.shape))
        self._columns.add(block)

    def _add_cells(
        self, stretch: Stretch, numbers: np.ndarray, digits: np.ndarray, lengths: np.ndarray
    ) -> None:
        """Rows of any shape, cell by cell."""
        rows, cells = stretch.rows, np.flatnonzero(stretch.tags == Tag.CELL)
        values_at = structure(stretch, rows, cells)
        self._cells += len(cells)
        if not len(cells):
            return
        counts = np.diff(np.searchsorted(cells, np.append(rows, stretch.count)))
        columns, ends = addresses(stretch, cells, np.repeat(digits, counts), repeated(lengths, counts))
        classes = self._classes.of(stretch, ends, stretch.at[cells + 1] - 1)
        places, marks = self._texts(stretch, classes, values_at)
        width = int(columns.max()) + 1
        where = np.repeat((numbers - numbers[0]) * width, counts) + columns
        if (where[1:] <= where[:-1]).any():  # a cell before its neighbour on the left
            raise Irregular
        block = Block(numbers, width, len(cells))
        block.places.ravel()[where] = places
        if marks is not None:
            block.marks.ravel()[where] = marks
        self._columns.add(block)

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
        return self._shared_places(stretch, stretch.at[tags] + 3, stretch.at[tags + 1])

    def _shared_places(self, stretch: Stretch, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        places = whole_numbers(stretch, starts, ends)
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


def merges_of(after_data: bytes) -> tuple[Merge, ...]:
    """The merged areas that are listed below the rows of a sheet."""
    return tuple(
        Merge(int(top) - 1, column_index(left.decode()), int(bottom) - 1, column_index(right.decode()))
        for left, top, right, bottom in _MERGE.findall(after_data)[:_MAX_MERGES]
    )
