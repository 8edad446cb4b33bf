"""The log for programs: every line whole JSON, kept small, private, and without what must not be in it."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from conftest import AS_OF, Estate
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from audit.cli import app
from audit.cli.speech import say_end
from audit.config import load_settings
from audit.errors import ExitCode
from audit.logbook import close_log, open_log
from audit.redaction import hide, redact
from audit.words import load_words


def run(estate: Estate, *arguments: str) -> Any:
    return CliRunner().invoke(
        app, ["run", "--config", str(estate.configure()), "--as-of", str(AS_OF), *arguments]
    )


def lines_of(estate: Estate) -> list[dict[str, Any]]:
    text = (estate.folder / "state" / "log" / "audit.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_night_tells_the_log_its_steps_and_its_end(estate: Estate):
    ended = run(estate)
    assert ended.exit_code == 0
    lines = lines_of(estate)
    events = [line["event"] for line in lines]
    assert events[0] == "started"
    assert events[-2:] == ["published", "ended"]
    assert events.count("read_file") == 4
    summary = json.loads((estate.folder / "reports" / str(AS_OF) / "summary.json").read_text("utf-8"))
    assert (lines[-1]["run_id"], lines[-1]["exit_code"]) == (summary["run_id"], 0)
    assert summary["run_id"] in ended.stderr.splitlines()[-1]
    assert len({line["invocation"] for line in lines}) == 1
    assert all(line["time"].endswith("+08:00") for line in lines)
    run(estate)
    assert len({line["invocation"] for line in lines_of(estate)}) == 2
    log = estate.folder / "state" / "log" / "audit.jsonl"
    assert (log.stat().st_mode & 0o777, log.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert not logging.getLogger("audit").getEffectiveLevel() > logging.INFO
    assert not [one for one in logging.getLogger().handlers if "LogFile" in repr(one)], "closed again"


def test_a_full_log_is_set_aside_and_old_ones_go(estate: Estate):
    estate.sections["log"] = 'file = "here/night.jsonl"\nmax_mib = 0.00001\nkeep = 2'
    settings = load_settings(estate.configure())
    for number in range(5):
        handler = open_log(settings, f"try{number}")
        handler.rotate(10, settings.log.keep)
        logging.getLogger("audit").info("after")
        close_log(handler)
    found = {path.name: path.read_text("utf-8") for path in (estate.folder / "here").iterdir()}
    assert sorted(found) == ["night.jsonl", "night.jsonl.1", "night.jsonl.2"]
    commands = [[json.loads(line)["command"] for line in found[name].splitlines()] for name in sorted(found)]
    assert commands == [["try4"], ["try3", "try4"], ["try2", "try3"]]


def test_a_log_that_cannot_be_written_stops_nothing(estate: Estate):
    (estate.folder / "state").mkdir()
    (estate.folder / "state" / "log").write_text("a file where the folder should be")
    ended = run(estate)
    assert ended.exit_code == 0
    assert ended.stderr.count("audit.jsonl") == 1, "told once"


CITIZEN, PHONE, ACCOUNT = "110105194912310027", "13800138000", "6222020200112233445"


def test_a_bug_tells_neither_people_nor_secrets(estate: Estate, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError(f"法人{CITIZEN}，电话 {PHONE}，账户{ACCOUNT}，密码 canary-word-7 canary%2Furl-8")

    monkeypatch.setenv("AUDIT_MAIL_PASSWORD", "canary-word-7")
    monkeypatch.setenv("CANARY_FILES", "canary%2Furl-8")
    estate.sections["mail"] = 'host = "localhost"\nsender = "a@b.invalid"\nto = ["c@d.invalid"]'
    estate.sections["inputs.devices"] += '\npassword_env = "CANARY_FILES"'
    monkeypatch.setattr("audit.pipeline.unread_copies", broken)
    ended = run(estate)
    assert ended.exit_code == 70
    log = (estate.folder / "state" / "log" / "audit.jsonl").read_text("utf-8")
    for text in (ended.stderr, log):
        assert "RuntimeError" in text
        assert "Traceback" in text
        for secret in (CITIZEN, PHONE, ACCOUNT, "canary"):
            assert secret not in text
    last = json.loads(log.splitlines()[-2])
    assert (last["event"], last["level"]) == ("bug", "error")
    assert "110***********0027" in last["traceback"]


@given(
    st.sampled_from(["", "号", " ", "：", "A", "-", "("]),
    st.one_of(
        st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
        st.from_regex(r"[1-9][0-9]{5}(19|20)[0-9]{9}[0-9X]", fullmatch=True),
        st.from_regex(r"[1-9][0-9]{15,18}", fullmatch=True),
        st.from_regex(r"[1-9][0-9]{3}( [0-9]{4}){3}( [0-9]{3})?", fullmatch=True),
    ),
    st.sampled_from(["", "，", " ", "B", ")", "。"]),
)
def test_no_personal_number_survives_in_a_line(before: str, number: str, after: str):
    told = redact(f"x{before}{number}{after}y")
    assert number not in told
    assert number.replace(" ", "") not in told.replace(" ", "")


def test_what_is_no_personal_number_stays():
    digest = "4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865"
    line = f"{digest} 台账_20261121020000.csv 2026-11-21T02:00:00 1,234,567 SN000123 port 587"
    assert redact(line) == line
    hide("a1")
    assert redact("a1 stays") == "a1 stays", "too short to be told from other words"


def test_each_process_finds_the_log_the_other_began(estate: Estate, tmp_path: Path):
    settings = load_settings(estate.configure())
    one, log = open_log(settings, "one"), settings.log_file
    log.rename(f"{log}.1")
    logging.getLogger("audit").info("after")
    close_log(one)
    assert [json.loads(line)["event"] for line in log.read_text("utf-8").splitlines()] == ["audit"]


def test_a_run_keeps_its_name_on_the_last_line_whatever_it_looks_like(capsys: pytest.CaptureFixture[str]):
    say_end(load_words("zh"), ExitCode.DONE, "账户 6222020000000000017", "58112345678673d0")
    told = capsys.readouterr().err
    assert "58112345678673d0" in told
    assert "6222020000000000017" not in told
