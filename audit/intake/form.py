"""A form that came back: a workbook of ours that people filled in, sorted, filtered, added to, saved again.

Its rows are found by their headers, wherever they were moved; texts are handed over as they stand, with what
is not plain text marked. What they mean is the ledger's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audit.errors import InputError, Unusable
from audit.intake.filled import filled_down
from audit.intake.formats import xml
from audit.intake.formats.ods import read_ods
from audit.intake.formats.package import Package
from audit.intake.formats.sniff import FileKind, sniff
from audit.intake.formats.xlsx import read_xlsx
from audit.intake.grid import Grid
from audit.intake.notices import Notice
from audit.intake.opening import read_whole
from audit.intake.reading import FileReading, SheetReading
from audit.intake.remarks import beside_a_list, comments, lacking, own_columns
from audit.intake.request import FormRequest
from audit.tables.model import normalise_label

_SEARCHED_ROWS = 50
# where a workbook says who saved it last, and when
_SIGNATURES = {
    FileKind.XLSX: ("docProps/core.xml", "lastModifiedBy", "modified"),
    FileKind.ODS: ("meta.xml", "creator", "date"),
}


def read_form(request: FormRequest) -> FileReading:
    """Read the form and write its rows to `request.output`. Failures are part of the reading."""
    reading = FileReading(request.path)
    try:
        data = read_whole(Path(request.path))
        reading = replace(reading, sha256=sha256(data).hexdigest())
        kind = sniff(data)
        reading = replace(reading, kind=str(kind))
        try:
            grids = tuple(_grids(kind, data))
        except InputError:
            raise
        except Exception as failure:  # what a parser raises on damaged bytes is anybody's guess
            detail = f"{type(failure).__name__}: {failure}".splitlines()[0][:200]
            raise InputError(Unusable.UNREADABLE, "workbook_damaged", detail=detail) from failure
        known = frozenset(map(normalise_label, request.headers))
        sheets: list[tuple[Grid, int, dict[str, int]]] = []
        notices: list[Notice] = []
        for grid in grids:
            if found := _header(grid, request):
                sheets.append((_as_seen(grid, *found, request), *found))
                notices += own_columns(grid, *found, known)
            elif lost := lacking(grid, request, _SEARCHED_ROWS):
                notices.append(lost)
            else:
                notices += beside_a_list(grid, known, _SEARCHED_ROWS)
        if not sheets:
            raise _no_form(notices)
        notices += comments(kind, data)
        fields = tuple(dict.fromkeys(request.form.values()))
        rows = pa.concat_tables([_rows(grid, row, columns, fields) for grid, row, columns in sheets])
        who, when = _signature(kind, data)
    except InputError as failure:
        if failure.reason is Unusable.ENCRYPTED:  # what helps with a vendor's file does not help here
            failure = InputError(Unusable.ENCRYPTED, "form_encrypted")
        return reading.failed(failure)
    pq.write_table(rows.replace_schema_metadata({"who": who, "said_at": when}), request.output)
    told = tuple(SheetReading(grid.sheet, header_row=row + 1) for grid, row, _ in sheets)
    return replace(reading, rows=rows.num_rows, sheets=told, notices=tuple(notices))


def _as_seen(grid: Grid, header: int, columns: Mapping[str, int], request: FormRequest) -> Grid:
    """The sheet with what stands in cells merged over several rows said of each of them."""
    fields = {columns[name] for names in request.fields for name in names if name in columns}
    return filled_down(grid, header, fields)


def _no_form(notices: Iterable[Notice]) -> InputError:
    """Why a workbook holds no form: it was one until columns were taken away, or it never was."""
    for key, facts in notices:
        if key == "form_lacks":
            return InputError(Unusable.MISSING_COLUMN, key, **facts)
    return InputError(Unusable.MISSING_COLUMN, "form_without_header")


def _grids(kind: FileKind, data: bytes) -> Iterable[Grid]:
    match kind:
        case FileKind.XLSX:
            return read_xlsx(data, formulas=True, hidden=True)
        case FileKind.ODS:
            return read_ods(data, formulas=True, hidden=True)
        case FileKind.ENCRYPTED:
            raise InputError(Unusable.ENCRYPTED, "file_encrypted")
        case _:
            raise InputError(Unusable.NOT_A_SPREADSHEET, "form_of_other_kind", kind=str(kind))


def _header(grid: Grid, request: FormRequest) -> tuple[int, dict[str, int]] | None:
    """The row of headers and the grid column of each field; None for a sheet that is no form."""
    for row in range(min(_SEARCHED_ROWS, grid.height)):
        columns = request.places(grid.row(row))
        if any(set(needed) <= set(columns) for needed in request.needs):
            return row, columns
    return None


def _rows(grid: Grid, header: int, columns: Mapping[str, int], fields: tuple[str, ...]) -> pa.Table:
    """The rows below the header in which a field says something."""
    count = grid.height - header - 1
    made: dict[str, pa.Array] = {
        "sheet": pa.repeat(grid.sheet, count),
        "row": pa.array(range(header + 2, grid.height + 1), pa.int64()),
    }
    for name in fields:
        place = columns.get(name)
        made |= _field(grid, name, place, header + 1, count)
    table = pa.table(made)
    filled = [table[name].is_valid() for name in fields]
    said = filled[0]
    for one in filled[1:]:
        said = pc.or_(said, one)
    return table.filter(said)


def _field(grid: Grid, name: str, place: int | None, start: int, count: int) -> dict[str, pa.Array]:
    if place is None:
        blank = {name: pa.nulls(count, pa.string()), f"{name}_letter": pa.nulls(count, pa.string())}
        return {**blank, f"{name}_mark": pa.nulls(count, pa.int8()).fill_null(0)}
    marks = grid.marks[place]
    return {
        name: grid.columns[place].slice(start, count),
        f"{name}_letter": pa.repeat(grid.letter(place), count),
        f"{name}_mark": pa.nulls(count, pa.int8()).fill_null(0)
        if marks is None
        else marks.slice(start, count).cast(pa.int8()),
    }


def _signature(kind: FileKind, data: bytes) -> tuple[str, str]:
    """Who saved the workbook last and when, as it says itself; blanks where it does not."""
    part, *names = _SIGNATURES[kind]
    content = Package(data).find(part)
    if content is None:
        return "", ""
    root = xml.parse(content, part)
    found = dict(_texts(root, names))
    return tuple(found.get(name, "") for name in names)  # type: ignore[return-value]


def _texts(root: Any, names: list[str]) -> Iterator[tuple[str, str]]:
    for element in root.iter():
        if isinstance(element.tag, str) and xml.local(element) in names:
            yield xml.local(element), (element.text or "").strip()[:200]
