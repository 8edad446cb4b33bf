"""The mail of a self-audit cycle: its conclusions, its workbook to sign, and where both are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from audit.config import Settings
from audit.delivery.message import Attachment, Letter
from audit.delivery.post import queue_letter
from audit.ledger import outbox
from audit.report.templating import environment, render
from audit.words import Words

CYCLE = "cycle"


@dataclass(frozen=True)
class CycleNews:
    """What is to be told of a cycle. Each edition of it is told once."""

    period: str  # 2026-11, 2026-Q4…
    edition: str
    through: date  # its last night
    conclusions: tuple[str, ...]
    next_step: str  # to sign, or to wait for
    workbook: bytes
    folder: Path


def queue_cycle_mail(
    settings: Settings, words: Words, connection: outbox.Connection, news: CycleNews
) -> None:
    """Queue the letter for everybody of `[mail]`, in the transaction that enters the cycle."""
    if settings.mail is None:
        return
    attached = Attachment(
        f"cycle-{news.period}.xlsx", words("cyclemail.file_name", period=news.period) + ".xlsx", news.workbook
    )
    queue_letter(
        settings,
        connection,
        number=outbox.last_run(connection),
        run_id=news.edition,
        kind=CYCLE,
        as_of=news.through,
        letters=(_letter(settings, words, news, attached), _letter(settings, words, news)),
    )


def _letter(settings: Settings, words: Words, news: CycleNews, *attachments: Attachment) -> Letter:
    found = environment(settings.own_templates)
    subject = words("cyclemail.subject", period=news.period, name=settings.audit.name)
    facts = {
        "words": words,
        "news": news,
        "subject": subject,
        "closing": words("cyclemail.attached" if attachments else "cyclemail.left", folder=news.folder),
    }
    text = render(found, "cyclemail.txt", facts)
    return Letter(subject, text, render(found, "cyclemail.html", facts), attachments)
