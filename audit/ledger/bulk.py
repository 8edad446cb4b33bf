"""Whole tables between Arrow and the database: a million rows in seconds, never all as Python objects."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from pyarrow import csv as arrow_csv

_CHUNK = 50_000
_TYPES = {"string": "TEXT", "date32[day]": "DATE", "bool": "BOOLEAN", "int64": "BIGINT"}


def fetch(connection: sa.Connection, query: sa.Select[Any], schema: pa.Schema) -> pa.Table:
    """The rows of a query as a table of that schema; its columns are named and ordered as the query's."""
    # raw values: turning every date into an object and back would cost more than the query
    plain = query.with_only_columns(
        *(
            sa.type_coerce(column, sa.types.NullType()).label(name)
            for column, name in zip(query.selected_columns, schema.names, strict=True)
        ),
        maintain_column_froms=True,
    )
    result = connection.execute(plain, execution_options={"stream_results": True})
    batches = [
        pa.record_batch(
            [
                _array(values, kind)
                for values, kind in zip(zip(*rows, strict=True), schema.types, strict=True)
            ],
            schema=schema,
        )
        for rows in result.partitions(_CHUNK)
    ]
    return pa.Table.from_batches(batches, schema=schema)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_date(kind) and any(isinstance(value, str) for value in values):
        return pa.array(values, pa.string()).cast(kind)
    if pa.types.is_boolean(kind):
        return pa.array([None if value is None else bool(value) for value in values], kind)
    return pa.array(values, kind)


def append(connection: sa.Connection, target: sa.Table, rows: pa.Table) -> None:
    """Insert rows into a table of the ledger, column by name."""
    _fill(connection, target.name, rows)


def load(connection: sa.Connection, name: str, rows: pa.Table, key: str = "finding_id") -> sa.TableClause:
    """Put rows into a temporary table of that name, to be joined by `key`; it ends with the transaction."""
    columns = ", ".join(f"{column.name} {_TYPES[str(column.type)]}" for column in rows.schema)
    is_sqlite = connection.dialect.name == "sqlite"
    where = f"temp.{name}" if is_sqlite else name
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {where}")
    ends = "" if is_sqlite else " ON COMMIT DROP"
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} ({columns}){ends}")
    _fill(connection, name, rows)
    if is_sqlite:
        connection.exec_driver_sql(f"CREATE UNIQUE INDEX temp.{name}_key ON {name} ({key})")
    else:
        connection.exec_driver_sql(f"ANALYZE {name}")
    return sa.table(name, *(sa.column(column) for column in rows.column_names))


def drop(connection: sa.Connection, name: str) -> None:
    """Give the memory of a temporary table back."""
    connection.exec_driver_sql(f"DROP TABLE {name}")


def update(connection: sa.Connection, target: sa.Table, source: sa.TableClause, names: Iterable[str]) -> None:
    """Set the named columns of a table from a temporary one, joined by finding id."""
    connection.execute(
        sa.update(target)
        .values({name: source.c[name] for name in names})
        .where(target.c.finding_id == source.c.finding_id)
    )


def _fill(connection: sa.Connection, name: str, rows: pa.Table) -> None:
    if not rows.num_rows:
        return
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * rows.num_columns)
        statement = f"INSERT INTO {name} ({_quoted(rows.column_names)}) VALUES ({marks})"
        cursor = connection.connection.cursor()
        for batch in _batches(rows):
            rows_of = zip(*(_driver_values(column) for column in batch), strict=True)
            cursor.executemany(statement, list(rows_of))
        cursor.close()
        return
    copy = f"COPY {name} ({_quoted(rows.column_names)}) FROM STDIN (FORMAT csv)"
    options = arrow_csv.WriteOptions(include_header=False, quoting_style="needed")
    with connection.connection.cursor().copy(copy) as stream:
        for batch in _batches(rows):
            buffer = io.BytesIO()
            arrow_csv.write_csv(pa.Table.from_batches([_without_nul(batch)]), buffer, options)
            stream.write(buffer.getbuffer())


def _batches(rows: pa.Table) -> Iterator[pa.RecordBatch]:
    return iter(rows.to_batches(max_chunksize=_CHUNK))


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _driver_values(column: pa.Array) -> list[Any]:
    return (column.cast(pa.string()) if pa.types.is_date(column.type) else column).to_pylist()  # type: ignore[no-any-return]


def _without_nul(batch: pa.RecordBatch) -> pa.RecordBatch:
    """PostgreSQL holds every character but one."""
    columns = [
        pc.replace_substring(column, "\0", "\ufffd") if pa.types.is_string(column.type) else column
        for column in batch.columns
    ]
    return pa.record_batch(columns, schema=batch.schema)
