"""The sheet 趋势: what each night came to, the numbers behind the overview's chart."""

from __future__ import annotations

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from audit.report.datasheet import COUNT, DAY, SHARE, Column, add_datasheet, data_area
from audit.report.model import Report
from audit.report.parts import Verdict
from audit.report.sheetrows import Rows
from audit.words import Words

_FIGURES = ("open", "new", "fixed", "overdue")
TREND_COLUMNS = ("on", *_FIGURES, "devices", "rate", *Verdict)


def add_trend_sheet(workbook: Workbook, report: Report, words: Words) -> Rows:
    """One row a day from the first night on, at most the last ninety; a day without a night is blank."""
    days = report.trend_shown
    nights = [at for _, at in days]
    columns = [Column(words("header.on"), 12, [day for day, _ in days], DAY)]
    columns += [
        Column(words(f"header.trend_{name}"), 12, [at and getattr(at, name) for at in nights], COUNT)
        for name in _FIGURES
    ]
    columns.append(Column(words("report.population"), 12, [at and at.devices for at in nights], COUNT))
    columns.append(Column(words("report.compliant_rate"), 12, [at and at.rate for at in nights], SHARE))
    columns += [
        Column(
            words.label("verdict", verdict),
            13,
            [at.verdicts.get(verdict) if at else None for at in nights],
            COUNT,
        )
        for verdict in Verdict
    ]
    notes = [words("report.trend_note", days=len(report.trend))]
    return add_datasheet(workbook, words("sheet.trend"), "Trend", notes, columns, words, frozen=1)


def trend_area(name: str, count: int) -> str:
    """The cells of a column of the sheet, as a chart refers to them."""
    letter = get_column_letter(TREND_COLUMNS.index(name) + 1)
    first, _, last = data_area(letter, count)[0].partition(":")
    return f"${letter}${first.removeprefix(letter)}:${letter}${last.removeprefix(letter)}"
