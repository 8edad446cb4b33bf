"""DuckDB: out of core, all processors."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import narwhals.stable.v2 as nw
import pyarrow as pa
import pyarrow.parquet as pq

from audit.config import Settings
from audit.engines.base import Engine, Frame
from audit.engines.memory import machine_bytes
from audit.engines.sql import alike, quoted, scan
from audit.errors import CannotWrite, ConfigError
from audit.intake.feeds import Part

# it would gather the wide side of a look-up in memory, for it thinks that few rows have keys
_NOT_BY_ITSELF = "build_side_probe_side"

# a table or view of this engine in what a relation is made of, and what makes other rows of its rows
_NAMED = re.compile(r'"([a-z]+_[0-9]+)"')
_GATHERS = re.compile(r"\b(over|group by|distinct|join|limit)\b", re.IGNORECASE)

LARGE = 40_000  # rows, four times as many as of a side that is looked for whatever the size of the other


class DuckDBEngine(Engine):
    """Out of core, all processors. What does not fit in its memory goes to the place of temporary files."""

    name = "duckdb"
    memory_bytes: int
    reads_parquet = True
    reads_anew = True
    judges_nothing = True

    def __init__(self, memory_bytes: int | None = None) -> None:
        """`memory_bytes` is half of the machine's memory when left out."""
        try:
            import duckdb
        except ModuleNotFoundError:
            raise ConfigError("engine_missing", engine="duckdb", extra="duckdb") from None
        self.memory_bytes = memory_bytes or machine_bytes() // 2
        self._folder = Path(tempfile.mkdtemp(prefix="duckdb-"))
        self._clear = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{self.memory_bytes >> 20}MiB",
                "temp_directory": str(self._folder),
                "preserve_insertion_order": False,  # rows are told apart by their ids
                "disabled_optimizers": _NOT_BY_ITSELF,
            },
        )
        # the night's files do not change, and each step opens them
        self._connection.execute("set parquet_metadata_cache = true")
        self._tables = 0
        self._held: set[str] = set()  # tables whose rows nobody has counted yet
        self._sizes: dict[str, int] = {}  # rows of tables and views, at most
        self._parents: dict[str, tuple[str, ...]] = {}  # views and those that give them their rows
        self._by_name: dict[int, tuple[object, str]] = {}  # relations that are a table or view, by identity

    @classmethod
    def of(cls, settings: Settings) -> DuckDBEngine:
        """With the memory of `[duckdb]`."""
        own = settings.duckdb.memory_gib
        return cls(None if own is None else int(own * (1 << 30)))

    def close(self) -> None:
        """See Engine: nothing is left on the disk."""
        self._connection.close()
        self._clear()

    def frame(self, rows: pa.Table) -> Frame:
        """A DuckDB relation over the Arrow table."""
        return nw.from_native(self._connection.from_arrow(rows)).lazy()

    def lying(self, parts: Sequence[Part], types: Mapping[str, pa.DataType]) -> Frame:
        """See Engine: a view over the files, of which each step reads the columns it looks at.

        Files with the same columns are one scan: what none of them has is a null that its plan can count on.
        """
        of_columns: dict[tuple[pa.Schema, bool], list[tuple[Path, Part]]] = {}
        rows = 0
        for part in parts:
            path = part.path
            if not part.is_long:  # one row per channel is made in memory, a file at a time
                path = self._folder / f"{self._name('part')}.parquet"
                pq.write_table(part.rows(), path, compression="lz4")
            file = pq.ParquetFile(path, memory_map=True)
            of_columns.setdefault((file.schema_arrow.remove_metadata(), part.is_long), []).append(
                (path, part)
            )
            rows += file.metadata.num_rows
        scans = [scan(files, schema.names, types, long) for (schema, long), files in of_columns.items()]
        view = self._view_of("lying", " union all ".join(scans))
        self._sizes[view] = rows
        return self._named(view)

    def collected(self, frame: Frame) -> pa.Table:
        """See Engine."""
        with self._within_means():
            return super().collected(frame)

    def held(self, frame: Frame) -> Frame:
        """The relation as a table of the connection."""
        name = self._name("held")
        with self._within_means():
            frame.to_native().create(name)
        self._held.add(name)
        return self._named(name)

    def kept(self, frame: Frame) -> Frame:
        """See Engine: a view, for wide rows cost more to write down than to read again."""
        return self._named(self._view(frame))

    def staged(self, frame: Frame) -> Frame:
        """See Engine."""
        return self.held(frame)

    def _beside(self, frame: Frame, side: Frame, on: str) -> Frame:
        """See Engine. As views: to plan relations upon relations would take longer than the join."""
        left, right = self._view(frame), self._view(side)
        beside = [f"r.{quoted(name)}" for name in side.collect_schema().names() if name != on]
        joined = self._view_of(
            "joined",
            f"select {', '.join(['l.*', *beside])} from {left} l "
            f"left join {right} r on l.{quoted(on)} = r.{quoted(on)}",
            left,
        )
        return self._named(joined)

    def told(
        self,
        frame: Frame,
        judge: Callable[[Frame], Frame],
        truths: Sequence[str],
        shown: Mapping[str, Sequence[str]],
    ) -> tuple[dict[str, int], dict[str, pa.Table]]:
        """See Engine: all rows are judged once and counted, a second time those that some mark alone."""
        told, ids, judged = self._name("told"), self._name("ids"), self._view(judge(frame))
        counts = [f"count(*) filter (where {quoted(name)} is not false) as {quoted(name)}" for name in truths]
        marks = [f"count(*) filter (where {quoted(name)})" for name in shown]
        some = " or ".join(map(quoted, shown))
        with self._within_means():
            self._connection.execute(
                f"create table {told} as select {', '.join(counts)}, [{', '.join(marks)}] as marks, "
                f"list(row_id) filter (where {some}) as marked from {judged}"
            )
        self._connection.execute(f"create table {ids} as select unnest(marked) as row_id from {told}")
        [(*counted, known)] = self._connection.execute(f"select * exclude (marked) from {told}").fetchall()
        with self._only(ids, self._stems(judged)):
            found = self.marked(self._named(judged), shown)
        if list(map(len, found.values())) != known:
            raise RuntimeError("a row is judged by more than itself and the sides it looks at")
        return dict(zip(truths, counted, strict=True)), found

    def meeting(self, frame: Frame, side: Frame, on: str) -> Frame:
        """See Engine: not for a side that is known to be large, for that takes as long as to join it."""
        if 4 * self._rows(side) > max(self._rows(frame), LARGE):
            return frame
        return self.held(super().meeting(frame, side, on))

    def is_nothing(self, frame: Frame) -> bool:
        """See Engine: of what is held it is known."""
        return not self._rows(frame) and frame.to_native().alias in self._sizes

    def _rows(self, frame: Frame) -> int:
        """How many rows of a table or view the frame holds at most, where that is known; else 0."""
        name = frame.to_native().alias
        if name in self._held:
            [(rows,)] = self._connection.execute(f"select count(*) from {name}").fetchall()
            self._sizes[name] = rows
            self._held.remove(name)
        return self._sizes.get(name, 0)

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
        rows = self._view(frame)
        if (several := self._several(rows, by)) is None:
            return self._named(rows)
        best = self._name("best")
        direction = "desc" if last else "asc"
        ordered = ", ".join(f"{quoted(name)} {direction}" for name in order)
        partition = ", ".join(map(quoted, by))
        shares = f"exists (from {several} s where {alike('s', 'l', by)})"
        with self._within_means():
            self._connection.execute(
                f"create table {best} as from {rows} l where {shares} "
                f"qualify row_number() over (partition by {partition} order by {ordered}) = 1"
            )
        picked = self._view_of("picked", f"from {rows} l where not {shares} union all from {best}")
        self._sizes[picked] = self._sizes.get(rows, 0)
        return self._named(picked)

    def shared(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """See Engine: the keys that several rows have are told first, and are few."""
        rows = self._view(frame)
        several = self._several(rows, by)
        counted = (
            f"select l.*, s.rows as {quoted(name)} from {rows} l join {several} s on {alike('s', 'l', by)}"
        )
        nobody = f"select *, cast(0 as bigint) as {quoted(name)} from {rows} where false"
        return self._named(self._view_of("shared", counted if several else nobody))

    def _several(self, rows: str, by: Sequence[str]) -> str | None:
        """The keys that several of the rows have, and how many do, as a table; None where there are none."""
        counted = None
        for keys in (by[:1], by)[: len(by)]:  # most rows have the first key to themselves
            own = f" l where exists (from {counted} s where {alike('s', 'l', by[:1])})" if counted else ""
            names, several = ", ".join(map(quoted, keys)), self._name("several")
            with self._within_means():
                [(found,)] = self._connection.execute(
                    f"create table {several} as select {names}, count(*) as rows from {rows}{own} "
                    f"group by {names} having count(*) > 1"
                ).fetchall()
            if not found:
                return None
            counted = several
        return counted

    def counted(self, frame: Frame, by: Sequence[str], name: str) -> Frame:
        """See Engine."""
        count = f"count(*) over (partition by {', '.join(map(quoted, by))})"
        query = f"select *, {count} as {quoted(name)} from {self._view(frame)}"
        return self._named(self._view_of("counted", query))

    def _view(self, frame: Frame) -> str:
        native = frame.to_native()
        if (known := self._by_name.get(id(native))) is not None:
            return known[1]
        name, made = self._name("step"), native.sql_query()
        if rows := self._rows(frame):
            self._sizes[name] = rows
        native.create_view(name)
        self._parents[name] = () if _GATHERS.search(made) else tuple(set(_NAMED.findall(made)))
        return name

    def _view_of(self, kind: str, query: str, *parents: str) -> str:
        """The name of a view; `parents` give it their rows, one for one or fewer."""
        name = self._name(kind)
        self._connection.execute(f"create view {name} as {query}")
        self._parents[name] = parents
        return name

    def _stems(self, view: str) -> frozenset[str]:
        """The views that give another its rows, one for one or fewer; all beside them is looked up."""
        parents = self._parents[view]
        if not parents or not all(parent in self._parents for parent in parents):
            return frozenset({view})
        return frozenset().union(*map(self._stems, parents))

    @contextmanager
    def _only(self, ids: str, stems: Collection[str]) -> Iterator[None]:
        """As if the stems had only rows with these ids: few, gathered in memory while their sides pass by."""
        self._connection.execute("set disabled_optimizers = ''")
        for stem in stems:
            self._connection.execute(f"alter view {stem} rename to {stem}_whole")
            self._connection.execute(f"create view {stem} as from {stem}_whole where row_id in (from {ids})")
        try:
            yield
        finally:
            for stem in stems:
                self._connection.execute(f"drop view {stem}")
                self._connection.execute(f"alter view {stem}_whole rename to {stem}")
            self._connection.execute(f"set disabled_optimizers = '{_NOT_BY_ITSELF}'")

    @contextmanager
    def _within_means(self) -> Iterator[None]:
        """What memory and disk do not suffice for, in one sentence."""
        import duckdb

        try:
            yield
        except duckdb.OutOfMemoryException as failure:
            detail = str(failure).splitlines()[0][:300]
            raise ConfigError(
                "duckdb_memory", gib=f"{self.memory_bytes / (1 << 30):.1f}", detail=detail
            ) from failure
        except duckdb.IOException as failure:
            detail = str(failure).splitlines()[0][:300]
            raise CannotWrite("cannot_write", path=str(self._folder), detail=detail) from failure

    def _name(self, kind: str) -> str:
        self._tables += 1
        return f"{kind}_{self._tables}"

    def _named(self, name: str) -> Frame:
        relation = self._connection.table(name)
        self._by_name[id(relation)] = (relation, name)
        return nw.from_native(relation).lazy()
