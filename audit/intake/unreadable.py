"""Files of which nothing can be used: no sheet holds the table, or all keys, or all states, are unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from audit.errors import InputError, Unusable
from audit.intake.garbled import BIG5_AS_GBK, garbled_as, is_lost
from audit.intake.grid import Grid
from audit.intake.headerrow import SEARCHED_ROWS, turned
from audit.intake.ranges import headers_of_ranges
from audit.intake.reading import Rejection, SheetReading
from audit.tables import Table

_ENOUGH = 5  # rows: of fewer, all may be wrong by chance
_EXAMPLES = 5
_NEAR_ROWS = 10  # as deep as a header usually stands


def refuse_unreadable(rows: pa.Table, table: Table, rejections: Sequence[Rejection], others: int) -> None:
    """Raise InputError where no row has a readable key, or none a readable status the table must have.

    `others` are rows set aside as headers or further tables: a form per device is made of such.
    """
    if rows.num_rows + others < _ENOUGH or not rows.num_rows:
        return
    keys = [key for key in table.keys if all(part in rows.column_names for part in key)]
    if not any(_some_complete(rows, key) for key in keys):
        _refuse("keys_unreadable", {part for key in keys for part in key}, rejections)
    status = table.status
    if status in table.required and status in rows.column_names and not _some_complete(rows, (status,)):
        _refuse("codes_unknown", {status}, rejections)


def _some_complete(rows: pa.Table, columns: Sequence[str]) -> bool:
    complete = [rows[name].is_valid() for name in columns]
    return bool(pc.any(reduce(pc.and_, complete)).as_py())


def _refuse(problem: str, columns: Collection[str], rejections: Sequence[Rejection]) -> None:
    found = [one for one in rejections if one.column in columns]
    if not found:
        return  # blank, not unreadable
    column, reason = Counter((one.column, one.reason) for one in found).most_common(1)[0][0]
    examples = dict.fromkeys(one.value for one in found if one.column == column)
    raise InputError(
        Unusable.UNREADABLE_VALUES,
        problem,
        column=column,
        count=len(found),
        rejected_for=str(reason),
        values=list(examples)[:_EXAMPLES],
    )


def why_nothing(
    failures: Sequence[InputError],
    sheets: Sequence[SheetReading],
    grids: Sequence[Grid],
    table: Table,
    configured: Mapping[str, str],
) -> InputError:
    """What is wrong with a file of which no sheet holds the table: what its sheets failed for, or what its
    first rows look like."""
    failed = {sheet.name for sheet in sheets if sheet.skipped in tuple(Unusable)}
    for grid in (grid for grid in grids if not failures or grid.sheet in failed):
        for row in range(min(_NEAR_ROWS, grid.height)):
            if headers := headers_of_ranges(grid.row(row), table):
                facts = {"sheet": grid.sheet, "row": row + 1, "headers": headers}
                return InputError(Unusable.MISSING_COLUMN, "columns_of_ranges", **facts)
    if failures:
        return failures[0]
    for grid in grids:
        if letter := turned(grid, table, configured):
            return InputError(Unusable.MISSING_COLUMN, "table_turned", sheet=grid.sheet, letter=letter)
        for row in range(min(SEARCHED_ROWS, grid.height)):
            if is_lost(grid.row(row)):
                return InputError(Unusable.UNREADABLE, "text_lost")
            if what := garbled_as(grid.row(row), table.by_synonym):
                problem = "text_in_big5" if what == BIG5_AS_GBK else "text_garbled"
                return InputError(Unusable.UNREADABLE, problem, what=what)
    if not sheets:
        return InputError(Unusable.EMPTY, "sheets_without_cells")
    if all(sheet.skipped in ("empty", "hidden") for sheet in sheets):
        return InputError(Unusable.EMPTY, "sheets_empty")
    # an empty one may be a blank sheet beside others
    unread = [
        sheet for sheet in sheets if sheet.skipped in tuple(Unusable) and sheet.skipped != Unusable.EMPTY
    ]
    if unread:
        reason = Unusable(unread[0].skipped)
        return InputError(reason, "member_unusable", member=unread[0].name)
    return InputError(
        Unusable.MISSING_COLUMN, "header_not_found", table=table.name, columns=list(table.keys[0])
    )
