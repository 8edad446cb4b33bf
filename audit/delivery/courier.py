"""Sending what waits: by a run, or by `pos-audit deliver` between two runs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parseaddr
from hashlib import sha256
from pathlib import Path

from audit.config import MailSection, Settings
from audit.delivery.chat import require_chat, send_notices
from audit.delivery.post import CHAT, folder_of
from audit.delivery.smtp import Answer, Doubtful, NotDelivered, Session, TooLarge
from audit.errors import ConfigError
from audit.ledger import outbox
from audit.ledger.database import Database
from audit.ledger.outbox import Message, Posting
from audit.lock import only_run
from audit.words import Words

Told = Callable[[str], None]
_CHANCE = random.SystemRandom()
_BREATH = 0.5  # seconds


def deliver(
    settings: Settings, words: Words, sent: Told, told: Told, *, again: bool = False
) -> tuple[list[str], int]:
    """Send what waits, between two runs; the result says what went wrong, and how many notices still wait.

    `again` takes up what was given up, refused or is in doubt; `told` hears of mail that waits for its hour
    and of chat rooms that could not be told. Raises ConfigError where nobody is to be
    told anything, and Locked.
    """
    require_secrets(settings)
    if not settings.delivers:
        raise ConfigError("config_missing_key", file=settings.file, key="mail.host")
    with (
        only_run(settings.state, settings.zone),
        Database(settings.ledger.url, settings.state) as database,
    ):
        if again:
            outbox.revive(database, datetime.now(UTC))
        problems = send_queued(settings, words, database, sent, lambda: None)
        for line in (*held_lines(settings, words, database), *send_notices(settings, words, database)):
            told(line)
        waiting = [one for one in outbox.due(database, datetime.now(UTC)) if one.kind == CHAT]
        return problems, len(waiting)


def require_secrets(settings: Settings) -> None:
    """Raise ConfigError, before a night begins, for a secret that could not be read at its end."""
    _ = settings.mail_password
    require_addresses(settings)


def require_addresses(settings: Settings) -> None:
    """Raise ConfigError for an address of a chat room or of the watchdog that cannot be used."""
    _ = settings.ping_url
    require_chat(settings)


def send_queued(
    settings: Settings, words: Words, database: Database, sent: Told, breathe: Callable[[], None]
) -> list[str]:
    """Send what waits in the outbox, this night's and earlier ones; the result says what went wrong.

    `sent` hears the recipients of each message that was taken; `breathe` is called every now and then
    between two attempts, and may raise to end it there.

    What the server does not take for now is tried again a few times, and stays for the next run or
    `deliver`, for five days. What it refuses is told once. Notices are only put in order here.
    """
    now = datetime.now(UTC)
    problems = [
        words("error.mail_interrupted", subject=one.message_id)
        for one in outbox.take_up(database)
        if one.kind != CHAT
    ]
    problems += [
        words("error.mail_expired", subject=one.message_id, detail=one.detail)
        for one in outbox.give_up(database, now)
        if one.kind != CHAT
    ]
    pending = [one for one in outbox.due(database, now) if one.kind != CHAT]
    if pending and settings.mail:
        courier = _Courier(
            settings.mail, settings.mail_password, folder_of(settings), words, database, sent, breathe
        )
        problems += courier.carry(pending)
    _sweep(folder_of(settings), database, now)
    return problems


def held_lines(settings: Settings, words: Words, database: Database) -> list[str]:
    """What is to be said of mail that waits for its hour: a line, or none."""
    held = outbox.held(outbox.to_go(database), datetime.now(UTC))
    if not held:
        return []
    hour = held[0].opens.astimezone(settings.zone)
    return [words("status.held", count=len(held), at=f"{hour:%Y-%m-%d %H:%M}", zone=settings.zone)]


@dataclass(frozen=True)
class _Courier:
    """One run's attempts at a number of messages."""

    mail: MailSection
    password: str
    folder: Path
    words: Words
    database: Database
    sent: Told
    breathe: Callable[[], None]

    def carry(self, pending: Sequence[Message]) -> list[str]:
        """Try each message, those not taken again after a pause; the result is what was last said of each."""
        told: dict[str, str] = {}
        for pause in self._pauses():
            _wait(pause, self.breathe)
            lasting = self._round(pending, told)
            pending = [one for one in outbox.due(self.database, datetime.now(UTC)) if one.message_id in told]
            if lasting or not pending:
                break
        return list(dict.fromkeys(line for line in told.values() if line))

    def _pauses(self) -> Iterator[float]:
        """Seconds before each attempt: growing, and never the same for everybody at once."""
        yield 0.0
        for number in range(self.mail.retries):
            yield self.mail.retry_seconds * 2**number * _CHANCE.uniform(0.5, 1.5)

    def _round(self, pending: Sequence[Message], told: dict[str, str]) -> bool:
        """Try each once, over one connection; whether it is of no use to go on."""
        with Session(self.mail, self.password) as session:
            for message in pending:
                try:
                    told[message.message_id] = self._try(session, message)
                except NotDelivered as failure:
                    line = failure.told(self.words)
                    for one in pending[pending.index(message) :]:
                        told[one.message_id] = line
                        outbox.note(self.database, replace(one, detail=line))
                    return not failure.again
        return False

    def _try(self, session: Session, message: Message) -> str:
        """Send the first form that the server takes; the result says whom it did not serve, "" for nobody."""
        limit = session.open()
        recipients = message.recipients or self._everybody
        for form in message.forms:
            path = self.folder / form.name
            data = path.read_bytes() if path.is_file() else b""
            if sha256(data).hexdigest() != form.sha256:
                return self._refuse(message, self.words("error.outbox_changed", path=path))
            if limit and len(data) > limit:
                continue
            try:
                answer = session.deliver(self._sender, recipients, data, lambda: self._going_out(message))
            except TooLarge:
                continue
            except Doubtful as failure:
                return self._doubt(message, str(failure))
            return self._note(message, answer)
        return self._refuse(message, self.words("error.mail_too_large", host=self.mail.host))

    @property
    def _sender(self) -> str:
        return parseaddr(self.mail.sender)[1]

    @property
    def _everybody(self) -> tuple[str, ...]:
        return tuple(parseaddr(one)[1] for one in (*self.mail.to, *self.mail.cc))

    def _going_out(self, message: Message) -> None:
        outbox.note(self.database, replace(message, status=Posting.SENDING), attempted=False)

    def _note(self, message: Message, answer: Answer) -> str:
        refused = {**message.refused, **answer.refused}
        told = "; ".join(f"{whom}: {why}" for whom, why in {**refused, **answer.later}.items())
        status = Posting.QUEUED if answer.later else Posting.REFUSED if refused else Posting.SENT
        outbox.note(
            self.database,
            replace(message, status=status, recipients=tuple(answer.later), refused=refused, detail=told),
        )
        if answer.accepted:
            self.sent(", ".join(answer.accepted))
        return told

    def _doubt(self, message: Message, said: str) -> str:
        final = outbox.doubt(self.database, message, said) is Posting.DOUBTFUL
        return self.words(
            f"error.{'mail_doubtful' if final else 'mail_in_doubt'}", host=self.mail.host, detail=said
        )

    def _refuse(self, message: Message, why: str) -> str:
        outbox.note(self.database, replace(message, status=Posting.REFUSED, detail=why))
        return why


def _wait(seconds: float, breathe: Callable[[], None]) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        breathe()
        time.sleep(min(left, _BREATH))


def _sweep(folder: Path, database: Database, now: datetime) -> None:
    """Remove the bytes of what was sent, forgotten or given up long ago, and what a crash left behind."""
    kept = {form.name for message in outbox.waiting(database, now) for form in message.forms}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in kept:
            path.unlink(missing_ok=True)
