"""A workbook's zip: opened within limits, its parts found whatever the case of their names."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from typing import cast
from urllib.parse import unquote

from isal import isal_zlib

from audit.errors import InputError, Unusable
from audit.intake.formats import xml

MAX_MEMBERS = 2_000
MAX_INFLATED = 1 << 30
MAX_RATIO = 200
# what zipfile raises while it inflates a broken member
_BROKEN = (
    zipfile.BadZipFile,
    EOFError,
    OSError,
    NotImplementedError,
    ValueError,
    zlib.error,
    cast("type[Exception]", isal_zlib.error),  # which its stub does not declare to be one
)
_PACKED = 1 << 20  # packed bytes read at once
RATIO_FROM = 10 << 20  # small parts may be as repetitive as they like


class Package:
    """The parts of an archive. Sizes are checked as declared and again while inflating."""

    def __init__(self, data: bytes) -> None:
        self._archive = open_zip(data)
        self._names = {name.replace("\\", "/").lstrip("/").lower(): name for name in self._archive.namelist()}
        self.exact = all(name in self._archive.namelist() for name in ("[Content_Types].xml", "_rels/.rels"))

    def has(self, part: str) -> bool:
        """Whether the part exists, whatever its case."""
        return part.lower() in self._names

    def starts_with(self, folder: str) -> bool:
        """Whether a part lies in the folder, whatever the case."""
        return any(name.startswith(folder.lower()) for name in self._names)

    def is_exact(self, part: str) -> bool:
        """Whether the part exists under this very name: some readers look for no other."""
        return self._names.get(part.lower()) == part

    def read(self, part: str) -> bytes:
        """A part's bytes. Raises InputError when it is missing or damaged."""
        if not self.has(part):
            raise InputError(Unusable.UNREADABLE, "workbook_part_missing", part=part)
        return inflate(self._archive, self._archive.getinfo(self._names[part.lower()]))

    def pieces(self, part: str, size: int) -> Iterator[bytes]:
        """A part's bytes, so many at a time. Raises InputError as `read` does, when it comes to it."""
        if not self.has(part):
            raise InputError(Unusable.UNREADABLE, "workbook_part_missing", part=part)
        member = self._archive.getinfo(self._names[part.lower()])
        try:
            if member.compress_type == zipfile.ZIP_DEFLATED and not member.flag_bits & 1:
                yield from _inflated(self._archive, member, size)
                return
            with self._archive.open(member) as stream:
                while piece := stream.read(size):
                    yield piece
        except _BROKEN as failure:
            raise _damaged(member, failure) from None

    def size(self, part: str) -> int:
        """The bytes of a part, unpacked."""
        return self._archive.getinfo(self._names[part.lower()]).file_size

    def head(self, part: str) -> bytes:
        """The first bytes of a part, enough to see a type declaration."""
        try:
            with self._archive.open(self._names[part.lower()]) as stream:
                return stream.read(xml.DECLARATION_WITHIN)
        except _BROKEN as failure:
            detail = f"{part}: {failure}"[:200]
            raise InputError(Unusable.UNREADABLE, "workbook_damaged", detail=detail) from None

    def find(self, part: str) -> bytes | None:
        """A part's bytes, or None when there is no such part."""
        return self.read(part) if self.has(part) else None

    def _named(self, target: str) -> str:
        """The part that a link means: some writers escape its name there (sheet%201.xml)."""
        plain = unquote(target)
        return plain if self.has(plain) and not self.has(target) else target

    def links(self, part: str) -> dict[str, tuple[str, str]]:
        """The relations of a part: id to kind (the last word of its type) and target part."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        found = {}
        for link in xml.parse(self.read(rels), rels):
            if not isinstance(link.tag, str) or link.get("TargetMode") == "External":
                continue
            to = link.get("Target", "").replace("\\", "/")  # as writers on Windows have it
            target = posixpath.normpath(posixpath.join("/", folder, to)).lstrip("/")
            found[link.get("Id", "")] = (posixpath.basename(link.get("Type", "")), self._named(target))
        return found

    def document(self) -> str:
        """The main part: xl/workbook.xml, mostly."""
        if self.has("_rels/.rels"):
            for kind, target in self.links("").values():
                if kind == "officeDocument" and self.has(target):
                    return target
        return "xl/workbook.xml"


def _opened(data: bytes) -> zipfile.ZipFile:
    """The archive. Names without a word about their code are in UTF-8, or in that of Windows in Chinese."""
    try:
        for encoding in ("utf-8", "gb18030"):
            with suppress(UnicodeDecodeError):
                return zipfile.ZipFile(io.BytesIO(data), metadata_encoding=encoding)
        return zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as failure:
        raise InputError(Unusable.TRUNCATED, "workbook_damaged", detail=str(failure)) from None
    except (ValueError, EOFError, NotImplementedError) as failure:
        raise InputError(Unusable.UNREADABLE, "workbook_damaged", detail=str(failure)) from None


def open_zip(data: bytes) -> zipfile.ZipFile:
    """An archive whose members are few enough and small enough to read."""
    archive = _opened(data)
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise InputError(Unusable.UNSAFE, "archive_members", found=len(members), limit=MAX_MEMBERS)
    if sum(member.file_size for member in members) > MAX_INFLATED:
        raise InputError(Unusable.UNSAFE, "archive_size", limit=MAX_INFLATED >> 20)
    for member in members:
        if member.file_size > RATIO_FROM and member.file_size > MAX_RATIO * max(member.compress_size, 1):
            raise InputError(Unusable.UNSAFE, "archive_ratio", part=member.filename)
    return archive


def inflate(archive: zipfile.ZipFile, member: zipfile.ZipInfo, password: bytes | None = None) -> bytes:
    """A member's bytes; its checksum has to be right, and it may not be longer than it says."""
    try:
        with archive.open(member, pwd=password) as stream:
            data = stream.read(member.file_size + 1)
    except _BROKEN as failure:
        raise _damaged(member, failure) from None
    if len(data) > member.file_size:
        raise InputError(Unusable.UNSAFE, "archive_ratio", part=member.filename)
    return data


def _inflated(archive: zipfile.ZipFile, member: zipfile.ZipInfo, size: int) -> Iterator[bytes]:
    """What `archive.open` gives, in a third of its time: it reads the packed bytes, ISA-L inflates them."""
    packed = copy(member)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, member.compress_size
    del packed.CRC  # that of the inflated bytes
    inflater, left, checksum = isal_zlib.decompressobj(-isal_zlib.MAX_WBITS), member.file_size, 0
    with archive.open(packed) as stream:
        while left and not inflater.eof:
            source = inflater.unconsumed_tail or stream.read(_PACKED)
            piece = inflater.decompress(source, min(size, left))
            if not source and not piece:
                raise EOFError("it ends early")
            checksum, left = isal_zlib.crc32(piece, checksum), left - len(piece)
            if piece:
                yield piece
    if checksum != member.CRC:
        raise zipfile.BadZipFile(f"Bad CRC-32 for file {member.filename!r}")


def _damaged(member: zipfile.ZipInfo, failure: Exception) -> InputError:
    detail = f"{member.filename}: {failure}"
    return InputError(Unusable.UNREADABLE, "workbook_damaged", detail=detail[:200])
