"""What earlier nights came to, to see tonight beside: figures by day, and which rules moved since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Self

import sqlalchemy as sa

from audit.ledger.estate import scope_of
from audit.ledger.history import rule_changes
from audit.ledger.lives import Kind, State
from audit.ledger.schema import EVENTS, RUNS

DAYS = 90  # of the trend, tonight included


@dataclass(frozen=True)
class Figures:
    """What a night came to; None for what a night of an earlier release did not note."""

    verdicts: Mapping[str, int]
    open: int | None
    new: int | None  # those that came back included; None on the first night, when all are
    fixed: int | None
    overdue: int | None

    @classmethod
    def of(cls, counts: Mapping[str, Any]) -> Self:
        """The figures of the counts a night left in the ledger (`Report.counts`)."""
        states = counts.get("states")
        return cls(
            verdicts=counts.get("verdicts", {}),
            open=counts.get("open"),
            new=None if states is None else states.get(State.NEW, 0) + states.get(State.REOPENED, 0),
            fixed=None if states is None else states.get(State.FIXED, 0),
            overdue=counts.get("overdue"),
        )

    @property
    def devices(self) -> int | None:
        """Devices in scope."""
        return sum(self.verdicts.values()) if self.verdicts else None

    @property
    def rate(self) -> float | None:
        """The share of compliant devices."""
        return self.verdicts.get("compliant", 0) / self.devices if self.devices else None


@dataclass(frozen=True)
class Past:
    """The nights before tonight, as far as they can be compared with it.

    `days` ends with the day before tonight; a day without a comparable night has no figures: a gap, never a
    zero. `rules_moved` are rules that were changed, added, removed, or answered on one of the two nights
    alone: what their findings did is not what the estate did.
    """

    days: tuple[tuple[date, Figures | None], ...] = ()
    before: Figures | None = None  # of the last night
    rules_moved: frozenset[str] = frozenset()
    severity_before: Mapping[str, str] = field(default_factory=dict)  # of findings that are graver tonight
    other_scope: bool = False  # the last night was about another estate or other channels


def past_of(
    connection: sa.Connection,
    as_of: date,
    number: int,
    scope: Mapping[str, object],
    rules: Mapping[str, Mapping[str, str]],
) -> Past:
    """What the ledger knows of the nights before run `number`, whose findings are recorded.

    A night about another estate or other channels is a gap. `rules` are tonight's (`rule_records`).
    """
    start = as_of - timedelta(days=DAYS - 1)
    standing = sa.and_(~RUNS.c.superseded, RUNS.c.as_of < as_of)
    kept = sa.select(RUNS.c.as_of, RUNS.c.scope, RUNS.c.counts).where(standing, RUNS.c.as_of >= start)
    first = connection.scalar(sa.select(sa.func.min(RUNS.c.as_of)).where(~RUNS.c.superseded))
    figures = {
        row.as_of: replace(Figures.of(row.counts), new=None) if row.as_of == first else Figures.of(row.counts)
        for row in connection.execute(kept)
        if scope_of(row.scope) in ({}, scope)
    }
    last = sa.select(RUNS.c.scope, RUNS.c.counts, RUNS.c.rules).where(standing)
    before = connection.execute(last.order_by(RUNS.c.as_of.desc()).limit(1)).one_or_none()
    comparable = before is not None and scope_of(before.scope) in ({}, scope)
    moved = rule_changes(before.rules, rules).values() if before is not None else ()
    graver = sa.select(EVENTS.c.finding_id, EVENTS.c.was_severity).where(
        EVENTS.c.number == number, EVENTS.c.kind == Kind.WORSE.value
    )
    return Past(
        tuple((day, figures.get(day)) for day in (start + timedelta(days=n) for n in range(DAYS - 1))),
        Figures.of(before.counts) if before is not None and comparable else None,
        frozenset(name for names in moved for name in names),
        {row.finding_id: row.was_severity for row in connection.execute(graver)},
        before is not None and not comparable,
    )
