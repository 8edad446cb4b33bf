"""Random nights, returned copies, waivers and crashes, against a model simple enough to believe.

What must hold whatever happens: no finding is lost, none is closed without a pass or a person's word, no word
a person wrote is lost, and a night or a copy told again changes nothing.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from nightly_findings import FIRST, Fault, tell
from postgres import fresh_database

from audit.ledger.database import Database
from audit.ledger.feedback import dates_read
from audit.ledger.handlings import Copy, bases_of, enter, handlings_of, waivers_of_people
from audit.ledger.lives import CLOSED, EXCUSED, State
from audit.ledger.merge import Returned, Status, Terms, merge
from audit.ledger.nights import Practice, open_night
from audit.ledger.schema import CONFLICTS, EVENTS, FEEDBACK_FILES, FINDINGS, HANDLINGS, RUNS
from audit.ledger.waivers import Waiver, enter_waivers
from audit.ledger.wording import every_word, words_of
from audit.publish import digests, draft, intact, settle, swap_in

SERIALS = ("A", "B", "C", "D")
SIGHTS = ("passed", "arrived", "absent", "unchecked")
TEXTS = ("张三", "李四", "已派工单")


class Crash(Exception):
    """Stands for whatever ends a process before it commits."""


@dataclass
class Spoken:
    """What people said of a finding, whatever becomes of the nights."""

    person: str = ""
    words: set[str] = field(default_factory=set)  # every text the ledger took


class Ledger(RuleBasedStateMachine):
    """Drives a ledger; `url` is set by the tests below."""

    server = ""
    empty = ""  # the name of a database there with an empty ledger

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(patch("audit.ledger.wording._PART", 2))
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        url = ""
        if self.server:
            url = self.stack.enter_context(fresh_database(self.server, "model", self.empty))
        self.database = Database(url, folder)
        self.stack.callback(self.database.close)
        self.output = folder / "reports"
        self.tellings = 0
        self.is_open: dict[str, bool] = {}
        self.told: dict[str, str] = {}  # the words a finding was last told in, by a night taken back too
        self.spoken: defaultdict[str, Spoken] = defaultdict(Spoken)
        self.nights: list[tuple] = []  # offset, what stood before, faults, stands, practice
        self.spoken_since = False
        self.copies = 0
        self.waived: Waiver | None = None

    def teardown(self) -> None:
        assert self.database.problems() == []
        self.stack.close()

    @initialize()
    def first_night(self) -> None:
        self._night([Fault("A"), Fault("B")], {})

    @rule(
        flagged=st.lists(st.sampled_from(SERIALS), unique=True),
        sights=st.fixed_dictionaries({serial: st.sampled_from(SIGHTS) for serial in SERIALS}),
        severity=st.sampled_from(["critical", "medium"]),
        actual=st.sampled_from(["missing", "rejected"]),
        skipped=st.integers(0, 2),
        cut_off=st.booleans(),  # after its commit, before its folder is in its place
    )
    def night(self, flagged, sights, severity, actual, skipped, cut_off) -> None:
        faults = [Fault(serial, severity=severity, actual=actual) for serial in flagged]
        stands = {Fault(serial).finding_id: sight for serial, sight in sights.items()}
        self._night(faults, stands, skipped, cut_off=cut_off)

    @rule(flagged=st.lists(st.sampled_from(SERIALS), unique=True), cut_off=st.booleans())
    def late_file(self, flagged, cut_off) -> None:
        """The last night again, from other inputs: as if its first telling had not been."""
        offset, self.is_open, *_ = self.nights.pop()
        self._night([Fault(serial) for serial in flagged], {}, offset=offset, cut_off=cut_off)

    @precondition(lambda self: not self.spoken_since)
    @rule()
    def the_same_night_again_changes_nothing(self) -> None:
        offset, _, faults, stands, practice = self.nights[-1]
        before = self._everything()
        self._start()
        self._tell(FIRST + timedelta(days=offset), faults, stands, practice)
        after = self._everything()
        assert {name: life[1:] for name, life in after.items() if life[0] != "withdrawn"} == {
            name: life[1:] for name, life in before.items() if life[0] != "withdrawn"
        }

    @rule(
        flagged=st.lists(st.sampled_from(SERIALS), unique=True),
        again=st.booleans(),
        statement=st.integers(1, 60),
    )
    def crash(self, flagged, again, statement) -> None:
        """A night that dies at one of its statements, or just before it commits, has not been."""
        before = self._everything(), self._count(EVENTS), self._count(RUNS)
        with pytest.raises(Crash):
            self._crash([Fault(serial) for serial in flagged], self._as_of(0 if again else 1), statement)
        assert before == (self._everything(), self._count(EVENTS), self._count(RUNS))

    @precondition(lambda self: self.is_open)
    @rule(
        data=st.data(),
        person=st.sampled_from(("", *TEXTS)),
        status=st.sampled_from(("", "nonsense", *(s.value for s in Status))),
        remark=st.sampled_from(("", "总部统一报备")),
        behind=st.integers(0, 3),
        twice=st.booleans(),
    )
    def returned_copy(self, data, person, status, remark, behind, twice) -> None:
        name = data.draw(st.sampled_from(sorted(self.is_open)))
        spoken = self.spoken[name]
        base = max(0, self._row_version(name) - behind)
        self.copies += 1
        copy = Copy(f"{self.copies:064}", f"回传{self.copies}.xlsx", "张三")
        returned = Returned(name, base, {"person": person, "status": status, "remark": remark}, who="张三")
        before = self._handling(name)
        merged = self._read(copy, returned)
        after = self._handling(name)
        for change in merged.changes:
            spoken.words.add(change.after)
            self.spoken_since = True
            if change.field == "person":
                spoken.person = change.after
        assert after["person"] == spoken.person
        if not person:
            assert after["person"] == before["person"], "a blank never erases"
        unfounded = Status.FALSE_POSITIVE if not after["remark"] else "nonsense"
        assert {refusal.text for refusal in merged.refusals} <= {"nonsense", unfounded}
        for conflict in merged.conflicts:
            assert base < before["row_version"], "only an older copy can be at odds"
            assert after[conflict.field] == conflict.ledger_text, "the ledger keeps its own"
            with self.database.transaction() as connection:
                kept = connection.scalars(
                    sa.select(CONFLICTS.c.copy_text).where(CONFLICTS.c.finding_id == name)
                )
                assert conflict.copy_text in set(kept), "and the other is kept too"
        if twice:
            again = self._read(replace(copy, sha256="f" * 40 + f"{self.copies:024}"), returned)
            assert again.changes == ()
            assert self._handling(name) == after

    @rule(serial=st.sampled_from(SERIALS), days=st.integers(-1, 3))
    def waive(self, serial, days) -> None:
        self.waived = Waiver("file", "停业", "李总", self._as_of(days), rule="REG-01", serial_no=serial)

    @rule()
    def take_the_waiver_back(self) -> None:
        self.waived = None

    @invariant()
    def nothing_is_lost(self) -> None:
        with self.database.transaction() as connection:
            states = dict(connection.execute(sa.select(FINDINGS.c.finding_id, FINDINGS.c.state)).all())
            said = set(connection.scalars(sa.select(EVENTS.c.after).where(EVENTS.c.kind == "said")))
            told = every_word(connection, ("detail",))
            some = words_of(connection, told["finding_id"].combine_chunks()[::2], ("title", "detail"))
        for name, is_open in self.is_open.items():
            assert (states[name] in ("open", "absent")) == is_open, name
        details = dict(zip(told["finding_id"].to_pylist(), told["detail"].to_pylist(), strict=True))
        assert (details, told.num_rows) == (self.told, len(self.told))
        assert dict(zip(some["finding_id"].to_pylist(), some["detail"].to_pylist(), strict=True)) == {
            name: details[name] for name in list(details)[::2]
        }
        for name, spoken in self.spoken.items():
            assert spoken.words <= said
            assert self._handling(name)["person"] == spoken.person

    def _night(self, faults, stands, skipped=0, offset=None, *, cut_off=False) -> None:
        self._start()
        if offset is None:
            offset = self.nights[-1][0] + 1 + skipped if self.nights else 0
        as_of = FIRST + timedelta(days=offset)
        before = dict(self.is_open)
        statuses = {name: self._handling(name)["status"] for name in self.is_open}
        practice = self._practice(as_of)
        told = self._tell(as_of, faults, stands, practice, cut_off=cut_off)
        self.nights.append((offset, before, faults, stands, practice))
        self.spoken_since = False
        flagged = {fault.finding_id for fault in faults}
        for name, is_open in before.items():
            stand = stands.get(name, "passed")
            if is_open and name not in flagged and stand in ("passed", "arrived"):
                self.is_open[name] = False
            elif is_open and name not in flagged and statuses[name] == Status.CONFIRMED_GONE:
                # closed by a person's word, and only where the subject was missed
                self.is_open[name] = stand != "absent" and not self._was_absent(name)
        self.is_open |= dict.fromkeys(flagged, True)
        self.told |= {fault.finding_id: str(fault.row(as_of)["detail"]) for fault in faults}
        assert dict(zip(told["finding_id"], told["detail"], strict=True)).items() <= self.told.items()
        shown = dict(zip(told["finding_id"], told["state"], strict=True))
        for name, is_open in self.is_open.items():
            assert name in shown or not is_open, "what stands is told"
            assert name not in shown or (shown[name] in CLOSED) != is_open
            if before.get(name) and not is_open:
                by_person = stands.get(name, "passed") not in ("passed", "arrived")
                came = "arrived" if stands.get(name) == "arrived" else "fixed"
                assert shown[name] == ("gone" if by_person else came)
        running = self.waived is not None and self.waived.runs(as_of)
        for row in told.to_dict("records"):
            is_waived = running and row["serial_no"] == self.waived.serial_no and row["state"] not in CLOSED
            assert (row["state"] == State.WAIVED) == is_waived
            if row["state"] in (*CLOSED, *EXCUSED):
                assert row["escalation"] == 0
            if row["finding_id"] in flagged:
                assert row["last_seen"] == as_of
            else:
                assert row["last_seen"] < as_of

    def _start(self) -> None:
        """What every run begins with: then each night that stands is published, and no draft is left."""
        with open_night(self.database, date.max) as night:
            settle(self.output, night.standing, [day.isoformat() for day in night.withdrawn_dates()])
            for run in night.runs:
                whole = night.standing(run.run_id)
                assert whole is not None
                assert intact(self.output / run.as_of.isoformat(), whole.files)
        assert list(self.output.glob(".*")) == []

    def _tell(self, as_of, faults, stands, practice, *, cut_off=False):
        """A night with its folder: drafted, committed, put in its place unless it is cut off before."""
        run_id, folder, files = self._drafted(as_of)
        told = tell(self.database, as_of, faults, stands, practice, run_id=run_id, files=digests(files))
        if not cut_off:
            swap_in(self.output, as_of.isoformat(), folder)
        return told

    def _drafted(self, as_of):
        self.tellings += 1
        run_id, files = f"{self.tellings:016x}", {"report.xlsx": f"{as_of} {self.tellings}".encode()}
        return run_id, draft(self.output, as_of.isoformat(), run_id, files), files

    def _crash(self, faults, as_of, statement) -> None:
        left = statement

        def count(*_) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise Crash

        self._start()
        run_id, _, files = self._drafted(as_of)
        with self.database.transaction() as connection:
            sa.event.listen(connection, "before_cursor_execute", count)
            within: Any = _Within(connection)
            tell(within, as_of, faults, {}, run_id=run_id, files=digests(files))
            raise Crash

    def _practice(self, as_of) -> Practice:
        with self.database.transaction() as connection:
            waivers = waivers_of_people(connection) + ((self.waived,) if self.waived else ())
            enter_waivers(connection, waivers, as_of)
        return Practice(waivers=waivers)

    def _read(self, copy: Copy, returned: Returned):
        with self.database.transaction() as connection:
            assert copy.sha256 not in dates_read(connection)
            rows = handlings_of(connection, [returned.finding_id])
            bases = bases_of(connection, rows, [(returned.finding_id, returned.base_version)])
            merged = merge(rows, [returned], bases, Terms(self._as_of(0)))
            enter(connection, merged, copy, self._as_of(0))
            assert dates_read(connection)[copy.sha256] == self._as_of(0)
            assert connection.scalar(sa.select(sa.func.count()).select_from(FEEDBACK_FILES))
        return merged

    def _as_of(self, after: int):
        return FIRST + timedelta(days=self.nights[-1][0] + after)

    def _handling(self, name: str) -> dict:
        with self.database.transaction() as connection:
            row = (
                connection.execute(sa.select(HANDLINGS).where(HANDLINGS.c.finding_id == name))
                .mappings()
                .first()
            )
        return dict(row) if row else {"person": "", "status": "", "remark": "", "row_version": 0}

    def _row_version(self, name: str) -> int:
        return self._handling(name)["row_version"]

    def _was_absent(self, name: str) -> bool:
        """Whether the night that was just told found it among those whose subject was missed before."""
        with self.database.transaction() as connection:
            last = sa.select(sa.func.max(RUNS.c.number)).scalar_subquery()
            query = sa.select(EVENTS.c.was_state).where(EVENTS.c.finding_id == name, EVENTS.c.number == last)
            return connection.scalar(query) == "absent"

    def _everything(self) -> dict[str, tuple]:
        with self.database.transaction() as connection:
            lives = connection.execute(
                sa.select(
                    FINDINGS.c.finding_id,
                    *(column for column in FINDINGS.columns if column.name != "finding_id"),
                )
            ).all()
        return {row.finding_id: (row.state, *tuple(row)[1:]) for row in lives}

    def _count(self, table: sa.Table) -> int:
        with self.database.transaction() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


class _Within:
    """A database whose transactions are part of one that is already under way."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def transaction(self):
        return nullcontext(self._connection)


def test_on_sqlite():
    Ledger.server = ""
    run_state_machine_as_test(Ledger, settings=settings(stateful_step_count=15))


@pytest.mark.postgres
def test_on_postgres(postgres_server: str, postgres_ledger: str):
    Ledger.server, Ledger.empty = postgres_server, postgres_ledger
    run_state_machine_as_test(
        Ledger, settings=settings(max_examples=max(3, settings().max_examples // 6), stateful_step_count=10)
    )
