"""One night, in the order it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from audit import __version__
from audit.assessment import assess, statuses_of
from audit.check import Plan
from audit.config import Settings
from audit.delivery.chat import queue_notice, require_chat, send_notices
from audit.delivery.courier import require_secrets, send_queued
from audit.delivery.nightmail import queue_mail
from audit.delivery.ownermail import queue_owner_mail
from audit.engines import choose_engine
from audit.errors import ConfigError, ExitCode, NoUsableInput
from audit.findings import findings_of
from audit.intake.begun import Begun
from audit.intake.feeds import Feed, read_feeds
from audit.intake.request import digest_of
from audit.intake.store import Store
from audit.ledger import outbox
from audit.ledger.database import Database
from audit.ledger.feedback import Taken, dates_read, open_conflicts, take_in
from audit.ledger.handlings import waivers_of_people
from audit.ledger.handover import Handover
from audit.ledger.history import nights_behind, rule_records
from audit.ledger.merge import Terms
from audit.ledger.nights import Night, Practice, Run, input_records, open_night
from audit.ledger.past import past_of
from audit.ledger.returned import ReturnedCopy, unread_copies
from audit.ledger.seal import seals
from audit.ledger.signoffs import published_editions, record_of
from audit.ledger.snapshots import recall_statuses, remember_statuses
from audit.ledger.waivers import enter_waivers, load_waivers
from audit.ledger.workdays import load_calendar
from audit.lock import only_run
from audit.measures.upkeep import WINDOW
from audit.programme import items_of, programme_states
from audit.publish import digests, draft, drafting, intact, set_aside, settle, swap_in
from audit.report.build import build_report
from audit.report.checklist import Programme, sealed_programme
from audit.report.measured import measures_of, upkeep_of_night
from audit.report.model import Report
from audit.report.owntemplates import check_templates, with_sound_templates
from audit.report.population import population_of
from audit.report.rendering import render_files
from audit.report.routed import owner_reports
from audit.report.sentences import problem_of
from audit.report.tables import summary, to_json
from audit.routing.owners import Owner, UnreadableList, owners_of
from audit.rules.selection import selected_rules
from audit.standing import standing_of
from audit.words import Words

Say = Callable[[str, str], None]  # a message key of [cli] and a detail; no key: may the night go on?


def _silent(_: str, __: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Result:
    """How a night ended, for whoever started it."""

    code: ExitCode
    reason: str
    folder: Path
    summary: Mapping[str, Any] = field(default_factory=dict)
    replayed: bool = False
    run_id: str = ""


@dataclass(frozen=True)
class Inputs:
    """What a night reads: the feeds, workbooks people filled in, the owners of rows, the key of seals."""

    feeds: Mapping[str, Feed]
    copies: tuple[ReturnedCopy, ...]
    owners: tuple[Owner, ...]
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Wishes:
    """What is asked of one night beyond its configuration.

    `rebuild` is the reason for telling a night that lies before others; `until` leaves out inputs whose name
    bears a later date; `rehearse` tells the night and keeps nothing of it.
    """

    fail_on: str | None = None
    mail: bool = True
    rebuild: str = ""
    until: date | None = None
    rehearse: bool = False


class _Rehearsed(Exception):
    """A rehearsal got to its end; raised through the ledger's transaction so that nothing of it stays."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


class Stopwatch:
    """Seconds per stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage."""
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)


def run_audit(
    settings: Settings,
    words: Words,
    as_of: date | None = None,
    wishes: Wishes = Wishes(),
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
    night_of = settings.night(as_of)
    plan = Plan(*selected_rules(settings.rules), night_of)
    practice = _practice(settings, night_of)
    watch = Stopwatch()
    if wishes.mail:
        require_secrets(settings)
    else:  # what is queued names the rooms all the same
        require_chat(settings)
    with nullcontext() if held else only_run(settings.state, settings.zone):
        database = Database(settings.ledger.url, settings.state)
        try:
            with open_night(database, night_of, rebuild=bool(wishes.rebuild)) as night:
                if not wishes.rehearse:
                    withdrawn = [day.isoformat() for day in night.withdrawn_dates()]
                    settle(settings.output, night.standing, withdrawn)
                    settle(settings.cycles, published_editions(night.connection).get)
                known = dates_read(night.connection)
            say("reading", "")
            store = Store(settings.state)
            with watch.stage("read"):
                feeds = read_feeds(
                    settings, night_of, store, lambda name: say("read_file", name), wishes.until, begun
                )
                owners = _owners(settings, store, words)
                copies = unread_copies(settings.feedback, known, night_of, store, words)
            _require_input(feeds, words)
            inputs = Inputs(feeds, copies, owners, store.secret)
            result = _tell(settings, words, plan, practice, inputs, database, wishes, watch, say)
            store.sweep()
            if wishes.mail and (settings.mail or settings.chat_urls):
                say("delivering", "")
                problems = send_queued(
                    settings, words, database, lambda whom: say("mail_sent", whom), lambda: say("", "")
                )
                if problems:
                    reason = words("reason.delivery", detail=problems[0])
                    result = replace(result, code=ExitCode.DELIVERY, reason=reason)
                for line in send_notices(settings, words, database):
                    say("notice_failed", line)
            return result
        except _Rehearsed as rehearsed:
            return rehearsed.result
        finally:
            database.close()


def _tell(
    settings: Settings,
    words: Words,
    plan: Plan,
    practice: Practice,
    inputs: Inputs,
    database: Database,
    wishes: Wishes,
    watch: Stopwatch,
    say: Say,
) -> Result:
    """The night within one ledger transaction, and its folder published."""
    as_of, feeds = plan.as_of, inputs.feeds
    final = settings.output / as_of.isoformat()
    rows = sum(feed.rows for feed in feeds.values())
    with (
        drafting() as drafts,
        open_night(database, as_of, rebuild=bool(wishes.rebuild)) as night,
        choose_engine(settings, rows) as engine,
    ):
        run_id = _run_id(settings, as_of, inputs, night.revision, wishes.fail_on)
        if (
            (earlier := night.same_date)
            and earlier.run_id == run_id
            and not night.later
            and intact(final, earlier.files)
        ):
            return Result(ExitCode(earlier.exit_code), earlier.reason, final, replayed=True, run_id=run_id)
        later = [run.as_of.isoformat() for run in night.later]
        _withdraw(night, wishes.rebuild)
        memory = replace(night.recall(), statuses=recall_statuses(settings.state, night.revision))
        run = Run(night.next_number(), run_id, as_of, 0, "", {})
        scope = _scope(settings)
        night.add_run(run, __version__, settings.digest, scope)
        feedback, programme = _take_back(settings, night, run, inputs)
        say("checking", "")
        with watch.stage("check"):
            in_use = tuple(programme_states(programme.items, programme.record, as_of, words))
            assessed = assess(engine, settings, feeds, memory, plan, in_use)
            flagged = Handover(findings_of(assessed.outcomes, words, as_of))
        say("recording", "")
        with watch.stage("ledger"):
            standing = standing_of(night.open_findings(), flagged.table["finding_id"], assessed, plan)
            rules = rule_records(assessed.outcomes, plan.thresholds)
            practice = _with_people(practice, night)
            findings = night.record(run, flagged, standing, practice)
            sealed = zip(findings["finding_id"], findings["row_version"], strict=True)
            findings = findings.assign(seal=seals(inputs.secret, sealed))
        say("rendering", "")
        with watch.stage("report"):
            population = population_of(engine, assessed.facts, assessed.outcomes, feeds["devices"].rows)
            measures = measures_of(settings, assessed, findings, as_of)
            report = build_report(
                settings,
                words,
                as_of=as_of,
                previous=night.previous,
                run_id=run_id,
                engine=assessed.engine.name,
                feeds=feeds,
                outcomes=assessed.outcomes,
                thresholds=plan.thresholds,
                population=population,
                measures=measures,
                upkeep=upkeep_of_night(
                    assessed,
                    plan,
                    feeds,
                    population,
                    measures,
                    findings,
                    nights_behind(night.connection, as_of, WINDOW),
                ),
                programme=programme,
                findings=findings,
                feedback=feedback,
                conflicts=open_conflicts(night.connection),
                past=past_of(night.connection, as_of, run.number, scope, rules),
                waivers=night.watched(practice.waivers, findings),
                fail_on=wishes.fail_on,
            )
            owned: dict[str, Report] = {}
            if inputs.owners:
                routing, owned = owner_reports(
                    settings, words, report, assessed, plan, feeds["devices"], inputs.owners
                )
                report = replace(report, routing=routing)
            settings, report = with_sound_templates(settings, words, report)
            files = render_files(settings, words, report, owned)
        told = summary(report, watch.seconds, engine.memory_bytes)
        if wishes.rehearse:
            raise _Rehearsed(Result(ExitCode(report.exit_code), report.reason, final, told, run_id=run_id))
        run = replace(run, exit_code=report.exit_code, reason=report.reason, files=digests(files))
        folder = draft(settings.output, final.name, run_id, {**files, "summary.json": to_json(told)})
        drafts.append(folder)
        night.complete_run(run, input_records(feeds), report.counts, rules)
        remember_statuses(settings.state, run_id, statuses_of(assessed), [run.run_id for run in night.runs])
        queue_mail(settings, words, report, files["report.xlsx"], final, night, run)
        queue_notice(settings, words, report, final, night, run)
        queue_owner_mail(settings, words, inputs.owners, owned, files, night, run)
    set_aside(settings.output, later)
    final = swap_in(settings.output, final.name, folder)
    say("published", str(final))
    return Result(ExitCode(report.exit_code), report.reason, final, told, run_id=run_id)


def _take_back(
    settings: Settings, night: Night, run: Run, inputs: Inputs
) -> tuple[tuple[Taken, ...], Programme]:
    """What people filled in goes to the ledger first, so that the rules about the programme know of it."""
    terms = Terms(run.as_of, settings.ledger.max_waiver_days)
    feedback = take_in(night.connection, inputs.copies, terms, run.number)
    record = record_of(night.connection, run.as_of, {copy.sha256 for copy in inputs.copies})
    return feedback, sealed_programme(items_of(settings.audit.programme), record, inputs.secret)


def _withdraw(night: Night, rebuild: str) -> None:
    """Take back later nights, latest first, and an earlier telling of the same date.

    Of that the inputs were others, or the folder is damaged.
    """
    same = (night.same_date,) if night.same_date else ()
    for run in (*reversed(night.later), *same):
        outbox.forget_unsent(night.connection, run.number)
        night.withdraw(run, rebuild)


def _practice(settings: Settings, as_of: date) -> Practice:
    """How findings are handled, as `[ledger]` says."""
    own = settings.ledger
    calendar = load_calendar(settings.path(own.calendar) if own.calendar else None, own.due)
    file = settings.path(own.waivers) if own.waivers else None
    return Practice(calendar, own.escalate, load_waivers(file, as_of, own.max_waiver_days))


def _with_people(practice: Practice, night: Night) -> Practice:
    """The same with the waivers of workbooks; all are entered."""
    waivers = (*practice.waivers, *waivers_of_people(night.connection))
    enter_waivers(night.connection, waivers, night.as_of)
    return replace(practice, waivers=waivers)


def _scope(settings: Settings) -> dict[str, object]:
    """What nights must have in common to be compared."""
    return {"estate": settings.audit.name, "channels": sorted(settings.audit.required_channels)}


def _owners(settings: Settings, store: Store, words: Words) -> tuple[Owner, ...]:
    """The owners of `[routing]`. A list of merchants that cannot be read stops the night, with the reason."""
    try:
        return owners_of(settings, store)
    except UnreadableList as failure:
        problem = problem_of(failure.reading, words) if failure.reading else words("error.no_such_file")
        raise ConfigError("routing_file", **failure.facts, problem=problem) from failure


def _require_input(feeds: Mapping[str, Feed], words: Words) -> None:
    if any(feed.files for feed in feeds.values()):
        return
    slots = [slot for feed in feeds.values() for slot in feed.slots]
    problems = [f"{file.name}: {problem_of(file.reading, words)}" for slot in slots for file in slot.files]
    missing = [words("error.file_missing", pattern=slot.pattern) for slot in slots if not slot.files]
    raise NoUsableInput("no_usable_input", first=(*problems, *missing)[0])


def _run_id(settings: Settings, as_of: date, inputs: Inputs, revision: str, fail_on: str | None) -> str:
    """What a night depends on, in 16 hex digits: date, inputs, configuration, program, ledger before."""
    files = [
        [slot.feed, slot.pattern, file.name, file.reading.sha256, str(file.fresh.on)]
        for feed in inputs.feeds.values()
        for slot in feed.slots
        for file in slot.files
    ]
    files += [[copy.name, copy.sha256] for copy in inputs.copies]
    own = settings.ledger
    files += [[str(file), digest_of(settings.path(file))] for file in (own.calendar, own.waivers) if file]
    files += [[owner.fingerprint] for owner in inputs.owners]
    text = repr([as_of.isoformat(), files, settings.digest, __version__, revision, fail_on])
    return sha256(text.encode()).hexdigest()[:16]
