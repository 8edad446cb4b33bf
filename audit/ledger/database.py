"""The database behind the ledger: SQLite in the state folder unless a URL says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from audit.errors import CannotWrite
from audit.files import PRIVATE
from audit.ledger.schema import METADATA


class Database:
    """One database; `transaction` is all or nothing."""

    def __init__(self, url: str, state: Path) -> None:
        file = None if url else state / "ledger.sqlite"
        self._shown = str(file or sa.make_url(url))
        try:
            if file:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch(PRIVATE)
            self.engine = sa.create_engine(url or f"sqlite:///{file}")
            if self.engine.dialect.name == "sqlite":
                _configure_sqlite(self.engine)
            METADATA.create_all(self.engine)
        except (OSError, OperationalError) as failure:
            raise self._unwritable(failure) from failure

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Everything inside is committed together, or nothing is."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except OperationalError as failure:
            raise self._unwritable(failure) from failure

    def close(self) -> None:
        """Give the file back."""
        self.engine.dispose()

    def _unwritable(self, failure: Exception) -> CannotWrite:
        detail = str(getattr(failure, "orig", None) or failure)
        return CannotWrite("cannot_write", path=self._shown, detail=detail)


def _configure_sqlite(engine: sa.Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def _(connection: Any, _: Any) -> None:
        # the driver's own implicit transactions would leave DDL outside; SQLAlchemy begins them below
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA busy_timeout = 10000")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
