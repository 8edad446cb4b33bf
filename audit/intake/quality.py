"""Values whose form is not that of their column, and values that seem to stand in each other's column."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_TERMINAL_LENGTH = 8  # ISO 8583 field 41
# shares of a column's values from which on their form is the column's own
_USUAL_TERMINAL, _USUAL_MERCHANT, _USUAL_PAIR = 0.8, 0.99, 0.9
_SEEN = 0.01  # a form this share of a column has is one of its forms
_PAIRS = (("serial_no", "merchant_no"), ("terminal_id", "merchant_no"))


def format_faults(rows: pa.Table) -> pa.ChunkedArray | None:
    """Per row, ",terminal_id,merchant_no," - the columns whose form is not that of their kind; null for none.

    Terminal numbers have 8 characters unless more than a fifth of the file's have not; merchant numbers have
    6 to 32 and, where nearly all of the file's have one length, that length; categories have 4 digits.
    None where the rows have none of these columns.
    """
    faults = {
        name: pc.fill_null(judge(rows[name]), False)
        for name, judge in (("terminal_id", _terminal), ("merchant_no", _merchant), ("mcc", _category))
        if name in rows.column_names
    }
    if not faults:
        return None
    named = pc.binary_join_element_wise(
        *(pc.if_else(fault, f"{name},", "") for name, fault in faults.items()), ""
    )
    return pc.if_else(pc.equal(named, ""), None, pc.binary_join_element_wise(",", named, ""))


def swapped_fields(rows: pa.Table) -> pa.ChunkedArray | None:
    """Per row, "serial_no,merchant_no" where each value has the form of the other's column; null elsewhere.

    Only where nine in ten merchant numbers are digits of one length and hardly another column's value is:
    where both columns look alike, nothing can be told. None where the rows have no such pair of columns.
    """
    pairs = [
        pc.if_else(_exchanged(rows[one], rows[other]), f"{one},{other}", None)
        for one, other in _PAIRS
        if one in rows.column_names and other in rows.column_names
    ]
    return pc.coalesce(*pairs).cast(pa.string()) if pairs else None


def _terminal(column: pa.ChunkedArray) -> pa.ChunkedArray:
    wrong = pc.invert(pc.match_substring_regex(column, rf"^[0-9A-Za-z]{{{_TERMINAL_LENGTH}}}$"))
    usual = pc.mean(pc.equal(pc.utf8_length(column), _TERMINAL_LENGTH)).as_py() or 0
    return wrong if usual >= _USUAL_TERMINAL else pc.and_(wrong, False)


def _merchant(column: pa.ChunkedArray) -> pa.ChunkedArray:
    wrong = pc.invert(pc.match_substring_regex(column, r"^[0-9A-Z]{6,32}$"))
    lengths = pc.utf8_length(column)
    length, share = _commonest(lengths)
    return pc.or_(wrong, pc.not_equal(lengths, length)) if share >= _USUAL_MERCHANT else wrong


def _category(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.invert(pc.match_substring_regex(column, r"^[0-9]{4}$"))


def _exchanged(column: pa.ChunkedArray, merchants: pa.ChunkedArray) -> pa.ChunkedArray:
    """Where a value has the form of a merchant number and the merchant number that of a value here."""
    nowhere = pa.chunked_array([pa.repeat(False, len(column))])
    own, theirs = _forms(column), _forms(merchants)
    form, share = _commonest(theirs)
    if share < _USUAL_PAIR or not str(form).startswith("digits"):
        return nowhere
    counts = {one["values"]: one["counts"] for one in pc.value_counts(own.drop_null()).to_pylist()}
    known = sum(counts.values())
    if counts.pop(form, 0) > known * (1 - _USUAL_PAIR):
        return nowhere
    seen = pa.array([one for one, count in counts.items() if count >= known * _SEEN], pa.string())
    return pc.fill_null(pc.and_(pc.equal(own, form), pc.is_in(theirs, value_set=seen)), False)


def _forms(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """ "digits 15", "mixed 12": what a value is made of and how long it is."""
    kind = pc.if_else(pc.match_substring_regex(column, r"^[0-9]+$"), "digits", "mixed")
    return pc.binary_join_element_wise(kind, pc.cast(pc.utf8_length(column), pa.string()), " ")


def _commonest(column: pa.ChunkedArray) -> tuple[object, float]:
    """The commonest value and its share of those that are not null; (None, 0.0) of none."""
    found = pc.value_counts(column.drop_null()).to_pylist()
    if not found:
        return None, 0.0
    commonest = max(found, key=lambda one: one["counts"])
    return commonest["values"], commonest["counts"] / sum(one["counts"] for one in found)
