"""Numbers of firms and persons: what kind they are and whether their check digit is right."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from audit.intake.gazetteer import gazetteer

_LICENCE = re.compile(r"\d{15}")  # of a firm before 2015; a citizen number before 1999 has as many digits
_CITIZEN = re.compile(r"\d{6}(?:19|20)\d{9}[\dX]")
# Hong Kong, Macao, Taiwan: residence permits since 2018 carry 810000, 820000, 830000 in place of a division
_PERMITS = frozenset({"81", "82", "83"})
_FOREIGN = "9"  # permanent residents' cards of foreigners since December 2023: same form, same check digit
# words of a type of document that is no citizen number and no residence permit; RE2
_OTHER_DOCUMENT = (
    r"护照|通行证|回乡证|台胞证|军官|士兵|军人|警官|武警|文职|户口|驾驶|执照|其他|其它|"
    r"(?i:passport|military|travel permit|driv|other)"
)


def is_citizen_number(number: str) -> bool:
    """Whether a number is a citizen number or a permit of that form: GB 11643, check digit and birth date.

    The division must be in a province that exists, no more: a number keeps the division it was first given
    in, which need not have existed at birth.

    >>> is_citizen_number("11010519491231002X"), is_citizen_number("110105194912310021")
    (True, False)
    """
    if not _CITIZEN.fullmatch(number) or number[-1] != ric.calc_check_digit(number):
        return False
    try:
        ric.get_birth_date(number)
    except ValidationError:
        return False
    return number[:2] in gazetteer().codes | _PERMITS or number.startswith(_FOREIGN)


def check_uscc(number: str) -> str:
    """What a credit code is: "valid", "legacy" (a licence number of 15 digits), "id_number" or "invalid".

    GB 32100-2015: 18 characters, check character by weights of 3^i mod 31. A micro merchant has no code
    and is known by its principal's citizen number instead.

    >>> check_uscc("91350100M000100Y43"), check_uscc("91350100M000100Y44")
    ('valid', 'invalid')
    """
    if uscc.is_valid(number):
        return "valid"
    if _LICENCE.fullmatch(number):
        return "legacy"
    return "id_number" if is_citizen_number(number) else "invalid"


def check_citizen_number(number: str) -> str | None:
    """ "valid", "invalid", "legacy" (15 digits); None where the number is of another document by its form."""
    if len(number) == 15:
        return "legacy" if _LICENCE.fullmatch(number) else None
    if len(number) != 18:
        return None
    return "valid" if is_citizen_number(number) else "invalid"


def is_judged(types: pa.Array) -> pa.Array:
    """Per row, whether the stated type of document leaves room for a citizen number; an unstated one does."""
    return pc.invert(pc.fill_null(pc.match_substring_regex(types, _OTHER_DOCUMENT), False))


def mcc_of(merchants: pa.Array) -> pa.Array:
    """The category in a merchant number of 15 characters: institution 3, area 4, MCC 4, sequence 4."""
    has_one = pc.match_substring_regex(merchants, r"^[0-9A-Z]{7}[0-9]{4}[0-9A-Z]{4}$")
    return pc.if_else(has_one, pc.utf8_slice_codeunits(merchants, 7, 11), None)
