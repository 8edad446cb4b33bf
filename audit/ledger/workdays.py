"""Due dates in working days of China's calendar."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import chinese_calendar

from audit.rules.model import Severity

# operating practice, not law: working days from the day a finding is first seen
DAYS_TO_MEND = {
    Severity.CRITICAL: 1,
    Severity.HIGH: 3,
    Severity.MEDIUM: 10,
    Severity.LOW: 30,
    Severity.INFO: 30,
}


def is_workday(day: date) -> bool:
    """Whether people work that day; Monday to Friday in years the calendar does not know yet."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


@cache
def due_on(seen: date, severity: str) -> date:
    """The working day by which a finding first seen on `seen` is to be mended.

    >>> due_on(date(2026, 11, 20), "critical")  # a Friday
    datetime.date(2026, 11, 23)
    """
    day, left = seen, DAYS_TO_MEND[Severity(severity)]
    while left:
        day += timedelta(days=1)
        left -= is_workday(day)
    return day
