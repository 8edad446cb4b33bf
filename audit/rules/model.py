"""A rule is one declaration: what it looks at, when it speaks, and what it says in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject

_FIELD = re.compile(r"\{(\w+)(?::\w+)?\}")


class Severity(StrEnum):
    """How grave a finding is, gravest first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


class Category(StrEnum):
    """What a finding makes of its device; the gravest category of a device is its verdict."""

    UNREGISTERED = "unregistered"
    MISMATCH = "mismatch"
    EXPIRED = "expired"
    ATTENTION = "attention"
    MERCHANT = "merchant"
    INPUT = "input"


class Owner(StrEnum):
    """Who has to act."""

    VENDOR = "vendor"
    MERCHANT = "merchant"
    ACQUIRER = "acquirer"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Texts:
    """One text in both languages. `{name}` is a fact column, `{name:days}` its age in whole days."""

    zh: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.zh if language == "zh" else self.en

    @property
    def fields(self) -> tuple[str, ...]:
        """The fact columns and thresholds the text names."""
        return tuple(dict.fromkeys(_FIELD.findall(self.zh) + _FIELD.findall(self.en)))


@dataclass(frozen=True)
class Threshold:
    """A number a rule can be tuned by: `[rules.<ID>] name = value`."""

    name: str
    default: float
    unit: Texts
    source: Texts


DAYS = Texts("自然日", "calendar days")


@dataclass(frozen=True)
class Night:
    """What an expression may depend on besides the facts: the audit date and a rule's thresholds."""

    as_of: date
    values: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    def day(self, days_before: float = 0) -> date:
        """The audit date, or so many whole days before it."""
        return self.as_of - timedelta(days=int(days_before))

    def start_of(self, days_before: float = 0) -> datetime:
        """Midnight of that day, to compare with moments; naive, as the vendors' clocks are."""
        return datetime.combine(self.day(days_before), datetime.min.time())

    def past(self, day: nw.Expr, days: float = 0) -> nw.Expr:
        """Whether a date lies before the audit date, or more than so many days before it."""
        return day < self.day(days)

    def soon(self, day: nw.Expr, days: float) -> nw.Expr:
        """Whether a date is not past on the audit date and no more than so many days after it."""
        return (day >= self.day()) & (day <= self.day(-days))


# an expression over fact columns, or a function that makes one from the audit date and the thresholds
Condition = nw.Expr | Callable[[Night], nw.Expr]


def expression(condition: Condition, night: Night) -> nw.Expr:
    """The condition as an expression of that night."""
    return condition if isinstance(condition, nw.Expr) else condition(night)


def more_than(days: float, later: nw.Expr, earlier: nw.Expr) -> nw.Expr:
    """Whether a moment lies more than so many whole calendar days after another date or moment."""
    return later.dt.offset_by(f"-{int(days) + 1}d").cast(nw.Date) >= earlier.cast(nw.Date)


def unread(name: str, rejected: str = "rejected") -> nw.Expr:
    """Whether the cell of a canonical column was filled but could not be read; never null.

    `rejected` is the fact column that lists such cells of the feed: ",serial_no,install_date,".
    """
    return nw.col(rejected).str.contains(f",{name},", literal=True).fill_null(False)


@dataclass(frozen=True)
class Case:
    """One way a rule is broken: the first case that holds for a row gives severity and sentence."""

    when: Condition
    severity: Severity
    says: Texts
    actual: Texts | None = None  # the evidence, where each case of the rule has another


@dataclass(frozen=True)
class Example:
    """Fact rows that show a rule at work; `flagged` holds the places of those it must flag.

    Columns not named in a row are blank. The same rows are documentation (`explain`) and test.
    """

    rows: tuple[Mapping[str, Any], ...]
    flagged: tuple[int, ...]
    unknown: tuple[int, ...] = ()


@dataclass(frozen=True)
class Explains:
    """Findings of another rule that follow from a finding of this one, and are led by it.

    A finding of `rule` follows where its fact columns `theirs` hold what `own` hold here. The leading
    finding is worked on; what follows points to it and goes with it. `holds`: what follows is suspected
    to be the channel's doing, and nothing is demanded of anybody until that is cleared up.
    """

    rule: str
    own: tuple[str, ...] = ("device_key",)
    theirs: tuple[str, ...] = ("device_key",)
    only: tuple[tuple[str, str], ...] = ()
    holds: bool = False

    @property
    def looks_at(self) -> frozenset[str]:
        """The fact columns of the explained rule's subject that this needs."""
        return frozenset({*self.theirs, *(name for name, _ in self.only)})


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong.

    `requires` names columns of feeds ("devices.firmware"): where one was not recognised, the rule is not
    evaluated; where a cell of one was rejected, that row is not. `one_of` has columns that can stand for each
    other, in groups: all of one group have to be recognised. `either` says that each row is judged by those it
    has, so that one of them that is lost silences nothing. `applies` says which rows it is about;
    `known` names fact columns without which a row cannot be judged, `unsure` says so for what a blank does
    not show. `absence_of` names the feeds whose
    missing row is the fault, so that an incomplete feed silences the rule instead of flagging everything.
    `never_all` names a column of a feed, where the fault of every row is none of theirs: the two lists then number
    things differently, and the rule is not evaluated.
    `compares` says that it looks at the registration states of the night before, so that it says nothing where
    those are forgotten. `foretells` are the days that the cases warn of: a finding that passes because such a
    day has come ends without anything being mended. `told_in` names the feed that would tell of what the rule misses: of a file exported before the audit
    date, days are counted to that date, and what the days since then may have brought is unknown.
    `actual` and `expected` name the columns shown as evidence.
    """

    id: str
    subject: Subject
    category: Category
    requires: tuple[str, ...]
    cases: tuple[Case, ...]
    cause: str  # the statement of the article it answers, as numbered in `[cause]` of the labels
    owner: Owner
    title: Texts
    why: Texts
    remedy: Texts
    example: Example
    one_of: tuple[tuple[str, ...], ...] = ()
    either: bool = False
    never_all: str = ""
    applies: Condition | None = None
    known: tuple[str, ...] = ()
    unsure: Condition | None = None
    foretells: tuple[nw.Expr, ...] = ()
    absence_of: tuple[str, ...] = ()
    told_in: str = ""
    compares: bool = False
    thresholds: tuple[Threshold, ...] = ()
    expected: Texts = Texts("", "")
    actual: Texts = Texts("", "")
    suggestion: Texts = Texts("", "")  # a value to consider, never taken by itself
    explains: tuple[Explains, ...] = ()
    other: str = ""  # the second source: the prefix of its `_source_file`, `_source_sheet`, `_source_row`
    since: str = "0.1.0"

    @property
    def severity(self) -> Severity:
        """The gravest a finding of this rule can be."""
        return min((case.severity for case in self.cases), key=lambda severity: severity.rank)

    @property
    def asked(self) -> tuple[str, ...]:
        """Every column of a feed that is named: those of `requires` and of `one_of`."""
        return (*self.requires, *(name for group in self.one_of for name in group))

    @cached_property
    def feeds(self) -> tuple[str, ...]:
        """The feeds the rule cannot do without; the first of the groups that stand for each other is of such."""
        asked = [*self.requires, *(self.one_of[0] if self.one_of else ())]
        named = [column.split(".")[0] for column in asked]
        return tuple(dict.fromkeys([*named, *self.absence_of]))

    @property
    def file(self) -> str:
        """The fact column of the file that `told_in` is about: the second source, or where the row itself stands."""
        return f"{self.other}_source_file" if self.other else "source_file"

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Fact columns its texts name."""
        own = [text for case in self.cases for text in (case.says, self.actual_of(case))]
        texts = [*own, self.expected, self.actual, self.suggestion]
        return tuple(dict.fromkeys(name for text in texts for name in text.fields))

    @cached_property
    def columns(self) -> frozenset[str]:
        """Every fact column the rule looks at: those of its texts, of `known`, of `explains`, and of its example.

        An example names what its rule asks for, in one row at least; a test holds every example to it.
        """
        shown = {name for row in self.example.rows for name in row}
        second = {f"{self.other}_source_{part}" for part in ("file", "sheet", "row")} if self.other else set()
        keys = {name for explained in self.explains for name in explained.own}
        return frozenset({*self.fields, *self.known, *shown, *second, *keys, *self.subject.identity})

    def actual_of(self, case: Case) -> Texts:
        """The evidence that is shown where a case holds."""
        return case.actual or self.actual

    def night(self, as_of: date, configured: Mapping[str, float] | None = None) -> Night:
        """The audit date with this rule's thresholds, defaults where nothing is configured."""
        values = {threshold.name: threshold.default for threshold in self.thresholds}
        return Night(as_of, values | dict(configured or {}))
