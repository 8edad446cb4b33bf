"""One night's results become the frozen `Report`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit import __version__
from audit.assessment import Assessment
from audit.check import NotEvaluated, Outcome, Plan
from audit.config import Settings
from audit.errors import ExitCode
from audit.intake.feeds import Feed, InputFile, Slot
from audit.intake.reading import FileReading
from audit.intake.repeats import whole
from audit.ledger.entered import Entered
from audit.ledger.feedback import Taken
from audit.ledger.lives import CLOSED, EXCUSED, State
from audit.measures.night import Measures
from audit.measures.upkeep import Upkeep
from audit.report.checklist import Programme, checklist
from audit.report.coded import Coded, CodedFindings
from audit.report.feedback import conflict_lines, feedback_lines
from audit.report.model import Report
from audit.report.parts import InputLine, Population, RejectedCell, RuleLine
from audit.report.sentences import notice_sentences, problem_of, shown_fact, skipped_sheets
from audit.report.waivers import waiver_lines
from audit.rules import RULES
from audit.rules.model import Severity
from audit.words import Words

_STATE_ORDER = [
    State.REOPENED,
    State.NEW,
    State.OPEN,
    State.IN_PROGRESS,
    State.CLAIMED,
    State.HELD,
    State.ABSENT,
    State.UNCHECKED,
    State.WAIVED,
    State.FALSE_POSITIVE,
    State.FIXED,
    State.GONE,
    State.ARRIVED,
]
# a finding that tonight's data show and nobody has excused
_STANDING = (State.NEW, State.REOPENED, State.OPEN, State.IN_PROGRESS, State.CLAIMED)
_PLACES = {name: place for place, name in enumerate(RULES)}


def build_report(
    settings: Settings,
    words: Words,
    plan: Plan,
    assessed: Assessment,
    entered: Entered,
    *,
    previous: date | None,
    run_id: str,
    feeds: Mapping[str, Feed],
    population: Population,
    measures: Measures,
    upkeep: Upkeep,
    programme: Programme,
    findings: CodedFindings,
    feedback: Sequence[Taken],
    fail_on: str | None,
) -> Report:
    """The whole night as a value. `findings` are those that were `entered`, in their order."""
    as_of = plan.as_of
    told = (*assessed.outcomes, *_switched_off(findings, assessed.outcomes))
    lines = tuple(
        rule_line(outcome, words, plan.thresholds)
        for outcome in sorted(told, key=lambda one: _PLACES[one.rule.id])
    )
    disputed = findings.called((one.finding_id for one in entered.conflicts), "detail")
    returned = feedback_lines(feedback, words, settings.zone)
    alarms = (
        *_input_alarms(findings),
        *_unread_alarms(feeds.values(), words),
        *_unreadable_alarms(feeds.values(), words),
        *rule_alarms(lines, words),
        *_unsaid_alarms(assessed.unsaid, words),
        *(words("alarm.unread_copy", file=one.name, problem=one.problem) for one in returned if one.problem),
    )
    code = _exit_code(findings, alarms, fail_on)
    return Report(
        name=settings.audit.name,
        language=words.language,
        as_of=as_of,
        previous=previous,
        run_id=run_id,
        version=__version__,
        config_digest=settings.digest,
        unmasked=settings.privacy.unmask,
        engine=assessed.engine.name,
        exit_code=int(code),
        reason=_reason(code, findings, alarms, words, fail_on),
        population=population,
        measures=measures,
        findings=findings,
        rules=lines,
        inputs=tuple(line for feed in feeds.values() for line in _input_lines(feed, as_of, words)),
        rejected_cells=tuple(
            RejectedCell(feed.name, file.name, cell)
            for feed in feeds.values()
            for file in feed.files
            for cell in file.reading.rejections
        ),
        checklist=tuple(checklist(programme, upkeep, assessed.outcomes, findings, as_of, words)),
        upkeep=upkeep,
        alarms=alarms,
        feedback=returned,
        conflicts=conflict_lines(entered.conflicts, words, settings.zone, disputed),
        longest_waiver=settings.ledger.max_waiver_days,
        past=entered.past,
        waivers=waiver_lines(entered.waivers, findings, as_of, words),
    )


def by_priority(findings: pa.Table) -> CodedFindings:
    """What needs an eye first: by severity, by news, by due date; the excused come after, the closed last.

    `findings` (`ledger.telling.told`) are by rule and id, and stay so where nothing else parts them.
    """
    states = {word: (word in CLOSED, word in EXCUSED, place) for place, word in enumerate(_STATE_ORDER)}
    ranks = {word.value: word.rank for word in Severity}
    state, severity = (Coded.of(whole(findings[name])) for name in ("state", "severity"))
    known = np.array([states[State(word)] for word in state.values.to_pylist()], np.int64).reshape(-1, 3)
    closed, excused, place = known[state.at].T
    rank = np.array([ranks[word] for word in severity.values.to_pylist()], np.int64)[severity.at]
    follows = whole(findings["led_by"]).is_valid().to_numpy(zero_copy_only=False)
    due = whole(findings["due_on"]).cast(pa.int32())
    last = pc.fill_null(due, np.iinfo(np.int32).max).to_numpy()
    order = np.lexsort((last, place, follows, rank, excused, closed))
    return CodedFindings(findings.take(pa.array(order)))


def _switched_off(findings: CodedFindings, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """The rules that were not asked for tonight and still have findings: a reader wants to know them."""
    asked = {outcome.rule.id for outcome in outcomes}
    for name in findings.counted("rule", slice(None)):
        if name in RULES and name not in asked:
            yield Outcome(RULES[name], not_evaluated=NotEvaluated("switched_off", {}, due=False))


def rule_line(outcome: Outcome, words: Words, thresholds: Mapping[str, Mapping[str, float]]) -> RuleLine:
    """What a rule made of the night, in words."""
    rule = outcome.rule
    values = {threshold.name: threshold.default for threshold in rule.thresholds}
    values |= dict(thresholds.get(rule.id, {}))
    reason = ""
    if outcome.not_evaluated:
        facts = outcome.not_evaluated.facts
        shown = {name: shown_fact(name, value, words) for name, value in facts.items()}
        reason = words(f"not_evaluated.{outcome.not_evaluated.key}", **shown)
    return RuleLine(rule, _status(outcome), outcome.count, outcome.passed, outcome.unknown, reason, values)


def _status(outcome: Outcome) -> str:
    if outcome.not_evaluated:
        return "not_evaluated" if outcome.not_evaluated.due else "not_enabled"
    if outcome.count:
        return "flagged"
    return "undecided" if outcome.unknown and not outcome.passed else "passed"


def _input_alarms(findings: CodedFindings) -> tuple[str, ...]:
    """What is wrong with the inputs, in the findings' own sentences.

    Growth alone is no alarm, nor is a list that may well not have changed, nor a column too much. That
    somebody sees to it, or says that he did, makes no list whole.
    """
    holds = findings["category"].holds("input") & findings["state"].holds(*_STANDING)
    grave = ~findings["rule"].holds("SRC-03", "SRC-06") | findings["severity"].holds(Severity.HIGH)
    grave &= ~findings["rule"].holds("SRC-05")
    return tuple(findings["detail"].rows(np.flatnonzero(holds & grave)).decoded.to_pylist())


def _unreadable_alarms(feeds: Iterable[Feed], words: Words) -> tuple[str, ...]:
    """Rows that cannot be judged because a cell of a key or required column could not be read.

    A registration list may name channels nobody looks at; where no row names any, none can be judged.
    """
    alarms = []
    for feed in feeds:
        needed = feed.table.key_parts | set(feed.required)
        named = {"channel"} if feed.name == "registrations" else set()
        for file in feed.files:
            unread = [
                (column, count)
                for column, _, count in file.reading.rejected_by
                if column in needed or (column in named and count >= file.reading.rows)
            ]
            if unread:
                alarms.append(
                    words(
                        "alarm.unreadable_cells",
                        feed=words.label("feed", feed.name),
                        file=file.name,
                        count=sum(count for _, count in unread),
                        columns=[words.column(name) for name in sorted({name for name, _ in unread})],
                    )
                )
    return tuple(alarms)


def _unsaid_alarms(unsaid: Mapping[str, Mapping[str, Sequence[str]]], words: Words) -> tuple[str, ...]:
    """The columns that were there before, and of which some rules had to do without."""
    return tuple(
        words(
            "alarm.unsaid",
            feed=words.label("feed", feed),
            columns=[words.column(name) for name in sorted(columns)],
            rules=sorted({rule for rules in columns.values() for rule in rules}),
        )
        for feed, columns in unsaid.items()
    )


def _unread_alarms(feeds: Iterable[Feed], words: Words) -> tuple[str, ...]:
    """Sheets and members of archives that could not be read, in files that could."""
    return tuple(
        words(
            "alarm.unread_sheet",
            feed=words.label("feed", feed.name),
            file=file.name,
            sheet=sheet.name,
            problem=words.label("unusable", sheet.skipped),
        )
        for feed in feeds
        for file in feed.files
        for sheet in file.reading.unread
    )


def rule_alarms(lines: Sequence[RuleLine], words: Words) -> tuple[str, ...]:
    """The rules that were due and gave no answer."""
    return tuple(
        words(
            "alarm.not_evaluated",
            rule=line.rule.id,
            title=line.rule.title[words.language],
            reason=line.reason,
        )
        for line in lines
        if line.status == "not_evaluated"
    )


def _exit_code(findings: CodedFindings, alarms: Sequence[str], fail_on: str | None) -> ExitCode:
    if alarms:
        return ExitCode.INCOMPLETE
    return ExitCode.FINDINGS if fail_on and _at_or_above(findings, fail_on) else ExitCode.DONE


def _at_or_above(findings: CodedFindings, fail_on: str) -> int:
    if fail_on == "new":
        counted = findings["state"].rows(findings.open_rows).holds(State.NEW, State.REOPENED)
    else:
        grave = [word for word in Severity if word.rank <= Severity(fail_on).rank]
        counted = findings["severity"].rows(findings.open_rows).holds(*grave)
    return int(counted.sum())


def _reason(
    code: ExitCode, findings: CodedFindings, alarms: Sequence[str], words: Words, fail_on: str | None
) -> str:
    if code is ExitCode.INCOMPLETE:
        return words("reason.incomplete", count=len(alarms), first=alarms[0])
    if code is ExitCode.FINDINGS:
        limit = words.label("severity", fail_on) if fail_on != "new" else words("state.new")
        return words("reason.findings", count=_at_or_above(findings, fail_on or ""), limit=limit)
    return words("reason.done", count=len(findings.open_rows))


def _input_lines(feed: Feed, as_of: date, words: Words) -> Iterable[InputLine]:
    for slot in feed.slots:
        if not slot.files:
            problem = words("error.file_missing", pattern=slot.pattern)
            yield _line(feed, slot, None, as_of, "missing", problem, words)
        for file in slot.files:
            yield _line(feed, slot, file, as_of, file.reading.error, problem_of(file.reading, words), words)


def _line(
    feed: Feed, slot: Slot, file: InputFile | None, as_of: date, error: str, problem: str, words: Words
) -> InputLine:
    reading = file.reading if file else FileReading("")
    used = [sheet for sheet in reading.sheets if not sheet.skipped]
    set_aside: dict[str, int] = {}
    for sheet in used:
        for kind, count in sheet.set_aside.items():
            set_aside[kind] = set_aside.get(kind, 0) + count
    return InputLine(
        feed=feed.name,
        pattern=slot.pattern,
        name=file.name if file else slot.pattern,
        sha256=reading.sha256,
        kind=reading.kind,
        encoding=reading.encoding,
        sheets=tuple(sheet.name for sheet in used if sheet.name),
        header_rows=tuple(sheet.header_row for sheet in used),
        rows=reading.rows,
        rows_in_file=sum(sheet.rows_in_file for sheet in used),
        set_aside=set_aside,
        rejected=reading.rejected,
        exported_on=file.fresh.on if file else None,
        basis=file.fresh.basis if file else "unknown",
        age_days=file.fresh.age_days(as_of) if file else None,
        error=error,
        problem=problem,
        notices=(*notice_sentences(reading, words), *skipped_sheets(reading, words)),
        mapped=tuple((one.letter, one.header, one.column) for sheet in used for one in sheet.mapped),
        unmapped=tuple(dict.fromkeys(header for sheet in used for header in sheet.unmapped)),
    )
