"""One night in the ledger: what it recalls of the nights before, and what tonight makes of each finding.

Findings keep one id through all nights. A finding is fixed only when its rule was evaluated for its
subject, on fresh data, and passed; a subject that is gone is absent and waits for a person; whatever was
not looked at tonight stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from audit.crosscheck.inputs import Memory
from audit.crosscheck.programme import Owed
from audit.errors import NightRefused
from audit.findings import SCHEMA
from audit.intake.feeds import Feed
from audit.ledger.database import Database
from audit.ledger.schema import EVENTS, FINDINGS, INPUTS, RUNS
from audit.ledger.workdays import due_on
from audit.standing import Standing

_CHUNK = 500


class State(StrEnum):
    """What a finding is tonight."""

    NEW = "new"
    REOPENED = "reopened"
    OPEN = "open"
    UNCHECKED = "unchecked"  # open, and its rule or its data was not good enough to look again
    ABSENT = "absent"  # its subject is no longer delivered; a person has to confirm
    FIXED = "fixed"  # mended tonight
    HELD = "held"  # follows a suspected incident of its channel: nothing is demanded of anybody yet


@dataclass(frozen=True)
class Run:
    """A night as the ledger holds it."""

    number: int
    run_id: str
    as_of: date
    exit_code: int
    reason: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class InputRecord:
    """What one pattern delivered, for the next nights to compare with."""

    feed: str
    pattern: str
    rows: int
    complete: bool
    columns: tuple[str, ...]
    files: Mapping[str, str]


class Night:
    """The ledger within one night's transaction."""

    def __init__(self, connection: sa.Connection, as_of: date) -> None:
        self._connection = connection
        self.as_of = as_of
        self._runs = [Run(*row) for row in connection.execute(_CURRENT_RUNS)]
        if self._runs and self._runs[-1].as_of > as_of:
            raise NightRefused(
                "night_refused", as_of=as_of.isoformat(), last=self._runs[-1].as_of.isoformat()
            )

    @property
    def runs(self) -> tuple[Run, ...]:
        """The nights that stand, in order."""
        return tuple(self._runs)

    @property
    def same_date(self) -> Run | None:
        """The run of this very date, if there was one."""
        return next((run for run in self._runs if run.as_of == self.as_of), None)

    @property
    def revision(self) -> str:
        """What the ledger was before this date: the id of the last earlier run."""
        earlier = [run for run in self._runs if run.as_of < self.as_of]
        return earlier[-1].run_id if earlier else ""

    def recall(self) -> Memory:
        """The last delivered state of each input, from nights before this one."""
        rows: dict[tuple[str, str], int] = {}
        columns: dict[str, frozenset[str]] = {}
        query = (
            sa.select(INPUTS, RUNS.c.as_of)
            .join(RUNS, RUNS.c.number == INPUTS.c.number)
            .where(RUNS.c.as_of < self.as_of, ~RUNS.c.superseded, INPUTS.c.complete)
            .order_by(RUNS.c.as_of)
        )
        last: dict[str, date] = {}
        for found in self._connection.execute(query):
            rows[found.feed, found.pattern] = found.rows
            own = frozenset(found.columns)
            columns[found.feed] = columns[found.feed] | own if last.get(found.feed) == found.as_of else own
            last[found.feed] = found.as_of
        return Memory(max(last.values(), default=None), rows, columns, self._owed())

    def _owed(self) -> tuple[Owed, ...]:
        """Findings that stood open after the last night before this one."""
        query = (
            sa.select(FINDINGS.c.owner, FINDINGS.c.first_seen, FINDINGS.c.due_on)
            .where(FINDINGS.c.state == "open", FINDINGS.c.first_seen < self.as_of)
            .order_by(FINDINGS.c.finding_id)
        )
        return tuple(Owed(*row) for row in self._connection.execute(query))

    def withdraw(self, run: Run) -> None:
        """Take back a run of the same date, so that the night can be told anew from other inputs."""
        events = self._connection.execute(
            sa.select(EVENTS).where(EVENTS.c.number == run.number).order_by(EVENTS.c.event.desc())
        ).all()
        for event in events:
            before = _as_dates(event.before)
            self._connection.execute(
                sa.update(FINDINGS).where(FINDINGS.c.finding_id == event.finding_id).values(**before)
            )
        self._connection.execute(
            sa.update(FINDINGS)
            .where(FINDINGS.c.last_seen == self.as_of, FINDINGS.c.seen_before.is_not(None))
            .values(last_seen=FINDINGS.c.seen_before)
        )
        self._connection.execute(sa.update(RUNS).where(RUNS.c.number == run.number).values(superseded=True))

    def open_findings(self) -> pa.Table:
        """Findings that stand before tonight: id, rule and identity."""
        query = sa.select(FINDINGS.c.finding_id, FINDINGS.c.rule, FINDINGS.c.identity).where(
            FINDINGS.c.state.in_(("open", "absent"))
        )
        names = ("finding_id", "rule", "identity")
        found = self._connection.execute(query.order_by(FINDINGS.c.finding_id)).all()
        return pa.table(
            {name: pa.array([row[place] for row in found], pa.string()) for place, name in enumerate(names)}
        )

    def record(self, run: Run, flagged: pa.Table, standing: Mapping[str, Standing]) -> pd.DataFrame:
        """Carry every finding on; the result holds each one that is open, or was mended tonight.

        `flagged` are tonight's findings; `standing` says of the open ones that were not flagged whether
        they passed, are gone, or could not be looked at.
        """
        known = self._known(flagged["finding_id"].to_pylist(), standing)
        events: list[dict[str, Any]] = []
        self._record_flagged(flagged, known, events)
        self._record_unflagged(standing, known, events)
        if events:
            self._connection.execute(sa.insert(EVENTS), [{"number": run.number, **event} for event in events])
        return self._told(set(flagged["finding_id"].to_pylist()))

    def add_run(self, run: Run, version: str, config_digest: str) -> None:
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
            )
        )

    def next_number(self) -> int:
        """The number of the run to come."""
        return int(self._connection.scalar(sa.select(sa.func.max(RUNS.c.number))) or 0) + 1

    def complete_run(self, run: Run, inputs: Iterable[InputRecord], counts: Mapping[str, object]) -> None:
        """Enter what the run found out only at its end: its outcome, its files, its inputs."""
        self._connection.execute(
            sa.update(RUNS)
            .where(RUNS.c.number == run.number)
            .values(exit_code=run.exit_code, reason=run.reason, files=dict(run.files), counts=dict(counts))
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
            }
            for one in inputs
        ]
        if rows:
            self._connection.execute(sa.insert(INPUTS), rows)

    @property
    def connection(self) -> sa.Connection:
        """The transaction, for the outbox."""
        return self._connection

    def _known(self, flagged: list[str], standing: Mapping[str, Standing]) -> dict[str, Any]:
        """What the ledger holds of the findings tonight touches, by id."""
        wanted = sorted({*flagged, *standing})
        known: dict[str, Any] = {}
        for chunk in _chunks(wanted):
            query = sa.select(FINDINGS).where(FINDINGS.c.finding_id.in_(chunk))
            known.update({row.finding_id: row for row in self._connection.execute(query)})
        return known

    def _record_flagged(
        self, flagged: pa.Table, known: Mapping[str, Any], events: list[dict[str, Any]]
    ) -> None:
        born: list[dict[str, Any]] = []
        seen: list[dict[str, Any]] = []
        for row in flagged.to_pylist():
            before = known.get(row["finding_id"])
            if before is None or before.state == "withdrawn":
                row |= {"first_seen": self.as_of, "due_on": due_on(self.as_of, row["severity"])}
                row |= {"seen_before": None, "reopened_on": None, "fixed_on": None}
                events.append(
                    {"finding_id": row["finding_id"], "kind": "opened", "before": {"state": "withdrawn"}}
                )
            else:
                row |= {"first_seen": before.first_seen, "due_on": before.due_on, "fixed_on": None}
                row |= {"seen_before": before.last_seen, "reopened_on": before.reopened_on}
                self._note_change(row, before, events)
            if row["held"]:
                row["due_on"] = due_on(self.as_of, row["severity"])  # time runs once the suspicion is cleared
            row |= {"state": "open", "last_seen": self.as_of}
            (born if before is None else seen).append(row)
        if born:
            self._connection.execute(sa.insert(FINDINGS), born)
        if seen:
            columns = [name for name in (*SCHEMA.names, *_LIFE) if name != "finding_id"]
            statement = (
                sa.update(FINDINGS)
                .where(FINDINGS.c.finding_id == sa.bindparam("_id"))
                .values({name: sa.bindparam(f"_{name}") for name in columns})
            )
            bound = [
                {"_id": row["finding_id"], **{f"_{name}": row[name] for name in columns}} for row in seen
            ]
            self._connection.execute(statement, bound)

    def _note_change(self, row: dict[str, Any], before: Any, events: list[dict[str, Any]]) -> None:
        """Events for a finding that was known: back after being mended, found again, or changed in weight."""
        kept = {"state": before.state, "severity": before.severity}
        if before.state == "fixed":
            row |= {"reopened_on": self.as_of, "due_on": due_on(self.as_of, row["severity"])}
            kept |= {
                "fixed_on": _iso(before.fixed_on),
                "reopened_on": _iso(before.reopened_on),
                "due_on": _iso(before.due_on),
            }
            events.append({"finding_id": row["finding_id"], "kind": "reopened", "before": kept})
        elif before.state == "absent" or before.severity != row["severity"]:
            events.append({"finding_id": row["finding_id"], "kind": "changed", "before": kept})

    def _record_unflagged(
        self, standing: Mapping[str, Standing], known: Mapping[str, Any], events: list[dict[str, Any]]
    ) -> None:
        for identifier, stand in standing.items():
            before = known[identifier]
            target = {Standing.PASSED: "fixed", Standing.ABSENT: "absent"}.get(stand, before.state)
            if target == before.state:
                continue
            values = {"state": target, "fixed_on": self.as_of if target == "fixed" else None}
            self._connection.execute(
                sa.update(FINDINGS).where(FINDINGS.c.finding_id == identifier).values(**values)
            )
            kept = {"state": before.state, "fixed_on": _iso(before.fixed_on)}
            events.append({"finding_id": identifier, "kind": target, "before": kept})

    def _told(self, flagged: set[str]) -> pd.DataFrame:
        """Every finding that is open tonight or was mended tonight, with its state in a reader's words."""
        query = (
            sa.select(FINDINGS)
            .where(
                FINDINGS.c.state.in_(("open", "absent"))
                | ((FINDINGS.c.state == "fixed") & (FINDINGS.c.fixed_on == self.as_of))
            )
            .order_by(FINDINGS.c.rule, FINDINGS.c.finding_id)
        )
        rows = [self._with_state(dict(row._mapping), flagged) for row in self._connection.execute(query)]
        # as objects: a text column of pandas would turn None into NaN
        return pd.DataFrame(rows, columns=[column.name for column in FINDINGS.columns], dtype=object)

    def _with_state(self, row: dict[str, Any], flagged: set[str]) -> dict[str, Any]:
        if row["state"] == "open":
            if row["finding_id"] not in flagged:
                row["state"] = State.UNCHECKED
            elif row["held"]:
                row["state"] = State.HELD
            elif row["first_seen"] == self.as_of:
                row["state"] = State.NEW
            elif row["reopened_on"] == self.as_of:
                row["state"] = State.REOPENED
        row["state"] = str(row["state"])
        return row


_LIFE = ("state", "first_seen", "last_seen", "seen_before", "reopened_on", "fixed_on", "due_on")
_CURRENT_RUNS = (
    sa.select(RUNS.c.number, RUNS.c.run_id, RUNS.c.as_of, RUNS.c.exit_code, RUNS.c.reason, RUNS.c.files)
    .where(~RUNS.c.superseded)
    .order_by(RUNS.c.as_of)
)


def input_records(feeds: Mapping[str, Feed]) -> list[InputRecord]:
    """The night's inputs as later nights are to remember them."""
    return [
        InputRecord(
            slot.feed,
            slot.pattern,
            slot.rows,
            slot.complete,
            tuple(sorted({name for file in slot.usable for name in file.reading.columns})),
            {file.name: file.reading.sha256 for file in slot.files},
        )
        for feed in feeds.values()
        for slot in feed.slots
    ]


@contextmanager
def open_night(database: Database, as_of: date) -> Iterator[Night]:
    """The ledger for one night; what is done inside is committed when the block ends well.

    Raises NightRefused when a later night is already in the ledger.
    """
    with database.transaction() as connection:
        yield Night(connection, as_of)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _as_dates(before: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: date.fromisoformat(value) if name.endswith("_on") and value else value
        for name, value in before.items()
    }


def _chunks(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
