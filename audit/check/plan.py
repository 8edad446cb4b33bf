"""Which rules run tonight, which of them can, and what they ask of the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from audit.crosscheck.schema import Subject
from audit.rules.model import Rule
from audit.tables.devices import TRANSACTION_COLUMNS

_COUNTED = frozenset(column.name for column in TRANSACTION_COLUMNS)


@dataclass(frozen=True)
class Health:
    """What may be concluded from a feed tonight."""

    complete: bool  # a row that is not there is not there
    fresh: bool  # not older than it may be
    reason: str = ""  # message key of why not, with `facts`
    facts: Mapping[str, object] = field(default_factory=dict)
    older: Mapping[str, date] = field(default_factory=dict)  # files exported before the audit date, and when


@dataclass(frozen=True)
class NotEvaluated:
    """Why a rule gave no answer. `due`: it should have, so the night is incomplete."""

    key: str
    facts: Mapping[str, object]
    due: bool


@dataclass(frozen=True)
class Grounds:
    """What the answers of a night rest on.

    `due_columns` names per feed the columns a rule can count on: required by configuration, or recognised on
    the last good night. A rule that needs one of them and lacks it is due but not evaluated.
    """

    health: Mapping[str, Health]
    due_columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    forgotten: NotEvaluated | None = None  # why nothing is known of the night before, where there was one


@dataclass(frozen=True)
class Plan:
    """Which rules run tonight, and with which thresholds."""

    rules: tuple[Rule, ...]
    thresholds: Mapping[str, Mapping[str, float]]
    as_of: date

    def of(self, wanted: Callable[[Rule], bool]) -> Plan:
        """The same night with the rules that are wanted."""
        return replace(self, rules=tuple(rule for rule in self.rules if wanted(rule)))


def able(plan: Plan, columns: Mapping[str, frozenset[str]], grounds: Grounds) -> tuple[Rule, ...]:
    """The rules that tonight's feeds, and what is remembered, allow to be evaluated."""
    return tuple(rule for rule in plan.rules if not why_not(rule, columns, grounds))


def wanted_of(rules: Iterable[Rule]) -> dict[Subject, frozenset[str]]:
    """The fact columns some rules look at, by subject; those that tie a consequence to its cause included."""
    rules = tuple(rules)
    wanted: dict[Subject, frozenset[str]] = {}
    for rule in rules:
        wanted[rule.subject] = wanted.get(rule.subject, frozenset()) | rule.columns
    by_id = {rule.id: rule for rule in rules}
    for name, columns in looked_at(rules).items():
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


def why_not(rule: Rule, columns: Mapping[str, frozenset[str]], grounds: Grounds) -> NotEvaluated | None:
    """What keeps a rule from being evaluated tonight, if anything does."""
    for feed in rule.feeds:
        if feed not in grounds.health:
            return NotEvaluated("feed_not_configured", {"feed": feed}, due=False)
    for required in rule.requires:
        feed, _, name = required.partition(".")
        if not columns[feed]:
            return NotEvaluated("feed_unusable", {"feed": feed}, due=True)
        if name not in columns[feed]:
            counted_on = _counted_on_in(feed, name, grounds)
            facts = {"feed": counted_on or feed, "column": name}
            return NotEvaluated("column_missing", facts, due=bool(counted_on))
    if lacking := _lacking(rule, columns, grounds):
        return lacking
    for feed in rule.absence_of:
        if not (state := grounds.health[feed]).complete:
            return NotEvaluated(state.reason or "feed_unusable", {"feed": feed, **state.facts}, due=True)
    return grounds.forgotten if rule.compares else None


def _counted_on_in(feed: str, column: str, grounds: Grounds) -> str:
    """The list in which the column was to be; "" where no rule could count on it.

    What the transactions table counts, the ledger need not: it may have been that table's.
    """
    lists = (feed, "transactions") if feed == "devices" and column in _COUNTED else (feed,)
    asked = (one for one in lists if one in grounds.health)
    return next((one for one in asked if column in grounds.due_columns.get(one, ())), "")


def _lacking(rule: Rule, columns: Mapping[str, frozenset[str]], grounds: Grounds) -> NotEvaluated | None:
    """Why none of the columns that can stand for each other will do, or one that was counted on is lost.

    What stands for a lost column is mostly not taken for it: terminals sign in less often than they report.
    """
    absent = [
        [one for one in group if one.partition(".")[2] not in columns.get(one.partition(".")[0], frozenset())]
        for group in rule.one_of
    ]
    lost = [
        one
        for one in (name for group in absent for name in group)
        if columns.get(one.partition(".")[0])
        and one.partition(".")[2] in grounds.due_columns.get(one.partition(".")[0], frozenset())
    ]
    if (not lost or rule.either) and (not absent or not all(absent)):
        return None
    feed, _, name = (lost or absent[0])[0].partition(".")
    if not columns[feed]:
        return NotEvaluated("feed_unusable", {"feed": feed}, due=True)
    return NotEvaluated("column_missing", {"feed": feed, "column": name}, due=bool(lost))


def looked_at(rules: Iterable[Rule]) -> dict[str, frozenset[str]]:
    """The fact columns that other rules look at in the findings of a rule, to explain them."""
    found: dict[str, frozenset[str]] = {}
    for explained in (one for rule in rules for one in rule.explains):
        found[explained.rule] = found.get(explained.rule, frozenset()) | explained.looks_at
    return found
