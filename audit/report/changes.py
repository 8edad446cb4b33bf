"""The sheet 变化: what moved since the night before, what got worse first."""

from __future__ import annotations

from openpyxl.workbook import Workbook

from audit.report import styles
from audit.report.datasheet import add_datasheet, data_area
from audit.report.findingcolumns import FindingColumns
from audit.report.model import Move, Report
from audit.report.sheetrows import Rows
from audit.words import Words

_COLUMNS = (
    *("move", "severity", "severity_before", "rule", "title", "serial_no", "merchant_no", "merchant_name"),
    *("detail", "owner", "due_on", "first_seen", "state", "vendor", "agent", "province", "store_no"),
    *("by_rule", "finding_id"),
)
_PRINTED = _COLUMNS.index("state") + 1  # columns that go on paper
MOVE_FILL = {
    Move.WORSE: styles.BAD,
    Move.BACK: styles.BAD,
    Move.NEW: styles.BAD,
    Move.REFUTED: styles.BAD,
    Move.LAPSED: styles.PLAIN,
    Move.ENDED: styles.PLAIN,
    Move.WAIVED: styles.PLAIN,
    Move.HELD: styles.PLAIN,
    Move.ABSENT: styles.PLAIN,
    Move.FIXED: styles.GOOD,
    Move.GONE: styles.GOOD,
    Move.ARRIVED: styles.PLAIN,
}


def add_changes(workbook: Workbook, report: Report, columns: FindingColumns, words: Words) -> Rows:
    """One row per finding that moved."""
    name = words("sheet.changes")
    moved = report.moved_rows
    shown = moved[: report.listed]
    made = [columns.of(column, shown) for column in _COLUMNS]
    notes = [
        words("report.changes_note", previous=report.previous)
        if report.previous
        else words("report.first_night")
    ]
    moved_beside = [words("report.scope_moved")] if report.past.other_scope else []
    if report.past.rules_moved:
        moved_beside.append(words("report.rules_moved", rules=sorted(report.past.rules_moved)))
    if moved_beside:
        notes.append(" ".join(moved_beside))
    if len(shown) < len(moved):
        notes.append(words("report.rows_left", shown=f"{len(shown):,}", left=f"{len(moved) - len(shown):,}"))
    none = words("report.no_changes")
    rows = add_datasheet(workbook, name, "Changes", notes, made, words, printed=_PRINTED, empty=none)
    if rows.count:
        fills = {words.label("drift", move): fill for move, fill in MOVE_FILL.items()}
        styles.colour_words(workbook[name], *data_area("A", rows.count), fills)
        styles.colour_severities(workbook[name], *data_area("B", rows.count), words)
    return rows
