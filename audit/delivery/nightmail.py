"""The night's mail: frozen and queued with the ledger, sent once the night is published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from hashlib import sha256
from pathlib import Path

from audit.config import Settings
from audit.delivery.message import compose, message_id
from audit.delivery.smtp import NotDelivered, send
from audit.files import write_private
from audit.ledger import outbox
from audit.ledger.database import Database
from audit.ledger.nights import Night, Run
from audit.report.mailbody import render_mail
from audit.report.model import Report
from audit.words import Words

_KIND = "night"
_BASE64 = 4 / 3  # bytes of a message per byte attached


def queue_mail(
    settings: Settings, words: Words, report: Report, workbook: bytes, folder: Path, night: Night, run: Run
) -> None:
    """Freeze the night's message as a file and enter it in the outbox, within the night's transaction.

    A workbook above `[mail].max_mib` stays in `folder`, and the mail says so.
    """
    mail = settings.mail
    if mail is None:
        return
    fits = len(workbook) * _BASE64 < mail.max_mib * (1 << 20)
    key = "report.mail_attached" if fits else "report.mail_too_large"
    closing = words(key, folder=folder, limit=f"{mail.max_mib:g}")
    subject, text, html = render_mail(report, words, settings.own_templates, closing)
    identifier = message_id(report.run_id, _KIND, mail)
    data = compose(
        mail,
        identifier=identifier,
        subject=subject,
        text=text,
        html=html,
        workbook=workbook if fits else None,
        as_of=report.as_of,
        at=time.fromisoformat(settings.schedule.at),
        zone=settings.zone,
    )
    path = settings.state / "outbox" / f"{report.as_of}-{report.run_id}.eml"
    write_private(path, data)
    message = outbox.Message(identifier, run.number, _KIND, path, sha256(data).hexdigest())
    outbox.queue(night.connection, message)


def send_queued(
    settings: Settings, words: Words, database: Database, sent: Callable[[str], None]
) -> list[str]:
    """Send what waits in the outbox, this night's and earlier ones; the result says what went wrong.

    A message the server does not take stays queued for the next run; the ones behind it wait with it.
    """
    mail = settings.mail
    if mail is None:
        return []
    problems = []
    for message in outbox.queued(database):
        data = message.path.read_bytes() if message.path.is_file() else b""
        if sha256(data).hexdigest() != message.sha256:
            outbox.mark(database, message, "refused", "changed")
            problems.append(words("error.outbox_changed", path=message.path))
            continue
        try:
            refused = send(mail, data, settings.folder)
        except NotDelivered as failure:
            outbox.mark(database, message, "queued", str(failure))
            problems.append(words(f"error.{failure.key}", **failure.facts))
            break
        told = [f"{whom}: {why}" for whom, why in refused.items()]
        outbox.mark(database, message, "sent", "; ".join(told))
        problems += told
        sent(", ".join(mail.to))
    return problems
