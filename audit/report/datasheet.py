"""A sheet that is one table: a heading, a note, and rows laid in by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
from openpyxl.formatting.rule import DataBarRule
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from audit.report import styles
from audit.report.blocks import LINK, MAX_LINKS, link, table_over
from audit.report.coded import Coded
from audit.report.sheetrows import CellStyle, Rows
from audit.words import Words

TEXT, NUMBER, COUNT, DAY, MONEY, SHARE = "@", "0", "#,##0", "yyyy-mm-dd", '"¥"#,##0', "0.0%"
_TYPES = {
    TEXT: pa.string(),
    NUMBER: pa.int64(),
    COUNT: pa.int64(),
    DAY: pa.date32(),
    MONEY: pa.float64(),
    SHARE: pa.float64(),
}
_BAR = "F4B183"
_HEADER = 6  # the row of the header


@dataclass(frozen=True)
class Column:
    """A column of the sheet, from plain values or those of the form's type; None is a blank cell.

    `targets`: per row the place of the workbook that its cell leads to, such as "'概览'!A1".
    """

    header: str
    width: float
    values: Sequence[object] | pa.Array | Coded
    form: str = TEXT
    wrap: bool = False
    targets: Sequence[str | None] = ()


def headed(
    words: Words,
    name: str,
    width: float,
    values: Sequence[object],
    form: str = TEXT,
    wrap: bool = False,
) -> Column:
    """A column under the header of that name."""
    return Column(words(f"header.{name}"), width, values, form, wrap)


def add_datasheet(
    workbook: Workbook,
    name: str,
    table: str,
    notes: Sequence[str],
    columns: Sequence[Column],
    words: Words,
    *,
    frozen: int = 2,
    printed: int | None = None,
    empty: str = "",
) -> Rows:
    """The sheet with its table of that name below at most three notes; `frozen` columns stay in view.

    Only the first `printed` columns go on paper. `empty` is what stands there where there are no rows.

    Its rows are for `finish` to lay in.
    """
    sheet = workbook.create_sheet(name)
    sheet.cell(1, 1, name).font = styles.font(15, bold=True, color=styles.HEAD)
    sheet.row_dimensions[1].height = 26
    for place, note in enumerate(notes, 2):
        sheet.cell(place, 1, note).font = styles.font(color=styles.MUTED)
    link(sheet, _HEADER - 1, 1, words("report.go_overview"), words("sheet.overview"))
    lines = max(styles.lines_of(column.header, column.width - 3) for column in columns)  # beside its button
    sheet.row_dimensions[_HEADER].height = styles.LINE_HEIGHT * lines + 7
    for place, column in enumerate(columns, 1):
        styles.header_cell(sheet.cell(_HEADER, place, column.header))
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    count = len(columns[0].values)
    last = _HEADER + max(count, 1)
    if count:
        area = f"A{_HEADER}:{get_column_letter(len(columns))}{last}"
        sheet.add_table(table_over(area, table, [column.header for column in columns]))
    else:
        sheet.cell(last, 1, empty or words("report.nothing")).font = styles.font(color=styles.MUTED)
    # by name: to ask for the cell would make one, and with it a second row of that number
    sheet.freeze_panes = f"{get_column_letter(frozen + 1)}{_HEADER + 1}"
    sheet.print_area = f"A1:{get_column_letter(printed or len(columns))}{last}"
    styles.print_setup(sheet, words("report.page"), f"{_HEADER}:{_HEADER}")
    looks = [
        styles.data_style(sheet, column.wrap, column.form, ink=LINK if column.targets else styles.INK)
        for column in columns
    ]
    return replace(laid_in(_HEADER, columns, looks), links=_links(columns))


def _links(columns: Sequence[Column]) -> list[tuple[str, str]]:
    """Cells and where they lead; no more of them than a sheet may have, beside the one that leads back."""
    found = [
        (f"{get_column_letter(place)}{row}", target)
        for place, column in enumerate(columns, 1)
        for row, target in enumerate(column.targets, _HEADER + 1)
        if target
    ]
    return found[: MAX_LINKS - 1]


def laid_in(below: int, columns: Sequence[Column], looks: Sequence[CellStyle]) -> Rows:
    """The rows of a table whose header is in row `below`."""
    widths = [column.width - 1 if column.wrap else 0.0 for column in columns]
    return Rows(below, [_filled(column) for column in columns], looks, widths)


def data_area(letter: str, count: int) -> tuple[str, str]:
    """The cells of a column below the header, and the first of them."""
    return f"{letter}{_HEADER + 1}:{letter}{_HEADER + count}", f"{letter}{_HEADER + 1}"


def bars(sheet: Worksheet, place: int, count: int, most: float) -> None:
    """Bars from 0 to `most` behind the numbers of a column."""
    rule = DataBarRule(start_type="num", start_value=0, end_type="num", end_value=most, color=_BAR)
    sheet.conditional_formatting.add(data_area(get_column_letter(place), count)[0], rule)


def _filled(column: Column) -> Coded:
    values = column.values
    if isinstance(values, Coded):
        return values
    if column.form == TEXT and not isinstance(values, pa.Array):
        values = [str(value) if value not in (None, "") else None for value in values]
    return Coded.of(values if isinstance(values, pa.Array) else pa.array(values, _TYPES[column.form]))
