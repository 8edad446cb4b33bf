"""Several devices in a row, in numbered columns; several tables on a sheet, each read for its own feed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from vendorfiles import HEADER, MERCHANT, book, delimited, device, put, take, take_rows

from audit.errors import Unusable
from audit.report.sentences import notice_sentences
from audit.words import load_words

SN = [f"PB04MQY2W{number:04}" for number in range(9)]


@pytest.mark.parametrize(
    "headers",
    [
        ("SN1", "型号1", "SN2", "型号2"),
        ("序列号（1）", "型号（1）", "序列号（2）", "型号（2）"),
        ("终端1序列号", "终端1型号", "终端2序列号", "终端2型号"),
        ("第一台SN", "第一台型号", "第二台SN", "第二台型号"),
        ("1号机SN", "1号机型号", "2号机SN", "2号机型号"),
        ("SN①", "SN①型号", "SN②", "SN②型号"),
        ("Device 1 Serial No", "Device 1 Model", "Device 2 Serial No", "Device 2 Model"),
    ],
)
def test_each_device_of_a_row_is_a_row_of_its_own(tmp_path: Path, headers: tuple[str, ...]):
    rows = [
        ["商户号", *headers, "门店名称"],
        [MERCHANT, SN[0], "P2", SN[1], "V2", "一店"],
        [MERCHANT, SN[2], "P2", "", "", "二店"],
        [MERCHANT, SN[3], "P2", "无", "", "三店"],
        [MERCHANT, "", "", SN[4], "V2", "四店"],
        [MERCHANT, "", "", "", "", "五店"],
        ["合计", "3", "", "2", "", ""],
    ]
    read = take_rows(tmp_path, rows)
    assert read.column("serial_no") == [SN[0], SN[2], SN[3], SN[1], SN[4]]
    assert read.column("model") == ["P2", "P2", "P2", "V2", "V2"]
    assert read.column("store_name") == ["一店", "二店", "三店", "一店", "四店"]
    assert read.column("source_row") == [2, 3, 4, 2, 5]
    assert ("devices_in_columns", {"sheet": "", "headers": list(headers)}) in read.reading.notices
    # a shop without any device is told once
    assert [sheet.set_aside.get("blank_key", 0) for sheet in read.reading.sheets] == [1, 0]


def test_numbers_above_the_names_of_columns(tmp_path: Path):
    rows = [
        ["商户号", "第一台", None, "第二台", None],
        [None, "SN", "型号", "SN", "型号"],
        [MERCHANT, SN[0], "P2", SN[1], "V2"],
    ]

    def merged(made):
        for area in ("A1:A2", "B1:C1", "D1:E1"):
            made.worksheets[0].merge_cells(area)

    read = take(put(tmp_path / "two.xlsx", book(rows, change=merged)), table="")
    assert read.reading.tables == ("devices",)
    assert list(zip(read.column("serial_no"), read.column("model"), strict=True)) == [
        (SN[0], "P2"),
        (SN[1], "V2"),
    ]


def test_what_numbers_no_devices_stays_as_it_is(tmp_path: Path):
    of_one = take_rows(tmp_path, [["序列号", "终端号1", "终端号2"], [SN[0], "10000001", "10000002"]])
    assert of_one.column("serial_no") == [SN[0]]
    twice = take_rows(tmp_path, [["商户号", "序列号", "序列号"], [MERCHANT, SN[0], SN[1]]])
    assert twice.reading.error == Unusable.AMBIGUOUS_COLUMN
    # the second number of two may be that of a keyboard, the third is that of a third device
    second = take_rows(tmp_path, [["商户号", "SN", "SN2"], [MERCHANT, *SN[:2]], [MERCHANT, SN[2], "无"]])
    assert second.column("serial_no") == [SN[0], SN[2]]
    facts = {"sheet": "", "headers": ["SN2"], "count": 1}
    assert second.reading.notices == (("device_numbers_left", facts),)
    [said] = notice_sentences(replace(second.reading, path="/data/终端台账.csv"), load_words("zh"))
    assert said.startswith("工作表“终端台账”的 SN2 列有 1 行")
    three = take_rows(tmp_path, [["商户号", "SN", "SN2", "SN3"], [MERCHANT, *SN[:3]]])
    assert three.column("serial_no") == SN[:3]


def test_registrations_of_several_devices_in_a_row(tmp_path: Path):
    rows = [["商户号", "SN1", "报备状态1", "SN2", "报备状态2"], [MERCHANT, SN[0], "已报备", SN[1], "未报备"]]
    read = take_rows(tmp_path, rows, table="registrations")
    assert list(zip(read.column("serial_no"), read.column("reg_status"), strict=True)) == [
        (SN[0], "registered"),
        (SN[1], "not_registered"),
    ]


def test_moments_in_seconds_of_a_row_are_those_of_each_of_its_devices(tmp_path: Path):
    rows = [
        ["商户号", "SN1", "SN2", "最近心跳"],
        [MERCHANT, *SN[:2], "1795201445"],
        [MERCHANT, SN[2], "", "1795201445"],
    ]
    moments = take_rows(tmp_path, rows).column("last_heartbeat_at")
    assert list(map(str, moments)) == ["2026-11-21 03:04:05"] * 3


def test_channels_of_several_devices_in_a_row(tmp_path: Path):
    rows = [
        ["商户号", "机具1SN", "机具1微信", "机具2SN", "机具2微信"],
        [MERCHANT, SN[0], "已报备", SN[1], "未报备"],
    ]
    read = take_rows(tmp_path, rows, table="registrations")
    assert read.column("reg_status_wechat") == ["registered", "not_registered"]


def test_each_feed_finds_its_own_table_on_a_sheet_of_several(tmp_path: Path):
    ledger = [[*HEADER[:3], "厂商", "终端号", *HEADER[3:]]]
    ledger += [
        [*row[:3], "商米", f"1000{number:04}", *row[3:]] for number in range(60) for row in [device(number)]
    ]
    registered = [
        ["序列号", "渠道", "报备状态"],
        *([device(number)[0], "微信", "已报备"] for number in range(3)),
    ]
    merchants = [["商户号", "商户名称", "法人姓名"], [MERCHANT, "某店", "张三"]]
    for tables in ([ledger, registered, merchants], [merchants, registered, ledger]):
        rows = [row for table in tables for row in (*table, [])]
        path = put(tmp_path / "all.csv", delimited([*row, *[""] * (8 - len(row))] for row in rows).encode())
        found = {name: take(path, name) for name in ("devices", "registrations", "merchants")}
        assert {name: len(read.rows or ()) for name, read in found.items()} == {
            "devices": 60,
            "registrations": 3,
            "merchants": 1,
        }
        assert found["registrations"].column("reg_status") == ["registered"] * 3


@pytest.mark.parametrize(
    "headers",
    [
        ("起始序列号", "结束序列号"),
        ("SN起", "SN止"),
        ("序列号（起）", "序列号（止）"),
        ("起始SN号", "终止SN号"),
        ("Start SN", "End SN"),
    ],
)
def test_runs_of_numbers_are_no_list_of_devices(tmp_path: Path, headers: tuple[str, str]):
    rows = [["入库单"], ["商户号", "型号", *headers, "台数"], [MERCHANT, "P2", SN[1], SN[8], "8"]]
    reading = take_rows(tmp_path, rows).reading
    assert (reading.error, reading.error_key) == (Unusable.MISSING_COLUMN, "columns_of_ranges")
    assert reading.error_facts == {"sheet": "", "row": 2, "headers": list(headers)}


def test_what_is_wrong_with_a_list_of_devices_comes_before_a_list_of_runs(tmp_path: Path):
    made = openpyxl.Workbook()
    for row in (["商户号", "序列号", "序列号"], [MERCHANT, *SN[:2]]):
        made.active.append(row)
    runs = made.create_sheet("号段")
    for row in (["起始序列号", "结束序列号"], [SN[0], SN[8]]):
        runs.append(row)
    made.save(tmp_path / "both.xlsx")
    assert take(tmp_path / "both.xlsx").reading.error == Unusable.AMBIGUOUS_COLUMN
