"""Whole columns of text judged by their bytes, where a pattern for every cell would say no more."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# odd, and of no order: what one of the words lacks is seldom made up for by another
_FACTORS = tuple(map(np.uint64, (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xFF51AFD7ED558CCD)))


def byte_lengths(texts: pa.Array) -> np.ndarray:
    """Bytes of every text; of a null, anything."""
    return np.diff(_ends(texts))


def made_of(texts: pa.Array, allowed: np.ndarray) -> np.ndarray:
    """Per text, whether it has a byte and none that is not allowed. Of a null, anything.

    >>> digits = bytes_of("0123456789")
    >>> made_of(pa.array(["12", "1x", ""]), digits).tolist()
    [True, False, False]
    """
    ends = _ends(texts)
    found: np.ndarray = np.diff(ends) > 0
    if not len(texts) or ends[0] == ends[-1]:
        return found
    data = np.frombuffer(texts.buffers()[2], np.uint8)[ends[0] : ends[-1]]
    if not data.tobytes().translate(None, np.flatnonzero(allowed).astype(np.uint8).tobytes()):
        return found  # hardly ever is there anything else, and that takes a third of the time
    strange = np.flatnonzero(~allowed[data])
    found[np.searchsorted(ends[1:] - ends[0], strange, side="right")] = False
    return found


def lengths(texts: pa.Array) -> np.ndarray:
    """Characters of every text; -1 of a null."""
    ends, data = _ends(texts), texts.buffers()[2]
    if data and not texts.null_count and data[int(ends[0]) : int(ends[-1])].to_pybytes().isascii():
        return np.diff(ends)
    found: np.ndarray = pc.utf8_length(texts).fill_null(-1).to_numpy(zero_copy_only=False)
    return found


def sketches(texts: pa.Array) -> np.ndarray:
    """A number for every text by its length, its first and its last bytes: equal texts have the same."""
    ends = _ends(texts).astype(np.int64)
    starts, sizes = ends[:-1], np.diff(ends)
    found = sizes.astype(np.uint64) * _FACTORS[0]
    last = len(texts.buffers()[2] or b"") - 8  # place of a word
    if len(texts) and last >= 0:
        words = np.ndarray((last + 1,), "<u8", texts.buffers()[2], strides=(1,))
        places = np.minimum(starts, last)
        first = words[places] >> ((starts - places) << 3).astype(np.uint64)
        found += (first << ((8 - np.minimum(sizes, 8)) << 3).astype(np.uint64)) * _FACTORS[1]
        is_long = sizes >= 8
        found += words[np.where(is_long, ends[1:] - 8, 0)] * is_long * _FACTORS[2]
    if texts.null_count:
        found[texts.is_null().to_numpy(zero_copy_only=False)] = 0
    return found


def fixed_width(texts: pa.Array, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The places of texts of so many bytes, and these bytes, a row for each.

    >>> [found.tolist() for found in fixed_width(pa.array(["12", "123", None, "4a"]), 2)]
    [[0, 3], [[49, 50], [52, 97]]]
    """
    filled = texts.is_valid().to_numpy(zero_copy_only=False)
    places = np.flatnonzero(filled & (byte_lengths(texts) == width))
    starts, data = _ends(texts)[places], texts.buffers()[2]
    if not len(places) or not width:
        return places, np.zeros((len(places), width), np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(data, np.uint8), width)
    return places, windows[starts]


def bytes_of(characters: str) -> np.ndarray:
    """For each byte, whether one of the characters has it."""
    allowed = np.zeros(256, bool)
    allowed[list(characters.encode())] = True
    return allowed


def _ends(texts: pa.Array) -> np.ndarray:
    """Where each text begins in the bytes, and where the last ends."""
    offsets = texts.buffers()[1]
    if offsets is None or not len(texts):
        return np.zeros(len(texts) + 1, np.int32)
    ends: np.ndarray = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return ends
