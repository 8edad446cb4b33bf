"""A night taken back: every life is what it was before, and the events say so. What people said stays."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from audit.ledger.lives import LIFE, NOT_OF_LIFE, Kind, Life
from audit.ledger.schema import EVENTS, FINDINGS, HANDLINGS, RUNS


def withdraw(connection: sa.Connection, number: int, note: str = "") -> None:
    """Undo what a run made of findings, by events that compensate its own, and mark the run superseded."""
    of_run = sa.and_(
        EVENTS.c.number == number,
        EVENTS.c.kind.not_in(NOT_OF_LIFE),
        EVENTS.c.finding_id == FINDINGS.c.finding_id,
    )
    before = sa.case((EVENTS.c.was_state == "", Life.WITHDRAWN.value), else_=EVENTS.c.was_state)
    compensation = {
        "number": EVENTS.c.number,
        "as_of": EVENTS.c.as_of,
        "finding_id": EVENTS.c.finding_id,
        "kind": sa.literal(Kind.WITHDRAWN.value),
        "state": before,
        "severity": EVENTS.c.was_severity,
        **{f"was_{name}": FINDINGS.c[name] for name in LIFE.names},
    }
    connection.execute(
        sa.insert(EVENTS).from_select(
            list(compensation),
            sa.select(*compensation.values()).where(of_run).order_by(EVENTS.c.event),
            include_defaults=False,
        )
    )
    kept = ("first_seen", "due_on")  # a finding that is withdrawn altogether keeps these
    connection.execute(
        sa.update(FINDINGS)
        .values(
            state=before,
            **{
                name: sa.func.coalesce(EVENTS.c[f"was_{name}"], FINDINGS.c[name])
                if name in kept
                else EVENTS.c[f"was_{name}"]
                for name in LIFE.names
                if name != "state"
            },
        )
        .where(of_run)
    )
    _give_statuses_back(connection, number)
    connection.execute(sa.update(RUNS).where(RUNS.c.number == number).values(superseded=True, note=note))


def _give_statuses_back(connection: sa.Connection, number: int) -> None:
    """A status the run had moved on is the person's again, unless somebody has spoken since."""
    resets = connection.execute(
        sa.select(EVENTS, HANDLINGS.c.row_version.label("current"))
        .join(HANDLINGS, HANDLINGS.c.finding_id == EVENTS.c.finding_id)
        .where(
            EVENTS.c.number == number,
            EVENTS.c.kind == Kind.RESET.value,
            HANDLINGS.c.status_version == EVENTS.c.row_version,
        )
        .order_by(EVENTS.c.event)
    ).all()
    for event in resets:
        version = event.current + 1
        connection.execute(
            sa.update(HANDLINGS)
            .where(HANDLINGS.c.finding_id == event.finding_id)
            .values(
                status=event.before,
                status_on=date.fromisoformat(event.said_at) if event.said_at else None,
                marked=event.was_evidence,
                row_version=version,
                status_version=version,
            )
        )
        connection.execute(
            sa.insert(EVENTS).values(
                number=number,
                as_of=event.as_of,
                finding_id=event.finding_id,
                kind=Kind.WITHDRAWN.value,
                field="status",
                before=event.after,
                after=event.before,
                row_version=version,
            )
        )
