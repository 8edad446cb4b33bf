"""A rule as expressions on one night: whether it applies, whether it can be judged, which case holds."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import narwhals.stable.v2 as nw

from audit.check.horizon import Horizon
from audit.crosscheck.schema import Subject
from audit.rules.model import Night, Rule, expression, unread

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


def verdict_of(
    rule: Rule, horizon: Horizon, thresholds: Mapping[str, float] | None, columns: Iterable[str]
) -> nw.Expr:
    """The rule as one expression: -2 unknown, -1 not applicable, 0 passed, n the n-th case.

    `columns` are those of the fact frame.
    """
    asks = Asks.of(rule, horizon, thresholds, set(columns), None)
    verdict = asks.case()
    if asks.unsure is not None:
        verdict = nw.when(asks.unsure).then(nw.lit(UNKNOWN)).otherwise(verdict)
    if asks.applies is not None:
        verdict = nw.when(asks.applies).then(verdict).otherwise(nw.lit(NOT_APPLICABLE))
        verdict = nw.when(asks.applies.is_null()).then(nw.lit(UNKNOWN)).otherwise(verdict)
    return verdict.cast(nw.Int64)


@dataclass(frozen=True)
class Asks:
    """A rule's expressions on one night, each true, false or unknown; None is always true, or never.

    `beyond` is the part of `unsure` that only the days since a file was exported account for.
    """

    applies: nw.Expr | None
    unsure: nw.Expr | None
    cases: tuple[nw.Expr, ...]
    beyond: nw.Expr | None = None

    @classmethod
    def of(
        cls,
        rule: Rule,
        horizon: Horizon,
        thresholds: Mapping[str, float] | None,
        columns: set[str],
        rejected: Rejected | None,
    ) -> Asks:
        """Those of a rule; `rejected` where the texts of the lists of rejected cells are known.

        It is flagged what was so on the day of the horizon; what only the days since then would make so is
        unknown.
        """
        night = rule.night(horizon.as_of, thresholds)
        unsure = _unsure(rule, columns, rejected)
        if rule.unsure is not None:
            unsure.append(expression(rule.unsure, night))
        cases = _cases(rule, night)
        beyond: list[nw.Expr] = []
        for day in sorted(set(horizon.older.values())):
            of_these = nw.col(rule.file).is_in([name for name, on in horizon.older.items() if on == day])
            then = _cases(rule, rule.night(day, thresholds))
            beyond.append(of_these & _any(cases) & ~_any(then))
            cases = tuple(
                nw.when(of_these).then(was).otherwise(now) for was, now in zip(then, cases, strict=True)
            )
        return cls(
            None if rule.applies is None else expression(rule.applies, night),
            _either([*unsure, *beyond]),
            cases,
            _either(beyond),
        )

    def case(self) -> nw.Expr:
        """The number of the first case that holds, 0 where none does."""
        number: nw.Expr = nw.lit(PASSED)
        for place, holds in reversed(list(enumerate(self.cases, start=1))):
            number = nw.when(holds).then(nw.lit(place)).otherwise(number)
        return number


def beyond_file(
    rule: Rule, horizon: Horizon, thresholds: Mapping[str, float] | None, columns: Iterable[str]
) -> nw.Expr:
    """Of which rows the rule would say something, had it happened before their file was exported.

    `horizon` is one with files older than the audit date.
    """
    asks = Asks.of(rule, horizon, thresholds, set(columns), None)
    assert asks.beyond is not None
    beyond = asks.beyond.fill_null(False)
    return beyond if asks.applies is None else beyond & asks.applies.fill_null(False)


def _cases(rule: Rule, night: Night) -> tuple[nw.Expr, ...]:
    return tuple(expression(case.when, night) for case in rule.cases)


def _either(conditions: Sequence[nw.Expr]) -> nw.Expr | None:
    return reduce(operator.or_, conditions) if conditions else None


def _any(cases: Sequence[nw.Expr]) -> nw.Expr:
    return reduce(operator.or_, (case.fill_null(False) for case in cases))


def _unsure(rule: Rule, columns: set[str], rejected: Rejected | None) -> list[nw.Expr]:
    """What leaves a row unjudged: a known column that is blank, a required cell that was rejected."""
    unsure = [nw.col(name).is_null() for name in rule.known]
    for required in rule.requires:
        feed, _, name = required.partition(".")
        column = rejected_column(rule.subject, feed)
        if column not in columns:
            continue
        if rejected is None:
            unsure.append(unread(name, column))
        elif texts := [text for text in rejected[column] if f",{name}," in text]:
            unsure.append(nw.col(column).is_in(texts).fill_null(False))
    return unsure


def rejected_column(subject: Subject, feed: str) -> str:
    """The fact column that lists the cells of a feed's row that were rejected."""
    own = {Subject.MERCHANT: "merchants", Subject.REGISTRATION: "registrations"}.get(subject, "devices")
    return "rejected" if feed == own else _REJECTED.get(feed, "")
