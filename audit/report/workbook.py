"""report.xlsx: the overview, every finding, the self-audit checklist, the rules, data quality, the run."""

from __future__ import annotations

from audit.report import styles
from audit.report.forecast import add_forecast
from audit.report.merchants import add_merchants
from audit.report.model import Report
from audit.report.overview import add_overview
from audit.report.quality import add_quality
from audit.report.rectification import add_dictionary, add_rectification
from audit.report.rulesheet import add_rules
from audit.report.runsheet import add_run
from audit.report.selfaudit import add_checklist
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
    if not report.owner:  # the programme and the files are the house's own
        add_checklist(workbook, report, words)
    add_rules(workbook, report, words)
    if not report.owner:
        add_quality(workbook, report, words)
    add_run(workbook, report, words)
    add_dictionary(workbook, words)
    properties = workbook.properties
    properties.title = f"{words('report.title')} {report.as_of}"
    properties.creator = f"pos-audit {report.version}"
    properties.subject = report.name or None
    properties.language = "zh-CN" if report.language == "zh" else "en"
    return finish(workbook, rows, report.as_of)
