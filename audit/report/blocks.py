"""What sheets of several parts are put together from: headings, small tables, links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from openpyxl.cell import Cell
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from audit.report import styles
from audit.report.sharedstrings import FORMULA_LIKE, printable

_STYLE = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
LINK = "1F6FB2"
MAX_LINKS = 65_530  # of a sheet
_FORMULA = re.compile(FORMULA_LIKE)


def title(sheet: Worksheet, row: int, column: int, text: str) -> int:
    """A heading; the result is the row below it."""
    cell = sheet.cell(row, column, text)
    cell.font = styles.font(13, bold=True, color=styles.HEAD)
    sheet.row_dimensions[row].height = 24
    return row + 1


def table(
    sheet: Worksheet,
    row: int,
    column: int,
    headers: Sequence[str],
    rows: Sequence[Sequence[object]],
    span: int = 0,
) -> int:
    """A small table; `span` carries its lines on to that many columns, under a last text that runs over."""
    for place in range(max(len(headers), span)):
        cell = sheet.cell(row, column + place)
        if place < len(headers):
            cell.value = headers[place] or None
        cell.font = styles.font(10, bold=True, color=styles.MUTED)
        cell.border = styles.THIN
    for line, values in enumerate(rows, start=1):
        for place in range(max(len(values), span)):
            cell = sheet.cell(row + line, column + place)
            cell.border = styles.THIN
            cell.font = styles.font()
            if place < len(values):
                value = values[place]
                cell.value = (printable(value) or None) if isinstance(value, str) else value  # type: ignore[assignment]
                if isinstance(value, str) and value:
                    cell.data_type = "s"  # what vendors wrote is never a formula
                    cell.quotePrefix = bool(_FORMULA.match(value))
                elif isinstance(value, int):
                    cell.number_format = "#,##0"
                    cell.alignment = Alignment(horizontal="left")
    return row + len(rows) + 1


def link(sheet: Worksheet, row: int, column: int, text: str | None, to: str, cell: str = "A1") -> None:
    """A link to a cell of another sheet; without a text, on what the cell holds already."""
    linked = sheet.cell(row, column, text)
    linked.hyperlink = Hyperlink(ref=linked.coordinate, location=f"'{to}'!{cell}")
    linked.font = styles.font(color=LINK)


def intro(sheet: Worksheet, title: str, note: str) -> int:
    """The heading of a sheet and a note; the result is the row of its first table."""
    sheet.cell(1, 1, title).font = styles.font(15, bold=True, color=styles.HEAD)
    sheet.row_dimensions[1].height = 26
    sheet.cell(2, 1, note).font = styles.font(color=styles.MUTED)
    return 4


def section(sheet: Worksheet, row: int, title: str) -> int:
    """The heading of a further table; the result is the row of its header."""
    sheet.cell(row, 1, title).font = styles.font(13, bold=True, color=styles.HEAD)
    return row + 1


def headers(sheet: Worksheet, labels: Sequence[str], row: int = 1) -> None:
    """A row of column headers."""
    for place, label in enumerate(labels, 1):
        styles.header_cell(sheet.cell(row, place, label))
    sheet.row_dimensions[row].height = 24


def put(sheet: Worksheet, row: int, column: int, value: object) -> Cell:
    """A cell of a short table; what anybody wrote is text and never a formula."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    cell.value = (printable(value) or None) if isinstance(value, str) else value  # type: ignore[assignment]
    if isinstance(value, str) and value:
        cell.data_type = "s"
        styles.dress(cell, "@", bool(_FORMULA.match(value)))
    else:
        styles.dress(cell, "yyyy-mm-dd" if isinstance(value, date) else "General")
    return cell


def table_over(area: str, name: str, labels: Sequence[str]) -> Table:
    """A table over cells that are not there yet: named columns, so that openpyxl looks for none of them."""
    assert len(set(labels)) == len(labels), f"Excel repairs a table with two columns of one name: {labels}"
    table = Table(displayName=name, ref=area, tableStyleInfo=_STYLE, autoFilter=AutoFilter(ref=area))
    table.tableColumns = [TableColumn(id=place, name=label) for place, label in enumerate(labels, 1)]
    return table


def serial(day: date, later: int = 0) -> str:
    """A date as a spreadsheet counts it, for the bounds of what may be typed."""
    return str((day - date(1899, 12, 30)).days + later)


def body(
    sheet: Worksheet,
    top: int,
    labels: Sequence[str],
    rows: Sequence[Sequence[object]],
    widths: Sequence[float],
    name: str = "",
) -> int:
    """A header and rows of a short table, to be filtered under its name; the result is its last row."""
    headers(sheet, labels, top)
    # a filter's button takes three digits' room
    lines = max(styles.lines_of(label, width - 3) for label, width in zip(labels, widths, strict=False))
    sheet.row_dimensions[top].height = styles.LINE_HEIGHT * lines + 7
    for place, width in enumerate(widths, 1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = max(width, sheet.column_dimensions[letter].width or 0)
    for line, values in enumerate(rows, start=top + 1):
        for place, value in enumerate(values, 1):
            put(sheet, line, place, value)
        tallest = max(
            (styles.lines_of(str(value), width) for value, width in zip(values, widths, strict=False)),
            default=1,
        )
        sheet.row_dimensions[line].height = styles.LINE_HEIGHT * tallest
    if rows and name:
        area = f"A{top}:{get_column_letter(len(labels))}{top + len(rows)}"
        sheet.add_table(table_over(area, name, labels))
    return top + max(len(rows), 1)
