"""Chat rooms, told through apprise what waits for them. A failure is only told."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from importlib.util import find_spec

from audit.config import Settings
from audit.delivery.post import CHAT, folder_of
from audit.errors import ConfigError
from audit.ledger import outbox
from audit.ledger.database import Database
from audit.ledger.outbox import Message, Posting
from audit.words import Words

_SECRET = 6  # a part of an address that is at least this long may be one


def require_chat(settings: Settings) -> None:
    """Raise ConfigError, before a night begins, for rooms that could not be told at its end."""
    urls = settings.chat_urls
    if urls and find_spec("apprise") is None:
        raise ConfigError("notify_missing")
    for url in urls:
        if _reached(url, "", "", try_only=True):
            raise ConfigError("notify_url", service=_service(url))


def send_notices(settings: Settings, words: Words, database: Database) -> list[str]:
    """Tell the rooms that wait; the result says which could not be told, and is no failure of the run."""
    problems = []
    rooms = {room_of(url): url for url in settings.chat_urls}
    for message in outbox.due(database, datetime.now(UTC)):
        if message.kind == CHAT:
            problems += _tell(settings, words, database, message, rooms)
    return problems


def _tell(
    settings: Settings, words: Words, database: Database, message: Message, rooms: dict[str, str]
) -> list[str]:
    [form] = message.forms
    path = folder_of(settings) / form.name
    data = path.read_bytes() if path.is_file() else b""
    if sha256(data).hexdigest() != form.sha256:
        told = words("error.outbox_changed", path=path)
        outbox.note(database, replace(message, status=Posting.REFUSED, detail=told))
        return [told]
    title, _, body = data.decode().partition("\n")
    outbox.note(database, replace(message, status=Posting.SENDING), attempted=False)
    failed = {}
    for room in message.recipients:
        if room not in rooms:  # taken out of the configuration meanwhile
            continue
        if why := _reached(rooms[room], title, body):
            failed[room] = words("error.notice", service=_service(rooms[room]), detail=why)
    status = Posting.QUEUED if failed else Posting.SENT
    told = "; ".join(failed.values())
    outbox.note(database, replace(message, status=status, recipients=tuple(failed), detail=told))
    return list(failed.values())


def _reached(url: str, title: str, body: str, *, try_only: bool = False) -> list[str]:
    """Tell one room, or only look whether it could be told; what apprise says when it could not.

    What it says may hold the address, and the address is a secret: every longer part of it is blotted out.
    """
    import apprise

    logging.getLogger("apprise").propagate = False  # to no log of ours either
    with apprise.LogCapture(level=apprise.logging.WARNING, fmt="%(message)s") as said:  # type: ignore[no-untyped-call]
        room = apprise.Apprise.instantiate(url)
        if isinstance(room, apprise.NotifyBase) and (try_only or room.notify(body=body, title=title)):
            return []
        text = said.getvalue()
    for part in sorted(re.split(r"[/:@?&=]+", url), key=len, reverse=True):
        if len(part) >= _SECRET:
            text = text.replace(part, "***")
    return text.splitlines() or [_service(url)]


def _service(url: str) -> str:
    return url.partition(":")[0]


def room_of(url: str) -> str:
    """How the outbox names a room: its address is a secret."""
    return sha256(url.encode()).hexdigest()[:16]
