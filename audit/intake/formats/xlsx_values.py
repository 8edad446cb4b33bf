"""Values of a workbook's cells as text, whole arrays at once, to the letter as fastexcel writes them.

What cannot be written so for certain is `Irregular`: its sheet is read another way.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.formats.numbers import Padding, is_date_format

_NUMBER = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_SHORT = r"^-?(0|[1-9][0-9]{0,5})\.[0-9]{0,8}[1-9]$"  # what a double keeps digit by digit
_ERROR = "^#[0-9A-Z_/]+[!?]?$"
_DAY_ZERO = "1899-12-31 "
_EXACT = 2.0**53  # whole numbers below are themselves as doubles
_DAY_MS = 86_400_000
_EPOCH_DAYS = 25_569  # 1970-01-01, as a spreadsheet counts
_END = 2_958_466.0  # 10000-01-01
_LEAP_BUG = 60.0  # days before 1900-02-29, which never was, count from one day later
_ESCAPE = re.compile(r"_x([0-9A-F]{4})_")
_REFERENCE = re.compile(r"&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_BLANKS = " \t\r\n"
# codes about which there is one opinion only
_DATE_CODE = re.compile(
    r'(?:\[\$-[0-9A-Fa-f]+\])?(?:[ymdhsYMDHS]+|[-/.: ,]|\\[-/ ,:.]|"[年月日时分秒]"|[年月日时分秒])+'
    r"(?: AM/PM)?(?:;@)?"
)
_NUMBER_CODE = re.compile(r"General|@|[-#0?,.% ()]+(?:_[ )])?(?:;[-#0?,.% ()]+(?:_[ )])?)?")
_FIRST_CUSTOM = 164
_BUILTIN_DATES = frozenset((*range(14, 23), 45, 46, 47))
_BUILTIN_NUMBERS = frozenset((*range(14), *range(37, 41), 48, 49))


class Irregular(Exception):
    """A sheet that the column reader leaves to others."""


def shows_dates(number: int, code: str | None) -> bool | None:
    """Whether a number format shows dates; None where readers may differ.

    >>> shows_dates(14, None), shows_dates(164, "0.00"), shows_dates(31, None), shows_dates(164, "0_d")
    (True, False, None, None)
    """
    built_in = True if number in _BUILTIN_DATES else False if number in _BUILTIN_NUMBERS else None
    if code is None:
        return built_in
    if _DATE_CODE.fullmatch(code):
        stated = True if re.search("[ymdhs]", code, re.IGNORECASE) and is_date_format(number, code) else None
    else:
        stated = False if _NUMBER_CODE.fullmatch(code) else None
    if number < _FIRST_CUSTOM:
        return stated if stated == bool(built_in) else None
    return stated


def number_texts(raw: pa.Array) -> pa.Array:
    """Numbers without exponent, to nine digits after the point.

    >>> number_texts(pa.array(["1.50", "1E+20", "119.29650000000001", "-0"])).to_pylist()
    ['1.5', '100000000000000000000', '119.2965', '-0']
    """
    values = _floats(raw)
    is_whole = (values == np.trunc(values)) & (np.abs(values) < _EXACT)
    is_whole &= ~(np.signbit(values) & (values == 0))
    texts = pa.array(np.where(is_whole, values, 0).astype(np.int64)).cast(pa.string())
    if is_whole.all():
        return texts
    is_short = pc.match_substring_regex(raw, _SHORT)
    is_other = ~is_whole & ~is_short.to_numpy(zero_copy_only=False)
    texts = pc.if_else(is_short, raw, texts)
    return _filled(texts, is_other, [_decimal(value) for value in values[is_other].tolist()])


def date_texts(raw: pa.Array) -> pa.Array:
    """The date and time of serial numbers, with a fraction of a second where there is one.

    >>> date_texts(pa.array(["45322", "0.5", "45322.123456"])).to_pylist()
    ['2024-01-31 00:00:00', '1899-12-31 12:00:00', '2024-01-31 02:57:46.598']
    """
    days = _floats(raw)
    if ((days < 0) | np.signbit(days) | (days >= _END)).any():
        raise Irregular
    exact = (days + (days < _LEAP_BUG)) * float(_DAY_MS)
    whole = np.trunc(exact)
    moments = (whole + (exact - whole >= 0.5)).astype(np.int64) - _EPOCH_DAYS * _DAY_MS
    texts = pa.array(moments // 1000, pa.timestamp("s")).cast(pa.string())
    broken = moments % 1000 != 0
    return _filled(texts, broken, pa.array(moments[broken], pa.timestamp("ms")).cast(pa.string()))


def times_alone(texts: pa.Array) -> pa.Array:
    """The texts with a time of day without the day zero that fastexcel gives it."""
    if not pc.any(pc.starts_with(texts, _DAY_ZERO)).as_py():
        return texts
    return pc.replace_substring_regex(texts, f"^{_DAY_ZERO}([0-9:]{{8}})$", r"\1")


def error_texts(raw: pa.Array) -> pa.Array:
    """Errors as they are called."""
    if not pc.all(pc.match_substring_regex(raw, _ERROR)).as_py():
        raise Irregular
    return raw


def flag_texts(raw: pa.Array) -> pa.Array:
    """Truth values in words."""
    if not pc.all(pc.is_in(raw, pa.array(["0", "1"]))).as_py():
        raise Irregular
    return pc.if_else(pc.equal(raw, "1"), "true", "false")


def padded_texts(raw: pa.Array, padding: Padding) -> tuple[pa.Array, np.ndarray]:
    """Numbers of a format that shows them as codes, and which of them are still numbers."""
    texts = number_texts(raw)
    is_code = pc.match_substring_regex(raw, rf"^(0|[1-9][0-9]{{0,{padding.most - 1}}})$")
    if pc.any(pc.match_substring_regex(raw, r"^0[0-9]")).as_py():
        raise Irregular
    codes = pc.utf8_lpad(raw, padding.width, "0")
    if padding.prefix:
        codes = pc.binary_join_element_wise(padding.prefix, codes, "")
    padded = pc.if_else(is_code, codes, texts)
    return padded, ~is_code.to_numpy(zero_copy_only=False)


def unescaped(raw: bytes, keep_blanks: bool) -> str:
    """The text of an element as XML and spreadsheets escape it; blanks around it go unless they are kept.

    >>> unescaped(b" a&amp;b_x000D_\\r\\n", False)
    'a&b\\r'
    """
    text = dereferenced(raw)
    return _ESCAPE.sub(character, text if keep_blanks else text.strip(_BLANKS))


def dereferenced(raw: bytes) -> str:
    """The text of an element as XML alone escapes it: fastexcel leaves it so where a formula made it."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Irregular from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("&") != len(_REFERENCE.findall(text)):
        raise Irregular
    return _REFERENCE.sub(_referred, text)


def _referred(found: re.Match[str]) -> str:
    if found[3]:
        return _NAMED[found[3]]
    number = int(found[1], 16) if found[1] else int(found[2])
    if number > 0x10FFFF or 0xD800 <= number < 0xE000 or (number < 0x20 and chr(number) not in _BLANKS):
        raise Irregular
    return chr(number)


def character(found: re.Match[str]) -> str:
    """The character that _xHHHH_ stands for; half of a pair is no character, and stays as it is written."""
    number = int(found[1], 16)
    return found[0] if 0xD800 <= number < 0xE000 else chr(number)


def _floats(raw: pa.Array) -> np.ndarray:
    if not pc.all(pc.match_substring_regex(raw, _NUMBER)).as_py():
        raise Irregular
    values: np.ndarray = raw.cast(pa.float64()).to_numpy()
    if not np.isfinite(values).all():
        raise Irregular
    return values


def _decimal(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")


def _filled(texts: pa.Array, where: np.ndarray, others: list[str] | pa.Array) -> pa.Array:
    if not where.any():
        return texts
    return pc.replace_with_mask(texts, pa.array(where), pa.array(others, pa.string()))
