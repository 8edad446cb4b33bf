"""The sheet 数据质量: what became of every file, cell and returned copy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from audit.report import styles
from audit.report.blocks import body, intro, link, section
from audit.report.model import Report
from audit.words import Words

# label of each column, under [header]; long texts stand in the columns that are wide
_FILES = (
    "feed",
    "file",
    "status",
    "rows_in_file",
    "rows",
    "set_aside",
    "rejected",
    "exported_on",
    "basis",
    "age_days",
    "problem",
    "notices",
    "unmapped",
)
_WIDTHS = (12, 34, 14, 10, 10, 34, 12, 12, 16, 12, 46, 46, 30)
_REJECTED = ("feed", "file", "sheets", "row", "letter", "header", "column", "value", "reason")
_COPIES = ("who", "file", "said_at", "rows_read", "changes", "reason", "conflicts", "refused")
_REFUSED = ("cell", "file", "column", "text", "finding_id", "reason")
_CONFLICTS = (
    "column",
    "detail",
    "ledger_text",
    "copy_who",
    "said_at",
    "copy_text",
    "noticed_on",
    "finding_id",
)


def add_quality(workbook: Workbook, report: Report, words: Words) -> None:
    """Add the sheet."""
    sheet = workbook.create_sheet(words("sheet.quality"))
    top = intro(sheet, words("report.quality_title"), words("report.quality_note"))
    link(sheet, 3, 1, words("report.go_overview"), words("sheet.overview"))
    end = body(sheet, top, _labels(_FILES, words), _files(report, words), _WIDTHS, "Files")
    fine = words("status.passed")
    styles.colour_words(sheet, f"C{top + 1}:C{end}", f"C{top + 1}", {fine: styles.GOOD})
    below = section(sheet, end + 2, words("report.rejected_title"))
    if report.rejected_cells:
        body(sheet, below, _labels(_REJECTED, words), _rejected(report, words), _WIDTHS, "Rejected")
    else:
        sheet.cell(below, 1, words("report.no_rejected")).font = styles.font(color=styles.MUTED)
    _add_feedback(sheet, report, words)
    styles.print_setup(sheet, words("report.page"))


def _labels(names: Iterable[str], words: Words) -> list[str]:
    return [words(f"header.{name}") for name in names]


def _files(report: Report, words: Words) -> list[Sequence[object]]:
    return [
        (
            words.label("feed", line.feed),
            line.name,
            words.label("unusable", line.error) if line.error else words("status.passed"),
            line.rows_in_file,
            line.rows,
            words.show([f"{words.label('aside', kind)} {count}" for kind, count in line.set_aside.items()]),
            line.rejected,
            line.exported_on or "",
            words.label("basis", line.basis),
            "" if line.age_days is None else line.age_days,
            line.problem,
            words.show(line.notices),
            words.show(line.unmapped),
        )
        for line in report.inputs
    ]


def _rejected(report: Report, words: Words) -> list[Sequence[object]]:
    return [
        (
            words.label("feed", one.feed),
            one.file,
            one.cell.sheet,
            one.cell.row,
            one.cell.letter,
            one.cell.header,
            words.column(one.cell.column),
            one.cell.value,
            words.label("reject", one.cell.reason),
        )
        for one in report.rejected_cells
    ]


def _add_feedback(sheet: Worksheet, report: Report, words: Words) -> None:
    """What came back from people: the copies, the cells that were not taken, what two people say."""
    tables = (
        ("feedback_title", _COPIES, _copies(report)),
        ("refused_title", _REFUSED, _refused(report)),
        ("conflict_title", _CONFLICTS, _conflicts(report)),
    )
    for title, names, rows in tables:
        if rows:
            below = section(sheet, sheet.max_row + 2, words(f"report.{title}"))
            body(sheet, below, _labels(names, words), rows, _WIDTHS)
    notes = ["feedback_note"] if report.feedback else ["no_feedback", "feedback_note"]
    said = words("sentence_mark").join(words(f"report.{name}") for name in notes)
    note = sheet.cell(sheet.max_row + 2, 1, said)
    note.font = styles.font(color=styles.MUTED)


def _copies(report: Report) -> list[Sequence[object]]:
    return [
        (
            one.who,
            one.name,
            one.said_at,
            one.rows,
            one.changes,
            "\n".join([one.problem] if one.problem else one.notices),
            one.conflicts,
            len(one.refused),
        )
        for one in report.feedback
    ]


def _refused(report: Report) -> list[Sequence[object]]:
    return [
        (one.cell, copy.name, one.column, one.text, one.finding_id, one.reason)
        for copy in report.feedback
        for one in copy.refused
    ]


def _conflicts(report: Report) -> list[Sequence[object]]:
    return [
        (
            one.column,
            one.detail,
            one.ledger_text,
            one.who,
            one.said_at,
            one.copy_text,
            one.noticed_on,
            one.finding_id,
        )
        for one in report.conflicts
    ]
