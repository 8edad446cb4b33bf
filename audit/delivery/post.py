"""Letters into the outbox: frozen as files of the state folder, entered with the ledger's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from email.utils import parseaddr
from hashlib import sha256
from pathlib import Path

from audit.config import Settings
from audit.delivery.message import Letter, compose, message_id
from audit.files import write_private
from audit.ledger import outbox

CHAT = "chat"  # the kind of what goes to chat rooms, and not by mail
_MIB = 1 << 20


def folder_of(settings: Settings) -> Path:
    """Where the bytes of messages lie until they are sent."""
    return settings.state / "outbox"


def queue_letter(
    settings: Settings,
    connection: outbox.Connection,
    *,
    number: int,
    run_id: str,
    kind: str,
    as_of: date,
    letters: Sequence[Letter],
    about: str = "",
) -> None:
    """Freeze a letter for everybody of `[mail]`, under one Message-ID for run, kind and recipients.

    `about` tells apart letters of a kind that the same people are sent.

    `letters` are the same letter, the fullest first: of those within `[mail].max_mib` the first that the
    server takes is sent, and the last of all goes whatever its size. Its date is the audit date at the
    scheduled hour. Needs a `[mail]` section.
    """
    mail = settings.mail
    assert mail is not None
    identifier = message_id(run_id, f"{kind}-{about}" if about else kind, mail)
    on = datetime.combine(as_of, time.fromisoformat(settings.schedule.at), settings.zone)
    composed = [compose(mail, letter, identifier, on) for letter in letters]
    kept = [data for data in composed[:-1] if len(data) <= mail.max_mib * _MIB] + composed[-1:]
    now = datetime.now(UTC)
    message = outbox.Message(
        identifier,
        number,
        kind,
        freeze(settings, f"{as_of}-{kind}", identifier, kept, ".eml"),
        tuple(parseaddr(one)[1] for one in (*mail.to, *mail.cc)),
        not_before=_not_before(settings, now),
    )
    outbox.queue(connection, message, now)


def freeze(
    settings: Settings, title: str, identifier: str, forms: Sequence[bytes], ending: str
) -> tuple[outbox.Form, ...]:
    """Write the forms of a message as files; the result names them."""
    mark = sha256(identifier.encode()).hexdigest()[:12]
    frozen = []
    for number, data in enumerate(forms):
        name = f"{title}-{mark}-{number}{ending}"
        write_private(folder_of(settings) / name, data)
        frozen.append(outbox.Form(name, sha256(data).hexdigest()))
    return tuple(frozen)


def _not_before(settings: Settings, now: datetime) -> str:
    """Today's hour before which nothing is to be sent, when that is still to come."""
    assert settings.mail is not None
    if not settings.mail.not_before:
        return ""
    hour = time.fromisoformat(settings.mail.not_before)
    opens = datetime.combine(now.astimezone(settings.zone).date(), hour, settings.zone)
    return outbox.stamp(opens) if opens > now else ""
