"""What is kept, and what may go: nights older than the policy says lose their events and their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from audit.ledger.database import Database
from audit.ledger.history import pruned_before
from audit.ledger.lives import OPEN_LIVES
from audit.ledger.outbox import Posting
from audit.ledger.schema import (
    CONFLICTS,
    EVENTS,
    FINDINGS,
    HANDLINGS,
    INPUTS,
    OUTBOX,
    PRUNINGS,
    RUNS,
    WORDINGS,
)


@dataclass(frozen=True)
class Pruning:
    """What goes: nights before a day that are still kept whole, and how many rows of what."""

    before: date
    nights: tuple[date, ...]
    counts: Mapping[str, int]


def planned_pruning(database: Database, as_of: date, keep_nights: int) -> Pruning:
    """What a pruning on a day would remove. Nothing is changed."""
    before = as_of - timedelta(days=keep_nights)
    with database.transaction() as connection:
        whole = sa.and_(RUNS.c.as_of < before, RUNS.c.as_of >= (pruned_before(connection) or date.min))
        nights = connection.scalars(sa.select(RUNS.c.as_of).where(whole).distinct())
        counts = {
            table.name: int(
                connection.scalar(sa.select(sa.func.count()).select_from(table).where(condition)) or 0
            )
            for table, condition in _going(before)
        }
        return Pruning(before, tuple(sorted(nights)), counts)


def prune(database: Database, plan: Pruning, as_of: date) -> None:
    """Remove what was planned, in one transaction, and note it: the note is what allows it.

    Runs themselves stay, for the trend; so does everything about a finding that stands, but its old events.
    """
    with database.transaction() as connection:
        connection.execute(
            sa.insert(PRUNINGS).values(pruned_on=as_of, before=plan.before, counts=dict(plan.counts))
        )
        for table, condition in _going(plan.before):
            connection.execute(sa.delete(table).where(condition))


def _going(before: date) -> list[tuple[sa.Table, sa.ColumnElement[bool]]]:
    """Tables and the rows of each that go, children first."""
    recent = sa.select(EVENTS.c.finding_id).where(EVENTS.c.as_of >= before)
    closed = sa.select(FINDINGS.c.finding_id).where(
        FINDINGS.c.state.not_in(OPEN_LIVES),
        sa.func.coalesce(FINDINGS.c.fixed_on, FINDINGS.c.first_seen) < before,
        FINDINGS.c.finding_id.not_in(recent),
    )
    old_runs = sa.select(RUNS.c.number).where(RUNS.c.as_of < before)
    # what was delivered when a standing finding was last seen tells whether it can be seen mended
    unseen = sa.select(sa.func.min(FINDINGS.c.seen_until)).where(FINDINGS.c.state.in_(OPEN_LIVES))
    done_with = old_runs.where(RUNS.c.as_of < sa.func.coalesce(unseen.scalar_subquery(), before))
    return [
        *((table, table.c.finding_id.in_(closed)) for table in (CONFLICTS, HANDLINGS, WORDINGS)),
        (OUTBOX, OUTBOX.c.number.in_(old_runs) & (OUTBOX.c.status != Posting.QUEUED.value)),
        (INPUTS, INPUTS.c.number.in_(done_with)),
        (EVENTS, EVENTS.c.as_of < before),
        (FINDINGS, FINDINGS.c.finding_id.in_(closed)),
    ]
