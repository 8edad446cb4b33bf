"""The parts of the overview that weigh: what is touched, what runs out, whose risk, how complete."""

from __future__ import annotations

from collections.abc import Mapping

from openpyxl.worksheet.worksheet import Worksheet

from audit.measures.forecast import HORIZONS
from audit.report import styles
from audit.report.blocks import link, table, title
from audit.report.figures import blanks, kind_of_rows, money, rate, share
from audit.report.model import Report
from audit.report.summary import hotspots
from audit.words import Words

_RIGHT = 7  # the column where the forecast begins
_WORST = 5
_HOTSPOTS = 5


def add_impact(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    """What the open findings touch, by category and for the night."""
    top = title(sheet, row, 1, words("report.impact_title"))
    impact = report.measures.impact
    headers = [words(f"header.{name}") for name in ("category", "devices", "merchants")]
    headers += [words("header.fail_rate")] if impact.failures else []
    headers += [words("header.amount")] if impact.amounts else []
    lines = [
        (words.label("category", word), impact.categories[word])
        for word in words.section("category")
        if word in impact.categories
    ]
    rows = [
        (
            label,
            touched.devices,
            touched.merchants,
            *((rate(touched.turnover, words),) if impact.failures else ()),
            *((money(touched.turnover, words),) if impact.amounts else ()),
        )
        for label, touched in [*lines, (words("report.night_total"), impact.night)]
    ]
    end = table(sheet, top, 1, headers, rows, span=_RIGHT - 2)
    for place in range(len(headers)):
        sheet.cell(end - 1, 1 + place).font = styles.font(bold=True)
    for note in (
        words("report.impact_note"),
        words("report.amounts_note" if impact.amounts else "report.no_amounts"),
    ):
        sheet.cell(end, 1, note).font = styles.font(10, color=styles.MUTED)
        end += 1
    return end


def add_due(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    """What runs out, by kind and horizon."""
    top = title(sheet, row, _RIGHT, words("report.forecast_title"))
    link(sheet, row, _RIGHT + 4, words("report.go_forecast"), words("sheet.forecast"))
    due = report.measures.forecast.due
    if not due:
        sheet.cell(top, _RIGHT, words("report.no_dates")).font = styles.font(color=styles.MUTED)
        return top + 1
    headers = [
        words("header.expiry_kind"),
        words("report.past"),
        *(words("report.within", days=days) for days in HORIZONS),
    ]
    rows = [(words.label("expiry", one.kind), one.expired, *one.within) for one in due]
    return table(sheet, top, _RIGHT, headers, rows)


def add_hotspots(sheet: Worksheet, row: int, report: Report, words: Words, columns: Mapping[str, int]) -> int:
    """Who or where the most open findings are: per column of the findings a table, from its place on."""
    ends = [row - 1]
    for name, left in columns.items():
        if rows := hotspots(report, name, _HOTSPOTS):
            top = title(sheet, row, left, words(f"report.{name}_title"))
            headers = [words(f"header.{name}"), words("report.still"), words("report.overdue")]
            ends.append(table(sheet, top, left, [*headers, words("header.devices")], rows))
    return max(ends)


def add_worst(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    """The merchants with the highest scores."""
    merchants = report.measures.merchants.listed[:_WORST]
    if not merchants:
        return row - 1
    top = title(sheet, row, 1, words("report.merchant_title"))
    link(sheet, row, 11, words("report.go_merchants"), words("sheet.merchants"))
    headers = [
        words("header.merchant_no"),
        "",
        *(words(f"header.{name}") for name in ("score", "open_findings", "devices_in_use", "complete")),
        words("header.merchant_name"),
    ]
    rows = [
        (
            one.merchant_no,
            "",
            one.score,
            one.open,
            one.turnover.devices,
            share(one.complete),
            one.merchant_name,
        )
        for one in merchants
    ]
    return table(sheet, top, 1, headers, rows, span=12)


def add_completeness(sheet: Worksheet, row: int, report: Report, words: Words, width: int) -> int:
    """How much of the required fields is filled in, for merchants and per type of device."""
    lines = [line for line in report.measures.completeness if line.required]
    if not lines:
        return row - 1
    top = title(sheet, row, 1, words("report.completeness_title"))
    headers = [words("header.rows_of"), "", *(words(f"header.{name}") for name in ("number", "complete"))]
    headers.append(words("header.blanks"))
    rows = [
        (kind_of_rows(line, words), "", line.rows, share(line.complete), blanks(line, words))
        for line in lines
    ]
    return table(sheet, top, 1, headers, rows, span=width)
