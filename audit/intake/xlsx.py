"""xlsx: the text of every cell, and marks on the cells a fast reader would pass over in silence.

fastexcel turns a sheet into columns of text at the speed of a C scan, but hides what a cell is: an error
reads as blank, a formula without a result too, a number of 18 digits looks like text, and zeros that only
a number format shows are gone. So the sheet's XML is scanned once more for the cells that are not text.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator

import fastexcel
import numpy as np
import pyarrow as pa
from lxml import etree

from audit.errors import InputError, Unusable
from audit.intake.grid import Grid, Mark, column_index

MAX_MEMBERS = 2_000
MAX_INFLATED = 1 << 30
MAX_RATIO = 200
RATIO_FROM = 10 << 20  # small parts may be as repetitive as they like
MAX_COLUMNS = 1_000
MAX_CELLS = 60_000_000

_MAIN = r"{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = r"{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_XML = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
# a cell that is not shared, inline or formula text: its column, row, other attributes, formula and value
_CELL = re.compile(
    rb'<(?:\w+:)?c r="([A-Z]{1,3})([0-9]{1,7})"(?![^>]* t="(?:s|inlineStr)")([^>/]*)>'
    rb"\s*(<(?:\w+:)?f(?:[^>]*/>|.*?</(?:\w+:)?f>))?\s*(?:<(?:\w+:)?v>([^<]*)</(?:\w+:)?v>)?",
    re.DOTALL,
)
_CELLS = re.compile(rb'<(?:\w+:)?c r="')
_TYPE = re.compile(rb' t="(\w+)"')
_STYLE = re.compile(rb' s="(\d+)"')
_LAST_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?\br="(\d+)"')
_FAR_COLUMN = re.compile(rb' r="([A-Z]{3})([0-9]+)"')


def read_xlsx(data: bytes) -> Iterator[Grid]:
    """The sheets of a workbook, in order; a hidden sheet comes without cells and says so.

    Raises InputError for archives that are damaged, hostile or larger than the limits above.
    """
    with _open(data) as archive:
        shared = _inflate(archive, "xl/sharedStrings.xml") is not None
        padded = _zero_padded_styles(_inflate(archive, "xl/styles.xml"))
        parts = _sheet_parts(archive)
        try:
            book = fastexcel.read_excel(data)
        except fastexcel.FastExcelError as failure:
            raise InputError(Unusable.UNREADABLE, "workbook_damaged", detail=_first_line(failure)) from None
        for name in book.sheet_names:
            part = parts.get(name)
            if part is None:
                yield Grid(name, (), (), skipped="hidden")
                continue
            xml = _inflate(archive, part)
            if xml is None:
                raise InputError(Unusable.UNREADABLE, "workbook_part_missing", part=part)
            if b' t="s"' in xml and not shared:
                raise InputError(Unusable.UNREADABLE, "workbook_part_missing", part="xl/sharedStrings.xml")
            _bounded(xml, name)
            yield _grid(book, name, xml, padded)


def _open(data: bytes) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as failure:
        raise InputError(Unusable.TRUNCATED, "workbook_damaged", detail=str(failure)) from None
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise InputError(Unusable.UNSAFE, "archive_members", found=len(members), limit=MAX_MEMBERS)
    if sum(member.file_size for member in members) > MAX_INFLATED:
        raise InputError(Unusable.UNSAFE, "archive_size", limit=MAX_INFLATED >> 20)
    for member in members:
        if member.file_size > RATIO_FROM and member.file_size > MAX_RATIO * max(member.compress_size, 1):
            raise InputError(Unusable.UNSAFE, "archive_ratio", part=member.filename)
    return archive


def _inflate(archive: zipfile.ZipFile, part: str) -> bytes | None:
    """One part of the archive, or None; parts that declare entities are refused."""
    try:
        with archive.open(part) as member:
            xml = member.read(MAX_INFLATED)
    except KeyError:
        return None
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as failure:
        raise InputError(Unusable.UNREADABLE, "workbook_damaged", detail=f"{part}: {failure}") from None
    if b"<!ENTITY" in xml[:65_536] or b"<!DOCTYPE" in xml[:65_536]:
        raise InputError(Unusable.UNSAFE, "xml_entities", part=part)
    return xml


def _parse(xml: bytes | None, part: str) -> etree._Element:
    if xml is None:
        raise InputError(Unusable.UNREADABLE, "workbook_part_missing", part=part)
    try:
        return etree.fromstring(xml, _XML)
    except etree.XMLSyntaxError as failure:
        raise InputError(Unusable.UNREADABLE, "workbook_damaged", detail=f"{part}: {failure}") from None


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Visible worksheets by name, and the part that holds each; charts and macro sheets are none."""
    root = _parse(_inflate(archive, "_rels/.rels"), "_rels/.rels")
    book = next(
        (rel.get("Target", "") for rel in root if rel.get("Type", "").endswith("/officeDocument")),
        "xl/workbook.xml",
    ).lstrip("/")
    folder, name = posixpath.split(book)
    rels_part = posixpath.join(folder, "_rels", f"{name}.rels")
    targets = {
        rel.get("Id"): posixpath.normpath(posixpath.join("/", folder, rel.get("Target", ""))).lstrip("/")
        for rel in _parse(_inflate(archive, rels_part), rels_part)
        if rel.get("Type", "").endswith("/worksheet")
    }
    parts = {}
    for sheet in _parse(_inflate(archive, book), book).iter(f"{_MAIN}sheet", f"{_STRICT}sheet"):
        link = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), None)
        if sheet.get("state", "visible") == "visible" and link in targets:
            parts[sheet.get("name", "")] = targets[link]
    return parts


def _zero_padded_styles(styles: bytes | None) -> dict[int, int]:
    """Cell style index to the width its number format pads to, for formats like 00000000."""
    if styles is None:
        return {}
    root = _parse(styles, "xl/styles.xml")
    widths = {
        int(fmt.get("numFmtId", "0")): len(fmt.get("formatCode", ""))
        for fmt in root.iter(f"{_MAIN}numFmt", f"{_STRICT}numFmt")
        if re.fullmatch(r"0{2,}", fmt.get("formatCode", ""))
    }
    cells = next(root.iter(f"{_MAIN}cellXfs", f"{_STRICT}cellXfs"), None)
    if not widths or cells is None:
        return {}
    formats = [int(style.get("numFmtId", "0")) for style in cells]
    return {index: widths[number] for index, number in enumerate(formats) if number in widths}


def _bounded(xml: bytes, sheet: str) -> None:
    """Refuse a sheet whose furthest cell would make a dense grid of absurd size."""
    far = max((column_index(found[1].decode()) for found in _FAR_COLUMN.finditer(xml)), default=0)
    if far >= MAX_COLUMNS:
        raise InputError(Unusable.UNSAFE, "sheet_too_wide", sheet=sheet, columns=far + 1, limit=MAX_COLUMNS)
    last = _LAST_ROW.findall(xml[-1_000_000:])
    rows = int(last[-1]) if last else 0
    cells = xml.count(b"<c ") + 1
    if rows > 10 * cells + 10_000 or rows * (far + 1) > MAX_CELLS:
        raise InputError(Unusable.UNSAFE, "sheet_too_long", sheet=sheet, rows=rows)


def _grid(book: fastexcel.ExcelReader, name: str, xml: bytes, padded: dict[int, int]) -> Grid:
    try:
        sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        table = pa.table(sheet.to_arrow())
    except fastexcel.FastExcelError as failure:
        if xml.rstrip().endswith(b">") and b"</" in xml[-40:]:
            raise InputError(Unusable.UNREADABLE, "workbook_damaged", detail=_first_line(failure)) from None
        raise InputError(Unusable.TRUNCATED, "workbook_damaged", detail=_first_line(failure)) from None
    columns = [column.combine_chunks().cast(pa.string()) for column in table.columns]
    height = table.num_rows
    first = _first_column(xml)
    marks: dict[int, np.ndarray] = {}
    texts: dict[int, dict[int, str]] = {}
    plain = xml.count(b' t="s"') + xml.count(b' t="inlineStr"')
    if plain < len(_CELLS.findall(xml)):
        for found in _CELL.finditer(xml):
            column, row = column_index(found[1].decode()) - first, int(found[2]) - 1
            mark, text = _read_mark(found, padded)
            if mark is Mark.TEXT or column >= len(columns) or row >= height:
                continue
            marks.setdefault(column, np.zeros(height, np.int8))[row] = mark
            if text is not None:
                texts.setdefault(column, {})[row] = text
    for column, cells in texts.items():
        columns[column] = _replaced(columns[column], cells)
    return Grid(
        name,
        tuple(columns),
        tuple(pa.array(marks[index]) if index in marks else None for index in range(len(columns))),
        first,
    )


def _read_mark(found: re.Match[bytes], padded: dict[int, int]) -> tuple[Mark, str | None]:
    """What a cell is, and its text where the fast reader does not show it."""
    attributes, formula, value = found[3], found[4], found[5]
    kind = _TYPE.search(attributes)
    if kind and kind[1] == b"e":
        return Mark.ERROR, (value or b"#N/A").decode("ascii", "replace")
    if formula is not None and not value:
        return (
            (Mark.TEXT, None) if kind and kind[1] == b"str" and value is not None else (Mark.UNCACHED, None)
        )
    if not value or (kind and kind[1] != b"n"):
        return Mark.TEXT, None
    style = _STYLE.search(attributes)
    width = padded.get(int(style[1])) if style else None
    if width and value.isdigit() and len(value) <= width:
        return Mark.TEXT, None if len(value) == width else value.decode().zfill(width)
    return Mark.NUMBER, None


def _first_column(xml: bytes) -> int:
    """The leftmost column with a cell: the grid of the fast reader starts there."""
    if re.search(rb'<(?:\w+:)?c r="A[0-9]', xml):
        return 0
    letters = set(re.findall(rb'<(?:\w+:)?c r="([A-Z]{1,3})[0-9]', xml))
    return min((column_index(found.decode()) for found in letters), default=0)


def _replaced(column: pa.Array, cells: dict[int, str]) -> pa.Array:
    texts = column.to_numpy(zero_copy_only=False).copy()
    for row, text in cells.items():
        texts[row] = text
    return pa.array(texts, pa.string())


def _first_line(failure: BaseException) -> str:
    return str(failure).splitlines()[0][:200] if str(failure) else type(failure).__name__
