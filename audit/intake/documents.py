"""Numbers of firms and persons: what kind they are and whether their check digit is right."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.characters import fixed_width
from audit.intake.gazetteer import gazetteer
from audit.intake.moments import existing_days

_LENGTH = 18  # characters of both
# GB 32100-2015: what a credit code is made of, and what its characters count for by their place
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_WEIGHTS = np.array([pow(3, place, 31) for place in range(_LENGTH - 1)])
_CODE_DIGITS = 8  # of which so many at the front are digits
# GB 11643-1999: the weights of a citizen number's digits, and the last character by their sum
_CITIZEN_WEIGHTS = np.array([pow(2, 17 - place, 11) for place in range(_LENGTH - 1)])
_CITIZEN_ENDS = "10X98765432"
# before 2015 the licence of a firm had as many digits as a citizen number before 1999
_OLD = r"^[0-9]{15}$"
_OLD_LENGTH = 15
# Hong Kong, Macao, Taiwan: residence permits since 2018 carry 810000, 820000, 830000 in place of a division
_PERMITS = frozenset({"81", "82", "83"})
_FOREIGN = range(90, 100)  # cards of foreign permanent residents since December 2023: of the same form
# words of a type of document that is no citizen number and no residence permit; RE2
_OTHER_DOCUMENT = (
    r"护照|通行证|回乡证|台胞证|军官|士兵|军人|警官|武警|文职|户口|驾驶|执照|其他|其它|"
    r"(?i:passport|military|travel permit|driv|other)"
)


def are_credit_codes(numbers: pa.Array) -> np.ndarray:
    """Whether each is a credit code of 18 characters whose last one checks the others: GB 32100-2015.

    >>> are_credit_codes(pa.array(["91350100M000100Y43", "91350100M000100Y44"])).tolist()
    [True, False]
    """
    found = np.zeros(len(numbers), bool)
    rows, characters = fixed_width(numbers, _LENGTH)
    values = _values(_CODE)[characters]
    formed = (values >= 0).all(axis=1) & (values[:, :_CODE_DIGITS] < 10).all(axis=1)
    found[rows] = formed & (-(values[:, :-1] @ _CODE_WEIGHTS) % len(_CODE) == values[:, -1])
    return found


def are_citizen_numbers(numbers: pa.Array) -> np.ndarray:
    """Whether each is a citizen number or a permit of that form: GB 11643, check digit and birth date.

    The division must be in a province that exists, no more: a number keeps the division it was first given
    in, which need not have existed at birth.

    >>> are_citizen_numbers(pa.array(["11010519491231002X", "110105194912310021"])).tolist()
    [True, False]
    """
    found = np.zeros(len(numbers), bool)
    rows, characters = fixed_width(numbers, _LENGTH)
    digits = _values("0123456789")[characters[:, :-1]]
    formed = np.flatnonzero((digits >= 0).all(axis=1))
    digits, ends = digits[formed], characters[formed, -1]
    checked = np.frombuffer(_CITIZEN_ENDS.encode(), np.uint8)[digits @ _CITIZEN_WEIGHTS % 11] == ends
    province, year, month, day = (
        digits[:, first:last] @ 10 ** np.arange(last - first)[::-1]
        for first, last in ((0, 2), (6, 10), (10, 12), (12, 14))
    )
    born = ~np.isnat(existing_days(year, month, day))
    known = {int(code) for code in gazetteer().codes | _PERMITS if len(code) == 2} | {*_FOREIGN}
    placed = np.isin(province, sorted(known))
    found[rows[formed]] = checked & placed & np.isin(year // 100, (19, 20)) & born
    return found


def check_credit_codes(numbers: pa.Array) -> pa.Array:
    """What each is: "valid", "legacy" (a licence number of 15 digits), "id_number", "invalid"; null of null.

    A micro merchant has no code and is known by its principal's citizen number instead.
    """
    old = pc.match_substring_regex(numbers, _OLD)
    return pc.case_when(
        pc.make_struct(
            pa.array(are_credit_codes(numbers)),
            old,
            pa.array(are_citizen_numbers(numbers)),
            pc.is_valid(numbers),
        ),
        *(pa.scalar(one) for one in ("valid", "legacy", "id_number", "invalid")),
    )


def check_citizen_numbers(numbers: pa.Array) -> pa.Array:
    """ "valid", "invalid", "legacy" (15 digits); null where a number is of another document by its form."""
    length = pc.utf8_length(numbers)
    old = pc.and_(pc.equal(length, _OLD_LENGTH), pc.match_substring_regex(numbers, _OLD))
    return pc.case_when(
        pc.make_struct(pa.array(are_citizen_numbers(numbers)), pc.equal(length, _LENGTH), old),
        *(pa.scalar(one) for one in ("valid", "invalid", "legacy")),
    )


def _values(alphabet: str) -> np.ndarray:
    """For each byte what it counts for, its place in the alphabet; -1 for what is not of it."""
    values = np.full(256, -1)
    values[list(alphabet.encode())] = np.arange(len(alphabet))
    return values


def is_judged(types: pa.Array) -> pa.Array:
    """Per row, whether the stated type of document leaves room for a citizen number; an unstated one does."""
    return pc.invert(pc.fill_null(pc.match_substring_regex(types, _OTHER_DOCUMENT), False))


def mcc_of(merchants: pa.Array) -> pa.Array:
    """The category in a merchant number of 15 characters: institution 3, area 4, MCC 4, sequence 4."""
    has_one = pc.match_substring_regex(merchants, r"^[0-9A-Z]{7}[0-9]{4}[0-9A-Z]{4}$")
    return pc.if_else(has_one, pc.utf8_slice_codeunits(merchants, 7, 11), None)
