"""DuckDB: out of core, all processors."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import narwhals.stable.v2 as nw
import pyarrow as pa
import pyarrow.parquet as pq

from audit.config import Settings
from audit.engines.base import Engine, Frame
from audit.engines.memory import machine_bytes
from audit.errors import CannotWrite, ConfigError
from audit.intake.feeds import Part

_TYPES: dict[pa.DataType, str] = {
    pa.string(): "varchar",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
}


class DuckDBEngine(Engine):
    """Out of core, all processors. What does not fit in its memory goes to the place of temporary files."""

    name = "duckdb"
    memory_bytes: int
    reads_parquet = True

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
                # it would gather the wide side of a look-up in memory, for it thinks that few rows have keys
                "disabled_optimizers": "build_side_probe_side",
            },
        )
        self._tables = 0

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
        """See Engine: a view over the files, of which each step reads the columns it looks at."""
        view = self._name("lying")
        files = " union all ".join(self._select(part, types) for part in parts)
        self._connection.execute(f"create view {view} as {files}")
        return self._named(view)

    def _select(self, part: Part, types: Mapping[str, pa.DataType]) -> str:
        path, given = part.path, {}
        if part.is_long:
            given = {"row_id": f"file_row_number + {part.first_id}", "source_file": _literal(part.name)}
        else:  # one row per channel is made in memory, a file at a time
            path = self._folder / f"{self._name('part')}.parquet"
            pq.write_table(part.rows(), path, compression="lz4")
        given = {_quoted(name): _quoted(name) for name in pq.read_schema(path).names} | {
            _quoted(name): value for name, value in given.items()
        }
        columns = ", ".join(
            f"cast({given.get(_quoted(name), 'null')} as {_TYPES[kind]}) as {_quoted(name)}"
            for name, kind in types.items()
        )
        return f"select {columns} from read_parquet({_literal(_plain(path))}, file_row_number = true)"

    def collected(self, frame: Frame) -> pa.Table:
        """See Engine."""
        with self._within_means():
            return super().collected(frame)

    def held(self, frame: Frame) -> Frame:
        """The relation as a table of the connection."""
        name = self._name("held")
        with self._within_means():
            frame.to_native().create(name)
        return self._named(name)

    def kept(self, frame: Frame) -> Frame:
        """See Engine: a view, for wide rows cost more to write down than to read again."""
        return self._named(self._view(frame))

    def staged(self, frame: Frame) -> Frame:
        """See Engine."""
        return self.held(frame)

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
        """See Engine: only rows that share the first of their keys are put in order."""
        rows, first = self._view(frame), _quoted(by[0])
        several, best, picked = self._name("several"), self._name("best"), self._name("picked")
        direction = "desc" if last else "asc"
        ordered = ", ".join(f"{_quoted(name)} {direction}" for name in order)
        partition = ", ".join(map(_quoted, by))
        shares = f"exists (from {several} s where s.one is not distinct from l.{first})"
        with self._within_means():
            self._connection.execute(
                f"create table {several} as select {first} as one from {rows} group by 1 having count(*) > 1"
            )
            if not self._connection.table(several).limit(1).fetchall():
                return self._named(rows)
            self._connection.execute(
                f"create table {best} as from {rows} l where {shares} "
                f"qualify row_number() over (partition by {partition} order by {ordered}) = 1"
            )
        self._connection.execute(
            f"create view {picked} as from {rows} l where not {shares} union all from {best}"
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
        return nw.from_native(self._connection.table(name)).lazy()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _plain(path: Path) -> str:
    """A path that is no pattern, whatever stands in it."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path))
