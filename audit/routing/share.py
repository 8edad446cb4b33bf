"""An owner's share of the night: its rows of the facts, judged by the same rules."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import narwhals.stable.v2 as nw

from audit.assessment import Assessment
from audit.check import Grounds, NotEvaluated, Outcome, Plan, evaluate
from audit.crosscheck.facts import Facts
from audit.crosscheck.schema import Subject
from audit.engines import Engine, Frame
from audit.routing.owners import Owner, Scope

# what belongs to somebody; files, channels, policies, trainings and the programme are the house's own
_OF_CHANNELS = frozenset({Subject.DEVICE_CHANNEL, Subject.DEVICE_POLICY, Subject.REGISTRATION})
_OWNED = _OF_CHANNELS | {Subject.DEVICE, Subject.MERCHANT, Subject.SITE, Subject.ROW}
_TELLING = (
    Subject.DEVICE,
    Subject.MERCHANT,
    Subject.REGISTRATION,
)  # where the values of claims are looked for


@dataclass(frozen=True)
class Share:
    """What the night is for one owner: its facts, and what the rules made of them."""

    scope: Scope
    assessed: Assessment


def values_present(assessed: Assessment, owners: Sequence[Owner]) -> dict[str, set[str]]:
    """Per column that an owner claims the texts tonight's facts have in it."""
    claimed = dict.fromkeys(column for owner in owners for column, _ in owner.claims)
    present: dict[str, set[str]] = {column: set() for column in claimed}
    frames = [frame for subject in _TELLING if (frame := assessed.facts.frames.get(subject)) is not None]
    frames.append(assessed.facts.frames[Subject.DEVICE_CHANNEL])
    for frame in frames:
        for column in set(claimed) & set(frame.collect_schema().names()):
            present[column] |= texts_of(assessed.engine, frame, column)
    return present


def texts_of(engine: Engine, frame: Frame, column: str) -> set[str]:
    """The texts that occur in a column."""
    rows = engine.collected(frame.filter(~nw.col(column).is_null()).select(column).unique())
    return set(rows[column].to_pylist())


def share_of(assessed: Assessment, plan: Plan, scope: Scope) -> Share:
    """The owner's rows of every subject that can be somebody's, under every rule that was evaluated.

    A rule that none of its rows is subject to has nothing to say to it. The facts of a row are the night's:
    that another party has the same serial stays known.
    """
    owned = _OF_CHANNELS if scope.by_channel else _OWNED
    facts = Facts(
        assessed.engine,
        {
            subject: _own(assessed.engine, frame, scope)
            for subject, frame in assessed.facts.frames.items()
            if subject in _OWNED
        },
        assessed.facts.columns,
    )
    silent = {one.rule.id: one for one in assessed.outcomes if one.not_evaluated}
    judged = plan.of(lambda rule: rule.subject in owned and rule.id not in silent)
    answers = evaluate(facts, judged, Grounds(assessed.health))
    by_id = {one.rule.id: one for one in answers if one.count + one.passed + one.unknown}
    by_id |= {name: _reticent(one) for name, one in silent.items() if one.rule.subject in owned}
    outcomes = tuple(by_id[rule.id] for rule in plan.rules if rule.id in by_id)
    return Share(scope, replace(assessed, facts=facts, outcomes=outcomes))


def _own(engine: Engine, frame: Frame, scope: Scope) -> Frame:
    """The owner's rows. A frame without channels has the rows of all; without any other column, none."""
    names = frame.collect_schema().names()
    claims = [(column, texts) for column, texts in scope.values if column in names or column != "channel"]
    if any(column not in names or not texts for column, texts in claims):
        return engine.held(frame.filter(nw.col("row_id") < 0))
    holds = [nw.col(column).is_in(list(texts)) for column, texts in claims]
    return engine.held(frame.filter(reduce(operator.and_, holds))) if holds else frame


def _reticent(outcome: Outcome) -> Outcome:
    """Why a rule gave no answer, without what a failing row may have shown."""
    reason = outcome.not_evaluated
    assert reason is not None
    if "detail" not in reason.facts:
        return outcome
    detail = str(reason.facts["detail"]).partition(":")[0]
    return replace(outcome, not_evaluated=NotEvaluated(reason.key, {"detail": detail}, reason.due))
