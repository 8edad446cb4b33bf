"""pandas: in memory, one process, on the Arrow arrays that back its columns.

Arrow's, because numpy's turn an unknown comparison into a plain "no".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from typing import TypeVar

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.engines.base import Engine, Frame, by_row
from audit.engines.carried import beside, carried, kept, taken, told, with_columns
from audit.engines.conditions import answers, columns_of, shared
from audit.engines.keys import with_numbers
from audit.engines.parallel import at_once, begun
from audit.engines.places import codes_of, in_order, is_among, is_rising, places_of, sharing, sharing_all
from audit.intake.repeats import each, whole

_Made = TypeVar("_Made")
_One = TypeVar("_One")


class PandasEngine(Engine):
    """In memory, one process, on the Arrow arrays that back pandas' columns.

    The frames stay Arrow tables between the steps: pandas hands its columns to the same kernels, but copies
    them on the way in `where` and `take`, which took twice the time of the whole night's rules. Keys are
    looked up by Arrow's hash tables, which leaves the wide side alone.
    """

    name = "pandas"
    holds_elsewhere = False

    def frame(self, rows: pa.Table) -> Frame:
        """The rows themselves."""
        # from_native looks at length whether it may be something else
        return nw.DataFrame.from_arrow(rows, backend="pyarrow").lazy()

    def begun(self, make: Callable[[], _Made]) -> Callable[[], _Made]:
        """See Engine."""
        return begun(make)

    def each(self, make: Callable[[_One], _Made], items: Sequence[_One]) -> list[_Made]:
        """See Engine."""
        with ThreadPoolExecutor(os.cpu_count(), "each") as threads:
            return list(threads.map(make, items))

    def opened(self, tables: Mapping[str, pa.Table]) -> dict[str, Frame]:
        """See Engine: the keys are numbers."""
        return {name: self.frame(rows) for name, rows in with_numbers(tables).items()}

    def held(self, frame: Frame) -> Frame:
        """Everything is computed at once; nothing to hold."""
        return frame

    def is_nothing(self, frame: Frame) -> bool:
        """See Engine: here it is known."""
        return not len(_native(frame))

    def collected(self, frame: Frame) -> pa.Table:
        """See Engine: the table as it stands."""
        return told(_native(frame))

    def prepared(self, frame: Frame, conditions: Sequence[nw.Expr]) -> tuple[Frame, list[nw.Expr]]:
        """See Engine: what conditions share becomes a column."""
        table, rewritten = shared(_native(frame), conditions)
        return self.frame(table), rewritten

    def answered(self, frame: Frame, asked: Mapping[str, nw.Expr]) -> Frame:
        """See Engine: by Arrow's kernels, without a plan for each."""
        native = _native(frame)
        found = at_once(lambda one: answers(native, {one: asked[one]})[one], asked, len(native))
        return self.frame(with_columns(native, dict(zip(asked, found, strict=True))))

    def held_by(self, frame: Frame, truths: Sequence[str]) -> dict[str, int]:
        """See Engine."""
        native = _native(frame)
        return {name: (pc.sum(native[name]).as_py() or 0) + native[name].null_count for name in truths}

    def marked(self, frame: Frame, shown: Mapping[str, Sequence[str]]) -> dict[str, pa.Table]:
        """See Engine: of each mark's rows its own columns alone are copied."""
        native = _native(frame)

        def rows_of(mark: str) -> pa.Table:
            places = pc.indices_nonzero(whole(native[mark])).to_numpy().astype(np.int64)
            rows = taken(native.select(list(dict.fromkeys(["row_id", *shown[mark]]))), places)
            return by_row(told(rows).combine_chunks()).select(list(shown[mark]))

        return dict(zip(shown, at_once(rows_of, shown, len(native)), strict=True))

    def where(self, frame: Frame, *conditions: nw.Expr) -> Frame:
        """See Engine: rows are copied only where some are left out."""
        if not (native := _native(frame)).num_columns or not native.num_rows:
            return frame
        looked_at = told(native.select(columns_of(conditions)))
        each = answers(looked_at, {str(place): one for place, one in enumerate(conditions)})
        holds = reduce(pc.and_kleene, each.values())
        if pc.all(pc.fill_null(holds, False)).as_py():
            return frame
        return self.frame(kept(native, holds))

    def named(self, frame: Frame, *names: str) -> Frame:
        """See Engine: rows are copied only where a value is missing."""
        native = _native(frame)
        blanks = [native[name] for name in names if native[name].null_count]
        if not blanks:
            return frame
        return self.frame(kept(native, reduce(pc.and_, map(pc.is_valid, blanks))))

    def plain(self, frame: Frame) -> Frame:
        """See Engine: values in the place of their places."""
        return self.frame(told(_native(frame)))

    def attach(
        self, frame: Frame, side: Frame, on: str, first: str = "", late: Collection[str] = ()
    ) -> Frame:
        """See Engine: a row number per row, then one take per column of `side` that is not `late`.

        Of several rows of a key the look-up finds the one that stands first.
        """
        if first and not is_rising(_native(side)[first]):
            side = self.pick(side, [on], [first])
        left, right = _native(frame), _native(side)
        places = places_of(left[on], right[on])
        names = [name for name in right.column_names if name != on]
        assert not {*names} & {*left.column_names}, "a planned join would refuse to name two columns alike"
        columns = at_once(
            lambda name: (carried if name in late else beside)(right[name], places), names, len(left)
        )
        return self.frame(with_columns(left, dict(zip(names, columns, strict=True))))

    def meeting(self, frame: Frame, side: Frame, on: str) -> Frame:
        """See Engine: only a small side is looked for."""
        native, others = _native(frame), _native(side)
        if 4 * others.num_rows > native.num_rows:
            return frame
        return self.frame(native.filter(pa.array(is_among(native[on], others[on]))))

    def among(self, frame: Frame, column: str, texts: pa.Array) -> Frame:
        """See Engine: each different text is looked for once."""
        native = _native(frame)
        found = each(native[column], lambda values: pc.is_in(values, value_set=texts))
        return self.frame(kept(native, pc.fill_null(found, bool(texts.null_count))))

    def lacking(self, frame: Frame, side: Frame, on: str) -> Frame:
        """See Engine."""
        native, others = _native(frame), _native(side)
        if not others.num_rows:
            return frame
        return self.frame(kept(native, pa.array(~is_among(native[on], others[on]))))

    def pick(
        self,
        frame: Frame,
        by: Sequence[str],
        order: Sequence[str],
        *,
        last: bool = False,
        late: Collection[str] = (),
    ) -> Frame:
        """See Engine: only rows that share their key are put in order."""
        native = _native(frame)
        shared, codes = sharing(native, by)
        if not len(shared):
            return frame
        ordered = in_order(taken(native.select(order), shared))
        best = np.full(int(codes.max()) + 1, -1)
        # what is written last stays
        ordered = ordered if last else ordered[::-1]
        best[codes[ordered]] = ordered
        keep = np.ones(len(native), bool)
        keep[shared] = False
        keep[shared[best[best >= 0]]] = True
        return self.frame(kept(native, pa.array(keep), late))

    def distinct(self, frame: Frame, *by: str) -> Frame:
        """See Engine."""
        native = _native(frame).select(by)
        shared, codes = sharing_all(native, by)
        if not len(shared):
            return self.frame(native)
        first = np.full(int(codes.max()) + 1, -1)
        first[codes[::-1]] = shared[::-1]
        keep = np.ones(len(native), bool)
        keep[shared] = False
        keep[first[first >= 0]] = True
        return self.frame(kept(native, pa.array(keep)))

    def counted(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """See Engine."""
        native = _native(frame)
        codes, counts = codes_of(native, by)
        return self.frame(with_columns(native, {name: pa.array(counts[codes])}))

    def shared(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """See Engine."""
        native = _native(frame)
        rows, codes = sharing(native, by)
        return self.frame(with_columns(taken(native, rows), {name: pa.array(np.bincount(codes)[codes])}))

    def listing(self, frame: Frame, column: str, holding: Mapping[str, nw.Expr]) -> Frame:
        """See Engine: each combination of names is put together once."""
        native, names = _native(frame), list(holding)
        if not 0 < len(names) < 64:
            return super().listing(frame, column, holding)
        found = np.zeros(len(native), np.int64)
        for place, marks in enumerate(_native(frame.select(**holding)).columns):
            found |= marks.fill_null(False).to_numpy().astype(np.int64) << place
        rows = np.flatnonzero(found)
        sets, which = np.unique(found[rows], return_inverse=True)
        texts = [
            f",{','.join(name for place, name in enumerate(names) if one >> place & 1)},"
            for one in sets.tolist()
        ]
        places = np.full(len(native), -1)
        places[rows] = which
        listed = pa.array(texts, pa.string()).take(pa.array(places, mask=places < 0))
        return self.frame(with_columns(native, {column: listed}))

    def with_nulls(self, frame: Frame, types: Mapping[str, pa.DataType]) -> Frame:
        """See Engine: one array of nulls for all columns of a type."""
        native = _native(frame)
        nulls = {kind: pa.nulls(native.num_rows, kind) for kind in set(types.values())}
        return self.frame(with_columns(native, {name: nulls[kind] for name, kind in types.items()}))

    def stacked(self, frames: Sequence[Frame]) -> Frame:
        """See Engine: chunks are put side by side, nothing is copied."""
        if len(frames) == 1:
            return frames[0]
        tables = [told(_native(frame)) for frame in frames]
        return self.frame(pa.concat_tables([table.select(tables[0].column_names) for table in tables]))


def _native(frame: Frame) -> pa.Table:
    table: pa.Table = frame.to_native()
    return table
