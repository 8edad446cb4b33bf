"""Whole columns cleaned at once: what is plain already passes in one sweep, the rest is cleaned per value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from functools import partial
from math import isfinite

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.codewords import clean_code, clean_flag, is_blank
from audit.intake.dates import clean_date, clean_end, clean_moment
from audit.intake.epochs import in_milliseconds
from audit.intake.formats.encodings import UNDECODABLE
from audit.intake.garbled import LOST, REPLACED
from audit.intake.grid import Mark
from audit.intake.identifiers import (
    ERROR_TEXT,
    GLUE,
    Unreadable,
    clean_category,
    clean_identifier,
    clean_named,
    clean_reference,
    clean_serial,
)
from audit.intake.kinds import ARROW_TYPES
from audit.intake.reading import Reason
from audit.intake.repeats import decoded, each, encoded, numbered, spread, with_rest
from audit.intake.sweep import swept, undressed
from audit.plaintext import plain
from audit.tables import Column, Kind
from audit.tables.codes import (
    BLANK_TEXTS,
    DITTO,
    HIDDEN,
    NULL_TOKENS,
    UNKNOWN_NAMES,
    UNKNOWN_TEXTS,
)

# a comma is read where it parts thousands: 1,5 may be one and a half
_NUMBER = re.compile(
    r"(?:¥|RMB|CNY)?(?P<sign>[+-]?)(?:¥|RMB|CNY)?(?P<digits>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)\.?\d*|\.\d+)"
    r"(?P<exponent>E[+-]?\d{1,3})?(?P<unit>[千万亿]?)元?",
    re.IGNORECASE,
)
# as a whole: "甲"和"乙" is not; ="甲" and 'P2 keep a spreadsheet from taking text for a number, '78 is a year
_QUOTED = re.compile(r"'([^']*)'|=?\"([^\"]*)\"|“([^“”]*)”|'([^'\d][^']*)")
# of China, with its code and marks between the figures
_MOBILE = r"^[(+0]{0,3}(?:86\)?[- ]*)?(1[3-9]\d)[- ]*(\d{4})[- ]*(\d{4})$"
_STARS = re.compile(r"[\s*＊●■█]+")  # and nothing that they leave to be seen
_WORDS = (Kind.TEXT, Kind.VERSION, Kind.REFERENCE)
_SAYS_SO = re.compile(r"remark|status|state")  # of columns
_UNITS = {"": 1, "千": 1_000, "万": 10_000, "亿": 100_000_000}


@dataclass(frozen=True)
class CleanColumn:
    """A canonical column; `rejected` holds (0-based row, reason), `changed` the rows whose text changed."""

    values: pa.Array  # a dictionary array where texts repeat
    rejected: tuple[tuple[int, Reason], ...]
    changed: pa.Array | None  # bool: the cell did not stand in its canonical form; None where all did
    numbers: np.ndarray  # rows of identifiers that were numbers: exact, but zeros before them would be gone


@dataclass(frozen=True)
class Reader:
    """How the values of one column are read: configured code words, the zone of stated offsets, what bare
    numbers lack to be dates, what one of them stands for, and whether they count seconds from 1970.
    """

    column: Column
    codes: dict[str, str]
    zone: tzinfo
    days: int = 0
    unit: Decimal = Decimal(1)
    in_seconds: bool = False

    def clean(self, texts: pa.Array, marks: pa.Array | None) -> CleanColumn:
        """The column in canonical form. `texts` are the raw cells, null where blank."""
        values, index = numbered(texts)
        found = self._swept(values)
        rest = _unread(values, found)
        found = with_rest(found, values, lambda dressed: self._swept(undressed(dressed, self.column.kind)))
        canonical, reasons = self._one_by_one(values, found, _unread(values, found))
        rejected = self._rejected(values, index, reasons)
        cleaned = texts if canonical is values else spread(canonical, index)
        if marks is not None:
            cleaned, rejected = self._with_marks(texts, marks, cleaned, rejected)
        if self.column.is_phone:
            cleaned = encoded(each(cleaned, _plain_phones))
        changed = None
        if len(rest):
            other = np.zeros(len(values), bool)
            other[rest] = True
            changed = pa.array(other) if index is None else pc.fill_null(pa.array(other).take(index), False)
        return CleanColumn(cleaned, tuple(sorted(rejected.items())), changed, self._numbers(marks, rejected))

    def reads(self, text: str) -> bool:
        """Whether a cell of this text would not be rejected."""
        try:
            self._cleaner()(text)
        except Unreadable:
            return False
        return True

    def _numbers(self, marks: pa.Array | None, rejected: dict[int, Reason]) -> np.ndarray:
        if marks is None or self.column.kind is not Kind.IDENTIFIER:
            return np.zeros(0, np.int64)
        numbers = marks.to_numpy() == Mark.NUMBER
        numbers[list(rejected)] = False
        return np.flatnonzero(numbers)

    def _swept(self, values: pa.Array) -> pa.Array:
        """The values that are plain in canonical form, null for the others."""
        kind = self.column.kind
        if kind is Kind.NUMBER and self.unit != 1:
            return pa.nulls(len(values), ARROW_TYPES[kind])
        return swept(values, kind, self.zone, self.in_seconds, names=self.column.is_anyones)

    def _one_by_one(
        self, values: pa.Array, found: pa.Array, rest: np.ndarray
    ) -> tuple[pa.Array, dict[int, Reason]]:
        """All values: those found in a sweep, and the rest cleaned singly or given a reason."""
        if not len(rest):
            return found, {}
        cleaned: dict[str, object] = {}
        unread: dict[str, Reason] = {}
        clean = self._cleaner()
        texts = values.take(pa.array(rest)).to_pylist()
        for text in dict.fromkeys(texts):
            cleaned[text] = None
            try:
                if UNDECODABLE in text or any(mark in text for mark in REPLACED):
                    raise Unreadable(Reason.UNDECODABLE)
                if text.strip().lower() in DITTO and self.column.name != "remark":
                    raise Unreadable(Reason.DITTO)
                if self._is_hidden(text.strip()):
                    raise Unreadable(Reason.HIDDEN)
                if not self._is_unknown(plain(text).strip()):
                    cleaned[text] = clean(text)
            except Unreadable as failure:
                unread[text] = failure.reason
        places = zip(rest.tolist(), texts, strict=True)
        reasons = {place: unread[text] for place, text in places if text in unread}
        singly = pa.array([cleaned[text] for text in texts], found.type)
        return with_rest(found, values, lambda _: singly), reasons

    def _is_hidden(self, text: str) -> bool:
        if self.column.kind not in _WORDS or self.column.name == "remark":
            return False
        return bool(_STARS.fullmatch(text)) or text.upper() in HIDDEN

    def _is_unknown(self, text: str) -> bool:
        """Whether a cell says that nobody has said it yet; of a remark or a state that is the value."""
        if self.column.kind not in _WORDS or self.column.of_faults or _SAYS_SO.search(self.column.name):
            return False
        return text.upper() in (UNKNOWN_NAMES if self.column.is_anyones else UNKNOWN_TEXTS)

    def _rejected(
        self, values: pa.Array, index: pa.Array | None, reasons: dict[int, Reason]
    ) -> dict[int, Reason]:
        if index is None or not reasons:
            return reasons
        codes = index.fill_null(-1).to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(np.isin(codes, list(reasons)))
        return {int(row): reasons[int(codes[row])] for row in rows}

    def _with_marks(
        self, texts: pa.Array, marks: pa.Array, values: pa.Array, rejected: dict[int, Reason]
    ) -> tuple[pa.Array, dict[int, Reason]]:
        """Look again at cells that are errors, unfinished formulas or, in identifiers, numbers."""
        kinds = marks.to_numpy()
        for row in np.flatnonzero(kinds == Mark.ERROR):
            rejected[int(row)] = Reason.ERROR_CELL
        for row in np.flatnonzero(kinds == Mark.UNCACHED):
            rejected[int(row)] = Reason.UNCACHED
        for row in np.flatnonzero(kinds == Mark.SHIFTED):
            rejected[int(row)] = Reason.SHIFTED
        if self.column.kind in (Kind.IDENTIFIER, Kind.REFERENCE):
            suspects = np.flatnonzero(kinds == Mark.NUMBER)
            clean = clean_identifier if self.column.kind is Kind.IDENTIFIER else clean_reference
            for row in suspects[_may_be_damaged(texts, suspects)]:
                try:
                    clean(texts[int(row)].as_py(), True)
                except Unreadable as failure:
                    rejected[int(row)] = failure.reason
        if rejected:
            gone = np.zeros(len(values), bool)
            gone[list(rejected)] = True
            values = pc.if_else(pa.array(gone), None, values)  # of a dictionary, the rows' numbers
        return values, rejected

    def _cleaner(self) -> Callable[[str], object]:
        match self.column.kind:
            case Kind.IDENTIFIER:
                if self.column.name == "serial_no":
                    return clean_serial
                return clean_named if self.column.is_named else clean_identifier
            case Kind.REFERENCE:
                figures = self.column.figures
                return partial(clean_category, figures=figures) if figures else clean_reference
            case Kind.TEXT:
                return partial(clean_text, blanks=BLANK_TEXTS if self.column.is_anyones else NULL_TOKENS)
            case Kind.VERSION:
                return clean_version
            case Kind.CODE:
                return partial(clean_code, column=self.column, configured=self.codes)
            case Kind.FLAG:
                return clean_flag
            case Kind.DATE:
                clean = clean_end if self.column.name.endswith("_expiry") else clean_date
                return self._dated(partial(clean, zone=self.zone, days=self.days))
            case Kind.MOMENT:
                return self._dated(partial(clean_moment, zone=self.zone, days=self.days))
            case Kind.NUMBER:
                return partial(clean_number, unit=self.unit)

    def _dated(self, clean: Callable[[str], object]) -> Callable[[str], object]:
        return (lambda text: clean(in_milliseconds(text))) if self.in_seconds else clean


def clean_text(text: str, blanks: frozenset[str]) -> str | None:
    """Free text without the blanks around it, the quotes it stands in and characters nobody sees."""
    if ERROR_TEXT.fullmatch(text):
        raise Unreadable(Reason.ERROR_CELL)
    if LOST.fullmatch(text):
        raise Unreadable(Reason.UNDECODABLE)
    value = plain(text).replace("\t", " ").strip().removeprefix("`").strip()
    if found := _QUOTED.fullmatch(value):
        value = (found[found.lastindex or 0] or "").strip()
    return None if value.upper() in blanks else value


def clean_version(text: str) -> str | None:
    """A version; of digits too, what keeps a spreadsheet from taking it for a number goes.

    >>> clean_version("Ｖ３．１０")
    'V3.10'
    """
    text = unicodedata.normalize("NFKC", text)
    return clean_text(text.removeprefix("'") if text.count("'") == 1 else text, NULL_TOKENS)


def clean_number(text: str, unit: Decimal = Decimal(1)) -> float | None:
    """A number; thousands separators and signs of currency go, units of counting are counted in.

    `unit` is what one stands for where the cell does not say.

    >>> clean_number("￥1,234.50"), clean_number("1.2万元")
    (1234.5, 12000.0)
    """
    if is_blank(text):
        return None
    found = _NUMBER.fullmatch(GLUE.sub("", unicodedata.normalize("NFKC", text)).removeprefix("="))
    if not found:
        raise Unreadable(Reason.NOT_A_NUMBER)
    digits = found["sign"] + found["digits"].replace(",", "") + (found["exponent"] or "")
    value = float(Decimal(digits) * (_UNITS[found["unit"]] if found["unit"] else unit))
    if not isfinite(value):
        raise Unreadable(Reason.NOT_A_NUMBER)
    return value


def _plain_phones(texts: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(texts, _MOBILE, r"\1\2\3")


def _unread(values: pa.Array, found: pa.Array) -> np.ndarray:
    """The places of values of which nothing was found."""
    if found is values:
        return np.zeros(0, np.int64)
    unread = pc.and_(values.is_valid(), found.is_null())
    return np.flatnonzero(unread.to_numpy(zero_copy_only=False))


def _may_be_damaged(texts: pa.Array, rows: np.ndarray) -> pa.Array:
    """Which of the numeric cells are longer than a double keeps, or carry a fraction or an exponent."""
    cells = decoded(texts.take(pa.array(rows)))
    return pc.fill_null(
        pc.or_(pc.greater(pc.utf8_length(cells), 15), pc.match_substring_regex(cells, r"[^0-9]")), False
    ).to_numpy(zero_copy_only=False)
