"""The mail's subject and body, as text and as the HTML that Outlook can show."""

from __future__ import annotations

from pathlib import Path

from audit.report.model import Report, Verdict
from audit.report.palette import SEVERITY_FILL, SEVERITY_INK, VERDICT_FILL
from audit.report.summary import changes, headline, top_findings
from audit.report.templating import environment
from audit.words import Words

_ROWS = 10


def render_mail(
    report: Report, words: Words, own_templates: Path | None, closing: str, week: str = ""
) -> tuple[str, str, str]:
    """Subject, plain text and HTML of the night's mail.

    `closing` says where the rest is; `week` what the last seven days brought, in a digest.
    """
    found = environment(own_templates)
    context = {
        "report": report,
        "words": words,
        "headline": headline(report, words),
        "changes": changes(report),
        "compliant": report.population.verdicts[Verdict.COMPLIANT],
        "verdict_color": {verdict.value: f"#{VERDICT_FILL[verdict]}" for verdict in Verdict},
        "severity_color": {
            word: (f"#{SEVERITY_FILL[word]}", f"#{SEVERITY_INK[word]}") for word in SEVERITY_FILL
        },
        "closing": closing,
        "week": week,
        "top": top_findings(report, _ROWS),
    }
    subject = words("report.subject", as_of=report.as_of, headline=headline(report, words))
    text = found.get_template("mail.txt").render(**context)
    html = found.get_template("mail.html").render(**context)
    return subject, text, html
