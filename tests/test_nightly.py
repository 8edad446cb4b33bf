"""Running every night: the right hour in the right zone, whatever a night does, until told to stop."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import time_machine
import yaml
from conftest import Estate
from program import pos_audit

from audit.config import load_settings
from audit.errors import ExitCode
from audit.lock import only_run
from audit.nightly import Nightly
from audit.timetable import timetable_of
from audit.unattended import crontab_line, kubernetes_manifest, systemd_units, written
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
        loop = Nightly(settings, estate.config, print, ZH)
        assert loop.next_night() == "2026-11-22 02:00"
        assert loop.hours.idle_seconds == 1800


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_nights_of_some_weekdays_only(estate: Estate, machine_in, zone: str):
    machine_in(zone)
    estate.sections["schedule"] = 'at = "02:00"\ndays = ["mon", "sat"]'
    settings = load_settings(estate.configure())
    hours = timetable_of(settings)
    for now, due in (((21, 17), "23"), ((20, 17), "21"), ((20, 18), "23")):  # the 21st is a Saturday
        with time_machine.travel(moment := datetime(2026, 11, *now, 30, tzinfo=UTC), tick=False):
            assert Nightly(settings, estate.config, print, ZH).next_night() == f"2026-11-{due} 02:00"
            assert hours.night_of(hours.next_due(moment)).isoformat() == f"2026-11-{due}"
    assert hours.last_due(datetime(2026, 11, 22, tzinfo=UTC)) == datetime(2026, 11, 20, 18, tzinfo=UTC)
    assert hours.nights_between(date(2026, 11, 14), date(2026, 11, 23)) == [
        date(2026, 11, 16),
        date(2026, 11, 21),
    ]


def test_a_night_that_audits_yesterday_is_due_the_day_after(estate: Estate):
    estate.settings["as_of_offset_days"] = "-1"
    hours = timetable_of(load_settings(estate.configure()))
    due = datetime(2026, 11, 21, 18, tzinfo=UTC)
    assert hours.night_of(due) == date(2026, 11, 21)
    assert hours.due_of(date(2026, 11, 21)) == due
    assert hours.nights_between(date(2026, 11, 19), date(2026, 11, 21)) == [date(2026, 11, 20)]


def test_a_failing_night_is_reported_and_the_next_one_stays_planned(estate: Estate):
    settings = load_settings(estate.configure())
    said: list[str] = []
    with time_machine.travel(datetime(2026, 11, 21, 17, 59, tzinfo=UTC)) as clock:
        loop = Nightly(settings, estate.folder / "no-such.toml", said.append, ZH)
        clock.move_to(datetime(2026, 11, 21, 18, 0, 1, tzinfo=UTC))
        loop.hours.run_pending()
        assert loop.next_night() == "2026-11-23 02:00"
    assert said == [ZH("cli.night_failed", code=40)]


def test_a_night_that_is_killed_is_reported_too(estate: Estate, monkeypatch: pytest.MonkeyPatch):
    said: list[str] = []
    loop = Nightly(load_settings(estate.configure()), estate.config, said.append, ZH)
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    loop.night()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    loop.night()
    dies = estate.folder / "dies"
    dies.write_text("#!/bin/sh\nkill -KILL $$\n")
    dies.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(dies))
    loop.night()
    assert said == [
        ZH("cli.night_failed", code=1),
        ZH("cli.night_not_started", detail="No such file or directory"),
        ZH("cli.night_failed", code=137),
    ]


def test_a_night_runs_when_it_is_due(estate: Estate):
    settings = load_settings(estate.configure())
    said: list[str] = []
    with time_machine.travel(datetime(2026, 11, 20, 17, 59, tzinfo=UTC)) as clock:
        loop = Nightly(settings, estate.config, said.append, ZH)
        loop.hours.run_pending()
        assert not (estate.folder / "reports").exists(), "not before its hour"
        clock.move_to(datetime(2026, 11, 20, 18, 0, 1, tzinfo=UTC))
        loop.hours.run_pending()
    assert said == []
    assert (estate.folder / "reports" / "2026-11-21" / "report.xlsx").is_file(), "the night that was due"


def test_a_night_missed_while_the_loop_was_away_is_run_once(estate: Estate):
    settings = load_settings(estate.configure())
    loop = Nightly(settings, estate.config, print, ZH)
    after_its_hour = datetime(2026, 11, 21, 19, tzinfo=UTC)
    assert not loop.missed(after_its_hour), "an estate that never had a night waits for its hour"
    for night, missed in (("2026-11-20", True), ("2026-11-21", True), ("2026-11-22", False)):
        (settings.output / night).mkdir(parents=True)
        assert loop.missed(after_its_hour) is missed, night
    estate.sections["schedule"] = "catch_up = 0"
    assert not Nightly(load_settings(estate.configure()), estate.config, print, ZH).missed(
        datetime(2026, 12, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_each_night_is_told_once_at_its_hour_when_the_clocks_change(
    estate: Estate, machine_in, monkeypatch: pytest.MonkeyPatch, zone: str
):
    """An hour early on the day after, it would tell the night before again, with whatever came in since."""
    machine_in(zone)
    estate.settings |= {"timezone": '"America/New_York"', "as_of_offset_days": "-1"}
    settings = load_settings(estate.configure())
    started: list[str] = []
    monkeypatch.setattr(Nightly, "_start", lambda _, arguments: started.append(arguments[4]))
    for start, hours in (
        (datetime(2026, 3, 7, 12, tzinfo=UTC), ["03-08 03:00", "03-09 02:00", "03-10 02:00"]),
        (datetime(2026, 10, 31, 12, tzinfo=UTC), ["11-01 02:00", "11-02 02:00", "11-03 02:00"]),
    ):
        with time_machine.travel(start, tick=False) as clock:
            loop = Nightly(settings, estate.config, print, ZH)
            for hour in hours:
                assert loop.next_night() == f"2026-{hour}"
                at = datetime.strptime(f"2026-{hour}", "%Y-%m-%d %H:%M").replace(tzinfo=settings.zone)
                for minutes in (-60, 0):
                    clock.move_to(at.astimezone(UTC) + timedelta(minutes=minutes, seconds=1))
                    loop.hours.run_pending()
    assert started == [f"2026-{day}" for day in ("03-07", "03-08", "03-09", "10-31", "11-01", "11-02")]


def test_a_clock_set_back_does_not_lose_a_night(estate: Estate, monkeypatch: pytest.MonkeyPatch):
    said: list[str] = []
    with time_machine.travel(datetime(2026, 11, 22, 19, tzinfo=UTC)) as clock:
        loop = Nightly(load_settings(estate.configure()), estate.config, said.append, ZH)
        assert loop.next_night() == "2026-11-24 02:00"
        monkeypatch.setattr(
            loop.stop, "wait", lambda seconds: clock.move_to(datetime(2026, 11, 20, 19, tzinfo=UTC))
        )
        loop._nap(1)
        assert loop.next_night() == "2026-11-22 02:00"
    assert said[0] == ZH("cli.clock_back")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_loop_ends_when_told_to(estate: Estate, number: signal.Signals, code: int):
    command = [sys.executable, "-m", "audit", "schedule", "--config", str(estate.configure())]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as loop:
        assert loop.stderr is not None
        assert "下一次审计" in loop.stderr.readline()
        loop.send_signal(number)
        assert loop.wait(timeout=20) == code


def test_a_run_that_waits_for_another_ends_when_told_to_and_says_so(estate: Estate):
    estate.configure()
    settings = load_settings(estate.config)
    command = [sys.executable, "-m", "audit", "run", "--config", str(estate.config), "--wait", "60"]
    with (
        only_run(settings.state, settings.zone),
        subprocess.Popen([*command, "--quiet"], stderr=subprocess.PIPE, text=True) as run,
    ):
        assert run.stderr is not None
        while not settings.log_file.is_file():
            time.sleep(0.05)
        time.sleep(0.3)
        run.send_signal(signal.SIGTERM)
        assert run.wait(timeout=20) == 143
        assert run.stderr.read().splitlines()[-1] == f"退出码 143：{ZH('error.stopped')}"
    assert '"exit_code": 143' in settings.log_file.read_text("utf-8").splitlines()[-1]


def test_a_night_under_way_finishes_its_step_and_leaves_everything_clean(estate: Estate):
    (estate.folder / "reports" / "2026-11-01").mkdir(parents=True)  # it had nights: this one was missed
    command = [sys.executable, "-m", "audit", "schedule", "--config", str(estate.configure())]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as loop:
        assert loop.stderr is not None
        for line in loop.stderr:
            if ZH("cli.reading") in line:
                break
        loop.send_signal(signal.SIGTERM)
        rest = loop.stderr.read()
        assert loop.wait(timeout=60) == 143
    assert ZH("cli.stopping") in rest
    assert ZH("error.stopped") in rest
    assert ZH("cli.night_failed", code=143) in rest
    assert [path.name for path in (estate.folder / "reports").iterdir()] == ["2026-11-01"]
    state = estate.folder / "state"
    assert not [path for path in state.rglob("*") if path.name.endswith(".tmp") or path.name == "lock.json"]
    assert not (state / "ledger.open").exists(), "the ledger was closed"
    assert estate.run().code is ExitCode.DONE


@pytest.mark.parametrize(
    ("section", "lines"),
    [
        ("mail", 'host = "localhost"\nsender = "a@b.invalid"\nto = ["c@d.invalid"]'),
        ("notify", 'urls_file = "rooms"'),
    ],
)
def test_what_waits_is_sent_between_the_nights(
    estate: Estate, monkeypatch: pytest.MonkeyPatch, section: str, lines: str
):
    estate.sections[section] = lines
    started: list[list[str]] = []
    with time_machine.travel(datetime(2026, 11, 20, 19, tzinfo=UTC)) as clock:
        loop = Nightly(load_settings(estate.configure()), estate.config, print, ZH)
        monkeypatch.setattr(loop, "_start", lambda arguments: started.append(arguments) or 0)
        assert loop.next_night() == "2026-11-22 02:00", "the next night, not the next delivery"
        clock.shift(15 * 60 + 1)
        loop.hours.run_pending()
        assert started == [], "nothing waits"
        (estate.folder / "state" / "outbox").mkdir(parents=True)
        (estate.folder / "state" / "outbox" / "one.eml").touch()
        clock.shift(15 * 60 + 1)
        loop.hours.run_pending()
    assert started == [["deliver", "--config", str(estate.config), "--quiet"]]


def test_the_crontab_line_is_in_the_machines_own_time(estate: Estate, machine_in, tmp_path: Path):
    machine_in("UTC")
    estate.sections["schedule"] = 'at = "02:05"\ndays = ["mon", "fri"]\ncatch_up = 3'
    settings = load_settings(estate.configure())
    odd = tmp_path / "50% off" / "audit.toml"
    comment, line = crontab_line(settings, odd, ZH, datetime(2026, 11, 21, tzinfo=UTC)).splitlines()
    assert comment.startswith("#")
    assert line.startswith("5 18 * * 0,4 "), "Monday in China is Sunday here"
    assert r"50\% off" in line
    assert "'" in line, "a path with a blank is quoted"
    assert line.endswith(" --quiet --wait 900 --catch-up 3")
    estate.sections["mail"] = 'host = "localhost"\nsender = "a@b.invalid"\nto = ["c@d.invalid"]'
    mailing = crontab_line(load_settings(estate.configure()), odd, ZH).splitlines()
    assert mailing[-1].startswith("7-59/15 * * * * ")
    assert mailing[-1].endswith(" --quiet")


def test_a_machine_whose_clock_changes_in_summer_is_told_what_follows_it(estate: Estate, machine_in):
    settings = load_settings(estate.configure())
    for zone, told in (("America/New_York", True), ("UTC", False), ("Asia/Shanghai", False)):
        machine_in(zone)
        lines = crontab_line(settings, estate.config, ZH).splitlines()
        assert ("夏令时" in lines[1]) is told, zone
        assert lines[-1][0].isdigit()


def test_chat_notices_without_mail_are_sent_between_the_nights_as_well(estate: Estate):
    estate.sections["notify"] = 'urls_file = "rooms"'
    settings = load_settings(estate.configure())
    assert crontab_line(settings, estate.config, ZH).splitlines()[-1].startswith("7-59/15 * * * * ")
    assert "pos-audit-deliver.timer" in systemd_units(settings, estate.config, ZH)
    assert '"deliver"' in kubernetes_manifest(settings, ZH)["pos-audit-cronjob.yaml"]


def test_what_cron_runs_works_without_a_terminal_or_an_environment(estate: Estate):
    estate.settings["as_of"] = "2026-11-21"
    line = crontab_line(load_settings(estate.configure()), estate.config, ZH).splitlines()[1]
    command = line.split(" ", 5)[5].replace(r"\%", "%")
    bare = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(estate.folder),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
    ended = subprocess.run(["/bin/sh", "-c", command], env=bare, cwd="/", capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    assert (ended.stdout, ended.stderr) == (b"", b""), "cron makes a mail of every line"
    (estate.folder / "devices_20261121.csv").unlink()
    ended = subprocess.run(["/bin/sh", "-c", command], env=bare, cwd="/", capture_output=True, check=False)
    assert ended.returncode == 20
    assert "devices_20261121.csv" in ended.stderr.decode()
    assert b"\x1b[" not in ended.stderr, "no colour, no cursor tricks"


@pytest.fixture
def units(estate: Estate) -> Path:
    """An estate whose path and secrets are as awkward as they get, and a folder for its units."""
    folder = estate.folder / "50% of $HOME"
    folder.mkdir()
    estate.settings |= {"state": json.dumps(str(folder / "state")), "timezone": '"Asia/Urumqi"'}
    estate.sections["schedule"] = 'at = "02:05"\ndays = ["mon", "tue"]'
    estate.sections["mail"] = (
        'host = "h"\nuser = "u"\nsender = "a@b.invalid"\nto = ["c@d.invalid"]\npassword_file = "secret.txt"'
    )
    estate.sections["notify"] = 'textfile = "figures/pos_audit.prom"'
    return folder


def test_a_unit_may_write_where_its_cluster_reads(estate: Estate):
    estate.settings |= {"engine": '"spark"', "state": '"state"'}
    estate.sections["spark"] = 'master = "spark://a:7077"\nshared = "/mnt/audit"'
    service, *_ = systemd_units(load_settings(estate.configure()), estate.config, ZH).values()
    assert " /mnt/audit\n" in service
    assert "0 /mnt/audit" not in service, "its mode is not ours to tell"
    estate.sections["spark"] = 'master = "spark://a:7077"\nshared = "hdfs://namenode/audit"'
    service, *_ = systemd_units(load_settings(estate.configure()), estate.config, ZH).values()
    assert "hdfs" not in service


def test_systemd_takes_the_units(estate: Estate, units: Path):
    settings = load_settings(estate.configure())
    service, timer, *delivery = written(systemd_units(settings, estate.config, ZH), units)
    assert [path.name for path in delivery] == ["pos-audit-deliver.service", "pos-audit-deliver.timer"]
    text = service.read_text("utf-8")
    assert f'ReadWritePaths="{units.parent}/50%% of $$HOME/state"' in text
    assert f"LoadCredential=mail-password:{estate.folder}/secret.txt" in text
    assert f" {estate.folder}/figures" in text, "a night may write its figures"
    assert "OnCalendar=Mon,Tue *-*-* 02:05:00 Asia/Urumqi" in timer.read_text("utf-8")
    assert "Persistent=true" in timer.read_text("utf-8")
    if not (analyze := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not installed")
    verified = subprocess.run([analyze, "verify", service, timer, *delivery], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = [analyze, "security", "--offline=yes", "--threshold=25", service.name]
    ended = subprocess.run(
        rated, cwd=units, capture_output=True, text=True, env=os.environ | {"COLUMNS": "200"}
    )
    assert ended.returncode == 0, ended.stdout


def test_kubernetes_takes_the_job(estate: Estate, units: Path):
    [path] = written(kubernetes_manifest(load_settings(estate.configure()), ZH), units)
    night, delivery = yaml.safe_load_all(path.read_text("utf-8"))
    assert delivery["spec"]["schedule"] == "7/15 * * * *"
    job = night["spec"]
    assert (job["schedule"], job["timeZone"]) == ("5 2 * * 1,2", "Asia/Urumqi")
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["containers"][0]["args"][:3] == ["run", "--config", "/estate/audit.toml"]
    assert pod["containers"][0]["env"][0]["name"] == "AUDIT_MAIL_PASSWORD"
    if not (kubectl := shutil.which("kubectl")):
        pytest.skip("kubectl is not installed")
    command = [kubectl, "annotate", "--local", "-f", path, "tried=yes", "-o", "json"]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.stdout.count('"concurrencyPolicy": "Forbid"') == 2, ended.stderr


def test_cron_writes_what_it_prints(estate: Estate, tmp_path: Path):
    def cron(*arguments: object) -> CompletedProcess[str]:
        return pos_audit("cron", "--config", estate.configure(), *arguments)

    shown = cron("--systemd").stdout
    folder = tmp_path / "units"
    folder.mkdir()
    paths = cron("--systemd", "--to", folder).stdout.split()
    assert shown == "\n".join(Path(path).read_text("utf-8") for path in paths)
    assert cron("--to", folder).returncode == 2
    assert cron("--systemd", "--kubernetes").returncode == 2
