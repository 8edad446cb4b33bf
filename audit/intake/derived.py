"""Columns worked out once at intake, so that no engine has to: keys to match on, check digits, versions."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.documents import check_citizen_numbers, check_credit_codes, is_judged, mcc_of
from audit.intake.perchannel import effective_at
from audit.intake.places import place_columns
from audit.intake.points import with_coordinates
from audit.intake.quality import format_faults, swapped_fields
from audit.intake.repeats import decoded, each, encoded, numbered, spread, whole
from audit.tables import Table
from audit.tables.codes import device_type_code
from audit.tables.vendors import model_key, vendor_before, vendor_key

_DOTTED = re.compile(r"\d+(?:\.\d+)+")
_BUILT = re.compile(r"(?<!\d)20[0-3]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)")
_BARE = re.compile(r"[vV]?(\d{1,9})")
_PART_WIDTH = 10


def with_derived(rows: pa.Table, table: Table) -> pa.Table:
    """The canonical rows, values in clear, with the derived columns of their table."""
    if table.name in ("devices", "registrations"):
        rows = with_coordinates(rows)
    if table.name == "policies":
        rows = _with_policy_ids(rows)
    if {"operation", "reg_status"} <= set(rows.column_names):
        rows = _with_cancellations(rows)
    for name, values in _derived(rows, table).items():
        rows = rows.append_column(name, values)
    return rows


def _derived(rows: pa.Table, table: Table) -> dict[str, pa.Array | pa.ChunkedArray]:
    present = set(rows.column_names)
    found: dict[str, pa.Array | pa.ChunkedArray] = {}
    if "serial_no" in table.by_name:
        found["device_key"] = device_key(rows)
    for name in ("firmware", "app_version", "min_firmware", "min_app_version"):
        if name in present:
            found[f"{name}_key"] = _on_unique(rows[name], version_key)
    if "model" in present:
        found["model_key"] = _on_unique(rows["model"], model_key)
    if present & {"model", "vendor"}:
        found["vendor_key"] = _vendor_keys(rows)
    if "uscc" in present:
        found["uscc_check"] = encoded(each(rows["uscc"], check_credit_codes))
    if present & {"submitted_at", "registered_at"}:
        found["effective_at"] = effective_at(rows)
    if table.name in ("devices", "registrations"):
        if "device_type" in present:
            found["device_type_code"] = _on_unique(rows["device_type"], device_type_code)
        found |= place_columns(rows)
    if table.name == "merchants":
        found |= _of_merchants(rows)
    if table.name in ("devices", "registrations", "merchants"):
        faults = {"format_faults": format_faults(rows), "swapped_fields": swapped_fields(rows)}
        found |= {name: values for name, values in faults.items() if values is not None}
    return found


def _with_cancellations(rows: pa.Table) -> pa.Table:
    """The rows with no registration where one was taken back: 注销, 报备成功.

    As long as that has not succeeded, what stood before does, which this row does not say.
    """
    taken_back = pc.is_in(
        pc.utf8_lower(pc.utf8_trim_whitespace(decoded(rows["operation"]))), value_set=pa.array(_TAKEN_BACK)
    )
    status = decoded(rows["reg_status"])
    ended = pc.if_else(pc.is_in(status, value_set=pa.array(["registered", "cancelled"])), "cancelled", None)
    place = rows.column_names.index("reg_status")
    told = pc.if_else(pc.fill_null(taken_back, False), ended, status)
    return rows.set_column(place, "reg_status", encoded(told)) if pc.any(taken_back).as_py() else rows


_TAKEN_BACK = (
    "注销",
    "删除",
    "撤销",
    "解绑",
    "注销报备",
    "报备注销",
    "终端注销",
    "撤机",
    "d",
    "del",
    "delete",
    "cancel",
)


def _with_policy_ids(rows: pa.Table) -> pa.Table:
    """The rows with the title for a number where a policy has none."""
    known = [rows[name] for name in ("policy_id", "title") if name in rows.column_names]
    named = encoded(pc.coalesce(*map(decoded, known)))
    others = [name for name in rows.column_names if name != "policy_id"]
    return rows.select(others).append_column("policy_id", named)


def _vendor_keys(rows: pa.Table) -> pa.Array:
    """The vendor of each row: the one it names, else the one whose name stands before the model."""
    keys = [
        _on_unique(rows[name], known)
        for name, known in (("vendor", vendor_key), ("model", vendor_before))
        if name in rows.column_names
    ]
    return pc.coalesce(*map(decoded, keys)) if len(keys) > 1 and keys[0].null_count else keys[0]


def _of_merchants(rows: pa.Table) -> dict[str, pa.Array | pa.ChunkedArray]:
    found: dict[str, pa.Array | pa.ChunkedArray] = {"mid_mcc": each(rows["merchant_no"], mcc_of)}
    if "legal_id_no" in rows.column_names:
        check = encoded(each(rows["legal_id_no"], check_citizen_numbers))
        typed = "legal_id_type" in rows.column_names
        found["legal_id_check"] = (
            pc.if_else(is_judged(decoded(rows["legal_id_type"])), check, None) if typed else check
        )
    return found


def device_key(rows: pa.Table) -> pa.Array:
    """What a device is known by: serial, else TUSN, else merchant and terminal number; null for neither.

    The kinds are told apart by a prefix, so that a serial never meets a terminal number.
    """
    key = pa.nulls(rows.num_rows, pa.string())
    for kind, *names in (("sn", "serial_no"), ("tusn", "tusn"), ("tid", "merchant_no", "terminal_id")):
        if key.null_count and all(name in rows.column_names for name in names):
            known, *others = (decoded(rows[name]) for name in names)
            for other in others:
                known = pc.binary_join_element_wise(known, other, "/")
            named = pc.binary_join_element_wise(kind, known, ":")
            key = pc.coalesce(key, named) if key.null_count < len(key) else named
    return key


def version_key(text: str) -> str | None:
    """A version as text that sorts as versions do, or None where the order is unknown.

    >>> version_key("3.10.0") > version_key("V3.2.0"), version_key("3.2") == version_key("3.2.0")
    (True, True)

    The day of a build goes after all else; without one it is not known which: `version_key("V3.2_20240101")`.
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
    built = _BUILT.findall(_DOTTED.sub("", text)) if dotted else []
    return ".".join(str(part).zfill(_PART_WIDTH) for part in parts) + (
        f"+{built[0]}" if len(built) == 1 else ""
    )


def _on_unique(column: pa.ChunkedArray, derive: Callable[[str], str | None]) -> pa.Array:
    values, index = numbered(whole(column).dictionary_encode())
    return spread(pa.array([derive(value) for value in values.to_pylist()], pa.string()), index)
