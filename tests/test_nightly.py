"""Running every night: the right hour in the right zone, whatever a night does, until told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from conftest import Estate

from audit.config import load_settings
from audit.nightly import crontab_line, next_night, nightly_loop
from audit.words import load_words

ZH = load_words("zh")


@pytest.fixture
def machine_in(monkeypatch: pytest.MonkeyPatch):
    """Put the machine into a time zone."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Shanghai"])
def test_the_night_is_due_at_its_hour_in_china_wherever_the_machine_stands(
    estate: Estate, machine_in, zone: str
):
    machine_in(zone)
    estate.sections["schedule"] = 'at = "02:00"'
    settings = load_settings(estate.configure())
    with time_machine.travel(datetime(2026, 11, 21, 17, 30, tzinfo=UTC), tick=False):
        loop = nightly_loop(settings, estate.config, print, ZH)
        assert next_night(loop, settings) == "2026-11-22 02:00"
        assert loop.idle_seconds == 1800


def test_a_failing_night_is_reported_and_the_next_one_stays_planned(estate: Estate):
    settings = load_settings(estate.configure())
    said: list[str] = []
    with time_machine.travel(datetime(2026, 11, 21, 17, 59, tzinfo=UTC)) as clock:
        loop = nightly_loop(settings, estate.folder / "no-such.toml", said.append, ZH)
        clock.move_to(datetime(2026, 11, 21, 18, 0, 1, tzinfo=UTC))
        loop.run_pending()
        assert next_night(loop, settings) == "2026-11-23 02:00"
    assert said == [ZH("cli.night_failed", code=40)]


def test_a_night_runs_when_it_is_due(estate: Estate):
    estate.settings["as_of"] = "2026-11-21"
    settings = load_settings(estate.configure())
    said: list[str] = []
    with time_machine.travel(datetime(2026, 11, 21, 17, 59, tzinfo=UTC)) as clock:
        loop = nightly_loop(settings, estate.config, said.append, ZH)
        loop.run_pending()
        assert not (estate.folder / "reports").exists(), "not before its hour"
        clock.move_to(datetime(2026, 11, 21, 18, 0, 1, tzinfo=UTC))
        loop.run_pending()
    assert said == []
    assert (estate.folder / "reports" / "2026-11-21" / "report.xlsx").is_file()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_loop_ends_when_told_to(estate: Estate, number: signal.Signals, code: int):
    command = [sys.executable, "-m", "audit", "schedule", "--config", str(estate.configure())]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as loop:
        assert loop.stderr is not None
        assert "下一次审计" in loop.stderr.readline()
        loop.send_signal(number)
        assert loop.wait(timeout=20) == code


def test_the_crontab_line_is_in_the_machines_own_time(estate: Estate, machine_in, tmp_path: Path):
    machine_in("UTC")
    estate.sections["schedule"] = 'at = "02:05"'
    settings = load_settings(estate.configure())
    odd = tmp_path / "50% off" / "audit.toml"
    comment, line = crontab_line(settings, odd, datetime(2026, 11, 21, tzinfo=UTC)).splitlines()
    assert comment.startswith("#")
    assert line.startswith("5 18 * * * ")
    assert r"50\% off" in line
    assert "'" in line, "a path with a blank is quoted"


def test_what_cron_runs_works_without_a_terminal_or_an_environment(estate: Estate):
    estate.settings["as_of"] = "2026-11-21"
    line = crontab_line(load_settings(estate.configure()), estate.config).splitlines()[1]
    command = line.split(" ", 5)[5].replace(r"\%", "%")
    bare = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(estate.folder),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
    ended = subprocess.run(["/bin/sh", "-c", command], env=bare, cwd="/", capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    assert b"\x1b[" not in ended.stderr, "no colour, no cursor tricks"
