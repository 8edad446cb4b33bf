"""What every rule made of one device, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from audit.assessment import Assessment
from audit.check import COUNTED_TO, NOT_APPLICABLE, PASSED, UNKNOWN, Horizon, Plan, horizon_of, verdict_of
from audit.crosscheck.schema import Subject
from audit.dossier.facts import fact_label
from audit.engines import PandasEngine
from audit.findings import sentences, worded
from audit.report.sentences import shown_fact
from audit.rules.model import Rule
from audit.words import Words

# a rule about these subjects may look at the device; the others are about inputs, channels or the programme
_ABOUT_DEVICES = (
    Subject.DEVICE, Subject.DEVICE_CHANNEL, Subject.DEVICE_POLICY, Subject.MERCHANT, Subject.REGISTRATION,
    Subject.SITE, Subject.ROW,
)  # fmt: skip


@dataclass(frozen=True)
class Judgement:
    """What one rule made of the device, once per channel or policy it looks at.

    `state`: flagged, passed, unknown, not_applicable, not_evaluated (though due) or not_enabled.
    """

    rule: Rule
    state: str
    where: str  # the channel, the policy or the row of a file; "" where there is only one look
    why: str


def judgements_of(
    assessed: Assessment, plan: Plan, rows: Mapping[Subject, pa.Table], words: Words
) -> Iterator[Judgement]:
    """What each rule that may look at a device made of the one whose fact rows these are."""
    for outcome in assessed.outcomes:
        rule = outcome.rule
        if rule.subject not in _ABOUT_DEVICES:
            continue
        if missed := outcome.not_evaluated:
            shown = {name: shown_fact(name, value, words) for name, value in missed.facts.items()}
            why = words(f"not_evaluated.{missed.key}", **shown)
            yield Judgement(rule, "not_evaluated" if missed.due else "not_enabled", "", why)
        elif rows[rule.subject].num_rows:
            horizon = horizon_of(rule, plan.as_of, assessed.health)
            yield from _looks(rule, plan, horizon, rows[rule.subject], words)
        else:
            yield Judgement(rule, "not_applicable", "", "")


def _looks(rule: Rule, plan: Plan, horizon: Horizon, table: pa.Table, words: Words) -> Iterator[Judgement]:
    """One judgement per row: a channel, a policy, a registration."""
    verdict = verdict_of(rule, horizon, plan.thresholds.get(rule.id), table.column_names)
    judged = PandasEngine().frame(table).select(verdict=verdict).collect("pyarrow").to_arrow()
    table = horizon.noted(table, rule)
    for place, case in enumerate(judged["verdict"].to_pylist()):
        row = table.slice(place, 1)
        where = _where(rule, row, words) if table.num_rows > 1 or "channel" in rule.subject.identity else ""
        yield Judgement(rule, _state(case), where, _why(rule, case, row, words, plan.as_of))


def _state(case: int) -> str:
    return {PASSED: "passed", UNKNOWN: "unknown", NOT_APPLICABLE: "not_applicable"}.get(case, "flagged")


def _where(rule: Rule, row: pa.Table, words: Words) -> str:
    if rule.subject is Subject.ROW:  # its keys are of no use to a reader, the place in the file is
        feed, file, number = (row[name][0].as_py() for name in ("feed", "source_file", "source_row"))
        return f"{words.label('feed', feed)} {file}:{number}"
    parts = [(name, row[name][0].as_py()) for name in rule.subject.identity if name != "device_key"]
    return " ".join(words.label("channel", value) for _, value in parts if value)


def _why(rule: Rule, case: int, row: pa.Table, words: Words, as_of: date) -> str:
    if case > 0:
        return str(sentences(rule.cases[case - 1].says, row, words, as_of)[0].as_py())
    if case == UNKNOWN:
        if lacking := _lacking(rule, row, words):
            return words("dossier.lacks", columns=lacking)
        day = row[COUNTED_TO][0].as_py() if COUNTED_TO in row.column_names else as_of
        return words("dossier.undecided_since", day=day) if day < as_of else words("dossier.undecided")
    seen = rule.actual.fields
    if case == PASSED and seen and all(row[name][0].as_py() is not None for name in seen):
        return str(worded(rule.actual, row, words, as_of)[0].as_py())
    return ""


def _lacking(rule: Rule, row: pa.Table, words: Words) -> list[str]:
    """The facts without which the rule could not tell: blank ones, and cells nobody could read."""
    blank = [name for name in rule.known if row[name][0].as_py() is None]
    rejected = [name for name in row.column_names if name.endswith("rejected")]
    unread: Iterable[str] = (
        name
        for column in rejected
        for name in (row[column][0].as_py() or "").strip(",").split(",")
        if any(required.endswith(f".{name}") for required in rule.asked)
    )
    return [fact_label(name, words) for name in dict.fromkeys([*blank, *unread])]
