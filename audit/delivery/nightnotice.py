"""The night's notice to chat rooms: counts and where to look, never a row. Queued as the mail is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from audit.config import Settings
from audit.delivery.chat import room_of
from audit.delivery.occasion import is_worth_telling
from audit.delivery.post import CHAT, freeze
from audit.ledger import outbox
from audit.ledger.nights import Night, Run
from audit.report.model import Report
from audit.report.summary import changes, headline, severities
from audit.words import Words

_NAME = 60  # characters of an estate's name
_MOST = 2_000  # bytes: a WeCom robot takes 2,048, and a folder's name may be long


def queue_notice(
    settings: Settings, words: Words, report: Report, folder: Path, night: Night, run: Run
) -> None:
    """Queue the night's notice, where `[notify].when` asks for one, in place of one that still waits."""
    urls = settings.chat_urls
    if not urls or not is_worth_telling(report, settings.notify.when):
        return
    rooms = tuple(map(room_of, urls))
    identifier = f"{run.run_id}.{CHAT}.{sha256(''.join(sorted(rooms)).encode()).hexdigest()[:8]}"
    text = "\n".join(_lines(report, words, folder)).encode()[:_MOST].decode(errors="ignore")
    forms = freeze(settings, f"{report.as_of}-{CHAT}", identifier, [text.encode()], ".txt")
    outbox.forget_kind(night.connection, CHAT)
    outbox.queue(
        night.connection, outbox.Message(identifier, run.number, CHAT, forms, rooms), datetime.now(UTC)
    )


def _lines(report: Report, words: Words, folder: Path) -> Sequence[str]:
    name = f" · {report.name[:_NAME]}" if report.name else ""
    moved = changes(report)
    graver = words("list_mark").join(
        words("chat.severity", severity=words.label("severity", word), count=count)
        for word, count in severities(report).items()
        if count
    )
    lines = [
        f"{words('report.title')}{name} {report.as_of}",
        headline(report, words),
        words(
            "chat.counts",
            new=moved["new"],
            reopened=moved["reopened"],
            fixed=moved["fixed"],
            open=len(report.open_rows),
            overdue=report.overdue,
        ),
    ]
    if graver:
        lines.append(graver)
    if report.alarms:
        lines.append(words("chat.alarms", count=len(report.alarms)))
    return [*lines, words("chat.where", folder=folder)]
