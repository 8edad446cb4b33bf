"""What a reader is told of the findings of a night: lives, words and what people said, as one table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from audit.intake.repeats import encoded, whole
from audit.ledger import bulk
from audit.ledger.forms import RECTIFICATION
from audit.ledger.handover import Handover
from audit.ledger.lifecycle import escalation, last_seen, shown
from audit.ledger.lives import CLOSED_LIVES, OPEN_LIVES
from audit.ledger.recording import Recorded
from audit.ledger.schema import DATE_FIELDS, FINDINGS, HANDLINGS, HUMAN_FIELDS
from audit.ledger.wording import WORDS, words_of
from audit.sight import Sight

# what people said, under names that no other column of a finding has
HANDLING_COLUMNS = tuple(RECTIFICATION.headers[name] for name in RECTIFICATION.fields)
_NAMED = ("rule", "subject", "identity")
_LIFE = ("severity", "sight", "first_seen", "due_on", "waiver")
_HUMAN_SCHEMA = pa.schema(
    [
        ("finding_id", pa.string()),
        *((name, pa.date32() if name in DATE_FIELDS else pa.string()) for name in HANDLING_COLUMNS),
        ("row_version", pa.int64()),
    ]
)


def told(
    connection: sa.Connection, recorded: Recorded, flagged: Handover, as_of: date, steps: Sequence[int]
) -> pa.Table:
    """Every finding that stands tonight or was closed tonight, sorted by rule and id.

    Besides the words of `findings.SCHEMA`, those that repeat as each once: state (`State`), first_seen,
    last_seen, due_on, escalation, waiver, tonight (`Kind` or null), sight, row_version, and what people said
    (HANDLING_COLUMNS). A blank is null.
    """
    pa.default_memory_pool().release_unused()  # what recording has used, before as much is needed again
    keep = pc.or_(
        pc.is_in(recorded.life["state"], value_set=pa.array(OPEN_LIVES)),
        pc.fill_null(pc.equal(recorded.life["fixed_on"], pa.scalar(as_of, pa.date32())), False),
    ).combine_chunks()
    ids, life = recorded.ids.filter(keep), recorded.life.filter(keep).combine_chunks()
    place = recorded.place.filter(keep)
    state = shown(life, recorded.status.filter(keep), as_of)
    columns = {"finding_id": ids, **{name: life[name].combine_chunks() for name in _LIFE}}
    columns["state"] = state
    columns["last_seen"] = last_seen(life, as_of)
    columns["escalation"] = escalation(columns["due_on"], state, as_of, steps)
    columns["tonight"] = recorded.kind.filter(keep)
    del recorded, life
    columns |= _human(connection, ids, as_of)
    kept = None
    if place.null_count:
        kept = _silent(connection, ids.filter(pc.is_null(place)), as_of)
        behind = pc.index_in(ids, value_set=kept["finding_id"].combine_chunks()).cast(pa.int64())
        place = pc.coalesce(place.cast(pa.int64()), pc.add(behind, flagged.table.num_rows))
    rules = _worded(flagged.table["rule"], kept, "rule").take(place)
    order = pc.sort_indices(
        pa.table({"rule": rules, "id": ids}), [("rule", "ascending"), ("id", "ascending")]
    )
    place = place.take(order)
    del rules
    told_of = {name: columns.pop(name).take(order) for name in tuple(columns)}
    # one column at a time, for all together are as large as the night's own
    for name in (*_NAMED, *WORDS):
        words = _worded(flagged.take_out(name), kept, name)
        told_of[name] = (encoded(words) if name != "identity" else words).take(place)
        if kept is not None:
            kept = kept.drop_columns(name)
        pa.default_memory_pool().release_unused()
    return pa.table(told_of)


def _silent(connection: sa.Connection, ids: pa.Array, as_of: date) -> pa.Table:
    """The last words of what stands or was closed tonight, and was not flagged tonight."""
    query = sa.select(FINDINGS.c.finding_id, *(FINDINGS.c[name] for name in _NAMED)).where(
        FINDINGS.c.state.in_(OPEN_LIVES) & (FINDINGS.c.sight != Sight.FLAGGED.value) | _closed_on(as_of)
    )
    named = bulk.fetch(
        connection, query, pa.schema([(name, pa.string()) for name in ("finding_id", *_NAMED)])
    )
    kept = words_of(connection, ids)
    where = pc.index_in(kept["finding_id"].combine_chunks(), value_set=named["finding_id"].combine_chunks())
    for name in _NAMED:
        kept = kept.append_column(name, named[name].combine_chunks().take(where))
    return kept


def _closed_on(as_of: date) -> sa.ColumnElement[bool]:
    """Named one by one, the states find their rows by index among all that were ever closed."""
    return FINDINGS.c.state.in_([life.value for life in CLOSED_LIVES]) & (FINDINGS.c.fixed_on == as_of)


def _worded(flagged: pa.Array | pa.ChunkedArray, kept: pa.Table | None, name: str) -> pa.Array:
    """A column of words: tonight's, and below them the last ones of what was not flagged tonight."""
    own = whole(flagged)
    return own if kept is None else pa.concat_arrays([own, kept[name].combine_chunks()])


def _human(connection: sa.Connection, ids: pa.Array, as_of: date) -> dict[str, pa.Array]:
    # of those closed long ago nobody is told again
    told_of = FINDINGS.c.state.in_(OPEN_LIVES) | _closed_on(as_of)
    query = (
        sa.select(
            HANDLINGS.c.finding_id, *(HANDLINGS.c[name] for name in HUMAN_FIELDS), HANDLINGS.c.row_version
        )
        .join(FINDINGS, FINDINGS.c.finding_id == HANDLINGS.c.finding_id)
        .where(told_of)
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
