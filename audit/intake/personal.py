"""Numbers that identify a person: a mask to show, a keyed hash to join on, nothing else kept."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.characters import byte_lengths
from audit.intake.documents import are_citizen_numbers
from audit.intake.repeats import decoded, encoded, is_encoded, numbered, spread, whole
from audit.redaction import mask_numbers, mask_persons
from audit.tables import Kind, Table

# a citizen number, or a foreigner's of that form, by its looks, whether or not its check digit is right
_CITIZEN = r"^[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])[0-3]\d{4}[0-9X]$"

_CITIZEN_LENGTH = 18
_NO_CREDIT_CODE = rf"{_CITIZEN}|^(?:86)?1[3-9]\d{{9}}$|^62\d{{14,17}}$"  # or a mobile number, a card
_DIGIT, _GAP = "[0-9０-９]", r"[^0-9０-９\pL]{1,3}"
# worth a closer look
_SUSPECT = f"{_DIGIT}{{11}}|{_DIGIT}{{3}}{_GAP}(?:{_DIGIT}{{4}}{_GAP}{_DIGIT}{{4}}|{_DIGIT}{{8}})"
_SHORTEST_SUSPECT = 11
_SUSPECT_WORDS = rf"\p{{Han}}.*(?:{_SUSPECT})|(?:{_SUSPECT}).*\p{{Han}}"  # words, in the place of a number
_HASH = 32  # hex digits
_TAG = 6


def protect(rows: pa.Table, table: Table, secret: bytes, unmask: Sequence[str] = ()) -> pa.Table:
    """The rows with personal columns masked and a `<name>_hash` beside each.

    A number of a person in the place of a credit code (micro merchants have none) is masked as well, and so
    is what looks like one in any other text: remarks, reasons, names, addresses. Numbers that
    name a terminal, a merchant or a paper are what the audit is about, and stay, but for citizen numbers in
    the place of a licence, a batch, a store: these keep a tag, so that two of them are still told apart; and
    but for numbers of persons among words there, an agency's or a shop's with somebody's telephone. The
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
                    rows = _mask_some(rows, name, _SUSPECT, _SHORTEST_SUSPECT, _without_numbers)
                case Kind.REFERENCE:
                    rows = _mask_some(rows, name, _CITIZEN, _CITIZEN_LENGTH, partial(_tagged, secret=secret))
                    rows = _mask_some(rows, name, _SUSPECT_WORDS, _SHORTEST_SUSPECT, _without_persons)
    return rows


def _kind(name: str, table: Table) -> Kind:
    """What the text of a column is: an identifier, which stays, a reference, or text of any other kind."""
    column = table.by_name.get(name.removesuffix("_raw"))
    if name == "device_key" or name.endswith("_hash") or (column and column.personal):
        return Kind.IDENTIFIER
    return column.kind if column and column.kind in (Kind.IDENTIFIER, Kind.REFERENCE) else Kind.TEXT


def masked(texts: pa.Array) -> pa.Array:
    """What `redaction.mask` shows of each: the first three and the last four characters, of eight or more.

    >>> masked(pa.array(["13800138000", "12345", None])).to_pylist()
    ['138****8000', '*****', None]
    """
    length = pc.utf8_length(texts)
    is_short = pc.less(length, 8)
    stars = pc.binary_repeat("*", pc.if_else(is_short, length, pc.subtract(length, 7)))
    ends = (pc.utf8_slice_codeunits(texts, 0, 3), stars, pc.utf8_slice_codeunits(texts, -4))
    return pc.if_else(is_short, stars, pc.binary_join_element_wise(*ends, ""))


def _without_numbers(texts: pa.Array) -> pa.Array:
    return pa.array(map(mask_numbers, texts.to_pylist()), pa.string())


def _without_persons(texts: pa.Array) -> pa.Array:
    return pa.array(map(mask_persons, texts.to_pylist()), pa.string())


def _tagged(texts: pa.Array, secret: bytes) -> pa.Array:
    tags = pa.array([digest[:_TAG] for digest in _digests(texts, secret)], pa.string())
    tagged = pc.binary_join_element_wise(masked(texts), tags, "#")
    return pc.if_else(pa.array(are_citizen_numbers(texts)), tagged, texts)


def _digests(texts: pa.Array, secret: bytes) -> list[str]:
    """The keyed hash of each text, in hex digits."""
    return [hmac.digest(secret, text.encode(), "sha256").hex() for text in texts.to_pylist()]


def _mask_some(
    rows: pa.Table, name: str, suspicion: str, shortest: int, hidden: Callable[[pa.Array], pa.Array]
) -> pa.Table:
    values, index = numbered(rows[name])
    if not (byte_lengths(values) >= shortest).any():
        return rows
    suspect = pc.fill_null(pc.match_substring_regex(values, suspicion), False)
    if not pc.any(suspect).as_py():
        return rows
    found = spread(pc.replace_with_mask(values, suspect, hidden(pc.filter(values, suspect))), index)
    return rows.set_column(rows.column_names.index(name), name, found)


def _protect(rows: pa.Table, name: str, secret: bytes, everywhere: bool) -> pa.Table:
    column = whole(rows[name])
    values, index = numbered(column if is_encoded(column) else column.dictionary_encode())
    hashes = pa.array([digest[:_HASH] for digest in _digests(values, secret)], pa.string())
    hidden = masked(values)
    if everywhere:
        shown = spread(hidden, index)
    else:
        check = decoded(rows["uscc_check"])
        like = pc.or_(
            pc.equal(check, "id_number"),
            pc.and_(
                pc.match_substring_regex(values, _NO_CREDIT_CODE).take(index), pc.not_equal(check, "valid")
            ),
        )
        shown = encoded(pc.if_else(like, hidden.take(index), decoded(column)))
    rows = rows.set_column(rows.column_names.index(name), name, shown)
    return rows.append_column(f"{name}_hash", spread(hashes, index))
