"""How the grey cells of a form were given out: whoever writes into them is told that nobody reads it there.

Every row carries two characters per grey cell, in the form's order, made of what stood in the cell. A cell
that comes back with another text was written over; one that was emptied says nothing.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.engines.parallel import at_once
from audit.intake.dates import clean_date
from audit.intake.identifiers import Unreadable
from audit.intake.repeats import whole
from audit.ledger.merge import Refusal
from audit.plaintext import UNSEEN
from audit.redaction import mask_persons

_DAYS = ("due_on", "first_seen", "last_seen", "last_done", "next_due")
_NUMBERS = ("days_open", "source_row", "open_findings")
_DIGITS = string.digits + string.ascii_letters
_PAIRS = np.array([[*f"{first}{second}".encode()] for first in _DIGITS for second in _DIGITS], np.uint8)
_BLANKS = f"[\\s\u00a0\u3000]|{UNSEEN}"
_LOOKED_AT = 1_500  # bytes of a cell
_NAMED = 10  # cells of a column that are told one by one
_TORN = 4  # cells that a row must have for anybody to say that most are another row's


@dataclass(frozen=True)
class WrittenOver:
    """Per row of a copy: the grey cells that hold something else, by name; and the rows that are torn.

    A row is torn when its grey cells are another row's, or most of them hold something else: somebody sorted
    a part of the columns, and what was filled in stands beside another finding's number.
    """

    cells: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    torn: frozenset[int] = frozenset()


def marked(columns: Sequence[tuple[pa.Array, npt.NDArray[Any]]]) -> pa.Array:
    """The marks of rows as one text each; the grey columns as values, and per row the place of its own.

    The place behind the last value is that of a blank.
    """
    made = at_once(_marks, (values for values, _ in columns), sum(len(values) for values, _ in columns))
    marks = np.empty((len(columns[0][1]), 2 * len(columns)), np.uint8)
    for place, (own, (_, at)) in enumerate(zip(made, columns, strict=True)):
        marks[:, 2 * place : 2 * place + 2] = np.vstack([own, _marks(pa.array([""]))])[at]
    return _texts(marks)


def marked_row(cells: Iterable[str]) -> str:
    """The marks of one row."""
    return str(marked([(pa.array([text], pa.string()), np.zeros(1, np.int64)) for text in cells])[0])


def written_over(rows: pa.Table, grey: Iterable[str]) -> WrittenOver:
    """Which of the grey cells of a copy's rows hold another text than they were given out with."""
    given = pc.fill_null(whole(rows["given"]), "")
    count = len(given)
    cells: dict[int, dict[str, str]] = {}
    compared, differing = np.zeros(count, np.int64), np.zeros(count, np.int64)
    as_given, as_found = [], []
    for place, name in enumerate(grey):
        texts, mark = whole(rows[name]), pc.utf8_slice_codeunits(given, 2 * place, 2 * place + 2)
        if not texts.is_valid().true_count:  # the column was taken away
            continue
        found = _marks_of(name, texts)
        other = pc.and_(pc.not_equal(found, mark), pc.not_equal(mark, ""))
        is_other = pc.and_(other, texts.is_valid()).to_numpy(zero_copy_only=False)
        compared += texts.is_valid().to_numpy(zero_copy_only=False)
        differing += is_other
        as_given.append(mark)
        as_found.append(found)
        for row in np.flatnonzero(is_other).tolist():
            cells.setdefault(row, {})[name] = texts[row].as_py()
    if not cells:
        return WrittenOver()
    of_another = pc.is_in(_side_by_side(as_found), value_set=_side_by_side(as_given))
    most = (compared >= _TORN) & (2 * differing > compared)
    torn = np.flatnonzero((differing > 0) & (most | of_another.to_numpy(zero_copy_only=False)))
    return WrittenOver(cells, frozenset(torn.tolist()))


def refusals_of(cells: Iterable[tuple[str, str, str, str]], words_in: str) -> list[Refusal]:
    """What is told of grey cells: key, column, text and address each; of many in a column the first.

    `words_in` names the field they may be written into.
    """
    told: list[Refusal] = []
    by_column = sorted(cells, key=lambda one: (one[1], one[3].partition("!")[0]))
    for _, group in groupby(by_column, key=lambda one: (one[1], one[3].partition("!")[0])):
        own = list(group)
        many = len(own) > _NAMED
        key, shown = ("read_only_many", own[:1]) if many else ("read_only", own)
        facts = {"words_in": words_in, **({"count": len(own)} if many else {})}
        told += [Refusal(one[0], one[1], mask_persons(one[2]), one[3], key, facts) for one in shown]
    return told


def _marks_of(name: str, texts: pa.Array) -> pa.Array:
    """The marks of a column that came back; days and numbers look different in each program."""
    found = pc.fill_null(texts, "").dictionary_encode()
    values = found.dictionary
    if name in _DAYS:
        values = pa.array(map(_day, values.to_pylist()), pa.string())
    elif name in _NUMBERS:
        values = pc.replace_substring_regex(values, r"\.0+$", "")
    return _texts(_marks(values)).take(found.indices)


def _side_by_side(columns: Sequence[pa.Array]) -> pa.Array:
    return pc.binary_join_element_wise(*columns, "")


def _day(text: str) -> str:
    try:
        day = clean_date(text)
    except Unreadable:
        return text
    return day.isoformat() if day else text


def _marks(values: pa.Array) -> npt.NDArray[np.uint8]:
    """Two characters each, whatever the blanks between and around the words."""
    texts = pc.replace_substring(values.cast(pa.string()), " ", "")  # hardly any has another blank
    if pc.any(pc.match_substring_regex(texts, _BLANKS)).as_py():
        texts = pc.replace_substring_regex(texts, _BLANKS, "")
    cells = pc.binary_slice(texts.cast(pa.binary()), 0, _LOOKED_AT).to_pylist()
    sums = np.fromiter(map(crc32, cells), np.int64, len(cells))
    return _PAIRS[sums % len(_PAIRS)]


def _texts(marks: npt.NDArray[np.uint8]) -> pa.Array:
    """Each row of characters as a text."""
    rows, width = marks.shape
    ends = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(marks)))
