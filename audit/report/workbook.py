"""report.xlsx: the overview, every finding, the self-audit checklist, the rules, data quality, the run."""

from __future__ import annotations

from openpyxl.workbook import Workbook

from audit.report import styles
from audit.report.blocks import body, intro
from audit.report.forecast import add_forecast
from audit.report.merchants import add_merchants
from audit.report.model import Report
from audit.report.overview import add_overview
from audit.report.quality import add_quality
from audit.report.rectification import add_dictionary, add_rectification
from audit.report.rulesheet import add_rules
from audit.report.runsheet import add_run
from audit.report.xlsxfile import finish
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
    add_rules(workbook, report, words)
    add_quality(workbook, report, words)
    add_run(workbook, report, words)
    add_dictionary(workbook, words)
    properties = workbook.properties
    properties.title = f"{words('report.title')} {report.as_of}"
    properties.creator = f"pos-audit {report.version}"
    properties.subject = report.name or None
    properties.language = "zh-CN" if report.language == "zh" else "en"
    return finish(workbook, rows, report.as_of)


def _add_checklist(workbook: Workbook, report: Report, words: Words) -> None:
    sheet = workbook.create_sheet(words("sheet.checklist"))
    top = intro(sheet, words("report.checklist_title"), words("report.checklist_note"))
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
    end = body(
        sheet, top, [words(f"header.{name}") for name in names], rows, (8, 52, 10, 14, 12, 13, 13, 10, 12, 30)
    )
    styles.colour_words(sheet, f"H{top + 1}:H{end}", f"H{top + 1}", {words("report.due_now"): "FDE2E1"})
    sheet.freeze_panes = sheet.cell(top + 1, 3)
    styles.print_setup(sheet, words("report.page"), f"{top}:{top}")
