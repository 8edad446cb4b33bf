"""A column as its distinct values: what is worked out for a value is worked out once, not once a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.repeats import is_encoded, whole
from audit.ledger.lives import CLOSED, EXCUSED


@dataclass(frozen=True, eq=False)
class Coded:
    """Distinct values in the order they occur, without nulls, and per row the place of its own.

    The place behind the last value is that of a blank. Two columns with the same `values` object share what
    is worked out for them.
    """

    values: pa.Array
    at: npt.NDArray[np.int32]

    @classmethod
    def of(cls, column: pa.Array) -> Coded:
        """A column of text, numbers or dates, or of the places of such values; null is a blank."""
        if is_encoded(column):  # its values may stand in another order, and some in no row
            found = column.indices.dictionary_encode()
            values, places = column.dictionary.take(found.dictionary), found.indices
        else:
            found = column.dictionary_encode()
            values, places = found.dictionary, found.indices
        return cls(values, places.fill_null(len(values)).to_numpy(zero_copy_only=False))

    def __len__(self) -> int:
        return len(self.at)

    @property
    def is_text(self) -> bool:
        """Whether its values are text."""
        return bool(pa.types.is_string(self.values.type))

    @property
    def decoded(self) -> pa.Array:
        """The value of every row, null for a blank."""
        return self.values.take(self.dictionary.indices)

    @property
    def dictionary(self) -> pa.DictionaryArray:
        """The same in Arrow's own form, null for a blank."""
        return pa.DictionaryArray.from_arrays(
            pa.array(self.at, mask=self.at == len(self.values)), self.values
        )

    @property
    def has_blanks(self) -> bool:
        """Whether a row has no value."""
        return bool(self.at.max(initial=0) == len(self.values))

    def dense(self) -> Coded:
        """The same rows with only the values that they have, in their order."""
        used = np.zeros(len(self.values) + 1, np.bool_)
        used[self.at] = True
        used[-1] = True
        if used.all():
            return self
        places = np.cumsum(used, dtype=np.int32) - 1
        return Coded(self.values.filter(pa.array(used[:-1])), places[self.at])

    def holds(self, *texts: str) -> npt.NDArray[np.bool_]:
        """Per row whether it has one of these texts."""
        found = pc.is_in(self.values, value_set=pa.array(map(str, texts), pa.string()))
        return np.append(found.to_numpy(zero_copy_only=False), False)[self.at]

    def rows(self, rows: slice | npt.NDArray[np.integer]) -> Coded:
        """Some of the rows."""
        return Coded(self.values, self.at[rows])

    def relabelled(self, values: pa.Array) -> Coded:
        """The same rows with other values; null stands for a blank, and two may be the same."""
        found = Coded.of(values)
        return Coded(found.values, np.append(found.at, np.int32(len(found.values)))[self.at])


class CodedFindings:
    """Findings in their order, each column coded once: for all forms of the report, in whatever thread.

    `table` holds them as `ledger.telling.told` gives them.
    """

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self._made: dict[str, Coded] = {}
        self._making = Lock()

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __getitem__(self, name: str) -> Coded:
        with self._making:
            if name not in self._made:
                self._made[name] = Coded.of(whole(self.table[name]))
            return self._made[name]

    @cached_property
    def open_rows(self) -> npt.NDArray[np.intp]:
        """The rows of those that are demanded of somebody: neither closed nor excused."""
        return np.flatnonzero(~self["state"].holds(*CLOSED, *EXCUSED))

    def counted(self, name: str, rows: npt.NDArray[Any] | slice) -> dict[Any, int]:
        """How many of these rows have which value of a column, most first."""
        column = self[name].rows(rows)
        counts = np.bincount(column.at, minlength=len(column.values))
        most = np.argsort(-counts[: len(column.values)], kind="stable")
        values = column.values.take(pa.array(most)).to_pylist()
        return {value: count for value, count in zip(values, counts[most].tolist(), strict=True) if count}

    def called(self, ids: Iterable[str], *names: str) -> dict[str, dict[str, Any]]:
        """Those of these ids that are among them, by id, as rows of these columns."""
        wanted = pa.array(list(ids), pa.string())
        among = pc.is_in(whole(self.table["finding_id"]), value_set=wanted).to_numpy(zero_copy_only=False)
        return {one["finding_id"]: one for one in self.told(np.flatnonzero(among), "finding_id", *names)}

    def told(self, rows: npt.NDArray[np.integer], *names: str) -> list[dict[str, Any]]:
        """A few of them as rows, all columns or these; None for a blank."""
        table = self.table.select(names) if names else self.table
        found: list[dict[str, Any]] = table.take(pa.array(rows, pa.int64())).to_pylist()
        return found
