"""Arithmetic on whole columns: what the lives of a million findings are carried over a night with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.repeats import whole

Flags = npt.NDArray[np.bool_]
_SAMPLE = 4_096  # values from which it is told whether a column repeats itself


class Texts:
    """A text column that is compared again and again; null counts as ""."""

    def __init__(self, values: pa.Array | pa.ChunkedArray) -> None:
        self.values = pc.fill_null(whole(values), "")

    def __len__(self) -> int:
        return len(self.values)

    def equal(self, word: str) -> Flags:
        return flags(pc.equal(self.values, str(word)))

    def same(self, other: pa.Array) -> Flags:
        return flags(pc.equal(self.values, other))


class Columns:
    """The columns of a table as the arithmetic wants them."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __getitem__(self, name: str) -> pa.Array:
        return whole(self._table[name])

    def texts(self, name: str) -> Texts:
        return Texts(self[name])

    def flags(self, name: str) -> Flags:
        return flags(self[name])

    def code(self, name: str, words: Sequence[str]) -> npt.NDArray[np.int64]:
        found = pc.index_in(pc.fill_null(self[name], ""), value_set=pa.array([str(word) for word in words]))
        return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def objects(column: pa.Array) -> npt.NDArray[np.object_]:
    """Its values as Python has them, None for null. A value that stands in many rows is made once."""
    sample = column.slice(0, _SAMPLE)
    if pa.types.is_string(column.type) and len(pc.unique(sample)) > len(sample) // 2:
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)
    encoded = column.dictionary_encode()
    values = np.empty(len(encoded.dictionary) + 1, dtype=object)
    values[:-1] = encoded.dictionary.to_pylist()
    places = pc.fill_null(encoded.indices, len(values) - 1).to_numpy(zero_copy_only=False)
    return np.asarray(values[places], dtype=object)


def flags(column: pa.Array) -> Flags:
    """A column of yes and no for numpy; an unknown counts as no."""
    return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), dtype=bool)


def choose(holds: Flags, yes: pa.Array, no: pa.Array) -> pa.Array:
    """Row by row the one or the other."""
    return pc.if_else(pa.array(holds), whole(yes), whole(no))


def given(column: pa.Array) -> Flags:
    """Whether there is a value."""
    return flags(pc.is_valid(column))


def equal(left: pa.Array, right: pa.Array) -> Flags:
    """Whether two texts are the same; null counts as ""."""
    return flags(pc.equal(pc.fill_null(left, ""), pc.fill_null(right, "")))


def same(word: str, count: int) -> pa.Array:
    """One word for every row."""
    return pa.repeat(pa.scalar(str(word), pa.string()), count)


def same_day(day: date | None, count: int) -> pa.Array:
    """One day, or none, for every row."""
    return pa.repeat(pa.scalar(day, pa.date32()), count)


def is_day(column: pa.Array, day: date) -> Flags:
    """Whether it is that day; an unknown day is not."""
    return flags(pc.equal(column, pa.scalar(day, pa.date32())))


def before_day(column: pa.Array | pa.ChunkedArray, day: date) -> Flags:
    """Whether it lies before that day; an unknown day does not."""
    return flags(pc.less(whole(column), pa.scalar(day, pa.date32())))


def earlier(left: pa.Array, right: pa.Array) -> pa.Array:
    """The earlier of two days; of an unknown one and another that other."""
    return pc.min_element_wise(left, right)


def first_of(choices: Mapping[Any, Flags], count: int) -> pa.Array:
    """Per row the first word whose flag is set; null where none is."""
    place = np.full(count, -1, dtype=np.int64)
    for number, holds in reversed(list(enumerate(choices.values()))):
        place[holds] = number
    words = pa.array([str(word) for word in choices], pa.string())
    return words.take(pa.array(place, mask=place < 0))
