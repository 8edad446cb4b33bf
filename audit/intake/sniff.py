"""What a file is, by its bytes. The name is never asked."""

from __future__ import annotations

from enum import StrEnum

from audit.errors import InputError, Unusable


class FileKind(StrEnum):
    """The kinds of file intake reads."""

    XLSX = "xlsx"
    TEXT = "text"


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_KNOWN_STRANGERS = {
    b"%PDF-": "PDF",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "RAR",
    b"\x1f\x8b": "gzip",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"{\\rtf": "RTF",
    b"PAR1": "Parquet",
    b"SQLite format 3": "SQLite",
}
# UTF-16 of "EncryptedPackage", the stream in which Office keeps a password-protected workbook
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def sniff(data: bytes) -> FileKind:
    """The kind of a file, from its content.

    Raises InputError with the class a person can act on: empty, encrypted, not a spreadsheet.
    """
    if not data.strip(b"\x00\t\r\n \xef\xbb\xbf"):
        raise InputError(Unusable.EMPTY, "file_empty")
    if data.startswith(_ZIP):
        return _zip_kind(data)
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise InputError(Unusable.ENCRYPTED, "file_encrypted")
        raise InputError(Unusable.UNREADABLE, "format_not_read", format="xls (BIFF)")
    for magic, name in _KNOWN_STRANGERS.items():
        if data.startswith(magic):
            raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format=name)
    head = data[:2048].lstrip(b"\xef\xbb\xbf\t\r\n ").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<?xml", b"<table", b"<script", b"<head", b"<body")):
        raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format="HTML/XML")
    return FileKind.TEXT


def _zip_kind(data: bytes) -> FileKind:
    if b"PK\x01\x02" not in data or b"PK\x05\x06" not in data[-66_000:]:
        raise InputError(Unusable.TRUNCATED, "file_truncated")
    if b"xl/" in data or b"XL/" in data:
        return FileKind.XLSX
    raise InputError(Unusable.NOT_A_SPREADSHEET, "not_a_spreadsheet", format="ZIP")
