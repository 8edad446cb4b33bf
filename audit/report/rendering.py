"""The files of a night for readers and programs, from one report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from audit.config import Settings
from audit.report.coded import CodedFindings
from audit.report.model import Report
from audit.report.page import render_page
from audit.report.pagerows import PageFindings
from audit.report.tables import findings_columns, findings_csv, findings_parquet
from audit.report.workbook import render_workbook
from audit.words import Words


def render_files(
    settings: Settings,
    words: Words,
    report: Report,
    owned: Mapping[str, Report],
    findings: Callable[[], PageFindings],
) -> dict[str, bytes]:
    """Workbooks and page by file name; `owned` are the reports of the parties, by their workbooks' names.

    `findings` gives those of the page, where another thread makes them.

    Half of a workbook's work is Arrow's and the deflater's, which let the page be made beside them.
    """
    with ThreadPoolExecutor(1, "workbooks") as beside:
        books = {
            name: beside.submit(render_workbook, one, words)
            for name, one in {"report.xlsx": report, **owned}.items()
        }
        try:
            page = render_page(report, words, settings.own_templates, findings())
            return {name: book.result() for name, book in books.items()} | {"report.html": page}
        finally:
            beside.shutdown(cancel_futures=True)


def render_tables(findings: CodedFindings) -> dict[str, bytes]:
    """The findings for programs, by file name."""
    columns = findings_columns(findings)
    return {
        "findings.csv": findings_csv(columns),
        "findings.parquet": findings_parquet(columns),
    }
