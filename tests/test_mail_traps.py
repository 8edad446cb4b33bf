"""What mail servers do to a message, each against a server that does it: nothing lost, nothing sent twice."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import time_machine
from letterbox import PEOPLE, Letterbox, letter
from mailserver import PASSWORD, Inbox, certificate, drop, hang, pausing, serving, silent, talking

from audit.delivery.courier import deliver
from audit.errors import ConfigError, Locked, Stopped
from audit.lock import only_run
from audit.words import load_words

FIRST, SECOND = PEOPLE


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def box(tmp_path: Path, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Letterbox:
    """One letter is queued; the server's certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pair[0]))
    made = Letterbox(tmp_path, {"password": PASSWORD})
    made.queue()
    return made


def at(box: Letterbox, inbox: Inbox | int, **mail: object) -> Letterbox:
    box.mail |= {"port": inbox.port if isinstance(inbox, Inbox) else inbox} | mail
    return box


def test_greylisting_twice_delays_a_message_within_the_run(box: Letterbox, pair):
    with serving(Inbox(steps={"RCPT": ["451 4.7.1 greylisted"] * 4}), pair) as inbox:
        assert at(box, inbox).send() == []
    assert inbox.recipients == [list(PEOPLE)]
    assert (box.status, box.rows[0]["attempts"], box.files) == ("sent", 3, [])


def test_greylisting_for_longer_delays_it_to_the_next_run(box: Letterbox, pair):
    with serving(Inbox(steps={"RCPT": ["451 4.7.1 greylisted"] * 8}), pair) as inbox:
        [told] = at(box, inbox).send()
        assert "greylisted" in told
        assert FIRST in told
        assert box.status == "queued"
        assert box.send() == []
    assert len(inbox.raw) == 1


def test_greylisting_of_one_recipient_sends_nobody_two_copies(box: Letterbox, pair):
    with serving(Inbox(steps={f"RCPT {SECOND}": ["450 later"] * 2}), pair) as inbox:
        assert at(box, inbox).send() == []
    assert inbox.recipients == [[FIRST], [SECOND]]
    assert inbox.raw[0] == inbox.raw[1]
    assert box.taken == [FIRST, SECOND]


def test_a_refused_recipient_is_told_once_and_the_others_are_served(box: Letterbox, pair):
    with serving(Inbox(refuse={SECOND}, steps={f"RCPT {FIRST}": ["450 later"]}), pair) as inbox:
        assert at(box, inbox).send() == [f"{SECOND}: 550 no such user"]
        assert box.send() == []
    assert inbox.recipients == [[FIRST]]
    assert box.status == "refused"


def test_when_everybody_is_refused_it_stops_and_tells(box: Letterbox, pair):
    with serving(Inbox(refuse=set(PEOPLE)), pair) as inbox:
        [told] = at(box, inbox).send()
        assert FIRST in told
        assert SECOND in told
        assert inbox.connections == 1, "what is refused is not tried again"
        inbox.refuse.clear()
        assert box.send() == []
        assert inbox.raw == []
        assert deliver(box.settings, load_words("en"), box.taken.append, print, again=True) == ([], 0)
    assert inbox.recipients == [list(PEOPLE)], "unless somebody asks for it"


@pytest.mark.parametrize(
    ("said", "status", "attempts"), [("452 4.3.1 no space", "queued", 4), ("554 5.7.1 spam", "refused", 1)]
)
def test_what_is_said_of_the_text_is_minded(box: Letterbox, pair, said: str, status: str, attempts: int):
    with serving(Inbox(answer=said), pair) as inbox:
        [told] = at(box, inbox).send()
        assert said in told
    assert (box.status, box.rows[0]["attempts"], inbox.raw) == (status, attempts, [])


def test_a_connection_dropped_before_the_text_is_tried_again(box: Letterbox, pair):
    steps = {"EHLO": [drop], "MAIL": [drop], "RCPT": [drop]}
    with serving(Inbox(steps=steps), pair) as inbox:
        assert at(box, inbox).send() == []
    assert len(inbox.raw) == 1
    assert (box.rows[0]["doubts"], box.status) == (0, "sent")


def test_a_connection_dropped_after_the_text_gives_one_copy_more_with_the_same_id(box: Letterbox, pair):
    with serving(Inbox(steps={"TAKEN": [drop]}), pair) as inbox:
        assert at(box, inbox).send() == []
    assert len(inbox.raw) == 2
    assert inbox.messages[0]["Message-ID"] == inbox.messages[1]["Message-ID"]
    assert inbox.messages[0]["Date"] == inbox.messages[1]["Date"]
    assert inbox.raw[0] == inbox.raw[1]


def test_a_server_that_always_drops_after_the_text_gets_two_copies_and_no_more(box: Letterbox, pair):
    with serving(Inbox(steps={"TAKEN": [drop] * 9}), pair) as inbox:
        [told] = at(box, inbox).send()
        assert "--again" in told
        assert box.send() == []
    assert len(inbox.raw) == 2
    assert (box.status, len(box.files)) == ("doubtful", 1)


def test_one_silence_after_the_text_is_waited_for_longer_than_others(box: Letterbox, pair):
    async def slow(server: object) -> str:
        import asyncio

        await asyncio.sleep(0.6)
        return "250 OK"

    with serving(Inbox(steps={"TAKEN": [slow]}), pair) as inbox:
        assert at(box, inbox, timeout_seconds=0.3).send() == []
    assert len(inbox.raw) == 1


def test_a_slow_line_has_the_time_a_large_text_needs(box: Letterbox):
    box.set(status="sent")
    box.queue(letter(9 << 20), number=2)  # more than the kernel's buffers take
    with pausing(0.8) as (port, taken):
        assert at(box, port, security="none", user="", timeout_seconds=0.4, retries=0).send() == []
    assert taken[0] > 12_000_000


def test_a_server_that_hangs_is_left_after_the_timeout(box: Letterbox, pair):
    with silent() as port:
        begun = time.monotonic()
        [told] = at(box, port, timeout_seconds=0.2).send()
        assert "timed out" in told
        assert time.monotonic() - begun < 5, "4 attempts of 0.2 s"
    with serving(Inbox(steps={"MAIL": [hang]}), pair) as inbox:
        assert at(box, inbox, timeout_seconds=0.5).send() == []
    assert len(inbox.raw) == 1


@pytest.mark.parametrize("host", ["localhost", "nowhere.invalid"])
def test_a_server_that_is_not_there_or_has_no_address_is_tried_again_later(box: Letterbox, host: str):
    [told] = at(box, 1, host=host, retries=1).send()
    assert f"{host}:1" in told
    assert (box.status, box.rows[0]["attempts"]) == ("queued", 2)


def test_a_run_told_to_stop_does_not_wait_for_the_next_attempt(box: Letterbox):
    def stop() -> None:
        raise Stopped("stopped")

    begun = time.monotonic()
    with pytest.raises(Stopped):
        at(box, 1, retry_seconds=60).send(stop)
    assert time.monotonic() - begun < 10
    assert box.status == "queued"


def test_a_wrong_password_is_tried_once_a_run_and_not_told(box: Letterbox, pair):
    with serving(Inbox(), pair) as inbox:
        [told] = at(box, inbox, password="canary-7431").send()
        assert "535" in told
        assert "canary" not in told
        assert (len(inbox.logins), inbox.connections) == (2, 1), (
            "once a way of logging in: accounts get locked"
        )
        at(box, inbox, password=PASSWORD)
        assert box.send() == []
    assert len(inbox.raw) == 1


def test_a_password_that_smtp_cannot_send_is_said_and_not_shown(box: Letterbox, pair):
    with serving(Inbox(), pair) as inbox:
        [told] = at(box, inbox, password="密码甲乙").send()
    assert "ASCII" in told
    assert "密" not in told
    assert (inbox.raw, box.status) == ([], "queued")


@pytest.mark.parametrize("host", ["self-signed", "elsewhere.invalid", "expired"])
def test_a_certificate_that_does_not_hold_gets_no_password(box: Letterbox, tmp_path: Path, monkeypatch, host):
    own = certificate(tmp_path, host if "." in host else "localhost", days=-1 if host == "expired" else 2)
    if host != "self-signed":
        monkeypatch.setenv("SSL_CERT_FILE", str(own[0]))
    with serving(Inbox(), own) as inbox:
        [told] = at(box, inbox).send()
    assert "CERTIFICATE_VERIFY_FAILED" in told
    assert (inbox.logins, inbox.raw, box.status) == ([], [], "queued")


def test_plain_smtp_goes_to_this_machine_only(box: Letterbox):
    with serving(Inbox(), None, auth=False) as inbox:
        with pytest.raises(ValueError, match="config_value_in_clear"):  # before anything runs
            at(box, inbox, security="none", user="", host="mail.example.invalid").send()
        at(box, inbox, host="localhost")
        assert box.send() == []
    assert len(inbox.raw) == 1


@pytest.mark.parametrize("offer", [b"250 here\r\n", b"250-here\r\n250 STARTTLS\r\n"])
def test_a_downgrade_gets_no_password(box: Letterbox, offer: bytes):
    with talking(b"220 hello\r\n", offer, b"454 no TLS today\r\n", b"221 bye\r\n") as (port, heard):
        [told] = at(box, port, retries=0).send()
    assert "STARTTLS" in told or "454" in told
    assert not [line for line in heard if b"AUTH" in line or b"MAIL" in line]


def test_a_server_of_an_old_protocol_is_not_spoken_to(box: Letterbox, pair, monkeypatch):
    import ssl

    plain = ssl.SSLContext.load_cert_chain

    def old(context: ssl.SSLContext, *files: object) -> None:
        plain(context, *files)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.maximum_version = ssl.TLSVersion.TLSv1_1

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", old)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"), serving(Inbox(), pair) as inbox:
        [told] = at(box, inbox, retries=0).send()
    assert "SSL" in told
    assert (inbox.logins, inbox.raw) == ([], [])


def test_the_size_limit_a_server_announces_decides_what_goes_along(box: Letterbox, pair):
    box.set(status="sent")
    box.queue(letter(60_000), letter(text="without"), number=2)
    with serving(Inbox(), pair, size=50_000) as inbox:
        assert at(box, inbox).send() == []
    [message] = inbox.messages
    assert list(message.iter_attachments()) == []
    assert "without" in message.get_body(("plain",)).get_content()


@pytest.mark.parametrize("step", ["MAIL", "DATA"])
def test_a_limit_found_out_later_does_the_same(box: Letterbox, pair, step: str):
    box.set(status="sent")
    box.queue(letter(60_000), letter(text="without"), number=2)
    with serving(Inbox(steps={step: ["552 5.3.4 message too big"]}), pair) as inbox:
        assert at(box, inbox).send() == []
    assert [list(message.iter_attachments()) for message in inbox.messages] == [[]]


def test_a_number_within_a_refusal_is_no_word_about_size(box: Letterbox, pair):
    box.set(status="sent")
    box.queue(letter(60_000), letter(text="without"), number=2)
    said = "554 5.7.1 spam, see log 1552-15.3.41"
    with serving(Inbox(steps={"DATA": [said] * 2}), pair) as inbox:
        assert said in at(box, inbox).send()[0]
    assert inbox.raw == [], "and nothing goes without its workbook for that"


def test_a_server_encrypted_from_the_first_byte_is_greeted_without_a_login(box: Letterbox, pair):
    answers = (b"220 hello\r\n", b"250 OK\r\n", b"550 not today\r\n", b"250 OK\r\n", b"221 bye\r\n")
    with talking(*answers, tls=pair) as (port, heard):
        [told] = at(box, port, security="tls", user="").send()
        assert "not today" in told
    assert heard[0].upper().startswith(b"EHLO"), "RFC 5321: before any mail"


def test_a_message_too_large_in_every_form_is_told(box: Letterbox, pair):
    box.set(status="sent")
    box.queue(letter(60_000), letter(50_000), number=2)
    with serving(Inbox(), pair, size=2_000) as inbox:
        [told] = at(box, inbox).send()
    assert "size" in told
    assert inbox.raw == []


def test_the_fullest_form_within_the_configured_limit_is_kept(box: Letterbox, pair):
    box.set(status="sent")
    box.mail["max_mib"] = 0.05
    box.queue(letter(60_000), letter(10_000), letter(), number=2)
    with serving(Inbox(), pair) as inbox:
        assert at(box, inbox).send() == []
    [attached] = inbox.messages[0].iter_attachments()
    assert len(attached.get_content()) == 10_000


def test_one_connection_takes_all_that_waits_the_oldest_first(box: Letterbox, pair):
    for number in (2, 3):
        box.queue(number=number)
    with serving(Inbox(), pair) as inbox:
        assert at(box, inbox).send() == []
    assert inbox.connections == 1
    assert len(inbox.logins) == 1
    dates = [message["Date"].datetime for message in inbox.messages]
    assert dates == sorted(dates)


def test_a_message_nobody_takes_does_not_hold_up_the_others(box: Letterbox, pair):
    box.queue(number=2)
    with serving(Inbox(steps={"DATA": ["451 not this one"]}), pair) as inbox:
        [told] = at(box, inbox, retries=0).send()
        assert "not this one" in told
    [taken] = inbox.messages
    assert f"{2:016x}" in taken["Message-ID"]


def test_after_five_days_a_message_is_given_up_and_told(box: Letterbox, pair):
    later = datetime.now(UTC) + timedelta(days=5, hours=1)
    with time_machine.travel(later, tick=True), serving(Inbox(), None, auth=False) as inbox:
        [told] = at(box, inbox, security="none", user="").send()
        assert "five days" in told
        assert box.send() == []
        assert inbox.raw == []
        assert box.status == "expired"
        assert deliver(box.settings, load_words("en"), box.taken.append, print, again=True) == ([], 0)
    assert len(inbox.raw) == 1


def test_before_its_hour_a_message_waits_and_is_no_failure(box: Letterbox):
    box.set(status="sent")
    box.mail |= {"not_before": "08:00", "security": "none", "user": ""}
    with serving(Inbox(), None, auth=False) as inbox:
        at(box, inbox)
        with time_machine.travel(datetime(2026, 11, 21, 18, 30, tzinfo=UTC), tick=True):  # 02:30 in Shanghai
            box.queue(number=2)
            assert box.send() == []
            assert inbox.raw == []
        with time_machine.travel(datetime(2026, 11, 22, 0, 0, 1, tzinfo=UTC), tick=True):  # 08:00
            assert box.send() == []
            assert len(inbox.raw) == 1
            box.queue(number=3)
            assert box.send() == [], "after its hour a message goes at once"
            assert len(inbox.raw) == 2


def test_the_same_letter_is_entered_once(box: Letterbox, pair):
    box.queue()
    with serving(Inbox(), pair) as inbox:
        assert at(box, inbox).send() == []
        box.queue()
        assert box.send() == []
    assert len(inbox.raw) == 1
    assert box.files == []


def test_other_recipients_or_another_kind_are_another_message(box: Letterbox, pair):
    box.queue(kind="cycle")
    box.mail["to"] = [SECOND]
    box.queue()
    assert len({row["message_id"] for row in box.rows}) == 3


def test_a_message_that_was_tampered_with_is_not_sent(box: Letterbox, pair):
    [name] = box.files
    path = box.settings.state / "outbox" / name
    path.write_bytes(path.read_bytes().replace(b"audit@", b"other@"))
    with serving(Inbox(), pair) as inbox:
        [told] = at(box, inbox).send()
        assert name in told
        assert box.send() == []
    assert (inbox.raw, box.status, box.files) == ([], "refused", [name])


def test_what_a_crash_left_half_written_is_cleared_away(box: Letterbox, pair):
    (box.settings.state / "outbox" / ".x.eml.0a.tmp").write_bytes(b"half")
    with serving(Inbox(), pair) as inbox:
        assert at(box, inbox).send() == []
    assert box.files == []


def test_delivering_beside_a_run_is_turned_away(box: Letterbox):
    settings = box.settings
    with only_run(settings.state, settings.zone), pytest.raises(Locked):
        deliver(settings, load_words("en"), box.taken.append, print)
    with pytest.raises(ConfigError):
        deliver(settings.model_copy(update={"mail": None}), load_words("en"), box.taken.append, print)


def test_dots_and_line_ends_arrive_as_they_were(box: Letterbox, pair):
    with serving(Inbox(), pair) as inbox:
        assert at(box, inbox).send() == []
    [message] = inbox.messages
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == "正文\n.\n..点\n"


def test_names_in_chinese_are_on_the_wire_as_mail_programs_read_them(box: Letterbox, pair):
    box.set(status="sent")
    for number, style in ((2, "ascii"), (3, "native")):
        box.mail["attachment_name"] = style
        box.queue(letter(30), number=number)
    with serving(Inbox(), pair) as inbox:
        assert at(box, inbox).send() == []
    assert all(raw.isascii() for raw in inbox.raw)
    assert all(len(line) < 998 for raw in inbox.raw for line in raw.split(b"\r\n"))
    plain, native = inbox.raw
    for raw in inbox.raw:
        assert b"From: =?utf-8?b?5a6h6K6h5py65Zmo5Lq6?= <audit@example.invalid>\r\n" in raw
        assert b"To: =?utf-8?b?5ZCI6KeE6YOo?= <compliance@example.invalid>" in raw
        assert b"Subject: =?utf-8?b?5a6h6K6h?= 2026-11-21\r\n" in raw
    assert b'filename="report-2026-11-21.xlsx"' in plain
    assert b"name*" not in plain
    assert b'\r\n name="=?utf-8?b?' in native
    assert b"filename*=utf-8''%E7%BB%88%E7%AB%AF" in native
    [attached] = inbox.messages[1].iter_attachments()
    assert attached.get_filename() == "终端审计-2026-11-21.xlsx"


def test_a_message_queued_by_the_first_release_goes_to_everybody(tmp_path: Path, pair, monkeypatch):
    """It knew neither forms nor recipients, and named its file by a path of a machine that may be gone."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pair[0]))
    box = Letterbox(tmp_path, {"password": PASSWORD})
    state = box.settings.state
    (state / "outbox").mkdir(parents=True)
    data = b"Message-ID: <old@example.invalid>\r\n\r\nold\r\n"
    (state / "outbox" / "old.eml").write_bytes(data)
    shutil.copy(Path(__file__).parent / "ledgers" / "0.1.0.sqlite", state / "ledger.sqlite")
    with closing(sqlite3.connect(state / "ledger.sqlite")) as ledger:
        row = ("<old@example.invalid>", 1, "night", "/gone/state/outbox/old.eml", sha256(data).hexdigest())
        ledger.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, 'queued', 1, '')", row)
        ledger.commit()
    with serving(Inbox(), pair) as inbox:
        assert at(box, inbox).send() == []
    assert inbox.recipients == [list(PEOPLE)]
    assert inbox.raw == [data]
    assert box.files == []
