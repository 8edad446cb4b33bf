"""One audit at a time: whoever comes second is told by whom, at once, and a dead holder blocks nobody."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import ANY
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from conftest import AS_OF, Estate
from postgres import fresh_database

from audit.errors import CannotWrite, ExitCode, Locked
from audit.ledger.database import Database
from audit.ledger.nights import Run, open_night
from audit.ledger.schema import RUNS
from audit.lock import holder_of, only_run
from audit.words import load_words

ZONE = ZoneInfo("Asia/Shanghai")
STARTS = 50

# a warm interpreter that becomes many starts, each waiting for the others; it says how each ended, and each
# says what it cost from then on
STARTER = """
import atexit, json, os, resource, sys, time
from audit.cli import app
from audit.config import load_settings
folder, starts, *command = sys.argv[1:]
begun = {}
for number in range(int(starts)):
    pid = os.fork()
    if not pid:
        break
    begun[pid] = number
else:
    print("ready", flush=True)
    ended = (os.waitpid(pid, 0) for pid in begun)
    print(json.dumps({pid: os.waitstatus_to_exitcode(status) for pid, status in ended}))
    sys.exit()
os.dup2(os.open(f"{folder}/{os.getpid()}.err", os.O_WRONLY | os.O_CREAT), 2)
os.dup2(os.open(f"{folder}/{os.getpid()}.out", os.O_WRONLY | os.O_CREAT), 1)
sys.stdin.read()
wall, cpu = time.monotonic(), time.process_time()
children = lambda: resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
atexit.register(lambda: print(time.monotonic() - wall, time.process_time() - cpu, children()))
app(command)
"""


def test_of_fifty_starts_exactly_one_works(estate: Estate):
    said = estate.folder / "said"
    said.mkdir()
    command = [said, STARTS, "run", "--config", estate.configure(), "--as-of", AS_OF]
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, *map(str, command)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "ready\n"
        told, _ = starter.communicate(timeout=120)
    codes = {int(pid): code for pid, code in json.loads(told).items()}
    assert sorted(codes.values()) == [int(ExitCode.DONE)] + [int(ExitCode.LOCKED)] * (STARTS - 1)
    [holder] = [pid for pid, code in codes.items() if code == ExitCode.DONE]
    losers = [said / str(pid) for pid in codes if pid != holder]
    told_by = [loser.with_suffix(".err").read_text("utf-8") for loser in losers]
    assert all(str(holder) in err for err in told_by), "each is told who has it"
    costs = [loser.with_suffix(".out").read_text("utf-8").split() for loser in losers]
    _, cpu, children = zip(*(map(float, cost) for cost in costs), strict=True)
    assert max(cpu) < 0.5, "turned away before anything heavy is begun"
    assert set(children) == {0.0}, "and before a process of its own is"
    assert [path.name for path in (estate.folder / "reports").iterdir()] == [str(AS_OF)]


def test_a_holder_that_is_killed_blocks_nobody(estate: Estate):
    hold = (
        "import sys, time; from pathlib import Path; from zoneinfo import ZoneInfo; "
        "from audit.lock import only_run\n"
        "with only_run(Path(sys.argv[1]), ZoneInfo('UTC')): print('held', flush=True); time.sleep(60)"
    )
    state = estate.folder / "state"
    with subprocess.Popen([sys.executable, "-c", hold, state], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Locked) as failure:
            estate.run()
        assert failure.value.facts["pid"] == holder.pid
        assert str(failure.value.facts["started"]).startswith("20")
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert json.loads((state / "lock.json").read_text())["pid"] == holder.pid, "it had no time to tidy up"
    assert estate.run().code is ExitCode.DONE
    assert not (state / "lock.json").exists()


def test_what_a_dead_holder_left_names_nobody_else(tmp_path: Path):
    with only_run(tmp_path, ZONE):
        gone = subprocess.Popen(["true"])
        gone.wait()
        (tmp_path / "lock.json").write_text(json.dumps({"pid": gone.pid, "started": "2026-11-21"}))
        with pytest.raises(Locked) as failure, only_run(tmp_path, ZONE):
            pass
    assert failure.value.facts["pid"] == "?"
    assert load_words("zh")("error.locked", **failure.value.facts)


def test_a_disk_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def missing(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr("fcntl.flock", missing)
    with pytest.raises(CannotWrite), only_run(tmp_path / "state", ZONE):
        pass


def test_a_night_may_wait_for_a_delivery_to_end(tmp_path: Path):
    with only_run(tmp_path, ZONE), pytest.raises(Locked), only_run(tmp_path, ZONE, 0.2):
        pass
    with only_run(tmp_path, ZONE, 0.2):
        assert holder_of(tmp_path) == {"pid": os.getpid(), "started": ANY}
    assert holder_of(tmp_path) is None


@pytest.mark.postgres
def test_writers_of_one_server_take_turns_or_are_refused(
    estate: Estate, postgres_server: str, monkeypatch: pytest.MonkeyPatch
):
    with fresh_database(postgres_server, "turns") as url:
        estate.sections["ledger"] = f'url = "{url}"'
        elsewhere = Database(url, estate.folder / "another-machine")
        monkeypatch.setattr("audit.ledger.database.BUSY_MILLISECONDS", 300)
        with elsewhere.transaction():  # a night on another machine, with a state folder of its own
            with pytest.raises(Locked) as refused:
                estate.run()
            assert (refused.value.key, refused.value.exit_code) == ("ledger_busy", ExitCode.LOCKED)
            looking = Database(url, estate.folder / "state", reading=True)
            with looking.transaction() as connection:
                assert not connection.execute(sa.select(RUNS)).all(), "what is only looked at does not wait"
            looking.close()
        assert not (estate.folder / "reports").exists()
        assert estate.run().code is ExitCode.DONE
        with elsewhere.transaction() as connection:
            assert len(connection.execute(sa.select(RUNS)).all()) == 1
        elsewhere.close()


def test_who_looks_beside_a_night_sees_one_moment(database: Database, tmp_path: Path):
    place = "" if database.is_sqlite else database.engine.url.render_as_string(hide_password=False)
    looking = Database(place, tmp_path / "state", reading=True)
    with looking.transaction() as connection:
        before = connection.execute(sa.select(RUNS)).all()
        with open_night(database, AS_OF) as night:
            night.add_run(Run(1, "a" * 16, AS_OF, 0, "", {}), "0", "", {})
        assert connection.execute(sa.select(RUNS)).all() == before == []
    with looking.transaction() as connection:
        assert len(connection.execute(sa.select(RUNS)).all()) == 1
    looking.close()


@pytest.mark.postgres
@pytest.mark.parametrize("reading", [False, True])
def test_a_server_that_ends_idle_sessions_does_not_end_a_night(
    tmp_path: Path, postgres_server: str, reading: bool
):
    with fresh_database(postgres_server, "idle") as url:
        Database(url, tmp_path).close()
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("ALTER DATABASE idle SET idle_in_transaction_session_timeout = 100")
        engine.dispose()
        database = Database(url, tmp_path, reading=reading)
        with database.transaction() as connection:
            connection.execute(sa.select(RUNS)).all()
            time.sleep(0.5)  # a night reckons for longer
            assert connection.execute(sa.select(RUNS)).all() == []
        database.close()


@pytest.mark.postgres
def test_two_machines_may_be_the_first(tmp_path: Path, postgres_server: str):
    with fresh_database(postgres_server, "first") as url, ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda number: Database(url, tmp_path / str(number)), range(4)))
        for database in opened:
            with database.transaction() as connection:
                assert connection.execute(sa.select(RUNS)).all() == []
            database.close()
