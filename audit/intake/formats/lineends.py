"""Text whose lines end in what few programs end them with, and text that has lost its line ends."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence

from audit.errors import InputError, Unusable

# next line, line and paragraph separator, vertical tab, form feed, and ASCII's separators of records
_ENDS = "\x85\u2028\u2029\x0b\x0c\x1e\x1d\x1c"
_NEARLY_ALL = 0.8
_SAMPLE_LINES = 200
_NUMBER = re.compile(r"\d{6}")


def with_usual_ends(text: memoryview, head: str, separators: Sequence[str]) -> memoryview:
    """The UTF-8 text with lines that end in a newline. `head` is how it begins.

    Another mark ends lines where they are a table with it, and none without: twice as many lines at least,
    nearly all of one width, and none wider. Raises InputError for a header with its rows on one line.
    """
    for mark in (mark for mark in _ENDS if mark in head):
        before, lines = _lines(head), _lines(head.replace(mark, "\n"))
        if len(lines) >= 2 * len(before) and _is_table(lines[:_SAMPLE_LINES], separators):
            return memoryview(bytes(text).replace(mark.encode(), b"\n"))
    lines = _lines(head)
    if len(lines) == 1:
        cells = re.split("|".join(map(re.escape, separators)), lines[0])
        if not re.search(r"\d", cells[0]) and sum(bool(_NUMBER.search(cell)) for cell in cells) > 1:
            raise InputError(Unusable.UNREADABLE, "text_on_one_line")
    return text


def _lines(text: str) -> list[str]:
    return [line for line in io.StringIO(text, newline=None) if line.strip()]


def _is_table(lines: list[str], separators: Sequence[str]) -> bool:
    for separator in separators:
        try:
            widths = Counter(len(next(csv.reader([line], delimiter=separator), [])) for line in lines)
        except csv.Error:
            continue
        width, count = widths.most_common(1)[0]
        if width > 1 and width == max(widths) and count >= _NEARLY_ALL * len(lines):
            return True
    return False
