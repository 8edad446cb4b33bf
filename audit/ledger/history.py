"""The nights behind: what each came to, and how figures ran over time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from audit.errors import ConfigError, NothingToShow
from audit.ledger.database import Database
from audit.ledger.estate import scope_of
from audit.ledger.schema import INPUTS, PRUNINGS, RUNS

if TYPE_CHECKING:  # who only looks at nights needs none of it
    from audit.check import Outcome
    from audit.rules.model import Rule

ANSWERED = ("passed", "flagged", "undecided")  # statuses of a rule that answered


@dataclass(frozen=True)
class PastNight:
    """A night that stands, as `history` shows it. `gap` counts the days without a run before it.

    `retold` are the runs of the same day that no longer stand, each with the reason given, if any.
    """

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
    retold: tuple[tuple[str, str], ...] = ()


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
    text = json.dumps(
        [rule.id, sorted(values.items()), cases, list(rule.requires), list(rule.known)]
        + ([rule.one_of] if rule.one_of else [])
    )
    return sha256(text.encode()).hexdigest()[:16]


def past_nights(database: Database, last: int | None = None) -> tuple[PastNight, ...]:
    """The nights that stand, in order; the last so many of them."""
    kept = (name for name in PastNight.__dataclass_fields__ if name not in ("gap", "retold"))
    query = sa.select(*(RUNS.c[name] for name in kept)).where(~RUNS.c.superseded)
    fallen = sa.select(RUNS.c.as_of, RUNS.c.run_id, RUNS.c.note).where(RUNS.c.superseded)
    retold: dict[date, tuple[tuple[str, str], ...]] = {}
    with database.transaction() as connection:
        for row in connection.execute(fallen.order_by(RUNS.c.number)):
            retold[row.as_of] = (*retold.get(row.as_of, ()), (row.run_id, row.note))
        rows = connection.execute(
            query.order_by(RUNS.c.as_of.desc()).limit(None if last is None else last + 1)
        )
        found = [PastNight(**{**row, "scope": scope_of(row["scope"])}) for row in rows.mappings()][::-1]
    with_gaps = [
        replace(
            one,
            gap=(one.as_of - found[place - 1].as_of).days - 1 if place else 0,
            retold=retold.get(one.as_of, ()),
        )
        for place, one in enumerate(found)
    ]
    return tuple(with_gaps[-last:] if last else with_gaps)


@dataclass(frozen=True)
class Behind:
    """The nights behind one: the first there ever was, and the counts of the latest, in order."""

    first: date | None
    counts: tuple[tuple[date, Mapping[str, Any]], ...]


def nights_behind(connection: sa.Connection, as_of: date, days: int) -> Behind:
    """The nights that stand before one, among the `days` up to it."""
    standing = sa.and_(~RUNS.c.superseded, RUNS.c.as_of < as_of)
    first = connection.scalar(sa.select(sa.func.min(RUNS.c.as_of)).where(standing))
    query = (
        sa.select(RUNS.c.as_of, RUNS.c.counts)
        .where(standing, RUNS.c.as_of > as_of - timedelta(days=days))
        .order_by(RUNS.c.as_of)
    )
    return Behind(first, tuple((row.as_of, row.counts) for row in connection.execute(query)))


def trend(nights: Sequence[PastNight], as_of: date, days: int) -> list[tuple[date, PastNight | None]]:
    """One entry per day of the `days` up to `as_of`; None where no night stands: a gap, never a zero."""
    by_day = {one.as_of: one for one in nights}
    start = as_of - timedelta(days=days - 1)
    return [(day, by_day.get(day)) for day in (start + timedelta(days=n) for n in range(days))]


def night_of(nights: Sequence[PastNight], wanted: date) -> PastNight:
    """The night of a date. Raises ConfigError naming the nearest there are, NothingToShow without any."""
    if not nights:
        raise NothingToShow("no_night_yet")
    for one in nights:
        if one.as_of == wanted:
            return one
    near = sorted(nights, key=lambda one: abs((one.as_of - wanted).days))[:3]
    raise ConfigError(
        "no_such_night", as_of=wanted.isoformat(), near=sorted(one.as_of.isoformat() for one in near)
    )


def delivered_files(database: Database, night: PastNight) -> dict[str, str]:
    """The input files of a night and their hashes, as far as they are still noted."""
    with database.transaction() as connection:
        noted = connection.scalars(sa.select(INPUTS.c.files).where(INPUTS.c.number == night.number))
        return {name: digest for files in noted for name, digest in sorted(files.items())}


def earlier_editions(database: Database, as_of: date) -> dict[str, Mapping[str, str]]:
    """By run id the files, with their hashes, of what was published of a night before it was told anew."""
    query = sa.select(RUNS.c.run_id, RUNS.c.files).where(RUNS.c.superseded, RUNS.c.as_of == as_of)
    with database.transaction() as connection:
        return {row.run_id: row.files for row in connection.execute(query)}


def rule_changes(
    before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[str, ...]]:
    """The rules of two nights (`rule_records`) that are not the same: added, removed, changed, silent."""
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
            if (before[name]["status"] in ANSWERED) != (after[name]["status"] in ANSWERED)
        ),
    }


def pruned_before(connection: sa.Connection) -> date | None:
    """The day before which nights are no longer kept whole."""
    found: date | None = connection.scalar(sa.select(sa.func.max(PRUNINGS.c.before)))
    return found
