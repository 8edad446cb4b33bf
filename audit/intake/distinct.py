"""Rows that are no rows of their own: those that name nothing, and copies of others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.characters import sketches
from audit.intake.repeats import alike, whole
from audit.tables import Table

UNREAD = "unread"  # a column of what could not be read, while rows are compared
# columns that say where a row came from; the file's name is added when the night is put together
_PROVENANCE = ("source_sheet", "source_row", "rejected", "rejected_reasons", "unread_text", "copies")


def without_blank_keys(rows: pa.Table, table: Table) -> tuple[pa.Table, int]:
    """Leave out rows that name nothing; a row whose key was rejected stays, with its key unknown."""
    named = np.zeros(rows.num_rows, bool)
    rejected = rows["rejected"]
    for key in table.keys:
        if not all(part in rows.column_names for part in key):
            continue
        complete = np.ones(rows.num_rows, bool)
        for part in key:
            if rows[part].null_count:
                unreadable = pc.fill_null(pc.match_substring(rejected, f",{part},"), False)
                complete &= pc.or_(pc.is_valid(rows[part]), unreadable).to_numpy()
        named |= complete
    dropped = int((~named).sum())
    return (rows.filter(pa.array(named)) if dropped else rows), dropped


def without_duplicates(rows: pa.Table) -> tuple[pa.Table, int]:
    """Keep the first of rows that are equal in every canonical column, and count its copies."""
    doubles, numbers = _doubles(rows)
    if not len(doubles):
        return rows, 0
    _, first, counts = np.unique(numbers, return_index=True, return_counts=True)
    copies = np.ones(rows.num_rows, np.int64)
    copies[doubles[first]] = counts
    rows = rows.set_column(rows.column_names.index("copies"), "copies", pa.array(copies))
    keep = np.ones(rows.num_rows, bool)
    keep[doubles] = False
    keep[doubles[first]] = True
    return rows.filter(pa.array(keep)), len(doubles) - len(first)


def seen_before(rows: pa.Table) -> np.ndarray:
    """Rows that equal an earlier one in every canonical column."""
    doubles, numbers = _doubles(rows)
    seen = np.zeros(rows.num_rows, bool)
    seen[doubles] = True
    seen[doubles[np.unique(numbers, return_index=True)[1]]] = False
    return seen


def _doubles(rows: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """The places of rows of which there are several, and a number for each that those have in common."""
    columns = [name for name in rows.column_names if name not in _PROVENANCE and not name.endswith("_raw")]
    doubles = _perhaps_doubles(rows, columns)  # rows that have one, as far as the columns were looked at
    kinds: list[pa.Array] = []  # of those rows: as far, rows of one kind are alike
    for name in columns:
        values = whole(rows[name])
        values = values if len(doubles) == len(values) else values.take(pa.array(doubles))
        numbers = alike([*kinds, values]).to_numpy()
        shared = np.bincount(numbers)[numbers] > 1
        doubles, kinds = doubles[shared], [pa.array(numbers[shared])]
        if not len(doubles):
            break
    return doubles, numbers[shared]


def _perhaps_doubles(rows: pa.Table, columns: Sequence[str]) -> np.ndarray:
    """The places of rows but for many that surely have no double: one of their texts is nobody else's."""
    doubles = np.arange(rows.num_rows)
    for name in columns:
        if rows[name].type == pa.string() and len(doubles):
            texts = whole(rows[name])
            numbers = sketches(texts if len(doubles) == len(texts) else texts.take(pa.array(doubles)))
            in_order = np.sort(numbers)
            several = in_order[1:][in_order[1:] == in_order[:-1]]
            # numpy's own way would sort them all again
            among = pc.is_in(pa.array(numbers), value_set=pa.array(several))
            doubles = doubles[among.to_numpy(zero_copy_only=False)]
    return doubles
