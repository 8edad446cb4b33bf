"""The night's mail, against a real server: encrypted, once, whole, and never lost."""

from __future__ import annotations

import io
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import AS_OF, DEVICE, REGISTRATION, Estate
from mailserver import PASSWORD, USER, Inbox, certificate, serving
from test_cli import pos_audit

from audit.config import Settings
from audit.delivery.nightmail import queue_mail
from audit.delivery.occasion import is_worth_telling
from audit.errors import ConfigError, ExitCode
from audit.report.model import Report
from audit.words import Words, load_words

NEXT = AS_OF + timedelta(days=1)


@pytest.fixture
def tls(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    pair = certificate(tmp_path_factory.mktemp("tls"))
    monkeypatch.setenv("SSL_CERT_FILE", str(pair[0]))
    return pair


def mailing(estate: Estate, port: int, **more: str) -> None:
    lines = {
        "host": '"localhost"',
        "port": str(port),
        "user": f'"{USER}"',
        "sender": '"审计机器人 <audit@example.invalid>"',
        "to": '["合规部 <compliance@example.invalid>", "ops@example.invalid"]',
        "retry_seconds": "0.01",
    }
    estate.sections["mail"] = "\n".join(f"{key} = {value}" for key, value in (lines | more).items())


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_MAIL_PASSWORD", PASSWORD)


def test_one_mail_a_night_with_the_workbook_readable(estate: Estate, tls: tuple[Path, Path]):
    estate.write("registrations", [REGISTRATION])
    with serving(Inbox(), tls) as inbox:
        mailing(estate, inbox.port)
        assert estate.run().code is ExitCode.DONE
        assert estate.run().replayed
        assert len(inbox.raw) == 1, "the same night again sends nothing"
        estate.write("registrations", [REGISTRATION | {"serial": f"SN00000{n}"} for n in (1, 2)])
        assert estate.run(NEXT).code is ExitCode.DONE
    assert len(inbox.raw) == 2
    assert inbox.recipients == [["compliance@example.invalid", "ops@example.invalid"]] * 2
    first, second = inbox.messages
    assert first["Message-ID"] != second["Message-ID"]
    assert str(first["From"]) == "审计机器人 <audit@example.invalid>"
    assert "2026-11-21" in str(first["Subject"])
    text = second.get_body(("plain",)).get_content()
    page = second.get_body(("html",)).get_content()
    assert "已销号：1" in text
    assert "SN000003" in text
    assert "SN000003" in page
    assert "<svg" not in page
    assert "<script" not in page
    [attachment] = second.iter_attachments()
    assert attachment.get_filename() == "report-2026-11-22.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(attachment.get_content()))
    assert book.sheetnames[0] == "概览"
    published = estate.folder / "reports" / NEXT.isoformat() / "report.xlsx"
    assert attachment.get_content() == published.read_bytes()


def test_headers_are_ascii_on_the_wire(estate: Estate, tls: tuple[Path, Path]):
    with serving(Inbox(), tls) as inbox:
        mailing(estate, inbox.port)
        estate.run()
    assert inbox.raw[0].isascii()
    head = inbox.raw[0].split(b"\r\n\r\n", 1)[0]
    assert b"=?utf-8?" in head


def test_the_same_night_makes_the_same_message(estate: Estate, tls: tuple[Path, Path]):
    mailing(estate, 1)
    estate.run(mail=False)
    outbox = estate.folder / "state" / "outbox"
    kept = {path.name: path.read_bytes() for path in outbox.iterdir()}
    assert {path.stat().st_mode & 0o777 for path in outbox.iterdir()} == {0o600}
    (estate.folder / "reports" / AS_OF.isoformat() / "report.html").write_bytes(b"")
    estate.run(mail=False)
    assert {path.name: path.read_bytes() for path in outbox.iterdir()} == kept
    assert len(kept) == 2, "with the workbook, and without"


def test_a_server_that_is_down_delays_the_mail_to_the_next_run(estate: Estate, tls: tuple[Path, Path]):
    mailing(estate, 1)
    result = estate.run()
    assert result.code is ExitCode.DELIVERY
    assert (result.folder / "report.xlsx").is_file(), "the report is there all the same"
    assert json.loads((result.folder / "summary.json").read_text("utf-8"))["exit_code"] == 0
    with serving(Inbox(), tls) as inbox:
        mailing(estate, inbox.port)
        assert estate.run().code is ExitCode.DONE
        assert estate.run().code is ExitCode.DONE
    assert len(inbox.raw) == 1


def test_a_workbook_above_the_limit_stays_behind_and_the_mail_says_so(estate: Estate, tls: tuple[Path, Path]):
    with serving(Inbox(), tls) as inbox:
        mailing(estate, inbox.port, max_mib="0.001")
        assert estate.run().code is ExitCode.DONE
    [message] = inbox.messages
    assert list(message.iter_attachments()) == []
    assert "未作为附件发送" in message.get_body(("plain",)).get_content()


def test_a_workbook_above_the_limit_goes_cut_where_a_part_fits(estate: Estate, tls: tuple[Path, Path]):
    serials = [f"SN{number:06}" for number in range(1, 1_501)]
    estate.write("devices", [DEVICE | {"serial_no": serial} for serial in serials])
    with serving(Inbox(), tls) as inbox:
        mailing(estate, inbox.port, max_mib="0.4")
        folder = estate.run().folder
    [raw], [message] = inbox.raw, inbox.messages
    assert len(raw) <= 0.4 * (1 << 20)
    [attached] = message.iter_attachments()
    listed = openpyxl.load_workbook(io.BytesIO(attached.get_content()))["整改台账"]
    count = sum(row[0] is not None for row in listed.iter_rows(min_row=2, values_only=True))
    said = message.get_body(("plain",)).get_content()
    assert f"只列出应优先处理的 {count:,} 项（共 1,497 项" in said
    whole = openpyxl.load_workbook(folder / "report.xlsx")["整改台账"]
    assert sum(1 for _ in whole.iter_rows(min_row=2)) == 1_497


def test_a_password_file_others_can_read_is_refused(estate: Estate, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AUDIT_MAIL_PASSWORD")
    secret = estate.folder / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    mailing(estate, 1, password_file='"secret"')
    with pytest.raises(ConfigError) as failure:
        estate.run()
    assert failure.value.key == "secret_open"


@pytest.mark.parametrize("text", ["密码".encode("gbk"), "secret".encode("utf-16")])
def test_a_password_file_that_is_no_utf_8_is_named(
    estate: Estate, monkeypatch: pytest.MonkeyPatch, text: bytes
):
    monkeypatch.delenv("AUDIT_MAIL_PASSWORD")
    secret = estate.folder / "secret"
    secret.write_bytes(text)
    secret.chmod(0o600)
    mailing(estate, 1, password_file='"secret"')
    with pytest.raises(ConfigError) as failure:
        estate.run()
    assert str(secret) in failure.value.told(load_words("zh"))
    assert "UTF-8" in failure.value.told(load_words("zh"))


@pytest.mark.parametrize("mark", ["", "\ufeff"])  # which an editor on Windows puts first
def test_a_password_from_a_private_file(
    estate: Estate, tls: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, mark: str
):
    monkeypatch.delenv("AUDIT_MAIL_PASSWORD")
    secret = estate.folder / "secret"
    secret.write_text(f"{mark}{PASSWORD}\n", encoding="utf-8")
    secret.chmod(0o600)
    with serving(Inbox(), tls) as inbox:
        mailing(estate, inbox.port, password_file='"secret"')
        assert estate.run().code is ExitCode.DONE
    assert len(inbox.raw) == 1


def test_deliver_sends_what_the_night_could_not(estate: Estate, tls: tuple[Path, Path]):
    mailing(estate, 1, retries="0")
    estate.run()
    assert pos_audit("deliver", "--config", estate.config).returncode == ExitCode.DELIVERY
    with serving(Inbox(), tls) as inbox:
        mailing(estate, inbox.port)
        estate.configure()
        done = pos_audit("deliver", "--config", estate.config)
        assert done.returncode == ExitCode.DONE
        assert "compliance@example.invalid" in done.stderr
        assert pos_audit("deliver", "--config", estate.config).returncode == ExitCode.DONE
    assert len(inbox.raw) == 1


def test_of_several_that_cannot_be_served_each_is_told_and_known_for_a_month(
    estate: Estate, tls: tuple[Path, Path]
):
    gone = "left@vendor.invalid"
    with serving(Inbox(refuse={"compliance@example.invalid", gone}), tls) as inbox:
        mailing(estate, inbox.port)
        estate.write("registrations", [REGISTRATION])
        estate.sections["routing.north"] = f'vendor = ["星联"]\nto = ["{gone}"]'
        code, said = estate.call("run", "--as-of", "2026-11-21")
        assert code == ExitCode.DELIVERY
        assert all(f"邮件未送达：{whom}" in said for whom in ("compliance@example.invalid", gone))
        assert "2 项邮件未送达" in said.splitlines()[-1]
        told = estate.call("status")[1]
        assert "不再自动重试的收件人：compliance@example.invalid、left@vendor.invalid" in told
        inbox.refuse = {gone}
        assert estate.call("deliver", "--again")[0] == ExitCode.DELIVERY
        assert estate.call("status", "--json")[1].count(gone) == 1
        with closing(sqlite3.connect(estate.folder / "state" / "ledger.sqlite")) as ledger, ledger:
            ledger.execute("update outbox set queued_at = '2026-01-01T00:00:00+00:00'")
        assert estate.call("deliver", "--again")[0] == ExitCode.DONE
        assert list((estate.folder / "state" / "outbox").iterdir()) == [], "nobody asks for it any more"
        estate.run(NEXT)
    assert gone in estate.call("status")[1]
    estate.sections["routing.north"] = 'vendor = ["星联"]'
    assert gone not in estate.call("status")[1], "it is in use no more"


def test_quiet_nights_are_told_to_those_who_asked(estate: Estate, tls: tuple[Path, Path], monkeypatch):
    """The first night; the same again; a device is no longer registered; it is again."""
    reports = []

    def queued(settings: Settings, words: Words, report: Report, *rest: Any) -> None:
        reports.append(report)
        queue_mail(settings, words, report, *rest)

    monkeypatch.setattr("audit.telling.queue_mail", queued)
    whole = [REGISTRATION | {"serial": f"SN00000{n}"} for n in (1, 2, 3)]
    with serving(Inbox(), tls) as inbox:
        mailing(estate, inbox.port, when='"weekly"', digest_on='"tue"')
        for number, rows in enumerate((whole, whole, whole[:2], whole)):
            estate.write("registrations", rows)
            estate.run(AS_OF + timedelta(days=number))
    worth = {
        when: [number for number, report in enumerate(reports, 1) if is_worth_telling(report, when)]
        for when in ("always", "on_change", "on_new_high")
    }
    assert worth == {"always": [1, 2, 3, 4], "on_change": [1, 3, 4], "on_new_high": [1, 3]}
    subjects = [str(message["Subject"]) for message in inbox.messages]
    assert ["每周汇总" in subject for subject in subjects] == [True, False, True]
    week = inbox.messages[-1].get_body(("plain",)).get_content()
    assert "近 7 天：新增 1，复发 0，已销号 1，对象撤除 0" in week
