"""What codes mean, where a table beside the list or on a sheet of its own says it."""

from __future__ import annotations

from pathlib import Path

import pytest
from vendorfiles import MERCHANT, book, device, take_bytes, take_rows

CODES = [["1", "启用"], ["2", "停用"], ["9", "报废"]]
LIST = [
    ["序列号", "商户号", "终端状态"],
    *([device(at)[0], MERCHANT, code] for at, code in enumerate("12192")),
]
READ = ["active", "inactive", "active", "retired", "inactive"]


def beside(codes: list[list[str]], *between: str) -> list[list[str]]:
    """The list with these cells right of it, from its header downwards."""
    sides = [*codes, *[["", ""]] * (len(LIST) - len(codes))]
    return [[*row, *between, *side] for row, side in zip(LIST, sides, strict=True)]


@pytest.mark.parametrize("names", [["代码", "含义"], ["", ""], ["终端状态代码", "名称"]])
@pytest.mark.parametrize("between", [(), ("",)])
def test_a_table_of_codes_beside_the_list_explains_them(
    tmp_path: Path, names: list[str], between: tuple[str, ...]
):
    read = take_rows(tmp_path, beside([names, *CODES], *between))
    assert read.column("terminal_status") == READ
    assert "legend_used" in {key for key, _ in read.reading.notices}


@pytest.mark.parametrize("names", [[["终端状态说明"]], [["代码", "含义"]], []])
@pytest.mark.parametrize("notes", [[], [["制表人：张某"]]])
def test_a_table_of_codes_above_or_below_the_list_explains_them(
    tmp_path: Path, names: list[list[str]], notes: list[list[str]]
):
    codes = [*names, *CODES]
    listed = [["序列号", "商户号", "终端状态", "型号", "厂商", "商户名称"]]
    listed += [[device(at)[0], MERCHANT, code, "P2", "商米", "甲店"] for at, code in enumerate("12192" * 3)]
    below = [[*listed, [""], *codes, *notes], [*listed, *codes]]
    for rows in (*below, [*codes, [""], *listed], [*codes, *notes, *listed]):
        read = take_rows(tmp_path, rows)
        assert read.column("terminal_status") == READ * 3
        assert "legend_used" in {key for key, _ in read.reading.notices}


def test_a_sheet_with_nothing_but_codes_explains_them(tmp_path: Path):
    sheets = book(LIST, [["代码", "含义"], *CODES])
    assert take_bytes(tmp_path, sheets).column("terminal_status") == READ


@pytest.mark.parametrize(
    "codes",
    [
        [["1", "启用"], ["2", "停用"], ["3", "报废"]],  # not all that stand in the list
        [["1", "启用"], ["2", "很好"], ["9", "报废"]],
        [["1", "启用"], ["2", "停用"], ["9", "报废"], ["3", "维修"], ["4", "丢失"]],  # a column of the list
        [["1", "启用"], ["2", "停用"], ["1", "报废"]],
    ],
)
def test_what_may_be_another_table_explains_nothing(tmp_path: Path, codes: list[list[str]]):
    read = take_rows(tmp_path, beside([["代码", "含义"], *codes]))
    assert read.column("terminal_status") == [None] * 5
    assert {reason for _, column, reason in read.rejected if column == "terminal_status"} == {"unknown_code"}
