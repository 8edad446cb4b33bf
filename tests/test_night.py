"""Whole nights, through the front door: what a user sees after one, two, a repeated and a broken one."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import narwhals.stable.v2 as nw
import openpyxl
import pytest
from conftest import AS_OF, DEVICE, MERCHANT, MODEL, REGISTRATION, Estate

from audit.config import load_settings
from audit.dossier import dossier_of
from audit.errors import ExitCode, Locked, NightRefused, NoUsableInput
from audit.files import write_private
from audit.lock import only_run
from audit.rules import RULES
from audit.words import load_words

NEXT = AS_OF + timedelta(days=1)
FILES = {"report.xlsx", "report.html", "findings.csv", "findings.parquet", "summary.json"}


def summary(estate: Estate, as_of: date = AS_OF) -> dict:
    return json.loads((estate.folder / "reports" / as_of.isoformat() / "summary.json").read_text("utf-8"))


def registered(*serials: str, **other: str) -> list[dict]:
    return [REGISTRATION | {"serial": serial} | other for serial in serials]


def test_a_spotless_estate_is_compliant(estate: Estate):
    result = estate.run()
    assert result.code is ExitCode.DONE
    assert {path.name for path in result.folder.iterdir()} == FILES
    assert estate.findings() == []
    told = summary(estate)
    assert told["devices"]["verdicts"]["compliant"] == 3
    assert told["exit_code"] == 0
    assert set(told["measured"]["seconds"]) == {"read", "check", "ledger", "report"}
    assert 0 < told["measured"]["peak_bytes_reader"] < 1 << 30
    assert [rule["rule"] for rule in told["rules"] if rule["status"] == "not_evaluated"] == []


def test_the_next_night_says_what_was_mended_and_what_is_new(estate: Estate):
    estate.write("registrations", registered("SN000001"))
    estate.run()
    assert estate.flagged() == [("REG-01", "SN000002", "new"), ("REG-01", "SN000003", "new")]
    estate.write("registrations", registered("SN000001", "SN000002"))
    estate.write(
        "devices",
        [DEVICE | {"serial_no": "SN000001", "cert_expiry": "2026-11-21"}]
        + [DEVICE | {"serial_no": f"SN00000{n}"} for n in (2, 3)],
    )
    estate.run(NEXT)
    assert estate.flagged(NEXT) == [
        ("DEV-06", "SN000001", "new"),
        ("REG-01", "SN000002", "fixed"),
        ("REG-01", "SN000003", "open"),
    ]
    still = next(row for row in estate.findings(NEXT) if row["state"] == "open")
    assert (still["first_seen"], still["last_seen"]) == (AS_OF, NEXT)
    assert still["due_on"] == date(2026, 11, 23), "one working day after a Saturday"
    page = (estate.folder / "reports" / NEXT.isoformat() / "report.html").read_text("utf-8")
    assert AS_OF.isoformat() in page


def test_what_was_mended_and_comes_back_is_reopened(estate: Estate):
    nights = [AS_OF + timedelta(days=n) for n in range(3)]
    two, three = registered("SN000001", "SN000002"), registered("SN000001", "SN000002", "SN000003")
    for night, rows in zip(nights, (two, three, two), strict=True):
        estate.write("registrations", rows)
        estate.run(night)
    assert estate.flagged(nights[2]) == [("REG-01", "SN000003", "reopened")]
    assert estate.findings(nights[2])[0]["first_seen"] == nights[0]
    folder = estate.folder / "reports" / nights[2].isoformat()
    assert "<dt>新增（含复发 1）</dt><dd>1</dd>" in (folder / "report.html").read_text("utf-8")
    overview = openpyxl.load_workbook(folder / "report.xlsx").worksheets[0]
    assert "新增（含复发 1）" in [cell.value for row in overview.iter_rows() for cell in row]


def test_a_device_that_vanishes_is_not_called_mended(estate: Estate):
    estate.write("registrations", registered("SN000001", "SN000002"))
    estate.run()
    estate.write("devices", [DEVICE | {"serial_no": f"SN00000{n}"} for n in (1, 2)])
    estate.write("registrations", registered("SN000001", "SN000002"))
    estate.run(NEXT)
    assert estate.flagged(NEXT) == [("REG-01", "SN000003", "absent")]


def test_a_night_without_the_list_closes_nothing(estate: Estate):
    estate.write("registrations", registered("SN000001", "SN000002"))
    estate.run()
    (estate.folder / "registrations_20261121.csv").unlink()
    result = estate.run(NEXT)
    assert result.code is ExitCode.INCOMPLETE
    assert ("REG-01", "SN000003", "unchecked") in estate.flagged(NEXT)
    assert not [row for row in estate.flagged(NEXT) if row[2] == "fixed"]
    assert "REG-01" in summary(estate, NEXT)["not_evaluated"]


def test_stale_data_closes_nothing_either(estate: Estate):
    estate.write("registrations", registered("SN000001", "SN000002"))
    estate.run()
    estate.write("registrations", registered("SN000001", "SN000002", "SN000003"))
    late = AS_OF + timedelta(days=6)
    result = estate.run(late)
    assert result.code is ExitCode.INCOMPLETE
    assert ("REG-01", "SN000003", "unchecked") in estate.flagged(late)
    assert {row["rule"] for row in estate.findings(late)} == {"REG-01", "SRC-01", "AUD-06"}


@pytest.mark.parametrize(
    ("rule", "feed"),
    [("ELE-01", "registrations"), ("DEV-05", "models"), ("AUD-01", "merchants"), ("POL-02", "merchants")],
)
def test_a_list_that_tells_but_a_part_closes_nothing_by_staying_away(estate: Estate, rule: str, feed: str):
    twice = registered("SN000001", "SN000002", "SN000003") + registered("SN000001", merchant_no="M2")
    estate.write("registrations", twice)
    estate.write("models", [MODEL | {"version_pattern": "VN.N"}])
    estate.write("merchants", [MERCHANT | {"风险等级": "高", "mcc": "5411"}])
    inspected = {"merchant_no": DEVICE["merchant_no"], "inspect_date": "2026-07-01", "result": "合格"}
    estate.write("inspections", [inspected])
    asked = {"policy_id": "P1", "mcc": "5411", "requirement": "字段取值", "field": "model", "value": "X2"}
    estate.write("policies", [asked | {"effective_on": "2026-01-01"}])
    estate.run()
    found = [one for one in estate.flagged() if one[0] == rule]
    assert found
    (estate.folder / f"{feed}_20261121.csv").unlink()
    estate.run(NEXT)
    left = [one for one in estate.flagged(NEXT) if one[0] == rule]
    assert [one[2] for one in left] == ["unchecked"] * len(found)


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_second_merchant_whose_status_cannot_be_read_is_not_called_gone(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    estate.write("devices", [DEVICE | {"serial_no": "SN000001"}])
    other = {"merchant_no": "888000000000002"}
    estate.write("registrations", [*registered("SN000001"), *(one | other for one in registered("SN000001"))])
    estate.run()
    assert ("ELE-01", "SN000001", "new") in estate.flagged()
    unread = (one | other for one in registered("SN000001", status="??"))
    estate.write("registrations", [*registered("SN000001"), *unread])
    estate.run(NEXT)
    assert ("ELE-01", "SN000001", "unchecked") in estate.flagged(NEXT)


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_registration_whose_status_cannot_be_read_is_not_called_cancelled(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    retired = [DEVICE | {"serial_no": "SN000001", "terminal_status": "retired"}]
    estate.write("devices", retired)
    estate.write("registrations", registered("SN000001"))
    estate.run()
    assert ("LIF-01", "SN000001", "new") in estate.flagged()
    estate.write("registrations", registered("SN000001", status="??"))
    estate.run(NEXT)
    assert ("LIF-01", "SN000001", "unchecked") in estate.flagged(NEXT)


def columns_of_old(estate: Estate) -> dict[str, list[dict[str, str]]]:
    """Lists with a fault that each of some columns shows, which its rule can do without."""
    inspected = {"merchant_no": DEVICE["merchant_no"], "inspect_date": "2026-07-01", "result": "合格"}
    asked = {"policy_id": "P1", "mcc": "5411", "requirement": "字段取值", "field": "model", "value": "X2"}
    shown = {"production_date": "2016-01-01", "last_error": "终端未登记", "county": "#REF!"}
    lists = {
        "devices": [DEVICE | {"serial_no": f"SN{number:06}"} | shown for number in range(1, 4)],
        "models": [
            MODEL | {"vendor": vendor, "version_pattern": "VN.N", "eol_on": eol_on}
            for vendor, eol_on in ((DEVICE["vendor"], "2020-01-01"), ("蓝湾", "2030-01-01"))
        ],
        "merchants": [MERCHANT | {"risk_level": "高", "mcc": "5411"}],
        "inspections": [inspected],
        "policies": [asked | {"effective_on": "2026-01-01"}],
        "error_texts": [{"text": "终端未登记", "cause": "1.3"}],
    }
    for feed, rows in lists.items():
        estate.write(feed, rows)
    return lists


@pytest.mark.parametrize(
    ("rule", "feed", "column"),
    [
        ("DEV-05", "models", "version_pattern"),
        ("DEV-03", "devices", "vendor"),
        ("DEV-08", "devices", "production_date"),
        ("SYS-02", "devices", "last_error"),
        ("AUD-01", "merchants", "risk_level"),
        ("POL-02", "merchants", "mcc"),
        ("DQ-02", "devices", "county"),
    ],
)
def test_a_column_that_tells_but_a_part_closes_nothing_by_staying_away(
    estate: Estate, rule: str, feed: str, column: str
):
    lists = columns_of_old(estate)
    estate.run()
    found = [one for one in estate.flagged() if one[0] == rule]
    assert found
    estate.write(feed, [{name: one[name] for name in one if name != column} for one in lists[feed]])
    for days in (1, 2):  # the night before has lost it too
        estate.run(AS_OF + timedelta(days=days))
        left = [one for one in estate.flagged(AS_OF + timedelta(days=days)) if one[0] == rule]
        assert [one[2] for one in left] == ["unchecked"] * len(found)
    mended = {"production_date": "2025-01-01", "version_pattern": "N.N.N", "risk_level": "低", "mcc": "5812"}
    mended |= {"vendor": "蓝湾", "last_error": "", "county": ""}
    estate.write(feed, [one | {column: mended[column]} for one in lists[feed]])
    estate.run(AS_OF + timedelta(days=3))
    left = [one for one in estate.flagged(AS_OF + timedelta(days=3)) if one[0] == rule]
    assert {one[2] for one in left} <= {"fixed", "absent"}


def test_a_column_that_one_of_several_lists_lost_is_told_once_and_no_fault_of_its_devices(estate: Estate):
    estate.write("devices", [DEVICE])
    theirs = DEVICE | {"serial_no": "LW000001"}
    estate.write("devices", [theirs], "others.csv")
    estate.write("registrations", registered("SN000001", "LW000001"))
    estate.sections["inputs.devices"] = 'files = ["devices_20261121.csv", "others.csv"]\nmax_age_days = 5'
    estate.run()
    estate.write(
        "devices", [{"版本串" if name == "firmware" else name: theirs[name] for name in theirs}], "others.csv"
    )
    for days in (1, 2):
        night = AS_OF + timedelta(days=days)
        result = estate.run(night)
        assert result.code is ExitCode.INCOMPLETE
        assert [one[:2] for one in estate.flagged(night)] == [("SRC-04", "others.csv")]
        unknown = {one["rule"]: one["unknown"] for one in result.summary["rules"]}
        assert (unknown["DEV-04"], unknown["DEV-05"]) == (1, 1)
    estate.write("devices", [theirs], "others.csv")
    assert estate.run(AS_OF + timedelta(days=3)).code is ExitCode.DONE


def test_devices_without_the_tusn_they_had_are_judged_by_their_serials(estate: Estate):
    rows = [DEVICE | {"tusn": "00002101SN000001"}, DEVICE | {"tusn": "00002101SN000001", "merchant_no": "M2"}]
    estate.write("devices", rows)
    estate.write("merchants", [MERCHANT, MERCHANT | {"merchant_no": "M2"}])
    estate.run()
    estate.write("devices", [{name: row[name] for name in row if name != "tusn"} for row in rows])
    assert estate.run(NEXT).code is ExitCode.INCOMPLETE
    found = {
        (rule, state) for rule, _, state in estate.flagged(NEXT) if rule in ("ELE-01", "DUP-01", "SRC-04")
    }
    assert found == {("ELE-01", "open"), ("DUP-01", "open"), ("SRC-04", "new")}


def test_lists_that_number_merchants_differently_are_told_and_no_fault_of_every_device(estate: Estate):
    serials = [f"SN{place:06}" for place in range(10)]
    merchant, terminal = {"merchant_no": "0000829005"}, {"terminal_id": "00000123"}
    estate.write("devices", [DEVICE | {"serial_no": one} | merchant | terminal for one in serials])
    estate.write("registrations", registered(*serials, merchant_no="1600000001"))
    result = estate.run()
    assert result.code is ExitCode.INCOMPLETE
    assert not [one for one in estate.flagged() if one[0] in ("LIF-05", "ELE-03")]
    reasons = {one["rule"]: one["reason"] for one in result.summary["rules"]}
    assert "商户清单与设备台账没有一个商户编号相同" in reasons["LIF-05"]
    assert "报备清单与设备台账没有一个商户编号相同" in reasons["ELE-03"]
    known = registered(serials[0], **merchant, **terminal)
    estate.write("registrations", registered(*serials[1:], merchant_no="1600000001", **terminal) + known)
    estate.run(NEXT)
    assert len([one for one in estate.flagged(NEXT) if one[0] == "ELE-03"]) == 9
    estate.write("registrations", registered(*serials, **merchant, terminal_id="123"))
    reasons = {one["rule"]: one["reason"] for one in estate.run(AS_OF + timedelta(days=2)).summary["rules"]}
    assert "报备清单与设备台账没有一个终端号相同" in reasons["ELE-09"]


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_versions_of_one_number_are_told_apart_by_the_day_they_were_built(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    versions = ["V1.2.3_20230101", "V1.2.3_20240101", "V1.2.3", "1.2.3.1", "1.2.4-20200101", "V1.2_20250101"]
    devices = [DEVICE | {"serial_no": f"SN{one}", "firmware": one} for one in versions]
    estate.write("devices", devices)
    estate.write("models", [MODEL | {"min_firmware": "V1.2.3_20240101"}])
    summary = estate.run().summary
    found = {one["actual"] for one in estate.findings() if one["rule"] == "DEV-04"}
    assert {text.split(" ")[1] for text in found} == {"V1.2.3_20230101", "V1.2_20250101"}
    assert {one["rule"]: one["unknown"] for one in summary["rules"]}["DEV-04"] == 1


def test_a_column_that_another_vendor_leaves_out_keeps_nothing_open(estate: Estate):
    old = {"production_date": "2016-01-01"}
    estate.write("devices", [DEVICE | old])
    estate.write("devices", [DEVICE | old | {"serial_no": "LW000001"}], "others.csv")
    estate.sections["inputs.devices"] = 'files = ["devices_20261121.csv", "others.csv"]\nmax_age_days = 5'
    estate.run()
    estate.write("devices", [DEVICE | {"production_date": "2024-01-01"}])
    estate.write("devices", [DEVICE | {"serial_no": "LW000001"}], "others.csv")
    estate.run(NEXT)
    assert [one for one in estate.flagged(NEXT) if one[0] == "DEV-08"] == [
        ("DEV-08", "LW000001", "unchecked"),
        ("DEV-08", "SN000001", "fixed"),
    ]


@pytest.mark.parametrize(
    ("rule", "feed", "column"),
    [
        ("DEV-05", "models", "version_pattern"),
        ("DEV-03", "devices", "vendor"),
        ("DEV-08", "devices", "production_date"),
        ("AUD-01", "merchants", "risk_level"),
        ("POL-02", "merchants", "mcc"),
    ],
)
def test_a_column_that_is_blank_throughout_closes_nothing(estate: Estate, rule: str, feed: str, column: str):
    lists = columns_of_old(estate)
    estate.run()
    found = [one for one in estate.flagged() if one[0] == rule]
    assert found
    estate.write(feed, [one | {column: ""} for one in lists[feed]])
    for days in (1, 2):  # the night before was blank too
        estate.run(AS_OF + timedelta(days=days))
        left = [one for one in estate.flagged(AS_OF + timedelta(days=days)) if one[0] == rule]
        assert [one[2] for one in left] == ["unchecked"] * len(found)
    mended = {"production_date": "2025-01-01", "version_pattern": "N.N.N", "risk_level": "低", "mcc": "5812"}
    estate.write(feed, [one | {column: mended.get(column, "蓝湾")} for one in lists[feed]])
    estate.run(AS_OF + timedelta(days=3))
    left = [one for one in estate.flagged(AS_OF + timedelta(days=3)) if one[0] == rule]
    assert {one[2] for one in left} <= {"fixed", "absent"}


def test_two_lines_that_nothing_tells_apart_any_more_are_not_called_mended(estate: Estate):
    twins = [
        DEVICE | {"serial_no": "", "terminal_id": "00000001", "firmware": one} for one in ("3.2.0", "3.3.0")
    ]
    others = [DEVICE | {"serial_no": f"SN{number:06}", "terminal_id": f"{number:08}"} for number in (2, 3)]
    estate.write("devices", [*twins, *others])
    estate.run()
    assert "DUP-02" in {one[0] for one in estate.flagged()}
    estate.write("devices", [one | {"firmware": ""} for one in (*twins, *others)])
    estate.run(NEXT)
    assert {one[2] for one in estate.flagged(NEXT) if one[0] == "DUP-02"} == {"unchecked"}


def test_errors_that_are_gone_from_the_ledger_are_mended(estate: Estate):
    lists = columns_of_old(estate)
    estate.run()
    estate.write("devices", [one | {"last_error": ""} for one in lists["devices"]])
    estate.run(NEXT)
    assert {one[2] for one in estate.flagged(NEXT) if one[0] == "SYS-02"} == {"fixed"}


@pytest.mark.parametrize(("filled", "state"), [(2, "unchecked"), (1, "fixed"), (0, "fixed")])
def test_a_column_in_which_hardly_a_row_said_anything_keeps_nothing_open(
    estate: Estate, filled: int, state: str
):
    serials = [f"SN{number:06}" for number in range(1, 41)]
    estate.write("registrations", registered(*serials[1:]))
    rows = [DEVICE | {"serial_no": serial} for serial in serials]
    nobody = [one | {"tusn": "" if number < 40 - filled else f"T{number}"} for number, one in enumerate(rows)]
    estate.write("devices", nobody)
    estate.run()
    assert ("REG-01", "SN000001", "new") in estate.flagged()
    estate.write("devices", [one | {"tusn": ""} for one in rows])
    estate.write("registrations", registered(*serials))
    estate.run(NEXT)
    assert ("REG-01", "SN000001", state) in estate.flagged(NEXT)


@pytest.mark.parametrize(
    ("column", "name"), [("status", "报备状态"), ("merchant_no", "商户编号"), ("channel", "渠道")]
)
def test_a_list_without_a_word_in_a_column_it_needs_is_told(estate: Estate, column: str, name: str):
    estate.write("registrations", [REGISTRATION | {column: ""}])
    result = estate.run()
    assert result.code is ExitCode.INCOMPLETE
    assert f"报备清单（registrations_20261121.csv）中必需的列整列为空：{name}" in result.reason


def test_any_channel_need_not_be_named(estate: Estate):
    estate.settings["required_channels"] = '["any"]'
    estate.write("registrations", [REGISTRATION | {"channel": ""}])
    assert estate.run().code is ExitCode.DONE


def test_a_list_of_stock_names_no_merchants(estate: Estate):
    stock = DEVICE | {"serial_no": "LW000001", "merchant_no": "", "status": "库存"}
    estate.write("devices", [stock], "stock.csv")
    estate.sections["inputs.devices"] = 'files = ["devices_20261121.csv", "stock.csv"]\nmax_age_days = 5'
    assert estate.run().code is ExitCode.DONE


@pytest.mark.parametrize("cell", ["#REF!", "去年"])
def test_a_cell_that_cannot_be_read_any_more_closes_nothing(estate: Estate, cell: str):
    estate.write("devices", [DEVICE | {"production_date": "2016-01-01"}])
    estate.run()
    estate.write("devices", [DEVICE | {"production_date": cell}])
    estate.run(NEXT)
    assert [one for one in estate.flagged(NEXT) if one[0] == "DEV-08"] == [
        ("DEV-08", "SN000001", "unchecked")
    ]


@pytest.mark.parametrize("status", ["", "******"])
def test_a_registration_whose_state_nobody_can_read_is_not_called_mended(estate: Estate, status: str):
    told = {"serial": "SN000001", "merchant_no": "898100000000002"}
    waits = {"serial": "SN000002", "status": "待审核", "submitted_at": "2026-10-01", "decided_at": ""}
    early = {"serial": "SN000003", "submitted_at": "2025-03-01", "decided_at": "2025-03-02"}
    rows = [REGISTRATION | told, REGISTRATION | waits, REGISTRATION | early]
    estate.write("registrations", rows)
    estate.run()
    rules = {"ELE-03": "SN000001", "REG-03": "SN000002", "REG-05": "SN000003"}
    assert rules.items() <= {one[0]: one[1] for one in estate.flagged() if one[1] in rules.values()}.items()
    estate.write("registrations", [one | {"status": status} for one in rows])
    estate.run(NEXT)
    assert {one[0]: one[2] for one in estate.flagged(NEXT) if one[0] in rules} == dict.fromkeys(
        rules, "unchecked"
    )


def test_a_list_whose_channels_nobody_can_read_is_told(estate: Estate):
    estate.write("registrations", [REGISTRATION | {"channel": "***"}])
    result = estate.run()
    assert result.code is ExitCode.INCOMPLETE
    assert "渠道" in result.reason
    estate.write("registrations", [REGISTRATION, REGISTRATION | {"channel": "某某付", "serial": "SN000002"}])
    assert estate.run(NEXT).code is ExitCode.DONE


def test_a_model_that_the_table_lost_is_not_called_mended(estate: Estate):
    estate.write("models", [MODEL | {"eol_on": "2020-01-01"}, MODEL | {"model": "X2"}])
    estate.run()
    estate.write("models", [MODEL | {"model": "X3"}, MODEL | {"model": "X2"}])
    estate.run(NEXT)
    assert {one[2] for one in estate.flagged(NEXT) if one[0] == "DEV-03"} == {"unchecked"}


def test_one_line_of_a_device_is_not_called_mended_by_half_a_list(estate: Estate):
    serials = [f"SN{number:06}" for number in range(1, 41)]
    told = {"uscc": MERCHANT["uscc"]}
    estate.write("registrations", [REGISTRATION | told | {"serial": serial} for serial in serials])
    another = {"merchant_no": "898100000000002"}
    estate.write("merchants", [MERCHANT, MERCHANT | another | {"uscc": "91000000MA0000001R"}])
    rows = [DEVICE | {"serial_no": serial} for serial in serials]
    estate.write("devices", [*rows, rows[0] | another])
    estate.run()
    assert ("ELE-04", "SN000001", "new") in estate.flagged()
    estate.write("devices", rows[:15])
    estate.run(NEXT)
    assert ("ELE-04", "SN000001", "unchecked") in estate.flagged(NEXT)


def test_a_row_is_not_called_mended_on_the_word_of_an_old_list(estate: Estate):
    estate.write("merchants", [MERCHANT | {"mcc": "#REF!"}])
    estate.run()
    estate.write("merchants", [MERCHANT | {"mcc": "5411"}])
    late = AS_OF + timedelta(days=6)
    estate.run(late)
    assert [one[2] for one in estate.flagged(late) if one[0] == "DQ-02"] == ["unchecked"]


@pytest.mark.parametrize("left", [b"PAR1", None], ids=["damaged", "gone"])
def test_states_that_nobody_remembers_close_nothing(estate: Estate, left: bytes | None):
    serials = [f"SN{number:06}" for number in range(40)]
    estate.write("devices", [DEVICE | {"serial_no": serial} for serial in serials])
    estate.write("registrations", registered(*serials))
    estate.run()
    estate.write("registrations", registered(*serials, reg_status="失败"))
    estate.run(NEXT)
    assert [row["state"] for row in estate.findings(NEXT) if row["rule"] == "SYS-01"] == ["new"]
    for file in (estate.folder / "state" / "statuses").iterdir():
        file.unlink() if left is None else file.write_bytes(left)
    third = NEXT + timedelta(days=1)
    result = estate.run(third)
    assert result.code is (ExitCode.DONE if left is None else ExitCode.INCOMPLETE)
    assert [row["state"] for row in estate.findings(third) if row["rule"] == "SYS-01"] == ["unchecked"]
    told = {rule["rule"]: rule for rule in summary(estate, third)["rules"]}["SYS-01"]
    assert told["status"] == ("not_enabled" if left is None else "not_evaluated")
    assert estate.run(third + timedelta(days=1)).code is ExitCode.DONE, "what was lost is there again"


@pytest.mark.parametrize("between", ["devices", "registrations", "half"])
def test_states_are_those_of_the_last_night_that_had_the_lists(estate: Estate, between: str):
    serials = [f"SN{number:06}" for number in range(60)]
    estate.write("devices", [DEVICE | {"serial_no": serial} for serial in serials])
    listed = estate.write("registrations", registered(*serials))
    estate.run()
    if between == "half":
        estate.write("registrations", registered(*serials[:20]))
    else:
        (listed if between == "registrations" else estate.folder / "devices_20261121.csv").unlink()
    assert estate.run(NEXT).code is ExitCode.INCOMPLETE
    estate.write("devices", [DEVICE | {"serial_no": serial} for serial in serials])
    estate.write("registrations", registered(*serials, status="失败"))
    third = NEXT + timedelta(days=1)
    estate.run(third)
    assert [row["state"] for row in estate.findings(third) if row["rule"] == "SYS-01"] == ["new"]


def test_what_waits_for_its_channel_is_neither_news_nor_anybodys_errand(estate: Estate):
    serials = [f"SN{number:06}" for number in range(25)]
    estate.write("devices", [DEVICE | {"serial_no": serial} for serial in serials])
    estate.write("registrations", registered(*serials))
    estate.run()
    estate.write("registrations", registered(*serials, status="失败"))
    estate.run(NEXT)
    sheet = openpyxl.load_workbook(estate.folder / "reports" / NEXT.isoformat() / "report.xlsx")["概览"]
    told = [[cell.value for cell in row if cell.value is not None] for row in sheet.iter_rows()]
    assert ["变化", "加重 0、复发 0、新增 1、疑似平台异常 25、销号 0"] in told
    due = datetime(2026, 11, 25)  # noqa: DTZ001 - a day, as a sheet has it
    assert ["收单机构", 26, 1, 0, due, "渠道报备状态同日大面积突变（1）"] in told
    assert ["新增、加重、复发与复核未通过（1 项）", "查看变化"] in told


def test_what_the_platform_answers_waits_with_what_it_answers_of(estate: Estate):
    """A device whose own error is known does not: its registration did not turn."""
    estate.sections["rules.SYS-01"] = "devices = 2"
    estate.write("error_texts", [{"错误描述": "系统繁忙", "原因": "1.2", "解决方案": "稍后重试"}])
    known = [DEVICE | {"serial_no": f"SN00000{n}", "last_error": ""} for n in (1, 2, 3)]
    estate.write("devices", known)
    estate.run()
    estate.write("devices", [*known[:2], known[2] | {"last_error": "系统繁忙"}])
    turned = registered("SN000001", "SN000002", status="报备失败", fail_reason="系统繁忙，请稍后再试")
    estate.write("registrations", [*turned, *registered("SN000003")])
    estate.run(NEXT)
    assert [one for one in estate.flagged(NEXT) if one[0].startswith(("SYS", "REG"))] == [
        ("REG-04", "SN000001", "held"),
        ("REG-04", "SN000002", "held"),
        ("SYS-01", "None", "new"),
        ("SYS-02", "SN000001", "held"),
        ("SYS-02", "SN000002", "held"),
        ("SYS-02", "SN000003", "new"),
    ]
    assert {row["suggestion"] for row in estate.findings(NEXT) if row["state"] == "new"} >= {"稍后重试"}


def test_what_is_no_longer_asked_for_is_not_said_to_be_gone(estate: Estate):
    estate.settings["required_channels"] = '["wechat", "alipay"]'
    estate.run()
    missing = [("REG-02", f"SN00000{n}", "new") for n in (1, 2, 3)]
    assert [one for one in estate.flagged() if one[0] == "REG-02"] == missing
    estate.settings["required_channels"] = '["wechat"]'
    estate.run(NEXT)
    assert [one[2] for one in estate.flagged(NEXT) if one[0] == "REG-02"] == ["unchecked"] * 3


def test_a_rule_that_is_switched_off_leaves_its_findings_open(estate: Estate):
    estate.write("registrations", registered("SN000001"))
    estate.run()
    estate.sections["rules"] = 'disable = ["REG-01"]'
    estate.run(NEXT)
    assert estate.flagged(NEXT) == [("REG-01", "SN000002", "unchecked"), ("REG-01", "SN000003", "unchecked")]
    overview = openpyxl.load_workbook(estate.folder / "reports" / NEXT.isoformat() / "report.xlsx")["概览"]
    told = [[cell.value for cell in row if cell.value is not None] for row in overview.iter_rows()]
    assert ["REG-01", 2, 0, "设备未报备"] in told
    [line] = [one for one in summary(estate, NEXT)["rules"] if one["rule"] == "REG-01"]
    assert (line["status"], line["reason"]) == ("not_enabled", "已在配置中停用，原有问题保留，不再复核")
    page = (estate.folder / "reports" / NEXT.isoformat() / "report.html").read_text("utf-8")
    assert 'id="about-REG-01"' in page
    why = "新增、停用、阈值调整或其中一晚未评估"
    note = f"自上次起有 1 条规则变动（{why}），与上次相比的增减不一定是设备变化引起的。"
    assert [note] in told
    assert note in page


def test_names_as_a_chinese_windows_packed_them_end_no_night(estate: Estate):
    def named(text: str) -> Path:
        return estate.folder / os.fsdecode(text.encode("gb18030"))

    estate.write("devices", [DEVICE | {"serial_no": "SN000009"}], "台账.csv")
    (estate.folder / "台账.csv").rename(named("台账_20261121.csv"))
    named("台账_旧.csv").write_bytes(b"\0\1\2")
    estate.sections["inputs.devices"] = 'files = ["*.csv"]\nmax_age_days = 5'
    for feed in ("merchants", "registrations", "models"):
        (estate.folder / feed).mkdir()
        (estate.folder / f"{feed}_20261121.csv").rename(estate.folder / feed / "a.csv")
        estate.sections[f"inputs.{feed}"] = f'files = ["{feed}/a.csv"]'
    assert (estate.run().code, estate.findings()[0]["source_file"]) == (20, "台账_20261121.csv")
    assert any("台账_旧.csv" in str(one) for one in summary(estate)["inputs"])
    (estate.folder / "feedback").mkdir()
    book = estate.folder / "reports" / str(AS_OF) / "report.xlsx"
    shutil.copy(book, estate.folder / "feedback" / named("整改.xlsx").name)
    estate.run(NEXT)
    with closing(sqlite3.connect(estate.folder / "state" / "ledger.sqlite")) as ledger:
        assert ledger.execute("SELECT name FROM feedback_files").fetchall() == [("整改.xlsx",)]
    inspect = ("inspect", str(named("台账_20261121.csv")), "--table", "devices")
    for words in (
        ("doctor",),
        inspect,
        (*inspect, "--json"),
        ("verify", str(NEXT)),
        ("run", "--as-of", str(NEXT)),
    ):
        assert estate.call(*words)[0] in (0, 20), words


def test_whose_file_did_not_come_is_not_said_to_be_gone(estate: Estate):
    estate.write("devices", [DEVICE], "devices_a.csv")
    estate.write(
        "devices", [DEVICE | {"serial_no": "SN000002", "install_date": "2027-03-01"}], "devices_b.csv"
    )
    estate.sections["inputs.devices"] = 'files = ["devices_a.csv", "devices_b*.csv"]'
    estate.write("registrations", registered("SN000001", "SN000002"))
    estate.run()
    assert estate.flagged() == [("DQ-06", "SN000002", "new")]
    [finding] = estate.findings()
    assert finding["actual"] == "安装日期 2027-03-01", "what of a row is wrong is its evidence"
    (estate.folder / "devices_b.csv").unlink()
    estate.run(NEXT)
    assert ("DQ-06", "SN000002", "unchecked") in estate.flagged(NEXT)


def test_a_shrunken_list_does_not_unregister_the_estate(estate: Estate):
    serials = [f"SN{n:06}" for n in range(1, 21)]
    estate.write("devices", [DEVICE | {"serial_no": serial} for serial in serials])
    estate.write("registrations", registered(*serials))
    estate.run()
    estate.write("registrations", registered(*serials[:8]))
    result = estate.run(NEXT)
    assert result.code is ExitCode.INCOMPLETE
    assert estate.flagged(NEXT) == [("SRC-03", "registrations_20261121.csv", "new")]
    assert "REG-01" in summary(estate, NEXT)["not_evaluated"]
    assert summary(estate, NEXT)["devices"]["verdicts"]["not_evaluated"] == 20


def test_the_same_night_again_changes_nothing(estate: Estate):
    estate.write("registrations", registered("SN000001"))
    first = estate.run()
    before = {path.name: path.read_bytes() for path in first.folder.iterdir()}
    again = estate.run()
    assert again.replayed
    assert again.code is first.code
    assert {path.name: path.read_bytes() for path in again.folder.iterdir()} == before


def test_the_same_inputs_give_the_same_bytes(estate: Estate, tmp_path: Path):
    estate.write("registrations", registered("SN000001"))
    first = estate.run().folder
    kept = {path.name: path.read_bytes() for path in first.iterdir()}
    secret = (estate.folder / "state" / "secret").read_bytes()
    shutil.rmtree(estate.folder / "reports")
    shutil.rmtree(estate.folder / "state")
    write_private(estate.folder / "state" / "secret", secret)  # the seals of a workbook are under this key
    again = {path.name: path.read_bytes() for path in estate.run().folder.iterdir()}
    for name in FILES - {"summary.json"}:
        assert again[name] == kept[name], name
    before, after = (json.loads(found["summary.json"]) for found in (kept, again))
    before.pop("measured")
    after.pop("measured")
    assert before == after


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_of_an_old_export_nobody_knows_who_was_silent_since(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    heard = {1: "2026-11-20 03:00:00", 2: "2026-11-12 03:00:00", 3: "2026-11-20 03:00:00"}
    paid = {1: "2026-08-30 12:00:00", 2: "2026-08-01 12:00:00", 3: "2025-11-24 12:00:00"}
    bound = {"SN000004": "2026-10-25", "SN000005": "2026-10-20"}  # 27 and 32 days before the export
    idle = {"status": "未激活", "last_heartbeat": "", "last_txn": ""}
    estate.write(
        "devices",
        [
            *(
                DEVICE | {"serial_no": f"SN00000{n}", "last_heartbeat": heard[n], "last_txn": paid[n]}
                for n in heard
            ),
            *(DEVICE | idle | {"serial_no": serial, "install_date": day} for serial, day in bound.items()),
        ],
    )
    pending = {"status": "审核中", "decided_at": ""}
    estate.write(
        "registrations",
        [
            *registered("SN000001", "SN000002", *bound),
            REGISTRATION | pending | {"serial": "SN000003", "submitted_at": "2026-11-20 10:00:00"},
        ],
    )
    late = AS_OF + timedelta(days=9)
    result = estate.run(late)
    assert result.code is ExitCode.INCOMPLETE, "the files are too old"
    counting = ("HB-01", "REG-03", "REG-09", "DOR-01", "DOR-02")
    assert [one for one in estate.flagged(late) if one[0] in counting] == [
        ("DOR-01", "SN000002", "new"),
        ("DOR-01", "SN000003", "new"),
        ("HB-01", "SN000002", "new"),
        ("REG-09", "SN000005", "new"),
    ], "as it was on the day of the export"
    told = {rule["rule"]: rule["unknown"] for rule in summary(estate, late)["rules"]}
    assert [told[rule] for rule in counting] == [2, 1, 1, 1, 1]
    details = {(one["rule"], one["serial_no"]): one["detail"] for one in estate.findings(late)}
    assert details["HB-01", "SN000002"] == (
        "终端 SN000002 已 9 天未联机，最近一次为 2026-11-12 03:00:00。"
        "（按 2026-11-21 导出的数据计算，此后情况未知。）"
    )
    assert "已 112 天无交易" in details["DOR-01", "SN000002"]
    assert "已 32 天" in details["REG-09", "SN000005"]
    settings, words = load_settings(estate.config), load_words("zh")
    device = {one.rule.id: one for one in dossier_of(settings, words, "SN000002").judgements}
    assert device["HB-01"].why == details["HB-01", "SN000002"]
    device = {one.rule.id: one for one in dossier_of(settings, words, "SN000001").judgements}
    assert (device["HB-01"].state, device["DOR-01"].state) == ("unknown", "unknown"), "as the report says"
    assert "2026-11-21" in device["DOR-01"].why


def test_a_late_file_tells_the_night_anew_and_keeps_the_first_telling(estate: Estate):
    estate.write("registrations", registered("SN000001"))
    first = estate.run()
    kept = (first.folder / "findings.csv").read_bytes()
    estate.write("registrations", registered("SN000001", "SN000002"))
    estate.run()
    assert estate.flagged() == [("REG-01", "SN000003", "new")]
    assert (first.folder.with_name(f"{AS_OF}~r1") / "findings.csv").read_bytes() == kept
    estate.write("registrations", registered("SN000001", "SN000002"))
    estate.run(NEXT)
    assert estate.flagged(NEXT) == [("REG-01", "SN000003", "open")], "what was withdrawn is not called mended"


def test_a_late_file_on_the_second_night_restores_what_that_night_had_changed(estate: Estate):
    estate.write("registrations", registered("SN000001"))
    estate.run()
    estate.write("registrations", registered("SN000001", "SN000002"))
    estate.run(NEXT)
    assert ("REG-01", "SN000002", "fixed") in estate.flagged(NEXT)
    estate.write("registrations", registered("SN000001"))
    estate.run(NEXT)
    assert estate.flagged(NEXT) == [("REG-01", "SN000002", "open"), ("REG-01", "SN000003", "open")]
    third = NEXT + timedelta(days=1)
    estate.write(
        "registrations", registered("SN000001", "SN000002", "SN000003"), f"registrations_{third:%Y%m%d}.csv"
    )
    estate.sections["inputs.registrations"] = f'files = ["registrations_{third:%Y%m%d}.csv"]'
    estate.run(third)
    assert [row[2] for row in estate.flagged(third)] == ["fixed", "fixed"]


def test_a_damaged_folder_is_published_again_with_the_same_bytes(estate: Estate):
    estate.write("registrations", registered("SN000001"))
    first = estate.run()
    kept = (first.folder / "report.xlsx").read_bytes()
    (first.folder / "report.xlsx").write_bytes(b"overwritten")
    again = estate.run()
    assert not again.replayed
    assert (again.folder / "report.xlsx").read_bytes() == kept


def test_an_earlier_night_is_refused(estate: Estate):
    estate.run(NEXT)
    with pytest.raises(NightRefused):
        estate.run(AS_OF)


def test_a_crash_between_commit_and_rename_is_finished_at_the_next_start(estate: Estate, monkeypatch):
    estate.write("registrations", registered("SN000001"))

    def killed(*_: object) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("audit.telling.swap_in", killed)
        with pytest.raises(KeyboardInterrupt):
            estate.run()
    assert not (estate.folder / "reports" / AS_OF.isoformat()).exists()
    result = estate.run()
    assert result.replayed, "the ledger had the night; only its folder was still to be renamed"
    assert {path.name for path in result.folder.iterdir()} == FILES
    assert [path.name for path in result.folder.parent.iterdir()] == [AS_OF.isoformat()]


def test_a_crash_before_commit_leaves_no_trace(estate: Estate, monkeypatch):
    estate.write("registrations", registered("SN000001"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("audit.telling.queue_mail", killed)
        with pytest.raises(KeyboardInterrupt):
            estate.run()
    result = estate.run()
    assert not result.replayed
    assert estate.flagged() == [("REG-01", "SN000002", "new"), ("REG-01", "SN000003", "new")]
    assert [path.name for path in result.folder.parent.iterdir()] == [AS_OF.isoformat()]


def test_a_second_audit_at_the_same_time_is_turned_away(estate: Estate):
    from zoneinfo import ZoneInfo

    with only_run(estate.folder / "state", ZoneInfo("Asia/Shanghai")), pytest.raises(Locked) as failure:
        estate.run()
    assert failure.value.facts["pid"] != "?"
    assert estate.run().code is ExitCode.DONE


def test_nothing_to_read_at_all(estate: Estate):
    for path in estate.folder.glob("*.csv"):
        path.unlink()
    with pytest.raises(NoUsableInput):
        estate.run()


def test_nothing_to_read_and_nowhere_to_write_is_nowhere_to_write(estate: Estate):
    for path in estate.folder.glob("*.csv"):
        path.unlink()
    assert estate.call("run")[0] == 41
    assert not (estate.folder / "reports").exists()
    (estate.folder / "reports").touch()
    code, said = estate.call("run")
    assert (code, str(estate.folder / "reports") in said) == (43, True), said


def test_whatever_the_umask_only_the_owner_gets_into_what_a_night_makes(estate: Estate):
    before = os.umask(0)
    try:
        assert estate.call("run", "--as-of", str(AS_OF))[0] == 0
    finally:
        os.umask(before)
    made = [estate.folder / "state", estate.folder / "reports"]
    made += [path for folder in made for path in folder.rglob("*")]
    assert {path for path in made if path.stat().st_mode & 0o077} == set()


def broken(path: Path, how: str) -> None:
    match how:
        case "missing":
            path.unlink()
        case "not a spreadsheet":
            path.write_bytes(b"<!doctype html><html><body>login</body></html>")
        case "empty":
            path.write_bytes(b"")
        case "header only":
            path.write_text(path.read_text("utf-8").splitlines()[0] + "\n", encoding="utf-8")
        case "no key column":
            text = path.read_text("utf-8").replace("serial_no", "colour").replace("serial", "colour")
            path.write_text(text.replace("merchant_no", "weight"), encoding="utf-8")
        case "cut":
            path.write_bytes(path.read_bytes()[:40] + "商户".encode()[:4])


@pytest.mark.parametrize(
    "how", ["missing", "not a spreadsheet", "empty", "header only", "no key column", "cut"]
)
@pytest.mark.parametrize("feed", ["devices", "merchants", "registrations"])
def test_a_broken_input_is_named_and_the_others_are_still_audited(estate: Estate, feed: str, how: str):
    estate.write("merchants", [MERCHANT | {"licence_expiry": "2026-11-20"}])
    estate.write("devices", [DEVICE | {"cert_expiry": "2026-11-20"}])
    broken(estate.folder / f"{feed}_20261121.csv", how)
    result = estate.run()
    assert result.code is ExitCode.INCOMPLETE
    found = {row["rule"] for row in estate.findings()}
    assert "SRC-02" in found
    source = next(row for row in estate.findings() if row["rule"] == "SRC-02")
    assert f"{feed}_20261121.csv" in source["detail"]
    assert source["severity"] == "critical"
    assert ("DEV-06" in found) == (feed != "devices")
    assert ("MER-04" in found) == (feed != "merchants")
    told = summary(estate)
    assert told["exit_code"] == 20
    assert told["not_evaluated"]
    assert "REG-01" not in found, "nobody is accused on the strength of a file that is not there"
    page = (result.folder / "report.html").read_text("utf-8")
    assert 'class="alarm"' in page


def test_an_optional_feed_that_is_missing_is_said_but_not_critical(estate: Estate):
    (estate.folder / "models_20261121.csv").unlink()
    result = estate.run()
    assert result.code is ExitCode.INCOMPLETE
    [finding] = estate.findings()
    assert (finding["rule"], finding["severity"]) == ("SRC-02", "medium")
    verdicts = summary(estate)["devices"]["verdicts"]
    assert (verdicts["not_evaluated"], verdicts["compliant"]) == (3, 0), "no version was checked"


def test_a_mandatory_feed_that_is_not_configured_is_missed(estate: Estate):
    del estate.sections["inputs.merchants"]
    result = estate.run()
    assert result.code is ExitCode.INCOMPLETE
    assert [row["rule"] for row in estate.findings()] == ["SRC-02"]
    estate.sections["inputs.devices"] += "\n"
    estate.sections["inputs.merchants"] = 'files = ["none.csv"]\nmandatory = false'
    estate.run()
    assert [row["severity"] for row in estate.findings()] == ["medium"]


def test_a_rule_nobody_asked_for_costs_no_code(estate: Estate):
    estate.write("models", [{"model": "X1", "min_firmware": "3.2.0"}])
    result = estate.run()
    assert result.code is ExitCode.DONE
    statuses = {rule["rule"]: rule["status"] for rule in summary(estate)["rules"]}
    assert statuses["DEV-03"] == "not_enabled"


@pytest.mark.parametrize(
    ("title", "state", "unregistered"),
    [
        ("微信支付终端报备清单", "未报备", True),
        ("", "微信:未报备;支付宝:已报备", True),
        ("", "未报备", False),
    ],
)
def test_the_channel_may_stand_in_a_title_or_a_cell_and_is_missed_where_it_stands_nowhere(
    estate: Estate, title: str, state: str, unregistered: bool
):
    rows = [f"SN00000{number},{MERCHANT['merchant_no']},{state}" for number in (1, 2, 3)]
    (estate.folder / "报备_20261121.csv").write_text(
        "\n".join([title, "SN,商户号,报备状态", *rows]).lstrip(), "utf-8"
    )
    estate.sections["inputs.registrations"] = 'files = ["报备_*.csv"]'
    result = estate.run()
    assert result.code is (ExitCode.DONE if unregistered else ExitCode.INCOMPLETE)
    assert {row["rule"] for row in estate.findings()} >= ({"REG-01"} if unregistered else set())
    assert ("渠道" in result.reason) != unregistered


@pytest.mark.parametrize(
    ("rule", "devices", "models"),
    [
        ("HB-01", {"最近签到时间": "2026-11-01 08:00:00"}, {}),
        ("DEV-08", {"生产日期": "2016-01-01"}, {}),
        ("DEV-06", {"入网认证编号": ""}, {}),
        ("DEV-06", {}, {"cert_expiry": "2026-01-01"}),
        ("DEV-03", {}, {"eos_on": "2026-01-01"}),
        ("DEV-04", {"应用版本": "1.0"}, {"最低应用版本": "2.0"}),
    ],
)
def test_either_of_two_columns_will_do_where_either_tells(
    estate: Estate, rule: str, devices: dict[str, str], models: dict[str, str]
):
    plain = {name: DEVICE[name] for name in ("serial_no", "merchant_no", "status", "model", "vendor")}
    other = {"入网认证编号": "P3100"} if "入网认证编号" in devices else {}
    estate.write("devices", [plain | devices, plain | {"serial_no": "SN000002"} | devices | other])
    estate.write("models", [{"model": "X1", "vendor": DEVICE["vendor"]} | models])
    estate.run()
    assert ("SN000001", rule) in {(one["serial_no"], one["rule"]) for one in estate.findings()}


@pytest.mark.parametrize("state", [{}, {"微信认证状态": ""}])
def test_a_merchant_without_a_number_at_the_channel_is_told_where_the_list_has_a_column_of_them(
    estate: Estate, state: dict[str, str]
):
    other = MERCHANT | {"merchant_no": "898100000000002"}
    estate.write(
        "merchants", [MERCHANT | {"微信子商户号": ""} | state, other | {"微信子商户号": "1900000109"} | state]
    )
    estate.run()
    told = [one["merchant_no"] for one in estate.findings() if one["rule"] == "MER-07"]
    assert told == [MERCHANT["merchant_no"]]


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_province_that_no_column_states_is_that_of_the_address(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    estate.sections["audit.profile"] = 'device = { default = ["serial_no", "province"] }'
    placed = [
        ("SN000001", "浙江", "江苏省南京市中山路1号"),
        ("SN000002", "", "浙江省杭州市文三路2号"),
        ("SN000003", "", "文三路3号"),
    ]
    devices = [{"serial_no": one, "province": of, "address": at} for one, of, at in placed]
    estate.write("devices", [DEVICE | {"device_type": "智能终端"} | one for one in devices])
    estate.write("registrations", [REGISTRATION | {"serial": "SN000009", "address": "广东省深圳市深南路9号"}])
    estate.run()
    found = {(one["rule"], one["serial_no"]): one["province"] for one in estate.findings()}
    assert [found["REG-01", one] for one, _, _ in placed] == ["浙江", "浙江", None], "as the list calls it"
    assert found["REG-08", "SN000009"] == "广东省"
    lacking = {one for rule, one in found if rule == "TYP-03"}
    assert {"SN000002", "SN000003"} <= lacking, "what the file should state is blank all the same"
    assert "SN000001" not in lacking


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
@pytest.mark.parametrize("vendor", ["星联", ""], ids=["named", "nameless"])
def test_the_vendor_may_stand_before_the_model(estate: Estate, engine: str, vendor: str):
    estate.settings["engine"] = f'"{engine}"'
    models = ["星联 X1", "星联X-1", "云帆X1", "星联星联X1", "星联Z1"]
    devices = [DEVICE | {"serial_no": f"SN{place}", "model": one} for place, one in enumerate(models, 1)]
    estate.write("devices", [one | {"vendor": vendor} for one in devices])
    lines = [("星联", "X1", "9.0"), ("星海", "X1", "1.0"), ("星联", "星联Z1", "9.0"), ("星联", "Z1", "1.0")]
    estate.write("models", [{"vendor": of, "model": one, "min_firmware": least} for of, one, least in lines])
    estate.run()
    found = {(one["rule"], one["serial_no"]) for one in estate.findings() if one["rule"].startswith("DEV")}
    behind = {("DEV-04", "SN1"), ("DEV-04", "SN2"), ("DEV-04", "SN5")}  # of two lines that of the whole name
    assert found == behind | {("DEV-09", "SN3"), ("DEV-09", "SN4")}


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_maker_is_one_under_all_of_its_names(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    named = [
        ("PAX", "A920"),
        ("杭州百富电子技术有限公司", "百富 A920"),
        ("", "PAX A-920"),
        ("新大陆", "A920"),
        ("", "A920"),  # of two makers' nobody can tell which
        ("Paxton", "A920"),
    ]
    devices = [
        {"serial_no": f"SN{place}", "vendor": of, "model": one} for place, (of, one) in enumerate(named)
    ]
    estate.write("devices", [DEVICE | one for one in devices])
    lines = [("百富", "A920", "9.0"), ("福建新大陆支付技术有限公司", "A920", "1.0")]
    estate.write("models", [{"vendor": of, "model": one, "min_firmware": least} for of, one, least in lines])
    policy = {"policy_id": "P1", "title": "停用", "effective_on": "2026-01-01", "source": "通知"}
    estate.write("policies", [policy | {"vendor": "百富", "requirement": "停用"}])
    estate.run()
    found = {(one["rule"], one["serial_no"]) for one in estate.findings()}
    assert {one for one in found if one[0].startswith("DEV")} == {
        *(("DEV-04", f"SN{place}") for place in range(3)),
        *(("DEV-09", f"SN{place}") for place in (4, 5)),
    }
    assert {one for one in found if one[0] == "POL-02"} == {("POL-02", f"SN{place}") for place in range(3)}


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_policy_covers_ranges_of_trades_and_what_it_cannot_say_is_told(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    trades = {"M1": "5411", "M2": "5499", "M3": "5812", "M4": "7011"}
    estate.write("merchants", [MERCHANT | {"merchant_no": one, "mcc": mcc} for one, mcc in trades.items()])
    devices = [{"serial_no": f"SN{one}", "merchant_no": one, "device_type": "智能POS"} for one in trades]
    estate.write("devices", [DEVICE | one for one in devices])
    known = {"生效日期": "2026-01-01", "要求": "停用"}
    policies = [
        {"政策名称": "超市", "MCC": "5411-5499"},
        {"政策名称": "酒店餐饮", "MCC": "5812、7000至7012"},
        {"政策名称": "餐饮", "MCC": "餐饮类"},
        {"政策名称": "各地", "适用地区": "华东", "MCC": "5812"},
        {"政策名称": "全部", "适用地区": "全国", "终端类型": "不限", "MCC": "7011"},
        {"政策名称": "类型", "终端类型": "怪机"},
    ]
    estate.write("policies", [one | known for one in policies])
    estate.run()
    found = [one for one in estate.findings() if one["rule"] in ("POL-02", "DQ-03")]
    met = sorted(f"{one['serial_no']} {one['detail']}" for one in found if one["rule"] == "POL-02")
    assert [text.split(" ")[0] for text in met] == ["SNM1", "SNM2", "SNM3", "SNM4", "SNM4"]
    told = sorted(one["detail"].rpartition("：")[2] for one in found if one["rule"] == "DQ-03")
    assert told == ["商户类别码=餐饮类。", "地区=华东。", "终端类型=怪机。"]


def test_a_registration_that_was_taken_back_with_success_is_none(estate: Estate):
    later = {"submitted_at": "2026-10-01 10:00:00", "decided_at": "2026-10-02"}
    of = {
        "SN000001": ("注销", "报备成功"),
        "SN000002": ("注销", "报备失败"),
        "SN000003": ("变更", "报备成功"),
    }
    rows = [one | {"操作类型": "新增"} for one in registered(*of)]
    rows += [
        REGISTRATION | later | {"serial": serial, "操作类型": operation, "status": status}
        for serial, (operation, status) in of.items()
    ]
    estate.write("registrations", rows)
    result = estate.run()
    found = {(one["rule"], one["serial_no"]) for one in estate.findings()}
    assert found & {
        (rule, serial) for rule in ("REG-04", "REG-05", "REG-06") for serial in ("SN000001", "SN000002")
    } == {("REG-06", "SN000001")}
    unknown = {one["rule"]: one["unknown"] for one in result.summary["rules"]}
    assert unknown["REG-01"] == 1


def test_a_later_training_of_others_renews_nobody_elses(estate: Estate):
    trained = {"甲店": "2024-01-05", "乙店": "2026-10-05"}
    for header in ("参训机构", "商户名称"):
        rows = [{"培训主题": "报备流程", header: name, "培训日期": day} for name, day in trained.items()]
        estate.write("training", rows)
        estate.run()
        assert len([one for one in estate.flagged() if one[0] == "AUD-04" and one[2] in ("new", "open")]) == 1


def test_a_rule_about_days_that_nobody_delivers_is_not_enabled(estate: Estate):
    undated = {name: value for name, value in DEVICE.items() if name != "cert_expiry"}
    merchant = {name: value for name, value in MERCHANT.items() if "expiry" not in name}
    estate.write("devices", [undated])
    estate.write("merchants", [merchant])
    estate.write("models", [{"model": "X1", "min_firmware": "3.2.0"}])
    summary = estate.run().summary
    status = {one["rule"]: one["status"] for one in summary["rules"]}
    assert (status["DEV-01"], status["MER-09"]) == ("not_enabled", "not_enabled")
    estate.write("models", [{"model": "X1", "pts_expiry": "2026-12-01"}])
    estate.write("merchants", [merchant | {"legal_id_expiry": "2026-12-01"}])
    status = {one["rule"]: one["status"] for one in estate.run().summary["rules"]}
    assert (status["DEV-01"], status["MER-09"]) == ("passed", "flagged")


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_device_without_a_vendor_is_of_the_only_one_who_makes_its_model(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    nameless = {name: value for name, value in DEVICE.items() if name != "vendor"}
    models = ["X1", "X2", "X3", "X4", "X5"]
    devices = [
        nameless | {"serial_no": f"SN{place}", "model": model} for place, model in enumerate(models, 1)
    ]
    estate.write("devices", devices)
    lines = [
        ("星联", "X1", "9.0"),  # the only one, twice
        ("星联", "X1", "9.0"),
        ("星联", "X2", "9.0"),
        ("云帆", "X2", "1.0"),
        ("星联", "X2", "9.0"),
        ("星联", "X3", "1.0"),
        ("", "X4", "9.0"),  # for any vendor, and so for one that nobody names
        ("星联", "X4", "1.0"),
    ]
    estate.write("models", [{"vendor": of, "model": one, "min_firmware": least} for of, one, least in lines])
    estate.run()
    found = {(one["rule"], one["serial_no"]) for one in estate.findings() if one["rule"].startswith("DEV")}
    assert found == {("DEV-04", "SN1"), ("DEV-04", "SN4"), ("DEV-09", "SN2"), ("DEV-09", "SN5")}


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_of_several_certificates_of_a_model_the_one_that_runs_longest_counts(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    uncertified = {name: value for name, value in DEVICE.items() if name != "cert_expiry"}
    devices = [uncertified | {"serial_no": f"SN{model}", "model": model} for model in ("X1", "X2", "X3")]
    estate.write("devices", devices)
    lines = [
        ("X1", "2024-12-31"),
        ("X1", "2029-06-30"),
        ("X2", "2024-12-31"),
        ("X2", ""),
        ("X3", ""),
        ("X3", "2028-01-01"),
        ("X3", "2025-01-01"),
    ]
    estate.write(
        "models",
        [{"厂商": "星联", "型号": of, "证书有效期起": "2020-01-01", "证书有效期止": on} for of, on in lines],
    )
    estate.run()
    found = [one for one in estate.findings() if one["rule"] == "DEV-06"]
    assert [one["serial_no"] for one in found] == ["SNX2"]


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_ledger_without_serials_knows_its_devices_by_their_tusn(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    named = [
        ("T1", "898100000000001", "在用"),
        ("T1", "898100000000002", "在用"),
        ("T2", "898100000000001", "在用"),
        ("T2", "898100000000001", "停用"),
        ("T3", "898100000000001", "在用"),
    ]
    nameless = {name: value for name, value in DEVICE.items() if name != "serial_no"}
    estate.write(
        "devices",
        [nameless | {"tusn": tusn, "merchant_no": of, "status": status} for tusn, of, status in named],
    )
    estate.run()
    found = {(one["rule"], one["detail"].split()[1]) for one in estate.findings()}
    assert {one for one in found if one[0] in ("ELE-01", "DUP-01")} == {
        ("ELE-01", "T1"),
        ("DUP-01", "T1"),
        ("DUP-01", "T2"),
    }


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_of_more_merchants_than_two_their_number_is_told(estate: Estate, engine: str):
    estate.settings["engine"] = f'"{engine}"'
    owners = [f"89810000000000{number}" for number in (1, 2, 3, 2)]
    more = [DEVICE | {"serial_no": "SN000002", "merchant_no": f"89810000000000{number}"} for number in (1, 2)]
    estate.write("devices", [DEVICE | {"merchant_no": owner} for owner in owners] + more)
    estate.run()
    said = {one["serial_no"]: one["detail"] for one in estate.findings() if one["rule"] == "ELE-01"}
    assert "3 个商户" in said["SN000001"]
    assert "个商户" not in said["SN000002"]


def test_a_column_that_disappears_is_missed(estate: Estate):
    estate.run()
    estate.write("models", [{"model": "X1", "min_firmware": "3.2.0"}])
    result = estate.run(NEXT)
    assert result.code is ExitCode.INCOMPLETE
    assert list(summary(estate, NEXT)["not_evaluated"]) == ["DEV-03"]


def test_a_column_that_disappears_from_the_transactions_is_missed_there(estate: Estate):
    paid = {"serial_no": "SN000001", "交易笔数": "100", "失败笔数": "30"}
    estate.write("transactions", [paid])
    estate.run()
    assert estate.flagged() == [("TXN-01", "SN000001", "new")]
    estate.write("transactions", [{"serial_no": "SN000001", "交易笔数": "100", "失败数量": "30"}])
    result = estate.run(NEXT)
    assert estate.flagged(NEXT) == [("TXN-01", "SN000001", "unchecked")]
    assert result.code is ExitCode.INCOMPLETE
    assert "交易汇总表" in summary(estate, NEXT)["not_evaluated"]["TXN-01"]
    del estate.sections["inputs.transactions"]
    result = estate.run(NEXT + timedelta(days=1))
    assert result.code is ExitCode.DONE, "nobody asks for it any more"


@pytest.mark.parametrize(
    ("feed", "column", "unseen"),
    [
        ("registrations", "decided_at", {"REG-05"}),
        ("devices", "cert_expiry", {"DEV-06"}),
        ("devices", "status", {"REG-01", "DEV-06", "REG-05"}),
    ],
)
def test_a_column_that_is_emptied_is_missed_by_the_rules_that_judge_nobody_without_it(
    estate: Estate, feed: str, column: str, unseen: set[str]
):
    rows = {
        "devices": [DEVICE | {"serial_no": f"SN00000{n}"} for n in (1, 2, 3)],
        "registrations": [
            one | {"decided_at": "2025-01-10"} for one in registered("SN000001", "SN000002", "SN000003")
        ],
    }
    estate.write("devices", rows["devices"])
    estate.write("registrations", rows["registrations"])
    assert estate.run().code is ExitCode.DONE
    estate.write(feed, [one | {column: ""} for one in rows[feed]])
    result = estate.run(NEXT)
    told = summary(estate, NEXT)
    assert unseen <= set(told["not_evaluated"])
    assert "为空" in told["not_evaluated"][min(unseen)]
    assert result.code is ExitCode.INCOMPLETE
    assert told["devices"]["verdicts"]["not_evaluated"] == 3


@pytest.mark.parametrize("how", ["missing", "blank"])
@pytest.mark.parametrize(
    ("feed", "column", "rule", "name"),
    [
        ("merchants", "legal_name", "MER-01", "法人姓名"),
        ("registrations", "last_sync", "REG-07", "同步时间"),
        ("devices", "production_date", "DEV-08", "生产日期"),
        ("training", "valid_until", "AUD-04", "有效期至"),
    ],
)
def test_a_column_that_rules_can_do_without_is_missed_where_it_was_before(
    estate: Estate, feed: str, column: str, rule: str, name: str, how: str
):
    rows: dict[str, list[dict[str, str]]] = {
        "devices": [DEVICE | {"production_date": "2025-01-01", "updated_at": "2026-11-01 10:00:00"}],
        "registrations": [REGISTRATION | {"last_sync": "2026-11-20 10:00:00"}],
        "merchants": [MERCHANT | {"legal_name": "张三"}],
        "training": [{"topic": "报备", "trained_on": "2026-09-01", "valid_until": "2027-08-31"}],
    }
    for one, lines in rows.items():
        estate.write(one, lines)
    assert estate.run().code is ExitCode.DONE
    left = [{key: value for key, value in row.items() if key != column} for row in rows[feed]]
    estate.write(feed, [row | ({column: ""} if how == "blank" else {}) for row in left])
    result = estate.run(NEXT)
    told = summary(estate, NEXT)
    assert result.code is ExitCode.INCOMPLETE
    first = openpyxl.load_workbook(result.folder / "report.xlsx").worksheets[0]
    cells = [str(cell) for row in first.iter_rows(values_only=True) for cell in row if cell]
    assert any(name in cell and rule in cell for cell in cells), (cells, told["reason"])
    assert estate.run(NEXT + timedelta(days=1)).code is ExitCode.DONE, "said once"


@pytest.mark.parametrize("how", ["column missing", "rule crashed"])
def test_a_rule_that_was_not_evaluated_is_shown_wherever_one_looks(estate: Estate, monkeypatch, how: str):
    """The first sheet, the head of the page, summary.json and the exit code; the other rules go on."""
    estate.run()
    estate.write("devices", [DEVICE | {"cert_expiry": "2026-11-20"}])
    if how == "column missing":
        estate.write("models", [{"model": "X1", "min_firmware": "3.2.0"}])
        reason = "型号表中没有"
    else:
        rule = RULES["DEV-03"]
        broken = replace(rule.cases[0], when=nw.col("no_such_fact") == "x")
        monkeypatch.setitem(RULES, "DEV-03", replace(rule, cases=(broken,)))
        reason = "no_such_fact"
    result = estate.run(NEXT)
    assert result.code is ExitCode.INCOMPLETE
    told = summary(estate, NEXT)
    assert told["exit_code"] == 20
    assert list(told["not_evaluated"]) == ["DEV-03"]
    assert reason in told["not_evaluated"]["DEV-03"]
    assert "DEV-06" in {row["rule"] for row in estate.findings(NEXT)}
    first = openpyxl.load_workbook(result.folder / "report.xlsx").worksheets[0]
    cells = [str(cell) for row in first.iter_rows(values_only=True) for cell in row if cell]
    assert any("DEV-03" in cell and "未评估" in cell for cell in cells), cells
    page = (result.folder / "report.html").read_text("utf-8")
    alarm = page.index('class="alarm"')
    told_at = page.index("DEV-03", alarm)
    assert alarm < told_at < page.index("<table"), "before the first table of the page"
    assert "未评估" in page[alarm : page.index("<table")]


def test_what_nobody_can_measure_or_has_begun_to_follow_is_said_and_not_passed(estate: Estate):
    result = estate.run()
    statuses = {rule["rule"]: rule["status"] for rule in summary(estate)["rules"]}
    assert {statuses[rule] for rule in ("RES-02", "AUD-02", "AUD-05")} == {"not_enabled"}
    sheet = openpyxl.load_workbook(result.folder / "report.xlsx")["规则说明"]
    cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    assert any("竞争劣势" in cell and "不在" in cell for cell in cells)
    assert any("特约商户巡检指引" in cell for cell in cells), "what the thresholds rest on"
    assert "竞争劣势" in (result.folder / "report.html").read_text("utf-8")


def test_a_required_column_that_is_not_there_is_missed_at_once(estate: Estate):
    estate.sections["inputs.devices"] += '\nrequired = ["merchant_no", "province"]'
    result = estate.run()
    assert result.code is ExitCode.INCOMPLETE
    [finding] = estate.findings()
    assert finding["rule"] == "SRC-04"
    assert "省份" in finding["detail"]


@pytest.mark.parametrize(
    ("feed", "column", "header", "rule"),
    [("registrations", "status", "报备状太", "SRC-04"), ("devices", "serial_no", "终端序列好", "SRC-02")],
)
def test_a_header_that_resembles_a_missing_column_is_offered_and_not_taken(
    estate: Estate, feed: str, column: str, header: str, rule: str
):
    row = {"registrations": REGISTRATION, "devices": DEVICE}[feed]
    estate.write(feed, [{header if name == column else name: value for name, value in row.items()}])
    result = estate.run()
    assert result.code is ExitCode.INCOMPLETE
    assert header in result.reason
    details = [finding["detail"] for finding in estate.findings() if finding["rule"] == rule]
    assert [header in detail for detail in details] == [True]


def test_the_report_names_the_sheets_that_were_left_out(estate: Estate):
    book = openpyxl.Workbook()
    book.worksheets[0].append(["本表由系统导出"])
    for name, serial in (("台账", "SN000001"), ("旧台账", "SN000009")):
        sheet = book.create_sheet(name)
        for row in zip(*(DEVICE | {"serial_no": serial}).items(), strict=True):
            sheet.append(row)
    book["旧台账"].sheet_state = "hidden"
    book.create_sheet("Sheet9")
    book.save(estate.folder / "devices.xlsx")
    estate.sections["inputs.devices"] = 'files = ["devices.xlsx"]'
    result = estate.run()
    assert result.folder is not None
    quality = openpyxl.load_workbook(result.folder / "report.xlsx")["数据质量"]
    told = "\n".join(str(cell) for row in quality.iter_rows(values_only=True) for cell in row)
    assert "Sheet：没有找到表头、旧台账：隐藏，未读取" in told
    assert "Sheet9" not in told


def test_a_file_with_keys_in_it_is_a_finding_and_the_night_is_whole(estate: Estate):
    estate.write("devices", [DEVICE | {"主密钥TMK": "4F3A9C77E1D2B8A6"}])
    result = estate.run()
    assert result.code is ExitCode.DONE, result.reason
    assert "SRC-05" in {finding["rule"] for finding in estate.findings()}
    assert estate.run(fail_on="high").code is ExitCode.FINDINGS


def test_unreadable_cells_beyond_the_first_thousand_are_told_of_as_well(estate: Estate):
    serials = [*(f"SN{number:06}" for number in range(1, 1_102)), "9.1E+17"]
    rows = [DEVICE | {"serial_no": serial, "install_date": "昨天"} for serial in serials]
    estate.write("devices", rows)
    estate.write("registrations", registered(*serials[:-1]))
    result = estate.run()
    assert result.code is ExitCode.INCOMPLETE
    assert "有 1 个终端序列号单元格无法读取" in result.reason, "of a column that the audit needs"
    assert "9.1E+17" in (result.folder / "report.html").read_text("utf-8")


def test_unreadable_cells_leave_their_rows_unjudged_and_say_so(estate: Estate):
    estate.write(
        "registrations", registered("SN000001", "SN000002") + registered("SN000003", status="天晓得")
    )
    result = estate.run()
    assert result.code is ExitCode.INCOMPLETE
    assert {finding["rule"] for finding in estate.findings()} == {"DQ-03"}
    told = summary(estate)
    assert told["devices"]["verdicts"] == {
        "unregistered": 0,
        "mismatch": 0,
        "expired": 0,
        "attention": 0,
        "not_evaluated": 1,
        "compliant": 2,
    }
    assert "天晓得" in (result.folder / "report.html").read_text("utf-8")


def test_fail_on_turns_findings_into_a_code(estate: Estate):
    estate.write("merchants", [MERCHANT | {"licence_expiry": "2026-11-20"}])
    assert estate.run(fail_on="critical").code is ExitCode.DONE
    assert estate.run(fail_on="high").code is ExitCode.FINDINGS
    assert estate.run(fail_on="new").code is ExitCode.FINDINGS
    assert estate.run(NEXT, fail_on="new").code is ExitCode.DONE


def test_english_throughout(estate: Estate):
    estate.settings["language"] = '"en"'
    estate.write("registrations", registered("SN000001"))
    estate.write("merchants", [MERCHANT | {"merchant_name": "Dawn Shop"}])
    result = estate.run()
    page = (result.folder / "report.html").read_text("utf-8")
    seen = page[page.index("<body>") :]
    assert not [letter for letter in seen if "\u4e00" <= letter <= "\u9fff"]
    assert "Device not registered" in seen


def test_required_channels(estate: Estate):
    estate.settings["required_channels"] = '["wechat", "alipay"]'
    estate.run()
    found = {(row["rule"], row["channel"]) for row in estate.findings()}
    assert found == {("REG-01", "alipay"), ("REG-02", "alipay")}
    estate.settings["required_channels"] = '["any"]'
    estate.run()
    assert estate.findings() == []


def test_a_list_without_channels_serves_only_where_any_will_do(estate: Estate):
    rows = registered("SN000001", "SN000002", "SN000003")
    for row in rows:
        del row["channel"]
    estate.write("registrations", rows)
    estate.sections["inputs.registrations"] += '\nrequired = ["merchant_no", "reg_status", "channel"]'
    result = estate.run()
    assert result.code is ExitCode.INCOMPLETE
    assert {row["rule"] for row in estate.findings()} == {"SRC-04"}
    estate.settings["required_channels"] = '["any"]'
    estate.sections["inputs.registrations"] = 'files = ["registrations_20261121.csv"]'
    assert estate.run().code is ExitCode.DONE
    assert estate.findings() == []


def test_several_registrations_of_one_device(estate: Estate):
    failed = {"status": "报备失败", "submitted_at": "2025-01-01", "decided_at": "2025-01-02"}
    former = {"merchant_no": "898100000000009", "status": "已注销", "decided_at": "2026-06-01"}
    cancelled = {"status": "已撤销", "submitted_at": "2026-01-01", "decided_at": "2026-01-02"}
    failed_then_registered = registered("SN000001", **failed) + registered("SN000001")
    moved_to_this_merchant = registered("SN000002", **former) + registered("SN000002")
    registered_then_cancelled = registered("SN000003") + registered("SN000003", **cancelled)
    estate.write("registrations", failed_then_registered + moved_to_this_merchant + registered_then_cancelled)
    estate.run()
    assert estate.flagged() == [("REG-06", "SN000003", "new")]


@pytest.mark.parametrize(
    ("own", "named"), [({"tusn": "TU000007"}, "TU000007"), ({}, "898100000000001/00000007")]
)
def test_a_device_without_a_serial_is_named_by_what_it_is_known_by(
    estate: Estate, own: dict[str, str], named: str
):
    device = DEVICE | {"serial_no": "", "terminal_id": "00000007", "device_type": "码牌"}
    estate.write("devices", [DEVICE, device | own])
    estate.run()
    [said] = [one["detail"] for one in estate.findings() if one["rule"] == "REG-01"]
    assert f"终端 {named} 在用" in said


def test_devices_without_serial_are_matched_by_merchant_and_terminal(estate: Estate):
    plate = {key: value for key, value in DEVICE.items() if key != "serial_no"} | {"terminal_id": "00000088"}
    estate.write("devices", [plate | {"serial_no": ""}, plate | {"serial_no": "", "terminal_id": "00000089"}])
    listed = REGISTRATION | {"serial": "", "terminal_id": "00000088"}
    estate.write("registrations", [listed])
    estate.run()
    [finding] = estate.findings()
    assert (finding["rule"], finding["terminal_id"]) == ("REG-01", "00000089")


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_device_of_which_the_days_since_its_export_are_unknown_is_not_called_compliant(
    estate: Estate, engine: str
):
    """Heard from three days before an export of five days ago: eight days, or a sign-in nobody saw."""
    estate.settings["engine"] = f'"{engine}"'
    estate.sections["inputs.registrations"] = 'files = ["registrations_20261121.csv"]\nmax_age_days = 9'
    heard = {1: "2026-11-18", 2: "2026-11-21", 3: "2026-11-18"}
    estate.write(
        "devices",
        [
            DEVICE | {"serial_no": f"SN00000{n}", "last_heartbeat": f"{day} 03:00:00"}
            for n, day in heard.items()
        ]
        + [DEVICE | {"serial_no": "SN000004", "status": "已撤机"}],
    )
    listed = [REGISTRATION | {"serial": f"SN00000{n}"} for n in (1, 2)]
    estate.write("registrations", [*listed, REGISTRATION | {"serial": "SN000003", "status": "报备中"}])
    estate.run()
    verdicts = summary(estate)["devices"]["verdicts"]
    assert (verdicts["compliant"], verdicts["not_evaluated"], summary(estate)["devices"]["unseen"]) == (
        2,
        0,
        0,
    )
    later = AS_OF + timedelta(days=5)
    result = estate.run(later)
    told = summary(estate, later)["devices"]
    assert "HB-01" not in {row["rule"] for row in estate.findings(later)}, "as of its export it was in order"
    assert (told["verdicts"]["compliant"], told["verdicts"]["not_evaluated"], told["unseen"]) == (1, 1, 1)
    said = "未评估的设备（台账导出后是否联机、有无交易未知）：1；未纳入（已撤机、库存、遗失）：1"
    assert said in (result.folder / "report.html").read_text("utf-8")
    overview = openpyxl.load_workbook(result.folder / "report.xlsx").worksheets[0]
    assert any(said in str(cell.value) for row in overview.iter_rows() for cell in row)


def sent_again(estate: Estate, feed: str, night: date) -> None:
    """The file of a feed under the date of another night, as a vendor does who sends yesterday's export."""
    [old] = estate.folder.glob(f"{feed}_*.csv")
    old.rename(old.with_name(f"{feed}_{night:%Y%m%d}.csv"))
    estate.sections[f"inputs.{feed}"] = f'files = ["{feed}_*.csv"]\nmax_age_days = 5'


def test_a_file_that_was_sent_again_under_a_new_date_is_told_and_counted_to_its_first_day(estate: Estate):
    estate.sections["inputs.devices"] = 'files = ["devices_*.csv"]\nmax_age_days = 5'
    assert estate.run().code is ExitCode.DONE
    week = AS_OF + timedelta(days=8)
    for feed in ("devices", "registrations", "merchants", "models"):
        sent_again(estate, feed, week)
    result = estate.run(week)
    assert result.code is ExitCode.DONE, "told, and no alarm"
    told = {row["source_file"]: row for row in estate.findings(week)}
    assert {(name, row["rule"], row["severity"]) for name, row in told.items()} == {
        ("devices_20261129.csv", "SRC-06", "medium"),
        ("registrations_20261129.csv", "SRC-06", "info"),
        ("merchants_20261129.csv", "SRC-06", "info"),
        ("models_20261129.csv", "SRC-06", "info"),
    }, "nobody is called silent for a week nobody knows of"
    assert "2026-11-21 的 devices_20261121.csv 逐字节相同" in told["devices_20261129.csv"]["detail"]
    assert summary(estate, week)["devices"]["verdicts"]["not_evaluated"] == 3
    heard = [
        DEVICE | {"serial_no": f"SN00000{n}", "last_heartbeat": "2026-11-29 03:00:00"} for n in (1, 2, 3)
    ]
    estate.write("devices", heard, "devices_20261129.csv")
    estate.sections["inputs.devices"] = 'files = ["devices_*.csv"]\nmax_age_days = 5'
    estate.run(week + timedelta(days=1))
    states = {row["source_file"]: row["state"] for row in estate.findings(week + timedelta(days=1))}
    assert states["devices_20261129.csv"] == "fixed"


def test_a_list_that_did_not_change_for_a_day_and_a_file_that_just_lies_there_are_not_told(estate: Estate):
    before = AS_OF - timedelta(days=3)  # the names of the files are ahead of it
    later = NEXT + timedelta(days=1)
    estate.run(before)
    estate.run()
    for feed in ("registrations", "merchants"):
        sent_again(estate, feed, NEXT)
    estate.run(NEXT)
    estate.run(later)
    for night in (before, AS_OF, NEXT, later):
        assert "SRC-06" not in {row["rule"] for row in estate.findings(night)}, night


@pytest.mark.parametrize("most", [4_000_000, 2])
def test_devices_too_many_to_look_for_mistyped_serials_are_counted(estate: Estate, monkeypatch, most: int):
    monkeypatch.setattr("audit.crosscheck.suggestions.MOST_ROWS", most)
    slips = [REGISTRATION | {"serial": f"SNO0000{number}"} for number in range(1, 4)]
    estate.write("registrations", slips)
    result = estate.run()
    suggested = {key for rule, key, _ in estate.flagged() if rule == "TYP-02"}
    told = result.summary["devices"]["uncompared"], len(suggested)
    assert told == ((0, 3) if most > 2 else (3, 0))
    page = (result.folder / "report.html").read_text("utf-8")
    assert ("未查找序列号录入错误的设备（数量过多或序列号过长）：3" in page) is (most == 2)


@pytest.mark.parametrize("heard", [("2026-11-10", "2026-09-01"), ("2026-09-01", "2026-11-10")])
def test_of_a_device_that_is_listed_twice_the_gravest_is_told(estate: Estate, heard: tuple[str, str]):
    rows = [
        DEVICE | {"last_heartbeat": day, "model": model}
        for day, model in zip(heard, ("X1", "X2"), strict=True)
    ]
    estate.write("devices", sorted(rows, key=lambda row: row["last_heartbeat"] != heard[0]))
    estate.write("registrations", registered("SN000001"))
    estate.run()
    [told] = [row for row in estate.findings() if row["rule"] == "HB-01"]
    assert (told["severity"], told["actual"]) == ("high", "2026-09-01")


def test_pending_counts_whole_days(estate: Estate):
    pending = {"status": "审核中", "decided_at": ""}
    estate.write(
        "registrations",
        registered("SN000001")
        + registered("SN000002", submitted_at="2026-11-19 00:00:01", **pending)
        + registered("SN000003", submitted_at="2026-11-18 23:59:59", **pending),
    )
    estate.run()
    assert estate.flagged() == [("REG-03", "SN000003", "new")]
    assert summary(estate)["devices"]["verdicts"]["attention"] == 1, "pending within the limit"


def test_models_by_vendor_before_models_of_anybody(estate: Estate):
    estate.write(
        "models",
        [
            MODEL | {"vendor": "", "min_firmware": "9.0"},
            MODEL | {"vendor": "星联", "min_firmware": "3.2.0"},
        ],
    )
    estate.run()
    assert estate.findings() == []
    estate.write("models", [MODEL | {"vendor": "", "min_firmware": "3.10.0"}, MODEL | {"vendor": "别家"}])
    estate.run()
    assert {row["rule"] for row in estate.findings()} == {"DEV-04"}


def test_what_the_program_published_is_no_vendors_list(estate: Estate):
    (estate.folder / "devices_20261121.csv").rename(estate.folder / "findings_20261121.csv")
    estate.sections["inputs.devices"] = 'files = ["**/findings*"]\nmax_age_days = 5'
    estate.run()
    shutil.copytree(estate.folder / "reports" / "2026-11-21", estate.folder / "feedback" / "findings_copy")
    second = estate.run(NEXT)
    read = [one["path"] for one in second.summary["inputs"] if one["feed"] == "devices"]
    assert read == ["findings_20261121.csv"]
    assert second.code is ExitCode.DONE


def test_what_is_said_of_a_feed_names_the_file_it_is_said_of(estate: Estate):
    estate.sections["inputs.registrations"] = 'files = ["list_*.csv"]\nrequired = ["submitted_at"]'
    estate.write("registrations", registered("SN000001", "SN000002", "SN000003"), "list_20261120.csv")
    renamed = [
        {"when handed in" if name == "submitted_at" else name: value for name, value in row.items()}
        for row in registered("SN000001", "SN000002", "SN000003")
    ]
    estate.write("registrations", renamed, "list_20261121.csv")
    estate.run()
    [missing] = [row for row in estate.findings() if row["rule"] == "SRC-04"]
    assert missing["source_file"] == "list_20261121.csv", "not the older version, which nobody reads"


def test_a_feed_that_is_late_is_told_by_the_file_that_is(estate: Estate):
    estate.sections["inputs.devices"] = 'files = ["*_devices_*.csv"]\nmax_age_days = 5'
    estate.write("devices", [DEVICE], "a_devices_20261121.csv")
    estate.write("devices", [DEVICE | {"serial_no": "SN000002"}], "b_devices_20261110.csv")
    estate.run()
    [late] = [row for row in estate.findings() if row["rule"] == "SRC-01"]
    assert late["source_file"] == "b_devices_20261110.csv"
    assert "b_devices_20261110.csv）导出于 2026-11-10" in late["detail"]


def test_a_waiver_that_is_granted_or_taken_back_is_told_as_a_change(estate: Estate):
    estate.write("registrations", registered("SN000001", "SN000002"))
    estate.sections["ledger"] = 'waivers = "waivers.toml"'
    waivers = estate.folder / "waivers.toml"
    waivers.write_text("")
    estate.run()
    waivers.write_text(
        '[[waiver]]\nrule = "REG-01"\nserial_no = "SN000003"\nreason = "待换机"\napprover = "李总"\n'
        "from = 2026-11-01\nuntil = 2026-12-31\n",
        encoding="utf-8",
    )

    def told(night: date, sheet: str) -> list[list[object]]:
        book = openpyxl.load_workbook(estate.folder / "reports" / str(night) / "report.xlsx")
        rows = book[sheet].iter_rows(values_only=True)
        return [[value for value in row if value is not None] for row in rows if any(row)]

    estate.run(NEXT)
    assert ["变化", "加重 0、复发 0、新增 0、新豁免 1、销号 0"] in told(NEXT, "概览")
    assert [row[:1] for row in told(NEXT, "变化") if "SN000003" in row] == [["新豁免"]]
    [since] = [row[-2] for row in told(NEXT, "豁免") if row[0] == "生效中"]
    assert since == datetime(2026, 11, 22), "not before the night that read it"  # noqa: DTZ001 - a day
    waivers.write_text("")
    third = NEXT + timedelta(days=1)
    estate.run(third)
    assert ["变化", "加重 0、复发 0、新增 0、豁免结束 1、销号 0"] in told(third, "概览")
    [taken_back] = [row for row in told(third, "豁免") if row[0] == "已撤回"]
    assert {"待换机", "李总"} <= set(taken_back)
    assert str(taken_back[-1]).startswith(
        "豁免已从豁免清单文件中撤回（原定至 2026-12-31，审批人 李总）：REG-01、"
    )


def test_a_waiver_that_is_written_anew_for_the_same_is_not_taken_back(estate: Estate):
    estate.write("registrations", registered("SN000001", "SN000002"))
    estate.sections["ledger"] = 'waivers = "waivers.toml"'
    waiver = '[[waiver]]\nrule = "REG-01"\nserial_no = "SN000003"\nreason = "待换机"\napprover = "李总"\n'
    waivers = estate.folder / "waivers.toml"
    for night, until in ((AS_OF, "2026-11-30"), (NEXT, "2026-12-31")):
        waivers.write_text(f"{waiver}until = {until}\n", encoding="utf-8")
        estate.run(night)
    book = openpyxl.load_workbook(estate.folder / "reports" / str(NEXT) / "report.xlsx")
    standing = [row[0] for row in book["豁免"].iter_rows(values_only=True) if "李总" in row]
    assert standing == ["生效中"], "it was prolonged"
