"""Columns worked out once at intake, so that no engine has to: keys to match on, check digits, versions."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from stdnum.cn import ric, uscc

from audit.tables import Table, normalise_label

_DOTTED = re.compile(r"\d+(?:\.\d+)+")
_BARE = re.compile(r"[vV]?(\d{1,9})")
_PART_WIDTH = 10


def with_derived(rows: pa.Table, table: Table) -> pa.Table:
    """The canonical rows with the derived columns of their table."""
    if "serial_no" in table.by_name:
        rows = rows.append_column("device_key", device_key(rows))
    for name in ("firmware", "app_version", "min_firmware", "min_app_version"):
        if name in rows.column_names:
            rows = rows.append_column(f"{name}_key", _on_unique(rows[name], version_key))
    for name in ("model", "vendor"):
        if name in rows.column_names:
            rows = rows.append_column(f"{name}_key", _on_unique(rows[name], normalise_label))
    if "uscc" in rows.column_names:
        rows = rows.append_column("uscc_check", _on_unique(rows["uscc"], check_uscc))
    if "submitted_at" in rows.column_names or "registered_at" in rows.column_names:
        rows = rows.append_column("effective_at", _effective_at(rows))
    return rows


def device_key(rows: pa.Table) -> pa.ChunkedArray:
    """What a device is known by: serial, else TUSN, else merchant and terminal number; null for neither.

    The kinds are told apart by a prefix, so that a serial never meets a terminal number.
    """
    absent = pa.chunked_array([pa.nulls(rows.num_rows, pa.string())])

    def column(name: str) -> pa.ChunkedArray:
        return rows[name] if name in rows.column_names else absent

    pair = pc.binary_join_element_wise(column("merchant_no"), column("terminal_id"), "/")
    return pc.coalesce(
        pc.binary_join_element_wise("sn", column("serial_no"), ":"),
        pc.binary_join_element_wise("tusn", column("tusn"), ":"),
        pc.binary_join_element_wise("tid", pair, ":"),
    )


def version_key(text: str) -> str | None:
    """A version as text that sorts as versions do, or None where the order is unknown.

    >>> version_key("3.10.0") > version_key("V3.2.0"), version_key("3.2") == version_key("3.2.0")
    (True, True)
    """
    dotted = _DOTTED.findall(text)
    if len(dotted) == 1:
        parts = [int(part) for part in dotted[0].split(".")]
    elif not dotted and (bare := _BARE.fullmatch(text)):
        parts = [int(bare[1])]
    else:
        return None
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return ".".join(str(part).zfill(_PART_WIDTH) for part in parts)


def check_uscc(number: str) -> str:
    """What a credit code is: "valid", "legacy" (a licence number of 15 digits), "id_number" or "invalid".

    GB 32100-2015: 18 characters, check character by weights of 3^i mod 31. A micro merchant has no code
    and is known by its principal's citizen number instead.

    >>> check_uscc("91350100M000100Y43"), check_uscc("91350100M000100Y44")
    ('valid', 'invalid')
    """
    if uscc.is_valid(number):
        return "valid"
    if re.fullmatch(r"\d{15}", number):
        return "legacy"
    if ric.is_valid(number):
        return "id_number"
    return "invalid"


def _effective_at(rows: pa.Table) -> pa.ChunkedArray:
    known = [rows[name] for name in ("registered_at", "submitted_at") if name in rows.column_names]
    return pc.coalesce(*known)


def _on_unique(column: pa.ChunkedArray, derive: Callable[[str], str | None]) -> pa.Array:
    encoded = column.combine_chunks().dictionary_encode()
    derived = pa.array([derive(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return derived.take(encoded.indices)
