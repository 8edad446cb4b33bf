"""Read one file: its bytes decide what it is, its canonical rows go to Parquet, its account comes back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from audit.errors import InputError, Unusable
from audit.intake.canonical import Canonical, canonicalise
from audit.intake.derived import with_derived
from audit.intake.formats.source import Source, open_source
from audit.intake.grid import Grid
from audit.intake.onecolumn import parted_columns
from audit.intake.onesheet import Profile
from audit.intake.opening import read_whole
from audit.intake.perchannel import parted
from audit.intake.personal import protect
from audit.intake.reading import FileReading, SheetReading
from audit.intake.request import Request, stamp_of
from audit.intake.rows import write_rows
from audit.intake.sheetname import channel_in_name, state_in_name
from audit.intake.sheets import tables_in
from audit.redaction import mask_persons
from audit.tables import TABLES, Table


def read_file(request: Request) -> FileReading:
    """Read the file and write its canonical rows to `request.output`. Failures are part of the reading."""
    reading = FileReading(request.path)
    try:
        data = read_whole(Path(request.path))
        known = request.digest and tuple(request.stamp) == stamp_of(Path(request.path))
        reading = replace(reading, sha256=request.digest if known else sha256(data).hexdigest())
        source = parted_columns(_opened(data, request))
        del data  # as large as all that follows
        reading = replace(
            reading,
            kind=source.kind,
            encoding=source.encoding,
            delimiter=source.delimiter,
            notices=source.notices,
            sheets=tuple(map(_unused, source.grids)),
        )
        tables = (request.table,) if request.table else tables_in(source.grids)
        if not tables:
            raise InputError(Unusable.MISSING_COLUMN, "no_known_table")
        reading = replace(reading, tables=tables)
        table = TABLES[tables[0]]
        canonical = canonicalise(
            source.grids,
            Profile(
                table,
                request.columns,
                request.codes,
                ZoneInfo(request.zone),
                request.fewest,
                channel_in_name(request.path),
                state_in_name(request.path, table),
            ),
        )
    except InputError as failure:
        return reading.failed(failure)
    rows = parted(canonical.rows, table)
    told = _told_without_header(rows, canonical, table)
    filled = _filled(rows, table)
    rows = with_derived(rows, table) if request.derived else rows
    if request.secret:
        rows = protect(rows, table, bytes.fromhex(request.secret), request.unmask)
    write_rows(rows, Path(request.output))
    return replace(
        reading,
        rows=canonical.rows.num_rows,
        sheets=canonical.sheets,
        rejections=canonical.rejections,
        rejected_by=canonical.rejected_by,
        notices=(*reading.notices, *canonical.notices),
        exported_at=canonical.exported_at,
        told=told,
        filled=filled,
    )


def _told_without_header(rows: pa.Table, canonical: Canonical, table: Table) -> tuple[str, ...]:
    """Columns of the rows that no header names: a title says them, or a cell beside other things."""
    mapped = {one.column for sheet in canonical.sheets for one in sheet.mapped}
    messages = (message for _, message in table.wide.values())
    return tuple(
        name
        for name in ("channel", table.status, "reg_message", "merchant_no", *messages)
        if name not in mapped and name in rows.column_names and rows[name].null_count < rows.num_rows
    )


def _filled(rows: pa.Table, table: Table) -> tuple[tuple[str, int], ...]:
    names = [name for name in table.by_name if name in rows.column_names]
    return tuple((name, rows.num_rows - rows[name].null_count) for name in names)


def _unused(grid: Grid) -> SheetReading:
    """A sheet of a file that comes to nothing: still part of the account."""
    skipped = grid.skipped or ("unused" if grid.height else "empty")
    return SheetReading(grid.sheet, rows_in_file=grid.height, skipped=skipped)


def _opened(data: bytes, request: Request) -> Source:
    try:
        source = open_source(data, request.encoding, request.password, careful=request.careful)
        return replace(source, grids=_without_persons(source.grids))
    except (InputError, MemoryError, ImportError):  # the last two are of the machine: no fault of the file
        raise
    except Exception as failure:  # what a parser raises on damaged bytes is anybody's guess
        detail = f"{type(failure).__name__}: {failure}".splitlines()[0][:200]
        raise InputError(Unusable.UNREADABLE, "workbook_damaged", detail=detail) from failure


def _without_persons(grids: Iterable[Grid]) -> tuple[Grid, ...]:
    """The sheets under names that tell no number of a person, and that still tell them apart."""
    told: list[Grid] = []
    for grid in grids:
        shown = mask_persons(grid.sheet)
        if shown != grid.sheet:
            alike = sum(other.sheet.startswith(shown) for other in told)
            grid = replace(grid, sheet=f"{shown} ({alike + 1})" if alike else shown)
        told.append(grid)
    return tuple(told)
