"""Text put together of pieces that are known by number: one look-up lays them behind each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Places = npt.NDArray[np.int32]


class Snippets:
    """Pieces of text, each with its place among them."""

    def __init__(self, known: pa.Array | None = None) -> None:
        self._parts: list[pa.Array] = [] if known is None else [known]
        self._count = sum(map(len, self._parts))

    def add(self, texts: pa.Array | Sequence[str]) -> int:
        """The place of the first of these; the others follow it. A null is no text at all."""
        first = self._count
        self._parts.append(texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string()))
        self._count += len(texts)
        return first

    def fixed(self) -> pa.Array:
        """All of them, for others to begin with."""
        return pa.concat_arrays(self._parts)

    def laid(self, pieces: Sequence[Places | int], count: int) -> memoryview:
        """`count` times one of each of the pieces, by their places, behind one another."""
        places = np.empty((count, len(pieces)), np.int32)
        for number, piece in enumerate(pieces):
            places[:, number] = piece
        return joined(self.fixed().take(pa.array(places.ravel())))


def span(first: int, count: int) -> Places:
    """That many places one after the other."""
    return np.arange(first, first + count, dtype=np.int32)


def joined(texts: pa.Array) -> memoryview:
    """Texts one behind the other: they lie so in Arrow's memory already."""
    _, offsets, data = texts.buffers()
    if not len(texts) or data is None:
        return memoryview(b"")
    places = memoryview(offsets).cast("i")
    return memoryview(data)[places[texts.offset] : places[texts.offset + len(texts)]]


def anywhere(texts: pa.Array, pattern: str) -> bool:
    """Whether the texts one behind the other hold such a thing: a look at each takes twice as long."""
    whole = joined(texts)
    ends = pa.py_buffer(np.array([0, len(whole)], np.int32))
    one = pa.StringArray.from_buffers(1, ends, pa.py_buffer(whole))
    return bool(pc.match_substring_regex(one, pattern)[0].as_py())
