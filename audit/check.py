"""Rules over facts: each passes, flags rows, or was not evaluated, with the reason."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa

from audit.crosscheck.facts import ALWAYS, Facts
from audit.crosscheck.schema import Subject
from audit.engines import Engine, Frame, answers
from audit.errors import AuditError
from audit.rules.model import Rule, expression, unread

# the texts that occur in the columns that list rejected cells: ",serial_no,install_date,"
Rejected = Mapping[str, Sequence[str]]

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
    asks = _Asks.of(rule, as_of, thresholds, set(columns), None)
    verdict = asks.case()
    if asks.unsure is not None:
        verdict = nw.when(asks.unsure).then(nw.lit(UNKNOWN)).otherwise(verdict)
    if asks.applies is not None:
        verdict = nw.when(asks.applies).then(verdict).otherwise(nw.lit(NOT_APPLICABLE))
        verdict = nw.when(asks.applies.is_null()).then(nw.lit(UNKNOWN)).otherwise(verdict)
    return verdict.cast(nw.Int64)


@dataclass(frozen=True)
class _Asks:
    """A rule's expressions on one night, each true, false or unknown; None is always true, or never."""

    applies: nw.Expr | None
    unsure: nw.Expr | None
    cases: tuple[nw.Expr, ...]

    @classmethod
    def of(
        cls,
        rule: Rule,
        as_of: date,
        thresholds: Mapping[str, float] | None,
        columns: set[str],
        rejected: Rejected | None,
    ) -> _Asks:
        """Those of a rule; `rejected` where the texts of the lists of rejected cells are known."""
        night = rule.night(as_of, thresholds)
        unsure = _unsure(rule, columns, rejected)
        if rule.unsure is not None:
            unsure.append(expression(rule.unsure, night))
        return cls(
            None if rule.applies is None else expression(rule.applies, night),
            reduce(operator.or_, unsure) if unsure else None,
            tuple(expression(case.when, night) for case in rule.cases),
        )

    def case(self) -> nw.Expr:
        """The number of the first case that holds, 0 where none does."""
        number: nw.Expr = nw.lit(PASSED)
        for place, holds in reversed(list(enumerate(self.cases, start=1))):
            number = nw.when(holds).then(nw.lit(place)).otherwise(number)
        return number


def _unsure(rule: Rule, columns: set[str], rejected: Rejected | None) -> list[nw.Expr]:
    """What leaves a row unjudged: a known column that is blank, a required cell that was rejected."""
    unsure = [nw.col(name).is_null() for name in rule.known]
    for required in rule.requires:
        feed, _, name = required.partition(".")
        column = _rejected_column(rule.subject, feed)
        if column not in columns:
            continue
        if rejected is None:
            unsure.append(unread(name, column))
        elif texts := [text for text in rejected[column] if f",{name}," in text]:
            unsure.append(nw.col(column).is_in(texts).fill_null(False))
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
    for name, columns in _looked_at(rules).items():
        if follower := by_id.get(name):
            wanted[follower.subject] |= columns
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
        for outcome in _evaluate_subject(facts.engine, facts.frames[subject], rules, plan):
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


def _evaluate_subject(engine: Engine, frame: Frame, rules: Sequence[Rule], plan: Plan) -> list[Outcome]:
    """All rules of a subject in one pass; if that fails, one by one, so that a crash stays its own.

    Without a row there is nothing to judge, and not every engine can reckon with nothing.
    """
    if not len(sample := engine.collected(frame.head(1))):
        nothing = sample.append_column("case", pa.array([], pa.int64()))
        return [Outcome(rule, nothing) for rule in rules]
    try:
        return _in_one_pass(engine, frame, rules, plan)
    except AuditError:  # the engine's, with its own word about what to do
        raise
    except Exception as failure:
        if len(rules) == 1:
            reason = NotEvaluated(
                "rule_crashed", {"detail": f"{type(failure).__name__}: {failure}"[:300]}, due=True
            )
            return [Outcome(rules[0], not_evaluated=reason)]
        return [outcome for rule in rules for outcome in _evaluate_subject(engine, frame, [rule], plan)]


def _in_one_pass(engine: Engine, frame: Frame, rules: Sequence[Rule], plan: Plan) -> list[Outcome]:
    """Three truths a rule and row: it applies, it can be judged, it is flagged.

    Truths, and numbers of cases for the flagged rows alone: a number for every row costs an engine in memory
    more than all the comparisons.
    """
    columns = frame.collect_schema().names()
    rejected = _rejected_texts(engine, frame, rules, columns)
    asks = {
        rule.id: _Asks.of(rule, plan.as_of, plan.thresholds.get(rule.id), set(columns), rejected)
        for rule in rules
    }
    looked_at = _looked_at(plan.rules)
    shown = {rule.id: rule.columns | ALWAYS | looked_at.get(rule.id, frozenset()) for rule in rules}
    totals, flagged = engine.told(
        frame,
        lambda rows: _judged(engine, *_prepared(engine, rows, asks)),
        [f"{kind}_{name}" for name in asks for kind in _KINDS],
        {f"flagged_{name}": [column for column in columns if column in own] for name, own in shown.items()},
    )
    outcomes = []
    for rule in rules:
        applying, answered, found = (totals[f"{kind}_{rule.id}"] for kind in _KINDS)
        own = _with_case(flagged[f"flagged_{rule.id}"], asks[rule.id])
        outcomes.append(Outcome(rule, own, answered - found, applying - answered))
    return outcomes


_KINDS = ("applies", "judged", "flagged")


def _looked_at(rules: Iterable[Rule]) -> dict[str, frozenset[str]]:
    """The fact columns that other rules look at in the findings of a rule, to explain them."""
    found: dict[str, frozenset[str]] = {}
    for explained in (one for rule in rules for one in rule.explains):
        found[explained.rule] = found.get(explained.rule, frozenset()) | explained.looks_at
    return found


def _prepared(engine: Engine, frame: Frame, asks: Mapping[str, _Asks]) -> tuple[Frame, dict[str, _Asks]]:
    """The frame and the expressions as the engine likes them best."""
    frame, ready = engine.prepared(
        frame,
        [one for own in asks.values() for one in (own.applies, own.unsure, *own.cases) if one is not None],
    )
    rest = iter(ready)
    return frame, {
        name: _Asks(
            None if own.applies is None else next(rest),
            None if own.unsure is None else next(rest),
            tuple(next(rest) for _ in own.cases),
        )
        for name, own in asks.items()
    }


def _judged(engine: Engine, frame: Frame, asks: Mapping[str, _Asks]) -> Frame:
    """The frame with applies_<ID> (or unknown), judged_<ID> and flagged_<ID>, step by step."""
    always = ~nw.col("row_id").is_null()

    def judged(name: str, one: _Asks) -> nw.Expr:
        applies = nw.col(f"applies_{name}").fill_null(False)
        return applies if one.unsure is None else applies & ~one.unsure.fill_null(False)

    def flagged(name: str, one: _Asks) -> nw.Expr:
        return nw.col(f"judged_{name}") & reduce(operator.or_, one.cases).fill_null(False)

    frame = engine.answered(
        frame,
        {f"applies_{name}": always if one.applies is None else one.applies for name, one in asks.items()},
    )
    frame = engine.answered(frame, {f"judged_{name}": judged(name, one) for name, one in asks.items()})
    return engine.answered(frame, {f"flagged_{name}": flagged(name, one) for name, one in asks.items()})


def _with_case(rows: pa.Table, asks: _Asks) -> pa.Table:
    """The flagged rows of a rule with the number of the case that holds."""
    if len(asks.cases) == 1:
        return rows.append_column("case", pa.array(np.ones(rows.num_rows, np.int64)))
    found = answers(rows, {str(place): holds for place, holds in enumerate(asks.cases, start=1)})
    numbers = np.full(rows.num_rows, PASSED)
    for place, holds in reversed(found.items()):
        numbers[holds.fill_null(False).to_numpy(zero_copy_only=False)] = int(place)
    return rows.append_column("case", pa.array(numbers))


def _rejected_texts(
    engine: Engine, frame: Frame, rules: Sequence[Rule], columns: Sequence[str]
) -> dict[str, list[str]]:
    """What stands in the columns that list rejected cells: mostly little, so most rules need not look."""
    names = {
        _rejected_column(rule.subject, required.partition(".")[0])
        for rule in rules
        for required in rule.requires
    }
    found = {}
    for name in sorted(names & set(columns)):
        texts = engine.collected(frame.select(name).filter(~nw.col(name).is_null()).unique())
        found[name] = sorted(texts[name].to_pylist())
    return found
