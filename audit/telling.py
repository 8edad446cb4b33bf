"""The middle of a night, within one transaction of the ledger: judged, entered, reported, published."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pyarrow as pa

from audit import __version__
from audit.assessment import Assessment, assess, eased, statuses_of, told_once
from audit.config import Settings
from audit.crosscheck.inputs import Memory
from audit.delivery.nightmail import queue_mail
from audit.delivery.nightnotice import queue_notice
from audit.delivery.ownermail import queue_owner_mail
from audit.engines import Engine, choose_engine
from audit.errors import ExitCode
from audit.findings import findings_of
from audit.ledger import outbox
from audit.ledger.database import Database
from audit.ledger.entered import Entered
from audit.ledger.estate import marked
from audit.ledger.feedback import Taken, open_conflicts, read_between, take_in
from audit.ledger.handlings import waivers_of_people
from audit.ledger.handover import Handover
from audit.ledger.history import nights_behind, rule_records
from audit.ledger.merge import Terms
from audit.ledger.nights import Born, Night, Run, input_records, open_night
from audit.ledger.past import past_of
from audit.ledger.seal import with_seals
from audit.ledger.signoffs import record_of
from audit.ledger.snapshots import packed, recall_statuses, remember_statuses
from audit.ledger.waivers import enter_waivers
from audit.measures.night import OfFiles
from audit.measures.upkeep import WINDOW
from audit.night import Inputs, Progress, Result, Task, run_id_of, short_turns
from audit.programme import items_of, programme_states
from audit.publish import SUMMARY, digests, draft, drafting, intact, set_aside, swap_in
from audit.report.build import build_report, by_priority
from audit.report.checklist import Programme, sealed_programme
from audit.report.coded import CodedFindings
from audit.report.measured import files_measured, measures_of, upkeep_of_night
from audit.report.model import Report
from audit.report.owntemplates import with_sound_templates
from audit.report.page import prepare_page
from audit.report.pagerows import page_findings
from audit.report.parts import Population
from audit.report.population import population_of
from audit.report.rendering import render_files, render_tables
from audit.report.tables import summary, to_json
from audit.sight import sights_of


class Rehearsed(Exception):
    """A rehearsal got to its end; raised through the ledger's transaction so that nothing of it stays."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


@dataclass(frozen=True)
class _Telling:
    """A night under way: what it is told by, what it read, its place in the ledger."""

    task: Task
    inputs: Inputs
    night: Night
    run: Run


@dataclass(frozen=True)
class _Judged:
    """What the rules made of the inputs, once what people filled in was taken back."""

    feedback: tuple[Taken, ...]
    programme: Programme
    assessed: Assessment


@dataclass(frozen=True)
class _Estate:
    """What the night's facts tell before any finding is entered."""

    population: Population
    files: OfFiles
    statuses: bytes | None  # as they are kept for the next night


@dataclass(frozen=True)
class _Reports:
    """The house's report, and those of the parties by their files' names.

    `settings` are those of the night, without the user's templates where one of them breaks.
    """

    settings: Settings
    house: Report
    owned: Mapping[str, Report]


def tell(task: Task, inputs: Inputs, database: Database, progress: Progress) -> Result:
    """The night within one ledger transaction, and its folder published. Raises Rehearsed, AuditError."""
    settings, words, wishes = task.settings, task.words, task.wishes
    with (
        short_turns(),
        drafting() as drafts,
        open_night(database, task.as_of, rebuild=bool(wishes.rebuild)) as night,
        choose_engine(settings, inputs.rows) as engine,
    ):
        run = Run(0, run_id_of(task, inputs, night.revision), task.as_of, 0, "", {})
        if earlier := _told_already(night, run, task.folder):
            return earlier
        later = [one.as_of.isoformat() for one in night.later]
        _withdraw(night, wishes.rebuild)
        run = replace(run, number=night.next_number())
        night.add_run(run, __version__, settings.digest, marked(task.scope, inputs.secret))
        telling = _Telling(task, inputs, night, run)
        feedback, programme = _take_back(telling)
        with ThreadPoolExecutor(1, "page") as beside, ThreadPoolExecutor(1, "ledger") as writer:
            with progress.stage("check", "checking"):
                assessing = beside.submit(_assess, telling, engine, programme, night.recall())
                stood = Handover(night.open_findings())
                judged = _Judged(feedback, programme, _eased(telling, assessing.result(), stood))
                del assessing
                pa.default_memory_pool().release_unused()
                coming = engine.begun(partial(_estate_of, telling, judged.assessed))
                beside.submit(prepare_page, settings.own_templates)  # what fails there fails again later
                flagged = Handover(findings_of(judged.assessed.outcomes, words, task.as_of))
            with progress.stage("ledger", "recording"):
                entered, born = _enter(telling, judged.assessed, flagged, stood)
                entering = writer.submit(night.enter, born)  # the ledger is asked nothing until it is done
                del born
                entered = replace(entered, findings=with_seals(entered.findings, inputs.secret))
            with progress.stage("report", "rendering"):
                estate = coming()
                findings = by_priority(entered.findings)
                shown = beside.submit(page_findings, findings, words, settings.report.max_rows)
                tables = beside.submit(render_tables, findings)
                reports = _report(telling, judged, estate, findings, entered)
                statuses = estate.statuses
                del judged, coming, estate  # the facts, which nothing asks any more
                books = render_files(reports.settings, words, reports.house, reports.owned, shown.result)
                files = {**books, **tables.result()}
                entering.result()
        told = summary(reports.house, progress.seconds, engine.memory_bytes)
        result = Result(
            ExitCode(reports.house.exit_code), reports.house.reason, task.folder, told, run_id=run.run_id
        )
        if wishes.rehearse:
            raise Rehearsed(result)
        published = {**files, SUMMARY: to_json(told)}
        run = replace(run, exit_code=int(result.code), reason=result.reason, files=digests(published))
        folder = draft(settings.output, task.folder.name, run.run_id, published)
        drafts.append(folder)
        night.complete_run(run, input_records(inputs.feeds), reports.house.counts, entered.rules)
        standing = [one.run_id for one in night.runs]
        remember_statuses(settings.state, run.run_id, statuses, standing)
        _queue(replace(telling, run=run), reports, files)
    set_aside(settings.output, later)
    progress.say("published", str(swap_in(settings.output, task.folder.name, folder)))
    return result


def _told_already(night: Night, run: Run, folder: Path) -> Result | None:
    """How the night ended when it was told from the same inputs, if its folder is as it was."""
    earlier = night.same_date
    if not earlier or earlier.run_id != run.run_id or night.later or not intact(folder, earlier.files):
        return None
    return Result(ExitCode(earlier.exit_code), earlier.reason, folder, replayed=True, run_id=run.run_id)


def _withdraw(night: Night, rebuild: str) -> None:
    """Take back later nights, latest first, and an earlier telling of the same date.

    Of that the inputs were others, or the folder is damaged.
    """
    same = (night.same_date,) if night.same_date else ()
    for run in (*reversed(night.later), *same):
        outbox.forget_unsent(night.connection, run.number, run.run_id)
        night.withdraw(run, rebuild)


def _take_back(telling: _Telling) -> tuple[tuple[Taken, ...], Programme]:
    """What people filled in goes to the ledger first, so that the rules about the programme know of it."""
    inputs, night, run = telling.inputs, telling.night, telling.run
    settings = telling.task.settings
    terms = Terms(run.as_of, settings.ledger.max_waiver_days)
    hashes = {copy.sha256 for copy in inputs.copies}
    between = read_between(night.connection, night.previous, run.as_of, hashes)
    feedback = (*between, *take_in(night.connection, inputs.copies, terms, run.number))
    record = record_of(night.connection, run.as_of, hashes)
    return feedback, sealed_programme(items_of(settings.audit.programme), record, inputs.secret)


def _assess(telling: _Telling, engine: Engine, programme: Programme, recalled: Memory) -> Assessment:
    """What the rules make of the inputs, with what is remembered of the nights before.

    It asks the ledger nothing, which is read meanwhile.
    """
    task, revision = telling.task, telling.night.revision
    memory = replace(recalled, remembered=recall_statuses(task.settings.state, revision))
    in_use = tuple(programme_states(programme.items, programme.record, task.as_of, task.words))
    return assess(engine, task.settings, telling.inputs.feeds, memory, task.plan, in_use)


def _eased(telling: _Telling, assessed: Assessment, stood: Handover) -> Assessment:
    """The assessment with the facts that are asked after it; with all of them where parties get their own."""
    if telling.inputs.owners:
        return assessed
    standing = set(stood.table["rule"].unique().to_pylist())
    profile, rules = telling.task.settings.audit.profile, telling.task.plan.rules
    return eased(assessed, profile, [rule for rule in rules if rule.id in standing])


def _estate_of(telling: _Telling, assessed: Assessment) -> _Estate:
    task, devices = telling.task, telling.inputs.feeds["devices"]
    told = told_once(assessed)
    statuses = None
    if not task.wishes.rehearse:
        earlier = recall_statuses(task.settings.state, telling.night.revision).statuses
        statuses = statuses_of(told) if told.knows_states(devices.rows) else earlier
    return _Estate(
        population_of(told, task.plan.thresholds, task.as_of, devices.rows),
        files_measured(task.settings, assessed, task.as_of),
        None if statuses is None else packed(statuses),
    )


def _enter(
    telling: _Telling, assessed: Assessment, flagged: Handover, stood: Handover
) -> tuple[Entered, Born]:
    """Carry every finding over tonight, with the waivers of people beside those of the file.

    What was born tonight is left to be entered.
    """
    task, run, night = telling.task, telling.run, telling.night
    sights = sights_of(stood.table, flagged.table["finding_id"], assessed, task.plan)
    waivers = (*task.practice.waivers, *waivers_of_people(night.connection))
    enter_waivers(night.connection, waivers, night.as_of)
    practice = replace(task.practice, waivers=waivers)
    findings, born = night.carried(run, flagged, sights, practice, stood)
    rules = rule_records(assessed.outcomes, task.plan.thresholds)
    entered = Entered(
        findings=findings,
        rules=rules,
        past=past_of(night.connection, task.as_of, run.number, task.scope, rules),
        behind=nights_behind(night.connection, task.as_of, WINDOW),
        conflicts=open_conflicts(night.connection),
        waivers=night.watched(waivers, findings),
    )
    return entered, born


def _report(
    telling: _Telling, judged: _Judged, estate: _Estate, findings: CodedFindings, entered: Entered
) -> _Reports:
    """The reports of the night, of findings in their order."""
    task, inputs, night = telling.task, telling.inputs, telling.night
    settings, words, plan = task.settings, task.words, task.plan
    assessed = judged.assessed
    measures = measures_of(settings, assessed, findings, estate.files)
    house = build_report(
        settings,
        words,
        plan,
        assessed,
        entered,
        previous=night.previous,
        run_id=telling.run.run_id,
        feeds=inputs.feeds,
        population=estate.population,
        measures=measures,
        upkeep=upkeep_of_night(
            assessed, plan, inputs.feeds, estate.population, measures, findings, entered.behind
        ),
        programme=judged.programme,
        findings=findings,
        feedback=judged.feedback,
        fail_on=task.wishes.fail_on,
    )
    owned: dict[str, Report] = {}
    if inputs.owners:
        from audit.report.routed import owner_reports  # the only part of a night that needs pandas

        devices = inputs.feeds["devices"]
        routing, owned = owner_reports(settings, words, house, assessed, plan, devices, inputs.owners)
        house = replace(house, routing=routing)
    settings, house = with_sound_templates(settings, words, house)
    return _Reports(settings, house, owned)


def _queue(telling: _Telling, reports: _Reports, files: Mapping[str, bytes]) -> None:
    """Mail and notices, sent once the night is committed."""
    settings, words, folder = reports.settings, telling.task.words, telling.task.folder
    night, run = telling.night, telling.run
    queue_mail(settings, words, reports.house, files["report.xlsx"], folder, night, run)
    queue_notice(settings, words, reports.house, folder, night, run)
    queue_owner_mail(settings, words, telling.inputs.owners, reports.owned, files, night, run)
