"""Where keys stand in tables in memory, which rows share one, and which of them comes first.

Keys are mostly numbers that lie close together (see `engines.keys`), and then places in a table of so many:
that takes less than hashes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.engines.carried import taken, told_column
from audit.intake.repeats import is_encoded, whole


def places_of(keys: pa.ChunkedArray, known: pa.ChunkedArray) -> pa.Array:
    """For each key the place of the first row of `known` that has it, or null."""
    if numbers := _spanned(keys, known):
        asked, there, span = numbers
        if span == len(there) and _counts_up(there):
            places = asked  # as in a whole list by its row_id
            missing = places == span
        else:
            table = np.full(span + 1, -1, np.int64)
            table[there[::-1]] = np.arange(len(there))[::-1]
            table[span] = -1
            places = table[asked]
            missing = places < 0
        return pa.array(places, mask=missing) if missing.any() else pa.array(places)
    return whole(pc.index_in(keys, value_set=whole(known), skip_nulls=True))


def _counts_up(numbers: np.ndarray) -> bool:
    return bool((numbers[1:] - numbers[:-1] == 1).all())


def is_among(keys: pa.ChunkedArray, known: pa.ChunkedArray) -> np.ndarray:
    """Whether `known` has the key; never for a null."""
    if numbers := _spanned(keys, known):
        asked, there, span = numbers
        marks = np.zeros(span + 1, bool)
        marks[there] = True
        marks[span] = False
        has: np.ndarray = marks[asked]
        return has
    found: np.ndarray = whole(pc.is_in(keys, value_set=whole(known), skip_nulls=True)).to_numpy(
        zero_copy_only=False
    )
    return found


def _spanned(keys: pa.ChunkedArray, known: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray, int] | None:
    """Numbers that lie close together, as places in a table of so many: it takes less than hashes.

    A null, and a number of `keys` out of the range of `known`, stands behind the last place.
    """
    if keys.type != pa.int64() or not len(known):
        return None
    ends, asked = (pc.min_max(column).as_py() for column in (known, keys))
    if (least := ends["min"]) is None or (span := ends["max"] - least + 1) > 4 * max(len(known), len(keys)):
        return None
    inside = asked["min"] is None or least <= asked["min"] <= asked["max"] <= ends["max"]
    return _within(keys, least, span, inside), _within(known, least, span, True), span


def _within(column: pa.ChunkedArray, least: int, span: int, inside: bool) -> np.ndarray:
    """The numbers from `least` on, and `span` for a null and, where not all are `inside`, for any other."""
    numbers = whole(column)
    if numbers.null_count:
        numbers = numbers.fill_null(least + span)
    places: np.ndarray = numbers.to_numpy() - least if least else numbers.to_numpy()
    if inside:
        return places
    within: np.ndarray = np.minimum(places.view(np.uint64), span).view(np.int64)  # below 0 is far above
    return within


def is_rising(column: pa.ChunkedArray) -> bool:
    """Whether no number is less than the one before it."""
    numbers = _numbers(column)
    return bool((numbers[1:] >= numbers[:-1]).all())


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Numbers or moments to sort by."""
    values = whole(column)
    if pa.types.is_date(values.type):
        values = values.cast(pa.int32())  # days; Arrow has no shorter way to 64 bits
    numbers: np.ndarray = values.cast(pa.int64()).to_numpy()
    return numbers


def in_order(rows: pa.Table) -> np.ndarray:
    """The places of the rows in the order of their columns, the first column first."""
    names = rows.column_names
    if len(names) == 1 and is_rising(rows[names[0]]):
        return np.arange(rows.num_rows)
    return np.lexsort([_numbers(rows[name]) for name in reversed(names)])


def sharing(table: pa.Table, by: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The places of rows that share their key with another, and a number for each key.

    Where most rows have the first part of their key for themselves, only the others are looked at further.
    """
    if len(by) == 1:
        return sharing_all(table, by)
    places, _ = sharing_all(table, by[:1])
    within, codes = sharing_all(taken(table.select(by), places), by)
    return places[within], codes


def sharing_all(table: pa.Table, by: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """As `sharing`, with the whole key at once: for keys whose parts are each shared by most rows."""
    numbers, size = _keys(table, by)
    if size <= _most_numbers(table.num_rows):
        counts = np.bincount(numbers, minlength=1)
        places = np.flatnonzero(counts[numbers] > 1)
        return places, numbers[places]
    buckets = _bucketed(numbers)  # rows that are alone in their bucket share nothing
    places = np.flatnonzero(np.bincount(buckets)[buckets] > 1)
    _, codes, counts = np.unique(numbers[places], return_inverse=True, return_counts=True)
    shared = counts[codes] > 1
    return places[shared], codes[shared]


def codes_of(table: pa.Table, by: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """A number per row that equal keys share, and how often each number occurs."""
    codes, size = _keys(table, by)
    if size > _most_numbers(table.num_rows):
        codes, _ = _renumbered(codes)
    return codes, np.bincount(codes, minlength=1)


def _most_numbers(rows: int) -> int:
    """How many numbers may be counted in a table of so many."""
    return max(1 << 20, 4 * rows)


_ODD = np.uint64(0x9E3779B97F4A7C15)  # spreads numbers over the upper bits


def _bucketed(numbers: np.ndarray) -> np.ndarray:
    """A bucket for each number, of two to four times as many as there are rows."""
    bits = max(1, (2 * len(numbers)).bit_length())
    spread = numbers.view(np.uint64) * _ODD
    buckets: np.ndarray = (spread >> np.uint64(64 - bits)).view(np.int64)
    return buckets


def _keys(table: pa.Table, by: Sequence[str]) -> tuple[np.ndarray, int]:
    """A number from 0 per row, the same for equal keys, and how many numbers there may be."""
    codes, size = np.zeros(table.num_rows, np.int64), 1
    for name in by:
        own, values = _numbered(table[name])
        if size * values > _MOST:
            (codes, size), (own, values) = _renumbered(codes), _renumbered(own)
        codes = codes * values + own if size > 1 else own
        size *= values
    return codes, size


_MOST = 1 << 62  # what 64 bits can tell apart


def _renumbered(numbers: np.ndarray) -> tuple[np.ndarray, int]:
    values, codes = np.unique(numbers, return_inverse=True)
    return codes, len(values)


def _numbered(column: pa.ChunkedArray) -> tuple[np.ndarray, int]:
    """A number from 0 for each value, null among them, and how many numbers there may be."""
    if column.type == pa.int64() and len(column):
        ends = pc.min_max(column).as_py()
        if ends["min"] is not None and (span := ends["max"] - ends["min"] + 1) < _MOST:
            return _within(column, ends["min"], span, True), span + 1
    values = whole(column)
    if is_encoded(values) and len(values.dictionary) < len(values):  # a value may be there twice
        own, size = _numbered(pa.chunked_array([values.dictionary]))
        places = values.indices.fill_null(len(own)).to_numpy()
        return np.append(own, size - 1)[places], size
    encoded = whole(told_column(column)).dictionary_encode()
    places = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()
    return places.astype(np.int64), len(encoded.dictionary) + 1
