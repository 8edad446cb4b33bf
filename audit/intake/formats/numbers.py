"""Numbers and dates of spreadsheets as text, the same from every reader."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
_PADDING = re.compile(r"0{2,}")
# beside the zeros of a format: language, colour, room, and what identifiers are written without
_BESIDE_ZEROS = re.compile(
    r'\[(?:\$[^\]]*|black|blue|cyan|green|magenta|red|white|yellow)\]|_.|\*.|"[ -]*"|\\[ -]|[ -]',
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


def padding_of(code: str | None) -> int:
    """How many digits a format like 00000000 pads a whole number to; 0 for any other format.

    >>> [padding_of(code) for code in ("00000000;@", "[$-804]0000 0000_ ", '"SN"00000000', "0.00")]
    [8, 8, 0, 0]
    """
    zeros = _BESIDE_ZEROS.sub("", code.split(";")[0]) if code else ""
    return len(zeros) if _PADDING.fullmatch(zeros) else 0


class CellFormats:
    """What the styles of a workbook make of its numbers; `days` is what a number without a style lacks."""

    def __init__(
        self, formats: Mapping[int, str], styles: list[int], is_1904: bool = False
    ) -> None:  # format id by style
        self._dates = [is_date_format(number, formats.get(number)) for number in styles]
        self._widths = [padding_of(formats.get(number)) for number in styles]
        self._is_1904 = is_1904
        self.days = (_DAY_ZERO_1904 - _DAY_ZERO).days if is_1904 else 0

    def text(self, value: float, style: int) -> tuple[str, bool]:
        """The text of a numeric cell, and whether it is still a number (not a date or a padded code)."""
        if 0 <= style < len(self._dates):
            if self._dates[style]:
                return moment_text(value, self._is_1904), False
            width = self._widths[style]
            text = number_text(value)
            if width and text.isdigit() and len(text) <= min(width, MAX_EXACT_DIGITS):
                return number_text(value).zfill(width), False
        return number_text(value), True
