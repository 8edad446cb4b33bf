"""Merchants named beside the first of their devices alone, as merged cells are left in text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from vendorfiles import MERCHANT, device, take_rows

OTHER, THIRD = "898100000000002", "898100000000003"
SIZES = {MERCHANT: 3, OTHER: 1, THIRD: 2}
FILLED = [MERCHANT] * 3 + [OTHER] + [THIRD] * 2


def merged(headers: list[str], *, state: str = "", **beside: list[Any]) -> list[list[str]]:
    """A list of such groups: merchant and name, the columns `beside` them by group, number and state."""
    rows = [["商户号", "商户名称", *beside, "序列号", *headers]]
    numbers = iter(range(9))
    for place, (merchant, size) in enumerate(SIZES.items()):
        for at in range(size):
            first = [merchant, f"{place}号店", *(str(column[place]) for column in beside.values())]
            cells = first if at == 0 else [""] * len(first)
            rows.append([*cells, device(next(numbers))[0], *([state] if headers else [])])
    return rows


@pytest.mark.parametrize(
    "rows",
    [
        merged([], 序号=[1, 2, 3]),
        merged([], 台数=[3, 1, 2]),
        merged(["终端状态"], state="启用"),
        [*merged([], 序号=[1, 2, 3]), ["合计", "3户", "", "6"]],
    ],
)
def test_a_merchant_is_that_of_the_devices_below_where_the_list_proves_it(
    tmp_path: Path, rows: list[list[str]]
):
    read = take_rows(tmp_path, rows)
    assert read.column("merchant_no") == FILLED
    assert read.column("merchant_name") == ["0号店"] * 3 + ["1号店"] + ["2号店"] * 2
    assert read.reading.notices == (("merchants_filled_down", {"sheet": "", "count": 3}),)


@pytest.mark.parametrize("header", ["报备状态", "微信报备状态"])
def test_registrations_are_of_the_merchant_above_them(tmp_path: Path, header: str):
    read = take_rows(tmp_path, merged([header], state="已报备"), table="registrations")
    assert read.column("merchant_no") == FILLED


@pytest.mark.parametrize(
    "rows",
    [
        merged([]),
        merged(["终端状态"], state="库存"),
        merged(["终端状态"], state="很好"),
        merged([], 备注=[1, 1, 2]),
    ],
)
def test_what_may_be_stock_gets_no_merchant_and_is_told(tmp_path: Path, rows: list[list[str]]):
    read = take_rows(tmp_path, rows)
    assert read.column("merchant_no") == [MERCHANT, None, None, OTHER, THIRD, None]
    assert ("merchants_blank_below", {"sheet": "", "count": 3}) in read.reading.notices


def provinces(state: str) -> list[list[str]]:
    """Two provinces, each beside the first of its merchants, and these beside the first of their devices."""
    rows = [["省份", "商户号", "序列号", "终端状态"]]
    rows += [["浙江省", MERCHANT, "", state], ["", "", "", state], ["", OTHER, "", "启用"]]
    rows += [["", "", "", state], ["江苏省", THIRD, "", state], ["", "", "", state]]
    return [rows[0], *([*row[:2], device(at)[0], row[3]] for at, row in enumerate(rows[1:]))]


def test_provinces_are_those_of_the_merchants_below_them(tmp_path: Path):
    read = take_rows(tmp_path, provinces("启用"))
    assert read.column("merchant_no") == [MERCHANT] * 2 + [OTHER] * 2 + [THIRD] * 2
    assert read.column("province") == ["浙江省"] * 4 + ["江苏省"] * 2
    assert read.reading.notices == (
        ("merchants_filled_down", {"sheet": "", "count": 3}),
        ("groups_filled_down", {"sheet": "", "headers": ["省份"], "count": 4}),
    )


def test_provinces_above_what_may_be_stock_are_told(tmp_path: Path):
    read = take_rows(tmp_path, provinces("库存"))
    assert read.column("merchant_no") == [MERCHANT, None, OTHER, None, THIRD, None]
    assert read.column("province") == ["浙江省", None, None, None, "江苏省", None]
    told = ("groups_blank_below", {"sheet": "", "headers": ["省份"], "count": 4})
    assert read.reading.notices == (("merchants_blank_below", {"sheet": "", "count": 3}), told)


def test_provinces_named_once_each_are_told_where_merchants_are_named_everywhere(tmp_path: Path):
    rows = [["省份", "商户号", "序列号"]]
    rows += [["浙江省" if at == 0 else "", MERCHANT, device(at)[0]] for at in range(4)]
    rows += [["江苏省", OTHER, device(4)[0]], ["", OTHER, device(5)[0]]]
    told = ("groups_blank_below", {"sheet": "", "headers": ["省份"], "count": 4})
    assert take_rows(tmp_path, rows).reading.notices == (told,)
    rows[2][0] = "浙江省"  # said again: they are blank here and there
    assert take_rows(tmp_path, rows).reading.notices == ()


def test_figures_of_a_merchant_are_none_of_its_devices(tmp_path: Path):
    read = take_rows(tmp_path, merged([], 序号=[1, 2, 3], 交易笔数=[30, 10, 20]))
    assert read.column("txn_count") == [30, None, None, 10, 20, None]


def test_devices_without_a_merchant_are_no_groups_where_a_merchant_is_named_again(tmp_path: Path):
    rows = [["商户号", "商户名称", "序列号", "终端状态"], [MERCHANT, "甲店", "SN000001", "启用"]]
    rows += [["", "", "SN000002", "启用"], [MERCHANT, "甲店", "SN000003", "启用"]]
    rows += [["", "", "SN000004", "启用"]]
    read = take_rows(tmp_path, rows)
    assert read.column("merchant_no") == [MERCHANT, None, MERCHANT, None]
    assert read.reading.notices == ()


def test_devices_that_are_counted_and_not_listed_are_told_of(tmp_path: Path):
    rows = [["商户号", "序列号", "台数"], [MERCHANT, "SN000001", "5台"], [OTHER, "SN000002", "2"]]
    rows += [[OTHER, "SN000003", "2"], [THIRD, "SN000004", "1"], ["", "SN000005", "-"]]
    facts = {"sheet": "", "header": "台数", "count": 1, "rows": [2]}
    assert take_rows(tmp_path, rows).reading.notices == (("devices_not_listed", facts),)
    stock = [["型号", "序列号", "数量"], ["P2", "SN000001", "10"], ["P2", "SN000002", "1"]]
    facts = {"sheet": "", "header": "数量", "count": 1, "rows": [2]}
    assert take_rows(tmp_path, stock).reading.notices == (("devices_not_listed", facts),)
    # where each merchant has as many rows, or the cells are no counts, nothing is told
    listed = [*rows[:1], *rows[2:], [THIRD, "SN000006", "很多"]]
    assert take_rows(tmp_path, listed).reading.notices == ()


@pytest.mark.parametrize("gap", [[], [""]])
def test_a_summary_beside_the_list_counts_none_of_its_rows(tmp_path: Path, gap: list[str]):
    rows = [["商户号", "序列号"], *([MERCHANT, f"SN00000{number}"] for number in range(1, 6))]
    beside = [["类别", "数量"], ["传统", "3"], ["智能", "2"], ["全部", "5"], ["", ""], ["", ""]]
    read = take_rows(tmp_path, [own + gap + other for own, other in zip(rows, beside, strict=True)])
    assert len(read.column("serial_no")) == 5
    assert read.reading.notices == ()


def test_a_blank_in_a_policy_means_any_and_is_no_group(tmp_path: Path):
    rows = [
        ["政策编号", "渠道", "设备类型", "生效日期", "截止日期", "要求"],
        ["P1", "微信", "智能POS", "2026-01-01", "2026-12-31", "重新报备"],
        ["P2", "银联", "", "2026-03-01", "2027-06-30", "重新报备"],
        ["P3", "支付宝", "", "2026-05-01", "2026-12-31", "重新报备"],
    ]
    assert take_rows(tmp_path, rows, table="policies").reading.notices == ()
