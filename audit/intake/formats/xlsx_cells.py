"""The cells of a stretch of a sheet: what their tags, addresses and attributes say, all of them at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from audit.intake.formats.xlsx_tags import Stretch, Tag, word
from audit.intake.formats.xlsx_values import Irregular

_MAX_ATTRIBUTES, _MAX_CLASSES = 24, 200
_ATTRIBUTES = re.compile(
    rb'(?:(?: s="(?P<style>\d{1,5})")?(?: t="(?P<kind>\w{1,9})")?'
    rb'|(?P<turned> t="(?P<kind_first>\w{1,9})" s="(?P<style_last>\d{1,5})"))(?P<blank>/?)'
)
# what a cell is made of, and how many tags that is
_SHARED_OR_VALUE = (Tag.CELL, Tag.VALUE, Tag.VALUE_END, Tag.CELL_END)
_INLINE = (Tag.CELL, Tag.INLINE, Tag.TEXT, Tag.TEXT_END, Tag.INLINE_END, Tag.CELL_END)
_COMPUTED = (Tag.CELL, Tag.FORMULA, Tag.FORMULA_END, *_SHARED_OR_VALUE[1:])
_COPIED = (Tag.CELL, Tag.FORMULA, *_SHARED_OR_VALUE[1:])
_EMPTY = (Tag.CELL, Tag.CELL_END)
_ROW, _CELL = word(b'<row r="'), word(b'<c r="')
_SIX = word(b"\xff" * 6)
# by length in bytes, 0 to 8: the first bytes of a word
_FIRST = np.array([word(b"\xff" * n) for n in range(9)])
# digits are added up in pairs, those in pairs, and those again: a factor, a shift, and what then counts
_SUMS = tuple(
    (np.uint64((10**n << 8 * n) + 1), np.uint64(8 * n), np.uint64(mask))
    for n, mask in ((1, 0x00FF00FF00FF00FF), (2, 0x0000FFFF0000FFFF), (4, 0x00000000FFFFFFFF))
)


@dataclass(frozen=True)
class Class:
    """What the attributes of a cell say it is."""

    kind: str
    style: int
    is_blank: bool
    is_plain_text: bool  # as the usual writers write it


class Classes:
    """The attributes that cells of a sheet have, numbered as they come."""

    def __init__(self) -> None:
        self.meanings: list[Class] = []
        self._numbers: dict[tuple[int, ...], int] = {}

    def of(self, stretch: Stretch, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """The class of each cell, by its attributes."""
        lengths = ends - starts
        if lengths.min() < 0 or lengths.max() > _MAX_ATTRIBUTES:
            raise Irregular
        if lengths.min() == lengths.max():
            lengths = lengths[:1]
        words = [
            stretch.words(starts + 8 * part) & _FIRST[np.clip(lengths - 8 * part, 0, 8)]
            for part in range(max(1, (int(lengths.max()) + 7) // 8))
        ]
        zeros = np.zeros(1, np.uint64)
        words += [zeros] * (3 - len(words))
        classes = np.full(len(starts), -1, np.int16)
        left = len(starts)
        for known, number in self._numbers.items():
            left -= _assign(classes, words, known, number)
            if not left:
                return classes
        while left:
            one = int(np.argmax(classes < 0))
            meaning = class_of(stretch.text[starts[one] : ends[one]])
            if not meaning or len(self._numbers) >= _MAX_CLASSES:
                raise Irregular
            known = tuple(int(part[one % len(part)]) for part in words)
            self._numbers[known] = number = len(self.meanings)
            self.meanings.append(meaning)
            left -= _assign(classes, words, known, number)
        return classes


def structure(stretch: Stretch, rows: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Of each cell, the tag its value stands in, 0 for a blank one. Raises Irregular for any other tags."""
    tags, at = stretch.tags, stretch.at
    if not len(rows) or rows[0] != 0:
        raise Irregular
    after_row = np.append(tags, Tag.ROW)[rows + 1]
    is_closed = after_row == Tag.ROW  # <row r="5" …/>
    row_ends = np.flatnonzero(tags == Tag.ROW_END)
    if (
        not ((after_row == Tag.CELL) | (after_row == Tag.ROW_END) | is_closed).all()
        or len(row_ends) != len(rows) - np.count_nonzero(is_closed)
        or (np.append(tags, Tag.ROW)[row_ends + 1] != Tag.ROW).any()
        or ((stretch.raw[at[rows + 1] - 2] == ord("/")) != is_closed).any()
    ):
        raise Irregular
    shapes = stretch.following(cells)
    found = np.full(len(cells), 0, np.int64)
    seen = len(rows) + len(row_ends)
    for shape, value in ((_SHARED_OR_VALUE, 1), (_INLINE, 2), (_COMPUTED, 3), (_COPIED, 2), (_EMPTY, 0)):
        fits = (shapes & _FIRST[len(shape)]) == word(bytes(shape))
        count = int(np.count_nonzero(fits))
        seen += count * len(shape)
        if value and count == len(cells):
            found = cells + value
        elif value:
            found[fits] = cells[fits] + value
        if shape is _COPIED and (stretch.raw[at[cells[fits] + 2] - 2] != ord("/")).any():
            raise Irregular
        if count == len(cells):
            break
    else:
        follow = (shapes >> np.uint64(8)) & np.uint64(0xFF)
        seen += int(np.count_nonzero((follow == Tag.CELL) | (follow == Tag.ROW_END)))
    values_at = found[found > 0]
    if (
        seen != stretch.count
        or (stretch.raw[at[cells + 1] - 1] != ord(">")).any()
        or (at[values_at + 2] != at[values_at + 1] + 4).any()
    ):
        raise Irregular
    return found


def row_numbers(stretch: Stretch, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each row, its number, the digits of it as they are written with a quote behind, and how many."""
    starts = stretch.at[rows]
    if (stretch.words(starts) != _ROW).any():
        raise Irregular
    digits = stretch.words(starts + 8)
    lengths = np.zeros(len(rows), np.int64)
    for length in range(7, 0, -1):
        lengths[digits >> np.uint64(8 * length) & np.uint64(0xFF) == ord('"')] = length
    if not lengths.all():
        raise Irregular
    # the digits to the end of the word, as `_decimals` wants them
    numbers = _decimals(digits << (8 * (8 - lengths)).astype(np.uint64), lengths)
    return numbers, digits & _FIRST[lengths + 1], lengths


def addresses(
    stretch: Stretch, cells: np.ndarray, digits: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of each cell, its column (0 is A), and where its address ends. Raises Irregular for another row's."""
    starts = stretch.at[cells]
    words = stretch.words(starts)
    if ((words & _SIX) != _CELL).any():
        raise Irregular
    first = ((words >> np.uint64(48)) & np.uint64(0xFF)).astype(np.int64) - ord("A")
    second = (words >> np.uint64(56)).astype(np.int64) - ord("A")
    is_pair = second >= 0
    if first.min() < 0 or first.max() > 25 or second.max() > 25:
        raise Irregular
    columns = np.where(is_pair, (first + 1) * 26 + second, first)
    starts = starts + 7 + is_pair
    if ((stretch.words(starts) ^ digits) & _FIRST[lengths + 1]).any():
        raise Irregular
    return columns, starts + lengths + 1


def repeated(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Each value so many times, or just once where all are the same."""
    return values[:1] if values.min() == values.max() else np.repeat(values, counts)


def whole_numbers(stretch: Stretch, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The whole numbers that stand between these places, of up to eight digits."""
    return _decimals(stretch.words(ends - 8), ends - starts)


def _decimals(words: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The numbers whose digits are the last `lengths` bytes of these words, all digits at once."""
    if lengths.min() < 1 or lengths.max() > 8:
        raise Irregular
    others = ((8 - lengths) << 3).astype(np.uint64)
    digits = words ^ np.uint64(0x3030303030303030)
    digits >>= others
    digits <<= others
    if ((digits + np.uint64(0x7676767676767676) | digits) & np.uint64(0x8080808080808080)).any():
        raise Irregular
    for factor, bits, mask in _SUMS:
        digits *= factor
        digits >>= bits
        digits &= mask
    return digits.astype(np.int64)


def _assign(classes: np.ndarray, words: list[np.ndarray], known: tuple[int, ...], number: int) -> int:
    """Give the cells of these attributes their class; how many they are."""
    mine = words[0] == np.uint64(known[0])
    for part, value in zip(words[1:], known[1:], strict=True):
        mine = mine & (part == np.uint64(value))
    classes[mine] = number
    return int(np.count_nonzero(mine))


def class_of(text: bytes) -> Class | None:
    """What these attributes say; None where they are others than usual."""
    attributes = _ATTRIBUTES.fullmatch(text)
    if not attributes:
        return None
    kind = attributes["kind"] or attributes["kind_first"] or b"n"
    style = attributes["style"] or attributes["style_last"]
    is_blank = bool(attributes["blank"])
    is_plain_text = kind in (b"s", b"inlineStr") and not attributes["turned"] and not is_blank
    return Class(kind.decode(), int(style) if style else -1, is_blank, is_plain_text)
