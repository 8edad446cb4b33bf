"""`pos-audit status`: whether nights still come as they should, for a person or a watchdog."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from audit.config import Settings
from audit.delivery.post import CHAT
from audit.errors import GOOD, ExitCode, gravest
from audit.ledger import outbox
from audit.ledger.database import Database
from audit.ledger.history import PastNight, past_nights
from audit.lock import holder_of
from audit.timetable import timetable_of
from audit.words import Words

_GRACE = timedelta(hours=2)  # what a night may take before it is missed


@dataclass(frozen=True)
class Status:
    """How the nights stand. Ages are hours since the moment a night was due, on the estate's clock."""

    last: PastNight | None
    last_good: PastNight | None
    age_hours: float | None
    limit_hours: float | None
    next_due: datetime
    waiting: int  # messages that are due and that nobody has taken yet, or that a crash left half sent
    held: int  # messages that wait for their hour, the first of them `held_until`
    held_until: datetime | None
    notices: int  # the same for chat rooms; they change no exit code
    unserved: tuple[str, ...]  # addresses that mail of late did not reach, and is not tried again for
    running: dict[str, object] | None

    @property
    def late(self) -> bool:
        """Whether the last good night is older than it may be, or there is none."""
        return self.age_hours is None or self.limit_hours is None or self.age_hours > self.limit_hours

    @property
    def code(self) -> ExitCode:
        """20 when the last good night is too old, 30 when mail waits."""
        return gravest(
            ExitCode.INCOMPLETE if self.late else ExitCode.DONE,
            ExitCode.DELIVERY if self.waiting else ExitCode.DONE,
        )


def status_of(settings: Settings, now: datetime, max_age_hours: float | None = None) -> Status:
    """The state of affairs, read beside a night that may be under way.

    A good night is one that was complete. Without a limit of one's own it may be as old as the hour at which
    the next one was due, and two hours.
    """
    timetable = timetable_of(settings)
    with Database(settings.ledger.url, settings.state, reading=True) as database:
        nights, to_go = past_nights(database), outbox.to_go(database)
        given_up = outbox.given_up(database, now)
    running = holder_of(settings.state)
    held = outbox.held(to_go, now)
    ready = [
        one for one in to_go if one not in held and not (running and one.status is outbox.Posting.SENDING)
    ]
    notices = sum(one.kind == CHAT for one in ready)
    good = next((one for one in reversed(nights) if one.exit_code in GOOD), None)
    age = limit = None
    if good:
        due = timetable.due_of(good.as_of)
        age = _hours(now - due)
        limit = _hours(timetable.next_due(due) + _GRACE - due) if max_age_hours is None else max_age_hours
    return Status(
        nights[-1] if nights else None,
        good,
        age,
        limit,
        timetable.next_due(now).astimezone(settings.zone),
        len(ready) - notices,
        len(held),
        held[0].opens.astimezone(settings.zone) if held else None,
        notices,
        _unserved(settings, given_up),
        running,
    )


def _hours(span: timedelta) -> float:
    return round(span.total_seconds() / 3600, 1)


def status_text(found: Status, words: Words) -> str:
    """One line each for the nights, the mail and what comes next."""
    lines = []
    if found.last is None:
        lines.append(words("status.none"))
    else:
        lines.append(
            words(
                "status.last",
                as_of=found.last.as_of,
                code=found.last.exit_code,
                reason=found.last.reason,
                run=found.last.run_id,
            )
        )
    if found.last_good:
        key = "status.late" if found.late else "status.good"
        lines.append(words(key, as_of=found.last_good.as_of, age=found.age_hours, limit=found.limit_hours))
    elif found.last:
        lines.append(words("status.never_good"))
    if found.waiting:
        lines.append(words("status.waiting", count=found.waiting))
    if found.held_until:
        until = found.held_until
        lines.append(words("status.held", count=found.held, at=f"{until:%Y-%m-%d %H:%M}", zone=until.tzinfo))
    if not found.waiting and not found.held:
        lines.append(words("status.delivered"))
    if found.unserved:
        lines.append(words("status.unserved", to=found.unserved, days=outbox.RECENT.days))
    if found.notices:
        lines.append(words("status.notices", count=found.notices))
    if found.running:
        lines.append(words("status.running", **found.running))
    lines.append(words("status.next", at=f"{found.next_due:%Y-%m-%d %H:%M}", zone=found.next_due.tzinfo))
    return "\n".join(lines)


def status_plain(found: Status) -> dict[str, Any]:
    """The same for programs."""
    return {
        "exit_code": int(found.code),
        "last": _night(found.last),
        "last_good": _night(found.last_good),
        "age_hours": found.age_hours,
        "limit_hours": found.limit_hours,
        "late": found.late,
        "next_due": found.next_due.isoformat(),
        "mail_waiting": found.waiting,
        "mail_held": found.held,
        "mail_held_until": found.held_until and found.held_until.isoformat(),
        "unserved": list(found.unserved),
        "notices_waiting": found.notices,
        "running": found.running,
    }


def _unserved(settings: Settings, given_up: Iterable[outbox.Message]) -> tuple[str, ...]:
    """The addresses still in the configuration that these messages did not reach."""
    of_house = (*settings.mail.to, *settings.mail.cc) if settings.mail else ()
    of_owners = (whom for owner in settings.routing.values() for whom in owner.to)
    current = {parseaddr(one)[1] for one in (*of_house, *of_owners)}
    missed = {whom for one in given_up for whom in (*one.recipients, *one.refused)}
    return tuple(sorted(missed & current))


def _night(night: PastNight | None) -> dict[str, Any] | None:
    if night is None:
        return None
    return {
        "as_of": night.as_of.isoformat(),
        "run_id": night.run_id,
        "exit_code": night.exit_code,
        "reason": night.reason,
    }
