"""Messages that are to be sent: entered with the night they belong to, then sent, and marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from audit.ledger.database import Database
from audit.ledger.schema import OUTBOX


@dataclass(frozen=True)
class Message:
    """A finished message: the bytes lie at `path`, and must still hash to `sha256` when they are sent."""

    message_id: str
    number: int
    kind: str
    path: Path
    sha256: str


def queue(connection: sa.Connection, message: Message) -> None:
    """Enter a message with the night's own transaction; one that is there already is not sent twice."""
    if connection.execute(
        sa.select(OUTBOX.c.status).where(OUTBOX.c.message_id == message.message_id)
    ).first():
        return
    connection.execute(
        sa.insert(OUTBOX).values(
            message_id=message.message_id,
            number=message.number,
            kind=message.kind,
            path=str(message.path),
            sha256=message.sha256,
            status="queued",
            attempts=0,
            detail="",
        )
    )


def queued(database: Database) -> Iterator[Message]:
    """Messages not sent yet, oldest first."""
    query = (
        sa.select(OUTBOX.c.message_id, OUTBOX.c.number, OUTBOX.c.kind, OUTBOX.c.path, OUTBOX.c.sha256)
        .where(OUTBOX.c.status == "queued")
        .order_by(OUTBOX.c.number)
    )
    with database.transaction() as connection:
        rows = connection.execute(query).all()
    for row in rows:
        yield Message(row.message_id, row.number, row.kind, Path(row.path), row.sha256)


def mark(database: Database, message: Message, status: str, detail: str = "") -> None:
    """Note the outcome of an attempt."""
    with database.transaction() as connection:
        connection.execute(
            sa.update(OUTBOX)
            .where(OUTBOX.c.message_id == message.message_id)
            .values(status=status, detail=detail, attempts=OUTBOX.c.attempts + 1)
        )


def forget_unsent(connection: sa.Connection, number: int) -> None:
    """Drop what was queued for a run that is told anew and was never sent."""
    connection.execute(sa.delete(OUTBOX).where(OUTBOX.c.number == number, OUTBOX.c.status == "queued"))
