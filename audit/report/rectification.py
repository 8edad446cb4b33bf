"""The sheet 整改台账: every finding, and beside it what people fill in and hand back."""

from __future__ import annotations

from datetime import date

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from audit.ledger.merge import Status
from audit.ledger.schema import DATE_FIELDS
from audit.ledger.telling import HANDLING_COLUMNS
from audit.report import styles
from audit.report.blocks import LINK, serial, table_over
from audit.report.datasheet import laid_in
from audit.report.findingcolumns import FindingColumns
from audit.report.model import Report
from audit.report.sheetrows import Rows
from audit.words import Words

COLUMNS = (
    *("severity", "state", "rule", "title", "serial_no", "merchant_no", "merchant_name", "detail", "remedy"),
    *("owner", "due_on", *HANDLING_COLUMNS),
    *("first_seen", "days_open", "escalation", "channel", "expected", "actual", "suggestion", "category"),
    *("cause", "why"),
    *("last_seen", "terminal_id", "vendor", "agent", "province", "store_no"),
    *("source_file", "source_sheet", "source_row", "other_source", "finding_id", "row_version", "seal"),
    "given",
)
_HIDDEN = ("row_version", "seal", "given")
_PRINTED = "approver"  # the last column that goes on paper


def add_rectification(workbook: Workbook, report: Report, own: FindingColumns, words: Words) -> Rows:
    """Add the sheet; the result is its rows, to be filled in when the workbook is finished."""
    sheet = workbook.create_sheet(words("sheet.findings"))
    columns = [own.of(name) for name in COLUMNS]
    looks = []
    for place, (name, column) in enumerate(zip(COLUMNS, columns, strict=True), 1):
        head = sheet.cell(1, place, column.header)
        styles.header_cell(head, styles.TO_FILL if name in HANDLING_COLUMNS else styles.HEAD)
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = column.width
        sheet.column_dimensions[letter].hidden = name in _HIDDEN
        looks.append(styles.data_style(sheet, column.wrap, column.form, shaded=name not in HANDLING_COLUMNS))
    back = sheet.cell(1, 1)  # light, for LibreOffice writes every link in dark blue
    back.hyperlink = Hyperlink(
        ref="A1", location=f"'{words('sheet.overview')}'!A1", tooltip=words("report.go_overview")
    )
    back.font, back.fill = styles.font(bold=True, color=LINK), styles.fill(styles.PALE)
    sheet.row_dimensions[1].height = 24
    count = report.listed
    last = count + 1
    if count:
        labels = [column.header for column in columns]
        sheet.add_table(table_over(f"A1:{get_column_letter(len(COLUMNS))}{last}", "Findings", labels))
        styles.colour_severities(sheet, f"A2:A{last}", "A2", words)
        styles.colour_states(sheet, f"B2:B{last}", "B2", words)
        _guide(sheet, last, report, words)
    else:
        sheet.cell(2, 1, words("report.no_findings")).font = styles.font(color=styles.MUTED)
    sheet.freeze_panes = "F2"
    sheet.print_area = f"A1:{_letter(_PRINTED)}{max(last, 2)}"
    styles.print_setup(sheet, words("report.page"), "1:1")
    return laid_in(1, columns, looks)


def add_dictionary(workbook: Workbook, words: Words) -> None:
    """The hidden sheet that the drop-downs choose from."""
    sheet = workbook.create_sheet(words("sheet.dictionary"))
    sheet.cell(1, 1, words("header.handling"))
    for row, status in enumerate(Status, 2):
        sheet.cell(row, 1, words.label("handling", status))
    sheet.sheet_state = "hidden"


def _letter(name: str) -> str:
    return get_column_letter(COLUMNS.index(name) + 1)


def _guide(sheet: Worksheet, last: int, report: Report, words: Words) -> None:
    """Check words and dates where they are typed; what slips through is checked when it is read."""
    statuses = f"'{words('sheet.dictionary')}'!$A$2:$A${1 + len(Status)}"
    choice = DataValidation(type="list", formula1=statuses, allow_blank=True, showErrorMessage=True)
    choice.error, choice.errorTitle = words("report.choose_status"), words("header.handling")
    choice.prompt, choice.showInputMessage = words("report.ledger_note"), True
    choice.add(f"{_letter('handling')}2:{_letter('handling')}{last}")
    sheet.add_data_validation(choice)
    for name in DATE_FIELDS:
        day = DataValidation(type="date", operator="between", allow_blank=True, showErrorMessage=True)
        day.formula1, day.formula2 = serial(date(2000, 1, 1)), serial(date(2099, 12, 31))
        day.error, day.errorTitle = words("report.enter_date"), words(f"header.{name}")
        if name == "exempt_until":
            day.formula1 = serial(report.as_of)
            day.formula2 = serial(report.as_of, report.longest_waiver)
        day.add(f"{_letter(name)}2:{_letter(name)}{last}")
        sheet.add_data_validation(day)
