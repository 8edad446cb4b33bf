"""The mail's subject and body, as text and as the HTML that Outlook can show."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from audit.ledger.lives import State
from audit.plaintext import plain
from audit.report.model import Report
from audit.report.palette import (
    HEAD,
    INK,
    LINE,
    MUTED,
    PALE,
    SEVERITY_FILL,
    SEVERITY_INK,
    VERDICT_FILL,
)
from audit.report.parts import Verdict
from audit.report.summary import (
    NightStatus,
    changes,
    errands,
    headline,
    late_rows,
    news,
    news_label,
    night_status,
    worse_rows,
)
from audit.report.templating import environment, render
from audit.report.waivers import reminders
from audit.words import Words

_ROWS = 8  # findings of a kind; the rest is counted
_BAD, _GOOD = "C62828", "2F7048"
_STATUS_FILL = {
    NightStatus.INCOMPLETE: (_BAD, "FFFFFF"),
    NightStatus.NEW: (_BAD, "FFFFFF"),
    NightStatus.OVERDUE: (SEVERITY_FILL["high"], INK),
    NightStatus.CLEAN: (_GOOD, "FFFFFF"),
}


def render_mail(
    report: Report,
    words: Words,
    own_templates: Path | None,
    closing: str,
    week: str = "",
    when: str = "always",
) -> tuple[str, str, str]:
    """Subject, plain text and HTML of the night's mail.

    `closing` says where the rest is, `week` what happened in a week that is summed up, and `when` is the
    word of `[mail]` for the nights that are written about, behind `owner_` in a letter to a party.
    """
    found = environment(own_templates)
    status = night_status(report)
    worse, late = worse_rows(report), late_rows(report)
    late = late[~np.isin(late, worse)]
    fill, ink = _STATUS_FILL.get(status, (LINE, INK))
    new = news(report)
    subject = subject_of(report, words)
    context = {
        "report": report,
        "words": words,
        "subject": subject,
        "headline": headline(report, words),
        "status": status,
        "status_fill": fill,
        "status_ink": ink,
        "errands": errands(report),
        "tiles": [
            (news_label(report, words), new, _BAD if new else INK),
            (words("report.overdue"), report.overdue, _BAD if report.overdue else INK),
            (words("report.still"), len(report.open_rows), INK),
            (words("report.fixed"), changes(report)[State.FIXED], _GOOD),
            (words("verdict.compliant"), report.population.verdicts[Verdict.COMPLIANT], _GOOD),
            (words("report.population"), report.population.devices, INK),
        ],
        "worse": report.findings.told(worse[:_ROWS]),
        "worse_total": len(worse),
        "late": report.findings.told(late[:_ROWS]),
        "late_total": len(late),
        "rest": [] if len(worse) or len(late) else report.findings.told(report.open_rows[:_ROWS]),
        "severity_fill": SEVERITY_FILL,
        "severity_ink": SEVERITY_INK,
        "verdict_fill": VERDICT_FILL,
        **{"ink": INK, "muted": MUTED, "head": HEAD, "line": LINE, "pale": PALE},
        "reminders": reminders(report),
        "closing": closing,
        "week": week,
        "when": when,
    }
    text = render(found, "mail.txt", context)
    html = render(found, "mail.html", context)
    return subject, text, html


def subject_of(report: Report, words: Words) -> str:
    """What a list of mails shows: a word for the night, the date, the counts that matter."""
    counts = {
        "new": news(report),
        "overdue": report.overdue,
        "open": len(report.open_rows),
        "not_evaluated": sum(line.status == "not_evaluated" for line in report.rules),
    }
    told = [words(f"mail.subject_{name}", count=f"{count:,}") for name, count in counts.items() if count]
    return plain(
        words(
            "mail.subject",
            status=words.label("night", night_status(report)),
            as_of=report.as_of,
            name=f" {report.name}" if report.name else "",
            counts=words.show(told or [words("mail.subject_clean")]),
        )
    )
