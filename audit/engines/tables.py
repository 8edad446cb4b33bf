"""Canonical tables as facts see them: every column, whatever a feed delivered.

What a feed lacks is there as nulls, so that facts are written once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from audit.engines.base import Engine, Frame, with_keys
from audit.engines.parallel import at_once
from audit.intake.feeds import Part, assembled
from audit.intake.kinds import ARROW_TYPES
from audit.tables import TABLES, Table

# where a device stands: its type as a two-digit code, its address in comparable parts, what the province is
# called, its point on the globe in metres (the datum is the source's own), and what is wrong with coordinates
_PLACE: dict[str, pa.DataType] = {
    **dict.fromkeys(("device_type_code", "address_key", "province_code", "city_code"), pa.string()),
    "province_found": pa.string(),
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
    "training": {"trainee_hash": pa.string()},
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
    of_channels = {*table.wide, *table.per_channel}
    own = {
        column.name: ARROW_TYPES[column.kind] for column in table.columns if column.name not in of_channels
    }
    return own | _DERIVED.get(table.name, {}) | _PROVENANCE


def completed(rows: pa.Table, table: Table) -> pa.Table:
    """The rows with exactly the columns of `schema_of`, absent ones as nulls that share their memory."""
    types = schema_of(table)
    nulls = {kind: pa.nulls(rows.num_rows, kind) for kind in set(types.values())}
    return pa.table(
        {
            name: rows[name].cast(kind) if name in rows.column_names else nulls[kind]
            for name, kind in types.items()
        }
    )


def open_tables(engine: Engine, tables: Mapping[str, pa.Table | Sequence[Part]]) -> dict[str, Frame]:
    """A lazy frame per canonical table; a table nobody delivered is empty, and what a feed lacks is null.

    Each is there as rows, or as the files they lie in.
    """
    lying = {
        name: engine.lying(rows, schema_of(TABLES[name]))
        for name, rows in tables.items()
        if engine.reads_parquet and not isinstance(rows, pa.Table)
    }
    others = {name: tables.get(name, ()) for name in TABLES if name not in lying}
    rows = max(map(_count, others.values()), default=0)
    whole = at_once(lambda name: completed(_whole(others[name]), TABLES[name]), others, rows)
    opened = engine.opened(dict(zip(others, whole, strict=True)))
    return opened | {name: with_keys(name, frame) for name, frame in lying.items()}


def _count(rows: pa.Table | Sequence[Part]) -> int:
    return rows.num_rows if isinstance(rows, pa.Table) else sum(part.read for part in rows)


def _whole(rows: pa.Table | Sequence[Part]) -> pa.Table:
    return rows if isinstance(rows, pa.Table) else assembled(rows)
