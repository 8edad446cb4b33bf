"""The first sheet: what got worse, who must act, what was not checked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from audit.ledger.past import Figures
from audit.report import styles
from audit.report.blocks import link
from audit.report.charts import add_rule_chart, add_trend
from audit.report.model import Report
from audit.report.outlook import add_completeness, add_due, add_hotspots, add_impact, add_worst
from audit.report.parties import add_parties
from audit.report.parts import Verdict
from audit.report.sharedstrings import printable
from audit.report.standings import (
    add_channels,
    add_errands,
    add_moves,
    add_severities,
    add_verdict_note,
    add_verdicts,
    listings,
)
from audit.report.summary import Errand, changes, errands, headline, moves, news, news_label
from audit.words import Words

_WIDTH = 12  # columns of the sheet
_COLUMN_WIDTH = 13.0
_WIDE_COLUMN = 18.5  # of what begins a line: words, and not numbers
_RIGHT = 6  # the column where what stands on the right side begins
_PAGE = 680.0  # points of height on a sheet of A4, as wide as it is printed
_ALARMS = 10  # sentences on the banner; the rest is counted
_ALARM_HEAD = "B71C1C"
_CUT = "FFF2CC"


def add_overview(workbook: Workbook, report: Report, words: Words) -> list[str]:
    """The sheet 概览; the result says in words what its charts show."""
    sheet = workbook.create_sheet(words("sheet.overview"))
    sheet.sheet_view.showGridLines = False
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = styles.LINE_HEIGHT, True
    for place in range(1, _WIDTH + 1):
        wide = place in (1, _RIGHT)
        sheet.column_dimensions[get_column_letter(place)].width = _WIDE_COLUMN if wide else _COLUMN_WIDTH
    drawn: list[str] = []
    row = _head(sheet, report, words)
    row = _alarms(sheet, row, report, words)
    row = _left_out(sheet, row, report, words)
    row = _feedback(sheet, row, report, words)
    bands = (
        (_tiles,),
        (add_verdicts, add_channels),
        (add_verdict_note,),
        (add_errands,),
        (partial(add_parties, width=_WIDTH),),
        (add_moves, add_severities, add_due),
        *((listing,) for listing in listings(report)),
        (add_impact, partial(add_hotspots, columns={"vendor": 7})),
        (partial(add_hotspots, columns={"province": 1, "agent": 7}),),
        (add_worst,),
        *(() if report.owner else ((partial(add_trend, drawn=drawn),),)),  # the nights behind are the house's
        (partial(add_rule_chart, drawn=drawn),),
        (partial(add_completeness, width=_WIDTH),),
    )
    starts = []
    for parts in bands:
        starts.append(row + 1)
        row = max(part(sheet, row + 1, report, words) for part in parts)
    _break_between(sheet, starts, row + 1)
    note = sheet.cell(row + 1, 1, words("report.disclaimer"))
    note.font = styles.font(10, color=styles.MUTED)
    sheet.print_area = f"A1:{get_column_letter(_WIDTH)}{row + 1}"
    styles.print_setup(sheet, words("report.page"))
    return drawn


def _break_between(sheet: Worksheet, starts: Sequence[int], last: int) -> None:
    """Begin a page where a band would be torn apart."""
    heights = {row: sheet.row_dimensions[row].height or styles.LINE_HEIGHT for row in range(1, last + 1)}
    page = sum(heights[row] for row in range(1, starts[0]))
    for start, end in pairwise((*starts, last + 1)):
        band = sum(heights[row] for row in range(start, end))
        if page + band > _PAGE:
            sheet.row_breaks.append(Break(id=start - 1))
            page = 0.0
        page += band


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
    for row, (label, text) in enumerate(_glance(report, words), 4):
        sheet.cell(row, 1, label).font = styles.font(12, bold=True, color=styles.HEAD)
        sheet.cell(row, 2, text).font = styles.font(12)
        sheet.row_dimensions[row].height = 20
    return 7


def _glance(report: Report, words: Words) -> list[tuple[str, str]]:
    """What got worse, who must act, what was not checked: a line each."""
    counted = moves(report)
    changed = [f"{words.label('drift', move)} {count:,}" for move, count in counted.items()]
    acts = [
        words("report.glance_late" if one.overdue else "report.glance_open", **_numbers(one, words))
        for one in errands(report)
    ]
    missed = len(report.alarms)
    return [
        (
            words("report.glance_change"),
            words.show(changed) if report.previous else words("report.first_night"),
        ),
        (words("report.glance_act"), words.show(acts) or words("report.glance_nobody")),
        (
            words("report.glance_unchecked"),
            words("report.glance_missed", count=missed) if missed else words("report.glance_all"),
        ),
    ]


def _numbers(one: Errand, words: Words) -> dict[str, str]:
    owner = words.label("owner", one.owner)
    return {"owner": owner, "open": f"{one.open:,}", "overdue": f"{one.overdue:,}"}


def _alarms(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    """What was not checked, on red: nobody is to miss it."""
    if not report.alarms:
        return row
    lines = [words("report.headline_incomplete"), *(f"· {text}" for text in report.alarms[:_ALARMS])]
    if left := len(report.alarms) - _ALARMS:
        lines += [words("report.more_alarms", count=left)] if left > 0 else []
    for place, text in enumerate(lines):
        for column in range(1, _WIDTH + 1):
            sheet.cell(row, column).fill = styles.fill(_ALARM_HEAD if place == 0 else styles.BAD)
        cell = sheet.cell(row, 1, printable(text))
        cell.data_type = "s"
        ink = "FFFFFF" if place == 0 else styles.WARNING
        cell.font = styles.font(13 if place == 0 else 11, bold=place == 0, color=ink)
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=_WIDTH)
        cell.alignment = styles.WRAP
        height = styles.LINE_HEIGHT * styles.lines_of(text, _COLUMN_WIDTH * _WIDTH)
        sheet.row_dimensions[row].height = height + (6 if place == 0 else 0)
        row += 1
    link(sheet, row, 1, words("report.go_rules"), words("sheet.rules"))
    if not report.owner:
        link(sheet, row, 3, words("report.go_quality"), words("sheet.quality"))
    return row + 1


def _left_out(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    """That the workbook lists the first findings only, where it does."""
    left = len(report.findings) - report.listed
    if not left:
        return row
    text = words(
        "report.cut_owner" if report.owner else "report.cut",
        shown=f"{report.listed:,}",
        left=f"{left:,}",
    )
    for column in range(1, _WIDTH + 1):
        sheet.cell(row, column).fill = styles.fill(_CUT)
    sheet.cell(row, 1, text).font = styles.font(bold=True)
    return row + 1


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
    """The few numbers of the night, each beside the night before."""
    found = changes(report)
    good, bad = styles.VERDICT_FILL["compliant"], styles.VERDICT_FILL["unregistered"]
    compliant = report.population.verdicts[Verdict.COMPLIANT]
    was = report.past.before or Figures({}, None, None, None, None)
    tiles: list[tuple[str, int, str, int | None]] = [
        (words("report.population"), report.population.devices, styles.INK, was.devices),
        (words("verdict.compliant"), compliant, good, was.verdicts.get(Verdict.COMPLIANT)),
        (words("report.still"), len(report.open_rows), styles.INK, was.open),
        (news_label(report, words), news(report), bad, None),
        (words("report.fixed"), found["fixed"], good, None),
        (words("report.overdue"), report.overdue, bad, was.overdue),
    ]
    for place, (label, number, color, before) in enumerate(tiles):
        column = 1 + 2 * place
        for offset in (0, 1):
            for line in range(3):
                sheet.cell(row + line, column + offset).fill = styles.fill(styles.PALE)
        sheet.cell(row, column, label).font = styles.font(color=styles.MUTED)
        shown = sheet.cell(row + 1, column, number)
        shown.font = styles.font(22, bold=True, color=color if number else styles.MUTED)
        shown.number_format = "#,##0"
        shown.alignment = Alignment(horizontal="left", shrink_to_fit=True)  # six digits are wider than a tile
        if before is not None:
            text = words("report.against_last", change=f"{number - before:+,}" if number != before else "±0")
            sheet.cell(row + 2, column, text).font = styles.font(10, color=styles.MUTED)
    sheet.row_dimensions[row].height = 22
    sheet.row_dimensions[row + 1].height = 34
    return row + 3
