"""Canonical rows in a file of their own: what the children write and everything after them reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audit.intake.repeats import decoded, is_encoded

SUFFIX = ".parquet"


def write_rows(rows: pa.Table, path: Path) -> None:
    """The rows as Parquet. Columns whose values repeat stay as each value once, and no others are tried."""
    repeating = [name for name in rows.column_names if is_encoded(rows[name])]
    pq.write_table(rows, path, compression="lz4", use_dictionary=repeating, write_statistics=False)


def read_rows(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a file, or some of their columns, with a value in every row."""
    # not pq.read_table: the data sets it is made of import pandas
    with pq.ParquetFile(path, memory_map=True) as file:
        rows = file.read(None if columns is None else list(columns))
    return pa.table({name: decoded(rows[name]) for name in rows.column_names})


def names_of(path: Path) -> list[str]:
    """The names of the columns of a file."""
    names: list[str] = pq.read_schema(path).names
    return names
