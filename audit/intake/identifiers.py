"""Identifiers as people paste them: blanks, quotes, labels and widths taken off, zeros kept."""

from __future__ import annotations

import re
import unicodedata

from audit.intake.reading import Reason
from audit.plaintext import plain
from audit.tables.codes import NULL_TOKENS

# characters that are glued to identifiers and mean nothing: blanks, quotes, zero-width and bidi marks
GLUE = re.compile(
    r"[\s`'\"‘’“”´\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\x00-\x1f\x7f]+"
    r"|_x00(?:0[9AD]|[1A][0-9A-F])_"  # blanks and controls as workbooks escape them, taken over as text
)
# ="00000088", the guard against losing zeros in a CSV, itself guarded or not; a link that shows it
_EXCEL_TEXT = re.compile(r'^\'?= *(?:HYPERLINK\( *"[^"]*" *, *|T\( *)?"?([^"]*)"?\)?$', re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:(?:S ?/?N(?:号|码)?|S\.N\.?|TUSN|TID|MID|SERIAL ?(?:NO\.?|NUMBER)?|NO\.?) ?[:：#=]"
    r"|S ?/ ?N[. -]?(?=[0-9A-Z])|[(\[【](?:S/?N|序列号|机身号)[)\]】]"
    r"|(?:(?:终端|设备|机具|POS)?(?:序列号|编号)|机身号|终端号|商户号|商户编号|(?:统一)?社会信用代码|信用代码|营业执照号?)[:：#=]?)",
    re.IGNORECASE,
)
# #### is of a column too narrow
ERRORS_OF_LIBREOFFICE = frozenset(
    f"{word}:{number}" for word in ("Err", "错误") for number in range(501, 541)
)
ERROR_TEXT = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|ERROR!|GETTING_DATA|##+)|"
    + "|".join(sorted(ERRORS_OF_LIBREOFFICE))
)
_SCIENTIFIC = re.compile(r"^\d(?:\.\d+E[+-]?|E\+)\d{1,3}$")
_ALL_DIGITS = re.compile(r"(\d)\.(\d+)E\+?(\d{1,2})")
_BELOW_ZERO = re.compile(r"^-\d+(?:\.0*)?$")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3}){3,}(?:\.0+)?")  # of fewer groups, they may be several numbers
_WHOLE_FLOAT = re.compile(r"^(\d+)\.0+$")
_FRACTION = re.compile(r"^-?\d+\.\d+$")
_PLAIN = re.compile(r"^[0-9A-Z]+$")
_BETWEEN = re.compile(r"[-_:./]")
# marks between two identifiers; a blank or a slash may also stand inside one ("9232 0100 5LWG")
_LIST_MARKS = re.compile(
    r"[、，,;；|\n]|(?<=[0-9A-Z]{8})\s*/\s*(?=[0-9A-Z]{8})|(?<=[0-9A-Z]{10}) (?=[0-9A-Z]{10})", re.IGNORECASE
)
# the first and the last of a run: PB0412340001-PB0412340010
_RUN = re.compile(r"([0-9A-Z]{6,})(?:[-_~—–―]+|至|到|TO)([0-9A-Z]{6,})")
_MERCHANT = r"(\d{10,20}|\d{3}[0-9A-Z]{12})"
_LONGEST_NAMED = 120  # characters
_FEW_DIGITS = r"(?:\D|(?<!\d)\d{1,7}(?!\d))*"  # of a name: 7天酒店
_NUMBER_AND_NAME = re.compile(
    rf"[(\[【]?{_MERCHANT}[\s_/|:,;(\[【)\]】-]+[\u4e00-\u9fff]{_FEW_DIGITS}"
    rf"|[^\W\d]{_FEW_DIGITS}[\s_/|:,;(\[【-]+{_MERCHANT}[)\]】]?",
    re.DOTALL,
)
_BESIDE_NUMBER = " _/|:,;-\t\n\u3000：，；／—"
_IN_BRACKETS = re.compile(r"[(\[【（]([^()\[\]【】（）]+)[)\]】）]")
# what is printed below each other on a device: SN:NA8839466840 / IMEI:860123456789010
_PRINTED = re.compile(
    r"\b(?P<label>(?:终端|设备|机具)?序列号|机身号|S/?N(?:号|码)?|IMEI\d?|ICCID|MEID|EID|MAC|TUSN|P/?N|型号|MODEL)"
    r"(?: ?[:#=] ?| )(?P<value>[0-9A-Z][0-9A-Z.:-]*)",
    re.IGNORECASE,
)
_SERIAL_LABEL = re.compile(r"S/?N(?:号|码)?|.*序列号|机身号", re.IGNORECASE)
_COPY = re.compile(
    r"([0-9A-Z]{15}|[0-9A-Z]{18})\(\d{1,2}-\d{1,2}\)"
)  # which of the copies of a licence: (1-1)
MAX_EXACT_DIGITS = 15  # what a double, and so a spreadsheet's number, keeps


class Unreadable(ValueError):
    """A cell that cannot be read; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def clean_identifier(text: str, is_number: bool = False) -> str | None:
    """A serial, merchant or terminal number in its canonical form, or None for a blank.

    Upper case, half width, without blanks, dashes, quotes and labels; leading zeros are kept. Raises
    Unreadable rather than guess: digits a spreadsheet has rounded away do not come back.

    >>> clean_identifier("SN： ab-12 34\\u200b")
    'AB1234'
    >>> clean_identifier('="00000088"')
    '00000088'
    """
    value = plain(unicodedata.normalize("NFKC", text)).strip()
    guarded = _EXCEL_TEXT.match(value)
    value = guarded[1] if guarded else value
    value = _LABEL.sub("", GLUE.sub(" ", value).strip()).strip().rstrip(",;、")
    if value.upper() in NULL_TOKENS:
        return None
    if _THOUSANDS.fullmatch(value):
        value, is_number = value.replace(",", ""), True
    if len(value) > MAX_EXACT_DIGITS and (_printed(text) or (_LIST_MARKS.search(text) and _several(text))):
        raise Unreadable(Reason.SEVERAL)
    value = _COPY.sub(r"\1", value.replace(" ", "").upper())
    if _is_range(value):
        raise Unreadable(Reason.RANGE)
    if value.startswith("#") or ERROR_TEXT.fullmatch(text.strip()):
        raise Unreadable(Reason.ERROR_CELL)
    if _SCIENTIFIC.match(value):
        value, is_number = _written_out(value), True
    if whole := _WHOLE_FLOAT.match(value):
        value, is_number = whole[1], True
    if value in ("TRUE", "FALSE") or _BELOW_ZERO.match(value) or "://" in value:
        raise Unreadable(Reason.NOT_AN_IDENTIFIER)
    if _FRACTION.match(value):  # in text as well: 3.25 is not 325
        raise Unreadable(Reason.FRACTION)
    if is_number and len(value) > MAX_EXACT_DIGITS:
        raise Unreadable(Reason.PRECISION)
    value = _BETWEEN.sub("", value)
    if not _PLAIN.match(value):
        raise Unreadable(Reason.NOT_AN_IDENTIFIER)
    return value


def clean_serial(text: str) -> str | None:
    """A number as `clean_identifier` reads it, or the one of a cell that has all that a device's label says.

    >>> clean_serial("SN:NA88394668/IMEI:860123456789010"), clean_serial("NA88394668 IMEI: 860123456789010")
    ('NA88394668', 'NA88394668')
    """
    serials = [value for label, value in _printed(text) if not label or _SERIAL_LABEL.fullmatch(label)]
    return clean_identifier(serials[0] if len(serials) == 1 else text)


def _printed(text: str) -> list[tuple[str, str]]:
    """The names and values of a cell that holds two or more; the first of them may lack its name."""
    value = GLUE.sub(" ", unicodedata.normalize("NFKC", text)).strip()
    found = [(one["label"], one["value"].rstrip(".:-")) for one in _PRINTED.finditer(value)]
    rest = _PRINTED.sub("", value).strip(" ,;/|、()[]")
    if rest and re.fullmatch(r"[0-9A-Z][0-9A-Z-]{5,}", rest, re.IGNORECASE) and value.startswith(rest):
        found.insert(0, ("", rest))
    elif re.search(r"\w", rest):
        return []
    return found if len(found) > 1 else []


def clean_reference(text: str, is_number: bool = False) -> str | None:
    """A code that is matched as written: store, batch, category. Width and glue go, dashes stay."""
    value = plain(unicodedata.normalize("NFKC", text)).strip()
    guarded = _EXCEL_TEXT.match(value)
    value = GLUE.sub(" ", plain(guarded[1] if guarded else value)).strip()
    if value.upper() in NULL_TOKENS:
        return None
    if ERROR_TEXT.fullmatch(value):
        raise Unreadable(Reason.ERROR_CELL)
    if _SCIENTIFIC.match(value.upper()):
        value, is_number = _written_out(value.upper()), True
    if whole := _WHOLE_FLOAT.match(value):
        value, is_number = whole[1], True
    if is_number and len(value) > MAX_EXACT_DIGITS:
        raise Unreadable(Reason.PRECISION)
    return value


def clean_named(text: str) -> str | None:
    """A number as `clean_identifier` reads it, or the one of a cell that has the name of its owner beside it.

    >>> clean_named("898310156410129-晨光小店"), clean_named("晨光小店（898310156410129）")
    ('898310156410129', '898310156410129')
    """
    try:
        return clean_identifier(text)
    except Unreadable:
        if number := number_beside_name(text):
            return number
        raise


def number_beside_name(text: str) -> str:
    """The merchant number of such a cell; "" of any other."""
    value = unicodedata.normalize("NFKC", text).strip()
    found = _NUMBER_AND_NAME.fullmatch(value) if len(value) <= _LONGEST_NAMED else None
    return (found[1] or found[2]) if found else ""


def name_beside_number(text: str) -> str:
    """The merchant's name in such a cell; "" of any other.

    >>> name_beside_number("晨光店（一店）(898100000000001)"), name_beside_number("晨光店")
    ('晨光店（一店）', '')
    """
    number, value = number_beside_name(text), unicodedata.normalize("NFKC", text)
    if not number or len(value) != len(text):
        return ""
    start = value.index(number)
    name = text[:start].rstrip(_BESIDE_NUMBER + "([【（") or text[start + len(number) :].lstrip(
        _BESIDE_NUMBER + ")]】）"
    )
    whole = _IN_BRACKETS.fullmatch(name.strip())
    return whole[1] if whole else name.strip()


def clean_category(text: str, figures: int) -> str | None:
    """A code of so many digits without its name beside it; anything else as it is.

    >>> clean_category("5411-超市", 4), clean_category("超市（5411）", 4), clean_category("A5411", 4)
    ('5411', '5411', 'A5411')
    """
    value = clean_reference(text)
    numbers: list[str] = re.findall(r"[0-9A-Za-z]*\d[0-9A-Za-z]*", value or "")
    if value and len(numbers) == 1 and re.fullmatch(rf"\d{{{figures}}}", numbers[0]):
        return numbers[0]
    return value


def _written_out(value: str) -> str:
    """A number in scientific notation of which no digit is gone, as programs write those of a workbook.

    >>> _written_out("8.98310156410129E14")
    '898310156410129'
    """
    found = _ALL_DIGITS.fullmatch(value)
    if not found or len(found[2]) != int(found[3]) or len(found[2]) >= MAX_EXACT_DIGITS:
        raise Unreadable(Reason.SCIENTIFIC)
    return found[1] + found[2]


def _is_range(value: str) -> bool:
    """Whether two numbers that begin alike are written as from - to.

    >>> _is_range("PB0412340001-PB0412340010"), _is_range("86001599-29338075")
    (True, False)
    """
    found = _RUN.fullmatch(value)
    if not found or len(found[1]) != len(found[2]):
        return False
    first, last = found.groups()
    shared = next(
        (place for place, (one, other) in enumerate(zip(first, last, strict=True)) if one != other), 0
    )
    return 2 * shared >= len(first) and first[shared:].isdigit() and last[shared:].isdigit()


def _several(text: str) -> bool:
    """Whether a cell holds two or more things that each look like an identifier."""
    parts = [GLUE.sub("", part) for part in _LIST_MARKS.split(unicodedata.normalize("NFKC", text))]
    return sum(bool(re.fullmatch(r"[0-9A-Za-z]{6,}", part)) for part in parts) > 1
