"""Spark: a cluster by its URL, tables on storage that all of it sees."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from audit.config import Settings
from audit.engines.base import Engine, Frame
from audit.engines.cluster import Cluster
from audit.engines.shelf import Shelf

# a session and a first job: a queue that is longer at night than this is no place for a nightly audit
PATIENCE_SECONDS = 600.0
_SPARK_TYPES: dict[pa.DataType, str] = {
    pa.string(): "string",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp_ntz",
}


class SparkEngine(Engine):
    """Out of core, many machines. Nothing is asked of the cluster before the first frame."""

    name = "spark"

    def __init__(
        self,
        master: str,
        shared: str,
        state: Path,
        conf: Mapping[str, str] | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """`shared` is where tables and steps are put, `state` where the log of the driver goes."""
        self._cluster = Cluster(master, conf or {}, state, patience)
        estate = f"{socket.gethostname()}:{state.resolve()}"
        self._shelf = Shelf(shared, f"pos-audit-{sha256(estate.encode()).hexdigest()[:16]}")

    @classmethod
    def of(cls, settings: Settings) -> SparkEngine:
        """The cluster of `[spark]`."""
        return cls(settings.spark.master, settings.spark_shared, settings.state, settings.spark.plain_conf)

    @cached_property
    def session(self) -> Any:
        """The session, started when it is first needed."""
        self._shelf.open()
        return self._cluster.start(self._shelf)

    def close(self) -> None:
        """See Engine: the night's steps and the tables it did not use are cleared away."""
        if "session" in self.__dict__:
            self._cluster.stop(self.__dict__.pop("session"))
            self._shelf.close()

    def frame(self, rows: pa.Table) -> Frame:
        """The rows as Parquet on the shared storage, whatever the cluster makes of it there."""
        session = self.session
        types = ", ".join(f"`{field.name}` {_SPARK_TYPES[field.type]}" for field in rows.schema)
        return self._lazy(session.read.schema(types).parquet(self._shelf.table(rows)))

    def held(self, frame: Frame) -> Frame:
        """The frame as Parquet: computed once, its plan forgotten, and no loss when an executor dies."""
        native, step = frame.to_native(), self._shelf.step()
        with self._cluster.failures():
            native.write.parquet(step)
        return self._lazy(self.session.read.schema(native.schema).parquet(step))

    def collected(self, frame: Frame) -> pa.Table:
        """See Engine."""
        with self._cluster.failures():
            return super().collected(frame)

    def _beside(self, frame: Frame, side: Frame, on: str) -> Frame:
        """See Engine: Spark's own join, which needs no word about every column."""
        return self._lazy(frame.to_native().join(side.to_native(), on, "left"))

    @staticmethod
    def _lazy(frame: Any) -> Frame:
        lazy: Frame = nw.from_native(frame).lazy()
        return lazy
