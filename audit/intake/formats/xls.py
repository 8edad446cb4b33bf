"""xls: BIFF2 to BIFF8 through xlrd, which knows code pages, error cells and number formats.

The faster reader loses Chinese text of BIFF5 files and every error cell, so it is not used here.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import fastexcel
import pyarrow as pa
import xlrd
from xlrd.book import Book
from xlrd.sheet import Sheet as XlrdSheet

from audit.errors import InputError, Unusable
from audit.intake.formats.numbers import ERRORS, CellFormats, moment_text
from audit.intake.formats.sheet import Sheet
from audit.intake.formats.sniff import OLE, holds_workbook, ole_streams
from audit.intake.formats.xlsx_fast import attempt
from audit.intake.grid import Grid, Mark

_UNUSED = 0xFFFFFFFF
_FAT_IN_HEADER = 109
_COMMENTS = ("handle_note", "handle_obj", "handle_txo")


def read_xls(data: bytes) -> Iterator[Grid]:
    """The sheets of a workbook; hidden ones come without cells. Raises InputError when damaged.

    Read with its formats, or without where they are what is broken.
    """
    _leave_comments()
    failures: list[Exception] = []
    opened = False
    for with_formats in (True, False):
        try:
            book = xlrd.open_workbook(
                file_contents=data,
                formatting_info=with_formats,
                on_demand=True,
                ragged_rows=True,
                logfile=io.StringIO(),
            )
            opened = True
            grids = [_sheet(book, place) for place in range(book.nsheets)]
        except InputError:
            raise
        except Exception as failure:  # xlrd meets damage with whatever happens to be raised
            if "encrypted" in str(failure).lower():
                raise InputError(Unusable.ENCRYPTED, "file_encrypted") from None
            failures.append(failure)
        else:
            yield from grids
            return
    problem = _damaged(data, failures[0])
    # a sheet broken inside would come out of the other reader shorter, and nobody told
    if opened or problem.reason is not Unusable.UNREADABLE:
        raise problem
    yield from _with_the_other_reader(data, problem)


def _leave_comments() -> None:
    """Comments are no cells: xlrd reads them as well, and gives up a sheet for one that is odd."""
    for name in _COMMENTS:
        setattr(XlrdSheet, name, _nothing)


def _nothing(*_: object) -> None:
    """What stands in for a reader whose result nobody asks for."""


def _sheet(book: Book, place: int) -> Grid:
    name = book.sheet_names()[place]
    if book._sheet_visibility[place]:  # type: ignore[attr-defined]
        return Grid(name, (), (), skipped="hidden")
    grid = _grid(book, book.sheet_by_index(place))
    book.unload_sheet(place)
    return grid


def _with_the_other_reader(data: bytes, failure: InputError) -> Iterator[Grid]:
    """A few files that xlrd stumbles over are whole to calamine. Raises the first failure where not."""
    tables = attempt(partial(_tables, data))
    if tables is None:
        raise failure
    for name, table in tables.items():
        columns = tuple(column.combine_chunks().cast(pa.string()) for column in table.columns)
        yield Grid(name, columns, (None,) * len(columns))


def _tables(data: bytes) -> dict[str, pa.Table]:
    book = fastexcel.read_excel(data)
    sheets = {
        name: book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        for name in book.sheet_names
    }
    return {name: pa.table(sheet.to_arrow()) for name, sheet in sheets.items()}


def _damaged(data: bytes, failure: Exception) -> InputError:
    if data.startswith(OLE) and _is_cut(data):
        return InputError(Unusable.TRUNCATED, "file_truncated")
    if data.startswith(OLE) and (streams := ole_streams(data)) and not holds_workbook(streams):
        return InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format="OLE")
    detail = f"{type(failure).__name__}: {failure}".splitlines()[0][:200]
    return InputError(Unusable.UNREADABLE, "workbook_damaged", detail=detail)


def _is_cut(data: bytes) -> bool:
    """Whether the file's allocation table speaks of sectors behind its end."""
    if len(data) < 512:
        return True
    shift = struct.unpack_from("<H", data, 30)[0]
    sector = 1 << shift if 7 <= shift <= 16 else 512
    count = min(struct.unpack_from("<I", data, 44)[0], _FAT_IN_HEADER)
    for number in struct.unpack_from(f"<{count}I", data, 76):
        at = (number + 1) * sector
        if number < 0xFFFFFFFA and at + sector > len(data):
            return True
    for place, number in enumerate(struct.unpack_from(f"<{count}I", data, 76)):
        entries = struct.unpack_from(f"<{sector // 4}I", data, (number + 1) * sector)
        used = [place * (sector // 4) + index for index, entry in enumerate(entries) if entry != _UNUSED]
        # the last sector may end short
        if used and (used[-1] + 1) * sector >= len(data):
            return True
    return False


def _grid(book: Book, source: XlrdSheet) -> Grid:
    sheet = Sheet(source.name)
    formats = CellFormats(
        {number: found.format_str for number, found in book.format_map.items()},
        [style.format_key for style in book.xf_list],
        bool(book.datemode),
    )
    has_formats = bool(book.formatting_info)
    for row in range(source.nrows):
        kinds, values = source.row_types(row), source.row_values(row)
        for column, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            style = source.cell_xf_index(row, column) if has_formats and kind == xlrd.XL_CELL_NUMBER else -1
            text, mark = _cell(kind, value, style, formats, book.datemode)
            sheet.add(row, column, text, mark)
    for top, bottom, left, right in source.merged_cells:
        sheet.merge(top, left, bottom - 1, right - 1)
    return replace(sheet.grid(), days=formats.days)


def _cell(
    kind: int, value: object, style: int, formats: CellFormats, datemode: int
) -> tuple[str | None, Mark]:
    match kind, value:
        case xlrd.XL_CELL_TEXT, str():
            return value, Mark.TEXT
        case xlrd.XL_CELL_NUMBER, float():
            text, is_number = formats.text(value, style)
            return text, Mark.NUMBER if is_number else Mark.TEXT
        case xlrd.XL_CELL_DATE, float():
            return moment_text(value, bool(datemode)), Mark.TEXT
        case xlrd.XL_CELL_BOOLEAN, int():
            return ("true" if value else "false"), Mark.TEXT
        case xlrd.XL_CELL_ERROR, int():
            return ERRORS.get(value, "#N/A"), Mark.ERROR
        case _:
            return None, Mark.TEXT
