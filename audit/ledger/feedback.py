"""What returned copies come to: merged with the ledger, entered, and told to whoever reads the report."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from audit.intake.reading import FileReading
from audit.ledger.attestations import Attested, Statement, attest, disputes, enter_statements, statements_of
from audit.ledger.handlings import Copy, bases_of, counts_of, enter, handlings_of
from audit.ledger.merge import Merged, Refusal, Terms, merge
from audit.ledger.returned import ReturnedCopy
from audit.ledger.schema import CONFLICTS, FEEDBACK_FILES
from audit.ledger.signoffs import (
    Signatures,
    cycles_of,
    enter_sign_offs,
    sign,
    sign_offs_of,
)
from audit.words import load_programme


@dataclass(frozen=True)
class Taken:
    """A copy and what the ledger took of it, now or when these bytes were first read."""

    copy: ReturnedCopy
    refusals: tuple[Refusal, ...]
    rows: int = 0
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
        attested = attest(statements_of(connection), copy.items, load_programme(), terms)
        signatures = sign(cycles_of(connection), sign_offs_of(connection), copy.signatures, terms)
        now = _counts(merged, attested, signatures)
        before = counts_of(connection, copy.sha256)
        refusals = (*copy.refusals, *merged.refusals, *attested.refusals, *signatures.refusals)
        if before is None and not dry_run:
            entry = Copy(
                copy.sha256, copy.name, copy.who, {"rows": copy.count, **now}, _told_of(copy, refusals)
            )
            enter(connection, merged, entry, terms.as_of, number)
            enter_statements(connection, attested.statements, copy.sha256, terms.as_of, number)
            enter_sign_offs(connection, signatures.sign_offs, copy.sha256, terms.as_of, number)
        counts = now if before is None else before
        taken.append(Taken(copy, refusals, copy.count, counts["changes"], counts["conflicts"]))
    return tuple(taken)


def read_between(
    connection: sa.Connection, previous: date | None, as_of: date, read_now: Collection[str]
) -> tuple[Taken, ...]:
    """The copies read since the night before without waiting for this one, those saved first first.

    Whoever filled them in reads the report, and not what `pos-audit feedback` said on a terminal. `read_now`
    are the hashes of the copies this night reads itself.
    """
    query = sa.select(FEEDBACK_FILES).where(
        FEEDBACK_FILES.c.number.is_(None),
        FEEDBACK_FILES.c.read_on >= (previous or as_of),
        FEEDBACK_FILES.c.read_on <= as_of,
        FEEDBACK_FILES.c.sha256.not_in(read_now),
    )
    found = [_taken_before(row) for row in connection.execute(query)]
    return tuple(sorted(found, key=lambda one: (one.copy.said_at, one.copy.name)))


def _told_of(copy: ReturnedCopy, refusals: Iterable[Refusal]) -> dict[str, Any]:
    """What of a copy was not taken, in plain values."""
    return {
        "said_at": copy.said_at,
        "refusals": [asdict(one) for one in refusals],
        "notices": [list(one) for one in copy.reading.notices],
    }


def _taken_before(row: sa.Row[Any]) -> Taken:
    told, counts = row.told, row.counts
    notices = tuple((key, facts) for key, facts in told.get("notices", ()))
    reading = FileReading(row.name, row.sha256, notices=notices)
    copy = ReturnedCopy(row.name, row.sha256, reading, row.who, told.get("said_at", ""))
    refusals = tuple(Refusal(**one) for one in told.get("refusals", ()))
    return Taken(copy, refusals, counts.get("rows", 0), counts["changes"], counts["conflicts"])


def _counts(merged: Merged, attested: Attested, signatures: Signatures) -> dict[str, int]:
    """What a copy came to; a statement or a signature is a change like a field."""
    return {
        "changes": len(merged.changes) + len(attested.statements) + len(signatures.sign_offs),
        "conflicts": len(merged.conflicts) + attested.disputed,
        "refusals": len(merged.refusals) + len(attested.refusals) + len(signatures.refusals),
    }


def open_conflicts(connection: sa.Connection) -> tuple[OpenConflict, ...]:
    """Every conflict nobody has settled yet, oldest first; those about findings before those about items."""
    query = (
        sa.select(*(CONFLICTS.c[name] for name in OpenConflict.__dataclass_fields__))
        .where(CONFLICTS.c.settled_on.is_(None))
        .order_by(CONFLICTS.c.noticed_on, CONFLICTS.c.finding_id, CONFLICTS.c.field)
    )
    about_items = [
        OpenConflict(
            second.item,
            "proof",
            _told(first),
            _told(second),
            second.saved_by,
            second.said_at,
            second.recorded_on or second.done_on,
        )
        for statements in statements_of(connection).values()
        for first, second in disputes(statements)
    ]
    return (*(OpenConflict(*row) for row in connection.execute(query)), *about_items)


def _told(statement: Statement) -> str:
    return " ".join(text for text in map(str, statement.content) if text)
