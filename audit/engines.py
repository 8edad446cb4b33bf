"""Canonical tables as narwhals lazy frames. The only place that names an engine.

Every engine sees the same columns: what a feed lacks is there as nulls, so that facts are written once.
pandas frames are backed by Arrow, because numpy's turn an unknown comparison into a plain "no".
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Protocol

import narwhals.stable.v2 as nw
import pandas as pd
import pyarrow as pa

from audit.errors import ConfigError
from audit.intake.cells import ARROW_TYPES
from audit.tables import TABLES, Table

# rows of all feeds together up to which pandas is chosen by itself; its facts need about 1 GB a million
PANDAS_ROWS = 3_000_000

# where a device stands: its type as a two-digit code, its address in comparable parts, its point on the globe
# in metres (the datum is the source's own), and what is wrong with its coordinates
_PLACE: dict[str, pa.DataType] = {
    **dict.fromkeys(("device_type_code", "address_key", "province_code", "city_code"), pa.string()),
    **dict.fromkeys(("point_x", "point_y", "point_z"), pa.float64()),
    "place_fault": pa.string(),
}
_DERIVED: dict[str, dict[str, pa.DataType]] = {
    "devices": {
        **dict.fromkeys(("device_key", "serial_no_raw"), pa.string()),
        **dict.fromkeys(("firmware_key", "app_version_key", "model_key", "vendor_key"), pa.string()),
        **_PLACE,
        "format_faults": pa.string(),
        "swapped_fields": pa.string(),
    },
    "registrations": {
        "device_key": pa.string(),
        "effective_at": pa.timestamp("us"),
        "serial_no_raw": pa.string(),
        **dict.fromkeys(("uscc_check", "uscc_hash", "settle_account_hash"), pa.string()),
        **_PLACE,
        "format_faults": pa.string(),
        "swapped_fields": pa.string(),
    },
    "merchants": {
        **dict.fromkeys(("uscc_check", "uscc_hash", "legal_id_check", "settle_account_hash"), pa.string()),
        "mid_mcc": pa.string(),
        "format_faults": pa.string(),
        "swapped_fields": pa.string(),
    },
    "models": dict.fromkeys(
        ("model_key", "vendor_key", "min_firmware_key", "min_app_version_key"), pa.string()
    ),
}
_PROVENANCE = {
    "row_id": pa.int64(),
    "source_file": pa.string(),
    "source_sheet": pa.string(),
    "source_row": pa.int64(),
    "rejected": pa.string(),
    "rejected_reasons": pa.string(),
    "unread_text": pa.string(),
    "copies": pa.int64(),
}


def schema_of(table: Table) -> dict[str, pa.DataType]:
    """Every column of a canonical table as facts may ask for it, with its Arrow type."""
    own = {column.name: ARROW_TYPES[column.kind] for column in table.columns if column.name not in table.wide}
    return own | _DERIVED.get(table.name, {}) | _PROVENANCE


def completed(rows: pa.Table, table: Table) -> pa.Table:
    """The rows with exactly the columns of `schema_of`, absent ones as nulls."""
    columns = {
        name: rows[name].cast(kind) if name in rows.column_names else pa.nulls(rows.num_rows, kind)
        for name, kind in schema_of(table).items()
    }
    return pa.table(columns)


class Engine(Protocol):
    """What evaluates facts and rules."""

    name: str

    def frame(self, rows: pa.Table) -> nw.LazyFrame[Any]:
        """An Arrow table as a lazy frame of this engine."""
        ...

    def held(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The frame computed once, to be read several times."""
        ...


class PandasEngine:
    """In memory, one process."""

    name = "pandas"

    def frame(self, rows: pa.Table) -> nw.LazyFrame[Any]:
        """An Arrow-backed pandas frame."""
        frame: pd.DataFrame = rows.to_pandas(types_mapper=pd.ArrowDtype)
        return nw.from_native(frame).lazy()

    def held(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """pandas computes at once; nothing to hold."""
        return frame


class DuckDBEngine:
    """Out of core, all processors."""

    name = "duckdb"

    def __init__(self) -> None:
        try:
            import duckdb
        except ModuleNotFoundError:
            raise ConfigError("engine_missing", engine="duckdb", extra="duckdb") from None
        self._connection = duckdb.connect(":memory:")
        self._tables = 0

    def frame(self, rows: pa.Table) -> nw.LazyFrame[Any]:
        """A DuckDB relation over the Arrow table."""
        return nw.from_native(self._connection.from_arrow(rows)).lazy()

    def held(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The relation as a table of the connection."""
        self._tables += 1
        name = f"held_{self._tables}"
        frame.to_native().create(name)
        return nw.from_native(self._connection.table(name)).lazy()


def choose_engine(configured: str, rows: int) -> Engine:
    """The configured engine, or by `auto` pandas while the estate fits comfortably in memory.

    Beyond that `auto` takes DuckDB where it is installed.
    """
    if configured == "pandas" or (configured == "auto" and (rows <= PANDAS_ROWS or not find_spec("duckdb"))):
        return PandasEngine()
    return DuckDBEngine()


def open_tables(engine: Engine, tables: Mapping[str, pa.Table]) -> dict[str, nw.LazyFrame[Any]]:
    """A lazy frame per canonical table; a table nobody delivered is empty."""
    empty: dict[str, pa.Table] = {
        name: pa.schema(list(schema_of(table).items())).empty_table() for name, table in TABLES.items()
    }
    return {
        name: engine.frame(completed(tables[name], table) if name in tables else empty[name])
        for name, table in TABLES.items()
    }
