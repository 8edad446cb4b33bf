"""Messages that are to be sent: entered with the night they belong to, then sent, and marked.

    queued → sending → sent
                     → queued      for whoever is to be served later
                     → refused     somebody will never be served
                     → doubtful    twice nobody could tell whether it had arrived
           → expired               nobody was served in time

`sending` is committed just before a message's text goes out: who finds it there later knows that the text
may have arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from audit.ledger.database import Database
from audit.ledger.schema import OUTBOX, RUNS

Connection = sa.Connection  # a transaction of the ledger, for those who do not speak SQL

KEPT_FOR = timedelta(days=5)  # what was not taken by then is given up
RECENT = timedelta(days=30)  # what was given up before that nobody asks for any more
_DOUBTS = 2  # so often a message may go out that may have arrived


class Posting(StrEnum):
    """What a message is."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    DOUBTFUL = "doubtful"
    EXPIRED = "expired"


_GIVEN_UP = (Posting.REFUSED, Posting.DOUBTFUL, Posting.EXPIRED)
UNSERVED = (Posting.QUEUED, *_GIVEN_UP)  # what a message may be while nobody is sending


@dataclass(frozen=True)
class Form:
    """A finished form of a message: a file of the outbox that must still hash to `sha256` when it goes."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Message:
    """A message, in forms of which the first that the server takes is sent."""

    message_id: str
    number: int
    kind: str
    forms: tuple[Form, ...]
    recipients: tuple[str, ...]  # those not served yet
    refused: Mapping[str, str] = field(default_factory=dict)  # those who never will be, and why
    status: Posting = Posting.QUEUED
    doubts: int = 0
    not_before: str = ""  # ISO, UTC
    detail: str = ""

    @property
    def opens(self) -> datetime:
        """The hour before which it is not to go. It has to have one."""
        return datetime.fromisoformat(self.not_before)


def queue(connection: sa.Connection, message: Message, now: datetime) -> None:
    """Enter a message with the night's own transaction; one that is there already is not sent twice."""
    known = sa.select(OUTBOX.c.status).where(OUTBOX.c.message_id == message.message_id)
    if connection.execute(known).first():
        return
    connection.execute(
        sa.insert(OUTBOX).values(
            message_id=message.message_id,
            number=message.number,
            kind=message.kind,
            forms=[vars(form) for form in message.forms],
            recipients=list(message.recipients),
            status=message.status.value,
            attempts=0,
            doubts=0,
            queued_at=stamp(now),
            not_before=message.not_before,
            detail="",
        )
    )


def take_up(database: Database) -> list[Message]:
    """What a crash left while its text was going out may have arrived: it goes once more, and no further.

    The result is what was left so for the second time, and stays where it is.
    """
    left = _found(database, OUTBOX.c.status == Posting.SENDING.value)
    return [one for one in left if doubt(database, one, one.detail) is Posting.DOUBTFUL]


def due(database: Database, now: datetime) -> list[Message]:
    """Messages that may go now, oldest first."""
    return _found(database, (OUTBOX.c.status == Posting.QUEUED.value) & (OUTBOX.c.not_before <= stamp(now)))


def to_go(database: Database) -> list[Message]:
    """Messages that somebody is still to be sent, oldest first; a crash may have left one half sent."""
    return _found(database, OUTBOX.c.status.in_((Posting.QUEUED.value, Posting.SENDING.value)))


def held(messages: Iterable[Message], now: datetime) -> list[Message]:
    """Those of them that wait for their hour, the next to go first."""
    return sorted((one for one in messages if one.not_before > stamp(now)), key=lambda one: one.not_before)


def give_up(database: Database, now: datetime) -> list[Message]:
    """Mark what has waited for too long, and return it."""
    waited = sa.case(
        (OUTBOX.c.not_before > OUTBOX.c.queued_at, OUTBOX.c.not_before), else_=OUTBOX.c.queued_at
    )
    late = _found(database, (OUTBOX.c.status == Posting.QUEUED.value) & (waited < stamp(now - KEPT_FOR)))
    for message in late:
        note(database, replace(message, status=Posting.EXPIRED), attempted=False)
    return late


def waiting(database: Database, now: datetime) -> list[Message]:
    """Messages that somebody has not got, oldest first: those still to go, and those given up of late."""
    to_go = OUTBOX.c.status.in_((Posting.QUEUED.value, Posting.SENDING.value))
    return _found(database, to_go | _given_up(now))


def given_up(database: Database, now: datetime) -> list[Message]:
    """Messages that were given up of late, refused or are in doubt: whoever was not served can yet be."""
    return _found(database, _given_up(now))


def _given_up(now: datetime) -> sa.ColumnElement[bool]:
    return OUTBOX.c.status.in_(_GIVEN_UP) & (OUTBOX.c.queued_at >= stamp(now - RECENT))


def revive(database: Database, now: datetime) -> None:
    """Queue again what was given up, refused or is in doubt, for whoever was not served.

    What a night told that was taken back since is told by another letter, or by nobody.
    """
    with database.transaction() as connection:
        runs = connection.execute(sa.select(RUNS.c.run_id, RUNS.c.superseded)).all()
    taken_back = {run for run, superseded in runs if superseded} - {run for run, gone in runs if not gone}
    for message in given_up(database, now):
        if message.message_id.strip("<").partition(".")[0] in taken_back:
            continue
        with database.transaction() as connection:
            connection.execute(
                sa.update(OUTBOX)
                .where(OUTBOX.c.message_id == message.message_id)
                .values(
                    status=Posting.QUEUED.value,
                    recipients=[*message.recipients, *message.refused],
                    refused={},
                    doubts=0,
                    queued_at=stamp(now),
                )
            )


def note(database: Database, message: Message, *, attempted: bool = True) -> None:
    """Write down what a message is now, and who has still to be served."""
    with database.transaction() as connection:
        connection.execute(
            sa.update(OUTBOX)
            .where(OUTBOX.c.message_id == message.message_id)
            .values(
                status=message.status.value,
                recipients=list(message.recipients),
                refused=dict(message.refused),
                detail=message.detail,
                doubts=message.doubts,
                attempts=OUTBOX.c.attempts + int(attempted),
            )
        )


def doubt(database: Database, message: Message, detail: str) -> Posting:
    """Note that nobody can tell whether a message arrived; the result is whether it may go once more."""
    doubts = message.doubts + 1
    status = Posting.QUEUED if doubts < _DOUBTS else Posting.DOUBTFUL
    note(database, replace(message, status=status, doubts=doubts, detail=detail))
    return status


def forget_unsent(connection: sa.Connection, number: int, run_id: str) -> None:
    """Drop what was queued for a run that is told anew and was never sent.

    What only belongs to it for want of a night of its own, a cycle's letter, has another id and stays.
    """
    connection.execute(
        sa.delete(OUTBOX).where(
            OUTBOX.c.number == number,
            OUTBOX.c.message_id.contains(f"{run_id}."),
            OUTBOX.c.status.in_((Posting.QUEUED.value, Posting.EXPIRED.value)),
        )
    )


def forget_kind(connection: sa.Connection, kind: str) -> None:
    """Drop what is queued of a kind of which only the latest is worth sending."""
    connection.execute(
        sa.delete(OUTBOX).where(OUTBOX.c.kind == kind, OUTBOX.c.status == Posting.QUEUED.value)
    )


def last_run(connection: sa.Connection) -> int:
    """The number of the last run, to which a message belongs that is no night's. There has to be one."""
    return int(connection.scalar(sa.select(sa.func.max(RUNS.c.number))) or 0)


def last_of_kind(connection: sa.Connection, kind: str, before: date) -> date | None:
    """The last audit date before a day that a message of a kind was queued for."""
    found: date | None = connection.scalar(
        sa.select(sa.func.max(RUNS.c.as_of))
        .join(OUTBOX, RUNS.c.number == OUTBOX.c.number)
        .where(OUTBOX.c.kind == kind, RUNS.c.as_of < before)
    )
    return found


def stamp(moment: datetime) -> str:
    """A moment as the outbox writes it; the later one is the greater text."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _found(database: Database, condition: sa.ColumnElement[bool]) -> list[Message]:
    query = sa.select(OUTBOX).where(condition).order_by(OUTBOX.c.number, OUTBOX.c.kind, OUTBOX.c.message_id)
    with database.transaction() as connection:
        rows = connection.execute(query).all()
    return [
        Message(
            row.message_id,
            row.number,
            row.kind,
            tuple(Form(**form) for form in row.forms),
            tuple(row.recipients),
            row.refused,
            Posting(row.status),
            row.doubts,
            row.not_before,
            row.detail,
        )
        for row in rows
    ]
