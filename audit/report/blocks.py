"""What the overview is put together from: headings, small tables, links."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl.styles import Alignment
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from audit.report import styles
from audit.report.xlsxfile import printable

_LINK = "1F6FB2"


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
                elif isinstance(value, int):
                    cell.number_format = "#,##0"
                    cell.alignment = Alignment(horizontal="left")
    return row + len(rows) + 1


def link(sheet: Worksheet, row: int, column: int, text: str, to: str) -> None:
    """A link to the top of another sheet of the workbook."""
    cell = sheet.cell(row, column, text)
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{to}'!A1")
    cell.font = styles.font(color=_LINK)
