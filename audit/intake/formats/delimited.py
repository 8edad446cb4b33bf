"""Delimited text: which encoding, which separator, and the rows as one grid."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from audit.errors import InputError, Unusable
from audit.intake.formats.sheet import MAX_COLUMNS
from audit.intake.grid import Grid

_SEPARATORS = ",\t;|，"
# Arrow splits at single bytes: text with full-width commas is split at this character instead
_WIDE_COMMA, _UNIT = "，", "\x1f"
_END = "\x1e"  # in every cell of a row that is put below the text
_DECLARED = re.compile(r'^"?sep=(.)"?\r?\n', re.IGNORECASE)
_SAMPLE_LINES = 200
_WEIGHTY = 30  # columns
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before the mark of UTF-16, with which it begins
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# what no text holds; NULs pad the fields of some databases
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x19]")
# a few broken bytes in a long file are reported cell by cell; more than this and the guess is wrong
_BROKEN_SHARE = 0.001
_BROKEN_LETTERS = 0.1
UNDECODABLE = "\ufffd"


@dataclass(frozen=True)
class DelimitedText:
    """A text file as rows, each as wide as the widest."""

    grid: Grid
    encoding: str
    delimiter: str


def read_delimited(data: bytes, encoding: str | None = None) -> DelimitedText:
    """Every cell of a delimited text file.

    `encoding` overrules detection: byte-order mark, then strict UTF-8 over the whole file, then GB18030
    (which contains GBK). Raises InputError when the bytes are no text, or end inside a character or a
    quoted cell.
    """
    text, found = decode(data, encoding)
    declared = _DECLARED.match(text)
    # the declaration stays a row, so that rows keep the numbers a spreadsheet program shows
    delimiter, width = _shape(text[declared.end() :], declared[1]) if declared else _shape(text, _SEPARATORS)
    if delimiter == _WIDE_COMMA:
        grid = _parse(text.replace(_WIDE_COMMA, _UNIT), _UNIT, width)
        restored = (pc.replace_substring(column, _UNIT, _WIDE_COMMA) for column in grid.columns)
        grid = replace(grid, columns=tuple(restored))
    else:
        grid = _parse(text, delimiter, width)
    return DelimitedText(grid, found, delimiter)


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text and the name of its encoding; undecodable bytes become U+FFFD."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            said = encoding if encoding and not encoding.lower().startswith("utf") else name
            return _strictly(data[len(mark) :], said)
    if encoding:
        return _strictly(data, encoding)
    if wide := _utf16_without_mark(data):
        return _strictly(data, wide)
    if b"\x00" in data:
        data = _without_nulls(data)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as broken:
        # cut inside a character: everything before the last bytes is UTF-8, and not plain ASCII
        if broken.start >= len(data) - 3 and broken.start > 0 and not data[: broken.start].isascii():
            raise InputError(Unusable.TRUNCATED, "text_truncated") from None
    almost = data.decode("utf-8", errors="replace")
    broken_bytes, letters = almost.count(UNDECODABLE), sum(not letter.isascii() for letter in almost)
    if broken_bytes <= _BROKEN_LETTERS * (letters - broken_bytes):
        return almost, "utf-8"  # GBK text would hardly hold a valid letter
    return _strictly(data, "gb18030")


def _without_nulls(data: bytes) -> bytes:
    """Text whose fields are padded with NULs. Raises InputError for binary data, and for a file that ends in
    NULs: room was made for it, and its end was never written."""
    text = data.replace(b"\x00", b"")
    if len(text) < len(data) // 2 or _CONTROLS.search(text):
        raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format="binary")
    if data.endswith(b"\x00" * 4):
        raise InputError(Unusable.TRUNCATED, "text_truncated")
    return text


def _strictly(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError:
        text = data.decode(encoding, errors="replace")
    except LookupError:
        raise InputError(Unusable.UNREADABLE, "encoding_unknown", encoding=encoding) from None
    if text.count(UNDECODABLE) > max(10, len(text) * _BROKEN_SHARE):
        raise InputError(Unusable.UNREADABLE, "text_undecodable", encoding=encoding)
    return text, encoding


def _utf16_without_mark(data: bytes) -> str | None:
    head = data[:4096]
    nulls = head[1::2].count(0), head[0::2].count(0)
    # separators and digits are ASCII, so one half of a UTF-16 table's bytes is full of zeros
    if nulls[0] > len(head) // 8 and nulls[0] > 8 * nulls[1]:
        return "utf-16-le"
    if nulls[1] > len(head) // 8 and nulls[1] > 8 * nulls[0]:
        return "utf-16-be"
    return None


def _shape(text: str, separators: str) -> tuple[str, int]:
    """The separator and the width of the table: the pair most of the first lines agree on."""
    lines = [line for line in io.StringIO(text[:200_000], newline=None) if line.strip()][:_SAMPLE_LINES]
    best = (0, separators[0], 1)
    for separator in separators:
        try:
            widths = Counter(len(cells) for cells in csv.reader(lines, delimiter=separator) if len(cells) > 1)
        except csv.Error:
            continue
        if widths:
            # one line of a million commas is no table
            weighed = {width: count**2 * min(width, _WEIGHTY) for width, count in widths.items()}
            width = max(widths, key=lambda width: (weighed[width], width))
            best = max(best, (weighed[width], separator, width), key=lambda candidate: candidate[0])
    return best[1], best[2]


def _parse(text: str, delimiter: str, width: int) -> Grid:
    ragged: list[tuple[int, str]] = []

    def keep(row: arrow_csv.InvalidRow) -> str:
        ragged.append((row.number, row.text))
        return "skip"

    _refuse_width(width)
    names = [str(index) for index in range(width)]
    data = _with_end(text, delimiter, width).encode("utf-8", errors="surrogatepass")
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            # one thread: only then does Arrow number the rows it hands back
            read_options=arrow_csv.ReadOptions(
                column_names=names, use_threads=False, block_size=max(1 << 24, min(len(data), 1 << 30))
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as failure:
        raise InputError(Unusable.UNREADABLE, "text_not_tabular", detail=str(failure)) from None
    columns = [column.combine_chunks() for column in table.columns]
    read = len(columns[0]) + len(ragged)
    # a quote that never closes takes all that follows, the row below the text included, into one row
    if not len(columns[0]) or columns[0][-1].as_py() != _END or (ragged and ragged[-1][0] == read):
        raise _not_closed(read)
    columns = [column.slice(0, len(column) - 1) for column in columns]
    if ragged:
        columns = _with_ragged(columns, ragged, delimiter)
    _refuse_swallowed(columns, delimiter, width)
    return Grid("", tuple(columns), (None,) * len(columns), is_text=True)


def _refuse_width(width: int) -> None:
    if width > MAX_COLUMNS:
        raise InputError(Unusable.UNSAFE, "sheet_too_wide", sheet="", columns=width, limit=MAX_COLUMNS)


def _with_end(text: str, delimiter: str, width: int) -> str:
    """The text with one more row below it, which must come back as the last one."""
    line_end = "" if not text or text.endswith(("\n", "\r")) else "\n"
    return f"{text}{line_end}{delimiter.join([_END] * width)}\n"


def _not_closed(row: int) -> InputError:
    return InputError(Unusable.TRUNCATED, "quote_not_closed", row=row)


def _refuse_swallowed(columns: list[pa.Array], delimiter: str, width: int) -> None:
    """Raise InputError where a quote that closes rows further down has taken those into one cell."""
    for column in columns:
        if width < 3 or not pc.any(pc.match_substring(column, "\n")).as_py():
            continue
        for row, cell in enumerate(column.to_pylist()):
            lines = (cell or "").splitlines()[1:]
            if any(line.count(delimiter) >= width - 1 for line in lines):
                raise _not_closed(row + 1)


def _with_ragged(columns: list[pa.Array], ragged: list[tuple[int, str]], delimiter: str) -> list[pa.Array]:
    """Put the rows of another width back where they stood; short ones are padded with blanks."""
    rows = [_cells(number, line, delimiter) for number, line in ragged]
    width = max(len(columns), *(_filled(cells) for cells in rows))
    _refuse_width(width)
    odd = {number - 1 for number, _ in ragged}
    total = len(columns[0]) + len(ragged)
    even = [index for index in range(total) if index not in odd]
    # position i of the result takes row order[i] of (regular rows, then ragged rows)
    order = [0] * total
    for source, place in enumerate([*even, *(number - 1 for number, _ in ragged)]):
        order[place] = source
    take = pa.array(order, pa.int64())
    merged = []
    for index in range(width):
        regular = columns[index] if index < len(columns) else pa.nulls(len(columns[0]), pa.string())
        strays = pa.array(
            [cells[index] or None if index < len(cells) else None for cells in rows], pa.string()
        )
        merged.append(pa.concat_arrays([regular, strays]).take(take))
    return merged


def _cells(number: int, line: str, delimiter: str) -> list[str]:
    """The cells of one row. Raises InputError where one is as long as only swallowed rows are."""
    try:
        return next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter), [])
    except csv.Error:
        raise _not_closed(number) from None


def _filled(cells: list[str]) -> int:
    """Cells up to the last that is not blank."""
    for index in range(len(cells), 0, -1):
        if cells[index - 1].strip():
            return index
    return 0
