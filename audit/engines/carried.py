"""Columns in memory that are carried as the places of their values, and rows taken out of many columns.

What the cross-check brings over from another table is mostly looked at by a few rules, of a few rows: until
then it is a dictionary array of the other table's values as they stand there, and the places of all columns
that came over together are one array. In such a column null is a place that is null, never a value.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.engines.parallel import at_once
from audit.intake.repeats import is_encoded, whole


def carried(column: pa.ChunkedArray, places: pa.Array) -> pa.Array:
    """The values at these places, null where a place is, with the places standing for the values."""
    values = whole(column)
    if is_encoded(values):
        return values.take(places)
    if values.null_count == len(values):
        return pa.nulls(len(places), values.type)
    if values.null_count:
        filled = pc.fill_null(pc.is_valid(values).take(places), False)
        numbers = places.buffers()[1].slice(places.offset * places.type.byte_width)
        places = pa.Array.from_buffers(places.type, len(places), [filled.buffers()[1], numbers])
    return pa.DictionaryArray.from_arrays(places, values, safe=False)


def beside(column: pa.ChunkedArray, places: pa.Array) -> pa.Array:
    """The values at these places themselves."""
    values = whole(column)
    return pa.nulls(len(places), values.type) if values.null_count == len(values) else at(values, places)


def at(values: pa.Array, places: pa.Array) -> pa.Array:
    """What `take` gives, of numbers in half the time where places are null: it asks of each whether it is.

    Here a null place is taken for any other, and what was found there is said to be null afterwards.
    """
    if not places.null_count or places.offset or not len(values) or not pa.types.is_primitive(values.type):
        return values.take(places)
    numbers = np.frombuffer(places.buffers()[1], f"u{places.type.byte_width}", len(places))
    found = values.take(pa.array(np.minimum(numbers, numbers.dtype.type(len(values) - 1))))
    valid = places.is_valid()
    if found.null_count:
        valid = pc.and_(valid, found.is_valid())
    return pa.Array.from_buffers(found.type, len(found), [valid.buffers()[1], found.buffers()[1]])


def told_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with the values that places stand for."""
    if not is_encoded(column):
        return column
    chunks = [at(chunk.dictionary, chunk.indices) for chunk in column.chunks]
    return pa.chunked_array(chunks, column.type.value_type)


def told(table: pa.Table, names: Collection[str] | None = None) -> pa.Table:
    """The table with the values that places stand for, in these columns or in all."""
    schema = table.schema
    places = range(len(schema)) if names is None else map(schema.get_field_index, names)
    fields = [schema.field(place) for place in places if place >= 0]
    own = [field.name for field in fields if pa.types.is_dictionary(field.type)]
    values = at_once(lambda name: told_column(table[name]), own, len(table))
    return with_columns(table, dict(zip(own, values, strict=True)))


def kept(table: pa.Table, holds: pa.Array | pa.ChunkedArray, late: Collection[str] = ()) -> pa.Table:
    """The rows that hold, with the columns in `late` carried.

    Where most rows hold, column by column: of a few, Arrow finds their places once.
    """
    marks = whole(holds)
    if not late and 2 * marks.true_count < len(table):
        return table.filter(marks)
    places = pc.indices_nonzero(marks).cast(pa.int64()) if late else None

    def rows_of(name: str) -> pa.Array | pa.ChunkedArray:
        return carried(table[name], places) if name in late else table[name].filter(marks)

    columns = at_once(rows_of, table.column_names, len(table))
    return pa.table(dict(zip(table.column_names, columns, strict=True)))


def taken(table: pa.Table, places: np.ndarray) -> pa.Table:
    """The rows at these places, which rise; the table is not put together for their sake, as Arrow would."""
    batches = table.to_batches()
    if len(batches) == 1:
        where = pa.array(places)
        return pa.table({name: beside(table[name], where) for name in table.column_names})
    starts = np.cumsum([0, *(batch.num_rows for batch in batches)])
    cuts = np.searchsorted(places, starts)
    parts = [
        batch.take(pa.array(places[first:last] - start))
        for batch, start, first, last in zip(batches, starts, cuts, cuts[1:], strict=False)
    ]
    return pa.Table.from_batches(parts, table.schema)


def with_columns(table: pa.Table, columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> pa.Table:
    """The table with these columns, in the place of those that are so called."""
    for name, values in columns.items():
        place = table.schema.get_field_index(name)  # column_names is made anew each time it is asked for
        table = table.append_column(name, values) if place < 0 else table.set_column(place, name, values)
    return table
