"""Each owner's mail: its own workbook, to its own recipients, under a Message-ID of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256

from audit.config import Settings
from audit.delivery.message import Attachment, Letter
from audit.delivery.occasion import is_worth_telling
from audit.delivery.post import queue_letter
from audit.ledger.nights import Night, Run
from audit.report.attachment import cut_workbook
from audit.report.mailbody import render_mail
from audit.report.model import Report
from audit.routing.owners import Owner, file_part
from audit.words import Words

OWNER = "owner"


def queue_owner_mail(
    settings: Settings,
    words: Words,
    owners: Iterable[Owner],
    reports: Mapping[str, Report],
    files: Mapping[str, bytes],
    night: Night,
    run: Run,
) -> None:
    """Queue a letter for every owner that names recipients, has a workbook, and of whose rows there is news.

    What is wrong with the night itself is the house's to hear of: it is said in the letter, and is no reason
    for one. A weekly digest is the house's too; owners hear of changes then.
    """
    mail = settings.mail
    if mail is None:
        return
    when = "on_change" if mail.when == "weekly" else mail.when
    for owner in owners:
        report = reports.get(owner.file)
        if owner.to and report and is_worth_telling(replace(report, alarms=()), when):
            own = settings.model_copy(update={"mail": mail.model_copy(update={"to": owner.to, "cc": ()})})
            queue_letter(
                own,
                night.connection,
                number=run.number,
                run_id=run.run_id,
                kind=OWNER,
                about=_mark(owner.name),
                as_of=report.as_of,
                letters=tuple(_letters(settings, words, owner, report, files[owner.file], when)),
            )


def _letters(
    settings: Settings, words: Words, owner: Owner, report: Report, workbook: bytes, when: str
) -> Iterator[Letter]:
    """With the workbook, with its first findings, and without; none says where the house keeps its files."""
    part = file_part(owner.name)
    file = f"report-{report.as_of}-{part if part.isascii() else _mark(owner.name)}.xlsx"
    title = f"{words('report.file_name', as_of=report.as_of)}-{part}.xlsx"

    def letter(closing: str, *attachments: Attachment) -> Letter:
        subject, text, html = render_mail(
            report, words, settings.own_templates, closing, when=f"owner_{when}"
        )
        return Letter(subject, text, html, attachments)

    yield letter(words("report.owner_attached"), Attachment(file, title, workbook))
    if settings.mail and (cut := cut_workbook(report, words, workbook, settings.mail.max_mib)):
        closing = words("report.owner_cut", shown=f"{cut[1]:,}", count=f"{len(report.findings):,}")
        yield letter(closing, Attachment(file, title, cut[0]))
    yield letter(words("report.owner_too_large"))


def _mark(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:6]
