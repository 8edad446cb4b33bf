"""A column as its distinct values: what is worked out for a value is worked out once, not once a row."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_DAYS = frozenset({"due_on", "first_seen", "last_seen", "planned_on", "exempt_until"})
_NUMBERS = frozenset({"source_row", "row_version"})


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
        """A column of text, numbers or dates; null is a blank."""
        encoded = column.dictionary_encode()
        blank = len(encoded.dictionary)
        return cls(encoded.dictionary, encoded.indices.fill_null(blank).to_numpy(zero_copy_only=False))

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


def arrow(values: pd.Series[Any], kind: pa.DataType) -> pa.Array:
    """A column of a frame as an array of that type; what is unknown is null."""
    made = pa.Array.from_pandas(values, type=kind)
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made


class CodedFindings:
    """The columns of findings, each coded once: for all forms of the report, in whatever thread."""

    def __init__(self, findings: pd.DataFrame) -> None:
        self.findings = findings
        self._made: dict[str, Coded] = {}
        self._making = Lock()

    def __getitem__(self, name: str) -> Coded:
        with self._making:
            if name not in self._made:
                kind = pa.date32() if name in _DAYS else pa.int64() if name in _NUMBERS else pa.string()
                self._made[name] = Coded.of(arrow(self.findings[name], kind))
            return self._made[name]
