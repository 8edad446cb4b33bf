"""What intake works out for the rules: types, forms, exchanged columns, documents, unread cells, turnover."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc
from vendorfiles import MERCHANT, SECRET, Read, book, take_bytes, take_rows

from audit.intake.cells import clean_number
from audit.intake.documents import are_citizen_numbers, are_credit_codes
from audit.intake.identifiers import Unreadable
from audit.tables.codes import DEVICE_TYPE, device_type_code

LEDGER = ["序列号", "终端号", "商户号", "状态"]


def ledger(count: int, **changes: dict[int, str]) -> list[list[str]]:
    """A ledger of sound rows; `changes` are values by row, by header."""
    rows = []
    for n in range(count):
        row = dict(zip(LEDGER, [f"LW{n:010}", f"{n:08}", f"8981{n % 7:011}", "在用"], strict=True))
        rows.append(list((row | {name: at[n] for name, at in changes.items() if n in at}).values()))
    return [LEDGER, *rows]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("11", "11"),
        ("１１", "11"),
        ("11-条码支付辅助受理终端", "11"),
        ("条码支付辅助受理终端（如：台牌码）", "11"),
        ("条码支付受理终端", "10"),
        ("04:智能POS", "04"),
        ("智能 pos（5.5寸）", "04"),
        ("传统POS", "02"),
        ("POS", "02"),
        ("Ⅱ型固定电话", "05"),
        ("刷脸付终端", "09"),
        ("码牌", "11"),
        ("静态码", "11"),
        ("QR plate", "11"),
        ("小白盒", "10"),
        ("手刷", "03"),
        ("电话POS", "05"),
        ("刷脸", "09"),
        ("06-扫码设备", None),
        ("07", None),
        ("4", None),
        ("移动POS", None),
        ("扫码盒子", "10"),
        ("云喇叭", None),
        ("99", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("table", ["devices", "registrations"])
def test_types_of_terminal_are_told_by_code_or_name(tmp_path: Path, table: str, text: str, code: str | None):
    rows = [
        ["序列号", "商户号", "状态", "终端类型"],
        ["SN1", MERCHANT, "正常" if table == "devices" else "成功", text],
    ]
    assert take_rows(tmp_path, rows, table=table).column("device_type_code") == [code]


@given(st.text(), st.sampled_from(DEVICE_TYPE.words))
def test_no_type_is_too_odd_to_look_up(text: str, code: str):
    assert device_type_code(text) in (None, *DEVICE_TYPE.words)
    for label in DEVICE_TYPE.labels[code].split(","):
        assert device_type_code(f"{code}-{label}") == device_type_code(f" {label}（{text}）") == code


def test_values_of_another_form_are_named(tmp_path: Path):
    rows = ledger(
        300, 终端号={3: "1234567", 4: "", 5: "12345678901"}, 商户号={3: "12345", 6: "89810000000000", 7: ""}
    )
    found = take_rows(tmp_path, rows).column("format_faults")
    assert {row: fault for row, fault in enumerate(found) if fault} == {
        3: ",terminal_id,merchant_no,",
        5: ",terminal_id,",
        6: ",merchant_no,",
    }


def test_a_source_of_other_terminal_numbers_has_no_fault(tmp_path: Path):
    shorter = {n: f"{n:06}" for n in range(0, 50, 2)}
    assert take_rows(tmp_path, ledger(50, 终端号=shorter)).column("format_faults") == [None] * 50


def test_merchant_numbers_of_several_lengths_are_all_sound(tmp_path: Path):
    longer = {n: f"8981{n:012}" for n in range(0, 50, 10)}
    assert take_rows(tmp_path, ledger(50, 商户号=longer)).column("format_faults") == [None] * 50


def test_a_category_has_four_digits(tmp_path: Path):
    rows = [
        ["商户号", "MCC码"],
        *([f"8981{n:011}", mcc] for n, mcc in enumerate(["5812", "581", "餐饮", "", "58120"])),
    ]
    found = take_rows(tmp_path, rows, table="merchants").column("format_faults")
    assert found == [None, ",mcc,", ",mcc,", None, ",mcc,"]


def test_values_in_each_others_column_are_named(tmp_path: Path):
    rows = ledger(60)
    rows[10][0], rows[10][2] = rows[10][2], rows[10][0]
    rows[20][1], rows[20][2] = rows[20][2], rows[20][1]
    rows[30][0] = "898100000000999"  # a serial like a merchant number, but no merchant number like a serial
    rows[40][2] = "8981000000001"  # a merchant number of another length, and a serial of its own form
    found = take_rows(tmp_path, rows).column("swapped_fields")
    assert {row + 1: pair for row, pair in enumerate(found) if pair} == {
        10: "serial_no,merchant_no",
        20: "terminal_id,merchant_no",
    }


def test_serials_and_terminal_numbers_that_changed_places_all_over_a_file(tmp_path: Path):
    rows = [LEDGER, *([f"{n:08}", f"LW{n:010}", f"8981{n:011}", "在用"] for n in range(30))]
    rows[7][0], rows[7][1] = rows[7][1], rows[7][0]  # the only one that is right
    found = take_rows(tmp_path, rows).column("swapped_fields")
    assert [row + 1 for row, pair in enumerate(found) if pair != "serial_no,terminal_id"] == [7]
    rows[9:15] = [[f"LW{n:010}", f"{n:08}", f"8981{n:011}", "在用"] for n in range(6)]
    found = take_rows(tmp_path, rows).column("swapped_fields")
    assert found == [None] * 30, "some have long terminal numbers"


def test_serials_and_merchant_numbers_that_changed_places_all_over_a_file(tmp_path: Path):
    header = ["序列号", "商户号"]
    swapped = [[f"89810000000000{number // 3}", f"PB04MQY{number:05}"] for number in range(12)]
    found = take_rows(tmp_path, [header, *swapped]).column("swapped_fields")
    assert found == ["serial_no,merchant_no"] * 12
    right = [list(reversed(row)) for row in swapped]
    assert take_rows(tmp_path, [header, *right]).column("swapped_fields") == [None] * 12
    # serial numbers of 15 digits with a merchant each, of whatever form, are serial numbers
    modems = [[f"86001599293380{number}", f"M{number:05}"] for number in range(10)]
    assert take_rows(tmp_path, [header, *modems]).column("swapped_fields") == [None] * 10
    blanks = [["000000000000000", f"M{number:05}"] for number in range(10)]
    assert take_rows(tmp_path, [header, *blanks]).column("swapped_fields") == [None] * 10


def test_columns_that_look_alike_tell_nothing(tmp_path: Path):
    rows = [LEDGER, *([f"{n:015}", f"{n:08}", f"8981{n:011}", "在用"] for n in range(30))]
    rows[5][0], rows[5][2] = rows[5][2], rows[5][0]
    assert take_rows(tmp_path, rows).column("swapped_fields") == [None] * 30


@pytest.mark.parametrize("table", ["registrations", "merchants"])
def test_forms_are_judged_in_every_list(tmp_path: Path, table: str):
    rows = [
        ["序列号", "商户号", "报备状态", "商户状态"],
        *([f"LW{n:010}", f"8981{n:011}", "成功", "正常"] for n in range(120)),
    ]
    rows[7][1] = "8981"
    found = take_rows(tmp_path, rows, table=table).column("format_faults")
    assert {row + 1: fault for row, fault in enumerate(found) if fault} == {7: ",merchant_no,"}


def numbered(body: str) -> str:
    """A citizen number with its check digit."""
    return body + ric.calc_check_digit(f"{body}0")


PERSON = "11010519491231002X"
DOCUMENTS = {
    PERSON: "valid",
    "110105194912310021": "invalid",
    # first given in a district that was founded after this birth: 天河区, 1985
    numbered("44010619700101001"): "valid",
    numbered("81000019800101001"): "valid",
    numbered("82000019800101001"): "valid",
    numbered("83000019800101001"): "valid",
    "810000198001010010": "invalid",
    "911124198108030024": "valid",  # the specimen of the card of foreign permanent residents
    numbered("99000019800230001"): "invalid",  # a 30th of February
    numbered("00000019900101001"): "invalid",  # no such province
    "110105491231002": "legacy",
    "CAN110081080310": None,
    "E12345678": None,
    "H1234567890": None,
    "": None,
}


@pytest.mark.parametrize("number", DOCUMENTS)
def test_numbers_of_persons_are_checked_before_they_are_masked(tmp_path: Path, number: str):
    rows = [["商户号", "法人身份证号"], [MERCHANT, number]]
    [row] = take_rows(tmp_path, rows, table="merchants", secret=SECRET).rows
    assert row["legal_id_check"] == DOCUMENTS[number]
    assert not number or row["legal_id_no"] != number


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        ("居民身份证", "invalid"),
        ("港澳居民居住证", "invalid"),
        ("", "invalid"),
        ("01", "invalid"),
        ("护照", None),
        ("港澳居民来往内地通行证", None),
        ("Passport", None),
        ("其他", None),
    ],
)
def test_another_document_is_not_judged_as_a_citizen_number(tmp_path: Path, kind: str, check: str | None):
    rows = [["商户号", "法人证件类型", "法人证件号码"], [MERCHANT, kind, "110105194912310021"]]
    assert take_rows(tmp_path, rows, table="merchants").column("legal_id_check") == [check]


@given(st.text(), st.from_regex(r"\d{17}[\dX]", fullmatch=True))
def test_one_wrong_digit_is_never_a_citizen_number(anything: str, number: str):
    assert are_citizen_numbers(pa.array([anything])).tolist() in ([True], [False])
    assert are_citizen_numbers(pa.array([number[:17] + digit for digit in "0123456789X"])).sum() <= 1


def is_kept_by_stdnum(number: str) -> bool:
    """Whether the library finds digits, birth date and check digit of a citizen number right."""
    try:
        ric.get_birth_date(number)
    except ric.ValidationError:
        return False
    return ric.calc_check_digit(number) == number[-1]


@given(
    st.lists(
        st.from_regex(r"11(?:0[0-9]){2}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9X]", fullmatch=True),
        max_size=9,
    )
)
def test_citizen_numbers_are_checked_as_stdnum_checks_them(numbers: list[str]):
    numbers += [number[:17] + ric.calc_check_digit(number) for number in numbers]
    found = are_citizen_numbers(pa.array([*numbers, None], pa.string())).tolist()
    assert found == [*map(is_kept_by_stdnum, numbers), False]


@given(
    st.lists(
        st.from_regex(r"[0-9A]{8}[0-9A-Z]{9}[0-9A-Z]", fullmatch=True) | st.text(max_size=20), max_size=9
    )
)
def test_credit_codes_are_checked_as_stdnum_checks_them(codes: list[str]):
    codes = [code.upper() for code in codes if not set(code) - set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")]
    own = [code for code in codes if len(code) == 18 and not set(code) & set("IOSVZ")]
    codes += [code[:17] + uscc.calc_check_digit(code) for code in own]
    found = are_credit_codes(pa.array([None, *codes], pa.string())).tolist()
    assert found == [False, *map(uscc.is_valid, codes)]


@pytest.mark.parametrize("table", ["merchants", "registrations"])
def test_a_permit_in_place_of_a_credit_code_is_a_persons_number(tmp_path: Path, table: str):
    number = numbered("83000019800101001")
    rows = [
        ["序列号", "商户号", "状态", "统一社会信用代码"],
        ["SN1", MERCHANT, "正常" if table == "merchants" else "成功", number],
    ]
    [row] = take_rows(tmp_path, rows, table=table, secret=SECRET).rows
    assert row["uscc_check"] == "id_number"
    assert row["uscc"].startswith("830****")
    assert row["uscc_hash"]


@pytest.mark.parametrize(
    ("number", "mcc"),
    [
        ("898440158120001", "5812"),
        ("89844015812000A", "5812"),
        ("8984401ABCD0001", None),
        ("8984401581200012", None),
        ("89844015812", None),
        ("", None),
    ],
)
def test_the_category_in_a_merchant_number(tmp_path: Path, number: str, mcc: str | None):
    rows = [["商户号", "商户名称"], [number, "店"], [MERCHANT, "店"]]
    read = take_rows(tmp_path, rows, table="merchants")
    assert read.column("mid_mcc") == ([mcc, "0000"] if number else ["0000"])


def test_rejected_cells_say_why_and_what_they_held(tmp_path: Path):
    header = ["序列号", "商户号", "终端状态", "安装日期"]
    rows = [header, ["8.6E+17", MERCHANT, "在用", "昨天"], ["SN1", MERCHANT, "在用", "2025-01-15"]]
    read = take_rows(tmp_path, rows)
    assert read.column("rejected") == [",serial_no,install_date,", None]
    assert read.column("rejected_reasons") == [",serial_no=scientific,install_date=unknown_date,", None]
    assert read.column("unread_text") == ["serial_no=8.6E+17\x1finstall_date=昨天", None]


def test_a_number_a_spreadsheet_rounded_is_shown_as_it_stands(tmp_path: Path):
    read = take_bytes(
        tmp_path, book([["序列号", "商户号", "型号"], [12345678901234567890, MERCHANT, "X1"]]), "台账.xlsx"
    )
    assert read.column("rejected_reasons") == [",serial_no=precision,"]
    assert read.column("unread_text")[0].startswith("serial_no=1234567890123456")


def test_unread_numbers_of_persons_are_masked(tmp_path: Path):
    rows = [
        ["商户号", "法人身份证号", "结算账号", "统一社会信用代码"],
        [MERCHANT, f"{PERSON}（临时）", "6.22202E+18", f"{PERSON}/无"],
    ]
    [row] = take_rows(tmp_path, rows, table="merchants", secret=SECRET).rows
    assert row["rejected_reasons"].count("=") == row["unread_text"].count("=") == 3
    assert "1949" not in row["unread_text"]
    assert "22202" not in row["unread_text"]


def test_rows_that_differ_only_in_what_could_not_be_read_are_kept(tmp_path: Path):
    header = ["序列号", "商户号", "终端状态"]
    rows = [header, *(["SN1", MERCHANT, status] for status in ("天晓得", "天知道", "天晓得"))]
    read = take_rows(tmp_path, rows)
    assert read.column("unread_text") == ["terminal_status=天晓得", "terminal_status=天知道"]
    assert read.column("copies") == [2, 1]


def test_every_table_says_what_was_rejected(tmp_path: Path):
    listed: dict[str, list[list[str]]] = {
        "models": [["型号", "停产日期"], ["X1", "昨天"]],
        "training": [["培训主题", "培训日期"], ["报备", "昨天"]],
        "inspections": [["巡检日期", "序列号"], ["昨天", "SN1"]],
        "transactions": [["序列号", "统计日期"], ["SN1", "昨天"]],
    }
    for table, rows in listed.items():
        [text] = take_rows(tmp_path, rows, table=table).column("unread_text")
        assert text.endswith("=昨天")


TURNOVER: dict[str, Any] = {
    "1,234.50": 1234.5,
    "￥1,234.5": 1234.5,
    "¥-5": -5.0,
    "1.2万": 12_000.0,
    "1.1万元": 11_000.0,
    "3亿": 300_000_000.0,
    "RMB 1,234,567.8": 1_234_567.8,
    "100元": 100.0,
    "": None,
    "-": None,
}


def take_turnover(folder: Path, header: list[str], *rows: list[str], table: str = "transactions") -> Read:
    return take_rows(folder, [header, *rows], table=table)


def test_amounts_as_people_write_them(tmp_path: Path):
    rows = [[f"SN{n}", text] for n, text in enumerate(TURNOVER)]
    read = take_turnover(tmp_path, ["终端SN", "交易金额(元)"], *rows)
    assert read.column("txn_amount") == list(TURNOVER.values())
    assert read.reading.rejected == 0


@pytest.mark.parametrize("text", ["1,5", "12,34", "1,2345", "1e999", "1.2万万", "万", "1 234 x"])
def test_amounts_that_would_have_to_be_guessed_are_rejected(tmp_path: Path, text: str):
    read = take_turnover(tmp_path, ["终端SN", "交易金额"], ["SN1", text], ["SN2", "1"])
    assert read.column("txn_amount") == [None, 1.0]
    assert read.column("rejected_reasons") == [",txn_amount=not_a_number,", None]


@given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from(["", "¥", "RMB"]))
def test_a_number_is_itself_however_it_is_grouped(number: Any, sign: str):
    assert clean_number(f"{sign}{number:,}") == clean_number(f" {number}元") == float(number)


@given(st.text(alphabet="0123456789.,万亿千元¥￥+-eE ０１"))
def test_no_number_is_too_odd_to_read(text: str):
    try:
        number = clean_number(text)
        assert number is None or math.isfinite(number)
    except Unreadable:
        assert text.strip()


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            ["统计日期", "终端号", "商户编号", "商户名称", "交易笔数", "交易金额", "失败笔数"],
            ["2026-11-20", "00000001", MERCHANT, "店", "12", "￥1,234.50", "1"],
        ),
        (
            ["交易日期", "终端编号", "商户号", "商户全称", "总笔数", "交易总额（元）", "交易失败笔数"],
            ["20261120", "00000001", MERCHANT, "店", "12", "1234.5", "1"],
        ),
        (
            [
                "Period End",
                "Terminal ID",
                "Merchant ID",
                "DBA Name",
                "Transactions",
                "Turnover",
                "Failed Transactions",
            ],
            ["2026-11-20", "00000001", MERCHANT, "店", "12", "1,234.50", "1"],
        ),
    ],
)
@pytest.mark.parametrize("table", ["transactions", ""])
def test_turnover_exports_are_known_by_their_headers(
    tmp_path: Path, header: list[str], row: list[str], table: str
):
    read = take_turnover(tmp_path, header, row, table=table)
    assert read.reading.tables == ("transactions",)
    assert read.sheet.unmapped == ()
    names = [
        "period_end",
        "terminal_id",
        "merchant_no",
        "merchant_name",
        "txn_count",
        "txn_amount",
        "txn_failed",
    ]
    assert [read.column(name)[0] for name in names] == [
        date(2026, 11, 20),
        "00000001",
        MERCHANT,
        "店",
        12,
        1234.5,
        1,
    ]


def test_turnover_in_a_ledger_leaves_the_rest_of_it_alone(tmp_path: Path):
    header = [
        "序列号",
        "商户号",
        "型号",
        "最后交易日期",
        "近30天交易笔数",
        "近30天交易金额(元)",
        "失败笔数",
        "Volume",
    ]
    read = take_rows(
        tmp_path, [header, ["SN1", MERCHANT, "X1", "2026-11-20", "3", "1.2万", "0", "80"]], table=""
    )
    assert read.reading.tables == ("devices",)
    assert str(read.column("last_txn_at")[0]) == "2026-11-20 00:00:00"
    assert [read.column(name)[0] for name in ("txn_count", "txn_amount", "txn_failed")] == [3, 12_000, 0]
    assert read.sheet.unmapped == ("Volume",)
