"""The sheet 运行信息: which run made this report of which files."""

from __future__ import annotations

from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from audit.report import styles
from audit.report.blocks import body, intro, section
from audit.report.model import Report
from audit.words import Words


def add_run(workbook: Workbook, report: Report, words: Words) -> None:
    """Add the sheet."""
    sheet = workbook.create_sheet(words("sheet.run"))
    top = intro(sheet, words("report.run_title"), words("report.generated", version=report.version))
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
    if report.owner:  # how the whole night ended is the house's own
        del facts["exit_code"], facts["reason"]
    rows = [(words(f"run.{name}"), value) for name, value in facts.items()]
    end = body(sheet, top, [words("header.key"), words("header.value")], rows, (22, 70))
    if report.inputs:
        _add_files(sheet, end + 2, report, words)
    styles.print_setup(sheet, words("report.page"))


def _add_files(sheet: Worksheet, row: int, report: Report, words: Words) -> None:
    below = section(sheet, row, words("header.file"))
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
    body(sheet, below, [words(f"header.{name}") for name in names], files, (30, 68, 10, 12, 20, 10, 90))
