"""Parquet, as data platforms export it: typed columns shown as the text a spreadsheet would hold."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audit.errors import InputError, Unusable
from audit.intake.formats.numbers import MAX_EXACT_DIGITS, number_text
from audit.intake.formats.package import MAX_INFLATED
from audit.intake.formats.sheet import MAX_CELLS, MAX_COLUMNS
from audit.intake.grid import Grid, Mark


def read_parquet(data: bytes) -> tuple[Grid, ...]:
    """The one table of a file, its column names as the first row. Raises InputError when it is damaged.

    A list or a structure is no cell: where there is one, the cell is an error that shows its type.
    """
    source = pa.BufferReader(data)
    try:
        _refuse_bombs(pq.read_metadata(source))
        table = pq.read_table(source)
    except (pa.ArrowException, OSError) as failure:
        detail = str(failure).splitlines()[0][:200]
        raise InputError(Unusable.UNREADABLE, "parquet_damaged", detail=detail) from None
    columns, marks = [], []
    for name, column in zip(table.column_names, table.columns, strict=True):
        texts, of_cells = _cells(column.combine_chunks())
        columns.append(pa.concat_arrays([pa.array([name or None], pa.string()), texts]))
        marks.append(
            None if of_cells is None else pa.concat_arrays([pa.array([Mark.TEXT], pa.int8()), of_cells])
        )
    return (Grid("", tuple(columns), tuple(marks)),)


def _refuse_bombs(said: pq.FileMetaData) -> None:
    """A file says itself how large it is, and that before a byte of it is unpacked."""
    if said.num_columns > MAX_COLUMNS:
        raise InputError(
            Unusable.UNSAFE, "sheet_too_wide", sheet="", columns=said.num_columns, limit=MAX_COLUMNS
        )
    if said.num_rows * said.num_columns > MAX_CELLS:
        raise InputError(Unusable.UNSAFE, "sheet_too_long", sheet="", rows=said.num_rows)
    unpacked = sum(said.row_group(place).total_byte_size for place in range(said.num_row_groups))
    if unpacked > MAX_INFLATED:
        raise InputError(Unusable.UNSAFE, "archive_size", limit=MAX_INFLATED >> 20)


def _cells(column: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """A column as texts, and the marks of what was no text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _cells(column.dictionary_decode())
    if pa.types.is_integer(kind):
        texts = column.cast(pa.string())
        # a spreadsheet's number loses digits beyond these; here they are all there
        exact = pc.fill_null(pc.greater(pc.utf8_length(texts), MAX_EXACT_DIGITS), False)
        return texts, _marked(Mark.NUMBER, pc.and_not(pc.is_valid(texts), exact))
    if pa.types.is_floating(kind):
        encoded = pc.if_else(pc.is_nan(column), None, column).dictionary_encode()
        values = [number_text(value) for value in encoded.dictionary.cast(pa.float64()).to_pylist()]
        texts = pa.array(values, pa.string()).take(encoded.indices)
        return texts, _marked(Mark.NUMBER, pc.is_valid(texts))
    if pa.types.is_timestamp(kind):
        seconds = column.cast(pa.timestamp("s", kind.tz), safe=False)
        # of a stated zone with its offset, for the estate's own clock to be reckoned from
        return pc.strftime(seconds, format="%F %T" if kind.tz is None else "%F %T%z"), None
    try:
        return column.cast(pa.string()), None
    except pa.ArrowNotImplementedError:
        shown = pc.if_else(column.is_valid(), f"#{kind}"[:80], None)
        return shown, _marked(Mark.ERROR, column.is_valid())
    except pa.ArrowInvalid:  # bytes that are no text: what can be read of them
        texts = (value and value.decode("utf-8", "replace") for value in column.to_pylist())
        return pa.array(texts, pa.string()), None


def _marked(mark: Mark, where: pa.Array) -> pa.Array:
    return pc.if_else(where, pa.scalar(int(mark), pa.int8()), pa.scalar(int(Mark.TEXT), pa.int8()))
