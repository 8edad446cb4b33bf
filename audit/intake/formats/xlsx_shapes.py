"""Rows of one shape: they have the same bytes around their values, but for the number of the row.

Most sheets are made of a few shapes. One row of each is taken apart; that the others are like it is a matter
of comparing bytes, many at once, and then what each cell is and where its value stands is known for all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audit.intake.formats.xlsx_cells import Class, class_of
from audit.intake.formats.xlsx_tags import PAD, Stretch
from audit.intake.grid import column_index

_MAX_NEW = 40  # shapes a stretch may bring before cell by cell is quicker
_MAX_SHAPES = 1_000
_OPENING = re.compile(rb'<row r="(?P<number>[0-9]{1,7})"[^<>]*>[^<>]*')
_CELL = re.compile(
    rb'<c r="(?P<letters>[A-Z]{1,2})(?P<number>[0-9]{1,7})"(?P<attributes>[^<>]*)>'
    rb"(?:(?P<before><v>|<is><t(?: xml:space=\"preserve\")?>)(?P<value>[^<]*)"
    rb"(?:</v></c>|</t></is></c>)[^<>]*)?"
)
_CLOSING = b"</row>"
_PIECE = len(PAD)  # bytes compared together: most often the tags between two values


@dataclass(frozen=True)
class _Pieces:
    """Parts of what stands around the values: of which segment, from where in it, and the bytes.

    `bits` are the bytes that count; the number of the row, with a quote behind, is 0 in `bytes`, and
    `numbers` are its places: which piece, and from which byte on.
    """

    segments: np.ndarray
    offsets: np.ndarray
    bytes: np.ndarray
    bits: np.ndarray
    numbers: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Shape:
    """What rows of a kind are made of: segments of tags with a value between each and the next one.

    Tags are counted from that of the row. `columns` are those with a value, 0 is A; `kinds` says which of the
    values are of which class.
    """

    cells: int
    width: int  # columns up to the last cell, blank ones included
    is_all_text: bool
    columns: np.ndarray
    kinds: tuple[tuple[Class, np.ndarray], ...]
    value_tags: np.ndarray  # of each value, the tag before it
    segment_tags: np.ndarray  # of each segment, its first one
    lengths: np.ndarray  # bytes of the segments before each value
    _pieces: tuple[_Pieces, ...]

    def starts(self, stretch: Stretch, rows: np.ndarray) -> np.ndarray:
        """Where the segments begin in rows of as many tags, given by their first; a line for each row."""
        found: np.ndarray = stretch.at[rows[:, None] + self.segment_tags]
        return found

    def fits(self, stretch: Stretch, starts: np.ndarray, digits: np.ndarray) -> np.ndarray:
        """Which of the rows are of this shape; `digits` are those of their numbers."""
        found = np.ones(len(starts), bool)
        for pieces in self._pieces:
            places = starts
            if len(pieces.segments) != starts.shape[1] or pieces.offsets.any():
                places = starts[:, pieces.segments] + pieces.offsets
                is_inside = places < stretch.at[-1]  # as those of longer rows may not be
                found &= is_inside.all(axis=1)
                places *= is_inside
            seen = stretch.pieces(places)
            seen ^= pieces.bytes
            for piece, byte in pieces.numbers:
                at = np.ndarray(len(starts), "<u8", seen, piece * _PIECE + byte, seen.strides[:1])
                at ^= digits
            if (np.bitwise_or.reduce(seen, axis=0) & pieces.bits).any():
                found &= ~(seen & pieces.bits).any(axis=1)
        return found


@dataclass(frozen=True)
class Shaped:
    """Rows of one shape: their places among those of a stretch, and where their segments begin."""

    shape: Shape
    rows: np.ndarray
    starts: np.ndarray

    def values(self, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where those of the values begin and end, a line for each row."""
        own, after = run(which), run(which + 1)
        return self.starts[:, own] + self.shape.lengths[own], self.starts[:, after]


class Shapes:
    """The shapes that rows of a sheet have, as they come."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], list[Shape]] = {}
        self._left = _MAX_SHAPES

    def of(
        self, stretch: Stretch, rows: np.ndarray, digits: np.ndarray, lengths: np.ndarray
    ) -> list[Shaped] | None:
        """These rows by their shapes; None where there are too many or a strange one."""
        if self._left <= 0:
            return None
        counts = np.diff(np.append(rows, stretch.count))
        kinds = counts * 8 + lengths
        found: list[Shaped] = []
        new = 0
        for kind in np.flatnonzero(np.bincount(kinds)).tolist():
            left = np.flatnonzero(kinds == kind)
            known = self._known.setdefault(divmod(kind, 8), [])
            candidates = iter(list(known))
            while len(left):
                shape = next(candidates, None)
                if shape is None:
                    shape = _shape(stretch, int(rows[left[0]]), int(counts[left[0]]))
                    new += 1
                    if shape is None or new > _MAX_NEW:
                        self._left -= _MAX_SHAPES if new > _MAX_NEW else 1
                        return None
                    known.append(shape)
                    self._left -= 1
                starts = shape.starts(stretch, rows[left])
                fits = shape.fits(stretch, starts, digits[left])
                if fits.all():
                    found.append(Shaped(shape, left, starts))
                    break
                if fits.any():
                    found.append(Shaped(shape, left[fits], starts[fits]))
                    left = left[~fits]
        return found


def run(places: np.ndarray) -> np.ndarray | slice:
    """These places, ascending, as a slice where they follow each other."""
    if len(places) and places[-1] - places[0] + 1 == len(places):
        return slice(int(places[0]), int(places[-1]) + 1)
    return places


def _shape(stretch: Stretch, row: int, tags: int) -> Shape | None:
    """The shape of a row of so many tags, or None where it is none that a plain writer writes."""
    text = stretch.text[stretch.at[row] : stretch.at[row + tags]]
    opening = _OPENING.match(text)
    if not opening:
        return None
    segments = [_Segment(0)]
    segments[0].numbers.append(opening.start("number"))
    classes: list[Class] = []
    columns: list[int] = []
    values: list[int] = []
    cells, width, at = 0, 0, opening.end()
    is_all_text = True
    while cell := _CELL.match(text, at):
        at = cell.end()
        meaning = class_of(cell["attributes"])
        column = column_index(cell["letters"].decode())
        if meaning is None or column < width or cell["number"] != opening["number"]:
            return None
        if meaning.is_blank != (cell["before"] is None):
            return None
        if not meaning.is_blank and (meaning.kind == "inlineStr") != (cell["before"] != b"<v>"):
            return None
        cells, width = cells + 1, column + 1
        is_all_text &= meaning.is_plain_text
        segments[-1].numbers.append(cell.start("number"))
        if not meaning.is_blank:
            segments[-1].end = cell.start("value")
            segments.append(_Segment(cell.end("value")))
            classes.append(meaning)
            columns.append(column)
            values.append(text.count(b"<", 0, cell.start("value")) - 1)
    if opening[0].rstrip().endswith(b"/>"):
        segments[0].end = opening.end()
        is_whole = opening.end() == len(text)
    else:
        segments[-1].end = at + len(_CLOSING)
        is_whole = text.startswith(_CLOSING, at) and text.find(b"<", at + 1) < 0
    if not is_whole:
        return None
    return Shape(
        cells,
        width,
        is_all_text,
        np.array(columns, np.int64),
        tuple((one, np.flatnonzero([one == other for other in classes])) for one in dict.fromkeys(classes)),
        np.array(values, np.int64),
        np.array([text.count(b"<", 0, segment.start) for segment in segments]),
        np.array([segment.end - segment.start for segment in segments[:-1]], np.int64),
        _pieces(text, segments, len(opening["number"])),
    )


class _Segment:
    """A stretch of a row between two values, while the row is taken apart: where it is in the text."""

    def __init__(self, start: int) -> None:
        self.start = self.end = start
        self.numbers: list[int] = []  # where the number of the row stands in it


def _pieces(text: bytes, segments: Sequence[_Segment], digits: int) -> tuple[_Pieces, ...]:
    """The first piece of every segment, and the others there are."""
    first: list[tuple[int, int, bytes, list[int]]] = []
    others: list[tuple[int, int, bytes, list[int]]] = []
    for place, segment in enumerate(segments):
        start = segment.start
        while start < segment.end:
            end = start + _PIECE
            # the word a number stands in is not parted
            end = min(
                (number for number in segment.numbers if start < number < end < number + 8), default=end
            )
            inside = [number - start for number in segment.numbers if start <= number < end]
            piece = (place, start - segment.start, text[start : min(end, segment.end)], inside)
            (first if start == segment.start else others).append(piece)
            start = end
    return tuple(_together(pieces, digits) for pieces in (first, others) if pieces)


def _together(pieces: Sequence[tuple[int, int, bytes, list[int]]], digits: int) -> _Pieces:
    known = np.zeros((len(pieces), _PIECE), np.uint8)
    bits = np.zeros((len(pieces), _PIECE), np.uint8)
    for place, (_, _, text, inside) in enumerate(pieces):
        known[place, : len(text)] = np.frombuffer(text, np.uint8)
        bits[place, : len(text)] = 0xFF
        for byte in inside:
            known[place, byte : byte + digits + 1] = 0
    return _Pieces(
        np.array([segment for segment, *_ in pieces]),
        np.array([offset for _, offset, *_ in pieces]),
        known.ravel().view("<u8"),
        bits.ravel().view("<u8"),
        tuple((place, byte) for place, (*_, inside) in enumerate(pieces) for byte in inside),
    )
