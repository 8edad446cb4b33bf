"""Files with every row in place and nothing to say: all their keys, or all their states, are unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from audit.errors import InputError, Unusable
from audit.intake.reading import Rejection
from audit.tables import Table

_ENOUGH = 5  # rows: of fewer, all may be wrong by chance
_EXAMPLES = 5


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
