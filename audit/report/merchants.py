"""The sheet 商户概况: the merchants with findings, worst first."""

from __future__ import annotations

from functools import partial

from openpyxl.workbook import Workbook

from audit.measures.merchants import MAX_SCORE, Merchant
from audit.report.datasheet import COUNT, MONEY, SHARE, Column, add_datasheet, bars, headed
from audit.report.model import Report
from audit.report.sheetrows import Rows
from audit.rules.model import Severity
from audit.words import Words

_SCORE = 3  # the place of its column


def add_merchants(workbook: Workbook, report: Report, words: Words) -> Rows:
    """Number, name, score, findings by severity, devices, completeness, what is missing, what was paid."""
    merchants = report.measures.merchants
    impact = report.measures.impact
    listed = merchants.listed
    column = partial(headed, words)
    columns = [
        column("merchant_no", 18, [one.merchant_no for one in listed]),
        column("merchant_name", 24, [one.merchant_name for one in listed], wrap=True),
        column("score", 9, [one.score for one in listed], COUNT),
        *(
            Column(words.label("severity", word), 9, [one.severities.get(word) for one in listed], COUNT)
            for word in Severity
            if word is not Severity.INFO or any(one.severities.get(word) for one in listed)
        ),
        column("following", 10, [one.following or None for one in listed], COUNT),
        column("devices_in_use", 10, [one.turnover.devices for one in listed], COUNT),
        column("complete", 11, [one.complete for one in listed], SHARE),
        column("missing_fields", 34, [_missing(one, words) for one in listed], wrap=True),
    ]
    if impact.amounts:
        columns += [
            column("amount", 15, [one.turnover.yuan for one in listed], MONEY),
            column("amount_note", 14, [_amount_note(one, words) for one in listed]),
        ]
    if impact.failures:
        columns.append(column("fail_rate", 10, [one.turnover.fail_rate for one in listed], SHARE))
    shown = {
        words.label("severity", word): f"{points:g}" for word, points in merchants.weights.items() if points
    }
    notes = [
        words("report.score_note", weights=[f"{word} {points}" for word, points in shown.items()]),
        words("report.score_share"),
        words(
            "report.merchants_left", shown=len(listed), left=merchants.left_out, sheet=words("sheet.findings")
        )
        if merchants.left_out
        else words("report.merchants_note"),
    ]
    name = words("sheet.merchants")
    rows = add_datasheet(workbook, name, "Merchants", notes, columns, words)
    if listed:
        bars(workbook[name], _SCORE, len(listed), MAX_SCORE)
    return rows


def _missing(one: Merchant, words: Words) -> str:
    if one.required is None:
        return words("report.not_listed")
    return words.show([words.column(name) for name in one.missing])


def _amount_note(one: Merchant, words: Words) -> str:
    turnover = one.turnover
    if not turnover.devices or not turnover.without_amount:
        return ""
    if turnover.yuan is None:
        return words("report.amount_unknown")
    return words("report.some_unknown", count=turnover.without_amount)
