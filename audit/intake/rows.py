"""Canonical rows in a file of their own: what the children write and everything after them reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audit.intake.repeats import decoded, is_encoded

SUFFIX = ".parquet"


def write_rows(rows: pa.Table, path: Path) -> None:
    """The rows as Parquet. Texts that repeat stay as each text once, as do days and moments; no others do."""
    types = dict(zip(rows.column_names, rows.schema.types, strict=True))
    texts = [name for name, kind in types.items() if kind == pa.string() or is_encoded(rows[name])]
    ascending = [name for name in ("source_row",) if name in types]
    repeating = [name for name, kind in types.items() if is_encoded(rows[name]) or pa.types.is_temporal(kind)]
    pq.write_table(
        rows,
        path,
        compression={name: "lz4" if name in texts else "none" for name in types},
        use_dictionary=[*repeating, *(name for name in ("copies",) if name in types)],
        column_encoding=dict.fromkeys(ascending, "DELTA_BINARY_PACKED"),
        write_statistics=False,
    )


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
