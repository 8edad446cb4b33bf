"""Numbers and dates of spreadsheets as text, the same from every reader."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

# serial numbers are wall-clock time wherever the file was written
MAX_EXACT_DIGITS = 15  # what a double, and so a spreadsheet's number, keeps
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001
_DAY_ZERO_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
_LAST_DAY = 2_958_465  # 9999-12-31
_LEAP_BUG = 60  # the serial of 1900-02-29, a day that never was
# built-in formats that show a date or a time, East Asian ones included (ECMA-376 part 1, 18.8.30)
_BUILTIN_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59), *range(71, 82)))
_NOT_A_PATTERN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|(?<=[0#?])E[+-]', re.IGNORECASE)
_DATE_PATTERN = re.compile(r"[ymdhseb年月日时分秒]", re.IGNORECASE)
# two zeros or more, or a prefix before them: "SN"0000; what comes before amounts is no prefix of a code
_PADDING = re.compile(
    r'(?P<prefix>(?:"(?!RMB|CNY|USD|HKD)[A-Za-z0-9 /_-]*[A-Za-z0-9][A-Za-z0-9 /_-]*"|\\[A-Za-z])*)'
    r"(?P<zeros>0{2,}|(?<=.)[0#])"
)
_CODE_SHOWN = re.compile(r"(?!RMB|CNY|USD|HKD)[A-Za-z][A-Za-z0-9 /_-]*?(?P<number>\d+)")
# beside texts and zeros of a format: language, colour, room, and what identifiers are written without
_BESIDE_ZEROS = re.compile(
    r'("[^"]*[^" -][^"]*")|\[(?:\$[^\]]*|black|blue|cyan|green|magenta|red|white|yellow)\]'
    r'|_.|\*.|"[ -]*"|\\[ -]|[ -]',
    re.IGNORECASE,
)
ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}


def number_text(value: float) -> str:
    """A number without exponent, and without a fraction where it has none.

    >>> number_text(898440154110340.0), number_text(0.1), number_text(1e20), number_text(1.5e-7)
    ('898440154110340', '0.1', '100000000000000000000', '0.00000015')
    """
    if value != value or value in (float("inf"), float("-inf")):
        return "#NUM!"
    if value.is_integer():
        text = repr(value)
        return text.removesuffix(".0") if "e" not in text else str(int(value))
    return repr(value) if "e" not in repr(value) else format(Decimal(repr(value)), "f")


def moment_text(serial: float, is_1904: bool = False) -> str:
    """The date and time a serial number stands for; the number itself where it stands for none.

    >>> moment_text(45322.5), moment_text(43860.0, is_1904=True), moment_text(0.375)
    ('2024-01-31 12:00:00', '2024-01-31 00:00:00', '09:00:00')
    """
    if not 0 <= serial <= _LAST_DAY:
        return number_text(serial)
    if serial < 1:
        return (_DAY_ZERO + timedelta(seconds=round(serial * 86_400))).time().isoformat()
    start = _DAY_ZERO_1904 if is_1904 else _DAY_ZERO
    if not is_1904 and serial < _LEAP_BUG:
        start += timedelta(days=1)
    try:
        moment = start + timedelta(seconds=round(serial * 86_400))
    except OverflowError:
        return number_text(serial)
    return moment.isoformat(sep=" ")


def iso_text(text: str) -> str:
    """An ISO date and time as people write it, to the second.

    >>> iso_text("2009-01-01T11:00:00.00000020954")
    '2009-01-01 11:00:00'
    """
    return re.sub(r"(:\d\d)\.\d+", r"\1", text.strip().replace("T", " ").removesuffix("Z"))


def is_date_format(number: int, code: str | None) -> bool:
    """Whether a number format shows dates or times; `code` is None for a built-in one.

    >>> is_date_format(164, 'yyyy"年"m"月"'), is_date_format(164, '0.00" days"'), is_date_format(14, None)
    (True, False, True)
    >>> is_date_format(11, "0.00E+00"), is_date_format(164, '[$-404]e"年"m"月"')
    (False, True)
    """
    if code is None:
        return number in _BUILTIN_DATES
    first_section = _NOT_A_PATTERN.sub("", code).split(";")[0]
    return "general" not in first_section.lower() and bool(_DATE_PATTERN.search(first_section))


@dataclass(frozen=True)
class Padding:
    """A number format that shows a whole number as a code: so many digits at least, behind a prefix."""

    width: int
    prefix: str = ""

    @property
    def most(self) -> int:
        """Of how many digits a number is that is shown as a code."""
        return MAX_EXACT_DIGITS if self.prefix else min(self.width, MAX_EXACT_DIGITS)

    def text(self, number: str) -> str | None:
        """The code that a number is shown as, or None where it is a number.

        >>> Padding(8, "SN").text("1234"), Padding(4).text("0"), Padding(4).text("12345")
        ('SN00001234', '0000', None)
        """
        if number.isdigit() and len(number) <= self.most:
            return self.prefix + number.zfill(self.width)
        return None


def padding_of(code: str | None) -> Padding | None:
    r"""What a format like 00000000 makes of a whole number; None for any other format.

    >>> [found and found.width for found in map(padding_of, ("00000000;@", "[$-804]0000 0000_ ", "0.00"))]
    [8, 8, None]
    >>> padding_of('"SN-"00000000'), padding_of(r"\A0"), padding_of('0000"台"'), padding_of('"RMB"0')
    (Padding(width=8, prefix='SN-'), Padding(width=1, prefix='A'), None, None)
    """
    found = _PADDING.fullmatch(_BESIDE_ZEROS.sub(r"\1", code.split(";")[0])) if code else None
    return Padding(len(found["zeros"]), re.sub(r'["\\]', "", found["prefix"])) if found else None


def shown_as_code(shown: str, number: str) -> bool:
    """Whether the text that shows a whole number is a code: it has zeros before it, or letters.

    >>> [shown_as_code(shown, "42") for shown in ("0042", "SN0042", "SN-42", "42", "RMB42", "SN0041")]
    [True, True, True, False, False, False]
    """
    if shown.isdigit() and shown.startswith("0"):
        return shown.lstrip("0") == number.lstrip("0")
    found = _CODE_SHOWN.fullmatch(shown)
    return bool(found and found["number"].lstrip("0") == number.lstrip("0"))


class CellFormats:
    """What the styles of a workbook make of its numbers; `days` is what a number without a style lacks."""

    def __init__(
        self, formats: Mapping[int, str], styles: list[int], is_1904: bool = False
    ) -> None:  # format id by style
        self._dates = [is_date_format(number, formats.get(number)) for number in styles]
        self._paddings = [padding_of(formats.get(number)) for number in styles]
        self._is_1904 = is_1904
        self.days = (_DAY_ZERO_1904 - _DAY_ZERO).days if is_1904 else 0

    def text(self, value: float, style: int) -> tuple[str, bool]:
        """The text of a numeric cell, and whether it is still a number (not a date or a padded code)."""
        if 0 <= style < len(self._dates):
            if self._dates[style]:
                return moment_text(value, self._is_1904), False
            padding = self._paddings[style]
            if padding and (code := padding.text(number_text(value))) is not None:
                return code, False
        return number_text(value), True
