"""report.html and the mail's body: Jinja2 over the report, every value escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from audit.measures.forecast import HORIZONS
from audit.report import figures
from audit.report.model import Report, Verdict
from audit.report.palette import SEVERITY_FILL, SEVERITY_INK, VERDICT_FILL
from audit.report.summary import (
    changes,
    channel_states,
    headline,
    owners,
    severities,
    top_findings,
)
from audit.words import Words, template_folders

_MAIL_ROWS = 10


def render_page(report: Report, words: Words, own_templates: Path | None, max_rows: int) -> bytes:
    """One self-contained page: nothing is loaded from anywhere."""
    shown = report.standing.head(max_rows).to_dict("records")
    page = _environment(own_templates).get_template("report.html")
    return page.render(
        **_context(report, words), findings=shown, left_out=len(report.standing) - len(shown)
    ).encode()


def render_mail(
    report: Report, words: Words, own_templates: Path | None, closing: str
) -> tuple[str, str, str]:
    """Subject, plain text and HTML of the night's mail. `closing` says where the rest is."""
    environment = _environment(own_templates)
    context = _context(report, words) | {
        "closing": closing,
        "top": top_findings(report, _MAIL_ROWS),
    }
    subject = words("report.subject", as_of=report.as_of, headline=headline(report, words))
    text = environment.get_template("mail.txt").render(**context)
    html = environment.get_template("mail.html").render(**context)
    return subject, text, html


def _context(report: Report, words: Words) -> dict[str, Any]:
    return {
        "report": report,
        "words": words,
        "measures": report.measures,
        "headline": headline(report, words),
        "changes": changes(report),
        "severities": severities(report),
        "owners": owners(report),
        "figures": figures,
        "horizons": HORIZONS,
        "channel_states": channel_states(report, words),
        "compliant": report.population.verdicts[Verdict.COMPLIANT],
        "verdict_color": {verdict.value: f"#{VERDICT_FILL[verdict]}" for verdict in Verdict},
        "severity_color": {
            word: (f"#{SEVERITY_FILL[word]}", f"#{SEVERITY_INK[word]}") for word in SEVERITY_FILL
        },
    }


def _environment(own_templates: Path | None) -> Environment:
    """Escaping is on for every template but the plain-text one, whatever the file is called."""
    return Environment(
        loader=FileSystemLoader(template_folders(own_templates)),
        autoescape=lambda name: not (name or "").endswith(".txt"),  # noqa: S701 - a function decides
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
