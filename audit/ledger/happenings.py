"""What happened to one finding since it was found: what nights made of it, and what people said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import sqlalchemy as sa

from audit.errors import ConfigError
from audit.ledger.database import Database
from audit.ledger.lives import NOT_OF_LIFE, Kind
from audit.ledger.schema import EVENTS, FEEDBACK_FILES, FINDINGS, RUNS, WAIVERS
from audit.ledger.wording import words_of

_WORDS = ("title", "detail")


@dataclass(frozen=True)
class Grant:
    """By whose leave a finding was waived, why, and until when."""

    reason: str
    approver: str
    until: date


@dataclass(frozen=True)
class Happening:
    """One event. What people said, or the machine made of their word, has a field with both its texts.

    `run_id` is "" for what was read between two nights; `stands` is false for a night that was told anew.
    """

    as_of: date
    run_id: str
    stands: bool
    kind: Kind
    severity: str
    severity_before: str
    field: str
    before: str
    after: str
    who: str
    said_at: str  # ISO, as the copy tells it
    file: str  # the name of the copy
    source: str  # its sha256
    grant: Grant | None = None


@dataclass(frozen=True)
class Biography:
    """A finding, in its last words, and all that happened to it, in order."""

    finding_id: str
    rule: str
    title: str
    detail: str
    happenings: tuple[Happening, ...]


def biography(database: Database, finding_id: str) -> Biography:
    """All the ledger has of one finding. Raises ConfigError where it knows none of that number."""
    query = (
        sa.select(EVENTS, RUNS.c.run_id, RUNS.c.superseded, FEEDBACK_FILES.c.name)
        .join(RUNS, RUNS.c.number == EVENTS.c.number, isouter=True)
        .join(FEEDBACK_FILES, FEEDBACK_FILES.c.sha256 == EVENTS.c.source, isouter=True)
        .where(EVENTS.c.finding_id == finding_id)
        .order_by(EVENTS.c.event)
    )
    with database.transaction() as connection:
        found = connection.execute(
            sa.select(FINDINGS.c.rule, FINDINGS.c.waiver).where(FINDINGS.c.finding_id == finding_id)
        ).first()
        if found is None:
            raise ConfigError("finding_unknown", finding=finding_id)
        events = connection.execute(query).all()
        grants = {row.waiver_id: row for row in connection.execute(sa.select(WAIVERS))}
        words = words_of(connection, pa.array([finding_id], pa.string()), _WORDS).to_pylist()
    happenings = []
    waiver = found.waiver
    for event in reversed(events):  # what a finding was after an event is what the next one says it was
        if event.kind == Kind.WITHDRAWN:  # what a night that was told anew had made is marked as such itself
            waiver = waiver if event.field else event.was_waiver
            continue
        grant = grants.get(waiver) if event.kind == Kind.WAIVED else None
        happenings.append(
            Happening(
                as_of=event.as_of,
                run_id=event.run_id or "",
                stands=event.kind == Kind.SAID or not event.superseded,  # what people said stays said
                kind=Kind(event.kind),
                severity=event.severity,
                severity_before=event.was_severity,
                field=event.field,
                before=event.before,
                after=event.after,
                who=event.who,
                said_at=event.said_at if event.kind == Kind.SAID else "",
                file=event.name or "",
                source=event.source,
                grant=Grant(grant.reason, grant.approver, grant.until) if grant else None,
            )
        )
        if event.kind not in NOT_OF_LIFE:
            waiver = event.was_waiver
    title, detail = (str(words[0][name] or "") if words else "" for name in _WORDS)
    return Biography(finding_id, found.rule, title, detail, tuple(reversed(happenings)))
