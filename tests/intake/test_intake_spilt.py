"""Addresses that go on where no header names them, cells below no header, headings that name a province."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from vendorfiles import MERCHANT, Read, book, delimited, take_bytes

STREET = "杭州市西湖区人民路"
HEADER = ["序列号", "型号", "安装地址", "商户号", "终端状态"]
FORMATS = ["book", "text"]


def taken(folder: Path, rows: Sequence[Sequence[Any]], form: str) -> Read:
    if form == "book":
        return take_bytes(folder, book(rows), "export.xlsx")
    return take_bytes(folder, delimited([[cell or "" for cell in row] for row in rows]).encode())


def row(number: int, address: str = STREET) -> list[Any]:
    return [f"SN{number:06}", "X1", address, MERCHANT, "在用"]


def keys(read: Read) -> list[str]:
    return [key for key, _ in read.reading.notices]


@pytest.mark.parametrize("form", FORMATS)
def test_an_address_goes_on_in_the_column_without_a_header(tmp_path: Path, form: str):
    rests = ["12号3楼", None, "B座1502室", "商铺5号"]
    rows = [[*row(n)[:3], rest, *row(n)[3:]] for n, rest in enumerate(rests)]
    read = taken(tmp_path, [[*HEADER[:3], None, *HEADER[3:]], *rows], form)
    assert read.column("address") == [f"{STREET}{rest or ''}" for rest in rests]
    assert read.column("merchant_no") == [MERCHANT] * 4
    assert read.reading.notices[0][0] == "address_columns_joined"
    assert read.reading.notices[0][1]["letters"] == ["D"]


def test_an_address_stands_in_all_columns_of_its_header(tmp_path: Path):
    def merged(made: openpyxl.Workbook) -> None:
        made.worksheets[0].merge_cells("C1:E1")

    rows = [[*row(n, "浙江省")[:3], "杭州市", f"人民路{n}号", *row(n)[3:]] for n in range(1, 4)]
    made = book([[*HEADER[:3], None, None, *HEADER[3:]], *rows], change=merged)
    read = take_bytes(tmp_path, made, "export.xlsx")
    assert read.column("address") == [f"浙江省杭州市人民路{n}号" for n in range(1, 4)]


@pytest.mark.parametrize("form", FORMATS)
def test_what_no_header_names_is_told_of(tmp_path: Path, form: str):
    rests = ["12号3楼", "已撤机", "B座1502室"]
    rows = [[*row(n)[:3], rest, *row(n)[3:]] for n, rest in enumerate(rests)]
    read = taken(tmp_path, [[*HEADER[:3], None, *HEADER[3:]], *rows], form)
    assert read.column("address") == [STREET] * 3
    [(key, facts)] = read.reading.notices
    assert (key, facts["letters"], facts["count"]) == ("columns_nameless", ["D"], 3)


def test_rows_that_are_numbered_need_no_header_for_it(tmp_path: Path):
    read = taken(tmp_path, [[None, *HEADER], *([n, *row(n)] for n in range(1, 5))], "book")
    assert read.reading.notices == ()


@pytest.mark.parametrize("form", FORMATS)
def test_an_address_goes_on_in_the_line_below(tmp_path: Path, form: str):
    below = [None, None, "12号3楼", None, None]
    rows = [row(1), below, row(2), row(3, "浙江省"), [None, None, STREET, None, None], below]
    read = taken(tmp_path, [HEADER, *rows, row(4)], form)
    assert read.column("address") == [f"{STREET}12号3楼", STREET, f"浙江省{STREET}12号3楼", STREET]
    assert read.sheet.set_aside == {"note": 3, "title": 1}
    [(key, facts)] = read.reading.notices
    assert (key, facts["count"], facts["rows"]) == ("address_lines_joined", 3, [3, 6, 7])


def test_a_line_below_that_may_be_anything_is_told_of(tmp_path: Path):
    rows = [row(1), [None, None, "客户要求停机", None, None], row(2)]
    read = taken(tmp_path, [HEADER, *rows], "book")
    assert read.column("address") == [STREET] * 2
    [(key, facts)] = read.reading.notices
    assert (key, facts["rows"]) == ("lines_left", [3])


@pytest.mark.parametrize(
    ("headings", "provinces", "cities"),
    [
        (["浙江省", "江苏省"], ["浙江省", "江苏省"], None),
        (["一、浙江省（2台）", "二、其他"], ["浙江省", None], None),
        (["杭州市", "省份：上海"], ["浙江省", "上海市"], ["杭州市", "上海市"]),
    ],
)
@pytest.mark.parametrize("form", FORMATS)
def test_a_province_above_rows_is_theirs(
    tmp_path: Path, form: str, headings: list[str], provinces: list[str | None], cities: list[str] | None
):
    rows = [[headings[0], *[None] * 4], row(1), row(2), [headings[1], *[None] * 4], row(3), row(4)]
    read = taken(tmp_path, [HEADER, *rows], form)
    assert read.column("province") == [one for one in provinces for _ in range(2)]
    if cities:
        assert read.column("city") == [one for one in cities for _ in range(2)]
    assert set(keys(read)) == {"state_of_headings"}


def test_a_province_that_may_stand_below_its_rows_is_told_of(tmp_path: Path):
    rows = [row(1), row(2), ["浙江省", *[None] * 4], row(3), row(4), ["江苏省", *[None] * 4]]
    read = taken(tmp_path, [HEADER, *rows], "book")
    assert "province" not in read.rows[0]
    assert keys(read) == ["regions_left"]


@pytest.mark.parametrize(
    ("first", "second", "address", "told"),
    [
        ("浙江省杭州市西湖区", "人民路12号3楼", "浙江省杭州市西湖区人民路12号3楼", "address_lines_joined"),
        (f"{STREET}12号", "文三路8号", f"{STREET}12号", "lines_left"),
    ],
)
def test_a_device_merged_over_two_rows_with_two_cells_for_its_address_is_one(
    tmp_path: Path, first: str, second: str, address: str, told: str
):
    def merged(made: openpyxl.Workbook) -> None:
        for letter in "ABDE":
            made.worksheets[0].merge_cells(f"{letter}3:{letter}4")

    rows = [HEADER, row(1), row(2, first), [None, None, second, None, None], row(3)]
    read = take_bytes(tmp_path, book(rows, change=merged), "export.xlsx")
    assert read.column("serial_no") == ["SN000001", "SN000002", "SN000003"]
    assert read.column("address") == [STREET, address, STREET]
    assert keys(read) == [told]
