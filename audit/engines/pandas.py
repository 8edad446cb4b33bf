"""pandas: in memory, one process.

Frames are backed by Arrow, because numpy's turn an unknown comparison into a plain "no".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from audit.engines.base import Engine, Frame


class PandasEngine(Engine):
    """In memory, one process. Keys are looked up by Arrow's hash tables, which leaves the wide side alone."""

    name = "pandas"

    def frame(self, rows: pa.Table) -> Frame:
        """An Arrow-backed pandas frame."""
        return self._lazy(rows.to_pandas(types_mapper=pd.ArrowDtype))

    def held(self, frame: Frame) -> Frame:
        """pandas computes at once; nothing to hold."""
        return frame

    def attach(self, frame: Frame, side: Frame, on: str) -> Frame:
        """See Engine: a row number per row, then one take per column of `side`."""
        left, right = frame.to_native(), side.to_native()
        places = pc.index_in(_arrow(left[on]), value_set=_arrow(right[on]).combine_chunks(), skip_nulls=True)
        columns = {
            name: _series(_arrow(right[name]).take(places), left.index)
            for name in right.columns
            if name != on
        }
        return self._lazy(left.assign(**columns))

    def pick(self, frame: Frame, by: Sequence[str], order: Sequence[str], *, last: bool = False) -> Frame:
        """See Engine: only rows that share their key are put in order."""
        native = frame.to_native()
        codes, counts = _codes(native, by)
        shared = np.flatnonzero(counts[codes] > 1)
        if not len(shared):
            return frame
        in_order = np.lexsort([_numbers(native[name], shared) for name in reversed(order)])
        ranks = np.empty(len(shared), np.int64)
        ranks[in_order[::-1] if last else in_order] = np.arange(len(shared))
        best = np.full(len(counts), np.iinfo(np.int64).max)
        np.minimum.at(best, codes[shared], ranks)
        keep = np.ones(len(native), bool)
        keep[shared] = ranks == best[codes[shared]]
        return self._lazy(native[keep].reset_index(drop=True))

    def counted(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """See Engine."""
        native = frame.to_native()
        codes, counts = _codes(native, by)
        return self._lazy(native.assign(**{name: _series(pa.array(counts[codes]), native.index)}))

    def with_nulls(self, frame: Frame, types: Mapping[str, pa.DataType]) -> Frame:
        """See Engine."""
        native = frame.to_native()
        nulls = {kind: _series(pa.nulls(len(native), kind), native.index) for kind in set(types.values())}
        return self._lazy(native.assign(**{name: nulls[kind] for name, kind in types.items()}))

    def stacked(self, frames: Sequence[Frame]) -> Frame:
        """See Engine: chunks are put side by side, nothing is copied."""
        if len(frames) == 1:
            return frames[0]
        tables = [_table(frame.to_native()) for frame in frames]
        return self.frame(pa.concat_tables([table.select(tables[0].column_names) for table in tables]))

    def collected(self, frame: Frame) -> pa.Table:
        """See Engine: the columns as they stand."""
        return _table(frame.to_native())

    @staticmethod
    def _lazy(frame: pd.DataFrame) -> Frame:
        return nw.from_native(frame).lazy()


def _arrow(series: pd.Series) -> pa.ChunkedArray:
    values = pa.array(series)
    chunked = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    return chunked.cast(pa.string()) if pa.types.is_large_string(chunked.type) else chunked


def _series(values: pa.Array | pa.ChunkedArray, index: pd.Index) -> pd.Series:
    chunked = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    return pd.Series(pd.arrays.ArrowExtensionArray(chunked), index=index)


def _numbers(series: pd.Series, places: np.ndarray) -> np.ndarray:
    """Numbers, days or moments to sort by."""
    values = _arrow(series).take(places).combine_chunks()
    if pa.types.is_date32(values.type):
        values = values.cast(pa.int32())
    numbers: np.ndarray = values.cast(pa.int64()).to_numpy()
    return numbers


def _table(frame: pd.DataFrame) -> pa.Table:
    return pa.table({str(name): _arrow(frame[name]) for name in frame.columns})


def _codes(frame: pd.DataFrame, by: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """A number per row that equal keys share, and how often each number occurs."""
    codes, size = np.zeros(len(frame), np.int64), 1
    for name in by:
        encoded = _arrow(frame[name]).combine_chunks().dictionary_encode()
        own = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()
        codes = codes * (len(encoded.dictionary) + 1) + own
        size *= len(encoded.dictionary) + 1
        if size > max(1 << 20, 4 * len(frame)):
            _, codes = np.unique(codes, return_inverse=True)
            size = int(codes.max(initial=-1)) + 1
    return codes, np.bincount(codes, minlength=1)
