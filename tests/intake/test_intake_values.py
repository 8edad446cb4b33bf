"""Values: cleaned without guessing. What cannot be read is rejected, with its place and the reason."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from vendorfiles import HEADER, MERCHANT, Read, book, delimited, device, take_bytes, take_rows

from audit.errors import Unusable
from audit.intake.reading import Reason, Rejection
from audit.tables import MERCHANT_STATUS, REGISTRATION_STATUS, TERMINAL_STATUS

FOREVER = date(9999, 12, 31)


def take_column(folder: Path, header: str, values: list[str], table: str = "devices", **how: Any) -> Read:
    """A file with this column beside sound keys."""
    rows = [["序列号", "商户号", header], *([f"SN{n:06}", MERCHANT, value] for n, value in enumerate(values))]
    return take_rows(folder, rows, table=table, **how)


@pytest.mark.parametrize(
    ("raw", "serial"),
    [
        ("00012345", "00012345"),
        ("00012345\t", "00012345"),
        ("`00012345", "00012345"),
        ("'00012345", "00012345"),
        ("“00012345”", "00012345"),
        ('="00012345"', "00012345"),
        ('\'="00012345"', "00012345"),
        ('= "00012345"', "00012345"),
        ('=T("00012345")', "00012345"),
        ('\u202d="00012345"\u202c', "00012345"),
        ('\u200b="00012345"', "00012345"),
        ('=HYPERLINK("http://tms/00012345","00012345")', "00012345"),
        ("００１２３４５Ａ", "0012345A"),
        ("0001\u200b2345\ufeff", "00012345"),
        ("\u202a00012345\u202c", "00012345"),
        (" 0001 2345 ", "00012345"),
        ("0001\u00a02345\u3000", "00012345"),
        ("ab-12:34_56", "AB123456"),
        ("86001599-29338075", "8600159929338075"),
        ("SN：ab-12 34", "AB1234"),
        ("S/N:00012345", "00012345"),
        ("S/N 00012345", "00012345"),
        ("S/N00012345", "00012345"),
        ("S.N.: 00012345", "00012345"),
        ("Serial No: 00012345", "00012345"),
        ("Serial Number：00012345", "00012345"),
        ("【SN】00012345", "00012345"),
        ("（序列号）00012345", "00012345"),
        ("序列号：00012345", "00012345"),
        ("机身号 00012345", "00012345"),
        ("SN=00012345", "00012345"),
        ("00012345；", "00012345"),
        ("00012345_x000D_", "00012345"),
        ("SN00012345", "SN00012345"),
        ("NO00012345", "NO00012345"),
        ("V1.2.3", "V123"),
        ("12-34.56", "123456"),
        ("898.310.156", "898310156"),
        ("12.34A", "1234A"),
        ("00012345.0", "00012345"),
        ("898,310,156,410,129", "898310156410129"),
        ("1E500123", "1E500123"),
        ("8.98310156410129E14", "898310156410129"),
        ("8.98310156410129E+14", "898310156410129"),
        ("1.857362389E9", "1857362389"),
        ("10234E12", "10234E12"),
        ("SN:NA8839466840/IMEI:860123456789010", "NA8839466840"),
        ("SN：NA8839466840 IMEI：860123456789010", "NA8839466840"),
        ("S/N:NA8839466840\nIMEI1:860123456789010\nIMEI2:860123456789011", "NA8839466840"),
        ("IMEI:860123456789010;SN:NA8839466840", "NA8839466840"),
        ("序列号：NA8839466840，IMEI：860123456789010", "NA8839466840"),
        ("NA8839466840 (IMEI: 860123456789010)", "NA8839466840"),
        ("型号:A8 SN:NA8839466840 MAC:00:1A:2B:3C:4D:5E", "NA8839466840"),
        ("SN NA8839466840 P/N 12345", "NA8839466840"),
    ],
)
def test_what_is_glued_to_a_serial_goes_and_its_zeros_stay(tmp_path: Path, raw: str, serial: str):
    read = take_rows(tmp_path, [HEADER, device(1, f"序列号={raw}"), device(2)])
    assert read.column("serial_no") == [serial, "SN000002"]
    shown = None if raw == serial else raw.strip()
    assert read.rows[0].get("serial_no_raw") == shown
    assert read.reading.rejected == 0


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("8.98E+14", Reason.SCIENTIFIC),
        ("8.9810000000000E14", Reason.SCIENTIFIC),
        ("1E+15", Reason.SCIENTIFIC),
        ("8.9831015641013E14", Reason.SCIENTIFIC),
        ("8.983101564101291E15", Reason.SCIENTIFIC),
        ("8.98E-05", Reason.SCIENTIFIC),
        ("3.25", Reason.FRACTION),
        ("`00012345.67", Reason.FRACTION),
        ("-3.25", Reason.FRACTION),
        ("-12345678", Reason.NOT_AN_IDENTIFIER),
        ("３．２５", Reason.FRACTION),
        ("12345678901234567.0", Reason.PRECISION),
        ("A1234567890、B1234567890", Reason.SEVERAL),
        ("A1234567890;B1234567890", Reason.SEVERAL),
        ("A1234567890\nB1234567890", Reason.SEVERAL),
        ("A1234567890/B1234567890", Reason.SEVERAL),
        ("A1234567890 / B1234567890", Reason.SEVERAL),
        ("SN000001/SN000002", Reason.SEVERAL),
        ("SN:NA8839466840 SN:NA8839466841", Reason.SEVERAL),
        ("ICCID:89860012345678901234;IMEI:860123456789010", Reason.SEVERAL),
        ("SN000001-SN000100", Reason.RANGE),
        ("PB0412340001~PB0412340010", Reason.RANGE),
        ("PB0412340001 至 PB0412340010", Reason.RANGE),
        ("860015992900 to 860015992999", Reason.RANGE),
        ("PB0412340001—PB0412340010", Reason.RANGE),
        ("见附件", Reason.NOT_AN_IDENTIFIER),
        ("SN00012345（旧）", Reason.NOT_AN_IDENTIFIER),
        ("SN*0012345", Reason.NOT_AN_IDENTIFIER),
        ("https://tms.example.com/t/SN0012345", Reason.NOT_AN_IDENTIFIER),
        ("#N/A", Reason.ERROR_CELL),
        ("#REF!", Reason.ERROR_CELL),
    ],
)
def test_what_is_no_serial_is_rejected_and_never_repaired(tmp_path: Path, raw: str, reason: Reason):
    rows = [["商户号", "型号", "序列号"], [MERCHANT, "X1", raw], [MERCHANT, "X1", "SN000002"]]
    read = take_rows(tmp_path, rows)
    assert read.rejected == [(2, "serial_no", reason)]
    assert read.column("serial_no") == [None, "SN000002"]
    assert read.rows[0]["serial_no_raw"] == raw


def test_a_long_serial_in_text_is_kept_digit_by_digit(tmp_path: Path):
    serial = "00001234567890123456789"
    rows = [HEADER, device(1, f"序列号={serial}")]
    for data in (delimited(rows).encode(), book(rows)):
        assert take_bytes(tmp_path, data).column("serial_no") == [serial]


def test_a_rejection_says_file_sheet_row_column_header_value_and_reason(tmp_path: Path):
    data = book([["台账"], HEADER, device(1), device(2, "终端状态=待激活")])
    read = take_bytes(tmp_path, data, "福建.xlsx")
    expected = Rejection("Sheet1", 4, "D", "终端状态", "terminal_status", "待激活", Reason.UNKNOWN_CODE)
    assert read.reading.rejections == (expected,)
    assert read.reading.path == str(tmp_path / "福建.xlsx")
    assert read.column("rejected") == [None, ",terminal_status,"]


def test_every_rejected_cell_is_counted_and_the_first_thousand_are_listed(tmp_path: Path):
    rows = [device(number, "终端状态=天晓得", "安装日期=昨天") for number in range(700)]
    read = take_rows(tmp_path, [HEADER, *rows])
    assert (read.reading.rejected, len(read.reading.rejections)) == (1_400, 1_000)
    assert read.reading.rejected_by == (
        ("terminal_status", "unknown_code", 700),
        ("install_date", "unknown_date", 700),
    )
    assert len(read.rows) == 700


def test_the_first_cells_of_each_kind_are_listed_however_many_of_others_come_before(tmp_path: Path):
    rows = [device(number, "安装日期=昨天") for number in range(1_500)]
    odd = [device(number, "终端状态=天晓得") for number in range(1_500, 1_520)]
    read = take_rows(tmp_path, [HEADER, *rows, *odd])
    codes = [one.row for one in read.reading.rejections if one.reason is Reason.UNKNOWN_CODE]
    dates = [one.row for one in read.reading.rejections if one.reason is Reason.UNKNOWN_DATE]
    assert (codes, dates) == (list(range(1_502, 1_512)), list(range(2, 992)))


DATES = {
    "2026-11-21": date(2026, 11, 21),
    "2026/1/2": date(2026, 1, 2),
    "2026.01.02": date(2026, 1, 2),
    "2026年1月2日": date(2026, 1, 2),
    "２０２６年１月２日": date(2026, 1, 2),
    "2026 年 1 月 2 日": date(2026, 1, 2),
    "2026-\u200b01-02\ufeff": date(2026, 1, 2),
    "2026-01-02 星期五": date(2026, 1, 2),
    "2026年1月2日（周五）": date(2026, 1, 2),
    "2026/1/2 星期五 10:11:12": date(2026, 1, 2),
    "20260102": date(2026, 1, 2),
    "20260102.0": date(2026, 1, 2),
    "20260102093000": date(2026, 1, 2),
    "`2026-01-02\t": date(2026, 1, 2),
    "2026-01-02 10:11:12": date(2026, 1, 2),
    "2026-01-02T10:11:12Z": date(2026, 1, 2),
    "46347": date(2026, 11, 21),
    "46347.33": date(2026, 11, 21),
    "13/04/2026": date(2026, 4, 13),
    "04/13/2026": date(2026, 4, 13),
    "05/05/2026": date(2026, 5, 5),
    "2-Jan-2026": date(2026, 1, 2),
    "02 January 2026": date(2026, 1, 2),
    "Jan. 2, 2026": date(2026, 1, 2),
    "Sept 2 2026 10:00 PM": date(2026, 9, 2),
    "2024-02-29": date(2024, 2, 29),
    "长期": FOREVER,
    "长期有效": FOREVER,
    " 永 久 ": FOREVER,
    "长期（无固定期限）": FOREVER,
    "permanent": FOREVER,
    "9999-12-31": FOREVER,
    "2020-01-01至2026-01-02": date(2026, 1, 2),
    "2020.1.1-2026.1.2": date(2026, 1, 2),
    "2020年1月1日 ~ 长期": FOREVER,
    "20991231": FOREVER,
    "至2026-01-02": date(2026, 1, 2),
    "有效期至：2026年1月2日": date(2026, 1, 2),
    "2026-01-02止": date(2026, 1, 2),
    "自2020年1月1日至2026年1月2日止": date(2026, 1, 2),
    "[2020-01-01, 2026-01-02]": date(2026, 1, 2),
    "20200101--20260102": date(2026, 1, 2),
    "2020-01-01 00:00:00~2026-01-02 23:59:59": date(2026, 1, 2),
    "2020-01-01 to 2026-01-02": date(2026, 1, 2),
    "2020/1/1起至永久": FOREVER,
    "民国115年1月2日": date(2026, 1, 2),
    "26年1月2日": date(2026, 1, 2),
    "26 年 1 月 2 日": date(2026, 1, 2),
    "民國115年1月2日": date(2026, 1, 2),
    "2026、1、2": date(2026, 1, 2),
    "2026。1。2": date(2026, 1, 2),
    "2026·01·02": date(2026, 1, 2),
    "2026—01—02": date(2026, 1, 2),
    "2026\\01\\02": date(2026, 1, 2),
    "2026_1_2": date(2026, 1, 2),
    "2026 01 02": date(2026, 1, 2),
    "02-JAN-26": date(2026, 1, 2),
    "02-1月 -26": date(2026, 1, 2),
    "二〇二六年十一月二十日": date(2026, 11, 20),
    "二零二六年一月二日": date(2026, 1, 2),
    "02JAN2026": date(2026, 1, 2),
    "2026-01-02（已过期）": date(2026, 1, 2),
    "2026年1月2日前有效": date(2026, 1, 2),
    '="2026-01-02"': date(2026, 1, 2),
    "": None,
    "-": None,
    "无": None,
    "0000-00-00": None,
    "0000-00-00 00:00:00": None,
    "0001-01-01": None,
    "0001-01-01 00:00:00": None,
    "0001-01-01T00:00:00+08:00": None,
    "0001/1/1 0:00:00": None,
    "01/01/0001": None,
    "1601-01-01": None,
    "1753-01-01 00:00:00": None,
    "1899-12-30": None,
    "1899-12-31 00:00:00": None,
    "1900-01-00": None,
    "1900-01-01": None,
    "1900/1/1 0:00": None,
    "1970-01-01": None,
    "1970-01-01 08:00:00": None,
    "1970/1/1": None,
    "19700101": None,
    "1970-01-02": date(1970, 1, 2),
    "1969-12-31": date(1969, 12, 31),
}


@pytest.mark.parametrize("raw", DATES)
def test_dates_as_vendors_write_them(tmp_path: Path, raw: str):
    read = take_column(tmp_path, "证书有效期", ["2026-11-20", raw])
    assert read.column("cert_expiry") == [date(2026, 11, 20), DATES[raw]]
    assert read.reading.rejected == 0


@pytest.mark.parametrize(
    "raw", ["0001-01-01 00:00:00", "1753-01-01", "1899-12-30 00:00:00", "1970-01-01 08:00:00"]
)
def test_a_day_zero_is_no_heartbeat(tmp_path: Path, raw: str):
    read = take_column(tmp_path, "最近心跳", ["2026-11-21 03:04:05", raw])
    assert read.column("last_heartbeat_at")[1] is None
    assert read.reading.rejected == 0


@pytest.mark.parametrize(
    "names", [("最近心跳日期", "最近心跳时间"), ("心跳日期", "最近心跳时间"), ("日期", "最近心跳时间")]
)
def test_a_day_beside_a_time_of_day_is_its_day(tmp_path: Path, names: tuple[str, str]):
    rows = [["序列号", *names], ["SN000001", "2026/11/9", "3:04:05"], ["SN000002", "20261110", "23:59"]]
    read = take_rows(tmp_path, [*rows, ["SN000003", "2026-11-11", ""], ["SN000004", "", "01:02:03"]])
    moments = [moment and str(moment) for moment in read.column("last_heartbeat_at")]
    assert moments == ["2026-11-09 03:04:05", "2026-11-10 23:59:00", "2026-11-11 00:00:00", None]
    assert [(row, column) for row, column, _ in read.rejected] == [(5, "last_heartbeat_at")]


def test_forever_keeps_the_word_to_show(tmp_path: Path):
    read = take_column(tmp_path, "证书有效期", ["长期", "2026-11-20", "2099-12-31"])
    assert read.column("cert_expiry_raw") == ["长期", None, "2099-12-31"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("03/04/2026", Reason.AMBIGUOUS_DATE),
        ("26-01-02", Reason.AMBIGUOUS_DATE),
        ("1/2/26", Reason.AMBIGUOUS_DATE),
        ("2026-02-30", Reason.IMPOSSIBLE_DATE),
        ("2026-13-01", Reason.IMPOSSIBLE_DATE),
        ("20260230", Reason.IMPOSSIBLE_DATE),
        ("31/31/2026", Reason.IMPOSSIBLE_DATE),
        ("2025-02-29", Reason.IMPOSSIBLE_DATE),
        ("昨天", Reason.UNKNOWN_DATE),
        ("2-Jann-2026", Reason.UNKNOWN_DATE),
        ("某日至2026-01-02", Reason.UNKNOWN_DATE),
        ("31 Feb 2026", Reason.IMPOSSIBLE_DATE),
        ("2026-01-02 (约)", Reason.UNKNOWN_DATE),
        ("1853915786", Reason.UNKNOWN_DATE),
        ("2026年1月", Reason.UNKNOWN_DATE),
        ("12345", Reason.UNKNOWN_DATE),
        ("0206-01-02", Reason.UNKNOWN_DATE),
        ("1026-01-02", Reason.UNKNOWN_DATE),
        ("13/04/0026", Reason.UNKNOWN_DATE),
        ("898100000000001", Reason.UNKNOWN_DATE),
        ("T", Reason.UNKNOWN_DATE),
        ("#N/A", Reason.ERROR_CELL),
    ],
)
def test_dates_that_would_have_to_be_guessed_are_rejected(tmp_path: Path, raw: str, reason: Reason):
    read = take_column(tmp_path, "证书有效期", ["2026-11-20", raw])
    assert read.rejected == [(3, "cert_expiry", reason)]
    assert read.column("cert_expiry") == [date(2026, 11, 20), None]


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2026-11-21 03:04:05", "2026-11-21 03:04:05"),
        ("2026/11/21 8:05", "2026-11-21 08:05:00"),
        ("2026年11月21日 8时5分9秒", "2026-11-21 08:05:09"),
        ("2026/11/21 下午1:05:00", "2026-11-21 13:05:00"),
        ("2026/11/21 上午12:05:00", "2026-11-21 00:05:00"),
        ("2026-11-21 1:05 PM", "2026-11-21 13:05:00"),
        ("2026-11-21 24:00:00", "2026-11-22 00:00:00"),
        ("2026-11-21 03:04:05.678", "2026-11-21 03:04:05"),
        ("2026-11-20T19:04:05Z", "2026-11-21 03:04:05"),
        ("2026-11-20T20:04:05+01:00", "2026-11-21 03:04:05"),
        ("20261121030405", "2026-11-21 03:04:05"),
        ("46347.5", "2026-11-21 12:00:00"),
        ("2026-11-21 03:04:05 GMT+8", "2026-11-21 03:04:05"),
        ("2026-11-20 19:04:05 (UTC)", "2026-11-21 03:04:05"),
        ("2026-11-21 8点5分", "2026-11-21 08:05:00"),
        ("Sat Nov 21 03:04:05 CST 2026", "2026-11-21 03:04:05"),
        ("Sat Nov 21 2026 03:04:05 GMT+0800 (中国标准时间)", "2026-11-21 03:04:05"),
        ("21-11月-26 03.04.05.678000 下午", "2026-11-21 15:04:05"),
        ("2026-11-21-03.04.05.678000", "2026-11-21 03:04:05"),
        ("2026-11-21 03:04:05,678", "2026-11-21 03:04:05"),
        ("21NOV2026:03:04:05", "2026-11-21 03:04:05"),
        ("Fri, 20 Nov 2026 19:04:05 GMT", "2026-11-21 03:04:05"),
        ("20261120T190405Z", "2026-11-21 03:04:05"),
        ("2026-11-21 03:04:05 (离线)", "2026-11-21 03:04:05"),
        ("2026-11-21 03:04:05（3天前）", "2026-11-21 03:04:05"),
        ("2026-11-21 03-04-05", "2026-11-21 03:04:05"),
        ("20261121_030405", "2026-11-21 03:04:05"),
        ("1795201445000000", "2026-11-21 03:04:05"),
        ("1795201445000000000", "2026-11-21 03:04:05"),
        ("1795201445000", "2026-11-21 03:04:05"),
        ("/Date(1795201445000+0800)/", "2026-11-21 03:04:05"),
        ("/Date(1795201445000)/", "2026-11-21 03:04:05"),
        ("2026-11-21", "2026-11-21 00:00:00"),
    ],
)
def test_moments_are_the_vendors_clock(tmp_path: Path, raw: str, moment: str):
    read = take_column(tmp_path, "最近心跳", [raw])
    assert read.column("last_heartbeat_at") == [datetime.fromisoformat(moment)]


def test_a_device_that_never_called_has_no_heartbeat(tmp_path: Path):
    read = take_column(tmp_path, "最近心跳", ["2026-11-21 03:04:05", "从未上线", "never"])
    assert read.column("last_heartbeat_at")[1:] == [None, None]
    assert read.reading.rejected == 0


def test_a_stated_offset_is_brought_to_the_zone_of_the_estate(tmp_path: Path):
    read = take_column(tmp_path, "最近心跳", ["2026-11-21T03:00:00Z"], zone="Europe/London")
    assert read.column("last_heartbeat_at") == [datetime.fromisoformat("2026-11-21 03:00:00")]


@pytest.mark.parametrize(
    ("table", "header", "column", "labels"),
    [
        ("devices", "终端状态", "terminal_status", TERMINAL_STATUS),
        ("merchants", "商户状态", "merchant_status", MERCHANT_STATUS),
        ("registrations", "报备状态", "reg_status", REGISTRATION_STATUS),
    ],
    ids=["devices", "merchants", "registrations"],
)
def test_every_label_of_a_status_is_understood(
    tmp_path: Path, table: str, header: str, column: str, labels: Any
):
    known = {label: word for word, listed in labels.labels.items() for label in (word, *listed.split(","))}
    keys = [["序列号", "商户号", "商户名称", header]]
    rows = [[f"SN{n:06}", f"8981{n:011}", "店", f" {label.upper()}"] for n, label in enumerate(known)]
    assert take_rows(tmp_path, keys + rows, table=table).column(column) == list(known.values())


def test_labels_in_traditional_characters(tmp_path: Path):
    words = ["已報備", "報備失敗", "審核中", "已註銷", "凍結"]
    rows = [
        ["終端序列號", "商戶編號", "報備狀態"],
        *([f"SN{n:06}", MERCHANT, w] for n, w in enumerate(words)),
    ]
    read = take_rows(tmp_path, rows, table="registrations")
    assert read.column("reg_status") == ["registered", "failed", "pending", "cancelled", "frozen"]
    words, states = ["存倉", "失竊", "損壞", "已遺失"], ["stock", "lost", "repair", "lost"]
    assert take_column(tmp_path, "終端機狀態", words).column("terminal_status") == states


def test_a_submission_is_no_confirmation_and_one_word_may_mean_two_things(tmp_path: Path):
    listed = take_column(tmp_path, "报备状态", ["已报送", "待报备", "注销"], "registrations")
    assert listed.column("reg_status") == ["pending", "not_registered", "cancelled"]
    assert take_column(tmp_path, "终端状态", ["注销"]).column("terminal_status") == ["retired"]


def test_a_word_said_twice_is_that_word_and_two_words_are_none(tmp_path: Path):
    said = ["已报备/Registered", "S-成功", "报备成功（2026-01-02）", "Success（审核通过）", "报备成功！"]
    said += ["Audit Pass 审核通过", "已报备 (Reg Success)"]
    read = take_column(tmp_path, "报备状态", [*said, "已报备（待审核）", "N-已报备"], "registrations")
    assert read.column("reg_status") == ["registered"] * len(said) + [None, None]
    assert [reason for _, _, reason in read.rejected] == [Reason.UNKNOWN_CODE] * 2


def test_marks_around_a_word_say_the_same_or_nobody_knows(tmp_path: Path):
    said = ["报备成功✅", "成功√", "✅ 已报备", "未报备❌", "❌ 未报备", "失败×", "报备失败❌", "审核中⏳"]
    read = take_column(
        tmp_path, "报备状态", [*said, "已报备×", "未报备√", "❌已报备", "√/×"], "registrations"
    )
    expected = [*["registered"] * 3, *["not_registered"] * 2, *["failed"] * 2, "pending"]
    assert read.column("reg_status") == expected + [None] * 4
    assert take_column(tmp_path, "终端状态", ["停用🔴", "正常✅"]).column("terminal_status") == [
        "inactive",
        "active",
    ]


def test_a_comment_behind_a_word_is_none_of_it_unless_it_may_take_it_back(tmp_path: Path):
    said = [
        "❌审核不通过",
        "审核不通过（资料不符）",
        "驳回：缺营业执照",
        "失败-商户不存在",
        "Failed: bad address",
        "Rejected - duplicate terminal",
        "审核中(第2次)",
        "审核通过(自动)",
    ]
    doubtful = [
        "已报备（资料已过期）",
        "已报备-等通知",
        "审核中（已驳回）",
        "INIT_AUDIT",
        "Registered: expired soon",
    ]
    read = take_column(tmp_path, "报备状态", [*said, *doubtful], "registrations")
    expected = [*["failed"] * 6, "pending", "registered"]
    assert read.column("reg_status") == [*expected, *[None] * len(doubtful)]


def test_a_state_beside_its_date_or_subject_is_that_state(tmp_path: Path):
    said = [
        "已报备，2026-10-01",
        "已报备2026年10月1日",
        "2026/10/1 08:05 报备成功",
        "设备已报备",
        "●",
        "0000成功",
    ]
    said += ["报备状态：已报备", "已报备-正常"]
    read = take_column(tmp_path, "报备状态", [*said, "○", "REG_STATUS_FAILED"], "registrations")
    assert read.column("reg_status") == [*["registered"] * 8, "not_registered", "failed"]
    said = ["设备正常", "√", "×", "终端状态：停用", "TERMINAL_STATUS_ACTIVE", "商户停业"]
    words = ["active", "active", "inactive", "inactive", "active", None]
    assert take_column(tmp_path, "终端状态", said).column("terminal_status") == words


@pytest.mark.parametrize(
    "text", ["00-启用", "启用(00)", "1|启用", "01：启用", "启用（1）", "001、启用", "1启用", "【01】启用"]
)
def test_of_a_number_and_a_label_the_label_tells(tmp_path: Path, text: str):
    assert take_column(tmp_path, "终端状态", ["停用", text]).column("terminal_status") == [
        "inactive",
        "active",
    ]


@pytest.mark.parametrize(
    "code", ["00", "1", "1-", "(00)", "1-2", "启用（待审）", "待激活", "???", "正 常 吗"]
)
def test_a_code_nobody_explained_is_rejected(tmp_path: Path, code: str):
    read = take_column(tmp_path, "终端状态", ["在用", code])
    assert read.column("terminal_status") == ["active", None]
    assert read.rejected == [(3, "terminal_status", Reason.UNKNOWN_CODE)]


def test_configured_codes_come_before_the_known_ones(tmp_path: Path):
    codes = {"terminal_status": {"00": "active", "01": "retired", "在用": "stock"}}
    read = take_column(tmp_path, "终端状态", ["00", "０１", " 在用", "库存", "02", ""], codes=codes)
    assert read.column("terminal_status") == ["active", "retired", "stock", "stock", None, None]
    assert read.rejected == [(6, "terminal_status", Reason.UNKNOWN_CODE)]


def test_flags(tmp_path: Path):
    words = {"是": True, "Y": True, "√": True, "1": True, "TRUE": True, "否": False, "n": False, "×": False}
    words |= {"0": False, "无": False, "": None, "N/A": None}
    words |= {"有（已上传）": True, "是√": True, "否(待补)": False, "✅": True}
    read = take_column(tmp_path, "是否备机", [*words, "也许", "有（未上传）", "【】"])
    assert read.column("is_spare") == [*words.values(), None, None, None]
    assert [reason for _, _, reason in read.rejected] == [Reason.NOT_A_FLAG] * 3


def test_numbers(tmp_path: Path):
    read = take_column(tmp_path, "经度", ["119.3", "１１９．３", "1,119.5", "-73.5", "+1", "无", ""])
    assert read.column("longitude") == [119.3, 119.3, 1119.5, -73.5, 1.0, None, None]


@pytest.mark.parametrize(
    ("header", "title", "amounts", "unit"),
    [
        ("近30天交易金额（万元）", "终端台账", [15000.0, 12000.0], "10000"),
        ("交易金额(分)", "单位：万元", [0.015, 12000.0], "0.01"),
        ("交易金额", "金额单位：人民币万元", [15000.0, 12000.0], "10000"),
        ("交易金额(元)", "单位：万元", [1.5, 12000.0], ""),
        ("交易金额", "单位：某某支付公司", [1.5, 12000.0], ""),
    ],
)
def test_a_unit_that_a_header_or_title_states_is_counted_in(
    tmp_path: Path, header: str, title: str, amounts: list[float], unit: str
):
    rows = [[title, "", ""], ["序列号", "商户号", header]]
    rows += [[f"SN00000{n}", MERCHANT, text] for n, text in enumerate(["1.5", "1.2万"])]
    read = take_rows(tmp_path, rows)
    assert read.column("txn_amount") == amounts
    assert [facts.get("unit") for _, facts in read.reading.notices] == ([unit] if unit else [])


def test_marks_in_place_of_lost_characters_are_no_text(tmp_path: Path):
    read = take_column(tmp_path, "门店名称", ["晨光小店", "?????12", "?", "OK??"])
    assert read.column("store_name") == ["晨光小店", None, "?", "OK??"]
    assert [reason for _, _, reason in read.rejected] == [Reason.UNDECODABLE]
    header = ["??????", "??????", "?"]
    reading = take_rows(tmp_path, [header, ["SN000001", MERCHANT, "X1"]]).reading
    assert (reading.error, reading.error_key) == (Unusable.UNREADABLE, "text_lost")


@pytest.mark.parametrize("raw", ["东经119度", "119.3.1", "inf", "1_000", "#N/A"])
def test_what_is_no_number_is_rejected(tmp_path: Path, raw: str):
    read = take_column(tmp_path, "经度", [raw, "119.3"])
    assert read.column("longitude") == [None, 119.3]
    assert read.reading.rejected == 1


@pytest.mark.parametrize("header", ["门店名称", "最近心跳", "终端状态", "终端编号"])
def test_words_for_nothing(tmp_path: Path, header: str):
    words = ["——", "—", "（空）", "(null)", "[NULL]", "无数据", "未填写"]
    read = take_column(tmp_path, header, words)
    assert read.column(read.sheet.mapped[-1].column) == [None] * len(words)
    assert read.reading.rejected == 0


def test_words_for_nothing_may_be_a_name_and_no_reason(tmp_path: Path):
    words = ["NULL", "null", "N/A", "None"]
    read = take_column(tmp_path, "失败原因", [*words, "地址不详"], table="registrations")
    assert read.column("reg_message") == [None] * len(words) + ["地址不详"]
    read = take_column(tmp_path, "商户名称", words)
    assert read.column("merchant_name") == words


def test_a_mobile_number_is_its_figures(tmp_path: Path):
    mobile = [
        "13912345678",
        "139-1234-5678",
        "139 1234 5678",
        "+86 139 1234 5678",
        "86-13912345678",
        "(+86)13912345678",
    ]
    others = ["021-12345678", "0755-1234567-88", "12345678901234"]
    rows = [
        ["商户号", "商户名称", "联系电话"],
        *([f"8981{n:011}", "某店", text] for n, text in enumerate(mobile + others)),
    ]
    read = take_rows(tmp_path, rows, table="merchants")
    assert read.column("phone") == ["13912345678"] * len(mobile) + others


def test_marks_that_turn_text_are_no_part_of_a_word(tmp_path: Path):
    read = take_column(
        tmp_path, "\u202d终端状态\u202c", ["\u202d启用\u202c", "停用\u200e", "\u2068报废\u2069"]
    )
    assert read.column("terminal_status") == ["active", "inactive", "retired"]
    assert read.reading.rejected == 0


def test_quotes_around_a_text_are_not_of_it(tmp_path: Path):
    read = take_column(tmp_path, "门店名称", ["'晨光小店'", "“晨光”小店", "'78 Cafe", "'", "'晨光'与'暮光'"])
    assert read.column("store_name") == ["晨光小店", "“晨光”小店", "'78 Cafe", "'", "'晨光'与'暮光'"]


def test_quotes_around_a_version_are_not_of_it(tmp_path: Path):
    read = take_column(tmp_path, "固件版本", ["'4.1.0'", "'4.1.0", '="4.1.0"'])
    assert read.column("firmware") == ["4.1.0"] * 3


def test_free_text_is_kept_as_it_is_but_for_what_nobody_sees(tmp_path: Path):
    texts = {"`晨光 小店\t": "晨光 小店", "\u200b=1+1": "=1+1", "ＡＢ": "ＡＢ", "5'店": "5'店"}
    read = take_column(tmp_path, "门店名称", [*texts, "-", "NULL", "N/A"])
    assert read.column("store_name") == [*texts.values(), None, "NULL", "N/A"]


KINDS = ["商户号", "批次号", "门店名称", "终端状态", "备机", "证书有效期", "最近心跳", "经度", "固件版本"]


@pytest.mark.parametrize("header", KINDS)
@pytest.mark.parametrize("error", ["#N/A", "#REF!"])
def test_an_error_written_out_as_text_is_no_value(tmp_path: Path, header: str, error: str):
    rows = [["型号", "序列号", header], ["X1", "SN000001", error], ["X1", "SN000002", ""]]
    read = take_rows(tmp_path, rows)
    [rejection] = read.reading.rejections
    assert (rejection.row, rejection.header, rejection.value) == (2, header, error)
    assert read.column(rejection.column) == [None, None]


def test_a_category_is_its_digits_where_its_name_stands_beside_it(tmp_path: Path):
    said = {"5411-超市": "5411", "超市（5411）": "5411", "[5411]超市": "5411", "5411.0": "5411", "54": "54"}
    said |= {"A5411": "A5411", "5411/5812": "5411/5812", "超市": "超市"}
    rows = [[f"8981{number:011}", text] for number, text in enumerate(said)]
    read = take_rows(tmp_path, [["商户号", "MCC"], *rows], table="merchants")
    assert read.column("mcc") == [*said.values()]


def test_the_number_of_a_copy_is_none_of_the_licence(tmp_path: Path):
    said = ["91310106MA1FY12345(1-1)", "310106000123456（1-2）", "91310106MA1FY12345(1)"]
    read = take_column(tmp_path, "营业执照号", said, "merchants")
    assert read.column("uscc") == ["91310106MA1FY12345", "310106000123456", None]


def test_codes_matched_as_written_keep_dashes_and_case(tmp_path: Path):
    read = take_column(tmp_path, "批次号", ["`pc-2026/01 a\t", "００７", "N/A", "PC\u200b01\u202e"])
    assert read.column("batch_no") == ["pc-2026/01 a", "007", None, "PC01"]


@pytest.mark.parametrize("count", [4, 5])
def test_a_list_whose_keys_are_all_lost_is_refused(tmp_path: Path, count: int):
    rows = [["商户编号", "商户名称"], *(["8.9844E+14", f"商户{number}"] for number in range(count))]
    read = take_rows(tmp_path, rows, table="merchants")
    if count == 4:
        assert (read.reading.error, read.reading.rejected) == ("", 4)
        return
    assert (read.reading.error, read.reading.error_key) == ("unreadable_values", "keys_unreadable")
    assert read.reading.error_facts == {
        "column": "merchant_no",
        "count": 5,
        "rejected_for": "scientific",
        "values": ["8.9844E+14"],
    }


def test_a_list_with_another_key_than_the_lost_one_is_read(tmp_path: Path):
    header = ["序列号", "商户编号", "终端号"]
    rows = [header, *(["8.9844E+14", MERCHANT, f"0000000{number}"] for number in range(6))]
    read = take_rows(tmp_path, rows)
    assert (read.reading.error, read.reading.rows, read.reading.rejected) == ("", 6, 6)


def test_registrations_whose_states_are_all_unknown_are_refused_and_explained_by_codes(tmp_path: Path):
    rows = [["序列号", "商户号", "报备状态"], *([f"SN{n:06}", MERCHANT, str(n % 2)] for n in range(6))]
    read = take_rows(tmp_path, rows, table="registrations")
    assert (read.reading.error, read.reading.error_key) == ("unreadable_values", "codes_unknown")
    assert (read.reading.error_facts["column"], read.reading.error_facts["values"]) == (
        "reg_status",
        ["0", "1"],
    )
    codes = {"reg_status": {"0": "pending", "1": "registered"}}
    read = take_rows(tmp_path, rows, table="registrations", codes=codes)
    assert (read.reading.error, set(read.column("reg_status"))) == ("", {"pending", "registered"})


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["1795201445", "1795201445.0", "", "0", "-"], ["2026-11-21 03:04:05"] * 2 + [None] * 3),
        (
            ["1795201445", "2026-11-21", "1795201446"],
            [None, "2026-11-21 00:00:00", None],
        ),  # one alone is no moment
        (["1795201445", "-1"], ["2026-11-21 03:04:05", None]),
        (["1795201445", "待定"], [None, None]),
        (["1911210805", "1912011230"], [None, None]),  # 2019-11-21 08:05 as well
    ],
)
def test_ten_digits_in_all_cells_of_a_column_count_seconds(
    tmp_path: Path, cells: list[str], read: list[str | None]
):
    rows = [["序列号", "最近心跳"], *([f"SN{number:06}", cell] for number, cell in enumerate(cells))]
    found = take_rows(tmp_path, rows)
    moments = [moment and str(moment) for moment in found.column("last_heartbeat_at")]
    assert moments == read
    told = [facts for key, facts in found.reading.notices if key == "moments_in_seconds"]
    assert told == ([{"sheet": "", "headers": ["最近心跳"]}] if read[0] else [])


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        (["21/11/2026", "03/04/2026", "04/05/2026"], "dates_day"),
        (["11/21/2026", "03/04/2026", "04/05/2026"], "dates_month"),
        (["21/11/2026", "11/21/2026", "03/04/2026", "04/05/2026"], "dates_unclear"),
        (["2026-11-21", "26/11/21", "26-11-22"], "dates_unclear"),
    ],
)
def test_of_dates_that_may_be_two_the_column_is_told_with_what_helps(
    tmp_path: Path, dates: list[str], told: str
):
    rows = [HEADER, *(device(number, f"安装日期={text}") for number, text in enumerate(dates))]
    read = take_rows(tmp_path, rows)
    assert [reason for *_, reason in read.rejected] == ["ambiguous_date"] * 2
    assert read.reading.notices == ((told, {"sheet": "", "header": "安装日期", "count": 2}),)


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("最近心跳时间(UTC)", "2026-11-20 16:05:00"),
        ("Last Heartbeat (UTC)", "2026-11-20 16:05:00"),
        ("最近心跳时间（GMT+8）", "2026-11-20 08:05:00"),
        ("最近心跳时间（UTC+09:00）", "2026-11-20 07:05:00"),
    ],
)
def test_a_header_says_on_which_clock_its_moments_are(tmp_path: Path, header: str, shown: str):
    times = ["2026-11-20 08:05:00", "2026/11/20 8:05", "2026-11-20T08:05:00+08:00", "2026-11-20", "很久"]
    rows = [["序列号", "商户号", header], *([f"SN{n:06}", MERCHANT, text] for n, text in enumerate(times))]
    read = take_rows(tmp_path, rows)
    found = [str(moment) for moment in read.column("last_heartbeat_at")]
    assert found == [shown, shown, "2026-11-20 08:05:00", "2026-11-20 00:00:00", "None"]
    assert read.reading.notices == (("clock_stated", {"sheet": "", "headers": [header]}),)
    assert read.reading.rejections[0].value == "很久"


@pytest.mark.parametrize(
    ("header", "column"), [("厂商", "vendor"), ("批次号", "batch_no"), ("安装地址", "address")]
)
@pytest.mark.parametrize("word", ["同上", " 〃", "Ditto"])
def test_what_is_said_by_the_row_above_is_told_and_is_no_value(
    tmp_path: Path, header: str, column: str, word: str
):
    read = take_column(tmp_path, header, ["A001", word, "A002"])
    assert read.column(column) == ["A001", None, "A002"]
    assert read.rejected == [(3, column, Reason.DITTO)]


def test_a_remark_may_say_as_above(tmp_path: Path):
    read = take_column(tmp_path, "备注", ["换机", "同上"])
    assert (read.column("remark"), read.rejected) == (["换机", "同上"], [])


@pytest.mark.parametrize(
    ("header", "column"),
    [("厂商", "vendor"), ("商户名称", "merchant_name"), ("安装地址", "address"), ("固件版本", "firmware")],
)
@pytest.mark.parametrize("word", ["****", "*", " ＊＊＊ ", "●●●●", "已脱敏", "保密"])
def test_a_cell_masked_as_a_whole_is_told_and_is_no_value(
    tmp_path: Path, header: str, column: str, word: str
):
    read = take_column(tmp_path, header, ["A001", word, "A**2"])
    assert read.column(column) == ["A001", None, "A**2"]
    assert read.rejected == [(3, column, Reason.HIDDEN)]


def test_masked_telephones_are_not_one_telephone(tmp_path: Path):
    rows = [["商户号", "商户名称", "联系电话"]]
    rows += [[f"89810000000000{n}", f"晨光店{n}", "***********"] for n in range(1, 4)]
    read = take_rows(tmp_path, [*rows, ["898100000000004", "晨光店4", "138****0001"]], table="merchants")
    assert read.column("phone") == [None, None, None, "138****0001"]
    assert read.rejected == [(row, "phone", Reason.HIDDEN) for row in (2, 3, 4)]


@pytest.mark.parametrize("word", ["####", "########"])
def test_what_a_narrow_column_shows_is_an_error(tmp_path: Path, word: str):
    read = take_column(tmp_path, "安装地址", ["人民路1号", word, "－－"])
    assert read.column("address") == ["人民路1号", None, None]
    assert read.rejected == [(3, "address", Reason.ERROR_CELL)]


@pytest.mark.parametrize(("header", "column"), [("批次号", "batch_no"), ("ICCID", "iccid")])
def test_a_reference_in_scientific_notation_is_told_and_is_no_value(tmp_path: Path, header: str, column: str):
    read = take_column(tmp_path, header, ["8986001", "8.99E+18", "1.2345E4"])
    assert read.column(column) == ["8986001", None, "12345"]
    assert read.rejected == [(3, column, Reason.SCIENTIFIC)]


def test_telephones_in_scientific_notation_are_not_one_telephone(tmp_path: Path):
    rows = [["商户号", "商户名称", "联系电话"]]
    rows += [[f"89810000000000{n}", f"晨光店{n}", "1.38E+10"] for n in range(1, 4)]
    read = take_rows(tmp_path, rows, table="merchants")
    assert read.rejected == [(row, "phone", Reason.SCIENTIFIC) for row in (2, 3, 4)]


@pytest.mark.parametrize("channel", ["微信（网联）", "银联-微信", "支付宝[银联]"])
def test_one_channel_by_way_of_another_is_not_taken_for_both(tmp_path: Path, channel: str):
    rows = [["序列号", "商户号", "渠道", "报备状态"], ["SN000001", MERCHANT, channel, "已报备"]]
    read = take_rows(tmp_path, rows, table="registrations")
    assert (read.column("channel"), read.rejected) == ([None], [(2, "channel", Reason.UNKNOWN_CODE)])


def test_a_ledger_says_in_use_by_truth_values(tmp_path: Path):
    rows = [["序列号", "商户号", "是否启用"], ["SN000001", MERCHANT, True], ["SN000002", MERCHANT, False]]
    assert take_bytes(tmp_path, book(rows)).column("terminal_status") == ["active", "inactive"]


@pytest.mark.parametrize(
    ("status", "word", "table"),
    [
        ("终端状态", "库存:代理商库存", "devices"),
        ("终端状态", "丢失:去向不明", "devices"),
        ("报备状态", "审核中:已上送未返回", "registrations"),
        ("报备状态", "未报备:未发起报备", "registrations"),
        ("报备状态", "冻结:暂停受理", "registrations"),
        ("商户状态", "待审核:资料不全", "merchants"),
        ("商户状态", "冻结:异常冻结", "merchants"),
    ],
)
def test_words_of_other_vendors(tmp_path: Path, status: str, word: str, table: str):
    known, other = word.split(":")
    header = ["商户号", "商户名称", status] if table == "merchants" else ["序列号", "商户号", status]
    rows = [[f"{int(MERCHANT) + n}", "晨光", said] for n, said in enumerate((known, other))]
    if table != "merchants":
        rows = [[f"SN{n:06}", MERCHANT, said] for n, said in enumerate((known, other))]
    first, second = take_rows(tmp_path, [header, *rows], table=table).rows or []
    name = {"devices": "terminal_status", "registrations": "reg_status", "merchants": "merchant_status"}[
        table
    ]
    assert first[name] == second[name] is not None


@pytest.mark.parametrize(("said", "word"), [("停用状态", "inactive"), ("库存状态", "stock"), ("状态", None)])
def test_a_state_that_calls_itself_one(tmp_path: Path, said: str, word: str | None):
    assert take_column(tmp_path, "终端状态", ["在用", said]).column("terminal_status") == ["active", word]


@pytest.mark.parametrize(
    ("header", "column"),
    [("厂商", "vendor"), ("商户名称", "merchant_name"), ("安装地址", "address"), ("固件版本", "firmware")],
)
def test_a_value_that_nobody_has_said_yet_is_none(tmp_path: Path, header: str, column: str):
    words = ["未知", "不详", " 待补充 ", "待定", "待确认"]
    read = take_column(tmp_path, header, ["A001", *words, "未知科技A1"])
    assert read.column(column) == ["A001", *[None] * len(words), "未知科技A1"]
    assert read.rejected == []


def test_unknown_may_be_a_name_a_remark_or_a_reason(tmp_path: Path):
    assert take_column(tmp_path, "型号", ["Unknown", "TBD", "A8"]).column("model") == [None, None, "A8"]
    assert take_column(tmp_path, "商户名称", ["Unknown"]).column("merchant_name") == ["Unknown"]
    assert take_column(tmp_path, "备注", ["待确认"]).column("remark") == ["待确认"]
    read = take_column(tmp_path, "失败原因", ["未知"], table="registrations")
    assert read.column("reg_message") == ["未知"]


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ("报备是否成功", "failed"),
        ("是否审核通过", "failed"),
        ("报备成功（是/否）", "failed"),
        ("报备成功与否", "failed"),
        ("是否报备", "not_registered"),
    ],
)
def test_no_is_what_its_header_asks(tmp_path: Path, header: str, word: str):
    read = take_column(tmp_path, header, ["是", "否", "N", "审核中"], table="registrations")
    assert read.column("reg_status") == ["registered", word, word, "pending"]


def test_versions_in_full_width_compare(tmp_path: Path):
    assert take_column(tmp_path, "固件版本", ["３．１０．２", "Ｖ2.0"]).column("firmware") == [
        "3.10.2",
        "V2.0",
    ]


def test_a_terminal_that_is_offline_is_in_use_all_the_same(tmp_path: Path):
    states = ["在线", "离线", "掉线", "Online", "Offline", "OFF LINE"]
    rows = [device(number, f"终端状态={state}") for number, state in enumerate(states, 1)]
    assert take_rows(tmp_path, [HEADER, *rows]).column("terminal_status") == ["active"] * len(states)
