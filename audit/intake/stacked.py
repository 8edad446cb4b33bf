"""Several tables on a sheet, one below the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import numpy as np

from audit.intake.grid import Grid
from audit.intake.headerrow import HeaderRow, has_key, named, score
from audit.intake.headers import HeaderMap
from audit.intake.labels import lookup
from audit.intake.notices import Notice
from audit.intake.reading import Aside
from audit.tables import TABLES, Table, header_forms

_NUMBER = re.compile(r"[0-9A-Za-z-]*\d[0-9A-Za-z-]{3,}")
_MOST_OF, _MOSTLY = 0.75, 0.8  # of the columns of a later list, of the rows of a first one
_DIGIT = re.compile(r"\d")
_FEWEST = 2  # cells of a header, and columns it names
_MOST_TABLES = 200
_MAX_LOOKED_AT = 2_000  # rows that name nothing: a sheet with more of them is another kind of trouble


def header_of_its_own(
    grid: Grid, header: HeaderRow, table: Table, configured: Mapping[str, str]
) -> HeaderRow:
    """The header of the table, where the one found is that of another and the table stands above or below it.

    Tables are parted by a row that is blank or has a title.
    """
    if fits_best(header, grid.row(header.row)):
        return _first_of_lists(grid, header, table, configured)
    filled = np.zeros(grid.height, np.int32)
    for column in grid.columns:
        filled += column.is_valid().to_numpy(zero_copy_only=False)
    is_first = np.append(True, filled[:-1] < _FEWEST) & (filled >= _FEWEST)
    best: HeaderRow | None = None
    for row in np.flatnonzero(is_first)[:_MOST_TABLES].tolist():
        labels = tuple(grid.row(row))
        found = HeaderRow(row, labels, score(labels, table, configured))
        if (
            row != header.row
            and found.score >= _FEWEST
            and (best is None or found.score > best.score)
            and has_key(named(labels, table, configured), table)
            and fits_best(found, labels)
        ):
            best = found
    return best or header


def _first_of_lists(grid: Grid, best: HeaderRow, table: Table, configured: Mapping[str, str]) -> HeaderRow:
    """The header of the first of several lists below each other, where a later one names a few columns more.

    These it names as well, above cells that are blank in the first list.
    """
    for row in range(best.row - 1):
        labels = grid.row(row)
        found = named(labels, table, configured)
        if len(found) < _MOST_OF * best.score or not has_key(found, table):
            continue
        if any(score(labels, other, {}) > len(found) for other in TABLES.values()):
            continue  # a list of something else
        key = [
            at
            for at, label in enumerate(labels)
            if lookup(label or "", table, configured)[0] in table.key_parts
        ]
        below = [cells for at in range(row + 1, best.row) if _is_list(cells := grid.row(at))]
        data = [cells for cells in below if any(_NUMBER.fullmatch((cells[at] or "").strip()) for at in key)]
        more = [
            label
            for label in best.labels
            if label and lookup(label, table, configured)[0] not in {"", *found}
        ]
        free = [at for at, cells in enumerate(zip(labels, *below, strict=True)) if not any(cells)]
        if data and len(data) >= _MOSTLY * len(below) and len(more) <= len(free):
            for at, label in zip(free, more, strict=False):
                labels[at] = label
            return HeaderRow(row, tuple(labels), len(found) + len(more))
    return best


def _is_list(cells: Sequence[str | None]) -> bool:
    return len(cells) - cells.count(None) > 1


def fits_best(header: HeaderRow, labels: Sequence[str | None]) -> bool:
    """Whether no table knows more of the labels than the one that the header was found for."""
    return all(header.score >= score(labels, table, {}) for table in TABLES.values())


def set_tables_below_aside(
    grid: Grid, header: HeaderMap, table: Table, kinds: np.ndarray, candidates: np.ndarray
) -> None:
    """Mark, in `kinds`, the header of another table below this one, and what follows it.

    `candidates` are the rows that could be a header. Read under the first header, the cells of a second
    table would be taken for what they are not. This table goes on where its own header is repeated.
    """
    again = np.flatnonzero(kinds == Aside.HEADER)
    # what stands above the first row of data belongs to the header
    data = np.flatnonzero(kinds[header.row + 1 :] == "")
    first = header.row + 1 + int(data[0]) if len(data) else grid.height
    for row in np.flatnonzero(candidates)[:_MAX_LOOKED_AT].tolist():
        if row <= first or kinds[row] in (Aside.HEADER, Aside.BLANK, Aside.STACKED):
            continue
        labels = {index: label for index, label in enumerate(grid.row(row)) if label}
        if all(label.rstrip().endswith((":", "：")) for label in labels.values()):
            continue  # 单位（盖章）： and 负责人（签字）： below a page
        known = [index for index, label in labels.items() if _names().intersection(header_forms(label))]
        is_heading = kinds[row - 1] in (Aside.BLANK, Aside.NOTE, Aside.TOTAL) and not any(
            map(_DIGIT.search, labels.values())
        )
        if len(known) < 2 or (2 * len(known) < len(labels) and not is_heading):
            continue
        ours = sum(header.columns.get(lookup(labels[index], table, {})[0]) == index for index in known)
        if 2 * ours > len(known):
            kinds[row] = Aside.HEADER  # the same columns by other names
            continue
        end = next((int(later) for later in again if later > row), grid.height)
        below = kinds[row:end]
        below[below != Aside.BLANK] = Aside.STACKED


def about_tables_below(sheet: str, kinds: np.ndarray) -> Iterator[Notice]:
    """A sentence per sheet with a second table, naming the row where it begins."""
    rows = np.flatnonzero(kinds == Aside.STACKED)
    if len(rows):
        yield "table_below", {"sheet": sheet, "row": int(rows[0]) + 1, "count": len(rows)}


@cache
def _names() -> frozenset[str]:
    """Every name of a column of any table."""
    return frozenset(name for table in TABLES.values() for name in table.by_synonym)
