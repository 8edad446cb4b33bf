"""Delimited text: every encoding and separator vendors use, and rows that do not keep to the header."""

from __future__ import annotations

import codecs
import io
import json
from datetime import date
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vendorfiles import HEADER, MERCHANT, delimited, device, take_bytes, take_rows

from audit.errors import Unusable
from audit.intake.formats import delimited as delimited_text
from audit.intake.reading import Reason

NAMES = ["晨光小店", "Café 二店", "龙凤（老店）分店"]


def named(*names: str) -> list[list[str]]:
    header = ["序列号", "商户号", "商户名称", "终端状态"]
    return [header, *([f"SN{n:06}", MERCHANT, name, "启用"] for n, name in enumerate(names, 1))]


@pytest.mark.parametrize(
    ("mark", "codec", "found"),
    [
        (b"", "utf-8", "utf-8"),
        (codecs.BOM_UTF8, "utf-8", "utf-8"),
        (b"", "gb18030", "gb18030"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
        (b"", "utf-16-le", "utf-16-le"),
        (b"", "utf-16-be", "utf-16-be"),
    ],
    ids=lambda value: value.hex() if isinstance(value, bytes) else value,
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "\x01"])
def test_every_encoding_and_separator_is_recognised(
    tmp_path: Path, mark: bytes, codec: str, found: str, delimiter: str
):
    data = mark + delimited(named(*NAMES), delimiter, "\r\n").encode(codec)
    read = take_bytes(tmp_path, data)
    assert read.column("merchant_name") == NAMES
    assert (read.reading.encoding, read.reading.delimiter) == (found, delimiter)
    assert read.column("terminal_status") == ["active"] * 3


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_unmarked_utf16_with_letters_that_hold_a_zero_byte(tmp_path: Path, codec: str):
    names = ["一品开业"]  # U+4E00 and U+5F00
    read = take_bytes(tmp_path, delimited(named(*names)).encode(codec))
    assert read.column("merchant_name") == names


def test_gbk_is_read_as_the_larger_set_that_holds_it(tmp_path: Path):
    read = take_bytes(tmp_path, delimited(named("晨光小店", "龙凤（开业）")).encode("gbk"))
    assert read.column("merchant_name") == ["晨光小店", "龙凤（开业）"]
    assert read.reading.encoding == "gb18030"


def test_exports_of_two_encodings_one_below_the_other(tmp_path: Path):
    lines = delimited(
        [HEADER, *(device(number, f"备注=晨光便利店{number}") for number in range(9))]
    ).splitlines()
    data = "\n".join(lines[:8]).encode("gb18030") + b"\n" + "\n".join(lines[8:]).encode()
    read = take_bytes(tmp_path, data)
    assert read.reading.encoding == "gb18030, utf-8"
    assert read.column("remark") == [f"晨光便利店{number}" for number in range(9)]
    # a line of both is a broken one
    broken = take_bytes(tmp_path, data + "\n晨光便利店".encode() + "晨光便利".encode("gb18030")).reading
    assert (broken.error, broken.error_key) == (Unusable.UNREADABLE, "text_undecodable")


def test_names_that_only_gb18030_holds(tmp_path: Path):
    read = take_bytes(tmp_path, delimited(named("𠮷野家", "䶮记🍜")).encode("gb18030"))
    assert read.column("merchant_name") == ["𠮷野家", "䶮记🍜"]


def test_chinese_that_appears_only_at_the_very_end(tmp_path: Path):
    rows = [["serial_no", "merchant_no", "remark"]] + [[f"SN{n:06}", MERCHANT, "ok"] for n in range(4_000)]
    rows[-1][2] = "备用机"
    read = take_bytes(tmp_path, delimited(rows).encode("gb18030"))
    assert read.column("remark")[-2:] == ["ok", "备用机"]


@pytest.mark.parametrize(
    ("mark", "codec", "configured"),
    [
        (b"", "gbk", "gbk"),
        (b"", "big5", "big5"),
        (b"", "utf-16-be", "utf-16-be"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
        (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    ],
)
def test_a_configured_encoding_is_used(tmp_path: Path, mark: bytes, codec: str, configured: str):
    rows = [["serial_no", "merchant_no", "merchant_name"], ["SN000001", MERCHANT, "晨光"]]
    read = take_bytes(tmp_path, mark + delimited(rows).encode(codec), encoding=configured)
    assert read.column("merchant_name") == ["晨光"]


def test_a_header_in_big5_says_what_to_write(tmp_path: Path):
    rows = [["終端序列號", "商戶編號", "終端型號"], ["SN000001", MERCHANT, "N5"]]
    data = delimited(rows).encode("big5")
    assert take_bytes(tmp_path, data).reading.error_key == "text_in_big5"
    assert take_bytes(tmp_path, data, encoding="big5").column("serial_no") == ["SN000001"]


def test_half_a_letter_that_an_encoding_lets_pass_costs_one_cell(tmp_path: Path):
    rows = [["serial_no", "merchant_no", "merchant_name"], ["SN000001", MERCHANT, "?"]]
    data = delimited(rows).encode("utf-7").replace(b"?", b"+2AA-")
    read = take_bytes(tmp_path, data, encoding="utf-7")
    assert read.rejected == [(2, "merchant_name", Reason.UNDECODABLE)]
    assert read.column("serial_no") == ["SN000001"]


def test_an_encoding_nobody_knows_and_one_that_does_not_fit(tmp_path: Path):
    data = delimited(named(*NAMES, "龙凤开业大吉分店")).encode("gb18030")
    for configured, key in (("klingon", "encoding_unknown"), ("utf-8", "text_undecodable")):
        reading = take_bytes(tmp_path, data, encoding=configured).reading
        assert (reading.error, reading.error_key) == (Unusable.UNREADABLE, key)
        assert reading.error_facts["encoding"] == configured


@pytest.mark.parametrize(
    ("mark", "codec", "broken"),
    [(b"", "utf-8", b"\xff"), (b"", "gb18030", b"\xff"), (codecs.BOM_UTF16_LE, "utf-16-le", b"\x00\xd8")],
)
def test_a_byte_that_is_no_text_costs_one_cell(tmp_path: Path, mark: bytes, codec: str, broken: bytes):
    rows = [["serial_no", "merchant_no", "merchant_name", "remark"]]
    rows += [[f"SN00000{n}", MERCHANT, "晨光小店", "☐" if n == 2 else "好"] for n in (1, 2, 3)]
    data = mark + delimited(rows).encode(codec).replace("☐".encode(codec), broken)
    read = take_bytes(tmp_path, data)
    assert read.rejected == [(3, "remark", Reason.UNDECODABLE)]
    assert read.column("merchant_name") == ["晨光小店"] * 3
    assert read.column("remark") == ["好", None, "好"]


def test_half_a_character_in_a_name_leaves_the_other_names_alone(tmp_path: Path):
    data = delimited(named(*NAMES)).encode().replace("晨光小店".encode(), "晨光小店".encode()[:-1])
    read = take_bytes(tmp_path, data)
    assert read.rejected == [(2, "merchant_name", Reason.UNDECODABLE)]
    assert read.column("merchant_name") == [None, *NAMES[1:]]


def test_a_broken_download_is_truncated(tmp_path: Path):
    whole = delimited(named(*NAMES)).encode()
    cut = whole[: whole.index("分店".encode()) + 1]
    assert take_bytes(tmp_path, cut).reading.error == Unusable.TRUNCATED


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(tmp_path: Path, end: str):
    read = take_bytes(tmp_path, delimited([HEADER, device(1), device(2)], end=end).encode())
    assert [row["source_row"] for row in read.rows] == [2, 3]


@given(st.text("ab\r\n", max_size=12), st.integers(1, 4))
def test_lines_are_counted_whatever_ends_them(text: str, piece: int):
    with patch.object(delimited_text, "_HEAD", piece):
        assert delimited_text._lines(memoryview(text.encode())) == len(list(io.StringIO(text, newline="")))


def test_quoted_cells_hold_separators_quotes_and_line_breaks(tmp_path: Path):
    odd = '一楼,"东"\n二楼;西\r\n'
    rows = [HEADER, device(1, f"备注={odd}"), device(2, "终端状态=天晓得"), device(3, '型号=5"屏')]
    read = take_rows(tmp_path, rows)
    assert read.column("remark")[0].replace("\r\n", "\n") == odd.replace("\r\n", "\n").strip()
    assert read.rejected == [(3, "terminal_status", Reason.UNKNOWN_CODE)], "a row is a row, not a line"
    assert read.column("model")[2] == '5"屏'


def test_an_inch_mark_inside_an_unquoted_cell_is_text(tmp_path: Path):
    data = delimited([HEADER, device(1), device(2), device(3)]).replace("X1", '5.5"屏', 1)
    read = take_bytes(tmp_path, data.encode())
    assert read.column("serial_no") == ["SN000001", "SN000002", "SN000003"]
    assert read.column("model") == ['5.5"屏', "X1", "X1"]


@pytest.mark.parametrize("column", ["型号", "备注"])
@pytest.mark.parametrize("rows", [3, 300, 6_000])
def test_a_quote_that_never_closes_does_not_swallow_the_rows_after_it(tmp_path: Path, column: str, rows: int):
    lines = [",".join(device(number)) for number in range(1, rows + 1)]
    lines[0] = ",".join(device(1, f'{column}="良品'))
    read = take_bytes(tmp_path, "\n".join([",".join(HEADER), *lines, ""]).encode())
    assert read.reading.error == Unusable.TRUNCATED


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("broken", [1, 2_999, 3_000])
@pytest.mark.parametrize("ragged", [False, True])
def test_the_row_whose_quote_never_closes_is_named(tmp_path: Path, end: str, broken: int, ragged: bool):
    rows = [HEADER, *(device(number) for number in range(1, 3_001))]
    rows[broken][2] = '"X1'
    lines = [",".join(row[:5] if ragged and not number % 7 else row) for number, row in enumerate(rows)]
    for last in ("", end):
        reading = take_bytes(tmp_path, (end.join(lines) + last).encode()).reading
        assert (reading.error, reading.error_key) == (Unusable.TRUNCATED, "quote_not_closed")
        assert reading.error_facts == {"row": broken + 1}


def test_two_quotes_that_never_close_do_not_swallow_the_rows_between(tmp_path: Path):
    for after in ("良品", "良品,,"):
        rows = [HEADER, *(device(number) for number in range(1, 31))]
        rows[5][5], rows[20][5] = '"良品', f'"{after}'
        rows[2] = rows[2][:4]
        reading = take_bytes(tmp_path, "\n".join(map(",".join, rows)).encode()).reading
        assert (reading.error, reading.error_facts) == (Unusable.TRUNCATED, {"row": 6})


@pytest.mark.parametrize("text", ["", "\n", "\r\n"])
def test_a_last_line_with_or_without_an_end(tmp_path: Path, text: str):
    for last in (device(2), device(2)[:3], [*device(2), "多"]):
        data = delimited([HEADER, device(1), last]).removesuffix("\n") + text
        read = take_bytes(tmp_path, data.encode())
        assert read.column("serial_no") == ["SN000001", "SN000002"]
        assert read.sheet.rows_in_file == 3


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", "\t", "@|@"])
def test_text_that_is_cut_within_its_last_row_is_refused(tmp_path: Path, codec: str, delimiter: str):
    rows = [HEADER, *(device(number) for number in range(1, 8))]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    whole = take_bytes(tmp_path, text.encode(codec))
    assert len(whole.column("serial_no")) == 7, "a last row that only lacks its line end is whole"
    cut = text[: text.rindex(delimiter) - 2]
    reading = take_bytes(tmp_path, cut.encode(codec)).reading
    assert (reading.error, reading.error_key) == (Unusable.TRUNCATED, "row_cut_off")
    assert reading.error_facts == {"row": 8, "cells": len(HEADER) - 1, "width": len(HEADER)}


@pytest.mark.parametrize(
    "last",
    ["", "\n", "\n合计,7", "\n制表人：王芳", "\n" + ",".join(device(8))],
    ids=["none", "line end", "total", "note", "whole row"],
)
def test_short_rows_that_no_cut_explains_are_read(tmp_path: Path, last: str):
    rows = [HEADER, *(device(number) for number in range(1, 7)), device(7)[:3]]
    if not last:
        rows[3] = rows[3][:3]
    read = take_bytes(tmp_path, ("\n".join(map(",".join, rows)) + last).encode())
    assert read.column("serial_no")[:7] == [f"SN{number:06}" for number in range(1, 8)]


def test_one_column_alone_is_a_list_where_it_is_the_key(tmp_path: Path):
    columns = {"编号": "serial_no", "商户": "merchant_no"}
    reading = take_bytes(tmp_path, '编号\nSN000001\n"SN000002\n'.encode(), columns=columns).reading
    assert reading.error == Unusable.TRUNCATED
    whole = take_bytes(tmp_path, '编号\nSN000001\n"SN000002"'.encode(), columns=columns)
    assert whole.column("serial_no") == ["SN000001", "SN000002"]
    other = take_bytes(tmp_path, '商户\n898100000000001\n"898100000000002"'.encode(), columns=columns).reading
    assert (other.error, [sheet.rows_in_file for sheet in other.sheets]) == (Unusable.MISSING_COLUMN, [3])
    unlike = take_rows(tmp_path, [["机身号"], ["见附件"], ["另附"]]).reading
    assert unlike.error == Unusable.MISSING_COLUMN


def test_short_rows_are_padded_and_long_ones_reported(tmp_path: Path):
    odd = [device(1)[:3], [*device(2), "", ""], [*device(3, "备注=好"), "多", "余"]]
    read = take_rows(tmp_path, [HEADER, *odd, *(device(number) for number in range(4, 9))])
    assert read.column("serial_no") == [f"SN00000{number}" for number in range(1, 9)]
    assert read.column("terminal_status") == [None, *["active"] * 7]
    assert read.column("remark") == [None, None, "好", *[None] * 5]
    long, short = read.reading.notices
    assert long == ("overlong_rows", {"count": 1, "rows": [4]})
    assert short == ("short_rows", {"count": 1, "rows": [2]})
    assert read.column("source_row") == list(range(2, 10))


def test_rows_that_are_all_longer_than_the_header_are_reported_too(tmp_path: Path):
    rows = [[*device(number), "多余"] for number in range(1, 25)]
    read = take_rows(tmp_path, [HEADER, *rows, device(25)])
    notice = ("overlong_rows", {"count": 24, "rows": list(range(2, 22))})
    assert read.reading.notices == (notice,)
    assert read.column("serial_no") == [f"SN{number:06}" for number in range(1, 26)]


def test_only_rows_of_data_can_be_too_long(tmp_path: Path):
    title = [*[""] * 7, "终端台账"]
    read = take_rows(tmp_path, [title, [*HEADER, " "], [*device(1), "　"], [*HEADER, "续"], device(2)])
    assert read.reading.notices == ()


def test_a_separator_at_every_line_end_is_no_column(tmp_path: Path):
    read = take_bytes(tmp_path, delimited([HEADER, device(1), device(2)]).replace("\n", ",\n").encode())
    assert read.column("serial_no") == ["SN000001", "SN000002"]
    assert read.reading.notices == ()


@pytest.mark.parametrize(
    "mark", ["|@|", "@@", "!|", "^|", "|+|", ";\t", "{|}", "::", "；", "#", "$", ":", "、", "\x02"]
)
def test_a_mark_that_hardly_anybody_uses_parts_the_cells(tmp_path: Path, mark: str):
    lines = [mark.join(row) for row in named(*NAMES)]
    assert take_bytes(tmp_path, "\n".join(lines).encode()).column("merchant_name") == NAMES


def test_a_table_drawn_with_lines_is_read(tmp_path: Path):
    rows = named("一店", "二店")
    wide = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    rule = ["─" * (width + 2) for width in wide]
    cells = [
        "│" + "│".join(f" {cell:{width}} " for cell, width in zip(row, wide, strict=True)) + "│"
        for row in rows
    ]
    drawn = ["┌" + "┬".join(rule) + "┐", cells[0], "├" + "┼".join(rule) + "┤", *cells[1:]]
    read = take_bytes(tmp_path, "\n".join([*drawn, "└" + "┴".join(rule) + "┘", ""]).encode())
    assert read.column("merchant_name") == ["一店", "二店"]


@pytest.mark.parametrize("guard", ["\t{}", "{}\t", '="{}"', "'{}", "“{}”"])
@pytest.mark.parametrize("header", [True, False])
def test_what_keeps_a_spreadsheet_from_taking_text_for_numbers_is_no_part_of_it(
    tmp_path: Path, guard: str, header: bool
):
    """Glued to every cell, by whoever wrote the file."""
    first, *rows = [*named("一店", "=1+1"), ["00012345", MERCHANT, "三店", "停用"]]
    guarded = [first if not header else [guard.format(cell) for cell in first]]
    guarded += [[guard.format(cell) for cell in row] for row in rows]
    read = take_bytes(tmp_path, "\n".join(",".join(row) for row in guarded).encode("gb18030"))
    assert read.column("merchant_name") == ["一店", "=1+1", "三店"]
    assert read.column("serial_no")[2] == "00012345"
    assert read.column("terminal_status") == ["active", "active", "inactive"]


def test_a_mark_of_utf8_before_gbk_and_one_written_twice(tmp_path: Path):
    text = delimited(named(*NAMES))
    read = take_bytes(tmp_path, codecs.BOM_UTF8 + text.encode("gb18030"))
    assert (read.column("merchant_name"), read.reading.encoding) == (NAMES, "gb18030")
    twice = codecs.BOM_UTF8.decode("latin-1").encode() + text.encode()
    assert take_bytes(tmp_path, twice).column("merchant_name") == NAMES


def test_json_is_no_spreadsheet_and_not_garbled(tmp_path: Path):
    text = json.dumps([{"serial_no": "SN000001", "store_name": "武汉市门店", "address": "武汉市江汉区"}] * 9)
    for data in (text, '[["序列号", "商户号"], ["SN000001", "1"]]', '{"code": 401, "msg": "登录已过期"}'):
        reading = take_bytes(tmp_path, data.encode()).reading
        assert (reading.error, reading.error_facts["format"]) == (Unusable.NOT_A_SPREADSHEET, "JSON")


def test_commas_inside_cells_do_not_win_over_the_real_separator(tmp_path: Path):
    rows = [["序列号", "商户号", "型号"], *([f"SN00000{n}", MERCHANT, "A,B,C,D"] for n in (1, 2, 3))]
    read = take_bytes(tmp_path, delimited(rows, ";").encode())
    assert read.column("model") == ["A,B,C,D"] * 3


def test_lines_above_the_header_keep_row_numbers_true(tmp_path: Path):
    head = "sep=,\n设备台账\n\n导出时间：2026-11-20 02:00:00\n"
    read = take_bytes(tmp_path, (head + delimited([HEADER, device(1)])).encode())
    assert read.sheet.header_row == 5
    assert read.column("source_row") == [6]
    assert read.sheet.set_aside == {"title": 5}
    assert read.reading.exported_at == "2026-11-20 02:00:00"


def test_blank_lines_are_counted(tmp_path: Path):
    header, first, second = (",".join(row) for row in (HEADER, device(1), device(2)))
    read = take_bytes(tmp_path, "\n".join([header, "", first, ",,,,,", "", second, "", ""]).encode())
    assert read.sheet.set_aside == {"title": 1, "blank": 4}
    assert read.column("source_row") == [3, 6]
    assert read.sheet.rows_in_file == 7


def printed(rows: list[list[str]], widths: list[int], ruler: bool = True, gap: str = " ") -> list[str]:
    """The rows in columns as wide as on a screen, where a Chinese character takes two places."""

    def padded(text: str, width: int) -> str:
        return text + " " * (width - sum(2 if ord(one) > 255 else 1 for one in text))

    lines = [gap.join(map(padded, row, widths)) for row in rows]
    return [lines[0], *([gap.join("-" * width for width in widths)] if ruler else []), *lines[1:]]


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_columns_that_a_database_client_printed(tmp_path: Path, codec: str):
    """A page of SQL*Plus after the other: header and line of dashes again, a sentence at the end."""
    rows = [[f"SN{n:06}", MERCHANT, "N5", "在用", "2025-01-05", "老店 二楼, 左"] for n in range(1, 7)]
    widths = [10, 16, 4, 10, 10, 20]
    pages = [*printed([HEADER, *rows[:3]], widths), "", *printed([HEADER, *rows[3:]], widths)]
    lines = ["SQL> select * from t_pos;", "", *pages, "", "6 rows selected."]
    read = take_bytes(tmp_path, "\r\n".join(lines).encode(codec))
    assert read.column("serial_no") == [row[0] for row in rows]
    assert read.column("source_row") == [5, 6, 7, 11, 12, 13]
    assert set(read.column("remark")) == {"老店 二楼, 左"}
    assert read.reading.rejected == 0
    assert [key for key, _ in read.reading.notices] == ["columns_by_position"]


@pytest.mark.parametrize("blanks", [" ", "  ", "   "])
@pytest.mark.parametrize("header", [["SN", "MID", "STATUS"], ["终端序列号", "商户编号", "终端状态"]])
def test_cells_with_nothing_but_blanks_between_them(tmp_path: Path, header: list[str], blanks: str):
    """As they are pasted from a screen; nothing stands below anything."""
    rows = [[f"SN{'0' * number}1234", MERCHANT, "启用"] for number in range(1, 5)]
    text = "\n".join(["终端清单", *map(blanks.join, [header, *rows]), ""])
    read = take_bytes(tmp_path, text.encode())
    assert read.column("serial_no") == [row[0] for row in rows]
    assert read.column("terminal_status") == ["active"] * 4
    assert [key for key, _ in read.reading.notices] == ["columns_by_position"]
    # where a cell has a blank in it nobody knows where it ends
    assert take_bytes(tmp_path, f"{text}SN5{blanks}{MERCHANT}{blanks}in{blanks}use\n".encode()).rows is None


def test_columns_without_a_line_of_dashes(tmp_path: Path):
    rows = [[f"SN{n:06}", MERCHANT, "N5", "在用", "2025-01-05", "老店 二楼"] for n in range(1, 5)]
    lines = printed([HEADER, *rows], [12, 18, 6, 10, 12, 10], ruler=False, gap="  ")
    read = take_bytes(tmp_path, "\n".join(lines).encode())
    assert [row["serial_no"] for row in read.rows or ()] == [row[0] for row in rows]
    assert set(read.column("terminal_status")) == {"active"}


@pytest.mark.parametrize("under", ["=" * 60, "-" * 60, ""], ids=["double", "single", "blank"])
@pytest.mark.parametrize("between", ["\f", "\n", "\n\n"], ids=["feed", "blank", "blanks"])
def test_pages_of_a_printed_report(tmp_path: Path, under: str, between: str):
    """A title in parts above the header of each page, a line drawn below it, figures at the end."""
    rows = [[f"SN{n:06}", MERCHANT, "N5", "在用", "2025-01-05", "老店"] for n in range(1, 9)]

    def page(number: int, part: list[list[str]]) -> str:
        header, *lines = printed([HEADER, *part], [12, 18, 6, 10, 12, 10], ruler=False, gap="  ")
        title = [f"某某银行          终端清单报表          第 {number} 页", "打印日期：2026-11-20", ""]
        return "\r\n".join([*title, header, under, *lines, f"本页合计：{len(part)} 台", ""])

    text = between.join([page(1, rows[:4]), page(2, rows[4:])]) + "\r\n*** 报表结束 ***\r\n"
    read = take_bytes(tmp_path, text.encode("gb18030"))
    assert read.column("serial_no") == [row[0] for row in rows]
    assert set(read.column("terminal_status")) == {"active"}
    assert read.reading.rejected == 0


@pytest.mark.parametrize(
    "text",
    [
        # a value wider than its column: nobody knows where it ends
        "序列号     商户号\n---------- ---------------\nSN00000000000001\nSN00000002 898100000000001\n",
        # rows that go on in further lines, each with a header of its own
        "SN         MID\n---------- ----------\nSTATUS\n------\nSN00000001 8981000000\n在用\n",
        "各位同事：\n  请核对  序列号  和商户号。\n  谢谢  大家  辛苦\n  明天  见面  再说\n",
    ],
)
def test_nothing_is_cut_where_a_line_stands_across_the_columns(tmp_path: Path, text: str):
    read = take_bytes(tmp_path, text.encode())
    assert read.reading.error == Unusable.MISSING_COLUMN
    assert "columns_by_position" not in [key for key, _ in read.reading.notices]


def shifting(*odd: str) -> str:
    """A ledger of 30 sound rows with odd ones, as they are written, in the middle."""
    head = "序列号,商户号,厂商,型号,安装地址,安装日期,最近心跳,终端状态,备注"
    makers = [("商米", "P2"), ("新大陆", "N5")]
    rows = [
        f"SN{n:06},{MERCHANT},{','.join(makers[n % 2])},南京路{n}号,2024-01-{n:02},2026-11-{n:02} 08:00,在用,"
        for n in range(1, 31)
    ]
    return "\n".join([head, *rows[:15], *odd, *rows[15:], ""])


def test_a_separator_inside_a_cell_shifts_no_values(tmp_path: Path):
    odd = f"SN000099,{MERCHANT},商米,P2,南京路99号,东侧,2024-02-03,2026-11-09 08:00:00,停用,好"
    read = take_bytes(tmp_path, shifting(odd).encode())
    row = read.rows[15] if read.rows else {}
    assert (row["serial_no"], row["address"]) == ("SN000099", "南京路99号,东侧")
    assert (row["install_date"], row["terminal_status"], row["remark"]) == (
        date(2024, 2, 3),
        "inactive",
        "好",
    )
    assert read.reading.notices == (("shifted_rows", {"count": 1, "rows": [17]}),)
    assert read.reading.rejected == 0


def test_cells_that_may_be_of_either_column_are_unknown(tmp_path: Path):
    """A mark in the address, or one that is missing before it; two in one row, so that nothing fits."""
    missing = f"SN000098,{MERCHANT},商米,P2,2024-02-03,2026-11-09 08:00:00,停用,好"
    twice = f"SN000097,{MERCHANT},商米,P2,A座,南京路97号,2024-02-03,10:00,2026-11-09 08:00:00,停用"
    read = take_bytes(tmp_path, shifting(missing, twice).encode())
    first, second = (read.rows or [])[15:17]
    assert (first["address"], first["install_date"], first["terminal_status"]) == (
        None,
        date(2024, 2, 3),
        "inactive",
    )
    assert (second["serial_no"], second["model"]) == ("SN000097", "P2")
    assert (second["install_date"], second["last_heartbeat_at"], second["terminal_status"]) == (
        None,
        None,
        None,
    )
    assert {reason for row, _, reason in read.rejected if row == 18} == {"shifted"}


def test_a_surplus_at_the_end_shifts_nothing(tmp_path: Path):
    odd = f"SN000099,{MERCHANT},商米,P2,南京路99号,2024-02-03,2026-11-09 08:00:00,停用,好,多,余"
    read = take_bytes(tmp_path, shifting(odd).encode())
    row = read.rows[15] if read.rows else {}
    assert (row["remark"], row["terminal_status"]) == ("好", "inactive")
    assert read.reading.notices == (("overlong_rows", {"count": 1, "rows": [17]}),)


@pytest.mark.parametrize("end", list("\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e"))
@pytest.mark.parametrize("delimiter", [",", "\t", "\x1f"])
def test_lines_may_end_in_what_few_programs_end_them_with(tmp_path: Path, end: str, delimiter: str):
    rows = [HEADER, *(device(number) for number in range(1, 4))]
    read = take_bytes(tmp_path, end.join(delimiter.join(row) for row in rows).encode())
    assert read.column("serial_no") == ["SN000001", "SN000002", "SN000003"]
    assert read.column("model") == ["X1"] * 3


def test_such_a_mark_inside_cells_ends_no_line(tmp_path: Path):
    rows = [
        HEADER,
        *(device(number, f"备注=一\u2028二{mark}三") for number, mark in enumerate("\x85\x1e\x0b", 1)),
    ]
    assert take_rows(tmp_path, rows).column("serial_no") == ["SN000001", "SN000002", "SN000003"]


@pytest.mark.parametrize("between", [",", " ", ";", "\\n", "<br>"])
def test_a_table_on_one_line_says_so(tmp_path: Path, between: str):
    rows = [HEADER, *(device(number) for number in range(1, 4))]
    reading = take_bytes(tmp_path, between.join(",".join(row) for row in rows).encode()).reading
    assert reading.error_key == "text_on_one_line"
    alone = take_bytes(tmp_path, ",".join(HEADER).encode())
    assert alone.column("serial_no") == [], "a header alone is an empty list"


def test_times_part_no_cells_of_text_whose_columns_are_told_by_position(tmp_path: Path):
    rows = [("序列号", "商户号", "最近心跳时间", "型号")]
    rows += [(f"SN00000{n}", MERCHANT, f"2026-11-21 08:0{n}:00", "A8") for n in range(5)]
    text = "".join(
        "".join(cell + " " * (24 - len(cell.encode("gb18030"))) for cell in row).rstrip() + "\n"
        for row in rows
    )
    read = take_bytes(tmp_path, text.encode("gb18030"), "export.txt")
    assert read.column("last_heartbeat_at")[1].minute == 1
    assert read.reading.delimiter == ""


def test_a_quote_that_closes_in_the_next_row_takes_no_row_away(tmp_path: Path):
    """Both rows have a quote at the beginning of a name, as text without any quoting may."""
    lines = ["序列号,商户号,商户名称,型号"]
    lines += [
        f"SN00000{n},{MERCHANT},{name},A8" for n, name in enumerate(("晨光", '"老王', '"好邻居', "恒信"))
    ]
    read = take_bytes(tmp_path, "\n".join(lines).encode())
    assert (read.reading.error, read.reading.error_facts) == (Unusable.TRUNCATED, {"row": 3})


def test_commas_and_line_ends_in_quotes_are_of_the_cell(tmp_path: Path):
    address = '人民路1号,"东门",2楼\n左转,3号'
    rows = [
        ["序列号", "商户号", "安装地址"],
        ["SN000001", MERCHANT, address],
        ["SN000002", MERCHANT, address],
    ]
    assert take_rows(tmp_path, rows).column("address") == [address] * 2
