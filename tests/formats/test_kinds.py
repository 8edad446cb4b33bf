"""Every kind of file gives the same rows."""

from __future__ import annotations

import gzip
import io
import re
import struct
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import makers
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlwt

from audit.intake.read import read_file
from audit.intake.request import Request

DAY_ZERO = date(1899, 12, 30)


def read(tmp_path: Path, data: bytes, name: str = "file.xls", table: str = "devices", **request: object):
    """The account of a file with these bytes, and its canonical rows."""
    path, output = tmp_path / name, tmp_path / "rows.parquet"
    path.write_bytes(data)
    output.unlink(missing_ok=True)
    reading = read_file(Request(path=str(path), table=table, output=str(output), **request))
    return reading, pq.read_table(output).to_pylist() if output.exists() else []


@pytest.mark.parametrize("kind", makers.KINDS)
def test_each_kind_gives_the_same_rows(kind: str, tmp_path: Path):
    reading, rows = read(tmp_path, makers.KINDS[kind](), password=makers.PASSWORD)
    assert reading.error == "", (reading.error_key, reading.error_facts)
    assert [{name: row[name] for name in makers.EXPECTED[0]} for row in rows] == makers.EXPECTED
    assert reading.rejected == 0
    for sheet in reading.sheets:
        assert sheet.skipped or sheet.rows_in_file == sheet.rows + sum(sheet.set_aside.values())


@pytest.mark.parametrize("lock", [makers.encrypted_xlsx, makers.standard_xlsx])
def test_a_protected_file_says_that_it_needs_its_password(lock: Callable[[], bytes], tmp_path: Path):
    locked = lock()
    assert [read(tmp_path, locked)[0].error_key, read(tmp_path, locked, password="no")[0].error_key] == [
        "file_encrypted",
        "password_wrong",
    ]
    assert read(tmp_path, locked)[0].error == "encrypted"


def test_rows_keep_the_numbers_a_spreadsheet_program_shows(tmp_path: Path):
    _, rows = read(tmp_path, makers.xml2003())
    assert [row["source_row"] for row in rows] == [4, 5, 6]
    assert read(tmp_path, makers.xml2003().partition(b"\n")[2])[1] == rows  # without its first declaration
    _, rows = read(tmp_path, b"sep=;\r\n" + makers.text(";"))
    assert [row["source_row"] for row in rows] == [3, 4, 5]


def bare_xlsx() -> bytes:
    rows = [makers.HEADER, *([*row[:3], (row[3] - DAY_ZERO).days, *row[4:]] for row in makers.ROWS)]
    return makers.xlsx(rows)


def bare_xls(counts_from_1904: bool) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    book.dates_1904 = counts_from_1904
    sheet = book.add_sheet("终端台账")
    for row, cells in enumerate((makers.HEADER, *makers.ROWS)):
        for column, value in enumerate(cells):
            sheet.write(row, column, (value - DAY_ZERO).days if isinstance(value, date) else value)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def bare_xlsb(counts_from_1904: bool) -> bytes:
    day_style, no_style = (struct.pack("<HH", 0xFFFF, number) for number in (14, 0))
    properties = b"\x99\x01\x0c"

    def edit(name: str, data: bytes) -> tuple[str, bytes]:
        data = data.replace(day_style, no_style)
        return name, data.replace(properties + b"\0", properties + b"\1") if counts_from_1904 else data

    return makers.repacked(makers.xlsb(), edit)


def counting_from_1904(data: bytes, how: bytes) -> bytes:
    plain = re.compile(rb"<workbookPr[^>]*/>")
    return makers.repacked(data, lambda name, part: (name, plain.sub(b"<workbookPr %s/>" % how, part)))


@pytest.mark.parametrize(
    ("data", "later"),
    [
        (bare_xlsx(), 0),
        (counting_from_1904(bare_xlsx(), b'date1904="1"'), 1462),
        (counting_from_1904(bare_xlsx(), b'date1904="true"'), 1462),
        (counting_from_1904(bare_xlsx(), b'date1904="0"'), 0),
        (bare_xls(False), 0),
        (bare_xls(True), 1462),
        (bare_xlsb(False), 0),
        (bare_xlsb(True), 1462),
    ],
)
@pytest.mark.parametrize("careful", [False, True])
def test_a_bare_number_counts_from_where_its_workbook_counts(
    data: bytes, later: int, careful: bool, tmp_path: Path
):
    reading, rows = read(tmp_path, data, careful=careful)
    expected = [row["install_date"] + timedelta(days=later) for row in makers.EXPECTED]
    assert [row["install_date"] for row in rows] == expected
    assert reading.rejected == 0


def test_a_gzip_file_of_several_members_is_read_to_its_end(tmp_path: Path):
    lines = makers.text().splitlines(keepends=True)
    _, rows = read(tmp_path, gzip.compress(b"".join(lines[:2])) + gzip.compress(b"".join(lines[2:])))
    assert [row["serial_no"] for row in rows] == [row[0] for row in makers.ROWS]


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\r\n\r\n"])
def test_what_a_web_page_sends_before_a_workbook_is_no_part_of_it(tmp_path: Path, before: bytes):
    for make in (makers.xlsx, makers.xls, lambda: gzip.compress(makers.text())):
        reading, rows = read(tmp_path, before + make())
        assert (reading.error, len(rows)) == ("", 3)


def test_a_workbook_that_speaks_of_word_is_a_workbook_and_a_letter_is_a_letter(tmp_path: Path):
    for word in ("WordDocument", "EncryptedPackage", "PowerPoint Document"):
        book = xlwt.Workbook()
        sheet = book.add_sheet("台账")
        for column, text in enumerate(("序列号", "商户号", "型号")):
            sheet.write(0, column, text)
            sheet.write(1, column, ("SN000001", "898100000000001", f"{word}（说明）")[column])
        target = io.BytesIO()
        book.save(target)
        reading, rows = read(tmp_path, target.getvalue())
        assert (reading.error, [row["model"] for row in rows]) == ("", [f"{word}（说明）"])
    entry = "Workbook".encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", 18)
    letter = "WordDocument".encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", 26)
    assert makers.xls().count(entry) == 1
    reading, _ = read(tmp_path, makers.xls().replace(entry, letter))
    assert (reading.error, reading.error_facts) == ("not_a_spreadsheet", {"format": "Word"})


def test_a_comment_that_cannot_be_read_costs_no_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    whole = xlwt.Worksheet.get_biff_data
    odd = struct.pack("<HH6H3x", 0x1C, 15, 1, 0, 0, 1, 0, 0)  # a NOTE with bytes too many
    monkeypatch.setattr(
        xlwt.Worksheet, "get_biff_data", lambda sheet: whole(sheet)[:-4] + odd + whole(sheet)[-4:]
    )
    reading, rows = read(tmp_path, makers.xls())
    assert (reading.error, len(rows)) == ("", 3)


def test_a_panic_of_the_second_reader_is_one_files_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class PanicException(BaseException):
        """As the bindings call it, and no Exception."""

    def stumbles(**_: object) -> None:
        raise IndexError("index out of range")

    def panics(_: bytes) -> None:
        raise PanicException("range start index out of range")

    monkeypatch.setattr("audit.intake.formats.xls.xlrd.open_workbook", stumbles)
    monkeypatch.setattr("audit.intake.formats.xls.fastexcel.read_excel", panics)
    reading, _ = read(tmp_path, makers.xls())
    assert (reading.error, reading.error_key) == ("unreadable", "workbook_damaged")


def test_fields_padded_with_nuls_are_text_and_a_tail_of_nuls_was_never_written(tmp_path: Path):
    whole = makers.text()
    reading, rows = read(tmp_path, whole.replace(b"N910", b"N910\x00\x00"))
    assert (reading.error, [row["model"] for row in rows]) == ("", [row[2] for row in makers.ROWS])
    cut = whole[:-40]
    assert read(tmp_path, cut + bytes(len(whole) - len(cut)))[0].error == "truncated"
    assert read(tmp_path, whole + b"\x00\x01\x02")[0].error == "not_a_spreadsheet"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [("", "utf-8"), ("\ufeff", "utf-8"), ("", "gb18030"), ("\ufeff", "utf-16-le"), ("", "utf-16-be")],
)
def test_room_behind_the_last_line_is_no_part_of_a_text(tmp_path: Path, mark: str, encoding: str):
    whole = b"".join((mark.encode(encoding), makers.text(encoding=encoding), "\r\n".encode(encoding)))
    for room in (1, 4096, 1 << 16):
        reading, rows = read(tmp_path, whole + bytes(2 * room))
        assert (reading.error, [row["model"] for row in rows]) == ("", [row[2] for row in makers.ROWS])
    cut = whole[:-40]
    assert read(tmp_path, cut + bytes(40))[0].error == "truncated"


def test_addresses_in_small_letters_keep_their_columns(tmp_path: Path):
    small = makers.repacked(
        makers.xlsx([makers.HEADER, ["SN000001", None, "N910"], *makers.ROWS]),
        lambda name, data: (name, re.sub(rb' r="([A-Z]+)', lambda found: found[0].lower(), data)),
    )
    _, rows = read(tmp_path, small)
    assert [(row["serial_no"], row["merchant_no"], row["model"]) for row in rows[:1]] == [
        ("SN000001", None, "N910")
    ]


@pytest.mark.parametrize("careful", [False, True])
def test_numbers_and_times_are_shown_as_they_are(tmp_path: Path, careful: bool):
    def form(sheet) -> None:
        for place, code in (("B2", "0.00E+00"), ("C2", "h:mm"), ("D2", "General")):
            sheet[place].number_format = code

    rows = [[*makers.HEADER[:2], "终端型号", "布放地址"], ["SN000001", 898100000000001, 0.375, 1.5e-7]]
    _, [row] = read(tmp_path, makers.xlsx(rows, change=form), careful=careful)
    assert (row["merchant_no"], row["model"]) == ("898100000000001", "09:00:00")
    assert float(row["address"]) == 1.5e-7


def test_a_page_that_keeps_the_header_in_a_table_of_its_own(tmp_path: Path):
    page = makers.html().decode()
    title, head, body = page.split("</tr>", 2)
    assert "终端序列号" in head
    _, rows = read(tmp_path, f"{title}</tr>{head}</tr></table><table>{body}".encode())
    assert [row["serial_no"] for row in rows] == [row[0] for row in makers.ROWS]


def test_numbers_behind_cells_and_texts_in_fields_of_a_page(tmp_path: Path):
    cells = '<td>SN1</td><td sdval="898100000000001">8.981E+14</td><td><input type="text" value="N910"></td>'
    page = f"<table><tr><th>序列号</th><th>商户号</th><th>型号</th></tr><tr>{cells}</tr></table>"
    _, [row] = read(tmp_path, page.encode())
    assert (row["serial_no"], row["merchant_no"], row["model"]) == ("SN1", "898100000000001", "N910")


def test_behind_an_error_and_a_whole_moment_of_a_page_is_nothing_better(tmp_path: Path):
    """As LibreOffice writes them: nought, and a number that may count its days from 1904."""
    cells = '<td>SN1</td><td sdval="0">#N/A</td><td sdval="44884.70912">2026-11-20 17:01:08</td>'
    page = f"<table><tr><th>序列号</th><th>型号</th><th>最近心跳时间</th></tr><tr>{cells}</tr></table>"
    reading, [row] = read(tmp_path, page.encode())
    assert [(one.column, str(one.reason)) for one in reading.rejections] == [("model", "error_cell")]
    assert (row.get("model"), str(row["last_heartbeat_at"])) == (None, "2026-11-20 17:01:08")


def test_a_compound_file_without_a_workbook_is_no_spreadsheet(tmp_path: Path):
    stream = "Workbook".encode("utf-16-le")
    reading, _ = read(tmp_path, makers.xls().replace(stream, "Contents".encode("utf-16-le")))
    assert reading.error == "not_a_spreadsheet"


def test_big5_is_read_when_it_is_configured(tmp_path: Path):
    data = "終端序列號,商戶編號,終端狀態\n000012345678,898100000000001,\n".encode("big5")
    columns = {"終端序列號": "serial_no", "商戶編號": "merchant_no"}
    reading, rows = read(tmp_path, data, encoding="big5", columns=columns)
    assert reading.error == ""
    assert (reading.encoding, rows[0]["serial_no"]) == ("big5", "000012345678")


def test_a_file_in_an_archive_that_cannot_be_read_is_named(tmp_path: Path):
    data = makers.zipped({"好.csv": makers.text(), "坏.xlsx": makers.xlsx()[:3000]})
    reading, rows = read(tmp_path, data)
    assert len(rows) == 3
    assert [(sheet.name, sheet.skipped) for sheet in reading.unread] == [("坏.xlsx", "truncated")]


def test_the_same_file_twice_in_an_archive_counts_once(tmp_path: Path):
    reading, rows = read(tmp_path, makers.zipped({"a.csv": makers.text(), "b/a.csv": makers.text()}))
    assert len(rows) == 3
    assert [key for key, _ in reading.notices] == ["member_twice"]


@pytest.mark.parametrize(
    ("encoding", "says"), [("gb18030", False), ("utf-8", False), ("utf-8", True)], ids=str
)
def test_chinese_names_in_an_archive_are_told_as_they_are(encoding: str, says: bool, tmp_path: Path):
    # Windows in Chinese writes its code page, with no word about it
    name = "微信/终端报备.csv"
    text = "序列号,报备状态\n" + "".join(f"SN00000{number},已报备\n" for number in range(3))
    if says:
        data = makers.zipped({name: text.encode()})
    else:
        spelt = name.encode(encoding)
        data = makers.zipped({"A" * len(spelt): text.encode()}).replace(b"A" * len(spelt), spelt)
    reading, rows = read(tmp_path, data, table="registrations")
    assert [sheet.name for sheet in reading.sheets] == [name]
    assert [row["channel"] for row in rows] == ["wechat"] * 3


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\r\n%PDF-1.4\n", "PDF"),
        (b"\\documentclass{article}\n", "LaTeX"),
        ("INSERT INTO `t` (`序列号`) VALUES ('SN000001');\n".encode("gb18030"), "SQL"),
        ("/*\n Navicat\n*/\n\n-- 终端\nSET NAMES utf8mb4;\n".encode(), "SQL"),
        (b"\x00\x01\x00\x00Standard ACE DB\x00" + b"\x00" * 100, "Access"),
        (b"\x00\x00\x02\x00\x06\x04\x06\x00" + b"\x00" * 100, "Lotus 1-2-3"),
        (
            struct.pack("<4BIHH20x", 3, 126, 11, 21, 1, 65, 21)
            + b"SN".ljust(11, b"\x00")
            + b"C"
            + b"\x00" * 20
            + b"\r SN",
            "dBase",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_spreadsheet_is_called_by_its_name(data: bytes, kind: str, tmp_path: Path):
    reading, _ = read(tmp_path, data)
    assert (reading.error, reading.error_facts) == ("not_a_spreadsheet", {"format": kind})


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"%PDF-1.7\n", "not_a_spreadsheet"),
        (b"7z\xbc\xaf\x27\x1c123", "not_a_spreadsheet"),
        (
            b"<html><body><form><input type='password'></form><table><tr><td>a<td>b<tr><td>c<td>d</table>",
            "not_a_spreadsheet",
        ),
        (b"<html><body><p>session expired</p></body></html>", "not_a_spreadsheet"),
        (makers.html()[:-200], "truncated"),
        (makers.xlsx()[:-300], "truncated"),
        (makers.xls()[:3000], "truncated"),
        (makers.xml2003()[:-40], "truncated"),
        (makers.xlsb()[:-10], "truncated"),
        (makers.edited(makers.SHEET, lambda data: data[: len(data) // 2]), "truncated"),
        (makers.repacked(makers.shared_xlsx(), lambda n, d: None if "shared" in n else (n, d)), "unreadable"),
        (makers.repacked(makers.xlsx(), lambda n, d: None if n == makers.SHEET else (n, d)), "unreadable"),
        (makers.ods(manifest=b"<m><encryption-data/></m>"), "encrypted"),
        (makers.text().decode().encode("utf-8")[:-2], ""),
        ("终端序列号,商户编号\nSN00000001,门店".encode()[:-1], "truncated"),
        (
            makers.zipped({"word/document.xml": b"<w/>", "[Content_Types].xml": b"<Types/>"}),
            "not_a_spreadsheet",
        ),
        (makers.zipped({"readme.txt": b"nothing here"}), "missing_column"),
        (makers.zipped({}), "empty"),
    ],
)
def test_what_cannot_be_read_is_classed(data: bytes, error: str, tmp_path: Path):
    assert read(tmp_path, data)[0].error == error


def test_text_that_was_read_in_the_wrong_encoding_is_named(tmp_path: Path):
    wrong = makers.text().decode("utf-8").encode().decode("gb18030", "ignore").encode()
    reading, _ = read(tmp_path, wrong)
    assert (reading.error, reading.error_key) == ("unreadable", "text_garbled")


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        (lambda text: text.encode().decode("gb18030", "replace").encode(), "text_garbled"),
        (lambda text: text.encode().decode("latin-1").encode(), "text_garbled"),
        (lambda text: text.encode("gb18030").decode("latin-1").encode(), "text_garbled"),
        (lambda text: text.encode("big5", "replace"), "text_in_big5"),
    ],
)
def test_values_that_were_read_in_the_wrong_encoding_are_named(tmp_path: Path, wrong, key: str):
    rows = [
        f"SN{n},{898100000000000 + n},商米,{'停用' if n % 2 else '正常'},北京市朝陽區{n}號" for n in range(9)
    ]
    text = "\n".join(["SERIAL_NO,MERCHANT_NO,VENDOR,STATUS,ADDRESS", *rows])
    assert read(tmp_path, text.encode())[0].error == ""
    reading, _ = read(tmp_path, wrong(text))
    assert (reading.error, reading.error_key) == ("unreadable", key)


def test_foreign_names_are_not_taken_for_garbled_ones(tmp_path: Path):
    names = ["Café Müller", "Señor Niño", "Ünal Döner", "联通营业厅", "鏌城", "ÉCLAIR"]
    rows = [f"SN{n},{898100000000000 + n},{name}" for n, name in enumerate(names)]
    reading, rows = read(tmp_path, "\n".join(["SERIAL_NO,MERCHANT_NO,VENDOR", *rows]).encode())
    assert (reading.error, [row["vendor"] for row in rows]) == ("", names)


def test_typed_columns_of_parquet_are_read_as_what_they_show(tmp_path: Path):
    moment = datetime(2026, 11, 21, 3, 15, 0, 500)  # noqa: DTZ001 - a clock's own time
    columns = {
        "终端序列号": pa.array([12345678, 860012345678901234, None, 7]),
        "商户编号": pa.array([898100000000001.0, 898100000000002.0, 898100000000003.0, None]),
        "终端号": pa.array([b"T0000001", b"T0000002", b"\xff", b"T0000004"]),
        "终端状态": pa.array(["在用", "停用", "在用", "在用"]).dictionary_encode(),
        "装机日期": pa.array([date(2025, 3, 1), None, None, None]),
        "最近心跳时间": pa.array([moment] * 4, pa.timestamp("us")),
        "最近签到时间": pa.array([datetime(2026, 11, 20, 19, 15)] * 4, pa.timestamp("ms", "UTC")),  # noqa: DTZ001
        "备机": pa.array([True, False, None, False]),
        "终端型号": pa.array([["N910"], None, None, None]),
    }
    reading, rows = read(tmp_path, makers.parquet(columns))
    assert (reading.kind, reading.error) == ("parquet", "")
    assert [row["serial_no"] for row in rows] == ["12345678", "860012345678901234", None, "7"]
    assert [row["merchant_no"] for row in rows] == [*(f"89810000000000{n}" for n in (1, 2, 3)), None]
    assert [row["terminal_id"] for row in rows] == ["T0000001", "T0000002", None, "T0000004"]
    assert [row["is_spare"] for row in rows] == [True, False, None, False]
    assert {row["last_heartbeat_at"] for row in rows} == {moment.replace(microsecond=0)}
    assert {row["last_signin_at"] for row in rows} == {datetime(2026, 11, 21, 3, 15)}  # noqa: DTZ001
    rejected = {(one.row, one.column): one.reason for one in reading.rejections}
    assert rejected == {(4, "terminal_id"): "undecodable", (2, "model"): "error_cell"}
    assert ("identifier_numbers", "serial_no") in [
        (key, facts.get("column")) for key, facts in reading.notices
    ]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[:-20], "file_truncated"),
        (lambda data: data[:-8] + b"\0\1\0\0PAR1", "parquet_damaged"),
        (lambda data: data[:-60] + b"\xff" * 52 + data[-8:], "parquet_damaged"),
        (lambda data: data[:4] + b"\xff" * 40 + data[44:], "parquet_damaged"),
    ],
)
def test_damaged_parquet_is_one_files_error(damage: Callable[[bytes], bytes], said: str, tmp_path: Path):
    assert read(tmp_path, damage(makers.parquet()))[0].error_key == said


def test_parquet_that_would_fill_the_memory_is_not_unpacked(tmp_path: Path):
    long = makers.parquet({"终端序列号": pa.nulls(70_000_000, pa.bool_())}, compression="zstd")
    assert len(long) < 1 << 20
    assert read(tmp_path, long)[0].error_key == "sheet_too_long"


def test_a_header_outside_any_row_and_a_choice_in_a_cell(tmp_path: Path):
    names = "".join(f"<th>{name}</th>" for name in ("终端序列号", "商户编号", "终端状态"))
    choice = "<select><option>在用</option><option selected>停用</option></select>"
    row = f"<tr><td>000012345678</td><td>898100000000001</td><td>{choice}</td></tr>"
    page = f"<table><thead>{names}</thead><tbody>{row}</tbody></table>"
    reading, [found] = read(tmp_path, page.encode())
    assert (found["serial_no"], found["terminal_status"]) == ("000012345678", "inactive")
    assert [sheet.header_row for sheet in reading.sheets] == [1]


def page(*tables: str) -> bytes:
    """A page that holds these."""
    return f'<html><head><meta charset="utf-8"></head><body>{"".join(tables)}</body></html>'.encode()


HEADER_OF_PAGE = "<tr><th>序列号</th><th>商户号</th><th>型号</th></tr>"
ROWS_OF_PAGE = "<tr><td>SN000001</td><td>898100000000001</td><td>X1</td></tr>" * 2
ROWS_OF_PAGE = ROWS_OF_PAGE.replace("SN000001", "SN000002", 1)


@pytest.mark.parametrize(
    "hidden",
    [
        '<table style="display: none">{}</table>',
        "<table hidden>{}</table>",
        "<div style='DISPLAY:none'><table>{}</table></div>",
    ],
)
def test_a_table_of_a_page_that_nobody_sees_is_a_hidden_sheet(hidden: str, tmp_path: Path):
    template = hidden.format(HEADER_OF_PAGE + ROWS_OF_PAGE.replace("SN", "TPL"))
    reading, rows = read(tmp_path, page(template, f"<table>{HEADER_OF_PAGE}{ROWS_OF_PAGE}</table>"))
    assert sorted(row["serial_no"] for row in rows) == ["SN000001", "SN000002"]
    assert {sheet.name: sheet.skipped for sheet in reading.sheets} == {"table 1": "hidden", "table 2": ""}
    _, rows = read(tmp_path, page(template))
    assert len(rows) == 2, "a page that shows itself only when it is loaded"


def test_hidden_rows_of_a_page_are_data_and_what_is_hidden_in_a_cell_is_none(tmp_path: Path):
    hidden = "<tr style='display:none'><td>SN000003</td><td>898100000000001</td><td>X1</td></tr>"
    shown = ROWS_OF_PAGE.replace("X1", "<span style='display:none'>0001</span>X1")
    _, rows = read(tmp_path, page(f"<table>{HEADER_OF_PAGE}{shown}{hidden}</table>"))
    assert sorted(row["serial_no"] for row in rows) == ["SN000001", "SN000002", "SN000003"]
    assert {row["model"] for row in rows} == {"X1"}


@pytest.mark.parametrize("span", ["0", "1000", "100000", "99999999999"])
def test_a_title_over_more_columns_than_there_are_is_a_title(span: str, tmp_path: Path):
    title = f"<tr><td colspan='{span}'>终端台账</td></tr>"
    _, rows = read(tmp_path, page(f"<table>{title}{HEADER_OF_PAGE}{ROWS_OF_PAGE}</table>"))
    assert len(rows) == 2


@pytest.mark.parametrize("delimiter", [",", "\t"])
@pytest.mark.parametrize("whole", [False, True])
def test_delimited_text_that_a_page_shows_as_it_is(delimiter: str, whole: bool, tmp_path: Path):
    lines = [["序列号", "商户号", "型号"], ["SN000001", "898100000000001", "A&amp;B"]]
    text = "<pre>" + "\n".join(map(delimiter.join, lines)) + "\n</pre>"
    _, [row] = read(tmp_path, page(text) if whole else text.encode(), "export.csv")
    assert (row["serial_no"], row["model"]) == ("SN000001", "A&B")
    reading, _ = read(tmp_path, page('<pre>Error: 500\nat a, b "c</pre>'))
    assert reading.error == "not_a_spreadsheet"


def test_a_style_of_xml_2003_pads_as_the_one_it_is_made_from(tmp_path: Path):
    styles = (
        '<Styles><Style ss:ID="s1"><NumberFormat ss:Format="00000000"/></Style>'
        '<Style ss:ID="s2" ss:Parent="s1"><Font/></Style>'
        '<Style ss:ID="s3" ss:Parent="s1"><NumberFormat/></Style></Styles><Worksheet'
    )
    cells = "".join(
        f'<Row><Cell ss:StyleID="{style}"><Data ss:Type="Number">88</Data></Cell>'
        f'<Cell ss:Index="3"><Data ss:Type="String">89810000000000{number}</Data></Cell></Row>'
        for number, style in enumerate(("s1", "s2", "s3"))
    )
    header = "<Row><Cell><Data>序列号</Data></Cell><Cell ss:Index='3'><Data>商户号</Data></Cell></Row>"
    before, _, after = makers.xml2003().decode().partition("<Table>")
    made = before.replace("<Worksheet", styles) + f"<Table>{header}{cells}" + after[after.index("</Table>") :]
    _, rows = read(tmp_path, made.encode())
    assert [row["serial_no"] for row in rows] == ["00000088", "00000088", "88"]
