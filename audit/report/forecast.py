"""The sheet 到期预测: every date to come, soonest first."""

from __future__ import annotations

from functools import partial

from openpyxl.workbook import Workbook

from audit.measures.forecast import HORIZONS
from audit.report.datasheet import COUNT, DAY, add_datasheet, headed
from audit.report.model import Report
from audit.report.sheetrows import Rows
from audit.words import Words


def add_forecast(workbook: Workbook, report: Report, words: Words) -> Rows:
    """Kind, date, days left, and what it is of: a device, a model, a merchant or a policy."""
    forecast = report.measures.forecast
    items = forecast.items
    column = partial(headed, words)
    columns = [
        column("expiry_kind", 14, [words.label("expiry", one.kind) for one in items]),
        column("on", 12, [one.on for one in items], DAY),
        column("days_left", 10, [one.days for one in items], COUNT),
        column("serial_no", 21, [one.serial_no for one in items]),
        column("terminal_id", 12, [one.terminal_id for one in items]),
        column("merchant_no", 18, [one.merchant_no for one in items]),
        column("merchant_name", 24, [one.merchant_name for one in items], wrap=True),
        column("vendor", 14, [one.vendor for one in items]),
        column("model", 14, [one.model for one in items]),
        column("policy", 38, [_policy(one.policy_id, one.title) for one in items], wrap=True),
        column("devices_due", 11, [one.devices for one in items], COUNT),
    ]
    undated = [f"{words.label('expiry', one.kind)} {one.undated:,}" for one in forecast.due if one.undated]
    notes = [words("report.forecast_note", days=HORIZONS[-1])]
    if undated:
        notes.append(words("report.undated", kinds=undated))
    if forecast.left_out:
        notes[0] = words("report.forecast_left", shown=len(items), left=forecast.left_out) + " " + notes[0]
    return add_datasheet(workbook, words("sheet.forecast"), "Forecast", notes, columns, words, frozen=3)


def _policy(policy_id: str | None, title: str | None) -> str:
    return " ".join(filter(None, (policy_id, title)))
