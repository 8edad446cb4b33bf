"""The sheet 整改台账: every finding, and beside it what people fill in and hand back."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pyarrow as pa
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from audit.ledger.merge import Status
from audit.report import styles
from audit.report.blocks import serial
from audit.report.datasheet import table_over
from audit.report.model import Report
from audit.report.sheetrows import MAX_ROWS, Rows
from audit.words import Words

# column, width, wrapped
COLUMNS: tuple[tuple[str, float, bool], ...] = (
    ("severity", 9, False),
    ("state", 15, False),
    ("rule", 9, False),
    ("title", 20, True),
    ("serial_no", 21, False),
    ("merchant_no", 17, False),
    ("merchant_name", 22, True),
    ("detail", 46, True),
    ("remedy", 46, True),
    ("owner", 11, False),
    ("due_on", 12, False),
    ("handling", 15, False),
    ("person", 12, True),
    ("planned_on", 12, False),
    ("remark", 30, True),
    ("exempt_until", 12, False),
    ("approver", 12, True),
    ("first_seen", 12, False),
    ("channel", 11, False),
    ("expected", 18, True),
    ("actual", 22, True),
    ("category", 12, False),
    ("cause", 22, True),
    ("last_seen", 12, False),
    ("terminal_id", 12, False),
    ("vendor", 12, False),
    ("agent", 12, False),
    ("province", 12, False),
    ("store_no", 12, False),
    ("source_file", 26, False),
    ("source_sheet", 14, False),
    ("source_row", 8, False),
    ("other_source", 30, False),
    ("finding_id", 19, False),
    ("row_version", 8, False),
    ("seal", 19, False),
)
EDITABLE = ("handling", "person", "planned_on", "remark", "exempt_until", "approver")
_HIDDEN = ("row_version", "seal")
_DATES = ("due_on", "first_seen", "last_seen", "planned_on", "exempt_until")
_NUMBERS = ("source_row", "row_version")
_LABELLED = {
    "severity": "severity",
    "state": "state",
    "owner": "owner",
    "category": "category",
    "channel": "channel",
    "handling": "handling",
}
_PRINTED = "approver"  # the last column that goes on paper


def add_rectification(workbook: Workbook, report: Report, words: Words) -> Rows:
    """Add the sheet; the result is its rows, to be filled in when the workbook is finished."""
    sheet = workbook.create_sheet(words("sheet.findings"))
    labels = [words(f"header.{name}") for name, _, _ in COLUMNS]
    shown = report.findings.head(MAX_ROWS - 1)
    columns, cell_styles = [], []
    for place, (name, width, wrap) in enumerate(COLUMNS, 1):
        head = sheet.cell(1, place, labels[place - 1])
        styles.header_cell(head, styles.TO_FILL if name in EDITABLE else styles.HEAD)
        sheet.column_dimensions[get_column_letter(place)].width = width
        sheet.column_dimensions[get_column_letter(place)].hidden = name in _HIDDEN
        columns.append(_column(shown[name], name, words))
        number_format = "yyyy-mm-dd" if name in _DATES else "0" if name in _NUMBERS else "@"
        cell_styles.append(styles.data_style(sheet, wrap, number_format, shaded=name not in EDITABLE))
    sheet.row_dimensions[1].height = 24
    last = len(shown) + 1
    if len(shown):
        sheet.add_table(table_over(f"A1:{get_column_letter(len(COLUMNS))}{last}", "Findings", labels))
        _colour(sheet, last, words)
        _guide(sheet, last, report, words)
    else:
        sheet.cell(2, 1, words("report.no_findings")).font = styles.font(color=styles.MUTED)
    sheet.freeze_panes = "F2"
    sheet.print_area = f"A1:{_letter(_PRINTED)}{max(last, 2)}"
    styles.print_setup(sheet, words("report.page"), "1:1")
    widths = [width - 1 if wrap else 0.0 for _, width, wrap in COLUMNS]
    return Rows(1, columns, cell_styles, widths)


def add_dictionary(workbook: Workbook, words: Words) -> None:
    """The hidden sheet that the drop-downs choose from."""
    sheet = workbook.create_sheet(words("sheet.dictionary"))
    sheet.cell(1, 1, words("header.handling"))
    for row, status in enumerate(Status, 2):
        sheet.cell(row, 1, words.label("handling", status))
    sheet.sheet_state = "hidden"


def _letter(name: str) -> str:
    return get_column_letter([column for column, _, _ in COLUMNS].index(name) + 1)


def _colour(sheet: Worksheet, last: int, words: Words) -> None:
    words_of = {group: words.section(group) for group in ("severity", "state")}
    styles.colour_words(
        sheet,
        f"A2:A{last}",
        "A2",
        {words_of["severity"][word]: color for word, color in styles.SEVERITY_FILL.items()},
        {words_of["severity"][word]: color for word, color in styles.SEVERITY_INK.items()},
    )
    states = {words_of["state"][word]: color for word, color in styles.STATE_FILL.items()}
    styles.colour_words(sheet, f"B2:B{last}", "B2", states)


def _guide(sheet: Worksheet, last: int, report: Report, words: Words) -> None:
    """Check words and dates where they are typed; what slips through is checked when it is read."""
    statuses = f"'{words('sheet.dictionary')}'!$A$2:$A${1 + len(Status)}"
    choice = DataValidation(type="list", formula1=statuses, allow_blank=True, showErrorMessage=True)
    choice.error, choice.errorTitle = words("report.choose_status"), words("header.handling")
    choice.prompt, choice.showInputMessage = words("report.ledger_note"), True
    choice.add(f"{_letter('handling')}2:{_letter('handling')}{last}")
    sheet.add_data_validation(choice)
    for name in ("planned_on", "exempt_until"):
        day = DataValidation(type="date", operator="between", allow_blank=True, showErrorMessage=True)
        day.formula1, day.formula2 = serial(date(2000, 1, 1)), serial(date(2099, 12, 31))
        day.error, day.errorTitle = words("report.enter_date"), words(f"header.{name}")
        if name == "exempt_until":
            day.formula1 = serial(report.as_of)
            day.formula2 = serial(report.as_of, report.longest_waiver)
        day.add(f"{_letter(name)}2:{_letter(name)}{last}")
        sheet.add_data_validation(day)


def _column(values: pd.Series, name: str, words: Words) -> pa.Array:
    """A findings column as Arrow: labels for code words, dates as dates, the rest as text."""
    if name in _LABELLED:
        labels = {word: words.label(_LABELLED[name], word) for word in values.dropna().unique()}
        values = values.map(labels)
    if name in _DATES:
        return pa.array([None if pd.isna(value) else value for value in values], pa.date32())
    if name in _NUMBERS:
        return pa.array([None if pd.isna(value) else int(value) for value in values], pa.int64())
    return pa.array([None if pd.isna(value) or value == "" else str(value) for value in values], pa.string())
