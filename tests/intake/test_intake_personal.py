"""Numbers of persons: masked and hashed wherever the night keeps them, in clear only for the file's owner."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vendorfiles import MERCHANT, SECRET, book, delimited, put, take_bytes, take_rows

from audit.intake.personal import masked, protect
from audit.intake.rows import names_of
from audit.redaction import mask, mask_numbers
from audit.tables import TABLES

HEADER = ["商户号", "商户名称", "统一社会信用代码", "法人身份证号", "联系电话", "结算账号"]
HEADER += ["法人姓名", "联系人", "户名"]
ID, PHONE, ACCOUNT = "11010519491231002X", "13800138000", "6222020000000000017"
NAMES = ["欧阳甲", "司马乙", "诸葛丙"]
USCC = "91350100M000100Y43"
SECOND = "898100000000002"


def merchant(number: str = MERCHANT, **changes: str) -> list[str]:
    """A row under HEADER."""
    row = dict(zip(HEADER, [number, "晨光小店", USCC, ID, PHONE, ACCOUNT, *NAMES], strict=True))
    return list((row | changes).values())


def kept(folder: Path, rows: list[list[str]], **how: Any) -> str:
    """Everything the night would keep of a merchant list, as one text: its rows and its account."""
    read = take_rows(folder, rows, table="merchants", secret=SECRET, **how)
    assert read.rows is not None
    return json.dumps([read.rows, read.reading.to_json()], default=str, ensure_ascii=False)


@pytest.mark.parametrize("data", [delimited([HEADER, merchant()]).encode(), book([HEADER, merchant()])])
def test_numbers_of_persons_are_masked(tmp_path: Path, data: bytes):
    [row] = take_bytes(tmp_path, data, table="merchants", secret=SECRET).rows
    assert row["legal_id_no"] == "110***********002X"
    assert row["phone"] == "138****8000"
    assert row["settle_account"] == "622************0017"
    assert not [value for value in (ID, PHONE, ACCOUNT) if value in str(row)]
    stored = (tmp_path / "export.csv.canonical.parquet").read_bytes()
    assert not [value for value in (ID, PHONE, ACCOUNT) if value.encode() in stored]


@pytest.mark.parametrize(
    ("header", "written", "secret"),
    [
        ("法人身份证号", f"`{ID}\t", ID),
        ("法人身份证号", "１１０１０５１９４９１２３１００２Ｘ", ID),
        ("法人身份证号", f"{ID}、110105194912310038", ID),
        ("法人身份证号", f"{ID}（临时）", ID),
        ("联系电话", f"{PHONE} / 13900139000", PHONE),
        ("联系电话", f"电话：{PHONE}", PHONE),
        ("联系电话", "0591-87654321", "87654321"),
        ("联系电话", "8765432", "8765432"),
        ("结算账号", "6222 0200 0000 0000 017", ACCOUNT),
        ("结算账号", "622202E+18", "622202E+18"),
        ("统一社会信用代码", ID, ID),
        ("统一社会信用代码", f"身份证{ID}", ID),
        ("统一社会信用代码", f"{ID}（小微）", ID),
        ("统一社会信用代码", "110105194912310021", "110105194912310021"),
        ("统一社会信用代码", PHONE, PHONE),
        ("统一社会信用代码", f"+86 {PHONE}", PHONE),
        ("统一社会信用代码", ACCOUNT, ACCOUNT),
    ],
)
def test_no_way_of_writing_lets_a_number_through(tmp_path: Path, header: str, written: str, secret: str):
    rows = [HEADER, merchant(**{"法人身份证号": "", "联系电话": "", "结算账号": ""} | {header: written})]
    assert secret not in kept(tmp_path, rows)


@pytest.mark.parametrize(
    "written",
    [
        "１３８００１３８０００",
        "138\u00a00013\u00a08000",
        "138\u30000013\u30008000",
        "138\u20110013\u20118000",
        "138 – 0013 – 8000",
        "138－0013－8000",
        "138.0013.8000",
        "138_0013_8000",
        "138\u200b0013\u200b8000",
        "138 00138000",
        "(138)00138000",
        "110105 19491231 002X",
        "110105-19491231-002x",
        "110105 19491231002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "6222.0200.0000.0000.017",
        "622202 0000000000017",
    ],
)
def test_in_a_text_neither_gaps_nor_wide_digits_let_a_number_through(tmp_path: Path, written: str):
    read = kept(tmp_path, [HEADER, merchant(商户名称=f"晨光{written}店")])
    digits = re.sub(r"\W|_", "", unicodedata.normalize("NFKC", read))
    assert not [number for number in (ID[:-1], PHONE, ACCOUNT) if number in digits]
    assert written not in read


@given(st.lists(st.text("0123456789１３８ \u3000-–‑.·_/)\u200b\u00a0Xx号", max_size=24), max_size=8))
def test_of_a_column_no_text_is_left_out_that_would_be_masked(texts: list[str]):
    rows = pa.table({"vendor": pa.array(texts, pa.string())})
    shown = protect(rows, TABLES["devices"], b"key")["vendor"].to_pylist()
    assert shown == [mask_numbers(text) for text in texts]


def test_headers_and_sheets_may_have_any_name_and_tell_no_number(tmp_path: Path):
    made = openpyxl.Workbook()
    for number, name in enumerate(("王13800138000", "王13855558000", "台账", f"李{ID}")):
        sheet = made.create_sheet(name)
        sheet.append(
            [*HEADER, f"店主电话 {PHONE}", ID, ACCOUNT]
        )  # as where a first row is taken for a header
        sheet.append([*merchant(f"89810000000001{number}"), "a", "b", "c"])
    del made["Sheet"]
    made.save(tmp_path / "made.xlsx")
    data = (tmp_path / "made.xlsx").read_bytes()
    read = take_bytes(tmp_path, data, table="merchants", secret=SECRET)
    told = json.dumps([read.rows, read.reading.to_json()], default=str, ensure_ascii=False)
    assert not [number for number in (ID, PHONE, ACCOUNT, "13855558000") if number in told]
    names = [sheet.name for sheet in read.reading.sheets]
    assert names == ["王138****8000", "王138****8000 (2)", "台账", "李110***********002X"]
    assert [sheet.rows for sheet in read.reading.sheets] == [1, 1, 1, 1]


def test_among_words_in_the_place_of_a_reference_a_number_is_one_of_a_person(tmp_path: Path):
    header = ["序列号", "商户号", "巡检日期", "巡检机构", "密码键盘序列号"]
    rows = [["SN000001", MERCHANT, "2026-11-01", f"检测中心 张三{PHONE}", PHONE]]
    [row] = take_rows(tmp_path, [header, *rows], table="inspections", secret=SECRET).rows
    assert (row["agency"], row["pinpad_no"]) == ("检测中心 张三138****8000", PHONE)


def test_what_only_looks_like_groups_of_a_number_stays(tmp_path: Path):
    name = "版本 1.3.8001，共150 20261121，2026/11/21 12:30:45，192.168.100.1000"
    assert name in kept(tmp_path, [HEADER, merchant(商户名称=name)])


def test_the_names_of_persons_are_not_kept_in_clear(tmp_path: Path):
    everything = kept(tmp_path, [HEADER, merchant()])
    assert not [name for name in NAMES if name in everything]


def test_a_credit_code_is_no_secret(tmp_path: Path):
    [row] = take_rows(tmp_path, [HEADER, merchant()], table="merchants", secret=SECRET).rows
    assert (row["uscc"], row["uscc_check"]) == (USCC, "valid")


def test_hashes_join_what_is_equal_however_it_is_written(tmp_path: Path):
    rows = [
        HEADER,
        merchant(),
        merchant(SECOND, 统一社会信用代码=ID, 法人身份证号=f"`{ID.lower()}", 联系电话=""),
    ]
    one, two = take_rows(tmp_path, rows, table="merchants", secret=SECRET).rows
    assert one["legal_id_no_hash"] == two["legal_id_no_hash"] == two["uscc_hash"]
    assert one["settle_account_hash"] == two["settle_account_hash"]
    assert two["phone_hash"] is None
    assert len({one[f"{name}_hash"] for name in ("legal_id_no", "phone", "settle_account", "uscc")}) == 4


def test_hashes_join_across_files_and_feeds_of_one_estate(tmp_path: Path):
    listed = [
        ["序列号", "商户号", "渠道", "报备状态", "结算账户"],
        ["SN1", MERCHANT, "微信", "已报备", ACCOUNT],
    ]
    [there] = take_rows(tmp_path, listed, table="registrations", secret=SECRET).rows
    [here] = take_rows(tmp_path, [HEADER, merchant()], table="merchants", secret=SECRET).rows
    assert there["settle_account_hash"] == here["settle_account_hash"]
    assert there["settle_account"] == "622************0017"


def test_another_estate_has_other_hashes(tmp_path: Path):
    rows = [HEADER, merchant()]
    [ours], [theirs] = (
        take_rows(tmp_path, rows, table="merchants", secret=secret).rows for secret in (SECRET, "a7" * 32)
    )
    assert ours["phone_hash"] != theirs["phone_hash"]
    assert ours["phone"] == theirs["phone"]


def test_rejected_numbers_are_masked_where_they_are_listed(tmp_path: Path):
    rows = [
        HEADER,
        merchant(法人身份证号=f"{ID}（临时）", 结算账号="6.22202E+18", 统一社会信用代码=f"{ID}/无"),
    ]
    read = take_rows(tmp_path, rows, table="merchants", secret=SECRET)
    listed = {one.column: one.value for one in read.reading.rejections}
    assert listed.keys() == {"legal_id_no", "settle_account", "uscc"}
    assert not [value for value in listed.values() if "1949" in value or "22202" in value]
    assert not [name for name in read.rows[0] if name.endswith("_raw")]


def inspect(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "audit", "inspect", *map(str, arguments), "--table", "merchants"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_inspect_writes_clear_values_for_its_owner_alone(tmp_path: Path):
    rows = [HEADER, merchant(), merchant(SECOND, 联系电话="#N/A")]
    path, target = put(tmp_path / "商户.csv", delimited(rows).encode()), tmp_path / "clean.csv"
    target.write_text("an older file, open to all")
    target.chmod(0o666)
    ended = inspect(path, "--to", target, "--json")
    assert ended.returncode == 0, ended.stderr
    assert target.stat().st_mode & 0o777 == 0o600
    assert ID in target.read_text("utf-8")
    assert not [value for value in (ID, PHONE, ACCOUNT) if value in ended.stdout + ended.stderr]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["clean.csv", "商户.csv"]


def test_without_a_secret_nothing_is_masked_and_nothing_hashed(tmp_path: Path):
    read = take_rows(tmp_path, [HEADER, merchant()], table="merchants")
    assert read.column("legal_id_no") == [ID]
    names = names_of(tmp_path / "export.csv.canonical.parquet")
    assert not [name for name in names if name.endswith("_hash")]


def test_a_citizen_number_in_the_place_of_a_paper_keeps_a_tag_to_be_told_apart_by(tmp_path: Path):
    header = ["商户号", "上级商户"]
    rows = [[MERCHANT, ID], ["898100000000002", ID], ["898100000000003", "110105196001010025"]]
    rows += [["898100000000004", "13800138000"]]
    data = delimited([header, *rows]).encode()
    read = take_bytes(tmp_path, data, table="merchants", secret=SECRET).column("parent_no")
    assert read[0] == read[1] != read[2]
    assert read[0].startswith("110***********002X#")
    assert read[3] == "13800138000", "a number of that length may well be a merchant's"
    assert ID not in str(read)


@given(st.lists(st.none() | st.text(max_size=20)))
def test_a_column_is_masked_as_a_line_of_text_is(numbers: list[str | None]):
    shown = [None if number is None else mask(number) for number in numbers]
    assert masked(pa.array(numbers, pa.string())).to_pylist() == shown
