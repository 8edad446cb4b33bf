"""The sheet 规则说明: what every rule checks, why, what to do, and what it made of the night."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from openpyxl.workbook import Workbook

from audit.report import styles
from audit.report.datasheet import COUNT, TEXT, Column, add_datasheet, data_area
from audit.report.figures import money
from audit.report.model import Report
from audit.report.parts import RuleLine
from audit.report.sheetrows import Rows
from audit.words import Words

_STATUS_FILL = {
    "flagged": styles.BAD,
    "undecided": styles.PLAIN,
    "not_evaluated": styles.SEVERITY_FILL["high"],
    "passed": styles.GOOD,
}


def add_rules(workbook: Workbook, report: Report, words: Words) -> Rows:
    """One row per rule; what it found leads to its first finding."""
    language, impact = words.language, report.measures.impact

    def column(name: str, width: float, of: Callable[[RuleLine], object], form: str = TEXT) -> Column:
        wrap = form == TEXT and width > 20
        return Column(words(f"header.{name}"), width, [of(line) for line in report.rules], form, wrap)

    columns = [
        column("rule", 9, lambda line: line.rule.id),
        column("title", 26, lambda line: line.rule.title[language]),
        column("severity", 10, lambda line: words.label("severity", line.rule.severity)),
        column("status", 11, lambda line: words.label("status", line.status)),
        _found(report, words),
        column("passed", 9, lambda line: line.passed, COUNT),
        column("unknown", 10, lambda line: line.unknown, COUNT),
        column("devices", 9, lambda line: _touched(report, line, "devices"), COUNT),
        column("merchants", 9, lambda line: _touched(report, line, "merchants"), COUNT),
    ]
    if impact.amounts:
        columns.append(
            column(
                "amount",
                22,
                lambda line: money(one.turnover, words) if (one := impact.rules.get(line.rule.id)) else None,
            )
        )
    columns += [
        column("why", 46, lambda line: line.rule.why[language]),
        column("remedy", 46, lambda line: line.rule.remedy[language]),
        column("owner", 11, lambda line: words.label("owner", line.rule.owner)),
        column("cause", 21, lambda line: f"{line.rule.cause} {words.label('cause', line.rule.cause)}"),
        column("thresholds", 30, lambda line: _thresholds(line, words)),
        column("threshold_source", 46, lambda line: _sources(line, words)),
        column("reason", 36, lambda line: line.reason),
    ]
    name = words("sheet.rules")
    rows = add_datasheet(
        workbook, name, "Rules", [words("report.rules_note"), words("report.rules_beyond")], columns, words
    )
    fills = {words.label("status", status): fill for status, fill in _STATUS_FILL.items()}
    styles.colour_words(workbook[name], *data_area("D", rows.count), fills)
    return rows


def rule_row(report: Report, rule: str) -> int | None:
    """The row of a rule on the sheet; None for one that the program no longer knows."""
    first = int(data_area("A", 1)[1].removeprefix("A"))
    return next((first + place for place, line in enumerate(report.rules) if line.rule.id == rule), None)


def _found(report: Report, words: Words) -> Column:
    """What a rule found, and the way to its first finding on the sheet of findings."""
    sheet = words("sheet.findings")
    rules = report.findings["rule"].rows(slice(report.listed))
    names = rules.values.to_pylist()
    places, first = np.unique(rules.at, return_index=True)
    rows = {
        names[place]: f"'{sheet}'!A{row + 2}"
        for place, row in zip(places.tolist(), first.tolist(), strict=True)
    }
    return Column(
        words("header.flagged"),
        9,
        [line.flagged for line in report.rules],
        COUNT,
        targets=[rows.get(line.rule.id) for line in report.rules],
    )


def _touched(report: Report, line: RuleLine, what: str) -> object:
    """Devices or merchants that a rule's open findings touch; blank where there are none."""
    touched = report.measures.impact.rules.get(line.rule.id)
    return getattr(touched, what) if touched else None


def _thresholds(line: RuleLine, words: Words) -> str:
    units = {threshold.name: threshold.unit[words.language] for threshold in line.rule.thresholds}
    told = [
        words("report.threshold", name=name, value=f"{value:g}", unit=units[name])
        for name, value in line.thresholds.items()
    ]
    return words.show(told)


def _sources(line: RuleLine, words: Words) -> str:
    """What each threshold rests on, a regulation or practice; each once."""
    return words.show(list(dict.fromkeys(one.source[words.language] for one in line.rule.thresholds)))
