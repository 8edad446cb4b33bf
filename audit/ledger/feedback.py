"""What returned copies come to: merged with the ledger, entered, and told to whoever reads the report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from audit.ledger.handlings import Copy, bases_of, counts_of, enter, handlings_of
from audit.ledger.merge import Refusal, Terms, merge
from audit.ledger.returned import ReturnedCopy
from audit.ledger.schema import CONFLICTS, FEEDBACK_FILES


@dataclass(frozen=True)
class Taken:
    """A copy and what the ledger took of it, now or when these bytes were first read."""

    copy: ReturnedCopy
    refusals: tuple[Refusal, ...]
    changes: int = 0
    conflicts: int = 0


@dataclass(frozen=True)
class OpenConflict:
    """Two texts for one field; the ledger holds the first until somebody writes it again."""

    finding_id: str
    field: str
    ledger_text: str
    copy_text: str
    who: str
    said_at: str
    noticed_on: date


def dates_read(connection: sa.Connection) -> dict[str, date]:
    """The audit date each copy was first read on, by the sha256 of its bytes."""
    query = sa.select(FEEDBACK_FILES.c.sha256, FEEDBACK_FILES.c.read_on)
    return {row.sha256: row.read_on for row in connection.execute(query)}


def take_in(
    connection: sa.Connection,
    copies: Iterable[ReturnedCopy],
    terms: Terms,
    number: int | None = None,
    *,
    dry_run: bool = False,
) -> tuple[Taken, ...]:
    """Merge copies one after the other, those saved first first; `number` is the run of a night under way.

    A copy that could not be read, or is of another estate, changes nothing. `dry_run` writes nothing.
    """
    taken = []
    for copy in sorted(copies, key=lambda one: (one.said_at, one.name)):
        if copy.reading.error:
            taken.append(Taken(copy, copy.refusals))
            continue
        known = handlings_of(connection, (row.finding_id for row in copy.rows))
        bases = bases_of(connection, known, ((row.finding_id, row.base_version) for row in copy.rows))
        merged = merge(known, copy.rows, bases, terms)
        before = counts_of(connection, copy.sha256)
        if before is None and not dry_run:
            entry = Copy(copy.sha256, copy.name, copy.who, {"rows": len(copy.rows)})
            enter(connection, merged, entry, terms.as_of, number)
        now = {"changes": len(merged.changes), "conflicts": len(merged.conflicts)}
        counts = now if before is None else before
        refusals = (*copy.refusals, *merged.refusals)
        taken.append(Taken(copy, refusals, counts["changes"], counts["conflicts"]))
    return tuple(taken)


def open_conflicts(connection: sa.Connection) -> tuple[OpenConflict, ...]:
    """Every conflict nobody has settled yet, oldest first."""
    query = (
        sa.select(*(CONFLICTS.c[name] for name in OpenConflict.__dataclass_fields__))
        .where(CONFLICTS.c.settled_on.is_(None))
        .order_by(CONFLICTS.c.noticed_on, CONFLICTS.c.finding_id, CONFLICTS.c.field)
    )
    return tuple(OpenConflict(*row) for row in connection.execute(query))
