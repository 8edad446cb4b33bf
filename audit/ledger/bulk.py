"""Whole tables between Arrow and the database: a million rows in seconds, never all as Python objects.

SQLite takes and gives rows in its own process; PostgreSQL copies them as CSV.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from pyarrow import csv as arrow_csv
from sqlalchemy.exc import DBAPIError

from audit.intake.repeats import whole
from audit.ledger.columns import objects

_CHUNK = 10_000
_FETCHED = 2_000  # rows at a time, which turn into columns quickest
_MOST_VALUES = 999  # in a statement: what any SQLite takes, and about where more makes it no faster
_MANY = 100  # rows from which it pays to look at them first
_TYPES = {"string": "TEXT", "date32[day]": "DATE", "bool": "BOOLEAN", "int64": "BIGINT"}


def fetch(connection: sa.Connection, query: sa.Select[Any], schema: pa.Schema) -> pa.Table:
    """The rows of a query as a table of that schema, whose columns are those of the query in order."""
    plain = str(query.compile(connection.engine, compile_kwargs={"literal_binds": True}))
    if _is_sqlite(connection):
        batches = _sqlite_batches(connection, plain, schema)
    else:  # it is compiled for a driver that is given values beside it: every % is doubled
        batches = _postgres_batches(connection, plain.replace("%%", "%"), schema)
    return pa.Table.from_batches(batches, schema=schema)


def _sqlite_batches(connection: sa.Connection, query: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with _drivers_failures(connection):
        cursor = connection.connection.cursor()
        cursor.execute(query)
        while rows := cursor.fetchmany(_FETCHED):
            columns = zip(zip(*rows, strict=True), schema.types, strict=True)
            yield pa.record_batch([_array(values, kind) for values, kind in columns], schema=schema)
        cursor.close()


@contextmanager
def _drivers_failures(connection: sa.Connection) -> Iterator[None]:
    """What the driver raises where it is asked directly, as SQLAlchemy raises it."""
    driver = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as failure:
        raise DBAPIError.instance(None, None, failure, driver.Error, dialect=connection.dialect) from failure


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_date(kind):
        return pa.array(values, pa.string()).cast(kind)
    if pa.types.is_boolean(kind):
        return pa.array(values, pa.int8()).cast(kind)
    return pa.array(values, kind)


def _postgres_batches(connection: sa.Connection, query: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with tempfile.TemporaryFile() as file:
        with _drivers_failures(connection):
            _copy_out(connection, query, file)
        if not file.tell():
            return
        file.seek(0)
        yield from arrow_csv.open_csv(
            file,
            arrow_csv.ReadOptions(column_names=schema.names, block_size=1 << 24),
            arrow_csv.ParseOptions(newlines_in_values=True),
            arrow_csv.ConvertOptions(
                column_types=schema,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                true_values=["t"],
                false_values=["f"],
            ),
        )


def _copy_out(connection: sa.Connection, query: str, file: IO[bytes]) -> None:
    """Write what a query gives as CSV.

    By the C library's own calls, for each row comes by itself, and psycopg's `copy` waits for each as if it
    took long: a third of the time.
    """
    from psycopg.errors import error_from_result
    from psycopg.pq import ExecStatus

    library = connection.connection.driver_connection.pgconn  # type: ignore[union-attr]
    result = library.exec_(f"COPY ({query}) TO STDOUT (FORMAT csv)".encode())
    if result.status == ExecStatus.COPY_OUT:
        take, write = library.get_copy_data, file.write
        while (taken := take(0))[0] > 0:
            write(taken[1])
        result = library.get_result()
        library.get_result()  # none, which ends the command
    if result.status != ExecStatus.COMMAND_OK:
        raise error_from_result(result)


def append(connection: sa.Connection, target: sa.Table, rows: pa.Table) -> None:
    """Insert rows into a table of the ledger, column by name."""
    if _is_sqlite(connection):
        said = _said_once(rows)
        marks = ", ".join(said.get(name, "?") for name in rows.column_names)
        into = f"{target.name} ({_quoted(rows.column_names)})"
        _insert(connection, into, marks, rows.drop_columns(list(said)))
    else:
        _copy(connection, target.name, rows)


def update(connection: sa.Connection, target: sa.Table, rows: pa.Table) -> None:
    """Set the columns of `rows` in the rows of a table that have their finding id."""
    names = [name for name in rows.column_names if name != "finding_id"]
    if not rows.num_rows or not names:
        return
    if _is_sqlite(connection):
        said = _said_once(rows)
        settings = ", ".join(f'"{name}" = {said.get(name, "?")}' for name in names)
        bound = [name for name in names if name not in said]
        _execute_many(
            connection,
            f"UPDATE {target.name} SET {settings} WHERE finding_id = ?",
            _lines(rows.select([*bound, "finding_id"])),
            len(bound) + 1,
        )
        return
    source = load(connection, "changed", rows)
    connection.execute(
        sa.update(target)
        .values({name: source.c[name] for name in names})
        .where(target.c.finding_id == source.c.finding_id)
    )
    drop(connection, "changed")


def load(connection: sa.Connection, name: str, rows: pa.Table) -> sa.TableClause:
    """Put rows into a temporary table of that name, to be joined and dropped."""
    columns = ", ".join(f'"{column.name}" {_TYPES[str(column.type)]}' for column in rows.schema)
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} ({columns})")
    if _is_sqlite(connection):
        _insert(connection, f"temp.{name}", ", ".join("?" * rows.num_columns), rows)
    else:
        _copy(connection, name, rows)
        connection.exec_driver_sql(f"ANALYZE {name}")
    kinds: dict[str, Any] = {
        "string": sa.Text(),
        "date32[day]": sa.Date(),
        "bool": sa.Boolean(),
        "int64": sa.BigInteger(),
    }
    return sa.table(name, *(sa.column(column.name, kinds[str(column.type)]) for column in rows.schema))


def drop(connection: sa.Connection, name: str) -> None:
    """Give a temporary table back."""
    connection.exec_driver_sql(f"DROP TABLE {name}")


def _is_sqlite(connection: sa.Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _insert(connection: sa.Connection, into: str, marks: str, rows: pa.Table) -> None:
    """Insert rows, many in a statement: for each the driver gives Python's lock away and waits for it."""
    together = max(1, _MOST_VALUES // rows.num_columns)
    rest = len(rows) % together
    for lines, each in ((rows.slice(0, len(rows) - rest), together), (rows.slice(len(rows) - rest), 1)):
        insert = f"INSERT INTO {into} VALUES {', '.join([f'({marks})'] * each)}"
        _execute_many(connection, insert, _lines(lines), each * rows.num_columns)


def _lines(rows: pa.Table) -> Iterator[tuple[Any, ...]]:
    for batch in rows.to_batches(max_chunksize=_CHUNK):
        yield from zip(*(_driver_values(column) for column in batch.columns), strict=True)


def _execute_many(
    connection: sa.Connection, statement: str, lines: Iterable[tuple[Any, ...]], values: int
) -> None:
    """Execute a statement again and again, each time with so many of the lines' values."""
    each = chain.from_iterable(lines)
    with _drivers_failures(connection):
        cursor = connection.connection.cursor()
        cursor.executemany(statement, zip(*[each] * values, strict=True))  # type: ignore[arg-type]
        cursor.close()


def _said_once(rows: pa.Table) -> dict[str, str]:
    """What is the same in every row, as it is written in a statement: half of the time goes into binding."""
    said = {}
    for name in rows.column_names if rows.num_rows >= _MANY else ():
        column = rows[name]
        if name == "finding_id" or not column[0].equals(column[-1]):
            continue
        if len(values := pc.unique(column)) == 1:
            [value] = _driver_values(whole(values))
            if value is None:
                said[name] = "NULL"
            elif not isinstance(value, str):
                said[name] = str(int(value))
            elif "\0" not in value:  # which ends a statement
                said[name] = "'" + value.replace("'", "''") + "'"
    return said


def _driver_values(column: pa.Array) -> Iterable[Any]:
    """Values as SQLite keeps them."""
    return objects(column.cast(pa.string()) if pa.types.is_date(column.type) else column)


def _copy(connection: sa.Connection, name: str, rows: pa.Table) -> None:
    options = arrow_csv.WriteOptions(include_header=False, quoting_style="needed")
    copy = f"COPY {name} ({_quoted(rows.column_names)}) FROM STDIN (FORMAT csv)"
    with _drivers_failures(connection), connection.connection.cursor().copy(copy) as stream:
        for batch in rows.to_batches(max_chunksize=_CHUNK):
            buffer = io.BytesIO()
            arrow_csv.write_csv(pa.Table.from_batches([_without_nul(batch)]), buffer, options)
            stream.write(buffer.getbuffer())


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _without_nul(batch: pa.RecordBatch) -> pa.RecordBatch:
    """PostgreSQL holds every character but one."""
    columns = [
        pc.replace_substring(column, "\0", "\ufffd") if pa.types.is_string(column.type) else column
        for column in batch.columns
    ]
    return pa.record_batch(columns, schema=batch.schema)
