"""Canonical tables as narwhals lazy frames. The only place that names an engine.

Every engine sees the same columns: what a feed lacks is there as nulls, so that facts are written once.
In memory the columns are Arrow's, because numpy's turn an unknown comparison into a plain "no".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.errors import ConfigError
from audit.intake.cells import ARROW_TYPES
from audit.tables import TABLES, Table

Frame = nw.LazyFrame[Any]
# rows of all feeds together up to which pandas is chosen by itself; its facts need about 1 GB a million
PANDAS_ROWS = 3_000_000

# where a device stands: its type as a two-digit code, its address in comparable parts, its point on the globe
# in metres (the datum is the source's own), and what is wrong with its coordinates
_PLACE: dict[str, pa.DataType] = {
    **dict.fromkeys(("device_type_code", "address_key", "province_code", "city_code"), pa.string()),
    **dict.fromkeys(("point_x", "point_y", "point_z"), pa.float64()),
    "place_fault": pa.string(),
}
_DERIVED: dict[str, dict[str, pa.DataType]] = {
    "devices": {
        **dict.fromkeys(("device_key", "serial_no_raw"), pa.string()),
        **dict.fromkeys(("firmware_key", "app_version_key", "model_key", "vendor_key"), pa.string()),
        **_PLACE,
        "format_faults": pa.string(),
        "swapped_fields": pa.string(),
    },
    "registrations": {
        "device_key": pa.string(),
        "effective_at": pa.timestamp("us"),
        "serial_no_raw": pa.string(),
        **dict.fromkeys(("uscc_check", "uscc_hash", "settle_account_hash"), pa.string()),
        **_PLACE,
        "format_faults": pa.string(),
        "swapped_fields": pa.string(),
    },
    "merchants": {
        **dict.fromkeys(("uscc_check", "uscc_hash", "legal_id_check", "settle_account_hash"), pa.string()),
        "mid_mcc": pa.string(),
        "format_faults": pa.string(),
        "swapped_fields": pa.string(),
    },
    "training": {"trainee_hash": pa.string()},
    "models": dict.fromkeys(
        ("model_key", "vendor_key", "min_firmware_key", "min_app_version_key"), pa.string()
    ),
}
_PROVENANCE = {
    "row_id": pa.int64(),
    "source_file": pa.string(),
    "source_sheet": pa.string(),
    "source_row": pa.int64(),
    "rejected": pa.string(),
    "rejected_reasons": pa.string(),
    "unread_text": pa.string(),
    "copies": pa.int64(),
}


def schema_of(table: Table) -> dict[str, pa.DataType]:
    """Every column of a canonical table as facts may ask for it, with its Arrow type."""
    own = {column.name: ARROW_TYPES[column.kind] for column in table.columns if column.name not in table.wide}
    return own | _DERIVED.get(table.name, {}) | _PROVENANCE


def completed(rows: pa.Table, table: Table) -> pa.Table:
    """The rows with exactly the columns of `schema_of`, absent ones as nulls that share their memory."""
    types = schema_of(table)
    nulls = {kind: pa.nulls(rows.num_rows, kind) for kind in set(types.values())}
    return pa.table(
        {
            name: rows[name].cast(kind) if name in rows.column_names else nulls[kind]
            for name, kind in types.items()
        }
    )


def nothing(like: str) -> nw.Expr:
    """Nulls of the type of a column, for a frame that has `row_id`."""
    return nw.when(nw.col("row_id") < 0).then(nw.col(like))


_TYPES: dict[pa.DataType, Any] = {
    pa.string(): nw.String,
    pa.int64(): nw.Int64,
    pa.float64(): nw.Float64,
    pa.bool_(): nw.Boolean,
    pa.date32(): nw.Date,
    pa.timestamp("us"): nw.Datetime("us"),
}


class Engine:
    """What evaluates facts and rules: frames, and the look-ups the cross-check is made of.

    The look-ups are written here for engines that plan their queries; in memory there are shorter ways.
    """

    name: str

    def frame(self, rows: pa.Table) -> Frame:
        """An Arrow table as a lazy frame of this engine."""
        raise NotImplementedError

    def held(self, frame: Frame) -> Frame:
        """The frame computed once, to be read several times."""
        raise NotImplementedError

    def collected(self, frame: Frame) -> pa.Table:
        """The rows of a frame, here, as an Arrow table."""
        return frame.collect("pyarrow").to_arrow()

    def attach(self, frame: Frame, side: Frame, on: str, first: str = "") -> Frame:
        """The frame with the columns of `side` beside it, nulls where `side` has no row of that key.

        `side` holds each key once; where it may not, `first` names the column of numbers by which the first
        of several counts. A null key finds nothing.
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

    def lacking(self, frame: Frame, side: Frame, on: str) -> Frame:
        """The rows whose key `side` has not; a null key is in no side."""
        return frame.join(side.select(on), on=on, how="anti")

    def pick(self, frame: Frame, by: Sequence[str], order: Sequence[str], *, last: bool = False) -> Frame:
        """One row per key: the first, or the last, by `order`, which holds numbers or moments and no nulls.

        In a key a null is a value like any other.
        """
        return frame.unique(subset=list(by), keep="last" if last else "first", order_by=list(order))

    def counted(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """The frame with a column that says how many of its rows share the row's key."""
        return frame.with_columns(nw.len().over(*by).alias(name))

    def shared(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """The rows that share their key with another, with a column that says how many do."""
        return self.counted(frame, by, name).filter(nw.col(name) > 1)

    def with_nulls(self, frame: Frame, types: Mapping[str, pa.DataType]) -> Frame:
        """The frame with columns that hold nothing."""
        return frame.with_columns(**{name: nw.lit(None, _TYPES[kind]) for name, kind in types.items()})

    def stacked(self, frames: Sequence[Frame]) -> Frame:
        """The rows of frames with the same columns, one below the other."""
        names = frames[0].collect_schema().names()
        return nw.concat([frame.select(*names) for frame in frames]) if len(frames) > 1 else frames[0]


class PandasEngine(Engine):
    """In memory, one process, on the Arrow arrays that back pandas' columns.

    The frames stay Arrow tables between the steps: pandas hands its columns to the same kernels, but copies
    them on the way in `where` and `take`, which took twice the time of the whole night's rules. Keys are
    looked up by Arrow's hash tables, which leaves the wide side alone.
    """

    name = "pandas"

    def frame(self, rows: pa.Table) -> Frame:
        """The rows themselves."""
        lazy: Frame = nw.from_native(rows).lazy()
        return lazy

    def held(self, frame: Frame) -> Frame:
        """Everything is computed at once; nothing to hold."""
        return frame

    def collected(self, frame: Frame) -> pa.Table:
        """See Engine: the table as it stands."""
        return _native(frame)

    def where(self, frame: Frame, *conditions: nw.Expr) -> Frame:
        """See Engine: rows are copied only where some are left out."""
        if not (native := _native(frame)).num_columns or not native.num_rows:
            return frame
        holds = _native(frame.select(holds=nw.all_horizontal(*conditions, ignore_nulls=False)))["holds"]
        if pc.all(pc.fill_null(holds, False)).as_py():
            return frame
        return self.frame(native.filter(holds))

    def attach(self, frame: Frame, side: Frame, on: str, first: str = "") -> Frame:
        """See Engine: a row number per row, then one take per column of `side`.

        Of several rows of a key the look-up finds the one that stands first.
        """
        if first and not _rising(_native(side)[first]):
            side = self.pick(side, [on], [first])
        left, right = _native(frame), _native(side)
        places = _places(left[on], right[on])
        return self.frame(
            _with(left, {name: _one(right[name]).take(places) for name in right.column_names if name != on})
        )

    def meeting(self, frame: Frame, side: Frame, on: str) -> Frame:
        """See Engine: only a small side is looked for."""
        native, others = _native(frame), _native(side)
        if 4 * others.num_rows > native.num_rows:
            return frame
        return self.frame(native.filter(pc.is_in(native[on], value_set=_one(others[on]), skip_nulls=True)))

    def lacking(self, frame: Frame, side: Frame, on: str) -> Frame:
        """See Engine."""
        native, others = _native(frame), _native(side)
        if not others.num_rows:
            return frame
        return self.frame(native.filter(pc.is_null(_places(native[on], others[on]))))

    def pick(self, frame: Frame, by: Sequence[str], order: Sequence[str], *, last: bool = False) -> Frame:
        """See Engine: only rows that share their key are put in order."""
        native = _native(frame)
        shared, codes = _sharing(native, by[:1])
        if len(by) > 1:
            places, codes = _sharing(native.select(by).take(shared), by)
            shared = shared[places]
        if not len(shared):
            return frame
        in_order = _in_order(native.select(order).take(shared))
        best = np.full(int(codes.max()) + 1, -1)
        # what is written last stays
        best[codes[in_order if last else in_order[::-1]]] = in_order if last else in_order[::-1]
        keep = np.ones(len(native), bool)
        keep[shared] = False
        keep[shared[best[best >= 0]]] = True
        return self.frame(native.filter(pa.array(keep)))

    def counted(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """See Engine."""
        native = _native(frame)
        codes, counts = _codes(native, by)
        return self.frame(_with(native, {name: pa.array(counts[codes])}))

    def shared(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """See Engine: only rows whose first key is shared are looked at further."""
        native = _native(frame)
        narrowed = native.take(_sharing(native, by[:1])[0]) if len(by) > 1 else native
        codes, counts = _codes(narrowed, by)
        rows = np.flatnonzero(counts[codes] > 1)
        return self.frame(_with(narrowed.take(rows), {name: pa.array(counts[codes][rows])}))

    def with_nulls(self, frame: Frame, types: Mapping[str, pa.DataType]) -> Frame:
        """See Engine: one array of nulls for all columns of a type."""
        native = _native(frame)
        nulls = {kind: pa.nulls(native.num_rows, kind) for kind in set(types.values())}
        return self.frame(_with(native, {name: nulls[kind] for name, kind in types.items()}))

    def stacked(self, frames: Sequence[Frame]) -> Frame:
        """See Engine: chunks are put side by side, nothing is copied."""
        if len(frames) == 1:
            return frames[0]
        tables = [_native(frame) for frame in frames]
        return self.frame(pa.concat_tables([table.select(tables[0].column_names) for table in tables]))


def _native(frame: Frame) -> pa.Table:
    table: pa.Table = frame.to_native()
    return table


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def _places(keys: pa.ChunkedArray, known: pa.ChunkedArray) -> pa.Array:
    """For each key the place of the first row of `known` that has it, or null."""
    if keys.type == pa.int64() and keys.null_count == 0 and known.null_count == 0 and len(known):
        asked, there = keys.to_numpy(), known.to_numpy()
        least = int(there.min())
        span = int(there.max()) - least + 1
        if span <= 4 * len(there):  # row ids of one file: a table of places takes less than hashes
            table = np.full(span, -1, np.int64)
            table[there[::-1] - least] = np.arange(len(there))[::-1]
            within = (asked >= least) & (asked < least + span)
            places = np.where(within, table[np.where(within, asked - least, 0)], -1)
            return pa.array(places, mask=places < 0)
    return _one(pc.index_in(keys, value_set=_one(known), skip_nulls=True))


def _rising(column: pa.ChunkedArray) -> bool:
    numbers = _numbers(column)
    return bool((numbers[1:] >= numbers[:-1]).all())


def _with(table: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    for name, values in columns.items():
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, values)
        else:
            table = table.append_column(name, values)
    return table


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Numbers or moments to sort by."""
    values = _one(column)
    if pa.types.is_date(values.type):
        values = values.cast(pa.int32())  # days; Arrow has no shorter way to 64 bits
    numbers: np.ndarray = values.cast(pa.int64()).to_numpy()
    return numbers


def _in_order(rows: pa.Table) -> np.ndarray:
    """The places of the rows in the order of their columns, the first column first."""
    names = rows.column_names
    if len(names) == 1 and _rising(rows[names[0]]):
        return np.arange(rows.num_rows)
    return np.lexsort([_numbers(rows[name]) for name in reversed(names)])


def _sharing(table: pa.Table, by: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The places of rows that share their key with another, and a number for each key."""
    codes, counts = _codes(table, by)
    places = np.flatnonzero(counts[codes] > 1)
    return places, codes[places]


def _codes(table: pa.Table, by: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """A number per row that equal keys share, and how often each number occurs."""
    codes, size = np.zeros(table.num_rows, np.int64), 1
    for name in by:
        encoded = _one(table[name]).dictionary_encode()
        own = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()
        codes = codes * (len(encoded.dictionary) + 1) + own if size > 1 else own
        size *= len(encoded.dictionary) + 1
        if size > max(1 << 20, 4 * table.num_rows):
            _, codes = np.unique(codes, return_inverse=True)
            size = int(codes.max(initial=-1)) + 1
    return codes, np.bincount(codes, minlength=1)


class DuckDBEngine(Engine):
    """Out of core, all processors."""

    name = "duckdb"

    def __init__(self) -> None:
        try:
            import duckdb
        except ModuleNotFoundError:
            raise ConfigError("engine_missing", engine="duckdb", extra="duckdb") from None
        self._connection = duckdb.connect(":memory:")
        self._tables = 0

    def frame(self, rows: pa.Table) -> Frame:
        """A DuckDB relation over the Arrow table."""
        return nw.from_native(self._connection.from_arrow(rows)).lazy()

    def held(self, frame: Frame) -> Frame:
        """The relation as a table of the connection."""
        name = self._name("held")
        frame.to_native().create(name)
        return self._named(name)

    def _beside(self, frame: Frame, side: Frame, on: str) -> Frame:
        """See Engine. As views: to plan relations upon relations would take longer than the join."""
        left, right, joined = self._view(frame), self._view(side), self._name("joined")
        beside = [f"r.{_quoted(name)}" for name in side.collect_schema().names() if name != on]
        self._connection.execute(
            f"create view {joined} as select {', '.join(['l.*', *beside])} from {left} l "
            f"left join {right} r on l.{_quoted(on)} = r.{_quoted(on)}"
        )
        return self._named(joined)

    def pick(self, frame: Frame, by: Sequence[str], order: Sequence[str], *, last: bool = False) -> Frame:
        """See Engine."""
        direction = "desc" if last else "asc"
        ordered = ", ".join(f"{_quoted(name)} {direction}" for name in order)
        partition = ", ".join(map(_quoted, by))
        picked = self._name("picked")
        self._connection.execute(
            f"create view {picked} as select * from {self._view(frame)} "
            f"qualify row_number() over (partition by {partition} order by {ordered}) = 1"
        )
        return self._named(picked)

    def counted(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """See Engine."""
        counted, partition = self._name("counted"), ", ".join(map(_quoted, by))
        self._connection.execute(
            f"create view {counted} as select *, count(*) over (partition by {partition}) as {_quoted(name)} "
            f"from {self._view(frame)}"
        )
        return self._named(counted)

    def _view(self, frame: Frame) -> str:
        name = self._name("step")
        frame.to_native().create_view(name)
        return name

    def _name(self, kind: str) -> str:
        self._tables += 1
        return f"{kind}_{self._tables}"

    def _named(self, name: str) -> Frame:
        return nw.from_native(self._connection.table(name)).lazy()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def choose_engine(configured: str, rows: int) -> Engine:
    """The configured engine, or by `auto` pandas while the estate fits comfortably in memory.

    Beyond that `auto` takes DuckDB where it is installed.
    """
    if configured == "pandas" or (configured == "auto" and (rows <= PANDAS_ROWS or not find_spec("duckdb"))):
        return PandasEngine()
    return DuckDBEngine()


def open_tables(engine: Engine, tables: Mapping[str, pa.Table]) -> dict[str, Frame]:
    """A lazy frame per canonical table; a table nobody delivered is empty, and what a feed lacks is null."""
    return {
        name: engine.frame(completed(tables.get(name, pa.table({})), table)) for name, table in TABLES.items()
    }
