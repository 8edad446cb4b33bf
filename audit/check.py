"""Rules over facts: each passes, flags rows, or was not evaluated, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa
import pyarrow.compute as pc

from audit.crosscheck.facts import Facts
from audit.crosscheck.schema import Subject
from audit.rules.model import Rule, expression, unread

Frame = nw.LazyFrame[Any]

# what a rule makes of a row; n >= 1 is the n-th case that holds
NOT_APPLICABLE = -1
UNKNOWN = -2
PASSED = 0

_REJECTED = {
    "devices": "rejected",
    "registrations": "reg_rejected",
    "merchants": "merchants_rejected",
    "models": "models_rejected",
}


@dataclass(frozen=True)
class Health:
    """What may be concluded from a feed tonight."""

    complete: bool  # a row that is not there is not there
    fresh: bool  # not older than it may be
    reason: str = ""  # message key of why not, with `facts`
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class NotEvaluated:
    """Why a rule gave no answer. `due`: it should have, so the night is incomplete."""

    key: str
    facts: Mapping[str, object]
    due: bool


@dataclass(frozen=True)
class Outcome:
    """What one rule made of the night. `flagged` holds the fact rows, with the number of the case."""

    rule: Rule
    flagged: pa.Table | None = None
    passed: int = 0
    unknown: int = 0
    not_evaluated: NotEvaluated | None = None

    @property
    def count(self) -> int:
        """Flagged rows."""
        return self.flagged.num_rows if self.flagged is not None else 0


@dataclass(frozen=True)
class Plan:
    """Which rules run tonight, and with which thresholds."""

    rules: tuple[Rule, ...]
    thresholds: Mapping[str, Mapping[str, float]]
    as_of: date

    def of(self, wanted: Callable[[Rule], bool]) -> Plan:
        """The same night with the rules that are wanted."""
        return replace(self, rules=tuple(rule for rule in self.rules if wanted(rule)))


def verdict_of(
    rule: Rule, as_of: date, thresholds: Mapping[str, float] | None, columns: Iterable[str]
) -> nw.Expr:
    """The rule as one expression: -2 unknown, -1 not applicable, 0 passed, n the n-th case.

    `columns` are those of the fact frame.
    """
    night = rule.night(as_of, thresholds)
    verdict: nw.Expr = nw.lit(PASSED)
    for number, case in reversed(list(enumerate(rule.cases, start=1))):
        verdict = nw.when(expression(case.when, night)).then(nw.lit(number)).otherwise(verdict)
    unsure = _unsure(rule, set(columns))
    if rule.unsure is not None:
        unsure.append(expression(rule.unsure, night))
    if unsure:
        verdict = (
            nw.when(reduce(lambda left, right: left | right, unsure)).then(nw.lit(UNKNOWN)).otherwise(verdict)
        )
    if rule.applies is not None:
        applies = expression(rule.applies, night)
        verdict = nw.when(applies).then(verdict).otherwise(nw.lit(NOT_APPLICABLE))
        verdict = nw.when(applies.is_null()).then(nw.lit(UNKNOWN)).otherwise(verdict)
    return verdict.cast(nw.Int64)


def _unsure(rule: Rule, columns: set[str]) -> list[nw.Expr]:
    """What leaves a row unjudged: a known column that is blank, a required cell that was rejected."""
    unsure = [nw.col(name).is_null() for name in rule.known]
    for required in rule.requires:
        feed, _, name = required.partition(".")
        rejected = _rejected_column(rule.subject, feed)
        if rejected in columns:
            unsure.append(unread(name, rejected))
    return unsure


def _rejected_column(subject: Subject, feed: str) -> str:
    own = {Subject.MERCHANT: "merchants", Subject.REGISTRATION: "registrations"}.get(subject, "devices")
    return "rejected" if feed == own else _REJECTED.get(feed, "")


def able(
    plan: Plan,
    columns: Mapping[str, frozenset[str]],
    health: Mapping[str, Health],
    due_columns: Mapping[str, frozenset[str]],
) -> tuple[Rule, ...]:
    """The rules that tonight's feeds allow to be evaluated."""
    return tuple(rule for rule in plan.rules if not _why_not(rule, columns, health, due_columns))


def wanted_of(rules: Iterable[Rule]) -> dict[Subject, frozenset[str]]:
    """The fact columns some rules look at, by subject; those that tie a consequence to its cause included."""
    rules = tuple(rules)
    wanted: dict[Subject, frozenset[str]] = {}
    for rule in rules:
        wanted[rule.subject] = wanted.get(rule.subject, frozenset()) | rule.columns
    by_id = {rule.id: rule for rule in rules}
    for explained in (one for rule in rules for one in rule.explains):
        if follower := by_id.get(explained.rule):
            wanted[follower.subject] |= explained.looks_at
    return wanted


def together(*wanted: Mapping[Subject, frozenset[str]]) -> dict[Subject, frozenset[str]]:
    """Everything that any of them wants."""
    found: dict[Subject, frozenset[str]] = {}
    for one in wanted:
        for subject, columns in one.items():
            found[subject] = found.get(subject, frozenset()) | columns
    return found


def evaluate(
    facts: Facts, plan: Plan, health: Mapping[str, Health], due_columns: Mapping[str, frozenset[str]]
) -> list[Outcome]:
    """Every rule of the plan, in order.

    `due_columns` names per feed the columns a rule can count on: required by configuration, or
    recognised on the last good night. A rule that needs one of them and lacks it is due but not evaluated.
    """
    able: dict[Subject, list[Rule]] = {}
    outcomes: dict[str, Outcome] = {}
    for rule in plan.rules:
        if reason := _why_not(rule, facts.columns, health, due_columns):
            outcomes[rule.id] = Outcome(rule, not_evaluated=reason)
        else:
            able.setdefault(rule.subject, []).append(rule)
    for subject, rules in able.items():
        for outcome in _evaluate_subject(facts.frames[subject], rules, plan):
            outcomes[outcome.rule.id] = outcome
    return [outcomes[rule.id] for rule in plan.rules]


def _why_not(
    rule: Rule,
    columns: Mapping[str, frozenset[str]],
    health: Mapping[str, Health],
    due_columns: Mapping[str, frozenset[str]],
) -> NotEvaluated | None:
    for feed in rule.feeds:
        if feed not in health:
            return NotEvaluated("feed_not_configured", {"feed": feed}, due=False)
    for required in rule.requires:
        feed, _, name = required.partition(".")
        if not columns[feed]:
            return NotEvaluated("feed_unusable", {"feed": feed}, due=True)
        if name not in columns[feed]:
            due = name in due_columns.get(feed, frozenset())
            return NotEvaluated("column_missing", {"feed": feed, "column": name}, due=due)
    if rule.absence_of and not (state := health[rule.absence_of]).complete:
        return NotEvaluated(
            state.reason or "feed_unusable", {"feed": rule.absence_of, **state.facts}, due=True
        )
    return None


def _evaluate_subject(frame: Frame, rules: Sequence[Rule], plan: Plan) -> list[Outcome]:
    """All rules of a subject in one pass; if that fails, one by one, so that a crash stays its own.

    Without a row there is nothing to judge, and not every engine can reckon with nothing.
    """
    if not len(sample := frame.head(1).collect("pyarrow").to_arrow()):
        nothing = sample.append_column("case", pa.array([], pa.int64()))
        return [Outcome(rule, nothing) for rule in rules]
    try:
        return _in_one_pass(frame, rules, plan)
    except Exception as failure:
        if len(rules) == 1:
            reason = NotEvaluated(
                "rule_crashed", {"detail": f"{type(failure).__name__}: {failure}"[:300]}, due=True
            )
            return [Outcome(rules[0], not_evaluated=reason)]
        return [outcome for rule in rules for outcome in _evaluate_subject(frame, [rule], plan)]


def _in_one_pass(frame: Frame, rules: Sequence[Rule], plan: Plan) -> list[Outcome]:
    columns = frame.collect_schema().names()
    judged = frame.with_columns(
        **{
            f"rule_{rule.id}": verdict_of(rule, plan.as_of, plan.thresholds.get(rule.id), columns)
            for rule in rules
        }
    )
    names = [f"rule_{rule.id}" for rule in rules]
    counts = judged.select(
        *(
            (nw.col(name) == code).cast(nw.Int64).sum().alias(f"{name}|{code}")
            for name in names
            for code in (PASSED, UNKNOWN)
        )
    ).collect("pyarrow")
    totals = {name: counts.to_arrow()[name][0].as_py() or 0 for name in counts.columns}
    hits = judged.filter(nw.any_horizontal(*(nw.col(name) > 0 for name in names), ignore_nulls=True))
    flagged = hits.collect("pyarrow").to_arrow()
    outcomes = []
    for rule, name in zip(rules, names, strict=True):
        own = flagged.filter(pc.greater(flagged[name], 0))
        own = own.append_column("case", own[name]).select([*columns, "case"]).sort_by("row_id")
        outcomes.append(Outcome(rule, own, int(totals[f"{name}|{PASSED}"]), int(totals[f"{name}|{UNKNOWN}"])))
    return outcomes
