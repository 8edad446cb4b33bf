"""`doctor`, `status`, `backup`, `restore`: what an operator asks, and what a watchdog reads."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import time_machine
from conftest import AS_OF, DEVICE, Estate
from mailserver import PASSWORD, USER, Inbox, certificate, serving
from typer.testing import CliRunner, Result

from audit.backup import restore
from audit.cli import app
from audit.config import load_settings
from audit.errors import ExitCode
from audit.files import write_private
from audit.ledger.database import HEAD
from audit.status import status_of

NEXT = AS_OF + timedelta(days=1)
MAIL = 'host = "localhost"\nsender = "a@b.invalid"\nto = ["c@d.invalid"]'


def pos_audit(estate: Estate, command: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, [command, "--config", str(estate.configure()), *arguments])


def examined(estate: Estate) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """The doctor's exit code, and what it found by check."""
    ended = pos_audit(estate, "doctor", "--json")
    told = json.loads(ended.stdout)
    assert told["exit_code"] == ended.exit_code
    checks: dict[str, list[dict[str, Any]]] = {}
    for one in told["checks"]:
        checks.setdefault(one["check"], []).append(one)
    return ended.exit_code, checks


@pytest.fixture
def fit(estate: Estate) -> Estate:
    """An estate that nothing is wrong with."""
    for section in list(estate.sections):
        estate.sections[section] = estate.sections[section].replace(
            "max_age_days = 5", "max_age_days = 36500"
        )
    return estate


def test_a_fit_estate_is_found_fit_and_nothing_is_written(fit: Estate):
    code, checks = examined(fit)
    worse = [one for found in checks.values() for one in found if one["verdict"] == "fail"]
    assert (code, worse) == (0, [])
    for name in ("config", "rules", "templates", "clock", "state", "output", "secrets", "disk", "engine"):
        assert [one["verdict"] for one in checks[name]] == ["ok"], name
    assert "设备台账 1 个文件，3 行" in checks["input"][0]["told"]
    assert not (fit.folder / "state" / "ledger.sqlite").exists()
    assert not list((fit.folder / "reports").iterdir())


def broken(change: Callable[[Estate], object], check: str, verdict: str, code: ExitCode, word: str) -> Any:
    return pytest.param(change, check, verdict, code, word, id=f"{check}: {word}")


def _file_for_folder(estate: Estate) -> None:
    (estate.folder / "reports").write_text("a file where the folder should be")


def _below_a_file(estate: Estate) -> None:
    _file_for_folder(estate)
    estate.sections["report"] = 'output = "reports/there"'


def _broken_template(estate: Estate) -> None:
    (estate.folder / "own").mkdir()
    (estate.folder / "own" / "mail.txt").write_text("{% if %}")
    estate.sections["report"] = 'templates = "own"'


def _misnamed_template(estate: Estate) -> None:
    own = estate.folder / "own"
    own.mkdir()
    (own / "mail.txt").write_text("{% include 'header.html' %}")
    for name in ("header.html", "README.md", "Report.html", "lables.zh.toml"):
        (own / name).write_text("")
    estate.sections["report"] = 'templates = "own"'


def _open_folder(estate: Estate) -> None:
    (estate.folder / "own").mkdir()
    (estate.folder / "own").chmod(0o777)
    estate.sections["report"] = 'templates = "own"'


def _open_secret(estate: Estate) -> None:
    (estate.folder / "state").mkdir()
    (estate.folder / "state" / "secret").write_text("00" * 32)
    (estate.folder / "state" / "secret").chmod(0o644)


def _link_to_nowhere(estate: Estate) -> None:
    (estate.folder / "devices_20261122.csv").symlink_to("/gone")
    estate.sections["inputs.devices"] = 'files = ["devices_*.csv"]'


def _unmapped(estate: Estate) -> None:
    estate.write("merchants", [{"商户号": "898100000000001", "怪列": "1"}])
    estate.sections["inputs.merchants"] += '\nrequired = ["merchant_name"]'


def _damaged(estate: Estate) -> None:
    estate.run()
    file = estate.folder / "state" / "ledger.sqlite"
    data = bytearray(file.read_bytes())
    data[4096 * 3 : 4096 * 3 + 2000] = b"\x5a" * 2000
    file.write_bytes(data)


def _later(estate: Estate) -> None:
    estate.run(date(2099, 1, 1))


def _unknown_room(estate: Estate) -> None:
    file = estate.folder / "rooms"
    file.touch(0o600)
    file.write_text("nosuch://token")
    estate.sections["notify"] = 'urls_file = "rooms"'


BROKEN = [
    broken(_file_for_folder, "output", "fail", ExitCode.CANNOT_WRITE, "reports"),
    broken(_below_a_file, "output", "fail", ExitCode.CANNOT_WRITE, "reports/there"),
    broken(
        lambda estate: estate.sections.update({"ledger": 'feedback = "backfeed"'}),
        "feedback",
        "warn",
        ExitCode.DONE,
        "backfeed",
    ),
    broken(_broken_template, "templates", "fail", ExitCode.CONFIG, "mail.txt"),
    broken(_misnamed_template, "templates", "warn", ExitCode.DONE, "report.html"),
    broken(_misnamed_template, "templates", "warn", ExitCode.DONE, "labels.zh.toml"),
    broken(_open_folder, "templates", "warn", ExitCode.DONE, "chmod go-w"),
    broken(_open_secret, "secrets", "fail", ExitCode.CONFIG, "chmod 600"),
    broken(_unmapped, "input", "fail", ExitCode.INCOMPLETE, "商户名称"),
    broken(
        lambda estate: (estate.folder / "devices_20261121.csv").write_bytes(b""),
        "input",
        "fail",
        ExitCode.INCOMPLETE,
        "devices_20261121.csv",
    ),
    broken(
        lambda estate: estate.write("devices", [DEVICE | {"status": "谜"}, DEVICE | {"serial_no": "SN2"}]),
        "input",
        "warn",
        ExitCode.DONE,
        "inputs.devices.codes",
    ),
    broken(_link_to_nowhere, "input", "fail", ExitCode.INCOMPLETE, "devices_20261122.csv"),
    broken(
        lambda estate: estate.settings.update(as_of="2026-11-21"),
        "clock",
        "warn",
        ExitCode.DONE,
        "2026-11-21",
    ),
    broken(
        lambda estate: os.utime(estate.folder / "devices_20261121.csv", (4e9, 4e9)),
        "clock",
        "warn",
        ExitCode.DONE,
        "timedatectl",
    ),
    broken(
        lambda estate: estate.sections.update({"rules": 'disable = ["REG-99"]'}),
        "rules",
        "fail",
        ExitCode.CONFIG,
        "REG-99",
    ),
    broken(
        lambda estate: estate.sections.update(
            {"mail": 'host = "localhost"\nport = 1\nsender = "a@b.invalid"\nto = ["c@d.invalid"]'}
        ),
        "mail",
        "fail",
        ExitCode.DELIVERY,
        "[mail] 的 host",
    ),
    broken(_unknown_room, "notify", "fail", ExitCode.CONFIG, "nosuch"),
    broken(
        lambda estate: estate.sections.update({"routing.A": 'merchant_file = "gone.csv"'}),
        "routing",
        "fail",
        ExitCode.CONFIG,
        "gone.csv",
    ),
    broken(_damaged, "ledger", "fail", ExitCode.CANNOT_WRITE, "restore"),
    broken(_later, "ledger", "fail", ExitCode.CONFIG, "2099-01-01"),
]


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise's own
@pytest.mark.parametrize(("change", "check", "verdict", "code", "word"), BROKEN)
def test_what_is_wrong_is_said_with_what_to_do(
    fit: Estate, change: Callable[[Estate], object], check: str, verdict: str, code: ExitCode, word: str
):
    change(fit)
    ended, checks = examined(fit)
    assert ended == code
    told = [one for one in checks[check] if one["verdict"] == verdict]
    assert any(word in one["told"] + one["remedy"] for one in told), checks[check]


def test_the_mail_server_is_greeted_and_nothing_is_sent(
    fit: Estate, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    pair = certificate(tmp_path_factory.mktemp("tls"))
    monkeypatch.setenv("AUDIT_MAIL_PASSWORD", PASSWORD)
    with serving(Inbox(), pair) as inbox:
        fit.sections["mail"] = (
            f'host = "localhost"\nport = {inbox.port}\nuser = "{USER}"\n'
            'sender = "a@b.invalid"\nto = ["c@d.invalid"]'
        )
        code, checks = examined(fit)
        assert (code, checks["mail"][0]["verdict"]) == (30, "fail"), "a certificate nobody vouches for"
        monkeypatch.setenv("SSL_CERT_FILE", str(pair[0]))
        code, checks = examined(fit)
        assert (code, checks["mail"][0]["verdict"]) == (0, "ok"), checks["mail"]
        monkeypatch.setenv("AUDIT_MAIL_PASSWORD", "canary-9")
        code, checks = examined(fit)
        assert (code, "535" in checks["mail"][0]["told"]) == (30, True)
        assert "canary-9" not in str(checks)
    assert inbox.raw == []


def test_a_password_that_cannot_be_read_is_told_of_the_mail_alone(fit: Estate):
    fit.sections["mail"] = f"{MAIL}\nport = 1\nsecurity = 'none'\nuser = 'a'\npassword_file = 'gone.txt'"
    code, checks = examined(fit)
    assert code == ExitCode.CONFIG
    assert "gone.txt" in checks["mail"][0]["told"]
    assert "notify" not in checks


def test_the_text_form_names_each_check(fit: Estate):
    ended = pos_audit(fit, "doctor")
    assert "[正常] 磁盘：" in ended.stdout
    assert ended.stderr.splitlines()[-1].startswith("退出码 0")


def test_status_tells_a_watchdog_when_nights_stay_away(estate: Estate):
    settings = load_settings(estate.configure())
    due = datetime(2026, 11, 20, 18, tzinfo=UTC)
    assert status_of(settings, due).code is ExitCode.INCOMPLETE, "no night yet"
    estate.run()
    for hours, code in ((1, ExitCode.DONE), (25.9, ExitCode.DONE), (26.1, ExitCode.INCOMPLETE)):
        found = status_of(settings, due + timedelta(hours=hours))
        assert (found.code, found.age_hours) == (code, hours)
    assert status_of(settings, due + timedelta(hours=3), 2).late, "one's own limit"
    (estate.folder / "merchants_20261121.csv").unlink()
    assert estate.run(NEXT).code is ExitCode.INCOMPLETE
    found = status_of(settings, due + timedelta(hours=27))
    assert found.last is not None
    assert found.last_good is not None
    assert (found.last.as_of, found.last_good.as_of, found.late) == (NEXT, AS_OF, True)


def test_nights_of_weekdays_are_not_late_on_monday(estate: Estate):
    estate.sections["schedule"] = 'days = ["mon", "tue", "wed", "thu", "fri"]'
    friday = date(2026, 11, 20)
    settings = load_settings(estate.configure())
    estate.run(friday)
    due = datetime(2026, 11, 19, 18, tzinfo=UTC)
    assert not status_of(settings, due + timedelta(days=3, hours=1)).late
    assert status_of(settings, due + timedelta(days=3, hours=2.5)).late


def test_the_status_command_speaks_to_both(fit: Estate):
    estate = fit
    estate.sections["mail"] = (
        'host = "localhost"\nport = 1\nretries = 0\nsender = "a@b.invalid"\nto = ["c@d.invalid"]'
    )
    estate.run(datetime.now(load_settings(estate.configure()).zone).date())
    ended = pos_audit(estate, "status", "--json", "--max-age", "48")
    told = json.loads(ended.stdout)
    assert (ended.exit_code, told["exit_code"], told["mail_waiting"], told["late"]) == (30, 30, 1, False)
    text = pos_audit(estate, "status", "--max-age", "48")
    assert "待发邮件：1 封" in text.stdout
    assert text.exit_code == 30


def test_mail_that_waits_for_its_hour_is_told_and_is_no_failure(fit: Estate):
    fit.sections["mail"] = f"{MAIL}\nport = 1\nsecurity = 'none'\nretries = 0\nnot_before = '23:59'"
    with time_machine.travel(datetime(2026, 11, 20, 18, 30, tzinfo=UTC), tick=True):  # 02:30 in Shanghai
        ended = pos_audit(fit, "run", "--as-of", "2026-11-21")
        assert (ended.exit_code, "到时再发的邮件：1 封，最早 2026-11-21 23:59" in ended.stderr) == (0, True)
        told = json.loads(pos_audit(fit, "status", "--json").stdout)
        assert (told["exit_code"], told["mail_waiting"], told["mail_held"]) == (0, 0, 1)
        assert told["mail_held_until"] == "2026-11-21T23:59:00+08:00"
        for command in ("status", "deliver"):
            ended = pos_audit(fit, command)
            assert ended.exit_code == 0
            assert "到时再发的邮件：1 封" in ended.stdout + ended.stderr


def test_mail_that_a_crash_left_half_sent_waits(fit: Estate):
    fit.sections["mail"] = f"{MAIL}\nport = 1\nsecurity = 'none'\nretries = 0"
    pos_audit(fit, "run", "--as-of", "2026-11-21")
    with sqlite3.connect(fit.folder / "state" / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE outbox SET status = 'sending'")
    ledger.close()
    told = pos_audit(fit, "status", "--json", "--max-age", "9999999")
    assert (told.exit_code, json.loads(told.stdout)["mail_waiting"]) == (30, 1)


def test_the_same_night_again_says_why_it_does_not_end_well(fit: Estate):
    fit.sections["mail"] = f"{MAIL}\nport = 1\nsecurity = 'none'\nretries = 0"
    for _ in range(2):
        ended = pos_audit(fit, "run", "--as-of", "2026-11-21")
        assert ended.exit_code == 30
        assert "localhost:1" in ended.stderr.splitlines()[-1]
    status = pos_audit(fit, "status", "--max-age", "9999999")
    assert (status.exit_code, "1 封" in status.stdout) == (30, True)
    assert "02:00（Asia/Shanghai）" in status.stdout, "on the estate's clock"


@pytest.mark.parametrize(("master", "verdict"), [("sc://localhost:15002", "ok"), ("local[1]", "fail")])
def test_java_is_missed_where_a_driver_of_ours_needs_it(fit: Estate, monkeypatch, master: str, verdict: str):
    monkeypatch.setenv("JAVA_HOME", str(fit.folder))  # where there is none
    fit.settings["engine"] = '"spark"'
    fit.sections["spark"] = f'master = "{master}"\nshared = "{fit.folder}"'
    assert [one["verdict"] for one in examined(fit)[1]["engine"]] == [verdict]


def test_a_key_that_is_gone_or_damaged_is_told_and_not_made_anew(fit: Estate):
    fit.run()
    secret = fit.folder / "state" / "secret"
    secret.unlink()
    for command in (("run", "--as-of", "2026-11-22"), ("doctor",)):
        ended = pos_audit(fit, *command)
        assert ended.exit_code == 43
        assert "从备份中取回" in ended.stdout + ended.stderr
    assert not secret.exists()
    secret.write_bytes(b"\xff" * 64)
    assert "不是有效的密钥" in pos_audit(fit, "run", "--as-of", "2026-11-22").stderr


def test_a_backup_brings_the_estate_back_as_it_was(estate: Estate, tmp_path: Path):
    estate.run()
    kept = tmp_path / "away" / "state.tar.gz"
    ended = pos_audit(estate, "backup", str(kept))
    assert ended.exit_code == 0, ended.stderr
    assert kept.stat().st_mode & 0o777 == 0o600
    occupied = pos_audit(estate, "restore", str(kept))
    assert (occupied.exit_code, "ledger.sqlite" in occupied.stderr or "secret" in occupied.stderr) == (
        40,
        True,
    )
    expected = estate.run(NEXT)
    told = (expected.folder / "findings.parquet").read_bytes()
    shutil.rmtree(estate.folder / "state")
    shutil.rmtree(expected.folder)
    back = pos_audit(estate, "restore", str(kept))
    assert back.exit_code == 0, back.stderr
    assert "2026-11-21" in back.stdout
    assert {
        path.stat().st_mode & 0o777 for path in (estate.folder / "state").glob("*") if path.is_file()
    } == {0o600}
    again = estate.run(NEXT)
    assert (again.run_id, (again.folder / "findings.parquet").read_bytes()) == (expected.run_id, told)
    assert pos_audit(estate, "verify", str(AS_OF)).exit_code == 0


def test_a_backup_is_its_owner_s_alone_from_the_first_byte(estate: Estate, tmp_path: Path, monkeypatch):
    estate.run()
    modes = []
    opened = tarfile.open

    def watched(path: Path, mode: str) -> tarfile.TarFile:
        archive = opened(path, mode)
        modes.append(path.stat().st_mode & 0o777)
        return archive

    monkeypatch.setattr("audit.backup.tarfile.open", watched)
    assert pos_audit(estate, "backup", str(tmp_path / "state.tar.gz")).exit_code == 0
    assert modes == [0o600], "the key is in it"


def test_a_restoring_that_was_killed_is_done_again(estate: Estate, tmp_path: Path, monkeypatch):
    estate.run()
    kept, state = tmp_path / "state.tar.gz", estate.folder / "state"
    pos_audit(estate, "backup", str(kept))
    shutil.rmtree(state)
    if not (child := os.fork()):
        written = iter(range(2))

        def killed(path: Path, data: bytes) -> None:
            if next(written, None) is None:
                os._exit(0)
            write_private(path, data)

        monkeypatch.setattr("audit.backup.write_private", killed)
        restore(load_settings(estate.config), kept)
    os.waitpid(child, 0)
    assert list(state.glob("statuses/*"))
    assert not (state / "ledger.sqlite").exists()
    night = pos_audit(estate, "run", "--as-of", str(NEXT))
    assert (night.exit_code, "pos-audit restore" in night.stderr) == (43, True), night.stderr
    assert "pos-audit restore" in pos_audit(estate, "doctor").stdout
    assert not (state / "ledger.sqlite").exists()
    again = pos_audit(estate, "restore", str(kept))
    assert again.exit_code == 0, again.stderr
    assert pos_audit(estate, "restore", str(kept)).exit_code == 40, "then it is an estate as any other"
    assert pos_audit(estate, "verify", str(AS_OF)).exit_code == 0


def test_a_new_machine_may_be_looked_at_before_the_backup_comes_back(estate: Estate, tmp_path: Path):
    estate.run()
    kept, state = tmp_path / "state.tar.gz", estate.folder / "state"
    pos_audit(estate, "backup", str(kept))
    shutil.rmtree(state)
    assert pos_audit(estate, "doctor").exit_code == 0
    assert pos_audit(estate, "history").exit_code == 0
    assert pos_audit(estate, "verify", str(AS_OF)).exit_code == 40
    assert not (state / "ledger.sqlite").exists(), "who only looks makes no ledger"
    back = pos_audit(estate, "restore", str(kept))
    assert back.exit_code == 0, back.stderr
    assert pos_audit(estate, "verify", str(AS_OF)).exit_code == 0


def test_a_backup_takes_the_place_of_a_backup_and_of_nothing_else(estate: Estate, tmp_path: Path):
    estate.run()
    before = estate.config.read_bytes()
    for other in (estate.config, tmp_path, Path()):
        ended = pos_audit(estate, "backup", str(other))
        assert ended.exit_code == 40, ended.stderr
    assert estate.config.read_bytes() == before
    empty = tmp_path / "state.tar.gz"
    empty.touch()
    for _ in range(2):
        assert pos_audit(estate, "backup", str(empty)).exit_code == 0


def test_a_backup_without_the_key_would_be_none(estate: Estate, tmp_path: Path):
    estate.run()
    kept = tmp_path / "state.tar.gz"
    assert pos_audit(estate, "backup", str(kept)).exit_code == 0
    before = kept.read_bytes()
    (estate.folder / "state" / "secret").unlink()
    assert pos_audit(estate, "backup", str(kept)).exit_code == 43
    assert kept.read_bytes() == before


@pytest.mark.parametrize("emptied", [True, False], ids=["emptied", "gone"])
def test_a_ledger_that_is_lost_is_not_begun_anew(estate: Estate, emptied: bool):
    estate.run()
    ledger = estate.folder / "state" / "ledger.sqlite"
    ledger.unlink()
    if emptied:
        ledger.touch()
    for command in (("run", "--as-of", "2026-11-22"), ("status",), ("history",), ("doctor",)):
        ended = pos_audit(estate, *command)
        assert ended.exit_code == 43, ended.stderr
    assert ledger.exists() is emptied
    assert not emptied or ledger.read_bytes() == b""


def test_a_backup_that_was_tampered_with_changes_nothing(estate: Estate, tmp_path: Path):
    empty = pos_audit(estate, "backup", str(tmp_path / "none.tar.gz"))
    assert (empty.exit_code, (tmp_path / "none.tar.gz").exists()) == (40, False)
    estate.run()
    kept, state = tmp_path / "state.tar.gz", estate.folder / "state"
    assert pos_audit(estate, "backup", str(kept)).exit_code == 0
    shutil.rmtree(state)
    whole = kept.read_bytes()
    manifest = {"version": "0", "files": {"../evil": "0" * 64}, "last_night": "", "whole_ledger": True}
    evil = tmp_path / "made" / "evil"
    evil.parent.mkdir()
    evil.write_text(json.dumps(manifest))
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as archive:
        archive.add(evil, "manifest.json")
        archive.add(evil, "../evil")
    for data in (whole[: len(whole) // 2], b"PK", (tmp_path / "evil.tar.gz").read_bytes()):
        kept.write_bytes(data)
        ended = pos_audit(estate, "restore", str(kept))
        assert ended.exit_code == 40, ended.stderr
        assert [path.name for path in state.iterdir() if path.name not in {"lock", "log"}] == []
    assert not (estate.folder / "evil").is_file()


def test_a_backup_can_come_back_after_one_that_could_not(estate: Estate, tmp_path: Path):
    estate.run()
    kept, state = tmp_path / "state.tar.gz", estate.folder / "state"
    assert pos_audit(estate, "backup", str(kept)).exit_code == 0
    shutil.rmtree(state)
    torn = tmp_path / "torn.tar.gz"
    _with_another_ledger(kept, torn, b"no database" * 1_000)
    ended = pos_audit(estate, "restore", str(torn))
    assert ended.exit_code == 43, ended.stderr
    back = pos_audit(estate, "restore", str(kept))
    assert back.exit_code == 0, back.stderr
    assert pos_audit(estate, "verify", str(AS_OF)).exit_code == 0


def _with_another_ledger(kept: Path, made: Path, ledger: bytes) -> None:
    """A backup whose manifest is right and whose ledger is no database."""
    with tarfile.open(kept) as source, tarfile.open(made, "w:gz") as target:
        for member in source.getmembers():
            stream = source.extractfile(member)
            assert stream
            data = stream.read()
            if member.name == "ledger.sqlite":
                data = ledger
            if member.name == "manifest.json":
                manifest = json.loads(data)
                manifest["files"]["ledger.sqlite"] = sha256(ledger).hexdigest()
                data = json.dumps(manifest).encode()
            member.size = len(data)
            target.addfile(member, io.BytesIO(data))


def test_a_backup_is_whole_while_somebody_reads_the_ledger(estate: Estate, tmp_path: Path):
    estate.run()
    with sqlite3.connect(estate.folder / "state" / "ledger.sqlite") as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT COUNT(*) FROM runs").fetchone() == (1,)
        assert pos_audit(estate, "backup", str(tmp_path / "kept.tar.gz")).exit_code == 0
    reader.close()
    with tarfile.open(tmp_path / "kept.tar.gz") as archive:
        assert {"manifest.json", "ledger.sqlite", "secret"} <= set(archive.getnames())


@pytest.mark.parametrize(
    "evil",
    [
        "{{ words.__class__.__init__.__globals__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ report.no_such_thing }}",
        "{% include '../../../../etc/passwd' %}",
    ],
)
def test_a_template_reaches_nothing_behind_it(estate: Estate, evil: str):
    own = estate.folder / "own"
    own.mkdir()
    (own / "mail.txt").write_text(evil)
    estate.sections["report"] = 'templates = "own"'
    ended = pos_audit(estate, "run", "--as-of", str(AS_OF))
    assert (ended.exit_code, "mail.txt" in ended.stderr) == (20, True), "the night is told without it"
    assert not [
        path for path in estate.folder.rglob("*") if path.is_file() and b"root:x:" in path.read_bytes()
    ]


def test_the_state_of_the_first_release_is_looked_at_and_kept(estate: Estate, tmp_path: Path):
    state = estate.folder / "state"
    state.mkdir()
    shutil.copy(Path(__file__).parent / "ledgers" / "0.1.0.sqlite", state / "ledger.sqlite")
    ended = pos_audit(estate, "status", "--json")
    told = json.loads(ended.stdout)
    assert (ended.exit_code, told["late"]) == (20, True)
    assert told["last"]["as_of"] == "2026-11-23"
    assert (state / f"ledger.before-{HEAD}.sqlite").is_file(), "as it was"
    assert pos_audit(estate, "backup", str(tmp_path / "kept.tar.gz")).exit_code == 0
    shutil.rmtree(state)
    assert pos_audit(estate, "restore", str(tmp_path / "kept.tar.gz")).exit_code == 0
    assert json.loads(pos_audit(estate, "status", "--json").stdout) == told
