"""Mail through a server as Debian ships it: what it refuses, delays and takes arrives once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from letterbox import AS_OF, Letterbox, letter
from mailserver import PASSWORD, certificate
from mta import LIMIT, Mta, running

pytestmark = pytest.mark.mta


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def server(pair: tuple[Path, Path]) -> Iterator[Mta]:
    with running(pair) as started:
        yield started


@pytest.fixture
def box(tmp_path: Path, server: Mta, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Letterbox:
    monkeypatch.setenv("SSL_CERT_FILE", str(pair[0]))
    server.empty()
    return Letterbox(tmp_path, {"password": PASSWORD, "port": server.port, "timeout_seconds": 15.0})


def test_a_letter_arrives_once_and_whole(box: Letterbox, server: Mta):
    box.mail["attachment_name"] = "native"
    box.queue(letter(20_000))
    assert box.send() == []
    assert box.send() == []
    [first], [second] = server.box("compliance"), server.box("ops")
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"].datetime.date() == AS_OF
    assert str(first["From"]) == "审计机器人 <audit@example.invalid>"
    assert first.get_body(("plain",)).get_content().replace("\r\n", "\n") == "正文\n.\n..点\n"
    [attached] = first.iter_attachments()
    assert (attached.get_filename(), len(attached.get_content())) == ("终端审计-2026-11-21.xlsx", 20_000)


def test_greylisting_and_a_refusal_are_each_for_their_own_recipient(box: Letterbox, server: Mta):
    box.mail["to"] = ["ops@example.invalid", "greylisted@example.invalid", "nobody@example.invalid"]
    box.queue(letter())
    [told] = box.send()
    assert "nobody@example.invalid: 550" in told
    assert "greylisted@" not in told, "it was taken at the second attempt"
    assert len(server.box("ops")) == len(server.box("greylisted")) == 1
    assert box.status == "refused"


def test_what_exceeds_the_announced_size_goes_without_its_attachment(box: Letterbox, server: Mta):
    box.queue(letter(2 * LIMIT), letter(text="without"))
    assert box.send() == []
    [message] = server.box("ops")
    assert list(message.iter_attachments()) == []


def test_a_wrong_password_sends_nothing_and_keeps_the_letter(box: Letterbox, server: Mta):
    box.mail["password"] = "wrong"
    box.queue()
    [told] = box.send()
    assert "535" in told
    assert box.status == "queued"
    box.mail["password"] = PASSWORD
    assert box.send() == []
    assert len(server.box("ops")) == 1
