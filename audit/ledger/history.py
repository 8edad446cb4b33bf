"""The nights behind: what each came to, how two of them differ, and how figures ran over time.

What was known on a night is read by taking back, from today's lives, every event of the nights after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from audit.check import Outcome
from audit.errors import ConfigError
from audit.ledger.database import Database
from audit.ledger.lifecycle import Kind
from audit.ledger.recording import OPEN_LIVES
from audit.ledger.schema import EVENTS, FINDINGS, RUNS, WORDINGS
from audit.rules.model import Rule, Severity

_NOT_OF_LIFE = (Kind.SAID.value, Kind.RESET.value, Kind.WITHDRAWN.value)
_ANSWERED = ("passed", "flagged", "undecided")


class Drift(StrEnum):
    """What became of a finding between two nights, what needs an eye first."""

    WORSE = "worse"  # graver than before
    BACK = "back"  # had been closed
    NEW = "new"
    FIXED = "fixed"
    STILL = "still"


@dataclass(frozen=True)
class PastNight:
    """A night that stands, as `history` shows it. `gap` counts the days without a run before it."""

    number: int
    run_id: str
    as_of: date
    exit_code: int
    reason: str
    version: str
    config_digest: str
    counts: Mapping[str, Any]
    scope: Mapping[str, Any]
    rules: Mapping[str, Mapping[str, str]]
    files: Mapping[str, str]
    gap: int = 0


@dataclass(frozen=True)
class Moved:
    """A finding that is not on both nights what it was; severity before is "" for one that was not open."""

    finding_id: str
    rule: str
    drift: Drift
    severity_before: str
    severity: str
    by_rule: bool  # its rule was changed, added, removed, or answered on one of the nights alone
    title: str
    detail: str
    serial_no: str
    merchant_no: str


@dataclass(frozen=True)
class Difference:
    """Two nights compared. `still` counts what is open on both and no graver."""

    before: PastNight
    after: PastNight
    moved: tuple[Moved, ...]
    still: int
    rules_added: tuple[str, ...]
    rules_removed: tuple[str, ...]
    rules_changed: tuple[str, ...]
    rules_silent: tuple[str, ...]  # answered on one of the two nights alone

    def count(self, drift: Drift, *, by_rule: bool = False) -> int:
        """Findings of a kind: those the estate itself moved, or those a change of rules did."""
        if drift is Drift.STILL:
            return 0 if by_rule else self.still
        return sum(one.drift is drift and one.by_rule is by_rule for one in self.moved)


def rule_records(
    outcomes: Iterable[Outcome], thresholds: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, str]]:
    """Per rule of a night what it was and whether it answered, for `diff` to tell its changes from drift."""
    return {
        outcome.rule.id: {
            "signature": _signature(outcome.rule, thresholds.get(outcome.rule.id, {})),
            "status": "not_evaluated" if outcome.not_evaluated else "flagged" if outcome.count else "passed",
        }
        for outcome in outcomes
    }


def _signature(rule: Rule, configured: Mapping[str, float]) -> str:
    values = {one.name: one.default for one in rule.thresholds} | dict(configured)
    cases = [[str(case.severity), case.says.zh] for case in rule.cases]
    text = json.dumps([rule.id, sorted(values.items()), cases, list(rule.requires), list(rule.known)])
    return sha256(text.encode()).hexdigest()[:16]


def past_nights(database: Database, last: int | None = None) -> tuple[PastNight, ...]:
    """The nights that stand, in order; the last so many of them."""
    query = sa.select(*(RUNS.c[name] for name in PastNight.__dataclass_fields__ if name != "gap")).where(
        ~RUNS.c.superseded
    )
    with database.transaction() as connection:
        rows = connection.execute(
            query.order_by(RUNS.c.as_of.desc()).limit(None if last is None else last + 1)
        )
        found = [PastNight(*row) for row in rows][::-1]
    with_gaps = [
        PastNight(**{**vars(one), "gap": (one.as_of - found[place - 1].as_of).days - 1 if place else 0})
        for place, one in enumerate(found)
    ]
    return tuple(with_gaps[-last:] if last else with_gaps)


def trend(nights: Sequence[PastNight], as_of: date, days: int) -> list[tuple[date, PastNight | None]]:
    """One entry per day of the `days` up to `as_of`; None where no night stands: a gap, never a zero."""
    by_day = {one.as_of: one for one in nights}
    start = as_of - timedelta(days=days - 1)
    return [(day, by_day.get(day)) for day in (start + timedelta(days=n) for n in range(days))]


def night_of(nights: Sequence[PastNight], wanted: date) -> PastNight:
    """The night of a date. Raises ConfigError naming the nearest ones there are."""
    for one in nights:
        if one.as_of == wanted:
            return one
    near = sorted(nights, key=lambda one: abs((one.as_of - wanted).days))[:3]
    raise ConfigError(
        "no_such_night", as_of=wanted.isoformat(), near=sorted(one.as_of.isoformat() for one in near)
    )


def difference(database: Database, before: PastNight, after: PastNight) -> Difference:
    """Compare two nights. Raises ConfigError when they are not about the same thing."""
    if before.as_of > after.as_of:
        before, after = after, before
    for key in sorted({*before.scope, *after.scope}) if before.scope and after.scope else ():
        if before.scope.get(key) != after.scope.get(key):
            raise ConfigError(
                "scopes_differ",
                key=key,
                a=before.as_of.isoformat(),
                of_a=before.scope.get(key, ""),
                b=after.as_of.isoformat(),
                of_b=after.scope.get(key, ""),
            )
    changed = _rule_changes(before.rules, after.rules)
    by_rule = {name for names in changed.values() for name in names}
    with database.transaction() as connection:
        moved = [_moved(row, by_rule) for row in connection.execute(_between(before.number, after.number))]
        still = int(connection.scalar(_standing_at(before.number)) or 0)
    known = [one for one in moved if one is not None]
    still -= sum(one.drift in (Drift.WORSE, Drift.FIXED) for one in known)
    order = list(Drift)
    known.sort(key=lambda one: (order.index(one.drift), _rank(one.severity), one.rule, one.finding_id))
    return Difference(before, after, tuple(known), still, **changed)


def _rule_changes(
    before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[str, ...]]:
    if not before or not after:  # recorded by a release that kept no rules: nothing can be said
        return {f"rules_{name}": () for name in ("added", "removed", "changed", "silent")}
    both = sorted(before.keys() & after.keys())
    return {
        "rules_added": tuple(sorted(after.keys() - before.keys())),
        "rules_removed": tuple(sorted(before.keys() - after.keys())),
        "rules_changed": tuple(
            name for name in both if before[name]["signature"] != after[name]["signature"]
        ),
        "rules_silent": tuple(
            name
            for name in both
            if (before[name]["status"] in _ANSWERED) != (after[name]["status"] in _ANSWERED)
        ),
    }


def _edge(number: int, name: str) -> sa.Subquery:
    """Per finding its first event of a later run that stands: what it `was` then, it was on that night."""
    first = (
        sa.select(EVENTS.c.finding_id, sa.func.min(EVENTS.c.event).label("event"))
        .join(RUNS, RUNS.c.number == EVENTS.c.number)
        .where(EVENTS.c.number > number, ~RUNS.c.superseded, EVENTS.c.kind.not_in(_NOT_OF_LIFE))
        .group_by(EVENTS.c.finding_id)
        .subquery()
    )
    return (
        sa.select(EVENTS.c.finding_id, EVENTS.c.was_state, EVENTS.c.was_severity)
        .join(first, first.c.event == EVENTS.c.event)
        .subquery(name)
    )


def _between(before: int, after: int) -> sa.Select[Any]:
    """Findings something happened to after the first night: what they were on both."""
    first, last = _edge(before, "first"), _edge(after, "last")
    words = (WORDINGS.c[name] for name in ("title", "detail", "serial_no", "merchant_no"))
    return (
        sa.select(
            FINDINGS.c.finding_id,
            FINDINGS.c.rule,
            first.c.was_state,
            first.c.was_severity,
            sa.func.coalesce(last.c.was_state, FINDINGS.c.state),
            sa.func.coalesce(last.c.was_severity, FINDINGS.c.severity),
            *words,
        )
        .select_from(first)
        .join(FINDINGS, FINDINGS.c.finding_id == first.c.finding_id)
        .join(WORDINGS, WORDINGS.c.finding_id == FINDINGS.c.finding_id)
        .outerjoin(last, last.c.finding_id == FINDINGS.c.finding_id)
    )


def _standing_at(number: int) -> sa.Select[Any]:
    """How many findings stood open on a night."""
    edge = _edge(number, "edge")
    state = sa.func.coalesce(edge.c.was_state, FINDINGS.c.state)
    return (
        sa.select(sa.func.count())
        .select_from(FINDINGS)
        .outerjoin(edge, edge.c.finding_id == FINDINGS.c.finding_id)
        .where(state.in_(OPEN_LIVES))
    )


def _moved(row: Any, by_rule: set[str]) -> Moved | None:
    identifier, rule, was, was_severity, state, severity, title, detail, serial, merchant = row
    was_open, is_open = was in OPEN_LIVES, state in OPEN_LIVES
    if is_open and not was_open:
        drift = Drift.NEW if was in ("", "withdrawn") else Drift.BACK
    elif was_open and not is_open:
        drift = Drift.FIXED
    elif was_open and is_open and _rank(severity) < _rank(was_severity):
        drift = Drift.WORSE
    else:
        return None
    return Moved(
        identifier,
        rule,
        drift,
        was_severity if was_open else "",
        severity,
        rule in by_rule,
        title or "",
        detail or "",
        serial or "",
        merchant or "",
    )


def _rank(severity: str) -> int:
    return Severity(severity).rank if severity else len(Severity)
