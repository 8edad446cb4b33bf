"""Numbers that identify a person: a mask to show, a keyed hash to join on, nothing else kept."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.documents import check_citizen_number
from audit.redaction import mask, mask_numbers
from audit.tables import Kind, Table

# a citizen number, or a foreigner's of that form, by its looks, whether or not its check digit is right
_CITIZEN = r"^[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])[0-3]\d{4}[0-9X]$"

_SUSPECT = r"\d{11}|\d{3}[ -]\d{4}[ -]\d{4}|\d{4}[ -]\d{4}[ -]\d{4}"  # worth a closer look


def protect(rows: pa.Table, table: Table, secret: bytes, unmask: Sequence[str] = ()) -> pa.Table:
    """The rows with personal columns masked and a `<name>_hash` beside each.

    A citizen number in the place of a credit code (micro merchants have none) is masked as well, and so is
    what looks like a number of a person in any other text: remarks, reasons, names, addresses. Numbers that
    name a terminal, a merchant or a paper are what the audit is about, and stay, but for citizen numbers in
    the place of a licence, a batch, a store: these keep a tag, so that two of them are still told apart. The
    columns of `unmask` are hashed and stay in clear.
    """
    for column in table.columns:
        if column.personal and column.name in rows.column_names:
            clear = rows[column.name]
            rows = _protect(rows, column.name, secret, everywhere=True)
            if column.name in unmask:
                rows = rows.set_column(rows.column_names.index(column.name), column.name, clear)
    if "uscc_check" in rows.column_names:
        rows = _protect(rows, "uscc", secret, everywhere=False)
    for name in rows.column_names:
        if rows.schema.field(name).type == pa.string():
            match _kind(name, table):
                case Kind.TEXT:
                    rows = _mask_some(rows, name, _SUSPECT, mask_numbers)
                case Kind.REFERENCE:
                    rows = _mask_some(rows, name, _CITIZEN, partial(_tagged, secret=secret))
    return rows


def _kind(name: str, table: Table) -> Kind:
    """What the text of a column is: an identifier, which stays, a reference, or text of any other kind."""
    column = table.by_name.get(name.removesuffix("_raw"))
    if name == "device_key" or name.endswith("_hash") or (column and column.personal):
        return Kind.IDENTIFIER
    return column.kind if column and column.kind in (Kind.IDENTIFIER, Kind.REFERENCE) else Kind.TEXT


def _tagged(text: str, secret: bytes) -> str:
    if check_citizen_number(text) != "valid":
        return text
    return f"{mask(text)}#{hmac.new(secret, text.encode(), sha256).hexdigest()[:6]}"


def _mask_some(rows: pa.Table, name: str, suspicion: str, masked_text: Callable[[str], str]) -> pa.Table:
    encoded = rows[name].combine_chunks().dictionary_encode()
    suspect = pc.fill_null(pc.match_substring_regex(encoded.dictionary, suspicion), False)
    if not pc.any(suspect).as_py():
        return rows
    texts = pc.filter(encoded.dictionary, suspect).to_pylist()
    masked = pa.array([masked_text(text) for text in texts], pa.string())
    values = pc.replace_with_mask(encoded.dictionary, suspect, masked).take(encoded.indices)
    return rows.set_column(rows.column_names.index(name), name, values)


def _protect(rows: pa.Table, name: str, secret: bytes, everywhere: bool) -> pa.Table:
    encoded = rows[name].combine_chunks().dictionary_encode()
    unique = encoded.dictionary.to_pylist()
    masked = pa.array([mask(value) for value in unique], pa.string()).take(encoded.indices)
    hashes = [hmac.new(secret, value.encode(), sha256).hexdigest()[:32] for value in unique]
    if not everywhere:
        like = pc.or_(
            pc.equal(rows["uscc_check"], "id_number"),
            pc.and_(
                pc.match_substring_regex(rows[name], _CITIZEN), pc.not_equal(rows["uscc_check"], "valid")
            ),
        )
        masked = pc.if_else(like, masked, rows[name])
    rows = rows.set_column(rows.column_names.index(name), name, masked)
    return rows.append_column(f"{name}_hash", pa.array(hashes, pa.string()).take(encoded.indices))
