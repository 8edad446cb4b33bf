"""xlsb: the binary workbook, read record by record.

Excel writes every cell with its column; other writers leave the column out where it is the next one (the
"short" records). Libraries that know only the first kind return column A and nothing else, so the records
are read here. [MS-XLSB] names them; the numbers below are its record types.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace

from audit.errors import InputError, Unusable
from audit.intake.formats.numbers import ERRORS, CellFormats
from audit.intake.formats.package import Package
from audit.intake.formats.sheet import Sheet
from audit.intake.grid import Grid, Mark

_ROW, _ISST = 0, 7
_FIRST_CELL, _LAST_CELL = 1, 11  # cells that state their column
_FIRST_SHORT, _LAST_SHORT = 12, 18  # cells that stand right of the one before
_RICH = 62
_SHORT_TO_LONG = {12: 1, 13: 2, 14: 3, 15: 4, 16: 5, 17: 6, 18: 7}
_SHEET, _WORKBOOK_PROPERTIES, _STRING = 156, 153, 19
_FORMAT, _STYLE, _STYLES_BEGIN, _STYLES_END = 44, 47, 617, 618
_MERGE = 176


def read_xlsb(data: bytes) -> Iterator[Grid]:
    """The sheets of a binary workbook; hidden ones come without cells. Raises InputError when damaged."""
    package = Package(data)
    document = package.document()
    links = package.links(document)
    strings = _strings(package, _target(links, "sharedStrings"))
    sheets: list[tuple[str, str, bool]] = []
    is_1904 = False
    for kind, body in _records(package.read(document), document):
        if kind == _WORKBOOK_PROPERTIES:
            is_1904 = bool(body[0] & 1)
        elif kind == _SHEET:
            state = struct.unpack_from("<I", body)[0]
            link, end = _text(body, 8)
            name, _ = _text(body, end)
            what, part = links.get(link, ("", ""))
            if what == "worksheet":
                sheets.append((name, part, state == 0))
    formats = _formats(package, _target(links, "styles"), is_1904)
    for name, part, visible in sheets:
        if not visible:
            yield Grid(name, (), (), skipped="hidden")
        else:
            grid = _sheet(name, part, package.read(part), strings, formats)
            yield replace(grid, days=formats.days)


def _target(links: dict[str, tuple[str, str]], kind: str) -> str:
    return next((target for found, target in links.values() if found == kind), "")


def _records(data: bytes, part: str) -> Iterator[tuple[int, bytes]]:
    """Type and body of each record: both lengths are 7-bit groups, low first."""
    at, end = 0, len(data)
    while at < end:
        kind, at = _varint(data, at, 2, part)
        size, at = _varint(data, at, 4, part)
        if at + size > end:
            raise InputError(Unusable.TRUNCATED, "workbook_damaged", detail=part)
        yield kind, data[at : at + size]
        at += size


def _varint(data: bytes, at: int, longest: int, part: str) -> tuple[int, int]:
    value = 0
    for place in range(longest):
        if at >= len(data):
            raise InputError(Unusable.TRUNCATED, "workbook_damaged", detail=part)
        byte = data[at]
        at += 1
        # a record type keeps the marker bit of its first byte out, as a length does
        value |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            break
    return value, at


def _text(body: bytes, at: int) -> tuple[str, int]:
    """A wide string and where it ends; 0xFFFFFFFF characters are none at all."""
    count = struct.unpack_from("<I", body, at)[0]
    at += 4
    if count == 0xFFFFFFFF:
        return "", at
    if at + 2 * count > len(body):
        raise InputError(Unusable.UNREADABLE, "workbook_damaged", detail="string")
    return body[at : at + 2 * count].decode("utf-16-le", "replace"), at + 2 * count


def _strings(package: Package, part: str) -> list[str]:
    if not part:
        return []
    return [_text(body, 1)[0] for kind, body in _records(package.read(part), part) if kind == _STRING]


def _formats(package: Package, part: str, is_1904: bool) -> CellFormats:
    codes: dict[int, str] = {}
    styles: list[int] = []
    inside = False
    for kind, body in _records(package.read(part), part) if part and package.has(part) else ():
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _text(body, 2)[0]
        elif kind in (_STYLES_BEGIN, _STYLES_END):
            inside = kind == _STYLES_BEGIN
        elif kind == _STYLE and inside:
            styles.append(struct.unpack_from("<H", body, 2)[0])
    return CellFormats(codes, styles, is_1904)


def _sheet(name: str, part: str, data: bytes, strings: list[str], formats: CellFormats) -> Grid:
    sheet = Sheet(name)
    row, column = 0, -1
    try:
        for kind, body in _records(data, part):
            if kind == _ROW:
                row, column = struct.unpack_from("<I", body)[0], -1
            elif _FIRST_CELL <= kind <= _LAST_CELL or kind == _RICH:
                column, style = struct.unpack_from("<II", body)
                sheet.add(row, column, *_cell(kind, body, 8, style & 0xFFFFFF, strings, formats))
            elif _FIRST_SHORT <= kind <= _LAST_SHORT:
                column += 1
                style = struct.unpack_from("<I", body)[0] & 0xFFFFFF
                sheet.add(row, column, *_cell(_SHORT_TO_LONG[kind], body, 4, style, strings, formats))
            elif kind == _MERGE:
                first_row, last_row, first_column, last_column = struct.unpack_from("<4I", body)
                sheet.merge(first_row, first_column, last_row, last_column)
    except struct.error as failure:
        raise InputError(Unusable.UNREADABLE, "workbook_damaged", detail=f"{part}: {failure}") from None
    return sheet.grid()


def _cell(
    kind: int, body: bytes, at: int, style: int, strings: list[str], formats: CellFormats
) -> tuple[str | None, Mark]:
    """Text and mark of a cell whose value starts at `at`."""
    match kind:
        case 1:
            return None, Mark.TEXT
        case 2 | 5 | 9:
            number = _rk(body, at) if kind == 2 else struct.unpack_from("<d", body, at)[0]
            text, is_number = formats.text(number, style)
            return text, Mark.NUMBER if is_number else Mark.TEXT
        case 3 | 11:
            return ERRORS.get(body[at], "#N/A"), Mark.ERROR
        case 4 | 10:
            return ("true" if body[at] else "false"), Mark.TEXT
        case 7:
            place = struct.unpack_from("<I", body, at)[0]
            if place >= len(strings):
                raise InputError(Unusable.UNREADABLE, "workbook_part_missing", part="xl/sharedStrings.bin")
            return strings[place], Mark.TEXT
        case _:
            return _text(body, at + (kind == _RICH))[0], Mark.TEXT


def _rk(body: bytes, at: int) -> float:
    """A number in four bytes: an integer or the upper part of a double, perhaps to be divided by 100."""
    raw = struct.unpack_from("<I", body, at)[0]
    if raw & 2:
        value = float(struct.unpack("<i", struct.pack("<I", raw))[0] >> 2)
    else:
        value = struct.unpack("<d", b"\0\0\0\0" + struct.pack("<I", raw & 0xFFFFFFFC))[0]
    return value / 100 if raw & 1 else value
