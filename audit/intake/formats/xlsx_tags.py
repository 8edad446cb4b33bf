"""Where the tags of a sheet's or a string table's XML are, as arrays, a stretch at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from functools import cached_property
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.formats.xlsx_values import Irregular, dereferenced, unescaped

PAD = b"\0" * 48  # so that so many bytes can be taken from every place
_MAX_PENDING = 32 << 20  # a row longer than this is none
_MAX_HEAD = 1 << 20
_PROLOGUE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"'](?i:utf-8)[\"'])?[^>]*\?>)?"
    rb"\s*<(\w+) "
)
_PRESERVED = np.frombuffer(b'<t xml:space="preserve">', np.uint8)
_BLANK = np.zeros(256, bool)
_BLANK[list(b" \t\r\n")] = True


class Tag(IntEnum):
    """Tags of a plain sheet and a plain string table, told by the two bytes after `<`."""

    OTHER = 0
    ROW = 1
    ROW_END = 2
    CELL = 3
    CELL_END = 4
    VALUE = 5
    VALUE_END = 6
    INLINE = 7
    INLINE_END = 8
    TEXT = 9
    TEXT_END = 10
    FORMULA = 11
    FORMULA_END = 12
    ITEM = 13
    ITEM_END = 14


_STARTS = {
    b"ro": Tag.ROW,
    b"/r": Tag.ROW_END,
    b"c ": Tag.CELL,
    b"/c": Tag.CELL_END,
    b"v>": Tag.VALUE,
    b"/v": Tag.VALUE_END,
    b"is": Tag.INLINE,
    b"/i": Tag.INLINE_END,
    b"t>": Tag.TEXT,
    b"t ": Tag.TEXT,
    b"/t": Tag.TEXT_END,
    b"f>": Tag.FORMULA,
    b"f ": Tag.FORMULA,
    b"/f": Tag.FORMULA_END,
    b"si": Tag.ITEM,
    b"/s": Tag.ITEM_END,
}
_TAG_OF = np.zeros(1 << 16, np.uint8)
for _start, _tag in _STARTS.items():
    _TAG_OF[int.from_bytes(_start, "little")] = _tag


def word(text: bytes) -> np.uint64:
    """Up to eight bytes as a number, the first the least."""
    return np.uint64(int.from_bytes(text, "little"))


class Stretch:
    """A piece of XML: its bytes, and place and kind of each tag; place `count` is the end."""

    def __init__(self, *pieces: bytes | memoryview) -> None:
        self.text = b"".join((b">", *pieces, b"<", PAD))
        self.raw = np.frombuffer(self.text, np.uint8)
        self.at = np.flatnonzero(self.raw == ord("<"))
        self.count = len(self.at) - 1
        self._words = np.ndarray((len(self.raw) - 7,), "<u8", self.text, strides=(1,))
        self._first = self.raw[1:].take(self.at[:-1])

    @cached_property
    def rows(self) -> np.ndarray:
        """Which of the tags are those of rows; of tags that are none of a plain sheet, some more."""
        return np.flatnonzero(self._first == ord("r"))

    @property
    def tags(self) -> np.ndarray:
        """The kind of each tag."""
        return self._eight_tags[: self.count]

    @cached_property
    def _eight_tags(self) -> np.ndarray:
        # few sheets need them all
        starts = self.raw[2:].take(self.at[:-1]).astype(np.uint16) << 8 | self._first
        tags = np.zeros(self.count + 8, np.uint8)
        tags[: self.count] = _TAG_OF.take(starts)
        return tags

    def words(self, places: np.ndarray) -> np.ndarray:
        """The eight bytes from each place on, as numbers."""
        found: np.ndarray = self._words[places]
        return found

    def following(self, tags: np.ndarray) -> np.ndarray:
        """The kinds of eight tags from each of these on, a byte for each."""
        eight = np.ndarray((self.count + 1,), "<u8", self._eight_tags, strides=(1,))
        found: np.ndarray = eight[tags]
        return found

    def pieces(self, places: np.ndarray) -> np.ndarray:
        """As many bytes as `PAD` has from each place on, as words; those of a line of places are one line."""
        all_pieces = np.ndarray((len(self.text) - len(PAD) + 1,), f"V{len(PAD)}", self.text, strides=(1,))
        found: np.ndarray = all_pieces[np.ascontiguousarray(places)].view("<u8")
        return found

    def spans(self, starts: np.ndarray, ends: np.ndarray) -> pa.Array:
        """The bytes between these places as texts."""
        bounds = np.empty(2 * len(starts), np.int32)
        bounds[::2], bounds[1::2] = starts, ends
        pieces = pa.StringArray.from_buffers(len(bounds) - 1, pa.py_buffer(bounds), pa.py_buffer(self.text))
        texts = pieces.take(pa.array(np.arange(0, len(bounds) - 1, 2)))
        try:
            texts.validate(full=True)
        except pa.ArrowInvalid:  # no UTF-8
            raise Irregular from None
        return texts

    def values(self, tags: np.ndarray) -> pa.Array:
        """What stands in `<v>` elements, as it is written."""
        starts, ends = self.at[tags] + 3, self.at[tags + 1]
        if (starts == ends).any():
            raise Irregular
        return self.spans(starts, ends)

    def texts(self, tags: np.ndarray, in_values: bool = False) -> pa.Array:
        """The text of `<t>` (or `<v>`) elements."""
        if not len(tags):
            return pa.array([], pa.string())
        starts, ends = self.at[tags] + 3, self.at[tags + 1]
        kept = self.raw[starts - 1] != ord(">")
        if kept.any():
            wide = self.at[tags][kept][:, None] + np.arange(len(_PRESERVED))
            if (self.raw[wide] != _PRESERVED).any():
                raise Irregular
            starts = starts + kept * (len(_PRESERVED) - 3)
        return self.texts_between(starts, ends, kept, in_values)

    def texts_between(
        self, starts: np.ndarray, ends: np.ndarray, kept: np.ndarray, in_values: bool = False
    ) -> pa.Array:
        """The text between these places; where it is not `kept`, no blank around it counts."""
        odd = (_BLANK[self.raw[starts]] | _BLANK[self.raw[ends - 1]]) & ~kept
        odd[self._escaped(starts, ends)] = True
        texts = self.spans(starts, ends)
        if not odd.any():
            return texts
        own = [
            dereferenced(self.text[start:end]) if in_values else unescaped(self.text[start:end], bool(keep))
            for start, end, keep in zip(starts[odd], ends[odd], kept[odd], strict=True)
        ]
        return pc.replace_with_mask(texts, pa.array(odd), pa.array(own, pa.string()))

    def _escaped(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Which of the spans hold a reference, an escape or the end of a line that XML would change."""
        if not any(mark in self.text for mark in (b"&", b"\r", b"_")):
            return np.zeros(0, np.int64)
        raw = self.raw
        is_odd = (raw == ord("&")) | (raw == ord("\r"))
        is_odd[:-1] |= (raw[:-1] == ord("_")) & (raw[1:] == ord("x"))
        places = np.flatnonzero(is_odd)
        spans = np.searchsorted(starts, places, "right") - 1
        return spans[(spans >= 0) & (places < ends[spans])]


class Body:
    """What stands inside one element of a part, in stretches that end where an item of it ends."""

    def __init__(self, pieces: Iterable[bytes], root: bytes, opening: bytes) -> None:
        self._pieces = iter(pieces)
        self.head, self.tail = b"", b""
        for piece in self._pieces:
            self.head += piece
            if found := re.search(opening, self.head):
                self._rest = self.head[found.end() :]
                self.head = self.head[: found.end()]
                break
            if len(self.head) > _MAX_HEAD:
                raise Irregular
        else:
            raise Irregular
        start = _PROLOGUE.match(self.head)
        if not start or start[1] != root or b"<!" in self.head:
            raise Irregular

    def stretches(self, item_end: bytes, closing: bytes) -> Iterator[Stretch]:
        """Whole items at a time; afterwards `tail` is what follows them.

        The next one is made, and unpacked, on a thread of its own while the one before is looked at.
        """
        made = self._stretches(item_end, closing)
        with ThreadPoolExecutor(1, "ahead") as thread:
            coming = thread.submit(next, made, None)
            while (stretch := coming.result()) is not None:
                coming = thread.submit(next, made, None)
                yield stretch

    def _stretches(self, item_end: bytes, closing: bytes) -> Iterator[Stretch]:
        rest = b""
        for piece in chain([self._rest], self._pieces):
            cut = piece.rfind(item_end)
            if cut < 0:
                rest += piece
            else:
                cut += len(item_end)
                yield Stretch(rest, memoryview(piece)[:cut])
                rest = piece[cut:]
            if (stop := rest.find(closing)) >= 0:
                if rest[:stop].strip():
                    yield Stretch(rest[:stop])
                self.tail = rest[stop:] + b"".join(self._pieces)
                return
            if len(rest) > _MAX_PENDING:
                raise Irregular
        raise Irregular
