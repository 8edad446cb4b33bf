"""xlsx and xlsm: a regular sheet is read in columns, a plain one by fastexcel, any other cell by cell.

The three make the same of a sheet; each leaves to the next what it cannot be sure of. Cell by cell go a cell
at the far corner, cells without addresses, parts in another encoding or under names in another case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from lxml import etree

from audit.errors import InputError, Unusable
from audit.intake.formats import xml
from audit.intake.formats.formulas import literal
from audit.intake.formats.numbers import CellFormats, iso_text, padding_of
from audit.intake.formats.package import Package
from audit.intake.formats.sheet import Sheet
from audit.intake.formats.xlsx_columns import ColumnReader, Styles
from audit.intake.formats.xlsx_values import character, shows_dates
from audit.intake.grid import Grid, Mark, column_index

if TYPE_CHECKING:
    from audit.intake.formats.xlsx_fast import FastWorkbook

_ADDRESS = re.compile(r"^\$?([A-Za-z]{1,3})\$?([0-9]{1,7})$")
_BLANK_ROW = re.compile(rb'<row r="\d+"[^>]*/>')
_MANY_ROWS = 10_000
_COUNT = re.compile(rb'<sst[^>]*? uniqueCount="(\d+)"')
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class _Part:
    """A worksheet: its name, its part, and whether people see it."""

    name: str
    part: str
    visible: bool


def read_xlsx(
    data: bytes, careful: bool = False, formulas: bool = False, hidden: bool = False
) -> Iterator[Grid]:
    """The sheets of a workbook, in order; a hidden sheet comes without cells and says so.

    `careful` leaves the fast reader out; `formulas` does so too, and marks cells that were computed. With
    `hidden` the cells of hidden sheets come too.

    Raises InputError for archives that are damaged, hostile or larger than the limits of `package`.
    """
    package = Package(data)
    document = package.document()
    book = xml.parse(package.read(document), document)
    parts = worksheets(package, document, book)
    if not parts and not _has_sheets(package, document, book):
        raise InputError(Unusable.UNREADABLE, "workbook_part_missing", part="xl/worksheets")
    formats = _Formats(package, document, book)
    plain = None if careful or formulas else _Plain(data, package, document, formats)
    try:
        shown = [replace(part, visible=True) for part in parts] if hidden else parts
        for grid in _sheets(package, document, shown, formats, plain, formulas):
            yield replace(grid, days=formats.of_cells.days)
    finally:
        if plain:
            plain.close()


def _sheets(
    package: Package,
    document: str,
    parts: list[_Part],
    formats: _Formats,
    plain: _Plain | None,
    formulas: bool,
) -> Iterator[Grid]:
    strings: list[str] | None = None
    for sheet in parts:
        if not sheet.visible:
            yield Grid(sheet.name, (), (), skipped="hidden")
            continue
        if plain and (grid := plain.in_columns(sheet)):
            yield grid
            continue
        content = package.read(sheet.part)
        xml.refuse_entities(content, sheet.part)
        if plain and (grid := plain.by_fastexcel(sheet, content)):
            yield grid
            continue
        # slower, but it says what is wrong with a sheet, or reads it all the same
        if strings is None:
            strings = _shared_strings(package, document)
        yield _read_carefully(sheet, content, strings, formats.of_cells, formulas)


class _Plain:
    """The readers of plain sheets, which make of a sheet the same grid or None."""

    def __init__(self, data: bytes, package: Package, document: str, formats: _Formats) -> None:
        self._data, self._package, self._formats = data, package, formats
        self._shared = _target(package, document, "sharedStrings")
        self._is_exact = package.exact and package.is_exact("xl/workbook.xml")
        self._columns = ColumnReader(package, self._shared, formats.styles)

    def in_columns(self, sheet: _Part) -> Grid | None:
        """The sheet where it is regular: the cheapest way."""
        if not (self._is_exact and self._package.is_exact(sheet.part)):
            return None
        return self._columns.grid(sheet.name, sheet.part)

    def by_fastexcel(self, sheet: _Part, content: bytes) -> Grid | None:
        """The sheet where fastexcel finds its way in it. It may miss that days count from 1904."""
        if self._formats.styles.is_1904:
            return None
        if not (self._package.is_exact(sheet.part) and self._fast):
            return None
        return self._fast.grid(sheet.name, content, self._formats.styles.padded)

    @cached_property
    def _fast(self) -> FastWorkbook | None:
        """fastexcel, already at work, or None for a package it would not find its way in.

        Raises InputError when text that cells refer to is missing or hostile: fastexcel would not say.
        """
        if not self._is_exact:
            return None
        if self._shared:
            if not self._package.has(self._shared):
                raise InputError(Unusable.UNREADABLE, "workbook_part_missing", part=self._shared)
            head = self._package.head(self._shared)
            xml.refuse_entities(head, self._shared)
            stated = _COUNT.search(head)
            if stated and int(stated[1]) > self._package.size(self._shared):
                return None  # more strings than bytes: fastexcel would make room for them all
        from audit.intake.formats.xlsx_fast import FastWorkbook  # few sheets need it

        return FastWorkbook(self._data)

    def close(self) -> None:
        """End what is at work."""
        if "_fast" in self.__dict__ and self._fast:
            self._fast.close()


def _target(package: Package, document: str, kind: str) -> str:
    """The part that the workbook says is its styles, or its shared strings; "" for none."""
    links = package.links(document).values()
    return next((target for found, target in links if found == kind), "")


def worksheets(package: Package, document: str, book: etree._Element) -> list[_Part]:
    """The worksheets in order; charts, dialogs and macro sheets are none."""
    links = package.links(document)
    parts = []
    for sheet in book.iter("{*}sheet"):
        kind, part = links.get(xml.attribute(sheet, "id") or "", ("", ""))
        if kind == "worksheet":
            parts.append(_Part(sheet.get("name", ""), part, sheet.get("state", "visible") == "visible"))
    return parts


def _has_sheets(package: Package, document: str, book: etree._Element) -> bool:
    """Whether the workbook has a sheet of any kind where it says it has."""
    links = package.links(document)
    return any(links.get(xml.attribute(sheet, "id") or "", ("", ""))[1] for sheet in book.iter("{*}sheet"))


class _Formats:
    """The number formats of a workbook, for all readers."""

    def __init__(self, package: Package, document: str, book: etree._Element) -> None:
        part = _target(package, document, "styles")
        styles = package.find(part) if part else None
        codes: dict[int, str] = {}
        numbers: list[int] = []
        if styles:
            root = xml.parse(styles, part)
            codes = {
                int(found.get("numFmtId", "0")): found.get("formatCode", "")
                for found in root.iter("{*}numFmt")
            }
            cells = next(root.iter("{*}cellXfs"), None)
            numbers = [int(style.get("numFmtId", "0")) for style in cells] if cells is not None else []
        properties = next(book.iter("{*}workbookPr"), None)
        is_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self.of_cells = CellFormats(codes, numbers, is_1904)
        padded = {
            index: padding
            for index, number in enumerate(numbers)
            if (padding := padding_of(codes.get(number)))
        }
        dates = [shows_dates(number, codes.get(number)) for number in numbers]
        self.styles = Styles(dates, padded, is_1904)


def _shared_strings(package: Package, document: str) -> list[str]:
    part = _target(package, document, "sharedStrings")
    content = package.find(part) if part else None
    return [_text_of(item) for item in xml.elements(content, part, ("si",))] if content else []


def _text_of(item: etree._Element) -> str:
    """The text of a rich string, without the reading aids (ruby) some writers add."""
    pieces = []
    for text in item.iter("{*}t"):
        parent = text.getparent()
        if parent is None or xml.local(parent) != "rPh":
            pieces.append(text.text or "")
    return _unescaped("".join(pieces))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(character, text) if "_x" in text else text


def _read_carefully(
    part: _Part, content: bytes, strings: list[str], formats: CellFormats, formulas: bool
) -> Grid:
    """The sheet cell by cell: slower, and bound by what it holds rather than by where it ends."""
    sheet = Sheet(part.name)
    row = -1
    for element in xml.elements(_without_blank_rows(content), part.part, ("row", "mergeCell")):
        if xml.local(element) == "mergeCell":
            first, _, last = (element.get("ref") or "").partition(":")
            if (start := _ADDRESS.match(first)) and (end := _ADDRESS.match(last)):
                left, right = column_index(start[1].upper()), column_index(end[1].upper())
                sheet.merge(int(start[2]) - 1, left, int(end[2]) - 1, right)
            continue
        cells = [(cell, _ADDRESS.match(cell.get("r") or "")) for cell in element.iterchildren("{*}c")]
        stated = element.get("r") or next((address[2] for _, address in cells if address), "")
        row = int(stated) - 1 if stated.isdigit() else row + 1
        column = -1
        for cell, address in cells:
            column = column_index(address[1].upper()) if address else column + 1
            text, mark = _cell(cell, strings, formats)
            if text and (row < 0 or (address and int(address[2]) != row + 1)):
                at = address[0] if address else f"{Grid('', (), ()).letter(column)}{row + 1}"
                raise InputError(Unusable.UNREADABLE, "cell_misplaced", sheet=part.name, at=at, row=row + 1)
            is_computed = formulas and text is not None and cell.find("{*}f") is not None
            sheet.add(row, column, text, Mark.FORMULA if is_computed else mark)
    return sheet.grid()


def _without_blank_rows(content: bytes) -> bytes:
    """The sheet without the rows that hold no cell, of which some writers put a million below the table.

    Where a row leaves its number out, the rows before it have to be counted, and all stay.
    """
    stated = content.count(b'<row r="')
    if stated < _MANY_ROWS or stated != content.count(b"<row"):
        return content
    return _BLANK_ROW.sub(b"", content)


def _cell(cell: etree._Element, strings: list[str], formats: CellFormats) -> tuple[str | None, Mark]:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text_of(cell), Mark.TEXT
    formula, value = cell.find("{*}f"), cell.findtext("{*}v")
    if value is None or value == "":
        if kind == "e":
            return "#N/A", Mark.ERROR
        if formula is not None and (shown := literal(formula.text or "")) is not None:
            return shown or None, Mark.TEXT
        return None, Mark.TEXT if formula is None or (kind == "str" and value is not None) else Mark.UNCACHED
    if kind == "s":
        place = int(value)
        if not 0 <= place < len(strings):
            raise InputError(Unusable.UNREADABLE, "workbook_part_missing", part="xl/sharedStrings.xml")
        return strings[place], Mark.TEXT
    if kind == "e":
        return value, Mark.ERROR
    if kind == "b":
        return ("true" if value.strip() in ("1", "true") else "false"), Mark.TEXT
    if kind in ("str", "d"):
        return (iso_text(value) if kind == "d" else _unescaped(value)), Mark.TEXT
    if kind != "n":
        return value, Mark.ERROR  # what its writer meant nobody knows: a number, or the place of a text
    try:
        number = float(value)
    except ValueError:
        return value, Mark.TEXT
    text, is_number = formats.text(number, int(cell.get("s") or -1))
    return text, Mark.NUMBER if is_number else Mark.TEXT
