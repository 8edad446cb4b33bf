"""The night's mail: frozen and queued with the ledger, sent once the night is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.config import Settings
from audit.delivery.message import Attachment, Letter
from audit.delivery.occasion import is_digest_due, is_worth_telling
from audit.delivery.post import queue_letter
from audit.ledger import outbox
from audit.ledger.nights import Night, Run
from audit.ledger.periods import happened
from audit.report.attachment import cut_workbook
from audit.report.mailbody import render_mail
from audit.report.model import Report
from audit.words import Words

NIGHT, DIGEST = "night", "digest"
_WEEK = 7  # days a digest looks back
_MIB = 1 << 20


def queue_mail(
    settings: Settings, words: Words, report: Report, workbook: bytes, folder: Path, night: Night, run: Run
) -> None:
    """Queue the night's letter within the night's transaction, where `[mail].when` asks for one.

    It goes with the workbook; with one of the findings that need an eye first, when all of it is too large;
    or without, and then says where it is.
    """
    kind = _kind(settings, report, night)
    if kind is None:
        return
    week = ""
    if kind == DIGEST:
        week = words("report.digest", days=_WEEK, **happened(night.connection, report.as_of, _WEEK))
    writer = _Writer(settings, words, report, week)
    queue_letter(
        settings,
        night.connection,
        number=run.number,
        run_id=run.run_id,
        kind=kind,
        as_of=report.as_of,
        letters=tuple(_letters(writer, workbook, folder)),
    )


def _letters(writer: _Writer, workbook: bytes, folder: Path) -> Iterator[Letter]:
    """With the workbook; where it is too large, with one of the first findings; without any."""
    report, words, mail = writer.report, writer.words, writer.settings.mail

    def attached(data: bytes) -> Attachment:
        name = words("report.file_name", as_of=report.as_of)
        return Attachment(f"report-{report.as_of}.xlsx", f"{name}.xlsx", data)

    yield writer.letter(words("report.mail_attached", folder=folder), attached(workbook))
    size = f"{len(workbook) / _MIB:.1f}"
    if mail and (cut := cut_workbook(report, words, workbook, mail.max_mib)):
        counts = {"shown": f"{cut[1]:,}", "count": f"{len(report.findings):,}"}
        yield writer.letter(words("report.mail_cut", folder=folder, size=size, **counts), attached(cut[0]))
    yield writer.letter(words("report.mail_too_large", folder=folder, size=size))


def _kind(settings: Settings, report: Report, night: Night) -> str | None:
    mail = settings.mail
    if mail is None:
        return None
    if mail.when != "weekly":
        return NIGHT if is_worth_telling(report, mail.when) else None
    last = outbox.last_of_kind(night.connection, DIGEST, report.as_of)
    if is_digest_due(report.as_of, mail.digest_on, last):
        return DIGEST
    return NIGHT if is_worth_telling(report, "on_change") else None


@dataclass(frozen=True)
class _Writer:
    """Writes the night's letter with one closing or another."""

    settings: Settings
    words: Words
    report: Report
    week: str

    def letter(self, closing: str, *attachments: Attachment) -> Letter:
        when = self.settings.mail.when if self.settings.mail else "always"
        subject, text, html = render_mail(
            self.report, self.words, self.settings.own_templates, closing, self.week, when
        )
        if self.week:
            subject = self.words("report.digest_subject", subject=subject)
        return Letter(subject, text, html, attachments)
