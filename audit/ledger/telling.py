"""What a reader is told of the findings of a night: lives, words and what people said, as one frame."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from audit.findings import SCHEMA
from audit.ledger import bulk
from audit.ledger.lifecycle import escalation, last_seen, shown
from audit.ledger.recording import WORDS, Recorded
from audit.ledger.schema import CONFLICTS, FINDINGS, HANDLINGS, HUMAN_FIELDS, WORDINGS

# what people said, under names that no other column of a finding has
HANDLING_COLUMNS = ("handling", "person", "planned_on", "remark", "exempt_until", "approver")
_IDENTITY = ("rule", "subject", "identity")
_HUMAN_SCHEMA = pa.schema(
    [
        ("finding_id", pa.string()),
        *(
            (name, pa.date32() if name in ("planned_on", "exempt_until") else pa.string())
            for name in HANDLING_COLUMNS
        ),
        ("row_version", pa.int64()),
    ]
)


def told(
    connection: sa.Connection, recorded: Recorded, flagged: pa.Table, as_of: date, steps: Sequence[int]
) -> pd.DataFrame:
    """Every finding that stands tonight or was closed tonight, sorted by rule and id; columns of objects.

    Besides the columns of `findings.SCHEMA`: state (`State`), first_seen, last_seen, reopened_on, fixed_on,
    due_on, escalation, waiver, waived_until, tonight (`Kind` or None), sight, row_version, conflicts, and
    what people said (HANDLING_COLUMNS). Days are dates, blanks None.
    """
    keep = pc.or_(
        pc.is_in(recorded.life["state"], value_set=pa.array(["open", "absent"])),
        pc.fill_null(pc.equal(recorded.life["fixed_on"], pa.scalar(as_of, pa.date32())), False),
    ).combine_chunks()
    ids, life = recorded.ids.filter(keep), recorded.life.filter(keep).combine_chunks()
    place = recorded.place.filter(keep)
    state = shown(life, recorded.status.filter(keep), as_of)
    columns: dict[str, pa.Array] = {"finding_id": ids}
    columns |= _words(connection, ids, place, flagged)
    columns |= {name: life[name].combine_chunks() for name in life.column_names}
    columns["state"] = state
    columns["last_seen"] = last_seen(life, as_of)
    columns["escalation"] = escalation(columns["due_on"], state, as_of, steps)
    columns["tonight"] = recorded.kind.filter(keep)
    columns |= _human(connection, ids)
    columns["conflicts"] = _conflicts(connection, ids)
    order = pc.sort_indices(
        pa.table({"rule": columns["rule"], "id": ids}), [("rule", "ascending"), ("id", "ascending")]
    )
    return pd.DataFrame({name: _objects(column.take(order)) for name, column in columns.items()})


def _words(
    connection: sa.Connection, ids: pa.Array, place: pa.Array, flagged: pa.Table
) -> dict[str, pa.Array]:
    """The words of tonight, and the last ones of what was not flagged tonight."""
    names = (*_IDENTITY, *WORDS)
    columns = {name: flagged[name].combine_chunks().take(place) for name in names}
    silent = ids.filter(pc.is_null(place))
    if not len(silent):
        return columns
    asked = bulk.load(connection, "told", pa.table({"finding_id": silent}))
    query = (
        sa.select(
            FINDINGS.c.finding_id,
            *(FINDINGS.c[name] for name in _IDENTITY),
            *(WORDINGS.c[name] for name in WORDS),
        )
        .join(WORDINGS, WORDINGS.c.finding_id == FINDINGS.c.finding_id)
        .join(asked, asked.c.finding_id == FINDINGS.c.finding_id)
    )
    schema = pa.schema([("finding_id", pa.string()), *(SCHEMA.field(name) for name in names)])
    kept = bulk.fetch(connection, query, schema)
    bulk.drop(connection, "told")
    where = pc.index_in(ids, value_set=kept["finding_id"].combine_chunks())
    is_silent = pc.is_null(place)
    return {
        name: pc.if_else(is_silent, kept[name].combine_chunks().take(where), column)
        for name, column in columns.items()
    }


def _human(connection: sa.Connection, ids: pa.Array) -> dict[str, pa.Array]:
    query = sa.select(
        HANDLINGS.c.finding_id, *(HANDLINGS.c[name] for name in HUMAN_FIELDS), HANDLINGS.c.row_version
    )
    said = bulk.fetch(connection, query, _HUMAN_SCHEMA)
    where = pc.index_in(ids, value_set=said["finding_id"].combine_chunks())
    columns = {name: said[name].combine_chunks().take(where) for name in _HUMAN_SCHEMA.names[1:]}
    blank = {
        name: pc.if_else(pc.equal(column, ""), None, column)
        for name, column in columns.items()
        if pa.types.is_string(column.type)
    }
    return columns | blank | {"row_version": pc.fill_null(columns["row_version"], 0)}


def _conflicts(connection: sa.Connection, ids: pa.Array) -> pa.Array:
    query = (
        sa.select(CONFLICTS.c.finding_id, sa.func.count())
        .where(CONFLICTS.c.settled_on.is_(None))
        .group_by(CONFLICTS.c.finding_id)
    )
    found = bulk.fetch(connection, query, pa.schema([("finding_id", pa.string()), ("count", pa.int64())]))
    where = pc.index_in(ids, value_set=found["finding_id"].combine_chunks())
    return pc.fill_null(found["count"].combine_chunks().take(where), 0)


def _objects(column: pa.Array) -> pd.Series[Any]:
    """Objects, equal ones once: a text column of pandas would turn None into NaN."""
    encoded = column.dictionary_encode()
    values = np.empty(len(encoded.dictionary) + 1, dtype=object)
    values[:-1] = encoded.dictionary.to_pylist()
    codes = pc.fill_null(encoded.indices, len(values) - 1).to_numpy(zero_copy_only=False)
    return pd.Series(values[codes], dtype=object)
