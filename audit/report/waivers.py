"""Waivers (豁免): what each says, when somebody is to look at it again, and the sheet that lists them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from openpyxl.workbook import Workbook

from audit.ledger.lives import CLOSED
from audit.ledger.waivers import PATTERNS, Standing, Waiver, Watched
from audit.report.coded import CodedFindings
from audit.report.datasheet import COUNT, DAY, add_datasheet, headed
from audit.report.model import Report
from audit.report.parts import WaiverLine
from audit.report.sheetrows import Rows
from audit.words import Words

_TOLD_AFTER = timedelta(days=7)  # so long an end is told of; the list shows it for as long as it is written


def waiver_lines(
    waivers: Sequence[Watched], findings: CodedFindings, as_of: date, words: Words
) -> tuple[WaiverLine, ...]:
    """The waivers as a reader is told of them. One that a person gave a finding goes when that is closed."""
    named = findings.called((one.waiver.finding_id for one in waivers), "rule", "detail", "state")
    details = {key: one for key, one in named.items() if one["state"] not in CLOSED}
    return tuple(
        _line(one, details, as_of, words)
        for one in waivers
        if one.waiver.source == "file" or one.waiver.finding_id in details
    )


def _line(one: Watched, details: Mapping[str, Mapping[str, Any]], as_of: date, words: Words) -> WaiverLine:
    waiver = one.waiver
    what = _what(waiver, details, words)
    return WaiverLine(
        waiver_id=waiver.waiver_id,
        standing=one.standing,
        source=waiver.source,
        what=what,
        reason=waiver.reason,
        approver=waiver.approver,
        starts_on=one.since or waiver.starts_on,
        until=waiver.until,
        findings=one.findings,
        reminder=_reminder(one, what, as_of, words),
    )


def _what(waiver: Waiver, details: Mapping[str, Mapping[str, Any]], words: Words) -> str:
    if found := details.get(waiver.finding_id):
        return f"{found['rule']}{words('colon')}{found['detail']}"
    if waiver.finding_id:
        return words("waiver.finding", finding=waiver.finding_id)
    patterns = {name: getattr(waiver, name) for name in PATTERNS}
    given = [f"{words(f'header.{name}')} {text}" for name, text in patterns.items() if text]
    return words.show([waiver.rule, *given])


def _reminder(one: Watched, what: str, as_of: date, words: Words) -> str:
    waiver = one.waiver
    if one.standing not in (Standing.ENDED, Standing.WITHDRAWN, Standing.ENDING, Standing.IDLE):
        return ""
    if as_of - waiver.until > _TOLD_AFTER:
        return ""
    return words(
        f"waiver.{one.standing}",
        what=what.rstrip("。."),  # it stands within a sentence here
        until=waiver.until,
        days=abs((waiver.until - as_of).days),
        count=one.findings,
        nights=one.idle,
        approver=waiver.approver,
    )


def reminders(report: Report) -> list[str]:
    """The sentences about waivers that somebody is to look at again."""
    return [one.reminder for one in report.waivers if one.reminder]


def waivers_told(report: Report) -> list[dict[str, Any]]:
    """For programs."""
    return [
        {
            "waiver_id": one.waiver_id,
            "standing": one.standing.value,
            "source": one.source,
            "what": one.what,
            "reason": one.reason,
            "approver": one.approver,
            "from": one.starts_on.isoformat() if one.starts_on else None,
            "until": one.until.isoformat(),
            "findings": one.findings,
            "reminder": one.reminder,
        }
        for one in report.waivers
    ]


def add_waivers(workbook: Workbook, report: Report, words: Words) -> Rows:
    """One row per waiver: its state, what it lets stand, until when, of how many findings, why."""
    listed = report.waivers
    column = partial(headed, words)
    columns = [
        column("waiver_standing", 12, [words.label("waiver_standing", one.standing) for one in listed]),
        column("waiver_of", 46, [one.what for one in listed], wrap=True),
        column("exempt_until", 12, [one.until for one in listed], DAY),
        column("days_left", 10, [(one.until - report.as_of).days for one in listed], COUNT),
        column("waived_findings", 12, [one.findings for one in listed], COUNT),
        column("waiver_reason", 36, [one.reason for one in listed], wrap=True),
        column("approver", 12, [one.approver for one in listed]),
        column("waiver_from", 12, [one.starts_on for one in listed], DAY),
        column("waiver_source", 16, [words.label("waiver_source", one.source) for one in listed]),
        column("reminder", 60, [one.reminder for one in listed], wrap=True),
    ]
    notes = [words("waiver.note")]
    return add_datasheet(
        workbook, words("sheet.waivers"), "Waivers", notes, columns, words, empty=words("waiver.none")
    )
