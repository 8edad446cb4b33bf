"""report.xlsx: the overview, every finding, the self-audit checklist, the rules, data quality, the run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from audit.report import styles
from audit.report.figures import money
from audit.report.forecast import add_forecast
from audit.report.merchants import add_merchants
from audit.report.model import Report
from audit.report.overview import add_overview
from audit.report.rectification import add_dictionary, add_rectification
from audit.report.xlsxfile import finish, printable
from audit.words import Words


def render_workbook(report: Report, words: Words) -> bytes:
    """The workbook's bytes; the same report gives the same bytes."""
    workbook = styles.new_workbook()
    add_overview(workbook, report, words)
    rows = {
        words("sheet.findings"): add_rectification(workbook, report, words),
        words("sheet.merchants"): add_merchants(workbook, report, words),
        words("sheet.forecast"): add_forecast(workbook, report, words),
    }
    _add_checklist(workbook, report, words)
    _add_rules(workbook, report, words)
    _add_quality(workbook, report, words)
    _add_run(workbook, report, words)
    add_dictionary(workbook, words)
    properties = workbook.properties
    properties.title = f"{words('report.title')} {report.as_of}"
    properties.creator = f"pos-audit {report.version}"
    properties.subject = report.name or None
    properties.language = "zh-CN" if report.language == "zh" else "en"
    return finish(workbook, rows, report.as_of)


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
    _add_feedback(sheet, report, words, widths)
    styles.print_setup(sheet, words("report.page"))


_COPY = ("name", "who", "said_at", "rows", "changes", "conflicts")
_CONFLICT = ("finding_id", "column", "ledger_text", "copy_text", "who", "said_at", "noticed_on")


def _add_feedback(sheet: Worksheet, report: Report, words: Words, widths: Sequence[float]) -> None:
    """What came back from people: the copies, the cells that were not taken, what two people say."""
    tables: list[tuple[str, tuple[str, ...], list[Sequence[object]]]] = [
        (
            "feedback_title",
            ("file", *_COPY[1:], "refused", "problem"),
            [
                [*(getattr(one, name) for name in _COPY), len(one.refused), one.problem]
                for one in report.feedback
            ],
        ),
        (
            "refused_title",
            ("file", "cell", "finding_id", "column", "text", "reason"),
            [
                (copy.name, one.cell, one.finding_id, one.column, one.text, one.reason)
                for copy in report.feedback
                for one in copy.refused
            ],
        ),
        (
            "conflict_title",
            _CONFLICT,
            [[getattr(one, name) for name in _CONFLICT] for one in report.conflicts],
        ),
    ]
    for title, names, rows in tables:
        if rows:
            below = _section(sheet, sheet.max_row + 2, words(f"report.{title}"))
            _body(sheet, below, [words(f"header.{name}") for name in names], rows, widths)
    notes = ["feedback_note"] if report.feedback else ["no_feedback", "feedback_note"]
    said = words("sentence_mark").join(words(f"report.{name}") for name in notes)
    note = sheet.cell(sheet.max_row + 2, 1, said)
    note.font = styles.font(color=styles.MUTED)


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
