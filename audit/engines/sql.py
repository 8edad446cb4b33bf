"""SQL as DuckDB reads it: names and values spelt safely, and the rows of canonical files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from audit.intake.feeds import Part

_TYPES: dict[pa.DataType, str] = {
    pa.string(): "varchar",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
}


def scan(
    files: Sequence[tuple[Path, Part]], names: Sequence[str], types: Mapping[str, pa.DataType], long: bool
) -> str:
    """The rows of files that have these columns; `long` where ids and file names are not in them."""
    given = {name: quoted(name) for name in names}
    if long:
        place = "[file_index::bigint + 1]"
        first_ids = [part.first_id for _, part in files]
        sources = ", ".join(literal(part.name) for _, part in files)
        given |= {"row_id": f"file_row_number + {first_ids}{place}", "source_file": f"[{sources}]{place}"}
    columns = ", ".join(
        f"cast({given.get(name, 'null')} as {_TYPES[kind]}) as {quoted(name)}" for name, kind in types.items()
    )
    paths = ", ".join(literal(plain_path(path)) for path, _ in files)
    return f"select {columns} from read_parquet([{paths}], file_row_number = true)"


def quoted(name: str) -> str:
    """A name as it stands, whatever its letters."""
    return '"' + name.replace('"', '""') + '"'


def alike(one: str, other: str, names: Sequence[str]) -> str:
    """The condition that rows have the same in these columns, a null the same as a null."""
    each = (f"{one}.{quoted(name)} is not distinct from {other}.{quoted(name)}" for name in names)
    return " and ".join(each)


def literal(text: str) -> str:
    """A text as a value."""
    return "'" + text.replace("'", "''") + "'"


def plain_path(path: Path) -> str:
    """A path that is no pattern, whatever stands in it."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path))
