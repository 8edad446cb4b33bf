"""What an engine is: frames, and the look-ups the cross-check is made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from types import TracebackType
from typing import Any, Self, TypeVar

import narwhals.stable.v2 as nw
import pyarrow as pa
import pyarrow.compute as pc

from audit.engines.keys import as_texts, keys_of
from audit.intake.feeds import Part
from audit.intake.repeats import whole

Frame = nw.LazyFrame[Any]
_Made = TypeVar("_Made")
_One = TypeVar("_One")

ARROW_TO_NARWHALS: dict[pa.DataType, Any] = {
    pa.string(): nw.String,
    pa.int64(): nw.Int64,
    pa.float64(): nw.Float64,
    pa.bool_(): nw.Boolean,
    pa.date32(): nw.Date,
    pa.timestamp("us"): nw.Datetime("us"),
}


def nothing(like: str) -> nw.Expr:
    """Nulls of the type of a column, for a frame that has `row_id`."""
    return nw.when(nw.col("row_id") < 0).then(nw.col(like))


def one_if(condition: nw.Expr) -> nw.Expr:
    """1 where a condition holds, 0 where it does not or is unknown: to be summed up."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64)


def by_row(rows: pa.Table) -> pa.Table:
    """The rows by `row_id`, as they mostly are."""
    ids = rows["row_id"].to_numpy()
    return rows if (ids[1:] >= ids[:-1]).all() else rows.sort_by("row_id")


def with_keys(table: str, frame: Frame) -> Frame:
    """A canonical table with its keys as the texts they stand for."""
    keys = as_texts(keys_of(table, frame.collect_schema().names()))
    return frame.with_columns(**keys) if keys else frame


class Engine:
    """What evaluates facts and rules: frames, and the look-ups the cross-check is made of.

    The look-ups are written here for engines that plan their queries; in memory there are shorter ways.
    """

    name: str
    memory_bytes: int | None = None  # what it may take of this machine's memory, where it is held to that
    reads_parquet = False  # whether it reads canonical rows where they lie, and not whole into memory
    reads_anew = False  # whether what is `kept` is worked out for each reader, as far as it looks at columns
    holds_elsewhere = True  # whether facts that are held take no memory of this process
    judges_nothing = False  # whether conditions may be asked of a frame without rows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begun(self, make: Callable[[], _Made]) -> Callable[[], _Made]:
        """What is made, when it is asked for; in memory it is begun now, beside what follows."""
        return cache(make)

    def each(self, make: Callable[[_One], _Made], items: Sequence[_One]) -> list[_Made]:
        """What is made of each item; in memory several at once."""
        return [make(item) for item in items]

    def close(self) -> None:
        """Let go of what the engine holds; its frames end with it."""

    def frame(self, rows: pa.Table) -> Frame:
        """An Arrow table as a lazy frame of this engine."""
        raise NotImplementedError

    def opened(self, tables: Mapping[str, pa.Table]) -> dict[str, Frame]:
        """Canonical tables as frames, with their keys (see `engines.keys`)."""
        return {name: with_keys(name, self.frame(rows)) for name, rows in tables.items()}

    def lying(self, parts: Sequence[Part], types: Mapping[str, pa.DataType]) -> Frame:
        """The rows of files where they lie, with these columns; only for an engine that `reads_parquet`."""
        raise NotImplementedError

    def held(self, frame: Frame) -> Frame:
        """The frame computed once, to be read several times."""
        raise NotImplementedError

    def kept(self, frame: Frame) -> Frame:
        """A frame to be read several times, a few columns at a time."""
        return self.held(frame)

    def staged(self, frame: Frame) -> Frame:
        """The frame for one step to read, computed before by an engine that plans long chains badly."""
        return frame

    def is_nothing(self, frame: Frame) -> bool:
        """Whether the frame is known to have no rows; an engine that plans its queries may not know."""
        return False

    def collected(self, frame: Frame) -> pa.Table:
        """The rows of a frame, here, as an Arrow table."""
        return frame.collect("pyarrow").to_arrow()

    def prepared(self, frame: Frame, conditions: Sequence[nw.Expr]) -> tuple[Frame, list[nw.Expr]]:
        """The frame and the conditions so that to ask all of them of it repeats nothing.

        An engine that plans its queries sees by itself what conditions share.
        """
        return frame, list(conditions)

    def judged(self, frame: Frame, **conditions: nw.Expr) -> Frame:
        """The frame with the answers to conditions as columns, what they share worked out once."""
        names = frame.collect_schema().names()
        prepared, asked = self.prepared(frame, list(conditions.values()))
        answered = self.answered(prepared, dict(zip(conditions, asked, strict=True)))
        return answered.select(*dict.fromkeys([*names, *conditions]))

    def answered(self, frame: Frame, asked: Mapping[str, nw.Expr]) -> Frame:
        """The frame with the answers to these conditions as columns."""
        return frame.with_columns(**asked)

    def held_by(self, frame: Frame, truths: Sequence[str]) -> dict[str, int]:
        """How many rows each of these columns of truths holds for, or may hold for where it is unknown."""
        ones = {name: nw.col(name).fill_null(True).cast(nw.Int64).sum() for name in truths}
        counts = self.collected(frame.select(**ones))
        return {name: int(counts[name][0].as_py() or 0) for name in truths}

    def told(
        self,
        frame: Frame,
        judge: Callable[[Frame], Frame],
        truths: Sequence[str],
        shown: Mapping[str, Sequence[str]],
    ) -> tuple[dict[str, int], dict[str, pa.Table]]:
        """`held_by` and `marked` of what `judge` makes of the frame, row by row."""
        judged = judge(frame)
        return self.held_by(judged, truths), self.marked(judged, shown)

    def marked(self, frame: Frame, shown: Mapping[str, Sequence[str]]) -> dict[str, pa.Table]:
        """The rows that each column of truths marks, by `row_id`, with the columns that are shown of them."""
        names = tuple(dict.fromkeys(name for columns in shown.values() for name in columns))
        some = frame.filter(nw.any_horizontal(*(nw.col(mark) for mark in shown), ignore_nulls=True))
        rows = by_row(
            self.collected(some.select(*dict.fromkeys(["row_id", *names, *shown]))).combine_chunks()
        )
        return {  # in one piece: of none, `indices_nonzero` ends the process before Arrow 26
            mark: rows.select(list(columns)).take(pc.indices_nonzero(whole(rows[mark])))
            for mark, columns in shown.items()
        }

    def plain(self, frame: Frame) -> Frame:
        """The frame as any expression may look at it, also at columns that came `late`."""
        return frame

    def attach(
        self, frame: Frame, side: Frame, on: str, first: str = "", late: Collection[str] = ()
    ) -> Frame:
        """The frame with the columns of `side` beside it, nulls where `side` has no row of that key.

        `side` holds each key once; where it may not, `first` names the column of numbers by which the first
        of several counts. A null key finds nothing. No step looks at the columns named in `late`: they are
        there for rules and for what is shown of findings.
        """
        return self._beside(frame, self.pick(side, [on], [first]) if first else side, on)

    def _beside(self, frame: Frame, side: Frame, on: str) -> Frame:
        return frame.join(side, on=on, how="left")

    def where(self, frame: Frame, *conditions: nw.Expr) -> Frame:
        """The rows for which all conditions hold. An unknown condition does not."""
        return frame.filter(*conditions)

    def named(self, frame: Frame, *names: str) -> Frame:
        """The rows that have a value in each of these columns."""
        return self.where(frame, *(~nw.col(name).is_null() for name in names))

    def meeting(self, frame: Frame, side: Frame, on: str) -> Frame:
        """The rows whose key `side` has; others as well, where to tell them apart would not pay."""
        return frame.join(side.select(on), on=on, how="semi")

    def among(self, frame: Frame, column: str, texts: pa.Array) -> Frame:
        """The rows with one of these texts in a column, null for a blank; others as well, like `meeting`."""
        return frame

    def lacking(self, frame: Frame, side: Frame, on: str) -> Frame:
        """The rows whose key `side` has not; a null key is in no side."""
        return frame.join(side.select(on), on=on, how="anti")

    def pick(
        self,
        frame: Frame,
        by: Sequence[str],
        order: Sequence[str],
        *,
        last: bool = False,
        late: Collection[str] = (),
    ) -> Frame:
        """One row per key: the first, or the last, by `order`: numbers, days or moments, and no nulls.

        In a key a null is a value like any other. `late` as in `attach`.
        """
        return frame.unique(subset=list(by), keep="last" if last else "first", order_by=list(order))

    def distinct(self, frame: Frame, *by: str) -> Frame:
        """Each combination of these columns once."""
        return frame.select(*by).unique()

    def counted(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """The frame with a column that says how many of its rows share the row's key."""
        return frame.with_columns(nw.len().over(*by).alias(name))

    def shared(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """The rows that share their key with another, with a column that says how many do."""
        return self.counted(frame, by, name).filter(nw.col(name) > 1)

    def listing(self, frame: Frame, column: str, holding: Mapping[str, nw.Expr]) -> Frame:
        """The frame with a column that lists the names whose condition holds, ",model,vendor,", or null."""
        pieces = [
            nw.when(holds).then(nw.lit(f"{name},")).otherwise(nw.lit("")) for name, holds in holding.items()
        ]
        frame = frame.with_columns(**{column: nw.concat_str([nw.lit(","), *pieces])})
        named = nw.col(column)
        return frame.with_columns(**{column: nw.when(named != ",").then(named)})

    def with_nulls(self, frame: Frame, types: Mapping[str, pa.DataType]) -> Frame:
        """The frame with columns that hold nothing."""
        return frame.with_columns(
            **{name: nw.lit(None, ARROW_TO_NARWHALS[kind]) for name, kind in types.items()}
        )

    def stacked(self, frames: Sequence[Frame]) -> Frame:
        """The rows of frames with the same columns, one below the other."""
        names = frames[0].collect_schema().names()
        return nw.concat([frame.select(*names) for frame in frames]) if len(frames) > 1 else frames[0]
