"""The ledger: whether it is whole, and what the last night in it says of tonight's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from audit.config import Settings
from audit.doctor.check import Check, Verdict
from audit.ledger.database import Database
from audit.ledger.place import ledger_exists
from audit.lock import require_restored
from audit.status import status_of
from audit.words import Words


def look_at_ledger(settings: Settings, words: Words, now: datetime) -> Iterator[Check]:
    """The database's own check of itself, then the age of the last good night.

    Raises LedgerDamaged, and CannotWrite where no night could be entered.
    """
    require_restored(settings.state)
    with Database(settings.ledger.url, settings.state, reading=True) as database:
        database.require_writable()
        database.require_own()
        problems = database.problems()
    if not ledger_exists(settings.ledger.url, settings.state):
        yield Check("ledger", Verdict.OK, words("doctor.ledger_none"))
        return
    if problems:
        told = words("doctor.ledger_damaged", problem=problems[0], count=len(problems))
        yield Check("ledger", Verdict.FAIL, told, words("doctor.ledger_damaged_remedy"))
        return
    status = status_of(settings, now)
    night = settings.night()
    if status.last and status.last.as_of > night:
        told = words("doctor.ledger_later", last=status.last.as_of, night=night)
        yield Check("ledger", Verdict.FAIL, told, words("doctor.ledger_later_remedy", last=status.last.as_of))
    elif status.last and status.late:
        good = status.last_good
        told = words("doctor.ledger_late", last=good.as_of) if good else words("doctor.ledger_never")
        yield Check("ledger", Verdict.WARN, told, words("doctor.ledger_late_remedy"))
    else:
        yield Check(
            "ledger", Verdict.OK, words("doctor.ledger_ok", last=status.last.as_of if status.last else "-")
        )
    if status.running:
        yield Check("ledger", Verdict.WARN, words("status.running", **status.running))
