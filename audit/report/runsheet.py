"""The sheet 运行信息: which run made this report of which files."""

from __future__ import annotations

from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from audit.report import styles
from audit.report.blocks import body, intro, link, section
from audit.report.model import Report
from audit.report.tables import versions
from audit.words import Words


def add_run(workbook: Workbook, report: Report, words: Words, cut: int) -> None:
    """Add the sheet. `cut`: texts of the workbook that no cell holds whole."""
    sheet = workbook.create_sheet(words("sheet.run"))
    top = intro(sheet, words("report.run_title"), words("report.generated", version=report.version))
    link(sheet, 3, 1, words("report.go_overview"), words("sheet.overview"))
    facts = {
        "name": report.name,
        "as_of": report.as_of,
        "previous": report.previous or words("report.first_night"),
        "run_id": report.run_id,
        "version": report.version,
        "components": words.show([f"{name} {number}" for name, number in versions().items()]),
        "engine": report.engine,
        "config_digest": report.config_digest,
        "exit_code": report.exit_code,
        "reason": report.reason,
        "findings": f"{len(report.findings):,}",
        "listed": f"{report.listed:,}",
        "cut": f"{cut:,}",
    }
    if report.unmasked:
        facts["unmasked"] = words.show([words.column(name) for name in report.unmasked])
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
    body(
        sheet,
        below,
        [words(f"header.{name}") for name in names],
        files,
        (30, 68, 10, 12, 20, 10, 90),
        "Inputs",
    )
