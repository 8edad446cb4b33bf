"""Rows that are not data: titles, totals, notes, examples, repeats. They are set aside and counted."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from vendorfiles import HEADER, MERCHANT, Read, book, delimited, device, take, take_bytes, take_rows

from audit.errors import Unusable


def beside(folder: Path, *odd: list[str]) -> Read:
    """The odd rows below a header and eight sound devices, and above two more."""
    sound = [device(number) for number in range(1, 11)]
    return take_rows(folder, [HEADER, *sound[:8], *odd, *sound[8:]])


def padded(*cells: str) -> list[str]:
    return [*cells, *[""] * (len(HEADER) - len(cells))]


def test_everything_that_is_not_data_is_set_aside_and_counted(tmp_path: Path):
    rows = [
        padded("XX支付有限公司终端台账"),
        padded("导出时间：2026-11-20 02:00:00"),
        padded(),
        HEADER,
        device(0, "序列号=示例（请删除本行）"),
        device(1),
        device(2),
        padded("小计", "", "", "", "2"),
        padded(),
        HEADER,
        device(3),
        device(3),
        device(4, "序列号="),
        padded("总计", "", "", "", "3"),
        padded("制表人：王某"),
        padded("注：以系统为准"),
    ]
    aside = {"title": 4, "example": 1, "total": 2, "blank": 1, "header": 1, "note": 2}
    aside |= {"duplicate": 1, "blank_key": 1}
    for data in (delimited(rows).encode(), book([[cell or None for cell in row] for row in rows])):
        read = take_bytes(tmp_path, data)
        assert read.column("serial_no") == ["SN000001", "SN000002", "SN000003"]
        assert read.column("source_row") == [6, 7, 11]
        assert read.column("copies") == [1, 1, 2]
        assert read.sheet.set_aside == dict(sorted(aside.items()))
        assert read.sheet.rows_in_file == len(rows)
        assert read.reading.exported_at == "2026-11-20 02:00:00"


@pytest.mark.parametrize(
    "cells",
    [
        ["合计"],
        ["合计：", "128"],
        ["总计", "", "", "10"],
        ["福建省小计", "", "", "10"],
        ["共 10 条"],
        ["共10台设备"],
        ["10 rows selected."],
        ["(10 行受影响)"],
        ["总条数：10"],
        ["Total", "10"],
        ["Grand Total:", "", "10"],
        ["Total: 10 records"],
        ["合计", "10台", "-", "7台", "-", "-"],
        ["", "", "", "合计", "10"],
        ["898100000000001 小计", "", "1", "", "1"],
        ["福建 汇总", "", "10", "", "10"],
        ["`合计", "`10"],
        ["商米 计数", "10"],
        ["总计数", "", "10"],
        ["商米 平均值", "", "", "3.5"],
    ],
)
def test_totals(tmp_path: Path, cells: list[str]):
    read = beside(tmp_path, padded(*cells))
    assert read.sheet.set_aside == {"title": 1, "total": 1}
    assert len(read.rows) == 10
    assert read.reading.rejected == 0


@pytest.mark.parametrize(
    "cells",
    [
        ["制表人：王某", "审核人：李某"],
        ["说明：本表由系统自动生成，如有疑问请联系客服。"],
        ["# 终端明细列表结束"],
        ["----------------------------------------"],
        ["", "以上为全部数据"],
        ["第 1 页，共 3 页"],
        ["End of report"],
        ["Elapsed: 00:00:01.23"],
        ["已用时间:  00: 00: 01.23"],
        ["Prepared by: admin 2026-11-20"],
    ],
)
def test_notes(tmp_path: Path, cells: list[str]):
    read = beside(tmp_path, padded(*cells))
    assert len(read.rows) == 10
    assert read.sheet.set_aside.keys() <= {"title", "note", "total"}
    assert read.reading.rejected == 0


def test_a_note_below_a_narrow_table(tmp_path: Path):
    rows = [["序列号", "商户号", "渠道", "报备状态"]]
    rows += [[f"SN00000{number}", MERCHANT, "微信", "已报备"] for number in range(1, 6)]
    read = take_rows(tmp_path, [*rows, ["制表人：王某", "", "", ""]], table="registrations")
    assert read.sheet.set_aside == {"title": 1, "note": 1}
    assert len(read.rows) == 5


def test_a_header_on_every_page(tmp_path: Path):
    read = beside(tmp_path, HEADER, padded(), HEADER)
    assert read.sheet.set_aside == {"title": 1, "header": 2, "blank": 1}
    assert len(read.rows) == 10


@pytest.mark.parametrize("column", ["序列号", "商户号"])
@pytest.mark.parametrize(
    "words", ["示例商户（请删除本行）", "样例", "例：SN12345678", "必填，最长20位", "Example row"]
)
def test_example_rows_at_the_top(tmp_path: Path, column: str, words: str):
    read = take_rows(tmp_path, [HEADER, device(0, f"{column}={words}"), device(1), device(2)])
    assert read.column("serial_no") == ["SN000001", "SN000002"]
    assert read.sheet.set_aside == {"title": 1, "example": 1}


def test_a_header_without_rows_is_noticed(tmp_path: Path):
    read = take_rows(tmp_path, [["终端台账"], HEADER, padded("合计", "0")])
    assert (read.reading.error, read.reading.rows, read.reading.notices) == ("", 0, (("no_rows", {}),))


def test_a_second_table_below_is_not_read_under_the_first_header(tmp_path: Path):
    below = [["商户编号", "商户名称", "商户状态"], [MERCHANT, "晨光小店", "正常"]]
    rows = [["序列号", "商户号", "型号"], ["SN000001", MERCHANT, "N5"], ["", "", ""], *below]
    read = take_rows(tmp_path, [*rows, rows[0], ["SN000002", MERCHANT, "N5"]])
    assert read.column("serial_no") == ["SN000001", "SN000002"]
    assert read.sheet.set_aside == {"blank": 1, "header": 1, "stacked": 2, "title": 1}
    assert read.reading.notices == (("table_below", {"sheet": "", "row": 4, "count": 2}),)


def test_what_is_signed_below_a_page_is_no_other_table(tmp_path: Path):
    rows = [HEADER, device(1), device(2), padded("单位（盖章）：", "", "负责人（签字）："), device(3)]
    read = take_rows(tmp_path, rows)
    assert (read.column("source_row"), read.reading.notices) == ([2, 3, 5], ())


def test_a_row_of_names_right_below_the_header_is_no_other_table(tmp_path: Path):
    rows = [["序列号", "商户号", "终端状态"], ["", "商户名称", "备注"], ["SN000001", MERCHANT, "在用"]]
    assert "SN000001" in take_rows(tmp_path, rows).column("serial_no")


def test_the_header_again_by_other_names_is_the_header_again(tmp_path: Path):
    rows = [["序列号", "商户号", "型号"], ["SN000001", MERCHANT, "N5"]]
    read = take_rows(tmp_path, [*rows, ["终端序列号", "商户编号", "机型"], ["SN000002", MERCHANT, "N5"]])
    assert read.column("serial_no") == ["SN000001", "SN000002"]
    assert read.sheet.set_aside == {"header": 1, "title": 1}


@pytest.mark.parametrize("words", ["示例（请删除本行）", "示例：", "【样例】", "以下数据请删除"])
def test_an_example_row_says_so_in_its_first_cell(tmp_path: Path, words: str):
    rows = [
        ["型号", "序列号", "商户号", "终端状态"],
        [words, "XXXXXX", "XXXXXX", "XXX"],
        ["示例机X1", "SN000001", MERCHANT, "在用"],
    ]
    read = take_rows(tmp_path, rows)
    assert read.column("serial_no") == ["SN000001"]
    assert read.sheet.set_aside == {"title": 1, "example": 1}


@pytest.mark.parametrize(
    "hint", ["必填", "（20位）", "yyyy-MM-dd", "文本格式", "最长20位", "YYYYMMDD", "单位：元"]
)
def test_a_row_of_nothing_but_hints_is_no_device(tmp_path: Path, hint: str):
    rows = [
        ["型号", "序列号", "商户号", "安装日期"],
        ["文本", hint, "", "yyyy/MM/dd"],
        ["N5", "20位", MERCHANT, "必填"],
    ]
    read = take_rows(tmp_path, rows)
    assert [row["source_row"] for row in read.rows] == [3]
    assert read.sheet.set_aside == {"title": 1, "example": 1}


def test_who_made_the_list_is_no_device(tmp_path: Path):
    keys = ["序列号", "商户号", "终端号", "型号", "安装日期", "终端状态", "门店名称", "备注"]
    rows = [keys, ["SN000001", MERCHANT, *[""] * 6], ["制表人：李四", "", "审核人：王五", *[""] * 5]]
    read = take_rows(tmp_path, rows)
    assert read.column("serial_no") == ["SN000001"]
    assert read.sheet.set_aside == {"title": 1, "note": 1}


def test_a_shop_called_example_further_down_is_a_shop(tmp_path: Path):
    rows = [["商户号", "商户名称", "商户状态"], *([f"89810000000000{n}", "晨光", "正常"] for n in range(9))]
    rows[9][1] = "样例书店"
    read = take_rows(tmp_path, rows, table="merchants")
    assert read.column("merchant_name")[-1] == "样例书店"


@pytest.mark.parametrize("remark", ["押金合计", "费用总计", "共 3 台", "小计", "#2 收银台", "示例机"])
def test_a_device_is_data_whatever_its_remark_says(tmp_path: Path, remark: str):
    read = beside(tmp_path, device(50, "安装日期=", "终端状态=", f"备注={remark}"))
    assert "SN000050" in read.column("serial_no")
    assert read.sheet.set_aside == {"title": 1}


@pytest.mark.parametrize(
    "key", ["\u00a0SN000009\u00a0", "\u200bSN00\u200b0009", "ＳＮ０００００９", "“SN000009”", "待补"]
)
def test_a_full_row_is_data_whatever_its_first_cell_says(tmp_path: Path, key: str):
    rows = [
        ["型号", "序列号", "商户号"],
        ["N5", "SN000001", MERCHANT],
        ["--", key, MERCHANT],
        ["N5", "SN000002", ""],
    ]
    read = take_rows(tmp_path, rows)
    assert [row["source_row"] for row in read.rows] == [2, 3, 4]


@pytest.mark.parametrize("key", ["\u00a0SN000009", "ＳＮ０００００９"])
def test_a_device_of_which_only_an_odd_serial_is_known_is_data(tmp_path: Path, key: str):
    assert len(beside(tmp_path, [key, *[""] * (len(HEADER) - 1)]).rows) == 11


def test_a_device_of_which_only_the_serial_is_known_is_data(tmp_path: Path):
    read = beside(tmp_path, padded("SN000050"))
    assert "SN000050" in read.column("serial_no")
    assert read.sheet.set_aside == {"title": 1}


@pytest.mark.parametrize("serial", ["#N/A", "#REF!", "8.98E+14", "序列号不详", "A1234567890/B1234567890"])
def test_a_device_with_an_unreadable_serial_is_a_device(tmp_path: Path, serial: str):
    read = beside(tmp_path, device(50, f"序列号={serial}"))
    assert len(read.rows) == 11
    assert read.rows[8]["serial_no"] is None
    assert read.rows[8]["rejected"] == ",serial_no,"
    assert [(one.row, one.value) for one in read.reading.rejections] == [(10, serial)]


def test_rows_that_name_nothing_are_counted(tmp_path: Path):
    for blank in ("", "-", "无", "N/A", "\\N", "  "):
        read = beside(tmp_path, device(50, f"序列号={blank}"))
        assert read.sheet.set_aside == {"title": 1, "blank_key": 1}, blank
        assert len(read.rows) == 10


def test_without_a_serial_merchant_and_terminal_name_a_device(tmp_path: Path):
    rows = [
        ["序列号", "商户号", "终端号"],
        ["", MERCHANT, "00000088"],
        ["", MERCHANT, ""],
        ["", "", "00000089"],
    ]
    read = take_rows(tmp_path, rows)
    assert read.column("terminal_id") == ["00000088"]
    assert read.sheet.set_aside == {"title": 1, "blank_key": 2}


def test_cells_of_rows_that_name_nothing_are_not_counted_as_rejected(tmp_path: Path):
    odd = ("终端状态=天晓得", "安装日期=昨天")
    read = beside(tmp_path, device(50, "序列号=", *odd), device(51, *odd), device(51, *odd))
    assert read.sheet.set_aside == {"title": 1, "blank_key": 1, "duplicate": 1}
    assert read.rejected == [(11, "terminal_status", "unknown_code"), (11, "install_date", "unknown_date")]
    assert (read.reading.rejected, len(read.rows)) == (2, 11)


def test_copies_of_a_row_are_one_row_that_counts_them(tmp_path: Path):
    rows = [[*HEADER, "序号"], [*device(1), "1"], [*device(2), "2"], [*device(1, "序列号= sn-000001"), "3"]]
    read = take_rows(tmp_path, rows)
    assert read.column("copies") == [2, 1]
    assert read.column("source_row") == [2, 3]
    assert read.sheet.set_aside == {"title": 1, "duplicate": 1}


def test_rows_that_differ_in_one_known_value_are_no_copies(tmp_path: Path):
    read = take_rows(tmp_path, [HEADER, device(1), device(1, "备注=二次"), device(1, "安装日期=2025-01-16")])
    assert read.column("copies") == [1, 1, 1]


@pytest.mark.parametrize("column", ["序列号", "终端状态"])
def test_rows_that_differ_in_what_could_not_be_read_are_no_copies(tmp_path: Path, column: str):
    odd = [device(1, f"{column}={value}") for value in ("8.9812E+14", "8.9813E+14")]
    read = take_rows(tmp_path, [HEADER, *odd, device(2)])
    assert read.column("copies") == [1, 1, 1]
    assert read.reading.rejected == 2


def test_a_header_is_found_below_many_lines(tmp_path: Path):
    read = take_rows(tmp_path, [*(padded(f"第 {number} 行说明") for number in range(30)), HEADER, device(1)])
    assert (read.sheet.header_row, read.column("source_row")) == (31, [32])
    preamble = [padded(f"第 {number} 行说明") for number in range(100)]
    read = take_rows(tmp_path, [*preamble, padded("序列号", "不得为空"), *preamble, HEADER, device(1)])
    assert (read.sheet.header_row, read.column("source_row")) == (202, [203])


@pytest.mark.parametrize("above", [37, 38, 39, 40])
@pytest.mark.parametrize("over", [[], ["终端", "", "", "布放", "", ""]], ids=["two rows", "three rows"])
def test_a_header_in_several_rows_is_found_wherever_it_stands(tmp_path: Path, over: list[str], above: int):
    preamble = [padded(f"第 {number} 行说明") for number in range(above)]
    groups = ["设备", "", "", "安装", "", ""]
    names = ["序列号", "商户号", "型号", "日期", "地址", "备注"]
    read = take_rows(tmp_path, [*preamble, *([over] if over else []), groups, names, device(1)])
    assert read.column("source_row") == [above + 3 + bool(over)]
    assert "install_date" in {one.column for one in read.sheet.mapped}


@pytest.mark.parametrize("gap", [[], [""]])
def test_a_list_that_goes_on_beside_itself_is_one_list(tmp_path: Path, gap: list[str]):
    """As newspapers and printed lists have it; the last column of them may be shorter."""
    left, right = [device(1), device(2)], [device(3), padded()]
    rows = [[*HEADER, *gap, *HEADER], *([*one, *gap, *other] for one, other in zip(left, right, strict=True))]
    read = take_rows(tmp_path, rows)
    assert read.column("serial_no") == ["SN000001", "SN000002", "SN000003"]
    assert [sheet.mapped[0].letter for sheet in read.reading.sheets] == ["A", "G" if not gap else "H"]


def test_a_list_of_serials_alone_is_a_list(tmp_path: Path):
    rows = [["待核查终端"], ["机身号"], *([f"SN00000{number}"] for number in range(1, 7)), ["合计：6"]]
    read = take_bytes(tmp_path, book(rows), table="")
    assert (read.reading.tables, read.sheet.header_row) == (("devices",), 2)
    assert len(read.rows) == 6


def test_a_table_lying_on_its_side_is_refused_and_says_so(tmp_path: Path):
    rows = [list(row) for row in zip(HEADER, device(1), device(2), strict=True)]
    reading = take_rows(tmp_path, rows).reading
    assert (reading.error, reading.error_key) == (Unusable.MISSING_COLUMN, "table_turned")
    assert reading.error_facts["letter"] == "A"


def test_a_form_for_each_device_is_no_list(tmp_path: Path):
    form = [["序列号", "SN000001", "商户号", MERCHANT], ["型号", "N5", "终端状态", "在用"], ["", "", "", ""]]
    assert take_rows(tmp_path, form * 5).reading.error == Unusable.MISSING_COLUMN


def test_a_sheet_that_explains_the_columns_is_none_of_rows(tmp_path: Path):
    words = [["字段", "说明"], ["序列号", "机身背面SN"], ["商户号", "15位"], ["终端状态", "在用、停用"]]
    read = take_bytes(tmp_path, book(words, [HEADER, device(1), device(2)]))
    assert (read.sheet.name, len(read.rows), read.reading.rejected) == ("Sheet2", 2, 0)


def test_a_row_on_two_sheets_counts_once(tmp_path: Path):
    """A sheet of everything beside one for each branch."""
    every = [device(1), device(2, "备注=见附件"), device(2, "备注=见附件"), device(3)]
    read = take_bytes(
        tmp_path, book([HEADER, *every], [HEADER, device(3), device(4)], [HEADER, device(1), device(1)])
    )
    assert read.column("serial_no") == ["SN000001", "SN000002", "SN000003", "SN000004"]
    assert read.column("copies") == [1, 2, 1, 1]
    assert [sheet.rows for sheet in read.reading.sheets] == [3, 1, 0]
    asides = [sheet.set_aside for sheet in read.reading.sheets]
    assert asides == [
        {"duplicate": 1, "title": 1},
        {"elsewhere": 1, "title": 1},
        {"elsewhere": 2, "title": 1},
    ]
    told = ("rows_on_other_sheets", {"sheet": "Sheet2", "count": 1})
    assert told in read.reading.notices


@pytest.mark.parametrize(
    ("sheets", "title", "channels"),
    [
        (["微信", "云闪付报备"], [], ["wechat", "unionpay"]),
        (["明细", "Alipay-11"], ["微信支付终端报备清单"], ["wechat", "alipay"]),
        (["微信支付宝", "银联商务"], [], None),
    ],
)
def test_a_list_of_one_channel_says_so_in_its_name_or_title(
    tmp_path: Path, sheets: list[str], title: list[str], channels: list[str] | None
):
    tables = [[["序列号", "商户号", "报备状态"], [f"SN00000{n}", MERCHANT, "已报备"]] for n in (1, 2)]
    tables[0][:0] = [title] if title else []

    def rename(made: openpyxl.Workbook) -> None:
        for sheet, name in zip(made.worksheets, sheets, strict=True):
            sheet.title = name

    read = take_bytes(tmp_path, book(*tables, change=rename), table="registrations")
    assert [row.get("channel") for row in read.rows or ()] == (channels or [None, None])
    assert len(read.reading.notices) == (2 if channels else 0)


@pytest.mark.parametrize(
    "row",
    [
        ["SN", "MCHT_CD", "MODEL_CD", "STS", "INST_DT", "MEMO"],
        ["serial_no", "merchant_no", "model", "terminal_status", "install_date", "remark"],
        ["1", "2", "3", "4", "5", "6"],
        ["甲", "乙", "丙", "1", "2", "3"],
        ["(1)", "（2）", "③", "第4列", "[5]", "6 "],
        ["A", "B", "C", "D", "E", "F"],
    ],
)
def test_a_row_below_the_header_that_names_or_counts_the_columns_is_no_device(tmp_path: Path, row: list[str]):
    read = take_rows(tmp_path, [HEADER, row, device(1), device(2)])
    assert read.sheet.set_aside == {"title": 1, "header": 1}
    assert read.reading.rows == 2


def test_a_table_beside_this_one_is_not_read_into_its_rows(tmp_path: Path):
    """A blank column parts them; without one that names the same thing again, both halves are one table."""
    side = [["", "型号", "台数"], ["", "合计", "2"], ["", "N5", "2"]]
    rows = [[*left, *right] for left, right in zip([HEADER, device(1), device(2)], side, strict=True)]
    read = take_bytes(tmp_path, book(rows))
    assert read.column("model") == [device(1)[2], device(2)[2]]
    assert read.sheet.unmapped == ("型号", "台数")
    assert read.reading.notices == (("table_beside", {"sheet": read.sheet.name, "letter": "H"}),)
    parted = [[*row[:3], "", *row[3:]] for row in (HEADER, device(1), device(2))]
    assert len(take_bytes(tmp_path, book(parted)).sheet.mapped) == len(HEADER)


def test_rows_in_one_cell_each_are_put_into_columns(tmp_path: Path):
    """A list in commas that was opened as one column and saved, or quoted line by line."""
    rows = [["终端台账"], [",".join(HEADER)], [",".join(device(1))], [",".join(device(2))]]
    for data in (book(rows), "".join(f'"{row[0]}"\r\n' for row in rows).encode()):
        read = take_bytes(tmp_path, data)
        assert read.column("serial_no") == [device(1)[0], device(2)[0]]
        assert read.sheet.header_row == 2
        assert [key for key, _ in read.reading.notices] == ["rows_in_one_cell"]


def test_hints_of_every_kind_below_the_header(tmp_path: Path):
    types = ["字符型(20)", "字符型（15）", "字典", "日期时间", "数值型(10)", "整型"]
    assert take_rows(tmp_path, [HEADER, types, device(1)]).sheet.set_aside == {"example": 1, "title": 1}
    types = [
        "String",
        "Nullable(String)",
        "LowCardinality(String)",
        "Enum8('a' = 1)",
        "DateTime64(3)",
        "UInt64",
    ]
    assert take_rows(tmp_path, [HEADER, types, device(1)]).sheet.set_aside == {"example": 1, "title": 1}
    hints = ["唯一", "15位", "如：N5", "启用/停用", "格式：YYYY-MM-DD", "VARCHAR2(50)"]
    read = take_rows(tmp_path, [HEADER, hints, device(1), device(2)])
    assert read.sheet.set_aside == {"title": 1, "example": 1}
    assert read.reading.rejected == 0


def test_a_group_of_a_header_may_be_the_second_half_of_a_name(tmp_path: Path):
    read = take_rows(
        tmp_path, [["", "", "日期"], ["序列号", "商户号", "安装"], ["SN000001", MERCHANT, "2026-11-20"]]
    )
    assert {one.column for one in read.sheet.mapped} == {"serial_no", "merchant_no", "install_date"}


def test_a_sheet_that_goes_on_without_a_header_is_told_from_notes(tmp_path: Path):
    workbook = openpyxl.Workbook()
    first, second, notes = workbook.active, workbook.create_sheet("续"), workbook.create_sheet("说明")
    for cells in (["终端台账"], ["2026年11月"], HEADER, device(1), device(2)):
        first.append(cells)
    second.append(device(3))
    notes.append(["本表由供应商填写", "每月更新"])
    path = tmp_path / "book.xlsx"
    workbook.save(path)
    reading = take(path).reading
    assert [sheet.skipped for sheet in reading.sheets] == ["", "continues", "no_header"]
    assert [sheet.name for sheet in reading.unread] == ["续"]


def test_groups_of_a_header_that_are_not_merged_reach_to_the_next_one(tmp_path: Path):
    rows = [
        ["序号", "商户信息", "", "终端信息", "", "微信", "", "支付宝", ""],
        ["", "编号", "名称", "SN", "型号", "报备状态", "报备时间", "报备状态", "报备时间"],
        ["1", MERCHANT, "晨光", "SN000001", "X1", "已报备", "2026-01-05", "未报备", ""],
    ]
    read = take_rows(tmp_path, rows, table="registrations")
    (row,) = read.rows or ()
    assert (row["merchant_no"], row["merchant_name"], row["serial_no"]) == (MERCHANT, "晨光", "SN000001")
    assert (row["reg_status_wechat"], row["reg_status_alipay"]) == ("registered", "not_registered")
    assert not {"submitted_at", "registered_at"}.intersection(row)


@pytest.mark.parametrize("above", [True, False])
def test_a_sentence_above_or_below_the_table_explains_its_codes(tmp_path: Path, above: bool):
    said = ["注：报备状态：0-未报备，1-已报备，2-报备失败", "", ""]
    rows = [["序列号", "商户号", "报备状态"], *([f"SN00000{n}", MERCHANT, f"{n}"] for n in range(3))]
    read = take_rows(tmp_path, [said, *rows] if above else [*rows, said], table="registrations")
    assert read.column("reg_status") == ["not_registered", "registered", "failed"]


def test_a_header_in_three_rows(tmp_path: Path):
    rows = [
        ["", "", "报备情况", "", "", ""],
        ["SN", "商户号", "微信", "", "支付宝", ""],
        ["", "", "状态", "日期", "状态", "日期"],
        ["SN000001", MERCHANT, "已报备", "2026-01-05", "未报备", ""],
    ]

    def merge(made: openpyxl.Workbook) -> None:
        for area in ("C1:F1", "C2:D2", "E2:F2", "A2:A3", "B2:B3"):
            made.worksheets[0].merge_cells(area)

    read = take_bytes(
        tmp_path,
        book([[cell or None for cell in row] for row in rows], change=merge),
        table="registrations",
    )
    (row,) = read.rows or ()
    assert (row["serial_no"], row["reg_status_wechat"], row["reg_status_alipay"]) == (
        "SN000001",
        "registered",
        "not_registered",
    )
    assert read.reading.rejected == 0


@pytest.mark.parametrize("legend", ["1-正常 2-注销 3-冻结", "1正常2注销3冻结", "1：正常；2：注销；3：冻结"])
def test_a_legend_in_the_header_however_its_codes_are_parted(tmp_path: Path, legend: str):
    rows = [
        ["商户号", "商户名称", f"状态（{legend}）"],
        *([f"89810000000000{n}", "店", f"{n}"] for n in (1, 2, 3)),
    ]
    read = take_rows(tmp_path, rows, table="merchants")
    assert read.column("merchant_status") == ["active", "closed", "frozen"]


@pytest.mark.parametrize(("header", "value"), [("场所类型", "门店"), ("Client", "Shop"), ("用途", "备注")])
def test_a_device_with_a_word_that_names_a_column_is_no_second_row_of_the_header(
    tmp_path: Path, header: str, value: str
):
    rows = [["序列号", "商户号", header], ["SN000001", MERCHANT, value], ["SN000002", MERCHANT, value]]
    assert take_rows(tmp_path, rows).column("serial_no") == ["SN000001", "SN000002"]


def titled(sheets: dict[str, list[list[str]]]) -> bytes:
    """A workbook of sheets by their names."""

    def name(made: openpyxl.Workbook) -> None:
        for sheet, title in zip(made.worksheets, sheets, strict=True):
            sheet.title = title

    return book(*sheets.values(), change=name)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2026年10月", "2026年11月"),
        ("10月", "11月"),
        ("台账20261031", "台账20261130"),
        ("终端(备份)", "终端"),
        ("old", "Sheet1"),
    ],
)
def test_a_sheet_that_a_newer_one_replaces_does_not_count(tmp_path: Path, older: str, newer: str):
    def rows(model: str, first: int) -> list[list[str]]:
        return [
            ["序列号", "商户号", "型号"],
            *([f"SN{n:06}", MERCHANT, model] for n in range(first, first + 6)),
        ]

    for first, second in ((older, newer), (newer, older)):
        sheets = {
            first: rows("甲" if first == older else "乙", 0),
            second: rows("甲" if first != older else "乙", 1),
        }
        read = take_bytes(tmp_path, titled(sheets))
        assert set(read.column("model")) == {"乙"}
        assert {one.name: (one.rows, one.set_aside) for one in read.reading.sheets} == {
            older: (0, {"superseded": 6, "title": 1}),
            newer: (6, {"title": 1}),
        }
        assert read.reading.notices == (("sheet_superseded", {"sheet": older, "newer": newer, "count": 6}),)
        assert not read.reading.is_superseded


def test_sheets_of_other_devices_all_count_however_they_are_called(tmp_path: Path):
    names = ["2026年10月", "2026年11月", "12月", "1月", "旧机", "福建"]
    sheets = {
        name: [["序列号", "商户号"], *([f"SN{place}{n:05}", MERCHANT] for n in range(5))]
        for place, name in enumerate(names)
    }
    read = take_bytes(tmp_path, titled(sheets))
    assert [one.rows for one in read.reading.sheets] == [5] * len(names)
    assert [key for key, _ in read.reading.notices] == ["state_of_list"]  # 福建 is a province
    turn = {name: [["序列号", "商户号", "型号"], ["SN000001", MERCHANT, name]] for name in ("12月", "1月")}
    assert take_bytes(tmp_path, titled(turn)).column("model") == ["12月", "1月"]


def test_a_header_below_with_its_columns_in_another_order_is_followed(tmp_path: Path):
    header, other = ["序列号", "商户号", "型号", "状态", "备注"], ["商户号", "序列号", "型号", "状态", "地址"]
    rows = [[f"SN{number:06}", MERCHANT, "N5", "在用", "甲"] for number in range(1, 4)]
    below = [[MERCHANT, f"SN{number:06}", "P2", "停用", "路"] for number in range(4, 7)]
    again = [f"SN{number:06}" for number in range(7, 9)]
    last = [[serial, MERCHANT, "A8", "库存", "乙"] for serial in again]
    for data in (book([header, *rows, other, *below, header, *last]), book([header, *rows, other, *below])):
        read = take_bytes(tmp_path, data)
        count = len(read.rows or [])
        assert read.column("serial_no") == [f"SN{number:06}" for number in range(1, count + 1)]
        assert set(read.column("merchant_no")) == {MERCHANT}
        assert read.column("model")[2:5] == ["N5", "P2", "P2"]
        assert read.column("remark")[2:5] == ["甲", None, None]
        assert read.column("source_row")[3] == 6
        assert read.reading.notices == (("columns_moved", {"sheet": "Sheet1", "rows": [5]}),)
        assert read.sheet.rows + sum(read.sheet.set_aside.values()) == read.sheet.rows_in_file


def test_a_column_that_only_a_header_below_has_is_told(tmp_path: Path):
    header = ["序列号", "商户号", "型号", "厂商"]
    rows = [[f"SN{number:06}", MERCHANT, "N5", "新大陆"] for number in range(1, 45)]
    read = take_rows(
        tmp_path, [header, *rows, [*header, "终端状态"], ["SN000050", MERCHANT, "N5", "新大陆", "停用"]]
    )
    told = ("columns_below_left", {"sheet": "", "headers": ["终端状态"]})
    assert told in read.reading.notices
    assert len(read.rows) == 45


def test_a_header_below_in_wholly_another_order_is_followed_too(tmp_path: Path):
    header, other = ["序列号", "商户号", "型号"], ["终端型号", "终端序列号", "商户编号"]
    rows = [["SN000001", MERCHANT, "N5"], ["SN000002", MERCHANT, "N5"], other, ["P2", "SN000003", MERCHANT]]
    read = take_rows(tmp_path, [header, *rows])
    assert read.column("serial_no") == ["SN000001", "SN000002", "SN000003"]
    assert read.column("model") == ["N5", "N5", "P2"]


@pytest.mark.parametrize("between", [[], [[""]], [["二、其他终端"]]])
@pytest.mark.parametrize("above", [[], [["终端清单"], ["导出日期：2026-11-21"]]])
def test_a_list_above_another_that_names_more_is_no_title(
    tmp_path: Path, between: list[list[str]], above: list[list[str]]
):
    header, other = ["序列号", "商户号", "型号", "厂商"], ["序列号", "商户号", "门店名称", "型号", "厂商"]
    rows = [[f"SN{number:06}", MERCHANT, "N5", "新大陆"] for number in range(1, 4)]
    below = [[f"SN{number:06}", MERCHANT, "甲店", "P2", "商米"] for number in range(4, 7)]
    read = take_rows(tmp_path, [*above, header, *rows, *between, other, *below])
    assert read.column("serial_no") == [f"SN{number:06}" for number in range(1, 7)]
    assert read.column("model") == ["N5"] * 3 + ["P2"] * 3
    assert read.column("store_name") == [None] * 3 + ["甲店"] * 3
    assert read.sheet.header_row == len(above) + 1


def test_figures_of_merchants_above_their_list_are_no_merchants(tmp_path: Path):
    header = ["商户编号", "商户名称", "统一社会信用代码", "商户状态", "联系人"]
    rows = [
        ["商户编号", "商户名称", "台数"],
        *([f"89810000000000{n}", "某店", "3"] for n in range(3)),
        [""],
        header,
    ]
    rows += [[f"89810000000000{n}", "某店", "92330106MA676TY3T0", "正常", "某人"] for n in range(3)]
    read = take_rows(tmp_path, rows, table="merchants")
    assert read.column("merchant_status") == ["active"] * 3


def test_figures_of_merchants_below_the_devices_are_no_devices(tmp_path: Path):
    rows = [
        ["序列号", "商户号", "型号", "终端状态"],
        *([f"SN{n:06}", MERCHANT, "N5", "在用"] for n in range(4)),
    ]
    below = [["商户编号", "商户名称", "终端数量", "在用", "停用"], [MERCHANT, "晨光小店", "4", "4", "0"]]
    for parting in ([""], ["合计", "4"]):
        read = take_rows(tmp_path, [*rows, parting, *below])
        assert read.column("serial_no") == [f"SN{n:06}" for n in range(4)]
        assert read.sheet.set_aside["stacked"] == 2


def test_a_list_of_another_table_below_is_not_taken_for_more_of_this_one(tmp_path: Path):
    devices = [
        ["序列号", "商户号", "型号", "厂商", "安装日期"],
        ["SN000001", MERCHANT, "N5", "甲", "2026-01-02"],
    ]
    registrations = [["商户号", "序列号", "渠道", "报备状态"], [MERCHANT, "SN000001", "微信", "已报备"]]
    for table in ("devices", "registrations"):
        read = take_rows(tmp_path, [*devices, [""], *registrations], table=table)
        assert read.sheet.rows == 1


def test_a_merchant_number_above_its_devices_is_no_device(tmp_path: Path):
    other = "898100000000002"
    rows = [
        ["序列号", "商户号", "型号", "终端状态", "备注"],
        [MERCHANT],
        ["SN000001", MERCHANT, "N5", "在用", ""],
    ]
    rows += [[other], ["SN000002", other, "N5", "在用", ""], ["SN000003"]]
    read = take_rows(tmp_path, rows)
    assert read.column("serial_no") == ["SN000001", "SN000002", "SN000003"]
    assert read.sheet.set_aside == {"title": 1, "note": 2}


@pytest.mark.parametrize(
    "rule", [[":---", ":---:", "---:"], ["-----", "-----", "----"], ["====", "====", "=="]]
)
def test_lines_drawn_below_a_header_are_no_device(tmp_path: Path, rule: list[str]):
    rows = [["序列号", "商户号", "型号"], rule, *([f"SN{number:06}", MERCHANT, "P2"] for number in range(3))]
    read = take_rows(tmp_path, rows)
    assert read.column("serial_no") == ["SN000000", "SN000001", "SN000002"]
    assert read.sheet.set_aside == {"note": 1, "title": 1}


def test_the_trailer_of_a_banks_file_and_lines_of_a_drawn_table_are_no_devices(tmp_path: Path):
    body = [f"D|SN{number:06}|{MERCHANT}|P2" for number in range(3)]
    for lines in (
        ["H|SN|MCHT_NO|MODEL", *body, "T|3||"],
        ["H|20261120", "T|SN|MCHT_NO|MODEL", *body, "TRL|3"],
    ):
        read = take_bytes(tmp_path, "\n".join([*lines, ""]).encode())
        assert read.column("serial_no") == ["SN000000", "SN000001", "SN000002"]
        assert not read.reading.rejected
    drawn = ["┌────────┬──────┐", "│序列号│商户号│型号│", "├────────┼──────┤"]
    drawn += [f"│SN{number:06}│{MERCHANT}│P2│" for number in range(3)] + ["└────────┴──────┘", ""]
    read = take_bytes(tmp_path, "\n".join(drawn).encode())
    assert read.column("serial_no") == ["SN000000", "SN000001", "SN000002"]
    assert read.sheet.set_aside == {"note": 2, "title": 2}


def test_a_name_merged_over_all_three_rows_of_a_header(tmp_path: Path):
    rows = [
        ["商户号", "终端信息", None, None, None],
        [None, "设备", None, "使用", None],
        [None, "SN", "型号", "终端状态", "安装日期"],
        [MERCHANT, "SN000001", "P2", "启用", "2026-11-01"],
    ]

    def merge(made: openpyxl.Workbook) -> None:
        for area in ("A1:A3", "B1:E1", "B2:C2", "D2:E2"):
            made.worksheets[0].merge_cells(area)

    plain = delimited(
        [cell or "" for cell in row] for row in rows
    ).encode()  # as text nothing says so but blanks
    for data in (book(rows, change=merge), plain):
        read = take_bytes(tmp_path, data)
        assert read.sheet.header_row == 3
        assert (read.column("merchant_no"), read.column("serial_no")) == ([MERCHANT], ["SN000001"])


@pytest.mark.parametrize("order", [1, -1], ids=["right", "left"])
def test_each_feed_finds_its_own_of_two_tables_side_by_side(tmp_path: Path, order: int):
    ledger = [["序列号", "商户号", "型号", "厂商", "终端状态"]]
    ledger += [[f"SN{number:06}", MERCHANT, "P2", "商米", "启用"] for number in range(6)]
    registered = [["序列号", "渠道", "报备状态"], *([f"SN{9 - n:06}", "微信", "已报备"] for n in range(4))]
    registered += [[""] * 3] * 2
    rows = [
        [*one, "", *other] for one, other in (pair[::order] for pair in zip(ledger, registered, strict=True))
    ]
    read = take_rows(tmp_path, rows, table="registrations")
    assert read.column("serial_no") == [f"SN{9 - number:06}" for number in range(4)]
    assert read.column("reg_status") == ["registered"] * 4
    assert read.sheet.set_aside == {"blank": 2, "title": 1}
    assert take_rows(tmp_path, rows).column("serial_no") == [f"SN{number:06}" for number in range(6)]


@pytest.mark.parametrize(
    "sheet",
    [
        [["字段", "代码", "含义"], ["商户状态", "1", "正常"], ["商户状态", "2", "注销"]],
        [["商户状态", "说明"], ["1", "正常"], ["2", "注销"]],
        [["序号", "字段名", "字段说明", "代码", "含义"]]
        + [[f"{n}", "MCHT_STATUS", "商户状态", f"{n}", word] for n, word in ((1, "正常"), (2, "注销"))],
        [
            ["代码表"],
            ["商户类型", "1", "企业"],
            [None, "2", "小微"],
            ["商户状态", "1", "正常"],
            [None, "2", "注销"],
        ],
    ],
)
def test_codes_explained_on_a_sheet_of_their_own(tmp_path: Path, sheet: list[list[str]]):
    rows = [["商户号", "商户名称", "商户状态"], *([f"89810000000000{n}", "店", f"{n}"] for n in (1, 2))]
    read = take_bytes(tmp_path, book(rows, sheet), table="merchants")
    assert read.column("merchant_status") == ["active", "closed"]


@pytest.mark.parametrize("legend", ["正常-1，注销-2", "1）正常2）注销", "（1）正常（2）注销"])
def test_a_legend_with_its_codes_behind_or_in_brackets(tmp_path: Path, legend: str):
    rows = [[f"商户状态：{legend}"], ["商户号", "商户名称", "商户状态"]]
    rows += [[f"89810000000000{n}", "店", f"{n}"] for n in (1, 2)]
    assert take_rows(tmp_path, rows, table="merchants").column("merchant_status") == ["active", "closed"]


@pytest.mark.parametrize(
    "hints",
    [
        ["必填，20位以内", "必填,15位数字", "枚举，在用/停用", "日期,yyyy-mm-dd"],
        ["文本（20）；必填", "文本(15);必填", "字典；必填", "日期；选填"],
        ["文本\n必填", "文本\n必填", "下拉\n必填", "日期\n非必填"],
    ],
)
def test_several_hints_in_each_cell_make_no_device(tmp_path: Path, hints: list[str]):
    rows = [["序列号", "商户号", "终端状态", "安装日期"], hints, ["SN000001", MERCHANT, "在用", "2026-01-02"]]
    read = take_bytes(tmp_path, book(rows), "export.xlsx")
    assert (read.column("serial_no"), read.reading.rejected_by) == (["SN000001"], ())
