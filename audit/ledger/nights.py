"""One night in the ledger: what it recalls of the nights before, and what tonight makes of each finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from audit.crosscheck.inputs import Memory
from audit.errors import NightRefused
from audit.intake.feeds import Feed
from audit.ledger.database import Database
from audit.ledger.handover import Handover
from audit.ledger.history import pruned_before
from audit.ledger.inputs_read import columns_came, first_deliveries
from audit.ledger.lifecycle import Tonight
from audit.ledger.lives import State
from audit.ledger.owed import owed_before
from audit.ledger.recording import Born, Practice, enter_born, record, stood_before
from audit.ledger.schema import INPUTS, RUNS
from audit.ledger.telling import told
from audit.ledger.waivers import Waiver, Watched, silences, watched, withdrawn
from audit.ledger.withdrawal import withdraw

__all__ = ["Born", "InputRecord", "Night", "Practice", "Run", "State", "input_records", "open_night"]


@dataclass(frozen=True)
class Entry:
    """Which run stands for a date."""

    number: int
    run_id: str
    as_of: date


@dataclass(frozen=True)
class Run(Entry):
    """A night as the ledger holds it."""

    exit_code: int
    reason: str
    files: Mapping[str, str]

    @property
    def folder(self) -> str:
        """The name of the folder it was published in."""
        return self.as_of.isoformat()


@dataclass(frozen=True)
class InputRecord:
    """What one pattern delivered, for the next nights to compare with."""

    feed: str
    pattern: str
    rows: int
    complete: bool
    columns: tuple[str, ...]
    files: Mapping[str, str]
    blank: tuple[str, ...] = ()
    sparse: tuple[str, ...] = ()


class Night:
    """The ledger within one night's transaction."""

    def __init__(self, connection: sa.Connection, as_of: date, *, rebuild: bool = False) -> None:
        self._connection = connection
        self.as_of = as_of
        self._runs = [Entry(*row) for row in connection.execute(_STANDING)]
        if self.later:
            _require_whole(connection, as_of)
        if self.later and not rebuild:
            raise NightRefused(
                "night_refused", as_of=as_of.isoformat(), last=self._runs[-1].as_of.isoformat()
            )

    @property
    def runs(self) -> tuple[Entry, ...]:
        """The nights that stand, in order."""
        return tuple(self._runs)

    @property
    def later(self) -> tuple[Entry, ...]:
        """The nights that stand after this one; telling this one takes them back."""
        return tuple(run for run in self._runs if run.as_of > self.as_of)

    @property
    def same_date(self) -> Run | None:
        """The run of this very date, if there was one."""
        found = next((run for run in self._runs if run.as_of == self.as_of), None)
        return self._whole(found) if found else None

    def standing(self, run_id: str) -> Run | None:
        """The run of that id, if it stands."""
        found = next((run for run in self._runs if run.run_id == run_id), None)
        return self._whole(found) if found else None

    def _whole(self, entry: Entry) -> Run:
        query = sa.select(RUNS.c.exit_code, RUNS.c.reason, RUNS.c.files).where(RUNS.c.number == entry.number)
        return Run(entry.number, entry.run_id, entry.as_of, *self._connection.execute(query).one())

    @property
    def revision(self) -> str:
        """What the ledger was before this date: the id of the last earlier run."""
        earlier = [run for run in self._runs if run.as_of < self.as_of]
        return earlier[-1].run_id if earlier else ""

    @property
    def previous(self) -> date | None:
        """The last night before this one that stands."""
        return max((run.as_of for run in self._runs if run.as_of < self.as_of), default=None)

    def withdrawn_dates(self) -> tuple[date, ...]:
        """Dates that were told once and of which no run stands."""
        standing = {run.as_of for run in self._runs}
        told_once = self._connection.scalars(sa.select(RUNS.c.as_of).where(RUNS.c.superseded).distinct())
        return tuple(sorted(set(told_once) - standing))

    def recall(self) -> Memory:
        """The last delivered state of each input, from nights before this one."""
        rows: dict[tuple[str, str], int] = {}
        columns: dict[str, frozenset[str]] = {}
        filled: dict[str, frozenset[str]] = {}
        last: dict[str, date] = {}
        for found in self._connection.execute(_last_delivered(self.as_of)):
            rows[found.feed, found.pattern] = found.rows
            own, told = frozenset(found.columns), frozenset(found.columns).difference(found.sparse)
            again = last.get(found.feed) == found.as_of
            columns[found.feed] = columns[found.feed] | own if again else own
            filled[found.feed] = filled[found.feed] | told if again else told
            last[found.feed] = found.as_of
        return Memory(
            max(last.values(), default=None),
            rows,
            columns,
            owed_before(self._connection, self.as_of),
            columns_came(self._connection, self.as_of, INPUTS.c.blank),
            columns_came(self._connection, self.as_of, INPUTS.c.sparse),
            filled,
            self.previous,
            first=first_deliveries(self._connection, self.as_of),
        )

    def withdraw(self, run: Entry, note: str = "") -> None:
        """Take back the last run that stands, so that the night can be told anew. What people said stays."""
        withdraw(self._connection, run.number, note)
        self._runs = [one for one in self._runs if one.number != run.number]

    def open_findings(self) -> pa.Table:
        """Findings that stand before tonight: id, rule, identity, and what `carried` has to know of them."""
        return stood_before(self._connection)

    def carried(
        self, run: Run, flagged: Handover, sights: pa.Table, practice: Practice, stood: Handover
    ) -> tuple[pa.Table, Born]:
        """Carry every finding on: each one that stands or was closed tonight (`telling`), and what was born.

        What was born is left for `enter`, for it is most of a first night. `flagged` are tonight's findings,
        given up on the way; `sights` (finding_id, sight) says of the open ones that were not flagged
        whether they passed, are gone, or could not be looked at. `stood` is what `open_findings` gave, where
        nothing was said of a finding since; it is given up.
        """
        tonight = Tonight(self.as_of, self.previous, practice.calendar.due_days(self.as_of))
        given_up = [record(self._connection, run.number, flagged.table, sights, practice, tonight, stood)]
        born = given_up[0].born
        return told(self._connection, given_up.pop(), flagged, self.as_of, practice.escalate), born

    def enter(self, born: Born) -> None:
        """Enter what was born tonight. Nobody else may ask the ledger anything meanwhile."""
        enter_born(self._connection, born)

    def watched(self, waivers: Sequence[Waiver], findings: pa.Table) -> tuple[Watched, ...]:
        """What is to be said of each waiver; `findings` are those `carried` gave."""
        counted = findings["waiver"].drop_null().value_counts().to_pylist()
        held = {str(one["values"]): int(one["counts"]) for one in counted}
        silent = silences(self._connection, waivers, self.as_of)
        return (
            *withdrawn(self._connection, waivers, self.as_of),
            *watched(waivers, self.as_of, held, silent),
        )

    def add_run(
        self, run: Run, version: str, config_digest: str, scope: Mapping[str, object] | None = None
    ) -> None:
        """Enter the run, before the events that belong to it."""
        self._connection.execute(
            sa.insert(RUNS).values(
                number=run.number,
                run_id=run.run_id,
                as_of=run.as_of,
                superseded=False,
                version=version,
                config_digest=config_digest,
                exit_code=run.exit_code,
                reason=run.reason,
                files=dict(run.files),
                counts={},
                scope=dict(scope or {}),
                rules={},
            )
        )

    def next_number(self) -> int:
        """The number of the run to come."""
        return int(self._connection.scalar(sa.select(sa.func.max(RUNS.c.number))) or 0) + 1

    def complete_run(
        self,
        run: Run,
        inputs: Iterable[InputRecord],
        counts: Mapping[str, object],
        rules: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Enter what the run found out only at its end: its outcome, its files, its inputs, its rules."""
        self._connection.execute(
            sa.update(RUNS)
            .where(RUNS.c.number == run.number)
            .values(
                exit_code=run.exit_code,
                reason=run.reason,
                files=dict(run.files),
                counts=dict(counts),
                rules={name: dict(rule) for name, rule in (rules or {}).items()},
            )
        )
        rows = [
            {
                "number": run.number,
                "feed": one.feed,
                "pattern": one.pattern,
                "rows": one.rows,
                "complete": one.complete,
                "columns": sorted(one.columns),
                "files": dict(one.files),
                "blank": sorted(one.blank),
                "sparse": sorted(one.sparse),
            }
            for one in inputs
        ]
        if rows:
            self._connection.execute(sa.insert(INPUTS), rows)

    @property
    def connection(self) -> sa.Connection:
        """The transaction, for the outbox."""
        return self._connection


def _require_whole(connection: sa.Connection, as_of: date) -> None:
    """No night before the pruning is told anew: the events by which findings would be taken back are gone."""
    kept_from = pruned_before(connection)
    if kept_from and as_of < kept_from:
        raise NightRefused("night_not_whole", as_of=as_of.isoformat(), since=kept_from.isoformat())


# of every night behind; what each came to is asked of one alone
_STANDING = (
    sa.select(RUNS.c.number, RUNS.c.run_id, RUNS.c.as_of).where(~RUNS.c.superseded).order_by(RUNS.c.as_of)
)


def _last_delivered(as_of: date) -> sa.Select[Any]:
    """Per pattern the last night before `as_of` on which it was complete."""
    nights = (
        sa.select(INPUTS.c.feed, INPUTS.c.pattern, sa.func.max(RUNS.c.number).label("number"))
        .join(RUNS, RUNS.c.number == INPUTS.c.number)
        .where(RUNS.c.as_of < as_of, ~RUNS.c.superseded, INPUTS.c.complete)
        .group_by(INPUTS.c.feed, INPUTS.c.pattern)
        .subquery()
    )
    return (
        sa.select(INPUTS, RUNS.c.as_of)
        .join(
            nights,
            sa.and_(
                nights.c.number == INPUTS.c.number,
                nights.c.feed == INPUTS.c.feed,
                nights.c.pattern == INPUTS.c.pattern,
            ),
        )
        .join(RUNS, RUNS.c.number == INPUTS.c.number)
        .order_by(RUNS.c.as_of, INPUTS.c.feed, INPUTS.c.pattern)
    )


def input_records(feeds: Mapping[str, Feed]) -> list[InputRecord]:
    """The night's inputs as later nights are to remember them."""
    return [
        InputRecord(
            slot.feed,
            slot.pattern,
            slot.rows,
            slot.complete,
            tuple(sorted(slot.columns)),
            {file.name: file.reading.sha256 for file in slot.files},
            tuple(sorted(slot.blank)),
            tuple(sorted(slot.sparse)),
        )
        for feed in feeds.values()
        for slot in feed.slots
    ]


@contextmanager
def open_night(database: Database, as_of: date, *, rebuild: bool = False) -> Iterator[Night]:
    """The ledger for one night; what is done inside is committed when the block ends well.

    Raises NightRefused when a later night is already in the ledger, unless it is to be rebuilt.
    """
    with database.transaction() as connection:
        yield Night(connection, as_of, rebuild=rebuild)
