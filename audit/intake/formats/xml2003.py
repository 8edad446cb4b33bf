"""SpreadsheetML 2003: the XML workbook that reporting systems like to call .xls."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from audit.errors import InputError, Unusable
from audit.intake.formats import xml
from audit.intake.formats.numbers import Padding, iso_text, number_text, padding_of
from audit.intake.formats.sheet import Sheet
from audit.intake.grid import Grid, Mark

_MAX_ROW = 1 << 20
_MAX_COLUMN = 1 << 14
_PART = "Workbook"


def read_xml2003(data: bytes) -> Iterator[Grid]:
    """The sheets of a workbook; hidden ones come without cells. Raises InputError when damaged."""
    data = xml.as_utf8(data)
    paddings: dict[str, Padding] = {}
    hidden = False
    sheet = Sheet("")
    row = 0
    for element in xml.elements(data, _PART, ("Style", "Row", "Visible", "Worksheet")):
        match xml.local(element):
            case "Style":
                code = next((found for found in element.iterchildren("{*}NumberFormat")), None)
                parent = paddings.get(xml.attribute(element, "Parent") or "")
                padding = padding_of(xml.attribute(code, "Format")) if code is not None else parent
                if padding:
                    paddings[xml.attribute(element, "ID") or ""] = padding
            case "Row":
                row = _stated(element, "Index", row, _MAX_ROW, sheet.name)
                _add_row(sheet, row, element, paddings)
                row += 1 + _count(element, "Span")
            case "Visible":
                hidden = (element.text or "").strip() in ("SheetHidden", "SheetVeryHidden")
            case "Worksheet":
                sheet.name = xml.attribute(element, "Name") or ""
                yield Grid(sheet.name, (), (), skipped="hidden") if hidden else sheet.grid()
                sheet, row, hidden = Sheet(""), 0, False


def _add_row(sheet: Sheet, row: int, element: etree._Element, paddings: dict[str, Padding]) -> None:
    column = 0
    for cell in element.iterchildren("{*}Cell"):
        column = _stated(cell, "Index", column, _MAX_COLUMN, sheet.name)
        across, down = _count(cell, "MergeAcross"), _count(cell, "MergeDown")
        if column + across >= _MAX_COLUMN:
            raise InputError(
                Unusable.UNSAFE,
                "sheet_too_wide",
                sheet=sheet.name,
                columns=column + across,
                limit=_MAX_COLUMN,
            )
        data = next(cell.iterchildren("{*}Data"), None)
        if data is not None:
            style = xml.attribute(cell, "StyleID") or xml.attribute(element, "StyleID") or ""
            sheet.add(row, column, *_value(data, paddings.get(style)))
        elif xml.attribute(cell, "Formula") is not None:
            sheet.add(row, column, None, Mark.UNCACHED)
        if across or down:
            sheet.merge(row, column, row + down, column + across)
        column += 1 + across


def _value(data: etree._Element, padding: Padding | None) -> tuple[str | None, Mark]:
    text = "".join(str(piece) for piece in data.itertext())
    match xml.attribute(data, "Type"):
        case "Number":
            try:
                number = number_text(float(text))
            except ValueError:
                return text, Mark.TEXT
            code = padding.text(number) if padding else None
            return (number, Mark.NUMBER) if code is None else (code, Mark.TEXT)
        case "DateTime":
            return iso_text(text), Mark.TEXT
        case "Boolean":
            return ("true" if text.strip() == "1" else "false"), Mark.TEXT
        case "Error":
            return text or "#N/A", Mark.ERROR
        case _:
            return text, Mark.TEXT


def _count(element: etree._Element, name: str) -> int:
    value = xml.attribute(element, name)
    return int(value) if value and value.isdigit() else 0


def _stated(element: etree._Element, name: str, expected: int, limit: int, sheet: str) -> int:
    """The 0-based place an element states for itself, or the expected one. Raises InputError beyond it."""
    place = (_count(element, name) or expected + 1) - 1
    if place >= limit:
        raise InputError(Unusable.UNSAFE, "sheet_too_long", sheet=sheet, rows=place + 1)
    return place
