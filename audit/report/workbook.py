"""report.xlsx: the overview, every finding, the self-audit checklist, the rules, data quality, the run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import openpyxl
import pandas as pd
import pyarrow as pa
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from audit.report import styles
from audit.report.datasheet import table_over
from audit.report.figures import money
from audit.report.forecast import add_forecast
from audit.report.merchants import add_merchants
from audit.report.model import Report
from audit.report.overview import add_overview
from audit.report.xlsxfile import MAX_ROWS, Rows, finish, printable
from audit.words import Words

# column, width, wrapped
FINDING_COLUMNS: tuple[tuple[str, float, bool], ...] = (
    ("severity", 9, False),
    ("state", 11, False),
    ("rule", 9, False),
    ("title", 20, True),
    ("serial_no", 21, False),
    ("merchant_no", 17, False),
    ("merchant_name", 22, True),
    ("detail", 46, True),
    ("remedy", 46, True),
    ("owner", 11, False),
    ("due_on", 12, False),
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
)
_LABELLED = {
    "severity": "severity",
    "state": "state",
    "owner": "owner",
    "category": "category",
    "channel": "channel",
}
_PRINTED = 11  # columns of the findings that go on paper


def render_workbook(report: Report, words: Words) -> bytes:
    """The workbook's bytes; the same report gives the same bytes."""
    workbook = styles.new_workbook()
    add_overview(workbook, report, words)
    rows = {
        words("sheet.findings"): _add_findings(workbook, report, words),
        words("sheet.merchants"): add_merchants(workbook, report, words),
        words("sheet.forecast"): add_forecast(workbook, report, words),
    }
    _add_checklist(workbook, report, words)
    _add_rules(workbook, report, words)
    _add_quality(workbook, report, words)
    _add_run(workbook, report, words)
    properties = workbook.properties
    properties.title = f"{words('report.title')} {report.as_of}"
    properties.creator = f"pos-audit {report.version}"
    properties.subject = report.name or None
    properties.language = "zh-CN" if report.language == "zh" else "en"
    return finish(workbook, rows, report.as_of)


def _add_findings(workbook: Workbook, report: Report, words: Words) -> Rows:
    sheet = workbook.create_sheet(words("sheet.findings"))
    labels = [words(f"header.{name}") for name, _, _ in FINDING_COLUMNS]
    _headers(sheet, labels)
    for place, (_, width, _) in enumerate(FINDING_COLUMNS, 1):
        sheet.column_dimensions[openpyxl.utils.get_column_letter(place)].width = width
    shown = report.findings.head(MAX_ROWS - 1)
    columns, cell_styles = [], []
    for name, _, wrap in FINDING_COLUMNS:
        columns.append(_column(shown[name], name, words))
        number_format = (
            "yyyy-mm-dd"
            if name in ("due_on", "first_seen", "last_seen")
            else "0"
            if name == "source_row"
            else "@"
        )
        cell_styles.append(styles.data_style(sheet, wrap, number_format))
    last = len(shown) + 1
    if len(shown):
        end = openpyxl.utils.get_column_letter(len(FINDING_COLUMNS))
        sheet.add_table(table_over(f"A1:{end}{last}", "Findings", labels))
        words_of = {group: words.section(group) for group in ("severity", "state")}
        styles.colour_words(
            sheet,
            f"A2:A{last}",
            "A2",
            {words_of["severity"][word]: color for word, color in styles.SEVERITY_FILL.items()},
            {words_of["severity"][word]: color for word, color in styles.SEVERITY_INK.items()},
        )
        styles.colour_words(
            sheet,
            f"B2:B{last}",
            "B2",
            {words_of["state"][word]: color for word, color in styles.STATE_FILL.items()},
        )
    else:
        sheet.cell(2, 1, words("report.no_findings")).font = styles.font(color=styles.MUTED)
    sheet.freeze_panes = "F2"
    sheet.print_area = f"A1:{openpyxl.utils.get_column_letter(_PRINTED)}{max(last, 2)}"
    styles.print_setup(sheet, words("report.page"), "1:1")
    widths = [width - 1 if wrap else 0.0 for _, width, wrap in FINDING_COLUMNS]
    return Rows(1, columns, cell_styles, widths)


def _column(values: pd.Series, name: str, words: Words) -> pa.Array:
    """A findings column as Arrow: labels for code words, dates as dates, the rest as text."""
    if name in _LABELLED:
        labels = {word: words.label(_LABELLED[name], word) for word in values.dropna().unique()}
        values = values.map(labels)
    if name in ("due_on", "first_seen", "last_seen"):
        return pa.array(values.tolist(), pa.date32())
    if name == "source_row":
        return pa.array([None if pd.isna(value) else int(value) for value in values], pa.int64())
    return pa.array([None if pd.isna(value) or value == "" else str(value) for value in values], pa.string())


def _add_checklist(workbook: Workbook, report: Report, words: Words) -> None:
    sheet = workbook.create_sheet(words("sheet.checklist"))
    top = _intro(sheet, words("report.checklist_title"), words("report.checklist_note"))
    names = (
        "statement",
        "item",
        "cadence",
        "owner",
        "how",
        "last_done",
        "next_due",
        "status",
        "open_findings",
        "evidence",
    )
    rows = [
        (
            f"{item.statement}",
            item.text,
            words.label("cadence", item.cadence),
            item.owner,
            words("report.measured" if item.measured else "report.attested"),
            item.last_done or words("report.never"),
            item.next_due or "",
            words("report.due_now") if item.overdue else "",
            "" if item.open_findings is None else item.open_findings,
            item.evidence,
        )
        for item in report.checklist
    ]
    end = _body(
        sheet, top, [words(f"header.{name}") for name in names], rows, (8, 52, 10, 14, 12, 13, 13, 10, 12, 30)
    )
    styles.colour_words(sheet, f"H{top + 1}:H{end}", f"H{top + 1}", {words("report.due_now"): "FDE2E1"})
    sheet.freeze_panes = sheet.cell(top + 1, 3)
    styles.print_setup(sheet, words("report.page"), f"{top}:{top}")


def _add_rules(workbook: Workbook, report: Report, words: Words) -> None:
    sheet = workbook.create_sheet(words("sheet.rules"))
    top = _intro(sheet, words("sheet.rules"), words("report.rules_note"))
    names = (
        "rule",
        "title",
        "severity",
        "status",
        "flagged",
        "passed",
        "unknown",
        "devices",
        "merchants",
        *(("amount",) if report.measures.impact.amounts else ()),
        "why",
        "remedy",
        "owner",
        "cause",
        "thresholds",
        "reason",
    )
    language = words.language
    rows = [
        (
            line.rule.id,
            line.rule.title[language],
            words.label("severity", line.rule.severity),
            words.label("status", line.status),
            line.flagged,
            line.passed,
            line.unknown,
            *_touched(report, line.rule.id, words),
            line.rule.why[language],
            line.rule.remedy[language],
            words.label("owner", line.rule.owner),
            f"{line.rule.cause} {words.label('cause', line.rule.cause)}",
            "  ".join(f"{name} = {value:g}" for name, value in line.thresholds.items()),
            line.reason,
        )
        for line in report.rules
    ]
    amount = (22,) if report.measures.impact.amounts else ()
    widths = (9, 26, 10, 11, 8, 8, 10, 8, 8, *amount, 46, 46, 11, 20, 24, 36)
    end = _body(sheet, top, [words(f"header.{name}") for name in names], rows, widths)
    fills = {
        words("status.flagged"): "FDE2E1",
        words("status.undecided"): "EDEDED",
        words("status.not_evaluated"): "F4B183",
        words("status.passed"): "DDF1E4",
    }
    styles.colour_words(sheet, f"D{top + 1}:D{end}", f"D{top + 1}", fills)
    sheet.freeze_panes = sheet.cell(top + 1, 3)
    styles.print_setup(sheet, words("report.page"), f"{top}:{top}")


def _touched(report: Report, rule: str, words: Words) -> tuple[object, ...]:
    """Devices, merchants and amount that a rule's open findings touch; blank where there are none."""
    impact = report.measures.impact
    touched = impact.rules.get(rule)
    if touched is None:
        return ("", "", "") if impact.amounts else ("", "")
    figures = (touched.devices, touched.merchants)
    return (*figures, money(touched.turnover, words)) if impact.amounts else figures


def _add_quality(workbook: Workbook, report: Report, words: Words) -> None:
    sheet = workbook.create_sheet(words("sheet.quality"))
    top = _intro(sheet, words("report.quality_title"), words("report.quality_note"))
    names = (
        "feed",
        "file",
        "status",
        "rows_in_file",
        "rows",
        "set_aside",
        "rejected",
        "exported_on",
        "basis",
        "age_days",
        "problem",
        "notices",
        "unmapped",
    )
    rows = [
        (
            words.label("feed", line.feed),
            line.name,
            words.label("unusable", line.error) if line.error else words("status.passed"),
            line.rows_in_file,
            line.rows,
            words.show([f"{words.label('aside', kind)} {count}" for kind, count in line.set_aside.items()]),
            line.rejected,
            line.exported_on or "",
            words.label("basis", line.basis),
            "" if line.age_days is None else line.age_days,
            line.problem,
            words.show(line.notices),
            words.show(line.unmapped),
        )
        for line in report.inputs
    ]
    widths = (12, 34, 14, 10, 10, 34, 12, 12, 16, 12, 46, 46, 30)
    end = _body(sheet, top, [words(f"header.{name}") for name in names], rows, widths)
    fine = words("status.passed")
    styles.colour_words(sheet, f"C{top + 1}:C{end}", f"C{top + 1}", {fine: "DDF1E4"})
    below = _section(sheet, end + 2, words("report.rejected_title"))
    if report.rejected_cells:
        shown = ("feed", "file", "sheets", "row", "letter", "header", "column", "value", "reason")
        cells = [
            (
                words.label("feed", one.feed),
                one.file,
                one.cell.sheet,
                one.cell.row,
                one.cell.letter,
                one.cell.header,
                words.column(one.cell.column),
                one.cell.value,
                words.label("reject", one.cell.reason),
            )
            for one in report.rejected_cells
        ]
        _body(sheet, below, [words(f"header.{name}") for name in shown], cells, widths)
    else:
        sheet.cell(below, 1, words("report.no_rejected")).font = styles.font(color=styles.MUTED)
    styles.print_setup(sheet, words("report.page"))


def _add_run(workbook: Workbook, report: Report, words: Words) -> None:
    sheet = workbook.create_sheet(words("sheet.run"))
    top = _intro(sheet, words("report.run_title"), words("report.generated", version=report.version))
    facts = {
        "name": report.name,
        "as_of": report.as_of,
        "previous": report.previous or words("report.first_night"),
        "run_id": report.run_id,
        "version": report.version,
        "engine": report.engine,
        "config_digest": report.config_digest,
        "exit_code": report.exit_code,
        "reason": report.reason,
    }
    rows = [(words(f"run.{name}"), value) for name, value in facts.items()]
    end = _body(sheet, top, [words("header.key"), words("header.value")], rows, (22, 70))
    below = _section(sheet, end + 2, words("header.file"))
    names = ("file", "sha256", "kind", "encoding", "sheets", "header_row", "mapped")
    files = [
        (
            line.name,
            line.sha256,
            line.kind,
            line.encoding,
            words.show(line.sheets),
            words.show(line.header_rows),
            words.show(
                [f"{letter} {header} → {words.column(column)}" for letter, header, column in line.mapped]
            ),
        )
        for line in report.inputs
    ]
    _body(sheet, below, [words(f"header.{name}") for name in names], files, (30, 68, 10, 12, 20, 10, 90))
    styles.print_setup(sheet, words("report.page"))


def _intro(sheet: Worksheet, title: str, note: str) -> int:
    sheet.cell(1, 1, title).font = styles.font(15, bold=True, color=styles.HEAD)
    sheet.row_dimensions[1].height = 26
    sheet.cell(2, 1, note).font = styles.font(color=styles.MUTED)
    return 4


def _section(sheet: Worksheet, row: int, title: str) -> int:
    sheet.cell(row, 1, title).font = styles.font(13, bold=True, color=styles.HEAD)
    return row + 1


def _headers(sheet: Worksheet, labels: Sequence[str], row: int = 1) -> None:
    for place, label in enumerate(labels, 1):
        styles.header_cell(sheet.cell(row, place, label))
    sheet.row_dimensions[row].height = 24


def _body(
    sheet: Worksheet,
    top: int,
    labels: Sequence[str],
    rows: Sequence[Sequence[object]],
    widths: Sequence[float],
) -> int:
    """A header and rows of a short table; the result is its last row."""
    _headers(sheet, labels, top)
    for place, width in enumerate(widths, 1):
        letter = openpyxl.utils.get_column_letter(place)
        sheet.column_dimensions[letter].width = max(width, sheet.column_dimensions[letter].width or 0)
    for line, values in enumerate(rows, start=top + 1):
        for place, value in enumerate(values, 1):
            cell = sheet.cell(line, place)
            cell.value = (printable(value) or None) if isinstance(value, str) else value  # type: ignore[assignment]
            cell.font = styles.font()
            cell.border = styles.THIN
            cell.alignment = styles.WRAP
            if isinstance(value, str) and value:
                cell.data_type = "s"
                cell.number_format = "@"
                cell.quotePrefix = value[0] in "=+-@\t\r\n＝＋－＠#"
            elif isinstance(value, date):
                cell.number_format = "yyyy-mm-dd"
        tallest = max(
            (styles.lines_of(str(value), width) for value, width in zip(values, widths, strict=False)),
            default=1,
        )
        sheet.row_dimensions[line].height = styles.LINE_HEIGHT * tallest
    return top + max(len(rows), 1)
