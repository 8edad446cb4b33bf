"""Due dates in working days of China's calendar, with the estate's own exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar

from audit.config.explaining import read_toml
from audit.errors import ConfigError
from audit.rules.model import Severity

# operating practice, not law: working days from the day a finding is first seen
DAYS_TO_MEND: Mapping[str, int] = {
    Severity.CRITICAL: 1,
    Severity.HIGH: 3,
    Severity.MEDIUM: 10,
    Severity.LOW: 30,
    Severity.INFO: 30,
}


@dataclass(frozen=True)
class Calendar:
    """The days people work: the State Council's calendar, and what the estate's own file says over it."""

    days: Mapping[str, int] = field(default_factory=lambda: DAYS_TO_MEND)
    workdays: frozenset[date] = frozenset()
    holidays: frozenset[date] = frozenset()

    def is_workday(self, day: date) -> bool:
        """Whether people work that day; Monday to Friday in years no calendar knows yet."""
        if day in self.workdays or day in self.holidays:
            return day in self.workdays
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return day.weekday() < 5

    def due_on(self, seen: date, severity: str) -> date:
        """The working day by which a finding first seen on `seen` is to be mended.

        >>> Calendar().due_on(date(2026, 11, 20), "critical")  # a Friday
        datetime.date(2026, 11, 23)
        """
        day, left = seen, self.days[severity]
        while left:
            day += timedelta(days=1)
            left -= self.is_workday(day)
        return day

    def due_days(self, seen: date) -> dict[str, date]:
        """The due day of every severity for what is seen on a day."""
        return {severity: self.due_on(seen, severity) for severity in self.days}

    def unknown_years(self, as_of: date) -> list[int]:
        """The years due dates of `as_of` reach into and no calendar knows: weekdays stand in for it there."""
        last = max(self.due_days(as_of).values())
        named = {day.year for day in (*self.workdays, *self.holidays)}
        return [
            year for year in range(as_of.year, last.year + 1) if year not in named and not _is_known(year)
        ]


def load_calendar(file: Path | None, due: Mapping[Any, int]) -> Calendar:
    """The calendar, with the exceptions of a TOML file: `workdays = [2027-02-14]`, `holidays = [2027-02-15]`.

    Raises ConfigError naming file and key.
    """
    days = {**DAYS_TO_MEND, **due}
    if file is None:
        return Calendar(days)
    _, plain = read_toml(file)
    for key, value in plain.items():
        if key not in ("workdays", "holidays"):
            raise ConfigError("config_unknown_key", file=str(file), key=key, near="workdays, holidays")
        if not isinstance(value, list) or not all(type(day) is date for day in value):
            raise ConfigError("calendar_days", file=str(file), key=key)
    both = {key: frozenset(plain.get(key, ())) for key in ("workdays", "holidays")}
    if twice := sorted(both["workdays"] & both["holidays"]):
        raise ConfigError("calendar_twice", file=str(file), day=twice[0].isoformat())
    return Calendar(days, both["workdays"], both["holidays"])


def _is_known(year: int) -> bool:
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True
