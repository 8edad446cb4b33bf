"""ods and fods: OpenDocument spreadsheets, cell by cell, repeats bounded.

The fast reader refuses indented documents and drops error cells; this one takes both.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from audit.errors import InputError, Unusable
from audit.intake.formats import xml
from audit.intake.formats.numbers import iso_text, number_text, shown_as_code
from audit.intake.formats.package import Package
from audit.intake.formats.sheet import MAX_CELLS, Sheet
from audit.intake.grid import Grid, Mark

_MAX_ROW = 1 << 20
_MAX_COLUMN = 1 << 14


def read_ods(data: bytes, formulas: bool = False, hidden: bool = False) -> Iterator[Grid]:
    """The sheets of an OpenDocument package; `formulas` marks cells that were computed.

    With `hidden` the cells of hidden sheets come too.

    Raises InputError when it is encrypted or damaged.
    """
    package = Package(data)
    manifest = package.find("META-INF/manifest.xml")
    if manifest and b"encryption-data" in manifest:
        raise InputError(Unusable.ENCRYPTED, "file_encrypted")
    return read_flat_ods(package.read("content.xml"), formulas, hidden)


def read_flat_ods(data: bytes, formulas: bool = False, hidden: bool = False) -> Iterator[Grid]:
    """The sheets of one OpenDocument XML; hidden ones come without cells, unless `hidden` asks for them."""
    unseen: set[str | None] = set()
    name, is_hidden = "", False
    sheet: Sheet | None = None
    row = 0
    for element in xml.elements(data, "content.xml", ("style", "table-row", "table")):
        match xml.local(element):
            case "style":
                shown = next(element.iterchildren("{*}table-properties"), None)
                if not hidden and shown is not None and xml.attribute(shown, "display") == "false":
                    unseen.add(xml.attribute(element, "name"))
            case "table-row":
                table = next(element.iterancestors("{*}table"))
                if next(table.iterancestors("{*}table"), None) is not None:
                    continue  # a table inside a cell
                if sheet is None:
                    name = xml.attribute(table, "name") or ""
                    is_hidden = xml.attribute(table, "style-name") in unseen
                    sheet, row = Sheet(name), 0
                row += _add_row(sheet, row, element, formulas) if not is_hidden else 0
            case "table":
                if next(element.iterancestors("{*}table"), None) is not None:
                    continue
                name = xml.attribute(element, "name") or ""
                is_hidden = xml.attribute(element, "style-name") in unseen
                yield Grid(name, (), (), skipped="hidden") if is_hidden else (sheet or Sheet(name)).grid()
                sheet = None


def _add_row(sheet: Sheet, row: int, element: etree._Element, formulas: bool) -> int:
    """Add a row and its repetitions; the result is how many rows it stands for."""
    repeats = _count(element, "number-rows-repeated")
    column = 0
    cells: list[tuple[int, str | None, Mark]] = []
    for cell in element.iterchildren("{*}table-cell", "{*}covered-table-cell"):
        wide = _count(cell, "number-columns-repeated")
        text, mark = _cell(cell)
        if formulas and text and xml.attribute(cell, "formula") is not None:
            mark = Mark.FORMULA
        if text or mark is Mark.UNCACHED:
            if column + wide > _MAX_COLUMN:
                raise InputError(
                    Unusable.UNSAFE,
                    "sheet_too_wide",
                    sheet=sheet.name,
                    columns=column + wide,
                    limit=_MAX_COLUMN,
                )
            cells += [(column + place, text, mark) for place in range(wide)]
        across, down = _count(cell, "number-columns-spanned"), _count(cell, "number-rows-spanned")
        if across > 1 or down > 1:
            sheet.merge(row, column, row + down - 1, column + across - 1)
        column += wide
    if cells:
        if row + repeats > _MAX_ROW or repeats * len(cells) + sheet.cells > MAX_CELLS:
            raise InputError(Unusable.UNSAFE, "sheet_too_long", sheet=sheet.name, rows=row + repeats)
        for place in range(row, row + repeats):
            for at, text, mark in cells:
                sheet.add(place, at, text, mark)
    return repeats


def _count(element: etree._Element, name: str) -> int:
    value = xml.attribute(element, name)
    return max(1, int(value)) if value and value.isdigit() else 1


def _cell(cell: etree._Element) -> tuple[str | None, Mark]:
    """Text and mark of a cell, from its stored value where it has one."""
    kind = next(
        (value for key, value in cell.attrib.items() if key.endswith("}value-type") and "calcext" in key),
        xml.attribute(cell, "value-type"),
    )
    shown = "\n".join(_paragraph(text) for text in cell.iterchildren("{*}p"))
    if kind == "error":
        return shown or "#N/A", Mark.ERROR
    if kind is None:
        has_formula = xml.attribute(cell, "formula") is not None
        return (None, Mark.UNCACHED) if has_formula and not shown else (shown, Mark.TEXT)
    match kind:
        case "float" | "currency" | "percentage":
            return _number(xml.attribute(cell, "value"), shown)
        case "date":
            return iso_text(xml.attribute(cell, "date-value") or shown), Mark.TEXT
        case "boolean":
            return xml.attribute(cell, "boolean-value") or shown, Mark.TEXT
        case _:
            return shown or xml.attribute(cell, "string-value"), Mark.TEXT


def _number(value: str | None, shown: str) -> tuple[str | None, Mark]:
    """A number; one that is shown as a code is taken as shown."""
    try:
        number = float(value or "")
    except ValueError:
        return shown, Mark.TEXT
    text = number_text(number)
    if shown_as_code(shown, text):
        return shown, Mark.TEXT if len(shown) > 1 else Mark.NUMBER
    if shown.startswith("#") and "#" in shown[:1] and not any(letter.isdigit() for letter in shown[:2]):
        return shown, Mark.ERROR
    return text, Mark.NUMBER


def _paragraph(element: etree._Element) -> str:
    """The text of a paragraph: blanks and tabs are elements of their own; remarks are left out."""
    pieces = [element.text or ""]
    for child in element:
        match xml.local(child) if isinstance(child.tag, str) else "":
            case "s":
                pieces.append(" " * min(_count(child, "c"), 1_000))
            case "tab":
                pieces.append("\t")
            case "line-break":
                pieces.append("\n")
            case "annotation":
                pass
            case _:
                pieces.append(_paragraph(child))
        pieces.append(child.tail or "")
    return "".join(pieces)
