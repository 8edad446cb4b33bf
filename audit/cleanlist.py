"""The clean list `inspect --to` writes: rows that can be taken at their word, and the account of the rest.

The night keeps every row, for its findings speak of them. Who asks for a clean list gets no row that
speaks of several things at once, or of a state nobody knows.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.intake.reading import Reason
from audit.tables import Kind, Table

if TYPE_CHECKING:
    import pyarrow as pa

_LISTED_ROWS = 1_000


@dataclass(frozen=True)
class LeftOut:
    """Rows of a file that are not in the clean list, as spreadsheet programs number them, and why."""

    column: str
    reason: Reason
    count: int
    rows: tuple[tuple[str, int], ...]  # sheet and row; the first of them


def split_clean(rows: pa.Table, table: Table) -> tuple[pa.Table, tuple[LeftOut, ...]]:
    """The rows of the clean list, and those that are left out of it.

    Left out are a row whose key cell holds several identifiers, and one whose status alone cannot be read:
    it is no word anybody knows. Where no status of the file is known, it is the column that is not
    understood, and where more cells of the row cannot be read, the row is damaged: both stay.
    """
    import pyarrow.compute as pc

    left: list[LeftOut] = []
    for column, reason in _decisive(rows, table):
        wanted = f",{column}={reason},"
        alone = reason is Reason.UNKNOWN_CODE
        hit = (pc.equal if alone else pc.match_substring)(rows["rejected_reasons"], wanted)
        found = rows.filter(hit)
        if found.num_rows:
            places = zip(found["source_sheet"].to_pylist(), found["source_row"].to_pylist(), strict=True)
            left.append(LeftOut(column, reason, found.num_rows, tuple(places)[:_LISTED_ROWS]))
            rows = rows.filter(pc.or_kleene(pc.is_null(rows["rejected_reasons"]), pc.invert(hit)))
    return rows, tuple(left)


def _decisive(rows: pa.Table, table: Table) -> list[tuple[str, Reason]]:
    """The columns that decide what a row is about and what it says, with the reason that leaves it open."""
    keys = dict.fromkeys(part for key in table.keys for part in key if part in rows.column_names)
    numbers = [name for name in keys if table.by_name[name].kind is Kind.IDENTIFIER]
    parts = [(name, reason) for name in numbers for reason in (Reason.SEVERAL, Reason.RANGE)]
    return parts + [
        (name, Reason.UNKNOWN_CODE)
        for name in (table.status,)
        if name in rows.column_names and rows[name].null_count < rows.num_rows
    ]


def canonical_csv(rows: pa.Table, table: Table) -> bytes:
    """The canonical columns the files had, as UTF-8 CSV: ISO dates, canonical words, identifiers as text."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = [column.name for column in table.columns if column.name in rows.column_names]
    shown = pa.table({name: _as_csv(rows[name].combine_chunks()) for name in names})
    target = io.BytesIO()
    arrow_csv.write_csv(shown, target, arrow_csv.WriteOptions(quoting_style="needed"))
    return target.getvalue()


def _as_csv(column: pa.Array) -> pa.Array:
    """Moments lose a midnight that the whole column has: it is a column of dates then."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_timestamp(column.type):
        return column
    text = pc.utf8_slice_codeunits(pc.strftime(column, "%Y-%m-%d %H:%M:%S"), 0, 19)
    midnight = pc.all(pc.ends_with(text, " 00:00:00"), min_count=0).as_py()
    return pc.utf8_slice_codeunits(text, 0, 10) if midnight else text
