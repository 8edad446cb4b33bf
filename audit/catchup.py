"""Nights that were missed: told after all, each from the files that were there on its day, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from audit.config import Settings
from audit.errors import AuditError, CannotWrite, ExitCode, Stopped, gravest
from audit.intake.begun import Begun
from audit.intake.dropfolder import named_dates
from audit.ledger.database import Database
from audit.ledger.history import past_nights
from audit.night import Result, Say, Wishes
from audit.pipeline import run_audit
from audit.timetable import Timetable, timetable_of
from audit.words import Words


@dataclass(frozen=True)
class Missed:
    """Nights that were due and are not in the ledger: some can be told after all, some cannot."""

    possible: tuple[date, ...] = ()
    lost: tuple[date, ...] = ()


@dataclass(frozen=True)
class MadeUp:
    """How a missed night ended."""

    night: date
    code: ExitCode
    reason: str


def missed_nights(settings: Settings, last: date | None, tonight: date, most: int) -> Missed:
    """The nights due between the last one told and tonight, at most the `most` latest of them.

    A night can be told from the names of the files alone: every mandatory feed must still have a file dated
    no later than its day, and some feed one that came after the night before. Files that are overwritten
    every day say nothing about an earlier one; such a night stays a gap.
    """
    if last is None:
        return Missed()
    timetable = timetable_of(settings)
    dates = {
        feed: named_dates(settings.folder, section.files, settings.is_own)
        for feed, section in settings.inputs.items()
    }
    mandatory = [days for feed, days in dates.items() if settings.is_mandatory(feed)]
    every = sorted(day for days in dates.values() for day in days)
    possible, lost, before = [], [], last
    for night in timetable.nights_between(last, tonight)[-most:]:
        since, until = _day(timetable, before), _day(timetable, night)
        whole = all(any(day <= until for day in days) for days in mandatory)
        if whole and any(since < day <= until for day in every):
            possible.append(night)
            before = night
        else:
            lost.append(night)
    return Missed(tuple(possible), tuple(lost))


def run_caught_up(
    settings: Settings,
    words: Words,
    as_of: date | None,
    wishes: Wishes,
    most: int,
    *,
    say: Say,
    told: Callable[[MadeUp], None],
    begun: Begun | None = None,
) -> tuple[Result, Missed]:
    """The missed nights, then the night itself. The result carries the gravest code of all.

    The caller holds the state folder; `begun` is the reading of tonight's files, where it began that. A
    missed night that fails is told of and does not keep the others from being told; only a disk that takes
    nothing, or a signal, ends them all. Raises AuditError as a single night does.
    """
    tonight = settings.night(as_of)
    missed = missed_nights(settings, _last_night(settings), tonight, most) if most else Missed()
    ended = [*_made_up(settings, words, missed, wishes, say, told)]
    result = run_audit(settings, words, tonight, wishes, say=say, held=True, begun=begun)
    worst = gravest(result.code, *(one.code for one in ended))
    if worst is not result.code:
        reason = next(one.reason for one in ended if one.code is worst)
        result = replace(result, code=worst, reason=reason)
    return result, missed


def _made_up(
    settings: Settings,
    words: Words,
    missed: Missed,
    wishes: Wishes,
    say: Say,
    told: Callable[[MadeUp], None],
) -> Iterator[MadeUp]:
    timetable = timetable_of(settings)
    for night in missed.possible:
        own = replace(wishes, until=_day(timetable, night))
        try:
            result = run_audit(settings, words, night, own, say=say, held=True)
            ended = MadeUp(night, result.code, result.reason)
        except (CannotWrite, Stopped):
            raise
        except AuditError as failure:
            ended = MadeUp(night, failure.exit_code, failure.told(words))
        told(ended)
        yield ended


def _day(timetable: Timetable, night: date) -> date:
    """The calendar day on which a night was due."""
    return timetable.due_of(night).astimezone(timetable.zone).date()


def _last_night(settings: Settings) -> date | None:
    with Database(settings.ledger.url, settings.state) as database:
        nights = past_nights(database, 1)
    return nights[-1].as_of if nights else None
