"""report.html: one file that asks for nothing from anywhere and runs no script but its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

from audit.measures.forecast import HORIZONS
from audit.report import figures
from audit.report.model import Report
from audit.report.pagecharts import TREND_HEIGHT, TREND_WIDTH, trend_chart, verdict_bar
from audit.report.pagerows import PageFindings, page_columns, setup
from audit.report.palette import SEVERITY_FILL, SEVERITY_INK, VERDICT_FILL
from audit.report.parts import Verdict
from audit.report.summary import (
    by_rule,
    changes,
    channel_states,
    errands,
    headline,
    moves,
    news,
    news_label,
    severities,
    trend_nights,
    verdict_note,
)
from audit.report.templating import environment, inline, render
from audit.words import Words

_PAGE, _STYLE, _SCRIPT = "report.html", "report.css", "report.js"


def prepare_page(own_templates: Path | None) -> None:
    """Read the page's templates while there is time: `render_page` finds them read."""
    found = environment(own_templates)
    for name in (_PAGE, _STYLE, _SCRIPT):
        found.get_template(name)


def render_page(report: Report, words: Words, own_templates: Path | None, findings: PageFindings) -> bytes:
    """The page, with the findings of the report as it holds them."""
    found = environment(own_templates)
    columns = page_columns(words)
    colours = {"severity_fill": SEVERITY_FILL, "severity_ink": SEVERITY_INK, "verdict_fill": VERDICT_FILL}
    context: dict[str, Any] = {
        "report": report,
        "words": words,
        "style": inline(found, _STYLE, colours),
        "script": inline(found, _SCRIPT, {}),
        "measures": report.measures,
        "headline": headline(report, words),
        "changes": changes(report),
        "severities": severities(report),
        "by_rule": by_rule(report),
        "figures": figures,
        "horizons": HORIZONS,
        "channel_states": channel_states(report, words),
        "compliant": report.population.verdicts[Verdict.COMPLIANT],
        "news": news(report),
        "news_label": news_label(report, words),
        "verdict_note": verdict_note(report, words),
        "verdict_bar": verdict_bar(report),
        "moves": moves(report),
        "errands": errands(report),
        "trend": trend_chart(report),
        "trend_size": (TREND_WIDTH, TREND_HEIGHT),
        "nights": trend_nights(report),
        "columns": columns,
        "findings": findings.first,
        "left_out": findings.standing - len(findings.first),
        # base64, and JSON without "<"
        "packed": Markup(findings.packed),  # noqa: S704
        "setup": Markup(setup(findings.held, findings.standing - findings.held, columns, words)),  # noqa: S704
    }
    return render(found, _PAGE, context).encode()
