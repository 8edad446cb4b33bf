"""Chat rooms, the watchdog and Prometheus: told of every run, and never able to harm one."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import AS_OF, REGISTRATION, Estate
from letterbox import Letterbox
from test_cli import pos_audit
from typer.testing import CliRunner
from webhook import Hook, hooked, settled

from audit.cli import app
from audit.config import load_settings
from audit.delivery import heartbeat
from audit.delivery.chat import require_chat, room_of
from audit.delivery.heartbeat import Heartbeat
from audit.delivery.watch import watched
from audit.errors import CannotWrite, ConfigError, ExitCode
from audit.status import status_of
from audit.words import load_words

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise's own


def notifying(estate: Estate, **lines: str) -> None:
    estate.sections["notify"] = "\n".join(f"{key} = {value}" for key, value in lines.items())
    estate.configure().chmod(0o600)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "_TIMEOUT", 0.3)
    monkeypatch.setattr(heartbeat, "_PAUSE", 0.01)


def test_the_rooms_hear_counts_and_where_to_look_and_never_a_row(estate: Estate):
    estate.write("registrations", [REGISTRATION])
    with hooked() as hook, hooked() as other:
        urls = [f"json://127.0.0.1:{one.port}/room-canary-{one.port}" for one in (hook, other)]
        notifying(estate, urls=json.dumps(urls))
        assert estate.run().code is ExitCode.DONE
        assert estate.run().replayed
        assert len(hook.asked) == len(other.asked) == 1, "the same night again is not told again"
    posted = json.loads(hook.asked[0][1])
    assert "2026-11-21" in posted["title"]
    assert "新增 2" in posted["message"]
    assert str(estate.folder / "reports") in posted["message"]
    assert "SN0000" not in hook.asked[0][1]
    assert len((posted["title"] + posted["message"]).encode()) <= 2_000
    for path in (estate.folder / "state").rglob("*"):
        if path.is_file():
            assert b"room-canary" not in path.read_bytes(), path


def test_a_notice_fits_a_room_however_long_the_names_are(estate: Estate):
    estate.settings["name"] = f'"{"店" * 300}"'
    estate.sections["report"] = f'output = "{"/".join(["报" * 60] * 12)}"'
    with hooked() as hook:
        notifying(estate, urls=json.dumps([f"json://127.0.0.1:{hook.port}/x"]))
        estate.run()
    posted = json.loads(hook.asked[0][1])
    assert 1_900 < len((posted["title"] + posted["message"]).encode()) <= 2_000


def test_a_room_that_fails_is_told_of_and_tried_again_alone(estate: Estate):
    with hooked() as hook, hooked(500, 500) as other:
        urls = [f"json://127.0.0.1:{one.port}/room-canary-{one.port}" for one in (hook, other)]
        notifying(estate, urls=json.dumps(urls))
        said: list[tuple[str, str]] = []
        result = estate.run(say=lambda key, detail: said.append((key, detail)))
        assert result.code is ExitCode.DONE, "it does not harm the run"
        [line] = [detail for key, detail in said if key == "notice_failed"]
        assert "json" in line
        assert "500" in line
        assert "canary" not in line
        done = pos_audit("deliver", "--config", estate.config)
        assert done.returncode == ExitCode.DONE
        assert "1 条群消息未能送达" in done.stderr
        assert (len(hook.asked), len(other.asked)) == (1, 2)
        status = status_of(load_settings(estate.config), datetime.now(UTC))
        assert (status.waiting, status.notices) == (0, 1), "no mail waits, and a notice changes no exit code"
        assert "待发群消息：1 条" in estate.call("status")[1]
        assert "没有待发的邮件或群消息" in estate.call("deliver")[1]
        assert (len(hook.asked), len(other.asked)) == (1, 3)


def test_without_mail_what_a_crash_left_goes_once_more_and_nothing_is_left_lying(estate: Estate):
    with hooked() as hook:
        notifying(estate, urls=json.dumps([f"json://127.0.0.1:{hook.port}/x"]))
        estate.run()
        # as a crash while the room was being told leaves it
        with closing(sqlite3.connect(estate.folder / "state" / "ledger.sqlite")) as ledger, ledger:
            rooms = json.dumps([room_of(f"json://127.0.0.1:{hook.port}/x")])
            ledger.execute("update outbox set status = 'sending', recipients = ?", (rooms,))
        assert estate.call("deliver")[0] == ExitCode.DONE
        assert len(hook.asked) == 2
        assert estate.call("deliver")[0] == ExitCode.DONE
    assert list((estate.folder / "state" / "outbox").iterdir()) == []


@pytest.mark.parametrize(
    "address",
    [
        "wecombot://abcdef12-3456-7890-abcd-ef1234567890/",
        "dingtalk://abcdef1234567890/",
        "feishu://abcdef12-3456-7890-abcd-ef1234567890/",
        "lark://abcdef12-3456-7890-abcd-ef1234567890",
    ],
)
def test_the_services_of_china_are_known_and_fit(address: str, monkeypatch):
    import apprise
    import requests

    posted: list[str] = []

    def post(url: str, data: str | bytes = b"", **_: object) -> requests.Response:
        posted.append(data.decode() if isinstance(data, bytes) else data)
        answer = requests.Response()
        answer.status_code, answer._content = 200, b'{"errcode": 0, "code": 0}'
        return answer

    monkeypatch.setattr(requests, "post", post)
    room = apprise.Apprise.instantiate(address)
    assert room.notify(title="终端审计" * 15 + " 2026-11-21", body="新增 2，复发 0" * 30)
    assert all(len(one.encode()) < 4_096 for one in posted)
    assert any("新增" in one or "\\u65b0\\u589e" in one for one in posted)


def test_an_address_nobody_knows_stops_the_run_before_it_begins(estate: Estate, capsys, monkeypatch):
    logged = io.StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(logged)])
    for url in ("nosuch://secret-canary", "dingtalk://secret-canary-of-no-form"):
        notifying(estate, urls=json.dumps([url]))
        with pytest.raises(ConfigError) as failure:
            require_chat(load_settings(estate.config))
        assert "canary" not in str(failure.value)
        assert "canary" not in logged.getvalue() + capsys.readouterr().err
    with pytest.raises(ConfigError):
        estate.run(mail=False)
    assert not (estate.folder / "reports").exists()
    estate.config.chmod(0o644)
    with pytest.raises(ConfigError) as failure:
        load_settings(estate.config)
    assert failure.value.facts["variable"] == "AUDIT_NOTIFY_URLS"


def test_urls_come_from_the_environment_or_a_private_file(estate: Estate, monkeypatch):
    monkeypatch.setenv("AUDIT_NOTIFY_URLS", "json://a/1\njson://b/2")
    assert load_settings(estate.configure()).chat_urls == ("json://a/1", "json://b/2")
    monkeypatch.delenv("AUDIT_NOTIFY_URLS")
    secret = estate.folder / "rooms"
    secret.write_text("json://c/3\n")
    secret.chmod(0o600)
    monkeypatch.setenv("AUDIT_NOTIFY_URLS_FILE", str(secret))
    settings = load_settings(estate.config)
    assert settings.chat_urls == ("json://c/3",)
    assert "json://c" not in repr(settings)


def test_the_watchdog_hears_of_the_start_and_of_each_way_to_end(estate: Estate):
    with hooked() as hook:
        notifying(estate, ping_url=f'"{hook.url}"', textfile='"audit.prom"')
        (estate.folder / "audit.prom").write_bytes(b"\xff\xfe")  # what was there before is of no use
        assert pos_audit("run", "--config", estate.config, "--as-of", AS_OF).returncode == 0
        (estate.folder / "registrations_20261121.csv").unlink()
        assert pos_audit("run", "--config", estate.config, "--as-of", AS_OF).returncode == ExitCode.INCOMPLETE
        assert (
            pos_audit("run", "--config", estate.config, "--as-of", AS_OF, "--dry-run").returncode
            == ExitCode.INCOMPLETE
        )
        assert settled(hook, 4) == ["/start", "", "/start", "/20"], "a rehearsal is nobody's business"
        assert "exit_code=0" in hook.asked[1][1]
        assert "run_id=" in hook.asked[1][1]
        runs = [path.partition("rid=")[2] for path, _ in hook.asked]
        assert (runs[0], runs[2]) == (runs[1], runs[3])
        assert runs[0] != runs[2]
    figures = (estate.folder / "audit.prom").read_text("utf-8")
    assert "pos_audit_last_exit_code 20\n" in figures
    assert 'pos_audit_devices{verdict="not_evaluated"}' in figures
    assert (estate.folder / "audit.prom").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("answers", [(500,) * 9, (404,) * 9, (0,) * 9])
def test_a_watchdog_that_fails_or_hangs_delays_a_run_by_its_timeout_at_most(quick, answers: tuple[int, ...]):
    with hooked(*answers) as hook:
        heart = Heartbeat(hook.url)
        begun = time.monotonic()
        heart.begins()
        said = heart.ends(ExitCode.DONE, {})
        assert time.monotonic() - begun < 2
    assert said
    assert "canary" not in said


def test_a_watchdog_that_hangs_leaves_the_exit_code_alone(quick, estate: Estate, monkeypatch):
    with hooked(*[0] * 9) as hook:
        monkeypatch.setenv("AUDIT_NOTIFY_PING_URL", hook.url)
        ended = CliRunner().invoke(app, ["run", "--config", str(estate.configure()), "--as-of", str(AS_OF)])
        assert ended.exit_code == 0
        assert "127.0.0.1" in ended.stderr
        assert "canary" not in ended.stderr


def test_a_watchdog_that_stumbles_is_asked_again(quick):
    with hooked(503, 503) as hook:
        heart = Heartbeat(hook.url + "?team=1")
        assert heart.ends(ExitCode.CANNOT_WRITE, {}) == ""
        assert hook.paths == ["/43"] * 3
        assert "?team=1&rid=" in hook.asked[0][0]


def test_a_watchdog_that_is_not_there_is_told_of_and_harms_nothing(quick, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("AUDIT_NOTIFY_PING_URL", "http://127.0.0.1:1/secret-canary")
    monkeypatch.setenv("AUDIT_NOTIFY_TEXTFILE", "/proc/none/audit.prom")
    said: list[str] = []
    with watched(Letterbox(tmp_path).settings, load_words("en"), said.append) as outcome:
        outcome.code = ExitCode.DONE
    assert len(said) == 2
    assert not [line for line in said if "canary" in line]


def test_figures_of_a_run_that_failed_keep_what_the_last_good_one_said(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("AUDIT_NOTIFY_TEXTFILE", str(tmp_path / "audit.prom"))
    settings, words = Letterbox(tmp_path).settings, load_words("en")
    summary = {
        "as_of": "2026-11-21",
        "devices": {"verdicts": {"compliant": 3, "unregistered": 1}},
        "findings": [
            {"severity": "high", "state": "new", "count": 2},
            {"severity": "high", "state": "fixed", "count": 5},
        ],
    }
    with watched(settings, words, print) as outcome:
        outcome.code, outcome.summary = ExitCode.DONE, summary
    good = samples(tmp_path)
    assert good['pos_audit_open_findings{severity="high"}'] == "2"
    assert good['pos_audit_devices{verdict="compliant"}'] == "3"
    assert good["pos_audit_night_timestamp_seconds"] == "1795190400"
    with pytest.raises(CannotWrite), watched(settings, words, print):
        raise CannotWrite("cannot_write", path="x", detail="y")
    bad = samples(tmp_path)
    assert bad["pos_audit_last_exit_code"] == "43"
    moved = {key for key in good if good[key] != bad[key]}
    assert moved <= {
        *("pos_audit_last_exit_code", "pos_audit_last_run_seconds"),
        "pos_audit_last_run_timestamp_seconds",
    }


def test_figures_tell_a_run_that_failed_because_its_ledger_is_away(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("AUDIT_NOTIFY_TEXTFILE", str(tmp_path / "audit.prom"))
    words = load_words("en")
    with watched(Letterbox(tmp_path).settings, words, print) as outcome:
        outcome.code = ExitCode.DONE
    monkeypatch.setenv("AUDIT_LEDGER_URL", "postgresql+psycopg://audit@127.0.0.1:9/audit")
    with pytest.raises(CannotWrite), watched(Letterbox(tmp_path).settings, words, print):
        raise CannotWrite("cannot_write", path="x", detail="y")
    told = samples(tmp_path)
    assert told["pos_audit_last_exit_code"] == "43"
    assert told['pos_audit_messages_waiting{status="queued"}'] == "0", "as the run before said"


def samples(folder: Path) -> dict[str, str]:
    lines = (folder / "audit.prom").read_text("utf-8").splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_an_address_that_is_no_web_address_is_refused(tmp_path: Path, monkeypatch):
    for url in (
        "file:///etc/passwd",
        "https://",
        "http://[::1/ping",
        "https://a.invalid:pw/x",
        "https://a.invalid/监控",
    ):
        monkeypatch.setenv("AUDIT_NOTIFY_PING_URL", url)
        with pytest.raises(ConfigError):
            _ = Letterbox(tmp_path).settings.ping_url


def test_hooks_need_no_server_when_nobody_is_to_be_told(tmp_path: Path):
    assert isinstance(Hook(), Hook)
    heart = Heartbeat("")
    heart.begins()
    assert heart.ends(ExitCode.DONE, {}) == ""
