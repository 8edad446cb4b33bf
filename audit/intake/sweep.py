"""Columns read in one sweep: cells that are plain, as nearly all are, so that only odd ones are read singly.

What is read here is read as `cells` reads it value by value, which takes a hundred times as long.
"""

from __future__ import annotations

import string
from datetime import tzinfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.characters import byte_lengths, bytes_of, made_of
from audit.intake.garbled import REPLACED
from audit.intake.identifiers import ERRORS_OF_LIBREOFFICE
from audit.intake.kinds import ARROW_TYPES
from audit.intake.moments import moments
from audit.tables import Kind
from audit.tables.codes import BLANK_TEXTS, DITTO, HIDDEN, NULL_TOKENS, UNKNOWN_NAMES, UNKNOWN_TEXTS

# text that is canonical as it stands: by its bytes, or by its form; patterns are RE2's
_PLAIN_BYTES: dict[Kind, np.ndarray] = {
    Kind.IDENTIFIER: bytes_of(string.digits + string.ascii_uppercase),
    Kind.REFERENCE: bytes_of(string.digits + string.ascii_letters + "_-"),
    Kind.VERSION: bytes_of(string.digits + string.ascii_letters + "._-"),
}
_PLAIN_TEXT = r"^[^\p{Z}\p{C}`'\"“=#?*＊●■█\x{FFFD}][^\p{Z}\p{C}`\x{FFFD}]*(\p{Zs}+[^\p{Z}\p{C}`\x{FFFD}]+)*$"
# what tells that text is not as it was: lost characters, blanks that a workbook has escaped (_x000D_)
_MARKS: dict[Kind, tuple[str, ...]] = {Kind.TEXT: REPLACED, Kind.REFERENCE: ("_x00",)}
# words that are no value of a kind, in capitals: blanks, and for identifiers what a spreadsheet calls true
_OF_ABOVE = frozenset(map(str.upper, DITTO))
_ERRORS = frozenset(map(str.upper, ERRORS_OF_LIBREOFFICE))  # others begin with a mark that plain text lacks
_NO_VALUES = dict.fromkeys(Kind, NULL_TOKENS | UNKNOWN_TEXTS | _OF_ABOVE | HIDDEN | _ERRORS) | {
    Kind.IDENTIFIER: NULL_TOKENS | {"TRUE", "FALSE", "DITTO"}
}
_SIZES = {len(word.encode()) for words in _NO_VALUES.values() for word in words}  # bytes of these words
_LONGEST = max(_SIZES)
_HAS_SIZE = np.isin(np.arange(_LONGEST + 2), list(_SIZES))
_NO_VALUE = {kind: pa.array(sorted(words)) for kind, words in _NO_VALUES.items()}
_NO_NAME = pa.array(sorted(BLANK_TEXTS | UNKNOWN_NAMES | _OF_ABOVE | HIDDEN | _ERRORS))

# so many figures that the decimal they write and the double made of it are the same in every reader
_NUMBER = r"^-?(?:\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.\d{1,12})?$"

# what stands around a cell and is none of it, of all that `identifiers.GLUE` takes away
_AROUND = " \t\r\n\x0b\x0c\x85\xa0\u3000'`\"‘’“”\u200b\u200c\u200d\ufeff"
_GUARD = r'^\s*="?([^"]*)"?\s*$'  # ="0012" keeps a spreadsheet from taking text for a number
_NO_DASH_TO_DROP = r"^-|^[^-]{6,}-+[^-]{6,}$"  # a number below zero, a run of serial numbers
_CURRENCY = r"^¥\s*|\s*元$"


def swept(values: pa.Array, kind: Kind, zone: tzinfo, in_seconds: bool, *, names: bool = False) -> pa.Array:
    """The values that are plain, of the kind's Arrow type; null for the others. All are `values` themselves.

    `zone` is the estate's, for moments that state another; `in_seconds` says that bare numbers count seconds
    from 1970. Where text `names` somebody or something, no word but a blank is without a value.
    """
    match kind:
        case Kind.NUMBER:
            return _numbers(values)
        case Kind.DATE | Kind.MOMENT:
            return moments(values, zone, in_seconds).cast(ARROW_TYPES[kind], safe=False)
        case Kind.TEXT | Kind.IDENTIFIER | Kind.REFERENCE | Kind.VERSION:
            plain = _plain(values, kind, _NO_NAME if names else _NO_VALUE[kind])
            is_all = plain.sum() == len(values) - values.null_count
            return values if is_all else pc.if_else(pa.array(plain), values, None)
        case _:
            return pa.nulls(len(values), ARROW_TYPES[kind])


def undressed(values: pa.Array, kind: Kind) -> pa.Array:
    """The values without blanks, quotes and guards around them, identifiers also without dashes in them.

    What `swept` reads of these is what stands in the cells. Null for what has to be looked at.
    """
    match kind:
        case Kind.TEXT | Kind.VERSION:
            return pc.utf8_trim_whitespace(values)
        case Kind.NUMBER:
            return pc.replace_substring_regex(_bare(values), _CURRENCY, "")
        case Kind.DATE | Kind.MOMENT:
            return _bare(values)
        case Kind.REFERENCE:
            return _bare(values, guarded=True)
        case Kind.IDENTIFIER:
            bare = pc.utf8_upper(_bare(values, guarded=True))
            odd = pc.match_substring_regex(bare, _NO_DASH_TO_DROP)
            return pc.if_else(odd, None, pc.replace_substring(bare, "-", ""))
        case _:
            return values


def _bare(values: pa.Array, *, guarded: bool = False) -> pa.Array:
    texts = pc.utf8_normalize(values, "NFKC")
    return pc.utf8_trim(pc.replace_substring_regex(texts, _GUARD, r"\1") if guarded else texts, _AROUND)


def _numbers(values: pa.Array) -> pa.Array:
    plain = pc.if_else(pc.match_substring_regex(values, _NUMBER), values, None)
    return pc.replace_substring(plain, ",", "").cast(pa.float64())


def _plain(values: pa.Array, kind: Kind, no_value: pa.Array) -> np.ndarray:
    """Values that are canonical as they stand; none of the nulls, nor of the words that are no value."""
    if kind in _PLAIN_BYTES:
        plain = made_of(values, _PLAIN_BYTES[kind])
        plain &= values.is_valid().to_numpy(zero_copy_only=False)
    else:
        found = pc.match_substring_regex(values, _PLAIN_TEXT)
        plain = pc.fill_null(found, False).to_numpy(zero_copy_only=False)
    for mark in _MARKS.get(kind, ()):
        marked = pc.fill_null(pc.match_substring(values, mark), False)
        plain = plain & ~marked.to_numpy(zero_copy_only=False)
    sizes = np.minimum(byte_lengths(values), _LONGEST + 1)
    short = np.flatnonzero(plain & (_HAS_SIZE[sizes] if kind in _PLAIN_BYTES else sizes <= _LONGEST))
    none = pc.is_in(pc.utf8_upper(values.take(pa.array(short))), value_set=no_value)
    plain[short[none.to_numpy(zero_copy_only=False)]] = False
    return plain
