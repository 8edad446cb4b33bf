"""What becomes of a finding tonight. Pure and by column, so that a million findings take seconds.

    新增 new → 待整改 open → 整改中 in_progress → 已整改待复核 claimed → 已销号 fixed

The ledger keeps what the machine knows (`Life`) and what a person says (`Status`) apart; the state that a
reader sees is made of both. A finding is fixed only when its rule was evaluated for its subject, on fresh
data, and passed; one that passed because the day it warned of has come is none that anybody mended. A subject
that is gone is absent and waits for a person; whatever was not looked at tonight stays as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.intake.repeats import whole
from audit.ledger.columns import (
    Columns,
    Flags,
    Texts,
    before_day,
    choose,
    earlier,
    equal,
    first_of,
    given,
    is_day,
    same,
    same_day,
)
from audit.ledger.lives import CLOSED, CLOSED_LIVES, EXCUSED, LIFE, Kind, Life, State
from audit.ledger.merge import Status
from audit.rules.model import Severity
from audit.sight import Sight

# (life before, sight tonight) -> life after; what is not named stays
TRANSITIONS: Mapping[tuple[Life, Sight], Life] = {
    (Life.UNKNOWN, Sight.FLAGGED): Life.OPEN,
    (Life.WITHDRAWN, Sight.FLAGGED): Life.OPEN,
    (Life.ABSENT, Sight.FLAGGED): Life.OPEN,
    (Life.FIXED, Sight.FLAGGED): Life.OPEN,
    (Life.GONE, Sight.FLAGGED): Life.OPEN,
    (Life.ARRIVED, Sight.FLAGGED): Life.OPEN,
    (Life.OPEN, Sight.PASSED): Life.FIXED,
    (Life.ABSENT, Sight.PASSED): Life.FIXED,
    (Life.OPEN, Sight.ARRIVED): Life.ARRIVED,
    (Life.ABSENT, Sight.ARRIVED): Life.ARRIVED,
    (Life.OPEN, Sight.ABSENT): Life.ABSENT,
}
_LIVES, _SIGHTS = list(Life), list(Sight)
_AFTER = np.array(
    [
        [_LIVES.index(TRANSITIONS.get((life, sight), life)) for sight in _SIGHTS]  # one row per life
        for life in _LIVES
    ],
    dtype=np.int8,
)


@dataclass(frozen=True)
class Tonight:
    """What a transition depends on besides the finding: the night, the one before, and tonight's due days."""

    as_of: date
    previous: date | None
    due: Mapping[str, date]  # severity -> the day a finding of tonight is due


@dataclass(frozen=True)
class Carried:
    """The lives after tonight, row for row; `kind` is null where nothing happened that is to be told.

    `status` is what is left of a person's status, `kind` one of `Kind`.
    """

    life: pa.Table
    status: pa.Array
    kind: pa.Array


@dataclass(frozen=True)
class _Step:
    """From life to life, row for row, by the places of `_LIVES`."""

    life: npt.NDArray[np.int64]
    after: npt.NDArray[np.int8]
    is_seen: Flags

    @classmethod
    def of(cls, was: Columns, now: Columns, status: Texts) -> Self:
        """What tonight makes of each life, and what a person has confirmed."""
        life, sight = was.code("state", _LIVES), now.code("sight", _SIGHTS)
        after = _AFTER[life, sight]
        confirmed = status.equal(Status.CONFIRMED_GONE) & (after == _LIVES.index(Life.ABSENT))
        after = np.where(confirmed, _LIVES.index(Life.GONE), after).astype(np.int8)
        return cls(life, after, sight == _SIGHTS.index(Sight.FLAGGED))

    @cached_property
    def born(self) -> Flags:
        """Which nobody had heard of."""
        return self.was(Life.UNKNOWN, Life.WITHDRAWN) & self.is_seen

    @cached_property
    def back(self) -> Flags:
        """Which had been closed."""
        return self.was(*CLOSED_LIVES) & self.is_seen

    @cached_property
    def closed(self) -> Flags:
        """Which are closed now."""
        return self.is_now(*CLOSED_LIVES)

    @cached_property
    def shut(self) -> Flags:
        """Which were closed tonight."""
        moved: Flags = self.after != self.life
        return self.closed & moved

    def was(self, *lives: Life) -> Flags:
        """Which were one of these before."""
        return _are(self.life, lives)

    def is_now(self, *lives: Life) -> Flags:
        """Which are one of these afterwards."""
        return _are(self.after, lives)


def _are(places: npt.NDArray[np.integer[Any]], lives: Collection[Life]) -> Flags:
    """Which of the places of `_LIVES` are those of these."""
    marks: Flags = np.array([life in lives for life in _LIVES])[places]
    return marks


def carry(before: pa.Table, said: pa.Table, seen: pa.Table, night: Tonight) -> Carried:
    """Carry lives over one night. The three tables (LIFE, SAID, SEEN) speak row for row of the same finding.

    >>> from audit.ledger.lives import SAID, SEEN
    >>> flagged = {"sight": "flagged", "severity": "high", "held": False, "evidence": "e1"}
    >>> tonight = Tonight(date(2026, 11, 21), None, {"high": date(2026, 11, 25)})
    >>> carried = carry(LIFE.empty_table().from_pylist([{"state": ""}], LIFE), \
                        pa.Table.from_pylist([{}], SAID), pa.Table.from_pylist([flagged], SEEN), tonight)
    >>> carried.kind.to_pylist(), carried.life["due_on"].to_pylist()
    (['opened'], [datetime.date(2026, 11, 25)])
    """
    was, now = Columns(before), Columns(seen)
    status = Columns(said).texts("status")
    step = _Step.of(was, now, status)
    is_seen, born, back, closed = step.is_seen, step.born, step.back, step.closed
    severity = choose(is_seen, now["severity"], was["severity"])
    evidence = choose(is_seen, now["evidence"], was["evidence"])
    held = np.where(is_seen, now.flags("held"), was.flags("held")) & ~closed
    rank, rank_before = _ranks(severity), _ranks(was["severity"])
    worse, better = ~born & (rank < rank_before), ~born & (rank > rank_before)

    waiver = choose(closed, pa.nulls(len(closed), pa.string()), now["waiver"])
    waived_until = choose(closed, pa.nulls(len(closed), pa.date32()), now["waived_until"])
    had, has = given(was["waiver"]), given(waiver)
    waiver_ended = had & ~has & ~closed
    released = was.flags("held") & ~held & ~closed & ~born

    status_left, lapsed, refuted = _said_on(said, status, step, evidence, night.as_of)
    due_tonight = _due(severity, night)
    # time runs anew where nothing was demanded of anybody before
    restart = born | back | waiver_ended | lapsed | released
    due = choose(restart, due_tonight, choose(worse, earlier(was["due_on"], due_tonight), was["due_on"]))
    seen_before = was.code("sight", _SIGHTS) == _SIGHTS.index(Sight.FLAGGED)
    tonight = same_day(night.as_of, len(closed))
    none = pa.nulls(len(closed), pa.date32())
    seen_until = choose(
        is_seen, none, choose(seen_before, same_day(night.previous, len(closed)), was["seen_until"])
    )
    columns = {
        "state": pa.array(np.array(_LIVES, dtype=object)[step.after], pa.string()),
        "sight": seen["sight"],
        "severity": severity,
        "held": pa.array(held),
        "evidence": evidence,
        "first_seen": choose(born, tonight, was["first_seen"]),
        "seen_until": seen_until,
        "reopened_on": choose(born, none, choose(back, tonight, was["reopened_on"])),
        "fixed_on": choose(step.shut, tonight, choose(closed, was["fixed_on"], none)),
        "due_on": due,
        "waiver": waiver,
        "waived_until": waived_until,
    }
    kinds = {
        Kind.OPENED: born,
        Kind.REOPENED: back,
        Kind.FIXED: step.shut & step.is_now(Life.FIXED),
        Kind.GONE: step.shut & step.is_now(Life.GONE),
        Kind.ARRIVED: step.shut & step.is_now(Life.ARRIVED),
        Kind.ABSENT: step.is_now(Life.ABSENT) & ~step.was(Life.ABSENT),
        Kind.WAIVED: has & (~had | ~equal(was["waiver"], waiver)),
        Kind.WAIVER_ENDED: waiver_ended,
        Kind.LAPSED: lapsed,
        Kind.REFUTED: refuted,
        Kind.FOUND: step.was(Life.ABSENT) & is_seen,
        Kind.HELD: held & ~was.flags("held") & ~born,
        Kind.RELEASED: released,
        Kind.WORSE: worse,
        Kind.BETTER: better,
        Kind.CHANGED: is_seen & ~was.texts("evidence").equal("") & ~equal(was["evidence"], evidence),
        Kind.UNCHECKED: seen_before & ~is_seen,
        Kind.CHECKED: ~seen_before & is_seen,
    }
    return Carried(pa.table(columns, schema=LIFE), status_left, first_of(kinds, len(closed)))


def _said_on(
    said: pa.Table, status: Texts, step: _Step, evidence: pa.Array, as_of: date
) -> tuple[pa.Array, Flags, Flags]:
    """What is left of each status; which false positives have lapsed, and whose word tonight refutes."""
    marked = Columns(said).texts("marked")
    is_marked = status.equal(Status.FALSE_POSITIVE)
    lapsed = is_marked & step.is_seen & ~marked.equal("") & ~marked.same(evidence)
    said_mended = status.equal(Status.CLAIMED) | status.equal(Status.CONFIRMED_GONE)
    refuted = step.is_seen & before_day(said["status_on"], as_of) & ~step.back & said_mended
    left = choose(
        lapsed | step.back | (refuted & status.equal(Status.CONFIRMED_GONE)),
        same("", len(status)),
        choose(refuted, same(Status.IN_PROGRESS, len(status)), status.values),
    )
    return left, lapsed, refuted


def shown(life: pa.Table, status: pa.Array, as_of: date) -> pa.Array:
    """The state a reader is told, row for row, for lives (LIFE) after the night `as_of`."""
    was = Columns(life)
    said = Texts(status)
    state, sight = was.texts("state"), was.texts("sight")
    choices: Sequence[tuple[State, Flags]] = (
        (State.FIXED, state.equal(Life.FIXED)),
        (State.GONE, state.equal(Life.GONE)),
        (State.ARRIVED, state.equal(Life.ARRIVED)),
        (State.WAIVED, given(was["waiver"])),
        (State.FALSE_POSITIVE, said.equal(Status.FALSE_POSITIVE)),
        (State.ABSENT, state.equal(Life.ABSENT)),
        (State.HELD, was.flags("held") & sight.equal(Sight.FLAGGED)),
        (State.NEW, is_day(was["first_seen"], as_of)),
        (State.REOPENED, is_day(was["reopened_on"], as_of)),
        (State.CLAIMED, said.equal(Status.CLAIMED)),
        (State.IN_PROGRESS, said.equal(Status.IN_PROGRESS)),
        (State.UNCHECKED, ~sight.equal(Sight.FLAGGED)),
    )
    return pc.fill_null(first_of(dict(choices), len(said)), State.OPEN.value)


def last_seen(life: pa.Table, as_of: date) -> pa.Array:
    """The last night that flagged each finding: that of `as_of` while nothing else is said."""
    return pc.coalesce(whole(life["seen_until"]), same_day(as_of, life.num_rows))


def escalation(due_on: pa.Array, state: pa.Array, as_of: date, steps: Sequence[int]) -> pa.Array:
    """How far a finding has gone beyond its day: 0 in time, 1 overdue, and one more per step passed.

    `steps` are calendar days overdue, rising. What is closed, excused, held or absent is never overdue.
    """
    unasked = pc.is_in(state, value_set=pa.array([*CLOSED, *EXCUSED, State.HELD, State.ABSENT]))
    asked = ~unasked.to_numpy(zero_copy_only=False)
    late = (np.datetime64(as_of, "D") - due_on.to_numpy(zero_copy_only=False).astype("datetime64[D]")).astype(
        int
    )
    level = (late > 0).astype(np.int64) + sum(((late > step).astype(np.int64) for step in steps), 0)
    return pa.array(np.where(asked & (late > 0), level, 0), pa.int64())


def _ranks(severity: pa.Array) -> npt.NDArray[np.int64]:
    found = pc.index_in(severity, value_set=pa.array([word.value for word in Severity]))
    return np.asarray(pc.fill_null(found, len(Severity)).to_numpy(zero_copy_only=False), dtype=np.int64)


def _due(severity: pa.Array, night: Tonight) -> pa.Array:
    days = pa.array([night.due.get(word.value) for word in Severity], pa.date32())
    return days.take(pc.index_in(severity, value_set=pa.array([word.value for word in Severity])))
