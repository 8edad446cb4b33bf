"""Workbooks: which sheets are read, where the table stands, and parts that few writers write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart
from vendorfiles import (
    DATE,
    HEADER,
    MERCHANT,
    archive,
    book,
    device,
    line,
    parts_of,
    raw_book,
    saved,
    take_bytes,
    text,
    with_part,
)

from audit.errors import Unusable
from audit.intake.reading import Reason

LABELS = ["序列号", "商户号", "型号", "安装日期"]


def placed(rows: list[list[Any]], row: int, column: int) -> bytes:
    """The rows with their first cell at that place, 1-based."""
    made = openpyxl.Workbook()
    for down, cells in enumerate(rows):
        for right, value in enumerate(cells):
            made.active.cell(row + down, column + right, value)
    return saved(made)


@pytest.mark.parametrize(("row", "column"), [(1, 1), (4, 1), (1, 3), (7, 28)])
def test_the_table_may_stand_anywhere(tmp_path: Path, row: int, column: int):
    rows = [HEADER, device(1, "终端状态=天晓得"), device(2)]
    read = take_bytes(tmp_path, placed(rows, row, column))
    assert read.column("serial_no") == ["SN000001", "SN000002"]
    assert read.sheet.header_row == row
    assert read.sheet.rows_in_file == row + 2
    [rejection] = read.reading.rejections
    status = openpyxl.utils.get_column_letter(column + 3)
    assert (rejection.sheet, rejection.row, rejection.letter) == ("Sheet", row + 1, status)
    assert read.sheet.mapped[0].letter == openpyxl.utils.get_column_letter(column)


def test_a_sheet_written_over_many_lines_keeps_its_columns(tmp_path: Path):
    header = line(1, *LABELS, start="C")
    data = line(2, '<c r="C2" s="2"><v>12345</v></c>', MERCHANT, "X1", "某日", start="C")
    read = take_bytes(tmp_path, raw_book(header, data))
    indented = with_part(
        raw_book(header, data), "xl/worksheets/sheet1.xml", lambda part: part.replace(b"><", b">\n  <")
    )
    for found in (read, take_bytes(tmp_path, indented)):
        assert found.column("serial_no") == ["00012345"]
        assert found.sheet.mapped[0].letter == "C"
        [rejection] = found.reading.rejections
        assert (rejection.row, rejection.letter) == (2, "F")


def test_titles_export_time_and_merged_cells_above_the_header(tmp_path: Path):
    rows = [
        ["终端台账"],
        ["导出时间：2026-11-20 02:00:00"],
        ["终端信息", None, None, "其他"],
        HEADER,
        device(1),
    ]

    def merge(made: openpyxl.Workbook) -> None:
        for where in ("A1:F1", "A2:F2", "A3:C3", "D3:F3"):
            made.active.merge_cells(where)

    read = take_bytes(tmp_path, book(rows, change=merge))
    assert (read.sheet.header_row, read.column("source_row")) == (4, [5])
    assert read.sheet.set_aside == {"title": 4}
    assert read.reading.exported_at == "2026-11-20 02:00:00"


def test_a_header_of_two_merged_rows(tmp_path: Path):
    rows = [[*HEADER, None], [*[None] * 6, None], device(1)]

    def merge(made: openpyxl.Workbook) -> None:
        for letter in "ABCDEF":
            made.active.merge_cells(f"{letter}1:{letter}2")

    read = take_bytes(tmp_path, book(rows, change=merge))
    assert read.column("serial_no") == ["SN000001"]
    assert read.sheet.set_aside == {"title": 1, "blank": 1}


def test_names_of_groups_above_and_names_merged_over_both_rows(tmp_path: Path):
    made = openpyxl.Workbook()
    for row in (
        ["终端序列号", "商户信息", None, "终端状态"],
        [None, "编号", "名称", None],
        ["SN000001", MERCHANT, "晨光", "在用"],
    ):
        made.active.append(row)
    for place in ("A1:A2", "B1:C1", "D1:D2"):
        made.active.merge_cells(place)
    read = take_bytes(tmp_path, saved(made))
    found = {
        name: read.rows[0][name] for name in ("serial_no", "merchant_no", "merchant_name", "terminal_status")
    }
    assert list(found.values()) == ["SN000001", MERCHANT, "晨光", "active"]
    assert (read.sheet.header_row, read.sheet.set_aside) == (2, {"title": 2})


def test_a_name_that_says_what_its_group_does(tmp_path: Path):
    made = openpyxl.Workbook()
    for row in (
        ["终端序列号", "商户号", "地址", None, None, "终端状态"],
        [None, None, "省", "市", "详细地址", None],
        ["SN000001", MERCHANT, "浙江省", "杭州市", "西湖区人民路1号", "在用"],
    ):
        made.active.append(row)
    for place in ("A1:A2", "B1:B2", "C1:E1", "F1:F2"):
        made.active.merge_cells(place)
    read = take_bytes(tmp_path, saved(made))
    assert read.rows[0]["address"] == "西湖区人民路1号"
    assert read.sheet.unmapped == ()


def test_channels_below_their_name_are_a_column_each(tmp_path: Path):
    rows = [[None, None, "渠道", None, None], ["终端序列号", "商户号", "微信", "支付宝", "银联"]]
    read = take_bytes(
        tmp_path, book([*rows, ["SN000001", MERCHANT, "已报备", "驳回", "未报备"]]), table="registrations"
    )
    [row] = read.rows
    states = {name: row[f"reg_status_{name}"] for name in ("wechat", "alipay", "unionpay")}
    assert list(states.values()) == ["registered", "failed", "not_registered"]
    assert read.reading.rejected == 0


def test_every_visible_sheet_is_read_and_the_others_are_named(tmp_path: Path):
    def name(made: openpyxl.Workbook) -> None:
        titles = ["福建 & 'A' <一>", "旧数据", "深藏", "浙江", "说明", "Sheet6"]
        for sheet, title in zip(made.worksheets, titles, strict=True):
            sheet.title = title
        made["旧数据"].sheet_state = "hidden"
        made["深藏"].sheet_state = "veryHidden"

    notes = [["本表由供应商提供"], ["请勿修改"]]
    tables = [[HEADER, device(number)] for number in range(1, 5)]
    read = take_bytes(tmp_path, book(*tables, notes, [], change=name))
    assert read.column("serial_no") == ["SN000001", "SN000004"]
    assert read.column("source_sheet") == ["福建 & 'A' <一>", "浙江"]
    skipped = {sheet.name: sheet.skipped for sheet in read.reading.sheets}
    assert skipped == {
        "福建 & 'A' <一>": "",
        "旧数据": "hidden",
        "深藏": "hidden",
        "浙江": "",
        "说明": "no_header",
        "Sheet6": "empty",
    }


def test_charts_alone_are_no_damage(tmp_path: Path):
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    made.create_chartsheet("图").add_chart(BarChart())
    reading = take_bytes(tmp_path, saved(made)).reading
    assert (reading.error, reading.error_key) == (Unusable.EMPTY, "sheets_without_cells")


def test_an_empty_sheet_beside_another_is_not_what_is_wrong(tmp_path: Path):
    made = openpyxl.Workbook()
    assert take_bytes(tmp_path, saved(made)).reading.error_key == "sheets_empty"
    made.create_sheet("说明").append(["请勿修改"])
    assert take_bytes(tmp_path, saved(made)).reading.error == Unusable.MISSING_COLUMN


def test_a_workbook_of_several_tables_serves_each_feed_its_own(tmp_path: Path):
    merchants = [["商户号", "商户名称", "统一社会信用代码", "商户状态"], [MERCHANT, "晨光", "", "正常"]]
    listed = [
        ["序列号", "商户号", "渠道", "报备状态", "报备时间"],
        ["SN1", MERCHANT, "微信", "已报备", "2025-01-01"],
    ]
    data = book([HEADER, device(1)], merchants, listed)
    assert take_bytes(tmp_path, data).column("source_sheet") == ["Sheet1"]
    assert take_bytes(tmp_path, data, table="merchants").column("merchant_name") == ["晨光"]
    read = take_bytes(tmp_path, data, table="registrations")
    assert read.column("reg_status") == ["registered"]
    assert [sheet.skipped for sheet in read.reading.sheets] == ["other_table", "other_table", ""]


def test_shared_and_inline_texts_side_by_side(tmp_path: Path):
    shared = [*LABELS, "SN000001", MERCHANT]
    first = line(1, *(f'<c r="{letter}1" t="s"><v>{n}</v></c>' for n, letter in enumerate("ABCD")))
    second = line(2, '<c r="A2" t="s"><v>4</v></c>', '<c r="B2" t="s"><v>5</v></c>', "X1")
    read = take_bytes(tmp_path, raw_book(first, second, line(3, "SN000002", MERCHANT, "X1"), shared=shared))
    assert read.column("serial_no") == ["SN000001", "SN000002"]
    assert read.reading.notices == ()


def test_texts_that_are_written_as_character_data(tmp_path: Path):
    def cell(where: str, value: str) -> str:
        return f'<c r="{where}" t="str"><v><![CDATA[{value}]]></v></c>'

    rows = [LABELS, ["SN000001", MERCHANT, "X1", "<A>&B"]]
    lines = [
        line(n, *(cell(f"{letter}{n}", value) for letter, value in zip("ABCD", row, strict=True)))
        for n, row in enumerate(rows, 1)
    ]
    read = take_bytes(tmp_path, raw_book(*lines, line(3, "SN000002", MERCHANT, "X1", "")))
    assert read.column("serial_no") == ["SN000001", "SN000002"]


@pytest.mark.parametrize("place", [" 5 ", "+5", "005"])
def test_a_place_among_shared_texts_that_is_written_oddly(tmp_path: Path, place: str):
    shared = [*LABELS, "SN000001", MERCHANT]
    first = line(1, *(f'<c r="{letter}1" t="s"><v>{n}</v></c>' for n, letter in enumerate("ABCD")))
    odd = line(2, '<c r="A2" t="s"><v>4</v></c>', f'<c r="B2" t="s"><v>{place}</v></c>', "X1")
    read = take_bytes(tmp_path, raw_book(first, odd, shared=shared))
    assert read.column("merchant_no") == [MERCHANT]


@pytest.mark.parametrize("place", ["-1", "abc", "99"])
def test_a_place_where_no_shared_text_is(tmp_path: Path, place: str):
    odd = line(2, "SN000001", f'<c r="B2" t="s"><v>{place}</v></c>', "X1")
    read = take_bytes(tmp_path, raw_book(line(1, *LABELS), odd, shared=["序列号"]))
    assert read.reading.error == "unreadable"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("20250115", date(2025, 1, 15)),
        ("1736899200", date(2025, 1, 15)),
        ("1736899200000", date(2025, 1, 15)),
    ],
)
def test_numbers_too_large_for_the_date_they_are_shown_as(tmp_path: Path, value: str, shown: date):
    rows = [
        line(n, f"SN{n:06}", MERCHANT, "X1", f'<c r="D{n}" s="{DATE}"><v>{value}</v></c>') for n in (2, 3)
    ]
    read = take_bytes(tmp_path, raw_book(line(1, "序列号", "商户号", "型号", "安装日期"), *rows))
    assert read.column("install_date") == [date(2025, 1, 15)] * 2


@pytest.mark.parametrize("value", ["NaN", "1e308", "-5"])
def test_no_number_under_a_date_is_no_blank(tmp_path: Path, value: str):
    row = line(2, "SN000001", MERCHANT, "X1", f'<c r="D2" s="{DATE}"><v>{value}</v></c>')
    read = take_bytes(tmp_path, raw_book(line(1, "序列号", "商户号", "型号", "安装日期"), row))
    assert [(row, column) for row, column, _ in read.rejected] == [(2, "install_date")]


def test_two_rows_of_one_number(tmp_path: Path):
    row = line(2, "SN000001", MERCHANT, "X1")
    read = take_bytes(tmp_path, raw_book(line(1, *LABELS), row, row))
    assert read.column("serial_no") == ["SN000001"]
    read = take_bytes(tmp_path, raw_book(line(1, *LABELS), row, line(2, "SN000002", MERCHANT, "X1")))
    assert (read.reading.error, read.reading.error_facts["at"]) == ("unreadable", "A2")


def test_rows_in_any_order(tmp_path: Path):
    rows = [line(n, f"SN{n:06}", MERCHANT, "X1") for n in (4, 2, 3)]
    read = take_bytes(tmp_path, raw_book(*rows, line(1, *LABELS)))
    assert read.column("serial_no") == ["SN000002", "SN000003", "SN000004"]


def test_a_cell_in_a_column_no_sheet_has(tmp_path: Path):
    row = line(2, "SN000001", MERCHANT, text("ZZZZ2", "X1"))
    assert take_bytes(tmp_path, raw_book(line(1, *LABELS), row)).column("model") == ["X1"]


def test_a_part_whose_name_is_escaped_where_it_is_linked(tmp_path: Path):
    parts = parts_of(raw_book(line(1, *LABELS), line(2, "SN000001", MERCHANT)))
    parts["xl/worksheets/sheet 1.xml"] = parts.pop("xl/worksheets/sheet1.xml")
    links = "xl/_rels/workbook.xml.rels"
    parts[links] = parts[links].replace(b"sheet1.xml", b"sheet%201.xml")
    assert take_bytes(tmp_path, archive(parts)).column("serial_no") == ["SN000001"]


def test_a_control_character_in_a_header(tmp_path: Path):
    read = take_bytes(tmp_path, raw_book(line(1, "_x0001_序列号", "商户号"), line(2, "SN000001", MERCHANT)))
    assert read.column("serial_no") == ["SN000001"]


def test_cells_and_rows_without_places(tmp_path: Path):
    def bare(*cells: str) -> str:
        shown = (
            cell if cell.startswith("<") else f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells
        )
        return f"<row>{''.join(shown)}</row>"

    broken = bare("SN000001", '<c t="e"><v>#N/A</v></c>', "<c/>", "2025-01-15")
    rounded = bare("<c><v>123456789012345680</v></c>", MERCHANT, "X1", "2025-01-15")
    read = take_bytes(tmp_path, raw_book(bare(*LABELS), broken, rounded))
    assert read.rejected == [(2, "merchant_no", Reason.ERROR_CELL), (3, "serial_no", Reason.PRECISION)]


def test_blank_cells_with_a_style_do_not_shift_what_is_beside_them(tmp_path: Path):
    styled = '<c r="A{0}" s="1"/>'
    error = '<c r="C2" t="e"><v>#N/A</v></c>'
    rows = [["序列号", "商户号", "型号"], ["SN000001", error, "X1"], ["SN000002", MERCHANT, "X1"]]
    sheet = [
        line(
            number,
            styled.format(number),
            *(
                text(f"{letter}{number}", cell) if cell[0] != "<" else cell
                for letter, cell in zip("BCD", row, strict=True)
            ),
        )
        for number, row in enumerate(rows, 1)
    ]
    read = take_bytes(tmp_path, raw_book(*sheet))
    [rejection] = read.reading.rejections
    assert (rejection.row, rejection.letter, rejection.column) == (2, "C", "merchant_no")
    assert read.column("model") == ["X1", "X1"]
    assert [mapped.letter for mapped in read.sheet.mapped] == ["B", "C", "D"]


def test_a_formatted_row_at_the_very_end_of_the_sheet_is_no_data(tmp_path: Path):
    far = '<row r="1048576" ht="12.8" customHeight="1"/>'
    read = take_bytes(tmp_path, raw_book(line(1, *LABELS), line(2, "SN000001", MERCHANT, "X1", ""), far))
    assert read.column("serial_no") == ["SN000001"]


@pytest.mark.parametrize(
    "far",
    [
        '<c r="B1048576" s="1"/>',
        text("B1048576", " "),
        text("B1048576", "　\u00a0"),
        '<c r="B1048576" t="str"><f>IF(1,"")</f><v></v></c>',
        '<c r="B1048576"><f>X!B2</f></c>',
    ],
)
def test_nothing_at_the_very_end_of_a_long_sheet_is_no_row(tmp_path: Path, far: str):
    rows = [line(number, *device(number, "备注=好")) for number in range(3, 20_001)]
    error = line(20_001, "SN020001", '<c r="B20001" t="e"><v>#N/A</v></c>', "")
    last = line(20_002, '<c r="A20002" t="e"><v>#N/A</v></c>', MERCHANT)
    data = raw_book(
        line(1, "终端台账"), line(2, *HEADER), *rows, error, last, f'<row r="1048576">{far}</row>'
    )
    read = take_bytes(tmp_path, data)
    assert read.sheet.rows_in_file == 20_002
    assert read.sheet.set_aside == {"title": 2}
    assert read.column("source_row") == list(range(3, 20_003))
    assert read.rejected == [(20_001, "merchant_no", "error_cell"), (20_002, "serial_no", "error_cell")]


def test_something_at_the_very_end_of_a_long_sheet_is_a_row(tmp_path: Path):
    rows = [line(number, *device(number, "备注=好")) for number in range(2, 20_002)]
    far = f'<row r="1048576">{text("A1048576", "制表人")}</row>'
    read = take_bytes(tmp_path, raw_book(line(1, *HEADER), *rows, far))
    assert read.sheet.rows_in_file == 1_048_576
    assert read.sheet.set_aside == {"title": 1, "note": 1, "blank": 1_028_574}
    assert read.column("source_row") == list(range(2, 20_002))


@pytest.mark.parametrize("part", ["_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_remarks_inside_the_parts_mean_nothing(tmp_path: Path, part: str):
    def remark(xml: bytes) -> bytes:
        at = xml.index(b">") + 1
        return xml[:at] + b"<!-- made by hand --><?sort no?>" + xml[at:]

    data = with_part(raw_book(line(1, *LABELS), line(2, "SN000001", MERCHANT)), part, remark)
    assert take_bytes(tmp_path, data).column("serial_no") == ["SN000001"]


@pytest.mark.parametrize(
    ("part", "sound", "odd"),
    [
        ("xl/styles.xml", b'numFmtId="170" f', b'numFmtId="x" f'),
        ("xl/styles.xml", b'<xf numFmtId="14"/>', b'<xf numFmtId=""/>'),
        ("xl/worksheets/sheet1.xml", b's="1"', b's="x"'),
        ("xl/worksheets/sheet1.xml", b't="s"><v>0', b't="s"><v>x'),
        ("xl/worksheets/sheet1.xml", b't="s"><v>0', b't="s"><v>99'),
        ("xl/worksheets/sheet1.xml", b"<v>45672", b"<v>a day"),
        ("xl/worksheets/sheet1.xml", b'r="A2"', b'r="2A"'),
        ("xl/worksheets/sheet1.xml", b'<row r="2"', b'<row r="0"'),
    ],
)
@pytest.mark.parametrize("remark", [b"", b"<!-- read with care -->"])
def test_parts_that_make_no_sense_cost_an_error_at_most(
    tmp_path: Path, part: str, sound: bytes, odd: bytes, remark: bytes
):
    row = ['<c r="A2" t="s"><v>0</v></c>', MERCHANT, "X1", f'<c r="D2" s="{DATE}"><v>45672</v></c>']
    data = raw_book(line(1, *LABELS), line(2, *row), shared=["SN000001"])
    data = with_part(data, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</row>", b"</row>" + remark))
    data = with_part(data, part, lambda xml: xml.replace(sound, odd))
    assert take_bytes(tmp_path, data).reading.error in {"", *Unusable}


def changed_row(change: Callable[[str], str]) -> bytes:
    """A list of three devices, the XML of the second one's row (3) changed."""
    rows = [line(1, *LABELS), *(line(number, f"SN00000{number}", MERCHANT, "X1") for number in (2, 3, 4))]
    rows[2] = change(rows[2])
    return raw_book(*rows)


@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize(
    ("sound", "odd", "key", "at"),
    [
        ('r="B3"', 'r="B50"', "cell_misplaced", "B50"),
        ('r="A3"', 'r="A4"', "cell_misplaced", "A4"),
        ('r="C3"', 'r="B3"', "cells_twice", "B3"),
        ('<row r="3"', '<row r="0"', "cell_misplaced", "A3"),
    ],
)
def test_a_cell_whose_address_is_anothers_is_named(
    tmp_path: Path, careful: bool, sound: str, odd: str, key: str, at: str
):
    reading = take_bytes(tmp_path, changed_row(lambda row: row.replace(sound, odd)), careful=careful).reading
    assert (reading.error_key, reading.error_facts["at"]) == (key, at)


@pytest.mark.parametrize("careful", [False, True])
def test_a_cell_twice_with_the_same_text_is_one(tmp_path: Path, careful: bool):
    cell = text("B3", MERCHANT)
    read = take_bytes(tmp_path, changed_row(lambda row: row.replace(cell, cell + cell)), careful=careful)
    assert read.column("merchant_no") == [MERCHANT] * 3


@pytest.mark.parametrize("careful", [False, True])
def test_a_row_without_a_number_is_where_its_cells_say(tmp_path: Path, careful: bool):
    data = changed_row(lambda row: row.replace('<row r="3"', "<row"))
    assert take_bytes(tmp_path, data, careful=careful).column("serial_no") == [
        "SN000002",
        "SN000003",
        "SN000004",
    ]


@pytest.mark.parametrize("careful", [False, True])
def test_a_cell_of_a_kind_there_is_not_is_an_error_of_its_own(tmp_path: Path, careful: bool):
    data = changed_row(lambda row: row.replace(text("B3", MERCHANT), '<c r="B3" t="S"><v>1</v></c>'))
    read = take_bytes(tmp_path, data, careful=careful)
    assert read.column("merchant_no") == [MERCHANT, None, MERCHANT]
    assert read.rejected == [(3, "merchant_no", "error_cell")]


@pytest.mark.parametrize("careful", [False, True])
def test_a_formula_may_stand_behind_its_result(tmp_path: Path, careful: bool):
    computed = f'<c r="B3" t="str"><v>{MERCHANT}</v><f>F3&amp;"1"</f></c>'
    data = changed_row(lambda row: row.replace(text("B3", MERCHANT), computed))
    assert take_bytes(tmp_path, data, careful=careful).column("merchant_no") == [MERCHANT] * 3
