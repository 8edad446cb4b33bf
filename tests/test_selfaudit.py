"""The self-audit programme: what is due when, and what people attest on the sheet 自查清单."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import AS_OF, DEVICE, MERCHANT, MODEL, REGISTRATION, Estate
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from test_roundtrip import saved_by_libreoffice

from audit.config import load_settings
from audit.errors import ConfigError
from audit.ledger.attestations import Statement, attest, disputes, standing
from audit.ledger.merge import Returned, Terms
from audit.measures.upkeep import kept_up
from audit.periods import Period, later, next_time
from audit.programme import Proof, Record, Said, Signed, fulfilment_of, items_of, programme_states
from audit.words import load_programme, load_words

NEXT = AS_OF + timedelta(days=1)
SHEET = "自查清单"
ITEMS = {item.name: item for item in items_of({})}


@pytest.mark.parametrize(
    ("text", "name", "start", "end"),
    [
        ("2026-11", "2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026Q4", "2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        (" 2026-q1 ", "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2024H1", "2024-H1", date(2024, 1, 1), date(2024, 6, 30)),
        ("2026", "2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_by_its_name(text: str, name: str, start: date, end: date):
    period = Period.named(text)
    assert (period.name, period.start, period.end) == (name, start, end)
    assert start in period
    assert end in period
    assert period.following not in period
    assert Period.named(period.name) == period


@pytest.mark.parametrize("text", ["", "2026-13", "2026-Q5", "2026-H3", "26-11", "2026-11-01", "十一月"])
def test_what_is_no_period(text: str):
    with pytest.raises(ConfigError, match="period_form"):
        Period.named(text)


@given(
    st.dates(date(2001, 1, 1), date(2099, 1, 1)),
    st.sampled_from(["monthly", "quarterly", "half_yearly", "yearly"]),
)
def test_the_periods_of_a_cadence_lie_end_to_end(day: date, cadence: str):
    period = Period.containing(day, cadence)
    assert day in period
    assert Period.containing(period.following, cadence).start == period.following
    assert next_time(day, cadence) > day
    assert later(later(day, 12), -12) in (day, day - timedelta(days=1)), "a leap day has no anniversary"


def signed(name: str, on: date) -> Signed:
    return Signed(Period.named(name), "王经理", on)


@pytest.mark.parametrize(
    ("record", "configured", "cycle", "due"),
    [
        (Record(), None, "", None),
        (Record(), date(2026, 9, 30), "", date(2026, 10, 30)),
        (
            Record(waiting=(Period.named("2026-11"), Period.named("2026-10"))),
            None,
            "2026-10",
            date(2026, 11, 10),
        ),
        (Record(signed=(signed("2026-10", date(2026, 11, 3)),)), None, "2026-11", date(2026, 12, 10)),
        (Record(signed=(signed("2026-Q3", date(2026, 10, 8)),)), None, "2026-10", date(2026, 11, 10)),
        (
            Record(signed=(signed("2026-10", date(2026, 11, 3)), signed("2026-08", date(2026, 11, 5)))),
            date(2026, 9, 30),
            "2026-11",
            date(2026, 12, 10),
        ),
    ],
)
def test_when_the_self_audit_is_due(record: Record, configured: date | None, cycle: str, due: date | None):
    one = fulfilment_of(replace(ITEMS["self_audit"], last_done=configured), record, AS_OF)
    assert (one.cycle, one.next_due) == (cycle, due)
    assert one.is_due(AS_OF) == (due is None or due < AS_OF)


def test_what_was_done_on_paper_asks_for_no_signature_on_what_lies_before_it():
    record = Record(signed=(signed("2026-10", date(2026, 11, 3)),), waiting=cycles("2026-08"))
    item = replace(ITEMS["self_audit"], last_done=date(2026, 9, 30))
    assert fulfilment_of(item, record, AS_OF).cycle == "2026-11"


def cycles(*names: str) -> tuple[Period, ...]:
    return tuple(map(Period.named, names))


@pytest.mark.parametrize(
    ("cadence", "signed_off", "waiting", "cycle"),
    [
        ("quarterly", ["2026-12"], [], "2026-Q4"),
        ("quarterly", ["2026-Q3", "2026-12"], ["2026-10"], "2026-Q4"),
        ("quarterly", ["2026-10", "2026-11", "2026-12"], [], "2027-Q1"),
        ("quarterly", ["2026"], ["2026-Q3", "2026-12"], "2027-Q1"),
        ("quarterly", [], ["2026-10", "2026-Q4"], "2026-Q4"),
        ("quarterly", [], ["2026-10"], ""),
        ("monthly", ["2026-08", "2026-10"], ["2026-09"], "2026-09"),
        ("monthly", ["2026-Q3"], ["2026-08"], "2026-10"),
        ("monthly", ["2026-10"], ["2026"], "2026-11"),
    ],
)
def test_a_signature_is_of_the_months_it_stands_under(
    cadence: str, signed_off: list[str], waiting: list[str], cycle: str
):
    record = Record(
        signed=tuple(signed(name, date(2027, 1, 5)) for name in signed_off), waiting=cycles(*waiting)
    )
    one = fulfilment_of(replace(ITEMS["self_audit"], cadence=cadence, last_done=None), record, AS_OF)
    assert one.cycle == cycle
    due = Period.named(cycle).end + timedelta(days=10) if cycle else None
    assert one.next_due == due


def test_of_what_is_configured_and_what_is_said_the_later_counts():
    plan = replace(ITEMS["emergency_plan"], last_done=date(2026, 3, 1), evidence="旧版")
    said = Record({"emergency_plan": Said(date(2026, 8, 1), "李四", "预案 V2")})
    one = fulfilment_of(plan, said, AS_OF)
    assert (one.last_done, one.who, one.evidence) == (date(2026, 8, 1), "李四", "预案 V2")
    assert one.next_due == date(2027, 8, 1)
    newer = fulfilment_of(replace(plan, last_done=date(2026, 9, 1)), said, AS_OF)
    assert (newer.last_done, newer.who, newer.evidence) == (date(2026, 9, 1), "", "旧版")


def test_a_measured_item_was_done_when_all_its_rules_answered():
    network = ITEMS["network"]
    assert network.proof is Proof.MEASURED
    assert fulfilment_of(network, Record(), AS_OF, network.rules).last_done == AS_OF
    assert fulfilment_of(network, Record(), AS_OF, ()).is_due(AS_OF), "not evaluated is not done"


def test_the_rules_hear_of_items_in_use_alone():
    words = load_words("zh")

    def told(record: Record, **programme: Any) -> set[str]:
        return {one.item for one in programme_states(items_of(programme), record, AS_OF, words)}

    assert told(Record()) == set()
    assert told(Record({"risk_analysis": Said(AS_OF, "李四", "")})) == {"risk_analysis"}
    assert told(Record(waiting=(Period.named("2026-10"),))) == {"self_audit"}


def test_what_the_counts_of_nights_come_to():
    nights = [
        (AS_OF - timedelta(days=2), {"open": 10, "states": {"new": 10}}),
        (AS_OF - timedelta(days=1), {"open": 8, "states": {"open": 7, "reopened": 1, "fixed": 3}}),
        (AS_OF, {"open": 9, "states": {"open": 8, "new": 1}}),
    ]
    found = kept_up(nights, AS_OF - timedelta(days=4), AS_OF)
    shown = {name: (one.part, one.whole) for name, one in found.items()}
    assert shown == {"closure": (3, 12), "recurrence": (1, 12), "runs": (3, 5)}


# --- statements, without a workbook


def row(
    item: str, base: int, done_on: str, who: str = "李四", proof: str = "", said_at: str = ""
) -> Returned:
    return Returned(item, base, {"done_on": done_on, "done_by": who, "proof": proof}, {}, "张三", said_at)


def said(known: Mapping[str, list[Statement]], *rows: Returned) -> dict[str, list[Statement]]:
    """What is known after some rows were read."""
    found = {item: list(statements) for item, statements in known.items()}
    for one in attest(known, rows, load_programme(), Terms(AS_OF)).statements:
        found.setdefault(one.item, []).append(one)
    return found


def test_a_later_day_counts_and_whoever_saw_a_statement_may_correct_it():
    first = said({}, row("training", 0, "2026-11-20"))
    unseen_earlier = said(first, row("training", 0, "2026-11-02", "王五"))
    held = standing(unseen_earlier["training"])
    assert held is not None
    assert held.done_on == date(2026, 11, 20)
    unseen_later = said(first, row("training", 0, "2026-11-21", "王五"))
    assert (found := standing(unseen_later["training"]))
    assert found.who == "王五"
    corrected = said(first, row("training", 1, "2026-11-12"))
    assert (found := standing(corrected["training"]))
    assert found.done_on == date(2026, 11, 12)
    back = said(corrected, row("training", 2, "2026-11-20"))
    assert (found := standing(back["training"]))
    assert (found.done_on, found.version) == (date(2026, 11, 20), 3)


def test_two_who_did_not_know_of_each_other_are_both_kept_until_somebody_writes_again():
    known = said({}, row("training", 0, "2026-11-20", "李四", "签到表"))
    attested = attest(
        known, [row("training", 0, "2026-11-20", "王五", "照片")], load_programme(), Terms(AS_OF)
    )
    assert attested.disputed == 1
    known = said(known, row("training", 0, "2026-11-20", "王五", "照片"))
    [(first, second)] = disputes(known["training"])
    assert (first.who, second.who) == ("李四", "王五")
    settled = said(known, row("training", 2, "2026-11-20", "王五", "照片"))
    assert disputes(settled["training"]) == []
    assert (held := standing(settled["training"]))
    assert held.who == "王五"


ROWS = st.builds(
    row,
    st.sampled_from(["training", "process"]),
    st.integers(0, 3),
    st.sampled_from(["", "2026-11-01", "2026-11-20", "2026-11-21"]),
    st.sampled_from(["", "李四", "王五"]),
    st.sampled_from(["", "签到表"]),
)


@given(st.lists(ROWS, max_size=8))
def test_reading_twice_adds_nothing_and_nothing_is_lost(rows: list[Returned]):
    known: dict[str, list[Statement]] = {}
    for one in rows:
        found = attest(known, [one], load_programme(), Terms(AS_OF))
        after = said(known, one)
        again = attest(after, [one], load_programme(), Terms(AS_OF))
        assert again.statements == ()
        assert again.refusals == found.refusals
        words = (one.values["done_on"], one.values["done_by"], one.values["proof"])
        kept = {(str(each.done_on), each.who, each.evidence) for each in after.get(one.finding_id, ())}
        assert words in kept or found.refusals or not any(words)
        for item, statements in known.items():
            assert after[item][: len(statements)] == statements, "a statement is never changed"
        known = after


@pytest.mark.parametrize(
    ("returned", "key"),
    [
        (row("training", 0, "2026-11-22"), "in_the_future"),
        (row("training", 0, "2026-11-31"), "not_a_date"),
        (row("training", 0, "去年"), "not_a_date"),
        (row("training", 0, ""), "attestation_incomplete"),
        (row("training", 0, "2026-11-20", who=""), "attestation_incomplete"),
        (row("training", 0, "2026-11-20", proof="长" * 2_001), "too_long"),
        (row("training", 3, "2026-11-20"), "unknown_version"),
        (row("fire_drill", 0, "2026-11-20"), "unknown_item"),
        (row("self_audit", 0, "2026-11-20"), "sign_the_cycle"),
    ],
)
def test_what_is_refused_and_why(returned: Returned, key: str):
    found = attest({}, [returned], load_programme(), Terms(AS_OF))
    assert [one.key for one in found.refusals] == [key]
    assert found.statements == ()
    for language in ("zh", "en"):
        assert load_words(language)(f"refused.{key}", **found.refusals[0].facts)


def test_what_was_done_before_the_copy_was_saved_may_be_later_than_the_last_night():
    saved = row("training", 0, "2026-11-23", said_at="2026-11-23T01:00:00Z")
    assert said({}, saved)["training"]
    clock_astray = row("training", 0, "2031-11-23", said_at="2031-11-24T01:00:00Z")
    assert said({}, clock_astray) == {}


# --- the sheet that makes the round trip


@pytest.fixture(scope="module")
def one_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An estate that was audited once."""
    made = Estate(tmp_path_factory.mktemp("programme"))
    made.write("devices", [DEVICE])
    made.write("merchants", [MERCHANT])
    made.write("registrations", [REGISTRATION])
    made.write("models", [MODEL])
    made.sections["audit.programme.emergency_plan"] = "last_done = 2025-01-01"
    made.run()
    return made.folder


@pytest.fixture
def night(one_night: Path, tmp_path: Path) -> Estate:
    """The same, for one test to go on with."""
    folder = tmp_path / "estate"
    shutil.copytree(one_night, folder)
    sections = {f"inputs.{feed}": f'files = ["{feed}_20261121.csv"]\nmax_age_days = 5' for feed in (
        "devices", "merchants", "registrations", "models"
    )}  # fmt: skip
    return Estate(folder, {}, sections | {"audit.programme.emergency_plan": "last_done = 2025-01-01"})


def checklist(estate: Estate, on: date = AS_OF) -> Worksheet:
    return openpyxl.load_workbook(estate.folder / "reports" / on.isoformat() / "report.xlsx")[SHEET]


def rows_of(sheet: Worksheet) -> dict[str, dict[str, Any]]:
    """The rows of the sheet by item, by header, with the row's number under ""."""
    [head] = [cells for cells in sheet.iter_rows() if cells[0].value == "依据"]
    labels = {cell.value: cell.column for cell in head}
    found = {}
    for place in range(head[0].row + 1, sheet.max_row + 1):
        if key := sheet.cell(place, labels["自查项目编号"]).value:
            found[key] = {label: sheet.cell(place, column).value for label, column in labels.items()} | {
                "": place
            }
    return found


def filled(
    estate: Estate,
    name: str,
    answers: Mapping[str, Mapping[str, Any]],
    change: Callable[[Worksheet], None] | None = None,
) -> Path:
    """A copy with some rows filled in by a person."""
    path = estate.folder / "reports" / AS_OF.isoformat() / "report.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book[SHEET]
    rows = rows_of(sheet)
    labels = {cell.value: cell.column for cell in sheet[min(one[""] for one in rows.values()) - 1]}
    for item, values in answers.items():
        for label, value in values.items():
            sheet.cell(rows[item][""], labels[label]).value = value
    if change:
        change(sheet)
    book.properties.lastModifiedBy = "张三"
    folder = estate.folder / "feedback"
    folder.mkdir(exist_ok=True)
    book.save(folder / name)
    return folder / name


DONE = {"emergency_plan": {"完成日期": date(2026, 11, 20), "完成人": "李四", "佐证材料": "应急预案 V3"}}


def test_the_sheet_shows_every_item_and_guides_what_is_typed(night: Estate):
    sheet = checklist(night)
    rows = rows_of(sheet)
    assert list(rows) == list(load_programme())
    assert rows["emergency_plan"]["状态"] == "已到期"
    assert rows["emergency_plan"]["最近完成"].date() == date(2025, 1, 1)
    assert "应报备 1 项，已报备 1 项（100.0%）" in rows["procedure"]["系统结果"]
    assert rows["training"]["系统结果"] == "培训有效：没有可用数据"
    hidden = {name for name, column in sheet.column_dimensions.items() if column.hidden}
    assert hidden == {"P", "Q", "R", "S"}, "item, version, seal, grey check"
    [check] = sheet.data_validations.dataValidation
    assert (check.type, check.showErrorMessage) == ("date", True)
    assert {rows["emergency_plan"][""], rows["process"][""]} <= {
        place for area in check.sqref.ranges for place in range(area.min_row, area.max_row + 1)
    }


def test_what_was_attested_is_there_the_next_night_and_settles_the_finding(night: Estate):
    assert [one["state"] for one in night.findings() if one["rule"] == "RES-02"] == ["new"]
    filled(night, "自查.xlsx", DONE)
    night.run(NEXT)
    [row] = [
        one for one in rows_of(checklist(night, NEXT)).values() if one["自查项目编号"] == "emergency_plan"
    ]
    assert (row["最近完成"].date(), row["登记人"], row["佐证"]) == (date(2026, 11, 20), "李四", "应急预案 V3")
    assert (row["下次到期"].date(), row["状态"], row["行版本"]) == (date(2027, 11, 20), None, 1)
    assert row["完成日期"] is None, "the next time is filled in anew"
    assert [one["state"] for one in night.findings(NEXT) if one["rule"] == "RES-02"] == ["fixed"]


def saved_at(path: Path, moment: str) -> None:
    """Have the copy say when it was saved, in universal time."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    core = parts["docProps/core.xml"].decode()
    parts["docProps/core.xml"] = re.sub(r"(<dcterms:modified[^>]*>)[^<]*", rf"\g<1>{moment}", core).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)


@pytest.mark.parametrize(
    ("saved", "done_on", "known"),
    [
        pytest.param("2026-11-24T02:00:00Z", date(2026, 11, 20), False, id="filled in later"),
        pytest.param("2026-11-22T02:00:00Z", date(2026, 11, 23), False, id="of a later day"),
        pytest.param("2026-11-22T02:00:00Z", date(2026, 11, 20), True, id="the clock ran ahead"),
    ],
)
def test_a_night_told_anew_hears_of_no_copy_that_was_filled_in_after_it(
    night: Estate, saved: str, done_on: date, known: bool
):
    def state(on: date) -> list[str]:
        return [one["state"] for one in night.findings(on) if one["rule"] == "RES-02"]

    later = date(2026, 11, 24)
    night.run(NEXT)
    answers = DONE["emergency_plan"] | {"完成日期": done_on}
    saved_at(filled(night, "自查.xlsx", {"emergency_plan": answers}), saved)
    night.run(later)
    assert state(later) == ["fixed"]
    night.run(NEXT, rebuild="补发的文件")
    assert state(NEXT) == (["fixed"] if known else ["open"]), "the copy still lies in the folder"
    night.run(later)
    assert state(later) == ([] if known else ["fixed"])


@pytest.mark.libreoffice
def test_a_copy_saved_by_libreoffice_as_ods_comes_back_right(night: Estate):
    told = night.hand_back(saved_by_libreoffice(filled(night, "自查.xlsx", DONE), "ods"))
    assert not told.lines[0].problem
    assert (told.lines[0].changes, told.lines[0].refused) == (1, ())


def test_programs_are_told_of_the_programme(night: Estate):
    told = json.loads((night.folder / "reports" / AS_OF.isoformat() / "summary.json").read_text("utf-8"))
    [plan] = [one for one in told["programme"]["items"] if one["item"] == "emergency_plan"]
    assert (plan["proof"], plan["last_done"], plan["overdue"]) == ("attested", "2025-01-01", True)
    assert told["programme"]["figures"]["coverage"] == {"part": 1, "whole": 1, "amount": None}


def test_a_dry_run_writes_nothing_and_reading_twice_changes_nothing(night: Estate):
    path = filled(night, "自查.xlsx", DONE)
    assert night.hand_back(path, dry_run=True).lines[0].changes == 1
    first = night.hand_back(path)
    assert (first.lines[0].changes, first.failed) == (1, False)
    assert night.hand_back(path) == first
    other = filled(night, "另存.xlsx", DONE)
    assert night.hand_back(other).lines[0].changes == 0, "the same words from another copy"
    disputed = {"emergency_plan": DONE["emergency_plan"] | {"完成人": "赵六"}}
    told = night.hand_back(filled(night, "乙.xlsx", disputed))
    [conflict] = told.conflicts
    assert conflict.finding_id == load_programme()["emergency_plan"]["zh"]
    assert ("李四" in conflict.ledger_text, "赵六" in conflict.copy_text) == (True, True)


def test_cells_that_cannot_be_taken_are_named(night: Estate):
    def tamper(sheet: Worksheet) -> None:
        rows = rows_of(sheet)
        sheet.cell(rows["cooperation"][""], 16).value = "risk_analysis"
        sheet.cell(rows["policy_watch"][""], 17).value = 7

    answers: dict[str, dict[str, Any]] = {
        "training": {"完成日期": "=TODAY()", "完成人": "李四"},
        "process": {"完成日期": date(2027, 5, 1), "完成人": "李四"},
        "cooperation": {"完成日期": date(2026, 11, 1), "完成人": "李四"},
        "policy_watch": {"完成日期": date(2026, 11, 1), "完成人": "李四"},
        "registration_system": {"完成人": "李四"},
        "self_audit": {"完成日期": date(2026, 11, 1), "完成人": "李四"},
    }
    rows = rows_of(checklist(night))
    told = night.hand_back(filled(night, "坏.xlsx", answers, tamper))
    [line] = told.lines
    assert line.changes == 0
    reasons: dict[str, str] = {}
    for one in line.refused:
        reasons[one.cell] = reasons.get(one.cell, "") + one.reason
    for cell, words in {
        f"M{rows['training']['']}": "公式",
        f"M{rows['process']['']}": "是将来的日期",
        f"P{rows['cooperation']['']}": "校验不符",
        f"P{rows['policy_watch']['']}": "校验不符",
        f"M{rows['registration_system']['']}": "还缺：完成日期",
        f"M{rows['self_audit']['']}": "签认",
    }.items():
        assert words in reasons.pop(f"{SHEET}!{cell}")
    assert reasons == {}


@pytest.mark.parametrize("kind", ["", pytest.param("ods", marks=pytest.mark.libreoffice)])
def test_what_is_written_into_grey_cells_is_told_with_where_it_belongs(night: Estate, kind: str):
    grey = {"emergency_plan": {"佐证": "应急预案 V3"}, "network": {"系统结果": "已换卡 13812345678"}}
    answers = {item: DONE.get(item, {}) | grey.get(item, {}) for item in (*DONE, *grey)}
    path = filled(night, "自查.xlsx", answers)
    line = night.hand_back(saved_by_libreoffice(path, kind) if kind else path).lines[0]
    assert line.changes == 1, "the white cells of the row are taken"
    assert {one.column: one.text for one in line.refused} == {
        "佐证": "应急预案 V3",
        "系统结果": "已换卡 138****5678",
    }
    assert all("未采纳" in one.reason and "“佐证材料”" in one.reason for one in line.refused)


def test_rows_whose_columns_were_sorted_apart_are_refused(night: Estate):
    def sort(sheet: Worksheet) -> None:
        places = [one[""] for one in rows_of(sheet).values()]
        turned = [[sheet.cell(row, column).value for column in range(1, 16)] for row in reversed(places)]
        for row, values in zip(places, turned, strict=True):
            for column, value in enumerate(values, 1):
                sheet.cell(row, column).value = value

    line = night.hand_back(filled(night, "自查.xlsx", DONE, sort)).lines[0]
    assert line.changes == 0, "it would stand with another item"
    [one] = [one for one in line.refused if "李四" in one.text]
    assert "对不上" in one.reason


def test_an_item_the_programme_does_not_have_is_no_setting(night: Estate):
    night.sections["audit.programme.fire_drill"] = "last_done = 2026-01-01"
    with pytest.raises(ConfigError, match="fire_drill"):
        load_settings(night.configure())


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_inspections_by_risk_level_and_the_way_to_registration(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    device = DEVICE | {"merchant_no": "898100000000002"}
    installed = {"SN000006": "", "SN000007": "2026-10-01", "SN000008": "2026-11-10"}
    estate.write(
        "devices",
        [
            DEVICE | {"serial_no": "SN000001"},
            DEVICE | {"serial_no": "SN000002"},
            DEVICE | {"serial_no": "SN000003"},
            device | {"serial_no": "SN000004"},
            device | {"serial_no": "SN000005"},
            *(device | {"serial_no": serial, "install_date": on} for serial, on in installed.items()),
        ],
    )
    estate.write(
        "merchants",
        [
            MERCHANT | {"risk_level": "高"},
            MERCHANT | {"merchant_no": "898100000000002", "merchant_name": "乙店", "risk_level": ""},
        ],
    )
    decided = {"SN000007": "2026-10-04", "SN000008": "2026-11-11"}
    estate.write(
        "registrations",
        [
            REGISTRATION | {"serial": serial, "decided_at": on, "merchant_no": "898100000000002"}
            for serial, on in decided.items()
        ]
        + [REGISTRATION | {"serial": "SN000001", "status": "报备中", "decided_at": "2026-11-12"}],
    )
    visits = {
        "SN000001": "2026-09-23",
        "SN000002": "2026-09-22",  # its 90 days end on the 30th day from now
        "SN000003": "2026-08-01",
        "SN000004": "2025-10-01",
    }
    estate.write(
        "inspections",
        [{"serial_no": serial, "inspect_date": on, "result": "合格"} for serial, on in visits.items()],
    )
    folder = estate.run().folder
    told = json.loads((folder / "summary.json").read_text("utf-8"))["programme"]
    counts = {one.pop("level"): one for one in told["inspections"]}
    assert counts == {
        "high": {"devices": 3, "in_cycle": 2, "soon": 1, "overdue": 1, "never": 0, "unknown": 0},
        "low": {"devices": 5, "in_cycle": 2, "soon": 0, "overdue": 2, "never": 1, "unknown": 1},
    }
    overdue = {row["serial_no"] for row in estate.findings() if row["rule"] == "AUD-01"}
    assert overdue == {"SN000003", "SN000004", "SN000005"}, "the rule says the same"
    assert told["figures"]["inspected"] == {"part": 4, "whole": 7, "amount": None}
    assert told["figures"]["lead_time"] == {"part": 0, "whole": 2, "amount": 1}
    sheet = openpyxl.load_workbook(folder / "report.xlsx")[SHEET]
    rows = [[cell.value for cell in row[1:8]] for row in sheet.iter_rows(min_row=sheet.max_row - 1)]
    assert rows == [["高", 3, 2, 1, 1, 0, 0], ["低 / 未评级", 5, 2, 0, 2, 1, 1]]
