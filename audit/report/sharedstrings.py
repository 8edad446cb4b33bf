"""Every text of a workbook once: phones show text that stands in the cell itself as blanks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.plaintext import UNSEEN, plain
from audit.report.coded import Coded
from audit.report.snippets import Places, Snippets, anywhere, joined, span

MAX_CELL_CHARACTERS = 32_767  # of UTF-16: a letter beyond the first plane counts twice
# text that a spreadsheet program would take for a formula once somebody edits the cell
FORMULA_LIKE = r"^[=+\-@\t\r\n＝＋－＠#]"
WIDE = 1.9  # a Chinese character, in digits
_CUT = "…"
_BLOCK = 16_384  # texts turned into XML at a time
_FEW = 4_096  # values of a column
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_ODD = f"{UNSEEN}|_x[0-9A-Fa-f]{{4}}_"  # what a text must hold to be anything but itself
_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="%d">'
)


class SharedStrings:
    """The texts of columns, once each, and the number of each.

    What a long column holds is hardly ever in another: it is not looked for there.
    """

    def __init__(self, columns: Sequence[Coded]) -> None:
        """Columns of text. What no cell can hold and what no row has is left out."""
        used: dict[int, npt.NDArray[np.bool_]] = {}
        values = {id(column.values): column.values for column in columns}
        for column in columns:
            mask = used.setdefault(id(column.values), np.zeros(len(column.values) + 1, np.bool_))
            mask[column.at] = True
        shown = {
            key: own if used[key][:-1].all() else pc.if_else(pa.array(used[key][:-1]), own, None)
            for key, own in values.items()
            if len(own)
        }
        few = {key: own for key, own in shown.items() if len(own) <= _FEW}
        encoded = pa.chunked_array(list(few.values()), pa.string()).dictionary_encode()
        numbers = dict(zip(few, (chunk.indices for chunk in encoded.chunks), strict=True))
        parts = [encoded.chunk(0).dictionary] if few else []
        for key, own in shown.items():
            if key not in few:
                numbers[key] = _counted(own, sum(map(len, parts)))
                parts.append(own.drop_null())
        texts = pa.concat_arrays(parts) if parts else pa.array([], pa.string())
        if (stored := _storable(texts)) is not texts:  # which makes some of them alike
            again = stored.dictionary_encode()
            texts = again.dictionary
            numbers = {key: again.indices.take(one) for key, one in numbers.items()}
        self._texts: pa.Array = texts
        self._numbers = numbers
        self._looks: dict[int, Places] = {}
        self._columns = columns  # what numbers are kept by must live as long as they do

    def numbers(self, column: Coded) -> pa.Array:
        """Per value of a column the number of its text; null where no cell can hold it."""
        return self._numbers.get(id(column.values), pa.array([], pa.int32()))

    def looks(self, column: Coded) -> Places:
        """Per value, and for a blank: 0 as it is, 1 where it may be taken for a formula, 2 without a text."""
        known = self._looks.get(id(column.values))
        if known is None:
            known = self._looks[id(column.values)] = self._told(column, self._guarded.astype(np.int32), 2)
        return known

    def widths(self, column: Coded) -> npt.NDArray[np.float64]:
        """Per value, and for a blank, how wide it stands, in the file's unit of one digit."""
        return self._told(column, self._widths, 0.0)

    def _told(self, column: Coded, of_texts: npt.NDArray[Any], of_none: float) -> npt.NDArray[Any]:
        """What is known of texts by number, per value of a column; `of_none` where there is no text."""
        numbers = self.numbers(column)
        told = np.full(len(numbers) + 1, of_none, of_texts.dtype)
        told[:-1][_numpy(numbers.is_valid())] = of_texts[numbers.drop_null()]
        return told

    @cached_property
    def _guarded(self) -> npt.NDArray[np.bool_]:
        """By number, which texts look like formulas."""
        return _numpy(pc.match_substring_regex(self._texts, FORMULA_LIKE))

    @cached_property
    def _widths(self) -> npt.NDArray[np.float64]:
        """By number, how wide texts stand, in the file's unit of one digit."""
        characters = pc.utf8_length(self._texts)
        wide = pc.divide(pc.subtract(pc.binary_length(self._texts), characters), 2)  # three bytes each
        return _numpy(pc.add(pc.multiply(wide.cast(pa.float64()), WIDE - 1), characters.cast(pa.float64())))

    def to_xml(self) -> list[Callable[[], bytes | memoryview]]:
        """The part xl/sharedStrings.xml, a piece made by each of the results."""

        def made(start: int) -> memoryview:
            texts, own = self._texts.slice(start, _BLOCK), Snippets()
            openings = own.add(["<si><t>", '<si><t xml:space="preserve">'])
            closing, first = own.add(["</t></si>"]), own.add(_escaped(texts))
            return own.laid([openings + _spaced(texts), span(first, len(texts)), closing], len(texts))

        count = len(self._texts)
        return [
            lambda: _HEAD % count,
            *(partial(made, start) for start in range(0, count, _BLOCK)),
            lambda: b"</sst>",
        ]


def _counted(texts: pa.Array, start: int) -> pa.Array:
    """The texts' numbers from `start` on, null for a null."""
    valid = _numpy(texts.is_valid())
    return pa.array(np.cumsum(valid, dtype=np.int32) + np.int32(start - 1), mask=~valid)


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


def _escaped(texts: pa.Array) -> pa.Array:
    """Texts as they stand in XML. Most hold no such sign, which one look at all of them tells."""
    whole = bytes(joined(texts))
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        if sign.encode() in whole:
            texts = pc.replace_substring(texts, sign, entity)
    return texts


def _spaced(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Which of them have white space that a reader would drop or fold."""
    whole, spaced = bytes(joined(texts)), np.zeros(len(texts), np.bool_)
    for space in (" ", "\t", "\n"):
        if space.encode() in whole:
            spaced |= _numpy(pc.starts_with(texts, space)) | _numpy(pc.ends_with(texts, space))
    return spaced | _numpy(pc.match_substring(texts, "\n")) if b"\n" in whole else spaced


def _storable(column: pa.Array) -> pa.Array:
    """Texts as they are stored. Few are anything but themselves, and only those are looked at singly."""
    length = pc.binary_length(column)
    if not anywhere(column, _ODD) and (pc.max(length).as_py() or 0) <= MAX_CELL_CHARACTERS:
        return column
    odd = pc.or_(pc.match_substring_regex(column, _ODD), pc.greater(length, MAX_CELL_CHARACTERS))
    if not pc.any(odd).as_py():
        return column
    mended = [_ESCAPED.sub("_x005F_", printable(text)) or None for text in column.filter(odd).to_pylist()]
    return pc.replace_with_mask(column, odd, pa.array(mended, pa.string()))


def _numpy(column: pa.Array) -> npt.NDArray[Any]:
    values: npt.NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return values


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
