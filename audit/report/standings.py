"""The parts of the overview that say how things stand: by verdict and channel, what changed, who acts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from openpyxl.formatting.rule import DataBarRule
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from audit.report import styles
from audit.report.blocks import link, table, title
from audit.report.changes import MOVE_FILL
from audit.report.findingcolumns import Places
from audit.report.model import Report
from audit.report.parts import Verdict
from audit.report.summary import (
    channel_states,
    errands,
    late_rows,
    moves,
    severities,
    verdict_note,
    worse_rows,
)
from audit.words import Words

_WIDTH = 12  # columns of the overview
_LISTED = 8  # findings of a kind on the overview
_GRAVEST = 88.0  # width that is left for what is gravest
_DETAIL = 105.0  # width that is left for what was found
_SHEETS = {  # the sheet that lists the findings behind a verdict
    Verdict.UNREGISTERED: "unregistered",
    Verdict.MISMATCH: "mismatch",
    Verdict.EXPIRED: "expired",
}


def add_verdicts(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    """Devices by verdict, each once, beside the night before."""
    population = report.population
    before = report.past.before.verdicts if report.past.before else {}
    top = title(sheet, row, 1, words("report.verdict_title"))
    rows = [
        (
            words.label("verdict", verdict),
            count,
            round(count / population.devices, 4) if population.devices else 0,
            _difference(count, before.get(verdict)),
        )
        for verdict, count in population.verdicts.items()
    ]
    headers = [words("header.verdict"), words("report.count"), words("report.share"), words("report.against")]
    end = table(sheet, top, 1, headers, rows)
    for place, verdict in enumerate(population.verdicts):
        cell = sheet.cell(top + 1 + place, 1)
        cell.fill = styles.fill(styles.VERDICT_FILL[verdict])
        dark = verdict in (Verdict.UNREGISTERED, Verdict.COMPLIANT)
        cell.font = styles.font(bold=True, color="FFFFFF" if dark else styles.INK)
        share = sheet.cell(top + 1 + place, 3)
        share.number_format, share.alignment = "0.0%", Alignment(horizontal="left")
        if verdict in _SHEETS and population.verdicts[verdict]:
            link(sheet, top + 1 + place, 2, None, words(f"sheet.{_SHEETS[verdict]}"))
    sheet.conditional_formatting.add(
        f"C{top + 1}:C{end - 1}",
        DataBarRule(start_type="num", start_value=0, end_type="num", end_value=1, color="9DC3E6"),
    )
    return end


def add_verdict_note(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    """What the verdicts leave out, how a device gets its one, and why not to compare them with the last."""
    _note(sheet, row - 1, 1, verdict_note(report, words))
    notes = [words("report.scope_moved")] if report.past.other_scope else []
    if moved := len(report.past.rules_moved):
        notes.append(words("report.rules_moved_count", count=moved))
    for note in notes:
        _note(sheet, row, 1, note)
        row += 1
    return row


def add_channels(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    """Devices by state in each required channel."""
    left = 6
    top = title(sheet, row, left, words("report.channel_title"))
    channels = report.population.channels
    headers = [words.column("reg_status"), *(words.label("channel", one.name) for one in channels)]
    rows: list[Sequence[object]] = [
        (words.label("reg_status", state), *(one.states.get(state, 0) for one in channels))
        for state in channel_states(report, words)
    ]
    rates = (round(one.registered / one.total, 4) if one.total else 0.0 for one in channels)
    end = table(sheet, top, left, headers, [*rows, (words("report.rate"), *rates)])
    for place in range(len(channels)):
        rate = sheet.cell(end - 1, left + 1 + place)
        rate.number_format = "0.0%"
        rate.alignment = Alignment(horizontal="left")
    return end


def add_errands(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    """Who must do what: per owner the counts, the next due date and what is gravest."""
    top = title(sheet, row, 1, words("report.errand_title"))
    link(sheet, row, _WIDTH - 1, words("report.go_findings"), words("sheet.findings"))
    if not len(report.open_rows):
        _note(sheet, top, 1, words("report.glance_nobody"))
        return top + 1
    headers = [words(f"report.{name}") for name in ("still", "trend_new", "overdue")]
    headers = [words("header.owner"), *headers, words("report.next_due"), words("report.first_do")]
    rows = [
        (
            words.label("owner", one.owner),
            one.open,
            one.new,
            one.overdue,
            one.next_due or "",
            styles.fitted(
                words("clause_mark").join(
                    words("report.gravest", title=name, count=f"{count:,}") for name, count in one.gravest
                ),
                _GRAVEST,
            ),
        )
        for one in errands(report)
    ]
    end = table(sheet, top, 1, headers, rows, span=_WIDTH)
    for place, row_values in enumerate(rows, top + 1):
        sheet.cell(place, 1).font = styles.font(bold=True)
        sheet.cell(place, 5).number_format = "yyyy-mm-dd"
        sheet.cell(place, 5).alignment = Alignment(horizontal="left")
        if row_values[3]:
            sheet.cell(place, 4).font = styles.font(bold=True, color=styles.VERDICT_FILL["unregistered"])
    return end


def add_moves(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    """What the night before's findings came to, and how many are new."""
    top = title(sheet, row, 1, words("report.change_title"))
    if report.previous is None:
        _note(sheet, top, 1, words("report.first_night"))
        return top + 1
    link(sheet, row, 3, words("report.go_changes"), words("sheet.changes"))
    counted = moves(report)
    rows = [(words.label("drift", move), count) for move, count in counted.items()]
    end = table(sheet, top, 1, [words("header.move"), words("report.count")], rows)
    for place, move in enumerate(counted):
        if counted[move]:
            sheet.cell(top + 1 + place, 1).fill = styles.fill(MOVE_FILL[move])
    return end


def add_severities(sheet: Worksheet, row: int, report: Report, words: Words) -> int:
    """Open findings by severity."""
    left = 4
    top = title(sheet, row, left, words("report.severity_title"))
    counted = severities(report)
    rows = [(words.label("severity", word), count) for word, count in counted.items()]
    end = table(sheet, top, left, [words("header.severity"), words("report.count")], rows)
    for place, word in enumerate(counted):
        _severity(sheet, top + 1 + place, left, word)
    return end


Listing = Callable[[Worksheet, int, Report, Words], int]


def listings(report: Report) -> list[Listing]:
    """What got worse and what is overdue; where neither is known, what is gravest."""
    lists = {"worse_title": worse_rows(report), "overdue_title": late_rows(report)}
    if not len(lists["worse_title"]):
        lists = {"top_title": report.open_rows, **lists}
    shown = {key: rows for key, rows in lists.items() if len(rows) or key == "top_title"}
    return [partial(_listed, key=key, rows=rows) for key, rows in shown.items()]


def _listed(sheet: Worksheet, row: int, report: Report, words: Words, *, key: str, rows: Places) -> int:
    top = title(sheet, row, 1, words(f"report.{key}", count=f"{len(rows):,}"))
    shown = report.findings.told(rows[:_LISTED])
    states = [words.label("state", one["state"]) for one in shown]
    if key == "worse_title":
        link(sheet, row, _WIDTH - 1, words("report.go_changes"), words("sheet.changes"))
        states = [words.label("drift", move) for move in report.move.rows(rows[:_LISTED]).decoded.to_pylist()]
    if not shown:
        _note(sheet, top, 1, words("report.no_findings"))
        return top + 1
    headers = [words(f"header.{name}") for name in ("severity", "state", "owner", "due_on", "detail")]
    told = [
        (
            words.label("severity", one["severity"]),
            state,
            words.label("owner", one["owner"]),
            one["due_on"],
            styles.fitted(str(one["detail"]), _DETAIL),
        )
        for one, state in zip(shown, states, strict=True)
    ]
    end = table(sheet, top, 1, headers, told, span=_WIDTH)
    for place, one in enumerate(shown, top + 1):
        _severity(sheet, place, 1, one["severity"])
        sheet.cell(place, 4).number_format = "yyyy-mm-dd"
        sheet.cell(place, 4).alignment = Alignment(horizontal="left")
        if one["due_on"] and one["due_on"] < report.as_of:
            sheet.cell(place, 4).font = styles.font(bold=True, color=styles.VERDICT_FILL["unregistered"])
    return end


def _severity(sheet: Worksheet, row: int, column: int, word: str) -> None:
    cell = sheet.cell(row, column)
    cell.fill = styles.fill(styles.SEVERITY_FILL[word])
    cell.font = styles.font(color=styles.SEVERITY_INK[word])


def _difference(now: int, before: int | None) -> str:
    return "—" if before is None else "±0" if now == before else f"{now - before:+,}"


def _note(sheet: Worksheet, row: int, column: int, text: str) -> None:
    sheet.cell(row, column, text).font = styles.font(10, color=styles.MUTED)
