"""The sheets of a file as one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.distinct import UNREAD, seen_before
from audit.intake.notices import Notice
from audit.intake.reading import Aside, Rejection, SheetReading
from audit.intake.repeats import decoded, encoded, whole


@dataclass(frozen=True)
class SheetRows:
    """What one sheet holds: its rows, with `UNREAD` beside them, its account and its rejected cells."""

    rows: pa.Table
    sheet: SheetReading
    rejections: list[Rejection]

    def without(self, gone: np.ndarray) -> SheetRows:
        """The part without those of its rows, which stand on an earlier sheet."""
        if not gone.any():
            return self
        rows = self.rows.filter(pa.array(~gone))
        kept = set(rows["source_row"].to_pylist())
        lines = pc.sum(self.rows.filter(pa.array(gone))["copies"]).as_py()  # their copies go with them
        aside = Counter(self.sheet.set_aside)
        aside[Aside.DUPLICATE] -= lines - int(gone.sum())
        aside[Aside.ELSEWHERE] += lines
        counts = {str(kind): count for kind, count in sorted(aside.items()) if count}
        sheet = replace(self.sheet, rows=rows.num_rows, set_aside=counts)
        return SheetRows(rows, sheet, [one for one in self.rejections if one.row in kept])


def united(parts: Sequence[SheetRows]) -> tuple[pa.Table, list[SheetRows], list[Notice]]:
    """The rows of all sheets one below the other, what is left of each sheet, and what is to be told.

    A sheet of everything beside one for each branch says everything twice: a row that stands on an earlier
    sheet as it is counts once, and is no copy that anybody typed.
    """
    if len(parts) == 1:
        return parts[0].rows.drop_columns([UNREAD]), list(parts), []
    seen = seen_before(_below_each_other([part.rows for part in parts]))
    ends = np.cumsum([part.rows.num_rows for part in parts])[:-1]
    left = [part.without(gone) for part, gone in zip(parts, np.split(seen, ends), strict=True)]
    told: list[Notice] = [
        (
            "rows_on_other_sheets",
            {"sheet": part.sheet.name, "count": before.rows.num_rows - part.rows.num_rows},
        )
        for before, part in zip(parts, left, strict=True)
        if part is not before
    ]
    rows = _below_each_other([part.rows.drop_columns([UNREAD]) for part in left])
    return pa.table({name: encoded(whole(rows[name])) for name in rows.column_names}), left, told


def _below_each_other(tables: Sequence[pa.Table]) -> pa.Table:
    plain = [pa.table({name: decoded(table[name]) for name in table.column_names}) for table in tables]
    return pa.concat_tables(plain, promote_options="default")
