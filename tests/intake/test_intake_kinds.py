"""What a file is, by its bytes alone; and the word for every file that cannot be used."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path

import pytest
from vendorfiles import (
    HEADER,
    archive,
    book,
    delimited,
    device,
    line,
    put,
    raw_book,
    take,
    take_bytes,
    with_part,
)
from xlwt.CompoundDoc import XlsDoc

from audit.errors import Unusable
from audit.inspection import inspect_files
from audit.report.sentences import problem_of
from audit.words import load_words

CSV = delimited([HEADER, device(1), device(2)]).encode()
BOOK = book([HEADER, device(1), device(2)])
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504


@pytest.mark.parametrize("name", ["台账.xlsx", "台账.xls", "台账.csv", "台账.pdf", "台账"])
@pytest.mark.parametrize(("data", "kind"), [(CSV, "text"), (BOOK, "xlsx")], ids=["text", "workbook"])
def test_the_bytes_decide_and_never_the_name(tmp_path: Path, name: str, data: bytes, kind: str):
    read = take_bytes(tmp_path, data, name)
    assert read.reading.kind == kind
    assert read.column("serial_no") == ["SN000001", "SN000002"]
    assert read.reading.sha256 == sha256(data).hexdigest()


NOT_TABLES = {
    "empty": (b"", Unusable.EMPTY),
    "blanks": (b" \r\n\t\n", Unusable.EMPTY),
    "zeros": (b"\x00" * 4096, Unusable.EMPTY),
    "a mark and nothing": (b"\xef\xbb\xbf", Unusable.EMPTY),
    "a wide mark and nothing": (b"\xff\xfe", Unusable.EMPTY),
    "old Excel, only the first sector": (OLE, Unusable.UNREADABLE),
    "password": (OLE + "EncryptedPackage".encode("utf-16-le"), Unusable.ENCRYPTED),
    "png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", Unusable.NOT_A_SPREADSHEET),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF", Unusable.NOT_A_SPREADSHEET),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", Unusable.NOT_A_SPREADSHEET),
    "rar": (b"Rar!\x1a\x07\x01\x00", Unusable.NOT_A_SPREADSHEET),
    "tar": (b"a.xlsx".ljust(257, b"\x00") + b"ustar\x0000".ljust(255, b"\x00"), Unusable.NOT_A_SPREADSHEET),
    "bzip2": (b"BZh91AY&SY", Unusable.NOT_A_SPREADSHEET),
    "sylk": (b'ID;PWXL;N;E\r\nC;Y1;X1;K"SN"\r\nE\r\n', Unusable.NOT_A_SPREADSHEET),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04", Unusable.NOT_A_SPREADSHEET),
    "program": (b"\x7fELF\x02\x01\x01\x00\x00,a,b\n1,2,3\n", Unusable.NOT_A_SPREADSHEET),
    "page": (b"<!DOCTYPE html><html><body>login</body></html>", Unusable.NOT_A_SPREADSHEET),
    "page after a mark and blanks": (
        b"\xef\xbb\xbf\r\n  <HTML><body>login</body></HTML>",
        Unusable.NOT_A_SPREADSHEET,
    ),
    "zip of a picture": (archive({"scan.png": b"\x89PNG\r\n\x1a\n\x00\x00"}), Unusable.NOT_A_SPREADSHEET),
    "zip of nothing": (archive({}), Unusable.EMPTY),
    "a letter": ("尊敬的客户：\n附件请查收。\n".encode(), Unusable.MISSING_COLUMN),
}


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        ("WordDocument", "Word"),
        ("PowerPoint Document", "PowerPoint"),
        ("__substg1.0_0037001F", "Outlook"),
        ("VisioDocument", "Visio"),
        ("Quill", "Publisher"),
        ("\x05HwpSummaryInformation", "HWP"),
        ("Contents", "OLE"),
    ],
)
@pytest.mark.parametrize("text", ["Bookman Old Style", "Workbook", "EncryptedPackage"])
def test_what_other_programs_keep_as_old_excel_does_is_named(
    tmp_path: Path, stream: str, kind: str, text: str
):
    """Whatever its text speaks of: the names of the streams tell."""
    document = io.BytesIO()
    XlsDoc().save(document, text.encode("utf-16-le") * 400)
    name = "Workbook\0".encode("utf-16-le")
    at = document.getvalue().rindex(name)
    entry = f"{stream}\0".encode("utf-16-le")
    data = bytearray(document.getvalue())
    data[at : at + 64], data[at + 64] = entry.ljust(64, b"\0"), len(entry)
    read = take_bytes(tmp_path, bytes(data), "台账.xls")
    assert read.reading.error == Unusable.NOT_A_SPREADSHEET
    assert read.reading.error_facts["format"] == kind


@pytest.mark.parametrize("what", NOT_TABLES)
def test_what_is_no_table_is_named_and_leaves_nothing(tmp_path: Path, what: str):
    data, word = NOT_TABLES[what]
    read = take_bytes(tmp_path, data, "台账.xlsx")
    assert read.reading.error == word
    assert read.rows is None
    assert what not in ("tar", "bzip2", "sylk") or read.reading.error_key in ("other_archive", "other_table")
    assert read.reading.sha256 == sha256(data).hexdigest()


def test_a_picture_is_called_a_picture(tmp_path: Path):
    assert take_bytes(tmp_path, NOT_TABLES["png"][0]).reading.error_facts == {"format": "PNG"}


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95, 0.999])
def test_a_workbook_that_ends_early_is_truncated(tmp_path: Path, share: float):
    read = take_bytes(tmp_path, BOOK[: int(len(BOOK) * share)], "台账.xlsx")
    assert read.reading.error == Unusable.TRUNCATED
    assert read.rows is None


def test_a_sheet_that_ends_early_is_truncated(tmp_path: Path):
    cut = with_part(BOOK, "xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2])
    assert take_bytes(tmp_path, cut).reading.error == Unusable.TRUNCATED


def test_damage_in_the_middle_of_a_workbook_is_its_own_error(tmp_path: Path):
    where = BOOK.index(b"xl/worksheets/sheet1.xml") + 40
    words = set()
    for place in range(where, where + 60, 3):
        damaged = BOOK[:place] + b"\x00\xff\x00" + BOOK[place + 3 :]
        words.add(take_bytes(tmp_path, damaged).reading.error)
    assert words <= {Unusable.UNREADABLE, Unusable.TRUNCATED}


def test_a_workbook_in_a_zip_with_a_password_is_an_error(tmp_path: Path):
    locked = bytearray(BOOK)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(signature)
        while at >= 0:
            locked[at + flags] |= 1
            at = locked.find(signature, at + 4)
    assert take_bytes(tmp_path, bytes(locked)).reading.error in {Unusable.ENCRYPTED, Unusable.UNREADABLE}


@pytest.mark.parametrize("part", ["workbook.xml", "worksheets/sheet1.xml", "_rels/workbook.xml.rels"])
def test_a_workbook_without_one_of_its_parts_is_damaged(tmp_path: Path, part: str):
    name = f"xl/{part}".encode()
    gone = BOOK.replace(name, b"~" * len(name))
    assert take_bytes(tmp_path, gone).reading.error == Unusable.UNREADABLE


def test_texts_that_are_missing_are_not_read_as_blanks(tmp_path: Path):
    data = raw_book(line(1, '<c r="A1" t="s"><v>0</v></c>'), shared=["序列号"])
    gone = data.replace(b"xl/sharedStrings.xml", b"xl/sharedStringz.xml")
    assert take_bytes(tmp_path, gone).reading.error == Unusable.UNREADABLE


HOSTILE = {
    "entities": with_part(
        BOOK, "xl/worksheets/sheet1.xml", lambda xml: b'<!DOCTYPE x [<!ENTITY a "b">]>' + xml
    ),
    "entities in the texts": with_part(
        raw_book(line(1, "a"), shared=["a"]),
        "xl/sharedStrings.xml",
        lambda xml: b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + xml,
    ),
    "a bomb": archive({"xl/workbook.xml": b"\x00" * (12 << 20)}),
    "too many parts": archive({f"xl/{number}": b"" for number in range(2_100)}),
    "a cell far to the right": raw_book(
        line(1, *HEADER), line(2, '<c r="ZZZ2" t="inlineStr"><is><t>x</t></is></c>')
    ),
    "a cell far below": raw_book(line(1, *HEADER), line(1_000_000, "x")),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_workbook_that_would_eat_the_machine_is_unsafe(tmp_path: Path, what: str):
    assert take_bytes(tmp_path, HOSTILE[what]).reading.error == Unusable.UNSAFE


def test_a_file_larger_than_any_export_is_not_opened(tmp_path: Path):
    path = tmp_path / "台账.csv"
    with path.open("wb") as stream:
        stream.truncate((256 << 20) + 1)
    assert take(path).reading.error == Unusable.UNSAFE


def test_a_file_that_is_not_there_and_a_folder_in_its_place(tmp_path: Path):
    missing, folder = take(tmp_path / "none.csv").reading, take(tmp_path).reading
    assert (missing.error, missing.sha256) == (Unusable.UNREADABLE, "")
    assert folder.error in {Unusable.UNREADABLE, Unusable.UNSAFE}


def test_a_header_without_rows_is_no_error(tmp_path: Path):
    for data in (delimited([HEADER]).encode(), book([HEADER])):
        read = take_bytes(tmp_path, data)
        assert (read.reading.error, read.rows) == ("", [])


def test_an_empty_workbook_is_empty(tmp_path: Path):
    assert take_bytes(tmp_path, book([], [])).reading.error == Unusable.EMPTY


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_error_has_a_name_and_a_sentence_in_both_languages(tmp_path: Path, language: str):
    words = load_words(language)
    for number, (data, word) in enumerate([*NOT_TABLES.values(), *((bad, None) for bad in HOSTILE.values())]):
        reading = take_bytes(tmp_path, data, f"{number}.xlsx").reading
        assert words.label("unusable", word or Unusable.UNSAFE)
        assert len(problem_of(reading, words)) > 5, reading.error_key


def test_inspect_names_file_kind_of_error_and_reason(tmp_path: Path):
    path, words = put(tmp_path / "台账.xlsx", NOT_TABLES["png"][0]), load_words("zh")
    inspection = inspect_files([path], "devices", None, None)
    assert inspection.failed
    for part in (str(path), words.label("unusable", Unusable.NOT_A_SPREADSHEET), "PNG"):
        assert part in inspection.to_text(words)
