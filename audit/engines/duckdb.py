"""DuckDB: out of core, all processors."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.engines.base import Engine, Frame
from audit.errors import ConfigError


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

    def close(self) -> None:
        """See Engine."""
        self._connection.close()

    def frame(self, rows: pa.Table) -> Frame:
        """A DuckDB relation over the Arrow table."""
        return nw.from_native(self._connection.from_arrow(rows)).lazy()

    def held(self, frame: Frame) -> Frame:
        """The relation as a table of the connection."""
        name = self._name("held")
        frame.to_native().create(name)
        return self._named(name)

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
