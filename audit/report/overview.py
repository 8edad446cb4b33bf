"""The first sheet: what got worse, who must act, what was not checked."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl.formatting.rule import DataBarRule
from openpyxl.styles import Alignment
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from audit.report import styles
from audit.report.blocks import link, table, title
from audit.report.model import Report, Verdict
from audit.report.outlook import add_completeness, add_due, add_impact, add_worst
from audit.report.parties import add_parties
from audit.report.summary import (
    changes,
    channel_states,
    headline,
    owners,
    severities,
    top_findings,
)
from audit.words import Words

_WIDTH = 12  # columns of the sheet
_COLUMN_WIDTH = 13.5
_ALARM = "FDE2E1"
_ALARM_INK = "9B1C1C"


def add_overview(workbook: Workbook, report: Report, words: Words) -> None:
    """The sheet 概览."""
    sheet = workbook.create_sheet(words("sheet.overview"))
    sheet.sheet_view.showGridLines = False
    for place in range(1, _WIDTH + 1):
        sheet.column_dimensions[chr(64 + place)].width = _COLUMN_WIDTH
    row = _head(sheet, report, words)
    row = _alarms(sheet, row, report, words)
    row = _feedback(sheet, row, report, words)
    row = _tiles(sheet, row + 1, report, words)
    row = max(_verdicts(sheet, row + 1, report, words), _channels(sheet, row + 1, report, words))
    row = _three_tables(sheet, row + 1, report, words)
    row = add_parties(sheet, row + 1, report, words, _WIDTH)
    row = max(add_impact(sheet, row + 1, report, words), add_due(sheet, row + 1, report, words))
    row = _top(sheet, row + 1, report, words)
    row = add_worst(sheet, row + 1, report, words)
    row = add_completeness(sheet, row + 1, report, words, _WIDTH)
    row = _rules(sheet, row + 1, report, words)
    note = sheet.cell(row + 1, 1, words("report.disclaimer"))
    note.font = styles.font(10, color=styles.MUTED)
    styles.print_setup(sheet, words("report.page"))


def _head(sheet: Worksheet, report: Report, words: Words) -> int:
    name = words("report.title") + (f" · {report.name}" if report.name else "")
    sheet.cell(1, 1, name).font = styles.font(18, bold=True, color=styles.HEAD)
    sheet.row_dimensions[1].height = 30
    compared = (
        words("report.since", previous=report.previous) if report.previous else words("report.first_night")
    )
    line = f"{words('report.as_of')} {report.as_of}    {compared}"
    sheet.cell(2, 1, line).font = styles.font(color=styles.MUTED)
    told = sheet.cell(3, 1, headline(report, words))
    told.font = styles.font(15, bold=True)
    sheet.row_dimensions[3].height = 26
    link(sheet, 3, _WIDTH - 1, words("report.go_findings"), words("sheet.findings"))
    return 4


def _alarms(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    if not report.alarms:
        return row
    for place, text in enumerate([words("report.headline_incomplete"), *report.alarms]):
        for column in range(1, _WIDTH + 1):
            sheet.cell(row, column).fill = styles.fill(_ALARM)
        cell = sheet.cell(row, 1, text if place == 0 else f"· {text}")
        cell.font = styles.font(bold=place == 0, color=_ALARM_INK)
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=_WIDTH)
        cell.alignment = styles.WRAP
        sheet.row_dimensions[row].height = styles.LINE_HEIGHT * styles.lines_of(text, _COLUMN_WIDTH * _WIDTH)
        row += 1
    return row


def _feedback(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    """What came back from people, in a line."""
    if not report.feedback:
        return row
    counts = {
        "copies": len(report.feedback),
        "changes": sum(one.changes for one in report.feedback),
        "conflicts": len(report.conflicts),
        "refused": sum(len(one.refused) for one in report.feedback),
    }
    sheet.cell(row, 1, words("report.feedback_line", **counts)).font = styles.font()
    link(sheet, row, _WIDTH - 1, words("report.go_quality"), words("sheet.quality"))
    return row + 1


def _tiles(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    found = changes(report)
    tiles = [
        (words("report.population"), report.population.devices, styles.INK),
        (
            words("verdict.compliant"),
            report.population.verdicts[Verdict.COMPLIANT],
            styles.VERDICT_FILL["compliant"],
        ),
        (words("report.still"), len(report.open), styles.INK),
        (words("state.new"), found["new"] + found["reopened"], styles.VERDICT_FILL["unregistered"]),
        (words("report.fixed"), found["fixed"], styles.VERDICT_FILL["compliant"]),
        (words("report.overdue"), report.overdue, styles.VERDICT_FILL["unregistered"]),
    ]
    for place, (label, number, color) in enumerate(tiles):
        column = 1 + 2 * place
        for offset in (0, 1):
            sheet.cell(row, column + offset).fill = styles.fill(styles.PALE)
            sheet.cell(row + 1, column + offset).fill = styles.fill(styles.PALE)
        sheet.cell(row, column, label).font = styles.font(color=styles.MUTED)
        shown = sheet.cell(row + 1, column, number)
        shown.font = styles.font(22, bold=True, color=color if number else styles.MUTED)
        shown.number_format = "#,##0"
        shown.alignment = Alignment(horizontal="left")
    sheet.row_dimensions[row].height = 22
    sheet.row_dimensions[row + 1].height = 34
    return row + 2


def _verdicts(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    population = report.population
    top = title(sheet, row, 1, words("report.verdict_title"))
    rows = [
        (
            words.label("verdict", verdict),
            count,
            round(count / population.devices, 4) if population.devices else 0,
        )
        for verdict, count in population.verdicts.items()
    ]
    end = table(sheet, top, 1, [words("header.verdict"), words("report.count"), words("report.share")], rows)
    for place, verdict in enumerate(population.verdicts):
        sheet.cell(top + 1 + place, 1).fill = styles.fill(styles.VERDICT_FILL[verdict])
        dark = verdict in (Verdict.UNREGISTERED, Verdict.COMPLIANT)
        sheet.cell(top + 1 + place, 1).font = styles.font(bold=True, color="FFFFFF" if dark else styles.INK)
        sheet.cell(top + 1 + place, 3).number_format = "0.0%"
    area = f"C{top + 1}:C{end - 1}"
    sheet.conditional_formatting.add(
        area, DataBarRule(start_type="num", start_value=0, end_type="num", end_value=1, color="9DC3E6")
    )
    extra = [
        (words("report.out_of_scope"), population.out_of_scope),
        (words("report.unnamed"), population.unnamed),
    ]
    for label, number in extra:
        if number:
            sheet.cell(end, 1, f"{label}{words('colon')}{number}").font = styles.font(10, color=styles.MUTED)
            end += 1
    sheet.cell(end, 1, words("report.verdict_note")).font = styles.font(10, color=styles.MUTED)
    return end + 1


def _channels(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    top = title(sheet, row, 5, words("report.channel_title"))
    channels = report.population.channels
    headers = [words.column("reg_status"), *(words.label("channel", one.name) for one in channels)]
    rows: list[Sequence[object]] = [
        (words.label("reg_status", state), *(one.states.get(state, 0) for one in channels))
        for state in channel_states(report, words)
    ]
    rates = (round(one.registered / one.total, 4) if one.total else 0.0 for one in channels)
    end = table(sheet, top, 5, headers, [*rows, (words("report.rate"), *rates)])
    for place in range(len(channels)):
        rate = sheet.cell(end - 1, 6 + place)
        rate.number_format = "0.0%"
        rate.alignment = Alignment(horizontal="left")
    return end


def _three_tables(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    ends = []
    found = changes(report)
    top = title(sheet, row, 1, words("report.change_title"))
    always = list(found)[:4]
    rows: list[Sequence[object]] = [
        (words.label("state", state), count) for state, count in found.items() if count or state in always
    ]
    ends.append(table(sheet, top, 1, [words("header.state"), words("report.count")], rows))
    top = title(sheet, row, 5, words("report.severity_title"))
    rows = [(words.label("severity", word), count) for word, count in severities(report).items()]
    ends.append(table(sheet, top, 5, [words("header.severity"), words("report.count")], rows))
    for place, word in enumerate(severities(report)):
        cell = sheet.cell(top + 1 + place, 5)
        cell.fill = styles.fill(styles.SEVERITY_FILL[word])
        cell.font = styles.font(color=styles.SEVERITY_INK[word])
    top = title(sheet, row, 9, words("report.owner_title"))
    rows = [(words.label("owner", word), *counts) for word, counts in owners(report).items()]
    headers = [words("header.owner"), words("report.still"), words("state.new"), words("report.overdue")]
    ends.append(table(sheet, top, 9, headers, rows))
    return max(ends)


def _top(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    top = title(sheet, row, 1, words("report.top_title"))
    findings = top_findings(report, 10)
    if not findings:
        sheet.cell(top, 1, words("report.no_findings")).font = styles.font(color=styles.MUTED)
        return top + 1
    headers = [words(f"header.{name}") for name in ("severity", "state", "owner", "due_on", "detail")]
    rows = [
        (
            words.label("severity", one["severity"]),
            words.label("state", one["state"]),
            words.label("owner", one["owner"]),
            one["due_on"],
            one["detail"],
        )
        for one in findings
    ]
    end = table(sheet, top, 1, headers, rows, span=_WIDTH)
    for place, one in enumerate(findings):
        cell = sheet.cell(top + 1 + place, 1)
        cell.fill = styles.fill(styles.SEVERITY_FILL[one["severity"]])
        cell.font = styles.font(color=styles.SEVERITY_INK[one["severity"]])
        sheet.cell(top + 1 + place, 4).number_format = "yyyy-mm-dd"
        sheet.cell(top + 1 + place, 4).alignment = Alignment(horizontal="left")
    return end


def _rules(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    top = title(sheet, row, 1, words("report.rule_title"))
    headers = [
        words(f"header.{name}")
        for name in ("rule", "severity", "status", "flagged", "unknown", "devices", "merchants", "title")
    ]
    touched = report.measures.impact.rules
    rows = [
        (
            line.rule.id,
            words.label("severity", line.rule.severity),
            words.label("status", line.status),
            line.flagged,
            line.unknown,
            touched[line.rule.id].devices if line.rule.id in touched else "",
            touched[line.rule.id].merchants if line.rule.id in touched else "",
            line.rule.title[words.language] + (f"{words('colon')}{line.reason}" if line.reason else ""),
        )
        for line in report.rules
    ]
    return table(sheet, top, 1, headers, rows, span=_WIDTH)
