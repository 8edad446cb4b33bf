"""The merchant of devices that name none: in a title, in headings between them, in rows of its own."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from vendorfiles import MERCHANT, book, delimited, put, saved, take, take_bytes, take_rows

OTHER = "898100000000002"
HEADER = ["序列号", "型号", "终端状态", "安装日期"]


def devices(first: int, count: int = 3) -> list[list[str]]:
    return [[f"SN{number:06}", "P2", "启用", "2026-11-01"] for number in range(first, first + count)]


@pytest.mark.parametrize(
    "title",
    [
        [f"商户号：{MERCHANT}  商户名称：某某超市"],
        ["商户编号", MERCHANT, "商户名称", "某某超市"],
        [f"某某超市终端清单（商户编号：{MERCHANT}）"],
        [f"Merchant ID: {MERCHANT}"],
    ],
)
def test_a_title_names_the_merchant_of_all_devices(tmp_path: Path, title: list[str]):
    rows = [[*title, *[""] * (4 - len(title))], HEADER, *devices(0)]
    for data in (delimited(rows).encode(), book([[cell or None for cell in row] for row in rows])):
        read = take_bytes(tmp_path, data)
        assert read.column("merchant_no") == [MERCHANT] * 3
        assert "merchant_no" in read.reading.columns
        assert [key for key, _ in read.reading.notices] == ["state_of_list"]


@pytest.mark.parametrize(
    "name", ["上级商户号", "集团商户号", "渠道商户号", "微信子商户号", "原商户编号", "服务商编号"]
)
def test_a_title_with_the_number_of_somebody_else_names_no_merchant(tmp_path: Path, name: str):
    read = take_rows(tmp_path, [[f"{name}：{MERCHANT}", "", "", ""], HEADER, *devices(0)])
    assert "merchant_no" not in read.reading.columns


def test_a_number_beside_a_name_once_is_anybodys(tmp_path: Path):
    read = take_rows(tmp_path, [HEADER, *devices(0), ["622202123456789 对公账户", "", "", ""], *devices(3)])
    assert "merchant_no" not in read.reading.columns


def test_a_title_that_names_two_merchants_says_of_no_device_whose_it_is(tmp_path: Path):
    read = take_rows(tmp_path, [[f"商户号：{MERCHANT}、商户号：{OTHER}", "", "", ""], HEADER, *devices(0)])
    assert "merchant_no" not in read.reading.columns
    # and where a column does, the title is not asked
    rows = [[f"商户号：{MERCHANT}", ""], ["序列号", "商户号"], ["SN000001", OTHER], ["SN000002", ""]]
    assert take_rows(tmp_path, rows).column("merchant_no") == [OTHER, None]


@pytest.mark.parametrize(
    "heading",
    [
        ["商户：某店（{}）"],
        ["商户号：{}", "商户名称：某某店有限公司第一分店"],
        ["一、某店  商户编号 {}"],
        ["1", "商户编号：{}", "某店"],
        ["客户名称", "某店", "客户编号", "{}"],
        ["{} 某店（3台）"],
        ["某店（{}）"],
    ],
)
def test_headings_name_the_merchant_of_the_devices_below(tmp_path: Path, heading: list[str]):
    def headed(number: str) -> list[str]:
        return [cell.format(number) for cell in heading] + [""] * (4 - len(heading))

    read = take_rows(tmp_path, [HEADER, headed(MERCHANT), *devices(0), headed(OTHER), *devices(3, 2)])
    assert read.column("merchant_no") == [MERCHANT] * 3 + [OTHER] * 2
    assert read.column("serial_no")[0] == "SN000000"
    assert read.sheet.set_aside == {"note": 2, "title": 1}


@pytest.mark.parametrize("blank", [[], [[""]]])
@pytest.mark.parametrize(
    "header", [HEADER, ["序号", *HEADER], ["序号", "型号", "终端状态", "序列号", "安装日期"]]
)
@pytest.mark.parametrize("again", [True, False])
def test_cards_name_the_merchant_of_the_devices_below(
    tmp_path: Path, blank: list[list[str]], header: list[str], again: bool
):
    def card(number: str, first: int) -> list[list[str]]:
        rows = [dict(zip(HEADER, device, strict=True)) | {"序号": "1"} for device in devices(first)]
        named = [["商户编号", number, "商户名称", "某某超市"], *([header] if again or not first else [])]
        return [*named, *([row[name] for name in header] for row in rows)]

    rows = [*card(MERCHANT, 0), *blank, *card(OTHER, 3), *blank, *card("898100000000003", 6)]
    read = take(put(tmp_path / "cards.xlsx", book([[cell or None for cell in row] for row in rows])))
    assert read.column("merchant_no") == [MERCHANT] * 3 + [OTHER] * 3 + ["898100000000003"] * 3
    assert read.column("serial_no") == [device[0] for device in devices(0, 9)]
    assert [key for key, _ in read.reading.notices] == ["state_of_headings"]


@pytest.mark.parametrize(
    "nobody",
    [
        ["商户编号", "", "商户名称", "新店"],
        ["商户编号：", "商户名称：新店"],
        ["商户编号：待分配"],
        ["新店"],
        ["库存机具"],
    ],
)
@pytest.mark.parametrize("again", [True, False])
def test_devices_below_a_heading_without_a_number_are_not_of_the_merchant_above_it(
    tmp_path: Path, nobody: list[str], again: bool
):
    def headed(cells: list[str]) -> list[list[str]]:
        return [[*cells, *[""] * (4 - len(cells))], *([HEADER] if again else [])]

    first, last = (["商户编号", number, "商户名称", "某店"] for number in (MERCHANT, OTHER))
    rows = [first, HEADER, *devices(0), *headed(nobody), *devices(3), *headed(last), *devices(6)]
    read = take_rows(tmp_path, rows)
    assert read.column("merchant_no") == [MERCHANT] * 3 + [None] * 3 + [OTHER] * 3
    [(key, facts)] = read.reading.notices
    assert (key, facts["headings"]) == ("state_of_headings", ["6: —", f"{11 if again else 10}: {OTHER}"])
    alone = take_rows(tmp_path, rows[: len(rows) - len(headed(last)) - 3])
    assert (
        alone.column("merchant_no")
        == [MERCHANT] * 3 + [MERCHANT if nobody == ["新店"] and not again else None] * 3
    )


def test_what_parts_the_devices_of_a_merchant_leaves_them_its_own(tmp_path: Path):
    parts = [["N910（3台）", "", "", ""], *devices(0), ["A8（3台）", "", "", ""], *devices(3)]
    rows = [HEADER, [f"商户号：{MERCHANT}", "", "", ""], *parts, [f"商户号：{OTHER}", "", "", ""], *parts]
    numbered = [[f"SN{at:06}", *row[1:]] if row[1] else row for at, row in enumerate(rows)]
    read = take_rows(tmp_path, [HEADER, *numbered[1:], ["注：以上均已巡检", "", "", ""], *devices(50)])
    assert read.column("merchant_no") == [MERCHANT] * 6 + [OTHER] * 9


def test_no_merchant_of_a_title_has_the_devices_below_another(tmp_path: Path):
    def headed(number: str) -> list[list[str]]:
        return [["1", f"商户编号：{number}", "某店", ""], HEADER]

    read = take_rows(tmp_path, [*headed(MERCHANT), *devices(0), *headed(OTHER), *devices(3, 2)])
    assert read.column("merchant_no") == [MERCHANT] * 3 + [OTHER] * 2
    assert read.column("serial_no") == [device[0] for device in devices(0, 5)]


def test_a_sheet_that_is_called_as_a_merchant_has_its_devices(tmp_path: Path):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for first, title in ((0, MERCHANT), (3, f"商户{OTHER}"), (6, "商户3")):
        sheet = made.create_sheet(title)
        for row in (HEADER, *devices(first)):
            sheet.append(row)
    read = take_bytes(tmp_path, saved(made))
    assert read.column("merchant_no") == [MERCHANT] * 3 + [OTHER] * 3 + [None] * 3


def test_rows_of_merchants_speak_for_the_devices_below_them(tmp_path: Path):
    rows = [["商户号", "商户名称", "序列号", "型号", "终端状态", "安装日期"]]
    for merchant, name, first in ((MERCHANT, "甲店", 0), (OTHER, "乙店", 3)):
        rows += [[merchant, name, "", "", "", ""], *(["", "", *device] for device in devices(first))]
    read = take(put(tmp_path / "outline.xlsx", book([[cell or None for cell in row] for row in rows])))
    assert read.column("merchant_no") == [MERCHANT] * 3 + [OTHER] * 3
    assert read.column("merchant_name") == ["甲店"] * 3 + ["乙店"] * 3
    assert read.sheet.set_aside == {"note": 2, "title": 1}
    assert ("rows_of_merchants", {"sheet": "Sheet1", "count": 2}) in read.reading.notices


def test_a_merchant_beside_a_device_speaks_for_itself_alone(tmp_path: Path):
    # of a cell merged over several rows, or of stock that has none: a text file does not say
    rows = [
        ["商户号", "序列号", "型号"],
        [MERCHANT, "SN000001", "P2"],
        ["", "SN000002", "P2"],
        [OTHER, "", "P2"],
    ]
    read = take_rows(tmp_path, rows)
    assert read.column("merchant_no") == [MERCHANT, None]
    assert read.sheet.set_aside == {"blank_key": 1, "title": 1}


def test_merchants_without_devices_say_nothing_of_stock(tmp_path: Path):
    rows = [["商户号", "商户名称", "序列号", "型号"], [MERCHANT, "甲店", "", ""], [OTHER, "乙店", "", ""]]
    rows += [["", "", f"SN00000{number}", "P2"] for number in range(2)]
    read = take_rows(tmp_path, rows)
    assert read.column("merchant_no") == [None, None]
    assert read.sheet.set_aside == {"blank_key": 2, "title": 1}
