"""Months, quarters, halves and years of the calendar: the cycles (自查期) of the self-audit."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from audit.errors import ConfigError

MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}  # cadence -> months
_MARKS = {3: "Q", 6: "H"}
_NAME = re.compile(r"(20\d\d)(?:-?(?:(0[1-9]|1[0-2])|Q([1-4])|H([12])))?", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Period:
    """So many months from the first day of one: 1, 3, 6 or 12."""

    start: date
    months: int

    @classmethod
    def named(cls, text: str) -> Self:
        """The period that people write as 2026-11, 2026Q4, 2026H2 or 2026. Raises ConfigError.

        >>> Period.named("2026q4").end
        datetime.date(2026, 12, 31)
        """
        found = _NAME.fullmatch(text.strip())
        if not found:
            raise ConfigError("period_form", text=text)
        year, month, quarter, half = found.groups()
        if month:
            return cls(date(int(year), int(month), 1), 1)
        if quarter:
            return cls(date(int(year), 3 * int(quarter) - 2, 1), 3)
        return cls(date(int(year), 6 * int(half) - 5, 1), 6) if half else cls(date(int(year), 1, 1), 12)

    @classmethod
    def containing(cls, day: date, cadence: str) -> Self:
        """The period of a cadence that a day lies in."""
        months = MONTHS[cadence]
        return cls(date(day.year, (day.month - 1) // months * months + 1, 1), months)

    @property
    def end(self) -> date:
        """Its last day."""
        return self.following - timedelta(days=1)

    @property
    def following(self) -> date:
        """The first day after it."""
        return later(self.start, self.months)

    @property
    def starts(self) -> tuple[date, ...]:
        """The first day of each of its months."""
        return tuple(later(self.start, number) for number in range(self.months))

    @property
    def name(self) -> str:
        """2026-11, 2026-Q4, 2026-H2 or 2026."""
        if self.months == 12:
            return str(self.start.year)
        if self.months == 1:
            return f"{self.start:%Y-%m}"
        return f"{self.start.year}-{_MARKS[self.months]}{(self.start.month - 1) // self.months + 1}"

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def __str__(self) -> str:
        return self.name


def later(day: date, months: int) -> date:
    """The same day so many months later; the last of a month that is shorter.

    >>> later(date(2026, 8, 31), 6)
    datetime.date(2027, 2, 28)
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def next_time(last: date, cadence: str) -> date:
    """When what was last done on a day is due again."""
    return last + timedelta(weeks=1) if cadence == "weekly" else later(last, MONTHS[cadence])
