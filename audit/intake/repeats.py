"""Columns whose values repeat, held as each value once and a number per row: work is done once a value.

A column of a sheet, and of the canonical rows, is a string array or, where its values repeat, a dictionary
array of strings. In a dictionary no value is null and none is there twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_SAMPLED = 8_192  # rows
_TELLING = 0.9  # of the filled ones with a value of their own: a dictionary would not pay


def whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The column in one piece, without a copy where it is one already."""
    if isinstance(column, pa.ChunkedArray):
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return column


def is_encoded(column: pa.Array | pa.ChunkedArray) -> bool:
    """Whether the column is held as each value once."""
    return bool(pa.types.is_dictionary(column.type))


def encoded(column: pa.Array) -> pa.Array:
    """The column as each value once, where a sample of its rows says that values repeat; else as it is."""
    if is_encoded(column) or column.type != pa.string():
        return column
    return column.dictionary_encode() if len(column) <= _SAMPLED or repeats(column) else column


def repeats(column: pa.Array) -> bool:
    """Whether a sample of its rows says that the values of a string array repeat."""
    sample = column
    if len(column) > _SAMPLED:
        sample = column.take(pa.array(np.linspace(0, len(column) - 1, _SAMPLED, dtype=np.int64)))
    return pays(pc.count_distinct(sample).as_py(), len(sample) - sample.null_count)


def pays(values: int, rows: int) -> bool:
    """Whether it pays to hold so many values once for so many rows that have one."""
    return values <= _TELLING * rows


def trimmed(column: pa.Array) -> pa.Array:
    """The column without values that none of its rows has: those of rows that were left out."""
    if not is_encoded(column):
        return column
    index = column.indices.fill_null(len(column.dictionary)).to_numpy(zero_copy_only=False)
    is_used = np.zeros(len(column.dictionary) + 1, bool)
    is_used[index] = True
    if is_used[:-1].all():
        return column
    numbers = np.cumsum(is_used, dtype=np.int32) - 1
    kept = column.dictionary.filter(pa.array(is_used[:-1]))
    return pa.DictionaryArray.from_arrays(with_blanks(numbers[index], index == len(is_used) - 1), kept)


def with_blanks(numbers: np.ndarray, blank: np.ndarray) -> pa.Array:
    """The numbers, null where it is blank; without a copy where it is nowhere."""
    return pa.array(numbers, mask=blank) if blank.any() else pa.array(numbers)


def decoded(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The column with its value in every row."""
    found = whole(column)
    return found.dictionary_decode() if is_encoded(found) else found


def numbered(column: pa.Array | pa.ChunkedArray) -> tuple[pa.Array, pa.Array | None]:
    """The values there are, and per row which of them; None where every row has its own (null included)."""
    found = whole(column)
    return (found.dictionary, found.indices) if is_encoded(found) else (found, None)


def spread(values: pa.Array, index: pa.Array | None) -> pa.Array:
    """The reverse of `numbered`, for values that may have become equal, null, or no text in the meantime."""
    if index is None:
        return values
    if values.type != pa.string():
        return values.take(index)
    again = values.dictionary_encode()
    if len(again.dictionary) < len(values):
        index = again.indices.take(index)
    return pa.DictionaryArray.from_arrays(index, again.dictionary)


def each(column: pa.Array | pa.ChunkedArray, work: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """What `work` makes of the values, per row; it must judge every value by itself, and null as null."""
    values, index = numbered(column)
    return work(values) if index is None else work(values).take(index)


def with_rest(found: pa.Array, values: pa.Array, read: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """The same with what `read` makes of the values of which nothing was found, in their order."""
    rest = pc.and_(values.is_valid(), found.is_null())
    return pc.replace_with_mask(found, rest, read(values.filter(rest))) if rest.true_count else found


def per_row(judged: np.ndarray, index: pa.Array | None) -> np.ndarray:
    """What was found true of values, per row; of a null it is false."""
    if index is None:
        return judged
    found: np.ndarray = np.append(judged, False)[index.fill_null(len(judged)).to_numpy(zero_copy_only=False)]
    return found


def alike(columns: Sequence[pa.Array]) -> pa.Array:
    """Per row the number of its kind: rows of one kind are equal in all columns, null to null."""
    kinds = pa.array([], pa.int32())
    for place, column in enumerate(columns):
        index = (column if is_encoded(column) else column.dictionary_encode()).indices.fill_null(-1)
        values = index.to_numpy(zero_copy_only=False).astype(np.int64) + 1
        if place:  # at most rows times rows: no overflow
            values += kinds.to_numpy().astype(np.int64) * (int(values.max(initial=0)) + 1)
            kinds = pa.array(values).dictionary_encode().indices
        else:
            kinds = pa.array(values.astype(np.int32))
    return kinds
