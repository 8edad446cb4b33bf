"""What a file is, by its bytes. The name is never asked."""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection
from enum import StrEnum

from audit.errors import InputError, Unusable
from audit.intake.formats.package import Package


class FileKind(StrEnum):
    """The kinds of file intake reads."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    FLAT_ODS = "fods"
    XML_2003 = "xml 2003"
    HTML = "html"
    MHTML = "mhtml"
    TEXT = "text"
    PARQUET = "parquet"
    GZIP = "gzip"
    ZIP = "zip"
    ENCRYPTED = "encrypted"


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
_KNOWN_STRANGERS = {
    b"%PDF-": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"II*\x00": "TIFF",
    b"{\\rtf": "RTF",
    b"\\documentclass": "LaTeX",
    b"\\begin{": "LaTeX",
    b"SQLite format 3": "SQLite",
    b"\x7fELF": "ELF",
    b"MZ\x90": "EXE",
}
_ARCHIVES = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "RAR",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_TAR, _TAR_AT = b"ustar", 257
_ACCESS, _ACCESS_AT = (b"Standard Jet DB", b"Standard ACE DB"), 4
# of dBase: what it is, the year, month and day it was written
_DBASE = re.compile(rb"[\x03\x30\x31\x83\x8b\xf5][\x00-\xff][\x01-\x0c][\x01-\x1f]")
_OLD_TABLES = {
    b"ID;P": "SYLK",
    b"TABLE\r\n0,1": "DIF",
    b"TABLE\n0,1": "DIF",
    b"\x00\x00\x02\x00\x06\x04": "Lotus 1-2-3",
}
_LONGEST_DBASE = 8_192  # bytes of a header: 32 for each of 255 columns
_MARK_WITHIN = 64  # bytes: web pages send blanks before a file
_OLD_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")  # BIFF2, 3 and 4 start so
_MARKUP = re.compile(
    rb"<(!doctype html|html|head|body|table|thead|tbody|tr|td|script|meta|div|style|title|form|center|pre?)\b"
)
_JSON = re.compile(rb"(?:\[\s*)?\{\s*\"[^\"\n]*\"\s*:|\[\s*\[\s*\"")
# what a database is filled from; comments may come first
_SQL = re.compile(
    rb"(?:\s++|--[^\n]*+\n|/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/;?)*+"
    rb"(?:(?:insert|replace)\s+into|(?:create|drop)\s+table|set\s+names|lock\s+tables)\s"
)
# streams in an OLE file
_ENCRYPTED = "EncryptedPackage"
_WORKBOOKS = frozenset({"workbook", "book"})
_STREAMS = {
    "WordDocument": "Word",
    "PowerPoint Document": "PowerPoint",
    "__substg1.0_": "Outlook",
    "VisioDocument": "Visio",
    "Quill": "Publisher",
    "HwpSummaryInformation": "HWP",
}
_PACKAGES = {"word/": "Word", "ppt/": "PowerPoint", "index/document.iwa": "Numbers", "visio/": "Visio"}


_BLANK = b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"


def from_its_start(data: bytes) -> bytes:
    """The file without the blanks and the byte-order mark that web pages send before a workbook."""
    head = data[:64].lstrip(b"\xef\xbb\xbf\t\r\n ")
    binary = head.startswith((_ZIP, OLE, GZIP)) and len(head) < len(data[:64])
    return data[len(data[:64]) - len(head) :] if binary else data


def sniff(data: bytes) -> FileKind:
    """The kind of a file, from its content.

    Raises InputError with the class a person can act on: empty, truncated, not a spreadsheet.
    """
    if not data[:64].strip(_BLANK) and not data.strip(_BLANK):
        raise InputError(Unusable.EMPTY, "file_empty")
    if data.startswith((_ZIP, _EMPTY_ZIP)):
        return _zip_kind(data)
    if data.startswith(OLE):
        return _ole_kind(data)
    if data.startswith(_OLD_BIFF):
        return FileKind.XLS
    if data.startswith(GZIP):
        return _gzip_kind(data)
    if data.startswith(PARQUET):
        if not data.endswith(PARQUET):
            raise InputError(Unusable.TRUNCATED, "file_truncated")
        return FileKind.PARQUET
    _refuse_strangers(data)
    return _text_kind(data)


def _refuse_strangers(data: bytes) -> None:
    if data.startswith(_ACCESS, _ACCESS_AT):
        raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format="Access")
    if _DBASE.match(data) and b"\r" in data[32:_LONGEST_DBASE] and b"\x00" in data[:32]:
        raise InputError(Unusable.NOT_A_SPREADSHEET, "other_table", format="dBase")
    start = data[:_MARK_WITHIN].lstrip(b"\xef\xbb\xbf\t\r\n ")
    for known, problem in (
        (_KNOWN_STRANGERS, "not_a_spreadsheet"),
        (_ARCHIVES, "other_archive"),
        (_OLD_TABLES, "other_table"),
    ):
        for magic, name in known.items():
            if start.startswith(magic) or data.startswith(magic):
                raise InputError(Unusable.NOT_A_SPREADSHEET, problem, format=name)
    if data.startswith(_TAR, _TAR_AT):
        raise InputError(Unusable.NOT_A_SPREADSHEET, "other_archive", format="tar")


def _text_kind(data: bytes) -> FileKind:
    head = data[:65_536]
    if b"\x00" in head:  # UTF-16: its ASCII half is enough to tell markup
        head = head.replace(b"\x00", b"").lstrip(b"\xff\xfe")
    head = head.lstrip(b"\xef\xbb\xbf\t\r\n ").lower()
    if head.startswith((b"<?xml", b"<?mso-application", b"<workbook", b"<office:document", b"<ss:workbook")):
        if b"urn:schemas-microsoft-com:office:spreadsheet" in head and b"workbook" in head:
            return FileKind.XML_2003
        if b"opendocument:xmlns:office" in head:
            if b"opendocument.spreadsheet" in head or b"office:spreadsheet" in data.lower():
                return FileKind.FLAT_ODS
        elif _MARKUP.search(head):
            return FileKind.HTML
        if b"gnumeric.org" in head:
            raise InputError(Unusable.NOT_A_SPREADSHEET, "other_table", format="Gnumeric")
        raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format="XML")
    if _MARKUP.match(head) or (head.startswith((b"<!--", b"<!doctype", b"<")) and _MARKUP.search(head)):
        return FileKind.HTML
    is_message = re.match(rb"(?:mime-version|from|date|subject|content-type|message-id)\s*:", head)
    if is_message and (b"multipart/" in head or b"text/html" in head):
        return FileKind.MHTML
    if _JSON.match(head):
        raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format="JSON")
    if _SQL.match(head):
        raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format="SQL")
    return FileKind.TEXT


def _ole_kind(data: bytes) -> FileKind:
    found = [name for name in (_ENCRYPTED, *_STREAMS) if name.encode("utf-16-le") in data]
    if not found or holds_workbook(streams := ole_streams(data)):
        return FileKind.XLS  # what is found inside a workbook is embedded in it, or text of it
    if _ENCRYPTED in (streams or found):
        return FileKind.ENCRYPTED
    for name in found:
        if not streams or any(stream.strip("\x05").startswith(name) for stream in streams):
            raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format=_STREAMS[name])
    return FileKind.XLS


def holds_workbook(streams: Collection[str]) -> bool:
    """Whether an OLE file with these streams at its root is a workbook."""
    return not _WORKBOOKS.isdisjoint(map(str.lower, streams))


def ole_streams(data: bytes) -> set[str]:
    """The streams and storages an OLE file has at its root; none where its directory is damaged."""
    import olefile

    try:
        with olefile.OleFileIO(data) as document:
            return {path[0] for path in document.listdir(storages=True)}
    except Exception:  # olefile meets damage with whatever happens to be raised
        return set()


def _gzip_kind(data: bytes) -> FileKind:
    try:
        zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data[:4096], 64)
    except zlib.error as failure:
        raise InputError(Unusable.UNREADABLE, "workbook_damaged", detail=str(failure)) from None
    return FileKind.GZIP


def _zip_kind(data: bytes) -> FileKind:
    if b"PK\x05\x06" not in data[-66_000:]:
        raise InputError(Unusable.TRUNCATED, "file_truncated")
    package = Package(data)
    if package.has("[Content_Types].xml") or package.has("xl/workbook.xml"):
        return _office_kind(package)
    mimetype = (package.find("mimetype") or b"")[:200]
    if b"opendocument.spreadsheet" in mimetype or (
        package.has("content.xml") and package.has("META-INF/manifest.xml") and not mimetype
    ):
        return FileKind.ODS
    if b"opendocument" in mimetype:
        raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format="OpenDocument")
    if package.starts_with("index/") and package.has("index/document.iwa"):
        raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format="Numbers")
    return FileKind.ZIP


def _office_kind(package: Package) -> FileKind:
    for folder, name in _PACKAGES.items():
        if package.starts_with(folder) and not package.starts_with("xl/"):
            raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format=name)
    # a "sheet.binary" type is declared by plain workbooks too: only the workbook part itself tells
    return FileKind.XLSB if package.document().lower().endswith(".bin") else FileKind.XLSX
