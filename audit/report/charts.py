"""The charts of the overview, each with its numbers beside it in cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.chart import BarChart, LineChart
from openpyxl.chart.axis import ChartLines, DateAxis
from openpyxl.chart.data_source import (
    AxDataSource,
    NumData,
    NumDataSource,
    NumRef,
    NumVal,
    StrData,
    StrRef,
    StrVal,
)
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import Series, SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.worksheet import Worksheet

from audit.report import styles
from audit.report.blocks import link, serial, table, title
from audit.report.model import Report
from audit.report.rulesheet import rule_row
from audit.report.summary import by_rule, trend_nights
from audit.report.trendsheet import trend_area
from audit.words import Words

_CHART_COLUMNS = 6  # the columns a chart stands over; its numbers begin in the next
_CHART_END = 700_000  # English metric units into its last column
_NIGHTS = 8  # nights beside the trend; the sheet 趋势 has all
_RULES = 8
_TREND_ROWS = 11
_SERIES = {"open": "1F4E79", "new": "C62828", "overdue": "E07B39"}


@dataclass(frozen=True)
class _Cells:
    """Cells a chart draws from, and what they hold: a preview that computes nothing draws that."""

    sheet: str
    area: str
    values: Sequence[object]

    @property
    def where(self) -> str:
        return f"{quote_sheetname(self.sheet)}!{self.area}"

    def numbers(self, form: str) -> NumRef:
        points = [NumVal(idx=at, v=str(one)) for at, one in enumerate(self.values) if one is not None]
        cache = NumData(formatCode=form, ptCount=len(self.values), pt=points)
        return NumRef(f=self.where, numCache=cache)

    def texts(self) -> StrRef:
        points = [StrVal(idx=at, v=str(one)) for at, one in enumerate(self.values)]
        return StrRef(f=self.where, strCache=StrData(ptCount=len(self.values), pt=points))


def add_trend(sheet: Worksheet, row: int, report: Report, words: Words, drawn: list[str]) -> int:
    """Open, new and overdue findings over the last nights. `drawn` gets the chart in words."""
    top = title(sheet, row, 1, words("report.trend_title"))
    link(sheet, row, 11, words("report.go_trend"), words("sheet.trend"))
    nights = trend_nights(report)
    if len(nights) < 2:
        sheet.cell(top, 1, words("report.no_trend")).font = styles.font(color=styles.MUTED)
        return top + 1
    shown = nights[-_NIGHTS:]
    rows = [
        (day.isoformat(), *("—" if one is None else one for one in (at.open, at.new, at.fixed, at.overdue)))
        for day, at in reversed(shown)
    ]
    headers = [words("header.on")]
    headers += [words(f"report.{name}") for name in ("still", "trend_new", "fixed", "overdue")]
    end = table(sheet, top, _CHART_COLUMNS + 2, headers, rows)
    chart = LineChart()
    days = [day for day, _ in report.trend_shown]
    for name, color in _SERIES.items():
        values = [None if at is None else getattr(at, name) for _, at in report.trend_shown]
        cells = _Cells(words("sheet.trend"), trend_area(name, len(days)), values)
        series = Series(
            idx=len(chart.series),
            order=len(chart.series),
            tx=SeriesLabel(v=words(f"report.{'still' if name == 'open' else f'trend_{name}'}")),
            val=NumDataSource(numRef=cells.numbers("General")),
            cat=AxDataSource(
                numRef=_Cells(
                    words("sheet.trend"), trend_area("on", len(days)), [serial(day) for day in days]
                ).numbers("yyyy-mm-dd")
            ),
        )
        line = GraphicalProperties(ln=LineProperties(solidFill=color, w=22_000))
        series.graphicalProperties = line
        dot = GraphicalProperties(solidFill=color, ln=LineProperties(solidFill=color))
        series.marker = Marker(symbol="circle", size=4, spPr=dot)  # a night between two gaps is a point
        series.smooth = False
        chart.series.append(series)
    chart.x_axis = DateAxis(crossAx=100, majorTimeUnit="days")
    chart.x_axis.number_format = "mm-dd"
    chart.y_axis.crossAx = 500
    _place(sheet, chart, top, _TREND_ROWS)
    first, last = nights[0], nights[-1]
    drawn.append(
        words(
            "report.trend_drawn",
            start=first[0],
            end=last[0],
            nights=len(nights),
            was=_shown(first[1].open),
            now=_shown(last[1].open),
            overdue=_shown(last[1].overdue),
        )
    )
    return max(end, top + _TREND_ROWS + 1)


def add_rule_chart(sheet: Worksheet, row: int, report: Report, words: Words, drawn: list[str]) -> int:
    """The rules with the most open findings. `drawn` gets the chart in words."""
    top = title(sheet, row, 1, words("report.rules_title"))
    link(sheet, row, 11, words("report.go_rules"), words("sheet.rules"))
    counted = by_rule(report)[:_RULES]
    if not counted:
        sheet.cell(top, 1, words("report.no_findings")).font = styles.font(color=styles.MUTED)
        return top + 1
    left = _CHART_COLUMNS + 1
    headers = [words("header.rule"), words("report.still"), words("report.trend_new"), words("header.title")]
    end = table(sheet, top, left, headers, counted, span=6)
    for place, (rule, *_) in enumerate(counted, top + 1):
        if there := rule_row(report, rule):
            link(sheet, place, left, None, words("sheet.rules"), f"A{there}")
    letters = [get_column_letter(left + offset) for offset in range(2)]
    names, counts = (
        _Cells(sheet.title, f"${letter}${top + 1}:${letter}${end - 1}", [one[place] for one in counted])
        for place, letter in enumerate(letters)
    )
    chart = BarChart()
    chart.type, chart.gapWidth = "bar", 40
    series = Series(
        idx=0,
        order=0,
        tx=SeriesLabel(v=words("report.still")),
        val=NumDataSource(numRef=counts.numbers("General")),
        cat=AxDataSource(strRef=names.texts()),
    )
    series.graphicalProperties = GraphicalProperties(solidFill=_SERIES["open"])
    chart.series.append(series)
    chart.x_axis.scaling.orientation = "maxMin"  # the first rule on top
    chart.y_axis.crosses = "max"
    chart.legend = None
    height = max(8, len(counted) + 2)
    _place(sheet, chart, top, height)
    most = [f"{rule} {name} {count}" for rule, count, _, name in counted[:3]]
    drawn.append(words("report.rules_drawn", count=len(counted), most=most))
    return max(end, top + height + 1)


def _place(sheet: Worksheet, chart: LineChart | BarChart, row: int, rows: int) -> None:
    start, end = (
        AnchorMarker(col=0, row=row - 1),
        AnchorMarker(col=_CHART_COLUMNS - 1, colOff=_CHART_END, row=row - 1 + rows),
    )
    # as wide as its columns in every program
    chart.anchor = TwoCellAnchor("twoCell", start, end)  # type: ignore[assignment]
    chart.x_axis.delete = chart.y_axis.delete = False  # else new Excel shows no axes
    chart.y_axis.number_format = "#,##0"
    chart.y_axis.majorGridlines = ChartLines(GraphicalProperties(ln=LineProperties(solidFill=styles.LINE)))
    if chart.legend:
        chart.legend.position = "b"
    sheet.add_chart(chart)


def _shown(number: int | None) -> str:
    return "—" if number is None else f"{number:,}"
