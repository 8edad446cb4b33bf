"""Why a registration failed, where the cell of its state says so: 审核驳回：照片不清晰."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.codewords import comment_of
from audit.intake.perchannel import put
from audit.intake.repeats import decoded, each, encoded
from audit.tables import Table

_MESSAGE, _FAILED = "reg_message", "failed"


def with_reasons(
    rows: pa.Table, cells: Mapping[str, pa.Array], table: Table, codes: Mapping[str, Mapping[str, str]]
) -> pa.Table:
    """The rows with the comment behind a failure as its message, where they have no other. `cells` are the
    texts as found, `codes` the words of their columns that are configured."""
    if _MESSAGE not in table.by_name:
        return rows
    messages = {table.status: _MESSAGE} | {state: message for state, (_, message) in table.wide.items()}
    for state, message in messages.items():
        if state not in cells:
            continue
        failed = pc.fill_null(pc.equal(decoded(rows[state]), _FAILED), False)
        if not pc.any(failed).as_py():
            continue
        comment = partial(comment_of, column=table.by_name[state], configured=dict(codes.get(state, {})))
        said = pc.if_else(failed, decoded(each(cells[state], partial(_said, comment))), None)
        if message in rows.column_names:
            said = pc.coalesce(decoded(rows[message]), said)
        if said.null_count < len(said):
            rows = put(rows, message, encoded(said))
    return rows


def _said(comment: Callable[[str], str | None], texts: pa.Array) -> pa.Array:
    return pa.array([text and comment(text) for text in texts.to_pylist()], pa.string())
