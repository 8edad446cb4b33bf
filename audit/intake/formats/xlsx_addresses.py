"""Whether the cells of a sheet stand where their addresses say: a reader that believes one of the two only
puts a cell in another row, or one over another, without a word."""

from __future__ import annotations

import re

import numpy as np

_ROW = re.compile(rb'<row(?: [^>]*?\br="(\d{1,9})")?')
_CELL = len(b'<c r="')
_LETTERS, _LONGEST = 3, 11  # of an address: three letters, seven digits and a quote
_PIECE = 1 << 24  # bytes looked at together


def in_their_rows(content: bytes, start: int, end: int) -> bool:
    """Whether each cell between these places names the row it is in, and stands right of the one before.

    Every `<c` there has to begin a cell with its address first.
    """
    while start < end:
        stop = content.rfind(b"<row", start + 1, start + _PIECE) if end - start > _PIECE else end
        if stop < 0:  # a row longer than a piece
            stop = max(content.find(b"<row", start + _PIECE, end), 0) or end
        if not _agree(content[start:stop]):
            return False
        start = stop
    return True


def _agree(piece: bytes) -> bool:
    raw = np.frombuffer(piece + bytes(_CELL + _LONGEST), np.uint8)
    cells = np.flatnonzero((raw[:-1] == ord("<")) & (raw[1:] == ord("c")))
    if not len(cells):
        return True
    rows = list(_ROW.finditer(piece))
    starts = np.fromiter((row.start() for row in rows), np.int64, len(rows))
    stated = np.fromiter((int(row[1] or 0) for row in rows), np.int64, len(rows))
    columns, numbers = _addresses(raw, cells + _CELL)
    owners = np.searchsorted(starts, cells) - 1
    if owners[0] < 0 or (numbers != stated[owners]).any() or not numbers.all():
        return False
    return not ((owners[1:] == owners[:-1]) & (columns[1:] <= columns[:-1])).any()


def _addresses(raw: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The columns (A is 1) and rows of the addresses that begin there; row 0 for one that is none."""
    columns, rows = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.int64)
    in_letters, in_digits = np.ones(len(starts), bool), np.zeros(len(starts), bool)
    is_whole = np.zeros(len(starts), bool)
    for place in range(_LONGEST):
        found = raw[starts + place]
        is_whole |= in_digits & (found == ord('"'))
        may_be_digit = in_digits | (in_letters & (columns > 0))
        in_letters &= (found >= ord("A")) & (found <= ord("Z")) & (place < _LETTERS)
        in_digits = may_be_digit & (found >= ord("0")) & (found <= ord("9"))
        columns = np.where(in_letters, columns * 26 + found - (ord("A") - 1), columns)
        rows = np.where(in_digits, rows * 10 + found - ord("0"), rows)
    return columns, rows * is_whole
