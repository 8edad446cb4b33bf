"""xlsx and xlsm: the text of every cell, and marks on the cells a fast reader would pass over in silence.

fastexcel turns a sheet into columns of text at the speed of a C scan, but hides what a cell is: an error
reads as blank, a formula without a result too, a number of 18 digits looks like text, and zeros that only
a number format shows are gone. So the sheet's XML is scanned once more for the cells that are not text.
A package of unusual make - a cell at the far corner, cells without addresses, parts in another encoding or
under other names - is read cell by cell instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import fastexcel
import numpy as np
import pyarrow as pa
from lxml import etree

from audit.errors import InputError, Unusable
from audit.intake.formats import xml
from audit.intake.formats.numbers import CellFormats, iso_text, padding_of
from audit.intake.formats.package import Package
from audit.intake.formats.sheet import MAX_CELLS, MAX_COLUMNS, Sheet
from audit.intake.grid import Grid, Mark, Merge, column_index

# a cell that is not shared, inline or formula text: its column, row, other attributes, formula and value
_CELL = re.compile(
    rb'<(?:\w+:)?c r="([A-Z]{1,3})([0-9]{1,7})"(?![^>]* t="(?:s|inlineStr)")([^>/]*)>'
    rb"\s*(<(?:\w+:)?f(?:[^>]*/>|.*?</(?:\w+:)?f>))?\s*(?:<(?:\w+:)?v>([^<]*)</(?:\w+:)?v>)?",
    re.DOTALL,
)
_ANY_CELL = re.compile(rb"<(?:\w+:)?c[ />]")
_ADDRESSED_CELL = re.compile(rb'<(?:\w+:)?c r="[A-Z]')
_TYPE = re.compile(rb' t="(\w+)"')
_STYLE = re.compile(rb' s="(\d+)"')
_LAST_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?\br="(\d+)"')
_FAR_COLUMN = re.compile(rb' r="([A-Z]{3})[0-9]+"')
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell ref="([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)"')
_ADDRESS = re.compile(r"^\$?([A-Z]{1,3})\$?([0-9]{1,7})$")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MAX_MERGES = 200_000


@dataclass(frozen=True)
class _Part:
    """A worksheet: its name, its part, and whether people see it."""

    name: str
    part: str
    visible: bool


def read_xlsx(data: bytes) -> Iterator[Grid]:
    """The sheets of a workbook, in order; a hidden sheet comes without cells and says so.

    Raises InputError for archives that are damaged, hostile or larger than the limits of `package`.
    """
    package = Package(data)
    document = package.document()
    book = xml.parse(package.read(document), document)
    parts = _worksheets(package, document, book)
    if not parts:
        raise InputError(Unusable.UNREADABLE, "workbook_part_missing", part="xl/worksheets")
    formats = _Formats(package, document, book)
    fast = _fast_reader(data, package, document)
    strings: list[str] | None = None
    for sheet in parts:
        if not sheet.visible:
            yield Grid(sheet.name, (), (), skipped="hidden")
            continue
        content = package.read(sheet.part)
        xml.refuse_entities(content, sheet.part)
        if fast and sheet.name in fast.sheet_names and _is_plain(content) and package.is_exact(sheet.part):
            try:
                yield _grid(fast, sheet.name, content, formats.padded)
                continue
            except fastexcel.FastExcelError:
                pass  # the careful reader says what is wrong, or reads it
        if strings is None:
            strings = _shared_strings(package, document)
        yield _read_carefully(sheet, content, strings, formats.of_cells)


def _fast_reader(data: bytes, package: Package, document: str) -> fastexcel.ExcelReader | None:
    """fastexcel on this workbook, or None where it would fail or, worse, be wrong."""
    shared = next((target for kind, target in _links(package, document) if kind == "sharedStrings"), "")
    if not (package.exact and package.is_exact("xl/workbook.xml")):
        return None
    if shared:
        if not package.has(shared):
            raise InputError(Unusable.UNREADABLE, "workbook_part_missing", part=shared)
        xml.refuse_entities(package.read(shared), shared)
    try:
        return fastexcel.read_excel(data)
    except fastexcel.FastExcelError:
        return None


def _links(package: Package, document: str) -> list[tuple[str, str]]:
    return list(package.links(document).values())


def _worksheets(package: Package, document: str, book: etree._Element) -> list[_Part]:
    """The worksheets in order; charts, dialogs and macro sheets are none."""
    links = package.links(document)
    parts = []
    for sheet in book.iter("{*}sheet"):
        kind, part = links.get(xml.attribute(sheet, "id") or "", ("", ""))
        if kind == "worksheet":
            parts.append(_Part(sheet.get("name", ""), part, sheet.get("state", "visible") == "visible"))
    return parts


class _Formats:
    """The number formats of a workbook, for both readers."""

    def __init__(self, package: Package, document: str, book: etree._Element) -> None:
        part = next((target for kind, target in _links(package, document) if kind == "styles"), "")
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
        self.padded = {
            index: width for index, number in enumerate(numbers) if (width := padding_of(codes.get(number)))
        }


def _is_plain(content: bytes) -> bool:
    """Whether the fast reader sees this sheet as it is: UTF-8, every cell with its address, none far away."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"<!--" in content or b"<c><" in content:
        return False
    if len(_ANY_CELL.findall(content)) != len(_ADDRESSED_CELL.findall(content)):
        return False
    far = max((column_index(found.decode()) for found in _FAR_COLUMN.findall(content)), default=0)
    last = _LAST_ROW.findall(content[-1_000_000:])
    rows = int(last[-1]) if last else 0
    cells = content.count(b' r="')
    return far < MAX_COLUMNS and rows <= 10 * cells + 10_000 and rows * (far + 1) <= MAX_CELLS


def _grid(book: fastexcel.ExcelReader, name: str, content: bytes, padded: dict[int, int]) -> Grid:
    sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    table = pa.table(sheet.to_arrow())
    columns = [column.combine_chunks().cast(pa.string()) for column in table.columns]
    height = table.num_rows
    first = _first_column(content)
    marks: dict[int, np.ndarray] = {}
    texts: dict[int, dict[int, str]] = {}
    plain = content.count(b' t="s"') + content.count(b' t="inlineStr"')
    if plain < len(_ADDRESSED_CELL.findall(content)):
        for found in _CELL.finditer(content):
            column, row = column_index(found[1].decode()) - first, int(found[2]) - 1
            mark, text = _read_mark(found, padded)
            if (mark is Mark.TEXT and text is None) or column >= len(columns) or row >= height:
                continue
            if mark is not Mark.TEXT:
                marks.setdefault(column, np.zeros(height, np.int8))[row] = mark
            if text is not None:
                texts.setdefault(column, {})[row] = text
    for column, cells in texts.items():
        columns[column] = _replaced(columns[column], cells)
    merges = tuple(_merge(found) for found in _MERGE.findall(content[-len(content) // 2 :])[:_MAX_MERGES])
    return Grid(
        name,
        tuple(columns),
        tuple(pa.array(marks[index]) if index in marks else None for index in range(len(columns))),
        first,
        merges=merges,
    )


def _merge(corners: tuple[bytes, bytes, bytes, bytes]) -> Merge:
    left, top, right, bottom = (corner.decode() for corner in corners)
    return Merge(int(top) - 1, column_index(left), int(bottom) - 1, column_index(right))


def _read_mark(found: re.Match[bytes], padded: dict[int, int]) -> tuple[Mark, str | None]:
    """What a cell is, and its text where the fast reader does not show it."""
    attributes, formula, value = found[3], found[4], found[5]
    kind = _TYPE.search(attributes)
    if kind and kind[1] == b"e":
        return Mark.ERROR, (value or b"#N/A").decode("ascii", "replace")
    if formula is not None and not value:
        is_blank_text = kind and kind[1] == b"str" and value is not None
        return (Mark.TEXT if is_blank_text else Mark.UNCACHED), None
    if not value or (kind and kind[1] != b"n"):
        return Mark.TEXT, None
    style = _STYLE.search(attributes)
    width = padded.get(int(style[1])) if style else None
    if width and value.isdigit() and len(value) <= width:
        return Mark.TEXT, None if len(value) == width else value.decode().zfill(width)
    return Mark.NUMBER, None


def _first_column(content: bytes) -> int:
    """The leftmost column with a cell: the grid of the fast reader starts there."""
    if re.search(rb'<(?:\w+:)?c r="A[0-9]', content):
        return 0
    letters = set(re.findall(rb'<(?:\w+:)?c r="([A-Z]{1,3})[0-9]', content))
    return min((column_index(found.decode()) for found in letters), default=0)


def _replaced(column: pa.Array, cells: dict[int, str]) -> pa.Array:
    texts = column.to_numpy(zero_copy_only=False).copy()
    for row, text in cells.items():
        texts[row] = text
    return pa.array(texts, pa.string())


def _shared_strings(package: Package, document: str) -> list[str]:
    part = next((target for kind, target in _links(package, document) if kind == "sharedStrings"), "")
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
    return (
        re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
    )


def _read_carefully(part: _Part, content: bytes, strings: list[str], formats: CellFormats) -> Grid:
    """The sheet cell by cell: slower, and bound by what it holds rather than by where it ends."""
    sheet = Sheet(part.name)
    row = -1
    for element in xml.elements(content, part.part, ("row", "mergeCell")):
        if xml.local(element) == "mergeCell":
            first, _, last = (element.get("ref") or "").partition(":")
            if (start := _ADDRESS.match(first)) and (end := _ADDRESS.match(last)):
                left, right = column_index(start[1]), column_index(end[1])
                sheet.merge(int(start[2]) - 1, left, int(end[2]) - 1, right)
            continue
        stated = element.get("r")
        row = int(stated) - 1 if stated and stated.isdigit() else row + 1
        column = -1
        for cell in element.iterchildren("{*}c"):
            address = _ADDRESS.match(cell.get("r") or "")
            column = column_index(address[1]) if address else column + 1
            text, mark = _cell(cell, strings, formats)
            sheet.add(row, column, text, mark)
    return sheet.grid()


def _cell(cell: etree._Element, strings: list[str], formats: CellFormats) -> tuple[str | None, Mark]:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text_of(cell), Mark.TEXT
    formula, value = cell.find("{*}f"), cell.findtext("{*}v")
    if value is None or value == "":
        if kind == "e":
            return "#N/A", Mark.ERROR
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
    if kind != "n":
        return (iso_text(value) if kind == "d" else _unescaped(value)), Mark.TEXT
    try:
        number = float(value)
    except ValueError:
        return value, Mark.TEXT
    text, is_number = formats.text(number, int(cell.get("s") or -1))
    return text, Mark.NUMBER if is_number else Mark.TEXT
