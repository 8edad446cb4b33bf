"""The files of a night for readers and programs, from one report."""

from __future__ import annotations

from collections.abc import Mapping

from audit.config import Settings
from audit.report.model import Report
from audit.report.page import render_page
from audit.report.tables import findings_csv, findings_parquet, findings_table
from audit.report.workbook import render_workbook
from audit.words import Words


def render_files(
    settings: Settings, words: Words, report: Report, owned: Mapping[str, Report]
) -> dict[str, bytes]:
    """The bytes by file name; `owned` are the reports of the parties, by the names of their workbooks."""
    table = findings_table(report)
    return {
        "report.xlsx": render_workbook(report, words),
        "report.html": render_page(report, words, settings.own_templates, settings.report.max_rows),
        "findings.csv": findings_csv(table),
        "findings.parquet": findings_parquet(table),
        **{name: render_workbook(own, words) for name, own in owned.items()},
    }
