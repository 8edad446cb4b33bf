"""Pairs of serials that one slip keeps apart: of a finger, of an eye, or of a spreadsheet.

Two serials one edit apart become equal when the right character is left out of one or both of them; two
with swapped neighbours become equal when one is swapped back. So the search is a join on hashes of
shortened and swapped serials, made for all serials of one length and one place at a time, and a comparison
of the characters of what met. It finds every pair at optimal string alignment distance 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Places = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint64]
Marks = npt.NDArray[np.bool_]

KINDS = ("lost_zeros", "look_alike", "transposed", "edited")  # most specific first
LOST_ZEROS, LOOK_ALIKE, TRANSPOSED, EDITED = range(len(KINDS))
READ_AS = {"O": "0", "I": "1", "L": "1", "B": "8", "S": "5", "Z": "2"}

# five digits have 45 neighbours among 100,000 numbers: in a list of any size everything is near something
SHORTEST = 6
# a longer text is not a serial, and the memory of the search grows with the longest
LONGEST = 64
# serials that differ from one in the same place; capital letters and digits make at most 35
MOST_ALIKE = 64

_BLOCK = 65_536  # pairs whose characters are compared at once
_WEIGHTS = np.random.default_rng(20).integers(1, 2**63, LONGEST, dtype=np.uint64) * np.uint64(2) + np.uint64(
    1
)


@dataclass(frozen=True)
class Pairs:
    """Places in the left and in the right list whose serials resemble each other in one way."""

    left: Places
    right: Places
    kind: int  # a place in KINDS

    def where(self, kept: Marks) -> Pairs:
        """Some of the pairs."""
        return Pairs(self.left[kept], self.right[kept], self.kind)

    def turned(self) -> Pairs:
        """The same pairs, seen from the other list."""
        return Pairs(self.right, self.left, self.kind)


def joined(parts: Sequence[Pairs]) -> Pairs:
    """Parts of one kind as one."""
    lefts, rights = [part.left for part in parts], [part.right for part in parts]
    return Pairs(np.concatenate(lefts), np.concatenate(rights), parts[0].kind)


@dataclass(frozen=True)
class Alike:
    """What resembles what, each pair in one part only, and which of the left were too crowded to compare."""

    parts: tuple[Pairs, ...]
    crowded: Marks


@dataclass(frozen=True)
class _Form:
    """Serials of one length with a character left out, two swapped, or as they are."""

    places: Places  # in the list
    points: Codes  # a row of code points for each place, as they are
    columns: Places  # of the points, as the form has them
    rows: Places  # of the points, which take the form
    hashes: Codes  # one for each of `rows`

    def where(self, kept: Marks) -> _Form:
        """Some of the serials; `kept` has a mark for each of the places."""
        return _Form(self.places, self.points, self.columns, self.rows[kept], self.hashes[kept])


def comparable(serials: pa.ChunkedArray) -> pa.ChunkedArray:
    """Which texts are serials and long enough to tell a slip from another serial; null is not."""
    length = pc.utf8_length(serials)
    fits = pc.and_(pc.greater_equal(length, SHORTEST), pc.less_equal(length, LONGEST))
    return pc.fill_null(fits, False)


def alike(left: pa.Array, right: pa.Array) -> Alike:
    """The pairs of two lists of distinct, `comparable` serials; equal serials are no pair.

    A serial of the left with more than `MOST_ALIKE` partners of one kind in one place is crowded, and gets
    no partner at all: what seems unique among some may not be so among all. That holds the pairs of any
    lists to a multiple of their length.
    """
    both = pa.chunked_array([left, right], pa.string())
    exact, read, bare = (_numbered(text) for text in (both, _read_as_digits(both), _without_zeros(both)))
    size = len(left)
    crowded = np.zeros(size, bool)
    parts = []
    for kind, numbers in ((LOST_ZEROS, bare), (LOOK_ALIKE, read)):
        a, b, too_many = _meeting(numbers[:size], numbers[size:])
        crowded[too_many] = True
        parts.append(Pairs(a, b, kind).where(exact[a] != exact[b + size]))
    for slips, too_many in _slips(left, right):
        crowded[too_many] = True
        a, b = slips.left, slips.right + size
        more_specific = (read[a] == read[b]) | (bare[a] == bare[b])
        parts.append(slips.where(~more_specific))
    compared = (part.where(~crowded[part.left]) for part in parts)
    return Alike(tuple(part for part in compared if part.left.size), crowded)


def _read_as_digits(serials: pa.ChunkedArray) -> pa.ChunkedArray:
    for letter, digit in READ_AS.items():
        serials = pc.replace_substring(serials, letter, digit)
    return serials


def _without_zeros(serials: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.utf8_ltrim(serials, characters="0")


def _numbered(texts: pa.ChunkedArray) -> Codes:
    """A number for every text, the same for equal ones."""
    encoded = pc.dictionary_encode(texts.combine_chunks())
    numbers: Codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.uint64)
    return numbers


def _slips(left: pa.Array, right: pa.Array) -> Iterator[tuple[Pairs, Places]]:
    """The pairs one edit or one swap of neighbours apart, and the left places with too many partners."""
    ours, theirs = _by_length(left), _by_length(right)
    for length in sorted(ours.keys() | theirs.keys()):
        mine, shorter_mine = _of(ours, length), _of(ours, length - 1)
        yours, shorter_yours = _of(theirs, length), _of(theirs, length - 1)
        for i in range(length):
            mine_without, yours_without = _without(mine, i), _without(yours, i)
            # which of two equal neighbours is left out makes no difference, so that only the last is
            mine_once, yours_once = mine_without.where(_turns(mine, i)), yours_without.where(_turns(yours, i))
            yield _met(mine_without, yours_without, EDITED)
            yield _met(mine_once, shorter_yours, EDITED)
            yield _met(shorter_mine, yours_once, EDITED)
            if i + 1 < length:
                yield _met(_swapped(mine, i).where(_turns(mine, i)), yours, TRANSPOSED)


def _by_length(serials: pa.Array) -> dict[int, _Form]:
    lengths = pc.utf8_length(serials).to_numpy(zero_copy_only=False)
    texts = serials.to_numpy(zero_copy_only=False)
    forms = {}
    for length in np.unique(lengths).tolist():
        places = np.flatnonzero(lengths == length)
        points = texts[places].astype(f"U{length}").view(np.uint32).reshape(len(places), length)
        forms[length] = _formed(places, points.astype(np.uint64), np.arange(length))
    return forms


def _of(forms: dict[int, _Form], length: int) -> _Form:
    nobody = np.empty(0, np.int64), np.empty((0, length), np.uint64)
    return forms.get(length) or _formed(*nobody, np.arange(length))


def _formed(places: Places, points: Codes, columns: Places) -> _Form:
    weights = np.zeros(points.shape[1], np.uint64)
    weights[columns] = _WEIGHTS[: len(columns)]
    return _Form(places, points, columns, np.arange(len(places)), points @ weights)


def _without(form: _Form, i: int) -> _Form:
    return _formed(form.places, form.points, np.delete(form.columns, i))


def _swapped(form: _Form, i: int) -> _Form:
    columns = form.columns.copy()
    columns[[i, i + 1]] = columns[[i + 1, i]]
    return _formed(form.places, form.points, columns)


def _turns(form: _Form, i: int) -> Marks:
    """Whether the character at `i` is the last, or differs from the next."""
    points = form.points
    return points[:, i] != points[:, i + 1] if i + 1 < points.shape[1] else np.ones(len(points), bool)


def _met(left: _Form, right: _Form, kind: int) -> tuple[Pairs, Places]:
    """The serials whose forms are the same, and the left places with too many partners."""
    a, b, crowded = _meeting(left.hashes, right.hashes)
    a, b = left.rows[a], right.rows[b]
    same = np.ones(len(a), bool)
    for start in range(0, len(a), _BLOCK):
        block = slice(start, start + _BLOCK)
        ours, theirs = left.points[a[block]], right.points[b[block]]
        same[block] = (ours[:, left.columns] == theirs[:, right.columns]).all(axis=1)
    pairs = Pairs(left.places[a], right.places[b], kind)
    return pairs.where(same), left.places[left.rows[crowded]]


def _meeting(left: Codes, right: Codes) -> tuple[Places, Places, Places]:
    """The places of equal numbers, and the left places whose number the right has too often."""
    nobody = np.empty(0, np.int64)
    if not len(left) or not len(right):
        return nobody, nobody, nobody
    rows, others = np.flatnonzero(_may_be_among(left, right)), np.flatnonzero(_may_be_among(right, left))
    rows = rows[among(left[rows], right[others])]
    if not len(rows):
        return nobody, nobody, nobody
    others = others[among(right[others], left[rows])]
    others = others[np.argsort(right[others])]
    first = np.searchsorted(right[others], left[rows])
    count = np.searchsorted(right[others], left[rows], side="right") - first
    crowded = count > MOST_ALIKE
    first, count = first[~crowded], count[~crowded]
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(rows[~crowded], count), others[np.repeat(first, count) + within], rows[crowded]


def _may_be_among(numbers: Codes, known: Codes) -> Marks:
    """Marks the numbers that the other list has, and few besides: by their last bits, without hashing."""
    buckets = 1 << (16 * len(known)).bit_length()
    last_bits = np.uint64(buckets - 1)
    marks = np.zeros(buckets, bool)
    marks[known & last_bits] = True
    found: Marks = marks[numbers & last_bits]
    return found


def among(numbers: Codes | Places, known: Codes | Places) -> Marks:
    """Which of the numbers occur in the other list."""
    found: Marks = pc.is_in(pa.array(numbers), value_set=pa.array(known)).to_numpy(zero_copy_only=False)
    return found
