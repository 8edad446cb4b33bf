"""Tonight's findings entered: read what is known, carry it over the night, write what changed. Set by set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from audit.engines.parallel import begun
from audit.ledger import bulk
from audit.ledger.handover import Handover
from audit.ledger.lifecycle import Carried, Tonight, carry
from audit.ledger.lives import LIFE, OPEN_LIVES, SAID, SEEN, Kind
from audit.ledger.schema import EVENTS, FINDINGS, HANDLINGS
from audit.ledger.waivers import PATTERNS, Waiver, matched
from audit.ledger.wording import keep_words, packed_words, words_of
from audit.ledger.workdays import Calendar
from audit.sight import Sight

ESCALATE = (7, 15)  # calendar days overdue after which a finding goes one level up, operating practice
_STOOD = pa.schema([(name, pa.string()) for name in ("finding_id", "rule", "identity")])
_KNOWN = pa.schema([("finding_id", pa.string()), *LIFE, *SAID])
_NEVER_NULL = {"was_state": "", "was_sight": "", "was_severity": "", "was_evidence": "", "was_held": False}
_IDENTITY = ("rule", "subject", "identity")
_STANDS = FINDINGS.c.state.in_(OPEN_LIVES)


@dataclass(frozen=True)
class Practice:
    """How the estate handles findings: its due days, its levels of escalation, its waivers."""

    calendar: Calendar = field(default_factory=Calendar)
    escalate: Sequence[int] = ESCALATE
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True)
class Born:
    """Findings nobody had heard of before tonight, and that they came, as rows of the ledger."""

    findings: pa.Table
    events: pa.Table


@dataclass(frozen=True)
class Recorded:
    """The findings tonight touched, row for row: their lives now, what people said, what happened.

    `place` is the row of tonight's findings, null where a finding was not flagged. `born` are yet to be
    entered.
    """

    ids: pa.Array
    life: pa.Table
    status: pa.Array
    kind: pa.Array
    place: pa.Array
    born: Born


def record(
    connection: sa.Connection,
    number: int,
    flagged: pa.Table,
    sights: pa.Table,
    practice: Practice,
    night: Tonight,
    stood: Handover,
) -> Recorded:
    """Carry every finding that is open or flagged over tonight, and enter all but what is born.

    `sights` (finding_id, sight) says of the open ones that were not flagged whether they passed, are
    gone, or could not be looked at; of whom it does not speak nothing is concluded. `stood` is what
    `stood_before` gave; it is given up.
    """
    packing = begun(partial(packed_words, flagged))
    known = _known(connection, flagged["finding_id"], stood)
    flagged_ids = flagged["finding_id"].combine_chunks()
    is_new = pc.invert(pc.is_in(flagged_ids, value_set=known["finding_id"].combine_chunks()))
    born = pa.table({"finding_id": flagged_ids.filter(is_new)})
    before = pa.concat_tables([known, born], promote_options="default").combine_chunks()
    ids = before["finding_id"].combine_chunks()
    place = pc.index_in(ids, value_set=flagged_ids)
    seen = _seen(connection, ids, place, flagged, sights, practice, night.as_of)
    life = before.select(LIFE.names)
    carried = carry(life, before.select(SAID.names), seen, night)
    is_born = np.arange(len(ids)) >= known.num_rows
    rows = pa.table({"finding_id": ids, **{name: carried.life[name] for name in LIFE.names}})
    _write_changed(connection, rows, before, is_born)
    stands = pc.is_in(carried.life["state"], value_set=pa.array(OPEN_LIVES))
    silent = ids.filter(pc.and_(stands, pc.is_null(place)).combine_chunks())
    keep_words(connection, flagged_ids, packing(), silent)
    happened = _happened(number, night.as_of, ids, before, carried)
    of_born = pa.array(is_born).filter(pc.is_valid(carried.kind))
    bulk.append(connection, EVENTS, _told_only(happened.filter(pc.invert(of_born))))
    _write_resets(connection, number, night.as_of, ids, before, carried)
    born = rows.filter(pa.array(is_born))
    born_place = place.filter(pa.array(is_born))
    for name in _IDENTITY:
        born = born.append_column(name, flagged[name].combine_chunks().take(born_place))
    events = _told_only(happened.filter(of_born))
    return Recorded(
        ids, carried.life, carried.status, carried.kind, place, Born(born.sort_by("finding_id"), events)
    )


def enter_born(connection: sa.Connection, born: Born) -> None:
    """Enter what was born tonight."""
    bulk.append(connection, FINDINGS, born.findings)
    bulk.append(connection, EVENTS, born.events)


def stood_before(connection: sa.Connection) -> pa.Table:
    """Findings that stand: id, rule, identity, their lives, and what people said of them."""
    query = _lives(*(FINDINGS.c[name] for name in _STOOD.names)).where(_STANDS)
    return bulk.fetch(connection, query, pa.schema([*_STOOD, *LIFE, *SAID]))


def _lives(*columns: sa.Column[Any]) -> sa.Select[Any]:
    lives = (FINDINGS.c[name] for name in LIFE.names)
    said = (HANDLINGS.c[name] for name in SAID.names)
    return sa.select(*columns, *lives, *said).outerjoin(
        HANDLINGS, HANDLINGS.c.finding_id == FINDINGS.c.finding_id
    )


def _known(connection: sa.Connection, flagged: pa.ChunkedArray, stood: Handover) -> pa.Table:
    """Findings that stand, and those flagged tonight that had been closed or withdrawn."""
    found = pa.table({name: stood.take_out(name) for name in _KNOWN.names}, schema=_KNOWN)
    closed = sa.select(FINDINGS.c.finding_id).where(sa.not_(_STANDS)).limit(1)
    unknown = flagged.filter(pc.invert(pc.is_in(flagged, value_set=found["finding_id"].combine_chunks())))
    if not len(unknown) or connection.scalar(closed) is None:
        return found
    asked = bulk.load(connection, "asked", pa.table({"finding_id": unknown}))
    query = _lives(FINDINGS.c.finding_id).join(asked, asked.c.finding_id == FINDINGS.c.finding_id)
    back = bulk.fetch(connection, query.where(sa.not_(_STANDS)), _KNOWN)
    bulk.drop(connection, "asked")
    return pa.concat_tables([found, back])


def _seen(
    connection: sa.Connection,
    ids: pa.Array,
    place: pa.Array,
    flagged: pa.Table,
    sights: pa.Table,
    practice: Practice,
    as_of: date,
) -> pa.Table:
    found = pc.index_in(ids, value_set=sights["finding_id"].combine_chunks())
    unflagged = pc.fill_null(sights["sight"].combine_chunks().take(found), Sight.UNCHECKED.value)
    waiver, until = pa.nulls(len(ids), pa.string()), pa.nulls(len(ids), pa.date32())
    if practice.waivers:
        described = _described(connection, ids, place, flagged, practice.waivers)
        waiver, until = matched(described, practice.waivers, as_of)
    return pa.table(
        {
            "sight": pc.if_else(pc.is_valid(place), Sight.FLAGGED.value, unflagged),
            **{name: flagged[name].combine_chunks().take(place) for name in ("severity", "held", "evidence")},
            "waiver": waiver,
            "waived_until": until,
        },
        schema=SEEN,
    )


def _described(
    connection: sa.Connection, ids: pa.Array, place: pa.Array, flagged: pa.Table, waivers: Iterable[Waiver]
) -> pa.Table:
    """Rule and identifiers of each finding, as far as waivers ask for them."""
    columns = {name: flagged[name].combine_chunks().take(place) for name in ("rule", *PATTERNS)}
    missing = ids.filter(pc.is_null(place))
    if len(missing) and any(not one.finding_id for one in waivers):
        asked = bulk.load(connection, "described", pa.table({"finding_id": missing}))
        query = sa.select(FINDINGS.c.finding_id, FINDINGS.c.rule).join(
            asked, asked.c.finding_id == FINDINGS.c.finding_id
        )
        rules = bulk.fetch(
            connection, query, pa.schema([(name, pa.string()) for name in ("finding_id", "rule")])
        )
        bulk.drop(connection, "described")
        for kept in (rules, words_of(connection, missing, PATTERNS)):
            where = pc.index_in(ids, value_set=kept["finding_id"].combine_chunks())
            for name in kept.column_names[1:]:
                columns[name] = pc.coalesce(columns[name], kept[name].combine_chunks().take(where))
    return pa.table({"finding_id": ids, **columns})


def _write_changed(
    connection: sa.Connection,
    rows: pa.Table,
    before: pa.Table,
    is_born: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> None:
    differs = {
        name: _differs(before[name].combine_chunks(), rows[name].combine_chunks()) & ~is_born
        for name in LIFE.names
    }
    names = [name for name in LIFE.names if differs[name].any()]
    changed = pa.array(np.logical_or.reduce(list(differs.values())))
    bulk.update(connection, FINDINGS, rows.select(["finding_id", *names]).filter(changed))


def _differs(left: pa.Array, right: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    unequal = pc.fill_null(pc.not_equal(left, right), True)
    both_blank = pc.and_(pc.is_null(left), pc.is_null(right))
    return np.asarray(pc.and_not(unequal, both_blank).to_numpy(zero_copy_only=False), dtype=bool)


def _happened(number: int, as_of: date, ids: pa.Array, before: pa.Table, carried: Carried) -> pa.Table:
    """What happened tonight, as events."""
    happened = pc.is_valid(carried.kind)
    was, life = before.filter(happened), carried.life.filter(happened)
    columns = {f"was_{name}": was[name].combine_chunks() for name in LIFE.names}
    for name, blank in _NEVER_NULL.items():
        columns[name] = pc.fill_null(columns[name], blank)
    return pa.table(
        {
            "number": pa.repeat(pa.scalar(number, pa.int64()), was.num_rows),
            "as_of": pa.repeat(pa.scalar(as_of, pa.date32()), was.num_rows),
            "finding_id": ids.filter(happened),
            "kind": carried.kind.filter(happened),
            "state": life["state"],
            "severity": life["severity"],
            **columns,
        }
    )


def _told_only(events: pa.Table) -> pa.Table:
    """The events in their order, without what is blank in all: the database knows how to leave it out."""
    blank = [
        name for name in events.column_names if name.startswith("was_") and not _says_something(events[name])
    ]
    return events.drop_columns(blank).sort_by("finding_id")


def _says_something(column: pa.ChunkedArray) -> bool:
    blank = {pa.string(): "", pa.bool_(): False}.get(column.type)
    given = pc.is_valid(column) if blank is None else pc.not_equal(column, blank)
    return bool(pc.any(given).as_py())


def _write_resets(
    connection: sa.Connection, number: int, as_of: date, ids: pa.Array, before: pa.Table, carried: Carried
) -> None:
    """Statuses that tonight moved on: the person's word stays in the events."""
    was = pc.fill_null(before["status"].combine_chunks(), "")
    moved = pc.not_equal(was, carried.status)
    if not pc.any(moved).as_py():
        return
    kept = before.filter(moved)
    rows = pa.table(
        {
            "finding_id": ids.filter(moved),
            "was": was.filter(moved),
            "status": carried.status.filter(moved),
            "marked": kept["marked"],
            "status_on": kept["status_on"].cast(pa.string()),
        }
    )
    source = bulk.load(connection, "resets", rows)
    own = HANDLINGS.c.finding_id == source.c.finding_id
    values: Mapping[str, sa.ColumnElement[object]] = {
        "number": sa.literal(number),
        "as_of": sa.literal(as_of, sa.Date),
        "finding_id": source.c.finding_id,
        "kind": sa.literal(Kind.RESET.value),
        "field": sa.literal("status"),
        "before": source.c.was,
        "after": source.c.status,
        "said_at": sa.func.coalesce(source.c.status_on, ""),
        "was_evidence": sa.func.coalesce(source.c.marked, ""),
        "row_version": HANDLINGS.c.row_version + 1,
    }
    chosen = sa.select(*values.values()).where(own).order_by(source.c.finding_id)
    connection.execute(sa.insert(EVENTS).from_select(list(values), chosen, include_defaults=False))
    connection.execute(
        sa.update(HANDLINGS)
        .values(
            status=source.c.status,
            status_on=as_of,
            marked="",
            row_version=HANDLINGS.c.row_version + 1,
            status_version=HANDLINGS.c.row_version + 1,
        )
        .where(own)
    )
    bulk.drop(connection, "resets")
