"""SIGKILL at every step of a night, and at moments nobody chose: the next run needs no hand.

Beside the estate that is killed lives a twin that never is. After each night both must hold the same: every
row of the ledger, every published byte, every file of the state. `KILLED_MOMENTS=100` kills at so many random
moments.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import killing
import pytest
import sqlalchemy as sa
from conftest import AS_OF, DEVICE, MERCHANT, MODEL, REGISTRATION, Estate
from mailserver import Inbox, serving
from program import FORKS
from test_roundtrip import fill

from audit.files import write_private
from audit.ledger.schema import METADATA
from audit.night import Result

SERIALS = [f"SN{number:06}" for number in range(1, 7)]
LETTER = ("message_id", "number", "kind")  # what of a message does not depend on where the estate lies

# per night, one run after the other; each is killed where it says, the one after them is let live
NIGHTS = {
    "the first": (
        "before audit.pipeline.Database",
        "after audit.pipeline.Database",
        "before audit.intake.child._resident",  # a reader is at work
        "before audit.intake.store.write_private",  # rows are kept, their account is not
    ),
    "with a copy to read": (
        "after audit.pipeline.read_feeds",
        "after audit.pipeline.unread_copies",
        "after audit.telling.assess",
        "after audit.telling.take_in",
        "after audit.ledger.nights.Night.carried",
        "before audit.ledger.nights.Night.enter",
        "after audit.ledger.nights.Night.enter",
    ),
    "published": (
        "after audit.telling.build_report",
        "before audit.publish.sync",  # a draft half written
        "after audit.telling.draft",
        "after audit.telling.remember_statuses",
        "after audit.delivery.post.write_private",
        "before commit",
        "after commit",
        "before audit.publish.swap_in",  # as the next run settles what this one left
        "before audit.delivery.smtp.Session.deliver",
        "after audit.delivery.smtp.Session.deliver",
    ),
    "told anew": (
        "before audit.telling.swap_in",
        "after audit.publish._keep",  # the earlier telling is aside, the later one not yet in its place
    ),
    "rebuilt": (
        "after audit.ledger.nights.Night.withdraw",
        "after commit",
        "after audit.publish.set_aside",
    ),
}


@dataclass
class Twins:
    """Two estates that are given the same; one of them is killed."""

    killed: Estate
    spared: Estate
    inbox: Inbox

    def deliver(self, as_of: date, seed: int) -> None:
        """Tonight's files, to both."""
        chance = random.Random(seed)
        listed = [serial for serial in SERIALS if chance.random() < 0.6] or SERIALS[:1]
        expiry = {serial: chance.choice(["2026-11-20", "2029-01-01"]) for serial in SERIALS}
        pending = {
            "status": "审核中",
            "decided_at": "",
            "submitted_at": f"{as_of - timedelta(days=9)} 10:00:00",
        }
        states = [{}, {}, pending]
        feeds = {
            "devices": [DEVICE | {"serial_no": one, "cert_expiry": expiry[one]} for one in SERIALS],
            "merchants": [MERCHANT],
            "registrations": [REGISTRATION | {"serial": one} | chance.choice(states) for one in listed],
            "models": [MODEL],
        }
        for feed, rows in feeds.items():
            name = f"{feed}_{as_of:%Y%m%d}.csv"
            for estate in (self.killed, self.spared):
                for old in estate.folder.glob(f"{feed}_*.csv"):
                    old.unlink()
                path = estate.write(feed, rows, name)
                os.utime(path, (1.79e9, 1.79e9))
                estate.sections[f"inputs.{feed}"] = f'files = ["{feed}_*.csv"]\nmax_age_days = 5'

    def hand_back(self, as_of: date, number: int) -> None:
        """A copy of that night's workbook, filled in, to both."""
        book = self.spared.folder / "copy.xlsx"
        shutil.copy(self.spared.folder / "reports" / as_of.isoformat() / "report.xlsx", book)
        answers = {"status": "整改中", "person": f"李四{number}", "remark": f"工单 {number}"}
        fill(book, dict.fromkeys(SERIALS, answers))
        for estate in (self.killed, self.spared):
            (estate.folder / "feedback").mkdir(exist_ok=True)
            shutil.copy2(book, estate.folder / "feedback" / f"已填写{number}.xlsx")
            os.utime(estate.folder / "feedback" / f"已填写{number}.xlsx", (1.79e9, 1.79e9))
        book.unlink()

    def arguments(self, as_of: date, *more: str) -> list[str]:
        return ["run", "--config", str(self.killed.configure()), "--as-of", as_of.isoformat(), *more]

    def kill(self, moment: str, as_of: date, *more: str) -> None:
        """A run that is killed at a moment it has to come to."""
        run = FORKS.Process(target=killing.run, args=(moment, self.arguments(as_of, *more), self.environment))
        run.start()
        run.join()
        assert run.exitcode == -signal.SIGKILL, moment
        self.look_over(moment, run.pid)

    @property
    def environment(self) -> dict[str, str]:
        scratch = self.killed.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        return {"TMPDIR": str(scratch)}

    def look_over(self, moment: str, session: int | None) -> None:
        """What must hold at once: nobody of the killed run's is left, and the database is sound."""
        patience = time.monotonic() + 5
        while left := orphans(session):
            assert time.monotonic() < patience, f"{moment}: {left} are left running"
            time.sleep(0.02)
        files = sorted((self.killed.folder / "state").glob("ledger.sqlite*"))
        aside = self.killed.folder / "aside"
        aside.mkdir()
        for file in files:  # looking at the files themselves would mend them
            shutil.copy(file, aside)
        if files:
            with closing(sqlite3.connect(aside / "ledger.sqlite")) as database:
                assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)], moment
                assert database.execute("PRAGMA foreign_key_check").fetchall() == [], moment
        shutil.rmtree(aside)

    def live(self, as_of: date, rebuild: str = "") -> Result:
        """The run after them, and the twin's only one; then all must be the same."""
        spared = self.spared.run(as_of, rebuild=rebuild)
        result = self.killed.run(as_of, rebuild=rebuild)
        assert result.code == spared.code
        assert rows_of(self.killed) == rows_of(self.spared)
        assert files_of(self.killed) == files_of(self.spared)
        assert list((self.killed.folder / "scratch").glob("*")) == []
        return result

    def mails(self) -> Counter[str]:
        return Counter(str(message["Message-ID"]) for message in self.inbox.messages)


def orphans(session: int | None) -> list[str]:
    """Processes of a session that still run."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()  # nothing once it has ended
            if command and os.getsid(int(process.name)) == session:
                found.append(command.replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def rows_of(estate: Estate) -> dict[str, list[tuple]]:
    """Every row of the ledger; of messages, which they are."""
    engine = sa.create_engine(f"sqlite:///{estate.folder / 'state' / 'ledger.sqlite'}")
    with engine.connect() as connection:
        rows = {
            table.name: sorted(
                connection.execute(sa.select(*_compared(table))).all(),
                key=repr,
            )
            for table in METADATA.sorted_tables
        }
    engine.dispose()
    return rows


def _compared(table: sa.Table) -> list[sa.Column]:
    return [column for column in table.columns if table.name != "outbox" or column.name in LETTER]


def files_of(estate: Estate) -> dict[str, bytes]:
    """Every file the program has made, but its log; the published ones with their bytes, seconds left out."""
    found = {}
    for root in ("reports", "state"):
        for path in sorted((estate.folder / root).rglob("*")):
            if "log" in path.relative_to(estate.folder).parts:
                continue
            published = path.is_file() and root == "reports"
            data = path.read_bytes() if published else b""
            if path.name == "summary.json":
                data = data.partition(b'"measured"')[0]
            found[str(path.relative_to(estate.folder))] = data
    return found


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[Twins]:
    with ExitStack() as stack:
        inboxes = [stack.enter_context(serving(Inbox(), None, auth=False)) for _ in range(2)]
        made = []
        for name, inbox in zip(("killed", "spared"), inboxes, strict=True):
            estate = Estate(tmp_path / name, {"required_channels": '["wechat"]'})
            write_private(estate.folder / "state" / "secret", b"5" * 64)  # one estate: the same seals
            estate.sections["mail"] = (
                f'host = "localhost"\nport = {inbox.port}\nsecurity = "none"\n'
                'sender = "audit@example.invalid"\nto = ["compliance@example.invalid"]'
            )
            made.append(estate)
        yield Twins(*made, inboxes[0])


def test_killed_at_every_step_of_the_night(twins: Twins):
    first, second, third, anew, rebuilt = NIGHTS.values()
    nights = [AS_OF + timedelta(days=number) for number in range(3)]
    for number, (as_of, moments) in enumerate(zip(nights, (first, second, third), strict=True)):
        twins.deliver(as_of, number)
        if number:
            twins.hand_back(nights[number - 1], number)
        for moment in moments:
            twins.kill(moment, as_of)
        twins.live(as_of)
    [once, again] = sorted(twins.mails().values())[-2:]
    assert (once, again) == (1, 2), "killed between the server's word and our note of it: sent once more"
    assert len(twins.mails()) == 3

    twins.deliver(nights[2], 11)
    for moment in anew:
        twins.kill(moment, nights[2])
    assert twins.live(nights[2]).replayed
    assert (twins.killed.folder / "reports" / f"{nights[2]}~r1").is_dir()

    twins.deliver(nights[1], 12)
    for moment in rebuilt:
        twins.kill(moment, nights[1], "--rebuild", "台账有误")
    twins.live(nights[1], "台账有误")
    assert not (twins.killed.folder / "reports" / nights[2].isoformat()).exists()
    assert len(twins.mails()) == 5
    assert sum(twins.mails().values()) == 6


@pytest.mark.skipif("KILLED_MOMENTS" not in os.environ, reason="long form: .ci/long kills at 100 moments")
def test_killed_at_moments_nobody_chose(twins: Twins):
    chance = random.Random(int(os.environ.get("KILLED_SEED", "20261121")))
    left = int(os.environ["KILLED_MOMENTS"])
    told: Counter[str] = Counter()
    as_of = AS_OF
    while left:
        twins.deliver(as_of, chance.getrandbits(32))
        if as_of > AS_OF and chance.random() < 0.5:
            twins.hand_back(as_of - timedelta(days=1), as_of.toordinal())
        for _ in range(min(left, chance.randint(1, 3))):
            told[_die_somewhere(twins, as_of, chance)] += 1
            left -= 1
        twins.live(as_of)
        as_of += timedelta(days=1)
    assert len(twins.mails()) == (as_of - AS_OF).days, "none is lost"
    assert told["killed"] > told["ended"]


def _die_somewhere(twins: Twins, as_of: date, chance: random.Random) -> str:
    """Killed at one of its effects, or by another process some time after its start."""
    effect = chance.randint(1, 220)
    by_clock = chance.random() < 0.5
    moment = f"effect {10**9 if by_clock else effect}"
    started = subprocess.Popen(
        [sys.executable, killing.__file__, moment, *twins.arguments(as_of)],
        env={**os.environ, **twins.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    if by_clock:
        time.sleep(chance.uniform(0.5, 6))
        started.kill()
    out, _ = started.communicate()
    assert started.returncode in (-signal.SIGKILL, 0, 20), out.decode()
    twins.look_over(moment, started.pid)
    return "killed" if started.returncode < 0 else "ended"
