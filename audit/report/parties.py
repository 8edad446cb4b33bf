"""The part of the overview that says which parties are given their own workbooks, and what is nobody's."""

from __future__ import annotations

from openpyxl.worksheet.worksheet import Worksheet

from audit.report import styles
from audit.report.blocks import table, title
from audit.report.model import Report
from audit.report.parts import OwnerLine, Routing
from audit.words import Words


def add_parties(sheet: Worksheet, row: int, report: Report, words: Words, width: int) -> int:
    """One line per owner, then what to look at; nothing where nobody is configured."""
    routing = report.routing
    if routing is None:
        return row - 1
    top = title(sheet, row, 1, words("report.routing_title"))
    headers = [words("header.party"), ""]
    headers += [words(key) for key in ("report.still", "state.new", "report.overdue")]
    headers += [words(key) for key in ("header.devices", "header.workbook")]
    rows = [
        (one.name, "", one.open, one.new, one.overdue, one.devices, one.file or words("report.no_workbook"))
        for one in routing.owners
    ]
    end = table(sheet, top, 1, headers, rows, span=width)
    for note, is_warning in routing_notes(routing, words):
        color = styles.WARNING if is_warning else styles.MUTED
        sheet.cell(end, 1, note).font = styles.font(10, bold=is_warning, color=color)
        end += 1
    return end


def routing_notes(routing: Routing, words: Words) -> list[tuple[str, bool]]:
    """What is nobody's, what is several owners', and values that nothing has; and whether it is a warning."""
    key = "report.unrouted" if routing.unrouted else "report.all_routed"
    notes = [(words(key, count=routing.unrouted), bool(routing.unrouted))]
    if routing.shared:
        notes.append((words("report.shared", count=routing.shared), False))
    return [*notes, *((unmet(one, words), True) for one in routing.owners if one.unmet)]


def unmet(line: OwnerLine, words: Words) -> str:
    """The values an owner claims and no table has: misspelt, or nothing was delivered."""
    values = [
        words(
            "report.unmet_near" if one.near else "report.unmet_value",
            **vars(one) | {"column": words.column(one.column)},
        )
        for one in line.unmet
    ]
    return words("report.unmet", owner=line.name, values=values)
