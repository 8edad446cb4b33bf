"""The sheet 规则说明: what every rule checks, why, what to do, and what it made of the night."""

from __future__ import annotations

from openpyxl.workbook import Workbook

from audit.report import styles
from audit.report.blocks import body, intro
from audit.report.figures import money
from audit.report.model import Report
from audit.words import Words


def add_rules(workbook: Workbook, report: Report, words: Words) -> None:
    """Add the sheet."""
    sheet = workbook.create_sheet(words("sheet.rules"))
    top = intro(sheet, words("sheet.rules"), words("report.rules_note"))
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
    end = body(sheet, top, [words(f"header.{name}") for name in names], rows, widths)
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
