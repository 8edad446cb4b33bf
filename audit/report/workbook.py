"""report.xlsx: the overview, every finding, the self-audit checklist, the rules, data quality, the run."""

from __future__ import annotations

from audit.report import styles
from audit.report.changes import add_changes
from audit.report.findingcolumns import FindingColumns
from audit.report.forecast import add_forecast
from audit.report.lists import add_lists
from audit.report.merchants import add_merchants
from audit.report.model import Report
from audit.report.overview import add_overview
from audit.report.quality import add_quality
from audit.report.rectification import add_dictionary, add_rectification
from audit.report.rulesheet import add_rules
from audit.report.runsheet import add_run
from audit.report.selfaudit import add_checklist
from audit.report.trendsheet import add_trend_sheet
from audit.report.waivers import add_waivers
from audit.report.xlsxfile import finish
from audit.words import Words


def render_workbook(report: Report, words: Words) -> bytes:
    """The workbook's bytes; the same report gives the same bytes."""
    workbook = styles.new_workbook()
    drawn = add_overview(workbook, report, words)
    columns = FindingColumns(report, words)
    rows = {
        words("sheet.changes"): add_changes(workbook, report, columns, words),
        words("sheet.findings"): add_rectification(workbook, report, columns, words),
        **add_lists(workbook, report, columns, words),
        words("sheet.merchants"): add_merchants(workbook, report, words),
        words("sheet.forecast"): add_forecast(workbook, report, words),
    }
    if report.waivers or not report.owner:
        rows[words("sheet.waivers")] = add_waivers(workbook, report, words)
    if not report.owner:  # the nights behind, the programme and the files are the house's own
        rows[words("sheet.trend")] = add_trend_sheet(workbook, report, words)
        add_checklist(workbook, report, words)
    rows[words("sheet.rules")] = add_rules(workbook, report, words)
    if not report.owner:
        add_quality(workbook, report, words)
    add_run(workbook, report, words, sum(one.cut for one in rows.values()))
    add_dictionary(workbook, words)
    properties = workbook.properties
    properties.title = f"{words('report.title')} {report.as_of}"
    properties.creator = f"pos-audit {report.version}"
    properties.subject = report.name or None
    properties.keywords = ", ".join(("pos-audit", report.as_of.isoformat(), report.run_id))
    properties.category = words("report.title")
    properties.language = "zh-CN" if report.language == "zh" else "en"
    return finish(workbook, rows, report.as_of, drawn)
