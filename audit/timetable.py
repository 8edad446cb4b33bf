"""When nights are due: `[schedule] at` and `days` on the estate's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from audit.config import WEEKDAYS, Settings


@dataclass(frozen=True)
class Timetable:
    """The hours of the nights.

    `days` are weekdays of the clock, Monday 0; `offset` is `as_of_offset_days`: the night that is due on a
    day audits that day plus `offset`.
    """

    at: time
    days: frozenset[int]
    zone: ZoneInfo
    offset: int = 0

    def last_due(self, now: datetime) -> datetime:
        """The latest moment at or before `now` (aware) at which a night was due."""
        return next(due for due in self._dues(now.astimezone(self.zone).date(), -1) if due <= now)

    def next_due(self, now: datetime) -> datetime:
        """The first moment after `now` (aware) at which a night is due."""
        return next(due for due in self._dues(now.astimezone(self.zone).date(), 1) if due > now)

    def due_of(self, night: date) -> datetime:
        """When the night of an audit date was due."""
        return self._moment(night - timedelta(days=self.offset))

    def night_of(self, due: datetime) -> date:
        """The audit date of the night that is due at a moment."""
        return due.astimezone(self.zone).date() + timedelta(days=self.offset)

    def nights_between(self, after: date, before: date) -> list[date]:
        """Audit dates of nights that were due after one audit date and before another, in order."""
        days = ((before - after).days - 1) if before > after else 0
        dates = (after + timedelta(days=number + 1) for number in range(days))
        return [night for night in dates if (night - timedelta(days=self.offset)).weekday() in self.days]

    def _dues(self, start: date, step: int) -> list[datetime]:
        days = (start + timedelta(days=step * number) for number in range(-1, 9))
        return [self._moment(day) for day in days if day.weekday() in self.days]

    def _moment(self, day: date) -> datetime:
        # through UTC, so that an hour the clock skips is the moment it would have been
        return datetime.combine(day, self.at, self.zone).astimezone(UTC)


def timetable_of(settings: Settings) -> Timetable:
    """The hours that a configuration asks for."""
    return Timetable(
        time.fromisoformat(settings.schedule.at),
        frozenset(WEEKDAYS.index(day) for day in settings.schedule.days),
        settings.zone,
        settings.audit.as_of_offset_days,
    )
