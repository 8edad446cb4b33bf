"""How findings are handled as `[ledger]` says: due days, calendars, waivers from a file."""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from conftest import AS_OF, Estate
from hypothesis import given
from hypothesis import strategies as st

from audit.config import load_settings
from audit.errors import ConfigError, ExitCode
from audit.ledger.database import Database
from audit.ledger.merge import Handling, Returned, Status, Terms, merge, normalised
from audit.ledger.nights import Run, open_night
from audit.ledger.schema import HUMAN_FIELDS
from audit.ledger.waivers import (
    HELD,
    Silence,
    Waiver,
    enter_waivers,
    load_waivers,
    matched,
    silences,
    watched,
)
from audit.ledger.workdays import Calendar, load_calendar
from audit.words import load_words

NEXT = AS_OF + timedelta(days=1)
GOOD = 'rule = "REG-01"\nserial_no = "SN*"\nreason = "装修"\napprover = "李总"\nuntil = 2026-12-31'


def test_due_days_and_an_own_calendar(tmp_path: Path):
    file = tmp_path / "calendar.toml"
    file.write_text("holidays = [2026-11-23]\nworkdays = [2026-11-22]\n", encoding="utf-8")
    calendar = load_calendar(file, {"high": 2})
    assert calendar.due_on(date(2026, 11, 21), "critical") == date(2026, 11, 22)
    assert calendar.due_on(date(2026, 11, 21), "high") == date(2026, 11, 24)
    assert Calendar().due_on(date(2026, 11, 21), "high") == date(2026, 11, 25)


def test_a_year_no_calendar_knows_is_said():
    assert Calendar().unknown_years(date(2026, 6, 1)) == []
    assert Calendar().unknown_years(date(2031, 12, 20)) == [2031, 2032]
    named = Calendar(holidays=frozenset({date(2031, 1, 1), date(2032, 1, 1)}))
    assert named.unknown_years(date(2031, 12, 20)) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("holidays = 3", "calendar_days"),
        ("holydays = []", "config_unknown_key"),
        ("holidays = [2026-11-23]\nworkdays = [2026-11-23]", "calendar_twice"),
        ("holidays = [", "config_syntax"),
    ],
)
def test_a_calendar_that_cannot_be_used(tmp_path: Path, text: str, key: str):
    file = tmp_path / "calendar.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_calendar(file, {})
    assert refused.value.key == key


def waivers_file(folder: Path, *entries: str) -> Path:
    file = folder / "waivers.toml"
    file.write_text("".join(f"[[waiver]]\n{entry}\n" for entry in entries), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        (GOOD.replace("until = 2026-12-31", ""), "waiver_missing"),
        (GOOD.replace('"李总"', '" "'), "waiver_missing"),
        (GOOD.replace("2026-12-31", '"2026-12-31"'), "waiver_value"),
        (GOOD.replace("2026-12-31", "2027-12-31"), "waiver_long"),
        (GOOD + "\nfrom = 2027-01-01", "waiver_backwards"),
        (GOOD + '\nfinding = "00"', "waiver_names"),
        (GOOD.replace('serial_no = "SN*"\n', ""), "waiver_names"),
        (GOOD.replace("serial_no", "serial"), "waiver_key"),
        (GOOD.replace("REG-01", "REG-99"), "waiver_rule"),
        (GOOD + '\nchannel = "微信"', "waiver_channel"),
    ],
)
def test_a_waiver_that_cannot_be_used_names_its_entry(tmp_path: Path, entry: str, key: str):
    file = waivers_file(tmp_path, GOOD, entry)
    with pytest.raises(ConfigError) as refused:
        load_waivers(file, AS_OF, 180)
    assert refused.value.key == key
    for language in ("zh", "en"):
        sentence = load_words(language)(f"error.{key}", **refused.value.facts)
        assert "waivers.toml [[waiver]] 2" in sentence


def test_waivers_match_by_id_or_by_patterns_and_the_last_to_end_holds():
    findings = pa.table(
        {
            "finding_id": ["f1", "f2", "f3", "f4"],
            "rule": ["REG-01", "REG-01", "DEV-06", "REG-01"],
            "serial_no": ["SN1", "SN.", None, "XX9"],
            "merchant_no": ["8981", "8982", "8981", None],
            "channel": ["wechat", "alipay", None, "wechat"],
            "vendor": ["星联", "星联", "别家", None],
        }
    )

    def waiver(until: date, **names: str) -> Waiver:
        return Waiver("file", "理由", "李总", until, **names)

    by_id = waiver(NEXT, finding_id="f3")
    by_pattern = waiver(date(2026, 12, 1), rule="REG-*", serial_no="SN?", channel="wechat")
    later = waiver(date(2026, 12, 9), rule="REG-01", vendor="星*")
    over = waiver(AS_OF - timedelta(days=1), rule="REG-01", serial_no="*")
    ids, ends = matched(findings, [by_id, by_pattern, later, over], AS_OF)
    assert ids.to_pylist() == [later.waiver_id, later.waiver_id, by_id.waiver_id, None]
    assert ends.to_pylist() == [date(2026, 12, 9), date(2026, 12, 9), NEXT, None]
    literal = waiver(NEXT, rule="REG-01", serial_no="SN.")
    assert matched(findings, [literal], AS_OF)[0].to_pylist() == [None, literal.waiver_id, None, None]


def test_what_is_to_be_looked_at_again():
    def waiver(days: int, name: str) -> Waiver:
        return Waiver("file", name, "李总", AS_OF + timedelta(days=days), finding_id=name)

    over, soon, idle, busy = waiver(-1, "a"), waiver(7, "b"), waiver(60, "c"), waiver(61, "d")
    fresh, later = waiver(62, "e"), replace(waiver(63, "f"), starts_on=NEXT)
    written_wrong = waiver(64, "g")
    silent = {one.waiver_id: Silence(29, never=False) for one in (idle, busy)}
    silent |= {fresh.waiver_id: Silence(28, never=False)}
    found = watched([written_wrong, later, fresh, busy, idle, soon, over], AS_OF, {busy.waiver_id: 3}, silent)
    assert [(one.waiver.reason, one.standing, one.findings, one.idle) for one in found] == [
        ("a", "ended", 0, 0),
        ("b", "ending", 0, 1),
        ("c", "idle", 0, 30),
        ("d", "running", 3, 0),
        ("e", "running", 0, 29),
        ("f", "upcoming", 0, 0),
        ("g", "idle", 0, 1),
    ]


def test_nights_without_a_match_count_from_the_last_one_back(database: Database):
    def waiver(name: str, starts_on: date | None = None) -> Waiver:
        return Waiver("file", name, "李总", AS_OF + timedelta(days=90), finding_id=name, starts_on=starts_on)

    since_third = AS_OF + timedelta(days=3)
    never, often, late = waiver("never"), waiver("often"), waiver("late", since_third)
    unheard = waiver("unheard")
    nights: list[tuple[int, dict[str, object]]] = [
        (0, {"states": {}}),  # of a release that did not note what held
        (1, {HELD: []}),
        (2, {HELD: [often.waiver_id]}),
        (3, {HELD: []}),
        (5, {HELD: []}),
    ]
    for offset, counts in nights:
        with open_night(database, AS_OF + timedelta(days=offset)) as night:
            enter_waivers(night.connection, [never, often, late], night.as_of)
            run = Run(night.next_number(), f"{offset:016x}", night.as_of, 0, "", {})
            night.add_run(run, "0", "0")
            night.complete_run(run, [], counts)
    with open_night(database, AS_OF + timedelta(days=6)) as night:
        found = silences(night.connection, [never, often, late, unheard], night.as_of)
    assert found == {
        never.waiver_id: Silence(4, never=False, since=AS_OF),  # of the first night nobody knows
        often.waiver_id: Silence(2, never=False, since=AS_OF),
        late.waiver_id: Silence(2, since=since_third),
        unheard.waiver_id: Silence(0, since=AS_OF + timedelta(days=6)),
    }


def test_a_waiver_that_never_matched_is_told_on_its_first_night(estate: Estate):
    waivers_file(
        estate.folder,
        'rule = "REG-*"\nserial_no = "SN00000l"\nreason = "试点"\napprover = "李总"\nuntil = 2027-02-01',
    )
    estate.sections["ledger"] = 'waivers = "waivers.toml"'
    [waiver] = estate.run().summary["waivers"]
    assert (waiver["standing"], waiver["findings"]) == ("idle", 0)
    assert "没有对应的问题" in waiver["reminder"]


def test_a_whole_night_under_a_waiver(estate: Estate):
    estate.write("merchants", [{"merchant_no": "898100000000001", "licence_expiry": "2026-11-20"}])
    estate.run()
    assert estate.run(fail_on="high").code is ExitCode.FINDINGS
    waivers_file(
        estate.folder,
        'rule = "MER-*"\nmerchant_no = "8981*"\nreason = "换证中"\napprover = "李总"\nuntil = 2026-11-22',
    )
    estate.sections["ledger"] = 'waivers = "waivers.toml"\ndue = {high = 5}'
    estate.sections["mail"] = (
        'host = "localhost"\nsecurity = "none"\nsender = "a@example.invalid"\nto = ["b@example.invalid"]'
    )
    again = estate.run(fail_on="high", mail=False)
    assert not again.replayed, "another file of waivers is another input"
    assert again.code is ExitCode.DONE, "what is waived fails nothing"
    assert [row["state"] for row in estate.findings() if row["rule"] == "MER-04"] == ["waived"]
    [waiver] = json.loads((again.folder / "summary.json").read_text("utf-8"))["waivers"]
    assert (waiver["standing"], waiver["findings"], waiver["until"]) == ("ending", 1, "2026-11-22")
    assert "还有 1 天到期" in waiver["reminder"]
    assert "。。" not in waiver["reminder"]
    sheet = openpyxl.load_workbook(again.folder / "report.xlsx")["豁免"]
    assert sheet["B7"].value == "MER-*、商户编号 8981*"
    letter = next((estate.folder / "state" / "outbox").glob("2026-11-21-night-*.eml"))
    message = email.message_from_bytes(letter.read_bytes(), policy=email.policy.default)
    for kind in ("plain", "html"):
        assert waiver["reminder"] in message.get_body((kind,)).get_content()
    after = date(2026, 11, 23)
    told = estate.run(after, mail=False)
    [waiver] = told.summary["waivers"]
    assert (waiver["standing"], waiver["findings"]) == ("ended", 0)
    assert "已于 2026-11-22 到期" in waiver["reminder"]
    month = date(2026, 12, 23)
    late = estate.run(month, mail=False)
    [waiver] = late.summary["waivers"]
    assert (waiver["standing"], waiver["reminder"]) == ("ended", ""), "it has been told for a week"
    head, *rows = openpyxl.load_workbook(late.folder / "report.xlsx")["整改台账"].values
    [overdue] = [row for row in rows if row[head.index("规则")] == "MER-04"]
    assert overdue[head.index("逾期升级")] == "已逾期，升 2 级", "three weeks past its day"
    [row] = [row for row in estate.findings(after) if row["rule"] == "MER-04"]
    assert (row["state"], row["first_seen"]) == ("open", AS_OF)
    assert row["due_on"] == date(2026, 11, 30)


def test_ledger_settings_are_checked(estate: Estate):
    for body in ("due = {grave = 3}", "due = {high = 0}", "escalate = [7, 3]", 'waiver = "x"'):
        estate.sections["ledger"] = body
        with pytest.raises(ConfigError):
            load_settings(estate.configure())


TEXT = st.sampled_from(["", "张三", "李四", " 张三 ", "a\r\nb", "a\nb"])
ROW = st.fixed_dictionaries({"person": TEXT, "remark": TEXT, "status": st.sampled_from(["", *Status])})


@given(st.lists(st.tuples(ROW, st.integers(0, 3)), max_size=6))
def test_merging_forgets_nothing_and_repeats_nothing(copies):
    """Whatever copies come in whatever order, every text is in the row, a change, a conflict, or refused."""
    rows = {"f": Handling("f", 0, dict.fromkeys(HUMAN_FIELDS, ""), dict.fromkeys(HUMAN_FIELDS, 0))}
    past = {0: dict(rows["f"].values)}
    kept: set[tuple[str, str]] = set()
    for values, behind in copies:
        base = max(0, rows["f"].row_version - behind)
        returned = Returned("f", base, values)
        bases = {("f", version): texts for version, texts in past.items()}
        before = rows["f"]
        merged = merge(rows, [returned], bases, Terms(AS_OF))
        rows |= merged.rows
        past[rows["f"].row_version] = dict(rows["f"].values)
        kept |= {(one.field, one.after) for one in merged.changes}
        kept |= {(one.field, one.copy_text) for one in merged.conflicts}
        kept |= {(one.field, normalised(one.text)) for one in merged.refusals}
        for name, text in values.items():
            told = normalised(text)
            untouched = told in ("", past[base][name], before.values[name])
            assert untouched or (name, told) in kept
        for name, text in before.values.items():
            assert rows["f"].values[name] == text or (name, rows["f"].values[name]) in kept
            assert rows["f"].values[name] or not text, "a blank never erases"
        again = merge(rows, [returned], {("f", v): texts for v, texts in past.items()}, Terms(AS_OF))
        assert again.changes == ()
