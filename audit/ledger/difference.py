"""How two nights differ, finding by finding.

What was known on a night is read by taking back, from today's lives, every event of the nights after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from audit.errors import ConfigError
from audit.ledger import bulk
from audit.ledger.database import Database
from audit.ledger.history import PastNight, pruned_before, rule_changes
from audit.ledger.lives import LIFE, NOT_OF_LIFE, OPEN_LIVES, Life
from audit.ledger.schema import EVENTS, FINDINGS, RUNS
from audit.ledger.wording import words_of
from audit.rules.model import Severity

_TITLE = ("title", "detail", "serial_no", "merchant_no")


class Drift(StrEnum):
    """What became of a finding between two nights, what needs an eye first."""

    WORSE = "worse"  # graver than before
    BACK = "back"  # had been closed
    NEW = "new"
    FIXED = "fixed"
    ARRIVED = "arrived"  # the day it warned of has come
    STILL = "still"


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
    changed = rule_changes(before.rules, after.rules)
    by_rule = {name for names in changed.values() for name in names}
    with database.transaction() as connection:
        if (kept_from := pruned_before(connection)) and before.as_of < kept_from:
            raise ConfigError("night_pruned", as_of=before.as_of.isoformat(), since=kept_from.isoformat())
        lives = lives_on_both(connection, before.number, after.number)
        drift = _drift(lives)
        moved = lives.assign(drift=drift)[drift.notna() & (drift != Drift.STILL)]
        words = _words(connection, moved["finding_id"])
    return Difference(
        before,
        after,
        tuple(_moved(moved.merge(words, on="finding_id", how="left"), by_rule)),
        int((drift == Drift.STILL).sum()),
        **changed,
    )


def lives_on_both(
    connection: sa.Connection, before: int, after: int, names: Sequence[str] = ("state", "severity")
) -> pd.DataFrame:
    """Every finding with what it was on both nights, column by column of a life, and its rule.

    What a finding was on a night is what its first later event says it was, and else what it is now; state ""
    for what nobody had heard of then.
    """
    types = [(name, LIFE.field(name).type) for name in names]
    current = sa.select(FINDINGS.c.finding_id, FINDINGS.c.rule, *(FINDINGS.c[name] for name in names))
    schema = pa.schema([("finding_id", pa.string()), ("rule", pa.string()), *types])
    lives: pd.DataFrame = bulk.fetch(connection, current, schema).to_pandas(date_as_object=True)
    edges = pa.schema([("finding_id", pa.string()), *((f"was_{name}", kind) for name, kind in types)])
    for name, number in (("before", before), ("after", after)):
        query = _first_after(number, [f"was_{column}" for column in names])
        edge = bulk.fetch(connection, query, edges).to_pandas(date_as_object=True).set_index("finding_id")
        places = edge.index.get_indexer(lives["finding_id"])
        for column in names:
            was = edge[f"was_{column}"].array.take(places, allow_fill=True)
            lives[f"{column}_{name}"] = lives[column].where(places < 0, pd.Series(was, index=lives.index))
    return lives


def _first_after(number: int, names: Sequence[str]) -> sa.Select[Any]:
    """Of each finding the first event of its life after a run."""
    first = (
        sa.select(sa.func.min(EVENTS.c.event).label("event"))
        .join(RUNS, RUNS.c.number == EVENTS.c.number)
        .where(EVENTS.c.number > number, ~RUNS.c.superseded, EVENTS.c.kind.not_in(NOT_OF_LIFE))
        .group_by(EVENTS.c.finding_id)
        .subquery()
    )
    return sa.select(EVENTS.c.finding_id, *(EVENTS.c[name] for name in names)).join(
        first, first.c.event == EVENTS.c.event
    )


def _drift(lives: pd.DataFrame) -> pd.Series[Any]:
    """What became of each finding; missing for one that was open on neither night."""
    was_open, is_open = lives["state_before"].isin(OPEN_LIVES), lives["state_after"].isin(OPEN_LIVES)
    was_known = ~lives["state_before"].isin([Life.UNKNOWN, Life.WITHDRAWN])
    rank = {word.value: word.rank for word in Severity}
    worse = lives["severity_after"].map(rank) < lives["severity_before"].map(rank)
    drift = pd.Series(pd.NA, index=lives.index, dtype=object)
    for word, holds in (
        (Drift.STILL, was_open & is_open),
        (Drift.WORSE, was_open & is_open & worse),
        (Drift.FIXED, was_open & ~is_open),
        (Drift.ARRIVED, was_open & (lives["state_after"] == Life.ARRIVED)),
        (Drift.BACK, ~was_open & is_open & was_known),
        (Drift.NEW, ~was_open & is_open & ~was_known),
    ):
        drift[holds] = word
    return drift


def _words(connection: sa.Connection, finding_ids: pd.Series[Any]) -> pd.DataFrame:
    found: pd.DataFrame = (
        words_of(connection, pa.array(finding_ids, pa.string()), _TITLE).to_pandas().fillna("")
    )
    return found


def _moved(rows: pd.DataFrame, by_rule: set[str]) -> list[Moved]:
    order = {word: place for place, word in enumerate(Drift)}
    rank = {word.value: word.rank for word in Severity}
    keys = rows.assign(drift_=rows["drift"].map(order), rank_=rows["severity_after"].map(rank))
    names = ["finding_id", "rule", "drift", "severity_before", "severity_after", *_TITLE]
    ordered = keys.sort_values(["drift_", "rank_", "rule", "finding_id"])[names]
    return [
        Moved(
            identifier,
            rule,
            drift,
            "" if drift in (Drift.NEW, Drift.BACK) else before,
            after,
            rule in by_rule,
            *words,
        )
        for identifier, rule, drift, before, after, *words in ordered.itertuples(index=False, name=None)
    ]
