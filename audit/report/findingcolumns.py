"""The columns of findings as every sheet shows them: width, form, labels for code words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.ledger.forms import RECTIFICATION
from audit.ledger.given import marked
from audit.report.coded import Coded
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
    "escalation": (15, False),
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
    "given": (19, False),
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

Places = npt.NDArray[np.integer[Any]]


class FindingColumns:
    """The columns of a report's findings, each made once, for every sheet that shows some of the rows."""

    def __init__(self, report: Report, words: Words) -> None:
        self._report, self._words = report, words
        self._made: dict[str, Coded] = {}

    def of(self, name: str, rows: Places | None = None) -> Column:
        """A column of the findings in these places, in their order; of all that the workbook lists."""
        shown = slice(self._report.listed) if rows is None else rows
        width, wrap = WIDTHS[name]
        values = self._given(shown) if name == "given" else self._shown(name).rows(shown)
        return Column(self._words(f"header.{name}"), width, values, _form(name), wrap)

    def _given(self, rows: slice | Places) -> Coded:
        """What tells, of each of these rows, which grey cells somebody wrote over."""
        grey = [self._shown(name).rows(rows).dense() for name in RECTIFICATION.grey]
        return Coded.of(marked([(one.values, one.at) for one in grey]))

    def _shown(self, name: str) -> Coded:
        """What a column shows of every finding."""
        if name not in self._made:
            self._made[name] = self._coded(name)
        return self._made[name]

    def _worded(self, name: str, coded: Coded) -> Coded:
        """Labels for code words; what is not known is blank."""
        if group := _LABELLED.get(name):
            labels = [self._words.label(group, word) for word in coded.values.to_pylist()]
        elif coded.is_text and (blank := pc.equal(coded.values, "")).true_count:
            labels = pc.if_else(blank, None, coded.values)
        else:
            return coded
        return coded.relabelled(pa.array(labels, pa.string()))

    def _coded(self, name: str) -> Coded:
        """What the findings hold, and what the report knows of them."""
        report, words = self._report, self._words
        match name:
            case "why":
                why = {line.rule.id: line.rule.why[words.language] for line in report.rules}
                return self._of_rule(why)
            case "by_rule":
                return self._of_rule(dict.fromkeys(report.past.rules_moved, words("yes")))
            case "days_open":
                first = report.findings["first_seen"]
                today = pa.scalar(report.as_of, pa.date32()).cast(pa.int32())
                return first.relabelled(pc.subtract(today, first.values.cast(pa.int32())).cast(pa.int64()))
            case "escalation":
                levels = report.findings["escalation"]
                return levels.relabelled(
                    pa.array(map(self._escalated, levels.values.to_pylist()), pa.string())
                )
            case "move":
                return self._worded(name, report.move)
            case "severity_before":
                ids, before = report.findings["finding_id"], report.past.severity_before
                told = pa.array(map(before.get, ids.values.to_pylist()), pa.string())
                return self._worded(name, ids.relabelled(told))
            case _:
                return self._worded(name, report.findings[name])

    def _escalated(self, level: int) -> str | None:
        """How far a finding has gone beyond its day; blank for one that is in time."""
        if level > 1:
            return self._words("report.escalated", times=level - 1)
        return self._words("report.overdue") if level else None

    def _of_rule(self, told: Mapping[str, str]) -> Coded:
        rules = self._report.findings["rule"]
        return rules.relabelled(pa.array(map(told.get, rules.values.to_pylist()), pa.string()))


def _form(name: str) -> str:
    return DAY if name in _DATES else NUMBER if name in _NUMBERS else TEXT
