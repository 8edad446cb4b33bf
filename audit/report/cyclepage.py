"""A cycle's page: one file that asks for nothing from anywhere and runs no script."""

from __future__ import annotations

from pathlib import Path

from audit.ledger.signoffs import LINES
from audit.report import figures
from audit.report.cycle import CycleReport
from audit.report.cyclerows import TALLY, cycle_title, grouped, scope_rows
from audit.report.palette import SEVERITY_FILL, SEVERITY_INK, VERDICT_FILL
from audit.report.selfaudit import inspection_headers, inspection_rows
from audit.report.templating import environment, inline, render
from audit.words import Words

_DAILY = ("open", "overdue", "came", "closed", "devices", "compliant")


def render_cycle_page(report: CycleReport, words: Words, own_templates: Path | None) -> bytes:
    """The page's bytes."""
    found = environment(own_templates)
    colours = {"severity_fill": SEVERITY_FILL, "severity_ink": SEVERITY_INK, "verdict_fill": VERDICT_FILL}
    facts = {
        "report": report,
        "words": words,
        "title": cycle_title(report, words),
        "style": inline(found, "report.css", colours),
        "figures": figures,
        "scope": scope_rows(report, words),
        "groups": {name: grouped(report, name, words) for name in ("category", "severity", "owner")},
        "tally": {name: words(f"header.tally_{name}") for name in TALLY},
        "daily": {name: words(f"header.day_{name}") for name in _DAILY},
        "most": max((day.open or 0 for day in report.days), default=0) or 1,
        "inspections": inspection_rows(report.upkeep, words),
        "inspection_headers": inspection_headers(words),
        "lines": LINES,
    }
    return render(found, "cycle.html", facts).encode()
