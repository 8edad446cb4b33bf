"""Text whose columns are told by where they stand: what SQL*Plus and other clients of databases print."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice, pairwise

_LINE_END = re.compile(r"\r\n|\r|\n")
# a line of dashes below the header; the widths of the columns are those of its parts
_RULER = re.compile(r"^[ \f]*-{2,}(?: +-+)+ *\r?$", re.MULTILINE)
_DASHES = re.compile(r"-+")
_CELL = re.compile(r"\S+(?: \S+)*")
_DRAWN = re.compile(r"[-=_*─━═]{5,}")
_AT_THE_END = re.compile(
    r"[本合总小共]\S{0,3}[计页]|共\s*\d|\*{2,}|-{2,}|(?:sub|grand )?total\b|end of", re.IGNORECASE
)
_LINES_UNDER = 3  # a header: drawn, or blank
_SEARCHED, _MOST_TRIED = 60, 10  # lines in which a header is looked for, and those taken for one
_FEWEST_COLUMNS, _FEWEST_ROWS = 3, 3  # without a line of dashes: fewer may be a paragraph
_BLANK = " \f\u3000"
# a Chinese character takes two places on a screen; some programs count characters, or bytes of UTF-8
_WIDTHS: tuple[Callable[[str], int], ...] = (
    lambda one: len(one.encode("gb18030", "replace")),
    lambda _: 1,
    lambda one: len(one.encode()),
)
_Span = tuple[int, int | None]  # first place and the one after the last; None where it goes on to the end
_Places = list[str]  # what stands in each place of a line; "" in the further places of a wide character


def has_ruler(head: str) -> bool:
    """Whether the beginning of a text has a line that says how wide its columns are."""
    return bool(_RULER.search(head))


def by_position(text: str) -> list[list[str]] | None:
    """The cells of each line; of lines that are none of the table, the line. None of any other text.

    Every line of the table has to leave blank what is between its columns, or nothing is cut at all.
    """
    lines = _LINE_END.split(text)
    if not lines[-1]:
        lines.pop()
    rulers = [row for row, line in enumerate(lines) if _RULER.match(line)]
    for width in _WIDTHS:
        found = _ruled(lines, rulers, width) if rulers else _unruled(lines, width)
        if found:
            spans, rows = found
            cells = [
                [_cell(_places(line, width), span) for span in spans] if row in rows else [line]
                for row, line in enumerate(lines)
            ]
            above = min(rows) - 1  # a header that stands elsewhere than what is below it
            if above >= 0 and len(labels := _CELL.findall(lines[above].strip(_BLANK))) == len(spans):
                cells[above] = labels
            return cells
    return None if rulers else _by_blanks(lines)


def _by_blanks(lines: list[str]) -> list[list[str]] | None:
    """The cells of lines that have blanks between them and, from the first with several on, as many each."""
    for parted in (_CELL.findall, str.split):
        near = (len(parted(line.strip(_BLANK))) for line in lines[:_SEARCHED])
        first = next((row for row, count in enumerate(near) if count >= _FEWEST_COLUMNS), len(lines))
        rows: list[list[str]] = [parted(line.strip(_BLANK)) for line in lines[first:]]
        counts = [len(row) for row in rows if row]
        if len(counts) > _FEWEST_ROWS and len(set(counts)) == 1:
            return [[line] for line in lines[:first]] + rows
    return None


def _ruled(
    lines: list[str], rulers: list[int], width: Callable[[str], int]
) -> tuple[list[_Span], set[int]] | None:
    """The columns below lines of dashes, and the rows: up to a blank line or the next header.

    None where lines of dashes differ: the rows go on in further lines.
    """
    if len({lines[row].strip(_BLANK) for row in rulers}) > 1 or not rulers[0]:
        return None
    ends = [found.span() for found in _DASHES.finditer(lines[rulers[0]])]
    spans: list[_Span] = [*ends[:-1], (ends[-1][0], None)]
    rows: set[int] = set()
    for ruler in rulers:
        rows.add(ruler - 1)
        for row in range(ruler + 1, len(lines)):
            if not lines[row].strip(_BLANK) or row + 1 in rulers:
                break
            if not lines[row].strip(_BLANK + "-"):
                return None
            rows.add(row)
    gaps = [(0, ends[0][0]), *((left[1], right[0]) for left, right in pairwise(ends))]
    for row in rows:
        places = _places(lines[row], width)
        if any(_cell(places, gap) or "" in places[gap[0] : gap[1]] for gap in gaps):
            return None
    return spans, rows


def _unruled(lines: list[str], width: Callable[[str], int]) -> tuple[list[_Span], set[int]] | None:
    """The columns between which every line from the header on is blank, and the rows up to a blank line.

    Of a report the rows go on below the same header on its next page; a title above may be in parts as well.
    """
    stripped = [line.strip(_BLANK) for line in lines]
    likely = (
        row for row, line in enumerate(stripped[:_SEARCHED]) if len(_CELL.findall(line)) >= _FEWEST_COLUMNS
    )
    for first in islice(likely, _MOST_TRIED):
        heads = [row for row, line in enumerate(stripped) if line == stripped[first]]
        rows = {row for head in heads for row in _below(lines, stripped, head)}
        if len(rows) < _FEWEST_ROWS or any(len(_CELL.findall(stripped[row])) < 2 for row in rows):
            continue
        rows.update(heads)
        filled: list[bool] = []
        for row in rows:
            places = _places(lines[row], width)
            filled += [False] * (len(places) - len(filled))
            for place, character in enumerate(places):
                filled[place] |= character not in _BLANK or not character
        # a single blank may be of the text
        runs = [found.span() for found in re.finditer("1+(?:01+)*", "".join("01"[one] for one in filled))]
        header = _places(lines[first], width)
        if [_cell(header, run) for run in runs] == _CELL.findall(stripped[first]):
            return [*runs[:-1], (runs[-1][0], None)], rows
    return None


def _below(lines: list[str], stripped: list[str], head: int) -> Iterator[int]:
    """The rows below a header, and below the line drawn under it, up to a blank line, the next one drawn, the
    next page, or what is said at the end of a page."""
    start = head + 1
    while start < min(head + _LINES_UNDER, len(stripped)) and (
        not stripped[start] or _DRAWN.fullmatch(stripped[start])
    ):
        start += 1
    for row in range(start, len(stripped)):
        line = stripped[row]
        if not line or lines[row].startswith("\f") or _DRAWN.fullmatch(line) or _AT_THE_END.match(line):
            return
        yield row


def _places(line: str, width: Callable[[str], int]) -> _Places:
    return [part for one in line for part in ((one, *[""] * (width(one) - 1)) if one > "~" else one)]


def _cell(places: _Places, span: tuple[int, int | None]) -> str:
    return "".join(places[span[0] : span[1]]).strip(_BLANK)
