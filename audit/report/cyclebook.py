"""A cycle's workbook: conclusions, rectification, trend, self-audit items, waivers, and the lines to sign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from openpyxl.chart import LineChart, Reference
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from audit.ledger.forms import SIGNATURES
from audit.ledger.given import marked_row
from audit.ledger.signoffs import LINES, line_key
from audit.report import styles
from audit.report.blocks import body, intro, put, section, serial
from audit.report.cycle import CycleReport
from audit.report.cyclerows import TALLY, by_rule, cycle_title, grouped, scope_rows, tally_rows
from audit.report.figures import share
from audit.report.selfaudit import inspection_headers, inspection_rows
from audit.report.xlsxfile import finish
from audit.words import Words

_TALLY_WIDTH = 12.0
_SIGN = (("role", 16), ("signer", 18), ("signed_on", 14), ("opinion", 60))
_SIGN_HIDDEN = ("line_key", "row_version", "seal", "given")
_CHART_FROM = 3  # nights from which a line says something


def render_cycle_workbook(report: CycleReport, words: Words, secret: str) -> bytes:
    """The workbook's bytes; the same report gives the same bytes under the same key."""
    workbook = styles.new_workbook()
    _add_summary(workbook, report, words)
    _add_rectified(workbook, report, words)
    _add_trend(workbook, report, words)
    _add_items(workbook, report, words)
    _add_waivers(workbook, report, words)
    _add_signatures(workbook, report, words, secret)
    properties = workbook.properties
    properties.title = cycle_title(report, words)
    properties.creator = f"pos-audit {report.version}"
    properties.subject = report.name or None
    properties.language = "zh-CN" if report.language == "zh" else "en"
    return finish(workbook, {}, report.through)


def _add_summary(workbook: Workbook, report: CycleReport, words: Words) -> None:
    sheet = workbook.create_sheet(words("cycle.sheet_summary"))
    widths = (26.0, *(_TALLY_WIDTH for _ in TALLY))
    top = intro(sheet, cycle_title(report, words), words("cycle.note"))
    row = section(sheet, top, words("cycle.conclusions"))
    for text in report.conclusions:
        cell = sheet.cell(row, 1, text)
        cell.font = styles.font()
        cell.alignment = styles.WRAP
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(widths))
        sheet.row_dimensions[row].height = styles.LINE_HEIGHT * styles.lines_of(text, sum(widths))
        row += 1
    row = section(sheet, row + 1, words("cycle.scope"))
    for label, value in scope_rows(report, words):
        put(sheet, row, 1, label)
        cell = put(sheet, row, 2, value)
        cell.alignment = styles.TOP
        row += 1
    row = section(sheet, row + 1, words("cycle.population"))
    devices_before = sum(report.verdicts_start.values())
    rows: list[Sequence[object]] = [
        (
            words.label("verdict", verdict),
            count,
            share(count / report.devices if report.devices else None),
            report.verdicts_start.get(verdict, 0),
            share(report.verdicts_start.get(verdict, 0) / devices_before if devices_before else None),
        )
        for verdict, count in report.verdicts.items()
    ]
    rows.append((words("report.total"), report.devices, "", devices_before, ""))
    labels = ("verdict", "at_end", "share", "at_start", "share")
    row = body(sheet, row, [words(f"header.{name}") for name in labels], rows, widths) + 2
    for group in ("category", "severity", "owner"):
        row = section(sheet, row, words(f"cycle.by_{group}"))
        lines = tally_rows([*grouped(report, group, words), (words("report.total"), report.total)])
        row = body(sheet, row, [words(f"header.{group}"), *_tally_headers(words)], lines, widths) + 2
    sheet.cell(row, 1, words("cycle.tally_note")).font = styles.font(10, color=styles.MUTED)
    sheet.cell(row + 1, 1, words("report.disclaimer")).font = styles.font(10, color=styles.MUTED)
    styles.print_setup(sheet, words("report.page"))


def _tally_headers(words: Words) -> list[str]:
    return [words(f"header.tally_{name}") for name in TALLY]


def _add_rectified(workbook: Workbook, report: CycleReport, words: Words) -> None:
    sheet = workbook.create_sheet(words("cycle.sheet_rectified"))
    top = intro(sheet, words("cycle.by_rule"), words("cycle.tally_note"))
    rows = [
        (rule, title, *(getattr(one, name) for name in TALLY)) for rule, title, one in by_rule(report, words)
    ]
    labels = [words("header.rule"), words("header.title"), *_tally_headers(words)]
    body(sheet, top, labels, rows, (10, 34, *(_TALLY_WIDTH for _ in TALLY)))
    if not rows:
        sheet.cell(top + 1, 1, words("report.nothing")).font = styles.font(color=styles.MUTED)
    sheet.freeze_panes = sheet.cell(top + 1, 3)
    styles.print_setup(sheet, words("report.page"), f"{top}:{top}")


def _add_trend(workbook: Workbook, report: CycleReport, words: Words) -> None:
    """Day by day; a day without a night is a row without figures, and a gap in the lines."""
    sheet = workbook.create_sheet(words("cycle.sheet_trend"))
    top = intro(sheet, words("cycle.trend"), words("cycle.trend_note"))
    names = ("open", "overdue", "came", "closed", "devices", "compliant")
    rows = [
        (
            day.on,
            *(getattr(day, name) for name in names),
            words("cycle.gap")
            if day.incomplete is None
            else words("cycle.night_incomplete" if day.incomplete else "cycle.night_whole"),
        )
        for day in report.days
    ]
    labels = [words(f"header.day_{name}") for name in ("on", *names, "night")]
    last = body(sheet, top, labels, rows, (13, *(11.0 for _ in names), 13))
    letter = get_column_letter(len(labels))
    area = f"{letter}{top + 1}:{letter}{last}"
    styles.colour_words(sheet, area, f"{letter}{top + 1}", {words("cycle.gap"): styles.PLAIN})
    if report.nights >= _CHART_FROM:
        _chart(sheet, top, last, len(labels) + 2, words)
    sheet.freeze_panes = sheet.cell(top + 1, 2)
    styles.print_setup(sheet, words("report.page"), f"{top}:{top}")


def _chart(sheet: Worksheet, top: int, last: int, column: int, words: Words) -> None:
    chart = LineChart()
    chart.title = words("cycle.trend")
    chart.height, chart.width = 9, 18
    chart.add_data(Reference(sheet, min_col=2, max_col=5, min_row=top, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=top + 1, max_row=last))
    chart.display_blanks = "gap"
    for line in chart.series:
        line.smooth = False
        line.marker.symbol, line.marker.size = "circle", 4  # a night between two gaps is a point
    chart.x_axis.number_format, chart.y_axis.number_format = "mm-dd", "#,##0"
    chart.x_axis.delete = chart.y_axis.delete = False
    if chart.legend:
        chart.legend.position = "b"
    sheet.add_chart(chart, f"{get_column_letter(column)}{top}")


def _add_items(workbook: Workbook, report: CycleReport, words: Words) -> None:
    sheet = workbook.create_sheet(words("cycle.sheet_items"))
    widths = (8, 46, 10, 14, 12, 44, 10, 13, 14, 28, 13, 10)
    top = intro(sheet, words("report.checklist_title"), words("cycle.items_note", through=report.through))
    names = (
        *("statement", "item", "cadence", "owner", "how", "figures"),
        *("open_findings", "last_done", "said_by", "evidence", "next_due", "state"),
    )
    rows = [
        (
            item.statement,
            item.text,
            words.label("cadence", item.cadence),
            item.owner,
            words.label("proof", item.proof),
            "\n".join(item.figures),
            item.open_findings,
            item.last_done or words("report.never"),
            item.who,
            item.evidence,
            item.next_due,
            words("report.due_now") if item.overdue else "",
        )
        for item in report.items
    ]
    last = body(sheet, top, [words(f"header.{name}") for name in names], rows, widths)
    styles.colour_words(sheet, f"L{top + 1}:L{last}", f"L{top + 1}", {words("report.due_now"): styles.BAD})
    row = section(sheet, last + 2, words("cycle.attested"))
    told = [
        ("", one.text, one.done_on, one.who, one.saved_by, one.evidence, "", one.recorded_on)
        for one in report.attestations
    ]
    # other headers than those of the forms: what is told here is not filled in
    labels = ("", "item", "entry_done_on", "entry_done_by", "saved_by", "entry_proof", "", "recorded_on")
    row = _table(sheet, row, labels, told, widths, words)
    row = section(sheet, row, words("report.inspections_title"))
    inspected = [("", *one) for one in inspection_rows(report.upkeep, words)]
    if inspected:
        heads = ["", words("header.risk_level"), *inspection_headers(words)]
        row = body(sheet, row, heads, inspected, widths) + 2
    else:
        sheet.cell(row, 1, words("report.no_inspections")).font = styles.font(color=styles.MUTED)
        row += 2
    if report.parts:
        row = section(sheet, row, words("cycle.parts"))
        parts = [
            ("", part.period, part.signed_on or words("cycle.unsigned"), part.signed_by, "", part.remark)
            for part in report.parts
        ]
        named = ("", "cycle", "part_signed_on", "part_signer", "", "part_opinion")
        _table(sheet, row, named, parts, widths, words)
    sheet.freeze_panes = sheet.cell(top + 1, 3)
    styles.print_setup(sheet, words("report.page"), f"{top}:{top}")


def _table(
    sheet: Worksheet,
    row: int,
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    widths: Sequence[float],
    words: Words,
) -> int:
    """A further table, or a word where it is empty; the result is the row of the next heading."""
    if not rows:
        sheet.cell(row, 1, words("report.nothing")).font = styles.font(color=styles.MUTED)
        return row + 2
    return body(sheet, row, [words(f"header.{name}") if name else "" for name in names], rows, widths) + 2


def _add_waivers(workbook: Workbook, report: CycleReport, words: Words) -> None:
    sheet = workbook.create_sheet(words("cycle.sheet_waivers"))
    top = intro(sheet, words("cycle.sheet_waivers"), words("cycle.waivers_note"))
    rows = [
        (
            one.target,
            one.reason,
            one.approver,
            one.since,
            one.until,
            one.withdrawn_on,
            one.findings,
            words.label("waiver_source", one.source),
        )
        for one in report.waivers
    ]
    names = (
        *("waiver_of", "waiver_reason", "approver", "waiver_from", "exempt_until", "waiver_withdrawn"),
        *("waived_findings", "waiver_source"),
    )
    _table(sheet, top, names, rows, (40, 46, 16, 14, 14, 14, 12, 14), words)
    styles.print_setup(sheet, words("report.page"), f"{top}:{top}")


def _add_signatures(workbook: Workbook, report: CycleReport, words: Words, secret: str) -> None:
    """The lines that come back filled in; none before the cycle is over."""
    sheet = workbook.create_sheet(words("cycle.sheet_sign"))
    note = (
        words("cycle.sign_note")
        if report.complete
        else words("cycle.say_not_over", through=report.through, end=report.end)
    )
    top = intro(sheet, f"{words('cycle.sheet_sign')} {report.period}", note)
    styles.print_setup(sheet, words("report.page"))
    if not report.complete:
        return
    columns = [*_SIGN, *((name, 24) for name in _SIGN_HIDDEN)]
    fields = tuple(SIGNATURES.headers[name] for name in SIGNATURES.fields)
    for place, (name, width) in enumerate(columns, 1):
        color = styles.TO_FILL if name in fields else styles.HEAD
        styles.header_cell(sheet.cell(top, place, words(f"header.{name}")), color)
        dimension = sheet.column_dimensions[get_column_letter(place)]
        dimension.width, dimension.hidden = width, name in _SIGN_HIDDEN
    sheet.row_dimensions[top].height = 24
    rows = [(line_key(report.period, report.edition, line), 0) for line in LINES]
    sealed = zip(LINES, rows, SIGNATURES.seals(secret, rows), strict=True)
    for row, (line, (key, version), seal) in enumerate(sealed, top + 1):
        role = words.label("sign_line", line)
        values = (role, None, None, None, key, version, seal, marked_row([role]))
        for place, value in enumerate(values, 1):
            cell = put(sheet, row, place, value)
            if columns[place - 1][0] == "signed_on":
                cell.number_format = "yyyy-mm-dd"
            elif columns[place - 1][0] not in fields:
                cell.fill = styles.fill(styles.PALE)
        sheet.row_dimensions[row].height = 3 * styles.LINE_HEIGHT
    day = DataValidation(type="date", operator="between", allow_blank=True, showErrorMessage=True)
    day.formula1, day.formula2 = serial(report.through), serial(report.through + timedelta(days=3_660))
    day.error, day.errorTitle = words("report.enter_date"), words("header.signed_on")
    day.add(f"C{top + 1}:C{top + len(LINES)}")
    sheet.add_data_validation(day)
