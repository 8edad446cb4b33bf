"""Every text of a workbook once: phones show text that stands in the cell itself as blanks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.plaintext import UNSEEN, plain
from audit.report.coded import Coded

MAX_CELL_CHARACTERS = 32_767  # of UTF-16: a letter beyond the first plane counts twice
_CUT = "…"
_BLOCK = 16_384  # texts turned into XML at a time
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_ODD = f"{UNSEEN}|_x[0-9A-Fa-f]{{4}}_"  # what a text must hold to be anything but itself
_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="%d">'
)


class SharedStrings:
    """The texts of columns, once each, and the number of each."""

    def __init__(self, columns: Sequence[Coded]) -> None:
        """Columns of text. What no cell can hold and what no row has is left out."""
        used: dict[int, npt.NDArray[np.bool_]] = {}
        values = {id(column.values): column.values for column in columns}
        for column in columns:
            mask = used.setdefault(id(column.values), np.zeros(len(column.values) + 1, np.bool_))
            mask[column.at] = True
        stored = {
            key: _storable(own if used[key][:-1].all() else pc.if_else(pa.array(used[key][:-1]), own, None))
            for key, own in values.items()
            if len(own)
        }
        encoded = pa.chunked_array(list(stored.values()), pa.string()).dictionary_encode()
        self._texts: pa.Array = encoded.chunk(0).dictionary if stored else pa.array([], pa.string())
        self._numbers = {key: chunk.indices for key, chunk in zip(stored, encoded.chunks, strict=True)}
        self._columns = columns  # what numbers are kept by must live as long as they do

    def numbers(self, column: Coded) -> pa.Array:
        """Per value of a column the number of its text; null where no cell can hold it."""
        return self._numbers.get(id(column.values), pa.array([], pa.int32()))

    def to_xml(self) -> list[Callable[[], bytes]]:
        """The part xl/sharedStrings.xml, a piece made by each of the results."""

        def made(start: int) -> bytes:
            texts = self._texts.slice(start, _BLOCK)
            spaced = pc.match_substring_regex(texts, r"^\s|\s$|\n")
            opening = pc.if_else(spaced, '<si><t xml:space="preserve">', "<si><t>")
            return joined(pc.binary_join_element_wise(opening, escaped(texts), "</t></si>", ""))

        count = len(self._texts)
        return [
            lambda: _HEAD % count,
            *(partial(made, start) for start in range(0, count, _BLOCK)),
            lambda: b"</sst>",
        ]


def printable(text: str) -> str:
    """A text a cell can hold: nothing that nobody can see, and no more than a cell takes."""
    text = plain(text)
    if _length(text) <= MAX_CELL_CHARACTERS:
        return text
    cut = text[: MAX_CELL_CHARACTERS - len(_CUT)]
    while _length(cut) > MAX_CELL_CHARACTERS - len(_CUT):
        cut = cut[: len(cut) - max(1, (_length(cut) - MAX_CELL_CHARACTERS) // 2)]
    return cut + _CUT


def is_too_long(column: pa.Array) -> pa.Array:
    """Which texts of a column a cell cannot hold whole."""
    candidates = pc.fill_null(pc.greater(pc.binary_length(column), MAX_CELL_CHARACTERS), False)
    if not pc.any(candidates).as_py():
        return candidates
    longer = [
        bool(candidate) and _length(text) > MAX_CELL_CHARACTERS
        for candidate, text in zip(candidates.to_pylist(), column.to_pylist(), strict=True)
    ]
    return pa.array(longer, pa.bool_())


def escaped(texts: pa.Array) -> pa.Array:
    """Texts as they stand in XML."""
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        texts = pc.replace_substring(texts, sign, entity)
    return texts


def joined(texts: pa.Array) -> bytes:
    """Texts one behind the other: they lie so in Arrow's memory already."""
    if not len(texts):
        return b""
    _, offsets, data = texts.buffers()
    places = memoryview(offsets).cast("i")
    first, last = places[texts.offset], places[texts.offset + len(texts)]
    return bytes(memoryview(data)[first:last]) if data else b""


def _storable(column: pa.Array) -> pa.Array:
    """Texts as they are stored. Few are anything but themselves, and only those are looked at singly."""
    odd = pc.or_(
        pc.match_substring_regex(column, _ODD), pc.greater(pc.binary_length(column), MAX_CELL_CHARACTERS)
    )
    odd = pc.fill_null(odd, False)
    if not pc.any(odd).as_py():
        return column
    mended = [_ESCAPED.sub("_x005F_", printable(text)) or None for text in column.filter(odd).to_pylist()]
    return pc.replace_with_mask(column, odd, pa.array(mended, pa.string()))


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
