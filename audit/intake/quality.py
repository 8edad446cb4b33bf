"""Values whose form is not that of their column, and values that seem to stand in each other's column."""

from __future__ import annotations

import string

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.characters import bytes_of, lengths, made_of
from audit.intake.repeats import numbered, per_row, spread, whole

_TERMINAL_LENGTH = 8  # ISO 8583 field 41
# shares of a column's values from which on their form is the column's own
_USUAL_TERMINAL, _USUAL_MERCHANT, _USUAL_PAIR = 0.8, 0.99, 0.9
_SEEN = 0.01  # a form this share of a column has is one of its forms
_DIGITS = bytes_of(string.digits)
_CAPITALS_OR_DIGITS = bytes_of(string.digits + string.ascii_uppercase)
_LETTERS_OR_DIGITS = bytes_of(string.digits + string.ascii_letters)
_PAIRS = (("serial_no", "merchant_no"), ("terminal_id", "merchant_no"))
_COLUMNS = ("serial_no", "terminal_id")  # exchanged as a whole, where they are
_OWNERS = ("serial_no", "merchant_no")
_MERCHANTS_FORM = 2 * 15 + 1  # of card schemes: 15 digits
_MORE = 1.25  # times as many
_FEWEST = 5  # rows of which anything is said


def format_faults(rows: pa.Table) -> pa.Array | None:
    """Per row, ",terminal_id,merchant_no," - the columns whose form is not that of their kind; null for none.

    Terminal numbers have 8 characters unless more than a fifth of the file's have not; merchant numbers have
    6 to 32 and, where nearly all of the file's have one length, that length; categories have 4 digits.
    None where the rows have none of these columns.
    """
    faults = {
        name: judge(whole(rows[name]))
        for name, judge in (("terminal_id", _terminal), ("merchant_no", _merchant), ("mcc", _category))
        if name in rows.column_names
    }
    if not faults:
        return None
    found = np.zeros(rows.num_rows, np.int32)  # a bit for each column
    for place, fault in enumerate(faults.values()):
        found |= fault.astype(np.int32) << place
    names = [
        "".join(f"{name}," for place, name in enumerate(faults) if number >> place & 1)
        for number in range(1 << len(faults))
    ]
    return spread(pa.array([f",{name}" if name else None for name in names], pa.string()), pa.array(found))


def swapped_fields(rows: pa.Table) -> pa.Array | None:
    """Per row, "serial_no,merchant_no" where each value has the form of the other's column; null elsewhere.

    Only where nine in ten merchant numbers are digits of one length and hardly another column's value is:
    where both columns look alike, nothing can be told. And "serial_no,terminal_id" in every row where the
    serial numbers of the file have the 8 characters of terminal numbers, and its terminal numbers more;
    "serial_no,merchant_no" where its serial numbers have the 15 digits of merchant numbers and its merchant
    numbers have not, and there are more of the latter: a device has one merchant, a merchant many devices.
    None where the rows have no such pair of columns.
    """
    pairs = [pair for pair in (*_PAIRS, _COLUMNS) if all(name in rows.column_names for name in pair)]
    if not pairs:
        return None
    forms = {name: _forms(whole(rows[name])) for name in {name for pair in pairs for name in pair}}
    found = np.zeros(rows.num_rows, np.int32)
    for place, pair in reversed(list(enumerate(pairs, 1))):
        one, other = (forms[name] for name in pair)
        found[_all_exchanged(one, other) if pair == _COLUMNS else _exchanged(one, other)] = place
        if pair == _OWNERS:
            found[_owned_by_many(one, other, rows)] = place
    return spread(pa.array([None, *map(",".join, pairs)], pa.string()), pa.array(found))


def _terminal(column: pa.Array) -> np.ndarray:
    counted = _lengths(column)
    known = counted >= 0
    if not known.any() or (counted[known] == _TERMINAL_LENGTH).mean() < _USUAL_TERMINAL:
        return np.zeros(len(column), bool)
    wrong: np.ndarray = known & ~((counted == _TERMINAL_LENGTH) & _made_of(column, _LETTERS_OR_DIGITS))
    return wrong


def _merchant(column: pa.Array) -> np.ndarray:
    counted = _lengths(column)
    known = counted >= 0
    wrong: np.ndarray = known & ~(_made_of(column, _CAPITALS_OR_DIGITS) & (counted >= 6) & (counted <= 32))
    length, share = _commonest(counted)
    return wrong | (known & (counted != length)) if share >= _USUAL_MERCHANT else wrong


def _category(column: pa.Array) -> np.ndarray:
    counted = _lengths(column)
    wrong: np.ndarray = (counted >= 0) & ~((counted == 4) & _made_of(column, _DIGITS))
    return wrong


def _exchanged(own: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Where a value has the form of a merchant number and the merchant number that of a value here."""
    nowhere = np.zeros(len(own), bool)
    form, share = _commonest(theirs)
    if share < _USUAL_PAIR or not form % 2:  # even: not digits alone
        return nowhere
    counts = np.bincount(own[own >= 0])
    known = counts.sum()
    if form < len(counts):
        if counts[form] > known * (1 - _USUAL_PAIR):
            return nowhere
        counts[form] = 0
    seen = np.flatnonzero((counts > 0) & (counts >= known * _SEEN))
    nowhere[own == form] = np.isin(theirs[own == form], seen)
    return nowhere


def _all_exchanged(serials: np.ndarray, terminals: np.ndarray) -> np.ndarray:
    """Rows with a terminal number for a serial and something longer for its terminal number, if most are."""
    known = (serials >= 0) & (terminals >= 0)
    like_terminals: np.ndarray = known & (serials // 2 == _TERMINAL_LENGTH)
    exchanged: np.ndarray = like_terminals & (terminals // 2 > _TERMINAL_LENGTH)
    if known.sum() < _FEWEST or exchanged.sum() < known.sum() * _USUAL_PAIR:
        return np.zeros(len(serials), bool)
    return exchanged


def _owned_by_many(serials: np.ndarray, merchants: np.ndarray, rows: pa.Table) -> np.ndarray:
    """Rows with a merchant number for a serial number and none for the merchant's, if nearly all are such and
    one of the former stands beside many of the latter."""
    known = (serials >= 0) & (merchants >= 0)
    like_merchants: np.ndarray = known & (serials == _MERCHANTS_FORM) & (merchants != _MERCHANTS_FORM)
    nowhere = np.zeros(len(serials), bool)
    if known.sum() < _FEWEST or like_merchants.sum() < known.sum() * _USUAL_PAIR:
        return nowhere
    several, many = (len(pc.unique(numbered(whole(rows[name]))[0])) for name in _OWNERS)
    return like_merchants if several > 1 and many >= _MORE * several else nowhere


def _forms(column: pa.Array) -> np.ndarray:
    """What a value is made of and how long it is: twice its length, one more of digits alone; -1 for null."""
    counted = _lengths(column)
    forms: np.ndarray = np.where(counted < 0, -1, 2 * counted + _made_of(column, _DIGITS))
    return forms


def _lengths(column: pa.Array) -> np.ndarray:
    """Characters of every value; -1 for null."""
    values, index = numbered(column)
    found = lengths(values)
    if index is None:
        return found
    counted: np.ndarray = np.append(found, -1)[index.fill_null(-1).to_numpy(zero_copy_only=False)]
    return counted


def _made_of(column: pa.Array, characters: np.ndarray) -> np.ndarray:
    """Whether a value has characters and all are of these; of a null, anything."""
    values, index = numbered(column)
    found = made_of(values, characters)
    return per_row(found, index)


def _commonest(numbers: np.ndarray) -> tuple[int, float]:
    """The commonest number but for -1, of several the smallest, and its share; (-1, 0.0) of none."""
    counts = np.bincount(numbers[numbers >= 0])
    if not len(counts):
        return -1, 0.0
    commonest = int(counts.argmax())
    return commonest, counts[commonest] / counts.sum()
