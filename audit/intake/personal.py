"""Numbers that identify a person: a mask to show, a keyed hash to join on, nothing else kept."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.characters import byte_lengths
from audit.intake.documents import check_citizen_number
from audit.intake.repeats import decoded, encoded, is_encoded, numbered, spread, whole
from audit.redaction import mask, mask_numbers
from audit.tables import Kind, Table

# a citizen number, or a foreigner's of that form, by its looks, whether or not its check digit is right
_CITIZEN = r"^[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])[0-3]\d{4}[0-9X]$"

_CITIZEN_LENGTH = 18
_SUSPECT = r"\d{11}|\d{3}[ -]\d{4}[ -]\d{4}|\d{4}[ -]\d{4}[ -]\d{4}"  # worth a closer look
_SHORTEST_SUSPECT = 11


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
        if is_encoded(rows[name]) or rows[name].type == pa.string():
            match _kind(name, table):
                case Kind.TEXT:
                    rows = _mask_some(rows, name, _SUSPECT, _SHORTEST_SUSPECT, mask_numbers)
                case Kind.REFERENCE:
                    rows = _mask_some(rows, name, _CITIZEN, _CITIZEN_LENGTH, partial(_tagged, secret=secret))
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


def _mask_some(
    rows: pa.Table, name: str, suspicion: str, shortest: int, masked_text: Callable[[str], str]
) -> pa.Table:
    values, index = numbered(rows[name])
    if not (byte_lengths(values) >= shortest).any():
        return rows
    suspect = pc.fill_null(pc.match_substring_regex(values, suspicion), False)
    if not pc.any(suspect).as_py():
        return rows
    masked = pa.array([masked_text(text) for text in pc.filter(values, suspect).to_pylist()], pa.string())
    found = spread(pc.replace_with_mask(values, suspect, masked), index)
    return rows.set_column(rows.column_names.index(name), name, found)


def _protect(rows: pa.Table, name: str, secret: bytes, everywhere: bool) -> pa.Table:
    column = whole(rows[name])
    values, index = numbered(column if is_encoded(column) else column.dictionary_encode())
    unique = values.to_pylist()
    hashes = [hmac.digest(secret, value.encode(), "sha256").hex()[:32] for value in unique]
    masked = pa.array([mask(value) for value in unique], pa.string())
    if everywhere:
        shown = spread(masked, index)
    else:
        check = decoded(rows["uscc_check"])
        like = pc.or_(
            pc.equal(check, "id_number"),
            pc.and_(pc.match_substring_regex(values, _CITIZEN).take(index), pc.not_equal(check, "valid")),
        )
        shown = encoded(pc.if_else(like, masked.take(index), decoded(column)))
    rows = rows.set_column(rows.column_names.index(name), name, shown)
    return rows.append_column(f"{name}_hash", spread(pa.array(hashes, pa.string()), index))
