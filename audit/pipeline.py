"""One night, in the order it happens."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import date

from audit.check import Plan
from audit.config import Settings
from audit.delivery.chat import require_chat, send_notices
from audit.delivery.courier import held_lines, require_secrets, send_queued
from audit.errors import ExitCode, NoUsableInput
from audit.intake.begun import Begun
from audit.intake.feeds import Feed, read_feeds
from audit.intake.store import Store
from audit.ledger.database import Database
from audit.ledger.feedback import dates_read
from audit.ledger.nights import Practice, open_night
from audit.ledger.place import ledger_exists
from audit.ledger.returned import unread_copies
from audit.ledger.signoffs import published_editions
from audit.ledger.waivers import load_waivers
from audit.ledger.workdays import load_calendar
from audit.lock import SCRATCH, only_run
from audit.night import Inputs, Progress, Result, Say, Task, Wishes
from audit.publish import require_writable, settle
from audit.report.owntemplates import check_templates
from audit.report.sentences import owners_as_told, problem_of
from audit.rules.selection import selected_rules
from audit.telling import Rehearsed, tell
from audit.words import Words


def _silent(_: str, __: str) -> None:
    """Say nothing."""


def run_audit(
    settings: Settings,
    words: Words,
    as_of: date | None = None,
    wishes: Wishes | None = None,
    *,
    say: Say = _silent,
    held: bool = False,
    begun: Begun | None = None,
) -> Result:
    """Audit one night: read, cross-check, judge, enter the ledger, publish, deliver.

    A night told again from the same inputs changes nothing; one told with a reason to rebuild withdraws
    those that lie after it. `held` says that the caller has the state folder to itself already, `begun` is
    the reading of the night's files where the caller began it. Raises AuditError for what stops the night.
    """
    check_templates(settings.own_templates)
    task = _task(settings, words, settings.night(as_of), wishes or Wishes())
    progress = Progress(say)
    if task.wishes.mail:
        require_secrets(settings)
    else:  # what is queued names the rooms all the same
        require_chat(settings)
    with (
        nullcontext() if held else only_run(settings.state, settings.zone),
        _ledger(settings, task.wishes) as database,
    ):
        store = Store(settings.state)
        try:
            inputs = _read(task, database, store, progress, begun)
            result = tell(task, inputs, database, progress)
        except Rehearsed as rehearsed:
            return rehearsed.result
        store.sweep()
        return _delivered(task, result, database, say)


def _ledger(settings: Settings, wishes: Wishes) -> Database:
    """The ledger; a rehearsal before the first night makes none that would stay."""
    if wishes.rehearse and not ledger_exists(settings.ledger.url, settings.state):
        return Database("", settings.state / SCRATCH)
    return Database(settings.ledger.url, settings.state, taken=bool(wishes.rebuild))


def _task(settings: Settings, words: Words, as_of: date, wishes: Wishes) -> Task:
    """The night's rules, and how findings are handled, as `[ledger]` says."""
    own = settings.ledger
    calendar = load_calendar(settings.path(own.calendar) if own.calendar else None, own.due)
    file = settings.path(own.waivers) if own.waivers else None
    practice = Practice(calendar, own.escalate, load_waivers(file, as_of, own.max_waiver_days))
    return Task(
        settings,
        words,
        Plan(*selected_rules(settings.rules, settings.folder / settings.file), as_of),
        practice,
        wishes,
    )


def _read(task: Task, database: Database, store: Store, progress: Progress, begun: Begun | None) -> Inputs:
    """Settle what an earlier run left half done, and read what tonight is told from."""
    settings, words, wishes = task.settings, task.words, task.wishes
    with open_night(database, task.as_of, rebuild=bool(wishes.rebuild)) as night:
        if not wishes.rehearse:
            withdrawn = [day.isoformat() for day in night.withdrawn_dates()]
            settle(settings.output, night.standing, withdrawn)
            settle(settings.cycles, published_editions(night.connection).get)
        known = dates_read(night.connection)
    with progress.stage("read", "reading"):
        feeds = read_feeds(
            settings, task.as_of, store, lambda name: progress.say("read_file", name), wishes.until, begun
        )
        owners = owners_as_told(settings, store, words)
        copies = unread_copies(settings.feedback, known, task.as_of, store, words)
    if not any(feed.files for feed in feeds.values()):
        if not wishes.rehearse:  # of two things that stop a night the graver one is told
            require_writable(settings.output)
        raise NoUsableInput("no_usable_input", first=_first_problem(feeds, words))
    return Inputs(feeds, copies, owners, store.secret)


def _first_problem(feeds: Mapping[str, Feed], words: Words) -> str:
    slots = [slot for feed in feeds.values() for slot in feed.slots]
    problems = [f"{file.name}: {problem_of(file.reading, words)}" for slot in slots for file in slot.files]
    missing = [words("error.file_missing", pattern=slot.pattern) for slot in slots if not slot.files]
    return (*problems, *missing)[0]


def _delivered(task: Task, result: Result, database: Database, say: Say) -> Result:
    """The same once mail and notices are on their way; with what went wrong, where something did."""
    settings, words = task.settings, task.words
    if not task.wishes.mail or not settings.delivers:
        return result
    say("delivering", "")
    problems = send_queued(
        settings, words, database, lambda whom: say("mail_sent", whom), lambda: say("", "")
    )
    for line in held_lines(settings, words, database):
        say("mail_held", line)
    for line in send_notices(settings, words, database):
        say("notice_failed", line)
    if not problems:
        return result
    if len(problems) == 1:
        return replace(result, code=ExitCode.DELIVERY, reason=words("reason.delivery", detail=problems[0]))
    for line in problems:
        say("mail_failed", line)
    reason = words("reason.deliveries", count=len(problems))
    return replace(result, code=ExitCode.DELIVERY, reason=reason)
