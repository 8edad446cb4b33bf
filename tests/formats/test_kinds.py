"""Every kind of file gives the same rows."""

from __future__ import annotations

import io
import re
import struct
from datetime import date, timedelta
from pathlib import Path

import makers
import pyarrow.parquet as pq
import pytest
import xlwt

from audit.intake.read import Request, read_file

DAY_ZERO = date(1899, 12, 30)


def read(tmp_path: Path, data: bytes, name: str = "file.xls", **request: object):
    """The account of a file with these bytes, and its canonical rows."""
    path, output = tmp_path / name, tmp_path / "rows.parquet"
    path.write_bytes(data)
    output.unlink(missing_ok=True)
    reading = read_file(Request(path=str(path), table="devices", output=str(output), **request))
    return reading, pq.read_table(output).to_pylist() if output.exists() else []


@pytest.mark.parametrize("kind", makers.KINDS)
def test_each_kind_gives_the_same_rows(kind: str, tmp_path: Path):
    reading, rows = read(tmp_path, makers.KINDS[kind](), password=makers.PASSWORD)
    assert reading.error == "", (reading.error_key, reading.error_facts)
    assert [{name: row[name] for name in makers.EXPECTED[0]} for row in rows] == makers.EXPECTED
    assert reading.rejected == 0
    for sheet in reading.sheets:
        assert sheet.skipped or sheet.rows_in_file == sheet.rows + sum(sheet.set_aside.values())


def test_a_protected_file_says_that_it_needs_its_password(tmp_path: Path):
    locked = makers.encrypted_xlsx()
    assert [read(tmp_path, locked)[0].error_key, read(tmp_path, locked, password="no")[0].error_key] == [
        "file_encrypted",
        "password_wrong",
    ]
    assert read(tmp_path, locked)[0].error == "encrypted"


def test_rows_keep_the_numbers_a_spreadsheet_program_shows(tmp_path: Path):
    _, rows = read(tmp_path, makers.xml2003())
    assert [row["source_row"] for row in rows] == [4, 5, 6]
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
