"""From the bytes of a file, whatever it is, to the sheets in it."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import import_module

from audit.errors import InputError, Unusable
from audit.intake.formats.delimited import read_delimited
from audit.intake.formats.package import MAX_INFLATED, MAX_RATIO, RATIO_FROM, inflate, open_zip
from audit.intake.formats.sniff import GZIP, FileKind, from_its_start, sniff
from audit.intake.grid import Grid

_MAX_DEPTH = 2  # an archive in an archive, no further
_MAX_FILES = 200  # members of an archive that are opened
_JUNK = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini", "~$", ".~lock", "._")
# where each reader is; a library is imported when a file needs it
_READERS: Mapping[FileKind, tuple[str, str]] = {
    FileKind.XLSX: ("xlsx", "read_xlsx"),
    FileKind.XLSB: ("xlsb", "read_xlsb"),
    FileKind.XLS: ("xls", "read_xls"),
    FileKind.ODS: ("ods", "read_ods"),
    FileKind.FLAT_ODS: ("ods", "read_flat_ods"),
    FileKind.XML_2003: ("xml2003", "read_xml2003"),
    FileKind.HTML: ("webpage", "read_html"),
    FileKind.MHTML: ("webpage", "read_mhtml"),
    FileKind.PARQUET: ("parquet", "read_parquet"),
}
Notice = tuple[str, dict[str, object]]  # a message key and its facts


@dataclass(frozen=True)
class Source:
    """What a file turned out to be, and its sheets. A member of an archive that could not be read is a
    sheet without cells, skipped for the `Unusable` word that says why."""

    kind: str
    grids: tuple[Grid, ...]
    encoding: str = ""
    delimiter: str = ""
    notices: tuple[Notice, ...] = ()


def open_source(
    data: bytes, encoding: str = "", password: str = "", depth: int = 0, careful: bool = False
) -> Source:
    """The sheets of a file of any kind that is read; `careful` leaves out readers that may abort.

    Raises InputError when it is damaged, hostile, protected, or no spreadsheet.
    """
    data = from_its_start(data)
    kind = sniff(data)
    match kind:
        case FileKind.TEXT:
            return _text(data, encoding)
        case FileKind.ENCRYPTED:
            inner = open_source(_decrypted(data, password), encoding, password, depth, careful)
            return replace(inner, kind=f"{inner.kind} (encrypted)")
        case FileKind.GZIP:
            _deeper(depth)
            inner = open_source(_gunzipped(data), encoding, password, depth + 1, careful)
            return replace(inner, kind=f"gzip {inner.kind}")
        case FileKind.ZIP:
            _deeper(depth)
            return _archive(data, encoding, password, depth + 1, careful)
        case FileKind.XLS:
            return _xls(data, encoding, password, depth)
        case FileKind.XLSX if careful:
            return Source(str(kind), _carefully(data))
        case _:
            return Source(str(kind), _grids(kind, data))


def _grids(kind: FileKind, data: bytes) -> tuple[Grid, ...]:
    module, function = _READERS[kind]
    read: Callable[[bytes], Iterable[Grid]] = getattr(
        import_module(f"audit.intake.formats.{module}"), function
    )
    return tuple(read(data))


def _carefully(data: bytes) -> tuple[Grid, ...]:
    from audit.intake.formats.xlsx import read_xlsx

    return tuple(read_xlsx(data, careful=True))


def _decrypted(data: bytes, password: str) -> bytes:
    from audit.intake.formats.encryption import decrypted

    return decrypted(data, password)


def _text(data: bytes, encoding: str) -> Source:
    text = read_delimited(data, encoding or None)
    told: tuple[Notice, ...] = (
        () if text.delimiter else (("columns_by_position", {"count": len(text.grid.columns)}),)
    )
    return Source(str(FileKind.TEXT), (text.grid,), text.encoding, text.delimiter, told)


def _xls(data: bytes, encoding: str, password: str, depth: int) -> Source:
    """A workbook of the old kind, which hides its encryption inside its records."""
    try:
        return Source(str(FileKind.XLS), _grids(FileKind.XLS, data))
    except InputError as failure:
        if failure.reason is not Unusable.ENCRYPTED or depth > _MAX_DEPTH:
            raise
    inner = open_source(_decrypted(data, password), encoding, password, _MAX_DEPTH + 1)
    return replace(inner, kind=f"{inner.kind} (encrypted)")


def _deeper(depth: int) -> None:
    if depth >= _MAX_DEPTH:
        raise InputError(Unusable.UNSAFE, "archive_depth", limit=_MAX_DEPTH)


def _gunzipped(data: bytes) -> bytes:
    """What a gzip file holds; several of them one after the other are one file."""
    allowed = min(MAX_INFLATED, max(RATIO_FROM, MAX_RATIO * len(data)))
    parts: list[bytes] = []
    while data.startswith(GZIP) or not parts:
        stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            parts.append(stream.decompress(data, allowed))
        except zlib.error as failure:
            raise InputError(Unusable.UNREADABLE, "workbook_damaged", detail=str(failure)) from None
        allowed -= len(parts[-1])
        if stream.unconsumed_tail or allowed <= 0:
            raise InputError(Unusable.UNSAFE, "archive_ratio", part="gzip")
        if not stream.eof:
            raise InputError(Unusable.TRUNCATED, "file_truncated")
        data = stream.unused_data
    return b"".join(parts)


def _archive(data: bytes, encoding: str, password: str, depth: int, careful: bool) -> Source:
    """The sheets of all files in an archive, each named after its file; equal files count once."""
    archive = open_zip(data)
    grids: list[Grid] = []
    notices: list[Notice] = []
    seen: dict[str, str] = {}
    failures: list[InputError] = []
    members = list(_files(archive))
    if len(members) > _MAX_FILES:
        raise InputError(Unusable.UNSAFE, "archive_members", found=len(members), limit=_MAX_FILES)
    details: list[Source] = []
    for member in members:
        name = member.filename.replace("\\", "/")
        try:
            content = _member(archive, member, password)
            digest = sha256(content).hexdigest()
            if digest in seen:
                notices.append(("member_twice", {"member": name, "other": seen[digest]}))
                continue
            seen[digest] = name
            inner = open_source(content, encoding, password, depth, careful)
        except InputError as failure:
            if failure.reason is Unusable.UNSAFE:
                raise
            failures.append(failure)
            grids.append(Grid(name, (), (), skipped=str(failure.reason)))
            continue
        details.append(inner)
        grids += _named(name, inner.grids)
        notices += inner.notices
    if not details:
        raise failures[0] if failures else InputError(Unusable.EMPTY, "archive_empty")
    kinds = " ".join(dict.fromkeys(inner.kind for inner in details))
    encodings = " ".join(dict.fromkeys(filter(None, (inner.encoding for inner in details))))
    delimiters = "".join(dict.fromkeys(filter(None, (inner.delimiter for inner in details))))
    return Source(f"zip {kinds}", tuple(grids), encodings, delimiters, tuple(notices))


def _files(archive: zipfile.ZipFile) -> Iterable[zipfile.ZipInfo]:
    """The members that are files of somebody's. Raises InputError for a path that leaves the archive."""
    for member in archive.infolist():
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
            raise InputError(Unusable.UNSAFE, "archive_path", part=name)
        base = posixpath.basename(name).lower()
        if not member.is_dir() and base and not name.lower().startswith(_JUNK) and not base.startswith(_JUNK):
            yield member


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, password: str) -> bytes:
    if not member.flag_bits & 1:
        return inflate(archive, member)
    if not password:
        raise InputError(Unusable.ENCRYPTED, "file_encrypted")
    try:
        return inflate(archive, member, password.encode())
    except RuntimeError:
        raise InputError(Unusable.ENCRYPTED, "password_wrong") from None


def _named(member: str, grids: Iterable[Grid]) -> list[Grid]:
    return [replace(grid, sheet=f"{member}/{grid.sheet}" if grid.sheet else member) for grid in grids]
