"""Whether a night is worth a message, as `when` says. A night that is incomplete always is, and the first."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow.compute as pc

from audit.config import WEEKDAYS, When
from audit.report.model import Move, Report
from audit.rules.model import Severity

_NEWS = (Move.NEW, Move.BACK, Move.WORSE)


def is_worth_telling(report: Report, when: When) -> bool:
    """Whether something happened that readers asked to hear of."""
    if when == "always" or report.alarms or report.previous is None:
        return True
    if when == "on_new_high":
        grave = report.findings["severity"].holds(Severity.CRITICAL, Severity.HIGH)
        return bool((report.move.holds(*_NEWS) & grave).any())
    due = report.findings["due_on"].rows(report.overdue_rows).decoded
    lately = pc.any(pc.greater_equal(due, report.previous)).as_py()
    return bool(len(report.moved_rows) or lately)


def is_digest_due(as_of: date, digest_on: str, last: date | None) -> bool:
    """Whether the week's digest is to go with this night: on its day, or later when that night was missed."""
    return last is None or last < as_of - timedelta(days=(as_of.weekday() - WEEKDAYS.index(digest_on)) % 7)
