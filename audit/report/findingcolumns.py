"""The columns of findings as every sheet shows them: width, form, labels for code words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa

from audit.report.datasheet import DAY, NUMBER, TEXT, Column
from audit.report.model import Report
from audit.words import Words

# column: width, wrapped
WIDTHS: Mapping[str, tuple[float, bool]] = {
    "move": (11, False),
    "severity": (9, False),
    "severity_before": (11, False),
    "state": (15, False),
    "rule": (9, False),
    "title": (20, True),
    "serial_no": (21, False),
    "merchant_no": (17, False),
    "merchant_name": (22, True),
    "detail": (46, True),
    "remedy": (46, True),
    "owner": (11, False),
    "due_on": (12, False),
    "handling": (15, False),
    "person": (12, True),
    "planned_on": (12, False),
    "remark": (30, True),
    "exempt_until": (12, False),
    "approver": (12, True),
    "first_seen": (12, False),
    "days_open": (11, False),
    "channel": (11, False),
    "expected": (18, True),
    "actual": (22, True),
    "suggestion": (26, True),
    "category": (12, False),
    "cause": (22, True),
    "why": (40, True),
    "last_seen": (12, False),
    "by_rule": (11, False),
    "terminal_id": (12, False),
    "vendor": (12, False),
    "agent": (12, False),
    "province": (12, False),
    "store_no": (12, False),
    "source_file": (26, False),
    "source_sheet": (14, False),
    "source_row": (8, False),
    "other_source": (30, False),
    "finding_id": (19, False),
    "row_version": (8, False),
    "seal": (19, False),
}
_DATES = ("due_on", "first_seen", "last_seen", "planned_on", "exempt_until")
_NUMBERS = ("source_row", "row_version", "days_open")
# columns whose code words have labels, and the group of labels
_LABELLED = {
    "move": "drift",
    "severity": "severity",
    "severity_before": "severity",
    "state": "state",
    "owner": "owner",
    "category": "category",
    "channel": "channel",
    "handling": "handling",
}


def finding_column(report: Report, rows: pd.DataFrame, name: str, words: Words) -> Column:
    """A column of some of the report's findings."""
    width, wrap = WIDTHS[name]
    form = DAY if name in _DATES else NUMBER if name in _NUMBERS else TEXT
    return Column(words(f"header.{name}"), width, _array(report, rows, name, words), form, wrap)


def _array(report: Report, rows: pd.DataFrame, name: str, words: Words) -> pa.Array:
    """Labels for code words, dates as dates, the rest as text; what is not known is blank."""
    values = _values(report, rows, name, words)
    if group := _LABELLED.get(name):
        labels = {word: words.label(group, word) for word in values.dropna().unique()}
        values = values.map(labels)
    plain = [None if value is None or value == "" or value != value else value for value in values]
    if name in _DATES:
        return pa.array(plain, pa.date32())
    if name in _NUMBERS:
        return pa.array([None if value is None else int(value) for value in plain], pa.int64())
    return pa.array([None if value is None else str(value) for value in plain], pa.string())


def _values(report: Report, rows: pd.DataFrame, name: str, words: Words) -> pd.Series[Any]:
    """What the findings hold, and what the report knows of them."""
    match name:
        case "why":
            why = {line.rule.id: line.rule.why[words.language] for line in report.rules}
            return rows["rule"].map(why)
        case "days_open":
            return rows["first_seen"].map(lambda day: _days(day, report.as_of))
        case "severity_before":
            return rows["finding_id"].map(report.past.severity_before)
        case "by_rule":
            moved = rows["rule"].isin(report.past.rules_moved)
            return moved.map({True: words("yes"), False: ""})
        case _:
            return rows[name]


def _days(day: date | None, as_of: date) -> int | None:
    return None if day is None else (as_of - day).days
