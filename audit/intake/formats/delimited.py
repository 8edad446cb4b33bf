"""Delimited text: which encoding, which separator, and the rows as one grid."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from audit.errors import InputError, Unusable
from audit.intake.formats.encodings import as_utf8
from audit.intake.formats.fixedwidth import by_position, has_ruler
from audit.intake.formats.lineends import with_usual_ends
from audit.intake.formats.quotes import not_closed, refuse_swallowed
from audit.intake.formats.sheet import MAX_COLUMNS
from audit.intake.grid import Grid
from audit.intake.repeats import decoded, is_encoded, repeats, whole

_SEPARATORS = ",\t;|，；^~\x01\x1f"  # the last but one is Hive's
# what parts cells where none of these does: of banks' files, of tables drawn on a screen
_RARE_SEPARATORS = "│┃║¦#$!*&:§、\x02\x03"
_NEARLY_ALL, _HARDLY_ANY = 0.8, 0.5  # of the lines
# Arrow splits at single bytes: text with full-width commas or marks like |@| is split at this instead
_UNIT = "\x1f"
_TIME = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")  # parts no cells, though every line has one
_SEVERAL_MARKS = re.compile(r"[!@#$%^&*|+~;:{}\[\]]{2,4}")
_END = "\x1e"  # in every cell of a row that is put below the text
_DECLARED = re.compile(r'^"?sep=(.)"?\r?\n', re.IGNORECASE)
_SAMPLE_LINES = 200
_WEIGHTY = 30  # columns
_SHAPED = 200_000  # characters
# text is parsed a block at a time; columns of a long one are judged by its first rows
_BLOCK, _HEAD = 1 << 24, 1 << 22


@dataclass(frozen=True)
class DelimitedText:
    """A text file as rows, each as wide as the widest."""

    grid: Grid
    encoding: str
    delimiter: str  # "" where columns are told by their position


def read_delimited(data: bytes, encoding: str | None = None) -> DelimitedText:
    """Every cell of a delimited text file.

    `encoding` overrules detection (see `as_utf8`). Raises InputError when the bytes are no text, or
    end inside a character or a quoted cell.
    """
    text, found = as_utf8(data, encoding)
    text = with_usual_ends(text, str(text[: 4 * _SHAPED], "utf-8", "replace"), _SEPARATORS)
    head = str(text[: 4 * _SHAPED], "utf-8", "replace")
    declared = _DECLARED.match(head)
    # the declaration stays a row, so that rows keep the numbers a spreadsheet program shows
    delimiter, width = _shape(head[declared.end() :], declared[1]) if declared else _shape(head, _SEPARATORS)
    if (width == 1 or has_ruler(head)) and (rows := by_position(str(text, "utf-8"))):
        return DelimitedText(_grid_of(rows), found, "")
    if len(delimiter.encode()) > 1:
        split = bytes(text).replace(delimiter.encode(), _UNIT.encode())
        grid = _parse(memoryview(split), _UNIT, width)
        restored = (pc.replace_substring(decoded(column), _UNIT, delimiter) for column in grid.columns)
        grid = replace(grid, columns=tuple(restored))
    else:
        grid = _parse(text, delimiter, width)
    return DelimitedText(replace(grid, delimiter=delimiter), found, delimiter)


def _grid_of(rows: list[list[str]]) -> Grid:
    width = max(map(len, rows))
    _refuse_width(width)
    columns = tuple(
        pa.array([(row[index] or None) if index < len(row) else None for row in rows], pa.string())
        for index in range(width)
    )
    return Grid("", columns, (None,) * width, is_text=True)


def _shape(text: str, separators: str) -> tuple[str, int]:
    """The separator and the width of the table: the pair most of the first lines agree on."""
    lines = [line for line in io.StringIO(text[:_SHAPED], newline=None) if line.strip()][:_SAMPLE_LINES]
    best = (0, separators[0], 1)
    shapes: dict[str, int] = {}
    several = _several_marks(lines) if separators == _SEPARATORS else ""
    for separator in filter(None, (several, *separators)):
        mark = separator if len(separator) == 1 else _UNIT
        split = lines if mark == separator else [line.replace(separator, mark) for line in lines]
        try:
            widths = Counter(len(cells) for cells in csv.reader(split, delimiter=mark) if len(cells) > 1)
        except csv.Error:
            continue
        if widths:
            # one line of a million commas is no table
            weighed = {width: count**2 * min(width, _WEIGHTY) for width, count in widths.items()}
            width = max(widths, key=lambda width: (weighed[width], width))
            best = max(best, (weighed[width], separator, width), key=lambda candidate: candidate[0])
            shapes[separator] = width
    if best[1] == "\t" and (separator := _glued_to(lines, shapes)):
        return separator, shapes[separator]
    if separators == _SEPARATORS and best[0] < (_HARDLY_ANY * len(lines)) ** 2 * min(best[2], _WEIGHTY):
        return _rare_shape(lines) or best[1:]
    return best[1:]


def _rare_shape(lines: list[str]) -> tuple[str, int] | None:
    """A separator that hardly anybody uses, and the width: nearly all lines have as many, two or more."""
    lines = [_TIME.sub("", line) for line in lines]
    for separator in _RARE_SEPARATORS:
        found = Counter(line.count(separator) for line in lines)
        count, agreeing = max(found.items(), key=lambda one: (one[0] > 1, one[1]))
        parted = sum(found[number] for number in found if number)
        if count > 1 and agreeing >= max(_NEARLY_ALL * parted, _HARDLY_ANY * len(lines)):
            return separator, count + 1
    return None


def _several_marks(lines: list[str]) -> str:
    """The mark of several characters that may part the lines; a separator twice has a blank between."""
    found = Counter(mark for line in lines for mark in _SEVERAL_MARKS.findall(line))
    mark, count = found.most_common(1)[0] if found else ("", 0)
    return mark if count >= len(lines) and not (len(set(mark)) == 1 and mark[0] in _SEPARATORS) else ""


def _glued_to(lines: list[str], shapes: Mapping[str, int]) -> str:
    """The separator that every tab of the lines stands beside, "" where there is none: tabs that keep a
    spreadsheet from taking text for numbers part nothing."""
    text = "\n".join(lines)
    for separator in shapes:
        mark = re.escape(separator)
        if separator != "\t" and not re.search(rf"(?<!{mark})(?<!^)\t(?!{mark}|$)", text, re.MULTILINE):
            return separator
    return ""


def _parse(text: memoryview, delimiter: str, width: int) -> Grid:
    _refuse_width(width)
    types = _column_types(text, delimiter, width)
    try:
        table, ragged = _read_csv(_WithEnd(text, delimiter, width), delimiter, types, _BLOCK)
    except pa.ArrowInvalid:  # a row longer than a block
        try:
            table, ragged = _read_csv(_WithEnd(text, delimiter, width), delimiter, types, len(text) + _BLOCK)
        except pa.ArrowInvalid as failure:
            raise InputError(Unusable.UNREADABLE, "text_not_tabular", detail=str(failure)) from None
    columns: list[pa.Array] = table.columns
    del table
    for place, column in enumerate(columns):
        columns[place] = whole(column)  # one at a time: its blocks are let go of
    read = len(columns[0]) + len(ragged)
    # a quote that never closes takes all that follows, the row below the text included, into one row
    if not len(columns[0]) or columns[0][-1].as_py() != _END or (ragged and ragged[-1][0] == read):
        raise not_closed(read)
    columns = [column.slice(0, len(column) - 1) for column in columns]
    short: tuple[tuple[int, int], ...] = ()
    if ragged:
        rows = [_cells(number, line, delimiter) for number, line in ragged]
        counts = ((number - 1, len(cells)) for (number, _), cells in zip(ragged, rows, strict=True))
        short = tuple((row, count) for row, count in counts if count < width)
        columns = _with_ragged(columns, [number for number, _ in ragged], rows)
    if width > 2 and _lines(text) > read - 1:
        refuse_swallowed(text, columns, delimiter, width)
    return Grid(
        "",
        tuple(columns),
        (None,) * len(columns),
        is_text=True,
        short=short,
        lacks_line_end=_lacks_line_end(text),
    )


def _read_csv(
    text: _WithEnd | pa.BufferReader, delimiter: str, types: Mapping[str, pa.DataType], block: int
) -> tuple[pa.Table, list[tuple[int, str]]]:
    """The rows, and those of another width with their numbers, which are left out. Raises ArrowInvalid."""
    ragged: list[tuple[int, str]] = []

    def keep(row: arrow_csv.InvalidRow) -> str:
        ragged.append((row.number, row.text))
        return "skip"

    table = arrow_csv.read_csv(
        text,
        # one thread: only then does Arrow number the rows it hands back
        read_options=arrow_csv.ReadOptions(column_names=list(types), use_threads=False, block_size=block),
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=keep,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=types,
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            null_values=[""],
            check_utf8=False,  # `as_utf8` gives nothing else
        ),
    )
    return table, ragged


def _column_types(text: memoryview, delimiter: str, width: int) -> dict[str, pa.DataType]:
    """Text; of a long file, columns whose first values repeat are read as each value once."""
    types = dict.fromkeys(map(str, range(width)), pa.string())
    if len(text) <= _HEAD:
        return types
    head = bytes(text[:_HEAD])
    try:
        first, _ = _read_csv(pa.BufferReader(head[: head.rfind(b"\n") + 1]), delimiter, types, _HEAD)
    except pa.ArrowInvalid:
        return types
    once = pa.dictionary(pa.int32(), pa.string())
    return {name: once if repeats(whole(first[name])) else kind for name, kind in types.items()}


class _WithEnd(io.RawIOBase):
    """The text with one more row below it, which must come back as the last one."""

    def __init__(self, text: memoryview, delimiter: str, width: int) -> None:
        line_end = "\n" if _lacks_line_end(text) else ""
        row = f"{line_end}{delimiter.join([_END] * width)}\n"
        self._parts = [part for part in (text, memoryview(row.encode())) if len(part)]

    def readable(self) -> bool:
        """It is."""
        return True

    def read_buffer(self, size: int = -1) -> pa.Buffer:
        """The next bytes, at most so many; none at the end. Arrow prefers it to `read`, and makes no copy."""
        pieces: list[memoryview] = []
        while self._parts and size:
            piece = self._parts[0] if size < 0 else self._parts[0][:size]
            pieces.append(piece)
            size -= len(piece) if size > 0 else 0
            self._parts[0] = self._parts[0][len(piece) :]
            if not len(self._parts[0]):
                del self._parts[0]
        return pa.py_buffer(pieces[0] if len(pieces) == 1 else b"".join(pieces))


def _lacks_line_end(text: memoryview) -> bool:
    return len(text) > 0 and text[-1] not in b"\r\n"


def _lines(text: memoryview) -> int:
    """Lines of a text, whatever ends them."""
    lines = int(_lacks_line_end(text))
    for start in range(0, len(text), _HEAD):
        piece = np.frombuffer(text[start : start + _HEAD + 1], np.uint8)
        lines += int(np.count_nonzero(piece[:_HEAD] == ord("\n")))
        returns = np.flatnonzero(piece[:_HEAD] == ord("\r"))
        if len(returns):
            lines += int(np.count_nonzero(np.append(piece, 0)[returns + 1] != ord("\n")))
    return lines


def _refuse_width(width: int) -> None:
    if width > MAX_COLUMNS:
        raise InputError(Unusable.UNSAFE, "sheet_too_wide", sheet="", columns=width, limit=MAX_COLUMNS)


def _with_ragged(columns: list[pa.Array], numbers: list[int], rows: list[list[str]]) -> list[pa.Array]:
    """Put the rows of another width back where they stood; short ones are padded with blanks."""
    width = max(len(columns), *(_filled(cells) for cells in rows))
    _refuse_width(width)
    # position i of the result takes row order[i] of (regular rows, then ragged rows)
    order = np.full(len(columns[0]) + len(rows), -1)
    order[np.array(numbers) - 1] = np.arange(len(rows)) + len(columns[0])
    order[order < 0] = np.arange(len(columns[0]))
    take = pa.array(order)
    merged = []
    for index in range(width):
        regular = columns[index] if index < len(columns) else pa.nulls(len(columns[0]), pa.string())
        strays = pa.array(
            [cells[index] or None if index < len(cells) else None for cells in rows], pa.string()
        )
        both = [regular, strays.dictionary_encode() if is_encoded(regular) else strays]
        merged.append(whole(pa.chunked_array(both).unify_dictionaries()).take(take))
    return merged


def _cells(number: int, line: str, delimiter: str) -> list[str]:
    """The cells of one row. Raises InputError where one is as long as only swallowed rows are."""
    try:
        return next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter), [])
    except csv.Error:
        raise not_closed(number) from None


def _filled(cells: list[str]) -> int:
    """Cells up to the last that is not blank."""
    for index in range(len(cells), 0, -1):
        if cells[index - 1].strip():
            return index
    return 0
