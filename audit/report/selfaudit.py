"""The sheet 自查清单: the items of the self-audit, what shows each, and what people fill in and hand back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from audit.ledger.forms import CHECKLIST
from audit.ledger.given import marked_row
from audit.measures.upkeep import NEXT_DAYS, Upkeep
from audit.report import styles
from audit.report.blocks import link, put, section, serial
from audit.report.model import Report
from audit.report.parts import ChecklistItem
from audit.words import Words

# column, width, kept from sight
COLUMNS: tuple[tuple[str, float, bool], ...] = (
    ("statement", 7, False),
    ("item", 40, False),
    ("cadence", 9, False),
    ("owner", 11, False),
    ("how", 11, False),
    ("figures", 44, False),
    ("open_findings", 9, False),
    ("last_done", 12, False),
    ("said_by", 12, False),
    ("evidence", 24, False),
    ("next_due", 12, False),
    ("state", 9, False),
    ("done_on", 13, False),
    ("done_by", 13, False),
    ("proof", 28, False),
    ("item_key", 18, True),
    ("row_version", 8, True),
    ("seal", 18, True),
    ("given", 18, True),
)
EDITABLE = tuple(CHECKLIST.headers[name] for name in CHECKLIST.fields)
_LEVELS = ("devices", "in_cycle", "soon", "overdue", "never", "unknown")
_TOP = 6  # the row of the header


def add_checklist(workbook: Workbook, report: Report, words: Words) -> None:
    """Add the sheet."""
    sheet = workbook.create_sheet(words("sheet.checklist"))
    sheet.cell(1, 1, words("report.checklist_title")).font = styles.font(15, bold=True, color=styles.HEAD)
    sheet.row_dimensions[1].height = 26
    for row, note in enumerate(("checklist_note", "checklist_how"), 2):
        sheet.cell(row, 1, words(f"report.{note}")).font = styles.font(color=styles.MUTED)
    link(sheet, _TOP - 1, 1, words("report.go_overview"), words("sheet.overview"))
    for place, (name, width, hidden) in enumerate(COLUMNS, 1):
        head = sheet.cell(_TOP, place, words(f"header.{name}"))
        styles.header_cell(head, styles.TO_FILL if name in EDITABLE else styles.HEAD)
        dimension = sheet.column_dimensions[get_column_letter(place)]
        dimension.width, dimension.hidden = width, hidden
    sheet.row_dimensions[_TOP].height = 36
    for row, item in enumerate(report.checklist, _TOP + 1):
        _line(sheet, row, item, words)
    last = _TOP + len(report.checklist)
    _guide(sheet, last, report.as_of, words)
    due = _letter("state")
    area = f"{due}{_TOP + 1}:{due}{last}"
    styles.colour_words(sheet, area, f"{due}{_TOP + 1}", {words("report.due_now"): styles.BAD})
    end = _inspections(sheet, last + 2, report.upkeep, words)
    sheet.freeze_panes = sheet.cell(_TOP + 1, 3)
    sheet.print_area = f"A1:{_letter('proof')}{end}"
    styles.print_setup(sheet, words("report.page"), f"{_TOP}:{_TOP}")


def _line(sheet: Worksheet, row: int, item: ChecklistItem, words: Words) -> None:
    values: dict[str, object] = {
        "statement": item.statement,
        "item": item.text,
        "cadence": words.label("cadence", item.cadence),
        "owner": item.owner,
        "how": words.label("proof", item.proof),
        "figures": "\n".join(item.figures),
        "open_findings": item.open_findings,
        "last_done": item.last_done or words("report.never"),
        "said_by": item.who,
        "evidence": item.evidence,
        "next_due": item.next_due,
        "state": words("report.due_now") if item.overdue else "",
        "item_key": item.item,
        "row_version": item.row_version,
        "seal": item.seal,
    }
    values["given"] = marked_row("" if values[name] is None else str(values[name]) for name in CHECKLIST.grey)
    lines = 1
    for place, (name, width, _) in enumerate(COLUMNS, 1):
        cell = put(sheet, row, place, values.get(name))
        if name not in EDITABLE or not item.to_fill_in:
            cell.fill = styles.fill(styles.PALE)
        if name in EDITABLE and name in CHECKLIST.dates:
            cell.number_format = "yyyy-mm-dd"
        told = str(values.get(name) or "").split("\n")
        lines = max(lines, sum(styles.lines_of(text, width) for text in told))
    sheet.row_dimensions[row].height = styles.LINE_HEIGHT * lines


def _guide(sheet: Worksheet, last: int, as_of: date, words: Words) -> None:
    """Check days where they are typed; what slips through is checked when it is read."""
    day = DataValidation(type="date", operator="between", allow_blank=True, showErrorMessage=True)
    day.formula1, day.formula2 = serial(date(2000, 1, 1)), serial(as_of + timedelta(days=31))
    day.error, day.errorTitle = words("report.enter_date"), words("header.done_on")
    day.prompt, day.showInputMessage = words("report.checklist_prompt"), True
    day.add(f"{_letter('done_on')}{_TOP + 1}:{_letter('done_on')}{last}")
    sheet.add_data_validation(day)


def _inspections(sheet: Worksheet, row: int, upkeep: Upkeep, words: Words) -> int:
    """Inspections due and overdue, by the risk level of the merchants; the result is the last row used."""
    section(sheet, row, words("report.inspections_title"))
    note = "inspections_note" if upkeep.inspections else "no_inspections"
    sheet.cell(row + 1, 1, words(f"report.{note}")).font = styles.font(color=styles.MUTED)
    if not upkeep.inspections:
        return row + 1
    labels = [words("header.risk_level"), *inspection_headers(words)]
    for place, label in enumerate(labels, 2):
        styles.header_cell(sheet.cell(row + 2, place, label))
    sheet.row_dimensions[row + 2].height = 36
    for line, values in enumerate(inspection_rows(upkeep, words), row + 3):
        for place, value in enumerate(values, 2):
            put(sheet, line, place, value)
    return row + 2 + len(upkeep.inspections)


def inspection_rows(upkeep: Upkeep, words: Words) -> list[tuple[object, ...]]:
    """A line per risk level."""
    return [
        (words.label("risk_level", one.level), *(getattr(one, name) for name in _LEVELS))
        for one in upkeep.inspections
    ]


def inspection_headers(words: Words) -> Sequence[str]:
    """The headers of the counts of `Inspected`, in its order."""
    return [words(f"header.inspected_{name}", days=NEXT_DAYS) for name in _LEVELS]


def _letter(name: str) -> str:
    return get_column_letter([column for column, _, _ in COLUMNS].index(name) + 1)
