"""Rules over facts: each passes, flags rows, or was not evaluated, with the reason."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa

from audit.check.horizon import horizon_of
from audit.check.plan import Grounds, Health, NotEvaluated, Plan, looked_at, why_not
from audit.check.verdict import PASSED, Asks, rejected_column
from audit.crosscheck.facts import ALWAYS, Facts
from audit.crosscheck.schema import Subject
from audit.engines import Engine, Frame, answers
from audit.errors import AuditError
from audit.rules.model import Rule


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


def evaluate(facts: Facts, plan: Plan, grounds: Grounds) -> list[Outcome]:
    """Every rule of the plan, in order."""
    able: dict[Subject, list[Rule]] = {}
    outcomes: dict[str, Outcome] = {}
    for rule in plan.rules:
        if reason := why_not(rule, facts.columns, grounds):
            outcomes[rule.id] = Outcome(rule, not_evaluated=reason)
        else:
            able.setdefault(rule.subject, []).append(rule)
    for subject, rules in able.items():
        for outcome in _evaluate_subject(facts, facts.frames[subject], rules, plan, grounds.health):
            outcomes[outcome.rule.id] = _doubted(outcome)
    return [outcomes[rule.id] for rule in plan.rules]


def _doubted(outcome: Outcome) -> Outcome:
    """The outcome, or none where every row of many has a fault that never all of them have."""
    feed, _, column = outcome.rule.never_all.partition(".")
    if not feed or outcome.passed or outcome.count < _MANY:
        return outcome
    reason = NotEvaluated("numbered_otherwise", {"feed": feed, "column": column}, due=True)
    return Outcome(outcome.rule, not_evaluated=reason)


_MANY = 10


def _evaluate_subject(
    facts: Facts, frame: Frame, rules: Sequence[Rule], plan: Plan, health: Mapping[str, Health]
) -> list[Outcome]:
    """All rules of a subject in one pass; if that fails, one by one, so that a crash stays its own.

    Without a row there is nothing to judge, and not every engine can reckon with nothing.
    """
    engine = facts.engine
    if not engine.judges_nothing and not len(sample := engine.collected(frame.head(1))):
        nothing = sample.append_column("case", pa.array([], pa.int64()))
        return [Outcome(rule, nothing) for rule in rules]
    try:
        return _in_one_pass(facts, frame, rules, plan, health)
    except AuditError:  # the engine's, with its own word about what to do
        raise
    except Exception as failure:
        if len(rules) == 1:
            reason = NotEvaluated(
                "rule_crashed", {"detail": f"{type(failure).__name__}: {failure}"[:300]}, due=True
            )
            return [Outcome(rules[0], not_evaluated=reason)]
        return [one for rule in rules for one in _evaluate_subject(facts, frame, [rule], plan, health)]


def _in_one_pass(
    facts: Facts, frame: Frame, rules: Sequence[Rule], plan: Plan, health: Mapping[str, Health]
) -> list[Outcome]:
    """Three truths a rule and row: it applies, it can be judged, it is flagged.

    Truths, and numbers of cases for the flagged rows alone: a number for every row costs an engine in memory
    more than all the comparisons.
    """
    engine, columns = facts.engine, frame.collect_schema().names()
    rejected = _rejected_texts(facts, frame, rules, columns)
    horizons = {rule.id: horizon_of(rule, plan.as_of, health) for rule in rules}
    asks = {
        rule.id: Asks.of(rule, horizons[rule.id], plan.thresholds.get(rule.id), set(columns), rejected)
        for rule in rules
    }
    explained = looked_at(plan.rules)
    shown = {rule.id: rule.columns | ALWAYS | explained.get(rule.id, frozenset()) for rule in rules}
    totals, flagged = engine.told(
        frame,
        lambda rows: _judged(engine, *_prepared(engine, rows, asks)),
        [f"{kind}_{name}" for name in asks for kind in _KINDS],
        {f"flagged_{name}": [column for column in columns if column in own] for name, own in shown.items()},
    )
    outcomes = []
    for rule in rules:
        applying, answered, found = (totals[f"{kind}_{rule.id}"] for kind in _KINDS)
        own = horizons[rule.id].noted(_with_case(flagged[f"flagged_{rule.id}"], asks[rule.id]), rule)
        outcomes.append(Outcome(rule, own, answered - found, applying - answered))
    return outcomes


_KINDS = ("applies", "judged", "flagged")


def _prepared(engine: Engine, frame: Frame, asks: Mapping[str, Asks]) -> tuple[Frame, dict[str, Asks]]:
    """The frame and the expressions as the engine likes them best."""
    frame, ready = engine.prepared(
        frame,
        [one for own in asks.values() for one in (own.applies, own.unsure, *own.cases) if one is not None],
    )
    rest = iter(ready)
    return frame, {
        name: Asks(
            None if own.applies is None else next(rest),
            None if own.unsure is None else next(rest),
            tuple(next(rest) for _ in own.cases),
        )
        for name, own in asks.items()
    }


def _judged(engine: Engine, frame: Frame, asks: Mapping[str, Asks]) -> Frame:
    """The frame with applies_<ID> (or unknown), judged_<ID> and flagged_<ID>, step by step."""
    always = ~nw.col("row_id").is_null()

    def judged(name: str, one: Asks) -> nw.Expr:
        applies = nw.col(f"applies_{name}").fill_null(False)
        return applies if one.unsure is None else applies & ~one.unsure.fill_null(False)

    def flagged(name: str, one: Asks) -> nw.Expr:
        return nw.col(f"judged_{name}") & reduce(operator.or_, one.cases).fill_null(False)

    frame = engine.answered(
        frame,
        {f"applies_{name}": always if one.applies is None else one.applies for name, one in asks.items()},
    )
    frame = engine.answered(frame, {f"judged_{name}": judged(name, one) for name, one in asks.items()})
    return engine.answered(frame, {f"flagged_{name}": flagged(name, one) for name, one in asks.items()})


def _with_case(rows: pa.Table, asks: Asks) -> pa.Table:
    """The flagged rows of a rule with the number of the case that holds."""
    if len(asks.cases) == 1:
        return rows.append_column("case", pa.array(np.ones(rows.num_rows, np.int64)))
    found = answers(rows, {str(place): holds for place, holds in enumerate(asks.cases, start=1)})
    numbers = np.full(rows.num_rows, PASSED)
    for place, holds in reversed(found.items()):
        numbers[holds.fill_null(False).to_numpy(zero_copy_only=False)] = int(place)
    return rows.append_column("case", pa.array(numbers))


def _rejected_texts(
    facts: Facts, frame: Frame, rules: Sequence[Rule], columns: Sequence[str]
) -> dict[str, list[str]]:
    """What stands in the columns that list rejected cells: mostly little, so most rules need not look.

    It is read where it came from, for a wide frame may be much work.
    """
    feeds = {required.partition(".")[0] for rule in rules for required in rule.requires}
    names = {rejected_column(rules[0].subject, feed): feed for feed in sorted(feeds)}
    found = {}
    for name in sorted(set(names) & set(columns)):
        table = facts.tables.get(names[name])
        cells = frame.select(text=name) if table is None else table.select(text="rejected")
        texts = facts.engine.collected(cells.filter(~nw.col("text").is_null()).unique())
        found[name] = sorted(texts["text"].to_pylist())
    return found
