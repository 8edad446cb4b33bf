"""Nights on a machine in trouble: the right code, what was there before untouched, nothing left behind."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from conftest import AS_OF, Estate, spotless
from postgres import fresh_database
from program import pos_audit

from audit.errors import ExitCode, NightRefused
from audit.ledger.database import Database

NEXT = AS_OF + timedelta(days=1)


def run(estate: Estate, night: date, *arguments: str, **limits: int) -> int:
    """A night in a process of its own, and how it ended."""
    ended = pos_audit("run", "--config", estate.configure(), "--as-of", night, *arguments, **limits)
    return told_by(ended)


def told_by(ended: subprocess.CompletedProcess[str]) -> int:
    """The code of a night that said in a sentence how it ended."""
    assert "Traceback" not in ended.stderr, ended.stderr
    assert ended.stderr.splitlines()[-1].startswith(f"退出码 {ended.returncode}"), ended.stderr
    return ended.returncode


def bytes_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def assert_clean(estate: Estate) -> None:
    """Nothing half written is left, and the ledger is whole."""
    left = [path for path in estate.folder.rglob("*") if path.name.endswith(".tmp")]
    assert left == []
    with sqlite3.connect(estate.folder / "state" / "ledger.sqlite") as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    ledger.close()


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """An estate with one night behind it."""
    estate = spotless(tmp_path_factory.mktemp("first"))
    assert estate.run().code is ExitCode.DONE
    return estate


@pytest.fixture
def told(first_night: Estate, tmp_path: Path) -> Estate:
    """The same, for one test to go on with."""
    return first_night.copy(tmp_path / "estate")


@pytest.mark.parametrize("name", ["100% 完成", "a%41b", "a[b]*", 'it\'s "so" #1?'])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str):
    """A path is no URL and no pattern, whatever library it goes through."""
    folder = tmp_path / name
    folder.mkdir()
    estate = spotless(folder)
    for as_of in (AS_OF, NEXT):
        assert estate.run(as_of).code is ExitCode.DONE
    assert (folder / "state" / "ledger.sqlite").stat().st_size > 0
    assert_clean(estate)


@pytest.mark.parametrize("kib", [0, 16, 48])
def test_files_that_cannot_grow(told: Estate, kib: int):
    before = bytes_of(told.folder / "reports")
    assert run(told, NEXT, file_bytes=kib << 10) == ExitCode.CANNOT_WRITE
    assert bytes_of(told.folder / "reports") == before
    assert_clean(told)
    assert run(told, NEXT) == ExitCode.DONE


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = shutil.which("mount") and os.geteuid() == 0
    if not mounted or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]).returncode:
        pytest.skip("only root may mount a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk(estate: Estate, small_disk: Path):
    estate.settings["state"] = f'"{small_disk}/state"'
    estate.sections["report"] = f'output = "{small_disk}/reports"'
    assert run(estate, AS_OF) == ExitCode.DONE
    reports, filler = small_disk / "reports", small_disk / "filler"
    before = bytes_of(reports / str(AS_OF))
    codes = []
    for left in (0, 64 << 10, 200 << 10, 400 << 10):
        free = shutil.disk_usage(small_disk).free
        with filler.open("wb") as stream:
            stream.write(b"x" * max(free - left, 0))
        codes.append(run(estate, NEXT))
        assert bytes_of(reports / str(AS_OF)) == before
        assert list(small_disk.rglob("*.tmp")) == []
        filler.unlink()
        if codes[-1] == ExitCode.DONE:
            break
    assert set(codes[:2]) == {ExitCode.CANNOT_WRITE}
    assert run(estate, NEXT) == ExitCode.DONE
    with sqlite3.connect(small_disk / "state" / "ledger.sqlite") as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    ledger.close()


def test_an_output_that_may_not_be_written(told: Estate):
    """Root may write anywhere; a file where the folder should be stops it as well."""
    before = bytes_of(told.folder / "reports")
    told.sections["report"] = 'output = "reports/2026-11-21/report.xlsx/there"'
    assert run(told, NEXT) == ExitCode.CANNOT_WRITE
    assert bytes_of(told.folder / "reports") == before
    assert_clean(told)


def test_a_ledger_somebody_else_keeps_busy(told: Estate):
    before = bytes_of(told.folder / "reports")
    impatient = (
        "import audit.__main__ as program, audit.ledger.database as d; "
        "d.BUSY_MILLISECONDS = 200; program.main()"
    )
    command = [sys.executable, "-c", impatient, "run", "--config", told.configure(), "--as-of", str(NEXT)]
    with sqlite3.connect(told.folder / "state" / "ledger.sqlite") as other:
        other.execute("BEGIN IMMEDIATE")
        assert told_by(subprocess.run(command, capture_output=True, text=True)) == ExitCode.CANNOT_WRITE
        other.rollback()
    other.close()
    assert bytes_of(told.folder / "reports") == before
    assert_clean(told)
    assert run(told, NEXT) == ExitCode.DONE


def test_a_ledgers_server_that_is_not_there_is_called_that(told: Estate):
    before = bytes_of(told.folder / "reports")
    told.sections["ledger"] = 'url = "postgresql+psycopg://audit@127.0.0.1:9/audit"'
    ended = pos_audit("run", "--config", told.configure(), "--as-of", NEXT)
    assert told_by(ended) == ExitCode.CANNOT_WRITE
    last = ended.stderr.splitlines()[-1]
    assert "台账数据库 postgresql+psycopg://audit@127.0.0.1:9/audit 无法使用" in last
    assert "连接被拒绝" in last
    assert bytes_of(told.folder / "reports") == before


@pytest.mark.postgres
def test_a_server_where_nobody_may_make_tables_is_not_called_damaged(told: Estate, postgres_server: str):
    with fresh_database(postgres_server, "denied") as url:
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE ROLE guest LOGIN")
        engine.dispose()
        told.sections["ledger"] = f'url = "{url.replace("audit@", "guest@")}"'
        ended = pos_audit("run", "--config", told.configure(), "--as-of", NEXT)
    assert told_by(ended) == ExitCode.CANNOT_WRITE
    assert "没有权限" in ended.stderr
    assert "损坏" not in ended.stderr


@pytest.mark.postgres
def test_a_server_that_became_a_standby_is_no_bug(told: Estate, postgres_server: str):
    with fresh_database(postgres_server, "standby") as url:
        Database(url, told.folder / "state").close()
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("ALTER DATABASE standby SET default_transaction_read_only = on")
        engine.dispose()
        told.sections["ledger"] = f'url = "{url}"'
        ended = pos_audit("run", "--config", told.configure(), "--as-of", NEXT)
    assert told_by(ended) == ExitCode.CANNOT_WRITE
    assert "read-only" in ended.stderr


def test_a_clock_set_back_refuses_the_night_and_changes_nothing(told: Estate):
    before = bytes_of(told.folder / "reports")
    with time_machine.travel("1970-01-02T00:00:00Z"), pytest.raises(NightRefused) as failure:
        told.run(date(1970, 1, 2))
    assert failure.value.exit_code is ExitCode.CONFIG
    assert bytes_of(told.folder / "reports") == before
    assert_clean(told)


def test_a_night_of_a_clock_that_was_ahead_can_be_taken_back(told: Estate):
    told.run(date(2099, 1, 1))
    assert run(told, NEXT) == ExitCode.CONFIG
    assert run(told, NEXT, "--rebuild", "the clock was wrong") == ExitCode.DONE
    assert {path.name for path in (told.folder / "reports").iterdir()} == {
        str(AS_OF),
        str(NEXT),
        "2099-01-01~r1",
    }


@pytest.mark.parametrize(
    ("fails", "code"),
    [
        ("import os; os.fork = lambda: os.open('/nowhere', 0)", ExitCode.DONE),  # a reader is started anew
        ("import sys; sys.modules['pyarrow'] = None", ExitCode.BUG),
    ],
)
def test_what_fails_before_the_configuration_is_read_is_told_later(told: Estate, fails: str, code: ExitCode):
    program = f"{fails}; from audit.__main__ import main; main()"
    command = [sys.executable, "-c", program, "run", "--config", told.configure(), "--as-of", str(NEXT)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == code, ended.stderr
    assert ended.stderr.splitlines()[-1].startswith(f"退出码 {code.value}"), ended.stderr
