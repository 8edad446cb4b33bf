"""Letters to merchants: plain words about their own things, on one page, from what was published."""

from __future__ import annotations

import html
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import AS_OF, DEVICE, MERCHANT, REGISTRATION, Estate
from test_cli import pos_audit

from audit.config import LetterSection, load_settings
from audit.crosscheck.schema import Subject
from audit.errors import AuditError, ConfigError, NothingToShow
from audit.letters import write_letters
from audit.report.letter import asked_of_merchants, letter_of, render_letters
from audit.rules import RULES
from audit.rules.model import Owner
from audit.words import load_words

OURS, THEIRS, FINE = "898100000000101", "898100000000202", "898100000000303"
CONTACT = "客服部 0571-8888 0000"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """Two merchants with something to do, a third with nothing; the first has a name that is markup."""
    made = Estate(
        tmp_path_factory.mktemp("letters"), {"required_channels": '["wechat"]', "name": '"示例支付"'}
    )
    devices = [
        DEVICE
        | {"serial_no": "SNA1", "merchant_no": OURS, "terminal_id": "10000001", "vendor": "甲星"}
        | {"last_heartbeat": "2026-09-01 10:00:00"},
        DEVICE
        | {"serial_no": "SNB1", "merchant_no": THEIRS, "terminal_id": "10000002", "vendor": "乙海"}
        | {"last_heartbeat": "2026-09-01 10:00:00"},
        DEVICE | {"serial_no": "SNC1", "merchant_no": FINE, "terminal_id": "10000003", "vendor": "乙海"},
    ]
    made.write("devices", devices)
    names = {OURS: "晨光<b>小店", THEIRS: "暮色百货", FINE: "无事商行"}
    made.write(
        "merchants",
        [
            MERCHANT
            | {"merchant_no": number, "merchant_name": name}
            | {"licence_expiry": "长期" if number == FINE else "2024-02-29"}
            for number, name in names.items()
        ],
    )
    made.write(
        "registrations",
        [
            REGISTRATION | {"serial": one["serial_no"], "merchant_no": one["merchant_no"]}
            for one in devices[1:]
        ],
    )
    made.sections["routing.b"] = 'vendor = "乙海"'
    made.sections["letter"] = f'contact = "{CONTACT}"'
    made.run()
    return made


def text_of(page: str) -> str:
    """What a reader sees."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", body))


def written(estate: Estate, to: Path, *merchants: str, owner: str = "", **more: Any) -> dict[str, str]:
    settings = load_settings(estate.config)
    files, _ = write_letters(settings, load_words("zh"), merchants, owner, None, to, **more)
    return {file.name: file.read_text("utf-8") for file in files}


def test_a_merchant_reads_what_to_do_by_when_and_whom_to_call(night: Estate, tmp_path: Path):
    [(name, page)] = written(night, tmp_path, f" {OURS}").items()
    assert name == f"letter-{OURS}-2026-11-21.html"
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    told = text_of(page)
    assert "晨光<b>小店（商户编号 898100000000101）：" in told
    assert "登记的营业执照有效期到 2024-02-29，已经过期。" in told
    assert "终端号 10000001（机身序列号 SNA1）" in told
    rows = [row for row in night.findings() if row["merchant_no"] == OURS]
    due = {row["rule"]: row["due_on"] for row in rows}
    assert f"请最晚于 {due['MER-04']} 办好" in told
    assert CONTACT in told
    assert told.index("示例支付") > told.index(CONTACT), "who writes"
    others = sum(row["owner"] != "merchant" for row in rows)
    assert f"另有 {others} 件事由我们和设备供应商处理" in told
    for stranger in ("SNB1", THEIRS, "暮色百货", "10000002", "乙海", "甲星", "报备"):
        assert stranger not in page
    small_print = told[told.index("来电时") :]
    assert re.findall(r"[A-Z]{2,3}-\d\d", told) == re.findall(r"[A-Z]{2,3}-\d\d", small_print)
    assert written(night, tmp_path, OURS)[name] == page


def test_a_letter_loads_and_runs_nothing(night: Estate, tmp_path: Path):
    [page] = written(night, tmp_path, OURS).values()
    assert "default-src 'none'; style-src 'sha256-" in html.unescape(page)
    assert not re.search(r"<script|<img|<link|http://|https://|url\(|@import| style=", page)
    assert "晨光&lt;b&gt;小店" in page


def test_all_merchants_of_an_owner_each_in_a_file_or_together(night: Estate, tmp_path: Path):
    apart = written(night, tmp_path, owner="b")
    assert set(apart) == {f"letter-{THEIRS}-2026-11-21.html"}, "the one with nothing to do gets none"
    [(name, page)] = written(night, tmp_path, OURS, owner="b", together=True).items()
    assert name == "letters-2026-11-21.html"
    assert page.count("<article>") == 2


def test_the_command_in_both_languages(night: Estate, tmp_path: Path):
    night.configure()
    done = pos_audit("letter", "--config", night.config, "--all-of", "b", "--to", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "无事商行" not in done.stdout
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"letter-{THEIRS}-2026-11-21.html"]
    assert pos_audit("letter", "--config", night.config).returncode == 2


@pytest.mark.parametrize(
    ("merchants", "owner", "as_of", "section", "key"),
    [
        ([OURS], "", None, "", "letter_contact"),
        ([FINE, "1"], "", None, f'contact = "{CONTACT}"', "letter_nothing"),
        ([], "bb", None, f'contact = "{CONTACT}"', "letter_no_owner"),
        ([OURS], "", AS_OF - timedelta(days=1), f'contact = "{CONTACT}"', "no_such_night"),
    ],
)
def test_what_cannot_be_written_is_said(
    night: Estate,
    tmp_path: Path,
    merchants: list[str],
    owner: str,
    as_of: date | None,
    section: str,
    key: str,
):
    said = Estate(night.folder, night.settings, night.sections | {"letter": section})
    settings = load_settings(said.configure())
    words = load_words("zh")
    with pytest.raises((ConfigError, NothingToShow)) as failure:
        write_letters(settings, words, merchants, owner, as_of, tmp_path / "none")
    assert failure.value.key == key
    assert words(f"error.{key}", **failure.value.facts)
    assert not (tmp_path / "none").exists()
    night.configure()


def test_a_list_of_merchants_that_is_not_there_is_named(night: Estate, tmp_path: Path):
    said = Estate(night.folder, night.settings, night.sections | {"routing.a": 'merchant_file = "gone.csv"'})
    done = pos_audit("letter", "--all-of", "a", "--to", str(tmp_path), "--config", said.configure())
    assert done.returncode == 40, done.stderr
    assert "gone.csv" in done.stderr
    assert "{" not in done.stderr
    night.configure()


def test_a_night_that_was_changed_is_no_ground_for_a_letter(night: Estate, tmp_path: Path):
    path = night.folder / "reports" / AS_OF.isoformat() / "findings.parquet"
    kept = path.read_bytes()
    path.write_bytes(kept + b"x")
    try:
        with pytest.raises(AuditError) as failure:
            written(night, tmp_path, OURS)
    finally:
        path.write_bytes(kept)
    assert failure.value.key == "letter_night_gone"


def finding(rule: str, state: str = "open", **more: Any) -> dict[str, Any]:
    row = {
        "rule": rule,
        "state": state,
        "owner": str(RULES[rule].owner),
        "severity": "high",
        "actual": "2024-02-29",
    }
    row |= {
        "merchant_no": OURS,
        "serial_no": None,
        "terminal_id": None,
        "store_no": None,
        "subject": "merchant",
    }
    return row | {"due_on": AS_OF + timedelta(days=3)} | more


def test_only_what_stands_and_is_demanded_is_asked():
    states = ["waived", "false_positive", "fixed", "gone", "held", "absent"]
    rows = [
        *(finding("MER-05", state) for state in states),
        finding("MER-06", "claimed"),
        finding("MER-04", "unchecked", due_on=AS_OF - timedelta(days=1)),
        finding("REG-01"),
        *(finding("HB-01", serial_no=f"SN{n}", subject="device") for n in range(9)),
    ]
    letter = letter_of(rows, "晨光小店", AS_OF, load_words("zh"))
    assert [item.rule for item in letter.items] == ["MER-04", "HB-01"]
    assert [item.is_late for item in letter.items] == [True, False]
    assert (letter.reported, letter.others) == (1, 1)
    assert (len(letter.items[1].places), letter.items[1].left_out) == (3, 6)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_whatever_a_merchant_has_to_do_has_words(language: str):
    words = load_words(language)
    not_about_one = (Subject.TRAINING, Subject.PROGRAMME)  # these name no merchant
    asked = {
        rule.id
        for rule in RULES.values()
        if rule.owner is Owner.MERCHANT and rule.subject not in not_about_one
    }
    assert set(asked_of_merchants(words)) == set(words.section("letter_what")) == asked


@pytest.mark.chromium
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_letter_of_the_longest_kind_stands_on_one_page(tmp_path: Path, language: str):
    words = load_words(language)
    rows = [
        finding(rule, serial_no=f"SN000000000000{n:04}", terminal_id=f"1000000{n}", subject="device")
        for rule in asked_of_merchants(words)
        for n in range(8 if rule in ("HB-01", "ELE-06") else 1)
    ]
    rows += [finding("MER-06", "claimed"), finding("REG-01")]
    letter = letter_of(rows, "晨光小店", AS_OF, words)
    assert (len(letter.items), letter.count) == (4, len(asked_of_merchants(words)))
    page = tmp_path / "letters.html"
    page.write_bytes(
        render_letters([letter, letter], LetterSection(sender="甲", contact=CONTACT), words, None)
    )
    printed = tmp_path / "letters.pdf"
    subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"),
            *(f"--print-to-pdf={printed}", page.as_uri()),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == 2
