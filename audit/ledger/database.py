"""The database behind the ledger: SQLite in the state folder unless a URL says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, OperationalError

from audit.errors import CannotWrite, LedgerDamaged, Locked
from audit.files import PRIVATE
from audit.ledger import server
from audit.ledger.estate import is_of_another
from audit.ledger.place import KEY_FILE, copy_ledger, place_to_read, place_to_write, said

HEAD = "0008"  # the newest revision under `migrations`
NEWEST = "newest.sql"  # what they make of an empty file; a test holds it to them
BUSY_MILLISECONDS = 10_000  # how long to wait for somebody else who has the file
_FIRST = "0001"  # what a ledger without a version is
_OPEN = "ledger.open"  # beside the ledger while somebody has it open


class Database:
    """One database; `transaction` is all or nothing.

    Opening brings the schema up to date, and looks the file over when the last one to open it did not get
    to close it. `reading` looks at what is committed, beside a night that may be under way; it looks nothing
    over, and where there is no ledger it reads an empty one and makes none; one it may not write is copied
    aside and read there.
    On a server writers take turns, wherever they run. Raises CannotWrite, LedgerDamaged, Locked where another
    writer is not done in time, or ConfigError for a URL that cannot be used. A server's ledger that another
    estate writes to is refused, unless it is `taken` over with another key.
    """

    def __init__(self, url: str, state: Path, *, reading: bool = False, taken: bool = False) -> None:
        self._reading = reading
        self._state = state
        self._mark = None if reading else state / _OPEN
        self._place = place_to_read(url, state) if reading else place_to_write(url, state)
        self.engine = self._place.engine()
        if self.is_sqlite:
            _configure_sqlite(self.engine, "BEGIN" if reading else "BEGIN IMMEDIATE")
        elif reading:  # what several questions are told is of one moment, as it is in a file
            self.engine = self.engine.execution_options(isolation_level="REPEATABLE READ")
        try:
            self._bring_up(taken=taken)
        except BaseException:
            self._let_go()  # the mark stays: nobody got to close it
            raise

    def _bring_up(self, *, taken: bool) -> None:
        """Bring the schema up to date, and look over a file that its last holder did not get to close."""
        try:
            interrupted = self._mark is not None and self._mark.exists()
            if self._mark:
                self._mark.touch(PRIVATE)
            self._migrate()
            if not self._reading:
                self.require_writable()
                if not taken:
                    self.require_own()
            if interrupted and (problems := self.problems()):
                raise LedgerDamaged("ledger_damaged", path=self._place.shown, detail=problems[0])
        except (OperationalError, OSError) as failure:
            raise self._place.unwritable(failure) from failure
        except DatabaseError as failure:
            if self._place.url:  # a schema that is not there, an option nobody knows: nothing to be restored
                raise self._place.unwritable(failure) from failure
            raise LedgerDamaged("ledger_damaged", path=self._place.shown, detail=said(failure)) from failure

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Everything inside is committed together, or nothing is."""
        try:
            with self._begun() as connection:
                yield connection
        except OperationalError as failure:
            raise self._place.unwritable(failure) from failure
        except DatabaseError as failure:
            if server.refuses(failure):
                raise self._place.unwritable(failure) from failure
            if type(failure) is not DatabaseError:  # a constraint that was broken is a fault of ours
                raise
            raise LedgerDamaged("ledger_damaged", path=self._place.shown, detail=said(failure)) from failure

    @contextmanager
    def _begun(self) -> Iterator[sa.Connection]:
        with self.engine.begin() as connection:
            if not self.is_sqlite:
                server.prepare(connection)
            if not self.is_sqlite and not self._reading:
                self._await_turn(connection)
            yield connection

    def _await_turn(self, connection: sa.Connection) -> None:
        if not server.has_turn(connection, BUSY_MILLISECONDS):
            raise Locked("ledger_busy", path=self._place.shown, seconds=BUSY_MILLISECONDS // 1_000)

    def require_writable(self) -> None:
        """See whether a night could be entered here, without entering anything.

        A file's turn is not waited for. Raises CannotWrite.
        """
        if self.is_sqlite:
            return
        try:
            with self.engine.connect() as connection:
                found = server.hindrance(connection)
        except OperationalError as failure:
            raise self._place.unwritable(failure) from failure
        if found:
            raise CannotWrite("ledger_unusable", path=self._place.shown, detail=found)

    def require_own(self) -> None:
        """See that the ledger is that of the state folder. Raises LedgerDamaged."""
        if self.is_sqlite:
            return
        with self.engine.connect() as connection:
            if is_of_another(connection, self._state / KEY_FILE):
                raise LedgerDamaged("ledger_of_another", path=self._place.shown, state=self._state)

    def problems(self) -> list[str]:
        """What is wrong with the database itself, in its own words; empty when it is sound."""
        from audit.ledger.wording import wordless  # which knows what findings are made of

        with self.transaction() as connection:
            found = _problems_of_file(connection) if self.is_sqlite else []
            if found:
                return found
            try:
                lost = wordless(connection)
            except LedgerDamaged as failure:
                return [str(failure.facts["detail"])]
            return [f"wordings: {lost} findings have none"] if lost else []

    def close(self) -> None:
        """Give the file back."""
        self._let_go()
        if self._mark:
            self._mark.unlink(missing_ok=True)

    def _let_go(self) -> None:
        self.engine.dispose()
        if self._place.aside:
            self._place.aside.cleanup()

    def _migrate(self) -> None:
        """Bring the schema to the newest revision; what a file held before is kept beside it."""
        with self.engine.connect() as connection:
            found = _revision(connection)
        if found == HEAD:
            return
        if found and found > HEAD:
            raise LedgerDamaged("ledger_newer", path=self._place.shown, found=found, known=HEAD)
        if not found and not self._place.url:
            self._create()
            return
        if found and (file := self._place.file):
            copy_ledger(file, file.with_name(f"ledger.before-{HEAD}.sqlite"))
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self._begun() as connection:
            config.attributes["connection"] = connection
            if found == _FIRST:
                command.stamp(config, _FIRST)
            command.upgrade(config, HEAD)

    def _create(self) -> None:
        """What the migrations make of an empty file, without the time it takes to import them."""
        statements = (Path(__file__).parent / NEWEST).read_text(encoding="utf-8").split(";\n\n")
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


def _revision(connection: sa.Connection) -> str:
    """The revision of a database: "" for an empty one, the first for one that never heard of versions."""
    tables = sa.inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return str(connection.scalar(sa.text("SELECT version_num FROM alembic_version")) or "")
    return _FIRST if "runs" in tables else ""


def _problems_of_file(connection: sa.Connection) -> list[str]:
    """What SQLite finds in its pages and references; a server looks after its own."""
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    strays = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return [line for line in found if line != "ok"] + [
        f"{table}: row {row} refers to a missing row of {parent}" for table, row, parent, _ in strays
    ]


def _configure_sqlite(engine: sa.Engine, begin: str) -> None:
    @sa.event.listens_for(engine, "connect")
    def _(connection: Any, _: Any) -> None:
        # the driver's own implicit transactions would leave DDL outside; SQLAlchemy begins them below
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        cursor.execute("PRAGMA cache_size = -65536")  # KiB
        cursor.execute("PRAGMA temp_store = FILE")  # a night of a million findings is larger than memory
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)
